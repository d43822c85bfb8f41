-- Update expressions: every clause, operator, function, rule and error.
\pset format unaligned
\pset tuples_only
SELECT ddb.create_table('{"TableName": "Updates", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "Id", "AttributeType": "S"}, {"AttributeName": "Sort", "AttributeType": "N"}],
  "KeySchema": [{"AttributeName": "Id", "KeyType": "HASH"}, {"AttributeName": "Sort", "KeyType": "RANGE"}]}') IS NOT NULL;

-- the placeholders that an expression speaks of, of those below
CREATE FUNCTION placeholders(expression text, mark text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_object_agg(key, value) FROM jsonb_each(CASE mark WHEN '#' THEN
    '{"#n": "n", "#m": "m", "#x": "x", "#odd": "dots.and spaces", "#status": "status", "#id": "Id"}'
  ELSE
    '{":s": {"S": "new"}, ":one": {"N": "1"}, ":two": {"N": "2"}, ":minus": {"N": "-2.5"}, ":big": {"N": "9.9e125"}, ":tiny": {"N": "1e-130"},
      ":b": {"B": "AQ=="}, ":true": {"BOOL": true}, ":null": {"NULL": true}, ":map": {"M": {"y": {"N": "1"}}}, ":list": {"L": [{"S": "p"}, {"S": "q"}]},
      ":none": {"L": []}, ":ss": {"SS": ["b", "c"]}, ":ab": {"SS": ["a", "b"]}, ":c": {"SS": ["c"]}, ":ns": {"NS": ["2.0", "3"]}, ":bs": {"BS": ["AQ=="]}}'
  END::jsonb) WHERE expression ~ (key || '\M') $$;

-- updates a fresh item; what changed of it, or the error
CREATE FUNCTION updated(expression text, returned text DEFAULT 'ALL_NEW', condition text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  item jsonb := '{"Id": {"S": "1"}, "Sort": {"N": "1"}, "s": {"S": "old"}, "n": {"N": "5"}, "zero": {"N": "0"}, "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}, {"N": "3"}]},
    "m": {"M": {"x": {"N": "7"}, "l": {"L": [{"S": "i"}, {"M": {"z": {"S": "j"}}}]}, "ss": {"SS": ["a", "b"]}}}, "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2"]}, "bs": {"BS": ["AQ==", "Ag=="]}, "pairs": {"L": [{"SS": ["a", "b"]}, {"S": "last"}]}}';
  result jsonb;
BEGIN
  PERFORM ddb.put_item(jsonb_build_object('TableName', 'Updates', 'Item', item)::json);
  result := ddb.update_item(jsonb_strip_nulls(jsonb_build_object('TableName', 'Updates', 'Key', '{"Id": {"S": "1"}, "Sort": {"N": "1"}}'::json,
    'UpdateExpression', expression, 'ConditionExpression', condition, 'ReturnValues', returned,
    'ExpressionAttributeNames', placeholders(expression, '#'),
    'ExpressionAttributeValues', placeholders(expression, ':')))::json) -> 'Attributes';
  IF returned <> 'ALL_NEW' THEN
    RETURN result;
  END IF;
  RETURN coalesce((SELECT string_agg(key || ' ' || coalesce(now.value::text, 'is gone'), ', ' ORDER BY key)
    FROM jsonb_each(result) now FULL JOIN jsonb_each(item) old USING (key) WHERE now.value IS DISTINCT FROM old.value), 'no change');
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;

