/*
 * pattern.c - filter patterns of event sources.
 *
 * A pattern has the form of the event: an object asks for all of its members, an
 * array at a leaf for one of its alternatives, which are values or operators.  An
 * array in the event matches where one of its elements does.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/varlena.h"

#include "compat.h"
#include "event_source/pattern.h"
#include "value/json.h"

/* A name for what may stand in $or's place among an object's members. */
#define OR_NAME "$or"

/* A part of the event; what is missing has no value, and is not null. */
typedef struct Part
{
	bool		present;
	json_object *value;
} Part;

typedef struct Operator
{
	const char *name;
	void		(*check) (json_object *operand);
	bool		(*matches) (json_object *operand, json_object *value);
} Operator;

static void
bad_pattern(const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid filter pattern: %s", reason)));
}

/* ---- Values ---- */

static bool
is_number(json_object *value)
{
	return json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
}

/* <0, 0 or >0 */
static int
compare_numbers(json_object *a, json_object *b)
{
	if (json_object_is_type(a, json_type_int) && json_object_is_type(b, json_type_int))
	{
		int64		left = json_object_get_int64(a);
		int64		right = json_object_get_int64(b);

		return (left > right) - (left < right);
	}
	else
	{
		double		left = json_object_get_double(a);
		double		right = json_object_get_double(b);

		return (left > right) - (left < right);
	}
}

static bool
strings_equal(json_object *a, json_object *b)
{
	int			length = json_object_get_string_len(a);

	return length == json_object_get_string_len(b) &&
		memcmp(json_object_get_string(a), json_object_get_string(b), length) == 0;
}

/* Whether two values that are no objects or arrays are the same. */
static bool
scalars_equal(json_object *a, json_object *b)
{
	if (is_number(a) && is_number(b))
		return compare_numbers(a, b) == 0;
	if (json_object_get_type(a) != json_object_get_type(b))
		return false;
	switch (json_object_get_type(a))
	{
		case json_type_null:
			return true;
		case json_type_boolean:
			return json_object_get_boolean(a) == json_object_get_boolean(b);
		case json_type_string:
			return strings_equal(a, b);
		default:
			return false;
	}
}

/* ---- Operators ---- */

static void
check_string(json_object *operand)
{
	if (!json_object_is_type(operand, json_type_string))
		bad_pattern("prefix, suffix and equals-ignore-case want a string");
}

static bool
matches_prefix(json_object *operand, json_object *value)
{
	int			length = json_object_get_string_len(operand);

	return json_object_is_type(value, json_type_string) &&
		json_object_get_string_len(value) >= length &&
		memcmp(json_object_get_string(value), json_object_get_string(operand), length) == 0;
}

static bool
matches_suffix(json_object *operand, json_object *value)
{
	int			length = json_object_get_string_len(operand);
	int			skipped;

	if (!json_object_is_type(value, json_type_string))
		return false;
	skipped = json_object_get_string_len(value) - length;
	return skipped >= 0 &&
		memcmp(json_object_get_string(value) + skipped, json_object_get_string(operand), length) == 0;
}

static bool
matches_ignoring_case(json_object *operand, json_object *value)
{
	int			length = json_object_get_string_len(operand);
	const char *left = json_object_get_string(operand);
	const char *right;

	if (!json_object_is_type(value, json_type_string) || json_object_get_string_len(value) != length)
		return false;
	right = json_object_get_string(value);
	for (int i = 0; i < length; i++)
	{
		if (pg_ascii_tolower((unsigned char) left[i]) != pg_ascii_tolower((unsigned char) right[i]))
			return false;
	}
	return true;
}

/* Whether a number stands in the relation to another one; -1 where there is no such relation. */
static int
stands_in_relation(const char *relation, int comparison)
{
	if (strcmp(relation, "=") == 0)
		return comparison == 0;
	if (strcmp(relation, "<") == 0)
		return comparison < 0;
	if (strcmp(relation, "<=") == 0)
		return comparison <= 0;
	if (strcmp(relation, ">") == 0)
		return comparison > 0;
	if (strcmp(relation, ">=") == 0)
		return comparison >= 0;
	return -1;
}

static void
check_numeric(json_object *operand)
{
	size_t		length = json_object_is_type(operand, json_type_array) ? json_object_array_length(operand) : 0;

	if (length != 2 && length != 4)
		bad_pattern("numeric wants one or two pairs of a comparison and a number");
	for (size_t i = 0; i < length; i += 2)
	{
		json_object *relation = json_object_array_get_idx(operand, i);

		if (!json_object_is_type(relation, json_type_string) ||
			stands_in_relation(json_object_get_string(relation), 0) < 0)
			bad_pattern("numeric compares by =, <, <=, > or >=");
		if (!is_number(json_object_array_get_idx(operand, i + 1)))
			bad_pattern("numeric compares with a number");
	}
}

