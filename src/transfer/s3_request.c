/*
 * s3_request.c - one request to the S3-compatible store.
 *
 * A path and a query have here the one form that S3 signs by: each byte that is not unreserved as %XX, the
 * query's parts sorted and each with its "=".
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "digest.h"
#include "job/job.h"
#include "transfer/s3.h"
#include "transfer/xml.h"

/* Room for an error's description, where nothing else is read. */
#define ERROR_ANSWER_SIZE (16 * 1024)

/* How long it is waited before the second try; twice as long before each further one. */
#define FIRST_PAUSE_MILLISECONDS 100
#define PAUSE_MILLISECONDS_MAX 20000

/* How long it waits then before it looks whether a job is wanted elsewhere. */
#define LOOK_MILLISECONDS 1000

/* How long a request may take that is tried once. */
#define ONCE_MILLISECONDS 5000

/* How long one may take of which nothing is heard meanwhile, for each second of ddb.s3_timeout. */
#define SLOWLY_MILLISECONDS 10000

enum
{
	HEADER_ETAG,
	HEADER_CONTENT_RANGE,
	HEADER_CONTENT_LENGTH,
	HEADER_ENCRYPTION,
	HEADER_COUNT
};

/* ---- What is asked ---- */

void
s3_encode(StringInfo url, const char *text, bool in_path)
{
	static const char digits[] = "0123456789ABCDEF";

	for (const char *at = text; *at != '\0'; at++)
	{
		unsigned char byte = *at;

		if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
			strchr("-._~", byte) != NULL || (in_path && byte == '/'))
			appendStringInfoChar(url, byte);
		else
		{
			appendStringInfoChar(url, '%');
			appendStringInfoChar(url, digits[byte >> 4]);
			appendStringInfoChar(url, digits[byte & 15]);
		}
	}
}

static char *
make_url(const S3Request *request)
{
	StringInfoData url;

	initStringInfo(&url);
	appendStringInfo(&url, "%s/%s", request->bucket->s3->endpoint, request->bucket->name);
	if (request->key != NULL)
	{
		appendStringInfoChar(&url, '/');
		s3_encode(&url, request->key, true);
	}
	if (request->query != NULL)
		appendStringInfo(&url, "?%s", request->query);
	return url.data;
}

static List *
make_headers(const S3Request *request, const char *url, const char *hash)
{
	List	   *headers = list_copy(request->headers);

	if (request->bucket->s3->session_token != NULL)
		headers = lappend(headers, psprintf("x-amz-security-token: %s", request->bucket->s3->session_token));
	if (request->bucket->terms.owner != NULL)
		headers = lappend(headers, psprintf("x-amz-expected-bucket-owner: %s", request->bucket->terms.owner));
	return s3_sign(request, url, headers, hash);
}

/* ---- What is answered ---- */

char *
s3_read_etag(const char *header)
{
	size_t		length = header == NULL ? 0 : strlen(header);

	if (length >= 2 && header[0] == '"' && header[length - 1] == '"')
	{
		header++;
		length -= 2;
	}
	if (length == 0 || length > 256)
		return NULL;
	for (size_t i = 0; i < length; i++)
	{
		if (header[i] <= ' ' || header[i] > '~' || header[i] == '"')
			return NULL;
	}
	return pnstrdup(header, length);
}

static bool
is_code(const char *text)
{
	size_t		length = strlen(text);

	return length > 0 && length < S3_CODE_SIZE &&
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.") == length;
}

static bool
has_secret(const S3Access *access, const char *text)
{
	return strstr(text, access->secret_access_key) != NULL ||
		(access->session_token != NULL && strstr(text, access->session_token) != NULL);
}

/* The beginning of a text where that may stand in a line of the log. */
static void
take_message(S3Request *request, const StringInfoData *text)
{
	int			length = pg_mbcliplen(text->data, text->len, S3_MESSAGE_SIZE - 1);

	if (GetDatabaseEncoding() == PG_UTF8 && bucket_text_is_plain(text->data) && !has_secret(request->bucket->s3, text->data))
		strlcpy(request->message, text->data, length + 1);
}

/* What a document <Error> says, as far as it has come; nothing where that is none. */
static void
read_error(S3Request *request, const char *text, size_t length)
{
	XmlReader	reader;
	XmlEvent	event;

	xml_read_begin(&reader, text, length);
	while ((event = xml_read_next(&reader)) == XML_OPENED || event == XML_CLOSED)
	{
		if (strcmp(reader.names[0], "Error") != 0)
			return;
		if (event != XML_CLOSED || reader.depth != 2)
			continue;
		if (strcmp(xml_name(&reader), "Code") == 0 && is_code(reader.text.data))
			strlcpy(request->code, reader.text.data, S3_CODE_SIZE);
		else if (strcmp(xml_name(&reader), "Message") == 0)
			take_message(request, &reader.text);
	}
}

