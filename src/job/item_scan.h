/*
 * item_scan.h - walking over all items of a relation, in one snapshot.
 */
#ifndef DDB_JOB_ITEM_SCAN_H
#define DDB_JOB_ITEM_SCAN_H

#include "utils/relcache.h"

#include "job/job.h"

/*
 * The column of the items of a table's relation, which may have any name; 0 where it is no table any more.  Raises
 * an error where it may become one: a dump that is being restored makes the primary index last.
 */
extern int	table_item_column(Relation relation);

/*
 * Calls the function for each item that is there now, in the order in which they lie, with what the column has; what
 * it allocates in the current memory context lasts until it returns.  Runs nobody's code.  False where the
 * job has to give way.
 */
extern bool item_scan(const Job *job, Relation relation, int column,
					  void (*take) (void *argument, Datum item), void *argument);

#endif							/* DDB_JOB_ITEM_SCAN_H */
