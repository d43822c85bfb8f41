/*
 * reader.c - reading the records of a shard out of the change log's segments.
 *
 * The blocks of a shard lie one behind the other, but those of a table whose
 * recovery has been switched on or off lie in segments of both kinds.  So the
 * segments are merged: each is opened once a block that comes before all of the
 * opened ones' could be in it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "change/block.h"
#include "change/log.h"
#include "change/segment.h"
#include "compat.h"

/* A segment that is being read, and its next block. */
typedef struct Source
{
	Relation	relation;
	Relation	index;
	SysScanDesc scan;
	HeapTuple	block;			/* its first row that is not read; NULL: it has no more */
} Source;

struct LogReader
{
	MemoryContext context;		/* of all that lasts */
	MemoryContext block_context;	/* of the records of a block */
	Snapshot	snapshot;
	int64		shard;
	const KeySchema *schema;
	SequenceNumber from;
	SequenceNumber end;			/* of the shard */
	bool		backward;
	List	   *unopened;		/* in the order in which they are to be opened */
	List	   *sources;
	ChangeRecord *records;		/* of the present block */
	int			count;
	int			next;
};

static Datum
column_of_block(const Source *source, int column)
{
	bool		isnull;

	return heap_getattr(source->block, column, RelationGetDescr(source->relation), &isnull);
}

static SequenceNumber
number_of_block(const Source *source, int time_column, int ordinal_column)
{
	return (SequenceNumber) {
		DatumGetInt64(column_of_block(source, time_column)),
		DatumGetInt64(column_of_block(source, ordinal_column))
	};
}

static SequenceNumber
first_of_block(const Source *source)
{
	return number_of_block(source, BLOCK_FIRST_TIME, BLOCK_FIRST_ORDINAL);
}

static SequenceNumber
last_of_block(const Source *source)
{
	return number_of_block(source, BLOCK_LAST_TIME, BLOCK_LAST_ORDINAL);
}

/* ---- Segments ---- */

/* Moves on to the next row of a block that can have a record in question. */
static void
advance(LogReader *reader, Source *source)
{
	ScanDirection direction = reader->backward ? BackwardScanDirection : ForwardScanDirection;
	/* what the scan makes meanwhile lasts as long as it */
	MemoryContext caller = MemoryContextSwitchTo(reader->context);

	do
		source->block = systable_getnext_ordered(source->scan, direction);
	while (HeapTupleIsValid(source->block) &&
		   (reader->backward ?
			sequence_number_compare(first_of_block(source), reader->from) >= 0 :
			sequence_number_compare(last_of_block(source), reader->from) < 0));
	MemoryContextSwitchTo(caller);
}

static void
begin_scan(const LogReader *reader, Source *source, StrategyNumber strategy, int64 last_time)
{
	ScanKeyData keys[2];

	ScanKeyInit(&keys[0], BLOCK_SHARD, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(reader->shard));
	ScanKeyInit(&keys[1], BLOCK_LAST_TIME, strategy,
				strategy == BTGreaterEqualStrategyNumber ? F_INT8GE : F_INT8LE, Int64GetDatum(last_time));
	source->scan = systable_beginscan_ordered(source->relation, source->index, reader->snapshot,
											  lengthof(keys), keys);
}

/* The last time of the block in which the number lies, or of the next one; the largest where there is none. */
static int64
last_time_at(const LogReader *reader, Source *source, SequenceNumber number)
{
	int64		time = PG_INT64_MAX;

	begin_scan(reader, source, BTGreaterEqualStrategyNumber, number.time);
	while (HeapTupleIsValid(source->block = systable_getnext_ordered(source->scan, ForwardScanDirection)))
	{
		if (sequence_number_compare(last_of_block(source), number) >= 0)
		{
			time = last_of_block(source).time;
			break;
		}
	}
	systable_endscan_ordered(source->scan);
	return time;
}

/*
 * Begins to read a segment.  The index goes by the last numbers of blocks, so
 * backward the block has to be looked for with which to begin.
 */
static void
open_source(LogReader *reader, Oid segment)
{
	Source	   *source = palloc(sizeof(Source));

	/* dropped meanwhile: then its records are trimmed */
	source->relation = try_table_open(segment, AccessShareLock);
	if (source->relation == NULL)
		return;
	source->index = index_open(segment_index(source->relation), AccessShareLock);
	if (reader->backward)
		begin_scan(reader, source, BTLessEqualStrategyNumber, last_time_at(reader, source, reader->from));
	else
		begin_scan(reader, source, BTGreaterEqualStrategyNumber, reader->from.time);
	advance(reader, source);
	reader->sources = lappend(reader->sources, source);
}

/* The source whose block comes next, or NULL. */
static Source *
next_source(const LogReader *reader)
{
	Source	   *found = NULL;
	ListCell   *cell;

	foreach(cell, reader->sources)
	{
		Source	   *source = lfirst(cell);
		int			order;

		if (!HeapTupleIsValid(source->block))
			continue;
		if (found == NULL)
		{
			found = source;
			continue;
		}
		order = sequence_number_compare(first_of_block(source), first_of_block(found));
		if (reader->backward ? order > 0 : order < 0)
			found = source;
	}
	return found;
}

/* Whether a block of that segment could come before the source's. */
static bool
comes_before(const LogReader *reader, const Segment *segment, const Source *source)
{
	if (source == NULL)
		return true;
	return reader->backward ? segment->last_time >= first_of_block(source).time :
		segment->first_time <= first_of_block(source).time;
}

