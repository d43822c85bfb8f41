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
	WRITE_MEMBERS(DeleteItemRequest),
	REQUIRED(DeleteItemRequest, key, "Key", &attributes_shape),
};

/* What is not there is deleted already. */
WriteAction
delete_change(ItemWrite *write, const Value *old_item, Value *new_item)
{
	(void) write;
	(void) new_item;
	return old_item != NULL ? WRITE_DELETE : WRITE_NOTHING;
}

static void
execute(const void *argument, StringInfo response)
{
	const DeleteItemRequest *request = argument;
	ItemWrite	write = {.parameters = &request->write, .change = delete_change};
	Value		key_map;
	ExpressionAttributes *attributes;
	Table	   *table;
	PrimaryKey	key;

	check_write_parameters(&request->write);
	key_map = read_attributes(request->key);
	check_return_values_old_only(&request->write);
	attributes = read_expression_attributes(&request->write.names, request->write.values);
	write.condition = read_write_condition(&request->write, attributes);
	expression_attributes_check_used(attributes);

	table = table_open_by_name(request->write.table_name.data, ACL_DELETE |
							   privileges_to_read_old(&request->write, write.condition));
	key = key_of_map(&table->schema, &key_map);
	item_write(&write, table, &key, response);
}

const OperationDescription delete_item_operation = {
	.request = STRUCTURE_SHAPE(DeleteItemRequest, "DeleteItemInput", members),
	.execute = execute
};
