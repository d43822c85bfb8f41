/*
 * outcome.c - what a call's end means for its lane.
 *
 * A batch that fails is tried again after a while, longer each time, and nothing of its
 * lane passes it by, nor joins it: what came later has a first call of its own, and is not given up with it.
 * Where it may be cut in two, that comes first, and costs no
 * retry: then batches are half as long, down to the one record that fails, and twice as
 * long again after each that does not, until the end of the batch that had failed.
 *
 * A call that was interrupted by the end of its process may have been the cause of that, or
 * not: a crash, a restart or the administrator ends the calls of all.  So the first time costs nothing but a
 * pause.  From then on it counts as a failure, and pauses grow longer than after others,
 * since a crash is everybody's.
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "utils/timestamp.h"

#include "event_source/event_source.h"

/* The first pause before a batch is tried again, and the longest. */
#define FIRST_PAUSE_MILLISECONDS 200
#define LONGEST_PAUSE_MILLISECONDS 60000

/* The same of a call that was interrupted. */
#define FIRST_INTERRUPTED_MILLISECONDS 1000
#define LONGEST_INTERRUPTED_MILLISECONDS 3600000

/*
 * Twice as long each time.  Between half of a pause and all of it, so that those that fail together do not
 * come together again.
 */
static TimestampTz
after_pause(int64 first, int64 longest, int times)
{
	int64		pause = times < 16 ? Min(longest, first << times) : longest;

	pause = pause / 2 + (int64) pg_prng_uint64_range(&pg_global_prng_state, 0, pause / 2);
	return TimestampTzPlusMilliseconds(GetCurrentTimestamp(), pause);
}

static TimestampTz
after_failure(int retries)
{
	return after_pause(FIRST_PAUSE_MILLISECONDS, LONGEST_PAUSE_MILLISECONDS, retries);
}

/* All of the batch is over, one way or the other. */
static void
pass_batch(EventLane *lane, const EventBatch *batch)
{
	lane->next = batch->next;
	lane->finished = batch->ended;
	lane->retries = 0;
	lane->interrupted = 0;
	lane->due = 0;
	if (lane->bisect_size > 0 && sequence_number_compare(lane->next, lane->bisect_end) > 0)
		lane->bisect_size = 0;
	else
		lane->bisect_size = Min(lane->bisect_size * 2, lane->options.batch_size);
}

/* Until its end no batch goes beyond the one that has failed, nor has more records. */
static void
keep_to_batch(EventLane *lane, const EventBatch *batch, int size)
{
	if (lane->bisect_size == 0)
		lane->bisect_end = batch->sequences[batch->count - 1];
	lane->bisect_size = size;
}

/* The records from that one on have failed. */
static void
fail_records(EventLane *lane, const EventBatch *batch, int from)
{
	int			count = batch->count - from;

	if (lane->options.bisect && count > 1)
	{
		keep_to_batch(lane, batch, (count + 1) / 2);
		lane->due = after_failure(0);
	}
	else if (lane->options.maximum_retries >= 0 && lane->retries >= lane->options.maximum_retries)
	{
		event_batch_give_up(lane, batch, from, "RetryAttemptsExhausted");
		pass_batch(lane, batch);
	}
	else
	{
		keep_to_batch(lane, batch, count);
		lane->due = after_failure(lane->retries);
		lane->retries++;
	}
}

void
event_lane_finish_batch(EventLane *lane, const EventBatch *batch, int done)
{
	lane->interrupted = 0;
	if (done == batch->count)
	{
		pass_batch(lane, batch);
		return;
	}
	if (done > 0)
	{
		lane->next = batch->sequences[done];
		lane->retries = 0;
	}
	fail_records(lane, batch, done);
}

void
event_lane_interrupt_batch(EventLane *lane, const EventBatch *batch)
{
	int			times = lane->interrupted + 1;
	bool		innocent = times == 1 && lane->retries == 0 && lane->bisect_size == 0;

	if (!innocent && batch->count > 0)
		fail_records(lane, batch, 0);
	if (sequence_number_compare(lane->next, lane->read_next) != 0)
		return;					/* it was given up */
	lane->interrupted = times;
	lane->due = after_pause(FIRST_INTERRUPTED_MILLISECONDS, LONGEST_INTERRUPTED_MILLISECONDS, times - 1);
}

void
event_lane_drop_batch(EventLane *lane, const EventBatch *batch)
{
	event_batch_give_up(lane, batch, 0, "EventAgeExceeded");
	pass_batch(lane, batch);
}
