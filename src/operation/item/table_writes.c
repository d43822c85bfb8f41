/*
 * table_writes.c - what a request of many writes does in each of its tables.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "operation/item/table_writes.h"
#include "statistics/usage.h"

static double *
no_units(const IndexSet *indexes)
{
	return palloc0(sizeof(double) * Max(indexes->count, 1));
}

void
table_writes_open(TableWrites *writes, int count, bool count_units)
{
	writes->table = table_open_by_name(writes->name, writes->privileges);
	writes->indexes = index_set(RelationGetRelid(writes->table->relation));
	writes->tells_old = (writes->privileges & ACL_SELECT) != 0 || table_is_readable(writes->table);
	if (count_units)
		writes->index_units = no_units(writes->indexes);
	writes->collections = palloc(sizeof(Value) * count);
	index_attach(writes->table);
}

double *
table_writes_units(const TableWrites *writes)
{
	return writes->index_units != NULL ? no_units(writes->indexes) : NULL;
}

void
write_cost_set(WriteCost *cost, const TableWrites *writes, const Value *old_item, const Value *new_item)
{
	const IndexSet *indexes = writes->indexes;
	uint32		old_size = old_item != NULL ? item_size(old_item) : 0;
	uint32		new_size = new_item != NULL ? item_size(new_item) : 0;

	cost->whole_size = Max(old_size, new_size);
	cost->size = writes->tells_old ? cost->whole_size : new_size;
	if (!writes->tells_old)
		old_item = NULL;
	for (int i = 0; i < indexes->count && cost->index_units != NULL; i++)
		cost->index_units[i] = index_write_units(&indexes->indexes[i], old_item, new_item);
}

void
table_writes_add(TableWrites *writes, const WriteCost *cost, int times, const Value *partition)
{
	writes->capacity += times * write_capacity(cost->size);
	usage_written(RelationGetRelid(writes->table->relation), 1, times * write_capacity(cost->whole_size));
	for (int i = 0; i < writes->indexes->count && writes->index_units != NULL; i++)
		writes->index_units[i] += cost->index_units[i];

	/* writes come in the order of locks, so those of a collection are neighbours */
	if (writes->collection_count == 0 ||
		!value_equal(&writes->collections[writes->collection_count - 1], partition))
		writes->collections[writes->collection_count++] = *partition;
}

void
append_write_capacities(StringInfo response, const RequestEnum *wanted, CapacityKind kind,
						const TableWrites *tables, int count)
{
	appendStringInfoChar(response, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(response, ',');
		append_write_capacity(response, wanted, kind, tables[i].name, tables[i].capacity,
							  tables[i].indexes, tables[i].index_units);
	}
	appendStringInfoChar(response, ']');
}

static void
append_table_collections(StringInfo response, const TableWrites *writes)
{
	append_member(response, writes->name);
	appendStringInfoChar(response, '[');
	for (int i = 0; i < writes->collection_count; i++)
	{
		if (i > 0)
			appendStringInfoChar(response, ',');
		append_collection_metrics(response, writes->table, writes->indexes, &writes->collections[i]);
	}
	appendStringInfoChar(response, ']');
}

void
append_all_collections(StringInfo response, const RequestEnum *wanted, const TableWrites *tables, int count)
{
	bool		any = false;

	for (int i = 0; i < count; i++)
	{
		if (!wants_collection_metrics(wanted, tables[i].indexes) || tables[i].collection_count == 0)
			continue;
		if (!any)
		{
			append_member(response, "ItemCollectionMetrics");
			appendStringInfoChar(response, '{');
		}
		any = true;
		append_table_collections(response, &tables[i]);
	}
	if (any)
		appendStringInfoChar(response, '}');
}

void
table_writes_release(TableWrites *tables, int count)
{
	for (int i = 0; i < count; i++)
		table_release(tables[i].table);
}
