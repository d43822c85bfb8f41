/*
 * request.h - an HTTP request that has come in whole, and its answer.
 */
#ifndef DDB_HTTP_REQUEST_H
#define DDB_HTTP_REQUEST_H

#include "postgres.h"

#include "access/xlogdefs.h"
#include "lib/stringinfo.h"

#include "operation/operation.h"

typedef struct HttpHeader
{
	const char *name;
	size_t		name_length;
	const char *value;
} HttpHeader;

typedef struct HttpRequest
{
	const char *method;
	const char *version;		/* HTTP/1.1 */
	const char *uri;			/* as sent: path and query */
	const HttpHeader *headers;	/* in the order they came in */
	int			header_count;
	const char *body;			/* as sent */
	size_t		body_length;
	bool		body_follows;	/* it has not come yet, or not all of it */
	long		waited;			/* milliseconds since the first try */
	bool		patient;		/* may keep its worker waiting for the lock of an item */
	bool		last_try;		/* is to be answered even if a lock is not to be had */
} HttpRequest;

/*
 * Whether a header has that name, in any case.  Most names of a length differ at
 * their ends, which are cheaper to look at than all of it.
 */
static inline bool
http_header_is(const HttpHeader *header, const char *name, size_t length)
{
	const int	ignoring_case = ~('a' ^ 'A');

	return header->name_length == length &&
		((header->name[0] ^ name[0]) & ignoring_case) == 0 &&
		((header->name[length - 1] ^ name[length - 1]) & ignoring_case) == 0 &&
		pg_strncasecmp(header->name, name, length) == 0;
}

/* The first header of that name, in any case; NULL where there is none. */
extern const char *http_header(const HttpRequest *request, const char *name);

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
