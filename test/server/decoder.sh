#!/bin/bash
# The output plugin ddb: what it tells of each kind of change, and whom.
. "$(dirname "$0")/../lib.sh"

createdb decoder
export PGDATABASE=decoder
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "byN", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
		"Projection": {"ProjectionType": "ALL"}}]}'::jsonb ||
	'{"AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}, {"AttributeName": "n", "AttributeType": "N"}]}');
SELECT ddb.create_table(jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
	'AttributeDefinitions', '[{"AttributeName": "a", "AttributeType": "S"}]'::jsonb,
	'KeySchema', '[{"AttributeName": "a", "KeyType": "HASH"}]'::jsonb))
	FROM unnest(ARRAY['Single', 'Other', 'Dropped', repeat('Long.Name.', 10)]) AS name;
SELECT format('ALTER TABLE %s REPLICA IDENTITY FULL', oid::regclass) FROM pg_class
	WHERE relnamespace = 'dynamodb'::regnamespace AND relkind = 'r' \gexec
ALTER TABLE dynamodb."Other" REPLICA IDENTITY DEFAULT;
CREATE TABLE dynamodb.heap (a int);
SELECT pg_create_logical_replication_slot('decoder', 'ddb');
SQL

# read_changes [OPTION VALUE...]: a line for each record, and what it takes from the slot.
read_changes() {
	local options=
	while [ $# -gt 0 ]; do
		options="$options, '$1', '$2'"
		shift 2
	done
	sql <<SQL
SELECT concat_ws(' ', r ->> 'eventName', r ->> 'tableName', 'keys', r #> '{dynamodb,Keys}', 'new ' || (r #>> '{dynamodb,NewImage}'), 'old ' || (r #>> '{dynamodb,OldImage}'))
FROM (SELECT row_number() OVER (), data::jsonb AS r FROM pg_logical_slot_get_changes('decoder', NULL, NULL$options)) AS d ORDER BY row_number;
SQL
}

# changes STATEMENT...: runs them, each by itself; prints what is told of it.
changes() {
	local statement
	for statement; do
		sql -o /dev/null -c "$statement" || return
	done
	read_changes
}

# item A S [MEMBERS]
item() {
	printf '{"a": {"S": "%s"}, "s": {"N": "%s"}%s}' "$1" "$2" "${3:+, $3}"
}
# put A S [MEMBERS]
put() {
	printf "SELECT ddb.put_item('{\"TableName\": \"Music\", \"Item\": %s}')" "$(item "$@")"
}

is "a new item" "$(changes "$(put x 1 '"n": {"N": "1"}')")" \
	'INSERT Music keys {"a": {"S": "x"}, "s": {"N": "1"}} new {"a": {"S": "x"}, "n": {"N": "1"}, "s": {"N": "1"}}'
is "an item in the place of another" "$(changes "$(put x 1 '"n": {"N": "2"}')")" \
	'MODIFY Music keys {"a": {"S": "x"}, "s": {"N": "1"}} new {"a": {"S": "x"}, "n": {"N": "2"}, "s": {"N": "1"}} old {"a": {"S": "x"}, "n": {"N": "1"}, "s": {"N": "1"}}'
is "the same item again is no change" "$(changes "$(put x 1 '"n": {"N": "2"}')")" ""
is "an update" "$(changes "SELECT ddb.update_item('{\"TableName\": \"Music\", \"Key\": $(item x 1), \"UpdateExpression\": \"REMOVE n\"}')")" \
	'MODIFY Music keys {"a": {"S": "x"}, "s": {"N": "1"}} new {"a": {"S": "x"}, "s": {"N": "1"}} old {"a": {"S": "x"}, "n": {"N": "2"}, "s": {"N": "1"}}'
is "an UPDATE that changes nothing" "$(changes 'UPDATE dynamodb."Music" SET item = item')" ""
is "an UPDATE of the key" "$(changes "UPDATE dynamodb.\"Music\" SET item = '$(item x 2)'")" \
	'REMOVE Music keys {"a": {"S": "x"}, "s": {"N": "1"}} old {"a": {"S": "x"}, "s": {"N": "1"}}
INSERT Music keys {"a": {"S": "x"}, "s": {"N": "2"}} new {"a": {"S": "x"}, "s": {"N": "2"}}'
is "a deletion" "$(changes "SELECT ddb.delete_item('{\"TableName\": \"Music\", \"Key\": $(item x 2)}')")" \
	'REMOVE Music keys {"a": {"S": "x"}, "s": {"N": "2"}} old {"a": {"S": "x"}, "s": {"N": "2"}}'
is "COPY" "$(changes "\\copy dynamodb.\"Music\" (item) FROM PROGRAM 'printf ''%s\\n'' ''$(item c 1)'' ''$(item c 2)'''")" \
	'INSERT Music keys {"a": {"S": "c"}, "s": {"N": "1"}} new {"a": {"S": "c"}, "s": {"N": "1"}}
