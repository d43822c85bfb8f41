-- Requests that are not DynamoDB's: JSON, types, constraints, and their order
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

-- ---- JSON ----

SELECT ddb.put_item('[]');
SELECT ddb.put_item('1');
SELECT ddb.put_item('null');
SELECT ddb.put_item('{"TableName": "abc", "TableName": "abd"}');
SELECT ddb.put_item('{"TableName": "abc", "Item": {"a": {"S": "1"}, "a": {"S": "2"}}}');
-- members that the API's model does not know are passed over wherever they are, but in attribute values
SELECT ddb.put_item('{"TableName": "abc", "Itme": {}}');
SELECT ddb.put_item('{"TableName": "abc", "Item": {"a": {"S": "1"}}, "Newer": {"a": 1}, "Expected": {"a": {"Exists": false, "Newer": []}}}');
SELECT ddb.put_item('{"TableName": "abc", "Item": {"a": {"S": "1", "Newer": "1"}}}');
SELECT ddb.put_item('{"TableName": "abc", "Item": {"a": {"Newer": "1"}}}');
SELECT ddb.create_table('{"TableName": "abc", "KeySchema": [{"AttributeName": "a", "Type": "HASH"}]}');
SELECT ddb.put_item(('{"TableName": "abc", "Item": {"a": ' || repeat('{"L": [', 33) || '{"S": "1"}' || repeat(']}', 33) || '}}')::json);
SELECT ddb.put_item(('{"TableName": "abc", "Item": {"a": ' || repeat('{"L": [', 300) || '{"S": "1"}' || repeat(']}', 300) || '}}')::json);
-- null is absent
SELECT ddb.put_item('{"TableName": null, "Item": null, "ReturnValues": null}');

-- ---- JSON types, of everything before anything else ----

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
-- each JSON value in the place of %s
CREATE FUNCTION pg_temp.types(operation text, request text) RETURNS TABLE (given text, answer text) LANGUAGE sql AS $$
	SELECT v, pg_temp.try(operation, format(request, v))
	FROM unnest('{"\"23\"",true,23,-2147483648,34.56,[],"{}"}'::text[]) WITH ORDINALITY u (v, n) ORDER BY n
$$;
SELECT * FROM pg_temp.types('put_item', '{"TableName": %s}');
SELECT * FROM pg_temp.types('put_item', '{"Item": %s}');
SELECT * FROM pg_temp.types('put_item', '{"Item": {"a": %s}}');
SELECT * FROM pg_temp.types('put_item', '{"Item": {"a": {"B": %s}}}');
SELECT * FROM pg_temp.types('put_item', '{"Item": {"a": {"BOOL": %s}}}');
SELECT * FROM pg_temp.types('put_item', '{"Item": {"a": {"L": [{"M": {"b": {"BS": [%s]}}}]}}}');
SELECT * FROM pg_temp.types('put_item', '{"Expected": {"a": %s}}');
SELECT * FROM pg_temp.types('put_item', '{"Expected": {"a": {"Value": %s}}}');
SELECT * FROM pg_temp.types('put_item', '{"ExpressionAttributeNames": %s}');
SELECT * FROM pg_temp.types('query', '{"Limit": %s, "TableName": "abc"}');
SELECT * FROM pg_temp.types('query', '{"KeyConditions": {"a": {"AttributeValueList": %s}}}');
SELECT * FROM pg_temp.types('create_table', '{"ProvisionedThroughput": %s}');
SELECT * FROM pg_temp.types('create_table', '{"ProvisionedThroughput": {"ReadCapacityUnits": %s}}');
SELECT * FROM pg_temp.types('create_table', '{"KeySchema": %s}');
SELECT * FROM pg_temp.types('create_table', '{"KeySchema": [%s]}');
SELECT * FROM pg_temp.types('batch_get_item', '{"RequestItems": {"abc": %s}}');
SELECT * FROM pg_temp.types('batch_get_item', '{"RequestItems": {"abc": {"Keys": [%s]}}}');
SELECT * FROM pg_temp.types('batch_write_item', '{"RequestItems": %s}');
SELECT * FROM pg_temp.types('batch_write_item', '{"RequestItems": {"abc": %s}}');
SELECT ddb.query('{"TableName": "abc", "Limit": 2147483648}');
SELECT ddb.put_item('{"Item": {"a": {"B": "23456"}}}');
SELECT ddb.put_item('{"Item": {"a": {"B": "=+/="}}}');

-- ---- Constraints, several at once ----

