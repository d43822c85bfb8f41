/*
 * bucket_description.c - the description of a backup that lies in a bucket.
 */
#include "postgres.h"

#include "arn.h"
#include "change/stream.h"
#include "error.h"
#include "operation/backup/bucket_description.h"
#include "operation/table/create_table.h"
#include "operation/table/time_to_live.h"
#include "transfer/export_files.h"
#include "utils/timestamp.h"
#include "value/json.h"

#define FORMAT_VERSION 1

/* 31 December 9999, in milliseconds since 1970. */
#define TIME_MAX INT64CONST(253402300799999)
#define COUNT_MAX INT64CONST(1000000000000000)
#define UUID_LENGTH 36

/* ---- Writing ---- */

static void
append_units(StringInfo out, const char *member, const char *read_name, const RequestInteger *read,
			 const char *write_name, const RequestInteger *write)
{
	const char *before = "";

	if (read->value <= 0 && write->value <= 0)
		return;
	appendStringInfo(out, ",\"%s\":{", member);
	if (read->value > 0)
	{
		appendStringInfo(out, "\"%s\":" INT64_FORMAT, read_name, read->value);
		before = ",";
	}
	if (write->value > 0)
		appendStringInfo(out, "%s\"%s\":" INT64_FORMAT, before, write_name, write->value);
	appendStringInfoChar(out, '}');
}

/* What an index has that was made before its table changed its mode is not of it any more. */
static void
append_throughput(StringInfo out, const ThroughputSettings *settings, int billing_mode)
{
	if (billing_mode == BILLING_PROVISIONED)
		append_units(out, "ProvisionedThroughput", "ReadCapacityUnits", &settings->read_units,
					 "WriteCapacityUnits", &settings->write_units);
	else
		append_units(out, "OnDemandThroughput", "MaxReadRequestUnits", &settings->max_read_units,
					 "MaxWriteRequestUnits", &settings->max_write_units);
}

static void
append_indexes(StringInfo out, const IndexDescriptions *indexes, IndexKind kind, const char *member, int billing_mode)
{
	bool		any = false;

	for (int i = 0; i < indexes->count; i++)
	{
		const IndexDescription *index = &indexes->indexes[i];

		if (index->index->kind != kind)
			continue;
		if (any)
			appendStringInfoChar(out, ',');
		else
			appendStringInfo(out, ",\"%s\":[", member);
		any = true;
		appendStringInfoChar(out, '{');
		append_index_definition(out, index->index);
		if (kind == INDEX_GLOBAL)
			append_throughput(out, &index->settings.throughput, billing_mode);
		appendStringInfoChar(out, '}');
	}
	if (any)
		appendStringInfoChar(out, ']');
}

static void
append_settings(StringInfo out, const TableSettings *settings)
{
	append_string_member(out, "BillingMode", settings->billing_mode.text);
	append_throughput(out, &settings->throughput, settings->billing_mode.value);
	if (settings->table_class.text != NULL)
		append_string_member(out, "TableClass", settings->table_class.text);
	if (settings->encryption_type.data == NULL)
		return;
	appendStringInfoString(out, ",\"SSESpecification\":{\"Enabled\":true");
	append_string_member(out, "SSEType", settings->encryption_type.data);
	if (settings->encryption_key.data != NULL)
		append_string_member(out, "KMSMasterKeyId", settings->encryption_key.data);
	appendStringInfoChar(out, '}');
}

static void
append_parameters(StringInfo out, const TableRecord *table, const TableSettings *settings)
{
	IndexDescriptions indexes = describe_indexes(table);
	const StreamRecord *stream = stream_latest(table);
	KeySchema	schema;

	catalog_key_schema(table->relation, &schema);
	appendStringInfoString(out, ",\"TableCreationParameters\":{");
	append_string_member(out, "TableName", table->name);
	append_attribute_definitions(out, &schema, &indexes);
	append_key_schema(out, &schema);
	append_indexes(out, &indexes, INDEX_GLOBAL, "GlobalSecondaryIndexes", settings->billing_mode.value);
	append_indexes(out, &indexes, INDEX_LOCAL, "LocalSecondaryIndexes", settings->billing_mode.value);
	append_settings(out, settings);
	if (stream != NULL && stream_is_on(stream))
		appendStringInfo(out, ",\"StreamSpecification\":{\"StreamEnabled\":true,\"StreamViewType\":\"%s\"}", stream->view_type);
	appendStringInfoChar(out, '}');
}

char *
bucket_description_write(const TableRecord *table, const char *backup_name)
{
	BackupPlace place = {table->name, ""};
	TableSettings settings;
	TimeToLive	time_to_live;
	StringInfoData out;

	record_settings(table, &settings);
	time_to_live = table_time_to_live(table, &settings);
	initStringInfo(&out);
	appendStringInfo(&out, "{\"FormatVersion\":%d", FORMAT_VERSION);
	append_string_member(&out, "BackupName", backup_name);
	append_string_member(&out, "TableId", table->id);
	appendStringInfo(&out, ",\"TableCreationDateTime\":" INT64_FORMAT, settings_time(table->created).value);
	append_parameters(&out, table, &settings);
	appendStringInfoString(&out, ",\"TimeToLiveDescription\":{");
	append_string_member(&out, "TimeToLiveStatus", time_to_live.status);
	if (time_to_live.attribute != NULL)
		append_string_member(&out, "AttributeName", time_to_live.attribute);
	appendStringInfoString(&out, "}}");
	(void) bucket_description_read("", &place, out.data, false);
	return out.data;
}

/* ---- Reading ---- */

typedef struct TimeToLiveText
{
	RequestEnum status;
	RequestString attribute;
} TimeToLiveText;

