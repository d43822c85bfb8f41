/*
 * term.c - the operators and functions of expressions, described as data, and
 * the terms made of them.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "expression/tree.h"

typedef struct TermDescription
{
	const char *name;			/* as AWS writes it */
	bool		function;
	bool		boolean;
	bool		operand;		/* may be one of a function */
} TermDescription;

static const TermDescription descriptions[] =
{
	[TERM_PATH] = {"", false, false, true},
	[TERM_VALUE] = {"", false, false, true},
	[TERM_EQUAL] = {"=", false, true, true},
	[TERM_NOT_EQUAL] = {"<>", false, true, true},
	[TERM_LESS] = {"<", false, true, true},
	[TERM_LESS_OR_EQUAL] = {"<=", false, true, true},
	[TERM_GREATER] = {">", false, true, true},
	[TERM_GREATER_OR_EQUAL] = {">=", false, true, true},
	[TERM_BETWEEN] = {"BETWEEN", false, true, true},
	[TERM_IN] = {"IN", false, true, true},
	[TERM_AND] = {"AND", false, true, true},
	[TERM_OR] = {"OR", false, true, true},
	[TERM_NOT] = {"NOT", false, true, true},
	[TERM_PLUS] = {"+", false, false, true},
	[TERM_MINUS] = {"-", false, false, true},
	[TERM_ATTRIBUTE_EXISTS] = {"attribute_exists", true, true, false},
	[TERM_ATTRIBUTE_NOT_EXISTS] = {"attribute_not_exists", true, true, false},
	[TERM_ATTRIBUTE_TYPE] = {"attribute_type", true, true, false},
	[TERM_BEGINS_WITH] = {"begins_with", true, true, false},
	[TERM_CONTAINS] = {"contains", true, true, false},
	[TERM_SIZE] = {"size", true, false, true},
	[TERM_IF_NOT_EXISTS] = {"if_not_exists", true, false, true},
	[TERM_LIST_APPEND] = {"list_append", true, false, false},
	[TERM_UNKNOWN_FUNCTION] = {"", true, false, false},
};

const char *
term_name(TermKind kind)
{
	return descriptions[kind].name;
}

bool
term_is_function(TermKind kind)
{
	return descriptions[kind].function;
}

bool
term_is_boolean(TermKind kind)
{
	return descriptions[kind].boolean;
}

bool
term_may_be_operand(TermKind kind)
{
	return descriptions[kind].operand;
}

/* Function names, unlike keywords, are case-sensitive. */
TermKind
term_function(const char *name, uint32 length)
{
	for (int kind = 0; kind < TERM_UNKNOWN_FUNCTION; kind++)
	{
		const TermDescription *description = &descriptions[kind];

		if (description->function &&
			strlen(description->name) == length &&
			memcmp(description->name, name, length) == 0)
			return (TermKind) kind;
	}
	return TERM_UNKNOWN_FUNCTION;
}

Term *
term_of_path(DocumentPath *path)
{
	Term	   *term = palloc0(sizeof(Term));

	term->kind = TERM_PATH;
	term->path = path;
	return term;
}

Term *
term_of_value(const Value *value)
{
	Term	   *term = palloc0(sizeof(Term));

	term->kind = TERM_VALUE;
	term->value = *value;
	return term;
}

Term *
term_of_operands(TermKind kind, List *operands)
{
	Term	   *term = palloc0(sizeof(Term));

	term->kind = kind;
	term->operands = operands;
	return term;
}

/* Whether a path of at least so many elements begins with the attribute. */
static bool
has_path(const Term *term, const char *name, uint32 length, int elements)
{
	ListCell   *cell;

	check_stack_depth();

	if (term->kind == TERM_PATH)
	{
		const PathElement *first = &term->path->elements[0];

		return term->path->count >= elements && first->length == length &&
			memcmp(first->name, name, length) == 0;
	}
	foreach(cell, term->operands)
	{
		if (has_path(lfirst(cell), name, length, elements))
			return true;
	}
	return false;
}

bool
term_uses_attribute(const Term *term, const char *name, uint32 length)
{
	return has_path(term, name, length, 1);
}

bool
term_enters_attribute(const Term *term, const char *name, uint32 length)
{
	return has_path(term, name, length, 2);
}
