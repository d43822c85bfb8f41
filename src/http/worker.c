/*
 * worker.c - the endpoint's background workers.
 *
 * A worker waits for its latch and for libmicrohttpd's epoll descriptor; then
 * libmicrohttpd does all that can be done without waiting, requests included,
 * and the answers that had to wait for the disk are let go after one flush for
 * all of them.
 */
#include "postgres.h"

#include <sched.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/sinval.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "deadline.h"
#include "http/activity.h"
#include "http/clients.h"
#include "http/connection.h"
#include "http/durability.h"
#include "http/endpoint.h"
#include "http/listen.h"
#include "http/request.h"
#include "http/tls.h"
#include "http/waiting.h"
#include "http/worker_state.h"
#include "shared_memory.h"
#include "worker/places.h"

/* How long a worker that cannot listen waits before it tries again. */
#define RETRY_MILLISECONDS 5000

/* How often a worker looks for clients that have gone, and tells its statistics. */
#define CHORES_MILLISECONDS 1000

/*
 * libmicrohttpd holds a TLS handshake of which only a part has come for ready,
 * and would try it again and again.  So after many turns in which nothing moves,
 * each waits for so long, or for an event.
 */
#define STILL_TURNS 64
#define STILL_MILLISECONDS 20


static TimestampTz statistics_due = 0;
static int	still_turns = 0;

/* In shared memory: workers that have begun to connect to the database since one could. */
static pg_atomic_uint32 *unconnected = NULL;

PGDLLEXPORT void endpoint_worker_main(Datum argument);

/* ---- In the postmaster ---- */

static Size
unconnected_size(void)
{
	return sizeof(*unconnected);
}

static void
unconnected_init(void *memory, bool found)
{
	unconnected = memory;
	if (!found)
		pg_atomic_init_u32(unconnected, 0);
}

static const SharedMemory shared_memory[] = {
	{"ddb http durability", NULL, durability_shmem_size, durability_shmem_init},
	{"ddb http listen", "ddb_http", listen_shmem_size, listen_shmem_init},
	{"ddb http workers", NULL, unconnected_size, unconnected_init},
	{"ddb http worker states", NULL, worker_state_size, worker_state_init}
};

void
endpoint_register_workers(void)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_ConsistentState,
		.bgw_restart_time = 1,
		.bgw_function_name = "endpoint_worker_main",
		.bgw_type = "ddb http"
	};

	if (endpoint_port == 0)
		return;

	for (int i = 0; i < (int) lengthof(shared_memory); i++)
		shared_memory_register(&shared_memory[i]);
	for (int i = 0; i < endpoint_workers; i++)
	{
		snprintf(worker.bgw_name, BGW_MAXLEN, "ddb http worker %d", i + 1);
		worker.bgw_main_arg = Int32GetDatum(i);
		places_register(&worker);
	}
}

/* ---- In a worker ---- */

/* Trust is for this machine's users, and a role must be named. */
static const char *
unsafe_settings(void)
{
	if (endpoint_auth != AUTH_TRUST)
		return NULL;
	if (endpoint_trust_role[0] == '\0')
		return "ddb.http_auth = trust needs a role in ddb.http_trust_role";
	if (!listen_is_local() && !endpoint_trust_remote)
		return "ddb.http_auth = trust is refused on an address other than loopback unless ddb.http_trust_remote is on";
	return NULL;
}

static void
reload_settings(void)
{
	const char *problem;

	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
	if (endpoint_tls)
		(void) tls_load(LOG);
	problem = unsafe_settings();
	if (problem != NULL)
		ereport(FATAL,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("%s", problem)));
}

static void
wait_to_retry(void)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 RETRY_MILLISECONDS, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

/* Says what for a worker connects, beside the reason why it cannot. */
static void
name_setting(void *argument)
{
	errcontext("connecting the HTTP endpoint to the database of ddb.http_database, \"%s\"", endpoint_database);
}

static void
connect_to_database(void)
{
	ErrorContextCallback callback = {.callback = name_setting,.previous = error_context_stack};

	error_context_stack = &callback;
	BackgroundWorkerInitializeConnection(endpoint_database, NULL, 0);
	error_context_stack = callback.previous;
}

/*
 * A worker that cannot connect ends, and the postmaster starts it again.  Where
 * the database does not exist, let only one try, and not every second, lest the
 * log fill up with it.
 */
static void
connect_patiently(int number)
{
	if (pg_atomic_read_u32(unconnected) >= (uint32) endpoint_workers)
	{
		TimestampTz due = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), RETRY_MILLISECONDS);

		while (GetCurrentTimestamp() < due ||
			   (number > 0 && pg_atomic_read_u32(unconnected) > 0))
			wait_to_retry();
	}
	pg_atomic_fetch_add_u32(unconnected, 1);
	connect_to_database();
	pg_atomic_write_u32(unconnected, 0);
}

/*
 * Listens if that is safe and possible: returns NULL, or what is missing, which
 * is reported unless it was so the last time.
 */
static const char *
try_to_listen(int *fd, const char *last)
{
	static const char certificate[] = "certificate";
	static const char address[] = "address";
	const char *problem = unsafe_settings();

	if (problem != NULL)
	{
		ereport(problem == last ? DEBUG1 : LOG,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("%s", problem)));
		return problem;
	}
	if (endpoint_tls && !tls_load(last == certificate ? DEBUG1 : LOG))
		return certificate;
	*fd = listen_open(last == address ? DEBUG1 : LOG);
	return *fd < 0 ? address : NULL;
}