/* Opens what could hold the next block; returns where that is, or NULL. */
static Source *
find_next(LogReader *reader)
{
	Source	   *source = next_source(reader);

	while (reader->unopened != NIL && comes_before(reader, linitial(reader->unopened), source))
	{
		const Segment *segment = linitial(reader->unopened);

		reader->unopened = list_delete_first(reader->unopened);
		open_source(reader, segment->relation);
		source = next_source(reader);
	}
	return source;
}

/* ---- Blocks ---- */

static void __attribute__((noreturn))
report_missing_part(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("a block of the change log lacks a part")));
}

/*
 * Reads all parts of the source's block, in the order in which they are read, and moves on to the next
 * one; returns its stored form, in the current memory context.
 */
static const char *
join_parts(LogReader *reader, Source *source, uint32 *length)
{
	int			count = DatumGetInt32(column_of_block(source, BLOCK_PARTS));
	bytea	  **parts = palloc(sizeof(bytea *) * count);
	char	   *stored;
	char	   *end;

	*length = 0;
	for (int i = 0; i < count; i++)
	{
		int			part = reader->backward ? count - 1 - i : i;

		if (!HeapTupleIsValid(source->block) ||
			DatumGetInt32(column_of_block(source, BLOCK_PART)) != part)
			report_missing_part();
		parts[part] = DatumGetByteaPCopy(column_of_block(source, BLOCK_DATA));
		*length += VARSIZE(parts[part]) - VARHDRSZ;
		advance(reader, source);
	}
	if (count == 1)
		return VARDATA(parts[0]);
	stored = end = palloc(*length);
	for (int i = 0; i < count; i++)
	{
		memcpy(end, VARDATA(parts[i]), VARSIZE(parts[i]) - VARHDRSZ);
		end += VARSIZE(parts[i]) - VARHDRSZ;
		pfree(parts[i]);
	}
	return stored;
}

static void
unpack(LogReader *reader, const char *records, uint32 length)
{
	uint32		offset = 0;
	int			room = 64;

	reader->records = palloc(room * sizeof(ChangeRecord));
	reader->count = 0;
	for (;;)
	{
		if (reader->count == room)
		{
			room *= 2;
			reader->records = repalloc_huge(reader->records, room * sizeof(ChangeRecord));
		}
		if (!change_record_unpack(records, length, &offset, reader->schema,
								  &reader->records[reader->count]))
			break;
		reader->count++;
	}
	reader->next = reader->backward ? reader->count - 1 : 0;
}

/* Reads the next block; false at the end. */
static bool
read_block(LogReader *reader)
{
	MemoryContext caller = MemoryContextSwitchTo(reader->context);
	Source	   *source = find_next(reader);
	const char *stored;
	const char *records;
	uint32		length;

	if (source == NULL || (!reader->backward &&
						   sequence_number_compare(first_of_block(source), reader->end) >= 0))
	{
		MemoryContextSwitchTo(caller);
		return false;
	}
	MemoryContextReset(reader->block_context);
	MemoryContextSwitchTo(reader->block_context);
	stored = join_parts(reader, source, &length);
	records = block_records(stored, length, &length);
	unpack(reader, records, length);
	MemoryContextSwitchTo(caller);
	return true;
}

/* ---- The interface ---- */

static int
compare_last_times_descending(const ListCell *a, const ListCell *b)
{
	int64		first = ((Segment *) lfirst(a))->last_time;
	int64		second = ((Segment *) lfirst(b))->last_time;

	return first > second ? -1 : first < second;
}

LogReader *
log_read_begin(const Shard *shard, const KeySchema *schema, SequenceNumber from, bool backward)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "ddb log reader",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	LogReader  *reader = palloc0(sizeof(LogReader));
	ListCell   *cell;

	reader->context = context;
	reader->block_context = AllocSetContextCreate(context, "ddb log block", ALLOCSET_DEFAULT_SIZES);
	reader->snapshot = RegisterSnapshot(GetLatestSnapshot());
	reader->shard = shard->number;
	reader->schema = schema;
	reader->from = from;
	reader->end = shard->end;
	reader->backward = backward;
	foreach(cell, segments(reader->snapshot))
	{
		Segment    *segment = lfirst(cell);

		if (segment->last_time >= (backward ? shard->start.time : from.time) &&
			segment->first_time <= (backward ? from.time : shard->end.time))
			reader->unopened = lappend(reader->unopened, segment);
	}
	if (backward)
		list_sort(reader->unopened, compare_last_times_descending);
	MemoryContextSwitchTo(caller);
	return reader;
}

bool
log_read_next(LogReader *reader, ChangeRecord *record)
{
	for (;;)
	{
		while (reader->next >= 0 && reader->next < reader->count)
		{
			int			order;

			*record = reader->records[reader->next];
			reader->next += reader->backward ? -1 : 1;
			order = sequence_number_compare(record->sequence, reader->from);
			if (reader->backward ? order < 0 : order >= 0)
				return true;
		}
		CHECK_FOR_INTERRUPTS();
		if (!read_block(reader))
			return false;
	}
}

void
log_read_end(LogReader *reader)
{
	ListCell   *cell;

	foreach(cell, reader->sources)
	{
		Source	   *source = lfirst(cell);

		systable_endscan_ordered(source->scan);
		index_close(source->index, AccessShareLock);
		table_close(source->relation, AccessShareLock);
	}
	UnregisterSnapshot(reader->snapshot);
	MemoryContextDelete(reader->context);
}
