/*
 * index_parameters.c - key schemas, attribute definitions and secondary indexes
 * in the requests of CreateTable and UpdateTable.
 *
 * AWS looks at one index after the other, first the local ones: whether its
 * keys are defined, whether they are a key schema, whether that fits the
 * table's, the projection, the name.  How many there are comes behind that.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "error.h"
#include "operation/table/index_parameters.h"
#include "operation/table/settings.h"

/* The limit on NonKeyAttributes of all indexes of a table. */
#define NON_KEY_ATTRIBUTES_MAX 100

/* An error lists names up to about as many bytes. */
#define MAX_LISTED_BYTES 4096

#define invalid_parameter(...) validation_error("One or more parameter values were invalid: " __VA_ARGS__)

static bool
is_name(const RequestString *string, const char *name, uint32 length)
{
	return string->length == length && memcmp(string->data, name, length) == 0;
}

static bool
same_name(const RequestString *a, const RequestString *b)
{
	return is_name(a, b->data, b->length);
}

/* ---- Attribute definitions ---- */

static const AttributeDefinitionRequest *
find_definition(const RequestList *definitions, const RequestString *name)
{
	const AttributeDefinitionRequest *members = definitions->members;

	for (int i = 0; i < definitions->count; i++)
	{
		if (same_name(&members[i].name, name))
			return &members[i];
	}
	return NULL;
}

/* No item has such an attribute: names in JSON trees end at U+0000. */
static void
check_attribute_name(const RequestString *name)
{
	if (strlen(name->data) != name->length)
		invalid_parameter("U+0000 is not supported in the name of attribute %s", name->data);
}

void
check_definition_names(const RequestList *definitions)
{
	const AttributeDefinitionRequest *members = definitions->members;

	for (int i = 0; i < definitions->count; i++)
		check_attribute_name(&members[i].name);
}

/* Adds to "a, b, c". */
static void
list_name(StringInfo names, const char *name)
{
	static const char more[] = ", ...";

	if (names->len <= MAX_LISTED_BYTES)
		appendStringInfo(names, "%s%s", names->len > 0 ? ", " : "", name);
	else if (strcmp(names->data + names->len - strlen(more), more) != 0)
		appendStringInfoString(names, more);
}

static const char *
definition_names(const RequestList *definitions)
{
	const AttributeDefinitionRequest *members = definitions->members;
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < definitions->count; i++)
		list_name(&names, members[i].name.data);
	return names.data;
}

static const char *
key_names(const RequestList *keys)
{
	const KeySchemaElementRequest *members = keys->members;
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < keys->count; i++)
		list_name(&names, members[i].name.data);
	return names.data;
}

static const KeyAttribute *
find_key_attribute(const KeySchema *schema, const RequestString *name)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);

		if (is_name(name, attribute->name, attribute->name_length))
			return attribute;
	}
	return NULL;
}

/* ---- Key schemas ---- */

static void
check_keys_defined(const RequestList *definitions, const RequestList *keys)
{
	const KeySchemaElementRequest *members = keys->members;

	for (int i = 0; i < keys->count; i++)
	{
		if (find_definition(definitions, &members[i].name) == NULL)
			invalid_parameter("Some index key attributes are not defined in AttributeDefinitions. "
							  "Keys: [%s], AttributeDefinitions: [%s]",
							  key_names(keys), definition_names(definitions));
	}
}

/*
 * HASH first, RANGE behind it; of a global index, up to four of each.  AWS
 * counts the elements in words.
 */
