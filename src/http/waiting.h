/*
 * waiting.h - requests that wait: for WAL to be on disk, or for another try.
 */
#ifndef DDB_HTTP_WAITING_H
#define DDB_HTTP_WAITING_H

#include "postgres.h"

#include <microhttpd.h>

#include "access/xlogdefs.h"
#include "datatype/timestamp.h"
#include "lib/ilist.h"

/* Part of whatever waits; zero when it does not. */
typedef struct Waiting
{
	dlist_node	node;
	struct MHD_Connection *connection;	/* NULL when nothing waits */
	XLogRecPtr	upto;
	TimestampTz due;
} Waiting;

/* Suspends the connection until WAL is on disk (and on synchronous standbys) up to there. */
extern void wait_for_wal(Waiting *waiting, struct MHD_Connection *connection, XLogRecPtr upto);

/* Suspends the connection until that time. */
extern void wait_until(Waiting *waiting, struct MHD_Connection *connection, TimestampTz due);

/* For a connection that ends. */
extern void wait_no_more(Waiting *waiting);

/*
 * Writes WAL to disk, and resumes the connections whose wait is over; false if
 * there were none.
 */
extern bool waiting_resume(void);

/* For a worker that ends: resumes those whose WAL is on disk, and all that wait for a time. */
extern void waiting_end(void);

/* Milliseconds until there may be connections to resume, or -1. */
extern long waiting_timeout(void);

#endif							/* DDB_HTTP_WAITING_H */
