-- Projection expressions, and AttributesToGet.
\pset format unaligned
\pset tuples_only
SELECT ddb.create_table('{"TableName": "Projections", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "Id", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "Id", "KeyType": "HASH"}]}') IS NOT NULL;
SELECT ddb.put_item('{"TableName": "Projections", "Item": {"Id": {"S": "1"}, "a": {"S": "A"}, "n": {"N": "5"}, "ss": {"SS": ["x", "y"]},
  "m": {"M": {"x": {"N": "7"}, "y": {"M": {"z": {"S": "deep"}, "w": {"BOOL": true}}}, "l": {"L": [{"S": "i"}, {"M": {"p": {"N": "1"}, "q": {"N": "2"}}}]}}},
  "l": {"L": [{"N": "0"}, {"L": [{"S": "10"}, {"S": "11"}]}, {"M": {"x": {"N": "20"}, "y": {"N": "21"}}}, {"N": "3"}]},
  "dots.and spaces": {"S": "odd"}, "status": {"S": "reserved"}, "[3]": {"S": "brackets"}}}');

CREATE FUNCTION projected(expression text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN ddb.get_item(jsonb_strip_nulls(jsonb_build_object('TableName', 'Projections', 'Key', '{"Id": {"S": "1"}}'::json, 'ProjectionExpression', expression,
    'ExpressionAttributeNames', (SELECT jsonb_object_agg(key, value) FROM jsonb_each('{"#a": "a", "#m": "m", "#x": "x", "#odd": "dots.and spaces", "#status": "status", "#three": "[3]", "#l": "l"}')
      WHERE expression ~ (key || '\M'))))::json) -> 'Item';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;

-- ---- what is there of what is named, in the item's shape ----
SELECT e, projected(e) FROM unnest(ARRAY[
  'a', 'a, n, ss', 'a,n', ' n ,a ', 'gone', 'a, gone', 'm.x', 'm.x, m.y.z', 'm.y', 'm.gone', 'm.gone, a', 'm.x.y', 'a.x', 'a[0]', 'm[0]', 'l.x',
  'l[0]', 'l[3], l[0]', 'l[1][1]', 'l[2].y, l[1][0]', 'l[4]', 'l[9], l[3]', 'l[0].x', 'm.l[1].q, m.l[0]', 'ss[0]',
  '#a', '#odd', '#status', '#m.#x', 'm.#x, #m.y', '#three', '#l[3]', 'l[00]', 'm . x', 'Id'
]) AS e;

-- ---- syntax errors ----
SELECT e, projected(e) FROM unnest(ARRAY[
  ',', 'a,', ',a', 'a,,n', 'a n', '.a', 'a.', 'a..x', 'l[]', 'l[', 'l[0', 'l]', 'l[x]', 'l[-1]', 'l[1.0]', 'l[#x]', '[0]', '(a)', '(m.x).y', '(a, n)', ':a', 'a-b', 'a = n', 'size(a)', 'abort,', '#', '#.a', '"a"', '*', 'é', '1a', ' '
]) AS e;

-- ---- the other faults, in AWS's order of precedence ----
SELECT projected('');
SELECT projected(repeat('a', 4096)), projected(repeat('a', 4097));
SELECT projected('m' || repeat('.x', 31)), projected('m' || repeat('.x', 32));
SELECT projected('l[2147483647]'), projected('l[2147483648]'), projected('l[99999999999999999999]');
SELECT e, projected(e) FROM unnest(ARRAY[
  'abort, #u', '#u, aBsolute', 'm.Status', 'a, a, #u', '#u.x', 'm.#u',
  'a, a', '#a, a', 'm, m.x', 'm.x, m', 'm.y.z, n, m.y', 'l[0], #l[0]', 'l[1], l[1][0]', 'l[0], l.x, a, a',
  'l[0], l.x', 'm.x, m[0]', 'm.y[0], m.y.z', 'l[1][0], l[1].x', '#l[3], l.#three', 'l[0], m.x, l[1].p, m.y.z, l[2]'
]) AS e;

-- ---- everywhere an item is given ----
SELECT ddb.scan('{"TableName": "Projections", "ProjectionExpression": "#a, m.x", "ExpressionAttributeNames": {"#a": "a"}}');
SELECT ddb.query('{"TableName": "Projections", "KeyConditionExpression": "Id = :i", "ProjectionExpression": "l[3], l[0]", "ExpressionAttributeValues": {":i": {"S": "1"}}}');
SELECT ddb.batch_get_item('{"RequestItems": {"Projections": {"Keys": [{"Id": {"S": "1"}}], "ProjectionExpression": "#s, m.y.w", "ExpressionAttributeNames": {"#s": "status"}}}}');
SELECT ddb.get_item('{"TableName": "Projections", "Key": {"Id": {"S": "2"}}, "ProjectionExpression": "a"}');

-- ---- AttributesToGet: attributes only, whatever their name ----
SELECT ddb.get_item('{"TableName": "Projections", "Key": {"Id": {"S": "1"}}, "AttributesToGet": ["n", "status", "dots.and spaces", "gone", "m.x", "[3]"]}');
SELECT ddb.scan('{"TableName": "Projections", "AttributesToGet": ["a"]}');
SELECT ddb.get_item('{"TableName": "Projections", "Key": {"Id": {"S": "1"}}, "AttributesToGet": ["n", "a", "n"]}');

-- ---- names ----
SELECT ddb.get_item('{"TableName": "Projections", "Key": {"Id": {"S": "1"}}, "ProjectionExpression": "a", "ExpressionAttributeNames": {"#b": "b", "#a": "a"}}');
SELECT ddb.get_item('{"TableName": "Projections", "Key": {"Id": {"S": "1"}}, "ProjectionExpression": "", "ExpressionAttributeNames": {}}');
SELECT ddb.get_item('{"TableName": "Projections", "Key": {"Id": {"S": "1"}}, "ProjectionExpression": "", "ExpressionAttributeNames": {"b": "b"}}');

SELECT ddb.delete_table('{"TableName": "Projections"}') IS NOT NULL;
DROP FUNCTION projected;
