/*
 * streams.h - what the operations on streams share.
 */
#ifndef DDB_OPERATION_STREAMS_H
#define DDB_OPERATION_STREAMS_H

#include "change/log.h"
#include "change/stream.h"
#include "request/shapes.h"

/* ---- Finding what a request names: raise ResourceNotFoundException ---- */

extern StreamRecord *requested_stream(const RequestString *arn);
extern Shard *requested_shard(const StreamRecord *stream, const char *id);

/*
 * Where the log is behind: has the request come back, or waits for the log here, for 0.1 s
 * at most.  Whether the log has come so far meanwhile.
 */
extern bool wait_for_log(void);

/* Shards' identifiers. */
extern const Shape shard_id_shape;

/* ---- Shard iterators: iterator.c ---- */

typedef struct ShardIterator
{
	SequenceNumber position;	/* of the first record that it gives */

	/*
	 * Whether it has all records from there on that are not trimmed, and none is
	 * missed below the trim horizon: that of TRIM_HORIZON, and of a reader who has
	 * read everything.
	 */
	bool		floats;
} ShardIterator;

/* Appends the iterator's text, quoted, which is good for 15 minutes from now on. */
extern void append_iterator(StringInfo response, const StreamRecord *stream, const char *shard_id,
							const ShardIterator *iterator);

/*
 * Reads one; gives the stream's ARN and the shard's identifier, palloc'd.  Raises
 * ValidationException where this database has not made it, and
 * ExpiredIteratorException.
 */
extern void read_iterator(const RequestString *text, ShardIterator *iterator, RequestString *stream_arn,
						  char **shard_id);

#endif							/* DDB_OPERATION_STREAMS_H */
