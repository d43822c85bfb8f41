/*
 * job_worker.c - the background workers that carry out a database's jobs.
 *
 * Each does one after the other (job_choice.c), and ends when none is left that nobody does.  The launcher starts one
 * where a job is asked for, and a worker asks for another one where there is more than it can do.  A job is
 * done by who has its lock, which the process's end gives back.
 *
 * An error ends the job's transaction only: it is logged, noted for whoever asked, and the job begins anew after
 * a while, as one does that gave way to somebody.  When a worker goes before all is done, it asks for the next one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include "error.h"
#include "job/backup.h"
#include "job/pace.h"
#include "job/recovery.h"
#include "owner_statement.h"
#include "script.h"
#include "transfer/bucket_backup.h"
#include "transfer/bulk.h"
#include "transfer/export.h"
#include "transfer/import.h"
#include "transfer/transfer.h"
#include "worker/job_choice.h"
#include "worker/launcher.h"
#include "worker/worker.h"

/* How long it waits where all that is left is not to be done now. */
#define BUSY_MILLISECONDS 200

/* How often it waits so before it leaves its place to others. */
#define BUSY_MOST 50

/* How long it waits after an error that is no job's. */
#define RETRY_MILLISECONDS 5000

/* For how long a dump is believed to be coming, which has brought a job: its rights, and other records. */
#define RIGHTS_SECONDS (24 * 60 * 60)
#define RECORDS_SECONDS 15

/* After so many attempts that came to no end, one after the other, a job is not tried again: the server goes before it. */
#define INTERRUPTED_MOST 10

typedef enum Outcome
{
	OUTCOME_DONE,
	OUTCOME_GOES_ON,
	OUTCOME_BUSY,
	OUTCOME_IMPOSSIBLE,
	OUTCOME_FAILED
} Outcome;

static const JobKind *const kinds[] = {&recovery_job_kind, &backup_job_kind, &backup_restore_job_kind, &export_job_kind, &import_job_kind,
	&bulk_put_job_kind, &bucket_backup_job_kind, &bucket_backup_deletion_job_kind, &bucket_backup_restore_job_kind};

/* How often it looks, while it waits, whether what it does is wanted. */
#define LOOK_MILLISECONDS 1000

/* After so many errors one after the other a job has failed: in pauses alone these are a day (job.c). */
#define ERRORS_MOST 300

/* Nothing is left that this process would have to see to. */
static bool finished = false;

/* How often it has waited since anything has come of its work. */
static int	idle = 0;

/* On the job that it does. */
static SessionLock own_lock = {.age = 0};

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

/*
 * Chooses the next job, in worker_context, and says that it is at work; false where somebody wants the
 * database.
 */
static bool
begin_next(JobChoice *choice)
{
	bool		unwanted;

	*choice = (JobChoice) {.next = DT_NOEND};
	worker_begin_transaction();
	unwanted = worker_is_unwanted();
	if (!unwanted && script_is_usable())
	{
		jobs_lock();
		MemoryContextSwitchTo(worker_context);
		*choice = job_choose(jobs_pending(), &own_lock);
		if (choice->job != NULL)
		{
			job_started(choice->job);
			/* whatever it does to the server, that it was begun is known after it */
			ForceSyncCommit();
		}
	}
	worker_commit();
	return !unwanted;
}

/* Has another worker come for what is left to do at the same time. */
static void
share(const JobChoice *choice)
{
	if (choice->more)
		launcher_request(WORKER_JOB, MyDatabaseId, GetCurrentTimestamp());
}

/* What a job has committed is no crash's any more. */
static void
note_progress(Job *job)
{
	if (job->got_on)
		return;
	job_got_on(job);
	job->got_on = true;
	job->errors = 0;
}

/* The job itself.  What it has written is rolled back unless it is done, or goes on. */
static Outcome
run(const JobKind *kind, Job *job, const char **reason)
{
	static const Outcome outcomes[] = {
		[JOB_DONE] = OUTCOME_DONE,
		[JOB_GOES_ON] = OUTCOME_GOES_ON,
		[JOB_BEGINS_ANEW] = OUTCOME_GOES_ON,
		[JOB_BUSY] = OUTCOME_BUSY,
		[JOB_IMPOSSIBLE] = OUTCOME_IMPOSSIBLE
	};
	JobResult	result = JOB_BUSY;

	worker_begin_transaction();
	if (job_still_pending(job))
		result = kind->run(job, reason);
	if (result == JOB_DONE)
		job_done(job);
	else if (result == JOB_GOES_ON)
		note_progress(job);
	if (result == JOB_BUSY || result == JOB_IMPOSSIBLE)
		worker_abort(false);
	else
		worker_commit();
	return outcomes[result];
}