-- ---- SET ----
SELECT e, updated(e) FROM unnest(ARRAY[
  'SET s = :s', 'SET a = :map, b = :list', 'set #odd = :ss, #status = :null', 'SET s = n, n = s', 'SET a = m.l[1].z, b = l[3], c = m',
  'SET m.x = :s', 'SET m.y = :s', 'SET m.l[1].z = :two, m.l[0] = n', 'SET l[0] = :s, l[3] = :map', 'SET l[0] = l[3], l[3] = l[0]',
  'SET l[4] = :s', 'SET l[9] = :one, l[7] = :two, l[5] = :s', 'SET m.l[8] = :s', 'SET m.#x = :one, #m.fresh = #n', 'SET s=:s,n=:one', E'\tsEt s\n=\n:s',
  'SET s = (:s)', 'SET n = (n), a = (m.x)'
]) AS e;
-- + and -
SELECT e, updated(e) FROM unnest(ARRAY[
  'SET n = n + :one', 'SET n = n - :two', 'SET n = :two - n', 'SET n = n + :minus', 'SET n = n + m.x', 'SET a = :one + :two', 'SET n = (n + :one)', 'SET n = ((n) + (:one))',
  'SET l[1] = l[2] + l[3], l[2] = l[1] - l[3]', 'SET n = n + :big', 'SET n = :big + :big', 'SET n = :tiny - n', 'SET a = if_not_exists(a, :two) + :one', 'SET a = zero - if_not_exists(n, :one)'
]) AS e;
-- if_not_exists and list_append
SELECT e, updated(e) FROM unnest(ARRAY[
  'SET s = if_not_exists(s, :s)', 'SET a = if_not_exists(a, :s)', 'SET a = if_not_exists(b, if_not_exists(c, n))', 'SET a = if_not_exists(m.gone, m.x)', 'SET a = if_not_exists(l[1], :s)',
  'SET l = list_append(l, :list)', 'SET l = list_append(:list, l)', 'SET a = list_append(:list, :none)', 'SET a = list_append(if_not_exists(a, :none), :list)',
  'SET m.l = list_append(m.l, l)', 'SET l[1] = list_append(l, l)', 'SET a = list_append(list_append(:list, l), :list)'
]) AS e;

-- ---- REMOVE: indexes mean the old list ----
SELECT e, updated(e) FROM unnest(ARRAY[
  'REMOVE s', 'REMOVE s, n, gone', 'REMOVE m.x, m.l', 'REMOVE l[1]', 'REMOVE l[0], l[2]', 'REMOVE l[3], l[0], l[1], l[2]', 'REMOVE l[4]', 'REMOVE m.l[1].z', 'REMOVE m.gone, gone',
  'REMOVE l[0] SET l[1] = :s, l[7] = :one, l[6] = :two', 'SET m.l[1].z = :s REMOVE m.l[0]', 'REMOVE l[1] SET l[4] = l[1]'
]) AS e;

-- ---- ADD: numbers and sets ----
SELECT e, updated(e) FROM unnest(ARRAY[
  'ADD n :one', 'ADD n :minus', 'ADD a :two', 'ADD m.x :one, m.fresh :two', 'ADD l[1] :one', 'ADD ss :ss', 'ADD ns :ns', 'ADD bs :bs', 'ADD a :ss, b :ns, c :bs', 'ADD m.ss :c',
  'ADD pairs[0] :c', 'ADD l[9] :ss, l[8] :one', 'ADD n :big', 'add #n :one'
]) AS e;

-- ---- DELETE: members of sets; an empty set goes ----
SELECT e, updated(e) FROM unnest(ARRAY[
  'DELETE ss :ss', 'DELETE ss :c', 'DELETE ss :ab', 'DELETE ns :ns', 'DELETE bs :bs', 'DELETE m.ss :ab', 'DELETE pairs[0] :ss', 'DELETE pairs[0] :ab', 'DELETE gone :ss', 'DELETE m.gone :ss', 'DELETE pairs[7] :ss'
]) AS e;

-- ---- clauses together, in any order ----
SELECT e, updated(e) FROM unnest(ARRAY[
  'SET s = :s REMOVE m ADD n :one DELETE ss :ss', 'DELETE ss :ss ADD n :one REMOVE m SET s = :s', 'ADD n :two SET a = n', 'REMOVE s SET a = s', 'DELETE ss :ab SET a = ss'
]) AS e;

