#!/bin/bash
# Two nodes under Patroni with etcd, behind HAProxy, with the files of examples/: a node is killed while clients
# work, comes back, and takes over as it is told to. Nothing that was acknowledged is lost, and clients go on.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../client/install.sh"
. "$(dirname "$0")/tools.sh"

install_python
install_patroni
use_tools patroni
ports=()

# Ports are chosen before anybody listens, so none may come twice.
until [ "$(printf '%s\n' "${ports[@]}" | sort -u | wc -l)" = 10 ]; do
	ports=($(for _ in {1..10}; do free_port; done))
done
declare -A sql_port=([node1]=${ports[0]} [node2]=${ports[1]}) rest_port=([node1]=${ports[2]} [node2]=${ports[3]})
declare -A http_port=([node1]=${ports[4]} [node2]=${ports[5]})
etcd_port=${ports[6]}
peers_port=${ports[7]}
writes_port=${ports[8]}
reads_port=${ports[9]}

start_etcd() {
	local peers
	peers=http://127.0.0.1:$peers_port
	own_directory "$DDB_WORK/etcd"
	start_daemon "$DDB_WORK/etcd" etcd --name etcd1 --data-dir "$DDB_WORK/etcd/data" --listen-client-urls "http://127.0.0.1:$etcd_port" \
		--advertise-client-urls "http://127.0.0.1:$etcd_port" --listen-peer-urls "$peers" --initial-advertise-peer-urls "$peers" \
		--initial-cluster "etcd1=$peers"
}

# start_node NAME: Patroni there, which starts the server. It takes the same decisions as with the times of the example, sooner.
start_node() {
	local dir=$DDB_WORK/$1
	own_directory "$dir"
	own_directory "$dir/socket"
	example patroni.yml "s|^name: node1|name: $1|
		s|10\.0\.0\.11:2379,.*|127.0.0.1:$etcd_port|
		s|10\.0\.0\.1:8008|127.0.0.1:${rest_port[$1]}|
		s|10\.0\.0\.1:5432|127.0.0.1:${sql_port[$1]}|
		s|10\.0\.0\.1\$|127.0.0.1\n    ddb.http_port: ${http_port[$1]}|
		s|10\.0\.0\.0/24|127.0.0.0/8|
		s|/usr/lib/postgresql/15/bin|$bindir|
		s|/var/lib/postgresql/15/orders|$dir/data|
		s|/var/run/postgresql|$dir/socket|
		s|ttl: .*|ttl: 20|; s|loop_wait: .*|loop_wait: 1|; s|retry_timeout: .*|retry_timeout: 5|" >"$dir/patroni.yml"
	start_daemon "$dir" patroni "$dir/patroni.yml"
}

# kill_node NAME: everything of it at once, as when its machine loses power.
kill_node() {
	end_daemon "$DDB_WORK/$1" KILL
	kill_cluster "$DDB_WORK/$1"
}

start_balancer() {
	own_directory "$DDB_WORK/haproxy"
	example haproxy.cfg "s|node1 10\.0\.0\.1:8000|node1 127.0.0.1:${http_port[node1]}|
		s|node2 10\.0\.0\.2:8000|node2 127.0.0.1:${http_port[node2]}|
		s|bind :8000|bind 127.0.0.1:$writes_port|; s|bind :8001|bind 127.0.0.1:$reads_port|" >"$DDB_WORK/haproxy/haproxy.cfg"
	start_daemon "$DDB_WORK/haproxy" haproxy -f "$DDB_WORK/haproxy/haproxy.cfg" -db
}

# within SECONDS COMMAND...: it succeeds.
within() {
	local i seconds=$1
	shift
	for ((i = 0; i < seconds * 5; i++)); do
		! "$@" || return 0
		sleep 0.2
	done
	return 1
}

