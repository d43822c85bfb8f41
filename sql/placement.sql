-- Items of one item collection share pages.
CREATE FUNCTION load(name text, statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ddb.create_table(format('{"TableName": "%s", "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
    "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}', name)::json);
  EXECUTE statement;
  EXECUTE format('CREATE TABLE %I AS SELECT p, s, item FROM dynamodb.%I ORDER BY random()', name || '_heap', name);
END $$;
CREATE FUNCTION pages(name text) RETURNS TABLE (most_pages_of_a_collection bigint, size_to_heap numeric) LANGUAGE plpgsql AS $$
BEGIN
  RETURN QUERY EXECUTE format(
    'SELECT max(pages), pg_relation_size(''dynamodb.%1$I'')::numeric / pg_relation_size(%2$L) FROM
     (SELECT count(DISTINCT (ctid::text::point)[0]) AS pages FROM dynamodb.%1$I GROUP BY p) x', name, quote_ident(name || '_heap'));
END $$;
CREATE FUNCTION item_of(p int, s int) RETURNS ddb.item LANGUAGE sql AS
  $$ SELECT jsonb_build_object('p', 'collection ' || p, 's', s, 'filler', repeat('x', 960))::ddb.item $$;
SELECT setseed(0.5);

-- 60 collections of 100 items that arrive interleaved, sort keys rising, then in random order
SELECT load('Rising', 'INSERT INTO dynamodb."Rising" (item) SELECT item_of(p, s) FROM generate_series(1, 100) s, generate_series(1, 60) p');
SELECT most_pages_of_a_collection <= 25 AS together, size_to_heap <= 1.25 AS compact FROM pages('Rising');
SELECT load('Random', 'INSERT INTO dynamodb."Random" (item) SELECT item_of(p, s) FROM generate_series(1, 100) s, generate_series(1, 60) p ORDER BY random()');
SELECT most_pages_of_a_collection <= 35 AS together, size_to_heap <= 1.25 AS compact FROM pages('Random');
-- the same through an operation
SELECT load('Put', 'SELECT ddb.put_item(format(''{"TableName": "Put", "Item": %s}'', item_of(p, s))::json) FROM generate_series(1, 100) s, generate_series(1, 20) p');
SELECT most_pages_of_a_collection <= 25 AS together, size_to_heap <= 1.25 AS compact FROM pages('Put');
-- small collections cost nothing
SELECT load('Small', 'INSERT INTO dynamodb."Small" (item) SELECT item_of(p, s) FROM generate_series(1, 3) s, generate_series(1, 1000) p');
SELECT size_to_heap <= 1.02 AS compact FROM pages('Small');
-- nor do middling ones much
SELECT load('Middling', 'INSERT INTO dynamodb."Middling" (item) SELECT item_of(p, s) FROM generate_series(1, 9) s, generate_series(1, 400) p');
SELECT size_to_heap <= 1.35 AS compact FROM pages('Middling');
-- updates that outgrow their page stay with the collection
UPDATE dynamodb."Rising" SET item = (item::jsonb || '{"more": "more"}')::ddb.item;
SELECT most_pages_of_a_collection <= 45 AS together FROM pages('Rising');

-- COPY of interleaved items looks into the primary index little more often than heap's does
SELECT load('Copied', $$COPY dynamodb."Copied" (item) FROM PROGRAM
  'awk ''BEGIN { f = sprintf("%960s", ""); gsub(" ", "x", f); for (s = 1; s <= 60; s++) for (p = 1; p <= 300; p++)
   printf("{\"p\":{\"S\":\"collection %d\"},\"s\":{\"N\":\"%d\"},\"f\":{\"S\":\"%s\"}}\n", p, s, f) }'''$$);
CREATE TABLE dynamodb.copied_heap (LIKE dynamodb."Copied" INCLUDING ALL) USING heap;
SELECT pg_stat_force_next_flush();
SELECT idx_blks_read + idx_blks_hit AS looks FROM pg_statio_user_indexes WHERE relname = 'Copied' \gset
INSERT INTO dynamodb.copied_heap (item) SELECT item FROM dynamodb."Copied" ORDER BY s, p;
SELECT pg_stat_force_next_flush();
SELECT idx_blks_read + idx_blks_hit AS heap_looks FROM pg_statio_user_indexes WHERE relname = 'copied_heap' \gset
SELECT :looks < 1.2 * :heap_looks AS seldom;
SELECT count(*), most_pages_of_a_collection <= 18 AS together, size_to_heap <= 1.3 AS compact
FROM pages('Copied'), dynamodb."Copied" GROUP BY 2, 3;
-- and so does INSERT, in each subtransaction anew, with several tables in one command
SELECT load('Selected', 'SELECT');
DO $$
BEGIN
  FOR turn IN 0..2 LOOP
    BEGIN
      WITH first AS (INSERT INTO dynamodb."Selected" (item) SELECT item_of(p, 20 * turn + s) FROM generate_series(1, 20) s, generate_series(1, 300) p RETURNING 1)
      INSERT INTO dynamodb."Put" (item) SELECT item_of(p, 200 * (turn + 1) + s) FROM generate_series(1, 20) s, generate_series(1, 20) p;
      ASSERT turn <> 1;
    EXCEPTION WHEN assert_failure THEN
      INSERT INTO dynamodb."Selected" (item) SELECT item_of(p, 20 * turn + s) FROM generate_series(1, 20) s, generate_series(1, 300) p;
    END;
  END LOOP;
END $$;
SELECT pg_stat_force_next_flush();
SELECT idx_blks_read + idx_blks_hit < 1.2 * (4.0 / 3) * :heap_looks AS seldom FROM pg_statio_user_indexes WHERE relname = 'Selected';
SELECT count(*) AS items, count(DISTINCT (p, s)) AS keys FROM dynamodb."Selected";
SELECT max(pages) <= 20 AS together FROM (SELECT count(DISTINCT (ctid::text::point)[0]) AS pages FROM dynamodb."Selected" GROUP BY p) x;
DROP TABLE dynamodb.copied_heap;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY '{Rising, Random, Put, Small, Middling, Copied, Selected}'::text[] LOOP
    PERFORM ddb.delete_table(format('{"TableName": "%s"}', name)::json);
    EXECUTE format('DROP TABLE %I', name || '_heap');
  END LOOP;
END $$;
DROP FUNCTION load, pages, item_of;
