/*
 * lookup.c - finding the row of a key.
 *
 * The primary index is unique, so nearly always it has one entry for a key: one
 * descent and one look at the heap find the row, or that there is none.  Where
 * that entry leads to a dead row, or there are several entries, an index scan
 * sorts them out, and marks what is dead for those who come later.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "executor/tuptable.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "storage/predicate.h"
#include "utils/rel.h"

#include "compat.h"
#include "table/descent.h"
#include "table/lookup.h"

/* As far as a row is fetched into the processor's cache before it is read: more does not go there at once. */
#define CACHE_LINE 64
#define MAX_PREFETCH 2048

typedef enum Probe
{
	PROBE_FOUND,
	PROBE_ABSENT,
	PROBE_UNCERTAIN
} Probe;

IndexScanDesc
lookup_scan(const Table *table, const PrimaryIndexEntry *entry, Snapshot snapshot)
{
	ScanKeyData keys[PRIMARY_INDEX_MAX_COLUMNS];
	IndexScanDesc scan;

	for (int i = 0; i < entry->count; i++)
		ScanKeyInit(&keys[i], i + 1, BTEqualStrategyNumber,
					row_column_procedure(table, i + 1, BTEqualStrategyNumber), entry->values[i]);
	scan = index_beginscan_compat(table->relation, table->primary_index, snapshot, entry->count, 0);
	index_rescan(scan, keys, entry->count, NULL, 0);
	return scan;
}

/* Has the processor fetch a row that is read next. */
static void
prefetch_row(TupleTableSlot *slot)
{
	HeapTuple	row = ((BufferHeapTupleTableSlot *) slot)->base.tuple;
	uint32		length = Min(row->t_len, MAX_PREFETCH);

	for (uint32 at = CACHE_LINE; at < length; at += CACHE_LINE)
		__builtin_prefetch((char *) row->t_data + at);
}

/* Looks at the row that an entry points at. */
static bool
fetch_row(const Table *table, ItemPointerData tid, Snapshot snapshot, TupleTableSlot *slot)
{
	IndexFetchTableData *fetch = table_index_fetch_begin(table->relation);
	bool		call_again = false;
	bool		found = table_index_fetch_tuple(fetch, &tid, snapshot, slot, &call_again, NULL);

	table_index_fetch_end(fetch);
	if (found && TTS_IS_BUFFERTUPLE(slot))
		prefetch_row(slot);
	return found;
}

/* Whether an index scan would not look at the entry; on a standby, readers may still need what is dead on the primary. */
static bool
is_dead(Page page, OffsetNumber offset)
{
	return ItemIdIsDead(PageGetItemId(page, offset)) && !TransactionStartedDuringRecovery();
}

/* What a leaf page says of the key, from its first entry that is not less; *tid is the row's, if it may be there. */
static Probe
judge_page(Relation index, BTScanInsert key, Page page, OffsetNumber offset, ItemPointer tid)
{
	OffsetNumber last = PageGetMaxOffsetNumber(page);
	IndexTuple	entry;

	while (offset <= last && is_dead(page, offset))
		offset++;
	if (offset > last)
		return P_RIGHTMOST(BTPageGetOpaque(page)) ? PROBE_ABSENT : PROBE_UNCERTAIN;
	if (_bt_compare(index, key, page, offset) != 0)
		return PROBE_ABSENT;
	entry = (IndexTuple) PageGetItem(page, PageGetItemId(page, offset));
	if (BTreeTupleIsPosting(entry))
		return PROBE_UNCERTAIN;
	*tid = entry->t_tid;
	return PROBE_FOUND;
}

/* Looks where the key's first entry leads to.  Until then the page is pinned, so that the row stays its own. */
static Probe
probe(const Table *table, const PrimaryIndexEntry *entry, Snapshot snapshot, TupleTableSlot *slot)
{
	Relation	index = table->primary_index;
	BTScanInsert key = descent_key(index, entry->values, entry->count);
	OffsetNumber offset;
	Buffer		buffer = descent_begin(index, key, snapshot, &offset);
	ItemPointerData tid;
	Probe		result;

	if (!BufferIsValid(buffer))
	{
		pfree(key);
		return PROBE_UNCERTAIN;
	}
	result = judge_page(index, key, BufferGetPage(buffer), offset, &tid);
	PredicateLockPage(index, BufferGetBlockNumber(buffer), snapshot);
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	if (result == PROBE_FOUND && !fetch_row(table, tid, snapshot, slot))
		result = PROBE_UNCERTAIN;
	ReleaseBuffer(buffer);
	pfree(key);
	return result;
}

/* PostgreSQL's statistics of the index are the same as of an index scan. */
static void
count_probe(Relation index, Probe result)
{
	pgstat_count_index_scan(index);
	if (result == PROBE_FOUND)
	{
		pgstat_count_index_tuples(index, 1);
		pgstat_count_heap_fetch(index);
	}
}

bool
lookup_row(const Table *table, const PrimaryIndexEntry *entry, Snapshot snapshot, TupleTableSlot *slot)
{
	Probe		result = probe(table, entry, snapshot, slot);
	IndexScanDesc scan;
	bool		found;

	if (result != PROBE_UNCERTAIN)
	{
		count_probe(table->primary_index, result);
		return result == PROBE_FOUND;
	}
	scan = lookup_scan(table, entry, snapshot);
	found = index_getnext_slot(scan, ForwardScanDirection, slot);
	index_endscan(scan);
	return found;
}
