/*
 * lane.c - how far each lane has got, ddb.event_source_positions.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "event_source/event_source.h"
#include "owner_statement.h"

/* What has failed is kept as long as AWS's queues keep a message at most. */
#define FAILURES_KEPT "14 days"

/*
 * Runs a statement on the catalogs of event sources as their owner.  Its text is
 * fixed and its values are bound; nobody but the owner has put code on these
 * relations.
 */
static uint64
run(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	return owner_statement_run(extension_relation("event_source_positions"), statement,
							   count, types, values, nulls);
}

/* ---- All of them ---- */

void
event_lanes_upkeep(void)
{
	SPI_connect();
	/* a row that somebody has locked is left to another time: whoever idles in a transaction holds up nobody */
	run("DELETE FROM ddb.event_source_positions WHERE (source, shard_id, lane) IN"
		" (SELECT p.source, p.shard_id, p.lane FROM ddb.event_source_positions AS p"
		" WHERE NOT EXISTS (SELECT FROM ddb.shards AS h WHERE h.shard_id = p.shard_id)"
		" OR NOT EXISTS (SELECT FROM ddb.event_sources AS s WHERE s.id = p.source)"
		" FOR UPDATE SKIP LOCKED)", 0, NULL, NULL, NULL);
	run("INSERT INTO ddb.event_source_positions AS p (source, shard_id, lane, lanes, next_time, next_ordinal)"
		" SELECT s.id, h.shard_id, l.lane, l.lanes, s.start_time, s.start_ordinal"
		" FROM ddb.event_sources AS s"
		" JOIN ddb.shards AS h ON h.relation = s.relation::oid AND h.label IS NOT NULL,"
		" LATERAL (SELECT n.lanes, generate_series(0, n.lanes - 1) AS lane FROM"
		" (SELECT coalesce((s.options ->> 'ParallelizationFactor')::integer, 1) AS lanes) AS n) AS l"
		" WHERE s.enabled AND (h.end_time IS NULL OR (h.end_time, h.end_ordinal) > (s.start_time, s.start_ordinal))"
		" AND NOT EXISTS (SELECT FROM ddb.event_source_positions AS q"
		" WHERE q.source = s.id AND q.shard_id = h.shard_id)"
		" ON CONFLICT DO NOTHING", 0, NULL, NULL, NULL);
	run("DELETE FROM ddb.event_source_failed WHERE ctid IN (SELECT f.ctid FROM ddb.event_source_failed AS f"
		" WHERE f.failed < now() - interval '" FAILURES_KEPT "' FOR UPDATE SKIP LOCKED)",
		0, NULL, NULL, NULL);
	SPI_finish();
}

bool
event_sources_exist(void)
{
	bool		found;

	SPI_connect();
	found = run("SELECT FROM ddb.event_sources WHERE enabled LIMIT 1", 0, NULL, NULL, NULL) > 0;
	SPI_finish();
	return found;
}

/* ---- A row's columns ---- */

typedef struct Row
{
	HeapTuple	tuple;
	TupleDesc	descriptor;
} Row;

static Datum
column(const Row *row, int number, bool *isnull)
{
	return SPI_getbinval(row->tuple, row->descriptor, number, isnull);
}

/* 0 where it is null. */
static int64
bigint_column(const Row *row, int number)
{
	bool		isnull;
	Datum		datum = column(row, number, &isnull);

	return isnull ? 0 : DatumGetInt64(datum);
}

static int
integer_column(const Row *row, int number)
{
	bool		isnull;
	Datum		datum = column(row, number, &isnull);

	return isnull ? 0 : DatumGetInt32(datum);
}

static TimestampTz
timestamp_column(const Row *row, int number)
{
	bool		isnull;
	Datum		datum = column(row, number, &isnull);

	return isnull ? 0 : DatumGetTimestampTz(datum);
}

static bool
boolean_column(const Row *row, int number)
{
	bool		isnull;
	Datum		datum = column(row, number, &isnull);

	return !isnull && DatumGetBool(datum);
}

static pg_uuid_t
uuid_column(const Row *row, int number)
{
	bool		isnull;

	return *DatumGetUUIDP(column(row, number, &isnull));
}

/* ---- Tasks ---- */

uint32
event_lane_hash(const EventLaneKey *key)
{
	uint32		hash = hash_bytes(key->source.data, UUID_LEN);

	hash = hash_combine(hash, hash_bytes((const unsigned char *) key->shard_id, strlen(key->shard_id)));
	return hash_combine(hash, key->lane);
}

