-- Key conditions: KeyConditionExpression and KeyConditions.
\pset format unaligned
\pset tuples_only
SELECT ddb.create_table(format('{"TableName": "Keys%s", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "%s"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}', type, type)::json) IS NOT NULL
  FROM unnest(ARRAY['S', 'N', 'B']) AS type;
SELECT ddb.create_table('{"TableName": "KeysOne", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]}') IS NOT NULL;
SELECT count(ddb.put_item(json_build_object('TableName', 'KeysS', 'Item', json_build_object('p', json_build_object('S', p), 's', json_build_object('S', s)))))
  FROM unnest(ARRAY['one', 'two']) AS p, unnest(ARRAY['a', 'ab', 'abc', 'b', 'ba', 'é', 'B']) AS s;
SELECT count(ddb.put_item(json_build_object('TableName', 'KeysN', 'Item', json_build_object('p', json_build_object('S', p), 's', json_build_object('N', s)))))
  FROM unnest(ARRAY['one', 'two']) AS p, unnest(ARRAY['-10', '-2.5', '0', '1', '2', '10', '1e20']) AS s;
SELECT count(ddb.put_item(json_build_object('TableName', 'KeysB', 'Item', json_build_object('p', json_build_object('S', p), 's', json_build_object('B', encode(s, 'base64'))))))
  FROM unnest(ARRAY['one']) AS p, unnest(ARRAY['\x00', '\x0001', '\x7f', '\x80', '\xff']::bytea[]) AS s;
SELECT count(ddb.put_item(json_build_object('TableName', 'KeysOne', 'Item', json_build_object('p', json_build_object('S', p))))) FROM unnest(ARRAY['one', 'two']) AS p;

