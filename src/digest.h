/*
 * digest.h - SHA-256 and HMAC for signatures, and for what clients are given to bring back.
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

#endif							/* DDB_DIGEST_H */
