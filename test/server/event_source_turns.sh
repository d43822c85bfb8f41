#!/bin/bash
# Event sources of several roles, one of which does its worst; and calls that the process does not outlive.
. "$(dirname "$0")/../lib.sh"

new_cluster cluster <<END
max_worker_processes = 20
END

PROGRESS=(ddb.event_source_positions)
. "$top/test/server/event_source_tables.sh"

sql -o /dev/null <<'SQL'
CREATE FUNCTION quick(event jsonb) RETURNS void LANGUAGE sql AS $$ SELECT note_records('quick', event) $$;
-- Longer than the first worker lets anybody call.
CREATE FUNCTION long(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM note_records('long', event);
	PERFORM pg_sleep(4);
	RETURN NULL;
END $$;
CREATE FUNCTION sleeping(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM note_records('sleeping', event);
	PERFORM pg_sleep(1000);
	RETURN NULL;
END $$;
CREATE FUNCTION looping(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	LOOP
	END LOOP;
END $$;
-- It takes its cancellation for an end like others.
CREATE FUNCTION contented(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM note_records('contented', event);
	PERFORM pg_sleep(1000);
	RETURN NULL;
EXCEPTION WHEN query_canceled THEN
	PERFORM note_records('contented', event);
	RETURN NULL;
END $$;
-- It never has enough.
CREATE FUNCTION flooded(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM note_records('flooded', event);
	PERFORM pg_sleep(0.1);
	RETURN NULL;
END $$;
SQL

# ---- Roles share what there is ----

create_table Victim
create_table Hostile
put Hostile 1 8
sql -o /dev/null -c "SELECT ddb.put_item(format('{\"TableName\": \"Hostile\", \"Item\": {\"id\": {\"S\": \"1\"}, \"n\": {\"N\": \"%s\"}}}', n)::json) FROM generate_series(10, 3000) AS n"

# hostile FUNCTION COUNT OPTIONS: so many event sources of alice's.
hostile() {
	sql -o /dev/null -c 'SET ROLE alice' -c "SELECT ddb.create_event_source('Hostile', '$1', '{\"TimeoutInSeconds\": 900$3}') FROM generate_series(1, $2)"
}
# slow_sources PATTERN: asks how many of these functions' event sources are left to others than the first worker.
slow_sources() {
	echo "SELECT count(DISTINCT source) FILTER (WHERE slow AND function ~ '$1[(]') FROM ddb.event_source_positions JOIN ddb.event_sources ON id = source"
}
source_as bob Victim "'quick'" '{}' >/dev/null
hostile stubborn 5 ''
ok "a function that does not let itself be cancelled ends the first worker" wait_until "SELECT ($(slow_sources stubborn)) = 5"
put Victim 1 20
is "once for all of its role's" "$(grep -c 'a worker of event sources ends' "$DDB_WORK/cluster/server.log")" 1
ok "another role's calls go on" wait_until "SELECT count(*) = 20 FROM seen WHERE who = 'quick'"
hostile sleeping 50 ''
hostile looping 5 ''
hostile contented 5 ''
hostile flooded 5 ', "BatchSize": 1'
ok "slow functions are left to others by the first worker" wait_until "SELECT ($(slow_sources .)) >= 8"
put Victim 21 40
ok "another role's function is called beside them" wait_until "SELECT count(*) = 40 FROM seen WHERE who = 'quick'"
is "with each record once" "$(seen quick)" '40|40|40'
is "while they hang" "$(sql -c "SELECT count(*) FROM seen WHERE who IN ('sleeping', 'contented')")" 0
is "and before thousands of records are done" "$(sql -c "SELECT count(*) < 5 * 2999 FROM seen WHERE who = 'flooded'")" t
is "none of which has failed" "$(sql -c "SELECT sum(retries) FROM ddb.event_source_positions")" 0

# Of two others one role has one: its calls last longer than this test.
configure ddb.event_source_workers 3
source_as bob Victim "'long'" '{"StartingPosition": "LATEST"}' >/dev/null
put Victim 41 41
ok "a function that takes long is called beside another role's that hang" wait_until "SELECT count(*) = 1 FROM seen WHERE who = 'long'"
is "while they hang" "$(sql -c "SELECT count(*) FROM seen WHERE who IN ('sleeping', 'contented')")" 0

sql -o /dev/null -c "SELECT ddb.update_event_source(id, '{\"Enabled\": false}') FROM ddb.event_source_list"
sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb event source'"
ok "no worker is left" wait_until "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'ddb event source'"
sql -o /dev/null -c 'SELECT ddb.delete_event_source(id) FROM ddb.event_source_list' -c "DELETE FROM seen"

# ---- Calls that the process does not outlive ----

sql -o /dev/null <<'SQL'
CREATE FUNCTION crashing(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	IF event @@ '$.Records[*].dynamodb.NewImage.poison.BOOL == true' THEN
		-- the shell's parent is the worker
		COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID';
		PERFORM pg_sleep(1000);
	END IF;
	PERFORM note_records('crashing', event);
	RETURN NULL;
END $$;
CREATE FUNCTION ending(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_terminate_backend(pg_backend_pid());
	PERFORM pg_sleep(1000);
END $$;
CREATE FUNCTION interrupted(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM note_records('interrupted', event);
	PERFORM pg_advisory_xact_lock(1);
	RETURN NULL;
END $$;
SQL
# failures SOURCE: what has been given up of it.
failures() {
	sql -c "SELECT records, reason, error, attempts FROM ddb.event_source_failures WHERE source = '$1'"
}
create_table Crashing
crashing=$(source_as postgres Crashing "'crashing'" '{"MaximumRetryAttempts": 1}')
put Crashing 1 1 ', "poison": {"BOOL": true}'
ok "what crashes the server is given up" wait_until "SELECT count(*) = 1 FROM ddb.event_source_failures WHERE source = '$crashing'"
is "after the tries that it has, and one that is not counted" \
	"$(failures "$crashing") $(grep -c 'was terminated by signal 9' "$DDB_WORK/cluster/server.log")" \
	'1|RetryAttemptsExhausted|the call was interrupted by the end of its process|2 3'
put Crashing 1 1
ok "what is behind it is done" wait_until "SELECT count(*) = 1 FROM seen WHERE who = 'crashing'"
delete_source "$crashing"

ending=$(source_as postgres Crashing "'ending'" '{"MaximumRetryAttempts": 0, "StartingPosition": "LATEST"}')
put Crashing 2 2
ok "what ends its process is given up" wait_until "SELECT count(*) = 1 FROM ddb.event_source_failures WHERE source = '$ending'"
is "after its try, and one that is not counted" "$(failures "$ending")" '1|RetryAttemptsExhausted|the call was interrupted by the end of its process|1'
delete_source "$ending"

# hold NUMBER STATEMENT: in a session of its own, which free NUMBER ends.
declare -A holder input
hold() {
	local i
	mkfifo "$DDB_WORK/hold$1"
	psql -X -q -A -t <"$DDB_WORK/hold$1" >"$DDB_WORK/held$1" 2>&1 &
	holder[$1]=$!
	exec {input[$1]}>"$DDB_WORK/hold$1"
	printf '%s\n\\echo held\n' "$2" >&"${input[$1]}"
	for ((i = 0; i < ${WAIT:-600}; i++)); do
		! grep -q '^held' "$DDB_WORK/held$1" 2>/dev/null || return 0
		sleep 0.1
	done
	return 1
}
free() {
	echo '\q' >&"${input[$1]}"
	wait "${holder[$1]}" || true
	exec {input[$1]}>&-
}
# waits WHAT: until a worker waits for such a lock.
waits() {
	wait_until "SELECT count(*) = 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND backend_type = 'ddb event source' AND $1"
}

hold 1 'SELECT pg_advisory_lock(1);'
interrupted=$(source_as alice Crashing "'interrupted'" '{"MaximumRetryAttempts": 0, "StartingPosition": "LATEST", "TimeoutInSeconds": 900}')
put Crashing 3 3
waits "locktype = 'advisory' AND objid = 1"
# no other: it would have begun the call again before its own end, which is counted
sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND objid = 1"
free 1
ok "what somebody else has ended is called again" wait_until "SELECT count(*) = 1 FROM seen WHERE who = 'interrupted'"
is "and has not failed" "$(failures "$interrupted")" ''
delete_source "$interrupted"

# ---- Two workers, one lane ----

# What a worker reads while another one's failure is not written down yet is not given once it is.
sql -o /dev/null <<'SQL'
CREATE FUNCTION racing(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM note_records('racing', event);
	-- so the first worker leaves it alone
	PERFORM pg_sleep(1.1);
	PERFORM pg_advisory_xact_lock_shared(2);
	IF EXISTS (SELECT FROM notes WHERE who = 'racing') THEN
		RAISE 'fails';
	END IF;
	RETURN NULL;
END $$;
CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_catalog.pg_advisory_xact_lock_shared(3);
	RETURN NULL;
END $$;
SQL
configure ddb.stream_shards 1
create_table Racing
racing=$(source_as alice Racing "'racing'" '{"TimeoutInSeconds": 900}')
put Racing 0 0
wait_until "SELECT bool_or(slow) FROM ddb.event_source_positions WHERE source = '$racing'"
sql -o /dev/null -c "INSERT INTO notes VALUES ('racing')"
segment=$(sql -c 'SELECT relation::regclass FROM ddb.change_segments WHERE last_time IS NULL AND NOT for_recovery')
hold 2 'SELECT pg_advisory_lock(2);'
put Racing 1 3
waits "locktype = 'advisory' AND objid = 2"
sql -o /dev/null -c 'CREATE TRIGGER wait_here BEFORE UPDATE ON ddb.event_source_positions EXECUTE FUNCTION wait_here()'
hold 3 'SELECT pg_advisory_lock(3);'
hold 4 "BEGIN; LOCK TABLE $segment;"
# One has failed; the other has read where it was.
free 2
waits "locktype = 'advisory' AND objid = 3"
# which has all of them look
source_as alice Racing "'quick'" '{"Enabled": false}' >/dev/null
waits "relation = '$segment'::regclass"
free 3
wait_until "SELECT max(retries) = 1 FROM ddb.event_source_positions WHERE source = '$racing'"
sql -o /dev/null -c "DELETE FROM notes WHERE who = 'racing'"
free 4
put Racing 4 4
ok "a batch that fails is tried again" wait_until "SELECT count(*) >= 5 FROM seen WHERE who = 'racing'"
is "once, whoever had read it meanwhile" "$(seen racing)" '5|5|5'
delete_source "$racing"
