#!/bin/bash
# An item that others want all the time is had by a request that waits.
. "$(dirname "$0")/../lib.sh"

port=$(free_port)
new_cluster cluster <<END
ddb.http_port = $port
ddb.http_lock_timeout = 20s
END
sql -c 'CREATE EXTENSION ddb'
listens "$port"
DDB_HTTP_PORT=$port python3 "$top/test/http/patience.py" || echo "not ok - the program ended with an error"
