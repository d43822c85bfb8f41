/*
 * batch_execute_statement.c - BatchExecuteStatement.
 *
 * Each statement succeeds or fails by itself, in a subtransaction of its own.
 * Those that write do it in the one order of locks, so that two batches with the
 * same items do not wait for each other; answers are in the order of the request.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/partiql/statement.h"
#include "operation/transaction/cancellation.h"
#include "statistics/usage.h"
#include "table/lock_order.h"
#include "value/json.h"

#define MAX_STATEMENTS 25

static const Member statement_members[] = {
	REQUIRED(StatementRequest, statement, "Statement", &statement_shape),
	OPTIONAL(StatementRequest, parameters, "Parameters", &parameters_shape),
	OPTIONAL(StatementRequest, consistent_read, "ConsistentRead", &boolean_shape),
	OPTIONAL(StatementRequest, return_values_on_failure, "ReturnValuesOnConditionCheckFailure",
			 &return_values_on_failure_shape),
};
static const Shape batch_statement_shape =
STRUCTURE_SHAPE(StatementRequest, "BatchStatementRequest", statement_members);
static const Shape statements_shape = {
	.kind = SHAPE_LIST, .element = &batch_statement_shape, AT_LEAST(1), AT_MOST(MAX_STATEMENTS)
};

typedef struct BatchExecuteStatementRequest
{
	RequestList statements;
	RequestEnum return_consumed_capacity;
} BatchExecuteStatementRequest;

static const Member members[] = {
	REQUIRED(BatchExecuteStatementRequest, statements, "Statements", &statements_shape),
	OPTIONAL(BatchExecuteStatementRequest, return_consumed_capacity, "ReturnConsumedCapacity",
			 &return_consumed_capacity_shape),
};

/* AWS takes ReturnValuesOnConditionCheckFailure and gives no item, although the API has a place for it. */
typedef struct BatchStatement
{
	const StatementRequest *request;
	const RequestEnum *return_consumed_capacity;
	const Statement *statement; /* NULL where it could not be read */
	StatementWrite write;
	bool		placed;			/* its item is known */
	LockPlace	place;
	const char *error_code;		/* NULL: it has succeeded */
	const char *error_message;
	bool		reached_item;	/* the error is one of its item */
	double		units;
	StringInfoData item;		/* what it answers; empty if nothing */
} BatchStatement;

/* ---- Errors ---- */

/* Here a statement's table is its own matter too. */
static const char *
code_of_exception(DdbException exception)
{
	switch (exception)
	{
		case RESOURCE_NOT_FOUND_EXCEPTION:
			return "ResourceNotFound";
		case ACCESS_DENIED_EXCEPTION:
			return "AccessDenied";
		default:
			return cancellation_code(exception);
	}
}

/* Takes a fault of the statement's own; false where the error is another. */
static bool
take_error(BatchStatement *batch, const ErrorData *error)
{
	DdbException exception;

	if (ddb_exception_of_sqlstate(error->sqlerrcode, &exception))
	{
		batch->error_code = code_of_exception(exception);
		batch->error_message = ddb_exception_text(error->message, exception);
		batch->reached_item = exception == CONDITIONAL_CHECK_FAILED_EXCEPTION ||
			exception == DUPLICATE_ITEM_EXCEPTION;
	}
	else if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION ||
			 error->sqlerrcode == ERRCODE_RAISE_EXCEPTION)
	{
		batch->error_code = "ValidationError";
		batch->error_message = error->message;
	}
	return batch->error_code != NULL;
}

/* Calls step(batch) in a subtransaction, which an error of the statement's own takes back. */
static void
try(void (*step) (BatchStatement *batch), BatchStatement *batch)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		step(batch);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		CurrentResourceOwner = owner;
		/* no error may leave it open: the session would take it for a savepoint of its user's */
		if (!take_error(batch, error))
			ReThrowError(error);
	}
	PG_END_TRY();
}

/* ---- Steps ---- */

static void
parse(BatchStatement *batch)
{
	batch->statement = read_statement(batch->request);
	if (batch->statement->kind == STATEMENT_EXISTS)
		validation_error("EXISTS() is only supported in transactions");
}

/* Finds the item that the statement is about. */
static void
place(BatchStatement *batch)
{
	const Statement *statement = batch->statement;
	Table	   *table;
	PrimaryKey	key;

	if (statement_writes(statement))
	{
		statement_write_begin(&batch->write, statement, batch->request);
		table = table_open_by_name(statement->table, batch->write.privileges);
		key = statement_write_key(&batch->write, table);
	}
	else
	{
		StatementKeys keys;

		table = table_open_by_name(statement->table, ACL_SELECT);
		statement_keys(statement, &table->schema, &keys);
		if (!keys.only || statement->index != NULL)
			validation_error("Select statements within BatchExecuteStatement must specify the primary key in the where clause.");
		key = statement_primary_key(&keys, &table->schema);
	}
	batch->place = lock_place(table, &key);
	batch->place.owner = batch;
	batch->placed = true;
	table_release(table);
}

