/*
 * dump.h - whether somebody is restoring a dump into this database.
 *
 * A dump brings records before what their tables' owners have made for them:
 * triggers, constraints and policies come behind the rows, and grants last of
 * all.  So what would act on its own on what a record says waits until the
 * session that brings it has ended.
 */
#ifndef DDB_DUMP_H
#define DDB_DUMP_H

/* Says that this session does, from now until it ends, or DISCARD ALL. Within a transaction. */
extern void dump_note_restore(void);

/* Whether another session does.  Within a transaction; waits for nothing. */
extern bool dump_is_being_restored(void);

#endif							/* DDB_DUMP_H */
