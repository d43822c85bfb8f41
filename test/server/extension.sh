#!/bin/bash
# CREATE EXTENSION and DROP EXTENSION: without preloading, again, and in databases with other encodings.
. "$(dirname "$0")/../lib.sh"

sed '/shared_preload_libraries/d' "$top/test/settings.conf" | create_cluster "$DDB_WORK/cluster"
start_cluster "$DDB_WORK/cluster"
is "ddb is not preloaded" "$(sql -c 'SHOW shared_preload_libraries')" ""

use_a_table() {
	sql <<'SQL'
SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}]}')::jsonb #>> '{TableDescription,TableName}';
SELECT ddb.put_item('{"TableName": "Music", "Item": {"Artist": {"S": "Nina Simone"}, "Plays": {"N": "1"}}}');
SELECT ddb.get_item('{"TableName": "Music", "Key": {"Artist": {"S": "Nina Simone"}}}')::jsonb #>> '{Item,Plays,N}';
SQL
}

sql -c 'CREATE EXTENSION ddb'
is "operations without preloading" "$(use_a_table)" $'Music\n{}\n1'

# Without a worker a table that is registered fills its indexes itself.
is "a table with an index is registered" "$(sql <<'SQL'
SET client_min_messages = error;
SELECT (ddb.create_table('{"TableName": "Registered", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
	"GlobalSecondaryIndexes": [{"IndexName": "byG", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}]}') IS NOT NULL)::text;
DELETE FROM ddb.indexes;
DELETE FROM ddb.tables WHERE name = 'Registered';
INSERT INTO dynamodb."Registered" (item) VALUES ('{"id": {"S": "a"}, "g": {"S": "b"}}');
SELECT ddb.register_table('dynamodb."Registered"');
SELECT name, status FROM ddb.indexes;
SELECT item FROM dynamodb."Registered/byG";
SELECT * FROM ddb.check_indexes();
SELECT * FROM ddb.check_catalog();
DROP TABLE dynamodb."Registered";
SQL
)" $'true\n\nbyG|ACTIVE\n{"g":{"S":"b"},"id":{"S":"a"}}'

like "DROP EXTENSION stops at tables" "$(sql -c 'DROP EXTENSION ddb' 2>&1 || true)" \
	'cannot drop extension ddb because other objects depend on it'
# What a token has the transaction do at its end is not to need what is gone by then.
ok "DROP EXTENSION CASCADE, in a transaction that has used it" sql -1 -o /dev/null -c 'SET client_min_messages = error' -c "
	SELECT ddb.transact_write_items('{\"ClientRequestToken\": \"t\", \"TransactItems\": [
		{\"Delete\": {\"TableName\": \"Music\", \"Key\": {\"Artist\": {\"S\": \"Nina Simone\"}}}}]}')" -c 'DROP EXTENSION ddb CASCADE'
is "nothing is left of it" "$(sql -c "
	SELECT 'relation ' || oid::regclass FROM pg_class WHERE relnamespace::regnamespace::text IN ('ddb', 'dynamodb')
	UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE probin LIKE '%ddb%'
	UNION ALL SELECT 'access method ' || amname FROM pg_am WHERE amname = 'ddb'
	UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger")" ""
ok "CREATE EXTENSION again" sql -c 'CREATE EXTENSION ddb'
is "operations after that" "$(use_a_table)" $'Music\n{}\n1'

for encoding in LATIN1 SQL_ASCII; do
	sql -c "CREATE DATABASE other ENCODING $encoding TEMPLATE template0"
	refusal=$(sql -d other -c 'CREATE EXTENSION ddb' 2>&1 || true)
	like "$encoding is refused" "$refusal" "ERROR:  ddb needs a database with encoding UTF8, this one has $encoding"
	like "$encoding is refused with a hint" "$refusal" 'HINT:  .*UTF8'
	sql -c 'DROP DATABASE other'
done

# installed COMMAND: the files that are there after it.
installed() {
	make --no-print-directory -C "$top" -s with_llvm=no PG_CONFIG="$bindir/pg_config" DESTDIR="$DDB_WORK/root" "$1" >/dev/null
	find "$DDB_WORK/root" -type f -printf '%f\n' | sort
}
is "what is installed" "$(installed install)" "$(cd "$top" && printf '%s\n' ddb--*.sql ddb-migrate ddb.control ddb.so | sort)"
is "is uninstalled" "$(installed uninstall)" ""
