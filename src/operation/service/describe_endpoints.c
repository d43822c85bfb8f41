/*
 * describe_endpoints.c - DescribeEndpoints.
 */
#include "postgres.h"

#include "ddb.h"
#include "operation/operation.h"
#include "operation/operations.h"
#include "value/json.h"

char	   *(*operation_address) (void) = NULL;

static void
execute(const void *request, StringInfo response)
{
	char	   *address = operation_address != NULL ? operation_address() : NULL;

	(void) request;
	if (address == NULL)
		address = psprintf("dynamodb.%s.amazonaws.com", ddb_region);
	appendStringInfoString(response, "{\"Endpoints\":[{\"Address\":");
	json_append_string(response, address, strlen(address));
	appendStringInfoString(response, ",\"CachePeriodInMinutes\":1440}]}");
}

const OperationDescription describe_endpoints_operation = {
	.request = {.kind = SHAPE_STRUCTURE, .type_name = "DescribeEndpointsRequest"},
	.execute = execute
};
