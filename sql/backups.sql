-- needs: preloading, the log of changes
-- Backups: what is asked of them, who may, and in which words
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION pg_temp.back_up(name text, backup text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.create_backup(json_build_object('TableName', name, 'BackupName', backup))::jsonb->'BackupDetails'
$$;
CREATE FUNCTION pg_temp.arn(named text) RETURNS text LANGUAGE sql AS $$
	SELECT 'arn:aws:dynamodb:us-east-1:000000000000:table/' || table_name || '/backup/' || backup FROM ddb.backups b WHERE b.name = named
$$;
CREATE FUNCTION pg_temp.describe(named text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.describe_backup(json_build_object('BackupArn', pg_temp.arn(named)))::jsonb->'BackupDescription'
$$;
CREATE FUNCTION pg_temp.list(more text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(b->>'BackupName', ' ') FROM jsonb_array_elements(ddb.list_backups(more::json)::jsonb->'BackupSummaries') b
$$;
CREATE FUNCTION pg_temp.restore(target text, named text, more text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.restore_table_from_backup(jsonb_build_object('TargetTableName', target, 'BackupArn', pg_temp.arn(named)) || more::jsonb)::jsonb->'TableDescription'
$$;
CREATE FUNCTION pg_temp.delete(named text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.delete_backup(json_build_object('BackupArn', pg_temp.arn(named)))::jsonb#>>'{BackupDescription,BackupDetails,BackupStatus}'
$$;
CREATE FUNCTION pg_temp.table_status(name text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.describe_table(json_build_object('TableName', name))::jsonb->'Table'->>'TableStatus'
$$;
-- What differs from one run to the next as what it is.
CREATE FUNCTION pg_temp.shown(d jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT regexp_replace(regexp_replace(regexp_replace(d::text, '[0-9]{14}-[0-9a-f]{8}', 'ID', 'g'), '(DateTime": )[0-9.]+', '\1"TIME"', 'g'),
		'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}', 'UUID', 'g')
$$;
-- The error of a statement.
CREATE FUNCTION pg_temp.refused(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'not refused';
EXCEPTION WHEN OTHERS THEN
	RETURN regexp_replace(SQLERRM, '[0-9]{14}-[0-9a-f]{8}', 'ID');
END
$$;
-- A statement on the relation of a backup.
CREATE PROCEDURE pg_temp.change(named text, statement text) LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format(statement, (SELECT relation FROM ddb.backups b WHERE b.name = named));
END
$$;
-- Waits until the expression is true.
CREATE PROCEDURE pg_temp.wait_until(condition text) LANGUAGE plpgsql AS $$
DECLARE
	reached boolean;
BEGIN
	FOR i IN 1..600 LOOP
		EXECUTE 'SELECT ' || condition INTO reached;
		EXIT WHEN reached;
		COMMIT;
		PERFORM pg_sleep(0.1);
	END LOOP;
	IF reached IS NOT TRUE THEN
		RAISE EXCEPTION 'still not: %', condition;
	END IF;
END
$$;

-- ---- Requests ----

SELECT ddb.create_backup('{}');
SELECT ddb.create_backup('{"TableName": "Nothing", "BackupName": "a?"}');
SELECT ddb.create_backup('{"TableName": "Nothing", "BackupName": "first"}');
SELECT ddb.describe_backup('{}');
SELECT ddb.describe_backup('{"BackupArn": "short"}');
SELECT ddb.describe_backup('{"BackupArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing"}');
SELECT ddb.describe_backup('{"BackupArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/stream/1"}');
SELECT ddb.describe_backup('{"BackupArn": "arn:aws:dynamodb:us-east-1:111111111111:table/Nothing/backup/01489602797149-73d8d5bc"}');
SELECT ddb.describe_backup('{"BackupArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/backup/01489602797149-73d8d5bc"}');
SELECT ddb.delete_backup('{"BackupArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/backup/01489602797149-73d8d5bc"}');
SELECT ddb.restore_table_from_backup('{"TargetTableName": "Copy", "BackupArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/backup/01489602797149-73d8d5bc"}');
SELECT ddb.restore_table_from_backup('{"TargetTableName": "?", "BackupArn": "short"}');
SELECT ddb.restore_table_from_backup('{"TargetTableName": "Copy", "BackupArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/backup/01489602797149-73d8d5bc", "VectorIndexOverride": [{"IndexName": "vectors"}]}');
SELECT ddb.restore_table_from_backup('{"TargetTableName": "Copy", "BackupArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/backup/01489602797149-73d8d5bc", "VectorIndexOverride": []}');
SELECT ddb.list_backups('{"Limit": 0, "BackupType": "NONE"}');
SELECT ddb.list_backups('{"ExclusiveStartBackupArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing"}');
SELECT ddb.list_backups('{}');
SELECT ddb.describe_table('{"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/backup/01489602797149-73d8d5bc"}');
SELECT ddb.list_tags_of_resource('{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing/backup/01489602797149-73d8d5bc"}');

-- ---- A backup ----

SELECT ddb.create_table('{"TableName": "Music", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7},
	"Tags": [{"Key": "a", "Value": "b"}], "TableClass": "STANDARD_INFREQUENT_ACCESS", "SSESpecification": {"Enabled": true},
	"AttributeDefinitions": [{"AttributeName": "artist", "AttributeType": "S"}, {"AttributeName": "song", "AttributeType": "S"}, {"AttributeName": "year", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "LocalByYear", "KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}],
	"GlobalSecondaryIndexes": [{"IndexName": "ByYear", "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}], "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]},
		"ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}}]}') IS NOT NULL;
SELECT ddb.update_time_to_live('{"TableName": "Music", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "until"}}');
SELECT count(ddb.put_item(format('{"TableName": "Music", "Item": {"artist": {"S": "a%s"}, "song": {"S": "s"}, "year": {"N": "%s"}, "x": {"S": "x"}, "z": {"S": "%s"}}}', i, i, repeat('z', 20 * i))::json))
	FROM generate_series(1, 300) i;
-- of the caller's transaction
BEGIN;
SELECT pg_temp.shown(pg_temp.back_up('Music', 'first'));
SELECT pg_temp.describe('first')->'BackupDetails'->>'BackupStatus';
SELECT ddb.delete_table('{"TableName": "Music"}');
ROLLBACK;
SELECT pg_temp.arn('first') IS NULL;
BEGIN;
SELECT pg_temp.back_up('Music', 'first')->>'BackupStatus';
-- it is not there before it has been made
SELECT pg_temp.refused($$SELECT pg_temp.delete('first')$$);
SELECT pg_temp.refused($$SELECT pg_temp.restore('Copy', 'first', '{}')$$);
COMMIT;
CALL pg_temp.wait_until($$pg_temp.describe('first')->'BackupDetails'->>'BackupStatus' = 'AVAILABLE'$$);
SELECT jsonb_pretty(pg_temp.shown(pg_temp.describe('first'))::jsonb);
SELECT pg_temp.back_up(pg_temp.describe('first')->'SourceTableDetails'->>'TableArn', 'second')->>'BackupName';
CALL pg_temp.wait_until($$pg_temp.describe('second')->'BackupDetails'->>'BackupStatus' = 'AVAILABLE'$$);

-- ---- Restoring ----

-- what has happened since does not matter
SELECT ddb.delete_item('{"TableName": "Music", "Key": {"artist": {"S": "a1"}, "song": {"S": "s"}}}');
SELECT pg_temp.restore('Music', 'first', '{}');
SELECT pg_temp.restore('Copy', 'first', '{"BillingModeOverride": "PAY_PER_REQUEST", "ProvisionedThroughputOverride": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}');
SELECT pg_temp.restore('Copy', 'first', '{"GlobalSecondaryIndexOverride": [{"IndexName": "ByYear", "KeySchema": [{"AttributeName": "song", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}');
SELECT jsonb_pretty(pg_temp.shown(pg_temp.restore('Copy', 'first', '{}'))::jsonb);
SELECT pg_temp.restore('Bare', 'first', '{"BillingModeOverride": "PAY_PER_REQUEST", "GlobalSecondaryIndexOverride": [], "LocalSecondaryIndexOverride": []}') ?| ARRAY['GlobalSecondaryIndexes', 'LocalSecondaryIndexes'];
CALL pg_temp.wait_until($$pg_temp.table_status('Copy') = 'ACTIVE' AND pg_temp.table_status('Bare') = 'ACTIVE'$$);
SELECT (SELECT count(*) FROM dynamodb."Copy"), (SELECT count(*) FROM dynamodb."Bare"), (SELECT count(*) FROM dynamodb."Music"),
	(SELECT count(*) FROM (TABLE dynamodb."Music" EXCEPT TABLE dynamodb."Copy") d), (SELECT count(*) FROM (TABLE dynamodb."Copy" EXCEPT TABLE dynamodb."Music") d);
SELECT * FROM ddb.check_indexes('Copy');
SELECT pg_temp.shown(ddb.describe_table('{"TableName": "Copy"}')::jsonb->'Table'->'RestoreSummary');

-- ---- Lists ----

SELECT pg_temp.list('{}'), pg_temp.list('{"TableName": "Music"}'), pg_temp.list('{"TableName": "Copy"}'), pg_temp.list('{"BackupType": "SYSTEM"}'), pg_temp.list('{"BackupType": "ALL"}'), pg_temp.list('{"BackupType": "AWS_BACKUP"}');
SELECT pg_temp.list('{"TimeRangeLowerBound": 4000000000}'), pg_temp.list('{"TimeRangeUpperBound": 4000000000}');
SELECT pg_temp.shown(ddb.list_backups('{"Limit": 1}')::jsonb);
SELECT pg_temp.list(json_build_object('ExclusiveStartBackupArn', ddb.list_backups('{"Limit": 1}')::jsonb->>'LastEvaluatedBackupArn')::text);
SELECT ddb.list_backups('{"Limit": 2}')::jsonb ? 'LastEvaluatedBackupArn';

-- ---- Who may ----

CREATE ROLE ddb_reader;
CREATE ROLE ddb_keeper;
GRANT SELECT ON dynamodb."Music" TO ddb_reader, ddb_keeper;
GRANT CREATE ON SCHEMA dynamodb TO ddb_keeper;
SET ROLE ddb_reader;
SELECT pg_temp.back_up('Music', 'third');
SELECT pg_temp.describe('first')->'BackupDetails'->>'BackupStatus';
SELECT pg_temp.refused($$SELECT pg_temp.delete('first')$$);
SET ROLE ddb_keeper;
SELECT pg_temp.refused($$SELECT pg_temp.restore('Other', 'first', '{}')$$);
SELECT pg_temp.back_up('Music', 'third')->>'BackupName';
SELECT pg_temp.back_up('Copy', 'fourth')->>'BackupName';
UPDATE ddb.backups SET name = 'mine';
RESET ROLE;
GRANT UPDATE ON ddb.backups TO ddb_keeper;
SET ROLE ddb_keeper;
UPDATE ddb.backups SET name = 'mine';
RESET ROLE;
REVOKE UPDATE ON ddb.backups FROM ddb_keeper;
-- policies would hide items, also from the job of a backup that was asked for before
CALL pg_temp.wait_until($$pg_temp.describe('third')->'BackupDetails'->>'BackupStatus' = 'AVAILABLE'$$);
ALTER TABLE dynamodb."Music" ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_of_it ON dynamodb."Music" USING (true);
SET ROLE ddb_keeper;
SELECT pg_temp.back_up('Music', 'fourth');
RESET ROLE;
ALTER TABLE dynamodb."Music" DISABLE ROW LEVEL SECURITY;
-- SELECT on a backup's relation is the right to restore it, and its owner's is all else
CALL pg_temp.change('first', $$GRANT SELECT ON %s TO ddb_keeper$$);
SET ROLE ddb_keeper;
SELECT pg_temp.restore('Other', 'first', '{}')->>'TableStatus';
SELECT pg_temp.refused($$SELECT pg_temp.delete('first')$$);
RESET ROLE;
CALL pg_temp.wait_until($$pg_temp.table_status('Other') = 'ACTIVE'$$);
SET ROLE ddb_keeper;
SELECT count(*) FROM dynamodb."Other";
SELECT pg_temp.delete('third');
RESET ROLE;
SELECT pg_temp.list('{}');

-- what its owner makes of a backup is the owner's, and harms nobody else
CALL pg_temp.change('second', $$ALTER TABLE %s ADD COLUMN more text, ADD COLUMN other integer; ALTER TABLE %1$s DROP COLUMN more; INSERT INTO %1$s (item, other) VALUES ('{"artist": {"S": "new"}, "song": {"S": "new"}}', 1)$$);
SELECT pg_temp.restore('Touched', 'second', '{}')->>'TableStatus';
CALL pg_temp.wait_until($$pg_temp.table_status('Touched') = 'ACTIVE'$$);
SELECT count(*) FROM dynamodb."Touched";
CALL pg_temp.change('second', $$ALTER TABLE %s DROP COLUMN item$$);
SELECT pg_temp.restore('Emptied', 'second', '{}')->>'TableStatus';
CALL pg_temp.wait_until($$(SELECT state = 'FAILED' FROM ddb.job_progress WHERE table_name = 'Emptied')$$);
SELECT table_name, kind, source_name, state, error FROM ddb.job_progress;
SELECT ddb.delete_table('{"TableName": "Emptied"}')::jsonb#>>'{TableDescription,TableStatus}';

-- ---- A table that is deleted ----

-- without recovery nothing is left
SELECT ddb.delete_table('{"TableName": "Bare"}')::jsonb#>>'{TableDescription,TableStatus}';
SELECT pg_temp.list('{"BackupType": "SYSTEM"}');
SELECT ddb.update_continuous_backups('{"TableName": "Music", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}') IS NOT NULL;
-- further columns, dropped ones, objects on the relation
ALTER TABLE dynamodb."Music" ADD COLUMN gone text DEFAULT 'gone', ADD COLUMN kept text DEFAULT 'kept';
ALTER TABLE dynamodb."Music" DROP COLUMN gone;
CREATE INDEX ON dynamodb."Music" (kept);
GRANT SELECT ON dynamodb."Music" TO ddb_reader;
SELECT count(ddb.put_item(format('{"TableName": "Music", "Item": {"artist": {"S": "b%s"}, "song": {"S": "s"}, "year": {"N": "%s"}, "large": {"S": "%s"}}}', i, i, (SELECT string_agg(md5(j::text), '') FROM generate_series(1, 1000 * i) j))::json))
	FROM generate_series(1, 10) i;
CREATE TABLE was AS SELECT item::text AS item FROM dynamodb."Music";
-- what needs the relation keeps the table
CREATE VIEW on_music AS SELECT artist FROM dynamodb."Music";
SELECT ddb.delete_table('{"TableName": "Music"}');
DROP VIEW on_music;
SELECT pg_temp.list('{"BackupType": "SYSTEM"}'), (SELECT count(*) FROM dynamodb."Music");
BEGIN;
SELECT ddb.delete_table('{"TableName": "Music"}')::jsonb#>>'{TableDescription,TableStatus}';
SELECT pg_temp.list('{"BackupType": "SYSTEM"}');
ROLLBACK;
SELECT pg_temp.list('{"BackupType": "SYSTEM"}'), (SELECT count(*) FROM dynamodb."Music");
-- what is known of its pages goes with them
VACUUM (FREEZE, ANALYZE) dynamodb."Music";
SELECT to_jsonb(c) AS had FROM pg_class c WHERE oid = 'dynamodb."Music"'::regclass \gset
SELECT ddb.delete_table('{"TableName": "Music"}')::jsonb#>>'{TableDescription,TableStatus}';
SELECT key, value, :'had'::jsonb->key FROM ddb.backups b JOIN pg_class c ON c.oid = b.relation, jsonb_each(to_jsonb(c))
	WHERE b.type = 'SYSTEM' AND key IN ('relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid', 'relminmxid') AND value IS DISTINCT FROM :'had'::jsonb->key;
SELECT pg_temp.list('{"BackupType": "SYSTEM"}'), to_regclass('dynamodb."Music"');
SELECT d->>'BackupStatus', (d->>'BackupExpiryDateTime')::numeric - (d->>'BackupCreationDateTime')::numeric FROM (SELECT pg_temp.describe('Music$DeletedTableBackup')->'BackupDetails' AS d) d;
\set ECHO errors
SELECT format('SELECT count(*), count(*) FILTER (WHERE item::text IN (TABLE was)) FROM %s', relation) FROM ddb.backups WHERE type = 'SYSTEM' \gexec
\set ECHO all
SELECT a.attname, c.relam = (SELECT oid FROM pg_am WHERE amname = 'heap'), c.reltoastrelid::regclass::text = 'pg_toast.pg_toast_' || c.oid, c.relhasindex, c.relacl
	FROM ddb.backups b JOIN pg_class c ON c.oid = b.relation JOIN pg_attribute a ON a.attrelid = c.oid WHERE b.type = 'SYSTEM' AND a.attnum > 0 AND NOT a.attisdropped;
\set ECHO errors
SELECT format('VACUUM FULL %s', relation) FROM ddb.backups WHERE type = 'SYSTEM' \gexec
\set ECHO all
SELECT pg_temp.restore('Music', 'Music$DeletedTableBackup', '{}')->>'TableStatus';
CALL pg_temp.wait_until($$pg_temp.table_status('Music') = 'ACTIVE'$$);
SELECT count(*), count(*) FILTER (WHERE item::text IN (TABLE was)) FROM dynamodb."Music";
SELECT * FROM ddb.check_indexes('Music');
-- it is deleted in its time, by the worker
UPDATE ddb.backups SET expires = now() WHERE type = 'SYSTEM';
CALL pg_temp.wait_until($$(SELECT count(*) = 0 FROM ddb.backups WHERE type = 'SYSTEM')$$);

-- ---- A job that fails ----

BEGIN;
SELECT pg_temp.back_up('Copy', 'lost')->>'BackupStatus';
DROP TABLE dynamodb."Copy";
COMMIT;
CALL pg_temp.wait_until($$pg_temp.describe('lost')->'BackupDetails'->>'BackupStatus' = 'DELETED'$$);
SELECT table_name, kind, source_name, state, error FROM ddb.job_progress;
SELECT pg_temp.refused($$SELECT pg_temp.restore('Again', 'lost', '{}')$$);
SELECT pg_temp.delete('lost');

-- what an attempt has left that was given up is in nobody's way, but what its owner has put there is
BEGIN;
SELECT pg_temp.back_up('Other', 'tried')->>'BackupStatus';
SAVEPOINT s;
CALL pg_temp.change('tried', $$INSERT INTO %s SELECT item FROM dynamodb."Other"$$);
ROLLBACK TO s;
SELECT pg_temp.back_up('Other', 'written')->>'BackupStatus';
CALL pg_temp.change('written', $$INSERT INTO %s SELECT item FROM dynamodb."Other" LIMIT 1$$);
COMMIT;
CALL pg_temp.wait_until($$pg_temp.describe('tried')->'BackupDetails'->>'BackupStatus' = 'AVAILABLE'$$);
CALL pg_temp.wait_until($$pg_temp.describe('written')->'BackupDetails'->>'BackupStatus' = 'DELETED'$$);
SELECT name, items FROM ddb.backups WHERE name = 'tried';
SELECT pg_temp.delete('tried'), pg_temp.delete('written');

-- a backup goes with its relation, however that is dropped
SELECT pg_temp.list('{}');
CALL pg_temp.change('first', $$DROP TABLE %s$$);
SELECT pg_temp.list('{}');
SELECT pg_temp.delete('second');
SELECT count(*) FROM ddb.backups;
SELECT count(*) FROM pg_class WHERE relname LIKE '(backup)%';

SELECT ddb.delete_table(json_build_object('TableName', name)) IS NOT NULL FROM ddb.tables WHERE name IN ('Music', 'Other', 'Touched');
DROP TABLE was;
REVOKE CREATE ON SCHEMA dynamodb FROM ddb_keeper;
DROP ROLE ddb_reader, ddb_keeper;
