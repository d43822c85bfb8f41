#!/bin/bash
# ddb-migrate between two servers while the source is written all the time: copied live, and by an export and an
# import; killed again and again; compared by itself and by SQL; and back again.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"

install_python
python=$client_cache/python/bin/python
items=4000
cd "$DDB_WORK"
# whatever happens, nobody goes on
trap 'touch stop; kill $(jobs -p) 2>/dev/null || true' EXIT

# server NAME: its endpoint is the variable of that name; all of them reach the same buckets.
server() {
	local port
	port=$(free_port)
	new_cluster "$1" <<END
ddb.http_port = $port
ddb.http_auth = trust
ddb.http_trust_role = postgres
ddb.bucket_directory = '$DDB_WORK/source/buckets'
ddb.ttl_change_interval = 0
ddb.stream_shards = 2
max_worker_processes = 16
END
	printf -v "$1" 'http://127.0.0.1:%s' "$port"
	sql -c 'CREATE EXTENSION ddb' -c 'CREATE SERVER "exports" FOREIGN DATA WRAPPER ddb_bucket'
}
. "$top/test/server/clock.sh"
server source
unset DDB_SERVER_ENVIRONMENT
server target

export AWS_CONFIG_FILE=$DDB_WORK/config AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
for name in source target; do
	printf '[profile %s]\nregion = us-east-1\naws_access_key_id = %s\naws_secret_access_key = secret\n' "$name" "$name"
done >"$AWS_CONFIG_FILE"

# on NAME [PSQL OPTION...]
on() {
	(use_cluster "$DDB_WORK/$1" && shift && sql "$@")
}
from=source
to=target
# migrate COMMAND TABLE ...: as it is installed.
migrate() {
	${run:-} "$python" "$bindir/ddb-migrate" "$@" --source-profile "$from" --target-profile "$to" --source-endpoint "${!from}" --target-endpoint "${!to}"
}
# in_background LOG COMMAND TABLE...: sets process.
in_background() {
	local log=$1
	shift
	(run=exec && migrate "$@" 2>>"$log") &
	process=$!
}
# killed: the process in the background, which was still there.
killed() {
	kill -9 "$process" && ! wait "$process" 2>>"$DDB_WORK/killed.log"
}
# says FILE PATTERN [TIMES]: within a minute and a half.
says() {
	local i
	for ((i = 0; i < 900; i++)); do
		[ ! -e "$1" ] || [ "$(grep -cE -- "$2" "$1")" -lt "${3:-1}" ] || return 0
		sleep 0.1
	done
	echo "# $1 does not say $2:"
	sed 's/^/#   /' "$1"
	return 1
}
# write NAME ENDPOINT TABLE: changes until there is a file `stop`; sets writer.
write() {
	rm -f stop
	"$python" "$client_source/python/migrate.py" "$2" "$1" "$3" "$items" stop &
	writer=$!
}
# stop_writing WHAT [NAME]: the stream of that server, or of the source, has all then.
stop_writing() {
	touch stop
	ok "$1: there were changes all the time" wait "$writer"
	on "${2:-source}" -o /dev/null -c "SELECT ddb.change_log_wait('1 minute')"
}
# same WHAT TABLE OTHER [INDEX...]: the source's table and the target's OTHER have the same items, as SQL sees them, and so have their indexes.
same() {
	local what=$1 table=$2 other=$3 index
	for index in "" "${@:4}"; do
		on source -c "SELECT item FROM dynamodb.\"$table${index:+/$index}\" ORDER BY item::text COLLATE \"C\"" >source.items
		on target -c "SELECT item FROM dynamodb.\"$other${index:+/$index}\" ORDER BY item::text COLLATE \"C\"" >target.items
		ok "$what: nothing is missing, nothing stale${index:+ in $index}" cmp source.items target.items
		cmp -s source.items target.items || diff source.items target.items | cut -c 1-200 | head -n 10 | sed 's/^/#   /'
	done
	is "$what: there is something" "$(on source -c "SELECT count(*) > $items / 2 FROM dynamodb.\"$table\"")" t
}
# ask NAME OPERATION FILTER: of the table Things.
ask() {
	on "$1" -c "SELECT ddb.$2('{\"TableName\": \"Things\"}')" | jq -S "$3"
}

