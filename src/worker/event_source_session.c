/*
 * event_source_session.c - the transactions and the locks of a process that calls event sources' targets.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/ipc.h"

#include "owner_statement.h"
#include "role_session.h"
#include "worker/event_source_session.h"
#include "worker/worker.h"

Oid			session_sources_relation = InvalidOid;
static Oid	positions_relation = InvalidOid;

/* How many transactions have failed, and one. */
static uint64 age = 1;

/* Behind the end of the last transaction: nobody else lets go of a session's locks. */
static void
release_locks(int code, Datum argument)
{
	LockReleaseAll(DEFAULT_LOCKMETHOD, true);
}

void
session_begin(void)
{
	on_shmem_exit(release_locks, (Datum) 0);
}

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
	age++;
}

/* ---- Locks ---- */

static bool
take(SessionLock *lock, Oid relation, uint32 number, uint16 part)
{
	SET_LOCKTAG_OBJECT(lock->tag, MyDatabaseId, relation, number, part);
	lock->age = LockAcquire(&lock->tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL ? age : 0;
	return lock->age != 0;
}

bool
session_lock_number(SessionLock *lock, int number)
{
	return take(lock, session_sources_relation, number, 1);
}

bool
session_lock_place(SessionLock *lock, const char *role, int place)
{
	return take(lock, session_sources_relation, hash_bytes((const unsigned char *) role, strlen(role)), 2 + place);
}

bool
session_lock_lane(SessionLock *lock, uint32 hash)
{
	return take(lock, positions_relation, hash, 1);
}

bool
session_holds(const SessionLock *lock)
{
	return lock->age == age;
}

void
session_unlock(SessionLock *lock)
{
	if (session_holds(lock))
		LockRelease(&lock->tag, ExclusiveLock, true);
	lock->age = 0;
}
