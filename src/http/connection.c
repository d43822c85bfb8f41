/*
 * connection.c - libmicrohttpd's connections: requests come in, answers leave.
 *
 * libmicrohttpd calls back here for each piece of a request.  An error of
 * PostgreSQL must not jump over its frames: http_serve() and http_screen() catch
 * all, and what comes before them allocates with malloc() and raises nothing.
 *
 * Who has no key is not to make a worker keep much.  A small body is kept until the
 * whole request is judged.  Before more is kept, the head is: what it alone
 * refutes is refused, and its body forgotten as it comes.
 */
#include "http/connection.h"

#include "access/xact.h"
#include "common/pg_prng.h"
#include "storage/ipc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "ddb.h"
#include "http/clients.h"
#include "http/endpoint.h"
#include "http/request.h"
#include "http/tls.h"
#include "http/waiting.h"

/* A worker holds bodies of at most so many times the largest one. */
#define BODIES_IN_MEMORY 16

/* So much of a body, and of all bodies, is held before the head is judged. */
#define UNSCREENED_BODY (64 * 1024)
#define UNSCREENED_BODIES (4 * 1024 * 1024)

/*
 * A connection's own memory, which the head of a request must fit into, and
 * which libmicrohttpd clears before each request.
 */
#define CONNECTION_MEMORY (16 * 1024)

/*
 * libmicrohttpd 1.0 is to refuse what two readers could take in two ways.  Earlier
 * ones refuse little even then, and send the head of their answer twice; there
 * framing.c does it all.
 */
#define STRICT (MHD_VERSION >= 0x01000000)

/* Bounds of the pause before a request that waits for a lock is tried again. */
#define MIN_PAUSE_MILLISECONDS 2
#define MAX_PAUSE_MILLISECONDS 50

/*
 * How often libmicrohttpd runs when the worker ends.  Once takes ten of the connections that the
 * kernel has for this worker alone, and another time answers them; those left over are reset.
 */
#define ENDING_ROUNDS 100

/* A request and its answer. */
typedef struct Exchange
{
	struct MHD_Connection *connection;
	char	   *uri;
	const char *method;
	const char *version;
	HttpHeader *headers;		/* NULL until all have come */
	int			header_count;
	const char *known_headers[KNOWN_HEADERS];
	bool		screened;		/* the head is no reason to refuse it */
	bool		refused;		/* it is; the response says so when the body has come */
	bool		too_large;
	bool		overloaded;
	bool		whole;			/* the body has come */
	bool		served;			/* and the response is what it gets */
	char	   *body;
	size_t		body_length;
	size_t		body_size;		/* allocated */
	MemoryContext context;		/* of the answer */
	HttpResponse *response;		/* NULL until there is one */
	TimestampTz first_try;		/* 0 before it */
	Waiting		waiting;
} Exchange;

static Exchange *patient = NULL;	/* the one of the worker's that may wait for locks of items */
static size_t bodies_size = 0;
static size_t unscreened_size = 0;	/* of those not screened */
static struct MHD_Daemon *running = NULL;
static bool ending = false;		/* the worker serves nothing any more */

/* ---- The body ---- */

static size_t
body_limit(void)
{
	return (size_t) endpoint_body_limit * 1024;
}

static void
count_body(Exchange *exchange, size_t size)
{
	bodies_size += size - exchange->body_size;
	if (!exchange->screened)
		unscreened_size += size - exchange->body_size;
	exchange->body_size = size;
}

static void
free_body(Exchange *exchange)
{
	count_body(exchange, 0);
	free(exchange->body);
	exchange->body = NULL;
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
	exchange->body = body;
	count_body(exchange, size);
	return true;
}

/* Whether the head is to be judged before so much of the body is kept. */
static bool
wants_screening(const Exchange *exchange, size_t needed)
{
	return !exchange->screened &&
		(needed > UNSCREENED_BODY ||
		 unscreened_size - exchange->body_size + needed > Min(UNSCREENED_BODIES, body_limit() * BODIES_IN_MEMORY / 4));
}

