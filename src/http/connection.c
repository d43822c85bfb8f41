/*
 * connection.c - libmicrohttpd's connections: requests come in, answers leave.
 *
 * libmicrohttpd calls back here for each piece of a request.  An error of
 * PostgreSQL must not jump over its frames: what comes before http_serve(),
 * which catches all, allocates with malloc() and raises nothing.
 */
#include "http/connection.h"

#include "access/xact.h"
#include "common/pg_prng.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "http/clients.h"
#include "http/endpoint.h"
#include "http/request.h"
#include "http/tls.h"
#include "http/waiting.h"

/* A worker holds bodies of at most so many times the largest one. */
#define BODIES_IN_MEMORY 16

/*
 * A connection's own memory, which the head of a request must fit into, and
 * which libmicrohttpd clears before each request.
 */
#define CONNECTION_MEMORY (16 * 1024)

/* Bounds of the pause before a request that waits for a lock is tried again. */
#define MIN_PAUSE_MILLISECONDS 2
#define MAX_PAUSE_MILLISECONDS 50

/* A request and its answer. */
typedef struct Exchange
{
	struct MHD_Connection *connection;
	char	   *uri;
	bool		begun;
	bool		too_large;
	bool		overloaded;
	char	   *body;
	size_t		body_length;
	size_t		body_size;		/* allocated */
	MemoryContext context;		/* of the answer */
	HttpResponse *response;		/* NULL until there is one */
	TimestampTz first_try;		/* 0 before it */
	Waiting		waiting;
} Exchange;

static size_t bodies_size = 0;

/* ---- The body ---- */

static size_t
body_limit(void)
{
	return (size_t) endpoint_body_limit * 1024;
}

static void
free_body(Exchange *exchange)
{
	bodies_size -= exchange->body_size;
	free(exchange->body);
	exchange->body = NULL;
	exchange->body_size = 0;
}

static bool
grow_body(Exchange *exchange, size_t size)
{
	char	   *body;

	if (bodies_size - exchange->body_size + size > body_limit() * BODIES_IN_MEMORY)
		return false;
	body = realloc(exchange->body, size);
	if (body == NULL)
		return false;
	bodies_size += size - exchange->body_size;
	exchange->body = body;
	exchange->body_size = size;
	return true;
}

/* What follows a body that is refused is read and forgotten, so that the answer can be read. */
static void
append_body(Exchange *exchange, const char *data, size_t length)
{
	size_t		needed = exchange->body_length + length;

	if (exchange->too_large || exchange->overloaded)
		return;
	if (needed > body_limit())
	{
		exchange->too_large = true;
		free_body(exchange);
		return;
	}
	if (needed > exchange->body_size &&
		!grow_body(exchange, Max(needed, Min(2 * exchange->body_size, body_limit()))))
	{
		exchange->overloaded = true;
		free_body(exchange);
		return;
	}
	memcpy(exchange->body + exchange->body_length, data, length);
	exchange->body_length = needed;
}

/* ---- The answer ---- */

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
	MHD_add_response_header(response, name, value);
}

/* 52 digits and capitals, as AWS gives them. */
static void
add_request_id(struct MHD_Response *response)
{
	static const char characters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
	char		id[53];

	for (int i = 0; i < 52;)
	{
		uint64		random = pg_prng_uint64(&pg_global_prng_state);

		for (int j = 0; j < 12 && i < 52; j++, random >>= 5)
			id[i++] = characters[random & 31];
	}
	id[52] = '\0';
	add_header(response, "x-amzn-RequestId", id);
}

static void
add_headers(const HttpResponse *answer, struct MHD_Response *response)
{
	char		crc32[12];

	add_request_id(response);
	if (answer->shared)
		add_header(response, "Access-Control-Allow-Origin", "*");
	if (answer->preflight)
	{
		if (answer->allow_headers != NULL)
			add_header(response, "Access-Control-Allow-Headers", answer->allow_headers);
		if (answer->allow_methods != NULL)
			add_header(response, "Access-Control-Allow-Methods", answer->allow_methods);
		add_header(response, "Access-Control-Max-Age", "172800");
		return;
	}
	if (answer->shared)
		add_header(response, "Access-Control-Expose-Headers",
				   "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date");
	if (answer->content_type != NULL)
		add_header(response, "Content-Type", answer->content_type);
	if (answer->content_encoding != NULL)
		add_header(response, "Content-Encoding", answer->content_encoding);
	snprintf(crc32, sizeof(crc32), "%u", http_crc32(answer->body.data, answer->body.len));
	add_header(response, "x-amz-crc32", crc32);
}

static void
delete_context(void *context)
{
	MemoryContextDelete(context);
}

