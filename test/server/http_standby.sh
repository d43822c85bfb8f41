#!/bin/bash
# The endpoint of a standby, and of a primary server that waits for it.
. "$(dirname "$0")/../lib.sh"

standby=$DDB_WORK/standby

part() {
	local port=$1
	shift
	DDB_HTTP_PORT=$port python3 "$top/test/http/$1.py" "${@:2}" || echo "not ok - $2 ended with an error"
}

# replayed: the standby has all that is in the primary's WAL now.
replayed() {
	local lsn try
	lsn=$(sql -c 'SELECT pg_current_wal_lsn()')
	for try in {1..600}; do
		[ "$(psql -X -A -t -d "$standby_conninfo" -c "SELECT pg_last_wal_replay_lsn() >= '$lsn'")" = t ] && return
		sleep 0.1
	done
	return 1
}

serves() {
	local try
	for try in {1..600}; do
		[ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$1/")" = 200 ] && return
		sleep 0.1
	done
	return 1
}

first_port=$(free_port)
new_primary primary <<END
ddb.http_port = $first_port
END
sql -c 'CREATE EXTENSION ddb'
listens "$first_port"
second_port=$(free_port)
prepare_cluster "$standby"
as_server_user "$bindir/pg_basebackup" --dbname="host=$PGHOST port=$PGPORT user=$PGUSER application_name=standby" \
	--pgdata="$standby/data" --write-recovery-conf --checkpoint=fast --no-sync
configure_cluster "$standby" <<END
ddb.http_port = $second_port
# The replay of WAL waits for no read, and starts again at once where it was cut off.
max_standby_streaming_delay = 0
wal_retrieve_retry_interval = 100ms
END
start_cluster "$standby"
standby_conninfo="host=$PGHOST port=$PGPORT user=$PGUSER dbname=postgres"
use_cluster "$DDB_WORK/primary"

# checks PORT: what each health check says there.
checks() {
	local path
	for path in / /health /ready /primary /replica; do
		curl -s -o /dev/null -w '%{http_code} ' "http://127.0.0.1:$1$path"
	done
}

echo "# reads"
ok "the standby's endpoint is there" serves "$second_port"
is "health checks of the primary server" "$(checks "$first_port")" "200 200 200 200 503 "
is "and of the standby" "$(checks "$second_port")" "200 200 200 503 200 "
part "$first_port" standby fill
ok "replay goes on" replayed
is "a standby answers reads as the primary server does" "$(part "$second_port" standby reads)" "$(part "$first_port" standby reads)"
part "$second_port" standby refused
is "metrics of a standby" "$(curl -s "http://127.0.0.1:$second_port/metrics" | grep -E '^ddb_(standby|database_metrics_up|table_errors_total\{table="Pages"\}) ' | sed 's/ [1-9][0-9]*$/ some/')" \
	'ddb_standby some
ddb_table_errors_total{table="Pages"} some
ddb_database_metrics_up some'
sql -c 'VACUUM dynamodb."Pages"'
part "$second_port" standby conflict "$standby_conninfo"

echo "# keys"
id=$(python3 -c "import json; print(json.load(open('$DDB_WORK/key'))[0])")
sql -o "$DDB_WORK/out" -c "SELECT ddb.set_access_key_active('$id', false)"
ok "replay goes on" replayed
like "a key that is disabled is so on the standby" "$(part "$second_port" standby reads)" '^GetItem 400 .*UnrecognizedClientException'
sql -o "$DDB_WORK/out" -c "SELECT ddb.set_access_key_active('$id', true)"

echo "# synchronous"
configure synchronous_standby_names standby
wait_until "SELECT sync_state = 'sync' FROM pg_stat_replication"
stop_cluster "$standby"
part "$first_port" standby waits "$DDB_WORK/waited" &
waits=$!
until [ -e "$DDB_WORK/waited" ] || ! kill -0 "$waits"; do sleep 0.1; done
start_cluster "$standby"
wait "$waits"
stop_cluster "$standby"
use_cluster "$DDB_WORK/primary"
part "$first_port" standby ended
start_cluster "$standby"
use_cluster "$DDB_WORK/primary"

echo "# the primary server dies"
part "$first_port" faults crash "$DDB_WORK/acknowledged" &
crash=$!
until [ -e "$DDB_WORK/acknowledged.begun" ] || ! kill -0 "$crash"; do sleep 0.1; done
sleep 0.5
kill_cluster "$DDB_WORK/primary"
wait "$crash"
use_cluster "$standby"
part "$second_port" standby promotion
part "$second_port" faults verify "$DDB_WORK/acknowledged"
is "health checks of a standby that has been promoted" "$(checks "$second_port")" "200 200 200 200 503 "
is "nothing has crashed" "$(cat "$DDB_WORK"/*/server.log | grep -c 'was terminated by signal')" 0
