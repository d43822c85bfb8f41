/*
 * access_key.h - the keys with which AWS's SDKs sign their requests.
 */
#ifndef DDB_ACCESS_KEY_H
#define DDB_ACCESS_KEY_H

#include "postgres.h"

#include "common/sha2.h"
#include "datatype/timestamp.h"

/* IAM's bounds. */
#define ACCESS_KEY_ID_MAX 128
#define SECRET_ACCESS_KEY_MAX 128

/* Of one that is chosen; AWS's have 40. */
#define SECRET_ACCESS_KEY_MIN 32

typedef struct AccessKey
{
	char		id[ACCESS_KEY_ID_MAX + 1];	/* hash key */
	char		secret[SECRET_ACCESS_KEY_MAX + 1];
	char		role[NAMEDATALEN];
	bool		active;
	TimestampTz valid_until;	/* DT_NOEND for ever */

	/* the signing key derived last, for one day and region */
	char		date[9];		/* 20260731 */
	char		region[41];
	uint8		signing_key[PG_SHA256_DIGEST_LENGTH];
} AccessKey;

/*
 * The key of that id, from a cache that changes of ddb.access_keys invalidate,
 * and its role; NULL where either is missing.  Needs a transaction; valid until
 * a catalog is read next.
 */
extern AccessKey *access_key_find(const char *id, Oid *role);

#endif							/* DDB_ACCESS_KEY_H */
