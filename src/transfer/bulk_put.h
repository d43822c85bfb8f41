/*
 * bulk_put.h - putting records into a table, as PutItem by a role would.
 */
#ifndef DDB_TRANSFER_BULK_PUT_H
#define DDB_TRANSFER_BULK_PUT_H

#include "transfer/bulk_records.h"
#include "transfer/bulk_report.h"

typedef struct BulkPuts
{
	/* What is asked for. */
	Oid			relation;		/* the table's, which is locked */
	const char *table_name;
	Oid			role;			/* who puts */
	BulkRecord *records;
	int			count;
	bool		looks_only;		/* none of them: only whether the table has code of its owner's */

	/* What came of it. */
	bool		has_code;		/* the table has such code */
	int			done;			/* so many of them */
	int			failed;			/* of these; a condition that does not hold is no failure */
	double		units;			/* write units */
} BulkPuts;

/*
 * Puts them in the current transaction, in the one order of locks, and notes usage and reports.  Raises
 * AccessDeniedException and ResourceNotFoundException where the role may not write the table at all, and what
 * another try may mend; what is one record's fault is reported.
 */
extern void bulk_put_records(BulkPuts *puts, BulkUsage *usage, BulkReports *reports);

#endif							/* DDB_TRANSFER_BULK_PUT_H */
