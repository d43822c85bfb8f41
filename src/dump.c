/*
 * dump.c - whether somebody is restoring a dump into this database.
 *
 * It is a lock that the session has, of the kind of advisory locks: these outlast
 * errors, and the server gives them back with the session, however that ends.
 * No statement can ask for this one.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "storage/lock.h"

#include "dump.h"
#include "owner_statement.h"

static LOCKTAG
restore_tag(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, extension_relation("tables"), 0, 0);
	tag.locktag_lockmethodid = USER_LOCKMETHOD;
	return tag;
}

/* Of several sessions, as pg_restore's, each has it; who looks wants it against them. */
void
dump_note_restore(void)
{
	LOCKTAG		tag = restore_tag();

	(void) LockAcquire(&tag, RowExclusiveLock, true, false);
}

bool
dump_is_being_restored(void)
{
	LOCKTAG		tag = restore_tag();

	/* where nobody can write, and such a lock cannot be had */
	if (RecoveryInProgress())
		return false;
	if (LockAcquire(&tag, ShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return true;
	(void) LockRelease(&tag, ShareLock, false);
	return false;
}