static bool
matches_numeric(json_object *operand, json_object *value)
{
	if (!is_number(value))
		return false;
	for (size_t i = 0; i < json_object_array_length(operand); i += 2)
	{
		json_object *relation = json_object_array_get_idx(operand, i);
		json_object *bound = json_object_array_get_idx(operand, i + 1);

		if (stands_in_relation(json_object_get_string(relation), compare_numbers(value, bound)) != 1)
			return false;
	}
	return true;
}

static const Operator string_operators[] = {
	{"prefix", check_string, matches_prefix},
	{"suffix", check_string, matches_suffix},
	{"equals-ignore-case", check_string, matches_ignoring_case},
};

/* The only member of an operator's object, and its name; NULL where there are none or several. */
static const char *
only_member(json_object *object, json_object **operand)
{
	const char *found = NULL;

	if (json_object_object_length(object) != 1)
		return NULL;
	{
		json_object_object_foreach(object, name, value)
		{
			found = name;
			*operand = value;
		}
	}
	return found;
}

static const Operator *
find_operator(const Operator *operators, int count, json_object *object, json_object **operand)
{
	const char *name = only_member(object, operand);

	for (int i = 0; name != NULL && i < count; i++)
	{
		if (strcmp(operators[i].name, name) == 0)
			return &operators[i];
	}
	return NULL;
}

static void
check_excluded(json_object *value)
{
	if (!json_object_is_type(value, json_type_string) && !is_number(value))
		bad_pattern("anything-but wants strings or numbers, or one of prefix, suffix and equals-ignore-case");
}

static void
check_anything_but(json_object *operand)
{
	if (json_object_is_type(operand, json_type_object))
	{
		json_object *inner;
		const Operator *operator = find_operator(string_operators, lengthof(string_operators), operand, &inner);

		if (operator == NULL)
			check_excluded(NULL);
		operator->check(inner);
	}
	else if (json_object_is_type(operand, json_type_array))
	{
		if (json_object_array_length(operand) == 0)
			check_excluded(NULL);
		for (size_t i = 0; i < json_object_array_length(operand); i++)
			check_excluded(json_object_array_get_idx(operand, i));
	}
	else
		check_excluded(operand);
}

static bool
matches_anything_but(json_object *operand, json_object *value)
{
	if (json_object_is_type(operand, json_type_object))
	{
		json_object *inner;
		const Operator *operator = find_operator(string_operators, lengthof(string_operators), operand, &inner);

		return !operator->matches(inner, value);
	}
	if (!json_object_is_type(operand, json_type_array))
		return !scalars_equal(operand, value);
	for (size_t i = 0; i < json_object_array_length(operand); i++)
	{
		if (scalars_equal(json_object_array_get_idx(operand, i), value))
			return false;
	}
	return true;
}

static void
check_exists(json_object *operand)
{
	if (!json_object_is_type(operand, json_type_boolean))
		bad_pattern("exists wants true or false");
}

/* Of a leaf that is there. */
static bool
matches_exists(json_object *operand, json_object *value)
{
	return json_object_get_boolean(operand);
}

static const Operator operators[] = {
	{"prefix", check_string, matches_prefix},
	{"suffix", check_string, matches_suffix},
	{"equals-ignore-case", check_string, matches_ignoring_case},
	{"numeric", check_numeric, matches_numeric},
	{"anything-but", check_anything_but, matches_anything_but},
	{"exists", check_exists, matches_exists},
};

/* ---- Reading ---- */

static void check_object(json_object *pattern);

static void
check_alternative(json_object *alternative)
{
	const Operator *operator;
	json_object *operand;

	if (json_object_is_type(alternative, json_type_array))
		bad_pattern("an alternative cannot be an array");
	if (!json_object_is_type(alternative, json_type_object))
		return;
	operator = find_operator(operators, lengthof(operators), alternative, &operand);
	if (operator == NULL)
		bad_pattern("an operator is one of prefix, suffix, equals-ignore-case, numeric, anything-but and exists");
	operator->check(operand);
}

static void
check_or(json_object *value)
{
	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) < 2)
		bad_pattern("$or wants an array of at least two patterns");
	for (size_t i = 0; i < json_object_array_length(value); i++)
		check_object(json_object_array_get_idx(value, i));
}

static void
check_member(const char *name, json_object *value)
{
	if (strcmp(name, OR_NAME) == 0)
		check_or(value);
	else if (json_object_is_type(value, json_type_object))
		check_object(value);
	else if (json_object_is_type(value, json_type_array))
	{
		if (json_object_array_length(value) == 0)
			bad_pattern("an array of alternatives cannot be empty");
		for (size_t i = 0; i < json_object_array_length(value); i++)
			check_alternative(json_object_array_get_idx(value, i));
	}
	else
		bad_pattern("values stand in arrays");
}

