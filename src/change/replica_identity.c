/*
 * replica_identity.c - the old items of a table are in WAL while something needs them.
 *
 * PostgreSQL writes the old row of an update and of a delete to WAL where the
 * relation has REPLICA IDENTITY FULL.  That doubles what an update writes, so only
 * tables whose changes the log keeps have it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/event_trigger.h"
#include "commands/tablecmds.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "change/decoder.h"
#include "owner_code.h"
#include "script.h"

/* Columns of ddb.streams and ddb.continuous_backups. */
#define ASKED_RELATION 1
#define STREAMS_STATUS 5
#define BACKUPS_STATUS 2

/* Whether a catalog has a record of the relation that is not over. */
static bool
is_asked_for(const char *catalog, int status_column, Oid relation)
{
	Oid			catalog_oid = get_relname_relid(catalog, get_namespace_oid("ddb", true));
	bool		found = false;
	Relation	records;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	/* the extension itself may be in the making */
	if (!OidIsValid(catalog_oid))
		return false;
	script_check();
	records = table_open(catalog_oid, AccessShareLock);
	ScanKeyInit(&key, ASKED_RELATION, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(records, InvalidOid, false, NULL, 1, &key);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Datum		status = heap_getattr(tuple, status_column, RelationGetDescr(records), &isnull);

		found = !isnull && strcmp(TextDatumGetCString(status), "DISABLED") != 0;
	}
	systable_endscan(scan);
	table_close(records, AccessShareLock);
	return found;
}

bool
change_needs_old_images(Oid relation)
{
	return is_asked_for("streams", STREAMS_STATUS, relation) ||
		is_asked_for("continuous_backups", BACKUPS_STATUS, relation);
}

/*
 * The relation's row in pg_class as it is, the transaction that has written it, and the one that is writing it, if
 * any; false where none of its versions was met, which is so where another one was written behind the scan.
 */
static bool
find_catalog_row(Relation catalog, Oid relation, ItemPointer place, TransactionId *written, TransactionId *writing)
{
	SnapshotData dirty;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	row;
	bool		found;

	InitDirtySnapshot(dirty);
	ScanKeyInit(&key, Anum_pg_class_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(catalog, ClassOidIndexId, true, &dirty, 1, &key);
	row = systable_getnext(scan);
	found = HeapTupleIsValid(row);
	if (found)
	{
		*place = row->t_self;
		*written = HeapTupleHeaderGetXmin(row->t_data);
		*writing = TransactionIdIsValid(dirty.xmin) ? dirty.xmin : dirty.xmax;
	}
	systable_endscan(scan);
	return found;
}

/*
 * GRANT takes no lock on the relation, so it would end with "tuple concurrently updated" where this
 * transaction writes the relation's row while it does.  But it locks the row, and reads it
 * then; so does whoever else has no lock on the relation.  Minor releases from before November 2024 do not.
 */
static void
lock_catalog_row(Oid relation)
{
	Relation	catalog = table_open(RelationRelationId, RowExclusiveLock);
	ItemPointerData locked;
	ItemPointerData place;
	TransactionId written;
	TransactionId writing;

	ItemPointerSetInvalid(&locked);
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		/* it is there, since the relation is locked */
		if (!find_catalog_row(catalog, relation, &place, &written, &writing))
			continue;
		/* it has locked the row no longer than it took to write it */
		if (TransactionIdIsValid(writing) && !TransactionIdIsCurrentTransactionId(writing))
			XactLockTableWait(writing, NULL, NULL, XLTW_None);
		else if (ItemPointerEquals(&place, &locked))
		{
			/* its commit is seen before its invalidations are sent, and its lock is released behind those */
			if (TransactionIdIsNormal(written) && !TransactionIdIsCurrentTransactionId(written))
				XactLockTableWait(written, NULL, NULL, XLTW_None);
			break;
		}
		else
		{
			LockTuple(catalog, &place, ExclusiveLock);
			locked = place;
		}
	}
	table_close(catalog, NoLock);
	AcceptInvalidationMessages();
}

/* ALTER TABLE ... REPLICA IDENTITY, without the event triggers of others before it. */
static void
set_replica_identity(Relation relation, char identity)
{
	AlterTableStmt *statement = makeNode(AlterTableStmt);
	AlterTableCmd *command = makeNode(AlterTableCmd);
	ReplicaIdentityStmt *definition = makeNode(ReplicaIdentityStmt);

	definition->identity_type = identity;
	command->subtype = AT_ReplicaIdentity;
	command->def = (Node *) definition;
	statement->relation = makeRangeVar(get_namespace_name(RelationGetNamespace(relation)),
									   pstrdup(RelationGetRelationName(relation)), -1);
	statement->cmds = list_make1(command);
	statement->objtype = OBJECT_TABLE;

	/* a statement that this is a part of collects it with its own */
	EventTriggerAlterTableStart((Node *) statement);
	AlterTableInternal(RelationGetRelid(relation), statement->cmds, false);
	EventTriggerAlterTableEnd();
}

void
change_require_old_images(Oid relid, bool required)
{
	Relation	relation = try_table_open(relid, AccessExclusiveLock);
	OwnerActing before;

	if (relation == NULL)
		return;
	if ((relation->rd_rel->relreplident == REPLICA_IDENTITY_FULL) != required)
	{
		/*
		 * Closed meanwhile: an open relation is built anew at each invalidation, and the next one
		 * is met while it is, so that a flood of them would be as deep as it is long.
		 */
		table_close(relation, NoLock);
		lock_catalog_row(relid);
		relation = table_open(relid, NoLock);

		/*
		 * Safe as the owner: it runs no code of anybody's, and who asks for a
		 * stream or for recovery has been asked for the right to.
		 */
		owner_acting_begin(relation, &before);
		set_replica_identity(relation, required ? REPLICA_IDENTITY_FULL : REPLICA_IDENTITY_DEFAULT);
		owner_acting_end(&before);
	}
	table_close(relation, NoLock);
}
