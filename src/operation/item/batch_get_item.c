/*
 * batch_get_item.c - BatchGetItem.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/rel.h"

#include "error.h"
#include "operation/operations.h"
#include "request/parameters.h"
#include "statistics/usage.h"
#include "value/json.h"

#define MAX_KEYS 100
#define MAX_RESPONSE_SIZE (16 * 1024 * 1024)

/* What is asked of one table. */
typedef struct KeysAndAttributes
{
	RequestList keys;			/* of json_object * */
	RequestList attributes_to_get;
	RequestBoolean consistent_read;
	RequestString projection_expression;
	RequestMap	names;
} KeysAndAttributes;

static const Shape keys_shape = {
	.kind = SHAPE_LIST, .element = &attributes_shape, AT_LEAST(1), AT_MOST(MAX_KEYS),
	.minimum_alone = true, .maximum_alone = true
};

static const Member keys_and_attributes_members[] = {
	REQUIRED(KeysAndAttributes, keys, "Keys", &keys_shape),
	OPTIONAL(KeysAndAttributes, attributes_to_get, "AttributesToGet", &attribute_names_shape),
	OPTIONAL(KeysAndAttributes, consistent_read, "ConsistentRead", &boolean_shape),
	OPTIONAL(KeysAndAttributes, projection_expression, "ProjectionExpression", &string_shape),
	OPTIONAL(KeysAndAttributes, names, "ExpressionAttributeNames", &expression_names_shape),
};
static const Shape keys_and_attributes_shape =
STRUCTURE_SHAPE(KeysAndAttributes, "KeysAndAttributes", keys_and_attributes_members);

static const Shape request_items_shape = {
	.kind = SHAPE_MAP, .type_name = "com.amazonaws.dynamodb.v20120810.KeysAndAttributes",
	.element = &keys_and_attributes_shape, .table_keys = true, .quoted_as_json = true,
	AT_LEAST(1), AT_MOST(MAX_KEYS), .minimum_alone = true
};

typedef struct BatchGetItemRequest
{
	RequestMap	request_items;
	RequestEnum return_consumed_capacity;
} BatchGetItemRequest;

static const Member members[] = {
	REQUIRED(BatchGetItemRequest, request_items, "RequestItems", &request_items_shape),
	OPTIONAL(BatchGetItemRequest, return_consumed_capacity, "ReturnConsumedCapacity",
			 &return_consumed_capacity_shape),
};

/* The reads of one table. */
typedef struct TableReads
{
	const char *table_name;
	const KeysAndAttributes *request;
	Value	   *key_maps;
	PrimaryKey *keys;
	Projection *projection;		/* or NULL */
	Table	   *table;
	double		capacity;
	int			done;			/* keys that were read; the others are unprocessed */
} TableReads;

/*
 * What one table is asked by expressions may not be asked of another without;
 * but names need an expression of their own table.
 */
static void
check_parameters(const KeysAndAttributes *tables, int count)
{
	ParameterUse uses[] = {
		{"AttributesToGet", PARAMETER_LEGACY, false},
		{"ProjectionExpression", PARAMETER_EXPRESSION, false},
	};

	for (int i = 0; i < count; i++)
	{
		uses[0].given |= tables[i].attributes_to_get.json != NULL;
		uses[1].given |= tables[i].projection_expression.data != NULL;
	}
	check_parameter_use(uses, lengthof(uses), false, false);
	for (int i = 0; i < count; i++)
	{
		uses[0].given = tables[i].attributes_to_get.json != NULL;
		uses[1].given = tables[i].projection_expression.data != NULL;
		check_parameter_use(uses, lengthof(uses), tables[i].names.json != NULL, false);
	}
}

static int
compare_keys(const void *a, const void *b)
{
	return value_compare(a, b);
}

/* Keys are compared as they stand in the request, without the table's schema. */
static void
check_duplicates(const Value *keys, int count)
{
	Value	   *sorted = palloc(sizeof(Value) * count);

	memcpy(sorted, keys, sizeof(Value) * count);
	qsort(sorted, count, sizeof(Value), compare_keys);
	for (int i = 1; i < count; i++)
	{
		if (value_equal(&sorted[i - 1], &sorted[i]))
			validation_error("Provided list of item keys contains duplicates");
	}
}

static void
parse_table(TableReads *reads)
{
	const KeysAndAttributes *request = reads->request;
	json_object **keys = request->keys.members;
	ExpressionAttributes *attributes;

	reads->key_maps = palloc(sizeof(Value) * request->keys.count);
	for (int i = 0; i < request->keys.count; i++)
		reads->key_maps[i] = read_attributes(keys[i]);
	check_attributes_to_get(&request->attributes_to_get);
	attributes = read_expression_attributes(&request->names, NULL);
	reads->projection = read_projection(&request->attributes_to_get, &request->projection_expression,
										attributes);
	expression_attributes_check_used(attributes);
	check_duplicates(reads->key_maps, request->keys.count);
}

typedef struct BatchGetItem
{
	const BatchGetItemRequest *request;
	TableReads *reads;			/* of each table */
} BatchGetItem;

static void *
prepare(const void *argument)
{
	const BatchGetItemRequest *request = argument;
	BatchGetItem *batch = palloc(sizeof(BatchGetItem));
	const RequestMap *items = &request->request_items;
	const KeysAndAttributes *tables = items->values;
	TableReads *reads = palloc0(sizeof(TableReads) * items->count);
	int			total = 0;

	batch->request = request;
	batch->reads = reads;
	check_parameters(tables, items->count);
	for (int i = 0; i < items->count; i++)
	{
		reads[i].table_name = items->keys[i].data;
		reads[i].request = &tables[i];
		total += tables[i].keys.count;
	}
	if (total > MAX_KEYS)
		validation_error("Too many items requested for the BatchGetItem call");
	for (int i = 0; i < items->count; i++)
		parse_table(&reads[i]);
	return batch;
}

