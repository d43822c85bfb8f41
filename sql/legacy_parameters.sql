-- The parameters that expressions replaced: Expected, QueryFilter, ScanFilter,
-- ConditionalOperator, AttributeUpdates.  (KeyConditions are with the key
-- conditions, AttributesToGet with the projections.)
\pset format unaligned
\pset tuples_only
SELECT ddb.create_table('{"TableName": "Legacy", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "Id", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "Id", "KeyType": "HASH"}]}') IS NOT NULL;
CREATE FUNCTION fresh() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ddb.put_item('{"TableName": "Legacy", "Item": {"Id": {"S": "1"}, "s": {"S": "hello"}, "n": {"N": "5"}, "b": {"B": "AQID"}, "yes": {"BOOL": true}, "nothing": {"NULL": true},
    "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2"]}, "bs": {"BS": ["AQ=="]}, "l": {"L": [{"N": "1"}, {"S": "a"}]}, "m": {"M": {"x": {"N": "1"}}}, "m.x": {"S": "no path"}}}');
END $$;
SELECT fresh();

CREATE FUNCTION holds(filter json, operator text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN ddb.scan(jsonb_strip_nulls(jsonb_build_object('TableName', 'Legacy', 'ScanFilter', filter, 'ConditionalOperator', operator))::json) ->> 'Count';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;
-- one condition: the attribute, the operator and its arguments
CREATE FUNCTION holds(attribute text, operator text, arguments json) RETURNS text LANGUAGE sql AS $$
  SELECT holds(json_build_object(attribute, json_build_object('ComparisonOperator', operator, 'AttributeValueList', arguments))) $$;

-- ---- every operator ----
SELECT a, o, v, holds(a, o, v) FROM (VALUES
  ('s', 'EQ', '[{"S": "hello"}]'::json), ('s', 'EQ', '[{"S": "x"}]'), ('n', 'EQ', '[{"N": "5.0"}]'), ('n', 'EQ', '[{"S": "5"}]'), ('b', 'EQ', '[{"B": "AQID"}]'), ('yes', 'EQ', '[{"BOOL": true}]'),
  ('nothing', 'EQ', '[{"NULL": true}]'), ('ss', 'EQ', '[{"SS": ["b", "a"]}]'), ('ss', 'EQ', '[{"SS": ["a"]}]'), ('l', 'EQ', '[{"L": [{"N": "1"}, {"S": "a"}]}]'), ('m', 'EQ', '[{"M": {"x": {"N": "1"}}}]'),
  ('gone', 'EQ', '[{"S": "x"}]'), ('m.x', 'EQ', '[{"S": "no path"}]'),
  ('s', 'NE', '[{"S": "hello"}]'), ('s', 'NE', '[{"S": "x"}]'), ('n', 'NE', '[{"S": "5"}]'), ('ss', 'NE', '[{"SS": ["a", "b"]}]'), ('gone', 'NE', '[{"S": "x"}]'),
  ('n', 'LE', '[{"N": "5"}]'), ('n', 'LE', '[{"N": "4"}]'), ('n', 'LT', '[{"N": "5"}]'), ('n', 'LT', '[{"N": "6"}]'), ('n', 'GE', '[{"N": "5"}]'), ('n', 'GE', '[{"N": "6"}]'), ('n', 'GT', '[{"N": "5"}]'), ('n', 'GT', '[{"N": "4"}]'),
  ('s', 'GT', '[{"S": "he"}]'), ('b', 'LT', '[{"B": "AQI="}]'), ('n', 'LT', '[{"S": "9"}]'), ('gone', 'LT', '[{"N": "1"}]'), ('ss', 'GE', '[{"S": "a"}]'),
  ('s', 'NOT_NULL', NULL), ('nothing', 'NOT_NULL', NULL), ('gone', 'NOT_NULL', NULL), ('s', 'NULL', NULL), ('gone', 'NULL', NULL), ('gone', 'NULL', '[]'), ('m.x', 'NOT_NULL', NULL),
  ('s', 'CONTAINS', '[{"S": "ell"}]'), ('s', 'CONTAINS', '[{"S": "x"}]'), ('b', 'CONTAINS', '[{"B": "Ag=="}]'), ('ss', 'CONTAINS', '[{"S": "a"}]'), ('ss', 'CONTAINS', '[{"S": "c"}]'), ('ns', 'CONTAINS', '[{"N": "2.0"}]'),
  ('bs', 'CONTAINS', '[{"B": "AQ=="}]'), ('l', 'CONTAINS', '[{"N": "1"}]'), ('l', 'CONTAINS', '[{"N": "2"}]'), ('n', 'CONTAINS', '[{"N": "5"}]'), ('gone', 'CONTAINS', '[{"S": "a"}]'), ('l', 'CONTAINS', '[{"BOOL": true}]'),
  ('s', 'NOT_CONTAINS', '[{"S": "ell"}]'), ('s', 'NOT_CONTAINS', '[{"S": "x"}]'), ('ss', 'NOT_CONTAINS', '[{"S": "a"}]'), ('ss', 'NOT_CONTAINS', '[{"S": "c"}]'), ('n', 'NOT_CONTAINS', '[{"N": "5"}]'), ('gone', 'NOT_CONTAINS', '[{"S": "a"}]'),
  ('s', 'BEGINS_WITH', '[{"S": "he"}]'), ('s', 'BEGINS_WITH', '[{"S": "ell"}]'), ('b', 'BEGINS_WITH', '[{"B": "AQI="}]'), ('n', 'BEGINS_WITH', '[{"S": "5"}]'), ('gone', 'BEGINS_WITH', '[{"S": "a"}]'),
  ('n', 'IN', '[{"N": "4"}, {"N": "5"}]'), ('n', 'IN', '[{"N": "4"}]'), ('n', 'IN', '[{"S": "5"}]'), ('ss', 'IN', '[{"S": "a"}]'), ('gone', 'IN', '[{"S": "a"}]'),
  ('n', 'BETWEEN', '[{"N": "5"}, {"N": "6"}]'), ('n', 'BETWEEN', '[{"N": "6"}, {"N": "7"}]'), ('s', 'BETWEEN', '[{"S": "a"}, {"S": "z"}]'), ('n', 'BETWEEN', '[{"S": "4"}, {"S": "6"}]'), ('gone', 'BETWEEN', '[{"N": "5"}, {"N": "6"}]')
) AS c (a, o, v);

-- ---- several conditions ----
SELECT holds('{"s": {"ComparisonOperator": "NOT_NULL"}, "n": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "5"}]}}'), holds('{"s": {"ComparisonOperator": "NOT_NULL"}, "n": {"ComparisonOperator": "NULL"}}'),
  holds('{"s": {"ComparisonOperator": "NOT_NULL"}, "n": {"ComparisonOperator": "NULL"}}', 'AND'), holds('{"s": {"ComparisonOperator": "NOT_NULL"}, "n": {"ComparisonOperator": "NULL"}}', 'OR'),
  holds('{"s": {"ComparisonOperator": "NULL"}, "n": {"ComparisonOperator": "NULL"}}', 'OR'), holds('{}');
SELECT holds('{"s": {"ComparisonOperator": "NULL"}}', 'OR'), holds('{}', 'AND'), holds(NULL::json, 'OR');

-- ---- arguments: how many, of one type, of which type, in order ----
SELECT o, v, holds('s', o, v) FROM unnest(ARRAY['EQ', 'NE', 'LE', 'LT', 'GE', 'GT', 'NOT_NULL', 'NULL', 'CONTAINS', 'NOT_CONTAINS', 'BEGINS_WITH', 'IN', 'BETWEEN']) WITH ORDINALITY AS operators (o, i),
  unnest(ARRAY[NULL, '[]', '[{"S": "a"}]', '[{"S": "a"}, {"S": "a"}]', '[{"S": "a"}, {"S": "a"}, {"S": "a"}]']::json[]) WITH ORDINALITY AS lists (v, j) WHERE holds('s', o, v) !~ '^[01]$' ORDER BY i, j;
SELECT o, v, holds('s', o, v) FROM unnest(ARRAY['EQ', 'NE', 'LE', 'LT', 'GE', 'GT', 'CONTAINS', 'NOT_CONTAINS', 'BEGINS_WITH', 'IN', 'BETWEEN']) WITH ORDINALITY AS operators (o, i),
  unnest(ARRAY['{"N": "1"}', '{"B": "AQ=="}', '{"BOOL": true}', '{"NULL": true}', '{"M": {}}', '{"L": []}', '{"SS": ["a"]}', '{"NS": ["1"]}', '{"BS": ["AQ=="]}']::json[]) WITH ORDINALITY AS ones (one, j),
  LATERAL (SELECT CASE o WHEN 'BETWEEN' THEN json_build_array(one, one) ELSE json_build_array(one) END) AS list (v) WHERE holds('s', o, v) !~ '^[01]$' ORDER BY i, j;
SELECT holds('s', 'IN', '[{"S": "a"}, {"N": "1"}]'), holds('s', 'BETWEEN', '[{"S": "a"}, {"N": "1"}]'), holds('s', 'BETWEEN', '[{"S": "b"}, {"S": "a"}]');
-- QueryFilter follows the same rules, and may not speak of the key
SELECT ddb.query('{"TableName": "Legacy", "KeyConditions": {"Id": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "1"}]}}, "QueryFilter": {"n": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "4"}]}}, "Select": "COUNT"}');
SELECT ddb.query('{"TableName": "Legacy", "KeyConditions": {"Id": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "1"}]}}, "QueryFilter": {"n": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "5"}]}, "s": {"ComparisonOperator": "NULL"}}, "ConditionalOperator": "OR", "Select": "COUNT"}');
SELECT ddb.query('{"TableName": "Legacy", "KeyConditions": {"Id": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "1"}]}}, "QueryFilter": {"Id": {"ComparisonOperator": "NOT_NULL"}}}');
SELECT ddb.query('{"TableName": "Legacy", "KeyConditions": {"Id": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "1"}]}}, "QueryFilter": {"n": {"ComparisonOperator": "GT"}}}');

-- ---- Expected ----
CREATE FUNCTION expected(expected json, operator text DEFAULT NULL, id text DEFAULT '1') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ddb.update_item(jsonb_strip_nulls(jsonb_build_object('TableName', 'Legacy', 'Key', json_build_object('Id', json_build_object('S', id)), 'Expected', expected, 'ConditionalOperator', operator))::json);
  RETURN 'done';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;
SELECT e, expected(e) FROM unnest(ARRAY[
  '{"s": {"Value": {"S": "hello"}}}', '{"s": {"Value": {"S": "x"}}}', '{"s": {"Exists": true, "Value": {"S": "hello"}}}', '{"s": {"Exists": false}}', '{"gone": {"Exists": false}}', '{"yes": {"Value": {"BOOL": true}}}',
  '{"s": {"ComparisonOperator": "BEGINS_WITH", "Value": {"S": "he"}}}', '{"s": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "hello"}]}}', '{"n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "1"}, {"N": "9"}]}}',
  '{"s": {"ComparisonOperator": "NOT_NULL"}}', '{"gone": {"ComparisonOperator": "NULL"}}', '{"gone": {"ComparisonOperator": "NE", "Value": {"S": "x"}}}', '{"s": {"Value": {"S": "hello"}}, "gone": {"Exists": false}}',
  '{"s": {"Value": {"S": "hello"}}, "n": {"Exists": false}}', '{"m.x": {"Value": {"S": "no path"}}}', '{}'
]::json[]) AS e;
SELECT expected('{"s": {"Value": {"S": "hello"}}, "n": {"Exists": false}}', 'OR'), expected('{"s": {"Value": {"S": "x"}}, "n": {"Exists": false}}', 'OR'), expected('{"Id": {"Exists": true, "Value": {"S": "2"}}}', NULL, '2'), expected('{"Id": {"Exists": false}}', NULL, '2'),
  expected('{"Id": {"Exists": false}}', NULL, '2'), expected('{"Id": {"Exists": false}}', 'OR', '3'), expected('{}', 'AND'), expected(NULL, 'AND');
SELECT e, expected(e) FROM unnest(ARRAY[
  '{"s": {}}', '{"s": {"Exists": true}}', '{"s": {"Exists": false, "Value": {"S": "a"}}}', '{"s": {"AttributeValueList": [{"S": "a"}]}}', '{"s": {"Exists": true, "AttributeValueList": []}}', '{"s": {"Value": {"S": "a"}, "AttributeValueList": []}}',
  '{"s": {"Value": {"S": "a"}, "AttributeValueList": [{"S": "a"}], "ComparisonOperator": "LT"}}', '{"s": {"Exists": true, "ComparisonOperator": "LT"}}', '{"s": {"Exists": false, "ComparisonOperator": "NULL"}}', '{"s": {"ComparisonOperator": "LT"}}',
  '{"s": {"ComparisonOperator": "LT", "AttributeValueList": []}}', '{"s": {"ComparisonOperator": "BETWEEN", "Value": {"S": "a"}}}', '{"s": {"ComparisonOperator": "NULL", "Value": {"S": "a"}}}', '{"s": {"ComparisonOperator": "LT", "Value": {"BOOL": true}}}',
  '{"s": {"ComparisonOperator": "IN", "AttributeValueList": [{"S": "b"}, {"N": "1"}]}}', '{"s": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"S": "b"}, {"S": "a"}]}}', '{"s": {"ComparisonOperator": "LIKE", "Value": {"S": "a"}}}'
]::json[]) AS e;
SELECT ddb.put_item('{"TableName": "Legacy", "Item": {"Id": {"S": "3"}}, "Expected": {"Id": {"Exists": false}}}');
SELECT ddb.put_item('{"TableName": "Legacy", "Item": {"Id": {"S": "3"}}, "Expected": {"Id": {"Exists": false}}}');
SELECT ddb.delete_item('{"TableName": "Legacy", "Key": {"Id": {"S": "3"}}, "Expected": {"n": {"Value": {"N": "1"}}}}');
SELECT ddb.delete_item('{"TableName": "Legacy", "Key": {"Id": {"S": "3"}}, "Expected": {"n": {"ComparisonOperator": "NULL"}}}');

-- ---- AttributeUpdates ----
CREATE FUNCTION updated(updates json, id text DEFAULT '1') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  before jsonb;
  after jsonb;
BEGIN
  PERFORM fresh();
  before := coalesce(ddb.get_item(json_build_object('TableName', 'Legacy', 'Key', json_build_object('Id', json_build_object('S', id)))) -> 'Item', '{}');
  after := coalesce(ddb.update_item(json_build_object('TableName', 'Legacy', 'Key', json_build_object('Id', json_build_object('S', id)), 'AttributeUpdates', updates, 'ReturnValues', 'ALL_NEW')) -> 'Attributes', '{}');
  RETURN coalesce((SELECT string_agg(key || ' ' || coalesce(now.value::text, 'is gone'), ', ' ORDER BY key)
    FROM jsonb_each(after) now FULL JOIN jsonb_each(before) old USING (key) WHERE now.value IS DISTINCT FROM old.value), 'no change');
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;
SELECT u, updated(u) FROM unnest(ARRAY[
  '{"s": {"Value": {"S": "new"}}}', '{"s": {"Action": "PUT", "Value": {"L": []}}, "a": {"Action": "PUT", "Value": {"M": {}}}}', '{"m.x": {"Value": {"S": "new"}}, "status": {"Value": {"N": "1"}}}',
  '{"s": {"Action": "DELETE"}, "gone": {"Action": "DELETE"}}', '{"ss": {"Action": "DELETE", "Value": {"SS": ["a", "z"]}}}', '{"ss": {"Action": "DELETE", "Value": {"SS": ["a", "b"]}}}', '{"gone": {"Action": "DELETE", "Value": {"SS": ["a"]}}}',
  '{"n": {"Action": "ADD", "Value": {"N": "3"}}}', '{"n": {"Action": "ADD", "Value": {"N": "-7"}}}', '{"a": {"Action": "ADD", "Value": {"N": "3"}}}', '{"ss": {"Action": "ADD", "Value": {"SS": ["b", "c"]}}}', '{"ns": {"Action": "ADD", "Value": {"NS": ["2", "3"]}}}',
  '{"bs": {"Action": "ADD", "Value": {"BS": ["Ag=="]}}}', '{"a": {"Action": "ADD", "Value": {"SS": ["b", "c"]}}}', '{"l": {"Action": "ADD", "Value": {"L": [{"S": "b"}, {"N": "2"}]}}}', '{"a": {"Action": "ADD", "Value": {"L": [{"S": "b"}]}}}', '{}'
]::json[]) AS u;
SELECT u, updated(u) FROM unnest(ARRAY[
  '{"s": {}}', '{"s": {"Action": "PUT"}}', '{"s": {"Action": "ADD"}}', '{"s": {"Action": "DROP"}}', '{"Id": {"Value": {"S": "2"}}}', '{"Id": {"Action": "DELETE"}}',
  '{"a": {"Action": "ADD", "Value": {"S": "a"}}}', '{"a": {"Action": "ADD", "Value": {"B": "AQ=="}}}', '{"a": {"Action": "ADD", "Value": {"BOOL": true}}}', '{"a": {"Action": "ADD", "Value": {"NULL": true}}}', '{"a": {"Action": "ADD", "Value": {"M": {}}}}',
  '{"a": {"Action": "DELETE", "Value": {"S": "a"}}}', '{"a": {"Action": "DELETE", "Value": {"N": "1"}}}', '{"a": {"Action": "DELETE", "Value": {"B": "AQ=="}}}', '{"a": {"Action": "DELETE", "Value": {"BOOL": true}}}', '{"a": {"Action": "DELETE", "Value": {"NULL": true}}}',
  '{"a": {"Action": "DELETE", "Value": {"M": {}}}}', '{"a": {"Action": "DELETE", "Value": {"L": []}}}',
  '{"s": {"Action": "ADD", "Value": {"N": "1"}}}', '{"n": {"Action": "ADD", "Value": {"NS": ["1"]}}}', '{"ss": {"Action": "ADD", "Value": {"NS": ["1"]}}}', '{"ss": {"Action": "ADD", "Value": {"N": "1"}}}', '{"n": {"Action": "ADD", "Value": {"L": []}}}', '{"l": {"Action": "ADD", "Value": {"N": "1"}}}',
  '{"ss": {"Action": "DELETE", "Value": {"NS": ["1"]}}}', '{"n": {"Action": "DELETE", "Value": {"NS": ["1"]}}}'
]::json[]) AS u;
-- an item that is not there
SELECT u, updated(u, i) FROM (VALUES ('4', '{"a": {"Action": "DELETE"}, "b": {"Action": "DELETE", "Value": {"SS": ["a"]}}}'::json), ('4', '{}'), ('5', '{"a": {"Action": "DELETE"}, "n": {"Action": "ADD", "Value": {"N": "1"}}}'), ('6', '{"s": {"Value": {"S": "a"}}}')) AS c (i, u);
-- what the update names, whatever comes of it
SELECT fresh();
SELECT ddb.update_item('{"TableName": "Legacy", "Key": {"Id": {"S": "1"}}, "AttributeUpdates": {"s": {"Action": "DELETE"}, "n": {"Action": "ADD", "Value": {"N": "1"}}, "ss": {"Value": {"SS": ["a", "b"]}}, "new": {"Value": {"N": "1"}}}, "ReturnValues": "UPDATED_OLD"}');
SELECT fresh();
SELECT ddb.update_item('{"TableName": "Legacy", "Key": {"Id": {"S": "1"}}, "AttributeUpdates": {"s": {"Action": "DELETE"}, "n": {"Action": "ADD", "Value": {"N": "1"}}, "ss": {"Value": {"SS": ["a", "b"]}}, "new": {"Value": {"N": "1"}}}, "ReturnValues": "UPDATED_NEW"}');

-- ---- not together with expressions ----
SELECT ddb.put_item('{"TableName": "Legacy", "Item": {}, "Expected": {}, "ConditionalOperator": "OR", "ConditionExpression": ""}');
SELECT ddb.update_item('{"TableName": "Legacy", "Key": {}, "AttributeUpdates": {}, "Expected": {}, "UpdateExpression": "", "ConditionExpression": ""}');
SELECT ddb.scan('{"TableName": "Legacy", "ScanFilter": {}, "AttributesToGet": ["a"], "FilterExpression": "", "ProjectionExpression": ""}');
SELECT ddb.query('{"TableName": "Legacy", "KeyConditions": {}, "QueryFilter": {}, "KeyConditionExpression": ""}');
SELECT ddb.get_item('{"TableName": "Legacy", "Key": {}, "AttributesToGet": ["a"], "ProjectionExpression": ""}');
SELECT ddb.put_item('{"TableName": "Legacy", "Item": {}, "Expected": {}, "ExpressionAttributeNames": {}}');
SELECT ddb.put_item('{"TableName": "Legacy", "Item": {}, "Expected": {}, "ExpressionAttributeValues": {}}');

SELECT ddb.delete_table('{"TableName": "Legacy"}') IS NOT NULL;
DROP FUNCTION updated, expected, holds(json, text), holds(text, text, json), fresh;
