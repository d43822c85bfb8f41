/*
 * neighbours.h - an item collection's pages around a key; for this folder only.
 */
#ifndef DDB_NEIGHBOURS_H
#define DDB_NEIGHBOURS_H

#include "executor/tuptable.h"
#include "storage/block.h"
#include "utils/relcache.h"

#include "table/layout.h"
#include "value/hash.h"

/* How many of the collection's index entries are looked at, at most. */
#define NEIGHBOURS 64

typedef struct Neighbours
{
	int			count;			/* entries seen */
	int			blocks;			/* different blocks */
	BlockNumber block[NEIGHBOURS];	/* the newest first: it may have room */
} Neighbours;

/*
 * Finds the table's pages that the items around the slot's key lie on.  What
 * it finds is as good as a hint: entries of dead tuples count, and a page that
 * is split meanwhile may be missed.
 */
extern void neighbours_find(const TableLayout *layout, TupleTableSlot *slot,
							Neighbours *neighbours);

/* The hash of a slot's partition key, which the primary index has. */
extern void collection_hash(const KeySchema *schema, TupleTableSlot *slot,
							unsigned char hash[KEY_HASH_LENGTH]);

#endif							/* DDB_NEIGHBOURS_H */
