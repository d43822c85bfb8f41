#!/bin/bash
# The HTTP endpoint through what happens to a server: reload, termination, shutdowns, a second server on its port, trust.
. "$(dirname "$0")/../lib.sh"

events() {
	python3 "$top/test/http/events.py" "$@" || echo "not ok - $1 ended with an error"
}

# says PATTERN: the server's log does, within a minute.
says() {
	local try
	for try in {1..600}; do
		grep -Eq -- "$1" "$DDB_WORK/$2/server.log" && return
		sleep 0.1
	done
	return 1
}

DDB_HTTP_PORT=$(free_port)
export DDB_HTTP_PORT
new_cluster cluster <<END
ddb.http_port = $DDB_HTTP_PORT
END
ok "the log says where the endpoint is" says "LOG:  the HTTP endpoint listens on 127.0.0.1, port $DDB_HTTP_PORT, for database \"postgres\"" cluster
ok "and what is missing" says 'DETAIL:  The extension ddb does not exist in the database of ddb.http_database, "postgres"' cluster
sql -c 'CREATE EXTENSION ddb'
events session

# write_begin NAME: starts a writer, and waits until it is at work.
write_begin() {
	events write "$DDB_WORK/$1" &
	writer=$!
	until [ -e "$DDB_WORK/$1.begun" ] || ! kill -0 "$writer"; do sleep 0.1; done
	sleep 0.5
}

write_begin immediate
stop_cluster "$DDB_WORK/cluster" immediate
wait "$writer"
start_cluster "$DDB_WORK/cluster"
events verify "$DDB_WORK/immediate"

write_begin fast
ok "a fast shutdown under load" stop_cluster "$DDB_WORK/cluster" fast
wait "$writer"
start_cluster "$DDB_WORK/cluster"
events verify "$DDB_WORK/fast"

first=$DDB_WORK/cluster
new_cluster second <<END
ddb.http_port = $DDB_HTTP_PORT
END
ok "a second server does not take the first one's port" says 'could not listen for HTTP on address "127.0.0.1", port' second
stop_cluster "$DDB_WORK/second"
use_cluster "$first"

echo "ddb.http_auth = trust" >>"$first/data/postgresql.conf"
sql -c 'SELECT pg_reload_conf()' >"$DDB_WORK/out"
ok "trust without a role is refused" says 'ddb.http_auth = trust needs a role' cluster
echo "ddb.http_trust_role = postgres" >>"$first/data/postgresql.conf"
"$top/test/reload"
events trust
echo "ddb.http_trust_role = nobody" >>"$first/data/postgresql.conf"
"$top/test/reload"
like "trust in a role that does not exist is no health" "$(curl -s "http://127.0.0.1:$DDB_HTTP_PORT/ready")" 'unhealthy: The role of ddb.http_trust_role, "nobody", does not exist'
sed -i '/nobody/d' "$first/data/postgresql.conf"
sql -c 'SELECT pg_reload_conf()' >"$DDB_WORK/out"
echo "ddb.http_address = '0.0.0.0'" >>"$first/data/postgresql.conf"
stop_cluster "$first"
start_cluster "$first"
ok "trust on another address than loopback is refused" says 'refused on an address other than loopback' cluster
ok "and nobody listens" port_is_free "$DDB_HTTP_PORT"
echo "ddb.http_trust_remote = on" >>"$first/data/postgresql.conf"
sql -c 'SELECT pg_reload_conf()' >"$DDB_WORK/out"
events trust

stop_cluster "$first"
sed -i '/^ddb.http_a/d' "$first/data/postgresql.conf"
# certificate NAME: makes $DDB_WORK/NAME.crt and .key, and gives them to the server.
certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -addext subjectAltName=DNS:localhost \
		-keyout "$DDB_WORK/$1.key" -out "$DDB_WORK/$1.crt" 2>"$DDB_WORK/out"
	install -m 600 -o "$server_user" "$DDB_WORK/$1.key" "$first/data/server.key"
	install -m 600 -o "$server_user" "$DDB_WORK/$1.crt" "$first/data/server.crt"
}

# answers NAME [CURL OPTION...]: over HTTPS by that certificate.
answers() {
	curl -sS "${@:2}" --cacert "$DDB_WORK/$1.crt" --resolve "localhost:$DDB_HTTP_PORT:127.0.0.1" \
		"https://localhost:$DDB_HTTP_PORT/" 2>&1 | grep -q '^healthy: '
}

# not COMMAND...: it fails.
not() {
	! "$@"
}

# answers_soon NAME: within a minute.
answers_soon() {
	local try
	for try in {1..600}; do
		answers "$1" && return
		sleep 0.1
	done
	return 1
}

# answers_always NAME: in all of many connections, to whatever worker.
answers_always() {
	local try
	for try in {1..20}; do
		answers "$1" || return
	done
}

workers() {
	sql -c "SELECT array_agg(pid ORDER BY pid) FROM pg_stat_activity WHERE backend_type = 'ddb http'"
}

certificate old
echo "ddb.http_tls = on" >>"$first/data/postgresql.conf"
start_cluster "$first"
ok "TLS with the server's certificate" answers_soon old
like "metrics come by it, too" "$(curl -sS --insecure "https://127.0.0.1:$DDB_HTTP_PORT/metrics")" '^ddb_database_metrics_up 1$'
ok "TLS 1.2 is spoken" answers old --tls-max 1.2
ok "TLS 1.3 is" answers old --tlsv1.3
events handshakes
is "HTTP without TLS is refused in words that it understands" \
	"$(curl -sS -o /dev/null -w '%{http_code}' --data "$(printf '%5000s' x)" "http://127.0.0.1:$DDB_HTTP_PORT/" 2>&1)" 400
ok "and TLS goes on" answers old
ok "TLS 1.1 is not" not answers old --tlsv1.0 --tls-max 1.1 --ciphers 'ALL:@SECLEVEL=0'
before=$(workers)
certificate new
"$top/test/reload"
ok "a reload brings a new certificate" answers_always new
cp "$DDB_WORK/old.key" "$first/data/server.key"
sql -c 'SELECT pg_reload_conf()' >"$DDB_WORK/out"
ok "a key of another certificate is refused" says 'could not use certificate file "server.crt" and its private key for HTTP: ' cluster
chmod 640 "$first/data/server.key"
sql -c 'SELECT pg_reload_conf()' >"$DDB_WORK/out"
ok "as one that others can read is" says 'private key file "server.key" is open to others' cluster
rm "$first/data/server.crt"
sql -c 'SELECT pg_reload_conf()' >"$DDB_WORK/out"
ok "a certificate that is not there is reported" says 'LOG:  could not read file "server.crt"' cluster
ok "the one of before stays" answers_always new
is "the workers go on" "$(workers)" "$before"

stop_cluster "$first"
: >"$first/server.log"
start_cluster "$first"
ok "without a certificate at the start nobody listens" says 'LOG:  could not read file "server.crt"' cluster
sleep 3
ok "and the log does not fill up" [ "$(grep -c 'server.crt' "$first/server.log")" -le 4 ]
certificate late
ok "once it is there, the endpoint is" answers_soon late
