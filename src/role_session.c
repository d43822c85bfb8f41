/*
 * role_session.c - a background worker's transaction, carried out as a role.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/prepare.h"
#include "commands/sequence.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

#include "role_session.h"

/*
 * What a role has left in the session that neither transaction nor settings take
 * back: the last values of sequences, and the state of random().
 */
static void
forget_other_role(Oid role)
{
	static Oid	last_role = InvalidOid;
	uint32		seed;

	if (role == last_role)
		return;
	last_role = role;
	ResetSequenceCaches();
	if (!pg_strong_random(&seed, sizeof(seed)))
		elog(ERROR, "could not generate a random number");
	OidFunctionCall1(F_SETSEED, Float8GetDatum((double) seed / PG_UINT32_MAX));
}

/*
 * Does what a commit would do of the transaction's own code, deferred triggers
 * and cursors WITH HOLD, while it is still the role that runs it.
 */
static void
finish_code(void)
{
	do
		AfterTriggerFireDeferred();
	while (PreCommit_Portals(false));
	PortalHashTableDeleteAll();
}

/*
 * The worker is the server's own superuser, and this is where it becomes the role.
 * The role's code cannot get back from there: SECURITY_LOCAL_USERID_CHANGE forbids
 * SET ROLE, SET SESSION AUTHORIZATION and their RESETs, and all that is the role's to
 * run, deferred triggers and the queries of cursors included, has run before the
 * worker is itself again.  After an error the abort of the transaction gives it back
 * its identity, before anything else is run.
 */
void
role_session_begin(Oid role, RoleSession *before)
{
	GetUserIdAndSecContext(&before->user, &before->context);
	SetUserIdAndSecContext(role, before->context | SECURITY_LOCAL_USERID_CHANGE);
	before->settings = NewGUCNestLevel();
	forget_other_role(role);
	PushActiveSnapshot(GetTransactionSnapshot());
}

/*
 * To drop temporary tables is work on catalogs, which calls no function of
 * anybody's, as is all of the commit that is left.
 */
void
role_session_end(const RoleSession *before)
{
	PopActiveSnapshot();
	finish_code();
	AtEOXact_GUC(false, before->settings);
	SetUserIdAndSecContext(before->user, before->context);
	if (MyXactFlags & XACT_FLAGS_ACCESSEDTEMPNAMESPACE)
		ResetTempTableNamespace();
}

void
role_session_forget(void)
{
	DropAllPreparedStatements();
	LockReleaseAll(USER_LOCKMETHOD, true);
}
