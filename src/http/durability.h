/*
 * durability.h - answers leave when what they tell is on disk.
 */
#ifndef DDB_HTTP_DURABILITY_H
#define DDB_HTTP_DURABILITY_H

#include "postgres.h"

#include "access/xlogdefs.h"

/* For the shared memory hooks in worker.c. */
extern Size durability_shmem_size(void);
extern void durability_shmem_init(void *memory, bool found);

/*
 * Commits the current transaction without waiting for the disk.  Returns up to
 * where WAL has to be on disk before anybody is told of it, or Invalid.
 */
extern XLogRecPtr durability_commit(void);

/* Before an abort that may have come out of durability_commit(). */
extern void durability_abort(void);

/* The same as durability_commit() returns, for what has only read. */
extern XLogRecPtr durability_of_reads(void);

/*
 * Puts on disk all that this worker has committed, and all WAL before upto.
 * Returns up to where WAL is there, and on synchronous standbys.
 */
extern XLogRecPtr durability_flush(XLogRecPtr upto);

/* Whether there are commits of this worker that are not yet there. */
extern bool durability_unfinished(void);

#endif							/* DDB_HTTP_DURABILITY_H */
