/*
 * net_change.c - what the changes between two moments come to, key by key.
 *
 * The log has of each change what the item was before.  So what a key was before the
 * window is the old image of its first change in it, and what it was behind the window the old
 * image of its first change there; where it has none there, it is still what it is
 * now.  The changes of these keys are sorted by key, and what is now is read in a snapshot, in the order of
 * the primary index.
 *
 * It is exact while the table is written.  Before the snapshot is taken, the log has come
 * to the end of the window, and what is in the log is over for others: so the snapshot has all changes of the
 * window.  Before the changes are read, the log has all that the snapshot sees: so a key
 * without a change behind the window has in the snapshot what it was there.
 *
 * The cost is that of the log from the window's beginning on, and of the keys that were changed in it,
 * in flat memory: the sort goes to temporary files, and changes behind the window of other keys are passed
 * over by a Bloom filter.
 */
#include "postgres.h"

#include "lib/bloomfilter.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "change/continuous_backups.h"
#include "change/log.h"
#include "compat.h"
#include "job/change_sort.h"
#include "job/net_change.h"
#include "job/pace.h"

/* How long the log is waited for at a time. */
#define LOG_MILLISECONDS 10000

/* The filter's: for so many keys, in so many kilobytes at most. */
#define FILTER_KEYS 10000000
#define FILTER_KILOBYTES 16384

#define REASON_NO_CHANGES "changes between these moments are not in the log any more"

typedef struct NetChanges
{
	const Job  *job;
	int64		from;
	int64		to;
	TakeNetChange take;
	void	   *argument;
	Table	   *source;
	Snapshot	snapshot;		/* of the source */
	MemoryContext scratch;		/* of one change */
	MemoryContext group;		/* of one key */
	int64		changes;		/* read */
	bloom_filter *filter;		/* keys with changes in the window */
	HTAB	   *known;			/* some of them */
	ChangeSort *sort;			/* with the old item, or with the keys of one that there was not */
	SortedChange next;			/* of the sort */
	bool		has_next;
} NetChanges;

/* A key whose changes are not all sorted. */
typedef struct ChangedKey
{
	KnownKey	key;
	SequenceNumber last;		/* of its changes in the window */
	bool		several;		/* there are more of them than the first one */
	bool		behind;			/* it has one behind the window */
} ChangedKey;

/* ---- The changes ---- */

static void
begin_sort(NetChanges *net)
{
	HASHCTL		control = {
		.keysize = sizeof(KnownKey),.entrysize = sizeof(ChangedKey),.hcxt = CurrentMemoryContext
	};

	net->filter = bloom_create(FILTER_KEYS, Min(maintenance_work_mem, FILTER_KILOBYTES), 0);
	net->known = hash_create("ddb changed keys", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	net->sort = change_sort_begin();
}

/* What is known of the key; *found says whether it was before.  NULL where there is no place for it. */
static ChangedKey *
find_known(NetChanges *net, const bytea *key, bool *found)
{
	KnownKey	known;
	ChangedKey *entry;

	*found = false;
	if (!known_key_of(key, &known))
		return NULL;
	entry = hash_search(net->known, &known,
						hash_get_num_entries(net->known) < KNOWN_KEYS ? HASH_ENTER : HASH_FIND, found);
	if (entry != NULL && !*found)
		entry->several = entry->behind = false;
	return entry;
}

static void
put_change(NetChanges *net, const bytea *key, const ChangeRecord *record)
{
	bool		was_there = record->kind != CHANGE_INSERT;

	change_sort_put(net->sort, key, record->sequence, was_there ? &record->old_item : NULL,
					was_there ? NULL : &record->keys);
}

/* Of the changes of a key that is known, the first one is sorted; of the last one only its number matters. */
static void
add_change_in_window(NetChanges *net, const bytea *key, const ChangeRecord *record)
{
	bool		found;
	ChangedKey *known = find_known(net, key, &found);

	bloom_add_element(net->filter, (unsigned char *) VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key));
	if (known != NULL)
		known->last = record->sequence;
	if (found)
		known->several = true;
	else
		put_change(net, key, record);
}

static void
add_change_behind(NetChanges *net, const bytea *key, const ChangeRecord *record)
{
	KnownKey	known;
	ChangedKey *entry = NULL;

	if (bloom_lacks_element(net->filter, (unsigned char *) VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key)))
		return;
	if (known_key_of(key, &known))
		entry = hash_search(net->known, &known, HASH_FIND, NULL);
	if (entry != NULL && entry->behind)
		return;
	if (entry != NULL)
		entry->behind = true;
	put_change(net, key, record);
}

static void
add_change(NetChanges *net, const ChangeRecord *record)
{
	const bytea *key = change_sort_key(net->source, &record->keys);

	change_check_old_item(net->source, record);
	if (record->sequence.time < net->to)
		add_change_in_window(net, key, record);
	else
		add_change_behind(net, key, record);
}

/* False where the job has to give way. */
static bool
read_shard(NetChanges *net, const Shard *shard)
{
	LogReader  *reader = log_read_begin(shard, &net->source->schema, (SequenceNumber) {net->from, 0}, false);
	bool		going = true;
	ChangeRecord record;

	while (going && log_read_next(reader, &record))
	{
		MemoryContext caller = MemoryContextSwitchTo(net->scratch);

		add_change(net, &record);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(net->scratch);
		job_progress_changes(++net->changes);
		pace_add(record.keys.length + record.old_item.length);
		going = !job_is_in_the_way(net->job);
	}
	log_read_end(reader);
	return going;
}

