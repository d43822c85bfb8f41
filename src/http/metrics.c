/*
 * metrics.c - GET /metrics, in Prometheus's text format.
 *
 * What is counted comes from shared memory.  What only catalogs know, the names of tables
 * among it, is read in a transaction of the worker's own, as itself: by statements that
 * are fixed and by system scans, which run nobody's code, and of which no more than
 * numbers and names is told.  Where that fails the counters are told all the same.
 *
 * Who may ask is decided by the address, since a monitoring system has no key.  Behind a
 * proxy all come from its address, and pages of a browser may ask from this machine: so
 * neither is told anything.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "access/xlog.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "change/log.h"
#include "change/slot.h"
#include "change/state.h"
#include "ddb.h"
#include "deadline.h"
#include "error.h"
#include "http/activity.h"
#include "http/addresses.h"
#include "http/endpoint.h"
#include "http/request.h"
#include "http/worker_state.h"
#include "owner_statement.h"
#include "statistics/counters.h"
#include "statistics/outcome.h"
#include "table/catalog.h"
#include "worker/expiry_progress.h"

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The label of all tables that have no place; no table has such a name. */
#define OTHER_TABLES "(other)"

/* Counting what is overdue is to take no time worth speaking of. */
#define EXPIRY_TABLES_MOST 1000
#define EXPIRY_ITEMS_MOST 1000

/* ---- The format ---- */

