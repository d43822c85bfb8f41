#!/bin/bash
# Backups, restores, exports and imports, each killed at random moments amid writers, are done once and exactly.
# ROUNDS says how often each kind is killed, KIND which ones are (all by default).
. "$(dirname "$0")/../lib.sh"

new_cluster killed <<'END'
max_worker_processes = 20
END
python3 "$(dirname "$0")/transfer_kills.py" "$DDB_WORK/killed"
stop_cluster "$DDB_WORK/killed"
