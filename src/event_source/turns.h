/*
 * turns.h - whose lane is next, so that roles share a process's time.
 *
 * A round has a turn for each lane that is ready.  What roles have used of the process's time is
 * kept from round to round.
 */
#ifndef DDB_EVENT_SOURCE_TURNS_H
#define DDB_EVENT_SOURCE_TURNS_H

#include "event_source/event_source.h"

/*
 * Begins a round with the lanes of all event sources, EventTask *, which it sorts; those have turns that are
 * `ready`.  The list and CurrentMemoryContext must live as long as the round.
 */
extern void event_turns_begin(List *tasks);

/* The lane whose turn it is; NULL where each has had its own. */
extern const EventTask *event_turns_next(void);

/* That turn's end: whether there was anything to do, and how long it has taken. */
extern void event_turns_end(bool done, double milliseconds);

/* The role whose turn it is has no further one in this round. */
extern void event_turns_leave_role(void);

/* How many roles have event sources, as the round began. */
extern int	event_turns_roles(void);

#endif							/* DDB_EVENT_SOURCE_TURNS_H */
