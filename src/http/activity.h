/*
 * activity.h - what a worker does, as pg_stat_activity shows it.
 */
#ifndef DDB_ACTIVITY_H
#define DDB_ACTIVITY_H

/* It begins something of that name, which must stay: an operation, or another request. */
extern void activity_begin(const char *name);

/* It has opened the first table of that name. */
extern void activity_table(const char *table);

/* It waits for requests. */
extern void activity_idle(void);

#endif							/* DDB_ACTIVITY_H */
