/*
 * queue.h - what the log's decoder tells its writer, through a queue in shared memory.
 */
#ifndef DDB_CHANGE_QUEUE_H
#define DDB_CHANGE_QUEUE_H

#include "access/xlogdefs.h"
#include "port/atomics.h"
#include "utils/timestamp.h"

#include "change/record.h"

typedef enum QueueMessageKind
{
	QUEUE_STARTED,				/* lsn: nothing before it will be told; time: now */
	QUEUE_BEGIN,				/* xid, time: of the commit */
	QUEUE_CHANGE,				/* relation, and the change; images follow; if it begins its transaction, what QUEUE_BEGIN has */
	QUEUE_TRUNCATE,				/* relation; lsn: of the commit */
	QUEUE_NOTE,					/* what the log has written to itself follows */
	QUEUE_COMMIT,				/* xid, lsn: behind the commit, time: of the commit */
	QUEUE_PROGRESS				/* all that is committed below lsn, and up to time, has been told */
} QueueMessageKind;

/* What follows is an old image and a new one of the lengths given; 0: there is none. */
typedef struct QueueMessage
{
	QueueMessageKind kind;
	ChangeKind	change;
	bool		by_service;
	bool		begins;
	Oid			relation;
	TransactionId xid;
	uint32		old_length;
	uint32		new_length;
	XLogRecPtr	lsn;
	TimestampTz time;
} QueueMessage;

/* At the beginning of the segment of memory that the two share; the queue lies behind it. */
typedef struct QueueHead
{
	pg_atomic_uint64 confirmed; /* the log has all below this position, on disk */
	pg_atomic_uint64 confirmed_by;	/* where the commit that says so ends */
} QueueHead;

/* What the decoder is started with, in bgw_extra; its argument is the segment of memory. */
typedef struct QueueStart
{
	Oid			database;
	XLogRecPtr	position;		/* the log has what was committed before it */
} QueueStart;

#define QUEUE_SIZE (1024 * 1024)

#endif							/* DDB_CHANGE_QUEUE_H */
