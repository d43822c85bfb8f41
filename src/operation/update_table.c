/*
 * update_table.c - UpdateTable.
 *
 * The new settings hold at once.  The response shows the old throughput and
 * the status UPDATING, as AWS does; DescribeTable then shows the new one.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/table_description.h"

#define MILLISECONDS_PER_DAY INT64CONST(86400000)

/* One member of GlobalSecondaryIndexUpdates has one of these. */
typedef struct IndexUpdateRequest
{
	IndexRequest *update;
	IndexRequest *create;
	IndexRequest *delete;
} IndexUpdateRequest;

static const Member index_change_members[] = {
	REQUIRED(IndexRequest, name, "IndexName", &index_name_shape),
	REQUIRED(IndexRequest, throughput, "ProvisionedThroughput", &throughput_shape),
	OPTIONAL(IndexRequest, on_demand, "OnDemandThroughput", &on_demand_throughput_shape),
	OPTIONAL(IndexRequest, warm, "WarmThroughput", &warm_throughput_shape),
};
static const Shape index_change_shape =
STRUCTURE_SHAPE(IndexRequest, "UpdateGlobalSecondaryIndexAction", index_change_members);

static const Member index_delete_members[] = {
	REQUIRED(IndexRequest, name, "IndexName", &index_name_shape),
};
static const Shape index_delete_shape =
STRUCTURE_SHAPE(IndexRequest, "DeleteGlobalSecondaryIndexAction", index_delete_members);

static const Member index_update_members[] = {
	OPTIONAL(IndexUpdateRequest, update, "Update", &index_change_shape),
	OPTIONAL(IndexUpdateRequest, create, "Create", &global_index_create_shape),
	OPTIONAL(IndexUpdateRequest, delete, "Delete", &index_delete_shape),
};
static const Shape index_update_shape =
STRUCTURE_SHAPE(IndexUpdateRequest, "GlobalSecondaryIndexUpdate", index_update_members);
static const Shape index_updates_shape = {.kind = SHAPE_LIST, .element = &index_update_shape};

typedef struct UpdateTableRequest
{
	RequestString table_name;
	RequestList attribute_definitions;
	RequestEnum billing_mode;
	ThroughputRequest *throughput;
	RequestList index_updates;
	StreamRequest *stream;
	EncryptionRequest *encryption;
	RequestEnum table_class;
	RequestBoolean deletion_protection;
	ThroughputRequest *on_demand_throughput;
	ThroughputRequest *warm_throughput;
	json_object *replica_updates;
	json_object *witness_updates;
	json_object *multi_region_consistency;
	json_object *replication_mode;
	json_object *disassociation_protection;
	json_object *vector_index_updates;
} UpdateTableRequest;

static const Member members[] = {
	REQUIRED(UpdateTableRequest, table_name, "TableName", &table_name_shape),
	OPTIONAL(UpdateTableRequest, attribute_definitions, "AttributeDefinitions", &attribute_definitions_shape),
	OPTIONAL(UpdateTableRequest, billing_mode, "BillingMode", &billing_mode_shape),
	OPTIONAL(UpdateTableRequest, throughput, "ProvisionedThroughput", &throughput_shape),
	OPTIONAL(UpdateTableRequest, index_updates, "GlobalSecondaryIndexUpdates", &index_updates_shape),
	OPTIONAL(UpdateTableRequest, stream, "StreamSpecification", &stream_shape),
	OPTIONAL(UpdateTableRequest, encryption, "SSESpecification", &encryption_shape),
	OPTIONAL(UpdateTableRequest, table_class, "TableClass", &table_class_shape),
	OPTIONAL(UpdateTableRequest, deletion_protection, "DeletionProtectionEnabled", &boolean_shape),
	OPTIONAL(UpdateTableRequest, on_demand_throughput, "OnDemandThroughput", &on_demand_throughput_shape),
	OPTIONAL(UpdateTableRequest, warm_throughput, "WarmThroughput", &warm_throughput_shape),
	OPTIONAL(UpdateTableRequest, replica_updates, "ReplicaUpdates", &unsupported_shape),
	OPTIONAL(UpdateTableRequest, witness_updates, "GlobalTableWitnessUpdates", &unsupported_shape),
	OPTIONAL(UpdateTableRequest, multi_region_consistency, "MultiRegionConsistency", &unsupported_shape),
	OPTIONAL(UpdateTableRequest, replication_mode, "GlobalTableSettingsReplicationMode", &unsupported_shape),
	OPTIONAL(UpdateTableRequest, disassociation_protection, "DisassociationProtectionEnabled", &unsupported_shape),
	OPTIONAL(UpdateTableRequest, vector_index_updates, "VectorIndexUpdates", &unsupported_shape),
};

