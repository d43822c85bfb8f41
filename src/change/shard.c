/*
 * shard.c - ddb.shards: parts of the change log.
 *
 * A shard's number also names its blocks in the segments, which can outlast it.
 * So numbers are never used twice: they are times, each above the last one.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "change/shard.h"
#include "expression/expression.h"
#include "owner_statement.h"
#include "table/catalog.h"
#include "table/catalog_row.h"
#include "value/hash.h"

/* ddb.shards' columns, in order. */
enum
{
	SHARDS_SHARD = 1,
	SHARDS_RELATION,
	SHARDS_LABEL,
	SHARDS_SHARD_ID,
	SHARDS_PARENT_ID,
	SHARDS_SLICE,
	SHARDS_SLICES,
	SHARDS_START_TIME,
	SHARDS_START_ORDINAL,
	SHARDS_END_TIME,
	SHARDS_END_ORDINAL,
	SHARDS_ENDED_BY,
	SHARDS_PARTITION_KEY,
	SHARDS_SORT_KEY,
	SHARDS_COLUMNS = SHARDS_SORT_KEY
};

int			stream_shards = 4;
int			stream_retention = 24 * 60 * 60;

/* ---- Reading ---- */

static int64
bigint_column(HeapTuple tuple, TupleDesc descriptor, int column, int64 missing)
{
	bool		isnull;
	Datum		datum = heap_getattr(tuple, column, descriptor, &isnull);

	return isnull ? missing : DatumGetInt64(datum);
}

static int
integer_column(HeapTuple tuple, TupleDesc descriptor, int column)
{
	bool		isnull;

	return DatumGetInt32(heap_getattr(tuple, column, descriptor, &isnull));
}

static Shard *
shard_of_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	Shard	   *shard = palloc(sizeof(Shard));
	bool		isnull;

	shard->number = bigint_column(tuple, descriptor, SHARDS_SHARD, 0);
	shard->relation = DatumGetObjectId(heap_getattr(tuple, SHARDS_RELATION, descriptor, &isnull));
	shard->label = catalog_text_column(tuple, descriptor, SHARDS_LABEL);
	shard->id = catalog_text_column(tuple, descriptor, SHARDS_SHARD_ID);
	shard->parent = catalog_text_column(tuple, descriptor, SHARDS_PARENT_ID);
	shard->slice = integer_column(tuple, descriptor, SHARDS_SLICE);
	shard->slices = integer_column(tuple, descriptor, SHARDS_SLICES);
	shard->start.time = bigint_column(tuple, descriptor, SHARDS_START_TIME, 0);
	shard->start.ordinal = bigint_column(tuple, descriptor, SHARDS_START_ORDINAL, 0);
	shard->end.time = bigint_column(tuple, descriptor, SHARDS_END_TIME, SEQUENCE_NUMBER_LAST.time);
	shard->end.ordinal = bigint_column(tuple, descriptor, SHARDS_END_ORDINAL, SEQUENCE_NUMBER_LAST.ordinal);
	shard->ended_by = catalog_text_column(tuple, descriptor, SHARDS_ENDED_BY);
	shard->open = shard->ended_by == NULL;
	shard->partition_key = catalog_text_column(tuple, descriptor, SHARDS_PARTITION_KEY);
	shard->sort_key = catalog_text_column(tuple, descriptor, SHARDS_SORT_KEY);
	return shard;
}

/* Those that an index (NULL: none) finds with the keys. */
static List *
read_shards(const char *index, int count, ScanKey keys)
{
	Relation	relation = table_open(extension_relation("shards"), AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, index != NULL ? extension_relation(index) : InvalidOid,
										  index != NULL, NULL, count, keys);
	List	   *shards = NIL;
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
		shards = lappend(shards, shard_of_tuple(tuple, RelationGetDescr(relation)));
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return shards;
}

static int
compare_numbers(const ListCell *a, const ListCell *b)
{
	int64		first = ((Shard *) lfirst(a))->number;
	int64		second = ((Shard *) lfirst(b))->number;

	return first < second ? -1 : first > second;
}

