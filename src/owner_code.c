/*
 * owner_code.c - what the owner of a relation has put there, run as that owner.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "storage/latch.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "owner_code.h"

/* How often the limit is reached before the process ends: a function may catch what cancels it. */
#define CANCELS 3

static int	limit = 0;			/* milliseconds; 0 for none */
static TimeoutId limit_timeout;
static bool limited = false;	/* it is set for what is run now */
static volatile sig_atomic_t times_reached = 0;

/* ---- The role ---- */

/*
 * Safe, because the owner gets no more than what it has: it can take nothing with
 * it that would be run when the role is left (deferred triggers, cursors WITH
 * HOLD, temporary objects, settings), and the role that it is run for gives it
 * nothing to fall for by the search path.
 */
void
owner_acting_begin(Relation relation, OwnerActing *before)
{
	Oid			owner = relation->rd_rel->relowner;

	GetUserIdAndSecContext(&before->user, &before->context);
	before->switched = before->user != owner;
	if (!before->switched)
		return;
	SetUserIdAndSecContext(owner, before->context | SECURITY_RESTRICTED_OPERATION);
	before->settings = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

void
owner_acting_end(const OwnerActing *before)
{
	if (!before->switched)
		return;
	AtEOXact_GUC(false, before->settings);
	SetUserIdAndSecContext(before->user, before->context);
}

static Oid
function_owner(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * In a trigger's condition.  Whoever has made the trigger has chosen the arguments, and
 * functions of a superuser's, such as query_to_xml(), may run what these say or lead to:
 * only those count that cannot be led, for they take none or do nothing but compute.
 */
static bool
is_not_for_owner(Oid function, void *owner)
{
	Oid			function_of = function_owner(function);

	if (superuser_arg(function_of))
		return func_volatile(function) != PROVOLATILE_IMMUTABLE && get_func_nargs(function) > 0;
	return function_of != *(Oid *) owner;
}

static bool
runs_others_code(Node *node, void *owner)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_not_for_owner, owner))
		return true;
	/* its checks may be anybody's */
	if (IsA(node, CoerceToDomain))
		return true;
	return expression_tree_walker(node, runs_others_code, owner);
}

static void
check_condition(Relation relation, const Trigger *trigger, Oid owner)
{
	if (trigger->tgqual != NULL && runs_others_code(stringToNode(trigger->tgqual), &owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("condition of trigger \"%s\" of relation \"%s\" could run others' code as the relation's owner",
						trigger->tgname, RelationGetRelationName(relation)),
				 errhint("Use functions of the relation's owner, and of a superuser's those that are immutable or have no arguments, or drop the trigger.")));
}

static void
check_function(Relation relation, const Trigger *trigger, Oid owner)
{
	Oid			function_of = function_owner(trigger->tgfoid);

	if (function_of != owner && !superuser_arg(function_of))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("trigger \"%s\" of relation \"%s\" would run a function of role \"%s\" as the relation's owner",
						trigger->tgname, RelationGetRelationName(relation),
						GetUserNameFromId(function_of, false)),
				 errhint("Give the function to the relation's owner, or drop the trigger.")));
}

/* What a foreign key's action does with the rows that refer to the relation; 0: nothing. */
static int16
event_of_action(Oid function)
{
	switch (function)
	{
		case F_RI_FKEY_CASCADE_DEL:
			return TRIGGER_TYPE_DELETE;
		case F_RI_FKEY_SETNULL_DEL:
		case F_RI_FKEY_SETDEFAULT_DEL:
		case F_RI_FKEY_CASCADE_UPD:
		case F_RI_FKEY_SETNULL_UPD:
		case F_RI_FKEY_SETDEFAULT_UPD:
			return TRIGGER_TYPE_UPDATE;
		default:
			return 0;
	}
}

static void check_triggers(Relation relation, int16 event, Oid owner, List **checked);

/*
 * PostgreSQL carries an action out as the owner of the rows, but fires the triggers
 * that come after it as who has deleted: here the owner of what is referred to.
 */
static void
check_action(Relation relation, const Trigger *trigger, Oid owner, List **checked)
{
	int16		event = event_of_action(trigger->tgfoid);
	Relation	referring;

	if (event == 0)
		return;
	referring = table_open(trigger->tgconstrrelid, AccessShareLock);
	if ((referring->rd_rel->relowner != owner && !superuser_arg(referring->rd_rel->relowner)) ||
		referring->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a foreign key of relation \"%s\" could run triggers as the owner of relation \"%s\"",
						RelationGetRelationName(referring), RelationGetRelationName(relation)),
				 errhint("Give the relation to that owner, or drop its foreign key.")));
	check_triggers(referring, event, owner, checked);
	table_close(referring, NoLock);
}

static void
check_triggers(Relation relation, int16 event, Oid owner, List **checked)
{
	const TriggerDesc *triggers = relation->trigdesc == NULL ? NULL : CopyTriggerDesc(relation->trigdesc);

	/* foreign keys may go round in circles */
	if (list_member_oid(*checked, RelationGetRelid(relation)))
		return;
	*checked = lappend_oid(*checked, RelationGetRelid(relation));
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if ((trigger->tgtype & event) == 0)
			continue;
		if (trigger->tgisinternal)
			check_action(relation, trigger, owner, checked);
		else
		{
			check_function(relation, trigger, owner);
			check_condition(relation, trigger, owner);
		}
	}
}

void
owner_code_check_triggers(Relation relation, int16 event)
{
	List	   *checked = NIL;

	check_triggers(relation, event, relation->rd_rel->relowner, &checked);
}

/* ---- Deferred triggers ---- */

void
triggers_defer_nothing(void)
{
	ConstraintsSetStmt statement = {.type = T_ConstraintsSetStmt,.constraints = NIL,.deferred = false};

	AfterTriggerSetState(&statement);
}

/* ---- The limit ---- */

/* In a signal handler: does what a cancellation, and then a termination, would do. */
static void
reach_limit(void)
{
	times_reached++;
	if (times_reached < CANCELS)
		QueryCancelPending = true;
	else
		ProcDiePending = true;
	InterruptPending = true;
	SetLatch(MyLatch);
}

void
owner_code_set_limit(int milliseconds)
{
	limit_timeout = RegisterTimeout(USER_TIMEOUT, reach_limit);
	limit = milliseconds;
}

/* Whether it had been reached.  A cancellation that nobody has noticed is forgotten. */
static bool
lift_limit(void)
{
	bool		reached;

	limited = false;
	if (limit == 0)
		return false;
	disable_timeout(limit_timeout, false);
	reached = times_reached > 0;
	if (reached)
		QueryCancelPending = false;
	times_reached = 0;
	return reached;
}

void
owner_code_limit_begin(OwnerActing *before)
{
	/* what is run within what is run has no time of its own */
	before->limited = limit > 0 && !limited;
	limited = limited || before->limited;
	if (before->limited)
		enable_timeout_every(limit_timeout,
							 TimestampTzPlusMilliseconds(GetCurrentTimestamp(), limit), limit);
}

void
owner_code_limit_end(const OwnerActing *before)
{
	if (before->limited)
		(void) lift_limit();
}

void
owner_code_begin(Relation relation, OwnerActing *before)
{
	owner_code_limit_begin(before);
	owner_acting_begin(relation, before);
}

void
owner_code_end(const OwnerActing *before)
{
	owner_acting_end(before);
	owner_code_limit_end(before);
}

bool
owner_code_failed(void)
{
	return lift_limit();
}
