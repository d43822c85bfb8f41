/*
 * index_build.c - the scans that build and validate an index.
 *
 * Heap's own scans for this read with heap_getnext(), which serves only
 * relations whose access method is heap itself.  These read with
 * table_scan_getnextslot() and lean on heap for what a tuple's state means.
 *
 * The rule of both: a HOT chain has one index entry, which points at the
 * chain's root and holds the values of the member that lives (README.HOT).
 *
 * Locks: CREATE INDEX holds ShareLock on the table, so that all tuples but
 * our own transaction's are settled; CREATE INDEX CONCURRENTLY holds
 * ShareUpdateExclusiveLock and reads by a snapshot.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/relscan.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "commands/progress.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "storage/procarray.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplesort.h"

#include "table/access_method.h"

/* What evaluates an index's expressions and predicate on a table's tuples. */
typedef struct IndexEvaluation
{
	IndexInfo  *info;
	EState	   *estate;
	ExprContext *context;
	ExprState  *predicate;
	TupleTableSlot *slot;
	Datum		values[INDEX_MAX_KEYS];
	bool		isnull[INDEX_MAX_KEYS];
} IndexEvaluation;

/* The roots of one page's HOT chains. */
typedef struct ChainRoots
{
	BlockNumber block;
	OffsetNumber root[MaxHeapTuplesPerPage];
} ChainRoots;

/* What the build does with a tuple. */
typedef struct BuildVerdict
{
	bool		index_it;
	bool		alive;			/* takes part in the check of uniqueness */
	bool		count_it;		/* among the table's live tuples */
	TransactionId wait_for;		/* or: judge again after this one has ended */
} BuildVerdict;

static void
begin_evaluation(IndexEvaluation *evaluation, Relation table, IndexInfo *info)
{
	evaluation->info = info;
	evaluation->estate = CreateExecutorState();
	evaluation->context = GetPerTupleExprContext(evaluation->estate);
	evaluation->slot = table_slot_create(table, NULL);
	evaluation->context->ecxt_scantuple = evaluation->slot;
	evaluation->predicate = ExecPrepareQual(info->ii_Predicate, evaluation->estate);
}

static void
end_evaluation(IndexEvaluation *evaluation)
{
	ExecDropSingleTupleTableSlot(evaluation->slot);
	FreeExecutorState(evaluation->estate);

	/* these lived in the executor state */
	evaluation->info->ii_ExpressionsState = NIL;
	evaluation->info->ii_PredicateState = NULL;
}

/* Computes the index's values; false if the predicate leaves the tuple out. */
static bool
evaluate(IndexEvaluation *evaluation)
{
	MemoryContextReset(evaluation->context->ecxt_per_tuple_memory);
	if (evaluation->predicate != NULL && !ExecQual(evaluation->predicate, evaluation->context))
		return false;
	FormIndexDatum(evaluation->info, evaluation->slot, evaluation->estate,
				   evaluation->values, evaluation->isnull);
	return true;
}

static HeapTuple
slot_tuple(TupleTableSlot *slot, Buffer *buffer)
{
	BufferHeapTupleTableSlot *buffer_slot = (BufferHeapTupleTableSlot *) slot;

	*buffer = buffer_slot->buffer;
	return buffer_slot->base.tuple;
}

static void
read_roots(ChainRoots *roots, Buffer buffer)
{
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	heap_get_root_tuples(BufferGetPage(buffer), roots->root);
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	roots->block = BufferGetBlockNumber(buffer);
}

/*
 * The TID under which the tuple is indexed.  The pin on its page keeps pruning
 * away, so roots once read stay right, but under CREATE INDEX CONCURRENTLY a
 * chain may appear after they were read.
 */
static ItemPointerData
root_tid(ChainRoots *roots, HeapTuple tuple, Buffer buffer)
{
	ItemPointerData tid = tuple->t_self;
	OffsetNumber member = ItemPointerGetOffsetNumber(&tid);
	OffsetNumber root;

	if (!HeapTupleIsHeapOnly(tuple))
		return tid;

	if (!OffsetNumberIsValid(roots->root[member - 1]))
		read_roots(roots, buffer);
	root = roots->root[member - 1];
	if (!OffsetNumberIsValid(root))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg_internal("heap-only tuple (%u,%u) has no root",
								 ItemPointerGetBlockNumber(&tid), member)));
	ItemPointerSetOffsetNumber(&tid, root);
	return tid;
}

/* A tuple that an old snapshot may still see, though it is deleted. */
static BuildVerdict
judge_deleted(HeapTuple tuple, IndexInfo *info)
{
	BuildVerdict verdict = {.index_it = true};

	/*
	 * Where a HOT update followed, the chain's entry belongs to the live
	 * member, whose values differ perhaps: old snapshots may not use the
	 * index.
	 */
	if (HeapTupleIsHotUpdated(tuple))
	{
		verdict.index_it = false;
		info->ii_BrokenHotChain = true;
	}
	return verdict;
}

