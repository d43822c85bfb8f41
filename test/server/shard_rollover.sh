#!/bin/bash
# Shards whose time is over, on a server whose clock goes on fast: their children go on, and so do readers, event sources and recovery.
. "$(dirname "$0")/../lib.sh"
. "$top/test/server/clock.sh"

new_cluster cluster <<END
max_worker_processes = 16
ddb.stream_shards = 2
END
. "$top/test/server/event_source_tables.sh"

sql -o /dev/null <<'SQL'
CREATE FUNCTION noting(event jsonb) RETURNS void LANGUAGE sql AS $$ SELECT note_records('source', event) $$;
CREATE VIEW shards AS SELECT s ->> 'ShardId' AS shard_id, s ->> 'ParentShardId' AS parent, s #>> '{SequenceNumberRange,StartingSequenceNumber}' AS first,
	s #>> '{SequenceNumberRange,EndingSequenceNumber}' AS last
	FROM ddb.streams, json_array_elements(ddb.describe_stream(json_build_object('StreamArn',
		ddb.describe_table('{"TableName": "Rolling"}') #>> '{Table,LatestStreamArn}')) #> '{StreamDescription,Shards}') AS s
	WHERE table_name = 'Rolling';
-- A reader, as an SDK's loop: its iterators, one for each shard that it reads; NULL: read to the end.
CREATE TABLE reading (shard_id text PRIMARY KEY, iterator text);
CREATE PROCEDURE read_on() LANGUAGE plpgsql AS $$
DECLARE
	page json;
	shard text;
	current text;
BEGIN
	-- a child whose parent has been read to its end
	INSERT INTO reading SELECT s.shard_id, ddb.get_shard_iterator(json_build_object('StreamArn',
		ddb.describe_table('{"TableName": "Rolling"}') #>> '{Table,LatestStreamArn}', 'ShardId', s.shard_id, 'ShardIteratorType', 'TRIM_HORIZON')) ->> 'ShardIterator'
		FROM shards AS s WHERE NOT EXISTS (SELECT FROM reading AS r WHERE r.shard_id = s.shard_id)
		AND (s.parent IS NULL OR EXISTS (SELECT FROM reading AS r WHERE r.shard_id = s.parent AND r.iterator IS NULL));
	FOR shard, current IN SELECT * FROM reading WHERE iterator IS NOT NULL LOOP
		page := ddb.get_records(json_build_object('ShardIterator', current));
		PERFORM note_records('reader', page::jsonb);
		UPDATE reading SET iterator = page ->> 'NextShardIterator' WHERE shard_id = shard;
	END LOOP;
END $$;
SQL

# turn FROM TO: changes of some items, while the reader reads.
turn() {
	put Rolling "$1" "$2"
	put Rolling "$1" "$2" ', "again": {"BOOL": true}'
	sql -o /dev/null -c "SELECT ddb.change_log_wait('1 minute')" -c 'CALL read_on()'
}

create_table Rolling
sql -o /dev/null -c "SELECT ddb.update_continuous_backups('{\"TableName\": \"Rolling\", \"PointInTimeRecoverySpecification\": {\"PointInTimeRecoveryEnabled\": true}}')"
source=$(source_as alice Rolling "'noting'" '{}')
turn 1 10
is "a stream has shards" "$(sql -c 'SELECT count(*), count(parent), count(last) FROM shards')" '2|0|0'
for ((minutes = 10; minutes <= 230; minutes += 10)); do
	clock_ahead $((minutes * 60))
	turn 5 7
done
is "which stay for some hours" "$(sql -c 'SELECT count(*), count(parent), count(last) FROM shards')" '2|0|0'
moment=$(sql -c "SELECT ddb.change_log_wait('1 minute')" -c 'SELECT clock_timestamp()' | tail -1)
clock_ahead $((241 * 60))
turn 1 10
is "then each has one child" "$(sql -c 'SELECT count(*), count(parent), count(last), count(DISTINCT parent) FROM shards')" '4|2|2|2'
is "for the same keys, from where it has ended" \
	"$(sql -c "SELECT bool_and(c.slice = p.slice AND (c.start_time, c.start_ordinal) = (p.end_time, p.end_ordinal) AND p.ended_by = 'rolled')
		FROM ddb.shards AS c JOIN ddb.shards AS p ON p.shard_id = c.parent_id")" t
is "each record is in the stream once" "$(sql -c "SELECT count(*), count(DISTINCT sequence_number), bool_and(sequence_number BETWEEN first AND coalesce(last, repeat('9', 28)))
	FROM ddb.stream_records('Rolling') JOIN shards USING (shard_id)")" '178|178|t'
is "behind the end of its parent's, where that has a child" "$(sql -c "SELECT count(*) FROM shards AS c JOIN shards AS p ON p.shard_id = c.parent WHERE c.first <= p.last")" 0
turn 1 10
clock_ahead $((251 * 60))
turn 11 20
is "a reader comes to the ends of the parents, and reads on in the children" \
	"$(sql -c 'SELECT count(*), count(iterator), count(*) FILTER (WHERE iterator IS NOT NULL AND parent IS NOT NULL) FROM reading JOIN shards USING (shard_id)')" '4|2|2'
is "each record once" "$(seen reader)" '218|218|20'
ok "an event source goes on" wait_until "SELECT count(*) = 218 FROM seen WHERE who = 'source'"
is "with each record once" "$(seen source)" '218|218|20'
for who in reader source; do
	is "in the order of each item: $who" \
		"$(sql -c "SELECT count(*) FROM seen a JOIN seen b USING (who, id) WHERE who = '$who' AND a.number < b.number AND a.sequence > b.sequence")" 0
done
is "and is through with the parents" "$(sql -c "SELECT count(*) FILTER (WHERE finished), count(*) FROM ddb.event_source_positions WHERE source = '$source'")" '2|4'
sql -o /dev/null -c "SELECT ddb.restore_table_to_point_in_time('{\"SourceTableName\": \"Rolling\", \"TargetTableName\": \"Restored\", \"RestoreDateTime\": $(sql -c "SELECT extract(epoch FROM '$moment'::timestamptz)")}')"
ok "a table is restored to a moment before that" wait_until "SELECT ddb.describe_table('{\"TableName\": \"Restored\"}') #>> '{Table,TableStatus}' = 'ACTIVE'"
is "with what it had then" "$(sql -c "SELECT count(*), count(*) FILTER (WHERE (item ->> 'again')::boolean) FROM dynamodb.\"Restored\"")" '10|10'
