/*
 * backup.c - the jobs that copy a table into a backup, and a backup into a new table.
 *
 * Each is one transaction, in one snapshot: so a backup is of one moment, and is there
 * wholly or not at all.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "job/backup.h"
#include "job/backup_catalog.h"
#include "job/backup_relation.h"
#include "job/filling.h"
#include "job/item_scan.h"
#include "job/job_role.h"
#include "table/relation.h"

#define REASON_NO_TABLE "the table that was to be backed up is not there any more"
#define REASON_NO_BACKUP "the backup that was to be restored is not there any more"
#define REASON_BACKUP_TOUCHED "the relation of the backup has been changed by its owner"

/* So many rows, or bytes, are added at once. */
#define BATCH_ROWS 500
#define BATCH_BYTES 65536

/* ---- Making one ---- */

typedef struct BackupCopy
{
	const Job  *job;
	Relation	source;
	int			source_column;
	Relation	backup;
	BulkInsertState bulk;
	TupleTableSlot *slots[BATCH_ROWS];
	int			count;			/* of slots that wait */
	Size		batch_bytes;
	MemoryContext batch;		/* of their rows */
	int64		items;
	int64		bytes;
} BackupCopy;

static void
write_batch(BackupCopy *copy)
{
	MemoryContext caller = MemoryContextSwitchTo(copy->batch);

	if (copy->count > 0)
		table_multi_insert(copy->backup, copy->slots, copy->count, GetCurrentCommandId(true), 0, copy->bulk);
	for (int i = 0; i < copy->count; i++)
		ExecClearTuple(copy->slots[i]);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(copy->batch);
	copy->count = 0;
	copy->batch_bytes = 0;
	job_progress_items(copy->items);
	job_progress_bytes(copy->bytes);
}

/* What is out of line is copied as it is, compressed or not. */
static void
add_item(void *argument, Datum item)
{
	BackupCopy *copy = argument;
	MemoryContext caller = MemoryContextSwitchTo(copy->batch);
	TupleTableSlot *slot = copy->slots[copy->count];
	Value		value = value_from_datum(item);
	Size		size = VARSIZE_ANY(DatumGetPointer(item));

	copy->items++;
	copy->bytes += item_size(&value);
	ExecClearTuple(slot);
	slot->tts_values[0] = PointerGetDatum(memcpy(palloc(size), DatumGetPointer(item), size));
	slot->tts_isnull[0] = false;
	ExecStoreVirtualTuple(slot);
	MemoryContextSwitchTo(caller);
	copy->batch_bytes += size;
	if (++copy->count == BATCH_ROWS || copy->batch_bytes >= BATCH_BYTES)
		write_batch(copy);
}

/* False where the job has to give way. */
static bool
copy_items(void *argument)
{
	BackupCopy *copy = argument;
	bool		going = item_scan(copy->job, copy->source, copy->source_column, add_item, copy);

	write_batch(copy);
	return going;
}

static bool
copy_table(BackupCopy *copy)
{
	bool		done;

	copy->batch = AllocSetContextCreate(CurrentMemoryContext, "ddb batch of a backup", ALLOCSET_DEFAULT_SIZES);
	copy->bulk = GetBulkInsertState();
	for (int i = 0; i < BATCH_ROWS; i++)
		copy->slots[i] = table_slot_create(copy->backup, NULL);
	done = run_unnoticed(copy_items, copy);
	for (int i = 0; i < BATCH_ROWS; i++)
		ExecDropSingleTupleTableSlot(copy->slots[i]);
	FreeBulkInsertState(copy->bulk);
	table_finish_bulk_insert(copy->backup, 0);
	return done;
}

static bool
has_rows(Relation relation)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	TableScanDesc scan = table_beginscan(relation, snapshot, 0, NULL);
	bool		found = table_scan_getnextslot(scan, ForwardScanDirection, slot);

	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
	return found;
}

/*
 * Its owner may have it locked for long, and the table must not be kept from being deleted for as long: that is an error of
 * the job's, with which it does not count as being made.
 */
static void
lock_backup(Oid backup)
{
	if (!ConditionalLockRelationOid(backup, ShareRowExclusiveLock))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("somebody has the relation of the backup locked")));
}

/* Whether the backup's relation, which is locked, is as it was made, and empty. */
static bool
is_as_made(Oid backup, bool *has_remains)
{
	Relation	relation = try_relation_open(backup, NoLock);
	bool		result = relation != NULL && backup_relation_is_plain(relation) && !has_rows(relation);

	*has_remains = result && RelationGetNumberOfBlocks(relation) > 0;
	if (relation != NULL)
		relation_close(relation, NoLock);
	return result;
}

