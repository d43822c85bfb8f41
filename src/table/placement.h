/*
 * placement.h - on which page a new tuple goes.
 */
#ifndef DDB_PLACEMENT_H
#define DDB_PLACEMENT_H

#include "executor/tuptable.h"
#include "utils/relcache.h"

#include "table/placement_memory.h"

/* What was decided for a tuple; placement_done() wants it back. */
typedef struct Placement
{
	bool		steered;		/* a page was chosen for the collection's sake */
	BlockNumber shared_target;	/* where unsteered tuples go */
	Size		reserve;		/* bytes to keep for the collection, or 0 */
	BlockNumber relation_size;	/* before the insertion, in pages */
	int			options;		/* to add to heap_insert()'s */
	Collection *remembered;		/* what is remembered of the tuple's collection, or NULL */
	Collection	seen;			/* what was seen of it, where nothing is remembered */
} Placement;

/*
 * Chooses a page for the tuple in the slot, of tuple_size bytes, which the
 * command inserts, and makes it the relation's target block.  Takes no lock
 * beyond those on single buffers and leaves none.
 */
extern void placement_choose(Relation relation, TupleTableSlot *slot, Size tuple_size,
							 CommandId command, Placement *placement);

/* The same for a new version of a tuple on old_block, should it not fit there. */
extern void placement_choose_for_update(Relation relation, TupleTableSlot *slot,
										Size tuple_size, BlockNumber old_block,
										Placement *placement);

/* Notes where the tuple went: InvalidBlockNumber if nowhere. */
extern void placement_done(Relation relation, const Placement *placement, BlockNumber block);

#endif							/* DDB_PLACEMENT_H */
