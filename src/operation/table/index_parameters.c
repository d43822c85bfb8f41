/*
 * index_parameters.c - key schemas, attribute definitions and secondary indexes
 * in the requests of CreateTable and UpdateTable.
 *
 * AWS looks for undefined keys and unused definitions first.  Then it looks at
 * one index after the other: whether its keys are a key schema, whether that
 * fits the table's, the projection, the name.
 */
#include "postgres.h"

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

static int
compare_definitions(const void *a, const void *b)
{
	const AttributeDefinitionRequest *const *first = a;
	const AttributeDefinitionRequest *const *second = b;

	return strcmp((*first)->name.data, (*second)->name.data);
}

void
check_definitions(const RequestList *definitions)
{
	const AttributeDefinitionRequest *members = definitions->members;
	const AttributeDefinitionRequest **sorted = palloc(sizeof(members) * Max(definitions->count, 1));

	for (int i = 0; i < definitions->count; i++)
	{
		check_attribute_name(&members[i].name);
		sorted[i] = &members[i];
	}
	qsort(sorted, definitions->count, sizeof(members), compare_definitions);
	for (int i = 1; i < definitions->count; i++)
	{
		if (same_name(&sorted[i]->name, &sorted[i - 1]->name))
			validation_error("Attribute Name is duplicated: %s", sorted[i]->name.data);
	}
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

static void
check_first_key(const RequestList *keys)
{
	const KeySchemaElementRequest *members = keys->members;

	if (members[0].type.value != KEY_HASH)
		validation_error("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
}

/* Of a table or a local index: HASH first, RANGE behind it. */
static void
check_key_pair(const RequestList *keys)
{
	const KeySchemaElementRequest *members = keys->members;

	if (keys->count > 1 && same_name(&members[0].name, &members[1].name))
		validation_error("Both the Hash Key and the Range Key element in the KeySchema have the same name");
	check_first_key(keys);
	if (keys->count > 1 && members[1].type.value != KEY_RANGE)
		validation_error("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
}

/* Of a global index: up to four of each type. */
static void
check_key_counts(const RequestList *keys)
{
	const KeySchemaElementRequest *members = keys->members;
	int			counts[KEY_RANGE + 1] = {0};

	for (int i = 0; i < keys->count; i++)
	{
		if (++counts[members[i].type.value] > KEY_MAX_ATTRIBUTES)
			invalid_parameter("The KeySchema exceeds the maximum allowed number of %s key attributes",
							  members[i].type.text);
	}
}

static void
check_global_keys(const RequestList *keys)
{
	const KeySchemaElementRequest *members = keys->members;

	check_first_key(keys);
	for (int i = 1; i < keys->count; i++)
	{
		if (members[i].type.value == KEY_HASH && members[i - 1].type.value == KEY_RANGE)
			invalid_parameter("All HASH key attributes must precede RANGE key attributes in the KeySchema");
		for (int j = 0; j < i; j++)
		{
			if (same_name(&members[i].name, &members[j].name))
				validation_error("The KeySchema contains multiple key attributes with the same name");
		}
	}
}

void
check_table_keys(const RequestList *definitions, const RequestList *keys)
{
	if (definitions->count < keys->count)
		validation_error("Invalid KeySchema: Some index key attribute have no definition");
	check_keys_defined(definitions, keys);
	check_key_pair(keys);
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

/* ---- Definitions of key schemas ---- */

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

RequestList
definitions_with_schemas(const RequestList *definitions, const KeySchema *const *schemas, int count)
{
	const AttributeDefinitionRequest *given = definitions->members;
	AttributeDefinitionRequest *members = palloc0(sizeof(AttributeDefinitionRequest) *
												  (definitions->count + 2 * KEY_MAX_ATTRIBUTES * count));
	RequestList result = {.members = members};

	for (int i = 0; i < count; i++)
	{
		for (int j = 0; j < key_schema_count(schemas[i]); j++)
		{
			AttributeDefinitionRequest added = definition_of(key_schema_attribute(schemas[i], j));

			if (find_definition(&result, &added.name) == NULL)
				members[result.count++] = added;
		}
	}
	for (int i = 0; i < definitions->count; i++)
	{
		if (find_in_schemas(schemas, count, &given[i].name) == NULL)
			members[result.count++] = given[i];
	}
	return result;
}

/* ---- Definitions against those that there are ---- */

static void
append_schema_element(StringInfo out, const char *name, const char *type, const char *key_type)
{
	appendStringInfo(out, "%sSchemaElement: key{%s:%s:%s}", out->data[out->len - 1] == '[' ? "" : ", ",
					 name, type, key_type);
}

static const char *
print_schema(const KeySchema *schema)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "Schema:[");
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);

		append_schema_element(&out, attribute->name, value_type_name(attribute->type),
							  i < schema->partition_count ? "HASH" : "RANGE");
	}
	appendStringInfoChar(&out, ']');
	return out.data;
}

