#!/bin/bash
# Places of background workers run short: the launcher has one, the log says how many it takes, and no index stays as it is for ever.
. "$(dirname "$0")/../lib.sh"

setup=$(cat <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Few", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}') IS NULL;
INSERT INTO dynamodb."Few" (item) SELECT format('{"id": {"S": "%s"}, "color": {"S": "red"}}', i)::ddb.item FROM generate_series(1, 500) i;
SQL
)
# update NAME: the request that creates an index.
update() {
	echo "{\"TableName\": \"Few\", \"AttributeDefinitions\": [{\"AttributeName\": \"id\", \"AttributeType\": \"S\"}, {\"AttributeName\": \"color\", \"AttributeType\": \"S\"}],
		\"GlobalSecondaryIndexUpdates\": [{\"Create\": {\"IndexName\": \"$1\", \"Projection\": {\"ProjectionType\": \"ALL\"}, \"KeySchema\": [{\"AttributeName\": \"color\", \"KeyType\": \"HASH\"}]}}]}"
}
create_index() {
	sql -o /dev/null -c "SELECT ddb.update_table('$(update "$1")')"
}
# over_http OPERATION BODY: by a request of the endpoint, whose answer is printed.
over_http() {
	curl -sS -H "X-Amz-Target: DynamoDB_20120810.$1" -H 'Content-Type: application/x-amz-json-1.0' \
		--retry 20 --retry-connrefused --retry-delay 1 -d "$2" "http://127.0.0.1:$DDB_HTTP_PORT/"
}
status() {
	sql -c "SELECT status FROM ddb.indexes WHERE name = '$1'"
}
# complete NAME: the index is, within a minute.
complete() {
	local i
	for ((i = 0; i < 600; i++)); do
		[ "$(status "$1")" != ACTIVE ] || break
		sleep 0.1
	done
	[ "$(sql -c "SELECT count(*) FROM dynamodb.\"Few/$1\"" -c 'SELECT count(*) FROM ddb.check_indexes()' -c 'SELECT count(*) FROM ddb.backfills')" = $'500\n0\n0' ]
}
# run TYPE NUMBER: so many such processes, once all have started.
run() {
	wait_until "SELECT count(*) = $2 FROM pg_stat_activity WHERE backend_type = '$1'"
}
# running TYPE: how many such processes there are now.
running() {
	sql -c "SELECT count(*) FROM pg_stat_activity WHERE backend_type = '$1'"
}
log() {
	cat "$DDB_WORK/$1/server.log"
}
# says NAME PATTERN: the server's log does, within a minute.
says() {
	local try
	for try in {1..600}; do
		grep -Eq -- "$2" "$DDB_WORK/$1/server.log" && return
		sleep 0.1
	done
	return 1
}
# not COMMAND...: it fails.
not() {
	! "$@"
}
# cluster NAME PLACES HTTP_WORKERS [SETTING]: starts one with an endpoint.
cluster() {
	DDB_HTTP_PORT=$(free_port)
	export DDB_HTTP_PORT
	new_cluster "$1" <<END
max_worker_processes = $2
ddb.http_workers = $3
ddb.http_port = $DDB_HTTP_PORT
ddb.http_auth = trust
ddb.http_trust_role = postgres
${4:-}
END
	sql -o /dev/null -c "$setup"
}
# served: waits until HTTP workers are there, at most a minute.
served() {
	local try
	for try in {1..600}; do
		[[ $(over_http ListTables '{}') != *'"Few"'* ]] || return 0
		sleep 0.1
	done
	echo "not ok - the endpoint does not answer"
}

# PostgreSQL's default, of which one is the logical replication launcher's.
cluster default 8 8
served
ok "with as many HTTP workers as places, the launcher has one" run 'ddb launcher' 1
ok "HTTP workers have the rest" [ "$(running 'ddb http')" -le 6 ]
like "the log says how many places it takes" "$(log default)" 'WARNING:  max_worker_processes is 8, and ddb needs it to be at least 12$'
like "and what for" "$(log default)" 'DETAIL:  9 for the launcher and the HTTP workers, of which 2 have no place now; 1 for a worker that fills secondary indexes or deletes expired items; 1 for parallel queries; 1 for logical replication and other extensions\.'
create_index BySql
is "UpdateTable fills the index itself" "$(status BySql)" ACTIVE
ok "with all items" complete BySql
like "also over HTTP" "$(over_http UpdateTable "$(update ByHttp)")" '"IndexName": *"ByHttp"'
is "where it has when it answers" "$(status ByHttp)" ACTIVE
ok "with all items, too" complete ByHttp
like "under REPEATABLE READ it is refused" "$(sql -c "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT ddb.update_table('$(update Late)')" 2>&1 || true)" \
	'isolation level above READ COMMITTED'
stop_cluster "$DDB_WORK/default"

# All HTTP workers have a place, and no other is left.
cluster full 10 8
served
ok "with a place for each HTTP worker, all are there" run 'ddb http' 8
ok "as is the launcher" run 'ddb launcher' 1
like "the log misses one for filling indexes" "$(log full)" 'WARNING:  max_worker_processes is 10, and ddb needs it to be at least 12$'
like "and none for the HTTP workers" "$(log full)" 'of which 0 have no place now'
create_index BySql
is "UpdateTable fills the index itself there" "$(status BySql)" ACTIVE
ok "with all items there" complete BySql

# places NUMBER: restarts the server with that many.
places() {
	stop_cluster "$DDB_WORK/full"
	echo "max_worker_processes = $1" >>"$DDB_WORK/full/data/postgresql.conf"
	: >"$DDB_WORK/full/server.log"
	start_cluster "$DDB_WORK/full"
}

# As many as the log has asked for; but an item is locked, and the index stays half filled.
places 12
ok "with as many places as it has asked for, the log is content" not grep -Eq 'max_worker_processes|no place' "$DDB_WORK/full/server.log"
sql -o /dev/null -c "BEGIN; SELECT FROM dynamodb.\"Few\" WHERE id = '77' FOR UPDATE; PREPARE TRANSACTION 'locked'"
create_index Later
is "a worker fills an index, as far as it can" "$(status Later)" CREATING
places 10
ok "without its place the log says that the launcher waits for one" says full 'LOG:  no place for a background worker that fills secondary indexes'
sql -c "COMMIT PREPARED 'locked'"
sleep 2
is "but once" "$(grep -c 'no place for a background worker that fills' "$DDB_WORK/full/server.log")" 1
is "and the index stays as it is" "$(status Later)" CREATING
places 12
ok "with a place it is filled" complete Later
stop_cluster "$DDB_WORK/full"

# Others have taken all places before ddb is loaded.
cluster none 1 1
is "without a place there is no launcher" "$(running 'ddb launcher')" 0
create_index BySql
is "UpdateTable fills the index itself without one" "$(status BySql)" ACTIVE
ok "with all items without one" complete BySql
stop_cluster "$DDB_WORK/none"

# What is said before the collector of the log is there is said once more to it.
cluster collected 3 1 'logging_collector = on'
ok "a collected log has the number, too" grep -Eqr 'WARNING:  max_worker_processes is 3, and ddb needs it to be at least 5$' "$DDB_WORK/collected/data/log"
