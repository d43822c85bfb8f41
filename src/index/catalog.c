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
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
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
#include "utils/syscache.h"

#include "compat.h"
#include "index/index.h"
#include "owner_statement.h"
#include "script.h"
#include "table/catalog_row.h"
#include "table/layout.h"
#include "table/relation.h"
#include "trigger_call.h"
#include "value/node.h"

static const char *const statuses[] = {
	[INDEX_CREATING] = "CREATING",
	[INDEX_ACTIVE] = "ACTIVE"
};

/* ---- Reading ---- */

static bool
status_of_word(const char *word, IndexStatus *status)
{
	for (*status = INDEX_CREATING; *status < (int) lengthof(statuses); (*status)++)
	{
		if (strcmp(word, statuses[*status]) == 0)
			return true;
	}
	return false;
}

/* False where it is no list of names. */
static bool
read_non_key(IndexDefinition *index, const Value *names)
{
	if (names->type != VALUE_LIST)
		return false;
	index->non_key_count = value_count(names);
	index->non_key = palloc(sizeof(AttributeName) * Max(index->non_key_count, 1));
	for (int i = 0; i < index->non_key_count; i++)
	{
		Value		name;

		value_list_get(names, i, &name);
		if (name.type != VALUE_STRING)
			return false;
		index->non_key[i].length = name.length;
		index->non_key[i].name = pnstrdup(name.data, name.length);
	}
	return true;
}

/* Reads what the record says for itself; what does not make sense is a misfit. */
static void
read_columns(HeapTuple tuple, TupleDesc descriptor, IndexRecord *record)
{
	IndexDefinition *index = &record->definition;
	Value		non_key;
	bool		isnull;

	record->table = DatumGetObjectId(heap_getattr(tuple, INDEXES_TABLE_RELATION, descriptor, &isnull));
	index->name = catalog_text_column(tuple, descriptor, INDEXES_NAME);
	index->relation = DatumGetObjectId(heap_getattr(tuple, INDEXES_RELATION, descriptor, &isnull));
	index->settings = catalog_text_column(tuple, descriptor, INDEXES_SETTINGS);
	non_key = value_from_datum(heap_getattr(tuple, INDEXES_NON_KEY_ATTRIBUTES, descriptor, &isnull));
	if (!index_kind_of_word(catalog_text_column(tuple, descriptor, INDEXES_KIND), &index->kind) ||
		!index_projection_of_word(catalog_text_column(tuple, descriptor, INDEXES_PROJECTION),
								  &index->projection) ||
		!status_of_word(catalog_text_column(tuple, descriptor, INDEXES_STATUS), &index->status) ||
		!read_non_key(index, &non_key) ||
		(strcmp(index->name, EXPIRY_INDEX_NAME) == 0) != (index->kind == INDEX_EXPIRY))
		record->misfit = "it has values that no index has";
}

static bool
same_attribute(const KeyAttribute *a, const KeyAttribute *b)
{
	return a->type == b->type && a->name_length == b->name_length &&
		memcmp(a->name, b->name, a->name_length) == 0;
}

/* Whether both have the same attributes, of the same types. */
static bool
same_schema(const KeySchema *a, const KeySchema *b)
{
	if (a->partition_count != b->partition_count || a->sort_count != b->sort_count)
		return false;
	for (int i = 0; i < key_schema_count(a); i++)
	{
		if (!same_attribute(key_schema_attribute(a, i), key_schema_attribute(b, i)))
			return false;
	}
	return true;
}

/* Whether the table that the record names has the key that its index believes in. */
static const char *
table_misfit(const IndexRecord *record)
{
	Relation	table = try_relation_open(record->table, AccessShareLock);
	KeySchema	schema;

	if (table == NULL)
		return "its table's relation does not exist";
	if (!relation_is_of_ddb(table))
	{
		relation_close(table, AccessShareLock);
		return "its table's relation is no table USING ddb";
	}
	layout_copy_schema(&schema, &layout_of_relation(table)->schema);
	relation_close(table, AccessShareLock);

	/* one that is no table for now is told of where it is opened */
	return schema.partition_count == 0 || same_schema(&schema, &record->definition.table_schema) ? NULL :
		"its relation is the index of a table with another key";
}

