/*
 * update_table.c - UpdateTable.
 *
 * The new settings hold at once.  The response shows the old throughput and
 * the status UPDATING, as AWS does; DescribeTable then shows the new one.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/table/index_update.h"
#include "operation/table/table_description.h"

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
	REQUIRED(UpdateTableRequest, table_name, "TableName", &described_table_name_shape),
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

static void
check_throughput_changes(const ThroughputSettings *settings, const ThroughputRequest *throughput)
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
		check_throughput_changes(&settings->throughput, request->throughput);
}

static void
change_billing(TableSettings *settings, const UpdateTableRequest *request)
{
	ThroughputRequest none = {{true, 0}, {true, 0}};

	if (request->throughput != NULL)
		settings_change_throughput(&settings->throughput, request->throughput);
	if (request->billing_mode.value == BILLING_PAY_PER_REQUEST &&
		settings->billing_mode.value != BILLING_PAY_PER_REQUEST)
	{
		settings->last_pay_per_request = settings_now();
		settings_change_throughput(&settings->throughput, &none);
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
	settings_set_on_demand(&settings->throughput, request->on_demand_throughput);
	settings_set_warm(&settings->throughput, request->warm_throughput);
}

/* The new settings, but with the throughput that the table had until now. */
static TableSettings
shown_settings(const TableSettings *old_settings, const TableSettings *new_settings)
{
	TableSettings shown = *new_settings;

	if (new_settings->billing_mode.value == BILLING_PROVISIONED &&
		old_settings->billing_mode.value == BILLING_PROVISIONED)
		shown.throughput = settings_with_old_throughput(&new_settings->throughput,
														&old_settings->throughput);
	return shown;
}

static void
execute(const void *argument, StringInfo response)
{
	const UpdateTableRequest *request = argument;
	IndexUpdates updates = {
		.updates = &request->index_updates,.definitions = &request->attribute_definitions
	};
	const char *name;
	TableRecord *record;
	TableSettings old_settings;
	TableSettings settings;
	IndexDescriptions indexes;

	check_features(request);
	check_asks_for_something(request);
	check_throughput_bounds(request->throughput, NULL);
	check_index_updates(&request->index_updates);

	name = requested_table(&request->table_name);
	record = check_table_record(index_updates_stop_writes(&request->index_updates) ?
								catalog_lock_table_to_index(name) :
								catalog_lock_table_to_update(name), name);
	table_settings_read(record->settings, &old_settings);
	check_billing(request, &old_settings);

	settings = old_settings;
	change_settings(&settings, request);
	updates.old_billing_mode = old_settings.billing_mode.value;
	updates.billing_mode = settings.billing_mode.value;
	check_index_updates_fit(&updates, record);
	catalog_update_table(record, table_settings_write(&settings), NULL);
	indexes = index_updates_apply(&updates, record);

	settings = shown_settings(&old_settings, &settings);
	appendStringInfoString(response, "{\"TableDescription\":");
	append_table_description(response, record, &settings, "UPDATING", &indexes);
	appendStringInfoChar(response, '}');
	index_updates_drop(&updates, record);
}

const OperationDescription update_table_operation = {
	.request = STRUCTURE_SHAPE(UpdateTableRequest, "UpdateTableInput", members),
	.check_first = request_check_table_name,
	.execute = execute
};
