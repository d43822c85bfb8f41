/*
 * signature.c - AWS Signature Version 4.
 *
 * The signer hashes a canonical form of the request (method, path, query,
 * headers it names, SHA-256 of the body), and signs that hash, the time and
 * the credential's scope with a key derived from the secret. The same is done
 * here and the results are compared.  The credential's region is part of what
 * is signed, but any region will do.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/timestamp.h"

#include "digest.h"
#include "http/access_key.h"
#include "http/request.h"

#define ALGORITHM "AWS4-HMAC-SHA256"
#define SKEW_MINUTES 5
#define PRESIGNED_MAX_SECONDS (7 * 24 * 60 * 60)
#define HEX_LENGTH (PG_SHA256_DIGEST_LENGTH * 2)

/* Those of any request fit, unless SignedHeaders names one again and again to keep us busy. */
#define MAX_CANONICAL_HEADERS (16 * 1024)

#define MISMATCH "The request signature we calculated does not match the signature you provided. " \
	"Check your AWS Secret Access Key and signing method. " \
	"Consult the service documentation for details."

/* A parameter of the query, decoded. */
typedef struct QueryParameter
{
	char	   *name;
	char	   *value;
} QueryParameter;

typedef struct Signature
{
	const HttpRequest *request;
	HttpException *exception;
	char	   *path;			/* as sent */
	QueryParameter *query;
	int			query_count;
	bool		presigned;
	const char *authorization;	/* the header, or NULL */
	bool	   *covered;		/* which of the request's headers are signed */
	StringInfoData canonical_headers;

	/* what the request says of its signature */
	char	   *algorithm;
	char	   *credential;
	char	   *signed_headers;
	char	   *signature;
	const char *date;			/* as it came */
	char		time[17];		/* 20260731T120000Z */

	/* the credential's parts */
	char	   *key_id;
	char	   *scope_date;
	char	   *scope_region;
	char	   *scope_service;
} Signature;

static bool
refuse(Signature *signature, const char *name, const char *message)
{
	signature->exception->name = name;
	signature->exception->message = message;
	return false;
}

/* ---- Hashing ---- */

static void
hex(const uint8 *digest, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < PG_SHA256_DIGEST_LENGTH; i++)
	{
		*text++ = digits[digest[i] >> 4];
		*text++ = digits[digest[i] & 15];
	}
	*text = '\0';
}

static void
append_sha256(StringInfo text, const char *data, size_t length)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char		digits[HEX_LENGTH + 1];

	digest_sha256(data, length, digest);
	hex(digest, digits);
	appendBinaryStringInfo(text, digits, HEX_LENGTH);
}

/* Texts up to NULL, without a format to be read anew for every request. */
static void
append_joined(StringInfo text, const char *const *parts)
{
	while (*parts != NULL)
		appendStringInfoString(text, *parts++);
}

/* ---- Percent encoding ---- */

static int
hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

