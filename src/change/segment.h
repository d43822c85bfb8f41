/*
 * segment.h - the relations that hold the blocks of the change log, and the catalog
 * ddb.change_segments, which names them.
 *
 * A segment is a plain relation ddb.change_segment_<n>, a member of the extension, so that
 * it is not dumped, with an index on (shard, last_time, last_ordinal, part):
 *
 *	shard bigint, first_time bigint, first_ordinal bigint,
 *	last_time bigint, last_ordinal bigint, records integer,
 *	part integer, parts integer, data bytea
 *
 * first and last say where the block lies.  A block whose stored form (block.h) takes more than a page is
 * cut into parts, a row each, numbered from 0, which have all else in common.
 */
#ifndef DDB_CHANGE_SEGMENT_H
#define DDB_CHANGE_SEGMENT_H

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "utils/snapshot.h"

#include "change/block.h"

/* A segment's columns, in order. */
enum
{
	BLOCK_SHARD = 1,
	BLOCK_FIRST_TIME,
	BLOCK_FIRST_ORDINAL,
	BLOCK_LAST_TIME,
	BLOCK_LAST_ORDINAL,
	BLOCK_RECORDS,
	BLOCK_PART,
	BLOCK_PARTS,
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
