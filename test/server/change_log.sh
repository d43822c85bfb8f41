#!/bin/bash
# The change log: what is in it, holes where it cannot be whole, what is old, and all that happens to its database.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
new_primary cluster <<'END'
wal_level = logical
max_replication_slots = 20
END

# create TABLE: with the key "id".
create() {
	echo "SELECT ddb.create_table('{\"TableName\": \"$1\", \"BillingMode\": \"PAY_PER_REQUEST\",
		\"AttributeDefinitions\": [{\"AttributeName\": \"id\", \"AttributeType\": \"S\"}], \"KeySchema\": [{\"AttributeName\": \"id\", \"KeyType\": \"HASH\"}]}') IS NULL;"
}
# stream TABLE LABEL [VIEW_TYPE]: asks for it, under a label that the test chooses.
stream() {
	sql -c "INSERT INTO ddb.streams (relation, label, table_name, view_type, status, key_schema, created)
		SELECT relation, '$2', name, '${3:-NEW_AND_OLD_IMAGES}', 'ENABLING', '[{\"AttributeName\": \"id\", \"AttributeType\": \"S\", \"KeyType\": \"HASH\"}]', now()
		FROM ddb.tables WHERE name = '$1';
		UPDATE ddb.streams SET label = '$2' WHERE table_name = '$1' AND status = 'ENABLING'"
}
# put TABLE FIRST LAST [VALUE]: items of these numbers, in one transaction.
put() {
	echo "INSERT INTO dynamodb.\"$1\" (item) SELECT format('{\"id\": {\"S\": \"%s\"}, \"a\": {\"S\": \"${4:-x}\"}}', i)::ddb.item FROM generate_series($2, $3) i;"
}
enabled() {
	wait_until "SELECT count(*) = 1 FROM ddb.streams WHERE label = '$1' AND status = 'ENABLED'"
}
# records LABEL: how many the log has of a stream, once it has all that is committed.
records() {
	sql -c "SELECT 1 / ddb.change_log_wait('60 seconds')::integer" -o /dev/null
	sql -c "SELECT count(*) FROM ddb.shards, ddb.change_records(shard_id) WHERE label = '$1'"
}
database() {
	sql -c "CREATE DATABASE $1" postgres
	export PGDATABASE=$1
	sql -o /dev/null -c 'CREATE EXTENSION ddb'
}
no_processes="SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type LIKE 'ddb change%'"
set_server() {
	sql -c "ALTER SYSTEM SET $1" -c 'SELECT pg_reload_conf()' -o /dev/null postgres
}
says() {
	local i
	for ((i = 0; i < 600; i++)); do
		grep -Eq -- "$1" "$cluster/server.log" && return
		sleep 0.1
	done
	return 1
}

# ---- A stream begins ----

database log
sql -o /dev/null -c "$(create Music)" -c "$(put Music 1 5)" -c "BEGIN; $(put Music 6 6) PREPARE TRANSACTION 'open'"
stream Music one
sleep 1
is "a stream waits for transactions that have written its table" "$(sql -c 'SELECT status FROM ddb.streams')" ENABLING
ok "others write it meanwhile" sql -c "$(put Music 7 7)"
sql -c "COMMIT PREPARED 'open'"
ok "then it is ENABLED" enabled one
is "nothing from before is in it" "$(records one)" 0
is "the table has old images in WAL" "$(sql -c "SELECT relreplident FROM pg_class WHERE relname = 'Music'")" f
is "it has four shards" "$(sql -c "SELECT count(*), count(DISTINCT slice), count(parent_id) FROM ddb.shards WHERE label = 'one' AND slices = 4 AND ended_by IS NULL")" '4|4|0'

# ---- What is in it ----

sql <<SQL
$(put Music 10 19)
BEGIN; $(put Music 20 29) ROLLBACK;
BEGIN; $(put Music 30 30) SAVEPOINT s; $(put Music 31 35) ROLLBACK TO s; $(put Music 36 36) COMMIT;
BEGIN; $(put Music 40 41) PREPARE TRANSACTION 'two';
SQL
is "what is committed, and no more" "$(records one)" 12
sql -c "COMMIT PREPARED 'two'"
is "a prepared transaction when it is committed" "$(records one)" 14
sql -c "UPDATE dynamodb.\"Music\" SET item = '{\"id\": {\"S\": \"10\"}, \"a\": {\"S\": \"y\"}}' WHERE id = '10'" -c "DELETE FROM dynamodb.\"Music\" WHERE id = '10'" \
	-c "UPDATE dynamodb.\"Music\" SET item = item WHERE id = '11'"
