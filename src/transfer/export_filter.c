/*
 * export_filter.c - which items an export has, and what of them.
 */
#include "postgres.h"

#include "transfer/export_filter.h"
#include "value/json.h"

ExportFilter *
export_filter_parse(const ExpressionText *key_condition, const ExpressionText *condition,
					const ExpressionText *projection, ExpressionAttributes *attributes)
{
	ExportFilter *filter = palloc0(sizeof(ExportFilter));

	if (key_condition->data != NULL)
		filter->key_tree = key_condition_parse(key_condition->data, key_condition->length, attributes);
	if (condition->data != NULL)
		filter->condition = condition_parse("FilterExpression", condition->data, condition->length, attributes);
	if (projection->data != NULL)
		filter->projection = projection_parse(projection->data, projection->length, attributes);
	if (filter->key_tree != NULL)
		key_condition_check(filter->key_tree, 2);
	expression_attributes_check_used(attributes);
	return filter;
}

/* ---- For the job ---- */

static ExpressionText
text_member(json_object *specification, const char *name)
{
	json_object *member = json_object_object_get(specification, name);
	ExpressionText text = {NULL, 0};

	if (member != NULL)
	{
		text.data = json_object_get_string(member);
		text.length = json_object_get_string_len(member);
	}
	return text;
}

static Value
names_of_json(json_object *json)
{
	Node	   *map = node_map();

	json_object_object_foreach(json, key, member)
	{
		Value		name = {
			VALUE_STRING, json_object_get_string_len(member), json_object_get_string(member)
		};

		node_map_set(map, key, strlen(key), node_from_value(&name));
	}
	return node_pack(map);
}

ExportFilter *
export_filter_from_json(json_object *specification)
{
	json_object *names = json_object_object_get(specification, "ExpressionAttributeNames");
	json_object *values = json_object_object_get(specification, "ExpressionAttributeValues");
	ExpressionText key_condition = text_member(specification, "KeyConditionExpression");
	ExpressionText condition = text_member(specification, "FilterExpression");
	ExpressionText projection = text_member(specification, "ProjectionExpression");
	Value		packed_names;
	Value		packed_values;

	if (names != NULL)
		packed_names = names_of_json(names);
	if (values != NULL)
		packed_values = node_pack(node_map_from_json(values));
	return export_filter_parse(&key_condition, &condition, &projection,
							   expression_attributes(names != NULL ? &packed_names : NULL,
													 values != NULL ? &packed_values : NULL));
}

/* ---- Items ---- */

void
export_filter_bind(ExportFilter *filter, const KeySchema *schema)
{
	if (filter->key_tree != NULL)
		filter->key_condition = key_condition_bind(filter->key_tree, schema);
}

bool
export_filter_passes(const ExportFilter *filter, const Table *table, const Value *item, Value *shown)
{
	TableRange	range = {.condition = filter->key_condition,.total_segments = 1};

	if (filter->key_condition != NULL && !table_range_contains(table, &range, item))
		return false;
	if (filter->condition != NULL && !condition_holds(filter->condition, item))
		return false;
	*shown = filter->projection != NULL ? projection_apply(filter->projection, item) : *item;
	return true;
}
