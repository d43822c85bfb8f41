/*
 * delete_item.c - DeleteItem.
 */
#include "postgres.h"

#include "operation/item/item_write.h"
#include "operation/operations.h"

typedef struct DeleteItemRequest
{
	WriteParameters write;
	json_object *key;
} DeleteItemRequest;

static const Member members[] = {
	WRITE_MEMBERS_FIRST(DeleteItemRequest),
	WRITE_MEMBER_RETURN_VALUES(DeleteItemRequest, REPORTED_TOGETHER),
	WRITE_MEMBER_COLLECTION_METRICS(DeleteItemRequest),
	REQUIRED(DeleteItemRequest, key, "Key", &attributes_shape),
	WRITE_MEMBERS_LAST(DeleteItemRequest),
};

/* What is not there is deleted already. */
WriteAction
delete_change(ItemWrite *write, const Value *old_item, Value *new_item)
{
	(void) write;
	(void) new_item;
	return old_item != NULL ? WRITE_DELETE : WRITE_NOTHING;
}

static void *
prepare(const void *argument)
{
	const DeleteItemRequest *request = argument;
	ItemWrite  *write = item_write_prepare(&request->write, delete_change);
	ExpressionAttributes *attributes;

	check_write_parameters(&request->write);
	write->item = read_attributes(request->key);
	check_return_values_old_only(&request->write);
	attributes = read_expression_attributes(&request->write.names, request->write.values);
	write->condition = read_write_condition(&request->write, attributes);
	expression_attributes_check_used(attributes);
	return write;
}

static void
execute(const void *prepared, StringInfo response)
{
	ItemWrite  *write = unconstify(void *, prepared);
	Table	   *table;
	PrimaryKey	key;

	table = table_open_by_name(write->parameters->table_name.data, ACL_DELETE |
							   privileges_to_read_old(write->parameters, write->condition));
	key = key_of_map(&table->schema, &write->item);
	item_write(write, table, &key, response);
}

const OperationDescription delete_item_operation = {
	.request = STRUCTURE_SHAPE(DeleteItemRequest, "DeleteItemInput", members),
	.layer = LAYER_ENVELOPED,
	.prepare = prepare,
	.execute = execute
};
