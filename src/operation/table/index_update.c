/*
 * index_update.c - UpdateTable's GlobalSecondaryIndexUpdates.
 *
 * One index at a time is created or deleted.  A new one is filled while the
 * table is in use; a deleted one is gone at once.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "error.h"
#include "index/backfill.h"
#include "operation/table/index_parameters.h"
#include "operation/table/index_update.h"

/* One member of GlobalSecondaryIndexUpdates has one of these. */
typedef struct IndexUpdateRequest
{
	IndexRequest *update;
	IndexRequest *create;
	IndexRequest *delete;
} IndexUpdateRequest;

static const Member index_change_members[] = {
	REQUIRED(IndexRequest, name, "IndexName", &described_index_name_shape),
	OPTIONAL(IndexRequest, throughput, "ProvisionedThroughput", &throughput_shape),
	OPTIONAL(IndexRequest, on_demand, "OnDemandThroughput", &on_demand_throughput_shape),
	OPTIONAL(IndexRequest, warm, "WarmThroughput", &warm_throughput_shape),
};
static const Shape index_change_shape =
STRUCTURE_SHAPE(IndexRequest, "UpdateGlobalSecondaryIndexAction", index_change_members);

static const Member index_delete_members[] = {
	REQUIRED(IndexRequest, name, "IndexName", &described_index_name_shape),
};
static const Shape index_delete_shape =
STRUCTURE_SHAPE(IndexRequest, "DeleteGlobalSecondaryIndexAction", index_delete_members);

static const Member index_update_members[] = {
	OPTIONAL(IndexUpdateRequest, update, "Update", &index_change_shape),
	OPTIONAL(IndexUpdateRequest, create, "Create", &global_index_create_shape),
	OPTIONAL(IndexUpdateRequest, delete, "Delete", &index_delete_shape),
};
static const Shape index_update_shape =
STRUCTURE_SHAPE(IndexUpdateRequest, "GlobalSecondaryIndexUpdate", index_update_members);

const Shape index_updates_shape = {.kind = SHAPE_LIST, .element = &index_update_shape};

#define invalid_parameter(...) validation_error("One or more parameter values were invalid: " __VA_ARGS__)

/* ---- Without the table ---- */

static const IndexRequest *
updated_index(const IndexUpdateRequest *update)
{
	return update->update != NULL ? update->update :
		update->create != NULL ? update->create : update->delete;
}

/* Each is one change of one index; whatever else it asked for would be done as well. */
static void
check_one_action(const IndexUpdateRequest *update)
{
	int			actions = (update->update != NULL) + (update->create != NULL) + (update->delete != NULL);

	if (actions == 0)
		invalid_parameter("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
						  "GlobalSecondaryIndexUpdate.Delete must not be null");
	if (actions > 1)
		invalid_parameter("Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object");
	if (update->update != NULL && update->update->warm != NULL && !gives_throughput(update->update->warm))
		invalid_parameter("WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond "
						  "specified for index: %s", update->update->name.data);
}

void
check_index_updates(const RequestList *updates)
{
	const IndexUpdateRequest *members = updates->members;

	for (int i = 0; i < updates->count; i++)
	{
		const IndexRequest *index = updated_index(&members[i]);

		CHECK_FOR_INTERRUPTS();
		check_one_action(&members[i]);
		for (int j = 0; j < i; j++)
		{
			if (strcmp(updated_index(&members[j])->name.data, index->name.data) == 0)
				invalid_parameter("Only one global secondary index update per index is allowed simultaneously. "
								  "Index: %s", index->name.data);
		}
	}
}

bool
index_updates_create(const RequestList *updates)
{
	const IndexUpdateRequest *members = updates->members;

	for (int i = 0; i < updates->count; i++)
	{
		if (members[i].create != NULL)
			return true;
	}
	return false;
}

bool
index_updates_stop_writes(const RequestList *updates)
{
	const IndexUpdateRequest *members = updates->members;

	for (int i = 0; i < updates->count; i++)
	{
		if (members[i].create != NULL || members[i].delete != NULL)
			return true;
	}
	return false;
}

/* ---- Against the table ---- */

static int
count_global_indexes(const IndexSet *set)
{
	int			count = 0;

	for (int i = 0; i < set->count; i++)
		count += set->indexes[i].kind == INDEX_GLOBAL;
	return count;
}