on source -o /dev/null <<SQL
SELECT ddb.create_table('{"TableName": "Things", "BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 3},
	"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "B"}, {"AttributeName": "sk", "AttributeType": "N"},
		{"AttributeName": "group", "AttributeType": "S"}, {"AttributeName": "seen", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "bySeen", "Projection": {"ProjectionType": "KEYS_ONLY"},
		"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "seen", "KeyType": "RANGE"}]}],
	"GlobalSecondaryIndexes": [{"IndexName": "byGroup", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["number"]},
		"ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 2}, "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}]}],
	"Tags": [{"Key": "team", "Value": "a"}]}');
INSERT INTO dynamodb."Things" (item) SELECT jsonb_build_object('pk', jsonb_build_object('B', encode(decode(lpad(to_hex(i), 8, '0'), 'hex'), 'base64')),
	'sk', jsonb_build_object('N', (i % 7)::text), 'n', jsonb_build_object('N', (i * 1.5)::text), 'text', jsonb_build_object('S', repeat('x', i % 2000)),
	'group', jsonb_build_object('S', 'g' || i % 5), 'set', '{"NS": ["3", "1", "2"]}'::jsonb, 'bytes', '{"BS": ["AAE=", "/w=="]}'::jsonb)::text::ddb.item
	FROM generate_series(1, $items) i;
SELECT ddb.update_continuous_backups('{"TableName": "Things", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 3}}');
SELECT ddb.update_time_to_live('{"TableName": "Things", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "expires"}}');
SELECT ddb.update_table('{"TableName": "Things", "DeletionProtectionEnabled": true}');
SQL

# ---- Live ----

write source "$source" Things
ok "the table is made" migrate create Things
definition='.Table | {AttributeDefinitions, KeySchema, BillingModeSummary, units: .ProvisionedThroughput.WriteCapacityUnits,
	indexes: ((.GlobalSecondaryIndexes + .LocalSecondaryIndexes) | map({IndexName, KeySchema, Projection, units: .ProvisionedThroughput.WriteCapacityUnits}))}'
is "as the source's is" "$(ask target describe_table "$definition")" "$(ask source describe_table "$definition")"
tags() {
	on "$1" -c "SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn', $(ask "$1" describe_table .Table.TableArn | tr '"' "'")))"
}
is "with its tags" "$(tags target)" "$(tags source)"
like "it is not made twice" "$(migrate create Things 2>&1 || true)" 'ddb-migrate: .*ResourceInUseException'

copy=(copy Things --segments 2 --settle 0.5 --state live)
in_background scan.log "${copy[@]}" --rate 600
ok "the copy is under way" says live '"after": \{'
ok "and killed" killed
like "the scan goes on where it was" "$(cat live)" '"after": \{'
cp live live.before
in_background scan.log "${copy[@]}" --rate 1500
ok "after what was on its way" says scan.log 'was not stopped in order'
for _ in {1..600}; do
	cmp -s <(grep -o '"segments": [^]]*' live) <(grep -o '"segments": [^]]*' live.before) || break
	sleep 0.1
