/*
 * bulk_report.h - the reports of a bulk operation in its output bucket.
 *
 *		<prefix>/AWSDynamoDB/<id>/error/00001.json, ...
 *		<prefix>/AWSDynamoDB/<id>/condition-check-failure/00001.json, ...
 *		<prefix>/AWSDynamoDB/<id>/manifest-summary.json
 *
 * Each line of a report is a JSON object about one record.
 */
#ifndef DDB_TRANSFER_BULK_REPORT_H
#define DDB_TRANSFER_BULK_REPORT_H

#include "transfer/bucket.h"
#include "transfer/bulk.h"
#include "transfer/bulk_records.h"

/* The values of OutputType, and what asks for them. */
typedef enum BulkReport
{
	BULK_REPORT_ERROR,
	BULK_REPORT_CONDITION
} BulkReport;
#define BULK_REPORTS 2

typedef struct BulkReports BulkReports;

/* Lines in memory, in the current memory context; input is the bucket's name. */
extern BulkReports *bulk_reports_begin(const BulkOperation *record, const bool *wanted, const char *input);

/* What is wrong with a record; nothing where nobody wants to know. */
extern void bulk_report_error(BulkReports *reports, const BulkRecord *record, const char *message);

/* That its condition did not hold for the item (NULL: there was none). */
extern void bulk_report_condition(BulkReports *reports, const BulkRecord *record, const Value *existing);

/* Whether such lines are wanted. */
extern bool bulk_report_is_wanted(const BulkReports *reports, BulkReport report);

/* Keeps the lines in the catalog; record says how many records had been processed before them. */
extern void bulk_reports_keep(BulkReports *reports, const BulkOperation *record);

/*
 * Writes all that has been kept into the bucket, in the place of what an attempt before has left, and forgets it.
 * The manifest comes last and tells status and counts. Raises bucket.h's errors.
 */
extern void bulk_reports_write(const BulkOperation *record, Bucket *bucket, const char *prefix, const bool *wanted);

#endif							/* DDB_TRANSFER_BULK_REPORT_H */
