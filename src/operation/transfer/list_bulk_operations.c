/*
 * list_bulk_operations.c - ListBulkOperations.
 */
#include "postgres.h"

#include "arn.h"
#include "operation/operations.h"
#include "operation/transfer/bulk_description.h"
#include "operation/transfer/transfer_page.h"

static const Shape token_shape = {.kind = SHAPE_STRING, .pattern = &page_token_pattern, AT_LEAST(1), AT_MOST(1024)};

static const Member members[] = {
	OPTIONAL(TransferPage, limit, "MaxResults", &transfer_limit_shape),
	OPTIONAL(TransferPage, token, "NextToken", &token_shape),
};

static const TransferList list = {
	.catalog = &bulk_catalog,
	.member = "BulkOperationsSummaryList",
	.limit = 10,
	.days = 90,
	.arn = bulk_operation_arn,
	.append = append_bulk_summary
};

static void
execute(const void *argument, StringInfo response)
{
	append_transfer_page(response, &list, argument);
}

const OperationDescription list_bulk_operations_operation = {
	.request = STRUCTURE_SHAPE(TransferPage, "ListBulkOperationsInput", members),
	.execute = execute
};
