/*
 * job_progress.c - how far a job is, for ddb.job_progress.
 *
 * What a job has done so far is not committed before it is done, so that is told by PostgreSQL's own reports
 * of progress, as COPY's: pg_stat_progress_copy shows it too.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/progress.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/backend_progress.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "job/job.h"
#include "job/pace.h"
#include "owner_statement.h"

/* The numbers of parameters that COPY does not have; ddb_job_figures() reads them. */
enum
{
	PROGRESS_CHANGES = 10,
	PROGRESS_KEY,				/* of the job: the first half of its UUID */
	PROGRESS_SINCE,				/* when the figures below were taken */
	PROGRESS_FIRST_ITEMS,
	PROGRESS_FIRST_BYTES,
	PROGRESS_FIRST_DONE,
	PROGRESS_DONE,				/* of so many parts */
	PROGRESS_PARTS
};

/* Of the attempt. */
static struct
{
	Oid			relation;
	int64		key;			/* of the job; 0: nothing is told */
	bool		begun;			/* the first figures have been taken */
	int64		items;
	int64		bytes;
	int64		done;
	int64		parts;
	int64		changes;
	int64		since;			/* when the first figures were taken */
	int64		first_items;
	int64		first_bytes;
	int64		first_done;
} progress;

static int64
job_key(const Job *job)
{
	pg_uuid_t  *uuid = DatumGetUUIDP(DirectFunctionCall1(uuid_in, CStringGetDatum(job->id)));
	uint64		key = 0;

	for (int i = 0; i < 8; i++)
		key = key << 8 | uuid->data[i];
	return (int64) key;
}

static void
tell_all(void)
{
	const int	parameters[] = {
		PROGRESS_COPY_COMMAND, PROGRESS_COPY_TYPE, PROGRESS_COPY_TUPLES_PROCESSED, PROGRESS_COPY_BYTES_PROCESSED,
		PROGRESS_CHANGES, PROGRESS_KEY, PROGRESS_SINCE, PROGRESS_FIRST_ITEMS, PROGRESS_FIRST_BYTES, PROGRESS_FIRST_DONE,
		PROGRESS_DONE, PROGRESS_PARTS
	};
	const int64 values[] = {
		PROGRESS_COPY_COMMAND_FROM, PROGRESS_COPY_TYPE_CALLBACK, progress.items, progress.bytes,
		progress.changes, progress.key, progress.since, progress.first_items, progress.first_bytes, progress.first_done,
		progress.done, progress.parts
	};

	pgstat_progress_start_command(PROGRESS_COMMAND_COPY, progress.relation);
	pgstat_progress_update_multi_param(lengthof(parameters), parameters, values);
}

/* The end of a subtransaction by an error ends all reports, and code on a table may make its own. */
static bool
is_told(void)
{
	return MyBEEntry != NULL && MyBEEntry->st_progress_command == PROGRESS_COMMAND_COPY &&
		MyBEEntry->st_progress_param[PROGRESS_KEY] == progress.key;
}

static void
tell(int parameter, int64 value)
{
	if (is_told())
		pgstat_progress_update_param(parameter, value);
	else if (progress.key != 0)
		tell_all();
}

void
job_progress_begin(const Job *job)
{
	memset(&progress, 0, sizeof(progress));
	progress.relation = job->relation;
	progress.key = job_key(job);
	tell_all();
}

/*
 * Where an attempt goes on from another one's, or has looked for its place first, its rate is that of what it does
 * itself: it is taken from the first figures on.
 */
static void
take_first(void)
{
	progress.begun = true;
	progress.since = GetCurrentTimestamp();
	progress.first_items = progress.items;
	progress.first_bytes = progress.bytes;
	progress.first_done = progress.done;
	if (progress.key != 0)
		tell_all();
}

void
job_progress_items(int64 items)
{
	progress.items = items;
	tell(PROGRESS_COPY_TUPLES_PROCESSED, items);
	if (!progress.begun)
		take_first();
}

void
job_progress_bytes(int64 bytes)
{
	if (progress.begun)
		pace_add(bytes - progress.bytes);
	progress.bytes = bytes;
	tell(PROGRESS_COPY_BYTES_PROCESSED, bytes);
}

void
job_progress_parts(int64 done, int64 parts)
{
	if (done == progress.done && parts == progress.parts)
		return;
	progress.done = done;
	progress.parts = parts;
	tell(PROGRESS_DONE, done);
	tell(PROGRESS_PARTS, parts);
}

void
job_progress_changes(int64 changes)
{
	progress.changes = changes;
	tell(PROGRESS_CHANGES, changes);
}

bool
job_progress_is_of(const Job *job)
{
	return progress.key == job_key(job);
}

void
job_progress_end(void)
{
	progress.key = 0;
	pgstat_progress_end_command();
}

/* ---- What is told of it ---- */

/* Parameters by the numbers above, which SQL counts from 1. */
#define FIGURES \
	"SELECT param12, param3, param1, param11, param17, param18, param14, param15, param16," \
	" pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - '2000-01-01 00:00:00+00'::pg_catalog.timestamptz)" \
	" - param13 / 1000000.0::pg_catalog.float8" \
	" FROM pg_catalog.pg_stat_get_progress_info('COPY') WHERE param12 <> 0 AND datid = $1"

#define FIGURE_COLUMNS 10

static void
put_figures(ReturnSetInfo *result, HeapTuple row, TupleDesc descriptor)
{
	Datum		values[FIGURE_COLUMNS];
	bool		nulls[FIGURE_COLUMNS];

	for (int i = 0; i < FIGURE_COLUMNS; i++)
		values[i] = SPI_getbinval(row, descriptor, i + 1, &nulls[i]);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(ddb_job_figures);

/*
 * ddb.job_figures(): a row for each job that is at work. It reads them whoever asks, and tells no more than
 * numbers; of how much there is, everybody reads in pg_class.
 */
Datum
ddb_job_figures(PG_FUNCTION_ARGS)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(MyDatabaseId)};

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	/* safe as the extension's owner: the statement is the library's own, and runs PostgreSQL's code only */
	owner_statement_run(extension_relation("jobs"), FIGURES, lengthof(types), types, values, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
		put_figures((ReturnSetInfo *) fcinfo->resultinfo, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
	SPI_finish();
	return (Datum) 0;
}