static void
check_object(json_object *pattern)
{
	check_stack_depth();
	if (!json_object_is_type(pattern, json_type_object) || json_object_object_length(pattern) == 0)
		bad_pattern("a pattern is an object that is not empty");
	{
		json_object_object_foreach(pattern, name, value)
		{
			check_member(name, value);
		}
	}
}

json_object *
event_pattern_parse(const char *text, size_t length)
{
	json_object *pattern;

	if (length > EVENT_PATTERN_MAX)
		bad_pattern("it is longer than 4,096 bytes");
	pattern = json_parse(text, length);
	check_object(pattern);
	return pattern;
}

/* ---- Matching ---- */

static bool matches_object(json_object *pattern, Part part);

/* Whether a leaf that is there matches an operator, or equals a value. */
static bool
matches_leaf(json_object *alternative, json_object *value)
{
	json_object *operand;

	if (json_object_is_type(value, json_type_array))
	{
		check_stack_depth();
		for (size_t i = 0; i < json_object_array_length(value); i++)
		{
			if (matches_leaf(alternative, json_object_array_get_idx(value, i)))
				return true;
		}
		return false;
	}
	if (json_object_is_type(value, json_type_object))
		return false;
	if (!json_object_is_type(alternative, json_type_object))
		return scalars_equal(alternative, value);
	return find_operator(operators, lengthof(operators), alternative, &operand)->matches(operand, value);
}

/* Whether there is any leaf: neither nothing, nor an object, nor an array without one. */
static bool
has_leaf(json_object *value)
{
	if (json_object_is_type(value, json_type_object))
		return false;
	if (!json_object_is_type(value, json_type_array))
		return true;
	check_stack_depth();
	for (size_t i = 0; i < json_object_array_length(value); i++)
	{
		if (has_leaf(json_object_array_get_idx(value, i)))
			return true;
	}
	return false;
}

/* Whether an alternative asks for a leaf that is missing. */
static bool
wants_absence(json_object *alternative)
{
	json_object *operand;

	return json_object_is_type(alternative, json_type_object) &&
		find_operator(operators, lengthof(operators), alternative, &operand)->matches == matches_exists &&
		!json_object_get_boolean(operand);
}

static bool
matches_alternatives(json_object *alternatives, Part part)
{
	bool		there = part.present && has_leaf(part.value);

	for (size_t i = 0; i < json_object_array_length(alternatives); i++)
	{
		json_object *alternative = json_object_array_get_idx(alternatives, i);

		if (there ? matches_leaf(alternative, part.value) : wants_absence(alternative))
			return true;
	}
	return false;
}

static bool
matches_or(json_object *patterns, Part part)
{
	for (size_t i = 0; i < json_object_array_length(patterns); i++)
	{
		if (matches_object(json_object_array_get_idx(patterns, i), part))
			return true;
	}
	return false;
}

static bool
matches_member(const char *name, json_object *pattern, Part part)
{
	Part		member = {false, NULL};

	if (strcmp(name, OR_NAME) == 0)
		return matches_or(pattern, part);
	if (part.present && json_object_is_type(part.value, json_type_object))
		member.present = json_object_object_get_ex(part.value, name, &member.value);
	return json_object_is_type(pattern, json_type_object) ? matches_object(pattern, member) :
		matches_alternatives(pattern, member);
}

/* An array in the place of an object: one of its elements has to have all that is asked for. */
static bool
matches_element(json_object *pattern, json_object *array)
{
	for (size_t i = 0; i < json_object_array_length(array); i++)
	{
		if (matches_object(pattern, (Part) {true, json_object_array_get_idx(array, i)}))
			return true;
	}
	return false;
}

static bool
matches_object(json_object *pattern, Part part)
{
	check_stack_depth();
	if (part.present && json_object_is_type(part.value, json_type_array) &&
		json_object_array_length(part.value) > 0)
		return matches_element(pattern, part.value);
	{
		json_object_object_foreach(pattern, name, value)
		{
			if (!matches_member(name, value, part))
				return false;
		}
	}
	return true;
}

bool
event_pattern_matches(json_object *pattern, json_object *event)
{
	return matches_object(pattern, (Part) {true, event});
}

/* ---- For SQL ---- */

PG_FUNCTION_INFO_V1(ddb_event_matches);

/* event_matches(pattern text, event json) RETURNS boolean */
Datum
ddb_event_matches(PG_FUNCTION_ARGS)
{
	text	   *pattern = PG_GETARG_TEXT_PP(0);
	text	   *event = PG_GETARG_TEXT_PP(1);
	json_object *parsed = event_pattern_parse(VARDATA_ANY(pattern), VARSIZE_ANY_EXHDR(pattern));

	PG_RETURN_BOOL(event_pattern_matches(parsed, json_parse(VARDATA_ANY(event), VARSIZE_ANY_EXHDR(event))));
}