INSERT Music keys {"a": {"S": "c"}, "s": {"N": "2"}} new {"a": {"S": "c"}, "s": {"N": "2"}}'
is "TRUNCATE" "$(changes 'TRUNCATE dynamodb."Music", dynamodb.heap')" 'TRUNCATE Music keys'

# What a transaction finds absent is locked by a row that is no item.
is "absent items that a transaction has looked at" "$(changes "SELECT ddb.transact_write_items('{\"TransactItems\": [
	{\"ConditionCheck\": {\"TableName\": \"Music\", \"Key\": $(item none 1), \"ConditionExpression\": \"attribute_not_exists(a)\"}},
	{\"Delete\": {\"TableName\": \"Music\", \"Key\": $(item none 2)}},
	{\"Put\": {\"TableName\": \"Music\", \"Item\": $(item t 1)}}]}')")" \
	'INSERT Music keys {"a": {"S": "t"}, "s": {"N": "1"}} new {"a": {"S": "t"}, "s": {"N": "1"}}'
is "a transaction that has looked at absent items only" "$(changes "SELECT ddb.transact_write_items('{\"TransactItems\": [
	{\"ConditionCheck\": {\"TableName\": \"Music\", \"Key\": $(item none 1), \"ConditionExpression\": \"attribute_not_exists(a)\"}}]}')")" ""
is "savepoints" "$(changes "BEGIN; $(put s 1); SAVEPOINT a; $(put s 2); ROLLBACK TO a; $(put s 3); SAVEPOINT b; $(put s 4); SAVEPOINT c; $(put s 5); ROLLBACK TO c; RELEASE b; COMMIT" \
	| cut -d' ' -f 1-6 | sort)" \
	'INSERT Music keys {"a": {"S": "s"},
INSERT Music keys {"a": {"S": "s"},
INSERT Music keys {"a": {"S": "s"},'
is "a transaction rolled back" "$(changes "BEGIN; $(put r 1); DELETE FROM dynamodb.\"Music\"; ROLLBACK")" ""
is "changes of an item in one transaction, in order" "$(changes "BEGIN; $(put o 1); $(put o 1 '"n": {"N": "1"}'); DELETE FROM dynamodb.\"Music\" WHERE a = 'o'; $(put o 1); COMMIT" | cut -d' ' -f 1,2)" \
	$'INSERT Music\nMODIFY Music\nREMOVE Music\nINSERT Music'

# Of two that create an item, the second waits, has its row taken back, and comes upon the first's.
sql -o /dev/null -c "BEGIN" -c "$(put w 1 '"n": {"N": "1"}')" -c "SELECT pg_advisory_lock(1)" \
	-c "DO \$\$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid) LOOP PERFORM pg_sleep(0.01); END LOOP; END \$\$" -c COMMIT &
wait_until "SELECT count(*) = 1 FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND datname = current_database()"
sql -o /dev/null -c "$(put w 1 '"n": {"N": "2"}')"
wait
is "two that create the same item" "$(read_changes | cut -d' ' -f 1,2,10-)" \
	'INSERT Music new {"a": {"S": "w"}, "n": {"N": "1"}, "s": {"N": "1"}}
MODIFY Music new {"a": {"S": "w"}, "n": {"N": "2"}, "s": {"N": "1"}} old {"a": {"S": "w"}, "n": {"N": "1"}, "s": {"N": "1"}}'

sql -o /dev/null -c "BEGIN; $(put p 1); PREPARE TRANSACTION 'decoder'"
is "a prepared transaction" "$(read_changes)" ""
is "when it is committed" "$(changes "COMMIT PREPARED 'decoder'" | cut -d' ' -f 1-6)" 'INSERT Music keys {"a": {"S": "p"},'

# 300 KB that no compression makes small; what an update leaves alone is written by nobody again.
sql -o /dev/null -c "INSERT INTO dynamodb.\"Single\" (item)
	SELECT jsonb_build_object('a', jsonb_build_object('S', 'long'), 'text', jsonb_build_object('S', string_agg(md5(g::text), '')))::text::ddb.item FROM generate_series(1, 9600) g"
sql -o /dev/null -c "SELECT ddb.update_item('{\"TableName\": \"Single\", \"Key\": {\"a\": {\"S\": \"long\"}}, \"UpdateExpression\": \"SET n = :n\", \"ExpressionAttributeValues\": {\":n\": {\"N\": \"1\"}}}')"
sql -o /dev/null -c 'UPDATE dynamodb."Single" SET item = item'
sql -o /dev/null -c 'DELETE FROM dynamodb."Single"'
is "items that lie out of line" "$(sql <<'SQL'
WITH d AS (SELECT row_number() OVER (), data::jsonb AS r FROM pg_logical_slot_get_changes('decoder', NULL, NULL)),
	t AS (SELECT string_agg(md5(g::text), '') AS text FROM generate_series(1, 9600) g)
SELECT r ->> 'eventName', r #>> '{dynamodb,NewImage,text,S}' = text, r #>> '{dynamodb,OldImage,text,S}' = text,
	r #>> '{dynamodb,NewImage,n,N}', r #>> '{dynamodb,OldImage,n,N}' FROM d, t ORDER BY row_number
SQL
)" $'INSERT|t|||\nMODIFY|t|t|1|\nREMOVE||t||1'

is "a table that is altered and rewritten between changes" "$(changes "$(put v 1)" \
	'ALTER TABLE dynamodb."Music" ADD COLUMN note text' "$(put v 2)" \
	'VACUUM FULL dynamodb."Music"' "$(put v 3)" 'VACUUM FULL ddb.tables' 'REINDEX TABLE ddb.tables' "$(put v 4)" \
	"BEGIN; $(put v 5); ALTER TABLE dynamodb.\"Music\" ADD COLUMN day date DEFAULT clock_timestamp(); $(put v 6); ALTER TABLE dynamodb.\"Music\" DROP COLUMN note; $(put v 7); COMMIT" \
	"CLUSTER dynamodb.\"Music\" USING \"Music_hash_s_idx\"; $(put v 8)" \
	| grep -o '"s": {"N": "[0-9]"}} new')" "$(printf '"s": {"N": "%d"}} new\n' 1 2 3 4 5 6 7 8)"
is "a table that has been dropped" "$(changes "INSERT INTO dynamodb.\"Dropped\" (item) VALUES ('{\"a\": {\"S\": \"d\"}}')" \
	"SELECT ddb.delete_table('{\"TableName\": \"Dropped\"}')")" \
	'INSERT Dropped keys {"a": {"S": "d"}} new {"a": {"S": "d"}}'
long=$(printf 'Long.Name.%.0s' 1 2 3 4 5 6 7 8 9 10)
is "a table whose name is longer than a relation's" \
	"$(changes "SELECT ddb.put_item('{\"TableName\": \"$long\", \"Item\": {\"a\": {\"S\": \"l\"}}}')")" \
	"INSERT $long keys {\"a\": {\"S\": \"l\"}} new {\"a\": {\"S\": \"l\"}}"
is "a table that is created and filled in one transaction" "$(changes "BEGIN;
	SELECT ddb.create_table('{\"TableName\": \"New\", \"BillingMode\": \"PAY_PER_REQUEST\", \"AttributeDefinitions\": [{\"AttributeName\": \"b\", \"AttributeType\": \"B\"}],
		\"KeySchema\": [{\"AttributeName\": \"b\", \"KeyType\": \"HASH\"}]}');
	ALTER TABLE dynamodb.\"New\" REPLICA IDENTITY FULL;
	INSERT INTO dynamodb.\"New\" (item) VALUES ('{\"b\": {\"B\": \"AAA=\"}}'); COMMIT")" \
	'INSERT New keys {"b": {"B": "AAA="}} new {"b": {"B": "AAA="}}'
is "a table whose old items are not in WAL, and what is no table" "$(changes \
	"INSERT INTO dynamodb.\"Other\" (item) VALUES ('{\"a\": {\"S\": \"o\"}}')" 'INSERT INTO dynamodb.heap VALUES (1)' \
	'UPDATE dynamodb."Other" SET item = '"'{\"a\": {\"S\": \"p\"}}'" 'DELETE FROM dynamodb."Other"')" ""
