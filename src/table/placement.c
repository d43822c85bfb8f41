/*
 * placement.c - items of one item collection share pages.
 *
 * Query reads a range of one item collection, and on a plain heap the items of
 * a collection lie wherever the relation ended when each arrived.  Here a new
 * item goes to a page that its collection uses already, if one has room.  If
 * none has, the collection is given a part of a page, the larger the more
 * items it has:
 *
 *	- Items of a small collection go where heap puts them, so that a table of
 *	  a million collections of one item is as compact as a heap.
 *	- A collection of n items takes room for about n / 3 further ones at a time
 *	  (a page at most), so that it wastes no more than a third of its size,
 *	  and a page once it has some twenty items.
 *
 * The free space map is the ledger of these reservations: a page's entry is
 * lowered by what is reserved on it, so that nobody else is sent there, and
 * what a new page has left is entered for others.  The map is only a hint:
 * after a crash or a VACUUM it says what is really free, and a reservation not
 * yet used is given away, which costs locality and nothing else.
 *
 * How many items a collection has, and on which pages, is read off the primary
 * index around the place where the new key belongs (neighbours.c).  No lock is
 * held while deciding, so writers of one collection do not wait for each other.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/heaptoast.h"
#include "access/htup_details.h"
#include "storage/bufmgr.h"
#include "storage/freespace.h"
#include "utils/rel.h"

#include "table/layout.h"
#include "table/neighbours.h"
#include "table/placement.h"

/* A collection takes room for one item in so many that it has. */
#define GROWTH 3

/*
 * The page's free bytes for one more tuple.  Read without a lock: it is a
 * guess anyhow by the time that the page is used.
 */
static Size
page_free_space(Relation relation, BlockNumber block)
{
	Buffer		buffer = ReadBuffer(relation, block);
	Page		page = BufferGetPage(buffer);
	Size		free = PageIsNew(page) ? 0 : PageGetHeapFreeSpace(page);

	ReleaseBuffer(buffer);
	return free;
}

/* One of the collection's own pages with room, or InvalidBlockNumber. */
static BlockNumber
find_room_in_collection(Relation relation, const Collection *collection, Size needed)
{
	for (int i = 0; i < collection->blocks; i++)
	{
		if (page_free_space(relation, collection->block[i]) >= needed)
			return collection->block[i];
	}
	return InvalidBlockNumber;
}

/*
 * A page with `reserve` bytes free, of which they are taken in the map; or
 * InvalidBlockNumber.
 */
static BlockNumber
reserve_on_old_page(Relation relation, Size reserve)
{
	BlockNumber block = GetPageWithFreeSpace(relation, reserve);

	for (int tries = 0; tries < PAGES_TO_TRY && block != InvalidBlockNumber; tries++)
	{
		Size		free = page_free_space(relation, block);

		if (free >= reserve)
		{
			RecordPageWithFreeSpace(relation, block, free - reserve);
			return block;
		}
		block = RecordAndGetPageWithFreeSpace(relation, block, free, reserve);
	}
	return InvalidBlockNumber;
}

/* The bytes that a collection of so many items reserves, or 0 for none. */
static Size
bytes_to_reserve(int items_in_collection, Size item_bytes)
{
	int			items = items_in_collection / GROWTH;

	if (items < 2)
		return 0;
	return Min(items * item_bytes, MaxHeapTupleSize);
}

/* What a tuple takes on a page, once toasted. */
static Size
bytes_on_page(Size tuple_size)
{
	return MAXALIGN(Min(tuple_size, TOAST_TUPLE_TARGET)) + sizeof(ItemIdData);
}

/* The relation's layout if it has item collections to place. */
static bool
layout_with_collections(Relation relation, TableLayout *layout)
{
	const TableLayout *cached = layout_of_relation(relation);

	if (!OidIsValid(cached->primary_index) || cached->schema.sort_count == 0 ||
		cached->schema.partition_count == 0)
		return false;
	*layout = *cached;			/* its key names may go away, and are not used */
	return true;
}

static void
steer(Relation relation, Placement *placement, BlockNumber block)
{
	placement->steered = true;
	RelationSetTargetBlock(relation, block);
}

