/*
 * tls.h - the endpoint's certificate.
 */
#ifndef DDB_HTTP_TLS_H
#define DDB_HTTP_TLS_H

#include <microhttpd.h>

/* Reads certificate and key.  Raises an error if they are of no use. */
extern void tls_begin(void);

/*
 * Reads them again, for connections from now on.  If they are of no use, the
 * log says so and those of before stay.
 */
extern void tls_reload(void);

/* Fills in two options: the certificate, end. */
extern void tls_options(struct MHD_OptionItem *options);

#endif							/* DDB_HTTP_TLS_H */
