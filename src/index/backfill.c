/*
 * backfill.c - filling an index that was created on a table with items.
 *
 * From the moment that index_create() has committed, every write of an item
 * keeps the index.  What is left are the items from before, which are walked in
 * the order of the table's primary index, that no write changes, in small
 * transactions.  Each item's row is locked, so that no writer of it is at work,
 * and its newest version brought in unless it has an entry.  Writers who come
 * later find the entry as they find any other.  How far it has got stands in
 * ddb.backfills, written by the same transactions.
 *
 * A transaction that has locked rows never waits for another one: it ends
 * before a row that it cannot have, and the next one begins with that.  Nor
 * does it wait for the index's relation, which DROP TABLE locks before the
 * table.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "index/backfill.h"
#include "owner_code.h"
#include "owner_statement.h"
#include "script.h"
#include "trigger_call.h"
#include "value/node.h"

/*
 * A batch's rows stay locked until its end, and its items in memory, so it
 * should not be long.
 */
#define BATCH_ITEMS 200
#define BATCH_BYTES (4 * 1024 * 1024)
#define BATCH_MILLISECONDS 50

void		(*backfill_request) (void) = NULL;

typedef struct Backfill
{
	Table	   *table;
	Table	   *relation;		/* the index's */
	const IndexDefinition *index;
	MemoryContext context;		/* the position's */
	bool		started;		/* there is a position */
	Value		position;		/* the key of the last item that was done */
	int64		items;			/* done by this transaction */
	int64		invalid;		/* of these, not to be indexed for their key's type or size */
} Backfill;

/* ---- The record: ddb.backfills ---- */

static void
set_position(Backfill *backfill, const Value *position)
{
	char	   *data = MemoryContextAlloc(backfill->context, position->length);

	memcpy(data, position->data, position->length);
	if (backfill->started)
		pfree(unconstify(char *, backfill->position.data));
	backfill->position = *position;
	backfill->position.data = data;
	backfill->started = true;
}

static void
read_position(Backfill *backfill)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(backfill->index->relation)};

	SPI_connect();
	if (owner_statement_run(extension_relation("backfills"),
							"SELECT position FROM ddb.backfills WHERE relation = $1",
							1, types, values, NULL) > 0)
	{
		bool		isnull;
		Value		position = value_from_datum(SPI_getbinval(SPI_tuptable->vals[0],
															  SPI_tuptable->tupdesc, 1, &isnull));

		set_position(backfill, &position);
	}
	SPI_finish();
}

static void
write_position(Backfill *backfill)
{
	Oid			types[] = {OIDOID, extension_type("item"), INT8OID, INT8OID};
	Datum		values[] = {
		ObjectIdGetDatum(backfill->index->relation), value_to_datum(&backfill->position),
		Int64GetDatum(backfill->items), Int64GetDatum(backfill->invalid)
	};

	SPI_connect();
	owner_statement_run(extension_relation("backfills"),
						"INSERT INTO ddb.backfills AS b (relation, position, items, invalid, started)"
						" VALUES ($1, $2, $3, $4, pg_catalog.now())"
						" ON CONFLICT (relation) DO UPDATE SET position = excluded.position,"
						" items = b.items + excluded.items, invalid = b.invalid + excluded.invalid",
						lengthof(types), types, values, NULL);
	SPI_finish();
}

static void
finish(Backfill *backfill)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(backfill->index->relation)};

	SPI_connect();
	owner_statement_run(extension_relation("backfills"), "DELETE FROM ddb.backfills WHERE relation = $1",
						1, types, values, NULL);
	SPI_finish();
	index_set_status(RelationGetRelid(backfill->table->relation), backfill->index, INDEX_ACTIVE);

	/* whoever has seen it ACTIVE will find it so after a crash */
	ForceSyncCommit();
}

/* ---- Items ---- */

/* The table's key attributes of an item. */
static Value
key_map(const KeySchema *schema, const Value *item)
{
	Node	   *key = node_map();

	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);
		Value		value;

		if (value_map_find(item, attribute->name, attribute->name_length, &value))
			node_map_set(key, attribute->name, attribute->name_length, node_from_value(&value));
	}
	return node_pack(key);
}

