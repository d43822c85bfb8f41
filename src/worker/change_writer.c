/*
 * change_writer.c - the process that writes the change log of a database.
 *
 * It starts the decoder (change_decoder.c), and writes what that tells.  Now
 * and then it looks at what is wanted, at how much WAL the slot keeps, and at what is
 * old.  It stays as long as something is wanted; the last to want something has the slot dropped.
 *
 * An error ends it, and its decoder with it: the launcher starts the next writer after a
 * while, which goes on where the log is.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "replication/slot.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/shm_mq.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "change/batch.h"
#include "change/log.h"
#include "change/position.h"
#include "change/queue.h"
#include "change/segment.h"
#include "change/shard.h"
#include "change/slot.h"
#include "change/state.h"
#include "change/want.h"
#include "owner_statement.h"
#include "script.h"
#include "worker/launcher.h"
#include "worker/worker.h"

/*
 * How long it lets the decoder go on when it has taken all and has a batch that is not due.  The latch stays
 * set meanwhile, so that the decoder has to send no signal; the queue has room for what comes.
 */
#define GATHER_MILLISECONDS 10

/* How often it looks after what nobody tells it of. */
#define CARE_MILLISECONDS 1000

/* The longest time between two looks for what is old, and how many there are in the time that it is kept. */
#define TRIM_SECONDS_MAX 60
#define TRIMS_PER_RETENTION 8

/* How much time a segment spans. */
#define SEGMENT_SECONDS_MAX 3600
#define RECOVERY_SEGMENT_SECONDS (24 * 3600)

/* How long the next writer waits after one that has failed, or has soon failed, and where it cannot be helped. */
#define RETRY_MILLISECONDS 1000
#define SLOW_RETRY_MILLISECONDS 5000
#define SOON_MILLISECONDS 10000
#define HOPELESS_MILLISECONDS 60000

/* How long a wish is left alone after its table could not be locked, or after an error. */
#define WANT_BUSY_MILLISECONDS 500
#define WANT_FAILED_MILLISECONDS 5000

static BackgroundWorkerHandle *decoder = NULL;
static QueueHead *head = NULL;
static shm_mq_handle *queue = NULL;

static char nonce[33];
static List *announced = NIL;	/* wishes on their way through WAL, in TopMemoryContext */
static bool started = false;	/* the decoder has told where it begins */
static bool look_again = true;	/* at what is wanted */
static bool warned = false;		/* of the lag */
static bool finished = false;	/* nobody wanted anything */
static TimestampTz begun = 0;	/* this process */
static TimestampTz next_care = 0;
static TimestampTz trimmed = 0;

/* When the next writer is to come: FAILED, unless it has been said; 0: not at all. */
#define FAILED (-1)
static long absence = FAILED;

PGDLLEXPORT void change_writer_main(Datum argument);

/* ---- Leaving ---- */

static void
leave(int code, Datum argument)
{
	bool		asked = log_state_resign();

	if (absence == FAILED)
		absence = TimestampDifferenceExceeds(begun, GetCurrentTimestamp(), SOON_MILLISECONDS) ?
			RETRY_MILLISECONDS : SLOW_RETRY_MILLISECONDS;
	if (decoder != NULL)
		TerminateBackgroundWorker(decoder);
	/* a wish that has come since is not to wait for what is left to be trimmed */
	if (asked && (finished || absence == 0))
		absence = 1;
	if (absence > 0)
		launcher_request(WORKER_CHANGE_WRITER, MyDatabaseId,
						 TimestampTzPlusMilliseconds(GetCurrentTimestamp(), absence));
}

static void __attribute__((noreturn))
go_and_come_back(long milliseconds)
{
	absence = milliseconds;
	proc_exit(0);
}

/* ---- The decoder ---- */

