/*
 * export_table_to_point_in_time.c - ExportTableToPointInTime.
 */
#include "postgres.h"

#include "arn.h"
#include "change/record.h"
#include "error.h"
#include "operation/backup/backups.h"
#include "operation/operations.h"
#include "operation/transfer/export_description.h"
#include "operation/transfer/transfers.h"
#include "request/parameters.h"
#include "transfer/export_filter.h"
#include "transfer/export_request.h"

/* How long the window of an incremental export may be. */
#define WINDOW_MINIMUM ((uint64) 15 * USECS_PER_MINUTE)
#define WINDOW_MAXIMUM ((uint64) USECS_PER_DAY)

typedef struct IncrementRequest
{
	RequestTimestamp from;
	RequestTimestamp to;
	RequestEnum view;
} IncrementRequest;

typedef struct FilterRequest
{
	RequestString condition;
	RequestString projection;
	RequestString key_condition;
	RequestMap	names;
	json_object *values;
} FilterRequest;

typedef struct ExportRequest
{
	RequestString table_arn;
	RequestTimestamp moment;
	RequestString token;
	RequestString bucket;
	RequestString bucket_owner;
	RequestString prefix;
	RequestEnum encryption;
	RequestString encryption_key;
	RequestEnum format;
	RequestEnum type;
	IncrementRequest *increment;
	FilterRequest *filter;
} ExportRequest;

enum ExportType
{
	TYPE_FULL = 1,
	TYPE_INCREMENTAL
};

static const char *const encryptions[] = {"AES256", "KMS", NULL};
static const char *const formats[] = {"DYNAMODB_JSON", "ION", NULL};
static const char *const types[] = {"FULL_EXPORT", "INCREMENTAL_EXPORT", NULL};
static const char *const views[] = {"NEW_IMAGE", "NEW_AND_OLD_IMAGES", NULL};

static const Shape arn_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(1024)};
static const Shape encryption_algorithm_shape = {.kind = SHAPE_ENUM, .values = encryptions};
static const Shape encryption_key_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(2048)};
static const Shape format_shape = {.kind = SHAPE_ENUM, .values = formats};
static const Shape type_shape = {.kind = SHAPE_ENUM, .values = types};

static const Shape view_shape = {.kind = SHAPE_ENUM, .values = views};

static const Member increment_members[] = {
	OPTIONAL(IncrementRequest, from, "ExportFromTime", &timestamp_shape),
	OPTIONAL(IncrementRequest, to, "ExportToTime", &timestamp_shape),
	OPTIONAL(IncrementRequest, view, "ExportViewType", &view_shape),
};
static const Shape increment_shape =
STRUCTURE_SHAPE(IncrementRequest, "IncrementalExportSpecification", increment_members);

static const Member filter_members[] = {
	OPTIONAL(FilterRequest, condition, "FilterExpression", &string_shape),
	OPTIONAL(FilterRequest, projection, "ProjectionExpression", &string_shape),
	OPTIONAL(FilterRequest, key_condition, "KeyConditionExpression", &string_shape),
	OPTIONAL(FilterRequest, names, "ExpressionAttributeNames", &expression_names_shape),
	OPTIONAL(FilterRequest, values, "ExpressionAttributeValues", &attributes_shape),
};
static const Shape filter_shape = STRUCTURE_SHAPE(FilterRequest, "FilterSpecification", filter_members);

static const Member members[] = {
	REQUIRED(ExportRequest, table_arn, "TableArn", &arn_shape),
	OPTIONAL(ExportRequest, moment, "ExportTime", &timestamp_shape),
	OPTIONAL(ExportRequest, token, "ClientToken", &client_token_shape),
	REQUIRED(ExportRequest, bucket, "S3Bucket", &bucket_name_shape),
	OPTIONAL(ExportRequest, bucket_owner, "S3BucketOwner", &bucket_owner_shape),
	OPTIONAL(ExportRequest, prefix, "S3Prefix", &bucket_prefix_shape),
	OPTIONAL(ExportRequest, encryption, "S3SseAlgorithm", &encryption_algorithm_shape),
	OPTIONAL(ExportRequest, encryption_key, "S3SseKmsKeyId", &encryption_key_shape),
	OPTIONAL(ExportRequest, format, "ExportFormat", &format_shape),
	OPTIONAL(ExportRequest, type, "ExportType", &type_shape),
	OPTIONAL(ExportRequest, increment, "IncrementalExportSpecification", &increment_shape),
	OPTIONAL(ExportRequest, filter, "FilterSpecification", &filter_shape),
};

