/*
 * syntax.h - what a parsed PartiQL statement is made of, before its translation;
 * for this folder only.
 */
#ifndef DDB_PARTIQL_SYNTAX_H
#define DDB_PARTIQL_SYNTAX_H

#include "expression/tree.h"
#include "partiql/partiql.h"

/* Where something stands in the text: line and column from 1. */
typedef struct Place
{
	int			line;
	int			column;
	int			length;
} Place;

/* A token, as a place in the text; the text of a quoted one is without quotes. */
typedef struct PartiqlToken
{
	const char *text;
	uint32		length;
	Place		place;
} PartiqlToken;

typedef enum SyntaxKind
{
	SYNTAX_STRING,
	SYNTAX_NUMBER,				/* with its sign */
	SYNTAX_TRUE,
	SYNTAX_FALSE,
	SYNTAX_NULL,
	SYNTAX_PARAMETER,
	SYNTAX_PATH,
	SYNTAX_LIST,
	SYNTAX_BAG,
	SYNTAX_TUPLE,				/* operands: name, value, name, value, ... */
	SYNTAX_CALL,
	SYNTAX_OPERATOR,
	SYNTAX_IS					/* text is MISSING, NULL or a type's name */
} SyntaxKind;

typedef struct Syntax
{
	SyntaxKind	kind;
	PartiqlToken token;
	TermKind	operator;		/* SYNTAX_OPERATOR */
	bool		star;			/* SYNTAX_CALL: the argument is * */
	DocumentPath *path;			/* SYNTAX_PATH */
	int			parameter;		/* its number, from 0 */
	List	   *operands;		/* of Syntax * */
} Syntax;

/* A column of a SELECT, a SET or a REMOVE. */
typedef struct SyntaxAction
{
	UpdateSection section;
	Syntax	   *path;
	Syntax	   *value;			/* NULL for REMOVE */
} SyntaxAction;

typedef struct PartiqlParser
{
	const char *text;
	uint32		length;
	void	   *scanner;
	uint32		position;		/* in bytes, of the token that was read last */
	Place		next;			/* its place; the length is in bytes */
	bool		complete;		/* a whole statement has been read */
	bool		stray;			/* the token that was read last is none */
	int			parameter_count;

	/* The result. */
	StatementKind kind;
	List	   *source;			/* of PartiqlToken *: table and index */
	bool		all_columns;
	List	   *columns;		/* of Syntax * */
	Syntax	   *where;
	List	   *order;			/* of StatementOrder * */
	Syntax	   *item;
	List	   *actions;		/* of SyntaxAction * */
	StatementReturning returning;
} PartiqlParser;

/* Reads the text into the parser's result. */
extern void partiql_parse(PartiqlParser *parser, const char *text, uint32 length);

/*
 * The same, or what was read from that text before; it lives as long as
 * CurrentMemoryContext.  Translation changes nothing of it.
 */
extern const PartiqlParser *partiql_parse_cached(const char *text, uint32 length);

/* "Statement wasn't well formed, can't be processed: " and what is wrong. */
extern void partiql_malformed(const char *detail) __attribute__((noreturn));

/* Refuses U+0000, which no name of an attribute can have: the names of json-c's members end there. */
extern void partiql_check_name(const PartiqlToken *name);

/* What grammar.y calls to build the tree. */
extern Syntax *syntax_make(SyntaxKind kind, const PartiqlToken *token, List *operands);
extern Syntax *syntax_operator(TermKind operator, const PartiqlToken *token, List *operands);
extern Syntax *syntax_logical(TermKind operator, const PartiqlToken *token, Syntax *left, Syntax *right);
extern Syntax *syntax_path(const PartiqlToken *name);
extern Syntax *syntax_path_member(Syntax *path, const PartiqlToken *name);
extern Syntax *syntax_path_index(Syntax *path, const PartiqlToken *index);
extern Syntax *syntax_parameter(PartiqlParser *parser, const PartiqlToken *token);
extern Syntax *syntax_signed(const PartiqlToken *sign, Syntax *operand);
extern List *syntax_order(List *order, Syntax *path, bool descending);
extern void syntax_source(PartiqlParser *parser, List *source);
extern SyntaxAction *syntax_action(UpdateSection section, Syntax *path, Syntax *value);

/* The scanner (scanner.l). */
extern void partiql_scanner_begin(PartiqlParser *parser);
extern void partiql_scanner_end(PartiqlParser *parser);

/* The parser (grammar.y). */
extern int	partiql_grammar_parse(PartiqlParser *parser);

/* ---- Translation (translate.c) ---- */

/* The value of a literal, a parameter, or a list, bag or tuple of them; false where it is none. */
extern bool syntax_value(const Syntax *syntax, const Value *parameters, Value *value);

/* The same of the item of an INSERT; false also where it is no map. */
extern bool syntax_item(const Syntax *syntax, const Value *parameters, Value *item);

struct StatementColumns
{
	int			count;
	DocumentPath **paths;
	const char **names;			/* as they are shown */
	uint32	   *lengths;
};

#endif							/* DDB_PARTIQL_SYNTAX_H */
