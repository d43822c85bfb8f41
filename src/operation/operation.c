/*
 * operation.c - the one table of operations, and the one way through it.
 *
 * The way of a request: bytes -> JSON tree -> request struct, decoded and
 * validated by the operation's description -> the operation, which appends
 * its response's JSON to a StringInfo.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "compat.h"
#include "database_setting.h"
#include "error.h"
#include "operation/operation.h"
#include "operation/operations.h"
#include "statistics/outcome.h"
#include "statistics/usage.h"
#include "value/json.h"

OperationPatience operation_patience = OPERATION_MAY_WAIT;
bool		operation_comes_back = false;

struct Operation
{
	const char *name;
	const OperationDescription *description;
};

/* Sorted by name. */
static const Operation operations[] = {
	{"BatchExecuteStatement", &batch_execute_statement_operation},
	{"BatchGetItem", &batch_get_item_operation},
	{"BatchWriteItem", &batch_write_item_operation},
	{"CancelBulkOperation", &cancel_bulk_operation_operation},
	{"CreateBackup", &create_backup_operation},
	{"CreateTable", &create_table_operation},
	{"DeleteBackup", &delete_backup_operation},
	{"DeleteItem", &delete_item_operation},
	{"DeleteTable", &delete_table_operation},
	{"DescribeBackup", &describe_backup_operation},
	{"DescribeBulkOperation", &describe_bulk_operation_operation},
	{"DescribeContinuousBackups", &describe_continuous_backups_operation},
	{"DescribeEndpoints", &describe_endpoints_operation},
	{"DescribeExport", &describe_export_operation},
	{"DescribeImport", &describe_import_operation},
	{"DescribeLimits", &describe_limits_operation},
	{"DescribeStream", &describe_stream_operation},
	{"DescribeTable", &describe_table_operation},
	{"DescribeTimeToLive", &describe_time_to_live_operation},
	{"ExecuteStatement", &execute_statement_operation},
	{"ExecuteTransaction", &execute_transaction_operation},
	{"ExportTableToPointInTime", &export_table_to_point_in_time_operation},
	{"GetItem", &get_item_operation},
	{"GetRecords", &get_records_operation},
	{"GetShardIterator", &get_shard_iterator_operation},
	{"ImportTable", &import_table_operation},
	{"ListBackups", &list_backups_operation},
	{"ListBulkOperations", &list_bulk_operations_operation},
	{"ListExports", &list_exports_operation},
	{"ListImports", &list_imports_operation},
	{"ListStreams", &list_streams_operation},
	{"ListTables", &list_tables_operation},
	{"ListTagsOfResource", &list_tags_of_resource_operation},
	{"PutItem", &put_item_operation},
	{"Query", &query_operation},
	{"RestoreTableFromBackup", &restore_table_from_backup_operation},
	{"RestoreTableToPointInTime", &restore_table_to_point_in_time_operation},
	{"Scan", &scan_operation},
	{"StartBulkPutItems", &start_bulk_put_items_operation},
	{"TagResource", &tag_resource_operation},
	{"TransactGetItems", &transact_get_items_operation},
	{"TransactWriteItems", &transact_write_items_operation},
	{"UntagResource", &untag_resource_operation},
	{"UpdateContinuousBackups", &update_continuous_backups_operation},
	{"UpdateItem", &update_item_operation},
	{"UpdateTable", &update_table_operation},
	{"UpdateTimeToLive", &update_time_to_live_operation},
};

static int
compare_name(const void *name, const void *operation)
{
	return strcmp(name, ((const Operation *) operation)->name);
}

const Operation *
operation_find(const char *name)
{
	return bsearch(name, operations, lengthof(operations), sizeof(Operation), compare_name);
}

int
operation_count(void)
{
	return lengthof(operations);
}

int
operation_number(const Operation *operation)
{
	return (int) (operation - operations);
}

const char *
operation_name(int number)
{
	return operations[number].name;
}

bool
operation_locks_table(const Operation *operation)
{
	return operation->description->locks_table;
}

/* Another transaction's lock that was not had in time is a conflict, in SQL as over HTTP. */
static void
execute(const OperationDescription *description, const void *request, StringInfo response)
{
	MemoryContext caller = CurrentMemoryContext;

	PG_TRY();
	{
		description->execute(request, response);
	}
	PG_CATCH();
	{
		if (geterrcode() != ERRCODE_LOCK_NOT_AVAILABLE)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		ddb_error(TRANSACTION_CONFLICT_EXCEPTION, "Transaction is ongoing for the item");
	}
	PG_END_TRY();
}

/*
 * All that comes before the operation itself; gives what execute() takes.
 */
