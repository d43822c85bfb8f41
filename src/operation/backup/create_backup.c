/*
 * create_backup.c - CreateBackup.
 *
 * A job copies the table's items into a relation (job/backup.c), or into ddb.backup_bucket (transfer/bucket_backup.c),
 * once the caller's transaction has committed: the backup is of one moment behind that.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "error.h"
#include "operation/backup/backup_description.h"
#include "operation/backup/backups.h"
#include "operation/backup/bucket_backups.h"
#include "operation/operations.h"

typedef struct CreateBackupRequest
{
	RequestString table_name;
	RequestString name;
} CreateBackupRequest;

static const Member members[] = {
	REQUIRED(CreateBackupRequest, table_name, "TableName", &described_table_name_shape),
	REQUIRED(CreateBackupRequest, name, "BackupName", &backup_name_shape),
};

static TableRecord *
lock_table(const char *name)
{
	if (backups_table(name)->creating)
		ddb_error(CONTINUOUS_BACKUPS_UNAVAILABLE_EXCEPTION,
				  "Backups are being enabled for the table: %s. Please retry later", name);
	backups_check_may_read(name);
	/* the backup's relation is one more that the role has there */
	if (!bucket_backups_wanted())
		catalog_check_may_create(name);
	PreventCommandIfReadOnly("a backup of a table");
	return backups_table(name);
}

static Backup *
create(const TableRecord *record, const char *name)
{
	return bucket_backups_wanted() ? bucket_backups_create(record, name) :
		backup_start(record, name, backup_definition(record));
}

static void
execute(const void *argument, StringInfo response)
{
	const CreateBackupRequest *request = argument;
	TableRecord *record = lock_table(requested_table(&request->table_name));

	appendStringInfoString(response, "{\"BackupDetails\":");
	append_backup_details(response, create(record, request->name.data), NULL);
	appendStringInfoChar(response, '}');
}

const OperationDescription create_backup_operation = {
	.request = STRUCTURE_SHAPE(CreateBackupRequest, "CreateBackupInput", members),
	.reads_settings = true,
	.execute = execute
};
