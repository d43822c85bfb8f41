/*
 * counters.c - what is counted of requests, in shared memory.
 *
 * A counter is several, in stripes of memory: a process adds to its own stripe, which
 * few others share, and who reads adds them up.  So adding is one instruction, without a lock,
 * and hardly ever a wait for another processor; nothing has to be brought home when a process ends.
 *
 * Tables have places, of which there is a fixed number, known by database and
 * relation alone: their names are the catalogs' to tell.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/lwlock.h"
#include "utils/syscache.h"

#include "shared_memory.h"
#include "statistics/counters.h"
#include "statistics/outcome.h"

#define STRIPES 16

/* Labels in a monitoring system are to be few, so tables are, too; the first place is that of all others. */
#define TABLE_PLACES 1024

/* A process looks at most so often for places whose relations are gone. */
#define CLEANING_MILLISECONDS 60000

typedef pg_atomic_uint64 Counter;

typedef struct OperationCounters
{
	Counter		outcomes[OUTCOMES_MOST];
	Counter		durations[DURATION_BUCKETS];
	Counter		microseconds;
	Counter		request_bytes;
	Counter		response_bytes;
} OperationCounters;

typedef struct Stripe
{
	Counter		server[SERVER_COUNTERS];
	Counter		tables[TABLE_PLACES][TABLE_COUNTERS];
	OperationCounters operations[FLEXIBLE_ARRAY_MEMBER];	/* of each source, that of no operation first */
} Stripe;

typedef struct TablePlace
{
	Oid			database;		/* InvalidOid: free */
	Oid			relation;
} TablePlace;

typedef struct State
{
	pg_atomic_uint64 since;
	pg_atomic_uint32 cleaned;	/* how often a place has become free */
	TablePlace	places[TABLE_PLACES];	/* written under the lock */
} State;

static State *state = NULL;
static char *stripes = NULL;
static LWLock *lock = NULL;
static int	operation_count = 0;
static const char *(*name_of_operation) (int operation) = NULL;

const int64 duration_bounds[DURATION_BUCKETS - 1] = {
	100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000,
	1000000, 2500000, 5000000, 10000000
};

/* ---- Memory ---- */

static Size
stripe_size(void)
{
	return CACHELINEALIGN(offsetof(Stripe, operations) +
						  sizeof(OperationCounters) * SOURCES * (operation_count + 1));
}

static Stripe *
stripe(int number)
{
	return (Stripe *) (stripes + stripe_size() * number);
}

static Size
shared_size(void)
{
	return CACHELINEALIGN(sizeof(State)) + stripe_size() * STRIPES + PG_CACHE_LINE_SIZE;
}

static void
init_stripe(Stripe *memory)
{
	Counter    *counters = (Counter *) memory;

	for (Size i = 0; i < stripe_size() / sizeof(Counter); i++)
		pg_atomic_init_u64(&counters[i], 0);
}

static void
init(void *memory, bool found)
{
	state = (State *) CACHELINEALIGN(memory);
	stripes = (char *) state + CACHELINEALIGN(sizeof(State));
	lock = &GetNamedLWLockTranche("ddb_statistics")->lock;
	if (found)
		return;
	memset(state, 0, sizeof(State));
	pg_atomic_init_u64(&state->since, (uint64) GetCurrentTimestamp());
	pg_atomic_init_u32(&state->cleaned, 0);
	for (int i = 0; i < STRIPES; i++)
		init_stripe(stripe(i));
}

void
counters_register(int operations, const char *(*operation_name) (int operation))
{
	static const SharedMemory memory = {"ddb statistics", "ddb_statistics", shared_size, init};

	Assert(outcome_count <= OUTCOMES_MOST);
	operation_count = operations;
	name_of_operation = operation_name;
	shared_memory_register(&memory);
}

bool
counters_are_there(void)
{
	return state != NULL;
}

void
counters_require(void)
{
	if (state == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("statistics of ddb are kept only where it is loaded by shared_preload_libraries")));
}

/* ---- Adding ---- */

static Stripe *
my_stripe(void)
{
	return stripe(MyProcPid % STRIPES);
}

