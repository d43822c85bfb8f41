/*
 * check.c - what AWS refuses in an expression whose syntax is right.
 *
 * AWS looks for faults in this order, and reports the first:
 *
 *	1. in the whole expression: redundant parentheses, a function that does not
 *	   exist, a function where it may not stand, a reserved word, in an update a
 *	   section used twice;
 *	2. in a condition, operand by operand from the left: undefined
 *	   placeholders, then of the operator or function around them the number of
 *	   operands, the same path twice, operands of the wrong kind or type.
 *
 * update.c tells its own order for updates.
 */
#include "postgres.h"

#include "common/base64.h"
#include "miscadmin.h"

#include "error.h"
#include "value/number.h"
#include "expression/tree.h"

/* ---- The whole expression ---- */

void
word_check_path(WordCheck *check, const DocumentPath *path)
{
	for (int i = 0; i < path->count && check->reserved == NULL; i++)
	{
		const PathElement *element = &path->elements[i];

		if (element->name != NULL && !element->placeholder &&
			reserved_word(element->name, element->length))
			check->reserved = element;
	}
}

static void
word_check_function(WordCheck *check, ExpressionLanguage language,
					const Term *term, TermPlace place)
{
	bool		update_function = term->kind == TERM_IF_NOT_EXISTS ||
		term->kind == TERM_LIST_APPEND;

	if (term->kind == TERM_UNKNOWN_FUNCTION)
	{
		if (check->unknown == NULL)
			check->unknown = term;
	}
	else if (update_function != (language == UPDATE_LANGUAGE))
	{
		if (check->foreign == NULL)
			check->foreign = term;
	}
	else if ((term_is_boolean(term->kind) != (place == PLACE_CONDITION) ||
			  (place == PLACE_FUNCTION_OPERAND && !term_may_be_operand(term->kind))) &&
			 check->misplaced == NULL)
		check->misplaced = term;
}

void
word_check_term(WordCheck *check, ExpressionLanguage language,
				const Term *term, TermPlace place)
{
	bool		logical = term->kind == TERM_AND || term->kind == TERM_OR ||
		term->kind == TERM_NOT;
	bool		function = term_is_function(term->kind);
	ListCell   *cell;

	check_stack_depth();

	if (term->kind == TERM_PATH)
		word_check_path(check, term->path);
	else if (function)
		word_check_function(check, language, term, place);
	place = logical ? PLACE_CONDITION : function ? PLACE_FUNCTION_OPERAND : PLACE_VALUE;
	foreach(cell, term->operands)
		word_check_term(check, language, lfirst(cell), place);
}

void
word_check_raise(const WordCheck *check, const ExpressionParser *parser)
{
	const char *parameter = parser->parameter;

	if (parser->redundant_parentheses)
		expression_error(parameter, "The expression has redundant parentheses;");
	if (check->unknown != NULL)
		expression_error(parameter, "Invalid function name; function: %.*s",
						 (int) check->unknown->length, check->unknown->text);
	if (check->foreign != NULL)
		expression_error(parameter, "The function is not allowed in %s expression; "
						 "function: %s", parser->language == UPDATE_LANGUAGE ? "an update" : "a condition",
						 term_name(check->foreign->kind));
	if (check->misplaced != NULL)
		expression_error(parameter, "The function is not allowed to be used this way in "
						 "an expression; function: %s",
						 term_name(check->misplaced->kind));
	if (check->reserved != NULL)
		expression_error(parameter, "Attribute name is a reserved keyword; "
						 "reserved keyword: %.*s", (int) check->reserved->length, check->reserved->name);
	if (parser->repeated_section != NULL)
		expression_error(parameter, "The \"%s\" section can only be used once in an "
						 "update expression;", parser->repeated_section);
}

/* ---- Placeholders ---- */

void
expression_resolve_path(const char *parameter, DocumentPath *path,
						ExpressionAttributes *attributes)
{
	for (int i = 0; i < path->count; i++)
	{
		PathElement *element = &path->elements[i];
		const Value *name;

		if (!element->placeholder)
			continue;
		name = expression_attribute_name(attributes, element->name, element->length);
		if (name == NULL)
			expression_error(parameter, "An expression attribute name used in the document "
							 "path is not defined; attribute name: %.*s",
							 (int) element->length, element->name);
		element->name = name->data;
		element->length = name->length;
		element->placeholder = false;
	}
}

static void
resolve_value(const char *parameter, Term *term, ExpressionAttributes *attributes)
{
	const Value *value = expression_attribute_value(attributes, term->text, term->length);

	if (value == NULL)
		expression_error(parameter, "An expression attribute value used in expression is "
						 "not defined; attribute value: %.*s",
						 (int) term->length, term->text);
	term->value = *value;
	term->placeholder = false;
}

