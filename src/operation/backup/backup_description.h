/*
 * backup_description.h - what a backup says of the table that it is of, and how
 * DescribeBackup and its like show it.
 */
#ifndef DDB_BACKUP_DESCRIPTION_H
#define DDB_BACKUP_DESCRIPTION_H

#include "job/backup.h"
#include "operation/backup/restore.h"
#include "request/shapes.h"

extern const Shape backup_arn_shape;
extern const Shape backup_name_shape;

/* What a table had that a new one made of its backup does not have. */
typedef struct BackupFeatures
{
	const char *stream_view_type;	/* or NULL: it had no stream */
	const char *time_to_live_status;
	const char *time_to_live_attribute; /* or NULL */
} BackupFeatures;

/* The keys, indexes and features of a table as JSON, for its backup's record. */
extern char *backup_definition(const TableRecord *record);

/* The backup that a request names, in this database or in ddb.backup_bucket; raises BackupNotFoundException where there is none. */
extern Backup *requested_backup(const RequestString *arn);
extern void backup_report_missing(const RequestString *arn) __attribute__((noreturn));

/* Whether a table that is deleted leaves its items to a backup: has it point-in-time recovery. */
extern void backup_keep_deleted_table(const TableRecord *record);

/* Appends BackupDetails, a member's value; status NULL: as it is. */
extern void append_backup_details(StringInfo out, const Backup *backup, const char *status);

/* Appends a BackupDescription as a response. */
extern void append_backup_description(StringInfo response, const Backup *backup, const char *status);

/* Appends a BackupSummary. */
extern void append_backup_summary(StringInfo out, const Backup *backup);

/* What a table is that is restored from it, and what it is not. */
extern void backup_restore_source(const Backup *backup, RestoreSource *source, BackupFeatures *features);

#endif							/* DDB_BACKUP_DESCRIPTION_H */