done
like "one state has one process" "$(migrate "${copy[@]}" 2>&1 || true)" 'ddb-migrate: Another ddb-migrate is at work'
ok "it is killed again" killed
in_background follow.log "${copy[@]}"
ok "then the stream is followed" says follow.log 'changes applied'
ok "and killed" killed
# the shards' time is over, so that their children go on; iterators expire
clock_ahead $((241 * 60))
in_background follow.log "${copy[@]}"
ok "it goes on" says follow.log 'changes applied' 2
sleep 1
ok "and is killed" killed
in_background follow.log "${copy[@]}"
ok "it goes on again" says follow.log 'changes applied' 3
migrate verify Things --patience 120 >differing 2>verify.log &
verification=$!
sleep 1
stop_writing live
ok "a comparison that began before the last change says that all is equal" wait "$verification"
sed 's/^/# /' differing verify.log
ok "the stream has no more" says follow.log 'for now there are no more'
kill -TERM "$process"
ok "it stops in order" wait "$process"
is "then there is nothing to wait for" "$(migrate "${copy[@]}" --until-drained --quiet 1 2>&1 | grep -oE 'in order|drained')" drained
like "several generations of shards were read" "$(on source -c "SELECT count(*) FROM ddb.shards WHERE ended_by IS NOT NULL")" '^[1-9]'
same live Things Things byGroup bySeen
jq '.read -= 24 * 3600' live >late
like "nor goes on after more than a day" "$(migrate copy Things --state late 2>&1 || true)" 'Changes of the source are lost: .*24 hours ago'
like "it does not begin where items are" "$(migrate copy Things --state other 2>&1 || true)" 'has items already'

# ---- The switch, and back ----

settings() {
	ask "$1" describe_table '.Table | [.StreamSpecification, .DeletionProtectionEnabled]'
	ask "$1" describe_time_to_live .
	ask "$1" describe_continuous_backups '.ContinuousBackupsDescription.PointInTimeRecoveryDescription | [.PointInTimeRecoveryStatus, .RecoveryPeriodInDays]'
}
ok "the target gets what the source has" migrate settings Things
is "all of it" "$(settings target)" "$(settings source)"
is "then there is nothing to do" "$(migrate settings Things 2>&1)" ""
sleep 1
since=$(date -u +%FT%TZ)
write target "$target" Things
stop_writing target target
(from=target to=source && migrate follow Things --state back --since "$since" --until-drained --quiet 1 2>back.log)
same back Things Things byGroup bySeen

# ---- By an export and an import, then by the stream ----

write source "$source" Things
on source -c "SELECT ddb.export_table_to_point_in_time(json_build_object('TableArn', ddb.describe_table('{\"TableName\": \"Things\"}') #>> '{Table,TableArn}',
	'S3Bucket', 'exports'))::jsonb #>> '{ExportDescription,ExportArn}'" >arn
description="ddb.describe_export('{\"ExportArn\": \"$(cat arn)\"}')::jsonb -> 'ExportDescription'"
(use_cluster "$DDB_WORK/source" && wait_until "SELECT $description ->> 'ExportStatus' = 'COMPLETED'")
since=$(on source -c "SELECT $description ->> 'ExportTime'")
prefix=$(on source -c "SELECT replace($description ->> 'ExportManifest', 'manifest-summary.json', 'data/')")
migrate definition Things --target-table Imported >definition.json 2>definition.log
like "what an import cannot make is told" "$(cat definition.log)" 'ImportTable does not take: LocalSecondaryIndexes'
on target -v definition="$(cat definition.json)" -v prefix="$prefix" -o /dev/null <<'SQL'
SELECT ddb.import_table(json_build_object('S3BucketSource', json_build_object('S3Bucket', 'exports', 'S3KeyPrefix', :'prefix'),
	'InputFormat', 'DYNAMODB_JSON', 'InputCompressionType', 'GZIP', 'TableCreationParameters', :'definition'::json));
SQL
(use_cluster "$DDB_WORK/target" && wait_until "SELECT ddb.list_imports('{}') #>> '{ImportSummaryList,0,ImportStatus}' = 'COMPLETED'")
follow=(follow Things --target-table Imported --settle 0.5 --state imported)
like "a stream that is younger than the export" "$(migrate "${follow[@]}" --since 2001-01-01T00:00:00Z 2>&1 || true)" 'younger than --since'
like "no export's time" "$(migrate "${follow[@]}" 2>&1 || true)" 'no imported to go on from: --since'
in_background imported.log "${follow[@]}" --since "$since"
ok "the stream is followed" says imported.log 'changes applied'
ok "and killed" killed
in_background imported.log "${follow[@]}"
sleep 1
stop_writing import
ok "the stream has no more" says imported.log 'for now there are no more'
kill -TERM "$process"
ok "it stops in order" wait "$process"
like "it drains" "$(migrate "${follow[@]}" --until-drained --quiet 1 2>&1)" 'drained'
ok "the comparison says that all is equal" migrate verify Things --target-table Imported --patience 5
same import Things Imported byGroup

