#!/bin/bash
# Update scripts: each leads to the very catalogs that the script of its version makes. And an extension
# and a library that do not go with each other do each other no harm.
#
# A next version, made here of this one, shows that the comparison finds whatever an update script forgets.
. "$(dirname "$0")/../lib.sh"
. "$top/test/upgrade.sh"

setting_of_control() { sed -n "s/^$2 = '\(.*\)'/\1/p" "$1/ddb.control"; }

# fresh_catalogs VERSION: the file with those that the version's own script makes.
fresh_catalogs() {
	local file=$DDB_WORK/fresh-$1.txt
	if [ ! -s "$file" ]; then
		createdb fresh
		sql -d fresh -c "CREATE EXTENSION ddb VERSION '$1'"
		catalogs fresh >"$file"
		dropdb --force fresh
	fi
	echo "$file"
}

# differences FROM TO: shows what is another after an update than in a fresh extension; fails if the update does.
differences() {
	createdb updated
	sql -d updated -c "CREATE EXTENSION ddb VERSION '$1'" -c "ALTER EXTENSION ddb UPDATE TO '$2'" && catalogs updated >"$DDB_WORK/updated.txt"
	local status=$?
	dropdb --force updated
	[ "$status" -eq 0 ] || return "$status"
	diff "$(fresh_catalogs "$2")" "$DDB_WORK/updated.txt" || true
}

