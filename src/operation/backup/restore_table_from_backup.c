/*
 * restore_table_from_backup.c - RestoreTableFromBackup.
 *
 * The new table is made at once, by the caller and in the caller's transaction, with
 * the keys, indexes and settings that the table had.  A job fills it (job/backup.c, or
 * transfer/bucket_backup_restore.c from a bucket); until then it is CREATING.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/rls.h"

#include "error.h"
#include "operation/backup/backup_description.h"
#include "operation/backup/bucket_backups.h"
#include "operation/operations.h"

typedef struct RestoreRequest
{
	RequestString target_name;
	RequestString arn;
	RestoreOverrides overrides;
} RestoreRequest;

static const Member members[] = {
	REQUIRED(RestoreRequest, target_name, "TargetTableName", &restored_table_name_shape),
	REQUIRED(RestoreRequest, arn, "BackupArn", &backup_arn_shape),
	RESTORE_OVERRIDES(RestoreRequest),
};

/* Locked, so that it stays. */
static Backup *
lock_relation(const RequestString *arn, const Backup *backup)
{
	/* whoever restores it reads all of it, so no policies may apply */
	if (pg_class_aclcheck(backup->relation, GetUserId(), ACL_SELECT) != ACLCHECK_OK ||
		check_enable_rls(backup->relation, InvalidOid, true) == RLS_ENABLED)
		restore_deny(arn->data);
	LockRelationOid(backup->relation, AccessShareLock);
	return requested_backup(arn);
}

/*
 * What is in a bucket is locked on this server alone: where another one deletes it, the job says so.  What could not be made is no backup, though it is
 * shown, as deleted, and can be deleted.
 */
static Backup *
lock_backup(const RequestString *arn)
{
	Backup	   *backup;

	bucket_backups_lock(arn, ShareLock);
	backup = requested_backup(arn);
	if (backup->bucket == NULL)
		backup = lock_relation(arn, backup);
	if (backup->status == BACKUP_FAILED)
		backup_report_missing(arn);
	if (backup->status != BACKUP_AVAILABLE)
		ddb_error(BACKUP_IN_USE_EXCEPTION, "Backup is being created: %s", arn->data);
	return backup;
}

static void
execute(const void *argument, StringInfo response)
{
	const RestoreRequest *request = argument;
	const char *target = request->target_name.data;
	const Backup *backup;
	RestoreSource source;
	BackupFeatures features;
	TableRecord *restored;

	restore_check_features(&request->overrides);
	backup = lock_backup(&request->arn);
	restore_check_target(target);
	backup_restore_source(backup, &source, &features);
	restored = restore_create_table(target, &request->overrides, &source, response);
	if (backup->bucket == NULL)
		backup_start_restore(restored->relation, backup);
	else
		bucket_backups_restore(restored->relation, backup);
}

const OperationDescription restore_table_from_backup_operation = {
	.request = STRUCTURE_SHAPE(RestoreRequest, "RestoreTableFromBackupInput", members),
	.reads_settings = true,
	.execute = execute
};
