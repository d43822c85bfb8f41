/*
 * iterator.c - shard iterators.
 *
 * An iterator says where to go on, so that nothing is kept of it here.  It is the
 * stream's ARN, a version, and in base64 the bytes below with their HMAC, by a
 * secret of the database's:
 *
 *	a byte, whether it floats; the database's OID; when it was made; its position's
 *	time and ordinal; the shard's identifier
 *
 * It gives nobody a right: GetRecords asks for that each time.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "common/base64.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "arn.h"
#include "compat.h"
#include "digest.h"
#include "error.h"
#include "operation/stream/streams.h"
#include "owner_statement.h"
#include "value/json_out.h"

#define VERSION "|1|"
#define LIFETIME_SECONDS (15 * 60)
#define FIXED_BYTES (1 + 4 + 8 + 8 + 8)

/* ---- The signature ---- */

static bytea *
read_secret(void)
{
	Relation	secrets = table_open(extension_relation("stream_secret"), AccessShareLock);
	SysScanDesc scan = systable_beginscan(secrets, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple = systable_getnext(scan);
	bool		isnull;
	bytea	   *secret;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "relation ddb.stream_secret is empty");
	secret = DatumGetByteaPCopy(heap_getattr(tuple, 1, RelationGetDescr(secrets), &isnull));
	systable_endscan(scan);
	table_close(secrets, AccessShareLock);
	return secret;
}

/* Of the iterator's bytes behind the ARN that stands before them. */
static void
sign(const char *arn, size_t arn_length, const char *bytes, size_t length, uint8 *digest)
{
	bytea	   *secret = read_secret();
	StringInfoData text;

	initStringInfo(&text);
	appendBinaryStringInfo(&text, arn, arn_length);
	appendStringInfoString(&text, VERSION);
	appendBinaryStringInfo(&text, bytes, length);
	digest_hmac((uint8 *) VARDATA_ANY(secret), VARSIZE_ANY_EXHDR(secret), text.data, text.len, digest);
}

/* Takes as long wherever the two differ. */
static bool
same_digest(const uint8 *a, const uint8 *b)
{
	uint8		difference = 0;

	for (int i = 0; i < PG_SHA256_DIGEST_LENGTH; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

/* ---- Writing ---- */

static void
append_base64(StringInfo out, const StringInfoData *bytes)
{
	int			size = pg_b64_enc_len(bytes->len);

	enlargeStringInfo(out, size);
	out->len += pg_b64_encode((void *) bytes->data, bytes->len, out->data + out->len, size);
	out->data[out->len] = '\0';
}

void
append_iterator(StringInfo response, const StreamRecord *stream, const char *shard_id, const ShardIterator *iterator)
{
	char	   *arn = stream_arn(stream->table_name, stream->label);
	StringInfoData bytes;
	uint8		digest[PG_SHA256_DIGEST_LENGTH];

	initStringInfo(&bytes);
	pq_sendbyte(&bytes, iterator->floats);
	pq_sendint32(&bytes, MyDatabaseId);
	pq_sendint64(&bytes, GetCurrentTimestamp());
	pq_sendint64(&bytes, iterator->position.time);
	pq_sendint64(&bytes, iterator->position.ordinal);
	appendStringInfoString(&bytes, shard_id);
	sign(arn, strlen(arn), bytes.data, bytes.len, digest);
	appendBinaryStringInfo(&bytes, (char *) digest, sizeof(digest));

	appendStringInfo(response, "\"%s" VERSION, arn);
	append_base64(response, &bytes);
	appendStringInfoChar(response, '"');
}

/* ---- Reading ---- */

static void __attribute__((noreturn))
refuse(void)
{
	validation_error("Invalid ShardIterator");
}

/* Where the ARN in the text ends, and what is signed with it begins. */
static const char *
find_version(const RequestString *text)
{
	const char *version = request_string_has_end(text) ? NULL : strstr(text->data, VERSION);

	if (version == NULL)
		refuse();
	return version;
}

/* The bytes that this database has signed, without the signature. */
static void
read_signed_bytes(const RequestString *text, const char *version, StringInfo bytes)
{
	const char *base64 = version + strlen(VERSION);
	int			length = text->data + text->length - base64;
	int			size = pg_b64_dec_len(length);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];

	initStringInfo(bytes);
	enlargeStringInfo(bytes, size + 1);
	bytes->len = pg_b64_decode(base64, length, (void *) bytes->data, size) - (int) sizeof(digest);
	if (bytes->len <= FIXED_BYTES)
		refuse();
	sign(text->data, version - text->data, bytes->data, bytes->len, digest);
	if (!same_digest(digest, (uint8 *) bytes->data + bytes->len))
		refuse();
}

void
read_iterator(const RequestString *text, ShardIterator *iterator, RequestString *stream_arn, char **shard_id)
{
	const char *version = find_version(text);
	StringInfoData bytes;
	TimestampTz made;

	read_signed_bytes(text, version, &bytes);
	iterator->floats = pq_getmsgbyte(&bytes) != 0;
	if (pq_getmsgint(&bytes, 4) != MyDatabaseId)
		refuse();
	made = pq_getmsgint64(&bytes);
	iterator->position.time = pq_getmsgint64(&bytes);
	iterator->position.ordinal = pq_getmsgint64(&bytes);
	*shard_id = pnstrdup(bytes.data + bytes.cursor, bytes.len - bytes.cursor);
	stream_arn->length = version - text->data;
	stream_arn->data = pnstrdup(text->data, stream_arn->length);
	if (TimestampDifferenceExceeds(made, GetCurrentTimestamp(), LIFETIME_SECONDS * 1000))
		ddb_error(EXPIRED_ITERATOR_EXCEPTION, "The provided iterator exceeds the maximum age allowed.");
}
