/*
 * job_worker.c - the background worker that carries out a database's jobs.
 *
 * It does one after the other, first what has waited longest for a try, and ends when
 * none is left.  An error ends the job's transaction only: it is logged, noted for
 * whoever asked, and the job begins anew after a while, as one does that gave way to
 * somebody.  When the worker goes before all is done, it asks for the next one.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include "error.h"
#include "job/backup.h"
#include "job/recovery.h"
#include "transfer/bucket_backup.h"
#include "transfer/bulk.h"
#include "transfer/export.h"
#include "transfer/import.h"
#include "worker/launcher.h"
#include "worker/worker.h"

/* How long it waits where all that is left is not to be done now. */
#define BUSY_MILLISECONDS 200

/* How often it waits so before it leaves its place to others. */
#define BUSY_MOST 50

/* How long it waits after an error. */
#define RETRY_MILLISECONDS 5000

typedef enum Outcome
{
	OUTCOME_DONE,
	OUTCOME_GOES_ON,
	OUTCOME_BUSY,
	OUTCOME_IMPOSSIBLE,
	OUTCOME_FAILED,
	OUTCOME_UNWANTED			/* DROP DATABASE, CREATE DATABASE and the like want it alone */
} Outcome;

static const JobKind *const kinds[] = {&recovery_job_kind, &backup_job_kind, &backup_restore_job_kind, &export_job_kind, &import_job_kind,
	&bulk_put_job_kind, &bucket_backup_job_kind, &bucket_backup_deletion_job_kind, &bucket_backup_restore_job_kind};

static bool finished = false;

PGDLLEXPORT void job_worker_main(Datum argument);

static void
ask_for_next(int code, Datum argument)
{
	if (!finished)
		launcher_request(WORKER_JOB, MyDatabaseId,
						 TimestampTzPlusMilliseconds(GetCurrentTimestamp(), WORKER_ABSENCE_MILLISECONDS));
}

/* NULL: one of a later version of ddb. */
static const JobKind *
find_kind(const Job *job)
{
	for (int i = 0; i < (int) lengthof(kinds); i++)
	{
		if (strcmp(kinds[i]->name, job->kind) == 0)
			return kinds[i];
	}
	return NULL;
}

/* ---- One transaction ---- */

/* Reads them into worker_context. */
static List *
read_jobs(void)
{
	List	   *jobs;

	worker_begin_transaction();
	MemoryContextSwitchTo(worker_context);
	jobs = jobs_pending();
	worker_commit();
	return jobs;
}

/* Writes something down about the job in a transaction of its own. */
static void
note(const Job *job, void (*write) (const Job *job, const char *text), const char *text)
{
	worker_begin_transaction();
	write(job, text);
	worker_commit();
}

/* Says that it is at work; false where it must not be. */
static bool
start(const Job *job, Outcome *outcome)
{
	bool		pending;

	*outcome = OUTCOME_BUSY;
	worker_begin_transaction();
	if (worker_is_unwanted())
		*outcome = OUTCOME_UNWANTED;
	pending = *outcome != OUTCOME_UNWANTED && jobs_lock() && job_still_pending(job);
	if (pending)
		job_started(job);
	worker_commit();
	return pending;
}

/* The job itself.  What it has written is rolled back unless it is done. */
static Outcome
run(const JobKind *kind, const Job *job, const char **reason)
{
	JobResult	result = JOB_BUSY;

	worker_begin_transaction();
	if (jobs_lock() && job_still_pending(job))
		result = kind->run(job, reason);
	if (result == JOB_DONE)
		job_done(job);
	if (result == JOB_DONE || result == JOB_GOES_ON)
		worker_commit();
	else
		worker_abort(false);
	return result == JOB_DONE ? OUTCOME_DONE : result == JOB_GOES_ON ? OUTCOME_GOES_ON : result == JOB_BUSY ? OUTCOME_BUSY : OUTCOME_IMPOSSIBLE;
}

/* ---- One job ---- */

/* Tells in the log which job an error was about. */
static void
add_error_context(void *argument)
{
	const Job  *job = argument;

	errcontext("job %s (%s)", job->id, job->kind);
}

static Outcome
do_job(const Job *job, const char **reason)
{
	const JobKind *kind = find_kind(job);
	Outcome		outcome;

	if (kind == NULL)
	{
		*reason = "this version of ddb does not know the kind of job";
		return OUTCOME_IMPOSSIBLE;
	}
	if (!start(job, &outcome))
		return outcome;
	pgstat_report_activity(STATE_RUNNING, psprintf("%s (job %s)", kind->doing, job->id));
	do
		outcome = run(kind, job, reason);
	while (outcome == OUTCOME_GOES_ON);
	pgstat_report_activity(STATE_IDLE, NULL);
	return outcome;
}

