/*
 * catalog_row.h - the rows of the extension's catalogs: their columns, and reading those
 * that have an identifier.
 */
#ifndef DDB_TABLE_CATALOG_ROW_H
#define DDB_TABLE_CATALOG_ROW_H

#include "access/htup.h"
#include "access/sdir.h"
#include "access/tupdesc.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"
#include "utils/snapshot.h"

/* A text or json column of a catalog's tuple, palloc'd; NULL where it is null. */
extern char *catalog_text_column(HeapTuple tuple, TupleDesc descriptor, int column);

/* One of bigint or of a time; 0 where it is null. */
extern int64 catalog_number_column(HeapTuple tuple, TupleDesc descriptor, int column);

/* One of uuid, as text, palloc'd; it is not null. */
extern char *catalog_uuid_column(HeapTuple tuple, TupleDesc descriptor, int column);

/* Which rows, by the identifier. */
typedef enum CatalogRange
{
	CATALOG_ALL,
	CATALOG_EQUAL,
	CATALOG_BEFORE,
	CATALOG_BEHIND
} CatalogRange;

/*
 * What record_of() makes of those rows of the catalog in the order of their identifiers, or backward
 * against it; NULL is left out.  The identifier is a text in the first column, of collation "C", and
 * the primary key.  The snapshot is that by which the rows are read: what else is asked of them is to be asked by it
 * too, for what says so may change at the same moment as they do.
 */
extern List *catalog_read(const char *catalog, CatalogRange range, const char *id, ScanDirection direction,
						  void *(*record_of) (HeapTuple tuple, TupleDesc descriptor, Snapshot snapshot));

/*
 * Locks what has no row in the catalog yet, or none that tells enough, by a number of the caller's, until the
 * transaction's end, which can write (25006).  Two that have the same number by chance wait for each other for nothing.
 */
extern void catalog_lock(const char *catalog, uint32 number, LOCKMODE mode);

/* A new identifier as AWS makes them, palloc'd: milliseconds since 1970 in so many digits, and a random word. */
extern char *catalog_new_id(int digits);

#endif							/* DDB_TABLE_CATALOG_ROW_H */