static void screen(Exchange *exchange);

/* What follows a body that is refused is read and forgotten, so that the answer can be read. */
static void
append_body(Exchange *exchange, const char *data, size_t length)
{
	size_t		needed = exchange->body_length + length;

	if (exchange->too_large || exchange->overloaded || exchange->refused)
		return;
	if (needed > body_limit())
	{
		exchange->too_large = true;
		free_body(exchange);
		return;
	}
	if (wants_screening(exchange, needed))
	{
		screen(exchange);
		if (exchange->refused || exchange->overloaded)
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

/* What every answer has. */
static void
add_common_headers(struct MHD_Response *response)
{
	add_header(response, "Server", "ddb/" DDB_VERSION);
	add_request_id(response);
}

static void
add_headers(const HttpResponse *answer, struct MHD_Response *response)
{
	char		crc32[12];

	add_common_headers(response);
	if (answer->shared)
	{
		add_header(response, "Access-Control-Allow-Origin", "*");
		add_header(response, "Access-Control-Expose-Headers",
				   "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date");
	}
	if (answer->preflight)
	{
		if (answer->allow_headers != NULL)
			add_header(response, "Access-Control-Allow-Headers", answer->allow_headers);
		if (answer->allow_methods != NULL)
			add_header(response, "Access-Control-Allow-Methods", answer->allow_methods);
		add_header(response, "Access-Control-Max-Age", "172800");
		return;
	}
	if (answer->close)
		add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
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
		add_common_headers(response);
	return queue(connection, MHD_HTTP_CONTENT_TOO_LARGE, response);
}

/* An answer that is no more than its status. */
static enum MHD_Result
send_status(struct MHD_Connection *connection, int status, bool close)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);

	if (response != NULL)
	{
		add_common_headers(response);
		if (close)
			add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	}
	return queue(connection, status, response);
}

/* ---- The request ---- */

static enum MHD_Result
collect_header(void *argument, enum MHD_ValueKind kind, const char *name, size_t name_length,
			   const char *value, size_t value_length)
{
	Exchange   *exchange = argument;
	HttpHeader *header = &exchange->headers[exchange->header_count++];

	header->name = name;
	header->name_length = name_length;
	header->value = value != NULL ? value : "";
	header->known_name = http_header_name(name, name_length);
	if (header->known_name < KNOWN_HEADERS && exchange->known_headers[header->known_name] == NULL)
		exchange->known_headers[header->known_name] = header->value;
	return MHD_YES;
}

/* The texts are libmicrohttpd's, until the request ends; false where memory is short. */
static bool
collect_headers(Exchange *exchange)
{
	int			count = MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, NULL, NULL);

	exchange->headers = malloc((count + 1) * sizeof(HttpHeader));
	if (exchange->headers == NULL)
		return false;
	MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, collect_header, exchange);
	return true;
}

