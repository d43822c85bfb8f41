/*
 * layout.c - the packed form of containers, and reading it.
 *
 * A container (M, L, SS, NS or BS) is
 *
 *	head		varint: its count of members * 4 + the code of the table's width
 *				(0 for none, 1, 2, 3 for 1, 2, 4 bytes)
 *	anchors		4 bytes each: where the entries 16, 32, ... begin, counted from
 *				the first entry
 *	lengths		the length of each entry but the last, width bytes each
 *	entries		without gaps; the last one ends where the container ends
 *
 * An entry is a member's payload with, in a list, a tag before it, and in a
 * map a byte with tag (high half) and length of the name (low half; 15 stands
 * for a varint behind it that holds the length less 15) and then the name.
 *
 * Entries of maps are sorted by name, those of sets by value, so that a binary
 * search over the anchors and a walk over at most 16 lengths finds a member.
 * Every part has its smallest form: equal values have equal bytes.  Nothing is
 * aligned; whole numbers are little-endian, so that a dump of the binary form
 * is the same on every machine.
 *
 * These functions trust their bytes: whatever comes from outside has passed
 * check.c first.
 */
#include "postgres.h"

#include "value/layout.h"

const Value empty_map = {VALUE_MAP, 1, "\0"};

static const struct
{
	ValueType	type;
	bool		truth;
}			tags[] =
{
	[TAG_STRING] = {VALUE_STRING, false},
	[TAG_NUMBER] = {VALUE_NUMBER, false},
	[TAG_BINARY] = {VALUE_BINARY, false},
	[TAG_FALSE] = {VALUE_BOOLEAN, false},
	[TAG_TRUE] = {VALUE_BOOLEAN, true},
	[TAG_NULL] = {VALUE_NULL, false},
	[TAG_MAP] = {VALUE_MAP, false},
	[TAG_LIST] = {VALUE_LIST, false},
	[TAG_STRING_SET] = {VALUE_STRING_SET, false},
	[TAG_NUMBER_SET] = {VALUE_NUMBER_SET, false},
	[TAG_BINARY_SET] = {VALUE_BINARY_SET, false},
};

static const EntryTag tag_of_type[VALUE_TYPES] =
{
	[VALUE_STRING] = TAG_STRING,
	[VALUE_NUMBER] = TAG_NUMBER,
	[VALUE_BINARY] = TAG_BINARY,
	[VALUE_BOOLEAN] = TAG_FALSE,
	[VALUE_NULL] = TAG_NULL,
	[VALUE_MAP] = TAG_MAP,
	[VALUE_LIST] = TAG_LIST,
	[VALUE_STRING_SET] = TAG_STRING_SET,
	[VALUE_NUMBER_SET] = TAG_NUMBER_SET,
	[VALUE_BINARY_SET] = TAG_BINARY_SET,
};

static const char truth_bytes[2] = {0, 1};

static const char *const type_names[VALUE_TYPES] =
{
	[VALUE_STRING] = "S",
	[VALUE_NUMBER] = "N",
	[VALUE_BINARY] = "B",
	[VALUE_BOOLEAN] = "BOOL",
	[VALUE_NULL] = "NULL",
	[VALUE_MAP] = "M",
	[VALUE_LIST] = "L",
	[VALUE_STRING_SET] = "SS",
	[VALUE_NUMBER_SET] = "NS",
	[VALUE_BINARY_SET] = "BS",
};

const char *
value_type_name(ValueType type)
{
	Assert((unsigned) type < VALUE_TYPES);
	return type_names[type];
}

bool
value_type_from_name(const char *name, ValueType *type)
{
	for (int i = 0; i < VALUE_TYPES; i++)
	{
		if (name[0] == type_names[i][0] && strcmp(name, type_names[i]) == 0)
		{
			*type = (ValueType) i;
			return true;
		}
	}
	return false;
}

EntryTag
value_tag(const Value *value)
{
	if (value->type == VALUE_BOOLEAN && value->data[0] != 0)
		return TAG_TRUE;
	return tag_of_type[value->type];
}

void
value_set_tag(Value *value, EntryTag tag)
{
	Assert((unsigned) tag < ENTRY_TAGS);
	value->type = tags[tag].type;
	if (value->type == VALUE_BOOLEAN)
	{
		value->data = &truth_bytes[tags[tag].truth];
		value->length = 1;
	}
}

/* ---- Whole numbers ---- */

int
varint_length(uint32 number)
{
	int			length = 1;

	while (number >= 0x80)
	{
		number >>= 7;
		length++;
	}
	return length;
}

char *
varint_write(char *to, uint32 number)
{
	while (number >= 0x80)
	{
		*to++ = (char) (number | 0x80);
		number >>= 7;
	}
	*to++ = (char) number;
	return to;
}

