/*
 * bulk.c - the job of a bulk operation, which puts the items of a bucket's files into a table that is in use.
 *
 * It works by transactions of some records each, which also write the place in the files and the lines of the
 * reports down.  So it goes on after a crash where the last one ended.  Between transactions the file stays open,
 * and what has been read of it and could not be put, since somebody had an item locked, is kept.
 *
 * A transaction is the smaller the longer the last one took, so that no other writer waits for long.  It gives up
 * waiting for a lock before anybody looks for a deadlock (worker.c), and is tried again.
 *
 * Code on the table can end the worker's process.  So where one goes on that another one has begun, each record is
 * put alone for a while, and each attempt is written down before it is made: what ends the worker each time is that
 * record's failure.
 */
#include "postgres.h"

#include <json-c/json.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "error.h"
#include "job/filling.h"
#include "job/job_role.h"
#include "job/pace.h"
#include "transfer/bulk_catalog.h"
#include "transfer/bulk_put.h"
#include "transfer/role_bucket.h"
#include "value/json.h"

/* The records of the first transaction; then as many as take so long. */
#define FIRST_RECORDS 25
#define SHORT_MILLISECONDS 50
#define LONG_MILLISECONDS 100

/*
 * Where it has been too fast it leaves its worker to another job only after so long, and after so many times what it took
 * to find its place in the files, for it may have to find that again.
 */
#define STAY_MILLISECONDS 2000
#define STAY_TIMES 10

/* Who has cancelled it waits so long for the reports, if the store does not answer. */
#define ENDING_MILLISECONDS 30000

/* So often a record is put that ends the worker. */
#define MOST_ATTEMPTS 5

/* In BulkOperation.attempts: all has been read, and the reports are to be written. */
#define ALL_READ (-1)

#define REASON_NO_OPERATION "the bulk operation is not there any more"
#define REASON_NO_TABLE "the table is not there any more"
#define ATTEMPTS_MESSAGE "The worker ended each time that it put the item"

/* What stays from one transaction to the next. */
typedef struct Session
{
	MemoryContext context;
	char	   *id;				/* of the operation */
	ItemFileOptions options;
	char	   *input;			/* the bucket's name */
	BulkRecords *records;
	int			size;			/* of a transaction, in records */
	int			alone;			/* so many records are to be put alone */
	bool		attempted;		/* the next one's attempt is written down */
	TimestampTz free;			/* when there may be the next one */
	TimestampTz stays;			/* so long it leaves its place to no other job */
} Session;

typedef struct BulkRun
{
	const Job  *job;
	BulkOperation *record;
	json_object *request;
	Oid			role;
	char	   *table_name;
	bool		wanted[BULK_REPORTS];
} BulkRun;

static Session *session = NULL;

/* Since when its end is being written that was asked for; 0: it goes on. */
static TimestampTz ending = 0;

/* ---- The request ---- */

static json_object *
input_of(const BulkRun *run)
{
	return json_object_object_get(run->request, "InputS3Configuration");
}

static json_object *
output_of(const BulkRun *run)
{
	return json_object_object_get(run->request, "OutputS3Configuration");
}

static void
read_request(BulkRun *run)
{
	const char *text = run->record->transfer.request;
	json_object *types;

	run->request = json_parse(text, strlen(text));
	types = json_object_object_get(output_of(run), "OutputType");
	for (size_t i = 0; i < json_object_array_length(types); i++)
	{
		if (strcmp(json_object_get_string(json_object_array_get_idx(types, i)), "ERROR") == 0)
			run->wanted[BULK_REPORT_ERROR] = true;
		else
			run->wanted[BULK_REPORT_CONDITION] = true;
	}
}

/* Units a second; 0: as many as it can. */
static int64
most_units(const BulkRun *run)
{
	return json_object_get_int64(json_object_object_get(run->request, "MaxWriteRequestUnits"));
}

static void
read_options(const BulkRun *run, ItemFileOptions *options)
{
	const char *compression = json_text_member(input_of(run), "InputCompressionType");

	memset(options, 0, sizeof(*options));
	(void) item_file_format_from_name(json_text_member(input_of(run), "InputFormat"), &options->format);
	(void) item_file_compression_from_name(compression != NULL ? compression : "NONE", &options->compression);
	options->conditions = true;
}

