/*
 * describe_backup.c - DescribeBackup.
 */
#include "postgres.h"

#include "operation/backup/backup_description.h"
#include "operation/operations.h"

typedef struct DescribeBackupRequest
{
	RequestString arn;
} DescribeBackupRequest;

static const Member members[] = {
	REQUIRED(DescribeBackupRequest, arn, "BackupArn", &backup_arn_shape),
};

static void
execute(const void *argument, StringInfo response)
{
	const DescribeBackupRequest *request = argument;

	append_backup_description(response, requested_backup(&request->arn), NULL);
}

const OperationDescription describe_backup_operation = {
	.request = STRUCTURE_SHAPE(DescribeBackupRequest, "DescribeBackupInput", members),
	.reads_settings = true,
	.execute = execute
};
