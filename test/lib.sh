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

# What follows is for tests that break the server amid writers of a table "Log",
# whose key is a writer's number and a number that grows, "at". The test defines
# what is written, put(writer, at) and change(writer, at). Each of the functions
# returns "writer,operation,at", the client's proof that it was acknowledged.

# create_log_functions: delete(writer, at) and what all of them use.
create_log_functions() {
	sql <<'SQL'
CREATE FUNCTION log_key(writer int, at int) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('writer', jsonb_build_object('N', writer::text), 'at', jsonb_build_object('N', at::text))
$$;
CREATE FUNCTION delete(writer int, at int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.delete_item(json_build_object('TableName', 'Log', 'Key', log_key(writer, at)));
	RETURN format('%s,delete,%s', writer, at);
END
$$;
CREATE TABLE acknowledged (writer int, operation text, at int);
SQL
}

# start_log_writers COUNT ROUND: in the background, each until its connection breaks.
start_log_writers() {
	local writer
	for ((writer = 1; writer <= $1; writer++)); do
		write_log "$writer" "$2" 2>/dev/null &
	done
}

write_log() {
	local at
	for ((at = $2 * 1000000 + 1; ; at++)); do
		echo "SELECT put($1, $at);"
		echo "SELECT change($1, $at);"
		((at % 10)) || echo "SELECT delete($1, $at);"
	done | sql >>"$DDB_WORK/acknowledged" 2>/dev/null || true
}

# load_acknowledged WRITERS ROUNDS: what all of them were told, into the table acknowledged.
load_acknowledged() {
	sql -c "\\copy acknowledged FROM '$DDB_WORK/acknowledged' CSV"
	echo "# $(wc -l <"$DDB_WORK/acknowledged") operations were acknowledged"
	is "every writer wrote in every round" "$(sql -c "SELECT count(DISTINCT (writer, at / 1000000)) FROM acknowledged WHERE operation = 'put'")" $(($1 * $2))
}
