/*
 * backup_relation.c - the relations that hold the items of backups.
 *
 * A table that is deleted leaves its file: a new relation gets it, with its TOAST
 * relation, and the table gets the new one's empty file, as CLUSTER puts a new file in
 * the place of the old one.  So the table is dropped as any other, with all that
 * belongs to it, and what it held is in the backup at no cost.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/toast_internals.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/heap.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/toasting.h"
#include "commands/tablecmds.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "job/backup_relation.h"
#include "job/item_scan.h"
#include "owner_statement.h"

#define ITEM "item"

/* ---- Making one ---- */

/*
 * Safe without asking what the owner may create in the schema: who calls this has asked,
 * or the owner has had the same items there until now.  No default privileges apply.
 */
static Oid
create(const char *id, Relation like, TupleDesc columns, Oid owner)
{
	Oid			relation = heap_create_with_catalog(psprintf("(backup)/%s", id),
													get_namespace_oid("dynamodb", false),
													like->rd_rel->reltablespace,
													InvalidOid, InvalidOid, InvalidOid,
													owner, HEAP_TABLE_AM_OID, columns, NIL,
													RELKIND_RELATION, like->rd_rel->relpersistence,
													false, false, ONCOMMIT_NOOP, (Datum) 0,
													false, false, true, InvalidOid, NULL);

	CommandCounterIncrement();
	NewHeapCreateToastTable(relation, (Datum) 0, AccessExclusiveLock, InvalidOid);
	CommandCounterIncrement();
	return relation;
}

Oid
backup_relation_create(const char *id, Oid table, Oid owner)
{
	Relation	like = table_open(table, AccessShareLock);
	TupleDesc	columns = CreateTemplateTupleDesc(1);
	Oid			relation;

	TupleDescInitEntry(columns, 1, ITEM, extension_type(ITEM), -1, 0);
	relation = create(id, like, columns, owner);
	table_close(like, NoLock);
	return relation;
}

/* ---- Keeping a table's file ---- */

static void
depend_on(Oid toast, Oid relation)
{
	ObjectAddress toast_address;
	ObjectAddress address;

	if (!OidIsValid(toast))
		return;
	deleteDependencyRecordsFor(RelationRelationId, toast, false);
	ObjectAddressSet(toast_address, RelationRelationId, toast);
	ObjectAddressSet(address, RelationRelationId, relation);
	recordDependencyOn(&toast_address, &address, DEPENDENCY_INTERNAL);
}

#define exchange(type, a, b) do { type kept = (a); (a) = (b); (b) = kept; } while (0)

/* Exchanges in pg_class what says which file a relation has, and what is in it. */
static void
exchange_classes(Relation classes, HeapTuple first, HeapTuple second)
{
	Form_pg_class a = (Form_pg_class) GETSTRUCT(first);
	Form_pg_class b = (Form_pg_class) GETSTRUCT(second);

	exchange(Oid, a->relfilenode, b->relfilenode);
	exchange(Oid, a->reltablespace, b->reltablespace);
	exchange(Oid, a->reltoastrelid, b->reltoastrelid);
	exchange(TransactionId, a->relfrozenxid, b->relfrozenxid);
	exchange(MultiXactId, a->relminmxid, b->relminmxid);
	exchange(int32, a->relpages, b->relpages);
	exchange(float4, a->reltuples, b->reltuples);
	exchange(int32, a->relallvisible, b->relallvisible);
	exchange_frozen_pages_compat(a, b);
	CatalogTupleUpdate(classes, &first->t_self, first);
	CatalogTupleUpdate(classes, &second->t_self, second);
	depend_on(a->reltoastrelid, a->oid);
	depend_on(b->reltoastrelid, b->oid);
}

static HeapTuple
class_tuple(Oid relation)
{
	HeapTuple	tuple = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(relation));

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relation);
	return tuple;
}

/* The same of what the relation cache knows of the files' age. */
static void
exchange_histories(Oid table, Oid backup)
{
	Relation	first = table_open(table, NoLock);
	Relation	second = table_open(backup, NoLock);

	second->rd_createSubid = first->rd_createSubid;
	second->rd_file_subid_compat = first->rd_file_subid_compat;
	second->rd_first_file_subid_compat = first->rd_first_file_subid_compat;
	assume_new_file_compat(first);
	table_close(second, NoLock);
	table_close(first, NoLock);
}

