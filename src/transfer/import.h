/*
 * import.h - imports of tables from buckets: the catalog ddb.imports, and the job that reads
 * the files.
 */
#ifndef DDB_TRANSFER_IMPORT_H
#define DDB_TRANSFER_IMPORT_H

#include "job/job.h"
#include "table/catalog.h"
#include "transfer/import_files.h"
#include "transfer/transfer.h"

typedef struct Import
{
	Transfer	transfer;
	ImportPlace place;			/* up to which the files have been read */
	int64		bytes;
	int64		processed;
	int64		imported;
	int64		errors;
} Import;

/* ddb.imports: its records are Import *. */
extern const TransferCatalog import_catalog;

extern const JobKind import_job_kind;

#endif							/* DDB_TRANSFER_IMPORT_H */
