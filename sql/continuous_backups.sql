-- needs: preloading, the log of changes
-- Point-in-time recovery: what is asked of it, who may, and in which words
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION pg_temp.describe(name text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.describe_continuous_backups(json_build_object('TableName', name))::jsonb->'ContinuousBackupsDescription'
$$;
CREATE FUNCTION pg_temp.update(name text, recovery text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.update_continuous_backups(json_build_object('TableName', name, 'PointInTimeRecoverySpecification', recovery::json))::jsonb->'ContinuousBackupsDescription'
$$;
CREATE FUNCTION pg_temp.restore(target text, more text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.restore_table_to_point_in_time(jsonb_build_object('SourceTableName', 'Music', 'TargetTableName', target, 'UseLatestRestorableTime', true) || more::jsonb)::jsonb->'TableDescription'
$$;
-- Its moments, as what they are to the milliseconds of now.
CREATE FUNCTION pg_temp.window(d jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', d->'PointInTimeRecoveryDescription'->>'PointInTimeRecoveryStatus', d->'PointInTimeRecoveryDescription'->>'RecoveryPeriodInDays',
		CASE WHEN (d->'PointInTimeRecoveryDescription'->>'EarliestRestorableDateTime')::numeric <= (d->'PointInTimeRecoveryDescription'->>'LatestRestorableDateTime')::numeric
			AND (d->'PointInTimeRecoveryDescription'->>'LatestRestorableDateTime')::numeric <= extract(epoch FROM clock_timestamp()) THEN 'restorable' END)
$$;
CREATE FUNCTION pg_temp.table_status(name text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.describe_table(json_build_object('TableName', name))::jsonb->'Table'->>'TableStatus'
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

SELECT ddb.describe_continuous_backups('{}');
SELECT ddb.describe_continuous_backups('{"TableName": "Nothing"}');
SELECT ddb.update_continuous_backups('{}');
SELECT ddb.update_continuous_backups('{"TableName": "Nothing", "PointInTimeRecoverySpecification": {}}');
SELECT ddb.update_continuous_backups('{"TableName": "Nothing", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 36}}');
SELECT ddb.update_continuous_backups('{"TableName": "Nothing", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 0}}');
SELECT ddb.update_continuous_backups('{"TableName": "Nothing", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "yes"}}');
SELECT ddb.update_continuous_backups('{"TableName": "Nothing", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}');
SELECT ddb.restore_table_to_point_in_time('{}');
SELECT ddb.restore_table_to_point_in_time('{"TargetTableName": "T", "SourceTableName": "?"}');
SELECT ddb.restore_table_to_point_in_time('{"TargetTableName": "Copy", "UseLatestRestorableTime": true}');
SELECT ddb.restore_table_to_point_in_time('{"TargetTableName": "Copy", "SourceTableName": "Nothing"}');
SELECT ddb.restore_table_to_point_in_time('{"TargetTableName": "Copy", "SourceTableName": "Nothing", "UseLatestRestorableTime": false}');
SELECT ddb.restore_table_to_point_in_time('{"TargetTableName": "Copy", "SourceTableName": "Nothing", "UseLatestRestorableTime": true, "RestoreDateTime": 1}');
SELECT ddb.restore_table_to_point_in_time('{"TargetTableName": "Copy", "SourceTableName": "Nothing", "RestoreDateTime": "1970-01-01"}');
SELECT ddb.restore_table_to_point_in_time('{"TargetTableName": "Copy", "SourceTableName": "Nothing", "RestoreDateTime": [1]}');
SELECT ddb.restore_table_to_point_in_time('{"TargetTableName": "Copy", "SourceTableName": "Nothing", "RestoreDateTime": 1e300}');
SELECT ddb.restore_table_to_point_in_time('{"TargetTableName": "Copy", "SourceTableName": "Nothing", "RestoreDateTime": 1, "VectorIndexOverride": [{"IndexName": "vectors"}]}');
SELECT ddb.restore_table_to_point_in_time('{"TargetTableName": "Copy", "SourceTableName": "Nothing", "RestoreDateTime": 1, "VectorIndexOverride": []}');
SELECT ddb.restore_table_to_point_in_time('{"TargetTableName": "Copy", "SourceTableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Nothing", "RestoreDateTime": 1.5}');

-- ---- A table without it ----

SELECT ddb.create_table('{"TableName": "Music", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}, "DeletionProtectionEnabled": true,
	"Tags": [{"Key": "a", "Value": "b"}], "TableClass": "STANDARD_INFREQUENT_ACCESS",
	"AttributeDefinitions": [{"AttributeName": "artist", "AttributeType": "S"}, {"AttributeName": "song", "AttributeType": "S"}, {"AttributeName": "year", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "LocalByYear", "KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}],
	"GlobalSecondaryIndexes": [{"IndexName": "ByYear", "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}], "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]},
		"ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 3}}]}') IS NOT NULL;
SELECT pg_temp.describe('Music');
SELECT pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": false}');
SELECT pg_temp.restore('Copy', '{}');

-- ---- Its owner's to switch on ----

CREATE ROLE ddb_reader;
CREATE ROLE ddb_restorer;
GRANT SELECT ON dynamodb."Music" TO ddb_reader, ddb_restorer;
GRANT CREATE ON SCHEMA dynamodb TO ddb_restorer;
SET ROLE ddb_reader;
SELECT pg_temp.describe('Music');
SELECT pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": true}');
RESET ROLE;

-- recovery begins with the transaction, or not at all
BEGIN;
SELECT pg_temp.window(pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 3}'));
SELECT pg_temp.window(pg_temp.describe('Music'));
-- there is no moment yet
SELECT pg_temp.restore('Copy', '{}');
ROLLBACK;
SELECT pg_temp.window(pg_temp.describe('Music'));
SELECT pg_temp.window(pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": true}'));
CALL pg_temp.wait_until($$pg_temp.window(pg_temp.describe('Music')) LIKE '%restorable'$$);

-- the period
SELECT pg_temp.window(pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7}'));
SELECT pg_temp.window(pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7}'));
SELECT pg_temp.window(pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": true}'));
-- what a shorter period has given up, a longer one does not bring back
BEGIN;
UPDATE ddb.continuous_backups SET enabled = now() - interval '20 days';
CREATE FUNCTION pg_temp.days() RETURNS numeric LANGUAGE sql AS $$
	SELECT round((extract(epoch FROM now()) - (pg_temp.describe('Music')->'PointInTimeRecoveryDescription'->>'EarliestRestorableDateTime')::numeric) / 86400, 3)
$$;
SELECT pg_temp.days();
SELECT pg_temp.window(pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 2}')), pg_temp.days();
SELECT pg_temp.window(pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 35}')), pg_temp.days();
ROLLBACK;

-- ---- Restoring ----

SELECT ddb.put_item(format('{"TableName": "Music", "Item": {"artist": {"S": "a%s"}, "song": {"S": "s"}, "year": {"N": "%s"}, "x": {"S": "x"}, "z": {"S": "z"}}}', i, i)::json)
	FROM generate_series(1, 3) i;
SELECT extract(epoch FROM clock_timestamp()) AS written \gset
SELECT pg_temp.restore('Copy', '{"UseLatestRestorableTime": false, "RestoreDateTime": 1000000000}');
SELECT pg_temp.restore('Copy', jsonb_build_object('UseLatestRestorableTime', false, 'RestoreDateTime', extract(epoch FROM now()) + 3600)::text);
SELECT pg_temp.restore('Music', '{}');

-- who may
SET ROLE ddb_reader;
SELECT pg_temp.restore('Copy', '{}');
RESET ROLE;
REVOKE SELECT ON dynamodb."Music" FROM ddb_restorer;
SET ROLE ddb_restorer;
SELECT pg_temp.restore('Copy', '{}');
RESET ROLE;
-- policies that apply to the role would hide items
GRANT SELECT ON dynamodb."Music" TO ddb_restorer;
ALTER TABLE dynamodb."Music" ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_of_it ON dynamodb."Music" USING (true);
SET ROLE ddb_restorer;
SELECT pg_temp.restore('Copy', '{}');
RESET ROLE;
ALTER TABLE dynamodb."Music" DISABLE ROW LEVEL SECURITY;

-- what overrides may be
SELECT pg_temp.restore('Copy', '{"BillingModeOverride": "PAY_PER_REQUEST", "ProvisionedThroughputOverride": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}');
SELECT pg_temp.restore('Copy', '{"OnDemandThroughputOverride": {"MaxReadRequestUnits": 1}}');
SELECT pg_temp.restore('Copy', '{"SSESpecificationOverride": {"Enabled": true, "SSEType": "AES256"}}');
SELECT pg_temp.restore('Copy', '{"GlobalSecondaryIndexOverride": [{"IndexName": "Other", "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}');
SELECT pg_temp.restore('Copy', '{"GlobalSecondaryIndexOverride": [{"IndexName": "ByYear", "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}');
SELECT pg_temp.restore('Copy', '{"GlobalSecondaryIndexOverride": [{"IndexName": "ByYear", "KeySchema": [{"AttributeName": "song", "KeyType": "HASH"}], "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["y", "x"]}}]}');
SELECT pg_temp.restore('Copy', '{"LocalSecondaryIndexOverride": [{"IndexName": "ByYear", "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}], "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["y", "x"]}}]}');
SELECT pg_temp.restore('Copy', '{"BillingModeOverride": "PAY_PER_REQUEST", "GlobalSecondaryIndexOverride": [{"IndexName": "ByYear", "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}],
	"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["y", "x"]}, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}]}');

-- the table while it is being created
CREATE FUNCTION pg_temp.brief(d jsonb) RETURNS jsonb LANGUAGE sql AS $$
	SELECT d - '{TableId,CreationDateTime,TableArn,AttributeDefinitions,KeySchema,WarmThroughput,ItemCount,TableSizeBytes}'::text[]
		#- '{RestoreSummary,RestoreDateTime}' #- '{BillingModeSummary,LastUpdateToPayPerRequestDateTime}'
		#- '{GlobalSecondaryIndexes,0,WarmThroughput}' #- '{GlobalSecondaryIndexes,0,KeySchema}' #- '{LocalSecondaryIndexes,0,KeySchema}'
$$;
BEGIN;
SELECT jsonb_pretty(pg_temp.brief(pg_temp.restore('Copy', '{}')));
SAVEPOINT restored;
SELECT ddb.get_item('{"TableName": "Copy", "Key": {"artist": {"S": "a1"}, "song": {"S": "s"}}}');
ROLLBACK TO restored;
SELECT ddb.put_item('{"TableName": "Copy", "Item": {"artist": {"S": "a1"}, "song": {"S": "s"}}}');
ROLLBACK TO restored;
SELECT ddb.update_table('{"TableName": "Copy", "DeletionProtectionEnabled": true}');
ROLLBACK TO restored;
SELECT ddb.delete_table('{"TableName": "Copy"}');
ROLLBACK TO restored;
SELECT pg_temp.update('Copy', '{"PointInTimeRecoveryEnabled": true}');
ROLLBACK TO restored;
SELECT pg_temp.describe('Copy');
SELECT ddb.list_tags_of_resource('{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Copy"}');
SELECT table_name, kind, source_name, state, error FROM ddb.job_progress;
ROLLBACK;
SELECT count(*) FROM ddb.jobs;
BEGIN;
SELECT jsonb_pretty(pg_temp.brief(pg_temp.restore('Copy', '{"BillingModeOverride": "PAY_PER_REQUEST", "OnDemandThroughputOverride": {"MaxReadRequestUnits": 9}, "SSESpecificationOverride": {"Enabled": true},
	"LocalSecondaryIndexOverride": [], "GlobalSecondaryIndexOverride": [{"IndexName": "ByYear", "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"}],
	"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["y", "x"]}, "OnDemandThroughput": {"MaxWriteRequestUnits": 8}}]}')));
ROLLBACK;
BEGIN;
SELECT jsonb_pretty(pg_temp.brief(pg_temp.restore('Copy', '{"ProvisionedThroughputOverride": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}, "GlobalSecondaryIndexOverride": []}')));
ROLLBACK;

-- and when it is there, of a moment behind the writes above
CALL pg_temp.wait_until(format($$(pg_temp.describe('Music')->'PointInTimeRecoveryDescription'->>'LatestRestorableDateTime')::numeric > %s$$, :written));
SET ROLE ddb_restorer;
SELECT pg_temp.restore('Copy', '{}')->>'TableStatus';
RESET ROLE;
CALL pg_temp.wait_until($$pg_temp.table_status('Copy') = 'ACTIVE'$$);
SELECT relowner::regrole FROM pg_class WHERE oid = 'dynamodb."Copy"'::regclass;
SELECT item FROM dynamodb."Copy" ORDER BY artist;
SELECT item FROM dynamodb."Copy/ByYear" ORDER BY year;
SELECT * FROM ddb.check_indexes('Copy');
SELECT ddb.describe_table('{"TableName": "Copy"}')::jsonb->'Table'->'RestoreSummary'->>'RestoreInProgress';
SELECT ddb.put_item('{"TableName": "Copy", "Item": {"artist": {"S": "new"}, "song": {"S": "s"}}}');
SELECT count(*) FROM ddb.jobs;

-- what is touched while it is being created is not filled, and can be deleted
BEGIN;
SELECT pg_temp.restore('Touched', '{}')->>'TableStatus';
INSERT INTO dynamodb."Touched" (item) VALUES ('{"artist": {"S": "mine"}, "song": {"S": "s"}}');
COMMIT;
CALL pg_temp.wait_until($$EXISTS (SELECT FROM ddb.job_progress WHERE state = 'FAILED')$$);
SELECT table_name, kind, source_name, state, error FROM ddb.job_progress;
SELECT pg_temp.table_status('Touched');
SELECT ddb.delete_table('{"TableName": "Touched"}')::jsonb->'TableDescription'->>'TableStatus';
SELECT count(*) FROM ddb.jobs;

-- nobody's functions are run by the worker
BEGIN;
SELECT pg_temp.restore('Triggered', '{}')->>'TableStatus';
CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'as %', current_user; END$$;
CREATE TRIGGER refuse BEFORE INSERT ON dynamodb."Triggered" FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse();
COMMIT;
CALL pg_temp.wait_until($$EXISTS (SELECT FROM ddb.job_progress WHERE state = 'FAILED')$$);
SELECT table_name, error FROM ddb.job_progress;
SELECT ddb.delete_table('{"TableName": "Triggered"}') IS NOT NULL;

-- nor those on an index's relation
CREATE FUNCTION public.refuse(item ddb.item) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE EXCEPTION 'as %', current_user; END$$;
SET ROLE ddb_restorer;
BEGIN;
SELECT pg_temp.restore('Indexed', '{}')->>'TableStatus';
CREATE INDEX ON dynamodb."Indexed/ByYear" (public.refuse(item));
COMMIT;
RESET ROLE;
CALL pg_temp.wait_until($$EXISTS (SELECT FROM ddb.job_progress WHERE table_name = 'Indexed' AND state = 'FAILED')$$);
SELECT table_name, error FROM ddb.job_progress;
SELECT ddb.delete_table('{"TableName": "Indexed"}') IS NOT NULL;
DROP FUNCTION public.refuse;

-- ---- The end ----

SELECT pg_temp.window(pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": false}'));
SELECT pg_temp.restore('Again', '{}');
-- at once on again: it begins anew
SELECT pg_temp.window(pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": true}')) ~ '^ENABLED 35';
CALL pg_temp.wait_until($$pg_temp.window(pg_temp.describe('Music')) LIKE '%restorable'$$);
SELECT pg_temp.window(pg_temp.update('Music', '{"PointInTimeRecoveryEnabled": false}'));
CALL pg_temp.wait_until($$NOT EXISTS (SELECT FROM ddb.continuous_backups)$$);
SELECT ddb.update_table('{"TableName": "Music", "DeletionProtectionEnabled": false}') IS NOT NULL;
SELECT ddb.delete_table(json_build_object('TableName', name)) IS NOT NULL FROM unnest('{Music,Copy}'::text[]) name;
REVOKE CREATE ON SCHEMA dynamodb FROM ddb_restorer;
DROP ROLE ddb_reader, ddb_restorer;
