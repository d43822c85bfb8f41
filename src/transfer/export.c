/*
 * export.c - the job that writes a table's items into a bucket, as AWS lays them out:
 *
 *		<prefix>/AWSDynamoDB/<ExportId>/_started
 *		<prefix>/AWSDynamoDB/<ExportId>/data/<name>.json.gz, ...
 *		<prefix>/AWSDynamoDB/<ExportId>/manifest-files.json, manifest-summary.json
 *		<prefix>/AWSDynamoDB/<ExportId>/manifest-files.checksum, manifest-summary.checksum
 *
 * It is one transaction, in one snapshot: an export is of one moment.  After a crash it begins
 * anew, and what the attempt before has left in its folder goes first.  The summary
 * is written last, so that who finds it finds all else.
 */
#include "postgres.h"

#include <json-c/json.h>

#include "access/relation.h"
#include "access/xact.h"
#include "common/base64.h"
#include "storage/lmgr.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "arn.h"
#include "change/record.h"
#include "job/filling.h"
#include "job/item_scan.h"
#include "job/recovery.h"
#include "transfer/export_catalog.h"
#include "transfer/role_bucket.h"
#include "value/json.h"
#include "value/json_out.h"

/* A file ends behind so many bytes of items. */
#define FILE_BYTES INT64CONST(134217728)

#define REASON_NO_EXPORT "the export is not there any more"
#define REASON_NO_TABLE "the table that was to be exported is not there any more"

typedef struct ExportRun
{
	const Job  *job;
	Export	   *record;
	json_object *request;
	char	   *folder;			/* with a slash at its end */
	Bucket	   *bucket;
	ItemFileOptions options;
	MemoryContext file;			/* of what is open */
	char	   *key;			/* of the open file, or NULL */
	BucketWriter *object;
	ItemFileWriter *writer;
	int64		file_items;
	int64		file_bytes;
	StringInfoData files;		/* manifest-files.json */
} ExportRun;

static const char *
requested(const ExportRun *run, const char *member)
{
	return json_object_get_string(json_object_object_get(run->request, member));
}

/* ---- Objects ---- */

static char *
base64_of(const uint8 *bytes, int length)
{
	int			size = pg_b64_enc_len(length);
	char	   *text = palloc(size + 1);

	text[pg_b64_encode((const void *) bytes, length, text, size)] = '\0';
	return text;
}

static BucketObject *
write_object(ExportRun *run, const char *name, const char *data, size_t length)
{
	BucketWriter *writer = bucket_write_begin(run->bucket, psprintf("%s%s", run->folder, name));

	bucket_write(writer, data, length);
	return bucket_write_end(writer);
}

/* With its checksum beside it: the MD5 hash in Base64. */
static void
write_manifest(ExportRun *run, const char *name, const StringInfoData *text)
{
	BucketObject *object = write_object(run, psprintf("%s.json", name), text->data, text->len);
	char	   *checksum = base64_of(object->md5, MD5_LENGTH);

	write_object(run, psprintf("%s.checksum", name), checksum, strlen(checksum));
}

/* ---- Files of items ---- */

static void
write_bytes(void *argument, const char *data, size_t length)
{
	bucket_write(((ExportRun *) argument)->object, data, length);
}

static char *
file_name(const ExportRun *run)
{
	uint64		words[2];
	bool		ion = run->options.format == ITEM_FILE_ION;

	if (!pg_strong_random(words, sizeof(words)))
		elog(ERROR, "could not generate a random number");
	return psprintf("%sdata/%016llx%010llx.%s.gz", run->folder, (unsigned long long) words[0],
					(unsigned long long) (words[1] & UINT64CONST(0xFFFFFFFFFF)), ion ? "ion" : "json");
}

static void
begin_file(ExportRun *run)
{
	MemoryContext caller = MemoryContextSwitchTo(run->file);

	run->key = file_name(run);
	run->object = bucket_write_begin(run->bucket, run->key);
	run->writer = item_file_write_begin(&run->options, write_bytes, run);
	run->file_items = run->file_bytes = 0;
	MemoryContextSwitchTo(caller);
}

static void
end_file(ExportRun *run)
{
	MemoryContext caller = MemoryContextSwitchTo(run->file);
	BucketObject *object;

	item_file_write_end(run->writer);
	object = bucket_write_end(run->object);
	appendStringInfo(&run->files, "{\"itemCount\":" INT64_FORMAT ",\"md5Checksum\":\"%s\",\"etag\":\"%s\",\"dataFileS3Key\":",
					 run->file_items, base64_of(object->md5, MD5_LENGTH), object->etag);
	json_append_string(&run->files, run->key, strlen(run->key));
	appendStringInfoString(&run->files, "}\n");
	run->key = NULL;
	MemoryContextSwitchTo(caller);
	MemoryContextReset(run->file);
}

