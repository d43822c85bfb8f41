#!/bin/bash
# Streams with the log of changes at work: changes of the sample's movies, read equal, record for record, to what was written.
. "$(dirname "$0")/../lib.sh"

# becomes WHAT QUERY VALUE: the query gives the value before long.
becomes() {
	local try answer
	for try in {1..600}; do
		answer=$(sql -c "$2" 2>&1) || true
		[ "$answer" = "$3" ] && break
		sleep 0.1
	done
	is "$1" "$answer" "$3"
}

new_cluster cluster <<<'ddb.stream_shards = 3'
sql -f sample/movies.sql >"$DDB_WORK/out"
sql -o "$DDB_WORK/out" <<'SQL'
CREATE ROLE reader;
CREATE FUNCTION item(response json, member text) RETURNS ddb.item LANGUAGE sql AS $$
	SELECT (response -> member)::text::ddb.item
$$;
CREATE FUNCTION current(key json) RETURNS ddb.item LANGUAGE sql AS $$
	SELECT item(ddb.get_item(json_build_object('TableName', 'Movies', 'Key', key)), 'Item')
$$;
-- What is written, and in which order.
CREATE TABLE written (n serial, event text, old ddb.item, new ddb.item);
-- Runs a statement that changes the item with the key, $1, and notes what has become of it.
CREATE FUNCTION change(key json, statement text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	old ddb.item := current(key);
	new ddb.item;
BEGIN
	EXECUTE statement USING key;
	new := current(key);
	IF old IS DISTINCT FROM new THEN
		INSERT INTO written (event, old, new) VALUES
			(CASE WHEN old IS NULL THEN 'INSERT' WHEN new IS NULL THEN 'REMOVE' ELSE 'MODIFY' END, old, new);
	END IF;
END $$;
CREATE TABLE statements (n serial, statement text);
INSERT INTO statements (statement) VALUES
	($s$SELECT ddb.update_item(json_build_object('TableName', 'Movies', 'Key', $1,
		'UpdateExpression', 'SET seen = if_not_exists(seen, :zero) + :one',
		'ExpressionAttributeValues', '{":zero": {"N": "0"}, ":one": {"N": "1"}}'::json))$s$),
	($s$SELECT ddb.delete_item(json_build_object('TableName', 'Movies', 'Key', $1))$s$),
	($s$SELECT ddb.put_item(json_build_object('TableName', 'Movies', 'Item', $1))$s$),
	($s$SELECT ddb.transact_write_items(json_build_object('TransactItems', json_build_array(
		json_build_object('Update', json_build_object('TableName', 'Movies', 'Key', $1,
			'UpdateExpression', 'SET part_of = :t', 'ExpressionAttributeValues', '{":t": {"S": "a transaction"}}'::json)),
		json_build_object('Delete', json_build_object('TableName', 'Movies',
			'Key', '{"year": {"N": "1"}, "title": {"S": "not there"}}'::json)))))$s$),
	($s$UPDATE dynamodb."Movies" SET item = (item::jsonb || '{"by": "SQL"}')::ddb.item
		WHERE year = ($1 #>> '{year,N}')::numeric AND title = $1 #>> '{title,S}'$s$),
	($s$INSERT INTO dynamodb."Movies" (item) VALUES ($1::text::ddb.item) ON CONFLICT DO NOTHING$s$),
	($s$SELECT ddb.batch_write_item(json_build_object('RequestItems', json_build_object('Movies', json_build_array(
		json_build_object('DeleteRequest', json_build_object('Key', $1))))))$s$);
-- Changes of twenty movies, several in a transaction here and there, and some that are rolled back.
CREATE PROCEDURE change_movies(changes int) LANGUAGE plpgsql AS $$
DECLARE
	keys json[] := ARRAY(SELECT json_build_object('year', item::text::json -> 'year', 'title', item::text::json -> 'title')
		FROM dynamodb."Movies" ORDER BY year, title LIMIT 20);
	choices text[] := ARRAY(SELECT statement FROM statements ORDER BY n);
BEGIN
	PERFORM setseed(0.5);
	FOR i IN 1 .. changes LOOP
		PERFORM change(keys[1 + floor(random() * 20)], choices[1 + floor(random() * cardinality(choices))]);
		IF random() < 0.4 THEN
			COMMIT;
		ELSIF random() < 0.1 THEN
			ROLLBACK;
		END IF;
	END LOOP;
END $$;
CREATE FUNCTION arn() RETURNS text LANGUAGE sql AS $$
	SELECT ddb.describe_table('{"TableName": "Movies"}') #>> '{Table,LatestStreamArn}'
$$;
CREATE FUNCTION described() RETURNS json LANGUAGE sql AS $$
	SELECT ddb.describe_stream(json_build_object('StreamArn', arn())) -> 'StreamDescription'
$$;
CREATE FUNCTION iterator(arn text, shard text, kind text, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.get_shard_iterator(jsonb_build_object('StreamArn', arn, 'ShardId', shard, 'ShardIteratorType', kind) || more) ->> 'ShardIterator'
$$;
-- The records behind an iterator, in pages; of an open shard as far as there are any.
CREATE FUNCTION records(iterator text, page int) RETURNS SETOF json LANGUAGE plpgsql AS $$
DECLARE
	answer json;
BEGIN
	WHILE iterator IS NOT NULL LOOP
		answer := ddb.get_records(json_build_object('ShardIterator', iterator, 'Limit', page));
		RETURN QUERY SELECT json_array_elements(answer -> 'Records');
		iterator := answer ->> 'NextShardIterator';
		EXIT WHEN json_array_length(answer -> 'Records') = 0;
	END LOOP;
END $$;
-- All of a stream, by the operations.
CREATE FUNCTION read_stream(arn text, page int) RETURNS TABLE (shard text, record json) LANGUAGE sql AS $$
	SELECT s ->> 'ShardId', r
	FROM json_array_elements(ddb.describe_stream(json_build_object('StreamArn', arn)) #> '{StreamDescription,Shards}') s,
		records(iterator(arn, s ->> 'ShardId', 'TRIM_HORIZON'), page) r
$$;
SELECT ddb.update_table('{"TableName": "Movies", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}}');
SQL
table_status="SELECT ddb.describe_table('{\"TableName\": \"Movies\"}') #>> '{Table,TableStatus}'"
becomes "a stream is opened" "$table_status" ACTIVE
is "and says so" "$(sql -c "SELECT described() ->> 'StreamStatus'")" ENABLED
is "it has the shards that the setting asks for" "$(sql -c "SELECT json_array_length(described() -> 'Shards')")" 3

sql -c 'CALL change_movies(400)'
becomes "all that has been written is in it" \
	'SELECT (SELECT count(*) FROM dynamodb."Movies:stream") = (SELECT count(*) FROM written)' t
is "the view has it in the same order, with the same images" \
	"$(sql -c 'SELECT event_name, old_image, new_image FROM dynamodb."Movies:stream" ORDER BY sequence_number')" \
	"$(sql -c 'SELECT event, old, new FROM written ORDER BY n')"
is "which is something to compare" "$(sql -c 'SELECT count(DISTINCT event) = 3 AND count(*) > 150 FROM written')" t
written=$(sql -c 'SELECT event, old, new FROM written ORDER BY n')
for page in 1 7 1000; do
	is "GetRecords gives the same in pages of $page" "$(sql -c "SELECT record ->> 'eventName',
		(record #> '{dynamodb,OldImage}')::text::ddb.item, (record #> '{dynamodb,NewImage}')::text::ddb.item
		FROM read_stream(arn(), $page) ORDER BY record #>> '{dynamodb,SequenceNumber}'")" "$written"
done
is "sequence numbers rise within a shard" "$(sql -c "SELECT bool_and(rises) FROM (SELECT record #>> '{dynamodb,SequenceNumber}' >
	lag(record #>> '{dynamodb,SequenceNumber}') OVER (PARTITION BY shard ORDER BY ordinality) AS rises
	FROM read_stream(arn(), 100) WITH ORDINALITY) s")" t
is "all records of a partition key are in one shard" "$(sql -c "SELECT max(shards) FROM (
	SELECT count(DISTINCT shard_id) AS shards FROM dynamodb.\"Movies:stream\" GROUP BY keys -> 'year') s")" 1

first="(SELECT r #>> '{dynamodb,SequenceNumber}' FROM records(iterator(arn(), shard_id, %s), 1) r LIMIT 1)"
numbered="jsonb_build_object('SequenceNumber', sequence_number)"
# shellcheck disable=SC2059
is "iterators begin at a record, behind it, and at its moment" "$(sql -c "SELECT bool_and(at_it = sequence_number), bool_and(behind IS NOT DISTINCT FROM next),
		bool_and(at_time = (SELECT min(o.sequence_number) FROM dynamodb.\"Movies:stream\" o WHERE o.shard_id = s.shard_id AND o.created >= s.created))
	FROM (SELECT *, $(printf "$first" "'AT_SEQUENCE_NUMBER', $numbered") AS at_it, $(printf "$first" "'AFTER_SEQUENCE_NUMBER', $numbered") AS behind,
			$(printf "$first" "'AT_TIMESTAMP', jsonb_build_object('Timestamp', extract(epoch FROM created))") AS at_time
		FROM (SELECT *, lead(sequence_number) OVER (PARTITION BY shard_id ORDER BY sequence_number) AS next,
			row_number() OVER (PARTITION BY shard_id ORDER BY sequence_number DESC) AS n FROM dynamodb.\"Movies:stream\") v
		WHERE n <= 10) s")" 't|t|t'
is "LATEST begins behind all of them" "$(sql -c "SELECT count(*) FROM json_array_elements(described() -> 'Shards') s,
	records(iterator(arn(), s ->> 'ShardId', 'LATEST'), 10) r")" 0
sql -c "CREATE TABLE latest AS SELECT iterator(arn(), s ->> 'ShardId', 'LATEST') FROM json_array_elements(described() -> 'Shards') s"
sql -o "$DDB_WORK/out" -c "SELECT ddb.put_item('{\"TableName\": \"Movies\", \"Item\": {\"year\": {\"N\": \"2026\"}, \"title\": {\"S\": \"latest\"}}}')"
becomes "and has what is written then" "SELECT string_agg(r #>> '{dynamodb,Keys,title,S}', ',') FROM latest, records(iterator, 10) r" latest

stop_cluster "$DDB_WORK/cluster"
start_cluster "$DDB_WORK/cluster"
is "iterators outlast a restart" "$(sql -c "SELECT string_agg(r #>> '{dynamodb,Keys,title,S}', ',') FROM latest, records(iterator, 10) r")" latest

# Items of 300 KB, of which a page has room for three.
sql -o "$DDB_WORK/out" <<'SQL'
CREATE TABLE before_large AS SELECT iterator(arn(), s ->> 'ShardId', 'LATEST') FROM json_array_elements(described() -> 'Shards') s;
SELECT ddb.put_item(json_build_object('TableName', 'Movies', 'Item', json_build_object('year', '{"N": "3000"}'::json,
	'title', json_build_object('S', n::text), 'large', json_build_object('S', repeat('x', 300000))))) FROM generate_series(1, 8) n;
SQL
becomes "large records are all read" "SELECT string_agg(r #>> '{dynamodb,Keys,title,S}', ',') FROM before_large, records(iterator, 1000) r" 1,2,3,4,5,6,7,8
is "in pages of at most 1 MB" "$(sql -c "SELECT max(json_array_length(ddb.get_records(json_build_object('ShardIterator', iterator)) -> 'Records')) FROM before_large")" 3

# The end of a stream, and another one.
sql -o "$DDB_WORK/out" <<'SQL'
CREATE TABLE old AS SELECT arn(), iterator(arn(), s ->> 'ShardId', 'LATEST') FROM json_array_elements(described() -> 'Shards') s;
GRANT SELECT ON dynamodb."Movies:stream" TO reader;
SELECT ddb.update_table('{"TableName": "Movies", "StreamSpecification": {"StreamEnabled": false}}');
SQL
becomes "a stream is closed" "$table_status" ACTIVE
is "and says so" "$(sql -c "SELECT described() ->> 'StreamStatus'")" DISABLED
is "its shards have ends" "$(sql -c "SELECT bool_and(s #>> '{SequenceNumberRange,EndingSequenceNumber}' >= s #>> '{SequenceNumberRange,StartingSequenceNumber}')
	FROM json_array_elements(described() -> 'Shards') s")" t
is "its readers come to an end" "$(sql -c "SELECT count(*), count(ddb.get_records(json_build_object('ShardIterator', iterator)) ->> 'NextShardIterator') FROM old")" '3|0'
sql -o "$DDB_WORK/out" -c "SELECT ddb.put_item('{\"TableName\": \"Movies\", \"Item\": {\"year\": {\"N\": \"2026\"}, \"title\": {\"S\": \"between\"}}}')" \
	-c "SELECT ddb.update_table('{\"TableName\": \"Movies\", \"StreamSpecification\": {\"StreamEnabled\": true, \"StreamViewType\": \"KEYS_ONLY\"}}')"
becomes "another one is opened" "$table_status" ACTIVE
sql -o "$DDB_WORK/out" -c "SELECT ddb.put_item('{\"TableName\": \"Movies\", \"Item\": {\"year\": {\"N\": \"2026\"}, \"title\": {\"S\": \"new\"}}}')"
becomes "which has what is written from then on, and shows what it is to show" \
	"SELECT event_name, keys, new_image, old_image, created > now() - interval '1 hour', expired FROM dynamodb.\"Movies:stream\"" \
	'INSERT|{"title":{"S":"new"},"year":{"N":"2026"}}|||t|f'
is "the old one has what it had" "$(sql -c "SELECT count(*) - 9 - (SELECT count(*) FROM written) FROM read_stream((SELECT DISTINCT arn FROM old), 1000)")" 0
is "both are listed" "$(sql -c "SELECT json_array_length(ddb.list_streams('{\"TableName\": \"Movies\"}') -> 'Streams')")" 2

# A dump brings the view and its grants, and another stream begins.
pg_dumpall --roles-only | grep -v 'ROLE postgres' >"$DDB_WORK/roles.sql"
pg_dump >"$DDB_WORK/dump.sql"

sql -c "CREATE TABLE dropped AS SELECT arn(), s ->> 'ShardId' AS shard FROM json_array_elements(described() -> 'Shards') s" \
	-c 'GRANT SELECT ON dropped TO reader' -o "$DDB_WORK/out" -c "SELECT ddb.delete_table('{\"TableName\": \"Movies\"}')"
becomes "the stream of a table that is deleted ends" "SELECT count(*) FROM ddb.streams WHERE status = 'DISABLED'" 2
is "and can be read by those who could" "$(sql -c 'SET ROLE reader' -c "SELECT r #>> '{dynamodb,Keys,title,S}' FROM dropped,
	records(iterator(arn, shard, 'TRIM_HORIZON'), 100) r")" new
stop_cluster "$DDB_WORK/cluster"

new_cluster restored <<<'ddb.stream_shards = 2'
sql -o "$DDB_WORK/out" -f "$DDB_WORK/roles.sql"
ok "a dump is restored without an error" sql -o "$DDB_WORK/out" -f "$DDB_WORK/dump.sql"
becomes "another stream begins" "$table_status" ACTIVE
is "of the newest one's kind" "$(sql -c "SELECT described() ->> 'StreamViewType', described() ->> 'StreamStatus', json_array_length(described() -> 'Shards')")" 'KEYS_ONLY|ENABLED|2'
sql -o "$DDB_WORK/out" -c "SELECT ddb.put_item('{\"TableName\": \"Movies\", \"Item\": {\"year\": {\"N\": \"2026\"}, \"title\": {\"S\": \"restored\"}}}')"
becomes "which the reader may read" "SET ROLE reader; SELECT keys ->> 'title' FROM dynamodb.\"Movies:stream\"" restored

# What is older than the retention is trimmed.
sql -o "$DDB_WORK/out" <<'SQL'
CREATE TABLE place AS SELECT shard_id AS shard, sequence_number, iterator(arn(), shard_id, 'AT_SEQUENCE_NUMBER',
	jsonb_build_object('SequenceNumber', sequence_number)) AS slow FROM dynamodb."Movies:stream";
CREATE TABLE quick AS SELECT ddb.get_records(json_build_object('ShardIterator', slow)) ->> 'NextShardIterator' AS iterator FROM place;
CREATE TABLE quicker AS SELECT ddb.get_records(json_build_object('ShardIterator', iterator)) ->> 'NextShardIterator' AS iterator FROM quick;
ALTER SYSTEM SET ddb.stream_retention = '1s';
SELECT pg_reload_conf();
SQL
becomes "old records are trimmed" "SELECT count(*) FROM place, records(iterator(arn(), shard, 'TRIM_HORIZON'), 10)" 0
like "a reader who was too slow hears of it" "$(sql -c "SELECT ddb.get_records(json_build_object('ShardIterator', slow)) FROM place" 2>&1)" \
	'TrimmedDataAccessException: The data you are trying to access has been trimmed'
like "as does who asks for one of them" "$(sql -c "SELECT iterator(arn(), shard, 'AFTER_SEQUENCE_NUMBER', jsonb_build_object('SequenceNumber', sequence_number)) FROM place" 2>&1)" \
	TrimmedDataAccessException
is "a reader who has had all goes on" "$(sql -c "SELECT json_array_length(ddb.get_records(json_build_object('ShardIterator', iterator)) -> 'Records') FROM quicker")" 0
stop_cluster "$DDB_WORK/restored"

new_cluster replica <<<'wal_level = replica'
sql -f sample/movies.sql >"$DDB_WORK/out"
like "a server that cannot have a stream says why" "$(sql -c "SELECT ddb.update_table('{\"TableName\": \"Movies\",
	\"StreamSpecification\": {\"StreamEnabled\": true, \"StreamViewType\": \"KEYS_ONLY\"}}')" 2>&1)" 'Streams.*wal_level'
is "and asks for nothing" "$(sql -c 'SELECT count(*) FROM ddb.streams' -c "$table_status")" "0
ACTIVE"
