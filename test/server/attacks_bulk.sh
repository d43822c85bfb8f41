#!/bin/bash
# Under attack: bulk operations whose table has code on it that does what it should not, items that others have locked, and what
# is told of jobs meanwhile.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/bulk_functions.sh"

cluster=$DDB_WORK/cluster

new_cluster cluster <<'END'
max_worker_processes = 20
ddb.job_workers = 1
END
sql -c 'CREATE DATABASE attacks'
PGDATABASE=attacks
PROGRESS=(ddb.job_progress ddb.bulk_operations)
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE SERVER "files" FOREIGN DATA WRAPPER ddb_bucket;
CREATE FUNCTION make(name text) RETURNS void LANGUAGE sql AS $$
	SELECT ddb.create_table(json_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "N"}]'::json,
		'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::json)::text)
$$;
CREATE FUNCTION start(name text, prefix text, more text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.start_bulk_put_items((jsonb_build_object('TableName', name,
		'InputS3Configuration', jsonb_build_object('S3Bucket', 'files', 'S3KeyPrefix', prefix, 'InputFormat', 'DYNAMODB_JSON'),
		'OutputS3Configuration', '{"S3Bucket": "files", "S3KeyPrefix": "reports", "OutputType": ["ERROR"]}'::jsonb)
		|| more::jsonb)::text)::jsonb->'BulkOperationDescription'->>'BulkOperationArn'
$$;
-- Objects of items whose keys are from the first to the last number.
CREATE FUNCTION put(key text, first int, last int, text text DEFAULT '') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.write_object('files', key, convert_to(string_agg(format('{"Item":{"k":{"N":"%s"},"text":{"S":"%s"}}}', k, text), E'\n' ORDER BY k), 'UTF8'))
	FROM generate_series(first, last) k
$$;
SQL
create_bulk_functions
# done_put ARN: waits for its end, and shows what came of it.
done_put() {
	wait_until "SELECT status('$1') NOT IN ('IN_PROGRESS', 'CANCELLING')"
	sql -c "SELECT counts('$1')"
}

# ---- Two operations take turns while somebody has their item locked ----
sql -o /dev/null <<'SQL'
SELECT make('Turns'), put('turns/1.json', 1, 1);
SELECT ddb.put_item('{"TableName": "Turns", "Item": {"k": {"N": "1"}}}');
CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER pass BEFORE INSERT OR UPDATE ON dynamodb."Turns" FOR EACH ROW EXECUTE FUNCTION pass();
SQL
sql -o /dev/null 2>/dev/null <<'SQL' &
SET application_name = 'holder';
BEGIN;
SELECT ddb.put_item('{"TableName": "Turns", "Item": {"k": {"N": "1"}, "held": {"BOOL": true}}}');
SELECT pg_advisory_lock_shared(1), pg_sleep(600);
SQL
holder=$!
wait_until "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
arns=$(sql -c "SELECT start('Turns', 'turns/')" -c "SELECT start('Turns', 'turns/')")
# As many attempts as a record has that ends the worker each time, and more.
sql -o /dev/null <<'SQL'
CREATE TABLE attempts (job uuid, started timestamptz, UNIQUE (job, started));
CREATE PROCEDURE count_attempts() LANGUAGE plpgsql AS $$
BEGIN
	WHILE (SELECT count(*) FROM attempts) < 24 AND EXISTS (SELECT FROM ddb.bulk_operations WHERE ended IS NULL) LOOP
		INSERT INTO attempts SELECT job, started FROM ddb.jobs WHERE started IS NOT NULL ON CONFLICT DO NOTHING;
		COMMIT;
		PERFORM pg_sleep(0.02);
	END LOOP;
END $$;
CALL count_attempts();
SQL
is "what somebody has locked is waited for, in turns" "$(for arn in $arns; do sql -c "SELECT counts('$arn')"; done)" $'IN_PROGRESS 0 0\nIN_PROGRESS 0 0'
sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'"
wait "$holder" || true
is "and then put by both" "$(for arn in $arns; do done_put "$arn"; done)" $'COMPLETED 1 0\nCOMPLETED 1 0'

# ---- Code that is put off until the role is left ----
sql -o /dev/null <<'SQL'
SELECT make('Late'), put('late/1.json', 1, 6);
CREATE FUNCTION put_off() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	SET CONSTRAINTS ALL DEFERRED;
	IF NEW.k = 2 THEN
		EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT pg_sleep(600)';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER put_off BEFORE INSERT OR UPDATE ON dynamodb."Late" FOR EACH ROW EXECUTE FUNCTION put_off();
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.k = 4 THEN
		PERFORM pg_sleep(60);
	ELSIF NEW.k = 5 THEN
		RAISE 'not the fifth';
	END IF;
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON dynamodb."Late" DEFERRABLE FOR EACH ROW EXECUTE FUNCTION late();
SQL
arn=$(sql -c "SELECT start('Late', 'late/')")
is "what a trigger puts off is its item's all the same, in time and in errors" "$(done_put "$arn")" 'COMPLETED_WITH_ERRORS 6 2'
is "the others are there" "$(sql -c 'SELECT string_agg(k::text, $$ $$ ORDER BY k) FROM dynamodb."Late"')" '1 2 3 6'

# ---- What is told of a job whose table's code fails, and uses what tells of progress itself ----
sql -o /dev/null <<'SQL'
SELECT make('Told'), put('told/1.json', 1, 20000);
CREATE FUNCTION third() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.k % 100 = 3 THEN
		RAISE 'not the third';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER third BEFORE INSERT OR UPDATE ON dynamodb."Told" FOR EACH ROW EXECUTE FUNCTION third();
SQL
arn=$(sql -c "SELECT start('Told', 'told/', '{\"MaxWriteRequestUnits\": 1024}')")
wait_until "SELECT (description('$arn')->>'FailedItemCount')::int > 2 OR status('$arn') <> 'IN_PROGRESS'"
ok "progress is told behind a record that fails" wait_until "SELECT count(*) = 1 FROM ddb.job_progress WHERE table_name = 'Told' AND items_done > 400 AND bytes_done > 0 AND time_left IS NOT NULL"
sql -o /dev/null -c "SELECT ddb.cancel_bulk_operation('{\"BulkOperationArn\": \"$arn\"}')"
like "it is cancelled" "$(done_put "$arn")" '^CANCELLED '

# ---- A rate that was a mistake ----
sql -o /dev/null -c "SELECT put('slow/1.json', 1, 10, repeat('x', 300000))"
configure ddb.job_rate 1kB
sql -o /dev/null <<'SQL'
SELECT ddb.import_table('{"S3BucketSource": {"S3Bucket": "files", "S3KeyPrefix": "slow/"}, "InputFormat": "DYNAMODB_JSON",
	"TableCreationParameters": {"TableName": "Slow", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "N"}],
		"KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}}');
SQL
wait_until "SELECT items_done = 1 FROM ddb.job_progress WHERE table_name = 'Slow'"
configure ddb.job_rate 100MB
ok "what is owed at a rate is owed at the next one only as much" wait_until "SELECT ddb.describe_table('{\"TableName\": \"Slow\"}')::jsonb#>>'{Table,TableStatus}' = 'ACTIVE'"

# ---- A job that gives way ----
sql -o /dev/null -c "SELECT put('way/1.json', 1, 60, repeat('x', 20000))"
configure ddb.job_rate 40kB
sql -o /dev/null <<'SQL'
SELECT ddb.import_table('{"S3BucketSource": {"S3Bucket": "files", "S3KeyPrefix": "way/"}, "InputFormat": "DYNAMODB_JSON",
	"TableCreationParameters": {"TableName": "Way", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "N"}],
		"KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}}');
SQL
wait_until "SELECT items_done > 1 FROM ddb.job_progress WHERE table_name = 'Way'"
sql -o /dev/null <<'SQL'
BEGIN;
LOCK TABLE dynamodb."Way" IN ACCESS EXCLUSIVE MODE;
DO $$
BEGIN
	WHILE EXISTS (SELECT FROM ddb.job_progress WHERE items_done IS NOT NULL) LOOP
		PERFORM pg_sleep(0.02), pg_stat_clear_snapshot();
	END LOOP;
END $$;
SQL
ok "an import that has given way tells of its progress again" wait_until "SELECT count(*) = 1 FROM ddb.job_progress WHERE table_name = 'Way' AND items_done > 1 AND bytes_done > 0"
configure ddb.job_rate
wait_until "SELECT ddb.describe_table('{\"TableName\": \"Way\"}')::jsonb#>>'{Table,TableStatus}' = 'ACTIVE'"
is "with all its items" "$(sql -c 'SELECT count(*) FROM dynamodb."Way"')" 60
stop_cluster "$cluster"
