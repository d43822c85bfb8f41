-- needs: preloading, prepared transactions
-- Indexes created on tables with items, and ddb.check_indexes().

CREATE FUNCTION wait_for_indexes() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..3000 LOOP
		IF NOT EXISTS (SELECT FROM ddb.indexes WHERE status = 'CREATING') THEN
			RETURN 'all are active';
		END IF;
		PERFORM pg_sleep(0.02);
	END LOOP;
	RETURN 'timed out';
END
$$;
CREATE FUNCTION create_index(name text, hash_key text, range_key text, projection text) RETURNS boolean LANGUAGE sql AS $$
	SELECT ddb.update_table(json_build_object('TableName', 'Films',
		'AttributeDefinitions', '[{"AttributeName": "year", "AttributeType": "N"}, {"AttributeName": "title", "AttributeType": "S"},
			{"AttributeName": "genre", "AttributeType": "S"}, {"AttributeName": "rating", "AttributeType": "N"}]'::json,
		'GlobalSecondaryIndexUpdates', json_build_array(json_build_object('Create', json_build_object(
			'IndexName', name, 'Projection', projection::json,
			'KeySchema', json_build_array(json_build_object('AttributeName', hash_key, 'KeyType', 'HASH'),
				json_build_object('AttributeName', range_key, 'KeyType', 'RANGE'))))))
		)::jsonb @? format('$.TableDescription.GlobalSecondaryIndexes[*] ? (@.IndexName == "%s" && @.IndexStatus == "CREATING")', name)::jsonpath
$$;
SELECT ddb.create_table('{"TableName": "Films", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "year", "AttributeType": "N"}, {"AttributeName": "title", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}, {"AttributeName": "title", "KeyType": "RANGE"}]}') IS NULL;
INSERT INTO dynamodb."Films" (item)
SELECT jsonb_build_object(
	'year', jsonb_build_object('N', (1950 + i % 70)::text), 'title', jsonb_build_object('S', 'Film ' || i),
	'rating', jsonb_build_object('N', (i % 100 / 10.0)::text), 'plot', jsonb_build_object('S', repeat('long ', i % 700)),
	-- of some the genre is no string, and every seventh has none
	CASE WHEN i % 7 = 0 THEN 'no genre' ELSE 'genre' END,
	CASE WHEN i % 50 = 1 THEN '{"N": "1"}'::jsonb ELSE jsonb_build_object('S', 'genre ' || i % 20) END)::text::ddb.item
FROM generate_series(1, 3000) i;
ANALYZE dynamodb."Films";

SELECT create_index('ByGenre', 'genre', 'rating', '{"ProjectionType": "ALL"}');
SELECT wait_for_indexes();
SELECT create_index('ByRating', 'rating', 'title', '{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["genre"]}');
SELECT wait_for_indexes();
SELECT create_index('Keys', 'genre', 'year', '{"ProjectionType": "KEYS_ONLY"}');
SELECT wait_for_indexes();
SELECT name, status FROM ddb.indexes WHERE table_relation = 'dynamodb."Films"'::regclass ORDER BY name;
SELECT * FROM ddb.index_progress;
SELECT * FROM ddb.backfills;
SELECT index_name, problem, count(*) FROM ddb.check_indexes('Films') GROUP BY 1, 2;

-- the same compared in SQL
CREATE VIEW expected AS
	SELECT 'ByGenre' AS index, item::jsonb AS entry FROM dynamodb."Films"
		WHERE jsonb_typeof(item::jsonb -> 'genre') = 'string'
	UNION ALL
	SELECT 'ByRating', (SELECT jsonb_object_agg(key, value) FROM jsonb_each(item::jsonb) WHERE key IN ('year', 'title', 'rating', 'genre'))
		FROM dynamodb."Films"
	UNION ALL
	SELECT 'Keys', (SELECT jsonb_object_agg(key, value) FROM jsonb_each(item::jsonb) WHERE key IN ('year', 'title', 'genre'))
		FROM dynamodb."Films" WHERE jsonb_typeof(item::jsonb -> 'genre') = 'string';
CREATE VIEW present AS
	SELECT 'ByGenre' AS index, item::jsonb AS entry FROM dynamodb."Films/ByGenre"
	UNION ALL SELECT 'ByRating', item::jsonb FROM dynamodb."Films/ByRating"
	UNION ALL SELECT 'Keys', item::jsonb FROM dynamodb."Films/Keys";
