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
check_found(const IndexSet *set, const IndexUpdateRequest *update)
{
	const IndexRequest *wanted = update->update != NULL ? update->update : update->delete;

	if (wanted == NULL || find_global_index(set, wanted) != NULL)
		return;
	if (update->update != NULL && count_global_indexes(set) == 0)
		validation_error("This operation cannot be performed with given input values. Please contact DynamoDB "
						 "service team for more info: Action Blocked: IndexUpdate");
	ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found");
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
check_throughput_changes(const IndexDefinition *index, const ThroughputRequest *throughput)
{
	ThroughputSettings settings;

	index_settings_read(index->settings, &settings);
	if (settings.read_units.value == throughput->read.value &&
		settings.write_units.value == throughput->write.value)
		validation_error("The provisioned throughput for the index %s will not change. The requested value equals "
						 "the current value. Current ReadCapacityUnits provisioned for the index: " INT64_FORMAT
						 ". Requested ReadCapacityUnits: " INT64_FORMAT
						 ". Current WriteCapacityUnits provisioned for the index: " INT64_FORMAT
						 ". Requested WriteCapacityUnits: " INT64_FORMAT
						 ". Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
						 index->name, settings.read_units.value, throughput->read.value,
						 settings.write_units.value, throughput->write.value);
}

static void
check_update(const IndexUpdates *updates, const IndexDefinition *index, const IndexRequest *request)
{
	check_throughput_bounds(request->throughput, index->name);
	if (request->throughput == NULL && request->on_demand == NULL && request->warm == NULL)
		invalid_parameter("At least one of ProvisionedThroughput, OnDemandThroughput, WarmThroughput must be "
						  "specified for index: %s", index->name);
	if (request->throughput == NULL)
		return;
	if (updates->billing_mode == BILLING_PAY_PER_REQUEST)
		invalid_parameter("ProvisionedThroughput should not be specified for index: %s when BillingMode is "
						  "PAY_PER_REQUEST", index->name);
	if (updates->old_billing_mode != BILLING_PAY_PER_REQUEST)
		check_throughput_changes(index, request->throughput);
}

/* The key schemas of the table and all its indexes, and room for one more. */
static const KeySchema **
all_schemas(const TableRecord *record, const IndexSet *set)
{
	const KeySchema **schemas = palloc(sizeof(KeySchema *) * (set->count + 2));
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
		invalid_parameter("GlobalSecondaryIndex count exceeds the per-table limit of %d", GLOBAL_INDEXES_MAX);
	for (int i = 0; i < set->count; i++)
		non_keys += set->indexes[i].non_key_count;
	check_non_key_count(non_keys);
}

static void
check_create(const IndexUpdates *updates, const TableRecord *record, const IndexSet *set,
			 const IndexRequest *request)
{
	IndexRules	rules;
	IndexDefinition index;
	const KeySchema **schemas = all_schemas(record, set);

	check_throughput_bounds(request->throughput, request->name.data);
	check_definition_names(updates->definitions);
	index_rules(updates, record, set, &rules);
	check_global_index(&rules, request);
	if (index_find(set, request->name.data) != NULL)
		validation_error("Attempting to create an index which already exists");
	read_index(&rules, request, INDEX_GLOBAL, &index);
	schemas[set->count + 1] = &index.schema;
	check_definitions_used(updates->definitions, schemas, set->count + 2);
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
				(members[j].update == NULL || members[j].update->throughput != NULL);
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
			check_found(set, &members[i]);
	}
	check_one_at_a_time(set, updates->updates);
	for (int i = 0; i < count; i++)
	{
		check_found(set, &members[i]);
		if (members[i].update != NULL)
			check_update(updates, find_global_index(set, members[i].update), members[i].update);
		if (members[i].create != NULL)
			check_create(updates, record, set, members[i].create);
	}
	check_all_provisioned(updates, set);
}

/* ---- Carrying out ---- */

static void
change_settings(const TableRecord *record, const IndexDefinition *index, const IndexRequest *request)
{
	ThroughputSettings settings;

	index_settings_read(index->settings, &settings);
	if (request->throughput != NULL)
		settings_change_throughput(&settings, request->throughput);
	settings_set_on_demand(&settings, request->on_demand);
	settings_set_warm(&settings, request->warm);
	index_set_settings(record, index, index_settings_write(&settings));
}

/* A table that is paid by request has no throughput, nor have its indexes. */
static void
clear_throughputs(const TableRecord *record, const IndexSet *set)
{
	ThroughputRequest none = {{true, 0}, {true, 0}};
	IndexRequest request = {.throughput = &none};

	for (int i = 0; i < set->count; i++)
	{
		if (set->indexes[i].kind == INDEX_GLOBAL)
			change_settings(record, &set->indexes[i], &request);
	}
}

static void
create_index(const IndexUpdates *updates, const TableRecord *record, const IndexSet *set,
			 const IndexRequest *request)
{
	IndexRules	rules;
	IndexDefinition index;

	index_rules(updates, record, set, &rules);
	read_index(&rules, request, INDEX_GLOBAL, &index);
	secondary_index_create(record, &index, INDEX_CREATING);
	backfill_start(record);
}

/* How AWS shows what is going on: the changes begin when UpdateTable returns. */
static void
show_updates(const IndexUpdates *updates, const IndexDescriptions *before, IndexDescriptions *after)
{
	const IndexUpdateRequest *members = updates->updates->members;
	bool		other_mode = updates->billing_mode != updates->old_billing_mode;

	for (int i = 0; i < after->count && other_mode; i++)
		after->indexes[i].status = "UPDATING";
	for (int i = 0; i < updates->updates->count; i++)
	{
		const char *name = updated_index(&members[i])->name.data;
		IndexDescription *index = find_index_description(after, name);

		if (members[i].create != NULL)
		{
			index->status = "CREATING";
			index->backfilling = BOOLEAN_FALSE;
		}
		else if (members[i].delete != NULL)
			index->status = "DELETING";
		else
		{
			index->status = "UPDATING";
			if (!other_mode)
				index->throughput = settings_with_old_throughput(&index->throughput,
																 &find_index_description(before, name)->throughput);
		}
	}
}

IndexDescriptions
index_updates_apply(const IndexUpdates *updates, const TableRecord *record)
{
	const IndexSet *set = index_set(record->relation);
	const IndexUpdateRequest *members = updates->updates->members;
	IndexDescriptions before = describe_indexes(record);
	IndexDescriptions after;

	if (updates->billing_mode == BILLING_PAY_PER_REQUEST &&
		updates->old_billing_mode != BILLING_PAY_PER_REQUEST)
		clear_throughputs(record, set);
	for (int i = 0; i < updates->updates->count; i++)
	{
		if (members[i].update != NULL)
			change_settings(record, find_global_index(index_set(record->relation), members[i].update),
							members[i].update);
		if (members[i].create != NULL)
			create_index(updates, record, set, members[i].create);
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
		if (members[i].delete != NULL)
			secondary_index_drop(record, find_global_index(index_set(record->relation), members[i].delete));
	}
}
