/*
 * catalog.c - the relation ddb.tables, and the statements that create and
 * drop a table's relation.
 *
 * Tables come and go seldom, so this speaks SQL to the server.  Relations are
 * created and dropped as the current role, whose privileges decide; records
 * are written as the extension's owner, since nobody else may.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "error.h"
#include "owner_statement.h"
#include "table/catalog.h"
#include "table/table.h"
#include "value/value.h"

/* ddb.tables' columns, in order. */
enum
{
	TABLES_NAME = 1,
	TABLES_RELATION,
	TABLES_ID,
	TABLES_CREATED,
	TABLES_SETTINGS,
	TABLES_TAGS
};

/* ---- Reading ---- */

static char *
text_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	bool		isnull;
	Datum		datum = heap_getattr(tuple, column, descriptor, &isnull);

	return isnull ? NULL : TextDatumGetCString(datum);
}

static TableRecord *
record_of_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	TableRecord *record = palloc0(sizeof(TableRecord));
	bool		isnull;

	record->name = text_column(tuple, descriptor, TABLES_NAME);
	record->relation = DatumGetObjectId(heap_getattr(tuple, TABLES_RELATION, descriptor, &isnull));
	record->id = DatumGetCString(DirectFunctionCall1(uuid_out,
													 heap_getattr(tuple, TABLES_ID, descriptor, &isnull)));
	record->created = DatumGetTimestampTz(heap_getattr(tuple, TABLES_CREATED, descriptor, &isnull));
	record->settings = text_column(tuple, descriptor, TABLES_SETTINGS);
	record->tags = text_column(tuple, descriptor, TABLES_TAGS);
	return record;
}

static Oid
catalog_relation(const char *name)
{
	Oid			relid = get_relname_relid(name, get_namespace_oid("ddb", false));

	if (!OidIsValid(relid))
		elog(ERROR, "relation ddb.%s does not exist", name);
	return relid;
}

TableRecord *
catalog_read_table(const char *name)
{
	Relation	tables = table_open(catalog_relation("tables"), AccessShareLock);
	TableRecord *record = NULL;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	ScanKeyEntryInitialize(&key, 0, TABLES_NAME, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ, CStringGetTextDatum(name));
	scan = systable_beginscan(tables, catalog_relation("tables_pkey"), true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		record = record_of_tuple(tuple, RelationGetDescr(tables));
	systable_endscan(scan);
	table_close(tables, AccessShareLock);

	/* plain DROP TABLE leaves a record until its transaction's end, at most */
	if (record != NULL && !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(record->relation)))
		return NULL;
	return record;
}

/* ---- Locking ---- */

static void
check_owner(const TableRecord *record)
{
	if (!object_ownercheck(RelationRelationId, record->relation, GetUserId()))
		ddb_error(ACCESS_DENIED_EXCEPTION,
				  "User: %s is not authorized to perform this operation on resource: %s",
				  GetUserNameFromId(GetUserId(), false), table_arn(record->name));
}

/*
 * Reads the record again once the lock is there, since the lock's last holder
 * may have changed the record, or dropped the table and created another one.
 */
static TableRecord *
lock_table(const char *name, LOCKMODE lock)
{
	for (;;)
	{
		TableRecord *found = catalog_read_table(name);
		TableRecord *locked;

		if (found == NULL)
			return NULL;
		if (lock != AccessShareLock)
			check_owner(found);
		LockRelationOid(found->relation, lock);
		locked = catalog_read_table(name);
		if (locked != NULL && locked->relation == found->relation)
			return locked;
		UnlockRelationOid(found->relation, lock);
	}
}

TableRecord *
catalog_lock_table_to_read(const char *name)
{
	return lock_table(name, AccessShareLock);
}

TableRecord *
catalog_lock_table_to_update(const char *name)
{
	PreventCommandIfReadOnly("a change of a table");

	/* the lock of ALTER TABLE ... SET: reads and writes of items go on */
	return lock_table(name, ShareUpdateExclusiveLock);
}

TableRecord *
catalog_lock_table_to_drop(const char *name)
{
	PreventCommandIfReadOnly("a change of a table");
	return lock_table(name, AccessExclusiveLock);
}

/* ---- Statements ---- */

/* Runs one statement as the current role. */
static void
run(const char *statement)
{
	int			result = SPI_execute(statement, false, 0);

	if (result < 0)
		elog(ERROR, "statement failed: %s: %s", SPI_result_code_string(result), statement);
}

