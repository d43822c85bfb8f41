#!/bin/bash
# Attempts to get more from the HTTP endpoint than one was given, each refused.
. "$(dirname "$0")/../lib.sh"

DDB_HTTP_PORT=$(free_port)
export DDB_HTTP_PORT
new_cluster cluster <<END
ddb.http_port = $DDB_HTTP_PORT
ddb.http_workers = 2
END
sql -c 'CREATE EXTENSION ddb'
listens "$DDB_HTTP_PORT"
python3 "$top/test/http/attacks.py" || echo "not ok - attacks ended with an error"
is "nothing has crashed" "$(grep -c 'was terminated by signal' "$DDB_WORK/cluster/server.log")" 0
like "the log says why a worker has ended" "$(cat "$DDB_WORK/cluster/server.log")" "a worker of the HTTP endpoint ends, because a request's code went on"