static void
start_decoder(XLogRecPtr position)
{
	BackgroundWorker worker = {
		.bgw_type = "ddb change decoder",
		.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_library_name = "ddb",
		.bgw_function_name = "change_decoder_main",
		.bgw_notify_pid = MyProcPid
	};
	QueueStart	start = {.database = MyDatabaseId,.position = position};
	dsm_segment *segment;
	shm_mq	   *shared_queue;

	/* what belongs to them lasts as long as the process */
	MemoryContextSwitchTo(TopMemoryContext);
	segment = dsm_create(MAXALIGN(sizeof(QueueHead)) + QUEUE_SIZE, 0);
	head = dsm_segment_address(segment);
	pg_atomic_init_u64(&head->confirmed, 0);
	pg_atomic_init_u64(&head->confirmed_by, 0);
	shared_queue = shm_mq_create((char *) head + MAXALIGN(sizeof(QueueHead)), QUEUE_SIZE);
	shm_mq_set_receiver(shared_queue, MyProc);
	queue = shm_mq_attach(shared_queue, segment, NULL);

	worker.bgw_main_arg = UInt32GetDatum(dsm_segment_handle(segment));
	memcpy(worker.bgw_extra, &start, sizeof(start));
	snprintf(worker.bgw_name, BGW_MAXLEN, "ddb change decoder in database %u", MyDatabaseId);
	if (!RegisterDynamicBackgroundWorker(&worker, &decoder))
	{
		ereport(LOG,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("no place for a background worker that decodes changes"),
				 errhint("Raise max_worker_processes, and restart the server.")));
		go_and_come_back(FAILED);
	}
	shm_mq_set_handle(queue, decoder);
	MemoryContextSwitchTo(worker_context);
}

/* Ends it, and waits until it has let go of the slot. */
static void
stop_decoder(void)
{
	if (decoder == NULL)
		return;
	TerminateBackgroundWorker(decoder);
	(void) WaitForBackgroundWorkerShutdown(decoder);
	decoder = NULL;
}

/* Lets the slot go on as far as the log is on disk. */
static void
confirm(void)
{
	XLogRecPtr	commit_end;
	XLogRecPtr	position = batch_position(&commit_end);
	PGPROC	   *sender;

	if (position <= pg_atomic_read_u64(&head->confirmed))
		return;
	pg_atomic_write_u64(&head->confirmed_by, commit_end);
	pg_atomic_write_u64(&head->confirmed, position);
	sender = shm_mq_get_sender(shm_mq_get_queue(queue));
	if (sender != NULL)
		SetLatch(&sender->procLatch);
}

/* ---- What it tells ---- */

/* Its message has come back: what could not be done, for somebody had it locked, is announced anew. */
static void
note_answered(const Want *want, bool done)
{
	ListCell   *cell;

	foreach(cell, announced)
	{
		if (want_equal(want, lfirst(cell)))
			announced = foreach_delete_current(announced, cell);
	}
	if (!done)
		worker_pause(want->relation, WANT_BUSY_MILLISECONDS);
	look_again = true;
}

static void
take_message(const QueueMessage *message, const char *data)
{
	Want		want;
	bool		done;

	switch (message->kind)
	{
		case QUEUE_STARTED:
			batch_start(message->lsn, message->time, nonce);
			started = look_again = true;
			break;
		case QUEUE_BEGIN:
			batch_begin_transaction(message);
			break;
		case QUEUE_CHANGE:
			if (message->begins)
				batch_begin_transaction(message);
			batch_add_change(message, data);
			break;
		case QUEUE_TRUNCATE:
			batch_add_truncate(message);
			break;
		case QUEUE_NOTE:
			if (batch_add_note(message, data, &want, &done))
				note_answered(&want, done);
			break;
		case QUEUE_COMMIT:
			batch_end_transaction(message);
			break;
		case QUEUE_PROGRESS:
			batch_note_progress(message);
			break;
	}
}

