-- needs: preloading
-- ddb.operation_stats, ddb.table_stats, ddb.http_stats: what is counted of operations, who sees it, and its reset
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Counted", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}, {"AttributeName": "g", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "local", "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "g", "KeyType": "RANGE"}],
		"Projection": {"ProjectionType": "KEYS_ONLY"}}],
	"GlobalSecondaryIndexes": [{"IndexName": "global", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
		"Projection": {"ProjectionType": "ALL"}}]}')->'TableDescription'->>'TableName';
SELECT ddb.create_table('{"TableName": "Other", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]}')->'TableDescription'->>'TableName';

-- What the response tells of capacity, and what the view has more than before.
CREATE FUNCTION pg_temp.units() RETURNS TABLE (table_name text, r float8, w float8) LANGUAGE sql AS $$
	SELECT table_name, read_units, write_units FROM ddb.table_stats WHERE table_name IN ('Counted', 'Other') ORDER BY 1
$$;
CREATE FUNCTION pg_temp.compare(operation text, request jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	response jsonb;
	told float8;
	counted record;
	before float8 = (SELECT coalesce(sum(r + w), 0) FROM pg_temp.units());
BEGIN
	EXECUTE format('SELECT ddb.%I($1)', operation) INTO response USING request || '{"ReturnConsumedCapacity": "TOTAL"}';
	SELECT sum((c ->> 'CapacityUnits')::float8) INTO told
	FROM jsonb_path_query(response, '$.ConsumedCapacity[*]') c;
	RETURN format('%s: %s told, %s counted', operation, told, (SELECT sum(r + w) FROM pg_temp.units()) - before);
END
$$;
CREATE FUNCTION pg_temp.key(s int) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('p', '{"S": "p"}'::jsonb, 's', jsonb_build_object('N', s::text))
$$;
CREATE FUNCTION pg_temp.item(s int, size int, g text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
	SELECT pg_temp.key(s) || jsonb_build_object('v', jsonb_build_object('S', repeat('v', size))) ||
		CASE WHEN g IS NULL THEN '{}' ELSE jsonb_build_object('g', jsonb_build_object('S', g)) END
$$;

SELECT ddb.reset_stats();

-- ---- Capacity: what is counted is what is told, indexes included ----

SELECT pg_temp.compare('put_item', jsonb_build_object('TableName', 'Counted', 'Item', pg_temp.item(1, 100)));
SELECT pg_temp.compare('put_item', jsonb_build_object('TableName', 'Counted', 'Item', pg_temp.item(1, 3000, 'a')));
SELECT pg_temp.compare('put_item', jsonb_build_object('TableName', 'Counted', 'Item', pg_temp.item(1, 3000, 'a')));
SELECT pg_temp.compare('put_item', jsonb_build_object('TableName', 'Counted', 'Item', pg_temp.item(1, 10, 'b')));
SELECT pg_temp.compare('put_item', jsonb_build_object('TableName', 'Counted', 'Item', pg_temp.item(2, 5000, 'b')));
SELECT pg_temp.compare('update_item', jsonb_build_object('TableName', 'Counted', 'Key', pg_temp.key(2), 'UpdateExpression', 'SET v = :v',
	'ExpressionAttributeValues', '{":v": {"S": "v"}}'::jsonb));
SELECT pg_temp.compare('update_item', jsonb_build_object('TableName', 'Counted', 'Key', pg_temp.key(3), 'UpdateExpression', 'SET g = :v',
	'ExpressionAttributeValues', '{":v": {"S": "c"}}'::jsonb));
SELECT pg_temp.compare('get_item', jsonb_build_object('TableName', 'Counted', 'Key', pg_temp.key(2)));
SELECT pg_temp.compare('get_item', jsonb_build_object('TableName', 'Counted', 'Key', pg_temp.key(9), 'ConsistentRead', true));
SELECT pg_temp.compare('batch_write_item', jsonb_build_object('RequestItems', jsonb_build_object(
	'Counted', jsonb_build_array(jsonb_build_object('PutRequest', jsonb_build_object('Item', pg_temp.item(4, 9000, 'a'))),
		jsonb_build_object('DeleteRequest', jsonb_build_object('Key', pg_temp.key(3)))),
	'Other', '[{"PutRequest": {"Item": {"p": {"S": "o"}}}}]'::jsonb)));
SELECT pg_temp.compare('batch_get_item', jsonb_build_object('RequestItems', jsonb_build_object(
	'Counted', jsonb_build_object('Keys', jsonb_build_array(pg_temp.key(4), pg_temp.key(9)), 'ConsistentRead', true),
	'Other', '{"Keys": [{"p": {"S": "o"}}]}'::jsonb)));
SELECT pg_temp.compare('query', '{"TableName": "Counted", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}');
SELECT pg_temp.compare('query', '{"TableName": "Counted", "IndexName": "local", "Select": "ALL_ATTRIBUTES", "ConsistentRead": true,
	"KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}');
SELECT pg_temp.compare('query', '{"TableName": "Counted", "IndexName": "global", "KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": "a"}}}');
SELECT pg_temp.compare('scan', '{"TableName": "Counted", "FilterExpression": "attribute_not_exists(p)"}');
SELECT pg_temp.compare('transact_write_items', jsonb_build_object('TransactItems', jsonb_build_array(
	jsonb_build_object('Put', jsonb_build_object('TableName', 'Counted', 'Item', pg_temp.item(5, 2000, 'd'))),
	jsonb_build_object('ConditionCheck', jsonb_build_object('TableName', 'Counted', 'Key', pg_temp.key(2), 'ConditionExpression', 'attribute_exists(p)')),
	jsonb_build_object('Delete', '{"TableName": "Other", "Key": {"p": {"S": "o"}}}'::jsonb)), 'ClientRequestToken', 'one'));
-- the same once more is answered by what it reads
SELECT pg_temp.compare('transact_write_items', jsonb_build_object('TransactItems', jsonb_build_array(
	jsonb_build_object('Put', jsonb_build_object('TableName', 'Counted', 'Item', pg_temp.item(5, 2000, 'd'))),
	jsonb_build_object('ConditionCheck', jsonb_build_object('TableName', 'Counted', 'Key', pg_temp.key(2), 'ConditionExpression', 'attribute_exists(p)')),
	jsonb_build_object('Delete', '{"TableName": "Other", "Key": {"p": {"S": "o"}}}'::jsonb)), 'ClientRequestToken', 'one'));
SELECT pg_temp.compare('transact_get_items', jsonb_build_object('TransactItems', jsonb_build_array(
	jsonb_build_object('Get', jsonb_build_object('TableName', 'Counted', 'Key', pg_temp.key(4))),
	jsonb_build_object('Get', '{"TableName": "Other", "Key": {"p": {"S": "o"}}}'::jsonb))));
SELECT pg_temp.compare('execute_statement', '{"Statement": "SELECT * FROM \"Counted\" WHERE p = ''p'' AND s = 4"}');
SELECT pg_temp.compare('execute_statement', '{"Statement": "SELECT * FROM \"Counted\" WHERE p = ''p'' AND s > 1"}');
SELECT pg_temp.compare('execute_statement', '{"Statement": "UPDATE \"Counted\" SET g = ''z'' WHERE p = ''p'' AND s = 4"}');
SELECT pg_temp.compare('batch_execute_statement', '{"Statements": [{"Statement": "SELECT * FROM \"Counted\" WHERE p = ''p'' AND s = 4"},
	{"Statement": "SELECT * FROM \"Other\" WHERE p = ''o''"}]}');
SELECT pg_temp.compare('batch_execute_statement', '{"Statements": [{"Statement": "DELETE FROM \"Counted\" WHERE p = ''p'' AND s = 4"},
	{"Statement": "INSERT INTO \"Other\" VALUE {''p'': ''o''}"}]}');
SELECT pg_temp.compare('execute_transaction', '{"TransactStatements": [{"Statement": "SELECT * FROM \"Counted\" WHERE p = ''p'' AND s = 2"}]}');
SELECT pg_temp.compare('execute_transaction', '{"TransactStatements": [{"Statement": "DELETE FROM \"Counted\" WHERE p = ''p'' AND s = 2"},
	{"Statement": "EXISTS(SELECT * FROM \"Other\" WHERE p = ''o'' AND x IS MISSING)"}]}');
