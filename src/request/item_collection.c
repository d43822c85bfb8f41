/*
 * item_collection.c - ItemCollectionMetrics: how large the item collection is
 * that a write touched, all items of one partition key with what local
 * secondary indexes project of them.
 *
 * DynamoDB tells it as a range in gigabytes, and nearly always as 0 to 1.  No
 * collection is larger than its table with its local indexes, whose files tell
 * their size; only where these are beyond 1 GB are the collection's entries
 * counted, and taken to be of the table's mean size.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "request/parameters.h"
#include "value/json.h"

#define GIGABYTE (1024.0 * 1024.0 * 1024.0)

/* More entries are not counted: the collection is then anything up to the table's size. */
#define ENTRIES_MAX 200000

bool
wants_collection_metrics(const RequestEnum *wanted, const IndexSet *indexes)
{
	if (wanted->value != METRICS_SIZE)
		return false;
	for (int i = 0; i < indexes->count; i++)
	{
		if (indexes->indexes[i].kind == INDEX_LOCAL)
			return true;
	}
	return false;
}

static double
relation_bytes(Oid relation)
{
	return DatumGetInt64(OidFunctionCall1(F_PG_TABLE_SIZE, ObjectIdGetDatum(relation)));
}

/* The bytes of the table and its local indexes. */
static double
stored_bytes(const Table *table, const IndexSet *indexes)
{
	double		bytes = relation_bytes(RelationGetRelid(table->relation));

	for (int i = 0; i < indexes->count; i++)
	{
		if (indexes->indexes[i].kind == INDEX_LOCAL)
			bytes += relation_bytes(indexes->indexes[i].relation);
	}
	return bytes;
}

static void
estimate(Table *table, const IndexSet *indexes, const Value *partition, double *lower, double *upper)
{
	double		bytes = stored_bytes(table, indexes);
	double		entries;
	int64		items;
	int64		table_bytes;

	*lower = 0;
	*upper = 1;
	if (bytes <= GIGABYTE)
		return;

	/* entries are counted whether the role may see their items or not */
	if (table->security != NULL || !table_is_readable(table))
	{
		*upper = ceil(bytes / GIGABYTE);
		return;
	}
	entries = table_count_entries(table, partition, ENTRIES_MAX);
	catalog_table_size(RelationGetRelid(table->relation), &items, &table_bytes);
	*lower = floor(bytes / GIGABYTE * entries / Max(Max((double) items, entries), 1));
	*upper = entries < ENTRIES_MAX ? *lower + 1 : ceil(bytes / GIGABYTE);
}

void
append_collection_metrics(StringInfo response, Table *table, const IndexSet *indexes,
						  const Value *partition)
{
	const KeyAttribute *key = &table->schema.partition[0];
	double		lower;
	double		upper;

	estimate(table, indexes, partition, &lower, &upper);
	appendStringInfoString(response, "{\"ItemCollectionKey\":{");
	json_append_string(response, key->name, key->name_length);
	appendStringInfoChar(response, ':');
	value_to_json(response, partition);
	appendStringInfo(response, "},\"SizeEstimateRangeGB\":[%.1f,%.1f]}", lower, upper);
}
