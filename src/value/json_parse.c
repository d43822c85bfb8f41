/*
 * json_parse.c - JSON text to json-c's tree, strictly.
 *
 * json-c is more tolerant than DynamoDB: it keeps the last of two members of
 * the same name, puts U+FFFD in the place of half a surrogate pair, cuts a
 * name at U+0000 and takes a few spellings that are no JSON.  So the text is
 * looked over first; what would be silently altered is refused.  json-c's own
 * strict mode is not used: each version has another one, and that of 0.18
 * refuses every string with a character beyond ASCII.
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

/* DynamoDB takes requests of 16 MB; the same may be longer in other escapes. */
#define MAX_LENGTH (64 * 1024 * 1024)

/* A tokener that has seen a longer text is not kept, for it holds memory. */
#define MAX_KEPT_LENGTH (64 * 1024)

static struct json_tokener *tokener = NULL;

static void
malformed(const char *reason)
{
	ddb_error(SERIALIZATION_EXCEPTION, "Not valid JSON: %s", reason);
}

/* ---- Looking over the text ---- */

typedef struct Scan
{
	const char *at;
	const char *end;
	uint32		members;		/* names of objects */
	uint32		containers;
	bool		zero_character; /* in the string just seen */
	bool		after_comma;	/* with nothing but white space between */
} Scan;

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
scan_hex4(Scan *scan)
{
	uint32		result = 0;

	for (int i = 0; i < 4; i++)
	{
		int			digit = scan->at < scan->end ? hex_digit(*scan->at++) : -1;

		if (digit < 0)
			malformed("\\u must be followed by four hexadecimal digits");
		result = result << 4 | digit;
	}
	return result;
}

/* Looks over an escape; scan->at is behind the backslash. */
static void
scan_escape(Scan *scan)
{
	uint32		unit;

	if (scan->at == scan->end)
		malformed("unterminated string");
	if (strchr("\"\\/bfnrt", *scan->at) != NULL && *scan->at != '\0')
	{
		scan->at++;
		return;
	}
	if (*scan->at++ != 'u')
		malformed("unknown escape in a string");

	unit = scan_hex4(scan);
	if (unit == 0)
		scan->zero_character = true;
	if (unit < 0xD800 || unit > 0xDFFF)
		return;
	if (unit > 0xDBFF || scan->end - scan->at < 2 ||
		scan->at[0] != '\\' || scan->at[1] != 'u')
		malformed("half a surrogate pair in a string");
	scan->at += 2;
	unit = scan_hex4(scan);
	if (unit < 0xDC00 || unit > 0xDFFF)
		malformed("half a surrogate pair in a string");
}

#define BYTES(byte) (UINT64CONST(0x0101010101010101) * (byte))

/* Looks over a string; scan->at is behind its first quote. */
static void
scan_string(Scan *scan)
{
	scan->zero_character = false;
	for (;;)
	{
		/* Eight bytes at once, as long as none of them is special. */
		while (scan->end - scan->at >= (ptrdiff_t) sizeof(uint64))
		{
			uint64		bytes;
			uint64		quote;
			uint64		backslash;

			memcpy(&bytes, scan->at, sizeof(bytes));
			quote = bytes ^ BYTES('"');
			backslash = bytes ^ BYTES('\\');
			if ((((bytes - BYTES(0x20)) & ~bytes) |
				 ((quote - BYTES(1)) & ~quote) |
				 ((backslash - BYTES(1)) & ~backslash)) & BYTES(0x80))
				break;
			scan->at += sizeof(bytes);
		}
		while (scan->at < scan->end && (uint8) *scan->at >= 0x20 &&
			   *scan->at != '"' && *scan->at != '\\')
			scan->at++;
		if (scan->at == scan->end)
			malformed("unterminated string");
		if ((uint8) *scan->at < 0x20)
			malformed("control character in a string");
		if (*scan->at++ == '"')
			return;
		scan_escape(scan);
	}
}

/* Looks over a word: only these three are values. */
static void
scan_word(Scan *scan)
{
	static const char *const words[] = {"true", "false", "null"};

	for (int i = 0; i < (int) lengthof(words); i++)
	{
		ptrdiff_t	length = strlen(words[i]);

		if (scan->end - scan->at >= length && memcmp(scan->at, words[i], length) == 0)
		{
			scan->at += length;
			return;
		}
	}
	malformed("unexpected word");
}

