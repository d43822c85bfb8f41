-- TransactWriteItems and TransactGetItems
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Users", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "city", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
	"GlobalSecondaryIndexes": [{"IndexName": "ByCity", "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}')->'TableDescription'->>'TableName';
SELECT ddb.create_table('{"TableName": "Orders", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "user", "AttributeType": "S"}, {"AttributeName": "at", "AttributeType": "N"}, {"AttributeName": "total", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "user", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "ByTotal", "KeySchema": [{"AttributeName": "user", "KeyType": "HASH"}, {"AttributeName": "total", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}]}')->'TableDescription'->>'TableName';

-- What an error says, with its SQLSTATE and its reasons.
CREATE FUNCTION pg_temp.transact(actions text, more jsonb DEFAULT '{}', read boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	request json := (jsonb_build_object('TransactItems', actions::jsonb) || more)::json;
	reasons text;
BEGIN
	RETURN CASE WHEN read THEN ddb.transact_get_items(request) ELSE ddb.transact_write_items(request) END;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS reasons = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || SQLERRM || E'\n' || reasons;
END
$$;

-- ---- All four actions, across tables ----

SELECT pg_temp.transact('[
	{"Put": {"TableName": "Users", "Item": {"id": {"S": "ann"}, "city": {"S": "Oslo"}, "n": {"N": "1"}}, "ConditionExpression": "attribute_not_exists(id)"}},
	{"Put": {"TableName": "Orders", "Item": {"user": {"S": "ann"}, "at": {"N": "1"}, "total": {"N": "9"}}}},
	{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "bob"}}, "ConditionExpression": "attribute_not_exists(id)"}},
	{"Update": {"TableName": "Users", "Key": {"id": {"S": "cid"}}, "UpdateExpression": "SET n = :n, city = :c", "ExpressionAttributeValues": {":n": {"N": "3"}, ":c": {"S": "Bergen"}}}},
	{"Delete": {"TableName": "Users", "Key": {"id": {"S": "nobody"}}}}]');
SELECT item FROM dynamodb."Users" ORDER BY id;
SELECT item FROM dynamodb."Orders";
SELECT ddb.query('{"TableName": "Users", "IndexName": "ByCity", "KeyConditionExpression": "city = :c", "ExpressionAttributeValues": {":c": {"S": "Oslo"}}}');
SELECT pg_temp.transact('[
	{"Update": {"TableName": "Users", "Key": {"id": {"S": "ann"}}, "UpdateExpression": "SET city = :c ADD n :n", "ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}, ":c": {"S": "Bergen"}}}},
	{"Delete": {"TableName": "Orders", "Key": {"user": {"S": "ann"}, "at": {"N": "1"}}, "ConditionExpression": "#t > :t", "ExpressionAttributeNames": {"#t": "total"}, "ExpressionAttributeValues": {":t": {"N": "1"}}}},
	{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "cid"}}, "ConditionExpression": "#c = :c", "ExpressionAttributeNames": {"#c": "city"}, "ExpressionAttributeValues": {":c": {"S": "Bergen"}}}}]');
SELECT item FROM dynamodb."Users" ORDER BY id;
SELECT count(*) FROM dynamodb."Orders";
SELECT count(*) FROM dynamodb."Users/ByCity" WHERE city = 'Bergen';
SELECT * FROM ddb.check_indexes('Users');

-- ---- Cancelled: nothing is written, and each action has its reason ----

SELECT pg_temp.transact('[
	{"Put": {"TableName": "Users", "Item": {"id": {"S": "dan"}}}},
	{"Put": {"TableName": "Users", "Item": {"id": {"S": "ann"}}, "ConditionExpression": "attribute_not_exists(id)"}},
	{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "cid"}}, "ConditionExpression": "n > :n", "ExpressionAttributeValues": {":n": {"N": "3"}}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
	{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "eve"}}, "ConditionExpression": "attribute_exists(id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}]');
