/*
 * export_files.h - the files of an export, as AWS lays them out below a folder in a bucket:
 *
 *		_started
 *		data/<name>.json.gz, ...
 *		manifest-files.json, manifest-summary.json
 *		manifest-files.checksum, manifest-summary.checksum
 *
 * The files of data of incremental exports lie beside the folders of all exports: in AWSDynamoDB/data/.
 *
 * See https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html.
 */
#ifndef DDB_TRANSFER_EXPORT_FILES_H
#define DDB_TRANSFER_EXPORT_FILES_H

#include "lib/stringinfo.h"
#include "utils/timestamp.h"

#include "transfer/bucket.h"
#include "transfer/item_file.h"

typedef struct ExportFiles ExportFiles;

/* The folder's name, with a slash at its end: <prefix>/AWSDynamoDB/<id>/.  The prefix may be NULL. */
extern char *export_files_folder(const char *prefix, const char *id);

/* A key as long as any of an export below the prefix. */
extern char *export_files_longest_key(const char *prefix);

/*
 * Begins to write below that folder; what an attempt before has left there goes first.  It lives in the
 * current memory context, as the bucket has to.  Raises bucket.h's errors, as the functions below do.
 */
extern ExportFiles *export_files_begin(Bucket *bucket, const char *folder, ItemFileFormat format);

/*
 * Has files of data, of which none is begun, lie in <prefix>/AWSDynamoDB/data/, which exports share, as <id>-<number>;
 * what an attempt before has left of these goes first.
 */
extern void export_files_share_data(ExportFiles *files, const char *prefix, const char *id);

/* Writes an item into the file of data that is open, or into a new one. */
extern void export_files_write_item(ExportFiles *files, const Value *item);

/* Likewise a change of an item, with those images that are not NULL; its time in microseconds since 1970. */
extern void export_files_write_change(ExportFiles *files, int64 time, const Value *keys,
									  const Value *old_item, const Value *new_item);

/* Removes all that has been written. */
extern void export_files_discard(ExportFiles *files);

/* How many items, or changes, have been written, and how many bytes DynamoDB counts for them. */
extern int64 export_files_items(const ExportFiles *files);
extern int64 export_files_bytes(const ExportFiles *files);

/* Ends the last file of data, of which there is one at least, and writes manifest-files; returns its checksum. */
extern char *export_files_end(ExportFiles *files);

/* The key of the manifest that export_files_end() has written. */
extern char *export_files_manifest_key(const ExportFiles *files);

/*
 * Writes <folder><name>.json, and <name>.checksum beside it: the MD5 hash in Base64.  A summary comes last, so
 * that who finds it finds all else.  Returns the checksum.
 */
extern char *export_files_write_manifest(ExportFiles *files, const char *name, const StringInfoData *text);

/* A checksum as manifests have it: an MD5 hash in Base64, palloc'd, of so many characters. */
#define EXPORT_CHECKSUM_LENGTH 24
extern char *export_files_checksum(const uint8 *md5);

/* Members of a manifest that is a JSON object: a comma where one is needed, and null for NULL. */
extern void export_files_append_member(StringInfo manifest, const char *name, const char *value);
extern void export_files_append_moment(StringInfo manifest, const char *name, TimestampTz moment);

#endif							/* DDB_TRANSFER_EXPORT_FILES_H */
