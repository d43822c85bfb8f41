/*
 * segment.c - the relations that hold the blocks of the change log.
 *
 * A segment is only ever added to, and goes as a whole.  So it is a plain
 * relation: a partition would have its parent locked when it is dropped.  Old
 * segments are of no use to vacuum, and are not vacuumed.
 *
 * Segments belong to the extension and to its owner.  They hold what row-level security
 * hides, so nobody reads them but the library: they have row-level security without
 * policies, as pg_read_all_data does not ask for a privilege.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"

#include "change/log.h"
#include "change/segment.h"
#include "compat.h"
#include "owner_statement.h"

#define NAME_PREFIX "change_segment_"

/* What is larger is ended; its index comes on top. */
#define SEGMENT_BLOCKS ((BlockNumber) (256 * 1024 * 1024 / BLCKSZ))

/* ddb.change_segments' columns, in order. */
enum
{
	SEGMENTS_RELATION = 1,
	SEGMENTS_FOR_RECOVERY,
	SEGMENTS_FIRST_TIME,
	SEGMENTS_LAST_TIME,
	SEGMENTS_COLUMNS = SEGMENTS_LAST_TIME
};

/* What a part of a block can have for a row to fit on a page. */
#define PART_LENGTH \
	((uint32) (MaxHeapTupleSize - MAXALIGN(SizeofHeapTupleHeader) - 5 * sizeof(int64) - 3 * sizeof(int32) - VARHDRSZ))

/* The segment of a kind that is written. */
typedef struct WrittenSegment
{
	Relation	relation;		/* NULL: no transaction has it open */
	CatalogIndexState indexes;
	Oid			shared_page_of;
	BlockNumber shared_page;	/* where the last small row of shared_page_of is */
} WrittenSegment;

static WrittenSegment written[2];

/* ---- The catalog ---- */

static Segment *
segment_of_tuple(HeapTuple tuple, TupleDesc descriptor)
{
	Segment    *segment = palloc(sizeof(Segment));
	Datum		values[SEGMENTS_COLUMNS];
	bool		nulls[SEGMENTS_COLUMNS];

	heap_deform_tuple(tuple, descriptor, values, nulls);
	segment->relation = DatumGetObjectId(values[SEGMENTS_RELATION - 1]);
	segment->for_recovery = DatumGetBool(values[SEGMENTS_FOR_RECOVERY - 1]);
	segment->first_time = DatumGetInt64(values[SEGMENTS_FIRST_TIME - 1]);
	segment->last_time = nulls[SEGMENTS_LAST_TIME - 1] ? PG_INT64_MAX :
		DatumGetInt64(values[SEGMENTS_LAST_TIME - 1]);
	return segment;
}

static int
compare_first_times(const ListCell *a, const ListCell *b)
{
	int64		first = ((Segment *) lfirst(a))->first_time;
	int64		second = ((Segment *) lfirst(b))->first_time;

	return first < second ? -1 : first > second;
}

List *
segments(Snapshot snapshot)
{
	Relation	relation = table_open(extension_relation("change_segments"), AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, snapshot, 0, NULL);
	List	   *found = NIL;
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
		found = lappend(found, segment_of_tuple(tuple, RelationGetDescr(relation)));
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	list_sort(found, compare_first_times);
	return found;
}

static HeapTuple
find_row(Relation catalog, Oid segment, SysScanDesc *scan)
{
	ScanKeyData key;

	ScanKeyInit(&key, SEGMENTS_RELATION, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(segment));
	*scan = systable_beginscan(catalog, extension_relation("change_segments_pkey"), true, NULL, 1, &key);
	return systable_getnext(*scan);
}

static void
record(Oid segment, bool for_recovery, int64 first_time)
{
	Relation	catalog = table_open(extension_relation("change_segments"), RowExclusiveLock);
	Datum		values[SEGMENTS_COLUMNS] = {
		ObjectIdGetDatum(segment), BoolGetDatum(for_recovery), Int64GetDatum(first_time), 0
	};
	bool		nulls[SEGMENTS_COLUMNS] = {false, false, false, true};

	CatalogTupleInsert(catalog, heap_form_tuple(RelationGetDescr(catalog), values, nulls));
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
}

static void
seal(Oid segment, int64 last_time)
{
	Relation	catalog = table_open(extension_relation("change_segments"), RowExclusiveLock);
	int			column = SEGMENTS_LAST_TIME;
	Datum		value = Int64GetDatum(last_time);
	bool		isnull = false;
	SysScanDesc scan;
	HeapTuple	old = find_row(catalog, segment, &scan);

	if (HeapTupleIsValid(old))
		CatalogTupleUpdate(catalog, &old->t_self,
						   heap_modify_tuple_by_cols(old, RelationGetDescr(catalog), 1, &column,
													 &value, &isnull));
	systable_endscan(scan);
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
}

