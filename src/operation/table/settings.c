/*
 * settings.c - what a table and its indexes are set to, read from and written
 * to the catalog's JSON.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "error.h"
#include "operation/table/settings.h"
#include "value/json.h"

#define MAX_THROUGHPUT INT64CONST(1000000000000)
#define MILLISECONDS_PER_DAY INT64CONST(86400000)

/* prefix: where in the structure they are */
#define THROUGHPUT_MEMBERS(structure, prefix) \
	OPTIONAL(structure, prefix read_units, "ReadCapacityUnits", &long_shape), \
	OPTIONAL(structure, prefix write_units, "WriteCapacityUnits", &long_shape), \
	OPTIONAL(structure, prefix last_increase, "LastIncreaseDateTime", &long_shape), \
	OPTIONAL(structure, prefix last_decrease, "LastDecreaseDateTime", &long_shape), \
	OPTIONAL(structure, prefix decreases, "NumberOfDecreasesToday", &long_shape), \
	OPTIONAL(structure, prefix max_read_units, "MaxReadRequestUnits", &long_shape), \
	OPTIONAL(structure, prefix max_write_units, "MaxWriteRequestUnits", &long_shape), \
	OPTIONAL(structure, prefix warm_read_units, "ReadUnitsPerSecond", &long_shape), \
	OPTIONAL(structure, prefix warm_write_units, "WriteUnitsPerSecond", &long_shape)

static const Member index_members[] = {
	THROUGHPUT_MEMBERS(ThroughputSettings,),
};
static const Shape index_shape =
STRUCTURE_SHAPE(ThroughputSettings, "IndexSettings", index_members);

static const Member table_members[] = {
	THROUGHPUT_MEMBERS(TableSettings, throughput.),
	OPTIONAL(TableSettings, billing_mode, "BillingMode", &billing_mode_shape),
	OPTIONAL(TableSettings, last_pay_per_request, "LastUpdateToPayPerRequestDateTime", &long_shape),
	OPTIONAL(TableSettings, table_class, "TableClass", &table_class_shape),
	OPTIONAL(TableSettings, table_class_updated, "LastUpdateDateTime", &long_shape),
	OPTIONAL(TableSettings, deletion_protection, "DeletionProtectionEnabled", &boolean_shape),
	OPTIONAL(TableSettings, encryption_type, "SSEType", &string_shape),
	OPTIONAL(TableSettings, encryption_key, "KMSMasterKeyArn", &string_shape),
};
static const Shape table_shape =
STRUCTURE_SHAPE(TableSettings, "TableSettings", table_members);

/* ---- JSON ---- */

static void
read_settings(const Shape *shape, const char *json, void *settings)
{
	memset(settings, 0, shape->size);
	request_decode(shape, json_parse(json, strlen(json)), settings);
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
			elog(ERROR, "unexpected kind of setting");
	}
}

static char *
write_settings(const Shape *shape, const void *settings)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	for (int i = 0; i < shape->member_count; i++)
		write_setting(&out, &shape->members[i],
					  (const char *) settings + shape->members[i].offset);
	appendStringInfoChar(&out, '}');
	return out.data;
}

void
table_settings_read(const char *json, TableSettings *settings)
{
	read_settings(&table_shape, json, settings);
}

char *
table_settings_write(const TableSettings *settings)
{
	return write_settings(&table_shape, settings);
}

void
index_settings_read(const char *json, ThroughputSettings *settings)
{
	read_settings(&index_shape, json, settings);
}

char *
index_settings_write(const ThroughputSettings *settings)
{
	return write_settings(&index_shape, settings);
}

/* ---- Changes ---- */

RequestInteger
settings_time(TimestampTz time)
{
	RequestInteger result = {
		true, time / 1000 + (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * MILLISECONDS_PER_DAY
	};

	return result;
}

RequestInteger
settings_now(void)
{
	return settings_time(GetCurrentTimestamp());
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
settings_set_on_demand(ThroughputSettings *settings, const ThroughputRequest *request)
{
	if (request == NULL)
		return;
	if (request->read.given)
		settings->max_read_units = request->read;
	if (request->write.given)
		settings->max_write_units = request->write;
}

void
settings_set_warm(ThroughputSettings *settings, const ThroughputRequest *request)
{
	if (request == NULL)
		return;
	if (request->read.given)
		settings->warm_read_units = request->read;
	if (request->write.given)
		settings->warm_write_units = request->write;
}

void
settings_set_throughput(ThroughputSettings *settings, const ThroughputRequest *request)
{
	if (request == NULL)
		return;
	settings->read_units = request->read;
	settings->write_units = request->write;
}

int64
settings_decreases_today(const ThroughputSettings *settings)
{
	int64		today = settings_now().value / MILLISECONDS_PER_DAY;

	return settings->last_decrease.given &&
		settings->last_decrease.value / MILLISECONDS_PER_DAY == today ? settings->decreases.value : 0;
}

void
settings_change_throughput(ThroughputSettings *settings, const ThroughputRequest *request)
{
	int64		read = settings->read_units.value;
	int64		write = settings->write_units.value;
	RequestInteger now = settings_now();

	if (request->read.value > read || request->write.value > write)
		settings->last_increase = now;
	if (request->read.value < read || request->write.value < write)
	{
		settings->decreases.value = settings_decreases_today(settings) + 1;
		settings->decreases.given = true;
		settings->last_decrease = now;
	}
	settings_set_throughput(settings, request);
}

ThroughputSettings
settings_with_old_throughput(const ThroughputSettings *settings, const ThroughputSettings *old)
{
	ThroughputSettings result = *settings;

	result.read_units = old->read_units;
	result.write_units = old->write_units;
	result.decreases = old->decreases;
	return result;
}

static void
check_bound(const RequestInteger *units, const char *member, const char *index)
{
	if (units->value > MAX_THROUGHPUT)
		validation_error("Given value " INT64_FORMAT " for %s is out of bounds%s%s", units->value, member,
						 index != NULL ? " for index " : "", index != NULL ? index : "");
}

void
check_throughput_bounds(const ThroughputRequest *throughput, const char *index)
{
	if (throughput == NULL)
		return;
	check_bound(&throughput->read, "ReadCapacityUnits", index);
	check_bound(&throughput->write, "WriteCapacityUnits", index);
}
