/*
 * transact_get_items.c - TransactGetItems.
 *
 * All items are read by one snapshot, which sees each transaction wholly or not
 * at all.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/transaction/transaction_write.h"
#include "statistics/usage.h"
#include "value/json.h"

typedef struct GetRequest
{
	json_object *key;
	RequestString table_name;
	RequestString projection_expression;
	RequestMap	names;
} GetRequest;

static const Member get_members[] = {
	REQUIRED(GetRequest, key, "Key", &attributes_shape),
	REQUIRED(GetRequest, table_name, "TableName", &table_name_shape),
	OPTIONAL(GetRequest, projection_expression, "ProjectionExpression", &string_shape),
	OPTIONAL(GetRequest, names, "ExpressionAttributeNames", &expression_names_shape),
};
static const Shape get_shape = STRUCTURE_SHAPE(GetRequest, "Get", get_members);

typedef struct TransactGetItem
{
	GetRequest *get;
} TransactGetItem;

static const Member item_members[] = {
	REQUIRED(TransactGetItem, get, "Get", &get_shape),
};
static const Shape item_shape = STRUCTURE_SHAPE(TransactGetItem, "TransactGetItem", item_members);
static const Shape items_shape = {
	.kind = SHAPE_LIST, .element = &item_shape, AT_LEAST(1), AT_MOST(TRANSACTION_MAX_ACTIONS)
};

typedef struct TransactGetItemsRequest
{
	RequestEnum return_consumed_capacity;
	RequestList items;
} TransactGetItemsRequest;

static const Member members[] = {
	OPTIONAL(TransactGetItemsRequest, return_consumed_capacity, "ReturnConsumedCapacity",
			 &return_consumed_capacity_shape),
	REQUIRED(TransactGetItemsRequest, items, "TransactItems", &items_shape),
};

/* What is read of one table. */
typedef struct TableReads
{
	const char *name;
	Table	   *table;
	double		capacity;
} TableReads;

typedef struct Read
{
	const GetRequest *request;
	Value		map;
	Projection *projection;		/* or NULL */
	TableReads *reads;
	PrimaryKey	key;
	CancellationReason reason;
} Read;

typedef struct Reads
{
	const TransactGetItemsRequest *request;
	int			count;
	Read	   *reads;
	TableReads *tables;
	int			table_count;
} Reads;

static void
parse(Read *read)
{
	const GetRequest *request = read->request;
	ParameterUse uses[] = {
		{"ProjectionExpression", PARAMETER_EXPRESSION, request->projection_expression.data != NULL},
	};
	RequestList no_attributes = {0};
	ExpressionAttributes *attributes;

	check_parameter_use(uses, lengthof(uses), request->names.json != NULL, false);
	read->map = read_attributes(request->key);
	attributes = read_expression_attributes(&request->names, NULL);
	read->projection = read_projection(&no_attributes, &request->projection_expression, attributes);
	expression_attributes_check_used(attributes);
}

static TableReads *
table_of_read(Reads *all, const Read *read)
{
	const char *name = read->request->table_name.data;
	TableReads *table;

	for (int i = 0; i < all->table_count; i++)
	{
		if (strcmp(all->tables[i].name, name) == 0)
			return &all->tables[i];
	}
	table = &all->tables[all->table_count++];
	table->name = name;
	table->table = table_open_by_name(name, ACL_SELECT);
	return table;
}

static void
read_key(void *argument)
{
	Read	   *read = argument;

	read->key = key_of_map(&read->reads->table->schema, &read->map);
	check_key_paths(read->reads->table, NULL, read->projection);
}

static void
cancel_if_any_failed(const Reads *all)
{
	CancellationReason *reasons = palloc(sizeof(CancellationReason) * all->count);
	bool		failed = false;

	for (int i = 0; i < all->count; i++)
	{
		reasons[i] = all->reads[i].reason;
		failed |= reasons[i].code != NULL;
	}
	if (failed)
		cancellation_raise(reasons, all->count);
}

/* Nothing is locked; but doubles stand side by side in the order of locks. */
static void
check_doubles(const Reads *all)
{
	LockPlace  *places = palloc(sizeof(LockPlace) * all->count);

	for (int i = 0; i < all->count; i++)
		places[i] = lock_place(all->reads[i].reads->table, &all->reads[i].key);
	transaction_sort(places, all->count);
}

static void *
prepare(const void *argument)
{
	const TransactGetItemsRequest *request = argument;
	const TransactGetItem *items = request->items.members;
	Reads	   *all = palloc0(sizeof(Reads));

	all->request = request;
	all->count = request->items.count;
	all->reads = palloc0(sizeof(Read) * all->count);
	for (int i = 0; i < all->count; i++)
	{
		all->reads[i].request = items[i].get;
		parse(&all->reads[i]);
	}
	return all;
}

static void
open_all(Reads *all)
{
	all->tables = palloc0(sizeof(TableReads) * all->count);
	for (int i = 0; i < all->count; i++)
		all->reads[i].reads = table_of_read(all, &all->reads[i]);
	for (int i = 0; i < all->count; i++)
		cancellation_judge(read_key, &all->reads[i], &all->reads[i].reason);
	cancel_if_any_failed(all);
	check_doubles(all);
}

/* Appends the item, and adds up size and capacity. */
static void
read_item(Read *read, Snapshot snapshot, uint64 *size, StringInfo response)
{
	Value		item;
	bool		found = table_get_at(read->reads->table, &read->key, snapshot, &item);
	uint32		bytes = found ? item_size(&item) : 0;
	double		units = 2 * read_capacity(bytes, true);

	*size += bytes;
	transaction_check_size(*size);
	read->reads->capacity += units;
	usage_read(RelationGetRelid(read->reads->table->relation), found ? 1 : 0, units);
	appendStringInfoChar(response, '{');
	if (found)
	{
		Value		shown = read->projection != NULL ? projection_apply(read->projection, &item) : item;

		append_member(response, "Item");
		item_to_json(response, &shown);
	}
	appendStringInfoChar(response, '}');
}

static void
append_capacities(StringInfo response, const RequestEnum *wanted, const Reads *all)
{
	append_member(response, "ConsumedCapacity");
	appendStringInfoChar(response, '[');
	for (int i = 0; i < all->table_count; i++)
	{
		if (i > 0)
			appendStringInfoChar(response, ',');
		append_consumed_capacity(response, wanted, CAPACITY_OF_READS, all->tables[i].name,
								 all->tables[i].capacity, NULL, 0);
	}
	appendStringInfoChar(response, ']');
}

static void
execute(const void *prepared, StringInfo response)
{
	Reads	   *all = unconstify(void *, prepared);
	const TransactGetItemsRequest *request = all->request;
	uint64		size = 0;
	Snapshot	snapshot;

	open_all(all);
	snapshot = table_statement_snapshot();
	appendStringInfoChar(response, '{');
	append_member(response, "Responses");
	appendStringInfoChar(response, '[');
	for (int i = 0; i < all->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoChar(response, ',');
		read_item(&all->reads[i], snapshot, &size, response);
	}
	appendStringInfoChar(response, ']');
	if (wants_capacity(&request->return_consumed_capacity))
		append_capacities(response, &request->return_consumed_capacity, all);
	appendStringInfoChar(response, '}');
	UnregisterSnapshot(snapshot);
	for (int i = 0; i < all->table_count; i++)
		table_release(all->tables[i].table);
}

const OperationDescription transact_get_items_operation = {
	.request = STRUCTURE_SHAPE(TransactGetItemsRequest, "TransactGetItemsInput", members),
	.layer = LAYER_OLDER,
	.prepare = prepare,
	.execute = execute
};
