/*
 * describe_table.c - DescribeTable.
 */
#include "postgres.h"

#include "operation/operations.h"
#include "operation/table/table_description.h"

typedef struct DescribeTableRequest
{
	RequestString table_name;
} DescribeTableRequest;

static const Member members[] = {
	REQUIRED(DescribeTableRequest, table_name, "TableName", &described_table_name_shape),
};

static void
execute(const void *argument, StringInfo response)
{
	const DescribeTableRequest *request = argument;
	const char *name = requested_table(&request->table_name);
	TableRecord *record = check_table_record(catalog_lock_table_to_read(name), name);
	IndexDescriptions indexes = describe_indexes(record);
	TableStyle	style = table_style(record);
	TableSettings settings;

	record_settings(record, &settings);
	appendStringInfoString(response, "{\"Table\":");
	append_table_description(response, record, &settings, &style, &indexes);
	appendStringInfoChar(response, '}');
}

const OperationDescription describe_table_operation = {
	.request = STRUCTURE_SHAPE(DescribeTableRequest, "DescribeTableInput", members),
	.check_first = request_check_table_name,
	.execute = execute
};
