/*
 * row.h - between an item and the row that holds it; for this folder only.
 */
#ifndef DDB_ROW_H
#define DDB_ROW_H

#include "access/skey.h"
#include "executor/tuptable.h"
#include "utils/uuid.h"

#include "table/table.h"

/* The key attribute's bytes as a datum of its column's type, palloc'd. */
extern Datum row_key_datum(const Value *value);

/* The partition key's hash, as the primary index has it. */
extern pg_uuid_t row_key_hash(const Value *partition);

/* The row's item; points into the slot unless it had to be detoasted. */
extern Value row_item(const Table *table, TupleTableSlot *slot);

/* Whether the row's partition key is this one, and not another of equal hash. */
extern bool row_has_partition(const Table *table, TupleTableSlot *slot, const Value *partition);

/* Stores a row in the slot; item must stay until the slot is cleared. */
extern void row_store(const Table *table, const PrimaryKey *key, const Value *item,
					  TupleTableSlot *slot);

/*
 * The scan keys that find a key in the primary index; returns how many.
 * *hash is the caller's, since the key points at it.
 */
extern int	row_scan_keys(const Table *table, const PrimaryKey *key, pg_uuid_t *hash,
						  ScanKey keys);

/* A snapshot that sees all that a new SQL statement would; to be unregistered. */
extern Snapshot row_statement_snapshot(void);

#endif							/* DDB_ROW_H */
