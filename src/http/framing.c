/*
 * framing.c - heads that two readers could take for different requests.
 *
 * Before ddb there may be a proxy that serves several clients over one
 * connection.  Where it and ddb disagree on where a header, a body or a request
 * ends, what one client sends becomes part of another one's request.  So what
 * HTTP leaves open (RFC 9112, sections 2.2, 5.2 and 6.3), or allows to be mended,
 * is refused, and the connection is closed.
 *
 * libmicrohttpd 1.0 refuses some of it itself when it is told to be strict.
 * Earlier ones take a bare line feed for the end of a line, cut a line at a zero
 * byte, and append a line that begins with a blank to the name of the header
 * before it.  They leave the lines where they have read them, with zeros for
 * their ends, which shows it.
 */
#include "postgres.h"

#include <microhttpd.h>

#include "http/request.h"

/* What decides something, or is part of what is signed; of each there may be one. */
#define SINGLE(name) {name, sizeof(name) - 1}
static const struct
{
	const char *name;
	size_t		length;
}			single[] =
{
	SINGLE("Host"),
	SINGLE("Content-Length"),
	SINGLE("Transfer-Encoding"),
	SINGLE("Content-Type"),
	SINGLE("Content-Encoding"),
	SINGLE("Authorization"),
	SINGLE("X-Amz-Target"),
	SINGLE("X-Amz-Date"),
	SINGLE("X-Amz-Security-Token"),
	SINGLE("Date")
};

/* The bytes that a token of HTTP is made of, so that no blank comes before a colon; by 32. */
static const uint32 token_bytes[8] = {
	0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff
};

static bool
is_token(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) name[i];

		if ((token_bytes[c >> 5] & (1U << (c & 31))) == 0)
			return false;
	}
	return length > 0;
}

static int
index_of_single(const HttpHeader *header)
{
	for (int i = 0; i < (int) lengthof(single); i++)
	{
		if (http_header_is(header, single[i].name, single[i].length))
			return i;
	}
	return -1;
}

static const char *
problem_of_headers(const HttpRequest *request)
{
	uint32		seen = 0;

	for (int i = 0; i < request->header_count; i++)
	{
		const HttpHeader *header = &request->headers[i];
		int			number;

		if (!is_token(header->name, header->name_length))
			return "a header's name is none";
		if (strchr(header->value, '\r') != NULL)
			return "a header's value holds a carriage return";
		number = index_of_single(header);
		if (number >= 0 && (seen & (1U << number)) != 0)
			return "there are two of a header that decides something";
		if (number >= 0)
			seen |= 1U << number;
	}
	return NULL;
}

#if MHD_VERSION < 0x01000000

/*
 * Whether the text of a line's part, which ends where a zero stands, is followed
 * by that line's end of two bytes and then by the next part.
 */
static bool
is_followed_by(const char *part, size_t length, const char *next)
{
	return part[length] == '\0' && part[length + 1] == '\0' && next == part + length + 2;
}

static const char *
problem_of_lines(const HttpRequest *request)
{
	static const char problem[] = "a line of the head is folded, or does not end in CR and LF";
	const char *before = request->version;

	for (int i = 0; i < request->header_count; i++)
	{
		const HttpHeader *header = &request->headers[i];
		const char *value = header->name + header->name_length + 1;

		if (!is_followed_by(before, strlen(before), header->name))
			return problem;
		while (*value == ' ' || *value == '\t')
			value++;
		if (header->value != value)
			return problem;
		before = header->value;
	}
	return NULL;
}

#else

static const char *
problem_of_lines(const HttpRequest *request)
{
	return NULL;
}

#endif

/* A length and a transfer coding, or a coding other than the one that says where the body ends. */
static const char *
problem_of_body(const HttpRequest *request)
{
	const char *coding = http_header(request, "Transfer-Encoding");

	if (coding == NULL)
		return NULL;
	if (http_header(request, "Content-Length") != NULL)
		return "a body has a Content-Length and a Transfer-Encoding";
	if (pg_strcasecmp(coding, "chunked") != 0)
		return "a body's Transfer-Encoding is not chunked";
	if (strcmp(request->version, "HTTP/1.0") == 0)
		return "HTTP/1.0 knows no Transfer-Encoding";
	return NULL;
}

static const char *
problem_of_target(const HttpRequest *request)
{
	for (const char *c = request->uri; *c != '\0'; c++)
	{
		if ((unsigned char) *c <= ' ' || *c == 0x7f)
			return "the address holds a blank";
	}
	if (http_header(request, "Host") == NULL && strcmp(request->version, "HTTP/1.0") != 0)
		return "there is no header Host";
	return NULL;
}

const char *
http_framing_problem(const HttpRequest *request)
{
	const char *problem = problem_of_lines(request);

	if (problem == NULL)
		problem = problem_of_target(request);
	if (problem == NULL)
		problem = problem_of_headers(request);
	if (problem == NULL)
		problem = problem_of_body(request);
	return problem;
}
