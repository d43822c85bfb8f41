#!/bin/bash
# However long a file is and whatever it unpacks to, reading it takes no more memory.
. "$(dirname "$0")/../lib.sh"

createdb item_files_memory
export PGDATABASE=item_files_memory
sql -c 'CREATE EXTENSION ddb'

# reading NAME FORMAT: how many records and items such a file has, and whether the backend has grown by less than limit.
limit=65536
reading() {
	sql -v limit="$limit" -v file="$DDB_WORK/$1" -v format="$2" <<'SQL'
SET work_mem = '4MB';
CREATE FUNCTION pg_temp.peak() RETURNS bigint LANGUAGE sql AS
	$$ SELECT substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\s+([0-9]+) kB')::bigint $$;
SELECT count(item) FROM ddb.read_items(convert_to('{"Item":{}}', 'UTF8'));
SELECT pg_temp.peak() AS before \gset
\unset ON_ERROR_STOP
SELECT count(*), count(item) FROM ddb.read_items(pg_read_binary_file(:'file'), :'format', 'GZIP');
\if :ERROR
	\echo :LAST_ERROR_MESSAGE
\endif
SELECT CASE WHEN pg_temp.peak() - :before < :limit THEN 'flat' ELSE pg_temp.peak() - :before || ' kB' END;
SQL
}

# repeated LINE COUNT FILE: the line so many times, packed.
repeated() {
	(yes "$1" 2>/dev/null || true) | head -n "$2" | gzip -1 >"$DDB_WORK/$3"
}

kilobyte=$(printf '%1000s' '' | tr ' ' x)
repeated "{\"Item\":{\"id\":{\"N\":\"1\"},\"text\":{\"S\":\"$kilobyte\"}}}" 100000 json.gz
is "100 MB of items in DynamoDB JSON" "$(reading json.gz DYNAMODB_JSON 2>&1 | tail -n 2)" $'100000|100000\nflat'
repeated "\$ion_1_0 {Item:{id:1.,text:\"$kilobyte\",a:[1,2,\"\\n\"]}}" 100000 ion.gz
is "100 MB of Ion" "$(reading ion.gz ION 2>&1 | tail -n 2)" $'100000|100000\nflat'
repeated "$kilobyte,\"\"\"\"" 100000 csv.gz
is "100 MB of CSV" "$(reading csv.gz CSV 2>&1 | tail -n 2)" $'99999|99999\nflat'
repeated "{\"Item\":{\"id\":{\"N\":\"$kilobyte\"}}}" 100000 bad.gz
is "100 MB of bad items" "$(reading bad.gz DYNAMODB_JSON 2>&1 | tail -n 2)" $'100000|0\nflat'
repeated "$(printf '%1000000s' '')" 1000 blank.gz
is "1 GB of nothing, from a file of a few MB" "$(reading blank.gz DYNAMODB_JSON 2>&1 | tail -n 2)" $'0|0\nflat'
head -c 1G /dev/zero | gzip -1 >"$DDB_WORK/endless.gz"
for format in DYNAMODB_JSON ION CSV; do
	like "a record of 1 GB, $format" "$(reading endless.gz "$format" 2>&1 | tail -n 2 | tr '\n' ' ')" 'the file cannot be read from record 1 on: .* flat $'
done

# many TEXT BEFORE: a file of the text five million times, behind what stands before it.
many() {
	(printf '%s' "$2" && (yes "$1" 2>/dev/null || true) | head -n 5000000 | tr -d '\n') | gzip -1 >"$DDB_WORK/many.gz"
}
many '[],' '$ion_1_0 {Item:{a:['
like "a record of five million lists" "$(limit=131072 reading many.gz ION 2>&1 | tail -n 2 | tr '\n' ' ')" 'the file cannot be read from record 1 on: .* flat $'
many '"\n",' '$ion_1_0 {Item:{a:['
like "one of five million strings with escapes" "$(limit=131072 reading many.gz ION 2>&1 | tail -n 2 | tr '\n' ' ')" 'the file cannot be read from record 1 on: .* flat $'
many ',' ''
like "a row of five million columns" "$(reading many.gz CSV 2>&1 | tail -n 2 | tr '\n' ' ')" 'the file cannot be read from record 1 on: The header has 5000001 columns, more than any item has attributes flat $'
