/*
 * update_table.c - UpdateTable.
 *
 * The new settings hold at once.  The response shows the old throughput and
 * the status UPDATING, as AWS does; DescribeTable then shows the new one.
 *
 * AWS takes one change at a time, with few exceptions.
 */
#include "postgres.h"

#include "arn.h"
#include "change/log.h"
#include "change/stream.h"
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

#define invalid_parameter(...) validation_error("One or more parameter values were invalid: " __VA_ARGS__)

/* What ddb cannot do (yet) is refused, never ignored. */
static void
check_features(const UpdateTableRequest *request)
{
	if (request->replica_updates != NULL || request->witness_updates != NULL ||
		request->multi_region_consistency != NULL || request->replication_mode != NULL ||
		request->disassociation_protection != NULL)
		validation_error("Global tables are not supported");
	if (asks_for_elements(request->vector_index_updates))
		validation_error("Vector indexes are not supported");
}

static void
check_asks_for_something(const UpdateTableRequest *request)
{
	if (request->billing_mode.text == NULL && request->throughput == NULL &&
		request->index_updates.count == 0 && request->stream == NULL && request->encryption == NULL &&
		request->table_class.text == NULL && request->deletion_protection == BOOLEAN_ABSENT &&
		!gives_throughput(request->on_demand_throughput) && !gives_throughput(request->warm_throughput))
		validation_error("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
						 "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, "
						 "ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, "
						 "OnDemandThroughput, WarmThroughput or TableClass is required");
	if (request->index_updates.json != NULL && request->index_updates.count == 0)
		invalid_parameter("List of GlobalSecondaryIndexUpdates is empty");
}

/* The concerns that a request can have, most of which AWS wants one at a time. */
enum
{
	CONCERN_BILLING = 1 << 0,
	CONCERN_THROUGHPUT = 1 << 1,
	CONCERN_INDEXES = 1 << 2,
	CONCERN_STREAM = 1 << 3,
	CONCERN_ENCRYPTION = 1 << 4,
	CONCERN_CLASS = 1 << 5,
	CONCERN_PROTECTION = 1 << 6,
	CONCERN_ON_DEMAND = 1 << 7,
	CONCERN_WARM = 1 << 8
};

static int
concerns_of(const UpdateTableRequest *request)
{
	return (request->billing_mode.text != NULL ? CONCERN_BILLING : 0) |
		(request->throughput != NULL ? CONCERN_THROUGHPUT : 0) |
		(request->index_updates.count > 0 ? CONCERN_INDEXES : 0) |
		(request->stream != NULL ? CONCERN_STREAM : 0) |
		(request->encryption != NULL ? CONCERN_ENCRYPTION : 0) |
		(request->table_class.text != NULL ? CONCERN_CLASS : 0) |
		(request->deletion_protection != BOOLEAN_ABSENT ? CONCERN_PROTECTION : 0) |
		(gives_throughput(request->on_demand_throughput) ? CONCERN_ON_DEMAND : 0) |
		(gives_throughput(request->warm_throughput) ? CONCERN_WARM : 0);
}

/* Those that stand alone, in the order in which AWS names them. */
static void
check_alone(const UpdateTableRequest *request, int concerns)
{
	if ((concerns & CONCERN_ENCRYPTION) && concerns != CONCERN_ENCRYPTION)
		invalid_parameter("Server-Side Encryption modification must be the only operation in the request");
	if ((concerns & CONCERN_CLASS) && concerns != CONCERN_CLASS)
		invalid_parameter("TableClass modification must be the only operation in the request");
	if ((concerns & CONCERN_PROTECTION) && concerns != CONCERN_PROTECTION)
		invalid_parameter("DeletionProtection modification must be the only operation in the request");
	if ((concerns & CONCERN_WARM) && index_updates_create(&request->index_updates))
		invalid_parameter("Create global secondary index cannot be specified when updating WarmThroughput");
	if ((concerns & CONCERN_ON_DEMAND) && (concerns & ~(CONCERN_ON_DEMAND | CONCERN_BILLING | CONCERN_INDEXES)))
		invalid_parameter("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request");
	if ((concerns & CONCERN_WARM) && concerns != CONCERN_WARM)
		invalid_parameter("WarmThroughput must be the only operation in the request");
}

