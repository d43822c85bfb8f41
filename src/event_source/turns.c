/*
 * turns.c - whose lane is next, so that roles share a process's time.
 *
 * Whatever a role's event sources do, and however many it has: the role is next
 * whose calls have used the least of the process's time.  Time that a role has not
 * asked for is not kept for it.  It is looked at first, being the one that has
 * used least, and where it has nothing to do it goes on from where the others
 * are; so does one that is new.  What a role has used is told from when its last call began,
 * so that one which comes while another's call lasts long has as much time before the other's next.
 *
 * Within a role lanes follow each other by a hash, from round to round.
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "event_source/event_source.h"
#include "event_source/turns.h"

/* A role that has event sources. */
typedef struct Share
{
	Oid			role;
	double		used;			/* milliseconds of the process's time */
	uint32		last;			/* the lane that had its turn last */
	EventTask **tasks;			/* of this round, in the order of their hashes */
	int			count;
	int			first;			/* with which this round begins */
	int			next;			/* how many have had their turn */
	bool		present;		/* it still has event sources */
} Share;

static List *shares = NIL;		/* of Share *, in TopMemoryContext */
static Share *current = NULL;	/* whose turn it is */

/* What the role had used whose call was the last to begin. */
static double reached = 0;

static Share *
share_of(Oid role)
{
	MemoryContext caller;
	Share	   *share;
	ListCell   *cell;

	foreach(cell, shares)
	{
		share = lfirst(cell);
		if (share->role == role)
			return share;
	}
	caller = MemoryContextSwitchTo(TopMemoryContext);
	share = palloc0(sizeof(Share));
	share->role = role;
	share->used = reached;
	shares = lappend(shares, share);
	MemoryContextSwitchTo(caller);
	return share;
}

static int
compare_hashes(const ListCell *a, const ListCell *b)
{
	uint32		first = ((EventTask *) lfirst(a))->hash;
	uint32		second = ((EventTask *) lfirst(b))->hash;

	return first < second ? -1 : first > second;
}

static void
forget_last_round(void)
{
	ListCell   *cell;

	foreach(cell, shares)
	{
		Share	   *share = lfirst(cell);

		share->count = share->first = share->next = 0;
		share->present = false;
	}
}

/* Roles that have no event sources any more. */
static void
forget_absent(void)
{
	ListCell   *cell;

	foreach(cell, shares)
	{
		Share	   *share = lfirst(cell);

		if (share->present)
			continue;
		shares = foreach_delete_current(shares, cell);
		pfree(share);
	}
}

static void
add_task(Share *share, EventTask *task, int most)
{
	if (share->count == 0)
		share->tasks = palloc(most * sizeof(EventTask *));
	if (task->hash <= share->last)
		share->first = share->count + 1;
	share->tasks[share->count++] = task;
}

void
event_turns_begin(List *tasks)
{
	ListCell   *cell;

	forget_last_round();
	list_sort(tasks, compare_hashes);
	foreach(cell, tasks)
	{
		EventTask  *task = lfirst(cell);
		Share	   *share = share_of(task->role);

		share->present = true;
		if (task->ready)
			add_task(share, task, list_length(tasks));
	}
	forget_absent();
}

/* The role that has used least, of several one at random: a process that has just begun knows of nobody's past. */
static Share *
least_used(void)
{
	Share	   *least = NULL;
	int			equals = 0;
	ListCell   *cell;

	foreach(cell, shares)
	{
		Share	   *share = lfirst(cell);

		if (share->next == share->count)
			continue;
		if (least == NULL || share->used < least->used)
			equals = 0;
		else if (share->used > least->used)
			continue;
		if (pg_prng_uint64_range(&pg_global_prng_state, 0, equals++) == 0)
			least = share;
	}
	return least;
}

const EventTask *
event_turns_next(void)
{
	EventTask  *task;

	current = least_used();
	if (current == NULL)
		return NULL;
	task = current->tasks[(current->first + current->next++) % current->count];
	current->last = task->hash;
	return task;
}

void
event_turns_end(bool done, double milliseconds)
{
	if (done)
		reached = Max(reached, current->used);
	current->used += milliseconds;
	if (!done)
		current->used = Max(current->used, reached);
}

void
event_turns_leave_role(void)
{
	current->next = current->count;
}

int
event_turns_roles(void)
{
	return list_length(shares);
}
