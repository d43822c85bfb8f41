/*
 * expiry_worker.c - the background worker that deletes a database's expired items.
 *
 * It goes from table to table and does a batch of each, a transaction, until nothing
 * is due any more, no faster than ddb.ttl_rate.  Then it waits for what comes next,
 * and where that is not soon, it ends and has the launcher start the next one in
 * time.  Whoever gives an item an earlier time tells the launcher (expiry_expect).
 * What nobody has told of is found by the look at every table that comes anyway.
 *
 * A walk over a table's index goes on behind what it has passed by, which is
 * locked by others or whose deletion was refused.  It begins anew from time to time.
 *
 * Tables with triggers of their owners' come behind the others, and those that fail
 * or are slow are left alone for a while (backfill_worker.c has the same rules).
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "utils/memutils.h"

#include "index/expiry.h"
#include "owner_code.h"
#include "worker/expiry_statistics.h"
#include "worker/launcher.h"
#include "worker/worker.h"

/* The items of a transaction; where the rate is low, as many as come in some time. */
#define BATCH_ITEMS 100
#define BATCHES_PER_SECOND 20

/* It stays where something comes within so long. */
#define STAY_MILLISECONDS 2000

/* Naps are no longer than that, for the database may be wanted alone. */
#define NAP_MILLISECONDS 200

/* How long it works in one database while others wait for a worker. */
#define SHIFT_MILLISECONDS 2000

/* How often a walk begins anew. */
#define WALK_MILLISECONDS 5000

/* What is locked, or passed by, is tried again after so long. */
#define RETRY_MILLISECONDS 1000

/* How long it leaves a table alone that is being restored from a dump. */
#define RESTORE_MILLISECONDS 3000

/* How long it leaves a table alone that nothing can be deleted from, for an error. */
#define REFUSED_MILLISECONDS 60000

/* How long it leaves a table alone after the deletion of an item has failed. */
#define FAILED_MILLISECONDS 5000

/* A batch that has taken so long is followed by a pause as long as it was itself. */
#define LONG_BATCH_MILLISECONDS 250

/* How long tables with triggers are worked on at a time. */
#define CODE_MILLISECONDS 1000

/* The walk over a table's index; in TopMemoryContext. */
typedef struct TableWalk
{
	Oid			relation;		/* the index's */
	ExpiryWalk	walk;
	TimestampTz renewal;		/* when it begins anew */
} TableWalk;

static List *walks = NIL;
static Oid	current_relation = InvalidOid;	/* the index's of which a batch is being done */
static TimestampTz next_visit = DT_NOBEGIN; /* when the next worker is wanted; DT_NOEND: never */

PGDLLEXPORT void expiry_worker_main(Datum argument);

static void
ask_for_next(int code, Datum argument)
{
	TimestampTz earliest = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													   WORKER_ABSENCE_MILLISECONDS);

	if (next_visit != DT_NOEND)
		launcher_request(WORKER_EXPIRY, MyDatabaseId, Max(next_visit, earliest));
}

/* A trigger went on after it had been cancelled, so that nothing else could stop it. */
static void
note_end_in_code(int code, Datum argument)
{
	if (OidIsValid(current_relation) && owner_code_failed())
		expiry_statistics_add(current_relation, 0, 1);
}

/* ---- Walks ---- */

static TableWalk *
walk_of(const ExpiryTask *task)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
	TimestampTz now = GetCurrentTimestamp();
	TableWalk  *found = NULL;
	ListCell   *cell;

	foreach(cell, walks)
	{
		if (((TableWalk *) lfirst(cell))->relation == task->relation)
			found = lfirst(cell);
	}
	if (found == NULL)
	{
		found = palloc0(sizeof(TableWalk));
		found->relation = task->relation;
		found->walk.context = TopMemoryContext;
		walks = lappend(walks, found);
	}
	if (found->renewal <= now)
	{
		expiry_walk_restart(&found->walk);
		found->renewal = TimestampTzPlusMilliseconds(now, WALK_MILLISECONDS);
	}
	MemoryContextSwitchTo(caller);
	return found;
}