is "from when on they are" "$(changes 'ALTER TABLE dynamodb."Other" REPLICA IDENTITY FULL' "INSERT INTO dynamodb.\"Other\" (item) VALUES ('{\"a\": {\"S\": \"o\"}}')" \
	'ALTER TABLE dynamodb."Other" REPLICA IDENTITY DEFAULT' 'DELETE FROM dynamodb."Other"')" \
	'INSERT Other keys {"a": {"S": "o"}} new {"a": {"S": "o"}}'

# What the service deletes has an origin of its own, and others' origins are nothing to it.
sql -o /dev/null <<'SQL'
SELECT pg_replication_origin_create(name) FROM unnest(ARRAY['ddb expiry', 'decoder other']) AS name
	WHERE name NOT IN (SELECT roname FROM pg_replication_origin);
SQL
# delete_as ORIGIN
delete_as() {
	sql -o /dev/null -c "INSERT INTO dynamodb.\"Single\" (item) VALUES ('{\"a\": {\"S\": \"e\"}}')"
	sql -o /dev/null -c "SELECT pg_replication_origin_session_setup('$1')" -c 'DELETE FROM dynamodb."Single"'
}
delete_as 'ddb expiry'
delete_as 'decoder other'
delete_as 'ddb expiry'
is "expired items" "$(sql -c "SELECT data::json ->> 'userIdentity' FROM pg_logical_slot_get_changes('decoder', NULL, NULL) WHERE data ~ 'REMOVE'")" \
	$'{"type":"Service","principalId":"dynamodb.amazonaws.com"}\n\n{"type":"Service","principalId":"dynamodb.amazonaws.com"}'