SELECT pg_temp.compare('delete_item', jsonb_build_object('TableName', 'Counted', 'Key', pg_temp.key(1)));
SELECT * FROM pg_temp.units();

-- ---- Ends ----

SELECT ddb.reset_stats();
SELECT * FROM ddb.operation_stats;
SELECT table_name, requests FROM ddb.table_stats WHERE table_name IN ('Counted', 'Other') ORDER BY 1;

SELECT ddb.put_item('{"TableName": "Other", "Item": {"p": {"S": "o"}}}');
SELECT ddb.put_item('{"TableName": "Other", "Item": {"p": {"S": "o"}}, "ConditionExpression": "attribute_not_exists(p)"}');
SELECT ddb.put_item('{"TableName": "Other", "Item": {"p": {"N": "1"}}}');
SELECT ddb.put_item('{"TableName": "Missing", "Item": {"p": {"S": "1"}}}');
SELECT ddb.put_item('no JSON');
SELECT ddb.transact_write_items('{"TransactItems": [
	{"Put": {"TableName": "Other", "Item": {"p": {"S": "new"}}}},
	{"ConditionCheck": {"TableName": "Other", "Key": {"p": {"S": "o"}}, "ConditionExpression": "attribute_not_exists(p)"}},
	{"Delete": {"TableName": "Counted", "Key": {"p": {"S": "p"}, "s": {"N": "77"}}, "ConditionExpression": "attribute_exists(p)"}}]}');
