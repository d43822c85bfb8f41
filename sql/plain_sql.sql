-- Plain SQL reads and writes items, and cannot break their rules.
SELECT ddb.create_table('{"TableName": "Films", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "year", "AttributeType": "N"}, {"AttributeName": "title", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}, {"AttributeName": "title", "KeyType": "RANGE"}]}') IS NOT NULL AS created;
\d dynamodb."Films"

INSERT INTO dynamodb."Films" (item) VALUES
  ('{"year": {"N": "2013"}, "title": {"S": "Rush"}, "info": {"M": {"rating": {"N": "8.3"}, "actors": {"L": [{"S": "Daniel Bruhl"}, {"S": "Chris Hemsworth"}]}}}}'),
  ('{"year": {"N": "2013"}, "title": {"S": "Prisoners"}, "info": {"M": {"rating": {"N": "8.2"}}}}'),
  ('{"year": {"N": "1999"}, "title": {"S": "Fight\u0000Club"}}');
INSERT INTO dynamodb."Films" (item) SELECT '{"year": 2014, "title": "Boyhood", "info": {"rating": 7.9}}'::jsonb::ddb.item;

-- what people write finds the index
ANALYZE dynamodb."Films";
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT title FROM dynamodb."Films" WHERE year = 2013;
EXPLAIN (COSTS OFF) SELECT title FROM dynamodb."Films" WHERE year = 2013 AND title = 'Rush';
EXPLAIN (COSTS OFF) SELECT title FROM dynamodb."Films" WHERE 2013 = year AND title >= 'R' AND title < 'S';
PREPARE by_year (int) AS SELECT title FROM dynamodb."Films" WHERE year = $1 ORDER BY title;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE by_year(2013);
EXECUTE by_year(2013);
RESET plan_cache_mode;
SELECT f.title FROM (VALUES (2013), (2014)) y (y) JOIN dynamodb."Films" f ON f.year = y.y ORDER BY 1;
RESET enable_seqscan;
-- the sort key's equality has no hash
EXPLAIN (COSTS OFF) SELECT year FROM dynamodb."Films" WHERE title = 'Rush';

