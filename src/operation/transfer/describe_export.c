/*
 * describe_export.c - DescribeExport.
 */
#include "postgres.h"

#include "arn.h"
#include "error.h"
#include "operation/operations.h"
#include "operation/transfer/export_description.h"
#include "operation/transfer/transfers.h"

typedef struct DescribeExportRequest
{
	RequestString arn;
} DescribeExportRequest;

static const Member members[] = {
	REQUIRED(DescribeExportRequest, arn, "ExportArn", &transfer_arn_shape),
};

static void
execute(const void *argument, StringInfo response)
{
	const DescribeExportRequest *request = argument;
	const Export *record;
	char	   *table_name;
	char	   *id;

	export_of_arn(request->arn.data, request->arn.length, &table_name, &id);
	record = export_find(table_name, id);
	if (record == NULL)
		ddb_error(EXPORT_NOT_FOUND_EXCEPTION, "Export not found: %s", request->arn.data);
	append_export_description(response, record);
}

const OperationDescription describe_export_operation = {
	.request = STRUCTURE_SHAPE(DescribeExportRequest, "DescribeExportInput", members),
	.execute = execute
};
