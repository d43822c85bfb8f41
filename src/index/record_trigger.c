/*
 * record_trigger.c - the triggers of the extension's own relations.
 *
 * What these say is believed, so nobody but their owner writes them; and what a
 * dump brings is taken as far as it makes sense where it comes to, since COPY
 * takes all of its rows or none.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "dump.h"
#include "owner_statement.h"
#include "table/relation.h"
#include "trigger_call.h"

/* What a BEFORE trigger returns to let the row be. */
static HeapTuple
unchanged_row(const TriggerData *trigger)
{
	if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		return NULL;
	return TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
}

/* ---- The guard ---- */

PG_FUNCTION_INFO_V1(ddb_guard_catalog);

/*
 * Before any change of any of them, for statement and row: the extension's owner
 * has it from owner_statement_run(), and who restores a dump is a superuser.
 */
Datum
ddb_guard_catalog(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, "guard_catalog");

	if (!object_ownercheck(RelationRelationId, RelationGetRelid(trigger->tg_relation), GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for relation %s",
						relation_text(RelationGetRelid(trigger->tg_relation))),
				 errdetail("Only its owner changes it, whatever has been granted.")));
	PG_RETURN_POINTER(unchanged_row(trigger));
}

static bool
is_there(Oid relation)
{
	return OidIsValid(relation) && SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation));
}

/* ---- Loading ---- */

static bool
has_record(Relation catalog, const char *index, int count, ScanKey keys)
{
	SysScanDesc scan = systable_beginscan(catalog, extension_relation(index), true, NULL, count, keys);
	bool		found = HeapTupleIsValid(systable_getnext(scan));

	systable_endscan(scan);
	return found;
}

static bool
has_record_of_relation(Relation catalog, const char *index, const char *name, Oid relation)
{
	ScanKeyData key;

	ScanKeyInit(&key, SPI_fnumber(RelationGetDescr(catalog), name), BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relation));
	return has_record(catalog, index, 1, &key);
}

static void
name_key(ScanKey key, Relation catalog, const char *name)
{
	ScanKeyEntryInitialize(key, 0, SPI_fnumber(RelationGetDescr(catalog), "name"),
						   BTEqualStrategyNumber, TEXTOID, C_COLLATION_OID, F_TEXTEQ,
						   CStringGetTextDatum(name));
}

/* The row without its relation. */
static HeapTuple
without_relation(const TriggerData *trigger, HeapTuple row)
{
	int			number = SPI_fnumber(RelationGetDescr(trigger->tg_relation), "relation");
	Datum		value = 0;
	bool		isnull = true;

	return heap_modify_tuple_by_cols(row, RelationGetDescr(trigger->tg_relation), 1, &number,
									 &value, &isnull);
}

/* A record without a relation is one that catalog_create_table() is about to complete; all others come from a dump. */
static HeapTuple
load_table(const TriggerData *trigger)
{
	HeapTuple	row = trigger->tg_trigtuple;
	Relation	tables = trigger->tg_relation;
	char	   *name = trigger_text_column(trigger, row, "name");
	Oid			relation = trigger_oid_column(trigger, row, "relation");
	bool		isnull;
	ScanKeyData key;

	(void) trigger_column(trigger, row, "relation", &isnull);
	if (isnull || name == NULL)
		return row;
	dump_note_restore();
	name_key(&key, tables, name);
	if (has_record(tables, "tables_pkey", 1, &key) ||
		(is_there(relation) &&
		 has_record_of_relation(tables, "tables_relation_key", "relation", relation)))
	{
		ereport(WARNING,
				(errmsg("record of table \"%s\" is left out: there is one of this name or relation already", name),
				 errhint("ddb.check_catalog() tells of relations without a record.")));
		return NULL;
	}
	if (is_there(relation))
		return row;
	ereport(WARNING,
			(errmsg("the relation of table \"%s\" is missing", name),
			 errhint("ddb.register_table() makes a relation the table's, and ddb.clean_catalog() removes its record.")));
	return without_relation(trigger, row);
}

