#!/bin/bash
# The workers' memory after many requests; REQUESTS says how many.
. "$(dirname "$0")/../lib.sh"

DDB_HTTP_PORT=$(free_port)
export DDB_HTTP_PORT
new_cluster cluster <<END
ddb.http_port = $DDB_HTTP_PORT
END
sql -c 'CREATE EXTENSION ddb'
listens "$DDB_HTTP_PORT"
python3 "$top/test/http/memory.py" || echo "not ok - the requests ended with an error"
