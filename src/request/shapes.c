/*
 * shapes.c - the shapes that several operations' requests have in common.
 *
 * Bounds and required members are those of DynamoDB's API model, except where
 * AWS is seen to report otherwise.
 */
#include "postgres.h"

#include "request/shapes.h"

/* ---- Scalars ---- */

const Shape string_shape = {.kind = SHAPE_STRING};
const Shape boolean_shape = {.kind = SHAPE_BOOLEAN};
const Shape timestamp_shape = {.kind = SHAPE_TIMESTAMP};
const Shape long_shape = {.kind = SHAPE_LONG};
const Shape positive_long_shape = {.kind = SHAPE_LONG, AT_LEAST(1)};
const Shape positive_integer_shape = {.kind = SHAPE_INTEGER, AT_LEAST(1)};
const Shape item_limit_shape = {.kind = SHAPE_INTEGER, AT_LEAST(1), .minimum_alone = true};
const Shape value_shape = {.kind = SHAPE_VALUE};
const Shape attributes_shape = {.kind = SHAPE_ATTRIBUTES};

const Shape item_table_name_shape = {
	.kind = SHAPE_STRING, .pattern = &name_pattern, .or_table_arn = true, AT_LEAST(1), AT_MOST(255),
	.minimum_alone = true
};
const Shape table_name_shape = {
	.kind = SHAPE_STRING, .pattern = &name_pattern, .or_table_arn = true, AT_LEAST(3), AT_MOST(255)
};
const Shape index_name_shape = {
	.kind = SHAPE_STRING, .pattern = &name_pattern, AT_LEAST(3), AT_MOST(255)
};
const Shape described_table_name_shape = {
	.kind = SHAPE_STRING, .pattern = &name_pattern, .minimum_first = true, .or_table_arn = true,
	AT_LEAST(3), AT_MOST(255)
};
const Shape described_index_name_shape = {
	.kind = SHAPE_STRING, .pattern = &name_pattern, .minimum_first = true, AT_LEAST(3), AT_MOST(255)
};
const Shape attribute_name_shape = {.kind = SHAPE_STRING, AT_MOST(65535)};

static const Shape key_attribute_name_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(255)};

/* ---- Enumerations ---- */

#define ENUM_VALUES(...) .values = (const char *const[]) {__VA_ARGS__, NULL}
#define ENUM_SHAPE(...) \
	{.kind = SHAPE_ENUM, ENUM_VALUES(__VA_ARGS__)}

const Shape return_consumed_capacity_shape = ENUM_SHAPE("INDEXES", "TOTAL", "NONE");
const Shape return_item_collection_metrics_shape = ENUM_SHAPE("SIZE", "NONE");
/* What the current layer prints of these two is not quite what there is. */
const Shape return_values_shape = {
	.kind = SHAPE_ENUM, ENUM_VALUES("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"),
	.current_values = "[ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
};
const Shape conditional_operator_shape = {
	.kind = SHAPE_ENUM, ENUM_VALUES("OR", "AND"), .current_values = "[ALL, OR]"
};

const Shape return_values_on_failure_shape = ENUM_SHAPE("ALL_OLD", "NONE");
const Shape select_shape =
ENUM_SHAPE("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES");
const Shape comparison_operator_shape =
ENUM_SHAPE("IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE",
		   "BEGINS_WITH", "GE", "CONTAINS");
const Shape billing_mode_shape = ENUM_SHAPE("PROVISIONED", "PAY_PER_REQUEST");
const Shape table_class_shape = ENUM_SHAPE("STANDARD", "STANDARD_INFREQUENT_ACCESS");
const Shape unsupported_shape = {.kind = SHAPE_UNSUPPORTED};

static const Shape attribute_type_shape = ENUM_SHAPE("B", "N", "S");
static const Shape key_type_shape = ENUM_SHAPE("HASH", "RANGE");
static const Shape projection_type_shape = ENUM_SHAPE("ALL", "INCLUDE", "KEYS_ONLY");
static const Shape stream_view_type_shape =
ENUM_SHAPE("OLD_IMAGE", "KEYS_ONLY", "NEW_AND_OLD_IMAGES", "NEW_IMAGE");
static const Shape encryption_type_shape = ENUM_SHAPE("AES256", "KMS");

