/*
 * bulk_catalog.h - what the job of a bulk operation writes into ddb.bulk_operations and ddb.bulk_reported.
 */
#ifndef DDB_TRANSFER_BULK_CATALOG_H
#define DDB_TRANSFER_BULK_CATALOG_H

#include "lib/stringinfo.h"

#include "transfer/bulk.h"

#define BULK_PUT_JOB "BULK_PUT"

/* How far it is; not its status, which others change too. */
extern void bulk_write_progress(const BulkOperation *record);

/* Locks the record until the transaction's end; false where its status is another one by now. */
extern bool bulk_lock(const BulkOperation *record);

/* Status, end and failure of the record, which is locked. */
extern void bulk_write_end(const BulkOperation *record);

/* Keeps lines of a report, those behind so many processed records. */
extern void bulk_keep_lines(const BulkOperation *record, const char *type, int64 behind, const StringInfoData *lines);

/* The lines of the type that come next behind *behind, which becomes theirs; NULL: there are none. */
extern char *bulk_next_lines(const BulkOperation *record, const char *type, int64 *behind);

/* Removes all of them. */
extern void bulk_forget_lines(const BulkOperation *record);

#endif							/* DDB_TRANSFER_BULK_CATALOG_H */
