/*
 * http_client.c - asking other servers, by libcurl.
 *
 * libcurl runs in the process's own thread, and waits together with the process's
 * latch, so that the process can be interrupted.  Its callbacks raise no errors, which
 * would jump over its frames.  Where it looks up a name in a thread of its own, that
 * has all signals blocked: PostgreSQL's handlers must never run in two.
 */
#include "postgres.h"

#include <curl/curl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"

#include "compat.h"
#include "http_client.h"

/* How long it may take to reach the other side. */
#define CONNECT_MILLISECONDS 10000

/* What comes and goes slower than that, in bytes a second, has stalled. */
#define STALLED_SPEED 1024

/* Connections that are kept for the next request. */
#define CONNECTIONS_KEPT 4

/* How long it waits at a time where somebody wants to look meanwhile. */
#define WAITING_MILLISECONDS 1000

static CURLM *multi = NULL;
static int	epoll = -1;			/* of multi's sockets */
static long timer = -1;			/* when multi wants to be called, in milliseconds from then; -1: not */
static WaitEventSet *events = NULL;

/* ---- Callbacks ---- */

static int
socket_changes(CURL *easy, curl_socket_t socket, int what, void *argument, void *socket_argument)
{
	struct epoll_event event = {.data.fd = socket};

	if (what == CURL_POLL_REMOVE)
	{
		(void) epoll_ctl(epoll, EPOLL_CTL_DEL, socket, NULL);
		return 0;
	}
	event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
	if (epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) < 0 &&
		epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) < 0)
		return -1;
	return 0;
}

static int
timer_changes(CURLM *handle, long milliseconds, void *argument)
{
	timer = milliseconds;
	return 0;
}

static size_t
answer_comes(char *data, size_t size, size_t count, void *argument)
{
	HttpExchange *exchange = argument;
	size_t		length = size * count;

	if (length > exchange->answer_size - exchange->answer_length)
	{
		exchange->too_long = true;
		return 0;
	}
	memcpy(exchange->answer + exchange->answer_length, data, length);
	exchange->answer_length += length;
	return length;
}

/* ---- Running ---- */

static void
set_up(void)
{
	if (multi != NULL)
		return;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		elog(ERROR, "could not initialize libcurl");
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		elog(ERROR, "could not create an epoll descriptor: %m");
	events = create_wait_event_set_compat(3);
	AddWaitEventToSet(events, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(events, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	AddWaitEventToSet(events, WL_SOCKET_READABLE, epoll, NULL, NULL);
	multi = curl_multi_init();
	if (multi == NULL)
		elog(ERROR, "could not initialize libcurl");
	curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_changes);
	curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_changes);
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long) CONNECTIONS_KEPT);
}

/* Has libcurl do what it can, about a socket or its timer; true while there is more to come. */
static bool
act(curl_socket_t socket, int what)
{
	sigset_t	all;
	sigset_t	before;
	int			running = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	(void) curl_multi_socket_action(multi, socket, what, &running);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return running > 0;
}

