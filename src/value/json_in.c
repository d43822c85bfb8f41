/*
 * json_in.c - the validation phase of attribute values: DynamoDB JSON to nodes.
 *
 * The trees have passed json_check.c, so that every JSON type is as expected.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "error.h"
#include "value/base64.h"
#include "value/json.h"
#include "value/number.h"

#define INVALID_PARAMETER "One or more parameter values were invalid: "

static Node *node_at_depth(json_object *json, int depth);

static Node *
scalar_node(ValueType type, const char *data, uint32 length)
{
	Value		value = {type, length, data};

	return node_from_value(&value);
}

/* ---- Scalars ---- */

static Value
string_value(json_object *json)
{
	Value		value = {VALUE_STRING, json_object_get_string_len(json), json_object_get_string(json)};

	return value;
}

static Value
number_value(json_object *json)
{
	char	   *stored = palloc(NUMBER_MAX_LENGTH);
	Value		value = {VALUE_NUMBER, 0, stored};

	value.length = number_parse(json_object_get_string(json),
								json_object_get_string_len(json), stored);
	return value;
}

static Value
binary_value(json_object *json)
{
	const char *text = json_object_get_string(json);
	uint32		length = json_object_get_string_len(json);
	Value		value = {VALUE_BINARY, base64_decoded_length(text, length), NULL};
	char	   *data = palloc(value.length + 1);

	base64_decode(text, length, data);
	value.data = data;
	return value;
}

static Value
member_value(ValueType type, json_object *json)
{
	switch (type)
	{
		case VALUE_STRING:
			return string_value(json);
		case VALUE_NUMBER:
			return number_value(json);
		default:
			return binary_value(json);
	}
}

static Node *
boolean_node(ValueType type, json_object *json)
{
	bool		truth = false;

	(void) json_boolean(json, &truth);
	if (type == VALUE_BOOLEAN)
		return scalar_node(VALUE_BOOLEAN, truth ? "\1" : "\0", 1);
	if (!truth)
		validation_error(INVALID_PARAMETER "Null attribute value types must have the value of true");
	return scalar_node(VALUE_NULL, "", 0);
}

/* ---- Containers ---- */

static void
empty_set(ValueType type)
{
	if (type == VALUE_BINARY_SET)
		validation_error(INVALID_PARAMETER "Binary sets should not be empty");
	validation_error(INVALID_PARAMETER "An %s set  may not be empty",
					 type == VALUE_STRING_SET ? "string" : "number");
}

/* A member of a set that is refused, and where it stands. */
typedef struct RefusedMember
{
	Value		value;
	size_t		index;
	json_object *json;
} RefusedMember;

static int
compare_refused(const void *a, const void *b)
{
	const RefusedMember *one = a;
	const RefusedMember *other = b;
	int			order = value_compare(&one->value, &other->value);

	return order != 0 ? order : (one->index > other->index) - (one->index < other->index);
}

/* Sorts the members that stand before the first one that is a repetition. */
static void
sort_until_repetition(RefusedMember *members, size_t count)
{
	RefusedMember *sorted = palloc_extended(count * sizeof(RefusedMember), MCXT_ALLOC_HUGE);
	size_t		repetition = count;

	memcpy(sorted, members, count * sizeof(RefusedMember));
	qsort(sorted, count, sizeof(RefusedMember), compare_refused);
	for (size_t i = 1; i < count; i++)
	{
		if (value_equal(&sorted[i - 1].value, &sorted[i].value))
			repetition = Min(repetition, sorted[i].index);
	}
	qsort(members, repetition, sizeof(RefusedMember), compare_refused);
}

static char *
members_text(const RefusedMember *members, size_t count, const char *quote, const char *separator)
{
	StringInfoData list;

	initStringInfo(&list);
	for (size_t i = 0; i < count; i++)
	{
		appendStringInfoString(&list, i > 0 ? separator : "");
		appendStringInfoString(&list, quote);
		appendBinaryStringInfo(&list, json_object_get_string(members[i].json),
							   json_object_get_string_len(members[i].json));
		appendStringInfoString(&list, quote);
	}
	return list.data;
}

/*
 * The older layer lists the members as they were sent, the current one in
 * order up to the first repetition.  Numbers are not listed.
 */
