/*
 * event_source_session.h - the transactions and the locks of a process that calls event sources' targets.
 *
 * The locks are the session's, and nobody else's: each is on a number in one of the extension's relations, which
 * no statement can ask for.  A transaction that fails takes all of them away.
 */
#ifndef DDB_EVENT_SOURCE_SESSION_H
#define DDB_EVENT_SOURCE_SESSION_H

#include "storage/lock.h"

/* ddb.event_sources; InvalidOid before the relations were looked for. */
extern Oid	session_sources_relation;

/* Lets go of the locks at the process's end. */
extern void session_begin(void);

/* In a transaction: finds the relations that the locks are on. */
extern void session_find_relations(void);

/* Ends a transaction that worker_begin_transaction() has begun, and what a role has left in the session. */
extern void session_commit(void);
extern void session_abort(void);

/* A lock that the session may have. */
typedef struct SessionLock
{
	LOCKTAG		tag;
	uint64		age;			/* how many transactions had failed when it was taken, and one; 0: not taken */
} SessionLock;

/*
 * Takes the lock on the number of a process of this database, on one of the places that a role has among them, or
 * on a lane by its hash, without waiting; false where another process has it.
 */
extern bool session_lock_number(SessionLock *lock, int number);
extern bool session_lock_place(SessionLock *lock, const char *role, int place);
extern bool session_lock_lane(SessionLock *lock, uint32 hash);

/* Whether it is still held. */
extern bool session_holds(const SessionLock *lock);

/* Lets it go, if it is. */
extern void session_unlock(SessionLock *lock);

#endif							/* DDB_EVENT_SOURCE_SESSION_H */
