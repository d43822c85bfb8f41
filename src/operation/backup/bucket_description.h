/*
 * bucket_description.h - the description of a backup that lies in a bucket beside its files (transfer/backup_files.h), as
 * far as it is DynamoDB's: a JSON object with the members
 *
 *		FormatVersion					1
 *		BackupName, TableId, TableCreationDateTime (milliseconds since 1970)
 *		TableCreationParameters			what CreateTable would be asked for the same table
 *		TimeToLiveDescription			as DescribeTimeToLive shows it
 *
 * Others that a later release may add are passed over; one that changes their meaning has another FormatVersion.
 */
#ifndef DDB_BUCKET_DESCRIPTION_H
#define DDB_BUCKET_DESCRIPTION_H

#include "job/backup.h"
#include "operation/backup/backup_description.h"
#include "transfer/backup_files.h"

/* The description of a backup of the table; raises what bucket_description_read() would, so that what is written can be read. */
extern char *bucket_description_write(const TableRecord *table, const char *backup_name);

/*
 * The backup of that place with that description, which is checked as a request of CreateTable is; raises DynamoDB's
 * exceptions, and only allocates memory.  Of one that is whole it has the items and the manifest too.
 */
extern Backup *bucket_description_read(const char *bucket, const BackupPlace *place, const char *text, bool whole);

/* What a table is that is restored from it. */
extern void bucket_description_source(const Backup *backup, RestoreSource *source, BackupFeatures *features);

#endif							/* DDB_BUCKET_DESCRIPTION_H */
