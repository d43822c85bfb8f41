/*
 * write.c - writing one item.
 *
 * The way of a write: find the item's newest version by a fresh snapshot, let
 * the caller decide on it, write with the demand that it still be the newest.
 * If another transaction was faster, PostgreSQL says so after having waited
 * for it, and all starts again with a snapshot that sees what it did.  So a
 * condition is judged on the very version that the write replaces.
 *
 * A new item is inserted speculatively, as INSERT ... ON CONFLICT does: of two
 * transactions that create the same key, one finds the other's row in the
 * unique index, takes its own back, waits for the other and starts again.
 *
 * Rows are locked by being written; one write locks one row, so writes of
 * single items cannot deadlock.  What a transaction only looks at is locked too
 * (WRITE_LOCK): an item by a shared lock on its row, the absence of one by a row
 * that is inserted with its key and deleted again.  Nobody ever sees that row,
 * but until the transaction has ended, PostgreSQL's unique check makes whoever
 * would create the item wait.  A lock by key in PostgreSQL's lock table would
 * fill that up.
 *
 * Under REPEATABLE READ and SERIALIZABLE the transaction's snapshot stays, and
 * losing a race is PostgreSQL's serialization failure.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "replication/origin.h"
#include "storage/lmgr.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "table/lookup.h"
#include "table/origin.h"
#include "table/row.h"
#include "table/row_executor.h"
#include "table/row_security.h"
#include "table/table.h"
#include "value/node.h"

typedef struct Write
{
	Table	   *table;
	const PrimaryKey *key;
	PrimaryIndexEntry entry;	/* of the key */
	Snapshot	snapshot;		/* of the current attempt */
	TupleTableSlot *old_slot;	/* the newest version, or empty */
	TupleTableSlot *new_slot;
	RowExecutor *executor;		/* NULL: nothing but the primary index to care for */
	bool		never_waits;	/* for another transaction's lock on the item's row */
	bool		locked_by_other;	/* so it has not been written */
	RepOriginId origin;			/* of its deletion in WAL */
} Write;

/* ---- Finding ---- */

/* Finds the item's newest version into old_slot. */
static bool
find_item(Write *write)
{
	Table	   *table = write->table;
	bool		found;

	ExecClearTuple(write->old_slot);
	found = lookup_row(table, &write->entry, write->snapshot, write->old_slot) &&
		row_has_partition(table, write->old_slot, &write->key->partition);
	if (!found)
		ExecClearTuple(write->old_slot);
	return found;
}

static void __attribute__((noreturn))
report_serialization_failure(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not serialize access due to concurrent update")));
}

/*
 * Another transaction's row stands in the unique index where ours was to go:
 * waits until it has ended.
 */
static void
wait_for_creator(Write *write)
{
	Table	   *table = write->table;
	SnapshotData dirty;
	IndexScanDesc scan;
	TupleTableSlot *slot = table_slot_create(table->relation, NULL);
	TransactionId creator = InvalidTransactionId;
	uint32		token = 0;
	bool		found;

	InitDirtySnapshot(dirty);
	scan = lookup_scan(table, &write->entry, &dirty);
	found = index_getnext_slot(scan, ForwardScanDirection, slot);
	if (found)
	{
		if (!row_has_partition(table, slot, &write->key->partition))
			ereport(ERROR,
					(errcode(ERRCODE_UNIQUE_VIOLATION),
					 errmsg("two partition keys of relation \"%s\" have the same hash",
							RelationGetRelationName(table->relation))));
		creator = TransactionIdIsValid(dirty.xmin) ? dirty.xmin : dirty.xmax;
		token = dirty.speculativeToken;
	}
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);

	if (TransactionIdIsValid(creator))
	{
		if (token != 0)
			SpeculativeInsertionWait(creator, token);
		else
			XactLockTableWait(creator, NULL, NULL, XLTW_None);
	}
	else if (found && IsolationUsesXactSnapshot())
		report_serialization_failure();
}

/* ---- Writing, where the primary index is all there is to care for ---- */