/*
 * Reads the schemas off the index's relation, and whether that is an index, and
 * says so of itself: of the table of that name.
 */
static const char *
relation_misfit(IndexRecord *record, const char *table)
{
	IndexDefinition *index = &record->definition;
	const TableLayout *layout;
	Relation	relation = try_relation_open(index->relation, AccessShareLock);
	bool		is_index;
	bool		is_declared;

	record->missing = relation == NULL;
	if (relation == NULL)
		return "its relation does not exist";
	if (!relation_is_of_ddb(relation))
	{
		relation_close(relation, AccessShareLock);
		return "its relation is no table USING ddb";
	}
	layout = layout_of_relation(relation);
	is_index = layout->table_schema.partition_count > 0 &&
		(layout->schema.partition_count == 0) == (index->kind == INDEX_EXPIRY);
	layout_copy_schema(&index->schema, &layout->schema);
	layout_copy_schema(&index->table_schema, &layout->table_schema);
	is_declared = index_is_declared(relation, table, index->name);
	relation_close(relation, AccessShareLock);

	if (!is_declared)
		return "its relation does not say by the trigger ddb.refuse_index_write that it is this index of this table";
	record->mendable = !is_index;
	return is_index ? NULL : "its relation has no primary index of a secondary index";
}

/* Reads and judges a record; table_name is its table's, NULL where it has no record. */
static void
read_record(HeapTuple tuple, TupleDesc descriptor, const char *table_name, IndexRecord *record)
{
	memset(record, 0, sizeof(*record));
	read_columns(tuple, descriptor, record);
	if (record->misfit == NULL)
		record->misfit = relation_misfit(record, table_name);
	if (record->misfit == NULL)
		record->misfit = table_misfit(record);
}

static void __attribute__((noreturn))
report_misfit(const IndexRecord *record, const char *table_name)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the record of secondary index \"%s\" of table \"%s\" in ddb.indexes does not fit",
					record->definition.name, table_name != NULL ? table_name : "-"),
			 errdetail("The record names relation %s of table %s, but %s.",
					   relation_text(record->definition.relation), relation_text(record->table),
					   record->misfit),
			 errhint("%s", record->mendable ? layout_hint(true) :
					 "ddb.check_catalog() tells of such records, ddb.clean_catalog() removes them.")));
}

/* Puts INDEX_EXPIRY behind the others. */
static void
order_set(IndexSet *set)
{
	IndexDefinition *expiry = unconstify(IndexDefinition *, index_find_any(set, EXPIRY_INDEX_NAME));
	IndexDefinition definition;

	if (expiry == NULL)
		return;
	set->count--;
	definition = *expiry;
	memmove(expiry, expiry + 1, sizeof(IndexDefinition) * (&set->indexes[set->count] - expiry));
	set->indexes[set->count] = definition;
}

/*
 * Reads the indexes of a table into CurrentMemoryContext; NULL where the relation
 * of one of them is *missing.  What was missing before was not removed with its
 * relation, so it is an error then, as any other misfit is.
 */
static IndexSet *
read_set(Oid table, Oid *missing)
{
	Relation	indexes = table_open(extension_relation("indexes"), AccessShareLock);
	Relation	primary_key = index_open(extension_relation("indexes_pkey"), AccessShareLock);
	const char *table_name = catalog_name_of_relation(table);
	IndexSet   *set = palloc0(sizeof(IndexSet));
	int			room = 4;
	Oid			missed_before = *missing;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	*missing = InvalidOid;
	set->indexes = palloc(sizeof(IndexDefinition) * room);
	ScanKeyInit(&key, INDEXES_TABLE_RELATION, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(table));
	scan = systable_beginscan_ordered(indexes, primary_key, NULL, 1, &key);
	while (!OidIsValid(*missing) &&
		   (tuple = systable_getnext_ordered(scan, ForwardScanDirection)) != NULL)
	{
		IndexRecord record;

		read_record(tuple, RelationGetDescr(indexes), table_name, &record);
		if (record.missing && record.definition.relation != missed_before)
			*missing = record.definition.relation;
		else if (record.misfit != NULL)
			report_misfit(&record, table_name);
		if (set->count == room)
		{
			room *= 2;
			set->indexes = repalloc(set->indexes, sizeof(IndexDefinition) * room);
		}
		set->indexes[set->count++] = record.definition;
	}
	systable_endscan_ordered(scan);
	index_close(primary_key, AccessShareLock);
	table_close(indexes, AccessShareLock);
	set->all_count = set->count;
	order_set(set);
	return OidIsValid(*missing) ? NULL : set;
}

