/*
 * event_source_worker.c - the background workers that call event sources' targets.
 *
 * A database with event sources has a few of them.  The first one is started by the
 * launcher, and starts the others; each takes whatever lane is due and nobody else
 * has (event_source_work.c).
 *
 * One target that takes long holds one process.  So that others have theirs, the first one
 * cuts a call short after two seconds, as if it had not been, and leaves the lane to the others,
 * as long as there are any; there it has the time that it is to have.  In each process
 * roles share the time, and where there are several roles, none has all of the other processes.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "change/state.h"
#include "event_source/attempt.h"
#include "event_source/event_source.h"
#include "event_source/turns.h"
#include "script.h"
#include "worker/event_source_session.h"
#include "worker/event_source_work.h"
#include "worker/launcher.h"
#include "worker/worker.h"

/* How often it looks whether the log has gone on. */
#define NAP_MILLISECONDS 100

/* How often it looks for new shards, at most and at least. */
#define UPKEEP_MILLISECONDS 500
#define LONGEST_MILLISECONDS 10000

/* How long a round may take, before it looks again at what there is to do. */
#define ROUND_MILLISECONDS 1000

/* How often a role is looked at that has its share. */
#define SHARE_MILLISECONDS 1000

/* The first of the workers of a database. */
#define FIRST_WORKER 0

static int	worker_number;
static bool finished = false;	/* nothing is left to do, so that nobody has to come next */
static BackgroundWorkerHandle *helpers[EVENT_SOURCE_WORKERS_MAX]; /* the first worker's, by number */

/* Something has changed in ddb.event_sources. */
static bool sources_changed = true;

/* The last turn has done something, so that the next one may find more. */
static bool busy = true;

/* On this process's number, as long as it has it. */
static SessionLock own_number = {.age = 0};

/* There are others, to whom this process leaves what is slow. */
static bool leaves_slow = false;

PGDLLEXPORT void event_source_worker_main(Datum argument);
PGDLLEXPORT void event_source_helper_main(Datum argument);

/* ---- The process ---- */

static void
handle_interrupts(void)
{
	/* a cancellation was meant for a call that has ended */
	HOLD_CANCEL_INTERRUPTS();
	QueryCancelPending = false;
	CHECK_FOR_INTERRUPTS();
	RESUME_CANCEL_INTERRUPTS();
}

static void
sources_change(Datum argument, Oid relation)
{
	if (!OidIsValid(relation) || relation == session_sources_relation)
		sources_changed = true;
}

/* ---- The others ---- */

/* Starts a helper, unless it is there; whether it is, or will be. */
static bool
start_helper(int number)
{
	BackgroundWorker worker = {
		.bgw_type = "ddb event source",
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = "ddb",
		.bgw_function_name = "event_source_helper_main",
		.bgw_main_arg = ObjectIdGetDatum(MyDatabaseId),
		.bgw_notify_pid = MyProcPid
	};
	pid_t		pid;

	if (helpers[number] != NULL)
	{
		if (GetBackgroundWorkerPid(helpers[number], &pid) != BGWH_STOPPED)
			return true;
		pfree(helpers[number]);
		helpers[number] = NULL;
	}
	snprintf(worker.bgw_name, BGW_MAXLEN, "ddb event source %d in database %u", number + 1, MyDatabaseId);
	memcpy(worker.bgw_extra, &number, sizeof(number));
	return RegisterDynamicBackgroundWorker(&worker, &helpers[number]);
}

/* Has as many as there are to be, or as have a place; returns how many. */
static int
start_helpers(void)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	int			count = 0;

	for (int i = FIRST_WORKER + 1; i < event_source_workers; i++)
		count += start_helper(i) ? 1 : 0;
	MemoryContextSwitchTo(caller);
	return count;
}

/* ---- Turns ---- */

/* Whether this process is to go: nothing is left to do, or somebody wants the database. */
static bool
is_to_go(void)
{
	bool		go;

	worker_begin_transaction();
	go = worker_is_unwanted();
	if (!go && !script_is_usable())
		finished = go = true;
	else if (!go)
		session_find_relations();
	session_commit();
	return go;
}

/*
 * Takes the process's number, unless it has it; false where another process of this
 * database has: a launcher may have died and left one behind.
 */
static bool
take_number(void)
{
	bool		taken;

	if (session_holds(&own_number))
		return true;
	worker_begin_transaction();
	taken = session_lock_number(&own_number, worker_number);
	session_commit();
	return taken;
}

/*
 * What there is to do now, in worker_context; NIL too where there are no event sources
 * any more, which finishes the work.
 */
static List *
read_tasks(void)
{
	static TimestampTz upkeep_due = 0;
	TimestampTz now = GetCurrentTimestamp();
	List	   *tasks = NIL;

	if (now >= upkeep_due)
		work_count_interrupted();
	worker_begin_transaction();
	MemoryContextSwitchTo(worker_context);
	finished = !event_sources_exist();
	if (finished || sources_changed || now >= upkeep_due)
	{
		sources_changed = false;
		upkeep_due = TimestampTzPlusMilliseconds(now, UPKEEP_MILLISECONDS);
		event_lanes_upkeep();
	}
	if (!finished)
		tasks = event_tasks();
	session_commit();
	return tasks;
}

/*
 * Takes one of the role's places among the helpers, so that it has not all of them where there are other
 * roles; false where others of its calls have them.
 */
