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
static const bool single[KNOWN_HEADERS] = {
	[HEADER_HOST] = true,
	[HEADER_CONTENT_LENGTH] = true,
	[HEADER_TRANSFER_ENCODING] = true,
	[HEADER_CONTENT_TYPE] = true,
	[HEADER_CONTENT_ENCODING] = true,
	[HEADER_AUTHORIZATION] = true,
	[HEADER_AMZ_TARGET] = true,
	[HEADER_AMZ_DATE] = true,
	[HEADER_AMZ_SECURITY_TOKEN] = true,
	[HEADER_DATE] = true
};

#if MHD_VERSION < 0x01000000

/*
 * Whether a header's line begins behind the two bytes that ended the line before,
 * and nothing stood between its parts that libmicrohttpd has not left there.
 */
static bool
is_a_line(const HttpHeader *header, const char *end_before)
{
	const char *value = header->name + header->name_length + 1;

	if (end_before[1] != '\0' || header->name != end_before + 2)
		return false;
	while (*value == ' ' || *value == '\t')
		value++;
	return header->value == value;
}

#else

static bool
is_a_line(const HttpHeader *header, const char *end_before)
{
	return true;
}

#endif

static const char *
problem_of_headers(const HttpRequest *request)
{
	const char *end = request->version + strlen(request->version);
	uint32		seen = 0;

	for (int i = 0; i < request->header_count; i++)
	{
		const HttpHeader *header = &request->headers[i];

		/* so that no blank comes before a colon */
		if (header->known_name == HEADER_MALFORMED)
			return "a header's name is none";
		if (!is_a_line(header, end))
			return "a line of the head is folded, or does not end in CR and LF";
		end = header->value + strcspn(header->value, "\r");
		if (*end != '\0')
			return "a header's value holds a carriage return";
		if (header->known_name == HEADER_OTHER || !single[header->known_name])
			continue;
		if ((seen & (1U << header->known_name)) != 0)
			return "there are two of a header that decides something";
		seen |= 1U << header->known_name;
	}
	return NULL;
}

/* A length and a transfer coding, or a coding other than the one that says where the body ends. */
static const char *
problem_of_body(const HttpRequest *request)
{
	const char *coding = http_header(request, HEADER_TRANSFER_ENCODING);

	if (coding == NULL)
		return NULL;
	if (http_header(request, HEADER_CONTENT_LENGTH) != NULL)
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
	if (http_header(request, HEADER_HOST) == NULL && strcmp(request->version, "HTTP/1.0") != 0)
		return "there is no header Host";
	return NULL;
}

const char *
http_framing_problem(const HttpRequest *request)
{
	const char *problem = problem_of_headers(request);

	if (problem == NULL)
		problem = problem_of_target(request);
	if (problem == NULL)
		problem = problem_of_body(request);
	return problem;
}
