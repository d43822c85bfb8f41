/*
 * put_item.c - PutItem.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "error.h"
#include "operation/item/item_write.h"
#include "operation/operations.h"

typedef struct PutItemRequest
{
	WriteParameters write;
	json_object *item;
} PutItemRequest;

static const Member members[] = {
	WRITE_MEMBERS_FIRST(PutItemRequest),
	REQUIRED(PutItemRequest, item, "Item", &attributes_shape),
	WRITE_MEMBER_RETURN_VALUES(PutItemRequest, REPORTED_TOGETHER),
	WRITE_MEMBER_COLLECTION_METRICS(PutItemRequest),
	WRITE_MEMBERS_LAST(PutItemRequest),
};

/* A put that changes nothing writes nothing. */
WriteAction
put_change(ItemWrite *write, const Value *old_item, Value *new_item)
{
	*new_item = write->item;
	if (old_item != NULL && value_equal(old_item, new_item))
		return WRITE_NOTHING;
	return WRITE_PUT;
}

static void *
prepare(const void *argument)
{
	const PutItemRequest *request = argument;
	ItemWrite  *write = item_write_prepare(&request->write, put_change);
	ExpressionAttributes *attributes;

	check_write_parameters(&request->write);
	write->item = read_attributes(request->item);
	if (item_size(&write->item) > ITEM_MAX_SIZE)
		validation_error("Item size has exceeded the maximum allowed size");
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

	table = table_open_by_name(write->parameters->table_name.data, ACL_INSERT | ACL_UPDATE |
							   privileges_to_read_old(write->parameters, write->condition));
	key = key_of_item(&table->schema, &write->item);
	index_check_item(index_set(RelationGetRelid(table->relation)), &write->item, WRITER_PUT);
	item_write(write, table, &key, response);
}

const OperationDescription put_item_operation = {
	.request = STRUCTURE_SHAPE(PutItemRequest, "PutItemInput", members),
	.layer = LAYER_ENVELOPED,
	.prepare = prepare,
	.execute = execute
};