/* The sockets that have become ready. */
static bool
act_on_sockets(void)
{
	struct epoll_event ready[8];
	int			count = epoll_wait(epoll, ready, lengthof(ready), 0);
	bool		running = true;

	for (int i = 0; i < count; i++)
		running = act(ready[i].data.fd,
					  (ready[i].events & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) |
					  (ready[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
					  (ready[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0));
	return running;
}

/* How long to wait for anything, in milliseconds; -1: without end. */
static long
patience(const HttpExchange *exchange)
{
	if (exchange->waiting == NULL)
		return timer;
	return timer < 0 ? WAITING_MILLISECONDS : Min(timer, WAITING_MILLISECONDS);
}

static CURLcode
run(CURL *easy, const HttpExchange *exchange)
{
	bool		running = true;
	CURLMsg    *message;
	int			left;

	timer = 0;
	if (curl_multi_add_handle(multi, easy) != CURLM_OK)
		elog(ERROR, "libcurl has refused a transfer");
	while (running)
	{
		WaitEvent	event;
		int			count = WaitEventSetWait(events, patience(exchange), &event, 1, PG_WAIT_EXTENSION);

		/* libcurl does not mind that its time has not come */
		if (count == 0)
			running = act(CURL_SOCKET_TIMEOUT, 0);
		else if (event.events & WL_LATCH_SET)
		{
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
		}
		else
			running = act_on_sockets();
		if (running && exchange->waiting != NULL)
			exchange->waiting();
	}
	message = curl_multi_info_read(multi, &left);
	return message == NULL ? CURLE_FAILED_INIT : message->data.result;
}

/* ---- The request ---- */

static struct curl_slist *
add_header(struct curl_slist *headers, const char *header)
{
	struct curl_slist *longer = curl_slist_append(headers, header);

	if (longer == NULL)
		elog(ERROR, "out of memory in libcurl");
	return longer;
}

static void
set_security(CURL *easy, const HttpExchange *exchange)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	/* what is asked is the address itself, and not whatever the environment names */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (exchange->ca_file[0] != '\0')
	{
		curl_easy_setopt(easy, CURLOPT_CAINFO, exchange->ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
}

static void
set_limits(CURL *easy, const HttpExchange *exchange)
{
	int			milliseconds = exchange->milliseconds;

	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) milliseconds);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
					 (long) (milliseconds > 0 ? Min(milliseconds, CONNECT_MILLISECONDS) : CONNECT_MILLISECONDS));
	if (exchange->stall_seconds > 0)
	{
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long) STALLED_SPEED);
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long) exchange->stall_seconds);
	}
}

static void
set_request(CURL *easy, HttpExchange *exchange)
{
	curl_easy_setopt(easy, CURLOPT_URL, exchange->url);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "ddb");
	if (strcmp(exchange->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, exchange->method);
	if (exchange->body != NULL)
	{
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) exchange->body_length);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->body);
	}
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, answer_comes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->reason);
}

/* ---- The answer ---- */

static void
take_headers(CURL *easy, HttpExchange *exchange)
{
	for (int i = 0; i < exchange->wanted_count; i++)
	{
		struct curl_header *header;
		bool		found = curl_easy_header(easy, exchange->wanted[i].name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK;

		exchange->wanted[i].value = found ? pstrdup(header->value) : NULL;
	}
}

static HttpOutcome
judge(HttpExchange *exchange, CURLcode result)
{
	if (exchange->too_long)
	{
		snprintf(exchange->reason, HTTP_REASON_SIZE, "the answer is longer than %zu bytes", exchange->answer_size);
		return HTTP_TOO_LONG;
	}
	if (result == CURLE_OK)
		return HTTP_ANSWERED;
	if (exchange->reason[0] == '\0')
		strlcpy(exchange->reason, curl_easy_strerror(result), HTTP_REASON_SIZE);
	switch (result)
	{
		case CURLE_URL_MALFORMAT:
		case CURLE_UNSUPPORTED_PROTOCOL:
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_CACERT_BADFILE:
		case CURLE_SSL_ISSUER_ERROR:
		case CURLE_SSL_INVALIDCERTSTATUS:
			return HTTP_REFUSED;
		default:
			return HTTP_BROKEN;
	}
}

HttpOutcome
http_exchange(HttpExchange *exchange)
{
	CURL	   *easy;
	struct curl_slist *volatile headers = NULL;
	volatile HttpOutcome outcome = HTTP_BROKEN;

	StaticAssertStmt(HTTP_REASON_SIZE >= CURL_ERROR_SIZE, "libcurl writes so much");
	set_up();
	exchange->answer_length = 0;
	exchange->status = 0;
	exchange->reason[0] = '\0';
	exchange->too_long = false;
	easy = curl_easy_init();
	if (easy == NULL)
		elog(ERROR, "could not initialize libcurl");
	PG_TRY();
	{
		ListCell   *cell;

		/* it does not wait to be told to go on */
		headers = add_header(headers, "Expect:");
		foreach(cell, exchange->headers)
			headers = add_header(headers, lfirst(cell));
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
		set_request(easy, exchange);
		set_security(easy, exchange);
		set_limits(easy, exchange);
		outcome = judge(exchange, run(easy, exchange));
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &exchange->status);
		take_headers(easy, exchange);
	}
	PG_FINALLY();
	{
		/* libcurl is done with it whether or not it had been added */
		(void) curl_multi_remove_handle(multi, easy);
		curl_easy_cleanup(easy);
		curl_slist_free_all(headers);
	}
	PG_END_TRY();
	return outcome;
}
