/*
 * transfer.h - what exports, imports and bulk operations have in common: records of ddb.exports, ddb.imports and
 * ddb.bulk_operations.
 */
#ifndef DDB_TRANSFER_TRANSFER_H
#define DDB_TRANSFER_TRANSFER_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "nodes/pg_list.h"
#include "utils/timestamp.h"

#include "job/job.h"
#include "table/catalog.h"

/* The beginning of an Export, an Import and a BulkOperation. */
typedef struct Transfer
{
	char	   *id;				/* <17 digits: milliseconds since 1970>-<8 hexadecimal digits> */
	Oid			relation;		/* the table's, which may not be there any more */
	char	   *table_name;
	char	   *table_id;
	Oid			role;			/* who asked for it, and may be gone (job_role.h) */
	char	   *request;		/* JSON, as it was asked for, with the API's member names */
	const char *status;			/* "IN_PROGRESS", "COMPLETED", "FAILED"; an import's also "CANCELLED"; a bulk
								 * operation's all of those below */
	TimestampTz started;
	TimestampTz ended;			/* 0: not yet */
	const char *failure_code;	/* or NULL */
	const char *failure_message;
} Transfer;

/* The columns that all catalogs have in this place. */
enum
{
	TRANSFER_ID = 1,
	TRANSFER_RELATION,
	TRANSFER_TABLE_NAME,
	TRANSFER_TABLE_ID,
	TRANSFER_ROLE,
	TRANSFER_TOKEN,
	TRANSFER_REQUEST,
	TRANSFER_STATUS,
	TRANSFER_COLUMNS = TRANSFER_STATUS
};

#define TRANSFER_IN_PROGRESS "IN_PROGRESS"
#define TRANSFER_COMPLETED "COMPLETED"
#define TRANSFER_COMPLETED_WITH_ERRORS "COMPLETED_WITH_ERRORS"
#define TRANSFER_CANCELLING "CANCELLING"
#define TRANSFER_CANCELLED "CANCELLED"
#define TRANSFER_FAILED "FAILED"

/* One of the catalogs. */
typedef struct TransferCatalog
{
	const char *name;			/* "exports" */
	const char *id_column;		/* "export" */
	const char *job_kind;		/* "EXPORT" */
	const char *job_member;		/* "Export": the identifier in its jobs' arguments */
	const char *lines;			/* the catalog that has something about single records, by id_column; or NULL */
	void	   *(*record_of) (HeapTuple tuple, TupleDesc descriptor, Snapshot snapshot);
} TransferCatalog;

/* Reads the columns above. */
extern void transfer_read(Transfer *transfer, HeapTuple tuple, TupleDesc descriptor);

/* NULL where there is none.  No privileges are asked. */
extern void *transfer_of_id(const TransferCatalog *catalog, const char *id);

/* That of a job; NULL where it is not there any more. */
extern void *transfer_of_job(const TransferCatalog *catalog, const Job *job);

/* Whether there is a job for it, which goes with its relation, by the snapshot that it was read by. */
extern bool transfer_has_job(const TransferCatalog *catalog, const Transfer *transfer, Snapshot snapshot);

/*
 * Asks for one of the table, by the current role: a record that is IN_PROGRESS, and its job, which reads no relation.  For
 * catalogs whose further columns have defaults.
 */
extern void *transfer_start(const TransferCatalog *catalog, const TableRecord *table, const char *token,
							const char *request);

/*
 * The current role's of that token, of the last eight hours; NULL where there is none. Then nobody else is told of
 * none before this transaction has ended.
 */
extern void *transfer_of_token(const TransferCatalog *catalog, const char *token);

/* All that come before the identifier (NULL: all), the newest first. */
extern List *transfer_records(const TransferCatalog *catalog, const char *before);

/*
 * For the worker: forgets some of those that ended 90 days ago, with what is told of their failures, in the
 * current transaction, and returns when the next one is to be, which may have passed, or DT_NOEND.
 */
extern TimestampTz transfers_forget_old(void);

/* A new one's identifier, and the arguments of its job. */
extern char *transfer_new_id(void);
extern char *transfer_job_arguments(const TransferCatalog *catalog, const char *id);

#endif							/* DDB_TRANSFER_TRANSFER_H */
