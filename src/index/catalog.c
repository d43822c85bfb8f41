/*
 * catalog.c - the relation ddb.indexes, a cache of it, and the statements that
 * create and drop an index.
 *
 * Relations are created as the current role and given to the table's owner;
 * records are written as the extension's owner, since nobody else may.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "index/index.h"
#include "owner_statement.h"
#include "table/layout.h"
#include "table/relation.h"
#include "value/node.h"

static const char *const kinds[] = {
	[INDEX_GLOBAL] = "GLOBAL",
	[INDEX_LOCAL] = "LOCAL"
};

static const char *const projections[] = {
	[PROJECTION_ALL] = "ALL",
	[PROJECTION_KEYS_ONLY] = "KEYS_ONLY",
	[PROJECTION_INCLUDE] = "INCLUDE"
};

static const char *const statuses[] = {
	[INDEX_CREATING] = "CREATING",
	[INDEX_ACTIVE] = "ACTIVE"
};

/* ---- Reading ---- */

static int
position_of(const char *word, const char *const *words, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(word, words[i]) == 0)
			return i;
	}
	elog(ERROR, "unexpected word \"%s\" in ddb.indexes", word);
}

static void
read_non_key(IndexDefinition *index, const Value *names)
{
	index->non_key_count = value_count(names);
	index->non_key = palloc(sizeof(AttributeName) * Max(index->non_key_count, 1));
	for (int i = 0; i < index->non_key_count; i++)
	{
		Value		name;

		value_list_get(names, i, &name);
		index->non_key[i].length = name.length;
		index->non_key[i].name = pnstrdup(name.data, name.length);
	}
}

/* False where the relation has gone: waiting for its lock was waiting for its drop. */
static bool
read_schemas(IndexDefinition *index)
{
	Relation	relation = try_table_open(index->relation, AccessShareLock);
	const TableLayout *layout;

	if (relation == NULL)
		return false;
	layout = layout_of_relation(relation);
	if (layout->table_schema.partition_count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("relation \"%s\" has no primary index of a secondary index",
						RelationGetRelationName(relation))));
	layout_copy_schema(&index->schema, &layout->schema);
	layout_copy_schema(&index->table_schema, &layout->table_schema);
	table_close(relation, AccessShareLock);
	return true;
}

static bool
read_definition(HeapTuple tuple, TupleDesc descriptor, IndexDefinition *index)
{
	Value		non_key;
	bool		isnull;

	index->name = catalog_text_column(tuple, descriptor, INDEXES_NAME);
	index->relation = DatumGetObjectId(heap_getattr(tuple, INDEXES_RELATION, descriptor, &isnull));
	index->kind = position_of(catalog_text_column(tuple, descriptor, INDEXES_KIND), kinds,
							  lengthof(kinds));
	index->projection = position_of(catalog_text_column(tuple, descriptor, INDEXES_PROJECTION),
									projections, lengthof(projections));
	index->status = position_of(catalog_text_column(tuple, descriptor, INDEXES_STATUS), statuses,
								lengthof(statuses));
	index->settings = catalog_text_column(tuple, descriptor, INDEXES_SETTINGS);
	non_key = value_from_datum(heap_getattr(tuple, INDEXES_NON_KEY_ATTRIBUTES, descriptor, &isnull));
	read_non_key(index, &non_key);
	return read_schemas(index);
}

/*
 * Reads the indexes of a table into CurrentMemoryContext; NULL where one of
 * them was dropped meanwhile, and its record with it.
 */
static IndexSet *
read_set(Oid table)
{
	Relation	indexes = table_open(extension_relation("indexes"), AccessShareLock);
	Relation	primary_key = index_open(extension_relation("indexes_pkey"), AccessShareLock);
	IndexSet   *set = palloc0(sizeof(IndexSet));
	int			room = 4;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	bool		present = true;

	set->indexes = palloc(sizeof(IndexDefinition) * room);
	ScanKeyInit(&key, INDEXES_TABLE_RELATION, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(table));
	scan = systable_beginscan_ordered(indexes, primary_key, NULL, 1, &key);
	while (present &&
		   (tuple = systable_getnext_ordered(scan, ForwardScanDirection)) != NULL)
	{
		if (set->count == room)
		{
			room *= 2;
			set->indexes = repalloc(set->indexes, sizeof(IndexDefinition) * room);
		}
		memset(&set->indexes[set->count], 0, sizeof(IndexDefinition));
		present = read_definition(tuple, RelationGetDescr(indexes), &set->indexes[set->count++]);
	}
	systable_endscan_ordered(scan);
	index_close(primary_key, AccessShareLock);
	table_close(indexes, AccessShareLock);
	return present ? set : NULL;
}

