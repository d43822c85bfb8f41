/*
 * export.c - the job that writes a table's items into a bucket.
 *
 * It is one transaction, in one snapshot: an export is of one moment, or of the changes between two.  After
 * a crash it begins anew.
 */
#include "postgres.h"

#include <json-c/json.h>

#include "access/relation.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "arn.h"
#include "change/record.h"
#include "job/filling.h"
#include "job/item_scan.h"
#include "job/net_change.h"
#include "job/recovery.h"
#include "transfer/export_catalog.h"
#include "transfer/export_files.h"
#include "transfer/export_filter.h"
#include "transfer/export_request.h"
#include "transfer/role_bucket.h"
#include "value/json.h"

#define REASON_NO_EXPORT "the export is not there any more"
#define REASON_NO_TABLE "the table that was to be exported is not there any more"

typedef struct ExportRun
{
	const Job  *job;
	Export	   *record;
	json_object *request;
	json_object *increment;		/* NULL: all items */
	bool		new_images_only;	/* of an incremental one */
	ExportFilter *filter;		/* NULL: whole items */
	Table	   *table;			/* that the filter is bound to */
	MemoryContext item;			/* what the filter allocates for one item */
	char	   *folder;			/* with a slash at its end */
	Bucket	   *bucket;
	ExportFiles *files;
} ExportRun;

static const char *
requested(const ExportRun *run, const char *member)
{
	return json_text_member(run->request, member);
}

/* ---- Items ---- */

static void
tell_progress(const ExportRun *run)
{
	job_progress_items(export_files_items(run->files));
	job_progress_bytes(export_files_bytes(run->files));
}

static void
write_whole_item(ExportRun *run, const Value *item)
{
	export_files_write_item(run->files, item);
	tell_progress(run);
}

static void
write_filtered_item(ExportRun *run, const Value *item)
{
	MemoryContext caller = MemoryContextSwitchTo(run->item);
	Value		shown;
	bool		passes = export_filter_passes(run->filter, run->table, item, &shown);

	MemoryContextSwitchTo(caller);
	if (passes)
		write_whole_item(run, &shown);
	MemoryContextReset(run->item);
}

static void
write_item(void *argument, Value *item)
{
	ExportRun  *run = argument;

	if (run->filter != NULL)
		write_filtered_item(run, item);
	else
		write_whole_item(run, item);
}

/* ---- The table as it is now ---- */

static void
write_item_of_row(void *argument, Datum datum)
{
	Value		item = value_from_datum(datum);

	write_item(argument, &item);
}

/* The items of one partition key. */
static JobResult
write_partition_now(ExportRun *run)
{
	TableRange	range = {.condition = run->filter->key_condition,.total_segments = 1};
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScan  *scan = table_scan_begin_at(run->table, &range, snapshot);
	bool		going = true;
	Value		item;

	while (going && table_scan_next(scan, &item))
	{
		CHECK_FOR_INTERRUPTS();
		write_item(run, &item);
		going = !job_is_in_the_way(run->job);
	}
	table_scan_end(scan);
	UnregisterSnapshot(snapshot);
	return going ? JOB_DONE : JOB_BUSY;
}

static JobResult
write_all_now(ExportRun *run, const char **reason)
{
	Relation	source = relation_open(run->job->source, AccessShareLock);
	int			column = table_item_column(source);
	JobResult	result = JOB_IMPOSSIBLE;

	if (column == 0)
		*reason = REASON_NO_TABLE;
	else
		result = item_scan(run->job, source, column, write_item_of_row, run) ? JOB_DONE : JOB_BUSY;
	relation_close(source, NoLock);
	return result;
}

static JobResult
write_table_now(ExportRun *run, const char **reason)
{
	run->record->moment = sequence_time(GetCurrentTimestamp());
	if (run->filter != NULL && run->filter->key_condition != NULL)
		return write_partition_now(run);
	return write_all_now(run, reason);
}

/* ---- Changes ---- */

/*
 * Writes what has become of the items that pass the filter: one that passes no more has gone, one that
 * did not before has come.
 */
static void
write_change(void *argument, const NetChange *change)
{
	ExportRun  *run = argument;
	const Value *old_item = change->old_item;
	const Value *new_item = change->new_item;
	Value		old_shown;
	Value		new_shown;

	if (run->filter != NULL)
	{
		if (old_item != NULL)
			old_item = export_filter_passes(run->filter, run->table, old_item, &old_shown) ? &old_shown : NULL;
		if (new_item != NULL)
			new_item = export_filter_passes(run->filter, run->table, new_item, &new_shown) ? &new_shown : NULL;
		if (old_item == NULL && new_item == NULL)
			return;
	}
	export_files_write_change(run->files, change->time, &change->keys, run->new_images_only ? NULL : old_item, new_item);
	tell_progress(run);
}

static JobResult
write_changes(ExportRun *run, const char **reason)
{
	const char *view = json_text_member(run->increment, "ExportViewType");

	run->new_images_only = strcmp(view, "NEW_IMAGE") == 0;
	return net_changes_read(run->job, export_from_time(run->increment), run->record->moment, write_change, run, reason);
}

/* ---- The summary ---- */

static void
append_moments(StringInfo out, const ExportRun *run)
{
	TimestampTz moment = time_of_sequence(run->record->moment);

	if (run->increment == NULL)
	{
		export_files_append_moment(out, "exportTime", moment);
		return;
	}
	export_files_append_moment(out, "exportFromTime", time_of_sequence(export_from_time(run->increment)));
	export_files_append_moment(out, "exportToTime", moment);
}

