/*
 * launcher.h - background workers that are started when there is work in a
 * database.
 */
#ifndef DDB_LAUNCHER_H
#define DDB_LAUNCHER_H

#include "utils/timestamp.h"

/* Registers the launcher while the server starts. */
extern void launcher_register(void);

/* Described in launcher.c. */
typedef enum WorkerKind
{
	WORKER_BACKFILL,
	WORKER_JOB,
	WORKER_CHANGE_WRITER,
	WORKER_EXPIRY,
	WORKER_EVENT_SOURCE
} WorkerKind;

#define WORKER_KINDS (WORKER_EVENT_SOURCE + 1)

/* Has a database visited by a worker of that kind at that time, or soon after it. */
extern void launcher_request(WorkerKind kind, Oid database, TimestampTz due);

/* The same of the current database, once the transaction has committed. */
extern void launcher_request_at_commit(WorkerKind kind, TimestampTz due);

/* Whether somebody waits for a worker of the kind to end: then it should not stay for long. */
extern bool launcher_is_short(WorkerKind kind);

/* Whether it runs and there are places for workers, so that requests lead to something. */
extern bool launcher_has_places(void);

#endif							/* DDB_LAUNCHER_H */
