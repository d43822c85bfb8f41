/*
 * import.c - the job that fills a new table with the items of a bucket's files.
 *
 * It writes what it reads by transactions of some hundred items, which also write the place in the
 * files down.  So it goes on after a crash where the last one ended.  Between transactions
 * the file stays open.
 */
#include "postgres.h"

#include <json-c/json.h>

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "error.h"
#include "index/index.h"
#include "job/filling.h"
#include "transfer/import_catalog.h"
#include "transfer/import_files.h"
#include "transfer/role_bucket.h"
#include "value/json.h"

#define REASON_NO_IMPORT "the import is not there any more"
#define ITEM_FAILURE "Some of the items failed validation checks and were not imported. " \
	"Please check CloudWatch error logs for more details."

/* What stays open from one transaction to the next. */
typedef struct Session
{
	MemoryContext context;
	char	   *id;				/* of the import */
	ItemFileOptions options;
	ImportFiles *files;
} Session;

typedef struct ImportRun
{
	const Job  *job;
	Import	   *record;
	Filling		filling;
	const IndexSet *indexes;
} ImportRun;

static Session *session = NULL;

/* ---- The session ---- */

/* CSV has no types: keys get theirs. */
static List *
key_attributes(const ImportRun *run)
{
	List	   *attributes = NIL;

	for (int i = -1; i < run->indexes->all_count; i++)
	{
		const KeySchema *schema = i < 0 ? &run->filling.target->schema : &run->indexes->indexes[i].schema;

		for (int j = 0; j < key_schema_count(schema); j++)
		{
			KeyAttribute *attribute = palloc(sizeof(KeyAttribute));

			*attribute = *key_schema_attribute(schema, j);
			attribute->name = pstrdup(attribute->name);
			attributes = lappend(attributes, attribute);
		}
	}
	return attributes;
}

static void
read_options(const ImportRun *run, json_object *request, ItemFileOptions *options)
{
	json_object *csv = json_object_object_get(json_object_object_get(request, "InputFormatOptions"), "Csv");
	json_object *header = json_object_object_get(csv, "HeaderList");
	const char *delimiter = json_text_member(csv, "Delimiter");
	const char *compression = json_text_member(request, "InputCompressionType");

	memset(options, 0, sizeof(*options));
	(void) item_file_format_from_name(json_text_member(request, "InputFormat"), &options->format);
	(void) item_file_compression_from_name(compression != NULL ? compression : "NONE", &options->compression);
	options->delimiter = delimiter != NULL ? *delimiter : 0;
	for (size_t i = 0; header != NULL && i < json_object_array_length(header); i++)
		options->header = lappend(options->header, pstrdup(json_object_get_string(json_object_array_get_idx(header, i))));
	options->key_attributes = key_attributes(run);
}

static void
end_session(void)
{
	MemoryContext context = session != NULL ? session->context : NULL;

	if (context == NULL)
		return;
	session = NULL;
	job_progress_end();
	MemoryContextDelete(context);
}

/* Safe as role_open_bucket() is. */
static void
begin_session(ImportRun *run)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "ddb import", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	json_object *request = json_parse(run->record->transfer.request, strlen(run->record->transfer.request));
	json_object *source = json_object_object_get(request, "S3BucketSource");

	session = palloc0(sizeof(Session));
	session->context = context;
	session->id = pstrdup(run->record->transfer.id);
	read_options(run, request, &session->options);
	session->files = import_files_begin(role_open_requested_bucket(run->record->transfer.role, source),
										json_text_member(source, "S3KeyPrefix"), &session->options, &run->record->place);
	MemoryContextSwitchTo(caller);
}

/* The session of the import, where the last transaction has left it; another one where an error came between. */
static void
find_session(ImportRun *run)
{
	if (session != NULL && (strcmp(session->id, run->record->transfer.id) != 0 ||
							!import_places_equal(import_files_place(session->files), run->record->place)))
		end_session();
	if (session == NULL)
		begin_session(run);
	if (job_progress_is_of(run->job))
		return;
	/* also where it goes on after it gave way */
	job_progress_begin(run->job);
	job_progress_bytes(run->record->bytes);
}

/* ---- The records ---- */

typedef struct ItemCheck
{
	const ImportRun *run;
	const Value *item;
} ItemCheck;