# http_status PORT PATH
http_status() {
	curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$1$2" || true
}
serves() {
	[ "$(http_status "$@")" = 200 ]
}
on() {
	local port=${sql_port[$1]}
	shift
	PGPASSWORD=the-password-of-postgres sql -h 127.0.0.1 -p "$port" -U postgres -d postgres "$@"
}
is_primary() {
	serves "${http_port[$1]}" /primary
}
# has_standby NODE: no write there is answered before the standby has it.
has_standby() {
	[ "$(on "$1" -c "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'" 2>/dev/null)" = 1 ]
}
# As Patroni's own state says, which follows PostgreSQL's.
is_sync_standby() {
	serves "${rest_port[$1]}" /sync
}
manage() {
	patronictl -c "$DDB_WORK/node1/patroni.yml" "$@"
}

# go_on WHAT: each client has writes acknowledged that it began since.
go_on() {
	local before
	before=$(cat "$DDB_WORK/progress")
	ok "$1" within 120 eval "[ \$(cat '$DDB_WORK/progress') -gt $((before + 5)) ]"
}

# switch_over FROM TO: as it is planned, while both are there.
switch_over() {
	ok "Patroni knows that $2 is the synchronous standby" within 180 is_sync_standby "$2"
	manage switchover --leader "$1" --candidate "$2" --force | sed 's/^/#   /'
	ok "a planned switchover makes $2 the primary" within 180 is_primary "$2"
	ok "with the other node as the synchronous standby" within 180 has_standby "$2"
}

# start_decoding, stop_decoding: nobody uses the log's slot meanwhile.
stop_decoding() {
	launcher=$(on node1 -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb launcher'")
	kill -STOP "$launcher"
	on node1 -o /dev/null -c "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE backend_type = 'ddb change writer'"
}
start_decoding() {
	kill -CONT "$launcher"
}
log() {
	on "$1" -c "SELECT ddb.change_log_wait('60 seconds')" -c "SELECT count(*) FROM ddb.shards WHERE ended_by = 'hole'"
}

load=(env -u PYTHONPATH -u LD_LIBRARY_PATH "AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$writes_port"
	"$client_cache/python/bin/python" "$top/test/operating/load.py")

start_etcd
start_node node1
ok "Patroni makes a cluster" within 180 serves "${rest_port[node1]}" /primary
on node1 -c 'CREATE EXTENSION ddb'
# Patroni does not let the configuration have a setting that is newer than itself.
if knows_setting output_plugin_libraries; then
	on node1 -c "ALTER SYSTEM SET output_plugin_libraries = pgoutput, test_decoding, ddb" -c 'SELECT pg_reload_conf()' -o /dev/null
fi
IFS='|' read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY <<<"$(on node1 -c "SELECT * FROM ddb.create_access_key('postgres')")"
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null
start_balancer
ok "the balancer leads to the primary" within 180 serves "$writes_port" /primary
"${load[@]}" create
is "a table has a stream" "$(log node1)" $'t\n0'

stop_decoding
start_node node2
ok "a second node becomes the synchronous standby" within 180 has_standby node1
is "Patroni makes a slot for it, and leaves that of the log of changes alone" \
	"$(on node1 -c "SELECT slot_name, active FROM pg_replication_slots ORDER BY 1")" $'ddb_5|f\nnode2|t'
start_decoding
is "so that there is no hole" "$(log node1)" $'t\n0'

ok "both have an endpoint" within 180 serves "${http_port[node2]}" /ready
is "/ready, /primary and /replica of both nodes" "$(for node in node1 node2; do for path in /ready /primary /replica; do http_status "${http_port[$node]}" $path; echo -n ' '; done; done)" \
	'200 200 503 200 503 200 '
"${load[@]}" run "$DDB_WORK" &
clients=$!
until [ -s "$DDB_WORK/progress" ]; do sleep 0.1; done
go_on "clients write"

# The standby does not get what is written in its last second, so nobody may be told that it was written.
kill -STOP "$(on node1 -c 'SELECT pid FROM pg_stat_replication')"
sleep 1
kill_node node1
ok "when the primary is killed, the standby takes over" within 180 is_primary node2
go_on "and clients go on"
start_node node1
ok "the killed node comes back as the synchronous standby" within 180 has_standby node2
go_on "while clients go on"
switch_over node2 node1
go_on "and clients go on"
switch_over node1 node2
go_on "and clients go on"
touch "$DDB_WORK/stop"
wait "$clients" || echo "not ok - the clients ended with an error"

is "indexes agree with their table" "$(on node2 -c 'SELECT count(*) FROM ddb.check_indexes()')" 0
# by_turns: of four reads each node gets two.
by_turns() {
	[ "$(for _ in 1 2 3 4; do http_status "$reads_port" /replica; echo; done | sort | uniq -c | tr -d '\n' | tr -s ' ')" = " 2 200 2 503" ]
}
ok "a load balancer that sends reads has both nodes" within 60 by_turns
echo "# open shards, and shards ended by a hole: $(on node2 -c "SELECT ddb.change_log_wait('60 seconds')" -c "SELECT count(*) FILTER (WHERE ended_by IS NULL), count(*) FILTER (WHERE ended_by = 'hole') FROM ddb.shards" | tail -n 1)"
# Of each client: what it has made is numbered, so behind the first record there must be all.
is "the log has each change behind its last hole, once" "$(on node2 <<'SQL'
CREATE TEMP TABLE made AS
	SELECT r -> 'dynamodb' -> 'Keys' -> 'client' ->> 'S' AS client, (r -> 'dynamodb' -> 'Keys' -> 'number' ->> 'N')::integer AS number
	FROM ddb.shards, ddb.change_records(shard_id) r WHERE ended_by IS NULL AND r ->> 'eventName' = 'INSERT';
SELECT count(*) > 100, count(*) - count(DISTINCT (client, number)) FROM made;
SELECT count(*) FROM dynamodb."Orders" o JOIN (SELECT client, min(number) AS first FROM made GROUP BY client) m ON m.client = o.client::text
	WHERE o.number::numeric > m.first AND NOT EXISTS (SELECT FROM made WHERE made.client = o.client::text AND made.number = o.number::numeric);
SQL
)" $'t|0\n0'
