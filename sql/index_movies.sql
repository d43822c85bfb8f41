-- Real data: 4,609 movies with secondary indexes; every answer is compared with SQL over the movies themselves.
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

-- the members of info lifted to the top level, with the first director and the first genre
\set json `cat "$PG_ABS_SRCDIR/sample/movies.json"`
CREATE TEMP TABLE movies AS SELECT movie, movie::ddb.item AS item FROM (
	SELECT jsonb_strip_nulls((m - 'info') || (m->'info') || jsonb_build_object('director', m#>'{info,directors,0}', 'genre', m#>'{info,genres,0}')) AS movie
	FROM jsonb_array_elements(:'json'::jsonb) m) m;
SELECT ddb.create_table('{"TableName": "Films", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "year", "AttributeType": "N"}, {"AttributeName": "title", "AttributeType": "S"}, {"AttributeName": "director", "AttributeType": "S"},
		{"AttributeName": "rating", "AttributeType": "N"}, {"AttributeName": "genre", "AttributeType": "S"}, {"AttributeName": "release_date", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}, {"AttributeName": "title", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "byRating", "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}, {"AttributeName": "rating", "KeyType": "RANGE"}],
		"Projection": {"ProjectionType": "KEYS_ONLY"}}],
	"GlobalSecondaryIndexes": [
		{"IndexName": "byDirector", "KeySchema": [{"AttributeName": "director", "KeyType": "HASH"}, {"AttributeName": "rating", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}},
		{"IndexName": "byGenre", "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}, {"AttributeName": "release_date", "KeyType": "RANGE"}],
			"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["director", "actors"]}}]}')->'TableDescription'->>'TableName';
SELECT count(ddb.put_item(json_build_object('TableName', 'Films', 'Item', item::text::json))) FROM movies;

-- What each index should hold, by its keys.
CREATE FUNCTION pg_temp.project(movie jsonb, VARIADIC names text[]) RETURNS ddb.item LANGUAGE sql AS
	$$ SELECT jsonb_object_agg(key, value)::ddb.item FROM jsonb_each(movie) WHERE key = ANY (names) $$;
CREATE TEMP TABLE wanted AS
SELECT 'byDirector' AS index, movie->'director' AS key, movie->'rating' AS sort, item FROM movies WHERE movie ?& '{director,rating}'
UNION ALL SELECT 'byGenre', movie->'genre', movie->'release_date', pg_temp.project(movie, 'year', 'title', 'genre', 'release_date', 'director', 'actors') FROM movies WHERE movie ?& '{genre,release_date}'
UNION ALL SELECT 'byRating', movie->'year', movie->'rating', pg_temp.project(movie, 'year', 'title', 'rating') FROM movies WHERE movie ? 'rating';
SELECT index, count(*), count(DISTINCT key), count(DISTINCT (key, sort)) FROM wanted GROUP BY index ORDER BY index;

-- All pages of n of an answer.
CREATE FUNCTION pg_temp.answer(operation text, request jsonb, n int) RETURNS TABLE (item ddb.item, place bigint) LANGUAGE plpgsql AS $$
DECLARE
	response json;
	pages json[] := '{}';
BEGIN
	request := request || jsonb_build_object('TableName', 'Films', 'Limit', n);
	LOOP
		response := CASE operation WHEN 'Query' THEN ddb.query(request::json) ELSE ddb.scan(request::json) END;
		pages := array_append(pages, response->'Items');
		EXIT WHEN response->'LastEvaluatedKey' IS NULL;
		request := request || jsonb_build_object('ExclusiveStartKey', response->'LastEvaluatedKey');
	END LOOP;
	RETURN QUERY SELECT i.item::text::ddb.item, row_number() OVER (ORDER BY p.number, i.number)
	FROM unnest(pages) WITH ORDINALITY AS p (items, number), json_array_elements(p.items) WITH ORDINALITY AS i (item, number);
END $$;

-- Queries every key of an index, in pages of n: the keys, the items, the differences, and the answers that are not sorted as they should be.
CREATE FUNCTION pg_temp.compare(an_index text, range text, condition text, vals jsonb, n int, ascending boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	attribute text := (SELECT CASE an_index WHEN 'byDirector' THEN 'director' WHEN 'byGenre' THEN 'genre' ELSE 'year' END);
	request jsonb := jsonb_build_object('IndexName', an_index, 'ScanIndexForward', ascending, 'KeyConditionExpression', '#k = :key' || range,
		'ExpressionAttributeNames', jsonb_build_object('#k', attribute));
	result text;
BEGIN
	EXECUTE format($sql$
		WITH keys AS (
			SELECT DISTINCT key FROM wanted WHERE index = $1
		), found AS MATERIALIZED (
			SELECT key, item, place
			FROM keys, pg_temp.answer('Query', $2 || jsonb_build_object('ExpressionAttributeValues', $3 || jsonb_build_object(':key',
				jsonb_build_object(CASE jsonb_typeof(key) WHEN 'string' THEN 'S' ELSE 'N' END, key #>> '{}'))), $4)
		), expected AS (
			SELECT key, item, sort FROM wanted WHERE index = $1 AND %s
		)
		SELECT concat_ws(' ', (SELECT count(*) FROM keys), (SELECT count(*) FROM found),
			(SELECT count(*) FROM (SELECT key, item FROM found EXCEPT ALL SELECT key, item FROM expected) e),
			(SELECT count(*) FROM (SELECT key, item FROM expected EXCEPT ALL SELECT key, item FROM found) e),
			(SELECT count(*) FROM (SELECT key, array_agg(CASE $1 WHEN 'byGenre' THEN item->'release_date' ELSE item->'rating' END::jsonb ORDER BY place) AS sorts FROM found GROUP BY key) f
				JOIN (SELECT key, array_agg(sort ORDER BY sort %s) AS sorts FROM expected GROUP BY key) e USING (key) WHERE f.sorts <> e.sorts))
	$sql$, condition, CASE WHEN ascending THEN 'ASC' ELSE 'DESC' END) USING an_index, request, vals, n INTO result;
	RETURN result;
END $$;

SELECT pg_temp.compare('byDirector', '', 'true', '{}', NULL, true);
SELECT pg_temp.compare('byDirector', '', 'true', '{}', 2, false);
SELECT pg_temp.compare('byDirector', ' AND rating BETWEEN :a AND :b', 'sort BETWEEN ''6'' AND ''7.5''', '{":a": {"N": "6"}, ":b": {"N": "7.5"}}', 1, true);
SELECT pg_temp.compare('byGenre', '', 'true', '{}', 50, ascending) FROM unnest('{t,f}'::boolean[]) ascending;
SELECT pg_temp.compare('byGenre', ' AND begins_with(release_date, :a)', 'sort #>> ''{}'' LIKE ''199%''', '{":a": {"S": "199"}}', n, ascending) FROM unnest('{NULL,3}'::int[]) n, unnest('{t,f}'::boolean[]) ascending;
SELECT pg_temp.compare('byGenre', ' AND release_date > :a', 'sort > ''"2010-12-17T00:00:00Z"''', '{":a": {"S": "2010-12-17T00:00:00Z"}}', 7, ascending) FROM unnest('{t,f}'::boolean[]) ascending;
SELECT pg_temp.compare('byRating', '', 'true', '{}', n, ascending) FROM unnest('{NULL,1,11}'::int[]) n, unnest('{t,f}'::boolean[]) ascending;
SELECT operator, string_agg(pg_temp.compare('byRating', ' AND rating ' || operator || ' :a', 'sort ' || operator || ' ''6.5''', '{":a": {"N": "6.5"}}', 4, ascending), ', ')
FROM unnest('{<,<=,=,>=,>}'::text[]) operator, unnest('{t,f}'::boolean[]) ascending GROUP BY operator ORDER BY operator;

-- items are fetched from the table
SELECT count(*), count(*) FILTER (WHERE found.item IS DISTINCT FROM movies.item)
FROM pg_temp.answer('Scan', '{"IndexName": "byRating", "Select": "ALL_ATTRIBUTES"}', 500) found
	FULL JOIN (SELECT item FROM movies WHERE movie ? 'rating') movies ON movies.item->'year' = found.item->'year' AND movies.item->'title' = found.item->'title';
-- Scans, whole and by segments
SELECT index, segments, n, (SELECT concat_ws(' ', count(*), count(*) FILTER (WHERE found.item IS NULL), count(*) FILTER (WHERE w.item IS NULL))
	FROM (SELECT item FROM generate_series(0, segments - 1) segment, pg_temp.answer('Scan', jsonb_build_object('IndexName', index, 'Segment', segment, 'TotalSegments', segments), n)) found (item)
		FULL JOIN (SELECT item FROM wanted WHERE wanted.index = i.index) w ON w.item = found.item)
FROM (SELECT DISTINCT index FROM wanted) i, (VALUES (1, 100), (4, 7), (1, 1), (1000, NULL)) v (segments, n) ORDER BY 1, 2, 3;
-- the best movies of a director
SELECT item->>'title', item->>'rating' FROM pg_temp.answer('Query', '{"IndexName": "byDirector", "ScanIndexForward": false, "ProjectionExpression": "title, rating",
	"KeyConditionExpression": "director = :d AND rating > :r", "ExpressionAttributeValues": {":d": {"S": "Stanley Kubrick"}, ":r": {"N": "8"}}}', 2);

SELECT ddb.delete_table('{"TableName": "Films"}')->'TableDescription'->>'TableStatus';