-- ---- UPDATED_OLD and UPDATED_NEW: the parts that the paths name ----
SELECT e, updated(e, 'UPDATED_OLD'), updated(e, 'UPDATED_NEW') FROM unnest(ARRAY[
  'SET s = :s', 'SET s = s', 'SET a = :s', 'REMOVE s', 'REMOVE gone', 'ADD n :one DELETE ss :ss', 'DELETE ss :ab', 'SET m.x = :one', 'SET m.l[1].z = :one, m.y = :two',
  'SET l[3] = :s, l[1] = :one', 'SET l[9] = :s', 'REMOVE l[0]', 'REMOVE l[3]', 'SET m.x = :one REMOVE m.l, s'
]) AS e;

-- ---- syntax errors ----
SELECT e, updated(e) FROM unnest(ARRAY[
  'whatever', 'SET', 'SET s', 'SET s =', 'SET = :s', 'SET s = :s,', 'SET s = :s n = :one', 's = :s', 'SET s = set', 'SET s == :s', 'SET s = 5', 'SET s = "x"', 'SET :s = n', 'SET s :s',
  'SET s = n * :one', 'SET s = n / :one', 'SET s = n + n + n', 'SET s = (n + :one) + n', 'SET (s = :s)', 'SET (s) = :s', 'SET s = (m.l)[0]', 'SET if_not_exists(s, n) = :s', 'SET s = if_not_exists(s, 0)',
  'SET s = if_not_exists(s, n + n)', 'SET s = if_not_exists()', 'SET s[:one] = n', 'SET l[-1] = n', 'REMOVE', 'REMOVE s n', 'REMOVE s = n', 'REMOVE :s', 'REMOVE (s)', 'REMOVE s, ', 'ADD', 'ADD n', 'ADD n m',
  'ADD n = :one', 'ADD n (:one)', 'ADD n :one + :one', 'ADD :one n', 'ADD n if_not_exists(n, m)', 'DELETE ss', 'DELETE ss = :ss', 'DELETE ss s', 'SET s = :s AND n = :one', 'SET s = :s; REMOVE n', 'SET s = -n', ' '
]) AS e;