static OperationCounters *
operation_counters(Stripe *memory, RequestSource source, int operation)
{
	return &memory->operations[(operation_count + 1) * source + operation + 1];
}

static inline void
add(Counter *counter, uint64 amount)
{
	if (amount > 0)
		pg_atomic_fetch_add_u64(counter, (int64) amount);
}

void
counters_add(ServerCounter counter, uint64 amount)
{
	if (state != NULL)
		add(&my_stripe()->server[counter], amount);
}

void
counters_add_request(RequestSource source, int operation, int outcome)
{
	if (state != NULL)
		add(&operation_counters(my_stripe(), source, operation)->outcomes[outcome], 1);
}

static int
bucket_of(int64 microseconds)
{
	int			bucket = 0;

	while (bucket < DURATION_BUCKETS - 1 && microseconds > duration_bounds[bucket])
		bucket++;
	return bucket;
}

void
counters_add_answer(int operation, int outcome, int64 microseconds,
					uint64 request_bytes, uint64 response_bytes)
{
	OperationCounters *counters;

	if (state == NULL)
		return;
	counters = operation_counters(my_stripe(), SOURCE_HTTP, operation);
	add(&counters->outcomes[outcome], 1);
	add(&counters->request_bytes, request_bytes);
	add(&counters->response_bytes, response_bytes);
	if (microseconds < 0)
		return;
	add(&counters->durations[bucket_of(microseconds)], 1);
	add(&counters->microseconds, microseconds);
}

void
counters_add_table(int place, TableCounter counter, uint64 amount)
{
	if (state != NULL)
		add(&my_stripe()->tables[place][counter], amount);
}

/* ---- Places of tables ---- */

/* Under the lock: the relation's place, or TABLE_PLACE_OTHER; *vacant is a free one, or TABLE_PLACE_OTHER. */
static int
find_place(Oid relation, int *vacant)
{
	*vacant = TABLE_PLACE_OTHER;
	for (int i = TABLE_PLACE_OTHER + 1; i < TABLE_PLACES; i++)
	{
		const TablePlace *place = &state->places[i];

		if (place->relation == relation && place->database == MyDatabaseId)
			return i;
		if (!OidIsValid(place->database) && *vacant == TABLE_PLACE_OTHER)
			*vacant = i;
	}
	return TABLE_PLACE_OTHER;
}

static void
clear_place(int place)
{
	for (int i = 0; i < STRIPES; i++)
	{
		for (int j = 0; j < TABLE_COUNTERS; j++)
			pg_atomic_write_u64(&stripe(i)->tables[place][j], 0);
	}
}

static int
take_place(Oid relation)
{
	int			vacant;
	int			place;

	LWLockAcquire(lock, LW_EXCLUSIVE);
	place = find_place(relation, &vacant);
	if (place == TABLE_PLACE_OTHER && vacant != TABLE_PLACE_OTHER)
	{
		place = vacant;
		clear_place(place);
		state->places[place] = (TablePlace) {MyDatabaseId, relation};
	}
	LWLockRelease(lock);
	return place;
}

void
counters_forget_table(int place, Oid relation)
{
	LWLockAcquire(lock, LW_EXCLUSIVE);
	if (state->places[place].relation == relation)
	{
		state->places[place] = (TablePlace) {InvalidOid, InvalidOid};
		pg_atomic_fetch_add_u32(&state->cleaned, 1);
	}
	LWLockRelease(lock);
}

/* Of other databases it can be told only whether they are there. */
static bool
is_gone(const TablePlace *place)
{
	if (place->database == MyDatabaseId)
		return !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(place->relation));
	return !SearchSysCacheExists1(DATABASEOID, ObjectIdGetDatum(place->database));
}

/* Whether a place has become free; looked for not too often. */
static bool
clean_places(void)
{
	static TimestampTz due = 0;
	TimestampTz now = GetCurrentTimestamp();
	bool		any = false;

	if (now < due)
		return false;
	due = TimestampTzPlusMilliseconds(now, CLEANING_MILLISECONDS);
	for (int i = TABLE_PLACE_OTHER + 1; i < TABLE_PLACES; i++)
	{
		TablePlace	place = state->places[i];

		if (!OidIsValid(place.database) || !is_gone(&place))
			continue;
		counters_forget_table(i, place.relation);
		any = true;
	}
	return any;
}

