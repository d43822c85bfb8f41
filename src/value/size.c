/*
 * size.c - what a value counts in DynamoDB's bytes, how deep it is, and how
 * long a name may be.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "error.h"
#include "value/number.h"
#include "value/value.h"

#define CONTAINER_OVERHEAD 3
#define MEMBER_OVERHEAD 1

/* The members of a container, with so much overhead for each. */
static uint32
members_size(const Value *container, uint32 overhead)
{
	ValueIterator iterator;
	const char *name;
	uint32		name_length = 0;
	Value		member;
	uint32		size = 0;

	check_stack_depth();
	value_iterator_start(&iterator, container);
	while (value_iterator_next(&iterator, &name, &name_length, &member))
		size += name_length + overhead + value_size(&member);
	return size;
}

uint32
value_size(const Value *value)
{
	switch (value->type)
	{
		case VALUE_STRING:
		case VALUE_BINARY:
			return value->length;
		case VALUE_NUMBER:
			return number_size(value->data, value->length);
		case VALUE_BOOLEAN:
		case VALUE_NULL:
			return 1;
		case VALUE_MAP:
		case VALUE_LIST:
			return CONTAINER_OVERHEAD + members_size(value, MEMBER_OVERHEAD);
		case VALUE_STRING_SET:
		case VALUE_NUMBER_SET:
		case VALUE_BINARY_SET:
			return members_size(value, 0);
	}
	pg_unreachable();
}

uint32
item_size(const Value *item)
{
	Assert(item->type == VALUE_MAP);
	return members_size(item, 0);
}

/*
 * By induction a value with a payload of n bytes counts 2n + 1 at most: it is n of a
 * scalar, 1 of what has no payload, and a container has a byte of its own and one for each member
 * where it counts three and one.
 */
uint32
item_size_at_most(const Value *item)
{
	Assert(item_size(item) <= 2 * item->length);
	return 2 * item->length;
}

void
attribute_name_check(size_t name_length)
{
	if (name_length == 0)
		validation_error("Empty attribute name");
	if (name_length > ATTRIBUTE_NAME_MAX_SIZE)
		validation_error("One or more parameter values were invalid: "
						 "Attribute name is too large, must be less than 65536 bytes");
}

void
item_check_size(const Value *item)
{
	if (item_size(item) > ITEM_MAX_SIZE)
		validation_error("Item size has exceeded the maximum allowed size");
}

void
value_check_size(const Value *value)
{
	if (value_size(value) > ITEM_MAX_SIZE)
		validation_error("Item size has exceeded the maximum allowed size");
}

int
value_depth(const Value *value)
{
	ValueIterator iterator;
	Value		member;
	int			deepest = 0;

	if (value->type != VALUE_MAP && value->type != VALUE_LIST)
		return 1;
	check_stack_depth();
	value_iterator_start(&iterator, value);
	while (value_iterator_next(&iterator, NULL, NULL, &member))
	{
		/* Apart from Max(), which would call it twice at every level. */
		int			depth = value_depth(&member);

		deepest = Max(deepest, depth);
	}
	return deepest + 1;
}
