/*
 * job_role.h - whom a job is done for.
 *
 * The worker is a superuser, and a job may wait for as long as somebody is in its
 * way.  So what the role may read is asked when the job is done, and not only when it
 * was asked for.
 */
#ifndef DDB_JOB_JOB_ROLE_H
#define DDB_JOB_JOB_ROLE_H

#include "job/job.h"

/* For a job's arguments: the member that names the current role; palloc'd. */
extern char *job_role_member(void);

/* Whether the role may read all of the relation. */
extern bool role_may_read(Oid role, Oid relation);

/*
 * Raises ERRCODE_INSUFFICIENT_PRIVILEGE, with which a job is given up, unless the role that a job's arguments name may
 * read all of what the job reads, which must be locked.  Jobs that name none are their relation's owner's.
 */
extern void job_check_may_read(const Job *job);

#endif							/* DDB_JOB_JOB_ROLE_H */
