-- needs: preloading
-- Query on secondary indexes
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Scores", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "player", "AttributeType": "S"}, {"AttributeName": "game", "AttributeType": "S"},
		{"AttributeName": "score", "AttributeType": "N"}, {"AttributeName": "day", "AttributeType": "S"}, {"AttributeName": "code", "AttributeType": "B"}],
	"KeySchema": [{"AttributeName": "player", "KeyType": "HASH"}, {"AttributeName": "game", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [
		{"IndexName": "byDay", "KeySchema": [{"AttributeName": "player", "KeyType": "HASH"}, {"AttributeName": "day", "KeyType": "RANGE"}],
			"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["score"]}},
		{"IndexName": "byDayAll", "KeySchema": [{"AttributeName": "player", "KeyType": "HASH"}, {"AttributeName": "day", "KeyType": "RANGE"}],
			"Projection": {"ProjectionType": "ALL"}}],
	"GlobalSecondaryIndexes": [
		{"IndexName": "byGame", "KeySchema": [{"AttributeName": "game", "KeyType": "HASH"}, {"AttributeName": "score", "KeyType": "RANGE"}],
			"Projection": {"ProjectionType": "KEYS_ONLY"}},
		{"IndexName": "onDay", "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}},
		{"IndexName": "byCode", "KeySchema": [{"AttributeName": "score", "KeyType": "HASH"}, {"AttributeName": "code", "KeyType": "RANGE"}],
			"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]}}]}')->'TableDescription'->>'TableName';
SELECT count(ddb.put_item(json_build_object('TableName', 'Scores', 'Item', jsonb_build_object(
	'player', jsonb_build_object('S', player), 'game', jsonb_build_object('S', game), 'note', jsonb_build_object('S', player || ' plays ' || game))
	|| CASE WHEN score IS NULL THEN '{}' ELSE jsonb_build_object('score', jsonb_build_object('N', score)) END
	|| CASE WHEN day IS NULL THEN '{}' ELSE jsonb_build_object('day', jsonb_build_object('S', day)) END
	|| CASE WHEN code IS NULL THEN '{}' ELSE jsonb_build_object('code', jsonb_build_object('B', encode(code, 'base64'))) END)))
FROM (VALUES
	('ann', 'chess', '10', 'mon', '\x01'::bytea), ('ann', 'go', '-3.5', 'tue', '\xff'), ('ann', 'poker', '1e2', 'mon', '\xff00'), ('ann', 'tarot', NULL, NULL, NULL),
	('bob', 'chess', '10', 'tue', '\xff01'), ('bob', 'go', '7', 'mon', NULL), ('bob', 'poker', NULL, 'mon', '\x00'),
	('cid', 'chess', '9', 'mon', '\xfe'), ('cid', 'go', '7', NULL, '\x02'),
	('dee', 'chess', '10', 'wed', '\xffff'), ('eve', 'chess', '11', 'mon', NULL)) AS item (player, game, score, day, code);

-- Runs a request given as {...} without the table, and shows player and game of what is found.
CREATE FUNCTION pg_temp.found(response json) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' | ', (SELECT string_agg(concat_ws(' ', item->'player'->>'S', item->'game'->>'S'), ', ') FROM json_array_elements(response->'Items') item),
		response->>'Count' || '/' || (response->>'ScannedCount'), response->>'LastEvaluatedKey', response->>'ConsumedCapacity')
$$;
CREATE FUNCTION pg_temp.query(index text, condition text, vals jsonb, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.found(ddb.query((jsonb_build_object('TableName', 'Scores', 'IndexName', index, 'KeyConditionExpression', condition,
		'ExpressionAttributeNames', (SELECT jsonb_object_agg('#' || name, name) FROM unnest('{day}'::text[]) name WHERE (condition || more::text) LIKE '%#' || name || '%'),
		'ExpressionAttributeValues', vals) || more)::json))
$$;
-- Reads all pages of so many items, and shows the items of each.
CREATE FUNCTION pg_temp.pages(index text, condition text, vals jsonb, n int, forward boolean) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	response json;
	start jsonb := '{}';
BEGIN
	LOOP
		response := ddb.query((jsonb_build_object('TableName', 'Scores', 'IndexName', index, 'KeyConditionExpression', condition,
			'ExpressionAttributeNames', CASE WHEN condition LIKE '%#day%' THEN '{"#day": "day"}'::jsonb END,
			'ExpressionAttributeValues', vals, 'Limit', n, 'ScanIndexForward', forward) || start)::json);
		RETURN NEXT (SELECT string_agg(concat_ws(' ', item->'player'->>'S', item->'game'->>'S'), ', ') FROM json_array_elements(response->'Items') item);
		EXIT WHEN response->'LastEvaluatedKey' IS NULL;
		start := jsonb_build_object('ExclusiveStartKey', response->'LastEvaluatedKey');
	END LOOP;
END $$;

-- ---- Key conditions ----

SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "go"}}');
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "none"}}');
SELECT pg_temp.query('byGame', 'game = :g AND score < :s', '{":g": {"S": "go"}, ":s": {"N": "7"}}');
SELECT pg_temp.query('byGame', 'game = :g AND score <= :s', '{":g": {"S": "go"}, ":s": {"N": "7"}}');
SELECT pg_temp.query('byGame', 'game = :g AND score > :s', '{":g": {"S": "go"}, ":s": {"N": "-3.5"}}');
SELECT pg_temp.query('byGame', 'game = :g AND score >= :s', '{":g": {"S": "go"}, ":s": {"N": "-3.5"}}');
SELECT pg_temp.query('byGame', 'game = :g AND score BETWEEN :s AND :t', '{":g": {"S": "chess"}, ":s": {"N": "9"}, ":t": {"N": "9.99"}}');
SELECT pg_temp.query('byGame', 'game = :g AND score = :s', '{":g": {"S": "poker"}, ":s": {"N": "100"}}');
SELECT pg_temp.query('byDay', 'player = :p', '{":p": {"S": "ann"}}');
SELECT pg_temp.query('byDay', 'player = :p', '{":p": {"S": "ann"}}', '{"ScanIndexForward": false}');
SELECT pg_temp.query('byDay', 'player = :p AND begins_with(#day, :d)', '{":p": {"S": "bob"}, ":d": {"S": "m"}}');
SELECT pg_temp.query('onDay', '#day = :d', '{":d": {"S": "wed"}}');
-- of three items with the score 10, and two with codes that begin with FF
SELECT pg_temp.query('byCode', 'score = :s', '{":s": {"N": "10.0"}}');
SELECT pg_temp.query('byCode', 'score = :s AND begins_with(code, :c)', '{":s": {"N": "10"}, ":c": {"B": "/w=="}}');
SELECT pg_temp.query('byCode', 'score = :s AND begins_with(code, :c)', '{":s": {"N": "10"}, ":c": {"B": "/w=="}}', '{"ScanIndexForward": false}');
SELECT pg_temp.query('byCode', 'score = :s AND code > :c', '{":s": {"N": "10"}, ":c": {"B": "/w=="}}');
SELECT ddb.query('{"TableName": "Scores", "IndexName": "byGame", "KeyConditions": {"game": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "go"}]},
	"score": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "7"}]}}}');

