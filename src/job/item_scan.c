/*
 * item_scan.c - walking over all items of a relation.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "catalog/pg_class.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "job/item_scan.h"
#include "table/access_method.h"
#include "table/layout.h"

int
table_item_column(Relation relation)
{
	const TableLayout *layout = relation->rd_rel->relkind == RELKIND_RELATION ? layout_of_relation(relation) : NULL;

	if (layout != NULL && OidIsValid(layout->primary_index))
		return layout->item_column;
	if (relation_is_ours(relation))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the relation \"%s\" does not have its primary index yet", RelationGetRelationName(relation))));
	return 0;
}

/* Tells which part of the blocks has been read; a scan may begin in the middle, and go around. */
static void
tell_block(const TupleTableSlot *slot, BlockNumber blocks, BlockNumber *first)
{
	BlockNumber block = ItemPointerGetBlockNumber(&slot->tts_tid);

	if (*first == InvalidBlockNumber)
		*first = block;
	job_progress_parts(block >= *first ? block - *first : block + blocks - *first, blocks);
}

bool
item_scan(const Job *job, Relation relation, int column, void (*take) (void *argument, Datum item), void *argument)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	TableScanDesc scan = table_beginscan(relation, snapshot, 0, NULL);
	MemoryContext row = AllocSetContextCreate(CurrentMemoryContext, "ddb row of a scan", ALLOCSET_DEFAULT_SIZES);
	BlockNumber blocks = RelationGetNumberOfBlocks(relation);
	BlockNumber first = InvalidBlockNumber;
	bool		going = true;

	while (going && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		MemoryContext caller = MemoryContextSwitchTo(row);
		bool		isnull;
		Datum		item = slot_getattr(slot, column, &isnull);

		CHECK_FOR_INTERRUPTS();
		tell_block(slot, blocks, &first);
		if (!isnull)
			take(argument, item);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(row);
		going = !job_is_in_the_way(job);
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextDelete(row);
	UnregisterSnapshot(snapshot);
	return going;
}
