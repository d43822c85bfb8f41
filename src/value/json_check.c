/*
 * json_check.c - the decoding phase of attribute values: JSON types and base64.
 *
 * AWS decodes a whole request before it validates any of it, and tells of a
 * wrong JSON type in the words of its Java library.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "error.h"
#include "value/base64.h"
#include "value/json.h"

#define ATTRIBUTE_VALUE_CLASS "com.amazonaws.dynamodb.v20120810.AttributeValue"

static void
wrong(const char *words)
{
	ddb_error(SERIALIZATION_EXCEPTION, "%s", words);
}

/* The words for a scalar that cannot become a String or Boolean. */
static void
wrong_conversion(json_object *json, const char *target)
{
	const char *token = "STRING_VALUE";

	switch (json_object_get_type(json))
	{
		case json_type_boolean:
			token = json_object_get_boolean(json) ? "TRUE_VALUE" : "FALSE_VALUE";
			break;
		case json_type_int:
			token = "NUMBER_VALUE";
			break;
		case json_type_double:
			token = "DECIMAL_VALUE";
			break;
		case json_type_array:
			ddb_error(SERIALIZATION_EXCEPTION,
					  "Unrecognized collection type class java.lang.%s", target);
			break;
		case json_type_object:
			wrong("Start of structure or map found where not expected");
			break;
		default:
			break;
	}
	ddb_error(SERIALIZATION_EXCEPTION, "%s cannot be converted to %s", token, target);
}

static void
check_string(json_object *json)
{
	if (json != NULL && !json_object_is_type(json, json_type_string))
		wrong_conversion(json, "String");
}

bool
json_boolean(json_object *json, bool *truth)
{
	if (json_object_is_type(json, json_type_boolean))
	{
		*truth = json_object_get_boolean(json);
		return true;
	}
	if (json_object_is_type(json, json_type_string))
	{
		const char *text = json_object_get_string(json);

		*truth = pg_strcasecmp(text, "true") == 0 || pg_strcasecmp(text, "yes") == 0 ||
			strcmp(text, "1") == 0;
		return *truth || pg_strcasecmp(text, "false") == 0 || pg_strcasecmp(text, "no") == 0 ||
			strcmp(text, "0") == 0;
	}
	return false;
}

static void
check_boolean(json_object *json)
{
	bool		truth;

	if (json == NULL || json_boolean(json, &truth))
		return;
	if (json_object_is_type(json, json_type_string))
		wrong("Unexpected token received from parser");
	wrong_conversion(json, "Boolean");
}

static void
check_binary(json_object *json)
{
	switch (json_object_get_type(json))
	{
		case json_type_null:
			break;
		case json_type_string:
			base64_check(json_object_get_string(json), json_object_get_string_len(json));
			break;
		case json_type_array:
			wrong("Unrecognized collection type class java.nio.ByteBuffer");
			break;
		case json_type_object:
			wrong("Start of structure or map found where not expected");
			break;
		default:
			wrong("only base-64-encoded strings are convertible to bytes");
			break;
	}
}

static void
check_member_value(json_object *json)
{
	json_check_attribute_value(json, JSON_MAP_VALUE);
}

static void
check_list(json_object *json, void (*check_member) (json_object *json))
{
	size_t		count;

	if (json == NULL)
		return;
	if (json_object_is_type(json, json_type_object))
		wrong("Start of structure or map found where not expected");
	if (!json_object_is_type(json, json_type_array))
		wrong("Unexpected field type");
	count = json_object_array_length(json);
	for (size_t i = 0; i < count; i++)
		check_member(json_object_array_get_idx(json, i));
}

void
json_check_attribute_list(json_object *json)
{
	check_list(json, check_member_value);
}

void
json_check_attribute_map(json_object *json)
{
	struct lh_entry *entry;

	if (json == NULL)
		return;
	if (json_object_is_type(json, json_type_array))
		wrong("Unrecognized collection type java.util.Map<java.lang.String, " ATTRIBUTE_VALUE_CLASS ">");
	if (!json_object_is_type(json, json_type_object))
		wrong("Unexpected field type");
	lh_foreach(json_object_get_object(json), entry)
		check_member_value((json_object *) lh_entry_v(entry));
}

/* One member of an attribute value, such as "S"; AWS ignores unknown ones. */
static void
check_typed(const char *type_name, json_object *json)
{
	ValueType	type;

	if (!value_type_from_name(type_name, &type))
		return;
	switch (type)
	{
		case VALUE_STRING:
		case VALUE_NUMBER:
			check_string(json);
			break;
		case VALUE_BINARY:
			check_binary(json);
			break;
		case VALUE_BOOLEAN:
		case VALUE_NULL:
			check_boolean(json);
			break;
		case VALUE_MAP:
			json_check_attribute_map(json);
			break;
		case VALUE_LIST:
			json_check_attribute_list(json);
			break;
		case VALUE_STRING_SET:
		case VALUE_NUMBER_SET:
			check_list(json, check_string);
			break;
		case VALUE_BINARY_SET:
			check_list(json, check_binary);
			break;
	}
}

void
json_check_attribute_value(json_object *json, JsonPlace where)
{
	struct lh_entry *entry;

	if (json == NULL)
		return;
	check_stack_depth();
	if (json_object_is_type(json, json_type_array))
		wrong("Unrecognized collection type class " ATTRIBUTE_VALUE_CLASS);
	if (!json_object_is_type(json, json_type_object))
		wrong(where == JSON_STRUCT_FIELD ? "Unexpected field type" :
			  "Unexpected value type in payload");
	lh_foreach(json_object_get_object(json), entry)
		check_typed((const char *) lh_entry_k(entry), (json_object *) lh_entry_v(entry));
}

static void
check_item(json_object *json)
{
	if (json == NULL)
		wrong("Unexpected field type");
	json_check_attribute_map(json);
}

static void
check_array(json_object *json)
{
	if (!json_object_is_type(json, json_type_array))
		wrong("Unexpected field type");
}

typedef struct TextCheck
{
	const char *text;
	void		(*check) (json_object *json);
} TextCheck;

static void
check_text(void *argument)
{
	const TextCheck *given = argument;

	given->check(json_parse(given->text, strlen(given->text)));
}

/* Whether the text is JSON that the check passes. */
static bool
passes(const char *text, void (*check) (json_object *json))
{
	TextCheck	given = {text, check};

	return !error_caught(check_text, &given, CurrentMemoryContext, NULL);
}

bool
json_text_is_item(const char *text)
{
	return passes(text, check_item);
}

bool
json_text_is_list(const char *text)
{
	return passes(text, check_array);
}