/* What ddb cannot do (yet) is refused, never ignored. */
static void
check_features(const UpdateTableRequest *request)
{
	if (request->replica_updates != NULL || request->witness_updates != NULL ||
		request->multi_region_consistency != NULL || request->replication_mode != NULL ||
		request->disassociation_protection != NULL)
		validation_error("Global tables are not supported");
	if (request->vector_index_updates != NULL)
		validation_error("Vector indexes are not supported");
	if (request->stream != NULL && request->stream->enabled == BOOLEAN_TRUE)
		validation_error("Streams are not supported yet");
}

static void
check_asks_for_something(const UpdateTableRequest *request)
{
	if (request->billing_mode.text == NULL && request->throughput == NULL &&
		request->index_updates.count == 0 && request->stream == NULL && request->encryption == NULL &&
		request->table_class.text == NULL && request->deletion_protection == BOOLEAN_ABSENT &&
		request->on_demand_throughput == NULL && request->warm_throughput == NULL)
		validation_error("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
						 "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required");
}

static const IndexRequest *
updated_index(const IndexUpdateRequest *update)
{
	return update->update != NULL ? update->update :
		update->create != NULL ? update->create : update->delete;
}

static void
check_index_updates(const RequestList *updates)
{
	const IndexUpdateRequest *members = updates->members;

	for (int i = 0; i < updates->count; i++)
	{
		const IndexRequest *index = updated_index(&members[i]);

		if (index == NULL)
			validation_error("One or more parameter values were invalid: One of GlobalSecondaryIndexUpdate.Update, "
							 "GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null");
		for (int j = 0; j < i; j++)
		{
			if (strcmp(updated_index(&members[j])->name.data, index->name.data) == 0)
				validation_error("One or more parameter values were invalid: Only one global secondary index update "
								 "per index is allowed simultaneously. Index: %s", index->name.data);
		}
	}
}

/* No table has an index to update or delete, or can be given one. */
static void
refuse_index_updates(const RequestList *updates)
{
	const IndexUpdateRequest *members = updates->members;
	int			created_or_deleted = 0;

	for (int i = 0; i < updates->count; i++)
	{
		if (members[i].update != NULL)
			validation_error("This operation cannot be performed with given input values. Please contact DynamoDB "
							 "service team for more info: Action Blocked: IndexUpdate");
		created_or_deleted++;
	}
	if (created_or_deleted > 1)
		ddb_error(LIMIT_EXCEEDED_EXCEPTION, "Subscriber limit exceeded: Only 1 online index can be created or "
				  "deleted simultaneously per table");
	for (int i = 0; i < updates->count; i++)
	{
		if (members[i].create != NULL)
			validation_error("Secondary indexes are not supported yet");
		ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found");
	}
}

static void
check_throughput_changes(const TableSettings *settings, const ThroughputRequest *throughput)
{
	if (settings->read_units.value == throughput->read.value &&
		settings->write_units.value == throughput->write.value)
		validation_error("The provisioned throughput for the table will not change. The requested value equals "
						 "the current value. Current ReadCapacityUnits provisioned for the table: " INT64_FORMAT
						 ". Requested ReadCapacityUnits: " INT64_FORMAT
						 ". Current WriteCapacityUnits provisioned for the table: " INT64_FORMAT
						 ". Requested WriteCapacityUnits: " INT64_FORMAT
						 ". Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
						 settings->read_units.value, throughput->read.value,
						 settings->write_units.value, throughput->write.value);
}

