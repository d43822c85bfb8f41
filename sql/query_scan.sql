-- Query and Scan
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Threads", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "forum", "AttributeType": "S"}, {"AttributeName": "posted", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "forum", "KeyType": "HASH"}, {"AttributeName": "posted", "KeyType": "RANGE"}]}')->'TableDescription'->>'TableName';
SELECT ddb.create_table('{"TableName": "Users", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "name", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "name", "KeyType": "HASH"}]}')->'TableDescription'->>'TableName';
SELECT count(ddb.put_item(json_build_object('TableName', 'Threads', 'Item', json_build_object(
	'forum', json_build_object('S', forum), 'posted', json_build_object('N', n::text), 'hits', json_build_object('N', (n * n)::text),
	'tags', '{"SS": ["a", "b"]}'::json)))) FROM generate_series(-2, 12) n, unnest('{db,web}'::text[]) forum;
SELECT count(ddb.put_item(json_build_object('TableName', 'Users', 'Item', json_build_object('name', json_build_object('S', 'user ' || n)))))
	FROM generate_series(1, 100) n;

-- Runs a request given as {...} without the table, and shows the sort keys found.
CREATE FUNCTION pg_temp.posted(response json) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' | ', (SELECT string_agg(item->'posted'->>'N', ' ') FROM json_array_elements(response->'Items') item),
		response->>'Count' || '/' || (response->>'ScannedCount'), response->'LastEvaluatedKey'->'posted'->>'N')
$$;
CREATE FUNCTION pg_temp.query(parameters jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.posted(ddb.query((jsonb_build_object('TableName', 'Threads') || parameters)::json))
$$;
CREATE FUNCTION pg_temp.key(condition text, VARIADIC vals text[]) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('KeyConditionExpression', 'forum = :forum' || condition,
		'ExpressionAttributeValues', (SELECT jsonb_object_agg(':v' || i, jsonb_build_object('N', v)) FROM unnest(vals) WITH ORDINALITY AS u (v, i))
			|| '{":forum": {"S": "db"}}')
$$;

-- ---- Key conditions ----

SELECT pg_temp.query('{"KeyConditionExpression": "forum = :f", "ExpressionAttributeValues": {":f": {"S": "db"}}}');
SELECT pg_temp.query('{"KeyConditionExpression": "forum = :f", "ExpressionAttributeValues": {":f": {"S": "none"}}}');
SELECT pg_temp.query(pg_temp.key(' AND posted = :v1', '3.0'));
SELECT pg_temp.query(pg_temp.key(' AND posted < :v1', '0'));
SELECT pg_temp.query(pg_temp.key(' AND posted <= :v1', '0'));
SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '9'));
SELECT pg_temp.query(pg_temp.key(' AND posted >= :v1', '9'));
SELECT pg_temp.query(pg_temp.key(' AND posted BETWEEN :v1 AND :v2', '8.5', '1e1'));
SELECT pg_temp.query(pg_temp.key(' AND posted BETWEEN :v1 AND :v2', '2', '1'));
SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '9') || '{"ScanIndexForward": false}');
SELECT pg_temp.query('{"KeyConditions": {"forum": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "db"}]},
	"posted": {"ComparisonOperator": "GE", "AttributeValueList": [{"N": "10"}]}}}');
SELECT pg_temp.query('{"KeyConditionExpression": "posted = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}');
SELECT pg_temp.query('{"KeyConditionExpression": "forum > :v", "ExpressionAttributeValues": {":v": {"S": "1"}}}');
SELECT pg_temp.query('{"KeyConditionExpression": "forum = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}');
SELECT pg_temp.query('{"KeyConditionExpression": "forum = :v AND hits = :v", "ExpressionAttributeValues": {":v": {"S": "1"}}}');
SELECT pg_temp.query('{}');

-- ---- Pages ----

SELECT pg_temp.query(pg_temp.key('', '0') #- '{ExpressionAttributeValues,:v1}' || '{"Limit": 4}');
SELECT pg_temp.query(pg_temp.key(' AND posted >= :v1', '9') || '{"Limit": 4}');
SELECT pg_temp.query(pg_temp.key(' AND posted >= :v1', '9') || '{"Limit": 5}');
SELECT pg_temp.query(pg_temp.key(' AND posted >= :v1', '9') || '{"ExclusiveStartKey": {"forum": {"S": "db"}, "posted": {"N": "10"}}}');
SELECT pg_temp.query(pg_temp.key(' AND posted <= :v1', '9') || '{"ScanIndexForward": false, "Limit": 3, "ExclusiveStartKey": {"forum": {"S": "db"}, "posted": {"N": "4.5"}}}');
-- a page need not have any item that passes the filter
SELECT pg_temp.query(pg_temp.key(' AND posted >= :v1', '1') || '{"Limit": 3, "FilterExpression": "hits >= :v1 AND size(tags) > :v1"}');
SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '1') || '{"Limit": 3, "FilterExpression": "hits = :v1"}');
-- a page ends with 1 MB
SELECT count(ddb.put_item(json_build_object('TableName', 'Threads', 'Item', json_build_object(
	'forum', '{"S": "big"}'::json, 'posted', json_build_object('N', n::text), 'text', json_build_object('S', repeat('x', 300000)))))) FROM generate_series(1, 6) n;
