/*
 * backup_files.h - the files of a backup in a bucket.  Below AWSDynamoDB/backups/<table>/<identifier>/ lies what an
 * export has (export_files.h), but for a summary, and in its place
 *
 *		manifest-backup.json
 *
 * the description: all that is known of the backup besides its items, as a JSON object whose last member is the checksum of
 * what stands before it.  It is written last and deleted first.  So there is a backup where there is a
 * description, and then it is whole.
 *
 * All of it comes from outside: whoever may write to the bucket has written it.  What is read here has the
 * form that it must have, and is believed in nothing else.
 */
#ifndef DDB_TRANSFER_BACKUP_FILES_H
#define DDB_TRANSFER_BACKUP_FILES_H

#include "utils/timestamp.h"

#include "transfer/bucket.h"

/* Which backup. */
typedef struct BackupPlace
{
	char	   *table_name;
	char	   *id;
} BackupPlace;

/* Reads when a backup of that identifier was made; false where there is no such identifier. */
extern bool backup_id_time(const char *id, TimestampTz *time);

/* The folder's name, with a slash at its end. */
extern char *backup_files_folder(const BackupPlace *place);

/*
 * The backups of the table (NULL: of all) that have a description, by identifier and then by the table's name, as a list
 * of BackupPlace *.  Raises bucket.h's errors, as the functions below do.
 */
extern List *backup_files_list(Bucket *bucket, const char *table_name);

/*
 * The description, a text; NULL where there is none, and where it is cut off, too large or has
 * another checksum: *fault says that then, and is NULL otherwise.  No more of it has been looked at.
 */
extern char *backup_files_read(Bucket *bucket, const BackupPlace *place, const char **fault);

/* Writes it: a JSON object with one member at least, to which further ones and the checksum are added. */
extern void backup_files_write(Bucket *bucket, const BackupPlace *place, const char *object, int64 items, int64 bytes,
							   const char *manifest_checksum);

/* The members that backup_files_write() adds, besides the checksum. */
#define BACKUP_ITEMS "ItemCount"
#define BACKUP_BYTES "BackupSizeBytes"
#define BACKUP_MANIFEST "ManifestChecksum"

/*
 * The files of data that manifest-files.json names, a list of ImportFile *.  Raises XX001 unless it has that
 * checksum, and has its form, and the files have so many items.
 */
extern List *backup_files_manifest(Bucket *bucket, const BackupPlace *place, const char *checksum, int64 items);

/* Deletes all of it, the description first. */
extern void backup_files_delete(Bucket *bucket, const BackupPlace *place);

#endif							/* DDB_TRANSFER_BACKUP_FILES_H */
