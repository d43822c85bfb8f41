/*
 * event_source_worker.c - the background workers that call event sources' targets.
 *
 * A database with event sources has a few of them.  The first one is started by the
 * launcher, and starts the others; each takes whatever lane is due and nobody else
 * has.  A lane is locked while somebody works on it, so that its target is not called twice
 * at once; that its position is moved but once is seen to by the position itself.
 *
 * What a function does and its lane's new position are one transaction.  An error
 * rolls both back; then another transaction writes down that it has happened, and
 * when the lane is due again.  Where a function cannot be stopped but by the end of the
 * process, that is written down while the process ends.
 *
 * One target that takes long holds one process.  So that others have theirs, the first one
 * cuts a call short after two seconds, as if it had not been, and leaves the lane to the others,
 * as long as there are any; there it has the time that it is to have.  In each process
 * roles share the time, and where there are several roles, none has all of the other processes.
 *
 * A call that the process does not outlive has been written down before, and counts as one that was
 * interrupted as soon as somebody has the process's number.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "change/state.h"
#include "deadline.h"
#include "event_source/attempt.h"
#include "event_source/event_source.h"
#include "event_source/turns.h"
#include "owner_statement.h"
#include "role_session.h"
#include "script.h"
#include "worker/launcher.h"
#include "worker/worker.h"

/* How often it looks whether the log has gone on. */
#define NAP_MILLISECONDS 100

/* How often it looks for new shards, at most and at least. */
#define UPKEEP_MILLISECONDS 500
#define LONGEST_MILLISECONDS 10000

/* A call that takes so long is slow. */
#define SLOW_MILLISECONDS 1000

/* How long a call may take in a process that leaves slow ones to others. */
#define SHORT_MILLISECONDS 2000

/* How long a round may take, before it looks again at what there is to do. */
#define ROUND_MILLISECONDS 1000

/* How often a batch that waits for others is looked at, a table that is locked, and a role that has its share. */
#define WINDOW_MILLISECONDS 1000

/* How long a lane is left alone after an error that is not its target's. */
#define RETRY_MILLISECONDS 5000

/* The longest text of an error that is kept. */
#define ERROR_BYTES_MAX 2000

/* The first of the workers of a database. */
#define FIRST_WORKER 0

static MemoryContext batch_context; /* of a lane that is worked on */
static int	worker_number;
static bool finished = false;	/* nothing is left to do, so that nobody has to come next */
static BackgroundWorkerHandle *helpers[EVENT_SOURCE_WORKERS_MAX]; /* the first worker's, by number */

/* Something has changed in ddb.event_sources. */
static bool sources_changed = true;

/* The last turn has done something, so that the next one may find more. */
static bool busy = true;

static Oid	sources_relation = InvalidOid;
static Oid	positions_relation = InvalidOid;

/* Locks that this session holds: on its number, on one of a role's places and on a lane. */
static bool holds_number = false;
static bool holds_place = false;
static bool holds_lane = false;

/* There are others, to whom this process leaves what is slow. */
static bool leaves_slow = false;

/* The lane that is worked on, what has been read of it, and whether its function is being called. */
static EventLane *current_lane = NULL;
static EventBatch *current_batch = NULL;
static bool calling = false;
static bool attempting = false; /* and that has been written down */
static TimestampTz called_at;

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
	if (!OidIsValid(relation) || relation == sources_relation)
		sources_changed = true;
}

/* ---- Transactions ---- */

static void
commit(void)
{
	worker_commit();
	role_session_forget();
}

/* Its end takes the session's locks along. */
static void
abort_transaction(void)
{
	AbortOutOfAnyTransaction();
	role_session_forget();
	holds_number = false;
	holds_place = false;
	holds_lane = false;
}

/* ---- Locks of the session ---- */

/*
 * A lock that is nobody else's: on a row of a relation of ours by a number, which no
 * statement can ask for.
 */
