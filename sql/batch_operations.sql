-- BatchGetItem and BatchWriteItem
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Left", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}')->'TableDescription'->>'TableName';
SELECT ddb.create_table('{"TableName": "Right", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "N"}, {"AttributeName": "s", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}')->'TableDescription'->>'TableName';

-- ---- BatchWriteItem ----

SELECT ddb.batch_write_item('{"RequestItems": {
	"Left": [{"PutRequest": {"Item": {"id": {"S": "1"}, "v": {"N": "1"}}}}, {"PutRequest": {"Item": {"id": {"S": "2"}, "v": {"N": "2"}}}}, {"DeleteRequest": {"Key": {"id": {"S": "nothing"}}}}],
	"Right": [{"PutRequest": {"Item": {"p": {"N": "1"}, "s": {"S": "a"}}}}, {"PutRequest": {"Item": {"p": {"N": "1"}, "s": {"S": "b"}}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Left": [{"DeleteRequest": {"Key": {"id": {"S": "2"}}}}, {"PutRequest": {"Item": {"id": {"S": "1"}, "v": {"N": "1.0"}, "w": {"S": "new"}}}}]}}');
SELECT ddb.scan('{"TableName": "Left"}');
-- a put that changes nothing writes nothing
SELECT ctid, xmin FROM dynamodb."Left" WHERE id = '1' \gset before_
SELECT ddb.batch_write_item('{"RequestItems": {"Left": [{"PutRequest": {"Item": {"id": {"S": "1"}, "v": {"N": "1"}, "w": {"S": "new"}}}}]}}');
SELECT ctid = :'before_ctid' AND xmin = :'before_xmin' FROM dynamodb."Left" WHERE id = '1';

SELECT ddb.batch_write_item('{}');
SELECT ddb.batch_write_item('{"RequestItems": {}}');
SELECT ddb.batch_write_item('{"RequestItems": {"a": []}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Left": [{}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Left": [{"PutRequest": {}, "DeleteRequest": {}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Left": [{"PutRequest": {"Item": {}}, "DeleteRequest": {"Key": {}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Left": [{"PutRequest": {"Item": {"id": {"S": "9"}, "v": {}}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Left": [{"PutRequest": {"Item": {"v": {"S": "9"}}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Left": [{"DeleteRequest": {"Key": {"v": {"S": "9"}}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Nothing": [{"PutRequest": {"Item": {"id": {"S": "9"}}}}, {"DeleteRequest": {"Key": {"id": {"S": "9"}}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Left": [{"PutRequest": {"Item": {"id": {"S": "9"}}}}, {"DeleteRequest": {"Key": {"id": {"S": "9"}}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Right": [{"PutRequest": {"Item": {"s": {"S": "9"}, "p": {"N": "1"}}}}, {"DeleteRequest": {"Key": {"p": {"N": "1.0"}, "s": {"S": "9"}}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"bad!name": [{"DeleteRequest": {"Key": {"id": {"S": "9"}}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"bad!name": [{"DeleteRequest": {"Key": {"id": {"S": "9"}}}}]}, "ReturnConsumedCapacity": "BOGUS", "ReturnItemCollectionMetrics": "BOGUS2"}');
SELECT ddb.batch_write_item('{"ReturnConsumedCapacity": "BOGUS"}');
-- what went before the error is not written
SELECT ddb.batch_write_item('{"RequestItems": {"Left": [{"PutRequest": {"Item": {"id": {"S": "0"}}}}], "Right": [{"DeleteRequest": {"Key": {}}}]}}');
SELECT ddb.get_item('{"TableName": "Left", "Key": {"id": {"S": "0"}}}');
-- 25 writes, in one table or several
CREATE FUNCTION pg_temp.puts(tables text[], each int) RETURNS json LANGUAGE sql AS $$
	SELECT json_build_object('RequestItems', json_object_agg(t, (SELECT json_agg(json_build_object('PutRequest', json_build_object('Item',
		json_build_object('id', json_build_object('S', 'n' || n), 'p', json_build_object('N', n::text), 's', '{"S": "s"}'::json))))
		FROM generate_series(1, each) n))) FROM unnest(tables) t
$$;
SELECT ddb.batch_write_item(pg_temp.puts('{Left}', 25));
SELECT ddb.batch_write_item(pg_temp.puts('{Left,Right}', 13));
DO $$
BEGIN
	PERFORM ddb.batch_write_item(pg_temp.puts('{Left}', 26));
EXCEPTION WHEN OTHERS THEN
	RAISE INFO '%', regexp_replace(SQLERRM, 'Value ''.*'' at', 'Value ... at');
END
$$;

-- ---- BatchGetItem ----

SELECT ddb.batch_get_item('{"RequestItems": {
	"Left": {"Keys": [{"id": {"S": "n1"}}, {"id": {"S": "none"}}, {"id": {"S": "1"}}], "ConsistentRead": true, "ProjectionExpression": "#i, v", "ExpressionAttributeNames": {"#i": "id"}},
	"Right": {"Keys": [{"p": {"N": "1"}, "s": {"S": "b"}}], "AttributesToGet": ["s"]}}}');
SELECT ddb.batch_get_item('{"RequestItems": {
	"Left": {"Keys": [{"id": {"S": "n1"}}, {"id": {"S": "none"}}, {"id": {"S": "1"}}], "ConsistentRead": true, "ProjectionExpression": "#i, v", "ExpressionAttributeNames": {"#i": "id"}},
	"Right": {"Keys": [{"p": {"N": "1"}, "s": {"S": "b"}}], "ProjectionExpression": "s"}}}');
SELECT ddb.batch_get_item('{"RequestItems": {"Left": {"Keys": [{"id": {"S": "1"}}], "ExpressionAttributeNames": {"#i": "id"}}, "Right": {"Keys": [{"p": {"N": "1"}, "s": {"S": "b"}}], "ProjectionExpression": "s"}}}');
SELECT ddb.batch_get_item('{"RequestItems": {}}');
SELECT ddb.batch_get_item('{"ReturnConsumedCapacity": "BOGUS"}');
SELECT ddb.batch_get_item('{"RequestItems": {"bad/name": {"Keys": [{"pk": {"S": "a"}}]}}, "ReturnConsumedCapacity": "BOGUS"}');
SELECT ddb.batch_get_item('{"RequestItems": {"a": {}}}');
SELECT ddb.batch_get_item('{"RequestItems": {"Left": {"Keys": []}}}');
SELECT ddb.batch_get_item('{"RequestItems": {"Left": {"Keys": [{"id": {"S": "1"}}, {"id": {"S": "2"}}, {"id": {"S": "1"}}]}}}');
SELECT ddb.batch_get_item('{"RequestItems": {"Right": {"Keys": [{"p": {"N": "1"}, "s": {"S": "1"}}, {"s": {"S": "1"}, "p": {"N": "1.00"}}]}}}');
SELECT ddb.batch_get_item('{"RequestItems": {"Left": {"Keys": [{"id": {"N": "1"}}]}}}');
SELECT ddb.batch_get_item('{"RequestItems": {"Nothing": {"Keys": [{"id": {"N": "1"}}]}}}');
SELECT ddb.batch_get_item('{"RequestItems": {"Left": {"Keys": [{}], "AttributesToGet": ["a"], "ProjectionExpression": "a"}}}');
SELECT ddb.batch_get_item('{"RequestItems": {"Left": {"Keys": [{}], "ExpressionAttributeNames": {"#a": "a"}}}}');
SELECT ddb.batch_get_item('{"RequestItems": {"Left": {"Keys": [{"id": {"S": "1"}}], "ProjectionExpression": "id[0]"}}}');

-- 100 keys
CREATE FUNCTION pg_temp.gets(tables text[], each int) RETURNS json LANGUAGE sql AS $$
	SELECT json_build_object('RequestItems', json_object_agg(t, json_build_object('Keys', (SELECT json_agg(
		CASE t WHEN 'Left' THEN json_build_object('id', json_build_object('S', 'n' || n))
			ELSE json_build_object('p', json_build_object('N', n::text), 's', '{"S": "s"}'::json) END)
		FROM generate_series(1, each) n)))) FROM unnest(tables) t
$$;
SELECT json_array_length(ddb.batch_get_item(pg_temp.gets('{Left}', 100))->'Responses'->'Left');
SELECT ddb.batch_get_item(pg_temp.gets('{Left,Right}', 51));
SELECT ddb.batch_get_item(pg_temp.gets('{Left,Right}', 101));

-- 16 MB of items, the rest is for another call
SELECT count(ddb.put_item(json_build_object('TableName', 'Left', 'Item', json_build_object(
	'id', json_build_object('S', 'n' || n), 'v', json_build_object('S', repeat('v', 400000)))))) FROM generate_series(1, 45) n;
SELECT json_array_length(response->'Responses'->'Left'), response->'UnprocessedKeys' FROM ddb.batch_get_item(
	jsonb_set(pg_temp.gets('{Left}', 45)::jsonb, '{RequestItems,Left,ConsistentRead}', 'true')::json) response;

SELECT ddb.delete_table('{"TableName": "Left"}')->'TableDescription'->>'TableStatus';
SELECT ddb.delete_table('{"TableName": "Right"}')->'TableDescription'->>'TableStatus';
