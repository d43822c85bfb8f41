-- Values that a key attribute of a secondary index cannot have
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "IndexKeys", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "b", "AttributeType": "S"}, {"AttributeName": "c", "AttributeType": "S"}, {"AttributeName": "d", "AttributeType": "B"}],
	"KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "local", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "d", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}],
	"GlobalSecondaryIndexes": [{"IndexName": "global", "KeySchema": [{"AttributeName": "c", "KeyType": "HASH"}, {"AttributeName": "d", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}]
	}')->'TableDescription'->>'TableName';
CREATE FUNCTION pg_temp.put(item jsonb, more jsonb DEFAULT '{}') RETURNS json LANGUAGE sql AS $$
	SELECT ddb.put_item((jsonb_build_object('TableName', 'IndexKeys', 'Item', '{"a": {"S": "1"}, "b": {"S": "2"}}' || item) || more)::json)
$$;
CREATE FUNCTION pg_temp.update(expression text, attribute_values jsonb DEFAULT NULL, more jsonb DEFAULT '{}') RETURNS json LANGUAGE sql AS $$
	SELECT ddb.update_item((jsonb_strip_nulls(jsonb_build_object('TableName', 'IndexKeys', 'Key', '{"a": {"S": "1"}, "b": {"S": "2"}}'::jsonb,
		'UpdateExpression', expression, 'ExpressionAttributeValues', attribute_values)) || more)::json)
$$;
CREATE FUNCTION pg_temp.legacy(updates jsonb) RETURNS json LANGUAGE sql AS $$
	SELECT ddb.update_item((jsonb_build_object('TableName', 'IndexKeys', 'Key', '{"a": {"S": "1"}, "b": {"S": "2"}}'::jsonb, 'AttributeUpdates', updates))::json)
$$;
CREATE FUNCTION pg_temp.string(size int) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('S', repeat('x', size)) $$;
CREATE FUNCTION pg_temp.binary(size int) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('B', translate(encode(convert_to(repeat('x', size), 'UTF8'), 'base64'), E'\n', '')) $$;

-- ---- PutItem: before a condition is judged ----

SELECT pg_temp.put('{"c": {"N": "1"}}');
SELECT pg_temp.put('{"d": {"NULL": true}}');
SELECT pg_temp.put('{"c": {"S": ""}}');
SELECT pg_temp.put('{"d": {"B": ""}}');
SELECT pg_temp.put(jsonb_build_object('c', pg_temp.string(2049)));
SELECT pg_temp.put(jsonb_build_object('d', pg_temp.binary(1025)));
SELECT pg_temp.put('{"c": {"N": "1"}}', '{"ConditionExpression": "attribute_exists(a)"}');
SELECT pg_temp.put('{"c": {"S": "1"}}', '{"ConditionExpression": "attribute_exists(a)"}');
SELECT pg_temp.put('{"c": {"S": "1"}}', '{"ConditionExpression": "attribute_exists(c.d)"}');
SELECT pg_temp.put('{"c": {"N": "1"}, "b": {"N": "1"}}');
-- as long as may be
SELECT pg_temp.put(jsonb_build_object('c', pg_temp.string(2048), 'd', pg_temp.binary(1024)));

-- ---- UpdateItem ----

-- what is known of the values without an item
SELECT pg_temp.update('SET c = :n', '{":n": {"N": "1"}}', '{"ConditionExpression": "attribute_not_exists(a)"}');
SELECT pg_temp.update('SET d.a = a ADD c :n', '{":n": {"N": "1"}}');
SELECT pg_temp.update('SET e = c[1], c = a + :n', '{":n": {"N": "1"}}');
SELECT pg_temp.update('SET c = list_append(a, b)');
SELECT pg_temp.update('SET c = :s', '{":s": {"S": ""}}');
SELECT pg_temp.update('SET d = :b', '{":b": {"B": ""}}');
SELECT pg_temp.update('SET c = :s', jsonb_build_object(':s', pg_temp.string(2049)));
SELECT pg_temp.legacy('{"d": {"Value": {"N": "1"}}, "c": {"Value": {"N": "1"}}}');
SELECT pg_temp.legacy('{"d": {"Action": "ADD", "Value": {"N": "1"}}}');
SELECT pg_temp.legacy('{"c": {"Value": {"S": ""}}}');
-- the table's key comes first
SELECT pg_temp.update('SET c = :n ADD b :n', '{":n": {"N": "1"}}');
-- paths into keys
SELECT pg_temp.update('ADD d.b :n', '{":n": {"N": "1"}}');
SELECT pg_temp.update('SET d[1] = :n', '{":n": {"N": "1"}}');
SELECT pg_temp.update('SET e = list_append(a, b), f = d[1]');
SELECT pg_temp.update('SET e = if_not_exists(c.d, a)');
SELECT pg_temp.update('SET e = b.c');
SELECT pg_temp.update('REMOVE e', NULL, '{"ConditionExpression": "size(c[0]) = size(e)"}');
-- what an update comes to: behind the condition
SELECT pg_temp.update('SET e = :n, f = :s, g = :l', jsonb_build_object(':n', '{"N": "1"}'::jsonb, ':s', '{"S": ""}'::jsonb, ':l', pg_temp.string(2049)));
SELECT pg_temp.update('SET c = e');
SELECT pg_temp.update('SET d = e');
SELECT pg_temp.update('SET c = f');
SELECT pg_temp.update('SET c = g');
SELECT pg_temp.update('SET c = e', NULL, '{"ConditionExpression": "attribute_not_exists(a)"}');
SELECT pg_temp.update('SET c = b, d = if_not_exists(nothing, d)', NULL, '{"ReturnValues": "UPDATED_OLD"}') IS NOT NULL;
SELECT pg_temp.update('REMOVE c, d');
SELECT item->'c', item->'d', item->>'e' FROM dynamodb."IndexKeys";

-- ---- BatchWriteItem ----

SELECT ddb.batch_write_item('{"RequestItems": {"IndexKeys": [{"PutRequest": {"Item": {"a": {"S": "3"}, "b": {"S": "3"}}}}, {"PutRequest": {"Item": {"a": {"S": "4"}, "b": {"S": "4"}, "c": {"N": "1"}}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"IndexKeys": [{"PutRequest": {"Item": {"a": {"S": "3"}, "b": {"S": "3"}, "c": {"S": ""}}}}]}}');

-- ---- SQL ----

INSERT INTO dynamodb."IndexKeys" (item) VALUES ('{"a": {"S": "3"}, "b": {"S": "3"}, "c": {"N": "1"}}');
UPDATE dynamodb."IndexKeys" SET item = '{"a": {"S": "3"}, "b": {"S": "3"}, "d": {"B": ""}}';
SELECT count(*) FROM dynamodb."IndexKeys";
SELECT ddb.delete_table('{"TableName": "IndexKeys"}')->'TableDescription'->>'TableStatus';