/* ---- One transaction ---- */

/* Reads the tasks into worker_context. */
static List *
read_tasks(void)
{
	List	   *tasks;

	worker_begin_transaction();
	MemoryContextSwitchTo(worker_context);
	tasks = expiry_tasks();
	worker_commit();
	return tasks;
}

static int
batch_items(void)
{
	return ddb_ttl_rate == 0 ? BATCH_ITEMS :
		Max(Min(ddb_ttl_rate / BATCHES_PER_SECOND, BATCH_ITEMS), 1);
}

/* Does a batch; false where the database is wanted alone. */
static bool
do_batch(const ExpiryTask *task, TableWalk *walk, ExpiryBatch *batch)
{
	bool		wanted;

	worker_begin_transaction();
	wanted = !worker_is_unwanted();
	if (wanted)
		expiry_batch(task, &walk->walk, batch_items(), batch);
	worker_commit();
	return wanted;
}

/* Tells in the log which table an error was about. */
static void
add_error_context(void *argument)
{
	errcontext("deleting expired items of table %s", ((const ExpiryTask *) argument)->table);
}

/* The same where an error ends but the batch. */
static void
try_batch(ExpiryTask *task, TableWalk *walk, ExpiryBatch *batch)
{
	ErrorContextCallback context = {
		.previous = error_context_stack,.callback = add_error_context,.arg = task
	};
	volatile bool wanted = true;

	error_context_stack = &context;
	PG_TRY();
	{
		wanted = do_batch(task, walk, batch);
	}
	PG_CATCH();
	{
		bool		locked = geterrcode() == ERRCODE_LOCK_NOT_AVAILABLE;

		worker_abort(!locked);
		memset(batch, 0, sizeof(ExpiryBatch));
		batch->next = DT_NOEND;
		batch->busy = true;
		batch->failed = locked ? 0 : 1;
	}
	PG_END_TRY();
	error_context_stack = context.previous;
	if (!wanted)
		proc_exit(0);
}

/* ---- All of them ---- */

static void
note_next(TimestampTz due)
{
	next_visit = Min(next_visit, due);
}

static void
note_next_in(long milliseconds)
{
	note_next(TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds));
}

/* Waits until deletions have not been more than ddb.ttl_rate since the start. */
static void
keep_rate(int deleted, TimestampTz start)
{
	long		least = ddb_ttl_rate > 0 ? deleted * 1000L / ddb_ttl_rate : 0;
	long		left = least - TimestampDifferenceMilliseconds(start, GetCurrentTimestamp());

	if (left > 0)
		worker_nap(left);
	CHECK_FOR_INTERRUPTS();
}

/* How long the table is to be left alone for what the batch has come to. */
static long
pause_after(const ExpiryBatch *batch, long elapsed)
{
	if (batch->failed > 0)
		return batch->busy ? REFUSED_MILLISECONDS : FAILED_MILLISECONDS;
	return elapsed >= LONG_BATCH_MILLISECONDS ? elapsed : 0;
}

/* Sets when the table is to be looked at again. */
static void
note_batch(const ExpiryTask *task, TableWalk *walk, const ExpiryBatch *batch, long elapsed)
{
	long		pause = pause_after(batch, elapsed);
	TimestampTz retry = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), RETRY_MILLISECONDS);

	if (pause > 0)
		worker_pause(task->relation, pause);
	if (batch->failed > 0)
		note_next_in(pause);
	else if (batch->busy || batch->locked > 0)
		note_next(retry);
	if (batch->locked > 0)
		walk->renewal = Min(walk->renewal, retry);
	if (batch->next != DT_NOEND)
		note_next(TimestampTzPlusMilliseconds(batch->next, ddb_ttl_delay));
}

