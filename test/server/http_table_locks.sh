#!/bin/bash
# Operations on tables over HTTP get their locks, whoever is writing the table.
. "$(dirname "$0")/../lib.sh"

DDB_HTTP_PORT=$(free_port)
export DDB_HTTP_PORT
new_cluster cluster <<END
ddb.http_port = $DDB_HTTP_PORT
ddb.http_lock_timeout = 30s
END
sql -c 'CREATE EXTENSION ddb'
listens "$DDB_HTTP_PORT"
cd "$DDB_WORK"
python3 "$top/test/http/table_locks.py" || echo "not ok - table_locks ended with an error"