/* Takes what is there, until a batch is large or for that many messages; true where there was any. */
static bool
take_messages(int most)
{
	bool		any = false;

	for (int i = 0; i < most; i++)
	{
		Size		length;
		void	   *data;
		shm_mq_result result = shm_mq_receive(queue, &length, &data, true);

		if (result == SHM_MQ_DETACHED)
		{
			ereport(LOG, (errmsg("the decoder of the change log has gone")));
			go_and_come_back(FAILED);
		}
		if (result == SHM_MQ_WOULD_BLOCK)
			break;
		any = true;
		take_message(data, (char *) data + sizeof(QueueMessage));
		MemoryContextReset(worker_context);
		if (((QueueMessage *) data)->kind == QUEUE_COMMIT && batch_is_large())
			break;
	}
	return any;
}

/* ---- What is wanted ---- */

static bool
is_announced(const Want *want)
{
	ListCell   *cell;

	foreach(cell, announced)
	{
		if (want_equal(want, lfirst(cell)))
			return true;
	}
	return false;
}

static void
note_announced(const Want *want)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	Want	   *copy = palloc(sizeof(Want));

	*copy = *want;
	copy->label = want->label != NULL ? pstrdup(want->label) : NULL;
	announced = lappend(announced, copy);
	MemoryContextSwitchTo(caller);
}

/* Announces one, in a transaction; what fails ends but that. */
static void
announce(const Want *want)
{
	PG_TRY();
	{
		bool		done;

		worker_begin_transaction();
		done = want_announce(want, nonce);
		worker_commit();
		if (done)
		{
			note_announced(want);
			log_state_wake(XactLastCommitEnd);
		}
		else
		{
			worker_pause(want->relation, WANT_FAILED_MILLISECONDS);
			look_again = true;
		}
	}
	PG_CATCH();
	{
		bool		busy = geterrcode() == ERRCODE_LOCK_NOT_AVAILABLE;

		worker_abort(!busy);
		worker_pause(want->relation, busy ? WANT_BUSY_MILLISECONDS : WANT_FAILED_MILLISECONDS);
		look_again = true;
	}
	PG_END_TRY();
}

static List *
read_wants(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *wants;

	worker_begin_transaction();
	MemoryContextSwitchTo(caller);
	wants = wants_pending();
	worker_commit();
	return wants;
}

static void
look_at_wants(void)
{
	List	   *wants;
	ListCell   *cell;

	look_again = false;
	wants = read_wants();
	foreach(cell, wants)
	{
		const Want *want = lfirst(cell);

		if (is_announced(want))
			continue;
		if (worker_pause_left(want->relation) > 0)
			look_again = true;
		else
			announce(want);
	}
	MemoryContextReset(worker_context);
}

/* ---- What is old ---- */

static int
trim_seconds(void)
{
	return Max(Min(stream_retention / TRIMS_PER_RETENTION, TRIM_SECONDS_MAX), 1);
}

static void
trim(void)
{
	int64		now = sequence_time(GetCurrentTimestamp());
	int64		stream_horizon = now - stream_retention * USECS_PER_SEC;
	int64		recovery_horizon;
	List	   *recovering;
	StoredPosition position;

	worker_begin_transaction();
	recovery_horizon = Min(stream_horizon, now - want_recovery_days(&recovering) * USECS_PER_DAY);
	if (position_read(&position))
		segments_seal(position.last.time,
					  Min(Max(stream_retention / TRIMS_PER_RETENTION, 1), SEGMENT_SECONDS_MAX) * USECS_PER_SEC,
					  recovering == NIL ? 0 : RECOVERY_SEGMENT_SECONDS * USECS_PER_SEC);
	segments_trim(stream_horizon, recovery_horizon);
	shards_trim(stream_horizon, recovery_horizon, recovering);
	wants_trim(time_of_sequence(stream_horizon));
	worker_commit();
}

/* The same where an error, or a lock that somebody has, ends but that. */
static void
try_trim(void)
{
	trimmed = GetCurrentTimestamp();
	look_again = true;
	PG_TRY();
	{
		trim();
	}
	PG_CATCH();
	{
		worker_abort(geterrcode() != ERRCODE_LOCK_NOT_AVAILABLE);
	}
	PG_END_TRY();
}