/* ---- What is wrong with the request by itself ---- */

static void
check_window(int64 from, int64 to)
{
	uint64		length = (uint64) to - (uint64) from;

	if (from >= to)
		validation_error("ExportFromTime must be before ExportToTime");
	if (length < WINDOW_MINIMUM)
		validation_error("The period between ExportFromTime and ExportToTime must be at least 15 minutes");
	if (length > WINDOW_MAXIMUM)
		validation_error("The period between ExportFromTime and ExportToTime must be at most 24 hours");
}

static void
check_type(const ExportRequest *request)
{
	const IncrementRequest *increment = request->increment;

	if (request->type.value != TYPE_INCREMENTAL)
	{
		if (increment != NULL)
			validation_error("IncrementalExportSpecification can only be specified when ExportType is INCREMENTAL_EXPORT");
		return;
	}
	if (increment == NULL)
		validation_error("IncrementalExportSpecification must be specified when ExportType is INCREMENTAL_EXPORT");
	if (request->moment.given)
		validation_error("ExportTime can not be specified when ExportType is INCREMENTAL_EXPORT");
	if (!increment->from.given)
		validation_error("ExportFromTime must be specified when ExportType is INCREMENTAL_EXPORT");
	if (increment->to.given)
		check_window(increment->from.value, increment->to.value);
}

static ExpressionText
text_of(const RequestString *string)
{
	return (ExpressionText) {string->data, string->length};
}

static ExportFilter *
read_filter_specification(const FilterRequest *request)
{
	const ParameterUse uses[] = {
		{"ProjectionExpression", PARAMETER_EXPRESSION, request->projection.data != NULL},
		{"FilterExpression", PARAMETER_CONDITION, request->condition.data != NULL},
		{"KeyConditionExpression", PARAMETER_CONDITION, request->key_condition.data != NULL},
	};
	ExpressionText key_condition = text_of(&request->key_condition);
	ExpressionText condition = text_of(&request->condition);
	ExpressionText projection = text_of(&request->projection);

	check_parameter_use(uses, lengthof(uses), request->names.json != NULL, request->values != NULL);
	return export_filter_parse(&key_condition, &condition, &projection,
							   read_expression_attributes(&request->names, request->values));
}

typedef struct ExportPlan
{
	const ExportRequest *request;
	ExportFilter *filter;		/* or NULL */
} ExportPlan;

static void *
prepare(const void *argument)
{
	ExportPlan *plan = palloc0(sizeof(ExportPlan));

	plan->request = argument;
	check_transfer_text("ClientToken", &plan->request->token);
	check_bucket_encryption(&plan->request->encryption, &plan->request->encryption_key);
	check_type(plan->request);
	if (plan->request->filter != NULL)
		plan->filter = read_filter_specification(plan->request->filter);
	return plan;
}

/* ---- The request as text ---- */

static void
append_moment(StringInfo out, const char *name, const RequestTimestamp *moment)
{
	if (!moment->given)
		return;
	append_member(out, name);
	appendStringInfo(out, INT64_FORMAT ".%06d", moment->value / 1000000, (int) (Max(moment->value, 0) % 1000000));
}

static void
append_increment(StringInfo out, const IncrementRequest *increment)
{
	appendStringInfoString(out, ",\"IncrementalExportSpecification\":{");
	append_moment(out, "ExportFromTime", &increment->from);
	append_moment(out, "ExportToTime", &increment->to);
	append_string_member(out, "ExportViewType", increment->view.text != NULL ? increment->view.text : "NEW_AND_OLD_IMAGES");
	appendStringInfoChar(out, '}');
}

static void
append_filter(StringInfo out, const FilterRequest *filter)
{
	appendStringInfoString(out, ",\"FilterSpecification\":{");
	append_requested(out, "FilterExpression", &filter->condition);
	append_requested(out, "ProjectionExpression", &filter->projection);
	append_requested(out, "KeyConditionExpression", &filter->key_condition);
	append_requested_json(out, "ExpressionAttributeNames", filter->names.json);
	append_requested_json(out, "ExpressionAttributeValues", filter->values);
	appendStringInfoChar(out, '}');
}