List *
event_tasks(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *tasks = NIL;

	SPI_connect();
	run("SELECT p.source, p.shard_id, p.lane, s.role::oid, p.due, p.slow FROM ddb.event_source_positions AS p"
		" JOIN ddb.event_sources AS s ON s.id = p.source"
		" JOIN ddb.shards AS h ON h.shard_id = p.shard_id"
		" WHERE s.enabled AND NOT p.finished AND NOT EXISTS"
		" (SELECT FROM ddb.event_source_positions AS q"
		" WHERE q.source = p.source AND q.shard_id = h.parent_id AND NOT q.finished)",
		0, NULL, NULL, NULL);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Row			row = {SPI_tuptable->vals[i], SPI_tuptable->tupdesc};
		EventTask  *task = palloc0(sizeof(EventTask));
		bool		isnull;

		task->key.source = uuid_column(&row, 1);
		task->key.shard_id = SPI_getvalue(row.tuple, row.descriptor, 2);
		task->key.lane = integer_column(&row, 3);
		task->hash = event_lane_hash(&task->key);
		task->role = DatumGetObjectId(column(&row, 4, &isnull));
		task->due = timestamp_column(&row, 5);
		task->slow = boolean_column(&row, 6);
		tasks = lappend(tasks, task);
	}
	SPI_finish();
	return tasks;
}

/* ---- One lane ---- */

static EventLane *
lane_of_row(const EventLaneKey *key, const Row *row)
{
	EventLane  *lane = palloc0(sizeof(EventLane));
	bool		isnull;

	lane->key = *key;
	lane->key.shard_id = pstrdup(key->shard_id);
	lane->relation = DatumGetObjectId(column(row, 1, &isnull));
	lane->table = SPI_getvalue(row->tuple, row->descriptor, 2);
	lane->role = DatumGetObjectId(column(row, 3, &isnull));
	lane->function = SPI_getvalue(row->tuple, row->descriptor, 4);
	lane->function_owner = DatumGetObjectId(column(row, 5, &isnull));
	lane->secret = SPI_getvalue(row->tuple, row->descriptor, 6);
	event_source_options_read(SPI_getvalue(row->tuple, row->descriptor, 7), &lane->options);
	lane->view_type = SPI_getvalue(row->tuple, row->descriptor, 8);
	lane->label = SPI_getvalue(row->tuple, row->descriptor, 9);
	lane->lanes = integer_column(row, 10);
	lane->next = (SequenceNumber) {bigint_column(row, 11), bigint_column(row, 12)};
	lane->retries = integer_column(row, 13);
	lane->bisect_size = integer_column(row, 14);
	lane->bisect_end = (SequenceNumber) {bigint_column(row, 15), bigint_column(row, 16)};
	lane->slow = boolean_column(row, 17);
	lane->called = timestamp_column(row, 18);
	lane->result = SPI_getvalue(row->tuple, row->descriptor, 19);
	lane->error = SPI_getvalue(row->tuple, row->descriptor, 20);
	lane->interrupted = integer_column(row, 21);
	lane->read_next = lane->next;
	lane->read_retries = lane->retries;
	return lane;
}

/* The lane; NULL where there is none, or none that meets the condition. */
static EventLane *
read_lane(const EventLaneKey *key, const char *condition)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid			types[] = {UUIDOID, TEXTOID, INT4OID};
	Datum		values[] = {
		UUIDPGetDatum(&key->source), CStringGetTextDatum(key->shard_id), Int32GetDatum(key->lane)
	};
	EventLane  *lane = NULL;

	SPI_connect();
	run(psprintf("SELECT s.relation::oid, t.name, s.role::oid, s.function, s.function_owner::oid, s.secret, s.options::text,"
				 " st.view_type, h.label, p.lanes, p.next_time, p.next_ordinal, p.retries,"
				 " p.bisect_size, p.bisect_time, p.bisect_ordinal, p.slow, p.called, p.result, p.error,"
				 " p.interrupted FROM ddb.event_source_positions AS p"
				 " JOIN ddb.event_sources AS s ON s.id = p.source"
				 " JOIN ddb.tables AS t ON t.relation::oid = s.relation::oid"
				 " JOIN ddb.shards AS h ON h.shard_id = p.shard_id"
				 " JOIN ddb.streams AS st ON st.relation::oid = h.relation AND st.label = h.label"
				 " WHERE p.source = $1 AND p.shard_id = $2 AND p.lane = $3%s", condition),
		lengthof(types), types, values, NULL);
	MemoryContextSwitchTo(caller);
	if (SPI_processed > 0)
	{
		Row			row = {SPI_tuptable->vals[0], SPI_tuptable->tupdesc};

		lane = lane_of_row(key, &row);
	}
	SPI_finish();
	return lane;
}

EventLane *
event_lane_read(const EventLaneKey *key)
{
	return read_lane(key, " AND s.enabled AND NOT p.finished AND (p.due IS NULL OR p.due <= clock_timestamp())");
}

EventLane *
event_lane_read_waiting(const EventLaneKey *key)
{
	return read_lane(key, " AND s.enabled AND NOT p.finished");
}

PG_FUNCTION_INFO_V1(ddb_event_source_behind);

/*
 * event_source_behind(source uuid, shard_id text, lane integer) RETURNS double precision
 *
 * Of the source of a role that the caller could become, like the view that calls it.
 */
