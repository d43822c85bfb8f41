-- The binary form: send and receive, and everything that is no value refused.
SET client_min_messages = warning;
CREATE TABLE received (item ddb.item);
CREATE TABLE received_values (v ddb.attribute_value);
CREATE TABLE received_keys (s ddb.string, n ddb.number, b ddb.binary);
SELECT current_setting('data_directory') || '/ddb_value_binary' AS file \gset

-- Gives bytes to a type's receive function, as a hostile client could.
CREATE FUNCTION receive(bytes bytea, target text, source text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('COPY (SELECT %L::bytea) TO %L (FORMAT binary)', bytes, source);
	EXECUTE format('COPY %s FROM %L (FORMAT binary)', target, source);
	RETURN 'taken';
EXCEPTION WHEN invalid_binary_representation OR character_not_in_repertoire OR SQLSTATE 'ND002' THEN
	RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- What was sent is received.
CREATE TABLE sent (item ddb.item);
INSERT INTO sent VALUES ('{}'), ('{"a":{"S":"\u0000"}}'),
	('{"s":{"S":"text é"},"n":{"N":"-1.50"},"p":{"N":"12345678901234567890123456789012345678"},"z":{"N":"0"},"b":{"B":"AAEC/w=="},"t":{"BOOL":true},"f":{"BOOL":false},"null":{"NULL":true},
	"m":{"M":{"z":{"S":""},"a":{"N":"0"},"a name longer than fifteen bytes":{"M":{}}}},"l":{"L":[{"S":"x"},{"L":[]},{"NULL":true},{"BOOL":true},{"B":""}]},
	"ss":{"SS":["b","","a","ab"]},"ns":{"NS":["10","9","-1.5","-1","0"]},"bs":{"BS":["Yg==","","YQ=="]}}');
INSERT INTO sent SELECT jsonb_object_agg('k' || i, repeat('v', i * 3))::ddb.item FROM generate_series(1, 40) i;
INSERT INTO sent SELECT jsonb_build_object('l', jsonb_agg(i), 'w', repeat('w', 300), 'x', 'x')::ddb.item FROM generate_series(1, 33) i;
SELECT receive(ddb.item_send(item), 'received', :'file') FROM sent;
SELECT receive(ddb.item_send(item), 'received_values', :'file') FROM sent;
SELECT count(*) FROM sent JOIN received USING (item) WHERE sent.item::text = received.item::text;
SELECT count(*) FROM sent JOIN received_values ON item::ddb.attribute_value = v;

-- Bytes that are no item, or no canonical one.
SELECT what, receive(bytes, 'received', :'file')
FROM (VALUES ('nothing', '\x'::bytea), ('a byte', '\x00'), ('another version', '\x2600'), ('a string', '\x1078'), ('unknown type', '\x1f00'), ('a list', '\x1700'), ('no count', '\x16'),
	('an empty map', '\x1600'), ('empty with width', '\x1601'), ('empty and more', '\x160000'), ('count beyond the end', '\x1604'), ('count of 5 bytes', '\x16fcffffff0f'), ('endless count', '\x16ffffffffffff'),
	('padded count', '\x168000'), ('one entry', '\x1604016178'), ('one with width', '\x1605016178'), ('name beyond the end', '\x16040261'), ('long name, short', '\x16040f0061'),
	('name of 15', '\x16040f00616263646566676869616a6b6c6d6e78'), ('huge name', '\x16040fffffffff0f'), ('unknown tag', '\x1604b16178'), ('name not UTF-8', '\x160401ff78'), ('U+0000 in a name', '\x1604010078'),
	('two entries', '\x160902016101627a'), ('two, wide table', '\x160a0200016101627a'), ('two, no table', '\x1608016101627a'), ('disorder', '\x160902016201617a'), ('doubled', '\x160902016101617a'), ('entry beyond the end', '\x1609ff0161'),
	('empty entry', '\x1609000161'), ('string not UTF-8', '\x16040161ff'), ('cut UTF-8', '\x16040161e282'), ('U+0000 in a string', '\x16040161610062'), ('surrogate', '\x16040161eda080'),
	('boolean', '\x16043161'), ('boolean with bytes', '\x1604316101'), ('null with bytes', '\x1604516101'),
	('number', '\x16041161c102'), ('zero', '\x1604116180'), ('no number', '\x16041161'), ('number without digits', '\x16041161c1'), ('leading zero', '\x16041161c10102'), ('trailing zero', '\x16041161c10201'),
	('digit too large', '\x16041161c165'), ('negative without end', '\x160411613d64'), ('negative', '\x160411613d6466'), ('39 digits', '\x16041161c10c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c'),
	('40 digits and more', '\x16041161c10c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c'),
	('empty set', '\x1604816100'), ('set', '\x160481610461'), ('set in disorder', '\x1604816109016261'), ('doubled set', '\x1604816109016161'), ('set of bad numbers', '\x1604916104c1'),
	('list', '\x16047161040061'), ('list without tag', '\x1604716104'), ('list of unknown', '\x16047161040b')) v (what, bytes);
SELECT what, receive(bytes, 'received_values', :'file')
FROM (VALUES ('true', '\x14'::bytea), ('true with bytes', '\x1401'), ('null', '\x15'), ('null with bytes', '\x1500'), ('string', '\x10c3a9'), ('string not UTF-8', '\x10c3'), ('number', '\x11c102'), ('no number', '\x11')) v (what, bytes);

-- 17 entries have an anchor, which must be right.
SELECT what, receive(bytes, 'received_values', :'file')
FROM (SELECT ddb.attribute_value_send(jsonb_agg(true)::ddb.attribute_value) AS sent FROM generate_series(1, 17)) s,
	LATERAL (VALUES ('as sent', sent), ('anchor', set_byte(sent, 2, 15)), ('length', set_byte(sent, 8, 2)), ('cut', substr(sent, 1, length(sent) - 1)), ('longer', sent || '\x04')) v (what, bytes);

-- Deeper or larger than DynamoDB allows.
CREATE FUNCTION nested_list(levels int) RETURNS bytea LANGUAGE sql AS
	$$ SELECT decode(repeat('0407', levels - 1) || '00', 'hex') $$;
SELECT levels, receive('\x17'::bytea || nested_list(levels), 'received_values', :'file') AS value, receive('\x16047161'::bytea || nested_list(levels), 'received', :'file') AS item
FROM unnest(ARRAY[1, 2, 31, 32, 33, 34, 1000, 100000]) levels;
SELECT receive('\x16040161'::bytea || convert_to(repeat('x', length), 'UTF8'), 'received', :'file') FROM unnest(ARRAY[409599, 409600]) length;

-- A changed byte makes an error or another value that is as canonical.
CREATE FUNCTION mutations(file text, OUT tried int, OUT taken int, OUT wrong int) LANGUAGE plpgsql AS $$
DECLARE
	original bytea;
	changed bytea;
BEGIN
	tried := 0;
	TRUNCATE received;
	FOR original IN SELECT ddb.item_send(item) FROM sent LOOP
		FOR i IN 1 .. 250 LOOP
			changed := set_byte(original, abs(hashint4(i)) % length(original), abs(hashint4(-i)) % 256);
			IF i % 3 = 0 THEN
				changed := substr(changed, 1, abs(hashint4(i * 7)) % (length(original) + 1));
			END IF;
			PERFORM receive(changed, 'received', file);
			tried := tried + 1;
		END LOOP;
	END LOOP;
	SELECT count(*), count(*) FILTER (WHERE ddb.item_in(ddb.item_out(item)) <> item) INTO taken, wrong FROM received;
END $$;
SELECT tried, taken BETWEEN 100 AND tried - 100 AS some_taken, wrong FROM mutations(:'file');

-- Key types.
SELECT what, receive(bytes, 'received_keys (' || "column" || ')', :'file')
FROM (VALUES ('s', 'string', '\x6100c3a9'::bytea), ('s', 'empty', '\x'), ('s', 'not UTF-8', '\xff'), ('n', 'number', '\xc102'), ('n', 'no number', '\xc101'), ('n', 'nothing', '\x'), ('b', 'binary', '\x00ff')) v ("column", what, bytes);
SELECT * FROM received_keys;
SELECT ddb.string_send('a\0'), ddb.number_send(-1), ddb.binary_send('\x00ff');

DROP TABLE received, received_values, received_keys, sent;
DROP FUNCTION receive, nested_list, mutations;

-- What is stored has its form's mark, too: what a later version has written is refused, and not misread.
CREATE CAST (bytea AS ddb.item) WITHOUT FUNCTION;
CREATE TABLE later (item ddb.item);
INSERT INTO later SELECT ('\x26'::bytea || '\x00'::bytea)::ddb.item;
SELECT item FROM later;
SELECT item -> 'a' FROM later;
SELECT item::jsonb FROM later;
DROP TABLE later;
DROP CAST (bytea AS ddb.item);
-- the server's folder is as it was
COPY (SELECT WHERE false) TO PROGRAM 'rm ddb_value_binary';