static LOCKTAG
session_lock(Oid relation, uint32 number, uint16 part)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, relation, number, part);
	return tag;
}

static bool
lock_for_session(const LOCKTAG *tag)
{
	return LockAcquire(tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
}

/* Behind the end of the last transaction: nobody else lets go of a session's locks. */
static void
release_locks(int code, Datum argument)
{
	LockReleaseAll(DEFAULT_LOCKMETHOD, true);
}

static LOCKTAG
number_lock(int number)
{
	return session_lock(sources_relation, number, 1);
}

/* Of what the role may have of the others' time. */
static LOCKTAG
place_lock(const char *role, int place)
{
	return session_lock(sources_relation, hash_bytes((const unsigned char *) role, strlen(role)), 2 + place);
}

static LOCKTAG
lane_lock(uint32 hash)
{
	return session_lock(positions_relation, hash, 1);
}

/* ---- How long a call may take ---- */

static int
limit_of(const EventLane *lane)
{
	int			own = lane->options.timeout * 1000;

	return leaves_slow ? Min(own, SHORT_MILLISECONDS) : own;
}

/* Whether a call has gone on for as long as it may here, and that is not all of its own time. */
static bool
is_cut_short(const EventLane *lane)
{
	int			limit = limit_of(lane);

	return limit < lane->options.timeout * 1000 &&
		TimestampDifferenceExceeds(called_at, GetCurrentTimestamp(), limit);
}

/* ---- A call that is written down while it lasts ---- */

static void
begin_attempt(const EventLane *lane)
{
	event_attempt_begin(worker_number, lane);
	attempting = true;
}

/*
 * While the process still has its number, which it loses with a transaction that fails: whoever takes the number
 * takes a call that has no end for interrupted.
 */
static void
end_attempt(void)
{
	if (!attempting)
		return;
	attempting = false;
	event_attempt_end(worker_number);
}

/* ---- A call that has failed ---- */

/* SQLSTATE and text, of a length that can be kept. */
static void
note_error(EventLane *lane, const char *code, const char *message)
{
	lane->result = code;
	lane->error = pnstrdup(message, pg_mbcliplen(message, strlen(message), ERROR_BYTES_MAX));
}

static void
note_time(EventLane *lane)
{
	TimestampTz now = GetCurrentTimestamp();

	lane->called = now;
	lane->slow = TimestampDifferenceExceeds(called_at, now, SLOW_MILLISECONDS);
}

/*
 * Leaves to others what was cut short: it has not failed, and all of the source's lanes are taken to be like this
 * one.  Where that went on after it had been cancelled all of the role's are, for each of them could end the
 * process.
 */
static void
leave_to_others(const EventLane *lane, bool of_role)
{
	worker_begin_transaction();
	event_lanes_call_slow(&lane->key, of_role);
	/* they look at once */
	CacheInvalidateRelcacheByRelid(sources_relation);
	commit();
}

/*
 * In a transaction of its own: none of the batch is done.  False where somebody else
 * has the lane now, and knows better.
 */
static bool
write_failure(EventLane *lane, const EventBatch *batch)
{
	bool		written;

	worker_begin_transaction();
	event_lane_finish_batch(lane, batch, 0);
	written = event_lane_write(lane);
	if (written)
		commit();
	else
		abort_transaction();
	return written;
}

/*
 * At the process's end, where a function has gone on after it had been cancelled, so
 * that nothing else could stop it: without this it would be called again as if for the
 * first time.
 */
static void
note_end_in_call(int code, Datum argument)
{
	EventLane  *lane = current_lane;
	EventBatch *batch = current_batch;

	if (!calling || !deadline_was_ignored())
		return;
	calling = false;
	end_attempt();
	abort_transaction();
	MemoryContextSwitchTo(batch_context);
	if (is_cut_short(lane))
		leave_to_others(lane, true);
	else
	{
		note_error(lane, "57014", "the function went on after it had been canceled, and its worker ended");
		note_time(lane);
		(void) write_failure(lane, batch);
	}
}

/* ---- A call ---- */

/* What is left of a transaction that has called the target: the position. */
static void
finish_call(EventLane *lane, const EventBatch *batch, int done)
{
	note_time(lane);
	lane->error = NULL;
	lane->result = "OK";
	if (done < batch->count)
	{
		lane->result = "BatchItemFailures";
		lane->error = psprintf("%d of %d records are left to be tried again", batch->count - done, batch->count);
	}
	event_lane_finish_batch(lane, batch, done);
	/* what a function has done with its own source stands; of a POST there is nothing to lose */
	if (!event_lane_write(lane) && lane->options.url != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("an event source's position has been moved by somebody else")));
}

