-- needs: preloading
-- UpdateTimeToLive, DescribeTimeToLive, and what they are kept by
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION pg_temp.create_table(name text, keys text DEFAULT 'id S') RETURNS boolean LANGUAGE sql AS $$
	SELECT ddb.create_table(jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', jsonb_agg(jsonb_build_object('AttributeName', split_part(k, ' ', 1), 'AttributeType', split_part(k, ' ', 2))),
		'KeySchema', jsonb_agg(jsonb_build_object('AttributeName', split_part(k, ' ', 1), 'KeyType', CASE n WHEN 1 THEN 'HASH' ELSE 'RANGE' END)))) IS NOT NULL
	FROM unnest(string_to_array(keys, ', ')) WITH ORDINALITY AS k (k, n)
$$;
CREATE FUNCTION pg_temp.ttl(name text, attribute text, enabled boolean DEFAULT true) RETURNS json LANGUAGE sql AS $$
	SELECT ddb.update_time_to_live(jsonb_build_object('TableName', name, 'TimeToLiveSpecification', jsonb_build_object('Enabled', enabled, 'AttributeName', attribute)))
$$;
CREATE FUNCTION pg_temp.described(name text) RETURNS json LANGUAGE sql AS $$
	SELECT ddb.describe_time_to_live(jsonb_build_object('TableName', name))
$$;
-- Waits until the query gives true; at most a minute.
CREATE PROCEDURE wait_until(query text) LANGUAGE plpgsql AS $$
DECLARE
	done boolean;
BEGIN
	FOR i IN 1 .. 600 LOOP
		EXECUTE query INTO done;
		EXIT WHEN done;
		COMMIT;
		PERFORM pg_sleep(0.1);
	END LOOP;
	RAISE INFO '%', CASE WHEN done THEN 'done' ELSE 'still not' END;
END
$$;

-- the states of a table without items
SELECT pg_temp.create_table('Lasting');
SELECT pg_temp.described('Lasting');
SELECT pg_temp.ttl('Lasting', 'expires', false);
SELECT pg_temp.ttl('Lasting', 'expires');
SELECT pg_temp.described('Lasting');
SELECT pg_temp.ttl('Lasting', 'expires');
SELECT pg_temp.ttl('Lasting', 'other');
SELECT pg_temp.ttl('Lasting', 'other', false);
SELECT pg_temp.ttl('Lasting', 'expires', false);
SET ddb.ttl_change_interval = 0;
SELECT pg_temp.ttl('Lasting', 'expires', false);
SELECT pg_temp.described('Lasting');
SELECT pg_temp.ttl('Lasting', 'expires', false);
SELECT relation FROM ddb.indexes WHERE table_relation = 'dynamodb."Lasting"'::regclass;
SELECT to_regclass('dynamodb."Lasting/(expiry)"');
BEGIN;
SELECT pg_temp.ttl('arn:aws:dynamodb:us-east-1:000000000000:table/Lasting', 'other');
SELECT pg_temp.described('arn:aws:dynamodb:us-east-1:000000000000:table/Lasting');
ROLLBACK;
SELECT pg_temp.described('Lasting');

-- what is wrong with a request
SELECT ddb.update_time_to_live('{}');
SELECT ddb.describe_time_to_live('{}');
SELECT ddb.update_time_to_live('{"TableName": "Lasting"}');
SELECT ddb.update_time_to_live('{"TableName": "Lasting", "TimeToLiveSpecification": {}}');
SELECT ddb.update_time_to_live('{"TableName": "Lasting", "TimeToLiveSpecification": {"Enabled": [], "AttributeName": "a"}}');
SELECT ddb.update_time_to_live('{"TableName": "a", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": ""}}');
SELECT pg_temp.ttl('Lasting', '');
SELECT length(pg_temp.ttl('Lasting', repeat('a', 255))::text);
SELECT length(pg_temp.ttl('Lasting', repeat('a', 255), false)::text);
DO $$
BEGIN
	PERFORM pg_temp.ttl('Lasting', repeat('a', 256));
