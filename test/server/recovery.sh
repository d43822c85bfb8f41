#!/bin/bash
# Tables restored to moments of their past, compared item by item with a ledger
# that writers keep in the transactions of their writes: while they go on, after
# crashes in the middle, over long transactions and updates of keys. MOMENTS says
# how many moments are tried.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
moments=${MOMENTS:-4}

new_cluster cluster <<'END'
max_worker_processes = 20
track_commit_timestamp = on
deadlock_timeout = 100ms
END
sql -c 'CREATE DATABASE recovered'
PGDATABASE=recovered
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Written", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}, {"AttributeName": "color", "AttributeType": "S"}, {"AttributeName": "size", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "BySize", "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "size", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}],
	"GlobalSecondaryIndexes": [{"IndexName": "ByColor", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}');

CREATE TABLE ledger (step bigserial, xid xid NOT NULL DEFAULT pg_current_xact_id()::xid, p text NOT NULL, s integer NOT NULL, item ddb.item);

-- Notes what the item with the key has become by this transaction.
CREATE FUNCTION note(key_p text, key_s integer) RETURNS void LANGUAGE sql AS $$
	INSERT INTO ledger (p, s, item) VALUES (key_p, key_s, (SELECT item FROM dynamodb."Written" WHERE p = key_p AND s = key_s::numeric))
$$;
CREATE FUNCTION random_item(p text, s integer) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
	SELECT jsonb_build_object('p', jsonb_build_object('S', p), 's', jsonb_build_object('N', s::text),
		'text', jsonb_build_object('S', repeat(md5(random()::text), (random() * random() * 100)::integer)))
		|| CASE WHEN random() < 0.8 THEN jsonb_build_object('color', jsonb_build_object('S', (ARRAY['red', 'green', 'blue'])[1 + floor(random() * 3)])) ELSE '{}' END
		|| CASE WHEN random() < 0.8 THEN jsonb_build_object('size', jsonb_build_object('N', floor(random() * 10)::text)) ELSE '{}' END
$$;
CREATE FUNCTION key_of(p text, s integer) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('p', jsonb_build_object('S', p), 's', jsonb_build_object('N', s::text))
$$;

-- One write, or several, with their notes.
CREATE FUNCTION write_something() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	kind integer := floor(random() * 9);
	ps text[];
	ss integer[];
	count integer;
BEGIN
	-- distinct keys, in no order
	SELECT array_agg('p' || k / 40 ORDER BY md5(k::text)), array_agg(k % 40 ORDER BY md5(k::text)), count(*) INTO ps, ss, count
		FROM (SELECT DISTINCT floor(random() * 1200)::integer AS k FROM generate_series(1, 5)) keys;
	CASE kind
	WHEN 0 THEN
		PERFORM ddb.put_item(jsonb_build_object('TableName', 'Written', 'Item', random_item(ps[1], ss[1])));
		count := 1;
	WHEN 1 THEN
		PERFORM ddb.update_item(jsonb_build_object('TableName', 'Written', 'Key', key_of(ps[1], ss[1]), 'UpdateExpression', 'ADD #size :one SET color = :red',
			'ExpressionAttributeNames', '{"#size": "size"}'::jsonb, 'ExpressionAttributeValues', '{":one": {"N": "1"}, ":red": {"S": "red"}}'::jsonb));
		count := 1;
	WHEN 2 THEN
		-- a delete of nothing locks nothing, so it has no place among the others
		count := (ddb.delete_item(jsonb_build_object('TableName', 'Written', 'Key', key_of(ps[1], ss[1]), 'ReturnValues', 'ALL_OLD'))::jsonb ? 'Attributes')::integer;
	WHEN 3 THEN
		PERFORM ddb.transact_write_items(jsonb_build_object('TransactItems', (SELECT jsonb_agg(CASE WHEN i % 2 = 0
			THEN jsonb_build_object('Put', jsonb_build_object('TableName', 'Written', 'Item', random_item(ps[i], ss[i])))
			ELSE jsonb_build_object('Delete', jsonb_build_object('TableName', 'Written', 'Key', key_of(ps[i], ss[i]))) END) FROM generate_series(1, count) i)));
	WHEN 4 THEN
		PERFORM ddb.batch_write_item(jsonb_build_object('RequestItems', jsonb_build_object('Written', (SELECT jsonb_agg(
			jsonb_build_object('PutRequest', jsonb_build_object('Item', random_item(ps[i], ss[i])))) FROM generate_series(1, count) i))));
	WHEN 5 THEN
		-- an update of keys: those that are in the way go first
		DELETE FROM dynamodb."Written" t WHERE t.p = 'moved' || ps[1] AND t.s = ss[1]::numeric;
		IF FOUND THEN
			PERFORM note('moved' || ps[1], ss[1]);
		END IF;
		UPDATE dynamodb."Written" t SET item = jsonb_set(t.item::text::jsonb, '{p,S}', to_jsonb('moved' || ps[1]))::text::ddb.item WHERE t.p = ps[1] AND t.s = ss[1]::numeric;
		count := FOUND::integer;
		IF FOUND THEN
			PERFORM note('moved' || ps[1], ss[1]);
		END IF;
	WHEN 6 THEN
		WITH deleted AS (DELETE FROM dynamodb."Written" t USING unnest(ps, ss) k (p, s) WHERE t.p = k.p AND t.s = k.s::numeric RETURNING k.p, k.s)
			SELECT array_agg(d.p), array_agg(d.s), count(*) INTO ps, ss, count FROM deleted d;
	WHEN 7 THEN
		-- there and gone again
		PERFORM ddb.put_item(jsonb_build_object('TableName', 'Written', 'Item', random_item(ps[1], ss[1])));
		PERFORM note(ps[1], ss[1]);
		PERFORM ddb.delete_item(jsonb_build_object('TableName', 'Written', 'Key', key_of(ps[1], ss[1])));
		count := 1;
	ELSE
		-- a longer transaction
		PERFORM ddb.put_item(jsonb_build_object('TableName', 'Written', 'Item', random_item(ps[1], ss[1])));
		PERFORM pg_sleep(random() * 0.2);
		count := 1;
	END CASE;
	PERFORM note(ps[i], ss[i]) FROM generate_series(1, count) i;
END
$$;
-- For as long as the relation "going" is there. A deadlock of the statements in SQL takes its write back, and its notes.
CREATE PROCEDURE write_on() LANGUAGE plpgsql AS $$
BEGIN
	WHILE to_regclass('going') IS NOT NULL LOOP
		BEGIN
			PERFORM write_something();
			IF random() < 0.2 THEN
				PERFORM write_something();
			END IF;
			IF random() < 0.05 THEN
				RAISE EXCEPTION SQLSTATE 'XX999';
			END IF;
		EXCEPTION
			WHEN SQLSTATE 'XX999' OR deadlock_detected OR unique_violation OR SQLSTATE 'ND010' OR SQLSTATE 'ND014' THEN
				NULL;
		END;
		COMMIT;
	END LOOP;
END
$$;

CREATE FUNCTION micros(t timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT (extract(epoch FROM t) * 1000000)::bigint';

-- What the ledger says of the items at a moment, and how a restored table differs from that.
CREATE FUNCTION state_at(moment timestamptz) RETURNS TABLE (p text, s integer, item ddb.item) LANGUAGE sql AS $$
	SELECT l.p, l.s, l.item FROM (
		SELECT DISTINCT ON (p, s) p, s, item FROM ledger WHERE pg_xact_commit_timestamp(xid) <= moment
		ORDER BY p, s, pg_xact_commit_timestamp(xid) DESC, step DESC) l
	WHERE l.item IS NOT NULL
$$;
CREATE FUNCTION differences(restored text, moment timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	count bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM (SELECT p, s, item FROM state_at($1)) expected
		FULL JOIN (SELECT p::text AS p, s::numeric::integer AS s, item FROM dynamodb.%I) found USING (p, s) WHERE expected.item IS DISTINCT FROM found.item', restored)
		INTO count USING moment;
	RETURN count + (SELECT count(*) FROM ddb.check_indexes(restored));
END
$$;
-- A moment since then at which nobody was about to commit.
CREATE FUNCTION quiet_moment(since timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
	moment timestamptz;
BEGIN
	LOOP
		moment := since + random() * (clock_timestamp() - interval '100 ms' - since);
		EXIT WHEN NOT EXISTS (SELECT FROM ledger WHERE abs(micros(pg_xact_commit_timestamp(xid)) - micros(moment)) < 500);
	END LOOP;
	RETURN moment;
END
$$;
CREATE FUNCTION recovery(OUT earliest timestamptz, OUT latest timestamptz) LANGUAGE sql AS $$
	SELECT to_timestamp((d->>'EarliestRestorableDateTime')::numeric), to_timestamp((d->>'LatestRestorableDateTime')::numeric)
	FROM (SELECT ddb.describe_continuous_backups('{"TableName": "Written"}')::jsonb->'ContinuousBackupsDescription'->'PointInTimeRecoveryDescription' AS d) d
$$;
CREATE FUNCTION restore(target text, moment timestamptz) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.restore_table_to_point_in_time(json_build_object('SourceTableName', 'Written', 'TargetTableName', target,
		'RestoreDateTime', extract(epoch FROM moment)))::jsonb->'TableDescription'->>'TableStatus'
$$;
SQL

PROGRESS=(ddb.job_progress ddb.change_position ddb.shards)
active() {
	wait_until "SELECT ddb.describe_table('{\"TableName\": \"$1\"}')::jsonb->'Table'->>'TableStatus' = 'ACTIVE'"
}
# restored NAME MOMENT: the table has been restored from Written, and is what that was.
restored() {
	wait_until "SELECT latest >= '$2' FROM recovery()" &&
		[ "$(sql -c "SELECT restore('$1', '$2')")" = CREATING ] && is_as_at "$1" "$2"
}
is_as_at() {
	local differences
	active "$1" || return 1
	differences=$(sql -c "SELECT differences('$1', '$2')")
	[ "$differences" = 0 ] || {
		echo "# $1 at $2: $differences differences"
		sql -c "SELECT '#', p, s, expected.item AS expected, found.item AS found FROM state_at('$2') expected
			FULL JOIN (SELECT p::text AS p, s::numeric::integer AS s, item FROM dynamodb.\"$1\") found USING (p, s) WHERE expected.item IS DISTINCT FROM found.item LIMIT 5" \
			-c "SELECT '#', * FROM ddb.shards ORDER BY shard"
		[ -z "${PAUSE:-}" ] || sleep 100000
		return 1
	}
	echo "# $1 at $2: $(sql -c "SELECT count(*) FROM dynamodb.\"$1\"") items"
	sql -o /dev/null -c "SELECT ddb.delete_table('{\"TableName\": \"$1\"}')"
}
start_writers() {
	sql -c 'CREATE TABLE going ()'
	writers=()
	for _ in 1 2 3; do
		sql -c 'CALL write_on()' >/dev/null 2>&1 &
		writers+=($!)
	done
}
stop_writers() {
	sql -c 'DROP TABLE IF EXISTS going'
	wait "${writers[@]}" || true
}

# What was there before has no notes of its time in the log.
sql -o /dev/null -c "SELECT write_something() FROM generate_series(1, 200)"
sql -o /dev/null -c "SELECT ddb.update_continuous_backups('{\"TableName\": \"Written\", \"PointInTimeRecoverySpecification\": {\"PointInTimeRecoveryEnabled\": true}}')"
wait_until "SELECT latest >= earliest FROM recovery()"
since=$(sql -c 'SELECT earliest FROM recovery()')
ok "the earliest moment" restored Earliest "$since"

start_writers
sleep 2
for ((i = 1; i <= moments; i++)); do
	ok "a moment while writers go on: $i" restored "Moment$i" "$(sql -c "SELECT quiet_moment('$since')")"
done

# A stream's shards carry the changes too, and divide the keys: moments before it, in it and behind it.
sql -o /dev/null -c "SELECT ddb.update_table('{\"TableName\": \"Written\", \"StreamSpecification\": {\"StreamEnabled\": true, \"StreamViewType\": \"KEYS_ONLY\"}}')"
wait_until "SELECT count(*) = 4 FROM ddb.shards WHERE label IS NOT NULL AND ended_by IS NULL"
streaming=$(sql -c 'SELECT clock_timestamp()')
sleep 1
ok "a moment before a stream" restored Before1 "$(sql -c "SELECT quiet_moment('$since')")"
ok "a moment in a stream" restored Within "$(sql -c "SELECT quiet_moment('$streaming')")"
sql -o /dev/null -c "SELECT ddb.update_table('{\"TableName\": \"Written\", \"StreamSpecification\": {\"StreamEnabled\": false}}')"
wait_until "SELECT bool_and(status = 'DISABLED') FROM ddb.streams"
sleep 0.5
ok "a moment before a stream that is over" restored Before "$(sql -c "SELECT quiet_moment('$since')")"
ok "a moment in a stream that is over" restored During "$(sql -c "SELECT quiet_moment('$streaming')")"

# Transactions that are older than the moment and end behind it.
sql -c "CREATE FUNCTION put(p text) RETURNS void LANGUAGE sql AS \$\$
	SELECT ddb.put_item(jsonb_build_object('TableName', 'Written', 'Item', random_item(p, 1000))); SELECT note(p, 1000) \$\$"
sql -o /dev/null -c "BEGIN; SELECT put('prepared'); PREPARE TRANSACTION 'over the moment'"
sql -o /dev/null <<'SQL' &
BEGIN;
SELECT put('long');
SELECT pg_sleep(2);
SELECT put('long end');
COMMIT;
SQL
long=$!
sleep 1
over=$(sql -c "SELECT quiet_moment(clock_timestamp() - interval '500 ms')")
wait "$long"
sql -c "COMMIT PREPARED 'over the moment'"
is "the transactions are over" "$(sql -c "SELECT count(*) FROM ledger WHERE s = 1000")" 3
ok "a moment in the middle of long transactions" restored Over "$over"

# While the log is waited for, which cannot go on here, who wants the table gets it.
sql -c BEGIN -c 'LOCK ddb.change_position IN SHARE MODE' -c "PREPARE TRANSACTION 'no log'"
sql -o /dev/null -c 'SELECT write_something()' -c "SELECT restore('Waits', '$over')"
ok "a table is being restored" wait_until "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'dynamodb.\"Waits\"'::regclass AND mode = 'ShareRowExclusiveLock' AND granted"
ok "and can be dropped while the log is waited for" sql -c "SET lock_timeout = '8s'" -c 'DROP TABLE dynamodb."Waits"'
sql -c "ROLLBACK PREPARED 'no log'"

# kill: ends what is asked for while a job is at work; then the job begins anew.
kill_worker() {
	kill_one 'ddb job'
	wait "${writers[@]}" 2>/dev/null || true
	stop_writers
}
end_worker() {
	sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb job'"
	stop_writers
}
kill_server() {
	kill_cluster "$cluster" 2>/dev/null
	start_cluster "$cluster"
	PGDATABASE=recovered
	stop_writers
}
stop_writers
sql -o /dev/null -c "DO \$\$BEGIN FOR i IN 1..20000 LOOP
	PERFORM ddb.put_item(jsonb_build_object('TableName', 'Written', 'Item', random_item('many' || i % 100, i))); PERFORM note('many' || i % 100, i); END LOOP; END\$\$"
many=$(sql -c 'SELECT clock_timestamp()')
sql -o /dev/null -c "DELETE FROM dynamodb.\"Written\" WHERE s >= 10000; INSERT INTO ledger (p, s) SELECT DISTINCT p, s FROM ledger WHERE s >= 10000"
# so slowly that it is at work when it is met
configure ddb.job_rate 1MB
for how in kill_worker end_worker kill_server; do
	start_writers
	wait_until "SELECT latest >= '$many' FROM recovery()"
	sql -o /dev/null -c "SELECT restore('$how', '$many')"
	ok "the job is at work" wait_until "SELECT items_done > 0 FROM ddb.job_progress WHERE table_name = '$how'"
	$how
	configure ddb.job_rate
	ok "a restore goes on after: $how" is_as_at "$how" "$many"
	configure ddb.job_rate 1MB
done

# A table that is being created can be dropped in SQL, and holds nobody up who wants its source.
sql -o /dev/null -c "SELECT restore('Dropped', '$many')"
wait_until "SELECT items_done > 0 FROM ddb.job_progress WHERE table_name = 'Dropped'"
sql -c 'BEGIN; LOCK TABLE dynamodb."Written" IN ACCESS EXCLUSIVE MODE; COMMIT' -c 'DROP TABLE dynamodb."Dropped"'
configure ddb.job_rate
is "nothing is left of it" "$(sql -c 'SELECT count(*) FROM ddb.jobs' -c "SELECT count(*) FROM ddb.tables WHERE name = 'Dropped'")" $'0\n0'

# What its owner puts on an index meanwhile is not run, and holds no other restore up.
sql -o /dev/null <<SQL
CREATE FUNCTION stubborn(ddb.item) RETURNS text LANGUAGE plpgsql IMMUTABLE AS \$\$BEGIN LOOP BEGIN PERFORM pg_sleep(100); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END\$\$;
BEGIN;
SELECT restore('Stubborn', '$many');
CREATE INDEX ON dynamodb."Stubborn/ByColor" (stubborn(item));
COMMIT;
SQL
ok "a function that does not end, in an index of a new table's index, holds no restore up" restored Behind "$many"
wait_until "SELECT state = 'FAILED' FROM ddb.job_progress WHERE table_name = 'Stubborn'"
is "that table is given up" "$(sql -c "SELECT state, error FROM ddb.job_progress WHERE table_name = 'Stubborn'")" 'FAILED|the table, or its relation, has been changed while it was being created'
sql -o /dev/null -c "SELECT ddb.delete_table('{\"TableName\": \"Stubborn\"}')"

# A job whose worker has ended comes behind those that have not been tried yet, where there is one worker.
configure ddb.job_workers 1
configure ddb.job_rate 1MB
sql -o /dev/null -c "SELECT restore('First', '$many'), pg_sleep(0.01)" -c "SELECT restore('Second', '$many')"
wait_until "SELECT items_done > 0 FROM ddb.job_progress WHERE table_name = 'First'"
sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb job'"
configure ddb.job_rate
ok "both are restored" eval 'active First && active Second'
is "the second one first" "$(sql -c 'SELECT (SELECT min(xmin::text::bigint) FROM dynamodb."Second") < (SELECT min(xmin::text::bigint) FROM dynamodb."First")')" t
sql -o /dev/null -c "SELECT ddb.delete_table('{\"TableName\": \"First\"}'), ddb.delete_table('{\"TableName\": \"Second\"}')"

# Changes that are missing.
before=$(sql -c "SELECT write_something()" -c 'SELECT clock_timestamp()' | tail -1)
wait_until "SELECT latest >= '$before' FROM recovery()"
slot=$(sql -c "SELECT slot FROM ddb.change_position")
stop_cluster "$cluster" fast
as_server_user rm -r "$cluster/data/pg_replslot/$slot"
start_cluster "$cluster"
PGDATABASE=recovered
sql -o /dev/null -c "SELECT write_something() FROM generate_series(1, 20)"
wait_until "SELECT earliest > '$before' AND latest > earliest FROM recovery()"
like "a moment before a hole in the log is refused" "$(sql -c "SELECT restore('Torn', '$before')" 2>&1 || true)" 'InvalidRestoreTimeException: '
after=$(sql -c 'SELECT clock_timestamp()')
sql -o /dev/null -c "SELECT write_something() FROM generate_series(1, 20)"
ok "one behind it is not" restored Whole "$after"

# A dump has the settings. A job that it has begins there, and finds nothing of the log.
sql -o /dev/null <<'SQL'
SELECT ddb.update_continuous_backups('{"TableName": "Written", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7}}');
BEGIN;
SELECT ddb.restore_table_to_point_in_time('{"SourceTableName": "Written", "TargetTableName": "Begun", "UseLatestRestorableTime": true}');
INSERT INTO dynamodb."Begun" (item) VALUES ('{"p": {"S": "p"}, "s": {"N": "1"}}');
COMMIT;
SQL
wait_until "SELECT state = 'FAILED' FROM ddb.job_progress"
# A lock keeps the worker from it until the dump has it.
sql -c 'DELETE FROM dynamodb."Begun"' -c "BEGIN; LOCK TABLE dynamodb.\"Begun\" IN SHARE MODE; PREPARE TRANSACTION 'lock'" \
	-c "UPDATE ddb.jobs SET state = 'WAITING'"
pg_dump recovered >"$DDB_WORK/dump.sql"
sql -c "ROLLBACK PREPARED 'lock'"
sql -c 'CREATE DATABASE restored'
PGDATABASE=restored
ok "a dump is restored" sql -o /dev/null -f "$DDB_WORK/dump.sql"
ok "recovery begins there" wait_until "SELECT latest >= earliest FROM recovery()"
is "with the same period" "$(sql -c "SELECT recovery_period_days FROM ddb.continuous_backups")" 7
# Where it is looked at before the dump is in as a whole, its table is not yet as it was made.
ok "a job that was begun fails" wait_until "SELECT error IN ('the changes since that moment are not in the log any more',
	'the table, or its relation, has been changed while it was being created') FROM ddb.job_progress WHERE state = 'FAILED'"
is "the others' indexes can be checked meanwhile" "$(sql -c 'SELECT * FROM ddb.check_indexes()')" ""
is "and its table can be deleted" "$(sql -c "SELECT ddb.delete_table('{\"TableName\": \"Begun\"}')::jsonb->'TableDescription'->>'TableStatus'" -c 'SELECT count(*) FROM ddb.jobs')" $'DELETING\n0'
