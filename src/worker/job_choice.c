/*
 * job_choice.c - which job of a database a worker does next.
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "owner_statement.h"
#include "worker/job_choice.h"

/* An attempt that was interrupted so often is the server's end, or bad luck. */
#define INTERRUPTED_ALONE 2

/* Whose job this process has chosen last. */
static Oid	last_role = InvalidOid;

bool
job_lock(const Job *job, SessionLock *lock)
{
	return session_lock_take(lock, extension_relation("jobs"),
							 hash_bytes((const unsigned char *) job->id, strlen(job->id)), 1);
}

/* Those that others do: each has said that it began, and has its lock. */
static List *
jobs_at_work(List *jobs)
{
	List	   *at_work = NIL;
	ListCell   *cell;

	foreach(cell, jobs)
	{
		Job		   *job = lfirst(cell);
		SessionLock lock;

		if (!job->begun)
			continue;
		if (job_lock(job, &lock))
			session_unlock(&lock);
		else
		{
			/* of the attempts one goes on */
			job->interrupted--;
			at_work = lappend(at_work, job);
		}
	}
	return at_work;
}

static bool
wants_to_be_alone(const Job *job)
{
	return job->interrupted >= INTERRUPTED_ALONE;
}

static int
count_of_role(List *jobs, Oid role)
{
	int			count = 0;
	ListCell   *cell;

	foreach(cell, jobs)
		count += ((Job *) lfirst(cell))->role == role ? 1 : 0;
	return count;
}

/* Whether the role's turn comes before the other's: after the last one's in the order of their numbers, and around. */
static bool
has_turn_before(Oid role, Oid other)
{
	bool		behind = role > last_role;
	bool		other_behind = other > last_role;

	if (!OidIsValid(last_role))
		return false;
	return behind != other_behind ? behind : role < other;
}

/* Of two in the order of the list, whether the later one comes first all the same. */
static bool
comes_before(const Job *job, const Job *first, List *at_work)
{
	int			count = count_of_role(at_work, job->role);
	int			first_count = count_of_role(at_work, first->role);

	if (wants_to_be_alone(job) != wants_to_be_alone(first))
		return wants_to_be_alone(first);
	return count != first_count ? count < first_count : has_turn_before(job->role, first->role);
}

JobChoice
job_choose(List *jobs, SessionLock *lock)
{
	JobChoice	choice = {.next = DT_NOEND};
	List	   *at_work = jobs_at_work(jobs);
	TimestampTz now = GetCurrentTimestamp();
	bool		full = list_length(at_work) >= job_workers;
	ListCell   *cell;

	foreach(cell, at_work)
		full |= wants_to_be_alone(lfirst(cell));
	foreach(cell, jobs)
	{
		Job		   *job = lfirst(cell);

		if (list_member_ptr(at_work, job))
			continue;
		if (full || (wants_to_be_alone(job) && at_work != NIL))
			continue;			/* whose end it has to wait for looks for it then */
		if (job->due > now)
			choice.next = Min(choice.next, job->due);
		else if (choice.job == NULL || comes_before(job, choice.job, at_work))
		{
			choice.more |= choice.job != NULL;
			choice.job = job;
		}
		else
			choice.more = true;
	}
	choice.more &= list_length(at_work) + 1 < job_workers;
	if (choice.job != NULL && !job_lock(choice.job, lock))
		choice.job = NULL;
	if (choice.job != NULL)
		last_role = choice.job->role;
	return choice;
}

bool
job_place_is_wanted(List *jobs, const Job *own)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		wanted = false;
	List	   *at_work;
	ListCell   *cell;

	foreach(cell, jobs)
	{
		/* its lock is this process's, which would get it once more */
		if (strcmp(((Job *) lfirst(cell))->id, own->id) == 0)
			jobs = foreach_delete_current(jobs, cell);
	}
	at_work = jobs_at_work(jobs);
	foreach(cell, jobs)
	{
		Job		   *job = lfirst(cell);
		bool		is_at_work = list_member_ptr(at_work, job);

		if (is_at_work && wants_to_be_alone(job))
			return false;
		wanted |= !is_at_work && !wants_to_be_alone(job) && job->due <= now;
	}
	return wanted;
}
