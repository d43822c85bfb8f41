/*
 * origin.h - the replication origins that changes of items carry in WAL, by which
 * logical decoding knows what they are.
 *
 * What locks an absent item has DoNotReplicateId (write.c).  Deletions of expired
 * items have an origin of the extension's own: a change whose origin is
 * origin_expiry() is the service's, and all others are somebody's.
 */
#ifndef DDB_ORIGIN_H
#define DDB_ORIGIN_H

#include "access/xlogdefs.h"
#include "storage/itemptr.h"
#include "utils/relcache.h"

/* Its name, by which decoding knows it as it was at that place in WAL. */
#define ORIGIN_EXPIRY_NAME "ddb expiry"

/*
 * The origin of deletions of expired items, one for the server.  InvalidRepOriginId
 * where it has not been created yet, unless create is true; then the transaction
 * must not be long, since it keeps others from creating origins until its end.
 */
extern RepOriginId origin_expiry(bool create);

/*
 * From the first to the second, the deletion of that very row carries the origin;
 * whatever else is written meanwhile, by triggers, does not.  After an error the
 * second must be called as well.
 */
extern void origin_begin(Relation relation, ItemPointer row, RepOriginId origin);
extern void origin_end(void);

/* The origin for the deletion of the row, or InvalidRepOriginId; for the access method. */
extern RepOriginId origin_of_deletion(Relation relation, ItemPointer row);

#endif							/* DDB_ORIGIN_H */
