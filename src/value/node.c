/*
 * node.c - values under construction, and packing them.
 *
 * An open map keeps its members sorted by name, an open set its members sorted
 * by value; a map that is built by node_map_append() is sorted when it is next
 * looked into.  Packing measures the whole tree first, and then writes it into
 * one piece of memory.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "error.h"
#include "value/layout.h"
#include "value/node.h"

typedef struct MapMember
{
	const char *name;
	uint32		name_length;
	Node	   *node;
} MapMember;

struct Node
{
	ValueType	type;
	bool		open;			/* members below, else value */
	bool		sorted;			/* of a map's members */
	uint8		width;			/* of the table of lengths, set by measure() */
	uint32		packed_length;	/* set by measure() */
	uint32		count;
	uint32		space;			/* members that there is memory for */
	Value		value;
	union
	{
		MapMember  *map;
		Node	  **list;
		Value	   *set;
	}			members;
};

/* More than any request that is taken can need. */
#define MAX_PACKED_LENGTH (256 * 1024 * 1024)

#define FIRST_SPACE 8

/* ---- Making nodes ---- */

static void
node_init(Node *node, const Value *value)
{
	node->type = value->type;
	node->open = false;
	node->value = *value;
}

Node *
node_from_value(const Value *value)
{
	Node	   *node = palloc(sizeof(Node));

	node_init(node, value);
	return node;
}

static size_t
member_width(ValueType type)
{
	return type == VALUE_MAP ? sizeof(MapMember) :
		type == VALUE_LIST ? sizeof(Node *) : sizeof(Value);
}

static void
node_open_empty(Node *node, uint32 space)
{
	node->open = true;
	node->sorted = true;
	node->count = 0;
	node->space = Max(space, FIRST_SPACE);
	node->members.map = palloc(node->space * member_width(node->type));
}

static Node *
node_container(ValueType type)
{
	Node	   *node = palloc(sizeof(Node));

	node->type = type;
	node_open_empty(node, 0);
	return node;
}

Node *
node_map(void)
{
	return node_container(VALUE_MAP);
}

Node *
node_list(void)
{
	return node_container(VALUE_LIST);
}

Node *
node_set(ValueType set_type)
{
	Assert(value_type_is_set(set_type));
	return node_container(set_type);
}

ValueType
node_type(const Node *node)
{
	return node->type;
}

/* Turns a packed container into an open one, so that it can be changed. */
static void
node_open(Node *node)
{
	ValueIterator iterator;
	Node	   *nodes = NULL;
	MapMember	member;
	Value		value;
	uint32		count;

	if (node->open)
		return;
	count = value_count(&node->value);
	value_iterator_start(&iterator, &node->value);
	node_open_empty(node, count + 1);
	if (count > 0 && !value_type_is_set(node->type))
		nodes = palloc_extended(count * sizeof(Node), MCXT_ALLOC_HUGE);
	while (value_iterator_next(&iterator, &member.name, &member.name_length, &value))
	{
		uint32		index = node->count++;

		if (value_type_is_set(node->type))
		{
			node->members.set[index] = value;
			continue;
		}
		node_init(&nodes[index], &value);
		if (node->type == VALUE_LIST)
			node->members.list[index] = &nodes[index];
		else
		{
			member.node = &nodes[index];
			node->members.map[index] = member;
		}
	}
}

/* Makes room for a member at the index, and counts it. */
static void
make_room(Node *node, uint32 index)
{
	size_t		width = member_width(node->type);
	char	   *members;

	if (node->count == node->space)
	{
		node->space *= 2;
		node->members.map = repalloc_huge(node->members.map, node->space * width);
	}
	members = (char *) node->members.map;
	memmove(members + (index + 1) * width, members + index * width,
			(node->count - index) * width);
	node->count++;
}

static void
close_room(Node *node, uint32 index)
{
	size_t		width = member_width(node->type);
	char	   *members = (char *) node->members.map;

	memmove(members + index * width, members + (index + 1) * width,
			(node->count - index - 1) * width);
	node->count--;
}

/* ---- Maps ---- */

static int
compare_map_members(const void *a, const void *b)
{
	const MapMember *left = a;
	const MapMember *right = b;

	return name_compare(left->name, left->name_length, right->name, right->name_length);
}

static void
sort_map(const Node *node)
{
	if (node->sorted)
		return;
	qsort(node->members.map, node->count, sizeof(MapMember), compare_map_members);
	/* Being sorted is no change that anyone could see. */
	((Node *) node)->sorted = true;
}