/* Time as far back as streams can be read. */
static int64
stream_horizon(void)
{
	return sequence_time(GetCurrentTimestamp()) - stream_retention * USECS_PER_SEC;
}

List *
shards_of(Oid relation, const char *label)
{
	ScanKeyData keys[2];
	List	   *shards;
	ListCell   *cell;

	ScanKeyInit(&keys[0], SHARDS_RELATION, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	if (label != NULL)
		ScanKeyEntryInitialize(&keys[1], 0, SHARDS_LABEL, BTEqualStrategyNumber, TEXTOID,
							   C_COLLATION_OID, F_TEXTEQ, CStringGetTextDatum(label));
	shards = read_shards("shards_relation", label != NULL ? 2 : 1, keys);
	foreach(cell, shards)
	{
		if (label != NULL && ((Shard *) lfirst(cell))->end.time < stream_horizon())
			shards = foreach_delete_current(shards, cell);
	}
	list_sort(shards, compare_numbers);
	return shards;
}

Shard *
shard_find(const char *id)
{
	ScanKeyData key;
	List	   *shards;

	ScanKeyEntryInitialize(&key, 0, SHARDS_SHARD_ID, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ, CStringGetTextDatum(id));
	shards = read_shards("shards_shard_id_key", 1, &key);
	return shards != NIL ? linitial(shards) : NULL;
}

List *
shards_open(void)
{
	List	   *shards = read_shards(NULL, 0, NULL);
	ListCell   *cell;

	foreach(cell, shards)
	{
		if (!((Shard *) lfirst(cell))->open)
			shards = foreach_delete_current(shards, cell);
	}
	list_sort(shards, compare_numbers);
	return shards;
}

SequenceNumber
shard_trim_horizon(const Shard *shard)
{
	SequenceNumber horizon = {stream_horizon(), 0};

	/* recovery knows its period itself */
	if (shard->label == NULL || sequence_number_compare(horizon, shard->start) < 0)
		return shard->start;
	return horizon;
}

int
shard_slice(const Value *partition, int slices)
{
	unsigned char hash[KEY_HASH_LENGTH];
	uint64		leading = 0;

	if (slices == 1)
		return 0;
	key_hash_of_values(partition, 1, hash);
	for (int i = 0; i < 4; i++)
		leading = leading << 8 | hash[i];
	return (int) ((leading * slices) >> 32);
}

/* ---- Writing ---- */

static int64
next_number(Relation relation)
{
	Relation	index = index_open(extension_relation("shards_pkey"), AccessShareLock);
	SysScanDesc scan = systable_beginscan_ordered(relation, index, NULL, 0, NULL);
	HeapTuple	tuple = systable_getnext_ordered(scan, BackwardScanDirection);
	int64		number = sequence_time(GetCurrentTimestamp());

	if (HeapTupleIsValid(tuple))
		number = Max(number, bigint_column(tuple, RelationGetDescr(relation), SHARDS_SHARD, 0) + 1);
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	return number;
}

static void
set_text(Datum *values, bool *nulls, int column, const char *text)
{
	nulls[column - 1] = text == NULL;
	values[column - 1] = text != NULL ? CStringGetTextDatum(text) : (Datum) 0;
}

static void
insert_shard(Relation relation, const Shard *shard)
{
	Datum		values[SHARDS_COLUMNS] = {0};
	bool		nulls[SHARDS_COLUMNS] = {false};

	values[SHARDS_SHARD - 1] = Int64GetDatum(shard->number);
	values[SHARDS_RELATION - 1] = ObjectIdGetDatum(shard->relation);
	set_text(values, nulls, SHARDS_LABEL, shard->label);
	set_text(values, nulls, SHARDS_SHARD_ID, shard->id);
	set_text(values, nulls, SHARDS_PARENT_ID, shard->parent);
	values[SHARDS_SLICE - 1] = Int32GetDatum(shard->slice);
	values[SHARDS_SLICES - 1] = Int32GetDatum(shard->slices);
	values[SHARDS_START_TIME - 1] = Int64GetDatum(shard->start.time);
	values[SHARDS_START_ORDINAL - 1] = Int64GetDatum(shard->start.ordinal);
	nulls[SHARDS_END_TIME - 1] = nulls[SHARDS_END_ORDINAL - 1] = nulls[SHARDS_ENDED_BY - 1] = true;
	set_text(values, nulls, SHARDS_PARTITION_KEY, shard->partition_key);
	set_text(values, nulls, SHARDS_SORT_KEY, shard->sort_key);
	CatalogTupleInsert(relation, heap_form_tuple(RelationGetDescr(relation), values, nulls));
	CommandCounterIncrement();
}

/* The rest of a shard that has its table, its slice and its start. */
static void
complete(Relation relation, Shard *shard)
{
	shard->number = next_number(relation);
	shard->id = psprintf("shardId-%020lld-%08x", (long long) (shard->start.time / 1000),
						 (uint32) shard->number);
	insert_shard(relation, shard);
}

static void
set_key(Shard *shard)
{
	KeySchema	schema;

	catalog_key_schema(shard->relation, &schema);
	shard->partition_key = schema.partition[0].name;
	shard->sort_key = schema.sort_count > 0 ? schema.sort[0].name : NULL;
}

void
shards_begin(Oid table, const char *label, int slices, const Shard *parent, SequenceNumber start)
{
	Relation	relation = table_open(extension_relation("shards"), RowExclusiveLock);
	Shard		shard = {.relation = table,.label = unconstify(char *, label),.start = start};

	if (parent != NULL)
	{
		shard.slice = parent->slice;
		shard.slices = parent->slices;
		shard.parent = parent->id;
		shard.partition_key = parent->partition_key;
		shard.sort_key = parent->sort_key;
		complete(relation, &shard);
	}
	else
	{
		set_key(&shard);
		shard.slices = slices;
		for (shard.slice = 0; shard.slice < slices; shard.slice++)
			complete(relation, &shard);
	}
	table_close(relation, RowExclusiveLock);
}

/* The row of that number; the scan is to be ended by the caller. */
static HeapTuple
find_row(Relation relation, int64 number, SysScanDesc *scan)
{
	ScanKeyData key;

	ScanKeyInit(&key, SHARDS_SHARD, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(number));
	*scan = systable_beginscan(relation, extension_relation("shards_pkey"), true, NULL, 1, &key);
	return systable_getnext(*scan);
}

void
shard_end(const Shard *shard, SequenceNumber end, const char *reason)
{
	Relation	relation = table_open(extension_relation("shards"), RowExclusiveLock);
	int			columns[] = {SHARDS_END_TIME, SHARDS_END_ORDINAL, SHARDS_ENDED_BY};
	Datum		values[] = {
		Int64GetDatum(end.time), Int64GetDatum(end.ordinal), CStringGetTextDatum(reason)
	};
	bool		nulls[] = {false, false, false};
	SysScanDesc scan;
	HeapTuple	old = find_row(relation, shard->number, &scan);

	if (HeapTupleIsValid(old))
		CatalogTupleUpdate(relation, &old->t_self,
						   heap_modify_tuple_by_cols(old, RelationGetDescr(relation),
													 lengthof(columns), columns, values, nulls));
	systable_endscan(scan);
	table_close(relation, RowExclusiveLock);
	CommandCounterIncrement();
}

void
shards_trim(int64 stream_horizon, int64 recovery_horizon, const List *recovering)
{
	Relation	relation = table_open(extension_relation("shards"), RowExclusiveLock);
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
	{
		const Shard *shard = shard_of_tuple(tuple, RelationGetDescr(relation));

		/* recovery reads what was a stream's, too */
		if (shard->end.time < (list_member_oid(recovering, shard->relation) ? recovery_horizon : stream_horizon))
			CatalogTupleDelete(relation, &tuple->t_self);
	}
	systable_endscan(scan);
	table_close(relation, RowExclusiveLock);
	CommandCounterIncrement();
}
