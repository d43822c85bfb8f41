/*
 * job_choice.h - which job of a database a worker does next.
 */
#ifndef DDB_JOB_CHOICE_H
#define DDB_JOB_CHOICE_H

#include "job/job.h"
#include "worker/session_lock.h"

typedef struct JobChoice
{
	Job		   *job;			/* NULL: there is none to be done now */
	bool		more;			/* another worker would find something, too */
	TimestampTz next;			/* when the first of those that are left can be tried; DT_NOEND: that is not a matter of time */
} JobChoice;

/*
 * Chooses one of the jobs, which are in the order of jobs_pending(), and takes the lock on it: while that is
 * held, nobody else does it.  To be called with jobs_lock().
 *
 * Roles take turns, and one that has fewer jobs at work comes first.  A job that has
 * been interrupted twice is done alone: it may be what ends the server each time.
 */
extern JobChoice job_choose(List *jobs, SessionLock *lock);

/*
 * Whether another job could begin in the place of that one, which this process is doing. To be called with
 * jobs_lock().
 */
extern bool job_place_is_wanted(List *jobs, const Job *own);

/* Takes the lock on a job again; false where another worker has it. */
extern bool job_lock(const Job *job, SessionLock *lock);

#endif							/* DDB_JOB_CHOICE_H */
