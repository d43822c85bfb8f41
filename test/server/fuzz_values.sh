#!/bin/bash
# Throws changed JSON and changed binary forms at the item types for some
# seconds: each is refused with one of the expected errors, or taken and then
# the same after every way out and in again. FUZZ_SECONDS and FUZZ_SEED change
# how long and what.
. "$(dirname "$0")/../lib.sh"

seconds=${FUZZ_SECONDS:-6}
seed=${FUZZ_SEED:-$RANDOM}
echo "# seed $seed"

createdb fuzz_values
export PGDATABASE=fuzz_values
. "$top/test/server/fuzz_bytes.sh"
sql <<'SQL'
CREATE EXTENSION ddb;
CREATE TABLE received (item ddb.item);

-- What the changed ones are made from.
CREATE TABLE sources AS SELECT row_number() OVER () AS id, json FROM unnest(ARRAY[
	'{}',
	'{"a":{"S":"x\u0000\ud83d\ude00\"\\"},"b":{"N":"-12.50e-3"},"c":{"B":"AAEC"},"d":{"BOOL":true},"e":{"NULL":true}}',
	'{"m":{"M":{"a":{"L":[{"N":"1"},{"M":{}},{"L":[]},{"SS":["a","b"]}]},"fifteen bytes and more":{"S":""}}}}',
	'{"s":{"SS":["b","a",""]},"n":{"NS":["1","-2.5","1e100","1e-130"]},"b":{"BS":["","AA==","AAE=","AAEC"]}}',
	(SELECT ddb.item_out(jsonb_object_agg('k' || i, CASE i % 3 WHEN 0 THEN to_jsonb(i) WHEN 1 THEN to_jsonb(repeat('v', i)) ELSE to_jsonb(ARRAY[i, -i]) END)::ddb.item)::text FROM generate_series(1, 50) i),
	(SELECT ddb.item_out(jsonb_build_object('l', jsonb_agg(i * 1.5))::ddb.item)::text FROM generate_series(1, 100) i)
]) json;

CREATE FUNCTION is_expected(state text) RETURNS boolean LANGUAGE sql AS
	$$ SELECT state IN ('ND002', 'ND003', '22P03', '22021', '22P05', '22023') $$;

-- Every way out and in again; NULL if all is well.
CREATE FUNCTION complaint(given ddb.item) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plain jsonb;
BEGIN
	IF ddb.item_in(ddb.item_out(given)) <> given THEN
		RETURN 'text form';
	END IF;
	IF ddb.item_size(given) NOT BETWEEN 0 AND 409600 THEN
		RETURN 'size';
	END IF;
	BEGIN
		plain := given::jsonb;
	EXCEPTION WHEN untranslatable_character THEN
		RETURN NULL;
	END;
	IF plain::ddb.item::jsonb <> plain THEN
		RETURN 'plain JSON';
	END IF;
	RETURN (SELECT 'attribute ' || name FROM jsonb_object_keys(plain) name WHERE (given -> name)::jsonb <> plain -> name LIMIT 1);
END $$;

CREATE FUNCTION fuzz_json(seconds float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz := clock_timestamp();
	tried int := 0;
	taken int := 0;
	bytes bytea;
	wrong text;
BEGIN
	WHILE clock_timestamp() < start + seconds * interval '1 s' LOOP
		tried := tried + 1;
		SELECT changed(convert_to(json, 'UTF8'), '{}[]:,"\u0SNBMLe-+.1=') INTO bytes FROM sources WHERE id = 1 + below(6);
		BEGIN
			wrong := complaint(ddb.item_in(textout(convert_from(bytes, 'UTF8'))));
			taken := taken + 1;
		EXCEPTION WHEN OTHERS THEN
			wrong := CASE WHEN NOT is_expected(SQLSTATE) THEN SQLSTATE || ' ' || SQLERRM END;
		END;
		IF wrong IS NOT NULL THEN
			RETURN format('%s: %s', wrong, bytes);
		END IF;
	END LOOP;
	RAISE NOTICE '% changed JSON texts, % taken', tried, taken;
	RETURN CASE WHEN taken > 0 AND taken < tried THEN 'well' ELSE 'nothing tried' END;
END $$;

CREATE FUNCTION fuzz_binary(file text, seconds float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz := clock_timestamp();
	tried int := 0;
	taken int := 0;
	bytes bytea;
	wrong text;
BEGIN
	WHILE clock_timestamp() < start + seconds * interval '1 s' LOOP
		tried := tried + 1;
		SELECT changed(ddb.item_send(ddb.item_in(textout(json))), 'aSx0') INTO bytes FROM sources WHERE id = 1 + below(6);
		BEGIN
			EXECUTE format('COPY (SELECT %L::bytea) TO %L (FORMAT binary)', bytes, file);
			DELETE FROM received;
			EXECUTE format('COPY received FROM %L (FORMAT binary)', file);
			SELECT complaint(item) INTO wrong FROM received;
			taken := taken + 1;
		EXCEPTION WHEN OTHERS THEN
			wrong := CASE WHEN NOT is_expected(SQLSTATE) THEN SQLSTATE || ' ' || SQLERRM END;
		END;
		IF wrong IS NOT NULL THEN
			RETURN format('%s: %s', wrong, bytes);
		END IF;
	END LOOP;
	RAISE NOTICE '% changed binary forms, % taken', tried, taken;
	RETURN CASE WHEN taken > 0 AND taken < tried THEN 'well' ELSE 'nothing tried' END;
END $$;

CREATE FUNCTION fuzz_numbers(seconds float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	start timestamptz := clock_timestamp();
	given text;
	number ddb.number;
BEGIN
	WHILE clock_timestamp() < start + seconds * interval '1 s' LOOP
		given := CASE below(3) WHEN 0 THEN '-' WHEN 1 THEN '+' ELSE '' END || repeat('0', below(3)) || substr((random()::numeric * 1e38 + random()::numeric * 1e20)::text, 1, below(45)) ||
			CASE below(3) WHEN 0 THEN '.' || below(100000) ELSE '' END || CASE below(2) WHEN 0 THEN 'e' || below(280) - 140 ELSE '' END;
		BEGIN
			number := ddb.number_in(textout(given));
			IF number::numeric <> given::numeric OR ddb.number_in(ddb.number_out(number)) <> number THEN
				RETURN format('%s became %s', given, number);
			END IF;
		EXCEPTION WHEN OTHERS THEN
			IF SQLSTATE <> 'ND002' THEN
				RETURN format('%s %s: %s', SQLSTATE, SQLERRM, given);
			END IF;
		END;
	END LOOP;
	RETURN 'well';
END $$;
SQL

# A crash of one backend ends all the others, so this one tells of it.
sql -c "SELECT pg_sleep($seconds * 2.33)" >/dev/null &
bystander=$!
file=$(sql -c "SELECT current_setting('data_directory') || '/ddb_fuzz_values'")
is "changed JSON" "$(sql -c "SELECT setseed($seed / 32768.0)" -c "SELECT fuzz_json($seconds)" | tail -n 1)" well
is "changed binary forms" "$(sql -c "SELECT setseed($seed / 32768.0)" -c "SELECT fuzz_binary('$file', $seconds)" | tail -n 1)" well
is "numbers" "$(sql -c "SELECT setseed($seed / 32768.0)" -c "SELECT fuzz_numbers($seconds / 3.0)" | tail -n 1)" well
ok "no backend crashed" wait "$bystander"
