/*
 * post.c - POSTing a batch to an address, by libcurl.
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
#include <time.h>
#include <unistd.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/latch.h"

#include "compat.h"
#include "digest.h"
#include "event_source/url.h"

/* The longest answer: one that tells of 10,000 failed records is shorter. */
#define ANSWER_MAX (1024 * 1024)

/* How long it may take to reach the other side. */
#define CONNECT_MILLISECONDS 10000

/* Connections that are kept for the next batch. */
#define CONNECTIONS_KEPT 4

typedef struct Post
{
	CURL	   *easy;
	struct curl_slist *headers;
	char		reason[CURL_ERROR_SIZE];
	char	   *answer;			/* of ANSWER_MAX bytes */
	size_t		length;
	bool		too_long;
} Post;

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
	Post	   *post = argument;
	size_t		length = size * count;

	if (length > ANSWER_MAX - post->length)
	{
		post->too_long = true;
		return 0;
	}
	memcpy(post->answer + post->length, data, length);
	post->length += length;
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

static CURLcode
run(Post *post)
{
	bool		running = true;
	CURLMsg    *message;
	int			left;

	timer = 0;
	if (curl_multi_add_handle(multi, post->easy) != CURLM_OK)
		elog(ERROR, "libcurl has refused a transfer");
	while (running)
	{
		WaitEvent	event;
		int			count = WaitEventSetWait(events, timer, &event, 1, PG_WAIT_EXTENSION);

		if (count == 0)
			running = act(CURL_SOCKET_TIMEOUT, 0);
		else if (event.events & WL_LATCH_SET)
		{
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
		}
		else
			running = act_on_sockets();
	}
	message = curl_multi_info_read(multi, &left);
	return message == NULL ? CURLE_FAILED_INIT : message->data.result;
}

/* ---- The request ---- */

static void
add_header(Post *post, const char *header)
{
	struct curl_slist *headers = curl_slist_append(post->headers, header);

	if (headers == NULL)
		elog(ERROR, "out of memory in libcurl");
	post->headers = headers;
}

/* The time and the HMAC-SHA256 of "<time>.<body>", so that an old body cannot be sent as new. */
static void
add_signature(Post *post, const char *secret, const char *json, size_t length)
{
	char	   *timestamp = psprintf("%lld", (long long) time(NULL));
	size_t		prefix = strlen(timestamp) + 1;
	char	   *text = palloc(prefix + length);
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	StringInfoData header;

	memcpy(text, timestamp, prefix - 1);
	text[prefix - 1] = '.';
	memcpy(text + prefix, json, length);
	digest_hmac((const uint8 *) secret, strlen(secret), text, prefix + length, digest);
	pfree(text);

	initStringInfo(&header);
	appendStringInfoString(&header, "X-Ddb-Signature: sha256=");
	for (int i = 0; i < PG_SHA256_DIGEST_LENGTH; i++)
		appendStringInfo(&header, "%02x", digest[i]);
	add_header(post, header.data);
	add_header(post, psprintf("X-Ddb-Timestamp: %s", timestamp));
}

static void
prepare(Post *post, const char *url, const char *json, size_t length, int milliseconds)
{
	CURL	   *easy = post->easy;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	/* what is allowed is the address itself, and not whatever the environment names */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (event_url_ca_file[0] != '\0')
	{
		curl_easy_setopt(easy, CURLOPT_CAINFO, event_url_ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) milliseconds);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long) Min(milliseconds, CONNECT_MILLISECONDS));
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, post->headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "ddb");
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, json);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) length);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, answer_comes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, post);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, post->reason);
}

static void
judge(const Post *post, CURLcode result, const char *url)
{
	long		status = 0;

	if (post->too_long)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the answer of \"%s\" is longer than %d bytes", url, ANSWER_MAX)));
	if (result != CURLE_OK)
		ereport(ERROR,
				(errcode(ERRCODE_CONNECTION_FAILURE),
				 errmsg("could not POST to \"%s\": %s", url,
						post->reason[0] != '\0' ? post->reason : curl_easy_strerror(result))));
	curl_easy_getinfo(post->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status < 200 || status > 299)
		ereport(ERROR,
				(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				 errmsg("\"%s\" has answered with status %ld", url, status)));
}

void
event_url_post(const char *url, const char *json, size_t length, const char *secret,
			   int milliseconds, StringInfo answer)
{
	Post	   *post = palloc0(sizeof(Post));

	set_up();
	post->answer = palloc(ANSWER_MAX);
	post->easy = curl_easy_init();
	if (post->easy == NULL)
		elog(ERROR, "could not initialize libcurl");
	PG_TRY();
	{
		add_header(post, "Content-Type: application/json");
		/* it does not wait to be told to go on */
		add_header(post, "Expect:");
		if (secret != NULL)
			add_signature(post, secret, json, length);
		prepare(post, url, json, length, milliseconds);
		judge(post, run(post), url);
		appendBinaryStringInfo(answer, post->answer, post->length);
	}
	PG_FINALLY();
	{
		/* libcurl is done with it whether or not it had been added */
		(void) curl_multi_remove_handle(multi, post->easy);
		curl_easy_cleanup(post->easy);
		curl_slist_free_all(post->headers);
		pfree(post->answer);
	}
	PG_END_TRY();
}
