/*
 * worker_state.c - what each worker of the endpoint has now, in shared memory.
 *
 * Each worker writes its own slot and nobody else does, so there is no lock; who reads
 * them sees each as it was a moment ago.
 */
#include "postgres.h"

#include "funcapi.h"
#include "storage/ipc.h"

#include "http/endpoint.h"
#include "http/worker_state.h"
#include "statistics/counters.h"

typedef struct WorkerSlot
{
	bool		running;
	bool		busy;
	int			connections;
	char		pad[PG_CACHE_LINE_SIZE - 2 * sizeof(int)];	/* no two workers write one cache line */
} WorkerSlot;

static volatile WorkerSlot *slots = NULL;
static volatile WorkerSlot *mine = NULL;
static TimestampTz busy_since = 0;

Size
worker_state_size(void)
{
	return sizeof(WorkerSlot) * endpoint_workers;
}

void
worker_state_init(void *memory, bool found)
{
	slots = memory;
	if (!found)
		memset(memory, 0, worker_state_size());
}

static void
end(int code, Datum argument)
{
	mine->running = mine->busy = false;
	mine->connections = 0;
}

void
worker_state_begin(int number)
{
	mine = &slots[number];
	mine->running = true;
	on_shmem_exit(end, (Datum) 0);
}

void
worker_state_busy(TimestampTz now)
{
	mine->busy = true;
	busy_since = now;
}

void
worker_state_waits(int connections)
{
	mine->busy = false;
	mine->connections = connections;
	counters_add(SERVER_BUSY, Max(GetCurrentTimestamp() - busy_since, 0));
}

void
worker_state_read(WorkerSums *sums)
{
	memset(sums, 0, sizeof(WorkerSums));
	for (int i = 0; i < endpoint_workers && slots != NULL; i++)
	{
		sums->workers += slots[i].running ? 1 : 0;
		sums->busy += slots[i].busy ? 1 : 0;
		sums->connections += slots[i].connections;
	}
}

PG_FUNCTION_INFO_V1(ddb_http_state);

/* ddb.http_state(): what the view ddb.http_stats shows. */
Datum
ddb_http_state(PG_FUNCTION_ARGS)
{
	static const ServerCounter counters[] = {
		SERVER_CONNECTIONS, SERVER_BUSY, SERVER_RETRIES, SERVER_SLOW, SERVER_COMMITS, SERVER_FLUSHES
	};
	Datum		values[10];
	bool		nulls[10] = {false};
	TupleDesc	descriptor;
	WorkerSums	sums;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	counters_require();
	worker_state_read(&sums);
	values[0] = Int32GetDatum(sums.workers);
	values[1] = Int32GetDatum(sums.busy);
	values[2] = Int32GetDatum(sums.connections);
	for (int i = 0; i < (int) lengthof(counters); i++)
		values[3 + i] = Int64GetDatum((int64) counters_read(counters[i]));
	values[4] = Float8GetDatum(counters_read(SERVER_BUSY) / 1e6);
	values[9] = TimestampTzGetDatum(counters_since());
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}