-- ---- What an index holds ----

SELECT ddb.query('{"TableName": "Scores", "IndexName": "byGame", "KeyConditionExpression": "game = :g", "ExpressionAttributeValues": {":g": {"S": "poker"}}}');
SELECT ddb.query('{"TableName": "Scores", "IndexName": "onDay", "Select": "ALL_PROJECTED_ATTRIBUTES", "KeyConditions": {"day": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "wed"}]}}}');
SELECT ddb.query('{"TableName": "Scores", "IndexName": "onDay", "Select": "ALL_ATTRIBUTES", "KeyConditions": {"day": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "wed"}]}}}');
SELECT ddb.query('{"TableName": "Scores", "IndexName": "byCode", "Select": "SPECIFIC_ATTRIBUTES", "KeyConditionExpression": "score = :s", "ExpressionAttributeValues": {":s": {"N": "100"}},
	"ProjectionExpression": "note, player, code"}');
SELECT ddb.query('{"TableName": "Scores", "IndexName": "byDay", "Select": "COUNT", "KeyConditionExpression": "player = :p", "ExpressionAttributeValues": {":p": {"S": "ann"}}}');
SELECT ddb.query('{"TableName": "Scores", "IndexName": "byDay", "KeyConditionExpression": "player = :p", "ExpressionAttributeValues": {":p": {"S": "bob"}}, "ReturnConsumedCapacity": "INDEXES"}');
-- what a local index lacks comes from the table, whose units are told apart
SELECT ddb.query('{"TableName": "Scores", "IndexName": "byDay", "Select": "ALL_ATTRIBUTES", "KeyConditionExpression": "player = :p", "ExpressionAttributeValues": {":p": {"S": "bob"}},
	"ReturnConsumedCapacity": "INDEXES", "ConsistentRead": true}');
