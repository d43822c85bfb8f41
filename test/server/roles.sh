#!/bin/bash
# GRANT on a relation decides which operations a role may carry out on its table.
. "$(dirname "$0")/../lib.sh"

createdb roles
export PGDATABASE=roles
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}]}');
SELECT ddb.put_item('{"TableName": "Music", "Item": {"Artist": {"S": "Bach"}}}');
CREATE ROLE ddb_nobody;
CREATE ROLE ddb_reader;
GRANT SELECT ON dynamodb."Music" TO ddb_reader;
SQL

# as ROLE OPERATION REQUEST: what the role is answered, or the name of the exception.
as() {
	sql -c "SET ROLE $1" -c "SELECT ddb.$2('$3')" 2>&1 | sed 's/^ERROR:  \([A-Za-z]*\): .*/\1/' || true
}

table='"TableName": "Music"'
key='"Key": {"Artist": {"S": "Bach"}}'
item='"Item": {"Artist": {"S": "Bach"}, "plays": {"N": "1"}}'
reads=(
	"get_item|{$table, $key}"
	"query|{$table, \"KeyConditionExpression\": \"Artist = :a\", \"ExpressionAttributeValues\": {\":a\": {\"S\": \"Bach\"}}}"
	"scan|{$table}"
	"batch_get_item|{\"RequestItems\": {\"Music\": {\"Keys\": [{\"Artist\": {\"S\": \"Bach\"}}]}}}"
)
writes=(
	"put_item|{$table, $item}"
	"update_item|{$table, $key, \"UpdateExpression\": \"SET plays = :n\", \"ExpressionAttributeValues\": {\":n\": {\"N\": \"1\"}}}"
	"delete_item|{$table, $key}"
	"batch_write_item|{\"RequestItems\": {\"Music\": [{\"PutRequest\": {$item}}]}}"
	"delete_table|{$table}"
	"update_table|{$table, \"DeletionProtectionEnabled\": true}"
	"create_table|{\"TableName\": \"Other\", \"BillingMode\": \"PAY_PER_REQUEST\", \"AttributeDefinitions\": [{\"AttributeName\": \"id\", \"AttributeType\": \"S\"}], \"KeySchema\": [{\"AttributeName\": \"id\", \"KeyType\": \"HASH\"}]}"
)

for read in "${reads[@]}"; do
	like "SELECT allows ${read%%|*}" "$(as ddb_reader "${read%%|*}" "${read#*|}")" '"Artist":\{"S":"Bach"\}'
	is "${read%%|*} without it" "$(as ddb_nobody "${read%%|*}" "${read#*|}")" AccessDeniedException
done
for write in "${writes[@]}"; do
	is "SELECT does not allow ${write%%|*}" "$(as ddb_reader "${write%%|*}" "${write#*|}")" AccessDeniedException
done
is "the item is as it was" "$(sql -c "SELECT item FROM dynamodb.\"Music\"")" '{"Artist":{"S":"Bach"}}'

sql -c 'DROP OWNED BY ddb_reader' -c 'DROP ROLE ddb_reader, ddb_nobody'
