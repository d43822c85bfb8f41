/*
 * query.c - Query.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "request/read_page.h"

typedef struct QueryRequest
{
	ReadParameters read;
	RequestMap	key_conditions;
	RequestString key_condition_expression;
	RequestBoolean scan_index_forward;
} QueryRequest;

static const Member members[] = {
	READ_MEMBERS_FIRST(QueryRequest),
	READ_MEMBER_CAPACITY(QueryRequest),
	READ_MEMBER_FILTER(QueryRequest, "QueryFilter"),
	READ_MEMBERS_TABLE(QueryRequest),
	OPTIONAL(QueryRequest, read.attributes_to_get, "AttributesToGet", &attribute_names_shape),
	READ_MEMBER_LIMIT(QueryRequest),
	OPTIONAL(QueryRequest, key_conditions, "KeyConditions", &condition_map_shape),
	READ_MEMBERS_LAST(QueryRequest),
	OPTIONAL(QueryRequest, key_condition_expression, "KeyConditionExpression", &string_shape),
	OPTIONAL(QueryRequest, scan_index_forward, "ScanIndexForward", &boolean_shape),
};

/* KeyConditions may be together with the expressions, but not with the one that replaces it. */
static void
check_parameters(const QueryRequest *request)
{
	const ReadParameters *read = &request->read;
	bool		key_expression = request->key_condition_expression.data != NULL;
	ParameterUse uses[] = {
		{"AttributesToGet", PARAMETER_LEGACY, read->attributes_to_get.json != NULL},
		{"QueryFilter", PARAMETER_LEGACY, read->filter.json != NULL},
		{"ConditionalOperator", PARAMETER_LEGACY, read->conditional_operator.text != NULL},
		{"KeyConditions", PARAMETER_LEGACY, request->key_conditions.json != NULL && key_expression},
		{"ProjectionExpression", PARAMETER_EXPRESSION, read->projection_expression.data != NULL},
		{"FilterExpression", PARAMETER_CONDITION, read->filter_expression.data != NULL},
		{"KeyConditionExpression", PARAMETER_CONDITION, key_expression},
	};

	check_parameter_use(uses, lengthof(uses), read->names.json != NULL, read->values != NULL);
}

/* Whether the starting key lies within what is queried. */
static void
check_start_in_range(const Table *table, const TableRange *range, const Value *start)
{
	bool		same_partition = table_range_has_partition(table, range, start);
	SortOperator operator = range->condition->sort_operator;

	if (operator == SORT_ANY)
	{
		if (!same_partition)
			validation_error("The provided starting key is outside query boundaries based on provided conditions");
		return;
	}
	if (operator == SORT_EQUAL && table->table_schema.partition_count == 0)
		validation_error("The query can return at most one row and cannot be restarted");
	if (!table_range_has_sort(table, range, start))
		validation_error("The provided starting key does not match the range key predicate");
	if (!same_partition)
		validation_error("The query can return at most one row and cannot be restarted");
}

/* The parsed parts of a request, before the table is known. */
typedef struct QueryPlan
{
	const QueryRequest *request;
	ReadPage	page;
	KeyConditionTree *key_condition;
	Value		start;
} QueryPlan;

/* Parses in the order in which AWS reports faults. */
static void *
prepare(const void *argument)
{
	const QueryRequest *request = argument;
	QueryPlan  *plan = palloc0(sizeof(QueryPlan));
	const ReadParameters *read = &request->read;
	const RequestString *key_text = &request->key_condition_expression;
	const RequestString *filter_text = &read->filter_expression;
	ExpressionAttributes *attributes;

	plan->request = request;
	plan->page.parameters = read;
	check_parameters(request);
	if (filter_text->data == NULL)
		plan->page.filter = read_filter("QueryFilter", &read->filter, &read->conditional_operator);
	check_attributes_to_get(&read->attributes_to_get);
	if (read->exclusive_start_key != NULL)
		plan->start = read_start_key(read);
	plan->key_condition = read_key_conditions(&request->key_conditions);

	attributes = read_expression_attributes(&read->names, read->values);
	if (key_text->data != NULL)
		plan->key_condition = key_condition_parse(key_text->data, key_text->length, attributes);
	if (filter_text->data != NULL)
		plan->page.filter = condition_parse("FilterExpression", filter_text->data,
											filter_text->length, attributes);
	plan->page.projection = read_projection(&read->attributes_to_get, &read->projection_expression,
											attributes);
	check_select(read);
	if (plan->key_condition == NULL)
		validation_error("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
	key_condition_check(plan->key_condition, read->index_name.data != NULL ? 2 * KEY_MAX_ATTRIBUTES : 2);
	expression_attributes_check_used(attributes);
	return plan;
}

/*
 * A table without sort key has one item for each partition key, behind which
 * there is nothing to begin.
 */
static void
check_can_start(const Table *relation)
{
	if (relation->table_schema.partition_count == 0 && relation->schema.sort_count == 0)
		validation_error("The provided exclusive start key is invalid");
}

/* The range that is queried; AWS looks at the starting key in between. */
static void
bind(QueryPlan *plan, const Table *relation, TableRange *range)
{
	bool		has_start = plan->request->read.exclusive_start_key != NULL;

	if (has_start)
	{
		check_can_start(relation);
		check_start_partition(relation, &plan->start);
	}
	range->condition = key_condition_bind(plan->key_condition, &relation->schema);
	range->backward = plan->request->scan_index_forward == BOOLEAN_FALSE;
	if (has_start)
	{
		check_start_sort(relation, &plan->start);
		check_start_key(relation, &plan->start);
		check_start_in_range(relation, range, &plan->start);
		range->exclusive_start = &plan->start;
	}
	plan->page.at_most_one = relation->table_schema.partition_count == 0 &&
		(relation->schema.sort_count == 0 || range->condition->sort_operator == SORT_EQUAL);
}

static void
execute(const void *prepared, StringInfo response)
{
	QueryPlan  *plan = unconstify(void *, prepared);
	const ReadParameters *read = &plan->request->read;
	TableRange	range = {.total_segments = 1};
	ReadSource	source;

	read_source_open(read, &source);
	bind(plan, source.relation, &range);
	check_filter_keys(read->filter_expression.data != NULL ? "Filter Expression" : "QueryFilter",
					  plan->page.filter, &source.relation->schema);
	read_source_check_select(&source, read, plan->page.projection);
	check_key_paths(source.table, plan->page.filter, plan->page.projection);
	read_page(&plan->page, &source, &range, response);
	read_source_close(&source);
}

const OperationDescription query_operation = {
	.request = STRUCTURE_SHAPE(QueryRequest, "QueryInput", members),
	.layer = LAYER_CURRENT,
	.prepare = prepare,
	.execute = execute
};