static void
check_combination(const UpdateTableRequest *request)
{
	int			concerns = concerns_of(request);
	bool		online = index_updates_stop_writes(&request->index_updates);
	bool		changes_units = request->throughput != NULL ||
		request->billing_mode.value == BILLING_PROVISIONED;

	check_alone(request, concerns);
	if (request->stream != NULL && changes_units)
		invalid_parameter("You cannot modify stream status while updating table IOPS");
	if (online && changes_units)
		invalid_parameter("You cannot create or delete index while updating table IOPS");
	if (online && request->stream != NULL)
		invalid_parameter("You cannot create or delete index while changing stream status");
	if (online && (concerns & CONCERN_ON_DEMAND))
		invalid_parameter("OnDemandThroughput can only be combined with BillingMode in an UpdateTable request");
}

static void
check_stream(const StreamRequest *stream)
{
	if (stream == NULL)
		return;
	if (stream->enabled == BOOLEAN_TRUE && stream->view_type.text == NULL)
		invalid_parameter("If stream is being enabled then UpdateViewType is required");
	if (stream->enabled == BOOLEAN_FALSE && stream->view_type.text != NULL)
		invalid_parameter("If stream is being disabled, then UpdateViewType must not be specified");
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

static int
next_billing_mode(const UpdateTableRequest *request, const TableSettings *settings)
{
	return request->billing_mode.text != NULL ? request->billing_mode.value : settings->billing_mode.value;
}

/* The billing mode and throughput that the request leads to must fit each other. */
static void
check_billing(const UpdateTableRequest *request, const TableSettings *settings)
{
	if (request->billing_mode.value == BILLING_PAY_PER_REQUEST && request->throughput != NULL)
		invalid_parameter("ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST");
	if (request->billing_mode.value == BILLING_PROVISIONED && request->throughput == NULL)
		invalid_parameter("ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
	if (next_billing_mode(request, settings) == BILLING_PAY_PER_REQUEST && request->throughput != NULL)
		invalid_parameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
						  "PAY_PER_REQUEST");
	if (request->throughput != NULL && settings->billing_mode.value == BILLING_PROVISIONED)
		check_throughput_changes(&settings->throughput, request->throughput);
	check_changed_on_demand(request->on_demand_throughput, next_billing_mode(request, settings), NULL);
	check_changed_warm(request->warm_throughput, &settings->throughput, NULL);
}

/* A change to what there is. */
static void
check_encryption_changes(const EncryptionRequest *request, const TableSettings *settings)
{
	if (request == NULL)
		return;
	if (!asks_for_encryption(request) && settings->encryption_type.data == NULL)
		invalid_parameter("Table is already encrypted by default");
	if (request->key_id.data != NULL && settings->encryption_type.data != NULL &&
		strcmp(request->key_id.data, encryption_key_arn(settings->encryption_key.data)) == 0)
		invalid_parameter("Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if "
						  "you want to change Master Key");
}

/* AWS takes no other change while it makes this one. */
static void
check_stream_changes(const StreamRequest *request, const TableRecord *record, const StreamRecord *stream)
{
	bool		is_on = stream != NULL && stream_is_on(stream);

	if (request == NULL)
		return;
	if (strcmp(table_status(record), "ACTIVE") != 0)
		ddb_error(RESOURCE_IN_USE_EXCEPTION, "Attempt to change a resource which is still in use: "
				  "Table is being %s: %s", strcmp(table_status(record), "CREATING") == 0 ? "created" : "updated",
				  record->name);
	if (request->enabled == BOOLEAN_TRUE && is_on)
		validation_error("Table already has an enabled stream: TableName: %s", record->name);
	if (request->enabled != BOOLEAN_TRUE && !is_on)
		validation_error("Table has no stream to disable: TableName: %s", record->name);
	if (request->enabled == BOOLEAN_TRUE)
		change_log_check_table("Streams", record->relation);
}

static void
change_stream(const StreamRequest *request, const TableRecord *record, const StreamRecord *stream)
{
	if (request == NULL)
		return;
	if (request->enabled == BOOLEAN_TRUE)
		stream_enable(record, request->view_type.text);
	else
		stream_disable(stream);
}

static void
check_changes(const UpdateTableRequest *request, const TableRecord *record, const TableSettings *settings)
{
	check_billing(request, settings);
	check_encryption_changes(request->encryption, settings);
}

static void
change_billing(TableSettings *settings, const UpdateTableRequest *request)
{
	int			mode = next_billing_mode(request, settings);

	if (mode == settings->billing_mode.value)
	{
		if (request->throughput != NULL)
			settings_change_throughput(&settings->throughput, request->throughput);
		return;
	}
	settings->billing_mode = request->billing_mode;
	if (mode == BILLING_PROVISIONED)
		settings_to_provisioned(&settings->throughput, request->throughput);
	else
	{
		settings->last_pay_per_request = settings_now();
		settings_to_on_demand(&settings->throughput);
	}
}

/* The class that a table has without having been set to it is not shown. */
static void
change_class(TableSettings *settings, const RequestEnum *table_class)
{
	if (table_class->text == NULL ||
		(table_class->value == CLASS_STANDARD && settings->table_class.text == NULL))
		return;
	settings->table_class = *table_class;
	settings->table_class_updated = settings_now();
}

static void
change_settings(TableSettings *settings, const UpdateTableRequest *request)
{
	change_billing(settings, request);
	change_class(settings, &request->table_class);
	if (request->deletion_protection != BOOLEAN_ABSENT)
		settings->deletion_protection = request->deletion_protection;
	settings_set_encryption(settings, request->encryption);
	settings_set_on_demand(&settings->throughput, request->on_demand_throughput);
	settings_set_warm(&settings->throughput, request->warm_throughput);
}

/* What AWS does in the background is still as it was in the response. */
static TableSettings
shown_settings(const UpdateTableRequest *request, const TableSettings *old_settings,
			   const TableSettings *new_settings)
{
	TableSettings shown = *new_settings;

	shown.throughput = shown_throughput(&new_settings->throughput, &old_settings->throughput,
										request->on_demand_throughput);
	shown.last_pay_per_request = old_settings->last_pay_per_request;
	shown.table_class = old_settings->table_class;
	shown.table_class_updated = old_settings->table_class_updated;
	shown.encryption_type = old_settings->encryption_type;
	shown.encryption_key = old_settings->encryption_key;
	return shown;
}

/* Some changes leave the table ACTIVE while AWS makes them. */
static TableStyle
shown_style(const UpdateTableRequest *request)
{
	bool		updating = request->billing_mode.text != NULL || request->throughput != NULL ||
		request->table_class.text != NULL || request->stream != NULL || index_updates_stop_writes(&request->index_updates);
	TableStyle	style = {
		.status = updating ? "UPDATING" : "ACTIVE",
		.warm_status = gives_throughput(request->warm_throughput) ? "UPDATING" : "ACTIVE",
		.encryption_status = request->encryption != NULL ? "UPDATING" : NULL
	};

	return style;
}

/* What needs no look at the table. */
static void
check_request(const UpdateTableRequest *request)
{
	check_features(request);
	check_asks_for_something(request);
	check_throughput_bounds(request->throughput, NULL);
	check_index_updates(&request->index_updates);
	check_combination(request);
	check_encryption(request->encryption);
	check_stream(request->stream);
}

static void
execute(const void *argument, StringInfo response)
{
	const UpdateTableRequest *request = argument;
	IndexUpdates updates = {
		.updates = &request->index_updates,.definitions = &request->attribute_definitions
	};
	TableStyle	style = shown_style(request);
	const char *name;
	TableRecord *record;
	const StreamRecord *stream;
	TableSettings old_settings;
	TableSettings settings;
	IndexDescriptions indexes;

	check_request(request);
	name = requested_table(&request->table_name);
	record = check_table_record(index_updates_stop_writes(&request->index_updates) ?
								catalog_lock_table_to_index(name) :
								catalog_lock_table_to_update(name), name);
	record_settings(record, &old_settings);
	check_changes(request, record, &old_settings);
	stream = stream_latest(record);
	check_stream_changes(request->stream, record, stream);

	settings = old_settings;
	change_settings(&settings, request);
	updates.old_billing_mode = old_settings.billing_mode.value;
	updates.billing_mode = settings.billing_mode.value;
	check_index_updates_fit(&updates, record);
	catalog_update_table(record, table_settings_write(&settings), NULL);
	indexes = index_updates_apply(&updates, record);
	change_stream(request->stream, record, stream);

	settings = shown_settings(request, &old_settings, &settings);
	appendStringInfoString(response, "{\"TableDescription\":");
	append_table_description(response, record, &settings, &style, &indexes);
	appendStringInfoChar(response, '}');
	index_updates_drop(&updates, record);
}

const OperationDescription update_table_operation = {
	.request = STRUCTURE_SHAPE(UpdateTableRequest, "UpdateTableInput", members),
	.check_first = request_check_table_name,
	.locks_table = true,
	.execute = execute
};
