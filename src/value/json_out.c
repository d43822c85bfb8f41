/*
 * json_out.c - values as DynamoDB JSON and as plain JSON.
 */
#include "postgres.h"

#include "common/base64.h"
#include "miscadmin.h"

#include "value/json_bytes.h"
#include "value/json_out.h"
#include "value/number.h"

/* ---- Strings ---- */

/* Copies up to the first byte that is to be escaped; returns how many. */
static inline uint32
copy_plain(char *out, const char *string, uint32 length)
{
	uint32		at = 0;

	for (; at + JSON_BLOCK_SIZE <= length; at += JSON_BLOCK_SIZE)
	{
		unsigned	plain = json_plain_in_block(string + at);

		memcpy(out + at, string + at, JSON_BLOCK_SIZE);
		if (plain < JSON_BLOCK_SIZE)
			return at + plain;
	}
	for (; at < length && json_byte_is_plain(string[at]); at++)
		out[at] = string[at];
	return at;
}

/* Writes a byte as an escape of at most MAX_ESCAPE bytes; returns how many. */
#define MAX_ESCAPE 6

static int
write_escape(char *out, uint8 byte)
{
	static const char letters[] = {
		['"'] = '"',['\\'] = '\\',['\b'] = 'b',['\f'] = 'f',['\n'] = 'n',['\r'] = 'r',['\t'] = 't'
	};
	static const char digits[] = "0123456789abcdef";

	out[0] = '\\';
	out[1] = letters[byte];
	if (out[1] != '\0')
		return 2;
	memcpy(out + 1, "u00", 3);
	out[4] = digits[byte >> 4];
	out[5] = digits[byte & 15];
	return 6;
}

void
json_append_string(StringInfo out, const char *string, uint32 length)
{
	const char *end = string + length;

	appendStringInfoCharMacro(out, '"');
	for (;;)
	{
		uint32		plain;

		/* what is left, as it is, an escape, and the last quote */
		enlargeStringInfo(out, (end - string) + MAX_ESCAPE + 2);
		plain = copy_plain(out->data + out->len, string, end - string);
		out->len += plain;
		string += plain;
		if (string == end)
			break;
		out->len += write_escape(out->data + out->len, *string++);
	}
	out->data[out->len++] = '"';
	out->data[out->len] = '\0';
}

static void
append_base64(StringInfo out, const Value *value)
{
	int			space = pg_b64_enc_len(value->length);
	int			written;

	appendStringInfoCharMacro(out, '"');
	enlargeStringInfo(out, space);
	written = pg_b64_encode((const void *) value->data, value->length, out->data + out->len, space);
	Assert(written >= 0);
	out->len += written;
	out->data[out->len] = '\0';
	appendStringInfoCharMacro(out, '"');
}

static void
append_number(StringInfo out, const Value *value)
{
	enlargeStringInfo(out, NUMBER_MAX_TEXT);
	out->len += number_print(value->data, value->length, out->data + out->len);
}

/* ---- Values ---- */

typedef void (*ValueWriter) (StringInfo out, const Value *value);

static void
append_array(StringInfo out, const Value *container, ValueWriter write)
{
	ValueIterator iterator;
	Value		member;
	bool		first = true;

	check_stack_depth();
	appendStringInfoCharMacro(out, '[');
	value_iterator_start(&iterator, container);
	while (value_iterator_next(&iterator, NULL, NULL, &member))
	{
		if (!first)
			appendStringInfoCharMacro(out, ',');
		first = false;
		write(out, &member);
	}
	appendStringInfoCharMacro(out, ']');
}

static void
append_object(StringInfo out, const Value *map, ValueWriter write)
{
	ValueIterator iterator;
	const char *name;
	uint32		name_length;
	Value		member;
	bool		first = true;

	check_stack_depth();
	appendStringInfoCharMacro(out, '{');
	value_iterator_start(&iterator, map);
	while (value_iterator_next(&iterator, &name, &name_length, &member))
	{
		if (!first)
			appendStringInfoCharMacro(out, ',');
		first = false;
		json_append_string(out, name, name_length);
		appendStringInfoCharMacro(out, ':');
		write(out, &member);
	}
	appendStringInfoCharMacro(out, '}');
}

static void
append_quoted_number(StringInfo out, const Value *value)
{
	appendStringInfoCharMacro(out, '"');
	append_number(out, value);
	appendStringInfoCharMacro(out, '"');
}

/* A member of a set in DynamoDB JSON, which has no type of its own there. */
static void
append_set_member(StringInfo out, const Value *member)
{
	if (member->type == VALUE_STRING)
		json_append_string(out, member->data, member->length);
	else if (member->type == VALUE_NUMBER)
		append_quoted_number(out, member);
	else
		append_base64(out, member);
}

static void
append_type(StringInfo out, const char *name)
{
	appendStringInfoCharMacro(out, '{');
	appendStringInfoCharMacro(out, '"');
	while (*name != '\0')
		appendStringInfoCharMacro(out, *name++);
	appendStringInfoCharMacro(out, '"');
	appendStringInfoCharMacro(out, ':');
}

void
value_to_json(StringInfo out, const Value *value)
{
	append_type(out, value_type_name(value->type));
	switch (value->type)
	{
		case VALUE_STRING:
		case VALUE_NUMBER:
		case VALUE_BINARY:
			append_set_member(out, value);
			break;
		case VALUE_BOOLEAN:
			appendStringInfoString(out, value->data[0] ? "true" : "false");
			break;
		case VALUE_NULL:
			appendStringInfoString(out, "true");
			break;
		case VALUE_MAP:
			append_object(out, value, value_to_json);
			break;
		case VALUE_LIST:
			append_array(out, value, value_to_json);
			break;
		case VALUE_STRING_SET:
		case VALUE_NUMBER_SET:
		case VALUE_BINARY_SET:
			append_array(out, value, append_set_member);
			break;
	}
	appendStringInfoCharMacro(out, '}');
}

void
item_to_json(StringInfo out, const Value *map)
{
	append_object(out, map, value_to_json);
}

void
value_to_plain_json(StringInfo out, const Value *value)
{
	switch (value->type)
	{
		case VALUE_STRING:
			json_append_string(out, value->data, value->length);
			break;
		case VALUE_NUMBER:
			append_number(out, value);
			break;
		case VALUE_BINARY:
			append_base64(out, value);
			break;
		case VALUE_BOOLEAN:
			appendStringInfoString(out, value->data[0] ? "true" : "false");
			break;
		case VALUE_NULL:
			appendStringInfoString(out, "null");
			break;
		case VALUE_MAP:
			append_object(out, value, value_to_plain_json);
			break;
		case VALUE_LIST:
		case VALUE_STRING_SET:
		case VALUE_NUMBER_SET:
		case VALUE_BINARY_SET:
			append_array(out, value, value_to_plain_json);
			break;
	}
}
