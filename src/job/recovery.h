/*
 * recovery.h - the kind of job that fills a table with what another one was at a
 * moment (change/continuous_backups.h).
 */
#ifndef DDB_JOB_RECOVERY_H
#define DDB_JOB_RECOVERY_H

#include "job/job.h"
#include "value/value.h"

/*
 * Raises a clear error, with a hint, where there could never be a place for a worker
 * that restores tables beside those of the change log, which stay.
 */
extern void recovery_check_places(void);

/*
 * Has a table that this transaction has created empty filled, once it has
 * committed, with what the source was at the moment.
 */
extern void recovery_start(Oid target, Oid source, int64 moment);

/*
 * Gives what the job's source was at the moment, an item after the other; nothing of it counts unless
 * it returns JOB_DONE.  The source must be there and locked.  *reason says why it is JOB_IMPOSSIBLE.
 */
typedef void (*RecoveredItem) (void *argument, Value *item);

extern JobResult recovery_read(const Job *job, int64 moment, RecoveredItem item, void *argument,
							   const char **reason);

extern const JobKind recovery_job_kind;

#endif							/* DDB_JOB_RECOVERY_H */