SELECT ddb.query('{"TableName": "Scores", "IndexName": "byDay", "AttributesToGet": ["note"], "KeyConditions": {"player": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "bob"}]}},
	"ReturnConsumedCapacity": "INDEXES"}');
SELECT ddb.query('{"TableName": "Scores", "IndexName": "byDay", "ProjectionExpression": "score, game", "KeyConditionExpression": "player = :p", "ExpressionAttributeValues": {":p": {"S": "bob"}},
	"ReturnConsumedCapacity": "INDEXES"}');
SELECT pg_temp.query('byDayAll', 'player = :p', '{":p": {"S": "bob"}}', '{"Select": "ALL_ATTRIBUTES", "ReturnConsumedCapacity": "TOTAL"}');
SELECT pg_temp.query('byDayAll', 'player = :p', '{":p": {"S": "nobody"}}', '{"Select": "ALL_ATTRIBUTES", "ReturnConsumedCapacity": "INDEXES"}');
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "go"}}', '{"ReturnConsumedCapacity": "INDEXES"}');
-- a global index does not
SELECT pg_temp.query('byCode', 'score = :s', '{":s": {"N": "10"}}', '{"Select": "ALL_ATTRIBUTES"}');
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "go"}}', '{"ProjectionExpression": "note, player, #day"}');
SELECT ddb.query('{"TableName": "Scores", "IndexName": "byGame", "AttributesToGet": ["code"], "KeyConditions": {"game": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "go"}]}}}');

-- ---- Filters ----

SELECT pg_temp.query('onDay', '#day = :d', '{":d": {"S": "mon"}, ":s": {"N": "10"}}', '{"FilterExpression": "score >= :s AND player <> game"}');
-- filters see what the index holds, or the item where it is fetched
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "go"}}', '{"FilterExpression": "attribute_exists(note)"}');
SELECT pg_temp.query('byDay', 'player = :p', '{":p": {"S": "bob"}}', '{"FilterExpression": "attribute_exists(note)"}');
SELECT pg_temp.query('byDay', 'player = :p', '{":p": {"S": "bob"}}', '{"FilterExpression": "attribute_exists(note)", "Select": "ALL_ATTRIBUTES"}');
SELECT pg_temp.query('onDay', '#day = :d', '{":d": {"S": "mon"}}', '{"FilterExpression": "#day <> :d"}');
SELECT ddb.query('{"TableName": "Scores", "IndexName": "byGame", "KeyConditions": {"game": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "go"}]}},
	"QueryFilter": {"score": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "1"}]}}}');
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "go"}}', '{"FilterExpression": "attribute_exists(player.a)"}');
SELECT pg_temp.query('onDay', '#day = :d', '{":d": {"S": "mon"}}', '{"FilterExpression": "attribute_exists(code[0])"}');
SELECT ddb.query('{"TableName": "Scores", "KeyConditionExpression": "player = :p", "ExpressionAttributeValues": {":p": {"S": "bob"}}, "ProjectionExpression": "score.a"}');
SELECT ddb.get_item('{"TableName": "Scores", "Key": {"player": {"S": "ann"}, "game": {"S": "go"}}, "ProjectionExpression": "score[1]"}');

-- ---- Pages ----

