/*
 * backfill.h - filling an index that was created on a table with items.
 */
#ifndef DDB_BACKFILL_H
#define DDB_BACKFILL_H

#include "index/index.h"

/*
 * Has the indexes with status CREATING of a table filled, once index_create()
 * has made them: by a background worker when the transaction has committed, or
 * where the server has none or no place for one, at once and by this transaction,
 * which must be READ COMMITTED then.
 */
extern void backfill_start(const TableRecord *table);

/*
 * Asks for a worker once the transaction has committed; NULL where there are
 * none.  Whoever runs workers sets it.
 */
extern void (*backfill_request) (void);

/* ---- For the worker ---- */

/* An index with status CREATING. */
typedef struct BackfillTask
{
	char	   *table;
	char	   *index;
	Oid			table_relation;
	Oid			relation;		/* the index's */
	bool		ready;			/* all relations have what they need */
	bool		has_code;		/* there may be functions of the owner's on its relation */
} BackfillTask;

/* All of them, as a list, the oldest first; NIL also where ddb is not installed. */
extern List *backfill_tasks(void);

typedef enum BackfillResult
{
	BACKFILL_MORE,				/* items may be left */
	BACKFILL_DONE,				/* the index is ACTIVE, or no more there */
	BACKFILL_BUSY				/* nothing done: what comes next is locked by another */
} BackfillResult;

/*
 * Does some of the items in the current transaction, which must be new and READ
 * COMMITTED.  Never waits for a row, but for the first one if it may: a
 * transaction that has no row locked yet cannot be part of a deadlock of rows.
 */
extern BackfillResult backfill_batch(const BackfillTask *task, bool wait);

#endif							/* DDB_BACKFILL_H */