static const IndexDefinition *
find_global_index(const IndexSet *set, const IndexRequest *request)
{
	const IndexDefinition *index = index_find(set, request->name.data);

	return index != NULL && index->kind == INDEX_GLOBAL ? index : NULL;
}

static void
check_found(const IndexSet *set, const TableRecord *record, const IndexUpdateRequest *update)
{
	const IndexRequest *wanted = update->update != NULL ? update->update : update->delete;

	if (wanted == NULL || find_global_index(set, wanted) != NULL)
		return;
	if (index_find(set, wanted->name.data) != NULL)
		validation_error("Cannot %s an index that is not a GlobalSecondaryIndex: %s",
						 update->update != NULL ? "update" : "delete", wanted->name.data);
	ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: Index %s for table %s",
			  wanted->name.data, record->name);
}

/* An index that is being created counts, unless it is the one to be deleted. */
static void
check_one_at_a_time(const IndexSet *set, const RequestList *updates)
{
	const IndexUpdateRequest *members = updates->members;
	const IndexUpdateRequest *change = NULL;
	int			changes = 0;

	for (int i = 0; i < updates->count; i++)
	{
		if (members[i].update != NULL)
			continue;
		change = &members[i];
		changes++;
	}
	for (int i = 0; i < set->count && change != NULL; i++)
	{
		if (set->indexes[i].status == INDEX_CREATING &&
			strcmp(set->indexes[i].name, updated_index(change)->name.data) != 0)
			changes++;
	}
	if (changes > 1)
		ddb_error(LIMIT_EXCEEDED_EXCEPTION, "Subscriber limit exceeded: Only 1 online index can be created or "
				  "deleted simultaneously per table");
}

static void
check_throughput_changes(const char *index, const ThroughputSettings *settings,
						 const ThroughputRequest *throughput)
{
	if (settings->read_units.value == throughput->read.value &&
		settings->write_units.value == throughput->write.value)
		validation_error("The provisioned throughput for the index %s will not change. The requested value equals "
						 "the current value. Current ReadCapacityUnits provisioned for index %s: " INT64_FORMAT
						 ". Requested ReadCapacityUnits: " INT64_FORMAT
						 ". Current WriteCapacityUnits provisioned for index %s: " INT64_FORMAT
						 ". Requested WriteCapacityUnits: " INT64_FORMAT
						 ". Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
						 index, index, settings->read_units.value, throughput->read.value,
						 index, settings->write_units.value, throughput->write.value);
}

/* What may be changed depends on how the table is billed. */
static void
check_update_members(const IndexUpdates *updates, const IndexRequest *request)
{
	bool		other = gives_throughput(request->on_demand) || request->warm != NULL;

	if (updates->billing_mode == BILLING_PAY_PER_REQUEST && (request->throughput != NULL || !other))
		invalid_parameter("The only Updates for index: %s when TableThroughputMode is PAY_PER_REQUEST can be to "
						  "OnDemandThroughput, WarmThroughput", request->name.data);
	if (updates->billing_mode != BILLING_PAY_PER_REQUEST && request->throughput == NULL && !other)
		invalid_parameter("Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: %s",
						  request->name.data);
}

static void
check_update(const IndexUpdates *updates, const IndexDefinition *index, const IndexRequest *request)
{
	IndexSettings settings;

	index_settings_read(index->settings, &settings);
	check_throughput_bounds(request->throughput, index->name);
	check_update_members(updates, request);
	check_changed_on_demand(request->on_demand, updates->billing_mode, index->name);
	check_changed_warm(request->warm, &settings.throughput, index->name);
	if (request->throughput != NULL && updates->old_billing_mode != BILLING_PAY_PER_REQUEST)
		check_throughput_changes(index->name, &settings.throughput, request->throughput);
}

/* The key schemas of the table and all its indexes. */
static const KeySchema **
all_schemas(const TableRecord *record, const IndexSet *set)
{
	const KeySchema **schemas = palloc(sizeof(KeySchema *) * (set->count + 1));
	KeySchema  *table = palloc(sizeof(KeySchema));

	catalog_key_schema(record->relation, table);
	schemas[0] = table;
	for (int i = 0; i < set->count; i++)
		schemas[i + 1] = &set->indexes[i].schema;
	return schemas;
}

