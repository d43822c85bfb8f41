/*
 * batch.c - what the decoder has told, on its way into the log.
 *
 * A batch is one transaction of PostgreSQL's: blocks, shards, statuses and the position
 * are committed together, so each change is in the log once, whatever is killed.
 * It is on disk before others see it, so that no reader has seen a number that
 * a crash could give to another change.
 *
 * What it writes has an origin that decoding leaves out, or the log would be told of itself.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "replication/origin.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "change/batch.h"
#include "change/block.h"
#include "change/log.h"
#include "change/segment.h"
#include "change/shard.h"
#include "change/slot.h"
#include "change/state.h"

/* How large a block becomes, before it is compressed. */
#define BLOCK_SIZE (24 * 1024)

/* So many blocks of a table are not tried after one that could not be compressed. */
#define BLOCKS_UNTRIED 15

/* What is held in blocks that have not become so large. */
#define HELD_SIZE (4 * 1024 * 1024)

/* A batch is written when it is so old or so large. */
#define BATCH_MILLISECONDS 20
#define BATCH_SIZE (1024 * 1024)

/* How long a shard is written before a child goes on. */
#define SHARD_TIME (4 * INT64CONST(3600) * USECS_PER_SEC)

/* WAL without changes for the log behind which its position is written all the same, and how much at once. */
#define KEEP_UP_SIZE (64 * 1024)
#define KEEP_UP_SIZE_AT_ONCE (1024 * 1024)
#define KEEP_UP_MILLISECONDS 30000

/* A table whose changes are wanted: its open shards by slice, and their blocks. */
typedef struct Target
{
	Oid			relation;		/* the hash table's key */
	int			images;
	bool		for_recovery;
	int			slices;
	KeySchema	schema;			/* names alone */
	Shard	  **shards;
	LogBlock   *blocks;
	int			untried;		/* blocks that are not to be compressed */
} Target;

static MemoryContext target_context;	/* of the targets */
static MemoryContext block_context; /* of their blocks */
static MemoryContext change_context;	/* of one change */
static MemoryContext outer_context; /* between batches */
static HTAB *targets = NULL;
static int64 oldest_start;		/* of the shards that are open */

static const char *own_nonce;
static StoredPosition position; /* as it is in the database */
static XLogRecPtr position_commit = InvalidXLogRecPtr;
static TimestampTz position_written = 0;

/* What comes next: the number of the next change, and what has been told since `position`. */
static SequenceNumber next;
static int64 least_time;		/* no change gets an earlier time: what has been published is past */
static XLogRecPtr reached_lsn;
static TimestampTz reached_time;

/* Tables of which a change has not had the key that their shards go by, in TopMemoryContext. */
static List *unfit = NIL;

static bool is_open = false;
static bool in_transaction = false; /* it has begun and not ended yet */
static TimestampTz opened;
static Size held;				/* bytes in blocks */
static Size written;			/* bytes in blocks that have been added */

/* ---- The transaction ---- */

static void
open_batch(void)
{
	if (is_open)
		return;
	outer_context = CurrentMemoryContext;
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	replorigin_session_origin = DoNotReplicateId;
	is_open = true;
	opened = GetCurrentTimestamp();
	held = written = 0;
}

static void
commit_batch(void)
{
	segments_close();
	PopActiveSnapshot();
	CommitTransactionCommand();
	replorigin_session_origin = InvalidRepOriginId;
	position_commit = XactLastCommitEnd;
	position_written = GetCurrentTimestamp();
	is_open = false;
	MemoryContextReset(block_context);
	MemoryContextSwitchTo(outer_context);
}

/* ---- Blocks ---- */

/* Compresses where there is hope: to learn that it saves nothing takes a good part of the writer's time. */
static void
try_compression(Target *target, LogBlock *block)
{
	if (target->untried > 0)
		target->untried--;
	else if (!block_compress(block))
		target->untried = BLOCKS_UNTRIED;
}

