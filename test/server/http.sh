#!/bin/bash
# The HTTP endpoint on a server of its own: protocol, access, code of users and hostile bytes.
. "$(dirname "$0")/../lib.sh"

DDB_HTTP_PORT=$(free_port)
export DDB_HTTP_PORT
new_cluster cluster <<END
ddb.http_port = $DDB_HTTP_PORT
END
sql -c 'CREATE EXTENSION ddb'
listens "$DDB_HTTP_PORT"

for suite in protocol access user_code hostile; do
	echo "# $suite"
	python3 "$top/test/http/$suite.py" || echo "not ok - $suite ended with an error"
done
is "nothing has crashed" "$(grep -c 'was terminated by signal' "$DDB_WORK/cluster/server.log")" 0

# Few files, and more connections than files.
DDB_HTTP_PORT=$(free_port)
export DDB_HTTP_PORT
settings="
ddb.http_port = $DDB_HTTP_PORT
ddb.http_workers = 1
max_files_per_process = 64
# for as long as a slow machine takes to have all of them wait
ddb.http_lock_timeout = 1min
"
(
	ulimit -n 160
	new_cluster few <<<"$settings"
)
use_cluster "$DDB_WORK/few"
sql -c 'CREATE EXTENSION ddb'
python3 "$top/test/http/descriptors.py" || echo "not ok - descriptors ended with an error"
is "no file could not be opened" "$(grep -c 'Too many open files' "$DDB_WORK/few/server.log")" 0
