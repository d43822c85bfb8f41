/*
 * expiry.c - items that expire.
 *
 * DynamoDB lets an item expire by a number in one of its attributes, seconds since
 * 1970, once that has come and unless it is more than five years ago, which is more
 * likely to be no time at all.  Anything else in the attribute is no time either.
 *
 * What is due is at the beginning of an index that is ordered by these numbers, so
 * a look at a table reads a path down that index and what it then deletes.  An
 * entry only says where to look: the item is judged by its newest version, with its
 * row locked, and may have been given another time.
 *
 * The deletions of a batch are one transaction, which has rows locked.  So it waits
 * for nobody: what another transaction has locked is passed by, and has its turn in
 * the next walk.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "dump.h"
#include "index/backfill.h"
#include "index/expiry.h"
#include "owner_code.h"
#include "owner_statement.h"
#include "script.h"
#include "table/origin.h"
#include "trigger_call.h"
#include "value/number.h"

/* What is longer ago than five years does not count. */
#define WINDOW_SECONDS (INT64CONST(5) * 365 * SECS_PER_DAY + SECS_PER_DAY)

/* A batch's rows stay locked until its end. */
#define BATCH_MILLISECONDS 20

/* 1970 in PostgreSQL's seconds. */
#define UNIX_EPOCH ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * (int64) SECS_PER_DAY)

int			ddb_ttl_delay = 1000;
int			ddb_ttl_rate = 4000;
int			ddb_ttl_change_interval = 3600;

void		(*expiry_request) (TimestampTz due) = NULL;

void
expiry_define_settings(void)
{
	DefineCustomIntVariable("ddb.ttl_delay",
							"How long expired items may wait for others, to be deleted together.", NULL,
							&ddb_ttl_delay, 1000, 0, 3600000, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.ttl_rate",
							"How many expired items are deleted in a second at most in a database.",
							"0 is no limit.",
							&ddb_ttl_rate, 4000, 0, 1000000, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.ttl_change_interval",
							"How long UpdateTimeToLive refuses to change what it has changed.",
							"0 lets it be changed at any time.",
							&ddb_ttl_change_interval, 3600, 0, 7 * SECS_PER_DAY, PGC_SUSET, GUC_UNIT_S,
							NULL, NULL, NULL);
}

/* ---- Times ---- */

/* The range of times that are due. */
typedef struct DueRange
{
	Value		from;
	Value		until;
} DueRange;

/* The moment as a number of seconds since 1970, which it is later than. */
static Value
number_of(TimestampTz moment)
{
	int64		seconds = moment / USECS_PER_SEC;
	char	   *text = psprintf(INT64_FORMAT ".%06d", seconds + UNIX_EPOCH,
								(int) (moment - seconds * USECS_PER_SEC));
	char	   *stored = palloc(NUMBER_MAX_LENGTH);
	Value		value = {VALUE_NUMBER, number_parse(text, strlen(text), stored), stored};

	return value;
}

static DueRange
due_range(TimestampTz now)
{
	DueRange	range = {
		number_of(now - WINDOW_SECONDS * USECS_PER_SEC), number_of(now)
	};

	return range;
}

static bool
is_due(const DueRange *range, const Value *time)
{
	return time->type == VALUE_NUMBER && value_compare(time, &range->from) >= 0 &&
		value_compare(time, &range->until) <= 0;
}

/* The moment that a number says; DT_NOEND where that is beyond all that matters. */
static TimestampTz
moment_of(const Value *time)
{
	char		text[NUMBER_MAX_TEXT];
	double		seconds;

	number_print(time->data, time->length, text);
	seconds = strtod(text, NULL) - UNIX_EPOCH;
	if (seconds >= (double) (END_TIMESTAMP / USECS_PER_SEC))
		return DT_NOEND;
	return (TimestampTz) (Max(seconds, (double) (MIN_TIMESTAMP / USECS_PER_SEC)) * USECS_PER_SEC);
}

/* The item's time; false where it has no attribute of that name. */
static bool
find_time(const IndexDefinition *index, const Value *item, Value *time)
{
	const KeyAttribute *attribute = &index->schema.sort[0];

	return value_map_find(item, attribute->name, attribute->name_length, time);
}

