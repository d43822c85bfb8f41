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

#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

#include "change/continuous_backups.h"
#include "change/log.h"
#include "compat.h"
#include "job/filling.h"
#include "job/job_role.h"
#include "job/recovery.h"
#include "table/lock_order.h"
#include "table/table.h"
#include "value/json.h"

/* How long the log is waited for at a time. */
#define LOG_MILLISECONDS 10000

/* The two of the log of changes, and the one that restores. */
#define PLACES 3

#define REASON_NO_SOURCE "the table that was to be restored from is not there any more"
#define REASON_NO_MOMENT "the changes since that moment are not in the log any more"

/* Keys that have been changed often are known by heart: so many, of so many bytes at most. */
#define KNOWN_KEYS 50000
#define KNOWN_KEY_LENGTH 60

/* A row of the sort: the key, the number of a change, the old item (NULL: there was none). */
enum
{
	CHANGE_KEY = 1,
	CHANGE_TIME,
	CHANGE_ORDINAL,
	CHANGE_ITEM,
	CHANGE_COLUMNS = CHANGE_ITEM
};

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
	Tuplesortstate *sort;
	TupleTableSlot *slot;		/* of its rows */
	bool		has_change;		/* the slot holds the first change of the next key that has any */
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
			   psprintf("{\"Moment\":" INT64_FORMAT ",%s}", moment, job_role_member()));
}

static int64
job_moment(const Job *job)
{
	json_object *arguments = json_parse(job->arguments, strlen(job->arguments));

	return json_object_get_int64(json_object_object_get(arguments, "Moment"));
}

/* ---- Keys ---- */

/* What the primary index has of the key, as bytes that compare as it does; palloc'd. */
static bytea *
key_bytes(const Restore *restore, const Value *item)
{
	PrimaryKey	key = key_of_item(&restore->source->schema, item);
	LockPlace	place = lock_place(restore->source, &key);
	Size		size = VARHDRSZ + sizeof(place.hash) + (place.sort.data != NULL ? place.sort.length : 0);
	bytea	   *bytes = palloc(size);

	SET_VARSIZE(bytes, size);
	memcpy(VARDATA(bytes), &place.hash, sizeof(place.hash));
	if (place.sort.data != NULL)
		memcpy(VARDATA(bytes) + sizeof(place.hash), place.sort.data, place.sort.length);
	return bytes;
}

/* As the sort compares them. */
static int
compare_keys(const bytea *a, const bytea *b)
{
	Size		a_length = VARSIZE_ANY_EXHDR(a);
	Size		b_length = VARSIZE_ANY_EXHDR(b);
	int			order = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), Min(a_length, b_length));

	return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

typedef struct KnownKey
{
	uint32		length;
	char		bytes[KNOWN_KEY_LENGTH];
} KnownKey;

/* Whether an earlier change of the key has been read; only a help, for it forgets many. */
static bool
is_known(Restore *restore, const bytea *key)
{
	KnownKey	known = {.length = VARSIZE_ANY_EXHDR(key)};
	bool		found;

	if (known.length > KNOWN_KEY_LENGTH)
		return false;
	memcpy(known.bytes, VARDATA_ANY(key), known.length);
	(void) hash_search(restore->known, &known,
					   hash_get_num_entries(restore->known) < KNOWN_KEYS ? HASH_ENTER : HASH_FIND, &found);
	return found;
}

/* ---- The changes behind the moment ---- */

static void
begin_sort(Restore *restore)
{
	HASHCTL		control = {
		.keysize = sizeof(KnownKey),.entrysize = sizeof(KnownKey),.hcxt = CurrentMemoryContext
	};
	TupleDesc	descriptor = CreateTemplateTupleDesc(CHANGE_COLUMNS);
	Oid			bytea_less = lookup_type_cache(BYTEAOID, TYPECACHE_LT_OPR)->lt_opr;
	Oid			number_less = lookup_type_cache(INT8OID, TYPECACHE_LT_OPR)->lt_opr;
	AttrNumber	columns[] = {CHANGE_KEY, CHANGE_TIME, CHANGE_ORDINAL};
	Oid			operators[] = {bytea_less, number_less, number_less};
	Oid			collations[lengthof(columns)] = {InvalidOid};
	bool		nulls_first[lengthof(columns)] = {false};

	TupleDescInitEntry(descriptor, CHANGE_KEY, "key", BYTEAOID, -1, 0);
	TupleDescInitEntry(descriptor, CHANGE_TIME, "time", INT8OID, -1, 0);
	TupleDescInitEntry(descriptor, CHANGE_ORDINAL, "ordinal", INT8OID, -1, 0);
	TupleDescInitEntry(descriptor, CHANGE_ITEM, "item", BYTEAOID, -1, 0);
	restore->known = hash_create("ddb known keys", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	restore->sort = tuplesort_begin_heap(descriptor, lengthof(columns), columns, operators, collations,
										 nulls_first, maintenance_work_mem, NULL, TUPLESORT_NONE);
	restore->slot = MakeSingleTupleTableSlot(descriptor, &TTSOpsMinimalTuple);
}

static Datum
bytes_datum(const Value *value)
{
	bytea	   *bytes = palloc(VARHDRSZ + value->length);

	SET_VARSIZE(bytes, VARHDRSZ + value->length);
	memcpy(VARDATA(bytes), value->data, value->length);
	return PointerGetDatum(bytes);
}

static void
add_change(Restore *restore, const ChangeRecord *record, TupleTableSlot *slot)
{
	bool		was_there = record->kind != CHANGE_INSERT;
	bytea	   *key = key_bytes(restore, &record->keys);

	if (was_there && record->old_item.data == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("a change in the log of table \"%s\" lacks the old item", restore->source->name)));
	if (is_known(restore, key))
		return;
	ExecClearTuple(slot);
	memset(slot->tts_isnull, false, sizeof(bool) * CHANGE_COLUMNS);
	slot->tts_values[CHANGE_KEY - 1] = PointerGetDatum(key);
	slot->tts_values[CHANGE_TIME - 1] = Int64GetDatum(record->sequence.time);
	slot->tts_values[CHANGE_ORDINAL - 1] = Int64GetDatum(record->sequence.ordinal);
	slot->tts_isnull[CHANGE_ITEM - 1] = !was_there;
	if (was_there)
		slot->tts_values[CHANGE_ITEM - 1] = bytes_datum(&record->old_item);
	ExecStoreVirtualTuple(slot);
	tuplesort_puttupleslot(restore->sort, slot);
}