/* Where the member of that name is, or would be. */
static bool
map_search(const Node *map, const char *name, uint32 name_length, uint32 *index)
{
	uint32		low = 0;
	uint32		high = map->count;

	sort_map(map);
	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;
		const MapMember *member = &map->members.map[middle];
		int			order = name_compare(name, name_length, member->name, member->name_length);

		if (order == 0)
		{
			*index = middle;
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*index = low;
	return false;
}

Node *
node_map_get(Node *map, const char *name, uint32 name_length)
{
	Value		value;
	uint32		index;

	if (map->type != VALUE_MAP)
		return NULL;
	if (!map->open && !value_map_find(&map->value, name, name_length, &value))
		return NULL;
	node_open(map);
	return map_search(map, name, name_length, &index) ? map->members.map[index].node : NULL;
}

bool
node_map_set(Node *map, const char *name, uint32 name_length, Node *member)
{
	uint32		index;
	bool		found;

	Assert(map->type == VALUE_MAP);
	node_open(map);
	found = map_search(map, name, name_length, &index);
	if (!found)
		make_room(map, index);
	map->members.map[index] = (MapMember) {name, name_length, member};
	return !found;
}

void
node_map_append(Node *map, const char *name, uint32 name_length, Node *member)
{
	MapMember  *last;

	Assert(map->type == VALUE_MAP);
	node_open(map);
	make_room(map, map->count);
	last = &map->members.map[map->count - 1];
	*last = (MapMember) {name, name_length, member};
	if (map->count > 1 && map->sorted)
		map->sorted = compare_map_members(last - 1, last) < 0;
}

bool
node_map_repeats(Node *map)
{
	/* in order as they were added: in strict order */
	if (!map->open || map->sorted)
		return false;
	sort_map(map);
	for (uint32 i = 1; i < map->count; i++)
	{
		if (compare_map_members(&map->members.map[i - 1], &map->members.map[i]) == 0)
			return true;
	}
	return false;
}

void
node_map_remove(Node *map, const char *name, uint32 name_length)
{
	Value		value;
	uint32		index;

	if (map->type != VALUE_MAP)
		return;
	if (!map->open && !value_map_find(&map->value, name, name_length, &value))
		return;
	node_open(map);
	if (map_search(map, name, name_length, &index))
		close_room(map, index);
}

/* ---- Lists ---- */

uint32
node_list_count(Node *list)
{
	Assert(list->type == VALUE_LIST);
	return list->open ? list->count : value_count(&list->value);
}

Node *
node_list_get(Node *list, uint32 index)
{
	if (list->type != VALUE_LIST || index >= node_list_count(list))
		return NULL;
	node_open(list);
	return list->members.list[index];
}

void
node_list_append(Node *list, Node *member)
{
	Assert(list->type == VALUE_LIST);
	node_open(list);
	make_room(list, list->count);
	list->members.list[list->count - 1] = member;
}

void
node_list_set(Node *list, uint32 index, Node *member)
{
	Assert(list->type == VALUE_LIST);
	node_open(list);
	Assert(index < list->count);
	list->members.list[index] = member;
}

void
node_list_remove(Node *list, uint32 index)
{
	Assert(list->type == VALUE_LIST);
	node_open(list);
	if (index < list->count)
		close_room(list, index);
}

/* ---- Sets ---- */

static int
compare_set_members(const void *a, const void *b)
{
	return value_compare(a, b);
}

Node *
node_set_from_members(ValueType set_type, Value *members, uint32 count)
{
	Node	   *node;

	Assert(value_type_is_set(set_type));
	qsort(members, count, sizeof(Value), compare_set_members);
	for (uint32 i = 1; i < count; i++)
	{
		if (value_equal(&members[i - 1], &members[i]))
			return NULL;
	}
	node = palloc(sizeof(Node));
	node->type = set_type;
	node->open = true;
	node->sorted = true;
	node->count = count;
	node->space = Max(count, 1);
	node->members.set = members;
	return node;
}

static bool
set_search(const Node *set, const Value *member, uint32 *index)
{
	uint32		low = 0;
	uint32		high = set->count;

	while (low < high)
	{
		uint32		middle = low + (high - low) / 2;
		int			order = value_compare(member, &set->members.set[middle]);

		if (order == 0)
		{
			*index = middle;
			return true;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	*index = low;
	return false;
}

bool
node_set_add(Node *set, const Value *member)
{
	uint32		index;

	Assert(value_set_member_type(set->type) == member->type);
	node_open(set);
	if (set_search(set, member, &index))
		return false;
	make_room(set, index);
	set->members.set[index] = *member;
	return true;
}

bool
node_set_remove(Node *set, const Value *member)
{
	uint32		index;

	Assert(value_set_member_type(set->type) == member->type);
	node_open(set);
	if (!set_search(set, member, &index))
		return false;
	close_room(set, index);
	return true;
}

uint32
node_set_count(Node *set)
{
	Assert(value_type_is_set(set->type));
	return set->open ? set->count : value_count(&set->value);
}

/* ---- Packing ---- */

/* BOOL and NULL are their tags. */
static inline uint32
payload_length(const Value *value)
{
	return value->type == VALUE_BOOLEAN ? 0 : value->length;
}

void
node_check_depth(int depth)
{
	if (depth > VALUE_MAX_DEPTH)
		validation_error("Nesting Levels have exceeded supported limits: "
						 "Attributes in the item have nested levels beyond supported limit");
}

static uint32 measure(Node *node, int depth);

/* The length of an open container's entry. */
static uint32
measure_entry(Node *node, uint32 index, int depth)
{
	uint32		length;

	if (node->type == VALUE_LIST)
		return 1 + measure(node->members.list[index], depth + 1);
	if (node->type != VALUE_MAP)
		return node->members.set[index].length;
	length = 1 + node->members.map[index].name_length;
	if (node->members.map[index].name_length >= NAME_LENGTH_ESCAPE)
		length += varint_length(node->members.map[index].name_length - NAME_LENGTH_ESCAPE);
	return length + measure(node->members.map[index].node, depth + 1);
}

/*
 * Sets packed_length and width of all open nodes; returns the payload's length
 * in a container.  The root is at depth 0.
 */
static uint32
measure(Node *node, int depth)
{
	uint64		length = 0;
	uint32		longest = 0;

	if (!node->open)
	{
		/* An attribute of a stored item cannot have become deeper. */
		if (depth > 1)
			node_check_depth(depth + value_depth(&node->value) - 1);
		return payload_length(&node->value);
	}
	node_check_depth(depth);
	if (node->type == VALUE_MAP)
		sort_map(node);

	for (uint32 i = 0; i < node->count; i++)
	{
		uint32		entry = measure_entry(node, i, depth);

		/* The last entry's length is in no table. */
		if (i + 1 < node->count)
			longest = Max(longest, entry);
		length += entry;
		if (length > MAX_PACKED_LENGTH)
			validation_error("Item size has exceeded the maximum allowed size");
	}
	node->width = container_width(longest);
	length += container_head_length(node->count, node->width);
	if (length > MAX_PACKED_LENGTH)
		validation_error("Item size has exceeded the maximum allowed size");
	node->packed_length = (uint32) length;
	return node->packed_length;
}

static inline char *
write_uint(char *to, uint32 number, int width)
{
	for (int i = 0; i < width; i++)
	{
		*to++ = (char) number;
		number >>= 8;
	}
	return to;
}

static inline char *
write_bytes(char *to, const char *bytes, uint32 length)
{
	memcpy(to, bytes, length);
	return to + length;
}

static char *write_container(char *to, const Node *node);

static EntryTag
node_tag(const Node *node)
{
	if (!node->open)
		return value_tag(&node->value);
	return value_tag(&(Value) {.type = node->type});
}

static inline char *
write_payload(char *to, const Node *node)
{
	if (node->open)
		return write_container(to, node);
	return write_bytes(to, node->value.data, payload_length(&node->value));
}

static char *
write_entry(char *to, const Node *node, uint32 index)
{
	const MapMember *member;

	if (node->type == VALUE_LIST)
	{
		*to++ = (char) node_tag(node->members.list[index]);
		return write_payload(to, node->members.list[index]);
	}
	if (node->type != VALUE_MAP)
		return write_bytes(to, node->members.set[index].data, node->members.set[index].length);

	member = &node->members.map[index];
	*to++ = (char) (node_tag(member->node) << 4 | Min(member->name_length, NAME_LENGTH_ESCAPE));
	if (member->name_length >= NAME_LENGTH_ESCAPE)
		to = varint_write(to, member->name_length - NAME_LENGTH_ESCAPE);
	to = write_bytes(to, member->name, member->name_length);
	return write_payload(to, member->node);
}

/* Writes a measured open container. */
static char *
write_container(char *to, const Node *node)
{
	char	   *anchors = container_head_write(to, node->count, node->width);
	char	   *lengths = anchors + container_anchor_count(node->count) * ANCHOR_WIDTH;
	char	   *entries = to + container_head_length(node->count, node->width);
	char	   *start = entries;

	for (uint32 i = 0; i < node->count; i++)
	{
		char	   *end = write_entry(start, node, i);

		if (i > 0 && i % GROUP_SIZE == 0)
			anchors = write_uint(anchors, start - entries, ANCHOR_WIDTH);
		if (i + 1 < node->count)
			lengths = write_uint(lengths, end - start, node->width);
		start = end;
	}
	Assert(lengths == entries);
	Assert(start == to + node->packed_length);
	return start;
}

Value
node_pack(const Node *node)
{
	Value		value;
	char	   *data;

	if (!node->open)
		return node->value;
	/* What measure() changes, only the packing sees. */
	value.type = node->type;
	value.length = measure((Node *) node, 0);
	data = palloc(value.length);
	write_container(data, node);
	value.data = data;
	return value;
}

uint32
node_size(const Node *node)
{
	uint32		size = 0;

	if (!node->open)
		return value_size(&node->value);
	check_stack_depth();
	if (node->type == VALUE_MAP || node->type == VALUE_LIST)
		size = 3 + node->count;
	for (uint32 i = 0; i < node->count; i++)
	{
		if (node->type == VALUE_MAP)
			size += node->members.map[i].name_length + node_size(node->members.map[i].node);
		else if (node->type == VALUE_LIST)
			size += node_size(node->members.list[i]);
		else
			size += value_size(&node->members.set[i]);
	}
	return size;
}
