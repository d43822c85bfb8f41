/*
 * list_imports.c - ListImports.
 */
#include "postgres.h"

#include "arn.h"
#include "operation/operations.h"
#include "operation/transfer/import_description.h"
#include "operation/transfer/transfer_page.h"

static const Shape token_shape = {.kind = SHAPE_STRING, .pattern = &page_token_pattern, AT_LEAST(112), AT_MOST(1024)};

static const Member members[] = {
	OPTIONAL(TransferPage, table_arn, "TableArn", &transfer_table_arn_shape),
	OPTIONAL(TransferPage, limit, "PageSize", &transfer_limit_shape),
	OPTIONAL(TransferPage, token, "NextToken", &token_shape),
};

static const TransferList list = {
	.catalog = &import_catalog,
	.member = "ImportSummaryList",
	.limit = 25,
	.arn = import_arn,
	.append = append_import_summary
};

static void
execute(const void *argument, StringInfo response)
{
	append_transfer_page(response, &list, argument);
}

const OperationDescription list_imports_operation = {
	.request = STRUCTURE_SHAPE(TransferPage, "ListImportsInput", members),
	.execute = execute
};