/* ---- The slot ---- */

/* Whether it can be kept; where not, it is given up, and the log gets a hole. */
static bool
check_slot(void)
{
	uint64		limit = (uint64) change_lag_limit * 1024;
	uint64		kept;
	SlotState	state = slot_state(&kept);

	if (state == SLOT_LOST)
		ereport(LOG,
				(errmsg("replication slot \"%s\" of the change log is lost", slot_name()),
				 errdetail("The server has removed WAL that it needed.")));
	if (state == SLOT_USABLE && kept > limit)
		ereport(LOG,
				(errmsg("replication slot \"%s\" of the change log is given up", slot_name()),
				 errdetail("It keeps %llu bytes of WAL, more than ddb.change_lag_limit allows.",
						   (unsigned long long) kept)));
	if (state == SLOT_USABLE && kept > limit / 2 && kept <= limit && !warned)
		ereport(WARNING,
				(errmsg("replication slot \"%s\" of the change log keeps %llu bytes of WAL", slot_name(),
						(unsigned long long) kept),
				 errhint("At ddb.change_lag_limit it is given up, and streams have a hole.")));
	warned = state == SLOT_USABLE && kept > limit / 2;
	return state != SLOT_LOST && (state != SLOT_USABLE || kept <= limit);
}

static void
give_up_slot(void)
{
	stop_decoder();
	slot_drop();
}

/* ---- Care ---- */

/* Nobody wants anything any more: what is left to be trimmed is the next writer's. */
static void __attribute__((noreturn))
finish(bool something_left)
{
	finished = true;
	give_up_slot();
	go_and_come_back(something_left ? trim_seconds() * 1000L : 0);
}

typedef enum Need
{
	NEED_NOTHING,
	NEED_TRIMMING,
	NEED_LOG,
	NEED_TO_LEAVE,				/* somebody wants the database alone */
	NEED_UPDATE					/* the extension's script is to be brought up to date first */
} Need;

static bool
has_rows(const char *catalog)
{
	Relation	relation = table_open(extension_relation(catalog), AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	bool		found = HeapTupleIsValid(systable_getnext(scan));

	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}

static Need
find_need(void)
{
	Need		need = NEED_NOTHING;

	worker_begin_transaction();
	if (worker_is_unwanted())
		need = NEED_TO_LEAVE;
	else if (!script_is_usable())
		need = script_obstacle() != NULL ? NEED_UPDATE : NEED_NOTHING;
	else if (wants_any())
		need = NEED_LOG;
	else if (has_rows("change_segments") || has_rows("streams"))
		need = NEED_TRIMMING;
	worker_commit();
	return need;
}

/* What is to be looked after every second, between two batches. */
static void
take_care(void)
{
	Need		need = find_need();

	next_care = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), CARE_MILLISECONDS);
	if (need == NEED_TO_LEAVE)
		go_and_come_back(WORKER_ABSENCE_MILLISECONDS);
	if (need == NEED_UPDATE)
		go_and_come_back(0);
	if (need != NEED_LOG)
		finish(need == NEED_TRIMMING);
	if (!check_slot())
	{
		give_up_slot();
		go_and_come_back(1);
	}
	if (!started)
		return;
	batch_keep_up();
	confirm();
	if (TimestampDifferenceExceeds(trimmed, GetCurrentTimestamp(), trim_seconds() * 1000))
		try_trim();
}

/* The same in the middle of a large transaction, which is begun again from its start then. */
static void
take_care_in_transaction(void)
{
	next_care = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), CARE_MILLISECONDS);
	if (batch_is_open() && worker_is_unwanted())
		go_and_come_back(WORKER_ABSENCE_MILLISECONDS);
}

/* ---- Running ---- */

