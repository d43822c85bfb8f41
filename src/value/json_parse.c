/*
 * json_parse.c - JSON text to json-c's tree, strictly.
 *
 * The tree is json-c's, its parser is not: that one keeps the last of two
 * members of the same name, puts U+FFFD in the place of half a surrogate pair,
 * cuts a name at U+0000 and takes a few spellings that are no JSON.  Besides,
 * most of a request is strings, which can be read many bytes at a time.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "error.h"
#include "value/json.h"

/*
 * 32 levels of maps are two JSON objects each, and a request has a few around
 * them; what is deeper is told by DynamoDB's rule as long as it is not absurd.
 */
#define MAX_DEPTH 256

/*
 * json-c spends up to 800 bytes on an empty object or array, so that a small
 * text could take all memory.
 */
#define MAX_CONTAINERS 500000

typedef struct Parser
{
	const char *at;
	const char *end;
	uint32		depth;
	uint32		containers;

	/*
	 * Where strings go, without their escapes: no longer than the rest of the
	 * text.  Names stay there, as the tree points at them.
	 */
	char	   *room;

	/* The tree's root; what is in it is released with the memory context. */
	MemoryContextCallback *tree;
} Parser;

static void
malformed(const char *reason)
{
	ddb_error(SERIALIZATION_EXCEPTION, "Not valid JSON: %s", reason);
}

/* ---- The tree ---- */

static void
release_tree(void *tree)
{
	json_object_put(tree);
}

static void
out_of_memory(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OUT_OF_MEMORY),
			 errmsg("out of memory")));
}

/*
 * Puts a new value where it belongs: under a name in an object, at the end of
 * an array, or as the root where there is no parent.  Only then is it safe
 * from errors.
 */
static json_object *
attach(Parser *parser, json_object *parent, const char *name, json_object *value)
{
	int			status = 0;

	if (parent == NULL)
		parser->tree->arg = value;
	else if (name == NULL)
		status = json_object_array_add(parent, value);
	else
	{
		int			members = json_object_object_length(parent);

		status = json_object_object_add_ex(parent, name, value, JSON_C_OBJECT_KEY_IS_CONSTANT);
		if (status == 0 && json_object_object_length(parent) == members)
			malformed("an object has the same member twice");
	}
	if (status != 0)
	{
		json_object_put(value);
		out_of_memory();
	}
	return value;
}

/* A value that was made by json-c, unless it had no memory. */
static json_object *
made(json_object *value)
{
	if (value == NULL)
		out_of_memory();
	return value;
}

/* ---- Strings ---- */

static int
hex_digit(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	return -1;
}

/* Reads the four digits of a \u escape. */
static uint32
parse_hex4(Parser *parser)
{
	uint32		result = 0;

	for (int i = 0; i < 4; i++)
	{
		int			digit = parser->at < parser->end ? hex_digit(*parser->at++) : -1;

		if (digit < 0)
			malformed("\\u must be followed by four hexadecimal digits");
		result = result << 4 | digit;
	}
	return result;
}

/* Reads what follows \u: a character, or both halves of a surrogate pair. */
static uint32
parse_unicode(Parser *parser)
{
	uint32		first = parse_hex4(parser);
	uint32		second;

	if (first < 0xD800 || first > 0xDFFF)
		return first;
	if (first > 0xDBFF || parser->end - parser->at < 2 ||
		parser->at[0] != '\\' || parser->at[1] != 'u')
		malformed("half a surrogate pair in a string");
	parser->at += 2;
	second = parse_hex4(parser);
	if (second < 0xDC00 || second > 0xDFFF)
		malformed("half a surrogate pair in a string");
	return surrogate_pair_to_codepoint(first, second);
}

/* Reads an escape behind its backslash, and returns the end of what it wrote. */
static char *
parse_escape(Parser *parser, char *to)
{
	static const char escapes[] = "\"\\/bfnrt";
	static const char characters[] = "\"\\/\b\f\n\r\t";
	const char *escape;

	if (parser->at == parser->end)
		malformed("unterminated string");
	escape = memchr(escapes, *parser->at, sizeof(escapes) - 1);
	if (escape != NULL)
		*to++ = characters[escape - escapes];
	else if (*parser->at != 'u')
		malformed("unknown escape in a string");
	parser->at++;
	if (escape == NULL)
	{
		unsigned char *character = (unsigned char *) to;

		unicode_to_utf8(parse_unicode(parser), character);
		to += pg_utf_mblen(character);
	}
	return to;
}

