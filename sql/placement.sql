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

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY '{Rising, Random, Put, Small, Middling}'::text[] LOOP
    PERFORM ddb.delete_table(format('{"TableName": "%s"}', name)::json);
    EXECUTE format('DROP TABLE %I', name || '_heap');
  END LOOP;
END $$;
DROP FUNCTION load, pages, item_of;
