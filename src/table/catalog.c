/*
 * catalog.c - the relation ddb.tables.
 *
 * Tables come and go seldom, so this speaks SQL to the server.  Relations are
 * created and dropped as the current role, whose privileges decide; records
 * are written as the extension's owner, since nobody else may.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "arn.h"
#include "compat.h"
#include "error.h"
#include "owner_statement.h"
#include "script.h"
#include "statistics/usage.h"
#include "table/catalog.h"
#include "table/catalog_row.h"
#include "table/relation.h"
#include "table/table.h"
#include "trigger_call.h"
#include "value/value.h"

/* ddb.tables' columns, in order. */
enum
{
	TABLES_NAME = 1,
	TABLES_RELATION,
	TABLES_ID,
	TABLES_CREATED,
	TABLES_SETTINGS,
	TABLES_TAGS,
	TABLES_STATUS
};

#define STATUS_ACTIVE "ACTIVE"
#define STATUS_CREATING "CREATING"

/* ---- Reading ---- */

static TableRecord *
record_of_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	TableRecord *record = palloc0(sizeof(TableRecord));
	bool		isnull;

	record->name = catalog_text_column(tuple, descriptor, TABLES_NAME);
	record->relation = DatumGetObjectId(heap_getattr(tuple, TABLES_RELATION, descriptor, &isnull));
	if (isnull)
		record->relation = InvalidOid;
	record->id = catalog_uuid_column(tuple, descriptor, TABLES_ID);
	record->created = DatumGetTimestampTz(heap_getattr(tuple, TABLES_CREATED, descriptor, &isnull));
	record->settings = catalog_text_column(tuple, descriptor, TABLES_SETTINGS);
	record->tags = catalog_text_column(tuple, descriptor, TABLES_TAGS);
	record->creating = strcmp(catalog_text_column(tuple, descriptor, TABLES_STATUS), STATUS_CREATING) == 0;
	return record;
}

/* The record that the index finds with the key, or NULL. */
static TableRecord *
find_record(const char *index, ScanKey key)
{
	Relation	tables = table_open(extension_relation("tables"), AccessShareLock);
	TableRecord *record = NULL;
	SysScanDesc scan = systable_beginscan(tables, extension_relation(index), true, NULL, 1, key);
	HeapTuple	tuple = systable_getnext(scan);

	if (HeapTupleIsValid(tuple))
		record = record_of_tuple(tuple, RelationGetDescr(tables));
	systable_endscan(scan);
	table_close(tables, AccessShareLock);
	return record;
}

/* The record of that name, whether or not its relation is there. */
static TableRecord *
find_record_by_name(const char *name)
{
	ScanKeyData key;

	ScanKeyEntryInitialize(&key, 0, TABLES_NAME, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ, CStringGetTextDatum(name));
	return find_record("tables_pkey", &key);
}

static bool
has_relation(const TableRecord *record)
{
	return OidIsValid(record->relation) &&
		SearchSysCacheExists1(RELOID, ObjectIdGetDatum(record->relation));
}

TableRecord *
catalog_read_table(const char *name)
{
	TableRecord *record = find_record_by_name(name);

	/* DROP TABLE leaves a record until its command's end, a dump for longer */
	return record != NULL && has_relation(record) ? record : NULL;
}

