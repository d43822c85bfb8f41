-- PutItem, GetItem, UpdateItem, DeleteItem
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Things", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}')->'TableDescription'->>'TableName';
SELECT ddb.create_table('{"TableName": "Pairs", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "N"}, {"AttributeName": "s", "AttributeType": "B"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}')->'TableDescription'->>'TableName';

-- ---- PutItem and GetItem ----

SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "1"}}}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "1"}, "s": {"S": "a\u0000b\"\\\u00e9"}, "n": {"N": "-01.500e2"}, "b": {"B": "AAEC"},
	"t": {"BOOL": true}, "z": {"NULL": true}, "m": {"M": {"k": {"L": [{"N": "1"}, {"M": {}}]}}}, "ss": {"SS": ["y", "x"]},
	"ns": {"NS": ["10", "9"]}, "bs": {"BS": ["AQ==", "AA=="]}, "e": {"S": ""}, "eb": {"B": ""}}}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "1"}}, "ConsistentRead": true}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "1"}}, "ProjectionExpression": "m.k[1], #n, nothing", "ExpressionAttributeNames": {"#n": "n"}}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "1"}}, "AttributesToGet": ["e", "t"]}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "1"}}, "ProjectionExpression": "nothing"}');

-- ReturnValues of a put, and one that replaces the whole item
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "2"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "2"}, "v": {"N": "2"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "2"}, "w": {"N": "3"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "2"}}}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "2"}}, "ReturnValues": "ALL_NEW"}');

-- a put that changes nothing writes nothing
SELECT ctid, xmin FROM dynamodb."Things" WHERE id = '2' \gset before_
SELECT ddb.put_item('{"TableName": "Things", "Item": {"w": {"N": "3.0"}, "id": {"S": "2"}}}');
SELECT ctid = :'before_ctid' AND xmin = :'before_xmin' FROM dynamodb."Things" WHERE id = '2';

-- keys that are missing, of another type, empty, too long
SELECT ddb.put_item('{"TableName": "Things", "Item": {"v": {"N": "1"}}}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"N": "1"}}}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": ""}}}');
SELECT ddb.put_item('{"TableName": "Pairs", "Item": {"p": {"N": "1"}, "s": {"B": ""}}}');
SELECT ddb.put_item('{"TableName": "Pairs", "Item": {"p": {"N": "1"}}}');
SELECT ddb.put_item(json_build_object('TableName', 'Things', 'Item', json_build_object('id', json_build_object('S', repeat('k', 2049)))));
SELECT ddb.put_item(json_build_object('TableName', 'Pairs', 'Item', json_build_object('p', '{"N": "1"}'::json, 's', json_build_object('B', repeat('AAAA', 342)))));
SELECT ddb.get_item('{"TableName": "Things", "Key": {}}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"N": "1"}}}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": ""}}}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "1"}, "v": {"S": "1"}}}');
SELECT ddb.get_item('{"TableName": "Pairs", "Key": {"p": {"N": "1"}}}');
SELECT ddb.get_item('{"TableName": "None", "Key": {}}');

-- the size of an item: 409,600 bytes and not one more
SELECT ddb.put_item(json_build_object('TableName', 'Things', 'Item', json_build_object('id', '{"S": "big"}'::json, 'v', json_build_object('S', repeat('v', 409600 - 6)))));
SELECT ddb.put_item(json_build_object('TableName', 'Things', 'Item', json_build_object('id', '{"S": "big"}'::json, 'v', json_build_object('S', repeat('v', 409600 - 5)))));
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "big"}}, "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "1"}}}');
SELECT ddb.delete_item('{"TableName": "Things", "Key": {"id": {"S": "big"}}}');

-- ---- Conditions ----

SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "2"}}, "ConditionExpression": "attribute_not_exists(id)"}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "3"}, "v": {"N": "1"}}, "ConditionExpression": "attribute_not_exists(id)"}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "3"}}, "Expected": {"v": {"Value": {"N": "2"}}}}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "3"}, "v": {"N": "2"}}, "Expected": {"v": {"Value": {"N": "1"}}, "w": {"Exists": false}}}');
SELECT ddb.delete_item('{"TableName": "Things", "Key": {"id": {"S": "3"}}, "ConditionExpression": "v > :v", "ExpressionAttributeValues": {":v": {"N": "2"}}}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "nobody"}}, "UpdateExpression": "SET v = :v", "ConditionExpression": "attribute_exists(id)", "ExpressionAttributeValues": {":v": {"N": "2"}}}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "nobody"}}}');

-- the item that failed a condition comes with the exception, where it is asked for
DO $$
DECLARE
	state text;
	name text;
	message text;
	item text;
