/*
 * backup_description.c - what a backup says of the table that it is of.
 */
#include "postgres.h"

#include "arn.h"
#include "change/continuous_backups.h"
#include "change/stream.h"
#include "error.h"
#include "operation/backup/backup_description.h"
#include "operation/backup/bucket_backups.h"
#include "operation/backup/bucket_description.h"
#include "operation/table/index_parameters.h"
#include "operation/table/time_to_live.h"
#include "value/json.h"

const Shape backup_arn_shape = {.kind = SHAPE_STRING, AT_LEAST(37), AT_MOST(1024)};
const Shape backup_name_shape = {.kind = SHAPE_STRING, .pattern = &name_pattern, AT_LEAST(3), AT_MOST(255)};

/* ---- The definition ---- */

typedef struct BackupDefinition
{
	RequestList definitions;
	RequestList key_schema;
	RequestList global_indexes;
	RequestList local_indexes;
	RequestMap	index_settings; /* by the index's name: as the catalog has them */
	RequestString stream_view_type;
	RequestString time_to_live_status;
	RequestString time_to_live_attribute;
} BackupDefinition;

static const Member members[] = {
	OPTIONAL(BackupDefinition, definitions, "AttributeDefinitions", &attribute_definitions_shape),
	OPTIONAL(BackupDefinition, key_schema, "KeySchema", &key_schema_shape),
	OPTIONAL(BackupDefinition, global_indexes, "GlobalSecondaryIndexes", &local_indexes_shape),
	OPTIONAL(BackupDefinition, local_indexes, "LocalSecondaryIndexes", &local_indexes_shape),
	OPTIONAL(BackupDefinition, index_settings, "IndexSettings", &expression_names_shape),
	OPTIONAL(BackupDefinition, stream_view_type, "StreamViewType", &string_shape),
	OPTIONAL(BackupDefinition, time_to_live_status, "TimeToLiveStatus", &string_shape),
	OPTIONAL(BackupDefinition, time_to_live_attribute, "TimeToLiveAttributeName", &string_shape),
};
static const Shape definition_shape = STRUCTURE_SHAPE(BackupDefinition, "BackupDefinition", members);

static void
append_indexes(StringInfo out, const IndexDescriptions *indexes, IndexKind kind, const char *member)
{
	const char *before = "{";

	appendStringInfo(out, ",\"%s\":[", member);
	for (int i = 0; i < indexes->count; i++)
	{
		if (indexes->indexes[i].index->kind != kind)
			continue;
		appendStringInfoString(out, before);
		append_index_definition(out, indexes->indexes[i].index);
		appendStringInfoChar(out, '}');
		before = ",{";
	}
	appendStringInfoChar(out, ']');
}

static void
append_features(StringInfo out, const TableRecord *record)
{
	const StreamRecord *stream = stream_latest(record);
	TableSettings settings;
	TimeToLive	time_to_live;

	if (stream != NULL && stream_is_on(stream))
		append_string_member(out, "StreamViewType", stream->view_type);
	record_settings(record, &settings);
	time_to_live = table_time_to_live(record, &settings);
	append_string_member(out, "TimeToLiveStatus", time_to_live.status);
	if (time_to_live.attribute != NULL)
		append_string_member(out, "TimeToLiveAttributeName", time_to_live.attribute);
}

char *
backup_definition(const TableRecord *record)
{
	IndexDescriptions indexes = describe_indexes(record);
	StringInfoData out;
	KeySchema	schema;

	catalog_key_schema(record->relation, &schema);
	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	append_string_member(&out, "TableName", record->name);
	append_attribute_definitions(&out, &schema, &indexes);
	append_key_schema(&out, &schema);
	append_indexes(&out, &indexes, INDEX_GLOBAL, "GlobalSecondaryIndexes");
	append_indexes(&out, &indexes, INDEX_LOCAL, "LocalSecondaryIndexes");
	appendStringInfoString(&out, ",\"IndexSettings\":{");
	for (int i = 0; i < indexes.count; i++)
		append_string_member(&out, indexes.indexes[i].index->name, indexes.indexes[i].index->settings);
	appendStringInfoChar(&out, '}');
	append_features(&out, record);
	appendStringInfoChar(&out, '}');
	return out.data;
}

