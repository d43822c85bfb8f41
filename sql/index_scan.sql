-- Scan of secondary indexes
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Parts", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}, {"AttributeName": "version", "AttributeType": "N"},
		{"AttributeName": "color", "AttributeType": "S"}, {"AttributeName": "weight", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "version", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "byWeight", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "weight", "KeyType": "RANGE"}],
		"Projection": {"ProjectionType": "KEYS_ONLY"}}],
	"GlobalSecondaryIndexes": [
		{"IndexName": "byColor", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}, {"AttributeName": "weight", "KeyType": "RANGE"}],
			"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"]}},
		{"IndexName": "ofColor", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}},
		{"IndexName": "byWeightAndColor", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}, {"AttributeName": "weight", "KeyType": "HASH"}],
			"Projection": {"ProjectionType": "KEYS_ONLY"}}]}')->'TableDescription'->>'TableName';
-- a third has no color, a fourth no weight
CREATE TEMP TABLE parts AS
SELECT id, version, CASE WHEN id % 3 > 0 THEN 'color ' || id % 7 END AS color, CASE WHEN id % 4 > 0 THEN version % 3 END AS weight
FROM generate_series(1, 60) id, generate_series(1, 5) version;
SELECT count(ddb.put_item(json_build_object('TableName', 'Parts', 'Item', jsonb_strip_nulls(jsonb_build_object('id', jsonb_build_object('N', id::text), 'version', jsonb_build_object('N', version::text),
	'color', CASE WHEN color IS NOT NULL THEN jsonb_build_object('S', color) END, 'weight', CASE WHEN weight IS NOT NULL THEN jsonb_build_object('N', weight::text) END,
	'name', jsonb_build_object('S', 'part ' || id), 'text', jsonb_build_object('S', repeat('x', 100))))))) FROM parts;

-- Scans all pages of n of a segment.
CREATE FUNCTION pg_temp.scan(index text, n int DEFAULT NULL, segment int DEFAULT NULL, segments int DEFAULT NULL, more jsonb DEFAULT '{}') RETURNS SETOF ddb.item LANGUAGE plpgsql AS $$
DECLARE
	response json;
	start jsonb := '{}';
BEGIN
	LOOP
		response := ddb.scan((jsonb_build_object('TableName', 'Parts', 'IndexName', index, 'Limit', n, 'Segment', segment, 'TotalSegments', segments) || more || start)::json);
		RETURN QUERY SELECT item::text::ddb.item FROM json_array_elements(response->'Items') item;
		EXIT WHEN response->'LastEvaluatedKey' IS NULL;
		start := jsonb_build_object('ExclusiveStartKey', response->'LastEvaluatedKey');
	END LOOP;
END $$;
-- Counts what Scans find, and what they find too much or too little of what the index should have.
CREATE FUNCTION pg_temp.compare(index text, n int, segments int) RETURNS text LANGUAGE sql AS $$
	WITH found AS (
		SELECT (item->'id')::int AS id, (item->'version')::int AS version FROM generate_series(0, segments - 1) segment, pg_temp.scan(index, n, segment, segments) item
	), expected AS (
		SELECT id, version FROM parts
		WHERE CASE index WHEN 'byWeight' THEN weight IS NOT NULL WHEN 'ofColor' THEN color IS NOT NULL ELSE color IS NOT NULL AND weight IS NOT NULL END
	)
	SELECT concat_ws(' ', (SELECT count(*) FROM found), (SELECT count(*) FROM (SELECT * FROM found EXCEPT ALL SELECT * FROM expected) e),
		(SELECT count(*) FROM (SELECT * FROM expected EXCEPT ALL SELECT * FROM found) e))
$$;
SELECT index, string_agg(pg_temp.compare(index, n, segments), ', ') FROM unnest('{byWeight,byColor,ofColor,byWeightAndColor}'::text[]) index,
	(VALUES (NULL, 1), (1, 1), (7, 1), (NULL, 3), (3, 5), (10, 1000)) v (n, segments) GROUP BY index ORDER BY index;
-- items of a color stay together, and so do those of a color and weight
SELECT count(*) = count(DISTINCT color) FROM (SELECT color, lag(color) OVER (ORDER BY o) AS before FROM (SELECT item->>'color' AS color, o FROM pg_temp.scan('byColor', 7) WITH ORDINALITY AS i (item, o)) s) l
	WHERE before IS DISTINCT FROM color;
SELECT count(*) = count(DISTINCT key) FROM (SELECT key, lag(key) OVER (ORDER BY o) AS before
	FROM (SELECT ROW(item->>'color', item->>'weight') AS key, o FROM pg_temp.scan('byWeightAndColor', 7) WITH ORDINALITY AS i (item, o)) s) l WHERE before IS DISTINCT FROM key;
-- and are sorted by weight
SELECT bool_and(weight >= before) FROM (SELECT weight, lag(weight) OVER (PARTITION BY color ORDER BY o) AS before
	FROM (SELECT item->>'color' AS color, (item->'weight')::int AS weight, o FROM pg_temp.scan('byColor', 7) WITH ORDINALITY AS i (item, o)) s) l;

-- ---- What an index holds ----

