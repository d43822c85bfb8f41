/*
 * shapes.h - the shapes that several operations' requests have in common, and
 * the structs that they are decoded into.
 *
 * The order of an enumeration's values is the one in which AWS prints them.
 */
#ifndef DDB_SHAPES_H
#define DDB_SHAPES_H

#include "request/request.h"

/* ---- Patterns ---- */

extern const StringPattern name_pattern;	/* of tables, indexes, backups */
extern const StringPattern client_token_pattern;
extern const StringPattern account_pattern;
extern const StringPattern bucket_name_pattern;
extern const StringPattern page_token_pattern;
extern const StringPattern csv_delimiter_pattern;
extern const StringPattern csv_header_pattern;

/* ---- Scalars ---- */

extern const Shape string_shape;
extern const Shape boolean_shape;
extern const Shape timestamp_shape;
extern const Shape long_shape;
extern const Shape positive_long_shape;
extern const Shape positive_integer_shape;
extern const Shape item_limit_shape; /* of how many items are read */
extern const Shape value_shape;
extern const Shape attributes_shape;
extern const Shape table_name_shape;	/* or a table's ARN */
extern const Shape item_table_name_shape;	/* likewise, in operations on items */
extern const Shape index_name_shape;
extern const Shape described_table_name_shape;	/* the same in operations on tables */
extern const Shape described_index_name_shape;
extern const Shape attribute_name_shape;

/* ---- Enumerations ---- */

enum ReturnConsumedCapacity
{
	CAPACITY_INDEXES = 1,
	CAPACITY_TOTAL,
	CAPACITY_NONE
};
extern const Shape return_consumed_capacity_shape;

enum ReturnItemCollectionMetrics
{
	METRICS_SIZE = 1,
	METRICS_NONE
};
extern const Shape return_item_collection_metrics_shape;

enum ReturnValues
{
	RETURN_ALL_NEW = 1,
	RETURN_UPDATED_OLD,
	RETURN_ALL_OLD,
	RETURN_NONE,
	RETURN_UPDATED_NEW
};
extern const Shape return_values_shape;

enum ReturnValuesOnConditionCheckFailure
{
	FAILURE_ALL_OLD = 1,
	FAILURE_NONE
};
extern const Shape return_values_on_failure_shape;

enum Select
{
	SELECT_SPECIFIC_ATTRIBUTES = 1,
	SELECT_COUNT,
	SELECT_ALL_ATTRIBUTES,
	SELECT_ALL_PROJECTED_ATTRIBUTES
};
extern const Shape select_shape;

extern const Shape comparison_operator_shape;
extern const Shape conditional_operator_shape;

enum BillingMode
{
	BILLING_PROVISIONED = 1,
	BILLING_PAY_PER_REQUEST
};
extern const Shape billing_mode_shape;

enum TableClass
{
	CLASS_STANDARD = 1,
	CLASS_STANDARD_INFREQUENT_ACCESS
};
extern const Shape table_class_shape;

/* ---- Expressions and what came before them ---- */

extern const Shape attribute_names_shape;	/* list of RequestString */
extern const Shape expression_names_shape;	/* map of RequestString */

/* A condition of KeyConditions, QueryFilter or ScanFilter. */
typedef struct ConditionRequest
{
	RequestList values;			/* of json_object * */
	RequestEnum comparison_operator;
} ConditionRequest;

extern const Shape condition_map_shape;

/* A condition of Expected. */
typedef struct ExpectedRequest
{
	json_object *value;
	RequestBoolean exists;
	RequestEnum comparison_operator;
	RequestList values;			/* of json_object * */
} ExpectedRequest;

extern const Shape expected_map_shape;

/* ---- Tables ---- */

typedef struct AttributeDefinitionRequest
{
	RequestString name;
	RequestEnum type;			/* B, N, S */
} AttributeDefinitionRequest;

enum AttributeType
{
	ATTRIBUTE_BINARY = 1,
	ATTRIBUTE_NUMBER,
	ATTRIBUTE_STRING
};

typedef struct KeySchemaElementRequest
{
	RequestString name;
	RequestEnum type;
} KeySchemaElementRequest;

enum KeyType
{
	KEY_HASH = 1,
	KEY_RANGE
};

typedef struct ThroughputRequest
{
	RequestInteger read;
	RequestInteger write;
} ThroughputRequest;

enum ProjectionType
{
	PROJECTION_TYPE_ALL = 1,
	PROJECTION_TYPE_INCLUDE,
	PROJECTION_TYPE_KEYS_ONLY
};

typedef struct ProjectionRequest
{
	RequestEnum type;			/* enum ProjectionType */
	RequestList non_key_attributes;
} ProjectionRequest;

typedef struct IndexRequest
{
	RequestString name;
	RequestList key_schema;
	ProjectionRequest *projection;
	ThroughputRequest *throughput;
	ThroughputRequest *on_demand;
	ThroughputRequest *warm;
} IndexRequest;

typedef struct StreamRequest
{
	RequestBoolean enabled;
	RequestEnum view_type;
} StreamRequest;

enum EncryptionType
{
	ENCRYPTION_AES256 = 1,
	ENCRYPTION_KMS
};

typedef struct EncryptionRequest
{
	RequestBoolean enabled;
	RequestEnum type;
	RequestString key_id;
} EncryptionRequest;

typedef struct TagRequest
{
	RequestString key;
	RequestString value;
} TagRequest;

extern const Shape attribute_definitions_shape;
extern const Shape key_schema_shape;
extern const Shape local_indexes_shape;
extern const Shape global_indexes_shape;
extern const Shape global_index_create_shape;
extern const Shape throughput_shape;
extern const Shape on_demand_throughput_shape;
extern const Shape warm_throughput_shape;
extern const Shape stream_shape;
extern const Shape encryption_shape;
extern const Shape unsupported_shape;
extern const Shape tags_shape;
extern const Shape tag_keys_shape;

#endif							/* DDB_SHAPES_H */
