/*
 * worker.c - what background workers in a database have in common.
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

#include "compat.h"
#include "owner_code.h"
#include "worker/worker.h"

/* The longest wait for a lock. */
#define LOCK_MILLISECONDS 100

/* How long a function of an owner's may take. */
#define OWNER_CODE_MILLISECONDS 500

/* Settings of the worker's own. */
#define SETTINGS_MAX 4

/* A relation that is left alone for a while. */
typedef struct Pause
{
	Oid			relation;
	TimestampTz end;
} Pause;

MemoryContext worker_context;

static const char *own_settings[SETTINGS_MAX][2];
static int	own_setting_count = 0;
static List *pauses = NIL;		/* in TopMemoryContext */

/* ---- Settings ---- */

static void
override(const char *setting, const char *value)
{
	SetConfigOption(setting, value, PGC_SUSET, PGC_S_OVERRIDE);
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
		{"session_replication_role", "origin"}
	};
	char		timeout[16];

	for (int i = 0; i < (int) lengthof(settings); i++)
		override(settings[i][0], settings[i][1]);
	disable_transaction_timeout_compat();

	/*
	 * Whoever has the row that is waited for may want more locks on the table:
	 * the worker gives up before anybody looks for a deadlock.
	 */
	snprintf(timeout, sizeof(timeout), "%d", Max(Min(DeadlockTimeout / 2, LOCK_MILLISECONDS), 1));
	override("lock_timeout", timeout);
	for (int i = 0; i < own_setting_count; i++)
		override(own_settings[i][0], own_settings[i][1]);
}

/* Reads the server's settings again where they have changed; between transactions. */
static void
reload_settings(void)
{
	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	apply_settings();
}

void
worker_set(const char *setting, const char *value)
{
	Assert(own_setting_count < SETTINGS_MAX);
	own_settings[own_setting_count][0] = setting;
	own_settings[own_setting_count++][1] = value;
	override(setting, value);
}

/* ---- The process ---- */

void
worker_begin(Oid database)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	apply_settings();
	owner_code_set_limit(OWNER_CODE_MILLISECONDS);
	worker_context = AllocSetContextCreate(TopMemoryContext, "ddb worker", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(worker_context);
}

void
worker_nap(long milliseconds)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
					 PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	reload_settings();
}

bool
worker_is_unwanted(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, MyDatabaseId, 0);
	if (LockAcquire(&tag, RowExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return true;
	LockRelease(&tag, RowExclusiveLock, false);
	return false;
}

/* ---- One transaction ---- */

void
worker_begin_transaction(void)
{
	/* one that is never idle is told as well */
	reload_settings();
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
}

/* An advisory lock that a function of an owner's has taken would outlive the transaction. */
static void
release_session_locks(void)
{
	LockReleaseAll(USER_LOCKMETHOD, true);
}

void
worker_commit(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
	release_session_locks();
	MemoryContextSwitchTo(worker_context);
	pgstat_report_stat(false);
}

void
worker_abort(bool report)
{
	HOLD_INTERRUPTS();
	(void) owner_code_failed();
	if (report)
		EmitErrorReport();
	/* an error may come out of a subtransaction, which would be all that AbortCurrentTransaction() ends */
	AbortOutOfAnyTransaction();
	release_session_locks();
	FlushErrorState();
	MemoryContextSwitchTo(worker_context);
	RESUME_INTERRUPTS();
}

/* ---- Pauses ---- */

void
worker_pause(Oid relation, long milliseconds)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	Pause	   *pause = palloc(sizeof(Pause));

	pause->relation = relation;
	pause->end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);
	pauses = lappend(pauses, pause);
	MemoryContextSwitchTo(caller);
}

long
worker_pause_left(Oid relation)
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
		else if (pause->relation == relation)
			left = Max(left, TimestampDifferenceMilliseconds(now, pause->end));
	}
	return left;
}
