/*
 * tls.h - the endpoint's certificate.
 */
#ifndef DDB_HTTP_TLS_H
#define DDB_HTTP_TLS_H

#include "postgres.h"

#include <microhttpd.h>

/*
 * Reads certificate and key, for connections from now on; false if they are of
 * no use, which is reported at that level (below ERROR), and those of before stay.
 */
extern bool tls_load(int level);

/* Fills in so many options: the certificate, the versions, end. */
#define TLS_OPTIONS 3
extern void tls_options(struct MHD_OptionItem *options);

/* Part of a connection that may speak TLS, for as long as it is open. */
typedef struct TlsTransport
{
	int			fd;
	bool		begun;			/* the first bytes have come */
} TlsTransport;

/*
 * Lets tls_has_moved() know of the new connection's bytes, and answers it with
 * status 400 if it turns out to be HTTP without TLS.
 */
extern void tls_watch(struct MHD_Connection *connection, TlsTransport *transport);

/* Whether bytes of any connection have come or gone since the last call. */
extern bool tls_has_moved(void);

#endif							/* DDB_HTTP_TLS_H */
