/*
 * list_imports.c - ListImports.
 */
#include "postgres.h"

#include "operation/operations.h"
#include "operation/transfer/import_description.h"
#include "operation/transfer/transfers.h"

static const Member members[] = {
	TRANSFER_PAGE_MEMBERS("PageSize"),
};

static void
execute(const void *argument, StringInfo response)
{
	append_transfer_page(response, argument, &import_catalog, "ImportSummaryList", append_import_summary);
}

const OperationDescription list_imports_operation = {
	.request = STRUCTURE_SHAPE(TransferPage, "ListImportsInput", members),
	.execute = execute
};
