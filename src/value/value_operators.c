/*
 * value_operators.c - attribute values beside SQL's own: item -> 'price' > 995,
 * and containment.
 *
 * These comparisons are those of DynamoDB's conditions: values of different
 * types are unequal, and neither is less.  (The comparison of two attribute
 * values is a total order, for sorting.)
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "compat.h"
#include "value/layout.h"
#include "value/value.h"

/* ---- Comparison with keys ---- */

/*
 * How the arguments, an attribute value at a place and the bytes of a type's
 * payload at the other, are ordered; false if the value is of another type.
 */
static bool
compare(FunctionCallInfo fcinfo, ValueType type, int value_at, int *order)
{
	Value		value = value_from_datum(PG_GETARG_DATUM(value_at));
	struct varlena *other = PG_GETARG_VARLENA_PP(1 - value_at);

	if (value.type != type)
		return false;
	*order = name_compare(value.data, value.length, VARDATA_ANY(other), VARSIZE_ANY_EXHDR(other));
	if (value_at == 1)
		*order = -*order;
	return true;
}

#define COMPARISON(name, type, value_at, test) \
	PG_FUNCTION_INFO_V1(name); \
	Datum \
	name(PG_FUNCTION_ARGS) \
	{ \
		int			order; \
		\
		PG_RETURN_BOOL(compare(fcinfo, type, value_at, &order) && order test 0); \
	}

#define COMPARISONS(prefix, type, value_at) \
	COMPARISON(prefix##_eq, type, value_at, ==) \
	COMPARISON(prefix##_lt, type, value_at, <) \
	COMPARISON(prefix##_le, type, value_at, <=) \
	COMPARISON(prefix##_gt, type, value_at, >) \
	COMPARISON(prefix##_ge, type, value_at, >=) \
	PG_FUNCTION_INFO_V1(prefix##_ne); \
	Datum \
	prefix##_ne(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_BOOL(!DatumGetBool(prefix##_eq(fcinfo))); \
	}

COMPARISONS(value_number, VALUE_NUMBER, 0)
COMPARISONS(number_value, VALUE_NUMBER, 1)
COMPARISONS(value_string, VALUE_STRING, 0)
COMPARISONS(string_value, VALUE_STRING, 1)

static bool
is_boolean(FunctionCallInfo fcinfo, int value_at)
{
	Value		value = value_from_datum(PG_GETARG_DATUM(value_at));

	return value.type == VALUE_BOOLEAN && (value.data[0] != 0) == PG_GETARG_BOOL(1 - value_at);
}

#define BOOLEAN_COMPARISON(name, value_at, result) \
	PG_FUNCTION_INFO_V1(name); \
	Datum \
	name(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_BOOL(is_boolean(fcinfo, value_at) == result); \
	}

BOOLEAN_COMPARISON(value_boolean_eq, 0, true)
BOOLEAN_COMPARISON(value_boolean_ne, 0, false)
BOOLEAN_COMPARISON(boolean_value_eq, 1, true)
BOOLEAN_COMPARISON(boolean_value_ne, 1, false)

/* ---- Containment ---- */

static bool contains(const Value *container, const Value *contained);

static bool
map_contains(const Value *map, const Value *contained)
{
	ValueIterator iterator;
	const char *name;
	uint32		name_length;
	Value		wanted;
	Value		member;

	value_iterator_start(&iterator, contained);
	while (value_iterator_next(&iterator, &name, &name_length, &wanted))
	{
		if (!value_map_find(map, name, name_length, &member) || !contains(&member, &wanted))
			return false;
	}
	return true;
}

/* Whether a member of the list contains the value. */
static bool
any_element_contains(const Value *list, const Value *wanted)
{
	ValueIterator iterator;
	Value		member;

	value_iterator_start(&iterator, list);
	while (value_iterator_next(&iterator, NULL, NULL, &member))
	{
		if (contains(&member, wanted))
			return true;
	}
	return false;
}

/* Lists and sets contain another's members in whatever order. */
static bool
members_contain(const Value *container, const Value *contained)
{
	ValueIterator iterator;
	Value		wanted;

	value_iterator_start(&iterator, contained);
	while (value_iterator_next(&iterator, NULL, NULL, &wanted))
	{
		CHECK_FOR_INTERRUPTS();
		if (container->type == VALUE_LIST ? !any_element_contains(container, &wanted) :
			!value_set_contains(container, &wanted))
			return false;
	}
	return true;
}

/* As jsonb's @>: a map some members, a list and a set some elements, a scalar its like. */
static bool
contains(const Value *container, const Value *contained)
{
	check_stack_depth();
	if (container->type != contained->type)
		return false;
	if (container->type == VALUE_MAP)
		return map_contains(container, contained);
	if (container->type == VALUE_LIST || value_type_is_set(container->type))
		return members_contain(container, contained);
	return value_equal(container, contained);
}

PG_FUNCTION_INFO_V1(value_contains);

Datum
value_contains(PG_FUNCTION_ARGS)
{
	Value		container = value_from_datum(PG_GETARG_DATUM(0));
	Value		contained = value_from_datum(PG_GETARG_DATUM(1));

	PG_RETURN_BOOL(contains(&container, &contained));
}

PG_FUNCTION_INFO_V1(value_contained);

Datum
value_contained(PG_FUNCTION_ARGS)
{
	Value		contained = value_from_datum(PG_GETARG_DATUM(0));
	Value		container = value_from_datum(PG_GETARG_DATUM(1));

	PG_RETURN_BOOL(contains(&container, &contained));
}
