/*
 * stream_schema.c - a table's key schema as JSON, since streams outlive their
 * tables.
 */
#include "postgres.h"

#include "change/stream.h"
#include "value/json.h"

char *
stream_schema_write(const KeySchema *schema)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '[');
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);

		appendStringInfo(&text, "%s{\"AttributeName\":", i > 0 ? "," : "");
		json_append_string(&text, attribute->name, attribute->name_length);
		appendStringInfo(&text, ",\"AttributeType\":\"%s\",\"KeyType\":\"%s\"}",
						 value_type_name(attribute->type), i < schema->partition_count ? "HASH" : "RANGE");
	}
	appendStringInfoChar(&text, ']');
	return text.data;
}

static const char *
member(json_object *element, const char *name)
{
	json_object *value = json_object_object_get(element, name);

	if (!json_object_is_type(value, json_type_string))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("the key schema of a stream has no %s", name)));
	return json_object_get_string(value);
}

static void
read_attribute(json_object *element, KeyAttribute *attribute)
{
	attribute->name = pstrdup(member(element, "AttributeName"));
	attribute->name_length = strlen(attribute->name);
	if (!value_type_from_name(member(element, "AttributeType"), &attribute->type))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("the key schema of a stream has an attribute of an unknown type")));
}

void
stream_schema_read(const char *text, KeySchema *schema)
{
	json_object *json = json_parse(text, strlen(text));

	memset(schema, 0, sizeof(*schema));
	for (size_t i = 0; i < json_object_array_length(json); i++)
	{
		json_object *element = json_object_array_get_idx(json, i);
		bool		is_partition = strcmp(member(element, "KeyType"), "HASH") == 0;
		int		   *count = is_partition ? &schema->partition_count : &schema->sort_count;

		if (*count == KEY_MAX_ATTRIBUTES)
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("the key schema of a stream has too many attributes")));
		read_attribute(element, is_partition ? &schema->partition[*count] : &schema->sort[*count]);
		(*count)++;
	}
}
