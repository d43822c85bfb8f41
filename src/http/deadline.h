/*
 * deadline.h - the end of a request's time, ddb.http_statement_timeout.
 */
#ifndef DDB_HTTP_DEADLINE_H
#define DDB_HTTP_DEADLINE_H

#include "postgres.h"

/* Once in a worker's life. */
extern void deadline_init(void);

/*
 * For a request that begins: it is cancelled when its time is over.  Where its
 * code goes on all the same it is cancelled again each second, and cannot begin
 * what would keep it from ending; at last the worker ends, with FATAL.
 */
extern void deadline_begin(void);

/* For a request that has ended, with an error or without. */
extern void deadline_end(void);

#endif							/* DDB_HTTP_DEADLINE_H */
