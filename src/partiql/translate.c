/*
 * translate.c - from a statement's syntax to the trees that expressions have.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "mb/pg_wchar.h"
#include "utils/formatting.h"

#include "error.h"
#include "partiql/syntax.h"
#include "value/node.h"

static Term *condition_of(const Syntax *syntax, const Value *parameters);
static Term *operand_of(const Syntax *syntax, const Value *parameters);

static void __attribute__((noreturn))
raise_at(const char *text, const Syntax *syntax)
{
	validation_error("%s at %d:%d:%d", text, syntax->token.place.line, syntax->token.place.column,
					 syntax->token.place.length);
}

/* AWS's parser has the names of functions in lower case. */
static void __attribute__((noreturn))
raise_unrecognized(const Syntax *call)
{
	raise_at(psprintf("Unrecognized function: %s",
					  asc_tolower(call->token.text, call->token.length)), call);
}

static bool
is_call_of(const Syntax *syntax, const char *name)
{
	return syntax->kind == SYNTAX_CALL && syntax->token.length == strlen(name) &&
		pg_strncasecmp(syntax->token.text, name, syntax->token.length) == 0;
}

/* ---- Conditions ---- */

static List *
operands_of(const List *operands, const Value *parameters)
{
	List	   *terms = NIL;
	ListCell   *cell;

	foreach(cell, operands)
		terms = lappend(terms, operand_of(lfirst(cell), parameters));
	return terms;
}

/* A function of a condition; of an update, there is only the one that list says. */
static Term *
call_of(const Syntax *syntax, const Value *parameters)
{
	static const TermKind functions[] = {
		TERM_ATTRIBUTE_EXISTS, TERM_ATTRIBUTE_NOT_EXISTS, TERM_ATTRIBUTE_TYPE, TERM_BEGINS_WITH,
		TERM_CONTAINS, TERM_SIZE
	};

	if (syntax->star)
		raise_at("Unexpected path component", syntax);
	for (int i = 0; i < (int) lengthof(functions); i++)
	{
		if (is_call_of(syntax, term_name(functions[i])))
			return term_of_operands(functions[i], operands_of(syntax->operands, parameters));
	}
	raise_unrecognized(syntax);
}

/* IS MISSING and IS <type>. */
static Term *
is_of(const Syntax *syntax, const Value *parameters)
{
	static const struct
	{
		const char *word;
		const char *type;
	}			types[] = {
		{"NULL", "NULL"}, {"BOOLEAN", "BOOL"}, {"BOOL", "BOOL"}, {"NUMBER", "N"}, {"NUMERIC", "N"},
		{"DECIMAL", "N"}, {"INT", "N"}, {"INTEGER", "N"}, {"STRING", "S"}, {"BINARY", "B"}, {"BLOB", "B"},
		{"LIST", "L"}, {"MAP", "M"}, {"STRUCT", "M"}, {"TUPLE", "M"},
		{"STRING_SET", "SS"}, {"NUMBER_SET", "NS"}, {"BINARY_SET", "BS"}
	};
	Term	   *operand = operand_of(linitial(syntax->operands), parameters);
	const PartiqlToken *word = &syntax->token;

	if (word->length == 7 && pg_strncasecmp(word->text, "MISSING", 7) == 0)
		return term_of_operands(TERM_ATTRIBUTE_NOT_EXISTS, list_make1(operand));
	for (int i = 0; i < (int) lengthof(types); i++)
	{
		Value		type = {.type = VALUE_STRING,.data = types[i].type,.length = strlen(types[i].type)};

		if (word->length == strlen(types[i].word) &&
			pg_strncasecmp(word->text, types[i].word, word->length) == 0)
			return term_of_operands(TERM_ATTRIBUTE_TYPE, list_make2(operand, term_of_value(&type)));
	}
	partiql_malformed("Expected type name");
}

