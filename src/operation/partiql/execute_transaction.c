/*
 * execute_transaction.c - ExecuteTransaction.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/partiql/statement.h"
#include "operation/transaction/transaction_write.h"
#include "statistics/usage.h"

static const Member statement_members[] = {
	REQUIRED(StatementRequest, statement, "Statement", &statement_shape),
	OPTIONAL(StatementRequest, parameters, "Parameters", &parameters_shape),
	OPTIONAL(StatementRequest, return_values_on_failure, "ReturnValuesOnConditionCheckFailure",
			 &return_values_on_failure_shape),
};
static const Shape parameterized_statement_shape =
STRUCTURE_SHAPE(StatementRequest, "ParameterizedStatement", statement_members);
static const Shape statements_shape = {
	.kind = SHAPE_LIST, .element = &parameterized_statement_shape, AT_LEAST(1), AT_MOST(TRANSACTION_MAX_ACTIONS)
};

static const Shape token_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(TOKEN_MAX_LENGTH)};

typedef struct ExecuteTransactionRequest
{
	RequestString token;
	RequestEnum return_consumed_capacity;
	RequestList statements;
} ExecuteTransactionRequest;

static const Member members[] = {
	OPTIONAL(ExecuteTransactionRequest, token, "ClientRequestToken", &token_shape),
	OPTIONAL(ExecuteTransactionRequest, return_consumed_capacity, "ReturnConsumedCapacity",
			 &return_consumed_capacity_shape),
	REQUIRED(ExecuteTransactionRequest, statements, "TransactStatements", &statements_shape),
};

/* Says of which statement a ValidationException is. */
static void
begin_words(ErrorWords *words, int statement)
{
	memset(words, 0, sizeof(*words));
	words->before = psprintf("Validation failed in TransactStatements[%d]: ", statement);
	error_words_begin(words);
}

/* AWS says so of a statement that it cannot read, but not of a value that is none. */
static bool
is_malformed(const char *text)
{
	return strncmp(text, "Statement wasn't well formed", strlen("Statement wasn't well formed")) == 0;
}

static Statement *
read_numbered(const StatementRequest *request, int number)
{
	Statement  *statement;
	ErrorWords	words;

	begin_words(&words, number);
	words.apply = is_malformed;
	statement = read_statement(request);
	error_words_end(&words);
	return statement;
}

static Statement **
read_statements(const ExecuteTransactionRequest *request)
{
	const StatementRequest *requests = request->statements.members;
	Statement **statements = palloc(sizeof(Statement *) * request->statements.count);

	for (int i = 0; i < request->statements.count; i++)
	{
		ErrorWords	words;

		statements[i] = read_numbered(&requests[i], i);
		begin_words(&words, i);
		if (statements[i]->index != NULL)
			validation_error("Reads on indices are not supported within transactions.");
		if (statements[i]->returning != RETURNING_NOTHING)
			validation_error("RETURNING clause is not supported in ExecuteTransaction.");
		error_words_end(&words);
		if (statement_writes(statements[i]) != statement_writes(statements[0]))
			validation_error("ExecuteTransaction API does not support both read and write operations in the same request.");
	}
	return statements;
}

/* ---- Writing ---- */

static void
check_exists(const Statement *statement, int number)
{
	Table	   *table = table_open_by_name(statement->table, ACL_SELECT);
	StatementKeys keys;
	ErrorWords	words;

	statement_keys(statement, &table->schema, &keys);
	begin_words(&words, number);
	if (!keys.whole || keys.only)
		validation_error("EXISTS() must contain a single item read with additional condition");
	error_words_end(&words);
	table_release(table);
}

static PrimaryKey
find_key(void *argument, Table *table)
{
	return statement_write_key(argument, table);
}

