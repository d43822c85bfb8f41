/*
 * item_file_json.c - DynamoDB JSON: a record is a line, {"Item":{"id":{"S":"1"}}}.
 */
#include "postgres.h"

#include "error.h"
#include "transfer/item_file_format.h"
#include "value/json.h"

/* ---- Reading ---- */

static bool
is_blank(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
		at++;
	return at == end;
}

/* ConditionExpression as S, ExpressionAttributeNames as a map of S. */
static Node *
node_of_string(json_object *json, const char *name)
{
	Value		text = {VALUE_STRING, 0, NULL};

	if (!json_object_is_type(json, json_type_string))
		bad_record("%s is to have strings", name);
	text.data = json_object_get_string(json);
	text.length = json_object_get_string_len(json);
	return node_from_value(&text);
}

static Node *
node_of_map(json_object *json, const char *name, Node *(*node_of) (json_object *member, const char *name))
{
	Node	   *map = node_map();
	struct lh_entry *entry;

	if (!json_object_is_type(json, json_type_object))
		bad_record("%s is to be an object", name);
	lh_foreach(json_object_get_object(json), entry)
	{
		const char *key = lh_entry_k(entry);

		attribute_name_check(strlen(key));
		node_map_set(map, key, strlen(key), node_of((json_object *) lh_entry_v(entry), name));
	}
	return map;
}

static Node *
node_of_value(json_object *json, const char *name)
{
	json_check_attribute_value(json, JSON_MAP_VALUE);
	return node_from_json(json);
}

static Node *
condition_member(json_object *json, const char *name)
{
	if (strcmp(name, "ExpressionAttributeNames") == 0)
		return node_of_map(json, name, node_of_string);
	if (strcmp(name, "ExpressionAttributeValues") == 0)
		return node_of_map(json, name, node_of_value);
	return node_of_string(json, name);
}

/* A line with other members than Item, and what stands for a condition, means something that would be lost. */
static json_object *
item_of_line(json_object *line, RecordCondition *condition)
{
	struct lh_entry *entry;
	json_object *item = NULL;

	if (!json_object_is_type(line, json_type_object))
		bad_record("A line is to be an object with the member Item");
	lh_foreach(json_object_get_object(line), entry)
	{
		const char *name = lh_entry_k(entry);
		json_object *member = (json_object *) lh_entry_v(entry);

		if (strcmp(name, "Item") == 0)
			item = member;
		else if (condition == NULL)
			bad_record("A line is to have the member Item only, and has \"%s\"", name);
		else
			*record_condition_member(condition, name, strlen(name)) = condition_member(member, name);
	}
	if (item == NULL)
		bad_record("A line is to have the member Item");
	return item;
}

static Node *
read_json(void *state, Window *window)
{
	const char *end = window_line(window);
	Node	   *node;
	json_object *item;

	if (end == NULL || is_blank(window->at, end))
		return NULL;
	node = node_map_from_member(window->at, end - window->at, "Item");
	if (node != NULL)
		return node;
	item = item_of_line(json_parse(window->at, end - window->at), window->condition);
	json_check_attribute_map(item);
	return node_map_from_json(item);
}

const RecordFormat json_records = {.read = read_json};

/* ---- Printing ---- */

static void
print_item(StringInfo out, const Value *item)
{
	appendStringInfoString(out, "{\"Item\":");
	item_to_json(out, item);
	appendStringInfoString(out, "}\n");
}

static void
print_image(StringInfo out, const char *name, const Value *image)
{
	if (image == NULL)
		return;
	appendStringInfo(out, ",\"%s\":", name);
	item_to_json(out, image);
}

static void
print_change(StringInfo out, int64 write_timestamp_microseconds,
			 const Value *keys, const Value *old_item, const Value *new_item)
{
	appendStringInfo(out, "{\"Metadata\":{\"WriteTimestampMicros\":{\"N\":\"" INT64_FORMAT "\"}}",
					 write_timestamp_microseconds);
	print_image(out, "Keys", keys);
	print_image(out, "OldImage", old_item);
	print_image(out, "NewImage", new_item);
	appendStringInfoString(out, "}\n");
}

const RecordPrinter json_printer = {print_item, print_change};