/* What is neither true nor false. */
static Term *
operand_of(const Syntax *syntax, const Value *parameters)
{
	Value		value;
	Term	   *term;

	check_stack_depth();
	if (syntax_value(syntax, parameters, &value))
		return term_of_value(&value);
	if (syntax->kind == SYNTAX_PATH)
		return term_of_path(syntax->path);
	if (syntax->kind != SYNTAX_CALL)
		partiql_malformed("");
	term = call_of(syntax, parameters);
	if (term_is_boolean(term->kind))
		partiql_malformed("");
	return term;
}

/* What a term says is there: the attribute of a path, also of its size; NIL of a value. */
static List *
existence_of(const Term *operand)
{
	if (operand->kind == TERM_SIZE)
		operand = term_operand(operand, 0);
	if (operand->kind != TERM_PATH)
		return NIL;
	return list_make1(term_of_operands(TERM_ATTRIBUTE_EXISTS, list_make1(term_of_path(operand->path))));
}

/* Of an attribute that is not there, <> does not hold, as it does in expressions. */
static Term *
not_equal_of(List *operands)
{
	List	   *conjuncts = list_concat(existence_of(linitial(operands)), existence_of(lsecond(operands)));
	Term	   *term = term_of_operands(TERM_NOT_EQUAL, operands);

	return conjuncts == NIL ? term : term_of_operands(TERM_AND, lappend(conjuncts, term));
}

static Term *
operator_of(const Syntax *syntax, const Value *parameters)
{
	bool		logical = syntax->operator == TERM_AND || syntax->operator == TERM_OR ||
		syntax->operator == TERM_NOT;
	List	   *terms = NIL;
	ListCell   *cell;

	if (syntax->operator == TERM_PLUS || syntax->operator == TERM_MINUS)
		partiql_malformed("");
	if (syntax->operator == TERM_IN && list_length(syntax->operands) - 1 > EXPRESSION_MAX_IN_OPERANDS)
		validation_error("The IN operator is provided with too many operands; number of operands: %d",
						 list_length(syntax->operands) - 1);
	foreach(cell, syntax->operands)
		terms = lappend(terms, logical ? condition_of(lfirst(cell), parameters) :
						operand_of(lfirst(cell), parameters));
	if (syntax->operator == TERM_NOT_EQUAL)
		return not_equal_of(terms);
	return term_of_operands(syntax->operator, terms);
}

static bool
is_truth(const Syntax *syntax)
{
	return syntax->kind == SYNTAX_TRUE || syntax->kind == SYNTAX_FALSE;
}

/*
 * A function that is true or false, compared with a literal: the function
 * itself, or NOT of it.  NULL where the comparison is another.
 */
static Term *
compared_call_of(const Syntax *comparison, const Value *parameters)
{
	const Syntax *call = linitial(comparison->operands);
	const Syntax *truth = lsecond(comparison->operands);
	Term	   *term;

	if (is_truth(call))
	{
		truth = call;
		call = lsecond(comparison->operands);
	}
	if (call->kind != SYNTAX_CALL || !is_truth(truth))
		return NULL;
	term = call_of(call, parameters);
	if (!term_is_boolean(term->kind))
		return NULL;
	return truth->kind == SYNTAX_TRUE ? term : term_of_operands(TERM_NOT, list_make1(term));
}

/* What is true or false. */
static Term *
condition_of(const Syntax *syntax, const Value *parameters)
{
	Term	   *term;

	check_stack_depth();
	switch (syntax->kind)
	{
		case SYNTAX_OPERATOR:
			term = syntax->operator == TERM_EQUAL ? compared_call_of(syntax, parameters) : NULL;
			return term != NULL ? term : operator_of(syntax, parameters);
		case SYNTAX_IS:
			return is_of(syntax, parameters);
		case SYNTAX_CALL:
			term = call_of(syntax, parameters);
			if (term_is_boolean(term->kind))
				return term;
			break;
		default:
			break;
	}
	partiql_malformed("");
}

static Condition *
where_of(const Syntax *syntax, const Value *parameters)
{
	Condition  *condition;

	if (syntax == NULL)
		return NULL;
	condition = palloc(sizeof(Condition));
	condition->term = condition_of(syntax, parameters);
	expression_check_term(NULL, condition->term, NULL);
	return condition;
}

/* ---- Updates ---- */

