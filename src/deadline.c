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
 *   From PostgreSQL 17 on an error there ends the process: a block of PL/pgSQL that
 *   catches errors is refused just before it begins one, and other languages are not.
 * - After some seconds the worker ends.  The postmaster starts another one.
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "plpgsql.h"
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

/* Where the level of subtransactions is this one, and the time is over. */
static void
refuse_at_level(int level)
{
	if (due != DT_NOEND && GetCurrentTransactionNestLevel() == level && GetCurrentTimestamp() >= due)
		ereport(ERROR,
				(errcode(ERRCODE_QUERY_CANCELED),
				 errmsg("canceling statement due to statement timeout"),
				 errdetail("The request's code went on after it had been canceled.")));
}

#if PG_VERSION_NUM < 170000
static void
refuse_subtransaction(SubXactEvent event, SubTransactionId own, SubTransactionId parent, void *argument)
{
	if (event == SUBXACT_EVENT_START_SUB)
		refuse_at_level(2);
}

static void
watch_subtransactions(void)
{
	RegisterSubXactCallback(refuse_subtransaction, NULL);
}
#else
static PLpgSQL_plugin *next_plugin = NULL;
static PLpgSQL_plugin own_plugin;

static void
refuse_block(PLpgSQL_execstate *state, PLpgSQL_stmt *statement)
{
	if (statement->cmd_type == PLPGSQL_STMT_BLOCK && ((PLpgSQL_stmt_block *) statement)->exceptions != NULL)
		refuse_at_level(1);
	if (next_plugin != NULL && next_plugin->stmt_beg != NULL)
		next_plugin->stmt_beg(state, statement);
}

/* There is one place for what looks at PL/pgSQL, such as a profiler, which goes on to look. */
static void
watch_subtransactions(void)
{
	PLpgSQL_plugin **place = (PLpgSQL_plugin **) find_rendezvous_variable("PLpgSQL_plugin");

	next_plugin = *place;
	if (next_plugin != NULL)
		own_plugin = *next_plugin;
	own_plugin.stmt_beg = refuse_block;
	*place = &own_plugin;
}
#endif

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
	watch_subtransactions();
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
