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