/* A tuple whose inserter has not ended: normally this transaction itself. */
static BuildVerdict
judge_insert_in_progress(HeapTuple tuple, bool unique)
{
	TransactionId inserter = HeapTupleHeaderGetXmin(tuple->t_data);
	bool		own = TransactionIdIsCurrentTransactionId(inserter);
	BuildVerdict verdict = {.index_it = true,.alive = true,.count_it = own};

	/* a duplicate is one only if the inserter commits */
	if (!own && unique)
		verdict.wait_for = inserter;
	return verdict;
}

/* A tuple whose deleter has not ended: normally this transaction itself. */
static BuildVerdict
judge_delete_in_progress(HeapTuple tuple, IndexInfo *info, bool unique)
{
	TransactionId deleter = HeapTupleHeaderGetUpdateXid(tuple->t_data);
	BuildVerdict verdict = {.index_it = true,.count_it = true};

	if (TransactionIdIsCurrentTransactionId(deleter))
		return judge_deleted(tuple, info);

	/* whether it lives, and which chain member does, the deleter's end tells */
	if (unique || HeapTupleIsHotUpdated(tuple))
		verdict.wait_for = deleter;
	return verdict;
}

static BuildVerdict
judge_tuple(HeapTuple tuple, Buffer buffer, IndexInfo *info, TransactionId oldest_xmin,
			bool any_visible)
{
	BuildVerdict live = {.index_it = true,.alive = true,.count_it = true};
	BuildVerdict dead = {.index_it = false};
	bool		unique = info->ii_Unique || info->ii_ExclusionOps != NULL;
	BuildVerdict verdict;

	/* the share lock is for hint bits and for the header's consistency */
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	switch (HeapTupleSatisfiesVacuum(tuple, oldest_xmin, buffer))
	{
		case HEAPTUPLE_LIVE:
			verdict = live;
			break;
		case HEAPTUPLE_RECENTLY_DEAD:
			verdict = judge_deleted(tuple, info);
			break;
		case HEAPTUPLE_INSERT_IN_PROGRESS:
			verdict = any_visible ? live : judge_insert_in_progress(tuple, unique);
			break;
		case HEAPTUPLE_DELETE_IN_PROGRESS:
			if (any_visible)
			{
				verdict = live;
				verdict.alive = false;
			}
			else
				verdict = judge_delete_in_progress(tuple, info, unique);
			break;
		default:
			verdict = dead;
	}
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	return verdict;
}

/* Judges a tuple until no transaction is left that could change the verdict. */
static BuildVerdict
settle_tuple(Relation table, HeapTuple tuple, Buffer buffer, IndexInfo *info,
			 TransactionId oldest_xmin, bool any_visible)
{
	for (;;)
	{
		BuildVerdict verdict = judge_tuple(tuple, buffer, info, oldest_xmin, any_visible);

		if (!TransactionIdIsValid(verdict.wait_for))
			return verdict;
		XactLockTableWait(verdict.wait_for, table, &tuple->t_self, XLTW_InsertIndexUnique);
		CHECK_FOR_INTERRUPTS();
	}
}

/* Begins a build's own scan; a parallel build brings one. */
static TableScanDesc
begin_build_scan(Relation table, IndexInfo *info, bool allow_sync, BlockNumber start_block,
				 BlockNumber block_count, Snapshot *registered)
{
	TableScanDesc scan;
	Snapshot	snapshot = SnapshotAny;

	if (info->ii_Concurrent)
		snapshot = *registered = RegisterSnapshot(GetTransactionSnapshot());
	scan = table_beginscan_strat(table, snapshot, 0, NULL, true, allow_sync);
	if (!allow_sync)
		heap_setscanlimits(scan, start_block, block_count);
	return scan;
}

static BlockNumber
scan_size(TableScanDesc scan)
{
	if (scan->rs_parallel != NULL)
		return ((ParallelBlockTableScanDesc) scan->rs_parallel)->phs_nblocks;
	return ((HeapScanDesc) scan)->rs_nblocks;
}

