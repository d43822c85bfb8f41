/*
 * delete_table.c - DeleteTable.
 */
#include "postgres.h"

#include "change/stream.h"
#include "error.h"
#include "job/job.h"
#include "operation/backup/backup_description.h"
#include "operation/operations.h"
#include "operation/table/table_description.h"
#include "transfer/bucket_backup.h"

typedef struct DeleteTableRequest
{
	RequestString table_name;
} DeleteTableRequest;

static const Member members[] = {
	REQUIRED(DeleteTableRequest, table_name, "TableName", &described_table_name_shape),
};

/* While an index is being filled, AWS does not delete its table. */
static void
check_no_index_is_created(const TableRecord *record)
{
	const IndexSet *indexes = index_set(record->relation);

	for (int i = 0; i < indexes->count; i++)
	{
		if (indexes->indexes[i].status == INDEX_CREATING)
			ddb_error(RESOURCE_IN_USE_EXCEPTION, "Attempt to change a resource which is still in use: "
					  "Cannot delete table while indexes are being created, updated, or deleted.");
	}
}

/*
 * Nor one that is being created.  Whoever fills it has it locked for long, so this
 * is asked before its lock is.  What could not be filled may go, though it is tried again.
 */
static void
check_not_created(const char *name)
{
	const TableRecord *record = catalog_read_table(name);

	if (record != NULL && record->creating && job_is_pending(record->relation))
		catalog_report_creating(name);
}

/* Nor one that is to be backed up: who asked for the backup was told that it is being made. */
static void
check_not_backed_up(const char *name)
{
	const TableRecord *record = catalog_read_table(name);

	if (record != NULL && (backup_is_being_made(record->relation) || bucket_backup_is_being_made(record->relation)))
		ddb_error(RESOURCE_IN_USE_EXCEPTION, "Attempt to change a resource which is still in use: "
				  "Table is being backed up: %s", name);
}

static TableRecord *
lock_table(const char *name)
{
	TableRecord *record;

	check_not_created(name);
	/* a job that copies the table is not waited for, and one that was asked for meanwhile is not let down */
	check_not_backed_up(name);
	record = check_table_record(catalog_lock_table_to_drop(name), name);
	check_not_backed_up(name);
	return record;
}

static void
execute(const void *argument, StringInfo response)
{
	const DeleteTableRequest *request = argument;
	const char *name = requested_table(&request->table_name);
	TableRecord *record = lock_table(name);
	IndexDescriptions no_indexes = {0};
	TableStyle	style = {.status = "DELETING",.deleted = true};
	TableSettings settings;

	record_settings(record, &settings);
	if (settings.deletion_protection == BOOLEAN_TRUE)
		validation_error("Resource cannot be deleted as it is currently protected against deletion. "
						 "Disable deletion protection first.");
	check_no_index_is_created(record);

	appendStringInfoString(response, "{\"TableDescription\":");
	/* AWS shows none of the indexes any more */
	append_table_description(response, record, &settings, &style, &no_indexes);
	appendStringInfoChar(response, '}');
	stream_keep_readers(record);
	backup_keep_deleted_table(record);
	catalog_drop_table(record);
}

const OperationDescription delete_table_operation = {
	.request = STRUCTURE_SHAPE(DeleteTableRequest, "DeleteTableInput", members),
	.check_first = request_check_table_name,
	.locks_table = true,
	.execute = execute
};
