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
 * leaves lanes alone whose last call took long, as long as there are others.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/extension.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
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
#include "event_source/event_source.h"
#include "owner_statement.h"
#include "role_session.h"
#include "worker/launcher.h"
#include "worker/worker.h"

/* How often it looks whether the log has gone on. */
#define NAP_MILLISECONDS 100

/* How often it looks for new shards, at most and at least. */
#define UPKEEP_MILLISECONDS 500
#define LONGEST_MILLISECONDS 10000

/* A call that takes so long is slow. */
#define SLOW_MILLISECONDS 1000

/* How often a batch that waits for others is looked at, and a table that is locked. */
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

/* Locks that this session holds: on its number and on a lane. */
static bool holds_number = false;
static bool holds_lane = false;

/* The lane that is worked on, what has been read of it, and whether its function is being called. */
static EventLane *current_lane = NULL;
static EventBatch *current_batch = NULL;
static bool calling = false;
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
	holds_lane = false;
}

/* ---- Locks of the session ---- */

/*
 * A lock that is nobody else's: on a row of a relation of ours by a number, which no
 * statement can ask for.
 */
static LOCKTAG
session_lock(Oid relation, uint32 number)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, relation, number, 1);
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
lane_lock(const EventLaneKey *key)
{
	uint32		hash = hash_bytes(key->source.data, UUID_LEN);

	hash = hash_combine(hash, hash_bytes((const unsigned char *) key->shard_id, strlen(key->shard_id)));
	return session_lock(positions_relation, hash_combine(hash, key->lane));
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
	abort_transaction();
	MemoryContextSwitchTo(batch_context);
	note_error(lane, "57014", "the function went on after it had been canceled, and its worker ended");
	note_time(lane);
	(void) write_failure(lane, batch);
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
	done = event_call_url(lane, batch, url);
	worker_begin_transaction();
	MemoryContextSwitchTo(batch_context);
	finish_call(lane, batch, done);
}

/* A function, or a channel. */
static void
call_in_transaction(EventLane *lane, const EventBatch *batch)
{
	int			done;

	calling = true;
	done = lane->function != NULL ? event_call_function(lane, batch) : event_call_channel(lane, batch);
	calling = false;
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
	else
		call_in_transaction(lane, batch);
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
		called_at = GetCurrentTimestamp();
		if (current_lane->function != NULL)
			deadline_begin(current_lane->options.timeout * 1000);
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
	return done;
}

static bool
work_on(const EventTask *task)
{
	LOCKTAG		tag = lane_lock(&task->key);
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
	if (!go && !OidIsValid(get_extension_oid("ddb", true)))
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
	tag = session_lock(sources_relation, worker_number);
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
 * Does each lane's next batch, from one at random on; true where anything was done.
 * Shortens *pause to the next that is due.
 */
static bool
do_each(List *tasks, bool leave_slow, long *pause)
{
	int			count = list_length(tasks);
	int			first = count == 0 ? 0 : (int) pg_prng_uint64_range(&pg_global_prng_state, 0, count - 1);
	bool		done = false;

	for (int i = 0; i < count; i++)
	{
		const EventTask *task = list_nth(tasks, (first + i) % count);
		TimestampTz now = GetCurrentTimestamp();

		handle_interrupts();
		if (task->slow && leave_slow)
			continue;
		if (task->due > now)
			*pause = Min(*pause, TimestampDifferenceMilliseconds(now, task->due));
		else
			done |= work_on(task);
	}
	return done;
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
	int			others;

	if (is_to_go() || !take_number())
		return false;
	if (!log_has_moved() && !busy && !sources_changed && GetCurrentTimestamp() < due)
		return true;
	tasks = read_tasks();
	if (finished)
		return false;
	others = worker_number == FIRST_WORKER ? start_helpers() : 0;
	busy = do_each(tasks, others > 0, &pause);
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
