/*
 * net_change.h - what the changes between two moments come to, key by key.
 *
 * Moments are microseconds since 1970 (change/continuous_backups.h).
 */
#ifndef DDB_JOB_NET_CHANGE_H
#define DDB_JOB_NET_CHANGE_H

#include "job/job.h"
#include "value/value.h"

/* Of one key.  An item is NULL where there was none; one of the two is there. */
typedef struct NetChange
{
	int64		time;			/* of its last change */
	Value		keys;
	const Value *old_item;		/* before the first change */
	const Value *new_item;		/* behind the last one */
} NetChange;

/* What it is given is valid until it returns; what it allocates in the current memory context is freed then. */
typedef void (*TakeNetChange) (void *argument, const NetChange *change);

/*
 * Gives each key of the job's source that has changes at `from` or later and before `to`, unless there was no item
 * before them and is none behind, in the order of the primary index; nothing of it counts unless it returns JOB_DONE.
 * The source must be there and locked.  JOB_BUSY as long as the log has not come to the end of the window, too;
 * *reason says why it is JOB_IMPOSSIBLE.  Runs nobody's code.
 */
extern JobResult net_changes_read(const Job *job, int64 from, int64 to, TakeNetChange take, void *argument,
								  const char **reason);

#endif							/* DDB_JOB_NET_CHANGE_H */
