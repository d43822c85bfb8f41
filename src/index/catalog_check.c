/*
 * catalog_check.c - ddb.check_catalog() and ddb.clean_catalog(): records that
 * lead nowhere or do not fit, and relations that have none.
 *
 * A dump of some relations brings such records, and so does whoever writes them
 * by hand or drops a relation with event triggers switched off.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "index/index.h"
#include "owner_statement.h"
#include "table/layout.h"
#include "table/relation.h"

/* A catalog's record, by its name, its relation and its table's relation. */
typedef enum RecordKind
{
	RECORD_NONE,				/* nothing to remove */
	RECORD_TABLE,
	RECORD_INDEX,
	RECORD_BACKFILL,
	RECORD_ACCESS_KEY,
	RECORD_EVENT_SOURCE
} RecordKind;

static const struct
{
	const char *catalog;
	const char *condition;
}			records[] = {
	[RECORD_TABLE] = {"tables", "name = $1 AND coalesce(relation::pg_catalog.oid, 0) = $2"},
	[RECORD_INDEX] = {"indexes", "name = $1 AND relation = $2 AND table_relation = $3"},
	[RECORD_BACKFILL] = {"backfills", "relation = $2"},
	[RECORD_ACCESS_KEY] = {"access_keys", "access_key_id = $1"},
	[RECORD_EVENT_SOURCE] = {"event_sources", "id = $1::pg_catalog.uuid"}
};

typedef struct Problem
{
	const char *text;
	const char *table_name;		/* or NULL */
	const char *index_name;		/* or NULL */
	Oid			relation;		/* or InvalidOid */
	RecordKind	record;			/* that is of no use: its name, and its table's relation */
	const char *name;
	Oid			table;
} Problem;

/* ---- Finding ---- */

static void
add_problem(List **problems, Problem problem)
{
	Problem    *added = palloc(sizeof(Problem));

	*added = problem;
	*problems = lappend(*problems, added);
}

static bool
exists(Oid relation)
{
	return OidIsValid(relation) && SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation));
}

/* The relation's layout with its names gone, for its shape; all zero where it is not there. */
static TableLayout
shape_of(Oid relation, Oid *owner)
{
	Relation	opened = exists(relation) ? try_relation_open(relation, AccessShareLock) : NULL;
	TableLayout shape = {0};

	*owner = InvalidOid;
	if (opened == NULL)
		return shape;
	if (relation_is_of_ddb(opened))
		shape = *layout_of_relation(opened);
	*owner = opened->rd_rel->relowner;
	relation_close(opened, AccessShareLock);
	return shape;
}

static void
check_table(List **problems, const TableRecord *record)
{
	Problem		problem = {
		.table_name = record->name,.relation = record->relation,.name = record->name
	};
	TableLayout shape;
	Oid			owner;

	if (!exists(record->relation))
	{
		problem.text = "the table's relation is missing";
		problem.record = RECORD_TABLE;
		add_problem(problems, problem);
		return;
	}
	shape = shape_of(record->relation, &owner);
	if (!OidIsValid(shape.primary_index) || shape.table_schema.partition_count > 0)
	{
		problem.text = "the table's relation has not the columns and the primary index of a table";
		add_problem(problems, problem);
	}
}

static void
check_index(List **problems, const IndexRecord *record)
{
	Problem		problem = {
		.table_name = catalog_name_of_relation(record->table),
		.index_name = record->definition.name,
		.relation = record->definition.relation,
		.name = record->definition.name,.table = record->table
	};
	TableLayout table;
	Oid			table_owner;
	Oid			owner;

	if (record->misfit != NULL)
	{
		problem.text = psprintf("the index's record does not fit: %s", record->misfit);
		problem.record = record->mendable ? RECORD_NONE : RECORD_INDEX;
		add_problem(problems, problem);
		return;
	}
	(void) shape_of(record->definition.relation, &owner);
	table = shape_of(record->table, &table_owner);
	if (owner != table_owner)
	{
		problem.text = "the index's relation belongs to another role than the table's";
		add_problem(problems, problem);
	}
	if (table.index_trigger == 0 || table.index_trigger == TRIGGER_DISABLED)
	{
		problem.text = "the table has no trigger ddb.maintain_indexes() that is enabled";
		add_problem(problems, problem);
	}
}