EXCEPTION WHEN OTHERS THEN
	RAISE INFO '%', replace(SQLERRM, repeat('a', 256), '<256 a>');
END
$$;
SELECT pg_temp.ttl('Nowhere', 'expires');
SELECT pg_temp.described('Nowhere');

-- the index holds every number, and is no index for anybody
SELECT pg_temp.ttl('Lasting', 'expires');
INSERT INTO dynamodb."Lasting" (item) SELECT format('{"id": {"S": "%s"}, "text": {"S": "x"}%s}', n, ', "expires": ' || t)::ddb.item
	FROM unnest(ARRAY['{"N": "4102444800"}', '{"S": "1"}', NULL, '{"N": "1e100"}', '{"N": "-5"}', '{"NULL": true}', '{"M": {"expires": {"N": "1"}}}', '{"N": "4102444800.5"}', '{"N": "0"}']) WITH ORDINALITY AS x (t, n);
SELECT item FROM dynamodb."Lasting/(expiry)" ORDER BY expires;
SELECT ddb.put_item('{"TableName": "Lasting", "Item": {"id": {"S": "2"}, "expires": {"N": "4102444801"}}, "ReturnConsumedCapacity": "INDEXES"}');
SELECT ddb.update_item('{"TableName": "Lasting", "Key": {"id": {"S": "1"}}, "UpdateExpression": "REMOVE expires"}');
SELECT ddb.update_item('{"TableName": "Lasting", "Key": {"id": {"S": "4"}}, "UpdateExpression": "SET expires = :s", "ExpressionAttributeValues": {":s": {"S": ""}}}');
SELECT ddb.delete_item('{"TableName": "Lasting", "Key": {"id": {"S": "5"}}}');
UPDATE dynamodb."Lasting" SET item = '{"id": {"S": "9"}, "expires": {"N": "4102444809"}}' WHERE id = '9';
SELECT item FROM dynamodb."Lasting/(expiry)" ORDER BY expires;
SELECT * FROM ddb.check_indexes('Lasting');
SELECT * FROM ddb.check_catalog();
SELECT d->'GlobalSecondaryIndexes', d->'LocalSecondaryIndexes', d->'AttributeDefinitions' FROM (SELECT ddb.describe_table('{"TableName": "Lasting"}')->'Table') x (d);
SELECT ddb.scan('{"TableName": "Lasting", "IndexName": "(expiry)"}');
SELECT ddb.execute_statement('{"Statement": "SELECT * FROM \"Lasting\".\"(expiry)\""}');
SELECT ddb.update_table('{"TableName": "Lasting", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "(expiry)"}}]}');
DELETE FROM dynamodb."Lasting/(expiry)";
ALTER TABLE dynamodb."Lasting/(expiry)" DROP COLUMN expires CASCADE;
TRUNCATE dynamodb."Lasting";
SELECT count(*) FROM dynamodb."Lasting/(expiry)";

-- of a table with items it is filled
SELECT pg_temp.ttl('Lasting', 'expires', false);
INSERT INTO dynamodb."Lasting" (item) SELECT format('{"id": {"S": "%s"}, "times": {"%s": "%s"}}', n, CASE n % 3 WHEN 0 THEN 'S' ELSE 'N' END, 4102444800 + n)::ddb.item
	FROM generate_series(1, 500) n;
SELECT pg_temp.ttl('Lasting', 'times');
CALL wait_until($$ SELECT ddb.describe_time_to_live('{"TableName": "Lasting"}')::jsonb = '{"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "times"}}' $$);
SELECT count(*) FROM dynamodb."Lasting/(expiry)";
SELECT * FROM ddb.check_indexes('Lasting');

