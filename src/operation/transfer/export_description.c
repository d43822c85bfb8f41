/*
 * export_description.c - how DescribeExport and its like show an export.
 */
#include "postgres.h"

#include "arn.h"
#include "operation/table/table_description.h"
#include "operation/transfer/export_description.h"

static void
append_time(StringInfo out, const char *name, TimestampTz time)
{
	RequestInteger date = settings_time(time);

	append_date_member(out, name, &date);
}

/* What has been asked for is shown as it was. */
static void
append_request(StringInfo out, const char *request)
{
	appendStringInfo(out, ",%.*s", (int) strlen(request) - 2, request + 1);
}

static void
append_results(StringInfo out, const Export *record)
{
	if (record->ended != 0)
		append_time(out, "EndTime", record->ended);
	if (record->manifest != NULL)
	{
		append_string_member(out, "ExportManifest", record->manifest);
		appendStringInfo(out, ",\"BilledSizeBytes\":" INT64_FORMAT ",\"ItemCount\":" INT64_FORMAT,
						 record->bytes, record->items);
	}
	if (record->failure_code != NULL)
	{
		append_string_member(out, "FailureCode", record->failure_code);
		append_string_member(out, "FailureMessage", record->failure_message);
	}
}

void
append_export_description(StringInfo response, const Export *record)
{
	RequestInteger moment = {record->moment != 0, record->moment / 1000};

	appendStringInfoString(response, "{\"ExportDescription\":{");
	append_string_member(response, "ExportArn", export_arn(record->table_name, record->id));
	append_string_member(response, "ExportStatus", record->status);
	append_time(response, "StartTime", record->started);
	append_string_member(response, "TableArn", table_arn(record->table_name));
	append_string_member(response, "TableId", record->table_id);
	append_date_member(response, "ExportTime", &moment);
	append_request(response, record->request);
	append_string_member(response, "ExportType", "FULL_EXPORT");
	append_results(response, record);
	appendStringInfoString(response, "}}");
}

void
append_export_summary(StringInfo out, const Export *record)
{
	appendStringInfoChar(out, '{');
	append_string_member(out, "ExportArn", export_arn(record->table_name, record->id));
	append_string_member(out, "ExportStatus", record->status);
	append_string_member(out, "ExportType", "FULL_EXPORT");
	appendStringInfoChar(out, '}');
}
