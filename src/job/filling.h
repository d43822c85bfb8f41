/*
 * filling.h - a table that a job fills: CREATING until it is done, and nobody
 * else's to write.
 */
#ifndef DDB_JOB_FILLING_H
#define DDB_JOB_FILLING_H

#include "job/job.h"
#include "table/catalog.h"
#include "table/table.h"

/* Why a job gives up for good where filling_begin() says no. */
#define FILLING_TOUCHED "the table, or its relation, has been changed while it was being created"

typedef struct Filling
{
	const Job  *job;
	TableRecord *record;
	Table	   *target;
	MemoryContext scratch;		/* of one item */
	int64		items;			/* written */
	int64		bytes;			/* of them, as DynamoDB counts */
	bool		quiet;			/* whoever fills it tells of the progress */
} Filling;

/*
 * Locks the relation that the job fills, until the transaction's end, and reads its
 * table's record; false where it is not that of a table that is being created.
 */
extern bool filling_lock(Filling *filling, const Job *job);

/* Opens the table; false where it is not as it was made, and empty unless the job has begun to fill it. */
extern bool filling_open(Filling *filling, bool begun);

/*
 * Empties the relations of an open table in which there is no item, where attempts have left something that gave way
 * or that a crash has ended; returns whether there was anything.  Then the table is closed, and the job goes on
 * (JOB_BEGINS_ANEW) before it writes any item, as behind job_remove_remains().
 */
extern bool filling_remove_remains(Filling *filling);

/* Writes an item, in the place of the one with its key. */
extern void filling_write(Filling *filling, Value *item);

/* The same of an item whose key nothing in the table has; false, and nothing is written, where something has. */
extern bool filling_add(Filling *filling, Value *item);

/*
 * Calls the function until it returns false, or until the transaction has gone on for long enough; what it allocates in the
 * current memory context lasts until it returns.  What it writes is nobody's change (run_unnoticed()).  True where
 * it has returned false.
 */
extern bool filling_batch(bool (*next) (void *argument), void *argument);

/* The table is whole: it becomes ACTIVE with the transaction. */
extern void filling_done(Filling *filling);

/* Closes what filling_open() has opened. */
extern void filling_close(Filling *filling);

/*
 * Runs the function so that what it writes is nobody's change: nobody who decodes
 * WAL is to keep it in memory.  Returns what it returns.
 */
extern bool run_unnoticed(bool (*work) (void *argument), void *argument);

/*
 * Whether the relations of the table's secondary indexes have nothing that their owner has put there; they
 * are locked so until the transaction's end.
 */
extern bool table_has_plain_indexes(Table *table, LOCKMODE lock);

/*
 * Truncates a relation that has nothing of its owner's on it.  The job commits that before it writes: a crash leaves
 * the new file of a transaction that it has ended for ever, with all that was written to it.
 */
extern void job_remove_remains(Oid relation);

/* Whether there is a relation of that OID. */
extern bool job_relation_is_there(Oid relation);

#endif							/* DDB_JOB_FILLING_H */
