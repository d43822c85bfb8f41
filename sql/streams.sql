-- needs: preloading, the log of changes
-- Streams: what their requests may say, and who may read one.  Everything is in
-- one transaction, so that the log does not see it; what it does, test/server/streams.sh tests.
\set VERBOSITY terse
\set ON_ERROR_ROLLBACK on
\pset format unaligned
\pset tuples_only on
CREATE ROLE ddb_owner;
CREATE ROLE ddb_reader;
CREATE ROLE ddb_heir;
CREATE ROLE ddb_stranger;
GRANT CREATE ON SCHEMA dynamodb TO ddb_owner;
BEGIN;

CREATE FUNCTION described(request json) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', t->>'TableStatus', t->>'StreamSpecification',
		CASE WHEN (t->>'LatestStreamLabel') ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$'
			AND (t->>'LatestStreamArn') = (t->>'TableArn') || '/stream/' || (t->>'LatestStreamLabel') THEN 'and its label' END)
	FROM (SELECT coalesce(request->'TableDescription', request->'Table') AS t) AS described
$$;
CREATE FUNCTION described() RETURNS text LANGUAGE sql AS $$
	SELECT described(ddb.describe_table('{"TableName": "Films"}'))
$$;
-- as the log does it
CREATE FUNCTION set_status(new_status text) RETURNS void LANGUAGE sql AS $$
	UPDATE ddb.streams SET status = new_status WHERE label = (SELECT max(label) FROM ddb.streams)
$$;

---- CreateTable

SELECT ddb.create_table('{"TableName": "Bad", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
	"StreamSpecification": {"StreamEnabled": true}}');
SELECT ddb.create_table('{"TableName": "Bad", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
	"StreamSpecification": {"StreamEnabled": false, "StreamViewType": "KEYS_ONLY"}}');
