/*
 * layout.h - which columns of a relation hold what.
 *
 * A relation says by itself that it is a DynamoDB table: the item column, the
 * generated columns that take the key attributes from it, and the unique index
 * on the partition key's hash and the sort key.  Relations USING ddb without
 * these are plain heaps (a table being rewritten is one for a while).
 */
#ifndef DDB_LAYOUT_H
#define DDB_LAYOUT_H

#include "utils/relcache.h"

#include "expression/expression.h"

typedef struct TableLayout
{
	Oid			primary_index;	/* InvalidOid: not a DynamoDB table */
	int16		item_column;	/* from 1 */
	bool		only_index;		/* the relation has no other index */
	KeySchema	schema;
} TableLayout;

/*
 * The relation's layout, kept with its relcache entry: it may go away whenever
 * invalidations are processed (any lock, any catalog access).
 */
extern const TableLayout *layout_of_relation(Relation relation);

/*
 * The operator of a key type's B-tree family, as the function that a scan key
 * wants: strategy is BTLessStrategyNumber and so on.
 */
extern RegProcedure layout_key_procedure(ValueType type, int strategy);

#endif							/* DDB_LAYOUT_H */
