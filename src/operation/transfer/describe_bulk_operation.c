/*
 * describe_bulk_operation.c - DescribeBulkOperation.
 */
#include "postgres.h"

#include "operation/operations.h"
#include "operation/transfer/bulk_description.h"
#include "operation/transfer/transfers.h"

typedef struct DescribeBulkOperationRequest
{
	RequestString arn;
} DescribeBulkOperationRequest;

static const Member members[] = {
	REQUIRED(DescribeBulkOperationRequest, arn, "BulkOperationArn", &transfer_arn_shape),
};

static void
execute(const void *argument, StringInfo response)
{
	const DescribeBulkOperationRequest *request = argument;

	append_bulk_description(response, bulk_operation_requested(&request->arn));
}

const OperationDescription describe_bulk_operation_operation = {
	.request = STRUCTURE_SHAPE(DescribeBulkOperationRequest, "DescribeBulkOperationInput", members),
	.execute = execute
};