SELECT count(*) FROM dynamodb."Users" WHERE id = 'dan';
-- faults of an update that only the item shows
SELECT pg_temp.transact('[
	{"Put": {"TableName": "Users", "Item": {"id": {"S": "dan"}}}},
	{"Update": {"TableName": "Users", "Key": {"id": {"S": "ann"}}, "UpdateExpression": "SET x = nothing + :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}},
	{"Update": {"TableName": "Users", "Key": {"id": {"S": "cid"}}, "UpdateExpression": "SET n = city + :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}},
	{"Update": {"TableName": "Users", "Key": {"id": {"S": "eve"}}, "UpdateExpression": "SET a.b = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}},
	{"Update": {"TableName": "Users", "Key": {"id": {"S": "fay"}}, "UpdateExpression": "SET n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}}]');
-- those that the table's keys and indexes show
SELECT pg_temp.transact('[
	{"Update": {"TableName": "Users", "Key": {"id": {"S": "ann"}}, "UpdateExpression": "SET x = nothing + :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}},
	{"Update": {"TableName": "Users", "Key": {"id": {"S": "fay"}}, "UpdateExpression": "SET city = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}},
	{"Update": {"TableName": "Users", "Key": {"id": {"S": "guy"}}, "UpdateExpression": "SET id = :n", "ExpressionAttributeValues": {":n": {"S": "1"}}}},
	{"Put": {"TableName": "Users", "Item": {"id": {"S": "hal"}, "city": {"N": "1"}}}}]');
SELECT count(*) FROM dynamodb."Users";
-- keys
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"n": {"N": "1"}}}}, {"Put": {"TableName": "Users", "Item": {"id": {"N": "1"}}}},
	{"Delete": {"TableName": "Users", "Key": {}}}, {"Delete": {"TableName": "Orders", "Key": {"user": {"S": "ann"}}}}, {"Delete": {"TableName": "Users", "Key": {"id": {"S": "x"}}}}]');
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": ""}}}}, {"Put": {"TableName": "Users", "Item": {"n": {"N": "1"}}}}]');
SELECT pg_temp.transact('[{"Delete": {"TableName": "Users", "Key": {"id": {"S": ""}}}}]');

-- ---- The request's own faults ----

SELECT pg_temp.transact('[]');
SELECT pg_temp.transact('[{}]');
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "x"}}}, "Delete": {"TableName": "Users", "Key": {"id": {"S": "y"}}}}]');
SELECT pg_temp.transact('[{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "x"}}}}]');
SELECT pg_temp.transact('[{"Update": {"TableName": "Users", "Key": {"id": {"S": "x"}}}}]');
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "x"}}}}, {"Put": {"TableName": "Users", "Item": {"id": {"S": "x"}, "n": {"N": "1"}}}}]');
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "x"}}}}, {"Put": {"TableName": "Nothing", "Item": {"id": {"S": "x"}}}}]');
-- a bad expression of any action comes before a missing table
SELECT pg_temp.transact('[{"Put": {"TableName": "Nothing", "Item": {"id": {"S": "x"}}}}, {"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "x"}}, "ConditionExpression": "attribute_exists("}}]');
SELECT pg_temp.transact('[{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "x"}}, "ConditionExpression": "attribute_exists(id)", "ExpressionAttributeValues": {":k": {"S": "v"}}}}]');
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "x"}}}}]', '{"ReturnConsumedCapacity": "x", "ReturnItemCollectionMetrics": "y"}');
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "x"}}}}]', '{"ClientRequestToken": "1234567890123456789012345678901234567"}');
SELECT left(pg_temp.transact((SELECT jsonb_agg(jsonb_build_object('Put', jsonb_build_object('TableName', 'Users', 'Item', jsonb_build_object('id', jsonb_build_object('S', 'n' || i), 'v', jsonb_build_object('S', repeat('x', 350000)))))) FROM generate_series(1, 12) i)::text), 200);
SELECT count(*) FROM dynamodb."Users";
SELECT pg_temp.transact((SELECT jsonb_agg(jsonb_build_object('Put', jsonb_build_object('TableName', 'Users', 'Item', jsonb_build_object('id', jsonb_build_object('S', 'n' || i))))) FROM generate_series(1, 100) i)::text);
SELECT count(*) FROM dynamodb."Users";
SELECT pg_temp.transact((SELECT jsonb_agg(jsonb_build_object('Delete', jsonb_build_object('TableName', 'Users', 'Key', jsonb_build_object('id', jsonb_build_object('S', 'n' || i))))) FROM generate_series(1, 100) i)::text);
SELECT count(*) FROM dynamodb."Users";

-- ---- Reading ----

SELECT pg_temp.transact('[{"Get": {"TableName": "Users", "Key": {"id": {"S": "ann"}}}}, {"Get": {"TableName": "Users", "Key": {"id": {"S": "none"}}}},
	{"Get": {"TableName": "Users", "Key": {"id": {"S": "cid"}}, "ProjectionExpression": "#n, nothing", "ExpressionAttributeNames": {"#n": "n"}}},
	{"Get": {"TableName": "Users", "Key": {"id": {"S": "dan"}}, "ProjectionExpression": "n"}}]', '{"ReturnConsumedCapacity": "TOTAL"}', true);
