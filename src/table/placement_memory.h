/*
 * placement_memory.h - what one command has learnt of the collections that it
 * inserts into; for this folder only.
 */
#ifndef DDB_PLACEMENT_MEMORY_H
#define DDB_PLACEMENT_MEMORY_H

#include "storage/block.h"
#include "utils/relcache.h"

#include "value/hash.h"

/* How many pages of a collection are looked at for room, at most. */
#define PAGES_TO_TRY 4

typedef struct Collection
{
	unsigned char hash[KEY_HASH_LENGTH];	/* of its partition key */
	int			items;			/* up to NEIGHBOURS, as far as known; 0: nothing is */
	int			blocks;
	BlockNumber block[PAGES_TO_TRY];	/* the one to try first in front */
} Collection;

/*
 * What is remembered of the collection for the insertions of this command into
 * the relation: a place that nothing is known of yet, too, which the caller
 * fills.  NULL where the command has inserted too little for that to pay.  The
 * place is good until the next call.
 */
extern Collection *placement_recall(Relation relation, CommandId command,
									const unsigned char hash[KEY_HASH_LENGTH]);

/* Notes that the collection has an item more, on that page. */
extern void placement_remember(Collection *collection, BlockNumber block);

#endif							/* DDB_PLACEMENT_MEMORY_H */