static const char *
print_requested_schema(const RequestList *definitions, const RequestList *keys)
{
	const KeySchemaElementRequest *members = keys->members;
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "Schema:[");
	for (int i = 0; i < keys->count; i++)
	{
		const AttributeDefinitionRequest *definition = find_definition(definitions, &members[i].name);

		append_schema_element(&out, members[i].name.data, definition != NULL ? definition->type.text : "null",
							  members[i].type.text);
	}
	appendStringInfoChar(&out, ']');
	return out.data;
}

void
check_not_redefined(const RequestList *definitions, const RequestList *keys,
					const KeySchema *const *schemas, int count)
{
	const KeySchemaElementRequest *members = keys->members;

	for (int i = 0; i < keys->count; i++)
	{
		const AttributeDefinitionRequest *given = find_definition(definitions, &members[i].name);
		const KeyAttribute *attribute = find_in_schemas(schemas, count, &members[i].name);

		if (given != NULL && attribute != NULL && given->type.value != definition_of(attribute).type.value)
			invalid_parameter("Attributes cannot be redefined. Please check that your attribute has the same type "
							  "as previously defined. Existing schema: %s New schema: %s",
							  print_schema(schemas[0]), print_requested_schema(definitions, keys));
	}
}

/* ---- Definitions that no key uses ---- */

typedef struct KeyLists
{
	const RequestList *lists[1 + LOCAL_INDEXES_MAX + GLOBAL_INDEXES_MAX];
	int			count;
} KeyLists;

static void
add_key_lists(KeyLists *keys, const RequestList *indexes)
{
	const IndexRequest *members = indexes->members;

	for (int i = 0; i < indexes->count; i++)
		keys->lists[keys->count++] = &members[i].key_schema;
}

/* Whether one of the first so many lists has the attribute. */
static bool
is_key(const KeyLists *keys, int count, const RequestString *name)
{
	for (int i = 0; i < count; i++)
	{
		const KeySchemaElementRequest *members = keys->lists[i]->members;

		for (int j = 0; j < keys->lists[i]->count; j++)
		{
			if (same_name(&members[j].name, name))
				return true;
		}
	}
	return false;
}

/* Each attribute of the keys once. */
static const char *
used_names(const KeyLists *keys)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < keys->count; i++)
	{
		const KeySchemaElementRequest *members = keys->lists[i]->members;

		for (int j = 0; j < keys->lists[i]->count; j++)
		{
			if (!is_key(keys, i, &members[j].name))
				list_name(&names, members[j].name.data);
		}
	}
	return names.data;
}