SELECT pg_temp.transact('[]', '{}', true);
SELECT pg_temp.transact('[{}]', '{}', true);
SELECT pg_temp.transact('[{"Get": {"TableName": "Users", "Key": {}}}, {"Get": {"TableName": "Users", "Key": {"id": {"S": "ann"}}}}]', '{}', true);
SELECT pg_temp.transact('[{"Get": {"TableName": "Users", "Key": {"id": {"S": "ann"}}}}, {"Get": {"TableName": "Users", "Key": {"id": {"S": "ann"}}}}]', '{}', true);
SELECT pg_temp.transact('[{"Get": {"TableName": "Nothing", "Key": {"id": {"S": "ann"}}}}]', '{}', true);
SELECT pg_temp.transact('[{"Get": {"TableName": "Users", "Key": {"id": {"S": "ann"}}, "ProjectionExpression": "!!!"}}]', '{}', true);

-- ---- Capacity: double for the table, not for its indexes; and collections ----

SELECT pg_temp.transact('[
	{"Put": {"TableName": "Users", "Item": {"id": {"S": "ida"}, "city": {"S": "Rome"}}}},
	{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "nobody"}}, "ConditionExpression": "attribute_not_exists(id)"}},
	{"Put": {"TableName": "Orders", "Item": {"user": {"S": "ida"}, "at": {"N": "1"}, "total": {"N": "2"}}}},
	{"Put": {"TableName": "Orders", "Item": {"user": {"S": "ida"}, "at": {"N": "2"}}}}]', '{"ReturnConsumedCapacity": "INDEXES", "ReturnItemCollectionMetrics": "SIZE"}');
SELECT pg_temp.transact('[{"Delete": {"TableName": "Orders", "Key": {"user": {"S": "ida"}, "at": {"N": "1"}}}}]', '{"ReturnConsumedCapacity": "TOTAL"}');

-- ---- Tokens ----

SELECT pg_temp.transact('[{"Update": {"TableName": "Users", "Key": {"id": {"S": "ida"}}, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}}]', '{"ClientRequestToken": "once"}');
SELECT pg_temp.transact('[{"Update": {"UpdateExpression": "ADD n :n", "Key": {"id": {"S": "ida"}}, "TableName": "Users", "ExpressionAttributeValues": {":n": {"N": "1"}}}}]', '{"ClientRequestToken": "once", "ReturnConsumedCapacity": "TOTAL"}');
SELECT pg_temp.transact('[{"Update": {"TableName": "Users", "Key": {"id": {"S": "ida"}}, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}}]', '{"ClientRequestToken": "once"}');
SELECT item ->> 'n' FROM dynamodb."Users" WHERE id = 'ida';
-- one that could not be carried out leaves its token free
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "ida"}}, "ConditionExpression": "attribute_not_exists(id)"}}]', '{"ClientRequestToken": "twice"}');
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "jim"}}, "ConditionExpression": "attribute_not_exists(id)"}}]', '{"ClientRequestToken": "twice"}');
-- and would its condition fail now, that does not matter
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "jim"}}, "ConditionExpression": "attribute_not_exists(id)"}}]', '{"ClientRequestToken": "twice"}');
-- 1.5 KB are 2 read units and 4 write units; a deleted item is charged by what it was
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "big"}, "v": {"S": "' || repeat('v', 1500) || '"}}}}, {"Delete": {"TableName": "Orders", "Key": {"user": {"S": "ida"}, "at": {"N": "2"}}}}]', '{"ClientRequestToken": "big", "ReturnConsumedCapacity": "TOTAL"}');
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "big"}, "v": {"S": "' || repeat('v', 1500) || '"}}}}, {"Delete": {"TableName": "Orders", "Key": {"user": {"S": "ida"}, "at": {"N": "2"}}}}]', '{"ClientRequestToken": "big", "ReturnConsumedCapacity": "INDEXES"}');
-- nor that the items are by now too large for it
CREATE VIEW pg_temp.grow AS SELECT jsonb_agg(jsonb_build_object('Update', jsonb_build_object('TableName', 'Users', 'Key', jsonb_build_object('id', jsonb_build_object('S', 'grow' || i)),
	'UpdateExpression', 'SET l = list_append(if_not_exists(l, :e), :v)',
	'ExpressionAttributeValues', jsonb_build_object(':e', '{"L": []}'::jsonb, ':v', jsonb_build_object('L', jsonb_build_array(jsonb_build_object('S', repeat('v', 200000))))))))::text AS actions
	FROM generate_series(1, 11) i;