-- beside as many indexes as a table may have
SELECT ddb.create_table(jsonb_build_object('TableName', 'Crowded', 'BillingMode', 'PAY_PER_REQUEST', 'KeySchema', '[{"AttributeName": "id", "KeyType": "HASH"}]'::jsonb,
	'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "N"}]'::jsonb,
	'GlobalSecondaryIndexes', jsonb_agg(jsonb_build_object('IndexName', 'index' || n, 'Projection', '{"ProjectionType": "KEYS_ONLY"}'::jsonb, 'KeySchema', '[{"AttributeName": "id", "KeyType": "HASH"}]'::jsonb)))) IS NOT NULL
	FROM generate_series(1, 20) n;
SELECT pg_temp.ttl('Crowded', 'id');
SELECT ddb.put_item('{"TableName": "Crowded", "Item": {"id": {"N": "4102444800"}}}');
SELECT ddb.put_item('{"TableName": "Crowded", "Item": {"id": {"N": "1000"}}}');
SELECT item FROM dynamodb."Crowded/(expiry)" ORDER BY id;
SELECT * FROM ddb.check_indexes('Crowded');
SELECT ddb.query('{"TableName": "Crowded", "IndexName": "index7", "KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": {"N": "1000"}}}');
SELECT ddb.delete_table('{"TableName": "Crowded"}') IS NOT NULL;
SELECT to_regclass('dynamodb."Crowded/(expiry)"');

-- a key of another type never expires, one that is a number does
SELECT pg_temp.create_table('Keyed', 'id S, at N');
SELECT pg_temp.ttl('Keyed', 'id');
SELECT pg_temp.described('Keyed');
SELECT name FROM ddb.indexes WHERE table_relation = 'dynamodb."Keyed"'::regclass;
SELECT pg_temp.ttl('Keyed', 'id', false);
SELECT pg_temp.ttl('Keyed', 'at');
SELECT ddb.put_item(format('{"TableName": "Keyed", "Item": {"id": {"S": "%s"}, "at": {"N": "%s"}}}', t, t)) FROM unnest(ARRAY[4102444800, 1000]) t;
SELECT item FROM dynamodb."Keyed/(expiry)" ORDER BY at;
SELECT * FROM ddb.check_indexes('Keyed');
-- whoever drops the index has switched it off
DROP TABLE dynamodb."Keyed/(expiry)";
SELECT pg_temp.described('Keyed');
SELECT ddb.put_item('{"TableName": "Keyed", "Item": {"id": {"S": "a"}, "at": {"N": "1000"}}}');
SELECT pg_temp.ttl('Keyed', 'item');
SELECT pg_temp.ttl('Keyed', 'item', false);

-- what has come expires, if it is less than five years ago
SELECT pg_temp.create_table('Fading', 'id S, at N');
SELECT pg_temp.ttl('Fading', 'expires');
INSERT INTO dynamodb."Fading" (item) SELECT format('{"id": {"S": "%s"}, "at": {"N": "1"}, "expires": %s}', id, format(t, extract(epoch FROM now())::bigint + s))::ddb.item FROM (VALUES
	('now', 0, '{"N": "%s"}'), ('a fraction', -1, '{"N": "%s.25"}'), ('a minute ago', -60, '{"N": "%s"}'), ('nearly five years ago', -157000000, '{"N": "%s"}'),
	('more than five years ago', -160000000, '{"N": "%s"}'), ('in an hour', 3600, '{"N": "%s"}'), ('text', -60, '{"S": "%s"}'), ('in a set', -60, '{"NS": ["%s"]}'),
	('in a list', -60, '{"L": [{"N": "%s"}]}'), ('milliseconds', 0, '{"N": "%s000"}')) x (id, s, t);