/* ---- Switching ---- */

const char *
expiry_attribute(const IndexDefinition *index)
{
	return index->schema.sort[0].name;
}

bool
expiry_is_impossible(const TableRecord *table, const char *attribute)
{
	KeySchema	schema;

	catalog_key_schema(table->relation, &schema);
	for (int i = 0; i < key_schema_count(&schema); i++)
	{
		const KeyAttribute *key = key_schema_attribute(&schema, i);

		if (strcmp(key->name, attribute) == 0)
			return key->type != VALUE_NUMBER;
	}
	return false;
}

static bool
is_empty(Oid table)
{
	Relation	relation = table_open(table, AccessShareLock);
	bool		empty = RelationGetNumberOfBlocks(relation) == 0;

	table_close(relation, NoLock);
	return empty;
}

bool
expiry_switch_on(const TableRecord *table, const char *attribute)
{
	IndexDefinition index = {
		.name = EXPIRY_INDEX_NAME,
		.kind = INDEX_EXPIRY,
		.projection = PROJECTION_KEYS_ONLY,
		.settings = "{}",
		.schema = {.sort_count = 1}
	};
	bool		empty = is_empty(table->relation);

	if (expiry_is_impossible(table, attribute))
		return false;
	index.schema.sort[0].name = pstrdup(attribute);
	index.schema.sort[0].name_length = strlen(attribute);
	index.schema.sort[0].type = VALUE_NUMBER;
	secondary_index_create(table, &index, empty ? INDEX_ACTIVE : INDEX_CREATING);
	if (!empty)
		backfill_start(table);
	return true;
}

/* ---- Waking the worker ---- */

void
expiry_expect(const IndexDefinition *index, const Value *item)
{
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	Value		time;
	TimestampTz due;

	if (expiry_request == NULL || !find_time(index, item, &time))
		return;

	/* what comes later is found when the worker looks again anyway */
	due = moment_of(&time);
	if (due < TimestampTzPlusMilliseconds(now, EXPIRY_LOOK_SECONDS * 1000))
		expiry_request(TimestampTzPlusMilliseconds(Max(due, now), ddb_ttl_delay));
}

PG_FUNCTION_INFO_V1(ddb_expiry_wanted);

/* AFTER INSERT OR UPDATE of the record of an index of kind EXPIRY: it is new, filled or restored. */
Datum
ddb_expiry_wanted(PG_FUNCTION_ARGS)
{
	(void) trigger_data(fcinfo, "expiry_wanted");
	if (expiry_request != NULL)
		expiry_request(GetCurrentTimestamp());
	PG_RETURN_POINTER(NULL);
}

/* ---- What there is to do ---- */

List *
expiry_tasks(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *tasks = NIL;
	bool		restored;

	if (!script_is_usable())
		return NIL;

	SPI_connect();
	owner_statement_run(extension_relation("indexes"),
						"SELECT coalesce(t.name, ''), i.table_relation::pg_catalog.oid, i.relation::pg_catalog.oid,"
						" " INDEX_IS_WHOLE ","
						" EXISTS (SELECT FROM pg_catalog.pg_trigger g"
						" JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid"
						" WHERE g.tgrelid = i.table_relation AND p.pronamespace <> 'ddb'::pg_catalog.regnamespace)"
						" FROM ddb.indexes i LEFT JOIN ddb.tables t ON t.relation = i.table_relation"
						" WHERE i.kind = 'EXPIRY' ORDER BY i.relation::pg_catalog.oid",
						0, NULL, NULL, NULL);
	/* behind the reading: who has brought one of them has said so before */
	restored = dump_is_being_restored();
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	descriptor = SPI_tuptable->tupdesc;
		ExpiryTask *task = palloc(sizeof(ExpiryTask));
		bool		isnull;

		task->table = SPI_getvalue(row, descriptor, 1);
		task->table_relation = DatumGetObjectId(SPI_getbinval(row, descriptor, 2, &isnull));
		task->relation = DatumGetObjectId(SPI_getbinval(row, descriptor, 3, &isnull));
		task->ready = !restored && DatumGetBool(SPI_getbinval(row, descriptor, 4, &isnull));
		task->has_code = DatumGetBool(SPI_getbinval(row, descriptor, 5, &isnull));
		tasks = lappend(tasks, task);
	}
	SPI_finish();
	return tasks;
}

