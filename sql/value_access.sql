-- Reaching inside items, casts to and from SQL's types, comparison.
CREATE TABLE items (id int, item ddb.item);
INSERT INTO items VALUES
(1, '{"title":{"S":"Rush"},"year":{"N":"2013"},"info":{"M":{"rating":{"N":"8.3"},"actors":{"L":[{"S":"Daniel Bruhl"},{"S":"Chris Hemsworth"},
	{"M":{"name":{"S":"Olivia Wilde"}}}]},"a.b":{"S":"dotted"},"c[0]":{"S":"bracketed"},"q\"":{"S":"quoted"},"seen":{"BOOL":true},
	"nothing":{"NULL":true}}},"tags":{"SS":["b","a"]},"marks":{"NS":["2","1.50"]},"pages":{"BS":["YQ=="]},"raw":{"B":"AAEC/w=="},"zero":{"S":"a\u0000b"}}'),
(2, '{}');
SELECT item -> 'title' AS title, item -> 'year' AS year, item -> 'none' AS none, item -> 'info' -> 'rating' AS rating FROM items;
SELECT item ->> 'title' AS title, item ->> 'year' AS year, item ->> 'none' AS none, item -> 'info' ->> 'rating' AS rating,
	item -> 'info' ->> 'seen' AS seen, item ->> 'raw' AS raw, item ->> 'tags' AS tags, item ->> 'marks' AS marks, item ->> 'pages' AS pages
FROM items WHERE id = 1;
SELECT item -> 'info' -> 'nothing' AS null_value, item -> 'info' ->> 'nothing' IS NULL AS null_text, item -> 'info' ->> 'actors' AS list FROM items WHERE id = 1;
SELECT item ->> 'zero' FROM items WHERE id = 1;
SELECT item -> 'zero' FROM items WHERE id = 1;
SELECT i, item -> 'info' -> 'actors' -> i AS value, item -> 'info' -> 'actors' ->> i AS text
FROM items, unnest(ARRAY[0, 1, 2, 3, -1, -3, -4, 2147483647, -2147483648]) i WHERE id = 1;
SELECT item -> 'title' -> 'x' AS not_map, item -> 'title' -> 0 AS not_list, item -> 'info' -> 0 AS map_by_index, item -> 'tags' -> 0 AS set FROM items WHERE id = 1;
SELECT item ? 'title' AS title, item ? 'none' AS none, item -> 'info' ? 'nothing' AS nothing, item -> 'title' ? 'x' AS scalar FROM items WHERE id = 1;
SELECT path, item #> path AS value, item #>> path AS text
FROM items, unnest(ARRAY['title', 'info.rating', 'info.actors[0]', 'info.actors[2].name', 'info.actors[3]', 'info.actors[0][0]', 'info.none.deeper',
	'title.x', 'title[0]', 'info."a.b"', 'info."c[0]"', 'info."q"""', 'info.""', '"info"."actors"[1]', 'info.nothing', 'none']) path WHERE id = 1;
