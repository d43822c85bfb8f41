/*
 * batch_write_item.c - BatchWriteItem.
 *
 * The writes are made in an order that depends on nothing but their tables and
 * keys, so that two batches with the same items cannot wait for each other.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/rel.h"

#include "error.h"
#include "index/index.h"
#include "operation/operations.h"
#include "request/parameters.h"

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

/* What is written in one table. */
typedef struct TableWrites
{
	const char *name;
	Table	   *table;
	const IndexSet *indexes;
	double		capacity;
	double	   *index_units;	/* of each index; NULL if nobody asks */
	Value	   *collections;	/* the partition keys written, each once */
	int			collection_count;
} TableWrites;

typedef struct BatchWrite
{
	TableWrites *writes;
	bool		is_put;
	Value		map;			/* the item, or the key of the one to delete */
	PrimaryKey	key;
	uint32		written_size;	/* of the larger one of the old and new item */
	double	   *index_units;	/* likewise: what it cost each index */
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

/* By table, then by key. */
static int
compare_writes(const void *a, const void *b)
{
	const BatchWrite *first = a;
	const BatchWrite *second = b;
	Oid			first_table = RelationGetRelid(first->writes->table->relation);
	Oid			second_table = RelationGetRelid(second->writes->table->relation);
	int			order = (first_table > second_table) - (first_table < second_table);

	if (order == 0)
		order = value_compare(&first->key.partition, &second->key.partition);
	if (order == 0 && first->key.sort.data != NULL)
		order = value_compare(&first->key.sort, &second->key.sort);
	return order;
}

static void
count_index_units(BatchWrite *write, const Value *old_item, const Value *new_item)
{
	const IndexSet *indexes = write->writes->indexes;

	for (int i = 0; i < indexes->count; i++)
		write->index_units[i] = index_write_units(&indexes->indexes[i], old_item, new_item);
}

static WriteAction
decide(const Value *old_item, Value *new_item, void *argument)
{
	BatchWrite *write = argument;
	uint32		old_size = old_item != NULL ? item_size(old_item) : 0;

	write->written_size = old_size;
	if (write->index_units != NULL)
		count_index_units(write, old_item, write->is_put ? &write->map : NULL);
	if (!write->is_put)
		return old_item != NULL ? WRITE_DELETE : WRITE_NOTHING;

	*new_item = write->map;
	write->written_size = Max(old_size, item_size(new_item));
	if (old_item != NULL && value_equal(old_item, new_item))
		return WRITE_NOTHING;
	return WRITE_PUT;
}

/* The privileges that the writes of one table need. */
static AclMode
privileges(const TableWrites *tables, const BatchWrite *writes, int count)
{
	AclMode		mode = 0;

	for (int i = 0; i < count; i++)
	{
		if (writes[i].writes == tables)
			mode |= writes[i].is_put ? ACL_INSERT | ACL_UPDATE : ACL_DELETE;
	}
	return mode;
}

static double *
no_units(const IndexSet *indexes)
{
	return palloc0(sizeof(double) * Max(indexes->count, 1));
}

/* count_units: whether to count what the writes cost each index. */
static void
open_tables(TableWrites *tables, int table_count, BatchWrite *writes, int count, bool count_units)
{
	for (int i = 0; i < table_count; i++)
	{
		tables[i].table = table_open_by_name(tables[i].name, privileges(&tables[i], writes, count));
		tables[i].indexes = index_set(RelationGetRelid(tables[i].table->relation));
		if (count_units)
			tables[i].index_units = no_units(tables[i].indexes);
		tables[i].collections = palloc(sizeof(Value) * count);
		index_attach(tables[i].table);
	}
	for (int i = 0; i < count; i++)
	{
		const KeySchema *schema = &writes[i].writes->table->schema;

		writes[i].key = writes[i].is_put ? key_of_put(schema, &writes[i].map) :
			key_of_map(schema, &writes[i].map);
		if (writes[i].is_put)
			index_check_item(writes[i].writes->indexes, &writes[i].map, WRITER_PUT);
		if (count_units)
			writes[i].index_units = no_units(writes[i].writes->indexes);
	}
}

/* Adds up what a write cost, and notes its item collection; writes come by collection. */
static void
note_written(const BatchWrite *write)
{
	TableWrites *writes = write->writes;

	writes->capacity += write_capacity(write->written_size);
	for (int i = 0; i < writes->indexes->count && writes->index_units != NULL; i++)
		writes->index_units[i] += write->index_units[i];
	if (writes->collection_count == 0 ||
		!value_equal(&writes->collections[writes->collection_count - 1], &write->key.partition))
		writes->collections[writes->collection_count++] = write->key.partition;
}

static void
write_all(BatchWrite *writes, int count)
{
	qsort(writes, count, sizeof(BatchWrite), compare_writes);
	for (int i = 1; i < count; i++)
	{
		if (compare_writes(&writes[i - 1], &writes[i]) == 0)
			validation_error("Provided list of item keys contains duplicates");
	}
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		table_write(writes[i].writes->table, &writes[i].key, decide, &writes[i]);
		note_written(&writes[i]);
	}
}

static void
append_capacities(StringInfo response, const RequestEnum *wanted, const TableWrites *tables, int count)
{
	append_member(response, "ConsumedCapacity");
	appendStringInfoChar(response, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(response, ',');
		append_write_capacity(response, wanted, tables[i].name, tables[i].capacity,
							  tables[i].indexes, tables[i].index_units);
	}
	appendStringInfoChar(response, ']');
}

static void
append_table_collections(StringInfo response, const TableWrites *writes)
{
	append_member(response, writes->name);
	appendStringInfoChar(response, '[');
	for (int i = 0; i < writes->collection_count; i++)
	{
		if (i > 0)
			appendStringInfoChar(response, ',');
		append_collection_metrics(response, writes->table, writes->indexes, &writes->collections[i]);
	}
	appendStringInfoChar(response, ']');
}

/* The metrics of the tables that have item collections, unless there are none. */
static void
append_collections(StringInfo response, const RequestEnum *wanted, const TableWrites *tables, int count)
{
	bool		any = false;

	for (int i = 0; i < count; i++)
	{
		if (!wants_collection_metrics(wanted, tables[i].indexes))
			continue;
		if (!any)
		{
			append_member(response, "ItemCollectionMetrics");
			appendStringInfoChar(response, '{');
		}
		any = true;
		append_table_collections(response, &tables[i]);
	}
	if (any)
		appendStringInfoChar(response, '}');
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
	append_collections(response, &request->return_item_collection_metrics, tables, table_count);
	if (wants_capacity(&request->return_consumed_capacity))
		append_capacities(response, &request->return_consumed_capacity, tables, table_count);
	appendStringInfoChar(response, '}');

	for (int i = 0; i < table_count; i++)
		table_release(tables[i].table);
}

const OperationDescription batch_write_item_operation = {
	.request = STRUCTURE_SHAPE(BatchWriteItemRequest, "BatchWriteItemInput", members),
	.layer = LAYER_OLDER,
	.prepare = prepare,
	.execute = execute
};
