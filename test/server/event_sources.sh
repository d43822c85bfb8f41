#!/bin/bash
# Event sources: functions, addresses and channels that are called with a table's changes, whatever these do and whatever is killed.
. "$(dirname "$0")/../lib.sh"

port=$(free_port)
tls_port=$(free_port)
secret=0123456789abcdef-secret
target=$DDB_WORK/target
touch "$target"
python3 "$top/test/server/event_target.py" "$port" "$target" "$secret" &
target_pid=$!
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=target -addext 'subjectAltName = IP:127.0.0.1' \
	-keyout "$DDB_WORK/key.pem" -out "$DDB_WORK/certificate.pem" 2>/dev/null
python3 "$top/test/server/event_target.py" "$tls_port" "$target" "$secret" "$DDB_WORK/certificate.pem" "$DDB_WORK/key.pem" &
tls_pid=$!
trap 'kill $target_pid $tls_pid 2>/dev/null || true' EXIT

new_cluster cluster <<END
max_worker_processes = 20
ddb.event_source_urls = 'http://127.0.0.1:$port/hooks, http://LOCALHOST:$port/hooks/, https://127.0.0.1:$tls_port, https://localhost:$tls_port/'
END

PROGRESS=(ddb.event_source_progress)

. "$top/test/server/event_source_tables.sh"

# out_of_order WHO: how many records came behind a later one of their item.
out_of_order() {
	sql -c "SELECT count(*) FROM seen a JOIN seen b USING (who, id) WHERE who = '$1' AND a.number < b.number AND a.sequence > b.sequence"
}
# progress SOURCE COLUMNS: of its shards that have had a call.
progress() {
	sql -c "SELECT DISTINCT $2 FROM ddb.event_source_progress WHERE source = '$1' AND last_called IS NOT NULL"
}

