/*
 * session_lock.c - locks that a worker has for longer than a transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"

#include "worker/session_lock.h"

/* How many transactions have failed, and one. */
static uint64 age = 1;

static void
transaction_ends(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_ABORT)
		age++;
}

/* Behind the end of the last transaction: nobody else lets go of a session's locks. */
static void
release_locks(int code, Datum argument)
{
	LockReleaseAll(DEFAULT_LOCKMETHOD, true);
}

void
session_locks_begin(void)
{
	RegisterXactCallback(transaction_ends, NULL);
	on_shmem_exit(release_locks, (Datum) 0);
}

bool
session_lock_take(SessionLock *lock, Oid relation, uint32 number, uint16 part)
{
	SET_LOCKTAG_OBJECT(lock->tag, MyDatabaseId, relation, number, part);
	lock->age = LockAcquire(&lock->tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL ? age : 0;
	return lock->age != 0;
}

bool
transaction_lock_take(Oid relation, uint32 number, uint16 part)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, relation, number, part);
	return LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
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
