/*
 * get_item.c - GetItem.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "operation/operations.h"
#include "request/parameters.h"
#include "statistics/usage.h"
#include "value/json.h"

typedef struct GetItemRequest
{
	RequestString table_name;
	json_object *key;
	RequestList attributes_to_get;
	RequestBoolean consistent_read;
	RequestEnum return_consumed_capacity;
	RequestString projection_expression;
	RequestMap	names;
} GetItemRequest;

static const Member members[] = {
	OPTIONAL(GetItemRequest, attributes_to_get, "AttributesToGet", &attribute_names_shape),
	OPTIONAL(GetItemRequest, return_consumed_capacity, "ReturnConsumedCapacity", &return_consumed_capacity_shape),
	REQUIRED(GetItemRequest, key, "Key", &attributes_shape),
	REQUIRED(GetItemRequest, table_name, "TableName", &item_table_name_shape),
	OPTIONAL(GetItemRequest, consistent_read, "ConsistentRead", &boolean_shape),
	OPTIONAL(GetItemRequest, projection_expression, "ProjectionExpression", &string_shape),
	OPTIONAL(GetItemRequest, names, "ExpressionAttributeNames", &expression_names_shape),
};

static void
check_parameters(const GetItemRequest *request)
{
	ParameterUse uses[] = {
		{"AttributesToGet", PARAMETER_LEGACY, request->attributes_to_get.json != NULL},
		{"ProjectionExpression", PARAMETER_EXPRESSION, request->projection_expression.data != NULL},
	};

	check_parameter_use(uses, lengthof(uses), request->names.json != NULL, false);
}

typedef struct GetItem
{
	const GetItemRequest *request;
	Value		key_map;
	Projection *projection;		/* or NULL */
} GetItem;

static void *
prepare(const void *argument)
{
	const GetItemRequest *request = argument;
	GetItem    *get = palloc(sizeof(GetItem));
	ExpressionAttributes *attributes;

	check_parameters(request);
	get->request = request;
	get->key_map = read_attributes(request->key);
	check_attributes_to_get(&request->attributes_to_get);
	attributes = read_expression_attributes(&request->names, NULL);
	get->projection = read_projection(&request->attributes_to_get, &request->projection_expression,
									  attributes);
	expression_attributes_check_used(attributes);
	return get;
}

static void
execute(const void *prepared, StringInfo response)
{
	const GetItem *get = prepared;
	const GetItemRequest *request = get->request;
	const Projection *projection = get->projection;
	Table	   *table;
	PrimaryKey	key;
	Value		item;
	bool		found;
	double		units;

	table = table_open_by_name(request->table_name.data, ACL_SELECT);
	key = key_of_map(&table->schema, &get->key_map);
	check_key_paths(table, NULL, projection);
	found = table_get(table, &key, &item);
	units = read_capacity_of_item(found ? &item : NULL, request->consistent_read == BOOLEAN_TRUE);
	usage_read(RelationGetRelid(table->relation), found ? 1 : 0, units);

	appendStringInfoChar(response, '{');
	if (found)
	{
		Value		shown = projection != NULL ? projection_apply(projection, &item) : item;

		append_member(response, "Item");
		item_to_json(response, &shown);
	}
	if (wants_capacity(&request->return_consumed_capacity))
	{
		append_member(response, "ConsumedCapacity");
		append_consumed_capacity(response, &request->return_consumed_capacity, CAPACITY_OF_EITHER,
								 request->table_name.data, units, NULL, 0);
	}
	appendStringInfoChar(response, '}');
	table_release(table);
}

const OperationDescription get_item_operation = {
	.request = STRUCTURE_SHAPE(GetItemRequest, "GetItemInput", members),
	.layer = LAYER_CURRENT,
	.prepare = prepare,
	.execute = execute
};
