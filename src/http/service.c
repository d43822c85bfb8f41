/*
 * service.c - from a request to its answer: DynamoDB's JSON 1.0 protocol.
 *
 * What AWS refuses, it refuses in this order: a method or content type that it
 * does not serve, a body that is no JSON, an unknown operation, a missing or
 * wrong signature; then the operation judges its request.  Here the signature
 * is checked first and the body is read by the operation alone, so that it is
 * parsed once; only where there is something to refuse is it read for its own
 * sake.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"

#include "ddb.h"
#include "deadline.h"
#include "error.h"
#include "http/activity.h"
#include "http/durability.h"
#include "http/endpoint.h"
#include "http/request.h"
#include "operation/operation.h"
#include "role_session.h"
#include "statistics/outcome.h"
#include "statistics/usage.h"
#include "value/json.h"

#define JSON_1_0 "application/x-amz-json-1.0"
#define JSON_PLAIN "application/json"

#define MAX_UNSIGNED_BODY (64 * 1024)

/* The longest that a worker waits for a lock of a table. */
#define MAX_TABLE_LOCK_MILLISECONDS 100

/* When it looks for a deadlock then, and tells an autovacuum to go. */
#define TABLE_DEADLOCK_MILLISECONDS 20

/* The longest that it waits for a lock of an item. */
#define MAX_ITEM_LOCK_MILLISECONDS 20

/* ---- Operations ---- */

/* The role that the request runs as, or InvalidOid with what is wrong. */
static Oid
authenticate(const HttpRequest *request, HttpException *exception)
{
	if (endpoint_auth == AUTH_TRUST)
		return get_role_oid(endpoint_trust_role, false);
	return http_verify_signature(request, exception);
}

/* For so long an operation may come back for an answer that is on its way. */
#define COME_BACK_MILLISECONDS 100

static const HttpRequest *current_request = NULL;
static HttpResponse *current_response = NULL;

/* A client that looks for its endpoint is to stay here.  Without a scheme it takes HTTPS. */
static char *
requested_address(void)
{
	const char *host = http_header(current_request, HEADER_HOST);

	if (host == NULL || host[0] == '\0')
		return NULL;
	return endpoint_tls ? pstrdup(host) : psprintf("http://%s", host);
}

