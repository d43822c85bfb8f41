#!/bin/bash
# The change log has each change once and in order, whatever is killed.
. "$(dirname "$0")/../lib.sh"

new_cluster killed <<<'max_replication_slots = 4'
python3 "$(dirname "$0")/change_log_killed.py" "$DDB_WORK/killed"
