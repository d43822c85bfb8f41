/*
 * export_description.c - how DescribeExport and its like show an export.
 */
#include "postgres.h"

#include "arn.h"
#include "operation/transfer/export_description.h"
#include "operation/transfer/transfers.h"
#include "transfer/export_request.h"

/* What has been asked for is shown as it was. */
static void
append_request(StringInfo out, json_object *request)
{
	json_object_object_foreach(request, name, member)
		append_requested_json(out, name, member);
}

static void
append_results(StringInfo out, const Export *record)
{
	if (record->transfer.ended != 0)
		append_time_member(out, "EndTime", record->transfer.ended);
	if (record->manifest != NULL)
	{
		append_string_member(out, "ExportManifest", record->manifest);
		appendStringInfo(out, ",\"BilledSizeBytes\":" INT64_FORMAT ",\"ItemCount\":" INT64_FORMAT,
						 record->bytes, record->items);
	}
	append_transfer_failure(out, &record->transfer, record->transfer.relation);
}

void
append_export_description(StringInfo response, const Export *record)
{
	json_object *request = export_request(record);
	bool		full = export_increment(record, request) == NULL;
	RequestInteger moment = {full && record->moment != 0, record->moment / 1000};

	appendStringInfoString(response, "{\"ExportDescription\":{");
	append_string_member(response, "ExportArn", export_arn(record->transfer.table_name, record->transfer.id));
	append_string_member(response, "ExportStatus", record->transfer.status);
	append_time_member(response, "StartTime", record->transfer.started);
	append_string_member(response, "TableArn", table_arn(record->transfer.table_name));
	append_string_member(response, "TableId", record->transfer.table_id);
	append_date_member(response, "ExportTime", &moment);
	append_request(response, request);
	append_string_member(response, "ExportType", export_type(request));
	append_results(response, record);
	appendStringInfoString(response, "}}");
}

void
append_export_summary(StringInfo out, const void *argument)
{
	const Export *record = argument;

	appendStringInfoChar(out, '{');
	append_string_member(out, "ExportArn", export_arn(record->transfer.table_name, record->transfer.id));
	append_string_member(out, "ExportStatus", record->transfer.status);
	append_string_member(out, "ExportType", export_type(export_request(record)));
	appendStringInfoChar(out, '}');
}
