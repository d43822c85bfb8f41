/*
 * export.h - exports of tables to buckets: the catalog ddb.exports, and the job that writes
 * the files.
 */
#ifndef DDB_TRANSFER_EXPORT_H
#define DDB_TRANSFER_EXPORT_H

#include "job/job.h"
#include "table/catalog.h"
#include "transfer/item_file.h"
#include "transfer/transfer.h"

typedef struct Export
{
	Transfer	transfer;
	int64		moment;			/* microseconds since 1970; 0: of the job's own snapshot, not taken yet;
								 * of an incremental one: before which changes are exported */
	bool		of_the_past;	/* the moment was known when it was asked for */
	int64		items;
	int64		bytes;
	char	   *manifest;		/* its key, or NULL */
} Export;

/*
 * Asks for one, by the current role; a moment of the past (0: now) is to be in the table's recovery period.
 * The request has all that the files are made by, and what else is shown of it.
 */
extern Export *export_start(const TableRecord *table, const char *token, const char *request, int64 moment);

/* That of a table of that name; NULL where there is none.  No privileges are asked. */
extern Export *export_find(const char *table_name, const char *id);

/* ddb.exports: its records are Export *. */
extern const TransferCatalog export_catalog;

extern const JobKind export_job_kind;

#endif							/* DDB_TRANSFER_EXPORT_H */