static bool
is_good(long status)
{
	return status >= 200 && status <= 299;
}

static bool
is_one_of(const char *code, const char *const *codes)
{
	for (; *codes != NULL; codes++)
	{
		if (strcmp(code, *codes) == 0)
			return true;
	}
	return false;
}

/* Whether another try may give another answer. */
static bool
is_passing(const S3Request *request)
{
	static const char *const codes[] = {
		"RequestTimeout", "SlowDown", "InternalError", "OperationAborted", "ServiceUnavailable", "Throttling", "ThrottlingException",
		"RequestThrottled", "RequestLimitExceeded", "BandwidthLimitExceeded", "TooManyRequests", "PriorRequestNotComplete", NULL
	};

	return is_one_of(request->code, codes) || request->status == 408 || request->status == 429 || request->status == 500 ||
		(request->status >= 502 && request->status <= 504);
}

/* Whether it may be another one later: the store is unwell in some other way, or credentials have expired, which are read again. */
static bool
passes_later(const S3Request *request)
{
	static const char *const codes[] = {"ExpiredToken", "TokenRefreshRequired", NULL};

	return is_one_of(request->code, codes) || (request->status >= 500 && request->status != 501 && request->status != 505);
}

/* Whether it may be another one when all is begun anew: an upload has been given up, or a new bucket's name is not known everywhere. */
static bool
passes_anew(const S3Request *request)
{
	static const char *const codes[] = {"NoSuchUpload", "TemporaryRedirect", NULL};

	return is_one_of(request->code, codes);
}

/* ---- Errors ---- */

static int
sqlstate_of(const S3Request *request, HttpOutcome outcome)
{
	static const char *const full[] = {"QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", NULL};

	if (outcome == HTTP_BROKEN)
		return ERRCODE_IO_ERROR;
	if (outcome == HTTP_TOO_LONG)
		return ERRCODE_PROTOCOL_VIOLATION;
	if (strcmp(request->code, "NoSuchBucket") == 0)
		return ERRCODE_UNDEFINED_OBJECT;
	if (request->status == 507 || is_one_of(request->code, full))
		return ERRCODE_DISK_FULL;
	if (is_passing(request) || passes_later(request))
		return ERRCODE_IO_ERROR;
	if (passes_anew(request))
		return ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
	if (request->status == 401 || request->status == 403)
		return ERRCODE_INSUFFICIENT_PRIVILEGE;
	return ERRCODE_EXTERNAL_ROUTINE_EXCEPTION;
}

static void
fail(const S3Request *request, const char *reason, int sqlstate, int attempts)
{
	ereport(ERROR,
			(errcode(sqlstate),
			 request->key == NULL ?
			 errmsg("could not %s the bucket \"%s\": %s", request->doing, request->bucket->name, reason) :
			 errmsg("could not %s \"%s\" of the bucket \"%s\": %s", request->doing, request->key,
					request->bucket->name, reason),
			 attempts > 1 ? errdetail_plural("It was tried %d time.", "It was tried %d times.", attempts, attempts) : 0));
}

void
s3_fail_by_answer(const S3Request *request, const char *what)
{
	fail(request, what, ERRCODE_PROTOCOL_VIOLATION, 1);
	pg_unreachable();
}

/* Raises why it is given up. */
static void
give_up(const S3Request *request, HttpOutcome outcome, int attempts)
{
	char		reason[HTTP_REASON_SIZE + S3_CODE_SIZE + S3_MESSAGE_SIZE];

	if (outcome != HTTP_ANSWERED)
		strlcpy(reason, request->reason, sizeof(reason));
	else if (request->code[0] == '\0')
		snprintf(reason, sizeof(reason), "the store has answered with status %ld", request->status);
	else
		snprintf(reason, sizeof(reason), "the store has answered with %s (%ld)%s%s", request->code, request->status,
				 request->message[0] != '\0' ? ": " : "", request->message);
	fail(request, reason, sqlstate_of(request, outcome), attempts);
}

/* ---- Running ---- */

static void
take_answer(S3Request *request, const HttpExchange *exchange, MemoryContext context)
{
	MemoryContext before = MemoryContextSwitchTo(context);
	const char *range = exchange->wanted[HEADER_CONTENT_RANGE].value;
	const char *length = exchange->wanted[HEADER_CONTENT_LENGTH].value;
	const char *encryption = exchange->wanted[HEADER_ENCRYPTION].value;

	request->status = exchange->status;
	request->answer_length = exchange->answer_length;
	request->etag = s3_read_etag(exchange->wanted[HEADER_ETAG].value);
	request->content_range = range == NULL ? NULL : pstrdup(range);
	request->content_length = length == NULL ? NULL : pstrdup(length);
	request->encryption = encryption == NULL ? NULL : pstrdup(encryption);
	strlcpy(request->reason, exchange->reason, sizeof(request->reason));
	MemoryContextSwitchTo(before);
}

