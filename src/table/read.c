/*
 * read.c - reading one item, and reading many in order.
 *
 * Both go through the primary index on (hash of the partition key, sort key).
 * Query reads a range of sort keys under one hash.  Scan reads the whole index
 * or, for a segment, a range of hashes: an order that no concurrent write
 * changes, so that a page can be continued behind any key, even one whose item
 * has gone, and segments never overlap.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/nbtree.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "table/layout.h"
#include "table/row.h"
#include "table/table.h"

static Value
copy_value(const Value *value)
{
	Value		copy = *value;
	char	   *data = palloc(value->length);

	memcpy(data, value->data, value->length);
	copy.data = data;
	return copy;
}

bool
table_get(Table *table, const PrimaryKey *key, Value *item)
{
	Snapshot	snapshot = row_statement_snapshot();
	TupleTableSlot *slot = table_slot_create(table->relation, NULL);
	IndexScanDesc scan;
	ScanKeyData keys[2];
	pg_uuid_t	hash;
	int			count = row_scan_keys(table, key, &hash, keys);
	bool		found = false;

	scan = index_beginscan_compat(table->relation, table->primary_index, snapshot, count, 0);
	index_rescan(scan, keys, count, NULL, 0);
	while (!found && index_getnext_slot(scan, ForwardScanDirection, slot))
	{
		if (row_has_partition(table, slot, &key->partition))
		{
			Value		stored = row_item(table, slot);

			*item = copy_value(&stored);
			found = true;
		}
	}
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
	return found;
}

/* ---- Ordered reads ---- */

/*
 * A scan is one walk over the index or two: behind an exclusive start key,
 * Scan reads first the rest of that key's item collection, then the greater
 * hashes.
 */
struct TableScan
{
	Table	   *table;
	TableRange	range;
	Snapshot	snapshot;
	IndexScanDesc scan;
	TupleTableSlot *slot;
	ScanDirection direction;
	const Value *partition;		/* what rows must have, or NULL */
	bool		another_walk;	/* the greater hashes are still to be read */
	pg_uuid_t	hash;			/* what the scan keys point at */
	pg_uuid_t	upper_hash;
	int			key_count;
	ScanKeyData keys[4];
};

static void
add_hash_key(TableScan *scan, int strategy, RegProcedure procedure, pg_uuid_t *hash)
{
	ScanKeyInit(&scan->keys[scan->key_count++], 1, strategy, procedure, UUIDPGetDatum(hash));
}