/* Raises AccessDeniedException where the role is gone. */
static Oid
role_of_operation(const BulkOperation *record)
{
	if (!role_is_there(record->transfer.role))
		ddb_error(ACCESS_DENIED_EXCEPTION, "The role that has asked for the operation is not there any more");
	return record->transfer.role;
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
begin_session(BulkRun *run)
{
	const BulkOperation *record = run->record;
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "ddb bulk operation", ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);

	session = palloc0(sizeof(Session));
	session->context = context;
	session->id = pstrdup(record->transfer.id);
	session->input = pstrdup(json_text_member(input_of(run), "S3Bucket"));
	session->size = FIRST_RECORDS;
	read_options(run, &session->options);
	session->records = bulk_records_begin(role_open_requested_bucket(run->role, input_of(run)),
										  json_text_member(input_of(run), "S3KeyPrefix"), &session->options, &record->place);
	MemoryContextSwitchTo(caller);
}

static bool
is_of_session(const BulkRun *run)
{
	return session != NULL && strcmp(session->id, run->record->transfer.id) == 0;
}

static void
find_in_session(BulkRun *run, BulkRecord **records, int *count)
{
	if (is_of_session(run) && bulk_records_behind(session->records, &run->record->place, records, count))
		return;
	end_session();
	begin_session(run);
	if (!bulk_records_behind(session->records, &run->record->place, records, count))
		elog(ERROR, "a bulk operation's place is not found");
}

/*
 * This worker begins with the operation, or comes back to it: what a session of its own remembers of attempts may be what
 * was before another worker's. Where such a worker has ended, rather than given way, records are put alone; the attempt
 * that one has written down which gave way has ended nobody, and is this one's.
 */
static void
begin_alone(const BulkRun *run)
{
	const BulkOperation *record = run->record;
	bool		gave_way = run->job->begun && run->job->due != 0;

	session->attempted = gave_way && record->attempts > 0;
	if (record->total_bytes >= 0 && (!gave_way || record->attempts > 0))
		session->alone = BULK_LOT_RECORDS;
}

