/*
 * event_source_session.h - the transactions and the locks of a process that calls event sources' targets.
 */
#ifndef DDB_EVENT_SOURCE_SESSION_H
#define DDB_EVENT_SOURCE_SESSION_H

#include "worker/session_lock.h"

/* ddb.event_sources; InvalidOid before the relations were looked for. */
extern Oid	session_sources_relation;

/* In a transaction: finds the relations that the locks are on. */
extern void session_find_relations(void);

/* Ends a transaction that worker_begin_transaction() has begun, and what a role has left in the session. */
extern void session_commit(void);
extern void session_abort(void);

/*
 * Takes the lock on the number of a process of this database, on one of the places that a role has among them, or
 * on a lane by its hash, without waiting; false where another process has it.
 */
extern bool session_lock_number(SessionLock *lock, int number);
extern bool session_lock_place(SessionLock *lock, Oid role, int place);
extern bool session_lock_lane(SessionLock *lock, uint32 hash);

#endif							/* DDB_EVENT_SOURCE_SESSION_H */