static void
check_definitions_used(const RequestList *definitions, const KeyLists *keys)
{
	const AttributeDefinitionRequest *members = definitions->members;

	if (keys->count == 1 && definitions->count != keys->lists[0]->count)
		invalid_parameter("Number of attributes in KeySchema does not exactly match number of attributes defined "
						  "in AttributeDefinitions");
	for (int i = 0; i < definitions->count; i++)
	{
		if (!is_key(keys, keys->count, &members[i].name))
			invalid_parameter("Some AttributeDefinitions are not used. AttributeDefinitions: [%s], keys used: [%s]",
							  definition_names(definitions), used_names(keys));
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
	{
		check_attribute_name(&names[i]);
		for (int j = 0; j < i; j++)
		{
			if (same_name(&names[i], &names[j]))
				invalid_parameter("Duplicate element in NonKeyAttributes: %s", names[i].data);
		}
	}
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
check_local_keys(const IndexRequest *index, const RequestList *table_keys)
{
	const KeySchemaElementRequest *keys = index->key_schema.members;
	const KeySchemaElementRequest *table = table_keys->members;

	check_key_pair(&index->key_schema);
	if (index->key_schema.count < 2)
		invalid_parameter("Index KeySchema does not have a range key for index: %s", index->name.data);
	if (!same_name(&keys[0].name, &table[0].name))
		invalid_parameter("Index KeySchema does not have the same leading hash key as table KeySchema for "
						  "index: %s. index hash key: %s, table hash key: %s",
						  index->name.data, keys[0].name.data, table[0].name.data);
}

static void
check_local_indexes(const RequestList *indexes, const RequestList *table_keys)
{
	const IndexRequest *members = indexes->members;

	for (int i = 0; i < indexes->count; i++)
	{
		check_local_keys(&members[i], table_keys);
		check_projection(members[i].projection);
		check_name_unused(indexes, i, &members[i]);
	}
}

void
check_throughput_of_index(const IndexRules *rules, const ThroughputRequest *throughput, const char *index)
{
	if (rules->billing_mode == BILLING_PAY_PER_REQUEST && throughput != NULL)
		invalid_parameter("ProvisionedThroughput should not be specified for index: %s when BillingMode is "
						  "PAY_PER_REQUEST", index);
	if (rules->billing_mode != BILLING_PAY_PER_REQUEST && throughput == NULL)
		invalid_parameter("ProvisionedThroughput is not specified for index: %s", index);
}

void
check_global_index(const IndexRules *rules, const IndexRequest *index)
{
	check_key_counts(&index->key_schema);
	check_keys_defined(rules->definitions, &index->key_schema);
	check_global_keys(&index->key_schema);
	check_projection(index->projection);
}

void
check_index_units(const IndexRules *rules, const IndexRequest *index)
{
	check_new_on_demand(index->on_demand, rules->billing_mode, index->name.data);
	check_new_warm(index->warm, index->throughput, index->name.data);
}

static void
check_global_indexes(const IndexRules *rules, const RequestList *indexes, const RequestList *local_indexes)
{
	const IndexRequest *members = indexes->members;

	for (int i = 0; i < indexes->count; i++)
	{
		check_global_index(rules, &members[i]);
		check_throughput_of_index(rules, members[i].throughput, members[i].name.data);
		check_index_units(rules, &members[i]);
		check_name_unused(local_indexes, local_indexes->count, &members[i]);
		check_name_unused(indexes, i, &members[i]);
	}
}

static void
check_index_counts(const RequestList *global_indexes, const RequestList *local_indexes,
				   const RequestList *table_keys)
{
	if (global_indexes->json != NULL && global_indexes->count == 0)
		invalid_parameter("List of GlobalSecondaryIndexes is empty");
	if (local_indexes->json != NULL && local_indexes->count == 0)
		invalid_parameter("List of LocalSecondaryIndexes is empty");
	if (local_indexes->json != NULL && table_keys->count < 2)
		invalid_parameter("Table KeySchema does not have a range key, which is required when specifying "
						  "a LocalSecondaryIndex");
	if (global_indexes->count > GLOBAL_INDEXES_MAX)
		invalid_parameter("GlobalSecondaryIndex count exceeds the per-table limit of %d", GLOBAL_INDEXES_MAX);
	if (local_indexes->count > LOCAL_INDEXES_MAX)
		invalid_parameter("Number of LocalSecondaryIndexes exceeds per-table limit of %d", LOCAL_INDEXES_MAX);
}

void
check_indexes(const IndexRules *rules, const RequestList *global_indexes,
			  const RequestList *local_indexes, const RequestList *table_keys)
{
	KeyLists	keys = {{table_keys}, 1};

	check_index_counts(global_indexes, local_indexes, table_keys);
	add_key_lists(&keys, global_indexes);
	add_key_lists(&keys, local_indexes);
	for (int i = 0; i < keys.count; i++)
	{
		check_key_counts(keys.lists[i]);
		check_keys_defined(rules->definitions, keys.lists[i]);
	}
	check_definitions_used(rules->definitions, &keys);
	check_global_indexes(rules, global_indexes, local_indexes);
	check_local_indexes(local_indexes, table_keys);
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

/* Whether the keys are those of the schema, in its order. */
static bool
keys_are(const RequestList *keys, const KeySchema *schema)
{
	const KeySchemaElementRequest *members = keys->members;

	if (keys->count != key_schema_count(schema))
		return false;
	for (int i = 0; i < keys->count; i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);

		if (!is_name(&members[i].name, attribute->name, attribute->name_length) ||
			members[i].type.value != (i < schema->partition_count ? KEY_HASH : KEY_RANGE))
			return false;
	}
	return true;
}

/* Whether the names are those that the index projects, in any order. */
static bool
non_keys_are(const RequestList *names, const IndexDefinition *index)
{
	const RequestString *members = names->members;

	if (names->count != index->non_key_count)
		return false;
	for (int i = 0; i < index->non_key_count; i++)
	{
		bool		found = false;

		for (int j = 0; j < names->count && !found; j++)
			found = is_name(&members[j], index->non_key[i].name, index->non_key[i].length);
		if (!found)
			return false;
	}
	return true;
}

bool
index_request_is(const IndexRequest *request, const IndexDefinition *index)
{
	static const int types[] = {
		[PROJECTION_ALL] = PROJECTION_TYPE_ALL,
		[PROJECTION_KEYS_ONLY] = PROJECTION_TYPE_KEYS_ONLY,
		[PROJECTION_INCLUDE] = PROJECTION_TYPE_INCLUDE
	};

	return request->projection->type.value == types[index->projection] &&
		keys_are(&request->key_schema, &index->schema) &&
		non_keys_are(&request->projection->non_key_attributes, index);
}

void
read_index(const IndexRules *rules, const IndexRequest *request, IndexKind kind,
		   int64 position, IndexDefinition *definition)
{
	IndexSettings settings;

	memset(&settings, 0, sizeof(settings));
	memset(definition, 0, sizeof(*definition));
	definition->name = pstrdup(request->name.data);
	definition->kind = kind;
	read_key_schema(rules->definitions, &request->key_schema, &definition->schema);
	read_projection_request(request->projection, definition);
	settings.position = (RequestInteger) {true, position};
	if (kind == INDEX_GLOBAL)
	{
		settings_set_throughput(&settings.throughput, request->throughput, request->warm);
		settings_set_on_demand(&settings.throughput, request->on_demand);
	}
	definition->settings = index_settings_write(&settings);
}
