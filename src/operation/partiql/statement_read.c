/*
 * statement_read.c - SELECT.
 *
 * Where WHERE names partitions, they are read one after the other, in the order
 * of the statement or as ORDER BY says; else everything is scanned.  Each item
 * is judged by the whole WHERE.
 */
#include "postgres.h"

#include "common/base64.h"

#include "error.h"
#include "operation/partiql/statement.h"
#include "value/json.h"

/* Items of a page where several partitions are read. */
#define PARTITIONS_PAGE_ITEMS 10

static Value
show_columns(const void *argument, const Value *item)
{
	return statement_columns_apply(argument, item);
}

/* ---- One item ---- */

bool
statement_read_item(const Statement *statement, Table *table, const StatementKeys *keys,
					Snapshot snapshot, uint32 *size, StringInfo response)
{
	PrimaryKey	key = statement_primary_key(keys, &table->schema);
	Value		item;

	*size = 0;
	if (snapshot == InvalidSnapshot ? !table_get(table, &key, &item) : !table_get_at(table, &key, snapshot, &item))
		return false;
	*size = item_size(&item);
	if (!condition_holds(statement->where, &item))
		return false;
	if (statement->columns != NULL)
		item = statement_columns_apply(statement->columns, &item);
	item_to_json(response, &item);
	return true;
}

/* ---- ORDER BY ---- */

static bool
is_attribute(const StatementOrder *order, const KeyAttribute *attribute)
{
	return order->length == attribute->name_length && memcmp(order->name, attribute->name, order->length) == 0;
}

static bool
is_one_of(const StatementOrder *order, const KeyAttribute *attributes, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (is_attribute(order, &attributes[i]))
			return true;
	}
	return false;
}

/* How partitions and the items in each are ordered. */
typedef struct Order
{
	int			partitions;		/* 0: as the statement names them; 1: ascending; -1: descending */
	bool		backward;
} Order;

static Order
read_order(const Statement *statement, const KeySchema *schema, const StatementKeys *keys)
{
	Order		order = {0};
	ListCell   *cell;

	if (statement->order == NIL)
		return order;
	if (statement->where == NULL)
		validation_error("Must have WHERE clause in the statement when using ORDER BY clause.");
	if (keys->count == 0)
		validation_error("Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.");
	foreach(cell, statement->order)
	{
		const StatementOrder *key = lfirst(cell);

		if (is_one_of(key, schema->partition, schema->partition_count))
			order.partitions = key->descending ? -1 : 1;
		else if (is_one_of(key, schema->sort, schema->sort_count))
			order.backward = key->descending;
		else
			validation_error("Variable reference %.*s in ORDER BY clause must be part of the primary key",
							 (int) key->length, key->name);
	}
	return order;
}

static int
compare_partitions(const void *a, const void *b, void *argument)
{
	const KeySchema *schema = argument;
	int			order = 0;

	for (int i = 0; i < schema->partition_count && order == 0; i++)
		order = value_compare((const Value *) a + i, (const Value *) b + i);
	return order;
}

static void
order_partitions(StatementKeys *keys, const KeySchema *schema, int direction)
{
	int			width = schema->partition_count;

	if (direction == 0)
		return;
	qsort_arg(keys->partitions, keys->count, sizeof(Value) * width, compare_partitions, (void *) schema);
	for (int i = 0; i < keys->count / 2 && direction < 0; i++)
	{
		for (int j = 0; j < width; j++)
		{
			Value	   *a = &keys->partitions[i * width + j];
			Value	   *b = &keys->partitions[(keys->count - 1 - i) * width + j];
			Value		value = *a;

			*a = *b;
			*b = value;
		}
	}
}

/* ---- NextToken ---- */

/*
 * A token is base64 of the statement's digest, the number of the partition and
 * the last key.  It names no table and no role: what it leads to is read by the
 * statement that it comes with, by whoever sends it.
 */
#define TOKEN_PARTITION_BYTES 2

typedef struct Position
{
	int			partition;		/* from 0 */
	bool		started;
	Value		start;			/* behind this key, if started */
} Position;

/* Of the statement and its parameters. */
static void
digest_of(const StatementRequest *request, uint8 *digest)
{
	json_object *both = json_object_new_array();

	PG_TRY();
	{
		json_object_array_add(both, json_object_new_string_len(request->statement.data,
															   request->statement.length));
		json_object_array_add(both, json_object_get(request->parameters.json));
		request_digest(both, digest);
	}
	PG_FINALLY();
	{
		json_object_put(both);
	}
	PG_END_TRY();
}

static void __attribute__((noreturn))
refuse_token(void)
{
	validation_error("NextToken does not match request");
}

/* The last key in a token; whatever is wrong with it, the token is. */
static Value
read_last_key(const char *text, int length)
{
	MemoryContext caller = CurrentMemoryContext;
	Value		key;

	PG_TRY();
	{
		json_object *json = json_parse(text, length);

		if (!json_object_is_type(json, json_type_object))
			refuse_token();
		key = read_attributes(json);
	}
	PG_CATCH();
	{
		DdbException exception;

		if (!ddb_exception_of_sqlstate(geterrcode(), &exception))
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		refuse_token();
	}
	PG_END_TRY();
	return key;
}