static bool
has_all(const KeySchema *schema, const Value *item)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);
		Value		value;

		if (!value_map_find(item, attribute->name, attribute->name_length, &value))
			return false;
	}
	return true;
}

/* Brings an item in, whose row nobody else can change. */
static void
bring_in(Backfill *backfill, const Value *item)
{
	const IndexDefinition *index = backfill->index;

	if (index_has_item(index, item))
	{
		Value		entry;

		if (table_has_entry(backfill->relation, item))
			return;
		entry = index_project(index, item);
		table_insert_entry(backfill->relation, &entry);
	}
	else if (has_all(&index->schema, item))
		backfill->invalid++;
}

/* Does the item that the scan has given; false if another transaction has it. */
static bool
do_item(Backfill *backfill, TableScan *scan, const Value *item, bool lock_rows, bool wait)
{
	Value		newest = *item;
	ItemLock	lock = lock_rows ? table_scan_lock(scan, wait, &newest) : ITEM_LOCKED;
	MemoryContext scratch;
	MemoryContext caller;
	Value		key;

	if (lock == ITEM_BUSY)
		return false;

	scratch = AllocSetContextCreate(CurrentMemoryContext, "ddb backfilled item",
									ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(scratch);
	if (lock == ITEM_LOCKED)
		bring_in(backfill, &newest);
	key = key_map(&backfill->table->schema, item);
	set_position(backfill, &key);
	backfill->items++;
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(scratch);
	return true;
}

/* Does a batch of the items behind the position. */
static BackfillResult
fill(Backfill *backfill, bool lock_rows, bool wait)
{
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), BATCH_MILLISECONDS);
	Value		start = backfill->position;
	TableRange	range = {.total_segments = 1};
	TableScan  *scan;
	BackfillResult result = BACKFILL_MORE;
	Size		size = 0;
	int			count = 0;
	Value		item;

	if (backfill->started)
	{
		start.data = memcpy(palloc(start.length), start.data, start.length);
		range.exclusive_start = &start;
	}
	scan = table_scan_begin(backfill->table, &range);
	do
	{
		if (!table_scan_next(scan, &item))
		{
			result = BACKFILL_DONE;
			break;
		}
		if (!do_item(backfill, scan, &item, lock_rows, wait && count == 0))
		{
			if (count == 0)
				result = BACKFILL_BUSY;
			break;
		}
		size += item.length;
	} while (++count < BATCH_ITEMS && size < BATCH_BYTES && GetCurrentTimestamp() < end);
	table_scan_end(scan);
	return result;
}

/*
 * The same as the table's owner, for whom it is done: the worker is a superuser,
 * and who creates an index may be one.
 */
static BackfillResult
fill_as_owner(Backfill *backfill, bool lock_rows, bool wait)
{
	OwnerActing before;
	BackfillResult result;

	owner_acting_begin(backfill->table->relation, &before);
	result = fill(backfill, lock_rows, wait);
	owner_acting_end(&before);
	return result;
}

/*
 * Does a batch with its rows locked and writes down how far it got, or where
 * nobody else can write the table, does all.
 */
static BackfillResult
run(Table *table, const IndexDefinition *index, bool lock_rows, bool wait)
{
	Backfill	backfill = {.table = table,.index = index,.context = CurrentMemoryContext};
	MemoryContext batch = AllocSetContextCreate(CurrentMemoryContext, "ddb backfill",
												ALLOCSET_DEFAULT_SIZES);
	BackfillResult result;

	backfill.relation = table_open_index(table, index->name, index->relation, RowExclusiveLock);
	read_position(&backfill);
	do
	{
		MemoryContext caller = MemoryContextSwitchTo(batch);

		result = fill_as_owner(&backfill, lock_rows, wait);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(batch);
	} while (!lock_rows && result == BACKFILL_MORE);

	if (result == BACKFILL_DONE)
		finish(&backfill);
	else if (result == BACKFILL_MORE)
		write_position(&backfill);
	MemoryContextDelete(batch);
	table_release(backfill.relation);
	return result;
}

/* ---- In the call ---- */

