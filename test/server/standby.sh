#!/bin/bash
# A physical standby answers reads of DynamoDB tables, refuses writes, and takes them once promoted.
. "$(dirname "$0")/../lib.sh"

new_primary primary </dev/null
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}, {"AttributeName": "Song", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}, {"AttributeName": "Song", "KeyType": "RANGE"}],
	"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"}}');
-- Records of the stream, by the operations.
CREATE FUNCTION records() RETURNS SETOF json LANGUAGE sql AS $$
	SELECT json_array_elements(ddb.get_records(json_build_object('ShardIterator',
		ddb.get_shard_iterator(json_build_object('StreamArn', arn, 'ShardId', shard ->> 'ShardId', 'ShardIteratorType', 'TRIM_HORIZON')) -> 'ShardIterator')) -> 'Records')
	FROM (SELECT ddb.describe_table('{"TableName": "Music"}') #>> '{Table,LatestStreamArn}' AS arn) t,
		json_array_elements(ddb.describe_stream(json_build_object('StreamArn', arn)) #> '{StreamDescription,Shards}') shard
$$;
DO $$ BEGIN
	WHILE ddb.describe_table('{"TableName": "Music"}') #>> '{Table,TableStatus}' <> 'ACTIVE' LOOP COMMIT; PERFORM pg_sleep(0.1); END LOOP;
END $$;
SQL

# put FIRST LAST: items with these songs.
put() {
	sql -o /dev/null -c "SELECT ddb.put_item(json_build_object('TableName', 'Music', 'Item',
		json_build_object('Artist', '{\"S\": \"Bach\"}'::json, 'Song', json_build_object('S', 'BWV ' || to_char(n, 'FM0000')))))
		FROM generate_series($1, $2) n"
}
get='{"TableName": "Music", "Key": {"Artist": {"S": "Bach"}, "Song": {"S": "BWV 0147"}}}'
query='{"TableName": "Music", "KeyConditionExpression": "Artist = :a AND begins_with(Song, :s)",
	"ExpressionAttributeValues": {":a": {"S": "Bach"}, ":s": {"S": "BWV 10"}}}'
transact='{"TransactItems": [{"Get": {"TableName": "Music", "Key": {"Artist": {"S": "Bach"}, "Song": {"S": "BWV 0147"}}}}]}'
select="SELECT Song FROM Music WHERE Artist = 'Bach' AND Song"
statement='{"Statement": "'$select' > ?", "Parameters": [{"S": "BWV 1100"}], "Limit": 20}'
statements='[{"Statement": "'$select' = ?", "Parameters": [{"S": "BWV 0147"}]}, {"Statement": "'$select' = ?", "Parameters": [{"S": "none"}]}]'
reads() {
	sql -c "SELECT ddb.get_item('$get')" -c "SELECT ddb.query('$query')" \
		-c "SELECT ddb.scan('{\"TableName\": \"Music\"}')" -c "SELECT ddb.describe_table('{\"TableName\": \"Music\"}')::jsonb #> '{Table,KeySchema}'" \
		-c "SELECT count(*) FROM dynamodb.\"Music\" WHERE \"Artist\" = 'Bach'" \
		-c "SELECT ddb.transact_get_items('$transact')" -c "SELECT ddb.execute_statement(\$\$$statement\$\$)" \
		-c "SELECT ddb.batch_execute_statement(\$\${\"Statements\": $statements}\$\$)" \
		-c "SELECT ddb.execute_transaction(\$\${\"TransactStatements\": $statements}\$\$)" \
		-c "SELECT keys, new_image FROM dynamodb.\"Music:stream\" ORDER BY sequence_number LIMIT 5" -c "SELECT count(*) FROM records()"
}
# exists: checks an item in a transaction, and so locks it.
exists() {
	sql -c "SELECT ddb.execute_transaction(\$\${\"TransactStatements\": [{\"Statement\":
		\"EXISTS($select = 'BWV 0147' AND attribute_not_exists(x))\"}]}\$\$)"
}
insert() {
	sql -c "SELECT ddb.batch_execute_statement(\$\${\"Statements\": [{\"Statement\":
		\"INSERT INTO Music VALUE {'Artist': 'Bach', 'Song': 'BWV 1130'}\"}]}\$\$)"
}

put 1 600
standby=$DDB_WORK/standby
prepare_cluster "$standby"
as_server_user "$bindir/pg_basebackup" --dbname="host=$PGHOST port=$PGPORT user=$PGUSER" \
	--pgdata="$standby/data" --write-recovery-conf --checkpoint=fast --no-sync
configure_cluster "$standby" </dev/null
# These reach the standby by WAL only.
put 601 1128
sql -o /dev/null -c "SELECT ddb.change_log_wait('1 minute')"
on_primary=$(reads)
lsn=$(sql -c 'SELECT pg_current_wal_lsn()')

start_cluster "$standby"
is "the standby is one" "$(sql -c 'SELECT pg_is_in_recovery()')" t
for ((i = 0; i < 300; i++)); do
	[ "$(sql -c "SELECT pg_last_wal_replay_lsn() >= '$lsn'")" = t ] && break
	sleep 0.1
done
is "the reads see all items" "$(sql -c 'SELECT count(*) FROM dynamodb."Music"')" 1128
is "the standby reads as the primary does" "$(reads)" "$on_primary"
like "and in transactions and statements, too" "$on_primary" '^\{"Responses":\[\{"Item":\{"Song":\{"S":"BWV 0147"\}\}\},\{\}\]\}$'
for write in "put 1129 1129" exists insert; do
	like "the standby refuses writes: ${write%% *}" "$($write 2>&1 || true)" 'ERROR:  .*read-only|ERROR:  .*recovery'
done

as_server_user "$bindir/pg_ctl" --pgdata="$standby/data" --wait --silent promote
put 1129 1129
is "and checks in transactions" "$(exists)" '{"Responses":[]}'
is "the promoted standby takes writes" "$(sql -c "SELECT ddb.query('$query')::jsonb -> 'Count'" -c 'SELECT count(*) FROM dynamodb."Music"')" $'100\n1129'
