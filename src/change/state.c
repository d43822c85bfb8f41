/*
 * state.c - what the processes of change logs and everybody else share in memory.
 *
 * Decoders are woken by who has committed a change of a table with a log: a session
 * notes in a flag of its own that it has written one, and its commit looks for the
 * database's decoder.  Tables without a log cost a write one comparison
 * (table_written, access_method.c).
 */
#include "postgres.h"

#include <signal.h>

#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "replication/slot.h"
#include "storage/condition_variable.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/spin.h"

#include "change/state.h"
#include "shared_memory.h"
#include "table/access_method.h"

/* How long who wants a database waits for its processes to end. */
#define EVICTION_MILLISECONDS 5000

/* A database with a log. */
typedef struct LogState
{
	Oid			database;		/* InvalidOid: nobody's */
	pid_t		writer;
	Latch	   *writer_latch;
	pid_t		decoder;		/* 0: it does not run */
	Latch	   *decoder_latch;
	bool		requested;
	XLogRecPtr	announced;
	XLogRecPtr	reached;
	TimestampTz reached_time;
	int			holes;
	ConditionVariable changed;	/* reached, or the end of a process */
} LogState;

/* As many as there can be slots. */
typedef struct SharedState
{
	slock_t		mutex;
	int			count;
	LogState	logs[FLEXIBLE_ARRAY_MEMBER];
} SharedState;

static SharedState *shared = NULL;
static LogState *own = NULL;	/* in the log's processes */

bool		log_state_hold = false;

/* This transaction has written a table with a log. */
static bool written = false;

/* Commits that are to be told of once they are on disk. */
static XLogRecPtr held = InvalidXLogRecPtr;

/* ---- In the postmaster ---- */

static Size
shared_size(void)
{
	return add_size(offsetof(SharedState, logs), mul_size(max_replication_slots, sizeof(LogState)));
}

static void
init(void *memory, bool found)
{
	shared = memory;
	if (!found)
	{
		memset(shared, 0, shared_size());
		SpinLockInit(&shared->mutex);
		shared->count = max_replication_slots;
		for (int i = 0; i < shared->count; i++)
			ConditionVariableInit(&shared->logs[i].changed);
	}
}

/* ---- Finding ---- */

bool
log_state_is_there(void)
{
	return shared != NULL;
}

/* The database's, or NULL; the spinlock is held, for a few instructions. */
static LogState *
find(Oid database)
{
	for (int i = 0; i < shared->count; i++)
	{
		if (shared->logs[i].database == database)
			return &shared->logs[i];
	}
	return NULL;
}

/* ---- The log's processes ---- */

/* Behind the release of the slot, which happens before shared memory is left. */
static void
release(int code, Datum argument)
{
	SpinLockAcquire(&shared->mutex);
	if (own->writer == MyProcPid)
	{
		own->writer = 0;
		own->writer_latch = NULL;
	}
	if (own->decoder == MyProcPid)
	{
		own->decoder = 0;
		own->decoder_latch = NULL;
	}
	if (own->writer == 0 && own->decoder == 0)
		own->database = InvalidOid;
	SpinLockRelease(&shared->mutex);
	ConditionVariableBroadcast(&own->changed);
}

bool
log_state_claim(void)
{
	LogState   *state;

	SpinLockAcquire(&shared->mutex);
	state = find(MyDatabaseId);
	if (state == NULL && (state = find(InvalidOid)) != NULL)
	{
		state->database = MyDatabaseId;
		state->requested = false;
		state->announced = state->reached = InvalidXLogRecPtr;
		state->reached_time = 0;
		state->holes = 0;
	}
	if (state != NULL && state->writer == 0)
	{
		state->writer = MyProcPid;
		state->writer_latch = MyLatch;
		own = state;
	}
	SpinLockRelease(&shared->mutex);
	if (own == NULL)
		return false;
	on_shmem_exit(release, (Datum) 0);
	return true;
}

bool
log_state_resign(void)
{
	bool		requested;

	SpinLockAcquire(&shared->mutex);
	requested = own->requested;
	own->writer_latch = NULL;
	SpinLockRelease(&shared->mutex);
	return requested;
}

void
log_state_join(void)
{
	SpinLockAcquire(&shared->mutex);
	own = find(MyDatabaseId);
	if (own != NULL)
	{
		own->decoder = MyProcPid;
		own->decoder_latch = MyLatch;
	}
	SpinLockRelease(&shared->mutex);
	if (own == NULL)
		elog(ERROR, "there is no writer of a change log in this database");
	on_shmem_exit(release, (Datum) 0);
}

bool
log_state_take_request(void)
{
	bool		requested;

	SpinLockAcquire(&shared->mutex);
	requested = own->requested;
	own->requested = false;
	SpinLockRelease(&shared->mutex);
	return requested;
}

XLogRecPtr
log_state_announced(void)
{
	XLogRecPtr	announced;

	SpinLockAcquire(&shared->mutex);
	announced = own->announced;
	SpinLockRelease(&shared->mutex);
	return announced;
}

void
log_state_publish(XLogRecPtr lsn, TimestampTz time)
{
	SpinLockAcquire(&shared->mutex);
	own->reached = Max(own->reached, lsn);
	own->reached_time = Max(own->reached_time, time);
	SpinLockRelease(&shared->mutex);
	ConditionVariableBroadcast(&own->changed);
}

