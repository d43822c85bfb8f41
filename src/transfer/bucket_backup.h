/*
 * bucket_backup.h - backups in buckets: the jobs that make, delete and restore one, and their catalog
 * ddb.bucket_backups.
 *
 * What is in a bucket says the bucket (backup_files.h).  A record is there only while a backup is being made or
 * deleted, or where it could not be made.
 */
#ifndef DDB_TRANSFER_BUCKET_BACKUP_H
#define DDB_TRANSFER_BUCKET_BACKUP_H

#include "job/job.h"
#include "table/catalog.h"
#include "transfer/backup_files.h"

typedef enum BucketBackupStatus
{
	BUCKET_BACKUP_CREATING,
	BUCKET_BACKUP_FAILED,		/* it will not be made */
	BUCKET_BACKUP_DELETING
} BucketBackupStatus;

typedef struct BucketBackup
{
	BackupPlace place;
	char	   *bucket;
	Oid			role;			/* who asked for what is done, and may be gone (job_role.h) */
	BucketBackupStatus status;
	char	   *description;	/* JSON object, as the operation has made it; NULL of one that was found in the bucket */
} BucketBackup;

/*
 * Asks for a backup of a table that is locked to be read, by the current role; its job makes it
 * once the transaction has committed.
 */
extern BucketBackup *bucket_backup_start(const TableRecord *table, const char *bucket, const char *description);

/*
 * Asks for the deletion of what is there of a backup, by the current role; from then on it has a record that says so.  False
 * where it is being made or deleted.
 */
extern bool bucket_backup_start_deletion(const char *bucket, const BackupPlace *place);

/* Has a table that this transaction has created empty filled with so many items that the manifest with that checksum names. */
extern void bucket_backup_start_restore(Oid target, const char *bucket, const BackupPlace *place, int64 items,
										const char *manifest_checksum);

/* The record of that identifier; NULL where there is none.  No privileges are asked. */
extern BucketBackup *bucket_backup_of_id(const char *id);

/* All of them, the oldest first. */
extern List *bucket_backup_records(void);

/* Whether a job restores it. */
extern bool bucket_backup_is_being_restored(const char *id);

/* Whether one of the table is being made, and has not met an error. */
extern bool bucket_backup_is_being_made(Oid table);

/* ---- For the jobs ---- */

/* It will not be made, since. */
extern void bucket_backup_failed(const char *id, const char *error);

/* All has been done. */
extern void bucket_backup_forget(const char *id);

#define BUCKET_BACKUP_JOB "BUCKET_BACKUP"
#define BUCKET_BACKUP_DELETION_JOB "DELETE_BUCKET_BACKUP"
#define BUCKET_BACKUP_RESTORE_JOB "RESTORE_BUCKET_BACKUP"

extern const JobKind bucket_backup_job_kind;
extern const JobKind bucket_backup_deletion_job_kind;
extern const JobKind bucket_backup_restore_job_kind;

#endif							/* DDB_TRANSFER_BUCKET_BACKUP_H */