SELECT pg_temp.transact(actions, '{"ClientRequestToken": "grow"}') FROM pg_temp.grow;
SELECT pg_temp.transact(actions, '{"ClientRequestToken": "grow", "ReturnConsumedCapacity": "TOTAL"}') FROM pg_temp.grow;
SELECT pg_temp.transact(actions) FROM pg_temp.grow;
DELETE FROM dynamodb."Users" WHERE id LIKE 'grow%';
-- its time is over
UPDATE ddb.transaction_tokens_0 SET finished = finished - interval '11 minutes';
UPDATE ddb.transaction_tokens_1 SET finished = finished - interval '11 minutes';
UPDATE ddb.transaction_tokens_2 SET finished = finished - interval '11 minutes';
SELECT pg_temp.transact('[{"Update": {"TableName": "Users", "Key": {"id": {"S": "ida"}}, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}}]', '{"ClientRequestToken": "once"}');
SELECT item ->> 'n' FROM dynamodb."Users" WHERE id = 'ida';
-- a role's token is no other role's, and nobody reads or writes the tokens
CREATE ROLE transact_writer;
GRANT USAGE ON SCHEMA dynamodb TO transact_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON dynamodb."Users" TO transact_writer;
GRANT pg_read_all_data, pg_write_all_data TO transact_writer;
SET ROLE transact_writer;
SELECT pg_temp.transact('[{"Update": {"TableName": "Users", "Key": {"id": {"S": "ida"}}, "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}}]', '{"ClientRequestToken": "once"}');
SELECT count(*) FROM ddb.transaction_tokens_0;
INSERT INTO ddb.transaction_tokens_0 VALUES (gen_random_uuid(), 10, 'w', gen_random_uuid(), now(), '');
RESET ROLE;
SELECT item ->> 'n' FROM dynamodb."Users" WHERE id = 'ida';

-- ---- Privileges ----

REVOKE pg_read_all_data, pg_write_all_data FROM transact_writer;
REVOKE INSERT, UPDATE, DELETE ON dynamodb."Users" FROM transact_writer;
SET ROLE transact_writer;
SELECT pg_temp.transact('[{"Get": {"TableName": "Users", "Key": {"id": {"S": "jim"}}}}]', '{}', true);
SELECT pg_temp.transact('[{"Get": {"TableName": "Orders", "Key": {"user": {"S": "ida"}, "at": {"N": "1"}}}}]', '{}', true);
-- who may only read locks nothing
SELECT pg_temp.transact('[{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "jim"}}, "ConditionExpression": "attribute_exists(id)"}}]');
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "x"}}}}]');
RESET ROLE;
REVOKE ALL ON dynamodb."Users" FROM transact_writer;
REVOKE ALL ON SCHEMA dynamodb FROM transact_writer;
DROP ROLE transact_writer;

-- ---- Policies: what they hide is absent, and cannot be put over ----

CREATE ROLE transact_hidden;
GRANT USAGE ON SCHEMA dynamodb TO transact_hidden;
GRANT SELECT, INSERT, UPDATE, DELETE ON dynamodb."Users" TO transact_hidden;
ALTER TABLE dynamodb."Users" ENABLE ROW LEVEL SECURITY;
CREATE POLICY not_ann ON dynamodb."Users" TO transact_hidden USING (id <> 'ann');
SET ROLE transact_hidden;
SELECT pg_temp.transact('[{"Get": {"TableName": "Users", "Key": {"id": {"S": "ann"}}}}, {"Get": {"TableName": "Users", "Key": {"id": {"S": "jim"}}}}]', '{}', true);
SELECT pg_temp.transact('[{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "ann"}}, "ConditionExpression": "attribute_exists(id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}]');
SELECT pg_temp.transact('[{"Delete": {"TableName": "Users", "Key": {"id": {"S": "ann"}}}}, {"Put": {"TableName": "Users", "Item": {"id": {"S": "kim"}}}}]');
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "ann"}}}}, {"Put": {"TableName": "Users", "Item": {"id": {"S": "lea"}}}}]');
-- nor locked where they may not be changed, as by FOR SHARE
RESET ROLE;
CREATE POLICY only_jim ON dynamodb."Users" AS RESTRICTIVE FOR UPDATE TO transact_hidden USING (id = 'jim');
SET ROLE transact_hidden;
SELECT pg_temp.transact('[{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "jim"}}, "ConditionExpression": "attribute_exists(id)"}}]');
SELECT pg_temp.transact('[{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "kim"}}, "ConditionExpression": "attribute_exists(id)"}}]');
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "kim"}}}}]');
RESET ROLE;
DROP POLICY only_jim ON dynamodb."Users";
RESET ROLE;
SELECT string_agg(id, ' ' ORDER BY id) FROM dynamodb."Users" WHERE id IN ('ann', 'kim', 'lea');
DROP POLICY not_ann ON dynamodb."Users";
ALTER TABLE dynamodb."Users" DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON dynamodb."Users" FROM transact_hidden;
REVOKE ALL ON SCHEMA dynamodb FROM transact_hidden;
DROP ROLE transact_hidden;