SELECT DISTINCT array(SELECT json_object_keys(item::text::json)) FROM pg_temp.scan('byWeight') item;
SELECT DISTINCT array(SELECT json_object_keys(item::text::json)) FROM pg_temp.scan('byColor') item;
SELECT DISTINCT array(SELECT json_object_keys(item::text::json)) FROM pg_temp.scan('byWeightAndColor') item;
SELECT array(SELECT json_object_keys(item::text::json)), count(*) FROM pg_temp.scan('ofColor') item GROUP BY 1 ORDER BY 1;
SELECT array(SELECT json_object_keys(item::text::json)), count(*) FROM pg_temp.scan('byWeight', 50, more => '{"Select": "ALL_ATTRIBUTES"}') item GROUP BY 1 ORDER BY 1;
SELECT item, count(*) FROM pg_temp.scan('byWeight', more => '{"ProjectionExpression": "color, weight", "FilterExpression": "id < :5", "ExpressionAttributeValues": {":5": {"N": "5"}}}') item GROUP BY 1 ORDER BY item::text;
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byColor", "Select": "COUNT", "ReturnConsumedCapacity": "INDEXES"}');
SELECT response->'Count', response->'ConsumedCapacity' FROM ddb.scan('{"TableName": "Parts", "IndexName": "byWeight", "ProjectionExpression": "#n", "ExpressionAttributeNames": {"#n": "name"},
	"ReturnConsumedCapacity": "INDEXES", "ConsistentRead": true}') response;
SELECT response->'Count', response->'LastEvaluatedKey' FROM ddb.scan('{"TableName": "Parts", "IndexName": "byWeight", "Limit": 3, "ScanFilter": {"weight": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "9"}]}}}') response;

-- ---- What AWS checks, in its order ----

SELECT ddb.scan('{"TableName": "Parts", "IndexName": "whatever", "ExclusiveStartKey": {}, "FilterExpression": "attribute_exists(id.a)"}');
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byColor", "ExclusiveStartKey": {}, "ConsistentRead": true}');
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byColor", "ExclusiveStartKey": {}, "Select": "ALL_ATTRIBUTES"}');
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byColor", "ExclusiveStartKey": {"id": {"N": "1"}, "version": {"N": "1"}, "color": {"S": "red"}, "name": {"S": "a"}}}');
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byColor", "ExclusiveStartKey": {"id": {"S": "1"}, "version": {"N": "1"}, "color": {"N": "1"}, "name": {"S": "a"}}}');
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byColor", "ExclusiveStartKey": {"id": {"S": "1"}, "version": {"N": "1"}, "color": {"S": "red"}, "weight": {"S": "a"}}}');
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byColor", "ExclusiveStartKey": {"x": {"S": "1"}, "y": {"N": "1"}, "color": {"S": "red"}, "weight": {"N": "1"}}, "Select": "ALL_ATTRIBUTES",
	"FilterExpression": "attribute_exists(id.a)"}');
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byColor", "ExclusiveStartKey": {"x": {"S": "1"}, "y": {"N": "1"}, "color": {"S": "red"}, "weight": {"N": "1"}}, "AttributesToGet": ["text"]}');
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byColor", "ExclusiveStartKey": {"x": {"S": "1"}, "y": {"N": "1"}, "color": {"S": "red"}, "weight": {"N": "1"}},
	"FilterExpression": "attribute_exists(id.a)"}');
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byWeight", "FilterExpression": "attribute_exists(id.a)"}');
SELECT ddb.scan('{"TableName": "Parts", "FilterExpression": "attribute_exists(color.a)"}');
-- a key of another segment
SELECT ddb.scan((jsonb_build_object('TableName', 'Parts', 'IndexName', 'byColor', 'Segment', 1 - segment, 'TotalSegments', 2) || key)::json)
FROM generate_series(0, 1) segment, LATERAL (SELECT jsonb_build_object('ExclusiveStartKey', ddb.scan(json_build_object('TableName', 'Parts', 'IndexName', 'byColor', 'Segment', segment, 'TotalSegments', 2,
	'Limit', 1))->'LastEvaluatedKey')) k (key);

-- ---- Privileges and policies are the table's ----

CREATE ROLE ddb_reader;
GRANT USAGE ON SCHEMA ddb, dynamodb TO ddb_reader;
SET ROLE ddb_reader;
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byColor"}');
RESET ROLE;
GRANT SELECT ON dynamodb."Parts" TO ddb_reader;
SET ROLE ddb_reader;
SELECT ddb.scan('{"TableName": "Parts", "IndexName": "byColor", "Select": "COUNT"}');
RESET ROLE;
-- judged on the item, also where the index does not hold what they ask
CREATE POLICY reader ON dynamodb."Parts" TO ddb_reader USING (item->>'name' IN ('part 1', 'part 2', 'part 10') AND version <> 2);
ALTER TABLE dynamodb."Parts" ENABLE ROW LEVEL SECURITY;
SET ROLE ddb_reader;
SELECT index, (SELECT string_agg((item->>'id') || '.' || (item->>'version'), ' ' ORDER BY (item->'id')::int, (item->'version')::int) FROM pg_temp.scan(index, n) item)
FROM unnest('{byWeight,byColor,ofColor,byWeightAndColor}'::text[]) index, unnest('{NULL,1}'::int[]) n ORDER BY 1;
SELECT array(SELECT json_object_keys(item::text::json)), count(*) FROM pg_temp.scan('byWeight', 50, more => '{"Select": "ALL_ATTRIBUTES"}') item GROUP BY 1 ORDER BY 1;
SELECT ddb.query('{"TableName": "Parts", "IndexName": "byWeight", "KeyConditionExpression": "id = :i AND weight >= :w", "ExpressionAttributeValues": {":i": {"N": "1"}, ":w": {"N": "1"}}}');
SELECT ddb.query('{"TableName": "Parts", "IndexName": "byWeight", "KeyConditionExpression": "id = :i", "ExpressionAttributeValues": {":i": {"N": "3"}}}');
RESET ROLE;

SELECT ddb.delete_table('{"TableName": "Parts"}')->'TableDescription'->>'TableStatus';
REVOKE USAGE ON SCHEMA ddb, dynamodb FROM ddb_reader;
DROP ROLE ddb_reader;