const char *
varint_read(const char *from, const char *end, uint32 *number)
{
	uint64		result = 0;

	for (int shift = 0; shift < 7 * VARINT_MAX_LENGTH && from < end; shift += 7)
	{
		uint8		byte = (uint8) *from++;

		result |= (uint64) (byte & 0x7F) << shift;
		if (byte < 0x80)
		{
			if ((byte == 0 && shift > 0) || result > PG_UINT32_MAX)
				return NULL;
			*number = (uint32) result;
			return from;
		}
	}
	return NULL;
}

/* varint_read() for bytes that are known to be sound. */
static inline const char *
varint_trusted(const char *from, uint32 *number)
{
	uint32		result = (uint8) *from & 0x7F;
	int			shift = 7;

	while ((uint8) *from++ >= 0x80)
	{
		result |= (uint32) ((uint8) *from & 0x7F) << shift;
		shift += 7;
	}
	*number = result;
	return from;
}

static inline uint32
read_uint(const char *from, int width)
{
	const uint8 *bytes = (const uint8 *) from;

	switch (width)
	{
		case 1:
			return bytes[0];
		case 2:
			return bytes[0] | (uint32) bytes[1] << 8;
		default:
			return bytes[0] | (uint32) bytes[1] << 8 |
				(uint32) bytes[2] << 16 | (uint32) bytes[3] << 24;
	}
}

/* ---- A container's parts ---- */

static inline int
width_code(int width)
{
	return width == 4 ? 3 : width;
}

static inline int
width_of_code(int code)
{
	return code == 3 ? 4 : code;
}

int
container_width(uint32 longest)
{
	return longest <= PG_UINT8_MAX ? 1 : longest <= PG_UINT16_MAX ? 2 : 4;
}

uint32
container_head_length(uint32 count, int width)
{
	uint32		table = count == 0 ? 0 : (count - 1) * width;

	return varint_length(count << 2) + container_anchor_count(count) * ANCHOR_WIDTH + table;
}

/* Writes the head's varint; anchors and lengths are the caller's to fill in. */
char *
container_head_write(char *to, uint32 count, int width)
{
	return varint_write(to, count << 2 | (count > 1 ? width_code(width) : 0));
}

static inline Container
open_container(const Value *value)
{
	Container	container;
	uint32		head;

	container.anchors = varint_trusted(value->data, &head);
	container.count = head >> 2;
	container.width = width_of_code(head & 3);
	container.lengths = container.anchors + container_anchor_count(container.count) * ANCHOR_WIDTH;
	container.entries = container.lengths;
	if (container.count > 1)
		container.entries += (container.count - 1) * container.width;
	container.end = value->data + value->length;
	return container;
}

Container
container_open(const Value *value)
{
	return open_container(value);
}

/* Where the entry of that index ends, which begins at start. */
static inline const char *
entry_end(const Container *container, uint32 index, const char *start)
{
	if (index + 1 == container->count)
		return container->end;
	return start + read_uint(container->lengths + index * container->width, container->width);
}

static inline const char *
group_start(const Container *container, uint32 group)
{
	if (group == 0)
		return container->entries;
	return container->entries +
		read_uint(container->anchors + (group - 1) * ANCHOR_WIDTH, ANCHOR_WIDTH);
}

static const char *
entry_start(const Container *container, uint32 index)
{
	const char *start = group_start(container, index / GROUP_SIZE);

	for (uint32 i = index - index % GROUP_SIZE; i < index; i++)
		start = entry_end(container, i, start);
	return start;
}

/* The name of a map's entry; returns what is behind the name. */
static inline const char *
entry_name(const char *entry, const char **name, uint32 *name_length)
{
	uint32		length = (uint8) *entry++ & 0x0F;

	if (unlikely(length == NAME_LENGTH_ESCAPE))
	{
		entry = varint_trusted(entry, &length);
		length += NAME_LENGTH_ESCAPE;
	}
	*name = entry;
	*name_length = length;
	return entry + length;
}

static inline void
member_from_payload(Value *member, EntryTag tag, const char *payload, const char *end)
{
	member->data = payload;
	member->length = end - payload;
	value_set_tag(member, tag);
}

/* ---- Comparison ---- */

int
name_compare(const char *a, uint32 a_length, const char *b, uint32 b_length)
{
	int			order = memcmp(a, b, Min(a_length, b_length));

	if (order != 0)
		return order;
	return a_length < b_length ? -1 : a_length > b_length;
}

bool
value_equal(const Value *a, const Value *b)
{
	return a->type == b->type && a->length == b->length &&
		memcmp(a->data, b->data, a->length) == 0;
}