static Term *
set_operand_of(const Syntax *syntax, const Value *parameters)
{
	Value		value;
	List	   *terms = NIL;
	ListCell   *cell;

	check_stack_depth();
	if (syntax_value(syntax, parameters, &value))
		return term_of_value(&value);
	if (syntax->kind == SYNTAX_PATH)
		return term_of_path(syntax->path);

	foreach(cell, syntax->operands)
		terms = lappend(terms, set_operand_of(lfirst(cell), parameters));
	if (syntax->kind == SYNTAX_OPERATOR && (syntax->operator == TERM_PLUS || syntax->operator == TERM_MINUS))
		return term_of_operands(syntax->operator, terms);
	if (is_call_of(syntax, "list_append"))
		return term_of_operands(TERM_LIST_APPEND, terms);
	if (syntax->kind == SYNTAX_CALL)
		raise_unrecognized(syntax);
	partiql_malformed("");
}

/* set_add(path, set) and set_delete(path, set), which are ADD and DELETE. */
static void
read_set_function(const SyntaxAction *action, const char *name, const Value *parameters, UpdateAction *result)
{
	const Syntax *call = action->value;
	const Syntax *first;
	Value		value;

	if (list_length(call->operands) != 2)
		raise_at(psprintf("%s must have exactly two arguments", name), call);
	first = linitial(call->operands);
	if (first->kind != SYNTAX_PATH || !document_path_equal(first->path, action->path->path))
		raise_at(psprintf("The first argument to %s must equal the assignment value", name), call);
	if (!syntax_value(lsecond(call->operands), parameters, &value) ||
		(SET_TYPES & TYPE_BIT(value.type)) == 0)
		raise_at(psprintf("The second argument to %s must be a value with type SET", name), first);
	result->value = term_of_value(&value);
}

static UpdateAction *
action_of(const SyntaxAction *action, const Value *parameters)
{
	UpdateAction *result = palloc0(sizeof(UpdateAction));

	result->path = action->path->path;
	result->section = action->section;
	if (action->section == UPDATE_REMOVE)
		return result;
	if (is_call_of(action->value, "set_add"))
	{
		result->section = UPDATE_ADD;
		read_set_function(action, "SET_ADD", parameters, result);
	}
	else if (is_call_of(action->value, "set_delete"))
	{
		result->section = UPDATE_DELETE;
		read_set_function(action, "SET_DELETE", parameters, result);
	}
	else
		result->value = set_operand_of(action->value, parameters);
	return result;
}

static Update *
update_of(const List *actions, const Value *parameters)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, actions)
		result = lappend(result, action_of(lfirst(cell), parameters));
	update_check_actions(NULL, result, NULL);
	return update_of_actions(result, false);
}

/* ---- Columns ---- */

/* A column has the name of its path's last element, with the indexes behind it. */
static char *
column_name(const DocumentPath *path)
{
	StringInfoData name;
	int			last = path->count - 1;

	while (path->elements[last].name == NULL)
		last--;
	initStringInfo(&name);
	appendBinaryStringInfo(&name, path->elements[last].name, path->elements[last].length);
	for (int i = last + 1; i < path->count; i++)
		appendStringInfo(&name, "[%u]", path->elements[i].index);
	return name.data;
}

static StatementColumns *
columns_of(const List *columns)
{
	StatementColumns *result = palloc0(sizeof(StatementColumns));
	ListCell   *cell;

	result->paths = palloc(sizeof(DocumentPath *) * list_length(columns));
	result->names = palloc(sizeof(char *) * list_length(columns));
	result->lengths = palloc(sizeof(uint32) * list_length(columns));
	foreach(cell, columns)
	{
		const Syntax *column = lfirst(cell);

		if (column->kind != SYNTAX_PATH)
			raise_at("Unexpected path component", column);
		result->paths[result->count] = column->path;
		result->names[result->count] = column_name(column->path);
		result->lengths[result->count] = strlen(result->names[result->count]);
		result->count++;
	}
	return result;
}

