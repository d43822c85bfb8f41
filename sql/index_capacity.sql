-- What writes cost secondary indexes (ReturnConsumedCapacity), and ItemCollectionMetrics
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "IndexCapacity", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}, {"AttributeName": "g", "AttributeType": "S"}, {"AttributeName": "l", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "local", "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}],
	"GlobalSecondaryIndexes": [{"IndexName": "all", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}},
		{"IndexName": "some", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["i"]}}]
	}')->'TableDescription'->>'TableName';
CREATE FUNCTION pg_temp.cost(response json) RETURNS json LANGUAGE sql AS $$ SELECT response->'ConsumedCapacity' $$;
CREATE FUNCTION pg_temp.put(item jsonb, more jsonb DEFAULT '{}') RETURNS json LANGUAGE sql AS $$
	SELECT pg_temp.cost(ddb.put_item((jsonb_build_object('TableName', 'IndexCapacity', 'ReturnConsumedCapacity', 'INDEXES', 'Item', '{"p": {"S": "p"}, "s": {"N": "1"}}' || item) || more)::json))
$$;
CREATE FUNCTION pg_temp.update(expression text, attribute_values jsonb DEFAULT NULL) RETURNS json LANGUAGE sql AS $$
	SELECT pg_temp.cost(ddb.update_item((jsonb_strip_nulls(jsonb_build_object('TableName', 'IndexCapacity', 'ReturnConsumedCapacity', 'INDEXES',
		'Key', '{"p": {"S": "p"}, "s": {"N": "1"}}'::jsonb, 'UpdateExpression', expression, 'ExpressionAttributeValues', attribute_values)))::json))
$$;

-- ---- PutItem ----

-- an item is in the indexes whose key attributes it has
SELECT pg_temp.put('{"v": {"S": "v"}}');
SELECT pg_temp.put('{"v": {"S": "v"}, "l": {"N": "1"}}');
SELECT pg_temp.put('{"v": {"S": "v"}, "l": {"N": "1"}, "g": {"S": "g"}}');
-- nothing changes
SELECT pg_temp.put('{"v": {"S": "v"}, "l": {"N": "1"}, "g": {"S": "g"}}');
-- what changes is projected by one index
SELECT pg_temp.put('{"v": {"S": "w"}, "l": {"N": "1"}, "g": {"S": "g"}}');
SELECT pg_temp.put('{"v": {"S": "w"}, "l": {"N": "1"}, "g": {"S": "g"}, "i": {"N": "1"}}');
-- an entry moves: it is deleted and written
SELECT pg_temp.put('{"v": {"S": "w"}, "l": {"N": "2"}, "g": {"S": "g"}, "i": {"N": "1"}}');
SELECT pg_temp.put('{"v": {"S": "w"}, "l": {"N": "2"}, "g": {"S": "h"}, "i": {"N": "1"}}');
-- by the size of what is projected
SELECT pg_temp.put(jsonb_build_object('v', jsonb_build_object('S', repeat('v', 3000)), 'l', '{"N": "2"}'::jsonb, 'g', '{"S": "h"}'::jsonb, 'i', jsonb_build_object('S', repeat('i', 1500))));
SELECT pg_temp.put(jsonb_build_object('v', jsonb_build_object('S', repeat('v', 3000)), 'l', '{"N": "2"}'::jsonb, 'g', '{"S": "i"}'::jsonb, 'i', jsonb_build_object('S', repeat('i', 1500))), '{"ReturnConsumedCapacity": "TOTAL"}');
SELECT pg_temp.put('{"v": {"S": "w"}}');
SELECT pg_temp.put('{"v": {"S": "w"}, "l": {"N": "1"}}', '{"ReturnConsumedCapacity": "NONE"}');

-- ---- UpdateItem, DeleteItem ----

SELECT pg_temp.update('SET v = :v', '{":v": {"S": "x"}}');
SELECT pg_temp.update('SET g = :g, i = :g', '{":g": {"S": "g"}}');
SELECT pg_temp.update('SET v = :v', '{":v": {"S": "y"}}');
SELECT pg_temp.update('SET g = :g', '{":g": {"S": "g"}}');
SELECT pg_temp.update('ADD l :l', '{":l": {"N": "1"}}');
SELECT pg_temp.update('REMOVE l');
SELECT pg_temp.update('SET l = :l', '{":l": {"N": "1"}}');
SELECT pg_temp.cost(ddb.delete_item('{"TableName": "IndexCapacity", "Key": {"p": {"S": "p"}, "s": {"N": "1"}}, "ReturnConsumedCapacity": "INDEXES"}'));
SELECT pg_temp.cost(ddb.delete_item('{"TableName": "IndexCapacity", "Key": {"p": {"S": "p"}, "s": {"N": "1"}}, "ReturnConsumedCapacity": "INDEXES"}'));

