/*
 * deadline.h - the end of a request's time, in a background worker.
 */
#ifndef DDB_DEADLINE_H
#define DDB_DEADLINE_H

#include "postgres.h"

/* Once in a worker's life; the name is what it calls itself in the log. */
extern void deadline_init(const char *name);

/*
 * For a request that begins, with its statement's timestamp: it is cancelled after
 * so many milliseconds (0: never).  Where its code goes on all the same it is cancelled
 * again each second, and cannot begin what would keep it from ending; at last the
 * worker ends, with FATAL.
 */
extern void deadline_begin(int milliseconds);

/* For a request that has ended, with an error or without. */
extern void deadline_end(void);

/* Whether the request that runs goes on though its worker has to end for it; also in the process's end. */
extern bool deadline_was_ignored(void);

#endif							/* DDB_DEADLINE_H */
