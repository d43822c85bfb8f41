/*
 * maintenance.c - keeping indexes in agreement with their table.
 *
 * The row trigger maintain_indexes() is fired for every change of an item in
 * SQL; table_write() calls the same function for changes by operations.  Either
 * way the item's row is locked by its change, so that the writers of its
 * entries are ordered as its own are.
 */
#include "postgres.h"

#include "catalog/pg_trigger.h"
#include "commands/tablecmds.h"
#include "fmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "access/table.h"
#include "access/tableam.h"
#include "compat.h"
#include "index/expiry.h"
#include "index/index.h"
#include "owner_code.h"
#include "statistics/usage.h"
#include "table/layout.h"
#include "trigger_call.h"

/* The index's relation that is being truncated with its table. */
static Oid	truncating = InvalidOid;

/* ---- Changes of items ---- */

static void
insert_entry(const IndexDefinition *index, Table *relation, const Value *item)
{
	Value		entry = index_project(index, item);

	table_insert_entry(relation, &entry);
}

/*
 * While an index is being created, an entry may not be there yet.  Whoever
 * changes the item then brings it in, since what is being filled in is the
 * newest version of an item that has no entry.
 */
static void
change_entry(const IndexDefinition *index, Table *relation, EntryChange change,
			 const Value *old_item, const Value *new_item)
{
	Value		entry;

	switch (change)
	{
		case ENTRY_UNTOUCHED:
			break;
		case ENTRY_INSERTED:
			insert_entry(index, relation, new_item);
			break;
		case ENTRY_DELETED:
			table_delete_entry(relation, old_item);
			break;
		case ENTRY_REPLACED:
			entry = index_project(index, new_item);
			if (!table_replace_entry(relation, old_item, &entry))
				table_insert_entry(relation, &entry);
			break;
		case ENTRY_MOVED:
			table_delete_entry(relation, old_item);
			insert_entry(index, relation, new_item);
			break;
	}
}

static void
keep_indexes(Table *table, const Value *old_item, const Value *new_item)
{
	const IndexSet *set = table->follower;

	for (int i = 0; i < set->all_count; i++)
	{
		const IndexDefinition *index = &set->indexes[i];
		EntryChange change = index_entry_change(index, old_item, new_item);
		Table	   *relation;

		if (change == ENTRY_UNTOUCHED)
			continue;
		if (index->kind != INDEX_EXPIRY && usage_is_noted())
			usage_index_written(RelationGetRelid(table->relation),
								index_change_units(index, change, old_item, new_item));
		relation = table_open_index(table, index->name, index->relation, RowExclusiveLock);
		change_entry(index, relation, change, old_item, new_item);
		table_release(relation);
		if (index->kind == INDEX_EXPIRY && (change == ENTRY_INSERTED || change == ENTRY_MOVED))
			expiry_expect(index, new_item);
	}
}

void
index_attach(Table *table)
{
	const IndexSet *set;

	if (!table->index_trigger)
		return;
	set = index_set(RelationGetRelid(table->relation));
	table->follower = unconstify(IndexSet *, set);
	table->changed = keep_indexes;
}

/* ---- The triggers ---- */

/*
 * Truncates an index's relation though refuse_index_write() is its trigger.  What
 * other triggers its owner has put there have nothing to do with who truncates the
 * table, so they are run as the owner.
 */
static void
truncate_relation(Relation relation)
{
	Oid			outer = truncating;
	OwnerActing before;

	owner_code_check_triggers(relation, TRIGGER_TYPE_TRUNCATE);
	truncating = RelationGetRelid(relation);
	owner_acting_begin(relation, &before);
	PG_TRY();
	{
		execute_truncate_compat(list_make1(relation), list_make1_oid(truncating));
	}
	PG_FINALLY();
	{
		truncating = outer;
	}
	PG_END_TRY();
	owner_acting_end(&before);
}

static void
truncate_indexes(const IndexSet *set)
{
	for (int i = 0; i < set->all_count; i++)
	{
		Relation	relation = try_table_open(set->indexes[i].relation, AccessExclusiveLock);

		/* what has just been dropped has no rows */
		if (relation == NULL)
			continue;
		truncate_relation(relation);
		table_close(relation, NoLock);
	}
}