SELECT ddb.get_item('{"TableName": "Other", "Key": {"p": {"S": "o"}}}') IS NOT NULL;
SELECT ddb.describe_table('{"TableName": "Other"}') IS NOT NULL;
SELECT ddb.list_tables('{}') IS NOT NULL;
SELECT source, operation, calls, errors, exceptions, seconds, durations, request_bytes, response_bytes FROM ddb.operation_stats ORDER BY 1, 2;
SELECT * FROM ddb.table_stats WHERE table_name IN ('Counted', 'Other') ORDER BY 1;

-- from SQL, an error may be none of DynamoDB's
SET default_transaction_read_only = on;
SELECT ddb.put_item('{"TableName": "Other", "Item": {"p": {"S": "o"}, "v": {"S": "other"}}}');
RESET default_transaction_read_only;
SELECT exceptions ->> 'PostgreSQLError' FROM ddb.operation_stats WHERE operation = 'PutItem';

-- an operation in a trigger of another one's table is one of its own, and an error that somebody catches ends it, too
CREATE FUNCTION pg_temp.write_other() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		PERFORM ddb.put_item('{"TableName": "Missing", "Item": {"p": {"S": "1"}}}');
	EXCEPTION WHEN OTHERS THEN
		NULL;
	END;
	PERFORM ddb.put_item('{"TableName": "Other", "Item": {"p": {"S": "triggered"}}}');
	RETURN NULL;
END
$$;
CREATE TRIGGER write_other AFTER INSERT ON dynamodb."Counted" FOR EACH ROW EXECUTE FUNCTION pg_temp.write_other();
SELECT ddb.reset_stats();
SELECT ddb.put_item('{"TableName": "Counted", "Item": {"p": {"S": "p"}, "s": {"N": "80"}}}');
SELECT source, operation, calls, errors, exceptions FROM ddb.operation_stats;
SELECT table_name, requests, write_units, items_written FROM ddb.table_stats WHERE table_name IN ('Counted', 'Other') ORDER BY 1;
DROP TRIGGER write_other ON dynamodb."Counted";

