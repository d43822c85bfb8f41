/*
 * start_key.c - ExclusiveStartKey and LastEvaluatedKey of Query and Scan.
 *
 * The key of a page of an index is made of the index's key attributes and its
 * table's.  AWS checks it in parts, between which it looks at other things.
 */
#include "postgres.h"

#include "error.h"
#include "request/read_page.h"
#include "value/json.h"
#include "value/node.h"

/* The most attributes that the keys of an index and its table have. */
#define ALL_KEY_ATTRIBUTES_MAX (2 * KEY_MAX_ATTRIBUTES + 2)

#define INVALID_START "The provided starting key is invalid"

/* ---- The key attributes ---- */

static bool
has_attribute(const KeyAttribute **attributes, int count, const KeyAttribute *attribute)
{
	for (int i = 0; i < count; i++)
	{
		if (attributes[i]->name_length == attribute->name_length &&
			memcmp(attributes[i]->name, attribute->name, attribute->name_length) == 0)
			return true;
	}
	return false;
}

static int
add_attributes(const KeySchema *schema, const KeyAttribute **attributes, int count)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);

		if (!has_attribute(attributes, count, attribute))
			attributes[count++] = attribute;
	}
	return count;
}

/* Those of what is read and, behind an index's, those of its table; each once. */
static int
key_attributes(const Table *source, const KeyAttribute **attributes)
{
	int			count = add_attributes(&source->schema, attributes, 0);

	return add_attributes(&source->table_schema, attributes, count);
}

/* ---- LastEvaluatedKey ---- */

void
append_last_key(StringInfo response, const Table *source, const Value *item)
{
	const KeyAttribute *attributes[ALL_KEY_ATTRIBUTES_MAX];
	int			count = key_attributes(source, attributes);

	for (int i = 0; i < count; i++)
	{
		const KeyAttribute *attribute = attributes[i];
		Value		value;

		if (!value_map_find(item, attribute->name, attribute->name_length, &value))
			elog(ERROR, "item without its key attribute \"%s\"", attribute->name);
		appendStringInfoChar(response, i == 0 ? '{' : ',');
		json_append_string(response, attribute->name, attribute->name_length);
		appendStringInfoChar(response, ':');
		value_to_json(response, &value);
	}
	appendStringInfoChar(response, '}');
}

/* ---- ExclusiveStartKey ---- */

/*
 * AWS says that it was the starting key where the value is no value at all,
 * but not where a number or a set's member is bad.
 */
static bool
tells_starting_key(const char *text)
{
	return strncmp(text, "Supplied AttributeValue", strlen("Supplied AttributeValue")) == 0 ||
		strstr(text, "Null attribute value types") != NULL ||
		strstr(text, "An string set") != NULL ||
		strstr(text, "Binary sets should not be empty") != NULL;
}

Value
read_start_key(const ReadParameters *parameters)
{
	ErrorWords	words = {.before = INVALID_START ": ",.apply = tells_starting_key};
	Value		key;

	error_words_begin(&words);
	key = read_attributes(parameters->exclusive_start_key);
	error_words_end(&words);
	return key;
}

static void
check_attribute(const KeyAttribute *attribute, const Value *start)
{
	Value		value;

	if (!value_map_find(start, attribute->name, attribute->name_length, &value))
		validation_error(INVALID_START);
	if (value.type != attribute->type)
		validation_error("The provided key element does not match the schema");
}

void
check_start_partition(const Table *source, const Value *start)
{
	const KeyAttribute *attributes[ALL_KEY_ATTRIBUTES_MAX];

	if (value_count(start) != (uint32) key_attributes(source, attributes))
		validation_error(INVALID_START);
	for (int i = 0; i < source->schema.partition_count; i++)
		check_attribute(&source->schema.partition[i], start);
}

void
check_start_sort(const Table *source, const Value *start)
{
	for (int i = 0; i < source->schema.sort_count; i++)
		check_attribute(&source->schema.sort[i], start);
}

/* The part of the starting key that is a key of the table by itself. */
static Value
key_in_table(const Table *source, const Value *start)
{
	const KeyAttribute *attributes[ALL_KEY_ATTRIBUTES_MAX];
	int			count = add_attributes(&source->table_schema, attributes, 0);
	Node	   *map = node_map();

	for (int i = 0; i < count; i++)
	{
		Value		value;

		if (value_map_find(start, attributes[i]->name, attributes[i]->name_length, &value))
			node_map_append(map, attributes[i]->name, attributes[i]->name_length,
							node_from_value(&value));
	}
	return node_pack(map);
}

void
check_start_key(const Table *source, const Value *start)
{
	ErrorWords	words = {.before = INVALID_START ": "};
	Value		key;

	if (source->table_schema.partition_count == 0)
	{
		key_of_map(&source->schema, start);
		return;
	}
	error_words_begin(&words);
	key = key_in_table(source, start);
	key_of_map(&source->table_schema, &key);
	error_words_end(&words);
}