/* What a new index's key attributes may be: those of the request and of the table. */
static void
index_rules(const IndexUpdates *updates, const TableRecord *record, const IndexSet *set, IndexRules *rules)
{
	RequestList *definitions = palloc(sizeof(RequestList));

	*definitions = definitions_with_schemas(updates->definitions, all_schemas(record, set), set->count + 1);
	rules->definitions = definitions;
	rules->billing_mode = updates->billing_mode;
}

static void
check_limits(const IndexSet *set, const IndexDefinition *index)
{
	int			non_keys = index->non_key_count;

	if (count_global_indexes(set) == GLOBAL_INDEXES_MAX)
		ddb_error(LIMIT_EXCEEDED_EXCEPTION, "Subscriber limit exceeded: Number of global secondary indexes exceeds "
				  "per-table limit of %d", GLOBAL_INDEXES_MAX);
	for (int i = 0; i < set->count; i++)
		non_keys += set->indexes[i].non_key_count;
	check_non_key_count(non_keys);
}

static void
check_create_throughput(const IndexUpdates *updates, const IndexRequest *request)
{
	check_throughput_bounds(request->throughput, request->name.data);
	if (updates->billing_mode == BILLING_PAY_PER_REQUEST && request->throughput != NULL)
		invalid_parameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: %s when "
						  "BillingMode is PAY_PER_REQUEST", request->name.data);
	if (updates->billing_mode != BILLING_PAY_PER_REQUEST && request->throughput == NULL)
		invalid_parameter("Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: %s",
						  request->name.data);
}

static void
check_create(const IndexUpdates *updates, const TableRecord *record, const IndexSet *set,
			 const IndexRequest *request)
{
	IndexRules	rules;
	IndexDefinition index;

	if (updates->definitions->count == 0)
		invalid_parameter("AttributeDefinitions is not specified for index: %s", request->name.data);
	check_definitions(updates->definitions);
	index_rules(updates, record, set, &rules);
	check_global_index(&rules, request);
	check_not_redefined(updates->definitions, &request->key_schema, all_schemas(record, set), set->count + 1);
	check_create_throughput(updates, request);
	check_index_units(&rules, request);
	if (index_find(set, request->name.data) != NULL)
		validation_error("Attempting to create an index which already exists");
	read_index(&rules, request, INDEX_GLOBAL, 0, &index);
	check_limits(set, &index);
	catalog_check_may_create(record->name);
}

/* A table that is to be provisioned needs a throughput for each of its indexes. */
static void
check_all_provisioned(const IndexUpdates *updates, const IndexSet *set)
{
	const IndexUpdateRequest *members = updates->updates->members;
	StringInfoData missing;

	if (updates->billing_mode == BILLING_PAY_PER_REQUEST ||
		updates->old_billing_mode != BILLING_PAY_PER_REQUEST)
		return;
	initStringInfo(&missing);
	for (int i = 0; i < set->count; i++)
	{
		bool		given = set->indexes[i].kind == INDEX_LOCAL;

		for (int j = 0; j < updates->updates->count && !given; j++)
			given = strcmp(updated_index(&members[j])->name.data, set->indexes[i].name) == 0 &&
				members[j].update != NULL && members[j].update->throughput != NULL;
		if (!given)
			appendStringInfo(&missing, "%s%s", missing.len > 0 ? "," : "", set->indexes[i].name);
	}
	if (missing.len > 0)
		invalid_parameter("ProvisionedThroughput must be specified for index: %s", missing.data);
}

void
check_index_updates_fit(const IndexUpdates *updates, const TableRecord *record)
{
	const IndexSet *set = index_set(record->relation);
	const IndexUpdateRequest *members = updates->updates->members;
	int			count = updates->updates->count;

	for (int i = 0; i < count; i++)
	{
		if (members[i].update != NULL)
			check_found(set, record, &members[i]);
	}
	check_one_at_a_time(set, updates->updates);
	for (int i = 0; i < count; i++)
	{
		check_found(set, record, &members[i]);
		if (members[i].update != NULL)
			check_update(updates, find_global_index(set, members[i].update), members[i].update);
		if (members[i].create != NULL)
			check_create(updates, record, set, members[i].create);
	}
	check_all_provisioned(updates, set);
}

/* ---- Carrying out ---- */

