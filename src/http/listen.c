/*
 * listen.c - the listening sockets of the endpoint's workers.
 *
 * Each worker has a socket of its own on the common port (SO_REUSEPORT), over
 * which the kernel spreads new connections.  The kernel would spread them over
 * those of another server of the same user as well; so the first worker makes
 * sure, with a socket that shares with nobody, that nobody else listens.
 */
#include "postgres.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port/atomics.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"

#include "http/endpoint.h"
#include "http/listen.h"

#define BACKLOG 1024

typedef struct SharedState
{
	LWLock	   *lock;
	int			sockets;		/* of this server that listen */
} SharedState;

static SharedState *shared = NULL;
static int	own_socket = -1;

Size
listen_shmem_size(void)
{
	return MAXALIGN(sizeof(SharedState));
}

void
listen_shmem_init(void *memory, bool found)
{
	shared = memory;
	if (!found)
	{
		shared->lock = &GetNamedLWLockTranche("ddb_http")->lock;
		shared->sockets = 0;
	}
}

/* The address to listen on; NULL if it is none, which is reported. */
static struct addrinfo *
resolve(int level)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE,.ai_socktype = SOCK_STREAM};
	struct addrinfo *address;
	char		port[8];
	int			result;

	snprintf(port, sizeof(port), "%d", endpoint_port);
	result = getaddrinfo(endpoint_address, port, &hints, &address);
	if (result == 0)
		return address;
	ereport(level,
			(errcode(ERRCODE_CONFIG_FILE_ERROR),
			 errmsg("could not resolve ddb.http_address \"%s\": %s", endpoint_address, gai_strerror(result))));
	return NULL;
}

bool
listen_is_local(void)
{
	struct addrinfo *address = resolve(DEBUG1);
	bool		local = false;

	if (address == NULL)
		return false;
	if (address->ai_family == AF_INET)
		local = (ntohl(((struct sockaddr_in *) address->ai_addr)->sin_addr.s_addr) >> 24) == 127;
	else if (address->ai_family == AF_INET6)
		local = IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *) address->ai_addr)->sin6_addr);
	freeaddrinfo(address);
	return local;
}

/* A bound socket, or -1. */
static int
bind_socket(const struct addrinfo *address, bool share)
{
	int			fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int			on = 1;

	if (fd >= 0 &&
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
		(!share || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0) &&
		bind(fd, address->ai_addr, address->ai_addrlen) == 0 &&
		listen(fd, BACKLOG) == 0)
		return fd;
	if (fd >= 0)
	{
		int			error = errno;

		close(fd);
		errno = error;
	}
	return -1;
}

static void
close_at_exit(int code, Datum argument)
{
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	shutdown(own_socket, SHUT_RDWR);
	close(own_socket);
	shared->sockets--;
	LWLockRelease(shared->lock);
}

int
listen_open(int level)
{
	struct addrinfo *address = resolve(level);
	int			fd = -1;
	int			alone = -1;

	if (address == NULL)
		return -1;
	LWLockAcquire(shared->lock, LW_EXCLUSIVE);
	if (shared->sockets == 0)
		alone = bind_socket(address, false);
	if (alone >= 0)
		close(alone);
	if (alone >= 0 || shared->sockets > 0)
		fd = bind_socket(address, true);
	if (fd >= 0)
	{
		ReserveExternalFD();
		own_socket = fd;
		shared->sockets++;
		before_shmem_exit(close_at_exit, (Datum) 0);
	}
	else
		ereport(level,
				(errcode_for_socket_access(),
				 errmsg("could not listen for HTTP on address \"%s\", port %d: %m",
						endpoint_address, endpoint_port),
				 errhint("Is another server on that port? Trying again until it is free.")));
	LWLockRelease(shared->lock);
	freeaddrinfo(address);
	return fd;
}