static void
add_sort_key(TableScan *scan, int strategy, const Value *value)
{
	ValueType	type = scan->table->schema.sort[0].type;

	ScanKeyInit(&scan->keys[scan->key_count++], 2, strategy,
				layout_key_procedure(type, strategy), row_key_datum(value));
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

static void
add_sort_condition(TableScan *scan, const KeyCondition *condition)
{
	const Value *values = condition->sort_values;
	Value		end;

	if (condition->sort_equal_count > 0)
	{
		add_sort_key(scan, BTEqualStrategyNumber, &condition->sort_equal[0]);
		return;
	}

	switch (condition->sort_operator)
	{
		case SORT_ANY:
			break;
		case SORT_EQUAL:
			add_sort_key(scan, BTEqualStrategyNumber, &values[0]);
			break;
		case SORT_LESS:
			add_sort_key(scan, BTLessStrategyNumber, &values[0]);
			break;
		case SORT_LESS_OR_EQUAL:
			add_sort_key(scan, BTLessEqualStrategyNumber, &values[0]);
			break;
		case SORT_GREATER:
			add_sort_key(scan, BTGreaterStrategyNumber, &values[0]);
			break;
		case SORT_GREATER_OR_EQUAL:
			add_sort_key(scan, BTGreaterEqualStrategyNumber, &values[0]);
			break;
		case SORT_BETWEEN:
			add_sort_key(scan, BTGreaterEqualStrategyNumber, &values[0]);
			add_sort_key(scan, BTLessEqualStrategyNumber, &values[1]);
			break;
		case SORT_BEGINS_WITH:
			add_sort_key(scan, BTGreaterEqualStrategyNumber, &values[0]);
			if (prefix_end(&values[0], &end))
				add_sort_key(scan, BTLessStrategyNumber, &end);
			break;
	}
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

static void
set_query_keys(TableScan *scan)
{
	const TableRange *range = &scan->range;
	const KeyCondition *condition = range->condition;

	scan->partition = &condition->partition[0];
	scan->hash = row_key_hash(scan->partition, scan->table->schema.partition_count);
	add_hash_key(scan, BTEqualStrategyNumber, F_UUID_EQ, &scan->hash);
	if (scan->table->schema.sort_count == 0)
		return;
	add_sort_condition(scan, condition);
	if (range->exclusive_start != NULL)
		add_sort_key(scan, range->backward ? BTLessStrategyNumber : BTGreaterStrategyNumber,
					 &range->exclusive_start->sort);
}

/* The last segment has no end: its hashes go up to the greatest there is. */
static void
add_segment_end(TableScan *scan)
{
	const TableRange *range = &scan->range;

	if (range->segment == range->total_segments - 1)
		return;
	scan->upper_hash = segment_start(range->segment + 1, range->total_segments);
	add_hash_key(scan, BTLessStrategyNumber, F_UUID_LT, &scan->upper_hash);
}

static void
set_scan_keys(TableScan *scan)
{
	const TableRange *range = &scan->range;

	if (range->exclusive_start == NULL)
	{
		scan->hash = segment_start(range->segment, range->total_segments);
		add_hash_key(scan, BTGreaterEqualStrategyNumber, F_UUID_GE, &scan->hash);
		add_segment_end(scan);
		return;
	}

	scan->hash = row_key_hash(&range->exclusive_start->partition, 1);
	if (scan->table->schema.sort_count > 0)
	{
		scan->another_walk = true;
		add_hash_key(scan, BTEqualStrategyNumber, F_UUID_EQ, &scan->hash);
		add_sort_key(scan, BTGreaterStrategyNumber, &range->exclusive_start->sort);
	}
	else
	{
		add_hash_key(scan, BTGreaterStrategyNumber, F_UUID_GT, &scan->hash);
		add_segment_end(scan);
	}
}

static void
begin_walk(TableScan *scan)
{
	Table	   *table = scan->table;

	scan->scan = index_beginscan_compat(table->relation, table->primary_index,
										scan->snapshot, scan->key_count, 0);
	index_rescan(scan->scan, scan->keys, scan->key_count, NULL, 0);
}

/* Goes on from the start key's item collection to the greater hashes. */
static void
begin_second_walk(TableScan *scan)
{
	index_endscan(scan->scan);
	scan->another_walk = false;
	scan->key_count = 0;
	add_hash_key(scan, BTGreaterStrategyNumber, F_UUID_GT, &scan->hash);
	add_segment_end(scan);
	begin_walk(scan);
}

TableScan *
table_scan_begin(Table *table, const TableRange *range)
{
	TableScan  *scan = palloc0(sizeof(TableScan));

	scan->table = table;
	scan->range = *range;
	scan->direction = range->backward ? BackwardScanDirection : ForwardScanDirection;
	scan->snapshot = row_statement_snapshot();
	scan->slot = table_slot_create(table->relation, NULL);
	if (range->condition != NULL)
		set_query_keys(scan);
	else
		set_scan_keys(scan);
	begin_walk(scan);
	return scan;
}

bool
table_scan_next(TableScan *scan, Value *item)
{
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		if (!index_getnext_slot(scan->scan, scan->direction, scan->slot))
		{
			if (!scan->another_walk)
				return false;
			begin_second_walk(scan);
			continue;
		}
		if (scan->partition == NULL ||
			row_has_partition(scan->table, scan->slot, scan->partition))
			break;
	}
	*item = row_item(scan->table, scan->slot);
	return true;
}

void
table_scan_end(TableScan *scan)
{
	index_endscan(scan->scan);
	ExecDropSingleTupleTableSlot(scan->slot);
	UnregisterSnapshot(scan->snapshot);
	pfree(scan);
}

/* ---- Start keys ---- */

static bool
sort_condition_holds(const KeyCondition *condition, const Value *key)
{
	const Value *values = condition->sort_values;

	if (condition->sort_equal_count > 0)
		return value_equal(key, &condition->sort_equal[0]);

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

bool
table_range_contains(const Table *table, const TableRange *range, const PrimaryKey *key)
{
	pg_uuid_t	hash;
	pg_uuid_t	start;
	pg_uuid_t	end;

	if (range->condition != NULL)
		return value_equal(&key->partition, &range->condition->partition[0]) &&
			(table->schema.sort_count == 0 ||
			 sort_condition_holds(range->condition, &key->sort));

	hash = row_key_hash(&key->partition, 1);
	start = segment_start(range->segment, range->total_segments);
	if (memcmp(&hash, &start, sizeof(hash)) < 0)
		return false;
	if (range->segment == range->total_segments - 1)
		return true;
	end = segment_start(range->segment + 1, range->total_segments);
	return memcmp(&hash, &end, sizeof(hash)) < 0;
}
