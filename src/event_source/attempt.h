/*
 * attempt.h - calls that have begun, written down so that it outlasts the process.
 *
 * Processes are numbered in each database, from 0 to EVENT_SOURCE_WORKERS_MAX - 1; whoever
 * has a number writes and reads its place alone.  Errors are those of a file that cannot be written or read.
 */
#ifndef DDB_EVENT_SOURCE_ATTEMPT_H
#define DDB_EVENT_SOURCE_ATTEMPT_H

#include "nodes/bitmapset.h"

#include "event_source/event_source.h"

#define EVENT_ATTEMPT_SHARD_LENGTH 64

/* A call of a lane's function, and what the lane's state was. */
typedef struct EventAttempt
{
	EventLaneKey key;			/* its shard_id points at the member below */
	SequenceNumber next;
	int			retries;
	char		shard_id[EVENT_ATTEMPT_SHARD_LENGTH];
} EventAttempt;

/* Writes down that the process begins to call the lane's function, and that it has come back. */
extern void event_attempt_begin(int process, const EventLane *lane);
extern void event_attempt_end(int process);

/* The numbers of the processes that have begun a call, which may be going on. */
extern Bitmapset *event_attempts_begun(void);

/* The database has no event sources any more. */
extern void event_attempts_forget(void);

/* The call of the process of that number that has no end; false where there is none. */
extern bool event_attempt_read(int process, EventAttempt *attempt);

#endif							/* DDB_EVENT_SOURCE_ATTEMPT_H */