static void
begin_family(StringInfo out, const char *name, const char *type, const char *help)
{
	appendStringInfo(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value, with what has a meaning of its own escaped. */
static void
append_label(StringInfo out, const char *name, const char *value)
{
	appendStringInfo(out, "%s=\"", name);
	for (; *value != '\0'; value++)
	{
		if (*value == '\n')
			appendStringInfoString(out, "\\n");
		else
		{
			if (*value == '\\' || *value == '"')
				appendStringInfoChar(out, '\\');
			appendStringInfoChar(out, *value);
		}
	}
	appendStringInfoChar(out, '"');
}

static void
append_sample(StringInfo out, const char *name, const char *label, const char *value, double number)
{
	appendStringInfoString(out, name);
	if (label != NULL)
	{
		appendStringInfoChar(out, '{');
		append_label(out, label, value);
		appendStringInfoChar(out, '}');
	}
	if (number == floor(number) && fabs(number) < 1e15)
		appendStringInfo(out, " %.0f\n", number);
	else
		appendStringInfo(out, " %.6f\n", number);
}

/* A family of one sample without labels. */
static void
append_single(StringInfo out, const char *name, const char *type, const char *help, double number)
{
	begin_family(out, name, type, help);
	append_sample(out, name, NULL, NULL, number);
}

/* ---- Operations ---- */

static const char *
operation_label(int operation)
{
	return operation < 0 ? "none" : counters_operation_name(operation);
}

static void
append_outcomes(StringInfo out, RequestSource source, int operation, const OperationSums *sums)
{
	for (int i = 0; i < outcome_count; i++)
	{
		if (sums->outcomes[i] == 0)
			continue;
		appendStringInfo(out, "ddb_requests_total{source=\"%s\",operation=\"%s\",status=\"",
						 source == SOURCE_HTTP ? "http" : "sql", operation_label(operation));
		if (source == SOURCE_HTTP)
			appendStringInfo(out, "%d", outcome_status(i));
		appendStringInfo(out, "\",exception=\"%s\"} " UINT64_FORMAT "\n", outcome_exception(i), sums->outcomes[i]);
	}
}

static void
append_histogram(StringInfo out, int operation, const OperationSums *sums)
{
	uint64		count = 0;

	for (int i = 0; i < DURATION_BUCKETS; i++)
	{
		count += sums->durations[i];
		appendStringInfo(out, "ddb_request_duration_seconds_bucket{operation=\"%s\",le=\"", operation_label(operation));
		if (i < DURATION_BUCKETS - 1)
			appendStringInfo(out, "%g", duration_bounds[i] / 1e6);
		else
			appendStringInfoString(out, "+Inf");
		appendStringInfo(out, "\"} " UINT64_FORMAT "\n", count);
	}
	appendStringInfo(out, "ddb_request_duration_seconds_sum{operation=\"%s\"} %.6f\n",
					 operation_label(operation), sums->microseconds / 1e6);
	appendStringInfo(out, "ddb_request_duration_seconds_count{operation=\"%s\"} " UINT64_FORMAT "\n",
					 operation_label(operation), count);
}

static void
append_requests(StringInfo out, const OperationSums *over_http)
{
	OperationSums sums;

	begin_family(out, "ddb_requests_total", "counter",
				 "Operations that have ended, by source, operation, HTTP status and exception.");
	for (int i = -1; i < counters_operations(); i++)
		append_outcomes(out, SOURCE_HTTP, i, &over_http[i]);
	for (int i = 0; i < counters_operations(); i++)
	{
		counters_read_operation(SOURCE_SQL, i, &sums);
		append_outcomes(out, SOURCE_SQL, i, &sums);
	}
}

static void
append_durations(StringInfo out, const OperationSums *over_http)
{
	begin_family(out, "ddb_request_duration_seconds", "histogram",
				 "Time from when a request over HTTP had come in whole to when its answer left.");
	for (int i = -1; i < counters_operations(); i++)
	{
		if (counters_requests(&over_http[i]) > 0)
			append_histogram(out, i, &over_http[i]);
	}
}

static void
append_bytes(StringInfo out, const OperationSums *over_http)
{
	begin_family(out, "ddb_request_bytes_total", "counter", "Bytes of bodies of requests over HTTP, as they came.");
	for (int i = -1; i < counters_operations(); i++)
	{
		if (counters_requests(&over_http[i]) > 0)
			append_sample(out, "ddb_request_bytes_total", "operation", operation_label(i), over_http[i].request_bytes);
	}
	begin_family(out, "ddb_response_bytes_total", "counter", "Bytes of bodies of answers over HTTP, as they left.");
	for (int i = -1; i < counters_operations(); i++)
	{
		if (counters_requests(&over_http[i]) > 0)
			append_sample(out, "ddb_response_bytes_total", "operation", operation_label(i), over_http[i].response_bytes);
	}
}

/* A sample of an operation is there once it has been called; requests that are none's have the number -1. */
static void
append_operations(StringInfo out)
{
	OperationSums *over_http = (OperationSums *) palloc(sizeof(OperationSums) * (counters_operations() + 1)) + 1;

	for (int i = -1; i < counters_operations(); i++)
		counters_read_operation(SOURCE_HTTP, i, &over_http[i]);
	append_requests(out, over_http);
	append_durations(out, over_http);
	append_bytes(out, over_http);
}

/* ---- The server ---- */

static void
append_server(StringInfo out)
{
	static const struct
	{
		const char *name;
		const char *help;
		ServerCounter counter;
		double		scale;
	}			counters[] =
	{
		{"ddb_http_retries_total", "Requests over HTTP that were rolled back for another transaction's lock, to be tried again.", SERVER_RETRIES, 1},
		{"ddb_http_slow_requests_total", "Requests over HTTP that were logged as slow.", SERVER_SLOW, 1},
		{"ddb_http_connections_total", "Connections over HTTP that were accepted.", SERVER_CONNECTIONS, 1},
		{"ddb_http_worker_busy_seconds_total", "Time in which HTTP workers did not wait for something to do, over all workers.", SERVER_BUSY, 1e6},
		{"ddb_http_commits_total", "Transactions of requests over HTTP that wrote and were committed.", SERVER_COMMITS, 1},
		{"ddb_http_wal_flushes_total", "Times that an HTTP worker has put WAL on disk for its commits.", SERVER_FLUSHES, 1},
		{"ddb_expired_items_total", "Items that TTL has deleted.", SERVER_EXPIRED, 1},
		{"ddb_expiry_failures_total", "Deletions by TTL that raised an error.", SERVER_EXPIRY_FAILURES, 1},
	};
	WorkerSums	sums;

	begin_family(out, "ddb_info", "gauge", "The release of ddb, as a label.");
	append_sample(out, "ddb_info", "version", DDB_VERSION, 1);
	append_single(out, "ddb_standby", "gauge", "Whether the server is a standby.", RecoveryInProgress() ? 1 : 0);
	append_single(out, "ddb_stats_reset_timestamp_seconds", "gauge", "Since when everything has been counted.",
				  (double) timestamptz_to_time_t(counters_since()));
	worker_state_read(&sums);
	append_single(out, "ddb_http_workers", "gauge", "HTTP workers that run.", sums.workers);
	append_single(out, "ddb_http_workers_busy", "gauge", "HTTP workers that do something now, besides the one that answers this.",
				  Max(sums.busy - 1, 0));
	append_single(out, "ddb_http_connections", "gauge", "Connections over HTTP that are open.", sums.connections);
	for (int i = 0; i < (int) lengthof(counters); i++)
		append_single(out, counters[i].name, "counter", counters[i].help, counters_read(counters[i].counter) / counters[i].scale);
}

/* ---- Tables ---- */

static const struct
{
	const char *name;
	const char *help;
	TableCounter counter;
	double		scale;
}			table_families[] =
{
	{"ddb_table_requests_total", "Operations that used the table and have ended.", TABLE_REQUESTS, 1},
	{"ddb_table_errors_total", "Operations that used the table and ended with an exception.", TABLE_ERRORS, 1},
	{"ddb_table_conditional_failures_total", "Conditions on the table's items that did not hold.", TABLE_CONDITIONAL_FAILURES, 1},
	{"ddb_table_conflicts_total", "Writes that ended because another transaction had an item of the table locked.", TABLE_CONFLICTS, 1},
	{"ddb_table_consumed_read_units_total", "Read units that operations have consumed of the table and its indexes.", TABLE_READ_UNITS, 2},
	{"ddb_table_consumed_write_units_total", "Write units that operations have consumed of the table and its indexes.", TABLE_WRITE_UNITS, 2},
	{"ddb_table_items_read_total", "Items of the table that operations have returned.", TABLE_ITEMS_READ, 1},
	{"ddb_table_items_written_total", "Items of the table that operations have written, deleted or checked.", TABLE_ITEMS_WRITTEN, 1},
};

typedef struct TableSums
{
	const char *name;
	uint64		sums[TABLE_COUNTERS];
} TableSums;

/* The database's tables with a place; that of one that is gone is given back. */
static List *
read_tables(void)
{
	List	   *tables = NIL;
	TableSums	table;
	Oid			relation;
	int			place = -1;

	while ((place = counters_next_table(place, &relation, table.sums)) >= 0)
	{
		TableSums  *copy;

		if (place == TABLE_PLACE_OTHER)
			table.name = table.sums[TABLE_REQUESTS] > 0 ? OTHER_TABLES : NULL;
		else
		{
			bool		is_there = SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation));

			table.name = is_there ? catalog_name_of_relation(relation) : NULL;
			if (!is_there)
				counters_forget_table(place, relation);
		}
		if (table.name == NULL)
			continue;
		copy = palloc(sizeof(TableSums));
		*copy = table;
		tables = lappend(tables, copy);
	}
	return tables;
}