static HttpRequest
request_of(const Exchange *exchange)
{
	return (HttpRequest) {
		.method = exchange->method,
		.version = exchange->version,
		.uri = exchange->uri,
		.headers = exchange->headers,
		.header_count = exchange->header_count,
		.known = exchange->known_headers,
		.body = exchange->body != NULL ? exchange->body : "",
		.body_length = exchange->body_length
	};
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

/* Allocates context and response; false where memory is short. */
static bool
begin_response(Exchange *exchange)
{
	exchange->context = create_context();
	if (exchange->context != NULL)
		exchange->response = MemoryContextAllocExtended(exchange->context, sizeof(HttpResponse), MCXT_ALLOC_NO_OOM);
	return exchange->response != NULL;
}

static void
drop_response(Exchange *exchange)
{
	if (exchange->context != NULL)
		MemoryContextDelete(exchange->context);
	exchange->context = NULL;
	exchange->response = NULL;
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

/* Whether it may wait for items: one may of those that have been tried before. */
static bool
is_patient(Exchange *exchange)
{
	if (patient == NULL && exchange->first_try != 0)
		patient = exchange;
	return patient == exchange;
}

static void
be_patient_no_more(const Exchange *exchange)
{
	if (patient == exchange)
		patient = NULL;
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

	drop_response(exchange);
	wait_until(&exchange->waiting, exchange->connection, Min(due, patient_until(exchange)));
}

/* Judges the head: the exchange is screened then, or refused, or there is no memory for that. */
static void
screen(Exchange *exchange)
{
	HttpRequest request = request_of(exchange);
	MemoryContext caller;

	SetCurrentStatementStartTimestamp();
	request.body = "";
	request.body_length = 0;
	request.body_follows = true;
	if (!begin_response(exchange))
	{
		drop_response(exchange);
		exchange->overloaded = true;
		free_body(exchange);
		return;
	}
	caller = MemoryContextSwitchTo(exchange->context);
	exchange->refused = http_screen(&request, exchange->response);
	MemoryContextSwitchTo(caller);
	if (exchange->refused)
	{
		free_body(exchange);
		return;
	}
	drop_response(exchange);
	unscreened_size -= exchange->body_size;
	exchange->screened = true;
}

/* Sends the response that there is, as soon as what it tells is on disk. */
static enum MHD_Result
finish(Exchange *exchange)
{
	if (exchange->response->status == MHD_HTTP_CONTENT_TOO_LARGE)
		return send_too_large(exchange->connection);
	if (XLogRecPtrIsInvalid(exchange->response->durable))
		return send_answer(exchange);
	wait_for_wal(&exchange->waiting, exchange->connection, exchange->response->durable);
	return MHD_YES;
}

static enum MHD_Result
serve_exchange(Exchange *exchange)
{
	HttpRequest request = request_of(exchange);
	TimestampTz now;
	MemoryContext caller;

	SetCurrentStatementStartTimestamp();
	now = GetCurrentStatementStartTimestamp();
	request.patient = is_patient(exchange);
	if (exchange->first_try == 0)
		exchange->first_try = now;
	request.waited = TimestampDifferenceMilliseconds(exchange->first_try, now);
	request.last_try = now >= patient_until(exchange);

	if (!begin_response(exchange))
		return MHD_NO;
	caller = MemoryContextSwitchTo(exchange->context);
	http_serve(&request, exchange->response);
	MemoryContextSwitchTo(caller);
	if (exchange->response->try_again)
	{
		try_again_later(exchange, GetCurrentTimestamp());
		return MHD_YES;
	}
	exchange->served = true;
	be_patient_no_more(exchange);
	free_body(exchange);
	return finish(exchange);
}

/* The length that the head announces, or 0. */
static uint64
announced_length(const HttpRequest *request)
{
	const char *length = http_header(request, HEADER_CONTENT_LENGTH);

	return length != NULL ? strtoull(length, NULL, 10) : 0;
}

/*
 * The head has come.  A client that asks whether to send its body is told at once
 * that it need not, as is one whose head is of no use; others send it whatever
 * they are told, and could not read an answer before its end.
 */
static enum MHD_Result
handle_head(Exchange *exchange)
{
	HttpRequest request;
	uint64		length;

	if (!collect_headers(exchange))
		return MHD_NO;
	request = request_of(exchange);
	if (http_framing_problem(&request) != NULL)
		return send_status(exchange->connection, MHD_HTTP_BAD_REQUEST, true);

	length = announced_length(&request);
	if (length > body_limit())
		exchange->too_large = true;
	else if (length > UNSCREENED_BODY)
		screen(exchange);
	if (http_header(&request, HEADER_EXPECT) == NULL)
		return MHD_YES;
	if (exchange->too_large)
		return send_too_large(exchange->connection);
	return exchange->refused && XLogRecPtrIsInvalid(exchange->response->durable) ? send_answer(exchange) : MHD_YES;
}

/* All has come. */
static enum MHD_Result
handle_whole(Exchange *exchange)
{
	exchange->whole = true;
	client_has_asked(exchange->connection);
	if (exchange->too_large)
		return send_too_large(exchange->connection);
	if (exchange->overloaded)
		return send_status(exchange->connection, MHD_HTTP_SERVICE_UNAVAILABLE, false);
	if (!exchange->refused)
		return serve_exchange(exchange);
	exchange->served = true;
	return finish(exchange);
}

/*
 * The worker ends.  Whoever has asked is told so, for what has not been carried
 * out will not be, and of what was being carried out nothing is left: that is so
 * while its transaction is in progress, and who cannot be told for certain gets no
 * answer.  The exchange's former response may be what was being made, so it stays.
 */
static enum MHD_Result
handle_end(Exchange *exchange, size_t *length)
{
	const ErrorData error = {.sqlerrcode = ERRCODE_ADMIN_SHUTDOWN,.message = "the worker ends"};

	if (*length > 0)
	{
		*length = 0;
		return MHD_YES;
	}
	if (exchange->response != NULL && !IsTransactionState())
		return MHD_NO;
	if (!begin_response(exchange))
		return MHD_NO;
	exchange->served = true;
	memset(exchange->response, 0, sizeof(HttpResponse));
	exchange->response->content_type = "application/x-amz-json-1.0";
	exchange->response->close = true;
	exchange->response->body.data = MemoryContextAlloc(exchange->context, 1024);
	exchange->response->body.maxlen = 1024;
	http_write_error(&error, exchange->response);
	return send_answer(exchange);
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
	if (exchange->served)
		return send_answer(exchange);
	if (ending)
		return handle_end(exchange, length);
	if (exchange->headers == NULL)
	{
		exchange->method = method;
		exchange->version = version;
		return handle_head(exchange);
	}
	if (*length > 0)
	{
		append_body(exchange, data, *length);
		*length = 0;
		return MHD_YES;
	}
	return handle_whole(exchange);
}

/* The request line has come: the one place that sees the URI as it was sent. */
static void *
begin_exchange(void *argument, const char *uri, struct MHD_Connection *connection)
{
	Exchange   *exchange = calloc(1, sizeof(Exchange));

	client_begins(connection);
	if (exchange == NULL)
		return NULL;
	exchange->uri = strdup(uri != NULL ? uri : "");
	if (exchange->uri == NULL)
	{
		free(exchange);
		return NULL;
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
	be_patient_no_more(exchange);
	wait_no_more(&exchange->waiting);
	drop_response(exchange);
	free_body(exchange);
	free(exchange->headers);
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
	running = NULL;
	ereport(FATAL,
			(errcode(ERRCODE_INTERNAL_ERROR),
			 errmsg("libmicrohttpd failed at %s:%u: %s", file, line, reason != NULL ? reason : "unknown reason")));
}

/*
 * Lets go what can be told, before the transaction that may be running is rolled
 * back.  Where the worker ends within libmicrohttpd's frames, it is entered anew; it
 * never gets back to those.
 */
static void
answer_at_exit(int code, Datum argument)
{
	if (running == NULL)
		return;
	ending = true;
	waiting_end();
	for (int i = 0; i < ENDING_ROUNDS; i++)
		MHD_run(running);
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
							  MHD_OPTION_STRICT_FOR_CLIENT, STRICT,
							  MHD_OPTION_URI_LOG_CALLBACK, begin_exchange, NULL,
							  MHD_OPTION_NOTIFY_COMPLETED, end_exchange, NULL,
							  MHD_OPTION_NOTIFY_CONNECTION, clients_notify, NULL,
							  MHD_OPTION_ARRAY, tls,
							  MHD_OPTION_END);
	if (daemon == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not start serving HTTP")));
	running = daemon;
	before_shmem_exit(answer_at_exit, (Datum) 0);
	return daemon;
}
