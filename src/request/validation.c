/*
 * validation.c - checks a decoded request against the constraints that its
 * shape describes, and reports all violations in one message, as AWS does:
 *
 *	2 validation errors detected: Value null at 'tableName' failed to satisfy
 *	constraint: Member must not be null; Value ...
 *
 * The current layer has constraints that it checks before, and tells of alone:
 *
 *	1 validation error detected: Value at 'TableName' failed to satisfy
 *	constraint: Member must have length greater than or equal to 1
 *
 * but where a required member is missing, all is told in the older words.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "arn.h"
#include "error.h"
#include "request/shapes.h"

/* AWS names no more violations than these. */
#define MAX_VIOLATIONS 10

/* A value of a request is quoted up to about as many bytes. */
#define MAX_QUOTED_BYTES 4096

#define TABLE_ARN_MAX 1024

typedef struct Violations
{
	ValidationLayer layer;
	int			count;
	bool		missing;		/* one is of a required member */
	StringInfoData text;
	char	   *alone;			/* what is told alone, or NULL */
} Violations;

/* Where in the request a value stands; printed only if something is wrong. */
typedef struct Path
{
	const struct Path *parent;
	const char *name;			/* a member's name or a map's key */
	int			index;			/* in a list, from 1; 0 for a member, -1 for a map's
								 * value */
	ReportedAs	reported;
} Path;

static void validate(const Shape *shape, const void *place, const Path *path,
					 Violations *violations);

/* as_java: members begin in lower case, as Java's do. */
static void
append_path(StringInfo out, const Path *path, bool as_java)
{
	if (path->parent != NULL)
	{
		append_path(out, path->parent, as_java);
		appendStringInfoChar(out, '.');
	}
	if (path->index > 0)
		appendStringInfo(out, "%d.member", path->index);
	else if (path->index < 0)
		appendStringInfo(out, "%s.member", path->name);
	else if (as_java)
	{
		appendStringInfoChar(out, pg_tolower((unsigned char) path->name[0]));
		appendStringInfoString(out, path->name + 1);
	}
	else
		appendStringInfoString(out, path->name);
}

static void append_quoted(StringInfo out, const Shape *shape, json_object *json);

/* A structure as Java prints it: Name(member=value, member=value). */
static void
append_quoted_structure(StringInfo out, const Shape *shape, json_object *json)
{
	appendStringInfo(out, "%s(", shape->type_name);
	for (int i = 0; i < shape->member_count; i++)
	{
		const Member *member = &shape->members[i];

		appendStringInfo(out, "%s%c%s=", i > 0 ? ", " : "",
						 pg_tolower((unsigned char) member->name[0]), member->name + 1);
		append_quoted(out, member->shape, json_object_object_get(json, member->name));
	}
	appendStringInfoChar(out, ')');
}

/* A JSON value of that shape (NULL: any) as Java prints lists and maps: [a, b] and {k=v, k=v}. */
static void
append_quoted(StringInfo out, const Shape *shape, json_object *json)
{
	const Shape *element = shape != NULL ? shape->element : NULL;
	bool		first = true;

	switch (json_object_get_type(json))
	{
		case json_type_array:
			appendStringInfoChar(out, '[');
			for (size_t i = 0; i < (size_t) json_object_array_length(json); i++)
			{
				if (i > 0)
					appendStringInfoString(out, ", ");
				if (out->len > MAX_QUOTED_BYTES)
				{
					appendStringInfoString(out, "...");
					break;
				}
				append_quoted(out, element, json_object_array_get_idx(json, i));
			}
			appendStringInfoChar(out, ']');
			break;
		case json_type_object:
			if (shape != NULL && shape->kind == SHAPE_STRUCTURE)
			{
				append_quoted_structure(out, shape, json);
				break;
			}
			appendStringInfoChar(out, '{');
			{
				json_object_object_foreach(json, name, value)
				{
					if (!first)
						appendStringInfoString(out, ", ");
					first = false;
					if (out->len > MAX_QUOTED_BYTES)
					{
						appendStringInfoString(out, "...");
						break;
					}
					appendStringInfo(out, "%s=", name);
					append_quoted(out, element, value);
				}
			}
			appendStringInfoChar(out, '}');
			break;
		case json_type_null:
			appendStringInfoString(out, "null");
			break;
		case json_type_string:
			appendBinaryStringInfo(out, json_object_get_string(json),
								   pg_mbcliplen(json_object_get_string(json),
												json_object_get_string_len(json), MAX_QUOTED_BYTES));
			break;
		default:
			appendStringInfoString(out, json_object_get_string(json));
			break;
	}
}

static bool
is_current(const Violations *violations)
{
	return violations->layer == LAYER_CURRENT || violations->layer == LAYER_ENVELOPED;
}