static Position
read_token(const StatementPage *page, const StatementKeys *keys)
{
	const RequestString *token = page->next_token;
	Position	position = {0};
	char	   *bytes;
	int			size;
	int			header = REQUEST_DIGEST_LENGTH + TOKEN_PARTITION_BYTES;
	uint8		digest[REQUEST_DIGEST_LENGTH];

	if (token->data == NULL)
		return position;
	size = pg_b64_dec_len(token->length);
	bytes = palloc(size + 1);
	size = pg_b64_decode(token->data, token->length, (void *) bytes, size);
	digest_of(page->request, digest);
	if (size < header || memcmp(bytes, digest, REQUEST_DIGEST_LENGTH) != 0)
		refuse_token();
	position.partition = (unsigned char) bytes[header - 2] << 8 | (unsigned char) bytes[header - 1];
	if (position.partition >= Max(keys->count, 1))
		refuse_token();
	position.started = size > header;
	if (position.started)
		position.start = read_last_key(bytes + header, size - header);
	return position;
}

static void
append_token(StringInfo response, const StatementPage *page, int partition, const StringInfoData *last_key)
{
	StringInfoData bytes;
	int			size;
	uint8		digest[REQUEST_DIGEST_LENGTH];

	digest_of(page->request, digest);
	initStringInfo(&bytes);
	appendBinaryStringInfo(&bytes, (const char *) digest, REQUEST_DIGEST_LENGTH);
	appendStringInfoChar(&bytes, (char) (partition >> 8));
	appendStringInfoChar(&bytes, (char) partition);
	appendBinaryStringInfo(&bytes, last_key->data, last_key->len);

	append_member(response, "NextToken");
	appendStringInfoChar(response, '"');
	size = pg_b64_enc_len(bytes.len);
	enlargeStringInfo(response, size);
	size = pg_b64_encode((void *) bytes.data, bytes.len, response->data + response->len, size);
	response->len += size;
	response->data[response->len] = '\0';
	appendStringInfoChar(response, '"');
	if (last_key->len > 0)
	{
		append_member(response, "LastEvaluatedKey");
		appendBinaryStringInfo(response, last_key->data, last_key->len);
	}
}

/* ---- Pages ---- */

/* A page being read. */
typedef struct PageRead
{
	StatementPage *page;
	ReadSource	source;
	StatementKeys keys;
	bool		backward;
	PageState	state;
	int			partition;		/* where it ends */
} PageRead;

static void
check_start(const PageRead *read, const TableRange *range, const Value *start)
{
	const Table *relation = read->source.relation;

	check_start_partition(relation, start);
	check_start_sort(relation, start);
	check_start_key(relation, start);
	if (!table_range_contains(relation, range, start))
		refuse_token();
}

/* Reads one partition, or everything, from the position on. */
static void
read_range(PageRead *read, const ReadPage *items, const Position *position, StringInfo response)
{
	int			width = read->source.relation->schema.partition_count;
	TableRange	range = {.total_segments = 1,.backward = read->backward};
	KeyCondition condition = read->keys.condition;

	if (read->keys.count > 0)
	{
		memcpy(condition.partition, &read->keys.partitions[read->partition * width], sizeof(Value) * width);
		range.condition = &condition;
	}
	if (position->started && position->partition == read->partition)
	{
		check_start(read, &range, &position->start);
		range.exclusive_start = &position->start;
	}
	read_page_items(items, &read->source, &range, &read->state, response);
}

static bool
page_has_ended(const PageRead *read)
{
	const RequestInteger *limit = &read->page->parameters.limit;

	return read->state.last_key.len > 0 || (limit->given && read->state.scanned >= limit->value);
}

/* Reads partitions until the page is full; a page that is full at a partition's end goes on with the next one. */
static void
read_partitions(PageRead *read, const Position *position, StringInfo response)
{
	const Statement *statement = read->page->statement;
	ReadPage	items = {
		.parameters = &read->page->parameters,
		.filter = statement->where,
		.show = statement->columns != NULL ? show_columns : NULL,
		.show_argument = statement->columns
	};

	for (read->partition = position->partition; read->partition < Max(read->keys.count, 1); read->partition++)
	{
		read_range(read, &items, position, response);
		if (page_has_ended(read))
			break;
	}
	if (read->state.last_key.len == 0)
		read->partition++;
}

static void
limit_partitions(PageRead *read)
{
	RequestInteger *limit = &read->page->parameters.limit;

	if (read->keys.count > 1 && (!limit->given || limit->value > PARTITIONS_PAGE_ITEMS))
		*limit = (RequestInteger) {true, PARTITIONS_PAGE_ITEMS};
}

