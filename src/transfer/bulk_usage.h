/*
 * bulk_usage.h - the bytes that a bulk operation has written, in the table and in each of its indexes.
 */
#ifndef DDB_TRANSFER_BULK_USAGE_H
#define DDB_TRANSFER_BULK_USAGE_H

#include "index/index.h"

typedef struct BulkUsage BulkUsage;

/* That of the catalog's text, in the current memory context. */
extern BulkUsage *bulk_usage_read(const char *text);
extern char *bulk_usage_text(const BulkUsage *usage);

extern void bulk_usage_add_table(BulkUsage *usage, uint64 bytes);
extern void bulk_usage_add_index(BulkUsage *usage, const IndexDefinition *index, uint64 bytes);

extern uint64 bulk_usage_table(const BulkUsage *usage);

/* That of the table and all of its indexes. */
extern uint64 bulk_usage_total(const BulkUsage *usage);

/* Calls the function for each index of that kind. */
extern void bulk_usage_indexes(const BulkUsage *usage, IndexKind kind,
							   void (*take) (void *argument, const char *index, uint64 bytes), void *argument);

#endif							/* DDB_TRANSFER_BULK_USAGE_H */
