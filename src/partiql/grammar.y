%code top {
/*
 * grammar.y - the syntax of PartiQL statements, as far as DynamoDB has it.
 */
#include "postgres.h"

#include "error.h"
#include "partiql/syntax.h"
}

%code requires {
/* The parser's stacks grow in the current memory context. */
#define YYMALLOC palloc
#define YYFREE pfree

#include "partiql/syntax.h"
}

%code {
extern int	partiql_scanner_lex(PARTIQL_GRAMMAR_STYPE *value, void *scanner);

static int	yylex(PARTIQL_GRAMMAR_STYPE *value, PartiqlParser *parser);
static void yyerror(PartiqlParser *parser, const char *message) __attribute__((noreturn));
}

%define api.pure full
%define api.prefix {partiql_grammar_}
%expect 0
%param {PartiqlParser *parser}

%union {
	PartiqlToken token;
	Syntax	   *syntax;
	SyntaxAction *action;
	List	   *list;
	TermKind	kind;
	StatementReturning returning;
	bool		flag;
}

%token <token> IDENTIFIER QUOTED STRING NUMBER DIGITS PARAMETER
%token <token> NOT_EQUAL LESS_OR_EQUAL GREATER_OR_EQUAL BAG_START BAG_END
%token <token> SELECT FROM WHERE ORDER BY ASC DESC INSERT INTO VALUE UPDATE SET REMOVE DELETE
%token <token> RETURNING ALL MODIFIED OLD NEW EXISTS AS
%token <token> AND OR NOT IN BETWEEN IS MISSING TRUE FALSE NULL_WORD
%token <token> '=' '<' '>' '+' '-' '*' '(' ')' '[' ']' '{' '}' ',' '.' ':' ';'
%token <token> STRAY_CHARACTER

%left OR
%left AND
%precedence NOT
%nonassoc '=' NOT_EQUAL '<' LESS_OR_EQUAL '>' GREATER_OR_EQUAL IN BETWEEN IS
%left '+' '-'
%precedence SIGN

%type <token> name member_name
%type <syntax> expression operand primary path value_or_list where
%type <list> expressions optional_expressions table source columns order_keys members member
%type <list> clauses clause set_actions remove_actions
%type <action> set_action
%type <kind> comparator
%type <returning> returning
%type <flag> direction

%%

/* Bison counts errors, which new compilers see that nobody reads. */
start:
	whole							{ (void) yynerrs; }
	| whole ';'
	;

whole:
	statement						{ parser->complete = true; }
	;

statement:
	select							{ parser->kind = STATEMENT_SELECT; }
	| EXISTS '(' select ')'			{ parser->kind = STATEMENT_EXISTS; }
	| INSERT INTO table VALUE expression
		{
			parser->kind = STATEMENT_INSERT;
			syntax_source(parser, $3);
			parser->item = $5;
		}
	| UPDATE source clauses where returning
		{
			parser->kind = STATEMENT_UPDATE;
			syntax_source(parser, $2);
			parser->actions = $3;
			parser->where = $4;
			parser->returning = $5;
		}
	| INSERT INTO table name		{ partiql_malformed("Unexpected token after expression"); }
	| INSERT INTO table AS			{ partiql_malformed("Unexpected token after expression"); }
	| FROM source where clauses returning
		{
			parser->kind = STATEMENT_UPDATE;
			syntax_source(parser, $2);
			parser->where = $3;
			parser->actions = $4;
			parser->returning = $5;
		}
	| DELETE FROM source where returning
		{
			parser->kind = STATEMENT_DELETE;
			syntax_source(parser, $3);
			parser->where = $4;
			parser->returning = $5;
		}
	;

select:
	SELECT columns FROM source where order
		{
			parser->columns = $2;
			syntax_source(parser, $4);
			parser->where = $5;
		}
	;

columns:
	'*'								{ parser->all_columns = true; $$ = NIL; }
	| expressions
	;

table:
	name							{ $$ = list_make1(memcpy(palloc(sizeof(PartiqlToken)), &$1, sizeof(PartiqlToken))); }
	| table '.' member_name			{ $$ = lappend($1, memcpy(palloc(sizeof(PartiqlToken)), &$3, sizeof(PartiqlToken))); }
	;

source:
	table
	| table name					{ validation_error("Aliasing is not supported"); }
	| table AS name					{ validation_error("Aliasing is not supported"); }
	| table ',' name
		{
			validation_error("FROM clause may only contain a single table name in data manipulation statements at %d:%d:%d",
							 $2.place.line, $2.place.column, $2.place.length);
		}
	;

