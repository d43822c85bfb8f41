/*
 * batch_write_item.c - BatchWriteItem.
 *
 * The writes are made in the one order of locks (lock_order.h), so that two
 * requests with the same items cannot wait for each other.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/rel.h"

#include "error.h"
#include "operation/item/table_writes.h"
#include "operation/operations.h"
#include "table/lock_order.h"

#define MAX_WRITES 25

typedef struct PutRequest
{
	json_object *item;
} PutRequest;

typedef struct DeleteRequest
{
	json_object *key;
} DeleteRequest;

typedef struct WriteRequest
{
	PutRequest *put;
	DeleteRequest *delete;
} WriteRequest;

static const Member put_members[] = {
	REQUIRED(PutRequest, item, "Item", &attributes_shape),
};
static const Shape put_shape = STRUCTURE_SHAPE(PutRequest, "PutRequest", put_members);

static const Member delete_members[] = {
	REQUIRED(DeleteRequest, key, "Key", &attributes_shape),
};
static const Shape delete_shape = STRUCTURE_SHAPE(DeleteRequest, "DeleteRequest", delete_members);

static const Member write_members[] = {
	OPTIONAL(WriteRequest, put, "PutRequest", &put_shape),
	OPTIONAL(WriteRequest, delete, "DeleteRequest", &delete_shape),
};
static const Shape write_shape = STRUCTURE_SHAPE(WriteRequest, "WriteRequest", write_members);

static const Shape writes_shape = {
	.kind = SHAPE_LIST, .element = &write_shape, AT_LEAST(1), AT_MOST(MAX_WRITES)
};

static const Shape request_items_shape = {
	.kind = SHAPE_MAP, .type_name = "java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>",
	.element = &writes_shape, .table_keys = true, .bounds_values = true, AT_MOST(MAX_WRITES)
};

typedef struct BatchWriteItemRequest
{
	RequestMap	request_items;
	RequestEnum return_consumed_capacity;
	RequestEnum return_item_collection_metrics;
} BatchWriteItemRequest;

static const Member members[] = {
	MEMBER(BatchWriteItemRequest, request_items, "RequestItems", &request_items_shape, true,
		   REPORTED_LAST),
	OPTIONAL(BatchWriteItemRequest, return_consumed_capacity, "ReturnConsumedCapacity",
			 &return_consumed_capacity_shape),
	OPTIONAL(BatchWriteItemRequest, return_item_collection_metrics, "ReturnItemCollectionMetrics",
			 &return_item_collection_metrics_shape),
};

typedef struct BatchWrite
{
	TableWrites *writes;
	bool		is_put;
	Value		map;			/* the item, or the key of the one to delete */
	PrimaryKey	key;
	WriteCost	cost;
} BatchWrite;

static void
parse_write(const WriteRequest *request, BatchWrite *write)
{
	/* AWS's own words for none or both of the two, odd as they are */
	if ((request->put != NULL) == (request->delete != NULL))
		validation_error("Supplied AttributeValue has more than one datatypes set, "
						 "must contain exactly one of the supported datatypes");

	write->is_put = request->put != NULL;
	write->map = read_attributes(write->is_put ? request->put->item : request->delete->key);
	if (write->is_put && item_size(&write->map) > ITEM_MAX_SIZE)
		validation_error("Item size has exceeded the maximum allowed size");
}

/* All writes of a request. */
typedef struct BatchWriteItem
{
	const BatchWriteItemRequest *request;
	TableWrites *tables;
	int			table_count;
	BatchWrite *writes;
	int			count;
} BatchWriteItem;

static int
count_writes(const RequestMap *items)
{
	const RequestList *lists = items->values;
	int			count = 0;

	if (items->count == 0)
		validation_error("The requestItems parameter is required for BatchWriteItem");
	for (int i = 0; i < items->count; i++)
		count += lists[i].count;
	if (count > MAX_WRITES)
		validation_error("Too many items requested for the BatchWriteItem call");
	return count;
}