static void
carry_out_write(BatchStatement *batch)
{
	Table	   *table = table_open_by_name(batch->statement->table, batch->write.privileges);
	PrimaryKey	key = statement_write_key(&batch->write, table);

	batch->write.parameters.return_consumed_capacity = *batch->return_consumed_capacity;
	batch->write.write.tells_old = table_is_readable(table);
	item_write_run(&batch->write.write, table, &key);
	batch->units = write_capacity(batch->write.write.written_size);
	appendBinaryStringInfo(&batch->item, batch->write.write.attributes.data, batch->write.write.attributes.len);
	table_release(table);
}

static void
carry_out_read(BatchStatement *batch)
{
	Table	   *table = table_open_by_name(batch->statement->table, ACL_SELECT);
	StatementKeys keys;
	uint32		size;
	bool		found;

	statement_keys(batch->statement, &table->schema, &keys);
	found = statement_read_item(batch->statement, table, &keys, InvalidSnapshot, &size, &batch->item);
	batch->units = read_capacity(size, batch->request->consistent_read == BOOLEAN_TRUE);
	usage_read(RelationGetRelid(table->relation), found ? 1 : 0, batch->units);
	table_release(table);
}

/* ---- The batch ---- */

static void
check_kinds(const BatchStatement *batch, int count)
{
	bool		reads = false;
	bool		writes = false;

	for (int i = 0; i < count; i++)
	{
		if (batch[i].statement == NULL)
			continue;
		if (statement_writes(batch[i].statement))
			writes = true;
		else
			reads = true;
	}
	if (reads && writes)
		validation_error("Read and write requests together in the same batch is not supported.");
}

static void
carry_out(BatchStatement *batch, int count)
{
	LockPlace  *places = palloc(sizeof(LockPlace) * count);
	int			placed = 0;

	for (int i = 0; i < count; i++)
	{
		if (batch[i].placed && batch[i].error_code == NULL)
			places[placed++] = batch[i].place;
	}
	if (!lock_order_sort(places, placed))
		validation_error("Provided list of item keys contains duplicates");
	for (int i = 0; i < placed; i++)
	{
		BatchStatement *statement = places[i].owner;

		CHECK_FOR_INTERRUPTS();
		try(statement_writes(statement->statement) ? carry_out_write : carry_out_read, statement);
	}
}

/* ---- The response ---- */

static void
append_text_member(StringInfo response, const char *name, const char *text)
{
	append_member(response, name);
	json_append_string(response, text, strlen(text));
}

static void
append_error(StringInfo response, const BatchStatement *batch)
{
	append_member(response, "Error");
	appendStringInfoChar(response, '{');
	append_text_member(response, "Code", batch->error_code);
	append_text_member(response, "Message", batch->error_message);
	appendStringInfoChar(response, '}');
}

static void
append_statement(StringInfo response, const BatchStatement *batch)
{
	appendStringInfoChar(response, '{');
	if (batch->error_code != NULL)
		append_error(response, batch);
	if (batch->statement != NULL && (batch->error_code == NULL || batch->reached_item))
		append_text_member(response, "TableName", batch->statement->table);
	if (batch->error_code == NULL && batch->item.len > 0)
	{
		append_member(response, "Item");
		appendBinaryStringInfo(response, batch->item.data, batch->item.len);
	}
	appendStringInfoChar(response, '}');
}

/* A statement that has failed costs a unit, if its item was known. */
static void
append_capacities(StringInfo response, const RequestEnum *wanted, const BatchStatement *batch, int count)
{
	StatementCost *costs = palloc(sizeof(StatementCost) * count);
	int			placed = 0;

	for (int i = 0; i < count; i++)
	{
		const ItemWrite *write = &batch[i].write.write;
		bool		failed = batch[i].error_code != NULL;

		if (batch[i].placed)
			costs[placed++] = (StatementCost) {
				.relation = batch[i].place.relation,
				.table = batch[i].statement->table,
				.units = failed ? 1 : batch[i].units,
				.indexes = failed || write->index_units == NULL ? NULL : write->indexes,
				.index_units = write->index_units
			};
	}
	append_statement_capacities(response, wanted, CAPACITY_OF_EITHER, costs, placed);
}

static void
execute(const void *argument, StringInfo response)
{
	const BatchExecuteStatementRequest *request = argument;
	const StatementRequest *statements = request->statements.members;
	int			count = request->statements.count;
	BatchStatement *batch = palloc0(sizeof(BatchStatement) * count);

	for (int i = 0; i < count; i++)
	{
		batch[i].request = &statements[i];
		batch[i].return_consumed_capacity = &request->return_consumed_capacity;
		initStringInfo(&batch[i].item);
		try(parse, &batch[i]);
	}
	check_kinds(batch, count);
	for (int i = 0; i < count; i++)
	{
		if (batch[i].error_code == NULL)
			try(place, &batch[i]);
	}
	carry_out(batch, count);

	appendStringInfoString(response, "{\"Responses\":[");
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(response, ',');
		append_statement(response, &batch[i]);
	}
	appendStringInfoChar(response, ']');
	if (wants_capacity(&request->return_consumed_capacity))
		append_capacities(response, &request->return_consumed_capacity, batch, count);
	appendStringInfoChar(response, '}');
}

const OperationDescription batch_execute_statement_operation = {
	.request = STRUCTURE_SHAPE(BatchExecuteStatementRequest, "BatchExecuteStatementInput", members),
	.execute = execute
};