static int
look_up_place(Oid relation)
{
	int			place = take_place(relation);

	if (place == TABLE_PLACE_OTHER && clean_places())
		place = take_place(relation);
	return place;
}

/*
 * A process remembers the places of the tables that it uses.  What it remembers is true
 * while the place is the relation's; and that there was none, until one has become free.
 */
int
counters_table_place(Oid relation)
{
	static struct
	{
		Oid			relation;
		int			place;
		uint32		cleaned;
	}			memory[256];
	int			at = relation % lengthof(memory);

	if (state == NULL)
		return TABLE_PLACE_OTHER;
	if (memory[at].relation == relation)
	{
		int			place = memory[at].place;

		if (place == TABLE_PLACE_OTHER ? memory[at].cleaned == pg_atomic_read_u32(&state->cleaned) :
			state->places[place].relation == relation && state->places[place].database == MyDatabaseId)
			return place;
	}
	memory[at].relation = relation;
	memory[at].cleaned = pg_atomic_read_u32(&state->cleaned);
	memory[at].place = look_up_place(relation);
	return memory[at].place;
}

/* ---- Reading ---- */

int
counters_operations(void)
{
	return operation_count;
}

const char *
counters_operation_name(int operation)
{
	return operation < 0 ? "" : name_of_operation(operation);
}

uint64
counters_read(ServerCounter counter)
{
	uint64		sum = 0;

	for (int i = 0; i < STRIPES; i++)
		sum += pg_atomic_read_u64(&stripe(i)->server[counter]);
	return sum;
}

void
counters_read_operation(RequestSource source, int operation, OperationSums *sums)
{
	memset(sums, 0, sizeof(OperationSums));
	for (int i = 0; i < STRIPES; i++)
	{
		OperationCounters *counters = operation_counters(stripe(i), source, operation);

		for (int j = 0; j < OUTCOMES_MOST; j++)
			sums->outcomes[j] += pg_atomic_read_u64(&counters->outcomes[j]);
		for (int j = 0; j < DURATION_BUCKETS; j++)
			sums->durations[j] += pg_atomic_read_u64(&counters->durations[j]);
		sums->microseconds += pg_atomic_read_u64(&counters->microseconds);
		sums->request_bytes += pg_atomic_read_u64(&counters->request_bytes);
		sums->response_bytes += pg_atomic_read_u64(&counters->response_bytes);
	}
}

uint64
counters_requests(const OperationSums *sums)
{
	uint64		requests = 0;

	for (int i = 0; i < OUTCOMES_MOST; i++)
		requests += sums->outcomes[i];
	return requests;
}

static bool
is_ours(int place)
{
	return place == TABLE_PLACE_OTHER || state->places[place].database == MyDatabaseId;
}

int
counters_next_table(int place, Oid *relation, uint64 sums[TABLE_COUNTERS])
{
	do
		place++;
	while (place < TABLE_PLACES && !is_ours(place));
	if (place == TABLE_PLACES)
		return -1;
	*relation = state->places[place].relation;
	memset(sums, 0, sizeof(uint64) * TABLE_COUNTERS);
	for (int i = 0; i < STRIPES; i++)
	{
		for (int j = 0; j < TABLE_COUNTERS; j++)
			sums[j] += pg_atomic_read_u64(&stripe(i)->tables[place][j]);
	}
	return place;
}

TimestampTz
counters_since(void)
{
	return (TimestampTz) pg_atomic_read_u64(&state->since);
}

void
counters_reset(void)
{
	for (int i = 0; i < STRIPES; i++)
	{
		Counter    *counters = (Counter *) stripe(i);

		for (Size j = 0; j < stripe_size() / sizeof(Counter); j++)
			pg_atomic_write_u64(&counters[j], 0);
	}
	pg_atomic_write_u64(&state->since, (uint64) GetCurrentTimestamp());
}
