#!/bin/bash
# Backups in an S3-compatible store that others wrote, by AWS's CLI: made by one server, restored by another one, and what
# becomes of them while the store is away.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"
. "$(dirname "$0")/endpoint.sh"

install_python
install_rclone

store=$DDB_WORK/store
mkdir -p "$store/the-backups"
port=$(free_port)
# start_store: it answers; sets store_process.
start_store() {
	"$client_cache/rclone/bin/rclone" serve s3 "$store" --addr "127.0.0.1:$port" --vfs-cache-mode off --config /dev/null \
		--cache-dir "$DDB_WORK/rclone" --auth-key an-id,top-secret >>"$DDB_WORK/rclone.log" 2>&1 &
	store_process=$!
	for ((i = 0; i < 600; i++)); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
		sleep 0.1
	done
	echo "not ok - the store does not come up"
}
trap 'kill "$store_process"' EXIT
start_store

aws() {
	"$client_cache/python/bin/aws" --output text dynamodb "$@" 2>&1
}
# begin_server: another cluster with an endpoint, and the bucket.
begin_server() {
	start_endpoint
	sql -c "ALTER SYSTEM SET ddb.s3_endpoint = 'http://127.0.0.1:$port'" -c 'ALTER SYSTEM SET ddb.s3_attempts = 2' \
		-c "ALTER SYSTEM SET ddb.backup_bucket = 'the-backups'"
	configure ddb.s3_timeout 1min
	sql -c "CREATE SERVER \"the-backups\" FOREIGN DATA WRAPPER ddb_bucket OPTIONS (store 's3')" \
		-c "CREATE USER MAPPING FOR PUBLIC SERVER \"the-backups\" OPTIONS (access_key_id 'an-id', secret_access_key 'top-secret')"
	is "the server knows its bucket" "$(sql -c 'SHOW ddb.backup_bucket')" the-backups
}
# backup NAME: asks for one; prints its ARN.
backup() {
	sql -c "SELECT ddb.create_backup('{\"TableName\": \"Music\", \"BackupName\": \"$1\"}')::jsonb #>> '{BackupDetails,BackupArn}'"
}
# names: of the backups that are listed.
names() {
	sql -c "SELECT string_agg(s->>'BackupName', ' ') FROM jsonb_array_elements(ddb.list_backups('{}')::jsonb->'BackupSummaries') s"
}
# described ARN: what is told of it.
described() {
	sql -c "SELECT ddb.describe_backup('{\"BackupArn\": \"$1\"}')::jsonb"
}
# available ARN: it is, within a minute.
available() {
	wait_until "SELECT ddb.describe_backup('{\"BackupArn\": \"$1\"}')::jsonb #>> '{BackupDescription,BackupDetails,BackupStatus}' = 'AVAILABLE'"
}

begin_server
sql -o /dev/null -c "SELECT ddb.create_table('{\"TableName\": \"Music\", \"BillingMode\": \"PAY_PER_REQUEST\",
	\"AttributeDefinitions\": [{\"AttributeName\": \"artist\", \"AttributeType\": \"S\"}, {\"AttributeName\": \"year\", \"AttributeType\": \"N\"}],
	\"KeySchema\": [{\"AttributeName\": \"artist\", \"KeyType\": \"HASH\"}],
	\"GlobalSecondaryIndexes\": [{\"IndexName\": \"ByYear\", \"KeySchema\": [{\"AttributeName\": \"year\", \"KeyType\": \"HASH\"}], \"Projection\": {\"ProjectionType\": \"ALL\"}}]}')"
# more than one part of an upload, and more than one read
sql -o /dev/null -c "INSERT INTO dynamodb.\"Music\" (item) SELECT format('{\"artist\": {\"S\": \"a%s\"}, \"year\": {\"N\": \"%s\"}, \"noise\": {\"S\": \"%s\"}}', i, i % 50, (SELECT string_agg(translate(encode(sha512((i.i || ' ' || j)::bytea), 'base64'), E'\\n', ''), '') FROM generate_series(1, 100) j))::ddb.item FROM generate_series(1, 2500) AS i (i)"
content() {
	sql -c 'SELECT count(*), md5(string_agg(item::text, $$,$$ ORDER BY item::text COLLATE "C")) FROM dynamodb."'"$1"'"'
}
was=$(content Music)
arn=$(aws create-backup --table-name Music --backup-name nightly --query BackupDetails.BackupArn)
ok "a backup is made in the store" available "$arn"
ok "of a size" [ "$(cat "$store"/the-backups/AWSDynamoDB/backups/Music/*/data/* | wc -c)" -gt $((15 * 1024 * 1024)) ]
told=$(described "$arn")

# The store is away.
kill "$store_process"
wait "$store_process" || true
late=$(backup late)
like "a backup is asked for while the store is away" "$late" 'backup/[0-9]'
ok "the worker tells why it waits" wait_until "SELECT error IS NOT NULL FROM ddb.job_progress WHERE kind = 'BUCKET_BACKUP'"
like "a list is an error then" "$(AWS_MAX_ATTEMPTS=1 aws list-backups || true)" 'InternalServer'
start_store
ok "and is made when it is there again" available "$late"
is "both are listed" "$(names)" 'nightly late'
stop_cluster "$DDB_WORK/cluster"
mv "$DDB_WORK/cluster" "$DDB_WORK/first"

# Another server, which has nothing but the bucket.
begin_server
is "another server lists them" "$(aws list-backups --table-name Music --query 'BackupSummaries[].BackupName')" $'nightly\tlate'
is "and tells the same" "$(described "$arn")" "$told"
is "a restore" "$(aws restore-table-from-backup --target-table-name Restored --backup-arn "$arn" --query TableDescription.TableStatus)" CREATING
ok "is done" wait_until "SELECT ddb.describe_table('{\"TableName\": \"Restored\"}')::jsonb #>> '{Table,TableStatus}' = 'ACTIVE'"
is "exactly" "$(content Restored)" "$was"
is "with its index" "$(sql -c "SELECT count(*) FROM ddb.check_indexes('Restored')")" 0
is "the oldest is deleted" "$(aws delete-backup --backup-arn "$arn" --query BackupDescription.BackupDetails.BackupStatus)" DELETED
ok "with its files" wait_until 'SELECT count(*) = 0 FROM ddb.bucket_backups'
is "all of them" "$(find "$store/the-backups" -type f -path "*${arn##*/}*" | wc -l)" 0
is "and the other one is there" "$(names)" late
# the file is gone when the restore comes to it
sql -o /dev/null -c "SELECT ddb.delete_object('the-backups', key) FROM ddb.bucket_objects('the-backups', 'AWSDynamoDB/backups/Music/${late##*/}/data/')"
sql -o /dev/null -c "SELECT ddb.restore_table_from_backup('{\"TargetTableName\": \"Missing\", \"BackupArn\": \"$late\"}')"
ok "a restore without its file fails" wait_until "SELECT state = 'FAILED' FROM ddb.job_progress WHERE table_name = 'Missing'"
like "and says why" "$(sql -c "SELECT error FROM ddb.job_progress WHERE table_name = 'Missing'")" '^The specified key does not exist: '
stop_cluster "$DDB_WORK/cluster"
