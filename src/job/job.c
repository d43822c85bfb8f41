/*
 * job.c - the catalog of jobs, ddb.jobs.
 *
 * A record is written by the request that asks for the job, and from then on by
 * the one worker that has it.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "dump.h"
#include "job/job.h"
#include "job/pace.h"
#include "owner_statement.h"
#include "script.h"
#include "trigger_call.h"

/* So often job_is_in_the_way() really looks. */
#define LOOK_CALLS 64

/* How long a job that gave way is left alone. */
#define BUSY_MILLISECONDS 200

/* How long it leaves alone what a dump has brought that is still being restored. */
#define DUMP_MILLISECONDS 1000

/* The pause after an error: the first few times, and at most; in between it doubles each time. */
#define ERROR_SECONDS 5
#define ERROR_SECONDS_MOST 300
#define ERRORS_SOON 6

/* More than anybody has processors for. */
#define WORKERS_MAX 16

int			job_workers = 0;
void		(*job_request) (void) = NULL;
int			(*job_places) (void) = NULL;
bool		(*job_database_unwanted) (void) = NULL;
void		(*job_nap) (long milliseconds) = NULL;
void		(*job_look) (void) = NULL;

void
job_define_settings(void)
{
	DefineCustomIntVariable("ddb.job_workers", "How many jobs of a database go on at the same time.", NULL,
							&job_workers, 2, 1, WORKERS_MAX, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.job_rate", "Kilobytes of items that a job reads or writes in a second, at most.",
							"0 means as many as it can.",
							&job_rate, 0, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_KB, NULL, NULL, NULL);
}

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
	Oid			types[] = {TEXTOID, OIDOID, OIDOID, TEXTOID, OIDOID};
	Datum		values[] = {
		CStringGetTextDatum(kind), ObjectIdGetDatum(relation), ObjectIdGetDatum(source),
		CStringGetTextDatum(arguments), ObjectIdGetDatum(GetUserId())
	};

	if (job_request == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there is no background worker for jobs"),
				 errhint("Name ddb in shared_preload_libraries, and leave it places in max_worker_processes.")));
	SPI_connect();
	run("INSERT INTO ddb.jobs (job, kind, relation, source, arguments, state, requested, role)"
		" VALUES (pg_catalog.gen_random_uuid(), $1, $2, $3, $4::pg_catalog.json, 'WAITING', pg_catalog.now(), $5)",
		lengthof(types), types, values, OidIsValid(source) ? NULL : "  n  ");
	SPI_finish();
}

bool
job_is_pending(Oid relation)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relation)};
	bool		found;

	SPI_connect();
	/* an error stays while it is tried again */
	found = run("SELECT FROM ddb.jobs WHERE relation = $1 AND (state = 'RUNNING' OR state <> 'FAILED' AND error IS NULL)",
				lengthof(types), types, values, NULL) > 0;
	SPI_finish();
	return found;
}

bool
job_reads(Oid source, const char *kind, bool behind_error)
{
	Oid			types[] = {OIDOID, TEXTOID, BOOLOID};
	Datum		values[] = {ObjectIdGetDatum(source), CStringGetTextDatum(kind), BoolGetDatum(behind_error)};
	bool		found;

	SPI_connect();
	found = run("SELECT FROM ddb.jobs WHERE source = $1 AND kind = $2 AND (state = 'RUNNING' OR state <> 'FAILED' AND (error IS NULL OR $3))",
				lengthof(types), types, values, NULL) > 0;
	SPI_finish();
	return found;
}

bool
job_is_there(const char *kind, const char *member, const char *value, Snapshot snapshot)
{
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(kind), CStringGetTextDatum(member), CStringGetTextDatum(value)};
	bool		found;

	SPI_connect();
	found = owner_statement_run_at(snapshot, extension_relation("jobs"),
								   "SELECT FROM ddb.jobs WHERE kind = $1 AND arguments->>$2 = $3 AND state <> 'FAILED'",
								   lengthof(types), types, values, NULL) > 0;
	SPI_finish();
	return found;
}