/* The records that come next, none at the end. After an error of reading nothing of the session is believed. */
static void
find_records(BulkRun *run, BulkRecord **records, int *count)
{
	TimestampTz begun = GetCurrentTimestamp();

	PG_TRY();
	{
		find_in_session(run, records, count);
	}
	PG_CATCH();
	{
		end_session();
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (!run->job->got_on)
	{
		TimestampTz now = GetCurrentTimestamp();

		begin_alone(run);
		session->stays = TimestampTzPlusMilliseconds(now, Max(STAY_MILLISECONDS, STAY_TIMES * TimestampDifferenceMilliseconds(begun, now)));
	}
}

/* ---- Not too fast ---- */

static void
note_units(const BulkRun *run, double units)
{
	TimestampTz now = GetCurrentTimestamp();

	if (most_units(run) == 0)
		return;
	session->free = Max(session->free, now) + (int64) (units / most_units(run) * USECS_PER_SEC);
	pace_hold(session->free, now >= session->stays);
}

static void
note_time(TimestampTz begun)
{
	long		milliseconds = TimestampDifferenceMilliseconds(begun, GetCurrentTimestamp());

	if (milliseconds < SHORT_MILLISECONDS)
		session->size = Min(session->size * 2, BULK_LOT_RECORDS);
	else if (milliseconds > LONG_MILLISECONDS)
		session->size = Max(session->size / 2, 1);
}

/* ---- The records ---- */

static void
note_record(BulkRun *run, const BulkRecord *record)
{
	run->record->place = record->place;
	run->record->input_bytes = Max(run->record->input_bytes, Min(record->input_bytes, run->record->total_bytes));
	run->record->processed++;
	run->record->attempts = 0;
}

/*
 * What was in the way goes by itself where it is a lock.  Else nobody knows, and the next
 * attempts are those of a session that goes on.
 */
static void
put_in_session(BulkPuts *puts, BulkRun *run, BulkReports *reports)
{
	PG_TRY();
	{
		bulk_put_records(puts, run->record->usage, reports);
	}
	PG_CATCH();
	{
		if (geterrcode() == ERRCODE_LOCK_NOT_AVAILABLE)
			session->size = Max(session->size / 2, 1);
		else
			end_session();
		PG_RE_THROW();
	}
	PG_END_TRY();
}

static void
put_records(BulkRun *run, BulkPuts *puts)
{
	BulkReports *reports = bulk_reports_begin(run->record, run->wanted, session->input);
	TimestampTz begun = GetCurrentTimestamp();

	put_in_session(puts, run, reports);
	for (int i = 0; i < puts->done; i++)
		note_record(run, &puts->records[i]);
	run->record->failed += puts->failed;
	bulk_reports_keep(reports, run->record);
	note_units(run, puts->units);
	note_time(begun);
}

static void
give_record_up(BulkRun *run, const BulkRecord *record)
{
	BulkReports *reports = bulk_reports_begin(run->record, run->wanted, session->input);

	bulk_report_error(reports, record, ATTEMPTS_MESSAGE);
	note_record(run, record);
	run->record->failed++;
	bulk_reports_keep(reports, run->record);
}

/* One record by itself: in one transaction its attempt is written down, in the next one it is put. */
static void
put_alone(BulkRun *run, BulkPuts *puts)
{
	BulkPuts	look = *puts;

	if (session->attempted)
	{
		puts->count = 1;
		put_records(run, puts);
		session->attempted = false;
		session->alone--;
		return;
	}
	look.looks_only = true;
	put_in_session(&look, run, bulk_reports_begin(run->record, run->wanted, session->input));
	if (!look.has_code)
	{
		session->alone = 0;
		put_records(run, puts);
	}
	else if (run->record->attempts >= MOST_ATTEMPTS)
		give_record_up(run, puts->records);
	else
	{
		run->record->attempts++;
		session->attempted = true;
	}
}

/* Bytes are those of items in the table, and parts those of the files. */
static void
tell_progress(const BulkRun *run)
{
	const BulkOperation *record = run->record;

	if (!job_progress_is_of(run->job))
	{
		job_progress_begin(run->job);
		job_progress_bytes(bulk_usage_table(record->usage));
	}
	job_progress_parts(record->input_bytes, record->total_bytes);
	job_progress_items(record->processed);
	job_progress_bytes(bulk_usage_table(record->usage));
}

static void
put_some(BulkRun *run, BulkRecord *records, int count)
{
	BulkPuts	puts = {
		.relation = run->job->relation,.table_name = run->table_name,.role = run->role,
		.records = records,.count = Min(count, session->size)
	};

	if (session->alone > 0)
		put_alone(run, &puts);
	else
		put_records(run, &puts);
	tell_progress(run);
}

/* ---- The end ---- */

/* Safe as role_open_bucket() is. */
static void
write_reports(const BulkRun *run, bool hurried)
{
	Bucket	   *bucket = role_open_requested_bucket(run->role, output_of(run));

	if (hurried)
		bucket_hurry(bucket);
	bulk_reports_write(run->record, bucket, json_text_member(output_of(run), "S3KeyPrefix"), run->wanted);
}

/* The reports of what has been done, if the output bucket takes them; else why not. */
static const char *
try_to_report(BulkRun *run, bool hurried)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	const char *volatile fault = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		read_request(run);
		run->role = role_of_operation(run->record);
		write_reports(run, hurried);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		HOLD_INTERRUPTS();
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		fault = error->message;
		EmitErrorReport();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return fault;
}

/* Reports first: who finds it ended finds them. */
static void
end_operation(BulkRun *run, const char *status)
{
	BulkOperation *record = run->record;

	record->transfer.status = status;
	record->transfer.ended = GetCurrentTimestamp();
	write_reports(run, false);
	bulk_write_end(record);
	end_session();
	/* whoever has seen it ended will find it so after a crash */
	ForceSyncCommit();
}

/* Done, unless it is being cancelled meanwhile. */
static JobResult
complete(BulkRun *run)
{
	if (!bulk_lock(run->record))
		return JOB_GOES_ON;
	end_operation(run, run->record->failed > 0 ? TRANSFER_COMPLETED_WITH_ERRORS : TRANSFER_COMPLETED);
	return JOB_DONE;
}

/* It ends also where the reports are not to be written: that may be what it is cancelled for. */
static void
end_without_reports(BulkRun *run)
{
	BulkOperation *record = run->record;
	const char *fault;

	record->transfer.status = TRANSFER_CANCELLED;
	record->transfer.ended = GetCurrentTimestamp();
	fault = try_to_report(run, true);
	if (fault != NULL)
		record->transfer.failure_message = psprintf("%s There are no reports: %s", record->transfer.failure_message, fault);
	bulk_forget_lines(record);
	bulk_write_end(record);
	end_session();
	ForceSyncCommit();
}

static JobResult
cancel(BulkRun *run)
{
	if (!bulk_lock(run->record))
		return JOB_GOES_ON;
	run->record->transfer.failure_code = "Cancelled";
	run->record->transfer.failure_message = "The operation was cancelled.";
	if (run->job->errors > 0)
		end_without_reports(run);
	else
		end_operation(run, TRANSFER_CANCELLED);
	return JOB_DONE;
}

