/*
 * bulk_records.h - the records of a bulk operation, read ahead by lots: what a transaction could not do, for somebody
 * was in its way, is not read again.
 */
#ifndef DDB_TRANSFER_BULK_RECORDS_H
#define DDB_TRANSFER_BULK_RECORDS_H

#include "transfer/import_files.h"

/* The most records of a lot, and the most bytes of its items, but for the last one. */
#define BULK_LOT_RECORDS 200
#define BULK_LOT_BYTES (1024 * 1024)

typedef struct BulkRecord
{
	const char *fault;			/* why it has no item, or NULL */
	Value		item;
	ItemFileCondition condition;
	Value		condition_values[3];	/* that it points to */
	ImportPlace place;			/* behind it */
	int64		input_bytes;	/* of the bucket's objects that have been read then */
} BulkRecord;

typedef struct BulkRecords BulkRecords;

/*
 * Begins to read behind the place; in the current memory context, in which the bucket and the options have to
 * live too. Raises import_files_begin()'s errors.
 */
extern BulkRecords *bulk_records_begin(Bucket *bucket, const char *prefix, const ItemFileOptions *options,
									   const ImportPlace *place);

/* How many bytes all the objects have. */
extern int64 bulk_records_size(const BulkRecords *records);

/*
 * The records behind the place, which is where they have been begun, or behind one of those that were given last:
 * an array, valid until the next call, and how many, 0 at the end. False where the place is none of these. Raises
 * import_files_next()'s errors, after which the records are not to be used any more.
 */
extern bool bulk_records_behind(BulkRecords *records, const ImportPlace *place, BulkRecord **found, int *count);

#endif							/* DDB_TRANSFER_BULK_RECORDS_H */