where:
	%empty							{ $$ = NULL; }
	| WHERE expression				{ $$ = $2; }
	;

order:
	%empty
	| ORDER BY order_keys			{ parser->order = $3; }
	;

order_keys:
	path direction					{ $$ = syntax_order(NIL, $1, $2); }
	| order_keys ',' path direction	{ $$ = syntax_order($1, $3, $4); }
	;

direction:
	%empty							{ $$ = false; }
	| ASC							{ $$ = false; }
	| DESC							{ $$ = true; }
	;

clauses:
	clause
	| clauses clause				{ $$ = list_concat($1, $2); }
	;

clause:
	SET set_actions					{ $$ = $2; }
	| REMOVE remove_actions			{ $$ = $2; }
	;

set_actions:
	set_action						{ $$ = list_make1($1); }
	| set_actions ',' set_action	{ $$ = lappend($1, $3); }
	;

set_action:
	path '=' operand				{ $$ = syntax_action(UPDATE_SET, $1, $3); }
	;

remove_actions:
	path							{ $$ = list_make1(syntax_action(UPDATE_REMOVE, $1, NULL)); }
	| remove_actions ',' path		{ $$ = lappend($1, syntax_action(UPDATE_REMOVE, $3, NULL)); }
	;

returning:
	%empty							{ $$ = RETURNING_NOTHING; }
	| RETURNING ALL OLD '*'			{ $$ = RETURNING_ALL_OLD; }
	| RETURNING MODIFIED OLD '*'	{ $$ = RETURNING_MODIFIED_OLD; }
	| RETURNING ALL NEW '*'			{ $$ = RETURNING_ALL_NEW; }
	| RETURNING MODIFIED NEW '*'	{ $$ = RETURNING_MODIFIED_NEW; }
	;

/* ---- Names and paths ---- */

name:
	IDENTIFIER
	| QUOTED
	;

/* Behind a dot, every word is a name. */
member_name:
	name
	| SELECT | FROM | WHERE | ORDER | BY | ASC | DESC | INSERT | INTO | VALUE | UPDATE | SET
	| REMOVE | DELETE | RETURNING | ALL | MODIFIED | OLD | NEW | EXISTS | AS | AND | OR | NOT
	| IN | BETWEEN | IS | MISSING | TRUE | FALSE | NULL_WORD
	;

path:
	name							{ $$ = syntax_path(&$1); }
	| path '.' member_name			{ $$ = syntax_path_member($1, &$3); }
	| path '[' DIGITS ']'			{ $$ = syntax_path_index($1, &$3); }
	| path '[' STRING ']'			{ $$ = syntax_path_member($1, &$3); }
	;

/* ---- Expressions ---- */

expressions:
	expression						{ $$ = list_make1($1); }
	| expressions ',' expression	{ $$ = lappend($1, $3); }
	;

optional_expressions:
	%empty							{ $$ = NIL; }
	| expressions
	;

expression:
	operand
	| expression AND expression		{ $$ = syntax_logical(TERM_AND, &$2, $1, $3); }
	| expression OR expression		{ $$ = syntax_logical(TERM_OR, &$2, $1, $3); }
	| NOT expression				{ $$ = syntax_operator(TERM_NOT, &$1, list_make1($2)); }
	| operand comparator operand	%prec '='
		{ $$ = syntax_operator($2, &$1->token, list_make2($1, $3)); }
	| operand BETWEEN operand AND operand	%prec BETWEEN
		{ $$ = syntax_operator(TERM_BETWEEN, &$2, list_make3($1, $3, $5)); }
	| operand NOT BETWEEN operand AND operand	%prec BETWEEN
		{ $$ = syntax_operator(TERM_NOT, &$2, list_make1(syntax_operator(TERM_BETWEEN, &$3, list_make3($1, $4, $6)))); }
	| operand IN value_or_list
		{ $$ = syntax_operator(TERM_IN, &$2, lcons($1, $3->operands)); }
	| operand NOT IN value_or_list
		{ $$ = syntax_operator(TERM_NOT, &$2, list_make1(syntax_operator(TERM_IN, &$3, lcons($1, $4->operands)))); }
	| operand IS MISSING			{ $$ = syntax_make(SYNTAX_IS, &$3, list_make1($1)); }
	| operand IS NULL_WORD			{ $$ = syntax_make(SYNTAX_IS, &$3, list_make1($1)); }
	| operand IS IDENTIFIER			{ $$ = syntax_make(SYNTAX_IS, &$3, list_make1($1)); }
	| operand IS NOT MISSING
		{ $$ = syntax_operator(TERM_NOT, &$3, list_make1(syntax_make(SYNTAX_IS, &$4, list_make1($1)))); }
	| operand IS NOT NULL_WORD
		{ $$ = syntax_operator(TERM_NOT, &$3, list_make1(syntax_make(SYNTAX_IS, &$4, list_make1($1)))); }
	| operand IS NOT IDENTIFIER
		{ $$ = syntax_operator(TERM_NOT, &$3, list_make1(syntax_make(SYNTAX_IS, &$4, list_make1($1)))); }
	;

