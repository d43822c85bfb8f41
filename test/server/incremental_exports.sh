#!/bin/bash
# Incremental exports: a full export and what has changed since are the table, item for item, whatever is written and
# whoever is killed meanwhile; and filters of exports. The clock is set ahead, as a window has 15 minutes at least. ROUNDS says
# how often a process is killed.
. "$(dirname "$0")/../lib.sh"
. "$top/test/server/clock.sh"

cluster=$DDB_WORK/cluster
export LC_ALL=C
rounds=${ROUNDS:-4}

new_cluster cluster <<'END'
max_worker_processes = 20
deadlock_timeout = 100ms
END
sql -c 'CREATE DATABASE exporting'
PGDATABASE=exporting
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE SERVER "exports" FOREIGN DATA WRAPPER ddb_bucket;
SELECT ddb.create_table('{"TableName": "Written", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}');
SELECT ddb.create_table('{"TableName": "Small", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}');
SELECT ddb.create_table('{"TableName": "Long", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}');
-- An item with a long key, or what becomes of it.
CREATE FUNCTION long(s text, v integer) RETURNS void LANGUAGE sql AS $$
	SELECT ddb.put_item(jsonb_build_object('TableName', 'Long', 'Item', jsonb_build_object('p', '{"S": "p"}'::jsonb, 's', jsonb_build_object('S', repeat(s, 200)), 'v', jsonb_build_object('N', v::text)))) WHERE v IS NOT NULL;
	SELECT ddb.delete_item(jsonb_build_object('TableName', 'Long', 'Key', jsonb_build_object('p', '{"S": "p"}'::jsonb, 's', jsonb_build_object('S', repeat(s, 200))))) WHERE v IS NULL
$$;

-- Items with attributes of all types, some large.
CREATE FUNCTION random_item(p text, s integer) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
	SELECT jsonb_build_object('p', jsonb_build_object('S', p), 's', jsonb_build_object('N', s::text),
		'text', jsonb_build_object('S', repeat(md5(random()::text), (random() ^ 60 * 3000)::integer) || E'\\ " \n é'),
		'number', jsonb_build_object('N', (random() * 10)::numeric(20, 15)::text),
		'binary', jsonb_build_object('B', encode(decode(md5(random()::text), 'hex'), 'base64')),
		'truth', jsonb_build_object('BOOL', random() < 0.5), 'nothing', '{"NULL": true}'::jsonb,
		'strings', jsonb_build_object('SS', jsonb_build_array('a', random()::text)), 'numbers', jsonb_build_object('NS', jsonb_build_array('1', floor(random() * 100 + 2)::text)),
		'binaries', '{"BS": ["AA==", "AQI="]}'::jsonb, 'nested', jsonb_build_object('M', jsonb_build_object('list', jsonb_build_object('L', jsonb_build_array('{"L": []}'::jsonb, '{"M": {}}'::jsonb)))))
$$;
CREATE FUNCTION key_of(p text, s integer) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('p', jsonb_build_object('S', p), 's', jsonb_build_object('N', s::text))
$$;
CREATE FUNCTION write_something() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	key_p text := 'p' || floor(random() * 20);
	key_s integer := floor(random() * 30);
