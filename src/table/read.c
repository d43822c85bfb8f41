/*
 * read.c - reading one item, and reading many in order.
 *
 * Both go through the primary index on (hash of the partition key, sort key).
 * Query reads a range of sort keys under one hash.  Scan reads the whole index
 * or, for a segment, a range of hashes: an order that no concurrent write
 * changes, so that a page can be continued behind any key, even one whose item
 * has gone, and segments never overlap.
 *
 * The relation of a secondary index is read as a table is.  Its primary index
 * has up to four sort attributes, and the table's key behind them, hashed and
 * sorted likewise: so its entries have an order, and each a place in it, where
 * many items have the same index key.  What expires is in a relation without a
 * hash in front, all of it in one order.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/nbtree.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "table/layout.h"
#include "table/lookup.h"
#include "table/row.h"
#include "table/row_security.h"
#include "table/table.h"

/* Finds the row with that key, if the role may see it. */
static bool
find_row(const Table *table, const PrimaryKey *key, Snapshot snapshot, TupleTableSlot *slot)
{
	PrimaryIndexEntry entry;

	row_key_entry(table, key, &entry);
	return lookup_row(table, &entry, snapshot, slot) &&
		row_has_partition(table, slot, &key->partition) &&
		row_allowed(table, ROW_READ, slot, snapshot);
}

bool
table_get_at(Table *table, const PrimaryKey *key, Snapshot snapshot, Value *item)
{
	if (table->read_slot == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(GetMemoryChunkContext(table));

		table->read_slot = table_slot_create(table->relation, NULL);
		MemoryContextSwitchTo(caller);
	}
	if (!find_row(table, key, snapshot, table->read_slot))
		return false;
	*item = row_item(table, table->read_slot);
	return true;
}

bool
table_get(Table *table, const PrimaryKey *key, Value *item)
{
	Snapshot	snapshot = table_statement_snapshot();
	bool		found = table_get_at(table, key, snapshot, item);

	UnregisterSnapshot(snapshot);
	return found;
}

/* ---- Ordered reads ---- */

/* An equality for each column, two ends of a range, a starting key. */
#define KEYS_MAX (PRIMARY_INDEX_MAX_COLUMNS + 3)

struct TableScan
{
	Table	   *table;
	TableRange	range;
	Snapshot	snapshot;
	IndexScanDesc scan;
	TupleTableSlot *slot;
	TupleTableSlot *locked_slot;	/* of table_scan_lock(), or NULL */
	MemoryContext item_context; /* what had to be unpacked of the last item */
	ScanDirection direction;
	MemoryContext guard;		/* for looks at the table's rows, where policies apply */
	int			key_count;
	ScanKeyData keys[KEYS_MAX];

	/* what the scan keys point at */
	pg_uuid_t	hash;
	pg_uuid_t	end_hash;
	PrimaryIndexEntry start;
	ScanKeyData start_columns[PRIMARY_INDEX_MAX_COLUMNS];
};

/* ---- Scan keys ---- */

static void
add_key(TableScan *scan, int column, int strategy, Datum datum)
{
	Assert(scan->key_count < KEYS_MAX);
	ScanKeyInit(&scan->keys[scan->key_count++], column, strategy,
				row_column_procedure(scan->table, column, strategy), datum);
}

static void
add_sort_key(TableScan *scan, int column, int strategy, const Value *value)
{
	add_key(scan, column, strategy, row_key_datum(value));
}

/*
 * Reads on behind the starting key, whose columns before `first` are equal in
 * all that is read: by one comparison of the others as a row, to which a B-tree
 * descends at once.
 *
 * Where there are no others, the other scan keys ask for the starting key
 * alone, and nothing is behind it.  That its last column be equal and greater at
 * once is a contradiction, of which a B-tree makes an empty scan.
 */
static void
add_start(TableScan *scan, int first)
{
	Relation	index = scan->table->primary_index;
	int			strategy = scan->range.backward ? BTLessStrategyNumber : BTGreaterStrategyNumber;
	const PrimaryIndexEntry *start = &scan->start;
	ScanKey		header;

	row_index_entry(scan->table, scan->range.exclusive_start, &scan->start);
	if (first >= start->count)
	{
		add_key(scan, start->count, strategy, start->values[start->count - 1]);
		return;
	}

	for (int column = first; column <= start->count; column++)
		ScanKeyEntryInitializeWithInfo(&scan->start_columns[column - first],
									   SK_ROW_MEMBER | (column == start->count ? SK_ROW_END : 0),
									   column, strategy, InvalidOid,
									   index->rd_indcollation[column - 1],
									   index_getprocinfo(index, column, BTORDER_PROC),
									   start->values[column - 1]);

	Assert(scan->key_count < KEYS_MAX);
	header = &scan->keys[scan->key_count++];
	header->sk_flags = SK_ROW_HEADER;
	header->sk_attno = first;
	header->sk_strategy = strategy;
	header->sk_argument = PointerGetDatum(scan->start_columns);
}