#define BYTES(byte) (UINT64CONST(0x0101010101010101) * (byte))

/* Copies up to the next character that is no plain one, and returns its end. */
static char *
copy_plain(Parser *parser, char *to)
{
	/* Eight bytes at once, as long as none of them is special. */
	while (parser->end - parser->at >= (ptrdiff_t) sizeof(uint64))
	{
		uint64		bytes;
		uint64		quote;
		uint64		backslash;

		memcpy(&bytes, parser->at, sizeof(bytes));
		quote = bytes ^ BYTES('"');
		backslash = bytes ^ BYTES('\\');
		if ((((bytes - BYTES(0x20)) & ~bytes) |
			 ((quote - BYTES(1)) & ~quote) |
			 ((backslash - BYTES(1)) & ~backslash)) & BYTES(0x80))
			break;
		memcpy(to, &bytes, sizeof(bytes));
		parser->at += sizeof(bytes);
		to += sizeof(bytes);
	}
	while (parser->at < parser->end && (uint8) *parser->at >= 0x20 &&
		   *parser->at != '"' && *parser->at != '\\')
		*to++ = *parser->at++;
	return to;
}

/* Reads a string behind its first quote into parser->room; returns its length. */
static size_t
parse_string(Parser *parser)
{
	char	   *to = parser->room;

	for (;;)
	{
		to = copy_plain(parser, to);
		if (parser->at == parser->end)
			malformed("unterminated string");
		if ((uint8) *parser->at < 0x20)
			malformed("control character in a string");
		if (*parser->at++ == '"')
			return to - parser->room;
		to = parse_escape(parser, to);
	}
}

/* Reads a member's name behind its first quote; it stays as long as the tree. */
static const char *
parse_name(Parser *parser)
{
	char	   *name = parser->room;
	size_t		length = parse_string(parser);

	name[length] = '\0';
	if (strlen(name) != length)
		malformed("U+0000 in the name of a member");
	parser->room += length + 1;
	return name;
}

/* ---- Numbers and words ---- */

/* Goes behind a number, by JSON's grammar; returns whether it has a fraction or exponent. */
static bool
skip_number(Parser *parser)
{
	bool		fraction = false;

#define DIGIT_AHEAD() (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9')
	if (*parser->at == '-')
		parser->at++;
	if (!DIGIT_AHEAD())
		malformed("a number without digits");
	if (*parser->at++ == '0' && DIGIT_AHEAD())
		malformed("a number with leading zeros");
	while (DIGIT_AHEAD())
		parser->at++;
	if (parser->at < parser->end && *parser->at == '.')
	{
		fraction = true;
		parser->at++;
		if (!DIGIT_AHEAD())
			malformed("a number without digits");
		while (DIGIT_AHEAD())
			parser->at++;
	}
	if (parser->at < parser->end && (*parser->at == 'e' || *parser->at == 'E'))
	{
		fraction = true;
		parser->at++;
		if (parser->at < parser->end && (*parser->at == '+' || *parser->at == '-'))
			parser->at++;
		if (!DIGIT_AHEAD())
			malformed("a number without digits");
		while (DIGIT_AHEAD())
			parser->at++;
	}
	return fraction;
#undef DIGIT_AHEAD
}

/* Integers beyond 64 bits become the nearest one, as in json-c's own parser. */
static json_object *
parse_number(Parser *parser)
{
	const char *start = parser->at;
	bool		fraction = skip_number(parser);
	char	   *text = pnstrdup(start, parser->at - start);
	json_object *number;

	if (fraction)
		number = json_object_new_double(strtod(text, NULL));
	else if (text[0] == '-')
		number = json_object_new_int64(strtoll(text, NULL, 10));
	else
	{
		uint64		value = strtoull(text, NULL, 10);

		number = value > PG_INT64_MAX ? json_object_new_uint64(value) : json_object_new_int64(value);
	}
	pfree(text);
	return made(number);
}

