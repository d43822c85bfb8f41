/*
 * response.c - parts of responses, written straight into the StringInfo.
 */
#include "postgres.h"

#include "operation/parameters.h"
#include "value/json.h"

void
append_member(StringInfo response, const char *name)
{
	if (response->data[response->len - 1] != '{')
		appendStringInfoChar(response, ',');
	appendStringInfoChar(response, '"');
	appendStringInfoString(response, name);
	appendStringInfoString(response, "\":");
}

static void
append_key_attributes(StringInfo response, const KeyAttribute *attributes, int count,
					  const Value *item)
{
	for (int i = 0; i < count; i++)
	{
		Value		value;

		if (!value_map_find(item, attributes[i].name, attributes[i].name_length, &value))
			elog(ERROR, "item without its key attribute \"%s\"", attributes[i].name);
		if (response->data[response->len - 1] != '{')
			appendStringInfoChar(response, ',');
		json_append_string(response, attributes[i].name, attributes[i].name_length);
		appendStringInfoChar(response, ':');
		value_to_json(response, &value);
	}
}

void
append_key(StringInfo response, const KeySchema *schema, const Value *item)
{
	appendStringInfoChar(response, '{');
	append_key_attributes(response, schema->partition, schema->partition_count, item);
	append_key_attributes(response, schema->sort, schema->sort_count, item);
	appendStringInfoChar(response, '}');
}