typedef struct Description
{
	RequestInteger version;
	RequestString name;
	RequestString table_id;
	RequestInteger table_created;
	json_object *parameters;
	TimeToLiveText *time_to_live;
	RequestInteger items;
	RequestInteger bytes;
	RequestString manifest;
} Description;

static const char *const statuses[] = {"ENABLING", "DISABLING", "ENABLED", "DISABLED", NULL};

static const Shape status_shape = {.kind = SHAPE_ENUM, .values = statuses};
static const Shape time_to_live_attribute_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(255)};
static const Shape version_shape = {.kind = SHAPE_LONG, AT_LEAST(1)};
static const Shape table_id_shape = {.kind = SHAPE_STRING, AT_LEAST(UUID_LENGTH), AT_MOST(UUID_LENGTH)};
static const Shape time_shape = {.kind = SHAPE_LONG, AT_LEAST(0), AT_MOST(TIME_MAX)};
static const Shape count_shape = {.kind = SHAPE_LONG, AT_LEAST(0), AT_MOST(COUNT_MAX)};
static const Shape checksum_shape = {
	.kind = SHAPE_STRING, AT_LEAST(EXPORT_CHECKSUM_LENGTH), AT_MOST(EXPORT_CHECKSUM_LENGTH)
};

static const Member time_to_live_members[] = {
	REQUIRED(TimeToLiveText, status, "TimeToLiveStatus", &status_shape),
	OPTIONAL(TimeToLiveText, attribute, "AttributeName", &time_to_live_attribute_shape),
};
static const Shape time_to_live_shape = STRUCTURE_SHAPE(TimeToLiveText, "TimeToLiveDescription", time_to_live_members);

static const Member members[] = {
	REQUIRED(Description, version, "FormatVersion", &version_shape),
	REQUIRED(Description, name, "BackupName", &backup_name_shape),
	REQUIRED(Description, table_id, "TableId", &table_id_shape),
	REQUIRED(Description, table_created, "TableCreationDateTime", &time_shape),
	REQUIRED(Description, parameters, "TableCreationParameters", &unsupported_shape),
	REQUIRED(Description, time_to_live, "TimeToLiveDescription", &time_to_live_shape),
	OPTIONAL(Description, items, BACKUP_ITEMS, &count_shape),
	OPTIONAL(Description, bytes, BACKUP_BYTES, &count_shape),
	OPTIONAL(Description, manifest, BACKUP_MANIFEST, &checksum_shape),
};
static const Shape description_shape = STRUCTURE_SHAPE(Description, "BackupDescription", members);

static bool
is_uuid(const char *text)
{
	for (int i = 0; i < UUID_LENGTH; i++)
	{
		bool		hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (hyphen ? text[i] != '-' : strchr("0123456789abcdef", text[i]) == NULL || text[i] == '\0')
			return false;
	}
	return true;
}

/* What it is of, besides what its shapes say. */
static void
check_description(const Description *description, const NewTable *table, const BackupPlace *place, bool whole)
{
	if (strcmp(table->name, place->table_name) != 0)
		validation_error("it is of another table: %s", table->name);
	if (!is_uuid(description->table_id.data))
		validation_error("its TableId is no UUID");
	if (description->time_to_live->attribute.data != NULL && request_string_has_end(&description->time_to_live->attribute))
		validation_error("its AttributeName has U+0000");
	if (whole && (!description->items.given || !description->bytes.given || description->manifest.data == NULL ||
				  request_string_has_end(&description->manifest)))
		validation_error("it does not say what the backup has");
}

static void
read_text(const char *text, Description *description, NewTable *table)
{
	memset(description, 0, sizeof(*description));
	request_decode(&description_shape, json_parse(text, strlen(text)), description);
	request_validate(&description_shape, description, LAYER_CURRENT);
	if (description->version.value != FORMAT_VERSION)
		validation_error("it is of a later release");
	create_table_read(description->parameters, table);
}

static TimestampTz
time_of_milliseconds(int64 milliseconds)
{
	return milliseconds * 1000 - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
}

Backup *
bucket_description_read(const char *bucket, const BackupPlace *place, const char *text, bool whole)
{
	Backup	   *backup = palloc0(sizeof(Backup));
	Description description;
	NewTable	table;

	read_text(text, &description, &table);
	check_description(&description, &table, place, whole);
	backup->id = place->id;
	backup->bucket = bucket;
	backup->name = pstrdup(description.name.data);
	backup->status = whole ? BACKUP_AVAILABLE : BACKUP_CREATING;
	backup->table_name = place->table_name;
	backup->table_id = pstrdup(description.table_id.data);
	backup->table_created = time_of_milliseconds(description.table_created.value);
	backup->definition = pstrdup(text);
	(void) backup_id_time(place->id, &backup->created);
	backup->items = description.items.value;
	backup->bytes = description.bytes.value;
	backup->manifest = whole ? pstrdup(description.manifest.data) : NULL;
	return backup;
}

void
bucket_description_source(const Backup *backup, RestoreSource *source, BackupFeatures *features)
{
	Description description;
	NewTable	table;

	read_text(backup->definition, &description, &table);
	source->schema = table.schema;
	source->settings = table.settings;
	source->indexes = (IndexDescriptions) {table.index_count, palloc0(sizeof(IndexDescription) * Max(table.index_count, 1))};
	for (int i = 0; i < table.index_count; i++)
	{
		source->indexes.indexes[i].index = &table.indexes[i];
		index_settings_read(table.indexes[i].settings, &source->indexes.indexes[i].settings);
	}
	features->stream_view_type = table.stream_view_type;
	features->time_to_live_status = description.time_to_live->status.text;
	features->time_to_live_attribute = description.time_to_live->attribute.data;
}