-- entries of equal index key are told apart by the table's key
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "chess"}}', '{"Limit": 2}');
SELECT pg_temp.query('byDay', 'player = :p', '{":p": {"S": "ann"}}', '{"Limit": 1}');
SELECT pg_temp.query('onDay', '#day = :d', '{":d": {"S": "wed"}}', '{"Limit": 1}');
SELECT * FROM pg_temp.pages('byGame', 'game = :g', '{":g": {"S": "chess"}}', 2, true);
SELECT * FROM pg_temp.pages('byGame', 'game = :g', '{":g": {"S": "chess"}}', 2, false);
SELECT * FROM pg_temp.pages('byGame', 'game = :g AND score = :s', '{":g": {"S": "chess"}, ":s": {"N": "10"}}', 1, true);
SELECT * FROM pg_temp.pages('byGame', 'game = :g AND score BETWEEN :s AND :t', '{":g": {"S": "chess"}, ":s": {"N": "9.5"}, ":t": {"N": "10.5"}}', 1, false);
SELECT * FROM pg_temp.pages('byCode', 'score = :s AND begins_with(code, :c)', '{":s": {"N": "10"}, ":c": {"B": "/w=="}}', 1, true);
SELECT * FROM pg_temp.pages('byCode', 'score = :s AND code < :c', '{":s": {"N": "10"}, ":c": {"B": "//8="}}', 1, false);
SELECT * FROM pg_temp.pages('onDay', '#day = :d', '{":d": {"S": "mon"}}', 2, true);
SELECT * FROM pg_temp.pages('byDay', 'player = :p', '{":p": {"S": "ann"}}', 1, false);
SELECT * FROM pg_temp.pages('byDay', 'player = :p AND #day = :d', '{":p": {"S": "ann"}, ":d": {"S": "mon"}}', 1, true);
-- a key that is not there, between, before and behind those that are
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "chess"}}', '{"ExclusiveStartKey": {"game": {"S": "chess"}, "score": {"N": "10.5"}, "player": {"S": "zoe"}}}');
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "chess"}}', '{"ExclusiveStartKey": {"game": {"S": "chess"}, "score": {"N": "-1"}, "player": {"S": "zoe"}}, "ScanIndexForward": false}');
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "chess"}}', '{"ExclusiveStartKey": {"game": {"S": "chess"}, "score": {"N": "9.5"}, "player": {"S": "zoe"}}, "ScanIndexForward": false}');

-- ---- What AWS checks, in its order ----