static void
write_item(void *argument, Value *item)
{
	ExportRun  *run = argument;
	uint32		size = item_size(item);

	if (run->key == NULL)
		begin_file(run);
	item_file_write_item(run->writer, item);
	run->record->items++;
	run->record->bytes += size;
	run->file_items++;
	run->file_bytes += size;
	job_progress_items(run->record->items);
	if (run->file_bytes >= FILE_BYTES)
		end_file(run);
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

/* ---- The manifests ---- */

static void
append_member(StringInfo out, const char *name, const char *value)
{
	appendStringInfo(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
	if (value == NULL)
		appendStringInfoString(out, "null");
	else
		json_append_string(out, value, strlen(value));
}

static void
append_moment(StringInfo out, const char *name, TimestampTz moment)
{
	struct pg_tm tm;
	fsec_t		fraction;

	if (timestamp2tm(moment, NULL, &tm, &fraction, NULL, NULL) != 0)
		elog(ERROR, "timestamp out of range");
	append_member(out, name, psprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year, tm.tm_mon, tm.tm_mday,
									  tm.tm_hour, tm.tm_min, tm.tm_sec, (int) fraction / 1000));
}

static void
write_summary(ExportRun *run)
{
	Export	   *record = run->record;
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "{\"version\":\"2020-06-30\"");
	append_member(&out, "exportArn", export_arn(record->transfer.table_name, record->transfer.id));
	append_moment(&out, "startTime", record->transfer.started);
	append_moment(&out, "endTime", record->transfer.ended);
	append_member(&out, "tableArn", table_arn(record->transfer.table_name));
	append_member(&out, "tableId", record->transfer.table_id);
	append_moment(&out, "exportTime", time_of_sequence(record->moment));
	append_member(&out, "s3Bucket", requested(run, "S3Bucket"));
	append_member(&out, "s3Prefix", requested(run, "S3Prefix"));
	append_member(&out, "s3SseAlgorithm", requested(run, "S3SseAlgorithm"));
	append_member(&out, "s3SseKmsKeyId", requested(run, "S3SseKmsKeyId"));
	append_member(&out, "manifestFilesS3Key", psprintf("%smanifest-files.json", run->folder));
	appendStringInfo(&out, ",\"billedSizeBytes\":" INT64_FORMAT ",\"itemCount\":" INT64_FORMAT, record->bytes, record->items);
	append_member(&out, "outputFormat", requested(run, "ExportFormat"));
	append_member(&out, "exportType", "FULL_EXPORT");
	appendStringInfoChar(&out, '}');
	write_manifest(run, "manifest-summary", &out);
}

/* ---- All of it ---- */

static Export *
export_of_job(const Job *job)
{
	json_object *arguments = json_parse(job->arguments, strlen(job->arguments));

	return transfer_of_id(&export_catalog, json_object_get_string(json_object_object_get(arguments, "Export")));
}

/* What an attempt before has left. */
static void
clean_folder(ExportRun *run)
{
	ListCell   *cell;

	bucket_clean(run->bucket, run->folder);
	foreach(cell, bucket_list(run->bucket, run->folder))
		bucket_delete(run->bucket, ((BucketObject *) lfirst(cell))->key);
}

static JobResult
write_files(ExportRun *run, const char **reason)
{
	JobResult	result;

	clean_folder(run);
	write_object(run, "_started", "", 0);
	result = run->record->of_the_past ?
		recovery_read(run->job, run->record->moment, write_item, run, reason) : write_table_now(run, reason);
	if (result != JOB_DONE)
		return result;
	/* an export has one at least */
	if (run->key == NULL && run->files.len == 0)
		begin_file(run);
	if (run->key != NULL)
		end_file(run);
	run->record->transfer.ended = GetCurrentTimestamp();
	write_manifest(run, "manifest-files", &run->files);
	write_summary(run);
	return JOB_DONE;
}

static void
prepare(ExportRun *run)
{
	const char *prefix;

	run->request = json_parse(run->record->transfer.request, strlen(run->record->transfer.request));
	prefix = requested(run, "S3Prefix");
	run->folder = psprintf("%s%sAWSDynamoDB/%s/", prefix != NULL ? prefix : "",
						   prefix != NULL && *prefix != '\0' && prefix[strlen(prefix) - 1] != '/' ? "/" : "",
						   run->record->transfer.id);
	(void) item_file_format_from_name(requested(run, "ExportFormat"), &run->options.format);
	run->options.compression = ITEM_FILE_GZIP;
	run->file = AllocSetContextCreate(CurrentMemoryContext, "ddb file of an export", ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&run->files);
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
	prepare(&run);
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
		export_failed(record->transfer.id, bucket_error_code(sqlstate), reason);
}

const JobKind export_job_kind = {
	.name = EXPORT_JOB,
	.doing = "exporting a table",
	.run = export_table,
	.is_final = bucket_error_is_final,
	.give_up = give_up
};
