/*
 * start_bulk_put_items.c - StartBulkPutItems.
 *
 * A job puts the items, as the role that asks here (transfer/bulk.c).
 */
#include "postgres.h"

#include "utils/rel.h"

#include "arn.h"
#include "error.h"
#include "operation/operations.h"
#include "operation/transfer/bulk_description.h"
#include "operation/transfer/transfers.h"
#include "request/parameters.h"

typedef struct InputRequest
{
	RequestString bucket_owner;
	RequestString bucket;
	RequestString prefix;
	RequestEnum format;
	RequestEnum compression;
} InputRequest;

typedef struct OutputRequest
{
	RequestString bucket_owner;
	RequestString bucket;
	RequestString prefix;
	RequestEnum encryption;
	RequestString encryption_key;
	RequestList types;			/* RequestEnum */
} OutputRequest;

typedef struct StartBulkPutItemsRequest
{
	RequestString table_name;
	RequestString token;
	InputRequest *input;
	OutputRequest *output;
	RequestInteger most_units;
	RequestEnum tier;
} StartBulkPutItemsRequest;

static const char *const formats[] = {"DYNAMODB_JSON", "ION", NULL};
static const char *const compressions[] = {"GZIP", "ZSTD", "NONE", NULL};
static const char *const encryptions[] = {"AES256", "KMS", NULL};
static const char *const types[] = {"ERROR", "CONDITION_CHECK_FAILURE", NULL};
static const char *const tiers[] = {"STANDARD", "ACCELERATED", NULL};

static const Shape format_shape = {.kind = SHAPE_ENUM, .values = formats};
static const Shape compression_shape = {.kind = SHAPE_ENUM, .values = compressions};
static const Shape encryption_algorithm_shape = {.kind = SHAPE_ENUM, .values = encryptions};
static const Shape encryption_key_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(2048)};
static const Shape type_shape = {.kind = SHAPE_ENUM, .values = types};
static const Shape types_shape = {.kind = SHAPE_LIST, .element = &type_shape};
static const Shape most_units_shape = {.kind = SHAPE_LONG, AT_LEAST(1024)};
static const Shape tier_shape = {.kind = SHAPE_ENUM, .values = tiers};

static const Member input_members[] = {
	OPTIONAL(InputRequest, bucket_owner, "S3BucketOwner", &bucket_owner_shape),
	REQUIRED(InputRequest, bucket, "S3Bucket", &bucket_name_shape),
	OPTIONAL(InputRequest, prefix, "S3KeyPrefix", &bucket_prefix_shape),
	REQUIRED(InputRequest, format, "InputFormat", &format_shape),
	OPTIONAL(InputRequest, compression, "InputCompressionType", &compression_shape),
};
static const Shape input_shape = STRUCTURE_SHAPE(InputRequest, "InputS3Configuration", input_members);

static const Member output_members[] = {
	OPTIONAL(OutputRequest, bucket_owner, "S3BucketOwner", &bucket_owner_shape),
	OPTIONAL(OutputRequest, bucket, "S3Bucket", &bucket_name_shape),
	OPTIONAL(OutputRequest, prefix, "S3KeyPrefix", &bucket_prefix_shape),
	OPTIONAL(OutputRequest, encryption, "S3SseAlgorithm", &encryption_algorithm_shape),
	OPTIONAL(OutputRequest, encryption_key, "S3SseKmsKeyId", &encryption_key_shape),
	REQUIRED(OutputRequest, types, "OutputType", &types_shape),
};
static const Shape output_shape = STRUCTURE_SHAPE(OutputRequest, "OutputS3Configuration", output_members);

static const Member members[] = {
	REQUIRED(StartBulkPutItemsRequest, table_name, "TableName", &item_table_name_shape),
	OPTIONAL(StartBulkPutItemsRequest, token, "ClientToken", &client_token_shape),
	REQUIRED(StartBulkPutItemsRequest, input, "InputS3Configuration", &input_shape),
	REQUIRED(StartBulkPutItemsRequest, output, "OutputS3Configuration", &output_shape),
	OPTIONAL(StartBulkPutItemsRequest, most_units, "MaxWriteRequestUnits", &most_units_shape),
	OPTIONAL(StartBulkPutItemsRequest, tier, "PerformanceTier", &tier_shape),
};

/* ---- What is wrong with a request ---- */

/* The model lets the bucket be left out; its text says that it is required. */
static void
check_output(const OutputRequest *output)
{
	BucketTerms terms = {output->bucket_owner.data, output->encryption.text, output->encryption_key.data};

	if (output->bucket.data == NULL)
		validation_error(VALIDATION_ENVELOPE "Value null at 'outputS3Configuration.s3Bucket' failed to satisfy constraint: "
						 "Member must not be null");
	if (output->types.count == 0)
		validation_error(VALIDATION_ENVELOPE "Value '[]' at 'outputS3Configuration.outputType' failed to satisfy constraint: "
						 "Member must have length greater than or equal to 1");
	check_bucket_encryption(&output->encryption, &output->encryption_key);
	check_output_prefix(requested_bucket(&output->bucket, &terms), "S3KeyPrefix", &output->prefix);
}