static void
set_milliseconds(const char *setting, long milliseconds)
{
	char		text[16];

	snprintf(text, sizeof(text), "%ld", milliseconds);
	(void) set_config_option(setting, text, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Where others use a table all the time, a lock that all of them are in the way of
 * is never free at a given moment.  It is had by standing in line for it, for
 * those who come later stand behind: the longer the request waits already, the
 * longer, for meanwhile the worker serves nobody.
 */
static void
stand_in_line(const HttpRequest *request)
{
	set_milliseconds("lock_timeout", Max(Min(request->waited / 4, MAX_TABLE_LOCK_MILLISECONDS), 1));
	set_milliseconds("deadlock_timeout", TABLE_DEADLOCK_MILLISECONDS);
}

/*
 * Nor is a hot item had by asking for it now and then.  The pauses between the tries
 * are longer than this.
 */
static void
wait_for_items(const HttpRequest *request)
{
	set_milliseconds("lock_timeout", Max(Min(request->waited / 16, MAX_ITEM_LOCK_MILLISECONDS), 1));
}

/*
 * Carries out the operation as the role.  What it changes of the session (a
 * trigger may) is taken back, for the next request is another role's.
 */
static void
execute_as(Oid role, const Operation *operation, const HttpRequest *request, StringInfo response)
{
	RoleSession before;

	role_session_begin(role, &before);
	if (operation_locks_table(operation))
		stand_in_line(request);
	else if (request->patient)
		wait_for_items(request);

	current_request = request;
	operation_address = requested_address;
	operation_patience = request->waited < COME_BACK_MILLISECONDS && !request->last_try ?
		OPERATION_MAY_COME_BACK : OPERATION_ANSWERS_NOW;
	operation_comes_back = false;
	operation_execute(operation, request->body, request->body_length, response);
	role_session_end(&before);
}

/* Unpacks the body; false after having refused it. */
static bool
unpack(const HttpRequest *request, HttpRequest *unpacked, HttpResponse *response)
{
	const char *encoding = http_header(request, HEADER_CONTENT_ENCODING);
	StringInfoData body;

	*unpacked = *request;
	if (encoding == NULL || pg_strcasecmp(encoding, "identity") == 0)
		return true;

	initStringInfo(&body);
	switch (http_decode_body(encoding, request->body, request->body_length,
							 (size_t) endpoint_body_limit * 1024, &body))
	{
		case DECODE_OK:
			unpacked->body = body.data;
			unpacked->body_length = body.len;
			return true;
		case DECODE_TOO_LARGE:
			response->status = 413;
			return false;
		default:
			http_write_exception(&(HttpException) {"SerializationException", NULL}, response);
			return false;
	}
}

/*
 * Refuses the request for what AWS looks at first.  Who has not signed may not
 * make us read much.
 */
static void
refuse(const HttpRequest *request, const HttpException *exception, HttpResponse *response)
{
	if (request->body_length > 0 && request->body_length <= MAX_UNSIGNED_BODY &&
		http_header(request, HEADER_CONTENT_ENCODING) == NULL)
		json_parse(request->body, request->body_length);
	http_write_exception(exception, response);
}

/* The operation that is asked for, or NULL with what is wrong. */
static const Operation *
find_operation(const HttpRequest *request, HttpException *exception)
{
	const char *not_yet;
	const Operation *operation = http_requested_operation(request, &not_yet);

	if (operation != NULL)
		return operation;
	exception->name = "UnknownOperationException";
	if (not_yet != NULL)
		exception->message = psprintf("ddb does not have the operation %s yet", not_yet);
	return NULL;
}

static void
begin_request(void)
{
	deadline_begin(endpoint_statement_timeout);
	StartTransactionCommand();
}

/* What outlives a transaction must not outlive the request. */
static void
end_request(void)
{
	deadline_end();
	role_session_forget();
}

/* Whether operations are served at all now; else the response says why not. */
static bool
can_serve(HttpResponse *response)
{
	const char *obstacle = http_obstacle();

	if (obstacle == NULL)
		return true;
	http_write_exception(&(HttpException) {"ServiceUnavailableException", obstacle}, response);
	response->status = 503;
	return false;
}

static void
serve_operation(const HttpRequest *request, HttpResponse *response)
{
	HttpException exception = {NULL, NULL};
	const Operation *operation = find_operation(request, &exception);
	HttpRequest unpacked;
	Oid			role = InvalidOid;
	MemoryContext context = CurrentMemoryContext;

	response->operation = operation;
	if (operation != NULL)
		activity_begin(operation_name(operation_number(operation)));
	begin_request();
	if (can_serve(response))
	{
		if (operation != NULL)
			role = authenticate(request, &exception);
		if (OidIsValid(role) && endpoint_log_min_duration >= 0)
			response->role = MemoryContextStrdup(context, GetUserNameFromId(role, false));
		if (!OidIsValid(role))
			refuse(request, &exception, response);
		else if (unpack(request, &unpacked, response))
		{
			execute_as(role, operation, &unpacked, &response->body);
			response->try_again = operation_comes_back;
		}
	}
	response->durable = durability_commit();
	end_request();
	MemoryContextSwitchTo(context);
}

/* Whether the head of an operation's request is reason to refuse it. */
static bool
screen_operation(const HttpRequest *request, HttpResponse *response)
{
	HttpException exception = {NULL, NULL};
	const Operation *operation = find_operation(request, &exception);
	MemoryContext context = CurrentMemoryContext;
	bool		refused = true;

	response->operation = operation;
	begin_request();
	if (can_serve(response))
	{
		refused = operation == NULL || (endpoint_auth != AUTH_TRUST && !http_verify_head(request, &exception));
		if (refused)
			refuse(request, &exception, response);
	}
	response->durable = durability_commit();
	end_request();
	MemoryContextSwitchTo(context);
	return refused;
}

/* ---- Everything else ---- */

/* The part before a semicolon, without blanks around it. */
static bool
is_content_type(const char *header, const char *type)
{
	size_t		length;

	header += strspn(header, " \t");
	length = strcspn(header, " \t;");
	return length == strlen(type) && pg_strncasecmp(header, type, length) == 0;
}

/* What a body of this request would be, or NULL where it is not served. */
static const char *
response_type(const HttpRequest *request)
{
	const char *type = http_header(request, HEADER_CONTENT_TYPE);

	if (type == NULL)
		return request->body_length == 0 && !request->body_follows ? JSON_PLAIN : NULL;
	if (is_content_type(type, JSON_1_0))
		return JSON_1_0;
	return is_content_type(type, JSON_PLAIN) ? JSON_PLAIN : NULL;
}

static void
serve_preflight(const HttpRequest *request, HttpResponse *response)
{
	response->preflight = true;
	response->allow_headers = http_header(request, HEADER_ALLOWED_HEADERS);
	response->allow_methods = http_header(request, HEADER_ALLOWED_METHOD);
}

static bool
is_read(const HttpRequest *request)
{
	return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

/* Whether the request is one for an operation; else it has its answer. */
static bool
wants_operation(const HttpRequest *request, HttpResponse *response)
{
	response->shared = http_header(request, HEADER_ORIGIN) != NULL;
	if (is_read(request) && http_is_health_check(request))
	{
		http_answer_health_check(request, response);
		return false;
	}
	if (is_read(request) && http_is_metrics(request))
	{
		http_answer_metrics(request, response);
		return false;
	}
	if (strcmp(request->method, "OPTIONS") == 0 && response->shared)
	{
		serve_preflight(request, response);
		return false;
	}
	if (strcmp(request->method, "POST") == 0)
		response->content_type = response_type(request);
	if (response->content_type == NULL)
	{
		response->status = 404;
		appendStringInfoString(&response->body, "<UnknownOperationException/>\n");
		return false;
	}
	return true;
}

static bool
serve(const HttpRequest *request, HttpResponse *response)
{
	if (wants_operation(request, response))
	{
		serve_operation(request, response);
		http_encode_response(request, response);
	}
	return true;
}

static bool
screen(const HttpRequest *request, HttpResponse *response)
{
	return !wants_operation(request, response) || screen_operation(request, response);
}

typedef struct AnswerContext
{
	const HttpRequest *request;
	const HttpResponse *response;
} AnswerContext;

/* Whether the server's log should hold the error: not what a client did wrong. */
static bool
worth_logging(const ErrorData *error)
{
	DdbException exception;

	return !ddb_exception_of_sqlstate(error->sqlerrcode, &exception) ||
		exception == INTERNAL_SERVER_ERROR;
}

/* What the server's log says of an error: for which request it was, by the identifier that the client has. */
static void
name_request(void *argument)
{
	const AnswerContext *context = argument;
	const Operation *operation = context->response->operation;

	errcontext("HTTP request %s%s%s", context->request->id, operation != NULL ? ", " : "",
			   operation != NULL ? operation_name(operation_number(operation)) : "");
}

/*
 * Calls a function that answers a request, or not, and makes of an error the
 * answer that it is.  Where errors end: beneath are libmicrohttpd's frames.
 */
static bool
answer(bool (*function) (const HttpRequest *request, HttpResponse *response),
	   const HttpRequest *request, HttpResponse *response)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool answered = true;
	AnswerContext names = {request, response};
	ErrorContextCallback callback = {
		.callback = name_request,.arg = &names,.previous = error_context_stack
	};

	memset(response, 0, sizeof(*response));
	response->status = 200;
	/* there is room in the context that has just been created */
	initStringInfo(&response->body);

	PG_TRY();
	{
		error_context_stack = &callback;
		answered = function(request, response);
		error_context_stack = callback.previous;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		HOLD_INTERRUPTS();
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		response->try_again = ddb_sqlstate_is_conflict(error->sqlerrcode) && !request->last_try;
		if (worth_logging(error) && !response->try_again)
			EmitErrorReport();
		durability_abort();
		/* with all its subtransactions, whoever has left one open */
		AbortOutOfAnyTransaction();
		usage_forget();
		end_request();
		FlushErrorState();
		MemoryContextSwitchTo(context);
		http_write_error(error, response);
		if (is_read(request))
			response->status = 503;
		response->durable = durability_of_reads();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	return answered;
}

/* What the request has used counts once it is answered; a try that is rolled back is as if it had not been. */
static void
note_usage(const Usage *usage, HttpResponse *response)
{
	if (response->try_again)
	{
		counters_add(SERVER_RETRIES, 1);
		return;
	}
	usage_count(usage, outcome_of_answer(response->exception, response->status));
	response->items = usage_items(usage);
	response->table_count = usage->table_count;
}

/* The table's name is kept only where it may be logged. */
static void
note_table(const char *table)
{
	activity_table(table);
	if (endpoint_log_min_duration >= 0)
		strlcpy(current_response->table, table, sizeof(current_response->table));
}

void
http_serve(const HttpRequest *request, HttpResponse *response)
{
	static Usage usage;

	current_response = response;
	usage_begin(&usage, note_table);
	(void) answer(serve, request, response);
	usage_end(&usage);
	note_usage(&usage, response);
}

bool
http_screen(const HttpRequest *request, HttpResponse *response)
{
	return answer(screen, request, response) && !response->try_again;
}
