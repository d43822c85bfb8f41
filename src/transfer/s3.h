/*
 * s3.h - one request to the S3-compatible store; for the files s3*.c and bucket.c.
 */
#ifndef DDB_TRANSFER_S3_H
#define DDB_TRANSFER_S3_H

#include "foreign/foreign.h"
#include "lib/stringinfo.h"

#include "digest.h"
#include "http_client.h"
#include "transfer/store.h"

/* Defines the settings ddb.s3_…. */
extern void s3_define_settings(void);

extern char *s3_ca_file;
extern int	s3_timeout;			/* seconds */
extern int	s3_attempts;

/* ---- Whose bucket it is: s3_access.c ---- */

/* What it takes to reach a bucket, of the time when it was opened. */
typedef struct S3Access
{
	char	   *endpoint;		/* without a slash at its end */
	char	   *region;
	char	   *access_key_id;
	char	   *secret_access_key;
	char	   *session_token;	/* or NULL */
} S3Access;

/* Of the current role; raises 55000 where the server or the role lacks what it takes.  region may be NULL. */
extern S3Access *s3_access(const ForeignServer *server, const char *region);

/* Raises an error where a role's options are no credentials, by whose names alone they are called in it. */
extern void s3_check_credentials(List *options);
extern void s3_check_region(const char *region);

/* Whether it may stand in a header as it is: not empty, without spaces and control characters. */
extern bool s3_is_header_text(const char *text);

/* ---- One request: s3_request.c ---- */

#define S3_CODE_SIZE 64
#define S3_MESSAGE_SIZE 256

/* How long it may take. */
typedef enum S3Limit
{
	S3_STEADILY,				/* something has to come or go every ddb.s3_timeout */
	S3_SLOWLY,					/* the store may be at work for long before it answers */
	S3_ONCE						/* not long, and it is not tried again */
} S3Limit;

typedef struct S3Request
{
	const Bucket *bucket;
	const char *doing;			/* for errors: "read" */
	const char *method;
	const char *key;			/* or NULL: the bucket itself */
	const char *query;			/* as s3_encode() has made its parts, sorted, each with "="; or NULL */
	List	   *headers;		/* of char * */
	const char *body;			/* or NULL */
	size_t		body_length;
	char	   *answer;			/* of answer_size bytes; NULL where only errors are read */
	size_t		answer_size;
	S3Limit		limit;

	/* before another try, where there is something to be done; whether that is still needed */
	bool		(*again) (struct S3Request *request);
	void	   *argument;

	/* what has been answered, in the context that was current */
	long		status;
	char		code[S3_CODE_SIZE]; /* the store's word for an error, or "" */
	char		message[S3_MESSAGE_SIZE];	/* and the beginning of what it says of it, or "" */
	size_t		answer_length;
	char	   *etag;			/* without quotes; these are NULL where there are none */
	char	   *content_range;
	char	   *content_length;
	char	   *encryption;		/* of the object that is being made */
	char		reason[HTTP_REASON_SIZE];
} S3Request;

/*
 * Has it answered, by several tries where need be.  Raises what stands in bucket.h, but
 * for the status 2xx, 404 (unless it is the bucket that is missing), 412 and 416.
 */
extern void s3_run(S3Request *request);

/* The same for a request to which only 2xx is an answer; raises an error where the answer was another one. */
extern void s3_run_well(S3Request *request);
extern void s3_check_status(const S3Request *request);

/* One try that raises nothing but interrupts; whether it was answered with 2xx or 404. */
extern bool s3_try(S3Request *request);

/* Raises an error about an answer that is none. */
extern void s3_fail_by_answer(const S3Request *request, const char *what)
			__attribute__((noreturn));

/* Without the quotes, palloc'd; NULL where it is none that could be given back (header may be NULL). */
extern char *s3_read_etag(const char *header);

/* Appends the text as it stands in a path (with its slashes) or in a query. */
extern void s3_encode(StringInfo url, const char *text, bool in_path);

/* ---- Its signature: s3_signature.c ---- */

#define S3_HASH_SIZE (2 * PG_SHA256_DIGEST_LENGTH + 1)

/* What a signature has of the request's body, as text of S3_HASH_SIZE bytes. */
extern void s3_hash_body(const S3Request *request, char *hash);

/*
 * The headers, with those that sign the request to that address: as of now, by the credentials of its bucket.  All are
 * signed: one of each name, "Name: value".
 */
extern List *s3_sign(const S3Request *request, const char *url, List *headers, const char *hash);

#endif							/* DDB_TRANSFER_S3_H */