/*
 * The least string that is greater than all that begin with the prefix; false
 * where there is none (every byte is 0xFF, which a binary may be).
 */
static bool
prefix_end(const Value *prefix, Value *end)
{
	char	   *bytes = palloc(prefix->length + 1);
	uint32		length = prefix->length;

	memcpy(bytes, prefix->data, length);
	while (length > 0 && (unsigned char) bytes[length - 1] == 0xFF)
		length--;
	if (length == 0)
		return false;
	bytes[length - 1]++;
	end->type = prefix->type;
	end->data = bytes;
	end->length = length;
	return true;
}

/*
 * One end of the range of a sort attribute.  Behind a starting key, which lies
 * in the range, the end that the scan would begin at is left out: a B-tree
 * would go there rather than to the starting key.
 */
static void
add_end(TableScan *scan, int column, int strategy, const Value *value)
{
	bool		lower = strategy == BTGreaterStrategyNumber || strategy == BTGreaterEqualStrategyNumber;

	if (scan->range.exclusive_start == NULL || lower == scan->range.backward)
		add_sort_key(scan, column, strategy, value);
}

static void
add_sort_range(TableScan *scan, int column, const KeyCondition *condition)
{
	const Value *values = condition->sort_values;
	Value		end;

	switch (condition->sort_operator)
	{
		case SORT_ANY:
		case SORT_EQUAL:
			break;
		case SORT_LESS:
			add_end(scan, column, BTLessStrategyNumber, &values[0]);
			break;
		case SORT_LESS_OR_EQUAL:
			add_end(scan, column, BTLessEqualStrategyNumber, &values[0]);
			break;
		case SORT_GREATER:
			add_end(scan, column, BTGreaterStrategyNumber, &values[0]);
			break;
		case SORT_GREATER_OR_EQUAL:
			add_end(scan, column, BTGreaterEqualStrategyNumber, &values[0]);
			break;
		case SORT_BETWEEN:
			add_end(scan, column, BTGreaterEqualStrategyNumber, &values[0]);
			add_end(scan, column, BTLessEqualStrategyNumber, &values[1]);
			break;
		case SORT_BEGINS_WITH:
			add_end(scan, column, BTGreaterEqualStrategyNumber, &values[0]);
			if (prefix_end(&values[0], &end))
				add_end(scan, column, BTLessStrategyNumber, &end);
			break;
	}
}

/* The item collection, then the sort attributes from the left, then the start. */
static void
set_query_keys(TableScan *scan)
{
	const KeyCondition *condition = scan->range.condition;
	int			column = 1;

	if (scan->table->schema.partition_count > 0)
	{
		scan->hash = row_key_hash(condition->partition, scan->table->schema.partition_count);
		add_key(scan, column++, BTEqualStrategyNumber, UUIDPGetDatum(&scan->hash));
	}
	for (int i = 0; i < condition->sort_equal_count; i++)
		add_sort_key(scan, column++, BTEqualStrategyNumber, &condition->sort_equal[i]);
	if (condition->sort_operator == SORT_EQUAL)
		add_sort_key(scan, column++, BTEqualStrategyNumber, &condition->sort_values[0]);
	else
		add_sort_range(scan, column, condition);
	if (scan->range.exclusive_start != NULL)
		add_start(scan, column);
}

/* The first hash of a segment; segments divide the hashes evenly. */
static pg_uuid_t
segment_start(int segment, int total_segments)
{
	uint64		start = (((uint64) segment << 32) + total_segments - 1) / total_segments;
	pg_uuid_t	hash = {{0}};

	for (int i = 0; i < 4; i++)
		hash.data[i] = (unsigned char) (start >> (24 - 8 * i));
	return hash;
}

