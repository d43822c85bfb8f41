-- IN and = ANY on the partition key find the primary index, wherever they stand.
SET enable_seqscan = off;
-- how a query finds rows: its index conditions, and the relations that it reads as a whole
CREATE FUNCTION plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
    CONTINUE WHEN line !~ 'Index Cond|Seq Scan';
    RETURN NEXT regexp_replace(regexp_replace(regexp_replace(line, '^[ >-]*', ''), '[0-9a-f]{8}-[0-9a-f-]*', '…', 'g'), '\$0|\(InitPlan 1\).col1', 'the subquery');
  END LOOP;
END $$;
CREATE FUNCTION make(name text, type text) RETURNS void LANGUAGE sql AS $$
  SELECT ddb.create_table(format('{"TableName": "%s", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "%s"}, {"AttributeName": "s", "AttributeType": "N"}],
    "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}', name, type)::json) $$;
SELECT make('Numbers', 'N'), make('Strings', 'S'), make('Binaries', 'B');
INSERT INTO dynamodb."Numbers" (item) SELECT jsonb_build_object('p', p, 's', s)::ddb.item FROM generate_series(1, 50) p, generate_series(1, 4) s;
INSERT INTO dynamodb."Strings" (item) SELECT format('{"p": {"S": "k%s"}, "s": {"N": "%s"}}', p, s)::ddb.item FROM generate_series(1, 50) p, generate_series(1, 4) s;
INSERT INTO dynamodb."Binaries" (item) SELECT format('{"p": {"B": "%s"}, "s": {"N": "%s"}}', encode(convert_to('k' || p, 'UTF8'), 'base64'), s)::ddb.item
  FROM generate_series(1, 50) p, generate_series(1, 4) s;
ANALYZE dynamodb."Numbers", dynamodb."Strings", dynamodb."Binaries";

-- each type, and arrays of other types
SELECT plan($$ SELECT FROM dynamodb."Numbers" WHERE p IN (7, 8) AND s > 2 $$);
SELECT p, s FROM dynamodb."Numbers" WHERE p IN (7, 8, 1000) AND s > 2 ORDER BY p, s;
SELECT plan($$ SELECT FROM dynamodb."Numbers" WHERE p = ANY ('{7,8.0}'::numeric[]) $$);
SELECT count(*) FROM dynamodb."Numbers" WHERE p = ANY ('{7,8.0}'::numeric[]);
SELECT plan($$ SELECT FROM dynamodb."Strings" WHERE p IN ('k7', 'k8') $$);
SELECT count(*) FROM dynamodb."Strings" WHERE p IN ('k7', 'k8');
SELECT plan($$ SELECT FROM dynamodb."Strings" WHERE p = ANY ('{k7,k8}'::text[]) $$);
SELECT count(*) FROM dynamodb."Strings" WHERE p = ANY ('{k7,k8}'::text[]);
SELECT plan($$ SELECT FROM dynamodb."Strings" WHERE p = ANY ('{k7}'::varchar[]) $$);
SELECT count(*) FROM dynamodb."Strings" WHERE p = ANY ('{k7}'::varchar[]);
SELECT plan($$ SELECT FROM dynamodb."Binaries" WHERE p IN ('\x6b37', '\x6b38') $$);
SELECT count(*) FROM dynamodb."Binaries" WHERE p IN ('\x6b37', '\x6b38');
SELECT plan($$ SELECT FROM dynamodb."Binaries" WHERE p = ANY ('{"\\x6b37"}'::bytea[]) $$);
SELECT count(*) FROM dynamodb."Binaries" WHERE p = ANY ('{"\\x6b37"}'::bytea[]);
-- no collation counts
SELECT plan($$ SELECT FROM dynamodb."Strings" WHERE p = ANY (ARRAY['K7', 'k8'] COLLATE "POSIX") $$);
SELECT p, s FROM dynamodb."Strings" WHERE p = ANY (ARRAY['K7', 'k8'] COLLATE "POSIX") AND s = 1;

-- NULL among the elements, no elements, no array, several dimensions; and where these count
SELECT count(*) FROM dynamodb."Numbers" WHERE p IN (7, NULL);
SELECT count(*) FROM dynamodb."Numbers" WHERE p = ANY ('{}'::int[]);
SELECT count(*) FROM dynamodb."Numbers" WHERE p = ANY (NULL::int[]);
SELECT count(*) FROM dynamodb."Numbers" WHERE p = ANY ('{{1,2},{3,3}}'::int[]);
SELECT count(*) FROM dynamodb."Numbers" WHERE p NOT IN (7, 8);
SELECT count(*) FROM dynamodb."Numbers" WHERE p NOT IN (7, NULL);
SELECT count(*) FROM dynamodb."Numbers" WHERE (p IN (7, NULL) OR p = 8) IS NULL;
SELECT plan($$ SELECT FROM dynamodb."Numbers" WHERE p NOT IN (7, 8) $$);
SELECT count(*) FROM dynamodb."Numbers" WHERE p = ANY (ARRAY[1, (random() * 0)::int]);

-- OR, AND, within each other
SELECT plan($$ SELECT FROM dynamodb."Numbers" WHERE p IN (1, 2) OR p = 3 OR (s = 4 AND p IN (4, 5)) $$);
SELECT count(*) FROM dynamodb."Numbers" WHERE p IN (1, 2) OR p = 3 OR (s = 4 AND p IN (4, 5));

-- prepared
PREPARE by_array (int[]) AS SELECT count(*) FROM dynamodb."Numbers" WHERE p = ANY ($1);
PREPARE by_two (int, numeric) AS SELECT count(*) FROM dynamodb."Numbers" WHERE p IN ($1, $2);
SET plan_cache_mode = force_generic_plan;
SELECT plan('EXECUTE by_array(NULL)');
EXECUTE by_array('{1,2,NULL}');
EXECUTE by_array('{}');
EXECUTE by_array(NULL);
SELECT plan('EXECUTE by_two(1, 2)');
EXECUTE by_two(1, 2.0);
RESET plan_cache_mode;

-- joins, with the array on the other side, outer and lateral ones too
CREATE TABLE lists (id int, wanted int[], one int);
INSERT INTO lists VALUES (1, '{1,2}', 1), (2, '{}', 2), (3, NULL, 3), (4, '{3,NULL}', 4);
SELECT plan($$ SELECT FROM lists JOIN dynamodb."Numbers" ON p = ANY (wanted) $$);
SELECT id, count(p) FROM lists LEFT JOIN dynamodb."Numbers" ON p = ANY (wanted) GROUP BY id ORDER BY id;
SELECT plan($$ SELECT (SELECT count(*) FROM dynamodb."Numbers" WHERE p = ANY (wanted)) FROM lists $$);
SELECT plan($$ SELECT FROM dynamodb."Numbers" WHERE p = ANY (ARRAY(SELECT one FROM lists)) $$);
SELECT count(*) FROM dynamodb."Numbers" WHERE p = ANY (ARRAY(SELECT one FROM lists));
SELECT count(*) FROM dynamodb."Numbers" n WHERE p = ANY (ARRAY(SELECT one FROM lists WHERE one = n.s));
SELECT a.p, count(*) FROM dynamodb."Numbers" a LEFT JOIN dynamodb."Numbers" b ON b.p IN (1, 2) AND a.s = b.s AND a.p = b.p
WHERE a.p IN (2, 3) GROUP BY 1 ORDER BY 1;

-- views, functions that are opened, members of UNION ALL
CREATE VIEW renamed AS SELECT p AS key, s FROM dynamodb."Numbers";
SELECT plan('SELECT FROM renamed WHERE key IN (1, 2)');
CREATE FUNCTION numbers(int[]) RETURNS SETOF ddb.number LANGUAGE sql STABLE AS 'SELECT p FROM dynamodb."Numbers" WHERE p = ANY ($1)';
SELECT plan($$ SELECT FROM numbers('{1,2}') $$);
CREATE VIEW united AS SELECT one::ddb.number AS key, 0::ddb.number AS s FROM lists UNION ALL SELECT p, s FROM dynamodb."Numbers" UNION ALL SELECT p, s FROM dynamodb."Numbers";
SELECT plan('SELECT FROM united WHERE key IN (1, 2) AND s < 2');
SELECT count(*) FROM united WHERE key IN (1, 2) AND s < 2;
SELECT plan('UPDATE dynamodb."Numbers" SET item = item WHERE p IN (1, 2)');
SELECT plan('DELETE FROM dynamodb."Numbers" WHERE p IN (1, 2)');
DELETE FROM dynamodb."Numbers" WHERE p IN (49, 50) AND s > 1 RETURNING p, s;

-- what the planner expects
CREATE FUNCTION expected(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
    RETURN substring(line, 'rows=([0-9]+)');
  END LOOP;
END $$;
SELECT expected('SELECT FROM dynamodb."Numbers" WHERE p IN (1, 2, 3)'), expected('SELECT FROM dynamodb."Numbers" WHERE p = ANY (ARRAY(SELECT 1))');

-- row security: the policy's own condition first, and never another's before it
CREATE ROLE reader;
GRANT SELECT ON dynamodb."Numbers" TO reader;
ALTER TABLE dynamodb."Numbers" ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON dynamodb."Numbers" USING (p IN (1, 2, 3));
GRANT EXECUTE ON FUNCTION plan TO reader;
SET ROLE reader;
SELECT plan('SELECT FROM dynamodb."Numbers"');
SELECT plan('SELECT FROM dynamodb."Numbers" WHERE p IN (3, 4)');
SELECT count(*) FROM dynamodb."Numbers" WHERE p IN (3, 4);
RESET ROLE;

-- an index with several partition attributes
SELECT ddb.create_table('{"TableName": "Several", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}, {"AttributeName": "a", "AttributeType": "S"},
    {"AttributeName": "b", "AttributeType": "N"}, {"AttributeName": "c", "AttributeType": "N"}],
  "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
  "GlobalSecondaryIndexes": [{"IndexName": "byAB", "Projection": {"ProjectionType": "KEYS_ONLY"},
    "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "HASH"}, {"AttributeName": "c", "KeyType": "RANGE"}]}]}') IS NOT NULL AS created;
INSERT INTO dynamodb."Several" (item) SELECT jsonb_build_object('id', i, 'a', 'x' || i % 10, 'b', i % 7, 'c', i)::ddb.item FROM generate_series(1, 700) i;
ANALYZE dynamodb."Several/byAB";
SELECT plan($$ SELECT FROM dynamodb."Several/byAB" WHERE a = 'x1' AND 2 = b AND c > 50 $$);
SELECT count(*) FROM dynamodb."Several/byAB" WHERE a = 'x1' AND 2 = b AND c > 50;
SELECT plan($$ SELECT FROM dynamodb."Several/byAB" WHERE a = 'x1' AND b IN (2, 3) $$);
SELECT count(*), min(b), max(b) FROM dynamodb."Several/byAB" WHERE a = 'x1' AND b IN (2, 3);
SELECT plan($$ SELECT FROM dynamodb."Several/byAB" WHERE b = 1 AND a = ANY ('{x1,x2}'::text[]) OR a = 'x5' AND b = 5 $$);
SELECT count(*) FROM dynamodb."Several/byAB" WHERE b = 1 AND a = ANY ('{x1,x2}'::text[]) OR a = 'x5' AND b = 5;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SELECT plan($$ SELECT FROM lists, dynamodb."Several/byAB" WHERE b = one AND a = 'x1' $$);
SELECT one, count(*) FROM lists, dynamodb."Several/byAB" WHERE b = one AND a = 'x1' GROUP BY one ORDER BY one;
SELECT plan($$ SELECT FROM lists LEFT JOIN dynamodb."Several/byAB" ON b = ANY (wanted) AND a = 'x1' $$);
SELECT plan($$ SELECT FROM dynamodb."Several/byAB" WHERE a = 'x1' $$);
SELECT expected($$ SELECT FROM dynamodb."Several/byAB" WHERE a = 'x1' AND b = 2 $$);

SELECT ddb.hashes('{7,NULL}'::ddb.number[]) = ARRAY[ddb.hash(7::ddb.number), NULL] AS single,
  ddb.hashes('x'::ddb.string, '{7}'::ddb.number[]) = ARRAY[ddb.hash('x'::ddb.string, 7::ddb.number)] AS several,
  ddb.hashes('{}'::ddb.number[]) AS none, ddb.hashes(NULL::ddb.string[]) IS NULL AS nothing;
SELECT ddb.hashes('{7}'::int[]);
SELECT ddb.hashes('{7}'::ddb.number[], '{7}'::ddb.number[]);
SELECT ddb.hashes(7::ddb.number);

DROP VIEW renamed, united;
DROP TABLE lists;
DROP FUNCTION plan, make, expected, numbers;
SELECT count(ddb.delete_table(format('{"TableName": "%s"}', name)::json)) FROM ddb.tables WHERE name IN ('Numbers', 'Strings', 'Binaries', 'Several');
DROP ROLE reader;
