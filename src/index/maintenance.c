/*
 * maintenance.c - keeping indexes in agreement with their table.
 *
 * The row trigger maintain_indexes() is fired for every change of an item in
 * SQL; table_write() calls the same function for changes by operations.  Either
 * way the item's row is locked by its change, so that the writers of its
 * entries are ordered as its own are.
 */
#include "postgres.h"

#include "commands/tablecmds.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "access/table.h"
#include "compat.h"
#include "index/index.h"
#include "table/layout.h"

/* Set while indexes' relations are truncated with their table. */
static bool truncating = false;

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

	/* operations have asked before, where they judge a request */
	if (new_item != NULL)
		index_check_item(set, new_item, WRITER_PUT);
	for (int i = 0; i < set->count; i++)
	{
		const IndexDefinition *index = &set->indexes[i];
		EntryChange change = index_entry_change(index, old_item, new_item);
		Table	   *relation;

		if (change == ENTRY_UNTOUCHED)
			continue;
		relation = table_open_index(table, index->name, index->relation, RowExclusiveLock);
		change_entry(index, relation, change, old_item, new_item);
		table_release(relation);
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

static void
truncate_indexes(Relation table)
{
	const IndexSet *set = index_set(RelationGetRelid(table));
	List	   *relations = NIL;
	List	   *oids = NIL;
	ListCell   *cell;

	if (set->count == 0)
		return;
	for (int i = 0; i < set->count; i++)
	{
		relations = lappend(relations, table_open(set->indexes[i].relation, AccessExclusiveLock));
		oids = lappend_oid(oids, set->indexes[i].relation);
	}

	/* refuse_index_write() must let this through; an error resets the mark */
	truncating = true;
	PG_TRY();
	{
		execute_truncate_compat(relations, oids);
	}
	PG_FINALLY();
	{
		truncating = false;
	}
	PG_END_TRY();

	foreach(cell, relations)
		table_close(lfirst(cell), NoLock);
}

static Value
item_of_slot(const TableLayout *layout, TupleTableSlot *slot)
{
	bool		isnull;

	return value_from_datum(slot_getattr(slot, layout->item_column, &isnull));
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
	Table		table = {0};
	const TableLayout *layout;
	MemoryContext scratch;
	MemoryContext caller;
	Value		old_item;
	Value		new_item;
	bool		inserted;
	bool		deleted;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("maintain_indexes() must be called as a trigger after a change")));

	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
	{
		truncate_indexes(trigger->tg_relation);
		PG_RETURN_POINTER(NULL);
	}

	scratch = AllocSetContextCreate(CurrentMemoryContext, "ddb index maintenance",
									ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(scratch);
	inserted = TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
	deleted = TRIGGER_FIRED_BY_DELETE(trigger->tg_event);

	table.name = RelationGetRelationName(trigger->tg_relation);
	table.relation = trigger->tg_relation;
	table.follower = unconstify(IndexSet *, index_set(RelationGetRelid(trigger->tg_relation)));
	layout = layout_of_relation(trigger->tg_relation);
	if (!inserted)
		old_item = item_of_slot(layout, trigger->tg_trigslot);
	if (!deleted)
	{
		layout = layout_of_relation(trigger->tg_relation);
		new_item = item_of_slot(layout, inserted ? trigger->tg_trigslot : trigger->tg_newslot);
	}
	keep_indexes(&table, inserted ? NULL : &old_item, deleted ? NULL : &new_item);

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	PG_RETURN_POINTER(NULL);
}

PG_FUNCTION_INFO_V1(ddb_refuse_index_write);

/* BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE FOR EACH STATEMENT of an index's relation. */
Datum
ddb_refuse_index_write(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("refuse_index_write() must be called as a trigger")));
	if (!truncating)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot change relation \"%s\" of a secondary index",
						RelationGetRelationName(trigger->tg_relation)),
				 errhint("Change the items of its table.")));
	PG_RETURN_POINTER(NULL);
}
