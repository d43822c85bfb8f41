/*
 * event_source_work.c - what a worker does when an event source's lane has its turn.
 *
 * A lane is locked while somebody works on it, so that its target is not called twice
 * at once; that its position is moved but once is seen to by the position itself.
 *
 * What a function does and its lane's new position are one transaction.  An error
 * rolls both back; then another transaction writes down that it has happened, and
 * when the lane is due again.  Where a function cannot be stopped but by the end of the
 * process, that is written down while the process ends.
 *
 * A call that the process does not outlive has been written down before, and counts as one that was
 * interrupted as soon as somebody has the process's number.
 */
#include "postgres.h"

#include "access/xact.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "deadline.h"
#include "event_source/attempt.h"
#include "event_source/url.h"
#include "worker/event_source_session.h"
#include "worker/event_source_work.h"
#include "worker/worker.h"

/* A call that takes so long is slow. */
#define SLOW_MILLISECONDS 1000

/* How long a call may take in a process that leaves slow ones to others. */
#define SHORT_MILLISECONDS 2000

/* How often a batch that waits for others is looked at, and a table that is locked. */
#define WINDOW_MILLISECONDS 1000

/* How long a lane is left alone after an error that is not its target's. */
#define RETRY_MILLISECONDS 5000

/* The longest text of an error that is kept. */
#define ERROR_BYTES_MAX 2000

static MemoryContext batch_context; /* of a lane that is worked on */
static int	worker_number;

/* There are others, to whom this process leaves what is slow. */
static bool leaves_slow = false;

/* The lane that is worked on, what has been read of it, and whether its function is being called. */
static EventLane *current_lane = NULL;
static EventBatch *current_batch = NULL;	/* once its role may have it */
static bool calling = false;
static bool attempting = false; /* and that has been written down */
static TimestampTz called_at;

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
	CacheInvalidateRelcacheByRelid(session_sources_relation);
	session_commit();
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
		session_commit();
	else
		session_abort();
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
	session_abort();
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
	char	   *url = event_url_check(lane->options.url);
	int			done;

	session_commit();
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

	if (batch->count == 0 && !batch->ended && sequence_number_compare(batch->next, lane->next) == 0)
		return false;
	/*
	 * Who deletes the source waits for a call; who has deleted it is not surprised by one.  A batch
	 * that somebody else has done or tried since the position was read is not given again.
	 */
	if (!event_lane_lock(lane))
		return false;
	event_call_check(lane);
	current_batch = batch;
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
	session_commit();
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
	session_abort();
	FlushErrorState();
	MemoryContextSwitchTo(batch_context);
	RESUME_INTERRUPTS();
	return error;
}

/* What was not even read, or is not for its role, is left alone for a while, and looked at again. */
static bool
write_unreadable(EventLane *lane)
{
	bool		written;

	worker_begin_transaction();
	lane->due = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), RETRY_MILLISECONDS);
	written = event_lane_write(lane);
	session_commit();
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

void
work_report_error(void)
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
		work_report_error();
	}
	PG_END_TRY();
	current_batch = NULL;
	end_attempt();
	return done;
}

bool
work_on(const EventTask *task, bool others_are_there)
{
	SessionLock lock;
	bool		done;

	leaves_slow = others_are_there;
	if (!session_lock_lane(&lock, task->hash))
		return false;
	pgstat_report_activity(STATE_RUNNING, "calling the target of an event source");
	done = try_lane(&task->key);
	pgstat_report_activity(STATE_IDLE, NULL);
	MemoryContextSwitchTo(worker_context);
	MemoryContextReset(batch_context);
	session_unlock(&lock);
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
	EventBatch *batch;

	if (lane == NULL || lane->retries != attempt->retries ||
		sequence_number_compare(lane->next, attempt->next) != 0)
		return true;
	if (!ConditionalLockRelationOid(lane->relation, AccessShareLock))
		return false;
	note_error(lane, "57P02", "the call was interrupted by the end of its process");
	batch = event_batch_read(lane);
	event_call_check(lane);
	event_lane_interrupt_batch(lane, batch);
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
		session_commit();
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

/* Where the number is this process's, or was no other's: then it is locked meanwhile. */
static void
count_of_number(int number)
{
	SessionLock lock = {.age = 0};
	EventAttempt attempt;

	if (number != worker_number && !session_lock_number(&lock, number))
		return;
	/* it may have come to its end, and another process with it */
	if (event_attempt_read(number, &attempt) && try_count_interrupted(&attempt))
		event_attempt_end(number);
	session_unlock(&lock);
}

void
work_count_interrupted(void)
{
	Bitmapset  *begun = event_attempts_begun();
	int			number = -1;

	while ((number = bms_next_member(begun, number)) >= 0)
		count_of_number(number);
}

void
work_begin(int number)
{
	worker_number = number;
	deadline_init("a worker of event sources");
	before_shmem_exit(note_end_in_call, (Datum) 0);
	batch_context = AllocSetContextCreate(TopMemoryContext, "ddb event batch", ALLOCSET_DEFAULT_SIZES);
}
