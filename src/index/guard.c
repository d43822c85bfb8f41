/*
 * guard.c - statements that would make a table none.
 *
 * What a table is, its definition says (layout.h), and any owner can change that:
 * drop the primary index or a key column, take NOT NULL or a generation
 * expression away.  The operations would then fail, and with them applications.
 * So a transaction that takes its shape from a table or from an index's relation
 * cannot be committed.  Only the end counts: in between, an index can be dropped
 * and created anew.  Nor can it be that a crash empties the one and not the other, or
 * that a table's old items are not in WAL any more while its log of changes needs them.
 *
 * Whoever has set session_replication_role to replica is not bothered, nor is a
 * restore, which may drop a table's indexes and triggers before the table, each by
 * itself (pg_restore --clean).  What pg_dump writes turns check_function_bodies
 * off, which nobody else has a reason to do.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "change/decoder.h"
#include "compat.h"
#include "index/index.h"
#include "script.h"
#include "table/layout.h"
#include "trigger_call.h"

/* ddb.tables' column of that name. */
#define TABLES_RELATION 2

/* What a relation was before this transaction changed it. */
typedef struct GuardedRelation
{
	Oid			relation;
	bool		logged;			/* it was in WAL */
	bool		old_items;		/* its old items were, too */
	int16		index_events;
	KeySchema	schema;
	KeySchema	table_schema;
} GuardedRelation;

/* Those of the transaction, in its context. */
static List *guarded = NIL;

/* ---- Which relations are tables, and indexes of tables ---- */

/*
 * The OIDs in column `wanted` of the extension's rows that have this one in
 * another column.
 */
static List *
find_records(const char *catalog, const char *index, int column, Oid relation, int wanted)
{
	Oid			schema = get_namespace_oid("ddb", true);
	Oid			catalog_oid = get_relname_relid(catalog, schema);
	Oid			index_oid = get_relname_relid(index, schema);
	Relation	records;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	List	   *found = NIL;

	/* the extension itself may be in the making */
	if (!OidIsValid(catalog_oid) || !OidIsValid(index_oid))
		return NIL;
	records = table_open(catalog_oid, AccessShareLock);
	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(records, index_oid, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;

		found = lappend_oid(found, DatumGetObjectId(heap_getattr(tuple, wanted,
																  RelationGetDescr(records), &isnull)));
	}
	systable_endscan(scan);
	table_close(records, AccessShareLock);
	return found;
}

static bool
is_table(Oid relation)
{
	return find_records("tables", "tables_relation_key", TABLES_RELATION, relation, TABLES_RELATION) != NIL;
}

/* The relations of a table's indexes. */
static List *
indexes_of(Oid table)
{
	return find_records("indexes", "indexes_pkey", INDEXES_TABLE_RELATION, table, INDEXES_RELATION);
}

/* The table's relation, if this is the one of its index. */
static List *
tables_of(Oid index)
{
	return find_records("indexes", "indexes_relation_key", INDEXES_RELATION, index, INDEXES_TABLE_RELATION);
}

/* ---- At the transaction's end ---- */

static bool
same_schema(const KeySchema *a, const KeySchema *b)
{
	if (a->partition_count != b->partition_count || a->sort_count != b->sort_count)
		return false;
	for (int i = 0; i < key_schema_count(a); i++)
	{
		const KeyAttribute *left = key_schema_attribute(a, i);
		const KeyAttribute *right = key_schema_attribute(b, i);

		if (left->type != right->type || strcmp(left->name, right->name) != 0)
			return false;
	}
	return true;
}

/* After a crash an unlogged relation is empty, and an index that is not has what its table had. */
static void
check_persistence(Relation relation)
{
	Oid			relid = RelationGetRelid(relation);
	bool		unlogged = relation->rd_rel->relpersistence == RELPERSISTENCE_UNLOGGED;
	ListCell   *cell;

	foreach(cell, list_concat(indexes_of(relid), tables_of(relid)))
	{
		char	   *other = get_rel_name(lfirst_oid(cell));

		if (other != NULL &&
			get_rel_persistence(lfirst_oid(cell)) != relation->rd_rel->relpersistence)
			ereport(ERROR,
					(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					 errmsg("relation \"%s\" would be unlogged, and relation \"%s\" not",
							unlogged ? RelationGetRelationName(relation) : other,
							unlogged ? other : RelationGetRelationName(relation)),
					 errhint("Change a table and its secondary indexes in one transaction.")));
	}
}

static bool
is_logged(Relation relation)
{
	return relation->rd_rel->relpersistence == RELPERSISTENCE_PERMANENT;
}

static bool
has_old_items_in_wal(Relation relation)
{
	return is_logged(relation) && relation->rd_rel->relreplident == REPLICA_IDENTITY_FULL;
}

/*
 * The log of changes would have gaps that nobody knows of.  Where it has only been asked
 * for them, the identity is still to come, but not what the relation is made of.
 */
static void
check_old_items(const GuardedRelation *before, Relation relation)
{
	bool		loses = (before->logged && !is_logged(relation)) ||
		(before->old_items && !has_old_items_in_wal(relation));

	if (!loses || !change_needs_old_images(before->relation))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("the stream or point-in-time recovery of relation \"%s\" needs its old items in WAL",
					RelationGetRelationName(relation)),
			 errdetail("It has to have REPLICA IDENTITY FULL and to be logged."),
			 errhint("Switch them off first, by UpdateTable and UpdateContinuousBackups.")));
}

