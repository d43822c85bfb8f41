/*
 * request.h - an HTTP request that has come in whole, and its answer.
 */
#ifndef DDB_HTTP_REQUEST_H
#define DDB_HTTP_REQUEST_H

#include "postgres.h"

#include "access/xlogdefs.h"
#include "lib/stringinfo.h"
#include "utils/timestamp.h"

#include "operation/operation.h"

/* The headers that something here asks for, and what other names are. */
typedef enum HttpHeaderName
{
	HEADER_ACCEPT_ENCODING,
	HEADER_ALLOWED_HEADERS,		/* Access-Control-Request-Headers */
	HEADER_ALLOWED_METHOD,		/* Access-Control-Request-Method */
	HEADER_AUTHORIZATION,
	HEADER_CONTENT_ENCODING,
	HEADER_CONTENT_LENGTH,
	HEADER_CONTENT_TYPE,
	HEADER_DATE,
	HEADER_EXPECT,
	HEADER_HOST,
	HEADER_ORIGIN,
	HEADER_TRANSFER_ENCODING,
	HEADER_AMZ_DATE,
	HEADER_AMZ_SECURITY_TOKEN,
	HEADER_AMZ_TARGET,
	HEADER_AMZ_USER_AGENT,
	KNOWN_HEADERS,
	HEADER_OTHER = KNOWN_HEADERS,
	HEADER_MALFORMED			/* no token of HTTP */
} HttpHeaderName;

typedef struct HttpHeader
{
	const char *name;
	size_t		name_length;
	const char *value;
	HttpHeaderName known_name;
} HttpHeader;

/* Room for the name of a table. */
#define TABLE_NAME_SIZE 256

/* A request's identifier, as AWS gives them. */
#define REQUEST_ID_LENGTH 52

typedef struct HttpRequest
{
	const char *id;				/* that its answer has, too */
	const char *method;
	const char *version;		/* HTTP/1.1 */
	const char *uri;			/* as sent: path and query */
	const HttpHeader *headers;	/* in the order they came in */
	int			header_count;
	const char *const *known;	/* the first value of each HttpHeaderName up to KNOWN_HEADERS, or NULL */
	const char *body;			/* as sent */
	size_t		body_length;
	bool		body_follows;	/* it has not come yet, or not all of it */
	const struct sockaddr *client;	/* whom the connection is with, or NULL */
	int			tries;			/* this one included; 0 before the first one */
	TimestampTz first_try;		/* when that began, or 0 */
	long		waited;			/* milliseconds since the first try */
	bool		patient;		/* may keep its worker waiting for the lock of an item */
	bool		last_try;		/* is to be answered even if a lock is not to be had */
} HttpRequest;

/* Which name it is, in any case. */
extern HttpHeaderName http_header_name(const char *name, size_t length);

/* The first header of a known name; NULL where there is none. */
static inline const char *
http_header(const HttpRequest *request, HttpHeaderName name)
{
	return request->known[name];
}

/* The path and query of what was asked for, which may be a whole URI (as to a proxy). */
extern const char *http_path_and_query(const HttpRequest *request);

typedef struct HttpResponse
{
	int			status;
	const char *content_type;	/* or NULL */
	const char *content_encoding;	/* or NULL */
	bool		shared;			/* the request named its origin (CORS) */
	const char *allow_headers;	/* what a preflight asked for, or NULL */
	const char *allow_methods;
	bool		preflight;
	bool		close;			/* after it, nothing more is read from the connection */
	StringInfoData body;
	const Operation *operation; /* that was asked for, or NULL */
	const char *exception;		/* a constant: the name in the body, or NULL */
	const char *role;			/* for the log of slow requests, or NULL */
	char		table[TABLE_NAME_SIZE]; /* likewise: the first one that was used, or "" */
	int			table_count;
	int64		items;			/* read and written */
	bool		try_again;		/* no answer yet: another transaction has a lock, or the operation comes back */
	XLogRecPtr	durable;		/* leaves when WAL is on disk up to here, or Invalid */
} HttpResponse;

/* ---- framing.c ---- */

/*
 * What is wrong with the head of a request, so that another reader could take it
 * or its body for something else; NULL where nothing is.  Allocates nothing.
 */
extern const char *http_framing_problem(const HttpRequest *request);

/* ---- target.c ---- */

/*
 * The operation that the request is for, or NULL; then *not_yet is its name if
 * the API's model has it, else NULL.
 */
extern const Operation *http_requested_operation(const HttpRequest *request, const char **not_yet);

/* ---- service.c ---- */

/*
 * Answers a request.  Never raises an error, and leaves no transaction open.
 * The response's memory is in CurrentMemoryContext, as is all that it takes.
 */
extern void http_serve(const HttpRequest *request, HttpResponse *response);

/*
 * Whether the head alone is reason to refuse the request, whose body is still
 * to come; then the response is that refusal.  Otherwise as http_serve().
 */
extern bool http_screen(const HttpRequest *request, HttpResponse *response);

/* ---- health.c ---- */

/* Whether a GET of the request's path is a health check. */
extern bool http_is_health_check(const HttpRequest *request);

/* Answers it: status 200, or 503 and why.  Begins a transaction of its own. */
extern void http_answer_health_check(const HttpRequest *request, HttpResponse *response);

/*
 * What keeps operations from being served now, or NULL.  Needs a transaction;
 * the text is a constant, or in CurrentMemoryContext.
 */
extern const char *http_obstacle(void);

/* ---- metrics.c ---- */

/* Whether a GET of the request's path asks for metrics. */
extern bool http_is_metrics(const HttpRequest *request);

/* Answers it, or refuses who may not.  Begins a transaction of its own. */
extern void http_answer_metrics(const HttpRequest *request, HttpResponse *response);

/* ---- report.c ---- */

/*
 * An answer leaves, with that status: counts it, and logs it where it took long.  The
 * response is NULL where there is no more than the status.
 */
extern void http_report(const HttpRequest *request, const HttpResponse *response, int status);

/* ---- exception.c ---- */

/* An exception of the protocol, not of an operation. */
typedef struct HttpException
{
	const char *name;
	const char *message;		/* or NULL */
} HttpException;

extern void http_write_exception(const HttpException *exception, HttpResponse *response);

/* The exception that an error caught stands for. */
extern void http_write_error(const ErrorData *error, HttpResponse *response);

/* ---- signature.c ---- */

/*
 * The role of the access key that signed the request (Signature Version 4, in
 * headers or presigned), or InvalidOid with what is wrong.  Needs a
 * transaction.
 */
extern Oid	http_verify_signature(const HttpRequest *request, HttpException *exception);

/*
 * As much of that as the head alone tells: false with what is wrong, where no
 * body could make the signature a good one.
 */
extern bool http_verify_head(const HttpRequest *request, HttpException *exception);

/* ---- encoding.c ---- */

typedef enum DecodeResult
{
	DECODE_OK,
	DECODE_CORRUPT,
	DECODE_TOO_LARGE
} DecodeResult;

/*
 * The body of a request with Content-Encoding gzip or deflate, unpacked up to
 * limit bytes.  An unknown encoding is corrupt.
 */
extern DecodeResult http_decode_body(const char *encoding, const char *body, size_t length,
									 size_t limit, StringInfo decoded);

/* Packs a response's body with what the client likes best, where it accepts that and it pays. */
extern void http_encode_response(const HttpRequest *request, HttpResponse *response);

extern uint32 http_crc32(const char *data, size_t length);

#endif							/* DDB_HTTP_REQUEST_H */
