/*
 * literal.c - the values in a statement: literals, parameters, and lists, bags
 * and tuples of them.
 *
 * AWS names the place of a bad number in the value that it stands in: root,
 * root.x, root[1].
 */
#include "postgres.h"

#include "miscadmin.h"

#include "error.h"
#include "partiql/syntax.h"
#include "value/number.h"

/* A value being built, and where it stands. */
typedef struct Literal
{
	const Value *parameters;
	const Syntax *item;			/* INSERT's tuple, or NULL */
	StringInfoData place;		/* behind PLACE_PREFIX */
	int			depth;
} Literal;

#define PLACE_PREFIX " under "

static Node *read_node(Literal *literal, const Syntax *syntax);

static Node *
read_number(Literal *literal, const Syntax *syntax)
{
	ErrorWords	words = {.before = "",.after = literal->place.data};
	char		stored[NUMBER_MAX_LENGTH];
	Value		value = {.type = VALUE_NUMBER};

	error_words_begin(&words);
	value.length = number_parse(syntax->token.text, syntax->token.length, stored);
	error_words_end(&words);
	value.data = memcpy(palloc(value.length), stored, value.length);
	return node_from_value(&value);
}

static Node *
read_string(const Syntax *syntax)
{
	Value		value = {.type = VALUE_STRING,.data = syntax->token.text,.length = syntax->token.length};

	return node_from_value(&value);
}

static Node *
read_member(Literal *literal, const Syntax *member, const char *step)
{
	int			length = literal->place.len;
	Node	   *node;

	appendStringInfoString(&literal->place, step);
	/* an item's own tuple is no level of its attributes, of which node_pack() makes sure */
	node_check_depth(literal->depth++);
	node = read_node(literal, member);
	literal->depth--;
	literal->place.len = length;
	literal->place.data[length] = '\0';
	return node;
}

static Node *
read_list(Literal *literal, const Syntax *syntax)
{
	Node	   *list = node_list();

	for (int i = 0; i < list_length(syntax->operands); i++)
		node_list_append(list, read_member(literal, list_nth(syntax->operands, i), psprintf("[%d]", i)));
	return list;
}

/* The tuple of an INSERT is the item, whose attributes are values of their own. */
static Node *
read_tuple(Literal *literal, const Syntax *syntax)
{
	Node	   *map = node_map();

	for (int i = 0; i < list_length(syntax->operands); i += 2)
	{
		const Syntax *name = list_nth(syntax->operands, i);
		const char *step = psprintf(".%.*s", (int) name->token.length, name->token.text);
		Node	   *member;

		attribute_name_check(name->token.length);
		partiql_check_name(&name->token);
		member = read_member(literal, list_nth(syntax->operands, i + 1), syntax == literal->item ? "" : step);
		node_map_set(map, name->token.text, name->token.length, member);
	}
	return map;
}

static ValueType
set_type_of(ValueType member)
{
	switch (member)
	{
		case VALUE_STRING:
			return VALUE_STRING_SET;
		case VALUE_NUMBER:
			return VALUE_NUMBER_SET;
		case VALUE_BINARY:
			return VALUE_BINARY_SET;
		default:
			validation_error("Unsupported data type: %s", value_type_name(member));
	}
}

/* "[x, x]", as AWS tells of a set with doubles. */
static void __attribute__((noreturn))
report_doubles(const Value *members, int count)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < count; i++)
	{
		appendStringInfoString(&text, i > 0 ? ", " : "");
		if (members[i].type == VALUE_NUMBER)
		{
			char		digits[NUMBER_MAX_TEXT];

			number_print(members[i].data, members[i].length, digits);
			appendStringInfoString(&text, digits);
		}
		else
			appendBinaryStringInfo(&text, members[i].data, members[i].length);
	}
	validation_error("One or more parameter values were invalid: Input collection [%s] contains duplicates.",
					 text.data);
}

/* A bag is a set, so its members are of one type and all different. */
static Node *
read_bag(Literal *literal, const Syntax *syntax)
{
	int			count = list_length(syntax->operands);
	Value	   *members = palloc(sizeof(Value) * Max(count, 1));
	Value	   *sorted = palloc(sizeof(Value) * Max(count, 1));
	Node	   *set;

	if (count == 0)
		validation_error("Empty bags are not supported");
	for (int i = 0; i < count; i++)
	{
		members[i] = node_pack(read_member(literal, list_nth(syntax->operands, i), psprintf("[%d]", i)));
		if (members[i].type != members[0].type)
			validation_error("Bags must hold values of one type");
	}
	memcpy(sorted, members, sizeof(Value) * count);
	set = node_set_from_members(set_type_of(members[0].type), sorted, count);
	if (set == NULL)
		report_doubles(members, count);
	return set;
}

static Node *
read_constant(ValueType type, const char *bytes, uint32 length)
{
	Value		value = {.type = type,.data = bytes,.length = length};

	return node_from_value(&value);
}

static Node *
read_node(Literal *literal, const Syntax *syntax)
{
	check_stack_depth();
	switch (syntax->kind)
	{
		case SYNTAX_STRING:
			return read_string(syntax);
		case SYNTAX_NUMBER:
			return read_number(literal, syntax);
		case SYNTAX_TRUE:
			return read_constant(VALUE_BOOLEAN, "\1", 1);
		case SYNTAX_FALSE:
			return read_constant(VALUE_BOOLEAN, "\0", 1);
		case SYNTAX_NULL:
			return read_constant(VALUE_NULL, "", 0);
		case SYNTAX_PARAMETER:
			return node_from_value(&literal->parameters[syntax->parameter]);
		case SYNTAX_LIST:
			return read_list(literal, syntax);
		case SYNTAX_BAG:
			return read_bag(literal, syntax);
		case SYNTAX_TUPLE:
			return read_tuple(literal, syntax);
		case SYNTAX_CALL:
			validation_error("Unsupported data type: %.*s under key %s at %d:%d:%d",
							 (int) syntax->token.length, syntax->token.text, literal->place.data + strlen(PLACE_PREFIX),
							 syntax->token.place.line, syntax->token.place.column, syntax->token.place.length);
		default:
			validation_error("Unexpected path component at %d:%d:%d",
							 syntax->token.place.line, syntax->token.place.column, syntax->token.place.length);
	}
}

static bool
read_literal(Literal *literal, const Syntax *syntax, Value *value)
{
	switch (syntax->kind)
	{
		case SYNTAX_PATH:
		case SYNTAX_CALL:
		case SYNTAX_OPERATOR:
		case SYNTAX_IS:
			return false;
		default:
			break;
	}
	initStringInfo(&literal->place);
	appendStringInfoString(&literal->place, PLACE_PREFIX "root");
	*value = node_pack(read_node(literal, syntax));
	return true;
}

bool
syntax_value(const Syntax *syntax, const Value *parameters, Value *value)
{
	Literal		literal = {.parameters = parameters};

	return read_literal(&literal, syntax, value);
}

bool
syntax_item(const Syntax *syntax, const Value *parameters, Value *item)
{
	Literal		literal = {.parameters = parameters,.item = syntax};

	return read_literal(&literal, syntax, item) && item->type == VALUE_MAP;
}
