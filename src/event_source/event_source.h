/*
 * event_source.h - event sources: a table's changes, given in batches to a function or
 * an address, or told on a channel.  What Lambda is to DynamoDB.
 *
 * Each shard of the table's stream is read in one or several lanes, by the hash of
 * an item's key, and each lane has a position.  Whoever works on a lane has it locked.
 */
#ifndef DDB_EVENT_SOURCE_H
#define DDB_EVENT_SOURCE_H

#include "datatype/timestamp.h"
#include "utils/uuid.h"

#include "change/log.h"
#include "event_source/options.h"

/* Defines the settings; once, when the library is loaded. */
extern void event_source_define_settings(void);

/* How many processes a database with event sources has: ddb.event_source_workers. */
extern int	event_source_workers;
#define EVENT_SOURCE_WORKERS_MAX 64

/*
 * Asks for a worker once the transaction has committed; NULL where there are none.
 * Whoever runs workers sets it.
 */
extern void (*event_source_request) (void);

/* ---- catalog.c: the SQL functions, and the right to be called ---- */

/* Raises an error where the role may not read that stream of the table. */
extern void event_source_check_stream(const char *table, const char *label, Oid role);

/*
 * The function of that text ("schema.name(jsonb)"), which must belong to that role,
 * for the current role to call.  Raises an error where it may not, or where it has not
 * the form of a target.
 */
extern Oid	event_source_function(const char *text, Oid owner);

/* ---- lane.c: how far each has got ---- */

/* A lane of a shard, by its key. */
typedef struct EventLaneKey
{
	pg_uuid_t	source;
	char	   *shard_id;
	int			lane;
} EventLaneKey;

/* A lane that waits for its turn. */
typedef struct EventTask
{
	EventLaneKey key;
	uint32		hash;			/* of the key */
	Oid			role;			/* as which it is called, and may be gone (job_role.h) */
	TimestampTz due;			/* not before; 0: at any time */
	bool		slow;			/* its last call took long */
	bool		ready;			/* it is to have a turn in this round; for whoever has read it */
} EventTask;

/* A lane with all that belongs to it; what is behind `lanes` is its state, in ddb.event_source_positions. */
typedef struct EventLane
{
	EventLaneKey key;
	Oid			relation;		/* the table's */
	char	   *table;
	Oid			role;			/* may be gone */
	char	   *function;		/* NULL: none */
	Oid			function_owner; /* whom it belonged to when it was named */
	char	   *secret;			/* NULL: none */
	EventSourceOptions options;
	char	   *view_type;
	char	   *label;			/* of the stream */
	int			lanes;			/* of this shard */

	SequenceNumber next;		/* the first that is not done */
	bool		finished;		/* the shard has ended, and all is done */
	int			retries;		/* of the batch that is next */
	int			interrupted;	/* calls of it, one after the other, in which the process has ended */
	int			bisect_size;	/* records at most in a batch, while one that has failed is tried again or cut up; 0: none is */
	SequenceNumber bisect_end;	/* the last record of that */
	TimestampTz due;			/* not before; 0: at any time */
	bool		slow;
	TimestampTz called;			/* the last call; 0: none yet */
	const char *result;			/* of the last call: OK, a number of failed records, or an error's code */
	const char *error;			/* NULL: none */

	SequenceNumber read_next;	/* as it was read */
	int			read_retries;
} EventLane;

/*
 * Begins lanes for the shards that have none yet, and forgets those whose shard is
 * trimmed, and failures that are old.
 */
extern void event_lanes_upkeep(void);

/* The lanes that could be worked on, as EventTask *; those of a child shard only behind its parent. */
extern List *event_tasks(void);

/* Whether there is an event source that is enabled. */
extern bool event_sources_exist(void);

/*
 * Reads the lane; NULL where it is not to be worked on (any more), or not now.  For
 * whoever has locked it.
 */
extern EventLane *event_lane_read(const EventLaneKey *key);

/* The same of one that may have to wait. */
extern EventLane *event_lane_read_waiting(const EventLaneKey *key);

/* Of the key; two lanes hardly ever have the same. */
extern uint32 event_lane_hash(const EventLaneKey *key);

/*
 * Locks its row, until the transaction's end, against who deletes the source; false
 * where somebody is doing so, or has done, or has moved the position since it was read.
 */
extern bool event_lane_lock(const EventLane *lane);

/*
 * Writes its state; false where that is not any more what was read, the lane is
 * gone, or somebody has it locked: whatever belongs to this state is not to be committed then.
 */
extern bool event_lane_write(const EventLane *lane);

/* Calls all lanes slow of the lane's event source, or of all those of its role. */
extern void event_lanes_call_slow(const EventLaneKey *key, bool of_role);

/* ---- batch.c: records for a call ---- */

typedef struct EventBatch
{
	int			count;
	SequenceNumber *sequences;	/* the records' */
	int		   *offsets;		/* where each record's text begins */
	StringInfoData texts;		/* JSON, with commas between */
	SequenceNumber next;		/* behind all that has been read */
	bool		expired;		/* these records are older than they may be */
	bool		ended;			/* the shard has ended behind them */
	bool		more;			/* there may be more to read at once */
	TimestampTz due;			/* it waits for further records until then; 0: it does not */
} EventBatch;

/* Reads the next batch of a lane.  Needs a transaction; allocates in CurrentMemoryContext. */
extern EventBatch *event_batch_read(const EventLane *lane);

/* The event from a record on: {"Records":[...]}, palloc'd. */
extern char *event_batch_json(const EventBatch *batch, int from, size_t *length);

/* How many seconds ago the first record was made that the lane has not done; 0 where there is none. */
extern double event_lane_behind(const EventLane *lane);

/* Keeps the records from one on in ddb.event_source_failed, and writes a line to the server's log. */
extern void event_batch_give_up(const EventLane *lane, const EventBatch *batch, int from,
								const char *reason);

/* ---- outcome.c: what a call's end means for its lane ---- */

/* The first `done` records of the batch are done; the others have failed. */
extern void event_lane_finish_batch(EventLane *lane, const EventBatch *batch, int done);

/* The process, or all of the server, has ended during a call of it; lane and batch have been read anew. */
extern void event_lane_interrupt_batch(EventLane *lane, const EventBatch *batch);

/* Its records are too old to be given to anybody. */
extern void event_lane_drop_batch(EventLane *lane, const EventBatch *batch);

/* ---- call.c: the call ---- */

/*
 * Raises an error where the lane's role is gone, or may not read the stream.  What becomes of a batch otherwise,
 * shows what is in it: a failure that is kept, and a filter that a record has passed.
 */
extern void event_call_check(const EventLane *lane);

/*
 * Gives the event to the lane's function, in the current transaction and as its
 * role, or tells its channel.  Returns how many records are done, from the first on.
 */
extern int	event_call_function(const EventLane *lane, const EventBatch *batch);
extern int	event_call_channel(const EventLane *lane, const EventBatch *batch);

/* The same for its address, which event_url_check() has given: the POST, better outside of any transaction, for so long at most. */
extern int	event_call_url(const EventLane *lane, const EventBatch *batch, const char *url, int milliseconds);

#endif							/* DDB_EVENT_SOURCE_H */
