-- The two layers in which AWS reads values and parameters: their words, and what each operation says around them
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION pg_temp.try(operation text, request text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	response text;
BEGIN
	EXECUTE format('SELECT ddb.%I(%L)', operation, request) INTO response;
	RETURN response;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END
$$;

-- Requests of every operation on items with an attribute value in the place of %s; the table does not exist.
CREATE TEMP TABLE places (n int, operation text, request text);
INSERT INTO places VALUES
	(1, 'put_item', '{"TableName": "abc", "Item": {"a": {"L": [{"M": {"b": %s}}]}}}'),
	(2, 'put_item', '{"TableName": "abc", "Item": {}, "ConditionExpression": "a = :v", "ExpressionAttributeValues": {":v": %s}}'),
	(3, 'put_item', '{"TableName": "abc", "Item": {}, "Expected": {"a": {"Value": %s}}}'),
	(4, 'update_item', '{"TableName": "abc", "Key": {"a": %s}}'),
	(5, 'update_item', '{"TableName": "abc", "Key": {}, "UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": %s}}'),
	(6, 'update_item', '{"TableName": "abc", "Key": {}, "AttributeUpdates": {"a": {"Value": %s}}}'),
	(7, 'delete_item', '{"TableName": "abc", "Key": {"a": %s}}'),
	(8, 'get_item', '{"TableName": "abc", "Key": {"a": %s}}'),
	(9, 'batch_get_item', '{"RequestItems": {"abc": {"Keys": [{"a": %s}]}}}'),
	(10, 'query', '{"TableName": "abc", "KeyConditionExpression": "a = :v", "ExpressionAttributeValues": {":v": %s}}'),
	(11, 'query', '{"TableName": "abc", "KeyConditions": {"a": {"ComparisonOperator": "EQ", "AttributeValueList": [%s]}}}'),
	(12, 'query', '{"TableName": "abc", "KeyConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}, "ExclusiveStartKey": {"a": %s}}'),
	(13, 'batch_write_item', '{"RequestItems": {"abc": [{"PutRequest": {"Item": {"a": %s}}}]}}'),
	(14, 'scan', '{"TableName": "abc", "FilterExpression": "a = :v", "ExpressionAttributeValues": {":v": %s}}'),
	(15, 'scan', '{"TableName": "abc", "ExclusiveStartKey": {"a": %s}}'),
	(16, 'execute_statement', '{"Statement": "SELECT * FROM abc WHERE a = ?", "Parameters": [%s]}'),
	(17, 'execute_statement', '{"Statement": "INSERT INTO abc VALUE {''a'': 1, ''b'': ?}", "Parameters": [{"L": [%s]}]}'),
	(18, 'execute_transaction', '{"TransactStatements": [{"Statement": "UPDATE abc SET b = ? WHERE a = 1", "Parameters": [%s]}]}'),
	(19, 'batch_execute_statement', '{"Statements": [{"Statement": "SELECT * FROM abc WHERE a = ?", "Parameters": [%s]}]}');
SELECT n, operation, v, pg_temp.try(operation, format(request, v))
FROM places, unnest(ARRAY['{"N": "abc"}', '{"N": ""}', '{"N": "1e126"}', '{"N": "1e2147483647"}', '{"N": "1e2147483648"}', '{"N": "1e-2147483648"}',
	'{"SS": ["b", "a", "b"]}', '{"BS": ["/w==", "AA==", "AA=="]}', '{"NS": ["2", "1", "2"]}', '{"SS": []}', '{"M": {"": {"S": "a"}}}']) WITH ORDINALITY u (v, i)
ORDER BY n, i;
-- the rest as sent, behind the first repetition
SELECT pg_temp.try('get_item', '{"TableName": "abc", "Key": {"a": {"SS": ["d", "b", "c", "b", "a", "d"]}}}');
SELECT pg_temp.try('put_item', '{"TableName": "abc", "Item": {"a": ' || repeat('{"M": {"n": ', 32) || '{"S": "leaf"}' || repeat('}}', 32) || '}}');
SELECT pg_temp.try('batch_write_item', '{"RequestItems": {"abc": [{"PutRequest": {"Item": {"a": ' || repeat('{"M": {"n": ', 32) || '{"S": "leaf"}' || repeat('}}', 32) || '}}}]}}');

-- the name of an attribute before the values
SELECT operation, pg_temp.try(operation, format(request, '{"d": ' || repeat('{"M": {"n": ', 32) || '{"S": "leaf"}' || repeat('}}', 32) || ', "": {"S": "x"}}'))
FROM (VALUES ('put_item', '{"TableName": "abc", "Item": %s}'), ('transact_write_items', '{"TransactItems": [{"Put": {"TableName": "abc", "Item": %s}}]}')) places (operation, request);

-- ---- Parameters ----

SELECT operation, given, pg_temp.try(operation, (('{"TableName": "abc", "Key": {"a": {"S": "a"}}, "Item": {"a": {"S": "a"}}}')::jsonb || given::jsonb)::text)
FROM unnest('{put_item,update_item,delete_item}'::text[]) WITH ORDINALITY o (operation, n), unnest(ARRAY[
	'{"ExpressionAttributeValues": {":v": {"S": "x"}}}', '{"ExpressionAttributeNames": {"#a": "a"}}', '{"Expected": {"a": {"Exists": false}}, "ExpressionAttributeNames": {"#a": "a"}}',
	'{"ConditionExpression": "attribute_exists(a)", "ExpressionAttributeValues": {}}', '{"ConditionExpression": "attribute_exists(a)", "ExpressionAttributeNames": {}}',
	'{"ConditionExpression": ""}', '{"ConditionExpression": "a = :v"}', '{"ConditionExpression": "a = :v", "Expected": {"a": {"Exists": false}}}', '{"ConditionExpression": "_a = :v"}',
	'{"Expected": {"a": {"Exists": true}}}', '{"Expected": {"a": {"ComparisonOperator": "EQ"}}}', '{"Expected": {"": {"Exists": false}}}',
	'{"ConditionExpression": "attribute_exists(#a)", "ExpressionAttributeNames": {"#a": ""}}']) WITH ORDINALITY g (given, i) ORDER BY o.n, g.i;
SELECT operation, v, pg_temp.try(operation, format('{"TableName": "abc", "Key": {}, "Item": {}, "ReturnValues": "%s"}', v)) FROM unnest('{put_item,delete_item}'::text[]) operation, unnest('{ALL_NEW,UPDATED_NEW}'::text[]) v;
SELECT pg_temp.try('update_item', '{"TableName": "abc", "Key": {}, "AttributeUpdates": {"": {"Value": {"S": "a"}}}}');
SELECT pg_temp.try('update_item', '{"TableName": "abc", "Key": {}, "AttributeUpdates": {"' || repeat('a', 65536) || '": {"Value": {"S": "a"}}}}');
SELECT pg_temp.try('delete_item', '{"TableName": "abc", "Key": {}, "Expected": {"' || repeat('a', 65536) || '": {"Value": {"S": "a"}}}}');
SELECT pg_temp.try('query', '{"TableName": "abc", "KeyConditions": {"": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}}}');
SELECT pg_temp.try('get_item', '{"TableName": "abc", "Key": {}, "AttributesToGet": [""]}');
SELECT pg_temp.try('query', '{"TableName": "abc", "KeyConditions": {"a": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}}, "ExpressionAttributeValues": {":v": {"S": "x"}}}');
SELECT pg_temp.try('scan', '{"TableName": "abc", "ExpressionAttributeValues": {":v": {"S": "x"}}}');
SELECT pg_temp.try(operation, format('{"TableName": "abc", "Key": {}, "Item": {}, "ConditionExpression": %1$s, "KeyConditionExpression": %1$s, "FilterExpression": %1$s}', to_json(repeat('a', 5000))))
FROM unnest('{put_item,query,scan}'::text[]) operation;

-- ---- Constraints ----

SELECT operation, v, pg_temp.try(operation, format('{"TableName": "%s", "Key": {}, "Item": {}, "ReturnValues": "INVALID"}', v))
FROM unnest('{put_item,update_item,delete_item,get_item,query,scan}'::text[]) WITH ORDINALITY o (operation, n), unnest(ARRAY['', 'a', 'a!']) WITH ORDINALITY u (v, i) ORDER BY n, i;
SELECT operation, pg_temp.try(operation, '{"TableName": "abc", "Key": {}, "Item": {}, "ReturnConsumedCapacity": "INVALID", "ReturnItemCollectionMetrics": "INVALID", "ReturnValues": "INVALID"}')
FROM unnest('{put_item,update_item,delete_item}'::text[]) operation;
-- with the key left out all are told, in the older words
SELECT pg_temp.try('update_item', '{"TableName": "", "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "x"}}}');
SELECT pg_temp.try('update_item', '{"TableName": "", "ReturnConsumedCapacity": "INVALID", "ReturnValues": "INVALID"}');
SELECT pg_temp.try('update_item', '{"TableName": "abc", "Expected": {"a": {"Exists": false}, "b": {"Exists": false}}, "ConditionalOperator": "XOR"}');
SELECT operation, pg_temp.try(operation, '{"TableName": "abc", "Key": {}, "Item": {}, "ConditionalOperator": "XOR", "Select": "BOGUS"}') FROM unnest('{put_item,update_item,delete_item,query,scan}'::text[]) operation;
SELECT operation, pg_temp.try(operation, '{"TableName": "abc", "Limit": 0, "Select": "BOGUS"}') FROM unnest('{query,scan}'::text[]) operation;
SELECT operation, v, pg_temp.try(operation, format('{"TableName": "abc", "KeyConditionExpression": "a = :a", "FilterExpression": "b = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}, "Select": %s}', v))
FROM unnest('{query,scan}'::text[]) operation, unnest(ARRAY['"SPECIFIC_ATTRIBUTES"', '"ALL_PROJECTED_ATTRIBUTES", "ProjectionExpression": "b"']) v;

-- ---- Keys ----

SELECT ddb.create_table('{"TableName": "Empty", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "B"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}') IS NOT NULL;
SELECT operation, v, pg_temp.try(operation, format('{"TableName": "Empty", "Item": %1$s, "Key": %1$s}', v))
FROM unnest('{put_item,update_item,delete_item,get_item}'::text[]) WITH ORDINALITY o (operation, n), unnest(ARRAY['{"p": {"S": ""}, "s": {"B": ""}}', '{"p": {"S": "a"}, "s": {"B": ""}}']) v ORDER BY n, v;
SELECT pg_temp.try('batch_get_item', '{"RequestItems": {"Empty": {"Keys": [{"p": {"S": "a"}, "s": {"B": ""}}]}}}');
SELECT pg_temp.try('batch_write_item', '{"RequestItems": {"Empty": [{"PutRequest": {"Item": {"p": {"S": "a"}, "s": {"B": ""}}}}]}}');
SELECT pg_temp.try('batch_write_item', '{"RequestItems": {"Empty": [{"DeleteRequest": {"Key": {"p": {"S": ""}, "s": {"B": ""}}}}]}}');
SELECT ddb.delete_table('{"TableName": "Empty"}') IS NOT NULL;