SELECT pg_temp.query('{"KeyConditionExpression": "forum = :f", "ProjectionExpression": "posted", "ExpressionAttributeValues": {":f": {"S": "big"}}}');
SELECT pg_temp.query('{"KeyConditionExpression": "forum = :f", "ProjectionExpression": "posted", "ExpressionAttributeValues": {":f": {"S": "big"}},
	"ExclusiveStartKey": {"forum": {"S": "big"}, "posted": {"N": "4"}}}');

-- ---- Starting keys ----

SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '9') || '{"ExclusiveStartKey": {}}');
SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '9') || '{"ExclusiveStartKey": {"forum": {}}}');
SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '9') || '{"ExclusiveStartKey": {"forum": {"N": "x"}}}');
SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '9') || '{"ExclusiveStartKey": {"forum": {"N": "1"}, "posted": {"N": "1"}}}');
SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '9') || '{"ExclusiveStartKey": {"forum": {"S": "db"}, "hits": {"N": "1"}}}');
SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '9') || '{"ExclusiveStartKey": {"forum": {"S": "db"}, "posted": {"S": "1"}}}');
SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '9') || '{"ExclusiveStartKey": {"forum": {"S": "db"}, "posted": {"N": "9"}}}');
SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '9') || '{"ExclusiveStartKey": {"forum": {"S": "web"}, "posted": {"N": "10"}}}');
SELECT pg_temp.query(pg_temp.key(' AND posted = :v1', '9') || '{"ExclusiveStartKey": {"forum": {"S": "db"}, "posted": {"N": "9"}}}');
SELECT pg_temp.query('{"KeyConditionExpression": "forum = :f", "ExpressionAttributeValues": {":f": {"S": "db"}},
	"ExclusiveStartKey": {"forum": {"S": "web"}, "posted": {"N": "9"}}}');

-- the only item there can be
SELECT ddb.query('{"TableName": "Users", "Limit": 1, "KeyConditionExpression": "#n = :n", "ExpressionAttributeNames": {"#n": "name"}, "ExpressionAttributeValues": {":n": {"S": "user 7"}}}');
SELECT ddb.query('{"TableName": "Users", "ScanIndexForward": false, "KeyConditionExpression": "#n = :n", "ExpressionAttributeNames": {"#n": "name"}, "ExpressionAttributeValues": {":n": {"S": "user 7"}},
	"ExclusiveStartKey": {"name": {"S": "user 7"}}}');

-- ---- Filters, Select, projections ----

SELECT pg_temp.query(pg_temp.key(' AND posted > :v1', '9') || '{"FilterExpression": "posted > :v1"}');
SELECT pg_temp.query('{"KeyConditions": {"forum": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "db"}]}},
	"QueryFilter": {"posted": {"ComparisonOperator": "NOT_NULL"}}}');
SELECT pg_temp.query('{"KeyConditions": {"forum": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "db"}]}}, "ConditionalOperator": "OR",
	"QueryFilter": {"hits": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "100"}]}, "tags": {"ComparisonOperator": "CONTAINS", "AttributeValueList": [{"S": "c"}]}}}');
SELECT ddb.query((pg_temp.key(' AND posted = :v1', '9') || '{"TableName": "Threads", "Select": "COUNT"}')::json);
SELECT ddb.query((pg_temp.key(' AND posted = :v1', '9') || '{"TableName": "Threads", "ProjectionExpression": "tags, #v", "ExpressionAttributeNames": {"#v": "hits"}}')::json);
SELECT ddb.query('{"TableName": "Threads", "AttributesToGet": ["hits", "nothing"], "Limit": 1,
	"KeyConditions": {"forum": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "db"}]}}}');
SELECT pg_temp.query(pg_temp.key(' AND posted = :v1', '9') || '{"Select": "COUNT", "ProjectionExpression": "tags"}');
SELECT pg_temp.query(pg_temp.key(' AND posted = :v1', '9') || '{"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "tags"}');
SELECT pg_temp.query(pg_temp.key(' AND posted = :v1', '9') || '{"Select": "SPECIFIC_ATTRIBUTES"}');
SELECT pg_temp.query(pg_temp.key(' AND posted = :v1', '9') || '{"Select": "ALL_PROJECTED_ATTRIBUTES"}');
SELECT pg_temp.query(pg_temp.key(' AND posted = :v1', '9') || '{"IndexName": "byHits"}');
SELECT pg_temp.query('{"KeyConditions": {"forum": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "db"}]}}, "KeyConditionExpression": "forum = :f"}');

