/*
 * launcher.c - the process that starts workers in databases with work to do.
 *
 * When the server has started, after a crash or a promotion too, it has every
 * database visited once by each kind of worker, for what was left unfinished; from
 * then on those in which a transaction has asked for it by committing, and those
 * that are new, for they may be copies.  A worker that ends without having finished
 * asks for the next one itself.
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
#include "storage/sinval.h"
#include "storage/spin.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "change/log.h"
#include "event_source/event_source.h"
#include "index/backfill.h"
#include "index/expiry.h"
#include "job/job.h"
#include "shared_memory.h"
#include "worker/launcher.h"
#include "worker/places.h"

#define LAUNCHER_FUNCTION "launcher_main"

/* Visits that are asked for at once; if there are more, all databases are visited. */
#define REQUESTS_MAX 64

/* How long to wait where the server has no room for another worker. */
#define RETRY_MILLISECONDS 1000

/* How long that lasts before the log tells of it. */
#define LACKING_MILLISECONDS 2500

/* How often it looks for new databases. */
#define LOOK_MILLISECONDS 10000

/* Places that are left to workers of other kinds before a database has a second one of a kind. */
#define SPARED_PLACES 1

/* No visit is wanted. */
#define NEVER DT_NOEND

static const struct
{
	const char *type;
	const char *function;
	const char *work;			/* what it does, for the log */
	int			most;			/* databases in which there are any at the same time */
	const char *lost;			/* what a transaction has done that is PREPAREd, so that nobody
								 * asks when it commits; NULL: it is found in time all the same */
}			kinds[] = {
	[WORKER_BACKFILL] = {
		"ddb backfill", "backfill_worker_main", "fills secondary indexes", 3,
		"created a secondary index"
	},
	/* as many in each as ddb.job_workers says */
	[WORKER_JOB] = {
		"ddb job", "job_worker_main", "carries out jobs", 3,
		"asked for a job"
	},
	/* it stays while there is a log, so the slots bound their number */
	[WORKER_CHANGE_WRITER] = {
		"ddb change writer", "change_writer_main", "writes the change log", INT_MAX, NULL
	},
	[WORKER_EXPIRY] = {
		"ddb expiry", "expiry_worker_main", "deletes expired items", 3, NULL
	},
	/* they stay while there are event sources, and no database may have to wait for another's */
	[WORKER_EVENT_SOURCE] = {
		"ddb event source", "event_source_worker_main", "calls the targets of event sources", INT_MAX,
		"changed an event source"
	},
};

StaticAssertDecl(lengthof(kinds) == WORKER_KINDS, "each kind of worker is described");

typedef struct Request
{
	WorkerKind	kind;
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
	bool		is_short[WORKER_KINDS]; /* a visit is due, and has to wait for the end of a worker */
	int			planned_count;
	Request		planned[REQUESTS_MAX];	/* visits that it knows of and has not begun; not all, if there are more */
} LauncherState;

/* A database to visit, or being visited; for the launcher only. */
typedef struct Visit
{
	Request		request;
	BackgroundWorkerHandle *worker; /* NULL: not started yet */
} Visit;

static LauncherState *state = NULL;

/* When this transaction's database is to be visited once it has committed. */
static TimestampTz requested[WORKER_KINDS];
static bool registered = false;

PGDLLEXPORT void launcher_main(Datum argument);

/* ---- Asking ---- */

/* The request of that kind for the database, or NULL. */
static Request *
find_request(Request *requests, int count, WorkerKind kind, Oid database)
{
	for (int i = 0; i < count; i++)
	{
		if (requests[i].kind == kind && requests[i].database == database)
			return &requests[i];
	}
	return NULL;
}

/*
 * Adds to the requests; spinlocks are held for a few instructions.  False where the
 * launcher needs not be woken: it will have been there by then.
 */
static bool
add_request(WorkerKind kind, Oid database, TimestampTz due)
{
	Request    *request = find_request(state->planned, state->planned_count, kind, database);

	if (request != NULL && request->due <= due)
		return false;
	request = find_request(state->requests, state->count, kind, database);
	if (request != NULL)
		request->due = Min(request->due, due);
	else if (state->count == REQUESTS_MAX)
		state->all = true;
	else
		state->requests[state->count++] = (Request) {kind, database, due};
	return true;
}

