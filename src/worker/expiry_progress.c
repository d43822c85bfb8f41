/*
 * expiry_progress.c - what the view ddb.expiry_progress shows.
 */
#include "postgres.h"

#include "access/xact.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/resowner.h"

#include "index/expiry.h"
#include "worker/expiry_progress.h"
#include "worker/expiry_statistics.h"

/* So many overdue items are counted: the view is for everybody. */
#define OVERDUE_MOST 100000

enum
{
	COLUMN_RELATION,
	COLUMN_OVERDUE,
	COLUMN_OLDEST,
	COLUMN_DELETED,
	COLUMN_FAILED,
	COLUMN_RATE,
	COLUMNS
};

/* What is overdue of a table. */
typedef struct Overdue
{
	bool		known;
	int64		count;
	TimestampTz oldest;
} Overdue;

/*
 * In a subtransaction that is rolled back: its locks go with it, for whoever looks
 * on may stay, and a table that its owner has spoilt is none of the others' business.
 */
static Overdue
find_overdue(const ExpiryTask *task, int64 most)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Overdue		overdue = {0};

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		overdue.known = expiry_overdue(task, most, &overdue.count, &overdue.oldest);
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		if (error->sqlerrcode != ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE &&
			error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
			ReThrowError(error);
		memset(&overdue, 0, sizeof(overdue));
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return overdue;
}

static void
put_table(ReturnSetInfo *result, const ExpiryTask *task)
{
	Datum		values[COLUMNS] = {0};
	bool		nulls[COLUMNS] = {false};
	ExpiryStatistics statistics;
	Overdue		overdue = find_overdue(task, OVERDUE_MOST);
	bool		counted = expiry_statistics_read(task->relation, &statistics);

	values[COLUMN_RELATION] = ObjectIdGetDatum(task->relation);
	values[COLUMN_OVERDUE] = Int64GetDatum(overdue.count);
	nulls[COLUMN_OVERDUE] = !overdue.known;
	values[COLUMN_OLDEST] = TimestampTzGetDatum(overdue.oldest);
	nulls[COLUMN_OLDEST] = overdue.count == 0;
	values[COLUMN_DELETED] = Int64GetDatum(statistics.deleted);
	values[COLUMN_FAILED] = Int64GetDatum(statistics.failed);
	values[COLUMN_RATE] = Float8GetDatum(statistics.rate);
	nulls[COLUMN_DELETED] = nulls[COLUMN_FAILED] = nulls[COLUMN_RATE] = !counted;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

void
expiry_overdue_of_all(int most_tables, int64 most_items, ExpiryOverdue *sum)
{
	ListCell   *cell;

	memset(sum, 0, sizeof(ExpiryOverdue));
	foreach(cell, expiry_tasks())
	{
		Overdue		overdue;

		if (sum->tables++ >= most_tables)
			continue;
		overdue = find_overdue(lfirst(cell), most_items);
		if (overdue.count == 0)
			continue;
		sum->items += overdue.count;
		if (sum->oldest == 0 || overdue.oldest < sum->oldest)
			sum->oldest = overdue.oldest;
	}
}

PG_FUNCTION_INFO_V1(ddb_expiry_state);

/*
 * ddb.expiry_state(): a row for each table whose items expire.  It reads their
 * indexes whoever asks, and tells no more of them than numbers.
 */
Datum
ddb_expiry_state(PG_FUNCTION_ARGS)
{
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, expiry_tasks())
		put_table((ReturnSetInfo *) fcinfo->resultinfo, lfirst(cell));
	return (Datum) 0;
}
