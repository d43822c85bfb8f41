/*
 * connection.h - libmicrohttpd's connections: requests come in, answers leave.
 */
#ifndef DDB_HTTP_CONNECTION_H
#define DDB_HTTP_CONNECTION_H

#include "postgres.h"

#include <microhttpd.h>

/* Starts serving the connections to a listening socket.  Raises an error if it cannot. */
extern struct MHD_Daemon *connections_begin(int listen_socket);

#endif							/* DDB_HTTP_CONNECTION_H */