double
ddb_index_build_range_scan(Relation table, Relation index, IndexInfo *info, bool allow_sync,
						   bool any_visible, bool progress, BlockNumber start_block,
						   BlockNumber block_count, IndexBuildCallback callback,
						   void *callback_state, TableScanDesc scan)
{
	IndexEvaluation evaluation;
	ChainRoots	roots = {.block = InvalidBlockNumber};
	Snapshot	registered = NULL;
	TransactionId oldest_xmin = InvalidTransactionId;
	double		live_tuples = 0;
	BlockNumber blocks_done = 0;

	if (!info->ii_Concurrent)
		oldest_xmin = GetOldestNonRemovableTransactionId(table);
	begin_evaluation(&evaluation, table, info);
	if (scan == NULL)
		scan = begin_build_scan(table, info, allow_sync, start_block, block_count, &registered);
	if (progress)
		pgstat_progress_update_param(PROGRESS_SCAN_BLOCKS_TOTAL, scan_size(scan));

	while (table_scan_getnextslot(scan, ForwardScanDirection, evaluation.slot))
	{
		Buffer		buffer;
		HeapTuple	tuple = slot_tuple(evaluation.slot, &buffer);
		BuildVerdict verdict = {.index_it = true,.alive = true,.count_it = true};
		ItemPointerData tid;

		CHECK_FOR_INTERRUPTS();

		if (BufferGetBlockNumber(buffer) != roots.block)
		{
			read_roots(&roots, buffer);
			if (progress)
				pgstat_progress_update_param(PROGRESS_SCAN_BLOCKS_DONE, ++blocks_done);
		}

		if (scan->rs_snapshot == SnapshotAny)
			verdict = settle_tuple(table, tuple, buffer, info, oldest_xmin, any_visible);
		if (verdict.count_it)
			live_tuples++;
		if (!verdict.index_it || !evaluate(&evaluation))
			continue;

		tid = root_tid(&roots, tuple, buffer);
		callback(index, &tid, evaluation.values, evaluation.isnull, verdict.alive,
				 callback_state);
	}

	if (progress)
		pgstat_progress_update_param(PROGRESS_SCAN_BLOCKS_DONE, scan_size(scan));
	table_endscan(scan);
	if (registered != NULL)
		UnregisterSnapshot(registered);
	end_evaluation(&evaluation);
	return live_tuples;
}

/* ---- Validation: CREATE INDEX CONCURRENTLY's second scan ---- */

/*
 * The index's TIDs, sorted, walked along with the table's.  A page's tuples
 * come by their own offsets but are indexed by their roots', so what was
 * passed on the current page is remembered.
 */
typedef struct IndexedTids
{
	Tuplesortstate *sort;
	bool		at_end;
	ItemPointerData current;
	BlockNumber block;			/* the page that passed[] speaks of */
	bool		passed[MaxHeapTuplesPerPage];
} IndexedTids;

static void
advance(IndexedTids *tids)
{
	Datum		encoded;
	bool		isnull;

	if (ItemPointerIsValid(&tids->current) &&
		ItemPointerGetBlockNumber(&tids->current) == tids->block)
		tids->passed[ItemPointerGetOffsetNumber(&tids->current) - 1] = true;

	tids->at_end = !tuplesort_getdatum(tids->sort, true,
#if PG_VERSION_NUM >= 160000
									   false,
#endif
									   &encoded, &isnull, NULL);
	if (!tids->at_end)
		itemptr_decode(&tids->current, DatumGetInt64(encoded));
}

/* Whether the index has the TID, which must not go back by more than a page. */
static bool
index_has(IndexedTids *tids, ItemPointer tid)
{
	while (!tids->at_end &&
		   (!ItemPointerIsValid(&tids->current) ||
			ItemPointerCompare(&tids->current, tid) < 0))
		advance(tids);

	if (!tids->at_end && ItemPointerEquals(&tids->current, tid))
		return true;
	return tids->passed[ItemPointerGetOffsetNumber(tid) - 1];
}

void
ddb_index_validate_scan(Relation table, Relation index, IndexInfo *info, Snapshot snapshot,
						ValidateIndexState *state)
{
	IndexEvaluation evaluation;
	ChainRoots	roots = {.block = InvalidBlockNumber};
	IndexedTids tids = {.sort = state->tuplesort,.block = InvalidBlockNumber};
	TableScanDesc scan;

	ItemPointerSetInvalid(&tids.current);
	begin_evaluation(&evaluation, table, info);

	/* from the first page on, since the TIDs come sorted */
	scan = table_beginscan_strat(table, snapshot, 0, NULL, true, false);
	pgstat_progress_update_param(PROGRESS_SCAN_BLOCKS_TOTAL, scan_size(scan));

	while (table_scan_getnextslot(scan, ForwardScanDirection, evaluation.slot))
	{
		Buffer		buffer;
		HeapTuple	tuple = slot_tuple(evaluation.slot, &buffer);
		ItemPointerData tid;

		CHECK_FOR_INTERRUPTS();
		state->htups += 1;

		if (BufferGetBlockNumber(buffer) != roots.block)
		{
			read_roots(&roots, buffer);
			memset(tids.passed, 0, sizeof(tids.passed));
			tids.block = roots.block;
			pgstat_progress_update_param(PROGRESS_SCAN_BLOCKS_DONE, roots.block);
		}

		tid = root_tid(&roots, tuple, buffer);
		if (index_has(&tids, &tid) || !evaluate(&evaluation))
			continue;

		/*
		 * A unique check even of a tuple that is dead by now: the entry
		 * stands for its whole HOT chain, which the index looks through.
		 */
		index_insert(index, evaluation.values, evaluation.isnull, &tid, table,
					 info->ii_Unique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, false, info);
		state->tups_inserted += 1;
	}

	table_endscan(scan);
	end_evaluation(&evaluation);
}
