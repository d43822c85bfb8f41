/*
 * table_description.c - a table's settings, and how TableDescription shows
 * them.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "error.h"
#include "operation/table_description.h"
#include "table/table.h"
#include "value/json.h"

#define MAX_THROUGHPUT INT64CONST(1000000000000)
#define MILLISECONDS_PER_DAY INT64CONST(86400000)

static const Member settings_members[] = {
	OPTIONAL(TableSettings, billing_mode, "BillingMode", &billing_mode_shape),
	OPTIONAL(TableSettings, read_units, "ReadCapacityUnits", &long_shape),
	OPTIONAL(TableSettings, write_units, "WriteCapacityUnits", &long_shape),
	OPTIONAL(TableSettings, last_increase, "LastIncreaseDateTime", &long_shape),
	OPTIONAL(TableSettings, last_decrease, "LastDecreaseDateTime", &long_shape),
	OPTIONAL(TableSettings, decreases, "NumberOfDecreasesToday", &long_shape),
	OPTIONAL(TableSettings, last_pay_per_request, "LastUpdateToPayPerRequestDateTime", &long_shape),
	OPTIONAL(TableSettings, table_class, "TableClass", &table_class_shape),
	OPTIONAL(TableSettings, table_class_updated, "LastUpdateDateTime", &long_shape),
	OPTIONAL(TableSettings, deletion_protection, "DeletionProtectionEnabled", &boolean_shape),
	OPTIONAL(TableSettings, encryption_type, "SSEType", &string_shape),
	OPTIONAL(TableSettings, encryption_key, "KMSMasterKeyArn", &string_shape),
	OPTIONAL(TableSettings, max_read_units, "MaxReadRequestUnits", &long_shape),
	OPTIONAL(TableSettings, max_write_units, "MaxWriteRequestUnits", &long_shape),
	OPTIONAL(TableSettings, warm_read_units, "ReadUnitsPerSecond", &long_shape),
	OPTIONAL(TableSettings, warm_write_units, "WriteUnitsPerSecond", &long_shape),
};
static const Shape settings_shape =
STRUCTURE_SHAPE(TableSettings, "TableSettings", settings_members);

/* ---- The settings' JSON ---- */

void
table_settings_read(const char *json, TableSettings *settings)
{
	memset(settings, 0, sizeof(*settings));
	request_decode(&settings_shape, json_parse(json, strlen(json)), settings);
}

static void
begin_member(StringInfo out, const Member *member)
{
	if (out->data[out->len - 1] != '{')
		appendStringInfoChar(out, ',');
	json_append_string(out, member->name, member->name_length);
	appendStringInfoChar(out, ':');
}

/* Writes a member unless it is absent. */
static void
write_setting(StringInfo out, const Member *member, const void *place)
{
	switch (member->shape->kind)
	{
		case SHAPE_STRING:
			{
				const RequestString *string = place;

				if (string->data == NULL)
					return;
				begin_member(out, member);
				json_append_string(out, string->data, string->length);
			}
			break;
		case SHAPE_ENUM:
			{
				const RequestEnum *setting = place;

				if (setting->text == NULL)
					return;
				begin_member(out, member);
				json_append_string(out, setting->text, strlen(setting->text));
			}
			break;
		case SHAPE_LONG:
			{
				const RequestInteger *integer = place;

				if (!integer->given)
					return;
				begin_member(out, member);
				appendStringInfo(out, INT64_FORMAT, integer->value);
			}
			break;
		case SHAPE_BOOLEAN:
			{
				RequestBoolean boolean = *(const RequestBoolean *) place;

				if (boolean == BOOLEAN_ABSENT)
					return;
				begin_member(out, member);
				appendStringInfoString(out, boolean == BOOLEAN_TRUE ? "true" : "false");
			}
			break;
		default:
			elog(ERROR, "unexpected kind of table setting");
	}
}

char *
table_settings_write(const TableSettings *settings)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	for (int i = 0; i < (int) lengthof(settings_members); i++)
		write_setting(&out, &settings_members[i],
					  (const char *) settings + settings_members[i].offset);
	appendStringInfoChar(&out, '}');
	return out.data;
}

/* ---- Changing settings ---- */

static int64
milliseconds(TimestampTz time)
{
	return time / 1000 +
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * MILLISECONDS_PER_DAY;
}

RequestInteger
settings_now(void)
{
	RequestInteger now = {true, milliseconds(GetCurrentTimestamp())};

	return now;
}

RequestEnum
enum_of(const Shape *shape, int value)
{
	RequestEnum result = {shape->values[value - 1], value};

	return result;
}

void
settings_set_encryption(TableSettings *settings, const EncryptionRequest *request)
{
	if (request == NULL)
		return;
	memset(&settings->encryption_type, 0, sizeof(RequestString));
	memset(&settings->encryption_key, 0, sizeof(RequestString));
	if (request->enabled != BOOLEAN_TRUE)
		return;
	settings->encryption_type.data = request->type.text != NULL ? request->type.text : "KMS";
	settings->encryption_type.length = strlen(settings->encryption_type.data);
	settings->encryption_key = request->key_id;
}

void
settings_set_on_demand(TableSettings *settings, const ThroughputRequest *request)
{
	if (request == NULL)
		return;
	if (request->read.given)
		settings->max_read_units = request->read;
	if (request->write.given)
		settings->max_write_units = request->write;
}

void
settings_set_warm(TableSettings *settings, const ThroughputRequest *request)
{
	if (request == NULL)
		return;
	if (request->read.given)
		settings->warm_read_units = request->read;
	if (request->write.given)
		settings->warm_write_units = request->write;
}

