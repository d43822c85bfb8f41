/*
 * import.h - imports of tables from buckets: the catalog ddb.imports, and the job that reads
 * the files.
 */
#ifndef DDB_TRANSFER_IMPORT_H
#define DDB_TRANSFER_IMPORT_H

#include "job/job.h"
#include "table/catalog.h"

typedef struct Import
{
	char	   *id;
	Oid			relation;		/* the table's, which may not be there any more */
	char	   *table_name;
	char	   *table_id;
	char	   *role;			/* who asked for it */
	char	   *request;		/* JSON, as it was asked for */
	const char *status;			/* "IN_PROGRESS", "COMPLETED", "CANCELLED", "FAILED" */
	TimestampTz started;
	TimestampTz ended;			/* 0: not yet */
	int64		files;			/* that have been read to the end, in the order of their keys */
	int64		records;		/* of the next one, that have been read */
	int64		bytes;
	int64		processed;
	int64		imported;
	int64		errors;
	char	   *failure_code;	/* or NULL */
	char	   *failure_message;
} Import;

/* Asks for one of a table that this transaction has created to be filled, by the current role. */
extern Import *import_start(const TableRecord *table, const char *token, const char *request);

/* NULL where there is none.  No privileges are asked. */
extern Import *import_of_id(const char *id);

/* The current role's of that token, of the last eight hours; NULL where there is none. */
extern Import *import_of_token(const char *token);

/* All that come before the identifier (NULL: all), the newest first. */
extern List *import_records(const char *before);

extern const JobKind import_job_kind;

#endif							/* DDB_TRANSFER_IMPORT_H */