/* Of what the files are made and where they go, for the job and for whoever asks. */
static char *
request_text(const ExportRequest *request)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	append_string_member(&out, "ExportFormat", request->format.text != NULL ? request->format.text : "DYNAMODB_JSON");
	append_requested(&out, "ClientToken", &request->token);
	append_requested(&out, "S3Bucket", &request->bucket);
	append_requested(&out, "S3BucketOwner", &request->bucket_owner);
	append_requested(&out, "S3Prefix", &request->prefix);
	if (request->encryption.text != NULL)
		append_string_member(&out, "S3SseAlgorithm", request->encryption.text);
	append_requested(&out, "S3SseKmsKeyId", &request->encryption_key);
	if (request->increment != NULL)
		append_increment(&out, request->increment);
	if (request->filter != NULL)
		append_filter(&out, request->filter);
	appendStringInfoChar(&out, '}');
	return out.data;
}

/* ---- Moments ---- */

static void __attribute__((noreturn))
invalid_time(const char *member)
{
	ddb_error(INVALID_EXPORT_TIME_EXCEPTION, "The specified %s is outside of the point in time recovery window.", member);
}

/*
 * Before which moment changes are exported.  The log may not have come there yet, which the job
 * waits for; after the clock was set back it is ahead of it.
 */
static int64
increment_end(const IncrementRequest *increment, const TableRecord *table)
{
	int64		from = increment->from.value;
	int64		to = increment->to.value;

	if (!backups_find_moment(table, false, &from))
		invalid_time("ExportFromTime");
	if (!backups_find_moment(table, !increment->to.given, &to) && to > sequence_time(GetCurrentTimestamp()))
		invalid_time("ExportToTime");
	check_window(from, to);
	return to;
}

/* 0: now, for which a table needs no recovery. */
static int64
exported_moment(const ExportRequest *request, const TableRecord *table)
{
	int64		moment = request->moment.value;

	if (request->increment != NULL)
		return increment_end(request->increment, table);
	if (!request->moment.given)
		return 0;
	if (!backups_find_moment(table, false, &moment))
		invalid_time("ExportTime");
	return moment;
}

/* ---- Carrying it out ---- */

static bool
is_of_same_moment(const Export *before, const ExportRequest *request)
{
	if (request->increment != NULL)
		return true;			/* the requests' texts tell */
	return before->of_the_past == request->moment.given &&
		(!request->moment.given || before->moment == request->moment.value);
}

/* The export that a former request of the token has asked for; NULL where there was none. */
static Export *
export_before(const ExportRequest *request, const char *table_name, const char *text)
{
	Export	   *before = request->token.data != NULL ? transfer_of_token(&export_catalog, request->token.data) : NULL;

	if (before == NULL)
		return NULL;
	if (strcmp(before->transfer.table_name, table_name) != 0 ||
		!export_requests_equal(before->transfer.request, text) || !is_of_same_moment(before, request))
		ddb_error(EXPORT_CONFLICT_EXCEPTION, "There was a conflict when writing to the specified S3 bucket: "
				  "the ClientToken was used for another request");
	return before;
}

/* What of the filter does not fit the table is told now, in the order in which Query does. */
static void
check_filter(ExportFilter *filter, const char *table_name)
{
	Table	   *table = table_open_by_name(table_name, ACL_SELECT);

	export_filter_bind(filter, &table->schema);
	if (filter->key_condition != NULL)
		check_filter_keys("Filter Expression", filter->condition, &table->schema);
	check_key_paths(table, filter->condition, filter->projection);
	table_release(table);
}

static void
execute(const void *argument, StringInfo response)
{
	const ExportPlan *plan = argument;
	const ExportRequest *request = plan->request;
	const char *name = table_name_of_resource_arn(request->table_arn.data, request->table_arn.length);
	char	   *text = request_text(request);
	BucketTerms terms = {request->bucket_owner.data, request->encryption.text, request->encryption_key.data};
	TableRecord *table;
	Export	   *record;

	table = backups_source(name);
	if (plan->filter != NULL)
		check_filter(plan->filter, table->name);
	check_output_prefix(requested_bucket(&request->bucket, &terms), "S3Prefix", &request->prefix);
	record = export_before(request, name, text);
	if (record == NULL)
		record = export_start(table, request->token.data != NULL ? request->token.data : "", text,
							  exported_moment(request, table));
	append_export_description(response, record);
}

const OperationDescription export_table_to_point_in_time_operation = {
	.request = STRUCTURE_SHAPE(ExportRequest, "ExportTableToPointInTimeInput", members),
	.prepare = prepare,
	.execute = execute
};