int
value_compare(const Value *a, const Value *b)
{
	Assert(a->type == b->type);
	return name_compare(a->data, a->length, b->data, b->length);
}

/* ---- Reading ---- */

uint32
value_count(const Value *container)
{
	uint32		head;

	varint_trusted(container->data, &head);
	return head >> 2;
}

/*
 * The group in which a member must be: the last whose first entry is not
 * greater.  compare gives the order of the sought against an entry.
 */
static uint32
find_group(const Container *container, bool is_map, const char *sought, uint32 sought_length)
{
	uint32		low = 0;
	uint32		high = container_anchor_count(container->count);

	while (low < high)
	{
		uint32		middle = (low + high + 1) / 2;
		const char *start = group_start(container, middle);
		uint32		length;

		if (is_map)
			entry_name(start, &start, &length);
		else
			length = entry_end(container, middle * GROUP_SIZE, start) - start;
		if (name_compare(sought, sought_length, start, length) < 0)
			high = middle - 1;
		else
			low = middle;
	}
	return low;
}

bool
value_map_find(const Value *map, const char *name, uint32 name_length, Value *member)
{
	Container	container;
	uint32		index;
	uint32		last;
	const char *start;
	uint8		nibble = Min(name_length, NAME_LENGTH_ESCAPE);

	if (map->type != VALUE_MAP)
		return false;
	container = open_container(map);
	if (container.count == 0)
		return false;

	index = find_group(&container, true, name, name_length) * GROUP_SIZE;
	last = Min(index + GROUP_SIZE, container.count);
	start = group_start(&container, index / GROUP_SIZE);
	for (; index < last; index++)
	{
		const char *end = entry_end(&container, index, start);

		if (((uint8) *start & 0x0F) == nibble)
		{
			const char *entry;
			uint32		length;
			const char *payload = entry_name(start, &entry, &length);

			if (length == name_length && memcmp(entry, name, length) == 0)
			{
				member_from_payload(member, (EntryTag) ((uint8) *start >> 4), payload, end);
				return true;
			}
		}
		start = end;
	}
	return false;
}

bool
value_list_get(const Value *list, uint32 index, Value *member)
{
	Container	container;
	const char *start;

	if (list->type != VALUE_LIST)
		return false;
	container = open_container(list);
	if (index >= container.count)
		return false;
	start = entry_start(&container, index);
	member_from_payload(member, (EntryTag) *start, start + 1,
						entry_end(&container, index, start));
	return true;
}

bool
value_set_contains(const Value *set, const Value *member)
{
	Container	container;
	uint32		index;
	uint32		last;
	const char *start;

	if (!value_type_is_set(set->type) || member->type != value_set_member_type(set->type))
		return false;
	container = open_container(set);
	if (container.count == 0)
		return false;

	index = find_group(&container, false, member->data, member->length) * GROUP_SIZE;
	last = Min(index + GROUP_SIZE, container.count);
	start = group_start(&container, index / GROUP_SIZE);
	for (; index < last; index++)
	{
		const char *end = entry_end(&container, index, start);

		if ((uint32) (end - start) == member->length &&
			memcmp(start, member->data, member->length) == 0)
			return true;
		start = end;
	}
	return false;
}

void
value_iterator_start(ValueIterator *iterator, const Value *container)
{
	Container	parts = open_container(container);

	iterator->type = container->type;
	iterator->next = 0;
	iterator->count = parts.count;
	iterator->position = parts.entries;
	iterator->lengths = parts.lengths;
	iterator->end = parts.end;
	iterator->width = parts.width;
}

bool
value_iterator_next(ValueIterator *iterator, const char **name, uint32 *name_length,
					Value *member)
{
	const char *start = iterator->position;
	const char *end;

	if (iterator->next >= iterator->count)
		return false;
	if (iterator->next + 1 == iterator->count)
		end = iterator->end;
	else
		end = start + read_uint(iterator->lengths + iterator->next * iterator->width,
								iterator->width);
	iterator->position = end;
	iterator->next++;

	if (iterator->type == VALUE_MAP)
	{
		const char *entry;
		uint32		length;
		const char *payload = entry_name(start, &entry, &length);

		member_from_payload(member, (EntryTag) ((uint8) *start >> 4), payload, end);
		if (name != NULL)
			*name = entry;
		if (name_length != NULL)
			*name_length = length;
	}
	else if (iterator->type == VALUE_LIST)
		member_from_payload(member, (EntryTag) *start, start + 1, end);
	else
	{
		member->type = value_set_member_type(iterator->type);
		member->data = start;
		member->length = end - start;
	}
	return true;
}
