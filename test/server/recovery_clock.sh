#!/bin/bash
# Recovery to moments of a server whose clock is set back and forth, while items expire: compared with a ledger that a trigger keeps.
. "$(dirname "$0")/../lib.sh"
. "$top/test/server/clock.sh"

new_cluster cluster <<'END'
max_worker_processes = 20
track_commit_timestamp = on
ddb.ttl_delay = 0
END
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Written", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}');
SELECT ddb.update_time_to_live('{"TableName": "Written", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "expires"}}');
CREATE TABLE ledger (step bigserial, xid xid NOT NULL DEFAULT pg_current_xact_id()::xid, id text NOT NULL, item ddb.item, expired boolean NOT NULL);
-- Whoever writes: the worker deletes as the table's owner.
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.ledger (id, item, expired) VALUES (coalesce(new.id, old.id)::text, new.item,
		(SELECT backend_type = 'ddb expiry' FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()));
	RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON dynamodb."Written" FOR EACH ROW EXECUTE FUNCTION note();
-- The times that the log gives them never go back.
CREATE VIEW noted AS SELECT step, id, item, max(pg_xact_commit_timestamp(xid)) OVER (ORDER BY step) AS moment FROM ledger;
CREATE FUNCTION state_at(at timestamptz) RETURNS TABLE (id text, item ddb.item) LANGUAGE sql AS $$
	SELECT l.id, l.item FROM (SELECT DISTINCT ON (id) id, item FROM noted WHERE moment <= at ORDER BY id, step DESC) AS l WHERE item IS NOT NULL
$$;
CREATE FUNCTION write(first integer, last integer, word text, expires numeric) RETURNS void LANGUAGE sql AS $$
	SELECT ddb.put_item(json_build_object('TableName', 'Written', 'Item', json_build_object('id', json_build_object('S', i::text), 'word', json_build_object('S', word),
		'expires', json_build_object('N', (extract(epoch FROM clock_timestamp())::bigint + expires)::text)))) FROM generate_series(first, last) AS i
$$;
CREATE FUNCTION latest() RETURNS timestamptz LANGUAGE sql AS $$
	SELECT to_timestamp((ddb.describe_continuous_backups('{"TableName": "Written"}')::jsonb #>> '{ContinuousBackupsDescription,PointInTimeRecoveryDescription,LatestRestorableDateTime}')::numeric)
$$;
SELECT ddb.update_continuous_backups('{"TableName": "Written", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}');
SQL
PROGRESS=(ddb.job_progress ddb.change_position ddb.shards)
wait_until "SELECT latest() IS NOT NULL"

# write FIRST LAST WORD EXPIRES: these items, in one transaction, with nothing close before and behind; expires in so many seconds.
write() {
	sleep 0.3
	sql -o /dev/null -c "SELECT write($1, $2, '$3', $4)"
	sleep 0.3
}
# the moment that the clock shows
now() {
	sql -c 'SELECT clock_timestamp()'
}
# expired COUNT: so many deletions by the worker so far.
expired() {
	ok "$1 items have expired" wait_until "SELECT count(*) >= $1 FROM ledger WHERE expired"
}
# restored WHAT MOMENT ITEMS: the table, as it was at that moment, is what the ledger says, and has so many items.
restored() {
	wait_until "SELECT latest() >= '$2'"
	sql -o /dev/null -c "SELECT ddb.restore_table_to_point_in_time(json_build_object('SourceTableName', 'Written', 'TargetTableName', 'Restored', 'RestoreDateTime', extract(epoch FROM '$2'::timestamptz)))"
	wait_until "SELECT ddb.describe_table('{\"TableName\": \"Restored\"}') #>> '{Table,TableStatus}' = 'ACTIVE'"
	is "$1" "$(sql -c "SELECT count(found.id), count(*) FILTER (WHERE found.item IS DISTINCT FROM expected.item)
		FROM (SELECT id::text, item FROM dynamodb.\"Restored\") AS found FULL JOIN state_at('$2') AS expected USING (id)")" "$3|0"
	sql -o /dev/null -c "SELECT ddb.delete_table('{\"TableName\": \"Restored\"}')"
}

write 1 20 first 100000
write 21 30 fading 600
at_first=$(now)
write 1 5 second 100000
clock_ahead 1000
expired 10
write 6 10 ahead 100000
ahead=$(now)
write 31 40 'ahead, fading' -1
expired 20
clock_ahead 0
write 1 5 'set back' 100000
write 41 45 'set back, fading' -1
expired 25
write 46 50 'set back' 100000
sql -o /dev/null -c "DELETE FROM dynamodb.\"Written\" WHERE id = '20'"
restored "before its clock was ahead" "$at_first" 30
restored "while its clock was ahead" "$ahead" 20
clock_ahead 2000
sleep 0.3
later=$(now)
write 11 15 later 100000
restored "after its clock was set back, and ahead again" "$later" 24
restored "before its clock was ahead, once more" "$at_first" 30

# The moment that the log has written down holds for its next writer as well.
sql -o /dev/null -c "SELECT count(pg_logical_emit_message(false, 'filler', repeat('x', 100000))) FROM generate_series(1, 30)"
wait_until "SELECT reached > '$later'::timestamptz + interval '1 second' FROM ddb.change_position"
told=$(sql -c 'SELECT reached FROM ddb.change_position')
clock_ahead 0
sql -o /dev/null -c "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE backend_type = 'ddb change writer'"
write 51 55 'set back again' 100000
wait_until "SELECT ddb.change_log_wait('1 second')"
sql -o /dev/null -c "SELECT ddb.restore_table_to_point_in_time(json_build_object('SourceTableName', 'Written', 'TargetTableName', 'Told', 'RestoreDateTime', extract(epoch FROM '$told'::timestamptz)))"
wait_until "SELECT ddb.describe_table('{\"TableName\": \"Told\"}') #>> '{Table,TableStatus}' = 'ACTIVE'"
is "what was committed later is not of a moment that had been told" "$(sql -c "SELECT count(*) FROM dynamodb.\"Told\" WHERE item ->> 'word' = 'set back again'")" 0