/* The last segment has no end: its hashes go up to the greatest there is. */
static void
set_scan_keys(TableScan *scan)
{
	int			segment = scan->range.segment;
	int			total_segments = scan->range.total_segments;

	if (scan->range.exclusive_start != NULL)
		add_start(scan, 1);
	else if (segment > 0)
	{
		scan->hash = segment_start(segment, total_segments);
		add_key(scan, 1, BTGreaterEqualStrategyNumber, UUIDPGetDatum(&scan->hash));
	}
	if (segment < total_segments - 1)
	{
		scan->end_hash = segment_start(segment + 1, total_segments);
		add_key(scan, 1, BTLessStrategyNumber, UUIDPGetDatum(&scan->end_hash));
	}
}

/* ---- The walk ---- */

TableScan *
table_scan_begin_at(Table *table, const TableRange *range, Snapshot snapshot)
{
	TableScan  *scan = palloc0(sizeof(TableScan));

	scan->table = table;
	scan->range = *range;
	scan->direction = range->backward ? BackwardScanDirection : ForwardScanDirection;
	scan->snapshot = RegisterSnapshot(snapshot);
	scan->slot = table_slot_create(table->relation, NULL);
	scan->item_context = AllocSetContextCreate(CurrentMemoryContext, "ddb scanned item",
											   ALLOCSET_SMALL_SIZES);
	if (table->guarded != NULL)
		scan->guard = AllocSetContextCreate(CurrentMemoryContext, "ddb guarded index",
											ALLOCSET_DEFAULT_SIZES);
	if (range->condition != NULL)
		set_query_keys(scan);
	else
		set_scan_keys(scan);
	scan->scan = index_beginscan_compat(table->relation, table->primary_index,
										scan->snapshot, scan->key_count, 0);
	index_rescan(scan->scan, scan->keys, scan->key_count, NULL, 0);
	return scan;
}

TableScan *
table_scan_begin(Table *table, const TableRange *range)
{
	Snapshot	snapshot = table_statement_snapshot();
	TableScan  *scan = table_scan_begin_at(table, range, snapshot);

	UnregisterSnapshot(snapshot);
	return scan;
}

/* The row's item, in memory that the next one takes. */
static Value
scanned_item(TableScan *scan, TupleTableSlot *slot)
{
	MemoryContext caller = MemoryContextSwitchTo(scan->item_context);
	Value		item = row_item(scan->table, slot);

	MemoryContextSwitchTo(caller);
	return item;
}

/*
 * Whether the role may see what has been read.  Of an index's entry the
 * table's row tells, as that is what policies are on.
 */
static bool
may_see(TableScan *scan)
{
	const Table *guarded = scan->table->guarded;
	MemoryContext caller;
	PrimaryKey	key;
	TupleTableSlot *slot;
	Value		item;
	bool		found;

	if (guarded == NULL)
		return row_allowed(scan->table, ROW_READ, scan->slot, scan->snapshot);

	caller = MemoryContextSwitchTo(scan->guard);
	item = row_item(scan->table, scan->slot);
	key = key_of_item(&guarded->schema, &item);
	slot = table_slot_create(guarded->relation, NULL);
	found = find_row(guarded, &key, scan->snapshot, slot);
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(scan->guard);
	return found;
}

bool
table_scan_next(TableScan *scan, Value *item)
{
	const KeyCondition *condition = scan->range.condition;

	MemoryContextReset(scan->item_context);
	while (index_getnext_slot(scan->scan, scan->direction, scan->slot))
	{
		CHECK_FOR_INTERRUPTS();
		if (condition != NULL && !row_has_partition(scan->table, scan->slot, condition->partition))
			continue;
		if (!may_see(scan))
			continue;
		*item = scanned_item(scan, scan->slot);
		return true;
	}
	return false;
}

bool
table_scan_fetch(TableScan *scan, Table *table, const PrimaryKey *key, Value *item)
{
	return table_get_at(table, key, scan->snapshot, item);
}

