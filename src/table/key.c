/*
 * key.c - the key attributes of an item and of a Key parameter.
 */
#include "postgres.h"

#include "error.h"
#include "table/table.h"

static void
check_not_empty(const KeyAttribute *attribute, const Value *value)
{
	if (attribute->type != VALUE_NUMBER && value->length == 0)
		validation_error("One or more parameter values are not valid. The AttributeValue for a key attribute "
						 "cannot contain an empty %s value. Key: %s",
						 attribute->type == VALUE_STRING ? "string" : "binary", attribute->name);
}

/* Numbers are always short enough. */
static void
check_key(const KeySchema *schema, const PrimaryKey *key)
{
	bool		has_sort = schema->sort_count > 0;

	check_not_empty(&schema->partition[0], &key->partition);
	if (has_sort)
		check_not_empty(&schema->sort[0], &key->sort);
	if (key->partition.length > PARTITION_KEY_MAX_SIZE)
		validation_error("One or more parameter values were invalid: "
						 "Size of hashkey has exceeded the maximum size limit of2048 bytes");
	if (has_sort && key->sort.length > SORT_KEY_MAX_SIZE)
		validation_error("One or more parameter values were invalid: "
						 "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
}

static Value
attribute_of_item(const KeyAttribute *attribute, const Value *item)
{
	Value		value;

	if (!value_map_find(item, attribute->name, attribute->name_length, &value))
		validation_error("One or more parameter values were invalid: "
						 "Missing the key %s in the item", attribute->name);
	if (value.type != attribute->type)
		validation_error("One or more parameter values were invalid: "
						 "Type mismatch for key %s expected: %s actual: %s", attribute->name,
						 value_type_name(attribute->type), value_type_name(value.type));
	return value;
}

PrimaryKey
key_of_item(const KeySchema *schema, const Value *item)
{
	PrimaryKey	key = {0};

	key.partition = attribute_of_item(&schema->partition[0], item);
	if (schema->sort_count > 0)
		key.sort = attribute_of_item(&schema->sort[0], item);
	check_key(schema, &key);
	return key;
}

static Value
attribute_of_map(const KeyAttribute *attribute, const Value *map)
{
	Value		value;

	if (!value_map_find(map, attribute->name, attribute->name_length, &value) ||
		value.type != attribute->type)
		validation_error("The provided key element does not match the schema");
	return value;
}

PrimaryKey
key_of_map(const KeySchema *schema, const Value *map)
{
	PrimaryKey	key = {0};

	if (value_count(map) != (uint32) key_schema_count(schema))
		validation_error("The provided key element does not match the schema");
	key.partition = attribute_of_map(&schema->partition[0], map);
	if (schema->sort_count > 0)
		key.sort = attribute_of_map(&schema->sort[0], map);
	check_key(schema, &key);
	return key;
}
