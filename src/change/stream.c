/*
 * stream.c - the relation ddb.streams.
 *
 * It is read and written as ddb.tables is (table/catalog.c): by system scans,
 * and by statements of the extension's owner.
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
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "arn.h"
#include "change/stream.h"
#include "change/stream_view.h"
#include "compat.h"
#include "error.h"
#include "owner_statement.h"
#include "table/catalog_row.h"

/* ddb.streams' columns, in order. */
enum
{
	STREAMS_RELATION = 1,
	STREAMS_LABEL,
	STREAMS_TABLE_NAME,
	STREAMS_VIEW_TYPE,
	STREAMS_STATUS,
	STREAMS_KEY_SCHEMA,
	STREAMS_CREATED,
	STREAMS_ENDED,
	STREAMS_VIEW,
	STREAMS_OWNER,
	STREAMS_READERS
};

static const char *const status_names[] = {
	[STREAM_ENABLING] = "ENABLING",
	[STREAM_ENABLED] = "ENABLED",
	[STREAM_DISABLING] = "DISABLING",
	[STREAM_DISABLED] = "DISABLED"
};

const char *
stream_status_name(StreamStatus status)
{
	return status_names[status];
}

bool
stream_is_on(const StreamRecord *stream)
{
	return stream->status == STREAM_ENABLING || stream->status == STREAM_ENABLED;
}

char *
stream_label(TimestampTz moment)
{
	struct pg_tm tm;
	fsec_t		fraction;

	if (timestamp2tm(moment, NULL, &tm, &fraction, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return psprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03d", tm.tm_year, tm.tm_mon, tm.tm_mday,
					tm.tm_hour, tm.tm_min, tm.tm_sec, (int) (fraction / 1000));
}

/* ---- Reading ---- */

static StreamStatus
status_of_word(const char *word)
{
	for (int i = 0; i < (int) lengthof(status_names); i++)
	{
		if (strcmp(word, status_names[i]) == 0)
			return (StreamStatus) i;
	}
	elog(ERROR, "a stream cannot be %s", word);
}

static Oid
oid_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	bool		isnull;
	Datum		datum = heap_getattr(tuple, column, descriptor, &isnull);

	return isnull ? InvalidOid : DatumGetObjectId(datum);
}

static List *
oid_list_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	List	   *oids = NIL;
	bool		isnull;
	Datum		datum = heap_getattr(tuple, column, descriptor, &isnull);
	Datum	   *elements;
	int			count;

	if (isnull)
		return NIL;
	deconstruct_array(DatumGetArrayTypeP(datum), OIDOID, sizeof(Oid), true, TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
		oids = lappend_oid(oids, DatumGetObjectId(elements[i]));
	return oids;
}

static StreamRecord *
record_of_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	StreamRecord *record = palloc0(sizeof(StreamRecord));
	bool		isnull;

	record->relation = oid_column(tuple, descriptor, STREAMS_RELATION);
	record->label = catalog_text_column(tuple, descriptor, STREAMS_LABEL);
	record->table_name = catalog_text_column(tuple, descriptor, STREAMS_TABLE_NAME);
	record->view_type = catalog_text_column(tuple, descriptor, STREAMS_VIEW_TYPE);
	record->status = status_of_word(catalog_text_column(tuple, descriptor, STREAMS_STATUS));
	stream_schema_read(catalog_text_column(tuple, descriptor, STREAMS_KEY_SCHEMA), &record->schema);
	record->created = DatumGetTimestampTz(heap_getattr(tuple, STREAMS_CREATED, descriptor, &isnull));
	record->view = oid_column(tuple, descriptor, STREAMS_VIEW);
	record->owner = oid_column(tuple, descriptor, STREAMS_OWNER);
	record->readers = oid_list_column(tuple, descriptor, STREAMS_READERS);
	return record;
}

static void
text_key(ScanKey key, int column, StrategyNumber strategy, RegProcedure procedure, const char *value)
{
	ScanKeyEntryInitialize(key, 0, column, strategy, TEXTOID, C_COLLATION_OID, procedure,
						   CStringGetTextDatum(value));
}