# check_update_scripts SOURCE: all that are there, on a server with what is built of it.
check_update_scripts() {
	local script from to
	for script in "$1"/ddb--*--*.sql; do
		[ -f "$script" ] || continue
		script=$(basename "$script" .sql)
		from=${script#ddb--}
		to=${from#*--}
		from=${from%%--*}
		ok "$script: the scripts of both versions are kept" [ -f "$1/ddb--$from.sql" -a -f "$1/ddb--$to.sql" ]
		is "$script leads to what ddb--$to.sql makes" "$(differences "$from" "$to" 2>&1)" ""
	done
	is "each version can be brought up to date" "$(sql -c "SELECT source FROM pg_extension_update_paths('ddb') WHERE target = '$(setting_of_control "$1" default_version)' AND path IS NULL")" ""
}

version=$(setting_of_control "$top" default_version)
ok "there is a script for the version of ddb.control" [ -f "$top/ddb--$version.sql" ]
check_update_scripts "$top"

# ---- A next version ----

next_version=99.0
source=$DDB_WORK/source
mkdir "$source"
tar -C "$top" -c Makefile ddb.control ddb--*.sql src | tar -C "$source" -x
edition=$(sed -n 's/^#define SCRIPT_EDITION //p' "$source/src/script.c")
next_edition=$((edition + 1))
sed -i "s/^#define SCRIPT_EDITION .*/#define SCRIPT_EDITION $next_edition/" "$source/src/script.c"
sed -i "s/^default_version = .*/default_version = '$next_version'/" "$source/ddb.control"

# What both scripts say in the same words.
added=(
	"COMMENT ON COLUMN tables.remark IS 'what somebody has said of it'"
	"CREATE FUNCTION remark_of(name text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT t.remark FROM @extschema@.tables AS t WHERE t.name OPERATOR(pg_catalog.=) remark_of.name'"
	"COMMENT ON FUNCTION remark_of(text) IS 'what somebody has said of a table'"
	"REVOKE ALL ON FUNCTION remark_of(text) FROM PUBLIC"
	"CREATE TABLE remarks (relation relation PRIMARY KEY, remark text NOT NULL)"
	"SELECT pg_catalog.pg_extension_config_dump('remarks', '')"
	"GRANT SELECT ON remarks TO PUBLIC"
	"ALTER TABLE remarks ENABLE ROW LEVEL SECURITY"
	"CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON remarks FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog()"
	"ALTER TABLE remarks ENABLE ALWAYS TRIGGER guard"
	"ALTER FUNCTION item_size(item) COST 7"
	"ALTER OPERATOR pg_catalog.<> (string, string) SET (RESTRICT = eqsel)"
	"DROP FUNCTION event_matches(text, json)"
)
changed=(
	"CREATE OR REPLACE FUNCTION script_edition() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT $next_edition'"
	"ALTER TABLE tables ADD COLUMN remark text DEFAULT 'none'"
)
{
	sed -e "s/AS 'SELECT $edition';/AS 'SELECT $next_edition';/" -e "s/^\tstatus text NOT NULL DEFAULT 'ACTIVE'\$/&,\n\tremark text DEFAULT 'none'/" "$source/ddb--$version.sql"
	printf '%s;\n' "${added[@]}"
} >"$source/ddb--$next_version.sql"
update_script=ddb--$version--$next_version.sql
printf '%s;\n' "${changed[@]}" "${added[@]}" >"$source/$update_script"

this=$bindir
make --no-print-directory -C "$source" -s with_llvm=no all
create_installation "$DDB_WORK/next" "$source"
next=$bindir
# The next version's files are in place, and the server has not been restarted yet.
cp -a "$DDB_WORK/next" "$DDB_WORK/unstarted"
unstarted=$DDB_WORK/unstarted${next#"$DDB_WORK/next"}
cp "$("$this/pg_config" --pkglibdir)/ddb.so" "$("$unstarted/pg_config" --pkglibdir)/ddb.so"

cluster=$DDB_WORK/cluster
http_port=$(free_port)
{
	cat "$top/test/settings.conf"
	printf '%s\n' 'max_worker_processes = 20' "ddb.http_port = $http_port"
} | create_cluster "$cluster"

# start PROGRAMS: the server, with the library that is with them.
start() {
	bindir=$1
	start_cluster "$cluster"
}

start "$this"
fill_database
before=$(answers)
records=$(stream_records)
is "there is something to compare" "$(grep -c . <<<"$before") $(grep -c . <<<"$records")" "30 22"
# The log must not lose what it has not read, either.
stop_cluster "$cluster"

# ---- A library that is older than the script ----

start "$unstarted"
like "a library that has not been loaded yet lets nobody update" "$(sql -c 'ALTER EXTENSION ddb UPDATE' 2>&1 || true)" 'extension ddb in this database is newer than the library that is loaded'
is "and nothing has changed" "$(sql -c "SELECT extversion FROM pg_extension WHERE extname = 'ddb'")$(answers)" "$version$before"
createdb other
like "nor use what is created so" "$(sql -d other -c 'CREATE EXTENSION ddb' -c "SELECT ddb.list_tables('{}')" 2>&1 || true)" 'extension ddb in this database is newer.*'
ok "and that can be dropped again" sql -d other -c 'DROP EXTENSION ddb'
ok "one of before can be used" sql -d other -c "CREATE EXTENSION ddb VERSION '$version'" -o /dev/null -c "SELECT ddb.list_tables('{}')"
leave_job
change_music 31 40
before=$(answers)
stop_cluster "$cluster" immediate
wait "$holder" || true

# ---- A library that is newer ----

older='extension ddb in this database is older than the library that is loaded'
start "$next"
like "a newer library serves nothing before the update" "$(sql -c "SELECT ddb.scan('{\"TableName\": \"Music\"}')" 2>&1 || true)" "$older"
like "and tells what helps" "$(sql -c "SELECT ddb.scan('{\"TableName\": \"Music\"}')" 2>&1 || true)" 'HINT:  ALTER EXTENSION ddb UPDATE brings it up to date'
like "nobody writes a table with indexes" "$(sql -c "UPDATE dynamodb.\"Music\" SET item = item" 2>&1 || true)" "$older"
like "nor drops one" "$(sql -c 'DROP TABLE dynamodb."Music" CASCADE' 2>&1 || true)" "$older"
like "nor any other table, for it could be one" "$(sql -c 'DROP TABLE calls CASCADE' 2>&1 || true)" "$older"
is "SQL reads items" "$(sql -c 'SELECT count(*) FROM dynamodb."Music"')" 200
like "the endpoint says that it is not ready" "$(check_of_health /ready)" "unhealthy: The $older"
like "nor does it serve anything" "$(over_http GetItem '{"TableName": "Sessions", "Key": {"id": {"B": "AAAAAQ=="}}}')" "ServiceUnavailableException.*$older"
ok "the workers say so, too" wait_until "SELECT pg_read_file('$cluster/server.log') LIKE '%WARNING:  $older%'"
is "they leave what they have to do" "$(sql -c 'SELECT state FROM ddb.jobs' -c 'SELECT slot_type FROM pg_replication_slots')" $'WAITING\nlogical'
pg_dump >"$DDB_WORK/dump.sql"
createdb restored
ok "a dump that is made then is restored" sql -d restored -o /dev/null -f "$DDB_WORK/dump.sql"
PGDATABASE=restored ok "its streams begin anew" wait_until "$all_enabled"
is "and has everything" "$(PGDATABASE=restored answers)" "$before"
dropdb --force restored

ok "the update is made" sql -c 'ALTER EXTENSION ddb UPDATE'
is "everything is there" "$(answers)" "$before"
sql -o /dev/null -c "SELECT ddb.change_log_wait('60 seconds')"
is "the stream has all that it had" "$(stream_records | head -n 22)" "$records"
is "no change is lost" "$(sql -c "SELECT count(*) FROM ddb.stream_records('Music')" -c 'SELECT holes FROM ddb.change_lag')" $'32\n0'
ok "the job is done" wait_until "SELECT NOT EXISTS (SELECT FROM ddb.jobs) AND (SELECT count(*) = 20 FROM dynamodb.\"Restored\")"
works_on "updated"
stream_goes_on "updated" 101
is "a database in use has the catalogs of a fresh one" "$(diff <(but_for_grants <"$(fresh_catalogs "$next_version")") <(catalogs postgres | but_for_grants))" ""
stop_cluster "$cluster"

start "$this"
like "an older library serves nothing behind the update" "$(sql -c "SELECT ddb.scan('{\"TableName\": \"Music\"}')" 2>&1 || true)" 'newer than the library that is loaded'
is "its workers leave the slot" "$(sql -c 'SELECT slot_type FROM pg_replication_slots')" logical
stop_cluster "$cluster"
is "no process has crashed" "$(grep -E 'terminated by signal|TRAP|PANIC' "$cluster/server.log" | grep -v 'signal 3: Quit' || true)" ""

# ---- What an update script forgets ----

start "$next"
check_update_scripts "$source"
installed=$("$next/pg_config" --sharedir)/extension/$update_script
statements=("${changed[@]}" "${added[@]}")
for forgotten in "${!statements[@]}"; do
	rest=("${statements[@]}")
	unset "rest[$forgotten]"
	printf '%s;\n' "${rest[@]}" >"$installed"
	found=$(differences "$version" "$next_version" 2>&1) && kind=difference || kind=failure
	ok "a $kind shows that an update script lacks: ${statements[$forgotten]}" [ -n "$found" ]
done
