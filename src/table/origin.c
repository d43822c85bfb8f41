/*
 * origin.c - the replication origins that changes of items carry in WAL.
 *
 * The origin is given to single records and reset before the commit: a commit
 * with an origin would have to say how far a remote node has been followed.
 */
#include "postgres.h"

#include "catalog/pg_replication_origin.h"
#include "replication/origin.h"
#include "storage/lmgr.h"
#include "utils/rel.h"

#include "table/origin.h"

/* The row whose deletion carries an origin. */
static RepOriginId marked_origin = InvalidRepOriginId;
static Oid	marked_relation;
static ItemPointerData marked_row;

RepOriginId
origin_expiry(bool create)
{
	char		name[] = ORIGIN_EXPIRY_NAME;
	RepOriginId origin = replorigin_by_name(name, true);

	if (origin != InvalidRepOriginId || !create)
		return origin;

	/* workers of several databases may come at once: whoever waits finds the other's */
	LockRelationOid(ReplicationOriginRelationId, ExclusiveLock);
	origin = replorigin_by_name(name, true);
	return origin != InvalidRepOriginId ? origin : replorigin_create(name);
}

void
origin_begin(Relation relation, ItemPointer row, RepOriginId origin)
{
	marked_relation = RelationGetRelid(relation);
	marked_row = *row;
	marked_origin = origin;
}

void
origin_end(void)
{
	marked_origin = InvalidRepOriginId;
}

RepOriginId
origin_of_deletion(Relation relation, ItemPointer row)
{
	if (marked_origin == InvalidRepOriginId || marked_relation != RelationGetRelid(relation) ||
		!ItemPointerEquals(&marked_row, row))
		return InvalidRepOriginId;
	return marked_origin;
}
