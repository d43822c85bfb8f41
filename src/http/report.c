/*
 * report.c - what is said of a request when its answer leaves: counters, and a line in
 * the log where it took long.
 *
 * The line has nothing that the client has made up but for a trace's identifier, of
 * hexadecimal digits: the table is one that was opened, under the name that the catalog
 * has for it.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/json.h"

#include "http/endpoint.h"
#include "http/request.h"
#include "statistics/counters.h"
#include "statistics/outcome.h"

/* ---- The trace ---- */

/* The version, a trace's and its span's identifiers, and flags: 00-<32 digits>-<16 digits>-01. */
#define TRACEPARENT_LENGTH 55

/* Whether it is so many hexadecimal digits in lower case, and not all of them zeros where that is forbidden. */
static bool
is_hexadecimal(const char *text, size_t length, bool may_be_zero)
{
	return strspn(text, "0123456789abcdef") >= length && (may_be_zero || strspn(text, "0") < length);
}

/* By the recommendation "Trace Context" of the W3C; later versions may have more behind a hyphen. */
static bool
is_traceparent(const char *text)
{
	size_t		length = strlen(text);

	if (length < TRACEPARENT_LENGTH)
		return false;
	if (length > TRACEPARENT_LENGTH && (strncmp(text, "00", 2) == 0 || text[TRACEPARENT_LENGTH] != '-'))
		return false;
	return is_hexadecimal(text, 2, true) && strncmp(text, "ff", 2) != 0 && text[2] == '-' &&
		is_hexadecimal(text + 3, 32, false) && text[35] == '-' &&
		is_hexadecimal(text + 36, 16, false) && text[52] == '-' &&
		is_hexadecimal(text + 53, 2, true);
}

/* The header's value; NULL where it is missing, there twice, or no proper one. */
static const char *
traceparent(const HttpRequest *request)
{
	const char *value = NULL;

	for (int i = 0; i < request->header_count; i++)
	{
		const HttpHeader *header = &request->headers[i];

		if (pg_strcasecmp(header->name, "traceparent") != 0)
			continue;
		if (value != NULL)
			return NULL;
		value = header->value;
	}
	return value != NULL && is_traceparent(value) ? value : NULL;
}

/* ---- The log ---- */

static void
append_text(StringInfo line, const char *name, const char *text)
{
	appendStringInfo(line, " %s=", name);
	escape_json(line, text);
}

static void
log_slow(const HttpRequest *request, const HttpResponse *response, int status, int64 microseconds)
{
	const char *trace = traceparent(request);
	StringInfoData line;

	initStringInfo(&line);
	appendStringInfo(&line, "operation=%s", operation_name(operation_number(response->operation)));
	if (response->table[0] != '\0')
		append_text(&line, "table", response->table);
	if (response->table_count > 1)
		appendStringInfo(&line, " tables=%d", response->table_count);
	if (response->role != NULL)
		append_text(&line, "role", response->role);
	appendStringInfo(&line, " status=%d", status);
	if (response->exception != NULL)
		appendStringInfo(&line, " exception=%s", response->exception);
	appendStringInfo(&line, " duration=%.3f ms tries=%d items=" INT64_FORMAT " request_bytes=%zu response_bytes=%d request_id=%s",
					 microseconds / 1000.0, request->tries, response->items,
					 request->body_length, response->body.len, request->id);
	if (trace != NULL)
		appendStringInfo(&line, " traceparent=%.*s", TRACEPARENT_LENGTH, trace);
	ereport(LOG,
			(errmsg("slow HTTP request: %s", line.data),
			 errhidestmt(true),
			 errhidecontext(true)));
	pfree(line.data);
}

static bool
is_slow(const HttpResponse *response, int64 microseconds)
{
	return endpoint_log_min_duration >= 0 && response != NULL && response->operation != NULL &&
		microseconds >= (int64) endpoint_log_min_duration * 1000;
}

/* An error of logging is none of the request's, which is under libmicrohttpd's frames here. */
static void
log_slow_safely(const HttpRequest *request, const HttpResponse *response, int status, int64 microseconds)
{
	MemoryContext context = CurrentMemoryContext;

	HOLD_INTERRUPTS();
	PG_TRY();
	{
		log_slow(request, response, status, microseconds);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		FlushErrorState();
	}
	PG_END_TRY();
	RESUME_INTERRUPTS();
}

void
http_report(const HttpRequest *request, const HttpResponse *response, int status)
{
	int64		microseconds = request->first_try != 0 ? GetCurrentTimestamp() - request->first_try : -1;
	const Operation *operation = response != NULL ? response->operation : NULL;
	int			outcome = outcome_of_answer(response != NULL ? response->exception : NULL, status);

	counters_add_answer(operation != NULL ? operation_number(operation) : -1, outcome, microseconds,
						request->body_length, response != NULL ? response->body.len : 0);
	if (microseconds < 0 || !is_slow(response, microseconds))
		return;
	counters_add(SERVER_SLOW, 1);
	log_slow_safely(request, response, status, microseconds);
}
