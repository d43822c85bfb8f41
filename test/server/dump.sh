#!/bin/bash
# pg_dump | psql into a fresh server: every operation answers as before, and goes on working.
. "$(dirname "$0")/../lib.sh"

new_cluster original </dev/null
sql -o /dev/null -v json="$(cat <<'JSON'
{"Artist": {"S": "Nina Simone"}, "At": {"B": "AAEC/w=="},
 "nul": {"S": "a\u0000b"}, "number": {"N": "-123456789012345678901234567890.12345678"}, "list": {"L": [{"N": "1"}, {"M": {"x": {"NULL": true}}}]},
 "strings": {"SS": ["b", "a"]}, "numbers": {"NS": ["10", "9"]}, "binaries": {"BS": ["AA==", "AQ=="]}, "yes": {"BOOL": true}}
JSON
)" <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true,
	"Tags": [{"Key": "team", "Value": "sound"}],
	"AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}, {"AttributeName": "At", "AttributeType": "B"}],
	"KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}, {"AttributeName": "At", "KeyType": "RANGE"}]}');
SELECT ddb.create_table('{"TableName": "Counters-with.every_kind-of.letter-and-a.name-longer-than.PostgreSQLs-identifiers", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}');
SELECT ddb.put_item(json_build_object('TableName', 'Music', 'Item', :'json'::json));
SELECT ddb.put_item(json_build_object('TableName', 'Music', 'Item', json_build_object('Artist', json_build_object('S', 'A' || n % 10),
		'At', json_build_object('B', encode(int4send(n), 'base64')), 'text', json_build_object('S', repeat('x', n)))))
	FROM generate_series(1, 1000) n;
SELECT ddb.put_item(json_build_object('TableName', 'Counters-with.every_kind-of.letter-and-a.name-longer-than.PostgreSQLs-identifiers',
		'Item', json_build_object('id', json_build_object('N', (n / 7.0)::text))))
	FROM generate_series(-100, 100) n;
CREATE ROLE reader;
GRANT USAGE ON SCHEMA ddb, dynamodb TO reader;
GRANT SELECT ON dynamodb."Music" TO reader;
SQL

answers() {
	sql <<'SQL'
SELECT ddb.list_tables('{}');
-- As in DynamoDB, these two lag behind.
SELECT ddb.describe_table(json_build_object('TableName', name))::jsonb #- '{Table,ItemCount}' #- '{Table,TableSizeBytes}'
	FROM json_array_elements_text(ddb.list_tables('{}') -> 'TableNames') name;
SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn',
	ddb.describe_table('{"TableName": "Music"}') #>> '{Table,TableArn}'));
SELECT ddb.get_item('{"TableName": "Music", "Key": {"Artist": {"S": "Nina Simone"}, "At": {"B": "AAEC/w=="}}}');
SELECT ddb.query('{"TableName": "Music", "KeyConditionExpression": "Artist = :a", "ScanIndexForward": false,
	"ExpressionAttributeValues": {":a": {"S": "A3"}}, "Limit": 20, "ReturnConsumedCapacity": "TOTAL"}');
-- Scan's order is that of the keys' hashes, so it stays too.
SELECT ddb.scan('{"TableName": "Counters-with.every_kind-of.letter-and-a.name-longer-than.PostgreSQLs-identifiers"}');
SELECT ddb.scan('{"TableName": "Music", "Segment": 1, "TotalSegments": 3, "Limit": 50}');
SET ROLE reader;
SELECT ddb.scan('{"TableName": "Music", "Limit": 1}');
SQL
}

before=$(answers)
is "there is something to compare" "$(wc -l <<<"$before")" 9
pg_dumpall --roles-only >"$DDB_WORK/roles.sql"
pg_dump >"$DDB_WORK/dump.sql"
stop_cluster "$DDB_WORK/original"

new_cluster restored </dev/null
grep -v 'ROLE postgres' "$DDB_WORK/roles.sql" | sql -o /dev/null
ok "the dump is restored without an error" sql -o /dev/null -f "$DDB_WORK/dump.sql"
is "every operation answers as before" "$(answers)" "$before"
# All but the key that each dump makes for itself, and the order of rows.
is "a dump of it is the same" "$(pg_dump | grep -v '^.\(un\)\?restrict ' | sort)" \
	"$(grep -v '^.\(un\)\?restrict ' "$DDB_WORK/dump.sql" | sort)"
is "writes go on" "$(sql <<'SQL'
SELECT ddb.update_item('{"TableName": "Music", "Key": {"Artist": {"S": "Nina Simone"}, "At": {"B": "AAEC/w=="}},
	"UpdateExpression": "SET #n = #n + :one", "ExpressionAttributeNames": {"#n": "number"},
	"ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": "UPDATED_NEW"}');
SQL
)" '{"Attributes":{"number":{"N":"-123456789012345678901234567889.12345678"}}}'
like "deletion protection is kept" "$(sql -c "SELECT ddb.delete_table('{\"TableName\": \"Music\"}')" 2>&1 || true)" ValidationException
