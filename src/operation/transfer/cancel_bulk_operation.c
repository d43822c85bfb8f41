/*
 * cancel_bulk_operation.c - CancelBulkOperation.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/acl.h"

#include "arn.h"
#include "compat.h"
#include "error.h"
#include "operation/operations.h"
#include "operation/transfer/bulk_description.h"
#include "operation/transfer/transfers.h"

typedef struct CancelBulkOperationRequest
{
	RequestString arn;
} CancelBulkOperationRequest;

static const Member members[] = {
	REQUIRED(CancelBulkOperationRequest, arn, "BulkOperationArn", &transfer_arn_shape),
};

/* Who has asked for it, and whose the table is, with all who can act as one of them. */
static bool
may_cancel(const Transfer *transfer)
{
	return superuser() || has_privs_of_role(GetUserId(), transfer->role) ||
		object_ownercheck(RelationRelationId, transfer->relation, GetUserId());
}

static void
check_may_cancel(const BulkOperation *record, const char *arn)
{
	if (!may_cancel(&record->transfer))
		ddb_error(ACCESS_DENIED_EXCEPTION, "User: %s is not authorized to perform this operation on resource: %s",
				  GetUserNameFromId(GetUserId(), false), arn);
}

static bool
is_going_on(const Transfer *transfer)
{
	return strcmp(transfer->status, TRANSFER_IN_PROGRESS) == 0 || strcmp(transfer->status, TRANSFER_CANCELLING) == 0;
}

static void __attribute__((noreturn))
report_ended(const char *arn)
{
	validation_error("The bulk operation is not in progress: %s", arn);
}

static void
execute(const void *argument, StringInfo response)
{
	const CancelBulkOperationRequest *request = argument;
	const BulkOperation *record = bulk_operation_requested(&request->arn);

	/* whose status everybody is told; its table is there as long as it goes on */
	if (!is_going_on(&record->transfer))
		report_ended(request->arn.data);
	check_may_cancel(record, request->arn.data);
	if (!bulk_cancel(record->transfer.id))
		report_ended(request->arn.data);
	appendStringInfoChar(response, '{');
	append_string_member(response, "BulkOperationArn", bulk_operation_arn(record->transfer.table_name, record->transfer.id));
	append_string_member(response, "BulkOperationStatus", TRANSFER_CANCELLING);
	appendStringInfoChar(response, '}');
}

const OperationDescription cancel_bulk_operation_operation = {
	.request = STRUCTURE_SHAPE(CancelBulkOperationRequest, "CancelBulkOperationInput", members),
	.execute = execute
};
