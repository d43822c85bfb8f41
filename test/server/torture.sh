#!/bin/bash
# The server and its processes are killed amid all kinds of writes, again and again: what was
# acknowledged is there, what was not is there whole or not at all, and all else agrees with it.
# ROUNDS says how often, TORTURE_SEED with which choices.
. "$(dirname "$0")/../lib.sh"

DDB_HTTP_PORT=$(free_port)
export DDB_HTTP_PORT
new_cluster cluster <<END
ddb.http_port = $DDB_HTTP_PORT
ddb.http_workers = 3
max_worker_processes = 12
# much to recover from, and recoveries from amid a checkpoint
checkpoint_timeout = 30s
max_wal_size = 64MB
autovacuum_naptime = 1s
autovacuum_vacuum_threshold = 50
autovacuum_vacuum_scale_factor = 0.01
log_line_prefix = '%m [%p] %b %e '
log_checkpoints = off
END
TORTURE_ROUNDS=${ROUNDS:-5} python3 "$top/test/http/torture.py" "$DDB_WORK/cluster" || echo "not ok - torture ended with an error"