static void
append_tables(StringInfo out)
{
	List	   *tables = read_tables();

	for (int i = 0; i < (int) lengthof(table_families); i++)
	{
		ListCell   *cell;

		begin_family(out, table_families[i].name, "counter", table_families[i].help);
		foreach(cell, tables)
		{
			const TableSums *table = lfirst(cell);

			append_sample(out, table_families[i].name, "table", table->name,
						  table->sums[table_families[i].counter] / table_families[i].scale);
		}
	}
}

/* ---- What catalogs know ---- */

static const char catalog_statement[] =
"SELECT (SELECT count(*) FROM ddb.tables),"
" i.count, i.age, j.waiting, j.running, j.failed"
" FROM (SELECT count(*) AS count,"
"       coalesce(extract(epoch FROM clock_timestamp() - min(started)), 0)::float8 AS age"
"       FROM ddb.index_progress) AS i,"
"      (SELECT count(*) FILTER (WHERE state = 'WAITING') AS waiting,"
"       count(*) FILTER (WHERE state = 'RUNNING') AS running,"
"       count(*) FILTER (WHERE state = 'FAILED') AS failed FROM ddb.jobs) AS j";

enum
{
	CATALOG_TABLES = 1,
	CATALOG_INDEXES,
	CATALOG_INDEX_AGE,
	CATALOG_JOBS_WAITING,
	CATALOG_JOBS_RUNNING,
	CATALOG_JOBS_FAILED
};

static Datum
catalog_column(int column)
{
	bool		isnull;

	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &isnull);
}

static void
append_catalogs(StringInfo out)
{
	SPI_connect();
	/* as the extension's owner: the text is fixed, and all that it names is the extension's own */
	(void) owner_statement_run(extension_relation("tables"), catalog_statement, 0, NULL, NULL, NULL);
	append_single(out, "ddb_tables", "gauge", "Tables.", (double) DatumGetInt64(catalog_column(CATALOG_TABLES)));
	append_single(out, "ddb_indexes_filling", "gauge", "Secondary indexes that are being filled.",
				  (double) DatumGetInt64(catalog_column(CATALOG_INDEXES)));
	append_single(out, "ddb_indexes_filling_seconds", "gauge", "For how long the first of them has been.",
				  DatumGetFloat8(catalog_column(CATALOG_INDEX_AGE)));
	begin_family(out, "ddb_jobs", "gauge", "Work in the background that outlives its request, by state.");
	append_sample(out, "ddb_jobs", "state", "waiting", (double) DatumGetInt64(catalog_column(CATALOG_JOBS_WAITING)));
	append_sample(out, "ddb_jobs", "state", "running", (double) DatumGetInt64(catalog_column(CATALOG_JOBS_RUNNING)));
	append_sample(out, "ddb_jobs", "state", "failed", (double) DatumGetInt64(catalog_column(CATALOG_JOBS_FAILED)));
	SPI_finish();
}

static double
seconds_since(TimestampTz moment)
{
	return moment == 0 ? 0 : Max(GetCurrentTimestamp() - moment, 0) / 1e6;
}