BEGIN
	CASE floor(random() * 7)
	WHEN 0, 1 THEN
		PERFORM ddb.put_item(jsonb_build_object('TableName', 'Written', 'Item', random_item(key_p, key_s)));
	WHEN 2 THEN
		PERFORM ddb.update_item(jsonb_build_object('TableName', 'Written', 'Key', key_of(key_p, key_s), 'UpdateExpression', 'ADD #n :one',
			'ExpressionAttributeNames', '{"#n": "number"}'::jsonb, 'ExpressionAttributeValues', '{":one": {"N": "1"}}'::jsonb));
	WHEN 3 THEN
		PERFORM ddb.delete_item(jsonb_build_object('TableName', 'Written', 'Key', key_of(key_p, key_s)));
	WHEN 4 THEN
		-- there and gone again
		PERFORM ddb.put_item(jsonb_build_object('TableName', 'Written', 'Item', random_item('new' || key_p, key_s)));
		PERFORM ddb.delete_item(jsonb_build_object('TableName', 'Written', 'Key', key_of('new' || key_p, key_s)));
	WHEN 5 THEN
		DELETE FROM dynamodb."Written" t WHERE t.p = 'moved' || key_p AND t.s = key_s::numeric;
		UPDATE dynamodb."Written" t SET item = jsonb_set(t.item::text::jsonb, '{p,S}', to_jsonb('moved' || key_p))::text::ddb.item
			WHERE t.p = key_p AND t.s = key_s::numeric;
	ELSE
		PERFORM ddb.transact_write_items(jsonb_build_object('TransactItems', jsonb_build_array(
			jsonb_build_object('Put', jsonb_build_object('TableName', 'Written', 'Item', random_item(key_p, key_s))),
			jsonb_build_object('Delete', jsonb_build_object('TableName', 'Written', 'Key', key_of(key_p, key_s + 100))))));
	END CASE;
END
$$;
-- For as long as the relation "going" is there; the sequence says how often.
CREATE SEQUENCE writes;
CREATE PROCEDURE write_on() LANGUAGE plpgsql AS $$
BEGIN
	WHILE to_regclass('going') IS NOT NULL LOOP
		BEGIN
			PERFORM write_something(), nextval('writes');
			IF random() < 0.05 THEN
				RAISE EXCEPTION SQLSTATE 'XX999';
			END IF;
		EXCEPTION
			WHEN SQLSTATE 'XX999' OR deadlock_detected OR unique_violation OR SQLSTATE 'ND010' OR SQLSTATE 'ND014' THEN
				NULL;
		END;
		COMMIT;
	END LOOP;