/* ---- The cache: table's relation -> its indexes ---- */

typedef struct CachedSet
{
	Oid			table;			/* hash key */
	bool		valid;
	IndexSet   *set;			/* NULL: not read yet */
	MemoryContext context;		/* the set's */
} CachedSet;

static HTAB *cached_sets = NULL;

/* What is in use stays until it is read again. */
static void
forget_set(Datum argument, Oid relation)
{
	HASH_SEQ_STATUS status;
	CachedSet  *entry;

	if (OidIsValid(relation))
	{
		entry = hash_search(cached_sets, &relation, HASH_FIND, NULL);
		if (entry != NULL)
			entry->valid = false;
		return;
	}
	hash_seq_init(&status, cached_sets);
	while ((entry = hash_seq_search(&status)) != NULL)
		entry->valid = false;
}

static void
create_cache(void)
{
	HASHCTL		control = {
		.keysize = sizeof(Oid),
		.entrysize = sizeof(CachedSet),
		.hcxt = CacheMemoryContext
	};

	cached_sets = hash_create("ddb secondary indexes", 32, &control,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	CacheRegisterRelcacheCallback(forget_set, (Datum) 0);
}

/* The table's entry, without a set where it is new. */
static CachedSet *
find_cached(Oid table)
{
	CachedSet  *entry;
	bool		found;

	if (cached_sets == NULL)
		create_cache();
	entry = hash_search(cached_sets, &table, HASH_ENTER, &found);
	if (!found)
	{
		entry->valid = false;
		entry->set = NULL;
		entry->context = NULL;
	}
	return entry;
}

const IndexSet *
index_set(Oid table)
{
	CachedSet  *entry = find_cached(table);
	MemoryContext context;
	MemoryContext caller;
	IndexSet   *set;

	if (entry->valid)
		return entry->set;

	/* the context is the transaction's until nothing can go wrong any more */
	context = AllocSetContextCreate(TopTransactionContext, "ddb secondary indexes of a table",
									ALLOCSET_SMALL_SIZES);

	/* marked before it is read: a change meanwhile makes it invalid again */
	entry->valid = true;
	caller = MemoryContextSwitchTo(context);
	PG_TRY();
	{
		while ((set = read_set(table)) == NULL)
			CHECK_FOR_INTERRUPTS();
	}
	PG_CATCH();
	{
		find_cached(table)->valid = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);

	/* the old set may be in use in this transaction */
	entry = find_cached(table);
	if (entry->context != NULL)
		MemoryContextSetParent(entry->context, TopTransactionContext);
	MemoryContextSetParent(context, CacheMemoryContext);
	entry->context = context;
	entry->set = set;
	return set;
}

/* Whether the record of the index is there, as the snapshot sees it, and says ACTIVE. */
static bool
is_active_in(Oid table, const IndexDefinition *index, Snapshot snapshot)
{
	Relation	indexes = table_open(extension_relation("indexes"), AccessShareLock);
	bool		found = false;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	ScanKeyInit(&key, INDEXES_TABLE_RELATION, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(table));
	scan = systable_beginscan(indexes, extension_relation("indexes_pkey"), true, snapshot, 1, &key);
	while (!found && (tuple = systable_getnext(scan)) != NULL)
	{
		TupleDesc	descriptor = RelationGetDescr(indexes);
		bool		isnull;
		Datum		relation = heap_getattr(tuple, INDEXES_RELATION, descriptor, &isnull);

		found = DatumGetObjectId(relation) == index->relation &&
			strcmp(catalog_text_column(tuple, descriptor, INDEXES_STATUS), statuses[INDEX_ACTIVE]) == 0;
	}
	systable_endscan(scan);
	table_close(indexes, AccessShareLock);
	return found;
}

bool
index_is_complete(const Table *table, const IndexDefinition *index)
{
	if (index->status != INDEX_ACTIVE)
		return false;

	/* the next read's snapshot sees what made it ACTIVE, and all that came before */
	if (!IsolationUsesXactSnapshot() || index->kind == INDEX_LOCAL)
		return true;
	return is_active_in(RelationGetRelid(table->relation), index, GetTransactionSnapshot());
}

const IndexDefinition *
index_find(const IndexSet *set, const char *name)
{
	for (int i = 0; i < set->count; i++)
	{
		if (strcmp(set->indexes[i].name, name) == 0)
			return &set->indexes[i];
	}
	return NULL;
}

/* ---- Writing ---- */

/* Runs a statement that writes ddb.indexes; SPI must be connected. */
static uint64
write_indexes(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	return owner_statement_run(extension_relation("indexes"), statement, count, types, values, nulls);
}

/* The names as a list of strings. */
static Datum
non_key_datum(const IndexDefinition *index)
{
	Node	   *names = node_list();
	Value		packed;

	for (int i = 0; i < index->non_key_count; i++)
	{
		Value		name = {VALUE_STRING, index->non_key[i].length, index->non_key[i].name};

		node_list_append(names, node_from_value(&name));
	}
	packed = node_pack(names);
	return value_to_datum(&packed);
}

static void
insert_record(Oid table, Oid relation, const IndexDefinition *index, IndexStatus status)
{
	Oid			types[] = {OIDOID, TEXTOID, OIDOID, TEXTOID, TEXTOID, InvalidOid, TEXTOID, TEXTOID};
	Datum		values[] = {
		ObjectIdGetDatum(table), CStringGetTextDatum(index->name), ObjectIdGetDatum(relation),
		CStringGetTextDatum(kinds[index->kind]), CStringGetTextDatum(projections[index->projection]),
		non_key_datum(index), CStringGetTextDatum(statuses[status]),
		CStringGetTextDatum(index->settings)
	};

	types[5] = extension_type("attribute_value");
	write_indexes("INSERT INTO ddb.indexes VALUES ($1, $2, $3, $4, $5, $6, $7, $8::pg_catalog.json)",
				  lengthof(types), types, values, NULL);
}

/* The triggers of a table with its first index. */
static void
create_triggers(Oid table)
{
	const char *name = relation_quoted_name(table);

	relation_run("CREATE TRIGGER ddb_indexes AFTER INSERT OR UPDATE OR DELETE ON %s"
				 " FOR EACH ROW EXECUTE FUNCTION ddb.maintain_indexes()", name);
	relation_run("CREATE TRIGGER ddb_indexes_truncate AFTER TRUNCATE ON %s"
				 " FOR EACH STATEMENT EXECUTE FUNCTION ddb.maintain_indexes()", name);
}

static bool
has_triggers(Oid table)
{
	Relation	relation = table_open(table, NoLock);
	bool		result = layout_of_relation(relation)->index_trigger != 0;

	table_close(relation, NoLock);
	return result;
}

static Oid
create_index_relation(const TableRecord *table, const IndexDefinition *definition)
{
	KeySchema	table_schema;
	Oid			relation;
	Oid			owner = relation_owner(table->relation);

	catalog_key_schema(table->relation, &table_schema);
	relation = relation_create(psprintf("%s/%s", table->name, definition->name),
							   &definition->schema, &table_schema);
	relation_run("CREATE TRIGGER ddb_index BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s"
				 " FOR EACH STATEMENT EXECUTE FUNCTION ddb.refuse_index_write()",
				 relation_quoted_name(relation));

	/*
	 * Who may read the table is asked there.  A GRANT on all tables of the schema, or
	 * a default one, lets nobody read what a policy of the table hides, or what was
	 * granted there no longer.
	 */
	relation_run("ALTER TABLE %s ENABLE ROW LEVEL SECURITY", relation_quoted_name(relation));
	if (owner != GetUserId())
		relation_run("ALTER TABLE %s OWNER TO %s", relation_quoted_name(relation),
					 quote_identifier(GetUserNameFromId(owner, false)));
	return relation;
}

void
secondary_index_create(const TableRecord *table, const IndexDefinition *definition,
					   IndexStatus status)
{
	Oid			relation;

	/* CREATE TRIGGER's lock: it waits for all who are writing */
	LockRelationOid(table->relation, ShareRowExclusiveLock);

	SPI_connect();
	relation = create_index_relation(table, definition);
	insert_record(table->relation, relation, definition, status);
	if (!has_triggers(table->relation))
		create_triggers(table->relation);
	SPI_finish();
	CacheInvalidateRelcacheByRelid(table->relation);
	CommandCounterIncrement();
}

void
secondary_index_drop(const TableRecord *table, const IndexDefinition *index)
{
	/* nobody may write the index who still believes in it */
	LockRelationOid(table->relation, ShareRowExclusiveLock);

	/*
	 * The record goes with the relation, by the event trigger on drops.  The
	 * relation may be another role's than the table, if the event trigger that has
	 * it follow the table was off.  Safe as that role: who owns the table has asked
	 * for the drop of its index, and a drop runs nobody's code.
	 */
	SPI_connect();
	owner_statement_run(index->relation,
						psprintf("DROP TABLE %s", relation_quoted_name(index->relation)),
						0, NULL, NULL, NULL);
	SPI_finish();
}

static void
update_record(Oid table, const char *name, const char *statement, const char *value)
{
	Oid			types[] = {OIDOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		ObjectIdGetDatum(table), CStringGetTextDatum(name), CStringGetTextDatum(value)
	};

	SPI_connect();
	write_indexes(statement, lengthof(types), types, values, NULL);
	SPI_finish();
	CacheInvalidateRelcacheByRelid(table);
	CommandCounterIncrement();
}

void
index_set_settings(const TableRecord *table, const IndexDefinition *index, const char *settings)
{
	update_record(table->relation, index->name,
				  "UPDATE ddb.indexes SET settings = $3::pg_catalog.json"
				  " WHERE table_relation = $1 AND name = $2", settings);
}

void
index_set_status(Oid table, const IndexDefinition *index, IndexStatus status)
{
	update_record(table, index->name,
				  "UPDATE ddb.indexes SET status = $3 WHERE table_relation = $1 AND name = $2",
				  statuses[status]);
}

/* ---- Drops ---- */

/* Whether the command drops what depends on what it drops. */
static DropBehavior
behavior_of_command(const EventTriggerData *trigger)
{
	Node	   *command = trigger->parsetree;

	if (command != NULL && IsA(command, DropStmt))
		return ((DropStmt *) command)->behavior;
	if (command != NULL && IsA(command, DropOwnedStmt))
		return ((DropOwnedStmt *) command)->behavior;
	return DROP_RESTRICT;
}

/*
 * Drops what belonged to dropped tables, whoever owns it.  Safe: the catalog that
 * names it is the extension's own, and who could drop the table has.
 */
static void
drop_relations(List *relations, DropBehavior behavior)
{
	ListCell   *cell;

	foreach(cell, relations)
	{
		ObjectAddress relation;

		ObjectAddressSet(relation, RelationRelationId, lfirst_oid(cell));
		performDeletion(&relation, behavior, PERFORM_DELETION_INTERNAL);
	}
}

/* The OIDs in the first column of what was selected, as far as they are relations. */
static List *
selected_relations(void)
{
	List	   *relations = NIL;

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Oid			relation = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[i],
															  SPI_tuptable->tupdesc, 1, &isnull));

		if (get_rel_name(relation) != NULL)
			relations = lappend_oid(relations, relation);
	}
	return relations;
}

