/*
 * update_time_to_live.c - UpdateTimeToLive.
 *
 * AWS needs up to an hour for a change, and refuses another one for as long.  Here
 * it is made at once, but for the index of a table with items, which is filled as
 * all indexes are; the refusal stays (ddb.ttl_change_interval), so that what is
 * tried out here goes there.
 */
#include "postgres.h"

#include "error.h"
#include "index/expiry.h"
#include "operation/operations.h"
#include "operation/table/table_description.h"
#include "operation/table/time_to_live.h"
#include "value/json.h"

typedef struct TimeToLiveRequest
{
	RequestBoolean enabled;
	RequestString attribute;
} TimeToLiveRequest;

typedef struct UpdateTimeToLiveRequest
{
	RequestString table_name;
	TimeToLiveRequest *specification;
} UpdateTimeToLiveRequest;

static const Shape attribute_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(255)};

static const Member specification_members[] = {
	REQUIRED(TimeToLiveRequest, enabled, "Enabled", &boolean_shape),
	REQUIRED(TimeToLiveRequest, attribute, "AttributeName", &attribute_shape),
};
static const Shape specification_shape =
STRUCTURE_SHAPE(TimeToLiveRequest, "TimeToLiveSpecification", specification_members);

static const Member members[] = {
	REQUIRED(UpdateTimeToLiveRequest, table_name, "TableName", &described_table_name_shape),
	REQUIRED(UpdateTimeToLiveRequest, specification, "TimeToLiveSpecification", &specification_shape),
};

static void
check_change(const TimeToLiveRequest *request, const TimeToLive *now, const TableSettings *settings)
{
	int64		since = settings_now().value - settings->time_to_live_updated.value;

	if (now->attribute == NULL && request->enabled == BOOLEAN_FALSE)
		validation_error("TimeToLive is already disabled");
	if (now->attribute != NULL && strcmp(now->attribute, request->attribute.data) != 0)
		validation_error("TimeToLive is active on a different AttributeName: current AttributeName is %s",
						 now->attribute);
	if (now->attribute != NULL && request->enabled == BOOLEAN_TRUE)
		validation_error("TimeToLive is already enabled");
	if (settings->time_to_live_updated.given && since < ddb_ttl_change_interval * INT64CONST(1000))
		validation_error("Time to live has been modified multiple times within a fixed interval");
}

static void
change(const TimeToLiveRequest *request, const TableRecord *record, TableSettings *settings)
{
	const IndexDefinition *index = index_find_expiry(index_set(record->relation));

	settings->time_to_live_updated = settings_now();
	memset(&settings->time_to_live, 0, sizeof(RequestString));
	if (request->enabled == BOOLEAN_TRUE)
		settings->time_to_live = request->attribute;
	catalog_update_table(record, table_settings_write(settings), NULL);
	if (request->enabled == BOOLEAN_TRUE)
		(void) expiry_switch_on(record, request->attribute.data);
	else if (index != NULL)
		secondary_index_drop(record, index);
}

static void
execute(const void *argument, StringInfo response)
{
	const UpdateTimeToLiveRequest *request = argument;
	const TimeToLiveRequest *specification = request->specification;
	const char *name = requested_table(&request->table_name);
	TableRecord *record = check_table_record(catalog_lock_table_to_index(name), name);
	TableSettings settings;
	TimeToLive	now;

	record_settings(record, &settings);
	now = table_time_to_live(record, &settings);
	check_change(specification, &now, &settings);
	change(specification, record, &settings);
	if (specification->enabled == BOOLEAN_TRUE && expiry_request == NULL)
		ereport(WARNING,
				(errmsg("no item will expire: there is no background worker that deletes them"),
				 errhint("It runs where ddb is in shared_preload_libraries and max_worker_processes has a place for one.")));

	appendStringInfo(response, "{\"TimeToLiveSpecification\":{\"Enabled\":%s,\"AttributeName\":",
					 specification->enabled == BOOLEAN_TRUE ? "true" : "false");
	json_append_string(response, specification->attribute.data, specification->attribute.length);
	appendStringInfoString(response, "}}");
}

const OperationDescription update_time_to_live_operation = {
	.request = STRUCTURE_SHAPE(UpdateTimeToLiveRequest, "UpdateTimeToLiveInput", members),
	.check_first = request_check_table_name,
	.locks_table = true,
	.reads_settings = true,
	.execute = execute
};
