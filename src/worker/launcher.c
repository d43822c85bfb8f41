/*
 * launcher.c - the process that starts workers in databases with work to do.
 *
 * When the server has started, after a crash or a promotion too, it has every
 * database visited once, for what was left unfinished; from then on those in
 * which a transaction has asked for it by committing.  A worker that ends
 * without having finished asks for the next one itself.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "postmaster/syslogger.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "storage/sinval.h"
#include "storage/spin.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "index/backfill.h"
#include "worker/launcher.h"
#include "worker/places.h"

#define LAUNCHER_FUNCTION "launcher_main"

/* Databases that are asked for at once; if there are more, all are visited. */
#define REQUESTS_MAX 64

/* Databases in which workers are at the same time. */
#define WORKERS_MAX 3

/* How long to wait where the server has no room for another worker. */
#define RETRY_MILLISECONDS 1000

typedef struct Request
{
	Oid			database;
	TimestampTz due;
} Request;

typedef struct LauncherState
{
	slock_t		mutex;
	Latch	   *latch;			/* the launcher's; NULL: it is not running */
	bool		places;			/* it has its place, and there are some for workers */
	bool		all;			/* visit every database */
	int			count;
	Request		requests[REQUESTS_MAX];
} LauncherState;

/* A database to visit, or being visited; for the launcher only. */
typedef struct Visit
{
	Request		request;
	BackgroundWorkerHandle *worker; /* NULL: not started yet */
} Visit;

static shmem_request_hook_type previous_shmem_request = NULL;
static shmem_startup_hook_type previous_shmem_startup = NULL;
static LauncherState *state = NULL;

/* This transaction asks for a visit of its database. */
static bool requested = false;

PGDLLEXPORT void launcher_main(Datum argument);

/* ---- Asking ---- */

/* Adds to the requests; spinlocks are held for a few instructions. */
static void
add_request(Oid database, TimestampTz due)
{
	for (int i = 0; i < state->count; i++)
	{
		if (state->requests[i].database == database)
		{
			state->requests[i].due = Min(state->requests[i].due, due);
			return;
		}
	}
	if (state->count == REQUESTS_MAX)
		state->all = true;
	else
	{
		state->requests[state->count].database = database;
		state->requests[state->count].due = due;
		state->count++;
	}
}

void
launcher_request(Oid database, TimestampTz due)
{
	Latch	   *latch;

	SpinLockAcquire(&state->mutex);
	add_request(database, due);
	latch = state->latch;
	SpinLockRelease(&state->mutex);
	if (latch != NULL)
		SetLatch(latch);
}

static void
transaction_ends(XactEvent event, void *argument)
{
	if (!requested)
		return;
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			requested = false;
			launcher_request(MyDatabaseId, GetCurrentTimestamp());
			break;
		case XACT_EVENT_ABORT:
			requested = false;
			break;
		case XACT_EVENT_PRE_PREPARE:
			/* whoever commits it would not know */
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot PREPARE a transaction that has created a secondary index")));
			break;
		default:
			break;
	}
}

/* Work will be there once the transaction has committed. */
static void
request_at_commit(void)
{
	static bool registered = false;

	if (!registered)
	{
		RegisterXactCallback(transaction_ends, NULL);
		registered = true;
	}
	requested = true;
}

/* ---- In the postmaster ---- */

static void
request_shmem(void)
{
	if (previous_shmem_request != NULL)
		previous_shmem_request();
	RequestAddinShmemSpace(sizeof(LauncherState));
}

static void
init_shmem(void)
{
	bool		found;

	if (previous_shmem_startup != NULL)
		previous_shmem_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	state = ShmemInitStruct("ddb launcher", sizeof(LauncherState), &found);
	if (!found)
	{
		memset(state, 0, sizeof(LauncherState));
		SpinLockInit(&state->mutex);
		places_count();
		state->places = places_has(LAUNCHER_FUNCTION) && places_left() > 0;
		places_report();
	}
	LWLockRelease(AddinShmemInitLock);

	/* whoever creates an index fills it where no worker ever could */
	backfill_request = state->places ? request_at_commit : NULL;
}

void
launcher_register(void)
{
	/* not on a standby, which cannot be written */
	BackgroundWorker worker = {
		.bgw_name = "ddb launcher",
		.bgw_type = "ddb launcher",
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = 1,
		.bgw_function_name = LAUNCHER_FUNCTION
	};

	/* pg_upgrade wants its clusters as they are */
	if (IsBinaryUpgrade)
		return;

	previous_shmem_request = shmem_request_hook;
	shmem_request_hook = request_shmem;
	previous_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = init_shmem;
	places_register(&worker);
}

/* ---- In the launcher ---- */

static void
forget_latch(int code, Datum argument)
{
	SpinLockAcquire(&state->mutex);
	state->latch = NULL;
	SpinLockRelease(&state->mutex);
}

/* The databases that one can connect to, as a list of OIDs. */
static List *
connectable_databases(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *databases = NIL;
	Relation	relation;
	TableScanDesc scan;
	HeapTuple	tuple;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);

		/* a limit below -1 marks what an interrupted DROP DATABASE has left */
		if (form->datallowconn && form->datconnlimit >= -1)
		{
			MemoryContextSwitchTo(caller);
			databases = lappend_oid(databases, form->oid);
		}
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(caller);
	return databases;
}

