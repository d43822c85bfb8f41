/*
 * backup.h - backups: the catalog ddb.backups, and the jobs that make one and that
 * fill a table from one.
 *
 * A backup's items are in a relation of its own (backup_relation.h), and its record
 * has all else.  What belongs to it is its relation's owner's, who may also GRANT
 * SELECT on it: that is the right to restore it.  Where the relation goes, however,
 * the backup is gone.
 */
#ifndef DDB_JOB_BACKUP_H
#define DDB_JOB_BACKUP_H

#include "job/job.h"
#include "table/catalog.h"

/* How long the backup of a deleted table is kept. */
#define SYSTEM_BACKUP_DAYS 35

typedef enum BackupStatus
{
	BACKUP_CREATING,
	BACKUP_AVAILABLE,
	BACKUP_FAILED				/* its job has failed for good */
} BackupStatus;

typedef struct Backup
{
	char	   *id;				/* <milliseconds since 1970>-<8 hexadecimal digits> */
	Oid			relation;		/* InvalidOid where it is in a bucket */
	const char *bucket;			/* or NULL */
	char	   *name;
	bool		system;			/* of a table that was deleted */
	BackupStatus status;
	char	   *table_name;
	char	   *table_id;
	TimestampTz table_created;
	char	   *settings;		/* the table's, as catalog.h's; NULL in a bucket, whose definition has them */
	char	   *definition;		/* JSON: its keys and indexes, as operations have written it */
	char	   *manifest;		/* in a bucket: the checksum of its manifest */
	TimestampTz created;
	TimestampTz expires;		/* 0: never */
	int64		items;
	int64		bytes;
} Backup;

/*
 * Asks for a backup of a table that is locked to be read, of the current role's; its
 * job makes it once the transaction has committed.  Returns its record.
 */
extern Backup *backup_start(const TableRecord *table, const char *name, const char *definition);

/* Keeps what a table, locked to be dropped, holds: to be called before it is dropped in the same transaction. */
extern void backup_keep_table(const TableRecord *table, const char *name, const char *definition);

/* That of a table of that name; NULL where there is none.  No privileges are asked. */
extern Backup *backup_find(const char *table_name, const char *id);

/* All of them that come behind the identifier (NULL: all), the oldest first. */
extern List *backup_records(const char *behind);

/* Whether a job restores it, and has not met an error. */
extern bool backup_is_being_restored(const Backup *backup);

/* Whether one of the table is being made, and has not met an error. */
extern bool backup_is_being_made(Oid table);

/* Drops it as the current role. */
extern void backup_drop(const Backup *backup);

/* Has a table that this transaction has created empty filled from the backup. */
extern void backup_start_restore(Oid target, const Backup *backup);

/*
 * For the worker: drops one backup that has expired, in the current transaction, and
 * returns when the next one will have, or DT_NOEND.  Where somebody uses it, that is a
 * minute later; where it cannot be dropped, since others have built on it, an hour.  Neither
 * keeps others from being dropped.
 */
extern TimestampTz backup_drop_expired(void);

extern const JobKind backup_job_kind;
extern const JobKind backup_restore_job_kind;

#endif							/* DDB_JOB_BACKUP_H */
