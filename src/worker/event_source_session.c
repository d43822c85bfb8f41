/*
 * event_source_session.c - the transactions and the locks of a process that calls event sources' targets.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "miscadmin.h"

#include "owner_statement.h"
#include "role_session.h"
#include "worker/event_source_session.h"
#include "worker/worker.h"

Oid			session_sources_relation = InvalidOid;
static Oid	positions_relation = InvalidOid;

void
session_find_relations(void)
{
	session_sources_relation = extension_relation("event_sources");
	positions_relation = extension_relation("event_source_positions");
}

/* ---- Transactions ---- */

void
session_commit(void)
{
	worker_commit();
	role_session_forget();
}

void
session_abort(void)
{
	AbortOutOfAnyTransaction();
	role_session_forget();
}

/* ---- Locks ---- */

bool
session_lock_number(SessionLock *lock, int number)
{
	return session_lock_take(lock, session_sources_relation, number, 1);
}

bool
session_lock_place(SessionLock *lock, Oid role, int place)
{
	return session_lock_take(lock, session_sources_relation, hash_bytes_uint32(role), 2 + place);
}

bool
session_lock_lane(SessionLock *lock, uint32 hash)
{
	return session_lock_take(lock, positions_relation, hash, 1);
}
