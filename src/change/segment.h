/*
 * segment.h - the relations that hold the blocks of the change log, and the catalog
 * ddb.change_segments, which names them.  log.h says what is in one.
 */
#ifndef DDB_CHANGE_SEGMENT_H
#define DDB_CHANGE_SEGMENT_H

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "utils/snapshot.h"

#include "change/record.h"

/* A segment's columns, in order. */
enum
{
	BLOCK_SHARD = 1,
	BLOCK_FIRST_TIME,
	BLOCK_FIRST_ORDINAL,
	BLOCK_LAST_TIME,
	BLOCK_LAST_ORDINAL,
	BLOCK_RECORDS,
	BLOCK_DATA,
	BLOCK_COLUMNS = BLOCK_DATA
};

/* A row of ddb.change_segments. */
typedef struct Segment
{
	Oid			relation;
	bool		for_recovery;
	int64		first_time;		/* no record in it is older */
	int64		last_time;		/* nor newer; PG_INT64_MAX while it is written */
} Segment;

/* Those that the snapshot (NULL: the newest) sees, by first_time. */
extern List *segments(Snapshot snapshot);

/* The index that finds a segment's blocks. */
extern Oid	segment_index(Relation segment);

/* ---- For the writer ---- */

typedef struct LogBlock
{
	int64		shard;
	SequenceNumber first;
	SequenceNumber last;
	int			records;
	StringInfoData data;		/* as a varlena, but for its length */
} LogBlock;

/* Begins the block of a shard, with room for what stands before its records. */
extern void block_begin(LogBlock *block, int64 shard);

/*
 * Adds a block to the segment that is written, of its kind; makes one first where
 * there is none, for records from the time `since` on.
 */
extern void segment_add(const LogBlock *block, bool for_recovery, int64 since);

/* Ends the segments that are large enough or span so much; last is the newest record's time. */
extern void segments_seal(int64 last, int64 stream_span, int64 recovery_span);

/*
 * Drops those whose records are all older than these times, each where nobody has
 * it locked.
 */
extern void segments_trim(int64 stream_horizon, int64 recovery_horizon);

/* Closes them; before the end of a transaction that has added blocks. */
extern void segments_close(void);

#endif							/* DDB_CHANGE_SEGMENT_H */