SELECT pg_temp.query('byNothing', 'game = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {}}');
SELECT pg_temp.query('byGame', 'nothing = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {}, "ConsistentRead": true}');
SELECT pg_temp.query('byDay', 'player = :p', '{":p": {"S": "bob"}}', '{"ConsistentRead": true, "Select": "COUNT"}');
SELECT pg_temp.query('byGame', 'game = :g AND score = :g AND player = :g', '{":g": {"S": "go"}}');
SELECT pg_temp.query('byGame', 'nothing = :g', '{":g": {"S": "go"}}');
SELECT pg_temp.query('byGame', 'game = :g AND player = :g', '{":g": {"S": "go"}}');
SELECT pg_temp.query('onDay', '#day = :d AND player = :d', '{":d": {"S": "mon"}}');
SELECT pg_temp.query('byGame', 'game > :g', '{":g": {"S": "go"}}');
SELECT pg_temp.query('byGame', 'game = :g AND score = :g', '{":g": {"S": "go"}}');
-- ExclusiveStartKey: how many attributes, the index's partition key; then the key condition
SELECT pg_temp.query('byGame', 'nothing = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {"game": {"S": "go"}, "score": {"N": "1"}}}');
SELECT pg_temp.query('byGame', 'nothing = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {"day": {"S": "go"}, "score": {"N": "1"}, "player": {"S": "ann"}}}');
SELECT pg_temp.query('byGame', 'nothing = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {"game": {"N": "1"}, "x": {"N": "1"}, "y": {"S": "ann"}}}');
SELECT pg_temp.query('byGame', 'nothing = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {"game": {"S": "go"}, "x": {"N": "1"}, "y": {"S": "ann"}}}');
-- the index's sort key, the table's key, the range
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {"game": {"S": "go"}, "x": {"N": "1"}, "player": {"N": "1"}}}');
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {"game": {"S": "go"}, "score": {"S": "1"}, "player": {"N": "1"}}}');
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {"game": {"S": "go"}, "score": {"N": "1"}, "player": {"N": "1"}}}');
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {"game": {"S": "go"}, "score": {"N": "1"}, "x": {"S": "ann"}}}');
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {"game": {"S": "go"}, "score": {"N": "1"}, "player": {"S": ""}}}');
SELECT pg_temp.query('byGame', 'game = :g', '{":g": {"S": "go"}}', '{"ExclusiveStartKey": {"game": {"S": "chess"}, "score": {"N": "1"}, "player": {"S": "ann"}}}');
SELECT pg_temp.query('byGame', 'game = :g AND score > :s', '{":g": {"S": "go"}, ":s": {"N": "1"}}', '{"ExclusiveStartKey": {"game": {"S": "go"}, "score": {"N": "1"}, "player": {"S": "ann"}}}');
SELECT pg_temp.query('byGame', 'game = :g AND score > :s', '{":g": {"S": "go"}, ":s": {"N": "1"}}', '{"ExclusiveStartKey": {"game": {"S": "chess"}, "score": {"N": "2"}, "player": {"S": "ann"}}}');
SELECT pg_temp.query('byGame', 'game = :g AND score = :s', '{":g": {"S": "go"}, ":s": {"N": "1"}}', '{"ExclusiveStartKey": {"game": {"S": "go"}, "score": {"N": "2"}, "player": {"S": "ann"}}}');
SELECT pg_temp.query('byGame', 'game = :g AND score = :s', '{":g": {"S": "go"}, ":s": {"N": "1"}}', '{"ExclusiveStartKey": {"game": {"S": "chess"}, "score": {"N": "1"}, "player": {"S": "ann"}}}');
-- then the filter, then Select, then paths
SELECT pg_temp.query('byCode', 'score = :s', '{":s": {"N": "1"}}', '{"Select": "ALL_ATTRIBUTES", "FilterExpression": "code = :s AND attribute_exists(player.a)"}');
SELECT pg_temp.query('byCode', 'score = :s', '{":s": {"N": "1"}}', '{"Select": "ALL_ATTRIBUTES", "FilterExpression": "attribute_exists(player.a)"}');

-- an index that is being filled
BEGIN;
SELECT ddb.update_table('{"TableName": "Scores", "AttributeDefinitions": [{"AttributeName": "note", "AttributeType": "S"}], "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "byNote",
	"KeySchema": [{"AttributeName": "note", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}]}')->'TableDescription'->>'TableStatus';
SELECT pg_temp.query('byNote', 'nothing = :g', '{":g": {"S": "go"}}');
ROLLBACK;
SELECT pg_temp.query('byNote', 'note = :g', '{":g": {"S": "go"}}');

-- ---- 1 MB ----

SELECT count(ddb.put_item(json_build_object('TableName', 'Scores', 'Item', json_build_object('player', '{"S": "max"}'::json, 'game', json_build_object('S', 'game ' || n),
	'day', '{"S": "sun"}'::json, 'score', json_build_object('N', n::text), 'text', json_build_object('S', repeat('x', 300000)))))) FROM generate_series(1, 6) n;
-- of the index's entries; of the items that are fetched, each by its units
SELECT pg_temp.query('byDayAll', 'player = :p', '{":p": {"S": "max"}}', '{"ProjectionExpression": "game, player", "ReturnConsumedCapacity": "INDEXES"}');
SELECT pg_temp.query('byDay', 'player = :p', '{":p": {"S": "max"}}', '{"ProjectionExpression": "game, player", "ReturnConsumedCapacity": "INDEXES"}');
SELECT (response->>'ScannedCount')::int, response->'LastEvaluatedKey'->'game'->>'S', response->'ConsumedCapacity' FROM ddb.query('{"TableName": "Scores", "IndexName": "byDay",
	"KeyConditionExpression": "player = :p", "ExpressionAttributeValues": {":p": {"S": "max"}}, "Select": "ALL_ATTRIBUTES", "ReturnConsumedCapacity": "INDEXES"}') response;

SELECT ddb.delete_table('{"TableName": "Scores"}')->'TableDescription'->>'TableStatus';
