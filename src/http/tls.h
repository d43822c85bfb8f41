/*
 * tls.h - the endpoint's certificate.
 */
#ifndef DDB_HTTP_TLS_H
#define DDB_HTTP_TLS_H

#include <microhttpd.h>

/* Fills in three options: certificate, private key, end.  Raises an error if they cannot be read. */
extern void tls_options(struct MHD_OptionItem *options);

#endif							/* DDB_HTTP_TLS_H */
