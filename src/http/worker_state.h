/*
 * worker_state.h - what each worker of the endpoint has now, in shared memory.
 */
#ifndef DDB_WORKER_STATE_H
#define DDB_WORKER_STATE_H

#include "utils/timestamp.h"

/* For shared_memory.h. */
extern Size worker_state_size(void);
extern void worker_state_init(void *memory, bool found);

/* ---- For a worker ---- */

/* It begins; its number is below endpoint_workers. */
extern void worker_state_begin(int number);

/* It has something to do; and it waits for more, with so many connections. */
extern void worker_state_busy(TimestampTz now);
extern void worker_state_waits(int connections);

/* ---- For all ---- */

typedef struct WorkerSums
{
	int			workers;		/* that are there */
	int			busy;			/* that do something */
	int			connections;
} WorkerSums;

/* Of all workers; zeros where there is no endpoint. */
extern void worker_state_read(WorkerSums *sums);

#endif							/* DDB_WORKER_STATE_H */
