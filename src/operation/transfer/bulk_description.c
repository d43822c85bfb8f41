/*
 * bulk_description.c - how DescribeBulkOperation and its like show a bulk operation, and find it.
 */
#include "postgres.h"

#include "arn.h"
#include "error.h"
#include "operation/transfer/bulk_description.h"
#include "operation/transfer/transfers.h"
#include "value/json_out.h"

BulkOperation *
bulk_operation_requested(const RequestString *arn)
{
	char	   *table_name;
	char	   *id;
	BulkOperation *record;

	bulk_operation_of_arn(arn->data, arn->length, &table_name, &id);
	record = transfer_of_id(&bulk_catalog, id);
	if (record == NULL || strcmp(record->transfer.table_name, table_name) != 0)
		ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: Bulk operation: %s not found", arn->data);
	return record;
}

/* ---- Usage ---- */

static void
append_index(void *argument, const char *index, uint64 bytes)
{
	StringInfo	out = argument;

	if (out->data[out->len - 1] != '{')
		appendStringInfoChar(out, ',');
	json_append_string(out, index, strlen(index));
	appendStringInfo(out, ":{\"BulkPutBytes\":" UINT64_FORMAT "}", bytes);
}

static void
append_indexes(StringInfo out, const BulkUsage *usage, const char *name, IndexKind kind)
{
	StringInfoData indexes;

	initStringInfo(&indexes);
	appendStringInfoChar(&indexes, '{');
	bulk_usage_indexes(usage, kind, append_index, &indexes);
	if (indexes.len > 1)
		appendStringInfo(out, ",\"%s\":%s}", name, indexes.data);
}

static void
append_usage(StringInfo out, const BulkOperation *record)
{
	const BulkUsage *usage = record->usage;

	appendStringInfoString(out, ",\"BulkOperationUsage\":[{");
	append_string_member(out, "TableName", record->transfer.table_name);
	appendStringInfo(out, ",\"BulkPutBytes\":" UINT64_FORMAT ",\"Table\":{\"BulkPutBytes\":" UINT64_FORMAT "}",
					 bulk_usage_total(usage), bulk_usage_table(usage));
	append_indexes(out, usage, "LocalSecondaryIndexes", INDEX_LOCAL);
	append_indexes(out, usage, "GlobalSecondaryIndexes", INDEX_GLOBAL);
	appendStringInfoString(out, "}]");
}

/* ---- All of it ---- */

static void
append_common(StringInfo out, const BulkOperation *record)
{
	const Transfer *transfer = &record->transfer;

	append_string_member(out, "BulkOperationArn", bulk_operation_arn(transfer->table_name, transfer->id));
	append_string_member(out, "BulkOperationStatus", transfer->status);
	append_time_member(out, "StartTime", transfer->started);
	if (transfer->ended != 0)
		append_time_member(out, "EndTime", transfer->ended);
}

static void
append_table(StringInfo out, const Transfer *transfer)
{
	appendStringInfoString(out, ",\"TableDetails\":[{");
	append_string_member(out, "TableName", transfer->table_name);
	append_string_member(out, "TableId", transfer->table_id);
	appendStringInfoString(out, "}]");
}

static void
append_counts(StringInfo out, const BulkOperation *record)
{
	appendStringInfo(out, ",\"ProcessedItemCount\":" INT64_FORMAT ",\"FailedItemCount\":" INT64_FORMAT
					 ",\"ProcessedInputBytes\":" INT64_FORMAT,
					 record->processed, record->failed, record->input_bytes);
	if (record->total_bytes >= 0)
		appendStringInfo(out, ",\"TotalInputBytes\":" INT64_FORMAT, record->total_bytes);
}

void
append_bulk_description(StringInfo response, const BulkOperation *record)
{
	const char *request = record->transfer.request;

	appendStringInfoString(response, "{\"BulkOperationDescription\":{");
	append_common(response, record);
	append_table(response, &record->transfer);
	/* what has been asked for is shown as it was */
	appendStringInfo(response, ",%.*s", (int) strlen(request) - 2, request + 1);
	append_counts(response, record);
	append_usage(response, record);
	append_transfer_failure(response, &record->transfer, InvalidOid);
	appendStringInfoString(response, "}}");
}

void
append_bulk_summary(StringInfo out, const void *argument)
{
	const BulkOperation *record = argument;

	appendStringInfoChar(out, '{');
	append_common(out, record);
	appendStringInfoChar(out, '}');
}
