/*
 * placement_memory.c - what one command has learnt of the collections that it
 * inserts into.
 *
 * COPY and INSERT … SELECT of many items would descend the primary index twice
 * for each: to see where the item's collection lies, and to enter the item.
 * What was seen, and where items went since, is remembered until the command
 * ends, for about as many collections as have their turn between two items of
 * one of them.
 *
 * It is as good as what the index tells, a hint; but its pages are sure to be
 * there: a relation is truncated under a lock that excludes the one under
 * which this command, in this very subtransaction, has written to it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "table/neighbours.h"
#include "table/placement_memory.h"

/* A command of so few insertions into a relation remembers nothing. */
#define INSERTIONS_FORGOTTEN 8

/* A power of two, each. */
#define FIRST_CAPACITY 64
#define MOST_CAPACITY (128 * 1024)

/* In how many places a collection may be, so that many find one of their own. */
#define PLACES_TO_TRY 8

/* A command can write a table and its indexes in turn. */
#define MEMORIES 4

typedef struct Memory
{
	/* whose it is; a transaction's or subtransaction's identifier is never used again */
	Oid			relation;
	TransactionId transaction;
	CommandId	command;

	int			insertions;
	MemoryContext context;		/* goes with the transaction; NULL: nothing is remembered */
	Collection *collections;
	uint32		capacity;
	uint32		used;
} Memory;

static Memory memories[MEMORIES];
static int	next_memory = 0;

static void
memory_has_gone(void *memory)
{
	((Memory *) memory)->context = NULL;
}

static void
forget(Memory *memory)
{
	if (memory->context != NULL)
		MemoryContextDelete(memory->context);
	memset(memory, 0, sizeof(Memory));
}

static Memory *
memory_of(Relation relation, CommandId command)
{
	Oid			oid = RelationGetRelid(relation);
	TransactionId transaction = GetCurrentTransactionId();
	Memory	   *memory = NULL;

	for (int i = 0; i < MEMORIES && memory == NULL; i++)
	{
		if (memories[i].relation == oid)
			memory = &memories[i];
	}
	if (memory != NULL && memory->transaction == transaction && memory->command == command)
		return memory;

	if (memory == NULL)
	{
		memory = &memories[next_memory];
		next_memory = (next_memory + 1) % MEMORIES;
	}
	forget(memory);
	memory->relation = oid;
	memory->transaction = transaction;
	memory->command = command;
	return memory;
}

static void
begin(Memory *memory)
{
	MemoryContextCallback *callback;

	memory->context = AllocSetContextCreate(TopTransactionContext, "ddb placement memory",
											ALLOCSET_DEFAULT_SIZES);
	callback = MemoryContextAlloc(memory->context, sizeof(MemoryContextCallback));
	callback->func = memory_has_gone;
	callback->arg = memory;
	MemoryContextRegisterResetCallback(memory->context, callback);

	memory->collections = MemoryContextAllocZero(memory->context,
												 FIRST_CAPACITY * sizeof(Collection));
	memory->capacity = FIRST_CAPACITY;
	memory->used = 0;
}

/*
 * The collection's place: where it is already, or else a free one, or at last
 * that of another one, for the newer collection stays: a load may come in the
 * order of keys.
 */
static Collection *
find_place(Collection *collections, uint32 capacity, const unsigned char *hash)
{
	uint32		bits;
	Collection *place;

	/* hashes are spread evenly over any of their bits */
	memcpy(&bits, hash, sizeof(bits));
	for (uint32 i = 0; i < PLACES_TO_TRY; i++)
	{
		place = &collections[(bits + i) & (capacity - 1)];
		if (place->items == 0 || memcmp(place->hash, hash, KEY_HASH_LENGTH) == 0)
			break;
	}
	return place;
}

static void
grow(Memory *memory)
{
	uint32		capacity = memory->capacity * 2;
	Collection *collections = MemoryContextAllocZero(memory->context,
													 capacity * sizeof(Collection));

	memory->used = 0;
	for (uint32 i = 0; i < memory->capacity; i++)
	{
		Collection *collection = &memory->collections[i];

		if (collection->items > 0)
		{
			*find_place(collections, capacity, collection->hash) = *collection;
			memory->used++;
		}
	}
	pfree(memory->collections);
	memory->collections = collections;
	memory->capacity = capacity;
}

Collection *
placement_recall(Relation relation, CommandId command, const unsigned char hash[KEY_HASH_LENGTH])
{
	Memory	   *memory = memory_of(relation, command);
	Collection *collection;

	if (memory->context == NULL)
	{
		if (++memory->insertions <= INSERTIONS_FORGOTTEN)
			return NULL;
		begin(memory);
	}

	if (memory->used > memory->capacity / 2 && memory->capacity < MOST_CAPACITY)
		grow(memory);
	collection = find_place(memory->collections, memory->capacity, hash);
	if (collection->items == 0)
		memory->used++;
	else if (memcmp(collection->hash, hash, KEY_HASH_LENGTH) == 0)
		return collection;

	memset(collection, 0, sizeof(Collection));
	memcpy(collection->hash, hash, KEY_HASH_LENGTH);
	return collection;
}

void
placement_remember(Collection *collection, BlockNumber block)
{
	int			at = 0;

	collection->items = Min(collection->items + 1, NEIGHBOURS);
	while (at < collection->blocks && collection->block[at] != block)
		at++;
	if (at == collection->blocks)
	{
		collection->blocks = Min(collection->blocks + 1, PAGES_TO_TRY);
		at = collection->blocks - 1;
	}
	memmove(&collection->block[1], &collection->block[0], at * sizeof(BlockNumber));
	collection->block[0] = block;
}
