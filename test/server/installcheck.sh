#!/bin/bash
# "make installcheck" passes on a server as PostgreSQL makes it, whatever its superuser's name is:
# without preloading and prepared transactions. What needs them is skipped by name.
. "$(dirname "$0")/../lib.sh"

create_cluster "$DDB_WORK/cluster" --username=administrator <<<'fsync = off'
PGUSER=administrator start_cluster "$DDB_WORK/cluster"
export PGUSER=administrator

mkdir "$DDB_WORK/source"
tar -C "$top" --exclude='*.o' --exclude='*.bc' -c Makefile ddb.control ddb.so ddb--*.sql src sql expected sample \
	test/unmet_needs test/isolation | tar -C "$DDB_WORK/source" -x

# Those of values, and the long ones, ask the server for nothing but memory.
names=$(cd "$top" && basename -s .sql sql/*.sql | grep -vE '^value_|movies|^key_lookup$|^placement$|^request_validation$')
status=0
make --no-print-directory -C "$DDB_WORK/source" -s PG_CONFIG="$bindir/pg_config" TESTS="$(echo $names)" installcheck >"$DDB_WORK/installcheck.log" 2>&1 || status=$?
is "make installcheck passes" "$status" 0
like "with SQL tests" "$(cat "$DDB_WORK/installcheck.log")" '^test item_operations .* ok '
like "and with concurrent sessions" "$(cat "$DDB_WORK/installcheck.log")" '^test two_writers .* ok '
is "what the server is not configured for is skipped, and said" "$(grep '^skipped: ' "$DDB_WORK/installcheck.log")" \
	"$(cd "$top" && for file in $(grep -l '^\(--\|#\) needs: preloading' sql/*.sql test/isolation/specs/*.spec); do
		echo "skipped: $(basename "${file%.*}") ($file) needs a server with shared_preload_libraries = 'ddb'"
		! grep -q '^-- needs: .*prepared transactions' "$file" ||
			echo "skipped: $(basename "${file%.*}") ($file) needs a server with max_prepared_transactions > 0"
	done)"
[ "$status" -eq 0 ] || cat "$DDB_WORK"/source/{,output_iso/}regression.diffs | sed 's/^/#   /'