-- ---- the other faults, in AWS's order of precedence ----
SELECT updated('');
SELECT updated('REMOVE ' || repeat('s', 4089)), updated('REMOVE ' || repeat('s', 4090));
SELECT updated('SET ' || string_agg(format('x%s=n-n', i), ',')) FROM generate_series(1, 301) AS i;
SELECT updated('REMOVE s' || repeat('.s', 32));
SELECT e, updated(e) FROM unnest(ARRAY[
  -- redundant parentheses, functions, reserved words, sections
  'SET s = ((#u))', 'SET n = ((n + :one))', 'SET s = foo((#u))', 'SET s = size(s)', 'SET s = attribute_exists(s)', 'SET s = List_Append(l, l)',
  'SET #u = :u, abort = n', 'REMOVE Status', 'SET s = m.vaLue', 'ADD n :u SET zone = n', 'SET s = #u SET n = :u', 'REMOVE s REMOVE n', 'ADD n :one REMOVE s ADD m.x :one', 'DELETE ss :ss DELETE ns :ns',
  -- undefined placeholders, from the left
  'SET #u = if_not_exists(:u)', 'SET s = if_not_exists(:u, #u)', 'ADD n :u', 'REMOVE #u', 'SET s = :u, s = n',
  -- paths that overlap, then those that conflict
  'SET s = :s, s = :one', 'SET s = :s REMOVE s', 'SET m = :s, m.x = :one', 'SET m.x = :one, m = :s', 'SET l[1] = :s, #n = :s, l[1].x = :one', 'SET l[1] = :s, l.x = :s REMOVE n ADD n :one',
  'SET l[1] = :s, l.x = :one', 'REMOVE m.l[0], m.l.x', 'SET l[1].x = :one, l[1][2] = :two', 'SET m.x = :one, m.y = :two, l[1] = :one, l[2] = :two, x.m = if_not_exists(n)',
  -- the values of ADD and DELETE
  'SET s = list_append(:s) ADD n :s', 'ADD n :b', 'ADD n :true', 'ADD n :null', 'ADD n :map', 'ADD n :list', 'DELETE ss :s', 'DELETE ss :one', 'DELETE ss :b', 'DELETE ss :true', 'DELETE ss :null',
  'DELETE ss :map', 'DELETE ss :list',
  -- operands
  'SET s = if_not_exists(s)', 'SET s = if_not_exists(s, n, l)', 'SET s = list_append(l)', 'SET s = list_append(l, l, l)', 'SET s = if_not_exists(:s, n)', 'SET s = if_not_exists(if_not_exists(s, n), n)',
  'SET s = list_append(:s, l)', 'SET s = list_append(l, :one)', 'SET s = list_append(:ss, l)', 'SET s = list_append(:map, l)', 'SET s = list_append(l, :null)',
  'SET s = n + :s', 'SET s = :b + n', 'SET s = n - :true', 'SET s = n - :null', 'SET s = :ss - n', 'SET s = n + :ns', 'SET s = n + :bs', 'SET s = :map + n', 'SET s = n - :list',
  'SET s = list_append(l, l) + n',
  -- key attributes
  'SET Id = :s', 'SET #id = Id', 'REMOVE Sort', 'ADD Sort :one', 'SET Id.x = :s', 'REMOVE s SET n = :one, Sort = :one',
  -- and, with the item, attributes that are not there, of another type, or no way to them
  'SET s = gone', 'SET s = m.gone', 'SET s = l[4]', 'SET s = n + gone', 'SET s = list_append(gone, l)', 'SET s = if_not_exists(gone, lost)',
  'SET s = s + :one', 'SET s = n - m', 'SET s = list_append(l, s)', 'SET s = list_append(ss, l)', 'ADD s :one', 'ADD n :ss', 'ADD ss :one', 'ADD ss :ns', 'ADD l :one', 'DELETE s :ss', 'DELETE n :ns', 'DELETE ss :ns', 'DELETE l :ss',
  'SET gone.x = :s', 'SET gone[0] = :s', 'SET s.x = :s', 'SET s[0] = :s', 'SET m[0] = :s', 'SET l.x = :s', 'SET m.gone.x = :s', 'SET l[4].x = :s', 'REMOVE gone.x', 'REMOVE s.x', 'REMOVE m[0]', 'REMOVE l.x', 'ADD gone.x :one',
  'ADD m[0] :one', 'DELETE gone.x :ss', 'DELETE l.x :ss', 'DELETE m[0] :ss', 'SET s = :s REMOVE gone.x'
]) AS e;

-- list_append() is no operand, names begin with a letter, and what needs more than 38 digits is too large
SELECT e, updated(e) FROM unnest(ARRAY[
  'SET a = list_append(list_append(l, l), l)', 'SET a = list_append(l, list_append(l, :u))', 'SET a = if_not_exists(a, list_append(l, l))', 'SET a = list_append(if_not_exists(a, l), l)',
  'SET _x = :one', 'SET m._x = :one', 'SET a = _f(n)', 'REMOVE __x', 'SET #_ = :one', 'ADD l_ :one'
]) AS e;

-- nothing of a failed update remains
SELECT ddb.get_item('{"TableName": "Updates", "Key": {"Id": {"S": "1"}, "Sort": {"N": "1"}}, "ProjectionExpression": "s"}');

