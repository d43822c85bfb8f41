/*
 * bulk_catalog.c - the catalogs ddb.bulk_operations and ddb.bulk_reported.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "owner_statement.h"
#include "table/catalog_row.h"
#include "transfer/bulk_catalog.h"

/* ddb.bulk_operations' further columns, in order. */
enum
{
	BULK_STARTED = TRANSFER_COLUMNS + 1,
	BULK_ENDED,
	BULK_FILE,
	BULK_RECORDS,
	BULK_ATTEMPTS,
	BULK_INPUT_BYTES,
	BULK_TOTAL_BYTES,
	BULK_PROCESSED,
	BULK_FAILED,
	BULK_USAGE,
	BULK_FAILURE_CODE,
	BULK_FAILURE_MESSAGE
};

/* ---- Reading ---- */

/* A job goes with its table. */
static void
set_status(Transfer *transfer, Snapshot snapshot)
{
	bool		cancelling = strcmp(transfer->status, TRANSFER_CANCELLING) == 0;

	if ((!cancelling && strcmp(transfer->status, TRANSFER_IN_PROGRESS) != 0) ||
		transfer_has_job(&bulk_catalog, transfer, snapshot))
		return;
	transfer->status = cancelling ? TRANSFER_CANCELLED : TRANSFER_FAILED;
	transfer->failure_code = "TableNotFound";
	transfer->failure_message = "The table is not there any more.";
}

static void *
operation_of_tuple(HeapTuple tuple, TupleDesc descriptor, Snapshot snapshot)
{
	BulkOperation *record = palloc0(sizeof(BulkOperation));
	bool		isnull;
	Datum		total;

	transfer_read(&record->transfer, tuple, descriptor);
	record->transfer.started = catalog_number_column(tuple, descriptor, BULK_STARTED);
	record->transfer.ended = catalog_number_column(tuple, descriptor, BULK_ENDED);
	record->place.key = catalog_text_column(tuple, descriptor, BULK_FILE);
	record->place.records = catalog_number_column(tuple, descriptor, BULK_RECORDS);
	record->attempts = DatumGetInt32(heap_getattr(tuple, BULK_ATTEMPTS, descriptor, &isnull));
	record->input_bytes = catalog_number_column(tuple, descriptor, BULK_INPUT_BYTES);
	total = heap_getattr(tuple, BULK_TOTAL_BYTES, descriptor, &isnull);
	record->total_bytes = isnull ? -1 : DatumGetInt64(total);
	record->processed = catalog_number_column(tuple, descriptor, BULK_PROCESSED);
	record->failed = catalog_number_column(tuple, descriptor, BULK_FAILED);
	record->usage = bulk_usage_read(catalog_text_column(tuple, descriptor, BULK_USAGE));
	record->transfer.failure_code = catalog_text_column(tuple, descriptor, BULK_FAILURE_CODE);
	record->transfer.failure_message = catalog_text_column(tuple, descriptor, BULK_FAILURE_MESSAGE);
	set_status(&record->transfer, snapshot);
	return record;
}

const TransferCatalog bulk_catalog = {
	"bulk_operations", "bulk_operation", BULK_PUT_JOB, "BulkOperation", "bulk_reported", operation_of_tuple
};

/* ---- Writing ---- */

/* Safe as the extension's owner: the statements are the library's own, and what they are given are values. */
static uint64
run(const char *catalog, const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	uint64		rows;

	SPI_connect();
	rows = owner_statement_run(extension_relation(catalog), statement, count, types, values, nulls);
	SPI_finish();
	return rows;
}

bool
bulk_cancel(const char *id)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(id)};

	if (run("bulk_operations",
			"UPDATE ddb.bulk_operations SET status = '" TRANSFER_CANCELLING "' WHERE bulk_operation = $1"
			" AND status IN ('" TRANSFER_IN_PROGRESS "', '" TRANSFER_CANCELLING "')",
			lengthof(types), types, values, NULL) == 0)
		return false;
	/* what waits for another try has its turn now */
	if (run("jobs",
			"UPDATE ddb.jobs SET due = pg_catalog.clock_timestamp() WHERE kind = '" BULK_PUT_JOB "'"
			" AND arguments->>'BulkOperation' = $1 AND due > pg_catalog.clock_timestamp()",
			lengthof(types), types, values, NULL) > 0 && job_request != NULL)
		job_request();
	return true;
}

