/*
 * batch.c - the records of a call, out of the change log.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "arn.h"
#include "event_source/event_source.h"
#include "owner_statement.h"
#include "table/catalog.h"
#include "value/hash.h"

/* The longest event, as Lambda has it. */
#define EVENT_BYTES_MAX (6 * 1024 * 1024)

/* Records looked at for one batch at most, and for how long, where a filter leaves most of them out. */
#define SCANNED_MAX 10000
#define SCANNED_MILLISECONDS 500

typedef enum Reading
{
	READING_ON,
	READING_FULL,				/* the batch can take no more */
	READING_PAUSED				/* it has to end here, full or not */
} Reading;

typedef struct BatchReader
{
	const EventLane *lane;
	EventBatch *batch;
	MemoryContext scratch;		/* a record's */
	char	   *arn;
	int64		oldest;			/* microseconds since 1970; what is older has expired */
	int			limit;			/* records */
	int			scanned;
	TimestampTz end;			/* when it looks at no further ones */
} BatchReader;

/* ---- One record ---- */

/* Which lane an item is in: always the same, so that its changes keep their order. */
static bool
is_in_lane(const EventLane *lane, const ChangeRecord *record)
{
	unsigned char hash[KEY_HASH_LENGTH];

	if (lane->lanes == 1)
		return true;
	key_hash(record->keys.data, record->keys.length, hash);
	return hash[0] % lane->lanes == lane->key.lane;
}

static void
add_record(EventBatch *batch, const ChangeRecord *record, const StringInfo text)
{
	if (batch->count > 0)
		appendStringInfoCharMacro(&batch->texts, ',');
	batch->sequences[batch->count] = record->sequence;
	batch->offsets[batch->count] = batch->texts.len;
	appendBinaryStringInfo(&batch->texts, text->data, text->len);
	batch->count++;
}

/* Takes the record's text in, or leaves it out; moves the batch's end behind it, unless it has no room. */
static Reading
take_text(BatchReader *reader, const ChangeRecord *record, const StringInfo text)
{
	EventBatch *batch = reader->batch;
	bool		expired = record->sequence.time < reader->oldest;

	if (!event_source_options_want(&reader->lane->options, text->data, text->len))
	{
		batch->next = sequence_behind(record->sequence);
		return READING_ON;
	}
	/* what has expired has another way to go than what has not */
	if (batch->count > 0 && batch->expired != expired)
		return READING_PAUSED;
	if (batch->count > 0 && batch->texts.len + text->len > EVENT_BYTES_MAX)
		return READING_FULL;
	batch->expired = expired;
	add_record(batch, record, text);
	batch->next = sequence_behind(record->sequence);
	if (reader->lane->bisect_size > 0 &&
		sequence_number_compare(record->sequence, reader->lane->bisect_end) >= 0)
		return READING_PAUSED;
	return batch->count == reader->limit ? READING_FULL : READING_ON;
}

static Reading
take_record(BatchReader *reader, const ChangeRecord *record)
{
	MemoryContext caller;
	StringInfoData text;
	Reading		result;

	if (!is_in_lane(reader->lane, record))
	{
		reader->batch->next = sequence_behind(record->sequence);
		return READING_ON;
	}
	caller = MemoryContextSwitchTo(reader->scratch);
	initStringInfo(&text);
	change_record_append_json(&text, record, reader->lane->view_type, true, reader->arn);
	result = take_text(reader, record, &text);
	MemoryContextSwitchTo(caller);
	MemoryContextReset(reader->scratch);
	return result;
}

/* ---- The batch ---- */

static EventBatch *
new_batch(const EventLane *lane, int limit)
{
	EventBatch *batch = palloc0(sizeof(EventBatch));

	batch->sequences = palloc(limit * sizeof(SequenceNumber));
	batch->offsets = palloc(limit * sizeof(int));
	initStringInfo(&batch->texts);
	batch->next = lane->next;
	return batch;
}

static int64
oldest_time(const EventLane *lane)
{
	if (lane->options.maximum_age < 0)
		return 0;
	return sequence_time(GetCurrentTimestamp()) - lane->options.maximum_age * USECS_PER_SEC;
}

/* Reads records until there are enough; whether all of the shard has been read. */
static bool
read_records(BatchReader *reader, const Shard *shard, Reading *reading)
{
	KeySchema	schema;
	LogReader  *log;
	ChangeRecord record;
	bool		exhausted = false;

	catalog_key_schema(reader->lane->relation, &schema);
	log = log_read_begin(shard, &schema, sequence_number_later(reader->lane->next, shard_trim_horizon(shard)), false);
	while (*reading == READING_ON)
	{
		CHECK_FOR_INTERRUPTS();
		exhausted = !log_read_next(log, &record);
		if (exhausted)
			break;
		*reading = take_record(reader, &record);
		if (*reading == READING_ON && (++reader->scanned >= SCANNED_MAX || GetCurrentTimestamp() >= reader->end))
			*reading = READING_PAUSED;
	}
	log_read_end(log);
	return exhausted;
}