void
launcher_request(WorkerKind kind, Oid database, TimestampTz due)
{
	Latch	   *latch;
	bool		added;

	SpinLockAcquire(&state->mutex);
	added = add_request(kind, database, due);
	latch = state->latch;
	SpinLockRelease(&state->mutex);
	if (added && latch != NULL)
		SetLatch(latch);
}

static void
forget_requested(void)
{
	for (int kind = 0; kind < WORKER_KINDS; kind++)
		requested[kind] = NEVER;
}

static void
send_requested(void)
{
	for (int kind = 0; kind < WORKER_KINDS; kind++)
	{
		if (requested[kind] != NEVER)
			launcher_request(kind, MyDatabaseId, requested[kind]);
	}
	forget_requested();
}

/* Whoever commits a prepared transaction would not know what it has asked for. */
static void
refuse_prepare(void)
{
	for (int kind = 0; kind < WORKER_KINDS; kind++)
	{
		if (requested[kind] != NEVER && kinds[kind].lost != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot PREPARE a transaction that has %s", kinds[kind].lost)));
	}
}

static void
transaction_ends(XactEvent event, void *argument)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			send_requested();
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			forget_requested();
			break;
		case XACT_EVENT_PRE_PREPARE:
			refuse_prepare();
			break;
		default:
			break;
	}
}

void
launcher_request_at_commit(WorkerKind kind, TimestampTz due)
{
	if (!registered)
	{
		forget_requested();
		RegisterXactCallback(transaction_ends, NULL);
		registered = true;
	}
	requested[kind] = Min(requested[kind], due);
}

bool
launcher_is_short(WorkerKind kind)
{
	return state->is_short[kind];
}

bool
launcher_has_places(void)
{
	return state != NULL && state->places;
}

static void
request_backfill(void)
{
	launcher_request_at_commit(WORKER_BACKFILL, GetCurrentTimestamp());
}

static void
request_event_source(void)
{
	launcher_request_at_commit(WORKER_EVENT_SOURCE, GetCurrentTimestamp());
}

static void
request_job(void)
{
	launcher_request_at_commit(WORKER_JOB, GetCurrentTimestamp());
}

static void
start_change_writer(Oid database)
{
	launcher_request(WORKER_CHANGE_WRITER, database, GetCurrentTimestamp());
}

/* One for the writer and one for the decoder. */
static bool
has_change_places(void)
{
	return launcher_has_places() && places_left() >= 2;
}

static void
request_expiry(TimestampTz due)
{
	launcher_request_at_commit(WORKER_EXPIRY, due);
}

/* ---- In the postmaster ---- */

static Size
shared_size(void)
{
	return sizeof(LauncherState);
}

static void
init(void *memory, bool found)
{
	state = memory;
	if (!found)
	{
		memset(state, 0, sizeof(LauncherState));
		SpinLockInit(&state->mutex);
		places_count();
		state->places = places_has(LAUNCHER_FUNCTION) && places_left() > 0;
		places_report();
	}

	/* whoever creates an index fills it where no worker ever could */
	backfill_request = state->places ? request_backfill : NULL;
	event_source_request = state->places ? request_event_source : NULL;
	job_request = state->places ? request_job : NULL;
	job_places = state->places ? places_left : NULL;
	change_log_start_writer = state->places ? start_change_writer : NULL;
	change_log_has_places = has_change_places;
	expiry_request = state->places ? request_expiry : NULL;
}

