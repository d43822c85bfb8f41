-- ddb.item and ddb.attribute_value: text form, types, sets, nesting, size.

-- All ten types; members are sorted by name, sets by value.
SELECT '{"s":{"S":"text"},"n":{"N":"-1.50"},"b":{"B":"AAEC/w=="},"t":{"BOOL":true},"f":{"BOOL":false},
	"null":{"NULL":true},"m":{"M":{"z":{"S":""},"a":{"N":"0"},"aa":{"M":{}}}},
	"l":{"L":[{"S":"x"},{"L":[]},{"NULL":true},{"BOOL":true},{"B":""}]},
	"ss":{"SS":["b","","a","ab"]},"ns":{"NS":["10","9","-1.5","-1","0"]},"bs":{"BS":["Yg==","","YQ=="]}}'::ddb.item;
SELECT '{}'::ddb.item;
SELECT value::ddb.attribute_value, ddb.attribute_type(value::ddb.attribute_value)
FROM (VALUES ('{"S":""}'), ('{"N":"1e2"}'), ('{"B":""}'), ('{"BOOL":true}'), ('{"BOOL":false}'), ('{"NULL":true}'),
	('{"M":{}}'), ('{"L":[]}'), ('{"SS":[""]}'), ('{"NS":["1"]}'), ('{"BS":[""]}'), ('{"BOOL":"true"}'),
	('{"S":"a","N":null}')) AS v (value);

-- Strings: everything that UTF-8 and JSON can say, U+0000 included.
SELECT '{"S":"\u0000a\u0000"}'::ddb.attribute_value;
SELECT '{"S":"\"\\\/\b\f\n\r\t\u001f\u007f\u00e9\u20ac\ud83d\ude00é€😀"}'::ddb.attribute_value;
SELECT octet_length(ddb.attribute_value_send('{"S":"\u0000\ud83d\ude00"}')) - 1 AS bytes;
SELECT '{"a b\"\n":{"S":"1"},"é😀":{"S":"2"}}'::ddb.item;
SELECT count(*) AS wrong
FROM generate_series(0, 40) before, generate_series(1, 127) character,
	LATERAL (SELECT ('{"S":"' || repeat('x', before) || '\u00' || lpad(to_hex(character), 2, '0') || 'yz"}')) AS t (json)
WHERE json::ddb.attribute_value::text <> repeat('x', before) || chr(character) || 'yz'
	OR ddb.attribute_value_out(json::ddb.attribute_value)::text::jsonb <> json::jsonb;

