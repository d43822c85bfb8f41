/*
 * list_exports.c - ListExports: the newest first.  NextToken is the last one's identifier.
 */
#include "postgres.h"

#include "arn.h"
#include "operation/operations.h"
#include "operation/transfer/export_description.h"
#include "operation/transfer/transfers.h"

typedef struct ListExportsRequest
{
	RequestString table_arn;
	RequestInteger limit;
	RequestString token;
} ListExportsRequest;

static const Shape arn_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(1024)};

static const Member members[] = {
	OPTIONAL(ListExportsRequest, table_arn, "TableArn", &arn_shape),
	OPTIONAL(ListExportsRequest, limit, "MaxResults", &transfer_page_shape),
	OPTIONAL(ListExportsRequest, token, "NextToken", &string_shape),
};

static void
execute(const void *argument, StringInfo response)
{
	const ListExportsRequest *request = argument;
	const char *table_name = request->table_arn.data != NULL ?
		table_name_of_resource_arn(request->table_arn.data, request->table_arn.length) : NULL;
	int			limit = request->limit.given ? (int) request->limit.value : TRANSFER_PAGE_DEFAULT;
	const Export *last = NULL;
	int			count = 0;
	ListCell   *cell;

	appendStringInfoString(response, "{\"ExportSummaries\":[");
	foreach(cell, export_records(request->token.data))
	{
		const Export *record = lfirst(cell);

		if (table_name != NULL && strcmp(record->table_name, table_name) != 0)
			continue;
		if (count++ == limit)
			break;
		if (count > 1)
			appendStringInfoChar(response, ',');
		append_export_summary(response, record);
		last = record;
	}
	appendStringInfoChar(response, ']');
	if (count > limit)
		append_string_member(response, "NextToken", last->id);
	appendStringInfoChar(response, '}');
}

const OperationDescription list_exports_operation = {
	.request = STRUCTURE_SHAPE(ListExportsRequest, "ListExportsInput", members),
	.execute = execute
};