CALL wait_until('SELECT count(*) = 6 FROM dynamodb."Fading"');
SELECT id FROM dynamodb."Fading" ORDER BY id;
SELECT * FROM ddb.check_indexes('Fading');
-- by its newest time; one that is changed in the same transaction as well
BEGIN;
SELECT ddb.put_item(format('{"TableName": "Fading", "Item": {"id": {"S": "a"}, "at": {"N": "2"}, "expires": {"N": "%s"}}}', extract(epoch FROM now())::bigint));
SELECT ddb.update_item('{"TableName": "Fading", "Key": {"id": {"S": "a"}, "at": {"N": "2"}}, "UpdateExpression": "SET expires = :t", "ExpressionAttributeValues": {":t": {"N": "4102444800"}}}');
SELECT ddb.put_item(format('{"TableName": "Fading", "Item": {"id": {"S": "b"}, "at": {"N": "2"}, "expires": {"N": "%s"}}}', extract(epoch FROM now())::bigint + 1));
COMMIT;
CALL wait_until($$ SELECT count(*) = 0 FROM dynamodb."Fading" WHERE id = 'b' $$);
SELECT id FROM dynamodb."Fading" WHERE at = 2;
SELECT table_name, overdue, oldest, deleted, failed, deleted_per_second >= 0 FROM ddb.expiry_progress WHERE table_name = 'Fading';
-- where the owner's triggers, constraints and columns are in the way
ALTER TABLE dynamodb."Fading" ADD note text DEFAULT 'n';
CREATE TABLE kept (id ddb.string, role text, path text);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.kept VALUES (old.id, current_user, current_setting('search_path'));
	IF old.id = 'c3' THEN
		RAISE EXCEPTION 'this one stays';
	END IF;
	RETURN NULL;
END
$$;
CREATE ROLE fading_owner;
GRANT USAGE, CREATE ON SCHEMA ddb, dynamodb, public TO fading_owner;
GRANT INSERT ON kept TO fading_owner;
ALTER TABLE dynamodb."Fading" OWNER TO fading_owner;
CREATE CONSTRAINT TRIGGER keep AFTER DELETE ON dynamodb."Fading" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep();
ALTER TABLE dynamodb."Fading" ENABLE ROW LEVEL SECURITY;
ALTER TABLE dynamodb."Fading" FORCE ROW LEVEL SECURITY;
INSERT INTO dynamodb."Fading" (item) SELECT format('{"id": {"S": "c%s"}, "at": {"N": "3"}, "expires": {"N": "%s"}}', n, extract(epoch FROM now())::bigint - n)::ddb.item FROM generate_series(1, 5) n;
CALL wait_until('SELECT count(*) = 1 FROM dynamodb."Fading" WHERE at = 3');
SELECT id, note FROM dynamodb."Fading" WHERE at = 3;
SELECT DISTINCT id, role, path FROM kept ORDER BY id;
SELECT failed > 0 FROM ddb.expiry_progress WHERE table_name = 'Fading';
SELECT * FROM ddb.check_indexes('Fading');
-- the view is for everybody, the operation for the owner
CREATE ROLE fading_stranger;
GRANT USAGE ON SCHEMA ddb, dynamodb TO fading_stranger;
SET ROLE fading_stranger;
SELECT table_name, overdue, oldest IS NOT NULL FROM ddb.expiry_progress WHERE table_name = 'Fading';
SELECT pg_temp.ttl('Fading', 'expires', false);
SELECT pg_temp.described('Fading');
SET ddb.ttl_change_interval = 0;
RESET ROLE;
SET ROLE fading_owner;
SELECT ddb.update_time_to_live('{"TableName": "Fading", "TimeToLiveSpecification": {"Enabled": false, "AttributeName": "expires"}}');
RESET ROLE;
DROP TABLE dynamodb."Fading";
DROP TABLE kept;
DROP FUNCTION keep();
DROP PROCEDURE wait_until(text);
DROP OWNED BY fading_owner, fading_stranger;
DROP ROLE fading_owner, fading_stranger;
SELECT ddb.delete_table(json_build_object('TableName', t)) IS NOT NULL FROM unnest(ARRAY['Lasting', 'Keyed']) t;
SELECT * FROM ddb.check_catalog();