static void
append_expiry(StringInfo out)
{
	ExpiryOverdue overdue;

	expiry_overdue_of_all(EXPIRY_TABLES_MOST, EXPIRY_ITEMS_MOST, &overdue);
	append_single(out, "ddb_expiry_tables", "gauge", "Tables whose items expire.", overdue.tables);
	append_single(out, "ddb_expiry_overdue_items", "gauge",
				  "Items that have expired and are not deleted yet; of a table 1000 are counted at most.", (double) overdue.items);
	append_single(out, "ddb_expiry_overdue_seconds", "gauge", "For how long the first of them has been.",
				  seconds_since(overdue.oldest));
}

/* Nothing, where there is no log of changes. */
static void
append_change_log(StringInfo out)
{
	LogPosition position;
	uint64		kept = 0;
	SlotState	slot;

	if (!change_log_position(&position))
		return;
	slot = slot_state(&kept);
	append_single(out, "ddb_change_log_lag_seconds", "gauge", "How far the log of changes, which streams and recovery read, is behind.",
				  seconds_since(position.time));
	append_single(out, "ddb_change_log_lag_bytes", "gauge", "WAL that is kept for the log of changes.", (double) kept);
	append_single(out, "ddb_change_log_lag_limit_bytes", "gauge", "How much may be kept before the log gets a hole.",
				  (double) change_lag_limit * 1024);
	append_single(out, "ddb_change_log_slot_usable", "gauge", "Whether the replication slot of the log is there and usable.",
				  slot == SLOT_USABLE ? 1 : 0);
	append_single(out, "ddb_change_log_holes_total", "counter", "Holes that the log has got since the server has started.",
				  log_state_holes());
}

/* All that needs a transaction. */
static void
append_from_database(StringInfo out)
{
	MemoryContext context = CurrentMemoryContext;

	deadline_begin(endpoint_statement_timeout);
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	MemoryContextSwitchTo(context);
	append_tables(out);
	append_catalogs(out);
	append_expiry(out);
	append_change_log(out);
	PopActiveSnapshot();
	CommitTransactionCommand();
	deadline_end();
	MemoryContextSwitchTo(context);
}

static bool
database_is_there(void)
{
	MemoryContext context = CurrentMemoryContext;
	bool		result;

	StartTransactionCommand();
	result = http_obstacle() == NULL;
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
	return result;
}

/* Appends all of it or nothing; true where it could. */
static bool
try_database(StringInfo out)
{
	MemoryContext context = CurrentMemoryContext;
	int			length = out->len;
	volatile bool succeeded = false;

	PG_TRY();
	{
		if (database_is_there())
		{
			append_from_database(out);
			succeeded = true;
		}
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		MemoryContextSwitchTo(context);
		if (!ddb_sqlstate_is_conflict(geterrcode()))
			EmitErrorReport();
		AbortOutOfAnyTransaction();
		deadline_end();
		FlushErrorState();
		MemoryContextSwitchTo(context);
		out->len = length;
		out->data[length] = '\0';
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	return succeeded;
}

/* ---- The request ---- */

bool
http_is_metrics(const HttpRequest *request)
{
	const char *path = http_path_and_query(request);

	return strcspn(path, "?") == strlen("/metrics") && strncmp(path, "/metrics", strlen("/metrics")) == 0;
}

/* Whether somebody may have sent it on, or a page in a browser has. */
static const char *
asked_by_other(const HttpRequest *request)
{
	static const char *const names[] = {"Forwarded", "Via", "X-Forwarded-For", "X-Real-IP", "Origin", "Sec-Fetch-Site"};

	for (int i = 0; i < request->header_count; i++)
	{
		for (int j = 0; j < (int) lengthof(names); j++)
		{
			if (pg_strcasecmp(request->headers[i].name, names[j]) == 0)
				return names[j];
		}
	}
	return NULL;
}

static bool
may_ask(const HttpRequest *request, HttpResponse *response)
{
	const char *header = asked_by_other(request);

	if (header != NULL)
		appendStringInfo(&response->body, "Metrics are for who asks directly, and this request has the header %s.\n", header);
	else if (request->client == NULL || !addresses_match(endpoint_metrics_addresses, request->client))
		appendStringInfoString(&response->body, "ddb.http_metrics_addresses does not have your address.\n");
	else
		return true;
	response->status = 403;
	return false;
}

void
http_answer_metrics(const HttpRequest *request, HttpResponse *response)
{
	bool		succeeded;

	response->shared = false;
	response->content_type = CONTENT_TYPE;
	if (!may_ask(request, response))
		return;
	activity_begin("GET /metrics");
	append_server(&response->body);
	append_operations(&response->body);
	succeeded = try_database(&response->body);
	append_single(&response->body, "ddb_database_metrics_up", "gauge",
				  "Whether what is read from the database's catalogs, by table among it, is here.", succeeded ? 1 : 0);
	http_encode_response(request, response);
}