is "changes of an item, with their images and in order" "$(records one; sql -c "SELECT r ->> 'eventName', r -> 'dynamodb' -> 'OldImage' -> 'a' ->> 'S', r -> 'dynamodb' -> 'NewImage' -> 'a' ->> 'S'
	FROM ddb.shards, ddb.change_records(shard_id) r WHERE r -> 'dynamodb' -> 'Keys' -> 'id' ->> 'S' = '10' ORDER BY r -> 'dynamodb' ->> 'SequenceNumber'")" \
	$'16\nINSERT||x\nMODIFY|x|y\nREMOVE|y|'
is "backward it is the same" "$(sql -c "SELECT count(*) FROM ddb.shards s WHERE (SELECT json_agg(r) FROM ddb.change_records(shard_id) r)::text
	<> (SELECT json_agg(r ORDER BY n DESC) FROM ddb.change_records(shard_id, true) WITH ORDINALITY c (r, n))::text")" 0
sql -o /dev/null -c "$(put Music 1000 200999 "$(printf 'x%.0s' {1..50})")"
is "a transaction of 200,000 items" "$(records one)" 200016
is "has one time, and its items' order" "$(sql -c "SELECT count(*), count(DISTINCT left(n, 16)), bool_and(i = previous + 1) FROM
	(SELECT r -> 'dynamodb' ->> 'SequenceNumber' AS n, (r -> 'dynamodb' -> 'Keys' -> 'id' ->> 'S')::integer AS i,
		lag((r -> 'dynamodb' -> 'Keys' -> 'id' ->> 'S')::integer) OVER (ORDER BY r -> 'dynamodb' ->> 'SequenceNumber') AS previous
	FROM ddb.shards, ddb.change_records(shard_id) r) c WHERE i >= 1000 AND i <> 1000")" '199999|1|t'
like "TRUNCATE is refused" "$(sql -c 'TRUNCATE dynamodb."Music"' 2>&1 || true)" 'ERROR:  cannot truncate relation "Music", whose table has a stream'
sql -c 'VACUUM FULL dynamodb."Music"' -c 'DELETE FROM dynamodb."Music" WHERE id = '"'11'" -c 'ALTER TABLE dynamodb."Music" ADD COLUMN note text' -c "$(put Music 50 51)"
is "a table that is rewritten or altered goes on" "$(records one)" 200019

# ---- Blocks ----

# Records of four pages and a little less or more, one a block; small and large ones; and what can be compressed.
sql -o /dev/null -c "$(create Sizes)"
stream Sizes sizes
enabled sizes
sql -o /dev/null <<'SQL'
CREATE TABLE sizes AS SELECT i, left((SELECT string_agg(encode(sha384((i || ' ' || n)::bytea), 'base64'), '') FROM generate_series(1, length / 64 + 1) n), length) AS a
	FROM (SELECT i, 32100 + i FROM generate_series(1, 300) i UNION ALL SELECT 1000 + i, i * i FROM generate_series(1, 95) i
		UNION ALL VALUES (2000, 100000), (2001, 399000), (2002, 390000)) lengths (i, length)
	UNION ALL SELECT i, repeat(i::text, 10000) FROM generate_series(3000, 3099) i;