void
launcher_register(void)
{
	static const SharedMemory memory = {"ddb launcher", NULL, shared_size, init};

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

	shared_memory_register(&memory);
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
plan_visit(List *visits, const Request *request)
{
	ListCell   *cell;
	Visit	   *visit;

	foreach(cell, visits)
	{
		visit = lfirst(cell);
		if (visit->request.kind == request->kind && visit->request.database == request->database &&
			visit->worker == NULL)
		{
			visit->request.due = Min(visit->request.due, request->due);
			return visits;
		}
	}
	visit = palloc0(sizeof(Visit));
	visit->request = *request;
	return lappend(visits, visit);
}

/* Plans visits of all databases, or of those that were not there the last time. */
static List *
plan_all_visits(List *visits, bool only_new)
{
	static List *known = NIL;	/* in TopMemoryContext */
	List	   *databases = connectable_databases();
	TimestampTz now = GetCurrentTimestamp();
	ListCell   *cell;

	foreach(cell, databases)
	{
		if (only_new && list_member_oid(known, lfirst_oid(cell)))
			continue;
		for (int kind = 0; kind < WORKER_KINDS; kind++)
		{
			Request		request = {kind, lfirst_oid(cell), now};

			visits = plan_visit(visits, &request);
		}
	}
	list_free(known);
	known = databases;
	return visits;
}

/* Takes over what the others have asked for. */
static List *
take_requests(List *visits)
{
	Request		requests[REQUESTS_MAX];
	int			count;
	bool		all;

	SpinLockAcquire(&state->mutex);
	count = state->count;
	all = state->all;
	memcpy(requests, state->requests, count * sizeof(Request));
	state->count = 0;
	state->all = false;
	SpinLockRelease(&state->mutex);

	for (int i = 0; i < count; i++)
		visits = plan_visit(visits, &requests[i]);
	return all ? plan_all_visits(visits, false) : visits;
}

/* Adds visits of databases that have come, now and then. */
static List *
look_for_databases(List *visits, TimestampTz now)
{
	static TimestampTz last = 0;

	if (!TimestampDifferenceExceeds(last, now, LOOK_MILLISECONDS))
		return visits;
	last = now;
	return plan_all_visits(visits, true);
}

/* How many workers of the kind are in the database. */
static int
workers_there(List *visits, const Request *request)
{
	int			count = 0;
	ListCell   *cell;

	foreach(cell, visits)
	{
		Visit	   *visit = lfirst(cell);

		if (visit->request.kind == request->kind && visit->request.database == request->database &&
			visit->worker != NULL)
			count++;
	}
	return count;
}

/* How many of the kind may be in one database. */
static int
most_there(WorkerKind kind)
{
	return kind == WORKER_JOB ? Min(job_workers, Max(places_left() - SPARED_PLACES, 1)) : 1;
}

static bool
has_all(List *visits, const Request *request)
{
	return workers_there(visits, request) >= most_there(request->kind);
}

/*
 * Tells the others which visits they need not ask for: those that do not begin
 * now, being for later or having to wait for the end of another one.  So whatever
 * has been committed until they ask is seen.
 */
static void
publish_planned(List *visits, TimestampTz now)
{
	Request		planned[REQUESTS_MAX];
	int			count = 0;
	ListCell   *cell;

	foreach(cell, visits)
	{
		const Visit *visit = lfirst(cell);

		if (visit->worker == NULL && count < REQUESTS_MAX &&
			(visit->request.due > now || has_all(visits, &visit->request)))
			planned[count++] = visit->request;
	}
	SpinLockAcquire(&state->mutex);
	state->planned_count = count;
	memcpy(state->planned, planned, count * sizeof(Request));
	SpinLockRelease(&state->mutex);
}

static bool
is_running(Visit *visit)
{
	pid_t		pid;

	if (visit->worker == NULL || GetBackgroundWorkerPid(visit->worker, &pid) == BGWH_STOPPED)
		return false;
	return true;
}

static List *
forget_ended(List *visits)
{
	ListCell   *cell;

	foreach(cell, visits)
	{
		Visit	   *visit = lfirst(cell);

		if (visit->worker != NULL && !is_running(visit))
		{
			visits = foreach_delete_current(visits, cell);
			pfree(visit->worker);
			pfree(visit);
		}
	}
	return visits;
}

/* In how many databases there are workers of the kind. */
static int
databases_with(List *visits, WorkerKind kind)
{
	List	   *databases = NIL;
	int			count;
	ListCell   *cell;

	foreach(cell, visits)
	{
		Visit	   *visit = lfirst(cell);

		if (visit->request.kind == kind && visit->worker != NULL)
			databases = list_append_unique_oid(databases, visit->request.database);
	}
	count = list_length(databases);
	list_free(databases);
	return count;
}

/* Whether it has to wait until another database has none any more. */
static bool
is_for_later(List *visits, const Request *request)
{
	return workers_there(visits, request) == 0 && databases_with(visits, request->kind) >= kinds[request->kind].most;
}

/*
 * Says in the log when places run out, once for workers of all kinds, and when there
 * are enough again.  For a moment they may: after the server's start every database
 * is visited.
 */
static void
report_place(WorkerKind kind, bool had)
{
	static TimestampTz lacking_since[WORKER_KINDS];	/* 0: it is not */
	static bool said = false;
	TimestampTz now = GetCurrentTimestamp();
	bool		lacking = false;

	if (had)
		lacking_since[kind] = 0;
	else if (lacking_since[kind] == 0)
		lacking_since[kind] = now;
	else if (!said && TimestampDifferenceExceeds(lacking_since[kind], now, LACKING_MILLISECONDS))
	{
		said = true;
		ereport(LOG,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("no place for a background worker that %s", kinds[kind].work),
				 errdetail("All places that max_worker_processes (%d) leaves are taken. The launcher tries again every second.",
						   max_worker_processes)));
	}

	for (int i = 0; i < WORKER_KINDS; i++)
		lacking |= lacking_since[i] != 0;
	if (said && !lacking)
	{
		said = false;
		ereport(LOG,
				(errmsg("there is a place again for a background worker that %s", kinds[kind].work)));
	}
}