void
expression_resolve_term(const char *parameter, Term *term, ExpressionAttributes *attributes)
{
	ListCell   *cell;

	check_stack_depth();

	if (term->kind == TERM_PATH)
		expression_resolve_path(parameter, term->path, attributes);
	else if (term->kind == TERM_VALUE && term->placeholder)
		resolve_value(parameter, term, attributes);
	foreach(cell, term->operands)
		expression_resolve_term(parameter, lfirst(cell), attributes);
}

/* ---- Operands ---- */

/*
 * What an operator or function asks of its operands, as far as their types are
 * known without an item.
 */
typedef struct OperandRule
{
	int			count;			/* of a function; 0: the grammar sees to it */
	bool		path_first;		/* the first operand must be a path */
	bool		distinct;		/* the first path must not come again */
	int			first;			/* types that may come first */
	int			rest;
} OperandRule;

static const OperandRule rules[] =
{
	[TERM_PATH] = {0, false, false, ANY_TYPES, ANY_TYPES},
	[TERM_VALUE] = {0, false, false, ANY_TYPES, ANY_TYPES},
	[TERM_EQUAL] = {0, false, true, ANY_TYPES, ANY_TYPES},
	[TERM_NOT_EQUAL] = {0, false, true, ANY_TYPES, ANY_TYPES},
	[TERM_LESS] = {0, false, true, ORDERED_TYPES, ORDERED_TYPES},
	[TERM_LESS_OR_EQUAL] = {0, false, true, ORDERED_TYPES, ORDERED_TYPES},
	[TERM_GREATER] = {0, false, true, ORDERED_TYPES, ORDERED_TYPES},
	[TERM_GREATER_OR_EQUAL] = {0, false, true, ORDERED_TYPES, ORDERED_TYPES},
	[TERM_BETWEEN] = {0, false, true, ORDERED_TYPES, ORDERED_TYPES},
	[TERM_IN] = {0, false, true, ANY_TYPES, ANY_TYPES},
	[TERM_AND] = {0, false, false, ANY_TYPES, ANY_TYPES},
	[TERM_OR] = {0, false, false, ANY_TYPES, ANY_TYPES},
	[TERM_NOT] = {0, false, false, ANY_TYPES, ANY_TYPES},
	[TERM_PLUS] = {0, false, false, TYPE_BIT(VALUE_NUMBER), TYPE_BIT(VALUE_NUMBER)},
	[TERM_MINUS] = {0, false, false, TYPE_BIT(VALUE_NUMBER), TYPE_BIT(VALUE_NUMBER)},
	[TERM_ATTRIBUTE_EXISTS] = {1, true, false, ANY_TYPES, ANY_TYPES},
	[TERM_ATTRIBUTE_NOT_EXISTS] = {1, true, false, ANY_TYPES, ANY_TYPES},
	[TERM_ATTRIBUTE_TYPE] = {2, false, true, ANY_TYPES, TYPE_BIT(VALUE_STRING)},
	[TERM_BEGINS_WITH] = {2, false, true, TYPE_BIT(VALUE_STRING) | TYPE_BIT(VALUE_BINARY),
	TYPE_BIT(VALUE_STRING) | TYPE_BIT(VALUE_BINARY)},
	[TERM_CONTAINS] = {2, false, true,
	TYPE_BIT(VALUE_STRING) | TYPE_BIT(VALUE_BINARY) | SET_TYPES | TYPE_BIT(VALUE_LIST), ANY_TYPES},
	[TERM_SIZE] = {1, false, false,
	ANY_TYPES & ~(TYPE_BIT(VALUE_NUMBER) | TYPE_BIT(VALUE_BOOLEAN) | TYPE_BIT(VALUE_NULL)), ANY_TYPES},
	[TERM_IF_NOT_EXISTS] = {2, true, false, ANY_TYPES, ANY_TYPES},
	[TERM_LIST_APPEND] = {2, false, false, TYPE_BIT(VALUE_LIST), TYPE_BIT(VALUE_LIST)},
};

bool
term_known_type(const Term *operand, ValueType *type)
{
	switch (operand->kind)
	{
		case TERM_VALUE:
			*type = operand->value.type;
			return true;
		case TERM_SIZE:
		case TERM_PLUS:
		case TERM_MINUS:
			*type = VALUE_NUMBER;
			return true;
		case TERM_LIST_APPEND:
			*type = VALUE_LIST;
			return true;
		default:
			return false;
	}
}

static void
check_count(const char *parameter, const Term *term, const OperandRule *rule)
{
	if (rule->count != 0 && list_length(term->operands) != rule->count)
		expression_error(parameter, "Incorrect number of operands for operator or function; "
						 "operator or function: %s, number of operands: %d",
						 term_name(term->kind), list_length(term->operands));
}