/* False where the job has to give way. */
static bool
read_shard(Restore *restore, const Shard *shard, TupleTableSlot *slot)
{
	SequenceNumber behind = {restore->moment + 1, 0};
	LogReader  *reader = log_read_begin(shard, &restore->source->schema, behind, false);
	bool		going = true;
	ChangeRecord record;

	while (going && log_read_next(reader, &record))
	{
		MemoryContext caller = MemoryContextSwitchTo(restore->scratch);

		add_change(restore, &record, slot);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(restore->scratch);
		job_progress_changes(++restore->changes);
		going = !job_is_in_the_way(restore->job);
	}
	log_read_end(reader);
	return going;
}

/* From the oldest shard to the newest, so that of a key's changes the first comes first. */
static bool
read_changes(Restore *restore)
{
	TupleTableSlot *slot;
	bool		going = true;
	ListCell   *cell;

	begin_sort(restore);
	slot = MakeSingleTupleTableSlot(restore->slot->tts_tupleDescriptor, &TTSOpsVirtual);
	foreach(cell, shards_of(RelationGetRelid(restore->source->relation), NULL))
	{
		const Shard *shard = lfirst(cell);

		if (going && (shard->open || shard->end.time > restore->moment))
			going = read_shard(restore, shard, slot);
	}
	ExecDropSingleTupleTableSlot(slot);
	if (going)
		tuplesort_performsort(restore->sort);
	return going;
}

/* ---- The merge ---- */

static const bytea *
change_key(Restore *restore)
{
	bool		isnull;

	return (const bytea *) DatumGetPointer(slot_getattr(restore->slot, CHANGE_KEY, &isnull));
}

/* Goes on to the first change of the next key. */
static void
next_change(Restore *restore)
{
	MemoryContext caller = MemoryContextSwitchTo(restore->scratch);
	bytea	   *last = NULL;

	if (restore->has_change)
	{
		const bytea *key = change_key(restore);

		last = memcpy(palloc(VARSIZE_ANY(key)), key, VARSIZE_ANY(key));
	}
	do
		restore->has_change = tuplesort_gettupleslot(restore->sort, true, false, restore->slot, NULL);
	while (restore->has_change && last != NULL && compare_keys(change_key(restore), last) == 0);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(restore->scratch);
}

/* Writes what the key of the change was, and goes on to the next one. */
static void
write_old_item(Restore *restore)
{
	bool		isnull;
	Datum		datum = slot_getattr(restore->slot, CHANGE_ITEM, &isnull);

	if (!isnull)
	{
		const bytea *bytes = (const bytea *) DatumGetPointer(datum);
		Value		item = {VALUE_MAP, VARSIZE_ANY_EXHDR(bytes), VARDATA_ANY(bytes)};

		restore->item(restore->argument, &item);
	}
	next_change(restore);
}

/* The keys that have changes and come before the item; whether the item itself is such a key. */
static bool
write_changes_before(Restore *restore, const Value *item)
{
	bytea	   *key = key_bytes(restore, item);
	int			order = -1;

	while (restore->has_change && (order = compare_keys(change_key(restore), key)) < 0)
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
	done = change_log_wait(LOG_MILLISECONDS) && read_changes(restore) && run_unnoticed(merge, restore);
	UnregisterSnapshot(restore->snapshot);
	if (restore->sort != NULL)
		tuplesort_end(restore->sort);
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
		return JOB_GOES_ON;
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
	*reason = REASON_MAY_NOT_READ;
	if (!job_may_read(job))
		return JOB_IMPOSSIBLE;
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
