/*
 * import_catalog.c - the catalogs ddb.imports and ddb.import_failed.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "owner_statement.h"
#include "table/catalog_row.h"
#include "transfer/import_catalog.h"

/* ddb.imports' further columns, in order. */
enum
{
	IMPORTS_STARTED = TRANSFER_COLUMNS + 1,
	IMPORTS_ENDED,
	IMPORTS_FILES,
	IMPORTS_RECORDS,
	IMPORTS_BYTES,
	IMPORTS_PROCESSED,
	IMPORTS_IMPORTED,
	IMPORTS_ERRORS,
	IMPORTS_FAILURE_CODE,
	IMPORTS_FAILURE_MESSAGE,
	IMPORTS_FILE
};

/* So many failures of an import are told; all are counted. */
#define FAILURES_MOST 10000

/* ---- Reading ---- */

/* A job goes with its table, which cancels it. */
static void
set_status(Transfer *transfer, Snapshot snapshot)
{
	if (strcmp(transfer->status, TRANSFER_IN_PROGRESS) != 0 || transfer_has_job(&import_catalog, transfer, snapshot))
		return;
	transfer->status = TRANSFER_CANCELLED;
}

static void *
import_of_tuple(HeapTuple tuple, TupleDesc descriptor, Snapshot snapshot)
{
	Import	   *record = palloc0(sizeof(Import));

	transfer_read(&record->transfer, tuple, descriptor);
	record->transfer.started = catalog_number_column(tuple, descriptor, IMPORTS_STARTED);
	record->transfer.ended = catalog_number_column(tuple, descriptor, IMPORTS_ENDED);
	record->place.key = catalog_text_column(tuple, descriptor, IMPORTS_FILE);
	record->place.files = catalog_number_column(tuple, descriptor, IMPORTS_FILES);
	record->place.records = catalog_number_column(tuple, descriptor, IMPORTS_RECORDS);
	record->bytes = catalog_number_column(tuple, descriptor, IMPORTS_BYTES);
	record->processed = catalog_number_column(tuple, descriptor, IMPORTS_PROCESSED);
	record->imported = catalog_number_column(tuple, descriptor, IMPORTS_IMPORTED);
	record->errors = catalog_number_column(tuple, descriptor, IMPORTS_ERRORS);
	record->transfer.failure_code = catalog_text_column(tuple, descriptor, IMPORTS_FAILURE_CODE);
	record->transfer.failure_message = catalog_text_column(tuple, descriptor, IMPORTS_FAILURE_MESSAGE);
	set_status(&record->transfer, snapshot);
	return record;
}

const TransferCatalog import_catalog = {"imports", "import", IMPORT_JOB, "Import", "import_failed", import_of_tuple};

/* ---- Writing ---- */

void
import_write(const Import *record)
{
	Oid			types[] = {
		TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID, TEXTOID, INT8OID
	};
	Datum		values[] = {
		CStringGetTextDatum(record->transfer.id), CStringGetTextDatum(record->transfer.status), TimestampTzGetDatum(record->transfer.ended),
		record->place.key != NULL ? CStringGetTextDatum(record->place.key) : (Datum) 0,
		Int64GetDatum(record->place.records), Int64GetDatum(record->bytes),
		Int64GetDatum(record->processed), Int64GetDatum(record->imported), Int64GetDatum(record->errors),
		record->transfer.failure_code != NULL ? CStringGetTextDatum(record->transfer.failure_code) : (Datum) 0,
		record->transfer.failure_code != NULL ? CStringGetTextDatum(record->transfer.failure_message) : (Datum) 0,
		Int64GetDatum(record->place.files)
	};
	char		nulls[] = "            ";

	if (record->transfer.ended == 0)
		nulls[2] = 'n';
	if (record->place.key == NULL)
		nulls[3] = 'n';
	if (record->transfer.failure_code == NULL)
		nulls[9] = nulls[10] = 'n';
	SPI_connect();
	owner_statement_write(extension_relation("imports"),
						  "UPDATE ddb.imports SET status = $2, ended = $3, file = $4, records = $5, bytes = $6,"
						  " processed = $7, imported = $8, errors = $9, failure_code = $10, failure_message = $11, files = $12"
						  " WHERE import = $1", lengthof(types), types, values, nulls);
	SPI_finish();
}

void
import_note_failure(const Import *record, const char *message)
{
	Oid			types[] = {TEXTOID, TEXTOID, INT8OID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(record->transfer.id), CStringGetTextDatum(record->place.key),
		Int64GetDatum(record->place.records - 1), CStringGetTextDatum(message)
	};

	if (record->errors > FAILURES_MOST)
		return;
	SPI_connect();
	(void) owner_statement_run(extension_relation("import_failed"),
							   "INSERT INTO ddb.import_failed (import, key, item_index, message) VALUES ($1, $2, $3, $4)",
							   lengthof(types), types, values, NULL);
	SPI_finish();
}
