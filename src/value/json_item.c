/*
 * json_item.c - the text of an item into nodes, without a tree between them.
 *
 * Files and COPY bring items by the million, nearly all of them well-formed and
 * written in the ordinary way.  Those are read here, at a fraction of what json-c's
 * tree costs.  Whatever is unusual or wrong is left to json_parse() and what
 * follows it, which alone know what is taken and what is said of what is not; so
 * nothing here raises an error.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "error.h"
#include "value/base64.h"
#include "value/json.h"
#include "value/json_bytes.h"
#include "value/number.h"

/* What is longer may take much memory in nodes, as it takes in a tree, whose bounds hold then. */
#define MAX_LENGTH (1024 * 1024)

/* So many digits are a number whatever they are. */
#define ANY_DIGITS 38

typedef struct Cursor
{
	const char *at;
	const char *end;
} Cursor;

static Node *read_attribute_value(Cursor *cursor, int depth);

/* ---- Tokens ---- */

static inline void
skip_space(Cursor *cursor)
{
	while (cursor->at < cursor->end &&
		   (*cursor->at == ' ' || *cursor->at == '\n' || *cursor->at == '\t' || *cursor->at == '\r'))
		cursor->at++;
}

/* Passes by a character, and space before it; false where it does not come next. */
static inline bool
pass(Cursor *cursor, char character)
{
	skip_space(cursor);
	if (cursor->at == cursor->end || *cursor->at != character)
		return false;
	cursor->at++;
	return true;
}

