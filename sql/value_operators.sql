-- Attribute values beside SQL's own, and containment.
CREATE TEMP TABLE goods (n int, item ddb.item);
INSERT INTO goods VALUES
  (1, '{"price": {"N": "1000"}, "name": {"S": "Rush"}, "tags": {"SS": ["x", "y"]}, "ok": {"BOOL": true}}'),
  (2, '{"price": {"N": "99.5"}, "name": {"S": "Fight\u0000Club"}, "ok": {"BOOL": false}, "parts": {"L": [{"N": "1"}, {"M": {"a": {"S": "b"}, "c": {"NULL": true}}}]}}'),
  (3, '{"price": {"S": "1000"}, "name": {"N": "5"}, "ok": {"S": "true"}}'),
  (4, '{"price": {"N": "-1E-130"}, "name": {"S": ""}, "info": {"M": {"a": {"M": {"b": {"N": "1"}, "c": {"N": "2"}}}}}}'),
  (5, '{"price": {"NULL": true}}'), (6, '{}');

-- by type and value; another type is unequal and not less either, what is not there is NULL
SELECT n, item -> 'price' = 1000 AS eq, item -> 'price' <> 1000 AS ne, item -> 'price' < 1000 AS lt, item -> 'price' <= 1000 AS le,
  item -> 'price' > 995 AS gt, item -> 'price' >= 99.5 AS ge FROM goods ORDER BY n;
SELECT n, 1000 = item -> 'price' AS eq, 1000 <> item -> 'price' AS ne, 1000 > item -> 'price' AS gt, 1000 >= item -> 'price' AS ge,
  995 < item -> 'price' AS lt, 99.5 <= item -> 'price' AS le FROM goods ORDER BY n;
SELECT n, item -> 'name' = 'Rush'::text AS eq, item -> 'name' <> 'Rush'::text AS ne, item -> 'name' < 'Rush'::text AS lt,
  item -> 'name' <= 'Rush'::varchar AS le, item -> 'name' > 'A'::text AS gt, item -> 'name' >= 'Fight\0Club'::ddb.string AS ge FROM goods ORDER BY n;
SELECT n, 'Rush'::text = item -> 'name' AS eq, 'Rush'::text <> item -> 'name' AS ne, 'Rush'::name > item -> 'name' AS gt,
  'Rush'::text >= item -> 'name' AS ge, 'A'::text < item -> 'name' AS lt, 'Fight\0Club'::ddb.string <= item -> 'name' AS le FROM goods ORDER BY n;
SELECT n, item -> 'ok' = true AS ok, item -> 'ok' <> true AS other, false = item -> 'ok' AS not_ok, false <> item -> 'ok' AS either FROM goods ORDER BY n;
SELECT n FROM goods WHERE item -> 'price' BETWEEN 1 AND 100 OR item -> 'price' IN (7, 1000::bigint) OR item -> 'price' = '{"NULL": true}' ORDER BY n;
SELECT a.n, b.n FROM goods a JOIN (VALUES (1, 1000), (2, 5)) b (n, value) ON a.item -> 'price' = value ORDER BY 1, 2;
SELECT n FROM goods WHERE NOT item -> 'price' < 1000 ORDER BY n;
-- a literal alone is DynamoDB JSON, as beside any attribute value
SELECT n FROM goods WHERE item -> 'name' = '{"S": "Rush"}';
SELECT n FROM goods WHERE item -> 'name' = 'Rush';
-- two attribute values have one order for all
SELECT count(*) FROM goods a JOIN goods b ON a.item -> 'price' < b.item -> 'price';

-- containment: of a map some members, of a list and a set some elements
SELECT n FROM goods WHERE item @> '{"tags": {"SS": ["y"]}}';
SELECT n FROM goods WHERE item @> '{"info": {"M": {"a": {"M": {"c": {"N": "2.0"}}}}}}';
SELECT n FROM goods WHERE item @> '{"parts": {"L": [{"M": {"c": {"NULL": true}}}]}}';
SELECT n FROM goods WHERE '{"price": {"N": "1000"}, "ok": {"BOOL": true}}' <@ item;
SELECT n FROM goods WHERE item @> '{"price": 1000}'::jsonb::ddb.item;
SELECT count(*) FROM goods WHERE item @> '{}';
SELECT count(*) FROM goods WHERE item @> item AND item <@ item;
SELECT item -> 'tags' @> '{"SS": ["x", "z"]}' AS set, item -> 'tags' @> '{"NS": ["1"]}' AS other, item -> 'name' @> '{"S": "Rush"}' AS scalar,
  '{"SS": ["y"]}' <@ (item -> 'tags') AS contained FROM goods WHERE n = 1;
SELECT '{"L": []}'::ddb.attribute_value @> '{"L": []}' AS empty, '{"L": [{"L": [{"N": "1"}]}]}'::ddb.attribute_value @> '{"L": [{"N": "1"}]}' AS deeper,
  '{"L": [{"N": "1"}]}'::ddb.attribute_value @> '{"L": [{"N": "1"}, {"N": "1"}]}' AS twice, '{"N": "1"}'::ddb.attribute_value @> '{"L": []}' AS scalar;

-- casts from json, which are those from jsonb
SELECT '{"n": 1.50, "l": ["a", null], "deep": {"b": true}}'::json::ddb.item, '"text"'::json::ddb.attribute_value, '[1, 1e3]'::json::ddb.attribute_value;
SELECT '{"n": 12345678901234567890123456789012345678, "a": 1, "a": 2}'::json::ddb.item;
\set VERBOSITY terse
SELECT '[1]'::json::ddb.item;
SELECT '{"a": "\u0000"}'::json::ddb.item;
SELECT '{"a": 1e126}'::json::ddb.item;
