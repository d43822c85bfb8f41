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
#include "miscadmin.h"
#include "port/atomics.h"
#include "replication/syncrep.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"

#include "change/state.h"
#include "http/durability.h"
#include "statistics/counters.h"
#include "wal.h"

typedef struct SharedState
{
	pg_atomic_uint32 unflushed; /* workers with commits not yet on disk */
} SharedState;

static SharedState *shared = NULL;
static bool counted = false;	/* this worker is in shared->unflushed */
static bool exit_registered = false;
static XLogRecPtr committed = InvalidXLogRecPtr;	/* this worker's last commit */
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
	if (counted && !XLogRecPtrIsInvalid(committed))
		XLogFlush(committed);
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

static bool
others_unflushed(void)
{
	pg_memory_barrier();
	return pg_atomic_read_u32(&shared->unflushed) > 0;
}

XLogRecPtr
durability_of_reads(void)
{
	if (synchronous_commit == SYNCHRONOUS_COMMIT_OFF || RecoveryInProgress() || !others_unflushed())
		return InvalidXLogRecPtr;
	return wal_end();
}

XLogRecPtr
durability_commit(void)
{
	bool		wrote = TransactionIdIsValid(GetTopTransactionIdIfAny());

	/* the administrator may not want to wait at all */
	if (!wrote || synchronous_commit == SYNCHRONOUS_COMMIT_OFF)
	{
		CommitTransactionCommand();
		counters_add(SERVER_COMMITS, wrote ? 1 : 0);
		return durability_of_reads();
	}

	announce();
	configured_commit = synchronous_commit;
	synchronous_commit = SYNCHRONOUS_COMMIT_OFF;
	log_state_hold = true;
	CommitTransactionCommand();
	durability_abort();
	committed = Max(committed, XactLastCommitEnd);
	counters_add(SERVER_COMMITS, 1);
	return XactLastCommitEnd;
}

void
durability_abort(void)
{
	if (configured_commit >= 0)
		synchronous_commit = configured_commit;
	configured_commit = -1;
	log_state_hold = false;
}

/* Up to where the synchronous standbys have what is on disk here. */
static XLogRecPtr
on_standbys(XLogRecPtr flushed)
{
	XLogRecPtr	position;
	int			mode = SYNC_REP_WAIT_FLUSH;

	if (!SyncRepRequested() || SyncRepStandbyNames == NULL || SyncRepStandbyNames[0] == '\0')
		return flushed;
	if (synchronous_commit == SYNCHRONOUS_COMMIT_REMOTE_WRITE)
		mode = SYNC_REP_WAIT_WRITE;
	else if (synchronous_commit == SYNCHRONOUS_COMMIT_REMOTE_APPLY)
		mode = SYNC_REP_WAIT_APPLY;
	LWLockAcquire(SyncRepLock, LW_SHARED);
	position = WalSndCtl->lsn[mode];
	LWLockRelease(SyncRepLock);
	return Min(position, flushed);
}

XLogRecPtr
durability_flush(XLogRecPtr upto)
{
	upto = Max(upto, committed);
	if (!XLogRecPtrIsInvalid(upto))
	{
		counters_add(SERVER_FLUSHES, XLogNeedsFlush(upto) ? 1 : 0);
		XLogFlush(upto);
		log_state_wake_held();
		upto = on_standbys(upto);
	}
	if (upto >= committed)
		discount();
	return upto;
}

bool
durability_unfinished(void)
{
	return counted;
}
