/*
 * role_bucket.h - what a job may do for the role that has asked for it.
 */
#ifndef DDB_TRANSFER_ROLE_BUCKET_H
#define DDB_TRANSFER_ROLE_BUCKET_H

#include "transfer/bucket.h"

struct json_object;

/* Opens the bucket for the role; raises 42704 or 42501 where that cannot be, and 42501 where the role is gone. */
extern Bucket *role_open_bucket(Oid role, const char *name);

/*
 * The one that a request names, by the members S3Bucket, S3BucketOwner, S3SseAlgorithm and S3SseKmsKeyId of the object; also
 * raises what bucket_demand() does, 42501 where it is another account's and 22023 where it has no keys.
 */
extern Bucket *role_open_requested_bucket(Oid role, struct json_object *request);

/* Raises 42501 where the role is gone, or may not read all of the relation. */
extern void role_check_may_read(Oid role, Oid relation);

/* For JobKind: whether an error of a bucket is one that another try would meet again, and AWS's code for it. */
extern bool bucket_error_is_final(int sqlstate);
extern const char *bucket_error_code(int sqlstate);

#endif							/* DDB_TRANSFER_ROLE_BUCKET_H */
