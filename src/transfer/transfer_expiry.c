/*
 * transfer_expiry.c - exports, imports and bulk operations that are forgotten, as AWS shows them for 90 days.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "owner_statement.h"
#include "script.h"
#include "transfer/bulk.h"
#include "transfer/export.h"
#include "transfer/import.h"

#define KEPT_HOURS (90 * 24)

/* So many are forgotten by one transaction. */
#define BATCH 20

static const TransferCatalog *const catalogs[] = {&export_catalog, &import_catalog, &bulk_catalog};

/* When it ended; one that a dump has brought without its job, when it began. */
#define ENDED "coalesce(t.ended, t.started)"

/* A condition: nothing is done for it any more. */
static char *
is_over(const TransferCatalog *catalog)
{
	return psprintf("(t.ended IS NOT NULL OR NOT EXISTS (SELECT FROM ddb.jobs AS j WHERE j.arguments->>'%s' = t.%s))",
					catalog->job_member, catalog->id_column);
}

/* Runs a statement with the hours as $1, and how many as $2. */
static void
run(const TransferCatalog *catalog, const char *statement)
{
	Oid			types[] = {INT4OID, INT4OID};
	Datum		values[] = {Int32GetDatum(KEPT_HOURS), Int32GetDatum(BATCH)};

	/* safe as the extension's owner: the names are the library's own */
	(void) owner_statement_run(extension_relation(catalog->name), statement, lengthof(types), types, values, NULL);
}

static void
forget_some(const TransferCatalog *catalog)
{
	const char *name = catalog->name;
	const char *id = catalog->id_column;
	char	   *gone = psprintf("DELETE FROM ddb.%s WHERE %s IN (SELECT t.%s FROM ddb.%s AS t WHERE " ENDED
								" < pg_catalog.now() - pg_catalog.make_interval(hours => $1) AND %s ORDER BY " ENDED " LIMIT $2)",
								name, id, id, name, is_over(catalog));

	if (catalog->lines == NULL)
		run(catalog, gone);
	else
		run(catalog, psprintf("WITH gone AS (%s RETURNING %s) DELETE FROM ddb.%s AS f USING gone AS g WHERE f.%s = g.%s",
							  gone, id, catalog->lines, id, id));
}

/* When the first of what is left will be old; DT_NOEND: nothing is. */
static TimestampTz
next_of(const TransferCatalog *catalog)
{
	bool		isnull;
	Datum		next;

	run(catalog, psprintf("SELECT min(" ENDED ") + pg_catalog.make_interval(hours => $1) FROM ddb.%s AS t WHERE %s AND $2 > 0",
						  catalog->name, is_over(catalog)));
	next = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? DT_NOEND : DatumGetTimestampTz(next);
}

TimestampTz
transfers_forget_old(void)
{
	TimestampTz next = DT_NOEND;

	if (!script_is_usable())
		return DT_NOEND;
	SPI_connect();
	for (int i = 0; i < (int) lengthof(catalogs); i++)
	{
		forget_some(catalogs[i]);
		next = Min(next, next_of(catalogs[i]));
	}
	SPI_finish();
	return next;
}