ItemLock
table_scan_lock(TableScan *scan, bool wait, Value *item)
{
	Relation	relation = scan->table->relation;
	TM_FailureData failure;
	TM_Result	result;

	if (scan->locked_slot == NULL)
		scan->locked_slot = table_slot_create(relation, NULL);
	result = table_tuple_lock(relation, &scan->slot->tts_tid, scan->snapshot, scan->locked_slot,
							  GetCurrentCommandId(false), LockTupleShare,
							  wait ? LockWaitBlock : LockWaitSkip,
							  TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
	switch (result)
	{
		case TM_Ok:
			*item = scanned_item(scan, scan->locked_slot);
			return ITEM_LOCKED;
		case TM_WouldBlock:
			return ITEM_BUSY;
		case TM_Deleted:
			return ITEM_GONE;
		default:
			elog(ERROR, "unexpected result %d of locking an item", result);
	}
}

void
table_scan_end(TableScan *scan)
{
	index_endscan(scan->scan);
	if (scan->locked_slot != NULL)
		ExecDropSingleTupleTableSlot(scan->locked_slot);
	ExecDropSingleTupleTableSlot(scan->slot);
	UnregisterSnapshot(scan->snapshot);
	if (scan->guard != NULL)
		MemoryContextDelete(scan->guard);
	MemoryContextDelete(scan->item_context);
	pfree(scan);
}

/* ---- Start keys ---- */

static bool
sort_range_holds(const KeyCondition *condition, const Value *key)
{
	const Value *values = condition->sort_values;

	switch (condition->sort_operator)
	{
		case SORT_ANY:
			return true;
		case SORT_EQUAL:
			return value_equal(key, &values[0]);
		case SORT_LESS:
			return value_compare(key, &values[0]) < 0;
		case SORT_LESS_OR_EQUAL:
			return value_compare(key, &values[0]) <= 0;
		case SORT_GREATER:
			return value_compare(key, &values[0]) > 0;
		case SORT_GREATER_OR_EQUAL:
			return value_compare(key, &values[0]) >= 0;
		case SORT_BETWEEN:
			return value_compare(key, &values[0]) >= 0 && value_compare(key, &values[1]) <= 0;
		case SORT_BEGINS_WITH:
			return key->length >= values[0].length &&
				memcmp(key->data, values[0].data, values[0].length) == 0;
	}
	return false;
}

static Value
attribute_of(const KeyAttribute *attribute, const Value *map)
{
	Value		value;

	if (!value_map_find(map, attribute->name, attribute->name_length, &value))
		elog(ERROR, "starting key lacks key attribute \"%s\"", attribute->name);
	return value;
}

bool
table_range_has_partition(const Table *table, const TableRange *range, const Value *start)
{
	for (int i = 0; i < table->schema.partition_count; i++)
	{
		Value		value = attribute_of(&table->schema.partition[i], start);

		if (!value_equal(&value, &range->condition->partition[i]))
			return false;
	}
	return true;
}

bool
table_range_has_sort(const Table *table, const TableRange *range, const Value *start)
{
	const KeyCondition *condition = range->condition;
	int			equal = condition->sort_equal_count;
	Value		value;

	for (int i = 0; i < equal; i++)
	{
		value = attribute_of(&table->schema.sort[i], start);
		if (!value_equal(&value, &condition->sort_equal[i]))
			return false;
	}
	if (condition->sort_operator == SORT_ANY)
		return true;
	value = attribute_of(&table->schema.sort[equal], start);
	return sort_range_holds(condition, &value);
}

bool
table_range_contains(const Table *table, const TableRange *range, const Value *start)
{
	const KeySchema *schema = &table->schema;
	Value		partition[KEY_MAX_ATTRIBUTES];
	pg_uuid_t	hash;
	pg_uuid_t	bound;

	if (range->condition != NULL)
		return table_range_has_partition(table, range, start) &&
			table_range_has_sort(table, range, start);

	for (int i = 0; i < schema->partition_count; i++)
		partition[i] = attribute_of(&schema->partition[i], start);
	hash = row_key_hash(partition, schema->partition_count);
	bound = segment_start(range->segment, range->total_segments);
	if (memcmp(&hash, &bound, sizeof(hash)) < 0)
		return false;
	if (range->segment == range->total_segments - 1)
		return true;
	bound = segment_start(range->segment + 1, range->total_segments);
	return memcmp(&hash, &bound, sizeof(hash)) < 0;
}

uint64
table_count_entries(Table *table, const Value *partition, uint64 most)
{
	pg_uuid_t	hash = row_key_hash(partition, 1);
	Snapshot	snapshot = table_statement_snapshot();
	ScanKeyData key;
	IndexScanDesc scan;
	uint64		count = 0;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber,
				row_column_procedure(table, 1, BTEqualStrategyNumber), UUIDPGetDatum(&hash));
	scan = index_beginscan_compat(table->relation, table->primary_index, snapshot, 1, 0);
	index_rescan(scan, &key, 1, NULL, 0);
	while (count < most && index_getnext_tid(scan, ForwardScanDirection) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		count++;
	}
	index_endscan(scan);
	UnregisterSnapshot(snapshot);
	return count;
}
