/*
 * describe_limits.c - DescribeLimits: the quotas that every AWS account begins
 * with.  ddb itself has none.
 */
#include "postgres.h"

#include "operation/operations.h"

static void
execute(const void *request, StringInfo response)
{
	(void) request;
	appendStringInfoString(response,
						   "{\"AccountMaxReadCapacityUnits\":80000,"
						   "\"AccountMaxWriteCapacityUnits\":80000,"
						   "\"TableMaxReadCapacityUnits\":40000,"
						   "\"TableMaxWriteCapacityUnits\":40000}");
}

const OperationDescription describe_limits_operation = {
	.request = {.kind = SHAPE_STRUCTURE, .type_name = "DescribeLimitsInput"},
	.execute = execute
};
