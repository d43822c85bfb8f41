/*
 * wal.h - positions in WAL.
 */
#ifndef DDB_WAL_H
#define DDB_WAL_H

#include "access/xlogdefs.h"

/* Behind all WAL that there is, as a position that can be flushed. */
extern XLogRecPtr wal_end(void);

#endif							/* DDB_WAL_H */
