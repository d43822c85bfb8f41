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

static int
compare_items(const LockPlace *a, const LockPlace *b)
{
	int			order = (a->relation > b->relation) - (a->relation < b->relation);

	if (order == 0)
		order = memcmp(&a->hash, &b->hash, sizeof(a->hash));
	if (order == 0 && a->sort.data != NULL)
		order = value_compare(&a->sort, &b->sort);
	return order;
}

/* Those of one item stand in the order of their owners in memory. */
static int
compare_places(const void *left, const void *right)
{
	const LockPlace *a = left;
	const LockPlace *b = right;
	int			order = compare_items(a, b);

	return order != 0 ? order : (a->owner > b->owner) - (a->owner < b->owner);
}

bool
lock_order_sort(LockPlace *places, int count)
{
	qsort(places, count, sizeof(LockPlace), compare_places);
	for (int i = 1; i < count; i++)
	{
		if (compare_items(&places[i - 1], &places[i]) == 0)
			return false;
	}
	return true;
}
