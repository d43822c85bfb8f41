/*
 * index_update.h - UpdateTable's GlobalSecondaryIndexUpdates.
 */
#ifndef DDB_INDEX_UPDATE_H
#define DDB_INDEX_UPDATE_H

#include "operation/table/table_description.h"

/* The shape of GlobalSecondaryIndexUpdates. */
extern const Shape index_updates_shape;

/* Everything that the updates are judged by. */
typedef struct IndexUpdates
{
	const RequestList *updates;
	const RequestList *definitions; /* AttributeDefinitions */
	int			old_billing_mode;	/* of the table, enum BillingMode */
	int			billing_mode;	/* the one that the request leads to */
} IndexUpdates;

/* What AWS checks before it looks at the table. */
extern void check_index_updates(const RequestList *updates);

/*
 * Whether an index is to be created, or one to be created or deleted, which
 * nobody may write meanwhile.
 */
extern bool index_updates_create(const RequestList *updates);
extern bool index_updates_stop_writes(const RequestList *updates);

/* What it checks then; of an index that is created, the whole definition. */
extern void check_index_updates_fit(const IndexUpdates *updates, const TableRecord *record);

/*
 * Makes all changes but those of indexes to delete, which the caller drops by
 * index_updates_drop() once it has shown them: gives the indexes as UpdateTable
 * shows them.
 */
extern IndexDescriptions index_updates_apply(const IndexUpdates *updates, const TableRecord *record);
extern void index_updates_drop(const IndexUpdates *updates, const TableRecord *record);

#endif							/* DDB_INDEX_UPDATE_H */
