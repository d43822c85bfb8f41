/*
 * digest.c - SHA-256, HMAC and MD5, by GnuTLS.
 *
 * PostgreSQL's functions go by OpenSSL, which looks SHA-256 up under a lock each
 * time that a hash begins; that takes longer than to hash a small request.
 * GnuTLS's handles are made once and serve all requests.
 */
#include "postgres.h"

#include <gnutls/crypto.h>

#include "digest.h"

static void
check_result(int result)
{
	if (result < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute a hash: %s", gnutls_strerror(result))));
}

void
digest_sha256(const void *data, size_t length, uint8 *digest)
{
	static gnutls_hash_hd_t hash = NULL;

	if (hash == NULL)
		check_result(gnutls_hash_init(&hash, GNUTLS_DIG_SHA256));
	check_result(gnutls_hash(hash, data, length));
	/* and begins the next one */
	gnutls_hash_output(hash, digest);
}

/*
 * Gives a handle with that key.  Most requests are signed with the key of the one
 * before, and what a handle has computed of its key it keeps.
 */
static gnutls_hmac_hd_t
hmac_with_key(const uint8 *key, size_t length)
{
	static gnutls_hmac_hd_t hmac = NULL;
	static uint8 last_key[PG_SHA256_DIGEST_LENGTH];
	static bool last_key_valid = false;

	if (last_key_valid && length == sizeof(last_key) && memcmp(key, last_key, sizeof(last_key)) == 0)
		return hmac;
	last_key_valid = false;
	if (hmac != NULL)
		gnutls_hmac_deinit(hmac, NULL);
	hmac = NULL;
	check_result(gnutls_hmac_init(&hmac, GNUTLS_MAC_SHA256, key, length));
	if (length == sizeof(last_key))
	{
		memcpy(last_key, key, sizeof(last_key));
		last_key_valid = true;
	}
	return hmac;
}

void
digest_hmac(const uint8 *key, size_t key_length, const void *data, size_t length, uint8 *digest)
{
	gnutls_hmac_hd_t hmac = hmac_with_key(key, key_length);

	check_result(gnutls_hmac(hmac, data, length));
	gnutls_hmac_output(hmac, digest);
}

void
digest_signing_key(const char *secret, const char *date, const char *region, const char *service, uint8 *key)
{
	char	   *first = psprintf("AWS4%s", secret);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];

	digest_hmac((uint8 *) first, strlen(first), date, strlen(date), digest);
	explicit_bzero(first, strlen(first));
	pfree(first);
	digest_hmac(digest, sizeof(digest), region, strlen(region), digest);
	digest_hmac(digest, sizeof(digest), service, strlen(service), digest);
	digest_hmac(digest, sizeof(digest), DIGEST_SIGNING_TERMINATOR, strlen(DIGEST_SIGNING_TERMINATOR), key);
}

void *
digest_md5_begin(void)
{
	gnutls_hash_hd_t md5;

	check_result(gnutls_hash_init(&md5, GNUTLS_DIG_MD5));
	return md5;
}

void
digest_md5_add(void *md5, const void *data, size_t length)
{
	check_result(gnutls_hash(md5, data, length));
}

void
digest_md5_so_far(const void *md5, uint8 *digest)
{
	gnutls_hash_hd_t copy = gnutls_hash_copy((gnutls_hash_hd_t) md5);

	check_result(copy == NULL ? GNUTLS_E_HASH_FAILED : 0);
	gnutls_hash_deinit(copy, digest);
}

void
digest_md5_end(void *md5, uint8 *digest)
{
	if (md5 != NULL)
		gnutls_hash_deinit(md5, digest);
}