/* ---- Expressions and what came before them ---- */

const Shape attribute_names_shape = {
	.kind = SHAPE_LIST, .element = &attribute_name_shape, AT_LEAST(1)
};
const Shape expression_names_shape = {
	.kind = SHAPE_MAP, .type_name = "java.lang.String", .element = &attribute_name_shape
};

static const Shape value_list_shape = {.kind = SHAPE_LIST, .element = &value_shape};

static const Member condition_members[] = {
	OPTIONAL(ConditionRequest, values, "AttributeValueList", &value_list_shape),
	REQUIRED(ConditionRequest, comparison_operator, "ComparisonOperator", &comparison_operator_shape),
};
static const Shape condition_shape =
STRUCTURE_SHAPE(ConditionRequest, "Condition", condition_members);
const Shape condition_map_shape = {
	.kind = SHAPE_MAP, .type_name = "com.amazonaws.dynamodb.v20120810.Condition",
	.element = &condition_shape
};

static const Member expected_members[] = {
	OPTIONAL(ExpectedRequest, value, "Value", &value_shape),
	OPTIONAL(ExpectedRequest, exists, "Exists", &boolean_shape),
	OPTIONAL(ExpectedRequest, comparison_operator, "ComparisonOperator", &comparison_operator_shape),
	OPTIONAL(ExpectedRequest, values, "AttributeValueList", &value_list_shape),
};
static const Shape expected_shape =
STRUCTURE_SHAPE(ExpectedRequest, "ExpectedAttributeValue", expected_members);
const Shape expected_map_shape = {
	.kind = SHAPE_MAP, .type_name = "com.amazonaws.dynamodb.v20120810.ExpectedAttributeValue",
	.element = &expected_shape
};

/* ---- Tables ---- */

static const Member attribute_definition_members[] = {
	REQUIRED(AttributeDefinitionRequest, type, "AttributeType", &attribute_type_shape),
	REQUIRED(AttributeDefinitionRequest, name, "AttributeName", &key_attribute_name_shape),
};
static const Shape attribute_definition_shape =
STRUCTURE_SHAPE(AttributeDefinitionRequest, "AttributeDefinition", attribute_definition_members);
const Shape attribute_definitions_shape = {
	.kind = SHAPE_LIST, .element = &attribute_definition_shape
};

static const Member key_schema_element_members[] = {
	REQUIRED(KeySchemaElementRequest, name, "AttributeName", &key_attribute_name_shape),
	REQUIRED(KeySchemaElementRequest, type, "KeyType", &key_type_shape),
};
static const Shape key_schema_element_shape =
STRUCTURE_SHAPE(KeySchemaElementRequest, "KeySchemaElement", key_schema_element_members);
const Shape key_schema_shape = {
	.kind = SHAPE_LIST, .element = &key_schema_element_shape, AT_LEAST(1), AT_MOST(2)
};

/* A global secondary index may have several attributes of each kind, which has words of its own. */
static const Shape global_key_schema_shape = {
	.kind = SHAPE_LIST, .element = &key_schema_element_shape, AT_LEAST(1)
};

static const Member throughput_members[] = {
	REQUIRED(ThroughputRequest, write, "WriteCapacityUnits", &positive_long_shape),
	REQUIRED(ThroughputRequest, read, "ReadCapacityUnits", &positive_long_shape),
};
const Shape throughput_shape =
STRUCTURE_SHAPE(ThroughputRequest, "ProvisionedThroughput", throughput_members);

static const Member on_demand_throughput_members[] = {
	OPTIONAL(ThroughputRequest, read, "MaxReadRequestUnits", &long_shape),
	OPTIONAL(ThroughputRequest, write, "MaxWriteRequestUnits", &long_shape),
};
const Shape on_demand_throughput_shape =
STRUCTURE_SHAPE(ThroughputRequest, "OnDemandThroughput", on_demand_throughput_members);

