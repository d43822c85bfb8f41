/*
 * job.h - work that outlives the request that has asked for it: the catalog
 * ddb.jobs.
 *
 * An operation writes a job down in its own transaction; a worker
 * (worker/job_worker.c) carries it out once that has committed, in one
 * transaction that also removes the record.  So a job is done wholly or not at
 * all, and one that a crash has interrupted begins anew.
 */
#ifndef DDB_JOB_H
#define DDB_JOB_H

#include "nodes/pg_list.h"
#include "utils/snapshot.h"
#include "utils/timestamp.h"

/* How many jobs of a database go on at the same time: ddb.job_workers. */
extern int	job_workers;

extern void job_define_settings(void);

typedef struct Job
{
	char	   *id;				/* UUID as text */
	char	   *kind;
	Oid			relation;		/* of the table or backup that it fills */
	Oid			source;			/* the relation that it reads, or InvalidOid */
	char	   *arguments;		/* JSON object, as the kind has them */
	Oid			role;			/* who asked for it, and may be gone (job_role.h); the relation's owner where that is not known */

	/* of the worker's */
	bool		begun;			/* an attempt has begun, and no error has ended it */
	bool		got_on;			/* this one has committed a part */
	int			interrupted;	/* the last so many attempts came to no end, as in crashes */
	int			errors;			/* so many attempts have ended in one */
	TimestampTz due;			/* of the next attempt */
	TimestampTz loaded;			/* when a dump has brought it, or 0 */
} Job;

typedef enum JobResult
{
	JOB_DONE,
	JOB_GOES_ON,				/* what was written is committed, and it is called again at once */
	JOB_BEGINS_ANEW,			/* the same, but nothing of the work is done by that: what an attempt before has left is gone */
	JOB_BUSY,					/* not now: something is in the way; nothing was written */
	JOB_IMPOSSIBLE				/* never: *reason says why; what was written is to be rolled back */
} JobResult;

/* A kind of job. */
typedef struct JobKind
{
	const char *name;			/* in ddb.jobs */
	const char *doing;			/* for the log, in front of the relation's name */
	JobResult	(*run) (const Job *job, const char **reason);

	/* Whether an error with that SQLSTATE is one that another try would meet again; NULL: none is. */
	bool		(*is_final) (int sqlstate);

	/* Whether its end is asked for, by more than that its row goes; NULL: that cannot be. */
	bool		(*is_cancelled) (const Job *job);

	/*
	 * Writes down, where it is not the job's row that tells, that it cannot be done: in the transaction
	 * that removes the row.  sqlstate is 0 where there was no error.  Or NULL.
	 */
	void		(*give_up) (const Job *job, int sqlstate, const char *reason);
} JobKind;

/* Writes a job down, which a worker will find once the transaction has committed. */
extern void job_create(const char *kind, Oid relation, Oid source, const char *arguments);

/* The text of that member of its arguments, in the current memory context; NULL where there is none. */
extern const char *job_argument(const Job *job, const char *name);

/* Whether one is to fill the relation, and has not met an error yet, or does. */
extern bool job_is_pending(Oid relation);

/* Whether one of the kind reads it, or is to; and whether one that waits behind an error counts. */
extern bool job_reads(Oid source, const char *kind, bool behind_error);

/* Whether there is one of the kind, not failed for good, whose arguments have such a member; at the snapshot, or now where that is InvalidSnapshot. */
extern bool job_is_there(const char *kind, const char *member, const char *value, Snapshot snapshot);

/* Whether the one that was to fill the relation has failed for good, or is not there; likewise. */
extern bool job_has_failed(Oid relation, Snapshot snapshot);

/*
 * Asks for a worker once the transaction has committed; NULL where there are
 * none.  Whoever runs workers sets it.
 */
extern void (*job_request) (void);

/* How many places there are for workers that come and go; NULL without any. */
extern int	(*job_places) (void);

/* ---- For the worker ---- */

/*
 * Takes the right to choose and to begin a job of this database, until the transaction's end; waits for it
 * as for any lock.
 */
extern void jobs_lock(void);

/* The same where it is to be had at once; else false. */
extern bool jobs_try_lock(void);

/*
 * Those that are to be done or being done, as a list of Job *: first what has never been tried or gave way, and among these
 * what has been waiting for longest; NIL also where ddb is not installed.
 */
extern List *jobs_pending(void);

/* Reads the record again: false where it is not pending any more. */
extern bool job_still_pending(const Job *job);

/*
 * Writes down what becomes of it.  An attempt that has begun counts as interrupted until anything of this
 * is said of it.
 */
extern void job_started(const Job *job);
extern void job_got_on(const Job *job);		/* it has committed a part */
extern void job_gave_way(const Job *job, long milliseconds);	/* and is left alone for so long, or a bit longer */
extern void job_note_error(const Job *job, const char *error);	/* and it is tried again */
extern void job_failed(const Job *job, const char *reason);
extern void job_done(const Job *job);

/*
 * Its arguments as they are now, palloc'd, and other ones in their place: a job that goes on (JOB_GOES_ON) can write down
 * there how far it is.
 */
extern char *job_read_arguments(const Job *job);
extern void job_write_arguments(const Job *job, const char *arguments);

/*
 * Tells others how far it is (ddb.job_progress), without a transaction.  Items and bytes are all that have been
 * done, also by earlier attempts that this one goes on from; items are told first, and so is the first item.  Bytes are what
 * ddb.job_rate bounds (pace.h).  Of how many parts of the work how many are done can be told where it is known: so time left is.
 */
extern void job_progress_begin(const Job *job);
extern void job_progress_items(int64 items);
extern void job_progress_bytes(int64 bytes);
extern void job_progress_parts(int64 done, int64 parts);
extern void job_progress_changes(int64 changes);
extern void job_progress_end(void);

/* Whether that of the job has begun, in this attempt. */
extern bool job_progress_is_of(const Job *job);

/*
 * Whether the job had better end, and begin anew later: somebody wants to lock the
 * relation that it fills, the one that it reads, or the records of jobs, against all others, or
 * wants the database for itself.  Looks only now and then, so that it can be asked for every item.
 * Waits where the job is ahead of ddb.job_rate.
 */
extern bool job_is_in_the_way(const Job *job);

/*
 * The same, but that the job is the one at work, for who is waiting for something outside of the server: raises 55P03 where
 * it had better end, or its end is asked for.  To be called all the time meanwhile; it looks once a second.  NULL where there
 * are no jobs; whoever runs workers sets it.
 */
extern void (*job_look) (void);

/* Whether it stands in somebody's way, as job_is_in_the_way() sees it, but at once. */
extern bool job_stands_in_the_way(const Job *job);

/* Whether somebody wants the database without others in it; whoever runs workers sets it. */
extern bool (*job_database_unwanted) (void);

/* Sleeps until somebody wants something, and reads the server's settings again; whoever runs workers sets it. */
extern void (*job_nap) (long milliseconds);

#endif							/* DDB_JOB_H */
