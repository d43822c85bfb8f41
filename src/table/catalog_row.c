/*
 * catalog_row.c - the rows of the extension's catalogs.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "owner_statement.h"
#include "table/catalog_row.h"

/* ---- Columns ---- */

char *
catalog_text_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	bool		isnull;
	Datum		datum = heap_getattr(tuple, column, descriptor, &isnull);

	return isnull ? NULL : TextDatumGetCString(datum);
}

int64
catalog_number_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	bool		isnull;
	Datum		datum = heap_getattr(tuple, column, descriptor, &isnull);

	return isnull ? 0 : DatumGetInt64(datum);
}

char *
catalog_uuid_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	bool		isnull;

	return DatumGetCString(DirectFunctionCall1(uuid_out, heap_getattr(tuple, column, descriptor, &isnull)));
}

/* ---- Rows with an identifier ---- */

/* How the index of the primary key is asked for the range. */
static void
range_key(ScanKey key, CatalogRange range, const char *id)
{
	static const struct
	{
		StrategyNumber strategy;
		RegProcedure comparison;
	}			comparisons[] = {
		[CATALOG_EQUAL] = {BTEqualStrategyNumber, F_TEXTEQ},
		[CATALOG_BEFORE] = {BTLessStrategyNumber, F_TEXT_LT},
		[CATALOG_BEHIND] = {BTGreaterStrategyNumber, F_TEXT_GT},
	};

	ScanKeyEntryInitialize(key, 0, 1, comparisons[range].strategy, TEXTOID, C_COLLATION_OID,
						   comparisons[range].comparison, CStringGetTextDatum(id));
}

List *
catalog_read(const char *catalog, CatalogRange range, const char *id, ScanDirection direction,
			 void *(*record_of) (HeapTuple tuple, TupleDesc descriptor, Snapshot snapshot))
{
	Relation	relation = table_open(extension_relation(catalog), AccessShareLock);
	Relation	index = index_open(extension_relation(psprintf("%s_pkey", catalog)), AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	List	   *records = NIL;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	if (range != CATALOG_ALL)
		range_key(&key, range, id);
	scan = systable_beginscan_ordered(relation, index, snapshot, range != CATALOG_ALL ? 1 : 0, &key);
	while ((tuple = systable_getnext_ordered(scan, direction)) != NULL)
	{
		void	   *record = record_of(tuple, RelationGetDescr(relation), snapshot);

		if (record != NULL)
			records = lappend(records, record);
	}
	systable_endscan_ordered(scan);
	UnregisterSnapshot(snapshot);
	index_close(index, AccessShareLock);
	table_close(relation, AccessShareLock);
	return records;
}

void
catalog_lock(const char *catalog, uint32 number, LOCKMODE mode)
{
	LOCKTAG		tag;

	PreventCommandIfReadOnly("a change of a catalog");
	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, extension_relation(catalog), number, 1);
	(void) LockAcquire(&tag, mode, false, false);
}

char *
catalog_new_id(int digits)
{
	int64		milliseconds = GetCurrentTimestamp() / 1000 +
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (USECS_PER_DAY / 1000);
	uint32		word;

	if (!pg_strong_random(&word, sizeof(word)))
		elog(ERROR, "could not generate a random number");
	return psprintf("%0*lld-%08x", digits, (long long) milliseconds, word);
}
