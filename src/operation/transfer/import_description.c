/*
 * import_description.c - how DescribeImport and its like show an import.
 */
#include "postgres.h"

#include <json-c/json.h>

#include "arn.h"
#include "operation/transfer/import_description.h"
#include "operation/transfer/transfers.h"
#include "value/json.h"

/* A member of what was asked for, as it was. */
static void
append_given(StringInfo out, json_object *request, const char *name)
{
	append_requested_json(out, name, json_object_object_get(request, name));
}

static void
append_common(StringInfo out, const Import *record, json_object *request)
{
	append_string_member(out, "ImportArn", import_arn(record->transfer.table_name, record->transfer.id));
	append_string_member(out, "ImportStatus", record->transfer.status);
	append_string_member(out, "TableArn", table_arn(record->transfer.table_name));
	append_given(out, request, "S3BucketSource");
	append_given(out, request, "InputFormat");
	append_time_member(out, "StartTime", record->transfer.started);
	if (record->transfer.ended != 0)
		append_time_member(out, "EndTime", record->transfer.ended);
}

void
append_import_description(StringInfo response, const Import *record)
{
	json_object *request = json_parse(record->transfer.request, strlen(record->transfer.request));

	appendStringInfoString(response, "{\"ImportTableDescription\":{");
	append_common(response, record, request);
	append_string_member(response, "TableId", record->transfer.table_id);
	append_given(response, request, "ClientToken");
	append_given(response, request, "InputFormatOptions");
	append_given(response, request, "InputCompressionType");
	append_given(response, request, "TableCreationParameters");
	appendStringInfo(response, ",\"ProcessedSizeBytes\":" INT64_FORMAT ",\"ProcessedItemCount\":" INT64_FORMAT
					 ",\"ImportedItemCount\":" INT64_FORMAT ",\"ErrorCount\":" INT64_FORMAT,
					 record->bytes, record->processed, record->imported, record->errors);
	append_transfer_failure(response, &record->transfer, InvalidOid);
	appendStringInfoString(response, "}}");
}

void
append_import_summary(StringInfo out, const void *argument)
{
	const Import *record = argument;

	appendStringInfoChar(out, '{');
	append_common(out, record, json_parse(record->transfer.request, strlen(record->transfer.request)));
	appendStringInfoChar(out, '}');
}