/* Looks over a number by JSON's grammar. */
static void
scan_number(Scan *scan)
{
#define DIGIT_AHEAD() (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
	if (*scan->at == '-')
		scan->at++;
	if (!DIGIT_AHEAD())
		malformed("a number without digits");
	if (*scan->at++ == '0' && DIGIT_AHEAD())
		malformed("a number with leading zeros");
	while (DIGIT_AHEAD())
		scan->at++;
	if (scan->at < scan->end && *scan->at == '.')
	{
		scan->at++;
		if (!DIGIT_AHEAD())
			malformed("a number without digits");
		while (DIGIT_AHEAD())
			scan->at++;
	}
	if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E'))
	{
		scan->at++;
		if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
			scan->at++;
		if (!DIGIT_AHEAD())
			malformed("a number without digits");
		while (DIGIT_AHEAD())
			scan->at++;
	}
#undef DIGIT_AHEAD
}

static void
scan_token(Scan *scan)
{
	char		character = *scan->at;
	bool		after_comma = scan->after_comma;

	scan->after_comma = false;
	switch (character)
	{
		case '"':
			scan->at++;
			scan_string(scan);
			break;
		case ':':
			if (scan->zero_character)
				malformed("U+0000 in the name of a member");
			scan->members++;
			scan->at++;
			break;
		case '{':
		case '[':
			if (++scan->containers > MAX_CONTAINERS)
				malformed("too many objects and arrays");
			scan->at++;
			break;
		case '}':
		case ']':
			if (after_comma)
				malformed(json_tokener_error_desc(json_tokener_error_parse_unexpected));
			scan->at++;
			break;
		case ',':
			scan->after_comma = true;
			scan->at++;
			break;
		case ' ':
		case '\t':
		case '\n':
		case '\r':
			scan->after_comma = after_comma;
			scan->at++;
			break;
		case '-':
		case '0' ... '9':
			scan_number(scan);
			break;
		default:
			scan_word(scan);
			break;
	}
}

/* Returns how many members the text's objects have. */
static uint32
scan_text(const char *text, size_t length)
{
	Scan		scan = {.at = text,.end = text + length};

	while (scan.at < scan.end)
		scan_token(&scan);
	return scan.members;
}

/* How many members the tree's objects have. */
static uint32
count_members(json_object *json)
{
	uint32		count = 0;

	if (json_object_is_type(json, json_type_object))
	{
		struct lh_entry *entry;

		lh_foreach(json_object_get_object(json), entry)
			count += 1 + count_members((json_object *) lh_entry_v(entry));
	}
	else if (json_object_is_type(json, json_type_array))
	{
		size_t		length = json_object_array_length(json);

		for (size_t i = 0; i < length; i++)
			count += count_members(json_object_array_get_idx(json, i));
	}
	return count;
}

/* ---- Parsing ---- */

static void
release_tree(void *tree)
{
	json_object_put(tree);
}

static void
discard_tokener(void)
{
	json_tokener_free(tokener);
	tokener = NULL;
}

static json_object *
parse(const char *text, size_t length)
{
	json_object *tree;
	enum json_tokener_error status;
	size_t		parsed;

	if (tokener == NULL)
	{
		tokener = json_tokener_new_ex(MAX_DEPTH);
		if (tokener == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_OUT_OF_MEMORY),
					 errmsg("out of memory")));
	}
	json_tokener_reset(tokener);
	tree = json_tokener_parse_ex(tokener, text, (int) length);
	status = json_tokener_get_error(tokener);
	parsed = json_tokener_get_parse_end(tokener);

	/* A number at the end of the text could go on; its end mark ends it. */
	if (status == json_tokener_continue && parsed == length)
	{
		tree = json_tokener_parse_ex(tokener, "", 1);
		status = json_tokener_get_error(tokener);
	}
	else if (status == json_tokener_success && parsed != length)
		status = json_tokener_error_parse_unexpected;

	if (length > MAX_KEPT_LENGTH)
		discard_tokener();
	if (status == json_tokener_success)
		return tree;

	json_object_put(tree);
	if (status == json_tokener_continue)
		malformed("unexpected end");
	malformed(json_tokener_error_desc(status));
	pg_unreachable();
}

json_object *
json_parse(const char *text, size_t length)
{
	MemoryContextCallback *callback;
	uint32		members;

	while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL && text[length - 1] != '\0')
		length--;
	if (length == 0)
		malformed("unexpected end");
	if (length > MAX_LENGTH)
		malformed("longer than 64 MB");
	if (!pg_verify_mbstr(PG_UTF8, text, (int) length, true))
		malformed("invalid UTF-8");
	members = scan_text(text, length);

	/* Nothing between the parsing and the registration may raise an error. */
	callback = palloc0(sizeof(MemoryContextCallback));
	callback->func = release_tree;
	callback->arg = parse(text, length);
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);

	if (count_members(callback->arg) != members)
		malformed("an object has the same member twice");
	return callback->arg;
}

const char *
json_text_member(json_object *object, const char *name)
{
	return json_object_get_string(json_object_object_get(object, name));
}
