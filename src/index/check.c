/*
 * check.c - ddb.check_indexes(): every difference between secondary indexes
 * and their table, in one snapshot.
 *
 * The table's items are walked, and the entry that each should have is looked
 * up as a read would; then the index's rows, and the item that each belongs to.
 */
#include "postgres.h"

#include "access/xact.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "index/index.h"
#include "value/value.h"

#define COLUMNS 4

typedef struct Check
{
	ReturnSetInfo *result;
	Snapshot	snapshot;
	Table	   *table;
	Table	   *relation;		/* the index's */
	const IndexDefinition *index;
	MemoryContext item_context;
} Check;

static void
report(Check *check, const char *problem, const Value *entry)
{
	Datum		values[COLUMNS];
	bool		nulls[COLUMNS] = {false};

	values[0] = CStringGetTextDatum(check->table->name);
	values[1] = CStringGetTextDatum(check->index->name);
	values[2] = CStringGetTextDatum(problem);
	values[3] = value_to_datum(entry);
	tuplestore_putvalues(check->result->setResult, check->result->setDesc, values, nulls);
}

/* ---- From the table to the index ---- */

static void
check_item(Check *check, const Value *item)
{
	Value		expected;
	Value		found;
	int			count;

	if (!index_has_item(check->index, item))
		return;
	expected = index_project(check->index, item);
	count = table_find_entries(check->relation, &expected, check->snapshot, &found);
	if (count == 0)
	{
		/* what is not filled in yet lacks nothing */
		if (index_is_complete(check->table, check->index))
			report(check, "missing", &expected);
	}
	else if (count > 1)
		report(check, "doubled", &found);
	else if (!value_equal(&found, &expected))
		report(check, "wrong projection", &found);
}

static void
check_items(Check *check)
{
	TableRange	range = {.total_segments = 1};
	TableScan  *scan = table_scan_begin_at(check->table, &range, check->snapshot);
	Value		item;

	while (table_scan_next(scan, &item))
	{
		MemoryContext caller = MemoryContextSwitchTo(check->item_context);

		check_item(check, &item);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(check->item_context);
	}
	table_scan_end(scan);
}

/* ---- From the index to the table ---- */

/* The value of a key attribute; no data where there is none. */
static Value
key_value(const Value *entry, const KeyAttribute *attributes, int count)
{
	Value		value = {0};

	if (count > 0)
		(void) value_map_find(entry, attributes[0].name, attributes[0].name_length, &value);
	return value;
}

static bool
is_of_item(Check *check, TableScan *scan, const Value *entry)
{
	const KeySchema *schema = &check->table->schema;
	PrimaryKey	key = {
		.partition = key_value(entry, schema->partition, schema->partition_count),
		.sort = key_value(entry, schema->sort, schema->sort_count)
	};
	Value		item;

	if (!index_has_item(check->index, entry) ||
		!table_scan_fetch(scan, check->table, &key, &item))
		return false;

	/* the item's entry has the same key: a change from one to the other would not move it */
	switch (index_entry_change(check->index, entry, &item))
	{
		case ENTRY_UNTOUCHED:
		case ENTRY_REPLACED:
			return true;
		default:
			return false;
	}
}

static void
check_entries(Check *check)
{
	TableRange	range = {.total_segments = 1};
	TableScan  *scan = table_scan_begin_at(check->relation, &range, check->snapshot);
	Value		entry;

	while (table_scan_next(scan, &entry))
	{
		MemoryContext caller = MemoryContextSwitchTo(check->item_context);

		if (!is_of_item(check, scan, &entry))
			report(check, "stale", &entry);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(check->item_context);
	}
	table_scan_end(scan);
}

/* ---- The function ---- */

/*
 * The table's indexes, with their relations locked.  A drop of an index does not
 * wait for who reads the table, so who has waited for a relation's lock may have
 * waited for its drop; the set is then another one.
 */
static const IndexSet *
lock_indexes(const Table *table)
{
	Oid			relation = RelationGetRelid(table->relation);
	const IndexSet *set = index_set(relation);
	const IndexSet *locked;

	do
	{
		locked = set;
		for (int i = 0; i < locked->all_count; i++)
			LockRelationOid(locked->indexes[i].relation, AccessShareLock);
		set = index_set(relation);
	} while (set != locked);
	return set;
}

static void
check_table(ReturnSetInfo *result, const char *name)
{
	Check		check = {.result = result};
	const IndexSet *set;
	Table	  **relations;

	check.table = table_open_by_name(name, ACL_SELECT);
	set = lock_indexes(check.table);
	relations = palloc(sizeof(Table *) * Max(set->all_count, 1));
	for (int i = 0; i < set->all_count; i++)
		relations[i] = table_open_index(check.table, set->indexes[i].name,
										set->indexes[i].relation, AccessShareLock);

	/* taken now: it sees all that was filled in before an index became ACTIVE */
	CommandCounterIncrement();
	check.snapshot = RegisterSnapshot(GetTransactionSnapshot());
	check.item_context = AllocSetContextCreate(CurrentMemoryContext, "ddb index check",
											   ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < set->all_count; i++)
	{
		check.index = &set->indexes[i];
		check.relation = relations[i];
		check_items(&check);
		check_entries(&check);
		table_release(check.relation);
	}
	UnregisterSnapshot(check.snapshot);
	MemoryContextDelete(check.item_context);
	table_release(check.table);
}

/* A row for a table that cannot be checked as a whole. */
static void
report_table(ReturnSetInfo *result, const char *name, const char *problem)
{
	Datum		values[COLUMNS] = {CStringGetTextDatum(name), 0, CStringGetTextDatum(problem)};
	bool		nulls[COLUMNS] = {false, true, false, true};

	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* The same where a table that its owner has spoilt keeps nobody from the others. */
static void
check_one_of_all(ReturnSetInfo *result, const char *name)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		check_table(result, name);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(caller);
		/* no error may leave it open: the session would take it for a savepoint of its user's */
		if (error->sqlerrcode != ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE)
		{
			CurrentResourceOwner = owner;
			ReThrowError(error);
		}
		report_table(result, name, error->message);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
}

/* All tables that the current role may read, and that are there for its operations. */
static void
check_all_tables(ReturnSetInfo *result)
{
	List	   *names = catalog_table_names(NULL, INT_MAX);
	ListCell   *cell;

	foreach(cell, names)
	{
		TableRecord *record = catalog_lock_table_to_read(lfirst(cell));

		/* one that is being created has its indexes filled yet */
		if (record != NULL && !record->creating &&
			pg_class_aclcheck(record->relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK)
			check_one_of_all(result, record->name);
	}
}

PG_FUNCTION_INFO_V1(ddb_check_indexes);

/* ddb.check_indexes(table) */
Datum
ddb_check_indexes(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		check_all_tables((ReturnSetInfo *) fcinfo->resultinfo);
	else
		check_table((ReturnSetInfo *) fcinfo->resultinfo, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	return (Datum) 0;
}
