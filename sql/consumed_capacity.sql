-- ReturnConsumedCapacity: 4 KB a read unit, half of it where the read need not be consistent; 1 KB a write unit
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Capacity", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}')->'TableDescription'->>'TableName';

-- An item of so many bytes: p and its value 2, s and its value 3, v and its value the rest.
CREATE FUNCTION pg_temp.put(s int, size int, more jsonb DEFAULT '{}') RETURNS json LANGUAGE sql AS $$
	SELECT ddb.put_item((jsonb_build_object('TableName', 'Capacity', 'ReturnConsumedCapacity', 'TOTAL', 'Item',
		jsonb_build_object('p', '{"S": "p"}'::jsonb, 's', jsonb_build_object('N', s::text), 'v', jsonb_build_object('S', repeat('v', size - 6)))) || more)::json)
$$;
CREATE FUNCTION pg_temp.key(s int) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('TableName', 'Capacity', 'Key', jsonb_build_object('p', '{"S": "p"}'::jsonb, 's', jsonb_build_object('N', s::text)),
		'ReturnConsumedCapacity', 'TOTAL')
$$;

-- ---- Writes: the larger one of the old and the new item ----

SELECT pg_temp.put(1, 1024);
SELECT pg_temp.put(2, 1025);
SELECT pg_temp.put(2, 10);
SELECT pg_temp.put(2, 10);
SELECT pg_temp.put(3, 4096, '{"ReturnConsumedCapacity": "INDEXES"}');
SELECT pg_temp.put(4, 4097, '{"ReturnConsumedCapacity": "NONE"}');
SELECT ddb.update_item((pg_temp.key(4) || '{"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"S": "v"}}}')::json);
SELECT ddb.update_item((pg_temp.key(4) || '{"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"S": "v"}}}')::json);
SELECT ddb.delete_item((pg_temp.key(3))::json);
SELECT ddb.delete_item((pg_temp.key(3))::json);
SELECT pg_temp.put(3, 4096);
SELECT pg_temp.put(4, 4097);

-- ---- Reads ----

SELECT ddb.get_item((pg_temp.key(3) || '{"ProjectionExpression": "s"}')::json);
SELECT ddb.get_item((pg_temp.key(4) || '{"ProjectionExpression": "s"}')::json);
SELECT ddb.get_item((pg_temp.key(4) || '{"ProjectionExpression": "s", "ConsistentRead": true, "ReturnConsumedCapacity": "INDEXES"}')::json);
SELECT ddb.get_item((pg_temp.key(5) || '{"ConsistentRead": true}')::json);
SELECT ddb.get_item((pg_temp.key(5))::json);

-- all that was read counts together, whatever the filter lets through
SELECT ddb.query('{"TableName": "Capacity", "Select": "COUNT", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}, "ReturnConsumedCapacity": "TOTAL"}');
SELECT ddb.query('{"TableName": "Capacity", "Select": "COUNT", "KeyConditionExpression": "p = :p", "FilterExpression": "v = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}, "ReturnConsumedCapacity": "TOTAL", "ConsistentRead": true}');
SELECT ddb.query('{"TableName": "Capacity", "Select": "COUNT", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "q"}}, "ReturnConsumedCapacity": "INDEXES"}');
SELECT ddb.scan('{"TableName": "Capacity", "Select": "COUNT", "ReturnConsumedCapacity": "INDEXES"}');

-- ---- Batches: item by item, table by table ----

SELECT ddb.batch_get_item('{"RequestItems": {"Capacity": {"ProjectionExpression": "s", "ConsistentRead": true,
	"Keys": [{"p": {"S": "p"}, "s": {"N": "1"}}, {"p": {"S": "p"}, "s": {"N": "4"}}, {"p": {"S": "p"}, "s": {"N": "5"}}]}}, "ReturnConsumedCapacity": "TOTAL"}');
SELECT ddb.batch_write_item('{"RequestItems": {"Capacity": [{"DeleteRequest": {"Key": {"p": {"S": "p"}, "s": {"N": "1"}}}}, {"DeleteRequest": {"Key": {"p": {"S": "p"}, "s": {"N": "4"}}}},
	{"PutRequest": {"Item": {"p": {"S": "p"}, "s": {"N": "5"}}}}]}, "ReturnConsumedCapacity": "INDEXES"}');

SELECT ddb.get_item((pg_temp.key(5) || '{"ReturnConsumedCapacity": "SOME"}')::json);
SELECT ddb.delete_table('{"TableName": "Capacity"}')->'TableDescription'->>'TableStatus';
