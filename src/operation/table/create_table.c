/*
 * create_table.c - CreateTable.
 *
 * The table is there when CreateTable returns, for the caller's transaction at
 * once and for others when it commits; the status in its response is CREATING
 * all the same, as AWS says it.
 */
#include "postgres.h"

#include "change/log.h"
#include "change/stream.h"
#include "error.h"
#include "operation/operations.h"
#include "operation/table/create_table.h"
#include "operation/table/index_parameters.h"
#include "operation/table/table_description.h"
#include "operation/tag/tags.h"

typedef struct CreateTableRequest
{
	RequestString table_name;
	RequestList attribute_definitions;
	RequestList key_schema;
	RequestList global_indexes;
	RequestList local_indexes;
	RequestEnum billing_mode;
	ThroughputRequest *throughput;
	StreamRequest *stream;
	EncryptionRequest *encryption;
	RequestList tags;
	RequestEnum table_class;
	RequestBoolean deletion_protection;
	ThroughputRequest *warm_throughput;
	RequestString resource_policy;
	ThroughputRequest *on_demand_throughput;
	json_object *global_table_source;
	json_object *replication_mode;
	json_object *vector_indexes;
} CreateTableRequest;

static const Member members[] = {
	REQUIRED(CreateTableRequest, table_name, "TableName", &described_table_name_shape),
	REQUIRED(CreateTableRequest, attribute_definitions, "AttributeDefinitions", &attribute_definitions_shape),
	REQUIRED(CreateTableRequest, key_schema, "KeySchema", &key_schema_shape),
	OPTIONAL(CreateTableRequest, global_indexes, "GlobalSecondaryIndexes", &global_indexes_shape),
	OPTIONAL(CreateTableRequest, local_indexes, "LocalSecondaryIndexes", &local_indexes_shape),
	OPTIONAL(CreateTableRequest, billing_mode, "BillingMode", &billing_mode_shape),
	OPTIONAL(CreateTableRequest, throughput, "ProvisionedThroughput", &throughput_shape),
	OPTIONAL(CreateTableRequest, stream, "StreamSpecification", &stream_shape),
	OPTIONAL(CreateTableRequest, encryption, "SSESpecification", &encryption_shape),
	OPTIONAL(CreateTableRequest, tags, "Tags", &tags_shape),
	OPTIONAL(CreateTableRequest, table_class, "TableClass", &table_class_shape),
	OPTIONAL(CreateTableRequest, deletion_protection, "DeletionProtectionEnabled", &boolean_shape),
	OPTIONAL(CreateTableRequest, warm_throughput, "WarmThroughput", &warm_throughput_shape),
	OPTIONAL(CreateTableRequest, resource_policy, "ResourcePolicy", &string_shape),
	OPTIONAL(CreateTableRequest, on_demand_throughput, "OnDemandThroughput", &on_demand_throughput_shape),
	OPTIONAL(CreateTableRequest, global_table_source, "GlobalTableSourceArn", &unsupported_shape),
	OPTIONAL(CreateTableRequest, replication_mode, "GlobalTableSettingsReplicationMode", &unsupported_shape),
	OPTIONAL(CreateTableRequest, vector_indexes, "VectorIndexes", &unsupported_shape),
};

#define invalid_parameter(...) validation_error("One or more parameter values were invalid: " __VA_ARGS__)

static int
billing_mode(const CreateTableRequest *request)
{
	return request->billing_mode.text != NULL ? request->billing_mode.value : BILLING_PROVISIONED;
}

