/*
 * import_table.c - ImportTable.
 *
 * The new table is made at once, by the caller and in the caller's transaction; a job fills
 * it (transfer/import.c), and until then it is CREATING.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/table/create_table.h"
#include "operation/transfer/import_description.h"
#include "operation/transfer/transfers.h"
#include "request/parameters.h"
#include "transfer/item_file.h"

typedef struct SourceRequest
{
	RequestString bucket_owner;
	RequestString bucket;
	RequestString prefix;
} SourceRequest;

typedef struct CsvRequest
{
	RequestString delimiter;
	RequestList header;
} CsvRequest;

typedef struct FormatRequest
{
	CsvRequest *csv;
} FormatRequest;

typedef struct ImportRequest
{
	RequestString token;
	SourceRequest *source;
	RequestEnum format;
	FormatRequest *format_options;
	RequestEnum compression;
	json_object *parameters;
} ImportRequest;

static const char *const formats[] = {"DYNAMODB_JSON", "ION", "CSV", NULL};
static const char *const compressions[] = {"GZIP", "ZSTD", "NONE", NULL};

static const Shape format_shape = {.kind = SHAPE_ENUM, .values = formats};
static const Shape compression_shape = {.kind = SHAPE_ENUM, .values = compressions};
static const Shape delimiter_shape = {.kind = SHAPE_STRING, .pattern = &csv_delimiter_pattern, AT_LEAST(1), AT_MOST(1)};
static const Shape column_shape = {.kind = SHAPE_STRING, .pattern = &csv_header_pattern, AT_LEAST(1), AT_MOST(65536)};
static const Shape header_shape = {.kind = SHAPE_LIST, .element = &column_shape, AT_LEAST(1), AT_MOST(255)};

static const Member source_members[] = {
	OPTIONAL(SourceRequest, bucket_owner, "S3BucketOwner", &bucket_owner_shape),
	REQUIRED(SourceRequest, bucket, "S3Bucket", &bucket_name_shape),
	OPTIONAL(SourceRequest, prefix, "S3KeyPrefix", &bucket_prefix_shape),
};
static const Shape source_shape = STRUCTURE_SHAPE(SourceRequest, "S3BucketSource", source_members);

static const Member csv_members[] = {
	OPTIONAL(CsvRequest, delimiter, "Delimiter", &delimiter_shape),
	OPTIONAL(CsvRequest, header, "HeaderList", &header_shape),
};
static const Shape csv_shape = STRUCTURE_SHAPE(CsvRequest, "CsvOptions", csv_members);

static const Member format_members[] = {
	OPTIONAL(FormatRequest, csv, "Csv", &csv_shape),
};
static const Shape format_options_shape = STRUCTURE_SHAPE(FormatRequest, "InputFormatOptions", format_members);

static const Member members[] = {
	OPTIONAL(ImportRequest, token, "ClientToken", &client_token_shape),
	REQUIRED(ImportRequest, source, "S3BucketSource", &source_shape),
	REQUIRED(ImportRequest, format, "InputFormat", &format_shape),
	OPTIONAL(ImportRequest, format_options, "InputFormatOptions", &format_options_shape),
	OPTIONAL(ImportRequest, compression, "InputCompressionType", &compression_shape),
	REQUIRED(ImportRequest, parameters, "TableCreationParameters", &unsupported_shape),
};

static void
check_header(const RequestList *header)
{
	const RequestString *columns = header->members;
	List	   *names = NIL;
	const char *twice;

	for (int i = 0; i < header->count; i++)
		names = lappend(names, unconstify(char *, columns[i].data));
	twice = item_file_header_twice(names);
	if (twice != NULL)
		validation_error("One or more parameter values were invalid: HeaderList has the column %s twice", twice);
}

static void
check_request(const ImportRequest *request)
{
	const CsvRequest *csv = request->format_options != NULL ? request->format_options->csv : NULL;

	check_transfer_text("ClientToken", &request->token);
	if (csv == NULL)
		return;
	if (strcmp(request->format.text, "CSV") != 0)
		validation_error("InputFormatOptions.Csv can only be specified when InputFormat is CSV");
	check_header(&csv->header);
}

static void
append_source(StringInfo out, const SourceRequest *source)
{
	appendStringInfoString(out, ",\"S3BucketSource\":{");
	append_requested(out, "S3BucketOwner", &source->bucket_owner);
	append_requested(out, "S3Bucket", &source->bucket);
	append_requested(out, "S3KeyPrefix", &source->prefix);
	appendStringInfoChar(out, '}');
}

static void
append_options(StringInfo out, const FormatRequest *options)
{
	if (options == NULL)
		return;
	appendStringInfoString(out, ",\"InputFormatOptions\":{");
	if (options->csv != NULL)
	{
		appendStringInfoString(out, "\"Csv\":{");
		append_requested(out, "Delimiter", &options->csv->delimiter);
		append_requested_json(out, "HeaderList", options->csv->header.json);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, '}');
}

static char *
request_text(const ImportRequest *request)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	append_string_member(&out, "InputFormat", request->format.text);
	append_requested(&out, "ClientToken", &request->token);
	append_string_member(&out, "InputCompressionType", request->compression.text != NULL ? request->compression.text : "NONE");
	append_source(&out, request->source);
	append_options(&out, request->format_options);
	append_requested_json(&out, "TableCreationParameters", request->parameters);
	appendStringInfoChar(&out, '}');
	return out.data;
}

/* The import that a former request of the token has asked for; NULL where there was none. */
static Import *
import_before(const ImportRequest *request, const char *text)
{
	Import	   *before = request->token.data != NULL ? transfer_of_token(&import_catalog, request->token.data) : NULL;

	if (before != NULL && strcmp(before->transfer.request, text) != 0)
		ddb_error(IMPORT_CONFLICT_EXCEPTION, "There was a conflict when importing from the specified S3 source: "
				  "the ClientToken was used for another request");
	return before;
}

static void
execute(const void *argument, StringInfo response)
{
	const ImportRequest *request = argument;
	char	   *text = request_text(request);
	Import	   *record;

	check_request(request);
	check_input_prefix(requested_bucket(&request->source->bucket, &(BucketTerms) {.owner = request->source->bucket_owner.data}), "S3KeyPrefix", &request->source->prefix);
	record = import_before(request, text);
	if (record == NULL)
		record = transfer_start(&import_catalog, create_table_to_fill(request->parameters),
							  request->token.data != NULL ? request->token.data : "", text);
	append_import_description(response, record);
}

const OperationDescription import_table_operation = {
	.request = STRUCTURE_SHAPE(ImportRequest, "ImportTableInput", members),
	.execute = execute
};
