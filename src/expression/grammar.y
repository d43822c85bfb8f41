%code top {
/*
 * grammar.y - the syntax of DynamoDB's expressions: conditions (of which a key
 * condition is one), projections and updates.
 *
 * The grammar is AWS's as its error messages show it: a path may stand in
 * parentheses in a condition but not elsewhere, an update adds or subtracts
 * once, functions of any name are syntactically fine.
 */
#include "postgres.h"

#include "expression/tree.h"
}

%code requires {
/* The parser's stacks grow in the current memory context. */
#define YYMALLOC palloc
#define YYFREE pfree
}

%code {
static int	yylex(EXPRESSION_GRAMMAR_STYPE *value, ExpressionParser *parser);
static void yyerror(ExpressionParser *parser, const char *message) __attribute__((noreturn));
}

%define api.pure full
%define api.prefix {expression_grammar_}
%expect 0
%param {ExpressionParser *parser}

%union {
	Token		token;
	DocumentPath *path;
	Term	   *term;
	List	   *list;
	UpdateAction *action;
	TermKind	kind;
}

%token <token> IDENTIFIER NAME_PLACEHOLDER VALUE_PLACEHOLDER DIGITS
%token NOT_EQUAL LESS_OR_EQUAL GREATER_OR_EQUAL
%token AND OR NOT BETWEEN IN
%token SET REMOVE ADD DELETE
%token STRAY_CHARACTER

/* Never in a text: the first token tells which language is read. */
%token START_CONDITION START_PROJECTION START_UPDATE

%left OR
%left AND
%precedence NOT

%type <token> element
%type <path> path plain_path
%type <term> condition compound operand value_operand function_operand function
%type <term> set_value arithmetic update_operand update_value
%type <list> operands plain_paths update_operands
%type <list> set_actions remove_actions add_actions delete_actions
%type <action> set_action remove_action add_action delete_action
%type <kind> comparator

%%

/* Bison counts errors, which new compilers see that nobody reads. */
start:
	request							{ (void) yynerrs; }
	;

request:
	START_CONDITION condition		{ parser->condition = $2; }
	| START_PROJECTION plain_paths	{ parser->paths = $2; }
	| START_UPDATE sections
	;

/* ---- Paths ---- */

element:
	IDENTIFIER
	| NAME_PLACEHOLDER
	;

plain_path:
	element							{ $$ = parser_path_start(parser, &$1); }
	| plain_path '.' element		{ $$ = parser_path_member(parser, $1, &$3); }
	| plain_path '[' DIGITS ']'		{ $$ = parser_path_index(parser, $1, &$3); }
	;

path:
	element							{ $$ = parser_path_start(parser, &$1); }
	| path '.' element				{ $$ = parser_path_member(parser, $1, &$3); }
	| path '[' DIGITS ']'			{ $$ = parser_path_index(parser, $1, &$3); }
	| '(' path ')'
		{
			if ($2->parenthesised)
				parser->redundant_parentheses = true;
			$2->parenthesised = true;
			$$ = $2;
		}
	;

/* ---- Conditions ---- */

/*
 * A function may be a condition or an operand, with parentheses around it or
 * not; only what follows tells.  So a parenthesised function is one thing, and
 * the other conditions that may stand in parentheses are "compound".
 */
condition:
	function_operand
	| compound
	;

compound:
	condition AND condition			{ $$ = parser_logical(parser, TERM_AND, $1, $3); }
	| condition OR condition		{ $$ = parser_logical(parser, TERM_OR, $1, $3); }
	| NOT condition					{ $$ = parser_operator(parser, TERM_NOT, list_make1($2)); }
	| operand comparator operand	{ $$ = parser_operator(parser, $2, list_make2($1, $3)); }
	| operand BETWEEN operand AND operand
		{ $$ = parser_operator(parser, TERM_BETWEEN, list_make3($1, $3, $5)); }
	| operand IN '(' operands ')'
		{ $$ = parser_operator(parser, TERM_IN, lcons($1, $4)); }
	| '(' compound ')'				{ $$ = parser_parentheses(parser, $2); }
	;

comparator:
	'='								{ $$ = TERM_EQUAL; }
	| NOT_EQUAL						{ $$ = TERM_NOT_EQUAL; }
	| '<'							{ $$ = TERM_LESS; }
	| LESS_OR_EQUAL					{ $$ = TERM_LESS_OR_EQUAL; }
	| '>'							{ $$ = TERM_GREATER; }
	| GREATER_OR_EQUAL				{ $$ = TERM_GREATER_OR_EQUAL; }
	;

