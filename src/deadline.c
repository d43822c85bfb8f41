/*
 * deadline.c - the end of a request's time, whatever its code does.
 *
 * An error that cancels a request can be caught by the code of users that runs
 * in it, such as a trigger's, and a loop around that would hold the worker for
 * ever, and so all whom it is to serve.  Three things follow, each
 * harder than the one before:
 *
 * - The request is cancelled again each second.
 * - It begins no subtransaction any more, so that a loop around a block that
 *   catches the error ends with an error.  That is raised while the
 *   subtransaction begins, and then only the whole transaction can be rolled
 *   back; so it is not done within another one, whose owner would try otherwise.
 * - After some seconds the worker ends.  The postmaster starts another one.
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "deadline.h"

#define AGAIN_MILLISECONDS 1000
#define MOST_CANCELLATIONS 3

static TimeoutId again;
static const char *process;		/* what ends, for the log */
static TimestampTz due = DT_NOEND;	/* of the request that runs */
static volatile sig_atomic_t cancellations = 0;

/* A signal's handler: only flags that the next CHECK_FOR_INTERRUPTS() looks at. */
static void
cancel_again(void)
{
	if (cancellations < MOST_CANCELLATIONS)
	{
		cancellations++;
		QueryCancelPending = true;
	}
	else
		ProcDiePending = true;
	InterruptPending = true;
	SetLatch(MyLatch);
}

static void
refuse_subtransaction(SubXactEvent event, SubTransactionId own, SubTransactionId parent, void *argument)
{
	if (event == SUBXACT_EVENT_START_SUB && due != DT_NOEND && GetCurrentTransactionNestLevel() == 2 &&
		GetCurrentTimestamp() >= due)
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg("canceling statement due to statement timeout"),
				 errdetail("The request's code went on after it had been canceled.")));
}

bool
deadline_was_ignored(void)
{
	return due != DT_NOEND && cancellations >= MOST_CANCELLATIONS;
}

static void
tell_why(int code, Datum argument)
{
	if (deadline_was_ignored())
		ereport(LOG,
				(errmsg("%s ends, because a request's code went on after it had been canceled %d times",
						process, MOST_CANCELLATIONS + 1),
				 errhint("Look for a function of a trigger, default, index or policy that catches query_canceled.")));
}

void
deadline_init(const char *name)
{
	process = name;
	again = RegisterTimeout(USER_TIMEOUT, cancel_again);
	RegisterSubXactCallback(refuse_subtransaction, NULL);
	before_shmem_exit(tell_why, (Datum) 0);
}

void
deadline_begin(int milliseconds)
{
	QueryCancelPending = false;
	if (milliseconds == 0)
		return;
	cancellations = 0;
	due = TimestampTzPlusMilliseconds(GetCurrentStatementStartTimestamp(), milliseconds);
	enable_timeout_at(STATEMENT_TIMEOUT, due);
	enable_timeout_every(again, TimestampTzPlusMilliseconds(due, AGAIN_MILLISECONDS), AGAIN_MILLISECONDS);
}

void
deadline_end(void)
{
	if (due == DT_NOEND)
		return;
	due = DT_NOEND;
	disable_timeouts((const DisableTimeoutParams[]) {{STATEMENT_TIMEOUT, false}, {again, false}}, 2);
}
