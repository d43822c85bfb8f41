/*
 * log.h - the change log of a database: who wants changes, and reading them.
 *
 * It is written by one pair of processes for each database that needs it
 * (worker/change_decoder.c decodes, worker/change_writer.c writes): in blocks, in
 * commit order, exactly once.  Blocks lie in plain relations, segments, that the catalog
 * ddb.change_segments names.  A block belongs to a shard (ddb.shards): a part of one table's
 * partition keys, for a while.  docs/architecture.md has the whole.
 */
#ifndef DDB_CHANGE_LOG_H
#define DDB_CHANGE_LOG_H

#include "access/xlogdefs.h"
#include "nodes/pg_list.h"
#include "utils/snapshot.h"
#include "utils/timestamp.h"

#include "change/record.h"

/* ---- Asking for changes ---- */

/*
 * Raises a clear error, with a hint, where this server cannot have a change log:
 * wal_level below logical, `ddb` missing in output_plugin_libraries, ddb not preloaded, no place for
 * its workers, no replication slots.  What is the caller's word for what asks
 * ("Streams", "Point-in-time recovery").
 */
extern void change_log_check(const char *what);

/* The same where the table's relation cannot have one, for it is not in WAL. */
extern void change_log_check_table(const char *what, Oid relation);

/*
 * Has the log's processes of this database look, once the transaction has
 * committed, at what ddb.streams and ddb.continuous_backups ask for: they open
 * what is asked for (status ENABLING becomes ENABLED at one point of the log), close
 * what is not any more (DISABLING becomes DISABLED), and create or drop the slot.
 */
extern void change_log_request(void);

/* Set by the launcher: has the log's processes started in a database, and whether there are places for them. */
extern void (*change_log_start_writer) (Oid database);
extern bool (*change_log_has_places) (void);

/* ---- Shards ---- */

/* A row of ddb.shards; times without an end are SEQUENCE_NUMBER_LAST. */
typedef struct Shard
{
	int64		number;			/* rises with every shard made in this database */
	Oid			relation;		/* of the table */
	char	   *label;			/* of the stream; NULL: made for recovery alone */
	char	   *id;				/* ShardId: shardId-<20 digits>-<8 hex digits> */
	char	   *parent;			/* ShardId; NULL: none */
	int			slice;			/* which part of the hashes of partition keys: slice of slices */
	int			slices;
	SequenceNumber start;		/* the first that it may have */
	SequenceNumber end;			/* the first that it has not */
	bool		open;
	char	   *ended_by;		/* "closed", "rolled", "hole"; NULL while it is open */
	char	   *partition_key;	/* names of the table's key attributes, which may have been dropped */
	char	   *sort_key;		/* or NULL */
} Shard;

/*
 * Those of a table's stream whose records are not all trimmed, by number; those of a
 * table (label NULL: all of them).
 */
extern List *shards_of(Oid relation, const char *label);

/* The shard with that id; NULL where there is none (any more). */
extern Shard *shard_find(const char *id);

/* How far the log is: all commits below are in it.  False where the database has no log. */
typedef struct LogPosition
{
	XLogRecPtr	lsn;
	SequenceNumber last;		/* of the last record or commit that it has seen */
	TimestampTz time;			/* all commits up to this moment are in it */
} LogPosition;
extern bool change_log_position(LogPosition *position);

/*
 * Behind everything that the log has.  The present moment would not do: a commit has its time before others see
 * it, and whoever looks at the table then, and goes on from here, would miss it.  So a caller waits for what is
 * committed already, where the log is behind.
 */
extern SequenceNumber change_log_latest(void);

/*
 * Waits until the log has everything that was committed when it was called, up
 * to the time-out; false if it did not get there.  Each second at least it calls
 * waiting(), which may raise an error, or may be NULL.
 */
extern bool change_log_wait(long milliseconds, void (*waiting) (void));

/* Whether a commit that has changed a table with a log is not in it yet. */
extern bool change_log_is_behind(void);

/* ---- Reading ---- */

typedef struct LogReader LogReader;

/*
 * The records of a shard at or behind `from`, in order; or, backward, from the
 * last one below `from` (SEQUENCE_NUMBER_LAST: the newest) to older ones.  Reads by a
 * snapshot taken now; no privileges are asked: callers do.  Records are valid until the next call.
 */
extern LogReader *log_read_begin(const Shard *shard, const KeySchema *schema, SequenceNumber from,
								 bool backward);
extern bool log_read_next(LogReader *reader, ChangeRecord *record);
extern void log_read_end(LogReader *reader);

/* The oldest that the retention has left of a shard: below it records are trimmed. */
extern SequenceNumber shard_trim_horizon(const Shard *shard);

#endif							/* DDB_CHANGE_LOG_H */
