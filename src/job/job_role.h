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

/* Whether there is such a role: catalogs (ddb.role) may have one that was dropped. */
extern bool role_is_there(Oid role);

/* Whether the role is there and may read all of the relation. */
extern bool role_may_read(Oid role, Oid relation);

/*
 * Raises ERRCODE_INSUFFICIENT_PRIVILEGE, with which a job is given up, unless the role that has asked for the job may
 * read all of what it reads, which must be locked.
 */
extern void job_check_may_read(const Job *job);

/*
 * Whether the current role may see why work failed that the role has asked for, which may be told in words of items, of a
 * bucket's files or of somebody's code: it could become that role, or may read both what is filled and the
 * source.  Without a source, a bucket is read, and only the former counts.  Relations may be gone.
 */
extern bool may_see_error(Oid role, Oid relation, Oid source);

#endif							/* DDB_JOB_JOB_ROLE_H */
