/*
 * bulk_report.c - the reports of a bulk operation.
 *
 * Lines are rows of ddb.bulk_reported as long as the operation goes on, written by the transactions that put the
 * items: so each is there once, whoever is killed.  When all is done they are written into files whose
 * names are their numbers, so that an attempt that was killed is written over.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "arn.h"
#include "transfer/bulk_catalog.h"
#include "transfer/bulk_report.h"
#include "transfer/export_files.h"
#include "value/json_out.h"

/* A file ends behind so many bytes. */
#define FILE_BYTES (64 * 1024 * 1024)

static const struct
{
	const char *type;
	const char *folder;
}			names[BULK_REPORTS] = {
	[BULK_REPORT_ERROR] = {"ERROR", "error"},
	[BULK_REPORT_CONDITION] = {"CONDITION_CHECK_FAILURE", "condition-check-failure"},
};

struct BulkReports
{
	bool		wanted[BULK_REPORTS];
	const char *input;
	char	   *arn;
	int64		behind;
	StringInfoData lines[BULK_REPORTS];
};

/* ---- Lines ---- */

BulkReports *
bulk_reports_begin(const BulkOperation *record, const bool *wanted, const char *input)
{
	BulkReports *reports = palloc0(sizeof(BulkReports));

	reports->input = input;
	reports->arn = bulk_operation_arn(record->transfer.table_name, record->transfer.id);
	reports->behind = record->processed;
	for (int i = 0; i < BULK_REPORTS; i++)
	{
		reports->wanted[i] = wanted[i];
		initStringInfo(&reports->lines[i]);
	}
	return reports;
}

bool
bulk_report_is_wanted(const BulkReports *reports, BulkReport report)
{
	return reports->wanted[report];
}

static StringInfo
begin_line(BulkReports *reports, BulkReport report, const BulkRecord *record)
{
	StringInfo	out = &reports->lines[report];

	appendStringInfoString(out, "{\"itemS3Pointer\":{\"bucket\":");
	json_append_string(out, reports->input, strlen(reports->input));
	appendStringInfoString(out, ",\"key\":");
	json_append_string(out, record->place.key, strlen(record->place.key));
	appendStringInfo(out, ",\"itemIndex\":" INT64_FORMAT "},\"bulkOperationArn\":", record->place.records - 1);
	json_append_string(out, reports->arn, strlen(reports->arn));
	return out;
}

static void
append_item(StringInfo out, const char *name, const Value *item)
{
	appendStringInfo(out, ",\"%s\":", name);
	item_to_json(out, item);
}

void
bulk_report_error(BulkReports *reports, const BulkRecord *record, const char *message)
{
	StringInfo	out;

	if (!reports->wanted[BULK_REPORT_ERROR])
		return;
	out = begin_line(reports, BULK_REPORT_ERROR, record);
	appendStringInfoString(out, ",\"errorMessages\":[");
	json_append_string(out, message, strlen(message));
	appendStringInfoChar(out, ']');
	if (record->fault == NULL)
		append_item(out, "Item", &record->item);
	appendStringInfoString(out, "}\n");
}

void
bulk_report_condition(BulkReports *reports, const BulkRecord *record, const Value *existing)
{
	StringInfo	out;

	if (!reports->wanted[BULK_REPORT_CONDITION])
		return;
	out = begin_line(reports, BULK_REPORT_CONDITION, record);
	append_item(out, "Item", &record->item);
	if (existing != NULL)
		append_item(out, "ExistingItem", existing);
	appendStringInfoString(out, "}\n");
}

void
bulk_reports_keep(BulkReports *reports, const BulkOperation *record)
{
	for (int i = 0; i < BULK_REPORTS; i++)
	{
		if (reports->lines[i].len > 0)
			bulk_keep_lines(record, names[i].type, reports->behind, &reports->lines[i]);
	}
}

/* ---- Files ---- */