/* Where the next violation is to be written; false if there are enough. */
static bool
next_violation(Violations *violations)
{
	if (violations->count == MAX_VIOLATIONS)
		return false;
	if (violations->count == 0)
		initStringInfo(&violations->text);
	else
		appendStringInfoString(&violations->text, "; ");
	violations->count++;
	return true;
}

/*
 * Notes that a value violates a constraint; value is NULL for null.
 */
static void
violation(Violations *violations, const Path *path, const char *value, const char *format,...) pg_attribute_printf(4, 5);

static void
violation(Violations *violations, const Path *path, const char *value, const char *format,...)
{
	StringInfo	out = &violations->text;
	char		constraint[512];
	va_list		arguments;

	if (!next_violation(violations))
		return;

	va_start(arguments, format);
	vsnprintf(constraint, sizeof(constraint), format, arguments);
	va_end(arguments);

	if (value != NULL)
		appendStringInfo(out, "Value '%s' at '", value);
	else
		appendStringInfoString(out, "Value null at '");
	append_path(out, path, true);
	appendStringInfo(out, "' failed to satisfy constraint: %s", constraint);
}

/*
 * Notes that a length or a value (as what says) is out of one of the shape's
 * bounds; the first one that the current layer tells of alone is told.
 */
static void
bound_violation(const Shape *shape, Violations *violations, const Path *path, const char *value,
				const char *what, bool is_minimum)
{
	const char *relation = is_minimum ? "greater" : "less";
	int64		bound = is_minimum ? shape->minimum : shape->maximum;
	StringInfoData text;

	if (!is_current(violations) || !(is_minimum ? shape->minimum_alone : shape->maximum_alone))
	{
		violation(violations, path, value, "Member must have %s %s than or equal to " INT64_FORMAT,
				  what, relation, bound);
		return;
	}
	if (violations->alone != NULL)
		return;
	initStringInfo(&text);
	appendStringInfoString(&text, VALIDATION_ENVELOPE "Value at '");
	append_path(&text, path, false);
	appendStringInfo(&text, "' failed to satisfy constraint: Member must have %s %s than or equal to "
					 INT64_FORMAT, what, relation, bound);
	violations->alone = text.data;
}

static const char *
quoted(const Shape *shape, json_object *json)
{
	StringInfoData text;

	initStringInfo(&text);
	append_quoted(&text, shape, json);
	return text.data;
}

/* Likewise clipped, but as JSON. */
static const char *
clipped_json(json_object *json)
{
	size_t		length;
	const char *text = json_object_to_json_string_length(json, JSON_C_TO_STRING_PLAIN |
														 JSON_C_TO_STRING_NOSLASHESCAPE, &length);

	return pnstrdup(text, pg_mbcliplen(text, length, MAX_QUOTED_BYTES));
}

static bool
is_arn(const RequestString *string)
{
	return string->length >= 4 && memcmp(string->data, "arn:", 4) == 0;
}

/* DynamoDB counts characters here, not bytes. */
static int64
character_count(const RequestString *string)
{
	int64		count = 0;

	for (uint32 i = 0; i < string->length; i++)
		count += ((unsigned char) string->data[i] & 0xC0) != 0x80;
	return count;
}

static const char *
clipped(const RequestString *string)
{
	if (string->length <= MAX_QUOTED_BYTES)
		return string->data;
	return pnstrdup(string->data, pg_mbcliplen(string->data, string->length, MAX_QUOTED_BYTES));
}

static void
check_pattern(const Shape *shape, const RequestString *string, const Path *path,
			  Violations *violations)
{
	if (shape->pattern != NULL && !shape->pattern->matches(string->data, string->length) &&
		!(shape->minimum_alone && string->length == 0))
		violation(violations, path, clipped(string), "Member must satisfy regular expression pattern: %s", shape->pattern->text);
}

/* An ARN is read when the table is looked for; but nothing is to end at a U+0000 in it. */
static void
validate_arn(const Shape *shape, const RequestString *arn, const Path *path, Violations *violations)
{
	if (arn->length > TABLE_ARN_MAX)
		violation(violations, path, clipped(arn),
				  "Member must have length less than or equal to %d", TABLE_ARN_MAX);
	else if (memchr(arn->data, '\0', arn->length) != NULL)
		check_pattern(shape, arn, path, violations);
}

static void
validate_string(const Shape *shape, const RequestString *string, const Path *path,
				Violations *violations)
{
	if (shape->or_table_arn && is_arn(string))
	{
		validate_arn(shape, string, path, violations);
		return;
	}
	if (!shape->minimum_first)
		check_pattern(shape, string, path, violations);
	if (shape->has_minimum && character_count(string) < shape->minimum)
		bound_violation(shape, violations, path, clipped(string), "length", true);
	if (shape->minimum_first)
		check_pattern(shape, string, path, violations);
	if (shape->has_maximum && string->length > shape->maximum &&
		character_count(string) > shape->maximum)
		bound_violation(shape, violations, path, clipped(string), "length", false);
}

