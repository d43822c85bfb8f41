/*
 * shard.h - ddb.shards: making shards and ending them, for the log's writer.
 * Who reads them goes by log.h.
 */
#ifndef DDB_CHANGE_SHARD_H
#define DDB_CHANGE_SHARD_H

#include "change/log.h"

/* ddb.stream_shards, and ddb.stream_retention in seconds. */
extern int	stream_shards;
extern int	stream_retention;

/* The shards that are open, of all tables. */
extern List *shards_open(void);

/*
 * Makes shards of a table from that number on: `slices` of them, or with parent the
 * one that goes on with its slice.  label may be NULL; key_schema is the table's, as in DynamoDB's API.
 */
extern void shards_begin(Oid relation, const char *label, int slices, const Shard *parent,
						 SequenceNumber start);

/* Ends one: end is the first number that it has not. */
extern void shard_end(const Shard *shard, SequenceNumber end, const char *reason);

/* Deletes those that have ended before that time, or the other one where their table is in the list. */
extern void shards_trim(int64 stream_horizon, int64 recovery_horizon, const List *recovering);

/* The slice that the partition key of an item, or of a map of its keys, is in. */
extern int	shard_slice(const Value *partition, int slices);

#endif							/* DDB_CHANGE_SHARD_H */