/* The table's relation and the backup's, made by this transaction, exchange their files. */
static void
exchange_files(Oid table, Oid backup)
{
	Relation	classes = table_open(RelationRelationId, RowExclusiveLock);
	HeapTuple	first = class_tuple(table);
	HeapTuple	second = class_tuple(backup);

	exchange_classes(classes, first, second);
	CacheInvalidateRelcacheByTuple(first);
	CacheInvalidateRelcacheByTuple(second);
	heap_freetuple(first);
	heap_freetuple(second);
	table_close(classes, RowExclusiveLock);
	exchange_histories(table, backup);
	CommandCounterIncrement();
}

/* Names the TOAST relation after its relation, and more. */
static void
name_toast(Oid relation, const char *more)
{
	Relation	opened = table_open(relation, AccessExclusiveLock);
	Oid			toast = opened->rd_rel->reltoastrelid;

	table_close(opened, NoLock);
	if (!OidIsValid(toast))
		return;
	RenameRelationInternal(toast_get_valid_index(toast, AccessExclusiveLock),
						   psprintf("pg_toast_%u%s_index", relation, more), true, true);
	RenameRelationInternal(toast, psprintf("pg_toast_%u%s", relation, more), true, false);
	CommandCounterIncrement();
}

/* The columns that the backup's relation has at first: those of the table, of which the item is called as in all of them. */
static TupleDesc
columns_to_keep(Relation table, AttrNumber item)
{
	TupleDesc	columns = CreateTupleDescCopy(RelationGetDescr(table));

	for (int i = 1; i <= columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i - 1);

		/* the owner may have given these the item's name, and it another one */
		if (!column->attisdropped)
			namestrcpy(&column->attname, i == item ? ITEM : psprintf("(%d)", i));
	}
	return columns;
}

/* Keys and further columns are no part of a backup; their types may go, or change. */
static void
drop_other_columns(Oid relation, TupleDesc columns, AttrNumber item)
{
	for (int i = 1; i <= columns->natts; i++)
	{
		ObjectAddress address;

		if (i == item || TupleDescAttr(columns, i - 1)->attisdropped)
			continue;
		ObjectAddressSubSet(address, RelationRelationId, relation, i);
		performDeletion(&address, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
		CommandCounterIncrement();
	}
}

Oid
backup_relation_keep(const char *id, Oid table)
{
	Relation	opened = table_open(table, AccessExclusiveLock);
	AttrNumber	item = table_item_column(opened);
	TupleDesc	columns = columns_to_keep(opened, item);
	Oid			relation;

	if (item == 0)
		elog(ERROR, "relation \"%s\" has no items to keep", RelationGetRelationName(opened));
	CheckTableNotInUse(opened, "DROP TABLE");
	relation = create(id, opened, columns, opened->rd_rel->relowner);
	table_close(opened, NoLock);
	exchange_files(table, relation);
	/* TOAST relations are called after their relations; who is called so must not be in the way */
	name_toast(table, "_left");
	name_toast(relation, "");
	drop_other_columns(relation, columns, item);
	return relation;
}

/* ---- Looking at one ---- */

bool
backup_relation_is_plain(Relation relation)
{
	return relation->rd_rel->relkind == RELKIND_RELATION && relation->rd_rel->relam == HEAP_TABLE_AM_OID &&
		!relation->rd_rel->relhasindex && !relation->rd_rel->relhasrules && !relation->rd_rel->relhastriggers &&
		RelationGetDescr(relation)->natts == 1 && RelationGetDescr(relation)->constr == NULL &&
		backup_relation_item_column(relation) == 1;
}

int
backup_relation_item_column(Relation relation)
{
	TupleDesc	columns = RelationGetDescr(relation);
	Oid			type = extension_type(ITEM);

	/* before version 16, CREATE RULE makes a view of a relation that is empty */
	if (relation->rd_rel->relkind != RELKIND_RELATION)
		return 0;
	for (int i = 0; i < columns->natts; i++)
	{
		if (!TupleDescAttr(columns, i)->attisdropped && TupleDescAttr(columns, i)->atttypid == type &&
			strcmp(NameStr(TupleDescAttr(columns, i)->attname), ITEM) == 0)
			return i + 1;
	}
	return 0;
}
