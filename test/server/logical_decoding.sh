#!/bin/bash
# Any output plugin sees each change of an item, by operations and by SQL, with the whole key of a deleted one.
. "$(dirname "$0")/../lib.sh"

createdb logical_decoding
export PGDATABASE=logical_decoding
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}, {"AttributeName": "Song", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}, {"AttributeName": "Song", "KeyType": "RANGE"}]}');
ALTER TABLE dynamodb."Music" REPLICA IDENTITY FULL;
SELECT pg_create_logical_replication_slot('logical_decoding', 'test_decoding');
SQL

# changes STATEMENT: what is decoded of it.
changes() {
	sql -o /dev/null -c "$1"
	sql -c "SELECT data FROM pg_logical_slot_get_changes('logical_decoding', NULL, NULL, 'skip-empty-xacts', '1', 'include-xids', '0')"
}

key='"Artist": {"S": "Nina Simone"}, "Song": {"S": "Sinnerman"}'
like "PutItem" "$(changes "SELECT ddb.put_item('{\"TableName\": \"Music\", \"Item\": {$key, \"Plays\": {\"N\": \"1\"}}}')")" \
	'^table dynamodb\."Music": INSERT: .*Sinnerman.*"Plays":\{"N":"1"\}'
is "PutItem of the same item" "$(changes "SELECT ddb.put_item('{\"TableName\": \"Music\", \"Item\": {$key, \"Plays\": {\"N\": \"1\"}}}')")" ""
like "UpdateItem" "$(changes "SELECT ddb.update_item('{\"TableName\": \"Music\", \"Key\": {$key},
	\"UpdateExpression\": \"ADD Plays :n\", \"ExpressionAttributeValues\": {\":n\": {\"N\": \"2\"}}}')")" \
	'^table dynamodb\."Music": UPDATE: .*"Plays":\{"N":"3"\}'
like "DeleteItem" "$(changes "SELECT ddb.delete_item('{\"TableName\": \"Music\", \"Key\": {$key}}')")" \
	'^table dynamodb\."Music": DELETE: .*Nina Simone.*Sinnerman'
like "INSERT" "$(changes "INSERT INTO dynamodb.\"Music\" (item) VALUES ('{$key}')")" \
	'^table dynamodb\."Music": INSERT: .*Sinnerman'
like "DELETE" "$(changes "DELETE FROM dynamodb.\"Music\"")" \
	'^table dynamodb\."Music": DELETE: .*Nina Simone.*Sinnerman'
is "an operation rolled back" "$(changes "BEGIN; SELECT ddb.put_item('{\"TableName\": \"Music\", \"Item\": {$key}}'); ROLLBACK")" ""

# What a transaction finds absent is locked by a row that nobody is to take for an item.
absent="SELECT ddb.transact_write_items('{\"TransactItems\": [{\"ConditionCheck\": {\"TableName\": \"Music\",
	\"Key\": {$key}, \"ConditionExpression\": \"attribute_not_exists(Artist)\"}}]}')"
sql -o /dev/null -c "$absent"
is "an absent item that was looked at is nothing to who goes by origins" \
	"$(sql -c "SELECT data FROM pg_logical_slot_get_changes('logical_decoding', NULL, NULL, 'skip-empty-xacts', '1', 'include-xids', '0', 'only-local', '1')")" ""

sql -o /dev/null -c "SELECT pg_drop_replication_slot('logical_decoding')"
