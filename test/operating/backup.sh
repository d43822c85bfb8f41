#!/bin/bash
# A server is backed up by pgBackRest while it is written, with the file of examples/, and lost. It is restored to its end,
# to a moment and to a named point, into folders of their own: each time all items are what a ledger says.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../client/install.sh"
. "$(dirname "$0")/tools.sh"

install_pgbackrest
use_tools pgbackrest

cluster=$DDB_WORK/cluster
repository=$DDB_WORK/pgbackrest
http_port=$(free_port)
port=$http_port
sql_port=$(free_port)
own_directory "$repository"
example pgbackrest.conf "s|/var/lib/pgbackrest/lock|$repository/lock|; s|/var/lib/pgbackrest|$repository/repository|; s|/var/log/pgbackrest|$repository|
	s|/var/lib/postgresql/15/main|$cluster/data|; s|/var/run/postgresql|$cluster/socket|; s|=5432|=$sql_port|" >"$repository/pgbackrest.conf"

# The server's commands are given the file as its environment says, where the example has the usual place.
export DDB_SERVER_ENVIRONMENT="PGBACKREST_CONFIG=$repository/pgbackrest.conf"
# backrest ARGUMENT...
backrest() {
	as_server_user env $DDB_SERVER_ENVIRONMENT pgbackrest --stanza=orders --log-level-console=warn "$@"
}

new_cluster cluster <<CONF
port = $sql_port
archive_mode = on
archive_command = 'pgbackrest --stanza=orders archive-push %p'
archive_timeout = 60
track_commit_timestamp = on
max_worker_processes = 20
ddb.http_port = $port
CONF
ok "a place for backups is made" backrest stanza-create
ok "it is fit for use" backrest check

sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Written", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}, {"AttributeName": "color", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
	"GlobalSecondaryIndexes": [{"IndexName": "ByColor", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}],
	"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}}');
SELECT ddb.update_continuous_backups('{"TableName": "Written", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}');

CREATE TABLE ledger (step bigserial, xid xid NOT NULL DEFAULT pg_current_xact_id()::xid, p text NOT NULL, s integer NOT NULL, item ddb.item);
CREATE FUNCTION key_of(p text, s integer) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('p', jsonb_build_object('S', p), 's', jsonb_build_object('N', s::text))
$$;
CREATE FUNCTION item_of(p text, s integer) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
	SELECT key_of(p, s) || jsonb_build_object('color', jsonb_build_object('S', (ARRAY['red', 'green', 'blue'])[1 + floor(random() * 3)]),
		'text', jsonb_build_object('S', repeat(md5(random()::text), (random() * 50)::integer)))
$$;
-- Notes what the item has become by this transaction.
CREATE FUNCTION note(key_p text, key_s integer) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ledger (p, s, item) VALUES (key_p, key_s, (SELECT item FROM dynamodb."Written" WHERE p = key_p AND s = key_s::numeric))
$$;
CREATE FUNCTION write_something() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	p text := 'p' || floor(random() * 30);
	s integer := floor(random() * 30);
	kind integer := floor(random() * 4);
BEGIN
	IF kind = 0 THEN
		-- a delete of nothing locks nothing, so it has no place among the others
		IF NOT ddb.delete_item(jsonb_build_object('TableName', 'Written', 'Key', key_of(p, s), 'ReturnValues', 'ALL_OLD'))::jsonb ? 'Attributes' THEN
			RETURN;
		END IF;
	ELSIF kind = 1 THEN
		PERFORM ddb.update_item(jsonb_build_object('TableName', 'Written', 'Key', key_of(p, s), 'UpdateExpression', 'ADD changes :one',
			'ExpressionAttributeValues', '{":one": {"N": "1"}}'::jsonb));
	ELSIF kind = 2 THEN
		PERFORM ddb.transact_write_items(jsonb_build_object('TransactItems', jsonb_build_array(
			jsonb_build_object('Put', jsonb_build_object('TableName', 'Written', 'Item', item_of(p, s))),
			jsonb_build_object('Put', jsonb_build_object('TableName', 'Written', 'Item', item_of(p, s + 100))))));
		PERFORM note(p, s + 100);
	ELSE
		PERFORM ddb.put_item(jsonb_build_object('TableName', 'Written', 'Item', item_of(p, s)));
	END IF;
	PERFORM note(p, s);
END
$$;
-- For as long as the relation "going" is there.
CREATE PROCEDURE write_on() LANGUAGE plpgsql AS $$
BEGIN
	WHILE to_regclass('going') IS NOT NULL LOOP
		PERFORM write_something();
		COMMIT;
		PERFORM pg_sleep(0.005);
	END LOOP;
