/*
 * departure.c - statements that the change log's processes are to know of.
 *
 * PostgreSQL refuses to drop a database with a slot that somebody decodes, before it asks or ends
 * anybody.  So they are ended before that, behind a lock that keeps the next ones out; the slot
 * then goes with the database.  Other statements that want a database alone wait for some seconds, in which the
 * writer notices by itself.
 *
 * What commits a prepared transaction is another session than what has written it, and
 * wakes the decoder for it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/acl.h"

#include "change/departure.h"
#include "change/log.h"
#include "change/state.h"
#include "compat.h"

static ProcessUtility_hook_type previous_utility = NULL;

/*
 * Nobody else than who may drop it ends anything there.  The lock is the one that the statement
 * takes next and that whoever connects waits for; it lasts as long as the statement's.
 */
static void
leave_database(const char *name)
{
	Oid			database = get_database_oid(name, true);

	if (RecoveryInProgress() || !OidIsValid(database) || database == MyDatabaseId ||
		!owns_database_compat(database, GetUserId()))
		return;
	LockSharedObject(DatabaseRelationId, database, 0, AccessExclusiveLock);
	log_state_evict(database);
}

/* Whether this extension is among those that are dropped. */
static bool
drops_us(const DropStmt *statement)
{
	ListCell   *cell;

	if (statement->removeType != OBJECT_EXTENSION)
		return false;
	foreach(cell, statement->objects)
	{
		if (strcmp(strVal(lfirst(cell)), "ddb") == 0)
			return true;
	}
	return false;
}

static void
before_statement(const Node *statement)
{
	if (IsA(statement, DropdbStmt))
		leave_database(((const DropdbStmt *) statement)->dbname);
	else if (IsA(statement, DropStmt) && drops_us((const DropStmt *) statement))
		change_log_request();
}

static void
run_utility(PlannedStmt *statement, const char *text, bool read_only, ProcessUtilityContext context,
			ParamListInfo parameters, QueryEnvironment *environment, DestReceiver *receiver,
			QueryCompletion *completion)
{
	/* the end of a transaction frees the statement */
	const Node *node = statement->utilityStmt;
	bool		commits_prepared = IsA(node, TransactionStmt) &&
		((const TransactionStmt *) node)->kind == TRANS_STMT_COMMIT_PREPARED;

	before_statement(node);
	if (previous_utility != NULL)
		previous_utility(statement, text, read_only, context, parameters, environment, receiver,
						 completion);
	else
		standard_ProcessUtility(statement, text, read_only, context, parameters, environment,
								receiver, completion);
	if (commits_prepared)
		log_state_wake(XactLastCommitEnd);
}

void
departure_install_hook(void)
{
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = run_utility;
}
