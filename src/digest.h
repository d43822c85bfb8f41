/*
 * digest.h - SHA-256 and HMAC for signatures, and for what clients are given to bring back; MD5 for buckets.
 */
#ifndef DDB_DIGEST_H
#define DDB_DIGEST_H

#include "postgres.h"

#include "common/sha2.h"

/* The SHA-256 hash of length bytes into digest, of PG_SHA256_DIGEST_LENGTH bytes. */
extern void digest_sha256(const void *data, size_t length, uint8 *digest);

/* Their HMAC; digest may be the key. */
extern void digest_hmac(const uint8 *key, size_t key_length, const void *data, size_t length,
						uint8 *digest);

/* The last part of the scope of a signature of AWS's. */
#define DIGEST_SIGNING_TERMINATOR "aws4_request"

/* The key of AWS's Signature Version 4 that is made of the secret, into key, of PG_SHA256_DIGEST_LENGTH bytes. */
extern void digest_signing_key(const char *secret, const char *date, const char *region, const char *service, uint8 *key);

#define MD5_LENGTH 16

/*
 * MD5, which S3 calls objects by, of what comes piece by piece.  What the first one gives
 * is GnuTLS's memory until the last one, which does nothing with NULL; digest has MD5_LENGTH bytes, or
 * is NULL where nobody wants it any more.
 */
extern void *digest_md5_begin(void);
extern void digest_md5_add(void *md5, const void *data, size_t length);
extern void digest_md5_so_far(const void *md5, uint8 *digest);
extern void digest_md5_end(void *md5, uint8 *digest);

#endif							/* DDB_DIGEST_H */
