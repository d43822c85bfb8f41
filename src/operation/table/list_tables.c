/*
 * list_tables.c - ListTables.
 */
#include "postgres.h"

#include "operation/operations.h"
#include "request/shapes.h"
#include "table/catalog.h"
#include "value/json.h"

#define MAX_NAMES 100

typedef struct ListTablesRequest
{
	RequestString exclusive_start;
	RequestInteger limit;
} ListTablesRequest;

static const Shape limit_shape = {.kind = SHAPE_INTEGER, AT_LEAST(1), AT_MOST(MAX_NAMES)};

static const Member members[] = {
	OPTIONAL(ListTablesRequest, exclusive_start, "ExclusiveStartTableName", &index_name_shape),
	OPTIONAL(ListTablesRequest, limit, "Limit", &limit_shape),
};

/* One name more than asked for tells whether there is a next page. */
static void
execute(const void *argument, StringInfo response)
{
	const ListTablesRequest *request = argument;
	int			limit = request->limit.given ? request->limit.value : MAX_NAMES;
	List	   *names = catalog_table_names(request->exclusive_start.data, limit + 1);
	int			count = Min(list_length(names), limit);

	appendStringInfoString(response, "{\"TableNames\":[");
	for (int i = 0; i < count; i++)
	{
		const char *name = list_nth(names, i);

		if (i > 0)
			appendStringInfoChar(response, ',');
		json_append_string(response, name, strlen(name));
	}
	appendStringInfoChar(response, ']');
	if (list_length(names) > limit)
	{
		const char *last = list_nth(names, limit - 1);

		appendStringInfoString(response, ",\"LastEvaluatedTableName\":");
		json_append_string(response, last, strlen(last));
	}
	appendStringInfoChar(response, '}');
}

const OperationDescription list_tables_operation = {
	.request = STRUCTURE_SHAPE(ListTablesRequest, "ListTablesInput", members),
	.execute = execute
};
