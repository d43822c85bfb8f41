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

#include "common/pg_prng.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include "index/backfill.h"
#include "owner_code.h"
#include "worker/launcher.h"
#include "worker/worker.h"

/* How long it waits where all that is left is locked by others. */
#define BUSY_MILLISECONDS 100

/* How long it stays then: other databases may be waiting for a worker. */
#define PATIENCE_MILLISECONDS 10000

/* How long it leaves an index alone after an error. */
#define RETRY_MILLISECONDS 5000

/* How long it works in one database while others wait for a worker. */
#define SHIFT_MILLISECONDS 10000

/* How long it stays with one index while others wait. */
#define SLICE_MILLISECONDS 1000

/* A batch that has taken so long is followed by a pause as long as it was itself. */
#define LONG_BATCH_MILLISECONDS 250

/* How long indexes with functions of their owners' wait for those without. */
#define CODE_PAUSE_MILLISECONDS 5000

typedef enum Outcome
{
	OUTCOME_MORE,
	OUTCOME_DONE,
	OUTCOME_BUSY,
	OUTCOME_FAILED,
	OUTCOME_UNWANTED			/* DROP DATABASE, CREATE DATABASE and the like want it alone */
} Outcome;

static bool finished = false;
static TimestampTz shift_start;
static TimestampTz last_progress;
static TimestampTz code_due;	/* when indexes with functions of their owners' have their turn */
static bool codeless_left = false;	/* there were others the last time */

PGDLLEXPORT void backfill_worker_main(Datum argument);

static void
ask_for_next(int code, Datum argument)
{
	int			absence = owner_code_failed() && !codeless_left ? RETRY_MILLISECONDS : WORKER_ABSENCE_MILLISECONDS;

	if (!finished)
		launcher_request(WORKER_BACKFILL, MyDatabaseId, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), absence));
}

/* ---- One transaction ---- */

/* Reads the tasks into worker_context. */
static List *
read_tasks(void)
{
	List	   *tasks;

	worker_begin_transaction();
	MemoryContextSwitchTo(worker_context);
	tasks = backfill_tasks();
	worker_commit();
	return tasks;
}

static Outcome
do_batch(const BackfillTask *task, bool wait)
{
	BackfillResult result = BACKFILL_BUSY;
	bool		unwanted;

	worker_begin_transaction();
	unwanted = worker_is_unwanted();
	if (!unwanted)
		result = backfill_batch(task, wait);
	worker_commit();

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
		outcome = geterrcode() == ERRCODE_LOCK_NOT_AVAILABLE ? OUTCOME_BUSY : OUTCOME_FAILED;
		worker_abort(outcome == OUTCOME_FAILED);
	}
	PG_END_TRY();
	return outcome;
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
		worker_pause(task->relation, RETRY_MILLISECONDS);
	else if (outcome == OUTCOME_MORE && elapsed >= LONG_BATCH_MILLISECONDS)
		worker_pause(task->relation, elapsed);
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
	} while (outcome == OUTCOME_MORE && GetCurrentTimestamp() < end && worker_pause_left(task->relation) == 0);
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
		long		left = worker_pause_left(task->relation);
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

	if (launcher_is_short(WORKER_BACKFILL) &&
		TimestampDifferenceExceeds(shift_start, GetCurrentTimestamp(), SHIFT_MILLISECONDS))
		return false;
	if (done)
		last_progress = GetCurrentTimestamp();
	else if (TimestampDifferenceExceeds(last_progress, GetCurrentTimestamp(), PATIENCE_MILLISECONDS))
		return false;
	else
		worker_nap(pause);
	return true;
}

void
backfill_worker_main(Datum argument)
{
	worker_begin(DatumGetObjectId(argument));
	before_shmem_exit(ask_for_next, (Datum) 0);

	/* position and entries are lost together, and filled in again */
	worker_set("synchronous_commit", "off");
	shift_start = last_progress = GetCurrentTimestamp();
	code_due = TimestampTzPlusMilliseconds(last_progress, CODE_PAUSE_MILLISECONDS);
	while (do_tasks())
		;
}
