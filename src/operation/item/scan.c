/*
 * scan.c - Scan.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "request/read_page.h"

typedef struct ScanRequest
{
	ReadParameters read;
	RequestInteger segment;
	RequestInteger total_segments;
} ScanRequest;

static const Shape segment_shape = {.kind = SHAPE_INTEGER, AT_LEAST(0), AT_MOST(999999)};
static const Shape total_segments_shape = {.kind = SHAPE_INTEGER, AT_LEAST(1), AT_MOST(1000000)};

static const Member members[] = {
	READ_MEMBERS_FIRST(ScanRequest),
	OPTIONAL(ScanRequest, total_segments, "TotalSegments", &total_segments_shape),
	READ_MEMBER_CAPACITY(ScanRequest),
	READ_MEMBERS_TABLE(ScanRequest),
	READ_MEMBER_FILTER(ScanRequest, "ScanFilter"),
	OPTIONAL(ScanRequest, segment, "Segment", &segment_shape),
	READ_MEMBER_LIMIT(ScanRequest),
	OPTIONAL(ScanRequest, read.attributes_to_get, "AttributesToGet", &attribute_names_shape),
	READ_MEMBERS_LAST(ScanRequest),
};

static void
check_parameters(const ReadParameters *read)
{
	ParameterUse uses[] = {
		{"AttributesToGet", PARAMETER_LEGACY, read->attributes_to_get.json != NULL},
		{"ScanFilter", PARAMETER_LEGACY, read->filter.json != NULL},
		{"ConditionalOperator", PARAMETER_LEGACY, read->conditional_operator.text != NULL},
		{"ProjectionExpression", PARAMETER_EXPRESSION, read->projection_expression.data != NULL},
		{"FilterExpression", PARAMETER_CONDITION, read->filter_expression.data != NULL},
	};

	check_parameter_use(uses, lengthof(uses), read->names.json != NULL, read->values != NULL);
}

static void
check_segment(const ScanRequest *request)
{
	if (request->segment.given && !request->total_segments.given)
		validation_error("The TotalSegments parameter is required but was not present in the request "
						 "when Segment parameter is present");
	if (request->total_segments.given && !request->segment.given)
		validation_error("The Segment parameter is required but was not present in the request when "
						 "parameter TotalSegments is present");
	if (request->segment.given && request->segment.value >= request->total_segments.value)
		validation_error("The Segment parameter is zero-based and must be less than parameter TotalSegments: "
						 "Segment: " INT64_FORMAT " is not less than TotalSegments: " INT64_FORMAT,
						 request->segment.value, request->total_segments.value);
}

/* The parsed parts of a request, before the table is known. */
typedef struct ScanPlan
{
	const ScanRequest *request;
	ReadPage	page;
	Value		start;			/* where ExclusiveStartKey is given */
} ScanPlan;

/* Parses in the order in which AWS reports faults. */
static void *
prepare(const void *argument)
{
	const ScanRequest *request = argument;
	ScanPlan   *plan = palloc0(sizeof(ScanPlan));
	ReadPage   *page = &plan->page;
	const ReadParameters *read = &request->read;
	const RequestString *filter_text = &read->filter_expression;
	ExpressionAttributes *attributes;

	plan->request = request;
	page->parameters = read;
	check_parameters(read);
	check_attributes_to_get(&read->attributes_to_get);
	if (filter_text->data == NULL)
		page->filter = read_filter("ScanFilter", &read->filter, &read->conditional_operator);
	if (read->exclusive_start_key != NULL)
		plan->start = read_start_key(read);
	check_segment(request);

	attributes = read_expression_attributes(&read->names, read->values);
	if (filter_text->data != NULL)
		page->filter = condition_parse("FilterExpression", filter_text->data, filter_text->length,
									   attributes);
	page->projection = read_projection(&read->attributes_to_get, &read->projection_expression,
									   attributes);
	expression_attributes_check_used(attributes);
	check_select(read);
	return plan;
}

/* The part of ExclusiveStartKey that is an index's; AWS checks it first. */
static void
check_start_in_index(const ReadSource *source, const Value *start)
{
	if (source->index == NULL)
		return;
	check_start_partition(source->relation, start);
	check_start_sort(source->relation, start);
}

/* What is left to check: the table's key, and whether it is of the segment that is scanned. */
static void
check_start_in_segment(const ReadSource *source, const TableRange *range, const Value *start)
{
	ErrorWords	words = {.before = "The provided starting key is invalid: "};

	if (source->index != NULL)
		check_start_key(source->relation, start);
	error_words_begin(&words);
	if (source->index == NULL)
		key_of_map(&source->table->schema, start);
	if (!table_range_contains(source->relation, range, start))
		validation_error("Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
						 "TotalSegments: %d Segment: %d", range->total_segments, range->segment);
	error_words_end(&words);
}

static void
execute(const void *prepared, StringInfo response)
{
	const ScanPlan *plan = prepared;
	const ScanRequest *request = plan->request;
	const ReadPage *page = &plan->page;
	TableRange	range = {.total_segments = 1};
	bool		has_start = request->read.exclusive_start_key != NULL;
	ReadSource	source;

	if (request->segment.given)
	{
		range.segment = request->segment.value;
		range.total_segments = request->total_segments.value;
	}

	read_source_open(&request->read, &source);
	if (has_start)
		check_start_in_index(&source, &plan->start);
	read_source_check_select(&source, &request->read, page->projection);
	if (has_start)
	{
		check_start_in_segment(&source, &range, &plan->start);
		range.exclusive_start = &plan->start;
	}
	check_key_paths(source.table, page->filter, page->projection);
	read_page(page, &source, &range, response);
	read_source_close(&source);
}

const OperationDescription scan_operation = {
	.request = STRUCTURE_SHAPE(ScanRequest, "ScanInput", members),
	.layer = LAYER_OLDER,
	.prepare = prepare,
	.execute = execute
};
