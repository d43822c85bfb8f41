/*
 * execute_statement.c - ExecuteStatement.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/partiql/statement.h"

typedef struct ExecuteStatementRequest
{
	StatementRequest statement;
	RequestString next_token;
	RequestEnum return_consumed_capacity;
	RequestInteger limit;
} ExecuteStatementRequest;

static const Shape next_token_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(32768)};

static const Member members[] = {
	REQUIRED(ExecuteStatementRequest, statement.statement, "Statement", &statement_shape),
	OPTIONAL(ExecuteStatementRequest, statement.parameters, "Parameters", &parameters_shape),
	OPTIONAL(ExecuteStatementRequest, statement.consistent_read, "ConsistentRead", &boolean_shape),
	OPTIONAL(ExecuteStatementRequest, next_token, "NextToken", &next_token_shape),
	OPTIONAL(ExecuteStatementRequest, return_consumed_capacity, "ReturnConsumedCapacity",
			 &return_consumed_capacity_shape),
	OPTIONAL(ExecuteStatementRequest, limit, "Limit", &positive_integer_shape),
	OPTIONAL(ExecuteStatementRequest, statement.return_values_on_failure,
			 "ReturnValuesOnConditionCheckFailure", &return_values_on_failure_shape),
};

static void
execute_select(const ExecuteStatementRequest *request, const Statement *statement, StringInfo response)
{
	StatementPage page = {
		.statement = statement,.request = &request->statement,.next_token = &request->next_token
	};

	page.parameters.limit = request->limit;
	page.parameters.consistent_read = request->statement.consistent_read;
	page.parameters.return_consumed_capacity = request->return_consumed_capacity;
	statement_read_page(&page, response);
}

static void
execute_write(const ExecuteStatementRequest *request, const Statement *statement, StringInfo response)
{
	StatementWrite write;
	Table	   *table;
	PrimaryKey	key;

	if (statement->kind == STATEMENT_EXISTS)
		validation_error("EXISTS() is only supported in transactions");
	statement_write_begin(&write, statement, &request->statement);
	write.parameters.return_consumed_capacity = request->return_consumed_capacity;
	table = table_open_by_name(statement->table, write.privileges);
	key = statement_write_key(&write, table);
	item_write_run(&write.write, table, &key);

	appendStringInfoString(response, "{\"Items\":[");
	appendBinaryStringInfo(response, write.write.attributes.data, write.write.attributes.len);
	appendStringInfoChar(response, ']');
	if (wants_capacity(&request->return_consumed_capacity))
	{
		append_member(response, "ConsumedCapacity");
		append_write_capacity(response, &request->return_consumed_capacity, CAPACITY_OF_EITHER,
							  statement->table, write_capacity(write.write.written_size),
							  write.write.indexes, write.write.index_units);
	}
	appendStringInfoChar(response, '}');
	table_release(table);
}

static void
execute(const void *argument, StringInfo response)
{
	const ExecuteStatementRequest *request = argument;
	const Statement *statement = read_statement(&request->statement);

	if (statement_writes(statement))
		execute_write(request, statement, response);
	else
		execute_select(request, statement, response);
}

const OperationDescription execute_statement_operation = {
	.request = STRUCTURE_SHAPE(ExecuteStatementRequest, "ExecuteStatementInput", members),
	.execute = execute
};
