/*
 * transact_write_items.c - TransactWriteItems.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/transaction/transaction_write.h"

/* Of all kinds of actions: each has its own members. */
typedef struct ActionRequest
{
	WriteParameters write;
	json_object *map;			/* Item or Key */
	RequestString update_expression;
} ActionRequest;

#define ACTION_MEMBERS \
	OPTIONAL(ActionRequest, write.names, "ExpressionAttributeNames", &expression_names_shape), \
	OPTIONAL(ActionRequest, write.values, "ExpressionAttributeValues", &attributes_shape), \
	OPTIONAL(ActionRequest, write.return_values_on_failure, "ReturnValuesOnConditionCheckFailure", \
			 &return_values_on_failure_shape)

static const Member check_members[] = {
	REQUIRED(ActionRequest, map, "Key", &attributes_shape),
	REQUIRED(ActionRequest, write.table_name, "TableName", &table_name_shape),
	REQUIRED(ActionRequest, write.condition_expression, "ConditionExpression", &string_shape),
	ACTION_MEMBERS
};
static const Shape check_shape = STRUCTURE_SHAPE(ActionRequest, "ConditionCheck", check_members);

static const Member put_members[] = {
	REQUIRED(ActionRequest, map, "Item", &attributes_shape),
	REQUIRED(ActionRequest, write.table_name, "TableName", &table_name_shape),
	OPTIONAL(ActionRequest, write.condition_expression, "ConditionExpression", &string_shape),
	ACTION_MEMBERS
};
static const Shape put_shape = STRUCTURE_SHAPE(ActionRequest, "Put", put_members);

static const Member delete_members[] = {
	REQUIRED(ActionRequest, map, "Key", &attributes_shape),
	REQUIRED(ActionRequest, write.table_name, "TableName", &table_name_shape),
	OPTIONAL(ActionRequest, write.condition_expression, "ConditionExpression", &string_shape),
	ACTION_MEMBERS
};
static const Shape delete_shape = STRUCTURE_SHAPE(ActionRequest, "Delete", delete_members);

static const Member update_members[] = {
	REQUIRED(ActionRequest, map, "Key", &attributes_shape),
	REQUIRED(ActionRequest, update_expression, "UpdateExpression", &string_shape),
	REQUIRED(ActionRequest, write.table_name, "TableName", &table_name_shape),
	OPTIONAL(ActionRequest, write.condition_expression, "ConditionExpression", &string_shape),
	ACTION_MEMBERS
};
static const Shape update_shape = STRUCTURE_SHAPE(ActionRequest, "Update", update_members);

typedef struct TransactWriteItem
{
	ActionRequest *check;
	ActionRequest *put;
	ActionRequest *delete;
	ActionRequest *update;
} TransactWriteItem;

static const Member item_members[] = {
	OPTIONAL(TransactWriteItem, check, "ConditionCheck", &check_shape),
	OPTIONAL(TransactWriteItem, put, "Put", &put_shape),
	OPTIONAL(TransactWriteItem, delete, "Delete", &delete_shape),
	OPTIONAL(TransactWriteItem, update, "Update", &update_shape),
};
static const Shape item_shape = STRUCTURE_SHAPE(TransactWriteItem, "TransactWriteItem", item_members);
static const Shape items_shape = {
	.kind = SHAPE_LIST, .element = &item_shape, AT_LEAST(1), AT_MOST(TRANSACTION_MAX_ACTIONS)
};

static const Shape token_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(TOKEN_MAX_LENGTH)};

typedef struct TransactWriteItemsRequest
{
	RequestString token;
	TransactionResponse response;
	RequestList items;
} TransactWriteItemsRequest;

static const Member members[] = {
	OPTIONAL(TransactWriteItemsRequest, token, "ClientRequestToken", &token_shape),
	OPTIONAL(TransactWriteItemsRequest, response.return_consumed_capacity, "ReturnConsumedCapacity",
			 &return_consumed_capacity_shape),
	OPTIONAL(TransactWriteItemsRequest, response.return_item_collection_metrics, "ReturnItemCollectionMetrics",
			 &return_item_collection_metrics_shape),
	REQUIRED(TransactWriteItemsRequest, items, "TransactItems", &items_shape),
};

/* ---- Reading an action ---- */