static void
check_distinct(const char *parameter, const Term *term)
{
	const Term *first = term_operand(term, 0);

	for (int i = 1; i < list_length(term->operands); i++)
	{
		const Term *other = term_operand(term, i);

		if (first->kind == TERM_PATH && other->kind == TERM_PATH &&
			document_path_equal(first->path, other->path))
			expression_error(parameter, "The first operand must be distinct from the "
							 "remaining operands for this operator or function; "
							 "operator: %s, first operand: %s",
							 term_name(term->kind),
							 document_path_text(first->path));
	}
}

static void
check_types(const char *parameter, const Term *term, const OperandRule *rule)
{
	for (int i = 0; i < list_length(term->operands); i++)
	{
		ValueType	type;

		if (!term_known_type(term_operand(term, i), &type))
			continue;
		if (((i == 0 ? rule->first : rule->rest) & TYPE_BIT(type)) == 0)
			expression_error(parameter, "Incorrect operand type for operator or function; "
							 "operator or function: %s, operand type: %s",
							 term_name(term->kind), value_type_name(type));
	}
}

/* The type must be named, and named by a value: not even a path will do. */
static void
check_attribute_type(const char *parameter, const Term *term)
{
	const Term *operand = term_operand(term, 1);
	ValueType	type;
	char	   *name;

	if (operand->kind != TERM_VALUE)
		expression_error(parameter, "Incorrect operand type for operator or function; "
						 "operator or function: attribute_type, "
						 "operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
	name = pnstrdup(operand->value.data, operand->value.length);
	if (!value_type_from_name(name, &type))
		expression_error(parameter, "Invalid attribute type name found; type: %s, "
						 "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", name);
}

/* A value as AWS's errors show it: {N:1}, {S:a}. */
static char *
operand_text(const Value *value)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "{%s:", value_type_name(value->type));
	switch (value->type)
	{
		case VALUE_NUMBER:
			{
				char		digits[NUMBER_MAX_TEXT];

				number_print(value->data, value->length, digits);
				appendStringInfoString(&text, digits);
				break;
			}
		case VALUE_BINARY:
			{
				int			size = pg_b64_enc_len(value->length);

				enlargeStringInfo(&text, size);
				text.len += pg_b64_encode((const void *) value->data, value->length,
										  text.data + text.len, size);
				text.data[text.len] = '\0';
				break;
			}
		default:
			appendBinaryStringInfo(&text, value->data, value->length);
	}
	appendStringInfoChar(&text, '}');
	return text.data;
}

/* Bounds that are both values can be judged at once. */
static void
check_between(const char *parameter, const Term *term)
{
	const Term *lower = term_operand(term, 1);
	const Term *upper = term_operand(term, 2);

	if (lower->kind != TERM_VALUE || upper->kind != TERM_VALUE)
		return;
	if (lower->value.type != upper->value.type)
		expression_error(parameter, "The BETWEEN operator requires same data type for lower "
						 "and upper bounds; lower bound operand: AttributeValue: %s, "
						 "upper bound operand: AttributeValue: %s", operand_text(&lower->value), operand_text(&upper->value));
	if (value_compare(&lower->value, &upper->value) > 0)
		expression_error(parameter, "The BETWEEN operator requires upper bound to be greater "
						 "than or equal to lower bound; lower bound operand: AttributeValue: "
						 "%s, upper bound operand: AttributeValue: %s", operand_text(&lower->value), operand_text(&upper->value));
}

static void
check_operands(const char *parameter, const Term *term)
{
	const OperandRule *rule = &rules[term->kind];

	check_count(parameter, term, rule);
	if (rule->distinct)
		check_distinct(parameter, term);
	if (rule->path_first && term_operand(term, 0)->kind != TERM_PATH)
		expression_error(parameter, "Operator or function requires a document path; "
						 "operator or function: %s", term_name(term->kind));
	check_types(parameter, term, rule);
	if (term->kind == TERM_ATTRIBUTE_TYPE)
		check_attribute_type(parameter, term);
	if (term->kind == TERM_BETWEEN)
		check_between(parameter, term);
}

void
expression_check_term(const char *parameter, Term *term, ExpressionAttributes *attributes)
{
	ListCell   *cell;

	check_stack_depth();

	if (term->kind == TERM_PATH)
		expression_resolve_path(parameter, term->path, attributes);
	else if (term->kind == TERM_VALUE && term->placeholder)
		resolve_value(parameter, term, attributes);
	foreach(cell, term->operands)
		expression_check_term(parameter, lfirst(cell), attributes);
	check_operands(parameter, term);
}