char *
catalog_name_of_relation(Oid relation)
{
	TableRecord *record;
	ScanKeyData key;

	ScanKeyInit(&key, TABLES_RELATION, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	record = find_record("tables_relation_key", &key);
	return record != NULL ? record->name : NULL;
}

List *
catalog_table_records(void)
{
	Relation	tables = table_open(extension_relation("tables"), AccessShareLock);
	SysScanDesc scan = systable_beginscan(tables, InvalidOid, false, NULL, 0, NULL);
	List	   *records = NIL;
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
		records = lappend(records, record_of_tuple(tuple, RelationGetDescr(tables)));
	systable_endscan(scan);
	table_close(tables, AccessShareLock);
	return records;
}

void
catalog_walk_names(void (*visit) (const char *name, Oid relation, void *argument), void *argument)
{
	Relation	tables = table_open(extension_relation("tables"), AccessShareLock);
	SysScanDesc scan = systable_beginscan(tables, InvalidOid, false, NULL, 0, NULL);
	TupleDesc	descriptor = RelationGetDescr(tables);
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
	{
		bool		isnull;
		Datum		relation = heap_getattr(tuple, TABLES_RELATION, descriptor, &isnull);

		if (!isnull)
			visit(catalog_text_column(tuple, descriptor, TABLES_NAME), DatumGetObjectId(relation), argument);
	}
	systable_endscan(scan);
	table_close(tables, AccessShareLock);
}

bool
catalog_is_tables(Oid relation)
{
	/* of the past, or where the extension is not */
	return relation == get_relname_relid("tables", get_namespace_oid("ddb", true));
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

void
catalog_report_creating(const char *name)
{
	ddb_error(RESOURCE_IN_USE_EXCEPTION,
			  "Attempt to change a resource which is still in use: Table is being created: %s", name);
}

/* Who fills a table that is being created has it locked against changes until it is done. */
static void
check_not_creating(const TableRecord *record, LOCKMODE lock)
{
	if (record->creating && lock != AccessShareLock && lock != AccessExclusiveLock)
		catalog_report_creating(record->name);
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
		check_not_creating(found, lock);
		LockRelationOid(found->relation, lock);
		locked = catalog_read_table(name);
		if (locked != NULL && locked->relation == found->relation)
		{
			check_not_creating(locked, lock);
			usage_table(locked->relation, locked->name);
			return locked;
		}
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
catalog_lock_table_to_index(const char *name)
{
	PreventCommandIfReadOnly("a change of a table");
	return lock_table(name, ShareRowExclusiveLock);
}

TableRecord *
catalog_lock_table_to_drop(const char *name)
{
	PreventCommandIfReadOnly("a change of a table");
	return lock_table(name, AccessExclusiveLock);
}

/* ---- Statements ---- */

/* Runs a statement that writes ddb.tables; returns how many rows it wrote. */
static uint64
write_tables(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	return owner_statement_run(extension_relation("tables"), statement, count, types, values, nulls);
}

void
catalog_check_may_create(const char *name)
{
	Oid			namespace = get_namespace_oid("dynamodb", false);

	if (object_aclcheck(NamespaceRelationId, namespace, GetUserId(), ACL_CREATE) != ACLCHECK_OK)
		ddb_error(ACCESS_DENIED_EXCEPTION,
				  "User: %s is not authorized to perform this operation on resource: %s",
				  GetUserNameFromId(GetUserId(), false), table_arn(name));
}

static void __attribute__((noreturn))
report_in_use(const char *name)
{
	ddb_error(RESOURCE_IN_USE_EXCEPTION, "Table already exists: %s", name);
}

static void
insert_new_record(const char *name, const char *settings, const char *tags)
{
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(name), CStringGetTextDatum(settings), CStringGetTextDatum(tags)
	};

	write_tables("INSERT INTO ddb.tables (name, id, created, settings, tags)"
				 " VALUES ($1, pg_catalog.gen_random_uuid(), pg_catalog.now(),"
				 " $2::pg_catalog.json, $3::pg_catalog.json)",
				 lengthof(types), types, values, NULL);
}

/*
 * False where there is one of that name.  A relation that logical decoding reads as a
 * catalog takes no ON CONFLICT.
 */
static bool
try_insert_record(const char *name, const char *settings, const char *tags)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		insert_new_record(name, settings, tags);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	if (error != NULL && error->sqlerrcode != ERRCODE_UNIQUE_VIOLATION)
		ReThrowError(error);
	return error == NULL;
}

/* Removes the record as it is, if its relation is missing. */
static bool
try_remove_dead_record(const char *name)
{
	const TableRecord *record = find_record_by_name(name);
	Oid			types[] = {TEXTOID, OIDOID};
	Datum		values[] = {CStringGetTextDatum(name), 0};
	const char *nulls;

	if (record == NULL || has_relation(record))
		return record == NULL;
	values[1] = ObjectIdGetDatum(record->relation);
	nulls = OidIsValid(record->relation) ? NULL : " n";
	return write_tables("DELETE FROM ddb.tables WHERE name = $1 AND relation IS NOT DISTINCT FROM $2",
						lengthof(types), types, values, nulls) > 0;
}

/*
 * Inserts a record without a relation.  Of two sessions that create the same
 * table, the second waits on the unique name and learns how the first ended.  A
 * name whose relation has been left out of a dump is free.
 */
static void
insert_record(const char *name, const char *settings, const char *tags)
{
	if (!try_insert_record(name, settings, tags) &&
		!(try_remove_dead_record(name) && try_insert_record(name, settings, tags)))
		report_in_use(name);
}

/* Of two sessions that do this at once to one record, the second finds another relation. */
static void
set_relation(const char *name, Oid old_relation, Oid relation)
{
	Oid			types[] = {TEXTOID, OIDOID, OIDOID};
	Datum		values[] = {
		CStringGetTextDatum(name), ObjectIdGetDatum(relation), ObjectIdGetDatum(old_relation)
	};

	owner_statement_write(extension_relation("tables"),
						  "UPDATE ddb.tables SET relation = $2"
						  " WHERE name = $1 AND relation IS NOT DISTINCT FROM $3",
						  lengthof(types), types, values, OidIsValid(old_relation) ? NULL : "  n");
}

void
catalog_create_table(const char *name, const KeySchema *schema, const char *settings,
					 const char *tags)
{
	if (catalog_read_table(name) != NULL)
		report_in_use(name);
	catalog_check_may_create(name);

	SPI_connect();
	insert_record(name, settings, tags);
	set_relation(name, InvalidOid, relation_create(name, schema, NULL));
	SPI_finish();
}

void
catalog_register_table(const char *name, Oid relation, const char *settings)
{
	const char *registered = catalog_name_of_relation(relation);
	TableRecord *record = find_record_by_name(name);

	if (registered != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("relation %s is that of table \"%s\" already", relation_text(relation), registered)));
	if (record != NULL && has_relation(record))
		report_in_use(name);
	catalog_check_may_create(name);

	SPI_connect();
	if (record == NULL)
		insert_record(name, settings, "{}");
	set_relation(name, record != NULL ? record->relation : InvalidOid, relation);
	SPI_finish();
	CommandCounterIncrement();
}