static void
check_item(void *argument)
{
	const ItemCheck *check = argument;

	(void) key_of_item(&check->run->filling.target->schema, check->item);
	index_check_item(check->run->indexes, check->item, WRITER_PUT);
}

/* Why the table could not have the item, or NULL. */
static const char *
find_fault(const ImportRun *run, const Value *item)
{
	ItemCheck	check = {run, item};
	char	   *fault = NULL;

	(void) error_caught(check_item, &check, CurrentMemoryContext, &fault);
	return fault;
}

static void
tell_progress(const Import *record)
{
	job_progress_parts(import_files_size_done(session->files), import_files_size(session->files));
	job_progress_items(record->processed);
	job_progress_bytes(record->bytes);
}

/* One record; false where all files have been read. */
static bool
import_next(void *argument)
{
	ImportRun  *run = argument;
	int64		before = import_files_bytes(session->files);
	const char *message = NULL;
	Value		item;
	ItemFileResult result = import_files_next(session->files, &item, &message);

	run->record->bytes += import_files_bytes(session->files) - before;
	run->record->place = import_files_place(session->files);
	if (result == ITEM_FILE_END)
		return false;
	if (result == ITEM_FILE_ITEM)
		message = find_fault(run, &item);
	run->record->processed++;
	tell_progress(run->record);
	if (message != NULL)
	{
		run->record->errors++;
		import_note_failure(run->record, message);
		return true;
	}
	filling_write(&run->filling, &item);
	run->record->imported++;
	return true;
}

/* ---- All of it ---- */

/* As AWS accounts it: what could be imported stays. */
static void
complete(ImportRun *run)
{
	run->record->transfer.status = run->record->errors > 0 ? TRANSFER_FAILED : TRANSFER_COMPLETED;
	run->record->transfer.ended = GetCurrentTimestamp();
	if (run->record->errors > 0)
	{
		run->record->transfer.failure_code = "ItemValidationError";
		run->record->transfer.failure_message = ITEM_FAILURE;
	}
	filling_done(&run->filling);
}

/* After an error nothing of the session is believed. */
static bool
import_in_session(ImportRun *run)
{
	bool		done = false;

	PG_TRY();
	{
		find_session(run);
		done = filling_batch(import_next, run);
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
import_on(ImportRun *run)
{
	bool		done;

	run->indexes = index_set(run->job->relation);
	done = import_in_session(run);
	if (done)
		complete(run);
	import_write(run->record);
	/* whose the place's key is */
	if (done)
		end_session();
	return done ? JOB_DONE : JOB_GOES_ON;
}

/*
 * Safe as the worker's role, a superuser: the new table has nothing of its owner's on it
 * (filling.c), and the bucket is opened for the role that has asked.
 */
static JobResult
import_table(const Job *job, const char **reason)
{
	ImportRun	run = {.job = job,.filling = {.quiet = true}};
	JobResult	result = JOB_IMPOSSIBLE;

	if (job_database_unwanted != NULL && job_database_unwanted())
		return JOB_BUSY;
	*reason = REASON_NO_IMPORT;
	run.record = transfer_of_job(&import_catalog, job);
	if (run.record == NULL)
		return JOB_IMPOSSIBLE;
	*reason = FILLING_TOUCHED;
	if (!filling_lock(&run.filling, job))
		return JOB_IMPOSSIBLE;
	if (filling_open(&run.filling, run.record->place.key != NULL || run.record->processed > 0))
		result = import_on(&run);
	filling_close(&run.filling);
	return result;
}

/* The table stays CREATING with what has come: it can be deleted.  Who drops it cancels the import. */
static void
give_up(const Job *job, int sqlstate, const char *reason)
{
	Import	   *record = transfer_of_job(&import_catalog, job);

	end_session();
	if (record == NULL)
		return;
	record->transfer.ended = GetCurrentTimestamp();
	if (!job_relation_is_there(job->relation))
		record->transfer.status = TRANSFER_CANCELLED;
	else
	{
		record->transfer.status = TRANSFER_FAILED;
		record->transfer.failure_code = bucket_error_code(sqlstate);
		record->transfer.failure_message = reason;
	}
	import_write(record);
}

const JobKind import_job_kind = {
	.name = IMPORT_JOB,
	.doing = "importing a table",
	.run = import_table,
	.is_final = bucket_error_is_final,
	.give_up = give_up
};