/* ---- Walking ---- */

void
expiry_walk_restart(ExpiryWalk *walk)
{
	if (walk->position.data != NULL)
		pfree(unconstify(char *, walk->position.data));
	memset(&walk->position, 0, sizeof(Value));
}

static void
set_position(ExpiryWalk *walk, const Value *entry)
{
	char	   *data = MemoryContextAlloc(walk->context, entry->length);

	memcpy(data, entry->data, entry->length);
	expiry_walk_restart(walk);
	walk->position = *entry;
	walk->position.data = data;
}

/* Opens a scan of the index from the first time that counts, or behind the walk's position. */
static TableScan *
begin_scan(Table *relation, const DueRange *due, const ExpiryWalk *walk)
{
	KeyCondition *condition = palloc0(sizeof(KeyCondition));
	TableRange	range = {.condition = condition,.total_segments = 1};

	condition->sort_operator = SORT_GREATER_OR_EQUAL;
	condition->sort_values[0] = due->from;
	if (walk != NULL && walk->position.data != NULL)
		range.exclusive_start = &walk->position;
	return table_scan_begin(relation, &range);
}

/* The entries that are due from there on, at most so many; tells of more, or of the next one. */
static List *
due_entries(const IndexDefinition *index, Table *relation, const DueRange *due,
			const ExpiryWalk *walk, int most, ExpiryBatch *batch)
{
	TableScan  *scan = begin_scan(relation, due, walk);
	List	   *entries = NIL;
	Value		entry;
	Value		time;

	while (table_scan_next(scan, &entry))
	{
		Value	   *copy;

		if (!find_time(index, &entry, &time))
			continue;
		if (!is_due(due, &time))
		{
			batch->next = moment_of(&time);
			break;
		}
		if (list_length(entries) == most)
		{
			batch->more = true;
			break;
		}
		copy = palloc(sizeof(Value));
		*copy = entry;
		copy->data = memcpy(palloc(entry.length), entry.data, entry.length);
		entries = lappend(entries, copy);
	}
	table_scan_end(scan);
	return entries;
}

/* ---- Deleting ---- */

typedef struct Deletion
{
	const IndexDefinition *index;
	Table	   *table;
	DueRange	due;
	RepOriginId origin;
	bool		decided;		/* the last item that was looked at is due */
} Deletion;

static WriteAction
decide(const Value *old_item, Value *new_item, void *argument)
{
	Deletion   *deletion = argument;
	Value		time;

	deletion->decided = old_item != NULL && find_time(deletion->index, old_item, &time) &&
		is_due(&deletion->due, &time);
	return deletion->decided ? WRITE_DELETE : WRITE_NOTHING;
}

static void
delete_item(Deletion *deletion, const Value *entry, ExpiryBatch *batch)
{
	PrimaryKey	key = key_of_item(&deletion->table->schema, entry);

	if (!table_delete_if_free(deletion->table, &key, decide, deletion, deletion->origin))
		batch->locked++;
	else if (deletion->decided)
		batch->deleted++;
}

/*
 * The same where triggers and constraints may have something against it, which keeps
 * no other item from being deleted.  The current role is the table's owner already;
 * what is run here has a limit in time.
 */
static void
try_delete_item(Deletion *deletion, const Value *entry, ExpiryBatch *batch)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	OwnerActing before;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		owner_code_begin(deletion->table->relation, &before);
		delete_item(deletion, entry, batch);
		owner_code_end(&before);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		bool		waited = geterrcode() == ERRCODE_LOCK_NOT_AVAILABLE;

		HOLD_INTERRUPTS();
		(void) owner_code_failed();
		MemoryContextSwitchTo(caller);
		if (!waited && batch->failed == 0)
			EmitErrorReport();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		RESUME_INTERRUPTS();
		batch->failed += waited ? 0 : 1;
		batch->locked += waited ? 1 : 0;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
}

