#!/bin/bash
# Backups in a bucket that is a folder, of two servers: what is made on the one is listed, described and restored on the other; whoever is
# killed, and whatever the files say. ROUNDS says how often a process is killed.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
rounds=${ROUNDS:-3}

# The other server has nothing of the first but the folder of its buckets.
for server in other cluster; do
	new_cluster $server <<-END
	max_worker_processes = 20
	ddb.bucket_directory = '$cluster/buckets'
	END
	sql -o /dev/null -c 'CREATE ROLE "Back up'"'s\" LOGIN" -c 'CREATE ROLE stranger' -c 'CREATE DATABASE "data"'
	PGDATABASE=data
	sql -o /dev/null <<-'SQL'
	CREATE EXTENSION ddb;
	CREATE SERVER "My.Backups-1" FOREIGN DATA WRAPPER ddb_bucket;
	CREATE SERVER empty FOREIGN DATA WRAPPER ddb_bucket;
	SELECT format('ALTER DATABASE %I SET ddb.backup_bucket = %L', current_database(), 'My.Backups-1') \gexec
	CREATE FUNCTION backup(name text, backup text) RETURNS text LANGUAGE sql AS $$
		SELECT ddb.create_backup(jsonb_build_object('TableName', name, 'BackupName', backup))::jsonb->'BackupDetails'->>'BackupArn'
	$$;
	CREATE FUNCTION description(arn text) RETURNS jsonb LANGUAGE sql AS $$
		SELECT ddb.describe_backup(jsonb_build_object('BackupArn', arn))::jsonb->'BackupDescription'
	$$;
	CREATE FUNCTION status(arn text) RETURNS text LANGUAGE sql AS $$ SELECT description(arn)->'BackupDetails'->>'BackupStatus' $$;
	CREATE FUNCTION restore(arn text, name text, more text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
		SELECT ddb.restore_table_from_backup(jsonb_build_object('BackupArn', arn, 'TargetTableName', name) || more::jsonb)::jsonb->'TableDescription'->>'TableStatus'
	$$;
	CREATE FUNCTION drop_backup(arn text) RETURNS text LANGUAGE sql AS $$
		SELECT ddb.delete_backup(jsonb_build_object('BackupArn', arn))::jsonb#>>'{BackupDescription,BackupDetails,BackupStatus}'
	$$;
	CREATE FUNCTION table_status(name text) RETURNS text LANGUAGE sql AS $$
		SELECT ddb.describe_table(json_build_object('TableName', name))::jsonb->'Table'->>'TableStatus'
	$$;
	-- What a backup says, but for its status.
	CREATE FUNCTION told(arn text) RETURNS text LANGUAGE sql AS $$ SELECT (description(arn) #- '{BackupDetails,BackupStatus}')::text $$;
	CREATE FUNCTION names(request text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
		SELECT coalesce(string_agg(s->>'BackupName', ' ' ORDER BY n), '')
			FROM jsonb_array_elements(ddb.list_backups(request::json)::jsonb->'BackupSummaries') WITH ORDINALITY AS l (s, n)
	$$;
	CREATE FUNCTION reason(name text) RETURNS text LANGUAGE sql AS $$
		SELECT state || ': ' || error FROM ddb.job_progress WHERE table_name = name
	$$;
	SQL
done
# at SERVER: what follows is done there.
at() {
	use_cluster "$DDB_WORK/$1"
	PGDATABASE=data
}
sql -o /dev/null <<'SQL'
SELECT ddb.create_table('{"TableName": "Mu.sic-_1", "BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 3},
	"AttributeDefinitions": [{"AttributeName": "ar\"tist", "AttributeType": "S"}, {"AttributeName": "song", "AttributeType": "N"}, {"AttributeName": "größe", "AttributeType": "B"}],
	"KeySchema": [{"AttributeName": "ar\"tist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}],
	"GlobalSecondaryIndexes": [{"IndexName": "By.Size", "KeySchema": [{"AttributeName": "größe", "KeyType": "HASH"}], "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["te\\xt", "m"]},
		"ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": 1}}],
	"LocalSecondaryIndexes": [{"IndexName": "Local", "KeySchema": [{"AttributeName": "ar\"tist", "KeyType": "HASH"}, {"AttributeName": "größe", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}],
	"SSESpecification": {"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "alias/mine"}, "TableClass": "STANDARD_INFREQUENT_ACCESS"}');
SELECT count(ddb.put_item(jsonb_build_object('TableName', 'Mu.sic-_1', 'Item', jsonb_build_object('ar"tist', jsonb_build_object('S', 'ä"' || i % 50),
	'song', jsonb_build_object('N', (i - 1000)::text || '.' || i), 'größe', jsonb_build_object('B', encode(i::text::bytea, 'base64')),
	'te\xt', jsonb_build_object('S', repeat('x', CASE WHEN i % 500 = 0 THEN 30000 ELSE i % 50 END)),
	'm', '{"M": {"l": {"L": [{"NULL": true}, {"BOOL": false}, {"B": "AAEC"}, {"N": "1E-130"}, {"S": ""}, {"L": []}, {"M": {}}]},
		"ss": {"SS": ["a", "ü"]}, "ns": {"NS": ["1", "-2.5", "9.9999999999999999999999999999999999999E+125"]}, "bs": {"BS": ["AA==", "/w=="]}}}'::jsonb))))
	FROM generate_series(1, 5000) i;
SELECT ddb.update_time_to_live('{"TableName": "Mu.sic-_1", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "ends"}}');
SELECT ddb.create_table('{"TableName": "Empty", "BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxReadRequestUnits": 9},
	"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}');
SQL
bucket=$cluster/buckets/My.Backups-1

# available ARN: it is, within a minute.
available() {
	wait_until "SELECT status('$1') = 'AVAILABLE'"
}
# refused STATEMENT: what psql says of it.
refused() {
	sql -c "$1" 2>&1 || true
}
# folder ARN: where its files are.
folder() {
	local table=${1%/backup/*}
	echo "$bucket/AWSDynamoDB/backups/${table##*/}/${1##*/}"
}
# content TABLE FILE: its items, in their order.
content() {
	sql -c "SELECT item::text FROM dynamodb.\"$1\" ORDER BY item::text COLLATE \"C\"" >"$2"
}
# failed NAME: the restore of the table has, within a minute; shows why.
failed() {
	wait_until "SELECT reason('$1') LIKE 'FAILED: %'" && sql -c "SELECT reason('$1'), table_status('$1')"
}

# ---- One makes it, the other has it ----

sql -c 'SET ddb.backup_bucket = $$$$' -o /dev/null -c "SELECT backup('Empty', 'in.a.relation')"
ok "expiry is on" wait_until "SELECT ddb.describe_time_to_live('{\"TableName\": \"Mu.sic-_1\"}')::jsonb #>> '{TimeToLiveDescription,TimeToLiveStatus}' = 'ENABLED'"
arn=$(sql -c "SELECT backup('Mu.sic-_1', 'nightly')")
ok "it is made" available "$arn"
ok "its record and its job go" wait_until "SELECT NOT EXISTS (SELECT FROM ddb.bucket_backups) AND NOT EXISTS (SELECT FROM ddb.jobs)"
ok "of an empty table too" available "$(sql -c "SELECT backup('Empty', 'empty')")"
is "what lies in the bucket" "$(as_server_user sh -c "cd '$(folder "$arn")' && find . -type f | sed 's/[0-9a-f]\{26\}/NAME/' | sort")" './_started
./data/NAME.json.gz
./manifest-backup.json
./manifest-files.checksum
./manifest-files.json'
is "the description" "$(as_server_user cat "$(folder "$arn")/manifest-backup.json" | jq -c '[.FormatVersion, .BackupName, .ItemCount, .TableCreationParameters.TableName, .TableCreationParameters.GlobalSecondaryIndexes[0].ProvisionedThroughput.ReadCapacityUnits, .TimeToLiveDescription.AttributeName]')" \
	'[1,"nightly",5000,"Mu.sic-_1",2,"ends"]'
is "what DescribeBackup tells" "$(sql -c "SELECT d #>> '{BackupDetails,BackupName}', d #>> '{BackupDetails,BackupType}', d #>> '{SourceTableDetails,ItemCount}', d #>> '{SourceTableDetails,ProvisionedThroughput,ReadCapacityUnits}', d #>> '{SourceTableFeatureDetails,GlobalSecondaryIndexes,0,ProvisionedThroughput,ReadCapacityUnits}', d #>> '{SourceTableFeatureDetails,TimeToLiveDescription,AttributeName}', d #>> '{SourceTableFeatureDetails,LocalSecondaryIndexes,0,IndexName}' FROM description('$arn') d")" \
	'nightly|USER|5000|7|2|ends|Local'
# as a backup in a relation does
sql -c 'SET ddb.backup_bucket = $$$$' -o /dev/null -c "SELECT backup('Mu.sic-_1', 'nightly')"
ok "the same in a relation" wait_until "SELECT count(*) = 1 FROM ddb.backups WHERE status = 'AVAILABLE' AND table_name = 'Mu.sic-_1'"
is "is told in the same words" "$(sql -c "SELECT d #- '{BackupDetails,BackupArn}' #- '{BackupDetails,BackupCreationDateTime}' FROM (SELECT description('$arn') UNION ALL SELECT description('${arn%/*}/' || backup) FROM ddb.backups WHERE table_name = 'Mu.sic-_1') x (d)" | sort -u | wc -l)" 1
sql -o /dev/null -c "SELECT drop_backup('${arn%/*}/' || backup) FROM ddb.backups WHERE table_name = 'Mu.sic-_1'"

# What the worker's last transaction does comes while somebody lists: the description is there, and the record goes.
mv "$(folder "$arn")/manifest-backup.json" "$DDB_WORK/description"
exec {holder}> >(sql -o /dev/null)
echo 'BEGIN; LOCK TABLE ddb.bucket_backups;' >&$holder
ok "the records are held" wait_until "SELECT count(*) = 1 FROM pg_locks WHERE relation = 'ddb.bucket_backups'::regclass AND mode = 'AccessExclusiveLock' AND granted"
sql -c "SELECT names('{\"TableName\": \"Mu.sic-_1\"}')" >"$DDB_WORK/listed" &
listing=$!
ok "a list waits for them" wait_until "SELECT count(*) = 1 FROM pg_locks WHERE relation = 'ddb.bucket_backups'::regclass AND NOT granted"
mv "$DDB_WORK/description" "$(folder "$arn")/manifest-backup.json"
echo 'COMMIT;' >&$holder
exec {holder}>&-
wait "$listing"
is "a backup that is done while they are listed is listed" "$(cat "$DDB_WORK/listed")" nightly

# Who deletes a backup waits for who is about to restore it.
hold_jobs
exec {holder}> >(sql -o /dev/null)
echo "BEGIN; SELECT restore('$arn', 'Meant');" >&$holder
ok "a restore is asked for" wait_until "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'object' AND classid = 'ddb.bucket_backups'::regclass AND granted"
refused "SELECT drop_backup('$arn')" >"$DDB_WORK/deleted" &
deleting=$!
ok "its deletion waits for that" wait_until "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'object' AND classid = 'ddb.bucket_backups'::regclass AND NOT granted"
echo 'COMMIT;' >&$holder
exec {holder}>&-
wait "$deleting"
like "and is refused then" "$(cat "$DDB_WORK/deleted")" 'BackupInUseException: Backup is being used to restore a table'
let_jobs_go
ok "it is restored" wait_until "SELECT table_status('Meant') = 'ACTIVE'"
sql -o /dev/null -c 'DROP TABLE dynamodb."Meant"'

content Mu.sic-_1 "$DDB_WORK/was"
told=$(sql -c "SELECT told('$arn')")
sql -o /dev/null -c "SELECT ddb.delete_table('{\"TableName\": \"Mu.sic-_1\"}')"
at other
is "the other server lists it" "$(sql -c 'SELECT names()' -c "SELECT names('{\"TableName\": \"Mu.sic-_1\"}')")" $'nightly empty\nnightly'
is "and tells the same" "$(sql -c "SELECT told('$arn')")" "$told"
is "a restore" "$(sql -c "SELECT restore('$arn', 'Restored')")" CREATING
ok "is done" wait_until "SELECT table_status('Restored') = 'ACTIVE'"
content Restored "$DDB_WORK/is"
ok "every item is the same" cmp "$DDB_WORK/was" "$DDB_WORK/is"
is "and there are" "$(wc -l <"$DDB_WORK/is")" 5000
is "the indexes agree" "$(sql -c "SELECT count(*) FROM ddb.check_indexes('Restored')")" 0
is "and are the same" "$(sql -c "SELECT ddb.query('{\"TableName\": \"Restored\", \"IndexName\": \"By.Size\", \"KeyConditionExpression\": \"#g = :g\", \"ExpressionAttributeNames\": {\"#g\": \"größe\"}, \"ExpressionAttributeValues\": {\":g\": {\"B\": \"NzE=\"}}}')::jsonb#>>'{Items,0,song,N}'")" '-929.71'
is "and so are the settings" "$(sql -c "SELECT t #>> '{ProvisionedThroughput,ReadCapacityUnits}', t #>> '{GlobalSecondaryIndexes,0,ProvisionedThroughput,ReadCapacityUnits}', t #>> '{TableClassSummary,TableClass}', t #>> '{SSEDescription,SSEType}', t #>> '{RestoreSummary,SourceBackupArn}' = '$arn' FROM (SELECT ddb.describe_table('{\"TableName\": \"Restored\"}')::jsonb->'Table') x (t)")" \
	'7|2|STANDARD_INFREQUENT_ACCESS|KMS|t'
is "overrides" "$(sql -c "SELECT restore('$arn', 'Overridden', '{\"BillingModeOverride\": \"PAY_PER_REQUEST\", \"GlobalSecondaryIndexOverride\": []}')")" CREATING
ok "too" wait_until "SELECT table_status('Overridden') = 'ACTIVE'"
is "hold" "$(sql -c "SELECT t #>> '{BillingModeSummary,BillingMode}', t ? 'GlobalSecondaryIndexes', t #>> '{LocalSecondaryIndexes,0,IndexName}' FROM (SELECT ddb.describe_table('{\"TableName\": \"Overridden\"}')::jsonb->'Table') x (t)")" 'PAY_PER_REQUEST|f|Local'
is "ImportTable reads the files too" "$(sql -c "SELECT ddb.import_table(json_build_object('S3BucketSource', json_build_object('S3Bucket', 'My.Backups-1', 'S3KeyPrefix', 'AWSDynamoDB/backups/Mu.sic-_1/${arn##*/}/'), 'InputFormat', 'DYNAMODB_JSON', 'InputCompressionType', 'GZIP',
	'TableCreationParameters', jsonb_set(convert_from(ddb.read_object('My.Backups-1', 'AWSDynamoDB/backups/Mu.sic-_1/${arn##*/}/manifest-backup.json'), 'UTF8')::jsonb->'TableCreationParameters', '{TableName}', '\"Imported\"')))::jsonb #>> '{ImportTableDescription,ImportStatus}'")" IN_PROGRESS
ok "and its parameters" wait_until "SELECT status = 'COMPLETED' AND imported = 5000 FROM ddb.imports"

# ---- Lists over both kinds ----

at cluster
sleep 0.01
for i in 1 2 3; do
	sql -o /dev/null -c "SELECT backup('Empty', 'bucket$i')" -c 'SET ddb.backup_bucket = $$$$' -c "SELECT backup('Empty', 'relation$i')"
	ok "a backup of each kind ($i)" wait_until "SELECT names() LIKE '%bucket$i relation$i' AND NOT EXISTS (SELECT FROM ddb.jobs)"
done
all='in.a.relation nightly empty bucket1 relation1 bucket2 relation2 bucket3 relation3'
is "both kinds, the oldest first" "$(sql -c 'SELECT names()')" "$all"
is "on pages" "$(sql <<'SQL'
CREATE FUNCTION pages(page int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	request jsonb := jsonb_build_object('Limit', page);
	response jsonb;
	result text := '';
BEGIN
	LOOP
		response := ddb.list_backups(request);
		ASSERT jsonb_array_length(response->'BackupSummaries') <= page;
		result := concat_ws(' ', nullif(result, ''), (SELECT string_agg(s->>'BackupName', ' ') FROM jsonb_array_elements(response->'BackupSummaries') s));
		EXIT WHEN NOT response ? 'LastEvaluatedBackupArn';
		request := request || jsonb_build_object('ExclusiveStartBackupArn', response->'LastEvaluatedBackupArn');
	END LOOP;
	RETURN result;
END
$$;
SELECT DISTINCT pages(n) FROM generate_series(1, 10) n;
SQL
)" "$all"
is "of one table" "$(sql -c "SELECT names('{\"TableName\": \"Mu.sic-_1\"}')")" nightly
is "of a type" "$(sql -c "SELECT names('{\"BackupType\": \"SYSTEM\"}'), names('{\"BackupType\": \"ALL\"}')")" "|$all"
third=$(sql -c "SELECT ddb.list_backups('{}')::jsonb #>> '{BackupSummaries,3,BackupCreationDateTime}'")
is "from a time on" "$(sql -c "SELECT names('{\"TimeRangeLowerBound\": $third}')")" 'bucket1 relation1 bucket2 relation2 bucket3 relation3'
is "up to a time" "$(sql -c "SELECT names('{\"TimeRangeUpperBound\": $third}')")" 'in.a.relation nightly empty'
is "without the setting" "$(sql -c 'SET ddb.backup_bucket = $$$$' -c 'SELECT names()')" 'in.a.relation relation1 relation2 relation3'
is "of another bucket" "$(sql -c 'SET ddb.backup_bucket = $$empty$$' -c 'SELECT names()')" 'in.a.relation relation1 relation2 relation3'
like "of a bucket that is not there" "$(sql -c 'SET ddb.backup_bucket = $$nowhere$$' -c 'SELECT names()' 2>&1 || true)" 'ValidationException: The specified bucket does not exist: nowhere'
like "a backup that is in another bucket" "$(sql -c 'SET ddb.backup_bucket = $$empty$$' -c "SELECT status('$arn')" 2>&1 || true)" 'BackupNotFoundException: '
like "an identifier that leads elsewhere" "$(refused "SELECT status('${arn%/*}/../${arn##*/}')")" 'BackupNotFoundException: '
like "one of another table" "$(refused "SELECT status('$(sed 's/Mu.sic-_1/Empty/' <<<"$arn")')")" 'BackupNotFoundException: '

# ---- Who may ----

sql -o /dev/null <<'SQL'
SELECT ddb.create_table('{"TableName": "Small", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "N"}], "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}');
SELECT count(ddb.put_item(jsonb_build_object('TableName', 'Small', 'Item', jsonb_build_object('k', jsonb_build_object('N', i::text))))) FROM generate_series(1, 100) i;
GRANT SELECT ON dynamodb."Small" TO "Back up's", stranger;
GRANT USAGE ON FOREIGN SERVER "My.Backups-1" TO "Back up's";
SQL
like "without USAGE nothing is made" "$(sql -c 'SET ROLE stranger' -c "SELECT backup('Small', 'denied')" 2>&1 || true)" 'AccessDeniedException: .*My.Backups-1'
like "described" "$(sql -c 'SET ROLE stranger' -c "SELECT status('$arn')" 2>&1 || true)" 'AccessDeniedException: .*My.Backups-1'
like "listed" "$(sql -c 'SET ROLE stranger' -c "SELECT names()" 2>&1 || true)" 'AccessDeniedException: .*My.Backups-1'
like "restored" "$(sql -c 'GRANT CREATE ON SCHEMA dynamodb TO stranger' -c 'SET ROLE stranger' -c "SELECT restore('$arn', 'Denied')" 2>&1 || true)" 'AccessDeniedException: .*My.Backups-1'
like "or deleted" "$(sql -c 'SET ROLE stranger' -c "SELECT drop_backup('$arn')" 2>&1 || true)" 'AccessDeniedException: .*My.Backups-1'
is "but what is in relations is listed" "$(sql -c 'SET ROLE stranger' -c 'SET ddb.backup_bucket = $$$$' -c 'SELECT names()')" 'in.a.relation relation1 relation2 relation3'
small=$(sql -c "SET ROLE \"Back up's\"" -c "SELECT backup('Small', 'small')")
ok "USAGE is enough" available "$small"
like "but not to restore" "$(sql -c "SET ROLE \"Back up's\"" -c "SELECT restore('$small', 'Denied')" 2>&1 || true)" 'AccessDeniedException: .*Denied'
like "and not for another's table" "$(sql -c 'REVOKE SELECT ON dynamodb."Small" FROM "Back up'"'s\"" -c "SET ROLE \"Back up's\"" -c "SELECT backup('Small', 'denied')" 2>&1 || true)" 'AccessDeniedException: .*Small'
# rights that are taken away before the job begins
sql -c 'GRANT SELECT ON dynamodb."Small" TO "Back up'"'s\"" -c 'GRANT CREATE ON SCHEMA dynamodb TO "Back up'"'s\""
revoked=$(sql -c BEGIN -c "SET ROLE \"Back up's\"" -c "SELECT backup('Small', 'revoked')" -c 'RESET ROLE' -c 'REVOKE SELECT ON dynamodb."Small" FROM "Back up'"'s\"" -c COMMIT)
ok "the worker asks for the table again" wait_until "SELECT status('$revoked') = 'DELETED'"
is "and says so" "$(sql -c "SELECT status, error FROM ddb.bucket_backups")" 'FAILED|Access is denied to the table'"'"'s relation: Small'
like "what has failed cannot be restored" "$(refused "SELECT restore('$revoked', 'Nothing')")" 'BackupNotFoundException: Backup not found: '
is "but be deleted" "$(sql -c "SELECT drop_backup('$revoked')")" DELETED
ok "and is gone" wait_until 'SELECT count(*) = 0 FROM ddb.bucket_backups'
revoke='REVOKE USAGE ON FOREIGN SERVER "My.Backups-1" FROM "Back up'"'s\""
grant='GRANT USAGE ON FOREIGN SERVER "My.Backups-1" TO "Back up'"'s\""
sql -c 'GRANT SELECT ON dynamodb."Small" TO "Back up'"'s\""
revoked=$(sql -c BEGIN -c "SET ROLE \"Back up's\"" -c "SELECT backup('Small', 'revoked')" -c 'RESET ROLE' -c "$revoke" -c COMMIT)
ok "and for the bucket" wait_until "SELECT status('$revoked') = 'DELETED'"
is "of which it writes nothing" "$(as_server_user test -e "$(folder "$revoked")" && echo there)" ''
is "a restore is asked" "$(sql -c "$grant" -c BEGIN -c "SET ROLE \"Back up's\"" -c "SELECT restore('$small', 'Revoked')" -c 'RESET ROLE' -c "$revoke" -c COMMIT)" CREATING
is "again too" "$(failed Revoked)" 'FAILED: Access is denied to the bucket: My.Backups-1|CREATING'
is "a deletion is asked" "$(sql -c "$grant" -c BEGIN -c "SET ROLE \"Back up's\"" -c "SELECT drop_backup('$small')" -c 'RESET ROLE' -c "$revoke" -c COMMIT)" DELETED
ok "again too, and what is in the bucket is there again" available "$small"
sql -o /dev/null -c "SELECT drop_backup('$revoked')"

# ---- While it is made ----

making=$(sql -c BEGIN -c "SELECT backup('Small', 'making')" -c "SELECT status(d) FROM (SELECT '${small%/*}/' || backup FROM ddb.bucket_backups WHERE status = 'CREATING') x (d)" -c ROLLBACK)
is "it is CREATING for who asks" "$(tail -1 <<<"$making")" CREATING
like "and not made where that is taken back" "$(refused "SELECT status('$(head -1 <<<"$making")')")" BackupNotFoundException
like "the table stays" "$(sql -c BEGIN -c "SELECT backup('Small', 'making')" -c "SELECT ddb.delete_table('{\"TableName\": \"Small\"}')" 2>&1 || true)" 'ResourceInUseException: .*being backed up'
like "and it is not deleted" "$(sql -c BEGIN -c "SELECT drop_backup(backup('Small', 'making'))" 2>&1 || true)" 'BackupInUseException: '
like "nor restored" "$(sql -c BEGIN -c "SELECT restore(backup('Small', 'making'), 'Early')" 2>&1 || true)" 'BackupInUseException: '
dropped=$(sql -c BEGIN -c "SELECT backup('Small', 'dropped')" -c 'DROP TABLE dynamodb."Small"' -c COMMIT)
is "a table that is dropped" "$(sql -c "SELECT status('$dropped')" -c "SELECT drop_backup('$dropped')")" $'DELETED\nDELETED'
ok "leaves nothing" wait_until 'SELECT count(*) = 0 FROM ddb.bucket_backups'

# A store that is not there now may be there later.
sql -o /dev/null <<'SQL'
SELECT ddb.create_table('{"TableName": "Waiting", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "N"}], "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}');
CREATE SERVER away FOREIGN DATA WRAPPER ddb_bucket OPTIONS (store 's3');
CREATE USER MAPPING FOR PUBLIC SERVER away OPTIONS (access_key_id 'AKIAIOSFODNN7EXAMPLE', secret_access_key 'none');
ALTER SYSTEM SET ddb.s3_endpoint = 'http://127.0.0.1:1';
SQL
configure ddb.s3_attempts 1
ok "a backup waits for its store" eval "sql -c 'SET ddb.backup_bucket = away' -c \"SELECT backup('Waiting', 'waiting')\" -o /dev/null && wait_until \"SELECT reason('Waiting') LIKE 'WAITING: %'\""
like "for which its table stays" "$(sql -c "SELECT ddb.delete_table('{\"TableName\": \"Waiting\"}')" 2>&1 || true)" 'ResourceInUseException: .*being backed up'
sql -o /dev/null -c 'DROP SERVER away CASCADE' -c 'ALTER SYSTEM RESET ddb.s3_endpoint' -c 'ALTER SYSTEM RESET ddb.s3_attempts' -c 'SELECT pg_reload_conf()' 2>/dev/null
ok "until the bucket is no more" wait_until "SELECT count(*) = 0 FROM ddb.jobs WHERE state <> 'FAILED'"
is "then it can be deleted" "$(sql -c "SELECT ddb.delete_table('{\"TableName\": \"Waiting\"}')::jsonb->'TableDescription'->>'TableStatus'")" DELETING
sql -o /dev/null -c 'CREATE SERVER away FOREIGN DATA WRAPPER ddb_bucket' -c 'SET ddb.backup_bucket = away' \
	-c "SELECT drop_backup(replace('${small%/*}/', '/Small/', '/Waiting/') || backup) FROM ddb.bucket_backups WHERE table_name = 'Waiting'"

# ---- Deleting ----

is "it is deleted" "$(sql -c BEGIN -c "SELECT drop_backup('$small')" -c "SELECT names('{\"TableName\": \"Small\"}')" -c ROLLBACK)" DELETED
is "unless that is taken back" "$(sql -c "SELECT names('{\"TableName\": \"Small\"}')")" small
like "not while it is restored" "$(sql -c BEGIN -c "SELECT restore('$small', 'Early')" -c "SELECT drop_backup('$small')" 2>&1 || true)" 'BackupInUseException: '
at other
is "the other server" "$(sql -c "SELECT drop_backup('$small')")" DELETED
like "does not know it any more" "$(refused "SELECT status('$small')")" BackupNotFoundException
ok "removes its files" wait_until 'SELECT count(*) = 0 FROM ddb.bucket_backups'
is "all of them" "$(as_server_user test -e "$(folder "$small")" && echo there)" ''
at cluster
like "nor does the first" "$(refused "SELECT status('$small')")" BackupNotFoundException

# ---- A copy of the database ----

# Nothing is done while somebody has the lock of whoever does jobs.
sql -c 'CREATE TABLE holding AS SELECT true'
sql -o /dev/null <<'SQL' &
BEGIN;
LOCK TABLE ddb.jobs IN SHARE UPDATE EXCLUSIVE MODE;
DO $$ BEGIN WHILE EXISTS (SELECT FROM holding) LOOP PERFORM pg_sleep(0.05); END LOOP; END $$;
COMMIT;
SQL
holder=$!
ok "nobody does jobs" wait_until "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'ddb.jobs'::regclass AND mode = 'ShareUpdateExclusiveLock' AND granted AND pid NOT IN (SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb job')"
dumped=$(sql -c "SELECT backup('Empty', 'dumped')")
pg_dump -f "$DDB_WORK/dump.sql" data
sql -c 'CREATE DATABASE copy'
PGDATABASE=copy
ok "a dump is restored" sql -o /dev/null -f "$DDB_WORK/dump.sql"
ok "its jobs are done" wait_until "SELECT count(*) = 0 FROM ddb.jobs WHERE state <> 'FAILED'"
is "but no backup is made twice" "$(as_server_user test -e "$(folder "$dumped")" && echo there)" ''
PGDATABASE=data
sql -c 'DELETE FROM holding'
wait "$holder"
ok "it is made where it was asked for" available "$dumped"
is "and is there for the copy" "$(PGDATABASE=copy sql -c 'SET ddb.backup_bucket = $$My.Backups-1$$' -c "SELECT status('$dumped')")" AVAILABLE
sql -o /dev/null -c "SELECT drop_backup('$dumped')"

# ---- What is wrong with files ----

place=$(folder "$arn")
as_server_user cp -a "$place" "$DDB_WORK/cluster/kept"
# damaged WHAT TABLE PATTERN COMMAND: the restore fails, after the command has done something to the files.
damaged() {
	local what=$1 name=$2 pattern=$3
	as_server_user bash -c "cd '$place' && $4"
	is "$what: the restore begins" "$(sql -c "SELECT restore('$arn', '$name')")" CREATING
	like "and fails" "$(failed "$name")" "^FAILED: $pattern.*\|CREATING$"
	is "it can be deleted" "$(sql -c "SELECT ddb.delete_table('{\"TableName\": \"$name\"}')::jsonb->'TableDescription'->>'TableStatus'")" DELETING
	as_server_user bash -c "rm -r '$place' && cp -a '$DDB_WORK/cluster/kept' '$place'"
}
damaged "a file that is cut off" Cut 'The file is not what its manifest says: .*' 'truncate -s -100 data/*'
damaged "a byte that is another one" Byte 'The file is not what its manifest says: .*' "printf X | dd of=\$(echo data/*) bs=1 seek=5000 conv=notrunc 2>/dev/null"
damaged "a byte behind the end" Behind 'The file is not what its manifest says: .*' 'printf X >>$(echo data/*)'
damaged "other items, as many" Others 'The file is not what its manifest says: .*: its checksum is another one' 'f=$(echo data/*) && gunzip <$f | sed "s/-2.5/-3.5/" | gzip >new && cat new >$f && rm new'
damaged "a file that is missing" Missing 'The specified key does not exist: .*' 'rm data/*'
damaged "a manifest that lacks a file" Lacking 'The manifest is not what the backup.s description says: .*: its checksum is another one' ': >manifest-files.json'
damaged "a manifest that is missing" Unnamed 'The manifest is not what the backup.s description says: .*: it is not there' 'rm manifest-files.json'
is "and then it can be restored" "$(sql -c "SELECT restore('$arn', 'Again')")" CREATING
ok "whole" wait_until "SELECT table_status('Again') = 'ACTIVE'"

# Files that somebody has made who can make checksums.
checksum() {
	openssl md5 -binary | base64
}
# describe FILTER: the description with that change, and its checksum.
describe() {
	local text
	text=$(as_server_user jq -c "del(.Checksum) | $1" "$DDB_WORK/cluster/kept/manifest-backup.json")
	text=${text%\}}
	as_server_user bash -c "cat >'$place/manifest-backup.json'" <<<"$text,\"Checksum\":\"$(printf %s "$text" | checksum)\"}"
	as_server_user truncate -s -1 "$place/manifest-backup.json"
}
# manifest FILTER: the manifest with that change, and its checksum in the description.
manifest() {
	as_server_user bash -c "jq -c '$1' '$DDB_WORK/cluster/kept/manifest-files.json' >'$place/manifest-files.json'"
	describe ".ManifestChecksum = \"$(as_server_user cat "$place/manifest-files.json" | checksum)\" | ${2:-.}"
}
# hostile WHAT FILTER PATTERN: DescribeBackup refuses it, and ListBackups passes it by.
hostile() {
	describe "$2"
	like "$1" "$(refused "SELECT status('$arn')")" "ValidationException: The description of the backup in the bucket My.Backups-1 is not valid: $3"
	like "is passed by" "$(refused "SELECT names()" | tr '\n' '|')" "WARNING: +the description of the backup ${arn##*/} of the table Mu.sic-_1 in the bucket \"My.Backups-1\" is not valid: .*\\|${all/ nightly/}\\|\$"
}
hostile "a later form" '.FormatVersion = 2' 'it is of a later release'
hostile "no form" 'del(.FormatVersion)' '.*formatVersion'
hostile "another table's name" '.TableCreationParameters.TableName = "Empty"' 'it is of another table: Empty'
hostile "a path for a name" '.TableCreationParameters.TableName = "../../etc"' '.*tableName'
hostile "no keys" '.TableCreationParameters.KeySchema = []' '.*'
hostile "keys that are not defined" '.TableCreationParameters.AttributeDefinitions |= .[1:]' '.*'
hostile "an index twice" '.TableCreationParameters.GlobalSecondaryIndexes |= . + .' '.*Duplicate index name'
hostile "an index's name that is none" '.TableCreationParameters.GlobalSecondaryIndexes[0].IndexName = "a\"b"' '.*'
hostile "many indexes" '.TableCreationParameters.GlobalSecondaryIndexes |= [range(30) as $i | .[0] | .IndexName = "index\($i)"]' '.*'
hostile "no units" 'del(.TableCreationParameters.ProvisionedThroughput)' '.*'
hostile "units below zero" '.TableCreationParameters.ProvisionedThroughput.ReadCapacityUnits = -1' '.*'
hostile "a number that is none" '.ItemCount = "many"' '.*'
hostile "a number below zero" '.ItemCount = -1' '.*'
hostile "no number" 'del(.ItemCount)' 'it does not say what the backup has'
hostile "an identifier that is none" '.TableId = "x\("y" * 35)"' 'its TableId is no UUID'
hostile "a time that is none" '.TableCreationDateTime = 1e18' '.*'
hostile "depth" '.TableCreationParameters.KeySchema = (reduce range(2000) as $i (0; [.]))' '.*'
hostile "a parameter of no table" '.TableCreationParameters = []' '.*'
hostile "a status that is none" '.TimeToLiveDescription.TimeToLiveStatus = "X\"Y"' '.*'
hostile "what is too large" '.X = "x" * 1100000' 'it is too large'
as_server_user bash -c "head -c 300 '$DDB_WORK/cluster/kept/manifest-backup.json' >'$place/manifest-backup.json'"
like "one that is cut off" "$(refused "SELECT status('$arn')")" 'not valid: it is cut off'
as_server_user bash -c "sed s/nightly/daily/ '$DDB_WORK/cluster/kept/manifest-backup.json' >'$place/manifest-backup.json'"
like "one that was changed" "$(refused "SELECT status('$arn')")" 'its checksum is another one'
like "cannot be restored" "$(refused "SELECT restore('$arn', 'Changed')")" 'its checksum is another one'
describe '.Later = {"a": 1}'
is "what a later release adds is passed over" "$(sql -c "SELECT status('$arn')")" AVAILABLE
# files that agree with each other, but not with what they hold
tried=0
# lying WHAT PATTERN: as damaged, of what is there.
lying() {
	tried=$((tried + 1))
	is "$1: the restore begins" "$(sql -c "SELECT restore('$arn', 'Lying$tried')")" CREATING
	like "and fails" "$(failed "Lying$tried")" "^FAILED: $2"
}
manifest '.itemCount = 4999' '.ItemCount = 4999'
lying "fewer items than there are" 'The file is not what its manifest says: .*: it has 5000 items, and not 4999'
manifest '., .' '.ItemCount = 10000'
lying "a file twice" 'The backup has two items of the same key: '
manifest '.itemCount = 5001'
lying "another sum" 'The manifest is not what the backup.s description says: .*: its files have 5001 items, and not 5000'
manifest '.dataFileS3Key = "AWSDynamoDB/backups/Empty/data/x"'
lying "a file of elsewhere" 'The manifest is not what the backup.s description says: .*: line 1 makes no sense'
manifest '.dataFileS3Key |= (. / "data/" | .[0] + "data/../../../../x")'
lying "a path that leads out" '.*is no key in a bucket'
manifest '.itemCount = "x"'
lying "a count that is none" '.*: line 1 makes no sense'
manifest '{"a": 1}'
lying "no names" '.*: line 1 makes no sense'
# data WHAT: other data in the place of the file, with all checksums.
data() {
	as_server_user bash -c "gzip >\$(echo '$place'/data/*)"
	manifest ".md5Checksum = \"$(as_server_user bash -c "cat '$place'/data/*" | checksum)\" | .itemCount = $1" ".ItemCount = $1"
}
echo '{"Item":{"ar\"tist":{"S":"a"}}}' | data 1
lying "an item without its key" '.*Missing the key song in the item'
echo '{"Item":{"ar\"tist":{"S":"a"},"song":{"N":"x"}}}' | data 1
lying "an item that is none" 'The file is not what its manifest says: .*: behind 0 items: '
echo 'nothing' | data 1
lying "a file of something else" 'The file is not what its manifest says: .*: behind 0 items: '
as_server_user bash -c "rm -r '$place' && cp -a '$DDB_WORK/cluster/kept' '$place'"
for file in 'AWSDynamoDB/backups/x/manifest-backup.json' 'AWSDynamoDB/backups/Empty/y/manifest-backup.json' 'AWSDynamoDB/backups/Empty/../manifest-backup.json' 'AWSDynamoDB/backups/manifest-backup.json'; do
	as_server_user bash -c "mkdir -p \"\$(dirname '$bucket/$file')\" && echo x >'$bucket/$file'"
done
is "files in no backup's place" "$(sql -c 'SELECT names()')" "$all"

# ---- Whoever is killed ----

# kill_now_and_then: one of the workers, or all of the server.
kill_now_and_then() {
	local round
	for ((round = 1; round <= rounds; round++)); do
		sleep "0.$((RANDOM % 6))"
		if ((round % 2 == 0)); then
			kill_cluster "$cluster"
			start_cluster "$cluster"
			PGDATABASE=data
		else
			kill_one 'ddb job'
		fi
	done
}
sql -o /dev/null <<'SQL'
SELECT ddb.create_table('{"TableName": "Large", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "N"}, {"AttributeName": "color", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
	"GlobalSecondaryIndexes": [{"IndexName": "ByColor", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}');
INSERT INTO dynamodb."Large" (item) SELECT format('{"k": {"N": "%s"}, "color": {"S": "c%s"}, "text": {"S": "%s"}}', i, i % 7, md5(i::text))::ddb.item FROM generate_series(1, 30000) i;
SQL
backups=()
for ((i = 1; i <= rounds; i++)); do
	backups+=("$(sql -c "SELECT backup('Large', 'large$i')")")
	rounds=1 kill_now_and_then
done
kill_now_and_then
for i in "${!backups[@]}"; do
	ok "a backup is made, whoever is killed" available "${backups[$i]}"
	is "and nothing else lies there" "$(as_server_user sh -c "cd '$(folder "${backups[$i]}")' && find . -type f | wc -l")" 5
	sql -o /dev/null -c "SELECT restore('${backups[$i]}', 'Restored$i')"
done
kill_now_and_then
for i in "${!backups[@]}"; do
	ok "it is restored, whoever is killed" wait_until "SELECT table_status('Restored$i') = 'ACTIVE'"
	is "exactly" "$(sql -c "SELECT count(*), count(*) FILTER (WHERE item IN (SELECT item FROM dynamodb.\"Large\")) FROM dynamodb.\"Restored$i\"" -c "SELECT count(*) FROM ddb.check_indexes('Restored$i')")" $'30000|30000\n0'
done
for arn in "${backups[@]}"; do
	sql -o /dev/null -c "SELECT drop_backup('$arn')"
done
kill_now_and_then
ok "deletions are carried out" wait_until 'SELECT count(*) = 0 FROM ddb.bucket_backups'
is "and leave nothing" "$(sql -c "SELECT names('{\"TableName\": \"Large\"}')"; as_server_user test -e "$bucket/AWSDynamoDB/backups/Large" && echo there)" ''
# ---- At the rate of jobs ----

configure ddb.job_rate 100kB
arn=$(sql -c "SELECT backup('Large', 'slow')")
ok "what is made slowly tells how far it is" wait_until "SELECT bytes_done > 0 AND items_done > 0 FROM ddb.job_progress WHERE kind = 'BUCKET_BACKUP'"
configure ddb.job_rate
ok "and is made" available "$arn"

ok "no job is left but the ones that have failed" wait_until "SELECT count(*) = 0 FROM ddb.jobs WHERE state <> 'FAILED'"
is "nothing unfinished lies in the bucket" "$(as_server_user find "$bucket/.ddb-unfinished" -type f | wc -l)" 0
stop_cluster "$DDB_WORK/other"
stop_cluster "$cluster"
