/*
 * bucket_backup_restore.c - the job that fills a new table from a backup in a bucket.
 *
 * As an import it writes by transactions of some hundred items, which also write the place in the files down, and goes on
 * after a crash where the last one ended.  Unlike an import it takes nothing but what the backup was known to have when the
 * restore was asked for: each file with its checksum, each item once, all of them.
 */
#include "postgres.h"

#include <json-c/json.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "job/filling.h"
#include "transfer/bucket_backup.h"
#include "transfer/import_files.h"
#include "transfer/role_bucket.h"
#include "value/json.h"

/* The job's arguments. */
typedef struct RestoreArguments
{
	const char *bucket;
	BackupPlace backup;
	const char *manifest;		/* its checksum */
	int64		items;			/* that there are */
	ImportPlace place;			/* how far it is */
	int64		done;			/* items that have been written */
	int64		bytes;			/* theirs */
} RestoreArguments;

/* What stays open from one transaction to the next. */
typedef struct Session
{
	MemoryContext context;
	Oid			target;
	ItemFileOptions options;
	ImportFiles *files;
} Session;

typedef struct RestoreRun
{
	RestoreArguments arguments;
	Filling		filling;
} RestoreRun;

static Session *session = NULL;

/* ---- The arguments ---- */

static void
append_text(StringInfo out, const char *name, const char *text)
{
	appendStringInfo(out, "\"%s\":", name);
	json_append_string(out, text, strlen(text));
	appendStringInfoChar(out, ',');
}

static char *
write_arguments(const RestoreArguments *arguments)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	append_text(&out, "Bucket", arguments->bucket);
	append_text(&out, "TableName", arguments->backup.table_name);
	append_text(&out, "Backup", arguments->backup.id);
	append_text(&out, "Manifest", arguments->manifest);
	if (arguments->place.key != NULL)
		append_text(&out, "File", arguments->place.key);
	appendStringInfo(&out, "\"Items\":" INT64_FORMAT ",\"Records\":" INT64_FORMAT ",\"Done\":" INT64_FORMAT ",\"Bytes\":" INT64_FORMAT "}",
					 arguments->items, arguments->place.records, arguments->done, arguments->bytes);
	return out.data;
}

static void
read_arguments(const Job *job, RestoreArguments *arguments)
{
	char	   *text = job_read_arguments(job);
	json_object *json = json_parse(text, strlen(text));
	json_object *file = json_object_object_get(json, "File");

	arguments->bucket = json_text_member(json, "Bucket");
	arguments->backup.table_name = pstrdup(json_text_member(json, "TableName"));
	arguments->backup.id = pstrdup(json_text_member(json, "Backup"));
	arguments->manifest = json_text_member(json, "Manifest");
	arguments->items = json_object_get_int64(json_object_object_get(json, "Items"));
	arguments->place.key = file != NULL ? pstrdup(json_object_get_string(file)) : NULL;
	arguments->place.records = json_object_get_int64(json_object_object_get(json, "Records"));
	arguments->done = json_object_get_int64(json_object_object_get(json, "Done"));
	arguments->bytes = json_object_get_int64(json_object_object_get(json, "Bytes"));
}

void
bucket_backup_start_restore(Oid target, const char *bucket, const BackupPlace *place, int64 items,
							const char *manifest_checksum)
{
	RestoreArguments arguments = {
		.bucket = bucket,.backup = *place,
		.manifest = manifest_checksum,.items = items
	};

	job_create(BUCKET_BACKUP_RESTORE_JOB, target, InvalidOid, write_arguments(&arguments));
}

/* ---- The session ---- */

static void
end_session(void)
{
	MemoryContext context = session != NULL ? session->context : NULL;

	session = NULL;
	if (context != NULL)
		MemoryContextDelete(context);
}

/* Safe as role_open_bucket() is. */
static void
begin_session(const RestoreRun *run)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "ddb restore from a bucket", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	const RestoreArguments *arguments = &run->arguments;
	Bucket	   *bucket;
	List	   *files;

	session = palloc0(sizeof(Session));
	session->context = context;
	session->target = run->filling.job->relation;
	session->options.format = ITEM_FILE_DYNAMODB_JSON;
	session->options.compression = ITEM_FILE_GZIP;
	bucket = role_open_bucket(run->filling.job->role, arguments->bucket);
	files = backup_files_manifest(bucket, &arguments->backup, arguments->manifest, arguments->items);
	session->files = import_files_begin_known(bucket, files, &session->options, &arguments->place);
	MemoryContextSwitchTo(caller);
}

/* The session of this restore, where the last transaction has left it; another one where an error came between. */
static void
find_session(const RestoreRun *run)
{
	if (session != NULL && (session->target != run->filling.job->relation ||
							!import_places_equal(import_files_place(session->files), run->arguments.place)))
		end_session();
	if (session == NULL)
		begin_session(run);
	if (job_progress_is_of(run->filling.job))
		return;
	/* also where it goes on after it gave way */
	job_progress_begin(run->filling.job);
	job_progress_bytes(run->arguments.bytes);
}

/* ---- The items ---- */

/* False where all files have been read. */
static bool
restore_next(void *argument)
{
	RestoreRun *run = argument;
	const char *message;
	Value		item;

	if (import_files_next(session->files, &item, &message) == ITEM_FILE_END)
		return false;
	if (!filling_add(&run->filling, &item))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("The backup has two items of the same key: %s", import_files_place(session->files).key)));
	run->arguments.done++;
	run->arguments.bytes += item_size(&item);
	job_progress_parts(run->arguments.done, run->arguments.items);
	job_progress_items(run->arguments.done);
	job_progress_bytes(run->arguments.bytes);
	return true;
}

/* After an error nothing of the session is believed. */
static bool
restore_in_session(RestoreRun *run)
{
	bool		done = false;

	PG_TRY();
	{
		find_session(run);
		done = filling_batch(restore_next, run);
		run->arguments.place = import_files_place(session->files);
	}
	PG_CATCH();
	{
		end_session();
		PG_RE_THROW();
	}
	PG_END_TRY();
	return done;
}

static JobResult
restore_on(const Job *job, RestoreRun *run)
{
	run->filling.quiet = true;
	if (!restore_in_session(run))
	{
		job_write_arguments(job, write_arguments(&run->arguments));
		return JOB_GOES_ON;
	}
	end_session();
	if (run->arguments.done != run->arguments.items)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("The backup has " INT64_FORMAT " items, and not " INT64_FORMAT, run->arguments.done, run->arguments.items)));
	filling_done(&run->filling);
	return JOB_DONE;
}

/*
 * Safe as the worker's role, a superuser: the new table has nothing of its owner's on it
 * (filling.c), and the bucket is opened for the role that has asked.
 */
static JobResult
restore_backup(const Job *job, const char **reason)
{
	RestoreRun	run;
	JobResult	result = JOB_IMPOSSIBLE;

	memset(&run, 0, sizeof(run));
	if (job_database_unwanted != NULL && job_database_unwanted())
		return JOB_BUSY;
	*reason = FILLING_TOUCHED;
	if (!filling_lock(&run.filling, job))
		return JOB_IMPOSSIBLE;
	read_arguments(job, &run.arguments);
	if (filling_open(&run.filling, run.arguments.place.key != NULL))
		result = restore_on(job, &run);
	filling_close(&run.filling);
	return result;
}

const JobKind bucket_backup_restore_job_kind = {
	.name = BUCKET_BACKUP_RESTORE_JOB,
	.doing = "restoring a backup from a bucket",
	.run = restore_backup,
	.is_final = bucket_error_is_final
};
