/*
 * table_description.c - TableDescription: a table and its indexes, as CreateTable
 * and its like show them.
 */
#include "postgres.h"

#include "arn.h"
#include "change/stream.h"
#include "error.h"
#include "operation/table/table_description.h"
#include "table/table.h"
#include "value/json.h"

/* ---- Finding the table ---- */

const char *
requested_table(const RequestString *name)
{
	return table_name_of_arn(name->data);
}

TableRecord *
check_table_record(TableRecord *record, const char *name)
{
	if (record == NULL)
		ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: Table: %s not found", name);
	return record;
}

void
record_settings(const TableRecord *record, TableSettings *settings)
{
	table_settings_read(record->settings, settings);
	if (settings->billing_mode.value == BILLING_PAY_PER_REQUEST && !settings->last_pay_per_request.given)
		settings->last_pay_per_request = settings_time(record->created);
}

/* ---- Parts ---- */

void
append_string_member(StringInfo out, const char *name, const char *value)
{
	appendStringInfo(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", name);
	json_append_string(out, value, strlen(value));
}

/* A number or another literal that needs no quotes. */
static void
append_literal_member(StringInfo out, const char *name, const char *format,...) pg_attribute_printf(3, 4);

static void
append_literal_member(StringInfo out, const char *name, const char *format,...)
{
	char		text[64];
	va_list		arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	appendStringInfo(out, "%s\"%s\":%s", out->data[out->len - 1] == '{' ? "" : ",", name, text);
}

static void
append_integer_member(StringInfo out, const char *name, const RequestInteger *integer)
{
	if (integer->given)
		append_literal_member(out, name, INT64_FORMAT, integer->value);
}

void
append_date_member(StringInfo out, const char *name, const RequestInteger *time)
{
	if (time->given)
		append_literal_member(out, name, INT64_FORMAT ".%03d", time->value / 1000,
							  (int) (time->value % 1000));
}

void
append_time_member(StringInfo out, const char *name, TimestampTz time)
{
	RequestInteger date = settings_time(time);

	append_date_member(out, name, &date);
}

static void
begin_object(StringInfo out, const char *name)
{
	appendStringInfo(out, ",\"%s\":{", name);
}

/* Begins a member of an array of objects. */
static void
begin_element(StringInfo out)
{
	appendStringInfoString(out, out->data[out->len - 1] == '[' ? "{" : ",{");
}

static void
append_key_elements(StringInfo out, const KeyAttribute *attributes, int count, const char *type)
{
	for (int i = 0; i < count; i++)
	{
		begin_element(out);
		append_string_member(out, "AttributeName", attributes[i].name);
		append_string_member(out, "KeyType", type);
		appendStringInfoChar(out, '}');
	}
}

void
append_key_schema(StringInfo out, const KeySchema *schema)
{
	appendStringInfoString(out, ",\"KeySchema\":[");
	append_key_elements(out, schema->partition, schema->partition_count, "HASH");
	append_key_elements(out, schema->sort, schema->sort_count, "RANGE");
	appendStringInfoChar(out, ']');
}

/* ---- AttributeDefinitions ---- */

static List *
add_attributes(List *attributes, const KeySchema *schema)
{
	for (int i = 0; i < key_schema_count(schema); i++)
		attributes = lappend(attributes, unconstify(KeyAttribute *, key_schema_attribute(schema, i)));
	return attributes;
}

static int
compare_attribute_names(const ListCell *a, const ListCell *b)
{
	return strcmp(((const KeyAttribute *) lfirst(a))->name, ((const KeyAttribute *) lfirst(b))->name);
}

/* AWS sorts them by name. */
void
append_attribute_definitions(StringInfo out, const KeySchema *schema, const IndexDescriptions *indexes)
{
	List	   *attributes = add_attributes(NIL, schema);
	const KeyAttribute *previous = NULL;
	ListCell   *cell;

	for (int i = 0; i < indexes->count; i++)
		attributes = add_attributes(attributes, &indexes->indexes[i].index->schema);
	list_sort(attributes, compare_attribute_names);

	appendStringInfoString(out, ",\"AttributeDefinitions\":[");
	foreach(cell, attributes)
	{
		const KeyAttribute *attribute = lfirst(cell);

		if (previous != NULL && strcmp(previous->name, attribute->name) == 0)
			continue;
		previous = attribute;
		begin_element(out);
		append_string_member(out, "AttributeName", attribute->name);
		append_string_member(out, "AttributeType", value_type_name(attribute->type));
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, ']');
}

/* ---- Settings ---- */

static void
append_throughput(StringInfo out, const ThroughputSettings *settings)
{
	begin_object(out, "ProvisionedThroughput");
	append_date_member(out, "LastIncreaseDateTime", &settings->last_increase);
	append_date_member(out, "LastDecreaseDateTime", &settings->last_decrease);
	append_literal_member(out, "NumberOfDecreasesToday", INT64_FORMAT,
						  settings_decreases_today(settings));
	append_literal_member(out, "ReadCapacityUnits", INT64_FORMAT, settings->read_units.value);
	append_literal_member(out, "WriteCapacityUnits", INT64_FORMAT, settings->write_units.value);
	appendStringInfoChar(out, '}');
}

void
append_on_demand_throughput(StringInfo out, const ThroughputSettings *settings)
{
	if (!settings->max_read_units.given && !settings->max_write_units.given)
		return;
	begin_object(out, "OnDemandThroughput");
	append_integer_member(out, "MaxReadRequestUnits", &settings->max_read_units);
	append_integer_member(out, "MaxWriteRequestUnits", &settings->max_write_units);
	appendStringInfoChar(out, '}');
}

static void
append_warm_throughput(StringInfo out, const ThroughputSettings *settings, const char *status)
{
	if (status == NULL)
		return;
	begin_object(out, "WarmThroughput");
	append_integer_member(out, "ReadUnitsPerSecond", &settings->warm_read_units);
	append_integer_member(out, "WriteUnitsPerSecond", &settings->warm_write_units);
	append_string_member(out, "Status", status);
	appendStringInfoChar(out, '}');
}

/* AWS tells the billing mode only of a table that is or was paid by request. */
static void
append_billing_mode(StringInfo out, const TableSettings *settings)
{
	if (settings->billing_mode.value != BILLING_PAY_PER_REQUEST &&
		!settings->last_pay_per_request.given)
		return;
	begin_object(out, "BillingModeSummary");
	append_string_member(out, "BillingMode", settings->billing_mode.text);
	append_date_member(out, "LastUpdateToPayPerRequestDateTime", &settings->last_pay_per_request);
	appendStringInfoChar(out, '}');
}

/* Encryption that is asked for has a key's ARN, whatever the request has named. */
void
append_encryption(StringInfo out, const TableSettings *settings, const char *status)
{
	if (settings->encryption_type.data == NULL && status == NULL)
		return;
	begin_object(out, "SSEDescription");
	append_string_member(out, "Status", status != NULL ? status : "ENABLED");
	if (settings->encryption_type.data != NULL)
	{
		append_string_member(out, "SSEType", settings->encryption_type.data);
		append_string_member(out, "KMSMasterKeyArn", encryption_key_arn(settings->encryption_key.data));
	}
	appendStringInfoChar(out, '}');
}

static void
append_table_class(StringInfo out, const TableSettings *settings)
{
	if (settings->table_class.text == NULL)
		return;
	begin_object(out, "TableClassSummary");
	append_string_member(out, "TableClass", settings->table_class.text);
	append_date_member(out, "LastUpdateDateTime", &settings->table_class_updated);
	appendStringInfoChar(out, '}');
}

/* ---- Indexes ---- */

static int
compare_positions(const void *a, const void *b)
{
	const IndexDescription *first = a;
	const IndexDescription *second = b;
	int64		difference = first->settings.position.value - second->settings.position.value;

	return difference != 0 ? (difference < 0 ? -1 : 1) : strcmp(first->index->name, second->index->name);
}

IndexDescriptions
describe_indexes(const TableRecord *record)
{
	const IndexSet *set = index_set(record->relation);
	IndexDescriptions descriptions = {.count = set->count};

	descriptions.indexes = palloc0(sizeof(IndexDescription) * Max(set->count, 1));
	for (int i = 0; i < set->count; i++)
	{
		IndexDescription *description = &descriptions.indexes[i];

		description->index = &set->indexes[i];
		description->status = "ACTIVE";
		description->warm_status = "ACTIVE";
		if (record->creating)
		{
			description->status = "CREATING";
			description->warm_status = NULL;
		}
		else if (set->indexes[i].status == INDEX_CREATING)
		{
			description->status = "CREATING";
			description->warm_status = "UPDATING";
			description->backfilling = BOOLEAN_TRUE;
		}
		index_settings_read(set->indexes[i].settings, &description->settings);
	}
	qsort(descriptions.indexes, set->count, sizeof(IndexDescription), compare_positions);
	return descriptions;
}

IndexDescription *
find_index_description(const IndexDescriptions *descriptions, const char *name)
{
	for (int i = 0; i < descriptions->count; i++)
	{
		if (strcmp(descriptions->indexes[i].index->name, name) == 0)
			return &descriptions->indexes[i];
	}
	return NULL;
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const AttributeName *) a)->name, ((const AttributeName *) b)->name);
}

