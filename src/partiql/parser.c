/*
 * parser.c - what grammar.y makes of a statement's text.
 */
#include "postgres.h"

#include "error.h"
#include "partiql/syntax.h"

void
partiql_malformed(const char *detail)
{
	validation_error("Statement wasn't well formed, can't be processed: %s", detail);
}

void
partiql_parse(PartiqlParser *parser, const char *text, uint32 length)
{
	memset(parser, 0, sizeof(*parser));
	parser->text = text;
	parser->length = length;
	parser->next = (Place) {.line = 1, .column = 1};
	partiql_scanner_begin(parser);
	/* what it finds wrong, it raises; a stack too deep is all that is left */
	if (partiql_grammar_parse(parser) != 0)
		partiql_malformed("");
	partiql_scanner_end(parser);
}

Syntax *
syntax_make(SyntaxKind kind, const PartiqlToken *token, List *operands)
{
	Syntax	   *syntax = palloc0(sizeof(Syntax));

	syntax->kind = kind;
	syntax->token = *token;
	syntax->operands = operands;
	return syntax;
}

Syntax *
syntax_operator(TermKind operator, const PartiqlToken *token, List *operands)
{
	Syntax	   *syntax = syntax_make(SYNTAX_OPERATOR, token, operands);

	syntax->operator = operator;
	return syntax;
}

/* AND and OR; a chain of the same operator becomes one, so that it is not deep. */
Syntax *
syntax_logical(TermKind operator, const PartiqlToken *token, Syntax *left, Syntax *right)
{
	if (left->kind != SYNTAX_OPERATOR || left->operator != operator)
		return syntax_operator(operator, token, list_make2(left, right));
	left->operands = lappend(left->operands, right);
	return left;
}

Syntax *
syntax_parameter(PartiqlParser *parser, const PartiqlToken *token)
{
	Syntax	   *syntax = syntax_make(SYNTAX_PARAMETER, token, NIL);

	syntax->parameter = parser->parameter_count++;
	return syntax;
}

/* A sign belongs to a number; of anything else it is none. */
Syntax *
syntax_signed(const PartiqlToken *sign, Syntax *operand)
{
	if (operand->kind != SYNTAX_NUMBER)
		partiql_malformed("");
	if (*sign->text == '-')
	{
		bool		negative = *operand->token.text == '-';

		operand->token.text = negative ? pnstrdup(operand->token.text + 1, operand->token.length - 1) :
			psprintf("-%.*s", (int) operand->token.length, operand->token.text);
		operand->token.length += negative ? -1 : 1;
	}
	return operand;
}

/* ---- Paths ---- */

static PathElement *
add_element(DocumentPath *path)
{
	PathElement *element;

	if (path->count == DOCUMENT_PATH_MAX_ELEMENTS)
		validation_error("The document path has too many nesting elements; nesting levels: %d", path->count + 1);
	if (path->count == path->capacity)
	{
		path->capacity *= 2;
		path->elements = repalloc(path->elements, path->capacity * sizeof(PathElement));
	}
	element = &path->elements[path->count++];
	memset(element, 0, sizeof(*element));
	return element;
}

void
partiql_check_name(const PartiqlToken *name)
{
	if (memchr(name->text, '\0', name->length) != NULL)
		validation_error("U+0000 is not supported in names");
}

static void
check_component(const PartiqlToken *name)
{
	if (name->length == 0)
		validation_error("Path component cannot be an empty string");
	partiql_check_name(name);
}

static void
add_name(DocumentPath *path, const PartiqlToken *name)
{
	PathElement *element;

	check_component(name);
	element = add_element(path);
	element->name = name->text;
	element->length = name->length;
}

Syntax *
syntax_path(const PartiqlToken *name)
{
	Syntax	   *syntax = syntax_make(SYNTAX_PATH, name, NIL);

	syntax->path = palloc0(sizeof(DocumentPath));
	syntax->path->capacity = 2;
	syntax->path->elements = palloc(syntax->path->capacity * sizeof(PathElement));
	add_name(syntax->path, name);
	return syntax;
}

/* AWS's parser takes this word for a join's wherever it stands without quotes. */
static bool
begins_join(const PartiqlToken *name)
{
	return name->length == 5 && name->place.length == 5 && pg_strncasecmp(name->text, "inner", 5) == 0;
}

Syntax *
syntax_path_member(Syntax *path, const PartiqlToken *name)
{
	if (begins_join(name))
		partiql_malformed("Invalid path dot component");
	add_name(path->path, name);
	return path;
}

Syntax *
syntax_path_index(Syntax *path, const PartiqlToken *index)
{
	uint64		number = 0;

	for (uint32 i = 0; i < index->length && number <= PG_INT32_MAX; i++)
		number = number * 10 + (index->text[i] - '0');
	if (number > PG_INT32_MAX)
		validation_error("List index is not within the allowable range; index: [%.*s]",
						 (int) index->length, index->text);
	add_element(path->path)->index = (uint32) number;
	return path;
}

/* ---- Clauses ---- */

List *
syntax_order(List *order, Syntax *path, bool descending)
{
	StatementOrder *key = palloc(sizeof(StatementOrder));
	const PathElement *first = &path->path->elements[0];

	if (path->path->count > 1)
		validation_error("Variable reference %.*s in ORDER BY clause must be part of the primary key",
						 (int) first->length, first->name);
	key->name = first->name;
	key->length = first->length;
	key->descending = descending;
	return lappend(order, key);
}

void
syntax_source(PartiqlParser *parser, List *source)
{
	ListCell   *cell;

	if (list_length(source) > 2)
		validation_error("A path may contain at most 2 components in the FROM clause");
	foreach(cell, source)
		check_component(lfirst(cell));
	parser->source = source;
}

SyntaxAction *
syntax_action(UpdateSection section, Syntax *path, Syntax *value)
{
	SyntaxAction *action = palloc(sizeof(SyntaxAction));

	action->section = section;
	action->path = path;
	action->value = value;
	return action;
}