INSERT INTO dynamodb."Sizes" (item) SELECT format('{"id": {"S": "%s"}, "a": {"S": "%s"}}', i, a)::ddb.item FROM sizes ORDER BY i;
UPDATE dynamodb."Sizes" SET item = format('{"id": {"S": "%s"}, "a": {"S": "y"}}', id)::ddb.item;
SQL
is "records of all sizes are in it" "$(records sizes)" 996
for backward in false true; do
	is "with their images, read $([ $backward = true ] && echo back || echo for)ward" "$(sql -c "WITH read AS MATERIALIZED (SELECT (r #>> '{dynamodb,Keys,id,S}')::integer AS i, md5(r #>> '{dynamodb,NewImage,a,S}') AS new, md5(r #>> '{dynamodb,OldImage,a,S}') AS old
			FROM ddb.shards, ddb.change_records(shard_id, $backward) r WHERE label = 'sizes')
		SELECT count(*) FROM sizes LEFT JOIN read made ON made.i = sizes.i AND made.new = md5(a)
			LEFT JOIN read changed ON changed.i = sizes.i AND changed.old = md5(a) AND changed.new = md5('y')
		WHERE made.i IS NULL OR changed.i IS NULL")" 0
done
segments=$(sql -c "SELECT string_agg(format('SELECT part, parts, length(data) FROM %s', relation::regclass), ' UNION ALL ') FROM ddb.change_segments")
is "in rows that fill a page, and lie there" "$(sql -c "SELECT bool_or(parts = 1), bool_or(parts = 4), bool_or(parts = 5), bool_or(parts > 45), bool_or(part = parts - 1 AND length = longest)
	FROM (SELECT *, max(length) OVER () AS longest FROM ($segments) rows) rows
	UNION ALL SELECT DISTINCT reltoastrelid = 0, NULL::boolean, NULL::boolean, NULL::boolean, NULL::boolean FROM pg_class, ddb.change_segments WHERE oid = relation")" $'t|t|t|t|t\nt||||'
sql -o /dev/null -c 'DROP TABLE dynamodb."Sizes", sizes'

# ---- Who reads it ----

sql -c 'CREATE ROLE reader LOGIN' -c 'GRANT pg_read_all_data TO reader'
segment=$(sql -c 'SELECT relation::regclass FROM ddb.change_segments LIMIT 1')
is "who may read all data sees nothing of its segments" "$(sql -U reader -c "SELECT count(*) FROM $segment")" 0
like "nor what they hold" "$(sql -U reader -c "SELECT ddb.change_records(shard_id) FROM ddb.shards" 2>&1 || true)" 'permission denied'
like "nobody forges what the log tells itself" "$(sql -U reader -o /dev/null -c "SELECT pg_logical_emit_message(true, 'ddb', repeat('0', 32) || ' end ' || 'dynamodb.\"Music\"'::regclass::oid || ' one')" -c "SELECT ddb.change_log_wait('60 seconds')"
	sql -c 'SELECT DISTINCT status FROM ddb.streams')" '^ENABLED$'

