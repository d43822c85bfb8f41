/*
 * transfers.h - what the operations on exports and imports share.
 */
#ifndef DDB_OPERATION_TRANSFERS_H
#define DDB_OPERATION_TRANSFERS_H

#include "operation/table/table_description.h"
#include "request/shapes.h"
#include "transfer/bucket.h"
#include "transfer/transfer.h"

extern const Shape bucket_name_shape;
extern const Shape bucket_prefix_shape;
extern const Shape transfer_arn_shape;
extern const Shape transfer_table_arn_shape;
extern const Shape transfer_page_shape; /* of how many are listed */

/* A request for a page of a catalog's, the newest first; NextToken is the last one's identifier. */
typedef struct TransferPage
{
	RequestString table_arn;	/* those of this table only */
	RequestInteger limit;
	RequestString token;
} TransferPage;

/* Its members, of which the limit has another name in each operation. */
#define TRANSFER_PAGE_MEMBERS(limit_name) \
	OPTIONAL(TransferPage, table_arn, "TableArn", &transfer_table_arn_shape), \
	OPTIONAL(TransferPage, limit, limit_name, &transfer_page_shape), \
	OPTIONAL(TransferPage, token, "NextToken", &string_shape)

/* The bucket on these terms, for the current role; raises ValidationException and AccessDeniedException. */
extern Bucket *requested_bucket(const RequestString *name, const BucketTerms *terms);

/* Raises ValidationException where there is a key to encrypt by, S3SseKmsKeyId, and there can be none, or not that one. */
extern void check_bucket_encryption(const RequestEnum *algorithm, const RequestString *key);

/* Raises ValidationException where an export's objects could not be below the prefix, which may be absent. */
extern void check_bucket_prefix(const Bucket *bucket, const RequestString *prefix);

/* Appends a member, behind others or at an object's beginning; nothing where it is absent. */
extern void append_requested(StringInfo out, const char *name, const RequestString *value);
extern void append_requested_json(StringInfo out, const char *name, json_object *json);

/* Appends the page as an object with that member, each as the function appends it. */
extern void append_transfer_page(StringInfo out, const TransferPage *page, const TransferCatalog *catalog,
								 const char *member, void (*append) (StringInfo out, const void *record));

/*
 * Why it has failed, if it has, for whom may_see_error() says so.  The source is the relation that it reads; InvalidOid where it
 * reads a bucket.
 */
extern void append_transfer_failure(StringInfo out, const Transfer *transfer, Oid source);

/* Raises ValidationException where a text that is given has U+0000, behind which nobody would look. */
extern void check_transfer_text(const char *name, const RequestString *value);

#endif							/* DDB_OPERATION_TRANSFERS_H */