static bool
pass_word(Cursor *cursor, const char *word)
{
	size_t		length = strlen(word);

	skip_space(cursor);
	if ((size_t) (cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
		return false;
	cursor->at += length;
	return true;
}

static bool
read_hex4(Cursor *cursor, uint32 *unit)
{
	*unit = 0;
	if (cursor->end - cursor->at < 4)
		return false;
	for (int i = 0; i < 4; i++)
	{
		char		digit = *cursor->at++;

		if (digit >= '0' && digit <= '9')
			digit -= '0';
		else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
			digit = (digit | 0x20) - 'a' + 10;
		else
			return false;
		*unit = *unit << 4 | digit;
	}
	return true;
}

/* What stands behind \u. */
static bool
read_unit(Cursor *cursor, StringInfo text)
{
	unsigned char bytes[4];
	uint32		character;
	uint32		second;

	if (!read_hex4(cursor, &character))
		return false;
	if (character >= 0xD800 && character <= 0xDFFF)
	{
		if (character > 0xDBFF || cursor->end - cursor->at < 2 ||
			cursor->at[0] != '\\' || cursor->at[1] != 'u')
			return false;
		cursor->at += 2;
		if (!read_hex4(cursor, &second) || second < 0xDC00 || second > 0xDFFF)
			return false;
		character = 0x10000 + ((character - 0xD800) << 10) + (second - 0xDC00);
	}
	unicode_to_utf8(character, bytes);
	appendBinaryStringInfo(text, (const char *) bytes, pg_utf_mblen(bytes));
	return true;
}

/* An escape, of which the backslash comes next. */
static bool
read_escape(Cursor *cursor, StringInfo text)
{
	static const char letters[256] = {
		['"'] = '"',['\\'] = '\\',['/'] = '/',['b'] = '\b',['f'] = '\f',['n'] = '\n',['r'] = '\r',['t'] = '\t'
	};
	char		letter;

	if (cursor->end - cursor->at < 2)
		return false;
	letter = cursor->at[1];
	cursor->at += 2;
	if (letter == 'u')
		return read_unit(cursor, text);
	if (letters[(uint8) letter] == '\0')
		return false;
	appendStringInfoCharMacro(text, letters[(uint8) letter]);
	return true;
}

/* The quote that ends a string; NULL where there is none. */
static const char *
string_end(const char *at, const char *end)
{
	for (;;)
	{
		at = json_plain_end(at, end);
		if (at == end || (uint8) *at < 0x20)
			return NULL;
		if (*at == '"')
			return at;
		if (end - at < 2)
			return NULL;
		at += 2;
	}
}

/*
 * A string with escapes, of which the plain bytes before the cursor are the
 * beginning. No escape is shorter than what it stands for, so there is memory for
 * all of the text from the beginning.
 */
static bool
read_escaped(Cursor *cursor, const char *start, Value *string)
{
	const char *end = string_end(cursor->at, cursor->end);
	StringInfoData text;

	if (end == NULL)
		return false;
	string_init_exactly(&text, end - start);
	for (;;)
	{
		appendBinaryStringInfo(&text, start, cursor->at - start);
		if (cursor->at == end)
			break;
		if (!read_escape(cursor, &text))
			return false;
		start = cursor->at;
		cursor->at = json_plain_end(start, end);
	}
	cursor->at++;
	string->data = text.data;
	string->length = text.len;
	return true;
}

/* A string, which points into the text where it has no escapes. */
static bool
read_string(Cursor *cursor, Value *string)
{
	const char *start;

	if (!pass(cursor, '"'))
		return false;
	start = cursor->at;
	cursor->at = json_plain_end(start, cursor->end);
	if (cursor->at == cursor->end || *cursor->at != '"')
		return read_escaped(cursor, start, string);
	string->data = start;
	string->length = cursor->at - start;
	cursor->at++;
	return true;
}

/* ---- Scalars ---- */

static bool
is_ordinary_number(const Value *text)
{
	const char *at = text->data;
	const char *end = at + text->length;
	const char *point = NULL;
	uint32		digits;

	if (at < end && *at == '-')
		at++;
	digits = end - at;
	for (; at < end; at++)
	{
		if (*at == '.' && point == NULL)
			point = at;
		else if (*at < '0' || *at > '9')
			return false;
	}
	digits -= point != NULL;
	return digits > 0 && digits <= ANY_DIGITS;
}

/* S, N or B, or a member of a set of them. */
static bool
read_scalar(Cursor *cursor, ValueType type, Value *value)
{
	Value		text;
	char	   *data;

	if (!read_string(cursor, &text))
		return false;
	*value = (Value) {type, text.length, text.data};
	if (type == VALUE_NUMBER)
	{
		if (!is_ordinary_number(&text))
			return false;
		data = palloc(NUMBER_MAX_LENGTH);
		value->length = number_parse(text.data, text.length, data);
		value->data = data;
	}
	else if (type == VALUE_BINARY)
	{
		if (!base64_is_valid(text.data, text.length))
			return false;
		value->length = base64_decoded_length(text.data, text.length);
		data = palloc(value->length + 1);
		base64_decode(text.data, text.length, data);
		value->data = data;
	}
	return true;
}

static Node *
read_truth(Cursor *cursor, ValueType type)
{
	Value		value = {VALUE_NULL, 0, ""};

	if (type == VALUE_BOOLEAN && pass_word(cursor, "false"))
		value = (Value) {VALUE_BOOLEAN, 1, "\0"};
	else if (!pass_word(cursor, "true"))
		return NULL;
	else if (type == VALUE_BOOLEAN)
		value = (Value) {VALUE_BOOLEAN, 1, "\1"};
	return node_from_value(&value);
}

/* ---- Containers ---- */

/* Whether another member follows; *sound is made false where neither it nor the end does. */
static bool
another_member(Cursor *cursor, char end, bool *sound)
{
	if (pass(cursor, ','))
		return true;
	*sound = pass(cursor, end);
	return false;
}

static Node *
read_list(Cursor *cursor, int depth)
{
	Node	   *list = node_list();
	bool		sound = true;

	if (!pass(cursor, '['))
		return NULL;
	if (pass(cursor, ']'))
		return list;
	do
	{
		Node	   *member = read_attribute_value(cursor, depth);

		if (member == NULL)
			return NULL;
		node_list_append(list, member);
	} while (another_member(cursor, ']', &sound));
	return sound ? list : NULL;
}

/* A set, which is not empty. */
static Node *
read_set(Cursor *cursor, ValueType type)
{
	uint32		space = 16;
	uint32		count = 0;
	Value	   *members = palloc(space * sizeof(Value));
	bool		sound = true;

	if (!pass(cursor, '['))
		return NULL;
	do
	{
		if (count == space)
		{
			space *= 2;
			members = repalloc_huge(members, space * sizeof(Value));
		}
		if (!read_scalar(cursor, value_set_member_type(type), &members[count++]))
			return NULL;
	} while (another_member(cursor, ']', &sound));
	return sound ? node_set_from_members(type, members, count) : NULL;
}

static bool
read_name(Cursor *cursor, Value *name)
{
	return read_string(cursor, name) && name->length > 0 && name->length <= ATTRIBUTE_NAME_MAX_SIZE &&
		memchr(name->data, '\0', name->length) == NULL && pass(cursor, ':');
}

static Node *
read_map(Cursor *cursor, int depth)
{
	Node	   *map = node_map();
	bool		sound = true;

	if (!pass(cursor, '{'))
		return NULL;
	if (pass(cursor, '}'))
		return map;
	do
	{
		Value		name;
		Node	   *member;

		if (!read_name(cursor, &name))
			return NULL;
		member = read_attribute_value(cursor, depth);
		if (member == NULL)
			return NULL;
		node_map_append(map, name.data, name.length, member);
	} while (another_member(cursor, '}', &sound));
	return sound && !node_map_repeats(map) ? map : NULL;
}

/* ---- Attribute values ---- */

static bool
read_type(Cursor *cursor, ValueType *type)
{
	Value		text;
	char		name[sizeof("BOOL")] = "";

	/* what is behind U+0000 would not be looked at */
	if (!read_string(cursor, &text) || text.length >= sizeof(name) || memchr(text.data, '\0', text.length) != NULL)
		return false;
	memcpy(name, text.data, text.length);
	return value_type_from_name(name, type) && pass(cursor, ':');
}

static Node *
read_typed(Cursor *cursor, ValueType type, int depth)
{
	Value		value;

	switch (type)
	{
		case VALUE_STRING:
		case VALUE_NUMBER:
		case VALUE_BINARY:
			return read_scalar(cursor, type, &value) ? node_from_value(&value) : NULL;
		case VALUE_BOOLEAN:
		case VALUE_NULL:
			return read_truth(cursor, type);
		case VALUE_MAP:
			return read_map(cursor, depth + 1);
		case VALUE_LIST:
			return read_list(cursor, depth + 1);
		case VALUE_STRING_SET:
		case VALUE_NUMBER_SET:
		case VALUE_BINARY_SET:
			return read_set(cursor, type);
	}
	pg_unreachable();
}

static Node *
read_attribute_value(Cursor *cursor, int depth)
{
	ValueType	type;
	Node	   *node;

	if (depth > VALUE_MAX_DEPTH || !pass(cursor, '{') || !read_type(cursor, &type))
		return NULL;
	node = read_typed(cursor, type, depth);
	return node != NULL && pass(cursor, '}') ? node : NULL;
}

/* The map of a whole text. */
static Node *
read_item(Cursor *cursor)
{
	Node	   *item;

	if (cursor->end - cursor->at > MAX_LENGTH ||
		!pg_verify_mbstr(PG_UTF8, cursor->at, cursor->end - cursor->at, true))
		return NULL;
	item = read_map(cursor, 1);
	skip_space(cursor);
	return cursor->at == cursor->end ? item : NULL;
}

/* ---- Items ---- */

Node *
node_map_from_member(const char *text, size_t length, const char *name)
{
	Cursor		cursor = {text, text + length};
	Value		member;

	if (!pass(&cursor, '{') || !read_string(&cursor, &member) || member.length != strlen(name) ||
		memcmp(member.data, name, member.length) != 0 || !pass(&cursor, ':'))
		return NULL;
	while (cursor.end > cursor.at && strchr(" \t\r\n", cursor.end[-1]) != NULL && cursor.end[-1] != '\0')
		cursor.end--;
	if (cursor.at == cursor.end || *--cursor.end != '}')
		return NULL;
	return read_item(&cursor);
}

Node *
node_map_from_text(const char *text, size_t length)
{
	Cursor		cursor = {text, text + length};
	Node	   *node = read_item(&cursor);
	json_object *json;

	if (node != NULL)
		return node;
	json = json_parse(text, length);
	if (json == NULL)
		ddb_error(SERIALIZATION_EXCEPTION, "Unexpected field type");
	json_check_attribute_map(json);
	return node_map_from_json(json);
}
