/*
 * event_source_work.h - what a worker does when an event source's lane has its turn.
 */
#ifndef DDB_EVENT_SOURCE_WORK_H
#define DDB_EVENT_SOURCE_WORK_H

#include "event_source/event_source.h"

/* Before all else, in the process that has that number among those of its database. */
extern void work_begin(int number);

/*
 * Does the lane's next batch: calls its target and writes down what has become of it; what the target does wrong is
 * the lane's, and no error here.  A process that leaves what is slow to others ends a call early, as if it had not
 * been.  False where there was nothing to do, or another process has the lane.
 */
extern bool work_on(const EventTask *task, bool leaves_slow);

/* Counts the calls that had begun when their processes ended, of numbers that no other process has, as interrupted. */
extern void work_count_interrupted(void);

/* In PG_CATCH(): reports an error that is no lane's, after which there is no point in hurrying, and ends it. */
extern void work_report_error(void);

#endif							/* DDB_EVENT_SOURCE_WORK_H */
