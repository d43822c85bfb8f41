/*
 * neighbours.c - an item collection's pages around a key.
 *
 * The primary index is walked by hand: an index scan would compare every entry
 * of a leaf page with its scan keys, which took most of an insertion's time.
 * Here one descent finds the key's place, and from there on an entry belongs
 * to the collection as long as it begins with the same hash.
 */
#include "postgres.h"

#include "utils/rel.h"
#include "utils/uuid.h"

#include "table/descent.h"
#include "table/neighbours.h"

static void
note_tuple(Neighbours *neighbours, ItemPointer tid)
{
	BlockNumber block = ItemPointerGetBlockNumber(tid);

	if (neighbours->count == NEIGHBOURS)
		return;
	neighbours->count++;
	for (int i = 0; i < neighbours->blocks; i++)
	{
		if (neighbours->block[i] == block)
			return;
	}
	neighbours->block[neighbours->blocks++] = block;
}

/* Notes an entry of a leaf page; false if it is of another collection. */
static bool
note_entry(Neighbours *neighbours, Page page, OffsetNumber offset, const pg_uuid_t *hash)
{
	IndexTuple	entry = (IndexTuple) PageGetItem(page, PageGetItemId(page, offset));

	/*
	 * No row's columns are null, but those of a dead one may have been before
	 * they were NOT NULL.  The hash needs no alignment.
	 */
	if (IndexTupleHasNulls(entry) ||
		memcmp((char *) entry + IndexInfoFindDataOffset(entry->t_info), hash,
			   sizeof(pg_uuid_t)) != 0)
		return false;
	if (!BTreeTupleIsPosting(entry))
		note_tuple(neighbours, &entry->t_tid);
	else
	{
		for (int i = 0; i < BTreeTupleGetNPosting(entry); i++)
			note_tuple(neighbours, BTreeTupleGetPostingN(entry, i));
	}
	return true;
}

/* Notes the page's entries from an offset on; true if the next page may have more. */
static bool
note_to_the_right(Neighbours *neighbours, Page page, OffsetNumber from, const pg_uuid_t *hash)
{
	OffsetNumber last = PageGetMaxOffsetNumber(page);

	for (OffsetNumber offset = from; offset <= last; offset++)
	{
		if (neighbours->count == NEIGHBOURS || !note_entry(neighbours, page, offset, hash))
			return false;
	}
	return !P_RIGHTMOST(BTPageGetOpaque(page));
}

/* The same for those before an offset, the last one first. */
static bool
note_to_the_left(Neighbours *neighbours, Page page, OffsetNumber before, const pg_uuid_t *hash)
{
	OffsetNumber first = P_FIRSTDATAKEY(BTPageGetOpaque(page));

	for (OffsetNumber offset = before; offset > first; offset--)
	{
		if (neighbours->count == NEIGHBOURS ||
			!note_entry(neighbours, page, OffsetNumberPrev(offset), hash))
			return false;
	}
	return !P_LEFTMOST(BTPageGetOpaque(page));
}

/*
 * Reads the sibling of a page that is no longer locked.  Whether it is still
 * the sibling does not matter, as its entries tell themselves whose they are.
 */
static void
note_sibling(Relation index, BlockNumber block, bool left, const pg_uuid_t *hash,
			 Neighbours *neighbours)
{
	Buffer		buffer = _bt_getbuf(index, block, BT_READ);
	Page		page = BufferGetPage(buffer);
	BTPageOpaque opaque = BTPageGetOpaque(page);

	if (P_ISLEAF(opaque) && !P_IGNORE(opaque))
	{
		if (left)
			note_to_the_left(neighbours, page, OffsetNumberNext(PageGetMaxOffsetNumber(page)), hash);
		else
			note_to_the_right(neighbours, page, P_FIRSTDATAKEY(opaque), hash);
	}
	_bt_relbuf(index, buffer);
}

/* Walks the leaf page that the key belongs to, and where it ends, its siblings. */
static void
walk(Relation index, BTScanInsert key, const pg_uuid_t *hash, Neighbours *neighbours)
{
	OffsetNumber offset;
	Buffer		buffer = descent_begin(index, key, NULL, &offset);
	Page		page;
	BlockNumber left;
	BlockNumber right;
	bool		more_on_left;
	bool		more_on_right;

	if (!BufferIsValid(buffer))
		return;					/* the index is empty */

	page = BufferGetPage(buffer);
	left = BTPageGetOpaque(page)->btpo_prev;
	right = BTPageGetOpaque(page)->btpo_next;

	more_on_left = note_to_the_left(neighbours, page, offset, hash);
	more_on_right = note_to_the_right(neighbours, page, offset, hash);
	_bt_relbuf(index, buffer);

	if (more_on_left && neighbours->count < NEIGHBOURS)
		note_sibling(index, left, true, hash, neighbours);
	if (more_on_right && neighbours->count < NEIGHBOURS)
		note_sibling(index, right, false, hash, neighbours);
}

static int
compare_blocks_descending(const void *a, const void *b)
{
	BlockNumber left = *(const BlockNumber *) a;
	BlockNumber right = *(const BlockNumber *) b;

	return left < right ? 1 : left > right ? -1 : 0;
}

void
collection_hash(const KeySchema *schema, TupleTableSlot *slot, unsigned char hash[KEY_HASH_LENGTH])
{
	Value		partition[KEY_MAX_ATTRIBUTES];
	bool		isnull;

	for (int i = 0; i < schema->partition_count; i++)
	{
		struct varlena *column =
			PG_DETOAST_DATUM_PACKED(slot_getattr(slot, schema->partition[i].column, &isnull));

		partition[i].data = VARDATA_ANY(column);
		partition[i].length = VARSIZE_ANY_EXHDR(column);
	}
	key_hash_of_values(partition, schema->partition_count, hash);
}

/* Fills the primary index's columns that a key schema stands for. */
static int
fill_columns(const KeySchema *schema, TupleTableSlot *slot, pg_uuid_t *hash, Datum *values)
{
	bool		isnull;
	int			count = 0;

	collection_hash(schema, slot, hash->data);
	values[count++] = UUIDPGetDatum(hash);
	for (int i = 0; i < schema->sort_count; i++)
		values[count++] = slot_getattr(slot, schema->sort[i].column, &isnull);
	return count;
}

void
neighbours_find(const TableLayout *layout, TupleTableSlot *slot, Neighbours *neighbours)
{
	Relation	index = index_open(layout->primary_index, AccessShareLock);
	pg_uuid_t	hash;
	pg_uuid_t	table_hash;
	Datum		values[PRIMARY_INDEX_MAX_COLUMNS];
	BTScanInsert key;
	int			count;

	count = fill_columns(&layout->schema, slot, &hash, values);
	if (layout->table_schema.partition_count > 0)
		count += fill_columns(&layout->table_schema, slot, &table_hash, values + count);
	key = descent_key(index, values, count);

	memset(neighbours, 0, offsetof(Neighbours, block));
	walk(index, key, &hash, neighbours);
	qsort(neighbours->block, neighbours->blocks, sizeof(BlockNumber), compare_blocks_descending);

	pfree(key);
	index_close(index, AccessShareLock);
}
