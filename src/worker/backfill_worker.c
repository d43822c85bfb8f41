/*
 * backfill_worker.c - the background worker that fills a database's new indexes.
 *
 * It does batch after batch, each in a transaction, and ends when no index is
 * left to be filled.  An error ends a batch only: it is logged, and tried again
 * after a while.  When the worker goes before it is done, it asks for the next
 * one.
 *
 * All indexes have their turn, each for a slice of time, and none can keep it.
 * Functions that an owner has put on an index's relation are cancelled when they
 * take long, and an index whose batches fail or take long is left alone for a
 * while, its table with it: who wants to drop that gets its lock then.  A function
 * that catches its cancellation ends the worker.  So indexes without such functions
 * come first, and of the others a new worker begins with one at random.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_database.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "index/backfill.h"
#include "owner_code.h"
#include "worker/launcher.h"

/* How long it waits where all that is left is locked by others. */
#define BUSY_MILLISECONDS 100

/* How long it stays then: other databases may be waiting for a worker. */
#define PATIENCE_MILLISECONDS 10000

/* The longest wait for a lock. */
#define LOCK_MILLISECONDS 100

/* How long it leaves an index alone after an error. */
#define RETRY_MILLISECONDS 5000

/* How long it stays with one index while others wait. */
#define SLICE_MILLISECONDS 1000

/* A batch that has taken so long is followed by a pause as long as it was itself. */
#define LONG_BATCH_MILLISECONDS 250

/* How long indexes with functions of their owners' wait for those without. */
#define CODE_PAUSE_MILLISECONDS 5000

/* How long a function of an owner's may take. */
#define OWNER_CODE_MILLISECONDS 500

/* How long the database is left to whoever wants it alone, or has ended the worker. */
#define ABSENCE_MILLISECONDS 1000

typedef enum Outcome
{
	OUTCOME_MORE,
	OUTCOME_DONE,
	OUTCOME_BUSY,
	OUTCOME_FAILED,
	OUTCOME_UNWANTED			/* DROP DATABASE, CREATE DATABASE and the like want it alone */
} Outcome;

/* An index that is left alone for a while. */
typedef struct Pause
{
	Oid			relation;
	TimestampTz end;
} Pause;

static MemoryContext worker_context;
static bool finished = false;
static TimestampTz last_progress;
static List *pauses = NIL;		/* in TopMemoryContext */
static TimestampTz code_due;	/* when indexes with functions of their owners' have their turn */
static bool codeless_left = false;	/* there were others the last time */

PGDLLEXPORT void backfill_worker_main(Datum argument);

static void
ask_for_next(int code, Datum argument)
{
	int			absence = owner_code_failed() && !codeless_left ? RETRY_MILLISECONDS : ABSENCE_MILLISECONDS;

	if (!finished)
		launcher_request(WORKER_BACKFILL, MyDatabaseId, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), absence));
}

/* What a database or its roles are set to is for sessions. */
static void
apply_settings(void)
{
	static const char *const settings[][2] = {
		{"search_path", "pg_catalog"},
		{"default_transaction_isolation", "read committed"},
		{"default_transaction_read_only", "off"},
		{"statement_timeout", "0"},
		{"idle_in_transaction_session_timeout", "0"},
		{"session_replication_role", "origin"},
		/* position and entries are lost together, and filled in again */
		{"synchronous_commit", "off"}
	};
	char		timeout[16];

	for (int i = 0; i < (int) lengthof(settings); i++)
		SetConfigOption(settings[i][0], settings[i][1], PGC_SUSET, PGC_S_OVERRIDE);

	/*
	 * Whoever has the row that is waited for may want more locks on the table:
	 * the worker gives up before anybody looks for a deadlock.
	 */
	snprintf(timeout, sizeof(timeout), "%d", Max(Min(DeadlockTimeout / 2, LOCK_MILLISECONDS), 1));
	SetConfigOption("lock_timeout", timeout, PGC_SUSET, PGC_S_OVERRIDE);
}

