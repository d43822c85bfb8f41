#!/bin/bash
# What roles could make of backups, exports and imports: the relation of a backup is its owner's to alter, a job may wait
# for as long as somebody is in its way, and the worker is a superuser that all of a database's jobs share.
. "$(dirname "$0")/../lib.sh"

new_cluster cluster <<'END'
max_worker_processes = 20
END
sql -c 'CREATE DATABASE attacked'
PGDATABASE=attacked
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE SERVER bucket FOREIGN DATA WRAPPER ddb_bucket;
CREATE ROLE mallory;
GRANT CREATE, USAGE ON SCHEMA dynamodb TO mallory;
GRANT USAGE ON FOREIGN SERVER bucket TO mallory;
CREATE FUNCTION make_table(name text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.create_table(jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "S"}]'::jsonb, 'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::jsonb))::text
$$;
CREATE FUNCTION back_up(name text, backup text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.create_backup(json_build_object('TableName', name, 'BackupName', backup))::text
$$;
CREATE FUNCTION restore(backup text, target text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.restore_table_from_backup(json_build_object('TargetTableName', target, 'BackupArn',
		'arn:aws:dynamodb:us-east-1:000000000000:table/' || table_name || '/backup/' || b.backup))::text FROM ddb.backups b WHERE b.name = $1
$$;
CREATE FUNCTION rows_of(backup text) RETURNS text LANGUAGE sql AS $$ SELECT relation::text FROM ddb.backups WHERE name = $1 $$;
CREATE FUNCTION failure(target text) RETURNS text LANGUAGE sql AS $$ SELECT kind || ' ' || state || ': ' || error FROM ddb.job_progress WHERE table_name = target $$;
SELECT make_table('Secrets'), ddb.put_item('{"TableName": "Secrets", "Item": {"k": {"S": "a"}, "v": {"S": "secret"}}}');
SET ROLE mallory;
SELECT make_table('Own'), ddb.put_item('{"TableName": "Own", "Item": {"k": {"S": "a"}, "v": {"S": "x"}}}'), back_up('Own', 'own1'), back_up('Own', 'own2'), back_up('Own', 'own3');
SQL
ok "backups are made" wait_until "SELECT count(*) = 3 FROM ddb.backups WHERE status = 'AVAILABLE'"

# A backup's relation that is a view by the time it is read. Later versions make none of a relation.
sql -o /dev/null <<'SQL' || echo "# CREATE RULE makes no view of a relation"
SET ROLE mallory;
SELECT 'TRUNCATE ' || rows_of('own1') AS truncate,
	'CREATE RULE "_RETURN" AS ON SELECT TO ' || rows_of('own1') || ' DO INSTEAD SELECT ''{"k": {"S": "z"}}''::ddb.item AS item' AS rule \gset
BEGIN;
SELECT restore('own1', 'FromView');
:truncate;
:rule;
COMMIT;
SQL
ok "a backup that has become a view is not read" wait_until \
	"SELECT current_setting('server_version_num')::int >= 160000 OR failure('FromView') ~ 'FAILED: the relation of the backup has been changed by its owner'"

# The column of the items may have any name.
sql -o /dev/null <<'SQL'
SET ROLE mallory;
SELECT make_table('Renamed'), ddb.put_item('{"TableName": "Renamed", "Item": {"k": {"S": "a"}, "v": {"S": "x"}}}');
ALTER TABLE dynamodb."Renamed" RENAME COLUMN item TO document;
ALTER TABLE dynamodb."Renamed" RENAME COLUMN k TO item;
SELECT back_up('Renamed', 'renamed');
SELECT ddb.export_table_to_point_in_time('{"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Renamed", "S3Bucket": "bucket"}');
SELECT ddb.update_continuous_backups('{"TableName": "Renamed", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}');
SQL
ok "a table whose columns have other names is backed up" wait_until "SELECT status = 'AVAILABLE' AND items = 1 FROM ddb.backups WHERE name = 'renamed'"
ok "and exported" wait_until "SELECT status = 'COMPLETED' AND items = 1 FROM ddb.exports WHERE table_name = 'Renamed'"
sql -o /dev/null -c "SELECT ddb.delete_table('{\"TableName\": \"Renamed\"}')"
sql -o /dev/null -c "UPDATE ddb.backups SET name = 'kept' WHERE table_name = 'Renamed' AND type = 'SYSTEM'" -c "SELECT restore('kept', 'Restored')"
ok "and kept when it is deleted" wait_until "SELECT ddb.describe_table('{\"TableName\": \"Restored\"}')::jsonb->'Table'->>'TableStatus' = 'ACTIVE'"
is "with its items" "$(sql -c "SELECT ddb.scan('{\"TableName\": \"Restored\"}')::jsonb->'Items'")" '[{"k": {"S": "a"}, "v": {"S": "x"}}]'

# What a role may not read any more by the time it is read.
sql -o /dev/null <<'SQL'
GRANT SELECT ON dynamodb."Secrets" TO mallory;
BEGIN;
SET ROLE mallory;
SELECT back_up('Secrets', 'revoked');
RESET ROLE;
REVOKE SELECT ON dynamodb."Secrets" FROM mallory;
COMMIT;
SELECT back_up('Secrets', 'secrets');
SQL
ok "who may not read a table any more gets no backup" wait_until "SELECT failure('Secrets') ~ 'FAILED: the role that has asked'"
is "nor anything of one" "$(sql <<<"SELECT format('SELECT count(*) FROM %s', rows_of('revoked')) \gexec")" 0
ok "others do" wait_until "SELECT status = 'AVAILABLE' FROM ddb.backups WHERE name = 'secrets'"
sql -o /dev/null <<'SQL'
SELECT format('GRANT SELECT ON %1$s TO mallory', rows_of('secrets')) \gexec
BEGIN;
SET ROLE mallory;
SELECT restore('secrets', 'Revoked');
RESET ROLE;
SELECT format('REVOKE SELECT ON %1$s FROM mallory', rows_of('secrets')) \gexec
COMMIT;
BEGIN;
SELECT format('GRANT SELECT ON %1$s TO mallory', rows_of('secrets')) \gexec
SET ROLE mallory;
SELECT restore('secrets', 'Filtered');
RESET ROLE;
SELECT format('ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY', rows_of('secrets')) \gexec
COMMIT;
SQL
ok "who may not read a backup any more restores none" wait_until "SELECT failure('Revoked') ~ 'FAILED: the role that has asked'"
ok "nor whom a policy hides rows from" wait_until "SELECT failure('Filtered') ~ 'FAILED: the role that has asked'"

# What somebody has built on a backup keeps it, and no other one.
sql -o /dev/null <<'SQL'
SET ROLE mallory;
SELECT format('CREATE VIEW dynamodb.keeping AS SELECT * FROM %s', rows_of('own2')) \gexec
RESET ROLE;
UPDATE ddb.backups SET type = 'SYSTEM', expires = now() WHERE name IN ('own2', 'own3');
SQL
ok "a backup that cannot be deleted does not keep others that have expired" wait_until "SELECT count(*) = 0 FROM ddb.backups WHERE name = 'own3'"
is "and stays" "$(sql -c "SELECT count(*) FROM ddb.backups WHERE name = 'own2'")" 1

# Rows of a backup that no table could have: it makes no sense to try again.
n=0
for item in '{"other": {"S": "no key"}}' '{"k": {"N": "1"}}' '{"k": {"S": ""}}'; do
	sql -o /dev/null -v item="$item" -v target="Forged$((++n))" <<'SQL'
SET ROLE mallory;
BEGIN;
SELECT back_up('Own', :'target');
COMMIT;
SQL
	wait_until "SELECT status = 'AVAILABLE' FROM ddb.backups WHERE name = 'Forged$n'"
	sql -o /dev/null -v item="$item" -v target="Forged$n" <<'SQL'
SET ROLE mallory;
SELECT format('INSERT INTO %s VALUES (%L)', rows_of(:'target'), :'item') \gexec
SELECT restore(:'target', :'target');
SQL
	ok "a backup with $item is given up" wait_until "SELECT count(*) = 1 FROM ddb.job_progress WHERE table_name = 'Forged$n' AND state = 'FAILED'"
done

# An import that no file could satisfy.
sql -o /dev/null -c "SELECT ddb.write_object('bucket', 'csv/a', 'a,b')"
# import CSV: what becomes of it, or why it is refused.
import() {
	sql -v csv="$1" <<<"SELECT ddb.import_table(json_build_object('S3BucketSource', json_build_object('S3Bucket', 'bucket', 'S3KeyPrefix', 'csv/'), 'InputFormat', 'CSV',
		'InputFormatOptions', json_build_object('Csv', :'csv'::json), 'TableCreationParameters', '{\"TableName\": \"Imported\", \"BillingMode\": \"PAY_PER_REQUEST\",
		\"AttributeDefinitions\": [{\"AttributeName\": \"k\", \"AttributeType\": \"S\"}], \"KeySchema\": [{\"AttributeName\": \"k\", \"KeyType\": \"HASH\"}]}'::json))::jsonb->'ImportTableDescription'->>'ImportStatus'" 2>&1 || true
}
like "U+0000 in a delimiter" "$(import '{"Delimiter": "\u0000"}')" "ValidationException: .*'inputFormatOptions.csv.delimiter' failed to satisfy constraint"
like "U+0000 in a column's name" "$(import '{"HeaderList": ["k\u0000x", "k"]}')" "ValidationException: .*'inputFormatOptions.csv.headerList.1.member' failed to satisfy constraint"
like "a column twice" "$(import '{"HeaderList": ["k", "k"]}')" 'ValidationException: .*HeaderList has the column k twice'
is "none of them makes a table" "$(sql -c "SELECT count(*) FROM ddb.tables WHERE name = 'Imported'" -c "SELECT count(*) FROM ddb.imports WHERE table_name = 'Imported'")" $'0\n0'

# Who has a backup locked does not keep its table's owner from deleting that.
hold_jobs
sql -o /dev/null <<'SQL'
SELECT make_table('Readable');
GRANT SELECT ON dynamodb."Readable" TO mallory;
SET ROLE mallory;
SELECT back_up('Readable', 'held');
BEGIN;
SELECT format('LOCK %s', rows_of('held')) \gexec
PREPARE TRANSACTION 'held';
SQL
let_jobs_go
ok "a backup that is locked is not being made" wait_until "SELECT ddb.delete_table('{\"TableName\": \"Readable\"}') IS NOT NULL"
sql -c "ROLLBACK PREPARED 'held'"
is "the server has gone on all the while" "$(grep -c 'was terminated by signal' "$DDB_WORK/cluster/server.log" || true)" 0