operands:
	operand							{ $$ = list_make1($1); }
	| operands ',' operand			{ $$ = lappend($1, $3); }
	;

operand:
	path							{ $$ = term_of_path($1); }
	| value_operand
	| function_operand
	;

value_operand:
	VALUE_PLACEHOLDER				{ $$ = parser_value(parser, &$1); }
	| '(' value_operand ')'			{ $$ = parser_parentheses(parser, $2); }
	;

function_operand:
	function
	| '(' function_operand ')'		{ $$ = parser_parentheses(parser, $2); }
	;

function:
	IDENTIFIER '(' operands ')'		{ $$ = parser_function(parser, &$1, $3); }
	;

/* ---- Projections ---- */

plain_paths:
	plain_path						{ $$ = list_make1($1); }
	| plain_paths ',' plain_path	{ $$ = lappend($1, $3); }
	;

/* ---- Updates ---- */

sections:
	section
	| sections section
	;

section:
	SET set_actions					{ parser_section(parser, UPDATE_SET, $2); }
	| REMOVE remove_actions			{ parser_section(parser, UPDATE_REMOVE, $2); }
	| ADD add_actions				{ parser_section(parser, UPDATE_ADD, $2); }
	| DELETE delete_actions			{ parser_section(parser, UPDATE_DELETE, $2); }
	;

set_actions:
	set_action						{ $$ = list_make1($1); }
	| set_actions ',' set_action	{ $$ = lappend($1, $3); }
	;

remove_actions:
	remove_action					{ $$ = list_make1($1); }
	| remove_actions ',' remove_action	{ $$ = lappend($1, $3); }
	;

add_actions:
	add_action						{ $$ = list_make1($1); }
	| add_actions ',' add_action	{ $$ = lappend($1, $3); }
	;

delete_actions:
	delete_action					{ $$ = list_make1($1); }
	| delete_actions ',' delete_action	{ $$ = lappend($1, $3); }
	;

set_action:
	plain_path '=' set_value		{ $$ = parser_action(parser, UPDATE_SET, $1, $3); }
	;

remove_action:
	plain_path						{ $$ = parser_action(parser, UPDATE_REMOVE, $1, NULL); }
	;

add_action:
	plain_path update_value			{ $$ = parser_action(parser, UPDATE_ADD, $1, $2); }
	;

delete_action:
	plain_path update_value			{ $$ = parser_action(parser, UPDATE_DELETE, $1, $2); }
	;

update_value:
	VALUE_PLACEHOLDER				{ $$ = parser_value(parser, &$1); }
	;

set_value:
	update_operand
	| arithmetic
	;

arithmetic:
	update_operand '+' update_operand
		{ $$ = parser_operator(parser, TERM_PLUS, list_make2($1, $3)); }
	| update_operand '-' update_operand
		{ $$ = parser_operator(parser, TERM_MINUS, list_make2($1, $3)); }
	| '(' arithmetic ')'			{ $$ = parser_parentheses(parser, $2); }
	;

update_operand:
	plain_path						{ $$ = term_of_path($1); }
	| update_value
	| IDENTIFIER '(' update_operands ')'	{ $$ = parser_function(parser, &$1, $3); }
	| '(' update_operand ')'		{ $$ = parser_parentheses(parser, $2); }
	;

update_operands:
	update_operand					{ $$ = list_make1($1); }
	| update_operands ',' update_operand	{ $$ = lappend($1, $3); }
	;

%%

/*
 * The next token.  One more is read ahead of it, because AWS's syntax errors
 * show the tokens on both sides of the wrong one.
 */
static int
yylex(EXPRESSION_GRAMMAR_STYPE *value, ExpressionParser *parser)
{
	if (parser->start_token != 0)
	{
		int			start = parser->start_token;

		parser->start_token = 0;
		return start;
	}

	parser->previous = parser->current;
	parser->current = parser->next;
	if (parser->current.code != 0)
		expression_scanner_next(parser);
	value->token = parser->current;
	return parser->current.code;
}

static void
yyerror(ExpressionParser *parser, const char *message pg_attribute_unused())
{
	parser_syntax_error(parser);
}