static void
write_block(Target *target, int slice)
{
	LogBlock   *block = &target->blocks[slice];

	if (block->records == 0)
		return;
	held -= block->data.len;
	written += block->data.len;
	try_compression(target, block);
	segment_add(block, target->for_recovery, position.last.time);
	block_end(block);
}

static void
write_blocks(void)
{
	HASH_SEQ_STATUS scan;
	Target	   *target;

	if (held == 0)
		return;
	hash_seq_init(&scan, targets);
	while ((target = hash_seq_search(&scan)) != NULL)
	{
		for (int slice = 0; slice < target->slices; slice++)
			write_block(target, slice);
	}
	Assert(held == 0);
}

/* ---- Targets ---- */

static void
set_attribute(KeyAttribute *attribute, char *name)
{
	attribute->name = name;
	attribute->name_length = strlen(name);
}

static Target *
make_target(const Shard *shard)
{
	bool		found;
	Target	   *target = hash_search(targets, &shard->relation, HASH_ENTER, &found);

	if (found)
		return target;
	target->images = want_images(shard->relation, shard->label);
	target->for_recovery = want_recovery(shard->relation);
	target->slices = shard->slices;
	memset(&target->schema, 0, sizeof(KeySchema));
	target->schema.partition_count = 1;
	set_attribute(&target->schema.partition[0], shard->partition_key);
	if (shard->sort_key != NULL)
	{
		target->schema.sort_count = 1;
		set_attribute(&target->schema.sort[0], shard->sort_key);
	}
	target->shards = palloc0(sizeof(Shard *) * shard->slices);
	target->blocks = palloc0(sizeof(LogBlock) * shard->slices);
	target->untried = 0;
	return target;
}