-- what plain SQL does is PostgreSQL's own to count
INSERT INTO dynamodb."Counted" (item) VALUES ('{"p": {"S": "p"}, "s": {"N": "81"}, "g": {"S": "sql"}}');
SELECT table_name, requests, write_units, items_written FROM ddb.table_stats WHERE table_name = 'Counted';

-- ---- Who sees what ----

CREATE ROLE statistics_reader;
CREATE ROLE statistics_writer;
CREATE ROLE statistics_monitor IN ROLE pg_read_all_stats;
GRANT SELECT ON dynamodb."Other" TO statistics_reader;
GRANT INSERT, UPDATE ON dynamodb."Other" TO statistics_writer;
SET ROLE statistics_reader;
SELECT table_name FROM ddb.table_stats WHERE table_name IN ('Counted', 'Other') ORDER BY 1;
SELECT count(*) > 0 FROM ddb.operation_stats;
SELECT workers = CASE current_setting('ddb.http_port') WHEN '0' THEN 0 ELSE current_setting('ddb.http_workers')::integer END,
	workers_busy <= workers, connections <= connections_accepted FROM ddb.http_stats;
SELECT ddb.reset_stats();
-- nor what policies hide
RESET ROLE;
ALTER TABLE dynamodb."Other" ENABLE ROW LEVEL SECURITY;
SET ROLE statistics_reader;
SELECT table_name FROM ddb.table_stats WHERE table_name IN ('Counted', 'Other') ORDER BY 1;
RESET ROLE;
ALTER TABLE dynamodb."Other" DISABLE ROW LEVEL SECURITY;
-- who may not read learns nothing of the item that was there
SET ROLE statistics_writer;
SELECT ddb.put_item('{"TableName": "Other", "Item": {"p": {"S": "o"}, "v": {"S": "w"}}}');
SELECT table_name FROM ddb.table_stats WHERE table_name IN ('Counted', 'Other') ORDER BY 1;
SET ROLE statistics_monitor;
SELECT table_name FROM ddb.table_stats WHERE table_name IN ('Counted', 'Other') ORDER BY 1;
SELECT ddb.reset_stats();
RESET ROLE;
GRANT EXECUTE ON FUNCTION ddb.reset_stats() TO statistics_monitor;
SET ROLE statistics_monitor;
SELECT clock_timestamp() AS before \gset
SELECT ddb.reset_stats();
SELECT stats_reset >= :'before' FROM ddb.http_stats;
RESET ROLE;

-- ---- A table that goes, and one that comes under its name ----

SELECT ddb.get_item('{"TableName": "Other", "Key": {"p": {"S": "o"}}}') IS NOT NULL;
SELECT table_name, requests FROM ddb.table_stats WHERE table_name = 'Other';
SELECT ddb.delete_table('{"TableName": "Other"}')->'TableDescription'->>'TableStatus';
SELECT table_name, requests FROM ddb.table_stats WHERE table_name = 'Other';
SELECT ddb.create_table('{"TableName": "Other", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]}')->'TableDescription'->>'TableName';
SELECT table_name, requests FROM ddb.table_stats WHERE table_name = 'Other';
SELECT ddb.get_item('{"TableName": "Other", "Key": {"p": {"S": "o"}}}') IS NOT NULL;
SELECT table_name, requests FROM ddb.table_stats WHERE table_name = 'Other';

SELECT ddb.delete_table('{"TableName": "Other"}')->'TableDescription'->>'TableStatus';
SELECT ddb.delete_table('{"TableName": "Counted"}')->'TableDescription'->>'TableStatus';
REVOKE ALL ON FUNCTION ddb.reset_stats() FROM statistics_monitor;
DROP ROLE statistics_reader, statistics_writer, statistics_monitor;