static void
check_relation(const GuardedRelation *before, Relation relation)
{
	bool		of_index = before->table_schema.partition_count > 0;
	const TableLayout *now = layout_of_relation(relation);

	if (!OidIsValid(now->primary_index) || !same_schema(&now->schema, &before->schema) ||
		!same_schema(&now->table_schema, &before->table_schema))
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg(of_index ? "relation \"%s\" would no longer be that of a secondary index" :
						"relation \"%s\" would no longer be a DynamoDB table",
						RelationGetRelationName(relation)),
				 errhint("%s Give it back what it lacks in the same transaction, or drop it.",
						 layout_hint(of_index))));
	if ((before->index_events & ~now->index_events) != 0 && (of_index || indexes_of(before->relation) != NIL))
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("a trigger of relation \"%s\" keeps secondary indexes in agreement with their table",
						RelationGetRelationName(relation)),
				 errhint("It can be disabled: ALTER TABLE ... DISABLE TRIGGER.")));
}

static void
check_guarded(void)
{
	ListCell   *cell;

	/* see what the last statement did */
	CommandCounterIncrement();
	foreach(cell, guarded)
	{
		GuardedRelation *before = lfirst(cell);
		Relation	relation = try_table_open(before->relation, AccessShareLock);

		if (relation == NULL)
			continue;
		if (is_table(before->relation) || tables_of(before->relation) != NIL)
		{
			check_relation(before, relation);
			check_persistence(relation);
			check_old_items(before, relation);
		}
		table_close(relation, NoLock);
	}
}

static void
end_transaction(XactEvent event, void *argument)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			if (guarded != NIL)
				check_guarded();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			guarded = NIL;
			break;
		default:
			break;
	}
}

/* ---- At a statement's start ---- */

static bool
is_guarded(Oid relation)
{
	ListCell   *cell;

	foreach(cell, guarded)
	{
		if (((GuardedRelation *) lfirst(cell))->relation == relation)
			return true;
	}
	return false;
}

/* Remembers what the relation is, if it is a table or an index's relation with its shape. */
static void
guard(Oid relid)
{
	static bool registered = false;
	Relation	relation;
	const TableLayout *layout;

	/* the statement of somebody else will fail */
	if (is_guarded(relid) || !object_ownercheck(RelationRelationId, relid, GetUserId()) ||
		!(is_table(relid) || tables_of(relid) != NIL))
		return;

	/* the statement wants a stronger lock, so this one is not kept */
	relation = try_table_open(relid, AccessShareLock);
	if (relation == NULL)
		return;
	layout = layout_of_relation(relation);
	if (OidIsValid(layout->primary_index))
	{
		MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
		GuardedRelation *before = palloc(sizeof(GuardedRelation));

		before->relation = relid;
		before->logged = is_logged(relation);
		before->old_items = has_old_items_in_wal(relation);
		before->index_events = layout->index_events;
		layout_copy_schema(&before->schema, &layout->schema);
		layout_copy_schema(&before->table_schema, &layout->table_schema);
		guarded = lappend(guarded, before);
		MemoryContextSwitchTo(caller);
	}
	table_close(relation, AccessShareLock);

	if (!registered)
		RegisterXactCallback(end_transaction, NULL);
	registered = true;
}

/* With those that inherit from it, as ALTER TABLE reaches them. */
static void
guard_with_children(Oid relation)
{
	ListCell   *cell;

	foreach(cell, find_all_inheritors(relation, NoLock, NULL))
		guard(lfirst_oid(cell));
}

/* The relation that is altered, and one that becomes its partition. */
static void
guard_against_change(const AlterTableStmt *statement)
{
	Oid			relation = RangeVarGetRelid(statement->relation, NoLock, true);
	ListCell   *cell;

	if (OidIsValid(relation))
		guard_with_children(relation);
	foreach(cell, statement->cmds)
	{
		AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

		if (command->subtype != AT_AttachPartition)
			continue;
		relation = RangeVarGetRelid(((PartitionCmd *) command->def)->name, NoLock, true);
		if (OidIsValid(relation))
			guard(relation);
	}
}

/* The relation of a trigger that may take the place of another. */
static void
guard_against_replacement(const CreateTrigStmt *statement)
{
	Oid			relation = statement->replace ? RangeVarGetRelid(statement->relation, NoLock, true) : InvalidOid;

	if (OidIsValid(relation))
		guard_with_children(relation);
}

/* The relations of the indexes or of the triggers that are to be dropped. */
static void
guard_against_drop(const DropStmt *statement)
{
	ListCell   *cell;

	foreach(cell, statement->objects)
	{
		List	   *name = list_copy(castNode(List, lfirst(cell)));
		Oid			relation;

		if (statement->removeType == OBJECT_TRIGGER)
			name = list_delete_last(name);
		else if (statement->removeType != OBJECT_INDEX)
			return;
		relation = RangeVarGetRelid(makeRangeVarFromNameList(name), NoLock, true);
		if (OidIsValid(relation) && statement->removeType == OBJECT_INDEX)
			relation = IndexGetRelation(relation, true);
		if (OidIsValid(relation))
			guard(relation);
	}
}

PG_FUNCTION_INFO_V1(ddb_guard_tables);

/* Event trigger at the start of ALTER TABLE, CREATE TRIGGER, DROP INDEX and DROP TRIGGER. */
Datum
ddb_guard_tables(PG_FUNCTION_ARGS)
{
	Node	   *statement = event_trigger_data(fcinfo, "guard_tables")->parsetree;

	if (!check_function_bodies || script_is_running())
		PG_RETURN_NULL();
	if (IsA(statement, AlterTableStmt))
		guard_against_change((AlterTableStmt *) statement);
	else if (IsA(statement, CreateTrigStmt))
		guard_against_replacement((CreateTrigStmt *) statement);
	else if (IsA(statement, DropStmt))
		guard_against_drop((DropStmt *) statement);
	PG_RETURN_NULL();
}
