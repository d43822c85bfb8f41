#!/bin/bash
# Several jobs of a database at the same time: how many, whose, each once, and what becomes of them after crashes; how fast they
# go, and what is told of that; what is forgotten; jobs in a dump whose grants come last.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/bulk_functions.sh"

cluster=$DDB_WORK/cluster

new_cluster cluster <<'END'
max_worker_processes = 20
END
sql -c 'CREATE DATABASE working'
PGDATABASE=working
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE SERVER "bucket" FOREIGN DATA WRAPPER ddb_bucket;
CREATE FUNCTION make_table(name text) RETURNS void LANGUAGE sql AS $$
	SELECT ddb.create_table(json_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "N"}]'::json, 'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::json));
	SELECT ddb.put_item(json_build_object('TableName', name, 'Item', json_build_object('k', json_build_object('N', i::text),
		'text', json_build_object('S', repeat(md5(i::text), 60)))))
		FROM generate_series(1, 2000) i
$$;
SELECT make_table('Long'), make_table('Short');
DELETE FROM dynamodb."Short" WHERE k > 10;
ANALYZE dynamodb."Long";
CREATE FUNCTION export(name text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.export_table_to_point_in_time(jsonb_build_object('TableArn', 'arn:aws:dynamodb:us-east-1:000000000000:table/' || name,
		'S3Bucket', 'bucket'))::jsonb->'ExportDescription'->>'ExportArn'
$$;
CREATE FUNCTION exported(arn text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.describe_export(json_build_object('ExportArn', arn))::jsonb->'ExportDescription'->>'ExportStatus'
$$;
CREATE FUNCTION import(name text, bucket text DEFAULT 'bucket') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.import_table(json_build_object('S3BucketSource', json_build_object('S3Bucket', bucket, 'S3KeyPrefix', 'lines/'), 'InputFormat', 'DYNAMODB_JSON',
		'TableCreationParameters', json_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
			'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "N"}]'::json, 'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::json)))
		::jsonb->'ImportTableDescription'->>'ImportArn'
$$;
CREATE FUNCTION imported(arn text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.describe_import(json_build_object('ImportArn', arn))::jsonb->'ImportTableDescription'
$$;
CREATE ROLE one;
CREATE ROLE other;
GRANT USAGE ON FOREIGN SERVER "bucket" TO one, other;
GRANT CREATE ON SCHEMA dynamodb TO one, other;
GRANT SELECT ON dynamodb."Long", dynamodb."Short" TO one;
GRANT SELECT ON dynamodb."Short" TO other;
SQL
buckets=$cluster/buckets
workers="(SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'ddb job')"
at_work="(SELECT count(*) FROM ddb.job_progress WHERE items_done > 0)"
# completed ARN: it is, within a minute.
completed() {
	wait_until "SELECT exported('$1') = 'COMPLETED'"
}

# Beside a long one, a short one is done.
configure ddb.job_rate 64kB
long=$(sql -c "SELECT export('Long')")
ok "a long job is at work" wait_until "SELECT $at_work = 1"
short=$(sql -c "SELECT export('Short')")
ok "a short one is done beside it" completed "$short"
is "before it" "$(sql -c "SELECT exported('$long')")" IN_PROGRESS

# One that is at work is told of a change.
configure ddb.job_rate 0
ok "without a rate it comes to its end" completed "$long"
is "no job is left" "$(sql -c 'SELECT count(*) FROM ddb.jobs')" 0

# Limits for sessions are not for it; not every release has them all.
configure ddb.job_rate 1MB
for limit in $(sql -c "SELECT name FROM pg_settings WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')"); do
	sql -c "ALTER DATABASE working SET $limit = '1s'"
done
long=$(sql -c "SELECT export('Long')")
ok "a job may take longer than a session's transaction" completed "$long"
sql -c 'ALTER DATABASE working RESET ALL'

# As many as the setting says.
configure ddb.job_rate 64kB
arns=$(sql -c "SELECT export('Long') FROM generate_series(1, 3)")
ok "two of three are at work" wait_until "SELECT $at_work = 2"
sleep 0.5
is "and no more" "$(sql -c "SELECT $at_work" -c "SELECT $workers")" $'2\n2'
configure ddb.job_workers 3
short=$(sql -c "SELECT export('Short')")
ok "with a greater setting, the next one" wait_until "SELECT $at_work = 3"
configure ddb.job_workers 1
configure ddb.job_rate 0
for arn in $arns $short; do
	ok "all are done" completed "$arn"
done
is "each once" "$(for arn in $arns; do as_server_user sh -c "ls '$buckets/bucket/AWSDynamoDB/${arn##*/}/data' | wc -l"; done | sort -u)" 1

# Roles take turns.
wait_until "SELECT $workers = 0"
hold_jobs
sql -o /dev/null -c 'SET ROLE one' -c "SELECT export('Long') FROM generate_series(1, 5)"
sql -o /dev/null -c 'SET ROLE other' -c "SELECT export('Short')"
let_jobs_go
ok "all are done" wait_until "SELECT count(*) = 6 FROM ddb.exports WHERE role::text IN ('one', 'other') AND status = 'COMPLETED'"
like "another role's job waits for one of the others at most" "$(sql -c "SELECT string_agg(role::text, ' ' ORDER BY ended) FROM ddb.exports WHERE role::text IN ('one', 'other')")" '^(one )?other one'
configure ddb.job_workers 2

# Who wants the records of jobs for himself does not wait for one that takes long.
configure ddb.job_rate 64kB
long=$(sql -c "SELECT export('Long')")
for statement in 'VACUUM FULL ddb.jobs' 'REINDEX TABLE ddb.jobs' 'ALTER TABLE ddb.jobs SET (fillfactor = 90)' 'BEGIN; DROP EXTENSION ddb CASCADE; ROLLBACK'; do
	ok "a long job is at work" wait_until "SELECT $at_work = 1"
	ok "it gives way to $statement" sql -o /dev/null -c "SET client_min_messages = warning; SET statement_timeout = '30s'" -c "$statement"
done
is "and was not done before" "$(sql -c "SELECT exported('$long')")" IN_PROGRESS
configure ddb.job_rate 0
ok "it comes to its end" completed "$long"

# Who is killed.
configure ddb.job_rate 64kB
arns=$(sql -c "SELECT export('Long') FROM generate_series(1, 2)")
for ((i = 1; i <= 3; i++)); do
	ok "two are at work" wait_until "SELECT $at_work = CASE WHEN (SELECT max(interrupted) > 2 FROM ddb.jobs) THEN 1 ELSE 2 END"
	kill_cluster "$cluster"
	start_cluster "$cluster"
	PGDATABASE=working
done
ok "what has been interrupted again and again" wait_until "SELECT min(interrupted) >= 2 FROM ddb.jobs"
ok "is done" wait_until "SELECT $at_work = 1"
sleep 0.3
is "alone" "$(sql -c "SELECT $at_work")" 1
short=$(sql -c "SELECT export('Short')")
configure ddb.job_rate 0
for arn in $arns $short; do
	ok "all are done" completed "$arn"
done
is "no job is left at all" "$(sql -c 'SELECT count(*) FROM ddb.jobs')" 0

# What an attempt that was killed has left is removed: that is nothing done.
backup=$(sql -c "SELECT ddb.create_backup('{\"TableName\": \"Long\", \"BackupName\": \"Long\"}')::jsonb#>>'{BackupDetails,BackupArn}'")
ok "a backup is made" wait_until "SELECT ddb.describe_backup('{\"BackupArn\": \"$backup\"}')::jsonb#>>'{BackupDescription,BackupDetails,BackupStatus}' = 'AVAILABLE'"
configure ddb.job_rate 64kB
sql -o /dev/null -c "SELECT ddb.restore_table_from_backup('{\"TargetTableName\": \"Restored\", \"BackupArn\": \"$backup\"}')"
for ((i = 1; i <= 2; i++)); do
	ok "it is being restored" wait_until "SELECT $at_work = 1"
	kill_cluster "$cluster"
	start_cluster "$cluster"
	PGDATABASE=working
done
ok "it is being restored once more" wait_until "SELECT $at_work = 1"
is "interrupted twice before" "$(sql -c 'SELECT interrupted FROM ddb.jobs')" 3
configure ddb.job_rate 0
ok "it is restored" wait_until "SELECT ddb.describe_table('{\"TableName\": \"Restored\"}')::jsonb#>>'{Table,TableStatus}' = 'ACTIVE'"
is "with all its items" "$(sql -c 'SELECT count(*) FROM dynamodb."Restored"')" 2000
sql -o /dev/null -c "SELECT ddb.delete_backup('{\"BackupArn\": \"$backup\"}')"

# What ends its worker each time is not tried for ever.
configure ddb.job_rate 64kB
arn=$(sql -c "SELECT export('Long')")
ok "an export is at work" wait_until "SELECT $at_work = 1"
sql -c 'UPDATE ddb.jobs SET interrupted = 10'
kill_one 'ddb job'
ok "whose worker has ended ten times is given up" wait_until "SELECT ddb.describe_export('{\"ExportArn\": \"$arn\"}')::jsonb#>>'{ExportDescription,ExportStatus}' = 'FAILED'"
is "for that reason" "$(sql -c "SELECT ddb.describe_export('{\"ExportArn\": \"$arn\"}')::jsonb#>>'{ExportDescription,FailureMessage}'")" \
	'Its worker has ended unexpectedly 10 times, one after the other'
is "and is no job any more" "$(sql -c 'SELECT count(*) FROM ddb.jobs')" 0
configure ddb.job_rate 0

# What is told of one that is at work, and to whom.
sql -o /dev/null -c "SELECT ddb.write_object('bucket', 'lines/a', convert_to((SELECT string_agg(format('{\"Item\":{\"k\":{\"N\":\"%s\"},\"text\":{\"S\":\"%s\"}}}', i, repeat(md5(i::text), 60)), E'\n') FROM generate_series(1, 3000) i), 'UTF8'))"
configure ddb.job_rate 64kB
long=$(sql -c "SELECT export('Long')")
arn=$(sql -c 'SET ROLE one' -c "SELECT import('Slow')")
ok "an export tells of items, bytes, rate and time left" wait_until "SELECT items_done > 0 AND bytes_done > 0 AND items_per_second > 0 AND bytes_per_second > 0 AND time_left > '0' AND role = 'postgres' FROM ddb.job_progress WHERE table_name = 'Long'"
ok "so does an import" wait_until "SELECT items_done > 0 AND bytes_done > 0 AND items_per_second > 0 AND bytes_per_second > 0 AND time_left > '0' AND role = 'one' FROM ddb.job_progress WHERE table_name = 'Slow'"
is "everybody may see them" "$(sql -c 'SET ROLE other' -c 'SELECT count(*) FROM ddb.job_progress WHERE items_done > 0')" 2
ok "DescribeImport tells of it" wait_until "SELECT d->>'ImportStatus' = 'IN_PROGRESS' AND (d->>'ProcessedItemCount')::int > 0 AND d->'ImportedItemCount' = d->'ProcessedItemCount' AND (d->>'ProcessedSizeBytes')::int > 0 FROM imported('$arn') d"
kill_cluster "$cluster"
start_cluster "$cluster"
PGDATABASE=working
ok "an import that goes on counts what was done before" wait_until "SELECT items_done > f.first_items AND f.first_items > 0 AND bytes_done > f.first_bytes AND f.first_bytes > 0 AND time_left > '0' FROM ddb.job_progress, ddb.job_figures() f WHERE f.items = items_done AND table_name = 'Slow'"
configure ddb.job_rate 0
ok "to the end" wait_until "SELECT d->>'ImportStatus' = 'COMPLETED' AND (d->>'ImportedItemCount')::int = 3000 AND (d->>'ProcessedItemCount')::int = 3000 FROM imported('$arn') d"
is "no byte is counted twice" "$(sql -c "SELECT (imported('$arn')->>'ProcessedSizeBytes')::bigint - size FROM ddb.bucket_objects('bucket', 'lines/')")" 0
ok "the export is done" completed "$long"

# An error of a job.
hold_jobs
for role in one other; do
	sql -c "SET ROLE $role" -o /dev/null -c "SELECT export('Short')"
done
sql -o /dev/null -c 'SET ROLE one' -c "SELECT export('Long')" -c 'RESET ROLE' -c "UPDATE ddb.jobs SET error = 'the item is …'"
errors="SELECT string_agg(role || ' ' || source_name, ', ' ORDER BY role, source_name) FROM ddb.job_progress WHERE error IS NOT NULL"
is "who may read the table sees it" "$(sql -c 'SET ROLE other' -c "$errors")" 'one Short, other Short'
is "and who has asked" "$(sql -c 'REVOKE SELECT ON dynamodb."Long" FROM one' -c 'SET ROLE one' -c "$errors")" 'one Long, one Short, other Short'
is "and no one else" "$(sql -c 'CREATE ROLE third' -c 'SET ROLE third' -c 'SELECT count(*), count(error) FROM ddb.job_progress')" '3|0'
sql -c 'GRANT SELECT ON dynamodb."Long" TO one'
let_jobs_go
ok "they are tried again" wait_until "SELECT count(*) = 0 FROM ddb.jobs"
is "and done" "$(sql -c "SELECT status, count(*) FROM ddb.exports WHERE role::text IN ('one', 'other') GROUP BY status")" 'COMPLETED|9'

# What ended 90 days ago is forgotten, and nothing else.
sql -o /dev/null -c "SELECT ddb.write_object('bucket', 'lines/b', convert_to('nothing', 'UTF8'))"
for name in Old New; do
	arn=$(sql -c "SELECT import('$name')")
	ok "an import with a failure" wait_until "SELECT imported('$arn')->>'ImportStatus' = 'FAILED'"
done
sql -o /dev/null <<'SQL'
BEGIN;
DELETE FROM ddb.exports WHERE status = 'COMPLETED' AND role::text <> 'postgres';
UPDATE ddb.exports SET ended = now() - interval '91 days';
UPDATE ddb.exports SET ended = now() - interval '89 days' WHERE export = (SELECT max(export) FROM ddb.exports);
UPDATE ddb.imports SET ended = now() - interval '91 days' WHERE table_name = 'Old';
UPDATE ddb.imports SET ended = NULL, started = now() - interval '91 days', status = 'IN_PROGRESS' WHERE table_name = 'Slow';
COMMIT;
SELECT export('Short');
SQL
ok "it goes" wait_until "SELECT (SELECT count(*) FROM ddb.imports) = 1 AND (SELECT count(*) FROM ddb.exports) = 2"
is "with its failures" "$(sql -c "SELECT table_name, (SELECT count(*) FROM ddb.import_failed) FROM ddb.imports")" 'New|1'
is "by an index" "$(sql -c 'SET enable_seqscan = off' -c "EXPLAIN (COSTS off) SELECT min(coalesce(ended, started)) FROM ddb.imports" | grep -c 'imports_ended')" 1

# Two workers that are about to forget at the same time, and somebody else: that is no error.
two_errors=$(grep -c 'due to lock timeout' "$cluster/server.log" || true)
sql -o /dev/null -c "UPDATE ddb.exports SET ended = now() - interval '91 days'" -c 'BEGIN' -c 'SELECT * FROM ddb.exports FOR UPDATE' -c "PREPARE TRANSACTION 'exports'"
sql -o /dev/null -c "SELECT export('Short') FROM generate_series(1, 2)"
ok "workers end beside who has it locked" wait_until "SELECT (SELECT count(*) FROM ddb.jobs) = 0 AND $workers = 0"
is "and log no error" "$(grep -c 'due to lock timeout' "$cluster/server.log" || true)" "$two_errors"
sql -c "ROLLBACK PREPARED 'exports'"

# ---- While a job has to wait ----
create_bulk_functions
sql -o /dev/null <<'SQL'
CREATE FUNCTION put(name text, prefix text, more text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.start_bulk_put_items((jsonb_build_object('TableName', name,
		'InputS3Configuration', jsonb_build_object('S3Bucket', 'bucket', 'S3KeyPrefix', prefix, 'InputFormat', 'DYNAMODB_JSON'),
		'OutputS3Configuration', '{"S3Bucket": "bucket", "S3KeyPrefix": "reports", "OutputType": ["ERROR"]}'::jsonb) || more::jsonb)::text)::jsonb#>>'{BulkOperationDescription,BulkOperationArn}'
$$;
SELECT make_table(name) FROM unnest('{Waits,WaitsToo,WaitsAsWell}'::text[]) name;
SELECT ddb.write_object('bucket', 'heavy', convert_to(string_agg(format('{"Item":{"k":{"N":"%s"},"text":{"S":"%s"}}}', i, repeat('x', 300000)), E'\n'), 'UTF8')) FROM generate_series(1, 20) i;
SELECT ddb.write_object('bucket', 'many', convert_to(string_agg(format('{"Item":{"k":{"N":"%s"}}}', i), E'\n'), 'UTF8')) FROM generate_series(1, 200000) i;
SQL
processed() {
	wait_until "SELECT (description('$1')->>'ProcessedItemCount')::bigint > 0"
}

# At this rate an item takes five minutes: nobody waits for that.
configure ddb.job_rate 1kB
one=$(sql -c "SELECT put('Waits', 'heavy')")
other=$(sql -c "SELECT put('WaitsToo', 'heavy')")
ok "two bulk operations have begun" processed "$one"
ok "and wait" processed "$other"
sql -o /dev/null -c "SELECT ddb.cancel_bulk_operation(json_build_object('BulkOperationArn', '$one'))"
ok "one that is cancelled while it waits ends" wait_until "SELECT status('$one') = 'CANCELLED'"
sql -o /dev/null -c 'DROP TABLE dynamodb."WaitsToo"'
ok "so does one whose table is dropped" wait_until "SELECT $workers = 0"
one=$(sql -c "SELECT put('Waits', 'heavy')")
ok "another one has begun" processed "$one"
configure ddb.job_rate 0
ok "and is told of another rate" wait_until "SELECT counts('$one') = 'COMPLETED 20 0'"

# What waits by a limit of its own leaves its place to another job, and comes back.
more='{"MaxWriteRequestUnits": 2000}'
arns=$(sql -c "SELECT put(name, 'many', '$more') FROM unnest('{Waits,WaitsAsWell}'::text[]) name")
for arn in $arns; do
	ok "it has begun" processed "$arn"
done
short=$(sql -c "SELECT export('Short')")
ok "an export is done beside two that wait" completed "$short"
is "which are not done" "$(for arn in $arns; do sql -c "SELECT status('$arn')"; done | sort | uniq -c | tr -s ' ')" ' 2 IN_PROGRESS'
for arn in $arns; do
	before=$(sql -c "SELECT description('$arn')->>'ProcessedItemCount'")
	ok "and go on" wait_until "SELECT (description('$arn')->>'ProcessedItemCount')::bigint > $before + 4000"
	sql -o /dev/null -c "SELECT ddb.cancel_bulk_operation(json_build_object('BulkOperationArn', '$arn'))"
	ok "until they are cancelled" wait_until "SELECT status('$arn') = 'CANCELLED'"
	is "with each item once" "$(sql -c "SELECT count(*), max(k) FROM dynamodb.\"$(cut -d/ -f2 <<<"$arn")\"")" "$(sql -c "SELECT (d->>'ProcessedItemCount') || '|' || (d->>'ProcessedItemCount') FROM description('$arn') d")"
done
ok "no job is left" wait_until 'SELECT count(*) = 0 FROM ddb.jobs'

# A dump that is being restored: what was granted comes last of all.
hold_jobs
sql -o /dev/null -c 'SET ROLE one' -c "SELECT export('Short')" -c "SELECT ddb.create_backup('{\"TableName\": \"Long\", \"BackupName\": \"dumped\"}')"
pg_dump working >"$DDB_WORK/dump.sql"
let_jobs_go
sql -c 'CREATE DATABASE restored'
PGDATABASE=restored
sql -o /dev/null < <(grep -v '^GRANT' "$DDB_WORK/dump.sql")
ok "jobs that come before what is granted wait for it" wait_until "SELECT count(*) = 2 FROM ddb.job_progress WHERE state = 'WAITING' AND error ~ 'denied|may not read'"
sql -o /dev/null < <(grep '^GRANT' "$DDB_WORK/dump.sql")
ok "and are done with it" wait_until "SELECT (SELECT status FROM ddb.backups) = 'AVAILABLE' AND (SELECT status FROM ddb.exports ORDER BY export DESC LIMIT 1) = 'COMPLETED'"

# Where places are few, one of them is left to other workers: the launcher, that of logical replication, and two more.
configure max_worker_processes 4
configure ddb.job_rate 64kB
stop_cluster "$cluster"
start_cluster "$cluster"
PGDATABASE=working
sql -o /dev/null -c "SELECT export('Long') FROM generate_series(1, 2)"
ok "one job is at work" wait_until "SELECT $at_work = 1"
sleep 0.5
is "and no more" "$(sql -c "SELECT $at_work" -c "SELECT $workers")" $'1\n1'
