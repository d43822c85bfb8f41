/*
 * slot.h - the logical replication slot of a database's change log.
 */
#ifndef DDB_CHANGE_SLOT_H
#define DDB_CHANGE_SLOT_H

#include "access/xlogreader.h"

#define CHANGE_PLUGIN "ddb"

/* How many bytes of WAL a slot may keep before it is given up, in kB. */
extern int	change_lag_limit;

/* The name of the current database's slot, palloc'd. */
extern char *slot_name(void);

typedef enum SlotState
{
	SLOT_MISSING,				/* there is none, or somebody else's has its name */
	SLOT_USABLE,
	SLOT_LOST					/* PostgreSQL has removed WAL that it needed */
} SlotState;

/* What becomes of it; *kept is how many bytes of WAL it holds back. */
extern SlotState slot_state(uint64 *kept);

/* Whether somebody else's slot has the name. */
extern bool slot_name_is_taken(void);

/* Whether a slot could be made: there is one already, or a place for it and its name is free. */
extern bool slot_has_place(void);

/*
 * Acquires the slot for this process, and makes it first where there is none: then
 * it waits for all transactions to end that were running.  reader's functions read WAL.  Outside of a
 * transaction.  An error where the slot of the name is somebody else's.
 */
extern void slot_acquire(XLogReaderRoutine *reader);

/* Drops the log's slot, if it is there; waits until nobody has it. */
extern void slot_drop(void);

#endif							/* DDB_CHANGE_SLOT_H */