void
backfill_start(const TableRecord *record)
{
	const IndexSet *set = index_set(record->relation);
	Table	   *table;

	/* the trigger on ddb.indexes has asked for the worker */
	if (backfill_request != NULL)
		return;

	/* its snapshot would not see what was written before the table was locked */
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot fill a secondary index in a transaction of an isolation level above READ COMMITTED"),
				 errhint("A background worker fills it where ddb is in shared_preload_libraries and max_worker_processes has a place for one.")));

	/* nobody writes meanwhile, so rows need no locks */
	table = table_open_unguarded(record->name, record->relation, ShareRowExclusiveLock);
	for (int i = 0; i < set->all_count; i++)
	{
		if (set->indexes[i].status == INDEX_CREATING)
			(void) run(table, &set->indexes[i], false, false);
	}
	table_release(table);
}

/* ---- In the worker ---- */

List *
backfill_tasks(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *tasks = NIL;

	if (!script_is_usable())
		return NIL;

	SPI_connect();
	owner_statement_run(extension_relation("backfills"),
						"SELECT coalesce(t.name, ''), i.name, i.table_relation::pg_catalog.oid,"
						" " INDEX_IS_WHOLE ","
						" i.relation::pg_catalog.oid,"
						" (SELECT pg_catalog.count(*) > 1 FROM pg_catalog.pg_index x WHERE x.indrelid = i.relation)"
						" FROM ddb.indexes i LEFT JOIN ddb.tables t ON t.relation = i.table_relation"
						" JOIN pg_catalog.pg_class c ON c.oid = i.relation"
						" WHERE i.status = 'CREATING' ORDER BY i.relation::pg_catalog.oid",
						0, NULL, NULL, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	descriptor = SPI_tuptable->tupdesc;
		BackfillTask *task = palloc(sizeof(BackfillTask));
		bool		isnull;

		task->table = SPI_getvalue(row, descriptor, 1);
		task->index = SPI_getvalue(row, descriptor, 2);
		task->table_relation = DatumGetObjectId(SPI_getbinval(row, descriptor, 3, &isnull));
		task->ready = DatumGetBool(SPI_getbinval(row, descriptor, 4, &isnull));
		task->relation = DatumGetObjectId(SPI_getbinval(row, descriptor, 5, &isnull));
		task->has_code = DatumGetBool(SPI_getbinval(row, descriptor, 6, &isnull));
		tasks = lappend(tasks, task);
	}
	SPI_finish();
	return tasks;
}

BackfillResult
backfill_batch(const BackfillTask *task, bool wait)
{
	const IndexDefinition *index;
	TableRecord *record;
	Table	   *table;
	BackfillResult result;

	if (!task->ready)
		return BACKFILL_BUSY;

	/* one worker at a time, even if a launcher has died and left one behind */
	if (!ConditionalLockRelationOid(extension_relation("backfills"), ShareUpdateExclusiveLock))
		return BACKFILL_BUSY;

	/* whoever creates or drops an index of this table has it locked more strongly */
	if (!ConditionalLockRelationOid(task->table_relation, RowExclusiveLock))
		return BACKFILL_BUSY;
	record = catalog_read_table(task->table);
	if (record == NULL || record->relation != task->table_relation)
		return BACKFILL_DONE;
	index = index_find_any(index_set(record->relation), task->index);
	if (index == NULL || index->status != INDEX_CREATING)
		return BACKFILL_DONE;
	if (!ConditionalLockRelationOid(index->relation, RowExclusiveLock) ||
		!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(index->relation)))
		return BACKFILL_BUSY;

	table = table_open_unguarded(record->name, record->relation, RowExclusiveLock);
	result = run(table, index, true, wait);
	table_release(table);
	return result;
}

/* ---- The trigger ---- */

PG_FUNCTION_INFO_V1(ddb_backfill_wanted);

/* AFTER INSERT of an index that is to be filled: by UpdateTable, or restored. */
Datum
ddb_backfill_wanted(PG_FUNCTION_ARGS)
{
	(void) trigger_data(fcinfo, "backfill_wanted");
	if (backfill_request != NULL)
		backfill_request();
	PG_RETURN_POINTER(NULL);
}