/* The billing mode and throughput that the request leads to must fit each other. */
static void
check_billing(const UpdateTableRequest *request, const TableSettings *settings)
{
	int			mode = request->billing_mode.text != NULL ? request->billing_mode.value :
		settings->billing_mode.value;

	if (mode == BILLING_PAY_PER_REQUEST && request->throughput != NULL)
		validation_error("One or more parameter values were invalid: Neither ReadCapacityUnits nor "
						 "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
	if (request->billing_mode.value == BILLING_PROVISIONED && request->throughput == NULL &&
		settings->billing_mode.value == BILLING_PAY_PER_REQUEST)
		validation_error("One or more parameter values were invalid: ProvisionedThroughput must be specified "
						 "when BillingMode is PROVISIONED");
	if (request->throughput != NULL && settings->billing_mode.value == BILLING_PROVISIONED)
		check_throughput_changes(settings, request->throughput);
}

/* Dates of the last increase and decrease; a decrease is counted by the day. */
static void
note_throughput_change(TableSettings *settings, int64 read, int64 write)
{
	RequestInteger now = settings_now();

	if (read > settings->read_units.value || write > settings->write_units.value)
		settings->last_increase = now;
	if (read < settings->read_units.value || write < settings->write_units.value)
	{
		bool		same_day = settings->last_decrease.given &&
			settings->last_decrease.value / MILLISECONDS_PER_DAY == now.value / MILLISECONDS_PER_DAY;

		settings->decreases.given = true;
		settings->decreases.value = same_day ? settings->decreases.value + 1 : 1;
		settings->last_decrease = now;
	}
}

static void
change_billing(TableSettings *settings, const UpdateTableRequest *request)
{
	RequestInteger none = {0};

	if (request->throughput != NULL)
	{
		note_throughput_change(settings, request->throughput->read.value,
							   request->throughput->write.value);
		settings->read_units = request->throughput->read;
		settings->write_units = request->throughput->write;
	}
	if (request->billing_mode.value == BILLING_PAY_PER_REQUEST &&
		settings->billing_mode.value != BILLING_PAY_PER_REQUEST)
	{
		settings->last_pay_per_request = settings_now();
		settings->read_units = none;
		settings->write_units = none;
	}
	if (request->billing_mode.text != NULL)
		settings->billing_mode = request->billing_mode;
}

static void
change_settings(TableSettings *settings, const UpdateTableRequest *request)
{
	change_billing(settings, request);
	if (request->table_class.text != NULL)
	{
		settings->table_class = request->table_class;
		settings->table_class_updated = settings_now();
	}
	if (request->deletion_protection != BOOLEAN_ABSENT)
		settings->deletion_protection = request->deletion_protection;
	settings_set_encryption(settings, request->encryption);
	settings_set_on_demand(settings, request->on_demand_throughput);
	settings_set_warm(settings, request->warm_throughput);
}

/* The new settings, but with the throughput that the table had until now. */
static TableSettings
shown_settings(const TableSettings *old_settings, const TableSettings *new_settings)
{
	TableSettings shown = *new_settings;

	if (new_settings->billing_mode.value == BILLING_PROVISIONED &&
		old_settings->billing_mode.value == BILLING_PROVISIONED)
	{
		shown.read_units = old_settings->read_units;
		shown.write_units = old_settings->write_units;
		shown.decreases = old_settings->decreases;
	}
	return shown;
}

static void
execute(const void *argument, StringInfo response)
{
	const UpdateTableRequest *request = argument;
	const char *name;
	TableRecord *record;
	TableSettings old_settings;
	TableSettings settings;

	check_features(request);
	check_asks_for_something(request);
	check_throughput_bounds(request->throughput);
	check_index_updates(&request->index_updates);

	name = requested_table(&request->table_name);
	record = check_table_record(catalog_lock_table_to_update(name), name);
	refuse_index_updates(&request->index_updates);
	table_settings_read(record->settings, &old_settings);
	check_billing(request, &old_settings);

	settings = old_settings;
	change_settings(&settings, request);
	catalog_update_table(record, table_settings_write(&settings), NULL);

	settings = shown_settings(&old_settings, &settings);
	appendStringInfoString(response, "{\"TableDescription\":");
	append_table_description(response, record, &settings, "UPDATING");
	appendStringInfoChar(response, '}');
}

const OperationDescription update_table_operation = {
	.request = STRUCTURE_SHAPE(UpdateTableRequest, "UpdateTableInput", members),
	.check_first = request_check_table_name,
	.execute = execute
};
