/*
 * change_decoder.c - the process that decodes WAL for the change log of a database.
 *
 * It holds the slot and does nothing but decode: it tells the writer, which has
 * started it, of committed changes in the order of their commits, and confirms what
 * that has on disk.  It waits in the reading of WAL, until more of it is on disk:
 * who commits a change of a table with a log wakes it.
 *
 * It writes nothing: what a process that decodes knows of relations is of the past.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "access/xlogutils.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "replication/decode.h"
#include "replication/logical.h"
#include "replication/slot.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/shm_mq.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "change/decoder.h"
#include "change/queue.h"
#include "change/slot.h"
#include "change/state.h"
#include "compat.h"

/* How long it waits for what nobody has told it of: prepared transactions, other databases' WAL. */
#define IDLE_MILLISECONDS 1000

/* The same where changes are committed and not on disk yet, which nobody may wait for. */
#define UNFLUSHED_MILLISECONDS 20

/*
 * How long it lets commits gather after it has told of some: less than the writer holds them
 * for (BATCH_MILLISECONDS).  The latch stays set meanwhile, so that no commit has to send a signal.
 */
#define GATHER_MILLISECONDS 5

static QueueHead *head = NULL;
static shm_mq_handle *queue = NULL;
static ResourceOwner owner = NULL;
static bool started = false;

/* The transaction that is being told of; it is told once it has a change. */
static QueueMessage begun;
static bool told = false;

/* Whether something has been told since it has last let commits gather, and when the writer was woken. */
static bool has_told = false;
static TimestampTz woken = 0;

/* What the writer has been told, and what the slot has been. */
static XLogRecPtr progress = InvalidXLogRecPtr;
static TimestampTz progress_time = 0;
static XLogRecPtr confirmed = InvalidXLogRecPtr;

PGDLLEXPORT void change_decoder_main(Datum argument);

/* ---- Telling the writer ---- */

static void
tell_writer(const QueueMessage *message, const char *old_data, const char *new_data, bool wake)
{
	shm_mq_iovec parts[3] = {
		{(const char *) message, sizeof(QueueMessage)},
		{old_data, message->old_length},
		{new_data, message->new_length}
	};

	if (shm_mq_sendv(queue, parts, lengthof(parts), false, wake) != SHM_MQ_SUCCESS)
	{
		ereport(LOG, (errmsg("the writer of the change log has gone")));
		proc_exit(0);
	}
}

static void
tell_begun(void)
{
	if (!told)
		tell_writer(&begun, NULL, NULL, false);
	told = true;
}

static void
sink_begin(TransactionId xid, XLogRecPtr commit_lsn, TimestampTz commit_time)
{
	begun = (QueueMessage) {.kind = QUEUE_BEGIN,.xid = xid,.lsn = commit_lsn,.time = commit_time};
	told = false;
}

static void
sink_change(Oid relation, const ChangeRecord *record)
{
	QueueMessage message = {
		.kind = QUEUE_CHANGE,.relation = relation,.change = record->kind,
		.by_service = record->by_service,.begins = !told,
		.xid = begun.xid,.time = begun.time,
		.old_length = record->old_item.data != NULL ? record->old_item.length : 0,
		.new_length = record->new_item.data != NULL ? record->new_item.length : 0
	};

	tell_writer(&message, record->old_item.data, record->new_item.data, false);
	told = true;
}

static void
sink_truncate(Oid relation)
{
	QueueMessage message = {.kind = QUEUE_TRUNCATE,.relation = relation,.lsn = begun.lsn};

	tell_begun();
	tell_writer(&message, NULL, NULL, false);
}

static void
sink_message(const char *data, Size length)
{
	QueueMessage message = {.kind = QUEUE_NOTE,.old_length = length};

	tell_begun();
	tell_writer(&message, data, NULL, false);
}

/* At the end of WAL the writer is woken anyway, but that may be far. */
static bool
is_time_to_wake(void)
{
	TimestampTz now = GetCurrentTimestamp();

	if (!TimestampDifferenceExceeds(woken, now, GATHER_MILLISECONDS))
		return false;
	woken = now;
	return true;
}

static void
sink_commit(TransactionId xid, XLogRecPtr end_lsn, TimestampTz commit_time)
{
	QueueMessage message = {.kind = QUEUE_COMMIT,.xid = xid,.lsn = end_lsn,.time = commit_time};

	if (!told)
		return;
	tell_writer(&message, NULL, NULL, is_time_to_wake());
	told = false;
	has_told = true;
}

static const ChangeSink sink = {
	.begin = sink_begin,
	.change = sink_change,
	.truncate = sink_truncate,
	.message = sink_message,
	.commit = sink_commit
};

