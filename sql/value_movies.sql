-- All of movies.json as items: nothing lost, and smaller than jsonb.
\set json `cat "$PG_ABS_SRCDIR/sample/movies.json"`
CREATE TABLE movies AS SELECT movie, movie::ddb.item AS item FROM jsonb_array_elements(:'json'::jsonb) movie;
SELECT count(*) FROM movies;
SELECT count(*) AS wrong FROM movies WHERE item::jsonb <> movie OR ddb.item_in(ddb.item_out(item)) <> item
	OR (item -> 'year')::int <> (movie ->> 'year')::int OR item ->> 'title' <> movie ->> 'title'
	OR item #>> 'info.actors[0]' IS DISTINCT FROM movie #>> '{info,actors,0}' OR (item #> 'info.rating')::numeric IS DISTINCT FROM (movie #>> '{info,rating}')::numeric;

-- The stored form against jsonb of the same item in DynamoDB JSON, and even against plain jsonb.
CREATE TABLE sizes AS SELECT item, item::text::jsonb AS dynamodb_json, movie FROM movies;
SELECT count(*) AS larger FROM sizes WHERE pg_column_size(item) >= pg_column_size(dynamodb_json);
SELECT count(*) AS larger FROM sizes WHERE pg_column_size(item) >= pg_column_size(movie);
SELECT sum(pg_column_size(item)) AS bytes, sum(pg_column_size(item)) < 0.40 * sum(pg_column_size(dynamodb_json)) AS of_dynamodb_json, sum(pg_column_size(item)) < 0.66 * sum(pg_column_size(movie)) AS of_plain_json FROM sizes;

-- YCSB's item: seven of them with their keys fit on a page.
SELECT pg_column_size((jsonb_object_agg('field' || i, repeat('x', 100)) || '{"id":"user6284781860667377211"}')::ddb.item) AS bytes FROM generate_series(0, 9) i;
DROP TABLE movies, sizes;
