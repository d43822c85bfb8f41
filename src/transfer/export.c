/*
 * export.c - the job that writes a table's items into a bucket.
 *
 * It is one transaction, in one snapshot: an export is of one moment.  After a crash it begins
 * anew.
 */
#include "postgres.h"

#include <json-c/json.h>

#include "access/relation.h"
#include "access/xact.h"
#include "storage/lmgr.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "arn.h"
#include "change/record.h"
#include "job/filling.h"
#include "job/item_scan.h"
#include "job/recovery.h"
#include "transfer/export_catalog.h"
#include "transfer/export_files.h"
#include "transfer/role_bucket.h"
#include "value/json.h"

#define REASON_NO_EXPORT "the export is not there any more"
#define REASON_NO_TABLE "the table that was to be exported is not there any more"

typedef struct ExportRun
{
	const Job  *job;
	Export	   *record;
	json_object *request;
	char	   *folder;			/* with a slash at its end */
	Bucket	   *bucket;
	ExportFiles *files;
} ExportRun;

static const char *
requested(const ExportRun *run, const char *member)
{
	return json_object_get_string(json_object_object_get(run->request, member));
}

static void
write_item(void *argument, Value *item)
{
	ExportRun  *run = argument;

	export_files_write_item(run->files, item);
	job_progress_items(export_files_items(run->files));
}

/* ---- The table as it is now ---- */

static void
write_item_of_row(void *argument, Datum datum)
{
	Value		item = value_from_datum(datum);

	write_item(argument, &item);
}

static JobResult
write_table_now(ExportRun *run, const char **reason)
{
	Relation	source = relation_open(run->job->source, AccessShareLock);
	int			column = table_item_column(source);
	JobResult	result = JOB_IMPOSSIBLE;

	if (column == 0)
		*reason = REASON_NO_TABLE;
	else
	{
		run->record->moment = sequence_time(GetCurrentTimestamp());
		result = item_scan(run->job, source, column, write_item_of_row, run) ? JOB_DONE : JOB_BUSY;
	}
	relation_close(source, NoLock);
	return result;
}

/* ---- The summary ---- */

static void
write_summary(ExportRun *run)
{
	Export	   *record = run->record;
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"version\":\"2020-06-30\"");
	export_files_append_member(&out, "exportArn", export_arn(record->transfer.table_name, record->transfer.id));
	export_files_append_moment(&out, "startTime", record->transfer.started);
	export_files_append_moment(&out, "endTime", record->transfer.ended);
	export_files_append_member(&out, "tableArn", table_arn(record->transfer.table_name));
	export_files_append_member(&out, "tableId", record->transfer.table_id);
	export_files_append_moment(&out, "exportTime", time_of_sequence(record->moment));
	export_files_append_member(&out, "s3Bucket", requested(run, "S3Bucket"));
	export_files_append_member(&out, "s3Prefix", requested(run, "S3Prefix"));
	export_files_append_member(&out, "s3SseAlgorithm", requested(run, "S3SseAlgorithm"));
	export_files_append_member(&out, "s3SseKmsKeyId", requested(run, "S3SseKmsKeyId"));
	export_files_append_member(&out, "manifestFilesS3Key", export_files_manifest_key(run->files));
	appendStringInfo(&out, ",\"billedSizeBytes\":" INT64_FORMAT ",\"itemCount\":" INT64_FORMAT, record->bytes, record->items);
	export_files_append_member(&out, "outputFormat", requested(run, "ExportFormat"));
	export_files_append_member(&out, "exportType", "FULL_EXPORT");
	appendStringInfoChar(&out, '}');
	export_files_write_manifest(run->files, "manifest-summary", &out);
}

/* ---- All of it ---- */

static Export *
export_of_job(const Job *job)
{
	json_object *arguments = json_parse(job->arguments, strlen(job->arguments));

	return transfer_of_id(&export_catalog, json_object_get_string(json_object_object_get(arguments, "Export")));
}

static JobResult
write_files(ExportRun *run, const char **reason)
{
	Export	   *record = run->record;
	ItemFileFormat format;
	JobResult	result;

	(void) item_file_format_from_name(requested(run, "ExportFormat"), &format);
	run->files = export_files_begin(run->bucket, run->folder, format);
	result = record->of_the_past ?
		recovery_read(run->job, record->moment, write_item, run, reason) : write_table_now(run, reason);
	if (result != JOB_DONE)
		return result;
	export_files_end(run->files);
	record->items = export_files_items(run->files);
	record->bytes = export_files_bytes(run->files);
	record->transfer.ended = GetCurrentTimestamp();
	write_summary(run);
	return JOB_DONE;
}

/*
 * Safe as the worker's role, a superuser: the rights of who asked, on table and bucket, are asked
 * here once more, and reading the table runs nobody's code.
 */
static JobResult
export_table(const Job *job, const char **reason)
{
	ExportRun	run = {.job = job};
	JobResult	result;
	Oid			role;

	*reason = REASON_NO_EXPORT;
	run.record = export_of_job(job);
	if (run.record == NULL)
		return JOB_IMPOSSIBLE;
	LockRelationOid(job->source, AccessShareLock);
	*reason = REASON_NO_TABLE;
	if (!job_relation_is_there(job->source))
		return JOB_IMPOSSIBLE;
	run.request = json_parse(run.record->transfer.request, strlen(run.record->transfer.request));
	run.folder = export_files_folder(requested(&run, "S3Prefix"), run.record->transfer.id);
	role = role_of_job(run.record->transfer.role);
	role_check_may_read(role, job->source);
	run.bucket = role_open_bucket(role, requested(&run, "S3Bucket"));

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
	const Export *record = export_of_job(job);

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
