/*
 * item_file_ion_tokens.c - the tokens of Ion text.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "error.h"
#include "transfer/item_file_ion.h"
#include "value/json_bytes.h"

void
ion_malformed(const char *reason)
{
	bad_record("Not valid Ion: %s", reason);
}

/* Whether there are so many characters more, if the file has them. */
static bool
has(Ion *ion, ptrdiff_t count)
{
	if (ion->window->end - ion->at >= count)
		return true;
	if (!ion->window->last)
		window_ran_out(ion->window);
	return false;
}

/* ---- Space ---- */

bool
ion_is_white_space(char character)
{
	return character == ' ' || (character >= '\t' && character <= '\r');
}

void
ion_skip_white_space(Ion *ion)
{
	while (ion->at < ion->window->end && ion_is_white_space(*ion->at))
		ion->at++;
}

static void
skip_line_comment(Ion *ion)
{
	while (ion_more(ion) && *ion->at != '\n' && *ion->at != '\r')
		ion->at++;
}

static void
skip_block_comment(Ion *ion)
{
	for (ion->at += 2;; ion->at++)
	{
		while (ion_peek(ion) != '*')
			ion->at++;
		if (has(ion, 2) && ion->at[1] == '/')
			break;
	}
	ion->at += 2;
}

void
ion_skip_space(Ion *ion)
{
	for (;;)
	{
		ion_skip_white_space(ion);
		if (ion->at == ion->window->end || *ion->at != '/' || !has(ion, 2))
			return;
		if (ion->at[1] == '/')
			skip_line_comment(ion);
		else if (ion->at[1] == '*')
			skip_block_comment(ion);
		else
			return;
	}
}

/* ---- Strings ---- */

static uint32
hexadecimal(Ion *ion, int digits)
{
	uint32		result = 0;

	for (int i = 0; i < digits; i++, ion->at++)
	{
		char		digit = ion_peek(ion);

		if (digit >= '0' && digit <= '9')
			digit -= '0';
		else if (digit >= 'a' && digit <= 'f')
			digit -= 'a' - 10;
		else if (digit >= 'A' && digit <= 'F')
			digit -= 'A' - 10;
		else
			ion_malformed("an escape without its hexadecimal digits");
		result = result << 4 | digit;
	}
	return result;
}

/* The second half of a surrogate pair, of which \u had the first. */
static uint32
second_half(Ion *ion, uint32 first)
{
	uint32		second;

	if (first > 0xDBFF || !has(ion, 2) || ion->at[0] != '\\' || ion->at[1] != 'u')
		ion_malformed("half a surrogate pair");
	ion->at += 2;
	second = hexadecimal(ion, 4);
	if (second < 0xDC00 || second > 0xDFFF)
		ion_malformed("half a surrogate pair");
	return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

static void
append_character(StringInfo text, uint32 character)
{
	unsigned char bytes[4];

	if (character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF))
		ion_malformed("an escape that is no character");
	unicode_to_utf8(character, bytes);
	appendBinaryStringInfo(text, (const char *) bytes, pg_utf_mblen(bytes));
}

/* A character by its code. */
static void
read_code(Ion *ion, char kind, StringInfo text)
{
	uint32		character = hexadecimal(ion, kind == 'x' ? 2 : kind == 'u' ? 4 : 8);

	if (kind == 'u' && character >= 0xD800 && character <= 0xDFFF)
		character = second_half(ion, character);
	append_character(text, character);
}

/* An escape, of which the backslash comes next. */
static void
read_escape(Ion *ion, StringInfo text)
{
	static const char letters[256] = {
		['a'] = '\a',['b'] = '\b',['t'] = '\t',['n'] = '\n',['f'] = '\f',['r'] = '\r',['v'] = '\v',
		['?'] = '?',['\''] = '\'',['"'] = '"',['/'] = '/',['\\'] = '\\'
	};
	char		kind;

	ion->at++;
	kind = ion_peek(ion);
	ion->at++;
	if (kind == 'x' || kind == 'u' || kind == 'U')
		read_code(ion, kind, text);
	else if (kind == '0' || letters[(uint8) kind] != '\0')
		appendStringInfoChar(text, letters[(uint8) kind]);
	/* an escaped line break is none */
	else if (kind == '\r' && has(ion, 1) && *ion->at == '\n')
		ion->at++;
	else if (kind != '\n' && kind != '\r')
		ion_malformed("an unknown escape");
}

/* A character that stands for itself, or is refused; a line break is one however it is written. */
static void
read_character(Ion *ion, StringInfo text, bool is_long)
{
	char		character = *ion->at++;
	bool		line_break = is_long && (character == '\n' || character == '\r');

	if ((uint8) character < 0x20 && character != '\t' && character != '\v' && character != '\f' && !line_break)
		ion_malformed("a control character in a string or symbol");
	if (line_break && character == '\r' && has(ion, 1) && *ion->at == '\n')
		ion->at++;
	appendStringInfoChar(text, line_break ? '\n' : character);
}

