#!/bin/bash
# The endpoint while its database and the extension in it do not exist, come, go, and come again.
. "$(dirname "$0")/../lib.sh"

faults() {
	python3 "$top/test/http/faults.py" "$@" || echo "not ok - $1 ended with an error"
}

# status: of an answer to any request, or 000 where nobody listens.
status() {
	curl -s -o "$DDB_WORK/out" -w '%{http_code}' -H 'Content-Type: application/x-amz-json-1.0' \
		-H 'X-Amz-Target: DynamoDB_20120810.ListTables' -d '{}' "http://127.0.0.1:$DDB_HTTP_PORT/" || true
}

# becomes WHAT STATUS: within a minute.
becomes() {
	local try found
	for try in {1..600}; do
		found=$(status)
		[ "$found" != "$2" ] || break
		sleep 0.1
	done
	is "$1" "$found" "$2"
}

connected() {
	sql -c "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'ddb http' AND datname = '$1'"
}

DDB_HTTP_PORT=$(free_port)
export DDB_HTTP_PORT
new_cluster cluster <<END
ddb.http_port = $DDB_HTTP_PORT
ddb.http_database = served
END
log=$DDB_WORK/cluster/server.log

sleep 4
is "without its database nobody listens" "$(status)" 000
ok "and the log does not fill up" [ "$(grep -c 'database "served" does not exist' "$log")" -le 8 ]
like "which says whose database it is" "$(cat "$log")" 'connecting the HTTP endpoint to the database of ddb.http_database, "served"'
createdb served
becomes "once the database is there, the workers are" 503
like "they miss the extension" "$(cat "$DDB_WORK/out")" 'The extension ddb does not exist'
sql -d served -c 'CREATE ROLE impostor' -c 'GRANT CREATE ON DATABASE served TO impostor' -c 'SET ROLE impostor' -c 'CREATE SCHEMA ddb' \
	-c 'CREATE TABLE ddb.access_keys (access_key_id text COLLATE "C" PRIMARY KEY, secret_access_key text, role name, active boolean, created timestamptz, valid_until timestamptz)'
is "a table of another's is not the extension's" "$(status)" 503
sql -d served -c 'DROP OWNED BY impostor CASCADE' -c 'DROP ROLE impostor'
sql -d served -c 'CREATE EXTENSION ddb'
becomes "once that is there, they serve" 400

echo "# extension"
PGDATABASE=served faults extension

echo "# database"
# Without FORCE PostgreSQL waits five seconds for the workers to leave, and gives up.
sql -c 'DROP DATABASE served WITH (FORCE)'
becomes "a database is dropped by force" 000
createdb served
sql -d served -c 'CREATE EXTENSION ddb'
becomes "the next one is served" 400

sql -c 'ALTER DATABASE served ALLOW_CONNECTIONS false'
sql -o "$DDB_WORK/out" -c "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE backend_type = 'ddb http'"
sleep 1.5
is "workers stay away from a database that allows no connections" "$(connected served)" 0
ok "it can be renamed" sql -c 'ALTER DATABASE served RENAME TO other' -c 'ALTER DATABASE other RENAME TO served'
sql -c 'ALTER DATABASE served ALLOW_CONNECTIONS true'
becomes "they come back to it" 400
is "nothing has crashed" "$(grep -c 'was terminated by signal' "$log")" 0