void
log_state_count_hole(void)
{
	SpinLockAcquire(&shared->mutex);
	own->holes++;
	SpinLockRelease(&shared->mutex);
}

/* ---- Others ---- */

bool
log_state_request(void)
{
	LogState   *state;
	Latch	   *latch = NULL;

	if (shared == NULL)
		return false;
	SpinLockAcquire(&shared->mutex);
	state = find(MyDatabaseId);
	if (state != NULL)
	{
		state->requested = true;
		latch = state->writer_latch;
	}
	SpinLockRelease(&shared->mutex);
	if (latch != NULL)
		SetLatch(latch);
	return latch != NULL;
}

bool
log_state_reached(XLogRecPtr *lsn, TimestampTz *time)
{
	LogState   *state;

	if (shared == NULL)
		return false;
	SpinLockAcquire(&shared->mutex);
	state = find(MyDatabaseId);
	if (state != NULL)
	{
		*lsn = state->reached;
		*time = state->reached_time;
	}
	SpinLockRelease(&shared->mutex);
	return state != NULL;
}

int
log_state_holes(void)
{
	LogState   *state;
	int			holes = 0;

	if (shared == NULL)
		return 0;
	SpinLockAcquire(&shared->mutex);
	state = find(MyDatabaseId);
	if (state != NULL)
		holes = state->holes;
	SpinLockRelease(&shared->mutex);
	return holes;
}

bool
log_state_is_behind(void)
{
	LogState   *state;
	bool		behind;

	if (shared == NULL)
		return false;
	SpinLockAcquire(&shared->mutex);
	state = find(MyDatabaseId);
	behind = state != NULL && state->announced > state->reached;
	SpinLockRelease(&shared->mutex);
	return behind;
}

bool
log_state_wait(XLogRecPtr lsn, long milliseconds, void (*waiting) (void))
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);
	LogState   *state = NULL;
	XLogRecPtr	reached = InvalidXLogRecPtr;

	if (shared == NULL)
		return false;
	log_state_wake(lsn);
	for (;;)
	{
		long		left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end);

		SpinLockAcquire(&shared->mutex);
		state = find(MyDatabaseId);
		reached = state != NULL ? state->reached : InvalidXLogRecPtr;
		SpinLockRelease(&shared->mutex);
		if (reached >= lsn || left <= 0)
			break;
		if (waiting != NULL)
			waiting();
		/* one that is not there yet is looked for again in a while */
		if (state != NULL)
			(void) ConditionVariableTimedSleep(&state->changed, Min(left, 1000), PG_WAIT_EXTENSION);
		else
		{
			(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
							 Min(left, 50), PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
			log_state_wake(lsn);
		}
	}
	ConditionVariableCancelSleep();
	return reached >= lsn;
}

/* ---- Waking ---- */

void
log_state_wake(XLogRecPtr lsn)
{
	LogState   *state;
	Latch	   *latch = NULL;

	if (shared == NULL)
		return;
	SpinLockAcquire(&shared->mutex);
	state = find(MyDatabaseId);
	if (state != NULL)
	{
		state->announced = Max(state->announced, lsn);
		latch = state->decoder_latch;
	}
	SpinLockRelease(&shared->mutex);
	if (latch != NULL)
		SetLatch(latch);
}

void
log_state_wake_held(void)
{
	if (!XLogRecPtrIsInvalid(held))
		log_state_wake(held);
	held = InvalidXLogRecPtr;
}

static void
transaction_ends(XactEvent event, void *argument)
{
	if (!written)
		return;
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			written = false;
			if (log_state_hold)
				held = XactLastCommitEnd;
			else
				log_state_wake(XactLastCommitEnd);
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			written = false;
			break;
		default:
			break;
	}
}

/* A row of a table that keeps old images has been written. */
static void
note_written(void)
{
	static bool registered = false;

	if (written)
		return;
	if (!registered)
	{
		RegisterXactCallback(transaction_ends, NULL);
		registered = true;
	}
	written = true;
}

void
log_state_install(void)
{
	static const SharedMemory memory = {"ddb change logs", NULL, shared_size, init};

	shared_memory_register(&memory);
	table_written = note_written;
}

/* ---- Leaving a database ---- */

/* Has them end; true where there are none any more. */
static bool
end_processes(Oid database, LogState **state)
{
	pid_t		writer = 0;
	pid_t		decoder = 0;

	SpinLockAcquire(&shared->mutex);
	*state = find(database);
	if (*state != NULL)
	{
		writer = (*state)->writer;
		decoder = (*state)->decoder;
	}
	SpinLockRelease(&shared->mutex);
	/* the decoder first: its writer would only wait for it */
	if (decoder != 0)
		kill(decoder, SIGTERM);
	if (writer != 0)
		kill(writer, SIGTERM);
	return writer == 0 && decoder == 0;
}

void
log_state_evict(Oid database)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), EVICTION_MILLISECONDS);
	LogState   *state;

	if (shared == NULL || !OidIsValid(database))
		return;
	while (!end_processes(database, &state) && GetCurrentTimestamp() < end)
		(void) ConditionVariableTimedSleep(&state->changed, 100, PG_WAIT_EXTENSION);
	ConditionVariableCancelSleep();
}