sql -o /dev/null <<'SQL'
CREATE FUNCTION plain(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM note_records('plain', event);
	RETURN NULL;
END $$;
CREATE FUNCTION latest(event jsonb) RETURNS void LANGUAGE sql AS $$ SELECT note_records('latest', event) $$;
CREATE FUNCTION flaky(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM note_records('flaky', event);
	-- a sequence is not rolled back
	IF nextval('calls') % 3 = 0 THEN
		RAISE 'now and then';
	END IF;
	RETURN '{}';
END $$;
CREATE FUNCTION filtered(event json) RETURNS json LANGUAGE sql AS $$ SELECT note_records('filtered', event::jsonb); SELECT '{"batchItemFailures": []}'::json $$;
CREATE FUNCTION parallel_lanes(event jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT note_records('lanes', event); SELECT NULL::jsonb $$;
CREATE FUNCTION windowed(event jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT note_records('windowed', event); SELECT NULL::jsonb $$;
-- The first time that it sees a record whose number ends with 3 it says that this has failed, and does what stands before.
CREATE FUNCTION partial(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	record jsonb;
	done jsonb := '[]';
BEGIN
	FOR record IN SELECT r FROM jsonb_array_elements(event -> 'Records') AS e (r) LOOP
		IF record #>> '{dynamodb,Keys,id,S}' LIKE '%3' AND NOT EXISTS
			(SELECT FROM notes WHERE who = 'partial' AND what = record #>> '{dynamodb,SequenceNumber}') THEN
			INSERT INTO notes VALUES ('partial', record #>> '{dynamodb,SequenceNumber}');
			PERFORM note_records('partial', jsonb_build_object('Records', done));
			RETURN jsonb_build_object('batchItemFailures', jsonb_build_array(jsonb_build_object('itemIdentifier', record #>> '{dynamodb,SequenceNumber}')));
		END IF;
		done := done || jsonb_build_array(record);
	END LOOP;
	PERFORM note_records('partial', event);
	RETURN '{"batchItemFailures": null}';
END $$;
CREATE FUNCTION refusing(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM note_records('refusing', event);
	IF event @@ '$.Records[*].dynamodb.NewImage.poison.BOOL == true' THEN
		RAISE 'poison' USING ERRCODE = 'P0666';
	END IF;
	RETURN NULL;
END $$;
CREATE FUNCTION unknown(event jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"batchItemFailures": [{"itemIdentifier": ""}]}'::jsonb $$;
CREATE FUNCTION hanging(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM note_records('hanging', event);
	PERFORM pg_sleep(1000);
	RETURN NULL;
END $$;
SQL

# ---- Functions ----

create_table Plain
put Plain 1 20
plain=$(source_as alice Plain "'plain'" '{"BatchSize": 7}')
latest=$(source_as alice Plain "'latest'" '{"StartingPosition": "LATEST"}')
ok "a function is called with what the stream has" wait_until "SELECT count(*) = 20 FROM seen WHERE who = 'plain'"
put Plain 1 20 ', "again": {"BOOL": true}'
ok "and with what comes" wait_until "SELECT count(*) = 40 FROM seen WHERE who = 'plain'"
is "each record once" "$(seen plain)" '40|40|20'
is "in the order of each item" "$(out_of_order plain)" 0
wait_until "SELECT bool_and(behind_seconds = 0) FROM ddb.event_source_progress WHERE source = '$plain'"
is "progress tells of it" "$(progress "$plain" 'table_name, last_result, last_error, retries, behind_seconds')" 'Plain|OK||0|0'
ok "LATEST begins with what comes" wait_until "SELECT count(*) = 20 FROM seen WHERE who = 'latest'"
is "and with that alone" "$(seen latest)" '20|20|20'
is "both ran as their role" "$(sql -c "SELECT DISTINCT role FROM ddb.event_source_list")" alice

like "a role that has no right to the stream sees nothing" "$(sql -c 'SET ROLE bob' -c 'SELECT count(*) FROM ddb.event_source_progress')" '^0$'
sql -o /dev/null -c "SELECT ddb.update_event_source('$plain', '{\"Enabled\": false}')"
put Plain 21 25
ok "one that is enabled goes on" wait_until "SELECT count(*) = 25 FROM seen WHERE who = 'latest'"
is "one that is disabled does not" "$(seen plain)" '40|40|20'
sql -o /dev/null -c "SELECT ddb.update_event_source('$plain', '{\"Enabled\": true}')"
ok "and goes on where it was, once it is enabled" wait_until "SELECT count(*) = 45 FROM seen WHERE who = 'plain'"

# What may not be called any more is not, and nothing is kept of what its role may not read.
eager=$(source_as alice Plain "'unknown'" '{"StartingPosition": "LATEST", "FunctionResponseTypes": ["ReportBatchItemFailures"], "MaximumRetryAttempts": 0}')
aged=$(source_as alice Plain "'unknown'" '{"StartingPosition": "LATEST", "MaximumRecordAgeInSeconds": 0}')
passing=$(source_as alice Plain "'plain'" '{"StartingPosition": "LATEST", "FilterCriteria": {"Filters": [{"Pattern": "{\"eventName\": [\"nothing\"]}"}]}}')
refused="ddb.event_source_progress WHERE source IN ('$eager', '$aged', '$passing') AND last_error LIKE 'AccessDeniedException%'"
sql -o /dev/null -c 'REVOKE SELECT ON dynamodb."Plain:stream" FROM alice' -c 'REVOKE EXECUTE ON FUNCTION latest(jsonb) FROM PUBLIC'
put Plain 26 26
ok "a right to the stream that was taken is missed" wait_until "SELECT count(*) > 0 FROM ddb.event_source_progress WHERE source = '$plain' AND last_error LIKE 'AccessDeniedException%'"
ok "by all of its sources" wait_until "SELECT count(*) = 3 FROM $refused"
is "none of which gives anything up, or passes it by" "$(sql -c 'SELECT count(*) FROM ddb.event_source_failures' -c "SELECT bool_and(behind_seconds > 0) FROM $refused")" $'0\nt'
sql -o /dev/null -c 'GRANT SELECT ON dynamodb."Plain:stream" TO alice'
ok "with the right they do" wait_until "SELECT sum(records) = 2 FROM ddb.event_source_failures"
sql -o /dev/null -c 'SET ROLE alice' -c "SELECT ddb.delete_event_source_failures('$eager'), ddb.delete_event_source_failures('$aged')"
for source in "$eager" "$aged" "$passing"; do delete_source "$source"; done
ok "as is one to the function" wait_until "SELECT count(*) > 0 FROM ddb.event_source_progress WHERE source = '$latest' AND last_error = 'permission denied for function latest'"
sql -o /dev/null -c 'GRANT EXECUTE ON FUNCTION latest(jsonb) TO PUBLIC'
ok "with the rights all goes on" wait_until "SELECT count(*) = 72 FROM seen WHERE who IN ('plain', 'latest')"
sql -o /dev/null -c 'ALTER FUNCTION plain(jsonb) OWNER TO bob'
put Plain 27 27
ok "a function that is another one's now is not called" wait_until "SELECT count(*) > 0 FROM ddb.event_source_progress WHERE source = '$plain' AND last_error LIKE '%belongs to role \"bob\" now%'"
sql -o /dev/null -c 'SET ROLE alice' -c "SELECT ddb.update_event_source('$plain', function => 'plain')"
ok "until it is named again" wait_until "SELECT count(*) = 47 FROM seen WHERE who = 'plain'"

# Whose it is.
sql -o /dev/null -c 'ALTER ROLE alice RENAME TO renamed' -c 'CREATE ROLE alice' -c 'ALTER ROLE bob RENAME TO "bob too"' -c 'CREATE ROLE bob'
put Plain 28 28
ok "a role that has another name is called, and its function is the same one's still" wait_until "SELECT count(*) = 48 FROM seen WHERE who = 'plain'"
is "who has its name now sees nothing" "$(sql -c 'SET ROLE alice' -c 'SELECT count(*) FROM ddb.event_source_list' -c 'SELECT count(*) FROM ddb.event_source_progress')" $'0\n0'
like "and changes nothing" "$(sql -c 'SET ROLE alice' -c "SELECT ddb.delete_event_source('$plain')" 2>&1 || true)" 'must be (able to|member)|permission denied to set role'
sql -o /dev/null -c 'DROP ROLE alice' -c 'ALTER ROLE renamed RENAME TO alice' -c 'DROP ROLE bob' -c 'ALTER ROLE "bob too" RENAME TO bob'
carol='CREATE ROLE carol; GRANT SELECT ON dynamodb."Plain:stream" TO carol; GRANT ALL ON seen, seen_number_seq TO carol'
sql -o /dev/null -c "$carol"
gone=$(source_as carol Plain "'plain'" '{"StartingPosition": "LATEST"}')
sql -o /dev/null -c 'DROP OWNED BY carol' -c 'DROP ROLE carol' -c "$carol"
put Plain 29 29
ok "one whose role is gone is not called" wait_until "SELECT count(*) > 0 FROM ddb.event_source_progress WHERE source = '$gone' AND last_error = 'the role of the event source is not there any more'"
is "nor told to another of its name" "$(sql -c 'SET ROLE carol' -c 'SELECT count(*) FROM ddb.event_source_list' -c 'SELECT count(*) FROM ddb.event_source_progress')" $'0\n0'
ok "the others are" wait_until "SELECT count(*) = 49 FROM seen WHERE who = 'plain'"
is "which is told as a record that leads nowhere" "$(sql -c 'SELECT problem, removable FROM ddb.check_catalog()')" "there is no role of event source $gone|t"
is "and removed" "$(sql -c 'SELECT count(*) FROM ddb.clean_catalog()' -c "SELECT count(*) FROM ddb.event_sources WHERE id = '$gone'")" $'1\n0'
sql -o /dev/null -c 'DROP OWNED BY carol' -c 'DROP ROLE carol'
delete_source "$plain"
delete_source "$latest"

# A filter, lanes, a window.
filtered=$(source_as alice Plain "'filtered'" '{"FilterCriteria": {"Filters": [{"Pattern": "{\"dynamodb\": {\"NewImage\": {\"again\": {\"BOOL\": [true]}, \"id\": {\"S\": [\"3\", {\"prefix\": \"1\"}]}}}}"}]}}')
lanes=$(source_as alice Plain "'parallel_lanes'" '{"ParallelizationFactor": 3, "BatchSize": 2}')
ok "lanes have all records" wait_until "SELECT count(*) = 49 FROM seen WHERE who = 'lanes'"
is "each once" "$(seen lanes)" '49|49|29'
is "in the order of each item" "$(out_of_order lanes)" 0
ok "a filter's records come" wait_until "SELECT count(*) = 12 FROM seen WHERE who = 'filtered'"
ok "and all others are passed" wait_until "SELECT bool_and(behind_seconds = 0) FROM ddb.event_source_progress WHERE source = '$filtered'"
is "without a call" "$(seen filtered)" '12|12|12'
delete_source "$filtered"
delete_source "$lanes"

windowed=$(source_as alice Plain "'windowed'" '{"StartingPosition": "LATEST", "BatchSize": 5, "MaximumBatchingWindowInSeconds": 300}')
for n in 1 2 3 4 5; do put Plain 30 30 ", \"turn\": {\"N\": \"$n\"}"; done
ok "a full batch does not wait for its window" wait_until "SELECT count(*) = 5 FROM seen WHERE who = 'windowed'"
put Plain 30 30 ', "turn": {"N": "6"}'
ok "one that is not full waits" wait_until "SELECT bool_or(next_try IS NOT NULL) FROM ddb.event_source_progress WHERE source = '$windowed'"
is "with its records" "$(seen windowed)" '5|5|1'
sql -o /dev/null -c "SELECT ddb.update_event_source('$windowed', '{\"MaximumBatchingWindowInSeconds\": 0}')"
ok "and does not without a window" wait_until "SELECT count(*) = 6 FROM seen WHERE who = 'windowed'"
delete_source "$windowed"

# ---- Functions that fail ----

create_table Failing
flaky=$(source_as alice Failing "'flaky'" '{"BatchSize": 4}')
partial=$(source_as alice Failing "'partial'" '{"BatchSize": 10, "FunctionResponseTypes": ["ReportBatchItemFailures"]}')
put Failing 1 30
ok "what fails now and then is done in the end" wait_until "SELECT count(*) = 30 FROM seen WHERE who = 'flaky'"
is "each record once" "$(seen flaky)" '30|30|30'
ok "what fails in part is done in the end" wait_until "SELECT count(*) = 30 FROM seen WHERE who = 'partial'"
is "each record once" "$(seen partial)" '30|30|30'
is "after a failure each" "$(sql -c "SELECT count(*) FROM notes WHERE who = 'partial'")" 3
delete_source "$flaky"
delete_source "$partial"

# All changes of one item, so that they are of one shard, and one of them is poison.
refusing=$(source_as alice Failing "'refusing'" '{"StartingPosition": "LATEST", "MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": true, "MaximumBatchingWindowInSeconds": 300, "BatchSize": 16}')
for ((n = 1; n <= 16; n++)); do
	put Failing 99 99 ", \"turn\": {\"N\": \"$n\"}$([ "$n" -ne 11 ] || echo ', "poison": {"BOOL": true}')"
done
ok "a batch that fails is cut down to the record that does" wait_until "SELECT count(*) = 1 FROM ddb.event_source_failures"
sql -o /dev/null -c "SELECT ddb.update_event_source('$refusing', '{\"MaximumBatchingWindowInSeconds\": 0}')"
ok "the others are done" wait_until "SELECT count(*) = 15 FROM seen WHERE who = 'refusing'"
is "once" "$(seen refusing)" '15|15|1'
is "and it is kept" "$(sql -c 'SET ROLE alice' -c "SELECT table_name, records, reason, error, attempts, first_sequence_number = last_sequence_number,
	event #>> '{Records,0,dynamodb,NewImage,turn,N}', json_array_length(event -> 'Records') FROM ddb.event_source_failures")" 'Failing|1|RetryAttemptsExhausted|poison|2|t|11|1'
is "for its role alone" "$(sql -c 'SET ROLE bob' -c 'SELECT count(*) FROM ddb.event_source_failures' -c "SELECT ddb.delete_event_source_failures('$refusing')")" $'0\n0'
is "until it is deleted" "$(sql -c 'SET ROLE alice' -c "SELECT ddb.delete_event_source_failures('$refusing')" -c 'SELECT count(*) FROM ddb.event_source_failures')" $'1\n0'
delete_source "$refusing"

# What comes while a batch waits for its last try is not given up with it.
refusing=$(source_as alice Failing "'refusing'" '{"StartingPosition": "LATEST", "MaximumRetryAttempts": 4}')
sql -o /dev/null -c 'DELETE FROM seen' -c 'SELECT ddb.change_log_wait()'
put Failing 99 99 ', "turn": {"N": "17"}, "poison": {"BOOL": true}'
wait_until "SELECT max(retries) > 0 OR EXISTS (SELECT FROM ddb.event_source_failures WHERE source = '$refusing') FROM ddb.event_source_progress WHERE source = '$refusing'"
put Failing 99 99 ', "turn": {"N": "18"}'
ok "a batch is tried again as it was" wait_until "SELECT sum(records) = 1 FROM ddb.event_source_failures WHERE source = '$refusing'"
ok "and what came later has a call of its own" wait_until "SELECT count(*) = 1 FROM seen WHERE who = 'refusing'"
delete_source "$refusing"

unknown=$(source_as alice Failing "'unknown'" '{"FunctionResponseTypes": ["ReportBatchItemFailures"], "MaximumRetryAttempts": 0}')
ok "an answer that names no record is a failure of all" wait_until "SELECT sum(records) = 48 FROM ddb.event_source_failures WHERE source = '$unknown'"
delete_source "$unknown"
old=$(source_as alice Failing "'unknown'" '{"MaximumRecordAgeInSeconds": 0}')
ok "what is too old is given up without a call" wait_until "SELECT sum(records) = 48 AND bool_and(reason = 'EventAgeExceeded') FROM ddb.event_source_failures WHERE source = '$old'"
# While somebody is about to delete it nothing is given up for it; one who thinks better of it finds each record once.
(sql -o /dev/null -c "BEGIN; SELECT ddb.delete_event_source('$old'); SELECT pg_sleep(600)" 2>/dev/null || true) &
wait_until "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'BEGIN; SELECT ddb.delete_event_source%' AND wait_event = 'PgSleep'"
put Failing 98 98
sql -o /dev/null -c 'SELECT ddb.change_log_wait(), pg_sleep(1)'
sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; SELECT ddb.delete_event_source%'"
ok "what nobody has deleted goes on" wait_until "SELECT max(last_sequence_number) = (SELECT max(sequence_number) FROM ddb.stream_records('Failing')) FROM ddb.event_source_failures WHERE source = '$old'"
is "with each record given up once" "$(sql -c "SELECT sum(records) FROM ddb.event_source_failures WHERE source = '$old'")" 49
delete_source "$old"

# A record that is refused for ever holds up what is behind it in its shard, and nothing else.
create_table Blocked
refusing=$(source_as bob Blocked "'refusing'" '{"BatchSize": 1}')
put Blocked 0 0 ', "poison": {"BOOL": true}'
put Blocked 1 30
sql -o /dev/null -c "DELETE FROM seen WHERE who = 'refusing'"
sql -o /dev/null -c "SELECT ddb.change_log_wait()"
others=$(sql -c "SELECT count(*) FROM ddb.stream_records('Blocked') WHERE shard_id <> (SELECT shard_id FROM ddb.stream_records('Blocked') WHERE keys ->> 'id' = '0')")
ok "other shards go on beside one that is blocked" wait_until "SELECT count(*) FILTER (WHERE last_called IS NOT NULL AND last_error IS NULL AND behind_seconds = 0) = 3 FROM ddb.event_source_progress WHERE source = '$refusing'"
is "and that one does not" "$(sql -c "SELECT count(*) <= $others, count(*) FILTER (WHERE shard_id = (SELECT shard_id FROM ddb.stream_records('Blocked') WHERE keys ->> 'id' = '0'))
	FROM seen JOIN ddb.stream_records('Blocked') ON sequence = sequence_number WHERE who = 'refusing'")" 't|0'
ok "it is tried again" wait_until "SELECT max(retries) > 2 FROM ddb.event_source_progress WHERE source = '$refusing'"

# Whoever has locked its table holds up its event sources, and nobody else's.
(sql -o /dev/null -c 'BEGIN; LOCK TABLE dynamodb."Blocked"; SELECT pg_sleep(600)' 2>/dev/null || true) &
wait_until "SELECT count(*) = 1 FROM pg_locks WHERE relation = 'dynamodb.\"Blocked\"'::regclass AND mode = 'AccessExclusiveLock' AND granted"
beside=$(source_as bob Plain "'plain'" '{"StartingPosition": "LATEST"}')
sql -o /dev/null -c "SELECT ddb.update_event_source('$refusing')" -c "DELETE FROM seen"
put Plain 50 59
ok "a table that is locked holds up nobody else" wait_until "SELECT count(*) = 10 FROM seen WHERE who = 'plain'"
sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'dynamodb.\"Blocked\"'::regclass AND mode = 'AccessExclusiveLock'"
(sql -o /dev/null -c "BEGIN; SELECT ddb.delete_event_source('$refusing'); SELECT pg_sleep(600)" 2>/dev/null || true) &
wait_until "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'BEGIN; SELECT ddb.delete_event_source%' AND wait_event = 'PgSleep'"
sql -o /dev/null -c "DELETE FROM seen"
put Plain 50 59 ', "again": {"N": "1"}'
ok "nor does a source that is about to be deleted" wait_until "SELECT count(*) = 10 FROM seen WHERE who = 'plain'"
sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; SELECT ddb.delete_event_source%'"
delete_source "$refusing"
delete_source "$beside"

hanging=$(source_as alice Failing "'hanging'" '{"TimeoutInSeconds": 1, "MaximumRetryAttempts": 0, "StartingPosition": "LATEST"}')
stubborn=$(source_as alice Failing "'stubborn'" '{"TimeoutInSeconds": 1, "MaximumRetryAttempts": 0, "StartingPosition": "LATEST"}')
beside=$(source_as bob Plain "'plain'" '{"StartingPosition": "LATEST"}')
put Failing 100 100
sql -o /dev/null -c "DELETE FROM seen"
put Plain 100 109
ok "others have their turn beside functions that hang" wait_until "SELECT count(*) = 10 FROM seen WHERE who = 'plain'"
ok "one that hangs is stopped" wait_until "SELECT count(*) = 1 FROM ddb.event_source_failures WHERE source = '$hanging' AND error = 'canceling statement due to statement timeout'"
is "and nothing is left of it" "$(seen hanging)" '0|0|0'
ok "one that does not let itself be stopped is given up as well" wait_until "SELECT count(*) = 1 FROM ddb.event_source_failures WHERE source = '$stubborn' AND error LIKE 'the function went on%'"
delete_source "$hanging"
delete_source "$stubborn"
delete_source "$beside"

# ---- Hostile functions ----

configure ddb.event_source_workers 1
sql -o /dev/null <<'SQL'
CREATE FUNCTION try(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	INSERT INTO notes VALUES ('hostile', statement, 'done as ' || current_user);
EXCEPTION WHEN OTHERS THEN
	INSERT INTO notes VALUES ('hostile', statement, SQLERRM);
END $$;
CREATE FUNCTION deferred() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO notes VALUES ('hostile', 'deferred trigger', current_user);
	RETURN NULL;
END $$;
CREATE TABLE deferring (a integer);
GRANT ALL ON deferring TO alice;
CREATE CONSTRAINT TRIGGER t AFTER INSERT ON deferring DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION deferred();
CREATE FUNCTION hostile(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	FOREACH statement IN ARRAY ARRAY[
		'RESET ROLE', 'SET ROLE postgres', 'SET LOCAL ROLE postgres', 'RESET SESSION AUTHORIZATION', 'SET SESSION AUTHORIZATION postgres',
		'SELECT set_config(''role'', ''postgres'', false)', 'SELECT set_config(''session_authorization'', ''postgres'', false)',
		'CREATE ROLE intruder SUPERUSER', 'SELECT secret FROM ddb.event_sources', 'UPDATE ddb.event_sources SET role = ''postgres''',
		'COPY notes TO ''/tmp/ddb_hostile''', 'LISTEN hostile', 'COMMIT', 'SET session_replication_role = replica',
		'CREATE TEMP TABLE left_behind (a integer)', 'PREPARE left_behind AS SELECT 1', 'DECLARE left_behind CURSOR WITH HOLD FOR SELECT deferred_user()',
		'SELECT pg_advisory_lock(4711)', 'SELECT set_config(''search_path'', ''nowhere'', false)', 'SELECT set_config(''left.behind'', ''here'', false)',
		'SELECT set_config(''statement_timeout'', ''1'', false)', 'SELECT nextval(''seen_number_seq'')', 'INSERT INTO deferring VALUES (1)'] LOOP
		PERFORM try(statement);
	END LOOP;
	RETURN NULL;
END $$;
CREATE FUNCTION looking(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO notes SELECT 'looking', what, result FROM (VALUES
		('role', current_user::text),
		('same process', (pg_backend_pid() = (SELECT result::integer FROM notes WHERE who = 'process'))::text),
		('temporary tables', (SELECT count(*)::text FROM pg_class WHERE relname = 'left_behind')),
		('prepared statements', (SELECT count(*)::text FROM pg_prepared_statements)),
		('cursors', (SELECT count(*)::text FROM pg_cursors WHERE name = 'left_behind')),
		('advisory locks', (SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory')),
		('search path', current_setting('search_path')),
		('setting', coalesce(nullif(current_setting('left.behind', true), ''), 'none')),
		('statement_timeout', current_setting('statement_timeout')),
		('session_replication_role', current_setting('session_replication_role')),
		('channels', (SELECT count(*)::text FROM pg_listening_channels()))
	) AS v (what, result);
	BEGIN
		PERFORM lastval();
		INSERT INTO notes VALUES ('looking', 'sequence', 'known');
	EXCEPTION WHEN object_not_in_prerequisite_state THEN
		INSERT INTO notes VALUES ('looking', 'sequence', 'not known');
	END;
	RETURN NULL;
END $$;
CREATE FUNCTION process(event jsonb) RETURNS jsonb LANGUAGE sql AS $$ INSERT INTO notes VALUES ('process', NULL, pg_backend_pid()); SELECT NULL::jsonb $$;
SQL
wait_until "SELECT count(*) <= 1 FROM pg_stat_activity WHERE backend_type = 'ddb event source'"
create_table Hostile
# As long as there is this one the process stays.
resting=$(source_as alice Plain "'latest'" '{"StartingPosition": "LATEST"}')
process=$(source_as alice Hostile "'process'" '{}')
put Hostile 1 1
wait_until "SELECT count(*) = 1 FROM notes WHERE who = 'process'"
delete_source "$process"
hostile=$(source_as alice Hostile "'hostile'" '{}')
ok "a hostile function is called" wait_until "SELECT count(*) > 20 FROM notes WHERE who = 'hostile'"
like "its deferred triggers run as its role" "$(sql -c "SELECT result FROM notes WHERE what = 'deferred trigger'")" '^alice$'
is "it was nobody else" "$(sql -c "SELECT count(*) FROM notes WHERE who = 'hostile' AND result LIKE 'done as %' AND result <> 'done as alice'")" 0
for what in 'RESET ROLE' 'SET ROLE postgres' 'SET LOCAL ROLE postgres' 'RESET SESSION AUTHORIZATION' 'SET SESSION AUTHORIZATION postgres' \
	"SELECT set_config('role', 'postgres', false)" "SELECT set_config('session_authorization', 'postgres', false)" \
	'CREATE ROLE intruder SUPERUSER' 'SELECT secret FROM ddb.event_sources' "UPDATE ddb.event_sources SET role = 'postgres'" \
	"COPY notes TO '/tmp/ddb_hostile'" 'LISTEN hostile' 'COMMIT' 'SET session_replication_role = replica'; do
	like "refused: $what" "$(sql -c "SELECT result FROM notes WHERE who = 'hostile' AND what = '${what//\'/\'\'}'")" '^cannot|^permission denied|^must be|^EXECUTE of transaction|^invalid transaction'
done
delete_source "$hostile"
looking=$(source_as bob Hostile "'looking'" '{}')
wait_until "SELECT count(*) = 12 FROM notes WHERE who = 'looking'"
is "the next one finds nothing of it" "$(sql -c "SELECT what, result FROM notes WHERE who = 'looking' ORDER BY what")" 'advisory locks|0
channels|0
cursors|0
prepared statements|0
role|bob
same process|true
search path|"$user", public
sequence|not known
session_replication_role|origin
setting|none
statement_timeout|0
temporary tables|0'
delete_source "$looking"
delete_source "$resting"
configure ddb.event_source_workers

# A function may delete its own source.
sql -o /dev/null <<'SQL'
CREATE FUNCTION once(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.delete_event_source(id) FROM ddb.event_source_list;
	INSERT INTO notes VALUES ('once');
	RETURN NULL;
END $$;
SQL
source_as alice Hostile "'once'" '{}' >/dev/null
ok "a function deletes its own source" wait_until "SELECT (SELECT count(*) FROM ddb.event_sources) = 0 AND (SELECT count(*) FROM notes WHERE who = 'once') = 1"

# ---- Addresses ----

create_table Posted
# post PATH OPTIONS: an event source of that address.
post() {
	sql -c 'SET ROLE alice' -c "SELECT ddb.create_event_source('Posted', options => '{\"Url\": \"http://127.0.0.1:$port$1\"$2}')"
}
refused_url() {
	like "refused: $1" "$(sql -c 'SET ROLE alice' -c "SELECT ddb.create_event_source('Posted', options => jsonb_build_object('Url', '$1'))" 2>&1 || true)" \
		'may not POST|is no address'
}
for url in "http://127.0.0.1:$port/elsewhere" "http://127.0.0.1:$port/hooksy" "http://127.0.0.1:$port/" "http://127.0.0.1:$port/hooks/../elsewhere" \
	"http://127.0.0.1:$port/hooks/%2e%2e/elsewhere" "http://127.0.0.1:$port/hooks/..%2felsewhere" "http://127.0.0.1:$port/hooks/%252e%252e/elsewhere" \
	"http://127.0.0.1:$((port + 1))/hooks/ok" "http://127.0.0.1/hooks/ok" "https://127.0.0.1:$port/hooks/ok" "http://127.0.0.2:$port/hooks/ok" \
	"http://127.0.0.1:$port@example.com/hooks/ok" "http://user@127.0.0.1:$port/hooks/ok" "http://127.0.0.1:$port#@example.com/hooks/ok" \
	"http://example.com\\\\@127.0.0.1:$port/hooks/ok" "http://127.0.0.1.:$port/hooks/ok" "http://[::1]:$port/hooks/ok" "file:///hooks/ok" \
	"http://l%6fcalhost:$port@example.com/hooks/" "http://ⓛocalhost:$port/hooks/" "http://localhost:$port/hooks"; do
	refused_url "$url"
done
ok_source=$(post /hooks/ok ", \"SigningSecret\": \"$secret\"")
# Other ways to say what is allowed.
for url in "http://0x7f000001:$port/hooks/ok" "HTTP://LocalHost:$port/hooks/deeper/ok" "http://127.0.0.1:$port/elsewhere/../hooks/ok?a=b"; do
	ok "allowed: $url" sql -o /dev/null -c "SELECT ddb.delete_event_source(ddb.create_event_source('Posted', options => jsonb_build_object('Url', '$url', 'Enabled', false)))"
done
partial=$(post /hooks/partial ', "FunctionResponseTypes": ["ReportBatchItemFailures"]')
declare -A failing
for path in fail redirect slow long broken; do
	failing[$path]=$(post /hooks/$path ', "TimeoutInSeconds": '$([ $path = slow ] && echo 1 || echo 60)', "MaximumRetryAttempts": 0, "FunctionResponseTypes": ["ReportBatchItemFailures"]')
done
put Posted 1 5

# posted PATH: the items that have come there, each with its signature.
posted() {
	grep "^$1 " "$target" | cut -d ' ' -f 2- | sort || true
}
wait_for_posts() {
	local i
	for ((i = 0; i < ${WAIT:-600}; i++)); do
		[ "$(posted "$1" | wc -l)" -lt "$2" ] || return 0
		sleep 0.1
	done
	return 1
}
ok "an address is POSTed to" wait_for_posts /hooks/ok 5
is "signed" "$(posted /hooks/ok)" $'1 signed\n2 signed\n3 signed\n4 signed\n5 signed'
ok "what has failed in part is POSTed again" wait_for_posts /hooks/partial 5
is "and nothing else" "$(posted /hooks/partial)" $'1 unsigned\n2 unsigned\n3 unsigned\n4 unsigned\n5 unsigned'
# failed_with PATH PATTERN: all that was POSTed there has been given up, for that reason.
failed_with() {
	wait_until "SELECT sum(records) = 5 AND bool_and(error ~ '$2') FROM ddb.event_source_failures WHERE source = '${failing[$1]}'"
}
ok "a status of failure is one" failed_with fail 'has answered with status 500'
ok "a redirect is not followed" failed_with redirect 'has answered with status 302'
ok "an answer that does not come is not waited for" failed_with slow 'could not POST to .*(timed out|Timeout)'
ok "nor is a long one read" failed_with long 'is longer than'
ok "an answer that is no JSON is a failure" failed_with broken 'Not valid JSON'

# tls HOST: an event source of that host by TLS.
tls() {
	sql -c 'SET ROLE alice' -c "SELECT ddb.create_event_source('Posted', options => '{\"Url\": \"https://$1:$tls_port/hooks/tls\", \"MaximumRetryAttempts\": 0}')"
}
failing[unknown]=$(tls 127.0.0.1)
ok "a certificate that nobody vouches for is refused" failed_with unknown 'certificate|CA cert'
configure ddb.event_source_ca_file "$DDB_WORK/certificate.pem"
failing[other]=$(tls localhost)
ok "as is another host's" failed_with other 'certificate'
is "and nothing was told" "$(posted /hooks/tls)" ''
failing[tls]=$(tls 127.0.0.1)
ok "with TLS it is POSTed to" wait_for_posts /hooks/tls 5
is "nobody has been elsewhere" "$(grep -c elsewhere "$target" || true)" 0

configure ddb.event_source_urls ''
put Posted 6 6
ok "an address that is not allowed any more is not POSTed to" wait_until "SELECT count(*) = 1 FROM ddb.event_source_progress WHERE source = '$ok_source' AND last_error LIKE '%may not POST to%'"
configure ddb.event_source_urls
ok "until it is" wait_for_posts /hooks/ok 6
kill $target_pid
wait $target_pid 2>/dev/null || true
put Posted 7 7
ok "a target that is down is tried again" wait_until "SELECT count(*) = 1 FROM ddb.event_source_progress WHERE source = '$ok_source' AND retries > 0 AND last_error LIKE 'could not POST to%'"
python3 "$top/test/server/event_target.py" "$port" "$target" "$secret" &
target_pid=$!
ok "until it is up" wait_for_posts /hooks/ok 7
for source in "$ok_source" "$partial" "${failing[@]}"; do delete_source "$source"; done

# ---- Channels ----

channel=$(source_as alice Posted NULL '{"Channel": "posted changes"}')
ok "a channel is told" wait_until "SELECT count(*) > 0 AND bool_and(last_result = 'OK') FROM ddb.event_source_progress WHERE source = '$channel' AND last_called IS NOT NULL"
mkfifo "$DDB_WORK/listener"
psql -X -q -A -t <"$DDB_WORK/listener" >"$DDB_WORK/heard" 2>&1 &
listener=$!
exec 9>"$DDB_WORK/listener"
echo 'LISTEN "posted changes";' >&9
put Posted 8 8
for ((i = 0; i < ${WAIT:-600}; i++)); do
	echo 'SELECT;' >&9
	! grep -q '"table":"Posted"' "$DDB_WORK/heard" || break
	put Posted 8 8 ", \"turn\": {\"N\": \"$i\"}"
	sleep 0.1
done
exec 9>&-
wait $listener
like "who listens hears of it" "$(cat "$DDB_WORK/heard")" '"posted changes" with payload "\{"table":"Posted","shardId":"shardId-.*","records":[0-9]+,"firstSequenceNumber":"[0-9]+","lastSequenceNumber":"[0-9]+"\}"'
delete_source "$channel"

# ---- Kills ----

sql -o /dev/null -c "DELETE FROM seen"
create_table Killed
flaky=$(source_as alice Killed "'flaky'" '{"BatchSize": 3, "ParallelizationFactor": 2}')
ledger=0
kill_worker() {
	kill_one 'ddb event source'
}
kill_server() {
	kill_cluster "$DDB_WORK/cluster" 2>/dev/null
	start_cluster "$DDB_WORK/cluster"
}
end_worker() {
	sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb event source'"
}
for how in end_worker kill_worker kill_server end_worker; do
	put Killed $((ledger + 1)) $((ledger + 25))
	ledger=$((ledger + 25))
	wait_until "SELECT count(*) > $((ledger - 25)) FROM seen WHERE who = 'flaky'"
	$how
done
ok "whatever is killed, all records come" wait_until "SELECT count(*) = $ledger FROM seen WHERE who = 'flaky'"
is "each once" "$(seen flaky)" "$ledger|$ledger|$ledger"
is "in order" "$(out_of_order flaky)" 0

# ---- Dumps ----

pg_dump postgres >"$DDB_WORK/dump.sql"
sql -c 'CREATE DATABASE restored'
PGDATABASE=restored ok "a dump is restored" sql -o /dev/null -f "$DDB_WORK/dump.sql"
is "with its event sources" "$(sql -d restored -c "SELECT count(*) FROM ddb.event_source_list WHERE id = '$flaky'")" 1
PGDATABASE=restored wait_until "SELECT count(*) = 1 FROM ddb.streams WHERE table_name = 'Killed' AND status = 'ENABLED'"
PGDATABASE=restored put Killed 1001 1003
PGDATABASE=restored ok "which begin anew" wait_until "SELECT count(*) = $((ledger + 3)) AND count(*) FILTER (WHERE id::integer > 1000) = 3 FROM seen WHERE who = 'flaky'"
sql -c 'DROP DATABASE restored WITH (FORCE)'
sql -o /dev/null -c "SELECT ddb.delete_table('{\"TableName\": \"Killed\"}')"
is "a table takes its event sources with it" "$(sql -c 'SELECT count(*) FROM ddb.event_sources')" 0
ok "and no worker is left" wait_until "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'ddb event source'"