static void
read_definition(const Backup *backup, BackupDefinition *definition)
{
	memset(definition, 0, sizeof(*definition));
	request_decode(&definition_shape, json_parse(backup->definition, strlen(backup->definition)), definition);
}

/* ---- What is restored ---- */

static char *
settings_of_index(const BackupDefinition *definition, const char *name)
{
	const RequestString *texts = definition->index_settings.values;

	for (int i = 0; i < definition->index_settings.count; i++)
	{
		if (strcmp(definition->index_settings.keys[i].data, name) == 0)
			return pstrdup(texts[i].data);
	}
	return pstrdup("{}");
}

static void
read_indexes(const BackupDefinition *definition, const RequestList *requests, IndexKind kind,
			 IndexDescriptions *indexes)
{
	IndexRules	rules = {.definitions = &definition->definitions};
	const IndexRequest *request = requests->members;

	for (int i = 0; i < requests->count; i++)
	{
		IndexDescription *description = &indexes->indexes[indexes->count++];
		IndexDefinition *index = palloc0(sizeof(IndexDefinition));

		read_index(&rules, &request[i], kind, i + 1, index);
		index->settings = settings_of_index(definition, index->name);
		index_settings_read(index->settings, &description->settings);
		description->index = index;
	}
}

static IndexDescriptions
definition_indexes(const BackupDefinition *definition)
{
	int			count = definition->global_indexes.count + definition->local_indexes.count;
	IndexDescriptions indexes = {.indexes = palloc0(sizeof(IndexDescription) * Max(count, 1))};

	read_indexes(definition, &definition->global_indexes, INDEX_GLOBAL, &indexes);
	read_indexes(definition, &definition->local_indexes, INDEX_LOCAL, &indexes);
	return indexes;
}

static void
definition_source(const Backup *backup, RestoreSource *source, BackupFeatures *features)
{
	BackupDefinition definition;

	read_definition(backup, &definition);
	read_key_schema(&definition.definitions, &definition.key_schema, &source->schema);
	table_settings_read(backup->settings, &source->settings);
	source->indexes = definition_indexes(&definition);
	features->stream_view_type = definition.stream_view_type.data;
	features->time_to_live_status = definition.time_to_live_status.data != NULL ? definition.time_to_live_status.data : "DISABLED";
	features->time_to_live_attribute = definition.time_to_live_attribute.data;
}

void
backup_restore_source(const Backup *backup, RestoreSource *source, BackupFeatures *features)
{
	source->table_name = backup->table_name;
	source->backup_arn = backup_arn(backup->table_name, backup->id);
	source->moment = settings_time(backup->created).value;
	if (backup->bucket != NULL)
		bucket_description_source(backup, source, features);
	else
		definition_source(backup, source, features);
}

/* ---- Requests ---- */

void
backup_report_missing(const RequestString *arn)
{
	ddb_error(BACKUP_NOT_FOUND_EXCEPTION, "Backup not found: %s", arn->data);
}

Backup *
requested_backup(const RequestString *arn)
{
	char	   *table_name;
	char	   *id;
	Backup	   *backup;

	backup_of_arn(arn->data, arn->length, &table_name, &id);
	backup = backup_find(table_name, id);
	if (backup == NULL && bucket_backups_wanted())
		backup = bucket_backups_find(table_name, id);
	if (backup == NULL)
		backup_report_missing(arn);
	return backup;
}

void
backup_keep_deleted_table(const TableRecord *record)
{
	RecoveryStatus status = continuous_backups_read(record->relation).status;

	if (status == RECOVERY_ENABLED || status == RECOVERY_ENABLING)
		backup_keep_table(record, psprintf("%s$DeletedTableBackup", record->name), backup_definition(record));
}

/* ---- Showing it ---- */

static const char *
status_word(const Backup *backup)
{
	return backup->status == BACKUP_AVAILABLE ? "AVAILABLE" : backup->status == BACKUP_CREATING ? "CREATING" :
		"DELETED";
}