static const Member warm_throughput_members[] = {
	OPTIONAL(ThroughputRequest, read, "ReadUnitsPerSecond", &long_shape),
	OPTIONAL(ThroughputRequest, write, "WriteUnitsPerSecond", &long_shape),
};
const Shape warm_throughput_shape =
STRUCTURE_SHAPE(ThroughputRequest, "WarmThroughput", warm_throughput_members);

static const Shape non_key_attributes_shape = {
	.kind = SHAPE_LIST, .element = &key_attribute_name_shape, AT_LEAST(1), AT_MOST(20)
};
static const Member projection_members[] = {
	OPTIONAL(ProjectionRequest, type, "ProjectionType", &projection_type_shape),
	OPTIONAL(ProjectionRequest, non_key_attributes, "NonKeyAttributes", &non_key_attributes_shape),
};
static const Shape projection_shape =
STRUCTURE_SHAPE(ProjectionRequest, "Projection", projection_members);

static const Member local_index_members[] = {
	REQUIRED(IndexRequest, name, "IndexName", &described_index_name_shape),
	REQUIRED(IndexRequest, key_schema, "KeySchema", &key_schema_shape),
	REQUIRED(IndexRequest, projection, "Projection", &projection_shape),
};
static const Shape local_index_shape =
STRUCTURE_SHAPE(IndexRequest, "LocalSecondaryIndex", local_index_members);
const Shape local_indexes_shape = {.kind = SHAPE_LIST, .element = &local_index_shape};

static const Member global_index_members[] = {
	REQUIRED(IndexRequest, name, "IndexName", &described_index_name_shape),
	REQUIRED(IndexRequest, key_schema, "KeySchema", &global_key_schema_shape),
	REQUIRED(IndexRequest, projection, "Projection", &projection_shape),
	OPTIONAL(IndexRequest, throughput, "ProvisionedThroughput", &throughput_shape),
	OPTIONAL(IndexRequest, on_demand, "OnDemandThroughput", &on_demand_throughput_shape),
	OPTIONAL(IndexRequest, warm, "WarmThroughput", &warm_throughput_shape),
};
static const Shape global_index_shape =
STRUCTURE_SHAPE(IndexRequest, "GlobalSecondaryIndex", global_index_members);
const Shape global_indexes_shape = {.kind = SHAPE_LIST, .element = &global_index_shape};
const Shape global_index_create_shape =
STRUCTURE_SHAPE(IndexRequest, "CreateGlobalSecondaryIndexAction", global_index_members);

static const Member stream_members[] = {
	REQUIRED(StreamRequest, enabled, "StreamEnabled", &boolean_shape),
	OPTIONAL(StreamRequest, view_type, "StreamViewType", &stream_view_type_shape),
};
const Shape stream_shape = STRUCTURE_SHAPE(StreamRequest, "StreamSpecification", stream_members);

static const Shape key_id_shape = {.kind = SHAPE_STRING, AT_LEAST(1)};
static const Member encryption_members[] = {
	OPTIONAL(EncryptionRequest, enabled, "Enabled", &boolean_shape),
	OPTIONAL(EncryptionRequest, type, "SSEType", &encryption_type_shape),
	OPTIONAL(EncryptionRequest, key_id, "KMSMasterKeyId", &key_id_shape),
};
const Shape encryption_shape =
STRUCTURE_SHAPE(EncryptionRequest, "SSESpecification", encryption_members);

/* ---- Tags ---- */

/* What is wrong with a tag has words of its own, that it is absent included. */
static const Member tag_members[] = {
	OPTIONAL(TagRequest, key, "Key", &string_shape),
	OPTIONAL(TagRequest, value, "Value", &string_shape),
};
static const Shape tag_shape = STRUCTURE_SHAPE(TagRequest, "Tag", tag_members);
const Shape tags_shape = {.kind = SHAPE_LIST, .element = &tag_shape};
const Shape tag_keys_shape = {.kind = SHAPE_LIST, .element = &string_shape};
