/*
 * settings.c - the endpoint's settings.
 */
#include "postgres.h"

#include <limits.h>

#include "miscadmin.h"
#include "utils/guc.h"

#include "http/addresses.h"
#include "http/endpoint.h"

char	   *endpoint_address = NULL;
int			endpoint_port = 0;
int			endpoint_workers = 0;
char	   *endpoint_database = NULL;
int			endpoint_auth = AUTH_SIGNATURE;
char	   *endpoint_trust_role = NULL;
bool		endpoint_trust_remote = false;
int			endpoint_connections = 0;
int			endpoint_idle_timeout = 0;
int			endpoint_body_limit = 0;
int			endpoint_statement_timeout = 0;
int			endpoint_lock_timeout = 0;
char	   *endpoint_metrics_addresses = NULL;
int			endpoint_log_min_duration = -1;
bool		endpoint_tls = false;
char	   *endpoint_tls_cert = NULL;
char	   *endpoint_tls_key = NULL;

static const struct config_enum_entry auth_options[] = {
	{"signature", AUTH_SIGNATURE, false},
	{"trust", AUTH_TRUST, false},
	{NULL, 0, false}
};

/*
 * Settings of the workers are fixed at the server's start.  Without preloading
 * there are no workers, and PostgreSQL would refuse settings of that kind.
 */
static GucContext
context_of_fixed(void)
{
	return process_shared_preload_libraries_in_progress ? PGC_POSTMASTER : PGC_SIGHUP;
}

static void
define_place(void)
{
	GucContext	fixed = context_of_fixed();

	DefineCustomStringVariable("ddb.http_address", "The address that the HTTP endpoint listens on.", NULL,
							   &endpoint_address, "127.0.0.1", fixed, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.http_port", "The port of the HTTP endpoint.", "0 turns the endpoint off.",
							&endpoint_port, 8000, 0, 65535, fixed, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.http_workers", "The number of worker processes of the HTTP endpoint.", NULL,
							&endpoint_workers, 4, 1, 256, fixed, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("ddb.http_database", "The database that the HTTP endpoint serves.", NULL,
							   &endpoint_database, "postgres", fixed, 0, NULL, NULL, NULL);
	DefineCustomBoolVariable("ddb.http_tls", "Whether the HTTP endpoint speaks TLS.", NULL,
							 &endpoint_tls, false, fixed, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("ddb.http_tls_cert", "The file of the HTTP endpoint's certificate.",
							   "Empty for the server's own, ssl_cert_file.",
							   &endpoint_tls_cert, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomStringVariable("ddb.http_tls_key", "The file of the HTTP endpoint's private key.",
							   "Empty for the server's own, ssl_key_file.",
							   &endpoint_tls_key, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
}

static void
define_access(void)
{
	DefineCustomEnumVariable("ddb.http_auth", "How a request of the HTTP endpoint shows who it comes from.", NULL,
							 &endpoint_auth, AUTH_SIGNATURE, auth_options, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomStringVariable("ddb.http_trust_role", "The role of all requests under ddb.http_auth = trust.", NULL,
							   &endpoint_trust_role, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomBoolVariable("ddb.http_trust_remote",
							 "Whether ddb.http_auth = trust is allowed on other addresses than loopback.", NULL,
							 &endpoint_trust_remote, false, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

static void
define_limits(void)
{
	GucContext	fixed = context_of_fixed();

	DefineCustomIntVariable("ddb.http_connections", "The most connections of the HTTP endpoint, over all workers.", NULL,
							&endpoint_connections, 1000, 1, 1000000, fixed, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.http_idle_timeout", "The time after which an idle connection is closed.", "0 for never.",
							&endpoint_idle_timeout, 60, 0, 86400, PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.http_body_limit", "The largest body of a request.", NULL,
							&endpoint_body_limit, 16384, 1, 65536, PGC_SIGHUP, GUC_UNIT_KB, NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.http_statement_timeout", "The time after which a request is given up.", "0 for never.",
							&endpoint_statement_timeout, 30000, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.http_lock_timeout", "The time that a request waits for a lock.", "0 for as long as it takes.",
							&endpoint_lock_timeout, 1000, 0, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
}

static void
define_watching(void)
{
	DefineCustomStringVariable("ddb.http_metrics_addresses", "The addresses and networks that may read /metrics.",
							   "Empty for none.",
							   &endpoint_metrics_addresses, "127.0.0.1, ::1", PGC_SIGHUP, 0, addresses_check, NULL, NULL);
	DefineCustomIntVariable("ddb.http_log_min_duration", "The time from which on a request is logged as slow.",
							"0 for all, -1 for none.",
							&endpoint_log_min_duration, -1, -1, INT_MAX, PGC_SIGHUP, GUC_UNIT_MS, NULL, NULL, NULL);
}

void
endpoint_define_settings(void)
{
	define_place();
	define_access();
	define_limits();
	define_watching();
}