/* Reads again which shards are open; in the batch's transaction, when no block holds anything. */
static void
load_targets(void)
{
	HASHCTL		control = {.keysize = sizeof(Oid),.entrysize = sizeof(Target),.hcxt = target_context};
	MemoryContext caller;
	ListCell   *cell;

	MemoryContextReset(target_context);
	caller = MemoryContextSwitchTo(target_context);
	targets = hash_create("ddb log targets", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	oldest_start = PG_INT64_MAX;
	foreach(cell, shards_open())
	{
		Shard	   *shard = lfirst(cell);
		Target	   *target = make_target(shard);

		target->shards[shard->slice] = shard;
		oldest_start = Min(oldest_start, shard->start.time);
	}
	MemoryContextSwitchTo(caller);
}

/* Ends open shards for that reason, and has children go on. */
static void
replace_shard(const Shard *shard, SequenceNumber at, const char *reason)
{
	shard_end(shard, at, reason);
	shards_begin(shard->relation, shard->label, shard->slices, shard, at);
}

static void
replace_shards_of(const Target *target, SequenceNumber at, const char *reason)
{
	for (int slice = 0; slice < target->slices; slice++)
	{
		if (target->shards[slice] != NULL)
			replace_shard(target->shards[slice], at, reason);
	}
}

/* ---- Shards that are old ---- */

static void
roll_shards(void)
{
	ListCell   *cell;

	if (next.time - SHARD_TIME < oldest_start)
		return;
	open_batch();
	write_blocks();
	foreach(cell, shards_open())
	{
		const Shard *shard = lfirst(cell);

		if (shard->start.time <= next.time - SHARD_TIME)
			replace_shard(shard, next, "rolled");
	}
	load_targets();
}

/* ---- Holes ---- */

static void
tell_hole(XLogRecPtr from, XLogRecPtr to)
{
	ereport(LOG,
			(errmsg("the change log of this database has a hole"),
			 errdetail("Changes that were committed between %X/%X and %X/%X are not in it. "
					   "Shards have ended there, and others have begun.",
					   LSN_FORMAT_ARGS(from), LSN_FORMAT_ARGS(to))));
	log_state_count_hole();
}

/* What lies before `start` cannot be had; their children begin where changes can be told again. */
static void
begin_behind_hole(XLogRecPtr start, TimestampTz time)
{
	SequenceNumber end = sequence_behind(position.last);
	List	   *open = shards_open();
	ListCell   *cell;

	if (open != NIL)
		tell_hole(position.lsn, start);
	next = (SequenceNumber) {Max(sequence_time(time), position.last.time + 1), 0};
	foreach(cell, open)
	{
		const Shard *shard = lfirst(cell);

		shard_end(shard, sequence_number_compare(end, shard->start) > 0 ? end : shard->start, "hole");
		shards_begin(shard->relation, shard->label, shard->slices, shard, next);
	}
	position.lsn = start;
	position.last = (SequenceNumber) {next.time, -1};
	position.reached = Max(position.reached, time);
	namestrcpy(&position.slot, slot_name());
	position_write(&position);
}

void
batch_start(XLogRecPtr start, TimestampTz time, const char *nonce)
{
	target_context = AllocSetContextCreate(TopMemoryContext, "ddb log targets", ALLOCSET_DEFAULT_SIZES);
	block_context = AllocSetContextCreate(TopMemoryContext, "ddb log blocks", ALLOCSET_DEFAULT_SIZES);
	change_context = AllocSetContextCreate(TopMemoryContext, "ddb log change", ALLOCSET_DEFAULT_SIZES);
	own_nonce = nonce;

	open_batch();
	if (!position_read(&position))
		position = (StoredPosition) {.last = {0, -1}};
	next = sequence_behind(position.last);
	if (start > position.lsn || strcmp(NameStr(position.slot), slot_name()) != 0)
		begin_behind_hole(start, time);
	/* an earlier writer has told that all commits up to this moment are in the log */
	least_time = Max(position.last.time, sequence_time(position.reached) + 1);
	reached_lsn = position.lsn;
	reached_time = position.reached;
	load_targets();
	commit_batch();
	log_state_publish(position.lsn, position.reached);
}

/* ---- What the decoder tells ---- */

void
batch_begin_transaction(const QueueMessage *message)
{
	int64		time = Max(Max(next.time, least_time), sequence_time(message->time));

	if (time > next.time)
		next = (SequenceNumber) {time, 0};
	in_transaction = true;
	roll_shards();
}

/* The block of the shard that the change belongs to. */
static LogBlock *
block_of_change(Target *target, const Value *item, int *slice)
{
	const KeyAttribute *key = &target->schema.partition[0];
	Value		partition = {0};
	LogBlock   *block;

	(void) value_map_find(item, key->name, key->name_length, &partition);
	*slice = shard_slice(&partition, target->slices);
	block = &target->blocks[*slice];
	if (block->records == 0)
	{
		MemoryContext caller = MemoryContextSwitchTo(block_context);

		block_begin(block, target->shards[*slice]->number);
		block->first = next;
		held += block->data.len;
		MemoryContextSwitchTo(caller);
	}
	return block;
}

static bool
has_key(const KeySchema *schema, const Value *item)
{
	Value		value;

	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);

		if (!value_map_find(item, attribute->name, attribute->name_length, &value))
			return false;
	}
	return true;
}

/*
 * A table whose owner has got round what keeps its key as it is has a hole from
 * then on, and others have their changes.
 */
static void
leave_out(const Target *target)
{
	MemoryContext caller;

	if (list_member_oid(unfit, target->relation))
		return;
	caller = MemoryContextSwitchTo(TopMemoryContext);
	unfit = lappend_oid(unfit, target->relation);
	MemoryContextSwitchTo(caller);
	ereport(LOG,
			(errmsg("changes of relation %u are left out of the change log: they do not have its table's key",
					target->relation)));
	write_blocks();
	replace_shards_of(target, next, "hole");
	load_targets();
}

static void
add_record(Target *target, ChangeRecord *record, const Value *item)
{
	MemoryContext caller = MemoryContextSwitchTo(change_context);
	int			slice;
	LogBlock   *block = block_of_change(target, item, &slice);
	int			before = block->data.len;

	change_record_pack(&block->data, record, &target->schema, target->images);
	block->last = record->sequence;
	block->records++;
	held += block->data.len - before;
	if (block->data.len >= BLOCK_SIZE)
		write_block(target, slice);
	if (held >= HELD_SIZE)
		write_blocks();
	MemoryContextSwitchTo(caller);
	MemoryContextReset(change_context);
}

