/*
 * condition.c - conditions: parsing, and whether they hold for an item.
 *
 * Evaluation reads the packed item in place and allocates nothing.  It is of
 * two values, true and false: an attribute that is not there makes every
 * comparison false but <>, and so do types that do not fit.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "value/number.h"
#include "expression/tree.h"

StaticAssertDecl(sizeof(((OperandBuffer *) NULL)->number) >= NUMBER_MAX_LENGTH,
				 "an operand's buffer must hold a number");

Condition *
condition_parse(const char *parameter, const char *text, uint32 length,
				ExpressionAttributes *attributes)
{
	Condition  *condition = palloc(sizeof(Condition));

	condition->term = condition_term_parse(parameter, text, length, attributes);
	return condition;
}

Term *
condition_term_parse(const char *parameter, const char *text, uint32 length,
					 ExpressionAttributes *attributes)
{
	ExpressionParser parser;
	WordCheck	words = {0};

	expression_parse(&parser, parameter, CONDITION_LANGUAGE, text, length);
	word_check_term(&words, CONDITION_LANGUAGE, parser.condition, PLACE_CONDITION);
	word_check_raise(&words, &parser);
	expression_check_term(parameter, parser.condition, attributes);
	return parser.condition;
}

bool
condition_holds(const Condition *condition, const Value *item)
{
	return term_holds(condition->term, item);
}

bool
condition_uses_attribute(const Condition *condition, const char *name, uint32 name_length)
{
	return term_uses_attribute(condition->term, name, name_length);
}

bool
condition_enters_attribute(const Condition *condition, const char *name, uint32 name_length)
{
	return term_enters_attribute(condition->term, name, name_length);
}

/* ---- Operands ---- */

/* AWS counts as Java does: UTF-16 units, of which four bytes of UTF-8 are two. */
static uint32
string_units(const Value *string)
{
	uint32		count = 0;

	for (uint32 i = 0; i < string->length; i++)
	{
		unsigned char byte = string->data[i];

		count += (byte & 0xc0) != 0x80;
		count += byte >= 0xf0;
	}
	return count;
}

/* size() of a value; types without a size have none. */
static bool
value_of_size(const Value *operand, Value *value, OperandBuffer *buffer)
{
	char		digits[16];
	uint32		size;

	switch (operand->type)
	{
		case VALUE_STRING:
			size = string_units(operand);
			break;
		case VALUE_BINARY:
			size = operand->length;
			break;
		case VALUE_NUMBER:
		case VALUE_BOOLEAN:
		case VALUE_NULL:
			return false;
		default:
			size = value_count(operand);
	}
	value->type = VALUE_NUMBER;
	value->length = number_parse(digits, pg_ultoa_n(size, digits), buffer->number);
	value->data = buffer->number;
	return true;
}

bool
term_value(const Term *term, const Value *item, Value *value, OperandBuffer *buffer)
{
	Value		operand;

	switch (term->kind)
	{
		case TERM_PATH:
			return document_path_find(term->path, item, value);
		case TERM_VALUE:
			*value = term->value;
			return true;
		case TERM_SIZE:
			return term_value(term_operand(term, 0), item, &operand, buffer) &&
				value_of_size(&operand, value, buffer);
		default:
			elog(ERROR, "unexpected operand of a condition: %d", (int) term->kind);
	}
}

/* ---- Operators and functions ---- */

static bool
has_order(ValueType type)
{
	return type == VALUE_STRING || type == VALUE_NUMBER || type == VALUE_BINARY;
}

static bool
comparison_holds(TermKind kind, const Value *left, const Value *right)
{
	int			order;

	if (kind == TERM_EQUAL)
		return value_equal(left, right);
	if (kind == TERM_NOT_EQUAL)
		return !value_equal(left, right);
	if (left->type != right->type || !has_order(left->type))
		return false;

	order = value_compare(left, right);
	switch (kind)
	{
		case TERM_LESS:
			return order < 0;
		case TERM_LESS_OR_EQUAL:
			return order <= 0;
		case TERM_GREATER:
			return order > 0;
		default:
			return order >= 0;
	}
}

static bool
term_comparison_holds(const Term *term, const Value *item)
{
	Value		left;
	Value		right;
	OperandBuffer left_buffer;
	OperandBuffer right_buffer;

	if (!term_value(term_operand(term, 0), item, &left, &left_buffer) ||
		!term_value(term_operand(term, 1), item, &right, &right_buffer))
		return term->kind == TERM_NOT_EQUAL;
	return comparison_holds(term->kind, &left, &right);
}

