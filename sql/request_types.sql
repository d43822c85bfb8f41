-- Operations take requests as json, jsonb, text and literals.
SELECT ddb.create_table('{"TableName": "Shop", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}') IS NOT NULL AS created;
SELECT ddb.put_item(jsonb_build_object('TableName', 'Shop', 'Item', '{"id": {"S": "jsonb"}, "n": {"N": "1"}}'::jsonb));
SELECT ddb.put_item(json_build_object('TableName', 'Shop', 'Item', '{"id": {"S": "json"}}'::json));
SELECT ddb.put_item('{"TableName": "Shop", "Item": {"id": {"S": "' || 'text' || '"}}}');
SELECT ddb.put_item('{"TableName": "Shop", "Item": {"id": {"S": "literal\u0000"}}}');
SELECT ddb.put_item(request => '{"TableName": "Shop", "Item": {"id": {"S": "named"}}}');
PREPARE put AS SELECT ddb.put_item($1);
SELECT parameter_types FROM pg_prepared_statements WHERE name = 'put';
EXECUTE put('{"TableName": "Shop", "Item": {"id": {"S": "parameter"}}}');
EXECUTE put('{"TableName": "Shop", "Item": {"id": {"S": "parameter 2"}}}'::jsonb);
SELECT ddb.scan(to_jsonb(s)) ->> 'Count' FROM (SELECT 'Shop' AS "TableName", 3 AS "Limit", 'COUNT' AS "Select") s;
SELECT id FROM dynamodb."Shop" ORDER BY id;
SELECT ddb.get_item(NULL) IS NULL AS nothing, ddb.get_item(NULL::jsonb) IS NULL AS either;
-- numbers of jsonb, and a member twice, of which jsonb keeps the last
SELECT ddb.scan('{"TableName": "Shop", "Limit": 1e0, "Select": "ALL_ATTRIBUTES", "Select": "COUNT"}'::jsonb) ->> 'Count';
SELECT ddb.scan('{"TableName": "Shop", "Select": "ALL_ATTRIBUTES", "Select": "COUNT"}');
-- what is no JSON
SELECT ddb.scan('nonsense');
SELECT ddb.scan('{"TableName": "Shop"');
-- every operation is one function, of such a request
SELECT proname FROM pg_proc WHERE prosrc = 'ddb_operation'
  AND (oidvectortypes(proargtypes) <> 'ddb.request' OR proargnames <> '{request}' OR prorettype <> 'json'::regtype);
SELECT proname FROM pg_proc WHERE prosrc = 'ddb_operation' GROUP BY 1 HAVING count(*) > 1;
SELECT ddb.delete_table('{"TableName": "Shop"}') IS NOT NULL AS deleted;
