/*
 * restore_table_to_point_in_time.c - RestoreTableToPointInTime.
 *
 * The new table is made at once, by the caller and in the caller's transaction, with
 * the source's keys, indexes and settings as they are now.  A job fills it
 * (job/recovery.c); until then it is CREATING.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "arn.h"
#include "change/continuous_backups.h"
#include "error.h"
#include "job/recovery.h"
#include "operation/backup/backups.h"
#include "operation/operations.h"
#include "operation/table/index_parameters.h"
#include "operation/table/table_description.h"

typedef struct RestoreRequest
{
	RequestString source_arn;
	RequestString source_name;
	RequestString target_name;
	RequestBoolean use_latest;
	RequestTimestamp moment;
	RequestEnum billing_mode;
	RequestList global_indexes;
	RequestList local_indexes;
	ThroughputRequest *throughput;
	ThroughputRequest *on_demand;
	EncryptionRequest *encryption;
	json_object *vector_indexes;
} RestoreRequest;

static const Shape arn_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(1024)};
static const Shape name_shape = {.kind = SHAPE_STRING, .is_name = true, AT_LEAST(3), AT_MOST(255)};

static const Member members[] = {
	OPTIONAL(RestoreRequest, source_arn, "SourceTableArn", &arn_shape),
	OPTIONAL(RestoreRequest, source_name, "SourceTableName", &name_shape),
	REQUIRED(RestoreRequest, target_name, "TargetTableName", &name_shape),
	OPTIONAL(RestoreRequest, use_latest, "UseLatestRestorableTime", &boolean_shape),
	OPTIONAL(RestoreRequest, moment, "RestoreDateTime", &timestamp_shape),
	OPTIONAL(RestoreRequest, billing_mode, "BillingModeOverride", &billing_mode_shape),
	OPTIONAL(RestoreRequest, global_indexes, "GlobalSecondaryIndexOverride", &global_indexes_shape),
	OPTIONAL(RestoreRequest, local_indexes, "LocalSecondaryIndexOverride", &local_indexes_shape),
	OPTIONAL(RestoreRequest, throughput, "ProvisionedThroughputOverride", &throughput_shape),
	OPTIONAL(RestoreRequest, on_demand, "OnDemandThroughputOverride", &on_demand_throughput_shape),
	OPTIONAL(RestoreRequest, encryption, "SSESpecificationOverride", &encryption_shape),
	OPTIONAL(RestoreRequest, vector_indexes, "VectorIndexOverride", &unsupported_shape),
};

#define invalid_parameter(...) validation_error("One or more parameter values were invalid: " __VA_ARGS__)

/* ---- The source and the moment ---- */

