/*
 * statement_write.c - INSERT, UPDATE, DELETE and EXISTS as writes of an item.
 *
 * The whole WHERE is the condition, its key included: so an item that is not there
 * fails it, but for DELETE, which has nothing to do then.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "error.h"
#include "operation/partiql/statement.h"

const Shape statement_shape = {.kind = SHAPE_STRING, AT_LEAST(1)};
const Shape parameters_shape = {.kind = SHAPE_LIST, .element = &value_shape, AT_LEAST(1)};

Statement *
read_statement(const StatementRequest *request)
{
	json_object **members = request->parameters.members;
	Value	   *parameters = palloc(sizeof(Value) * Max(request->parameters.count, 1));
	ErrorWords	older = {.layer = LAYER_OLDER};
	Statement  *statement;

	/* values of statements are told of in the older layer's words */
	error_words_begin(&older);
	for (int i = 0; i < request->parameters.count; i++)
		parameters[i] = read_value(members[i]);
	statement = statement_parse(request->statement.data, request->statement.length,
								parameters, request->parameters.count);
	error_words_end(&older);
	return statement;
}

bool
statement_writes(const Statement *statement)
{
	return statement->kind != STATEMENT_SELECT;
}

/* ---- Changes ---- */

static WriteAction
insert_change(ItemWrite *write, const Value *old_item, Value *new_item)
{
	if (old_item != NULL)
		ddb_error(DUPLICATE_ITEM_EXCEPTION, "Duplicate primary key exists in table");
	*new_item = write->item;
	return WRITE_PUT;
}

static WriteAction
exists_change(ItemWrite *write, const Value *old_item, Value *new_item)
{
	return WRITE_LOCK;
}

/* ---- */

static int
return_values(StatementReturning returning)
{
	switch (returning)
	{
		case RETURNING_NOTHING:
			break;
		case RETURNING_ALL_OLD:
			return RETURN_ALL_OLD;
		case RETURNING_MODIFIED_OLD:
			return RETURN_UPDATED_OLD;
		case RETURNING_ALL_NEW:
			return RETURN_ALL_NEW;
		case RETURNING_MODIFIED_NEW:
			return RETURN_UPDATED_NEW;
	}
	return 0;
}

/* As for the operations, who checks an item locks it, so the right to read it does not do. */
static AclMode
privileges_of(StatementKind kind)
{
	switch (kind)
	{
		case STATEMENT_INSERT:
			return ACL_INSERT;
		case STATEMENT_DELETE:
			return ACL_DELETE;
		default:
			return ACL_SELECT | ACL_UPDATE;
	}
}

static ItemChange
change_of(StatementKind kind)
{
	switch (kind)
	{
		case STATEMENT_INSERT:
			return insert_change;
		case STATEMENT_UPDATE:
			return update_change;
		case STATEMENT_DELETE:
			return delete_change;
		default:
			return exists_change;
	}
}

void
statement_write_begin(StatementWrite *write, const Statement *statement, const StatementRequest *request)
{
	memset(write, 0, sizeof(*write));
	write->statement = statement;
	write->parameters.table_name.data = statement->table;
	write->parameters.table_name.length = strlen(statement->table);
	write->parameters.return_values.value = return_values(statement->returning);
	write->parameters.return_values_on_failure = request->return_values_on_failure;

	write->write.parameters = &write->parameters;
	write->write.change = change_of(statement->kind);
	write->write.condition = statement->where;
	write->write.absent_passes = statement->kind == STATEMENT_DELETE;
	write->write.item = statement->item;
	write->write.update = statement->update;
	write->write.writer = WRITER_UPDATE_EXPRESSION;
	initStringInfo(&write->write.attributes);

	write->privileges = privileges_of(statement->kind);
	if (statement->returning != RETURNING_NOTHING)
		write->privileges |= ACL_SELECT;
}

PrimaryKey
statement_write_key(StatementWrite *write, Table *table)
{
	const Statement *statement = write->statement;
	const IndexSet *indexes = index_set(RelationGetRelid(table->relation));
	StatementKeys keys;

	if (statement->kind == STATEMENT_INSERT)
	{
		PrimaryKey	key = key_of_item(&table->schema, &statement->item);

		index_check_item(indexes, &statement->item, WRITER_PUT);
		return key;
	}
	statement_whole_key(statement, &table->schema, &keys);
	/* who is told whether a condition holds reads the item, and a DELETE needs no right to that by itself */
	if (!keys.only)
		table_require(table, ACL_SELECT);
	if (statement->update != NULL)
		check_update(statement->update, table, WRITER_UPDATE_EXPRESSION);
	return statement_primary_key(&keys, &table->schema);
}