/* Reads rows in the order of table names and labels, or backward; gives those that fit, up to the limit. */
static List *
read_streams(int count, ScanKey keys, ScanDirection direction, Oid relation, int limit)
{
	Relation	streams = table_open(extension_relation("streams"), AccessShareLock);
	Relation	index = index_open(extension_relation("streams_pkey"), AccessShareLock);
	SysScanDesc scan = systable_beginscan_ordered(streams, index, NULL, count, keys);
	List	   *records = NIL;
	HeapTuple	tuple;

	while (list_length(records) < limit && (tuple = systable_getnext_ordered(scan, direction)) != NULL)
	{
		TupleDesc	descriptor = RelationGetDescr(streams);

		if (!OidIsValid(relation) || oid_column(tuple, descriptor, STREAMS_RELATION) == relation)
			records = lappend(records, record_of_tuple(tuple, descriptor));
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(streams, AccessShareLock);
	return records;
}

StreamRecord *
stream_find(const char *table_name, const char *label)
{
	ScanKeyData keys[2];
	List	   *records;

	text_key(&keys[0], STREAMS_TABLE_NAME, BTEqualStrategyNumber, F_TEXTEQ, table_name);
	text_key(&keys[1], STREAMS_LABEL, BTEqualStrategyNumber, F_TEXTEQ, label);
	records = read_streams(2, keys, ForwardScanDirection, InvalidOid, 1);
	return records != NIL ? linitial(records) : NULL;
}

static StreamRecord *
newest(const char *table_name, Oid relation)
{
	ScanKeyData key;
	List	   *records;

	text_key(&key, STREAMS_TABLE_NAME, BTEqualStrategyNumber, F_TEXTEQ, table_name);
	records = read_streams(1, &key, BackwardScanDirection, relation, 1);
	return records != NIL ? linitial(records) : NULL;
}

StreamRecord *
stream_latest(const TableRecord *table)
{
	return newest(table->name, table->relation);
}

TimestampTz
stream_next_moment(const char *table_name)
{
	const StreamRecord *last = newest(table_name, InvalidOid);
	TimestampTz moment = GetCurrentTransactionStartTimestamp();

	moment -= moment % 1000;
	return last != NULL ? Max(moment, last->created + 1000) : moment;
}

List *
stream_list(const char *table_name, const char *after_name, const char *after_label, int limit)
{
	ScanKeyData keys[2];
	List	   *records = NIL;
	int			count = 0;

	if (table_name != NULL)
		text_key(&keys[count++], STREAMS_TABLE_NAME, BTEqualStrategyNumber, F_TEXTEQ, table_name);
	if (after_name == NULL)
		return read_streams(count, keys, ForwardScanDirection, InvalidOid, limit);

	/* the rest of that table's, then those of the tables behind it */
	if (table_name == NULL || strcmp(table_name, after_name) == 0)
	{
		text_key(&keys[0], STREAMS_TABLE_NAME, BTEqualStrategyNumber, F_TEXTEQ, after_name);
		text_key(&keys[1], STREAMS_LABEL, BTGreaterStrategyNumber, F_TEXT_GT, after_label);
		records = read_streams(2, keys, ForwardScanDirection, InvalidOid, limit);
	}
	if (table_name != NULL || list_length(records) == limit)
		return records;
	text_key(&keys[0], STREAMS_TABLE_NAME, BTGreaterStrategyNumber, F_TEXT_GT, after_name);
	return list_concat(records, read_streams(1, keys, ForwardScanDirection, InvalidOid,
											 limit - list_length(records)));
}

/* ---- Writing ---- */

/* What a row does not say its trigger adds: label, status and moment (stream_trigger.c). */
void
stream_enable(const TableRecord *table, const char *view_type)
{
	Oid			types[] = {OIDOID, TEXTOID, TEXTOID, TEXTOID, OIDOID};
	Datum		values[5];
	KeySchema	schema;

	catalog_key_schema(table->relation, &schema);
	values[0] = ObjectIdGetDatum(table->relation);
	values[1] = CStringGetTextDatum(table->name);
	values[2] = CStringGetTextDatum(view_type);
	values[3] = CStringGetTextDatum(stream_schema_write(&schema));

	SPI_connect();
	values[4] = ObjectIdGetDatum(stream_view_of_table(table));
	/* safe as the extension's owner: what the caller gives are values */
	owner_statement_run(extension_relation("streams"),
						"INSERT INTO ddb.streams (relation, table_name, view_type, key_schema, view)"
						" VALUES ($1, $2, $3, $4::pg_catalog.json, $5)",
						lengthof(types), types, values, NULL);
	SPI_finish();
	CommandCounterIncrement();
}

void
stream_disable(const StreamRecord *stream)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(stream->table_name), CStringGetTextDatum(stream->label)
	};

	SPI_connect();
	/* safe as the extension's owner: what the caller gives are values */
	owner_statement_write(extension_relation("streams"),
						  "UPDATE ddb.streams SET status = 'DISABLING' WHERE table_name = $1 AND label = $2",
						  lengthof(types), types, values, NULL);
	SPI_finish();
	CommandCounterIncrement();
}

