/*
 * digest.c - SHA-256 and HMAC, by PostgreSQL's functions.
 *
 * Their contexts are made once and serve all requests, so they belong to a
 * resource owner of their own rather than to a transaction.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/hmac.h"
#include "utils/resowner.h"

#include "digest.h"

static pg_cryptohash_ctx *hash = NULL;
static pg_hmac_ctx *hmac = NULL;

/*
 * Most requests are signed with the key of the one before.  OpenSSL's HMAC goes
 * on with its last key where it is given none, which spares the setting up of
 * two hashes; PostgreSQL's own, of a build without OpenSSL, takes none for an
 * empty key.  So that is tried out first.
 */
static bool hmac_keeps_key = false;
static uint8 last_key[PG_SHA256_DIGEST_LENGTH];
static bool last_key_valid = false;

static void
compute_hmac(const uint8 *key, size_t key_length, const void *data, size_t length, uint8 *digest)
{
	if (pg_hmac_init(hmac, key, key_length) < 0 || pg_hmac_update(hmac, data, length) < 0 ||
		pg_hmac_final(hmac, digest, PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute an HMAC: %s", pg_hmac_error(hmac));
}

static bool
try_without_key(void)
{
	uint8		with_key[PG_SHA256_DIGEST_LENGTH];
	uint8		without[PG_SHA256_DIGEST_LENGTH];

	compute_hmac((const uint8 *) "key", 3, "data", 4, with_key);
	compute_hmac(NULL, 0, "data", 4, without);
	return memcmp(with_key, without, sizeof(without)) == 0;
}

static void
create_contexts(void)
{
	ResourceOwner caller = CurrentResourceOwner;

	CurrentResourceOwner = ResourceOwnerCreate(NULL, "ddb digests");
	hash = pg_cryptohash_create(PG_SHA256);
	hmac = pg_hmac_create(PG_SHA256);
	CurrentResourceOwner = caller;
	if (hash == NULL || hmac == NULL)
		ereport(FATAL,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not create contexts for SHA-256")));
	hmac_keeps_key = try_without_key();
}

void
digest_sha256(const void *data, size_t length, uint8 *digest)
{
	if (hash == NULL)
		create_contexts();
	if (pg_cryptohash_init(hash) < 0 || pg_cryptohash_update(hash, data, length) < 0 ||
		pg_cryptohash_final(hash, digest, PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute a SHA-256 hash: %s", pg_cryptohash_error(hash));
}

void
digest_hmac(const uint8 *key, size_t key_length, const void *data, size_t length, uint8 *digest)
{
	bool		repeated;

	if (hmac == NULL)
		create_contexts();
	repeated = last_key_valid && key_length == sizeof(last_key) && memcmp(key, last_key, sizeof(last_key)) == 0;
	last_key_valid = false;
	if (key_length == sizeof(last_key))
		memcpy(last_key, key, sizeof(last_key));
	compute_hmac(repeated ? NULL : key, repeated ? 0 : key_length, data, length, digest);
	last_key_valid = hmac_keeps_key && key_length == sizeof(last_key);
}
