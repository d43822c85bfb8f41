/*
 * list_imports.c - ListImports: the newest first.  NextToken is the last one's identifier.
 */
#include "postgres.h"

#include "arn.h"
#include "operation/operations.h"
#include "operation/transfer/import_description.h"
#include "operation/transfer/transfers.h"

typedef struct ListImportsRequest
{
	RequestString table_arn;
	RequestInteger limit;
	RequestString token;
} ListImportsRequest;

static const Shape arn_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(1024)};

static const Member members[] = {
	OPTIONAL(ListImportsRequest, table_arn, "TableArn", &arn_shape),
	OPTIONAL(ListImportsRequest, limit, "PageSize", &transfer_page_shape),
	OPTIONAL(ListImportsRequest, token, "NextToken", &string_shape),
};

static void
execute(const void *argument, StringInfo response)
{
	const ListImportsRequest *request = argument;
	const char *table_name = request->table_arn.data != NULL ?
		table_name_of_resource_arn(request->table_arn.data, request->table_arn.length) : NULL;
	int			limit = request->limit.given ? (int) request->limit.value : TRANSFER_PAGE_DEFAULT;
	const Import *last = NULL;
	int			count = 0;
	ListCell   *cell;

	appendStringInfoString(response, "{\"ImportSummaryList\":[");
	foreach(cell, import_records(request->token.data))
	{
		const Import *record = lfirst(cell);

		if (table_name != NULL && strcmp(record->table_name, table_name) != 0)
			continue;
		if (count++ == limit)
			break;
		if (count > 1)
			appendStringInfoChar(response, ',');
		append_import_summary(response, record);
		last = record;
	}
	appendStringInfoChar(response, ']');
	if (count > limit)
		append_string_member(response, "NextToken", last->id);
	appendStringInfoChar(response, '}');
}

const OperationDescription list_imports_operation = {
	.request = STRUCTURE_SHAPE(ListImportsRequest, "ListImportsInput", members),
	.execute = execute
};
