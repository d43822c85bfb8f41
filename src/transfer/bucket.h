/*
 * bucket.h - buckets: where exports and backups go, and what imports come from.
 *
 * A bucket is a foreign server of the wrapper ddb_bucket, of the bucket's name. So GRANT USAGE
 * ON FOREIGN SERVER lets a role reach it, and DROP SERVER forgets it:
 *
 *		CREATE SERVER "exports" FOREIGN DATA WRAPPER ddb_bucket;
 *		CREATE SERVER "archive" FOREIGN DATA WRAPPER ddb_bucket OPTIONS (store 's3', region 'us-east-1');
 *		CREATE USER MAPPING FOR PUBLIC SERVER "archive" OPTIONS (access_key_id '…', secret_access_key '…');
 *
 * The first is a folder of that name below ddb.bucket_directory, the second a bucket of that name
 * at ddb.s3_endpoint.
 *
 * All of this may wait for long, and can be interrupted.  None of it is undone by the end of a
 * transaction, and none needs one but bucket_open(): what has been opened lives as long as the memory
 * context that was current then, over transactions and whatever becomes of the server meanwhile.
 * Files, and what is unfinished in a folder, go with that context too.
 *
 * Errors, after what the store's code itself has tried again:
 *		class 53 and 58, 08		another try may succeed: a disk is full, a store does not answer, or with nonsense
 *		42704					the store has no such bucket
 *		42501					the store does not let these credentials do that
 *		22023					no such key can be
 *		42809					what is there is no object: a folder, a symbolic link, a device
 *		55000					the server is not set up for it; an object has changed while it was read, an upload was
 *								given up
 *		38000					the store refuses for another reason, and would do so again
 */
#ifndef DDB_TRANSFER_BUCKET_H
#define DDB_TRANSFER_BUCKET_H

#include "nodes/pg_list.h"

#include "digest.h"

/* The longest key, in bytes. */
#define BUCKET_KEY_MAX 1024

typedef struct Bucket Bucket;
typedef struct BucketReader BucketReader;
typedef struct BucketWriter BucketWriter;

typedef enum BucketProblem
{
	BUCKET_FINE,
	BUCKET_MISSING,				/* there is no bucket of that name */
	BUCKET_DENIED,				/* there is, and the role may not use it; or it is another account's */
	BUCKET_KEYLESS				/* there are no keys to encrypt by */
} BucketProblem;

/* What is demanded of a bucket beyond its name, in the API's words; NULL where nothing is. */
typedef struct BucketTerms
{
	const char *owner;			/* S3BucketOwner: the account that it has to belong to */
	const char *encryption;		/* S3SseAlgorithm, of objects that are written: "AES256" or "KMS" */
	const char *encryption_key; /* S3SseKmsKeyId: by which KMS does it; NULL for the account's own */
} BucketTerms;

/* An object that is there. */
typedef struct BucketObject
{
	char	   *key;
	int64		size;
	char	   *etag;			/* without quotes; NULL where a folder lists it */
	uint8		md5[MD5_LENGTH];	/* of what bucket_write_end() tells of; else zero */
} BucketObject;

/* The bucket of new backups; "" for relations of the database. */
extern char *backup_bucket;

/* Defines ddb.bucket_directory, ddb.backup_bucket and the settings ddb.s3_…. */
extern void bucket_define_settings(void);

/* Whether a bucket could have that name: letters, digits, and between them . - _ too, as the API has them. */
extern bool bucket_is_name(const char *name);

/* Opens it for the current role; NULL, and in *problem why, where that cannot be. */
extern Bucket *bucket_open(const char *name, BucketProblem *problem);

/*
 * Demands that of all that is done with it from now on; the terms are copied.  Not fine is what is known to be
 * against them at once, as in a folder: a store says whose a bucket is when it is asked for something.  Raises
 * 22023 where a store could not be told them.
 */
extern BucketProblem bucket_demand(Bucket *bucket, const BucketTerms *terms);

/* Whether a store could be told that key. */
extern bool bucket_is_encryption_key(const char *key);

/* From now on a store has but seconds to answer a request, and one try: for who must not wait. */
extern void bucket_hurry(Bucket *bucket);

/* Raises 22023 where no object of the bucket could have that key, or one that begins so. */
extern void bucket_check_key(const Bucket *bucket, const char *key);
extern void bucket_check_prefix(const Bucket *bucket, const char *prefix);

/* The objects whose keys begin with the prefix ("" for all), in the order of their bytes, as a list of BucketObject *. */
extern List *bucket_list(Bucket *bucket, const char *prefix);

/* No error where it is not there. */
extern void bucket_delete(Bucket *bucket, const char *key);

/*
 * Removes what writers that are gone have left unfinished below the prefix, where they were killed.
 * Nobody else may be writing there.
 */
extern void bucket_clean(Bucket *bucket, const char *prefix);

/*
 * Deletes all objects whose keys begin with the prefix, and removes what bucket_clean() does.  Nobody else may be
 * writing there.
 */
extern void bucket_delete_all(Bucket *bucket, const char *prefix);

/* Reading from that byte on. NULL where there is no such object; behind its end there is nothing to read. */
extern BucketReader *bucket_read_begin(Bucket *bucket, const char *key, int64 offset);

/* The object's size. */
extern int64 bucket_read_size(const BucketReader *reader);

/* How many bytes it has read; less than size only at the end of the object, 0 there. */
extern size_t bucket_read(BucketReader *reader, char *buffer, size_t size);
extern void bucket_read_end(BucketReader *reader);

/*
 * Writing an object.  Nobody sees it before bucket_write_end(), after which it is durable; it takes the
 * place of one that was there.  After an error of one of these functions nothing is left of it, and
 * bucket_write_abort() only frees the writer.  Where a writer is forgotten, by another error that ends its
 * memory context, what a store has got of a large object waits for bucket_clean().
 */
extern BucketWriter *bucket_write_begin(Bucket *bucket, const char *key);
extern void bucket_write(BucketWriter *writer, const char *data, size_t length);

/* Frees the writer; what it gives is in the current context. */
extern BucketObject *bucket_write_end(BucketWriter *writer);

/* Writes an object whose bytes are all there. */
extern BucketObject *bucket_write_object(Bucket *bucket, const char *key, const char *data, size_t length);

/* Raises nothing but interrupts. */
extern void bucket_write_abort(BucketWriter *writer);

#endif							/* DDB_TRANSFER_BUCKET_H */
