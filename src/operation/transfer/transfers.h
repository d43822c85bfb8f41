/*
 * transfers.h - what the operations on exports and imports share.
 */
#ifndef DDB_OPERATION_TRANSFERS_H
#define DDB_OPERATION_TRANSFERS_H

#include "operation/table/table_description.h"
#include "request/shapes.h"
#include "transfer/bucket.h"
#include "transfer/transfer.h"

extern const Shape client_token_shape;
extern const Shape bucket_name_shape;
extern const Shape bucket_owner_shape;
extern const Shape bucket_prefix_shape;
extern const Shape transfer_arn_shape;

/* The bucket on these terms, for the current role; raises ValidationException and AccessDeniedException. */
extern Bucket *requested_bucket(const RequestString *name, const BucketTerms *terms);

/* Raises ValidationException where there is a key to encrypt by, S3SseKmsKeyId, and there can be none, or not that one. */
extern void check_bucket_encryption(const RequestEnum *algorithm, const RequestString *key);

/*
 * Raise ValidationException, naming the member, where an export's objects could not be below the prefix, and where no
 * object of the bucket could have a key that begins with it.  It may be absent.
 */
extern void check_output_prefix(const Bucket *bucket, const char *member, const RequestString *prefix);
extern void check_input_prefix(const Bucket *bucket, const char *member, const RequestString *prefix);

/* Appends a member, behind others or at an object's beginning; nothing where it is absent. */
extern void append_requested(StringInfo out, const char *name, const RequestString *value);
extern void append_requested_json(StringInfo out, const char *name, json_object *json);

/*
 * Why it has failed, if it has, for whom may_see_error() says so.  The source is the relation that it reads; InvalidOid where it
 * reads a bucket.
 */
extern void append_transfer_failure(StringInfo out, const Transfer *transfer, Oid source);

/* Raises ValidationException where a text that is given has U+0000, behind which nobody would look. */
extern void check_transfer_text(const char *name, const RequestString *value);

#endif							/* DDB_OPERATION_TRANSFERS_H */