void
catalog_drop_table(const TableRecord *record)
{
	/* the record goes with the relation, by the event trigger on drops */
	SPI_connect();
	relation_run("DROP TABLE %s", relation_quoted_name(record->relation));
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
	owner_statement_write(extension_relation("tables"),
						  "UPDATE ddb.tables SET settings = coalesce($2::pg_catalog.json, settings),"
						  " tags = coalesce($3::pg_catalog.json, tags) WHERE name = $1",
						  3, types, values, nulls);
	SPI_finish();
}

void
catalog_set_creating(TableRecord *record, bool creating)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(record->name), CStringGetTextDatum(creating ? STATUS_CREATING : STATUS_ACTIVE)
	};

	SPI_connect();
	owner_statement_write(extension_relation("tables"),
						  "UPDATE ddb.tables SET status = $2 WHERE name = $1",
						  lengthof(types), types, values, NULL);
	SPI_finish();
	CommandCounterIncrement();
	record->creating = creating;
}

List *
catalog_table_names(const char *after, int limit)
{
	Relation	tables = table_open(extension_relation("tables"), AccessShareLock);
	Relation	index = index_open(extension_relation("tables_pkey"), AccessShareLock);
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
	{
		TableRecord *record = record_of_tuple(tuple, RelationGetDescr(tables));

		if (has_relation(record))
			names = lappend(names, record->name);
	}
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
	static const char *const transfers[] = {"exports", "imports", "bulk_operations"};
	uint64		gone;

	(void) event_trigger_data(fcinfo, "forget_dropped_tables");
	if (script_is_running())
		PG_RETURN_NULL();
	SPI_connect();
	write_tables("DELETE FROM ddb.tables t USING pg_catalog.pg_event_trigger_dropped_objects() d"
				 " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
				 " AND d.objsubid = 0 AND d.objid = t.relation",
				 0, NULL, NULL, NULL);
	write_tables("DELETE FROM ddb.backups b USING pg_catalog.pg_event_trigger_dropped_objects() d"
				 " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
				 " AND d.objsubid = 0 AND d.objid = b.relation",
				 0, NULL, NULL, NULL);
	gone = write_tables("DELETE FROM ddb.jobs j WHERE NOT EXISTS"
						" (SELECT FROM pg_catalog.pg_class c WHERE c.oid = j.relation)", 0, NULL, NULL, NULL);
	/* what goes on by these has ended with them; most drops are of other things */
	for (int i = 0; gone > 0 && i < (int) lengthof(transfers); i++)
		write_tables(psprintf("UPDATE ddb.%s t SET ended = pg_catalog.clock_timestamp() FROM pg_catalog.pg_event_trigger_dropped_objects() d"
							  " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
							  " AND d.objsubid = 0 AND d.objid = t.relation AND t.ended IS NULL", transfers[i]),
					 0, NULL, NULL, NULL);
	SPI_finish();
	PG_RETURN_NULL();
}
