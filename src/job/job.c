/*
 * job.c - the catalog of jobs, ddb.jobs.
 *
 * A record is written by the request that asks for the job, and from then on by
 * the one worker that has jobs_lock().  What a job has done so far is not
 * committed before it is done, so that is told by PostgreSQL's own reports of
 * progress, as COPY's: pg_stat_progress_copy shows it too.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/progress.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/backend_progress.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

#include "job/job.h"
#include "owner_statement.h"
#include "script.h"
#include "trigger_call.h"

/* The parameter of the progress with changes; COPY has none of that number. */
#define PROGRESS_CHANGES 10

/* So often job_is_in_the_way() really looks. */
#define LOOK_CALLS 64

void		(*job_request) (void) = NULL;
int			(*job_places) (void) = NULL;
bool		(*job_database_unwanted) (void) = NULL;

/* Runs a statement on ddb.jobs; returns how many rows it has processed. */
static uint64
run(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	return owner_statement_run(extension_relation("jobs"), statement, count, types, values, nulls);
}

static Datum
uuid_datum(const char *id)
{
	return DirectFunctionCall1(uuid_in, CStringGetDatum(id));
}

void
job_create(const char *kind, Oid relation, Oid source, const char *arguments)
{
	Oid			types[] = {TEXTOID, OIDOID, OIDOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(kind), ObjectIdGetDatum(relation), ObjectIdGetDatum(source),
		CStringGetTextDatum(arguments)
	};

	if (job_request == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is no background worker for jobs"),
				 errhint("Name ddb in shared_preload_libraries, and leave it places in max_worker_processes.")));
	SPI_connect();
	run("INSERT INTO ddb.jobs (job, kind, relation, source, arguments, state, requested)"
		" VALUES (pg_catalog.gen_random_uuid(), $1, $2, $3, $4::pg_catalog.json, 'WAITING', pg_catalog.now())",
		lengthof(types), types, values, OidIsValid(source) ? NULL : "  n ");
	SPI_finish();
}

bool
job_is_pending(Oid relation)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relation)};
	bool		found;

	SPI_connect();
	found = run("SELECT FROM ddb.jobs WHERE relation = $1 AND state <> 'FAILED' AND error IS NULL", 1, types, values, NULL) > 0;
	SPI_finish();
	return found;
}

bool
job_reads(Oid source, const char *kind)
{
	Oid			types[] = {OIDOID, TEXTOID};
	Datum		values[] = {ObjectIdGetDatum(source), CStringGetTextDatum(kind)};
	bool		found;

	SPI_connect();
	found = run("SELECT FROM ddb.jobs WHERE source = $1 AND kind = $2 AND state <> 'FAILED' AND error IS NULL",
				lengthof(types), types, values, NULL) > 0;
	SPI_finish();
	return found;
}

bool
job_is_there(const char *kind, const char *member, const char *value)
{
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(kind), CStringGetTextDatum(member), CStringGetTextDatum(value)};
	bool		found;

	SPI_connect();
	found = run("SELECT FROM ddb.jobs WHERE kind = $1 AND arguments->>$2 = $3 AND state <> 'FAILED'", lengthof(types), types, values, NULL) > 0;
	SPI_finish();
	return found;
}

bool
job_has_failed(Oid relation)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relation)};
	bool		found;

	SPI_connect();
	found = run("SELECT FROM ddb.jobs WHERE relation = $1 AND state <> 'FAILED'", 1, types, values, NULL) > 0;
	SPI_finish();
	return !found;
}

/* ---- For the worker ---- */

static Job *
job_of_row(HeapTuple row, TupleDesc descriptor)
{
	Job		   *job = palloc0(sizeof(Job));
	bool		isnull;
	Datum		source;

	job->id = SPI_getvalue(row, descriptor, 1);
	job->kind = SPI_getvalue(row, descriptor, 2);
	job->relation = DatumGetObjectId(SPI_getbinval(row, descriptor, 3, &isnull));
	source = SPI_getbinval(row, descriptor, 4, &isnull);
	job->source = isnull ? InvalidOid : DatumGetObjectId(source);
	job->arguments = SPI_getvalue(row, descriptor, 5);
	return job;
}