/* Deletes what of the entries is due still, for so long as a batch may take. */
static void
delete_entries(Deletion *deletion, const List *entries, bool has_code, ExpiryWalk *walk,
			   ExpiryBatch *batch)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), BATCH_MILLISECONDS);
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "ddb expired item",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(scratch);
	ListCell   *cell;

	foreach(cell, entries)
	{
		CHECK_FOR_INTERRUPTS();
		if (has_code)
			try_delete_item(deletion, lfirst(cell), batch);
		else
			delete_item(deletion, lfirst(cell), batch);
		MemoryContextReset(scratch);
		set_position(walk, lfirst(cell));
		if (GetCurrentTimestamp() >= end && lnext(entries, cell) != NULL)
		{
			batch->more = true;
			break;
		}
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
}

/*
 * As the table's owner, so that its triggers can do what it can and no more.  As in
 * PostgreSQL's own maintenance, policies are not asked: they are for who writes a
 * table, and here nobody does.
 */
static void
run_batch(const ExpiryTask *task, Table *table, const IndexDefinition *index, ExpiryWalk *walk,
		  int most, ExpiryBatch *batch)
{
	Deletion	deletion = {.index = index,.table = table,.due = due_range(GetCurrentTimestamp())};
	Table	   *relation = table_open_index(table, index->name, index->relation, RowExclusiveLock);
	List	   *entries = due_entries(index, relation, &deletion.due, walk, most, batch);
	OwnerActing before;

	table_release(relation);
	if (entries == NIL)
		return;
	owner_code_check_triggers(table->relation, TRIGGER_TYPE_DELETE);
	deletion.origin = origin_expiry(true);
	/* at the transaction's end the role would have been left */
	triggers_defer_nothing();
	owner_acting_begin(table->relation, &before);
	delete_entries(&deletion, entries, task->has_code || table->other_triggers, walk, batch);
	owner_acting_end(&before);
}

/* Whether the relation could be locked, and is there; what others wait for is not waited for. */
static bool
lock_if_free(Oid relation, LOCKMODE lock)
{
	return ConditionalLockRelationOid(relation, lock) &&
		SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation));
}

/* The table's index, with both locked; NULL where that cannot be, or it has been switched off. */
static const IndexDefinition *
lock_index(const ExpiryTask *task, LOCKMODE lock)
{
	const IndexDefinition *index;
	char	   *name;

	if (!task->ready || !lock_if_free(task->table_relation, lock))
		return NULL;
	name = catalog_name_of_relation(task->table_relation);
	if (name == NULL || strcmp(name, task->table) != 0)
		return NULL;
	index = index_find_expiry(index_set(task->table_relation));
	return index != NULL && index->relation == task->relation &&
		lock_if_free(index->relation, lock) ? index : NULL;
}

void
expiry_batch(const ExpiryTask *task, ExpiryWalk *walk, int most, ExpiryBatch *batch)
{
	const IndexDefinition *index = lock_index(task, RowExclusiveLock);
	Table	   *table;

	memset(batch, 0, sizeof(ExpiryBatch));
	batch->next = DT_NOEND;
	batch->busy = index == NULL;
	if (index == NULL)
		return;
	table = table_open_unguarded(task->table, task->table_relation, RowExclusiveLock);
	index_attach(table);
	run_batch(task, table, index, walk, most, batch);
	table_release(table);
}

/* ---- For who looks on ---- */

bool
expiry_overdue(const ExpiryTask *task, int64 most, int64 *count, TimestampTz *oldest)
{
	const IndexDefinition *index = lock_index(task, AccessShareLock);
	DueRange	due = due_range(GetCurrentTimestamp());
	Table	   *table;
	Table	   *relation;
	TableScan  *scan;
	Value		entry;
	Value		time;

	*count = 0;
	if (index == NULL)
		return false;
	table = table_open_unguarded(task->table, task->table_relation, AccessShareLock);
	relation = table_open_index(table, index->name, index->relation, AccessShareLock);
	scan = begin_scan(relation, &due, NULL);
	while (*count < most && table_scan_next(scan, &entry) && find_time(index, &entry, &time) &&
		   is_due(&due, &time))
	{
		if ((*count)++ == 0)
			*oldest = moment_of(&time);
	}
	table_scan_end(scan);
	table_release(relation);
	table_release(table);
	return true;
}
