/*
 * transfers.h - what the operations on exports and imports share.
 */
#ifndef DDB_OPERATION_TRANSFERS_H
#define DDB_OPERATION_TRANSFERS_H

#include "operation/table/table_description.h"
#include "request/shapes.h"
#include "transfer/bucket.h"

extern const Shape bucket_name_shape;
extern const Shape bucket_prefix_shape;
extern const Shape transfer_arn_shape;
extern const Shape transfer_page_shape; /* of how many are listed */

#define TRANSFER_PAGE_DEFAULT 25

/* The bucket, for the current role; raises ValidationException and AccessDeniedException. */
extern Bucket *requested_bucket(const RequestString *name);

/* Raises ValidationException where no object of the bucket could be below the prefix, which may be absent. */
extern void check_bucket_prefix(const Bucket *bucket, const RequestString *prefix);

/* Appends a member, behind others or at an object's beginning; nothing where it is absent. */
extern void append_requested(StringInfo out, const char *name, const RequestString *value);

#endif							/* DDB_OPERATION_TRANSFERS_H */