static void
check_request(const RestoreRequest *request)
{
	bool		latest = request->use_latest == BOOLEAN_TRUE;

	if (request->vector_indexes != NULL)
		validation_error("Vector indexes are not supported");
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

/* Whoever restores a table reads all of its items, so no policies may apply. */
static void
check_may_read(const char *name)
{
	Table	   *table = table_open_by_name(name, ACL_SELECT);

	if (table->security != NULL)
		ddb_error(ACCESS_DENIED_EXCEPTION,
				  "User: %s is not authorized to perform this operation on resource: %s",
				  GetUserNameFromId(GetUserId(), false), table_arn(name));
	table_release(table);
}

static int64
restored_moment(const RestoreRequest *request, const TableRecord *source)
{
	RecoveryStatus status = continuous_backups_read(source->relation).status;
	RecoveryWindow window;
	int64		moment;

	if (status != RECOVERY_ENABLED && status != RECOVERY_ENABLING)
		ddb_error(POINT_IN_TIME_RECOVERY_UNAVAILABLE_EXCEPTION,
				  "Point in time recovery is not enabled for table '%s'", source->name);
	if (recovery_window(source->relation, &window))
	{
		moment = request->moment.given ? request->moment.value : window.latest;
		if (moment >= window.earliest && moment <= window.latest)
			return moment;
	}
	ddb_error(INVALID_RESTORE_TIME_EXCEPTION, "An invalid restore time was specified. "
			  "RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime.");
}

/* ---- The settings ---- */

static int
billing_mode(const RestoreRequest *request, const TableSettings *source)
{
	return request->billing_mode.text != NULL ? request->billing_mode.value : source->billing_mode.value;
}

/* The throughput that is provisioned: the override's, or else the source's; NULL where there is none. */
static const ThroughputRequest *
provisioned_throughput(int mode, const ThroughputRequest *override, const ThroughputSettings *source)
{
	ThroughputRequest *throughput;

	if (override != NULL || mode == BILLING_PAY_PER_REQUEST || source->read_units.value == 0)
		return override;
	throughput = palloc(sizeof(ThroughputRequest));
	throughput->read = source->read_units;
	throughput->write = source->write_units;
	return throughput;
}

/* The maxima likewise. */
static const ThroughputRequest *
on_demand_throughput(int mode, const ThroughputRequest *override, const ThroughputSettings *source)
{
	ThroughputRequest *throughput;

	if (override != NULL || mode != BILLING_PAY_PER_REQUEST)
		return override;
	throughput = palloc(sizeof(ThroughputRequest));
	throughput->read = source->max_read_units;
	throughput->write = source->max_write_units;
	return throughput;
}

static void
set_throughput(ThroughputSettings *settings, int mode, const ThroughputRequest *override,
			   const ThroughputRequest *on_demand, const ThroughputRequest *warm,
			   const ThroughputSettings *source)
{
	settings_set_throughput(settings, provisioned_throughput(mode, override, source), warm);
	settings_set_on_demand(settings, on_demand_throughput(mode, on_demand, source));
}

static void
check_billing(const RestoreRequest *request, const TableSettings *source)
{
	int			mode = billing_mode(request, source);

	if (mode == BILLING_PROVISIONED &&
		provisioned_throughput(mode, request->throughput, &source->throughput) == NULL)
		invalid_parameter("ReadCapacityUnits and WriteCapacityUnits "
						  "must both be specified when BillingMode is PROVISIONED");
	if (mode == BILLING_PAY_PER_REQUEST && request->throughput != NULL)
		invalid_parameter("Neither ReadCapacityUnits nor "
						  "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
	check_throughput_bounds(request->throughput, NULL);
	check_new_on_demand(request->on_demand, mode, NULL);
	check_encryption(request->encryption);
}

/* Tags, streams, expiry, recovery and the protection from deletion are not the new table's. */
static TableSettings
new_settings(const RestoreRequest *request, const TableRecord *source, const TableSettings *source_settings,
			 int64 moment)
{
	int			mode = billing_mode(request, source_settings);
	TableSettings settings;

	memset(&settings, 0, sizeof(settings));
	settings.billing_mode = enum_of(&billing_mode_shape, mode);
	set_throughput(&settings.throughput, mode, request->throughput, request->on_demand, NULL,
				   &source_settings->throughput);
	settings.table_class = source_settings->table_class;
	settings.encryption_type = source_settings->encryption_type;
	settings.encryption_key = source_settings->encryption_key;
	settings_set_encryption(&settings, request->encryption);
	settings.restored_from.data = table_arn(source->name);
	settings.restored_from.length = strlen(settings.restored_from.data);
	settings.restored_to = (RequestInteger) {true, moment / 1000};
	return settings;
}

/* ---- The indexes ---- */

/* The source's indexes that the new table has, with settings of their own. */
typedef struct RestoredIndexes
{
	int			count;
	IndexDefinition *indexes;
} RestoredIndexes;

static const RequestList *
overrides_of_kind(const RestoreRequest *request, IndexKind kind)
{
	return kind == INDEX_GLOBAL ? &request->global_indexes : &request->local_indexes;
}

static const IndexRequest *
find_override(const RequestList *overrides, const char *name)
{
	const IndexRequest *members = overrides->members;

	for (int i = 0; i < overrides->count; i++)
	{
		if (strcmp(members[i].name.data, name) == 0)
			return &members[i];
	}
	return NULL;
}

/* An override leaves indexes out; those that it has must be the source's. */
static void
check_overrides(const RequestList *overrides, IndexKind kind, const IndexDescriptions *source)
{
	const IndexRequest *members = overrides->members;

	for (int i = 0; i < overrides->count; i++)
	{
		const IndexDescription *index = find_index_description(source, members[i].name.data);

		if (find_override(overrides, members[i].name.data) != &members[i])
			invalid_parameter("Duplicate index name: %s", members[i].name.data);
		if (index == NULL || index->index->kind != kind || !index_request_is(&members[i], index->index))
			invalid_parameter("The index does not match one of the source table: %s", members[i].name.data);
	}
}

static char *
index_settings(const RestoreRequest *request, const TableSettings *table, const IndexRequest *override,
			   const IndexDescription *source)
{
	static const IndexRequest none = {.throughput = NULL};
	IndexRules	rules = {.billing_mode = billing_mode(request, table)};
	IndexSettings settings;

	memset(&settings, 0, sizeof(settings));
	settings.position = source->settings.position;
	if (source->index->kind != INDEX_GLOBAL)
		return index_settings_write(&settings);
	if (override == NULL)
		override = &none;
	else
	{
		check_throughput_bounds(override->throughput, override->name.data);
		check_index_units(&rules, override);
	}
	check_throughput_of_index(&rules, provisioned_throughput(rules.billing_mode, override->throughput,
															 &source->settings.throughput),
							  source->index->name);
	set_throughput(&settings.throughput, rules.billing_mode, override->throughput, override->on_demand,
				   override->warm, &source->settings.throughput);
	return index_settings_write(&settings);
}

static RestoredIndexes
restored_indexes(const RestoreRequest *request, const TableSettings *table, const IndexDescriptions *source)
{
	RestoredIndexes restored = {.indexes = palloc(sizeof(IndexDefinition) * Max(source->count, 1))};

	check_overrides(&request->global_indexes, INDEX_GLOBAL, source);
	check_overrides(&request->local_indexes, INDEX_LOCAL, source);
	for (int i = 0; i < source->count; i++)
	{
		const IndexDescription *index = &source->indexes[i];
		const RequestList *overrides = overrides_of_kind(request, index->index->kind);
		const IndexRequest *override = find_override(overrides, index->index->name);
		IndexDefinition *definition;

		if (overrides->json != NULL && override == NULL)
			continue;
		definition = &restored.indexes[restored.count++];
		*definition = *index->index;
		definition->settings = index_settings(request, table, override, index);
	}
	return restored;
}

/* ---- The new table ---- */

static TableRecord *
create_table(const char *name, const TableRecord *source, const TableSettings *settings,
			 const RestoredIndexes *indexes)
{
	KeySchema	schema;
	TableRecord *record;

	catalog_key_schema(source->relation, &schema);
	catalog_create_table(name, &schema, table_settings_write(settings), "{}");
	record = catalog_read_table(name);
	for (int i = 0; i < indexes->count; i++)
		secondary_index_create(record, &indexes->indexes[i], INDEX_ACTIVE);
	catalog_set_creating(record, true);
	return record;
}

static void
append_response(StringInfo response, const TableRecord *record, const TableSettings *settings)
{
	IndexDescriptions descriptions = describe_indexes(record);
	TableStyle	style = table_style(record);

	appendStringInfoString(response, "{\"TableDescription\":");
	append_table_description(response, record, settings, &style, &descriptions);
	appendStringInfoChar(response, '}');
}

static void
execute(const void *argument, StringInfo response)
{
	const RestoreRequest *request = argument;
	const char *target = request->target_name.data;
	TableRecord *source;
	TableSettings source_settings;
	TableSettings settings;
	IndexDescriptions source_indexes;
	RestoredIndexes indexes;
	TableRecord *record;
	int64		moment;

	check_request(request);
	check_may_read(backups_table(source_name(request))->name);
	/* locked now, so that it stays the same */
	source = backups_table(source_name(request));
	recovery_check_places();
	moment = restored_moment(request, source);
	if (catalog_read_table(target) != NULL)
		ddb_error(TABLE_ALREADY_EXISTS_EXCEPTION, "Table already exists: %s", target);

	record_settings(source, &source_settings);
	check_billing(request, &source_settings);
	source_indexes = describe_indexes(source);
	indexes = restored_indexes(request, &source_settings, &source_indexes);
	settings = new_settings(request, source, &source_settings, moment);

	record = create_table(target, source, &settings, &indexes);
	recovery_start(record->relation, source->relation, moment);
	append_response(response, record, &settings);
}

const OperationDescription restore_table_to_point_in_time_operation = {
	.request = STRUCTURE_SHAPE(RestoreRequest, "RestoreTableToPointInTimeInput", members),
	.execute = execute
};