static void
nap(long milliseconds)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
					 PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
		apply_settings();
	}
}

/* Whether somebody wants the database without others in it. */
static bool
is_unwanted(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, MyDatabaseId, 0);
	if (LockAcquire(&tag, RowExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return true;
	LockRelease(&tag, RowExclusiveLock, false);
	return false;
}

/* ---- One transaction ---- */

static void
begin(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
}

/* An advisory lock that a function of an owner's has taken would outlive the batch. */
static void
release_session_locks(void)
{
	LockReleaseAll(USER_LOCKMETHOD, true);
}

static void
commit(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
	release_session_locks();
	MemoryContextSwitchTo(worker_context);
	pgstat_report_stat(false);
}

/* Reads the tasks into worker_context. */
static List *
read_tasks(void)
{
	List	   *tasks;

	begin();
	MemoryContextSwitchTo(worker_context);
	tasks = backfill_tasks();
	commit();
	return tasks;
}

static Outcome
do_batch(const BackfillTask *task, bool wait)
{
	BackfillResult result = BACKFILL_BUSY;
	bool		unwanted;

	begin();
	unwanted = is_unwanted();
	if (!unwanted)
		result = backfill_batch(task, wait);
	commit();

	if (unwanted)
		return OUTCOME_UNWANTED;
	return result == BACKFILL_MORE ? OUTCOME_MORE :
		result == BACKFILL_DONE ? OUTCOME_DONE : OUTCOME_BUSY;
}

/* The same where an error ends but the batch. */
static Outcome
try_batch(const BackfillTask *task, bool wait)
{
	Outcome		outcome;

	PG_TRY();
	{
		outcome = do_batch(task, wait);
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		(void) owner_code_failed();
		outcome = geterrcode() == ERRCODE_LOCK_NOT_AVAILABLE ? OUTCOME_BUSY : OUTCOME_FAILED;
		if (outcome == OUTCOME_FAILED)
			EmitErrorReport();
		AbortCurrentTransaction();
		release_session_locks();
		FlushErrorState();
		MemoryContextSwitchTo(worker_context);
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	return outcome;
}

/* ---- Pauses ---- */

/* Leaves the task's index alone for so many milliseconds from now. */
static void
pause_task(const BackfillTask *task, long milliseconds)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	Pause	   *pause = palloc(sizeof(Pause));

	pause->relation = task->relation;
	pause->end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);
	pauses = lappend(pauses, pause);
	MemoryContextSwitchTo(caller);
}

/* The milliseconds that the task's index is still to be left alone. */
static long
pause_of_task(const BackfillTask *task)
{
	TimestampTz now = GetCurrentTimestamp();
	long		left = 0;
	ListCell   *cell;

	foreach(cell, pauses)
	{
		Pause	   *pause = lfirst(cell);

		if (pause->end <= now)
		{
			pauses = foreach_delete_current(pauses, cell);
			pfree(pause);
		}
		else if (pause->relation == task->relation)
			left = Max(left, TimestampDifferenceMilliseconds(now, pause->end));
	}
	return left;
}

/* ---- All of them ---- */

/* Tells in the log which index an error was about. */
static void
add_error_context(void *argument)
{
	const BackfillTask *task = argument;

	errcontext("filling secondary index %s of table %s", task->index, task->table);
}

/* Does a batch, and has the index left alone where that is due. */
static Outcome
do_batch_or_pause(const BackfillTask *task, bool wait)
{
	TimestampTz start = GetCurrentTimestamp();
	Outcome		outcome = try_batch(task, false);
	long		elapsed;

	if (outcome == OUTCOME_BUSY && wait)
		outcome = try_batch(task, true);
	elapsed = TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());
	if (outcome == OUTCOME_FAILED)
		pause_task(task, RETRY_MILLISECONDS);
	else if (outcome == OUTCOME_MORE && elapsed >= LONG_BATCH_MILLISECONDS)
		pause_task(task, elapsed);
	return outcome;
}