Datum
ddb_event_source_behind(PG_FUNCTION_ARGS)
{
	EventLaneKey key = {
		.source = *PG_GETARG_UUID_P(0),.shard_id = text_to_cstring(PG_GETARG_TEXT_PP(1)),.lane = PG_GETARG_INT32(2)
	};
	EventLane  *lane = read_lane(&key, "");

	if (lane == NULL || !is_member_of_role(GetUserId(), lane->role))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(event_lane_behind(lane));
}

bool
event_lane_lock(const EventLane *lane)
{
	Oid			types[] = {UUIDOID, TEXTOID, INT4OID, INT8OID, INT8OID, INT4OID};
	Datum		values[] = {
		UUIDPGetDatum(&lane->key.source), CStringGetTextDatum(lane->key.shard_id),
		Int32GetDatum(lane->key.lane), Int64GetDatum(lane->read_next.time),
		Int64GetDatum(lane->read_next.ordinal), Int32GetDatum(lane->read_retries)
	};
	bool		locked;

	SPI_connect();
	locked = run("SELECT FROM ddb.event_source_positions AS p WHERE p.source = $1 AND p.shard_id = $2"
				 " AND p.lane = $3 AND p.next_time = $4 AND p.next_ordinal = $5 AND p.retries = $6"
				 " FOR NO KEY UPDATE SKIP LOCKED", lengthof(types), types, values, NULL) > 0;
	SPI_finish();
	return locked;
}

bool
event_lane_write(const EventLane *lane)
{
	Oid			types[] = {
		UUIDOID, TEXTOID, INT4OID, INT8OID, INT8OID, BOOLOID, INT4OID, INT4OID, INT8OID, INT8OID,
		TIMESTAMPTZOID, BOOLOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT4OID, INT4OID
	};
	Datum		values[] = {
		UUIDPGetDatum(&lane->key.source), CStringGetTextDatum(lane->key.shard_id),
		Int32GetDatum(lane->key.lane),
		Int64GetDatum(lane->next.time), Int64GetDatum(lane->next.ordinal), BoolGetDatum(lane->finished),
		Int32GetDatum(lane->retries), Int32GetDatum(lane->bisect_size),
		Int64GetDatum(lane->bisect_end.time), Int64GetDatum(lane->bisect_end.ordinal),
		TimestampTzGetDatum(lane->due), BoolGetDatum(lane->slow), TimestampTzGetDatum(lane->called),
		lane->result == NULL ? 0 : CStringGetTextDatum(lane->result),
		lane->error == NULL ? 0 : CStringGetTextDatum(lane->error),
		Int64GetDatum(lane->read_next.time), Int64GetDatum(lane->read_next.ordinal),
		Int32GetDatum(lane->read_retries), Int32GetDatum(lane->interrupted)
	};
	bool		written;
	char		nulls[lengthof(types) + 1];

	memset(nulls, ' ', sizeof(nulls));
	nulls[10] = lane->due == 0 ? 'n' : ' ';
	nulls[12] = lane->called == 0 ? 'n' : ' ';
	nulls[13] = lane->result == NULL ? 'n' : ' ';
	nulls[14] = lane->error == NULL ? 'n' : ' ';
	SPI_connect();
	written = run("UPDATE ddb.event_source_positions SET next_time = $4, next_ordinal = $5, finished = $6,"
				  " retries = $7, bisect_size = $8, bisect_time = $9, bisect_ordinal = $10, due = $11,"
				  " slow = $12, called = $13, result = $14, error = $15, interrupted = $19"
				  " WHERE (source, shard_id, lane) IN"
				  " (SELECT p.source, p.shard_id, p.lane FROM ddb.event_source_positions AS p"
				  " WHERE p.source = $1 AND p.shard_id = $2 AND p.lane = $3"
				  " AND p.next_time = $16 AND p.next_ordinal = $17 AND p.retries = $18"
				  " FOR NO KEY UPDATE SKIP LOCKED)",
				  lengthof(types), types, values, nulls) > 0;
	SPI_finish();
	return written;
}

void
event_lanes_call_slow(const EventLaneKey *key, bool of_role)
{
	Oid			types[] = {UUIDOID, BOOLOID};
	Datum		values[] = {UUIDPGetDatum(&key->source), BoolGetDatum(of_role)};

	SPI_connect();
	run("UPDATE ddb.event_source_positions SET slow = true WHERE (source, shard_id, lane) IN"
		" (SELECT p.source, p.shard_id, p.lane FROM ddb.event_source_positions AS p"
		" JOIN ddb.event_sources AS s ON s.id = p.source"
		" WHERE NOT p.slow AND NOT p.finished AND (s.id = $1 OR"
		" ($2 AND s.role = (SELECT o.role FROM ddb.event_sources AS o WHERE o.id = $1)))"
		" FOR NO KEY UPDATE OF p SKIP LOCKED)", lengthof(types), types, values, NULL);
	SPI_finish();
}