static void
check_billing(const CreateTableRequest *request)
{
	if (billing_mode(request) == BILLING_PROVISIONED && request->throughput == NULL)
		invalid_parameter("ReadCapacityUnits and WriteCapacityUnits "
						 "must both be specified when BillingMode is PROVISIONED");
	if (billing_mode(request) == BILLING_PAY_PER_REQUEST && request->throughput != NULL)
		invalid_parameter("Neither ReadCapacityUnits nor "
						 "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
	check_throughput_bounds(request->throughput, NULL);
	for (int i = 0; i < request->global_indexes.count; i++)
	{
		const IndexRequest *index = &((const IndexRequest *) request->global_indexes.members)[i];

		check_throughput_bounds(index->throughput, index->name.data);
	}
	check_new_on_demand(request->on_demand_throughput, billing_mode(request), NULL);
	check_new_warm(request->warm_throughput, request->throughput, NULL);
}

static void
check_stream(const StreamRequest *stream)
{
	if (stream == NULL)
		return;
	if (stream->enabled == BOOLEAN_FALSE && stream->view_type.text != NULL)
		invalid_parameter("Table is being created with a stream disabled, UpdateViewType should not be specified");
	if (stream->enabled == BOOLEAN_TRUE && stream->view_type.text == NULL)
		invalid_parameter("Table is being created with a stream enabled, UpdateViewType is required");
}

/* What ddb cannot do (yet) is refused, never ignored. */
static void
check_features(const CreateTableRequest *request)
{
	if (asks_for_elements(request->vector_indexes))
		validation_error("Vector indexes are not supported");
	if (request->resource_policy.data != NULL)
		validation_error("Resource policies are not supported: use GRANT on the table's relation");
	if (request->global_table_source != NULL || request->replication_mode != NULL)
		validation_error("Global tables are not supported");
}

static bool
wants_stream(const CreateTableRequest *request)
{
	return request->stream != NULL && request->stream->enabled == BOOLEAN_TRUE;
}

static void
read_indexes(const IndexRules *rules, const RequestList *requests, IndexKind kind, NewTable *table)
{
	const IndexRequest *members = requests->members;

	for (int i = 0; i < requests->count; i++)
	{
		int			position = table->index_count++;

		read_index(rules, &members[i], kind, position + 1, &table->indexes[position]);
	}
}

/* Checks the schemas of the table and its indexes, and reads them. */
static void
read_schemas(const CreateTableRequest *request, NewTable *table)
{
	const RequestList *definitions = &request->attribute_definitions;
	IndexRules	rules = {definitions, billing_mode(request)};
	int			non_keys = 0;

	check_definitions(definitions);
	check_table_keys(definitions, &request->key_schema);
	check_indexes(&rules, &request->global_indexes, &request->local_indexes, &request->key_schema);

	read_key_schema(definitions, &request->key_schema, &table->schema);
	table->index_count = 0;
	table->indexes = palloc(sizeof(IndexDefinition) *
							Max(request->local_indexes.count + request->global_indexes.count, 1));
	read_indexes(&rules, &request->global_indexes, INDEX_GLOBAL, table);
	read_indexes(&rules, &request->local_indexes, INDEX_LOCAL, table);

	for (int i = 0; i < table->index_count; i++)
		non_keys += table->indexes[i].non_key_count;
	check_non_key_count(non_keys);
}

static void
read_settings(const CreateTableRequest *request, TableSettings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->billing_mode = enum_of(&billing_mode_shape, billing_mode(request));
	settings_set_throughput(&settings->throughput, request->throughput, request->warm_throughput);
	settings->table_class = request->table_class;
	settings->deletion_protection = request->deletion_protection;
	settings_set_encryption(settings, request->encryption);
	settings_set_on_demand(&settings->throughput, request->on_demand_throughput);
}

/* As AWS shows indexes of a table that is being created. */
static IndexDescriptions
describe_new_indexes(const TableRecord *record)
{
	IndexDescriptions descriptions = describe_indexes(record);

	for (int i = 0; i < descriptions.count; i++)
	{
		descriptions.indexes[i].status = "CREATING";
		descriptions.indexes[i].warm_status = NULL;
	}
	return descriptions;
}

/* All that a request can be wrong in by itself. */
static void
read_table(const CreateTableRequest *request, NewTable *table)
{
	check_billing(request);
	check_stream(request->stream);
	check_encryption(request->encryption);
	read_schemas(request, table);
	check_features(request);
	read_settings(request, &table->settings);
	table->name = request->table_name.data;
	table->stream_view_type = wants_stream(request) ? request->stream->view_type.text : NULL;
}

static TableRecord *
create(const CreateTableRequest *request, NewTable *table)
{
	const char *name;
	TableRecord *record;

	read_table(request, table);
	if (wants_stream(request))
		change_log_check("Streams");

	name = requested_table(&request->table_name);
	catalog_create_table(name, &table->schema, table_settings_write(&table->settings), tags_with("{}", &request->tags));
	record = catalog_read_table(name);
	for (int i = 0; i < table->index_count; i++)
		secondary_index_create(record, &table->indexes[i], INDEX_ACTIVE);
	return record;
}

static void
execute(const void *argument, StringInfo response)
{
	const CreateTableRequest *request = argument;
	TableStyle	style = {.status = "CREATING"};
	NewTable	table;
	TableRecord *record = create(request, &table);
	IndexDescriptions descriptions;

	if (wants_stream(request))
		stream_enable(record, table.stream_view_type);

	descriptions = describe_new_indexes(record);
	appendStringInfoString(response, "{\"TableDescription\":");
	style.warm_status = gives_throughput(request->warm_throughput) ? "UPDATING" : NULL;
	append_table_description(response, record, &table.settings, &style, &descriptions);
	appendStringInfoChar(response, '}');
}

/* ---- From elsewhere than a request ---- */

static void
read_parameters(json_object *parameters, CreateTableRequest *request)
{
	const Shape *shape = &create_table_operation.request;

	memset(request, 0, sizeof(*request));
	request_decode(shape, parameters, request);
	request_validate(shape, request, create_table_operation.layer);
}

void
create_table_read(json_object *parameters, NewTable *table)
{
	CreateTableRequest request;

	read_parameters(parameters, &request);
	read_table(&request, table);
}

TableRecord *
create_table_to_fill(json_object *parameters)
{
	CreateTableRequest request;
	NewTable	table;
	TableRecord *record;

	read_parameters(parameters, &request);
	if (wants_stream(&request))
		validation_error("A table that is imported begins without a stream");
	record = create(&request, &table);
	catalog_set_creating(record, true);
	return record;
}

const OperationDescription create_table_operation = {
	.request = STRUCTURE_SHAPE(CreateTableRequest, "CreateTableInput", members),
	.check_first = request_check_table_name,
	.execute = execute
};