/* Starts a worker; false where the server has no room for it, which is told unless it is only one more. */
static bool
start_worker(Visit *visit, bool is_first)
{
	WorkerKind	kind = visit->request.kind;

	/* a crash ends it for good: the launcher starts anew then, and all else with it */
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = "ddb",
		.bgw_main_arg = ObjectIdGetDatum(visit->request.database),
		.bgw_notify_pid = MyProcPid
	};
	bool		had;

	strlcpy(worker.bgw_type, kinds[kind].type, BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, kinds[kind].function, BGW_MAXLEN);
	snprintf(worker.bgw_name, BGW_MAXLEN, "%s in database %u", kinds[kind].type, visit->request.database);
	had = RegisterDynamicBackgroundWorker(&worker, &visit->worker);
	if (had || is_first)
		report_place(kind, had);
	return had;
}

/* Starts what is due and can be; returns the milliseconds until there may be more. */
static long
start_due(List **visits, TimestampTz now)
{
	List	   *databases = NIL;
	long		timeout = LOOK_MILLISECONDS;
	bool		is_short[WORKER_KINDS] = {false};
	ListCell   *cell;

	foreach(cell, *visits)
	{
		Visit	   *visit = lfirst(cell);
		long		wait = TimestampDifferenceMilliseconds(now, visit->request.due);

		/* the end of a worker wakes the launcher */
		if (visit->worker != NULL || has_all(*visits, &visit->request))
			continue;
		if (is_for_later(*visits, &visit->request))
		{
			is_short[visit->request.kind] |= wait <= 0;
			continue;
		}
		if (wait <= 0)
		{
			bool		is_first = workers_there(*visits, &visit->request) == 0;

			if (databases == NIL)
				databases = connectable_databases();
			if (!list_member_oid(databases, visit->request.database))
			{
				*visits = foreach_delete_current(*visits, cell);
				pfree(visit);
				continue;
			}
			if (start_worker(visit, is_first))
				continue;
			/* whoever ends, of whatever kind, makes room */
			if (is_first)
				memset(is_short, true, sizeof(is_short));
			wait = RETRY_MILLISECONDS;
			visit->request.due = TimestampTzPlusMilliseconds(now, wait);
		}
		timeout = Min(timeout, wait);
	}
	list_free(databases);
	memcpy(state->is_short, is_short, sizeof(is_short));
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
	state->planned_count = 0;
	state->all = true;
	SpinLockRelease(&state->mutex);

	for (;;)
	{
		TimestampTz now;
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
		visits = forget_ended(visits);
		now = GetCurrentTimestamp();
		visits = look_for_databases(visits, now);
		publish_planned(visits, now);
		timeout = start_due(&visits, now);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | WL_TIMEOUT, timeout,
						 PG_WAIT_EXTENSION);
	}
}