value_or_list:
	'[' expressions ']'				{ $$ = syntax_make(SYNTAX_LIST, &$1, $2); }
	| BAG_START expressions BAG_END	{ $$ = syntax_make(SYNTAX_LIST, &$1, $2); }
	| '(' expressions ')'			{ $$ = syntax_make(SYNTAX_LIST, &$1, $2); }
	;

comparator:
	'='								{ $$ = TERM_EQUAL; }
	| NOT_EQUAL						{ $$ = TERM_NOT_EQUAL; }
	| '<'							{ $$ = TERM_LESS; }
	| LESS_OR_EQUAL					{ $$ = TERM_LESS_OR_EQUAL; }
	| '>'							{ $$ = TERM_GREATER; }
	| GREATER_OR_EQUAL				{ $$ = TERM_GREATER_OR_EQUAL; }
	;

operand:
	primary
	| operand '+' operand			{ $$ = syntax_operator(TERM_PLUS, &$2, list_make2($1, $3)); }
	| operand '-' operand			{ $$ = syntax_operator(TERM_MINUS, &$2, list_make2($1, $3)); }
	| '-' operand		%prec SIGN	{ $$ = syntax_signed(&$1, $2); }
	| '+' operand		%prec SIGN	{ $$ = syntax_signed(&$1, $2); }
	;

primary:
	path
	| STRING						{ $$ = syntax_make(SYNTAX_STRING, &$1, NIL); }
	| NUMBER						{ $$ = syntax_make(SYNTAX_NUMBER, &$1, NIL); }
	| DIGITS						{ $$ = syntax_make(SYNTAX_NUMBER, &$1, NIL); }
	| TRUE							{ $$ = syntax_make(SYNTAX_TRUE, &$1, NIL); }
	| FALSE							{ $$ = syntax_make(SYNTAX_FALSE, &$1, NIL); }
	| NULL_WORD						{ $$ = syntax_make(SYNTAX_NULL, &$1, NIL); }
	| PARAMETER						{ $$ = syntax_parameter(parser, &$1); }
	| '[' optional_expressions ']'	{ $$ = syntax_make(SYNTAX_LIST, &$1, $2); }
	| BAG_START optional_expressions BAG_END	{ $$ = syntax_make(SYNTAX_BAG, &$1, $2); }
	| '{' '}'						{ $$ = syntax_make(SYNTAX_TUPLE, &$1, NIL); }
	| '{' members '}'				{ $$ = syntax_make(SYNTAX_TUPLE, &$1, $2); }
	| '(' expression ')'			{ $$ = $2; }
	| IDENTIFIER '(' optional_expressions ')'	{ $$ = syntax_make(SYNTAX_CALL, &$1, $3); }
	| EXISTS '(' optional_expressions ')'	{ $$ = syntax_make(SYNTAX_CALL, &$1, $3); }
	| MISSING '(' optional_expressions ')'	{ $$ = syntax_make(SYNTAX_CALL, &$1, $3); }
	| IDENTIFIER '(' '*' ')'
		{
			$$ = syntax_make(SYNTAX_CALL, &$1, NIL);
			$$->star = true;
		}
	;

members:
	member
	| members ',' member			{ $$ = list_concat($1, $3); }
	;

member:
	STRING ':' expression			{ $$ = list_make2(syntax_make(SYNTAX_STRING, &$1, NIL), $3); }
	| QUOTED ':' expression			{ $$ = list_make2(syntax_make(SYNTAX_STRING, &$1, NIL), $3); }
	;

%%

static int
yylex(PARTIQL_GRAMMAR_STYPE *value, PartiqlParser *parser)
{
	int			token = partiql_scanner_lex(value, parser->scanner);

	parser->stray = token == STRAY_CHARACTER;
	return token;
}

/* What is left behind a whole statement is told as such, unless it cannot even be read. */
static void
yyerror(PartiqlParser *parser, const char *message pg_attribute_unused())
{
	partiql_malformed(parser->complete && !parser->stray ? "Unexpected token after expression" : "");
}
