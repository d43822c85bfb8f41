/*
 * check.c - judging packed values that come from outside.
 *
 * Everything that layout.c and number.c take for granted is checked here:
 * bounds, order, the smallest form of every part, and UTF-8.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "value/layout.h"
#include "value/number.h"

static void
unsound(const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("attribute value is malformed: %s", reason)));
}

bool
string_is_utf8(const char *text, size_t length)
{
	/* PostgreSQL's own function stops at U+0000 */
	for (;;)
	{
		size_t		sound = pg_encoding_verifymbstr(PG_UTF8, text, (int) length);

		if (sound == length)
			return true;
		if (text[sound] != '\0')
			return false;
		text += sound + 1;
		length -= sound + 1;
	}
}

static void
check_text(const char *text, uint32 length)
{
	if (!string_is_utf8(text, length))
		unsound("invalid UTF-8");
}

static void check_value(const Value *value, int depth);

typedef struct ContainerCheck
{
	Container	parts;
	uint32		longest;		/* of all entries but the last */
	const char *previous;		/* name or set member, NULL before the first */
	uint32		previous_length;
} ContainerCheck;

/* The container's parts, which lie within its bytes. */
static Container
check_head(const Value *value)
{
	Container	parts;
	uint32		head;
	uint64		table = 0;

	parts.end = value->data + value->length;
	parts.anchors = varint_read(value->data, parts.end, &head);
	if (parts.anchors == NULL)
		unsound("count of members");
	parts.count = head >> 2;
	parts.width = (head & 3) == 3 ? 4 : (head & 3);
	if ((parts.count > 1) != (parts.width > 0))
		unsound("width of the table of lengths");
	if (parts.count == 0 && value_type_is_set(value->type))
		unsound("empty set");
	if (parts.count > 1)
		table = (uint64) (parts.count - 1) * parts.width +
			(uint64) container_anchor_count(parts.count) * ANCHOR_WIDTH;
	if (table > (uint64) (parts.end - parts.anchors))
		unsound("table of lengths");
	parts.entries = parts.anchors + table;
	parts.lengths = parts.anchors + container_anchor_count(parts.count) * ANCHOR_WIDTH;
	return parts;
}

static uint32
table_entry(const char *table, uint32 index, int width)
{
	const uint8 *bytes = (const uint8 *) table + (size_t) index * width;
	uint32		number = 0;

	for (int i = width - 1; i >= 0; i--)
		number = number << 8 | bytes[i];
	return number;
}

/* Members are in strictly rising order. */
static void
check_order(ContainerCheck *check, const char *bytes, uint32 length)
{
	if (check->previous != NULL &&
		name_compare(check->previous, check->previous_length, bytes, length) >= 0)
		unsound("order of members");
	check->previous = bytes;
	check->previous_length = length;
}

/* Reads the name of a map's entry; returns what is behind it. */
static const char *
check_name(ContainerCheck *check, const char *start, const char *end)
{
	uint32		length = (uint8) *start++ & 0x0F;

	if (length == NAME_LENGTH_ESCAPE)
	{
		uint32		rest;

		start = varint_read(start, end, &rest);
		if (start == NULL || rest > ATTRIBUTE_NAME_MAX_SIZE - NAME_LENGTH_ESCAPE)
			unsound("length of a name");
		length += rest;
	}
	if (length == 0 || length > (uint32) (end - start))
		unsound("length of a name");
	if (pg_encoding_verifymbstr(PG_UTF8, start, length) != (int) length)
		unsound("invalid UTF-8 in a name");
	check_order(check, start, length);
	return start + length;
}

static void
check_entry(ContainerCheck *check, ValueType container, const char *start, const char *end,
			int depth)
{
	Value		member;
	uint8		tag;

	if (value_type_is_set(container))
	{
		member = (Value) {value_set_member_type(container), end - start, start};
		check_order(check, start, end - start);
		check_value(&member, depth);
		return;
	}
	if (start == end)
		unsound("empty entry");
	tag = (uint8) *start;
	if (container == VALUE_MAP)
	{
		tag >>= 4;
		start = check_name(check, start, end);
	}
	else
		start++;
	if (tag >= ENTRY_TAGS)
		unsound("unknown type");
	member.data = start;
	member.length = end - start;
	value_set_tag(&member, (EntryTag) tag);
	if (member.type == VALUE_BOOLEAN && start != end)
		unsound("length of a boolean");
	check_value(&member, depth);
}

/* The members are at the given depth. */
static void
check_container(const Value *value, int depth)
{
	ContainerCheck check = {.parts = check_head(value)};
	const char *start = check.parts.entries;

	check_stack_depth();
	for (uint32 i = 0; i < check.parts.count; i++)
	{
		const char *end = check.parts.end;

		if (i > 0 && i % GROUP_SIZE == 0 &&
			table_entry(check.parts.anchors, i / GROUP_SIZE - 1, ANCHOR_WIDTH) !=
			(uint32) (start - check.parts.entries))
			unsound("anchor");
		if (i + 1 < check.parts.count)
		{
			uint32		length = table_entry(check.parts.lengths, i, check.parts.width);

			if (length > (uint32) (end - start))
				unsound("length of an entry");
			check.longest = Max(check.longest, length);
			end = start + length;
		}
		check_entry(&check, value->type, start, end, depth);
		start = end;
	}
	if (start != check.parts.end)
		unsound("bytes behind the last entry");
	if (check.parts.count > 1 && check.parts.width != container_width(check.longest))
		unsound("width of the table of lengths");
}

static void
check_value(const Value *value, int depth)
{
	if (depth > VALUE_MAX_DEPTH)
		unsound("nested too deeply");
	switch (value->type)
	{
		case VALUE_STRING:
			check_text(value->data, value->length);
			break;
		case VALUE_NUMBER:
			if (!number_is_sound(value->data, value->length))
				unsound("number");
			break;
		case VALUE_BINARY:
			break;
		case VALUE_BOOLEAN:
			if (value->length != 1 || (uint8) value->data[0] > 1)
				unsound("boolean");
			break;
		case VALUE_NULL:
			if (value->length != 0)
				unsound("length of a null");
			break;
		case VALUE_MAP:
		case VALUE_LIST:
		case VALUE_STRING_SET:
		case VALUE_NUMBER_SET:
		case VALUE_BINARY_SET:
			/* A set's members are no level of their own. */
			check_container(value, value_type_is_set(value->type) ? depth : depth + 1);
			break;
	}
}

void
value_check(const Value *value)
{
	check_value(value, 1);
}

void
item_check(const Value *item)
{
	check_value(item, 0);
}
