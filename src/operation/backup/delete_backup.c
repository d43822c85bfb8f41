/*
 * delete_backup.c - DeleteBackup.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lmgr.h"

#include "compat.h"
#include "error.h"
#include "operation/backup/backup_description.h"
#include "operation/backup/bucket_backups.h"
#include "operation/operations.h"

typedef struct DeleteBackupRequest
{
	RequestString arn;
} DeleteBackupRequest;

static const Member members[] = {
	REQUIRED(DeleteBackupRequest, arn, "BackupArn", &backup_arn_shape),
};

static void
check_may_drop(const Backup *backup, const char *arn)
{
	if (!object_ownercheck(RelationRelationId, backup->relation, GetUserId()))
		restore_deny(arn);
	if (backup->status == BACKUP_CREATING)
		ddb_error(BACKUP_IN_USE_EXCEPTION, "Backup is being created: %s", arn);
	if (backup_is_being_restored(backup))
		ddb_error(BACKUP_IN_USE_EXCEPTION, "Backup is being used to restore a table: %s", arn);
}

/* As it is when nobody else uses it: who has been about to restore it, or has deleted it, has done so. */
static const Backup *
lock_backup(const RequestString *arn, const Backup *backup)
{
	/* before it is waited for, that would have a job that restores it begin anew */
	check_may_drop(backup, arn->data);
	PreventCommandIfReadOnly("a change of a table");
	LockRelationOid(backup->relation, AccessExclusiveLock);
	backup = requested_backup(arn);
	check_may_drop(backup, arn->data);
	return backup;
}

static void
execute(const void *argument, StringInfo response)
{
	const DeleteBackupRequest *request = argument;
	const Backup *backup;

	bucket_backups_lock(&request->arn, ExclusiveLock);
	backup = requested_backup(&request->arn);
	if (backup->bucket == NULL)
		backup = lock_backup(&request->arn, backup);
	append_backup_description(response, backup, "DELETED");
	if (backup->bucket == NULL)
		backup_drop(backup);
	else
		bucket_backups_delete(backup, request->arn.data);
}

const OperationDescription delete_backup_operation = {
	.request = STRUCTURE_SHAPE(DeleteBackupRequest, "DeleteBackupInput", members),
	.locks_table = true,
	.reads_settings = true,
	.execute = execute
};