BEGIN
	PERFORM ddb.delete_item('{"TableName": "Things", "Key": {"id": {"S": "3"}}, "ConditionExpression": "v = :v",
		"ExpressionAttributeValues": {":v": {"N": "0"}}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, name = PG_DATATYPE_NAME, message = MESSAGE_TEXT, item = PG_EXCEPTION_DETAIL;
	RAISE INFO '% % | % | %', state, name, message, item;
END
$$;

-- ---- UpdateItem ----

SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "ReturnValues": "ALL_NEW"}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "UpdateExpression": "SET a = :one, l = :l ADD n :one", "ReturnValues": "ALL_OLD",
	"ExpressionAttributeValues": {":one": {"N": "1"}, ":l": {"L": [{"S": "a"}, {"S": "b"}]}}}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "UpdateExpression": "SET a = a + :one, l[0] = :one REMOVE l[1] ADD n :one", "ReturnValues": "UPDATED_OLD",
	"ExpressionAttributeValues": {":one": {"N": "1"}}}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "UpdateExpression": "SET a = a + :one", "ReturnValues": "UPDATED_NEW",
	"ExpressionAttributeValues": {":one": {"N": "1"}}}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "UpdateExpression": "REMOVE a", "ReturnValues": "UPDATED_NEW"}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "AttributeUpdates": {"n": {"Action": "ADD", "Value": {"N": "5"}}, "l": {"Action": "DELETE"}, "p": {"Value": {"S": "put"}}}, "ReturnValues": "ALL_NEW"}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "UpdateExpression": "SET id = :v", "ExpressionAttributeValues": {":v": {"S": "5"}}}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "UpdateExpression": "SET p = p + :v", "ExpressionAttributeValues": {":v": {"N": "5"}}}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "6"}}, "UpdateExpression": "REMOVE a"}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "6"}}}');

-- an update that changes nothing writes nothing
SELECT ctid, xmin FROM dynamodb."Things" WHERE id = '4' \gset before_
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "UpdateExpression": "SET p = :p REMOVE q", "ExpressionAttributeValues": {":p": {"S": "put"}}}');
SELECT ctid = :'before_ctid' AND xmin = :'before_xmin' FROM dynamodb."Things" WHERE id = '4';

-- ---- DeleteItem ----

SELECT ddb.delete_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.delete_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.delete_item('{"TableName": "Things", "Key": {"id": {"S": "4"}}, "ReturnValues": "UPDATED_OLD"}');

-- ---- Rules of mixing ----

SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {}}, "AttributesToGet": ["a"], "ProjectionExpression": ""}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {}}, "AttributesToGet": ["a"], "ExpressionAttributeNames": {}}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {}, "Expected": {}, "ConditionExpression": ""}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {}, "ExpressionAttributeValues": {}}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {}, "ExpressionAttributeValues": {}}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {}, "AttributeUpdates": {}, "Expected": {}, "UpdateExpression": "", "ConditionExpression": ""}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {}, "ConditionalOperator": "OR"}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {}, "Expected": {"a": {"Exists": false}}, "ConditionalOperator": "OR"}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {}, "AttributesToGet": ["a", "b", "a"]}');
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "1"}}, "ProjectionExpression": "id.a"}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "1"}}, "ConditionExpression": "attribute_exists(id[0])"}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "1"}}, "ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"N": "1"}, ":b": {"N": "1"}}}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "1"}}, "ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"N": "x"}}}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "1"}}, "ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {}, "b": {"S": "1"}}}');

-- ---- Privileges: a role may do by an operation what it may do by SQL ----

CREATE ROLE regress_ddb_reader;
CREATE ROLE regress_ddb_writer;
GRANT SELECT ON dynamodb."Things" TO regress_ddb_reader;
GRANT INSERT, UPDATE, DELETE ON dynamodb."Things" TO regress_ddb_writer;
SET ROLE regress_ddb_reader;
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "2"}}}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "2"}}}');
SELECT ddb.update_item('{"TableName": "Things", "Key": {"id": {"S": "2"}}}');
SELECT ddb.delete_item('{"TableName": "Things", "Key": {"id": {"S": "2"}}}');
SET ROLE regress_ddb_writer;
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "2"}}}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "5"}}}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "5"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "5"}}, "ConditionExpression": "attribute_exists(id)"}');
SELECT ddb.delete_item('{"TableName": "Things", "Key": {"id": {"S": "5"}}}');
RESET ROLE;

-- ---- An operation belongs to the caller's transaction ----

BEGIN;
SELECT ddb.put_item('{"TableName": "Things", "Item": {"id": {"S": "t"}}}');
SAVEPOINT s;
SELECT ddb.delete_item('{"TableName": "Things", "Key": {"id": {"S": "t"}}}');
ROLLBACK TO s;
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "t"}}}');
ROLLBACK;
SELECT ddb.get_item('{"TableName": "Things", "Key": {"id": {"S": "t"}}}');

SELECT ddb.delete_table('{"TableName": "Things"}')->'TableDescription'->>'TableStatus';
SELECT ddb.delete_table('{"TableName": "Pairs"}')->'TableDescription'->>'TableStatus';
DROP ROLE regress_ddb_reader;
DROP ROLE regress_ddb_writer;