static void
check_key_types(const RequestList *keys, int most_of_a_type)
{
	static const char *const ordinals[2 * KEY_MAX_ATTRIBUTES] = {
		"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"
	};
	const KeySchemaElementRequest *members = keys->members;
	int			counts[KEY_RANGE + 1] = {0};

	Assert(keys->count <= (int) lengthof(ordinals));
	for (int i = 1; i < keys->count; i++)
	{
		for (int j = 0; j < i; j++)
		{
			if (same_name(&members[i].name, &members[j].name))
				validation_error("Both the Hash Key and the Range Key element in the KeySchema have the same name");
		}
	}
	for (int i = 0; i < keys->count; i++)
	{
		int			type = members[i].type.value;

		if (i == 0 && type != KEY_HASH)
			validation_error("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
		if (type == KEY_HASH && (counts[KEY_RANGE] > 0 || counts[KEY_HASH] == most_of_a_type))
			validation_error("Invalid KeySchema: The %s KeySchemaElement is not a RANGE key type", ordinals[i]);
		if (type == KEY_RANGE && counts[KEY_RANGE] == most_of_a_type)
			validation_error("Invalid KeySchema: The KeySchema has more than %d RANGE key types", most_of_a_type);
		counts[type]++;
	}
}

void
check_table_keys(const RequestList *definitions, const RequestList *keys)
{
	if (definitions->count < keys->count)
		validation_error("Invalid KeySchema: Some index key attribute have no definition");
	check_keys_defined(definitions, keys);
	check_key_types(keys, 1);
}

static void
read_key_attribute(const RequestList *definitions, const RequestString *name, KeyAttribute *attribute)
{
	const AttributeDefinitionRequest *definition = find_definition(definitions, name);

	attribute->name = pstrdup(definition->name.data);
	attribute->name_length = definition->name.length;
	attribute->type = definition->type.value == ATTRIBUTE_STRING ? VALUE_STRING :
		definition->type.value == ATTRIBUTE_NUMBER ? VALUE_NUMBER : VALUE_BINARY;
}

void
read_key_schema(const RequestList *definitions, const RequestList *keys, KeySchema *schema)
{
	const KeySchemaElementRequest *members = keys->members;

	memset(schema, 0, sizeof(*schema));
	for (int i = 0; i < keys->count; i++)
		read_key_attribute(definitions, &members[i].name,
						   members[i].type.value == KEY_HASH ?
						   &schema->partition[schema->partition_count++] :
						   &schema->sort[schema->sort_count++]);
}

/* ---- Used and unused definitions ---- */

static const KeyAttribute *
find_in_schemas(const KeySchema *const *schemas, int count, const RequestString *name)
{
	for (int i = 0; i < count; i++)
	{
		const KeyAttribute *attribute = find_key_attribute(schemas[i], name);

		if (attribute != NULL)
			return attribute;
	}
	return NULL;
}

static AttributeDefinitionRequest
definition_of(const KeyAttribute *attribute)
{
	AttributeDefinitionRequest definition = {
		.name = {attribute->name, attribute->name_length},
		.type.text = value_type_name(attribute->type),
		.type.value = attribute->type == VALUE_STRING ? ATTRIBUTE_STRING :
		attribute->type == VALUE_NUMBER ? ATTRIBUTE_NUMBER : ATTRIBUTE_BINARY
	};

	return definition;
}

static void
add_definition(RequestList *definitions, const KeyAttribute *attribute)
{
	AttributeDefinitionRequest added = definition_of(attribute);
	const AttributeDefinitionRequest *found = find_definition(definitions, &added.name);

	if (found == NULL)
		((AttributeDefinitionRequest *) definitions->members)[definitions->count++] = added;
	else if (found->type.value != added.type.value)
		invalid_parameter("Attribute %s is a key attribute of type %s already",
						  attribute->name, added.type.text);
}

RequestList
definitions_with_schemas(const RequestList *definitions, const KeySchema *const *schemas, int count)
{
	RequestList result = *definitions;

	result.members = palloc0(sizeof(AttributeDefinitionRequest) *
							 (definitions->count + 2 * KEY_MAX_ATTRIBUTES * count));
	if (definitions->count > 0)
		memcpy(result.members, definitions->members,
			   sizeof(AttributeDefinitionRequest) * definitions->count);
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; j < schemas[i]->partition_count; j++)
			add_definition(&result, &schemas[i]->partition[j]);
		for (int j = 0; j < schemas[i]->sort_count; j++)
			add_definition(&result, &schemas[i]->sort[j]);
	}
	return result;
}

/* Each attribute of the schemas once. */
static void
append_used_names(StringInfo names, const KeySchema *schema, const KeySchema *const *before, int count)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);
		RequestString name = {attribute->name, attribute->name_length};

		if (find_in_schemas(before, count, &name) == NULL)
			list_name(names, attribute->name);
	}
}

void
check_definitions_used(const RequestList *definitions, const KeySchema *const *schemas, int count)
{
	const AttributeDefinitionRequest *members = definitions->members;
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < count; i++)
		append_used_names(&names, schemas[i], schemas, i);
	for (int i = 0; i < definitions->count; i++)
	{
		if (find_in_schemas(schemas, count, &members[i].name) == NULL)
			invalid_parameter("Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]",
							  definition_names(definitions), names.data);
	}
	for (int i = 0; i < definitions->count; i++)
	{
		if (find_definition(definitions, &members[i].name) != &members[i])
			invalid_parameter("Cannot have two attributes with the same name: %s", members[i].name.data);
	}
}

/* ---- Indexes ---- */

static void
check_projection(const ProjectionRequest *projection)
{
	bool		names_attributes = projection->non_key_attributes.json != NULL;
	const RequestString *names = projection->non_key_attributes.members;

	if (projection->type.text == NULL)
		invalid_parameter("Unknown ProjectionType: null");
	if (projection->type.value != PROJECTION_TYPE_INCLUDE && names_attributes)
		invalid_parameter("ProjectionType is %s, but NonKeyAttributes is specified", projection->type.text);
	if (projection->type.value == PROJECTION_TYPE_INCLUDE && !names_attributes)
		invalid_parameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
	for (int i = 0; i < projection->non_key_attributes.count; i++)
		check_attribute_name(&names[i]);
}

static void
check_name_unused(const RequestList *indexes, int count, const IndexRequest *index)
{
	const IndexRequest *members = indexes->members;

	for (int i = 0; i < count; i++)
	{
		if (same_name(&members[i].name, &index->name))
			invalid_parameter("Duplicate index name: %s", index->name.data);
	}
}