/* Looks around the slot's key in the primary index. */
static void
look_around(const TableLayout *layout, TupleTableSlot *slot, Collection *collection)
{
	Neighbours	neighbours;

	neighbours_find(layout, slot, &neighbours);
	collection->items = neighbours.count;
	collection->blocks = Min(neighbours.blocks, PAGES_TO_TRY);
	memcpy(collection->block, neighbours.block, collection->blocks * sizeof(BlockNumber));
}

/* What the collection of the slot's key is like, by memory or by the index. */
static Collection *
get_collection(Relation relation, const TableLayout *layout, TupleTableSlot *slot,
			   CommandId command, Placement *placement)
{
	unsigned char hash[KEY_HASH_LENGTH];

	collection_hash(&layout->schema, slot, hash);
	placement->remembered = placement_recall(relation, command, hash);
	if (placement->remembered == NULL)
	{
		look_around(layout, slot, &placement->seen);
		return &placement->seen;
	}
	if (placement->remembered->items == 0)
		look_around(layout, slot, placement->remembered);
	return placement->remembered;
}

/* Chooses a page for so many bytes of the collection. */
static void
place(Relation relation, const Collection *collection, Size needed, Placement *placement)
{
	BlockNumber block = find_room_in_collection(relation, collection, needed);
	Size		reserve = bytes_to_reserve(collection->items, needed);

	if (block == InvalidBlockNumber && reserve > 0)
		block = reserve_on_old_page(relation, reserve);
	if (block != InvalidBlockNumber)
	{
		steer(relation, placement, block);
		return;
	}
	if (reserve == 0)
		return;

	/*
	 * A new page: heap extends the relation when it may not look at the map
	 * and its target is full, as the collection's first page is.
	 */
	placement->options = HEAP_INSERT_SKIP_FSM;
	placement->reserve = reserve;
	placement->relation_size = RelationGetNumberOfBlocks(relation);
	steer(relation, placement, collection->block[0]);
}

void
placement_choose(Relation relation, TupleTableSlot *slot, Size tuple_size,
				 CommandId command, Placement *placement)
{
	TableLayout layout;
	const Collection *collection;

	memset(placement, 0, sizeof(Placement));
	placement->shared_target = RelationGetTargetBlock(relation);
	if (!layout_with_collections(relation, &layout))
		return;

	collection = get_collection(relation, &layout, slot, command, placement);
	if (collection->items > 0)
		place(relation, collection, bytes_on_page(tuple_size), placement);
}

void
placement_choose_for_update(Relation relation, TupleTableSlot *slot, Size tuple_size,
							BlockNumber old_block, Placement *placement)
{
	TableLayout layout;
	Collection	collection;
	Size		needed = bytes_on_page(tuple_size);
	BlockNumber block;

	memset(placement, 0, sizeof(Placement));
	placement->shared_target = RelationGetTargetBlock(relation);
	if (!layout_with_collections(relation, &layout) ||
		page_free_space(relation, old_block) >= needed)
		return;

	look_around(&layout, slot, &collection);
	block = find_room_in_collection(relation, &collection, needed);
	if (block == InvalidBlockNumber && bytes_to_reserve(collection.items, needed) > 0)
		block = reserve_on_old_page(relation, bytes_to_reserve(collection.items, needed));
	if (block != InvalidBlockNumber)
		steer(relation, placement, block);
}

void
placement_done(Relation relation, const Placement *placement, BlockNumber block)
{
	if (placement->remembered != NULL && block != InvalidBlockNumber)
		placement_remember(placement->remembered, block);
	if (!placement->steered)
		return;

	/* give away what a new page has left */
	if (placement->reserve > 0 && block != InvalidBlockNumber &&
		block >= placement->relation_size && placement->reserve < MaxHeapTupleSize)
	{
		RecordPageWithFreeSpace(relation, block, MaxHeapTupleSize - placement->reserve);
		FreeSpaceMapVacuumRange(relation, block, block + 1);
	}
	RelationSetTargetBlock(relation, placement->shared_target);
}
