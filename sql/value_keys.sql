-- ddb.string, ddb.number and ddb.binary: the types of key attributes.

-- Text form: U+0000 is \0 and a backslash \\.
SELECT given, ddb.string_in(textout(given)) AS string, octet_length(ddb.string_send(ddb.string_in(textout(given)))) AS bytes
FROM unnest(ARRAY['', 'a', 'é😀', '\0', 'a\0b\0', '\\', '\\0', '\\\0', ' a ', '"']) given;
CREATE FUNCTION refused(text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	EXECUTE $1 INTO answer;
	RETURN 'taken: ' || coalesce(answer, 'NULL');
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT given, refused(format('SELECT %L::ddb.string', given)) FROM unnest(ARRAY['\', 'a\', '\x', '\n', '\\\']) given;
SELECT '\x'::ddb.binary, '\xDEADbeef00'::ddb.binary, 'abc'::ddb.binary;
SELECT refused($$SELECT '\xZZ'::ddb.binary$$), refused($$SELECT 'x'::ddb.number$$);
SET bytea_output = escape;
SELECT '\x00ff'::ddb.binary;
RESET bytea_output;

-- Order: by UTF-8 bytes and by unsigned bytes, the shorter first; whatever the collation.
CREATE TABLE keys (s ddb.string, b ddb.binary, t text, y bytea);
INSERT INTO keys SELECT ddb.string_in(textout(v)), convert_to(v, 'UTF8')::ddb.binary, replace(v, '\0', '~'), convert_to(v, 'UTF8')
FROM unnest(ARRAY['a', 'B', 'b', '', 'ab', 'abc', 'é', '€', '😀', '', 'a\0', 'a\0a', 'aaaaaaaaaa', 'aaaaaaaab', 'aaaaaaaa', 'Z', '10', '9', '~']) v;
SELECT s FROM keys ORDER BY s;
SELECT b FROM keys ORDER BY b DESC LIMIT 4;
SELECT count(*) AS wrong FROM keys k, keys l WHERE (k.b < l.b) <> (k.y < l.y) OR (k.b = l.b) <> (k.y = l.y) OR (k.b >= l.b) <> (k.y >= l.y)
	OR (k.b < l.y) <> (k.y < l.b) OR (k.b = l.y) <> (k.y = l.b);
SELECT count(*) AS wrong FROM keys k, keys l WHERE
	((k.s < l.t) <> (k.t COLLATE "C" < l.t COLLATE "C") OR (k.t < l.s) <> (l.s > k.t) OR (k.t = l.s) <> (l.s = k.t)) AND strpos(k.t, '~') = 0 AND strpos(l.t, '~') = 0;

-- With many doubles and abbreviated keys the sort is still that of the operators.
CREATE TABLE many AS
SELECT (repeat('x', abs(hashint4(i)) % 10) || abs(hashint4(-i)) % 50)::text::ddb.string AS s, (hashint4(i * 3) % 50000 / 100.0)::ddb.number AS n FROM generate_series(1, 5000) i;
SELECT count(*) AS wrong FROM (SELECT s, lag(s) OVER (ORDER BY s) AS before FROM many) m WHERE before > s;
SELECT count(*) AS wrong FROM (SELECT n, lag(n) OVER (ORDER BY n) AS before FROM many) m WHERE before::numeric > n::numeric;
CREATE INDEX many_s ON many (s);
CREATE INDEX many_n ON many (n);
CREATE INDEX many_hash ON many USING hash (s);
ANALYZE many;
SET enable_seqscan = off;
EXPLAIN (COSTS off) SELECT * FROM many WHERE s > 'xxx' AND s < 'xxxx'::text;
SELECT count(*) FROM many WHERE s >= 'xxx' AND s < 'xxxx'::text;
EXPLAIN (COSTS off) SELECT * FROM many WHERE n BETWEEN 1 AND 2.5;
SET enable_seqscan = on; SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off;
SELECT count(*) FROM many WHERE s >= 'xxx' AND s < 'xxxx'::text;
RESET enable_indexscan; RESET enable_bitmapscan; RESET enable_indexonlyscan;
SELECT count(*) = (SELECT count(*) FROM many k, many l WHERE k.s::text = l.s::text) AS same FROM many k, many l WHERE k.s = l.s;
SELECT count(*) = (SELECT count(*) FROM many) AS hash_join FROM many m JOIN (SELECT DISTINCT s::text AS t FROM many) d ON m.s = d.t;
SELECT min(s), max(s), min(n) = min(n::numeric) AS min, max(n) = max(n::numeric) AS max FROM many;

-- As text.
SELECT s || '!' AS concatenated, upper(s) AS upper, length(s) AS length, s LIKE 'a%' AS prefix, s = 'a' AS unknown, s = 'a'::text AS text,
	s = 'a'::varchar AS varchar, 'a'::text = s AS swapped, s IN ('a', 'b') AS listed, s = ANY (ARRAY['a', 'b']) AS any_text, substr(s, 1, 1) AS substr
FROM keys WHERE s::ddb.string IN ('a', 'ab');
PREPARE by_text (text) AS SELECT s FROM keys WHERE s = $1;
EXECUTE by_text('abc');
SELECT s::text FROM keys WHERE s = 'a\0';
SELECT s || '' FROM keys WHERE s = 'a\0';
-- A text becomes the string of the same characters, without escapes.
INSERT INTO keys (s) VALUES ('plain'::text), ('a\0'::text);
SELECT s, length(s) FROM keys WHERE s IN ('plain', 'a\\0');
SELECT length(b), b::bytea, encode(b, 'base64') FROM keys WHERE b = '\x61'::bytea;

-- The key of an item, or DynamoDB's words.
CREATE TABLE movies (item ddb.item NOT NULL,
	year ddb.number GENERATED ALWAYS AS (ddb.number_key(item, 'year')) STORED NOT NULL,
	title ddb.string GENERATED ALWAYS AS (ddb.string_key(item, 'title', 1024)) STORED NOT NULL,
	PRIMARY KEY (year, title));
INSERT INTO movies VALUES ('{"year":{"N":"2013.0"},"title":{"S":"Rush\u0000"}}') RETURNING *;
INSERT INTO movies VALUES ('{"year":{"N":"2013"},"title":{"S":"Rush\u0000"}}');
SELECT refused(format('INSERT INTO movies VALUES (%L)', item))
FROM unnest(ARRAY['{}', '{"year":{"N":"1"}}', '{"year":{"S":"1"},"title":{"S":"x"}}', '{"year":{"N":"1"},"title":{"N":"1"}}', '{"year":{"N":"1"},"title":{"S":""}}',
	'{"year":{"N":"1"},"title":{"B":"AA=="}}', '{"year":{"N":"1"},"title":{"BOOL":true}}', '{"year":{"N":"1"},"title":{"NULL":true}}', '{"year":{"N":"1"},"title":{"SS":["a"]}}',
	'{"year":{"N":"1"},"title":{"M":{}}}', '{"year":{"N":"1"},"title":{"L":[]}}']) item;
SELECT refused('SELECT ddb.binary_key(''{"a":{"B":""}}'', ''a'')'), refused('SELECT ddb.binary_key(''{"a":{"B":"AA=="}}'', ''a'')');
SELECT length, refused(format('SELECT length(ddb.string_key(%L, ''a''))', '{"a":{"S":"' || repeat('x', length) || '"}}')) AS partition,
	refused(format('SELECT length(ddb.string_key(%L, ''a'', 1024))', '{"a":{"S":"' || repeat('x', length) || '"}}')) AS sort
FROM unnest(ARRAY[1, 1024, 1025, 2048, 2049]) length;
SELECT ddb.string_key(NULL, 'a') IS NULL AS strict;

-- SipHash-2-4 with 128 bits: its authors' vectors.
SELECT ddb.hash(b::ddb.binary), ddb.hash(b::ddb.binary) = vector::uuid AS as_published
FROM (VALUES ('\x'::bytea, 'a3817f04ba25a8e66df67214c7550293'), ('\x00', 'da87c1d86b99af44347659119b22fc45'), ('\x0001', '8177228da4a45dc7fca38bdef60affe4')) v (b, vector);
SELECT ddb.hash('\0'::ddb.string) = ddb.hash('\x00'::ddb.binary) AS by_bytes, ddb.hash(1.0::ddb.number) = ddb.hash(1::ddb.number) AS equal_numbers;
SELECT count(DISTINCT ddb.hash(i::ddb.number)) FROM generate_series(1, 10000) i;
DROP TABLE keys, many, movies;
DROP FUNCTION refused;