SELECT year, title FROM dynamodb."Films" ORDER BY year, title;
SELECT year + 1 AS next, avg((item #> 'info.rating')::numeric)::numeric(4, 2) AS rating
FROM dynamodb."Films" GROUP BY year ORDER BY year;
SELECT item #>> 'info.actors[1]' AS actor, upper(title) FROM dynamodb."Films" WHERE year = 2013 AND title LIKE 'Ru%';

-- a join with an ordinary table
CREATE TEMP TABLE seen (year int, title text, stars int);
INSERT INTO seen VALUES (2013, 'Rush', 5), (2014, 'Boyhood', 4), (1960, 'Psycho', 5);
SELECT s.title, s.stars, f.item #>> 'info.rating' AS rating
FROM seen s LEFT JOIN dynamodb."Films" f ON f.year = s.year AND f.title = s.title ORDER BY s.title;
SELECT title FROM dynamodb."Films" WHERE title IN (SELECT title FROM seen) OR year = 1 ORDER BY title;
SELECT title FROM seen WHERE title NOT IN (SELECT title FROM dynamodb."Films" WHERE title < 'F' OR title > 'G') ORDER BY title;
-- a name is compared as text
SELECT 'Rush'::ddb.string = 'Rush'::name AS same, 'Rush'::name <> 'Rush'::ddb.string AS other;

-- a foreign key to an item, by the hash of its partition key
ALTER TABLE dynamodb."Films" ADD COLUMN year_hash uuid GENERATED ALWAYS AS (ddb.hash(ddb.number_key(item, 'year'))) STORED;
ALTER TABLE dynamodb."Films" ADD UNIQUE (year_hash, title);
CREATE TABLE reviews (year ddb.number, title ddb.string, text text,
  year_hash uuid GENERATED ALWAYS AS (ddb.hash(year)) STORED,
  FOREIGN KEY (year_hash, title) REFERENCES dynamodb."Films" (year_hash, title) ON DELETE CASCADE);
INSERT INTO reviews VALUES (2013, 'Rush', 'fast'), (2014, 'Boyhood', 'long');
INSERT INTO reviews VALUES (2014, 'Rush', 'never');
SELECT ddb.delete_item('{"TableName": "Films", "Key": {"year": {"N": "2014"}, "title": {"S": "Boyhood"}}}');
SELECT year, title, text FROM reviews;
SELECT ddb.put_item('{"TableName": "Films", "Item": {"year": {"N": "2014"}, "title": {"S": "Boyhood"}, "info": {"M": {"rating": {"N": "7.9"}}}}}');
-- keys as long as any, for which an index of the columns themselves has no room
SELECT ddb.create_table('{"TableName": "Long", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}') IS NOT NULL AS created;
ALTER TABLE dynamodb."Long" ADD COLUMN hash uuid GENERATED ALWAYS AS (ddb.hash(ddb.string_key(item, 'p'))) STORED;
ALTER TABLE dynamodb."Long" ADD UNIQUE (hash, s);
INSERT INTO dynamodb."Long" (item) SELECT jsonb_build_object('p', left(digits, 2048), 's', right(digits, 1024))::ddb.item
  FROM (SELECT string_agg(md5(i::text), '') AS digits FROM generate_series(1, 100) i) x;
CREATE TABLE follows (p ddb.string, s ddb.string, hash uuid GENERATED ALWAYS AS (ddb.hash(p)) STORED,
  CONSTRAINT followed FOREIGN KEY (hash, s) REFERENCES dynamodb."Long" (hash, s));
INSERT INTO follows SELECT p, s FROM dynamodb."Long";
DO $$
BEGIN
  DELETE FROM dynamodb."Long";
EXCEPTION WHEN foreign_key_violation THEN
  RAISE NOTICE '%', SQLERRM;
END $$;
DROP TABLE follows, reviews;
SELECT ddb.delete_table('{"TableName": "Long"}') IS NOT NULL AS deleted;
ALTER TABLE dynamodb."Films" DROP COLUMN year_hash;

-- writes that are refused
INSERT INTO dynamodb."Films" (item) VALUES ('{"title": {"S": "No year"}}');
INSERT INTO dynamodb."Films" (item) VALUES ('{"year": {"S": "2013"}, "title": {"S": "Wrong type"}}');
INSERT INTO dynamodb."Films" (item) VALUES ('{"year": {"N": "2013"}, "title": {"S": ""}}');
INSERT INTO dynamodb."Films" (item) VALUES ('{"year": {"N": "2013"}, "title": {"S": "Rush"}}');
INSERT INTO dynamodb."Films" (item) VALUES ('{"year": {"N": "2013"}, "title": {"S": "Bad"}, "s": {"SS": []}}');
INSERT INTO dynamodb."Films" (item) VALUES (NULL);
INSERT INTO dynamodb."Films" (year, title, item) VALUES (2013, 'Other', '{"year": {"N": "2013"}, "title": {"S": "One"}}');
INSERT INTO dynamodb."Films" (item) SELECT jsonb_build_object('year', 1, 'title', repeat('x', 1025))::ddb.item;
INSERT INTO dynamodb."Films" (item) SELECT jsonb_build_object('year', 1, 'title', 'big', 'x', repeat('x', 410000))::ddb.item;
INSERT INTO dynamodb."Films" (item) SELECT jsonb_build_object('year', 1, 'title', repeat('x', 1024), 'x', repeat('y', 400000))::ddb.item;
-- of a key that is taken the error names the key, and tells nothing where PostgreSQL would not
INSERT INTO dynamodb."Films" (item) VALUES ('{"year": {"N": "2013"}, "title": {"S": "New"}}'), ('{"year": {"N": "2013.0"}, "title": {"S": "New"}}');
COPY dynamodb."Films" (item) FROM PROGRAM 'printf ''{"year": {"N": "%s"}, "title": {"S": "Rush"}}\n'' 1 2013 2';
UPDATE dynamodb."Films" SET item = '{"year": {"N": "2013"}, "title": {"S": "Rush"}}' WHERE title = 'Prisoners';
DO $$
DECLARE detail text;
BEGIN
  INSERT INTO dynamodb."Films" (item) VALUES ('{"year": {"N": "2013"}, "title": {"S": "Rush"}}');
EXCEPTION WHEN unique_violation THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RAISE NOTICE 'caught: %', detail;
END $$;
SET search_path = ddb, public;
INSERT INTO dynamodb."Films" (item) VALUES ('{"year": {"N": "2013"}, "title": {"S": "Rush"}}');
RESET search_path;
CREATE ROLE writer;
GRANT INSERT ON dynamodb."Films" TO writer;
SET ROLE writer;
INSERT INTO dynamodb."Films" (item) VALUES ('{"year": {"N": "2013"}, "title": {"S": "Rush"}}');
RESET ROLE;
DROP OWNED BY writer;
DROP ROLE writer;
SELECT ddb.create_table('{"TableName": "Odd", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "a\")=(b", "AttributeType": "B"}],
  "KeySchema": [{"AttributeName": "a\")=(b", "KeyType": "HASH"}]}') IS NOT NULL AS created;
INSERT INTO dynamodb."Odd" (item) SELECT '{"a\")=(b": {"B": "/w=="}}' FROM generate_series(1, 2);
DROP TABLE dynamodb."Odd";

UPDATE dynamodb."Films" SET title = 'Other' WHERE title = 'Rush';
UPDATE dynamodb."Films" SET item = '{"title": {"S": "No year"}}' WHERE title = 'Rush';

-- a definition that was undone is no DynamoDB table any more
BEGIN;
ALTER TABLE dynamodb."Films" ALTER title DROP EXPRESSION;
SELECT ddb.scan('{"TableName": "Films"}');
ROLLBACK;

-- a key may be changed in SQL, which moves the item
UPDATE dynamodb."Films" SET item = (item::jsonb || '{"title": "Rush!"}')::ddb.item WHERE title = 'Rush';
SELECT ddb.get_item('{"TableName": "Films", "Key": {"year": {"N": "2013"}, "title": {"S": "Rush"}}}');
SELECT ddb.get_item('{"TableName": "Films", "Key": {"year": {"N": "2013"}, "title": {"S": "Rush!"}}, "ProjectionExpression": "title"}');
DELETE FROM dynamodb."Films" WHERE year = 2013 RETURNING title;
SELECT ddb.scan('{"TableName": "Films", "Select": "COUNT"}');

-- keys that PostgreSQL's text cannot hold
SELECT ddb.query('{"TableName": "Films", "KeyConditionExpression": "#y = :y AND begins_with(title, :t)", "ProjectionExpression": "title",
  "ExpressionAttributeNames": {"#y": "year"}, "ExpressionAttributeValues": {":y": {"N": "1999"}, ":t": {"S": "Fight\u0000"}}}');
SELECT title FROM dynamodb."Films" WHERE title = 'Fight\0Club';
SELECT title::text FROM dynamodb."Films" WHERE year = 1999;

-- a relation dropped or renamed in SQL
ALTER TABLE dynamodb."Films" RENAME TO films_renamed;
SELECT ddb.scan('{"TableName": "Films", "Select": "COUNT"}');
DROP TABLE dynamodb.films_renamed;
SELECT ddb.scan('{"TableName": "Films", "Select": "COUNT"}');
SELECT ddb.list_tables('{}');

-- its record goes with the relation also where ordinary triggers do not fire
SELECT ddb.create_table('{"TableName": "Replicated", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}') -> 'TableDescription' ->> 'TableStatus';
SET session_replication_role = replica;
DROP TABLE dynamodb."Replicated";
RESET session_replication_role;
SELECT name FROM ddb.tables WHERE name = 'Replicated';
