/*
 * recovery.c - filling a table with what another one was at a moment.
 *
 * In one transaction: take a snapshot of the source, wait until the log has all
 * that the snapshot sees, and read of the log the changes behind the moment.  What
 * a key was at the moment is the old image of its first change, or nothing where that has none;
 * keys without a change are as the snapshot has them.  So the changes are sorted by
 * key, in the order of the primary index, and merged with a walk over the source: each
 * item is written once.
 *
 * It does no harm that the log has changes which the snapshot does not see, as the old
 * image of a key's first change is what the key was before.  And each change that
 * belongs to the moment is in the snapshot: the moment was in the log when it was
 * asked for, what is in the log is over for others too, and the snapshot comes
 * later.  Sequence numbers are a running maximum, so that what the log gets later has
 * the moment's time or a later one.  An update of a key is a removal and an insertion,
 * each a change of a key of its own.
 *
 * The cost is that of the items and of what has changed since, in flat memory: the
 * sort goes to temporary files.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "change/continuous_backups.h"
#include "change/log.h"
#include "compat.h"
#include "job/change_sort.h"
#include "job/filling.h"
#include "job/job_role.h"
#include "job/pace.h"
#include "job/recovery.h"
#include "table/table.h"
#include "value/json.h"

/* How long the log is waited for at a time. */
#define LOG_MILLISECONDS 10000

/* The two of the log of changes, and the one that restores. */
#define PLACES 3

#define REASON_NO_SOURCE "the table that was to be restored from is not there any more"
#define REASON_NO_MOMENT "the changes since that moment are not in the log any more"

typedef struct Restore
{
	const Job  *job;
	RecoveredItem item;			/* takes what the table was */
	void	   *argument;
	Table	   *source;
	int64		moment;
	MemoryContext scratch;		/* of one change */
	Snapshot	snapshot;		/* of the source */
	int64		changes;		/* read */
	HTAB	   *known;			/* keys whose first change has been read */
	ChangeSort *sort;			/* with the old item, where there was one */
	SortedChange change;		/* the first change of the next key that has any */
	bool		has_change;		/* there is one */
} Restore;

/* ---- Asking for it ---- */

void
recovery_check_places(void)
{
	if (job_places == NULL || job_places() < PLACES)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("Point-in-time recovery cannot be used on this server: there is no place for a background worker that restores tables"),
				 errdetail("Workers that come and go need %d places, two of them for the log of changes.", PLACES),
				 errhint("Raise max_worker_processes, and restart the server.")));
}

void
recovery_start(Oid target, Oid source, int64 moment)
{
	job_create(recovery_job_kind.name, target, source,
			   psprintf("{\"Moment\":" INT64_FORMAT "}", moment));
}

static int64
job_moment(const Job *job)
{
	json_object *arguments = json_parse(job->arguments, strlen(job->arguments));

	return json_object_get_int64(json_object_object_get(arguments, "Moment"));
}

/* ---- The changes behind the moment ---- */

/* Whether an earlier change of the key has been read; only a help, for it forgets many. */
static bool
is_known(Restore *restore, const bytea *key)
{
	KnownKey	known;
	bool		found;

	if (!known_key_of(key, &known))
		return false;
	(void) hash_search(restore->known, &known,
					   hash_get_num_entries(restore->known) < KNOWN_KEYS ? HASH_ENTER : HASH_FIND, &found);
	return found;
}