static void
read_many(PageRead *read, StringInfo response)
{
	Order		order = read_order(read->page->statement, &read->source.relation->schema, &read->keys);
	Position	position;

	order_partitions(&read->keys, &read->source.relation->schema, order.partitions);
	read->backward = order.backward;
	position = read_token(read->page, &read->keys);
	limit_partitions(read);
	initStringInfo(&read->state.last_key);

	appendStringInfoString(response, "{\"Items\":[");
	read_partitions(read, &position, response);
	appendStringInfoChar(response, ']');
	if (read->state.last_key.len > 0 || read->partition < read->keys.count)
		append_token(response, read->page, read->partition, &read->state.last_key);
	note_read_usage(&read->page->parameters, &read->source, &read->state);
	if (wants_capacity(&read->page->parameters.return_consumed_capacity))
		append_read_capacity(response, &read->page->parameters, &read->source, &read->state);
	appendStringInfoChar(response, '}');
}

/* A whole key is read as by GetItem. */
static void
read_one(PageRead *read, StringInfo response)
{
	const ReadParameters *parameters = &read->page->parameters;
	uint32		size;

	(void) read_order(read->page->statement, &read->source.table->schema, &read->keys);
	appendStringInfoString(response, "{\"Items\":[");
	if (statement_read_item(read->page->statement, read->source.table, &read->keys, InvalidSnapshot, &size, response))
		read->state.count = 1;
	appendStringInfoChar(response, ']');
	read->state.size = size;
	note_read_usage(parameters, &read->source, &read->state);
	if (wants_capacity(&parameters->return_consumed_capacity))
		append_read_capacity(response, parameters, &read->source, &read->state);
	appendStringInfoChar(response, '}');
}

/* AWS has words of its own here for a consistent read of a global index. */
static void
open_source(StatementPage *page, ReadSource *source)
{
	const Statement *statement = page->statement;
	RequestBoolean consistent = page->parameters.consistent_read;

	page->parameters.table_name = (RequestString) {statement->table, strlen(statement->table)};
	if (statement->index != NULL)
		page->parameters.index_name = (RequestString) {statement->index, strlen(statement->index)};
	page->parameters.consistent_read = BOOLEAN_FALSE;
	read_source_open(&page->parameters, source);
	page->parameters.consistent_read = consistent;
	if (consistent == BOOLEAN_TRUE && source->index != NULL && source->index->kind == INDEX_GLOBAL)
		validation_error("Strongly consistent read is not supported on Global Secondary Indexes");
}

/* What a local index lacks of the columns, or of what WHERE judges, is fetched from the table. */
static void
check_columns(StatementPage *page, ReadSource *source)
{
	const Statement *statement = page->statement;
	bool		local = source->index != NULL && source->index->kind == INDEX_LOCAL;
	Projection *projection = NULL;

	if (statement->columns != NULL)
		projection = statement_columns_projection(statement, local);
	else if (local)
		page->parameters.select.value = SELECT_ALL_ATTRIBUTES;
	read_source_check_select(source, &page->parameters, projection);
}

void
statement_read_page(StatementPage *page, StringInfo response)
{
	const Statement *statement = page->statement;
	PageRead	read = {.page = page};

	open_source(page, &read.source);
	check_columns(page, &read.source);
	statement_keys(statement, &read.source.relation->schema, &read.keys);
	if (read.keys.whole && statement->index == NULL && page->next_token->data == NULL)
		read_one(&read, response);
	else
		read_many(&read, response);
	read_source_close(&read.source);
}

/* ---- Capacity ---- */

static void
add_cost(StatementCost *sum, const StatementCost *cost)
{
	sum->units += cost->units;
	if (cost->indexes == NULL)
		return;
	if (sum->indexes == NULL)
	{
		sum->indexes = cost->indexes;
		sum->index_units = palloc0(sizeof(double) * Max(cost->indexes->count, 1));
	}
	/* whoever wrote has the table locked, so its indexes are the same */
	for (int i = 0; i < cost->indexes->count; i++)
		((double *) sum->index_units)[i] += cost->index_units[i];
}

/* That of all statements on the table of costs[at]; false where one before it is on that table. */
static bool
sum_costs(const StatementCost *costs, int count, int at, StatementCost *sum)
{
	*sum = (StatementCost) {.table = costs[at].table};
	for (int i = 0; i < count; i++)
	{
		if (costs[i].relation != costs[at].relation)
			continue;
		if (i < at)
			return false;
		add_cost(sum, &costs[i]);
	}
	return true;
}

void
append_statement_capacities(StringInfo response, const RequestEnum *wanted, CapacityKind kind,
							const StatementCost *costs, int count)
{
	bool		any = false;

	append_member(response, "ConsumedCapacity");
	appendStringInfoChar(response, '[');
	for (int i = 0; i < count; i++)
	{
		StatementCost sum;

		if (!sum_costs(costs, count, i, &sum))
			continue;
		if (any)
			appendStringInfoChar(response, ',');
		any = true;
		if (sum.indexes != NULL)
			append_write_capacity(response, wanted, kind, sum.table, sum.units, sum.indexes, sum.index_units);
		else
			append_consumed_capacity(response, wanted, kind, sum.table, sum.units, NULL, 0);
	}
	appendStringInfoChar(response, ']');
}
