/*
 * request.c - what a request says in its head.
 */
#include "postgres.h"

#include "http/request.h"

#define NAME(name) {name, sizeof(name) - 1}
static const struct
{
	const char *name;
	size_t		length;
}			known_names[KNOWN_HEADERS] =
{
	[HEADER_ACCEPT_ENCODING] = NAME("accept-encoding"),
	[HEADER_ALLOWED_HEADERS] = NAME("access-control-request-headers"),
	[HEADER_ALLOWED_METHOD] = NAME("access-control-request-method"),
	[HEADER_AUTHORIZATION] = NAME("authorization"),
	[HEADER_CONTENT_ENCODING] = NAME("content-encoding"),
	[HEADER_CONTENT_LENGTH] = NAME("content-length"),
	[HEADER_CONTENT_TYPE] = NAME("content-type"),
	[HEADER_DATE] = NAME("date"),
	[HEADER_EXPECT] = NAME("expect"),
	[HEADER_HOST] = NAME("host"),
	[HEADER_ORIGIN] = NAME("origin"),
	[HEADER_TRANSFER_ENCODING] = NAME("transfer-encoding"),
	[HEADER_AMZ_DATE] = NAME("x-amz-date"),
	[HEADER_AMZ_SECURITY_TOKEN] = NAME("x-amz-security-token"),
	[HEADER_AMZ_TARGET] = NAME("x-amz-target"),
	[HEADER_AMZ_USER_AGENT] = NAME("x-amz-user-agent")
};

/* No known name is longer. */
#define LONGEST_NAME 32

/* The bytes that a token of HTTP is made of, by themselves or in lower case; 0 for all others. */
static const unsigned char token_bytes[256] = {
	['!'] = '!',['#'] = '#',['$'] = '$',['%'] = '%',['&'] = '&',['\''] = '\'',['*'] = '*',['+'] = '+',
	['-'] = '-',['.'] = '.',['^'] = '^',['_'] = '_',['`'] = '`',['|'] = '|',['~'] = '~',
	['0'] = '0',['1'] = '1',['2'] = '2',['3'] = '3',['4'] = '4',['5'] = '5',['6'] = '6',['7'] = '7',
	['8'] = '8',['9'] = '9',
	['A'] = 'a',['B'] = 'b',['C'] = 'c',['D'] = 'd',['E'] = 'e',['F'] = 'f',['G'] = 'g',['H'] = 'h',
	['I'] = 'i',['J'] = 'j',['K'] = 'k',['L'] = 'l',['M'] = 'm',['N'] = 'n',['O'] = 'o',['P'] = 'p',
	['Q'] = 'q',['R'] = 'r',['S'] = 's',['T'] = 't',['U'] = 'u',['V'] = 'v',['W'] = 'w',['X'] = 'x',
	['Y'] = 'y',['Z'] = 'z',
	['a'] = 'a',['b'] = 'b',['c'] = 'c',['d'] = 'd',['e'] = 'e',['f'] = 'f',['g'] = 'g',['h'] = 'h',
	['i'] = 'i',['j'] = 'j',['k'] = 'k',['l'] = 'l',['m'] = 'm',['n'] = 'n',['o'] = 'o',['p'] = 'p',
	['q'] = 'q',['r'] = 'r',['s'] = 's',['t'] = 't',['u'] = 'u',['v'] = 'v',['w'] = 'w',['x'] = 'x',
	['y'] = 'y',['z'] = 'z'
};

HttpHeaderName
http_header_name(const char *name, size_t length)
{
	char		lower[LONGEST_NAME];

	if (length == 0)
		return HEADER_MALFORMED;
	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = token_bytes[(unsigned char) name[i]];

		if (c == 0)
			return HEADER_MALFORMED;
		if (i < LONGEST_NAME)
			lower[i] = (char) c;
	}
	for (int i = 0; i < KNOWN_HEADERS; i++)
	{
		if (known_names[i].length == length && memcmp(known_names[i].name, lower, length) == 0)
			return (HttpHeaderName) i;
	}
	return HEADER_OTHER;
}

const char *
http_path_and_query(const HttpRequest *request)
{
	const char *uri = request->uri;

	if (*uri == '/' || (pg_strncasecmp(uri, "http://", 7) != 0 && pg_strncasecmp(uri, "https://", 8) != 0))
		return uri;
	uri = strstr(uri, "://") + 3;
	return uri + strcspn(uri, "/?");
}