/* AWS sorts them. */
static void
append_non_key_attributes(StringInfo out, const IndexDefinition *index)
{
	size_t		size = sizeof(AttributeName) * index->non_key_count;
	AttributeName *names = memcpy(palloc(size), index->non_key, size);

	qsort(names, index->non_key_count, sizeof(AttributeName), compare_names);
	appendStringInfoString(out, ",\"NonKeyAttributes\":[");
	for (int i = 0; i < index->non_key_count; i++)
	{
		if (i > 0)
			appendStringInfoChar(out, ',');
		json_append_string(out, names[i].name, names[i].length);
	}
	appendStringInfoChar(out, ']');
}

static void
append_projection(StringInfo out, const IndexDefinition *index)
{
	static const char *const names[] = {
		[PROJECTION_ALL] = "ALL",
		[PROJECTION_KEYS_ONLY] = "KEYS_ONLY",
		[PROJECTION_INCLUDE] = "INCLUDE"
	};

	begin_object(out, "Projection");
	append_string_member(out, "ProjectionType", names[index->projection]);
	if (index->projection == PROJECTION_INCLUDE)
		append_non_key_attributes(out, index);
	appendStringInfoChar(out, '}');
}

void
append_index_definition(StringInfo out, const IndexDefinition *index)
{
	append_string_member(out, "IndexName", index->name);
	append_key_schema(out, &index->schema);
	append_projection(out, index);
}

