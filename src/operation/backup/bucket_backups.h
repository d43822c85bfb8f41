/*
 * bucket_backups.h - the backups of ddb.backup_bucket, for the operations on backups.
 *
 * Whoever has USAGE on the bucket may see them, restore and delete them; all functions raise AccessDeniedException for
 * others, and ValidationException where there is no such bucket.
 */
#ifndef DDB_BUCKET_BACKUPS_H
#define DDB_BUCKET_BACKUPS_H

#include "storage/lockdefs.h"

#include "job/backup.h"
#include "request/shapes.h"

/* Whether there is such a setting: new backups go there. */
extern bool bucket_backups_wanted(void);

/* Asks for one of a table that is locked to be read. */
extern Backup *bucket_backups_create(const TableRecord *table, const char *name);

/* The one of that identifier, of a table of that name; NULL where there is none.  Raises ValidationException where it cannot be read. */
extern Backup *bucket_backups_find(const char *table_name, const char *id);

/*
 * All of the table's (NULL: of all tables) that come behind the identifier (NULL: all), in no order.  What is in the bucket has but its
 * identifier, time, and the table's name, until bucket_backups_read() has read the rest.
 */
extern List *bucket_backups_list(const char *table_name, const char *behind);

/* Reads what is left to be read; NULL, and a warning says why, where that is no description of a backup, or is gone. */
extern const Backup *bucket_backups_read(const Backup *backup);

/*
 * Locks the one that a request names, if it could be in the bucket, until the transaction's end: ShareLock of who is going to restore
 * it, ExclusiveLock of who is going to delete it.  To be called before it is looked for.
 */
extern void bucket_backups_lock(const RequestString *arn, LOCKMODE mode);

/* Deletes it, and restores it into a table that this transaction has created; raise BackupInUseException. */
extern void bucket_backups_delete(const Backup *backup, const char *arn);
extern void bucket_backups_restore(Oid target, const Backup *backup);

#endif							/* DDB_BUCKET_BACKUPS_H */