static bool
insert_index_entry(Write *write, IndexUniqueCheck check, bool unchanged)
{
	Table	   *table = write->table;
	bool		isnull[PRIMARY_INDEX_MAX_COLUMNS] = {false};

	/* a B-tree does not read the IndexInfo */
	return index_insert(table->primary_index, write->entry.values, isnull, &write->new_slot->tts_tid,
						table->relation, check, unchanged, NULL);
}

/*
 * Inserts the row in new_slot; false if another has that key.  Without an
 * executor, the primary index alone is told of it.
 */
static bool
insert_row(Write *write, RowExecutor *executor)
{
	Relation	relation = write->table->relation;
	uint32		token = SpeculativeInsertionLockAcquire(GetCurrentTransactionId());
	bool		unique;

	table_tuple_insert_speculative(relation, write->new_slot, GetCurrentCommandId(true), 0,
								   NULL, token);
	slot_getallattrs(write->new_slot);
	if (executor != NULL)
		unique = row_executor_insert_index_entries(executor, write->new_slot);
	else
		unique = insert_index_entry(write, UNIQUE_CHECK_PARTIAL, false);
	table_tuple_complete_speculative(relation, write->new_slot, token, unique);
	SpeculativeInsertionLockRelease(GetCurrentTransactionId());
	return unique;
}

/* Whether a row was written, or has to be looked up again. */
static bool
written(TM_Result result)
{
	switch (result)
	{
		case TM_Ok:
			return true;
		case TM_Updated:
		case TM_Deleted:
			if (IsolationUsesXactSnapshot())
				report_serialization_failure();
			return false;
		default:
			elog(ERROR, "unexpected result %d of writing an item", result);
	}
}

static bool
update_row(Write *write)
{
	UpdateIndexes update_indexes = UPDATE_INDEXES_NONE;
	LockTupleMode lock_mode;
	TM_FailureData failure;
	TM_Result	result;

	CheckCmdReplicaIdentity(write->table->relation, CMD_UPDATE);
	result = table_tuple_update(write->table->relation, &write->old_slot->tts_tid,
								write->new_slot, GetCurrentCommandId(true), write->snapshot,
								InvalidSnapshot, true, &failure, &lock_mode, &update_indexes);
	if (!written(result))
		return false;
	if (update_indexes != UPDATE_INDEXES_NONE)
	{
		slot_getallattrs(write->new_slot);
		insert_index_entry(write, UNIQUE_CHECK_YES, true);
	}
	return true;
}

static bool
delete_row(Write *write)
{
	TM_FailureData failure;

	CheckCmdReplicaIdentity(write->table->relation, CMD_DELETE);
	return written(table_tuple_delete(write->table->relation, &write->old_slot->tts_tid,
									  GetCurrentCommandId(true), write->snapshot,
									  InvalidSnapshot, true, &failure, false));
}

/* ---- The same by the executor, which fires triggers and checks constraints ---- */

/*
 * A trigger has given the row another key.  Of that one nothing was decided, so
 * an item that has it is not replaced, but refuses the row as it would a statement's.
 */
static void
insert_under_other_key(Write *write)
{
	row_executor_insert(write->executor, write->new_slot);
	row_executor_after_insert(write->executor, write->new_slot);
}

/* Locks the version that the decision was made on; false if it is not the newest. */
static bool
lock_row(Write *write)
{
	TM_FailureData failure;

	return written(table_tuple_lock(write->table->relation, &write->old_slot->tts_tid,
									write->snapshot, write->old_slot,
									GetCurrentCommandId(false), LockTupleNoKeyExclusive,
									LockWaitBlock, 0, &failure));
}

/*
 * Locks that version unless another transaction has it locked, which is not waited
 * for; false if it is not the newest.
 */
static bool
lock_row_if_free(Write *write)
{
	TM_FailureData failure;
	TM_Result	result = table_tuple_lock(write->table->relation, &write->old_slot->tts_tid,
										  write->snapshot, write->old_slot,
										  GetCurrentCommandId(false), LockTupleExclusive,
										  LockWaitSkip, 0, &failure);

	write->locked_by_other = result == TM_WouldBlock;
	return write->locked_by_other || written(result);
}

