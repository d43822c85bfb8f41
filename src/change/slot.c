/*
 * slot.c - the logical replication slot of a database's change log.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "miscadmin.h"
#include "replication/logical.h"
#include "replication/slot.h"
#include "storage/lwlock.h"
#include "storage/spin.h"

#include "change/slot.h"
#include "compat.h"

/* 16 GB */
int			change_lag_limit = 16 * 1024 * 1024;

char *
slot_name(void)
{
	return psprintf("ddb_%u", MyDatabaseId);
}

/*
 * Whether a slot of the name is the log's.  Whoever may replicate can make one of any name, and to decode by its
 * plugin what is told to the log would crash.  One in the making has no plugin yet.
 */
static bool
is_own(ReplicationSlot *slot)
{
	Oid			database;
	NameData	plugin;

	SpinLockAcquire(&slot->mutex);
	database = slot->data.database;
	plugin = slot->data.plugin;
	SpinLockRelease(&slot->mutex);
	return database == MyDatabaseId && (NameStr(plugin)[0] == '\0' || strcmp(NameStr(plugin), CHANGE_PLUGIN) == 0);
}

/* The log's slot; NULL: there is none. */
static ReplicationSlot *
find_own(void)
{
	ReplicationSlot *slot = SearchNamedReplicationSlot(slot_name(), true);

	return slot != NULL && is_own(slot) ? slot : NULL;
}

bool
slot_name_is_taken(void)
{
	ReplicationSlot *slot = SearchNamedReplicationSlot(slot_name(), true);

	return slot != NULL && !is_own(slot);
}

SlotState
slot_state(uint64 *kept)
{
	ReplicationSlot *slot = find_own();
	XLogRecPtr	now = GetXLogInsertRecPtr();
	XLogRecPtr	restart;
	bool		lost;

	*kept = 0;
	if (slot == NULL)
		return SLOT_MISSING;
	SpinLockAcquire(&slot->mutex);
	restart = slot->data.restart_lsn;
	lost = slot_is_invalidated_compat(slot);
	SpinLockRelease(&slot->mutex);
	if (lost)
		return SLOT_LOST;
	if (!XLogRecPtrIsInvalid(restart) && restart < now)
		*kept = now - restart;
	return SLOT_USABLE;
}

bool
slot_has_place(void)
{
	ReplicationSlot *slot = SearchNamedReplicationSlot(slot_name(), true);
	bool		free = false;

	if (slot != NULL)
		return is_own(slot);
	LWLockAcquire(ReplicationSlotControlLock, LW_SHARED);
	for (int i = 0; i < max_replication_slots && !free; i++)
		free = !ReplicationSlotCtl->replication_slots[i].in_use;
	LWLockRelease(ReplicationSlotControlLock);
	return free;
}

/* An error or a crash on the way leaves no slot behind. */
static void
create(const char *name, XLogReaderRoutine *reader)
{
	LogicalDecodingContext *context;

	create_slot_compat(name);
	context = CreateInitDecodingContext(CHANGE_PLUGIN, NIL, false, InvalidXLogRecPtr, reader,
										NULL, NULL, NULL);
	DecodingContextFindStartpoint(context);
	FreeDecodingContext(context);
	ReplicationSlotPersist();
}

void
slot_acquire(XLogReaderRoutine *reader)
{
	char	   *name = slot_name();

	CheckLogicalDecodingRequirements();
	if (SearchNamedReplicationSlot(name, true) == NULL)
		create(name, reader);
	else
		acquire_slot_compat(name);
	if (!is_own(MyReplicationSlot))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("replication slot \"%s\" is not the change log's", name),
				 errhint("Drop it: the change log needs a slot of this name.")));
}

void
slot_drop(void)
{
	if (find_own() != NULL)
		ReplicationSlotDrop(slot_name(), false);
}
