/*
 * describe_continuous_backups.c - DescribeContinuousBackups.
 */
#include "postgres.h"

#include "operation/backup/backups.h"
#include "operation/operations.h"
#include "operation/table/table_description.h"

typedef struct DescribeContinuousBackupsRequest
{
	RequestString table_name;
} DescribeContinuousBackupsRequest;

static const Member members[] = {
	REQUIRED(DescribeContinuousBackupsRequest, table_name, "TableName", &described_table_name_shape),
};

static void
execute(const void *argument, StringInfo response)
{
	const DescribeContinuousBackupsRequest *request = argument;

	append_continuous_backups(response, backups_table(requested_table(&request->table_name))->relation);
}

const OperationDescription describe_continuous_backups_operation = {
	.request = STRUCTURE_SHAPE(DescribeContinuousBackupsRequest, "DescribeContinuousBackupsInput", members),
	.execute = execute
};