static HeapTuple
load_index(const TriggerData *trigger)
{
	HeapTuple	row = trigger->tg_trigtuple;
	Relation	indexes = trigger->tg_relation;
	char	   *name = trigger_text_column(trigger, row, "name");
	Oid			table = trigger_oid_column(trigger, row, "table_relation");
	Oid			relation = trigger_oid_column(trigger, row, "relation");
	ScanKeyData keys[2];

	if (name == NULL)
		return row;
	if (!is_there(table) || !is_there(relation))
	{
		ereport(WARNING,
				(errmsg("record of secondary index \"%s\" is left out: its relation or its table's is missing", name)));
		return NULL;
	}
	ScanKeyInit(&keys[0], SPI_fnumber(RelationGetDescr(indexes), "table_relation"),
				BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
	name_key(&keys[1], indexes, name);
	if (has_record(indexes, "indexes_pkey", 2, keys) ||
		has_record_of_relation(indexes, "indexes_relation_key", "relation", relation))
	{
		ereport(WARNING,
				(errmsg("record of secondary index \"%s\" is left out: there is one of this name or relation already", name)));
		return NULL;
	}
	return row;
}

/* What has been filled in is of no use without the index, nor is a job without its table. */
static HeapTuple
load_if_there(const TriggerData *trigger)
{
	return is_there(trigger_oid_column(trigger, trigger->tg_trigtuple, "relation")) ?
		trigger->tg_trigtuple : NULL;
}

/* One that was not asked for just now comes from a dump, and may have to wait for the rest of it. */
static HeapTuple
load_job(const TriggerData *trigger)
{
	HeapTuple	row = load_if_there(trigger);
	TupleDesc	descriptor = RelationGetDescr(trigger->tg_relation);
	int			numbers[] = {SPI_fnumber(descriptor, "interrupted"), SPI_fnumber(descriptor, "due"), SPI_fnumber(descriptor, "loaded")};
	Datum		values[] = {Int32GetDatum(0), 0, TimestampTzGetDatum(GetCurrentTimestamp())};
	bool		nulls[] = {false, true, false};
	bool		isnull;

	if (row == NULL ||
		DatumGetTimestampTz(trigger_column(trigger, row, "requested", &isnull)) == GetCurrentTransactionStartTimestamp())
		return row;
	dump_note_restore();
	return heap_modify_tuple_by_cols(row, descriptor, lengthof(numbers), numbers, values, nulls);
}

/* The log of changes is not in a dump: recovery begins anew. */
static HeapTuple
load_continuous_backups(const TriggerData *trigger)
{
	HeapTuple	row = trigger->tg_trigtuple;
	TupleDesc	descriptor = RelationGetDescr(trigger->tg_relation);
	int			numbers[] = {SPI_fnumber(descriptor, "status"), SPI_fnumber(descriptor, "enabled")};
	Datum		values[] = {CStringGetTextDatum("ENABLING"), 0};
	bool		nulls[] = {false, true};

	if (!is_there(trigger_oid_column(trigger, row, "relation")))
		return NULL;
	return heap_modify_tuple_by_cols(row, descriptor, lengthof(numbers), numbers, values, nulls);
}

PG_FUNCTION_INFO_V1(ddb_load_record);

/* BEFORE INSERT FOR EACH ROW of ddb.tables, ddb.indexes, ddb.backfills, ddb.continuous_backups and ddb.jobs. */
Datum
ddb_load_record(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, "load_record");
	Oid			catalog = RelationGetRelid(trigger->tg_relation);

	if (catalog == extension_relation("tables"))
		PG_RETURN_POINTER(load_table(trigger));
	if (catalog == extension_relation("indexes"))
		PG_RETURN_POINTER(load_index(trigger));
	if (catalog == extension_relation("continuous_backups"))
		PG_RETURN_POINTER(load_continuous_backups(trigger));
	if (catalog == extension_relation("jobs"))
		PG_RETURN_POINTER(load_job(trigger));
	PG_RETURN_POINTER(load_if_there(trigger));
}

/* ---- Telling ---- */

static void
tell(const TriggerData *trigger, HeapTuple row, const char *name)
{
	Oid			relation = row != NULL ? trigger_oid_column(trigger, row, name) : InvalidOid;

	if (is_there(relation))
		CacheInvalidateRelcacheByRelid(relation);
}

PG_FUNCTION_INFO_V1(ddb_record_changed);

/*
 * AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW of ddb.tables and ddb.indexes: all
 * sessions forget, when the change commits, what they know of the table.
 */
Datum
ddb_record_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, "record_changed");
	const char *name = RelationGetRelid(trigger->tg_relation) == extension_relation("indexes") ?
		"table_relation" : "relation";

	tell(trigger, trigger->tg_trigtuple, name);
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		tell(trigger, trigger->tg_newtuple, name);
	PG_RETURN_POINTER(NULL);
}