/* Runs one that writes ddb.tables; returns how many rows it wrote. */
static uint64
write_tables(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	return owner_statement_run(catalog_relation("tables"), statement, count, types, values, nulls);
}

/* A column for a key attribute, of a name that the relation can have. */
static const char *
column_name(const KeyAttribute *attribute, const char *fallback)
{
	static const char *const taken[] = {
		"item", "tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"
	};

	if (attribute->name_length >= NAMEDATALEN)
		return fallback;
	for (int i = 0; i < (int) lengthof(taken); i++)
	{
		if (strcmp(attribute->name, taken[i]) == 0)
			return fallback;
	}
	return attribute->name;
}

static const char *
type_name(ValueType type)
{
	switch (type)
	{
		case VALUE_STRING:
			return "string";
		case VALUE_NUMBER:
			return "number";
		case VALUE_BINARY:
			return "binary";
		default:
			elog(ERROR, "a key attribute cannot be of type %s", value_type_name(type));
	}
}

static void
append_key_column(StringInfo statement, const KeyAttribute *attribute, const char *column, int most)
{
	const char *type = type_name(attribute->type);

	appendStringInfo(statement,
					 "%s ddb.%s GENERATED ALWAYS AS (ddb.%s_key(item, %s, %d)) STORED NOT NULL, ",
					 quote_identifier(column), type, type,
					 quote_literal_cstr(attribute->name), most);
}

/*
 * The relation's name: the table's own, unless it is longer than PostgreSQL's
 * names or was taken by something that is no table of ours.
 */
static const char *
relation_name(const char *name, Oid schema)
{
	if (strlen(name) < NAMEDATALEN && !OidIsValid(get_relname_relid(name, schema)))
		return name;
	return psprintf("%.40s_" UINT64_FORMAT, name,
					DatumGetUInt64(hash_any_extended((const unsigned char *) name, strlen(name), 0)) / 10);
}

static void
create_relation(const char *relation, const KeySchema *schema)
{
	const KeyAttribute *partition = &schema->partition[0];
	const KeyAttribute *sort = schema->sort_count > 0 ? &schema->sort[0] : NULL;
	const char *partition_column = column_name(partition, "partition_key");
	const char *sort_column = sort != NULL ? column_name(sort, "sort_key") : NULL;
	const char *quoted = quote_qualified_identifier("dynamodb", relation);
	StringInfoData statement;

	if (sort != NULL && strcmp(partition_column, sort_column) == 0)
		sort_column = strcmp(partition_column, "sort_key") == 0 ? "sort_attribute" : "sort_key";

	initStringInfo(&statement);
	appendStringInfo(&statement, "CREATE TABLE %s (", quoted);
	append_key_column(&statement, partition, partition_column, PARTITION_KEY_MAX_SIZE);
	if (sort != NULL)
		append_key_column(&statement, sort, sort_column, SORT_KEY_MAX_SIZE);
	appendStringInfoString(&statement, "item ddb.item NOT NULL) USING ddb");
	run(statement.data);

	resetStringInfo(&statement);
	appendStringInfo(&statement, "CREATE UNIQUE INDEX ON %s (ddb.hash(%s)", quoted,
					 quote_identifier(partition_column));
	if (sort != NULL)
		appendStringInfo(&statement, ", %s", quote_identifier(sort_column));
	appendStringInfoChar(&statement, ')');
	run(statement.data);

	/* a consumer of changes wants to know which item was deleted */
	resetStringInfo(&statement);
	appendStringInfo(&statement, "ALTER TABLE %s REPLICA IDENTITY FULL", quoted);
	run(statement.data);
}