/* Does a batch of a table; true where more is due that can be done now. */
static bool
do_task(ExpiryTask *task)
{
	TimestampTz start = GetCurrentTimestamp();
	TableWalk  *walk = walk_of(task);
	long		left = task->ready ? worker_pause_left(task->relation) : RESTORE_MILLISECONDS;
	ExpiryBatch batch;

	if (left > 0)
	{
		note_next_in(left);
		return false;
	}
	current_relation = task->relation;
	try_batch(task, walk, &batch);
	current_relation = InvalidOid;
	expiry_statistics_add(task->relation, batch.deleted, batch.failed);
	note_batch(task, walk, &batch, TimestampDifferenceMilliseconds(start, GetCurrentTimestamp()));
	keep_rate(batch.deleted, start);
	return batch.more;
}

/* Does the tasks, from one at random on, each as often as there is more, until the end. */
static bool
do_each(List *tasks, bool has_code, TimestampTz end)
{
	int			count = list_length(tasks);
	int			first = count == 0 ? 0 : (int) pg_prng_uint64_range(&pg_global_prng_state, 0, count - 1);
	bool		more;

	do
	{
		more = false;
		for (int i = 0; i < count && GetCurrentTimestamp() < end; i++)
		{
			ExpiryTask *task = list_nth(tasks, (first + i) % count);

			if (task->has_code == has_code)
				more |= do_task(task);
		}
	} while (more && GetCurrentTimestamp() < end);
	return more;
}

/* Does what is due, and sets when there will be more; false where no table's items expire. */
static bool
do_due(void)
{
	TimestampTz now = GetCurrentTimestamp();
	List	   *tasks;
	bool		more;

	next_visit = DT_NOBEGIN;
	MemoryContextReset(worker_context);
	tasks = read_tasks();
	next_visit = DT_NOEND;
	if (tasks == NIL)
		return false;
	note_next(TimestampTzPlusMilliseconds(now, EXPIRY_LOOK_SECONDS * 1000));
	pgstat_report_activity(STATE_RUNNING, "deleting expired items");
	more = do_each(tasks, false, TimestampTzPlusMilliseconds(now, SHIFT_MILLISECONDS));
	more |= do_each(tasks, true, TimestampTzPlusMilliseconds(GetCurrentTimestamp(), CODE_MILLISECONDS));
	pgstat_report_activity(STATE_IDLE, NULL);

	/* at once; or else what came meanwhile has its delay too */
	if (more)
		note_next(GetCurrentTimestamp());
	else
		next_visit = Max(next_visit, TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
																 Min(ddb_ttl_delay, RETRY_MILLISECONDS)));
	return true;
}

/* Waits for the time if it is near; false where it is not, or somebody else needs the worker. */
static bool
wait_for_next(TimestampTz start)
{
	TimestampTz now = GetCurrentTimestamp();
	bool		unwanted;

	if (TimestampDifferenceExceeds(start, now, SHIFT_MILLISECONDS) && launcher_is_short(WORKER_EXPIRY))
		return false;
	if (TimestampDifferenceMilliseconds(now, next_visit) > STAY_MILLISECONDS)
		return false;
	while ((now = GetCurrentTimestamp()) < next_visit)
	{
		worker_nap(Min(TimestampDifferenceMilliseconds(now, next_visit), NAP_MILLISECONDS));
		worker_begin_transaction();
		unwanted = worker_is_unwanted();
		worker_commit();
		if (unwanted)
			return false;
	}
	return true;
}

void
expiry_worker_main(Datum argument)
{
	TimestampTz start = GetCurrentTimestamp();

	worker_begin(DatumGetObjectId(argument));
	before_shmem_exit(ask_for_next, (Datum) 0);
	before_shmem_exit(note_end_in_code, (Datum) 0);
	while (do_due() && wait_for_next(start))
		;
}
