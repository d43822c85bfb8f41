# What the test programs in bash share; each sources this.
#
# test/run gives them DDB_BIN (the programs of a private PostgreSQL with ddb),
# DDB_WORK (an empty directory for clusters and files, removed afterwards) and
# PGHOST, PGPORT, PGUSER, PGDATABASE of a running server with ddb preloaded,
# in which they make databases of their own. A program prints "ok - what" or
# "not ok - what" for each thing it has checked, and # before anything else.

set -euo pipefail
# shellcheck source=scripts/private-server.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/private-server.sh"
bindir=$DDB_BIN
PATH=$bindir:$PATH

# ok WHAT COMMAND...: the command succeeds.
ok() {
	local what=$1
	shift
	if "$@"; then
		echo "ok - $what"
	else
		echo "not ok - $what"
	fi
}

# is WHAT ACTUAL EXPECTED: both are the same text.
is() {
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		diff <(printf '%s\n' "$3") <(printf '%s\n' "$2") | sed 's/^/#   /' || true
	fi
}

# like WHAT ACTUAL PATTERN: the text has a match of the extended regular expression.
like() {
	if grep -Eq -- "$3" <<<"$2"; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		printf '%s\n' "no match of $3 in:" "$2" | sed 's/^/#   /'
	fi
}

# sql [PSQL OPTION...] -c STATEMENT: prints bare values, and stops at the first error.
sql() {
	psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"
}

# new_cluster NAME [INITDB OPTION...]: creates and starts $DDB_WORK/NAME with ddb preloaded and connects to it; further settings come from standard input.
new_cluster() {
	local dir=$DDB_WORK/$1
	shift
	{
		cat "$top/test/settings.conf"
		cat
	} | create_cluster "$dir" "$@"
	start_cluster "$dir"
}

# new_primary NAME: the same for a server that gets a standby, which is to find the WAL that it has not read yet.
new_primary() {
	new_cluster "$1" < <(echo 'wal_keep_size = 1GB' && cat)
}

PROGRESS=()

# wait_until QUERY: until it gives t, at most WAIT tenths of a second (a minute unless set).
# Shows the relations in the array PROGRESS where it does not.
wait_until() {
	local i relation
	for ((i = 0; i < ${WAIT:-600}; i++)); do
		[ "$(sql -c "$1" 2>/dev/null)" != t ] || return 0
		sleep 0.1
	done
	echo "# still not: $1"
	for relation in "${PROGRESS[@]}"; do
		sql -c "TABLE $relation" | sed 's/^/#   /' || true
	done
	return 1
}

# kill_one TYPE: kill -9 of a server process of that backend_type, if there is one, and waits until the server is there again.
kill_one() {
	local process
	process=$(sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = '$1' LIMIT 1" || true)
	[ "$process" ] || return 0
	as_server_user kill -9 "$process" || true
	# Until the postmaster knows of it, it lets in whom it then ends.
	while [ -e "/proc/$process" ]; do sleep 0.02; done
	wait_until 'SELECT true'
}

# listens PORT: until somebody does, at most a minute; a server is there before its endpoint is.
listens() {
	local i
	for ((i = 0; i < 600; i++)); do
		port_is_free "$1" || return 0
		sleep 0.1
	done
	echo "# nobody listens on port $1"
	return 1
}

# configure SETTING [VALUE]: sets it for the server, or takes it back; who reads settings at once has it when this returns.
configure() {
	sql -o /dev/null -c "ALTER SYSTEM $([ $# = 1 ] && echo "RESET $1" || echo "SET $1 = '$2'")"
	"$top/test/reload"
}

# hold_jobs: in this database none begins any more, until let_jobs_go.
hold_jobs() {
	sql -c "BEGIN; LOCK ddb.jobs IN SHARE UPDATE EXCLUSIVE MODE; PREPARE TRANSACTION 'no jobs'"
}
let_jobs_go() {
	sql -c "ROLLBACK PREPARED 'no jobs'"
}

# upgrade_cluster OLD NEW [PROGRAMS]: by pg_upgrade, to NEW, which create_cluster has made of $bindir; OLD is of PROGRAMS, unless
# that is the same. Neither runs. The log is NEW/upgrade.log.
upgrade_cluster() {
	local old=$1 new=$2 programs=${3:-$bindir} sockets="-c unix_socket_directories=$2/socket"
	(cd "$new" && as_server_user bash -c 'cd "$1" && shift && exec "$@" >upgrade.log 2>&1' upgrade_cluster "$new" \
		"$bindir/pg_upgrade" -b "$programs" -B "$bindir" -d "$old/data" -D "$new/data" -s "$new/socket" \
		-p $((20000 + RANDOM % 6000)) -P $((26000 + RANDOM % 6000)) -o "$sockets" -O "$sockets") && return
	tail -n 40 "$new/upgrade.log"
	return 1
}
