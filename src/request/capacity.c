/*
 * capacity.c - consumed capacity, by AWS's rules: a read unit is 4 KB, and
 * costs a half where the read need not be consistent; a write unit is 1 KB.
 */
#include "postgres.h"

#include "request/parameters.h"
#include "value/json.h"

#define WRITE_UNIT_BYTES 1024

uint64
read_units(uint64 size)
{
	return Max((size + READ_UNIT_BYTES - 1) / READ_UNIT_BYTES, 1);
}

double
read_capacity(uint64 size, bool consistent)
{
	uint64		units = read_units(size);

	return consistent ? (double) units : units / 2.0;
}

double
read_capacity_of_item(const Value *item, bool consistent)
{
	/* most items are small enough not to be measured for that */
	if (item == NULL || item_size_at_most(item) <= READ_UNIT_BYTES)
		return read_capacity(0, consistent);
	return read_capacity(item_size(item), consistent);
}

double
write_capacity(uint64 size)
{
	return (double) Max((size + WRITE_UNIT_BYTES - 1) / WRITE_UNIT_BYTES, 1);
}

bool
wants_capacity(const RequestEnum *wanted)
{
	return wanted->value == CAPACITY_INDEXES || wanted->value == CAPACITY_TOTAL;
}

/* The units, told once more by their kind where that is asked for; what follows the brace. */
static void
append_units(StringInfo response, CapacityKind kind, double units)
{
	static const char *const members[] = {
		[CAPACITY_OF_READS] = "ReadCapacityUnits",
		[CAPACITY_OF_WRITES] = "WriteCapacityUnits"
	};

	appendStringInfo(response, "\"CapacityUnits\":%.1f", units);
	if (kind != CAPACITY_OF_EITHER)
		appendStringInfo(response, ",\"%s\":%.1f", members[kind], units);
}

/* The member for the indexes of one kind, unless there is none. */
static void
append_index_shares(StringInfo response, CapacityKind kind, const char *member,
					const IndexCapacity *indexes, int count, bool local)
{
	bool		any = false;

	for (int i = 0; i < count; i++)
	{
		if (indexes[i].local != local)
			continue;
		if (any)
			appendStringInfoChar(response, ',');
		else
			appendStringInfo(response, ",\"%s\":{", member);
		any = true;
		json_append_string(response, indexes[i].name, strlen(indexes[i].name));
		appendStringInfoString(response, ":{");
		append_units(response, kind, indexes[i].units);
		appendStringInfoChar(response, '}');
	}
	if (any)
		appendStringInfoChar(response, '}');
}

void
append_consumed_capacity(StringInfo response, const RequestEnum *wanted, CapacityKind kind,
						 const char *table_name, double table_units,
						 const IndexCapacity *indexes, int index_count)
{
	double		units = table_units;

	for (int i = 0; i < index_count; i++)
		units += indexes[i].units;

	appendStringInfoString(response, "{\"TableName\":");
	json_append_string(response, table_name, strlen(table_name));
	appendStringInfoChar(response, ',');
	append_units(response, kind, units);
	if (wanted->value == CAPACITY_INDEXES)
	{
		appendStringInfoString(response, ",\"Table\":{");
		append_units(response, kind, table_units);
		appendStringInfoChar(response, '}');
		append_index_shares(response, kind, "LocalSecondaryIndexes", indexes, index_count, true);
		append_index_shares(response, kind, "GlobalSecondaryIndexes", indexes, index_count, false);
	}
	appendStringInfoChar(response, '}');
}

void
append_write_capacity(StringInfo response, const RequestEnum *wanted, CapacityKind kind,
					  const char *table_name, double table_units,
					  const IndexSet *indexes, const double *index_units)
{
	IndexCapacity *touched = palloc(sizeof(IndexCapacity) * Max(indexes->count, 1));
	int			count = 0;

	for (int i = 0; i < indexes->count; i++)
	{
		if (index_units[i] == 0)
			continue;
		touched[count].name = indexes->indexes[i].name;
		touched[count].local = indexes->indexes[i].kind == INDEX_LOCAL;
		touched[count++].units = index_units[i];
	}
	append_consumed_capacity(response, wanted, kind, table_name, table_units, touched, count);
}