/* Makes a problem of each row (name, relation) of a query on the catalog. */
static void
check_by_query(List **problems, const char *catalog, const char *query, RecordKind record,
			   const char *text)
{
	MemoryContext caller = CurrentMemoryContext;

	SPI_connect();
	owner_statement_run(extension_relation(catalog), query, 0, NULL, NULL, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	descriptor = SPI_tuptable->tupdesc;
		Problem		problem = {.record = record};
		bool		isnull;
		MemoryContext spi = MemoryContextSwitchTo(caller);

		problem.name = SPI_getvalue(row, descriptor, 1);
		problem.relation = DatumGetObjectId(SPI_getbinval(row, descriptor, 2, &isnull));
		problem.text = psprintf("%s %s", text, problem.name);
		add_problem(problems, problem);
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
}

static void
check_backfills(List **problems)
{
	check_by_query(problems, "backfills",
				   "SELECT b.relation::pg_catalog.text, b.relation::pg_catalog.oid FROM ddb.backfills b"
				   " WHERE NOT EXISTS (SELECT FROM ddb.indexes i"
				   " WHERE i.relation = b.relation AND i.status = 'CREATING')",
				   RECORD_BACKFILL, "no index is being filled whose relation is");
}

/* Of one that comes again under its name, the keys would come back. */
static void
check_access_keys(List **problems)
{
	check_by_query(problems, "access_keys",
				   "SELECT access_key_id, 0::pg_catalog.oid FROM ddb.access_keys k WHERE NOT EXISTS"
				   " (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = k.role)",
				   RECORD_ACCESS_KEY, "there is no role of access key");
}

/* Likewise of event sources. */
static void
check_event_sources(List **problems)
{
	check_by_query(problems, "event_sources",
				   "SELECT id::pg_catalog.text, 0::pg_catalog.oid FROM ddb.event_sources s WHERE NOT EXISTS"
				   " (SELECT FROM pg_catalog.pg_roles r WHERE r.oid = s.role)",
				   RECORD_EVENT_SOURCE, "there is no role of event source");
}

/* ENABLE TRIGGER, as a restore with --disable-triggers ends, is not ENABLE ALWAYS. */
static void
check_guards(List **problems)
{
	check_by_query(problems, "tables",
				   "SELECT pg_catalog.format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', tgrelid::ddb.relation, tgname), tgrelid"
				   " FROM pg_catalog.pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A'"
				   " AND tgrelid IN (SELECT g.tgrelid FROM pg_catalog.pg_trigger g"
				   " WHERE g.tgfoid = 'ddb.guard_catalog()'::pg_catalog.regprocedure)",
				   RECORD_NONE, "a guard is not always up, which wants");
	check_by_query(problems, "tables",
				   "SELECT pg_catalog.format('ALTER EVENT TRIGGER %I ENABLE ALWAYS', evtname), 0::pg_catalog.oid FROM pg_catalog.pg_event_trigger"
				   " WHERE evtname IN ('ddb_forget_dropped_tables', 'ddb_forget_dropped_indexes', 'ddb_end_dropped_logs') AND evtenabled <> 'A'",
				   RECORD_NONE, "a guard is not always up, which wants");
}

/* Relations that say by themselves that they are a table, or an index of one. */
static void
check_unrecorded(List **problems, Oid relation)
{
	Relation	opened = try_table_open(relation, AccessShareLock);
	Problem		problem = {.relation = relation};
	IndexDefinition declared = {0};
	char	   *table_name;
	bool		is_index;
	bool		is_table;

	if (opened == NULL)
		return;
	is_table = OidIsValid(layout_of_relation(opened)->primary_index) &&
		layout_of_relation(opened)->table_schema.partition_count == 0;
	is_index = index_read_declaration(opened, &table_name, &declared);
	table_close(opened, AccessShareLock);
	if (is_index && !index_is_recorded(relation))
	{
		problem.table_name = table_name;
		problem.index_name = declared.name;
		problem.text = "the relation is that of a secondary index by what it says of itself, and has no record";
		add_problem(problems, problem);
	}
	else if (is_table && !is_index && catalog_name_of_relation(relation) == NULL)
	{
		problem.text = "the relation is that of a table by its shape, and has no record";
		add_problem(problems, problem);
	}
}

/* All relations USING ddb but temporary ones, which are no tables of DynamoDB's. */
static List *
relations_of_access_method(void)
{
	Relation	classes = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(classes, InvalidOid, false, NULL, 0, NULL);
	Oid			access_method = get_table_am_oid("ddb", false);
	List	   *relations = NIL;
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if (form->relkind == RELKIND_RELATION && form->relam == access_method &&
			form->relpersistence != RELPERSISTENCE_TEMP)
			relations = lappend_oid(relations, form->oid);
	}
	systable_endscan(scan);
	table_close(classes, AccessShareLock);
	return relations;
}