# A message of 200 MB is no note of the log's, so the writer never gets it.
sql -U reader -o /dev/null -c "SELECT pg_logical_emit_message(true, 'ddb', repeat('x', 200 * 1024 * 1024))" -c "SELECT ddb.change_log_wait('60 seconds')"
writer=$(sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb change writer'")
ok "a forged note takes no memory of the writer's" awk '/^RssAnon/ { exit $2 > 100 * 1024 }' "/proc/$writer/status"

# ---- Recovery ----

sql -o /dev/null -c "$(create Kept)" -c "INSERT INTO ddb.continuous_backups SELECT relation, 'ENABLING', 35 FROM ddb.tables WHERE name = 'Kept'"
ok "recovery is ENABLED" wait_until "SELECT status = 'ENABLED' AND enabled IS NOT NULL FROM ddb.continuous_backups"
sql -c "$(put Kept 1 3)" -c "DELETE FROM dynamodb.\"Kept\" WHERE id = '2'" -c "SELECT ddb.change_log_wait('60 seconds')" -o /dev/null
kept="SELECT r ->> 'eventName', r -> 'dynamodb' -> 'Keys' -> 'id' ->> 'S', r -> 'dynamodb' -> 'OldImage' -> 'a' ->> 'S', r -> 'dynamodb' -> 'NewImage' -> 'a' ->> 'S'
	FROM ddb.tables t JOIN ddb.shards s ON s.relation = t.relation, ddb.change_records(shard_id) r WHERE name = 'Kept' ORDER BY r -> 'dynamodb' ->> 'SequenceNumber'"
is "its one shard has what was there before" "$(sql -c "$kept")" $'INSERT|1||\nINSERT|2||\nINSERT|3||\nREMOVE|2|x|'
stream Kept keys KEYS_ONLY
ok "a stream beside it" enabled keys
sql -c "DELETE FROM dynamodb.\"Kept\" WHERE id = '3'" -c "SELECT ddb.change_log_wait('60 seconds')" -o /dev/null
is "carries what recovery needs too" "$(sql -c "$kept" | tail -n 1)" 'REMOVE|3|x|'
is "and recovery's own shard has ended" "$(sql -c "SELECT label, ended_by, count(*) FROM ddb.shards s JOIN ddb.tables t ON t.relation = s.relation WHERE name = 'Kept' GROUP BY 1, 2 ORDER BY 1 NULLS FIRST")" $'|closed|1\nkeys||4'
sql -c "UPDATE ddb.streams SET status = 'DISABLING' WHERE label = 'keys'"
ok "where the stream ends" wait_until "SELECT status = 'DISABLED' FROM ddb.streams WHERE label = 'keys'"
sql -c "DELETE FROM dynamodb.\"Kept\" WHERE id = '1'" -c "SELECT ddb.change_log_wait('60 seconds')" -o /dev/null
is "recovery has one again" "$(sql -c "$kept" | tail -n 1)" 'REMOVE|1|x|'
is "all in segments for recovery" "$(sql -c "SELECT for_recovery, count(*) FROM ddb.change_segments GROUP BY 1 ORDER BY 1")" $'f|1\nt|1'

# ---- Holes ----

# loss [SLOT]: the slot is lost with some changes; another one can be there at once, as the SELECT list that makes it says.
loss() {
	sql -o /dev/null -c "DELETE FROM dynamodb.\"Music\" WHERE id = '60'" -c "$(put Music 60 60 lost)" -c "SELECT ddb.change_log_wait('60 seconds')"
	local i
	for ((i = 0; i < 100; i++)); do
		sql -o /dev/null -c "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE backend_type = 'ddb change writer' AND datname = 'log'" \
			-c "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE backend_type = 'ddb change decoder' AND datname = 'log'" \
			-c "SELECT pg_drop_replication_slot(slot) FROM ddb.change_lag" ${1:+-c "SET SESSION AUTHORIZATION replicator"} \
			${1:+-c "SELECT $1 FROM ddb.change_lag"} 2>/dev/null && return
	done
	return 1
}
shards="SELECT ended_by, count(*), count(parent_id) FROM ddb.shards WHERE label = 'one' GROUP BY 1 ORDER BY 1 NULLS LAST"
ok "a slot that is dropped by hand" loss
ok "is replaced" wait_until "SELECT count(*) = 4 FROM ddb.shards WHERE label = 'one' AND ended_by IS NULL AND parent_id IS NOT NULL"
is "shards end with a hole, and their children go on" "$(sql -c "$shards")" $'hole|4|0\n|4|4'
ok "the log of the server tells of it" says 'LOG:  the change log of this database has a hole'
before=$(records one)
sql -c "$(put Music 61 62)"
is "changes behind it are there" "$(records one)" $((before + 2))
is "the view counts it" "$(sql -c "SELECT holes > 0, state FROM ddb.change_lag")" 't|usable'

# Whoever may replicate can take the slot's name.
# recovery true|false: of the table Music.
recovery() {
	sql -o /dev/null -c "SELECT ddb.update_continuous_backups('{\"TableName\": \"Music\", \"PointInTimeRecoverySpecification\": {\"PointInTimeRecoveryEnabled\": $1}}')"
}
sql -c 'CREATE ROLE replicator REPLICATION' -c 'GRANT USAGE ON SCHEMA ddb TO replicator'
for kind in "pg_create_logical_replication_slot(slot, 'test_decoding')" "pg_create_physical_replication_slot(slot)"; do
	before=$(sql -c "SELECT count(*) FROM ddb.shards WHERE label = 'one' AND ended_by = 'hole'")
	ok "another's slot has the name" loss "$kind"
	ok "which is said" eval 'wait_until "SELECT state = '"'missing'"' FROM ddb.change_lag" && says "slot .ddb_[0-9]+. is not the change log.s"'
	like "and to whom it is in the way" "$(recovery true 2>&1)" 'slot "ddb_[0-9]+" is not the change log.s'
	is "it is left alone" "$(sql -c "SELECT count(*) FROM pg_replication_slots s, ddb.change_lag WHERE slot_name = slot AND plugin IS DISTINCT FROM 'ddb'")" 1
	sql -o /dev/null -c 'SELECT pg_drop_replication_slot(slot) FROM ddb.change_lag'
	recovery true
	ok "the log goes on once it is gone" wait_until "SELECT count(*) = $before + 4 FROM ddb.shards WHERE label = 'one' AND ended_by = 'hole'"
	recovery false
done
is "nothing has crashed" "$(grep -c 'was terminated by signal' "$cluster/server.log")" 0

before=$(sql -c "SELECT count(*) FROM ddb.shards WHERE label = 'one' AND ended_by = 'hole'")
set_server "ddb.change_lag_limit = '64kB'"
sql -o /dev/null -c "SELECT pg_logical_emit_message(false, 'filler', repeat('x', 100000))"
ok "a slot that keeps more WAL than the limit is given up" says 'LOG:  replication slot "ddb_[0-9]+" of the change log is given up'
ok "which is a hole, too" wait_until "SELECT count(*) >= $before + 4 FROM ddb.shards WHERE label = 'one' AND ended_by = 'hole'"
# only now, as a process that is about to begin may miss it
configure ddb.change_lag_limit 1GB
before=$(records one)
sql -c "$(put Music 63 64)"
is "and it goes on behind it" "$(records one)" $((before + 2))

# ---- A limit in time of sessions' transactions, which not every release has ----

for limit in $(sql -c "SELECT name FROM pg_settings WHERE name = 'transaction_timeout'"); do
	sql -c "ALTER DATABASE log SET $limit = '1ms'"
	export PGOPTIONS="-c $limit=0"
	sql -o /dev/null -c "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE backend_type = 'ddb change decoder' AND datname = 'log'" \
		-c "$(create Large)"
	stream Large large
	enabled large
	sql -c "$(put Large 1 100000)"
	is "a transaction that takes longer than $limit is in the log" "$(records large)" 100000
	sql -c 'DROP TABLE dynamodb."Large"' -c "ALTER DATABASE log RESET $limit"
	unset PGOPTIONS
done

# ---- A record that somebody has locked ----

sql -o /dev/null -c "$(create Locked)" -c "BEGIN; $(put Locked 1 1) PREPARE TRANSACTION 'open'"
stream Locked locked
sql -o /dev/null -c "BEGIN; SELECT FROM ddb.streams WHERE label = 'locked' FOR UPDATE; PREPARE TRANSACTION 'locked'"
sql -c "COMMIT PREPARED 'open'"
ok "a stream whose record is locked" wait_until "SELECT relreplident = 'f' FROM pg_class WHERE relname = 'Locked'"
before=$(records one)
sql -c "$(put Music 67 68)"
is "does not hold up others" "$(records one)" $((before + 2))
is "and waits" "$(sql -c "SELECT status FROM ddb.streams WHERE label = 'locked'")" ENABLING
sql -c "COMMIT PREPARED 'locked'"
ok "until it is free" enabled locked
sql -c 'DROP TABLE dynamodb."Locked"'

# ---- A table that is not what it was ----

sql -o /dev/null -c "$(create Strange)"
stream Strange strange
enabled strange
sql -o /dev/null <<'SQL'
SET check_function_bodies = off;
BEGIN;
ALTER TABLE dynamodb."Strange" DROP COLUMN id CASCADE;
ALTER TABLE dynamodb."Strange" ADD COLUMN other ddb.string GENERATED ALWAYS AS (ddb.string_key(item, 'other', 2048)) STORED NOT NULL;
CREATE UNIQUE INDEX ON dynamodb."Strange" (ddb.hash(other));
COMMIT;
INSERT INTO dynamodb."Strange" (item) VALUES ('{"other": {"S": "1"}}');
SQL
before=$(records one)
sql -c "$(put Music 65 66)"
is "an owner who gets round the guard of the key does not hold up others" "$(records one)" $((before + 2))
is "and has a hole" "$(sql -c "SELECT count(*) FROM ddb.shards WHERE label = 'strange' AND ended_by = 'hole'")" 4
sql -c 'DROP TABLE dynamodb."Strange"'

# ---- Commits that wait ----

configure synchronous_standby_names nobody
sql -c "$(put Music 70 70 waiting)" 2>/dev/null &
waiting=$!
ok "a commit waits for its standby" wait_until "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
sleep 0.5
# Who begins there now misses nothing that the table does not show yet.
sql -o /dev/null <<'SQL'
SET synchronous_commit = local;
CREATE TABLE latest AS SELECT ddb.get_shard_iterator(json_build_object('StreamArn', 'arn:aws:dynamodb:us-east-1:000000000000:table/Music/stream/one',
	'ShardId', shard_id, 'ShardIteratorType', 'LATEST')) ->> 'ShardIterator' AS iterator FROM ddb.shards WHERE label = 'one' AND ended_by IS NULL;
SQL
is "and nobody reads of it" "$(sql -c "SELECT count(*) FROM ddb.shards, ddb.change_records(shard_id) r WHERE r -> 'dynamodb' -> 'NewImage' -> 'a' ->> 'S' = 'waiting'")" 0
configure synchronous_standby_names
wait "$waiting"
sql -o /dev/null -c "SELECT ddb.change_log_wait('60 seconds')"
is "who has begun behind what there was reads of it then" "$(sql -c "SELECT r #>> '{dynamodb,Keys,id,S}'
	FROM latest, json_array_elements(ddb.get_records(json_build_object('ShardIterator', iterator)) -> 'Records') r")" 70
is "until it is over" "$(sql -c "SELECT count(*) FROM ddb.shards, ddb.change_records(shard_id) r WHERE r -> 'dynamodb' -> 'NewImage' -> 'a' ->> 'S' = 'waiting'")" 1

# ---- A table goes, and what is old ----

sql -o /dev/null -c "$(create Gone)"
stream Gone gone
enabled gone
sql -c "$(put Gone 1 3)" -c 'DROP TABLE dynamodb."Gone"'
ok "a dropped table's stream is DISABLED" wait_until "SELECT status = 'DISABLED' AND ended IS NOT NULL FROM ddb.streams WHERE label = 'gone'"
is "and can be read" "$(records gone)" 3
is "its shards are closed" "$(sql -c "SELECT DISTINCT ended_by FROM ddb.shards WHERE label = 'gone'")" closed
for i in 1 2 3 4 5 6 7 8 9 10; do
	sql -o /dev/null -c "$(create Brief)"
	stream Brief "brief $i"
	sql -o /dev/null -c "BEGIN; LOCK TABLE dynamodb.\"Brief\"; SELECT pg_sleep(0.12); DROP TABLE dynamodb.\"Brief\"; COMMIT"
done
ok "streams of tables that go at once are DISABLED" wait_until "SELECT count(*) = 10 FROM ddb.streams WHERE table_name = 'Brief' AND status = 'DISABLED'"
is "and nobody looks for these tables" "$(grep -c 'could not open relation' "$cluster/server.log")" 0
sql -c "DELETE FROM ddb.continuous_backups" -c "UPDATE ddb.streams SET status = 'DISABLING' WHERE label = 'keys'"
configure ddb.stream_retention 1s
ok "what is old goes, and its stream" wait_until "SELECT NOT EXISTS (SELECT FROM ddb.streams WHERE label = 'gone') AND NOT EXISTS (SELECT FROM ddb.shards WHERE label = 'gone')"
ok "segments go as a whole" wait_until "SELECT count(*) = 0 FROM pg_class WHERE relname ~ '^change_segment_[0-9]+$'"
is "the stream that is on stays" "$(sql -c "SELECT status FROM ddb.streams WHERE label = 'one'")" ENABLED
configure ddb.stream_retention 1d
sql -c "$(put Music 71 72)"
is "and goes on" "$(records one)" 2

# ---- Its database ----

database copied
sql -o /dev/null -c "$(create Music)"
stream Music one
enabled one
sql -c "$(put Music 1 3)"
is "another database has its own log" "$(records one)" 3
export PGDATABASE=postgres
ok "a database with a log can be a template" sql -c 'CREATE DATABASE copy TEMPLATE copied'
export PGDATABASE=copy
ok "whose copy has a log with a hole" wait_until "SELECT count(*) = 4 FROM ddb.shards WHERE ended_by = 'hole'"
sql -c "$(put Music 4 5)"
is "and goes on" "$(records one)" 5
export PGDATABASE=postgres
ok "it can be renamed" sql -c 'ALTER DATABASE copy RENAME TO renamed'
ok "and dropped" sql -c 'DROP DATABASE renamed'
# Who drops it is held where the log's processes have ended, until those that come next are there or at the door.
sql -c "BEGIN; LOCK pg_database IN SHARE MODE; SELECT pg_sleep(600)" >/dev/null 2>&1 &
wait_until "SELECT count(*) = 1 FROM pg_locks WHERE relation = 'pg_database'::regclass AND mode = 'ShareLock' AND granted"
sql -c 'DROP DATABASE copied WITH (FORCE)' 2>"$DDB_WORK/dropped" &
dropping=$!
wait_until "SELECT count(*) = 1 FROM pg_locks WHERE relation = 'pg_database'::regclass AND NOT granted"
wait_until "SELECT EXISTS (SELECT FROM pg_replication_slots WHERE database = 'copied' AND active) OR EXISTS (SELECT FROM pg_locks
	WHERE locktype = 'object' AND classid = 'pg_database'::regclass AND objid = (SELECT oid FROM pg_database WHERE datname = 'copied') AND NOT granted)"
sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'pg_database'::regclass AND mode = 'ShareLock' AND granted"
ok "by force, too, however late it is" wait "$dropping"
is "without a word" "$(cat "$DDB_WORK/dropped")" ''
is "and no slot is left" "$(sql -c "SELECT count(*) FROM pg_replication_slots WHERE database IS DISTINCT FROM 'log'")" 0

export PGDATABASE=log
pg_dump -f "$DDB_WORK/dump.sql" log
ok "the log is not in a dump" [ "$(grep -c change_segment "$DDB_WORK/dump.sql")" = 0 ]
sql -c 'CREATE DATABASE restored' postgres
export PGDATABASE=restored
ok "a dump is restored" sql -o /dev/null -f "$DDB_WORK/dump.sql"
ok "where the stream begins anew" wait_until "SELECT count(*) = 1 FROM ddb.streams WHERE status = 'ENABLED'"
sql -o /dev/null -c 'DROP EXTENSION ddb CASCADE' 2>/dev/null
ok "without the extension there is no slot" wait_until "SELECT count(*) = 0 FROM pg_replication_slots WHERE database = 'restored'"
ok "and no process" wait_until "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type LIKE 'ddb change%' AND datname = 'restored'"

export PGDATABASE=log
sql -c "UPDATE ddb.streams SET status = 'DISABLING' WHERE label = 'one'"
ok "the last stream that ends takes the slot with it" wait_until "SELECT count(*) = 0 FROM pg_replication_slots"
ok "and the processes" wait_until "$no_processes"
is "and the old images" "$(sql -c "SELECT relreplident FROM pg_class WHERE relname = 'Music'")" d
ok "TRUNCATE is allowed again" sql -c 'TRUNCATE dynamodb."Music"'

