/*
 * list_exports.c - ListExports.
 *
 * The API's model says nothing of NextToken, and of the order that it is that of ARNs.
 */
#include "postgres.h"

#include "arn.h"
#include "operation/operations.h"
#include "operation/transfer/export_description.h"
#include "operation/transfer/transfer_page.h"

static const Member members[] = {
	OPTIONAL(TransferPage, table_arn, "TableArn", &transfer_table_arn_shape),
	OPTIONAL(TransferPage, limit, "MaxResults", &transfer_limit_shape),
	OPTIONAL(TransferPage, token, "NextToken", &string_shape),
};

static const TransferList list = {
	.catalog = &export_catalog,
	.member = "ExportSummaries",
	.limit = 25,
	.arn = export_arn,
	.by_arn = true,
	.append = append_export_summary
};

static void
execute(const void *argument, StringInfo response)
{
	append_transfer_page(response, &list, argument);
}

const OperationDescription list_exports_operation = {
	.request = STRUCTURE_SHAPE(TransferPage, "ListExportsInput", members),
	.execute = execute
};
