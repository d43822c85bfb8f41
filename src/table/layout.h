/*
 * layout.h - which columns of a relation hold what.
 *
 * A relation says by itself that it is a DynamoDB table: the item column, the
 * generated columns that take the key attributes from it, none of which is ever
 * null, and the unique index on the partition key's hash and the sort key.  A
 * secondary index's relation has the table's key behind its own in that index,
 * and no other columns; the one that expired items are found by has their time in
 * front, and no hash.  Only the exact shape counts that relation.c makes: the
 * code that reads and writes rows and index entries by hand relies on all of it.
 * Relations USING ddb without it are plain heaps (a table being rewritten is one
 * for a while).
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
	bool		other_triggers; /* has triggers besides those that keep its indexes */
	char		index_trigger;	/* tgenabled of the row trigger that does, or 0 */
	int16		index_events;	/* TRIGGER_TYPE_INSERT and so on: when triggers keep a table's indexes,
								 * or refuse statements of others that write an index's relation */
	KeySchema	schema;
	KeySchema	table_schema;	/* of a secondary index's table; else partition_count is 0 */
} TableLayout;

/*
 * The relation's layout, kept with its relcache entry: it may go away whenever
 * invalidations are processed (any lock, any catalog access).
 */
extern const TableLayout *layout_of_relation(Relation relation);

/*
 * The same of a table, or with of_index of a secondary index's relation; raises
 * an error that says how to mend it where the relation is none.
 */
extern const TableLayout *layout_require(Relation relation, bool of_index);

/* What that shape is, as a sentence for a hint. */
extern const char *layout_hint(bool of_index);

/* Copies a schema of a layout so that it stays: the copy's names are palloc'd. */
extern void layout_copy_schema(KeySchema *to, const KeySchema *from);

/* The most columns that a primary index can have. */
#define PRIMARY_INDEX_MAX_COLUMNS (1 + KEY_MAX_ATTRIBUTES + 2)

/*
 * The operator of a key type's B-tree family, as the function that a scan key
 * wants: strategy is BTLessStrategyNumber and so on.
 */
extern RegProcedure layout_key_procedure(ValueType type, int strategy);

#endif							/* DDB_LAYOUT_H */
