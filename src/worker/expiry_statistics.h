/*
 * expiry_statistics.h - what has been deleted of late, for who looks on.  It is
 * forgotten with the server's end.
 */
#ifndef DDB_EXPIRY_STATISTICS_H
#define DDB_EXPIRY_STATISTICS_H

#include "utils/timestamp.h"

typedef struct ExpiryStatistics
{
	int64		deleted;		/* since the server has started */
	int64		failed;			/* deletions that raised an error */
	double		rate;			/* deletions a second, of the last seconds */
} ExpiryStatistics;

/* Takes the shared memory for them while the server starts. */
extern void expiry_statistics_register(void);

/* Of the current database's index relation. */
extern void expiry_statistics_add(Oid relation, int deleted, int failed);

/* False where there are none: without shared_preload_libraries. */
extern bool expiry_statistics_read(Oid relation, ExpiryStatistics *statistics);

#endif							/* DDB_EXPIRY_STATISTICS_H */