sql -o /dev/null -c "SELECT pg_replication_origin_drop('decoder other')"

# ---- The record as a whole ----

sql -o /dev/null -c "BEGIN; INSERT INTO dynamodb.\"Single\" (item) VALUES ('{\"a\": {\"S\": \"x\"}, \"n\": {\"N\": \"101\"}}'); UPDATE dynamodb.\"Single\" SET item = '{\"a\": {\"S\": \"x\"}}'; COMMIT"
sql -o /dev/null -c "$(put z 1)"
# peek [OPTION VALUE...]
peek() {
	local options=
	while [ $# -gt 0 ]; do
		options="$options, '$1', '$2'"
		shift 2
	done
	sql -c "SELECT data FROM pg_logical_slot_peek_changes('decoder', NULL, NULL$options)"
}
all=$(peek)
like "a record" "$(sed -n 2p <<<"$all")" '^\{"eventID":"[0-9a-f]{32}","eventName":"MODIFY","eventVersion":"1\.1","eventSource":"aws:dynamodb","awsRegion":"us-east-1","dynamodb":\{"ApproximateCreationDateTime":[0-9]{10},"Keys":\{"a":\{"S":"x"\}\},"NewImage":\{"a":\{"S":"x"\}\},"OldImage":\{"a":\{"S":"x"\},"n":\{"N":"101"\}\},"SequenceNumber":"[0-9]{28}","SizeBytes":10,"StreamViewType":"NEW_AND_OLD_IMAGES"\},"tableName":"Single"\}$'
is "decoded again, it is the same" "$(peek)" "$all"
numbers=$(grep -o '"SequenceNumber":"[0-9]*"' <<<"$all")
is "sequence numbers rise" "$(sort -u <<<"$numbers")" "$numbers"
is "each record has its eventID" "$(grep -o '"eventID":"[0-9a-f]*"' <<<"$all" | sort -u | wc -l)" 3
is "of one table, with the same numbers" "$(peek tables Single)" "$(grep '"tableName":"Single"' <<<"$all")"
is "of several tables" "$(peek tables 'Single, "Music"')" "$all"
is "new images" "$(peek view_type NEW_IMAGE tables Single | grep -oE '"(NewImage|OldImage|SizeBytes|StreamViewType)":("[A-Z_]*"|[0-9]*)')" \
	$'"NewImage":\n"SizeBytes":8\n"StreamViewType":"NEW_IMAGE"\n"NewImage":\n"SizeBytes":4\n"StreamViewType":"NEW_IMAGE"'
is "old images" "$(peek view_type OLD_IMAGE tables Single | grep -oE '"(NewImage|OldImage|SizeBytes|StreamViewType)":("[A-Z_]*"|[0-9]*)')" \
	$'"SizeBytes":2\n"StreamViewType":"OLD_IMAGE"\n"OldImage":\n"SizeBytes":8\n"StreamViewType":"OLD_IMAGE"'
is "keys only" "$(peek view_type KEYS_ONLY tables Single | grep -oE '"(NewImage|OldImage|SizeBytes|StreamViewType)":("[A-Z_]*"|[0-9]*)')" \
	$'"SizeBytes":2\n"StreamViewType":"KEYS_ONLY"\n"SizeBytes":2\n"StreamViewType":"KEYS_ONLY"'
is "begin and commit of what has changes" "$(peek transactions on tables Single | grep -oE '"(transaction|eventName)":"[A-Z]*"')" \
	$'"transaction":"BEGIN"\n"eventName":"INSERT"\n"eventName":"MODIFY"\n"transaction":"COMMIT"'
like "an option that there is not" "$(peek table Single 2>&1)" '^ERROR:  the output plugin ddb has no option "table"'
like "a view type that there is not" "$(peek view_type NEW 2>&1)" '^ERROR:  option "view_type" is no view type: "NEW"'
like "no tables" "$(peek tables '' 2>&1)" '^ERROR:  option "tables" is no list of tables'
like "a table that there is not" "$(peek tables Nowhere 2>&1)" '^WARNING:  there is no table "Nowhere" now'
like "a table whose old items are not in WAL" "$(peek tables Other 2>&1)" '^HINT:  ALTER TABLE dynamodb\."Other" REPLICA IDENTITY FULL'

# ---- Who may ----

sql -o /dev/null -c "CREATE ROLE decoder_reader REPLICATION LOGIN; GRANT SELECT ON dynamodb.\"Single\" TO decoder_reader"
as_reader() {
	PGUSER=decoder_reader "$@"
}
is "REPLICATION alone shows nothing of other tables" "$(as_reader peek)" "$(peek tables Single)"
like "and asking for one by name is refused" "$(as_reader peek tables Music,Single 2>&1)" '^ERROR:  changes of table "Music" may not be read'
like "by the replication protocol too" "$(as_reader timeout 60 pg_recvlogical --dbname=decoder --slot=decoder --start --file=- --option=tables=Music --no-loop 2>&1)" \
	'changes of table "Music" may not be read'
sql -o /dev/null -c 'GRANT SELECT (item) ON dynamodb."Music" TO decoder_reader'
like "a column's privilege is not enough" "$(as_reader peek tables Music 2>&1)" '^ERROR:  changes of table "Music" may not be read'
sql -o /dev/null -c 'ALTER TABLE dynamodb."Single" ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON dynamodb."Single" USING (true)'
is "nor is a table with row-level security shown" "$(as_reader peek)" ""
like "which is refused by name" "$(as_reader peek tables Single 2>&1)" '^ERROR:  changes of table "Single" may not be read'
sql -o /dev/null -c 'ALTER ROLE decoder_reader BYPASSRLS'
is "but to whom it does not apply" "$(as_reader peek)" "$(peek tables Single)"
sql -o /dev/null -c 'REVOKE SELECT ON dynamodb."Single" FROM decoder_reader'
is "what has been revoked is not shown, of before either" "$(as_reader peek)" ""
sql -o /dev/null -c 'GRANT SELECT ON dynamodb."Single" TO decoder_reader'

# A consumer that goes on loses sight of a table where it was revoked.
as_reader timeout 120 pg_recvlogical --dbname=decoder --slot=decoder --start --file="$DDB_WORK/revoked" --option=tables=Single --no-loop \
	--status-interval=1 2>"$DDB_WORK/revoked.err" &
receiver=$!
# received LINES: so many have come, or no more will.
received() {
	until [ "$(cat "$DDB_WORK/revoked" 2>/dev/null | wc -l)" = "$1" ] || ! kill -0 "$receiver"; do sleep 0.05; done
}
received 2
sql -o /dev/null -c "INSERT INTO dynamodb.\"Single\" (item) VALUES ('{\"a\": {\"S\": \"seen\"}}')"
received 3
sql -o /dev/null -c 'REVOKE SELECT ON dynamodb."Single" FROM decoder_reader'
sql -o /dev/null -c "INSERT INTO dynamodb.\"Single\" (item) VALUES ('{\"a\": {\"S\": \"hidden\"}}')"
wait "$receiver" || true
is "what was revoked while it went on" "$(grep -oE '"Keys":\{"a":\{"S":"(seen|hidden)"' "$DDB_WORK/revoked")" '"Keys":{"a":{"S":"seen"'
like "and it is told so" "$(cat "$DDB_WORK/revoked.err")" 'changes of table "Single" may not be read'

until sql -o /dev/null -c "SELECT pg_drop_replication_slot('decoder')" 2>/dev/null; do sleep 0.05; done
sql -o /dev/null -c 'DROP OWNED BY decoder_reader; DROP ROLE decoder_reader'