static int
listen_patiently(void)
{
	const char *problem = NULL;
	int			fd;

	while ((problem = try_to_listen(&fd, problem)) != NULL)
		wait_to_retry();
	return fd;
}

/* Tells the log where the endpoint is, and what it cannot do yet. */
static void
report_place(void)
{
	const char *obstacle;

	ereport(LOG,
			(errmsg("the HTTP endpoint listens on %s, port %d, for database \"%s\"",
					endpoint_address, endpoint_port, endpoint_database),
			 errdetail("%d workers, %s, %s.", endpoint_workers, endpoint_tls ? "with TLS" : "without TLS",
					   endpoint_auth == AUTH_TRUST ? "no signatures (ddb.http_auth = trust)" : "signed requests")));
	StartTransactionCommand();
	obstacle = http_obstacle();
	if (obstacle != NULL)
		ereport(LOG,
				(errmsg("the HTTP endpoint answers every operation with status 503"),
				 errdetail("%s.", obstacle)));
	CommitTransactionCommand();
}

/* The smaller of two numbers of milliseconds, where -1 is for ever. */
static long
sooner(long a, long b)
{
	if (a < 0 || b < 0)
		return Max(a, b);
	return Min(a, b);
}

/* Milliseconds until there is something to do without being waked, or -1. */
static long
next_timeout(struct MHD_Daemon *daemon)
{
	MHD_UNSIGNED_LONG_LONG timeout;
	long		result = -1;

	if (clients_accepting_again())
		return 0;
	if (clients_any() || statistics_due != 0)
		result = CHORES_MILLISECONDS;
	result = sooner(result, waiting_timeout());
	if (MHD_get_timeout(daemon, &timeout) == MHD_YES)
		result = sooner(result, Max((long) Min(timeout, INT_MAX), still_turns < STILL_TURNS ? 0 : STILL_MILLISECONDS));
	return result;
}

/*
 * Statistics of tables, by which autovacuum goes, reach the others while there
 * are requests, and a little after the last one.
 */
static void
report_statistics(TimestampTz now)
{
	if (statistics_due != 0 && now >= statistics_due)
	{
		pgstat_report_stat(true);
		statistics_due = 0;
	}
	else if (pgstat_report_stat(false) <= 0)
		statistics_due = 0;
	else if (statistics_due == 0)
		statistics_due = TimestampTzPlusMilliseconds(now, CHORES_MILLISECONDS);
}

static void
drop_dead_connections(TimestampTz now)
{
	static TimestampTz last = 0;

	if (now >= TimestampTzPlusMilliseconds(last, CHORES_MILLISECONDS))
	{
		clients_drop_dead();
		last = now;
	}
}

static void
handle_interrupts(void)
{
	/* a cancellation was meant for a request that has ended */
	HOLD_CANCEL_INTERRUPTS();
	QueryCancelPending = false;
	CHECK_FOR_INTERRUPTS();
	RESUME_CANCEL_INTERRUPTS();
	if (catchupInterruptPending)
		ProcessCatchupInterrupt();
	if (ConfigReloadPending)
		reload_settings();
}

static void
count_still_turns(bool event)
{
	if (!endpoint_tls || event || tls_has_moved())
		still_turns = 0;
	else if (still_turns < STILL_TURNS)
		still_turns++;
}

static void
serve(struct MHD_Daemon *daemon)
{
	int			epoll = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	WaitEventSet *events = create_wait_event_set_compat(3);

	AddWaitEventToSet(events, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(events, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	AddWaitEventToSet(events, WL_SOCKET_READABLE, epoll, NULL, NULL);

	for (;;)
	{
		WaitEvent	event;
		bool		any = WaitEventSetWait(events, next_timeout(daemon), &event, 1, PG_WAIT_EXTENSION) == 1;
		TimestampTz now;

		if (any && event.events & WL_LATCH_SET)
			ResetLatch(MyLatch);
		handle_interrupts();
		now = GetCurrentTimestamp();
		worker_state_busy(now);
		drop_dead_connections(now);
		MHD_run(daemon);
		if (waiting_resume())
			MHD_run(daemon);
		clients_make_room();
		count_still_turns(any);
		report_statistics(now);
		activity_idle();
		worker_state_waits(clients_count());
	}
}

/*
 * A worker that is woken by a request does not interrupt who runs: that is often
 * a client with further requests, and a turn costs less a request the more it
 * serves.  It then waits for a processor as any other does.
 */
static void
schedule_as_batch(void)
{
#ifdef SCHED_BATCH
	struct sched_param parameters = {.sched_priority = 0};

	/* another policy was chosen by whoever started the server */
	if (sched_getscheduler(0) == SCHED_OTHER && sched_setscheduler(0, SCHED_BATCH, &parameters) != 0)
		elog(DEBUG1, "could not set the scheduling policy: %m");
#endif
}

void
endpoint_worker_main(Datum argument)
{
	int			number = DatumGetInt32(argument);
	int			fd;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	schedule_as_batch();
	worker_state_begin(number);
	connect_patiently(number);
	deadline_init("a worker of the HTTP endpoint");

	/* what has to wait longer is tried again, and others are served meanwhile */
	SetConfigOption("lock_timeout", "1ms", PGC_SUSET, PGC_S_OVERRIDE);
	/* it would end the process, and a request has a limit of its own */
	disable_transaction_timeout_compat();
	pgstat_report_activity(STATE_IDLE, NULL);
	fd = listen_patiently();
	if (number == 0)
		report_place();
	serve(connections_begin(fd));
}