/* A batch that could take more waits for it, from its first record's time on; 0 where it does not. */
static TimestampTz
end_of_window(const EventLane *lane, const EventBatch *batch)
{
	TimestampTz end;

	if (batch->count == 0 || batch->expired || lane->options.batching_window == 0 || lane->retries > 0)
		return 0;
	end = time_of_sequence(batch->sequences[0].time) + lane->options.batching_window * USECS_PER_SEC;
	return GetCurrentTimestamp() < end ? end : 0;
}

EventBatch *
event_batch_read(const EventLane *lane)
{
	BatchReader reader = {
		.lane = lane,.oldest = oldest_time(lane),
		.end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), SCANNED_MILLISECONDS)
	};
	Shard	   *shard = shard_find(lane->key.shard_id);
	Reading		reading = READING_ON;
	bool		exhausted;

	reader.limit = lane->bisect_size > 0 ? Min(lane->bisect_size, lane->options.batch_size) : lane->options.batch_size;
	reader.batch = new_batch(lane, reader.limit);
	if (shard == NULL)
		return reader.batch;
	reader.arn = stream_arn(lane->table, lane->label);
	reader.scratch = AllocSetContextCreate(CurrentMemoryContext, "ddb event record", ALLOCSET_DEFAULT_SIZES);

	/* the shard was read first: one that has ended gets no records any more */
	exhausted = read_records(&reader, shard, &reading);
	MemoryContextDelete(reader.scratch);
	reader.batch->ended = exhausted && !shard->open;
	reader.batch->more = !exhausted;
	if (exhausted && shard->open)
		reader.batch->due = end_of_window(lane, reader.batch);
	return reader.batch;
}

char *
event_batch_json(const EventBatch *batch, int from, size_t *length)
{
	StringInfoData json;
	int			offset = batch->offsets[from];

	initStringInfo(&json);
	appendStringInfoString(&json, "{\"Records\":[");
	appendBinaryStringInfo(&json, batch->texts.data + offset, batch->texts.len - offset);
	appendStringInfoString(&json, "]}");
	*length = json.len;
	return json.data;
}

/* ---- How far behind ---- */

/* The time of the lane's first record that is not done; false where there is none. */
static bool
first_time(const EventLane *lane, const Shard *shard, int64 *time)
{
	KeySchema	schema;
	LogReader  *log;
	ChangeRecord record;
	bool		found;

	catalog_key_schema(lane->relation, &schema);
	log = log_read_begin(shard, &schema, sequence_number_later(lane->next, shard_trim_horizon(shard)), false);
	do
	{
		CHECK_FOR_INTERRUPTS();
		found = log_read_next(log, &record);
	} while (found && !is_in_lane(lane, &record));
	if (found)
		*time = record.sequence.time;
	log_read_end(log);
	return found;
}

double
event_lane_behind(const EventLane *lane)
{
	Shard	   *shard = shard_find(lane->key.shard_id);
	int64		time;

	if (shard == NULL || !first_time(lane, shard, &time))
		return 0;
	return Max(sequence_time(GetCurrentTimestamp()) - time, 0) / (double) USECS_PER_SEC;
}

/* ---- Giving up ---- */

static Datum
sequence_datum(SequenceNumber sequence)
{
	char		text[SEQUENCE_NUMBER_TEXT_LENGTH];

	sequence_number_write(sequence, text);
	return CStringGetTextDatum(text);
}

void
event_batch_give_up(const EventLane *lane, const EventBatch *batch, int from, const char *reason)
{
	size_t		length;
	char	   *event = event_batch_json(batch, from, &length);
	Oid			types[] = {
		UUIDOID, OIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID, INT4OID, TEXTOID
	};
	Datum		values[] = {
		UUIDPGetDatum(&lane->key.source), ObjectIdGetDatum(lane->role), CStringGetTextDatum(lane->table),
		CStringGetTextDatum(lane->key.shard_id),
		sequence_datum(batch->sequences[from]), sequence_datum(batch->sequences[batch->count - 1]),
		Int32GetDatum(batch->count - from), CStringGetTextDatum(reason),
		lane->error == NULL ? 0 : CStringGetTextDatum(lane->error), Int32GetDatum(lane->retries + 1),
		PointerGetDatum(cstring_to_text_with_len(event, length))
	};

	SPI_connect();
	owner_statement_run(extension_relation("event_source_failed"),
						"INSERT INTO ddb.event_source_failed (source, role, table_name, shard_id,"
						" first_sequence_number, last_sequence_number, records, reason, error, attempts, event)"
						" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::json)",
						lengthof(types), types, values, lane->error == NULL ? "        n  " : NULL);
	SPI_finish();
	ereport(LOG,
			(errmsg("an event source of table \"%s\" has given up %d records: %s",
					lane->table, batch->count - from, reason),
			 errdetail("They are in ddb.event_source_failures.")));
}