bool
job_has_failed(Oid relation, Snapshot snapshot)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relation)};
	bool		found;

	SPI_connect();
	found = owner_statement_run_at(snapshot, extension_relation("jobs"),
								   "SELECT FROM ddb.jobs WHERE relation = $1 AND state <> 'FAILED'", 1, types, values, NULL) > 0;
	SPI_finish();
	return !found;
}

/* ---- For the worker ---- */

/* Of the columns of jobs_pending()'s statement. */
enum
{
	PENDING_JOB = 1,
	PENDING_KIND,
	PENDING_RELATION,
	PENDING_SOURCE,
	PENDING_ARGUMENTS,
	PENDING_ROLE,
	PENDING_BEGUN,
	PENDING_INTERRUPTED,
	PENDING_ERRORS,
	PENDING_DUE,
	PENDING_LOADED
};

/* 0 where the column is null. */
static Datum
column(HeapTuple row, TupleDesc descriptor, int number)
{
	bool		isnull;
	Datum		value = SPI_getbinval(row, descriptor, number, &isnull);

	return isnull ? 0 : value;
}

static Job *
job_of_row(HeapTuple row, TupleDesc descriptor)
{
	Job		   *job = palloc0(sizeof(Job));

	job->id = SPI_getvalue(row, descriptor, PENDING_JOB);
	job->kind = SPI_getvalue(row, descriptor, PENDING_KIND);
	job->relation = DatumGetObjectId(column(row, descriptor, PENDING_RELATION));
	job->source = DatumGetObjectId(column(row, descriptor, PENDING_SOURCE));
	job->arguments = SPI_getvalue(row, descriptor, PENDING_ARGUMENTS);
	job->role = DatumGetObjectId(column(row, descriptor, PENDING_ROLE));
	job->begun = DatumGetBool(column(row, descriptor, PENDING_BEGUN));
	job->interrupted = DatumGetInt32(column(row, descriptor, PENDING_INTERRUPTED));
	job->errors = DatumGetInt32(column(row, descriptor, PENDING_ERRORS));
	job->due = DatumGetTimestampTz(column(row, descriptor, PENDING_DUE));
	job->loaded = DatumGetTimestampTz(column(row, descriptor, PENDING_LOADED));
	return job;
}

/*
 * What a dump has brought is not due before it is there as a whole: a trigger of the table's, a policy, a right.
 * Behind the reading, for who has brought one of them has said so before.
 */
static void
await_dumps(List *jobs)
{
	TimestampTz later = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), DUMP_MILLISECONDS);
	ListCell   *cell;

	foreach(cell, jobs)
	{
		Job		   *job = lfirst(cell);

		if (job->loaded != 0 && dump_is_being_restored())
			job->due = Max(job->due, later);
	}
}

List *
jobs_pending(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *jobs = NIL;

	if (!script_is_usable())
		return NIL;

	SPI_connect();
	run("SELECT job, kind, relation::pg_catalog.oid, source::pg_catalog.oid, arguments,"
		" coalesce(role::pg_catalog.oid, (SELECT relowner FROM pg_catalog.pg_class AS c WHERE c.oid = relation)),"
		" state = 'RUNNING', interrupted, errors, due, loaded FROM ddb.jobs"
		" WHERE state <> 'FAILED'"
		" ORDER BY CASE WHEN started IS NULL OR (state = 'RUNNING' AND due IS NOT NULL) THEN coalesce(due, requested) END"
		" NULLS LAST, started, requested, job", 0, NULL, NULL, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
		jobs = lappend(jobs, job_of_row(SPI_tuptable->vals[i], SPI_tuptable->tupdesc));
	SPI_finish();
	await_dumps(jobs);
	return jobs;
}

void
jobs_lock(void)
{
	LockRelationOid(extension_relation("jobs"), ShareUpdateExclusiveLock);
}

bool
jobs_try_lock(void)
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
	(void) run_on_job(job, "UPDATE ddb.jobs SET state = 'RUNNING', started = pg_catalog.clock_timestamp(),"
					  " interrupted = interrupted + 1, due = NULL WHERE job = $1", NULL);
}