/* The current layer names neither the member nor its value. */
static void
current_enum_violation(const Shape *shape, const Path *path, Violations *violations)
{
	char	   *text = psprintf("Failed to satisfy constraint: Member must satisfy enum value set: %s",
								shape->current_values);

	if (path->reported != REPORTED_ALONE)
	{
		if (next_violation(violations))
			appendStringInfoString(&violations->text, text);
	}
	else if (violations->alone == NULL)
		violations->alone = psprintf("%s%s", violations->layer == LAYER_ENVELOPED ?
									 VALIDATION_ENVELOPE : "", text);
}

static void
validate_enum(const Shape *shape, const RequestEnum *member, const Path *path,
			  Violations *violations)
{
	StringInfoData set;
	RequestString string = {member->text, strlen(member->text)};

	if (member->value > 0)
		return;
	if (shape->current_values != NULL && is_current(violations))
	{
		current_enum_violation(shape, path, violations);
		return;
	}

	initStringInfo(&set);
	for (int i = 0; shape->values[i] != NULL; i++)
		appendStringInfo(&set, "%s%s", i > 0 ? ", " : "", shape->values[i]);
	violation(violations, path, clipped(&string), "Member must satisfy enum value set: [%s]", set.data);
}

static void
validate_integer(const Shape *shape, const RequestInteger *integer, const Path *path,
				 Violations *violations)
{
	char		text[32];

	snprintf(text, sizeof(text), INT64_FORMAT, integer->value);
	if (shape->has_minimum && integer->value < shape->minimum)
		bound_violation(shape, violations, path, text, "value", true);
	if (shape->has_maximum && integer->value > shape->maximum)
		bound_violation(shape, violations, path, text, "value", false);
}

/* The bounds of a list's or map's length. */
static void
validate_count(const Shape *shape, json_object *json, int count, const Path *path,
			   Violations *violations)
{
	if (shape->has_minimum && count < shape->minimum)
		bound_violation(shape, violations, path, quoted(shape, json), "length", true);
	if (shape->has_maximum && count > shape->maximum)
		bound_violation(shape, violations, path, quoted(shape, json), "length", false);
}

/* Whether a member or element is absent or null. */
static bool
is_absent(const Shape *shape, const void *place, bool element)
{
	switch (shape->kind)
	{
		case SHAPE_STRING:
			return ((const RequestString *) place)->data == NULL;
		case SHAPE_ENUM:
			return ((const RequestEnum *) place)->text == NULL;
		case SHAPE_INTEGER:
		case SHAPE_LONG:
			return !((const RequestInteger *) place)->given;
		case SHAPE_TIMESTAMP:
			return !((const RequestTimestamp *) place)->given;
		case SHAPE_BOOLEAN:
			return *(const RequestBoolean *) place == BOOLEAN_ABSENT;
		case SHAPE_VALUE:
		case SHAPE_ATTRIBUTES:
		case SHAPE_UNSUPPORTED:
			return *(json_object *const *) place == NULL;
		case SHAPE_STRUCTURE:
			return !element && *(void *const *) place == NULL;
		case SHAPE_LIST:
			return ((const RequestList *) place)->json == NULL;
		case SHAPE_MAP:
			return ((const RequestMap *) place)->json == NULL;
	}
	return true;
}

static void
validate_member(const Member *member, const void *place, const Path *path, Violations *violations)
{
	if (!is_absent(member->shape, place, false))
	{
		if (member->shape->kind == SHAPE_STRUCTURE)
			place = *(void *const *) place;
		validate(member->shape, place, path, violations);
	}
	else if (member->required)
	{
		violations->missing = true;
		violation(violations, path, NULL, "Member must not be null");
	}
}

static void
validate_structure(const Shape *shape, const char *structure, const Path *parent,
				   Violations *violations)
{
	const Member *last = NULL;

	for (int i = 0; i < shape->member_count; i++)
	{
		const Member *member = &shape->members[i];
		Path		path = {parent, member->name, 0, member->reported};

		if (member->reported == REPORTED_LAST)
			last = member;
		else
			validate_member(member, structure + member->offset, &path, violations);
	}
	if (last != NULL && (violations->count == 0 ||
						 is_absent(last->shape, structure + last->offset, false)))
	{
		Path		path = {parent, last->name, 0, last->reported};

		validate_member(last, structure + last->offset, &path, violations);
	}
}

static void
validate_element(const Shape *shape, const void *place, const Path *path, Violations *violations)
{
	if (is_absent(shape, place, true))
		violation(violations, path, NULL, "Member must not be null");
	else
		validate(shape, place, path, violations);
}