/* Up to what is not simply a part of a text. */
static inline const char *
plain_end(const Ion *ion, char quote)
{
	const char *at = ion->at;

	if (quote == '"')
		return json_plain_end(at, ion->window->end);
	while (at < ion->window->end && *at != quote && *at != '\\' && (uint8) *at >= 0x20)
		at++;
	return at;
}

bool
ion_at_long_string(Ion *ion)
{
	return ion_peek(ion) == '\'' && has(ion, 3) && ion->at[1] == '\'' && ion->at[2] == '\'';
}

/* Appends the text up to the quote that ends it, which is passed by. */
static void
read_text(Ion *ion, StringInfo text, char quote, bool is_long)
{
	for (;;)
	{
		const char *end = plain_end(ion, quote);

		appendBinaryStringInfo(text, ion->at, end - ion->at);
		ion->at = end;
		if (ion_peek(ion) == quote && (!is_long || ion_at_long_string(ion)))
			break;
		if (*ion->at == '\\')
			read_escape(ion, text);
		else
			read_character(ion, text, is_long);
	}
	ion->at += is_long ? 3 : 1;
}

/* Memory for the text up to the next quote, which is all of it but in some long strings. */
static void
init_text(const Ion *ion, char quote, StringInfo text)
{
	const char *at = ion->at;

	while (at < ion->window->end && *at != quote)
		at += *at == '\\' && ion->window->end - at > 1 ? 2 : 1;
	string_init_exactly(text, at - ion->at);
}

static Value
text_value(const StringInfo text)
{
	return (Value) {VALUE_STRING, text->len, text->data};
}

/* A text in single or double quotes, which is copied only where it is not as it stands. */
static Value
read_quoted(Ion *ion, char quote)
{
	const char *end;
	Value		value = {VALUE_STRING, 0, NULL};
	StringInfoData text;

	ion->at++;
	end = plain_end(ion, quote);
	if (end < ion->window->end && *end == quote)
	{
		value.data = ion->at;
		value.length = end - ion->at;
		ion->at = end + 1;
		return value;
	}
	init_text(ion, quote, &text);
	read_text(ion, &text, quote, false);
	return text_value(&text);
}

/* Long strings follow each other. */
static Value
read_long_strings(Ion *ion)
{
	StringInfoData text = {0};

	do
	{
		ion->at += 3;
		if (text.data == NULL)
			init_text(ion, '\'', &text);
		read_text(ion, &text, '\'', true);
		ion_skip_space(ion);
	} while (ion_more(ion) && ion_at_long_string(ion));
	return text_value(&text);
}

Value
ion_string(Ion *ion)
{
	if (ion_peek(ion) == '"')
		return read_quoted(ion, '"');
	if (!ion_at_long_string(ion))
		ion_malformed("an unexpected quote");
	return read_long_strings(ion);
}

/* ---- Symbols ---- */

static bool
is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static bool
begins_identifier(char character)
{
	return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
		character == '_' || character == '$';
}

bool
ion_at_symbol(Ion *ion)
{
	char		character = ion_peek(ion);

	return begins_identifier(character) || (character == '\'' && !ion_at_long_string(ion));
}

Value
ion_identifier(Ion *ion)
{
	const char *start = ion->at;

	if (!begins_identifier(ion_peek(ion)))
		ion_malformed("a name or word is missing");
	while (ion_more(ion) && (begins_identifier(*ion->at) || is_digit(*ion->at)))
		ion->at++;
	return (Value) {VALUE_STRING, ion->at - start, start};
}

Value
ion_symbol(Ion *ion, bool *quoted)
{
	*quoted = ion_peek(ion) == '\'' && !ion_at_long_string(ion);
	return *quoted ? read_quoted(ion, '\'') : ion_identifier(ion);
}

bool
ion_skip_annotation_mark(Ion *ion)
{
	const char *start = ion->at;

	ion_skip_space(ion);
	if (ion_more(ion) && *ion->at == ':' && has(ion, 2) && ion->at[1] == ':')
	{
		ion->at += 2;
		return true;
	}
	ion->at = start;
	return false;
}

static bool
all_digits(const char *text, uint32 length)
{
	for (uint32 i = 0; i < length; i++)
	{
		if (!is_digit(text[i]))
			return false;
	}
	return length > 0;
}

bool
ion_is_symbol_number(const Value *identifier)
{
	return identifier->data[0] == '$' && all_digits(identifier->data + 1, identifier->length - 1);
}

bool
ion_is_version_mark(const Value *identifier)
{
	static const char prefix[] = "$ion_";
	uint32		length = sizeof(prefix) - 1;
	const char *numbers = identifier->data + length;
	const char *middle;

	if (identifier->length <= length || memcmp(identifier->data, prefix, length) != 0)
		return false;
	length = identifier->length - length;
	middle = memchr(numbers, '_', length);
	return middle != NULL && all_digits(numbers, middle - numbers) &&
		all_digits(middle + 1, numbers + length - middle - 1);
}

bool
ion_at_blob(Ion *ion)
{
	return ion_peek(ion) == '{' && has(ion, 2) && ion->at[1] == '{';
}

