/*
 * restore.c - what the operations share that make a table of what another one was.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "arn.h"
#include "error.h"
#include "operation/backup/restore.h"
#include "operation/table/index_parameters.h"

const Shape restored_table_name_shape = {.kind = SHAPE_STRING, .pattern = &name_pattern, AT_LEAST(3), AT_MOST(255)};

#define invalid_parameter(...) validation_error("One or more parameter values were invalid: " __VA_ARGS__)

void
restore_check_features(const RestoreOverrides *overrides)
{
	if (asks_for_elements(overrides->vector_indexes))
		validation_error("Vector indexes are not supported");
}

void
restore_check_target(const char *name)
{
	if (catalog_read_table(name) != NULL)
		ddb_error(TABLE_ALREADY_EXISTS_EXCEPTION, "Table already exists: %s", name);
}

void
restore_deny(const char *resource_arn)
{
	ddb_error(ACCESS_DENIED_EXCEPTION, "User: %s is not authorized to perform this operation on resource: %s",
			  GetUserNameFromId(GetUserId(), false), resource_arn);
}

/* ---- The settings ---- */

static int
billing_mode(const RestoreOverrides *overrides, const TableSettings *source)
{
	return overrides->billing_mode.text != NULL ? overrides->billing_mode.value : source->billing_mode.value;
}

/* The throughput that is provisioned: the override's, or else the source's; NULL where there is none. */
static const ThroughputRequest *
provisioned_throughput(int mode, const ThroughputRequest *override, const ThroughputSettings *source)
{
	ThroughputRequest *throughput;

	if (override != NULL || mode == BILLING_PAY_PER_REQUEST || source->read_units.value == 0)
		return override;
	throughput = palloc(sizeof(ThroughputRequest));
	throughput->read = source->read_units;
	throughput->write = source->write_units;
	return throughput;
}

/* The maxima likewise. */
static const ThroughputRequest *
on_demand_throughput(int mode, const ThroughputRequest *override, const ThroughputSettings *source)
{
	ThroughputRequest *throughput;

	if (override != NULL || mode != BILLING_PAY_PER_REQUEST)
		return override;
	throughput = palloc(sizeof(ThroughputRequest));
	throughput->read = source->max_read_units;
	throughput->write = source->max_write_units;
	return throughput;
}

static void
set_throughput(ThroughputSettings *settings, int mode, const ThroughputRequest *override,
			   const ThroughputRequest *on_demand, const ThroughputRequest *warm,
			   const ThroughputSettings *source)
{
	settings_set_throughput(settings, provisioned_throughput(mode, override, source), warm);
	settings_set_on_demand(settings, on_demand_throughput(mode, on_demand, source));
}

static void
check_billing(const RestoreOverrides *overrides, const TableSettings *source)
{
	int			mode = billing_mode(overrides, source);

	if (mode == BILLING_PROVISIONED &&
		provisioned_throughput(mode, overrides->throughput, &source->throughput) == NULL)
		invalid_parameter("ReadCapacityUnits and WriteCapacityUnits "
						  "must both be specified when BillingMode is PROVISIONED");
	if (mode == BILLING_PAY_PER_REQUEST && overrides->throughput != NULL)
		invalid_parameter("Neither ReadCapacityUnits nor "
						  "WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST");
	check_throughput_bounds(overrides->throughput, NULL);
	check_new_on_demand(overrides->on_demand, mode, NULL);
	check_encryption(overrides->encryption);
}

static TableSettings
new_settings(const RestoreOverrides *overrides, const RestoreSource *source)
{
	int			mode = billing_mode(overrides, &source->settings);
	TableSettings settings;

	memset(&settings, 0, sizeof(settings));
	settings.billing_mode = enum_of(&billing_mode_shape, mode);
	set_throughput(&settings.throughput, mode, overrides->throughput, overrides->on_demand, NULL,
				   &source->settings.throughput);
	settings.table_class = source->settings.table_class;
	settings.encryption_type = source->settings.encryption_type;
	settings.encryption_key = source->settings.encryption_key;
	settings_set_encryption(&settings, overrides->encryption);
	settings.restored_from.data = table_arn(source->table_name);
	settings.restored_from.length = strlen(settings.restored_from.data);
	if (source->backup_arn != NULL)
		settings.restored_backup = (RequestString) {source->backup_arn, strlen(source->backup_arn)};
	settings.restored_to = (RequestInteger) {true, source->moment};
	return settings;
}

/* ---- The indexes ---- */

