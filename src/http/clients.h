/*
 * clients.h - the connections that a worker has, and who must go when they are too many.
 */
#ifndef DDB_HTTP_CLIENTS_H
#define DDB_HTTP_CLIENTS_H

#include "postgres.h"

#include <microhttpd.h>

/* The most connections that libmicrohttpd is to accept. */
extern unsigned int clients_most(void);

/* libmicrohttpd's MHD_NotifyConnectionCallback */
extern void clients_notify(void *argument, struct MHD_Connection *connection, void **state,
						   enum MHD_ConnectionNotificationCode code);

/* A request's first line has come. */
extern void client_begins(struct MHD_Connection *connection);

/* A whole request of the connection's has come. */
extern void client_has_asked(struct MHD_Connection *connection);

/* Its request has ended, with an answer or without. */
extern void client_is_done(struct MHD_Connection *connection);

/* How many connections there are, but for those that are being closed. */
extern int	clients_count(void);

/* Whether there are connections; they want clients_drop_dead() now and then. */
extern bool clients_any(void);
extern void clients_drop_dead(void);

/* Where libmicrohttpd cannot accept another one, closes some that can go since; for each turn. */
extern void clients_make_room(void);

/*
 * Whether there is room since the last call where there was none: until it
 * runs again, libmicrohttpd does not wait for new connections.
 */
extern bool clients_accepting_again(void);

#endif							/* DDB_HTTP_CLIENTS_H */
