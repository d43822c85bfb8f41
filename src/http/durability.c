/*
 * durability.c - answers leave when what they tell is on disk.
 *
 * A worker commits asynchronously, holds the answers of a turn of its loop,
 * and flushes WAL once for all of them.  In between, other requests can see
 * what is not yet on disk.  So the workers count, in shared memory, how many of
 * them have commits that are not flushed: before the commit becomes visible,
 * until after the flush.  A read that finds the count at zero after it has read
 * saw nothing that a crash could take back; else it waits for all WAL that was
 * there when it ended.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "access/xlog_internal.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "replication/syncrep.h"
#include "replication/walsender.h"
#include "storage/ipc.h"

#include "http/durability.h"

typedef struct SharedState
{
	pg_atomic_uint32 unflushed; /* workers with commits not yet on disk */
} SharedState;

static SharedState *shared = NULL;
static bool counted = false;	/* this worker is in shared->unflushed */
static bool exit_registered = false;
static int	configured_commit = -1; /* synchronous_commit, while it is changed */

Size
durability_shmem_size(void)
{
	return MAXALIGN(sizeof(SharedState));
}

void
durability_shmem_init(void *memory, bool found)
{
	shared = memory;
	if (!found)
		pg_atomic_init_u32(&shared->unflushed, 0);
}

static void
discount(void)
{
	if (counted)
		pg_atomic_fetch_sub_u32(&shared->unflushed, 1);
	counted = false;
}

/* Nobody is told of these commits any more, but others may have seen them. */
static void
flush_at_exit(int code, Datum argument)
{
	if (counted && !XLogRecPtrIsInvalid(XactLastCommitEnd))
		XLogFlush(XactLastCommitEnd);
	discount();
}

/* Others are to know before they can see the commit. */
static void
announce(void)
{
	if (!exit_registered)
	{
		before_shmem_exit(flush_at_exit, (Datum) 0);
		exit_registered = true;
	}
	if (!counted)
	{
		pg_atomic_fetch_add_u32(&shared->unflushed, 1);
		counted = true;
	}
}

/* All WAL that there is, as a position that can be flushed. */
static XLogRecPtr
end_of_wal(void)
{
	XLogRecPtr	end = GetXLogInsertRecPtr();

	/* where the next record begins a page, its header is not written yet */
	if (end % XLOG_BLCKSZ == SizeOfXLogShortPHD || end % XLOG_BLCKSZ == SizeOfXLogLongPHD)
		end -= end % XLOG_BLCKSZ;
	return end;
}

static bool
others_unflushed(void)
{
	pg_memory_barrier();
	return pg_atomic_read_u32(&shared->unflushed) > 0;
}

XLogRecPtr
durability_commit(void)
{
	bool		wrote = TransactionIdIsValid(GetTopTransactionIdIfAny());

	/* the administrator may not want to wait at all */
	if (synchronous_commit == SYNCHRONOUS_COMMIT_OFF || RecoveryInProgress())
	{
		CommitTransactionCommand();
		return InvalidXLogRecPtr;
	}
	if (!wrote)
	{
		CommitTransactionCommand();
		return others_unflushed() ? end_of_wal() : InvalidXLogRecPtr;
	}

	announce();
	configured_commit = synchronous_commit;
	synchronous_commit = SYNCHRONOUS_COMMIT_OFF;
	CommitTransactionCommand();
	durability_reset();
	return XactLastCommitEnd;
}

void
durability_reset(void)
{
	if (configured_commit >= 0)
		synchronous_commit = configured_commit;
	configured_commit = -1;
}

/*
 * PostgreSQL gives up this wait when the query is cancelled, with a warning to
 * the client.  Here the query has ended, and nobody could be warned: so it goes
 * on after any interrupt that does not end the worker.
 */
static void
wait_for_standby(XLogRecPtr upto)
{
	do
	{
		QueryCancelPending = false;
		HOLD_CANCEL_INTERRUPTS();
		/* told to end, it must not go on as if it had waited */
		CHECK_FOR_INTERRUPTS();
		RESUME_CANCEL_INTERRUPTS();
		HOLD_INTERRUPTS();
		SyncRepWaitForLSN(upto, true);
		RESUME_INTERRUPTS();
	} while (InterruptPending);
}

void
durability_flush(XLogRecPtr upto)
{
	if (!XLogRecPtrIsInvalid(upto))
	{
		XLogFlush(upto);
		if (SyncRepRequested())
			wait_for_standby(upto);
	}
	discount();
}