static bool
skip_word(Parser *parser, const char *word)
{
	ptrdiff_t	length = strlen(word);

	if (parser->end - parser->at < length || memcmp(parser->at, word, length) != 0)
		return false;
	parser->at += length;
	return true;
}

/* JSON's null is NULL in json-c. */
static json_object *
parse_word(Parser *parser)
{
	if (skip_word(parser, "true"))
		return made(json_object_new_boolean(true));
	if (skip_word(parser, "false"))
		return made(json_object_new_boolean(false));
	if (!skip_word(parser, "null"))
		malformed("unexpected word");
	return NULL;
}

/* ---- Values ---- */

static void parse_value(Parser *parser, json_object *parent, const char *name);

/* The next character that is no blank, which must be there. */
static char
next_character(Parser *parser)
{
	while (parser->at < parser->end &&
		   (*parser->at == ' ' || *parser->at == '\t' ||
			*parser->at == '\n' || *parser->at == '\r'))
		parser->at++;
	if (parser->at == parser->end)
		malformed("unexpected end");
	return *parser->at;
}

/* Whether another member follows, in the place of the container's end. */
static bool
another_follows(Parser *parser, char end)
{
	char		character = next_character(parser);

	if (character != ',' && character != end)
		malformed("unexpected character");
	parser->at++;
	return character == ',';
}

static void
parse_member(Parser *parser, json_object *object)
{
	const char *name;

	if (next_character(parser) != '"')
		malformed("unexpected character");
	parser->at++;
	name = parse_name(parser);
	if (next_character(parser) != ':')
		malformed("unexpected character");
	parser->at++;
	parse_value(parser, object, name);
}

/* Reads the members of an object or array; parser->at is behind its bracket. */
static void
parse_members(Parser *parser, json_object *container, char end)
{
	if (++parser->depth > MAX_DEPTH)
		malformed("nesting too deep");
	if (++parser->containers > MAX_CONTAINERS)
		malformed("too many objects and arrays");
	CHECK_FOR_INTERRUPTS();

	if (next_character(parser) == end)
		parser->at++;
	else
	{
		do
		{
			if (end == '}')
				parse_member(parser, container);
			else
				parse_value(parser, container, NULL);
		} while (another_follows(parser, end));
	}
	parser->depth--;
}

static void
parse_value(Parser *parser, json_object *parent, const char *name)
{
	json_object *value;
	size_t		length;

	switch (next_character(parser))
	{
		case '{':
			parser->at++;
			value = attach(parser, parent, name, made(json_object_new_object()));
			parse_members(parser, value, '}');
			break;
		case '[':
			parser->at++;
			value = attach(parser, parent, name, made(json_object_new_array()));
			parse_members(parser, value, ']');
			break;
		case '"':
			parser->at++;
			length = parse_string(parser);
			attach(parser, parent, name, made(json_object_new_string_len(parser->room, (int) length)));
			break;
		case '-':
		case '0' ... '9':
			attach(parser, parent, name, parse_number(parser));
			break;
		case '}':
		case ']':
		case ',':
		case ':':
			malformed("unexpected character");
			break;
		default:
			attach(parser, parent, name, parse_word(parser));
			break;
	}
}

json_object *
json_parse(const char *text, size_t length)
{
	Parser		parser = {.at = text};

	while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL && text[length - 1] != '\0')
		length--;
	if (length == 0)
		malformed("unexpected end");
	if (length >= MaxAllocSize)
		malformed("too long");
	if (!pg_verify_mbstr(PG_UTF8, text, (int) length, true))
		malformed("invalid UTF-8");

	parser.end = text + length;
	parser.room = palloc(length);
	parser.tree = palloc0(sizeof(MemoryContextCallback));
	parser.tree->func = release_tree;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, parser.tree);

	parse_value(&parser, NULL, NULL);
	if (parser.at != parser.end)
		malformed("unexpected character");
	return parser.tree->arg;
}
