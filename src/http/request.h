/*
 * request.h - an HTTP request that has come in whole, and its answer.
 */
#ifndef DDB_HTTP_REQUEST_H
#define DDB_HTTP_REQUEST_H

#include "postgres.h"

#include "access/xlogdefs.h"
#include "lib/stringinfo.h"

typedef struct HttpHeader
{
	const char *name;
	size_t		name_length;
	const char *value;
} HttpHeader;

typedef struct HttpRequest
{
	const char *method;
	const char *uri;			/* as sent: path and query */
	const HttpHeader *headers;	/* in the order they came in */
	int			header_count;
	const char *body;			/* as sent */
	size_t		body_length;
	long		waited;			/* milliseconds since the first try */
	bool		last_try;		/* is to be answered even if a lock is not to be had */
} HttpRequest;

/* The first header of that name, in any case; NULL where there is none. */
extern const char *http_header(const HttpRequest *request, const char *name);

typedef struct HttpResponse
{
	int			status;
	const char *content_type;	/* or NULL */
	const char *content_encoding;	/* or NULL */
	bool		shared;			/* the request named its origin (CORS) */
	const char *allow_headers;	/* what a preflight asked for, or NULL */
	const char *allow_methods;
	bool		preflight;
	StringInfoData body;
	bool		try_again;		/* no answer: another transaction has a lock */
	XLogRecPtr	durable;		/* leaves when WAL is on disk up to here, or Invalid */
} HttpResponse;

/* ---- service.c ---- */

/*
 * Answers a request.  Never raises an error, and leaves no transaction open.
 * The response's memory is in CurrentMemoryContext, as is all that it takes.
 */
extern void http_serve(const HttpRequest *request, HttpResponse *response);

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

/* Packs a response's body with gzip where the client accepts it and it pays. */
extern void http_encode_response(const HttpRequest *request, HttpResponse *response);

extern uint32 http_crc32(const char *data, size_t length);

#endif							/* DDB_HTTP_REQUEST_H */
