/*
 * row_executor.h - writing rows with PostgreSQL's executor, for relations that
 * have triggers, constraints, further columns or indexes beside the primary
 * one, or are partitions; for this folder only.
 */
#ifndef DDB_ROW_EXECUTOR_H
#define DDB_ROW_EXECUTOR_H

#include "table/table.h"

typedef struct RowExecutor RowExecutor;

/* NULL where the relation has nothing that would need the executor. */
extern RowExecutor *row_executor_begin(Table *table);

/* Fires the triggers of the end of a statement; executor may be NULL. */
extern void row_executor_end(RowExecutor *executor);

/*
 * Fills the columns besides the item and its keys: what the old row has in
 * them, or their defaults where there is none.
 */
extern void row_executor_fill_columns(RowExecutor *executor, TupleTableSlot *old_slot,
									  TupleTableSlot *new_slot);

/* Triggers before, generated columns, policies, constraints; false: do not insert. */
extern bool row_executor_before_insert(RowExecutor *executor, TupleTableSlot *slot);

/* All indexes' entries; false if the primary one has that key already. */
extern bool row_executor_insert_index_entries(RowExecutor *executor, TupleTableSlot *slot);

/* The row and its entries; raises unique_violation where another row has that key. */
extern void row_executor_insert(RowExecutor *executor, TupleTableSlot *slot);

extern void row_executor_after_insert(RowExecutor *executor, TupleTableSlot *slot);

/*
 * The old row must have been locked.  Here the new row's policies are checked;
 * those of the old row are the caller's.
 */
extern void row_executor_update(RowExecutor *executor, TupleTableSlot *old_slot,
								TupleTableSlot *new_slot);
extern void row_executor_delete(RowExecutor *executor, TupleTableSlot *old_slot);

#endif							/* DDB_ROW_EXECUTOR_H */