static enum MHD_Result
queue(struct MHD_Connection *connection, int status, struct MHD_Response *response)
{
	enum MHD_Result result;

	if (response == NULL)
		return MHD_NO;
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* Hands the answer to libmicrohttpd, which frees its memory when it has left. */
static enum MHD_Result
send_answer(Exchange *exchange)
{
	HttpResponse *answer = exchange->response;
	int			status = answer->status;
	struct MHD_Response *response;

	response = MHD_create_response_from_buffer_with_free_callback_cls(answer->body.len, answer->body.data,
																	  delete_context, exchange->context);
	if (response == NULL)
		return MHD_NO;
	add_headers(answer, response);
	exchange->context = NULL;
	return queue(exchange->connection, status, response);
}

static ssize_t
no_content(void *argument, uint64_t position, char *buffer, size_t size)
{
	return MHD_CONTENT_READER_END_OF_STREAM;
}

/* A body that is too large gets an empty answer in chunks, as from AWS. */
static enum MHD_Result
send_too_large(struct MHD_Connection *connection)
{
	struct MHD_Response *response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, no_content, NULL, NULL);

	if (response != NULL)
		add_request_id(response);
	return queue(connection, MHD_HTTP_CONTENT_TOO_LARGE, response);
}

/* Where a body of two lengths ends, and the next request begins, nobody can tell. */
static enum MHD_Result
send_contradictory(struct MHD_Connection *connection)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);

	if (response != NULL)
		add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	return queue(connection, MHD_HTTP_BAD_REQUEST, response);
}

/* ---- The request ---- */

typedef struct Headers
{
	HttpHeader *next;
	const char *content_length; /* the first, of which libmicrohttpd has made the body */
	bool		contradictory;
} Headers;

static enum MHD_Result
collect_header(void *argument, enum MHD_ValueKind kind, const char *name, size_t name_length,
			   const char *value, size_t value_length)
{
	Headers    *headers = argument;
	HttpHeader *header = headers->next++;

	*header = (HttpHeader) {name, name_length, value != NULL ? value : ""};
	if (name_length == strlen("Content-Length") && pg_strcasecmp(name, "Content-Length") == 0)
	{
		if (headers->content_length == NULL)
			headers->content_length = header->value;
		else if (strcmp(header->value, headers->content_length) != 0)
			headers->contradictory = true;
	}
	return MHD_YES;
}

/* Allocates the request's headers in a context; false where memory is short. */
static bool
collect_headers(struct MHD_Connection *connection, MemoryContext context, HttpRequest *request, bool *contradictory)
{
	Headers		headers = {NULL};

	request->header_count = MHD_get_connection_values_n(connection, MHD_HEADER_KIND, NULL, NULL);
	headers.next = MemoryContextAllocExtended(context, request->header_count * sizeof(HttpHeader), MCXT_ALLOC_NO_OOM);
	request->headers = headers.next;
	if (headers.next == NULL)
		return false;
	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, collect_header, &headers);
	*contradictory = headers.contradictory;
	return true;
}

/* A context for a request and its answer, or NULL where memory is short. */
static MemoryContext
create_context(void)
{
	MemoryContext volatile context = NULL;

	PG_TRY();
	{
		context = AllocSetContextCreate(TopMemoryContext, "ddb http request", ALLOCSET_DEFAULT_SIZES);
	}
	PG_CATCH();
	{
		FlushErrorState();
	}
	PG_END_TRY();
	return context;
}

/* When a request that waits for locks is to be given up, or DT_NOEND. */
static TimestampTz
patient_until(const Exchange *exchange)
{
	int			patience = endpoint_lock_timeout;

	if (patience == 0 || (endpoint_statement_timeout > 0 && endpoint_statement_timeout < patience))
		patience = endpoint_statement_timeout;
	return patience > 0 ? TimestampTzPlusMilliseconds(exchange->first_try, patience) : DT_NOEND;
}

/*
 * The request is to be tried again, the later the longer it waits already.
 * What it needs is kept, its answer is not.
 */
static void
try_again_later(Exchange *exchange, TimestampTz now)
{
	long		pause = TimestampDifferenceMilliseconds(exchange->first_try, now) / 4;
	TimestampTz due = TimestampTzPlusMilliseconds(now, Min(Max(pause, MIN_PAUSE_MILLISECONDS), MAX_PAUSE_MILLISECONDS));

	MemoryContextDelete(exchange->context);
	exchange->context = NULL;
	exchange->response = NULL;
	wait_until(&exchange->waiting, exchange->connection, Min(due, patient_until(exchange)));
}