/* request is NULL where only the table's billing mode changes. */
static void
change_settings(const IndexUpdates *updates, const TableRecord *record, const IndexDefinition *index,
				const IndexRequest *request)
{
	bool		other_mode = updates->billing_mode != updates->old_billing_mode;
	const ThroughputRequest *throughput = request != NULL ? request->throughput : NULL;
	IndexSettings settings;

	index_settings_read(index->settings, &settings);
	if (other_mode && updates->billing_mode == BILLING_PAY_PER_REQUEST)
		settings_to_on_demand(&settings.throughput);
	else if (other_mode)
		settings_to_provisioned(&settings.throughput, throughput);
	else if (throughput != NULL)
		settings_change_throughput(&settings.throughput, throughput);
	if (request != NULL)
	{
		settings_set_on_demand(&settings.throughput, request->on_demand);
		settings_set_warm(&settings.throughput, request->warm);
	}
	index_set_settings(record, index, index_settings_write(&settings));
}

static const IndexUpdateRequest *
find_update(const IndexUpdates *updates, const char *index)
{
	const IndexUpdateRequest *members = updates->updates->members;

	for (int i = 0; i < updates->updates->count; i++)
	{
		if (strcmp(updated_index(&members[i])->name.data, index) == 0)
			return &members[i];
	}
	return NULL;
}

/* The names stay when a change makes the set another one. */
static void
change_indexes(const IndexUpdates *updates, const TableRecord *record, const IndexSet *set)
{
	for (int i = 0; i < set->count; i++)
	{
		const IndexUpdateRequest *update = find_update(updates, set->indexes[i].name);

		if (set->indexes[i].kind == INDEX_GLOBAL &&
			(updates->billing_mode != updates->old_billing_mode || (update != NULL && update->update != NULL)))
			change_settings(updates, record, &set->indexes[i], update != NULL ? update->update : NULL);
	}
}

static int64
next_position(const IndexDescriptions *descriptions)
{
	return descriptions->count == 0 ? 1 :
		descriptions->indexes[descriptions->count - 1].settings.position.value + 1;
}

static void
create_index(const IndexUpdates *updates, const TableRecord *record, const IndexSet *set,
			 const IndexRequest *request, int64 position)
{
	IndexRules	rules;
	IndexDefinition index;

	index_rules(updates, record, set, &rules);
	read_index(&rules, request, INDEX_GLOBAL, position, &index);
	secondary_index_create(record, &index, INDEX_CREATING);
	backfill_start(record);
}

static void
show_update(const IndexRequest *request, const IndexDescription *before, IndexDescription *index)
{
	if (request->throughput != NULL || request->on_demand != NULL)
		index->status = "UPDATING";
	if (request->warm != NULL)
		index->warm_status = "UPDATING";
	index->settings.throughput = shown_throughput(&index->settings.throughput, &before->settings.throughput,
												  request->on_demand);
}

/* How AWS shows what is going on: the changes begin when UpdateTable returns. */
static void
show_updates(const IndexUpdates *updates, const IndexDescriptions *before, IndexDescriptions *after)
{
	for (int i = 0; i < after->count; i++)
	{
		IndexDescription *index = &after->indexes[i];
		const IndexUpdateRequest *update = find_update(updates, index->index->name);

		if (updates->billing_mode != updates->old_billing_mode)
			index->status = "UPDATING";
		if (update == NULL)
			continue;
		if (update->create != NULL)
		{
			index->status = "CREATING";
			index->backfilling = BOOLEAN_FALSE;
		}
		else if (update->delete != NULL)
			index->status = "DELETING";
		else
			show_update(update->update, find_index_description(before, index->index->name), index);
	}
}

IndexDescriptions
index_updates_apply(const IndexUpdates *updates, const TableRecord *record)
{
	const IndexSet *set = index_set(record->relation);
	const IndexUpdateRequest *members = updates->updates->members;
	IndexDescriptions before = describe_indexes(record);
	IndexDescriptions after;

	change_indexes(updates, record, set);
	for (int i = 0; i < updates->updates->count; i++)
	{
		if (members[i].create != NULL)
			create_index(updates, record, set, members[i].create, next_position(&before));
	}
	after = describe_indexes(record);
	show_updates(updates, &before, &after);
	return after;
}

void
index_updates_drop(const IndexUpdates *updates, const TableRecord *record)
{
	const IndexUpdateRequest *members = updates->updates->members;

	for (int i = 0; i < updates->updates->count; i++)
	{
		const IndexDefinition *index = members[i].delete == NULL ? NULL :
			find_global_index(index_set(record->relation), members[i].delete);

		/* since it was checked, DROP TABLE of its relation may have been faster */
		if (index != NULL)
			secondary_index_drop(record, index);
	}
}