/* The last changes of known keys that have several. */
static void
put_last_changes(NetChanges *net)
{
	HASH_SEQ_STATUS status;
	const ChangedKey *known;

	hash_seq_init(&status, net->known);
	while ((known = hash_seq_search(&status)) != NULL)
	{
		bytea	   *key;

		if (!known->several)
			continue;
		key = palloc(VARHDRSZ + known->key.length);
		SET_VARSIZE(key, VARHDRSZ + known->key.length);
		memcpy(VARDATA(key), known->key.bytes, known->key.length);
		change_sort_put(net->sort, key, known->last, NULL, NULL);
		pfree(key);
	}
}

/*
 * From the oldest shard to the newest, so that of a key's changes the first comes first: shards
 * of one time have different keys.
 */
static bool
read_changes(NetChanges *net)
{
	bool		going = true;
	ListCell   *cell;

	begin_sort(net);
	foreach(cell, shards_of(RelationGetRelid(net->source->relation), NULL))
	{
		const Shard *shard = lfirst(cell);

		if (going && (shard->open || shard->end.time >= net->from))
			going = read_shard(net, shard);
	}
	if (!going)
		return false;
	put_last_changes(net);
	change_sort_perform(net->sort);
	return true;
}

/* ---- Key by key ---- */

static Value
copy_of(const Value *value)
{
	Value		copy = *value;

	if (value->data != NULL)
		copy.data = memcpy(palloc(value->length), value->data, value->length);
	return copy;
}

static void
advance(NetChanges *net)
{
	net->has_next = change_sort_next(net->sort, &net->next);
}

/* What the key is now; false where there is no item. */
static bool
item_now(NetChanges *net, const Value *keys, Value *item)
{
	PrimaryKey	key = key_of_item(&net->source->schema, keys);

	return table_get_at(net->source, &key, net->snapshot, item);
}

/* The changes of the key that comes next; changes behind the window alone come to nothing. */
static void
take_key(NetChanges *net)
{
	const bytea *first = net->next.key;
	bytea	   *key = memcpy(palloc(VARSIZE_ANY(first)), first, VARSIZE_ANY(first));
	Value		before = copy_of(&net->next.item);
	Value		behind = {0};
	bool		has_behind = false;
	NetChange	change = {.time = -1};

	change.keys = before.data != NULL ? change_keys_of_item(&net->source->schema, &before) : copy_of(&net->next.keys);
	for (; net->has_next && change_sort_compare(net->next.key, key) == 0; advance(net))
	{
		if (net->next.sequence.time < net->to)
			change.time = net->next.sequence.time;
		else if (!has_behind)
		{
			has_behind = true;
			behind = copy_of(&net->next.item);
		}
	}
	if (change.time < 0)
		return;
	if (has_behind ? behind.data != NULL : item_now(net, &change.keys, &behind))
		change.new_item = &behind;
	if (before.data != NULL)
		change.old_item = &before;
	if (change.old_item != NULL || change.new_item != NULL)
		net->take(net->argument, &change);
}

/* False where the job has to give way. */
static bool
take_changes(NetChanges *net)
{
	bool		going = true;

	advance(net);
	while (going && net->has_next)
	{
		MemoryContext caller = MemoryContextSwitchTo(net->group);

		CHECK_FOR_INTERRUPTS();
		take_key(net);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(net->group);
		going = !job_is_in_the_way(net->job);
	}
	return going;
}

/* ---- All of it ---- */

/*
 * Whether its log has all changes from the window's beginning on.  It may lose them while they are
 * read, so this is asked before and after.
 */
static bool
has_changes(const NetChanges *net, RecoveryWindow *window)
{
	return recovery_window(RelationGetRelid(net->source->relation), window) && window->earliest <= net->from;
}

static JobResult
read_window(NetChanges *net, const char **reason)
{
	RecoveryWindow window;
	bool		done;

	*reason = REASON_NO_CHANGES;
	if (!has_changes(net, &window))
		return JOB_IMPOSSIBLE;
	if (window.latest < net->to &&
		(!change_log_wait(LOG_MILLISECONDS, job_look) || !has_changes(net, &window) || window.latest < net->to))
		return JOB_BUSY;
	net->snapshot = RegisterSnapshot(GetLatestSnapshot());
	done = change_log_wait(LOG_MILLISECONDS, job_look) && read_changes(net) && take_changes(net);
	UnregisterSnapshot(net->snapshot);
	if (net->sort != NULL)
		change_sort_end(net->sort);
	if (!done)
		return JOB_BUSY;
	return has_changes(net, &window) ? JOB_DONE : JOB_IMPOSSIBLE;
}

JobResult
net_changes_read(const Job *job, int64 from, int64 to, TakeNetChange take, void *argument, const char **reason)
{
	NetChanges	net = {.job = job,.from = from,.to = to,.take = take,.argument = argument};
	JobResult	result;

	net.source = table_open_unguarded(get_rel_name(job->source), job->source, AccessShareLock);
	net.scratch = AllocSetContextCreate(CurrentMemoryContext, "ddb change in the log", ALLOCSET_DEFAULT_SIZES);
	net.group = AllocSetContextCreate(CurrentMemoryContext, "ddb changed key", ALLOCSET_DEFAULT_SIZES);
	result = read_window(&net, reason);
	table_release(net.source);
	return result;
}