-- placeholders of both expressions
CREATE FUNCTION answer(request json) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN ddb.update_item(('{"TableName": "Updates", "Key": {"Id": {"S": "2"}, "Sort": {"N": "2"}}, "ReturnValues": "ALL_NEW"}'::jsonb || request::jsonb)::json);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;
SELECT answer('{"UpdateExpression": "SET #a = :a", "ConditionExpression": "#b <> :b", "ExpressionAttributeNames": {"#a": "a", "#b": "b"}, "ExpressionAttributeValues": {":a": {"S": "a"}, ":b": {"S": "b"}}}');
SELECT answer('{"UpdateExpression": "SET #a = :a", "ConditionExpression": "b <> :b", "ExpressionAttributeNames": {"#a": "a", "#b": "b"}, "ExpressionAttributeValues": {":a": {"S": "a"}, ":b": {"S": "b"}}}');
SELECT answer('{"UpdateExpression": "SET #a = :a", "ExpressionAttributeNames": {"#a": "a"}, "ExpressionAttributeValues": {":a": {"S": "a"}, ":b": {"S": "b"}}}');
SELECT answer('{"UpdateExpression": "REMOVE", "ConditionExpression": "", "ExpressionAttributeNames": {"#a": "a"}}');

-- ---- an item that is not there: its key is all that can be read ----
SELECT ddb.delete_item('{"TableName": "Updates", "Key": {"Id": {"S": "2"}, "Sort": {"N": "2"}}}');
SELECT answer('{"UpdateExpression": "SET a = if_not_exists(a, Id), b = Sort ADD c :c", "ExpressionAttributeValues": {":c": {"N": "3"}}}');
SELECT ddb.delete_item('{"TableName": "Updates", "Key": {"Id": {"S": "2"}, "Sort": {"N": "2"}}}');
-- one that only takes away makes none
SELECT answer('{"UpdateExpression": "REMOVE a DELETE b :b", "ExpressionAttributeValues": {":b": {"SS": ["b"]}}}');
SELECT answer('{"UpdateExpression": "REMOVE a.b, c[0] DELETE d.e :b", "ExpressionAttributeValues": {":b": {"SS": ["b"]}}}');
SELECT ddb.get_item('{"TableName": "Updates", "Key": {"Id": {"S": "2"}, "Sort": {"N": "2"}}}');

-- ---- limits of an item ----
-- 32 levels
SELECT answer('{"UpdateExpression": "SET m = :m", "ExpressionAttributeValues": {":m": {"M": {}}}}') IS NOT NULL;
DO $$
BEGIN
  FOR depth IN 1..10 LOOP
    PERFORM ddb.update_item('{"TableName": "Updates", "Key": {"Id": {"S": "2"}, "Sort": {"N": "2"}}, "UpdateExpression": "SET m.m = m"}');
  END LOOP;
