/*
 * describe_time_to_live.c - DescribeTimeToLive.
 */
#include "postgres.h"

#include "index/expiry.h"
#include "operation/operations.h"
#include "operation/table/table_description.h"
#include "operation/table/time_to_live.h"
#include "value/json.h"

typedef struct DescribeTimeToLiveRequest
{
	RequestString table_name;
} DescribeTimeToLiveRequest;

static const Member members[] = {
	REQUIRED(DescribeTimeToLiveRequest, table_name, "TableName", &described_table_name_shape),
};

TimeToLive
table_time_to_live(const TableRecord *record, const TableSettings *settings)
{
	const IndexDefinition *index = index_find_expiry(index_set(record->relation));
	TimeToLive	result = {.status = "DISABLED"};

	if (index != NULL)
	{
		result.status = index->status == INDEX_CREATING ? "ENABLING" : "ENABLED";
		result.attribute = expiry_attribute(index);
	}
	else if (settings->time_to_live.data != NULL &&
			 expiry_is_impossible(record, settings->time_to_live.data))
	{
		result.status = "ENABLED";
		result.attribute = settings->time_to_live.data;
	}
	return result;
}

static void
execute(const void *argument, StringInfo response)
{
	const DescribeTimeToLiveRequest *request = argument;
	const char *name = requested_table(&request->table_name);
	TableRecord *record = check_table_record(catalog_lock_table_to_read(name), name);
	TableSettings settings;
	TimeToLive	time_to_live;

	record_settings(record, &settings);
	time_to_live = table_time_to_live(record, &settings);
	appendStringInfo(response, "{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"%s\"", time_to_live.status);
	if (time_to_live.attribute != NULL)
	{
		appendStringInfoString(response, ",\"AttributeName\":");
		json_append_string(response, time_to_live.attribute, strlen(time_to_live.attribute));
	}
	appendStringInfoString(response, "}}");
}

const OperationDescription describe_time_to_live_operation = {
	.request = STRUCTURE_SHAPE(DescribeTimeToLiveRequest, "DescribeTimeToLiveInput", members),
	.check_first = request_check_table_name,
	.execute = execute
};
