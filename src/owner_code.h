/*
 * owner_code.h - what the owner of a relation has put there, run as that owner.
 *
 * Functions in an index's expressions and predicates, and triggers, are whoever
 * owns the relation's.  Where the extension comes upon them on its own account,
 * for a role that has not asked for them or for nobody, they run as the owner,
 * as in PostgreSQL's REINDEX or ANALYZE.  What a role's own write of a table runs
 * of it, runs as that role, as in PostgreSQL's INSERT.
 */
#ifndef DDB_OWNER_CODE_H
#define DDB_OWNER_CODE_H

#include "utils/relcache.h"

/* Who was acting before; a caller's own memory, meaningless afterwards. */
typedef struct OwnerActing
{
	bool		switched;
	Oid			user;
	int			context;
	int			settings;
	bool		limited;		/* the limit is this one's to lift, and not an outer one's */
} OwnerActing;

/*
 * From the first to the second, the current role is the relation's owner, in an
 * operation that can leave nothing behind (SECURITY_RESTRICTED_OPERATION), with a
 * search path that is nobody's.  To be called before the relation's expressions
 * are read: reading them evaluates what is constant.  Nothing where the current
 * role is the owner already.  An error in between undoes it with its transaction.
 */
extern void owner_acting_begin(Relation relation, OwnerActing *before);
extern void owner_acting_end(const OwnerActing *before);

/*
 * Raises ERRCODE_INSUFFICIENT_PRIVILEGE where a trigger of the relation at the event
 * (TRIGGER_TYPE_DELETE and so on) has a function of somebody's who is neither the
 * relation's owner nor a superuser, or a condition that could run such a one's, or where the
 * action of a foreign key leads to such triggers: with the privilege TRIGGER, or REFERENCES,
 * a role could have its code run as the owner.
 */
extern void owner_code_check_triggers(Relation relation, int16 event);

/*
 * The same around the owner's functions themselves: where the process has a limit
 * for them, they are cancelled when they have taken that long, and if they go on
 * all the same, the process ends.
 */
extern void owner_code_begin(Relation relation, OwnerActing *before);
extern void owner_code_end(const OwnerActing *before);

/*
 * Has what triggers and constraints defer to the transaction's end run with the statement
 * that it is of: for who leaves the role before that end, or tells whose fault an error is.
 */
extern void triggers_defer_nothing(void);

/* The limit alone, around what the current role itself has asked for. */
extern void owner_code_limit_begin(OwnerActing *before);
extern void owner_code_limit_end(const OwnerActing *before);

/* Sets the limit, for a process that works for many owners; once. */
extern void owner_code_set_limit(int milliseconds);

/*
 * To be called after an error; true where it was the limit's.  Also in the
 * process's end.
 */
extern bool owner_code_failed(void);

#endif							/* DDB_OWNER_CODE_H */
