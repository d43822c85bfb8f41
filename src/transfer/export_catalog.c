/*
 * export_catalog.c - the catalog ddb.exports.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "owner_statement.h"
#include "transfer/export_catalog.h"

/* ddb.exports' columns, in order. */
enum
{
	EXPORTS_ID = 1,
	EXPORTS_RELATION,
	EXPORTS_TABLE_NAME,
	EXPORTS_TABLE_ID,
	EXPORTS_ROLE,
	EXPORTS_TOKEN,
	EXPORTS_REQUEST,
	EXPORTS_STATUS,
	EXPORTS_MOMENT,
	EXPORTS_OF_THE_PAST,
	EXPORTS_STARTED,
	EXPORTS_ENDED,
	EXPORTS_ITEMS,
	EXPORTS_BYTES,
	EXPORTS_MANIFEST,
	EXPORTS_FAILURE_CODE,
	EXPORTS_FAILURE_MESSAGE
};

#define STATUS_IN_PROGRESS "IN_PROGRESS"
#define STATUS_FAILED "FAILED"

/* The API's time of a token. */
#define TOKEN_HOURS 8

/* ---- Reading ---- */

static int64
number_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	bool		isnull;
	Datum		datum = heap_getattr(tuple, column, descriptor, &isnull);

	return isnull ? 0 : DatumGetInt64(datum);
}

/* A job goes with its table. */
static void
set_status(Export *record, char *status)
{
	record->status = status;
	if (strcmp(status, STATUS_IN_PROGRESS) != 0 || job_is_there(EXPORT_JOB, "Export", record->id))
		return;
	record->status = STATUS_FAILED;
	record->failure_code = "TableNotFound";
	record->failure_message = "The table is not there any more.";
}

static Export *
export_of_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	Export	   *record = palloc0(sizeof(Export));
	bool		isnull;

	record->id = catalog_text_column(tuple, descriptor, EXPORTS_ID);
	record->relation = DatumGetObjectId(heap_getattr(tuple, EXPORTS_RELATION, descriptor, &isnull));
	record->table_name = catalog_text_column(tuple, descriptor, EXPORTS_TABLE_NAME);
	record->table_id = DatumGetCString(DirectFunctionCall1(uuid_out, heap_getattr(tuple, EXPORTS_TABLE_ID,
																				  descriptor, &isnull)));
	record->role = pstrdup(NameStr(*DatumGetName(heap_getattr(tuple, EXPORTS_ROLE, descriptor, &isnull))));
	record->request = catalog_text_column(tuple, descriptor, EXPORTS_REQUEST);
	record->moment = number_column(tuple, descriptor, EXPORTS_MOMENT);
	record->of_the_past = DatumGetBool(heap_getattr(tuple, EXPORTS_OF_THE_PAST, descriptor, &isnull));
	record->started = number_column(tuple, descriptor, EXPORTS_STARTED);
	record->ended = number_column(tuple, descriptor, EXPORTS_ENDED);
	record->items = number_column(tuple, descriptor, EXPORTS_ITEMS);
	record->bytes = number_column(tuple, descriptor, EXPORTS_BYTES);
	record->manifest = catalog_text_column(tuple, descriptor, EXPORTS_MANIFEST);
	record->failure_code = catalog_text_column(tuple, descriptor, EXPORTS_FAILURE_CODE);
	record->failure_message = catalog_text_column(tuple, descriptor, EXPORTS_FAILURE_MESSAGE);
	set_status(record, catalog_text_column(tuple, descriptor, EXPORTS_STATUS));
	return record;
}

/* Those for which the comparison of the identifier holds (InvalidStrategy: all), from the last one on. */
static List *
read_exports(StrategyNumber strategy, RegProcedure comparison, const char *id)
{
	Relation	catalog = table_open(extension_relation("exports"), AccessShareLock);
	Relation	index = index_open(extension_relation("exports_pkey"), AccessShareLock);
	int			keys = strategy != InvalidStrategy ? 1 : 0;
	List	   *exports = NIL;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	if (keys > 0)
		ScanKeyEntryInitialize(&key, 0, EXPORTS_ID, strategy, TEXTOID, C_COLLATION_OID, comparison,
							   CStringGetTextDatum(id));
	scan = systable_beginscan_ordered(catalog, index, NULL, keys, &key);
	while ((tuple = systable_getnext_ordered(scan, BackwardScanDirection)) != NULL)
		exports = lappend(exports, export_of_tuple(tuple, RelationGetDescr(catalog)));
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(catalog, AccessShareLock);
	return exports;
}

