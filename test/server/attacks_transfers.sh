#!/bin/bash
# Exports and imports under attack: roles and rights that change under them, tables and buckets that are changed
# meanwhile, names that lead elsewhere, links that come and go, and files that nobody would send.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
new_cluster cluster <<'END'
max_worker_processes = 20
END
sql -c 'CREATE DATABASE attacked'
PGDATABASE=attacked
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE SERVER "bucket" FOREIGN DATA WRAPPER ddb_bucket;
CREATE ROLE mallory;
GRANT CREATE ON SCHEMA dynamodb TO mallory;
GRANT USAGE ON FOREIGN SERVER bucket TO mallory;
CREATE FUNCTION make(name text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.create_table(jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "N"}]'::jsonb, 'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::jsonb))
		::jsonb #>> '{TableDescription,TableName}'
$$;
CREATE FUNCTION fill(name text, count integer) RETURNS bigint LANGUAGE sql AS $$
	SELECT count(ddb.put_item(jsonb_build_object('TableName', name, 'Item', jsonb_build_object('k', jsonb_build_object('N', i::text),
		'text', jsonb_build_object('S', repeat(md5(i::text), 10)))))) FROM generate_series(1, count) i
$$;
CREATE FUNCTION export(name text, more text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.export_table_to_point_in_time(jsonb_build_object('TableArn', 'arn:aws:dynamodb:us-east-1:000000000000:table/' || name,
		'S3Bucket', 'bucket') || more::jsonb)::jsonb->'ExportDescription'->>'ExportArn'
$$;
CREATE FUNCTION exported(arn text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', d->>'ExportStatus', d->>'ItemCount', d->>'FailureCode') FROM (SELECT ddb.describe_export(json_build_object('ExportArn', arn))::jsonb->'ExportDescription' d) x
$$;
CREATE FUNCTION import(name text, prefix text, more text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.import_table(jsonb_build_object('S3BucketSource', jsonb_build_object('S3Bucket', 'bucket', 'S3KeyPrefix', prefix), 'InputFormat', 'DYNAMODB_JSON',
		'TableCreationParameters', jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
			'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "N"}, {"AttributeName": "g", "AttributeType": "S"}]'::jsonb,
			'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::jsonb,
			'GlobalSecondaryIndexes', '[{"IndexName": "ByG", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]'::jsonb))
		|| more::jsonb)::jsonb->'ImportTableDescription'->>'ImportArn'
$$;
CREATE FUNCTION imported(arn text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', d->>'ImportStatus', d->>'ProcessedItemCount', d->>'ImportedItemCount', d->>'ErrorCount', d->>'FailureCode')
		FROM (SELECT ddb.describe_import(json_build_object('ImportArn', arn))::jsonb->'ImportTableDescription' d) x
$$;
-- Whoever runs code of mallory's is noted here.
CREATE TABLE victims (name text);
GRANT INSERT ON victims TO PUBLIC;
SQL
q() {
	sql -c "$1" 2>&1 || true
}
# export_of / import_of ARN: waits, and shows what has come of it.
export_of() {
	wait_until "SELECT exported('$1') NOT LIKE 'IN_PROGRESS%'" >&2 || true
	q "SELECT exported('$1')"
}
import_of() {
	wait_until "SELECT imported('$1') NOT LIKE 'IN_PROGRESS%'" >&2 || true
	q "SELECT imported('$1')"
}
# put KEY: what comes from standard input becomes an object, put there by other means.
put() {
	as_server_user sh -c "mkdir -p '$cluster/buckets/bucket/$(dirname "$1")' && cat >'$cluster/buckets/bucket/$1'"
}
# exported_after / imported_after STATEMENT...: mallory asks; what the statements do is done before the job begins.
exported_after() {
	local arguments=() statement
	for statement in "$@"; do arguments+=(-c "$statement"); done
	export_of "$(sql -c BEGIN -c 'SET LOCAL ROLE mallory' -c "SELECT export('Mine')" -c 'RESET ROLE' "${arguments[@]}" -c COMMIT | sed -n 1p)"
}
imported_after() {
	local name=$1 arguments=() statement
	shift
	for statement in "$@"; do arguments+=(-c "$statement"); done
	import_of "$(sql -c BEGIN -c 'SET LOCAL ROLE mallory' -c "SELECT import('$name', 'plain/')" "${arguments[@]}" -c 'RESET ROLE' -c COMMIT | sed -n 1p)"
}

sql -o /dev/null -c 'SET ROLE mallory' -c "SELECT make('Mine')" -c 'RESET ROLE' -c "SELECT make('Other')" -c "SELECT fill('Mine', 100), fill('Other', 3)"
seq 2000 | sed 's/.*/{"Item":{"k":{"N":"&"},"g":{"S":"g"}}}/' | put plain/1

echo "# what changes between the request and the job"
is "nothing" "$(exported_after)" 'COMPLETED 100'
is "no USAGE any more" "$(exported_after 'REVOKE USAGE ON FOREIGN SERVER bucket FROM mallory')" 'FAILED S3AccessDenied'
sql -c 'GRANT USAGE ON FOREIGN SERVER bucket TO mallory'
is "policies for whoever is no owner" "$(exported_after 'ALTER TABLE dynamodb."Mine" OWNER TO CURRENT_USER' 'GRANT SELECT ON dynamodb."Mine" TO mallory' 'ALTER TABLE dynamodb."Mine" ENABLE ROW LEVEL SECURITY')" 'FAILED S3AccessDenied'
is "nor are they passed by at once" "$(q "SET ROLE mallory; SELECT export('Mine')" | grep -c AccessDeniedException)" 1
sql -c 'ALTER TABLE dynamodb."Mine" DISABLE ROW LEVEL SECURITY' -c 'REVOKE SELECT ON dynamodb."Mine" FROM mallory' -c 'GRANT SELECT (item) ON dynamodb."Mine" TO mallory'
like "a right to a column is none to the table" "$(q "SET ROLE mallory; SELECT export('Mine')")" 'AccessDeniedException'
sql -c 'ALTER TABLE dynamodb."Mine" OWNER TO mallory' -c 'REVOKE SELECT (item) ON dynamodb."Mine" FROM mallory'
is "policies that are forced on the owner" "$(exported_after 'ALTER TABLE dynamodb."Mine" ENABLE ROW LEVEL SECURITY' 'ALTER TABLE dynamodb."Mine" FORCE ROW LEVEL SECURITY')" 'FAILED S3AccessDenied'
sql -c 'ALTER TABLE dynamodb."Mine" DISABLE ROW LEVEL SECURITY' -c 'ALTER TABLE dynamodb."Mine" NO FORCE ROW LEVEL SECURITY'
is "another name of the role" "$(exported_after 'ALTER ROLE mallory RENAME TO oscar')" 'COMPLETED 100'
sql -c 'ALTER ROLE oscar RENAME TO mallory'
is "no bucket any more" "$(exported_after 'DROP SERVER bucket')" 'FAILED S3NoSuchBucket'
sql -c 'CREATE SERVER "bucket" FOREIGN DATA WRAPPER ddb_bucket' -c 'GRANT USAGE ON FOREIGN SERVER bucket TO mallory'
is "another owner of the bucket, who may make none" "$(exported_after 'ALTER SERVER bucket OWNER TO mallory')" 'FAILED S3AccessDenied'
sql -c 'ALTER SERVER bucket OWNER TO CURRENT_USER' -c 'GRANT USAGE ON FOREIGN SERVER bucket TO mallory'
is "another table of the same name is not exported" "$(exported_after 'DROP TABLE dynamodb."Mine"' "SELECT make('Mine')" "SELECT fill('Mine', 7)")" 'FAILED TableNotFound'
sql -c 'ALTER TABLE dynamodb."Mine" OWNER TO mallory'
is "columns and constraints of the owner's" "$(exported_after 'ALTER TABLE dynamodb."Mine" ADD COLUMN more integer NOT NULL DEFAULT 1, ADD CHECK (more > 0)')" 'COMPLETED 7'
is "a new file of the relation" "$(exported_after 'ALTER TABLE dynamodb."Mine" SET UNLOGGED')" 'COMPLETED 7'

echo "# code of the owner's on a table that is imported"
sql -o /dev/null -c 'SET ROLE mallory' -c 'CREATE SCHEMA IF NOT EXISTS mallory' 2>/dev/null || sql -c 'CREATE SCHEMA mallory AUTHORIZATION mallory'
sql -o /dev/null <<'SQL'
SET ROLE mallory;
CREATE FUNCTION mallory.note() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.victims VALUES (current_user); RETURN 1; END $$;
CREATE FUNCTION mallory.note(ddb.item) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN INSERT INTO public.victims VALUES (current_user); RETURN 1; END $$;
CREATE FUNCTION mallory.note_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.victims VALUES (current_user); RETURN NEW; END $$;
SQL
trigger='CREATE TRIGGER note BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION mallory.note_row()'
number=0
# touched WHAT STATEMENT...: what it does to the table, %t, or its index, %i, ends the import, and nobody has run mallory's code but mallory.
touched() {
	local what=$1 name statements=() statement
	shift
	number=$((number + 1))
	name=Touched$number
	for statement in "$@"; do
		statement=${statement//%t/dynamodb.\"$name\"}
		statements+=("${statement//%i/dynamodb.\"$name/ByG\"}")
	done
	like "$what" "$(imported_after "$name" "${statements[@]}")" '^(FAILED 0 0 0 UNKNOWN|COMPLETED 2000 2000 0)$'
	is "and nobody runs it" "$(sql -c "SELECT count(*) FROM victims WHERE name <> 'mallory'")" 0
}
touched "a default" 'ALTER TABLE %t ADD COLUMN more integer DEFAULT mallory.note()'
touched "a constraint" 'ALTER TABLE %t ADD CHECK (mallory.note(item) > 0)'
touched "a constraint that is not valid yet" 'ALTER TABLE %t ADD CHECK (mallory.note(item) > 0) NOT VALID'
touched "NOT NULL that holds for no item" 'ALTER TABLE %t ADD COLUMN more integer NOT NULL'
touched "a trigger" "${trigger//%s/%t}"
touched "a trigger that always fires" "${trigger//%s/%t}" 'ALTER TABLE %t ENABLE ALWAYS TRIGGER note'
touched "an index of an expression" 'CREATE INDEX ON %t (mallory.note(item))'
touched "an index with a condition" 'CREATE INDEX ON %t (k) WHERE mallory.note(item) > 0'
touched "a rule" 'CREATE RULE note AS ON INSERT TO %t DO ALSO INSERT INTO public.victims VALUES (current_user)'
touched "a generated column" 'ALTER TABLE %t ADD COLUMN more integer GENERATED ALWAYS AS (mallory.note(item)) STORED'
touched "policies" 'ALTER TABLE %t ENABLE ROW LEVEL SECURITY' 'ALTER TABLE %t FORCE ROW LEVEL SECURITY' 'CREATE POLICY note ON %t WITH CHECK (mallory.note(item) > 0)'
touched "an index's relation with a trigger" "${trigger//%s/%i}"
touched "an index's relation with an index" 'CREATE INDEX ON %i (mallory.note(item))'
touched "another owner" 'ALTER TABLE %t OWNER TO mallory'
touched "rows of his own" "INSERT INTO %t (item) VALUES ('{\"k\": {\"N\": \"1\"}}')"

echo "# what changes in the middle"
seq 40000 | sed 's/.*/{"Item":{"k":{"N":"&"},"g":{"S":"g"}}}/' | put many/1
# middle NAME: an import of many by mallory, which is at work.
middle() {
	arn=$(sql -c 'SET ROLE mallory' -c "SELECT import('$1', 'many/')")
	wait_until "SELECT imported('$arn') !~ '^IN_PROGRESS 0 '"
}
middle Triggered
sql -c 'SET ROLE mallory' -c "${trigger//%s/dynamodb.\"Triggered\"}"
like "a trigger" "$(import_of "$arn")" '^(FAILED [0-9]+ [0-9]+ 0 UNKNOWN|COMPLETED 40000 40000 0)$'
is "whom nobody runs" "$(sql -c "SELECT count(*) FROM victims WHERE name <> 'mallory'")" 0
middle Dropped
sql -c 'SET ROLE mallory' -c 'DROP TABLE dynamodb."Dropped"'
like "no table" "$(import_of "$arn")" '^CANCELLED '
middle Renamed
sql -c 'SET ROLE mallory' -c 'ALTER TABLE dynamodb."Renamed" RENAME TO "Elsewhere"' 2>/dev/null || true
like "another name of the relation" "$(import_of "$arn")" '^(FAILED [0-9]+ [0-9]+ 0 UNKNOWN|COMPLETED 40000 40000 0)$'
middle Written
sql -c 'SET ROLE mallory' -c "UPDATE dynamodb.\"Written\" SET item = '{\"k\": {\"N\": \"5\"}, \"g\": {\"S\": \"mine\"}}' WHERE k = 5" -c 'DELETE FROM dynamodb."Written" WHERE k < 5'
is "writes of the owner's by SQL" "$(import_of "$arn")" 'COMPLETED 40000 40000 0'
is "leave an index that agrees" "$(sql -c "SELECT count(*) FROM ddb.check_indexes('Written')")" 0
middle Bucketless
sql -c 'DROP SERVER bucket'
like "no bucket" "$(import_of "$arn")" '^(FAILED [0-9]+ [0-9]+ 0 S3NoSuchBucket|COMPLETED 40000 40000 0)$'
sql -c 'CREATE SERVER "bucket" FOREIGN DATA WRAPPER ddb_bucket' -c 'GRANT USAGE ON FOREIGN SERVER bucket TO mallory'
middle Cut
as_server_user truncate -s 1000 "$cluster/buckets/bucket/many/1"
like "a file that gets shorter while it is read" "$(import_of "$arn")" '^(FAILED [0-9]+ [0-9]+ [1-9][0-9]* ItemValidationError|COMPLETED 40000 40000 0)$'

echo "# names"
mkdir "$cluster/outside"
[ "$(id -u)" -ne 0 ] || chown "$server_user" "$cluster/outside"
for prefix in .. ../outside a/../.. a/../b . ./a a/./b /a //a a//b / a/..; do
	like "a prefix such as $prefix" "$(q "SELECT export('Other', '{\"S3Prefix\": \"$prefix\"}')")" 'ValidationException: Invalid S3Prefix'
	import=$(q "SELECT import('Nowhere', '$prefix')")
	[[ $import == arn:* ]] && import=$(import_of "$import")
	like "and in an import" "$import" 'ValidationException|^FAILED 0 0 0 |^COMPLETED 0 0 0$'
	[[ $import == *ValidationException* ]] || q "SELECT ddb.delete_table('{\"TableName\": \"Nowhere\"}')" >/dev/null
done
like "a prefix with a line break" "$(q "SELECT export('Other', '{\"S3Prefix\": \"a\\nb\"}')")" 'ValidationException: '
like "one with U+0000" "$(q "SELECT ddb.export_table_to_point_in_time('{\"TableArn\": \"arn:aws:dynamodb:us-east-1:000000000000:table/Other\", \"S3Bucket\": \"bucket\", \"S3Prefix\": \"a\\u0000b\"}')")" 'ValidationException: '
long=$(printf 'x%.0s' {1..200})
like "a prefix behind which no file's key has room" "$(q "SELECT export('Other', '{\"S3Prefix\": \"$long/$long/$long/$long/$long\"}')")" 'ValidationException: Invalid S3Prefix'
is "a name in it that no file can have" "$(export_of "$(q "SELECT export('Other', '{\"S3Prefix\": \"$long$long\"}')")")" 'FAILED UNKNOWN'
is "a prefix where unfinished files lie" "$(export_of "$(q "SELECT export('Other', '{\"S3Prefix\": \".ddb-unfinished/a\"}')")")" 'FAILED UNKNOWN'
is "a prefix of all letters" "$(export_of "$(q "SELECT export('Other', '{\"S3Prefix\": \"ü/日本 \$(touch x);*?[a]~ 😀\"}')")")" 'COMPLETED 3'
for bucket in '' .. ../outside /etc a/b 'bucket/../..' bucket/ 'Bucket' '.bucket' "$long$long"; do
	like "no bucket: ${bucket:0:20}" "$(q "SELECT export('Other', '{\"S3Bucket\": \"$bucket\"}')")" 'ValidationException|ResourceNotFound'
done
echo x | put 'folder/AWSDynamoDB'
is "an object where the folder would be" "$(export_of "$(q "SELECT export('Other', '{\"S3Prefix\": \"folder\"}')")")" 'FAILED UNKNOWN'

echo "# links"
sql -o /dev/null -c "SELECT fill('Mine', 3000)" -c 'ALTER TABLE dynamodb."Mine" SET LOGGED'
as_server_user touch "$cluster/buckets/go"
as_server_user sh -c 'cd "$1/buckets/bucket" && while [ -e "$1/buckets/go" ]; do for d in race race/AWSDynamoDB race/AWSDynamoDB/*/data race/AWSDynamoDB/*; do
	mv "$d" moved 2>/dev/null; ln -sfn "$1/outside" "$d" 2>/dev/null; rm -f "$d" 2>/dev/null; rm -rf "$d"; mv moved "$d" 2>/dev/null; mkdir -p race; rm -rf moved; done; done' - "$cluster" 2>/dev/null &
racer=$!
arns=()
for i in 1 2 3 4 5 6; do arns+=("$(sql -c "SELECT export('Mine', '{\"S3Prefix\": \"race\"}')")"); done
sleep 3
rm "$cluster/buckets/go"
wait $racer || true
as_server_user rm -rf "$cluster/buckets/bucket/race"
for arn in "${arns[@]}"; do like "an export amid links that come and go ends" "$(export_of "$arn")" '^(COMPLETED [0-9]+|FAILED UNKNOWN)$'; done
is "and nothing got out" "$(ls -A "$cluster/outside")" ''
seq 10 | sed 's/.*/{"Item":{"k":{"N":"&"}}}/' >"$cluster/outside/secret"
as_server_user ln -s "$cluster/outside/secret" "$cluster/buckets/bucket/plain/2"
as_server_user ln -s "$cluster/outside" "$cluster/buckets/bucket/plain/3"
as_server_user mkfifo "$cluster/buckets/bucket/plain/4"
is "links and pipes are not imported" "$(import_of "$(sql -c "SELECT import('Linked', 'plain/')")")" 'COMPLETED 2000 2000 0'

echo "# files that nobody would send"
# odd NAME OPTIONS: imports NAME; shows what came of it.
odd() {
	import_of "$(sql -c "SELECT import('$1', 'odd/$1/', '${2:-{\}}')")"
}
csv='{"InputFormat": "CSV"}'
ion='{"InputFormat": "ION"}'
items() {
	sql -c "SELECT string_agg(item::text, ' ' ORDER BY k) FROM dynamodb.\"$1\""
}
printf '{"Item":{"Id":{"N":"103"},"k":{"N":"1"},"Authors":{"SS":["Author1","Author2"]},"InPublication":{"BOOL":false},"Price":{"N":"2000"}}}' | put odd/Example/1
is "an item as the API's documentation has it" "$(odd Example)" 'COMPLETED 1 1 0'
printf '$ion_1_0 {\n  Item:{\n    k:103.,\n    Authors:$dynamodb_SS::["Author1","Author2"],\n    InPublication:false,\n    PageCount:6d2,\n    Price:2d3\n  }\n}\n' | put odd/ExampleIon/1
is "and in Ion over several lines" "$(odd ExampleIon "$ion") $(items ExampleIon)" 'COMPLETED 1 1 0 {"Authors":{"SS":["Author1","Author2"]},"InPublication":{"BOOL":false},"PageCount":{"N":"600"},"Price":{"N":"2000"},"k":{"N":"103"}}'
printf '\357\273\277k,g,"a,b"\r\n1,red,"two\r\nlines ""and"" quotes"\r\n\r\n2,,\r\n3,x\r\n4,x,y,z\r\n"""5""",x,y\r\n6,x"y,z\r\nseven,x,y\r\n8,x,y' | put odd/Csv/1
is "CSV with a mark, CRLF, line breaks, quotes, too few and too many columns" "$(odd Csv "$csv")" 'FAILED 8 3 5 ItemValidationError'
is "the rows that are items" "$(items Csv)" '{"a,b":{"S":"two\r\nlines \"and\" quotes"},"g":{"S":"red"},"k":{"N":"1"}} {"k":{"N":"2"}} {"a,b":{"S":"y"},"g":{"S":"x"},"k":{"N":"8"}}'
{ seq -s, 300 | sed 's/^1,/k,/'; seq -s, 300; } | put odd/Wide/1
is "300 columns" "$(odd Wide "$csv") $(sql -c "SELECT length(item::text) > 300 * 12 FROM dynamodb.\"Wide\"")" 'COMPLETED 1 1 0 t'
printf 'k,k\n1,2\n' | put odd/Twice/1
like "a header that names a column twice" "$(odd Twice "$csv")" '^FAILED 1 0 1 ItemValidationError$'
printf 'k,g\n' | put odd/Header/1
is "a header alone" "$(odd Header "$csv")" 'COMPLETED 0 0 0'
printf 'k,g\n1,a\0b\n2,\377\n3,\303\251\n' | put odd/Bytes/1
like "bytes that are no text, and U+0000, which is" "$(odd Bytes "$csv")" '^FAILED 3 2 1 ItemValidationError$'
{ printf 'k,g\n1,"never ends\n'; seq 5000; } | put odd/Quote/1
like "a quote that never ends" "$(odd Quote "$csv")" '^FAILED [0-9]+ 0 [0-9]+ ItemValidationError$'
printf '$ion_1_0 {Item:{k:1}}\n$ion_1_0 {Item:{k:2e0}}\n$ion_1_0 {Item:{k:3.,g:null.string}}\n$ion_1_0 {Item:{k:4.,x:2020-01-01T}}\n$ion_1_0 {Item:{k:5.,x:(a b)}}\n$ion_1_0 {Item:{k:6.,x:{{"clob"}}}}\n$ion_1_0 {Item:{k:7.,x:nan}}\n$ion_1_0 {Item:{k:8.,x:1d400}}\n$ion_1_0 {Item:{k:9.,x:$dynamodb_SS::[]}}\n$ion_1_0 {Item:{k:10.,k:11.}}\n$ion_1_0 /* a comment */ a::{Item:{k:12.,x:'"'''long ''' '''text'''"'}} // end\n$ion_1_0 {Item:{k:-0.,x:1.50}}\n' | put odd/Ion/1
like "Ion that DynamoDB has no types for" "$(odd Ion "$ion")" '^FAILED 12 [0-9]+ [0-9]+ ItemValidationError$'
echo "# $(items Ion)"
like "every item or its failure is told" "$(sql -c "SELECT count(*) = 12 FROM (SELECT k::text FROM dynamodb.\"Ion\" UNION ALL SELECT item_index::text FROM ddb.import_failures WHERE table_name = 'Ion') x")" t
{ head -c 1000000 /dev/zero | tr '\0' '['; echo; printf '{"Item":{"k":{"N":"%s"}}}\n' "$(head -c 100000 /dev/zero | tr '\0' 9)"; echo '{"Item":{"k":{"N":"1"},"k":{"N":"2"}}}'; echo '{"Item":{"k":{"N":"3"}},"More":1}'
	echo '{"item":{"k":{"N":"4"}}}'; echo '{"Item":{"k":{"N":"5","S":"x"}}}'; echo '{"Item":[]}'; echo 'null'; echo '{"Item":{"k":{"N":6}}}'; echo '{"Item":{"k":{"N":"7"},"":{"S":"x"}}}'; echo '{"Item":{"k":{"N":"8"},"g":{"S":"\ud800"}}}'
	echo '  {"Item" : {"k" : {"N" : "9"}}}  '; } | put odd/Json/1
like "JSON that is no item" "$(odd Json)" '^FAILED 12 [1-3] (9|10|11) ItemValidationError$'
echo "# $(items Json)"
for name in manifest-items.json manifest-files.json manifest-files.checksum manifest-summary.md5 _started; do echo '{"Item":{"k":{"N":"'$RANDOM$RANDOM'"}}}' | put odd/Manifest/$name; done
is "what only looks like a manifest is data" "$(odd Manifest)" 'COMPLETED 1 1 0'

echo "# files that grow"
{ head -c 400000000 /dev/zero | gzip -1; } | put odd/Zeros/1
{ head -c 400000000 /dev/zero | tr '\0' '\n' | gzip -1; } | put odd/Lines/1
{ printf '{"Item":{"k":{"N":"1"},"x":{"S":"'; head -c 400000000 /dev/zero | tr '\0' x; printf '"}}}\n{"Item":{"k":{"N":"2"}}}\n'; } | gzip -1 | put odd/Line/1
{ printf '{Item:{x:"'; head -c 400000000 /dev/zero | tr '\0' x; printf '"}}'; } | gzip -1 | put odd/IonString/1
{ for ((i = 0; i < 20000; i++)); do printf '\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0'; done; echo '{"Item":{"k":{"N":"1"}}}' | gzip; } | put odd/Members/1
(while [ ! -e "$cluster/over" ]; do
	for pid in $(sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb job'"); do grep -h VmRSS "/proc/$pid/status" 2>/dev/null | grep -oE '[0-9]+' >>"$DDB_WORK/rss" || true; done
	sleep 0.1
done) &
watcher=$!
gzip='{"InputCompressionType": "GZIP"}'
like "zeros" "$(odd Zeros "$gzip")" '^FAILED 1 0 1 ItemValidationError$'
is "empty lines" "$(odd Lines "$gzip")" 'COMPLETED 0 0 0'
like "one line" "$(odd Line "$gzip")" '^FAILED [12] [01] 1 ItemValidationError$'
like "a string of Ion" "$(odd IonString '{"InputFormat": "ION", "InputCompressionType": "GZIP"}')" '^FAILED 1 0 1 ItemValidationError$'
is "20,000 empty members" "$(odd Members "$gzip")" 'COMPLETED 1 1 0'
touch "$cluster/over"
wait $watcher || true
most=$(sort -n "$DDB_WORK/rss" | tail -n 1)
ok "memory stays flat: $((most / 1024)) MB" test "$most" -lt 600000

is "no job is left" "$(sql -c 'SELECT count(*) FROM ddb.jobs')" 0
is "nothing has crashed" "$(grep -c 'was terminated by signal' "$cluster/server.log")" 0
stop_cluster "$cluster"
