/*
 * value.h - attribute values in their packed form.
 *
 * A packed value is a slice of memory: a type, a length, and bytes that are
 * never unpacked to be read.  The form is canonical: two values are equal in
 * DynamoDB's sense exactly when type, length and bytes are equal (map members
 * are sorted by name, sets are sorted and without doubles, a number has one
 * spelling, tables have their smallest width).
 *
 * Payloads by type (what Value.data points at, Value.length bytes):
 *
 *	S		the UTF-8 bytes, U+0000 included
 *	N		the order-preserving form of number.h: memcmp() orders numbers
 *	B		the bytes
 *	BOOL	one byte, 0 or 1 (in a container it is part of the tag; data then
 *			points at a constant)
 *	NULL	nothing
 *	M, L, SS, NS, BS	a container, described in layout.c
 *
 * Nothing here allocates unless it says so, and then in CurrentMemoryContext.
 */
#ifndef DDB_VALUE_H
#define DDB_VALUE_H

#include "lib/stringinfo.h"

typedef enum ValueType
{
	VALUE_STRING,
	VALUE_NUMBER,
	VALUE_BINARY,
	VALUE_BOOLEAN,
	VALUE_NULL,
	VALUE_MAP,
	VALUE_LIST,
	VALUE_STRING_SET,
	VALUE_NUMBER_SET,
	VALUE_BINARY_SET
} ValueType;

#define VALUE_TYPES (VALUE_BINARY_SET + 1)

/*
 * The deepest a value may be nested.  An attribute's value has depth 1, a
 * member of it depth 2: so 31 maps around a scalar are taken, and 32 are not
 * (as AWS counts its 32 levels).
 */
#define VALUE_MAX_DEPTH 32

/* The longest attribute name, in bytes. */
#define ATTRIBUTE_NAME_MAX_SIZE 65535

/* DynamoDB's bounds on an item and its keys, in bytes. */
#define ITEM_MAX_SIZE (400 * 1024)
#define PARTITION_KEY_MAX_SIZE 2048
#define SORT_KEY_MAX_SIZE 1024

typedef struct Value
{
	ValueType	type;
	uint32		length;			/* bytes at data */
	const char *data;
} Value;

/* "S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS" */
extern const char *value_type_name(ValueType type);

/* The type that a name of DynamoDB's stands for; false where it is none. */
extern bool value_type_from_name(const char *name, ValueType *type);

static inline bool
value_type_is_set(ValueType type)
{
	return type >= VALUE_STRING_SET;
}

/* The type of a set's members. */
static inline ValueType
value_set_member_type(ValueType set)
{
	return (ValueType) (set - VALUE_STRING_SET + VALUE_STRING);
}

/* Whether the bytes, up to 2 GB, are what a string may hold: UTF-8, U+0000 included. */
extern bool string_is_utf8(const char *text, size_t length);

/* Equal in DynamoDB's sense; values of different types never are. */
extern bool value_equal(const Value *a, const Value *b);

/*
 * <0, 0 or >0; both must be of the same type.  For S, N and B it is DynamoDB's
 * order: strings by UTF-8 bytes, numbers by value, binaries by unsigned bytes.
 * For the others, which have none, it is some order.
 */
extern int	value_compare(const Value *a, const Value *b);

/* The members of a container (M, L or a set). */
extern uint32 value_count(const Value *container);

/* The map's member of that name; false where it has none. */
extern bool value_map_find(const Value *map, const char *name, uint32 name_length,
						   Value *member);

/* The list's member at the index (from 0); false where the list is shorter. */
extern bool value_list_get(const Value *list, uint32 index, Value *member);

/* Whether the set has a member equal to the value, whose type must fit. */
extern bool value_set_contains(const Value *set, const Value *member);

/* Walks a container's members in stored order (maps: by name). */
typedef struct ValueIterator
{
	ValueType	type;			/* of the container */
	uint32		next;			/* index of the next member */
	uint32		count;
	const char *position;		/* private to layout.c */
	const char *lengths;		/* private to layout.c */
	const char *end;			/* private to layout.c */
	int			width;			/* private to layout.c */
} ValueIterator;

extern void value_iterator_start(ValueIterator *iterator, const Value *container);

/*
 * The next member; false at the end.  name and name_length are set for maps
 * only, and may be NULL where the caller does not want them.
 */
extern bool value_iterator_next(ValueIterator *iterator, const char **name,
								uint32 *name_length, Value *member);

/*
 * DynamoDB's count of the value's bytes: strings and binaries their bytes,
 * numbers by digits, BOOL and NULL 1, sets the sum of their members, maps and
 * lists 3 and 1 for each member besides the members' own (and their names').
 */
extern uint32 value_size(const Value *value);

/* How deep it is nested: 1 for a scalar or a set or an empty map or list. */
extern int	value_depth(const Value *value);

/* The same for an item: its attributes' names and values. */
extern uint32 item_size(const Value *item);

/* A bound of it that takes no walk over the item. */
extern uint32 item_size_at_most(const Value *item);

/*
 * Stored form (the varlena behind ddb.item and ddb.attribute_value): a byte
 * with the form's version (high half) and the type (low half), the payload.
 * An item is a stored value of type M.
 */
#define STORED_VALUE_VERSION 1

/*
 * The value in a ddb.item or ddb.attribute_value datum, detoasted if need be
 * (then a palloc'd copy).  Raises data_corrupted for an unknown version.
 */
extern Value value_from_datum(Datum datum);

/* A palloc'd datum that holds a copy of the value. */
extern Datum value_to_datum(const Value *value);

/*
 * Checks that bytes from outside (binary receive) are a well-formed, canonical
 * value whatever they hold, nested no deeper than VALUE_MAX_DEPTH; raises
 * invalid_binary_representation if not.
 */
extern void value_check(const Value *value);

/* The same for an item, whose map is not counted as a level. */
extern void item_check(const Value *item);

/* Raises ValidationException where no attribute can have that name. */
extern void attribute_name_check(size_t name_length);

/*
 * Raises ValidationException where the item, or a value by itself, is larger
 * than ITEM_MAX_SIZE.
 */
extern void item_check_size(const Value *item);
extern void value_check_size(const Value *value);

/* An empty map, such as stands for an item that does not exist. */
extern const Value empty_map;

#endif							/* DDB_VALUE_H */
