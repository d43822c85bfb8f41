#!/bin/bash
# Throws changed files at the readers of DynamoDB JSON, Ion and CSV, plain and
# compressed, for some seconds. Each is read to its end or to where it is broken,
# with no other error; an item that comes out is the same after every way out
# and in again; and the text of an item is the same read with and without a tree.
# FUZZ_SECONDS and FUZZ_SEED change how long and what.
. "$(dirname "$0")/../lib.sh"

seconds=${FUZZ_SECONDS:-5}
seed=${FUZZ_SEED:-$RANDOM}
echo "# seed $seed"

createdb fuzz_item_files
export PGDATABASE=fuzz_item_files
. "$top/test/server/fuzz_bytes.sh"
sql <<'SQL'
CREATE EXTENSION ddb;

-- What the changed ones are made from.
CREATE TABLE items AS SELECT json::ddb.item AS item FROM unnest(ARRAY[
	'{}',
	'{"a":{"S":"x\u0000\ud83d\ude00\"\\"},"b":{"N":"-12.50e-3"},"c":{"B":"AAEC"},"d":{"BOOL":true},"e":{"NULL":true}}',
	'{"m":{"M":{"a":{"L":[{"N":"1"},{"M":{}},{"L":[]},{"SS":["a","b"]}]},"a name":{"S":""}}}}',
	'{"s":{"SS":["b","a",""]},"n":{"NS":["1","-2.5","1e100","1e-130"]},"b":{"BS":["","AA==","AAE=","AAEC"]}}'
]) json;
CREATE TABLE sources AS SELECT row_number() OVER () AS id, * FROM (
	SELECT 'DYNAMODB_JSON' AS format, 'NONE' AS compression, '{}[]:,"\u0SNBMLe-+.1=' AS alphabet, (SELECT ddb.write_items(item) FROM items) AS file UNION ALL
	SELECT 'ION', 'NONE', '{}[]():,"''\x$_/*de-+.1=n' || E'\n', (SELECT ddb.write_items(item, 'ION') FROM items) UNION ALL
	SELECT 'ION', 'NONE', '{}[]():,"''\x$_/*de-+.1=n' || E'\n', convert_to($$[{Item:{a:1_0,'b c':'''long''' /* x */ '''er'''}}, // y
		{Item:{t:$dynamodb_SS::["a", "b\n"],d:2007-01-01T,x:0xFF,s:(a + b),c:{{"clob"}},n:null.int}}]
		$ion_1_0 {Item:{e:"\u00e9\x41\
		",f:-1.5d-3}}$$, 'UTF8') UNION ALL
	SELECT 'CSV', 'NONE', E',"\n\r1.a', convert_to(E'id,n,b\r\n1,2,AAEC\n"a ""b""\n",,\nx,1.5,\n', 'UTF8') UNION ALL
	SELECT 'ION', 'GZIP', 'abc', (SELECT ddb.write_items(item, 'ION', 'GZIP') FROM items) UNION ALL
	SELECT 'DYNAMODB_JSON', 'ZSTD', 'abc', (SELECT ddb.write_items(item, 'DYNAMODB_JSON', 'ZSTD') FROM items)
) made;

-- How many items and bad records a file has; what is not as it should be is an error of its own.
CREATE FUNCTION read_changed(file bytea, format text, compression text, OUT items int, OUT problems int) LANGUAGE plpgsql AS $$
DECLARE
	read record;
BEGIN
	items := 0;
	problems := 0;
	FOR read IN SELECT * FROM ddb.read_items(file, format, compression, key_types => '{"n": "N", "b": "B"}') LOOP
		IF (read.item IS NULL) = (read.problem IS NULL) THEN
			RAISE 'neither an item nor a problem';
		ELSIF read.item IS NULL THEN
			problems := problems + 1;
		ELSIF ddb.item_from_line(ddb.item_to_line(read.item)) = read.item AND
			ddb.item_from_line(ddb.item_to_line(read.item, 'ION'), 'ION') = read.item AND ddb.item_in(ddb.item_out(read.item)) = read.item THEN
			items := items + 1;
		ELSE
			RAISE 'another item: %', read.item;
		END IF;
	END LOOP;
END $$;

CREATE FUNCTION fuzz_files(seconds float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz := clock_timestamp();
	tried int[] := array_fill(0, ARRAY[6]);
	items int := 0;
	problems int := 0;
	broken int := 0;
	source sources;
	file bytea;
	counts record;
BEGIN
	WHILE clock_timestamp() < start + seconds * interval '1 s' LOOP
		SELECT * INTO source FROM sources ORDER BY random() LIMIT 1;
		file := changed(source.file, source.alphabet);
		tried[source.id] := tried[source.id] + 1;
		BEGIN
			SELECT * INTO counts FROM read_changed(file, source.format, source.compression);
			items := items + counts.items;
			problems := problems + counts.problems;
		EXCEPTION WHEN bad_copy_file_format THEN
			broken := broken + 1;
		WHEN OTHERS THEN
			RETURN format('%s %s: %s of %s', SQLSTATE, SQLERRM, source.format, file);
		END;
	END LOOP;
	RAISE NOTICE 'changed files: % with % items, % bad records, % broken', tried, items, problems, broken;
	RETURN CASE WHEN 0 < ALL (tried) AND items > 0 AND problems > 0 AND broken > 0 THEN 'well' ELSE 'nothing tried' END;
END $$;

-- A name with an escape in it is read by the tree, and means the same.
CREATE FUNCTION fuzz_trees(seconds float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz := clock_timestamp();
	json text;
	item ddb.item;
	taken int := 0;
	refused int := 0;
	other text;
BEGIN
	WHILE clock_timestamp() < start + seconds * interval '1 s' LOOP
		BEGIN
			json := substr(convert_from(changed(convert_to(ddb.item_out((SELECT i.item FROM items i ORDER BY random() LIMIT 1))::text, 'UTF8'), '{}[]:,"\u0SNBMLe-+.1='), 'UTF8'), 2);
			other := NULL;
			BEGIN
				item := ddb.item_in(textout('{"z":{"BOOL":true},' || json));
			EXCEPTION WHEN SQLSTATE 'ND002' OR SQLSTATE 'ND003' THEN
				other := SQLERRM;
			END;
			IF ddb.item_in(textout('{"\u007a":{"BOOL":true},' || json)) IS DISTINCT FROM item OR other IS NOT NULL THEN
				RETURN format('differs: %s', json);
			END IF;
			taken := taken + 1;
		EXCEPTION WHEN SQLSTATE 'ND002' OR SQLSTATE 'ND003' THEN
			IF other IS DISTINCT FROM SQLERRM THEN
				RETURN format('refused in other words: %s', json);
			END IF;
			refused := refused + 1;
		WHEN character_not_in_repertoire OR untranslatable_character THEN
			CONTINUE;
		END;
	END LOOP;
	RAISE NOTICE 'changed items: % taken, % refused', taken, refused;
	RETURN CASE WHEN taken > 0 AND refused > 0 THEN 'well' ELSE 'nothing tried' END;
END $$;
SQL

# A crash of one backend ends all the others, so this one tells of it.
sql -c "SELECT pg_sleep($seconds * 1.5)" >/dev/null &
bystander=$!
is "changed files" "$(sql -c "SELECT setseed($seed / 32768.0)" -c "SELECT fuzz_files($seconds)" | tail -n 1)" well
is "items read with and without a tree" "$(sql -c "SELECT setseed($seed / 32768.0)" -c "SELECT fuzz_trees($seconds / 2.0)" | tail -n 1)" well
ok "no backend crashed" wait "$bystander"
