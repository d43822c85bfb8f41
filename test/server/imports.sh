#!/bin/bash
# Imports of tables from a folder: every format and compression, what is wrong with items and with files, exports as they
# stand, and that nothing is missing or doubled whoever is killed meanwhile. ROUNDS says how often a process is killed.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
rounds=${ROUNDS:-4}

new_cluster cluster <<'END'
max_worker_processes = 20
END
sql -c 'CREATE DATABASE importing'
PGDATABASE=importing
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE SERVER "imports" FOREIGN DATA WRAPPER ddb_bucket;
CREATE FUNCTION import(name text, prefix text, more text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.import_table(jsonb_build_object('S3BucketSource', jsonb_build_object('S3Bucket', 'imports', 'S3KeyPrefix', prefix), 'InputFormat', 'DYNAMODB_JSON',
		'TableCreationParameters', jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
			'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "N"}, {"AttributeName": "color", "AttributeType": "S"}]'::jsonb,
			'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::jsonb,
			'GlobalSecondaryIndexes', '[{"IndexName": "ByColor", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]'::jsonb))
		|| more::jsonb)::jsonb->'ImportTableDescription'->>'ImportArn'
$$;
CREATE FUNCTION description(arn text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.describe_import(json_build_object('ImportArn', arn))::jsonb->'ImportTableDescription'
$$;
CREATE FUNCTION status(arn text) RETURNS text LANGUAGE sql AS $$ SELECT description(arn)->>'ImportStatus' $$;
-- Counts, and what came of it.
CREATE FUNCTION counts(arn text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', d->>'ImportStatus', d->>'ProcessedItemCount', d->>'ImportedItemCount', d->>'ErrorCount', d->>'FailureCode') FROM description(arn) d
$$;
SQL
# put KEY: what comes from standard input becomes an object.
put() {
	sql -o /dev/null -c "SELECT ddb.write_object('imports', '$1', decode('$(base64 -w 0)', 'base64'))"
}
# imported NAME PREFIX MORE: imports it, and shows what came of it.
imported() {
	local arn
	arn=$(sql -c "SELECT import('$1', '$2', '${3:-{\}}')")
	wait_until "SELECT status('$arn') <> 'IN_PROGRESS'"
	sql -c "SELECT counts('$arn')"
}
lines() {
	for ((i = $1; i <= $2; i++)); do
		printf '{"Item":{"k":{"N":"%d"},"color":{"S":"c%d"},"text":{"S":"text %d"}}}\n' "$i" $((i % 7)) "$i"
	done
}

lines 1 100 | put plain/1.json
lines 101 200 | put plain/2.json
is "two files" "$(imported Plain plain/)" 'COMPLETED 200 200 0'
is "every item is there" "$(sql -c 'SELECT count(*), sum(k), count(DISTINCT item->>'"'color'"') FROM dynamodb."Plain"')" '200|20100|7'
is "the index agrees" "$(sql -c "SELECT count(*) FROM ddb.check_indexes('Plain')" -c "SELECT ddb.query('{\"TableName\": \"Plain\", \"IndexName\": \"ByColor\", \"KeyConditionExpression\": \"color = :c\", \"ExpressionAttributeValues\": {\":c\": {\"S\": \"c1\"}}, \"Select\": \"COUNT\"}')::json->>'Count'")" $'0\n29'
is "and the table is" "$(sql -c "SELECT ddb.describe_table('{\"TableName\": \"Plain\"}')::jsonb->'Table'->>'TableStatus'")" ACTIVE

# Their names fill more than a block of memory.
sql -o /dev/null -c "SELECT ddb.write_object('imports', format('names/%s%s', repeat(repeat('n', 250) || '/', 3), i), convert_to(format('{\"Item\":{\"k\":{\"N\":\"%s\"},\"color\":{\"S\":\"c\"}}}', i), 'UTF8')) FROM generate_series(1, 1000) i"
is "many files" "$(imported ManyFiles names/)" 'COMPLETED 1000 1000 0'

lines 1 50 | gzip | put gzip/a
is "gzip" "$(imported Gzip gzip/ '{"InputCompressionType": "GZIP"}')" 'COMPLETED 50 50 0'
printf 'k,color,text\n1,red,"a, ""b"""\n2,green,\n' | put csv/a.csv
is "CSV" "$(imported Csv csv/ '{"InputFormat": "CSV"}')" 'COMPLETED 2 2 0'
is "with the keys' types" "$(sql -c 'SELECT string_agg(item::text, $$ $$ ORDER BY k) FROM dynamodb."Csv"')" '{"color":{"S":"red"},"k":{"N":"1"},"text":{"S":"a, \"b\""}} {"color":{"S":"green"},"k":{"N":"2"}}'
printf '1;red\n2;green\n' | put csv2/a.csv
is "CSV with options" "$(imported Csv2 csv2/ '{"InputFormat": "CSV", "InputFormatOptions": {"Csv": {"Delimiter": ";", "HeaderList": ["k", "color"]}}}')" 'COMPLETED 2 2 0'
printf '$ion_1_0 {Item:{k:1.,color:"red"}}\n$ion_1_0 {Item:{k:2.,l:[1.,null]}}\n' | put ion/a.ion
is "Ion" "$(imported Ion ion/ '{"InputFormat": "ION"}')" 'COMPLETED 2 2 0'

# What is wrong.
{
	lines 1 3
	echo '{"Item":{"color":{"S":"no key"}}}'
	echo '{"Item":{"k":{"S":"not a number"}}}'
	echo '{"Item":{"k":{"N":"10"},"color":{"N":"1"}}}'
	echo 'nothing'
	lines 4 5
} | put wrong/1.json
{ lines 6 300 | gzip | head -c 900; } | put wrong/2.json
lines 7 7 | put wrong/3.json
like "items that are none are left out" "$(imported Wrong wrong/)" '^FAILED [0-9]+ 6 [5-9] ItemValidationError$'
is "and the others are there" "$(sql -c 'SELECT string_agg(k::text, $$ $$ ORDER BY k) FROM dynamodb."Wrong"')" '1 2 3 4 5 7'
like "why is told" "$(sql -c "SELECT key, item_index, message FROM ddb.import_failures WHERE table_name = 'Wrong' ORDER BY key, item_index LIMIT 1")" '^wrong/1.json\|3\|One or more parameter values were invalid: Missing the key k in the item$'
is "no file at all" "$(imported Nothing nothing/)" 'COMPLETED 0 0 0'
like "the same table again" "$(sql -c "SELECT import('Plain', 'plain/')" 2>&1 || true)" 'ResourceInUseException: Table already exists: Plain'
like "a header that is none" "$(sql -c "SELECT import('Other', 'csv/', '{\"InputFormat\": \"CSV\", \"InputFormatOptions\": {\"Csv\": {\"HeaderList\": [\"k\", \"k\"]}}}')" 2>&1 || true)" 'ValidationException: .*HeaderList has the column k twice'
like "a prefix that leads out of the bucket" "$(sql -c "SELECT import('Other', '../plain/')" 2>&1 || true)" 'ValidationException: Invalid S3KeyPrefix: ../plain/'
like "a bucket that is not there" "$(sql -c "SELECT import('Other', '', '{\"S3BucketSource\": {\"S3Bucket\": \"nowhere\"}}')" 2>&1 || true)" 'The specified bucket does not exist: nowhere'
sql -c 'CREATE ROLE importer' -c 'GRANT CREATE ON SCHEMA dynamodb TO importer'
like "a bucket that one may not use" "$(sql -c 'SET ROLE importer' -c "SELECT import('Other', 'plain/')" 2>&1 || true)" 'AccessDeniedException: .*imports'
sql -c 'GRANT USAGE ON FOREIGN SERVER imports TO importer'
arn=$(sql -c BEGIN -c 'SET ROLE importer' -c "SELECT import('Denied', 'plain/')" -c 'RESET ROLE' -c 'REVOKE USAGE ON FOREIGN SERVER imports FROM importer' -c COMMIT)
ok "the worker asks again" wait_until "SELECT counts('$arn') = 'FAILED 0 0 0 S3AccessDenied'"
is "what has failed can be deleted" "$(sql -c "SELECT ddb.delete_table('{\"TableName\": \"Denied\"}')::jsonb->'TableDescription'->>'TableStatus'")" DELETING
is "others do not see what was wrong" "$(sql -c 'SET ROLE importer' -c 'SELECT count(*) FROM ddb.import_failures')" 0

# An export as it stands.
arn=$(sql -c "SELECT ddb.export_table_to_point_in_time('{\"TableArn\": \"arn:aws:dynamodb:us-east-1:000000000000:table/Plain\", \"S3Bucket\": \"imports\", \"S3Prefix\": \"exported\"}')::jsonb->'ExportDescription'->>'ExportArn'")
wait_until "SELECT ddb.describe_export('{\"ExportArn\": \"$arn\"}')::jsonb->'ExportDescription'->>'ExportStatus' = 'COMPLETED'"
is "an export" "$(imported Again exported/ '{"InputCompressionType": "GZIP"}')" 'COMPLETED 200 200 0'
is "is the same" "$(sql -c 'SELECT count(*) FROM (SELECT item::text FROM dynamodb."Plain" EXCEPT SELECT item::text FROM dynamodb."Again") d')" 0

# Whoever is killed: nothing is missing, and nothing is counted twice.
for ((i = 0; i < 5; i++)); do
	seq $((i * 8000 + 1)) $((i * 8000 + 8000)) | awk '{printf "{\"Item\":{\"k\":{\"N\":\"%d\"},\"color\":{\"S\":\"c%d\"}}}\n", $1, $1 % 7; if ($1 % 1000 == 0) print "{}"}' | gzip | put "many/$i"
done
arn=$(sql -c "SELECT import('Many', 'many/', '{\"InputCompressionType\": \"GZIP\"}')")
for ((i = 1; i <= rounds; i++)); do
	sleep "0.$((RANDOM % 6))"
	if ((i % 2 == 0)); then
		kill_cluster "$cluster"
		start_cluster "$cluster"
		PGDATABASE=importing
	else
		kill_one 'ddb job'
	fi
done
ok "an import goes on after crashes" wait_until "SELECT status('$arn') <> 'IN_PROGRESS'"
is "with exact counts" "$(sql -c "SELECT counts('$arn')")" 'FAILED 40040 40000 40 ItemValidationError'
is "and all items" "$(sql -c 'SELECT count(*), sum(k) FROM dynamodb."Many"')" '40000|800020000'
is "and failures" "$(sql -c "SELECT count(*), count(DISTINCT (key, item_index)) FROM ddb.import_failures WHERE table_name = 'Many'")" '40|40'
is "the index agrees too" "$(sql -c "SELECT count(*) FROM ddb.check_indexes('Many')")" 0

arn=$(sql -c BEGIN -c "SELECT import('Dropped', 'plain/')" -c 'DROP TABLE dynamodb."Dropped"' -c COMMIT)
is "a table that is dropped cancels it" "$(sql -c "SELECT status('$arn'), description('$arn') ? 'EndTime'")" 'CANCELLED|t'
is "no job is left" "$(sql -c 'SELECT count(*) FROM ddb.jobs')" 0
is "the newest first" "$(sql -c "SELECT ddb.list_imports('{\"PageSize\": 1}')::jsonb #>> '{ImportSummaryList,0,ImportArn}' = '$arn'")" t
