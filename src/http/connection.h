/*
 * connection.h - libmicrohttpd's connections: requests come in, answers leave.
 */
#ifndef DDB_HTTP_CONNECTION_H
#define DDB_HTTP_CONNECTION_H

#include "postgres.h"

#include <microhttpd.h>

/* Starts serving the connections to a listening socket.  Raises an error if it cannot. */
extern struct MHD_Daemon *connections_begin(int listen_socket);

/*
 * Lets the answers go that were held until WAL is on disk; false if there were
 * none.
 */
extern bool connections_release_held(void);

/* Whether there are connections; they want connections_drop_dead() now and then. */
extern bool connections_any(void);
extern void connections_drop_dead(void);

#endif							/* DDB_HTTP_CONNECTION_H */
