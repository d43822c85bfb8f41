-- Conditions: every operator, function, rule and error.  They are tried as
-- FilterExpression of a Scan of one item, which counts 1 or 0.
\pset format unaligned
\pset tuples_only
SELECT ddb.create_table('{"TableName": "Conditions", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "Id", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "Id", "KeyType": "HASH"}]}') IS NOT NULL;
SELECT ddb.put_item('{"TableName": "Conditions", "Item": {"Id": {"S": "1"},
  "s": {"S": "hello"}, "n": {"N": "5"}, "b": {"B": "AQID"}, "yes": {"BOOL": true}, "nothing": {"NULL": true},
  "m": {"M": {"x": {"N": "5"}, "deep": {"L": [{"M": {"z": {"S": "end"}}}]}}},
  "l": {"L": [{"N": "0"}, {"S": "one"}, {"L": [{"N": "2"}]}, {"NULL": true}]},
  "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1", "2.50"]}, "bs": {"BS": ["AQ==", "Ag=="]},
  "utf8": {"S": "a\u00e9\u20ac\ud83d\ude00"}, "blank": {"S": ""}, "dots.and spaces": {"S": "odd"}}}');

-- the placeholders that an expression speaks of, of those below
CREATE FUNCTION placeholders(expression text, mark text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_object_agg(key, value) FROM jsonb_each(CASE mark WHEN '#' THEN
    '{"#n": "n", "#m": "m", "#x": "x", "#odd": "dots.and spaces", "#status": "status", "#same": "s"}'
  ELSE
    '{":hello": {"S": "hello"}, ":he": {"S": "he"}, ":ell": {"S": "ell"}, ":zoo": {"S": "zoo"}, ":nil": {"S": ""},
      ":five": {"N": "5.0"}, ":two": {"N": "2"}, ":ten": {"N": "1e1"}, ":five_s": {"S": "5"}, ":half": {"N": "2.5"},
      ":b12": {"B": "AQI="}, ":b": {"B": "AQID"}, ":b2": {"B": "Ag=="}, ":true": {"BOOL": true}, ":false": {"BOOL": false},
      ":null": {"NULL": true}, ":ab": {"SS": ["b", "a"]}, ":abc": {"SS": ["a", "b", "c"]}, ":a": {"S": "a"},
      ":n12": {"NS": ["2.5", "1"]}, ":bs": {"BS": ["Ag==", "AQ=="]}, ":list": {"L": [{"N": "2"}]}, ":one": {"S": "one"},
      ":map": {"M": {"z": {"S": "end"}}}, ":four": {"N": "4"}, ":zero": {"N": "0"}, ":three": {"N": "3"},
      ":S": {"S": "S"}, ":N": {"S": "N"}, ":B": {"S": "B"}, ":BOOL": {"S": "BOOL"}, ":NULL": {"S": "NULL"}, ":M": {"S": "M"},
      ":L": {"S": "L"}, ":SS": {"S": "SS"}, ":NS": {"S": "NS"}, ":BS": {"S": "BS"}, ":bad": {"S": "STRING"}, ":odd": {"S": "odd"}}'
  END::jsonb) WHERE expression ~ (key || '\M') $$;