/* One try; results are put into that context, all else into the current one. */
static HttpOutcome
try(S3Request *request, const char *hash, MemoryContext context)
{
	HttpHeader	wanted[HEADER_COUNT] = {
		{"ETag", NULL}, {"Content-Range", NULL}, {"Content-Length", NULL}, {"x-amz-server-side-encryption", NULL}
	};
	HttpExchange exchange = {.method = request->method, .body = request->body, .body_length = request->body_length,
		.ca_file = s3_ca_file,
		.answer = request->answer, .answer_size = request->answer_size, .wanted = wanted, .wanted_count = HEADER_COUNT};
	HttpOutcome outcome;

	if (request->limit == S3_ONCE)
		exchange.milliseconds = ONCE_MILLISECONDS;
	else if (request->limit == S3_SLOWLY)
		exchange.milliseconds = s3_timeout * SLOWLY_MILLISECONDS;
	else
		exchange.stall_seconds = s3_timeout;
	/* what is tried once may be what tidies up behind an error */
	if (request->limit != S3_ONCE)
		exchange.waiting = job_look;
	exchange.url = make_url(request);
	exchange.headers = make_headers(request, exchange.url, hash);
	if (exchange.answer == NULL)
	{
		exchange.answer_size = ERROR_ANSWER_SIZE;
		exchange.answer = palloc(ERROR_ANSWER_SIZE);
	}
	outcome = http_exchange(&exchange);
	take_answer(request, &exchange, context);
	/* the beginning of an error is enough */
	if (outcome == HTTP_TOO_LONG && request->status >= 300)
		outcome = HTTP_ANSWERED;
	request->code[0] = request->message[0] = '\0';
	/* an upload may turn out as impossible after it has been answered with 200 */
	if (outcome == HTTP_ANSWERED && (!is_good(request->status) || strcmp(request->method, "POST") == 0))
		read_error(request, exchange.answer, exchange.answer_length);
	if (outcome == HTTP_ANSWERED && is_good(request->status) && request->code[0] != '\0')
		request->status = 500;
	return outcome;
}

/* Waits before the next try, by chance up to half less, so that not all come back at once. */
static void
pause_before(int attempt)
{
	int			exponent = Min(attempt - 1, 16);
	int			milliseconds = Min(FIRST_PAUSE_MILLISECONDS << exponent, PAUSE_MILLISECONDS_MAX);
	TimestampTz until;

	milliseconds -= (int) (pg_prng_double(&pg_global_prng_state) * milliseconds / 2);
	until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);
	for (;;)
	{
		long		rest = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);

		CHECK_FOR_INTERRUPTS();
		if (rest <= 0)
			break;
		if (job_look != NULL)
			job_look();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Min(rest, LOOK_MILLISECONDS),
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
	}
}

static bool
is_answer(const S3Request *request)
{
	return is_good(request->status) || request->status == 412 || request->status == 416 ||
		(request->status == 404 && strcmp(request->code, "NoSuchBucket") != 0);
}

void
s3_run(S3Request *request)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext work = AllocSetContextCreate(context, "ddb request to a store", ALLOCSET_DEFAULT_SIZES);
	int			attempts = request->bucket->hurried ? 1 : s3_attempts;
	char		hash[S3_HASH_SIZE];

	if (request->bucket->hurried)
		request->limit = S3_ONCE;
	MemoryContextSwitchTo(work);
	s3_hash_body(request, hash);
	for (int attempt = 1;; attempt++)
	{
		HttpOutcome outcome = try(request, hash, context);

		if (outcome == HTTP_ANSWERED && is_answer(request))
			break;
		if ((outcome != HTTP_BROKEN && !(outcome == HTTP_ANSWERED && is_passing(request))) || attempt >= attempts)
			give_up(request, outcome, attempt);
		pause_before(attempt);
		MemoryContextSwitchTo(context);
		if (request->again != NULL && !request->again(request))
			break;
		MemoryContextSwitchTo(work);
	}
	MemoryContextSwitchTo(context);
	MemoryContextDelete(work);
}

void
s3_check_status(const S3Request *request)
{
	if (!is_good(request->status))
		give_up(request, HTTP_ANSWERED, 1);
}

void
s3_run_well(S3Request *request)
{
	s3_run(request);
	s3_check_status(request);
}

bool
s3_try(S3Request *request)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext work = AllocSetContextCreate(context, "ddb request to a store", ALLOCSET_DEFAULT_SIZES);
	HttpOutcome outcome;
	char		hash[S3_HASH_SIZE];

	request->limit = S3_ONCE;
	MemoryContextSwitchTo(work);
	s3_hash_body(request, hash);
	outcome = try(request, hash, context);
	MemoryContextSwitchTo(context);
	MemoryContextDelete(work);
	return outcome == HTTP_ANSWERED && (is_good(request->status) || request->status == 404);
}
