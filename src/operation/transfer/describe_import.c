/*
 * describe_import.c - DescribeImport.
 */
#include "postgres.h"

#include "arn.h"
#include "error.h"
#include "operation/operations.h"
#include "operation/transfer/import_description.h"
#include "operation/transfer/transfers.h"

typedef struct DescribeImportRequest
{
	RequestString arn;
} DescribeImportRequest;

static const Member members[] = {
	REQUIRED(DescribeImportRequest, arn, "ImportArn", &transfer_arn_shape),
};

static void
execute(const void *argument, StringInfo response)
{
	const DescribeImportRequest *request = argument;
	const Import *record;
	char	   *table_name;
	char	   *id;

	import_of_arn(request->arn.data, request->arn.length, &table_name, &id);
	record = transfer_of_id(&import_catalog, id);
	if (record == NULL || strcmp(record->transfer.table_name, table_name) != 0)
		ddb_error(IMPORT_NOT_FOUND_EXCEPTION, "Import not found: %s", request->arn.data);
	append_import_description(response, record);
}

const OperationDescription describe_import_operation = {
	.request = STRUCTURE_SHAPE(DescribeImportRequest, "DescribeImportInput", members),
	.execute = execute
};