static void
append_index(StringInfo out, const TableRecord *record, const IndexDescription *description)
{
	const IndexDefinition *index = description->index;
	int64		items;
	int64		bytes;

	catalog_table_size(index->relation, &items, &bytes);
	begin_element(out);
	append_index_definition(out, index);
	if (index->kind == INDEX_GLOBAL)
	{
		append_string_member(out, "IndexStatus", description->status);
		if (description->backfilling != BOOLEAN_ABSENT)
			append_literal_member(out, "Backfilling", "%s",
								  description->backfilling == BOOLEAN_TRUE ? "true" : "false");
		append_throughput(out, &description->settings.throughput);
		append_on_demand_throughput(out, &description->settings.throughput);
		append_warm_throughput(out, &description->settings.throughput, description->warm_status);
	}
	append_literal_member(out, "IndexSizeBytes", INT64_FORMAT, bytes);
	append_literal_member(out, "ItemCount", INT64_FORMAT, items);
	append_string_member(out, "IndexArn", index_arn(record->name, index->name));
	appendStringInfoChar(out, '}');
}

/* The member for the indexes of one kind, unless there is none. */
static void
append_indexes(StringInfo out, const TableRecord *record, const IndexDescriptions *indexes,
			   IndexKind kind, const char *member)
{
	bool		any = false;

	for (int i = 0; i < indexes->count; i++)
	{
		if (indexes->indexes[i].index->kind != kind)
			continue;
		if (!any)
			appendStringInfo(out, ",\"%s\":[", member);
		any = true;
		append_index(out, record, &indexes->indexes[i]);
	}
	if (any)
		appendStringInfoChar(out, ']');
}

