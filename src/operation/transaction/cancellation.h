/*
 * cancellation.h - why a transaction is cancelled: TransactionCanceledException
 * and its CancellationReasons.
 */
#ifndef DDB_CANCELLATION_H
#define DDB_CANCELLATION_H

#include "utils/elog.h"

#include "error.h"

/* What is wrong with one action; code is NULL where nothing is. */
typedef struct CancellationReason
{
	const char *code;			/* "ConditionalCheckFailed", ... */
	const char *message;
	const char *item;			/* as JSON, where the action asks for it, or NULL */
} CancellationReason;

/*
 * The code of an item's own fault, as it stands in reasons and in the responses of
 * batches; NULL where the whole request is at fault, or the server.
 */
extern const char *cancellation_code(DdbException exception);

/* The action waited for another transaction in vain. */
extern const CancellationReason reason_conflict;

/*
 * Calls judge(argument), which does nothing but compute: what it raises of the
 * action's own faults (a condition, a change) becomes the reason, allocated in
 * the current memory context, and false is returned.  Other errors are passed on.
 */
extern bool cancellation_judge(void (*judge) (void *argument), void *argument,
							   CancellationReason *reason);

/*
 * Raises TransactionCanceledException with the reasons of all actions, in their
 * order.  Where one of them is a conflict, the SQLSTATE says so.
 */
extern void cancellation_raise(const CancellationReason *reasons, int count) __attribute__((noreturn));

#endif							/* DDB_CANCELLATION_H */
