/*
 * lock_order.c - the one order in which items are locked.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "table/lock_order.h"
#include "table/row.h"

LockPlace
lock_place(const Table *table, const PrimaryKey *key)
{
	return (LockPlace) {
		.relation = RelationGetRelid(table->relation),
		.hash = row_key_hash(&key->partition, 1),
		.sort = key->sort
	};
}

int
lock_place_compare(const LockPlace *a, const LockPlace *b)
{
	int			order = (a->relation > b->relation) - (a->relation < b->relation);

	if (order == 0)
		order = memcmp(&a->hash, &b->hash, sizeof(a->hash));
	if (order == 0 && a->sort.data != NULL)
		order = value_compare(&a->sort, &b->sort);
	return order;
}
