/*
 * outcome.c - what a call's end means for its lane.
 *
 * A batch that fails is tried again after a while, longer each time, and nothing of its
 * lane passes it by.  Where it may be cut in two, that comes first, and costs no
 * retry: then batches are half as long, down to the one record that fails, and twice as
 * long again after each that does not, until the end of the batch that had failed.
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "utils/timestamp.h"

#include "event_source/event_source.h"

/* The first pause before a batch is tried again, and the longest. */
#define FIRST_PAUSE_MILLISECONDS 200
#define LONGEST_PAUSE_MILLISECONDS 60000

/* Between half of a pause and all of it, so that those that fail together do not come together again. */
static TimestampTz
after_pause(int retries)
{
	int64		pause = LONGEST_PAUSE_MILLISECONDS;

	if (retries < 16)
		pause = Min(pause, (int64) FIRST_PAUSE_MILLISECONDS << retries);
	pause = pause / 2 + (int64) pg_prng_uint64_range(&pg_global_prng_state, 0, pause / 2);
	return TimestampTzPlusMilliseconds(GetCurrentTimestamp(), pause);
}

/* All of the batch is over, one way or the other. */
static void
pass_batch(EventLane *lane, const EventBatch *batch)
{
	lane->next = batch->next;
	lane->finished = batch->ended;
	lane->retries = 0;
	lane->due = 0;
	if (lane->bisect_size > 0 && sequence_number_compare(lane->next, lane->bisect_end) > 0)
		lane->bisect_size = 0;
	else
		lane->bisect_size = Min(lane->bisect_size * 2, lane->options.batch_size);
}

/* The records from that one on have failed. */
static void
fail_records(EventLane *lane, const EventBatch *batch, int from)
{
	int			count = batch->count - from;

	if (lane->options.bisect && count > 1)
	{
		if (lane->bisect_size == 0)
			lane->bisect_end = batch->sequences[batch->count - 1];
		lane->bisect_size = (count + 1) / 2;
		lane->due = after_pause(0);
	}
	else if (lane->options.maximum_retries >= 0 && lane->retries >= lane->options.maximum_retries)
	{
		event_batch_give_up(lane, batch, from, "RetryAttemptsExhausted");
		pass_batch(lane, batch);
	}
	else
	{
		lane->due = after_pause(lane->retries);
		lane->retries++;
	}
}

void
event_lane_finish_batch(EventLane *lane, const EventBatch *batch, int done)
{
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
event_lane_drop_batch(EventLane *lane, const EventBatch *batch)
{
	event_batch_give_up(lane, batch, 0, "EventAgeExceeded");
	pass_batch(lane, batch);
}