static void *
prepare(const void *argument)
{
	const BatchWriteItemRequest *request = argument;
	const RequestMap *items = &request->request_items;
	const RequestList *lists = items->values;
	BatchWriteItem *batch = palloc0(sizeof(BatchWriteItem));

	batch->request = request;
	batch->table_count = items->count;
	batch->writes = palloc0(sizeof(BatchWrite) * count_writes(items));
	batch->tables = palloc0(sizeof(TableWrites) * items->count);
	for (int i = 0; i < items->count; i++)
	{
		const WriteRequest *requests = lists[i].members;

		batch->tables[i].name = items->keys[i].data;
		for (int j = 0; j < lists[i].count; j++)
		{
			BatchWrite *write = &batch->writes[batch->count++];

			write->writes = &batch->tables[i];
			parse_write(&requests[j], write);
		}
	}
	return batch;
}

static void
check_key_attribute(const KeyAttribute *attribute, const Value *item)
{
	Value		value;

	if (!value_map_find(item, attribute->name, attribute->name_length, &value) ||
		value.type != attribute->type)
		validation_error("The provided key element does not match the schema");
}

/* Here AWS tells of an item without its key in the words that it has for keys. */
static PrimaryKey
key_of_put(const KeySchema *schema, const Value *item)
{
	check_key_attribute(&schema->partition[0], item);
	if (schema->sort_count > 0)
		check_key_attribute(&schema->sort[0], item);
	return key_of_item(schema, item);
}

static WriteAction
decide(const Value *old_item, Value *new_item, void *argument)
{
	BatchWrite *write = argument;

	write_cost_set(&write->cost, write->writes, old_item, write->is_put ? &write->map : NULL);
	if (!write->is_put)
		return old_item != NULL ? WRITE_DELETE : WRITE_NOTHING;
	*new_item = write->map;
	return old_item != NULL && value_equal(old_item, new_item) ? WRITE_NOTHING : WRITE_PUT;
}

/* count_units: whether to count what the writes cost each index. */
static void
open_tables(TableWrites *tables, int table_count, BatchWrite *writes, int count, bool count_units)
{
	for (int i = 0; i < count; i++)
		writes[i].writes->privileges |= writes[i].is_put ? ACL_INSERT | ACL_UPDATE : ACL_DELETE;
	for (int i = 0; i < table_count; i++)
		table_writes_open(&tables[i], count, count_units);
	for (int i = 0; i < count; i++)
	{
		const Table *table = writes[i].writes->table;

		writes[i].key = writes[i].is_put ? key_of_put(&table->schema, &writes[i].map) :
			key_of_map(&table->schema, &writes[i].map);
		if (writes[i].is_put)
			index_check_item(writes[i].writes->indexes, &writes[i].map, WRITER_PUT);
		writes[i].cost.index_units = table_writes_units(writes[i].writes);
	}
}

static void
write_all(BatchWrite *writes, int count)
{
	LockPlace  *places = palloc(sizeof(LockPlace) * count);

	for (int i = 0; i < count; i++)
	{
		places[i] = lock_place(writes[i].writes->table, &writes[i].key);
		places[i].owner = &writes[i];
	}
	if (!lock_order_sort(places, count))
		validation_error("Provided list of item keys contains duplicates");
	for (int i = 0; i < count; i++)
	{
		BatchWrite *write = places[i].owner;

		CHECK_FOR_INTERRUPTS();
		table_write(write->writes->table, &write->key, decide, write);
		table_writes_add(write->writes, &write->cost, 1, &write->key.partition);
	}
}

static void
execute(const void *prepared, StringInfo response)
{
	const BatchWriteItem *batch = prepared;
	const BatchWriteItemRequest *request = batch->request;
	TableWrites *tables = batch->tables;
	int			table_count = batch->table_count;

	open_tables(tables, table_count, batch->writes, batch->count,
				wants_capacity(&request->return_consumed_capacity));
	write_all(batch->writes, batch->count);

	appendStringInfoString(response, "{\"UnprocessedItems\":{}");
	append_all_collections(response, &request->return_item_collection_metrics, tables, table_count);
	if (wants_capacity(&request->return_consumed_capacity))
	{
		append_member(response, "ConsumedCapacity");
		append_write_capacities(response, &request->return_consumed_capacity, CAPACITY_OF_EITHER,
								tables, table_count);
	}
	appendStringInfoChar(response, '}');
	table_writes_release(tables, table_count);
}

const OperationDescription batch_write_item_operation = {
	.request = STRUCTURE_SHAPE(BatchWriteItemRequest, "BatchWriteItemInput", members),
	.layer = LAYER_OLDER,
	.prepare = prepare,
	.execute = execute
};
