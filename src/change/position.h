/*
 * position.h - the row of ddb.change_position: how far the change log is.
 */
#ifndef DDB_CHANGE_POSITION_H
#define DDB_CHANGE_POSITION_H

#include "access/xlogdefs.h"
#include "utils/timestamp.h"

#include "change/record.h"

typedef struct StoredPosition
{
	NameData	slot;
	XLogRecPtr	lsn;			/* all commits below are in the log */
	SequenceNumber last;		/* of the last change in it; none: {0, -1} */
	TimestampTz reached;		/* all commits up to this moment are in it */
} StoredPosition;

/* Reads the row by a snapshot of its own; false where there is none. */
extern bool position_read(StoredPosition *position);

/* Replaces the row, or makes it; for the writer alone. */
extern void position_write(const StoredPosition *position);

#endif							/* DDB_CHANGE_POSITION_H */
