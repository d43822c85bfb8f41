/*
 * batch.h - what the decoder has told, on its way into the log.
 *
 * Several transactions are written in one, the batch, and a large one in many
 * blocks, so that what is held in memory is bounded.  The writer is its only user.
 */
#ifndef DDB_CHANGE_BATCH_H
#define DDB_CHANGE_BATCH_H

#include "change/position.h"
#include "change/queue.h"
#include "change/want.h"

/*
 * Takes up the log where it is.  start is what the slot can tell of: if that is beyond
 * the log's position, there is a hole: open shards end, and their children begin.
 */
extern void batch_start(XLogRecPtr start, TimestampTz time, const char *nonce);

/* What the decoder tells, in this order. */
extern void batch_begin_transaction(const QueueMessage *message);
extern void batch_add_change(const QueueMessage *message, const char *data);
extern void batch_add_truncate(const QueueMessage *message);

/*
 * What the log has told itself: carries a wish out, if it can be.  False where somebody
 * else has told that; else *want is the wish, its label palloc'd.
 */
extern bool batch_add_note(const QueueMessage *message, const char *data, Want *want, bool *done);

extern void batch_end_transaction(const QueueMessage *message);
extern void batch_note_progress(const QueueMessage *message);

/* The milliseconds until the batch is to be written; -1 where there is none or it has half a transaction. */
extern long batch_due(void);

/* Whether it has so much that it is to be written before more is taken. */
extern bool batch_is_large(void);

/* Whether a transaction is open, so that there can be none of somebody else's. */
extern bool batch_is_open(void);

/* Whether the decoder is in the middle of a transaction. */
extern bool batch_is_in_transaction(void);

/* Writes it; what is told then is on disk. */
extern void batch_finish(void);

/* Writes down how far the log is, where that has become much while nothing was to be written. */
extern void batch_keep_up(void);

/* Up to where the log is, on disk, and where the commit ends that says so. */
extern XLogRecPtr batch_position(XLogRecPtr *commit_end);

#endif							/* DDB_CHANGE_BATCH_H */