#define DROPPED \
	"(SELECT objid FROM pg_catalog.pg_event_trigger_dropped_objects()" \
	" WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND objsubid = 0)"

PG_FUNCTION_INFO_V1(ddb_forget_dropped_indexes);

/*
 * Event trigger on drops: with a table go the relations of its indexes, and
 * with an index's relation, however it was dropped, its record.
 */
Datum
ddb_forget_dropped_indexes(PG_FUNCTION_ARGS)
{
	List	   *of_tables;
	List	   *tables;
	ListCell   *cell;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("forget_dropped_indexes() must be called as an event trigger")));
	SPI_connect();
	write_indexes("DELETE FROM ddb.indexes WHERE table_relation IN " DROPPED
				  " RETURNING relation::pg_catalog.oid", 0, NULL, NULL, NULL);
	of_tables = selected_relations();
	write_indexes("DELETE FROM ddb.indexes WHERE relation IN " DROPPED
				  " RETURNING table_relation::pg_catalog.oid", 0, NULL, NULL, NULL);
	tables = selected_relations();
	foreach(cell, tables)
		CacheInvalidateRelcacheByRelid(lfirst_oid(cell));
	write_indexes("DELETE FROM ddb.backfills b WHERE NOT EXISTS"
				  " (SELECT FROM ddb.indexes i WHERE i.relation = b.relation)", 0, NULL, NULL, NULL);
	drop_relations(of_tables, behavior_of_command((EventTriggerData *) fcinfo->context));
	SPI_finish();
	PG_RETURN_NULL();
}
