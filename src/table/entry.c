/*
 * entry.c - writing the relations of secondary indexes.
 *
 * Whoever writes an entry has the row of its item in the table locked, so there
 * are no races here: an entry is looked for as it is now (SnapshotSelf), and is
 * found where it was left by whoever had the item's row before.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "owner_code.h"
#include "table/lookup.h"
#include "table/row.h"
#include "table/table.h"

/*
 * Of a relation that has further indexes, if only while its primary index is
 * built anew beside it.
 */
static bool
insert_all_index_entries(Table *index, TupleTableSlot *slot, bool summarizing)
{
	EState	   *estate = CreateExecutorState();
	ResultRelInfo *result = makeNode(ResultRelInfo);
	bool		conflict = false;
	OwnerActing before;

	/*
	 * Whoever writes an item, or nobody where the index is filled, has nothing to
	 * do with what the owner has put on this relation.
	 */
	owner_code_begin(index->relation, &before);
	init_range_table_compat(estate, index->relation);
	InitResultRelInfo(result, index->relation, 1, NULL, 0);
	ExecOpenIndices(result, true);
	(void) insert_index_tuples_compat(result, slot, estate, true, &conflict, NIL, summarizing);
	ExecCloseIndices(result);
	FreeExecutorState(estate);
	owner_code_end(&before);
	return !conflict;
}

/* False where another entry has the key. */
static bool
insert_index_entries(Table *index, PrimaryIndexEntry *entry, TupleTableSlot *slot,
					 bool unchanged, bool summarizing)
{
	bool		isnull[PRIMARY_INDEX_MAX_COLUMNS] = {false};

	if (!index->only_index)
		return insert_all_index_entries(index, slot, summarizing);

	/* a B-tree does not read the IndexInfo */
	return index_insert(index->primary_index, entry->values, isnull, &slot->tts_tid,
						index->relation, UNIQUE_CHECK_PARTIAL, unchanged, NULL);
}

/* A row that was written by this very command cannot be changed before the next one. */
static void
make_changeable(TupleTableSlot *slot)
{
	bool		isnull;
	TransactionId writer = DatumGetTransactionId(slot_getsysattr(slot, MinTransactionIdAttributeNumber,
																 &isnull));
	CommandId	command = DatumGetCommandId(slot_getsysattr(slot, MinCommandIdAttributeNumber, &isnull));

	if (TransactionIdIsCurrentTransactionId(writer) && command >= GetCurrentCommandId(false))
		CommandCounterIncrement();
}

static void
require_done(Table *index, TM_Result result)
{
	if (result != TM_Ok)
		elog(ERROR, "unexpected result %d of writing an entry of secondary index \"%s\"",
			 result, RelationGetRelationName(index->relation));
}

static void
delete_row(Table *index, TupleTableSlot *slot)
{
	TM_FailureData failure;

	make_changeable(slot);
	require_done(index, table_tuple_delete(index->relation, &slot->tts_tid,
										   GetCurrentCommandId(true), SnapshotSelf,
										   InvalidSnapshot, true, &failure, false));
}

/* Deletes the entry that has the key besides the one in the slot. */
static void
delete_other(Table *index, const PrimaryIndexEntry *entry, TupleTableSlot *slot)
{
	TupleTableSlot *other = table_slot_create(index->relation, NULL);
	IndexScanDesc scan = lookup_scan(index, entry, SnapshotSelf);
	bool		found = false;

	while (!found && index_getnext_slot(scan, ForwardScanDirection, other))
		found = !ItemPointerEquals(&other->tts_tid, &slot->tts_tid);
	index_endscan(scan);
	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("an index of relation \"%s\" of a secondary index has another entry of equal key",
						RelationGetRelationName(index->relation))));
	delete_row(index, other);
	ExecDropSingleTupleTableSlot(other);
}

void
table_insert_entry(Table *index, const Value *item)
{
	TupleTableSlot *slot = table_slot_create(index->relation, NULL);
	PrimaryIndexEntry entry;

	row_index_entry(index, item, &entry);
	row_store(index, item, slot);
	table_tuple_insert(index->relation, slot, GetCurrentCommandId(true), 0, NULL);
	if (!insert_index_entries(index, &entry, slot, false, false))
		delete_other(index, &entry, slot);
	ExecDropSingleTupleTableSlot(slot);
}

static void
replace_row(Table *index, PrimaryIndexEntry *entry, TupleTableSlot *old_slot, TupleTableSlot *slot)
{
	UpdateIndexes update_indexes = UPDATE_INDEXES_NONE;
	LockTupleMode lock_mode;
	TM_FailureData failure;

	make_changeable(old_slot);
	require_done(index, table_tuple_update(index->relation, &old_slot->tts_tid, slot,
										   GetCurrentCommandId(true), SnapshotSelf,
										   InvalidSnapshot, true, &failure, &lock_mode,
										   &update_indexes));
	if (update_indexes != UPDATE_INDEXES_NONE &&
		!insert_index_entries(index, entry, slot, true,
							  update_indexes != UPDATE_INDEXES_ALL))
		delete_other(index, entry, slot);
}

bool
table_replace_entry(Table *index, const Value *old_item, const Value *item)
{
	TupleTableSlot *old_slot = table_slot_create(index->relation, NULL);
	TupleTableSlot *slot = table_slot_create(index->relation, NULL);
	PrimaryIndexEntry entry;
	bool		found;

	row_index_entry(index, old_item, &entry);
	found = lookup_row(index, &entry, SnapshotSelf, old_slot);
	if (found)
	{
		row_store(index, item, slot);
		replace_row(index, &entry, old_slot, slot);
	}
	ExecDropSingleTupleTableSlot(slot);
	ExecDropSingleTupleTableSlot(old_slot);
	return found;
}

bool
table_delete_entry(Table *index, const Value *old_item)
{
	TupleTableSlot *slot = table_slot_create(index->relation, NULL);
	PrimaryIndexEntry entry;
	bool		found;

	row_index_entry(index, old_item, &entry);
	found = lookup_row(index, &entry, SnapshotSelf, slot);
	if (found)
		delete_row(index, slot);
	ExecDropSingleTupleTableSlot(slot);
	return found;
}

bool
table_has_entry(Table *index, const Value *old_item)
{
	TupleTableSlot *slot = table_slot_create(index->relation, NULL);
	PrimaryIndexEntry entry;
	bool		found;

	row_index_entry(index, old_item, &entry);
	found = lookup_row(index, &entry, SnapshotSelf, slot);
	ExecDropSingleTupleTableSlot(slot);
	return found;
}

int
table_find_entries(Table *index, const Value *old_item, Snapshot snapshot, Value *entry)
{
	TupleTableSlot *slot = table_slot_create(index->relation, NULL);
	PrimaryIndexEntry key;
	IndexScanDesc scan;
	int			count = 0;

	row_index_entry(index, old_item, &key);
	scan = lookup_scan(index, &key, snapshot);
	while (index_getnext_slot(scan, ForwardScanDirection, slot))
	{
		if (count++ == 0)
		{
			Value		stored = row_item(index, slot);

			*entry = stored;
			entry->data = memcpy(palloc(stored.length), stored.data, stored.length);
		}
	}
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return count;
}
