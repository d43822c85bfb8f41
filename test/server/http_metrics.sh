#!/bin/bash
# GET /metrics of the HTTP endpoint, what its workers show, and the log of slow requests.
. "$(dirname "$0")/../lib.sh"

DDB_HTTP_PORT=$(free_port)
export DDB_HTTP_PORT
new_cluster cluster <<END
ddb.http_port = $DDB_HTTP_PORT
ddb.ttl_delay = 0
max_worker_processes = 16
END
sql -c 'CREATE EXTENSION ddb'
listens "$DDB_HTTP_PORT"
for suite in metrics many_tables; do
	echo "# $suite"
	python3 "$top/test/http/$suite.py" || echo "not ok - $suite ended with an error"
done
is "nothing has crashed" "$(grep -c 'was terminated by signal' "$DDB_WORK/cluster/server.log")" 0
stop_cluster "$DDB_WORK/cluster"

# Without preloading nothing is counted, and the views say so.
sed -i '/^shared_preload_libraries/d' "$DDB_WORK/cluster/data/postgresql.conf"
start_cluster "$DDB_WORK/cluster"
sql -c 'CREATE EXTENSION ddb'
for what in 'TABLE ddb.operation_stats' 'TABLE ddb.table_stats' 'TABLE ddb.http_stats' 'SELECT ddb.reset_stats()'; do
	is "without preloading: $what" "$(sql -c "$what" 2>&1)" \
		"ERROR:  statistics of ddb are kept only where it is loaded by shared_preload_libraries"
done
is "operations work" "$(sql -c "SELECT ddb.list_tables('{}')")" '{"TableNames":[]}'