END
$$;
-- A moment of the last second at which nobody was about to commit.
CREATE FUNCTION quiet_moment() RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
	moment timestamptz;
BEGIN
	LOOP
		moment := clock_timestamp() - (0.2 + random()) * interval '1 second';
		EXIT WHEN NOT EXISTS (SELECT FROM ledger WHERE abs(extract(epoch FROM pg_xact_commit_timestamp(xid) - moment)) < 0.0003);
	END LOOP;
	RETURN moment;
END
$$;
SQL
wait_until "SELECT count(*) = 4 FROM ddb.shards WHERE label IS NOT NULL"
listens "$port"
key=$(sql -F ' ' -c "SELECT * FROM ddb.create_access_key('postgres')")

# ledger MOMENT: what all items were then, as the ledger of the server has it that is to be lost.
ledger() {
	sql -c "SELECT p, s, item FROM (SELECT DISTINCT ON (p, s) * FROM ledger WHERE pg_xact_commit_timestamp(xid) <= '$1'
		ORDER BY p, s, step DESC) l WHERE item IS NOT NULL ORDER BY p COLLATE \"C\", s"
}
items() {
	sql -c 'SELECT p, s, item FROM dynamodb."Written" ORDER BY p::text COLLATE "C", s'
}
# over_http OPERATION PARAMETERS: signed by the key that was made before the backup.
over_http() {
	DDB_HTTP_PORT=$port python3 - "$@" <<PYTHON
import json, sys
sys.path.insert(0, "$top/test/http")
from endpoint import call
answer = call(tuple("$key".split()), sys.argv[1], json.loads(sys.argv[2]))
print(answer.status, answer.body.decode())
PYTHON
}
put='{"TableName": "Written", "Item": {"p": {"S": "over HTTP"}, "s": {"N": "1"}}}'
scan='{"TableName": "Written", "Select": "COUNT", "Limit": 1}'
is "an access key is good" "$(over_http PutItem "$put")" '200 {}'
sql -o /dev/null -c "SELECT note('over HTTP', 1)"

sql -c 'CREATE TABLE going ()'
writers=()
for _ in 1 2 3; do
	sql -c 'CALL write_on()' >/dev/null &
	writers+=($!)
done
sleep 1
ok "a backup is made while the server is written" backrest --type=full backup
sleep 1
ok "an incremental one too" backrest --type=incr backup
sleep 1
moment=$(sql -c 'SELECT quiet_moment()')
sleep 0.5
sql -c 'DROP TABLE going'
ok "the writers have had no error" wait "${writers[@]}"
named=$(sql -c "SELECT pg_create_restore_point('before the mistake')" -c 'SELECT clock_timestamp()' | tail -n 1)
at_moment=$(ledger "$moment")
at_named=$(ledger "$named")
sql -o /dev/null -c 'DELETE FROM dynamodb."Written" WHERE s < 50; INSERT INTO ledger (p, s) SELECT DISTINCT p, s FROM ledger WHERE s < 50'
at_end=$(ledger now)
# how many records the stream has, and the number of the last one
records="SELECT count(*), max(r -> 'dynamodb' ->> 'SequenceNumber') FROM ddb.shards, ddb.change_records(shard_id) r WHERE label IS NOT NULL"
is "the log has all" "$(sql -c "SELECT ddb.change_log_wait('60 seconds')")" t
at_end_records=$(sql -c "$records")
echo "# $(wc -l <<<"$at_moment") items at the moment, $(wc -l <<<"$at_named") at the point, $(wc -l <<<"$at_end") at the end, $(sql -c 'SELECT count(*) FROM ledger') changes"
is "they differ" "$(printf '%s\n' "$(md5sum <<<"$at_moment")" "$(md5sum <<<"$at_named")" "$(md5sum <<<"$at_end")" | sort -u | wc -l)" 3
segment=$(sql -c 'SELECT pg_walfile_name(pg_current_wal_lsn())')
sql -o /dev/null -c 'SELECT pg_switch_wal()'
ok "all of its WAL is archived" wait_until "SELECT last_archived_wal >= '$segment' FROM pg_stat_archiver"
kill_cluster "$cluster"