/* The source's indexes that the new table has, with settings of their own. */
typedef struct RestoredIndexes
{
	int			count;
	IndexDefinition *indexes;
} RestoredIndexes;

static const RequestList *
overrides_of_kind(const RestoreOverrides *overrides, IndexKind kind)
{
	return kind == INDEX_GLOBAL ? &overrides->global_indexes : &overrides->local_indexes;
}

static const IndexRequest *
find_override(const RequestList *given, const char *name)
{
	const IndexRequest *members = given->members;

	for (int i = 0; i < given->count; i++)
	{
		if (strcmp(members[i].name.data, name) == 0)
			return &members[i];
	}
	return NULL;
}

/* An override leaves indexes out; those that it has must be the source's. */
static void
check_overrides(const RequestList *given, IndexKind kind, const IndexDescriptions *source)
{
	const IndexRequest *members = given->members;

	for (int i = 0; i < given->count; i++)
	{
		const IndexDescription *index = find_index_description(source, members[i].name.data);

		if (find_override(given, members[i].name.data) != &members[i])
			invalid_parameter("Duplicate index name: %s", members[i].name.data);
		if (index == NULL || index->index->kind != kind || !index_request_is(&members[i], index->index))
			invalid_parameter("The index does not match one of the source table: %s", members[i].name.data);
	}
}

static char *
index_settings(const RestoreOverrides *overrides, const TableSettings *table, const IndexRequest *override,
			   const IndexDescription *source)
{
	static const IndexRequest none = {.throughput = NULL};
	IndexRules	rules = {.billing_mode = billing_mode(overrides, table)};
	IndexSettings settings;

	memset(&settings, 0, sizeof(settings));
	settings.position = source->settings.position;
	if (source->index->kind != INDEX_GLOBAL)
		return index_settings_write(&settings);
	if (override == NULL)
		override = &none;
	else
	{
		check_throughput_bounds(override->throughput, override->name.data);
		check_index_units(&rules, override);
	}
	check_throughput_of_index(&rules, provisioned_throughput(rules.billing_mode, override->throughput,
															 &source->settings.throughput),
							  source->index->name);
	set_throughput(&settings.throughput, rules.billing_mode, override->throughput, override->on_demand,
				   override->warm, &source->settings.throughput);
	return index_settings_write(&settings);
}

static RestoredIndexes
restored_indexes(const RestoreOverrides *overrides, const RestoreSource *source)
{
	int			count = source->indexes.count;
	RestoredIndexes restored = {.indexes = palloc(sizeof(IndexDefinition) * Max(count, 1))};

	check_overrides(&overrides->global_indexes, INDEX_GLOBAL, &source->indexes);
	check_overrides(&overrides->local_indexes, INDEX_LOCAL, &source->indexes);
	for (int i = 0; i < count; i++)
	{
		const IndexDescription *index = &source->indexes.indexes[i];
		const RequestList *given = overrides_of_kind(overrides, index->index->kind);
		const IndexRequest *override = find_override(given, index->index->name);
		IndexDefinition *definition;

		if (given->json != NULL && override == NULL)
			continue;
		definition = &restored.indexes[restored.count++];
		*definition = *index->index;
		definition->settings = index_settings(overrides, &source->settings, override, index);
	}
	return restored;
}

/* ---- The new table ---- */

static TableRecord *
create_table(const char *name, const RestoreSource *source, const TableSettings *settings,
			 const RestoredIndexes *indexes)
{
	TableRecord *record;

	catalog_create_table(name, &source->schema, table_settings_write(settings), "{}");
	record = catalog_read_table(name);
	for (int i = 0; i < indexes->count; i++)
		secondary_index_create(record, &indexes->indexes[i], INDEX_ACTIVE);
	catalog_set_creating(record, true);
	return record;
}

static void
append_response(StringInfo response, const TableRecord *record, const TableSettings *settings)
{
	IndexDescriptions descriptions = describe_indexes(record);
	TableStyle	style = table_style(record);

	appendStringInfoString(response, "{\"TableDescription\":");
	append_table_description(response, record, settings, &style, &descriptions);
	appendStringInfoChar(response, '}');
}

TableRecord *
restore_create_table(const char *name, const RestoreOverrides *overrides, const RestoreSource *source,
					 StringInfo response)
{
	RestoredIndexes indexes;
	TableSettings settings;
	TableRecord *record;

	check_billing(overrides, &source->settings);
	indexes = restored_indexes(overrides, source);
	settings = new_settings(overrides, source);
	record = create_table(name, source, &settings, &indexes);
	append_response(response, record, &settings);
	return record;
}