List *
jobs_pending(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *jobs = NIL;

	if (!script_is_usable())
		return NIL;

	SPI_connect();
	run("SELECT job, kind, relation::pg_catalog.oid, source::pg_catalog.oid, arguments FROM ddb.jobs"
		" WHERE state <> 'FAILED' ORDER BY started NULLS FIRST, requested, job", 0, NULL, NULL, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
		jobs = lappend(jobs, job_of_row(SPI_tuptable->vals[i], SPI_tuptable->tupdesc));
	SPI_finish();
	return jobs;
}

bool
jobs_lock(void)
{
	return ConditionalLockRelationOid(extension_relation("jobs"), ShareUpdateExclusiveLock);
}

/* Runs a statement about one job, $1, and a text, $2 (NULL: there is none). */
static uint64
run_on_job(const Job *job, const char *statement, const char *text)
{
	Oid			types[] = {UUIDOID, TEXTOID};
	Datum		values[] = {uuid_datum(job->id), text != NULL ? CStringGetTextDatum(text) : (Datum) 0};
	uint64		count;

	SPI_connect();
	count = run(statement, text != NULL ? 2 : 1, types, values, NULL);
	SPI_finish();
	return count;
}

bool
job_still_pending(const Job *job)
{
	return run_on_job(job, "SELECT FROM ddb.jobs WHERE job = $1 AND state <> 'FAILED'", NULL) > 0;
}

void
job_started(const Job *job)
{
	(void) run_on_job(job, "UPDATE ddb.jobs SET state = 'RUNNING', started = pg_catalog.now(), error = NULL"
					  " WHERE job = $1", NULL);
}

void
job_note_error(const Job *job, const char *error)
{
	(void) run_on_job(job, "UPDATE ddb.jobs SET state = 'WAITING', error = $2 WHERE job = $1", error);
}

void
job_failed(const Job *job, const char *reason)
{
	(void) run_on_job(job, "UPDATE ddb.jobs SET state = 'FAILED', error = $2 WHERE job = $1", reason);
}

void
job_done(const Job *job)
{
	(void) run_on_job(job, "DELETE FROM ddb.jobs WHERE job = $1", NULL);
}

char *
job_read_arguments(const Job *job)
{
	Oid			types[] = {UUIDOID};
	Datum		values[] = {uuid_datum(job->id)};
	MemoryContext caller = CurrentMemoryContext;
	char	   *arguments = NULL;

	SPI_connect();
	if (run("SELECT arguments FROM ddb.jobs WHERE job = $1", lengthof(types), types, values, NULL) > 0)
		arguments = MemoryContextStrdup(caller, SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	SPI_finish();
	if (arguments == NULL)
		elog(ERROR, "there is no job %s", job->id);
	return arguments;
}

void
job_write_arguments(const Job *job, const char *arguments)
{
	(void) run_on_job(job, "UPDATE ddb.jobs SET arguments = $2::pg_catalog.json WHERE job = $1", arguments);
}

/* ---- Progress ---- */

void
job_progress_begin(const Job *job)
{
	pgstat_progress_start_command(PROGRESS_COMMAND_COPY, job->relation);
	pgstat_progress_update_param(PROGRESS_COPY_COMMAND, PROGRESS_COPY_COMMAND_FROM);
	pgstat_progress_update_param(PROGRESS_COPY_TYPE, PROGRESS_COPY_TYPE_CALLBACK);
}

void
job_progress_items(int64 items)
{
	pgstat_progress_update_param(PROGRESS_COPY_TUPLES_PROCESSED, items);
}

void
job_progress_changes(int64 changes)
{
	pgstat_progress_update_param(PROGRESS_CHANGES, changes);
}

void
job_progress_end(void)
{
	pgstat_progress_end_command();
}

/* ---- Giving way ---- */

/*
 * Whether somebody waits for AccessExclusiveLock, or for ExclusiveLock: who comes
 * now stands behind that one, the holder of other locks of the relation too.
 * (LockHasWaiters() knows nothing of locks that were had on the fast path.)
 */
static bool
has_waiters(Oid relation)
{
	if (!ConditionalLockRelationOid(relation, RowShareLock))
		return true;
	UnlockRelationOid(relation, RowShareLock);
	return false;
}

bool
job_is_in_the_way(const Job *job)
{
	static int	calls = 0;

	if (++calls % LOOK_CALLS != 0)
		return false;
	return has_waiters(job->relation) || (OidIsValid(job->source) && has_waiters(job->source)) ||
		(job_database_unwanted != NULL && job_database_unwanted());
}

/* ---- The trigger ---- */

PG_FUNCTION_INFO_V1(ddb_job_wanted);

/* AFTER INSERT of a job: by an operation, or restored. */
Datum
ddb_job_wanted(PG_FUNCTION_ARGS)
{
	(void) trigger_data(fcinfo, "job_wanted");
	if (job_request != NULL)
		job_request();
	PG_RETURN_POINTER(NULL);
}
