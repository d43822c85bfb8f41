/*
 * bucket_backup.c - the jobs that make a backup in a bucket, and that delete one.
 *
 * A backup is made in one transaction, in one snapshot: it is of one moment.  After a crash that begins anew, unless
 * the description, which is written last, is there already.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "storage/lmgr.h"
#include "utils/rel.h"

#include "job/filling.h"
#include "job/item_scan.h"
#include "transfer/bucket_backup.h"
#include "transfer/export_files.h"
#include "transfer/role_bucket.h"

#define REASON_NO_BACKUP "the backup is not there any more"
#define REASON_NO_TABLE "the table that was to be backed up is not there any more"

typedef struct BackupRun
{
	const Job  *job;
	const BucketBackup *record;
	Bucket	   *bucket;
	ExportFiles *files;
} BackupRun;

static BucketBackup *
record_of_job(const Job *job)
{
	return bucket_backup_of_id(job_argument(job, "Backup"));
}

/* ---- Making one ---- */

static void
write_item(void *argument, Datum datum)
{
	BackupRun  *run = argument;
	Value		item = value_from_datum(datum);

	export_files_write_item(run->files, &item);
	job_progress_items(export_files_items(run->files));
	job_progress_bytes(export_files_bytes(run->files));
}

static JobResult
write_files(BackupRun *run, Relation source, int column)
{
	char	   *manifest;

	run->files = export_files_begin(run->bucket, backup_files_folder(&run->record->place), ITEM_FILE_DYNAMODB_JSON);
	if (!item_scan(run->job, source, column, write_item, run))
		return JOB_BUSY;
	manifest = export_files_end(run->files);
	backup_files_write(run->bucket, &run->record->place, run->record->description, export_files_items(run->files),
					   export_files_bytes(run->files), manifest);
	return JOB_DONE;
}

static JobResult
write_table(BackupRun *run, const char **reason)
{
	Relation	source = relation_open(run->job->source, AccessShareLock);
	int			column = table_item_column(source);
	JobResult	result = JOB_IMPOSSIBLE;

	if (column == 0)
		*reason = REASON_NO_TABLE;
	else
	{
		job_progress_begin(run->job);
		result = write_files(run, source, column);
		job_progress_end();
	}
	relation_close(source, NoLock);
	return result;
}

/* Whether an attempt before has got to its end; what it has left otherwise must not be found as a backup meanwhile. */
static bool
is_there(const BackupRun *run)
{
	const char *fault;

	if (backup_files_read(run->bucket, &run->record->place, &fault) != NULL)
		return true;
	if (fault != NULL)
		backup_files_delete(run->bucket, &run->record->place);
	return false;
}

/*
 * Safe as the worker's role, a superuser: the rights of who asked, on table and bucket, are asked
 * here once more, and reading the table runs nobody's code.
 */
static JobResult
make_backup(const Job *job, const char **reason)
{
	BackupRun	run = {.job = job,.record = record_of_job(job)};
	JobResult	result = JOB_DONE;

	*reason = REASON_NO_BACKUP;
	if (run.record == NULL)
		return JOB_IMPOSSIBLE;
	LockRelationOid(job->source, AccessShareLock);
	*reason = REASON_NO_TABLE;
	if (!job_relation_is_there(job->source))
		return JOB_IMPOSSIBLE;
	role_check_may_read(run.record->role, job->source);
	run.bucket = role_open_bucket(run.record->role, run.record->bucket);
	if (!is_there(&run))
		result = write_table(&run, reason);
	if (result != JOB_DONE)
		return result;
	bucket_backup_forget(run.record->place.id);
	/* whoever has seen it AVAILABLE may delete it: it must not be made once more */
	ForceSyncCommit();
	return JOB_DONE;
}

static void
give_up_making(const Job *job, int sqlstate, const char *reason)
{
	const BucketBackup *record = record_of_job(job);

	if (record != NULL)
		bucket_backup_failed(record->place.id, reason);
}

const JobKind bucket_backup_job_kind = {
	.name = BUCKET_BACKUP_JOB,
	.doing = "backing up a table into a bucket",
	.run = make_backup,
	.is_final = bucket_error_is_final,
	.give_up = give_up_making
};

/* ---- Deleting one ---- */

/* Safe as make_backup() is. */
static JobResult
delete_backup(const Job *job, const char **reason)
{
	const BucketBackup *record = record_of_job(job);

	*reason = REASON_NO_BACKUP;
	if (record == NULL || record->status != BUCKET_BACKUP_DELETING)
		return JOB_IMPOSSIBLE;
	backup_files_delete(role_open_bucket(record->role, record->bucket), &record->place);
	bucket_backup_forget(record->place.id);
	return JOB_DONE;
}

/* What is left in the bucket is what there is: a backup, if its description is. */
static void
give_up_deleting(const Job *job, int sqlstate, const char *reason)
{
	const BucketBackup *record = record_of_job(job);

	if (record == NULL || record->status != BUCKET_BACKUP_DELETING)
		return;
	ereport(LOG,
			(errmsg("the backup %s of the table %s in the bucket \"%s\" was not deleted: %s",
					record->place.id, record->place.table_name, record->bucket, reason)));
	bucket_backup_forget(record->place.id);
}

const JobKind bucket_backup_deletion_job_kind = {
	.name = BUCKET_BACKUP_DELETION_JOB,
	.doing = "deleting a backup in a bucket",
	.run = delete_backup,
	.is_final = bucket_error_is_final,
	.give_up = give_up_deleting
};