static void
validate_list(const Shape *shape, const RequestList *list, const Path *parent,
			  Violations *violations)
{
	size_t		size = request_element_size(shape->element);

	for (int i = 0; i < list->count; i++)
	{
		Path		path = {parent, NULL, i + 1, REPORTED_TOGETHER};

		validate_element(shape->element, (char *) list->members + i * size, &path, violations);
	}
}

/* The keys of a map that must be table names, told as one violation of the map. */
static void
validate_table_keys(const Shape *shape, const RequestMap *map, const Path *path, Violations *violations)
{
	for (int i = 0; i < map->count; i++)
	{
		const RequestString *key = &map->keys[i];

		if (is_arn(key) ? key->length <= TABLE_ARN_MAX && !request_string_has_end(key) :
			is_resource_name(key->data, key->length) && key->length >= TABLE_NAME_MIN && key->length <= TABLE_NAME_MAX)
			continue;
		violation(violations, path,
				  shape->quoted_as_json ? clipped_json(map->json) : quoted(NULL, map->json),
				  "Map keys must satisfy constraint: [Member must have length less than or equal to %d, "
				  "Member must have length greater than or equal to %d, "
				  "Member must satisfy regular expression pattern: %s]",
				  TABLE_NAME_MAX, TABLE_NAME_MIN, name_pattern.text);
		return;
	}
}

/* The lengths of the lists in a map, likewise. */
static void
validate_list_values(const Shape *shape, const RequestMap *map, const Path *path,
					 Violations *violations)
{
	const RequestList *lists = map->values;

	for (int i = 0; i < map->count; i++)
	{
		if (lists[i].json == NULL ||
			(lists[i].count >= shape->element->minimum && lists[i].count <= shape->element->maximum))
			continue;
		violation(violations, path, quoted(NULL, map->json),
				  "Map value must satisfy constraint: [Member must have length less than or equal to " INT64_FORMAT
				  ", Member must have length greater than or equal to " INT64_FORMAT "]",
				  shape->element->maximum, shape->element->minimum);
		return;
	}
}

static void
validate_map(const Shape *shape, const RequestMap *map, const Path *parent,
			 Violations *violations)
{
	size_t		size = request_element_size(shape->element);

	if (shape->table_keys)
		validate_table_keys(shape, map, parent, violations);
	if (shape->bounds_values)
		validate_list_values(shape, map, parent, violations);

	for (int i = 0; i < map->count; i++)
	{
		Path		path = {parent, map->keys[i].data, -1, REPORTED_TOGETHER};
		const char *place = (char *) map->values + i * size;

		if (shape->bounds_values && !is_absent(shape->element, place, true))
			validate_list(shape->element, (const RequestList *) place, &path, violations);
		else
			validate_element(shape->element, place, &path, violations);
	}
}

static void
validate(const Shape *shape, const void *place, const Path *path, Violations *violations)
{
	switch (shape->kind)
	{
		case SHAPE_STRING:
			validate_string(shape, place, path, violations);
			break;
		case SHAPE_ENUM:
			validate_enum(shape, place, path, violations);
			break;
		case SHAPE_INTEGER:
		case SHAPE_LONG:
			validate_integer(shape, place, path, violations);
			break;
		case SHAPE_TIMESTAMP:
		case SHAPE_BOOLEAN:
		case SHAPE_VALUE:
		case SHAPE_ATTRIBUTES:
		case SHAPE_UNSUPPORTED:
			break;
		case SHAPE_STRUCTURE:
			validate_structure(shape, place, path, violations);
			break;
		case SHAPE_LIST:
			validate_count(shape, ((const RequestList *) place)->json,
						   ((const RequestList *) place)->count, path, violations);
			validate_list(shape, place, path, violations);
			break;
		case SHAPE_MAP:
			validate_count(shape, ((const RequestMap *) place)->json,
						   ((const RequestMap *) place)->count, path, violations);
			validate_map(shape, place, path, violations);
			break;
	}
}

void
request_validate(const Shape *shape, const void *request, ValidationLayer layer)
{
	Violations	violations = {.layer = layer};

	validate_structure(shape, request, NULL, &violations);
	if (violations.missing && is_current(&violations))
	{
		violations = (Violations) {.layer = LAYER_OLDER};
		validate_structure(shape, request, NULL, &violations);
	}
	if (violations.alone != NULL)
		validation_error("%s", violations.alone);
	if (violations.count > 0)
		validation_error("%d validation error%s detected: %s", violations.count,
						 violations.count == 1 ? "" : "s", violations.text.data);
}

void
request_check_table_name(const void *request)
{
	const RequestString *name = request;

	if (name->data == NULL)
		validation_error("The parameter 'TableName' is required but was not present in the request");
}
