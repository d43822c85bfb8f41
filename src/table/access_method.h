/*
 * access_method.h - the parts of the table access method that lie outside
 * access_method.c.  Arguments are those of TableAmRoutine's callbacks.
 */
#ifndef DDB_ACCESS_METHOD_H
#define DDB_ACCESS_METHOD_H

#include "access/tableam.h"
#include "catalog/index.h"

/* Whether the relation is USING ddb. */
extern bool relation_is_ours(Relation relation);

/*
 * Called with each write of a relation with REPLICA IDENTITY FULL, whose changes
 * somebody wants; NULL where nobody can want them.
 */
extern void (*table_written) (void);

/* Called before a relation is emptied as a whole; raises an error where that must not be. */
extern void (*table_truncate_check) (Relation relation);

extern double ddb_index_build_range_scan(Relation table, Relation index, IndexInfo *info,
										 bool allow_sync, bool any_visible, bool progress,
										 BlockNumber start_block, BlockNumber block_count,
										 IndexBuildCallback callback, void *callback_state,
										 TableScanDesc scan);

extern void ddb_index_validate_scan(Relation table, Relation index, IndexInfo *info,
									Snapshot snapshot, ValidateIndexState *state);

#endif							/* DDB_ACCESS_METHOD_H */