# ---- A stream that is asked for while the writer leaves ----

# leave N: the last stream ends; whether its decoder, and so the writer, has been held on its way out.
leave() {
	local decoder
	stream Music "left $1"
	enabled "left $1"
	decoder=$(sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb change decoder' AND datname = 'log'")
	sql -c "UPDATE ddb.streams SET status = 'DISABLING' WHERE label = 'left $1'"
	# by a session that is there already
	sql -c "DO \$\$ BEGIN
		FOR i IN 1 .. 60000 LOOP EXIT WHEN (SELECT status FROM ddb.streams WHERE label = 'left $1') = 'DISABLED'; PERFORM pg_sleep(0.001); END LOOP;
		COPY (SELECT 1) TO PROGRAM 'cat && kill -STOP $decoder'; END \$\$" 2>/dev/null || return 1
	! WAIT=50 wait_until "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'ddb change writer' AND wait_event ILIKE 'BgworkerShutdown'" >/dev/null ||
		held=$decoder
	[ -n "$held" ] || kill -CONT "$decoder"
	[ -n "$held" ]
}
held=
for n in {1..10}; do
	! leave "$n" || break
	wait_until "$no_processes"
done
ok "a writer on its way out" [ -n "$held" ]
stream Music meanwhile
kill -CONT "$held"
ok "comes back for a stream at once, and not when it would have trimmed" eval 'WAIT=300 enabled meanwhile'
sql -c "UPDATE ddb.streams SET status = 'DISABLING' WHERE label = 'meanwhile'"
ok "and leaves again" wait_until "$no_processes"

# ---- GRANT beside the log's own ALTER TABLE ----

sql -o /dev/null -c "$(create Granted)" -c 'CREATE TABLE granting ()'
sql -c 'DO $$ BEGIN WHILE to_regclass('"'granting'"') IS NOT NULL LOOP
	GRANT SELECT ON dynamodb."Granted" TO PUBLIC; COMMIT; REVOKE SELECT ON dynamodb."Granted" FROM PUBLIC; COMMIT; END LOOP; END $$' >"$DDB_WORK/granting" 2>&1 &
granting=$!
for n in {1..12}; do
	stream Granted "granted $n"
	wait_until "SELECT relreplident = 'f' FROM pg_class WHERE oid = 'dynamodb.\"Granted\"'::regclass"
	enabled "granted $n"
	sql -c "UPDATE ddb.streams SET status = 'DISABLING' WHERE table_name = 'Granted' AND status = 'ENABLED'"
	wait_until "SELECT relreplident = 'd' FROM pg_class WHERE oid = 'dynamodb.\"Granted\"'::regclass"
	wait_until "SELECT count(*) = 0 FROM ddb.streams WHERE table_name = 'Granted' AND status <> 'DISABLED'"
done
sql -c 'DROP TABLE granting'
wait $granting || true
is "who grants on a table does not meet the log" "$(cat "$DDB_WORK/granting")" ''
is "nor does the log meet him" "$(grep -c 'tuple concurrently' "$cluster/server.log")" 0

# ---- Promotion ----

stream Music two
enabled two
sql -c "$(put Music 1 3)"
records two >/dev/null
prepare_cluster "$DDB_WORK/standby"
as_server_user "$bindir/pg_basebackup" -D "$DDB_WORK/standby/data" -X stream -R -c fast -h "$PGHOST" -p "$PGPORT" -U postgres
configure_cluster "$DDB_WORK/standby" <<<"ddb.http_port = 0"
start_cluster "$DDB_WORK/standby"
export PGDATABASE=log
is "a standby has the log as well" "$(sql -c "SELECT count(*) FROM ddb.shards, ddb.change_records(shard_id) WHERE label = 'two'")" 3
stop_cluster "$cluster"
sql -o /dev/null -c 'SELECT pg_promote()'
ok "once it is promoted, it goes on behind a hole" wait_until "SELECT count(*) = 4 FROM ddb.shards WHERE ended_by = 'hole' AND label = 'two'"
sql -c "$(put Music 4 5)"
is "with what came before and what comes after" "$(records two)" 5
# What a later version has written is refused, and not misread.
sql -c "SELECT format('UPDATE %s SET data = set_byte(data, 0, 2);', relation::regclass) FROM ddb.change_segments" >"$DDB_WORK/another_form.sql"
sql -f "$DDB_WORK/another_form.sql"
like "a block of an unknown form is an error" "$(records two 2>&1 || true)" 'ERROR:  a block of the change log has an unknown form'
stop_cluster "$DDB_WORK/standby"

# ---- Servers that cannot have one ----

new_cluster replica <<<'wal_level = replica'
cluster=$DDB_WORK/replica
export PGDATABASE=postgres
sql -o /dev/null -c 'CREATE EXTENSION ddb' -c "$(create Music)"
stream Music one
ok "without wal_level = logical the log says so" says 'ERROR:  The change log cannot be used on this server: wal_level is not logical'
stop_cluster "$DDB_WORK/replica"