# ---- The comparison finds what is planted ----

on target -o /dev/null <<'SQL'
DELETE FROM dynamodb."Imported" WHERE item::text = (SELECT min(item::text) FROM dynamodb."Imported" WHERE item::text !~ 'u0000');
UPDATE dynamodb."Imported" SET item = (item::text::jsonb || '{"n": {"N": "1.4999"}}')::text::ddb.item WHERE item::text = (SELECT max(item::text) FROM dynamodb."Imported" WHERE item::text !~ 'u0000');
SELECT ddb.put_item('{"TableName": "Imported", "Item": {"pk": {"B": "b25lIG1vcmU="}, "sk": {"N": "1"}}}');
SQL
key() {
	on source -c "SELECT jsonb_build_object('pk', item::text::jsonb -> 'pk', 'sk', item::text::jsonb -> 'sk') FROM dynamodb.\"Things\" WHERE item::text = (SELECT $1(item::text) FROM dynamodb.\"Things\" WHERE item::text !~ 'u0000')"
}
is "an item that differs, one that is missing and one that is too much are found" "$(migrate verify Things --target-table Imported --patience 1 2>verify.log || echo "status $?")" \
	"additional {\"pk\": {\"B\": \"b25lIG1vcmU=\"}, \"sk\": {\"N\": \"1\"}}
different $(key max)
missing $(key min)
status 1"
like "and told" "$(cat verify.log)" '[0-9]+ items compared: 3 differ'
like "a bound of what is told" "$(migrate verify Things --target-table Imported --patience 0 --most 2 2>&1 || true)" 'More than 2 items differ'

# ---- What the target does not take, and a stream without images ----

on source -o /dev/null <<'SQL'
SELECT ddb.create_table('{"TableName": "Odd", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}], "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}}');
INSERT INTO dynamodb."Odd" (item) SELECT jsonb_build_object('k', jsonb_build_object('S', 'k' || i), 'group', '{"S": "a"}'::jsonb)::text::ddb.item FROM generate_series(1, 200) i;
SELECT ddb.put_item('{"TableName": "Odd", "Item": {"k": {"S": "wrong"}, "group": {"N": "1"}}}');
SQL
on target -o /dev/null <<'SQL'
SELECT ddb.create_table('{"TableName": "Odd", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}, {"AttributeName": "group", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}], "GlobalSecondaryIndexes": [{"IndexName": "byGroup",
		"Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}]}]}');
SQL
like "an item that the target does not take is told" "$(migrate copy Odd --until-drained --quiet 1 2>&1 || echo "status $?")" 'the target refuses \{"k": \{"S": "wrong"\}\}: .*Type mismatch'
is "the others are there" "$(on target -c 'SELECT count(*) FROM dynamodb."Odd"')" 200
on source -o /dev/null -c "UPDATE dynamodb.\"Odd\" SET item = (item::text::jsonb || '{\"group\": {\"S\": \"b\"}}')::text::ddb.item" -c "DELETE FROM dynamodb.\"Odd\" WHERE k > 'k5'" -c "SELECT ddb.change_log_wait('1 minute')"
migrate copy Odd --until-drained --quiet 1 2>odd.log || true
ok "what has changed is read where the stream does not say it" migrate verify Odd --patience 1

# ---- What the stream has no longer ----

on source -o /dev/null -c "ALTER SYSTEM SET ddb.stream_retention = 1" -c 'SELECT pg_reload_conf()' -c "INSERT INTO dynamodb.\"Odd\" (item) VALUES ('{\"k\": {\"S\": \"new\"}}')"
lost=
for _ in {1..60}; do
	sleep 1
	lost=$(migrate copy Odd --until-drained --quiet 0 2>&1) || break
done
like "changes that are lost are told" "$lost" 'Changes of the source are lost: .*Trimmed.* Delete the target.s table and Odd.ddb-migrate, and begin anew'
