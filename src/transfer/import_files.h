/*
 * import_files.h - the items of a bucket's files, one after the other, from a place that outlasts a crash.
 */
#ifndef DDB_TRANSFER_IMPORT_FILES_H
#define DDB_TRANSFER_IMPORT_FILES_H

#include "transfer/bucket.h"
#include "transfer/item_file.h"

typedef struct ImportFiles ImportFiles;

/* Where reading goes on: behind so many records of that file. */
typedef struct ImportPlace
{
	char	   *key;			/* NULL: that behind so many files, in their order, as ddb once wrote a place down */
	int64		records;
	int64		files;			/* that have been read to the end */
} ImportPlace;

/* Whether they are one; both may be the beginning. */
extern bool import_places_equal(ImportPlace one, ImportPlace other);

/*
 * Begins to read the files whose keys begin with the prefix (NULL: all), in the order of their keys, but for what an
 * export has beside its data.  They stay open over transactions: it lives in the current memory
 * context, as the bucket and the options have to, and ends with it.  Raises bucket.h's errors, as import_files_next()
 * does, and 42704 where the place's file is not there any more.
 */
extern ImportFiles *import_files_begin(Bucket *bucket, const char *prefix, const ItemFileOptions *options,
									   const ImportPlace *place);

/* A file of which it is known what it has. */
typedef struct ImportFile
{
	char	   *key;
	int64		items;
	char	   *checksum;		/* of its bytes: MD5 in Base64 */
} ImportFile;

/*
 * Begins to read these files (a list of ImportFile *), in that order, which have to be what they are known to be: where
 * one is not, or a record of it is no item, import_files_next() raises XX001.  Else as import_files_begin().
 */
extern ImportFiles *import_files_begin_known(Bucket *bucket, List *files, const ItemFileOptions *options,
											 const ImportPlace *place);

/*
 * The next record, of the next file where one has come to its end or cannot be read on; ITEM_FILE_END: there is none.
 * The item and the message are in the current memory context.
 */
extern ItemFileResult import_files_next(ImportFiles *files, Value *item, const char **message);

/* Behind the last record: the key is the reader's. */
extern ImportPlace import_files_place(const ImportFiles *files);

/* How many bytes of uncompressed files import_files_next() has read since import_files_begin(). */
extern int64 import_files_bytes(const ImportFiles *files);

/* How many bytes all the files have in the bucket, and how many of these have been read, also before import_files_begin(). */
extern int64 import_files_size(const ImportFiles *files);
extern int64 import_files_size_done(const ImportFiles *files);

/* What the last record has beside its item, where the options allow that; in the same memory as the item. */
extern ItemFileCondition import_files_condition(const ImportFiles *files);

#endif							/* DDB_TRANSFER_IMPORT_FILES_H */