List *
index_records(void)
{
	Relation	indexes = table_open(extension_relation("indexes"), AccessShareLock);
	SysScanDesc scan = systable_beginscan(indexes, InvalidOid, false, NULL, 0, NULL);
	List	   *records = NIL;
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
	{
		IndexRecord *record = palloc(sizeof(IndexRecord));
		bool		isnull;
		Datum		table = heap_getattr(tuple, INDEXES_TABLE_RELATION, RelationGetDescr(indexes), &isnull);

		read_record(tuple, RelationGetDescr(indexes),
					catalog_name_of_relation(DatumGetObjectId(table)), record);
		records = lappend(records, record);
	}
	systable_endscan(scan);
	table_close(indexes, AccessShareLock);
	return records;
}

bool
index_is_recorded(Oid relation)
{
	Relation	indexes = table_open(extension_relation("indexes"), AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	bool		found;

	ScanKeyInit(&key, INDEXES_RELATION, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(indexes, extension_relation("indexes_relation_key"), true, NULL, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(indexes, AccessShareLock);
	return found;
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
	Oid			missing = InvalidOid;

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
		/* to wait for a relation's lock may be to wait for its drop, and its record's end */
		while ((set = read_set(table, &missing)) == NULL)
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

static const IndexDefinition *
find_among(const IndexSet *set, int count, const char *name)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(set->indexes[i].name, name) == 0)
			return &set->indexes[i];
	}
	return NULL;
}

const IndexDefinition *
index_find(const IndexSet *set, const char *name)
{
	return find_among(set, set->count, name);
}

const IndexDefinition *
index_find_any(const IndexSet *set, const char *name)
{
	return find_among(set, set->all_count, name);
}

const IndexDefinition *
index_find_expiry(const IndexSet *set)
{
	return set->all_count > set->count ? &set->indexes[set->count] : NULL;
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
		CStringGetTextDatum(index_kind_word(index->kind)),
		CStringGetTextDatum(index_projection_word(index->projection)),
		non_key_datum(index), CStringGetTextDatum(statuses[status]),
		CStringGetTextDatum(index->settings)
	};

	types[5] = extension_type("attribute_value");
	owner_statement_write(extension_relation("indexes"),
						  "INSERT INTO ddb.indexes VALUES ($1, $2, $3, $4, $5, $6, $7, $8::pg_catalog.json)",
						  lengthof(types), types, values, NULL);
}

/* The triggers of a table with its first index; it may have some that do the same. */
static void
create_triggers(Oid table)
{
	const char *name = relation_quoted_name(table);
	const int16 row_events = TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE;
	Relation	relation = table_open(table, NoLock);
	int16		events = layout_of_relation(relation)->index_events;

	table_close(relation, NoLock);
	if ((events & row_events) != row_events)
		relation_run("CREATE TRIGGER ddb_indexes AFTER INSERT OR UPDATE OR DELETE ON %s"
					 " FOR EACH ROW EXECUTE FUNCTION ddb.maintain_indexes()", name);
	if (!TRIGGER_FOR_TRUNCATE(events))
		relation_run("CREATE TRIGGER ddb_indexes_truncate AFTER TRUNCATE ON %s"
					 " FOR EACH STATEMENT EXECUTE FUNCTION ddb.maintain_indexes()", name);
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
	if (get_rel_persistence(table->relation) == RELPERSISTENCE_UNLOGGED)
		relation_run("ALTER TABLE %s SET UNLOGGED", relation_quoted_name(relation));
	relation_run("CREATE TRIGGER ddb_index BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s"
				 " FOR EACH STATEMENT EXECUTE FUNCTION ddb.refuse_index_write(%s)",
				 relation_quoted_name(relation), index_declaration(table->name, definition));

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
	create_triggers(table->relation);
	SPI_finish();
	CommandCounterIncrement();
}

