-- Items and their values where PostgreSQL makes JSON of rows.
CREATE TABLE json_items AS SELECT
  '{"n": {"N": "1.50"}, "s": {"S": "a\"b\u00e9"}, "m": {"M": {"l": {"L": [{"BOOL": true}, {"NULL": true}]}}}, "ns": {"NS": ["2", "1"]}, "b": {"B": "AAE="}}'::ddb.item AS item;
SELECT item::json FROM json_items;
SELECT item::json::jsonb = item::jsonb AS equal FROM json_items;
SELECT to_jsonb(t) FROM json_items t;
SELECT json_agg(item -> 'm') FROM json_items;
SELECT to_jsonb(item -> 'n') AS n, jsonb_build_object('v', item -> 'm' -> 'l' -> 1) AS l FROM json_items;
-- json can say U+0000
SELECT '{"s": {"S": "a\u0000b"}}'::ddb.item::json;

-- integers as attribute values
SELECT 5::ddb.attribute_value, (-5000000000)::ddb.attribute_value, 5.50::ddb.attribute_value, 2147483648::ddb.attribute_value;
SELECT item FROM json_items WHERE item #> 'ns' <> 1::ddb.attribute_value AND item -> 'n' > 1::ddb.attribute_value;

-- min and max of key columns follow DynamoDB's order, whatever search_path is
CREATE TABLE json_keys (s ddb.string, n ddb.number, b ddb.binary);
INSERT INTO json_keys VALUES ('B', 10, '\x01'), ('a', 9, '\xff'), ('é', -1, '\x0100');
SET search_path = public;
SELECT max(s), min(s), max(n), min(n), max(b), min(b), pg_typeof(max(s)), pg_typeof(max(n)), pg_typeof(max(b)) FROM json_keys;
RESET search_path;

-- whatever a person may call tells of itself in \df+ and \do+
SELECT count(*) FROM pg_proc p
WHERE pronamespace = 'ddb'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
  AND (prosrc = 'ddb_operation' OR proname IN ('attribute', 'attribute_text', 'path', 'path_text', 'element', 'element_text',
    'attribute_exists', 'attribute_type', 'item_size', 'hash', 'string_key', 'number_key', 'binary_key', 'attribute_value_from_text'));
DROP TABLE json_items, json_keys;

-- whatever is escaped, and wherever it stands
DO $$
DECLARE
  plain jsonb;
  escaped text;
BEGIN
  FOR length IN 1..40 LOOP
    FOR at IN 1..length LOOP
      FOREACH escaped IN ARRAY ARRAY['"', chr(92), chr(1), chr(9), chr(31), chr(92) || '"'] LOOP
        plain := jsonb_build_object('s', jsonb_build_object('S', overlay(repeat('x', length) PLACING escaped FROM at FOR 1)));
        ASSERT plain::text::ddb.item::text::jsonb = plain, plain::text;
      END LOOP;
    END LOOP;
  END LOOP;
END $$;
