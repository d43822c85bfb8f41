/*
 * shape_json.c - prints a shape as JSON, so that what requests may hold can be
 * compared with AWS's API model.
 */
#include "postgres.h"

#include "request/request.h"
#include "value/json_out.h"

static const char *const kind_names[] = {
	[SHAPE_STRING] = "string",
	[SHAPE_ENUM] = "enum",
	[SHAPE_INTEGER] = "integer",
	[SHAPE_LONG] = "long",
	[SHAPE_TIMESTAMP] = "timestamp",
	[SHAPE_BOOLEAN] = "boolean",
	[SHAPE_VALUE] = "value",
	[SHAPE_ATTRIBUTES] = "attributes",
	[SHAPE_UNSUPPORTED] = "unsupported",
	[SHAPE_STRUCTURE] = "structure",
	[SHAPE_LIST] = "list",
	[SHAPE_MAP] = "map",
};

static void
append_values(StringInfo out, const char *const *values)
{
	appendStringInfoString(out, ",\"values\":[");
	for (int i = 0; values[i] != NULL; i++)
	{
		if (i > 0)
			appendStringInfoChar(out, ',');
		json_append_string(out, values[i], strlen(values[i]));
	}
	appendStringInfoChar(out, ']');
}

static void
append_members(StringInfo out, const Shape *shape)
{
	appendStringInfoString(out, ",\"members\":{");
	for (int i = 0; i < shape->member_count; i++)
	{
		const Member *member = &shape->members[i];

		if (i > 0)
			appendStringInfoChar(out, ',');
		json_append_string(out, member->name, member->name_length);
		appendStringInfo(out, ":{\"required\":%s,\"shape\":", member->required ? "true" : "false");
		shape_to_json(out, member->shape);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, '}');
}

static void
append_constraints(StringInfo out, const Shape *shape)
{
	if (shape->pattern != NULL)
	{
		appendStringInfoString(out, ",\"pattern\":");
		json_append_string(out, shape->pattern->text, strlen(shape->pattern->text));
	}
	if (shape->has_minimum)
		appendStringInfo(out, ",\"minimum\":" INT64_FORMAT, shape->minimum);
	if (shape->has_maximum)
		appendStringInfo(out, ",\"maximum\":" INT64_FORMAT, shape->maximum);
	if (shape->or_table_arn)
		appendStringInfoString(out, ",\"or_table_arn\":true");
}

void
shape_to_json(StringInfo out, const Shape *shape)
{
	appendStringInfo(out, "{\"kind\":\"%s\"", kind_names[shape->kind]);
	if (shape->kind == SHAPE_STRUCTURE)
		append_members(out, shape);
	if (shape->values != NULL)
		append_values(out, shape->values);
	append_constraints(out, shape);
	if (shape->element != NULL)
	{
		appendStringInfoString(out, ",\"element\":");
		shape_to_json(out, shape->element);
	}
	appendStringInfoChar(out, '}');
}
