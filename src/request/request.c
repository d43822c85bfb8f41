/*
 * request.c - reads the JSON tree of a request into the struct that its shape
 * describes.
 *
 * What is wrong with JSON types is told in the words of AWS's own
 * deserializer, which differ between a member of a structure and an element
 * of a list or map.
 */
#include "postgres.h"

#include <math.h>

#include "error.h"
#include "request/request.h"
#include "value/json.h"

#define TYPE_PREFIX "com.amazonaws.dynamodb.v20120810."

/* What AWS's deserializer says of a scalar where a list of maps or a map of lists has its inner one. */
#define CAST_MESSAGE \
	"class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class " \
	"(sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base " \
	"of loader 'bootstrap')"

#define serialization_error(...) ddb_error(SERIALIZATION_EXCEPTION, __VA_ARGS__)

static void decode(const Shape *shape, json_object *json, void *place, bool element);

size_t
request_element_size(const Shape *shape)
{
	switch (shape->kind)
	{
		case SHAPE_STRING:
			return sizeof(RequestString);
		case SHAPE_ENUM:
			return sizeof(RequestEnum);
		case SHAPE_INTEGER:
		case SHAPE_LONG:
			return sizeof(RequestInteger);
		case SHAPE_TIMESTAMP:
			return sizeof(RequestTimestamp);
		case SHAPE_BOOLEAN:
			return sizeof(RequestBoolean);
		case SHAPE_VALUE:
		case SHAPE_ATTRIBUTES:
		case SHAPE_UNSUPPORTED:
			return sizeof(json_object *);
		case SHAPE_STRUCTURE:
			return shape->size;
		case SHAPE_LIST:
			return sizeof(RequestList);
		case SHAPE_MAP:
			return sizeof(RequestMap);
	}
	return 0;
}

/* The name of a scalar's JSON type, as AWS's deserializer calls its token. */
static const char *
token_name(json_object *json)
{
	switch (json_object_get_type(json))
	{
		case json_type_boolean:
			return json_object_get_boolean(json) ? "TRUE_VALUE" : "FALSE_VALUE";
		case json_type_int:
			return "NUMBER_VALUE";
		case json_type_double:
			return "DECIMAL_VALUE";
		default:
			return "STRING_VALUE";
	}
}

/* Refuses a JSON array or object where a value of a Java class is expected. */
static void
check_is_scalar(json_object *json, const char *class_name)
{
	switch (json_object_get_type(json))
	{
		case json_type_array:
			serialization_error("Unrecognized collection type class %s", class_name);
		case json_type_object:
			serialization_error("Start of structure or map found where not expected");
		default:
			break;
	}
}

static void
decode_string(json_object *json, RequestString *string)
{
	if (unlikely(!json_object_is_type(json, json_type_string)))
	{
		check_is_scalar(json, "java.lang.String");
		serialization_error("%s cannot be converted to String", token_name(json));
	}
	string->data = json_object_get_string(json);
	string->length = json_object_get_string_len(json);
}

static void
decode_enum(const Shape *shape, json_object *json, RequestEnum *place)
{
	RequestString string;

	decode_string(json, &string);
	place->text = string.data;
	place->value = -1;
	for (int i = 0; shape->values[i] != NULL; i++)
	{
		if (strcmp(shape->values[i], string.data) == 0 && !request_string_has_end(&string))
			place->value = i + 1;
	}
}

static void
decode_integer(const Shape *shape, json_object *json, RequestInteger *integer)
{
	bool		is_long = shape->kind == SHAPE_LONG;
	int64		value;

	switch (json_object_get_type(json))
	{
		case json_type_int:
			value = json_object_get_int64(json);
			break;
		case json_type_double:
			/* AWS cuts off the fraction; json-c saturates what is too large */
			value = json_object_get_int64(json);
			break;
		default:
			check_is_scalar(json, is_long ? "java.lang.Long" : "java.lang.Integer");
			serialization_error("%s cannot be converted to %s", token_name(json),
								is_long ? "Long" : "Integer");
	}

	if (!is_long && (value < PG_INT32_MIN || value > PG_INT32_MAX))
		serialization_error("%s cannot be converted to Integer", token_name(json));
	integer->given = true;
	integer->value = value;
}

/* What is beyond what a moment can be is the last or first one there is. */
static void
decode_timestamp(json_object *json, RequestTimestamp *timestamp)
{
	double		limit = PG_INT64_MAX / 1000000;
	double		seconds;

	if (!json_object_is_type(json, json_type_int) && !json_object_is_type(json, json_type_double))
	{
		check_is_scalar(json, "java.util.Date");
		serialization_error("%s cannot be converted to Date", token_name(json));
	}
	seconds = json_object_get_double(json);
	timestamp->given = true;
	timestamp->value = (int64) rint(Max(Min(seconds, limit), -limit) * 1000000);
}

static bool
read_boolean(json_object *json)
{
	bool		value;

	if (!json_boolean(json, &value))
	{
		check_is_scalar(json, "java.lang.Boolean");
		if (json_object_is_type(json, json_type_string))
			serialization_error("Unexpected token received from parser");
		serialization_error("%s cannot be converted to Boolean", token_name(json));
	}
	return value;
}