static void
execute_writes(const ExecuteTransactionRequest *request, Statement **statements, StringInfo response)
{
	const StatementRequest *requests = request->statements.members;
	int			count = request->statements.count;
	StatementWrite *writes = palloc(sizeof(StatementWrite) * count);
	Transaction transaction = {.count = count};
	TransactionResponse wanted = {
		.return_consumed_capacity = request->return_consumed_capacity,
		.empty_responses = true
	};
	uint8		digest[REQUEST_DIGEST_LENGTH];
	Token		token = {TOKEN_EXECUTE_TRANSACTION, request->token.data, request->token.length, digest};

	if (token.text != NULL)
		request_digest(request->statements.json, digest);
	transaction.actions = palloc0(sizeof(TransactionAction) * count);
	for (int i = 0; i < count; i++)
	{
		TransactionAction *action = &transaction.actions[i];

		if (statements[i]->kind == STATEMENT_EXISTS)
			check_exists(statements[i], i);
		statement_write_begin(&writes[i], statements[i], &requests[i]);
		action->write = writes[i].write;
		action->privileges = writes[i].privileges;
		action->find_key = find_key;
		action->find_key_argument = &writes[i];
		if (statements[i]->kind == STATEMENT_INSERT)
			action->map = statements[i]->item;
	}
	transaction_execute(&transaction, &token, &wanted, response);
}

/* ---- Reading ---- */

/* A statement that reads, and its table. */
typedef struct TransactionRead
{
	const Statement *statement;
	Table	   *table;
	StatementKeys keys;
	double		units;
} TransactionRead;

/* Gives the place of its item. */
static LockPlace
open_read(TransactionRead *read, int number)
{
	ErrorWords	words;
	PrimaryKey	key;

	read->table = table_open_by_name(read->statement->table, ACL_SELECT);
	begin_words(&words, number);
	statement_keys(read->statement, &read->table->schema, &read->keys);
	if (!read->keys.only)
		validation_error("Select statements within ExecuteTransaction must specify the primary key in the where clause.");
	error_words_end(&words);
	key = statement_primary_key(&read->keys, &read->table->schema);
	return lock_place(read->table, &key);
}

/* A response has an item only if there is one. */
static void
read_item(TransactionRead *read, Snapshot snapshot, uint64 *total, StringInfo response)
{
	int			start = response->len;
	uint32		size;
	bool		found;

	appendStringInfoString(response, "{\"Item\":");
	found = statement_read_item(read->statement, read->table, &read->keys, snapshot, &size, response);
	if (!found)
	{
		response->len = start;
		appendStringInfoChar(response, '{');
	}
	appendStringInfoChar(response, '}');
	*total += size;
	transaction_check_size(*total);
	read->units = 2 * read_capacity(size, true);
	usage_read(RelationGetRelid(read->table->relation), found ? 1 : 0, read->units);
}

static void
append_capacities(StringInfo response, const RequestEnum *wanted, const TransactionRead *reads, int count)
{
	StatementCost *costs = palloc(sizeof(StatementCost) * count);

	for (int i = 0; i < count; i++)
		costs[i] = (StatementCost) {
			.relation = RelationGetRelid(reads[i].table->relation),
			.table = reads[i].statement->table,
			.units = reads[i].units
		};
	append_statement_capacities(response, wanted, CAPACITY_OF_READS, costs, count);
}

static void
execute_reads(const ExecuteTransactionRequest *request, Statement **statements, StringInfo response)
{
	int			count = request->statements.count;
	TransactionRead *reads = palloc0(sizeof(TransactionRead) * count);
	LockPlace  *places = palloc(sizeof(LockPlace) * count);
	uint64		size = 0;
	Snapshot	snapshot;

	for (int i = 0; i < count; i++)
	{
		reads[i].statement = statements[i];
		places[i] = open_read(&reads[i], i);
	}
	/* nothing is locked; but doubles stand side by side in the order of locks */
	transaction_sort(places, count);

	snapshot = table_statement_snapshot();
	appendStringInfoString(response, "{\"Responses\":[");
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i > 0)
			appendStringInfoChar(response, ',');
		read_item(&reads[i], snapshot, &size, response);
	}
	UnregisterSnapshot(snapshot);
	appendStringInfoChar(response, ']');
	if (wants_capacity(&request->return_consumed_capacity))
		append_capacities(response, &request->return_consumed_capacity, reads, count);
	appendStringInfoChar(response, '}');
	for (int i = 0; i < count; i++)
		table_release(reads[i].table);
}

static void
execute(const void *argument, StringInfo response)
{
	const ExecuteTransactionRequest *request = argument;
	Statement **statements = read_statements(request);

	if (statement_writes(statements[0]))
		execute_writes(request, statements, response);
	else
		execute_reads(request, statements, response);
}

const OperationDescription execute_transaction_operation = {
	.request = STRUCTURE_SHAPE(ExecuteTransactionRequest, "ExecuteTransactionInput", members),
	.execute = execute
};
