-- Sums and differences of numbers, by UpdateItem, against numeric's.
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
		WHEN length(trim('0' FROM replace(trim_scale(abs(exact))::text, '.', ''))) > 38 THEN 'ValidationException: Attempting to store more than 38 significant digits in a Number'
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
SELECT ddb.delete_table('{"TableName":"arithmetic"}') IS NOT NULL AS deleted;
DROP TABLE operands, results;
DROP FUNCTION computed, expected;
