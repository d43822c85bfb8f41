/*
 * waiting.c - requests that wait: for WAL to be on disk, or for another try.
 *
 * Their connections are suspended, and the worker serves others meanwhile.
 * One flush of WAL is for all requests of a turn of the worker's loop.  Nobody
 * tells a worker that the synchronous standby has caught up, so it looks, the
 * less often the longer it takes.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "http/durability.h"
#include "http/waiting.h"

/* Bounds of the pause between two looks at the standby. */
#define MIN_PAUSE_MILLISECONDS 1
#define MAX_PAUSE_MILLISECONDS 100

static dlist_head for_wal = DLIST_STATIC_INIT(for_wal);
static dlist_head for_time = DLIST_STATIC_INIT(for_time);
static bool unseen = false;		/* there are some that waiting_resume() has not seen */
static TimestampTz progress = 0;	/* when WAL was last found to be where it is awaited, or awaited first */

static void
suspend(Waiting *waiting, struct MHD_Connection *connection, dlist_head *list)
{
	MHD_suspend_connection(connection);
	waiting->connection = connection;
	dlist_push_tail(list, &waiting->node);
}

void
wait_for_wal(Waiting *waiting, struct MHD_Connection *connection, XLogRecPtr upto)
{
	if (dlist_is_empty(&for_wal))
		progress = GetCurrentTimestamp();
	waiting->upto = upto;
	suspend(waiting, connection, &for_wal);
	unseen = true;
}

void
wait_until(Waiting *waiting, struct MHD_Connection *connection, TimestampTz due)
{
	waiting->due = due;
	suspend(waiting, connection, &for_time);
}

void
wait_no_more(Waiting *waiting)
{
	if (waiting->connection != NULL)
		dlist_delete(&waiting->node);
	waiting->connection = NULL;
}

static void
resume(Waiting *waiting)
{
	struct MHD_Connection *connection = waiting->connection;

	wait_no_more(waiting);
	MHD_resume_connection(connection);
}

static bool
resume_durable(TimestampTz now)
{
	XLogRecPtr	upto = InvalidXLogRecPtr;
	bool		any = false;
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &for_wal)
		upto = Max(upto, dlist_container(Waiting, node, iter.cur)->upto);
	upto = durability_flush(upto);
	dlist_foreach_modify(iter, &for_wal)
	{
		Waiting    *waiting = dlist_container(Waiting, node, iter.cur);

		if (waiting->upto > upto)
			continue;
		resume(waiting);
		any = true;
	}
	if (any || dlist_is_empty(&for_wal))
		progress = now;
	return any;
}

static bool
resume_due(TimestampTz now)
{
	bool		any = false;
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &for_time)
	{
		Waiting    *waiting = dlist_container(Waiting, node, iter.cur);

		if (waiting->due > now)
			continue;
		resume(waiting);
		any = true;
	}
	return any;
}

bool
waiting_resume(void)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		any = false;

	unseen = false;
	if (!dlist_is_empty(&for_wal) || durability_unfinished())
		any = resume_durable(now);
	if (!dlist_is_empty(&for_time))
		any |= resume_due(now);
	return any;
}

void
waiting_end(void)
{
	(void) resume_durable(GetCurrentTimestamp());
	(void) resume_due(DT_NOEND);
}

long
waiting_timeout(void)
{
	long		result = -1;
	TimestampTz now;
	dlist_iter	iter;

	if (unseen)
		return 0;
	if (dlist_is_empty(&for_wal) && dlist_is_empty(&for_time) && !durability_unfinished())
		return -1;

	now = GetCurrentTimestamp();
	if (!dlist_is_empty(&for_wal) || durability_unfinished())
		result = Min(Max(TimestampDifferenceMilliseconds(progress, now) / 8, MIN_PAUSE_MILLISECONDS),
					 MAX_PAUSE_MILLISECONDS);
	dlist_foreach(iter, &for_time)
	{
		long		pause = TimestampDifferenceMilliseconds(now, dlist_container(Waiting, node, iter.cur)->due);

		result = result < 0 ? pause : Min(result, pause);
	}
	return result;
}
