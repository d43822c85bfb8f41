/*
 * token_filter.c - tokens that are surely not in a period's relation.
 *
 * There is a window of bits for each of three periods that follow each other, and
 * whoever comes first in a period takes the oldest one for it.  A window is complete
 * if this server was at work through two periods before it: then nobody else, as a
 * primary server before this one whose clock was ahead, has kept a token of that time.
 *
 * A token has several bits of one word, so that it is noted by one operation, which
 * is a barrier as well.  Bits stay of transactions that were rolled back, and of other
 * databases; and a window that is too full tells less.  All that costs is a look.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"

#include "operation/transaction/token_filter.h"
#include "shared_memory.h"

#define WINDOWS 3
#define WORDS (128 * 1024)
#define BITS_OF_TOKEN 4
#define TRANCHE "ddb_tokens"

/* No period, as periods are counted from 2000. */
#define NONE 0

typedef struct Window
{
	pg_atomic_uint64 period;	/* whose it is, or NONE while it is being emptied */
	pg_atomic_uint32 complete;
	pg_atomic_uint64 words[WORDS];
} Window;

typedef struct TokenFilter
{
	LWLock	   *lock;			/* of who takes a window */
	pg_atomic_uint64 first;		/* period in which a token was kept since the server began, or NONE */
	pg_atomic_uint64 last;		/* of all that have begun; a clock may go back after it */
	Window		windows[WINDOWS];
} TokenFilter;

static TokenFilter *filter = NULL;

/* ---- In the postmaster ---- */

static Size
shared_size(void)
{
	return sizeof(TokenFilter);
}

static void
init(void *memory, bool found)
{
	filter = memory;
	if (!found)
	{
		filter->lock = &GetNamedLWLockTranche(TRANCHE)->lock;
		pg_atomic_init_u64(&filter->first, NONE);
		pg_atomic_init_u64(&filter->last, NONE);
		for (int i = 0; i < WINDOWS; i++)
		{
			/* the words of a window are emptied by who takes it, not before they are needed */
			pg_atomic_init_u64(&filter->windows[i].period, NONE);
			pg_atomic_init_u32(&filter->windows[i].complete, 0);
		}
	}
}

void
token_filter_register(void)
{
	static const SharedMemory memory = {"ddb tokens", TRANCHE, shared_size, init};

	shared_memory_register(&memory);
}

/* ---- Bits ---- */

static pg_atomic_uint64 *
word_of(Window *window, const pg_uuid_t *token)
{
	uint32		number;

	memcpy(&number, token->data, sizeof(number));
	return &window->words[number % WORDS];
}

static uint64
bits_of(const pg_uuid_t *token)
{
	uint64		bits = 0;

	for (int i = 0; i < BITS_OF_TOKEN; i++)
		bits |= UINT64CONST(1) << (token->data[UUID_LEN - 1 - i] & 63);
	return bits;
}

/* ---- Periods ---- */

/* Takes the window of a period in which nobody was yet; one that is over gets none. */
static void
begin_period(uint64 period)
{
	Window	   *window = &filter->windows[period % WINDOWS];
	uint64		first;

	LWLockAcquire(filter->lock, LW_EXCLUSIVE);
	if (period > pg_atomic_read_u64(&filter->last))
	{
		/* who is in the period before looks for what nobody can have noted yet */
		pg_atomic_write_u64(&filter->last, period);
		pg_atomic_write_u64(&window->period, NONE);
		pg_memory_barrier();
		for (int i = 0; i < WORDS; i++)
			pg_atomic_init_u64(&window->words[i], 0);
		first = pg_atomic_read_u64(&filter->first);
		if (first == NONE)
			pg_atomic_write_u64(&filter->first, period);
		pg_atomic_write_u32(&window->complete, first != NONE && first + 2 <= period);
		pg_memory_barrier();
		pg_atomic_write_u64(&window->period, period);
	}
	LWLockRelease(filter->lock);
}

void
token_filter_note(int64 period, const pg_uuid_t *token)
{
	Window	   *window;

	if (filter == NULL)
		return;
	window = &filter->windows[period % WINDOWS];
	if (pg_atomic_read_u64(&window->period) != (uint64) period)
	{
		begin_period(period);
		/* a clock has gone back; of a period without a window everybody looks */
		if (pg_atomic_read_u64(&window->period) != (uint64) period)
			return;
	}
	pg_atomic_fetch_or_u64(word_of(window, token), bits_of(token));
}

/* Whether one was kept in a period that is over; what is read meanwhile of a window that another period takes is nothing. */
static bool
former_may_have(Window *window, uint64 period, const pg_uuid_t *token)
{
	uint64		bits = bits_of(token);
	uint64		word;

	if (pg_atomic_read_u64(&window->period) != period || pg_atomic_read_u32(&window->complete) == 0)
		return true;
	pg_read_barrier();
	word = pg_atomic_read_u64(word_of(window, token));
	pg_read_barrier();
	return pg_atomic_read_u64(&window->period) != period || (word & bits) == bits;
}

bool
token_filter_may_have(int64 now, int64 period, const pg_uuid_t *token)
{
	uint64		first;

	if (filter == NULL)
		return true;
	first = pg_atomic_read_u64(&filter->first);
	if (first == NONE || first + 2 > (uint64) now)
		return true;
	if (period < now)
		return former_may_have(&filter->windows[period % WINDOWS], period, token);
	/* nobody's clock has come so far */
	return pg_atomic_read_u64(&filter->last) >= (uint64) period;
}
