/*
 * backups.c - what the operations on backups share.
 */
#include "postgres.h"

#include "arn.h"
#include "change/continuous_backups.h"
#include "error.h"
#include "operation/backup/backups.h"
#include "operation/backup/restore.h"
#include "table/table.h"

TableRecord *
backups_table(const char *name)
{
	TableRecord *record = catalog_read_table(name);

	if (record == NULL)
		ddb_error(TABLE_NOT_FOUND_EXCEPTION, "Table not found: %s", name);
	return record;
}

void
backups_check_may_read(const char *name)
{
	Table	   *table = table_open_by_name(name, ACL_SELECT);

	if (table->security != NULL)
		restore_deny(table_arn(name));
	table_release(table);
}

static void __attribute__((noreturn))
report_no_recovery(const char *name)
{
	ddb_error(POINT_IN_TIME_RECOVERY_UNAVAILABLE_EXCEPTION, "Point in time recovery is not enabled for table '%s'", name);
}

TableRecord *
backups_source(const char *name)
{
	TableRecord *record = backups_table(name);

	if (record->creating)
		report_no_recovery(record->name);
	backups_check_may_read(record->name);
	/* locked now, so that it stays the same */
	return backups_table(name);
}

bool
backups_find_moment(const TableRecord *record, bool latest, int64 *moment)
{
	RecoveryStatus status = continuous_backups_read(record->relation).status;
	RecoveryWindow window;

	if (status != RECOVERY_ENABLED && status != RECOVERY_ENABLING)
		report_no_recovery(record->name);
	if (!recovery_window(record->relation, &window))
		return false;
	if (latest)
		*moment = window.latest;
	return *moment >= window.earliest && *moment <= window.latest;
}

/* Milliseconds as seconds with a fraction. */
static void
append_date(StringInfo out, const char *name, int64 milliseconds)
{
	appendStringInfo(out, ",\"%s\":" INT64_FORMAT ".%03d", name, milliseconds / 1000,
					 (int) (milliseconds % 1000));
}

/* Rounded so that a table can be restored to what is told. */
static void
append_window(StringInfo out, const RecoveryWindow *window)
{
	append_date(out, "EarliestRestorableDateTime", (window->earliest + 999) / 1000);
	append_date(out, "LatestRestorableDateTime", window->latest / 1000);
}

/*
 * As AWS has it, recovery is on as soon as it has been asked for; which moments
 * there are is told as soon as there are any.
 */
void
append_continuous_backups(StringInfo response, Oid relation)
{
	ContinuousBackups backups = continuous_backups_read(relation);
	bool		enabled = backups.status == RECOVERY_ENABLING || backups.status == RECOVERY_ENABLED;
	RecoveryWindow window;

	appendStringInfo(response, "{\"ContinuousBackupsDescription\":{\"ContinuousBackupsStatus\":\"ENABLED\","
					 "\"PointInTimeRecoveryDescription\":{\"PointInTimeRecoveryStatus\":\"%s\"",
					 enabled ? "ENABLED" : "DISABLED");
	if (enabled)
		appendStringInfo(response, ",\"RecoveryPeriodInDays\":%d", backups.period);
	if (recovery_window(relation, &window))
		append_window(response, &window);
	appendStringInfoString(response, "}}}");
}
