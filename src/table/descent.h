/*
 * descent.h - descending a B-tree by hand.
 *
 * An index scan is made for ranges: to set one up costs as much as the way down
 * to the one entry that most callers want.
 */
#ifndef DDB_DESCENT_H
#define DDB_DESCENT_H

#include "access/nbtree.h"
#include "utils/snapshot.h"

/*
 * Whether there may be an entry with these values of the index's first columns:
 * false is certain, and true is for a scan to look into.
 */
extern bool descent_may_find(Relation index, const Datum *values, int count);

/* The key of an entry with these values of the index's first columns, none of them null; palloc'd. */
extern BTScanInsert descent_key(Relation index, const Datum *values, int count);

/*
 * The leaf page that the key belongs to, to be released with _bt_relbuf(), or
 * InvalidBuffer where the index is empty.  *offset is its first entry that is
 * not less than the key, and may be one behind the page's last.  The snapshot,
 * or NULL, is that of who reads what the entries lead to.
 */
extern Buffer descent_begin(Relation index, BTScanInsert key, Snapshot snapshot, OffsetNumber *offset);

#endif							/* DDB_DESCENT_H */
