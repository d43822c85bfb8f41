/*
 * pace.c - how fast jobs go.
 */
#include "postgres.h"

#include "portability/instr_time.h"
#include "postmaster/interrupt.h"
#include "utils/timestamp.h"

#include "job/job.h"
#include "job/pace.h"

/* A wait is so long at least, and at most before the caller looks at what else there is. */
#define WAIT_MILLISECONDS 20
#define WAIT_MILLISECONDS_MOST 200

/* Time that was not used is not kept for later, but for so much. */
#define CREDIT_MILLISECONDS 100

int			job_rate = 0;

/* By when, in milliseconds, what has been done would have taken its time. */
static double paid_until = 0;

/* The rate at which that is so. */
static int	paid_rate = 0;

/* pace_hold() */
static TimestampTz held_until = 0;
static bool held_may_leave = false;

static double
now(void)
{
	instr_time	time;

	INSTR_TIME_SET_CURRENT(time);
	return INSTR_TIME_GET_MILLISEC(time);
}

/* What is owed are bytes: at another rate they take another time. */
static void
keep_to_rate(void)
{
	double		owed = paid_until - now();

	if (job_rate == paid_rate)
		return;
	if (job_rate > 0 && paid_rate > 0 && owed > 0)
		paid_until += owed * paid_rate / job_rate - owed;
	else
		paid_until = 0;
	paid_rate = job_rate;
}

void
pace_begin(void)
{
	paid_until = 0;
	held_until = 0;
	held_may_leave = false;
}

void
pace_hold(TimestampTz until, bool may_leave)
{
	held_until = until;
	held_may_leave = may_leave;
}

long
pace_held(bool *may_leave)
{
	*may_leave = held_may_leave;
	return held_until == 0 ? 0 : TimestampDifferenceMilliseconds(GetCurrentTimestamp(), held_until);
}

void
pace_add(int64 bytes)
{
	keep_to_rate();
	if (job_rate > 0)
		paid_until = Max(paid_until, now() - CREDIT_MILLISECONDS) + bytes * 1000.0 / (job_rate * 1024.0);
	else
		paid_until = 0;
}

long
pace_owed(void)
{
	bool		may_leave;
	long		held = pace_held(&may_leave);

	keep_to_rate();
	return job_rate > 0 && paid_until > 0 ? Max((long) (paid_until - now()), held) : held;
}

bool
pace_is_ahead(void)
{
	return pace_owed() >= WAIT_MILLISECONDS;
}

bool
pace_wait(void)
{
	if (job_nap == NULL)
		return false;
	if (pace_is_ahead())
	{
		job_nap(Min(pace_owed(), WAIT_MILLISECONDS_MOST));
		return true;
	}
	/* one that never waits is told of a change all the same */
	if (ConfigReloadPending)
		job_nap(0);
	return false;
}
