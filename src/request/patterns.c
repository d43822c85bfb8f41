/*
 * patterns.c - the patterns of strings in requests, in the words of DynamoDB's API model.
 *
 * There are few, and each is one or two sets of characters, so that each has a function and none needs a machine of
 * regular expressions.
 */
#include "postgres.h"

#include "arn.h"
#include "request/shapes.h"

#define DIGITS "0123456789"
#define ACCOUNT_DIGITS 12
#define WORD_DIGITS 16

/* Whether all characters are of these; U+0000 is of none. */
static bool
consists_of(const char *text, size_t length, const char *characters)
{
	for (size_t i = 0; i < length; i++)
	{
		if (text[i] == '\0' || strchr(characters, text[i]) == NULL)
			return false;
	}
	return true;
}

static bool
is_alphanumeric(char character)
{
	return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
		(character >= '0' && character <= '9');
}

static bool
is_client_token(const char *text, size_t length)
{
	return length > 0 && memchr(text, '$', length) == NULL;
}

static bool
is_account(const char *text, size_t length)
{
	return length == ACCOUNT_DIGITS && consists_of(text, length, DIGITS);
}

/* The characters between the first and the last one are those of tables' names. */
static bool
is_bucket_name(const char *text, size_t length)
{
	return length >= 2 && is_alphanumeric(text[0]) && is_alphanumeric(text[length - 1]) && is_resource_name(text, length);
}

static bool
is_page_token(const char *text, size_t length)
{
	return length > 0 && length % WORD_DIGITS == 0 && consists_of(text, length, DIGITS "abcdef");
}

static bool
is_csv_delimiter(const char *text, size_t length)
{
	return length == 1 && consists_of(text, length, ",;:|\t ");
}

/* Printable characters of ASCII, but no double quotes and commas. */
static bool
is_csv_header(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		if (text[i] < ' ' || text[i] > '~' || text[i] == '"' || text[i] == ',')
			return false;
	}
	return true;
}

const StringPattern name_pattern = {"[a-zA-Z0-9_.-]+", is_resource_name};
const StringPattern client_token_pattern = {"^[^\\$]+$", is_client_token};
const StringPattern account_pattern = {"[0-9]{12}", is_account};
const StringPattern bucket_name_pattern = {"^[a-z0-9A-Z]+[\\.\\-\\w]*[a-z0-9A-Z]+$", is_bucket_name};
const StringPattern page_token_pattern = {"([0-9a-f]{16})+", is_page_token};
const StringPattern csv_delimiter_pattern = {"[,;:|\\t ]", is_csv_delimiter};
const StringPattern csv_header_pattern = {"[\\x20-\\x21\\x23-\\x2B\\x2D-\\x7E]*", is_csv_header};
