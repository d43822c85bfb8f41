/*
 * expiry_statistics.c - what has been deleted of late, in shared memory.
 *
 * Of the tables, those that had a deletion last have a place.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/spin.h"

#include "shared_memory.h"
#include "statistics/counters.h"
#include "worker/expiry_statistics.h"

#define PLACES 256

/* The rate is that of this period and of the one before. */
#define PERIOD_MILLISECONDS 5000

typedef struct Place
{
	Oid			database;		/* InvalidOid: free */
	Oid			relation;
	TimestampTz last;			/* when something was added */
	int64		deleted;
	int64		failed;
	TimestampTz period;			/* when it began */
	int64		in_period;
	int64		in_last_period;
} Place;

typedef struct State
{
	slock_t		mutex;
	Place		places[PLACES];
} State;

static State *state = NULL;

static Size
shared_size(void)
{
	return sizeof(State);
}

static void
init(void *memory, bool found)
{
	state = memory;
	if (!found)
	{
		memset(state, 0, sizeof(State));
		SpinLockInit(&state->mutex);
	}
}

void
expiry_statistics_register(void)
{
	static const SharedMemory memory = {"ddb expiry statistics", NULL, shared_size, init};

	shared_memory_register(&memory);
}

/* The relation's place, or the one that has been of no use for longest. */
static Place *
find_place(Oid relation)
{
	Place	   *place = &state->places[0];

	for (int i = 0; i < PLACES; i++)
	{
		Place	   *other = &state->places[i];

		if (other->database == MyDatabaseId && other->relation == relation)
			return other;
		if (other->last < place->last)
			place = other;
	}
	return place;
}

/* Begins the periods that have passed since. */
static void
pass_periods(Place *place, TimestampTz now)
{
	TimestampTz next = TimestampTzPlusMilliseconds(place->period, PERIOD_MILLISECONDS);
	bool		followed = now < TimestampTzPlusMilliseconds(next, PERIOD_MILLISECONDS);

	if (now < next)
		return;
	place->in_last_period = followed ? place->in_period : 0;
	place->in_period = 0;
	place->period = followed ? next : now;
}

void
expiry_statistics_add(Oid relation, int deleted, int failed)
{
	TimestampTz now = GetCurrentTimestamp();
	Place	   *place;

	counters_add(SERVER_EXPIRED, deleted);
	counters_add(SERVER_EXPIRY_FAILURES, failed);
	if (state == NULL || (deleted == 0 && failed == 0))
		return;
	SpinLockAcquire(&state->mutex);
	place = find_place(relation);
	if (place->database != MyDatabaseId || place->relation != relation)
		*place = (Place) {.database = MyDatabaseId,.relation = relation,.period = now};
	pass_periods(place, now);
	place->last = now;
	place->deleted += deleted;
	place->failed += failed;
	place->in_period += deleted;
	SpinLockRelease(&state->mutex);
}

bool
expiry_statistics_read(Oid relation, ExpiryStatistics *statistics)
{
	TimestampTz now = GetCurrentTimestamp();
	Place		place;

	memset(statistics, 0, sizeof(ExpiryStatistics));
	if (state == NULL)
		return false;
	SpinLockAcquire(&state->mutex);
	place = *find_place(relation);
	SpinLockRelease(&state->mutex);
	if (place.database != MyDatabaseId || place.relation != relation)
		return true;
	pass_periods(&place, now);
	statistics->deleted = place.deleted;
	statistics->failed = place.failed;
	statistics->rate = (place.in_last_period + place.in_period) * 1000.0 /
		(PERIOD_MILLISECONDS + TimestampDifferenceMilliseconds(place.period, now));
	return true;
}