static void
forget(Oid segment)
{
	Relation	catalog = table_open(extension_relation("change_segments"), RowExclusiveLock);
	SysScanDesc scan;
	HeapTuple	old = find_row(catalog, segment, &scan);

	if (HeapTupleIsValid(old))
		CatalogTupleDelete(catalog, &old->t_self);
	systable_endscan(scan);
	table_close(catalog, RowExclusiveLock);
	CommandCounterIncrement();
}

/* ---- Making one ---- */

static int64
next_number(void)
{
	int64		last = 0;
	ListCell   *cell;

	foreach(cell, segments(NULL))
	{
		const char *name = get_rel_name(((Segment *) lfirst(cell))->relation);

		if (name != NULL && strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) == 0)
			last = Max(last, atoll(name + strlen(NAME_PREFIX)));
	}
	return last + 1;
}

/* Statements of the extension's own, about relations of its own: nobody else's code is called. */
static void
run(const char *statement)
{
	owner_statement_run(extension_relation("change_segments"), statement, 0, NULL, NULL, NULL);
}

/* A member of the extension is not dumped, and goes with it. */
static void
add_to_extension(Oid relation)
{
	ObjectAddress member;
	ObjectAddress extension;

	ObjectAddressSet(member, RelationRelationId, relation);
	ObjectAddressSet(extension, ExtensionRelationId, get_extension_oid("ddb", false));
	recordDependencyOn(&member, &extension, DEPENDENCY_EXTENSION);
}

static Oid
create(bool for_recovery, int64 first_time)
{
	char	   *name = psprintf(NAME_PREFIX INT64_FORMAT, next_number());
	Oid			relation;

	SPI_connect();
	run(psprintf("CREATE TABLE ddb.%s ("
				 "shard bigint NOT NULL, first_time bigint NOT NULL, first_ordinal bigint NOT NULL,"
				 " last_time bigint NOT NULL, last_ordinal bigint NOT NULL, records integer NOT NULL,"
				 " part integer NOT NULL, parts integer NOT NULL"
				 ") USING heap WITH (autovacuum_enabled = off)", name));
	/* nothing is to be put elsewhere; at once, so that there is no relation for that */
	run(psprintf("ALTER TABLE ddb.%s ADD COLUMN data bytea NOT NULL, ALTER COLUMN data SET STORAGE PLAIN", name));
	run(psprintf("CREATE INDEX %s_block ON ddb.%s (shard, last_time, last_ordinal, part)", name, name));
	run(psprintf("REVOKE ALL ON ddb.%s FROM PUBLIC", name));
	run(psprintf("ALTER TABLE ddb.%s ENABLE ROW LEVEL SECURITY", name));
	SPI_finish();
	relation = extension_relation(name);
	add_to_extension(relation);
	record(relation, for_recovery, first_time);
	return relation;
}

/* ---- Adding blocks ---- */

/* The one that is written. */
static Oid
find_written(bool for_recovery)
{
	ListCell   *cell;

	foreach(cell, segments(NULL))
	{
		const Segment *segment = lfirst(cell);

		if (segment->for_recovery == for_recovery && segment->last_time == PG_INT64_MAX)
			return segment->relation;
	}
	return InvalidOid;
}

static void
open_written(bool for_recovery, int64 first_time)
{
	MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
	Oid			segment = find_written(for_recovery);

	if (!OidIsValid(segment))
		segment = create(for_recovery, first_time);
	written[for_recovery].relation = table_open(segment, RowExclusiveLock);
	written[for_recovery].indexes = CatalogOpenIndexes(written[for_recovery].relation);
	if (written[for_recovery].shared_page_of != segment)
		written[for_recovery].shared_page = InvalidBlockNumber;
	written[for_recovery].shared_page_of = segment;
	MemoryContextSwitchTo(caller);
}

/*
 * Adds a row.  One that takes most of a page gets a new one; others share pages.  So PostgreSQL
 * does not have to look for free space, of which there is none elsewhere.
 */
