/*
 * backfill_worker.c - the background worker that fills a database's new indexes.
 *
 * It does batch after batch, each in a transaction, and ends when no index is
 * left to be filled.  An error ends a batch only: it is logged, and tried again
 * after a while.  When the worker goes before it is done, it asks for the next
 * one.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_database.h"
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
#include "worker/launcher.h"

/* How long it waits where all that is left is locked by others. */
#define BUSY_MILLISECONDS 100

/* How long it stays then: other databases may be waiting for a worker. */
#define PATIENCE_MILLISECONDS 10000

/* The longest wait for a lock. */
#define LOCK_MILLISECONDS 100

/* How long it waits after an error. */
#define RETRY_MILLISECONDS 5000

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

static MemoryContext worker_context;
static bool finished = false;
static TimestampTz last_progress;

PGDLLEXPORT void backfill_worker_main(Datum argument);

static void
ask_for_next(int code, Datum argument)
{
	if (!finished)
		launcher_request(MyDatabaseId,
						 TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ABSENCE_MILLISECONDS));
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
nap(int milliseconds)
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

static void
commit(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
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
		outcome = geterrcode() == ERRCODE_LOCK_NOT_AVAILABLE ? OUTCOME_BUSY : OUTCOME_FAILED;
		if (outcome == OUTCOME_FAILED)
			EmitErrorReport();
		AbortCurrentTransaction();
		FlushErrorState();
		MemoryContextSwitchTo(worker_context);
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	return outcome;
}

/* ---- All of them ---- */

/* Does an index as far as it can be done now. */
static Outcome
do_task(const BackfillTask *task)
{
	Outcome		outcome;
	bool		more = false;

	pgstat_report_activity(STATE_RUNNING, psprintf("filling secondary index %s of table %s",
												   task->index, task->table));
	do
	{
		CHECK_FOR_INTERRUPTS();
		outcome = try_batch(task, false);
		if (outcome == OUTCOME_BUSY)
			outcome = try_batch(task, true);
		more |= outcome == OUTCOME_MORE;
	} while (outcome == OUTCOME_MORE);
	pgstat_report_activity(STATE_IDLE, NULL);
	return outcome == OUTCOME_BUSY && more ? OUTCOME_MORE : outcome;
}

/* Does all once; false when there is nothing left, or nothing can be done for long. */
static bool
do_tasks(void)
{
	List	   *tasks = read_tasks();
	bool		done = false;
	int			wait = BUSY_MILLISECONDS;
	ListCell   *cell;

	foreach(cell, tasks)
	{
		Outcome		outcome = do_task(lfirst(cell));

		if (outcome == OUTCOME_UNWANTED)
			proc_exit(0);
		if (outcome == OUTCOME_FAILED)
			wait = RETRY_MILLISECONDS;
		done |= outcome == OUTCOME_MORE || outcome == OUTCOME_DONE;
	}
	if (tasks == NIL)
	{
		finished = true;
		return false;
	}
	MemoryContextReset(worker_context);

	if (done)
		last_progress = GetCurrentTimestamp();
	else if (TimestampDifferenceExceeds(last_progress, GetCurrentTimestamp(), PATIENCE_MILLISECONDS))
		return false;
	else
		nap(wait);
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
	worker_context = AllocSetContextCreate(TopMemoryContext, "ddb backfill worker",
										   ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(worker_context);
	last_progress = GetCurrentTimestamp();
	while (do_tasks())
		;
}
