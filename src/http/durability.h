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

/* After an error that may have come out of durability_commit(). */
extern void durability_reset(void);

/* Puts on disk (and on synchronous standbys) all that was committed. */
extern void durability_flush(XLogRecPtr upto);

#endif							/* DDB_HTTP_DURABILITY_H */