-- a page of a whole key has nothing behind it, and of a table without sort key there is nothing to start behind
SELECT ddb.query('{"TableName": "Threads", "Limit": 1, "KeyConditionExpression": "forum = :f AND posted = :p", "ExpressionAttributeValues": {":f": {"S": "db"}, ":p": {"N": "9"}}}')->'LastEvaluatedKey';
SELECT ddb.query('{"TableName": "Threads", "Limit": 1, "KeyConditionExpression": "forum = :f AND posted <= :p", "ExpressionAttributeValues": {":f": {"S": "db"}, ":p": {"N": "9"}}}')->'LastEvaluatedKey';
SELECT ddb.query('{"TableName": "Users", "Limit": 1, "KeyConditionExpression": "#n = :n", "ExpressionAttributeNames": {"#n": "name"}, "ExpressionAttributeValues": {":n": {"S": "user 7"}}}');
SELECT ddb.query('{"TableName": "Users", "KeyConditionExpression": "#n = :n", "ExpressionAttributeNames": {"#n": "name"}, "ExpressionAttributeValues": {":n": {"S": "user 7"}},
	"ExclusiveStartKey": {"name": {"S": "user 7"}}}');
SELECT pg_temp.query(pg_temp.key('', '9') || '{"Select": "ALL_PROJECTED_ATTRIBUTES", "ProjectionExpression": "tags"}');

-- ---- Scan ----

-- pages of 7 that follow each other bring every item once
WITH RECURSIVE pages AS (
	SELECT ddb.scan('{"TableName": "Users", "Limit": 7}') AS page
	UNION ALL
	SELECT ddb.scan(json_build_object('TableName', 'Users', 'Limit', 7, 'ExclusiveStartKey', page->'LastEvaluatedKey'))
	FROM pages WHERE page->'LastEvaluatedKey' IS NOT NULL
)
SELECT count(DISTINCT page->>'Items'), count(*), count(DISTINCT i->'name'->>'S')
FROM pages LEFT JOIN LATERAL json_array_elements(page->'Items') i ON true;
-- so do segments
SELECT sum((page->>'Count')::int), max((page->>'Count')::int) < 100 FROM generate_series(0, 3) segment,
	ddb.scan(json_build_object('TableName', 'Users', 'Segment', segment, 'TotalSegments', 4)) page;
SELECT sum((page->>'Count')::int) FROM generate_series(0, 999) segment,
	ddb.scan(json_build_object('TableName', 'Users', 'Segment', segment, 'TotalSegments', 1000)) page;
SELECT ddb.scan('{"TableName": "Users", "FilterExpression": "#n = :n", "ExpressionAttributeNames": {"#n": "name"}, "ExpressionAttributeValues": {":n": {"S": "user 7"}}}');
SELECT ddb.scan('{"TableName": "Users", "Select": "COUNT", "ScanFilter": {"name": {"ComparisonOperator": "BEGINS_WITH", "AttributeValueList": [{"S": "user 1"}]}}}');
-- a starting key that is no item's
SELECT (ddb.scan('{"TableName": "Users", "ExclusiveStartKey": {"name": {"S": "nobody"}}}')->>'Count')::int < 100;
SELECT ddb.scan('{"TableName": "Users", "ExclusiveStartKey": {"nom": {"S": "nobody"}}}');
SELECT ddb.scan('{"TableName": "Users", "ExclusiveStartKey": {"name": {"S": ""}}}');
SELECT ddb.scan('{"TableName": "Users", "Segment": 0}');
SELECT ddb.scan('{"TableName": "Users", "TotalSegments": 2}');
SELECT ddb.scan('{"TableName": "Users", "Segment": 2, "TotalSegments": 2}');
SELECT ddb.scan('{"TableName": "Users", "Segment": 1000000, "TotalSegments": 0}');
-- a key of another segment cannot be where one goes on
DO $$
DECLARE
	key json := ddb.scan('{"TableName": "Users", "Limit": 1}')->'LastEvaluatedKey';
BEGIN
	PERFORM ddb.scan(json_build_object('TableName', 'Users', 'Segment', 1, 'TotalSegments', 2, 'ExclusiveStartKey', key));
EXCEPTION WHEN OTHERS THEN
	RAISE INFO '%', SQLERRM;
END
$$;
SELECT ddb.scan('{"TableName": "Users", "FilterExpression": "#n.a = :n", "ExpressionAttributeNames": {"#n": "name"}, "ExpressionAttributeValues": {":n": {"S": "user 7"}}}');
SELECT ddb.scan('{"TableName": "Users", "IndexName": "byAge"}');

SELECT ddb.delete_table('{"TableName": "Threads"}')->'TableDescription'->>'TableStatus';
SELECT ddb.delete_table('{"TableName": "Users"}')->'TableDescription'->>'TableStatus';
