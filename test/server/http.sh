#!/bin/bash
# The HTTP endpoint on a server of its own: protocol, access, code of users and hostile bytes.
. "$(dirname "$0")/../lib.sh"

DDB_HTTP_PORT=$(free_port)
export DDB_HTTP_PORT
new_cluster cluster <<END
ddb.http_port = $DDB_HTTP_PORT
END
sql -c 'CREATE EXTENSION ddb'

for suite in protocol access user_code hostile; do
	echo "# $suite"
	python3 "$top/test/http/$suite.py" || echo "not ok - $suite ended with an error"
done
is "nothing has crashed" "$(grep -c 'was terminated by signal' "$DDB_WORK/cluster/server.log")" 0
