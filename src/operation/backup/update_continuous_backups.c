/*
 * update_continuous_backups.c - UpdateContinuousBackups.
 */
#include "postgres.h"

#include "change/log.h"
#include "job/recovery.h"
#include "change/continuous_backups.h"
#include "operation/backup/backups.h"
#include "operation/operations.h"
#include "operation/table/table_description.h"

typedef struct RecoveryRequest
{
	RequestBoolean enabled;
	RequestInteger period;
} RecoveryRequest;

typedef struct UpdateContinuousBackupsRequest
{
	RequestString table_name;
	RecoveryRequest *recovery;
} UpdateContinuousBackupsRequest;

static const Shape period_shape = {.kind = SHAPE_INTEGER, AT_LEAST(1), AT_MOST(RECOVERY_PERIOD_MAX)};

static const Member recovery_members[] = {
	REQUIRED(RecoveryRequest, enabled, "PointInTimeRecoveryEnabled", &boolean_shape),
	OPTIONAL(RecoveryRequest, period, "RecoveryPeriodInDays", &period_shape),
};
static const Shape recovery_shape =
STRUCTURE_SHAPE(RecoveryRequest, "PointInTimeRecoverySpecification", recovery_members);

static const Member members[] = {
	REQUIRED(UpdateContinuousBackupsRequest, table_name, "TableName", &described_table_name_shape),
	REQUIRED(UpdateContinuousBackupsRequest, recovery, "PointInTimeRecoverySpecification", &recovery_shape),
};

/* Locks the table to be updated, which it cannot be while it is being created. */
static TableRecord *
lock_table(const char *name)
{
	TableRecord *record;

	if (backups_table(name)->creating)
		ddb_error(CONTINUOUS_BACKUPS_UNAVAILABLE_EXCEPTION,
				  "Backups are being enabled for the table: %s. Please retry later", name);
	record = catalog_lock_table_to_update(name);
	return record != NULL ? record : backups_table(name);
}

static void
enable(const TableRecord *record, const RequestInteger *period)
{
	ContinuousBackups backups = continuous_backups_read(record->relation);
	int			days = period->given ? (int) period->value : RECOVERY_PERIOD_DEFAULT;

	if (backups.status == RECOVERY_DISABLED || backups.status == RECOVERY_DISABLING)
	{
		change_log_check_table("Point-in-time recovery", record->relation);
		recovery_check_places();
	}
	else if (backups.period == days)
		return;
	continuous_backups_enable(record->relation, days);
}

static void
disable(const TableRecord *record)
{
	ContinuousBackups backups = continuous_backups_read(record->relation);

	if (backups.status == RECOVERY_ENABLING || backups.status == RECOVERY_ENABLED)
		continuous_backups_disable(record->relation);
}

static void
execute(const void *argument, StringInfo response)
{
	const UpdateContinuousBackupsRequest *request = argument;
	TableRecord *record = lock_table(requested_table(&request->table_name));

	if (request->recovery->enabled == BOOLEAN_TRUE)
		enable(record, &request->recovery->period);
	else
		disable(record);
	append_continuous_backups(response, record->relation);
}

const OperationDescription update_continuous_backups_operation = {
	.request = STRUCTURE_SHAPE(UpdateContinuousBackupsRequest, "UpdateContinuousBackupsInput", members),
	.locks_table = true,
	.execute = execute
};
