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

/* A maximum in a request that takes away the one that there is. */
#define NO_MAXIMUM (-1)

/* What a table that is paid by request can do at once. */
#define ON_DEMAND_READ_UNITS 12000
#define ON_DEMAND_WRITE_UNITS 4000
#define ON_DEMAND_URL \
	"https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html" \
	"#on-demand-capacity-mode-initial"

#define invalid_parameter(...) validation_error("One or more parameter values were invalid: " __VA_ARGS__)

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
	THROUGHPUT_MEMBERS(IndexSettings, throughput.),
	OPTIONAL(IndexSettings, position, "Position", &long_shape),
};
static const Shape index_shape =
STRUCTURE_SHAPE(IndexSettings, "IndexSettings", index_members);

static const Member table_members[] = {
	THROUGHPUT_MEMBERS(TableSettings, throughput.),
	OPTIONAL(TableSettings, billing_mode, "BillingMode", &billing_mode_shape),
	OPTIONAL(TableSettings, last_pay_per_request, "LastUpdateToPayPerRequestDateTime", &long_shape),
	OPTIONAL(TableSettings, table_class, "TableClass", &table_class_shape),
	OPTIONAL(TableSettings, table_class_updated, "LastUpdateDateTime", &long_shape),
	OPTIONAL(TableSettings, deletion_protection, "DeletionProtectionEnabled", &boolean_shape),
	OPTIONAL(TableSettings, encryption_type, "SSEType", &string_shape),
	OPTIONAL(TableSettings, encryption_key, "KMSMasterKeyArn", &string_shape),
	OPTIONAL(TableSettings, time_to_live, "TimeToLiveAttributeName", &string_shape),
	OPTIONAL(TableSettings, time_to_live_updated, "TimeToLiveUpdateDateTime", &long_shape),
	OPTIONAL(TableSettings, restored_from, "SourceTableArn", &string_shape),
	OPTIONAL(TableSettings, restored_backup, "SourceBackupArn", &string_shape),
	OPTIONAL(TableSettings, restored_to, "RestoreDateTime", &long_shape),
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

/* What is warm is never less than what the mode gives. */
static void
warm_up(ThroughputSettings *settings, int64 read, int64 write)
{
	RequestInteger *warm_read = &settings->warm_read_units;
	RequestInteger *warm_write = &settings->warm_write_units;

	*warm_read = (RequestInteger) {true, Max(warm_read->value, read)};
	*warm_write = (RequestInteger) {true, Max(warm_write->value, write)};
}

/* Nothing provisioned: paid by request. */
static bool
is_on_demand(const ThroughputSettings *settings)
{
	return settings->read_units.value == 0;
}

static void
warm_up_to_mode(ThroughputSettings *settings)
{
	if (is_on_demand(settings))
		warm_up(settings, ON_DEMAND_READ_UNITS, ON_DEMAND_WRITE_UNITS);
	else
		warm_up(settings, settings->read_units.value, settings->write_units.value);
}

void
table_settings_read(const char *json, TableSettings *settings)
{
	read_settings(&table_shape, json, settings);
	if (settings->last_pay_per_request.given)
		warm_up(&settings->throughput, ON_DEMAND_READ_UNITS, ON_DEMAND_WRITE_UNITS);
	warm_up_to_mode(&settings->throughput);
}

char *
table_settings_write(const TableSettings *settings)
{
	return write_settings(&table_shape, settings);
}

void
index_settings_read(const char *json, IndexSettings *settings)
{
	read_settings(&index_shape, json, settings);
	warm_up_to_mode(&settings->throughput);
}

char *
index_settings_write(const IndexSettings *settings)
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

/* Without Enabled, a type says as much. */
bool
asks_for_encryption(const EncryptionRequest *request)
{
	return request->enabled == BOOLEAN_TRUE ||
		(request->enabled == BOOLEAN_ABSENT && request->type.text != NULL);
}

void
check_encryption(const EncryptionRequest *request)
{
	if (request == NULL)
		return;
	if (request->enabled == BOOLEAN_FALSE && request->type.text != NULL)
		invalid_parameter("SSEType can not be specified if Enabled is false");
	if (request->enabled == BOOLEAN_FALSE && request->key_id.data != NULL)
		invalid_parameter("KMSMasterKeyId can not be specified if Enabled is false");
	if (request->type.value == ENCRYPTION_AES256)
		invalid_parameter("SSEType AES256 is not supported");
	if (request->type.text == NULL && request->key_id.data != NULL)
		invalid_parameter("SSEType KMS is required if KMSMasterKeyId is specified");
}

void
settings_set_encryption(TableSettings *settings, const EncryptionRequest *request)
{
	if (request == NULL)
		return;
	memset(&settings->encryption_type, 0, sizeof(RequestString));
	memset(&settings->encryption_key, 0, sizeof(RequestString));
	if (!asks_for_encryption(request))
		return;
	settings->encryption_type.data = request->type.text != NULL ? request->type.text : "KMS";
	settings->encryption_type.length = strlen(settings->encryption_type.data);
	settings->encryption_key = request->key_id;
}

static void
set_maximum(RequestInteger *maximum, const RequestInteger *request)
{
	if (request->given)
		*maximum = request->value == NO_MAXIMUM ? (RequestInteger) {false, 0} : *request;
}

void
settings_set_on_demand(ThroughputSettings *settings, const ThroughputRequest *request)
{
	if (request == NULL)
		return;
	set_maximum(&settings->max_read_units, &request->read);
	set_maximum(&settings->max_write_units, &request->write);
}

void
settings_set_warm(ThroughputSettings *settings, const ThroughputRequest *request)
{
	if (request != NULL)
		warm_up(settings, request->read.value, request->write.value);
}

void
settings_set_throughput(ThroughputSettings *settings, const ThroughputRequest *provisioned,
						const ThroughputRequest *warm)
{
	if (provisioned != NULL)
	{
		settings->read_units = provisioned->read;
		settings->write_units = provisioned->write;
	}
	warm_up_to_mode(settings);
	settings_set_warm(settings, warm);
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
	settings_set_throughput(settings, request, NULL);
}

void
settings_to_on_demand(ThroughputSettings *settings)
{
	ThroughputRequest none = {{true, 0}, {true, 0}};

	settings_set_throughput(settings, &none, NULL);
}

void
settings_to_provisioned(ThroughputSettings *settings, const ThroughputRequest *request)
{
	ThroughputRequest no_maxima = {{true, NO_MAXIMUM}, {true, NO_MAXIMUM}};

	settings_set_throughput(settings, request, NULL);
	settings_set_on_demand(settings, &no_maxima);
}

ThroughputSettings
shown_throughput(const ThroughputSettings *settings, const ThroughputSettings *old,
				 const ThroughputRequest *on_demand)
{
	ThroughputSettings result = *settings;

	if (!is_on_demand(settings) && !is_on_demand(old))
	{
		result.read_units = old->read_units;
		result.write_units = old->write_units;
		result.decreases = old->decreases;
	}
	result.warm_read_units = old->warm_read_units;
	result.warm_write_units = old->warm_write_units;
	if (on_demand != NULL && on_demand->read.given)
		result.max_read_units = on_demand->read;
	if (on_demand != NULL && on_demand->write.given)
		result.max_write_units = on_demand->write;
	return result;
}

/* ---- Checks ---- */

bool
gives_throughput(const ThroughputRequest *request)
{
	return request != NULL && (request->read.given || request->write.given);
}

/* "table", or "index" and its name behind what AWS has between the two. */
static const char *
owner_of_throughput(const char *index, const char *between)
{
	return index != NULL ? psprintf("index%s%s", between, index) : "table";
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

static void
check_new_maximum(const RequestInteger *units, const char *member, int billing_mode, const char *index)
{
	if (!units->given)
		return;
	if (billing_mode != BILLING_PAY_PER_REQUEST)
		invalid_parameter("%s for OnDemandThroughput%s cannot be specified when table BillingMode is PROVISIONED.",
						  member, index != NULL ? psprintf(" for index: %s", index) : "");
	if (units->value < 1)
		invalid_parameter("Requested %s for OnDemandThroughput for %s is outside of valid range", member,
						  owner_of_throughput(index, " : "));
}

void
check_new_on_demand(const ThroughputRequest *on_demand, int billing_mode, const char *index)
{
	if (on_demand == NULL)
		return;
	check_new_maximum(&on_demand->read, "MaxReadRequestUnits", billing_mode, index);
	check_new_maximum(&on_demand->write, "MaxWriteRequestUnits", billing_mode, index);
}

static void
check_changed_maximum(const RequestInteger *units, const char *member, int billing_mode, const char *index)
{
	if (!units->given)
		return;
	if (billing_mode != BILLING_PAY_PER_REQUEST)
		invalid_parameter("%s for OnDemandThroughput%s cannot be specified when the table BillingMode is PROVISIONED",
						  member, index != NULL ? psprintf(" for index : %s", index) : "");
	if (units->value < 1 && units->value != NO_MAXIMUM)
		invalid_parameter("Requested %s for OnDemandThroughput for %s is outside of valid range", member,
						  owner_of_throughput(index, " : "));
}

void
check_changed_on_demand(const ThroughputRequest *on_demand, int billing_mode, const char *index)
{
	if (on_demand == NULL)
		return;
	check_changed_maximum(&on_demand->read, "MaxReadRequestUnits", billing_mode, index);
	check_changed_maximum(&on_demand->write, "MaxWriteRequestUnits", billing_mode, index);
}

static void
check_warm_units(const RequestInteger *warm, int64 least, const char *member, const char *index,
				 const char *than)
{
	if (warm->given && warm->value < least)
		invalid_parameter("Requested %s for WarmThroughput for %s is lower than %s", member,
						  owner_of_throughput(index, " "), than);
}

void
check_new_warm(const ThroughputRequest *warm, const ThroughputRequest *provisioned, const char *index)
{
	if (warm == NULL)
		return;
	check_warm_units(&warm->read, provisioned != NULL ? provisioned->read.value : ON_DEMAND_READ_UNITS,
					 "ReadUnitsPerSecond", index, provisioned != NULL ?
					 "ReadCapacityUnits of ProvisionedThroughput" :
					 "initial throughput for OnDemand. See: " ON_DEMAND_URL);
	check_warm_units(&warm->write, provisioned != NULL ? provisioned->write.value : ON_DEMAND_WRITE_UNITS,
					 "WriteUnitsPerSecond", index, provisioned != NULL ?
					 "WriteCapacityUnits of ProvisionedThroughput" :
					 "initial throughput for OnDemand. See: " ON_DEMAND_URL);
}

void
check_changed_warm(const ThroughputRequest *warm, const ThroughputSettings *settings, const char *index)
{
	static const char than[] = "current WarmThroughput, decreasing WarmThroughput is not supported";

	if (warm == NULL)
		return;
	check_warm_units(&warm->read, settings->warm_read_units.value, "ReadUnitsPerSecond", index, than);
	check_warm_units(&warm->write, settings->warm_write_units.value, "WriteUnitsPerSecond", index, than);
}