/* ---- One job ---- */

/* Tells in the log which job an error was about. */
static void
add_error_context(void *argument)
{
	const Job  *job = argument;

	errcontext("job %s (%s)", job->id, job->kind);
}

/* What is at work, and when it is looked next whether it is wanted. */
static struct
{
	const Job  *job;			/* NULL: nothing */
	const JobKind *kind;
	TimestampTz next;
} current = {.job = NULL};

static bool
is_time_to_look(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (now < current.next)
		return false;
	current.next = TimestampTzPlusMilliseconds(now, LOOK_MILLISECONDS);
	return true;
}

static bool
is_cancelled(void)
{
	return current.kind->is_cancelled != NULL && current.kind->is_cancelled(current.job);
}

/* Within a transaction of the job's. */
static bool
had_better_end(void)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "ddb look at a job", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	bool		better = job_stands_in_the_way(current.job) || is_cancelled();

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return better;
}

static void
look(void)
{
	if (current.job != NULL && IsTransactionState() && is_time_to_look() && had_better_end())
		ereport(ERROR,
				(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
				 errmsg("the job gives way")));
}

/* Whether another job could be done while this one has to wait. */
static bool
leaves_its_place(void)
{
	bool		may_leave;

	return pace_held(&may_leave) > 0 && may_leave && jobs_try_lock() && job_place_is_wanted(jobs_pending(), current.job);
}

/*
 * Waits between two transactions of a job for as long as its pace asks for, or until it is in somebody's way, is
 * gone or cancelled.  False where it leaves its place to another job.
 */
static bool
rest(void)
{
	bool		leaves = false;

	while (pace_is_ahead())
	{
		bool		ends;

		worker_begin_transaction();
		ends = worker_is_unwanted();
		if (!ends && is_time_to_look())
		{
			ends = !job_still_pending(current.job) || is_cancelled();
			leaves = !ends && leaves_its_place();
		}
		worker_commit();
		if (ends || leaves)
			break;
		(void) pace_wait();
	}
	return !leaves;
}

static Outcome
do_job(Job *job, const char **reason)
{
	const JobKind *kind = find_kind(job);
	Outcome		outcome;

	if (kind == NULL)
	{
		*reason = "this version of ddb does not know the kind of job";
		return OUTCOME_IMPOSSIBLE;
	}
	pgstat_report_activity(STATE_RUNNING, psprintf("%s (job %s)", kind->doing, job->id));
	pace_begin();
	current.job = job;
	current.kind = kind;
	current.next = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LOOK_MILLISECONDS);
	while ((outcome = run(kind, job, reason)) == OUTCOME_GOES_ON)
	{
		if (!rest())
		{
			outcome = OUTCOME_BUSY;
			break;
		}
	}
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
	if (sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE)
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

	if (job->interrupted >= INTERRUPTED_MOST)
	{
		*reason = psprintf("Its worker has ended unexpectedly %d times, one after the other", job->interrupted);
		*sqlstate = ERRCODE_CRASH_SHUTDOWN;
		return OUTCOME_IMPOSSIBLE;
	}
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
	current.job = NULL;
	job_progress_end();
	return outcome;
}

/* What is not to be done is told by whoever knows of it, or by the job's row. */
static void
give_up(const Job *job, int sqlstate, const char *reason)
{
	const JobKind *kind = find_kind(job);

	if (kind != NULL && kind->give_up != NULL)
	{
		kind->give_up(job, sqlstate, reason);
		job_done(job);
	}
	else
		job_failed(job, reason);
}

/*
 * Writes down what has become of an attempt.  With the transaction that failed the lock is gone; where another worker has
 * the job by now, that is all the same.
 */
