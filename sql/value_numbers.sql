-- Numbers: 38 digits, 1E-130 to 9.99...E+125, printed without exponent.

-- One spelling for each number.
SELECT given, given::ddb.number AS number
FROM (VALUES ('0'), ('-0'), ('0.000e5'), ('0e125'), ('0e-130'), ('1'), ('+1'), ('1.0'), ('01.50'), ('-1.50'),
	('.5'), ('5.'), ('+.5'), ('1e3'), ('1E+3'), ('1e-3'), ('100'), ('10'), ('0.1'), ('0.01'), ('0.001'),
	('99.99'), ('100.01'), ('-0012.3400e1'), ('12345678901234567890123456789012345678'),
	('1.2345678901234567890123456789012345678'), ('0.00012345678901234567890123456789012345678'),
	('0000012345678901234567890123456789012345678'), ('-00001.23456789012345678901234567890123456780000'))
	AS v (given);

-- The bounds.
SELECT '0001.000e-130'::ddb.number = '1e-130', length('1e-130'::ddb.number::text);
SELECT '1e-130'::ddb.number;
SELECT '-1e-130'::ddb.number;
SELECT '0009.99999999999999999999999999999999999990000e125'::ddb.number;
SELECT '-0009.99999999999999999999999999999999999990000e125'::ddb.number;
SELECT '1.2345678901234567890123456789012345678e-130'::ddb.number;

-- What DynamoDB refuses.
CREATE FUNCTION refused(text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN 'taken: ' || ($1::ddb.number)::text;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT left(given, 50) AS given, refused(given)
FROM (VALUES (''), (' '), ('b'), (' 1'), ('1 '), ('1e'), ('1e+'), ('e5'), ('.'), ('-'), ('+'), ('--1'), ('1.2.3'),
	('1e5.0'), ('0x10'), ('NaN'), ('Infinity'), ('1_000'), ('1,5'), ('١'),
	('123456789012345678901234567890123456789'), ('-1.23456789012345678901234567890123456789'),
	('1000000000000000000000000000000000000000000000000001'),
	('1e126'), ('-1e126'), ('10e125'), ('9.9e125'), ('1e-131'), ('-1e-131'), ('0.1e-130'), ('10e-131'),
	('1e99999999999'), ('1e-99999999999'), ('1e9223372036854775807'), ('1e9223372036854775808'), ('1e-9223372036854775808'),
	('1e-9223372036854775809'), ('0.1e00000000000000000000000000001'), ('0e126'), ('-0.0e-131'), ('0e9223372036854775808'), (repeat('1', 1000)), ('1' || repeat('0', 125)),
	('1' || repeat('0', 126)), (repeat('0', 1000) || '7'), ('0.' || repeat('0', 129) || '1'),
	('0.' || repeat('0', 130) || '1')) AS v (given)
\g (format=unaligned tuples_only=on)

-- Order is that of the values, and the bytes of equal numbers are equal.
CREATE TABLE numbers (n ddb.number);
INSERT INTO numbers
SELECT (sign || digits || 'e' || exponent)::ddb.number
FROM unnest(ARRAY['', '-']) sign,
	unnest(ARRAY['1', '1.5', '9', '9.9', '10', '10.1', '99', '99.99', '12345678901234567890123456789012345678']) digits,
	unnest(ARRAY[-130, -129, -100, -65, -3, -2, -1, 0, 1, 2, 3, 37, 64, 87, 88]) exponent
UNION ALL SELECT '0'
UNION ALL SELECT (i / 8.0)::ddb.number FROM generate_series(-300, 300) i;
SELECT count(*) FROM numbers;
SELECT count(*) AS wrong_order
FROM numbers a, numbers b
WHERE (a.n < b.n) <> (a.n::numeric < b.n::numeric) OR (a.n = b.n) <> (a.n::numeric = b.n::numeric)
	OR (a.n >= b.n) <> (a.n::numeric >= b.n::numeric);
SELECT count(*) AS wrong_text FROM numbers WHERE n::numeric::ddb.number <> n OR n::text::ddb.number <> n;
SELECT count(*) AS wrong_sort
FROM (SELECT n, lag(n) OVER (ORDER BY n) AS previous FROM numbers) s WHERE previous::numeric > n::numeric;
SELECT count(DISTINCT n) = count(DISTINCT n::numeric) AS distinct_numbers FROM numbers;
SELECT count(*) AS wrong_bytes
FROM numbers WHERE ddb.item_size(('{"a":{"N":"' || n::text || '"}}')::ddb.item) - 1 <> octet_length(ddb.number_send(n));

-- Many more against numeric.
CREATE TABLE more_numbers AS
SELECT (CASE WHEN i % 2 = 0 THEN '-' ELSE '' END ||
	substr(translate(md5(i::text) || md5((-i)::text), 'abcdef', '012345'), 1, 1 + abs(hashint4(i)) % 38) ||
	'e' || abs(hashint4(-i)) % 160 - 120)::ddb.number AS n
FROM generate_series(1, 1000) i;
SELECT count(*) AS wrong_text FROM more_numbers WHERE n::numeric::ddb.number <> n OR n::text::ddb.number <> n;
SELECT count(*) AS wrong_order
FROM more_numbers a, numbers b
WHERE (a.n < b.n) <> (a.n::numeric < b.n::numeric) OR (a.n = b.n) <> (a.n::numeric = b.n::numeric);

-- As SQL's numbers.
CREATE TABLE movies (year ddb.number, i int, b bigint, s smallint, d numeric, f float8);
INSERT INTO movies VALUES (2013, 2013, 2013, 2013, 2013.00, 2013);
INSERT INTO movies VALUES (-7.5, -7, -7, -7, -7.5, -7.5);
SELECT year, year = i AS i, year = b AS b, year = s AS s, year = d AS d, year = f::numeric AS f,
	i < year AS lt, year + 1 AS plus, year * 2 AS times, -year AS minus, year::int AS int, year::float8 AS float
FROM movies;
SELECT sum(year), avg(year), min(year), max(year), min(year::numeric), max(year::numeric) FROM movies;
SELECT count(*) FROM movies WHERE year IN (2012, 2013);
SELECT count(*) FROM movies WHERE year BETWEEN 2012.5 AND 2014;
INSERT INTO movies (year) VALUES (1.25::float8), (9223372036854775807), (-9223372036854775808), ((-32768)::smallint);
SELECT year FROM movies ORDER BY year DESC;
SELECT 1e200 = year FROM movies;
SELECT ('9' || repeat('0', 30))::ddb.number::bigint;
DROP TABLE numbers, more_numbers, movies;
DROP FUNCTION refused;
