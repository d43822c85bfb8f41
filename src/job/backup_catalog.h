/*
 * backup_catalog.h - what the job that makes a backup writes into ddb.backups.
 */
#ifndef DDB_JOB_BACKUP_CATALOG_H
#define DDB_JOB_BACKUP_CATALOG_H

/* The backup with that relation has all its items. */
extern void backup_set_available(Oid relation, int64 items, int64 bytes);

#endif							/* DDB_JOB_BACKUP_CATALOG_H */