static void
open_table(TableReads *reads)
{
	int			count = reads->request->keys.count;

	reads->table = table_open_by_name(reads->table_name, ACL_SELECT);
	reads->keys = palloc(sizeof(PrimaryKey) * count);
	for (int i = 0; i < count; i++)
		reads->keys[i] = key_of_map(&reads->table->schema, &reads->key_maps[i]);
	check_key_paths(reads->table, NULL, reads->projection);
}

/*
 * Reads one table's items until the response is full; size is that of all
 * items so far.  The item that no longer fits is left unprocessed.
 */
static void
read_table(TableReads *reads, uint64 *size, StringInfo response)
{
	bool		consistent = reads->request->consistent_read == BOOLEAN_TRUE;
	bool		first = true;
	int			found_items = 0;

	appendStringInfoChar(response, '[');
	for (; reads->done < reads->request->keys.count; reads->done++)
	{
		Value		item;
		bool		found = table_get(reads->table, &reads->keys[reads->done], &item);
		uint32		bytes = found ? item_size(&item) : 0;

		CHECK_FOR_INTERRUPTS();
		if (*size + bytes > MAX_RESPONSE_SIZE)
			break;
		*size += bytes;
		reads->capacity += read_capacity(bytes, consistent);
		found_items += found ? 1 : 0;
		if (!found)
			continue;
		if (reads->projection != NULL)
			item = projection_apply(reads->projection, &item);
		if (!first)
			appendStringInfoChar(response, ',');
		first = false;
		item_to_json(response, &item);
	}
	appendStringInfoChar(response, ']');
	usage_read(RelationGetRelid(reads->table->relation), found_items, reads->capacity);
}

/* A member of UnprocessedKeys: the request for the table with the keys left over. */
static void
append_unprocessed(const TableReads *reads, StringInfo response)
{
	const KeysAndAttributes *request = reads->request;

	json_append_string(response, reads->table_name, strlen(reads->table_name));
	appendStringInfoString(response, ":{\"Keys\":[");
	for (int i = reads->done; i < request->keys.count; i++)
	{
		if (i > reads->done)
			appendStringInfoChar(response, ',');
		item_to_json(response, &reads->key_maps[i]);
	}
	appendStringInfoChar(response, ']');

	if (request->attributes_to_get.json != NULL)
	{
		append_member(response, "AttributesToGet");
		appendStringInfoString(response, json_object_to_json_string(request->attributes_to_get.json));
	}
	if (request->consistent_read != BOOLEAN_ABSENT)
	{
		append_member(response, "ConsistentRead");
		appendStringInfoString(response, request->consistent_read == BOOLEAN_TRUE ? "true" : "false");
	}
	if (request->projection_expression.data != NULL)
	{
		append_member(response, "ProjectionExpression");
		json_append_string(response, request->projection_expression.data,
						   request->projection_expression.length);
	}
	if (request->names.json != NULL)
	{
		append_member(response, "ExpressionAttributeNames");
		appendStringInfoString(response, json_object_to_json_string(request->names.json));
	}
	appendStringInfoChar(response, '}');
}

static void
append_all_unprocessed(const TableReads *reads, int count, StringInfo response)
{
	append_member(response, "UnprocessedKeys");
	appendStringInfoChar(response, '{');
	for (int i = 0; i < count; i++)
	{
		if (reads[i].done == reads[i].request->keys.count)
			continue;
		if (response->data[response->len - 1] != '{')
			appendStringInfoChar(response, ',');
		append_unprocessed(&reads[i], response);
	}
	appendStringInfoChar(response, '}');
}

static void
append_capacities(const RequestEnum *wanted, const TableReads *reads, int count, StringInfo response)
{
	append_member(response, "ConsumedCapacity");
	appendStringInfoChar(response, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(response, ',');
		append_consumed_capacity(response, wanted, CAPACITY_OF_EITHER, reads[i].table_name,
								 reads[i].capacity, NULL, 0);
	}
	appendStringInfoChar(response, ']');
}

static void
execute(const void *prepared, StringInfo response)
{
	const BatchGetItem *batch = prepared;
	const BatchGetItemRequest *request = batch->request;
	int			count = request->request_items.count;
	TableReads *reads = batch->reads;
	uint64		size = 0;

	for (int i = 0; i < count; i++)
		open_table(&reads[i]);

	appendStringInfoString(response, "{\"Responses\":{");
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(response, ',');
		json_append_string(response, reads[i].table_name, strlen(reads[i].table_name));
		appendStringInfoChar(response, ':');
		read_table(&reads[i], &size, response);
	}
	appendStringInfoChar(response, '}');
	append_all_unprocessed(reads, count, response);
	if (wants_capacity(&request->return_consumed_capacity))
		append_capacities(&request->return_consumed_capacity, reads, count, response);
	appendStringInfoChar(response, '}');

	for (int i = 0; i < count; i++)
		table_release(reads[i].table);
}

const OperationDescription batch_get_item_operation = {
	.request = STRUCTURE_SHAPE(BatchGetItemRequest, "BatchGetItemInput", members),
	.layer = LAYER_CURRENT,
	.prepare = prepare,
	.execute = execute
};
