/*
 * restore_table_to_point_in_time.c - RestoreTableToPointInTime.
 *
 * The new table is made at once, by the caller and in the caller's transaction, with
 * the source's keys, indexes and settings as they are now.  A job fills it
 * (job/recovery.c); until then it is CREATING.
 */
#include "postgres.h"

#include "arn.h"
#include "error.h"
#include "job/recovery.h"
#include "operation/backup/backups.h"
#include "operation/backup/restore.h"
#include "operation/operations.h"

typedef struct RestoreRequest
{
	RequestString source_arn;
	RequestString source_name;
	RequestString target_name;
	RequestBoolean use_latest;
	RequestTimestamp moment;
	RestoreOverrides overrides;
} RestoreRequest;

static const Shape arn_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(1024)};

static const Member members[] = {
	OPTIONAL(RestoreRequest, source_arn, "SourceTableArn", &arn_shape),
	OPTIONAL(RestoreRequest, source_name, "SourceTableName", &restored_table_name_shape),
	REQUIRED(RestoreRequest, target_name, "TargetTableName", &restored_table_name_shape),
	OPTIONAL(RestoreRequest, use_latest, "UseLatestRestorableTime", &boolean_shape),
	OPTIONAL(RestoreRequest, moment, "RestoreDateTime", &timestamp_shape),
	RESTORE_OVERRIDES(RestoreRequest),
};

#define invalid_parameter(...) validation_error("One or more parameter values were invalid: " __VA_ARGS__)

/* ---- The source and the moment ---- */

static void
check_request(const RestoreRequest *request)
{
	bool		latest = request->use_latest == BOOLEAN_TRUE;

	restore_check_features(&request->overrides);
	if ((request->source_arn.data != NULL) == (request->source_name.data != NULL))
		invalid_parameter("One of SourceTableName and SourceTableArn must be specified");
	if (latest == request->moment.given)
		invalid_parameter("One of RestoreDateTime and UseLatestRestorableTime must be specified");
}

static const char *
source_name(const RestoreRequest *request)
{
	return request->source_name.data != NULL ? request->source_name.data :
		table_name_of_resource_arn(request->source_arn.data, request->source_arn.length);
}

static int64
restored_moment(const RestoreRequest *request, const TableRecord *source)
{
	int64		moment = request->moment.value;

	if (!backups_find_moment(source, !request->moment.given, &moment))
		ddb_error(INVALID_RESTORE_TIME_EXCEPTION, "An invalid restore time was specified. "
				  "RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime.");
	return moment;
}

static void
read_source(const TableRecord *record, int64 moment, RestoreSource *source)
{
	source->table_name = record->name;
	source->backup_arn = NULL;
	source->moment = moment / 1000;
	catalog_key_schema(record->relation, &source->schema);
	record_settings(record, &source->settings);
	source->indexes = describe_indexes(record);
}

static void
execute(const void *argument, StringInfo response)
{
	const RestoreRequest *request = argument;
	const char *target = request->target_name.data;
	TableRecord *record;
	RestoreSource source;
	TableRecord *restored;
	int64		moment;

	check_request(request);
	record = backups_source(source_name(request));
	recovery_check_places();
	moment = restored_moment(request, record);
	restore_check_target(target);
	read_source(record, moment, &source);
	restored = restore_create_table(target, &request->overrides, &source, response);
	recovery_start(restored->relation, record->relation, moment);
}

const OperationDescription restore_table_to_point_in_time_operation = {
	.request = STRUCTURE_SHAPE(RestoreRequest, "RestoreTableToPointInTimeInput", members),
	.execute = execute
};
