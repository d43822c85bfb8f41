/*
 * digest.c - SHA-256 and HMAC for signatures.
 *
 * PostgreSQL's functions look the algorithm up in OpenSSL's providers for every
 * hash, which takes longer than hashing a request.  So where PostgreSQL was
 * built with OpenSSL 3, it is looked up once and one context serves all; else
 * they are used as they are.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/hmac.h"

#ifdef USE_OPENSSL
#include <openssl/evp.h>
#endif

#include "http/digest.h"

#if defined(USE_OPENSSL) && OPENSSL_VERSION_NUMBER >= 0x30000000L

#define SHA256_BLOCK_LENGTH 64

static EVP_MD *algorithm = NULL;
static EVP_MD_CTX *hash = NULL;

static void
check(bool done)
{
	if (!done)
		elog(ERROR, "could not compute a SHA-256 hash");
}

static void
begin(void)
{
	if (algorithm == NULL)
		algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (hash == NULL)
		hash = EVP_MD_CTX_new();
	check(algorithm != NULL && hash != NULL && EVP_DigestInit_ex2(hash, algorithm, NULL) == 1);
}

static void
add(const void *data, size_t length)
{
	check(EVP_DigestUpdate(hash, data, length) == 1);
}

static void
end(uint8 *digest)
{
	check(EVP_DigestFinal_ex(hash, digest, NULL) == 1);
}

void
digest_sha256(const void *data, size_t length, uint8 *digest)
{
	begin();
	add(data, length);
	end(digest);
}

/* Hashes the key, changed by a byte, and the data. */
static void
keyed(const uint8 *key, uint8 change, const void *data, size_t length, uint8 *digest)
{
	uint8		block[SHA256_BLOCK_LENGTH];

	for (int i = 0; i < SHA256_BLOCK_LENGTH; i++)
		block[i] = key[i] ^ change;
	begin();
	add(block, sizeof(block));
	add(data, length);
	end(digest);
	explicit_bzero(block, sizeof(block));
}

/* RFC 2104 */
void
digest_hmac(const uint8 *key, size_t key_length, const void *data, size_t length, uint8 *digest)
{
	uint8		block[SHA256_BLOCK_LENGTH] = {0};

	if (key_length > sizeof(block))
		digest_sha256(key, key_length, block);
	else
		memcpy(block, key, key_length);
	keyed(block, 0x36, data, length, digest);
	keyed(block, 0x5c, digest, PG_SHA256_DIGEST_LENGTH, digest);
	explicit_bzero(block, sizeof(block));
}

#else

void
digest_sha256(const void *data, size_t length, uint8 *digest)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);

	if (context == NULL || pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, data, length) < 0 ||
		pg_cryptohash_final(context, digest, PG_SHA256_DIGEST_LENGTH) < 0)
	{
		pg_cryptohash_free(context);
		elog(ERROR, "could not compute a SHA-256 hash");
	}
	pg_cryptohash_free(context);
}

void
digest_hmac(const uint8 *key, size_t key_length, const void *data, size_t length, uint8 *digest)
{
	pg_hmac_ctx *context = pg_hmac_create(PG_SHA256);

	if (context == NULL || pg_hmac_init(context, key, key_length) < 0 ||
		pg_hmac_update(context, data, length) < 0 ||
		pg_hmac_final(context, digest, PG_SHA256_DIGEST_LENGTH) < 0)
	{
		pg_hmac_free(context);
		elog(ERROR, "could not compute an HMAC");
	}
	pg_hmac_free(context);
}

#endif
