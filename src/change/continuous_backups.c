/*
 * continuous_backups.c - the catalog ddb.continuous_backups, and the moments to
 * which its tables can be restored.
 *
 * Operations ask for recovery here, and the log's processes answer: they make
 * ENABLING ENABLED, with the moment from which on the log has all changes, and take
 * away what is DISABLING.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "change/log.h"
#include "change/position.h"
#include "change/continuous_backups.h"
#include "owner_statement.h"
#include "table/catalog.h"
#include "table/catalog_row.h"

/* ddb.continuous_backups' columns, in order. */
enum
{
	BACKUPS_RELATION = 1,
	BACKUPS_STATUS,
	BACKUPS_PERIOD,
	BACKUPS_ENABLED
};

static const char *const statuses[] = {
	[RECOVERY_DISABLED] = "DISABLED",
	[RECOVERY_ENABLING] = "ENABLING",
	[RECOVERY_ENABLED] = "ENABLED",
	[RECOVERY_DISABLING] = "DISABLING"
};

/* ---- Reading ---- */

static RecoveryStatus
status_of_word(const char *word)
{
	for (int i = 0; i < (int) lengthof(statuses); i++)
	{
		if (strcmp(word, statuses[i]) == 0)
			return (RecoveryStatus) i;
	}
	elog(ERROR, "unexpected status of continuous backups: %s", word);
}

static ContinuousBackups
backups_of_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	ContinuousBackups backups = {0};
	bool		isnull;
	Datum		enabled = heap_getattr(tuple, BACKUPS_ENABLED, descriptor, &isnull);

	backups.status = status_of_word(catalog_text_column(tuple, descriptor, BACKUPS_STATUS));
	if (!isnull)
		backups.enabled = sequence_time(DatumGetTimestampTz(enabled));
	else if (backups.status == RECOVERY_ENABLED)
		backups.status = RECOVERY_ENABLING;
	backups.period = DatumGetInt32(heap_getattr(tuple, BACKUPS_PERIOD, descriptor, &isnull));
	return backups;
}

ContinuousBackups
continuous_backups_read(Oid relation)
{
	Relation	catalog = table_open(extension_relation("continuous_backups"), AccessShareLock);
	ContinuousBackups backups = {.status = RECOVERY_DISABLED};
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, BACKUPS_RELATION, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(catalog, extension_relation("continuous_backups_pkey"), true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		backups = backups_of_tuple(tuple, RelationGetDescr(catalog));
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return backups;
}

/* ---- Writing ---- */

static void
write_backups(const char *statement, int count, Oid *types, Datum *values)
{
	SPI_connect();
	(void) owner_statement_run(extension_relation("continuous_backups"), statement, count, types, values, NULL);
	SPI_finish();
	CommandCounterIncrement();
	change_log_request();
}

/*
 * What is older than the old period may have gone, and does not come back with a
 * longer one: from now on the period counts from what is left.  What is being given
 * up begins anew.
 */
void
continuous_backups_enable(Oid relation, int period)
{
	Oid			types[] = {OIDOID, INT4OID};
	Datum		values[] = {ObjectIdGetDatum(relation), Int32GetDatum(period)};

	write_backups("INSERT INTO ddb.continuous_backups AS b (relation, status, recovery_period_days)"
				  " VALUES ($1, 'ENABLING', $2)"
				  " ON CONFLICT (relation) DO UPDATE SET recovery_period_days = $2,"
				  " status = CASE b.status WHEN 'ENABLED' THEN 'ENABLED' ELSE 'ENABLING' END,"
				  " enabled = CASE b.status WHEN 'ENABLED' THEN greatest(b.enabled, pg_catalog.now() -"
				  " pg_catalog.make_interval(days => least(b.recovery_period_days, $2))) END",
				  lengthof(types), types, values);
}

void
continuous_backups_disable(Oid relation)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(relation)};

	write_backups("UPDATE ddb.continuous_backups SET status = 'DISABLING' WHERE relation = $1",
				  lengthof(types), types, values);
}

/* ---- The window ---- */

/*
 * The moment from which on no changes of the table are missing because of a hole;
 * false where the last hole has no end yet.  The shards behind a hole begin together.
 */
static bool
end_of_holes(Oid relation, int64 *moment)
{
	List	   *shards = shards_of(relation, NULL);
	int64		hole = -1;
	ListCell   *cell;

	*moment = PG_INT64_MIN;
	foreach(cell, shards)
	{
		const Shard *shard = lfirst(cell);

		if (shard->ended_by != NULL && strcmp(shard->ended_by, "hole") == 0)
		{
			hole = Max(hole, shard->number);
			*moment = PG_INT64_MAX;
		}
	}
	foreach(cell, shards)
	{
		const Shard *shard = lfirst(cell);

		if (hole >= 0 && shard->number > hole)
			*moment = Min(*moment, shard->start.time);
	}
	return *moment < PG_INT64_MAX;
}

bool
recovery_window(Oid relation, RecoveryWindow *window)
{
	ContinuousBackups backups = continuous_backups_read(relation);
	int64		now = sequence_time(GetCurrentTimestamp());
	LogPosition position;
	int64		holes_end;

	if (backups.status != RECOVERY_ENABLED || !change_log_position(&position) ||
		!end_of_holes(relation, &holes_end))
		return false;
	window->earliest = Max(Max(backups.enabled, holes_end), now - backups.period * USECS_PER_DAY);
	/* after the clock was set back, changes are ahead of it */
	window->latest = Max(sequence_time(position.time), position.last.time);
	return window->earliest <= window->latest;
}