void
catalog_create_table(const char *name, const KeySchema *schema, const char *settings,
					 const char *tags)
{
	Oid			namespace = get_namespace_oid("dynamodb", false);
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID};
	Oid			relation_types[] = {TEXTOID, OIDOID};
	Datum		values[3];
	const char *relation;

	if (catalog_read_table(name) != NULL)
		ddb_error(RESOURCE_IN_USE_EXCEPTION, "Table already exists: %s", name);
	if (object_aclcheck(NamespaceRelationId, namespace, GetUserId(), ACL_CREATE) != ACLCHECK_OK)
		ddb_error(ACCESS_DENIED_EXCEPTION,
				  "User: %s is not authorized to perform this operation on resource: %s",
				  GetUserNameFromId(GetUserId(), false), table_arn(name));

	SPI_connect();

	/*
	 * The record first: of two sessions that create the same table, the second
	 * waits on the unique name and learns how the first ended.
	 */
	values[0] = CStringGetTextDatum(name);
	values[1] = CStringGetTextDatum(settings);
	values[2] = CStringGetTextDatum(tags);
	if (write_tables("INSERT INTO ddb.tables (name, id, created, settings, tags)"
					 " VALUES ($1, pg_catalog.gen_random_uuid(), pg_catalog.now(),"
					 " $2::pg_catalog.json, $3::pg_catalog.json)"
					 " ON CONFLICT (name) DO NOTHING",
					 3, types, values, NULL) == 0)
		ddb_error(RESOURCE_IN_USE_EXCEPTION, "Table already exists: %s", name);

	relation = relation_name(name, namespace);
	create_relation(relation, schema);
	values[1] = ObjectIdGetDatum(get_relname_relid(relation, namespace));
	write_tables("UPDATE ddb.tables SET relation = $2 WHERE name = $1",
				 2, relation_types, values, NULL);
	SPI_finish();
}

void
catalog_drop_table(const TableRecord *record)
{
	char	   *relation = get_rel_name(record->relation);
	char	   *namespace = get_namespace_name(get_rel_namespace(record->relation));

	/* the record goes with the relation, by the event trigger on drops */
	SPI_connect();
	run(psprintf("DROP TABLE %s", quote_qualified_identifier(namespace, relation)));
	SPI_finish();
}

void
catalog_update_table(const TableRecord *record, const char *settings, const char *tags)
{
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[3];
	char		nulls[3] = {' ', ' ', ' '};

	values[0] = CStringGetTextDatum(record->name);
	values[1] = settings != NULL ? CStringGetTextDatum(settings) : (Datum) 0;
	values[2] = tags != NULL ? CStringGetTextDatum(tags) : (Datum) 0;
	nulls[1] = settings != NULL ? ' ' : 'n';
	nulls[2] = tags != NULL ? ' ' : 'n';

	SPI_connect();
	write_tables("UPDATE ddb.tables SET settings = coalesce($2::pg_catalog.json, settings),"
				 " tags = coalesce($3::pg_catalog.json, tags) WHERE name = $1",
				 3, types, values, nulls);
	SPI_finish();
}

List *
catalog_table_names(const char *after, int limit)
{
	Relation	tables = table_open(catalog_relation("tables"), AccessShareLock);
	Relation	index = index_open(catalog_relation("tables_pkey"), AccessShareLock);
	List	   *names = NIL;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	if (after != NULL)
		ScanKeyEntryInitialize(&key, 0, TABLES_NAME, BTGreaterStrategyNumber, TEXTOID,
							   C_COLLATION_OID, F_TEXT_GT, CStringGetTextDatum(after));
	scan = systable_beginscan_ordered(tables, index, NULL, after != NULL ? 1 : 0, &key);
	while (list_length(names) < limit &&
		   (tuple = systable_getnext_ordered(scan, ForwardScanDirection)) != NULL)
		names = lappend(names, text_column(tuple, RelationGetDescr(tables), TABLES_NAME));
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(tables, AccessShareLock);
	return names;
}

void
catalog_table_size(Oid relation, int64 *items, int64 *bytes)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Form_pg_class form;

	*items = *bytes = 0;
	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_class) GETSTRUCT(tuple);
	*items = Max((int64) form->reltuples, 0);	/* -1: not counted yet */
	*bytes = (int64) form->relpages * BLCKSZ;
	ReleaseSysCache(tuple);
}

PG_FUNCTION_INFO_V1(ddb_forget_dropped_tables);

/*
 * Event trigger on drops: a table's record goes with its relation, however
 * that was dropped.
 */
Datum
ddb_forget_dropped_tables(PG_FUNCTION_ARGS)
{
	SPI_connect();
	write_tables("DELETE FROM ddb.tables t USING pg_catalog.pg_event_trigger_dropped_objects() d"
				 " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
				 " AND d.objsubid = 0 AND d.objid = t.relation",
				 0, NULL, NULL, NULL);
	SPI_finish();
	PG_RETURN_NULL();
}
