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
#include "operation/table_description.h"

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
	REQUIRED(CreateTableRequest, table_name, "TableName", &table_name_shape),
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
	check_throughput_bounds(request->throughput);
}

static const AttributeDefinitionRequest *
find_definition(const RequestList *definitions, const RequestString *name)
{
	const AttributeDefinitionRequest *members = definitions->members;

	for (int i = 0; i < definitions->count; i++)
	{
		if (members[i].name.length == name->length &&
			memcmp(members[i].name.data, name->data, name->length) == 0)
			return &members[i];
	}
	return NULL;
}

/* Raises AWS's error for key attributes without definition. */
static void
undefined_key_attributes(const CreateTableRequest *request)
{
	const KeySchemaElementRequest *keys = request->key_schema.members;
	const AttributeDefinitionRequest *definitions = request->attribute_definitions.members;
	StringInfoData key_names;
	StringInfoData definition_names;

	initStringInfo(&key_names);
	for (int i = 0; i < request->key_schema.count; i++)
		appendStringInfo(&key_names, "%s%s", i > 0 ? ", " : "", keys[i].name.data);
	initStringInfo(&definition_names);
	for (int i = 0; i < request->attribute_definitions.count; i++)
		appendStringInfo(&definition_names, "%s%s", i > 0 ? ", " : "", definitions[i].name.data);
	validation_error("One or more parameter values were invalid: Some index key attributes are not defined in "
					 "AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]",
					 key_names.data, definition_names.data);
}

static void
check_key_schema(const CreateTableRequest *request)
{
	const KeySchemaElementRequest *keys = request->key_schema.members;
	int			count = request->key_schema.count;

	if (request->attribute_definitions.count < count)
		validation_error("Invalid KeySchema: Some index key attribute have no definition");
	for (int i = 0; i < count; i++)
	{
		if (find_definition(&request->attribute_definitions, &keys[i].name) == NULL)
			undefined_key_attributes(request);
	}
	if (count == 2 && strcmp(keys[0].name.data, keys[1].name.data) == 0)
		validation_error("Both the Hash Key and the Range Key element in the KeySchema have the same name");
	if (keys[0].type.value != KEY_HASH)
		validation_error("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
	if (count == 2 && keys[1].type.value != KEY_RANGE)
		validation_error("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
}

/* What ddb cannot do (yet) is refused, never ignored. */
static void
check_features(const CreateTableRequest *request)
{
	if (request->local_indexes.json != NULL && request->local_indexes.count == 0)
		validation_error("One or more parameter values were invalid: List of LocalSecondaryIndexes is empty");
	if (request->global_indexes.json != NULL && request->global_indexes.count == 0)
		validation_error("One or more parameter values were invalid: List of GlobalSecondaryIndexes is empty");
	if (request->local_indexes.count > 0 || request->global_indexes.count > 0)
		validation_error("Secondary indexes are not supported yet");
	if (request->vector_indexes != NULL)
		validation_error("Vector indexes are not supported");
	if (request->stream != NULL && request->stream->enabled == BOOLEAN_TRUE)
		validation_error("Streams are not supported yet");
	if (request->resource_policy.data != NULL)
		validation_error("Resource policies are not supported: use GRANT on the table's relation");
	if (request->global_table_source != NULL || request->replication_mode != NULL)
		validation_error("Global tables are not supported");
}

static void
read_key_attribute(const CreateTableRequest *request, int position, KeyAttribute *attribute)
{
	const KeySchemaElementRequest *keys = request->key_schema.members;
	const AttributeDefinitionRequest *definition =
		find_definition(&request->attribute_definitions, &keys[position].name);

	attribute->name = pstrdup(definition->name.data);
	attribute->name_length = definition->name.length;
	attribute->type = definition->type.value == ATTRIBUTE_STRING ? VALUE_STRING :
		definition->type.value == ATTRIBUTE_NUMBER ? VALUE_NUMBER : VALUE_BINARY;
}

static void
read_schema(const CreateTableRequest *request, KeySchema *schema)
{
	if (request->attribute_definitions.count != request->key_schema.count)
		validation_error("One or more parameter values were invalid: Number of attributes in KeySchema does not "
						 "exactly match number of attributes defined in AttributeDefinitions");

	memset(schema, 0, sizeof(*schema));
	schema->partition_count = 1;
	read_key_attribute(request, 0, &schema->partition[0]);
	if (request->key_schema.count == 2)
	{
		schema->sort_count = 1;
		read_key_attribute(request, 1, &schema->sort[0]);
	}
}

static void
read_settings(const CreateTableRequest *request, TableSettings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->billing_mode = request->billing_mode.text != NULL ? request->billing_mode :
		enum_of(&billing_mode_shape, BILLING_PROVISIONED);
	if (request->throughput != NULL)
	{
		settings->read_units = request->throughput->read;
		settings->write_units = request->throughput->write;
	}
	settings->table_class = request->table_class;
	settings->deletion_protection = request->deletion_protection;
	settings_set_encryption(settings, request->encryption);
	settings_set_on_demand(settings, request->on_demand_throughput);
	settings_set_warm(settings, request->warm_throughput);
}

static void
execute(const void *argument, StringInfo response)
{
	const CreateTableRequest *request = argument;
	const char *name;
	KeySchema	schema;
	TableSettings settings;

	check_billing(request);
	check_key_schema(request);
	check_features(request);
	read_schema(request, &schema);
	read_settings(request, &settings);

	name = requested_table(&request->table_name);
	catalog_create_table(name, &schema, table_settings_write(&settings), tags_with("{}", &request->tags));

	appendStringInfoString(response, "{\"TableDescription\":");
	append_table_description(response, catalog_read_table(name), &settings, "CREATING");
	appendStringInfoChar(response, '}');
}

const OperationDescription create_table_operation = {
	.request = STRUCTURE_SHAPE(CreateTableRequest, "CreateTableInput", members),
	.check_first = request_check_table_name,
	.execute = execute
};
