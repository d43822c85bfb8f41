/*
 * s3_signature.c - signing requests to the S3-compatible store, by Signature Version 4.
 *
 * libcurl could do that, but some of its releases (7.88 is one) sort headers by their lines in place of their names. So
 * a header whose name begins with all of another's name comes before that, as the one of a key to encrypt by does, and
 * S3 refuses the signature.
 */
#include "postgres.h"

#include <time.h>

#include "utils/builtins.h"

#include "digest.h"
#include "transfer/s3.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define SERVICE "s3"
#define HASH_HEADER "x-amz-content-sha256"
#define HEX_LENGTH (PG_SHA256_DIGEST_LENGTH * 2)

/* "20130524T000000Z"; the day is its beginning. */
#define TIME_SIZE 17
#define DAY_LENGTH 8

/* A header as it is signed. */
typedef struct SignedHeader
{
	char	   *name;			/* in lower case */
	const char *value;
} SignedHeader;

static void
hash_text(const void *data, size_t length, char *text)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];

	digest_sha256(data, length, digest);
	text[hex_encode((char *) digest, sizeof(digest), text)] = '\0';
}

/* ---- What is signed ---- */

/* The headers have no spaces but the one behind the colon, nor two of a name. */
static SignedHeader *
read_header(const char *header)
{
	SignedHeader *result = palloc(sizeof(SignedHeader));
	const char *colon = strchr(header, ':');

	result->name = pnstrdup(header, colon - header);
	for (char *at = result->name; *at != '\0'; at++)
		*at = pg_ascii_tolower((unsigned char) *at);
	result->value = colon + 1 + strspn(colon + 1, " ");
	return result;
}

static int
compare_headers(const ListCell *a, const ListCell *b)
{
	return strcmp(((const SignedHeader *) lfirst(a))->name, ((const SignedHeader *) lfirst(b))->name);
}

static List *
read_headers(List *headers)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, headers)
		result = lappend(result, read_header(lfirst(cell)));
	list_sort(result, compare_headers);
	return result;
}

static char *
name_headers(List *headers)
{
	StringInfoData names;
	ListCell   *cell;

	initStringInfo(&names);
	foreach(cell, headers)
	{
		if (names.len > 0)
			appendStringInfoChar(&names, ';');
		appendStringInfoString(&names, ((const SignedHeader *) lfirst(cell))->name);
	}
	return names.data;
}

/* Method, path, query, headers, their names, the body's hash: a line each, and an empty one behind the headers. */
static char *
canonical_request(const S3Request *request, const char *path, List *headers, const char *names, const char *hash)
{
	StringInfoData text;
	const char *question = strchr(path, '?');
	ListCell   *cell;

	initStringInfo(&text);
	appendStringInfo(&text, "%s\n", request->method);
	appendBinaryStringInfo(&text, path, question != NULL ? (size_t) (question - path) : strlen(path));
	appendStringInfo(&text, "\n%s\n", question != NULL ? question + 1 : "");
	foreach(cell, headers)
	{
		const SignedHeader *header = lfirst(cell);

		appendStringInfo(&text, "%s:%s\n", header->name, header->value);
	}
	appendStringInfo(&text, "\n%s\n%s", names, hash);
	return text.data;
}

/* ---- Signing ---- */

static char *
sign(const S3Access *access, const char *time, const char *scope, const char *canonical)
{
	char		hash[HEX_LENGTH + 1];
	char		day[DAY_LENGTH + 1];
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char	   *text;
	char	   *signature = palloc(HEX_LENGTH + 1);

	hash_text(canonical, strlen(canonical), hash);
	text = psprintf(ALGORITHM "\n%s\n%s\n%s", time, scope, hash);
	strlcpy(day, time, sizeof(day));
	digest_signing_key(access->secret_access_key, day, access->region, SERVICE, digest);
	digest_hmac(digest, sizeof(digest), text, strlen(text), digest);
	signature[hex_encode((char *) digest, sizeof(digest), signature)] = '\0';
	return signature;
}

void
s3_hash_body(const S3Request *request, char *hash)
{
	hash_text(request->body != NULL ? request->body : "", request->body_length, hash);
}

List *
s3_sign(const S3Request *request, const char *url, List *headers, const char *hash)
{
	const S3Access *access = request->bucket->s3;
	const char *host = strstr(url, "://") + strlen("://");
	const char *path = strchr(host, '/');
	time_t		now = time(NULL);
	struct tm	utc;
	char		at[TIME_SIZE];
	char	   *scope;
	char	   *names;
	List	   *signed_headers;

	strftime(at, sizeof(at), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
	scope = psprintf("%.*s/%s/" SERVICE "/" DIGEST_SIGNING_TERMINATOR, DAY_LENGTH, at, access->region);
	headers = lappend(list_copy(headers), psprintf("Host: %.*s", (int) (path - host), host));
	headers = lappend(headers, psprintf("x-amz-date: %s", at));
	headers = lappend(headers, psprintf(HASH_HEADER ": %s", hash));
	signed_headers = read_headers(headers);
	names = name_headers(signed_headers);
	return lappend(headers, psprintf("Authorization: " ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
									 access->access_key_id, scope, names,
									 sign(access, at, scope, canonical_request(request, path, signed_headers, names, hash))));
}
