/*
 * lock_order.h - the one order in which items are locked.
 *
 * Whoever writes or locks several items in one transaction goes by it:
 * transactions, batches, jobs.  So no two of them can wait for each other.  It
 * is the order of the primary index, so that a walk over a table follows it.
 */
#ifndef DDB_LOCK_ORDER_H
#define DDB_LOCK_ORDER_H

#include "utils/uuid.h"

#include "table/table.h"

/* Where an item stands in that order; points into its key. */
typedef struct LockPlace
{
	Oid			relation;
	pg_uuid_t	hash;			/* of the partition key */
	Value		sort;			/* data is NULL where the table has no sort key */
	void	   *owner;			/* the caller's: whose place it is */
} LockPlace;

extern LockPlace lock_place(const Table *table, const PrimaryKey *key);

/*
 * Puts places in that order; false where two of them are of one item.  These stand in the order in which their
 * owners lie in memory, such as that of an array.
 */
extern bool lock_order_sort(LockPlace *places, int count);

#endif							/* DDB_LOCK_ORDER_H */