/* Deletes the row, locked or not; false if it has to be looked up again. */
static bool
delete_found(Write *write)
{
	if (write->executor == NULL)
		return delete_row(write);
	if (!lock_row(write))
		return false;
	row_executor_delete(write->executor, write->old_slot);
	return true;
}

/* The same with the origin, if the deletion is to have one. */
static bool
delete_with_origin(Write *write)
{
	volatile bool done = false;

	if (write->never_waits && !lock_row_if_free(write))
		return false;
	if (write->locked_by_other)
		return true;
	if (write->origin == InvalidRepOriginId)
		return delete_found(write);
	PG_TRY();
	{
		origin_begin(write->table->relation, &write->old_slot->tts_tid, write->origin);
		done = delete_found(write);
	}
	PG_FINALLY();
	{
		origin_end();
	}
	PG_END_TRY();
	return done;
}

/* ---- Locking what is not written ---- */

/*
 * Locks the version that the decision was made on against changes; false if it
 * is not the newest.  Those who share a row could keep a writer from it for
 * ever, so whoever comes later waits behind a writer who waits: that one holds
 * PostgreSQL's lock on the tuple itself, in the mode of heap_update().
 */
static bool
lock_unchanged(Write *write)
{
	Relation	relation = write->table->relation;
	ItemPointerData tid = write->old_slot->tts_tid;
	TM_FailureData failure;
	TM_Result	result;

	LockTuple(relation, &tid, RowShareLock);
	result = table_tuple_lock(relation, &tid, write->snapshot, write->old_slot,
							  GetCurrentCommandId(false), LockTupleShare,
							  LockWaitBlock, 0, &failure);
	UnlockTuple(relation, &tid, RowShareLock);
	return written(result);
}

/* The row that stands for the item's absence: its key attributes and nothing else. */
static void
store_key(Write *write)
{
	const KeySchema *schema = &write->table->schema;
	Node	   *map = node_map();
	Value		item;

	node_map_set(map, schema->partition[0].name, schema->partition[0].name_length,
				 node_from_value(&write->key->partition));
	if (schema->sort_count > 0)
		node_map_set(map, schema->sort[0].name, schema->sort[0].name_length,
					 node_from_value(&write->key->sort));
	item = node_pack(map);
	row_store(write->table, &item, write->new_slot);
}

/*
 * Inserts and deletes that row; false if another has that key.  The insertion is
 * speculative: a row that failed must not stay, for others would wait for it,
 * and this transaction for them.
 */
static bool
insert_and_delete(Write *write)
{
	TM_FailureData failure;

	if (!insert_row(write, NULL))
		return false;
	CommandCounterIncrement();
	if (table_tuple_delete(write->table->relation, &write->new_slot->tts_tid,
						   GetCurrentCommandId(true), write->snapshot,
						   InvalidSnapshot, true, &failure, false) != TM_Ok)
		elog(ERROR, "could not delete the row that stands for an absent item");
	return true;
}

/*
 * Locks the absence of the item; false if another transaction has the key.  The
 * pair is no change, so it passes by triggers and secondary indexes, and has an
 * origin in WAL by which logical decoding knows it.
 */
static bool
lock_absence(Write *write)
{
	RepOriginId origin = replorigin_session_origin;
	bool		done = false;

	store_key(write);
	PG_TRY();
	{
		replorigin_session_origin = DoNotReplicateId;
		done = insert_and_delete(write);
	}
	PG_FINALLY();
	{
		replorigin_session_origin = origin;
	}
	PG_END_TRY();
	if (!done)
		wait_for_creator(write);
	return done;
}