/* Refuses anything but a JSON object where a structure is expected. */
static void
check_is_structure(json_object *json, const char *type_name, bool element)
{
	if (likely(json_object_is_type(json, json_type_object)))
		return;
	if (json_object_is_type(json, json_type_array))
		serialization_error("Unrecognized collection type class " TYPE_PREFIX "%s", type_name);
	if (element)
		serialization_error("Unexpected value type in payload");
	serialization_error("Unexpected field type");
}

/* The same for a map, whose values' type has the fully qualified name. */
static void
check_is_map(json_object *json, const char *value_type, bool element)
{
	if (likely(json_object_is_type(json, json_type_object)))
		return;
	if (json_object_is_type(json, json_type_array))
		serialization_error("Unrecognized collection type java.util.Map<java.lang.String, %s>", value_type);
	serialization_error(element ? CAST_MESSAGE : "Unexpected field type");
}

static void
check_is_list(json_object *json, bool element)
{
	if (likely(json_object_is_type(json, json_type_array)))
		return;
	if (json_object_is_type(json, json_type_object))
		serialization_error("Start of structure or map found where not expected");
	serialization_error(element ? CAST_MESSAGE : "Unexpected field type");
}

static const Member *
find_member(const Shape *shape, const char *name)
{
	size_t		length = strlen(name);

	for (int i = 0; i < shape->member_count; i++)
	{
		const Member *member = &shape->members[i];

		if (member->name_length == length && memcmp(member->name, name, length) == 0)
			return member;
	}
	return NULL;
}

static void
decode_structure(const Shape *shape, json_object *json, char *structure)
{
	json_object_object_foreach(json, name, member_json)
	{
		const Member *member = find_member(shape, name);
		void	   *place;

		if (member == NULL || member_json == NULL)
			continue;

		place = structure + member->offset;
		if (member->shape->kind == SHAPE_STRUCTURE)
		{
			void	   *inner = palloc0(member->shape->size);

			*(void **) place = inner;
			place = inner;
		}
		decode(member->shape, member_json, place, false);
	}
}

static void
decode_list(const Shape *shape, json_object *json, RequestList *list)
{
	size_t		size = request_element_size(shape->element);
	char	   *place;

	list->json = json;
	list->count = json_object_array_length(json);
	list->members = palloc0(Max(size * list->count, 1));

	place = list->members;
	for (int i = 0; i < list->count; i++, place += size)
	{
		json_object *member = json_object_array_get_idx(json, i);

		if (member != NULL)
			decode(shape->element, member, place, true);
	}
}

static void
decode_map(const Shape *shape, json_object *json, RequestMap *map)
{
	size_t		size = request_element_size(shape->element);
	char	   *place;
	int			i = 0;

	map->json = json;
	map->count = json_object_object_length(json);
	map->keys = palloc0(Max(sizeof(RequestString) * map->count, 1));
	map->values = palloc0(Max(size * map->count, 1));

	place = map->values;
	json_object_object_foreach(json, name, value)
	{
		map->keys[i].data = name;
		map->keys[i].length = strlen(name);
		if (value != NULL)
			decode(shape->element, value, place, true);
		place += size;
		i++;
	}
}

/*
 * Reads a JSON value that is not null.  place is zeroed memory of what the
 * shape's kind says (for a structure, always the struct itself).
 */
static void
decode(const Shape *shape, json_object *json, void *place, bool element)
{
	switch (shape->kind)
	{
		case SHAPE_STRING:
			decode_string(json, place);
			break;
		case SHAPE_ENUM:
			decode_enum(shape, json, place);
			break;
		case SHAPE_INTEGER:
		case SHAPE_LONG:
			decode_integer(shape, json, place);
			break;
		case SHAPE_TIMESTAMP:
			decode_timestamp(json, place);
			break;
		case SHAPE_BOOLEAN:
			*(RequestBoolean *) place = read_boolean(json) ? BOOLEAN_TRUE : BOOLEAN_FALSE;
			break;
		case SHAPE_VALUE:
			json_check_attribute_value(json, element ? JSON_MAP_VALUE : JSON_STRUCT_FIELD);
			*(json_object **) place = json;
			break;
		case SHAPE_ATTRIBUTES:
			check_is_map(json, TYPE_PREFIX "AttributeValue", element);
			json_check_attribute_map(json);
			*(json_object **) place = json;
			break;
		case SHAPE_UNSUPPORTED:
			*(json_object **) place = json;
			break;
		case SHAPE_STRUCTURE:
			check_is_structure(json, shape->type_name, element);
			decode_structure(shape, json, place);
			break;
		case SHAPE_LIST:
			check_is_list(json, element);
			decode_list(shape, json, place);
			break;
		case SHAPE_MAP:
			check_is_map(json, shape->type_name, element);
			decode_map(shape, json, place);
			break;
	}
}

void
request_decode(const Shape *shape, json_object *json, void *request)
{
	check_is_structure(json, shape->type_name, true);
	decode_structure(shape, json, request);
}

bool
asks_for_elements(json_object *unsupported)
{
	return unsupported != NULL &&
		!(json_object_is_type(unsupported, json_type_array) && json_object_array_length(unsupported) == 0);
}