/* The POST is outside of any transaction, so that it holds up nobody. */
static void
call_url(EventLane *lane, const EventBatch *batch)
{
	char	   *url = event_call_url_check(lane);
	int			done;

	commit();
	MemoryContextSwitchTo(batch_context);
	done = event_call_url(lane, batch, url, limit_of(lane));
	worker_begin_transaction();
	MemoryContextSwitchTo(batch_context);
	finish_call(lane, batch, done);
}

static void
call_channel(EventLane *lane, const EventBatch *batch)
{
	finish_call(lane, batch, event_call_channel(lane, batch));
}

static void
call_function(EventLane *lane, const EventBatch *batch)
{
	int			done;

	begin_attempt(lane);
	calling = true;
	done = event_call_function(lane, batch);
	calling = false;
	/* one that has made something of its cancellation would not have been cancelled elsewhere */
	if (is_cut_short(lane))
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg("a call that takes long is left to another worker")));
	finish_call(lane, batch, done);
}

/* Looks again soon whether the batch is full, and gives it when its time has come. */
static void
wait_for_more(EventLane *lane, const EventBatch *batch)
{
	lane->due = Min(batch->due, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), WINDOW_MILLISECONDS));
	(void) event_lane_write(lane);
}

/* Does with a batch what is to be done; its lane's row is locked. */
static void
take_batch(EventLane *lane, const EventBatch *batch)
{
	if (batch->due != 0)
		wait_for_more(lane, batch);
	else if (batch->count == 0)
	{
		/* what nobody wants is done */
		event_lane_finish_batch(lane, batch, 0);
		(void) event_lane_write(lane);
	}
	else if (batch->expired)
	{
		event_lane_drop_batch(lane, batch);
		(void) event_lane_write(lane);
	}
	else if (lane->options.url != NULL)
		call_url(lane, batch);
	else if (lane->function != NULL)
		call_function(lane, batch);
	else
		call_channel(lane, batch);
}

/* The same with the lane's next batch; false where there is nothing to be done now. */
static bool
do_batch(EventLane *lane)
{
	EventBatch *batch = event_batch_read(lane);

	current_batch = batch;
	if (batch->count == 0 && !batch->ended && sequence_number_compare(batch->next, lane->next) == 0)
		return false;
	/*
	 * Who deletes the source waits for a call; who has deleted it is not surprised by one.  A batch
	 * that somebody else has done or tried since the position was read is not given again.
	 */
	if (!event_lane_lock(lane))
		return false;
	take_batch(lane, batch);
	return batch->due == 0;
}

/* ---- A lane ---- */

/* Works on a lane, which the session has locked, for one batch. */
static bool
do_lane(const EventLaneKey *key)
{
	bool		done = false;

	worker_begin_transaction();
	MemoryContextSwitchTo(batch_context);
	current_lane = event_lane_read(key);
	if (current_lane != NULL && !ConditionalLockRelationOid(current_lane->relation, AccessShareLock))
	{
		/* whoever has the table locked holds up its own event sources only */
		current_lane->due = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), WINDOW_MILLISECONDS);
		(void) event_lane_write(current_lane);
	}
	else if (current_lane != NULL)
	{
		called_at = GetCurrentStatementStartTimestamp();
		if (current_lane->function != NULL)
			deadline_begin(limit_of(current_lane));
		done = do_batch(current_lane);
	}
	commit();
	deadline_end();
	return done;
}

