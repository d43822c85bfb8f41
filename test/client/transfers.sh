#!/bin/bash
# Exports and imports as boto3 asks for them, into a folder and into a store that others wrote: round trips of every type
# and every edge, what has changed between two moments, files that other programs have made of a table, files that are
# broken, disks that are full, and a store that fails in every way.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"
. "$(dirname "$0")/endpoint.sh"

install_python
install_rclone
install_exporters
. "$top/test/server/clock.sh"
start_endpoint

python=$client_cache/python/bin/python
"$python" "$client_source/transfers.py" "$client_cache/rclone/bin/rclone" "$DDB_WORK/cluster" "$client_cache/exporters" || echo "not ok - transfers.py ended with an error"
is "nothing has crashed" "$(grep -c 'was terminated by signal' "$DDB_WORK/cluster/server.log")" 0
stop_cluster "$DDB_WORK/cluster"
