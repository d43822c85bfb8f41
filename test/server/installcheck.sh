#!/bin/bash
# "make installcheck" passes on a server as PostgreSQL makes it, whatever its superuser's name is:
# without preloading and prepared transactions. What needs them is skipped by name. Where ddb is preloaded and
# nothing else is configured, it passes too.
. "$(dirname "$0")/../lib.sh"

mkdir "$DDB_WORK/source"
tar -C "$top" --exclude='*.o' --exclude='*.bc' -c Makefile ddb.control ddb.so ddb--*.sql src sql expected sample \
	test/unmet_needs test/isolation | tar -C "$DDB_WORK/source" -x

# server NAME: from standard input it has its settings.
server() {
	create_cluster "$DDB_WORK/$1" --username=administrator
	PGUSER=administrator start_cluster "$DDB_WORK/$1"
	export PGUSER=administrator
}
# installcheck VARIABLE...: what it says is in $DDB_WORK/installcheck.log.
installcheck() {
	make --no-print-directory -C "$DDB_WORK/source" -s PG_CONFIG="$bindir/pg_config" "$@" installcheck >"$DDB_WORK/installcheck.log" 2>&1 && return
	cat "$DDB_WORK"/source/{,output_iso/}regression.diffs | sed 's/^/#   /'
	return 1
}
# lacking NEED WHAT: what is to be said of the tests that need it.
lacking() {
	(cd "$top" && for file in $(grep -l "^\(--\|#\) needs: .*$1" sql/*.sql test/isolation/specs/*.spec); do
		echo "skipped: $(basename "${file%.*}") ($file) needs a server with $2"
	done)
}
# skipped: what was.
skipped() {
	grep "^skipped: " "$DDB_WORK/installcheck.log" | sort
}

server cluster <<<'fsync = off'
# Those of values, and the long ones, ask the server for nothing but memory.
names=$(cd "$top" && basename -s .sql sql/*.sql | grep -vE '^value_|movies|^key_lookup$|^placement$|^request_validation$')
ok "make installcheck passes" installcheck TESTS="$(echo $names)"
like "with SQL tests" "$(cat "$DDB_WORK/installcheck.log")" '^(test item_operations .* ok |ok .* item_operations )'
like "and with concurrent sessions" "$(cat "$DDB_WORK/installcheck.log")" '^(test two_writers .* ok |ok .* two_writers )'
is "what the server is not configured for is skipped, and said" "$(skipped)" \
	"$({ lacking preloading "shared_preload_libraries = 'ddb'" && lacking 'prepared transactions' 'max_prepared_transactions > 0'; } | sort)"
stop_cluster "$DDB_WORK/cluster"

server preloaded <<END
fsync = off
shared_preload_libraries = 'ddb'
ddb.http_port = $(free_port)
END
ok "it passes where ddb is preloaded" installcheck ISOLATION= TESTS="$(cd "$top" && grep -l '^-- needs: ' sql/*.sql | xargs basename -s .sql | tr '\n' ' ')"
like "with what needs that" "$(cat "$DDB_WORK/installcheck.log")" '^(test statistics .* ok |ok .* statistics )'
is "and without what needs more" "$(skipped)" \
	"$({ lacking 'the log of changes' 'wal_level = logical' && lacking 'prepared transactions' 'max_prepared_transactions > 0'; } | sort)"