static char *
decode(const char *text, size_t length)
{
	char	   *result = palloc(length + 1);
	char	   *out = result;

	for (size_t i = 0; i < length; i++)
	{
		if (text[i] == '%' && i + 2 < length && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0)
		{
			*out++ = (char) (hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
			i += 2;
		}
		else
			*out++ = text[i] == '+' ? ' ' : text[i];
	}
	*out = '\0';
	return result;
}

static void
append_encoded(StringInfo text, const char *value)
{
	for (; *value != '\0'; value++)
	{
		unsigned char c = (unsigned char) *value;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_' || c == '.' || c == '~')
			appendStringInfoChar(text, c);
		else
			appendStringInfo(text, "%%%02X", c);
	}
}

/* ---- What the request says ---- */

static void
split_uri(Signature *signature)
{
	const char *uri = http_path_and_query(signature->request);
	const char *at = strchr(uri, '?');
	int			most = 1;

	signature->path = at != NULL ? pnstrdup(uri, at - uri) : pstrdup(uri);
	if (at == NULL)
		return;

	for (const char *c = at; *c != '\0'; c++)
		most += *c == '&';
	signature->query = palloc(most * sizeof(QueryParameter));
	while (*at != '\0')
	{
		size_t		length = strcspn(++at, "&");
		const char *equals = memchr(at, '=', length);

		if (length > 0)
		{
			QueryParameter *parameter = &signature->query[signature->query_count++];

			parameter->name = decode(at, equals != NULL ? (size_t) (equals - at) : length);
			parameter->value = equals != NULL ? decode(equals + 1, length - (equals + 1 - at)) : pstrdup("");
		}
		at += length;
	}
}

static char *
query_value(const Signature *signature, const char *name)
{
	for (int i = 0; i < signature->query_count; i++)
	{
		if (strcmp(signature->query[i].name, name) == 0)
			return signature->query[i].value;
	}
	return NULL;
}

/* Takes the parameters from the Authorization header: Name=value, Name=value. */
static bool
read_authorization(Signature *signature)
{
	char	   *at = pstrdup(signature->authorization);
	StringInfoData missing;

	signature->algorithm = at;
	at += strcspn(at, " ");
	while (*at != '\0')
	{
		char	   *name;
		char	   *value;

		*at++ = '\0';
		at += strspn(at, " ,");
		if (*at == '\0')
			break;
		name = at;
		at += strcspn(at, " ,");
		value = memchr(name, '=', at - name);
		if (value == NULL)
			return refuse(signature, "IncompleteSignatureException",
						  psprintf("'%.*s' not a valid key=value pair (missing equal-sign) in Authorization header: '%s'.",
								   (int) (at - name), name, signature->authorization));
		*value++ = '\0';
		if (strcmp(name, "Credential") == 0)
			signature->credential = value;
		else if (strcmp(name, "SignedHeaders") == 0)
			signature->signed_headers = value;
		else if (strcmp(name, "Signature") == 0)
			signature->signature = value;
	}
	signature->date = http_header(signature->request, HEADER_AMZ_DATE);
	if (signature->date == NULL)
		signature->date = http_header(signature->request, HEADER_DATE);

	initStringInfo(&missing);
	if (signature->credential == NULL)
		appendStringInfoString(&missing, "Authorization header requires 'Credential' parameter. ");
	if (signature->signature == NULL)
		appendStringInfoString(&missing, "Authorization header requires 'Signature' parameter. ");
	if (signature->signed_headers == NULL)
		appendStringInfoString(&missing, "Authorization header requires 'SignedHeaders' parameter. ");
	if (signature->date == NULL)
		appendStringInfoString(&missing, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
	if (missing.len > 0)
	{
		appendStringInfo(&missing, "Authorization=%s", signature->authorization);
		return refuse(signature, "IncompleteSignatureException", missing.data);
	}
	return true;
}

/* Takes them from the query of a presigned request. */
static bool
read_query(Signature *signature)
{
	struct
	{
		const char *name;
		char	  **value;
	}			parameters[] = {
		{"X-Amz-Algorithm", &signature->algorithm},
		{"X-Amz-Credential", &signature->credential},
		{"X-Amz-Signature", &signature->signature},
		{"X-Amz-SignedHeaders", &signature->signed_headers},
		{"X-Amz-Date", (char **) &signature->date},
	};
	StringInfoData missing;

	initStringInfo(&missing);
	for (int i = 0; i < (int) lengthof(parameters); i++)
	{
		*parameters[i].value = query_value(signature, parameters[i].name);
		if (*parameters[i].value == NULL || **parameters[i].value == '\0')
			appendStringInfo(&missing, "AWS query-string parameters must include '%s'. ", parameters[i].name);
	}
	if (missing.len > 0)
	{
		appendStringInfoString(&missing, "Re-examine the query-string parameters.");
		return refuse(signature, "IncompleteSignatureException", missing.data);
	}
	return true;
}

static bool
read_parameters(Signature *signature)
{
	signature->authorization = http_header(signature->request, HEADER_AUTHORIZATION);
	signature->presigned = query_value(signature, "X-Amz-Algorithm") != NULL;

	if (signature->presigned && signature->authorization != NULL)
		return refuse(signature, "InvalidSignatureException",
					  "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
	if (signature->presigned)
		return read_query(signature);
	if (signature->authorization == NULL || strncmp(signature->authorization, "AWS4-", 5) != 0)
		return refuse(signature, "MissingAuthenticationTokenException",
					  "Request is missing Authentication Token");
	return read_authorization(signature);
}

/* Credential=<key id>/<date>/<region>/<service>/aws4_request */
static bool
read_credential(Signature *signature)
{
	char	   *parts[5];
	char	   *at = pstrdup(signature->credential);
	int			count = 0;

	if (strcmp(signature->algorithm, ALGORITHM) != 0)
		return refuse(signature, "IncompleteSignatureException",
					  psprintf("Unsupported AWS 'algorithm': '%s'", signature->algorithm));

	while (count < 5 && at != NULL)
	{
		parts[count++] = at;
		at = strchr(at, '/');
		if (at != NULL)
			*at++ = '\0';
	}
	if (count < 5 || at != NULL)
		return refuse(signature, "IncompleteSignatureException",
					  psprintf("Credential must have exactly 5 slash-delimited elements, "
							   "e.g. keyid/date/region/service/term, got '%s'", signature->credential));

	signature->key_id = parts[0];
	signature->scope_date = parts[1];
	signature->scope_region = parts[2];
	signature->scope_service = parts[3];
	if (strcmp(parts[4], DIGEST_SIGNING_TERMINATOR) != 0)
		return refuse(signature, "InvalidSignatureException",
					  psprintf("Credential should be scoped with a valid terminator: '" DIGEST_SIGNING_TERMINATOR "', not '%s'.", parts[4]));
	if (strcmp(parts[3], "dynamodb") != 0)
		return refuse(signature, "InvalidSignatureException",
					  "Credential should be scoped to correct service: 'dynamodb'. ");
	if (strlen(parts[2]) == 0 || strlen(parts[2]) > 40)
		return refuse(signature, "InvalidSignatureException", "Credential should be scoped to a valid region. ");
	return true;
}

/* ---- Time ---- */

static bool
two_digits(const char *text, int least, int most, int *number)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*number = (text[0] - '0') * 10 + text[1] - '0';
	return *number >= least && *number <= most;
}

/* Reads 20260731T120000Z. */
static bool
parse_basic_time(const char *text, struct pg_tm *tm)
{
	int			century;

	if (strlen(text) != 16 || text[8] != 'T' || text[15] != 'Z' ||
		!two_digits(text, 19, 99, &century) || !two_digits(text + 2, 0, 99, &tm->tm_year) ||
		!two_digits(text + 4, 1, 12, &tm->tm_mon) || !two_digits(text + 6, 1, 31, &tm->tm_mday) ||
		!two_digits(text + 9, 0, 23, &tm->tm_hour) || !two_digits(text + 11, 0, 59, &tm->tm_min) ||
		!two_digits(text + 13, 0, 60, &tm->tm_sec))
		return false;
	tm->tm_year += century * 100;
	return true;
}

/* Reads HTTP's own form: Fri, 31 Jul 2026 12:00:00 GMT. */
static bool
parse_http_time(const char *text, struct pg_tm *tm)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char		month[4];
	const char *found;

	if (sscanf(text, "%*3s, %d %3s %d %d:%d:%d GMT", &tm->tm_mday, month, &tm->tm_year,
			   &tm->tm_hour, &tm->tm_min, &tm->tm_sec) != 6 || strlen(month) != 3)
		return false;
	found = strstr(months, month);
	if (found == NULL || (found - months) % 3 != 0)
		return false;
	tm->tm_mon = (int) (found - months) / 3 + 1;
	return tm->tm_year >= 1900 && tm->tm_year <= 9999 && tm->tm_mday >= 1 && tm->tm_mday <= 31;
}

static const char *
basic_time(TimestampTz time)
{
	struct pg_tm tm;
	fsec_t		fraction;

	if (timestamp2tm(time, NULL, &tm, &fraction, NULL, NULL) != 0)
		return "";
	return psprintf("%04d%02d%02dT%02d%02d%02dZ", tm.tm_year, tm.tm_mon, tm.tm_mday,
					tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static bool
check_expiry(Signature *signature, TimestampTz signed_at, TimestampTz now)
{
	const char *text = query_value(signature, "X-Amz-Expires");
	long		seconds = SKEW_MINUTES * 60;

	if (text != NULL)
	{
		char	   *end;

		seconds = strtol(text, &end, 10);
		if (*text == '\0' || *end != '\0' || seconds < 1 || seconds > PRESIGNED_MAX_SECONDS)
			return refuse(signature, "IncompleteSignatureException",
						  psprintf("X-Amz-Expires must be between 1 and %d seconds, got '%s'",
								   PRESIGNED_MAX_SECONDS, text));
	}
	if (now > TimestampTzPlusMilliseconds(signed_at, (int64) seconds * 1000))
		return refuse(signature, "InvalidSignatureException",
					  psprintf("Signature expired: %s is now earlier than %s (%s - %ld s.)",
							   basic_time(signed_at), basic_time(TimestampTzPlusMilliseconds(now, -(int64) seconds * 1000)),
							   basic_time(now), seconds));
	return true;
}

static bool
check_time(Signature *signature)
{
	struct pg_tm tm = {0};
	TimestampTz signed_at;
	TimestampTz now = GetCurrentStatementStartTimestamp();
	int64		skew = SKEW_MINUTES * 60 * 1000;
	bool		basic = parse_basic_time(signature->date, &tm);
	const char *time;

	if ((!basic && !parse_http_time(signature->date, &tm)) ||
		tm2timestamp(&tm, 0, NULL, &signed_at) != 0)
		return refuse(signature, "IncompleteSignatureException",
					  psprintf("Date must be in ISO-8601 'basic format'. Got '%s'. "
							   "See http://en.wikipedia.org/wiki/ISO_8601", signature->date));
	time = basic ? signature->date : basic_time(signed_at);
	strlcpy(signature->time, time, sizeof(signature->time));

	if (strlen(signature->scope_date) != 8 || strncmp(signature->scope_date, time, 8) != 0)
		return refuse(signature, "InvalidSignatureException",
					  psprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
							   "from HTTP: '%s' != '%.8s', from '%s'.",
							   signature->scope_date, time, signature->date));
	if (signed_at > TimestampTzPlusMilliseconds(now, skew))
		return refuse(signature, "InvalidSignatureException",
					  psprintf("Signature not yet current: %s is still later than %s (%s + %d min.)",
							   time, basic_time(TimestampTzPlusMilliseconds(now, skew)),
							   basic_time(now), SKEW_MINUTES));
	if (signature->presigned)
		return check_expiry(signature, signed_at, now);
	if (signed_at < TimestampTzPlusMilliseconds(now, -skew))
		return refuse(signature, "InvalidSignatureException",
					  psprintf("Signature expired: %s is now earlier than %s (%s - %d min.)",
							   time, basic_time(TimestampTzPlusMilliseconds(now, -skew)),
							   basic_time(now), SKEW_MINUTES));
	return true;
}

/* ---- The signed headers ---- */

/* A value without the blanks around it, and with single ones inside. */
static void
append_trimmed(StringInfo text, const char *value)
{
	bool		blank = false;	/* there is one to be written, if more follows */
	char	   *out;

	enlargeStringInfo(text, (int) strlen(value));
	out = text->data + text->len;
	for (; *value != '\0'; value++)
	{
		if (*value == ' ' || *value == '\t')
		{
			blank = out > text->data + text->len;
			continue;
		}
		if (blank)
			*out++ = ' ';
		blank = false;
		*out++ = *value;
	}
	*out = '\0';
	text->len = out - text->data;
}

/*
 * Whether a signature that does not cover this header would leave it to whoever
 * resends the request what the request does.  AWS requires all of its own headers
 * and the host.  X-Amz-User-Agent is what browsers send instead of User-Agent;
 * SDKs list it among those that proxies may change, and nothing here reads it.
 */
static bool
must_be_signed(const HttpHeader *header)
{
	return header->name_length > 6 && pg_strncasecmp(header->name, "x-amz-", 6) == 0 &&
		header->known_name != HEADER_AMZ_USER_AGENT;
}

static bool
check_signed_headers(Signature *signature)
{
	const HttpRequest *request = signature->request;

	for (int i = 0; i < request->header_count; i++)
	{
		const HttpHeader *header = &request->headers[i];

		if (!signature->covered[i] && must_be_signed(header))
			return refuse(signature, "InvalidSignatureException",
						  psprintf("'%.*s' must be a 'SignedHeader' in the AWS Authorization.",
								   (int) header->name_length, header->name));
	}
	return true;
}

static inline bool
has_name(const HttpHeader *header, HttpHeaderName known_name, const char *name, size_t length)
{
	if (header->known_name != known_name)
		return false;
	return known_name != HEADER_OTHER ||
		(header->name_length == length && pg_strncasecmp(header->name, name, length) == 0);
}

/* Appends "name:value,value" of the headers of that name; false where the request has none. */
static bool
cover_headers(Signature *signature, HttpHeaderName known_name, const char *name, size_t length)
{
	const HttpRequest *request = signature->request;
	StringInfo	text = &signature->canonical_headers;
	bool		found = false;

	appendBinaryStringInfo(text, name, length);
	appendStringInfoChar(text, ':');
	for (int i = 0; i < request->header_count; i++)
	{
		if (!has_name(&request->headers[i], known_name, name, length))
			continue;
		if (found)
			appendStringInfoChar(text, ',');
		append_trimmed(text, request->headers[i].value);
		signature->covered[i] = found = true;
	}
	appendStringInfoChar(text, '\n');
	return found;
}

/* Reads SignedHeaders: which headers they are, and their canonical form. */
static bool
read_signed_headers(Signature *signature)
{
	const char *at = signature->signed_headers;
	const char *missing = NULL;
	bool		has_host = false;

	signature->covered = palloc0(signature->request->header_count * sizeof(bool) + 1);
	initStringInfo(&signature->canonical_headers);
	while (*at != '\0')
	{
		size_t		length = strcspn(at, ";");
		HttpHeaderName known_name = http_header_name(at, length);

		has_host |= known_name == HEADER_HOST;
		if (!cover_headers(signature, known_name, at, length) && missing == NULL)
			missing = psprintf("'%.*s' is named in SignedHeaders but is not a header of the request.",
							   (int) length, at);
		if (signature->canonical_headers.len > MAX_CANONICAL_HEADERS)
			return refuse(signature, "InvalidSignatureException", MISMATCH);
		at += length;
		while (*at == ';')
			at++;
	}
	if (!has_host)
		return refuse(signature, "InvalidSignatureException",
					  "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
	return check_signed_headers(signature) &&
		(missing == NULL || refuse(signature, "InvalidSignatureException", missing));
}

/* ---- The canonical request ---- */

/* By name, then by value: the '=' between them, of which an encoded pair has one, comes before all others. */
static int
compare_pairs(const void *a, const void *b)
{
	const unsigned char *left = *(unsigned char *const *) a;
	const unsigned char *right = *(unsigned char *const *) b;

	while (*left != '\0' && *left == *right)
	{
		left++;
		right++;
	}
	return (*left == '=' ? 1 : *left) - (*right == '=' ? 1 : *right);
}

static void
append_canonical_query(StringInfo text, const Signature *signature)
{
	char	  **pairs = palloc(signature->query_count * sizeof(char *) + 1);
	int			count = 0;

	for (int i = 0; i < signature->query_count; i++)
	{
		StringInfoData pair;

		if (signature->presigned && strcmp(signature->query[i].name, "X-Amz-Signature") == 0)
			continue;
		initStringInfo(&pair);
		append_encoded(&pair, signature->query[i].name);
		appendStringInfoChar(&pair, '=');
		append_encoded(&pair, signature->query[i].value);
		pairs[count++] = pair.data;
	}
	qsort(pairs, count, sizeof(char *), compare_pairs);
	for (int i = 0; i < count; i++)
		appendStringInfo(text, "%s%s", i > 0 ? "&" : "", pairs[i]);
}

/*
 * The path without empty and dot segments, and encoded once more.  An SDK that is
 * given an endpoint with a path sends it as it is and signs this.
 */
static void
append_canonical_path(StringInfo text, const char *path)
{
	int			depth = 0;
	int			most = 1;
	int		   *starts;
	size_t		length = strlen(path);

	for (const char *c = path; *c != '\0'; c++)
		most += *c == '/';
	starts = palloc(most * sizeof(int));
	for (const char *at = path; *at != '\0';)
	{
		size_t		segment = strcspn(at, "/");

		if (segment == 2 && strncmp(at, "..", 2) == 0)
		{
			if (depth > 0)
			{
				text->len = starts[--depth];
				text->data[text->len] = '\0';
			}
		}
		else if (segment > 0 && !(segment == 1 && *at == '.'))
		{
			starts[depth++] = text->len;
			appendStringInfoChar(text, '/');
			append_encoded(text, pnstrdup(at, segment));
		}
		at += segment;
		at += *at == '/';
	}
	if (depth == 0 || path[length - 1] == '/')
		appendStringInfoChar(text, '/');
}

/* "GET\n/\nquery\nheaders\n\nsigned headers\nhash of body" */
static void
append_canonical_request(StringInfo text, const Signature *signature)
{
	const HttpRequest *request = signature->request;

	append_joined(text, (const char *[]) {request->method, "\n", NULL});
	append_canonical_path(text, signature->path);
	appendStringInfoChar(text, '\n');
	if (signature->query_count > 0)
		append_canonical_query(text, signature);
	appendStringInfoChar(text, '\n');
	appendBinaryStringInfo(text, signature->canonical_headers.data, signature->canonical_headers.len);
	append_joined(text, (const char *[]) {"\n", signature->signed_headers, "\n", NULL});
	append_sha256(text, request->body, request->body_length);
}

/* ---- The key ---- */

/* Derived anew only for another day or region than the last request's. */
static const uint8 *
signing_key(AccessKey *key, const Signature *signature)
{
	if (strcmp(signature->scope_date, key->date) == 0 && strcmp(signature->scope_region, key->region) == 0)
		return key->signing_key;

	digest_signing_key(key->secret, signature->scope_date, signature->scope_region, signature->scope_service, key->signing_key);
	strlcpy(key->date, signature->scope_date, sizeof(key->date));
	strlcpy(key->region, signature->scope_region, sizeof(key->region));
	return key->signing_key;
}

/* Takes as long whatever is different. */
static bool
same_text(const char *expected, const char *given)
{
	unsigned char difference = 0;

	if (strlen(given) != HEX_LENGTH)
		return false;
	for (int i = 0; i < HEX_LENGTH; i++)
		difference |= (unsigned char) expected[i] ^ (unsigned char) given[i];
	return difference == 0;
}

static bool
check_signature(Signature *signature, AccessKey *key)
{
	StringInfoData canonical;
	StringInfoData to_sign;
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	char		expected[HEX_LENGTH + 1];

	initStringInfo(&canonical);
	append_canonical_request(&canonical, signature);

	initStringInfo(&to_sign);
	append_joined(&to_sign, (const char *[]) {ALGORITHM "\n", signature->time, "\n", signature->scope_date, "/",
				  signature->scope_region, "/", signature->scope_service, "/" DIGEST_SIGNING_TERMINATOR "\n", NULL});
	append_sha256(&to_sign, canonical.data, canonical.len);
	digest_hmac(signing_key(key, signature), PG_SHA256_DIGEST_LENGTH, to_sign.data, to_sign.len, digest);
	hex(digest, expected);
	if (!same_text(expected, signature->signature))
		return refuse(signature, "InvalidSignatureException", MISMATCH);
	return true;
}

/*
 * A session token goes with a temporary key, and all keys here are long-term
 * ones.  A token that is empty is none.
 */
static bool
has_session_token(const Signature *signature)
{
	const char *token = http_header(signature->request, HEADER_AMZ_SECURITY_TOKEN);
	const char *parameter = query_value(signature, "X-Amz-Security-Token");

	return (token != NULL && token[0] != '\0') || (parameter != NULL && parameter[0] != '\0');
}

/* All that the head tells; the request's key and its role, or NULL with what is wrong. */
static AccessKey *
check_head(Signature *signature, Oid *role)
{
	AccessKey  *key;

	split_uri(signature);
	if (!read_parameters(signature) || !read_credential(signature))
		return NULL;

	key = access_key_find(signature->key_id, role);
	if (key == NULL || !key->active || has_session_token(signature))
	{
		refuse(signature, "UnrecognizedClientException", "The security token included in the request is invalid.");
		return NULL;
	}
	return check_time(signature) && read_signed_headers(signature) ? key : NULL;
}

static bool
check_validity(Signature *signature, const AccessKey *key)
{
	if (key->valid_until <= GetCurrentStatementStartTimestamp())
		return refuse(signature, "ExpiredTokenException", "The security token included in the request is expired");
	return true;
}

Oid
http_verify_signature(const HttpRequest *request, HttpException *exception)
{
	Signature	signature = {.request = request,.exception = exception};
	Oid			role;
	AccessKey  *key = check_head(&signature, &role);

	if (key == NULL || !check_signature(&signature, key) || !check_validity(&signature, key))
		return InvalidOid;
	return role;
}

bool
http_verify_head(const HttpRequest *request, HttpException *exception)
{
	Signature	signature = {.request = request,.exception = exception};
	Oid			role;
	AccessKey  *key = check_head(&signature, &role);

	return key != NULL && check_validity(&signature, key);
}