SELECT item -> 'info' #> 'actors[1]' AS value FROM items WHERE id = 1;
CREATE FUNCTION refused(text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE answer text;
BEGIN
	EXECUTE $1 INTO answer;
	RETURN 'taken: ' || coalesce(answer, 'NULL');
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT path, refused(format('SELECT item #> %L FROM items WHERE id = 2', path))
FROM unnest(ARRAY['', '.', 'a.', '.a', 'a..b', '[0]', 'a[', 'a[]', 'a[x]', 'a[-1]', 'a[1', 'a[1]b', 'a[99999999999999999999]', 'a]', '"a', '"a"b', 'a"b"', 'a[0].', 'a[2147483647]']) path;

-- To SQL's own types.
SELECT (item -> 'year')::numeric, (item -> 'year')::int, (item -> 'year')::bigint, (item #> 'info.rating')::float8,
	(item -> 'title')::text, (item #> 'info.seen')::boolean, (item -> 'raw')::bytea, (item #> 'info.nothing')::int IS NULL AS null_type,
	(item -> 'info')::ddb.item ? 'rating' AS item, (item::ddb.attribute_value -> 'year')::text AS whole FROM items WHERE id = 1;
SELECT attribute, type, refused(format('SELECT (item -> %L)::%s FROM items WHERE id = 1', attribute, type))
FROM unnest(ARRAY['title', 'year', 'info']) attribute, unnest(ARRAY['int', 'numeric', 'boolean', 'bytea', 'ddb.item']) type;
SELECT 1.50::ddb.attribute_value, true::ddb.attribute_value, '\x00ff'::bytea::ddb.attribute_value, ddb.attribute_value_from_text('{}'), '{"S":"x"}'::text::ddb.attribute_value;
SELECT refused('SELECT 1e126::numeric::ddb.attribute_value'), refused($$SELECT 'NaN'::numeric::ddb.attribute_value$$);

-- To and from plain JSON.
SELECT item::jsonb FROM items WHERE id = 1;
SELECT jsonb_pretty((item -> 'info')::jsonb) FROM items WHERE id = 1;
SELECT (item -> 'year')::jsonb, (item -> 'title')::jsonb, (item -> 'tags')::jsonb, (item #> 'info.nothing')::jsonb FROM items WHERE id = 1;
SELECT '{"a":null,"b":true,"c":1.50,"d":"x","e":[],"f":{},"g":[1,[2,{"h":3}]],"n":-1e-130}'::jsonb::ddb.item;
SELECT '{"a":[{"":1}]}'::jsonb::ddb.item;
SELECT v::jsonb::ddb.attribute_value FROM unnest(ARRAY['null', 'true', '"x"', '1', '[]', '{}', '[1]', '{"a":1}', '[[]]']) v;
SELECT refused(format('SELECT %L::jsonb::ddb.item', v)) FROM unnest(ARRAY['[]', '1', 'null', '"x"', '{"a":1e126}', '{"a":[1e-131]}', '{"a":123456789012345678901234567890123456789}']) v;
SELECT refused(format('SELECT length((%L::jsonb::ddb.item)::text)', '{"a":' || repeat('[', levels - 1) || '1' || repeat(']', levels - 1) || '}')) AS as_item,
	refused(format('SELECT length((%L::jsonb::ddb.attribute_value)::text)', repeat('[', levels - 1) || '1' || repeat(']', levels - 1))) AS as_value
FROM unnest(ARRAY[31, 32, 33, 1000]) levels;
SELECT refused($$SELECT length((jsonb_build_object('a', repeat('x', 409599))::ddb.item)::text)$$), refused($$SELECT jsonb_build_object('a', repeat('x', 409600))::ddb.item$$);

-- Equal are values that DynamoDB calls equal; DISTINCT, GROUP BY, joins and indexes go by it.
SELECT '{"a":{"N":"1.0"},"b":{"SS":["x","y"]}}'::ddb.item = '{"b":{"SS":["y","x"]},"a":{"N":"1"}}' AS equal,
	'{"L":[{"N":"1"},{"N":"2"}]}'::ddb.attribute_value = '{"L":[{"N":"2"},{"N":"1"}]}' AS lists,
	'{"S":"1"}'::ddb.attribute_value = '{"N":"1"}' AS types, '{"SS":["a"]}'::ddb.attribute_value <> '{"L":[{"S":"a"}]}' AS unequal,
	'{"BOOL":true}'::ddb.attribute_value = '{"BOOL":false}' AS booleans;
CREATE TABLE attribute_values (v ddb.attribute_value);
INSERT INTO attribute_values
SELECT v::ddb.attribute_value
FROM unnest(ARRAY['{"S":"b"}', '{"S":"a"}', '{"S":"ab"}', '{"S":"é"}', '{"S":""}', '{"S":"a\u0000"}', '{"N":"10"}', '{"N":"9"}', '{"N":"-1"}', '{"N":"-1.5"}',
	'{"N":"9.0"}', '{"B":"AA=="}', '{"B":"/w=="}', '{"B":""}', '{"BOOL":true}', '{"BOOL":false}', '{"NULL":true}', '{"L":[]}', '{"M":{}}', '{"NS":["1"]}', '{"NS":["1.0"]}']) v;
SELECT v, count(*) FROM attribute_values GROUP BY v ORDER BY v;
SELECT count(*) FROM attribute_values a JOIN attribute_values b ON a.v = b.v;
SET enable_hashjoin = off;
SELECT count(*) FROM attribute_values a JOIN attribute_values b ON a.v = b.v;
RESET enable_hashjoin;
CREATE INDEX ON items (item);
CREATE INDEX ON attribute_values USING hash (v);
CREATE INDEX ON items ((item ->> 'title'));
SET enable_seqscan = off;
EXPLAIN (COSTS off) SELECT * FROM attribute_values WHERE v = '{"N":"9"}';
SELECT * FROM attribute_values WHERE v = '{"N":"9"}';
EXPLAIN (COSTS off) SELECT * FROM items WHERE item ->> 'title' = 'Rush';
RESET enable_seqscan;
SELECT count(DISTINCT item) FROM (SELECT item FROM items UNION ALL SELECT item FROM items) twice;

-- Operators are found whatever search_path says, and views keep them.
SET search_path = '';
SELECT item -> 'title' FROM public.items WHERE item -> 'year' = '{"N":"2013.0"}' AND item ? 'title';
CREATE VIEW public.titles AS SELECT item #>> 'info.actors[0]' AS actor FROM public.items WHERE (item -> 'year')::int > 2000;
SELECT pg_catalog.replace(pg_catalog.pg_get_viewdef('public.titles'::pg_catalog.regclass), 'items.item', 'item') AS definition;
SELECT * FROM public.titles;
RESET search_path;

-- Large items go through TOAST.
DROP INDEX items_item_idx;
INSERT INTO items SELECT 3, jsonb_build_object('a', string_agg(md5(i::text), ''), 'z', 'end')::ddb.item FROM generate_series(1, 10000) i;
SELECT item ->> 'z' AS z, length(item ->> 'a') AS length, md5(item ->> 'a') = (SELECT md5(string_agg(md5(i::text), '')) FROM generate_series(1, 10000) i) AS whole,
	item = (SELECT item FROM items i WHERE i.id = 3) AS equal, pg_column_size(item) > 200000 AS large
FROM items WHERE id = 3;
DROP VIEW titles;
DROP TABLE items, attribute_values;
DROP FUNCTION refused;
