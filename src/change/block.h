/*
 * block.h - blocks of the change log: records of a shard, one behind the other.
 *
 * The stored form of a block is
 *
 *	version		a byte, CHANGE_BLOCK_VERSION
 *	form		a byte: BLOCK_PLAIN or BLOCK_COMPRESSED
 *	content		what change_record_pack() has written; or that as PostgreSQL compresses
 *				a value, without the value's length
 *
 * Sequence numbers in it are as they are.  A segment has it in one row or several (segment.h).
 */
#ifndef DDB_CHANGE_BLOCK_H
#define DDB_CHANGE_BLOCK_H

#include "lib/stringinfo.h"

#include "change/record.h"

#define CHANGE_BLOCK_VERSION 1

#define BLOCK_PLAIN 0
#define BLOCK_COMPRESSED 1

/* A block that is being made. */
typedef struct LogBlock
{
	int64		shard;
	SequenceNumber first;
	SequenceNumber last;
	int			records;
	StringInfoData data;		/* records are appended; what it begins with is block.c's */
} LogBlock;

/* Begins the block of a shard, in the current memory context. */
extern void block_begin(LogBlock *block, int64 shard);

/*
 * Compresses a block to which nothing is added any more.  False where that would save
 * too little: then it is as it was.
 */
extern bool block_compress(LogBlock *block);

/* The stored form; it is the block's. */
extern const char *block_stored(const LogBlock *block, uint32 *length);

/* Frees what the block has, and empties it. */
extern void block_end(LogBlock *block);

/*
 * The records of a stored form: in it, or in the current memory context.  Raises data_corrupted.
 */
extern const char *block_records(const char *stored, uint32 stored_length, uint32 *length);

#endif							/* DDB_CHANGE_BLOCK_H */