Export *
export_of_id(const char *id)
{
	List	   *found = read_exports(BTEqualStrategyNumber, F_TEXTEQ, id);

	return found != NIL ? linitial(found) : NULL;
}

Export *
export_find(const char *table_name, const char *id)
{
	Export	   *record = export_of_id(id);

	return record != NULL && strcmp(record->table_name, table_name) == 0 ? record : NULL;
}

List *
export_records(const char *before)
{
	return read_exports(before != NULL ? BTLessStrategyNumber : InvalidStrategy, F_TEXT_LT, before);
}

/* ---- Writing ---- */

static uint64
run(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	return owner_statement_run(extension_relation("exports"), statement, count, types, values, nulls);
}

Export *
export_of_token(const char *token)
{
	Oid			types[] = {TEXTOID, TEXTOID, INT4OID};
	Datum		values[] = {
		CStringGetTextDatum(token), CStringGetTextDatum(GetUserNameFromId(GetUserId(), false)), Int32GetDatum(TOKEN_HOURS)
	};
	MemoryContext caller = CurrentMemoryContext;
	char	   *id = NULL;

	SPI_connect();
	if (run("SELECT export FROM ddb.exports WHERE token = $1 AND role = $2::pg_catalog.name"
			" AND started > pg_catalog.now() - pg_catalog.make_interval(hours => $3) ORDER BY export DESC",
			lengthof(types), types, values, NULL) > 0)
		id = MemoryContextStrdup(caller, SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	SPI_finish();
	return id != NULL ? export_of_id(id) : NULL;
}

/* As AWS makes them. */
static char *
new_id(void)
{
	int64		milliseconds = GetCurrentTimestamp() / 1000 +
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (USECS_PER_DAY / 1000);
	uint32		word;

	if (!pg_strong_random(&word, sizeof(word)))
		elog(ERROR, "could not generate a random number");
	return psprintf("%017lld-%08x", (long long) milliseconds, word);
}

Export *
export_start(const TableRecord *table, const char *token, const char *request, int64 moment)
{
	char	   *id = new_id();
	Oid			types[] = {TEXTOID, OIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, BOOLOID};
	Datum		values[] = {
		CStringGetTextDatum(id), ObjectIdGetDatum(table->relation), CStringGetTextDatum(table->name),
		CStringGetTextDatum(table->id), CStringGetTextDatum(GetUserNameFromId(GetUserId(), false)),
		CStringGetTextDatum(token), CStringGetTextDatum(request), Int64GetDatum(moment), BoolGetDatum(moment != 0)
	};

	job_create(EXPORT_JOB, table->relation, table->relation, psprintf("{\"Export\":\"%s\"}", id));
	SPI_connect();
	run("INSERT INTO ddb.exports (export, relation, table_name, table_id, role, token, request, status, moment,"
		" of_the_past, started) VALUES ($1, $2, $3, $4::pg_catalog.uuid, $5::pg_catalog.name, $6,"
		" $7::pg_catalog.json, '" STATUS_IN_PROGRESS "', $8, $9, pg_catalog.clock_timestamp())",
		lengthof(types), types, values, NULL);
	SPI_finish();
	CommandCounterIncrement();
	return export_of_id(id);
}

void
export_completed(const Export *done)
{
	Oid			types[] = {TEXTOID, INT8OID, INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[] = {
		CStringGetTextDatum(done->id), Int64GetDatum(done->moment), Int64GetDatum(done->items),
		Int64GetDatum(done->bytes), CStringGetTextDatum(done->manifest), TimestampTzGetDatum(done->ended)
	};

	SPI_connect();
	owner_statement_write(extension_relation("exports"),
						  "UPDATE ddb.exports SET status = 'COMPLETED', moment = $2, items = $3, bytes = $4,"
						  " manifest = $5, ended = $6 WHERE export = $1",
						  lengthof(types), types, values, NULL);
	SPI_finish();
}

void
export_failed(const char *id, const char *code, const char *message)
{
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(id), CStringGetTextDatum(code), CStringGetTextDatum(message)};

	SPI_connect();
	(void) run("UPDATE ddb.exports SET status = '" STATUS_FAILED "', failure_code = $2, failure_message = $3,"
			   " ended = pg_catalog.now() WHERE export = $1", lengthof(types), types, values, NULL);
	SPI_finish();
}