void
job_got_on(const Job *job)
{
	(void) run_on_job(job, "UPDATE ddb.jobs SET interrupted = 0, errors = 0, error = NULL WHERE job = $1", NULL);
}

/* Sets when the next attempt is due, and before that what else is said. */
static uint64
run_on_job_for_later(const Job *job, const char *assignments, const char *text, double seconds)
{
	return run_on_job(job, psprintf("UPDATE ddb.jobs SET %sinterrupted = 0, due = pg_catalog.clock_timestamp() +"
									" pg_catalog.make_interval(secs => %g) WHERE job = $1", assignments, seconds), text);
}

void
job_gave_way(const Job *job, long milliseconds)
{
	(void) run_on_job_for_later(job, "", NULL, Max(milliseconds, BUSY_MILLISECONDS) / 1000.0);
}

void
job_note_error(const Job *job, const char *error)
{
	int			doubled = Min(Max(job->errors + 1 - ERRORS_SOON, 0), 10);

	(void) run_on_job_for_later(job, "state = 'WAITING', error = $2, errors = errors + 1, ", error,
								Min(ERROR_SECONDS << doubled, ERROR_SECONDS_MOST));
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

/* ---- Giving way ---- */

/*
 * The same as has_waiters(), read from the processes that wait.  All that wait for one lock are in one partition, whose
 * lock keeps them there; what another process waits for may be anything meanwhile, but is never equal to this one.
 */
static bool
is_waited_for(Oid relation)
{
	LOCKTAG		tag;
	LWLock	   *partition;
	bool		found = false;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, relation);
	partition = LockHashPartitionLock(LockTagHashCode(&tag));
	LWLockAcquire(partition, LW_SHARED);
	for (uint32 i = 0; i < ProcGlobal->allProcCount && !found; i++)
	{
		const PGPROC *process = &ProcGlobal->allProcs[i];
		const LOCK *lock = *(LOCK *const volatile *) &process->waitLock;

		found = lock != NULL && memcmp(&lock->tag, &tag, sizeof(LOCKTAG)) == 0 && process->waitLockMode >= ExclusiveLock;
	}
	LWLockRelease(partition);
	return found;
}

/*
 * Whether somebody waits for AccessExclusiveLock, or for ExclusiveLock: who comes
 * now stands behind that one; the holder of other locks of the relation too, but since 17 it passes by.
 * (LockHasWaiters() knows nothing of locks that were had on the fast path.)
 */
static bool
has_waiters(Oid relation)
{
	if (!ConditionalLockRelationOid(relation, RowShareLock))
		return true;
	UnlockRelationOid(relation, RowShareLock);
	return holder_passes_waiters_compat && is_waited_for(relation);
}

/*
 * Of the extension's own relations a job that is one transaction has these locked all the while, and behind
 * who waits for them stands whoever asks for a job, deletes a table or drops the extension.
 */
static bool
catalog_has_waiters(void)
{
	return has_waiters(extension_relation("jobs")) || has_waiters(extension_relation("jobs_pkey"));
}

bool
job_stands_in_the_way(const Job *job)
{
	return has_waiters(job->relation) || (OidIsValid(job->source) && has_waiters(job->source)) || catalog_has_waiters() ||
		(job_database_unwanted != NULL && job_database_unwanted());
}

bool
job_is_in_the_way(const Job *job)
{
	static int	calls = 0;
	bool		in_the_way = false;

	do
	{
		bool		waited = pace_wait();

		if (waited || ++calls % LOOK_CALLS == 0)
			in_the_way = job_stands_in_the_way(job);
	} while (!in_the_way && pace_is_ahead());
	return in_the_way;
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