-- ---- BatchWriteItem: of all its writes ----

SELECT ddb.batch_write_item('{"RequestItems": {"IndexCapacity": [{"PutRequest": {"Item": {"p": {"S": "q"}, "s": {"N": "1"}, "l": {"N": "1"}}}}, {"PutRequest": {"Item": {"p": {"S": "p"}, "s": {"N": "1"}, "g": {"S": "g"}}}},
	{"PutRequest": {"Item": {"p": {"S": "q"}, "s": {"N": "2"}, "l": {"N": "1"}, "g": {"S": "g"}}}}, {"DeleteRequest": {"Key": {"p": {"S": "p"}, "s": {"N": "5"}}}}]},
	"ReturnConsumedCapacity": "INDEXES", "ReturnItemCollectionMetrics": "SIZE"}');
SELECT ddb.batch_write_item('{"RequestItems": {"IndexCapacity": [{"DeleteRequest": {"Key": {"p": {"S": "q"}, "s": {"N": "2"}}}}, {"DeleteRequest": {"Key": {"p": {"S": "q"}, "s": {"N": "1"}}}}]},
	"ReturnConsumedCapacity": "TOTAL", "ReturnItemCollectionMetrics": "NONE"}');

SELECT ddb.delete_item('{"TableName": "IndexCapacity", "Key": {"p": {"S": "p"}, "s": {"N": "1"}}}');

-- ---- BatchExecuteStatement: of all its statements, but for those that fail ----

SELECT ddb.batch_execute_statement('{"Statements": [{"Statement": "INSERT INTO IndexCapacity VALUE {''p'': ''q'', ''s'': 1, ''l'': 1}"}, {"Statement": "INSERT INTO IndexCapacity VALUE {''p'': ''p'', ''s'': 1, ''g'': ''g''}"},
	{"Statement": "INSERT INTO IndexCapacity VALUE {''p'': ''q'', ''s'': 2, ''l'': 1, ''g'': ''g''}"}, {"Statement": "DELETE FROM IndexCapacity WHERE p = ''p'' AND s = 5"}],
	"ReturnConsumedCapacity": "INDEXES"}');
SELECT ddb.batch_execute_statement('{"Statements": [{"Statement": "DELETE FROM IndexCapacity WHERE p = ''q'' AND s = 2"}, {"Statement": "INSERT INTO IndexCapacity VALUE {''p'': ''p'', ''s'': 1, ''g'': ''g''}"},
	{"Statement": "DELETE FROM IndexCapacity WHERE p = ''q'' AND s = 1"}], "ReturnConsumedCapacity": "TOTAL"}')->'ConsumedCapacity';
SELECT ddb.batch_execute_statement('{"Statements": [{"Statement": "SELECT * FROM IndexCapacity WHERE p = ''p'' AND s = 1"}], "ReturnConsumedCapacity": "INDEXES"}')->'ConsumedCapacity';

-- ---- ItemCollectionMetrics ----

SELECT ddb.put_item('{"TableName": "IndexCapacity", "Item": {"p": {"S": "p\""}, "s": {"N": "1"}}, "ReturnItemCollectionMetrics": "SIZE"}');
SELECT ddb.update_item('{"TableName": "IndexCapacity", "Key": {"p": {"S": "p"}, "s": {"N": "1"}}, "UpdateExpression": "SET v = p", "ReturnValues": "UPDATED_NEW",
	"ReturnConsumedCapacity": "TOTAL", "ReturnItemCollectionMetrics": "SIZE"}');
SELECT ddb.delete_item('{"TableName": "IndexCapacity", "Key": {"p": {"S": "p"}, "s": {"N": "1"}}, "ReturnItemCollectionMetrics": "SIZE"}');
SELECT ddb.delete_item('{"TableName": "IndexCapacity", "Key": {"p": {"S": "p"}, "s": {"N": "1"}}, "ReturnItemCollectionMetrics": "NONE"}');
SELECT ddb.delete_table('{"TableName": "IndexCapacity"}')->'TableDescription'->>'TableStatus';
-- none without a local index
SELECT ddb.create_table('{"TableName": "IndexCapacity", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
	"GlobalSecondaryIndexes": [{"IndexName": "all", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]
	}')->'TableDescription'->>'TableName';
SELECT ddb.put_item('{"TableName": "IndexCapacity", "Item": {"p": {"S": "p"}}, "ReturnItemCollectionMetrics": "SIZE"}');
SELECT ddb.batch_write_item('{"RequestItems": {"IndexCapacity": [{"DeleteRequest": {"Key": {"p": {"S": "q"}}}}]}, "ReturnItemCollectionMetrics": "SIZE"}');
SELECT ddb.delete_table('{"TableName": "IndexCapacity"}')->'TableDescription'->>'TableStatus';