END
$$;
CREATE FUNCTION export(name text, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.export_table_to_point_in_time(jsonb_build_object('TableArn', 'arn:aws:dynamodb:us-east-1:000000000000:table/' || name,
		'S3Bucket', 'exports') || more)::jsonb->'ExportDescription'->>'ExportArn'
$$;
-- Moments are microseconds since 1970, and a full export is of what was before the moment.
CREATE FUNCTION seconds(moment bigint) RETURNS numeric LANGUAGE sql AS 'SELECT (moment / 1000000.0)::numeric(20, 6)';
CREATE FUNCTION export_before(name text, moment bigint, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT export(name, jsonb_build_object('ExportTime', seconds(moment - 1)) || more)
$$;
CREATE FUNCTION export_changes(name text, since bigint, before bigint, view text DEFAULT 'NEW_AND_OLD_IMAGES', more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT export(name, jsonb_build_object('ExportType', 'INCREMENTAL_EXPORT', 'IncrementalExportSpecification',
		jsonb_strip_nulls(jsonb_build_object('ExportFromTime', seconds(since), 'ExportToTime', seconds(before), 'ExportViewType', view))) || more)
$$;
CREATE FUNCTION description(arn text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.describe_export(json_build_object('ExportArn', arn))::jsonb->'ExportDescription'
$$;
CREATE FUNCTION latest(name text) RETURNS numeric LANGUAGE sql AS $$
	SELECT (ddb.describe_continuous_backups(json_build_object('TableName', name))::jsonb #>> '{ContinuousBackupsDescription,PointInTimeRecoveryDescription,LatestRestorableDateTime}')::numeric
$$;
-- What has been loaded: `lines` has a change a line.
CREATE TABLE earlier (item jsonb);
CREATE TABLE later (item jsonb);
CREATE TABLE lines (line jsonb);
CREATE FUNCTION key(item jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_build_object('p', item->'p', 's', item->'s') $$;
-- Earlier with the changes is later; old images are earlier; each key is there once, and was written in the window.
CREATE FUNCTION differences(since bigint, before bigint) RETURNS TABLE (missing bigint, wrong_old bigint, doubled bigint, outside bigint, empty bigint) LANGUAGE sql AS $$
	SELECT (SELECT count(*) FROM (
			SELECT item FROM (SELECT item FROM earlier WHERE key(item) NOT IN (SELECT line->'Keys' FROM lines) UNION ALL SELECT line->'NewImage' FROM lines WHERE line ? 'NewImage') applied
			FULL JOIN later USING (item) WHERE applied IS NULL OR later IS NULL) differing),
		(SELECT count(*) FROM lines LEFT JOIN earlier ON key(item) = line->'Keys' WHERE item IS DISTINCT FROM line->'OldImage'),
		(SELECT count(*) - count(DISTINCT line->'Keys') FROM lines),
		(SELECT count(*) FROM lines WHERE (line #>> '{Metadata,WriteTimestampMicros,N}')::bigint NOT BETWEEN since AND before - 1),
		(SELECT count(*) FROM lines WHERE NOT line ? 'OldImage' AND NOT line ? 'NewImage')
$$;
SQL
buckets=$cluster/buckets
PROGRESS=(ddb.job_progress ddb.change_position ddb.shards)

# completed ARN: it is, within a minute.
completed() {
	wait_until "SELECT description('$1')->>'ExportStatus' = 'COMPLETED'"
}
# manifest_files ARN: of the completed export.
manifest_files() {
	local manifest
	manifest=$(sql -c "SELECT description('$1')->>'ExportManifest'")
	as_server_user cat "$buckets/exports/${manifest%summary.json}files.json"
}
# lines_of ARN: the lines of all of its files.
lines_of() {
	completed "$1" || return 1
	manifest_files "$1" | jq -r .dataFileS3Key | while read -r key; do
		as_server_user cat "$buckets/exports/$key" | gunzip
	done
}
# load ARN TABLE: the lines of its files, or their items, into that.
load() {
	lines_of "$1" | jq -c 'if has("Item") then .Item else . end' | sed 's/\\/\\\\/g' >"$DDB_WORK/$2.txt"
	sql -c "TRUNCATE $2" -c "COPY $2 FROM stdin" <"$DDB_WORK/$2.txt"
}
# error STATEMENT: what it fails with.
error() {
	sql -c "$1" 2>&1 || true
}
# now: a moment, of which the clock has just told.
now() {
	sql -c 'SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint'
}
recovery() {
	sql -o /dev/null -c "SELECT ddb.update_continuous_backups('{\"TableName\": \"$1\", \"PointInTimeRecoverySpecification\": {\"PointInTimeRecoveryEnabled\": $2}}')"
}
start_writers() {
	sql -c 'CREATE TABLE going ()'
	writers=()
	for _ in 1 2; do
		sql -c 'CALL write_on()' >/dev/null 2>&1 &
		writers+=($!)
	done
}
stop_writers() {
	sql -c 'DROP TABLE IF EXISTS going'
	wait "${writers[@]}" || true
}

sql -o /dev/null -c "SELECT write_something() FROM generate_series(1, 400)" \
	-c "SELECT ddb.put_item(json_build_object('TableName', 'Small', 'Item', json_build_object('k', json_build_object('S', k), 'v', json_build_object('N', '1')))) FROM unnest('{updated,deleted,deleted and put again,as it was}'::text[]) k"
like "changes want recovery" "$(error "SELECT export_changes('Small', 0, 900000000)")" "PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table 'Small'"
recovery Written true
recovery Small true
recovery Long true
ok "recovery is on" wait_until "SELECT bool_and(latest(name) IS NOT NULL) FROM ddb.tables"
sql -o /dev/null -c "SELECT long('a', 1), long('c', 1)" -c "SELECT ddb.change_log_wait()"
sleep 0.1
first=$(now)

# ---- What a change looks like ----

clock_ahead 1000
sql -o /dev/null <<'SQL'
SELECT ddb.put_item('{"TableName": "Small", "Item": {"k": {"S": "updated"}, "v": {"N": "2"}}}');
SELECT long('a', 2), long('b', 1), long('c', NULL);
SQL
sleep 0.1
between=$(now)
sql -o /dev/null <<'SQL'
SELECT ddb.put_item('{"TableName": "Small", "Item": {"k": {"S": "updated"}, "v": {"N": "3"}}}');
SELECT long('a', NULL), long('b', NULL), long('c', 2);
SELECT long('a', 3);
SELECT ddb.delete_item('{"TableName": "Small", "Key": {"k": {"S": "deleted"}}}');
SELECT ddb.put_item('{"TableName": "Small", "Item": {"k": {"S": "inserted"}, "b": {"B": "AAE="}}}');
SELECT ddb.put_item('{"TableName": "Small", "Item": {"k": {"S": "inserted and deleted"}}}');
SELECT ddb.delete_item('{"TableName": "Small", "Key": {"k": {"S": "inserted and deleted"}}}');
SELECT ddb.delete_item('{"TableName": "Small", "Key": {"k": {"S": "deleted and put again"}}}');
SELECT ddb.put_item('{"TableName": "Small", "Item": {"k": {"S": "deleted and put again"}, "l": {"L": [{"NULL": true}]}}}');
SQL
sleep 0.1
second=$(now)
sleep 0.1
sql -o /dev/null <<'SQL'
SELECT ddb.put_item('{"TableName": "Small", "Item": {"k": {"S": "as it was"}, "v": {"N": "4"}}}');
SELECT ddb.delete_item('{"TableName": "Small", "Key": {"k": {"S": "updated"}}}');
SELECT ddb.put_item('{"TableName": "Small", "Item": {"k": {"S": "deleted"}, "v": {"N": "5"}}}');
SELECT ddb.put_item('{"TableName": "Small", "Item": {"k": {"S": "inserted and deleted"}, "v": {"N": "6"}}}');
SELECT long('a', 4), long('b', 4), long('c', NULL), long('d', 4);
SELECT long('a', NULL), long('c', 5);
SQL
arn=$(sql -c "SELECT export_changes('Small', $first, $second, NULL, '{\"S3Prefix\": \"a/b\"}')")
is "keys with both images" "$(lines_of "$arn" | jq -c 'del(.Metadata)' | sort)" '{"Keys":{"k":{"S":"deleted and put again"}},"OldImage":{"k":{"S":"deleted and put again"},"v":{"N":"1"}},"NewImage":{"k":{"S":"deleted and put again"},"l":{"L":[{"NULL":true}]}}}
{"Keys":{"k":{"S":"deleted"}},"OldImage":{"k":{"S":"deleted"},"v":{"N":"1"}}}
{"Keys":{"k":{"S":"inserted"}},"NewImage":{"b":{"B":"AAE="},"k":{"S":"inserted"}}}
{"Keys":{"k":{"S":"updated"}},"OldImage":{"k":{"S":"updated"},"v":{"N":"1"}},"NewImage":{"k":{"S":"updated"},"v":{"N":"3"}}}'
like "and the time of the last write" "$(lines_of "$arn" | grep updated)" '^\{"Metadata":\{"WriteTimestampMicros":\{"N":"[0-9]{16}"\}\},"Keys":'
ok "which lies in the window" test "$(lines_of "$arn" | jq -r --argjson from "$first" --argjson to "$second" '.Metadata.WriteTimestampMicros.N | tonumber | select(. >= $from and . < $to)' | wc -l)" = 4
ok "and is that of the last one" test "$(lines_of "$arn" | jq -r 'select(.Keys.k.S == "updated") | .Metadata.WriteTimestampMicros.N')" -ge "$between"
id=${arn##*/}
is "data lies in a folder that exports share" "$(as_server_user sh -c "cd '$buckets/exports/a/b' && find . -type f | sort")" "./AWSDynamoDB/$id/_started
./AWSDynamoDB/$id/manifest-files.checksum
./AWSDynamoDB/$id/manifest-files.json
./AWSDynamoDB/$id/manifest-summary.checksum
./AWSDynamoDB/$id/manifest-summary.json
./AWSDynamoDB/data/$id-00001.json.gz"
summary=$(as_server_user cat "$buckets/exports/a/b/AWSDynamoDB/$id/manifest-summary.json")
is "the summary" "$(jq -c '[.version, .exportType, .outputView, .itemCount, .manifestFilesS3Key, has("exportTime")]' <<<"$summary")" \
	"[\"2023-08-01\",\"INCREMENTAL_EXPORT\",\"NEW_AND_OLD_IMAGES\",4,\"a/b/AWSDynamoDB/$id/manifest-files.json\",false]"
is "its moments" "$(jq -r '.exportFromTime, .exportToTime' <<<"$summary")" "$(sql -c "SELECT to_char(to_timestamp(seconds(m)) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') FROM unnest('{$first,$second}'::bigint[]) m" -c "SELECT ''")"
is "what DescribeExport shows" "$(sql -c "SELECT d->>'ExportType', d->'IncrementalExportSpecification'->>'ExportViewType', d->>'ItemCount', d ? 'ExportTime', (d->'IncrementalExportSpecification'->>'ExportFromTime')::numeric = seconds($first), (d->'IncrementalExportSpecification'->>'ExportToTime')::numeric = seconds($second) FROM description('$arn') d")" \
	'INCREMENTAL_EXPORT|NEW_AND_OLD_IMAGES|4|f|t|t'
is "and ListExports" "$(sql -c "SELECT ddb.list_exports('{\"MaxResults\": 1, \"TableArn\": \"${arn%/export/*}\"}')::jsonb #>> '{ExportSummaries,0,ExportType}'")" INCREMENTAL_EXPORT
arn=$(sql -c "SELECT export_changes('Long', $first, $second)")
is "keys too long to be known by heart" "$(lines_of "$arn" | jq -c '[.Keys.s.S[:2], .OldImage.v.N, .NewImage.v.N, (.Metadata.WriteTimestampMicros.N | tonumber) >= '"$between]")" '["aa","1","3",true]
["cc","1","2",true]'
arn=$(sql -c "SELECT export_changes('Small', $first, $second, 'NEW_IMAGE')")
is "new images alone" "$(lines_of "$arn" | jq -c 'del(.Metadata)' | sort)" '{"Keys":{"k":{"S":"deleted and put again"}},"NewImage":{"k":{"S":"deleted and put again"},"l":{"L":[{"NULL":true}]}}}
{"Keys":{"k":{"S":"deleted"}}}
{"Keys":{"k":{"S":"inserted"}},"NewImage":{"b":{"B":"AAE="},"k":{"S":"inserted"}}}
{"Keys":{"k":{"S":"updated"}},"NewImage":{"k":{"S":"updated"},"v":{"N":"3"}}}'
arn=$(sql -c "SELECT export_changes('Small', $first, $second, 'NEW_AND_OLD_IMAGES', '{\"ExportFormat\": \"ION\"}')")
is "in Ion" "$(lines_of "$arn" | sed -E 's/[0-9]{16}/TIME/' | sort)" '$ion_1_0 {Record:{Keys:{k:"deleted and put again"},Metadata:{WriteTimestampMicros:TIME.},OldImage:{k:"deleted and put again",v:1.},NewImage:{k:"deleted and put again",l:[null]}}}
$ion_1_0 {Record:{Keys:{k:"deleted"},Metadata:{WriteTimestampMicros:TIME.},OldImage:{k:"deleted",v:1.}}}
$ion_1_0 {Record:{Keys:{k:"inserted"},Metadata:{WriteTimestampMicros:TIME.},NewImage:{b:{{AAE=}},k:"inserted"}}}
$ion_1_0 {Record:{Keys:{k:"updated"},Metadata:{WriteTimestampMicros:TIME.},OldImage:{k:"updated",v:1.},NewImage:{k:"updated",v:3.}}}'
ok "the log has come so far" wait_until "SELECT ddb.change_log_wait()"
arn=$(sql -c "SELECT export_changes('Small', $first, NULL)")
is "up to the latest moment" "$(lines_of "$arn" | wc -l)" 6
is "of which DescribeExport tells" "$(sql -c "SELECT (d->'IncrementalExportSpecification'->>'ExportToTime')::numeric > seconds($second) FROM description('$arn') d")" t
arn=$(sql -c "SELECT export_changes('Written', $first, $second)")
is "nothing" "$(lines_of "$arn" | wc -l)" 0
is "is one file all the same" "$(manifest_files "$arn" | jq -c '[.itemCount, .dataFileS3Key]')" "[0,\"AWSDynamoDB/data/${arn##*/}-00001.json.gz\"]"

# ---- Windows ----

like "less than 15 minutes" "$(error "SELECT export_changes('Small', $second - 899999999, $second)")" 'ValidationException: The period between ExportFromTime and ExportToTime must be at least 15 minutes'
like "up to the latest moment, too" "$(error "SELECT export_changes('Small', $second, NULL)")" 'ValidationException: The period between .* at least 15 minutes'
like "a window before recovery" "$(error "SELECT export_changes('Small', $first - 3600000000, $second)")" 'InvalidExportTimeException: The specified ExportFromTime is outside of the point in time recovery window.'
like "a window of the future" "$(error "SELECT export_changes('Small', $first, $second + 3600000000)")" 'InvalidExportTimeException: The specified ExportToTime is outside of the point in time recovery window.'
arn=$(sql -c "SELECT export_changes('Small', $first, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)")
ok "this very moment, to which the log has yet to come" completed "$arn"

# ---- Random writes ----

ahead=2000
clock_ahead "$ahead"
start_writers
for moment in third fourth fifth sixth; do
	written=$(sql -c 'SELECT last_value FROM writes')
	wait_until "SELECT last_value > $written + 200 FROM writes"
	declare "$moment=$(now)"
	case $moment in
		# A stream's shards have the changes, and several of them.
		third) sql -o /dev/null -c "SELECT ddb.update_table('{\"TableName\": \"Written\", \"StreamSpecification\": {\"StreamEnabled\": true, \"StreamViewType\": \"KEYS_ONLY\"}}')" ;;
		fourth) sql -o /dev/null -c "SELECT ddb.update_table('{\"TableName\": \"Written\", \"StreamSpecification\": {\"StreamEnabled\": false}}')" ;;
		fifth) sql -o /dev/null -c "DO \$\$BEGIN FOR i IN 1..3200 LOOP PERFORM ddb.put_item(jsonb_build_object('TableName', 'Written', 'Item', random_item('many' || i % 7, i))); END LOOP; END\$\$" ;;
	esac
	ahead=$((ahead + 1000))
	clock_ahead "$ahead"
done
# asked for while the writers go on
declare -A fulls changes
# shellcheck disable=SC2154
for moment in "$first" "$third" "$fourth" "$fifth" "$sixth"; do
	fulls[$moment]=$(sql -c "SELECT export_before('Written', $moment)")
done
for window in "$first $third" "$third $fourth" "$first $fifth" "$fourth $sixth" "$first $sixth"; do
	changes[$window]=$(sql -c "SELECT export_changes('Written', ${window/ /, })")
done
ok "exports while the table is written" completed "${changes[$first $sixth]}"
stop_writers
for window in "${!changes[@]}"; do
	read -r from to <<<"$window"
	load "${changes[$window]}" lines
	load "${fulls[$from]}" earlier
	load "${fulls[$to]}" later
	echo "# $(sql -c "SELECT (SELECT count(*) FROM earlier), (SELECT count(*) FROM lines), (SELECT count(*) FROM later)")"
	is "a full export and the changes since are the table" "$(sql -c "SELECT * FROM differences($from, $to)")" '0|0|0|0|0'
	ok "there are changes" test "$(sql -c 'SELECT count(*) FROM lines')" -gt 20
done
is "the log was divided meanwhile" "$(sql -c "SELECT count(*) > 4 FROM ddb.shards WHERE relation = 'dynamodb.\"Written\"'::regclass")" t

# ---- Whoever is killed ----

as_server_user sh -c "echo other >'$buckets/exports/AWSDynamoDB/data/01693685827463-2d8752fd-00001.json.gz' && cd '$buckets/exports' && find . -type f -exec md5sum {} + | sort >'$cluster/before'"
exports=()
for ((i = 1; i <= rounds; i++)); do
	exports+=("$(sql -c "SELECT export_changes('Written', $first, $sixth)")")
	sleep "0.$((RANDOM % 5))"
	if ((i % 2 == 0)); then
		kill_cluster "$cluster"
		start_cluster "$cluster"
		PGDATABASE=exporting
	else
		kill_one 'ddb job'
	fi
done
load "${fulls[$first]}" earlier
load "${fulls[$sixth]}" later
for arn in "${exports[@]}"; do
	ok "an export of changes goes on after a crash" load "$arn" lines
	is "exactly" "$(sql -c "SELECT * FROM differences($first, $sixth)")" '0|0|0|0|0'
	id=${arn##*/}
	is "with nothing left over" "$(as_server_user sh -c "cd '$buckets/exports' && ls AWSDynamoDB/data/$id-*")" "$(manifest_files "$arn" | jq -r .dataFileS3Key)"
done
ok "what lay there before lies there still" as_server_user sh -c "cd '$buckets/exports' && md5sum --quiet -c '$cluster/before'"

# ---- Tokens ----

arn=$(sql -c "SELECT export_changes('Small', $first, $second, NULL, '{\"ClientToken\": \"t\"}')")
is "a token's second request" "$(sql -c "SELECT export_changes('Small', $first, $second, NULL, '{\"ClientToken\": \"t\"}')")" "$arn"
for other in "$first + 1, $second, NULL" "$first, $second - 1, NULL" "$first, NULL, NULL" "$first, $second, 'NEW_IMAGE'"; do
	like "another request of that token" "$(error "SELECT export_changes('Small', $other, '{\"ClientToken\": \"t\"}')")" 'ExportConflictException: '
done
filter='{"FilterExpression": "#a > :a", "ExpressionAttributeNames": {"#a": "v", "#b": "k"}, "ProjectionExpression": "#a, #b", "ExpressionAttributeValues": {":a": {"N": "1"}}}'
same='{"FilterExpression": "#a > :a", "ProjectionExpression": "#a, #b", "ExpressionAttributeValues": {":a": {"N": "1"}}, "ExpressionAttributeNames": {"#b": "k", "#a": "v"}}'
filtered=$(sql -c "SELECT export('Small', '{\"ClientToken\": \"f\", \"FilterSpecification\": $filter}')")
is "a filter whose members come in another order" "$(sql -c "SELECT export('Small', ('{\"ClientToken\": \"f\", \"FilterSpecification\": ' || '$same' || '}')::jsonb)")" "$filtered"
like "another filter" "$(error "SELECT export('Small', '{\"ClientToken\": \"f\", \"FilterSpecification\": {\"FilterExpression\": \"attribute_exists(v)\"}}')")" 'ExportConflictException: '
like "no filter" "$(error "SELECT export('Small', '{\"ClientToken\": \"f\"}')")" 'ExportConflictException: '

# ---- Filters ----

is "items that pass, and what of them is asked for" "$(lines_of "$filtered" | sort)" '{"Item":{"k":{"S":"as it was"},"v":{"N":"4"}}}
{"Item":{"k":{"S":"deleted"},"v":{"N":"5"}}}
{"Item":{"k":{"S":"inserted and deleted"},"v":{"N":"6"}}}'
is "are counted" "$(sql -c "SELECT d->>'ItemCount', d->'FilterSpecification' = '$filter'::jsonb, d->>'ExportType' FROM description('$filtered') d")" '3|t|FULL_EXPORT'
arn=$(sql -c "SELECT export_before('Small', $second, '{\"FilterSpecification\": $filter}')")
is "of the past" "$(lines_of "$arn")" '{"Item":{"k":{"S":"updated"},"v":{"N":"3"}}}'
arn=$(sql -c "SELECT export('Small', '{\"FilterSpecification\": {\"KeyConditionExpression\": \"k = :k\", \"ExpressionAttributeValues\": {\":k\": {\"S\": \"deleted\"}}}}')")
is "of one partition" "$(lines_of "$arn")" '{"Item":{"k":{"S":"deleted"},"v":{"N":"5"}}}'
for at in "export('Written', more)" "export_before('Written', $sixth, more)"; do
	arn=$(sql -c "SELECT $at FROM (SELECT '{\"FilterSpecification\": {\"KeyConditionExpression\": \"p = :p AND s BETWEEN :a AND :b\", \"FilterExpression\": \"attribute_exists(binaries)\",
		\"ExpressionAttributeValues\": {\":p\": {\"S\": \"many3\"}, \":a\": {\"N\": \"10\"}, \":b\": {\"N\": \"3000\"}}}}'::jsonb AS more) m")
	load "$arn" earlier
	is "and a part of it" "$(sql -c "SELECT count(*), count(*) FILTER (WHERE item->'p'->>'S' = 'many3' AND (item->'s'->>'N')::integer BETWEEN 10 AND 3000) FROM earlier")" '428|428'
done
# What passes no more has gone, and what has come to pass has come.
arn=$(sql -c "SELECT export_changes('Small', $first, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, NULL, '{\"FilterSpecification\": {\"FilterExpression\": \"v < :two\", \"ExpressionAttributeValues\": {\":two\": {\"N\": \"2\"}}}}')")
is "changes that concern what passes" "$(lines_of "$arn" | jq -c 'del(.Metadata)' | sort)" '{"Keys":{"k":{"S":"as it was"}},"OldImage":{"k":{"S":"as it was"},"v":{"N":"1"}}}
{"Keys":{"k":{"S":"deleted and put again"}},"OldImage":{"k":{"S":"deleted and put again"},"v":{"N":"1"}}}
{"Keys":{"k":{"S":"deleted"}},"OldImage":{"k":{"S":"deleted"},"v":{"N":"1"}}}
{"Keys":{"k":{"S":"updated"}},"OldImage":{"k":{"S":"updated"},"v":{"N":"1"}}}'

# A filter runs nobody's code: not where names of PostgreSQL's own have been taken by others, either.
sql -o /dev/null -c 'CREATE SCHEMA hostile' -c "CREATE FUNCTION hostile.size(ddb.item) RETURNS integer LANGUAGE plpgsql AS \$\$BEGIN CREATE TABLE public.seized (); RETURN 1; END\$\$" \
	-c 'ALTER DATABASE exporting SET search_path TO hostile, public'
arn=$(sql -c "SELECT export('Small', '{\"FilterSpecification\": {\"FilterExpression\": \"size(k) > :n\", \"ExpressionAttributeValues\": {\":n\": {\"N\": \"7\"}}}}')")
is "size() is DynamoDB's" "$(lines_of "$arn" | wc -l)" 4
is "and nothing else was run" "$(sql -c "SELECT to_regclass('public.seized') IS NULL")" t
sql -c 'ALTER DATABASE exporting RESET search_path'

# ---- Changes that are missing ----

# One that waits for the log.
slot=$(sql -c "SELECT slot FROM ddb.change_position")
as_server_user kill -STOP "$(sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb change decoder'")"
arn=$(sql -c "SELECT export_changes('Small', $first, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)")
is "an export for which the log has yet to come is in progress" "$(sql -c "SELECT description('$arn')->>'ExportStatus'")" IN_PROGRESS
kill_cluster "$cluster"
as_server_user rm -r "$cluster/data/pg_replslot/$slot"
start_cluster "$cluster"
PGDATABASE=exporting
sql -o /dev/null -c "SELECT ddb.put_item('{\"TableName\": \"Small\", \"Item\": {\"k\": {\"S\": \"behind\"}}}')"
ok "there is a hole in the log" wait_until "SELECT latest('Small') IS NOT NULL AND EXISTS (SELECT FROM ddb.shards WHERE ended_by = 'hole')"
like "a window that reaches over it is refused" "$(error "SELECT export_changes('Small', $first, $second)")" 'InvalidExportTimeException: The specified ExportFromTime '
ok "one that was asked for before fails" wait_until "SELECT description('$arn')->>'ExportStatus' = 'FAILED'"
is "and says why" "$(sql -c "SELECT description('$arn')->>'FailureMessage'")" 'changes between these moments are not in the log any more'
is "nothing of it lies there" "$(as_server_user sh -c "cd '$buckets/exports' && find . -path '*${arn##*/}*' -type f")" ''