/* Does an index as far as it can be done now, for a slice of time. */
static Outcome
do_task(BackfillTask *task, bool wait)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), SLICE_MILLISECONDS);
	ErrorContextCallback context = {
		.previous = error_context_stack,.callback = add_error_context,.arg = task
	};
	Outcome		outcome;
	bool		more = false;

	error_context_stack = &context;
	pgstat_report_activity(STATE_RUNNING, psprintf("filling secondary index %s of table %s",
												   task->index, task->table));
	do
	{
		CHECK_FOR_INTERRUPTS();
		outcome = do_batch_or_pause(task, wait);
		more |= outcome == OUTCOME_MORE;
	} while (outcome == OUTCOME_MORE && GetCurrentTimestamp() < end && pause_of_task(task) == 0);
	pgstat_report_activity(STATE_IDLE, NULL);
	error_context_stack = context.previous;
	return outcome == OUTCOME_BUSY && more ? OUTCOME_MORE : outcome;
}

/*
 * Does each of the tasks once, from one at random on; true where anything was done.
 * Shortens *pause to how long to wait where nothing was.
 */
static bool
do_each(List *tasks, bool wait, long *pause)
{
	int			count = list_length(tasks);
	int			first = count == 0 ? 0 : (int) pg_prng_uint64_range(&pg_global_prng_state, 0, count - 1);
	bool		done = false;

	for (int i = 0; i < count; i++)
	{
		BackfillTask *task = list_nth(tasks, (first + i) % count);
		long		left = pause_of_task(task);
		Outcome		outcome = left > 0 ? OUTCOME_FAILED : do_task(task, wait);

		if (outcome == OUTCOME_UNWANTED)
			proc_exit(0);
		*pause = Min(*pause, outcome == OUTCOME_FAILED ? Max(left, BUSY_MILLISECONDS) : BUSY_MILLISECONDS);
		done |= outcome == OUTCOME_MORE || outcome == OUTCOME_DONE;
	}
	return done;
}

/* The same.  Who has a row locked is waited for where nothing else can be done meanwhile. */
static bool
do_some(List *tasks, long *pause)
{
	return do_each(tasks, false, pause) || do_each(tasks, true, pause);
}

/* The tasks that may run functions of owners', or those that do not. */
static List *
tasks_with_code(List *tasks, bool has_code)
{
	List	   *found = NIL;
	ListCell   *cell;

	foreach(cell, tasks)
	{
		if (((BackfillTask *) lfirst(cell))->has_code == has_code)
			found = lappend(found, lfirst(cell));
	}
	return found;
}

/* Does all once; false when there is nothing left, or nothing can be done for long. */
static bool
do_tasks(void)
{
	List	   *tasks = read_tasks();
	List	   *codeless = tasks_with_code(tasks, false);
	long		pause = RETRY_MILLISECONDS;
	bool		done;

	if (tasks == NIL)
	{
		finished = true;
		return false;
	}
	codeless_left = codeless != NIL;
	done = do_some(codeless, &pause);
	if (!done || GetCurrentTimestamp() >= code_due)
	{
		done |= do_some(tasks_with_code(tasks, true), &pause);
		code_due = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), CODE_PAUSE_MILLISECONDS);
	}
	MemoryContextReset(worker_context);

	if (done)
		last_progress = GetCurrentTimestamp();
	else if (TimestampDifferenceExceeds(last_progress, GetCurrentTimestamp(), PATIENCE_MILLISECONDS))
		return false;
	else
		nap(pause);
	return true;
}

void
backfill_worker_main(Datum argument)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(argument), InvalidOid, 0);
	before_shmem_exit(ask_for_next, (Datum) 0);

	apply_settings();
	owner_code_set_limit(OWNER_CODE_MILLISECONDS);
	worker_context = AllocSetContextCreate(TopMemoryContext, "ddb backfill worker",
										   ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(worker_context);
	last_progress = GetCurrentTimestamp();
	code_due = TimestampTzPlusMilliseconds(last_progress, CODE_PAUSE_MILLISECONDS);
	while (do_tasks())
		;
}