static void
write_summary(ExportRun *run)
{
	Export	   *record = run->record;
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "{\"version\":\"%s\"", run->increment != NULL ? "2023-08-01" : "2020-06-30");
	export_files_append_member(&out, "exportArn", export_arn(record->transfer.table_name, record->transfer.id));
	export_files_append_moment(&out, "startTime", record->transfer.started);
	export_files_append_moment(&out, "endTime", record->transfer.ended);
	export_files_append_member(&out, "tableArn", table_arn(record->transfer.table_name));
	export_files_append_member(&out, "tableId", record->transfer.table_id);
	append_moments(&out, run);
	export_files_append_member(&out, "s3Bucket", requested(run, "S3Bucket"));
	export_files_append_member(&out, "s3Prefix", requested(run, "S3Prefix"));
	export_files_append_member(&out, "s3SseAlgorithm", requested(run, "S3SseAlgorithm"));
	export_files_append_member(&out, "s3SseKmsKeyId", requested(run, "S3SseKmsKeyId"));
	export_files_append_member(&out, "manifestFilesS3Key", export_files_manifest_key(run->files));
	appendStringInfo(&out, ",\"billedSizeBytes\":" INT64_FORMAT ",\"itemCount\":" INT64_FORMAT, record->bytes, record->items);
	export_files_append_member(&out, "outputFormat", requested(run, "ExportFormat"));
	if (run->increment != NULL)
		export_files_append_member(&out, "outputView",
								   json_text_member(run->increment, "ExportViewType"));
	export_files_append_member(&out, "exportType", export_type(run->request));
	appendStringInfoChar(&out, '}');
	(void) export_files_write_manifest(run->files, "manifest-summary", &out);
}

/* ---- All of it ---- */

static void
open_filter(ExportRun *run)
{
	json_object *specification = json_object_object_get(run->request, "FilterSpecification");

	if (specification == NULL)
		return;
	run->filter = export_filter_from_json(specification);
	run->table = table_open_unguarded(get_rel_name(run->job->source), run->job->source, AccessShareLock);
	export_filter_bind(run->filter, &run->table->schema);
	run->item = AllocSetContextCreate(CurrentMemoryContext, "ddb filtered item", ALLOCSET_DEFAULT_SIZES);
}

static JobResult
write_data(ExportRun *run, const char **reason)
{
	if (run->increment != NULL)
		return write_changes(run, reason);
	if (run->record->of_the_past)
		return recovery_read(run->job, run->record->moment, write_item, run, reason);
	return write_table_now(run, reason);
}

static JobResult
write_files(ExportRun *run, const char **reason)
{
	Export	   *record = run->record;
	ItemFileFormat format;
	JobResult	result;

	(void) item_file_format_from_name(requested(run, "ExportFormat"), &format);
	run->files = export_files_begin(run->bucket, run->folder, format);
	if (run->increment != NULL)
		export_files_share_data(run->files, requested(run, "S3Prefix"), record->transfer.id);
	result = write_data(run, reason);
	if (run->table != NULL)
		table_release(run->table);
	if (result == JOB_IMPOSSIBLE)
		export_files_discard(run->files);
	if (result != JOB_DONE)
		return result;
	(void) export_files_end(run->files);
	record->items = export_files_items(run->files);
	record->bytes = export_files_bytes(run->files);
	record->transfer.ended = GetCurrentTimestamp();
	write_summary(run);
	return JOB_DONE;
}

/*
 * Safe as the worker's role, a superuser: the rights of who asked, on table and bucket, are asked
 * here once more, and neither reading the table and its log nor a filter runs anybody's code.
 */
static JobResult
export_table(const Job *job, const char **reason)
{
	ExportRun	run = {.job = job};
	JobResult	result;

	*reason = REASON_NO_EXPORT;
	run.record = transfer_of_job(&export_catalog, job);
	if (run.record == NULL)
		return JOB_IMPOSSIBLE;
	LockRelationOid(job->source, AccessShareLock);
	*reason = REASON_NO_TABLE;
	if (!job_relation_is_there(job->source))
		return JOB_IMPOSSIBLE;
	run.request = export_request(run.record);
	run.increment = export_increment(run.record, run.request);
	run.folder = export_files_folder(requested(&run, "S3Prefix"), run.record->transfer.id);
	role_check_may_read(run.record->transfer.role, job->source);
	run.bucket = role_open_requested_bucket(run.record->transfer.role, run.request);
	open_filter(&run);

	job_progress_begin(job);
	result = write_files(&run, reason);
	job_progress_end();
	if (result != JOB_DONE)
		return result;
	run.record->manifest = psprintf("%smanifest-summary.json", run.folder);
	export_completed(run.record);
	/* whoever has seen it COMPLETED will find it so after a crash */
	ForceSyncCommit();
	return JOB_DONE;
}

static void
give_up(const Job *job, int sqlstate, const char *reason)
{
	const Export *record = transfer_of_job(&export_catalog, job);

	if (record != NULL)
		export_failed(record->transfer.id, job_relation_is_there(job->source) ? bucket_error_code(sqlstate) : EXPORT_NO_TABLE, reason);
}

const JobKind export_job_kind = {
	.name = EXPORT_JOB,
	.doing = "exporting a table",
	.run = export_table,
	.is_final = bucket_error_is_final,
	.give_up = give_up
};
