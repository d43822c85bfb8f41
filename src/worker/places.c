/*
 * places.c - the places of background workers.
 *
 * Workers that are registered when the server starts keep a place for as long
 * as it runs.  What they leave is shared by those that come and go: workers that
 * fill indexes, those of parallel queries, subscriptions, other extensions.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "optimizer/cost.h"
#include "postmaster/bgworker_internals.h"

#include "compat.h"
#include "worker/places.h"

#define LIBRARY "ddb"

/* Workers of ddb that are to run as long as the server. */
static int	wanted = 0;

/* Of these, those with a place, and whoever else has one for as long. */
static int	ours = 0;
static int	others = 0;

void
places_register(BackgroundWorker *worker)
{
	strlcpy(worker->bgw_library_name, LIBRARY, sizeof(worker->bgw_library_name));
	wanted++;
	RegisterBackgroundWorker(worker);
}

static bool
is_ours(const RegisteredBgWorker *registered)
{
	return strcmp(registered->rw_worker.bgw_library_name, LIBRARY) == 0;
}

void
places_count(void)
{
	background_worker_iter_compat iter;

	ours = 0;
	others = 0;
	background_workers_foreach_compat(iter)
	{
		if (is_ours(background_worker_compat(iter)))
			ours++;
		else
			others++;
	}
}

bool
places_has(const char *function)
{
	background_worker_iter_compat iter;

	background_workers_foreach_compat(iter)
	{
		const RegisteredBgWorker *registered = background_worker_compat(iter);

		if (is_ours(registered) && strcmp(registered->rw_worker.bgw_function_name, function) == 0)
			return true;
	}
	return false;
}

int
places_left(void)
{
	return Max(max_worker_processes - ours - others, 0);
}

/* What one parallel query makes use of, be it little. */
static int
needed_by_queries(void)
{
	return max_parallel_workers > 0 && max_parallel_workers_per_gather > 0 ? 1 : 0;
}

void
places_report(void)
{
	int			queries = needed_by_queries();
	int			needed = others + wanted + 1 + queries;

	if (max_worker_processes >= needed)
		return;
	ereport(WARNING,
			(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
			 errmsg("max_worker_processes is %d, and ddb needs it to be at least %d",
					max_worker_processes, needed),
			 errdetail("%d for the launcher and the HTTP workers, of which %d have no place now; %d for a worker that fills secondary indexes or deletes expired items; %d for parallel queries; %d for logical replication and other extensions.",
					   wanted, wanted - ours, 1, queries, others),
			 errhint("Raise max_worker_processes or lower ddb.http_workers, and restart the server.")));
}
