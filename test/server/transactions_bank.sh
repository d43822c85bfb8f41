#!/bin/bash
# Money moves between accounts over HTTP and in SQL, and is never more or less, while the server is killed and started
# again, and then killed for good and its synchronous standby promoted.
. "$(dirname "$0")/../lib.sh"

standby=$DDB_WORK/standby
seconds=${BANK_SECONDS:-5}

# server PORT: where clients go from now on; the endpoint has that port.
server() {
	echo "$1 $PGHOST $PGPORT" >"$DDB_WORK/place.new"
	mv "$DDB_WORK/place.new" "$DDB_WORK/place"
}

first_port=$(free_port)
new_primary primary <<END
ddb.http_port = $first_port
END
sql -c 'CREATE EXTENSION ddb'
listens "$first_port"
DDB_HTTP_PORT=$first_port python3 "$top/test/http/bank.py" fill
second_port=$(free_port)
prepare_cluster "$standby"
as_server_user "$bindir/pg_basebackup" --dbname="host=$PGHOST port=$PGPORT user=$PGUSER application_name=standby" \
	--pgdata="$standby/data" --write-recovery-conf --checkpoint=fast --no-sync
configure_cluster "$standby" <<END
ddb.http_port = $second_port
wal_retrieve_retry_interval = 100ms
END
start_cluster "$standby"
use_cluster "$DDB_WORK/primary"
configure synchronous_standby_names standby
wait_until "SELECT sync_state = 'sync' FROM pg_stat_replication"

server "$first_port"
DDB_HTTP_PORT=$first_port python3 "$top/test/http/bank.py" work "$DDB_WORK/place" "$DDB_WORK/stop" &
bank=$!
sleep "$seconds"
kill_cluster "$DDB_WORK/primary"
start_cluster "$DDB_WORK/primary"
server "$first_port"
sleep "$seconds"
rm "$DDB_WORK/place"
kill_cluster "$DDB_WORK/primary"
use_cluster "$standby"
sql -o /dev/null -c 'SELECT pg_promote()'
server "$second_port"
sleep "$seconds"
touch "$DDB_WORK/stop"
wait "$bank" || echo "not ok - the bank ended with an error"
is "no server has had a deadlock" "$(cat "$DDB_WORK"/*/server.log | grep -c 'deadlock detected')" 0
is "no server has crashed by itself" "$(cat "$DDB_WORK"/*/server.log | grep -c 'PANIC\|TRAP\|signal 11\|signal 6')" 0