static bool
take_place(Oid role, SessionLock *lock)
{
	int			places = event_source_workers - 1;

	if (event_turns_roles() > 1)
		places--;
	for (int i = 0; i < Max(places, 1); i++)
	{
		if (session_lock_place(lock, role, i))
			return true;
	}
	return false;
}

/*
 * Does a lane's next batch, as far as its role may have this process now; where it may not, *pause is
 * shortened.
 */
static bool
take_turn(const EventTask *task, long *pause)
{
	SessionLock place;
	bool		done;

	if (worker_number == FIRST_WORKER)
		return work_on(task, leaves_slow);
	if (!take_place(task->role, &place))
	{
		event_turns_leave_role();
		*pause = Min(*pause, SHARE_MILLISECONDS);
		return false;
	}
	done = work_on(task, leaves_slow);
	session_unlock(&place);
	return done;
}

/* Sets which lanes are to have a turn, and shortens *pause to the next that is due. */
static void
choose_ready(List *tasks, long *pause)
{
	TimestampTz now = GetCurrentTimestamp();
	ListCell   *cell;

	foreach(cell, tasks)
	{
		EventTask  *task = lfirst(cell);

		if (task->slow && leaves_slow)
			continue;
		task->ready = task->due <= now;
		if (!task->ready)
			*pause = Min(*pause, TimestampDifferenceMilliseconds(now, task->due));
	}
}

/* Whether there is more to do at once, after a turn that has done something, or not. */
static bool
is_busy_after(bool done, int lanes)
{
	static int	idle_turns = 0;

	/* lanes in which there was nothing to do may have had a turn twice before others had theirs */
	idle_turns = done ? 0 : idle_turns + 1;
	return idle_turns < 2 * lanes;
}

/*
 * Does each lane's next batch, for the time of a round; true where there may be more to do at once.
 * Shortens *pause to when there will be.
 */
static bool
do_each(List *tasks, long *pause)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ROUND_MILLISECONDS);
	const EventTask *task;
	bool		any = false;

	event_turns_begin(tasks);
	while ((task = event_turns_next()) != NULL)
	{
		TimestampTz start = GetCurrentTimestamp();
		bool		done;
		bool		more;

		handle_interrupts();
		done = take_turn(task, pause);
		event_turns_end(done, (GetCurrentTimestamp() - start) / 1000.0);
		any |= done;
		more = is_busy_after(done, list_length(tasks));
		if (GetCurrentTimestamp() >= end)
			return more;
	}
	return any;
}

/* Whether the log has gone on since the last call. */
static bool
log_has_moved(void)
{
	static XLogRecPtr last = InvalidXLogRecPtr;
	XLogRecPtr	reached = InvalidXLogRecPtr;
	TimestampTz time;
	bool		moved;

	(void) log_state_reached(&reached, &time);
	moved = reached != last;
	last = reached;
	return moved;
}

/* One round; false when the process is to go. */
static bool
turn(void)
{
	static TimestampTz due = 0;
	long		pause = LONGEST_MILLISECONDS;
	List	   *tasks;

	if (is_to_go() || !take_number())
		return false;
	if (!log_has_moved() && !busy && !sources_changed && GetCurrentTimestamp() < due)
		return true;
	tasks = read_tasks();
	if (finished)
	{
		if (worker_number == FIRST_WORKER)
			event_attempts_forget();
		return false;
	}
	leaves_slow = worker_number == FIRST_WORKER && start_helpers() > 0;
	choose_ready(tasks, &pause);
	busy = do_each(tasks, &pause);
	due = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), pause);
	return true;
}

static void
ask_for_next(int code, Datum argument)
{
	if (!finished)
		launcher_request(WORKER_EVENT_SOURCE, MyDatabaseId,
						 TimestampTzPlusMilliseconds(GetCurrentTimestamp(), WORKER_ABSENCE_MILLISECONDS));
}

/* Rounds, one after the other while there is anything to do, and after a nap where there is not. */
static void
work(void)
{
	for (;;)
	{
		volatile bool more = true;

		handle_interrupts();
		if (worker_number >= event_source_workers)
			break;
		PG_TRY();
		{
			more = turn();
		}
		PG_CATCH();
		{
			work_report_error();
			busy = true;
		}
		PG_END_TRY();
		MemoryContextSwitchTo(worker_context);
		MemoryContextReset(worker_context);
		if (!more)
			break;
		if (!busy)
			worker_nap(NAP_MILLISECONDS);
	}
}

static void
begin_process(Oid database)
{
	worker_begin(database);
	/* what it calls waits for locks as any session does, and no longer than its own limit */
	worker_set("lock_timeout", "0");
	session_locks_begin();
	work_begin(worker_number);
	CacheRegisterRelcacheCallback(sources_change, (Datum) 0);
	pgstat_report_activity(STATE_IDLE, NULL);
}

void
event_source_worker_main(Datum argument)
{
	worker_number = FIRST_WORKER;
	begin_process(DatumGetObjectId(argument));
	before_shmem_exit(ask_for_next, (Datum) 0);
	work();
}

void
event_source_helper_main(Datum argument)
{
	memcpy(&worker_number, MyBgworkerEntry->bgw_extra, sizeof(worker_number));
	begin_process(DatumGetObjectId(argument));
	work();
}
