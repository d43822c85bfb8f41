/*
 * import_description.c - how DescribeImport and its like show an import.
 */
#include "postgres.h"

#include <json-c/json.h>

#include "arn.h"
#include "operation/table/table_description.h"
#include "operation/transfer/import_description.h"
#include "value/json.h"

/* A member of what was asked for, as it was. */
static void
append_given(StringInfo out, json_object *request, const char *name)
{
	json_object *value = json_object_object_get(request, name);

	if (value != NULL)
		appendStringInfo(out, ",\"%s\":%s", name, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void
append_time(StringInfo out, const char *name, TimestampTz time)
{
	RequestInteger date = settings_time(time);

	append_date_member(out, name, &date);
}

static void
append_common(StringInfo out, const Import *record, json_object *request)
{
	append_string_member(out, "ImportArn", import_arn(record->table_name, record->id));
	append_string_member(out, "ImportStatus", record->status);
	append_string_member(out, "TableArn", table_arn(record->table_name));
	append_given(out, request, "S3BucketSource");
	append_given(out, request, "InputFormat");
	append_time(out, "StartTime", record->started);
	if (record->ended != 0)
		append_time(out, "EndTime", record->ended);
}

void
append_import_description(StringInfo response, const Import *record)
{
	json_object *request = json_parse(record->request, strlen(record->request));

	appendStringInfoString(response, "{\"ImportTableDescription\":{");
	append_common(response, record, request);
	append_string_member(response, "TableId", record->table_id);
	append_given(response, request, "ClientToken");
	append_given(response, request, "InputFormatOptions");
	append_given(response, request, "InputCompressionType");
	append_given(response, request, "TableCreationParameters");
	appendStringInfo(response, ",\"ProcessedSizeBytes\":" INT64_FORMAT ",\"ProcessedItemCount\":" INT64_FORMAT
					 ",\"ImportedItemCount\":" INT64_FORMAT ",\"ErrorCount\":" INT64_FORMAT,
					 record->bytes, record->processed, record->imported, record->errors);
	if (record->failure_code != NULL)
	{
		append_string_member(response, "FailureCode", record->failure_code);
		append_string_member(response, "FailureMessage", record->failure_message);
	}
	appendStringInfoString(response, "}}");
}

void
append_import_summary(StringInfo out, const Import *record)
{
	appendStringInfoChar(out, '{');
	append_common(out, record, json_parse(record->request, strlen(record->request)));
	appendStringInfoChar(out, '}');
}
