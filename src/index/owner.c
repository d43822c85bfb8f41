/*
 * owner.c - the relations of indexes have the owner of their table.
 *
 * Who owns an index's relation reads it, and what the table gets later is in it
 * too.  So when a table is given to another role its indexes' relations go along.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/tablecmds.h"
#include "executor/spi.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "index/index.h"
#include "owner_statement.h"
#include "script.h"
#include "table/catalog_row.h"
#include "trigger_call.h"

/* The relations that the command has changed, as a list of OIDs; SPI must be connected. */
static List *
changed_relations(void)
{
	List	   *relations = NIL;

	/*
	 * Safe as the extension's owner: it asks PostgreSQL for what it has just done,
	 * and has no part that comes from the command.
	 */
	owner_statement_run(extension_relation("indexes"),
						"SELECT objid FROM pg_catalog.pg_event_trigger_ddl_commands()"
						" WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass",
						0, NULL, NULL, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Datum		relation = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);

		if (!isnull)
			relations = list_append_unique_oid(relations, DatumGetObjectId(relation));
	}
	return relations;
}

/* The relation's owner and access method; false where it has gone. */
static bool
read_relation(Oid relation, Oid *owner, Oid *access_method)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Form_pg_class form;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_class) GETSTRUCT(tuple);
	*owner = form->relowner;
	*access_method = form->relam;
	ReleaseSysCache(tuple);
	return true;
}

/*
 * Gives an index's relation to the owner of its table; false where that has it.  Safe without asking what
 * the current role may: what is written in ddb.indexes is the extension's own, and
 * the role that gets the relation has all that is in it, in the table.
 */
static bool
follow_owner(Oid table, Oid relation, const char *name)
{
	Relation	opened;
	bool		is_declared;
	Oid			owner;
	Oid			access_method;
	Oid			table_owner;
	Oid			table_access_method;

	if (!read_relation(relation, &owner, &access_method) ||
		!read_relation(table, &table_owner, &table_access_method) ||
		owner == table_owner || access_method != table_access_method)
		return false;
	opened = try_relation_open(relation, AccessExclusiveLock);
	if (opened == NULL)
		return false;
	owner = opened->rd_rel->relowner;
	is_declared = index_is_declared(opened, catalog_name_of_relation(table), name);
	relation_close(opened, NoLock);
	if (owner == table_owner || !is_declared)
		return false;
	ATExecChangeOwner(relation, table_owner, true, AccessExclusiveLock);
	return true;
}

/* The same for all records of ddb.indexes that have the relation in the column. */
static void
follow_owners(Relation indexes, const char *key, int column, Oid relation)
{
	SysScanDesc scan;
	ScanKeyData scan_key;
	HeapTuple	tuple;
	bool		isnull;

	ScanKeyInit(&scan_key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(indexes, extension_relation(key), true, NULL, 1, &scan_key);
	while ((tuple = systable_getnext(scan)) != NULL)
	{
		TupleDesc	descriptor = RelationGetDescr(indexes);
		Oid			table = DatumGetObjectId(heap_getattr(tuple, INDEXES_TABLE_RELATION, descriptor, &isnull));
		Oid			index = DatumGetObjectId(heap_getattr(tuple, INDEXES_RELATION, descriptor, &isnull));

		if (follow_owner(table, index, catalog_text_column(tuple, descriptor, INDEXES_NAME)) && index == relation)
			ereport(NOTICE,
					(errmsg("relation \"%s\" of a secondary index stays with the owner of its table",
							get_rel_name(index))));
	}
	systable_endscan(scan);
}

PG_FUNCTION_INFO_V1(ddb_follow_table_owner);

/*
 * Event trigger after ALTER TABLE, of a table or of an index's relation.  (What
 * REASSIGN OWNED gives away it takes from one role, to whom both belong.)
 */
Datum
ddb_follow_table_owner(PG_FUNCTION_ARGS)
{
	Relation	indexes;
	List	   *relations;
	ListCell   *cell;

	(void) event_trigger_data(fcinfo, "follow_table_owner");
	if (script_is_running())
		PG_RETURN_NULL();
	SPI_connect();
	relations = changed_relations();
	indexes = table_open(extension_relation("indexes"), AccessShareLock);
	foreach(cell, relations)
	{
		follow_owners(indexes, "indexes_pkey", INDEXES_TABLE_RELATION, lfirst_oid(cell));
		follow_owners(indexes, "indexes_relation_key", INDEXES_RELATION, lfirst_oid(cell));
	}
	table_close(indexes, AccessShareLock);
	SPI_finish();
	PG_RETURN_NULL();
}