SELECT ddb.put_item('{}');
SELECT ddb.put_item('{"TableName": "a;", "Item": {}}');
SELECT pg_temp.try('put_item', json_build_object('TableName', repeat('a', 256), 'Item', '{}'::json)::text) LIKE '%Member must have length less than or equal to 255';
SELECT ddb.put_item('{"TableName": "abc;", "ReturnConsumedCapacity": "hi", "ReturnItemCollectionMetrics": "hi", "ReturnValues": "hi"}');
SELECT ddb.get_item('{"TableName": "abc;", "ReturnConsumedCapacity": "hi", "AttributesToGet": []}');
SELECT ddb.query('{"TableName": "abc;", "ReturnConsumedCapacity": "hi", "AttributesToGet": [], "IndexName": "abc;", "Select": "hi", "Limit": -1,
	"KeyConditions": {"a": {}, "b": {"ComparisonOperator": ""}}, "ConditionalOperator": "AN", "QueryFilter": {"a": {}, "b": {"ComparisonOperator": ""}}}');
SELECT ddb.create_table('{"TableName": "abc", "AttributeDefinitions": [], "KeySchema": [{"KeyType": "HASH"}, {"AttributeName": "a"}, {"KeyType": "Woop", "AttributeName": "a"}, null]}');
SELECT ddb.update_table('{"TableName": "abc", "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "a", "ProvisionedThroughput": {}}}]}');
SELECT ddb.get_item('{"TableName": "abc", "Key": {}, "AttributesToGet": ["a", null]}');
SELECT ddb.get_item('{"TableName": "abc", "Key": {}, "ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": null}}');
-- constraints go before rules, rules before values, values before the table
SELECT ddb.put_item('{"TableName": "a", "Item": {"a": {}}, "Expected": {"a": {}}, "ConditionExpression": ""}');
SELECT ddb.put_item('{"TableName": "abc", "Item": {"a": {}}, "Expected": {"a": {}}, "ConditionExpression": ""}');
SELECT ddb.put_item('{"TableName": "abc", "Item": {"a": {}}, "Expected": {"a": {}}}');
SELECT ddb.put_item('{"TableName": "abc", "Item": {}, "Expected": {"a": {}}}');
SELECT ddb.put_item('{"TableName": "abc", "Item": {}}');

-- ---- Attribute values ----

SELECT v, pg_temp.try('put_item', format('{"TableName": "abc", "Item": {"a": %s}}', v)) FROM unnest(ARRAY[
	'{}', '{"a": ""}', '{"S": "a", "N": "1"}', '{"NULL": false}', '{"SS": []}', '{"NS": []}', '{"BS": []}', '{"SS": ["a", "a"]}', '{"NS": ["1", "1.0"]}',
	'{"BS": ["Yg==", "Yg=="]}', '{"N": ""}', '{"N": "b"}', '{"N": "123456789012345678901234567890123456789"}', '{"N": "1e126"}', '{"N": "-1e-131"}', '{"L": [{}]}', '{"M": {"a": {}}}']) v;

-- ---- Hostile requests ----

SELECT pg_temp.try('put_item', '{"TableName": "' || repeat('a', 10000000) || '", "Item": {}}') ~ 'Member must have length less than or equal to 255$';
SELECT length(pg_temp.try('get_item', '{"TableName": "abc", "Key": {}, "AttributesToGet": [' || repeat('"a",', 2000000) || '"a"]}'));
SELECT length(pg_temp.try('create_table', '{"TableName": "abc", "AttributeDefinitions": [], "KeySchema": [' || repeat('{},', 300000) || '{}]}')) < 10000;
SELECT pg_temp.try('put_item', '{"TableName": "abc", "Item": {"a": {"L": [' || repeat('{"N":"1"},', 1000000) || '{"N":"1"}]}}}');
SELECT length(pg_temp.try('put_item', '{"TableName": "abc", "Item": {"a": {"S": "1"}}, "ConditionExpression": "' || repeat('(', 1000000) || '"}')) < 1000;
-- failed calls leave nothing behind
DO $$
DECLARE
	before bigint;
	after bigint;
BEGIN
	FOR i IN 1 .. 4000 LOOP
		PERFORM pg_temp.try('put_item', '{"TableName": "abc", "Item": {"a": {"L": [{"N": "1"}, {"N": "x"}]}}}');
		IF i = 1000 THEN
			SELECT sum(total_bytes) INTO before FROM pg_backend_memory_contexts;
		END IF;
	END LOOP;
	SELECT sum(total_bytes) INTO after FROM pg_backend_memory_contexts;
	RAISE INFO 'memory grew: %', after > before + 65536;
END
$$;
