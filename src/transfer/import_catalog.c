/*
 * import_catalog.c - the catalogs ddb.imports and ddb.import_failed.
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
#include "transfer/import_catalog.h"

/* ddb.imports' columns, in order. */
enum
{
	IMPORTS_ID = 1,
	IMPORTS_RELATION,
	IMPORTS_TABLE_NAME,
	IMPORTS_TABLE_ID,
	IMPORTS_ROLE,
	IMPORTS_TOKEN,
	IMPORTS_REQUEST,
	IMPORTS_STATUS,
	IMPORTS_STARTED,
	IMPORTS_ENDED,
	IMPORTS_FILES,
	IMPORTS_RECORDS,
	IMPORTS_BYTES,
	IMPORTS_PROCESSED,
	IMPORTS_IMPORTED,
	IMPORTS_ERRORS,
	IMPORTS_FAILURE_CODE,
	IMPORTS_FAILURE_MESSAGE
};

#define STATUS_IN_PROGRESS "IN_PROGRESS"

/* The API's time of a token. */
#define TOKEN_HOURS 8

/* So many failures of an import are told; all are counted. */
#define FAILURES_MOST 10000

/* ---- Reading ---- */

static int64
number_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	bool		isnull;
	Datum		datum = heap_getattr(tuple, column, descriptor, &isnull);

	return isnull ? 0 : DatumGetInt64(datum);
}

/* A job goes with its table, which cancels it. */
static void
set_status(Import *record, char *status)
{
	record->status = status;
	if (strcmp(status, STATUS_IN_PROGRESS) != 0 || job_is_there(IMPORT_JOB, "Import", record->id))
		return;
	record->status = "CANCELLED";
}

static Import *
import_of_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	Import	   *record = palloc0(sizeof(Import));
	bool		isnull;

	record->id = catalog_text_column(tuple, descriptor, IMPORTS_ID);
	record->relation = DatumGetObjectId(heap_getattr(tuple, IMPORTS_RELATION, descriptor, &isnull));
	record->table_name = catalog_text_column(tuple, descriptor, IMPORTS_TABLE_NAME);
	record->table_id = DatumGetCString(DirectFunctionCall1(uuid_out, heap_getattr(tuple, IMPORTS_TABLE_ID,
																				  descriptor, &isnull)));
	record->role = pstrdup(NameStr(*DatumGetName(heap_getattr(tuple, IMPORTS_ROLE, descriptor, &isnull))));
	record->request = catalog_text_column(tuple, descriptor, IMPORTS_REQUEST);
	record->started = number_column(tuple, descriptor, IMPORTS_STARTED);
	record->ended = number_column(tuple, descriptor, IMPORTS_ENDED);
	record->files = number_column(tuple, descriptor, IMPORTS_FILES);
	record->records = number_column(tuple, descriptor, IMPORTS_RECORDS);
	record->bytes = number_column(tuple, descriptor, IMPORTS_BYTES);
	record->processed = number_column(tuple, descriptor, IMPORTS_PROCESSED);
	record->imported = number_column(tuple, descriptor, IMPORTS_IMPORTED);
	record->errors = number_column(tuple, descriptor, IMPORTS_ERRORS);
	record->failure_code = catalog_text_column(tuple, descriptor, IMPORTS_FAILURE_CODE);
	record->failure_message = catalog_text_column(tuple, descriptor, IMPORTS_FAILURE_MESSAGE);
	set_status(record, catalog_text_column(tuple, descriptor, IMPORTS_STATUS));
	return record;
}

/* Those for which the comparison of the identifier holds (InvalidStrategy: all), from the last one on. */
static List *
read_imports(StrategyNumber strategy, RegProcedure comparison, const char *id)
{
	Relation	catalog = table_open(extension_relation("imports"), AccessShareLock);
	Relation	index = index_open(extension_relation("imports_pkey"), AccessShareLock);
	int			keys = strategy != InvalidStrategy ? 1 : 0;
	List	   *imports = NIL;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	if (keys > 0)
		ScanKeyEntryInitialize(&key, 0, IMPORTS_ID, strategy, TEXTOID, C_COLLATION_OID, comparison,
							   CStringGetTextDatum(id));
	scan = systable_beginscan_ordered(catalog, index, NULL, keys, &key);
	while ((tuple = systable_getnext_ordered(scan, BackwardScanDirection)) != NULL)
		imports = lappend(imports, import_of_tuple(tuple, RelationGetDescr(catalog)));
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(catalog, AccessShareLock);
	return imports;
}