Value
statement_columns_apply(const StatementColumns *columns, const Value *item)
{
	Node	   *map = node_map();

	for (int i = 0; i < columns->count; i++)
	{
		Value		value;

		if (document_path_find(columns->paths[i], item, &value))
			node_map_set(map, columns->names[i], columns->lengths[i], node_from_value(&value));
	}
	return node_pack(map);
}

static List *
add_attribute(List *paths, const DocumentPath *path)
{
	return lappend(paths, document_path_of_attribute(path->elements[0].name, path->elements[0].length));
}

static List *
add_attributes_of_term(List *paths, const Term *term)
{
	ListCell   *cell;

	check_stack_depth();
	if (term->kind == TERM_PATH)
		return add_attribute(paths, term->path);
	foreach(cell, term->operands)
		paths = add_attributes_of_term(paths, lfirst(cell));
	return paths;
}

Projection *
statement_columns_projection(const Statement *statement, bool with_where)
{
	List	   *paths = NIL;

	for (int i = 0; i < statement->columns->count; i++)
		paths = add_attribute(paths, statement->columns->paths[i]);
	if (with_where && statement->where != NULL)
		paths = add_attributes_of_term(paths, statement->where->term);
	return projection_of_paths(paths);
}

/* ---- Statements ---- */

static void
check_length(const char *text, uint32 length)
{
	/* most need not be counted */
	if (length > STATEMENT_MAX_LENGTH && pg_mbstrlen_with_len(text, length) > STATEMENT_MAX_LENGTH)
		validation_error("1 validation error detected: Value '%.*s' at 'statement' failed to satisfy constraint: "
						 "Member must have length less than or equal to %d",
						 pg_mbcliplen(text, length, 200), text, STATEMENT_MAX_LENGTH);
}

static bool
statement_kind_changes(StatementKind kind)
{
	return kind != STATEMENT_SELECT && kind != STATEMENT_EXISTS;
}

static void
set_source(Statement *statement, const List *source)
{
	const PartiqlToken *table = linitial(source);
	const PartiqlToken *index = list_length(source) > 1 ? lsecond(source) : NULL;

	statement->table = pnstrdup(table->text, table->length);
	statement->index = index != NULL ? pnstrdup(index->text, index->length) : NULL;
	if (statement->index != NULL && statement_kind_changes(statement->kind))
		validation_error("This operation is not supported on an index");
}

static const char *
returning_text(StatementReturning returning)
{
	switch (returning)
	{
		case RETURNING_MODIFIED_OLD:
			return "MODIFIED OLD";
		case RETURNING_ALL_NEW:
			return "ALL NEW";
		case RETURNING_MODIFIED_NEW:
			return "MODIFIED NEW";
		default:
			return "ALL OLD";
	}
}

static void
check_returning(const Statement *statement)
{
	if (statement->kind == STATEMENT_DELETE && statement->returning != RETURNING_NOTHING &&
		statement->returning != RETURNING_ALL_OLD)
		validation_error("Invalid returning clause: RETURNING %s *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
						 returning_text(statement->returning));
}

static void
set_item(Statement *statement, const Syntax *item, const Value *parameters)
{
	if (!syntax_item(item, parameters, &statement->item))
		partiql_malformed("");
	if (item_size(&statement->item) > ITEM_MAX_SIZE)
		validation_error("Item size has exceeded the maximum allowed size");
}

Statement *
statement_parse(const char *text, uint32 length, const Value *parameters, int count)
{
	Statement  *statement = palloc0(sizeof(Statement));
	const PartiqlParser *parser;

	check_length(text, length);
	parser = partiql_parse_cached(text, length);
	if (parser->parameter_count != count)
		validation_error("Number of parameters in request and statement don't match.");

	statement->kind = parser->kind;
	statement->returning = parser->returning;
	statement->order = parser->order;
	check_returning(statement);
	if (parser->columns != NIL)
		statement->columns = columns_of(parser->columns);
	set_source(statement, parser->source);
	statement->where = where_of(parser->where, parameters);
	if (statement->kind == STATEMENT_INSERT)
		set_item(statement, parser->item, parameters);
	if (statement->kind == STATEMENT_UPDATE)
		statement->update = update_of(parser->actions, parameters);
	return statement;
}
