/*
 * http_client.h - asking other servers, by libcurl.
 */
#ifndef DDB_HTTP_CLIENT_H
#define DDB_HTTP_CLIENT_H

#include "nodes/pg_list.h"

/* Room for what libcurl says of a failure. */
#define HTTP_REASON_SIZE 256

typedef enum HttpOutcome
{
	HTTP_ANSWERED,				/* whole, with whatever status */
	HTTP_TOO_LONG,				/* the answer is longer than there is room for */
	HTTP_BROKEN,				/* no answer, or a part of one; another try may succeed */
	HTTP_REFUSED				/* the other side is not who it should be, or is nobody that could be asked */
} HttpOutcome;

/* A header of the answer that is wanted; value is NULL where there is none, else palloc'd. */
typedef struct HttpHeader
{
	const char *name;
	char	   *value;
} HttpHeader;

/* One request and its answer: memory of the caller's. */
typedef struct HttpExchange
{
	/* what is asked, and of whom */
	const char *method;
	const char *url;			/* made of what web_address_read() has given */
	List	   *headers;		/* of char *, "Name: value" */
	const char *body;			/* or NULL */
	size_t		body_length;
	const char *ca_file;		/* certificates to verify by; "" for the system's own */

	/* how long it may take in all, or 0; for how many seconds next to nothing may come and go, or 0 */
	int			milliseconds;
	int			stall_seconds;

	/* called again and again while it is waited, once a second at least; may raise an error.  Or NULL */
	void		(*waiting) (void);

	/* what is answered, as far as it came: also where it is broken */
	char	   *answer;			/* of answer_size bytes */
	size_t		answer_size;
	size_t		answer_length;
	long		status;			/* 0 where there is none */
	HttpHeader *wanted;			/* or NULL */
	int			wanted_count;
	char		reason[HTTP_REASON_SIZE];	/* where it is not ANSWERED */

	bool		too_long;		/* private to http_client.c */
} HttpExchange;

/*
 * Asks, once, following no redirect, and waits for the answer.  Certificates are verified.  Can be
 * interrupted, and raises no errors but by that, by waiting(), and where there is no memory.
 */
extern HttpOutcome http_exchange(HttpExchange *exchange);

#endif							/* DDB_HTTP_CLIENT_H */
