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
#include "transfer/transfer.h"

#define KEPT_HOURS (90 * 24)

/* So many are forgotten by one transaction. */
#define BATCH 20

/* A catalog, with how its jobs name its records, and the one that tells of their records, or NULL. */
static const struct
{
	const char *name;
	const char *id_column;
	const char *job_member;
	const char *failures;
}			catalogs[] = {
	{"exports", "export", "Export", NULL},
	{"imports", "import", "Import", "import_failed"},
	{"bulk_operations", "bulk_operation", "BulkOperation", "bulk_reported"},
};

/* When it ended; one whose job went with its table, when it began. */
#define ENDED "coalesce(t.ended, t.started)"

/* A condition: nothing is done for it any more. */
static char *
is_over(int catalog)
{
	return psprintf("(t.ended IS NOT NULL OR NOT EXISTS (SELECT FROM ddb.jobs AS j WHERE j.arguments->>'%s' = t.%s))",
					catalogs[catalog].job_member, catalogs[catalog].id_column);
}

/* Runs a statement with the hours as $1, and how many as $2. */
static void
run(int catalog, const char *statement)
{
	Oid			types[] = {INT4OID, INT4OID};
	Datum		values[] = {Int32GetDatum(KEPT_HOURS), Int32GetDatum(BATCH)};

	/* safe as the extension's owner: the names are the library's own */
	(void) owner_statement_run(extension_relation(catalogs[catalog].name), statement, lengthof(types), types, values, NULL);
}

static void
forget_some(int catalog)
{
	const char *name = catalogs[catalog].name;
	const char *id = catalogs[catalog].id_column;
	char	   *gone = psprintf("DELETE FROM ddb.%s WHERE %s IN (SELECT t.%s FROM ddb.%s AS t WHERE " ENDED
								" < pg_catalog.now() - pg_catalog.make_interval(hours => $1) AND %s ORDER BY " ENDED " LIMIT $2)",
								name, id, id, name, is_over(catalog));

	if (catalogs[catalog].failures == NULL)
		run(catalog, gone);
	else
		run(catalog, psprintf("WITH gone AS (%s RETURNING %s) DELETE FROM ddb.%s AS f USING gone AS g WHERE f.%s = g.%s",
							  gone, id, catalogs[catalog].failures, id, id));
}

/* When the first of what is left will be old; DT_NOEND: nothing is. */
static TimestampTz
next_of(int catalog)
{
	bool		isnull;
	Datum		next;

	run(catalog, psprintf("SELECT min(" ENDED ") + pg_catalog.make_interval(hours => $1) FROM ddb.%s AS t WHERE %s AND $2 > 0",
						  catalogs[catalog].name, is_over(catalog)));
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
		forget_some(i);
		next = Min(next, next_of(i));
	}
	SPI_finish();
	return next;
}
