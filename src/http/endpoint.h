/*
 * endpoint.h - the HTTP endpoint that AWS's SDKs talk to: its settings and
 * its background workers.
 *
 * Each worker is a single-threaded server with a listening socket of its own
 * on the common port, and runs each request in a transaction of its own.
 */
#ifndef DDB_ENDPOINT_H
#define DDB_ENDPOINT_H

#include "postgres.h"

typedef enum EndpointAuth
{
	AUTH_SIGNATURE,				/* Signature Version 4 by a key of ddb.access_keys */
	AUTH_TRUST					/* every request runs as ddb.http_trust_role */
} EndpointAuth;

extern char *endpoint_address;
extern int	endpoint_port;
extern int	endpoint_workers;
extern char *endpoint_database;
extern int	endpoint_auth;
extern char *endpoint_trust_role;
extern bool endpoint_trust_remote;
extern int	endpoint_connections;
extern int	endpoint_idle_timeout;	/* seconds */
extern int	endpoint_body_limit;	/* kilobytes */
extern int	endpoint_statement_timeout; /* milliseconds */
extern int	endpoint_lock_timeout;	/* milliseconds */
extern char *endpoint_metrics_addresses;	/* for addresses_match() */
extern int	endpoint_log_min_duration;	/* milliseconds; -1: never */
extern bool endpoint_tls;
extern char *endpoint_tls_cert;
extern char *endpoint_tls_key;

/* For _PG_init(): defines the settings. */
extern void endpoint_define_settings(void);

/* For _PG_init() in the postmaster: registers the workers, if there is a port. */
extern void endpoint_register_workers(void);

#endif							/* DDB_ENDPOINT_H */