/* ---- TableDescription ---- */

/* Its newest stream, also when that is off, for as long as it can be read. */
static void
append_stream(StringInfo out, const TableRecord *record)
{
	const StreamRecord *stream = stream_latest(record);

	if (stream == NULL)
		return;
	append_string_member(out, "LatestStreamLabel", stream->label);
	append_string_member(out, "LatestStreamArn", stream_arn(record->name, stream->label));
	if (!stream_is_on(stream))
		return;
	begin_object(out, "StreamSpecification");
	append_literal_member(out, "StreamEnabled", "true");
	append_string_member(out, "StreamViewType", stream->view_type);
	appendStringInfoChar(out, '}');
}

static void
append_keys(StringInfo out, const TableRecord *record, const IndexDescriptions *indexes)
{
	KeySchema	schema;

	catalog_key_schema(record->relation, &schema);
	append_time_member(out, "CreationDateTime", record->created);
	append_attribute_definitions(out, &schema, indexes);
	append_key_schema(out, &schema);
}

/* A stream that is asked for with its table is of the same moment. */
const char *
table_status(const TableRecord *record)
{
	const StreamRecord *stream = record->creating ? NULL : stream_latest(record);

	if (record->creating)
		return "CREATING";
	if (stream == NULL || stream->status == STREAM_ENABLED || stream->status == STREAM_DISABLED)
		return "ACTIVE";
	return stream->status == STREAM_ENABLING && stream->created <= record->created ? "CREATING" : "UPDATING";
}

/* What it was made of, if it was restored. */
static void
append_restore_summary(StringInfo out, const TableRecord *record, const TableSettings *settings)
{
	if (settings->restored_from.data == NULL)
		return;
	begin_object(out, "RestoreSummary");
	if (settings->restored_backup.data != NULL)
		append_string_member(out, "SourceBackupArn", settings->restored_backup.data);
	append_string_member(out, "SourceTableArn", settings->restored_from.data);
	append_date_member(out, "RestoreDateTime", &settings->restored_to);
	append_literal_member(out, "RestoreInProgress", "%s", record->creating ? "true" : "false");
	appendStringInfoChar(out, '}');
}

TableStyle
table_style(const TableRecord *record)
{
	TableStyle	style = {.status = table_status(record)};

	if (!record->creating)
		style.warm_status = "ACTIVE";
	return style;
}

void
append_table_description(StringInfo out, const TableRecord *record, const TableSettings *settings,
						 const TableStyle *style, const IndexDescriptions *indexes)
{
	int64		items;
	int64		bytes;

	catalog_table_size(record->relation, &items, &bytes);
	appendStringInfoChar(out, '{');
	append_string_member(out, "TableName", record->name);
	append_string_member(out, "TableStatus", style->status);
	append_string_member(out, "TableArn", table_arn(record->name));
	append_string_member(out, "TableId", record->id);
	if (!style->deleted)
		append_keys(out, record, indexes);
	append_throughput(out, &settings->throughput);
	append_billing_mode(out, settings);
	append_literal_member(out, "ItemCount", INT64_FORMAT, items);
	append_literal_member(out, "TableSizeBytes", INT64_FORMAT, bytes);
	append_indexes(out, record, indexes, INDEX_GLOBAL, "GlobalSecondaryIndexes");
	append_indexes(out, record, indexes, INDEX_LOCAL, "LocalSecondaryIndexes");
	append_stream(out, record);
	append_restore_summary(out, record, settings);
	append_table_class(out, settings);
	append_encryption(out, settings, style->encryption_status);
	append_on_demand_throughput(out, &settings->throughput);
	append_warm_throughput(out, &settings->throughput, style->warm_status);
	append_literal_member(out, "DeletionProtectionEnabled", "%s",
						  settings->deletion_protection == BOOLEAN_TRUE ? "true" : "false");
	appendStringInfoChar(out, '}');
}