static JobResult
copy_to_backup(BackupCopy *copy)
{
	bool		done;

	copy->backup = table_open(copy->job->relation, ShareRowExclusiveLock);
	job_progress_begin(copy->job);
	done = copy_table(copy);
	job_progress_end();
	table_close(copy->backup, NoLock);
	if (!done)
		return JOB_BUSY;
	backup_set_available(copy->job->relation, copy->items, copy->bytes);
	/* whoever has seen it AVAILABLE will find it so after a crash */
	ForceSyncCommit();
	return JOB_DONE;
}

/*
 * Safe as the worker's role, a superuser: rows are read and added by the access
 * methods alone, and the backup's relation has nothing on it that would have anybody's code
 * run, by TRUNCATE either.  That the role which has asked may read all of the table is asked once more.
 */
static JobResult
make_backup(const Job *job, const char **reason)
{
	BackupCopy	copy = {.job = job};
	JobResult	result = JOB_IMPOSSIBLE;
	bool		has_remains;

	*reason = REASON_BACKUP_TOUCHED;
	lock_backup(job->relation);
	if (!is_as_made(job->relation, &has_remains))
		return JOB_IMPOSSIBLE;
	if (has_remains)
	{
		job_remove_remains(job->relation);
		return JOB_BEGINS_ANEW;
	}
	*reason = REASON_NO_TABLE;
	copy.source = try_relation_open(job->source, AccessShareLock);
	if (copy.source == NULL)
		return JOB_IMPOSSIBLE;
	copy.source_column = table_item_column(copy.source);
	job_check_may_read(job);
	if (copy.source_column > 0)
		result = copy_to_backup(&copy);
	relation_close(copy.source, NoLock);
	return result;
}

const JobKind backup_job_kind = {
	.name = "BACKUP",
	.doing = "backing up a table",
	.run = make_backup
};

/* ---- Restoring one ---- */

typedef struct BackupRestore
{
	Filling		filling;
	Relation	backup;
	int			column;
} BackupRestore;

static void
restore_item(void *argument, Datum datum)
{
	BackupRestore *restore = argument;
	Value		item = value_from_datum(datum);

	filling_write(&restore->filling, &item);
}

static bool
restore_items(void *argument)
{
	BackupRestore *restore = argument;

	return item_scan(restore->filling.job, restore->backup, restore->column, restore_item, restore);
}

static JobResult
fill(BackupRestore *restore)
{
	if (filling_remove_remains(&restore->filling))
		return JOB_BEGINS_ANEW;
	if (!run_unnoticed(restore_items, restore))
		return JOB_BUSY;
	filling_done(&restore->filling);
	return JOB_DONE;
}

/*
 * Reading the backup runs nobody's code, whatever its owner has made of its relation:
 * rows are read by an access method alone, and an item is valid by its type.  That the role which has
 * asked may read it is asked once more.
 */
static JobResult
restore_backup(const Job *job, const char **reason)
{
	BackupRestore restore = {.backup = NULL};
	JobResult	result = JOB_IMPOSSIBLE;

	*reason = FILLING_TOUCHED;
	if (!filling_lock(&restore.filling, job))
		return JOB_IMPOSSIBLE;
	*reason = REASON_NO_BACKUP;
	restore.backup = try_relation_open(job->source, AccessShareLock);
	if (restore.backup == NULL)
		return JOB_IMPOSSIBLE;
	*reason = REASON_BACKUP_TOUCHED;
	restore.column = backup_relation_item_column(restore.backup);
	job_check_may_read(job);
	if (restore.column > 0)
	{
		job_progress_begin(job);
		*reason = FILLING_TOUCHED;
		if (filling_open(&restore.filling, false))
			result = fill(&restore);
		job_progress_end();
		filling_close(&restore.filling);
	}
	relation_close(restore.backup, NoLock);
	return result;
}

const JobKind backup_restore_job_kind = {
	.name = "RESTORE_BACKUP",
	.doing = "restoring a backup",
	.run = restore_backup
};

void
backup_start_restore(Oid target, const Backup *backup)
{
	job_create(backup_restore_job_kind.name, target, backup->relation, "{}");
}

bool
backup_is_being_restored(const Backup *backup)
{
	return job_reads(backup->relation, backup_restore_job_kind.name, false);
}

bool
backup_is_being_made(Oid table)
{
	/* whoever may read a table can have it backed up, and keep the backup locked */
	return job_reads(table, backup_job_kind.name, false);
}