static bool
has_row_security(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	bool		has = true;

	if (HeapTupleIsValid(tuple))
	{
		has = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
		ReleaseSysCache(tuple);
	}
	return has;
}

void
stream_keep_readers(const TableRecord *table)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(table->relation)};

	if (stream_latest(table) == NULL || has_row_security(table->relation))
		return;
	SPI_connect();
	/* safe as the extension's owner: what the caller gives is a value */
	owner_statement_run(extension_relation("streams"),
						"UPDATE ddb.streams s SET readers = ARRAY(SELECT DISTINCT a.grantee"
						" FROM pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(c.relacl) a"
						" WHERE c.oid = s.view AND a.privilege_type = 'SELECT') WHERE s.relation = $1",
						lengthof(types), types, values, NULL);
	SPI_finish();
	CommandCounterIncrement();
}

/* ---- Who may read ---- */

static void __attribute__((noreturn))
refuse(const StreamRecord *stream, Oid role, const char *reason)
{
	ddb_error(ACCESS_DENIED_EXCEPTION,
			  "User: %s is not authorized to perform this operation on resource: %s%s",
			  GetUserNameFromId(role, false), stream_arn(stream->table_name, stream->label), reason);
}

/* Of a dropped table: the rights that there were. */
static bool
could_read(const StreamRecord *stream, Oid role)
{
	ListCell   *cell;

	if (superuser_arg(role))
		return true;
	if (!OidIsValid(stream->owner))
		return false;
	if (has_privs_of_role(role, stream->owner))
		return true;
	foreach(cell, stream->readers)
	{
		if (lfirst_oid(cell) == ACL_ID_PUBLIC || has_privs_of_role(role, lfirst_oid(cell)))
			return true;
	}
	return false;
}

static bool
may_read(const StreamRecord *stream, Oid role)
{
	return object_ownercheck(RelationRelationId, stream->relation, role) ||
		(OidIsValid(stream->view) && SearchSysCacheExists1(RELOID, ObjectIdGetDatum(stream->view)) &&
		 pg_class_aclcheck(stream->view, role, ACL_SELECT) == ACLCHECK_OK);
}

void
stream_require_readable_by(const StreamRecord *stream, Oid role)
{
	bool		dropped = !SearchSysCacheExists1(RELOID, ObjectIdGetDatum(stream->relation));

	if (dropped ? !could_read(stream, role) : !may_read(stream, role))
		refuse(stream, role, "");
	if (!dropped && check_enable_rls(stream->relation, role, false) == RLS_ENABLED)
		refuse(stream, role, " because row-level security policies of its table apply");
}

void
stream_require_readable(const StreamRecord *stream)
{
	stream_require_readable_by(stream, GetUserId());
}