/* Plans a visit, unless one is planned already. */
static List *
plan_visit(List *visits, Oid database, TimestampTz due)
{
	ListCell   *cell;
	Visit	   *visit;

	foreach(cell, visits)
	{
		visit = lfirst(cell);
		if (visit->request.database == database && visit->worker == NULL)
		{
			visit->request.due = Min(visit->request.due, due);
			return visits;
		}
	}
	visit = palloc0(sizeof(Visit));
	visit->request.database = database;
	visit->request.due = due;
	return lappend(visits, visit);
}

/* Takes over what the others have asked for. */
static List *
take_requests(List *visits)
{
	Request		requests[REQUESTS_MAX];
	int			count;
	bool		all;
	List	   *databases;
	ListCell   *cell;

	SpinLockAcquire(&state->mutex);
	count = state->count;
	all = state->all;
	memcpy(requests, state->requests, count * sizeof(Request));
	state->count = 0;
	state->all = false;
	SpinLockRelease(&state->mutex);

	for (int i = 0; i < count; i++)
		visits = plan_visit(visits, requests[i].database, requests[i].due);
	if (!all)
		return visits;
	databases = connectable_databases();
	foreach(cell, databases)
		visits = plan_visit(visits, lfirst_oid(cell), GetCurrentTimestamp());
	list_free(databases);
	return visits;
}

static bool
is_running(Visit *visit)
{
	pid_t		pid;

	if (visit->worker == NULL || GetBackgroundWorkerPid(visit->worker, &pid) == BGWH_STOPPED)
		return false;
	return true;
}

/* Forgets the visits that have ended; sets how many have not. */
static List *
forget_ended(List *visits, int *running)
{
	ListCell   *cell;

	*running = 0;
	foreach(cell, visits)
	{
		Visit	   *visit = lfirst(cell);

		if (is_running(visit))
			(*running)++;
		else if (visit->worker != NULL)
		{
			visits = foreach_delete_current(visits, cell);
			pfree(visit->worker);
			pfree(visit);
		}
	}
	return visits;
}

static bool
is_being_visited(List *visits, Oid database)
{
	ListCell   *cell;

	foreach(cell, visits)
	{
		Visit	   *visit = lfirst(cell);

		if (visit->request.database == database && visit->worker != NULL)
			return true;
	}
	return false;
}

/* Says in the log when places run out, and when there is one again. */
static void
report_place(bool had)
{
	static bool lacking = false;

	if (!had && !lacking)
		ereport(LOG,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("no place for a background worker that fills secondary indexes"),
				 errdetail("All places that max_worker_processes (%d) leaves are taken. The launcher tries again every second.",
						   max_worker_processes)));
	if (had && lacking)
		ereport(LOG,
				(errmsg("there is a place again for a background worker that fills secondary indexes")));
	lacking = !had;
}

/* Starts a worker; false where the server has no room for it. */
static bool
start_worker(Visit *visit)
{
	/* a crash ends it for good: the launcher starts anew then, and all else with it */
	BackgroundWorker worker = {
		.bgw_type = "ddb backfill",
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = "ddb",
		.bgw_function_name = "backfill_worker_main",
		.bgw_main_arg = ObjectIdGetDatum(visit->request.database),
		.bgw_notify_pid = MyProcPid
	};
	bool		had;

	snprintf(worker.bgw_name, BGW_MAXLEN, "ddb backfill in database %u", visit->request.database);
	had = RegisterDynamicBackgroundWorker(&worker, &visit->worker);
	report_place(had);
	return had;
}

/* Starts what is due and can be; returns the milliseconds until there is more, or -1. */
static long
start_due(List **visits, int running)
{
	TimestampTz now = GetCurrentTimestamp();
	List	   *databases = NIL;
	long		timeout = -1;
	ListCell   *cell;

	foreach(cell, *visits)
	{
		Visit	   *visit = lfirst(cell);
		long		wait = TimestampDifferenceMilliseconds(now, visit->request.due);

		/* the end of a worker wakes the launcher */
		if (visit->worker != NULL || running == WORKERS_MAX ||
			is_being_visited(*visits, visit->request.database))
			continue;
		if (wait <= 0)
		{
			if (databases == NIL)
				databases = connectable_databases();
			if (!list_member_oid(databases, visit->request.database))
			{
				*visits = foreach_delete_current(*visits, cell);
				pfree(visit);
				continue;
			}
			if (start_worker(visit))
			{
				running++;
				continue;
			}
			wait = RETRY_MILLISECONDS;
			visit->request.due = TimestampTzPlusMilliseconds(now, wait);
		}
		timeout = timeout < 0 ? wait : Min(timeout, wait);
	}
	list_free(databases);
	return timeout;
}

void
launcher_main(Datum argument)
{
	List	   *visits = NIL;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	/* no database of its own, so that it is in the way of none */
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	MemoryContextSwitchTo(TopMemoryContext);
	/* what the postmaster has said of places it said before there was a collector */
	if (Logging_collector)
		places_report();
	pgstat_report_activity(STATE_IDLE, NULL);

	before_shmem_exit(forget_latch, (Datum) 0);
	SpinLockAcquire(&state->mutex);
	state->latch = MyLatch;
	state->all = true;
	SpinLockRelease(&state->mutex);

	for (;;)
	{
		int			running;
		long		timeout;

		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (catchupInterruptPending)
			ProcessCatchupInterrupt();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		visits = take_requests(visits);
		visits = forget_ended(visits, &running);
		timeout = start_due(&visits, running);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH |
						 (timeout >= 0 ? WL_TIMEOUT : 0), timeout, PG_WAIT_EXTENSION);
	}
}