static void
check_input(const InputRequest *input)
{
	check_input_prefix(requested_bucket(&input->bucket, &(BucketTerms) {.owner = input->bucket_owner.data}), "S3KeyPrefix", &input->prefix);
}

/* ---- What it asks for ---- */

static void
append_input(StringInfo out, const InputRequest *input)
{
	append_member(out, "InputS3Configuration");
	appendStringInfoChar(out, '{');
	append_requested(out, "S3BucketOwner", &input->bucket_owner);
	append_requested(out, "S3Bucket", &input->bucket);
	append_requested(out, "S3KeyPrefix", &input->prefix);
	append_string_member(out, "InputFormat", input->format.text);
	append_string_member(out, "InputCompressionType", input->compression.text != NULL ? input->compression.text : "NONE");
	appendStringInfoChar(out, '}');
}

static void
append_types(StringInfo out, const RequestList *list)
{
	const RequestEnum *given = list->members;

	append_member(out, "OutputType");
	for (int i = 0; i < list->count; i++)
		appendStringInfo(out, "%c\"%s\"", i == 0 ? '[' : ',', given[i].text);
	appendStringInfoChar(out, ']');
}

static void
append_output(StringInfo out, const OutputRequest *output)
{
	append_member(out, "OutputS3Configuration");
	appendStringInfoChar(out, '{');
	append_requested(out, "S3BucketOwner", &output->bucket_owner);
	append_requested(out, "S3Bucket", &output->bucket);
	append_requested(out, "S3KeyPrefix", &output->prefix);
	if (output->encryption.text != NULL)
		append_string_member(out, "S3SseAlgorithm", output->encryption.text);
	append_requested(out, "S3SseKmsKeyId", &output->encryption_key);
	append_types(out, &output->types);
	appendStringInfoChar(out, '}');
}

/* For the job and for whoever asks. */
static char *
request_text(const StartBulkPutItemsRequest *request)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	append_requested(&out, "ClientToken", &request->token);
	append_input(&out, request->input);
	append_output(&out, request->output);
	if (request->most_units.given)
		appendStringInfo(&out, ",\"MaxWriteRequestUnits\":" INT64_FORMAT, request->most_units.value);
	append_string_member(&out, "PerformanceTier", request->tier.text != NULL ? request->tier.text : "STANDARD");
	appendStringInfoChar(&out, '}');
	return out.data;
}

/* ---- All of it ---- */

/* The operation that a former request of the token has asked for; NULL where there was none. */
static BulkOperation *
operation_before(const StartBulkPutItemsRequest *request, const TableRecord *table, const char *text)
{
	BulkOperation *before = request->token.data != NULL ? transfer_of_token(&bulk_catalog, request->token.data) : NULL;

	if (before != NULL && (strcmp(before->transfer.table_name, table->name) != 0 || strcmp(before->transfer.request, text) != 0))
		ddb_error(IDEMPOTENT_PARAMETER_MISMATCH_EXCEPTION, "The provided token was already used with a different request");
	return before;
}

static void
check_no_index_is_created(Oid relation)
{
	const IndexSet *indexes = index_set(relation);

	for (int i = 0; i < indexes->count; i++)
	{
		if (indexes->indexes[i].status == INDEX_CREATING)
			ddb_error(RESOURCE_IN_USE_EXCEPTION, "Attempt to change a resource which is still in use: "
					  "Cannot start a bulk operation while indexes are being created.");
	}
}

/* The table, if it is ACTIVE and the role may put items into it, which the job asks again. */
static TableRecord *
table_to_write(const RequestString *name)
{
	TableRecord *record = catalog_read_table(table_name_of_arn(name->data));
	Table	   *table;

	if (record != NULL && record->creating)
		catalog_report_creating(record->name);
	table = table_open_by_name(name->data, ACL_INSERT | ACL_UPDATE);
	record = catalog_read_table(table->name);
	if (record == NULL)
		ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: Table: %s not found", table->name);
	check_no_index_is_created(RelationGetRelid(table->relation));
	table_release(table);
	return record;
}

static void
execute(const void *argument, StringInfo response)
{
	const StartBulkPutItemsRequest *request = argument;
	char	   *text = request_text(request);
	TableRecord *table;
	BulkOperation *record;

	check_transfer_text("ClientToken", &request->token);
	check_input(request->input);
	check_output(request->output);
	table = table_to_write(&request->table_name);
	record = operation_before(request, table, text);
	if (record == NULL)
		record = transfer_start(&bulk_catalog, table, request->token.data != NULL ? request->token.data : "", text);
	append_bulk_description(response, record);
}

const OperationDescription start_bulk_put_items_operation = {
	.request = STRUCTURE_SHAPE(StartBulkPutItemsRequest, "StartBulkPutItemsInput", members),
	.execute = execute
};