void
batch_add_change(const QueueMessage *message, const char *data)
{
	Target	   *target = hash_search(targets, &message->relation, HASH_FIND, NULL);
	ChangeRecord record = {.sequence = next,.kind = message->change,.by_service = message->by_service};
	const Value *item;

	if (target == NULL)
		return;
	open_batch();
	if (message->old_length > 0)
		record.old_item = (Value) {VALUE_MAP, message->old_length, data};
	if (message->new_length > 0)
		record.new_item = (Value) {VALUE_MAP, message->new_length, data + message->old_length};
	item = record.new_item.data != NULL ? &record.new_item : &record.old_item;
	if (has_key(&target->schema, item))
		add_record(target, &record, item);
	else
		leave_out(target);
	next.ordinal++;
}

void
batch_add_truncate(const QueueMessage *message)
{
	Target	   *target = hash_search(targets, &message->relation, HASH_FIND, NULL);

	if (target == NULL)
		return;
	open_batch();
	write_blocks();
	tell_hole(position.lsn, message->lsn);
	replace_shards_of(target, next, "hole");
	load_targets();
}

bool
batch_add_note(const QueueMessage *message, const char *data, Want *want, bool *done)
{
	if (!want_read(data, message->old_length, own_nonce, want))
		return false;
	open_batch();
	write_blocks();
	*done = want_carry_out(want, next);
	/* it has its place among the changes */
	next.ordinal++;
	load_targets();
	return true;
}

/* Nobody reads of a commit what they could not see in the table; a synchronous standby may be waited for. */
static void
wait_until_visible(TransactionId xid)
{
	int			timeout = LockTimeout;

	if (!TransactionIdIsInProgress(xid))
		return;
	LockTimeout = 0;
	XactLockTableWait(xid, NULL, NULL, XLTW_None);
	LockTimeout = timeout;
}

void
batch_end_transaction(const QueueMessage *message)
{
	if (is_open)
		wait_until_visible(message->xid);
	in_transaction = false;
	reached_lsn = message->lsn;
	/* another commit can have the same time */
	reached_time = Max(reached_time, time_of_sequence(next.time - 1));
}

static void
publish(void)
{
	log_state_publish(reached_lsn, reached_time);
	least_time = Max(least_time, sequence_time(reached_time) + 1);
}

void
batch_note_progress(const QueueMessage *message)
{
	reached_lsn = Max(reached_lsn, message->lsn);
	reached_time = Max(reached_time, message->time);
	if (!is_open)
		publish();
}

/* ---- Writing ---- */

bool
batch_is_large(void)
{
	return is_open && held + written >= BATCH_SIZE;
}

long
batch_due(void)
{
	long		age;

	if (!is_open || in_transaction)
		return -1;
	if (batch_is_large())
		return 0;
	age = TimestampDifferenceMilliseconds(opened, GetCurrentTimestamp());
	return Max(BATCH_MILLISECONDS - age, 0);
}

bool
batch_is_open(void)
{
	return is_open;
}

static void
store_position(void)
{
	position.lsn = reached_lsn;
	position.last = (SequenceNumber) {next.time, next.ordinal - 1};
	position.reached = reached_time;
	position_write(&position);
}

void
batch_finish(void)
{
	Assert(is_open && !in_transaction);
	write_blocks();
	store_position();
	commit_batch();
	publish();
}

void
batch_keep_up(void)
{
	XLogRecPtr	behind = reached_lsn - position.lsn;

	if (is_open || in_transaction || behind < KEEP_UP_SIZE ||
		(behind < KEEP_UP_SIZE_AT_ONCE &&
		 !TimestampDifferenceExceeds(position_written, GetCurrentTimestamp(), KEEP_UP_MILLISECONDS)))
		return;
	open_batch();
	batch_finish();
}

XLogRecPtr
batch_position(XLogRecPtr *commit_end)
{
	*commit_end = position_commit;
	return position.lsn;
}

bool
batch_is_in_transaction(void)
{
	return in_transaction;
}