bool
ion_skip_operator(Ion *ion)
{
	static const char operators[] = "!#%&*+-./;<=>?@^`|~";
	const char *start = ion->at;

	ion_skip_space(ion);
	start = ion->at;
	while (strchr(operators, ion_peek(ion)) != NULL && *ion->at != '\0')
		ion->at++;
	/* a minus sign may also begin a number */
	if (ion->at == start + 1 && *start == '-' && is_digit(*ion->at))
		ion->at = start;
	return ion->at > start;
}

/* ---- Numbers ---- */

static bool
ends_number(char character)
{
	return ion_is_white_space(character) || (strchr("{}[](),\"'/", character) != NULL && character != '\0');
}

Value
ion_number_token(Ion *ion)
{
	const char *start = ion->at;

	while (ion_more(ion) && !ends_number(*ion->at))
		ion->at++;
	return (Value) {VALUE_STRING, ion->at - start, start};
}

bool
ion_is_timestamp(const Value *token)
{
	if (token->length < 5 || !all_digits(token->data, 4) || (token->data[4] != '-' && token->data[4] != 'T'))
		return false;
	for (uint32 i = 5; i < token->length; i++)
	{
		if (!is_digit(token->data[i]) && memchr("-:.TZ+", token->data[i], 6) == NULL)
			return false;
	}
	return true;
}

bool
ion_is_infinity(const Value *token)
{
	return token->length == 4 && (memcmp(token->data, "+inf", 4) == 0 || memcmp(token->data, "-inf", 4) == 0);
}

/* Digits with single underscores between them are copied without; how many characters they took. */
static uint32
copy_digits(const Value *token, uint32 at, StringInfo text)
{
	uint32		start = at;

	while (at < token->length)
	{
		if (is_digit(token->data[at]))
			appendStringInfoChar(text, token->data[at]);
		else if (token->data[at] != '_' || at == start || token->data[at - 1] == '_' ||
				 at + 1 == token->length || !is_digit(token->data[at + 1]))
			break;
		at++;
	}
	return at - start;
}

static void
not_a_number(void)
{
	ion_malformed("a malformed number");
}

/* Digits, and what may stand before and behind the point and the exponent's letter. */
static void
copy_decimal(const Value *token, uint32 at, StringInfo text)
{
	uint32		first = at;
	uint32		digits = copy_digits(token, at, text);

	at += digits;
	if (digits == 0 || (digits > 1 && token->data[first] == '0'))
		not_a_number();
	if (at < token->length && token->data[at] == '.')
	{
		appendStringInfoChar(text, '.');
		at++;
		at += copy_digits(token, at, text);
	}
	if (at < token->length && strchr("dDeE", token->data[at]) != NULL)
	{
		appendStringInfoChar(text, 'e');
		at++;
		if (at < token->length && (token->data[at] == '-' || token->data[at] == '+'))
			appendStringInfoChar(text, token->data[at++]);
		if (!all_digits(token->data + at, token->length - at))
			not_a_number();
		appendBinaryStringInfo(text, token->data + at, token->length - at);
		at = token->length;
	}
	if (at < token->length)
		not_a_number();
}

/* More digits than any number has that DynamoDB takes. */
#define MAX_DIGITS 40

/* digits = digits * base + digit */
static void
shift_in(uint8 *digits, int base, int digit)
{
	int			carry = digit;

	for (int i = MAX_DIGITS - 1; i >= 0; i--)
	{
		carry += digits[i] * base;
		digits[i] = carry % 10;
		carry /= 10;
	}
	if (carry > 0)
		bad_record("A number has more than 38 significant digits");
}

/* An int in hexadecimal or binary, whose digits begin there. */
static void
copy_int(const Value *token, uint32 at, int base, StringInfo text)
{
	static const char all[] = "0123456789abcdef";
	uint8		digits[MAX_DIGITS] = {0};
	uint32		first = at;

	for (; at < token->length; at++)
	{
		char		character = pg_ascii_tolower(token->data[at]);
		const char *digit = memchr(all, character, base);

		if (character == '_' && at > first && at + 1 < token->length && token->data[at - 1] != '_')
			continue;
		if (digit == NULL)
			not_a_number();
		shift_in(digits, base, digit - all);
	}
	if (at == first)
		not_a_number();
	for (int i = 0; i < MAX_DIGITS; i++)
		appendStringInfoChar(text, '0' + digits[i]);
}

Value
ion_decimal_text(const Value *token)
{
	StringInfoData text;
	uint32		at = token->length > 0 && token->data[0] == '-';
	char		kind = token->length > at + 1 && token->data[at] == '0' ? pg_ascii_tolower(token->data[at + 1]) : '\0';

	string_init_exactly(&text, token->length + MAX_DIGITS);
	if (at > 0)
		appendStringInfoChar(&text, '-');
	if (kind == 'x' || kind == 'b')
		copy_int(token, at + 2, kind == 'x' ? 16 : 2, &text);
	else
		copy_decimal(token, at, &text);
	return text_value(&text);
}