-- ---- What is told first of an action: an Item before its expressions, a Key behind them ----

SELECT action, pg_temp.transact(format('[{"%s": {"TableName": "Nothing", "%s": {"id": %s}, "ConditionExpression": "id = = id" %s}}]', action, CASE action WHEN 'Put' THEN 'Item' ELSE 'Key' END,
	repeat('{"M": {"n": ', 32) || '{"S": "leaf"}' || repeat('}}', 32), CASE action WHEN 'Update' THEN ', "UpdateExpression": "REMOVE a"' END))
FROM unnest('{Put,Delete,Update,ConditionCheck}'::text[]) action;

-- ---- In a transaction of SQL ----

BEGIN;
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "max"}}}}, {"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "ned"}}, "ConditionExpression": "attribute_not_exists(id)"}}]');
-- its own transaction may create what it has found absent
SELECT ddb.put_item('{"TableName": "Users", "Item": {"id": {"S": "ned"}}}');
SELECT pg_temp.transact('[{"Update": {"TableName": "Users", "Key": {"id": {"S": "ned"}}, "UpdateExpression": "SET n = :n", "ConditionExpression": "attribute_exists(id)", "ExpressionAttributeValues": {":n": {"N": "1"}}}}, {"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "max"}}, "ConditionExpression": "attribute_exists(id)"}}]');
SELECT string_agg(item::text, ' ' ORDER BY id) FROM dynamodb."Users" WHERE id IN ('max', 'ned');
ROLLBACK;
SELECT count(*) FROM dynamodb."Users" WHERE id IN ('max', 'ned');
-- triggers, further columns and constraints
ALTER TABLE dynamodb."Users" ADD COLUMN changed int NOT NULL DEFAULT 0, ADD CONSTRAINT short CHECK (length(id::text) < 30);
CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed := NEW.changed + 1; RETURN NEW; END $$;
CREATE TRIGGER count_change BEFORE INSERT OR UPDATE ON dynamodb."Users" FOR EACH ROW EXECUTE FUNCTION count_change();
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "oda"}, "city": {"S": "Oslo"}}}}, {"Update": {"TableName": "Users", "Key": {"id": {"S": "jim"}}, "UpdateExpression": "SET city = :c", "ExpressionAttributeValues": {":c": {"S": "Oslo"}}}},
	{"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "none"}}, "ConditionExpression": "attribute_not_exists(id)"}}, {"ConditionCheck": {"TableName": "Users", "Key": {"id": {"S": "ida"}}, "ConditionExpression": "attribute_exists(id)"}}, {"Delete": {"TableName": "Users", "Key": {"id": {"S": "big"}}}}]');
SELECT id, changed FROM dynamodb."Users" WHERE id IN ('oda', 'jim', 'ida', 'none', 'big') ORDER BY id;
SELECT pg_temp.transact('[{"Put": {"TableName": "Users", "Item": {"id": {"S": "pia"}}}}, {"Put": {"TableName": "Users", "Item": {"id": {"S": "a name with more than thirty characters"}}}}]');
SELECT count(*) FROM dynamodb."Users" WHERE id = 'pia';
SELECT * FROM ddb.check_indexes('Users');
DROP FUNCTION count_change CASCADE;

SELECT ddb.delete_table('{"TableName": "Users"}')->'TableDescription'->>'TableStatus';
SELECT ddb.delete_table('{"TableName": "Orders"}')->'TableDescription'->>'TableStatus';
