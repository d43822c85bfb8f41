/*
 * target.c - X-Amz-Target: which operation a request is for.
 *
 * The header names a service's version and an operation:
 * DynamoDB_20120810.GetItem.
 */
#include "postgres.h"

#include "http/request.h"

#define DYNAMODB "DynamoDB_20120810."
#define STREAMS "DynamoDBStreams_20120810."

/* All operations of the API's model, sorted, and the service that each belongs to. */
static const struct
{
	const char *name;
	const char *service;
}			model[] =
{
	{"BatchExecuteStatement", DYNAMODB},
	{"BatchGetItem", DYNAMODB},
	{"BatchWriteItem", DYNAMODB},
	{"CancelBulkOperation", DYNAMODB},
	{"CreateBackup", DYNAMODB},
	{"CreateGlobalTable", DYNAMODB},
	{"CreateTable", DYNAMODB},
	{"DeleteBackup", DYNAMODB},
	{"DeleteItem", DYNAMODB},
	{"DeleteResourcePolicy", DYNAMODB},
	{"DeleteTable", DYNAMODB},
	{"DescribeBackup", DYNAMODB},
	{"DescribeBulkOperation", DYNAMODB},
	{"DescribeContinuousBackups", DYNAMODB},
	{"DescribeContributorInsights", DYNAMODB},
	{"DescribeEndpoints", DYNAMODB},
	{"DescribeExport", DYNAMODB},
	{"DescribeGlobalTable", DYNAMODB},
	{"DescribeGlobalTableSettings", DYNAMODB},
	{"DescribeImport", DYNAMODB},
	{"DescribeKinesisStreamingDestination", DYNAMODB},
	{"DescribeLimits", DYNAMODB},
	{"DescribeStream", STREAMS},
	{"DescribeTable", DYNAMODB},
	{"DescribeTableReplicaAutoScaling", DYNAMODB},
	{"DescribeTimeToLive", DYNAMODB},
	{"DisableKinesisStreamingDestination", DYNAMODB},
	{"EnableKinesisStreamingDestination", DYNAMODB},
	{"ExecuteStatement", DYNAMODB},
	{"ExecuteTransaction", DYNAMODB},
	{"ExportTableToPointInTime", DYNAMODB},
	{"GetItem", DYNAMODB},
	{"GetRecords", STREAMS},
	{"GetResourcePolicy", DYNAMODB},
	{"GetShardIterator", STREAMS},
	{"ImportTable", DYNAMODB},
	{"ListBackups", DYNAMODB},
	{"ListBulkOperations", DYNAMODB},
	{"ListContributorInsights", DYNAMODB},
	{"ListExports", DYNAMODB},
	{"ListGlobalTables", DYNAMODB},
	{"ListImports", DYNAMODB},
	{"ListStreams", STREAMS},
	{"ListTables", DYNAMODB},
	{"ListTagsOfResource", DYNAMODB},
	{"PutItem", DYNAMODB},
	{"PutResourcePolicy", DYNAMODB},
	{"Query", DYNAMODB},
	{"RestoreTableFromBackup", DYNAMODB},
	{"RestoreTableToPointInTime", DYNAMODB},
	{"Scan", DYNAMODB},
	{"SearchVectors", DYNAMODB},
	{"StartBulkPutItems", DYNAMODB},
	{"TagResource", DYNAMODB},
	{"TransactGetItems", DYNAMODB},
	{"TransactWriteItems", DYNAMODB},
	{"UntagResource", DYNAMODB},
	{"UpdateContinuousBackups", DYNAMODB},
	{"UpdateContributorInsights", DYNAMODB},
	{"UpdateGlobalTable", DYNAMODB},
	{"UpdateGlobalTableSettings", DYNAMODB},
	{"UpdateItem", DYNAMODB},
	{"UpdateKinesisStreamingDestination", DYNAMODB},
	{"UpdateTable", DYNAMODB},
	{"UpdateTableReplicaAutoScaling", DYNAMODB},
	{"UpdateTimeToLive", DYNAMODB},
};

static int
compare_name(const void *name, const void *entry)
{
	return strcmp(name, *(const char *const *) entry);
}

const Operation *
http_requested_operation(const HttpRequest *request, const char **not_yet)
{
	const char *target = http_header(request, HEADER_AMZ_TARGET);
	const char *name = target != NULL ? strchr(target, '.') : NULL;
	const char *const *entry;
	const Operation *operation;

	*not_yet = NULL;
	if (name == NULL)
		return NULL;
	name++;
	entry = bsearch(name, model, lengthof(model), sizeof(model[0]), compare_name);
	/* name, then service */
	if (entry == NULL || strlen(entry[1]) != (size_t) (name - target) || strncmp(target, entry[1], name - target) != 0)
		return NULL;
	operation = operation_find(name);
	if (operation == NULL)
		*not_yet = entry[0];
	return operation;
}