Import *
import_of_id(const char *id)
{
	List	   *found = read_imports(BTEqualStrategyNumber, F_TEXTEQ, id);

	return found != NIL ? linitial(found) : NULL;
}

List *
import_records(const char *before)
{
	return read_imports(before != NULL ? BTLessStrategyNumber : InvalidStrategy, F_TEXT_LT, before);
}

/* ---- Writing ---- */

static uint64
run(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	return owner_statement_run(extension_relation("imports"), statement, count, types, values, nulls);
}

Import *
import_of_token(const char *token)
{
	Oid			types[] = {TEXTOID, TEXTOID, INT4OID};
	Datum		values[] = {
		CStringGetTextDatum(token), CStringGetTextDatum(GetUserNameFromId(GetUserId(), false)), Int32GetDatum(TOKEN_HOURS)
	};
	MemoryContext caller = CurrentMemoryContext;
	char	   *id = NULL;

	SPI_connect();
	if (run("SELECT import FROM ddb.imports WHERE token = $1 AND role = $2::pg_catalog.name"
			" AND started > pg_catalog.now() - pg_catalog.make_interval(hours => $3) ORDER BY import DESC",
			lengthof(types), types, values, NULL) > 0)
		id = MemoryContextStrdup(caller, SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	SPI_finish();
	return id != NULL ? import_of_id(id) : NULL;
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

Import *
import_start(const TableRecord *table, const char *token, const char *request)
{
	char	   *id = new_id();
	Oid			types[] = {TEXTOID, OIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(id), ObjectIdGetDatum(table->relation), CStringGetTextDatum(table->name),
		CStringGetTextDatum(table->id), CStringGetTextDatum(GetUserNameFromId(GetUserId(), false)),
		CStringGetTextDatum(token), CStringGetTextDatum(request)
	};

	job_create(IMPORT_JOB, table->relation, InvalidOid, psprintf("{\"Import\":\"%s\"}", id));
	SPI_connect();
	run("INSERT INTO ddb.imports (import, relation, table_name, table_id, role, token, request, status, started)"
		" VALUES ($1, $2, $3, $4::pg_catalog.uuid, $5::pg_catalog.name, $6, $7::pg_catalog.json,"
		" '" STATUS_IN_PROGRESS "', pg_catalog.clock_timestamp())",
		lengthof(types), types, values, NULL);
	SPI_finish();
	CommandCounterIncrement();
	return import_of_id(id);
}

void
import_write(const Import *record)
{
	Oid			types[] = {
		TEXTOID, TEXTOID, TIMESTAMPTZOID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID
	};
	Datum		values[] = {
		CStringGetTextDatum(record->id), CStringGetTextDatum(record->status), TimestampTzGetDatum(record->ended),
		Int64GetDatum(record->files), Int64GetDatum(record->records), Int64GetDatum(record->bytes),
		Int64GetDatum(record->processed), Int64GetDatum(record->imported), Int64GetDatum(record->errors),
		record->failure_code != NULL ? CStringGetTextDatum(record->failure_code) : (Datum) 0,
		record->failure_code != NULL ? CStringGetTextDatum(record->failure_message) : (Datum) 0
	};
	char		nulls[] = "           ";

	if (record->ended == 0)
		nulls[2] = 'n';
	if (record->failure_code == NULL)
		nulls[9] = nulls[10] = 'n';
	SPI_connect();
	owner_statement_write(extension_relation("imports"),
						  "UPDATE ddb.imports SET status = $2, ended = $3, files = $4, records = $5, bytes = $6,"
						  " processed = $7, imported = $8, errors = $9, failure_code = $10, failure_message = $11"
						  " WHERE import = $1", lengthof(types), types, values, nulls);
	SPI_finish();
}

void
import_note_failure(const Import *record, const char *key, int64 item, const char *message)
{
	Oid			types[] = {TEXTOID, TEXTOID, INT8OID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(record->id), CStringGetTextDatum(key), Int64GetDatum(item), CStringGetTextDatum(message)
	};

	if (record->errors > FAILURES_MOST)
		return;
	SPI_connect();
	(void) owner_statement_run(extension_relation("import_failed"),
							   "INSERT INTO ddb.import_failed (import, key, item_index, message) VALUES ($1, $2, $3, $4)",
							   lengthof(types), types, values, NULL);
	SPI_finish();
}