static const void *
prepare(const OperationDescription *description, json_object *json)
{
	void	   *request = palloc0(description->request.size);
	ErrorWords	words = {.layer = description->layer};

	request_decode(&description->request, json, request);
	if (description->check_first != NULL)
		description->check_first(request);
	request_validate(&description->request, request, description->layer);
	if (description->prepare == NULL)
		return request;

	if (description->layer == LAYER_ENVELOPED)
		words.before = VALIDATION_ENVELOPE;
	error_words_begin(&words);
	request = description->prepare(request);
	error_words_end(&words);
	return request;
}

/*
 * Which of ddb's settings a session may have otherwise than the server.  The region and the account are none of these:
 * operations on items look at them too, and they are the server's own.
 */
static const char *const session_settings[] = {"ddb.backup_bucket", "ddb.ttl_change_interval"};

void
operation_execute(const Operation *operation, const char *text, size_t length, StringInfo response)
{
	const OperationDescription *description = operation->description;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "ddb operation",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);

	if (description->reads_settings && MyBackendType == B_BG_WORKER)
		database_settings_read(session_settings, lengthof(session_settings));
	execute(description, prepare(description, json_parse(text, length)), response);

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
}

/* The name of the operation that an SQL function stands for: put_item -> PutItem. */
static const Operation *
operation_of_function(Oid function)
{
	char	   *function_name = get_func_name(function);
	StringInfoData name;
	bool		upper = true;
	const Operation *operation;

	if (function_name == NULL)
		elog(ERROR, "cache lookup failed for function %u", function);

	initStringInfo(&name);
	for (const char *c = function_name; *c != '\0'; c++)
	{
		if (*c == '_')
			upper = true;
		else
		{
			appendStringInfoChar(&name, upper ? pg_ascii_toupper((unsigned char) *c) : *c);
			upper = false;
		}
	}

	operation = operation_find(name.data);
	if (operation == NULL)
		ddb_error(UNKNOWN_OPERATION_EXCEPTION, "%s", function_name);
	return operation;
}

/* Notes how a call from SQL has ended. */
static void
count_call(const Operation *operation, Usage *usage, int outcome)
{
	usage_end(usage);
	usage_count(usage, outcome);
	counters_add_request(SOURCE_SQL, operation_number(operation), outcome);
}

static void
execute_counted(const Operation *operation, const char *text, size_t length, StringInfo response)
{
	Usage		usage;

	usage_begin(&usage, NULL);
	PG_TRY();
	{
		operation_execute(operation, text, length, response);
	}
	PG_CATCH();
	{
		count_call(operation, &usage, outcome_of_sqlstate(geterrcode()));
		PG_RE_THROW();
	}
	PG_END_TRY();
	count_call(operation, &usage, OUTCOME_SUCCESS);
}

PG_FUNCTION_INFO_V1(ddb_operation);

/*
 * All the SQL functions ddb.put_item(request) and so on: the function's own name
 * says which operation it is, found once for each place of call.
 */
Datum
ddb_operation(PG_FUNCTION_ARGS)
{
	text	   *request = PG_GETARG_TEXT_PP(0);
	StringInfoData response;

	if (fcinfo->flinfo->fn_extra == NULL)
		fcinfo->flinfo->fn_extra = (void *) operation_of_function(fcinfo->flinfo->fn_oid);

	/* the response is written behind the room for the varlena's header */
	initStringInfo(&response);
	appendStringInfoSpaces(&response, VARHDRSZ);
	execute_counted(fcinfo->flinfo->fn_extra, VARDATA_ANY(request),
					VARSIZE_ANY_EXHDR(request), &response);
	if (response.len == VARHDRSZ)	/* an answer of no bytes is no json */
		appendStringInfoString(&response, "{}");
	SET_VARSIZE(response.data, response.len);

	PG_RETURN_TEXT_P(response.data);
}

PG_FUNCTION_INFO_V1(ddb_request_shapes);

/*
 * The shapes of all operations' requests as JSON.  No function of the extension
 * is this one: who compares the shapes with the API's model makes one.
 */
Datum
ddb_request_shapes(PG_FUNCTION_ARGS)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	appendStringInfoChar(&out, '{');
	for (int i = 0; i < (int) lengthof(operations); i++)
	{
		if (i > 0)
			appendStringInfoChar(&out, ',');
		json_append_string(&out, operations[i].name, strlen(operations[i].name));
		appendStringInfoChar(&out, ':');
		shape_to_json(&out, &operations[i].description->request);
	}
	appendStringInfoChar(&out, '}');
	SET_VARSIZE(out.data, out.len);
	PG_RETURN_TEXT_P(out.data);
}