static void
add_row(WrittenSegment *segment, Datum *values, bool is_large)
{
	static const int keys[] = {BLOCK_SHARD, BLOCK_LAST_TIME, BLOCK_LAST_ORDINAL, BLOCK_PART};
	Datum		index_values[lengthof(keys)];
	bool		nulls[BLOCK_COLUMNS] = {false};
	HeapTuple	tuple = heap_form_tuple(RelationGetDescr(segment->relation), values, nulls);

	RelationSetTargetBlock(segment->relation, is_large ? InvalidBlockNumber : segment->shared_page);
	heap_insert(segment->relation, tuple, GetCurrentCommandId(true), HEAP_INSERT_SKIP_FSM, NULL);
	if (!is_large)
		segment->shared_page = ItemPointerGetBlockNumber(&tuple->t_self);

	Assert(segment->indexes->ri_NumIndices == 1);
	for (int i = 0; i < (int) lengthof(keys); i++)
		index_values[i] = values[keys[i] - 1];
	index_insert(segment->indexes->ri_IndexRelationDescs[0], index_values, nulls, &tuple->t_self,
				 segment->relation, UNIQUE_CHECK_NO, false, segment->indexes->ri_IndexRelationInfo[0]);
	heap_freetuple(tuple);
}

void
segment_add(const LogBlock *block, bool for_recovery, int64 since)
{
	WrittenSegment *segment = &written[for_recovery];
	uint32		length;
	const char *stored = block_stored(block, &length);
	int			parts = (length + PART_LENGTH - 1) / PART_LENGTH;
	union
	{
		struct varlena header;
		char		data[VARHDRSZ + PART_LENGTH];
	}			value;
	Datum		values[BLOCK_COLUMNS];

	if (segment->relation == NULL)
		open_written(for_recovery, since);
	values[BLOCK_SHARD - 1] = Int64GetDatum(block->shard);
	values[BLOCK_FIRST_TIME - 1] = Int64GetDatum(block->first.time);
	values[BLOCK_FIRST_ORDINAL - 1] = Int64GetDatum(block->first.ordinal);
	values[BLOCK_LAST_TIME - 1] = Int64GetDatum(block->last.time);
	values[BLOCK_LAST_ORDINAL - 1] = Int64GetDatum(block->last.ordinal);
	values[BLOCK_RECORDS - 1] = Int32GetDatum(block->records);
	values[BLOCK_PARTS - 1] = Int32GetDatum(parts);
	for (int part = 0; part < parts; part++)
	{
		uint32		part_length = Min(length - part * PART_LENGTH, PART_LENGTH);

		values[BLOCK_PART - 1] = Int32GetDatum(part);
		SET_VARSIZE(&value, VARHDRSZ + part_length);
		memcpy(VARDATA(&value), stored + part * PART_LENGTH, part_length);
		values[BLOCK_DATA - 1] = PointerGetDatum(&value);
		add_row(segment, values, part_length > PART_LENGTH / 4 * 3);
	}
}

void
segments_close(void)
{
	for (int kind = 0; kind < (int) lengthof(written); kind++)
	{
		if (written[kind].relation == NULL)
			continue;
		CatalogCloseIndexes(written[kind].indexes);
		table_close(written[kind].relation, NoLock);
		written[kind].relation = NULL;
	}
}

Oid
segment_index(Relation segment)
{
	List	   *indexes = RelationGetIndexList(segment);

	if (indexes == NIL)
		elog(ERROR, "segment \"%s\" of the change log has no index", RelationGetRelationName(segment));
	return linitial_oid(indexes);
}

/* ---- Ending and dropping ---- */

static bool
is_large(Oid segment)
{
	Relation	relation = table_open(segment, AccessShareLock);
	BlockNumber blocks = RelationGetNumberOfBlocks(relation);

	table_close(relation, AccessShareLock);
	return blocks >= SEGMENT_BLOCKS;
}

void
segments_seal(int64 last, int64 stream_span, int64 recovery_span)
{
	int64		now = sequence_time(GetCurrentTimestamp());
	ListCell   *cell;

	foreach(cell, segments(NULL))
	{
		const Segment *segment = lfirst(cell);
		int64		span = segment->for_recovery ? recovery_span : stream_span;

		if (segment->last_time == PG_INT64_MAX &&
			(segment->first_time + span <= now || is_large(segment->relation)))
			seal(segment->relation, Max(last, segment->first_time));
	}
}

/* Unless somebody reads it: then another time. */
static void
try_drop(Oid segment)
{
	ObjectAddress object;

	if (!ConditionalLockRelationOid(segment, AccessExclusiveLock))
		return;
	ObjectAddressSet(object, RelationRelationId, segment);
	deleteDependencyRecordsForClass(RelationRelationId, segment, ExtensionRelationId,
									DEPENDENCY_EXTENSION);
	CommandCounterIncrement();
	performDeletion(&object, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	forget(segment);
}

void
segments_trim(int64 stream_horizon, int64 recovery_horizon)
{
	ListCell   *cell;

	foreach(cell, segments(NULL))
	{
		const Segment *segment = lfirst(cell);

		if (segment->last_time < (segment->for_recovery ? recovery_horizon : stream_horizon))
			try_drop(segment->relation);
	}
}