-- the sort keys found, or the error
CREATE FUNCTION found(name text, condition text, legacy json DEFAULT NULL, filter text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  expression text := concat(condition, ' ', filter);
BEGIN
  RETURN (SELECT coalesce(string_agg(coalesce(i -> 's' ->> 'S', i -> 's' ->> 'N', i -> 's' ->> 'B', i -> 'p' ->> 'S'), ' '), '-') FROM json_array_elements(
    ddb.query(jsonb_strip_nulls(jsonb_build_object('TableName', name, 'KeyConditionExpression', condition, 'KeyConditions', legacy, 'FilterExpression', filter,
      'ExpressionAttributeNames', (SELECT jsonb_object_agg(key, value) FROM jsonb_each('{"#p": "p", "#s": "s"}') WHERE expression ~ (key || '\M')),
      'ExpressionAttributeValues', (SELECT jsonb_object_agg(key, value) FROM jsonb_each('{":p": {"S": "one"}, ":none": {"S": "none"}, ":a": {"S": "a"}, ":ab": {"S": "ab"}, ":b": {"S": "b"}, ":e": {"S": "é"}, ":nil": {"S": ""},
        ":0": {"N": "0"}, ":2": {"N": "2.00"}, ":10": {"N": "10"}, ":m": {"N": "-2.5"}, ":b00": {"B": "AA=="}, ":b7f": {"B": "fw=="}, ":b80": {"B": "gA=="}, ":bnil": {"B": ""}, ":true": {"BOOL": true}, ":ss": {"SS": ["one"]}, ":N": {"S": "N"}}')
        WHERE expression ~ (key || '\M'))))::json) -> 'Items') AS i);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;

-- ---- every operator, on every type of key ----
SELECT e, found('KeysS', e) FROM unnest(ARRAY[
  'p = :p', 'p = :none', 'p = :p AND s = :ab', 'p = :p AND s = :none', 'p = :p AND s < :b', 'p = :p AND s <= :b', 'p = :p AND s > :b', 'p = :p AND s >= :b', 'p = :p AND s BETWEEN :a AND :b', 'p = :p AND s BETWEEN :b AND :b',
  'p = :p AND begins_with(s, :a)', 'p = :p AND begins_with(s, :ab)', 'p = :p AND begins_with(s, :e)', 'p = :p AND s > :e'
]) AS e;
SELECT e, found('KeysN', e) FROM unnest(ARRAY[
  'p = :p', 'p = :p AND s = :2', 'p = :p AND s < :0', 'p = :p AND s <= :0', 'p = :p AND s > :2', 'p = :p AND s >= :2', 'p = :p AND s BETWEEN :m AND :10'
]) AS e;
SELECT e, found('KeysB', e) FROM unnest(ARRAY[
  'p = :p', 'p = :p AND s = :b7f', 'p = :p AND s < :b7f', 'p = :p AND s > :b7f', 'p = :p AND s BETWEEN :b00 AND :b80', 'p = :p AND begins_with(s, :b00)'
]) AS e;
SELECT e, found('KeysOne', e) FROM unnest(ARRAY['p = :p', ':p = p', 'p = :none']) AS e;

-- ---- either order, parentheses, placeholders, keywords in any case ----
SELECT e, found('KeysS', e) FROM unnest(ARRAY[
  's < :b AND p = :p', ':b > s and :p = p', ':b <= s and p = :p', ':b >= s AND p = :p', ':ab < s AND p = :p', ':ab = s AND p = :p', '(p = :p)', '(p = :p) AND (s < :b)', '((p = :p) AND (s < :b))', '(s BETWEEN :a AND :ab) and (p) = (:p)',
  '#p = :p AND begins_with(#s, :a)', 'p=:p aNd s between :a and :b'
]) AS e;

-- ---- what is wrong as a condition ----
SELECT e, found('NoTable', e) FROM unnest(ARRAY[
  '', 'p', 'p = ', 'p = 5', 'p = :p AND', 'p = :p s = :a', '((p)) = :p', 'foo(p)', 'size(p)', 'begins_with(p, :p) = :p', 'status = :p', '#u = :p', 'p = :u', 'p = p', 'begins_with(s)', 'begins_with(s, :0)', 'attribute_type(p, s)',
  'attribute_type(p, :0)', 's BETWEEN :0 AND :p', 's BETWEEN :10 AND :2', 's < :true', 'attribute_exists(:p)'
]) AS e;

-- ---- what is wrong as a key condition, before any table is looked for ----
SELECT e, found('NoTable', e) FROM unnest(ARRAY[
  'p = :p OR s = :a', 'p = :p AND (s = :a OR s = :b)', 'NOT p = :p', 'p <> :p', 'p IN (:p)', 'attribute_exists(p)', 'attribute_not_exists(p)', 'attribute_type(p, :N)', 'contains(p, :p)', 'p = :p AND s <> :a',
  ':a BETWEEN s AND p', 'begins_with(:a, s)', 'size(p) = :0', 'p = size(s)', 's BETWEEN size(p) AND size(s)', 'p = s', 's BETWEEN :a AND p', 'begins_with(s, p)', 'p.x = :p', 'p[0] = :p', 'p = :p AND s.x < :a', ':p = :a', ':p = p AND :a = :b',
  'p = :p AND p = :a', 's > :a AND s < :b', 's > :a AND s < :b AND p = :p', 'p = :p AND s = :a AND t = :b', '(p = :p AND s = :a) AND (t = :b AND u = :e)'
]) AS e;
-- the filter's and the projection's faults come between
SELECT found('NoTable', 'p = ', filter => 'a = '), found('NoTable', 'p <> :p', filter => 'a = '), found('NoTable', 'p <> :p', filter => 'a <> :a');
SELECT found('NoTable', 'p = :p');

-- ---- what does not fit the table ----
SELECT e, found('KeysS', e) FROM unnest(ARRAY[
  's = :a', 's = :a AND t = :b', 'p = :p AND t = :b', 't = :p', 'p > :p', 'begins_with(p, :p)', 'p BETWEEN :p AND :p', 's = :a AND p < :p', 'p = :0', 'p > :0', 'p = :ss', 'p = :p AND s = :0', 'p = :p AND s < :0', 'p = :p AND s BETWEEN :0 AND :2',
  'p = :nil', 'p = :p AND s = :nil', 'p = :p AND s > :nil', 'p = :p AND begins_with(s, :nil)', 'p = :p AND s BETWEEN :nil AND :b', 'p = :p AND s = :true'
]) AS e;
SELECT found('KeysB', 'p = :p AND s > :bnil'), found('KeysN', 'p = :p AND s > :a'), found('KeysN', 'p = :p AND begins_with(s, :a)');
SELECT e, found('KeysOne', e) FROM unnest(ARRAY['p = :p AND s = :a', 's = :a AND t = :b', 's = :a', 'p >= :p']) AS e;
SELECT e, found('KeysS', e) FROM unnest(ARRAY['p = :p AND s = :a AND t = :b', '(p = :p AND s = :a) AND (t = :b AND u = :e)', '_p = :p']) AS e;
SELECT ddb.query(json_build_object('TableName', 'KeysS', 'KeyConditionExpression', 'p = :p AND s < :s', 'ExpressionAttributeValues',
  json_build_object(':p', json_build_object('S', repeat('p', 2048)), ':s', json_build_object('S', repeat('s', 1024)))));
SELECT ddb.query(json_build_object('TableName', 'KeysS', 'KeyConditionExpression', 'p = :p', 'ExpressionAttributeValues', json_build_object(':p', json_build_object('S', repeat('p', 2049)))));
SELECT ddb.query(json_build_object('TableName', 'KeysS', 'KeyConditionExpression', 'p = :p AND s < :s', 'ExpressionAttributeValues', json_build_object(':p', '{"S": "p"}'::json, ':s', json_build_object('S', repeat('s', 1025)))));
SELECT found('KeysS', 'p = :p', filter => 's = :a'), found('KeysS', 'p = :p', filter => 'attribute_exists(t) OR p = :a'), found('KeysS', 'p = :p', filter => 'attribute_not_exists(t)');

-- ---- KeyConditions ----
CREATE FUNCTION legacy(operator text, VARIADIC arguments json[] DEFAULT '{}') RETURNS json LANGUAGE sql AS $$
  SELECT json_build_object('p', '{"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "one"}]}'::json, 's', json_build_object('ComparisonOperator', operator, 'AttributeValueList', arguments)) $$;
SELECT operator, found('KeysS', NULL, legacy(operator, '{"S": "ab"}')) FROM unnest(ARRAY['EQ', 'LE', 'LT', 'GE', 'GT', 'BEGINS_WITH', 'NE', 'CONTAINS', 'NOT_CONTAINS', 'IN', 'NULL', 'BETWEEN']) AS operator;
SELECT found('KeysS', NULL, legacy('BETWEEN', '{"S": "ab"}', '{"S": "b"}')), found('KeysN', NULL, legacy('GT', '{"N": "2"}')), found('KeysS', NULL, '{"p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "one"}]}}');
SELECT k, found('KeysS', NULL, k) FROM unnest(ARRAY['{}', '{"a": {"ComparisonOperator": "NULL"}, "b": {"ComparisonOperator": "NULL"}, "c": {"ComparisonOperator": "NULL"}}', '{"s": {"ComparisonOperator": "NULL"}}',
  '{"p": {"ComparisonOperator": "NULL"}}', '{"p": {"ComparisonOperator": "NE", "AttributeValueList": [{"N": "1"}]}}', '{"p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "1"}]}}',
  '{"p": {"ComparisonOperator": "EQ"}}', '{"p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}, {"S": "b"}]}}', '{"p": {"ComparisonOperator": "GT", "AttributeValueList": [{"S": "a"}]}}',
  '{"p": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"S": "b"}, {"S": "a"}]}}', '{"p": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"S": "b"}, {"N": "1"}]}}', '{"p": {"ComparisonOperator": "LT", "AttributeValueList": [{"BOOL": true}]}}',
  '{"p": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": ""}]}}']::json[]) AS k;

SELECT count(ddb.delete_table(json_build_object('TableName', 'Keys' || t))) FROM unnest(ARRAY['S', 'N', 'B', 'One']) AS t;
DROP FUNCTION found, legacy;
