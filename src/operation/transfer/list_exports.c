/*
 * list_exports.c - ListExports.
 */
#include "postgres.h"

#include "operation/operations.h"
#include "operation/transfer/export_description.h"
#include "operation/transfer/transfers.h"

static const Member members[] = {
	TRANSFER_PAGE_MEMBERS("MaxResults"),
};

static void
execute(const void *argument, StringInfo response)
{
	append_transfer_page(response, argument, &export_catalog, "ExportSummaries", append_export_summary);
}

const OperationDescription list_exports_operation = {
	.request = STRUCTURE_SHAPE(TransferPage, "ListExportsInput", members),
	.execute = execute
};
