/*
 * row.h - between an item and the row that holds it; for this folder only.
 */
#ifndef DDB_ROW_H
#define DDB_ROW_H

#include "access/skey.h"
#include "executor/tuptable.h"
#include "utils/uuid.h"

#include "table/layout.h"
#include "table/table.h"

/* The key attribute's bytes as a datum of its column's type, palloc'd. */
extern Datum row_key_datum(const Value *value);

/* The hash of a partition key of so many attributes, as the primary index has it. */
extern pg_uuid_t row_key_hash(const Value *partition, int count);

/* An item's entry in the primary index of a table or of a secondary index's relation. */
typedef struct PrimaryIndexEntry
{
	int			count;
	Datum		values[PRIMARY_INDEX_MAX_COLUMNS];	/* two of them point at what follows */
	pg_uuid_t	hash;
	pg_uuid_t	table_hash;
} PrimaryIndexEntry;

/* The entry of a table's key, which must stay. */
extern void row_key_entry(const Table *table, const PrimaryKey *key, PrimaryIndexEntry *entry);

/* The item, which may be a mere map of all key attributes, must have them with their types. */
extern void row_index_entry(const Table *table, const Value *item, PrimaryIndexEntry *entry);

/* The operator of the primary index's column (from 1) as a scan key wants it. */
extern RegProcedure row_column_procedure(const Table *table, int column, int strategy);

/* The row's item; points into the slot unless it had to be detoasted. */
extern Value row_item(const Table *table, TupleTableSlot *slot);

/*
 * Whether the row's partition key, of as many attributes as the schema has, is
 * this one, and not another of equal hash.
 */
extern bool row_has_partition(const Table *table, TupleTableSlot *slot, const Value *partition);

/* Whether the row of a table has this key. */
extern bool row_has_key(const Table *table, TupleTableSlot *slot, const PrimaryKey *key);

/*
 * Stores a row in the slot, the key columns taken from the item, which must
 * have all of them; both item and key must stay until the slot is cleared.
 */
extern void row_store(const Table *table, const Value *item, TupleTableSlot *slot);

#endif							/* DDB_ROW_H */
