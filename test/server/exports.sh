#!/bin/bash
# Exports of tables into a folder: what lies there, of which moment it is, and that it is there once and
# exactly whoever is killed meanwhile. ROUNDS says how often a process is killed.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
rounds=${ROUNDS:-4}

new_cluster cluster <<'END'
max_worker_processes = 20
END
sql -c 'CREATE DATABASE exporting'
PGDATABASE=exporting
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE SERVER "exports" FOREIGN DATA WRAPPER ddb_bucket;
CREATE SERVER "forbidden" FOREIGN DATA WRAPPER ddb_bucket;
SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "artist", "AttributeType": "S"}, {"AttributeName": "song", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}]}');
SELECT ddb.create_table('{"TableName": "Empty", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}');
SELECT count(ddb.put_item(jsonb_build_object('TableName', 'Music', 'Item', jsonb_build_object('artist', jsonb_build_object('S', 'a' || i % 100),
	'song', jsonb_build_object('N', i::text), 'text', jsonb_build_object('S', repeat('x', CASE WHEN i % 1000 = 0 THEN 30000 ELSE i % 50 END)),
	'all', '{"M": {"l": {"L": [{"NULL": true}, {"BOOL": false}, {"B": "AAEC"}]}, "s": {"SS": ["a", "b"]}, "n": {"NS": ["1", "-2.5"]}}}'::jsonb))))
	FROM generate_series(1, 20000) i;
