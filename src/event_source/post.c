/*
 * post.c - POSTing a batch to an address.
 */
#include "postgres.h"

#include <time.h>

#include "digest.h"
#include "event_source/url.h"
#include "http_client.h"

/* The longest answer: one that tells of 10,000 failed records is shorter. */
#define ANSWER_MAX (1024 * 1024)

/* The time and the HMAC-SHA256 of "<time>.<body>", so that an old body cannot be sent as new. */
static List *
add_signature(List *headers, const char *secret, const char *json, size_t length)
{
	char	   *timestamp = psprintf("%lld", (long long) time(NULL));
	size_t		prefix = strlen(timestamp) + 1;
	char	   *text = palloc(prefix + length);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	StringInfoData header;

	memcpy(text, timestamp, prefix - 1);
	text[prefix - 1] = '.';
	memcpy(text + prefix, json, length);
	digest_hmac((const uint8 *) secret, strlen(secret), text, prefix + length, digest);
	pfree(text);

	initStringInfo(&header);
	appendStringInfoString(&header, "X-Ddb-Signature: sha256=");
	for (int i = 0; i < PG_SHA256_DIGEST_LENGTH; i++)
		appendStringInfo(&header, "%02x", digest[i]);
	return lappend(lappend(headers, header.data), psprintf("X-Ddb-Timestamp: %s", timestamp));
}

static void
judge(const HttpExchange *post, HttpOutcome outcome)
{
	if (outcome == HTTP_TOO_LONG)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the answer of \"%s\" is longer than %d bytes", post->url, ANSWER_MAX)));
	if (outcome != HTTP_ANSWERED)
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("could not POST to \"%s\": %s", post->url, post->reason)));
	if (post->status < 200 || post->status > 299)
		ereport(ERROR,
				(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				 errmsg("\"%s\" has answered with status %ld", post->url, post->status)));
}

void
event_url_post(const char *url, const char *json, size_t length, const char *secret,
			   int milliseconds, StringInfo answer)
{
	HttpExchange post = {.method = "POST", .url = url, .body = json, .body_length = length,
	.ca_file = event_url_ca_file, .milliseconds = milliseconds, .answer_size = ANSWER_MAX};

	post.headers = list_make1("Content-Type: application/json");
	if (secret != NULL)
		post.headers = add_signature(post.headers, secret, json, length);
	post.answer = palloc(ANSWER_MAX);
	judge(&post, http_exchange(&post));
	appendBinaryStringInfo(answer, post.answer, post.answer_length);
	pfree(post.answer);
}