/* ---- Confirming ---- */

/* Lets go of WAL that is not needed any more. */
static void
confirm(void)
{
	XLogRecPtr	lsn = pg_atomic_read_u64(&head->confirmed);

	if (lsn <= confirmed)
		return;
	/* a standby that takes over is to have what lets this slot go on */
	if (!standbys_have_caught_up_compat(pg_atomic_read_u64(&head->confirmed_by)))
		return;
	LogicalConfirmReceivedLocation(lsn);
	confirmed = lsn;
}

/* ---- Reading WAL ---- */

static void
process_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

/* All that is on disk has been decoded. */
static void
tell_progress(XLogRecPtr lsn, TimestampTz time)
{
	QueueMessage message = {.kind = QUEUE_PROGRESS,.lsn = lsn,.time = time};

	if (!started || (lsn <= progress &&
					 !TimestampDifferenceExceeds(progress_time, time, IDLE_MILLISECONDS / 2)))
		return;
	tell_writer(&message, NULL, NULL, true);
	progress = lsn;
	progress_time = woken = time;
}

static void
gather(void)
{
	if (has_told)
		(void) WaitLatch(NULL, WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, GATHER_MILLISECONDS, PG_WAIT_EXTENSION);
	has_told = false;
}

static void
wait_for_wal(XLogRecPtr upto)
{
	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();
		XLogRecPtr	flushed = GetFlushRecPtr(NULL);

		if (flushed >= upto)
			return;
		tell_progress(flushed, now);
		if (started)
			confirm();
		gather();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 log_state_announced() > flushed ? UNFLUSHED_MILLISECONDS : IDLE_MILLISECONDS,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		process_interrupts();
	}
}

/* PostgreSQL's own reading, which would look for new WAL again and again, does not have to wait. */
static int
read_page(XLogReaderState *reader, XLogRecPtr page, int length, XLogRecPtr record, char *buffer)
{
	wait_for_wal(page + length);
	return read_local_xlog_page(reader, page, length, record, buffer);
}

/* ---- Decoding ---- */

/* Nothing before this will be told: a transaction that ended there or later is told whole. */
static void
tell_started(void)
{
	QueueMessage message = {
		.kind = QUEUE_STARTED,.lsn = MyReplicationSlot->data.confirmed_flush,
		.time = GetCurrentTimestamp()
	};

	tell_writer(&message, NULL, NULL, true);
	confirmed = message.lsn;
	started = true;
}

/* The writer's position; behind what the slot has confirmed there is nothing to be had. */
static LogicalDecodingContext *
begin_decoding(XLogReaderRoutine *reader, XLogRecPtr position)
{
	LogicalDecodingContext *context = CreateDecodingContext(position, NIL, false, reader,
															NULL, NULL, NULL);

	XLogBeginRead(context->reader, MyReplicationSlot->data.restart_lsn);
	return context;
}

static void
decode(LogicalDecodingContext *context)
{
	for (;;)
	{
		char	   *error = NULL;
		XLogRecord *record;

		process_interrupts();
		CurrentResourceOwner = owner;
		record = XLogReadRecord(context->reader, &error);
		if (error != NULL)
			elog(ERROR, "could not read WAL: %s", error);
		if (record != NULL)
			LogicalDecodingProcessRecord(context, context->reader);
		confirm();
	}
}

/* What the writer hands over in bgw_extra is in change_writer.c, too. */
void
change_decoder_main(Datum argument)
{
	XLogReaderRoutine reader = {
		.page_read = read_page,.segment_open = wal_segment_open,.segment_close = wal_segment_close
	};
	QueueStart	start;
	dsm_segment *segment;
	shm_mq	   *shared_queue;

	memcpy(&start, MyBgworkerEntry->bgw_extra, sizeof(start));
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(start.database, InvalidOid, 0);
	/* a long transaction is decoded in one of its own */
	disable_transaction_timeout_compat();
	owner = ResourceOwnerCreate(NULL, "ddb change decoder");

	segment = dsm_attach(DatumGetUInt32(argument));
	if (segment == NULL)
		proc_exit(0);			/* the writer has gone */
	dsm_pin_mapping(segment);
	head = dsm_segment_address(segment);
	shared_queue = (shm_mq *) ((char *) head + MAXALIGN(sizeof(QueueHead)));
	shm_mq_set_sender(shared_queue, MyProc);
	queue = shm_mq_attach(shared_queue, segment, NULL);

	CurrentResourceOwner = owner;
	log_state_join();
	change_sink = &sink;
	pgstat_report_activity(STATE_RUNNING, "decoding changes");
	slot_acquire(&reader);
	tell_started();
	decode(begin_decoding(&reader, start.position));
}