-- What is no attribute value: the words are AWS's.
CREATE FUNCTION refused(text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN 'taken: ' || ddb.item_out($1::ddb.item)::text;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT given, refused('{"a":' || given || '}')
FROM (VALUES ('{}'), ('null'), ('{"a":""}'), ('{"M":{"a":{}}}'), ('{"L":[{}]}'), ('{"L":[null]}'), ('{"L":[{"a":{}}]}'),
	('{"S":null}'), ('{"NULL":"no"}'), ('{"NULL":false}'), ('{"SS":[]}'), ('{"NS":[]}'), ('{"BS":[]}'),
	('{"SS":["a","b","a"]}'), ('{"BS":["Yg==","Yg=="]}'), ('{"NS":["1","1.0"]}'), ('{"SS":[null]}'),
	('{"S":"","N":""}'), ('{"S":"a","N":""}'), ('{"S":"a","N":"b"}'), ('{"NS":["1",""]}'), ('{"NS":["1","b"]}'),
	('{"S":"a","N":"1"}'), ('{"S":"a","X":"1"}'), ('{"s":"a"}'), ('{"M":{"":{"S":"a"}}}'), ('{"SS":["d","b","c","b","a","d"]}'), ('{"BS":["/w==","AA==","AA=="]}'),
	('{"N":"1e126"}'), ('{"NS":["1e-131"]}')) AS v (given);

-- Wrong JSON types are told of first, wherever they are.
SELECT given, refused('{"bad":{"N":"x"},"a":' || given || '}')
FROM (VALUES ('"23"'), ('true'), ('23'), ('2147483648'), ('34.56'), ('[]'),
	('{"S":true}'), ('{"S":false}'), ('{"S":23}'), ('{"S":34.56}'), ('{"S":[]}'), ('{"S":{}}'), ('{"N":1}'),
	('{"B":true}'), ('{"B":23}'), ('{"B":[]}'), ('{"B":{}}'), ('{"B":"23456"}'), ('{"B":"=+/="}'), ('{"B":"+/+="}'),
	('{"B":"YQ"}'), ('{"B":"YR=="}'), ('{"B":"Y!=="}'), ('{"B":"Y Q="}'), ('{"B":"===="}'), ('{"B":"YQ==YQ=="}'),
	('{"BOOL":"23"}'), ('{"BOOL":23}'), ('{"BOOL":34.56}'), ('{"BOOL":[]}'), ('{"BOOL":{}}'), ('{"NULL":"23"}'),
	('{"SS":"23"}'), ('{"SS":true}'), ('{"SS":{}}'), ('{"SS":[true]}'), ('{"NS":[1]}'), ('{"BS":["1"]}'), ('{"BS":[{}]}'),
	('{"L":"23"}'), ('{"L":{}}'), ('{"L":[1]}'), ('{"L":[[]]}'), ('{"M":"23"}'), ('{"M":[]}'), ('{"M":{"a":1}}'),
	('{"M":{"a":[]}}'), ('{"L":[{"M":{"a":{"BS":[1]}}}]}')) AS v (given);

-- What is no JSON, or would be altered silently.
SELECT left(given, 60), refused(given)
FROM (VALUES (''), (' '), ('{'), ('}'), ('{}}'), ('{} {}'), ('{},'), ('[]'), ('1'), ('"a"'), ('null'), ('nul'), ('NaN'),
	('{"a":{"S":"x"},}'), ('{"a":{"L":[{"S":"é"} , ]}}'), ('{"a":{"L":[,{"S":"x"}]}}'), ('{"a":{"L":[{"S":"x"},,]}}'), ('{,}'), ('{"a":{"S":"x"}'), ('{"a":{"S":"x}}'), ('{"a":{"S":''x''}}'), ('{a:{"S":"x"}}'),
	('{"a":{"S":"x"},"a":{"S":"y"}}'), ('{"a":{"S":"x","S":"y"}}'), ('{"a":{"M":{"b":{"S":"x"},"b":{"S":"x"}}}}'),
	('{"a":{"S":"x"},"\u0061":{"S":"y"}}'), ('{"a\u0000":{"S":"x"}}'), ('{"a":{"S\u0000":"x"}}'), ('{"a":{"S":"\ud800"}}'),
	('{"a":{"S":"\ud800x"}}'), ('{"a":{"S":"\udc00"}}'), ('{"a":{"S":"\ud800\ud800"}}'), ('{"a":{"S":"\x"}}'),
	('{"a":{"S":"\u12"}}'), ('{"a":{"S":"\u12g4"}}'), (E'{"a":{"S":"\t"}}'), (E'{"a":{"S":"\n"}}'), ('{"a":{"S":"\'),
	('{"a":{"S":"\u'), ('/* */ {}'), ('{"a":{"BOOL":TRUE}}'), ('{"a":{"BOOL":tru}}'), ('{"a":01}'), ('{"a":-}'), ('{"a":1.}'),
	('{"a":.5}'), ('{"a":1e}'), ('{"a":{"S":"x"} "b":{"S":"x"}}'), ('{"a"}'), ('{"a":}'), ('{:1}'), (E' \r\n\t{ "a" : { "S" : "x" } } \n'),
	(repeat('[', 1000)), (repeat('{"M":{"a":', 1000)), ('{"a":{"L":[' || repeat('{},', 500000) || '{}]}}')) AS v (given)
\g (format=unaligned tuples_only=on)

-- 32 levels: an attribute's value is the first.
CREATE FUNCTION nested(levels int, opening text, closing text) RETURNS text LANGUAGE sql AS
	$$ SELECT '{"a":' || repeat(opening, levels - 1) || '{"NULL":true}' || repeat(closing, levels - 1) || '}' $$;
SELECT levels, left(refused(nested(levels, '{"M":{"a":', '}}')), 100) AS maps,
	left(refused(nested(levels, '{"L":[', ']}')), 100) AS lists
FROM unnest(ARRAY[1, 31, 32, 33, 100, 127, 128, 1000]) levels;
SELECT refused('{"a":' || repeat('{"L":[', 31) || '{"SS":["x"]}' || repeat(']}', 31) || '}') LIKE 'taken%' AS set_at_32,
	refused('{"a":' || repeat('{"L":[', 31) || '{"L":[]}' || repeat(']}', 31) || '}') LIKE 'taken%' AS list_at_32;

-- Size: names and values, 3 for a list or map and 1 for each of its members.
SELECT item, ddb.item_size(item::ddb.item)
FROM (VALUES ('{}'), ('{"a":{"S":""}}'), ('{"ab":{"S":"é"}}'), ('{"a":{"B":"AAEC"}}'), ('{"a":{"BOOL":true}}'),
	('{"a":{"NULL":true}}'), ('{"a":{"N":"0"}}'), ('{"a":{"N":"1"}}'), ('{"a":{"N":"-1"}}'), ('{"a":{"N":"1234567"}}'),
	('{"a":{"N":"12345678"}}'), ('{"a":{"N":"1000"}}'), ('{"a":{"N":"1.5"}}'), ('{"a":{"M":{}}}'), ('{"a":{"L":[]}}'),
	('{"a":{"M":{"b":{"S":"c"}}}}'), ('{"a":{"L":[{"S":"c"},{"NULL":true}]}}'), ('{"a":{"SS":["x","yz"]}}'),
	('{"a":{"NS":["1","-2"]}}'), ('{"a":{"BS":["AAEC"]}}')) AS v (item);

-- At most 400 KB of it.
CREATE FUNCTION of_size(rest text, used int) RETURNS text LANGUAGE sql AS
	$$ SELECT left(refused('{"a":{"S":"0123456789"},"b":{"S":"' || repeat('a', 409600 - 10 - used) || '"}' || rest || '}'), 100) $$;
SELECT 'strings' AS item, of_size('', 1) AS too_big, of_size('', 2) AS taken
UNION ALL SELECT 'three', of_size(',"ccc":{"S":"cc"}', 6), of_size(',"ccc":{"S":"cc"}', 7)
UNION ALL SELECT digits || ' digits', of_size(number, 2 + size), of_size(number, 3 + size)
FROM (SELECT digits, 1 + (digits + 1) / 2 AS size,
		',"c":{"N":"' || repeat('1', digits) || repeat('0', 126 - digits) || '"}' AS number
	FROM unnest(ARRAY[1, 2, 5, 6, 7, 38]) digits) n;

-- Long names, and more members than a group of the packed form holds.
SELECT refused('{"' || repeat('n', length) || '":{"S":"x"}}') LIKE 'taken%' AS taken
FROM unnest(ARRAY[14, 15, 16, 142, 143, 65535, 65536]) length;
SELECT count(*) AS wrong
FROM unnest(ARRAY[0, 1, 2, 15, 16, 17, 31, 32, 33, 100, 1000]) members, unnest(ARRAY[1, 5, 250, 300]) width,
	LATERAL (SELECT jsonb_object_agg('k' || i, repeat('v', width) || i) AS map, jsonb_agg(i * 3) AS list
		FROM generate_series(1, members) i) AS j,
	LATERAL (SELECT coalesce(map, '{}')::ddb.item AS item, jsonb_build_object('l', coalesce(list, '[]'))::ddb.item AS list_item) AS p
WHERE item::jsonb <> coalesce(map, '{}') OR list_item::jsonb -> 'l' <> coalesce(list, '[]')
	OR (SELECT count(*) FROM generate_series(1, members) i WHERE item ->> ('k' || i) = repeat('v', width) || i) <> members
	OR (SELECT count(*) FROM generate_series(1, members) i WHERE (list_item -> 'l' ->> (i - 1))::int = i * 3) <> members
	OR item ? 'k' OR item ? '' OR item ? ('k' || members + 1) OR item ? 'z' OR list_item -> 'l' -> members IS NOT NULL;

DROP FUNCTION refused, nested, of_size;
