/*
 * parser.c - from an expression's text to its tree: limits, syntax errors, and
 * the building blocks that grammar.y puts together.
 */
#include "postgres.h"

#include "error.h"
#include "expression/tree.h"
#include "expression/grammar.h"

static const int start_tokens[] =
{
	[CONDITION_LANGUAGE] = START_CONDITION,
	[PROJECTION_LANGUAGE] = START_PROJECTION,
	[UPDATE_LANGUAGE] = START_UPDATE,
};

static const char *const section_names[] =
{
	[UPDATE_SET] = "SET",
	[UPDATE_REMOVE] = "REMOVE",
	[UPDATE_ADD] = "ADD",
	[UPDATE_DELETE] = "DELETE",
};

/* The older layer does not tell the size of an update. */
static void
raise_too_long(const char *parameter, ExpressionLanguage language, uint32 length)
{
	bool		tells_size = language != UPDATE_LANGUAGE || validation_layer() != LAYER_OLDER;

	expression_error(parameter, "Expression size has exceeded the maximum allowed size;%s",
					 tells_size ? psprintf(" expression size: %u", length) : "");
}

void
expression_parse(ExpressionParser *parser, const char *parameter,
				 ExpressionLanguage language, const char *text, uint32 length)
{
	if (length == 0)
		expression_error(parameter, "The expression can not be empty;");
	if (length > EXPRESSION_MAX_SIZE)
		raise_too_long(parameter, language, length);

	memset(parser, 0, sizeof(*parser));
	parser->parameter = parameter;
	parser->language = language;
	parser->text = text;
	parser->length = length;
	parser->start_token = start_tokens[language];

	expression_scanner_begin(parser);
	if (expression_grammar_parse(parser) != 0)
		elog(ERROR, "expression parser failed without an error");
	expression_scanner_end(parser);
}

/*
 * The wrong token, and near it the text from the token before to the one
 * behind it.
 */
void
parser_syntax_error(ExpressionParser *parser)
{
	const Token *wrong = &parser->current;
	const char *start = parser->previous.text != NULL ? parser->previous.text : wrong->text;
	const char *end = wrong->code == 0 ? wrong->text : parser->next.text + parser->next.length;

	expression_error(parser->parameter, "Syntax error; token: \"%.*s\", near: \"%.*s\"",
					 wrong->code == 0 ? 5 : (int) wrong->length,
					 wrong->code == 0 ? "<EOF>" : wrong->text,
					 (int) (end - start), start);
}

/* ---- Paths ---- */

static PathElement *
add_path_element(ExpressionParser *parser, DocumentPath *path)
{
	PathElement *element;

	if (path->count == DOCUMENT_PATH_MAX_ELEMENTS)
		expression_error(parser->parameter, "The document path has too many nesting elements; "
						 "nesting levels: %d", path->count + 1);
	if (path->count == path->capacity)
	{
		path->capacity *= 2;
		path->elements = repalloc(path->elements, path->capacity * sizeof(PathElement));
	}
	path->parenthesised = false;
	element = &path->elements[path->count++];
	memset(element, 0, sizeof(*element));
	return element;
}

static void
set_element_name(PathElement *element, const Token *name)
{
	element->name = name->text;
	element->length = name->length;
	element->placeholder = name->code == NAME_PLACEHOLDER;
}

static DocumentPath *
empty_path(int capacity)
{
	DocumentPath *path = palloc0(sizeof(DocumentPath));

	path->capacity = capacity;
	path->elements = palloc(capacity * sizeof(PathElement));
	return path;
}

DocumentPath *
parser_path_start(ExpressionParser *parser, const Token *name)
{
	DocumentPath *path = empty_path(2);

	set_element_name(add_path_element(parser, path), name);
	return path;
}

DocumentPath *
parser_path_member(ExpressionParser *parser, DocumentPath *path, const Token *name)
{
	set_element_name(add_path_element(parser, path), name);
	return path;
}

DocumentPath *
parser_path_index(ExpressionParser *parser, DocumentPath *path, const Token *index)
{
	PathElement *element = add_path_element(parser, path);
	uint64		number = 0;

	for (uint32 i = 0; i < index->length && number <= PG_INT32_MAX; i++)
		number = number * 10 + (index->text[i] - '0');
	if (number > PG_INT32_MAX)
		expression_error(parser->parameter, "List index is not within the allowable range; "
						 "index: [%.*s]", (int) index->length, index->text);
	element->index = (uint32) number;
	return path;
}

DocumentPath *
document_path_of_attribute(const char *name, uint32 length)
{
	DocumentPath *path = empty_path(1);

	memset(path->elements, 0, sizeof(PathElement));
	path->elements->name = name;
	path->elements->length = length;
	path->count = 1;
	return path;
}

/* ---- Terms ---- */

static void
count_operator(ExpressionParser *parser)
{
	if (++parser->operator_count > EXPRESSION_MAX_OPERATORS)
		expression_error(parser->parameter, "The expression contains too many operators; "
						 "operator count: %d",
						 parser->operator_count);
}

Term *
parser_value(ExpressionParser *parser pg_attribute_unused(), const Token *placeholder)
{
	Term	   *term = palloc0(sizeof(Term));

	term->kind = TERM_VALUE;
	term->placeholder = true;
	term->text = placeholder->text;
	term->length = placeholder->length;
	return term;
}

Term *
parser_operator(ExpressionParser *parser, TermKind kind, List *operands)
{
	count_operator(parser);
	if (kind == TERM_IN && list_length(operands) - 1 > EXPRESSION_MAX_IN_OPERANDS)
		expression_error(parser->parameter, "The IN operator is provided with too many operands; "
						 "number of operands: %d",
						 list_length(operands) - 1);
	return term_of_operands(kind, operands);
}

/* AND and OR; a chain of the same operator becomes one term. */
Term *
parser_logical(ExpressionParser *parser, TermKind kind, Term *left, Term *right)
{
	count_operator(parser);
	if (left->kind != kind)
		return term_of_operands(kind, list_make2(left, right));
	left->operands = lappend(left->operands, right);
	left->parenthesised = false;
	return left;
}

Term *
parser_function(ExpressionParser *parser, const Token *name, List *operands)
{
	Term	   *term;

	count_operator(parser);
	term = term_of_operands(term_function(name->text, name->length), operands);
	term->text = name->text;
	term->length = name->length;
	return term;
}

Term *
parser_parentheses(ExpressionParser *parser, Term *term)
{
	if (term->parenthesised)
		parser->redundant_parentheses = true;
	term->parenthesised = true;
	return term;
}

/* ---- Updates ---- */

UpdateAction *
parser_action(ExpressionParser *parser pg_attribute_unused(), UpdateSection section,
			  DocumentPath *path, Term *value)
{
	UpdateAction *action = palloc(sizeof(UpdateAction));

	action->section = section;
	action->path = path;
	action->value = value;
	return action;
}

void
parser_section(ExpressionParser *parser, UpdateSection section, List *actions)
{
	if (parser->sections_seen & (1 << section))
	{
		if (parser->repeated_section == NULL)
			parser->repeated_section = section_names[section];
	}
	parser->sections_seen |= 1 << section;
	parser->actions = list_concat(parser->actions, actions);
}