/* The item; NULL where the row has none, or there is no row. */
static const Value *
item_of_slot(Relation table, TupleTableSlot *slot, Value *item)
{
	int16		column = layout_of_relation(table)->item_column;
	Datum		datum;
	bool		isnull;

	if (slot == NULL)
		return NULL;
	if (column == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("relation \"%s\" with secondary indexes has no columns of a DynamoDB table",
						RelationGetRelationName(table))));
	datum = slot_getattr(slot, column, &isnull);
	if (isnull)
		return NULL;
	*item = value_from_datum(datum);
	return item;
}

/* What operations have judged as a part of their request is judged here. */
static void
check_and_keep(Table *table, const Value *old_item, const Value *new_item)
{
	if (new_item != NULL)
		index_check_item(table->follower, new_item, WRITER_PUT);
	keep_indexes(table, old_item, new_item);
}

/* The item that has the primary key of this one now, or NULL; *current is for it. */
static const Value *
current_item(Relation relation, const Value *item, Value *current)
{
	Table	   *table = table_open_unguarded(RelationGetRelationName(relation),
											 RelationGetRelid(relation), NoLock);
	bool		found = table_find_entries(table, item, SnapshotSelf, current) > 0;

	table_release(table);
	return found ? current : NULL;
}

/*
 * Keeps the indexes as the row's change wants it.  Other triggers, and functions
 * that a statement calls, may have changed the item again, and then the trigger
 * has been fired for their changes first.  So where the new row is not the newest,
 * or there is none, what counts is what the item is now.
 */
static void
keep_indexes_of_row(TriggerData *trigger, const IndexSet *set)
{
	Relation	relation = trigger->tg_relation;
	Table		table = {
		.name = RelationGetRelationName(relation),
		.relation = relation,
		.follower = unconstify(IndexSet *, set)
	};
	bool		inserted = TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
	bool		deleted = TRIGGER_FIRED_BY_DELETE(trigger->tg_event);
	TupleTableSlot *old_row = inserted ? NULL : trigger->tg_trigslot;
	TupleTableSlot *new_row = deleted ? NULL :
		inserted ? trigger->tg_trigslot : trigger->tg_newslot;
	Value		values[4];
	const Value *old_item = item_of_slot(relation, old_row, &values[0]);
	const Value *new_item = item_of_slot(relation, new_row, &values[1]);

	if (new_item != NULL && !table_tuple_satisfies_snapshot(relation, new_row, SnapshotSelf))
		new_item = current_item(relation, new_item, &values[2]);
	if (old_item != NULL && (new_item == NULL || !index_same_item(set, old_item, new_item)))
	{
		check_and_keep(&table, old_item, current_item(relation, old_item, &values[3]));
		old_item = NULL;
	}
	if (new_item != NULL)
		check_and_keep(&table, old_item, new_item);
}

PG_FUNCTION_INFO_V1(ddb_maintain_indexes);

/*
 * AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW, and AFTER TRUNCATE FOR EACH
 * STATEMENT, of a table with secondary indexes.
 */
Datum
ddb_maintain_indexes(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	const IndexSet *set;
	MemoryContext scratch;
	MemoryContext caller;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		!(TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("maintain_indexes() must be called as a trigger after the change of a row, or after TRUNCATE")));

	/* anybody may have it as a trigger of any relation */
	set = index_set(RelationGetRelid(trigger->tg_relation));
	if (set->all_count == 0)
		PG_RETURN_POINTER(NULL);
	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
	{
		truncate_indexes(set);
		PG_RETURN_POINTER(NULL);
	}

	scratch = AllocSetContextCreate(CurrentMemoryContext, "ddb index maintenance",
									ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(scratch);
	keep_indexes_of_row(trigger, set);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	PG_RETURN_POINTER(NULL);
}

PG_FUNCTION_INFO_V1(ddb_refuse_index_write);

/* BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE FOR EACH STATEMENT of an index's relation. */
Datum
ddb_refuse_index_write(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, "refuse_index_write");

	if (!TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) ||
		truncating != RelationGetRelid(trigger->tg_relation))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot change relation \"%s\" of a secondary index",
						RelationGetRelationName(trigger->tg_relation)),
				 errhint("Change the items of its table.")));
	PG_RETURN_POINTER(NULL);
}