/* The one member that it has. */
static const ActionRequest *
request_of_item(const TransactWriteItem *item)
{
	int			count = (item->check != NULL) + (item->put != NULL) + (item->delete != NULL) +
		(item->update != NULL);

	if (count == 0)
		validation_error("Invalid Request: TransactWriteRequest should contain Delete or Put or Update request");
	if (count > 1)
		validation_error("TransactItems can only contain one of Check, Put, Update or Delete");
	return item->check != NULL ? item->check : item->put != NULL ? item->put :
		item->delete != NULL ? item->delete : item->update;
}

/*
 * Who checks an item locks it, so, as for SELECT ... FOR SHARE, the right to read
 * it does not do.
 */
static void
set_kind(TransactionAction *action, const TransactWriteItem *item)
{
	action->is_item = item->put != NULL;
	if (item->check != NULL)
	{
		action->write.change = check_change;
		action->privileges = ACL_SELECT | ACL_UPDATE;
	}
	else if (item->put != NULL)
	{
		action->write.change = put_change;
		action->privileges = ACL_INSERT | ACL_UPDATE;
	}
	else if (item->delete != NULL)
	{
		action->write.change = delete_change;
		action->privileges = ACL_DELETE;
	}
	else
	{
		action->write.change = update_change;
		action->write.writer = WRITER_UPDATE_EXPRESSION;
		action->privileges = ACL_SELECT | ACL_INSERT | ACL_UPDATE;
	}
}

static void
check_parameters(const ActionRequest *request)
{
	ParameterUse uses[] = {
		{"UpdateExpression", PARAMETER_CONDITION, request->update_expression.data != NULL},
		{"ConditionExpression", PARAMETER_CONDITION, request->write.condition_expression.data != NULL},
	};

	check_parameter_use(uses, lengthof(uses), request->write.names.json != NULL, request->write.values != NULL);
}

static void
read_map(TransactionAction *action, const ActionRequest *request)
{
	action->map = read_attributes(request->map);
	if (action->is_item && item_size(&action->map) > ITEM_MAX_SIZE)
		validation_error("Item size has exceeded the maximum allowed size");
}

/* Of what is wrong, AWS tells of an Item before the expressions, and of a Key behind them. */
static void
read_action(TransactionAction *action, const TransactWriteItem *item)
{
	const ActionRequest *request = request_of_item(item);
	const RequestString *update = &request->update_expression;
	ExpressionAttributes *attributes;

	set_kind(action, item);
	check_parameters(request);
	if (action->is_item)
		read_map(action, request);
	attributes = read_expression_attributes(&request->write.names, request->write.values);
	if (update->data != NULL)
		action->write.update = update_parse(update->data, update->length, attributes);
	action->write.condition = read_write_condition(&request->write, attributes);
	expression_attributes_check_used(attributes);
	if (!action->is_item)
		read_map(action, request);

	action->write.parameters = &request->write;
	action->write.item = action->map;
	action->privileges |= privileges_to_read_old(&request->write, action->write.condition);
	initStringInfo(&action->write.attributes);
}

/* A request whose actions have been read. */
typedef struct TransactWriteItems
{
	const TransactWriteItemsRequest *request;
	Transaction transaction;
} TransactWriteItems;

static void *
prepare(const void *argument)
{
	const TransactWriteItemsRequest *request = argument;
	const TransactWriteItem *items = request->items.members;
	TransactWriteItems *prepared = palloc0(sizeof(TransactWriteItems));
	Transaction *transaction = &prepared->transaction;

	prepared->request = request;
	transaction->count = request->items.count;
	transaction->actions = palloc0(sizeof(TransactionAction) * transaction->count);
	for (int i = 0; i < transaction->count; i++)
		read_action(&transaction->actions[i], &items[i]);
	return prepared;
}

static void
execute(const void *argument, StringInfo response)
{
	TransactWriteItems *prepared = unconstify(void *, argument);
	const TransactWriteItemsRequest *request = prepared->request;
	uint8		digest[REQUEST_DIGEST_LENGTH];
	Token		token = {TOKEN_TRANSACT_WRITE_ITEMS, request->token.data, request->token.length, digest};

	if (token.text != NULL)
		request_digest(request->items.json, digest);
	transaction_execute(&prepared->transaction, &token, &request->response, response);
}

const OperationDescription transact_write_items_operation = {
	.request = STRUCTURE_SHAPE(TransactWriteItemsRequest, "TransactWriteItemsInput", members),
	.layer = LAYER_OLDER,
	.prepare = prepare,
	.execute = execute
};
