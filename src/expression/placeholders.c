/*
 * placeholders.c - ExpressionAttributeNames and ExpressionAttributeValues.
 */
#include "postgres.h"

#include "error.h"
#include "expression/tree.h"

typedef struct Placeholder
{
	const char *name;
	uint32		length;
	bool		used;
	Value		value;
} Placeholder;

/* One of the two maps; its placeholders are sorted by bytes. */
typedef struct PlaceholderMap
{
	int			count;
	Placeholder *placeholders;
} PlaceholderMap;

struct ExpressionAttributes
{
	PlaceholderMap names;
	PlaceholderMap values;
};

static int
compare_bytes(const char *a, uint32 a_length, const char *b, uint32 b_length)
{
	int			order = memcmp(a, b, Min(a_length, b_length));

	if (order != 0)
		return order;
	return a_length < b_length ? -1 : a_length > b_length;
}

static int
compare_placeholders(const void *a, const void *b)
{
	const Placeholder *one = a;
	const Placeholder *other = b;

	return compare_bytes(one->name, one->length, other->name, other->length);
}

/* "#" or ":", then letters, digits and underscores. */
static bool
placeholder_valid(char mark, const char *key, uint32 length)
{
	if (length < 2 || length > PLACEHOLDER_MAX_LENGTH || key[0] != mark)
		return false;
	for (uint32 i = 1; i < length; i++)
	{
		unsigned char c = key[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			  (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return true;
}

static void
check_key(const char *parameter, char mark, const char *key, uint32 length)
{
	if (!placeholder_valid(mark, key, length))
		validation_error("%s contains invalid key: Syntax error; key: \"%.*s\"",
						 parameter, (int) length, key);
}

void
expression_attribute_name_key_check(const char *key, uint32 length)
{
	check_key("ExpressionAttributeNames", '#', key, length);
}

void
expression_attribute_value_key_check(const char *key, uint32 length)
{
	check_key("ExpressionAttributeValues", ':', key, length);
}

static void
read_map(PlaceholderMap *map, const char *parameter, char mark, const Value *value)
{
	ValueIterator iterator;
	Placeholder *next;

	map->count = value_count(value);
	if (map->count == 0)
		validation_error("%s must not be empty", parameter);
	map->placeholders = next = palloc0(map->count * sizeof(Placeholder));

	value_iterator_start(&iterator, value);
	while (value_iterator_next(&iterator, &next->name, &next->length, &next->value))
	{
		check_key(parameter, mark, next->name, next->length);
		if (++next == map->placeholders + map->count)
			break;
	}
	qsort(map->placeholders, map->count, sizeof(Placeholder), compare_placeholders);
}

ExpressionAttributes *
expression_attributes(const Value *names, const Value *values)
{
	ExpressionAttributes *attributes = palloc0(sizeof(ExpressionAttributes));

	if (names != NULL)
		read_map(&attributes->names, "ExpressionAttributeNames", '#', names);
	if (values != NULL)
		read_map(&attributes->values, "ExpressionAttributeValues", ':', values);
	return attributes;
}

static const Value *
find_placeholder(PlaceholderMap *map, const char *name, uint32 length)
{
	int			low = 0;
	int			high = map->count - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;
		Placeholder *placeholder = &map->placeholders[middle];
		int			order = compare_bytes(name, length, placeholder->name, placeholder->length);

		if (order == 0)
		{
			placeholder->used = true;
			return &placeholder->value;
		}
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return NULL;
}

const Value *
expression_attribute_name(ExpressionAttributes *attributes, const char *placeholder,
						  uint32 length)
{
	return attributes == NULL ? NULL : find_placeholder(&attributes->names, placeholder, length);
}

const Value *
expression_attribute_value(ExpressionAttributes *attributes, const char *placeholder,
						   uint32 length)
{
	return attributes == NULL ? NULL : find_placeholder(&attributes->values, placeholder, length);
}

static void
check_map_used(const PlaceholderMap *map, const char *parameter)
{
	StringInfoData unused;

	initStringInfo(&unused);
	for (int i = 0; i < map->count; i++)
	{
		const Placeholder *placeholder = &map->placeholders[i];

		if (placeholder->used)
			continue;
		if (unused.len > 0)
			appendStringInfoString(&unused, ", ");
		appendBinaryStringInfo(&unused, placeholder->name, placeholder->length);
	}
	if (unused.len > 0)
		validation_error("Value provided in %s unused in expressions: keys: {%s}",
						 parameter, unused.data);
	pfree(unused.data);
}

void
expression_attributes_check_used(const ExpressionAttributes *attributes)
{
	check_map_used(&attributes->names, "ExpressionAttributeNames");
	check_map_used(&attributes->values, "ExpressionAttributeValues");
}