static long
milliseconds_to_wait(void)
{
	long		wait = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), next_care);
	long		due = batch_due();

	if (due >= 0)
		wait = Min(wait, due);
	if (look_again)
		wait = Min(wait, WANT_BUSY_MILLISECONDS);
	return Max(wait, 0);
}

static void
wait_for_more(void)
{
	long		wait = milliseconds_to_wait();

	if (batch_due() > 0)
		(void) WaitLatch(NULL, WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Min(wait, GATHER_MILLISECONDS),
						 PG_WAIT_EXTENSION);
	else
		worker_nap(wait);
}

static void
run(void)
{
	for (;;)
	{
		bool		any = take_messages(1000);

		CHECK_FOR_INTERRUPTS();
		if (batch_due() == 0)
		{
			batch_finish();
			confirm();
		}
		if (batch_is_open() || batch_is_in_transaction())
		{
			if (GetCurrentTimestamp() >= next_care)
				take_care_in_transaction();
		}
		else
		{
			look_again |= log_state_take_request();
			if (started && look_again)
				look_at_wants();
			if (GetCurrentTimestamp() >= next_care)
				take_care();
		}
		if (!any)
			wait_for_more();
	}
}

static XLogRecPtr
read_position(void)
{
	StoredPosition position;
	bool		found;

	worker_begin_transaction();
	found = position_read(&position) && strcmp(NameStr(position.slot), slot_name()) == 0;
	worker_commit();
	return found ? position.lsn : InvalidXLogRecPtr;
}

static void
make_nonce(void)
{
	uint8		bytes[16];

	if (!pg_strong_random(bytes, sizeof(bytes)))
		elog(ERROR, "could not get random bytes");
	(void) hex_encode((char *) bytes, sizeof(bytes), nonce);
}

/* What this server lacks has been said where it was asked for, or is in a dump's way. */
static void
check_server(void)
{
	PG_TRY();
	{
		worker_begin_transaction();
		change_log_check("The change log");
		worker_commit();
	}
	PG_CATCH();
	{
		worker_abort(true);
		absence = HOPELESS_MILLISECONDS;
	}
	PG_END_TRY();
	if (absence == HOPELESS_MILLISECONDS)
		proc_exit(0);
}

/* Becomes the database's writer, unless another one is there, who looks at what is wanted then. */
static void
claim(void)
{
	long		milliseconds = slot_has_place() ? WORKER_ABSENCE_MILLISECONDS : HOPELESS_MILLISECONDS;

	if (log_state_claim())
		before_shmem_exit(leave, (Datum) 0);
	else
	{
		/* one that is about to leave does not look any more */
		if (!log_state_request())
			launcher_request(WORKER_CHANGE_WRITER, MyDatabaseId,
							 TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds));
		proc_exit(0);
	}
}

void
change_writer_main(Datum argument)
{
	Need		need;
	uint64		kept;
	XLogRecPtr	position;

	worker_begin(DatumGetObjectId(argument));
	begun = GetCurrentTimestamp();
	/* a record is on disk before others see it */
	worker_set("synchronous_commit", "local");
	need = find_need();
	/* the log goes on from its slot after the update, which asks for the next writer */
	if (need == NEED_UPDATE || (need == NEED_NOTHING && slot_state(&kept) == SLOT_MISSING))
		proc_exit(0);
	claim();
	if (need == NEED_TO_LEAVE)
		go_and_come_back(WORKER_ABSENCE_MILLISECONDS);
	if (need == NEED_TRIMMING)
		try_trim();
	if (need != NEED_LOG)
		finish(need == NEED_TRIMMING);
	check_server();
	position = read_position();
	/*
	 * A slot without a position is of an extension that has been dropped, and this one's catalogs are others.  It
	 * could not be decoded by: PostgreSQL finds a user_catalog_table of then by where its file is now.
	 */
	if (!check_slot() || XLogRecPtrIsInvalid(position))
		give_up_slot();
	make_nonce();
	start_decoder(position);
	pgstat_report_activity(STATE_RUNNING, "writing changes");
	run();
}