/* Carries the decision out; false if it has to be made again. */
static bool
carry_out(Write *write, WriteAction action)
{
	const Table *table = write->table;
	bool		found = !TTS_EMPTY(write->old_slot);

	if (action == WRITE_LOCK && !found)
		return lock_absence(write);
	if (action == WRITE_LOCK)
	{
		/* as for SELECT ... FOR SHARE, which takes the policies for UPDATE too */
		row_require(table, ROW_UPDATE_OLD, write->old_slot, write->snapshot);
		return lock_unchanged(write);
	}
	if (found)
		row_require(table, action == WRITE_DELETE ? ROW_DELETE : ROW_UPDATE_OLD,
					write->old_slot, write->snapshot);
	else if (action == WRITE_DELETE)
		return true;

	if (action == WRITE_DELETE)
		return delete_with_origin(write);
	if (write->executor == NULL)
	{
		row_require(table, found ? ROW_UPDATE_NEW : ROW_INSERT, write->new_slot,
					write->snapshot);
		if (found)
			return update_row(write);
	}
	else if (found)
	{
		if (!lock_row(write))
			return false;
		row_executor_fill_columns(write->executor, write->old_slot, write->new_slot);
		row_executor_update(write->executor, write->old_slot, write->new_slot);
		return true;
	}
	else
	{
		row_executor_fill_columns(write->executor, write->old_slot, write->new_slot);
		if (!row_executor_before_insert(write->executor, write->new_slot))
			return true;		/* a trigger does not want it */
		if (!row_has_key(table, write->new_slot, write->key))
		{
			insert_under_other_key(write);
			return true;
		}
	}

	if (!insert_row(write, write->executor))
	{
		wait_for_creator(write);
		return false;
	}
	if (write->executor != NULL)
		row_executor_after_insert(write->executor, write->new_slot);
	return true;
}

/* One attempt; false if another transaction was faster. */
static bool
attempt(Write *write, WriteDecision decide, void *argument)
{
	Value		old_item;
	Value		new_item;
	WriteAction action;
	bool		found;
	bool		visible;
	bool		done = true;

	write->snapshot = table_statement_snapshot();
	PushActiveSnapshot(write->snapshot);
	found = find_item(write);
	visible = found && row_allowed(write->table, ROW_READ, write->old_slot, write->snapshot);
	if (visible)
	{
		old_item = row_item(write->table, write->old_slot);
		action = decide(&old_item, &new_item, argument);
	}
	else
		action = decide(NULL, &new_item, argument);

	/* an item that is hidden from the role cannot be deleted or locked, and not be put over */
	if (found && !visible)
	{
		if (action == WRITE_PUT)
			row_security_refuse(write->table);
		action = WRITE_NOTHING;
	}

	if (action == WRITE_PUT)
		row_store(write->table, &new_item, write->new_slot);
	if (action != WRITE_NOTHING)
		done = carry_out(write, action);
	if (done && (action == WRITE_PUT || action == WRITE_DELETE) && !write->locked_by_other &&
		write->executor == NULL && write->table->changed != NULL)
		write->table->changed(write->table, found ? &old_item : NULL,
							  action == WRITE_PUT ? &new_item : NULL);

	PopActiveSnapshot();
	UnregisterSnapshot(write->snapshot);
	return done;
}

static void
write_item(Write *write, WriteDecision decide, void *argument)
{
	Table	   *table = write->table;

	PreventCommandIfReadOnly("a write of an item");

	row_key_entry(table, write->key, &write->entry);
	write->old_slot = table_slot_create(table->relation, NULL);
	write->new_slot = table_slot_create(table->relation, NULL);
	write->executor = row_executor_begin(table);

	while (!attempt(write, decide, argument))
		CHECK_FOR_INTERRUPTS();

	row_executor_end(write->executor);
	ExecDropSingleTupleTableSlot(write->old_slot);
	ExecDropSingleTupleTableSlot(write->new_slot);
}

void
table_write(Table *table, const PrimaryKey *key, WriteDecision decide, void *argument)
{
	Write		write = {.table = table,.key = key};

	write_item(&write, decide, argument);
}

bool
table_delete_if_free(Table *table, const PrimaryKey *key, WriteDecision decide, void *argument,
					 RepOriginId origin)
{
	Write		write = {.table = table,.key = key,.never_waits = true,.origin = origin};

	write_item(&write, decide, argument);
	return !write.locked_by_other;
}