static List *
find_problems(void)
{
	List	   *problems = NIL;
	ListCell   *cell;

	foreach(cell, catalog_table_records())
		check_table(&problems, lfirst(cell));
	foreach(cell, index_records())
		check_index(&problems, lfirst(cell));
	check_backfills(&problems);
	check_access_keys(&problems);
	check_event_sources(&problems);
	check_guards(&problems);
	foreach(cell, relations_of_access_method())
		check_unrecorded(&problems, lfirst_oid(cell));
	return problems;
}

/* ---- Removing ---- */

/* Runs "<begin> ddb.<catalog> WHERE <the record>"; whether there was one. */
static bool
on_record(const char *begin, const Problem *problem)
{
	const char *catalog = records[problem->record].catalog;
	Oid			types[] = {TEXTOID, OIDOID, OIDOID};
	Datum		values[] = {
		CStringGetTextDatum(problem->name), ObjectIdGetDatum(problem->relation),
		ObjectIdGetDatum(problem->table)
	};
	bool		found;

	SPI_connect();
	found = owner_statement_run(extension_relation(catalog),
								psprintf("%s ddb.%s WHERE %s", begin, catalog,
										 records[problem->record].condition),
								lengthof(types), types, values, NULL) > 0;
	SPI_finish();
	return found;
}

/* ---- The functions ---- */

static void
put_problem(ReturnSetInfo *result, const Problem *problem)
{
	const char *texts[] = {problem->text, problem->table_name, problem->index_name};
	Datum		values[5] = {0};
	bool		nulls[5] = {false};

	for (int i = 0; i < (int) lengthof(texts); i++)
	{
		nulls[i] = texts[i] == NULL;
		if (!nulls[i])
			values[i] = CStringGetTextDatum(texts[i]);
	}
	values[3] = ObjectIdGetDatum(problem->relation);
	nulls[3] = !OidIsValid(problem->relation);
	values[4] = BoolGetDatum(problem->record != RECORD_NONE);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(ddb_check_catalog);

/* ddb.check_catalog() */
Datum
ddb_check_catalog(PG_FUNCTION_ARGS)
{
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, find_problems())
	{
		const Problem *problem = lfirst(cell);

		/* what is dropped meanwhile takes its record with it */
		if (problem->record == RECORD_NONE || on_record("SELECT FROM", problem))
			put_problem((ReturnSetInfo *) fcinfo->resultinfo, problem);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(ddb_clean_catalog);

/* ddb.clean_catalog() */
Datum
ddb_clean_catalog(PG_FUNCTION_ARGS)
{
	ListCell   *cell;

	PreventCommandIfReadOnly("clean_catalog()");
	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, find_problems())
	{
		const Problem *problem = lfirst(cell);

		if (problem->record != RECORD_NONE && on_record("DELETE FROM", problem))
			put_problem((ReturnSetInfo *) fcinfo->resultinfo, problem);
	}
	return (Datum) 0;
}