static void
begin_sort(Restore *restore)
{
	HASHCTL		control = {
		.keysize = sizeof(KnownKey),.entrysize = sizeof(KnownKey),.hcxt = CurrentMemoryContext
	};

	restore->known = hash_create("ddb known keys", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	restore->sort = change_sort_begin();
}

static void
add_change(Restore *restore, const ChangeRecord *record)
{
	bytea	   *key = change_sort_key(restore->source, &record->keys);

	change_check_old_item(restore->source, record);
	if (!is_known(restore, key))
		change_sort_put(restore->sort, key, record->sequence,
						record->kind != CHANGE_INSERT ? &record->old_item : NULL, NULL);
}

/* False where the job has to give way. */
static bool
read_shard(Restore *restore, const Shard *shard)
{
	SequenceNumber behind = {restore->moment + 1, 0};
	LogReader  *reader = log_read_begin(shard, &restore->source->schema, behind, false);
	bool		going = true;
	ChangeRecord record;

	while (going && log_read_next(reader, &record))
	{
		MemoryContext caller = MemoryContextSwitchTo(restore->scratch);

		add_change(restore, &record);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(restore->scratch);
		job_progress_changes(++restore->changes);
		pace_add(record.keys.length + record.old_item.length);
		going = !job_is_in_the_way(restore->job);
	}
	log_read_end(reader);
	return going;
}

/* From the oldest shard to the newest, so that of a key's changes the first comes first. */
static bool
read_changes(Restore *restore)
{
	bool		going = true;
	ListCell   *cell;

	begin_sort(restore);
	foreach(cell, shards_of(RelationGetRelid(restore->source->relation), NULL))
	{
		const Shard *shard = lfirst(cell);

		if (going && (shard->open || shard->end.time > restore->moment))
			going = read_shard(restore, shard);
	}
	if (going)
		change_sort_perform(restore->sort);
	return going;
}

/* ---- The merge ---- */

/* Goes on to the first change of the next key. */
static void
next_change(Restore *restore)
{
	MemoryContext caller = MemoryContextSwitchTo(restore->scratch);
	bytea	   *last = NULL;

	if (restore->has_change)
	{
		const bytea *key = restore->change.key;

		last = memcpy(palloc(VARSIZE_ANY(key)), key, VARSIZE_ANY(key));
	}
	do
		restore->has_change = change_sort_next(restore->sort, &restore->change);
	while (restore->has_change && last != NULL && change_sort_compare(restore->change.key, last) == 0);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(restore->scratch);
}

/* Writes what the key of the change was, and goes on to the next one. */
static void
write_old_item(Restore *restore)
{
	if (restore->change.item.data != NULL)
		restore->item(restore->argument, &restore->change.item);
	next_change(restore);
}

/* The keys that have changes and come before the item; whether the item itself is such a key. */
static bool
write_changes_before(Restore *restore, const Value *item)
{
	bytea	   *key = change_sort_key(restore->source, item);
	int			order = -1;

	while (restore->has_change && (order = change_sort_compare(restore->change.key, key)) < 0)
		write_old_item(restore);
	pfree(key);
	return restore->has_change && order == 0;
}

/* False where the job has to give way. */
static bool
merge(void *argument)
{
	Restore    *restore = argument;
	TableRange	range = {.total_segments = 1};
	TableScan  *scan = table_scan_begin_at(restore->source, &range, restore->snapshot);
	bool		going = true;
	Value		item;

	next_change(restore);
	while (going && table_scan_next(scan, &item))
	{
		if (write_changes_before(restore, &item))
			write_old_item(restore);
		else
			restore->item(restore->argument, &item);
		going = !job_is_in_the_way(restore->job);
	}
	table_scan_end(scan);
	while (going && restore->has_change)
	{
		write_old_item(restore);
		going = !job_is_in_the_way(restore->job);
	}
	return going;
}

/* ---- All of it ---- */

/*
 * Whether its log has all changes behind the moment.  It may lose them while they
 * are read, so this is asked before and after.
 */
static bool
has_changes(const Restore *restore)
{
	RecoveryWindow window;

	return recovery_window(RelationGetRelid(restore->source->relation), &window) &&
		window.earliest <= restore->moment;
}

static JobResult
read_state(Restore *restore, const char **reason)
{
	bool		done;

	*reason = REASON_NO_MOMENT;
	if (!has_changes(restore))
		return JOB_IMPOSSIBLE;
	restore->snapshot = RegisterSnapshot(GetLatestSnapshot());
	done = change_log_wait(LOG_MILLISECONDS, job_look) && read_changes(restore) && run_unnoticed(merge, restore);
	UnregisterSnapshot(restore->snapshot);
	if (restore->sort != NULL)
		change_sort_end(restore->sort);
	if (!done)
		return JOB_BUSY;
	return has_changes(restore) ? JOB_DONE : JOB_IMPOSSIBLE;
}

/* Reading the source runs nobody's code. */
JobResult
recovery_read(const Job *job, int64 moment, RecoveredItem item, void *argument, const char **reason)
{
	Restore		restore = {.job = job,.moment = moment,.item = item,.argument = argument};
	JobResult	result;

	restore.source = table_open_unguarded(get_rel_name(job->source), job->source, AccessShareLock);
	restore.scratch = AllocSetContextCreate(CurrentMemoryContext, "ddb restored change",
											ALLOCSET_DEFAULT_SIZES);
	result = read_state(&restore, reason);
	table_release(restore.source);
	return result;
}

static void
write_item(void *argument, Value *item)
{
	filling_write(argument, item);
}

static JobResult
fill(Filling *filling, const char **reason)
{
	JobResult	result;

	*reason = FILLING_TOUCHED;
	if (!filling_open(filling, false))
		return JOB_IMPOSSIBLE;
	if (filling_remove_remains(filling))
		return JOB_BEGINS_ANEW;
	result = recovery_read(filling->job, job_moment(filling->job), write_item, filling, reason);
	if (result == JOB_DONE)
		filling_done(filling);
	return result;
}

static JobResult
restore_table(const Job *job, const char **reason)
{
	Filling		filling = {.target = NULL};
	JobResult	result;

	*reason = FILLING_TOUCHED;
	if (!filling_lock(&filling, job))
		return JOB_IMPOSSIBLE;
	LockRelationOid(job->source, AccessShareLock);
	*reason = REASON_NO_SOURCE;
	if (!job_relation_is_there(job->source))
		return JOB_IMPOSSIBLE;
	job_check_may_read(job);
	job_progress_begin(job);
	result = fill(&filling, reason);
	job_progress_end();
	filling_close(&filling);
	return result;
}

const JobKind recovery_job_kind = {
	.name = "RESTORE",
	.doing = "restoring a table",
	.run = restore_table
};
