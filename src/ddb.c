/*
 * ddb.c - the module's entry: its version, settings and background workers.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

#include "change/departure.h"
#include "change/shard.h"
#include "change/slot.h"
#include "change/state.h"
#include "change/want.h"
#include "ddb.h"
#include "event_source/event_source.h"
#include "http/endpoint.h"
#include "index/expiry.h"
#include "job/job.h"
#include "operation/operation.h"
#include "operation/transaction/token_filter.h"
#include "statistics/counters.h"
#include "table/duplicate_key.h"
#include "table/planner.h"
#include "transfer/bucket.h"
#include "worker/expiry_statistics.h"
#include "worker/launcher.h"

PG_MODULE_MAGIC;

char	   *ddb_region = NULL;
char	   *ddb_account_id = NULL;

void		_PG_init(void);

static bool
check_region(char **value, void **extra, GucSource source)
{
	const char *region = *value;

	if (region[0] == '\0' || strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(region))
	{
		GUC_check_errdetail("A region is made of lower-case letters, digits and hyphens.");
		return false;
	}
	return true;
}

static bool
check_account_id(char **value, void **extra, GucSource source)
{
	if (strlen(*value) != 12 || strspn(*value, "0123456789") != 12)
	{
		GUC_check_errdetail("An account ID has twelve digits.");
		return false;
	}
	return true;
}

void
_PG_init(void)
{
	DefineCustomStringVariable("ddb.region", "The region in the ARNs of tables.", NULL,
							   &ddb_region, "us-east-1", PGC_SUSET, 0,
							   check_region, NULL, NULL);
	DefineCustomStringVariable("ddb.account_id", "The account in the ARNs of tables.", NULL,
							   &ddb_account_id, "000000000000", PGC_SUSET, 0,
							   check_account_id, NULL, NULL);
	DefineCustomIntVariable("ddb.stream_shards", "Shards that a new stream has.", NULL,
							&stream_shards, 4, 1, 256, PGC_SIGHUP, 0, NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.stream_retention", "How long the records of streams can be read.", NULL,
							&stream_retention, 24 * 60 * 60, 1, 7 * 24 * 60 * 60, PGC_SIGHUP, GUC_UNIT_S,
							NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.change_lag_limit",
							"WAL that may wait for the change log of a database; beyond it the log gets a hole.",
							NULL, &change_lag_limit, 16 * 1024 * 1024, 64, PG_INT32_MAX, PGC_SIGHUP, GUC_UNIT_KB,
							NULL, NULL, NULL);
	expiry_define_settings();
	endpoint_define_settings();
	event_source_define_settings();
	bucket_define_settings();
	job_define_settings();
	MarkGUCPrefixReserved("ddb");
	planner_install_hook();
	duplicate_key_install_hooks();
	want_install();

	/* pg_upgrade wants the databases for itself */
	if (process_shared_preload_libraries_in_progress && !IsBinaryUpgrade)
	{
		counters_register(operation_count(), operation_name);
		token_filter_register();
		/* places may be few: without the launcher no index is filled, with an HTTP worker less all is only slower */
		launcher_register();
		log_state_install();
		departure_install_hook();
		expiry_statistics_register();
		endpoint_register_workers();
	}
}

PG_FUNCTION_INFO_V1(ddb_version);

Datum
ddb_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(DDB_VERSION));
}