typedef struct ReportWriter
{
	const BulkOperation *record;
	Bucket	   *bucket;
	char	   *folder;			/* of all reports, with a slash at its end */
	StringInfoData manifest;
	bool		any;			/* file has been written */
	MemoryContext file;			/* of the one that is written */
} ReportWriter;

static void
append_file(ReportWriter *writer, BulkReport report, const char *key, int64 lines)
{
	appendStringInfo(&writer->manifest, "%s{\"outputType\":\"%s\",\"key\":", writer->any ? "," : "", names[report].type);
	json_append_string(&writer->manifest, key, strlen(key));
	appendStringInfo(&writer->manifest, ",\"recordCount\":" INT64_FORMAT "}", lines);
	writer->any = true;
}

static int64
count_lines(const char *text)
{
	int64		count = 0;

	while ((text = strchr(text, '\n')) != NULL)
	{
		count++;
		text++;
	}
	return count;
}

/* One file of what comes next; false where there is nothing more. */
static bool
write_file(ReportWriter *writer, BulkReport report, int number, int64 *behind)
{
	char	   *lines = bulk_next_lines(writer->record, names[report].type, behind);
	char	   *key = psprintf("%s%s/%05d.json", writer->folder, names[report].folder, number);
	BucketWriter *object;
	int64		bytes = 0;
	int64		count = 0;

	if (lines == NULL)
		return false;
	object = bucket_write_begin(writer->bucket, key);
	while (lines != NULL)
	{
		size_t		length = strlen(lines);

		CHECK_FOR_INTERRUPTS();
		bucket_write(object, lines, length);
		bytes += length;
		count += count_lines(lines);
		pfree(lines);
		lines = bytes < FILE_BYTES ? bulk_next_lines(writer->record, names[report].type, behind) : NULL;
	}
	(void) bucket_write_end(object);
	append_file(writer, report, key, count);
	return true;
}

static void
write_files(ReportWriter *writer, BulkReport report)
{
	int64		behind = -1;
	bool		more = true;

	for (int number = 1; more; number++)
	{
		MemoryContext caller = MemoryContextSwitchTo(writer->file);

		more = write_file(writer, report, number, &behind);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(writer->file);
	}
}

static void
begin_manifest(ReportWriter *writer)
{
	const BulkOperation *record = writer->record;
	const Transfer *transfer = &record->transfer;
	StringInfo	out = &writer->manifest;

	initStringInfo(out);
	appendStringInfoChar(out, '{');
	export_files_append_member(out, "bulkOperationArn", bulk_operation_arn(transfer->table_name, transfer->id));
	export_files_append_member(out, "bulkOperationStatus", transfer->status);
	export_files_append_member(out, "tableArn", table_arn(transfer->table_name));
	export_files_append_member(out, "tableId", transfer->table_id);
	export_files_append_moment(out, "startTime", transfer->started);
	export_files_append_moment(out, "endTime", transfer->ended);
	appendStringInfo(out, ",\"processedItemCount\":" INT64_FORMAT ",\"failedItemCount\":" INT64_FORMAT ",\"files\":[",
					 record->processed, record->failed);
}

static void
end_manifest(ReportWriter *writer)
{
	appendStringInfoString(&writer->manifest, "]}\n");
	(void) bucket_write_object(writer->bucket, psprintf("%smanifest-summary.json", writer->folder),
							   writer->manifest.data, writer->manifest.len);
}

void
bulk_reports_write(const BulkOperation *record, Bucket *bucket, const char *prefix, const bool *wanted)
{
	ReportWriter writer = {.record = record,.bucket = bucket};

	writer.folder = export_files_folder(prefix, record->transfer.id);
	writer.file = AllocSetContextCreate(CurrentMemoryContext, "ddb file of a report", ALLOCSET_DEFAULT_SIZES);
	/* what an attempt before has left is written over, or belongs to no report */
	bucket_delete_all(bucket, writer.folder);
	begin_manifest(&writer);
	for (int i = 0; i < BULK_REPORTS; i++)
	{
		if (wanted[i])
			write_files(&writer, i);
	}
	end_manifest(&writer);
	bulk_forget_lines(record);
}
