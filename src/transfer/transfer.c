/*
 * transfer.c - what the catalogs ddb.exports, ddb.imports and ddb.bulk_operations share.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "owner_statement.h"
#include "table/catalog_row.h"
#include "transfer/transfer.h"

/* The API's time of a token. */
#define TOKEN_HOURS 8

/* Of the time in an identifier. */
#define ID_DIGITS 17

void
transfer_read(Transfer *transfer, HeapTuple tuple, TupleDesc descriptor)
{
	bool		isnull;

	transfer->id = catalog_text_column(tuple, descriptor, TRANSFER_ID);
	transfer->relation = DatumGetObjectId(heap_getattr(tuple, TRANSFER_RELATION, descriptor, &isnull));
	transfer->table_name = catalog_text_column(tuple, descriptor, TRANSFER_TABLE_NAME);
	transfer->table_id = catalog_uuid_column(tuple, descriptor, TRANSFER_TABLE_ID);
	transfer->role = DatumGetObjectId(heap_getattr(tuple, TRANSFER_ROLE, descriptor, &isnull));
	transfer->request = catalog_text_column(tuple, descriptor, TRANSFER_REQUEST);
	transfer->status = catalog_text_column(tuple, descriptor, TRANSFER_STATUS);
}

void *
transfer_of_id(const TransferCatalog *catalog, const char *id)
{
	List	   *found = catalog_read(catalog->name, CATALOG_EQUAL, id, BackwardScanDirection, catalog->record_of);

	return found != NIL ? linitial(found) : NULL;
}

List *
transfer_records(const TransferCatalog *catalog, const char *before)
{
	return catalog_read(catalog->name, before != NULL ? CATALOG_BEFORE : CATALOG_ALL, before,
						BackwardScanDirection, catalog->record_of);
}

void *
transfer_of_job(const TransferCatalog *catalog, const Job *job)
{
	return transfer_of_id(catalog, job_argument(job, catalog->job_member));
}

bool
transfer_has_job(const TransferCatalog *catalog, const Transfer *transfer, Snapshot snapshot)
{
	return job_is_there(catalog->job_kind, catalog->job_member, transfer->id, snapshot);
}

char *
transfer_job_arguments(const TransferCatalog *catalog, const char *id)
{
	return psprintf("{\"%s\":\"%s\"}", catalog->job_member, id);
}

void *
transfer_start(const TransferCatalog *catalog, const TableRecord *table, const char *token, const char *request)
{
	char	   *id = transfer_new_id();
	Oid			types[] = {TEXTOID, OIDOID, TEXTOID, TEXTOID, OIDOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(id), ObjectIdGetDatum(table->relation), CStringGetTextDatum(table->name),
		CStringGetTextDatum(table->id), ObjectIdGetDatum(GetUserId()),
		CStringGetTextDatum(token), CStringGetTextDatum(request)
	};
	char	   *statement = psprintf("INSERT INTO ddb.%s (%s, relation, table_name, table_id, role, token, request, status, started)"
									 " VALUES ($1, $2, $3, $4::pg_catalog.uuid, $5, $6, $7::pg_catalog.json,"
									 " '" TRANSFER_IN_PROGRESS "', pg_catalog.clock_timestamp())",
									 catalog->name, catalog->id_column);

	job_create(catalog->job_kind, table->relation, InvalidOid, transfer_job_arguments(catalog, id));
	SPI_connect();
	/* safe as the extension's owner, as the statement of a token is */
	(void) owner_statement_run(extension_relation(catalog->name), statement, lengthof(types), types, values, NULL);
	SPI_finish();
	CommandCounterIncrement();
	return transfer_of_id(catalog, id);
}

/* Who sends a request again while the first one is still being done waits for its end, and finds what has come of it. */
static void
lock_token(const TransferCatalog *catalog, const char *token)
{
	catalog_lock(catalog->name, hash_combine(hash_bytes((const unsigned char *) token, strlen(token)), GetUserId()), ExclusiveLock);
}

void *
transfer_of_token(const TransferCatalog *catalog, const char *token)
{
	Oid			types[] = {TEXTOID, OIDOID, INT4OID};
	Datum		values[] = {
		CStringGetTextDatum(token), ObjectIdGetDatum(GetUserId()), Int32GetDatum(TOKEN_HOURS)
	};
	MemoryContext caller = CurrentMemoryContext;
	char	   *statement = psprintf("SELECT %s FROM ddb.%s WHERE token = $1 AND role = $2"
									 " AND started > pg_catalog.now() - pg_catalog.make_interval(hours => $3)"
									 " ORDER BY 1 DESC", catalog->id_column, catalog->name);
	char	   *id = NULL;

	lock_token(catalog, token);
	SPI_connect();
	/* safe as the extension's owner: the names are the library's own, and what the caller gives are values */
	if (owner_statement_run(extension_relation(catalog->name), statement, lengthof(types), types, values, NULL) > 0)
		id = MemoryContextStrdup(caller, SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));
	SPI_finish();
	return id != NULL ? transfer_of_id(catalog, id) : NULL;
}

char *
transfer_new_id(void)
{
	return catalog_new_id(ID_DIGITS);
}