SELECT index, count(*) FROM present GROUP BY 1 ORDER BY 1;
SELECT (SELECT count(*) FROM (TABLE expected EXCEPT ALL TABLE present) a) AS missing,
	(SELECT count(*) FROM (TABLE present EXCEPT ALL TABLE expected) b) AS unexpected;

-- after writes of every kind, too
UPDATE dynamodb."Films" SET item = ddb.item(item::text) WHERE year < 1960 AND jsonb_typeof(item::jsonb -> 'genre') <> 'number';
UPDATE dynamodb."Films" SET item = replace(item::text, 'genre 1', 'genre one')::ddb.item WHERE year < 1980 AND jsonb_typeof(item::jsonb -> 'genre') <> 'number';
UPDATE dynamodb."Films" SET item = replace(item::text, 'long', 'short')::ddb.item WHERE year > 1990 AND jsonb_typeof(item::jsonb -> 'genre') <> 'number';
DELETE FROM dynamodb."Films" WHERE title < 'Film 12';
BEGIN;
UPDATE dynamodb."Films" SET item = replace(item::text, '"genre"', '"no genre"')::ddb.item;
SAVEPOINT s;
DELETE FROM dynamodb."Films";
ROLLBACK TO s;
INSERT INTO dynamodb."Films" (item) VALUES ('{"year": {"N": "1"}, "title": {"S": "in a transaction"}, "rating": {"N": "1"}}');
ROLLBACK;
SELECT index_name, problem, count(*) FROM ddb.check_indexes('Films') GROUP BY 1, 2;
SELECT (SELECT count(*) FROM (TABLE expected EXCEPT ALL TABLE present) a) AS missing,
	(SELECT count(*) FROM (TABLE present EXCEPT ALL TABLE expected) b) AS unexpected;

-- what goes around the triggers is found
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO dynamodb."Films" (item) VALUES ('{"year": {"N": "1"}, "title": {"S": "not indexed"}, "rating": {"N": "1"}, "genre": {"S": "a"}}');
DELETE FROM dynamodb."Films" WHERE year = 2000 AND title = 'Film 190';
UPDATE dynamodb."Films" SET item = replace(item::text, 'short', 'other')::ddb.item WHERE year = 2000 AND title = 'Film 260';
UPDATE dynamodb."Films" SET item = replace(item::text, 'genre 10', 'other')::ddb.item WHERE year = 2000 AND title = 'Film 330';
SELECT table_name, index_name, problem, (entry::jsonb - 'plot') AS entry FROM ddb.check_indexes('Films') ORDER BY 2, 3, 4;
SELECT count(*) FROM ddb.check_indexes();
ROLLBACK;

-- who may not read the table may not check it
CREATE ROLE index_checker;
SET ROLE index_checker;
SELECT * FROM ddb.check_indexes('Films');
SELECT count(*) FROM ddb.check_indexes();
SELECT * FROM ddb.index_progress;
RESET ROLE;
GRANT SELECT ON dynamodb."Films" TO index_checker;
SET ROLE index_checker;
SELECT count(*) FROM ddb.check_indexes('Films');
RESET ROLE;
SELECT * FROM ddb.check_indexes('Unknown');

-- a drop in the same transaction, and one rolled back
BEGIN;
SELECT create_index('Rolled.back', 'genre', 'title', '{"ProjectionType": "KEYS_ONLY"}');
ROLLBACK;
BEGIN;
SELECT create_index('Dropped', 'genre', 'title', '{"ProjectionType": "KEYS_ONLY"}');
SELECT ddb.update_table('{"TableName": "Films", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "Dropped"}}]}') IS NULL;
COMMIT;
BEGIN;
SELECT create_index('Prepared', 'genre', 'title', '{"ProjectionType": "KEYS_ONLY"}');
PREPARE TRANSACTION 'index';
SELECT wait_for_indexes();
SELECT name, status FROM ddb.indexes WHERE table_relation = 'dynamodb."Films"'::regclass ORDER BY name;

DROP VIEW expected, present;
DROP TABLE dynamodb."Films";
SELECT name FROM ddb.indexes;
DROP ROLE index_checker;
DROP FUNCTION wait_for_indexes, create_index;
