/*
 * pace.h - how fast jobs go, so that they do not disturb others: ddb.job_rate.
 *
 * What a job tells of its progress (job_progress_bytes()) is what is bounded.  A job that is ahead of the rate waits where
 * it is asked whether it is in the way, and the worker waits between the transactions of one that has many.
 */
#ifndef DDB_JOB_PACE_H
#define DDB_JOB_PACE_H

#include "datatype/timestamp.h"

/* ddb.job_rate: kilobytes of items a second that a job reads or writes at most; 0: as many as it can. */
extern int	job_rate;

/* A job begins: it owes nothing, and nothing holds it. */
extern void pace_begin(void);

/* So many bytes have been read or written. */
extern void pace_add(int64 bytes);

/*
 * By a limit of its own the job is not to go on before then. It may leave its place to another job meanwhile, or not
 * yet, for it would lose too much by that.
 */
extern void pace_hold(TimestampTz until, bool may_leave);

/* The milliseconds of that which are left, and whether it may leave. */
extern long pace_held(bool *may_leave);

/* The milliseconds that it is ahead of the rate, or held. */
extern long pace_owed(void);

/* Whether that is worth a wait. */
extern bool pace_is_ahead(void);

/*
 * Waits for as long as that is, but for some tenths of a second at most, and reads the server's settings again where they
 * have changed; whether it has waited.
 */
extern bool pace_wait(void);

#endif							/* DDB_JOB_PACE_H */