# restore NAME OPTION...: into a folder of its own, and starts it with what that has, at the ports of the server that was lost.
restore() {
	local dir=$DDB_WORK/$1
	shift
	prepare_cluster "$dir"
	ok "a backup is restored: $*" backrest --pg1-path="$dir/data" "$@" restore
	port=$http_port
	echo "unix_socket_directories = '$dir/socket'" >>"$dir/data/postgresql.conf"
	start_cluster "$dir"
}
# restore_beside NAME OPTION...: likewise, with the configuration of the server that was lost, and ports of its own.
restore_beside() {
	local dir=$DDB_WORK/$1
	shift
	prepare_cluster "$dir"
	ok "a backup is restored: $*" backrest --pg1-path="$dir/data" "$@" restore
	port=$(free_port)
	as_server_user env $DDB_SERVER_ENVIRONMENT "$bindir/pg_ctl" -D "$dir/data" --log="$dir/server.log" --wait --timeout=300 --silent -o "-c port=$(free_port) -c ddb.http_port=$port \
		-c config_file=$cluster/data/postgresql.conf -c data_directory=$dir/data -c unix_socket_directories=$dir/socket" start </dev/null
	use_cluster "$dir"
}
# served: the endpoint answers.
served() {
	curl -s -o /dev/null --retry 20 --retry-connrefused --retry-delay 1 "http://127.0.0.1:$port/health"
}
# is_whole WHAT ITEMS
is_whole() {
	is "$1: the items are what the ledger says" "$(items)" "$2"
	is "its indexes and catalogs are sound" "$(sql -c 'SELECT count(*) FROM ddb.check_indexes()' -c 'SELECT count(*) FROM ddb.check_catalog()')" $'0\n0'
	served
}
# goes_on: keys, the stream behind its hole, and recovery do.
goes_on() {
	is "its access keys are good" "$(over_http PutItem "$put")" '200 {}'
	ok "the log of changes has a hole at this place" wait_until "SELECT count(*) >= 4 AND count(*) = count(*) FILTER (WHERE ended_by IS NULL) * 2
		FROM ddb.shards WHERE ended_by IS NULL OR ended_by = 'hole'"
	is "and goes on behind it" "$(over_http DeleteItem '{"TableName": "Written", "Key": {"p": {"S": "over HTTP"}, "s": {"N": "1"}}}')
$(sql -c "SELECT ddb.change_log_wait('60 seconds')" \
		-c "SELECT r ->> 'eventName' FROM ddb.shards, ddb.change_records(shard_id) r WHERE ended_by IS NULL AND label IS NOT NULL
			ORDER BY r -> 'dynamodb' ->> 'SequenceNumber' DESC LIMIT 1")" $'200 {}\nt\nREMOVE'
}

restore end
ok "it is the primary server" wait_until 'SELECT NOT pg_is_in_recovery()'
is_whole "at the end" "$at_end"
is "the stream has all of its records" "$(sql -c "$records AND ended_by = 'hole'")" "$at_end_records"
goes_on
like "a table is not restored to a moment before the hole" "$(sql -c "SELECT ddb.restore_table_to_point_in_time(json_build_object(
	'SourceTableName', 'Written', 'TargetTableName', 'Torn', 'RestoreDateTime', extract(epoch FROM '$moment'::timestamptz)))" 2>&1 || true)" InvalidRestoreTimeException
stop_cluster "$DDB_WORK/end"

restore_beside moment --type=time --target="$moment" --target-action=pause --archive-mode=off
ok "it has come to the moment, and waits" wait_until "SELECT pg_get_wal_replay_pause_state() = 'paused'"
is_whole "at a moment" "$at_moment"
is "it can be read over HTTP" "$(over_http Scan "$scan" | cut -c 1-18)" '200 {"Count":1,"Sc'
like "and not be written" "$(over_http PutItem "$put")" '^400 .*AccessDeniedException'
sql -o /dev/null -c 'SELECT pg_wal_replay_resume()'
ok "it takes writes when it is told to" wait_until 'SELECT NOT pg_is_in_recovery()'
goes_on
# A consumer has read what has not happened here, up to the last number of the server that was lost.
like "who has read further is told so" "$(sql -c "SELECT ddb.get_shard_iterator(json_build_object(
	'StreamArn', ddb.describe_table('{\"TableName\": \"Written\"}') #>> '{Table,LatestStreamArn}', 'ShardId', shard_id,
	'ShardIteratorType', 'AFTER_SEQUENCE_NUMBER', 'SequenceNumber', '${at_end_records#*|}'))
	FROM ddb.shards WHERE label IS NOT NULL AND ended_by = 'hole' LIMIT 1" 2>&1 || true)" 'ValidationException: .* SequenceNumber is not of shard shardId-'
stop_cluster "$DDB_WORK/moment"

restore named --type=name --target='before the mistake' --target-action=promote --archive-mode=off
ok "it is the primary server" wait_until 'SELECT NOT pg_is_in_recovery()'
is_whole "at a point with a name" "$at_named"
stop_cluster "$DDB_WORK/named"
