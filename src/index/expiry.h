/*
 * expiry.h - items that expire: TimeToLive.
 *
 * A table whose items expire has an index of kind INDEX_EXPIRY, ordered by their
 * time, which is kept and filled as all others are.  A worker walks its beginning
 * and deletes what is due.
 */
#ifndef DDB_EXPIRY_H
#define DDB_EXPIRY_H

#include "access/xlogdefs.h"

#include "index/index.h"

/* The settings ddb.ttl_...; defined while the library is loaded. */
extern int	ddb_ttl_delay;		/* milliseconds */
extern int	ddb_ttl_rate;		/* items a second; 0: no limit */
extern int	ddb_ttl_change_interval;	/* seconds */

extern void expiry_define_settings(void);

/* ---- Switching ---- */

/*
 * Has the items of a table expire by the attribute; the table must be locked to be
 * indexed (catalog.h).  False where the attribute is one of the table's key and no
 * number: then nothing ever expires, and there is no index.
 */
extern bool expiry_switch_on(const TableRecord *table, const char *attribute);

/* Whether the attribute is one of the table's key and no number. */
extern bool expiry_is_impossible(const TableRecord *table, const char *attribute);

/* The name of the attribute that the index is by. */
extern const char *expiry_attribute(const IndexDefinition *index);

/* ---- Waking the worker ---- */

/*
 * Asks for a worker at that time, once the transaction has committed; NULL where
 * there are none.  Whoever runs workers sets it.
 */
extern void (*expiry_request) (TimestampTz due);

/* An item has got a time: whoever sleeps for longer is woken in time. */
extern void expiry_expect(const IndexDefinition *index, const Value *item);

/* The worker looks at every table after so long, whatever it has been told. */
#define EXPIRY_LOOK_SECONDS 60

/* ---- For the worker ---- */

/* A table whose items expire. */
typedef struct ExpiryTask
{
	char	   *table;
	Oid			table_relation;
	Oid			relation;		/* the index's */
	bool		ready;			/* the table and the index have what they need, and no dump is being restored */
	bool		has_code;		/* a deletion may run triggers of its owner's, or wait for others */
} ExpiryTask;

/* All of them, as a list; NIL also where ddb is not installed. */
extern List *expiry_tasks(void);

/*
 * How far a walk over a table's index has got, from earliest to latest; zeroed
 * at its beginning.  What was locked or refused to go is passed by.
 */
typedef struct ExpiryWalk
{
	Value		position;		/* the last entry, palloc'd in context; no data: at the beginning */
	MemoryContext context;
} ExpiryWalk;

typedef struct ExpiryBatch
{
	int			deleted;
	int			failed;			/* their deletion raised an error, which is in the log for the first one */
	int			locked;			/* by other transactions */
	bool		busy;			/* the table or its index is locked: nothing done */
	bool		more;			/* further items are due */
	TimestampTz next;			/* when the next one will be, if no more are; DT_NOEND: none */
} ExpiryBatch;

/*
 * Deletes some items that are due, in the current transaction, which must be new and
 * READ COMMITTED, as the table's owner.  Waits for no row and for no relation.
 */
extern void expiry_batch(const ExpiryTask *task, ExpiryWalk *walk, int most, ExpiryBatch *batch);

/* Sets the walk back to its beginning. */
extern void expiry_walk_restart(ExpiryWalk *walk);

/* ---- For who looks on ---- */

/*
 * How many items are due as of now, counted up to most, and since when the oldest
 * is; false where the relation is not there or locked.
 */
extern bool expiry_overdue(const ExpiryTask *task, int64 most, int64 *count, TimestampTz *oldest);

#endif							/* DDB_EXPIRY_H */
