/*
 * bulk.h - bulk operations: the catalog ddb.bulk_operations, and the job that puts the items of a bucket's files
 * into a table that is in use.
 */
#ifndef DDB_TRANSFER_BULK_H
#define DDB_TRANSFER_BULK_H

#include "job/job.h"
#include "table/catalog.h"
#include "transfer/bulk_usage.h"
#include "transfer/import_files.h"
#include "transfer/transfer.h"

typedef struct BulkOperation
{
	Transfer	transfer;
	ImportPlace place;			/* up to which the files have been read */
	int			attempts;		/* to put the next record, of which nothing is known */
	int64		input_bytes;	/* of the bucket's objects that have been read */
	int64		total_bytes;	/* of all of them; -1: not known yet */
	int64		processed;		/* records */
	int64		failed;			/* of these, but for conditions that did not hold */
	BulkUsage  *usage;
} BulkOperation;

/*
 * Asks for its end: false where it is neither going on nor being cancelled. No privileges are asked. Waits for the
 * worker's transaction.
 */
extern bool bulk_cancel(const char *id);

/* ddb.bulk_operations: its records are BulkOperation *. */
extern const TransferCatalog bulk_catalog;

extern const JobKind bulk_put_job_kind;

#endif							/* DDB_TRANSFER_BULK_H */