/* Ends the transaction in which an error was raised, and gives the error, in the batch's memory. */
static ErrorData *
end_with_error(void)
{
	ErrorData  *error;

	HOLD_INTERRUPTS();
	MemoryContextSwitchTo(batch_context);
	error = CopyErrorData();
	calling = false;
	deadline_end();
	end_attempt();
	abort_transaction();
	FlushErrorState();
	MemoryContextSwitchTo(batch_context);
	RESUME_INTERRUPTS();
	return error;
}

/* What was not even read is left alone for a while, and looked at again. */
static bool
write_unreadable(EventLane *lane)
{
	bool		written;

	worker_begin_transaction();
	lane->due = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), RETRY_MILLISECONDS);
	written = event_lane_write(lane);
	commit();
	return written;
}

/* Writes an error down where its owner sees it; false where somebody else has the lane now. */
static bool
record_error(EventLane *lane, const EventBatch *batch, const ErrorData *error)
{
	if (is_cut_short(lane))
	{
		leave_to_others(lane, false);
		return true;
	}
	note_error(lane, pstrdup(unpack_sql_state(error->sqlerrcode)), error->message);
	note_time(lane);
	if (batch == NULL || batch->count == 0)
		return write_unreadable(lane);
	return write_failure(lane, batch);
}

/* An error of ours, such as a full disk, after which there is no point in hurrying. */
static void
report_own_error(void)
{
	EmitErrorReport();
	(void) end_with_error();
	worker_nap(RETRY_MILLISECONDS);
}

/* Works on a lane for one batch; an error is its lane's. */
static bool
do_lane_or_record_error(const EventLaneKey *key)
{
	ErrorData  *volatile error = NULL;
	volatile bool done = false;

	PG_TRY();
	{
		done = do_lane(key);
	}
	PG_CATCH();
	{
		if (current_lane == NULL)
			PG_RE_THROW();
		error = end_with_error();
	}
	PG_END_TRY();
	if (error != NULL)
		done = record_error(current_lane, current_batch, error);
	return done;
}

/* The same where an error is none of a lane's. */
static bool
try_lane(const EventLaneKey *key)
{
	volatile bool done = false;

	current_lane = NULL;
	current_batch = NULL;
	PG_TRY();
	{
		done = do_lane_or_record_error(key);
	}
	PG_CATCH();
	{
		report_own_error();
	}
	PG_END_TRY();
	current_batch = NULL;
	end_attempt();
	return done;
}

static bool
work_on(const EventTask *task)
{
	LOCKTAG		tag = lane_lock(task->hash);
	bool		done;

	holds_lane = lock_for_session(&tag);
	if (!holds_lane)
		return false;
	pgstat_report_activity(STATE_RUNNING, "calling the target of an event source");
	done = try_lane(&task->key);
	pgstat_report_activity(STATE_IDLE, NULL);
	MemoryContextSwitchTo(worker_context);
	MemoryContextReset(batch_context);
	if (holds_lane)
		LockRelease(&tag, ExclusiveLock, true);
	holds_lane = false;
	return done;
}

/* ---- Calls whose process has ended ---- */

/*
 * In a transaction: counts the call as one that was interrupted, unless that is known, or nothing is to be done
 * any more.  False where the table is locked.
 */
