/*
 * path_operators.c - reaching inside items from SQL: ->, ->>, #>, #>> and ?.
 *
 * A document path is DynamoDB's: names joined by dots, list indexes in
 * brackets (info.actors[0]).  A name that holds a dot or a bracket stands in
 * double quotes, in which a double quote is doubled.
 *
 * What is not there is SQL's NULL.  The functions take an item and an
 * attribute value alike.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "value/plain.h"

/* ---- One step ---- */

static bool
find_member(FunctionCallInfo fcinfo, Value *member)
{
	Value		value = value_from_datum(PG_GETARG_DATUM(0));
	text	   *name = PG_GETARG_TEXT_PP(1);

	return value_map_find(&value, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), member);
}

/* As in jsonb, an index below 0 counts from the end. */
static bool
find_element(FunctionCallInfo fcinfo, Value *member)
{
	Value		value = value_from_datum(PG_GETARG_DATUM(0));
	int64		index = PG_GETARG_INT32(1);

	if (value.type != VALUE_LIST)
		return false;
	if (index < 0)
		index += value_count(&value);
	return index >= 0 && value_list_get(&value, (uint32) index, member);
}

static Datum
return_value(FunctionCallInfo fcinfo, bool found, const Value *value)
{
	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(value_to_datum(value));
}

static Datum
return_text(FunctionCallInfo fcinfo, bool found, const Value *value)
{
	if (!found || value->type == VALUE_NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(value_to_plain_text(value));
}

PG_FUNCTION_INFO_V1(attribute_get);

Datum
attribute_get(PG_FUNCTION_ARGS)
{
	Value		member;
	bool		found = find_member(fcinfo, &member);

	return return_value(fcinfo, found, &member);
}

PG_FUNCTION_INFO_V1(attribute_get_text);

Datum
attribute_get_text(PG_FUNCTION_ARGS)
{
	Value		member;
	bool		found = find_member(fcinfo, &member);

	return return_text(fcinfo, found, &member);
}

PG_FUNCTION_INFO_V1(element_get);

Datum
element_get(PG_FUNCTION_ARGS)
{
	Value		member;
	bool		found = find_element(fcinfo, &member);

	return return_value(fcinfo, found, &member);
}

PG_FUNCTION_INFO_V1(element_get_text);

Datum
element_get_text(PG_FUNCTION_ARGS)
{
	Value		member;
	bool		found = find_element(fcinfo, &member);

	return return_text(fcinfo, found, &member);
}

PG_FUNCTION_INFO_V1(attribute_exists);

Datum
attribute_exists(PG_FUNCTION_ARGS)
{
	Value		member;

	PG_RETURN_BOOL(find_member(fcinfo, &member));
}

/* ---- Document paths ---- */

static void
malformed_path(const text *path)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("malformed document path: \"%s\"", text_to_cstring(path)),
			 errhint("A document path is like info.actors[0]; a name that holds a dot or a bracket stands in double quotes.")));
}

/* Reads a quoted name, at behind its first quote, into buffer. */
static const char *
read_quoted_name(const char *at, const char *end, char *buffer, uint32 *length)
{
	*length = 0;
	while (at < end)
	{
		if (*at == '"')
		{
			at++;
			if (at == end || *at != '"')
				return at;
		}
		buffer[(*length)++] = *at++;
	}
	return NULL;
}

/* Reads an index, at behind its bracket; NULL if it is none. */
static const char *
read_index(const char *at, const char *end, uint32 *index)
{
	const char *first = at;
	uint64		number = 0;

	for (; at < end && *at >= '0' && *at <= '9'; at++)
	{
		number = number * 10 + (*at - '0');
		if (number > PG_INT32_MAX)
			return NULL;
	}
	if (at == first || at == end || *at != ']')
		return NULL;
	*index = (uint32) number;
	return at + 1;
}

/* Follows a name and what is in brackets behind it; returns where it ends. */
static const char *
follow_name(const text *path, const char *at, const char *end, char *buffer,
			Value *value, bool *found)
{
	const char *name = at;
	uint32		length;

	if (at < end && *at == '"')
	{
		at = read_quoted_name(at + 1, end, buffer, &length);
		if (at == NULL)
			malformed_path(path);
		name = buffer;
	}
	else
	{
		while (at < end && *at != '.' && *at != '[' && *at != ']' && *at != '"')
			at++;
		length = at - name;
		if (length == 0)
			malformed_path(path);
	}
	*found = *found && value_map_find(value, name, length, value);

	while (at < end && *at == '[')
	{
		uint32		index;

		at = read_index(at + 1, end, &index);
		if (at == NULL)
			malformed_path(path);
		*found = *found && value_list_get(value, index, value);
	}
	return at;
}

/* The whole path is read, even where nothing is found, to tell of its errors. */
static bool
find_path(FunctionCallInfo fcinfo, Value *value)
{
	text	   *path = PG_GETARG_TEXT_PP(1);
	const char *at = VARDATA_ANY(path);
	const char *end = at + VARSIZE_ANY_EXHDR(path);
	char	   *buffer = palloc(VARSIZE_ANY_EXHDR(path) + 1);
	bool		found = true;

	*value = value_from_datum(PG_GETARG_DATUM(0));
	for (;;)
	{
		at = follow_name(path, at, end, buffer, value, &found);
		if (at == end)
			break;
		if (*at != '.')
			malformed_path(path);
		at++;
	}
	pfree(buffer);
	return found;
}

PG_FUNCTION_INFO_V1(path_get);

Datum
path_get(PG_FUNCTION_ARGS)
{
	Value		value;
	bool		found = find_path(fcinfo, &value);

	return return_value(fcinfo, found, &value);
}

PG_FUNCTION_INFO_V1(path_get_text);

Datum
path_get_text(PG_FUNCTION_ARGS)
{
	Value		value;
	bool		found = find_path(fcinfo, &value);

	return return_text(fcinfo, found, &value);
}
