-- Secondary indexes are kept by whoever writes their table.

SELECT 1 FROM ddb.create_table('{"TableName": "Kept", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"},
		{"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"},
		{"AttributeName": "b", "AttributeType": "B"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
	"GlobalSecondaryIndexes": [
		{"IndexName": "Keys", "Projection": {"ProjectionType": "KEYS_ONLY"},
		 "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}]},
		{"IndexName": "Some", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]},
		 "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}]},
		{"IndexName": "Turned", "Projection": {"ProjectionType": "ALL"},
		 "KeySchema": [{"AttributeName": "s", "KeyType": "HASH"}, {"AttributeName": "p", "KeyType": "RANGE"}]},
		{"IndexName": "Several", "Projection": {"ProjectionType": "KEYS_ONLY"},
		 "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "HASH"},
			{"AttributeName": "n", "KeyType": "RANGE"}, {"AttributeName": "s", "KeyType": "RANGE"}]}],
	"LocalSecondaryIndexes": [
		{"IndexName": "Local", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
		 "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}]}]}');
SELECT name, relation, kind, projection, non_key_attributes, status FROM ddb.indexes ORDER BY name;
\d dynamodb."Kept/Several"

CREATE FUNCTION entries() RETURNS TABLE (index text, entries text) LANGUAGE sql AS $$
	SELECT 'Keys', string_agg(item::text, ' ' ORDER BY item) FROM dynamodb."Kept/Keys" UNION ALL
	SELECT 'Local', string_agg(item::text, ' ' ORDER BY item) FROM dynamodb."Kept/Local" UNION ALL
	SELECT 'Several', string_agg(item::text, ' ' ORDER BY item) FROM dynamodb."Kept/Several" UNION ALL
	SELECT 'Some', string_agg(item::text, ' ' ORDER BY item) FROM dynamodb."Kept/Some" UNION ALL
	SELECT 'Turned', string_agg(item::text, ' ' ORDER BY item) FROM dynamodb."Kept/Turned" $$;
CREATE FUNCTION put(item text) RETURNS json LANGUAGE sql AS
	$$ SELECT ddb.put_item(format('{"TableName": "Kept", "Item": %s}', item)::json) $$;
CREATE FUNCTION change(key text, expression text, vals text) RETURNS json LANGUAGE sql AS
	$$ SELECT ddb.update_item(format('{"TableName": "Kept", "Key": %s, "UpdateExpression": %s%s}', key,
		to_json(expression), ', "ExpressionAttributeValues": ' || vals)::json) $$;

-- Operations
SELECT put('{"p": {"S": "one"}, "s": {"N": "1"}, "a": {"S": "A"}, "n": {"N": "1"}, "b": {"B": "AA=="}, "x": {"S": "x"}, "z": {"S": "z"}}');
SELECT put('{"p": {"S": "one"}, "s": {"N": "2"}, "a": {"S": "A"}, "y": {"L": [{"S": "y"}]}}');
SELECT * FROM entries();
-- touches nothing but what projects all
SELECT change('{"p": {"S": "one"}, "s": {"N": "1"}}', 'SET z = :z', '{":z": {"S": "Z"}}');
-- changes projections, then a key, then takes it away
SELECT change('{"p": {"S": "one"}, "s": {"N": "1"}}', 'SET y = :y REMOVE x', '{":y": {"S": "Y"}}');
SELECT change('{"p": {"S": "one"}, "s": {"N": "1"}}', 'SET n = :n', '{":n": {"N": "7"}}');
SELECT * FROM entries();
SELECT change('{"p": {"S": "one"}, "s": {"N": "1"}}', 'REMOVE b, a', NULL);
SELECT * FROM entries();
SELECT put('{"p": {"S": "one"}, "s": {"N": "1"}}');
SELECT ddb.delete_item('{"TableName": "Kept", "Key": {"p": {"S": "one"}, "s": {"N": "1"}}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Kept": [
	{"DeleteRequest": {"Key": {"p": {"S": "one"}, "s": {"N": "2"}}}},
	{"PutRequest": {"Item": {"p": {"S": "two"}, "s": {"N": "1"}, "a": {"S": "B"}, "n": {"N": "5"}, "b": {"B": "AQ=="}}}}]}}');
SELECT * FROM entries();

-- What no index key can be
SELECT put('{"p": {"S": "bad"}, "s": {"N": "1"}, "a": {"N": "1"}}');
SELECT put('{"p": {"S": "bad"}, "s": {"N": "1"}, "b": {"B": ""}}');
SELECT put(format('{"p": {"S": "bad"}, "s": {"N": "1"}, "a": {"S": "%s"}}', repeat('a', 2049)));
SELECT change('{"p": {"S": "two"}, "s": {"N": "1"}}', 'SET n = :n', '{":n": {"S": "7"}}');
SELECT change('{"p": {"S": "two"}, "s": {"N": "1"}}', 'SET a = :a', '{":a": {"S": ""}}');
INSERT INTO dynamodb."Kept" (item) VALUES ('{"p": {"S": "bad"}, "s": {"N": "1"}, "n": {"BOOL": true}}');
UPDATE dynamodb."Kept" SET item = '{"p": {"S": "two"}, "s": {"N": "1"}, "b": {"S": "b"}}';
SELECT count(*) FROM dynamodb."Kept";
-- a key of several attributes is measured as one
SELECT put(format('{"p": {"S": "long"}, "s": {"N": "1"}, "n": {"N": "1"}, "a": {"S": "%s"}, "b": {"B": "%s"}}', repeat('a', 2000),
	repeat('YmJi', 20)));

-- SQL
INSERT INTO dynamodb."Kept" (item) SELECT format('{"p": {"S": "sql"}, "s": {"N": "%s"}, "a": {"S": "A"}, "n": {"N": "%s"}}', i, i % 3)::ddb.item
	FROM generate_series(1, 6) i;
UPDATE dynamodb."Kept" SET item = (item::jsonb || '{"n": 10, "x": "new"}')::ddb.item WHERE s BETWEEN 2 AND 3;
UPDATE dynamodb."Kept" SET item = (item::jsonb || '{"s": 20}')::ddb.item WHERE p = 'sql' AND s = 4;
DELETE FROM dynamodb."Kept" WHERE p = 'sql' AND s = 5 OR p = 'two';
INSERT INTO dynamodb."Kept" (item) VALUES ('{"p": {"S": "sql"}, "s": {"N": "6"}, "a": {"S": "conflict"}, "n": {"N": "1"}}')
	ON CONFLICT (ddb.hash(p), s) DO UPDATE SET item = excluded.item;
COPY dynamodb."Kept" (item) FROM stdin;
{"p": {"S": "copy"}, "s": {"N": "1"}, "a": {"S": "C"}, "n": {"N": "0"}}
{"p": {"S": "copy"}, "s": {"N": "2"}, "b": {"B": "Ag=="}}
\.
SELECT * FROM entries();
-- an item that moves within one statement, and transactions that are taken back
WITH moved AS (DELETE FROM dynamodb."Kept" WHERE p = 'copy' AND s = 1 RETURNING item)
	INSERT INTO dynamodb."Kept" (item) SELECT (item::jsonb || '{"p": "moved"}')::ddb.item FROM moved;
BEGIN;
DELETE FROM dynamodb."Kept" WHERE p = 'sql';
SAVEPOINT before;
SELECT put('{"p": {"S": "rolled back"}, "s": {"N": "1"}, "a": {"S": "A"}, "n": {"N": "1"}}');
ROLLBACK TO before;
SELECT put('{"p": {"S": "kept"}, "s": {"N": "1"}, "a": {"S": "A"}, "n": {"N": "1"}}');
SELECT change('{"p": {"S": "kept"}, "s": {"N": "1"}}', 'SET n = n + :one', '{":one": {"N": "1"}}');
SELECT change('{"p": {"S": "kept"}, "s": {"N": "1"}}', 'SET n = n + :one', '{":one": {"N": "1"}}');
COMMIT;
SELECT * FROM entries();

-- With other triggers the executor writes, and fires the index's trigger.
CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN NEW.item := (NEW.item::jsonb || '{"x": "marked"}')::ddb.item; RETURN NEW; END $$;
CREATE TRIGGER mark BEFORE INSERT OR UPDATE ON dynamodb."Kept" FOR EACH ROW EXECUTE FUNCTION mark();
SELECT put('{"p": {"S": "marked"}, "s": {"N": "1"}, "n": {"N": "1"}}');
SELECT item FROM dynamodb."Kept/Local" WHERE p = 'marked';
SELECT change('{"p": {"S": "marked"}, "s": {"N": "1"}}', 'SET n = :n', '{":n": {"N": "2"}}');
SELECT item FROM dynamodb."Kept/Local" WHERE p = 'marked';
SELECT put('{"p": {"S": "marked"}, "s": {"N": "1"}, "n": {"S": "1"}}');
SELECT ddb.delete_item('{"TableName": "Kept", "Key": {"p": {"S": "marked"}, "s": {"N": "1"}}}');
SELECT item FROM dynamodb."Kept/Local" WHERE p = 'marked';
DROP TRIGGER mark ON dynamodb."Kept";

-- Nobody else writes an index.
INSERT INTO dynamodb."Kept/Keys" (item) SELECT item FROM dynamodb."Kept/Keys";
UPDATE dynamodb."Kept/Keys" SET item = item;
DELETE FROM dynamodb."Kept/Keys";
TRUNCATE dynamodb."Kept/Keys";

-- Further indexes of an index's relation are kept.
CREATE UNIQUE INDEX further ON dynamodb."Kept/Keys" (p, s);
CREATE INDEX ON dynamodb."Kept/Keys" (n) WHERE a = 'further';
SELECT put('{"p": {"S": "further"}, "s": {"N": "1"}, "a": {"S": "A"}, "n": {"N": "1"}}');
SELECT put('{"p": {"S": "further"}, "s": {"N": "1"}, "a": {"S": "further"}, "n": {"N": "2"}}');
UPDATE dynamodb."Kept" SET item = replace(item::text, '"2"', '"3"')::ddb.item WHERE p = 'further';
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT item FROM dynamodb."Kept/Keys" WHERE a = 'further' AND n > 1;
SELECT item FROM dynamodb."Kept/Keys" WHERE a = 'further' AND n > 1;
EXPLAIN (COSTS OFF) SELECT item FROM dynamodb."Kept/Keys" WHERE p = 'further' AND s = 1;
SELECT item FROM dynamodb."Kept/Keys" WHERE p = 'further' AND s = 1;
RESET enable_seqscan;
SELECT * FROM ddb.check_indexes('Kept');
CREATE UNIQUE INDEX too_much ON dynamodb."Kept/Keys" (a);
SELECT put('{"p": {"S": "again"}, "s": {"N": "1"}, "a": {"S": "further"}, "n": {"N": "2"}}');
DROP INDEX dynamodb.further, dynamodb.too_much;

-- TRUNCATE, VACUUM FULL, CLUSTER, REINDEX, new names and owners
VACUUM FULL dynamodb."Kept/Keys";
REINDEX TABLE dynamodb."Kept/Keys";
ALTER TABLE dynamodb."Kept/Keys" RENAME TO "Renamed";
ALTER TABLE dynamodb."Kept" RENAME TO "Renamed too";
SELECT put('{"p": {"S": "renamed"}, "s": {"N": "1"}, "a": {"S": "A"}, "n": {"N": "1"}}');
SELECT item FROM dynamodb."Renamed" WHERE p = 'renamed';
ALTER TABLE dynamodb."Renamed" RENAME TO "Kept/Keys";
ALTER TABLE dynamodb."Renamed too" RENAME TO "Kept";
SELECT * FROM ddb.check_indexes('Kept');
BEGIN;
TRUNCATE dynamodb."Kept";
SELECT * FROM entries();
ROLLBACK;
SELECT * FROM ddb.check_indexes('Kept');
TRUNCATE dynamodb."Kept";
SELECT * FROM entries();

-- Dropped by hand: an index's relation, then the table
DROP TABLE dynamodb."Kept/Some";
SELECT put('{"p": {"S": "after"}, "s": {"N": "1"}, "a": {"S": "A"}, "n": {"N": "1"}, "b": {"B": "AA=="}}');
SELECT name FROM ddb.indexes ORDER BY name;
DROP FUNCTION entries;
DROP TABLE dynamodb."Kept";
SELECT name FROM ddb.indexes;
SELECT relname FROM pg_class WHERE relnamespace = 'dynamodb'::regnamespace AND relname LIKE 'Kept%';
DROP FUNCTION put, change, mark;
