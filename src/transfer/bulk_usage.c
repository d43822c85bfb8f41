/*
 * bulk_usage.c - the bytes that a bulk operation has written.
 *
 * The text is JSON: {"Table":1,"Local":{"index":2},"Global":{"index":3}}.
 */
#include "postgres.h"

#include <json-c/json.h>

#include "transfer/bulk_usage.h"
#include "value/json.h"

typedef struct IndexUsage
{
	char	   *name;
	IndexKind	kind;
	uint64		bytes;
} IndexUsage;

struct BulkUsage
{
	uint64		table;
	List	   *indexes;		/* IndexUsage * */
};

static const char *
word_of_kind(IndexKind kind)
{
	return kind == INDEX_LOCAL ? "Local" : "Global";
}

static uint64 *
bytes_of_index(BulkUsage *usage, IndexKind kind, const char *name)
{
	IndexUsage *index;
	ListCell   *cell;

	foreach(cell, usage->indexes)
	{
		index = lfirst(cell);
		if (index->kind == kind && strcmp(index->name, name) == 0)
			return &index->bytes;
	}
	index = palloc0(sizeof(IndexUsage));
	index->name = pstrdup(name);
	index->kind = kind;
	usage->indexes = lappend(usage->indexes, index);
	return &index->bytes;
}

static void
read_indexes(BulkUsage *usage, IndexKind kind, json_object *json)
{
	struct lh_entry *entry;
	json_object *indexes = json_object_object_get(json, word_of_kind(kind));

	if (indexes == NULL)
		return;
	lh_foreach(json_object_get_object(indexes), entry)
		*bytes_of_index(usage, kind, lh_entry_k(entry)) = json_object_get_int64((json_object *) lh_entry_v(entry));
}

BulkUsage *
bulk_usage_read(const char *text)
{
	BulkUsage  *usage = palloc0(sizeof(BulkUsage));
	json_object *json = json_parse(text, strlen(text));

	usage->table = json_object_get_int64(json_object_object_get(json, "Table"));
	read_indexes(usage, INDEX_LOCAL, json);
	read_indexes(usage, INDEX_GLOBAL, json);
	return usage;
}

static void
append_index(void *argument, const char *index, uint64 bytes)
{
	StringInfo	out = argument;

	if (out->data[out->len - 1] != '{')
		appendStringInfoChar(out, ',');
	json_append_string(out, index, strlen(index));
	appendStringInfo(out, ":" UINT64_FORMAT, bytes);
}

static void
append_indexes(StringInfo out, const BulkUsage *usage, IndexKind kind)
{
	appendStringInfo(out, ",\"%s\":{", word_of_kind(kind));
	bulk_usage_indexes(usage, kind, append_index, out);
	appendStringInfoChar(out, '}');
}

char *
bulk_usage_text(const BulkUsage *usage)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "{\"Table\":" UINT64_FORMAT, usage->table);
	append_indexes(&out, usage, INDEX_LOCAL);
	append_indexes(&out, usage, INDEX_GLOBAL);
	appendStringInfoChar(&out, '}');
	return out.data;
}

void
bulk_usage_add_table(BulkUsage *usage, uint64 bytes)
{
	usage->table += bytes;
}

void
bulk_usage_add_index(BulkUsage *usage, const IndexDefinition *index, uint64 bytes)
{
	*bytes_of_index(usage, index->kind, index->name) += bytes;
}

uint64
bulk_usage_table(const BulkUsage *usage)
{
	return usage->table;
}

uint64
bulk_usage_total(const BulkUsage *usage)
{
	uint64		total = usage->table;
	ListCell   *cell;

	foreach(cell, usage->indexes)
		total += ((IndexUsage *) lfirst(cell))->bytes;
	return total;
}

void
bulk_usage_indexes(const BulkUsage *usage, IndexKind kind,
				   void (*take) (void *argument, const char *index, uint64 bytes), void *argument)
{
	ListCell   *cell;

	foreach(cell, usage->indexes)
	{
		const IndexUsage *index = lfirst(cell);

		if (index->kind == kind)
			take(argument, index->name, index->bytes);
	}
}
