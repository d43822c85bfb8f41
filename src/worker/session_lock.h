/*
 * session_lock.h - locks that a worker has for longer than a transaction.
 *
 * Each is on a number in one of the extension's relations, which no statement can ask for.  A
 * transaction that fails takes all of a session's away, as PostgreSQL has it.
 */
#ifndef DDB_SESSION_LOCK_H
#define DDB_SESSION_LOCK_H

#include "storage/lock.h"

typedef struct SessionLock
{
	LOCKTAG		tag;
	uint64		age;			/* how many transactions had failed when it was taken, and one; 0: not taken */
} SessionLock;

/* Once, at the process's beginning: lets go of the locks at its end. */
extern void session_locks_begin(void);

/* Takes the lock, without waiting; false where another process has it. */
extern bool session_lock_take(SessionLock *lock, Oid relation, uint32 number, uint16 part);

/* The same for the transaction alone, which lets it go. */
extern bool transaction_lock_take(Oid relation, uint32 number, uint16 part);

/* Whether it is still held. */
extern bool session_holds(const SessionLock *lock);

/* Lets it go, if it is. */
extern void session_unlock(SessionLock *lock);

#endif							/* DDB_SESSION_LOCK_H */
