/*
 * launcher.h - background workers that are started when there is work in a
 * database.
 */
#ifndef DDB_LAUNCHER_H
#define DDB_LAUNCHER_H

#include "utils/timestamp.h"

/* Registers the launcher while the server starts. */
extern void launcher_register(void);

/* Has a database visited by a worker at that time, or soon after it. */
extern void launcher_request(Oid database, TimestampTz due);

#endif							/* DDB_LAUNCHER_H */
