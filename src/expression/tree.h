/*
 * tree.h - what a parsed expression is made of, and what the files of this
 * room share.
 *
 * The way of an expression: scanner.l and grammar.y make terms of its text and
 * find syntax errors; check.c finds everything that AWS refuses in a condition
 * before it looks at a table, and puts names and values in the place of the
 * placeholders; condition.c, update.c, projection.c and key_condition.c carry
 * the checked tree out.  legacy.c builds the same trees from the parameters
 * that expressions replaced.
 *
 * Trees are palloc'd in CurrentMemoryContext and point into the expression's
 * text and into the values given with it.
 */
#ifndef DDB_EXPRESSION_TREE_H
#define DDB_EXPRESSION_TREE_H

#include "nodes/pg_list.h"

#include "expression/expression.h"

/*
 * ValidationException "Invalid <parameter>: <text>"; only the text where parameter
 * is NULL, for trees that stand in no expression of a request.
 */
#define expression_error(parameter, format, ...) \
	validation_error("%s%s%s" format, (parameter) != NULL ? "Invalid " : "", \
					 (parameter) != NULL ? (parameter) : "", \
					 (parameter) != NULL ? ": " : "", ##__VA_ARGS__)

/* AWS's limits on an expression. */
#define EXPRESSION_MAX_SIZE 4096
#define EXPRESSION_MAX_OPERATORS 300
#define EXPRESSION_MAX_IN_OPERANDS 100
#define PLACEHOLDER_MAX_LENGTH 255
#define DOCUMENT_PATH_MAX_ELEMENTS 32

/* Sets of value types, as bits. */
#define TYPE_BIT(type) (1 << (type))
#define ANY_TYPES ((1 << VALUE_TYPES) - 1)
#define ORDERED_TYPES \
	(TYPE_BIT(VALUE_STRING) | TYPE_BIT(VALUE_NUMBER) | TYPE_BIT(VALUE_BINARY))
#define SET_TYPES \
	(TYPE_BIT(VALUE_STRING_SET) | TYPE_BIT(VALUE_NUMBER_SET) | TYPE_BIT(VALUE_BINARY_SET))

/* ---- Document paths ---- */

typedef struct PathElement
{
	const char *name;			/* or NULL: an index */
	uint32		length;			/* of the name */
	uint32		index;
	bool		placeholder;	/* name is a "#name", not yet replaced */
} PathElement;

typedef struct DocumentPath
{
	int			count;			/* at least 1; the first is a name */
	int			capacity;
	bool		parenthesised;	/* in a condition: the whole path */
	PathElement *elements;
} DocumentPath;

/* "[a, [1], b]", as AWS's errors name a path; palloc'd. */
extern char *document_path_text(const DocumentPath *path);

extern bool document_path_equal(const DocumentPath *a, const DocumentPath *b);

/* What the path leads to in an item; false where it leads nowhere. */
extern bool document_path_find(const DocumentPath *path, const Value *item, Value *found);

/*
 * Raises if one of the paths (DocumentPath *) is a part of another, or if two
 * of them take the same value for a map and for a list.
 */
extern void document_paths_check(const char *parameter, const List *paths);

/* A path of one element, the top-level attribute of that name. */
extern DocumentPath *document_path_of_attribute(const char *name, uint32 length);

/* ---- Terms ---- */

typedef enum TermKind
{
	TERM_PATH,
	TERM_VALUE,
	TERM_EQUAL,
	TERM_NOT_EQUAL,
	TERM_LESS,
	TERM_LESS_OR_EQUAL,
	TERM_GREATER,
	TERM_GREATER_OR_EQUAL,
	TERM_BETWEEN,
	TERM_IN,
	TERM_AND,
	TERM_OR,
	TERM_NOT,
	TERM_PLUS,
	TERM_MINUS,
	TERM_ATTRIBUTE_EXISTS,
	TERM_ATTRIBUTE_NOT_EXISTS,
	TERM_ATTRIBUTE_TYPE,
	TERM_BEGINS_WITH,
	TERM_CONTAINS,
	TERM_SIZE,
	TERM_IF_NOT_EXISTS,
	TERM_LIST_APPEND,
	TERM_UNKNOWN_FUNCTION
} TermKind;

typedef struct Term
{
	TermKind	kind;
	bool		parenthesised;
	bool		placeholder;	/* TERM_VALUE: value is not yet there */
	const char *text;			/* a function's name, or ":value" */
	uint32		length;
	DocumentPath *path;			/* TERM_PATH */
	Value		value;			/* TERM_VALUE */
	List	   *operands;		/* of Term *; AND and OR have two or more */
} Term;

/* The operator or function as AWS writes it, such as "<=" or "size". */
extern const char *term_name(TermKind kind);

/* The function of that name, or TERM_UNKNOWN_FUNCTION. */
extern TermKind term_function(const char *name, uint32 length);

extern bool term_is_function(TermKind kind);

/* Whether an operator or a function of a condition is true or false. */
extern bool term_is_boolean(TermKind kind);

/* Whether a function may stand among another function's operands. */
extern bool term_may_be_operand(TermKind kind);

extern Term *term_of_path(DocumentPath *path);
extern Term *term_of_value(const Value *value);
extern Term *term_of_operands(TermKind kind, List *operands);

/* Whether any path in the tree begins with the attribute, and goes on behind it. */
extern bool term_uses_attribute(const Term *term, const char *name, uint32 length);
extern bool term_enters_attribute(const Term *term, const char *name, uint32 length);

static inline Term *
term_operand(const Term *term, int index)
{
	return (Term *) list_nth(term->operands, index);
}

/* The type of an operand that is known without an item; false for others. */
extern bool term_known_type(const Term *operand, ValueType *type);

/* Whether the condition that the term is holds for the item. */
extern bool term_holds(const Term *term, const Value *item);

/* Room for the value that an operand computes. */
typedef struct OperandBuffer
{
	char		number[32];
} OperandBuffer;

/*
 * The value of a condition's operand: a path, a value or size(); false where
 * it has none.
 */
extern bool term_value(const Term *term, const Value *item, Value *value,
					   OperandBuffer *buffer);

/* ---- Updates ---- */

typedef enum UpdateSection
{
	UPDATE_SET,
	UPDATE_REMOVE,
	UPDATE_ADD,
	UPDATE_DELETE
} UpdateSection;

#define UPDATE_SECTIONS (UPDATE_DELETE + 1)

typedef struct UpdateAction
{
	UpdateSection section;
	DocumentPath *path;
	Term	   *value;			/* NULL for REMOVE */
} UpdateAction;

struct Update
{
	bool		legacy;			/* AttributeUpdates: other words, ADD on lists */
	List	   *actions;		/* of UpdateAction * */
	List	   *paths;			/* of DocumentPath *: the actions' */
};

/* The update of actions (UpdateAction *) that have been checked. */
extern Update *update_of_actions(List *actions, bool legacy);

/*
 * Raises for paths that overlap or conflict, for the values of ADD and DELETE,
 * and for the operands of functions and operators.
 */
extern void update_check_actions(const char *parameter, const List *actions,
								 ExpressionAttributes *attributes);

/*
 * The projection of paths (DocumentPath *) that neither overlap nor conflict.
 */
extern Projection *projection_of_paths(const List *paths);

/* ---- Conditions ---- */

struct Condition
{
	Term	   *term;
};

/* The checked tree of a condition, filter or key condition. */
extern Term *condition_term_parse(const char *parameter, const char *text, uint32 length,
								  ExpressionAttributes *attributes);

/* ---- Key conditions ---- */

/* One condition on one attribute. */
typedef struct KeyConditionPart
{
	const char *name;
	uint32		length;
	bool		indexable;		/* false: a legacy operator Query cannot serve */
	SortOperator operator;
	Value		values[2];
} KeyConditionPart;

struct KeyConditionTree
{
	Term	   *term;			/* until key_condition_check() takes it apart */
	List	   *parts;			/* of KeyConditionPart * */
};

/* ---- Parsing ---- */

typedef enum ExpressionLanguage
{
	CONDITION_LANGUAGE,
	PROJECTION_LANGUAGE,
	UPDATE_LANGUAGE
} ExpressionLanguage;

/* A token, as a place in the expression's text. */
typedef struct Token
{
	const char *text;
	uint32		length;
	int			code;			/* of grammar.h; 0 at the end */
} Token;

typedef struct ExpressionParser
{
	const char *parameter;		/* "ConditionExpression", ... */
	ExpressionLanguage language;
	const char *text;
	uint32		length;

	void	   *scanner;
	uint32		token_start;	/* where the scanner stands */
	uint32		token_end;
	int			start_token;	/* selects the language's start rule */
	Token		previous;
	Token		current;
	Token		next;

	int			operator_count;
	bool		redundant_parentheses;
	int			sections_seen;	/* bits by UpdateSection */
	const char *repeated_section;	/* "SET", or NULL */

	Term	   *condition;		/* the result, by language */
	List	   *paths;			/* of DocumentPath * */
	List	   *actions;		/* of UpdateAction * */
} ExpressionParser;

/*
 * Parses the text and raises for syntax errors and for what the parser itself
 * counts (sizes, operators, nesting, operands of IN).
 */
extern void expression_parse(ExpressionParser *parser, const char *parameter,
							 ExpressionLanguage language, const char *text, uint32 length);

/* What grammar.y calls to build the tree. */
extern DocumentPath *parser_path_start(ExpressionParser *parser, const Token *name);
extern DocumentPath *parser_path_member(ExpressionParser *parser, DocumentPath *path,
										const Token *name);
extern DocumentPath *parser_path_index(ExpressionParser *parser, DocumentPath *path,
									   const Token *index);
extern Term *parser_value(ExpressionParser *parser, const Token *placeholder);
extern Term *parser_operator(ExpressionParser *parser, TermKind kind, List *operands);
extern Term *parser_logical(ExpressionParser *parser, TermKind kind, Term *left, Term *right);
extern Term *parser_function(ExpressionParser *parser, const Token *name, List *operands);
extern Term *parser_parentheses(ExpressionParser *parser, Term *term);
extern void parser_section(ExpressionParser *parser, UpdateSection section, List *actions);
extern UpdateAction *parser_action(ExpressionParser *parser, UpdateSection section,
								   DocumentPath *path, Term *value);
extern void parser_syntax_error(ExpressionParser *parser) __attribute__((noreturn));

/* The scanner (scanner.l) reads parser->next. */
extern void expression_scanner_begin(ExpressionParser *parser);
extern void expression_scanner_next(ExpressionParser *parser);
extern void expression_scanner_end(ExpressionParser *parser);

/* The parser (grammar.y). */
extern int	expression_grammar_parse(ExpressionParser *parser);

/* ---- Checks (check.c) ---- */

/*
 * The faults that AWS looks for in the whole expression before it looks at any
 * placeholder; the first of each kind is kept.
 */
typedef struct WordCheck
{
	const Term *unknown;		/* a function that does not exist */
	const Term *foreign;		/* a function of the other language */
	const Term *misplaced;		/* a function where it may not stand */
	const PathElement *reserved;	/* a reserved word */
} WordCheck;

typedef enum TermPlace
{
	PLACE_CONDITION,			/* where true or false is asked */
	PLACE_VALUE,
	PLACE_FUNCTION_OPERAND
} TermPlace;

/* Looks through a term that stands in such a place. */
extern void word_check_term(WordCheck *check, ExpressionLanguage language,
							const Term *term, TermPlace place);
extern void word_check_path(WordCheck *check, const DocumentPath *path);

/* Raises for what the parser and the check found, by AWS's precedence. */
extern void word_check_raise(const WordCheck *check, const ExpressionParser *parser);

/* Puts names and values in the place of "#name" and ":value". */
extern void expression_resolve_path(const char *parameter, DocumentPath *path,
									ExpressionAttributes *attributes);
extern void expression_resolve_term(const char *parameter, Term *term,
									ExpressionAttributes *attributes);

/*
 * Resolves what is not yet resolved and checks number, kinds and types of the
 * operands, operand by operand: the first fault from the left is raised.
 */
extern void expression_check_term(const char *parameter, Term *term,
								  ExpressionAttributes *attributes);

/* ---- Placeholders ---- */

/* NULL where there is none of that name; marks it as used. */
extern const Value *expression_attribute_name(ExpressionAttributes *attributes,
											  const char *placeholder, uint32 length);
extern const Value *expression_attribute_value(ExpressionAttributes *attributes,
											   const char *placeholder, uint32 length);

/* Whether the name is one of DynamoDB's reserved words, in any case. */
extern bool reserved_word(const char *name, uint32 length);

#endif							/* DDB_EXPRESSION_TREE_H */