CREATE FUNCTION holds(expression text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN ddb.scan(jsonb_strip_nulls(jsonb_build_object('TableName', 'Conditions', 'FilterExpression', expression,
    'ExpressionAttributeNames', placeholders(expression, '#'),
    'ExpressionAttributeValues', placeholders(expression, ':')))::json) ->> 'Count';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;

-- ---- = and <>: any type, by value; an attribute that is not there is unequal ----
SELECT e, holds(e) FROM unnest(ARRAY[
  's = :hello', 's = :zoo', ':hello = s', 'n = :five', 'n = :five_s', 'b = :b', 'yes = :true', 'yes = :false', 'nothing = :null',
  'ss = :ab', 'ss = :abc', 'ns = :n12', 'bs = :bs', 'l[2] = :list', 'm.deep[0] = :map', 'm.x = n', 'gone = :hello', 'gone = lost',
  's <> :hello', 's <> :zoo', 'n <> :five_s', 'ss <> :ab', 'gone <> :hello', 'gone <> lost', 's = :nil', 'blank = :nil', ':five = :five'
]) AS e;

-- ---- < <= > >=: strings, numbers and binaries, each among themselves ----
SELECT e, holds(e) FROM unnest(ARRAY[
  'n < :ten', 'n < :five', 'n <= :five', 'n <= :two', 'n > :two', 'n > :five', 'n >= :five', 'n >= :ten', ':two < n', ':ten < n',
  's < :zoo', 's > :he', 's >= :hello', 's < :he', 'b > :b12', 'b <= :b', 'b < :b12', 'n < :five_s', 'n >= :five_s', 's < :b',
  'yes < s', 'ss < s', 'gone < :ten', 'gone >= :ten', 'l[0] < n', 'utf8 > :zoo', 'blank < :a', 'size(s) >= n', 'n < size(gone)'
]) AS e;

-- ---- BETWEEN and IN ----
SELECT e, holds(e) FROM unnest(ARRAY[
  'n BETWEEN :two AND :ten', 'n between :five and :five', 'n BETWEEN :two AND :four', 'n BETWEEN l[0] AND m.x', 's BETWEEN :he AND :zoo',
  'b BETWEEN :b12 AND :b', ':five BETWEEN l[0] AND n', 'gone BETWEEN :two AND :ten', 'n BETWEEN gone AND :ten', 's BETWEEN :two AND :ten',
  'n BETWEEN :two AND :ten AND s = :hello', 'NOT n BETWEEN :two AND :ten', 'size(l) BETWEEN :two AND :four', '(n) BETWEEN (:two) AND (:ten)',
  'n IN (:five)', 'n IN (:two, :ten)', 'n in (:two, :five, :ten)', 's IN (:five, :hello)', 'n IN (:five_s)', 'gone IN (:five)', 'ss IN (:ab)',
  'n IN (gone, m.x)', 'NOT n IN (:five)', 'size(l) IN (:four)', ':four IN (size(l))'
]) AS e;

-- ---- functions ----
SELECT e, holds(e) FROM unnest(ARRAY[
  'attribute_exists(s)', 'attribute_exists(gone)', 'attribute_exists(nothing)', 'attribute_exists(m.deep[0].z)', 'attribute_exists(m.deep[1])',
  'attribute_exists(l[3])', 'attribute_exists(l[4])', 'attribute_exists(s.x)', 'attribute_exists(m[0])', 'attribute_exists(l.x)',
  'attribute_not_exists(s)', 'attribute_not_exists(gone)', 'attribute_not_exists(m.gone)', 'attribute_not_exists(#odd)',
  'attribute_type(s, :S)', 'attribute_type(n, :N)', 'attribute_type(b, :B)', 'attribute_type(yes, :BOOL)', 'attribute_type(nothing, :NULL)',
  'attribute_type(m, :M)', 'attribute_type(l, :L)', 'attribute_type(ss, :SS)', 'attribute_type(ns, :NS)', 'attribute_type(bs, :BS)',
  'attribute_type(s, :N)', 'attribute_type(ss, :S)', 'attribute_type(l[2], :L)', 'attribute_type(gone, :S)',
  'begins_with(s, :he)', 'begins_with(s, :hello)', 'begins_with(s, :ell)', 'begins_with(s, :nil)', 'begins_with(b, :b12)', 'begins_with(b, :b2)',
  'begins_with(n, :five_s)', 'begins_with(gone, :he)', 'begins_with(ss, :a)', 'begins_with(:hello, s)', 'begins_with(s, :b)',
  'contains(s, :ell)', 'contains(s, :zoo)', 'contains(s, :nil)', 'contains(b, :b2)', 'contains(b, :ell)', 'contains(ss, :a)', 'contains(ss, :ell)',
  'contains(ss, :ab)', 'contains(ns, :half)', 'contains(ns, :two)', 'contains(ns, :a)', 'contains(bs, :b2)', 'contains(bs, :b)', 'contains(l, :one)',
  'contains(l, :list)', 'contains(l, :null)', 'contains(l, :two)', 'contains(l[2], :two)', 'contains(m, :five)', 'contains(n, :five)', 'contains(gone, :a)',
  'contains(:abc, s)', 'contains(l, s)'
]) AS e;

-- ---- size: characters, bytes, members; other types have none ----
SELECT e, holds(e) FROM unnest(ARRAY[
  'size(s) = :five', 'size(utf8) = :five', 'size(blank) = :zero', 'size(b) = :three', 'size(l) = :four', 'size(m) = :two', 'size(ss) = :two',
  'size(ns) = :two', 'size(bs) = :two', 'size(l[2]) < :two', 'size(n) = :five', 'size(yes) = :four', 'size(nothing) = :zero', 'size(gone) = :zero',
  'size(gone) <> :zero', 'size(:hello) = n', 'size(:abc) > size(ss)', '(size(s)) = :five', '((size(s)) = :five)'
]) AS e;

-- ---- AND, OR, NOT: precedence, parentheses, keywords in any case ----
SELECT e, holds(e) FROM unnest(ARRAY[
  's = :hello AND n = :five', 's = :hello AND n = :ten', 's = :zoo OR n = :five', 's = :zoo OR n = :ten', 'NOT s = :zoo', 'NOT s = :hello',
  's = :hello OR n = :five AND n = :ten', '(s = :hello OR n = :five) AND n = :ten', 'n = :ten AND s = :hello OR n = :five', 'n = :ten AND (s = :hello OR n = :five)',
  'NOT s = :hello OR n = :five', 'NOT (s = :hello OR n = :five)', 'NOT s = :zoo AND n = :ten', 'NOT NOT s = :hello', 'Not s = :zoo aNd n = :five oR n = :ten',
  'NOT attribute_exists(gone) AND NOT contains(s, :zoo)', '(attribute_exists(s))', '(attribute_exists(s)) AND (NOT (n = :ten))',
  's = :hello AND n = :five AND b = :b AND yes = :true AND n = :ten', 's = :zoo OR n = :ten OR yes = :true'
]) AS e;

-- ---- paths and placeholders ----
SELECT e, holds(e) FROM unnest(ARRAY[
  '#n = :five', '#m.#x = :five', '#m.x = :five', 'm.#x = n', '#odd = :odd', 'm . x = :five', '(m.x) = :five', '(m).x = :five', '(m.deep)[0].z > :a',
  'm.deep[0].z > :a', 'l[2][0] = :two', 'l [ 0 ] = :zero', '#status = :a', 'm.deep[00] = :map', E'n\t=\n:five', 'n=:five', 'n<>:five', 'size(s)>=:five'
]) AS e;

-- ---- syntax errors: the token and what is around it ----
SELECT e, holds(e) FROM unnest(ARRAY[
  'whatever', 's', 's =', '= :hello', 's = :hello AND', 's = :hello :five', 's == :hello', 's > 5', 's = "hello"', 's != :hello', 's = hello-world', 's..x = :five',
  's.:five = n', 'l[a] = n', 'l[:five] = n', 'l[-1] = n', 'l[1.5] = n', 'l[] = n', '[0] = n', '.s = n', 's. = n', '# = n', ': = n', '#$ = n', '((s) = :hello',
  's = :hello)', 's IN :five', 's IN ()', 's IN (:five,)', 's BETWEEN :five', 's BETWEEN :five OR :ten', 's BETWEEN', 'attribute_exists()', 'attribute_exists(s = n)', 'AND',
  's = :hello && n = :five', 'size(s).x = n', '(size(s))[0] = n', 's.(m.x) = n', 's ü n', ' ', E'\n', 's = :hello;', 'and.x = n', 'SET s = :hello', 's, n',
  '💥', 's = :hello AND OR n = n', 's[0', 's LIKE :hello', 'attribute_exists(s) s'
]) AS e;

-- ---- the other faults, in AWS's order of precedence ----
-- an empty expression, one that is too long, too many operators, operands or levels
SELECT holds('');
SELECT holds('attribute_exists(' || repeat('s', 4078) || ')'), holds('attribute_exists(' || repeat('s', 4079) || ')');
SELECT holds('NOT ' || repeat('attribute_exists(s) OR ', 149) || 'n=:five'), holds(repeat('attribute_exists(s) OR ', 150) || 'n=:five');
SELECT holds('n IN (' || repeat(':two,', 99) || ':five)'), holds('n IN (' || repeat(':two,', 100) || ':five)');
SELECT holds('attribute_not_exists(s' || repeat('.s', 31) || ')'), holds('attribute_not_exists(s' || repeat('[0]', 32) || ')');
SELECT holds('attribute_not_exists(l[2147483647])'), holds('attribute_not_exists(l[2147483648])');
SELECT holds(repeat('(', 2000) || 's' || repeat(')', 2000) || ' = n');
SELECT holds(repeat('(', 4000));
SELECT holds(repeat('NOT ', 300) || 's = n');
-- redundant parentheses come before all else
SELECT e, holds(e) FROM unnest(ARRAY[
  '((s)) = :hello', '((s = :hello))', 's = :hello AND ((n = :five AND n = :five))', 'foo((s), ((abort)))', '((s)).x = :five', '((:five)) = n', '((size(s))) = n',
  '((attribute_exists(s)))', '((s = n) OR (n = s))'
]) AS e;
-- then functions that do not exist, that belong to updates, or that stand in the wrong place
SELECT e, holds(e) FROM unnest(ARRAY[
  'foo(s)', 'Size(s) = n', 'attribute_exists(abort) AND ATTRIBUTE_EXISTS(s)', 'foo(#undefined)', 'if_not_exists(s, n) = n', 's = list_append(l, l)',
  'size(s)', 'NOT size(s)', 's = :hello AND (size(s))', 'attribute_exists(s) = :true', 'contains(s, n) > s', 's IN (attribute_exists(abort))',
  's BETWEEN n AND begins_with(s, n)', 'size(contains(s, n)) = n', 'contains(s, attribute_exists(n))'
]) AS e;
-- then reserved words, in any case, at any level
SELECT e, holds(e) FROM unnest(ARRAY[
  'abort = #undefined', 'Status = :undefined', 'm.NAME = n', 'n = m.x[0].vAlUe', 'attribute_exists(size)', 's = :hello AND year > :five', 'zone = n', 'zones = n'
]) AS e;
-- then, from the left, undefined placeholders
SELECT e, holds(e) FROM unnest(ARRAY[
  '#u = :u', ':u = #u', 's = s AND #u = :u', '#u = :u AND s = s', 'attribute_exists(m.#u, :u)', 'begins_with(:u)', 's BETWEEN :u AND #u', '#m.#u = n'
]) AS e;
-- the number of operands
SELECT e, holds(e) FROM unnest(ARRAY[
  'attribute_exists(s, n)', 'attribute_not_exists(s, n)', 'attribute_type(s)', 'begins_with(s)', 'begins_with(s, :he, n)', 'contains(s)', 'size(s, n) = n'
]) AS e;
-- the same path twice
SELECT e, holds(e) FROM unnest(ARRAY[
  's = s', '#same <> s', 'n < n', 'n <= n', 'n > n', '(n) >= #n', 'n BETWEEN :two AND n', 'n IN (:two, n)', 'contains(l[0].x, l[0].#x)', 'begins_with(s, s)',
  'attribute_type(s, s)', 's = :hello AND n = n', 'l[0] = l[1]', 'm = m.x', ':two < :two', 'size(s) = size(s)'
]) AS e;
-- operands that must be paths
SELECT e, holds(e) FROM unnest(ARRAY[
  'attribute_exists(:he)', 'attribute_not_exists(size(s))'
]) AS e;
-- types that are known without an item
SELECT e, holds(e) FROM unnest(ARRAY[
  'attribute_type(s, :five)', 'attribute_type(s, size(n))', 'attribute_type(s, n)', 'attribute_type(s, :bad)', 'attribute_type(s, :nil)',
  'begins_with(s, :five)', 'begins_with(:five, s)', 'begins_with(s, size(n))', 'begins_with(s, :ab)', 'begins_with(s, :true)', 'begins_with(s, :null)',
  'begins_with(s, :list)', 'begins_with(s, :map)', 'begins_with(s, :n12)', 'begins_with(s, :bs)', 'contains(:five, s)', 'contains(:map, s)', 'contains(size(s), n)',
  'size(:five) = n', 'size(:true) = n', 'size(:null) = n', 'size(size(s)) = n', 'attribute_not_exists(size(:five))',
  's < :true', ':null >= s', 'n > :ab', 'n <= :list', 'n BETWEEN :two AND :map', ':true BETWEEN n AND :two', 's = :true OR s < :false'
]) AS e;
-- bounds
SELECT e, holds(e) FROM unnest(ARRAY[
  'n BETWEEN :two AND :five_s', 'n BETWEEN :ten AND :two', 's BETWEEN :zoo AND :he', 'b BETWEEN :b2 AND :b12', 'n BETWEEN :ten AND l[0]'
]) AS e;
-- placeholders that are used nowhere
CREATE FUNCTION answer(request json) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN ddb.scan(request) ->> 'Count';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLERRM;
END $$;
SELECT answer('{"TableName": "Conditions", "FilterExpression": "s = :a", "ExpressionAttributeValues": {":a": {"S": "a"}, ":c": {"S": "c"}, ":b": {"S": "b"}}}');
SELECT answer('{"TableName": "Conditions", "FilterExpression": "#a = :a", "ExpressionAttributeNames": {"#b": "b", "#a": "a", "#B": "b"}, "ExpressionAttributeValues": {":a": {"S": "a"}, ":c": {"S": "c"}}}');
SELECT answer('{"TableName": "Conditions", "FilterExpression": "#a = :a", "ProjectionExpression": "#b", "ExpressionAttributeNames": {"#b": "b", "#a": "a"}, "ExpressionAttributeValues": {":a": {"S": "a"}}}');
-- maps of placeholders that are empty, or have a key of another form
SELECT answer('{"TableName": "Conditions", "FilterExpression": "", "ExpressionAttributeNames": {}, "ExpressionAttributeValues": {}}');
SELECT answer('{"TableName": "Conditions", "FilterExpression": "", "ExpressionAttributeNames": {"#a": "a", "a": "a"}, "ExpressionAttributeValues": {}}');
SELECT answer('{"TableName": "Conditions", "FilterExpression": "", "ExpressionAttributeValues": {}}');
SELECT answer('{"TableName": "Conditions", "FilterExpression": "", "ExpressionAttributeValues": {":a": {}, "a": {"S": "a"}}}');
SELECT k, answer(json_build_object('TableName', 'Conditions', 'FilterExpression', '', 'ExpressionAttributeNames', json_build_object(k, 'a')))
  FROM unnest(ARRAY['#', '', '#a-b', '#a b', '##a', ':a', '#ä', '#0', '#_']) AS k;
SELECT answer(json_build_object('TableName', 'Conditions', 'FilterExpression', '#' || repeat('a', n) || ' = n',
  'ExpressionAttributeNames', json_build_object('#' || repeat('a', n), 's'))) FROM unnest(ARRAY[254, 255]) AS n;
-- a fault names the parameter
SELECT answer('{"TableName": "Conditions", "FilterExpression": "s = "}');
SELECT ddb.put_item('{"TableName": "Conditions", "Item": {"Id": {"S": "2"}}, "ConditionExpression": "s = "}');

-- ---- a condition of a write ----
-- an item that is not there has no attributes
SELECT ddb.put_item('{"TableName": "Conditions", "Item": {"Id": {"S": "2"}}, "ConditionExpression": "attribute_exists(Id)"}');
SELECT ddb.put_item('{"TableName": "Conditions", "Item": {"Id": {"S": "2"}}, "ConditionExpression": "attribute_not_exists(Id)"}');
SELECT ddb.put_item('{"TableName": "Conditions", "Item": {"Id": {"S": "2"}}, "ConditionExpression": "attribute_not_exists(Id)"}');
SELECT ddb.update_item('{"TableName": "Conditions", "Key": {"Id": {"S": "2"}}, "UpdateExpression": "SET n = :n", "ConditionExpression": "n <> :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}');
SELECT ddb.update_item('{"TableName": "Conditions", "Key": {"Id": {"S": "2"}}, "UpdateExpression": "SET n = :n", "ConditionExpression": "n <> :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}');
SELECT ddb.delete_item('{"TableName": "Conditions", "Key": {"Id": {"S": "2"}}, "ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"N": "2"}}}');
SELECT ddb.delete_item('{"TableName": "Conditions", "Key": {"Id": {"S": "2"}}, "ConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}');

SELECT ddb.delete_table('{"TableName": "Conditions"}') IS NOT NULL;
DROP FUNCTION answer, holds, placeholders;