void
secondary_index_drop(const TableRecord *table, const IndexDefinition *index)
{
	/*
	 * Nobody may write the index who still believes in it.  Once its relation is
	 * locked, its name stays too, or it is found to have been dropped.
	 */
	LockRelationOid(table->relation, ShareRowExclusiveLock);
	LockRelationOid(index->relation, AccessExclusiveLock);
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(index->relation)))
		return;

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
	owner_statement_write(extension_relation("indexes"), statement, lengthof(types), types, values, NULL);
	SPI_finish();
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

/* What a record that has gone with its table said, for the relation to go as well. */
typedef struct OrphanedIndex
{
	Oid			relation;
	char	   *name;
	char	   *table_name;		/* or NULL */
} OrphanedIndex;

/*
 * Drops what belonged to a dropped table, whoever owns it, as the command that
 * dropped the table would: that is no more than the relation says of itself.
 */
static void
drop_orphan(const OrphanedIndex *orphan, DropBehavior behavior)
{
	Relation	relation = try_relation_open(orphan->relation, AccessExclusiveLock);
	ObjectAddress address;
	bool		is_declared;

	if (relation == NULL)
		return;
	is_declared = index_is_declared(relation, orphan->table_name, orphan->name);
	relation_close(relation, NoLock);
	if (!is_declared)
	{
		ereport(WARNING,
				(errmsg("relation %s, recorded as that of secondary index \"%s\", is not dropped with its table",
						relation_text(orphan->relation), orphan->name),
				 errdetail("It does not say by the trigger ddb.refuse_index_write that it is this index of this table.")));
		return;
	}
	ObjectAddressSet(address, RelationRelationId, orphan->relation);
	performDeletion(&address, behavior, PERFORM_DELETION_INTERNAL);
}

/* The rows of a DELETE ... RETURNING relation, name, table's name. */
static List *
deleted_indexes(void)
{
	List	   *orphans = NIL;

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	descriptor = SPI_tuptable->tupdesc;
		OrphanedIndex *orphan = palloc(sizeof(OrphanedIndex));
		bool		isnull;

		orphan->relation = DatumGetObjectId(SPI_getbinval(row, descriptor, 1, &isnull));
		orphan->name = SPI_getvalue(row, descriptor, 2);
		orphan->table_name = SPI_getvalue(row, descriptor, 3);
		orphans = lappend(orphans, orphan);
	}
	return orphans;
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
	const EventTriggerData *trigger = event_trigger_data(fcinfo, "forget_dropped_indexes");
	List	   *orphans;
	ListCell   *cell;

	if (script_is_running())
		PG_RETURN_NULL();

	/* the event trigger that forgets tables comes later, by its name */
	SPI_connect();
	write_indexes("DELETE FROM ddb.indexes i WHERE table_relation IN " DROPPED
				  " RETURNING relation::pg_catalog.oid, name,"
				  " (SELECT t.name FROM ddb.tables t WHERE t.relation = i.table_relation)",
				  0, NULL, NULL, NULL);
	orphans = deleted_indexes();
	write_indexes("DELETE FROM ddb.indexes WHERE relation IN " DROPPED, 0, NULL, NULL, NULL);
	write_indexes("DELETE FROM ddb.backfills b WHERE NOT EXISTS"
				  " (SELECT FROM ddb.indexes i WHERE i.relation = b.relation)", 0, NULL, NULL, NULL);
	foreach(cell, orphans)
		drop_orphan(lfirst(cell), trigger_drop_behavior(trigger));
	SPI_finish();
	PG_RETURN_NULL();
}