static void
settle(const Job *job, Outcome outcome, int sqlstate, const char *reason)
{
	bool		may_leave;

	worker_begin_transaction();
	if ((session_holds(&own_lock) || job_lock(job, &own_lock)) && job_still_pending(job))
	{
		if (outcome == OUTCOME_IMPOSSIBLE)
			give_up(job, sqlstate, reason);
		else if (outcome == OUTCOME_FAILED)
			job_note_error(job, reason);
		else
			job_gave_way(job, pace_held(&may_leave));
	}
	worker_commit();
}

/* ---- Backups that expire, and what is forgotten ---- */

/* How long it waits where that has failed. */
#define DROP_MILLISECONDS 3600000

/* Drops a backup that is due, and forgets some transfers that are; says when there will be more. */
static TimestampTz
drop_expired(void)
{
	volatile TimestampTz next = DT_NOEND;

	PG_TRY();
	{
		worker_begin_transaction();
		/* one worker of a database does it, and sees to what comes next */
		if (script_is_usable() && transaction_lock_take(extension_relation("backups"), 0, 1))
			next = Min(backup_drop_expired(), transfers_forget_old());
		worker_commit();
	}
	PG_CATCH();
	{
		worker_abort(geterrcode() != ERRCODE_LOCK_NOT_AVAILABLE);
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

/*
 * Whether what makes it impossible may pass. While a dump is being restored, its jobs are there before some of the
 * extension's other records, and long before the rights that are granted, which come last of all.
 */
static bool
may_pass(const Job *job, int sqlstate)
{
	long		seconds = sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE ? RIGHTS_SECONDS : RECORDS_SECONDS;

	return job->loaded != 0 && !TimestampDifferenceExceeds(job->loaded, GetCurrentTimestamp(), seconds * 1000);
}

/* Does a job that it has the lock on; true where something has come of it. */
static bool
carry_out(Job *job)
{
	const char *reason = NULL;
	int			sqlstate = 0;
	Outcome		outcome = try_job(job, &reason, &sqlstate);

	if (outcome == OUTCOME_IMPOSSIBLE && may_pass(job, sqlstate))
		outcome = OUTCOME_FAILED;
	else if (outcome == OUTCOME_FAILED && job->errors + 1 >= ERRORS_MOST)
		outcome = OUTCOME_IMPOSSIBLE;
	if (outcome != OUTCOME_DONE)
		settle(job, outcome, sqlstate, reason);
	session_unlock(&own_lock);
	return outcome == OUTCOME_DONE || outcome == OUTCOME_IMPOSSIBLE || job->got_on;
}

/* Waits where nothing is to be done now; false where what is left is another's, or takes long. */
static bool
wait_for_more(const JobChoice *choice)
{
	TimestampTz patience = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), BUSY_MILLISECONDS * BUSY_MOST);

	if (choice->next > patience)
	{
		finished = true;
		if (choice->next != DT_NOEND)
			launcher_request(WORKER_JOB, MyDatabaseId, choice->next);
		return false;
	}
	if (++idle == BUSY_MOST || launcher_is_short(WORKER_JOB))
		return false;
	worker_nap(BUSY_MILLISECONDS);
	return true;
}

/* One job, or a wait; false when the process is to go. */
static bool
turn(void)
{
	JobChoice	choice;

	if (!begin_next(&choice))
		return false;
	if (choice.job == NULL)
		return wait_for_more(&choice);
	share(&choice);
	if (carry_out(choice.job))
		idle = 0;
	return true;
}

/* The same where an error, that is no job's, ends but a transaction. */
static bool
try_turn(void)
{
	volatile bool more = true;

	PG_TRY();
	{
		more = turn();
	}
	PG_CATCH();
	{
		int			sqlstate = geterrcode();

		worker_abort(sqlstate != ERRCODE_LOCK_NOT_AVAILABLE);
		worker_nap(sqlstate != ERRCODE_LOCK_NOT_AVAILABLE ? RETRY_MILLISECONDS : BUSY_MILLISECONDS);
	}
	PG_END_TRY();
	MemoryContextReset(worker_context);
	return more;
}

void
job_worker_main(Datum argument)
{
	worker_begin(DatumGetObjectId(argument));
	worker_set("synchronous_commit", "off");
	session_locks_begin();
	before_shmem_exit(ask_for_next, (Datum) 0);
	job_database_unwanted = worker_is_unwanted;
	job_nap = worker_nap;
	job_look = look;
	while (try_turn())
		;
	if (finished)
		drop_all_expired();
}
