/*
 * want.h - what ddb.streams and ddb.continuous_backups ask of the change log.
 *
 * A wish is carried out where a message of the log to itself has its place among the
 * commits: before it, no change of the table has to be in the log; behind it, all.
 */
#ifndef DDB_CHANGE_WANT_H
#define DDB_CHANGE_WANT_H

#include "nodes/pg_list.h"

#include "change/record.h"

typedef struct Want
{
	Oid			relation;
	char	   *label;			/* of a stream; NULL: recovery */
	bool		begin;			/* ENABLING, or else DISABLING */
} Want;

/* Those that are to be carried out. */
extern List *wants_pending(void);

/* Whether anything is wanted, or has not been ended yet. */
extern bool wants_any(void);

extern bool want_equal(const Want *a, const Want *b);

/*
 * Prepares one: sees to the relation's old images and writes the message, which takes
 * effect when the current transaction commits.  nonce is known to nobody else, so that
 * nobody else's message is taken for it.  False: it is to wait for the dump that is being restored into the relation.
 */
extern bool want_announce(const Want *want, const char *nonce);

/* Reads such a message; false where it has another nonce. */
extern bool want_read(const char *data, Size length, const char *nonce, Want *want);

/*
 * Carries it out, at its place: makes shards and ends them, and sets its status.
 * False where it is not wanted any more, or somebody is changing that.
 */
extern bool want_carry_out(const Want *want, SequenceNumber at);

/* The images that are kept of a table's changes in shards of that label (or NULL). */
extern int	want_images(Oid relation, const char *label);

/* Whether it has recovery. */
extern bool want_recovery(Oid relation);

/* The longest recovery period in days, 0 without; and the tables that have recovery. */
extern int	want_recovery_days(List **relations);

/* Deletes DISABLED streams that have ended before that moment. */
extern void wants_trim(TimestampTz horizon);

/* Has TRUNCATE refused of tables with a log. */
extern void want_install(void);

#endif							/* DDB_CHANGE_WANT_H */
