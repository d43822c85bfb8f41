/*
 * store.h - what a kind of bucket has to be able to do; for bucket.c and the stores alone.
 *
 * Keys and prefixes that come here have been checked (bucket_check_key(), bucket_check_prefix()).
 * A reader or a writer is the first member of a store's own struct, which lies in a memory context of
 * its own: bucket.c makes that, current while the store fills it, and deletes it, with callbacks that
 * the store has registered there.
 */
#ifndef DDB_TRANSFER_STORE_H
#define DDB_TRANSFER_STORE_H

#include "transfer/bucket.h"

/* Large enough that a system call or a checksum's start costs nothing beside it. */
#define BUCKET_BUFFER_SIZE (256 * 1024)

typedef struct BucketStore
{
	/* whether there may be nothing between two slashes of a key */
	bool		empty_names;

	/* as bucket_demand() does */
	BucketProblem (*judge_terms) (const BucketTerms *terms);

	/* sorted by bucket.c */
	List	   *(*list) (Bucket *bucket, const char *prefix);
	void		(*delete) (Bucket *bucket, const char *key);
	void		(*clean) (Bucket *bucket, const char *prefix);

	/* NULL where there is none; sets size */
	BucketReader *(*read_begin) (Bucket *bucket, const char *key, int64 offset);
	/* 1 to size bytes, 0 at the end */
	size_t		(*read) (BucketReader *reader, char *buffer, size_t size);

	BucketWriter *(*write_begin) (Bucket *bucket, const char *key);
	void		(*write) (BucketWriter *writer, const char *data, size_t length);
	/* gives the entity tag, or NULL for the MD5 hash in hexadecimal */
	char	   *(*write_end) (BucketWriter *writer);
	/* what the deletion of the context would not do; or NULL */
	void		(*write_abort) (BucketWriter *writer);
} BucketStore;

extern const BucketStore folder_store;
extern const BucketStore s3_store;

struct Bucket
{
	char	   *name;			/* of letters, digits, and within it . - _ */
	const BucketStore *store;
	struct S3Access *s3;		/* of s3_store */
	BucketTerms terms;
	bool		hurried;
};

struct BucketReader
{
	Bucket	   *bucket;
	char	   *key;
	MemoryContext context;
	int64		size;
};

struct BucketWriter
{
	Bucket	   *bucket;
	char	   *key;
	MemoryContext context;
	int64		size;			/* so far */
	void	   *md5;			/* of digest_md5_begin() */
};

/* An MD5 hash in hexadecimal, palloc'd. */
extern char *bucket_hash_text(const uint8 *md5);

/* Whether it may be in a key: UTF-8, without control characters. */
extern bool bucket_text_is_plain(const char *text);

/* Below it buckets that are folders have theirs; "" where there are none. */
extern char *bucket_directory;

#endif							/* DDB_TRANSFER_STORE_H */
