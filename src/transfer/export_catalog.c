/*
 * export_catalog.c - the catalog ddb.exports.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "owner_statement.h"
#include "table/catalog_row.h"
#include "transfer/export_catalog.h"

/* ddb.exports' further columns, in order. */
enum
{
	EXPORTS_MOMENT = TRANSFER_COLUMNS + 1,
	EXPORTS_OF_THE_PAST,
	EXPORTS_STARTED,
	EXPORTS_ENDED,
	EXPORTS_ITEMS,
	EXPORTS_BYTES,
	EXPORTS_MANIFEST,
	EXPORTS_FAILURE_CODE,
	EXPORTS_FAILURE_MESSAGE
};

/* ---- Reading ---- */

/* A job goes with its table. */
static void
set_status(Transfer *transfer, Snapshot snapshot)
{
	if (strcmp(transfer->status, TRANSFER_IN_PROGRESS) != 0 || transfer_has_job(&export_catalog, transfer, snapshot))
		return;
	transfer->status = TRANSFER_FAILED;
	transfer->failure_code = EXPORT_NO_TABLE;
	transfer->failure_message = "The table is not there any more.";
}

static void *
export_of_tuple(HeapTuple tuple, TupleDesc descriptor, Snapshot snapshot)
{
	Export	   *record = palloc0(sizeof(Export));
	bool		isnull;

	transfer_read(&record->transfer, tuple, descriptor);
	record->moment = catalog_number_column(tuple, descriptor, EXPORTS_MOMENT);
	record->of_the_past = DatumGetBool(heap_getattr(tuple, EXPORTS_OF_THE_PAST, descriptor, &isnull));
	record->transfer.started = catalog_number_column(tuple, descriptor, EXPORTS_STARTED);
	record->transfer.ended = catalog_number_column(tuple, descriptor, EXPORTS_ENDED);
	record->items = catalog_number_column(tuple, descriptor, EXPORTS_ITEMS);
	record->bytes = catalog_number_column(tuple, descriptor, EXPORTS_BYTES);
	record->manifest = catalog_text_column(tuple, descriptor, EXPORTS_MANIFEST);
	record->transfer.failure_code = catalog_text_column(tuple, descriptor, EXPORTS_FAILURE_CODE);
	record->transfer.failure_message = catalog_text_column(tuple, descriptor, EXPORTS_FAILURE_MESSAGE);
	set_status(&record->transfer, snapshot);
	return record;
}

const TransferCatalog export_catalog = {"exports", "export", EXPORT_JOB, "Export", NULL, export_of_tuple};

Export *
export_find(const char *table_name, const char *id)
{
	Export	   *record = transfer_of_id(&export_catalog, id);

	return record != NULL && strcmp(record->transfer.table_name, table_name) == 0 ? record : NULL;
}

/* ---- Writing ---- */

static uint64
run(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	return owner_statement_run(extension_relation("exports"), statement, count, types, values, nulls);
}

Export *
export_start(const TableRecord *table, const char *token, const char *request, int64 moment)
{
	char	   *id = transfer_new_id();
	Oid			types[] = {TEXTOID, OIDOID, TEXTOID, TEXTOID, OIDOID, TEXTOID, TEXTOID, INT8OID, BOOLOID};
	Datum		values[] = {
		CStringGetTextDatum(id), ObjectIdGetDatum(table->relation), CStringGetTextDatum(table->name),
		CStringGetTextDatum(table->id), ObjectIdGetDatum(GetUserId()),
		CStringGetTextDatum(token), CStringGetTextDatum(request), Int64GetDatum(moment), BoolGetDatum(moment != 0)
	};

	job_create(EXPORT_JOB, table->relation, table->relation, transfer_job_arguments(&export_catalog, id));
	SPI_connect();
	run("INSERT INTO ddb.exports (export, relation, table_name, table_id, role, token, request, status, moment,"
		" of_the_past, started) VALUES ($1, $2, $3, $4::pg_catalog.uuid, $5, $6,"
		" $7::pg_catalog.json, '" TRANSFER_IN_PROGRESS "', $8, $9, pg_catalog.clock_timestamp())",
		lengthof(types), types, values, NULL);
	SPI_finish();
	CommandCounterIncrement();
	return transfer_of_id(&export_catalog, id);
}

void
export_completed(const Export *done)
{
	Oid			types[] = {TEXTOID, INT8OID, INT8OID, INT8OID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[] = {
		CStringGetTextDatum(done->transfer.id), Int64GetDatum(done->moment), Int64GetDatum(done->items),
		Int64GetDatum(done->bytes), CStringGetTextDatum(done->manifest), TimestampTzGetDatum(done->transfer.ended)
	};

	SPI_connect();
	owner_statement_write(extension_relation("exports"),
						  "UPDATE ddb.exports SET status = '" TRANSFER_COMPLETED "', moment = $2, items = $3, bytes = $4,"
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
	(void) run("UPDATE ddb.exports SET status = '" TRANSFER_FAILED "', failure_code = $2, failure_message = $3,"
			   " ended = pg_catalog.now() WHERE export = $1", lengthof(types), types, values, NULL);
	SPI_finish();
}