/* What the details and the summary have in common, behind other members or at the beginning. */
static void
append_common(StringInfo out, const Backup *backup, const char *status)
{
	append_string_member(out, "BackupArn", backup_arn(backup->table_name, backup->id));
	append_string_member(out, "BackupName", backup->name);
	appendStringInfo(out, ",\"BackupSizeBytes\":" INT64_FORMAT, backup->bytes);
	append_string_member(out, "BackupStatus", status != NULL ? status : status_word(backup));
	append_string_member(out, "BackupType", backup->system ? "SYSTEM" : "USER");
	append_time_member(out, "BackupCreationDateTime", backup->created);
	if (backup->expires != 0)
		append_time_member(out, "BackupExpiryDateTime", backup->expires);
}

void
append_backup_details(StringInfo out, const Backup *backup, const char *status)
{
	appendStringInfoChar(out, '{');
	append_common(out, backup, status);
	appendStringInfoChar(out, '}');
}

void
append_backup_summary(StringInfo out, const Backup *backup)
{
	appendStringInfoChar(out, '{');
	append_string_member(out, "TableName", backup->table_name);
	append_string_member(out, "TableId", backup->table_id);
	append_string_member(out, "TableArn", table_arn(backup->table_name));
	append_common(out, backup, NULL);
	appendStringInfoChar(out, '}');
}

static void
append_provisioned(StringInfo out, const ThroughputSettings *settings)
{
	appendStringInfo(out, ",\"ProvisionedThroughput\":{\"ReadCapacityUnits\":" INT64_FORMAT
					 ",\"WriteCapacityUnits\":" INT64_FORMAT "}",
					 settings->read_units.value, settings->write_units.value);
	append_on_demand_throughput(out, settings);
}

static void
append_source_table(StringInfo out, const Backup *backup, const RestoreSource *source)
{
	appendStringInfoString(out, ",\"SourceTableDetails\":{");
	append_string_member(out, "TableName", backup->table_name);
	append_string_member(out, "TableId", backup->table_id);
	append_string_member(out, "TableArn", table_arn(backup->table_name));
	appendStringInfo(out, ",\"TableSizeBytes\":" INT64_FORMAT, backup->bytes);
	append_key_schema(out, &source->schema);
	append_time_member(out, "TableCreationDateTime", backup->table_created);
	append_provisioned(out, &source->settings.throughput);
	appendStringInfo(out, ",\"ItemCount\":" INT64_FORMAT, backup->items);
	append_string_member(out, "BillingMode", source->settings.billing_mode.text);
	appendStringInfoChar(out, '}');
}

static void
append_source_indexes(StringInfo out, const IndexDescriptions *indexes, IndexKind kind, const char *member)
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
			appendStringInfo(out, "%s\"%s\":[", out->data[out->len - 1] == '{' ? "" : ",", member);
		any = true;
		appendStringInfoChar(out, '{');
		append_index_definition(out, index->index);
		if (kind == INDEX_GLOBAL)
			append_provisioned(out, &index->settings.throughput);
		appendStringInfoChar(out, '}');
	}
	if (any)
		appendStringInfoChar(out, ']');
}

static void
append_source_features(StringInfo out, const RestoreSource *source, const BackupFeatures *features)
{
	appendStringInfoString(out, ",\"SourceTableFeatureDetails\":{\"TimeToLiveDescription\":{");
	append_string_member(out, "TimeToLiveStatus", features->time_to_live_status);
	if (features->time_to_live_attribute != NULL)
		append_string_member(out, "AttributeName", features->time_to_live_attribute);
	appendStringInfoChar(out, '}');
	append_source_indexes(out, &source->indexes, INDEX_LOCAL, "LocalSecondaryIndexes");
	append_source_indexes(out, &source->indexes, INDEX_GLOBAL, "GlobalSecondaryIndexes");
	if (features->stream_view_type != NULL)
		appendStringInfo(out, ",\"StreamDescription\":{\"StreamEnabled\":true,\"StreamViewType\":\"%s\"}",
						 features->stream_view_type);
	append_encryption(out, &source->settings, NULL);
	appendStringInfoChar(out, '}');
}

void
append_backup_description(StringInfo response, const Backup *backup, const char *status)
{
	RestoreSource source;
	BackupFeatures features;

	backup_restore_source(backup, &source, &features);
	appendStringInfoString(response, "{\"BackupDescription\":{\"BackupDetails\":");
	append_backup_details(response, backup, status);
	append_source_table(response, backup, &source);
	append_source_features(response, &source, &features);
	appendStringInfoString(response, "}}");
}
