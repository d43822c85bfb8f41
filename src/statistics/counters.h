/*
 * counters.h - what is counted of requests, in shared memory: by operation, by
 * table, and for the server as a whole.
 *
 * All of it is there only where the library is in shared_preload_libraries;
 * elsewhere nothing is counted, and what adds does nothing.  It is forgotten with the
 * server's end.
 */
#ifndef DDB_COUNTERS_H
#define DDB_COUNTERS_H

#include "utils/timestamp.h"

#define OUTCOMES_MOST 48

/* Requests by how long they took: each bucket has those up to its bound, the last one the others. */
#define DURATION_BUCKETS 17
extern const int64 duration_bounds[DURATION_BUCKETS - 1];	/* microseconds */

/* By which door an operation came. */
typedef enum RequestSource
{
	SOURCE_HTTP,
	SOURCE_SQL,
	SOURCES
} RequestSource;

typedef enum ServerCounter
{
	SERVER_RETRIES,				/* requests over HTTP that were rolled back to be tried again later */
	SERVER_CONNECTIONS,			/* that were accepted */
	SERVER_BUSY,				/* microseconds in which HTTP workers did not wait for an event */
	SERVER_COMMITS,				/* of requests over HTTP that wrote */
	SERVER_FLUSHES,				/* of WAL, by HTTP workers */
	SERVER_SLOW,				/* requests over HTTP that were logged as slow */
	SERVER_EXPIRED,				/* items deleted by TTL */
	SERVER_EXPIRY_FAILURES,		/* deletions by TTL that raised an error */
	SERVER_COUNTERS
} ServerCounter;

typedef enum TableCounter
{
	TABLE_REQUESTS,
	TABLE_ERRORS,				/* of them, ended with an exception */
	TABLE_CONDITIONAL_FAILURES, /* conditions that did not hold */
	TABLE_CONFLICTS,			/* items that other transactions had locked for too long */
	TABLE_READ_UNITS,			/* halves of them */
	TABLE_WRITE_UNITS,			/* likewise */
	TABLE_ITEMS_READ,
	TABLE_ITEMS_WRITTEN,
	TABLE_COUNTERS
} TableCounter;

/* While the server loads its libraries: takes memory for operations with numbers below count. */
extern void counters_register(int operations, const char *(*operation_name) (int operation));

/* Whether there is any. */
extern bool counters_are_there(void);

/* Raises an error that says what is missing, where there is none. */
extern void counters_require(void);

/* ---- Adding ---- */

extern void counters_add(ServerCounter counter, uint64 amount);

/* An operation's end; of requests that are none's, operation is -1. */
extern void counters_add_request(RequestSource source, int operation, int outcome);

/* The same of one over HTTP, with the bytes of bodies; a negative duration is not known. */
extern void counters_add_answer(int operation, int outcome, int64 microseconds,
								uint64 request_bytes, uint64 response_bytes);

/*
 * The place of a relation of the current database, for counters_add_table(): it gets
 * one if there is room, else that of all others, TABLE_PLACE_OTHER.  Needs a transaction.
 */
#define TABLE_PLACE_OTHER 0
extern int	counters_table_place(Oid relation);

extern void counters_add_table(int place, TableCounter counter, uint64 amount);

/* ---- Reading ---- */

typedef struct OperationSums
{
	uint64		outcomes[OUTCOMES_MOST];
	uint64		durations[DURATION_BUCKETS];
	uint64		microseconds;
	uint64		request_bytes;
	uint64		response_bytes;
} OperationSums;

extern int	counters_operations(void);

/* The operation's name; "" for -1. */
extern const char *counters_operation_name(int operation);

extern uint64 counters_read(ServerCounter counter);
extern void counters_read_operation(RequestSource source, int operation, OperationSums *sums);

/* Of all outcomes. */
extern uint64 counters_requests(const OperationSums *sums);

/*
 * The next place behind the given one (-1: the first) that is the current database's
 * or that of all others; -1 where there is none.
 */
extern int	counters_next_table(int place, Oid *relation, uint64 sums[TABLE_COUNTERS]);

/* Gives the place of a relation that is not there any more to others. */
extern void counters_forget_table(int place, Oid relation);

/* Since when everything has been counted. */
extern TimestampTz counters_since(void);

/* Sets all to zero. */
extern void counters_reset(void);

#endif							/* DDB_COUNTERS_H */