static enum MHD_Result
serve_exchange(Exchange *exchange, const char *method)
{
	HttpRequest request = {
		.method = method,
		.uri = exchange->uri,
		.body = exchange->body != NULL ? exchange->body : "",
		.body_length = exchange->body_length
	};
	bool		contradictory;
	TimestampTz now;
	MemoryContext caller;

	SetCurrentStatementStartTimestamp();
	now = GetCurrentStatementStartTimestamp();
	client_has_asked(exchange->connection);
	if (exchange->first_try == 0)
		exchange->first_try = now;
	request.waited = TimestampDifferenceMilliseconds(exchange->first_try, now);
	request.last_try = now >= patient_until(exchange);

	exchange->context = create_context();
	if (exchange->context == NULL ||
		!collect_headers(exchange->connection, exchange->context, &request, &contradictory))
		return MHD_NO;
	if (contradictory)
		return send_contradictory(exchange->connection);
	caller = MemoryContextSwitchTo(exchange->context);
	exchange->response = MemoryContextAllocExtended(exchange->context, sizeof(HttpResponse), MCXT_ALLOC_NO_OOM);
	if (exchange->response != NULL)
		http_serve(&request, exchange->response);
	MemoryContextSwitchTo(caller);
	if (exchange->response != NULL && exchange->response->try_again)
	{
		try_again_later(exchange, GetCurrentTimestamp());
		return MHD_YES;
	}
	free_body(exchange);
	if (exchange->response == NULL)
		return MHD_NO;

	if (exchange->response->status == MHD_HTTP_CONTENT_TOO_LARGE)
		return send_too_large(exchange->connection);
	if (XLogRecPtrIsInvalid(exchange->response->durable))
		return send_answer(exchange);
	wait_for_wal(&exchange->waiting, exchange->connection, exchange->response->durable);
	return MHD_YES;
}

static enum MHD_Result
send_overloaded(struct MHD_Connection *connection)
{
	return queue(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
				 MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT));
}

/*
 * libmicrohttpd calls this when a request's headers are complete, for each
 * piece of its body, when it is complete, and again when its connection is
 * resumed.
 */
static enum MHD_Result
handle(void *argument, struct MHD_Connection *connection, const char *url, const char *method,
	   const char *version, const char *data, size_t *length, void **state)
{
	Exchange   *exchange = *state;

	if (exchange == NULL)
		return MHD_NO;
	exchange->connection = connection;
	if (exchange->response != NULL)
		return send_answer(exchange);
	if (!exchange->begun)
	{
		exchange->begun = true;
		return MHD_YES;
	}
	if (*length > 0)
	{
		append_body(exchange, data, *length);
		*length = 0;
		return MHD_YES;
	}
	if (exchange->too_large)
		return send_too_large(connection);
	if (exchange->overloaded)
		return send_overloaded(connection);
	return serve_exchange(exchange, method);
}

/* The request line has come: the one place that sees the URI as it was sent. */
static void *
begin_exchange(void *argument, const char *uri, struct MHD_Connection *connection)
{
	Exchange   *exchange = calloc(1, sizeof(Exchange));

	client_begins(connection);
	if (exchange != NULL)
		exchange->uri = strdup(uri);
	if (exchange != NULL && exchange->uri == NULL)
	{
		free(exchange);
		exchange = NULL;
	}
	return exchange;
}

static void
end_exchange(void *argument, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode code)
{
	Exchange   *exchange = *state;

	*state = NULL;
	client_is_done(connection);
	if (exchange == NULL)
		return;
	wait_no_more(&exchange->waiting);
	if (exchange->context != NULL)
		MemoryContextDelete(exchange->context);
	free_body(exchange);
	free(exchange->uri);
	free(exchange);
}

/* ---- The daemon ---- */

static void pg_attribute_printf(2, 0)
write_log(void *argument, const char *format, va_list arguments)
{
	char		message[512];

	vsnprintf(message, sizeof(message), format, arguments);
	elog(DEBUG1, "libmicrohttpd: %s", message);
}

/* Only this worker ends; the postmaster starts it again. */
static void
panic(void *argument, const char *file, unsigned int line, const char *reason)
{
	ereport(FATAL,
			(errcode(ERRCODE_INTERNAL_ERROR),
			 errmsg("libmicrohttpd failed at %s:%u: %s", file, line, reason != NULL ? reason : "unknown reason")));
}

struct MHD_Daemon *
connections_begin(int listen_socket)
{
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	struct MHD_OptionItem tls[TLS_OPTIONS] = {{MHD_OPTION_END, 0, NULL}};
	struct MHD_Daemon *daemon;

	if (endpoint_tls)
	{
		flags |= MHD_USE_TLS;
		tls_options(tls);
	}
	MHD_set_panic_func(panic, NULL);
	daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle, NULL,
							  MHD_OPTION_EXTERNAL_LOGGER, write_log, NULL,
							  MHD_OPTION_LISTEN_SOCKET, listen_socket,
							  MHD_OPTION_CONNECTION_LIMIT, clients_most(),
							  MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int) endpoint_idle_timeout,
							  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t) CONNECTION_MEMORY,
							  MHD_OPTION_STRICT_FOR_CLIENT, 1,
							  MHD_OPTION_URI_LOG_CALLBACK, begin_exchange, NULL,
							  MHD_OPTION_NOTIFY_COMPLETED, end_exchange, NULL,
							  MHD_OPTION_NOTIFY_CONNECTION, clients_notify, NULL,
							  MHD_OPTION_ARRAY, tls,
							  MHD_OPTION_END);
	if (daemon == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not start serving HTTP")));
	return daemon;
}
