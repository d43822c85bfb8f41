#!/bin/bash
# A database of the previous release comes to this one: by dump and restore, by pg_upgrade, and by a restart
# with the new library. Everything answers as before, and goes on working.
. "$(dirname "$0")/../lib.sh"
. "$top/test/upgrade.sh"
. "$top/test/previous.sh"

commit=$(previous_commit || true)
if [ -z "$commit" ]; then
	echo "ok - upgrades # skipped: this checkout has no history of git with the previous release in it"
	exit 0
fi
this=$bindir
create_previous_installation "$commit" "$DDB_WORK/previous"
previous=$bindir

# new_database_cluster NAME: with an endpoint, for $bindir.
new_database_cluster() {
	{
		cat "$top/test/settings.conf"
		printf '%s\n' 'max_worker_processes = 20' "ddb.http_port = $http_port"
	} | create_cluster "$DDB_WORK/$1"
}

# start NAME PROGRAMS
start() {
	bindir=$2
	start_cluster "$DDB_WORK/$1"
}

# ---- The previous release ----

http_port=$(free_port)
bindir=$previous
new_database_cluster original
start original "$previous"
echo "# from $(sql -c 'CREATE EXTENSION ddb' -c 'SELECT ddb.version()' -c 'DROP EXTENSION ddb'), commit $commit"
fill_database
before=$(answers)
http_before=$(http_answers)
records=$(stream_records)
is "there is something to compare" "$(grep -c . <<<"$before") $(grep -c . <<<"$records")" "30 22"
leave_job
PATH=$this:$PATH
pg_dumpall --roles-only | grep -v 'ROLE postgres' >"$DDB_WORK/roles.sql"
pg_dump -Fc >"$DDB_WORK/dump"
stop_cluster "$DDB_WORK/original"
wait "$holder" || true

# ---- Dump and restore ----

bindir=$this
new_database_cluster restored
start restored "$this"
createdb fresh
sql -d fresh -c 'CREATE EXTENSION ddb'
fresh=$(catalogs fresh)
dropdb --force fresh
edition=$(sql -d template1 -c 'CREATE EXTENSION ddb' -c 'SELECT ddb.script_edition()' -c 'DROP EXTENSION ddb')
sql -o /dev/null -f "$DDB_WORK/roles.sql"
ok "the dump is restored without an error" pg_restore --exit-on-error -d postgres "$DDB_WORK/dump"
ok "streams and recovery begin anew" wait_until "$all_enabled"
is "everything answers as before" "$(answers)" "$before"
is "with the script of this release" "$(diff <(but_for_grants <<<"$fresh") <(catalogs postgres | but_for_grants))" ""
is "over HTTP too" "$(http_answers)" "$http_before"
is "the event source's target has what it had" "$(sql -c 'SELECT count(*) FROM calls')" 22
ok "a job that was waiting says why it fails" wait_until "SELECT state = 'FAILED' AND error LIKE '%not in the log any more' FROM ddb.job_progress"
works_on "restored"
stream_goes_on "restored" 101
stop_cluster "$DDB_WORK/restored"

# ---- pg_upgrade ----

# Its procedure: nobody writes any more, and the log has everything.
start original "$previous"
sql -o /dev/null -c "SELECT ddb.change_log_wait('60 seconds')"
same_edition=$(sql -c "SELECT to_regprocedure('ddb.script_edition()') IS NOT NULL")
[ "$same_edition" = f ] || same_edition=$(sql -c "SELECT ddb.script_edition() = $edition")
server_version=$(sql -c 'SHOW server_version_num')
stop_cluster "$DDB_WORK/original"
if [ "$server_version" -ge 170000 ]; then
	as_server_user "$previous/pg_ctl" -D "$DDB_WORK/original/data" -l "$DDB_WORK/original/server.log" -o "-c shared_preload_libraries=''" -w -s start
	use_cluster "$DDB_WORK/original"
	sql -o /dev/null -c 'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots'
	stop_cluster "$DDB_WORK/original"
fi

bindir=$this
new_database_cluster upgraded
ok "pg_upgrade" upgrade_cluster "$DDB_WORK/original" "$DDB_WORK/upgraded" "$previous"
start upgraded "$this"
if [ "$same_edition" = t ]; then
	ok "upgraded: streams are on" wait_until "$all_enabled"
	is "upgraded: everything answers as before" "$(answers)" "$before"
	is "upgraded: the catalogs are those of this release" "$(diff <(but_for_grants <<<"$fresh") <(catalogs postgres | but_for_grants))" ""
	is "upgraded: over HTTP too" "$(http_answers)" "$http_before"
	is "upgraded: the stream has its records" "$(stream_records)" "$records"
	works_on "upgraded"
	stream_goes_on "upgraded" 101
	is "upgraded: behind a hole" "$(sql -c "SELECT DISTINCT ended_by FROM ddb.shards WHERE ended_by IS NOT NULL")" hole
	is "upgraded: a token is kept" "$(sql <<'SQL'
SET ROLE keeper;
SELECT ddb.transact_write_items('{"ClientRequestToken": "once", "TransactItems": [{"Update": {"TableName": "Music",
	"Key": {"artist": {"S": "A1"}, "song": {"S": "21"}}, "UpdateExpression": "ADD plays :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}}]}');
SELECT item ->> 'plays' FROM dynamodb."Music" WHERE artist = 'A1' AND song = '21';
SQL
)" $'{}\n1'
	# It may have been done while the server stopped.
	ok "upgraded: the job is done, or says why not" wait_until "SELECT (SELECT state = 'FAILED' AND error LIKE '%not in the log any more' FROM ddb.job_progress) IS NOT FALSE
		AND (EXISTS (SELECT FROM ddb.jobs) OR (SELECT count(*) = 20 FROM dynamodb.\"Restored\"))"
else
	like "upgraded: a script of another edition is refused" "$(sql -c "SELECT ddb.list_tables('{}')" 2>&1 || true)" 'ERROR:  extension ddb in this database is older'
	is "upgraded: but not its rows to SQL" "$(sql -c 'SELECT count(*) FROM dynamodb."Music"')" 200
	pg_dump -Fc >"$DDB_WORK/dump"
	createdb again
	ok "upgraded: nor to a dump" pg_restore --exit-on-error -d again "$DDB_WORK/dump"
	PGDATABASE=again wait_until "$all_enabled"
	is "upgraded: which has everything" "$(PGDATABASE=again answers)" "$before"
fi
stop_cluster "$DDB_WORK/upgraded"

# ---- A restart ----

start original "$this"
if [ "$same_edition" = t ]; then
	ok "restarted: streams are on" wait_until "$all_enabled"
	is "restarted: everything answers as before" "$(answers)" "$before"
	stream_goes_on "restarted" 101
	works_on "restarted"
	[ "$server_version" -ge 170000 ] || is "restarted: there is no hole" "$(sql -c "SELECT count(*) FROM ddb.shards WHERE ended_by IS NOT NULL")" 0
	stop_cluster "$DDB_WORK/original"
	start original "$previous"
	works_on "restarted with the previous one"
	stream_goes_on "restarted with the previous one" 111
else
	like "restarted: a script of another edition is refused" "$(sql -c "SELECT ddb.list_tables('{}')" 2>&1 || true)" 'ERROR:  extension ddb in this database is older'
fi
for cluster in original restored upgraded; do
	is "$cluster: no process has crashed" "$(grep -E 'terminated by signal|TRAP|PANIC' "$DDB_WORK/$cluster/server.log" || true)" ""
done