CREATE TABLE was AS SELECT item::text::jsonb AS item FROM dynamodb."Music";
CREATE FUNCTION export(name text, more text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.export_table_to_point_in_time(jsonb_build_object('TableArn', 'arn:aws:dynamodb:us-east-1:000000000000:table/' || name,
		'S3Bucket', 'exports') || more::jsonb)::jsonb->'ExportDescription'->>'ExportArn'
$$;
CREATE FUNCTION description(arn text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.describe_export(json_build_object('ExportArn', arn))::jsonb->'ExportDescription'
$$;
CREATE FUNCTION status(arn text) RETURNS text LANGUAGE sql AS $$ SELECT description(arn)->>'ExportStatus' $$;
SQL
buckets=$cluster/buckets

# completed ARN: it is, within a minute.
completed() {
	wait_until "SELECT status('$1') = 'COMPLETED'"
}
# items ARN: loads the items of the files that its manifests name into a table, and counts those that are not in `was`, and the others.
items() {
	local arn=$1 manifest files
	manifest=$(sql -c "SELECT description('$arn')->>'ExportManifest'")
	files=$(as_server_user cat "$buckets/exports/${manifest%summary.json}files.json")
	jq -r .dataFileS3Key <<<"$files" | while read -r key; do
		as_server_user cat "$buckets/exports/$key" | gunzip | jq -c .Item
	done >"$DDB_WORK/items.json"
	sql -c 'DROP TABLE IF EXISTS exported' -c 'CREATE TABLE exported (item jsonb)'
	sed 's/\\/\\\\/g' "$DDB_WORK/items.json" | sql -c 'COPY exported FROM stdin'
	sql -c "SELECT count(*), count(*) FILTER (WHERE item IN (SELECT item FROM was)), (SELECT count(*) FROM was WHERE item NOT IN (TABLE exported)) FROM exported"
}

arn=$(sql -c "SELECT export('Music', '{\"S3Prefix\": \"a/b\"}')")
like "it is in progress" "$(sql -c "SELECT status('$arn')")" 'IN_PROGRESS|COMPLETED'
ok "it is completed" completed "$arn"
is "every item is there once" "$(items "$arn")" '20000|20000|0'
id=${arn##*/}
folder=$buckets/exports/a/b/AWSDynamoDB/$id
is "as AWS lays it out" "$(as_server_user sh -c "cd '$folder' && find . -type f | sed 's/[0-9a-f]\{26\}/NAME/' | sort")" './_started
./data/NAME.json.gz
./manifest-files.checksum
./manifest-files.json
./manifest-summary.checksum
./manifest-summary.json'
for name in files summary; do
	is "the checksum of the $name" "$(as_server_user cat "$folder/manifest-$name.checksum")" "$(as_server_user cat "$folder/manifest-$name.json" | openssl md5 -binary | base64)"
done
is "the checksum of a file" "$(as_server_user cat "$folder/manifest-files.json" | jq -r .md5Checksum)" "$(as_server_user sh -c "cat '$folder'/data/*" | openssl md5 -binary | base64)"
summary=$(as_server_user cat "$folder/manifest-summary.json")
is "the summary" "$(jq -c '[.version, .exportArn, .tableArn, .s3Bucket, .s3Prefix, .itemCount, .outputFormat, .exportType, .manifestFilesS3Key]' <<<"$summary")" \
	"[\"2020-06-30\",\"$arn\",\"arn:aws:dynamodb:us-east-1:000000000000:table/Music\",\"exports\",\"a/b\",20000,\"DYNAMODB_JSON\",\"FULL_EXPORT\",\"a/b/AWSDynamoDB/$id/manifest-files.json\"]"
is "what DescribeExport says" "$(sql -c "SELECT d->>'ItemCount', d->>'ExportManifest', d->>'S3Bucket', d->>'ExportFormat', (d->>'BilledSizeBytes') = '$(jq .billedSizeBytes <<<"$summary")', d ? 'EndTime' FROM description('$arn') d")" \
	"20000|a/b/AWSDynamoDB/$id/manifest-summary.json|exports|DYNAMODB_JSON|t|t"

empty=$(sql -c "SELECT export('Empty', '{\"ExportFormat\": \"ION\"}')")
ok "an empty table" completed "$empty"
is "has one file, and that is empty" "$(as_server_user sh -c "cat '$buckets/exports/AWSDynamoDB/${empty##*/}'/data/*.ion.gz" | gunzip | wc -c)" 0

# A moment of the past.
like "a moment wants recovery" "$(sql -c "SELECT export('Music', '{\"ExportTime\": 1000000000}')" 2>&1 || true)" 'PointInTimeRecoveryUnavailableException: '
sql -o /dev/null -c "SELECT ddb.update_continuous_backups('{\"TableName\": \"Music\", \"PointInTimeRecoverySpecification\": {\"PointInTimeRecoveryEnabled\": true}}')"
ok "recovery is on" wait_until "SELECT ddb.describe_continuous_backups('{\"TableName\": \"Music\"}')::jsonb #> '{ContinuousBackupsDescription,PointInTimeRecoveryDescription,LatestRestorableDateTime}' IS NOT NULL"
like "and a moment within the period" "$(sql -c "SELECT export('Music', '{\"ExportTime\": 1000000000}')" 2>&1 || true)" 'InvalidExportTimeException: '
moment=$(sql -c 'SELECT ddb.change_log_wait()' -c 'SELECT extract(epoch FROM clock_timestamp())' | tail -1)
sleep 0.1
sql -o /dev/null -c "DELETE FROM dynamodb.\"Music\" WHERE song < 5000" -c "UPDATE dynamodb.\"Music\" SET item = jsonb_set(item::text::jsonb, '{text}', '{\"S\": \"new\"}')::text::ddb.item WHERE song < 9000"
ok "the log has come so far" wait_until "SELECT ddb.change_log_wait()"
past=$(sql -c "SELECT export('Music', '{\"ExportTime\": $moment}')")
ok "an export of then" completed "$past"
is "is what it was" "$(items "$past")" '20000|20000|0'

# Whoever is killed.
exports=()
for ((i = 1; i <= rounds; i++)); do
	exports+=("$(sql -c "SELECT export('Music', '{\"ExportTime\": $moment}')")")
	sleep "0.$((RANDOM % 8))"
	if ((i % 2 == 0)); then
		kill_cluster "$cluster"
		start_cluster "$cluster"
		PGDATABASE=exporting
	else
		kill_one 'ddb job'
	fi
done
for arn in "${exports[@]}"; do
	ok "an export goes on after a crash" completed "$arn"
	is "exactly" "$(items "$arn")" '20000|20000|0'
	id=${arn##*/}
	is "and nothing else lies there" "$(as_server_user sh -c "cd '$buckets/exports' && find AWSDynamoDB/$id/data -type f | wc -l")" 1
done

# Prefixes.
like "a prefix that leads out of the bucket" "$(sql -c "SELECT export('Empty', '{\"S3Prefix\": \"../other\"}')" 2>&1 || true)" 'ValidationException: Invalid S3Prefix: ../other'
arn=$(sql -c "SELECT export('Empty', '{\"S3Prefix\": \"with/slash/\"}')")
ok "a prefix with a slash at its end" completed "$arn"
is "has no second one" "$(sql -c "SELECT description('$arn')->>'ExportManifest'")" "with/slash/AWSDynamoDB/${arn##*/}/manifest-summary.json"

# Tokens.
first=$(sql -c "SELECT export('Empty', '{\"ClientToken\": \"t\"}')")
is "a token's second request" "$(sql -c "SELECT export('Empty', '{\"ClientToken\": \"t\"}')")" "$first"
like "another request of that token" "$(sql -c "SELECT export('Empty', '{\"ClientToken\": \"t\", \"S3Prefix\": \"x\"}')" 2>&1 || true)" 'ExportConflictException: '

# Who may.
sql -c 'CREATE ROLE exporter' -c 'GRANT SELECT ON dynamodb."Empty" TO exporter'
like "a bucket that one may not use" "$(sql -c 'SET ROLE exporter' -c "SELECT export('Empty')" 2>&1 || true)" 'AccessDeniedException: .*exports'
like "a bucket that is not there" "$(sql -c "SELECT export('Empty', '{\"S3Bucket\": \"nowhere\"}')" 2>&1 || true)" 'ValidationException: The specified bucket does not exist: nowhere'
sql -c 'GRANT USAGE ON FOREIGN SERVER exports TO exporter'
like "a table that one may not read" "$(sql -c 'SET ROLE exporter' -c "SELECT export('Music')" 2>&1 || true)" 'AccessDeniedException: .*Music'
arn=$(sql -c 'SET ROLE exporter' -c "SELECT export('Empty')")
ok "both" completed "$arn"
# a right that is taken away before the job begins
arn=$(sql -c BEGIN -c 'SET ROLE exporter' -c "SELECT export('Empty')" -c 'RESET ROLE' -c 'REVOKE USAGE ON FOREIGN SERVER exports FROM exporter' -c COMMIT)
ok "the worker asks again" wait_until "SELECT status('$arn') = 'FAILED'"
is "and says so" "$(sql -c "SELECT d->>'FailureCode', d->>'FailureMessage' FROM description('$arn') d")" 'S3AccessDenied|Access is denied to the bucket: exports'
arn=$(sql -c BEGIN -c "SELECT export('Empty')" -c 'DROP TABLE dynamodb."Empty"' -c COMMIT)
is "a table that is dropped" "$(sql -c "SELECT d->>'ExportStatus', d->>'FailureCode', d ? 'EndTime' FROM description('$arn') d")" 'FAILED|TableNotFound|t'
is "no job is left" "$(sql -c 'SELECT count(*) FROM ddb.jobs')" 0
is "a table's newest first" "$(sql -c "SELECT l #>> '{ExportSummaries,0,ExportArn}' = '$arn', l ? 'NextToken' FROM (SELECT ddb.list_exports('{\"MaxResults\": 1, \"TableArn\": \"${arn%/export/*}\"}')::jsonb l) s")" 't|t'
like "an export that is not there" "$(sql -c "SELECT description('arn:aws:dynamodb:us-east-1:000000000000:table/Empty/export/01693685827463-2d8752fd')" 2>&1 || true)" 'ExportNotFoundException: Export not found: '