static Outcome
outcome_of_error(const Job *job, int sqlstate)
{
	const JobKind *kind = find_kind(job);
	DdbException exception;

	if (sqlstate == ERRCODE_LOCK_NOT_AVAILABLE)
		return OUTCOME_BUSY;
	/* an item that the table could not have, or a request that makes no sense, is the same the next time */
	if (ddb_exception_of_sqlstate(sqlstate, &exception) &&
		(exception == VALIDATION_EXCEPTION || exception == SERIALIZATION_EXCEPTION))
		return OUTCOME_IMPOSSIBLE;
	return kind != NULL && kind->is_final != NULL && kind->is_final(sqlstate) ? OUTCOME_IMPOSSIBLE : OUTCOME_FAILED;
}

/* The same where an error ends but the job's transaction; *reason is then its message. */
static Outcome
try_job(Job *job, const char **reason, int *sqlstate)
{
	ErrorContextCallback context = {
		.previous = error_context_stack,.callback = add_error_context,.arg = job
	};
	Outcome		outcome;

	error_context_stack = &context;
	PG_TRY();
	{
		outcome = do_job(job, reason);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(worker_context);
		error = CopyErrorData();
		*reason = error->message;
		*sqlstate = error->sqlerrcode;
		outcome = outcome_of_error(job, error->sqlerrcode);
		worker_abort(outcome == OUTCOME_FAILED);
	}
	PG_END_TRY();
	error_context_stack = context.previous;
	return outcome;
}

/* What is not to be done is told by whoever knows of it, or by the job's row. */
static void
give_up(const Job *job, int sqlstate, const char *reason)
{
	const JobKind *kind = find_kind(job);

	worker_begin_transaction();
	if (kind != NULL && kind->give_up != NULL)
	{
		kind->give_up(job, sqlstate, reason);
		job_done(job);
	}
	else
		job_failed(job, reason);
	worker_commit();
}

/* ---- Backups that expire ---- */

/* How long it waits where one could not be dropped. */
#define DROP_MILLISECONDS 3600000

/* Drops one that is due, and says when the next one will be. */
static TimestampTz
drop_expired(void)
{
	TimestampTz next;

	PG_TRY();
	{
		worker_begin_transaction();
		next = backup_drop_expired();
		worker_commit();
	}
	PG_CATCH();
	{
		worker_abort(true);
		next = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), DROP_MILLISECONDS);
	}
	PG_END_TRY();
	return next;
}

/* Drops all that are due, and has the next worker come when there will be others. */
static void
drop_all_expired(void)
{
	TimestampTz next;

	do
		next = drop_expired();
	while (next <= GetCurrentTimestamp());
	if (next != DT_NOEND)
		launcher_request(WORKER_JOB, MyDatabaseId, next);
}

/* ---- All of them ---- */

/* Does the jobs; true where anything has come of it.  Shortens *pause where nothing has. */
static bool
do_each(List *jobs, long *pause)
{
	bool		done = false;
	ListCell   *cell;

	foreach(cell, jobs)
	{
		Job		   *job = lfirst(cell);
		const char *reason = NULL;
		int			sqlstate = 0;

		switch (try_job(job, &reason, &sqlstate))
		{
			case OUTCOME_DONE:
			case OUTCOME_GOES_ON:
				done = true;
				break;
			case OUTCOME_IMPOSSIBLE:
				give_up(job, sqlstate, reason);
				done = true;
				break;
			case OUTCOME_FAILED:
				note(job, job_note_error, reason);
				break;
			case OUTCOME_BUSY:
				*pause = BUSY_MILLISECONDS;
				break;
			case OUTCOME_UNWANTED:
				proc_exit(0);
		}
	}
	return done;
}

/* Does all once; false when nothing is left, or nothing can be done for long. */
static bool
do_jobs(void)
{
	static int	idle = 0;
	List	   *jobs = read_jobs();
	long		pause = RETRY_MILLISECONDS;

	if (jobs == NIL)
	{
		finished = true;
		return false;
	}
	if (do_each(jobs, &pause))
		idle = 0;
	else if (++idle == BUSY_MOST)
		return false;
	else
		worker_nap(pause);
	MemoryContextReset(worker_context);
	return true;
}

void
job_worker_main(Datum argument)
{
	worker_begin(DatumGetObjectId(argument));
	worker_set("synchronous_commit", "off");
	before_shmem_exit(ask_for_next, (Datum) 0);
	job_database_unwanted = worker_is_unwanted;
	while (do_jobs())
		;
	if (finished)
		drop_all_expired();
}