SELECT ddb.create_table('{"TableName": "Bad", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
	"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "IMAGES"}}');
SET ROLE ddb_owner;
SELECT described(ddb.create_table('{"TableName": "Films", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "year", "AttributeType": "N"}, {"AttributeName": "title", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}, {"AttributeName": "title", "KeyType": "RANGE"}],
	"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}}'));
SELECT described();
SELECT ddb.update_table('{"TableName": "Films", "StreamSpecification": {"StreamEnabled": false}}');
RESET ROLE;
SELECT set_status('ENABLED');
SELECT described();

---- UpdateTable

SET ROLE ddb_owner;
SELECT ddb.update_table('{"TableName": "Films", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}}');
SELECT ddb.update_table('{"TableName": "Films", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}}');
SELECT ddb.update_table('{"TableName": "Films", "StreamSpecification": {"StreamEnabled": true}}');
SELECT ddb.update_table('{"TableName": "Films", "StreamSpecification": {"StreamEnabled": false, "StreamViewType": "KEYS_ONLY"}}');
SELECT ddb.update_table('{"TableName": "Films", "StreamSpecification": {"StreamEnabled": false}, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}');
SELECT described(ddb.update_table('{"TableName": "Films", "StreamSpecification": {"StreamEnabled": false}}'));
SELECT described();
SELECT ddb.update_table('{"TableName": "Films", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}}');
RESET ROLE;
SELECT set_status('DISABLED');
SELECT described();
SET ROLE ddb_owner;
SELECT ddb.update_table('{"TableName": "Films", "StreamSpecification": {"StreamEnabled": false}}');
SELECT described(ddb.update_table('{"TableName": "Films", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"}}'));
SELECT described();
RESET ROLE;
SELECT set_status('ENABLED');
SELECT described();
-- a new stream has a new label, and its table's view
SELECT count(*), count(DISTINCT label), count(DISTINCT view) FROM ddb.streams;
SELECT pg_get_userbyid(relowner), view, view_type, status, key_schema FROM ddb.streams JOIN pg_class c ON c.oid = view ORDER BY label;

---- ListStreams and DescribeStream

SELECT label AS old, (SELECT max(label) FROM ddb.streams) AS new FROM ddb.streams ORDER BY label LIMIT 1 \gset
\set arn 'arn:aws:dynamodb:us-east-1:000000000000:table/Films/stream/' :new
\set old_arn 'arn:aws:dynamodb:us-east-1:000000000000:table/Films/stream/' :old
CREATE FUNCTION listed(request json) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(ddb.list_streams(request)::text, '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}', 'LABEL', 'g')
$$;
SELECT listed('{}');
SELECT listed('{"Limit": 1}');
SELECT json_array_length(ddb.list_streams(json_build_object('ExclusiveStartStreamArn', :'old_arn')) -> 'Streams');
SELECT json_array_length(ddb.list_streams(json_build_object('ExclusiveStartStreamArn', :'arn')) -> 'Streams');
SELECT json_array_length(ddb.list_streams(json_build_object('ExclusiveStartStreamArn', :'old_arn', 'TableName', 'Films')) -> 'Streams');
SELECT json_array_length(ddb.list_streams(json_build_object('ExclusiveStartStreamArn', :'old_arn', 'TableName', 'Others')) -> 'Streams');
SELECT listed('{"TableName": "Others"}');
SELECT listed('{"TableName": "O"}');
SELECT listed('{"Limit": 0}');
SELECT listed('{"Limit": 101}');
SELECT listed('{"ExclusiveStartStreamArn": "Films"}');
SELECT replace(replace((ddb.describe_stream(json_build_object('StreamArn', :'arn')) -> 'StreamDescription')::text, :'new', 'LABEL'),
	(SELECT (extract(epoch FROM created)::numeric(20, 3))::text FROM ddb.streams WHERE label = :'new'), 'CREATED');
SELECT ddb.describe_stream('{}');
SELECT ddb.describe_stream('{"StreamArn": "Films"}');
SELECT ddb.describe_stream('{"StreamArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Films"}');
SELECT ddb.describe_stream('{"StreamArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Films/stream/"}');
SELECT ddb.describe_stream('{"StreamArn": "arn:aws:dynamodb:eu-west-1:000000000000:table/Films/stream/2026-01-01T00:00:00.000"}');
SELECT ddb.describe_stream('{"StreamArn": "arn:aws:dynamodb:us-east-1:111111111111:table/Films/stream/2026-01-01T00:00:00.000"}');
SELECT ddb.describe_stream('{"StreamArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Films/stream/2026-01-01T00:00:00.000"}');
SELECT ddb.describe_stream(json_build_object('StreamArn', :'arn', 'Limit', 101));
SELECT ddb.describe_stream(json_build_object('StreamArn', :'arn', 'ShardFilter', json_build_object('Type', 'CHILD_SHARDS')));
SELECT ddb.describe_stream(json_build_object('StreamArn', :'arn', 'ShardFilter', json_build_object('Type', 'PARENTS', 'ShardId', 'shardId-00000000000000000001-00000001')));
SELECT ddb.describe_stream(json_build_object('StreamArn', :'arn', 'ExclusiveStartShardId', 'shard'));

-- shards as the log makes them: one that has been closed, its open child, and one of another slice that has been open for years
SELECT (extract(epoch FROM now())::bigint - 3600) * 1000000 AS recent \gset
INSERT INTO ddb.shards (shard, relation, label, shard_id, parent_id, slice, slices, start_time, start_ordinal, end_time, end_ordinal, ended_by, partition_key, sort_key)
	SELECT 9000000000000000000 + i, 'dynamodb."Films"'::regclass, :'new', 'shardId-' || lpad(i::text, 20, '0') || '-0000000' || i,
	CASE i WHEN 3 THEN 'shardId-00000000000000000001-00000001' END, i % 2, 2,
	CASE i WHEN 3 THEN :recent ELSE 1700000000000000 END, 0,
	CASE i WHEN 1 THEN :recent END, CASE i WHEN 1 THEN 0 END, CASE i WHEN 1 THEN 'rolled' END, 'year', 'title'
	FROM generate_series(1, 3) i;
CREATE FUNCTION shards(request json) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT replace(replace(json_array_elements(d -> 'Shards')::text, (SELECT max(start_time)::text FROM ddb.shards WHERE shard > 9000000000000000000), 'RECENT'),
		(SELECT (max(start_time) - 1)::text FROM ddb.shards WHERE shard > 9000000000000000000), 'JUST BEFORE') FROM (SELECT ddb.describe_stream(request) -> 'StreamDescription' AS d) s
	UNION ALL SELECT 'and so on behind ' || (ddb.describe_stream(request) #>> '{StreamDescription,LastEvaluatedShardId}')
$$;
SELECT shards(json_build_object('StreamArn', :'arn'));
SELECT shards(json_build_object('StreamArn', :'arn', 'Limit', 2));
SELECT shards(json_build_object('StreamArn', :'arn', 'Limit', 2, 'ExclusiveStartShardId', 'shardId-00000000000000000002-00000002'));
SELECT shards(json_build_object('StreamArn', :'arn', 'ShardFilter', json_build_object('Type', 'CHILD_SHARDS', 'ShardId', 'shardId-00000000000000000001-00000001')));

---- GetShardIterator and GetRecords

CREATE FUNCTION iterator(shard integer, kind text, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.get_shard_iterator(jsonb_build_object('ShardIteratorType', kind, 'ShardId', 'shardId-' || lpad(shard::text, 20, '0') || '-0000000' || shard,
		'StreamArn', (SELECT 'arn:aws:dynamodb:us-east-1:000000000000:table/Films/stream/' || max(label) FROM ddb.streams)) || more) ->> 'ShardIterator'
$$;
CREATE FUNCTION records(iterator text, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', r ->> 'Records', left(r ->> 'NextShardIterator', 66)) FROM
		(SELECT ddb.get_records(jsonb_build_object('ShardIterator', iterator) || more) AS r) s
$$;
SELECT records(iterator(1, 'TRIM_HORIZON')) AS of_closed;
SELECT records(iterator(1, 'LATEST')) AS of_closed;
SELECT records(iterator(3, 'TRIM_HORIZON')) ~ '^\[\] arn:aws:dynamodb:us-east-1:000000000000:table/Films/stream/' AS of_open;
SELECT records(iterator(3, 'LATEST')) ~ '^\[\] arn:aws:dynamodb:us-east-1:000000000000:table/Films/stream/' AS of_open;
SELECT length(iterator(3, 'AT_TIMESTAMP', '{"Timestamp": 1700000000}')) > 100;
SELECT length(iterator(3, 'AT_TIMESTAMP', jsonb_build_object('Timestamp', extract(epoch FROM now())))) > 100;
SELECT iterator(3, 'AT_TIMESTAMP', '{"Timestamp": 9999999999.5}');
SELECT iterator(3, 'AT_TIMESTAMP', '{"Timestamp": "now"}');
SELECT iterator(3, 'AT_TIMESTAMP');
SELECT iterator(3, 'AT_SEQUENCE_NUMBER');
SELECT iterator(3, 'AT_SEQUENCE_NUMBER', '{"SequenceNumber": "12"}');
SELECT iterator(3, 'AT_SEQUENCE_NUMBER', '{"SequenceNumber": "one hundred thousand million"}');
SELECT iterator(3, 'AT_SEQUENCE_NUMBER', '{"SequenceNumber": "1700000000000000000000000000"}');
SELECT length(iterator(3, 'AT_SEQUENCE_NUMBER', jsonb_build_object('SequenceNumber', :'recent' || '000000000000'))) > 100;
SELECT length(iterator(3, 'AFTER_SEQUENCE_NUMBER', jsonb_build_object('SequenceNumber', :'recent' || '000000000000'))) > 100;
SELECT iterator(2, 'AT_SEQUENCE_NUMBER', '{"SequenceNumber": "1700000001000000000000000000"}');
SELECT iterator(1, 'AT_SEQUENCE_NUMBER', jsonb_build_object('SequenceNumber', :'recent' || '000000000001'));
SELECT iterator(4, 'LATEST');
SELECT iterator(3, 'OLDEST');
SELECT ddb.get_shard_iterator('{}');
SELECT ddb.get_shard_iterator(json_build_object('StreamArn', :'old_arn', 'ShardId', 'shardId-00000000000000000003-00000003', 'ShardIteratorType', 'LATEST'));
SELECT ddb.get_records('{}');
SELECT ddb.get_records('{"ShardIterator": ""}');
SELECT records('iterator');
SELECT records(iterator(3, 'LATEST'), '{"Limit": 0}');
SELECT records(iterator(3, 'LATEST'), '{"Limit": 1001}');
-- an iterator cannot be made, changed or taken to another stream
SELECT records(overlay(iterator(3, 'LATEST') PLACING 'Z' FROM length(:'arn') + 10 FOR 1));
SELECT records(replace(iterator(3, 'LATEST'), :'new', :'old'));
SELECT records(:'arn' || '|1|' || encode('0123456789012345678901234567890123456789012345678901234567890123456789', 'base64'));
SELECT records(left(iterator(3, 'LATEST'), -4));
SELECT records(E'\u0001' || iterator(3, 'LATEST'));
-- with the secret one could: an iterator of another moment, or of another database
CREATE FUNCTION hmac(key bytea, message bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
	inner_key bytea := '';
	outer_key bytea := '';
BEGIN
	FOR i IN 0 .. 63 LOOP
		inner_key := inner_key || set_byte('\x00', 0, CASE WHEN i < length(key) THEN get_byte(key, i) ELSE 0 END # 54);
		outer_key := outer_key || set_byte('\x00', 0, CASE WHEN i < length(key) THEN get_byte(key, i) ELSE 0 END # 92);
	END LOOP;
	RETURN sha256(outer_key || sha256(inner_key || message));
END $$;
CREATE FUNCTION changed(iterator text, changed_at integer, change bytea) RETURNS text LANGUAGE sql AS $$
	SELECT head || translate(encode(body || hmac((SELECT secret FROM ddb.stream_secret), convert_to(head, 'UTF8') || body), 'base64'), E'\n', '')
	FROM (SELECT substring(iterator FROM '^.*\|1\|') AS head) h,
		LATERAL (SELECT decode(substring(iterator FROM '[^|]*$'), 'base64') AS bytes) b,
		LATERAL (SELECT overlay(substring(bytes FOR length(bytes) - 32) PLACING change FROM changed_at) AS body) c
$$;
SELECT records(changed(iterator(1, 'TRIM_HORIZON'), 1, '\x01'));
SELECT records(changed(iterator(1, 'TRIM_HORIZON'), 2, '\x00000000'));
SELECT records(changed(iterator(1, 'TRIM_HORIZON'), 6, int8send((extract(epoch FROM now() - interval '14 minutes' - timestamptz '2000-01-01 00:00:00Z') * 1000000)::bigint)));
SELECT records(changed(iterator(1, 'TRIM_HORIZON'), 6, int8send((extract(epoch FROM now() - interval '15 minutes 1 second' - timestamptz '2000-01-01 00:00:00Z') * 1000000)::bigint)));
-- that of a reader who was too slow, and of one who has had all there was
SELECT records(changed(iterator(2, 'TRIM_HORIZON'), 1, '\x00'));
SELECT records(iterator(2, 'TRIM_HORIZON')) ~ '^\[\] arn';
SAVEPOINT secrets;
SELECT iterator(3, 'LATEST') AS iterator \gset
UPDATE ddb.stream_secret SET secret = sha256(secret);
SELECT records(:'iterator');
ROLLBACK TO secrets;
SELECT records(:'iterator') IS NOT NULL;

---- Who may read

CREATE FUNCTION as_role(reader text) RETURNS TABLE (door text, answer text) LANGUAGE plpgsql AS $$
DECLARE
	query text;
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', reader);
	FOR door, query IN VALUES ('GetShardIterator', $q$SELECT count(iterator(3, 'LATEST'))$q$),
		('GetRecords', $q$SELECT count(records(current_setting('test.iterator')))$q$),
		('stream_records()', $q$SELECT count(*) FROM ddb.stream_records('Films')$q$),
		('view', $q$SELECT count(*) FROM dynamodb."Films:stream"$q$)
	LOOP
		BEGIN
			EXECUTE query INTO answer;
			answer := 'reads';
		EXCEPTION WHEN OTHERS THEN
			answer := regexp_replace(SQLERRM, '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}', 'LABEL');
		END;
		RETURN NEXT;
	END LOOP;
	RESET ROLE;
END $$;
SELECT set_config('test.iterator', :'iterator', true) IS NULL;
SELECT * FROM as_role('ddb_owner');
SELECT * FROM as_role('ddb_reader');
GRANT SELECT ON dynamodb."Films" TO ddb_reader;	-- the items are one thing, their changes another
SELECT * FROM as_role('ddb_reader');
REVOKE ALL ON dynamodb."Films" FROM ddb_reader;
SET ROLE ddb_owner;
GRANT SELECT ON dynamodb."Films:stream" TO ddb_reader;
RESET ROLE;
SELECT * FROM as_role('ddb_reader');
SELECT * FROM as_role('ddb_stranger');
-- whoever may not read may list and describe, as for tables
SET ROLE ddb_stranger;
SELECT json_array_length(ddb.list_streams('{}') -> 'Streams');
SELECT ddb.describe_stream(json_build_object('StreamArn', :'arn')) #>> '{StreamDescription,StreamStatus}';
SELECT count(*) FROM ddb.stream_secret;
RESET ROLE;
-- row-level security
ALTER TABLE dynamodb."Films" ENABLE ROW LEVEL SECURITY;
SELECT * FROM as_role('ddb_reader');
SELECT * FROM as_role('ddb_owner');
ALTER TABLE dynamodb."Films" FORCE ROW LEVEL SECURITY;
SELECT * FROM as_role('ddb_owner');
ALTER TABLE dynamodb."Films" NO FORCE ROW LEVEL SECURITY;
SET row_security = off;
SELECT * FROM as_role('ddb_reader');
RESET row_security;
ALTER TABLE dynamodb."Films" DISABLE ROW LEVEL SECURITY;
-- the view has the owner of its table
ALTER TABLE dynamodb."Films" OWNER TO ddb_heir;
SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'Films:stream';
ALTER VIEW dynamodb."Films:stream" OWNER TO ddb_stranger;
SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'Films:stream';
SELECT * FROM as_role('ddb_heir');
SELECT * FROM as_role('ddb_owner');
SELECT * FROM as_role('ddb_reader');
-- a view of the same name that somebody else has made is none
SAVEPOINT view;
ALTER VIEW dynamodb."Films:stream" RENAME TO "Films stream";
SET ROLE ddb_owner;
CREATE VIEW dynamodb."Films:stream" AS SELECT 1;
RESET ROLE;
SELECT answer FROM as_role('ddb_owner') LIMIT 1;
SELECT answer FROM as_role('ddb_reader') LIMIT 1;
DROP VIEW dynamodb."Films stream";
SELECT answer FROM as_role('ddb_reader') LIMIT 1;
SELECT answer FROM as_role('ddb_heir') LIMIT 1;
GRANT CREATE ON SCHEMA dynamodb TO ddb_heir;
SELECT set_status('DISABLED');
SET ROLE ddb_heir;
SELECT described(ddb.update_table('{"TableName": "Films", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}}'));
RESET ROLE;
SELECT view::regclass::text ~ 'Films:stream_\d+', pg_get_userbyid(relowner) FROM ddb.streams JOIN pg_class c ON c.oid = view;
ROLLBACK TO view;
-- nobody writes what streams there are
SET ROLE ddb_owner;
INSERT INTO ddb.streams (relation, table_name, view_type, key_schema) VALUES ('dynamodb."Films"', 'Films', 'KEYS_ONLY', '[]');
UPDATE ddb.streams SET view = NULL;
RESET ROLE;
GRANT ALL ON ddb.streams, ddb.stream_secret TO ddb_owner;
SET ROLE ddb_owner;
UPDATE ddb.streams SET view = NULL;
DELETE FROM ddb.stream_secret;
RESET ROLE;

---- Dropped tables

SAVEPOINT before_drop;
SELECT iterator(1, 'TRIM_HORIZON') AS iterator \gset
SELECT set_config('test.iterator', :'iterator', true) IS NULL;
SELECT described(ddb.delete_table('{"TableName": "Films"}'));
SELECT status FROM ddb.streams ORDER BY label;
SELECT to_regclass('dynamodb."Films:stream"') IS NULL;
SELECT * FROM as_role('ddb_heir') WHERE door LIKE 'Get%';
SELECT * FROM as_role('ddb_reader') WHERE door LIKE 'Get%';
SELECT * FROM as_role('ddb_owner') WHERE door LIKE 'Get%';
-- another table of the name has nothing to do with it
SELECT described(ddb.create_table('{"TableName": "Films", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}'));
SELECT described();
SELECT records(:'iterator');
ROLLBACK TO before_drop;
-- dropped in SQL, or with row-level security, it is its owner's
DROP TABLE dynamodb."Films";
SELECT status FROM ddb.streams ORDER BY label;
SELECT to_regclass('dynamodb."Films:stream"') IS NULL;
SELECT * FROM as_role('ddb_heir') WHERE door LIKE 'Get%';
SELECT * FROM as_role('ddb_reader') WHERE door LIKE 'Get%';
ROLLBACK TO before_drop;
-- a reader's view is in the way as one on the table is
CREATE VIEW ddb_readers_view AS SELECT * FROM dynamodb."Films:stream";
SAVEPOINT restricted;
DROP TABLE dynamodb."Films";
ROLLBACK TO restricted;
DROP TABLE dynamodb."Films" CASCADE;
SELECT to_regclass('dynamodb."Films:stream"') IS NULL, to_regclass('ddb_readers_view') IS NULL;
ROLLBACK TO before_drop;
ALTER TABLE dynamodb."Films" ENABLE ROW LEVEL SECURITY;
SELECT described(ddb.delete_table('{"TableName": "Films"}'));
SELECT answer FROM as_role('ddb_heir') LIMIT 1;
SELECT answer FROM as_role('ddb_reader') LIMIT 1;

ROLLBACK;
REVOKE CREATE ON SCHEMA dynamodb FROM ddb_owner;
DROP ROLE ddb_owner, ddb_reader, ddb_heir, ddb_stranger;

---- What is not in WAL

SELECT ddb.create_table('{"TableName": "Unlogged", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]}') IS NOT NULL AS created;
ALTER TABLE dynamodb."Unlogged" SET UNLOGGED;
SELECT ddb.update_table('{"TableName": "Unlogged", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}}');
SELECT ddb.update_continuous_backups('{"TableName": "Unlogged", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}');
SELECT ddb.delete_table('{"TableName": "Unlogged"}') IS NOT NULL AS deleted;