static bool
count_interrupted(const EventAttempt *attempt)
{
	EventLane  *lane = event_lane_read_waiting(&attempt->key);

	if (lane == NULL || lane->retries != attempt->retries ||
		sequence_number_compare(lane->next, attempt->next) != 0)
		return true;
	if (!ConditionalLockRelationOid(lane->relation, AccessShareLock))
		return false;
	note_error(lane, "57P02", "the call was interrupted by the end of its process");
	event_lane_interrupt_batch(lane, event_batch_read(lane));
	(void) event_lane_write(lane);
	return true;
}

/* The same in a transaction of its own.  What cannot be counted for an error is told in the log, and forgotten. */
static bool
try_count_interrupted(const EventAttempt *attempt)
{
	volatile bool counted = true;

	PG_TRY();
	{
		worker_begin_transaction();
		MemoryContextSwitchTo(batch_context);
		counted = count_interrupted(attempt);
		commit();
	}
	PG_CATCH();
	{
		EmitErrorReport();
		(void) end_with_error();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(worker_context);
	MemoryContextReset(batch_context);
	return counted;
}

/* Whether the number is this process's, or was no other's and now is locked by it. */
static bool
lock_number(int number)
{
	LOCKTAG		tag = number_lock(number);

	return number == worker_number || lock_for_session(&tag);
}

static void
unlock_number(int number)
{
	LOCKTAG		tag = number_lock(number);

	/* an error has taken it away */
	if (number != worker_number && holds_number)
		LockRelease(&tag, ExclusiveLock, true);
}

/* Of all numbers that no other process has. */
static void
count_all_interrupted(void)
{
	Bitmapset  *begun = event_attempts_begun();
	int			number = -1;

	while ((number = bms_next_member(begun, number)) >= 0)
	{
		EventAttempt attempt;

		if (!lock_number(number))
			continue;
		/* it may have come to its end, and another process with it */
		if (event_attempt_read(number, &attempt) && try_count_interrupted(&attempt))
			event_attempt_end(number);
		unlock_number(number);
	}
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
	{
		sources_relation = extension_relation("event_sources");
		positions_relation = extension_relation("event_source_positions");
	}
	commit();
	return go;
}

/*
 * Takes the process's number, unless it has it; false where another process of this
 * database has: a launcher may have died and left one behind.
 */
static bool
take_number(void)
{
	LOCKTAG		tag;

	if (holds_number)
		return true;
	worker_begin_transaction();
	tag = number_lock(worker_number);
	holds_number = lock_for_session(&tag);
	commit();
	return holds_number;
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
		count_all_interrupted();
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
	commit();
	return tasks;
}

/*
 * Takes one of the role's places among the helpers, so that it has not all of them where there are other
 * roles; false where others of its calls have them.
 */
static bool
take_place(const char *role, LOCKTAG *tag)
{
	int			places = event_source_workers - 1;

	if (event_turns_roles() > 1)
		places--;
	for (int i = 0; i < Max(places, 1) && !holds_place; i++)
	{
		*tag = place_lock(role, i);
		holds_place = lock_for_session(tag);
	}
	return holds_place;
}

/*
 * Does a lane's next batch, as far as its role may have this process now; where it may not, *pause is
 * shortened.
 */
static bool
take_turn(const EventTask *task, long *pause)
{
	LOCKTAG		tag;
	bool		done;

	if (worker_number == FIRST_WORKER)
		return work_on(task);
	if (!take_place(task->role, &tag))
	{
		event_turns_leave_role();
		*pause = Min(*pause, WINDOW_MILLISECONDS);
		return false;
	}
	done = work_on(task);
	if (holds_place)
		LockRelease(&tag, ExclusiveLock, true);
	holds_place = false;
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
			report_own_error();
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
	deadline_init("a worker of event sources");
	on_shmem_exit(release_locks, (Datum) 0);
	before_shmem_exit(note_end_in_call, (Datum) 0);
	CacheRegisterRelcacheCallback(sources_change, (Datum) 0);
	batch_context = AllocSetContextCreate(TopMemoryContext, "ddb event batch", ALLOCSET_DEFAULT_SIZES);
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
