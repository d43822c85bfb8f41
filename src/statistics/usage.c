/*
 * usage.c - what one request uses of tables.
 *
 * A request may be rolled back and tried again, so nothing is counted before it has ended.
 */
#include "postgres.h"

#include "statistics/outcome.h"
#include "statistics/usage.h"

static Usage *current = NULL;

/* ---- Beginning and end ---- */

void
usage_begin(Usage *usage, void (*opened) (const char *table))
{
	usage->outer = current;
	usage->opened = opened;
	usage->table_count = 0;
	usage->failed_units = 0;
	if (counters_are_there())
		current = usage;
}

void
usage_end(Usage *usage)
{
	current = usage->outer;
}

void
usage_forget(void)
{
	current = NULL;
}

/* What the outcome says of a request on one table. */
static void
count_outcome(const TableUsage *table, int outcome, double failed_units)
{
	if (outcome == outcome_of_exception(CONDITIONAL_CHECK_FAILED_EXCEPTION))
	{
		counters_add_table(table->place, TABLE_CONDITIONAL_FAILURES, 1);
		counters_add_table(table->place, TABLE_WRITE_UNITS, (uint64) (2 * failed_units));
	}
	else if (outcome == outcome_of_exception(TRANSACTION_CONFLICT_EXCEPTION))
		counters_add_table(table->place, TABLE_CONFLICTS, 1);
}

static void
count_table(const TableUsage *table, int outcome)
{
	counters_add_table(table->place, TABLE_REQUESTS, 1);
	counters_add_table(table->place, TABLE_CONDITIONAL_FAILURES, table->conditional_failures);
	counters_add_table(table->place, TABLE_CONFLICTS, table->conflicts);
	if (outcome != OUTCOME_SUCCESS)
	{
		counters_add_table(table->place, TABLE_ERRORS, 1);
		return;
	}
	counters_add_table(table->place, TABLE_READ_UNITS, (uint64) (2 * table->read_units));
	counters_add_table(table->place, TABLE_WRITE_UNITS, (uint64) (2 * table->write_units));
	counters_add_table(table->place, TABLE_ITEMS_READ, table->items_read);
	counters_add_table(table->place, TABLE_ITEMS_WRITTEN, table->items_written);
}

void
usage_count(const Usage *usage, int outcome)
{
	for (int i = 0; i < usage->table_count; i++)
		count_table(&usage->tables[i], outcome);
	if (outcome != OUTCOME_SUCCESS && usage->table_count == 1)
		count_outcome(&usage->tables[0], outcome, usage->failed_units);
}

int64
usage_items(const Usage *usage)
{
	int64		items = 0;

	for (int i = 0; i < usage->table_count; i++)
		items += usage->tables[i].items_read + usage->tables[i].items_written;
	return items;
}

/* ---- For operations ---- */

/* The table's usage, or NULL; the one that was used last is asked for most often. */
static TableUsage *
find_table(Oid relation)
{
	if (current == NULL)
		return NULL;
	for (int i = current->table_count - 1; i >= 0; i--)
	{
		if (current->tables[i].relation == relation)
			return &current->tables[i];
	}
	return NULL;
}

void
usage_table(Oid relation, const char *name)
{
	TableUsage *table;

	if (current == NULL || find_table(relation) != NULL || current->table_count == USAGE_TABLES)
		return;
	table = &current->tables[current->table_count++];
	memset(table, 0, sizeof(TableUsage));
	table->relation = relation;
	table->place = counters_table_place(relation);
	if (current->table_count == 1 && current->opened != NULL)
		current->opened(name);
}

void
usage_read(Oid relation, int64 items, double units)
{
	TableUsage *table = find_table(relation);

	if (table == NULL)
		return;
	table->items_read += items;
	table->read_units += units;
}

void
usage_written(Oid relation, int64 items, double units)
{
	TableUsage *table = find_table(relation);

	if (table == NULL)
		return;
	table->items_written += items;
	table->write_units += units;
}

void
usage_index_written(Oid relation, double units)
{
	usage_written(relation, 0, units);
}

bool
usage_is_noted(void)
{
	return current != NULL;
}

void
usage_condition_failed(double units)
{
	if (current != NULL)
		current->failed_units = units;
}

void
usage_action_failed(Oid relation, bool by_conflict)
{
	TableUsage *table = find_table(relation);

	if (table == NULL)
		return;
	if (by_conflict)
		table->conflicts++;
	else
		table->conditional_failures++;
}
