-- Real data: 4,609 movies, written by PutItem and read back equal, item for item.
SELECT ddb.create_table('{"TableName": "Movies", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "year", "AttributeType": "N"}, {"AttributeName": "title", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}, {"AttributeName": "title", "KeyType": "RANGE"}]}') IS NOT NULL AS created;
\set json `cat "$PG_ABS_SRCDIR/sample/movies.json"`
CREATE TABLE movies AS SELECT movie, movie::ddb.item AS item FROM jsonb_array_elements(:'json'::jsonb) movie;
SELECT count(ddb.put_item(json_build_object('TableName', 'Movies', 'Item', item::text::json))) FROM movies;
SELECT count(*) FROM dynamodb."Movies";

CREATE FUNCTION key_of(item ddb.item) RETURNS json LANGUAGE sql AS
  $$ SELECT json_build_object('year', json_build_object('N', item ->> 'year'), 'title', json_build_object('S', item ->> 'title')) $$;
SELECT (movies.movie ->> 'year', movies.movie ->> 'title') AS differs FROM movies
WHERE (ddb.get_item(json_build_object('TableName', 'Movies', 'Key', key_of(item))) ->> 'Item')::ddb.item IS DISTINCT FROM item;
SELECT m.title AS differs FROM dynamodb."Movies" m FULL JOIN movies ON m.item = movies.item
WHERE m.item IS NULL OR movies.item IS NULL;

-- a whole Scan, page by page, and by segments
CREATE FUNCTION scan_all(segment int, segments int) RETURNS SETOF ddb.item LANGUAGE plpgsql AS $$
DECLARE
  page json;
  start json;
BEGIN
  LOOP
    page := ddb.scan((jsonb_build_object('TableName', 'Movies', 'Segment', segment, 'TotalSegments', segments, 'Limit', 500)
      || CASE WHEN start IS NULL THEN '{}' ELSE jsonb_build_object('ExclusiveStartKey', start) END)::json);
    RETURN QUERY SELECT value::text::ddb.item FROM json_array_elements(page -> 'Items');
    start := page -> 'LastEvaluatedKey';
    EXIT WHEN start IS NULL;
  END LOOP;
END $$;
SELECT count(*), count(DISTINCT item) FROM scan_all(0, 1) item;
SELECT count(*), count(DISTINCT item), count(DISTINCT segment) AS segments
FROM generate_series(0, 4) segment, scan_all(segment, 5) item;

-- by year and title prefix
SELECT ddb.query('{"TableName": "Movies", "KeyConditionExpression": "#y = :y AND begins_with(title, :t)",
  "ExpressionAttributeNames": {"#y": "year"}, "ExpressionAttributeValues": {":y": {"N": "2013"}, ":t": {"S": "The H"}},
  "ProjectionExpression": "title, info.rating, info.actors[0]"}');
SELECT (ddb.query('{"TableName": "Movies", "KeyConditionExpression": "#y = :y", "ExpressionAttributeNames": {"#y": "year"},
    "ExpressionAttributeValues": {":y": {"N": "2013"}}, "Select": "COUNT"}') ->> 'Count')::int
  = (SELECT count(*) FROM movies WHERE movie ->> 'year' = '2013') AS agrees;
SELECT ddb.query('{"TableName": "Movies", "KeyConditionExpression": "#y = :y AND title BETWEEN :a AND :z", "ScanIndexForward": false, "Limit": 3,
  "ExpressionAttributeNames": {"#y": "year"}, "ExpressionAttributeValues": {":y": {"N": "1999"}, ":a": {"S": "A"}, ":z": {"S": "M"}},
  "ProjectionExpression": "title"}');

-- filters on nested attributes
SELECT (ddb.query('{"TableName": "Movies", "KeyConditionExpression": "#y = :y", "FilterExpression": "info.rating > :r",
    "ExpressionAttributeNames": {"#y": "year"}, "ExpressionAttributeValues": {":y": {"N": "2013"}, ":r": {"N": "8"}}, "Select": "COUNT"}') ->> 'Count')::int
  = (SELECT count(*) FROM movies WHERE movie ->> 'year' = '2013' AND (movie #>> '{info,rating}')::numeric > 8) AS agrees;
SELECT sum((ddb.scan(json_build_object('TableName', 'Movies', 'Segment', segment, 'TotalSegments', 8, 'Select', 'COUNT',
    'FilterExpression', 'contains(info.actors, :a) AND NOT contains(info.genres, :g)',
    'ExpressionAttributeValues', '{":a": {"S": "Tom Hanks"}, ":g": {"S": "Comedy"}}'::json)) ->> 'Count')::int)
  = (SELECT count(*) FROM movies WHERE movie #> '{info,actors}' ? 'Tom Hanks' AND NOT coalesce(movie #> '{info,genres}' ? 'Comedy', false)) AS agrees
FROM generate_series(0, 7) segment;

-- updates of nested lists
SELECT ddb.update_item('{"TableName": "Movies", "Key": {"year": {"N": "2013"}, "title": {"S": "Rush"}},
  "UpdateExpression": "SET info.actors = list_append(info.actors, :more), info.genres[1] = :g, info.plays = if_not_exists(info.plays, :zero) + :one REMOVE info.genres[0], info.#r",
  "ExpressionAttributeNames": {"#r": "rank"},
  "ExpressionAttributeValues": {":more": {"L": [{"S": "Alexandra Maria Lara"}]}, ":g": {"S": "Biopic"}, ":zero": {"N": "0"}, ":one": {"N": "1"}},
  "ReturnValues": "ALL_NEW"}');

-- a join with an ordinary table
CREATE TABLE seen (year int, title text, stars int);
INSERT INTO seen VALUES (2013, 'Rush', 5), (1999, 'The Matrix', 4), (1994, 'Pulp Fiction', 5), (2042, 'Not Yet', 3);
SELECT s.title, s.stars, m.item #>> 'info.rating' AS rating, m.item #>> 'info.actors[0]' AS first_actor
FROM seen s LEFT JOIN dynamodb."Movies" m ON m.year = s.year AND m.title = s.title ORDER BY s.title;

SELECT ddb.delete_table('{"TableName": "Movies"}') IS NOT NULL AS deleted;
DROP TABLE movies, seen;
DROP FUNCTION key_of, scan_all;
