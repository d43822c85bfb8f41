/*
 * filling.c - a table that a job fills.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "replication/origin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "index/index.h"
#include "job/filling.h"
#include "job/pace.h"
#include "table/relation.h"

/* A batch ends behind so many calls, or so many milliseconds. */
#define BATCH_CALLS 500
#define BATCH_MILLISECONDS 500

bool
job_relation_is_there(Oid relation)
{
	return OidIsValid(relation) && SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation));
}

bool
filling_lock(Filling *filling, const Job *job)
{
	char	   *name;

	filling->job = job;
	/* the owner of what is dropped meanwhile waits for nothing but this transaction's end */
	LockRelationOid(job->relation, ShareRowExclusiveLock);
	name = job_relation_is_there(job->relation) ? catalog_name_of_relation(job->relation) : NULL;
	filling->record = name != NULL ? catalog_read_table(name) : NULL;
	return filling->record != NULL && filling->record->creating;
}

static bool
is_empty(Table *table)
{
	TableRange	range = {.total_segments = 1};
	TableScan  *scan = table_scan_begin(table, &range);
	Value		item;
	bool		empty = !table_scan_next(scan, &item);

	table_scan_end(scan);
	return empty;
}

bool
table_has_plain_indexes(Table *table, LOCKMODE lock)
{
	const IndexSet *set = index_set(RelationGetRelid(table->relation));
	bool		plain = true;

	for (int i = 0; i < set->all_count; i++)
	{
		const IndexDefinition *index = &set->indexes[i];
		Table	   *relation = table_open_index(table, index->name, index->relation, lock);

		plain &= relation->only_index;
		table_release(relation);
	}
	return plain;
}

/*
 * Safe as the worker's role, a superuser: the target and its secondary indexes have
 * nothing but their primary indexes and what keeps them, so no trigger, default,
 * constraint or expression of their owner's is there to be run, nor to hold the other
 * jobs up.
 */
bool
filling_open(Filling *filling, bool begun)
{
	filling->scratch = AllocSetContextCreate(CurrentMemoryContext, "ddb item that a job writes",
											 ALLOCSET_DEFAULT_SIZES);
	filling->target = table_open_unguarded(filling->record->name, filling->record->relation,
										   ShareRowExclusiveLock);
	index_attach(filling->target);
	return !table_needs_executor(filling->target) && table_has_plain_indexes(filling->target, ShareRowExclusiveLock) &&
		(begun || is_empty(filling->target));
}

void
job_remove_remains(Oid relation)
{
	SPI_connect();
	relation_run("TRUNCATE ONLY %s", relation_quoted_name(relation));
	SPI_finish();
}

/* Safe as filling_open() has found it: the one trigger is ours, which truncates the secondary indexes too. */
bool
filling_remove_remains(Filling *filling)
{
	if (RelationGetNumberOfBlocks(filling->target->relation) == 0)
		return false;
	filling_close(filling);
	job_remove_remains(filling->record->relation);
	return true;
}

static WriteAction
put(const Value *old_item, Value *new_item, void *argument)
{
	*new_item = *(const Value *) argument;
	return WRITE_PUT;
}

static void
write_by(Filling *filling, Value *item, WriteDecision decide, void *argument)
{
	MemoryContext caller = MemoryContextSwitchTo(filling->scratch);
	PrimaryKey	key = key_of_item(&filling->target->schema, item);

	table_write(filling->target, &key, decide, argument);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(filling->scratch);
}

static void
tell_progress(Filling *filling, const Value *item)
{
	if (filling->quiet)
		return;
	job_progress_items(++filling->items);
	job_progress_bytes(filling->bytes += item_size(item));
}

void
filling_write(Filling *filling, Value *item)
{
	write_by(filling, item, put, item);
	tell_progress(filling, item);
}

typedef struct Addition
{
	const Value *item;
	bool		added;
} Addition;

static WriteAction
add(const Value *old_item, Value *new_item, void *argument)
{
	Addition   *addition = argument;

	addition->added = old_item == NULL;
	*new_item = *addition->item;
	return addition->added ? WRITE_PUT : WRITE_NOTHING;
}

bool
filling_add(Filling *filling, Value *item)
{
	Addition	addition = {.item = item};

	write_by(filling, item, add, &addition);
	if (addition.added)
		tell_progress(filling, item);
	return addition.added;
}

typedef struct Batch
{
	bool		(*next) (void *argument);
	void	   *argument;
	MemoryContext scratch;		/* of one call */
} Batch;

static bool
batch_next(const Batch *batch)
{
	MemoryContext caller = MemoryContextSwitchTo(batch->scratch);
	bool		going = batch->next(batch->argument);

	MemoryContextSwitchTo(caller);
	MemoryContextReset(batch->scratch);
	CHECK_FOR_INTERRUPTS();
	return going;
}

static bool
run_batch(void *argument)
{
	TimestampTz begun = GetCurrentTimestamp();

	for (int i = 0; i < BATCH_CALLS; i++)
	{
		if (!batch_next(argument))
			return true;
		if (TimestampDifferenceExceeds(begun, GetCurrentTimestamp(), BATCH_MILLISECONDS) || pace_is_ahead())
			break;
	}
	return false;
}

bool
filling_batch(bool (*next) (void *argument), void *argument)
{
	Batch		batch = {.next = next,.argument = argument};

	batch.scratch = AllocSetContextCreate(CurrentMemoryContext, "ddb batch of a job", ALLOCSET_DEFAULT_SIZES);
	return run_unnoticed(run_batch, &batch);
}

void
filling_done(Filling *filling)
{
	catalog_set_creating(filling->record, false);
	/* whoever has seen it ACTIVE will find it so after a crash */
	ForceSyncCommit();
}

void
filling_close(Filling *filling)
{
	if (filling->target != NULL)
		table_release(filling->target);
	filling->target = NULL;
}

bool
run_unnoticed(bool (*work) (void *argument), void *argument)
{
	RepOriginId origin = replorigin_session_origin;
	bool		done = false;

	PG_TRY();
	{
		replorigin_session_origin = DoNotReplicateId;
		done = work(argument);
	}
	PG_FINALLY();
	{
		replorigin_session_origin = origin;
	}
	PG_END_TRY();
	return done;
}
