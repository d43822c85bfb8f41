-- Values as UpdateItem changes them: sums and differences against numeric's, nesting, sets, large maps.
SELECT ddb.create_table('{"TableName":"arithmetic","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"}') IS NOT NULL AS created;

-- The result as DynamoDB gives it, or its words.
CREATE FUNCTION computed(a text, operator text, b text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN ddb.update_item(json_build_object('TableName', 'arithmetic', 'Key', json_build_object('id', json_build_object('S', 'x')),
		'UpdateExpression', 'SET n = :a ' || operator || ' :b', 'ReturnValues', 'UPDATED_NEW',
		'ExpressionAttributeValues', json_build_object(':a', json_build_object('N', a), ':b', json_build_object('N', b)))) #>> '{Attributes,n,N}';
EXCEPTION WHEN SQLSTATE 'ND002' THEN
	RETURN SQLERRM;
END $$;

-- What the result is by numeric: exact, with at most 38 digits, and in range.
CREATE FUNCTION expected(exact numeric) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN exact = 0 THEN '0'
		WHEN abs(exact) >= 1e126 THEN 'ValidationException: Number overflow. Attempting to store a number with magnitude larger than supported range'
		WHEN abs(exact) < 1e-130 THEN 'ValidationException: Number underflow. Attempting to store a number with magnitude smaller than supported range'
		WHEN length(trim('0' FROM replace(trim_scale(abs(exact))::text, '.', ''))) > 38 THEN 'ValidationException: Number overflow. Attempting to store a number with magnitude larger than supported range'
		ELSE trim_scale(exact)::text END
$$;
CREATE TABLE operands (a text, operator text, b text);
INSERT INTO operands VALUES ('1', '+', '1'), ('1', '-', '1'), ('1', '-', '2'), ('0.1', '+', '0.2'), ('99', '+', '1'), ('100', '-', '1'), ('-1', '+', '0.01'), ('-99.99', '-', '0.01'),
	('1e125', '+', '9e125'), ('9.9e125', '-', '-1e124'), ('-9e125', '-', '1e125'), ('1e125', '+', '1e125'), ('1.1e-130', '-', '1e-130'), ('1e-130', '-', '1e-130'), ('1e-130', '+', '1e-130'),
	('1e37', '+', '1'), ('1e38', '+', '1'), ('1e125', '+', '1e-130'), ('1e20', '-', '1e-17'), ('1e20', '-', '1e-18'), ('1e20', '-', '1e-19'), ('0', '+', '0'), ('0', '-', '5'), ('5', '-', '0'), ('-0', '+', '0'),
	('99999999999999999999999999999999999999', '+', '1'), ('99999999999999999999999999999999999999', '+', '2'), ('-99999999999999999999999999999999999999', '-', '1'),
	('12345678901234567890123456789012345678', '-', '12345678901234567890123456789012345677'), ('1.0000000000000000000000000000000000001', '-', '1'), ('5e-1', '+', '5e-1');
SELECT a, operator, b, computed(a, operator, b) FROM operands;
INSERT INTO operands
SELECT a, CASE i % 2 WHEN 0 THEN '+' ELSE '-' END, b
FROM generate_series(1, 1000) i,
	LATERAL (SELECT CASE i % 3 WHEN 0 THEN 38 ELSE 12 END AS digits, CASE i % 4 WHEN 0 THEN 120 ELSE 8 END AS span) AS s,
	LATERAL (SELECT CASE abs(hashint4(i * 5)) % 2 WHEN 0 THEN '-' ELSE '' END || substr(translate(md5(i::text) || md5((i + 1)::text), 'abcdef', '901990'), 1, 1 + abs(hashint4(i)) % digits) || 'e' || abs(hashint4(i * 3)) % span - span / 2) AS l (a),
	LATERAL (SELECT CASE abs(hashint4(i * 7)) % 2 WHEN 0 THEN '-' ELSE '' END || substr(translate(md5((-i)::text) || md5((i + 2)::text), 'abcdef', '901990'), 1, 1 + abs(hashint4(-i)) % digits) || 'e' || abs(hashint4(i * 9)) % span - span / 2) AS r (b);
CREATE TABLE results AS
SELECT a, operator, b, computed(a, operator, b), expected(CASE operator WHEN '+' THEN a::numeric + b::numeric ELSE a::numeric - b::numeric END) FROM operands;
SELECT count(*) > 1000 AS enough, count(*) FILTER (WHERE computed LIKE 'Val%') BETWEEN 100 AND 900 AS some_refused FROM results;
SELECT * FROM results WHERE computed IS DISTINCT FROM expected;

-- An update cannot nest deeper than 32 levels, wherever the parts come from.
CREATE FUNCTION updated(expression text, attribute_values json) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN ddb.update_item(json_build_object('TableName', 'arithmetic', 'Key', json_build_object('id', json_build_object('S', 'x')),
		'UpdateExpression', expression, 'ReturnValues', 'UPDATED_NEW', 'ExpressionAttributeValues', attribute_values)) ->> 'Attributes';
EXCEPTION WHEN SQLSTATE 'ND002' THEN
	RETURN SQLERRM;
END $$;
CREATE FUNCTION nested(levels int) RETURNS json LANGUAGE sql AS
	$$ SELECT (repeat('{"L":[', levels - 1) || '{"NULL":true}' || repeat(']}', levels - 1))::json $$;
SELECT levels, left(updated('SET deep = :deep', json_build_object(':deep', nested(levels))), 80) FROM unnest(ARRAY[31, 33]) levels;
SELECT left(updated('SET box = :box', '{":box":{"M":{"a":{"M":{}}}}}'), 80);
SELECT left(updated('SET box.nested_one = deep', NULL), 80);
SELECT left(updated('SET box.a.nested_one = deep', NULL), 200);
SELECT left(updated('SET box.a.nested_one = :deep', json_build_object(':deep', nested(30))), 80);
SELECT left(updated('SET box.a.nested_one = :deep', json_build_object(':deep', nested(31))), 200);

-- Sets grow and shrink by value; the last member takes the attribute with it.
SELECT updated('SET marks = :m', '{":m":{"NS":["3","1","2"]}}');
SELECT updated('ADD marks :m', '{":m":{"NS":["1.0","10","-1"]}}');
SELECT updated('DELETE marks :m', '{":m":{"NS":["10.00","7","2"]}}');
SELECT updated('DELETE marks :m', '{":m":{"NS":["1","3","-1"]}}');
SELECT updated('ADD marks :m', '{":m":{"NS":["5"]}}');

-- Members of a map and a list of many, changed at both ends and in the middle.
SELECT length(updated('SET big = :m, listed = :l', json_build_object(':m', json_build_object('M', (SELECT json_object_agg('k' || i, json_build_object('N', i::text)) FROM generate_series(1, 1000) i)),
	':l', json_build_object('L', (SELECT json_agg(json_build_object('N', i::text)) FROM generate_series(1, 1000) i)))));
SELECT updated('SET big.k1 = :v, big.k500 = :v, big.k999 = :v, big.a = :v, big.zz = :v, listed[0] = :v, listed[500] = :v, listed[999] = :v, listed[5000] = :v', '{":v":{"S":"new"}}');
SELECT updated('REMOVE big.k2, big.k600, listed[1], listed[998]', NULL);
SELECT count(*) FILTER (WHERE value = '{"S": "new"}') AS new, count(*) AS members, count(*) FILTER (WHERE key IN ('k2', 'k600')) AS removed,
	count(*) FILTER (WHERE value <> '{"S": "new"}' AND key <> 'k' || (value ->> 'N')) AS wrong
FROM jsonb_each(ddb.get_item('{"TableName":"arithmetic","Key":{"id":{"S":"x"}}}')::jsonb #> '{Item,big,M}');
SELECT string_agg(coalesce(value ->> 'N', 'new'), ' ' ORDER BY place) FILTER (WHERE place < 5 OR place BETWEEN 498 AND 501 OR place > 995) AS list, count(*)
FROM jsonb_array_elements(ddb.get_item('{"TableName":"arithmetic","Key":{"id":{"S":"x"}}}')::jsonb #> '{Item,listed,L}') WITH ORDINALITY l (value, place);
SELECT ddb.delete_table('{"TableName":"arithmetic"}') IS NOT NULL AS deleted;
DROP TABLE operands, results;
DROP FUNCTION computed, expected, updated, nested;
