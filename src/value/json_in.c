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

/* AWS lists the members as they were sent, but for numbers. */
static void
doubled_member(ValueType type, json_object *json)
{
	StringInfoData list;
	size_t		count = json_object_array_length(json);

	if (type == VALUE_NUMBER_SET)
		validation_error("Input collection contains duplicates");
	initStringInfo(&list);
	for (size_t i = 0; i < count; i++)
	{
		json_object *member = json_object_array_get_idx(json, i);

		if (i > 0)
			appendStringInfoString(&list, ", ");
		appendBinaryStringInfo(&list, json_object_get_string(member),
							   json_object_get_string_len(member));
	}
	if (type == VALUE_BINARY_SET)
		validation_error(INVALID_PARAMETER "Input collection [%s]of type BS contains duplicates.",
						 list.data);
	validation_error(INVALID_PARAMETER "Input collection [%s] contains duplicates.", list.data);
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

		if (length > ATTRIBUTE_NAME_MAX_SIZE)
			validation_error(INVALID_PARAMETER
							 "Attribute name is too large, must be less than 65536 bytes");
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
	return map_node(json, 1);
}
