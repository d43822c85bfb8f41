/*
 * bulk_description.h - how DescribeBulkOperation and its like show a bulk operation, and find it.
 */
#ifndef DDB_BULK_DESCRIPTION_H
#define DDB_BULK_DESCRIPTION_H

#include "lib/stringinfo.h"
#include "request/request.h"
#include "transfer/bulk.h"

/* Appends a BulkOperationDescription as a response, and a BulkOperationSummary. */
extern void append_bulk_description(StringInfo response, const BulkOperation *record);
extern void append_bulk_summary(StringInfo out, const void *record);

/* The one of a BulkOperationArn; raises ResourceNotFoundException. */
extern BulkOperation *bulk_operation_requested(const RequestString *arn);

#endif							/* DDB_BULK_DESCRIPTION_H */