void
bulk_write_progress(const BulkOperation *record)
{
	Oid			types[] = {TEXTOID, TEXTOID, INT8OID, INT4OID, INT8OID, INT8OID, INT8OID, INT8OID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(record->transfer.id),
		record->place.key != NULL ? CStringGetTextDatum(record->place.key) : (Datum) 0,
		Int64GetDatum(record->place.records), Int32GetDatum(record->attempts),
		Int64GetDatum(record->input_bytes), Int64GetDatum(record->total_bytes),
		Int64GetDatum(record->processed), Int64GetDatum(record->failed),
		CStringGetTextDatum(bulk_usage_text(record->usage))
	};

	SPI_connect();
	owner_statement_write(extension_relation("bulk_operations"),
						  "UPDATE ddb.bulk_operations SET file = $2, records = $3, attempts = $4, input_bytes = $5,"
						  " total_bytes = $6, processed = $7, failed = $8, usage = $9::pg_catalog.json"
						  " WHERE bulk_operation = $1",
						  lengthof(types), types, values, record->place.key != NULL ? NULL : " n       ");
	SPI_finish();
}

bool
bulk_lock(const BulkOperation *record)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(record->transfer.id), CStringGetTextDatum(record->transfer.status)
	};

	return run("bulk_operations",
			   "SELECT FROM ddb.bulk_operations WHERE bulk_operation = $1 AND status = $2 FOR NO KEY UPDATE",
			   lengthof(types), types, values, NULL) > 0;
}

void
bulk_write_end(const BulkOperation *record)
{
	const Transfer *transfer = &record->transfer;
	bool		failed = transfer->failure_code != NULL;
	Oid			types[] = {TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(transfer->id), CStringGetTextDatum(transfer->status),
		TimestampTzGetDatum(transfer->ended),
		failed ? CStringGetTextDatum(transfer->failure_code) : (Datum) 0,
		failed ? CStringGetTextDatum(transfer->failure_message) : (Datum) 0
	};

	run("bulk_operations",
		"UPDATE ddb.bulk_operations SET status = $2, ended = $3, failure_code = $4, failure_message = $5"
		" WHERE bulk_operation = $1",
		lengthof(types), types, values, failed ? NULL : "   nn");
}

/* ---- Lines of reports ---- */

void
bulk_keep_lines(const BulkOperation *record, const char *type, int64 behind, const StringInfoData *lines)
{
	Oid			types[] = {TEXTOID, TEXTOID, INT8OID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(record->transfer.id), CStringGetTextDatum(type), Int64GetDatum(behind),
		PointerGetDatum(cstring_to_text_with_len(lines->data, lines->len))
	};

	run("bulk_reported",
		"INSERT INTO ddb.bulk_reported (bulk_operation, type, behind, lines) VALUES ($1, $2, $3, $4)",
		lengthof(types), types, values, NULL);
}

char *
bulk_next_lines(const BulkOperation *record, const char *type, int64 *behind)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid			types[] = {TEXTOID, TEXTOID, INT8OID};
	Datum		values[] = {
		CStringGetTextDatum(record->transfer.id), CStringGetTextDatum(type), Int64GetDatum(*behind)
	};
	char	   *lines = NULL;

	SPI_connect();
	if (owner_statement_run(extension_relation("bulk_reported"),
							"SELECT lines, behind FROM ddb.bulk_reported WHERE bulk_operation = $1 AND type = $2"
							" AND behind > $3 ORDER BY behind LIMIT 1",
							lengthof(types), types, values, NULL) > 0)
	{
		HeapTuple	row = SPI_tuptable->vals[0];
		bool		isnull;

		lines = MemoryContextStrdup(caller, SPI_getvalue(row, SPI_tuptable->tupdesc, 1));
		*behind = DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull));
	}
	SPI_finish();
	return lines;
}

void
bulk_forget_lines(const BulkOperation *record)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(record->transfer.id)};

	run("bulk_reported", "DELETE FROM ddb.bulk_reported WHERE bulk_operation = $1",
		lengthof(types), types, values, NULL);
}