static void
check_local_keys(const IndexRules *rules, const IndexRequest *index, const RequestList *table_keys)
{
	const KeySchemaElementRequest *keys = index->key_schema.members;
	const KeySchemaElementRequest *table = table_keys->members;

	check_keys_defined(rules->definitions, &index->key_schema);
	check_key_types(&index->key_schema, 1);
	if (index->key_schema.count < 2)
		invalid_parameter("Index KeySchema does not have a range key for index: %s", index->name.data);
	if (!same_name(&keys[0].name, &table[0].name))
		invalid_parameter("Index KeySchema does not have the same leading hash key as table KeySchema for "
						  "index: %s. index hash key: %s, table hash key: %s",
						  index->name.data, keys[0].name.data, table[0].name.data);
}

void
check_local_indexes(const IndexRules *rules, const RequestList *indexes, const RequestList *table_keys)
{
	const IndexRequest *members = indexes->members;

	if (indexes->json == NULL)
		return;
	if (indexes->count == 0)
		invalid_parameter("List of LocalSecondaryIndexes is empty");
	if (table_keys->count < 2)
		invalid_parameter("Table KeySchema does not have a range key, which is required when specifying "
						  "a LocalSecondaryIndex");
	for (int i = 0; i < indexes->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		check_local_keys(rules, &members[i], table_keys);
		check_projection(members[i].projection);
		check_name_unused(indexes, i, &members[i]);
	}
	if (indexes->count > LOCAL_INDEXES_MAX)
		invalid_parameter("Number of LocalSecondaryIndexes exceeds per-table limit of %d", LOCAL_INDEXES_MAX);
}

/* A provisioned table's index needs a throughput, and no other may have one. */
static void
check_index_throughput(const IndexRules *rules, const IndexRequest *index)
{
	if (rules->billing_mode == BILLING_PAY_PER_REQUEST && index->throughput != NULL)
		invalid_parameter("ProvisionedThroughput should not be specified for index: %s when BillingMode is "
						  "PAY_PER_REQUEST", index->name.data);
	if (rules->billing_mode != BILLING_PAY_PER_REQUEST && index->throughput == NULL)
		invalid_parameter("ProvisionedThroughput must be specified for index: %s", index->name.data);
}

void
check_global_index(const IndexRules *rules, const IndexRequest *index)
{
	check_keys_defined(rules->definitions, &index->key_schema);
	check_key_types(&index->key_schema, KEY_MAX_ATTRIBUTES);
	check_projection(index->projection);
	check_index_throughput(rules, index);
}

void
check_global_indexes(const IndexRules *rules, const RequestList *indexes, const RequestList *local_indexes)
{
	const IndexRequest *members = indexes->members;

	if (indexes->json == NULL)
		return;
	if (indexes->count == 0)
		invalid_parameter("List of GlobalSecondaryIndexes is empty");
	for (int i = 0; i < indexes->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		check_global_index(rules, &members[i]);
		check_name_unused(local_indexes, local_indexes->count, &members[i]);
		check_name_unused(indexes, i, &members[i]);
	}
	if (indexes->count > GLOBAL_INDEXES_MAX)
		invalid_parameter("GlobalSecondaryIndex count exceeds the per-table limit of %d", GLOBAL_INDEXES_MAX);
}

void
check_non_key_count(int count)
{
	if (count > NON_KEY_ATTRIBUTES_MAX)
		invalid_parameter("Number of NonKeyAttributes in all indexes exceeds per-table limit of %d",
						  NON_KEY_ATTRIBUTES_MAX);
}

static void
read_projection_request(const ProjectionRequest *request, IndexDefinition *definition)
{
	const RequestString *names = request->non_key_attributes.members;

	definition->projection = request->type.value == PROJECTION_TYPE_ALL ? PROJECTION_ALL :
		request->type.value == PROJECTION_TYPE_INCLUDE ? PROJECTION_INCLUDE : PROJECTION_KEYS_ONLY;
	definition->non_key_count = request->non_key_attributes.count;
	definition->non_key = palloc0(sizeof(AttributeName) * Max(definition->non_key_count, 1));
	for (int i = 0; i < definition->non_key_count; i++)
	{
		definition->non_key[i].name = pnstrdup(names[i].data, names[i].length);
		definition->non_key[i].length = names[i].length;
	}
}

void
read_index(const IndexRules *rules, const IndexRequest *request, IndexKind kind,
		   IndexDefinition *definition)
{
	ThroughputSettings settings;

	memset(&settings, 0, sizeof(settings));
	memset(definition, 0, sizeof(*definition));
	definition->name = pstrdup(request->name.data);
	definition->kind = kind;
	read_key_schema(rules->definitions, &request->key_schema, &definition->schema);
	read_projection_request(request->projection, definition);
	settings_set_throughput(&settings, request->throughput);
	settings_set_on_demand(&settings, request->on_demand);
	settings_set_warm(&settings, request->warm);
	definition->settings = index_settings_write(&settings);
}