static bool
term_between_holds(const Term *term, const Value *item)
{
	Value		value;
	Value		bound;
	OperandBuffer value_buffer;
	OperandBuffer bound_buffer;

	return term_value(term_operand(term, 0), item, &value, &value_buffer) &&
		term_value(term_operand(term, 1), item, &bound, &bound_buffer) &&
		comparison_holds(TERM_GREATER_OR_EQUAL, &value, &bound) &&
		term_value(term_operand(term, 2), item, &bound, &bound_buffer) &&
		comparison_holds(TERM_LESS_OR_EQUAL, &value, &bound);
}

static bool
term_in_holds(const Term *term, const Value *item)
{
	Value		value;
	OperandBuffer value_buffer;

	if (!term_value(term_operand(term, 0), item, &value, &value_buffer))
		return false;
	for (int i = 1; i < list_length(term->operands); i++)
	{
		Value		candidate;
		OperandBuffer candidate_buffer;

		if (term_value(term_operand(term, i), item, &candidate, &candidate_buffer) &&
			value_equal(&value, &candidate))
			return true;
	}
	return false;
}

static bool
begins_with(const Value *value, const Value *prefix)
{
	return value->type == prefix->type &&
		(value->type == VALUE_STRING || value->type == VALUE_BINARY) &&
		value->length >= prefix->length &&
		memcmp(value->data, prefix->data, prefix->length) == 0;
}

/* Whether the bytes of part are somewhere in whole. */
static bool
contains_bytes(const Value *whole, const Value *part)
{
	const char *place = whole->data;
	const char *last;

	if (part->length == 0)
		return true;
	if (part->length > whole->length)
		return false;
	last = whole->data + (whole->length - part->length);
	while ((place = memchr(place, part->data[0], last - place + 1)) != NULL)
	{
		if (memcmp(place, part->data, part->length) == 0)
			return true;
		if (place++ == last)
			return false;
	}
	return false;
}

static bool
contains(const Value *container, const Value *part)
{
	ValueIterator iterator;
	Value		member;

	switch (container->type)
	{
		case VALUE_STRING:
		case VALUE_BINARY:
			return container->type == part->type && contains_bytes(container, part);
		case VALUE_STRING_SET:
		case VALUE_NUMBER_SET:
		case VALUE_BINARY_SET:
			return part->type == value_set_member_type(container->type) &&
				value_set_contains(container, part);
		case VALUE_LIST:
			value_iterator_start(&iterator, container);
			while (value_iterator_next(&iterator, NULL, NULL, &member))
			{
				if (value_equal(&member, part))
					return true;
			}
			return false;
		default:
			return false;
	}
}

static bool
has_type(const Value *value, const Value *type_name)
{
	const char *name = value_type_name(value->type);

	return strlen(name) == type_name->length &&
		memcmp(name, type_name->data, type_name->length) == 0;
}

/* A function of two operands, both of which must be there. */
static bool
term_function_holds(const Term *term, const Value *item)
{
	Value		first;
	Value		second;
	OperandBuffer first_buffer;
	OperandBuffer second_buffer;

	if (!term_value(term_operand(term, 0), item, &first, &first_buffer) ||
		!term_value(term_operand(term, 1), item, &second, &second_buffer))
		return false;
	switch (term->kind)
	{
		case TERM_BEGINS_WITH:
			return begins_with(&first, &second);
		case TERM_CONTAINS:
			return contains(&first, &second);
		default:
			Assert(term->kind == TERM_ATTRIBUTE_TYPE);
			return has_type(&first, &second);
	}
}

static bool
term_exists(const Term *term, const Value *item)
{
	Value		found;

	return document_path_find(term_operand(term, 0)->path, item, &found);
}

bool
term_holds(const Term *term, const Value *item)
{
	ListCell   *cell;

	check_stack_depth();

	switch (term->kind)
	{
		case TERM_AND:
			foreach(cell, term->operands)
			{
				if (!term_holds(lfirst(cell), item))
					return false;
			}
			return true;
		case TERM_OR:
			foreach(cell, term->operands)
			{
				if (term_holds(lfirst(cell), item))
					return true;
			}
			return false;
		case TERM_NOT:
			return !term_holds(term_operand(term, 0), item);
		case TERM_BETWEEN:
			return term_between_holds(term, item);
		case TERM_IN:
			return term_in_holds(term, item);
		case TERM_ATTRIBUTE_EXISTS:
			return term_exists(term, item);
		case TERM_ATTRIBUTE_NOT_EXISTS:
			return !term_exists(term, item);
		case TERM_ATTRIBUTE_TYPE:
		case TERM_BEGINS_WITH:
		case TERM_CONTAINS:
			return term_function_holds(term, item);
		default:
			return term_comparison_holds(term, item);
	}
}