static void
doubled_member(ValueType type, json_object *json)
{
	bool		older = validation_layer() == LAYER_OLDER;
	bool		binary = type == VALUE_BINARY_SET;
	size_t		count = json_object_array_length(json);
	RefusedMember *members;

	if (type == VALUE_NUMBER_SET)
		validation_error("%s", older ? "Input collection contains duplicates" :
						 INVALID_PARAMETER "Input collection contains duplicates.");

	members = palloc_extended(count * sizeof(RefusedMember), MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < count; i++)
	{
		members[i].json = json_object_array_get_idx(json, i);
		members[i].value = member_value(value_set_member_type(type), members[i].json);
		members[i].index = i;
	}
	if (!older)
		sort_until_repetition(members, count);
	validation_error(INVALID_PARAMETER "Input collection [%s]%s contains duplicates.",
					 members_text(members, count, older ? "" : "\"", binary && !older ? "," : ", "),
					 binary ? "of type BS" : "");
}

static Node *
set_node(ValueType type, json_object *json)
{
	size_t		count = json_object_array_length(json);
	Value	   *members;
	Node	   *node;

	if (count == 0)
		empty_set(type);
	members = palloc_extended(count * sizeof(Value), MCXT_ALLOC_HUGE);
	for (size_t i = 0; i < count; i++)
	{
		json_object *member = json_object_array_get_idx(json, i);

		if (member == NULL)
			validation_error(INVALID_PARAMETER "An %s set may not have a null %s as a member",
							 type == VALUE_STRING_SET ? "string" :
							 type == VALUE_NUMBER_SET ? "number" : "binary",
							 type == VALUE_STRING_SET ? "string" :
							 type == VALUE_NUMBER_SET ? "number" : "binary");
		members[i] = member_value(value_set_member_type(type), member);
	}
	node = node_set_from_members(type, members, count);
	if (node == NULL)
		doubled_member(type, json);
	return node;
}

static Node *
list_node(json_object *json, int depth)
{
	size_t		count = json_object_array_length(json);
	Node	   *list = node_list();

	for (size_t i = 0; i < count; i++)
		node_list_append(list, node_at_depth(json_object_array_get_idx(json, i), depth));
	return list;
}

static Node *
map_node(json_object *json, int depth)
{
	Node	   *map = node_map();
	struct lh_entry *entry;

	lh_foreach(json_object_get_object(json), entry)
	{
		const char *name = lh_entry_k(entry);
		size_t		length = strlen(name);

		attribute_name_check(length);
		node_map_append(map, name, length, node_at_depth((json_object *) lh_entry_v(entry), depth));
	}
	return map;
}

/* ---- Attribute values ---- */

static Node *
typed_node(ValueType type, json_object *json, int depth)
{
	Value		value;

	switch (type)
	{
		case VALUE_STRING:
		case VALUE_NUMBER:
		case VALUE_BINARY:
			value = member_value(type, json);
			return node_from_value(&value);
		case VALUE_BOOLEAN:
		case VALUE_NULL:
			return boolean_node(type, json);
		case VALUE_MAP:
			return map_node(json, depth + 1);
		case VALUE_LIST:
			return list_node(json, depth + 1);
		case VALUE_STRING_SET:
		case VALUE_NUMBER_SET:
		case VALUE_BINARY_SET:
			return set_node(type, json);
	}
	pg_unreachable();
}

/*
 * AWS reads every type that is set before it complains of their number, so
 * that {"S": "a", "N": ""} is told of its number.
 */
static Node *
node_at_depth(json_object *json, int depth)
{
	struct lh_entry *entry;
	Node	   *node = NULL;
	int			members = 0;

	if (depth > VALUE_MAX_DEPTH)
		validation_error("Nesting Levels have exceeded supported limits: "
						 "Attributes in the item have nested levels beyond supported limit");
	if (json != NULL)
	{
		lh_foreach(json_object_get_object(json), entry)
		{
			json_object *member = (json_object *) lh_entry_v(entry);
			ValueType	type;

			if (member == NULL)
				continue;
			members++;
			if (value_type_from_name(lh_entry_k(entry), &type))
				node = typed_node(type, member, depth);
		}
	}
	if (node == NULL)
		validation_error("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes");

	/* AWS ignores a member that is no type; here it is not lost silently. */
	if (members > 1)
		validation_error("Supplied AttributeValue has more than one datatypes set, "
						 "must contain exactly one of the supported datatypes");
	return node;
}

Node *
node_from_json(json_object *json)
{
	return node_at_depth(json, 1);
}

Node *
node_map_from_json(json_object *json)
{
	struct lh_entry *entry;

	/* AWS judges the names of attributes before it looks at their values */
	lh_foreach(json_object_get_object(json), entry)
	{
		if (*(const char *) lh_entry_k(entry) == '\0')
			attribute_name_check(0);
	}
	return map_node(json, 1);
}
