/*
 * export.h - exports of tables to buckets: the catalog ddb.exports, and the job that writes
 * the files.
 */
#ifndef DDB_TRANSFER_EXPORT_H
#define DDB_TRANSFER_EXPORT_H

#include "job/job.h"
#include "table/catalog.h"
#include "transfer/item_file.h"

typedef struct Export
{
	char	   *id;				/* <17 digits: milliseconds since 1970>-<8 hexadecimal digits> */
	Oid			relation;		/* the table's, which may not be there any more */
	char	   *table_name;
	char	   *table_id;
	char	   *role;			/* who asked for it */
	char	   *request;		/* JSON: S3Bucket, S3Prefix and the like, as the API names them */
	const char *status;			/* "IN_PROGRESS", "COMPLETED", "FAILED" */
	int64		moment;			/* microseconds since 1970; 0: of the job's own snapshot, not taken yet */
	bool		of_the_past;	/* the moment was asked for */
	TimestampTz started;
	TimestampTz ended;			/* 0: not yet */
	int64		items;
	int64		bytes;
	char	   *manifest;		/* its key, or NULL */
	char	   *failure_code;	/* or NULL */
	char	   *failure_message;
} Export;

/*
 * Asks for one, by the current role; a moment of the past (0: now) is to be in the table's recovery period.
 * The request has all that the files are made by, and what else is shown of it.
 */
extern Export *export_start(const TableRecord *table, const char *token, const char *request, int64 moment);

/* That of a table of that name; NULL where there is none.  No privileges are asked. */
extern Export *export_find(const char *table_name, const char *id);

/* The current role's of that token, of the last eight hours; NULL where there is none. */
extern Export *export_of_token(const char *token);

/* All that come before the identifier (NULL: all), the newest first. */
extern List *export_records(const char *before);

extern const JobKind export_job_kind;

#endif							/* DDB_TRANSFER_EXPORT_H */
