/*
 * create_table.c - CreateTable.
 *
 * The table is there when CreateTable returns, for the caller's transaction at
 * once and for others when it commits; the status in its response is CREATING
 * all the same, as AWS says it.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/table/index_parameters.h"
#include "operation/table/table_description.h"
#include "operation/tag/tags.h"

typedef struct CreateTableRequest
{
	RequestString table_name;
	RequestList attribute_definitions;
	RequestList key_schema;
	RequestList local_indexes;
	RequestList global_indexes;
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
	OPTIONAL(CreateTableRequest, local_indexes, "LocalSecondaryIndexes", &local_indexes_shape),
	OPTIONAL(CreateTableRequest, global_indexes, "GlobalSecondaryIndexes", &global_indexes_shape),
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

static void
check_billing(const CreateTableRequest *request)
{
	if (request->billing_mode.value != BILLING_PAY_PER_REQUEST && request->throughput == NULL)
		validation_error("One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits "
						 "must both be specified when BillingMode is PROVISIONED");
	if (request->billing_mode.value == BILLING_PAY_PER_REQUEST && request->throughput != NULL)
		validation_error("One or more parameter values were invalid: Neither ReadCapacityUnits nor "
						 "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
	check_throughput_bounds(request->throughput, NULL);
	for (int i = 0; i < request->global_indexes.count; i++)
	{
		const IndexRequest *index = &((const IndexRequest *) request->global_indexes.members)[i];

		check_throughput_bounds(index->throughput, index->name.data);
	}
}

/* What ddb cannot do (yet) is refused, never ignored. */
static void
check_features(const CreateTableRequest *request)
{
	if (request->vector_indexes != NULL)
		validation_error("Vector indexes are not supported");
	if (request->stream != NULL && request->stream->enabled == BOOLEAN_TRUE)
		validation_error("Streams are not supported yet");
	if (request->resource_policy.data != NULL)
		validation_error("Resource policies are not supported: use GRANT on the table's relation");
	if (request->global_table_source != NULL || request->replication_mode != NULL)
		validation_error("Global tables are not supported");
}

/* The indexes of the request, local ones first. */
typedef struct NewIndexes
{
	int			count;
	IndexDefinition *indexes;
} NewIndexes;

static void
read_indexes(const IndexRules *rules, const RequestList *requests, IndexKind kind, NewIndexes *indexes)
{
	const IndexRequest *members = requests->members;

	for (int i = 0; i < requests->count; i++)
		read_index(rules, &members[i], kind, &indexes->indexes[indexes->count++]);
}

/* Each definition is of a key attribute, of the table or of an index. */
static void
check_definition_use(const CreateTableRequest *request, const KeySchema *schema,
					 const NewIndexes *indexes)
{
	const KeySchema **schemas = palloc(sizeof(KeySchema *) * (indexes->count + 1));

	if (indexes->count == 0 && request->attribute_definitions.count != request->key_schema.count)
		validation_error("One or more parameter values were invalid: Number of attributes in KeySchema does not "
						 "exactly match number of attributes defined in AttributeDefinitions");
	schemas[0] = schema;
	for (int i = 0; i < indexes->count; i++)
		schemas[i + 1] = &indexes->indexes[i].schema;
	check_definitions_used(&request->attribute_definitions, schemas, indexes->count + 1);
}

/* Checks the schemas of the table and its indexes, and reads them. */
static void
read_schemas(const CreateTableRequest *request, KeySchema *schema, NewIndexes *indexes)
{
	const RequestList *definitions = &request->attribute_definitions;
	IndexRules	rules = {definitions, request->billing_mode.value};
	int			non_keys = 0;

	check_definition_names(definitions);
	check_table_keys(definitions, &request->key_schema);
	check_local_indexes(&rules, &request->local_indexes, &request->key_schema);
	check_global_indexes(&rules, &request->global_indexes, &request->local_indexes);

	read_key_schema(definitions, &request->key_schema, schema);
	indexes->count = 0;
	indexes->indexes = palloc(sizeof(IndexDefinition) *
							  Max(request->local_indexes.count + request->global_indexes.count, 1));
	read_indexes(&rules, &request->local_indexes, INDEX_LOCAL, indexes);
	read_indexes(&rules, &request->global_indexes, INDEX_GLOBAL, indexes);
	check_definition_use(request, schema, indexes);

	for (int i = 0; i < indexes->count; i++)
		non_keys += indexes->indexes[i].non_key_count;
	check_non_key_count(non_keys);
}

static void
read_settings(const CreateTableRequest *request, TableSettings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->billing_mode = request->billing_mode.text != NULL ? request->billing_mode :
		enum_of(&billing_mode_shape, BILLING_PROVISIONED);
	settings_set_throughput(&settings->throughput, request->throughput);
	settings->table_class = request->table_class;
	settings->deletion_protection = request->deletion_protection;
	settings_set_encryption(settings, request->encryption);
	settings_set_on_demand(&settings->throughput, request->on_demand_throughput);
	settings_set_warm(&settings->throughput, request->warm_throughput);
}

/* As AWS shows indexes of a table that is being created. */
static IndexDescriptions
describe_new_indexes(const TableRecord *record)
{
	IndexDescriptions descriptions = describe_indexes(record);

	for (int i = 0; i < descriptions.count; i++)
		descriptions.indexes[i].status = "CREATING";
	return descriptions;
}

static void
execute(const void *argument, StringInfo response)
{
	const CreateTableRequest *request = argument;
	const char *name;
	KeySchema	schema;
	NewIndexes	indexes;
	TableSettings settings;
	TableRecord *record;
	IndexDescriptions descriptions;

	check_billing(request);
	read_schemas(request, &schema, &indexes);
	check_features(request);
	read_settings(request, &settings);

	name = requested_table(&request->table_name);
	catalog_create_table(name, &schema, table_settings_write(&settings), tags_with("{}", &request->tags));
	record = catalog_read_table(name);
	for (int i = 0; i < indexes.count; i++)
		secondary_index_create(record, &indexes.indexes[i], INDEX_ACTIVE);

	descriptions = describe_new_indexes(record);
	appendStringInfoString(response, "{\"TableDescription\":");
	append_table_description(response, record, &settings, "CREATING", &descriptions);
	appendStringInfoChar(response, '}');
}

const OperationDescription create_table_operation = {
	.request = STRUCTURE_SHAPE(CreateTableRequest, "CreateTableInput", members),
	.check_first = request_check_table_name,
	.execute = execute
};