/* Where the reports take too long, the next attempt is the one that ends without them. */
static bool
is_cancelled(const Job *job)
{
	const BulkOperation *record;

	if (ending != 0)
	{
		if (TimestampDifferenceExceeds(ending, GetCurrentTimestamp(), ENDING_MILLISECONDS))
			ereport(ERROR,
					(errcode(ERRCODE_IO_ERROR),
					 errmsg("the store takes too long for the reports of a cancelled operation")));
		return false;
	}
	record = transfer_of_job(&bulk_catalog, job);
	return record != NULL && strcmp(record->transfer.status, TRANSFER_CANCELLING) == 0;
}

/* ---- All of it ---- */

/* Somebody who wants the table for himself is let by: then this raises that the lock is not to be had. */
static bool
lock_table(BulkRun *run)
{
	Oid			relation = run->job->relation;

	LockRelationOid(relation, RowExclusiveLock);
	run->table_name = job_relation_is_there(relation) ? catalog_name_of_relation(relation) : NULL;
	return run->table_name != NULL;
}

static JobResult
go_on(BulkRun *run)
{
	BulkRecord *records;
	int			count;

	if (run->record->attempts == ALL_READ)
		return complete(run);
	find_records(run, &records, &count);
	/* the first transaction only counts; so who goes on knows that it has been begun */
	if (run->record->total_bytes < 0)
		run->record->total_bytes = bulk_records_size(session->records);
	else if (count > 0)
		put_some(run, records, count);
	else
	{
		run->record->input_bytes = run->record->total_bytes;
		run->record->attempts = ALL_READ;
	}
	bulk_write_progress(run->record);
	return JOB_GOES_ON;
}

/*
 * Safe as the worker's role, a superuser: the buckets are opened for the role that has asked, and the items are
 * put by it (bulk_put.c).
 */
static JobResult
put_items(const Job *job, const char **reason)
{
	BulkRun		run = {.job = job};

	if (job_database_unwanted != NULL && job_database_unwanted())
		return JOB_BUSY;
	*reason = REASON_NO_OPERATION;
	run.record = transfer_of_job(&bulk_catalog, job);
	if (run.record == NULL)
		return JOB_IMPOSSIBLE;
	*reason = REASON_NO_TABLE;
	if (!lock_table(&run))
		return JOB_IMPOSSIBLE;
	ending = strcmp(run.record->transfer.status, TRANSFER_CANCELLING) == 0 ? GetCurrentTimestamp() : 0;
	read_request(&run);
	run.role = role_of_operation(run.record);
	if (ending != 0)
		return cancel(&run);
	return go_on(&run);
}

static bool
is_final(int sqlstate)
{
	DdbException exception;

	return bucket_error_is_final(sqlstate) ||
		(ddb_exception_of_sqlstate(sqlstate, &exception) &&
		 (exception == ACCESS_DENIED_EXCEPTION || exception == RESOURCE_NOT_FOUND_EXCEPTION));
}

/* ---- Giving up ---- */

static const char *
failure_code(int sqlstate, const char **reason)
{
	DdbException exception;

	if (sqlstate == 0)
		return "TableNotFound";
	if (!ddb_exception_of_sqlstate(sqlstate, &exception))
		return bucket_error_code(sqlstate);
	*reason = ddb_exception_text(*reason, exception);
	return exception == ACCESS_DENIED_EXCEPTION ? "AccessDenied" :
		exception == RESOURCE_NOT_FOUND_EXCEPTION ? "TableNotFound" : ddb_exception_name(exception);
}

/* What has been put stays. */
static void
give_up(const Job *job, int sqlstate, const char *reason)
{
	BulkRun		run = {.job = job,.record = transfer_of_job(&bulk_catalog, job)};
	Transfer   *transfer;

	end_session();
	if (run.record == NULL)
		return;
	transfer = &run.record->transfer;
	transfer->status = TRANSFER_FAILED;
	transfer->ended = GetCurrentTimestamp();
	transfer->failure_code = failure_code(sqlstate, &reason);
	transfer->failure_message = reason;
	(void) try_to_report(&run, job->errors > 0);
	bulk_forget_lines(run.record);
	bulk_write_end(run.record);
}

const JobKind bulk_put_job_kind = {
	.name = BULK_PUT_JOB,
	.doing = "putting items in bulk",
	.run = put_items,
	.is_final = is_final,
	.is_cancelled = is_cancelled,
	.give_up = give_up
};
