/*
 * clients.c - the connections that a worker has, and who must go when they are too many.
 *
 * A connection costs a slot, and who opens many and says nothing could take all.
 * So a new connection beyond the limit takes the place of another one: of the
 * oldest that has not yet sent a whole request, or where there is none, of the
 * one that has been idle for longest.  Who waits for an answer stays, and whose
 * request has come but is not yet read; where all do, new ones wait to be accepted.
 */
#include "postgres.h"

#include <sys/socket.h>

#include "lib/ilist.h"
#include "storage/fd.h"

#include "http/clients.h"
#include "http/endpoint.h"
#include "http/tls.h"
#include "statistics/counters.h"

/* So many connections beyond the limit can be accepted while others are being closed. */
#define SPARE 8

typedef enum ClientState
{
	CLIENT_NEW,					/* has not sent a whole request yet */
	CLIENT_IDLE,				/* has had answers */
	CLIENT_ASKING,				/* a whole request has come, its answer has not left */
	CLIENT_CLOSED,				/* by us; libmicrohttpd does not know yet */
	CLIENT_STATES
} ClientState;

typedef struct Client
{
	dlist_node	node;			/* in clients[state] */
	ClientState state;
	bool		known;			/* has sent a whole request */
	bool		heard;			/* of its next request, the beginning has been read */
	int			fd;
	TlsTransport transport;
} Client;

/* Each in the order in which they came into that state. */
static dlist_head clients[CLIENT_STATES] = {
	DLIST_STATIC_INIT(clients[CLIENT_NEW]),
	DLIST_STATIC_INIT(clients[CLIENT_IDLE]),
	DLIST_STATIC_INIT(clients[CLIENT_ASKING]),
	DLIST_STATIC_INIT(clients[CLIENT_CLOSED])
};
static unsigned int count = 0;
static unsigned int open_count = 0; /* of all but the closed */
static bool accepting_again = false;

/*
 * A worker's share, as far as it leaves descriptors for files: without one, no
 * request gets anywhere, and where WAL cannot be opened the whole server ends.
 */
static unsigned int
limit(void)
{
	int			most = Min(endpoint_connections / endpoint_workers, max_safe_fds / 4 * 3 - SPARE);

	return Max(most, 1);
}

unsigned int
clients_most(void)
{
	return limit() + SPARE;
}

static void
enter(Client *client, ClientState state)
{
	dlist_delete(&client->node);
	dlist_push_tail(&clients[state], &client->node);
	client->state = state;
}

/* libmicrohttpd finds the end of the stream, and closes. */
static void
close_client(Client *client)
{
	shutdown(client->fd, SHUT_RDWR);
	enter(client, CLIENT_CLOSED);
	open_count--;
}

/* What recv() says of a byte that is left unread. */
static ssize_t
peek(const Client *client)
{
	char		byte;

	return recv(client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
}

/* Closes one that can go, another than the newest; false if there is none. */
static bool
close_oldest(const Client *newest)
{
	for (ClientState state = CLIENT_NEW; state <= CLIENT_IDLE; state++)
	{
		dlist_iter	iter;

		dlist_foreach(iter, &clients[state])
		{
			Client	   *client = dlist_container(Client, node, iter.cur);

			if (client == newest || (!client->heard && peek(client) > 0))
				continue;
			close_client(client);
			return true;
		}
	}
	return false;
}

void
clients_make_room(void)
{
	if (count < clients_most() || !dlist_is_empty(&clients[CLIENT_CLOSED]))
		return;
	while (open_count > limit() && close_oldest(NULL))
		;
}

/* Descriptors that PostgreSQL does not know of must not exceed what it may open. */
static void
begin(struct MHD_Connection *connection, void **state)
{
	Client	   *client = calloc(1, sizeof(Client));

	ReserveExternalFD();
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned int) endpoint_idle_timeout);
	if (client == NULL)
		ereport(FATAL,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	client->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	dlist_push_tail(&clients[CLIENT_NEW], &client->node);
	*state = client;
	client->transport.fd = client->fd;
	if (endpoint_tls)
		tls_watch(connection, &client->transport);
	count++;
	counters_add(SERVER_CONNECTIONS, 1);
	if (++open_count > limit())
		close_oldest(client);
}

static void
end(Client *client)
{
	if (count-- == clients_most())
		accepting_again = true;
	if (client->state != CLIENT_CLOSED)
		open_count--;
	ReleaseExternalFD();
	dlist_delete(&client->node);
	free(client);
}

void
clients_notify(void *argument, struct MHD_Connection *connection, void **state,
			   enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		begin(connection, state);
	else
		end(*state);
}

static Client *
client_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void
client_begins(struct MHD_Connection *connection)
{
	client_of(connection)->heard = true;
}

void
client_has_asked(struct MHD_Connection *connection)
{
	Client	   *client = client_of(connection);

	client->known = true;
	if (client->state != CLIENT_CLOSED)
		enter(client, CLIENT_ASKING);
}

void
client_is_done(struct MHD_Connection *connection)
{
	Client	   *client = client_of(connection);

	client->heard = false;
	if (client->state != CLIENT_CLOSED)
		enter(client, client->known ? CLIENT_IDLE : CLIENT_NEW);
}

int
clients_count(void)
{
	return (int) open_count;
}

bool
clients_any(void)
{
	return count > 0;
}

bool
clients_accepting_again(void)
{
	bool		result = accepting_again;

	accepting_again = false;
	return result;
}

/*
 * libmicrohttpd does not see that a client has gone when its last bytes came
 * together with the end; such a connection would keep its slot until it times
 * out.
 */
void
clients_drop_dead(void)
{
	for (ClientState state = CLIENT_NEW; state <= CLIENT_IDLE; state++)
	{
		dlist_mutable_iter iter;

		dlist_foreach_modify(iter, &clients[state])
		{
			Client	   *client = dlist_container(Client, node, iter.cur);

			if (peek(client) == 0)
				close_client(client);
		}
	}
}