END $$;
SELECT answer('{"UpdateExpression": "SET m.m.m.m.m.m.m.m.m.m.m = m"}') LIKE '%"M":{"m":{"M":{"m"%';
SELECT answer('{"UpdateExpression": "SET m.m.m.m.m.m.m.m.m.m.m.m.m = m"}');
-- 400 KB
SELECT answer(json_build_object('UpdateExpression', 'SET a = :a', 'ExpressionAttributeValues', json_build_object(':a', json_build_object('S', repeat('a', 300000))))) IS NOT NULL;
SELECT answer('{"UpdateExpression": "SET b = a"}');
-- near them the key is not counted, but each action: 3 and 19 for each that writes, 4 for an element of its path, 1 for one that takes away
CREATE FUNCTION largest(expression text, bytes int, attribute_values json DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  request jsonb := jsonb_build_object('TableName', 'Sizes', 'Key', '{"pk": {"S": "k"}}'::jsonb, 'UpdateExpression', expression,
    'ExpressionAttributeValues', attribute_values::jsonb || jsonb_build_object(':v', jsonb_build_object('S', repeat('v', bytes))));
BEGIN
  PERFORM ddb.update_item(request::json);
  RETURN (SELECT ddb.item_size(item) FROM dynamodb."Sizes");
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;
SELECT ddb.create_table('{"TableName": "Sizes", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}') IS NOT NULL;
SELECT largest('SET b = :v', 409581 - 4), largest('SET b = :v', 409582 - 4), largest('SET b = :v, c = :c', 409581 - 19 - 6, '{":c": {"S": "c"}}'), largest('SET b = :v, c = :c', 409582 - 19 - 6, '{":c": {"S": "c"}}');
-- what is not written counts for itself only
SELECT largest('SET b = :v', 409581 - 4), largest('SET b = :v', 409582 - 4 - 1), largest('SET b = :v REMOVE d', 409581 - 4 - 2), largest('SET b = :v REMOVE d', 409582 - 4 - 2);
SELECT ddb.put_item('{"TableName": "Sizes", "Item": {"pk": {"S": "k"}, "b": {"L": [{"S": ""}]}}}');
SELECT largest('SET b[0] = :v', 409580 - 4 - 4), largest('SET b[0] = :v', 409581 - 4 - 4);
-- operands: a path costs 1, and 14 for each element, and what it reads nothing; + 34, - 37, list_append 37, if_not_exists 39
SELECT ddb.put_item('{"TableName": "Sizes", "Item": {"pk": {"S": "k"}, "c": {"N": "1"}, "l": {"L": [{"S": ""}]}, "m": {"M": {"z": {"S": "q"}}}, "s": {"SS": ["q", "r"]}}}');
SELECT expression, largest(expression, 409600 - 22 - 1 - charge + 1, value::json), largest(expression, 409600 - 22 - 1 - charge, value::json)::int > 400000
FROM (VALUES ('SET b = :v DELETE s :n', 1 + 1, '{":n": {"SS": ["q"]}}'), ('SET b = :v, d = m.z', 20 + 1 + 15 + 15, '{}'), ('SET b = :v, d = l[0]', 20 + 1 + 15 + 15, '{}'), ('SET b = :v, c = c + :n', 20 + 34 + 16 + 2, '{":n": {"N": "1"}}'),
  ('SET b = :v, c = :n - c', 20 + 37 + 16 + 2, '{":n": {"N": "1"}}'), ('SET b = :v, d = if_not_exists(c, :n)', 20 + 39 + 16 + 2, '{":n": {"N": "1"}}'),
  ('SET b = :v, l = list_append(l, :n)', 20 + 37 + 16 + 3 + 1 + 1, '{":n": {"L": [{"S": "x"}]}}'), ('SET b = :v ADD c :n', 20 + 2, '{":n": {"N": "1"}}'),
  ('SET b = :v REMOVE m.z', 1 + 1 + 4 + 1, '{}')) update (expression, charge, value);
-- it is judged before the condition
SELECT ddb.update_item(json_build_object('TableName', 'Sizes', 'Key', '{"pk": {"S": "k"}}'::json, 'UpdateExpression', 'SET b = :v', 'ConditionExpression', 'attribute_exists(nothing)',
  'ExpressionAttributeValues', json_build_object(':v', json_build_object('S', repeat('v', 409600 - 22)))));
-- neither transactions nor PartiQL know of it
SELECT ddb.transact_write_items(json_build_object('TransactItems', json_build_array(json_build_object('Update', json_build_object('TableName', 'Sizes', 'Key', '{"pk": {"S": "t"}}'::json, 'UpdateExpression', 'SET b = :v',
  'ExpressionAttributeValues', json_build_object(':v', json_build_object('S', repeat('v', 409600 - 4))))))));
SELECT ddb.execute_statement(json_build_object('Statement', 'UPDATE "Sizes" SET b = ? WHERE pk = ''t''', 'Parameters', json_build_array(json_build_object('S', repeat('w', 409600 - 4)))));
SELECT ddb.item_size(item) FROM dynamodb."Sizes" WHERE pk = 't';
SELECT ddb.execute_statement(json_build_object('Statement', 'UPDATE "Sizes" SET b = ? WHERE pk = ''t''', 'Parameters', json_build_array(json_build_object('S', repeat('w', 409601 - 4)))));
SELECT ddb.delete_item('{"TableName": "Sizes", "Key": {"pk": {"S": "t"}}}');
SELECT ddb.delete_table('{"TableName": "Sizes"}') IS NOT NULL;
DROP FUNCTION largest;

SELECT ddb.delete_table('{"TableName": "Updates"}') IS NOT NULL;
DROP FUNCTION answer, updated, placeholders;
