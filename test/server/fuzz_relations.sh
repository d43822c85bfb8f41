#!/bin/bash
# Random relations USING ddb, and random operations and SQL on them: what
# fuzz_relations.py says. SEED and STATEMENTS change what and how much.
. "$(dirname "$0")/../lib.sh"

new_cluster fuzz <<'CONF'
autovacuum_naptime = 1s
autovacuum_vacuum_threshold = 5
autovacuum_vacuum_scale_factor = 0
deadlock_timeout = 100ms
max_replication_slots = 2
max_worker_processes = 16
CONF
createdb fuzz_relations
ok "random relations, random statements" python3 -B "$top/test/server/fuzz_relations.py" fuzz_relations
ok "the server has not crashed" test -z "$(grep -E 'TRAP:|was terminated by signal|PANIC' "$DDB_WORK/fuzz/server.log")"