void
check_throughput_bounds(const ThroughputRequest *throughput)
{
	if (throughput == NULL)
		return;
	if (throughput->read.value > MAX_THROUGHPUT)
		validation_error("Given value " INT64_FORMAT " for ReadCapacityUnits is out of bounds",
						 throughput->read.value);
	if (throughput->write.value > MAX_THROUGHPUT)
		validation_error("Given value " INT64_FORMAT " for WriteCapacityUnits is out of bounds",
						 throughput->write.value);
}

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

/* ---- TableDescription ---- */

static void
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

/* Dates are seconds since 1970 with a fraction. */
static void
append_date_member(StringInfo out, const char *name, const RequestInteger *time)
{
	if (time->given)
		append_literal_member(out, name, INT64_FORMAT ".%03d", time->value / 1000,
							  (int) (time->value % 1000));
}

static void
begin_object(StringInfo out, const char *name)
{
	appendStringInfo(out, ",\"%s\":{", name);
}

static void
append_definitions(StringInfo out, const KeyAttribute *attributes, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (out->data[out->len - 1] != '[')
			appendStringInfoChar(out, ',');
		appendStringInfoChar(out, '{');
		append_string_member(out, "AttributeName", attributes[i].name);
		append_string_member(out, "AttributeType", value_type_name(attributes[i].type));
		appendStringInfoChar(out, '}');
	}
}

static void
append_key_elements(StringInfo out, const KeyAttribute *attributes, int count, const char *type)
{
	for (int i = 0; i < count; i++)
	{
		if (out->data[out->len - 1] != '[')
			appendStringInfoChar(out, ',');
		appendStringInfoChar(out, '{');
		append_string_member(out, "AttributeName", attributes[i].name);
		append_string_member(out, "KeyType", type);
		appendStringInfoChar(out, '}');
	}
}

static void
append_schema(StringInfo out, Oid relation)
{
	KeySchema	schema;

	catalog_key_schema(relation, &schema);
	appendStringInfoString(out, ",\"AttributeDefinitions\":[");
	append_definitions(out, schema.partition, schema.partition_count);
	append_definitions(out, schema.sort, schema.sort_count);
	appendStringInfoString(out, "],\"KeySchema\":[");
	append_key_elements(out, schema.partition, schema.partition_count, "HASH");
	append_key_elements(out, schema.sort, schema.sort_count, "RANGE");
	appendStringInfoChar(out, ']');
}

static void
append_throughput(StringInfo out, const TableSettings *settings)
{
	int64		today = settings_now().value / MILLISECONDS_PER_DAY;
	bool		decreased_today = settings->last_decrease.given &&
		settings->last_decrease.value / MILLISECONDS_PER_DAY == today;

	begin_object(out, "ProvisionedThroughput");
	append_date_member(out, "LastIncreaseDateTime", &settings->last_increase);
	append_date_member(out, "LastDecreaseDateTime", &settings->last_decrease);
	append_literal_member(out, "NumberOfDecreasesToday", INT64_FORMAT,
						  decreased_today ? settings->decreases.value : 0);
	append_literal_member(out, "ReadCapacityUnits", INT64_FORMAT, settings->read_units.value);
	append_literal_member(out, "WriteCapacityUnits", INT64_FORMAT, settings->write_units.value);
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

static void
append_optional_settings(StringInfo out, const TableSettings *settings)
{
	if (settings->table_class.text != NULL)
	{
		begin_object(out, "TableClassSummary");
		append_string_member(out, "TableClass", settings->table_class.text);
		append_date_member(out, "LastUpdateDateTime", &settings->table_class_updated);
		appendStringInfoChar(out, '}');
	}
	if (settings->encryption_type.data != NULL)
	{
		begin_object(out, "SSEDescription");
		append_string_member(out, "Status", "ENABLED");
		append_string_member(out, "SSEType", settings->encryption_type.data);
		if (settings->encryption_key.data != NULL)
			append_string_member(out, "KMSMasterKeyArn", settings->encryption_key.data);
		appendStringInfoChar(out, '}');
	}
	if (settings->max_read_units.given || settings->max_write_units.given)
	{
		begin_object(out, "OnDemandThroughput");
		append_integer_member(out, "MaxReadRequestUnits", &settings->max_read_units);
		append_integer_member(out, "MaxWriteRequestUnits", &settings->max_write_units);
		appendStringInfoChar(out, '}');
	}
	if (settings->warm_read_units.given || settings->warm_write_units.given)
	{
		begin_object(out, "WarmThroughput");
		append_integer_member(out, "ReadUnitsPerSecond", &settings->warm_read_units);
		append_integer_member(out, "WriteUnitsPerSecond", &settings->warm_write_units);
		append_string_member(out, "Status", "ACTIVE");
		appendStringInfoChar(out, '}');
	}
}

void
append_table_description(StringInfo out, const TableRecord *record,
						 const TableSettings *settings, const char *status)
{
	RequestInteger created = {true, milliseconds(record->created)};
	int64		items;
	int64		bytes;

	catalog_table_size(record->relation, &items, &bytes);
	appendStringInfoChar(out, '{');
	append_string_member(out, "TableName", record->name);
	append_string_member(out, "TableStatus", status);
	append_string_member(out, "TableArn", table_arn(record->name));
	append_string_member(out, "TableId", record->id);
	append_date_member(out, "CreationDateTime", &created);
	append_schema(out, record->relation);
	append_throughput(out, settings);
	append_billing_mode(out, settings);
	append_literal_member(out, "ItemCount", INT64_FORMAT, items);
	append_literal_member(out, "TableSizeBytes", INT64_FORMAT, bytes);
	append_optional_settings(out, settings);
	append_literal_member(out, "DeletionProtectionEnabled", "%s",
						  settings->deletion_protection == BOOLEAN_TRUE ? "true" : "false");
	appendStringInfoChar(out, '}');
}
