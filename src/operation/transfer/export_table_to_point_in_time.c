/*
 * export_table_to_point_in_time.c - ExportTableToPointInTime.
 */
#include "postgres.h"

#include "arn.h"
#include "error.h"
#include "operation/backup/backups.h"
#include "operation/operations.h"
#include "operation/transfer/export_description.h"
#include "operation/transfer/transfers.h"

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
	json_object *incremental;
	json_object *filter;
} ExportRequest;

enum ExportType
{
	TYPE_FULL = 1,
	TYPE_INCREMENTAL
};

static const char *const encryptions[] = {"AES256", "KMS", NULL};
static const char *const formats[] = {"DYNAMODB_JSON", "ION", NULL};
static const char *const types[] = {"FULL_EXPORT", "INCREMENTAL_EXPORT", NULL};

static const Shape arn_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(1024)};
static const Shape encryption_algorithm_shape = {.kind = SHAPE_ENUM, .values = encryptions};
static const Shape encryption_key_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(2048)};
static const Shape format_shape = {.kind = SHAPE_ENUM, .values = formats};
static const Shape type_shape = {.kind = SHAPE_ENUM, .values = types};

static const Member members[] = {
	REQUIRED(ExportRequest, table_arn, "TableArn", &arn_shape),
	OPTIONAL(ExportRequest, moment, "ExportTime", &timestamp_shape),
	OPTIONAL(ExportRequest, token, "ClientToken", &string_shape),
	REQUIRED(ExportRequest, bucket, "S3Bucket", &bucket_name_shape),
	OPTIONAL(ExportRequest, bucket_owner, "S3BucketOwner", &string_shape),
	OPTIONAL(ExportRequest, prefix, "S3Prefix", &bucket_prefix_shape),
	OPTIONAL(ExportRequest, encryption, "S3SseAlgorithm", &encryption_algorithm_shape),
	OPTIONAL(ExportRequest, encryption_key, "S3SseKmsKeyId", &encryption_key_shape),
	OPTIONAL(ExportRequest, format, "ExportFormat", &format_shape),
	OPTIONAL(ExportRequest, type, "ExportType", &type_shape),
	OPTIONAL(ExportRequest, incremental, "IncrementalExportSpecification", &unsupported_shape),
	OPTIONAL(ExportRequest, filter, "FilterSpecification", &unsupported_shape),
};

static void
check_features(const ExportRequest *request)
{
	if (request->type.value == TYPE_INCREMENTAL || request->incremental != NULL)
		validation_error("Incremental exports are not supported");
	if (request->filter != NULL)
		validation_error("FilterSpecification is not supported");
	check_transfer_text("ClientToken", &request->token);
	check_transfer_text("S3Prefix", &request->prefix);
}

/* Where the files go, for the job and for whoever asks. */
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
	appendStringInfoChar(&out, '}');
	return out.data;
}

/* 0: now, for which a table needs no recovery. */
static int64
exported_moment(const ExportRequest *request, const TableRecord *table)
{
	int64		moment = request->moment.value;

	if (!request->moment.given)
		return 0;
	if (!backups_find_moment(table, false, &moment))
		ddb_error(INVALID_EXPORT_TIME_EXCEPTION, "The specified ExportTime is outside of the point in time recovery window.");
	return moment;
}

/* The export that a former request of the token has asked for; NULL where there was none. */
static Export *
export_before(const ExportRequest *request, const char *table_name, const char *text)
{
	Export	   *before = request->token.data != NULL ? transfer_of_token(&export_catalog, request->token.data) : NULL;

	if (before == NULL)
		return NULL;
	if (strcmp(before->transfer.table_name, table_name) != 0 || strcmp(before->transfer.request, text) != 0 ||
		before->of_the_past != request->moment.given ||
		(request->moment.given && before->moment != request->moment.value))
		ddb_error(EXPORT_CONFLICT_EXCEPTION, "There was a conflict when writing to the specified S3 bucket: "
				  "the ClientToken was used for another request");
	return before;
}

static void
execute(const void *argument, StringInfo response)
{
	const ExportRequest *request = argument;
	const char *name = table_name_of_resource_arn(request->table_arn.data, request->table_arn.length);
	char	   *text = request_text(request);
	TableRecord *table;
	Export	   *record;

	check_features(request);
	backups_check_may_read(backups_table(name)->name);
	table = backups_table(name);
	check_bucket_prefix(requested_bucket(&request->bucket), &request->prefix);
	record = export_before(request, name, text);
	if (record == NULL)
		record = export_start(table, request->token.data != NULL ? request->token.data : "", text,
							  exported_moment(request, table));
	append_export_description(response, record);
}

const OperationDescription export_table_to_point_in_time_operation = {
	.request = STRUCTURE_SHAPE(ExportRequest, "ExportTableToPointInTimeInput", members),
	.execute = execute
};
