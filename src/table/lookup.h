/*
 * lookup.h - finding the row of a key; for this folder only.
 */
#ifndef DDB_LOOKUP_H
#define DDB_LOOKUP_H

#include "access/relscan.h"

#include "table/row.h"
#include "table/table.h"

/*
 * Finds the row of a complete entry of the primary index as the snapshot (MVCC
 * or SnapshotSelf) sees it; false where there is none, and then the slot is as
 * it was.  Of two partition keys with the same hash it may be the other one's.
 */
extern bool lookup_row(const Table *table, const PrimaryIndexEntry *entry, Snapshot snapshot,
					   TupleTableSlot *slot);

/* A scan over all rows of that entry, those of its former versions included; the entry must outlive it. */
extern IndexScanDesc lookup_scan(const Table *table, const PrimaryIndexEntry *entry, Snapshot snapshot);

#endif							/* DDB_LOOKUP_H */
