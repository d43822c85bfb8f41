# What the tests of upgrades share: a database with all that one of ddb's can hold, and what it answers.
# To be sourced behind lib.sh.

key_id=AKIAUPGRADEDATABASE1
secret=upgrade+secret/which+is+long+enough/4096

# fill_database: the current one, on a server with an endpoint at $http_port. A job is left waiting,
# as long as the session lasts that leave_job begins.
fill_database() {
	sql -o /dev/null <<SQL
CREATE EXTENSION ddb;
CREATE ROLE keeper;
CREATE ROLE reader;
CREATE ROLE guest;
GRANT CREATE, USAGE ON SCHEMA dynamodb TO keeper;
GRANT USAGE ON SCHEMA ddb, dynamodb TO reader, guest;
SELECT ddb.create_access_key('keeper', access_key_id => '$key_id', secret_access_key => '$secret');
SELECT ddb.create_access_key('reader', valid_until => now() + '1 year', access_key_id => 'AKIAUPGRADEDATABASE2', secret_access_key => '$secret');
SELECT ddb.set_access_key_active('AKIAUPGRADEDATABASE2', false);
CREATE TABLE calls (number serial, record jsonb);
CREATE FUNCTION note(event jsonb) RETURNS void LANGUAGE sql AS \$\$
	INSERT INTO public.calls (record) SELECT r -> 'dynamodb' FROM jsonb_array_elements(event -> 'Records') r \$\$;
GRANT ALL ON calls, calls_number_seq TO keeper;
SET ROLE keeper;
SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true, "Tags": [{"Key": "team", "Value": "sound"}],
	"AttributeDefinitions": [{"AttributeName": "artist", "AttributeType": "S"}, {"AttributeName": "song", "AttributeType": "S"},
		{"AttributeName": "year", "AttributeType": "N"}, {"AttributeName": "genre", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "byYear", "Projection": {"ProjectionType": "KEYS_ONLY"},
		"KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}]}],
	"GlobalSecondaryIndexes": [{"IndexName": "byGenre", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["it''s"]},
		"KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}]}]}');
SELECT ddb.create_table('{"TableName": "Counters-with.every_kind-of.letter-and-a.name-longer-than.PostgreSQLs-identifiers",
	"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}');
SELECT ddb.create_table('{"TableName": "Sessions", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "B"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}');
SELECT ddb.update_time_to_live('{"TableName": "Sessions", "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": true}}');
GRANT SELECT ON dynamodb."Music" TO reader;
GRANT SELECT, INSERT ON dynamodb."Sessions" TO guest WITH GRANT OPTION;
-- One of each type, and one that is stored out of line.
SELECT ddb.put_item('{"TableName": "Music", "Item": {"artist": {"S": "Nina Simone"}, "song": {"S": "Sinnerman"}, "nul": {"S": "a\u0000b"},
	"number": {"N": "-123456789012345678901234567890.12345678"}, "list": {"L": [{"N": "1"}, {"M": {"x": {"NULL": true}}}]},
	"strings": {"SS": ["b", "a"]}, "numbers": {"NS": ["10", "9"]}, "binaries": {"BS": ["AA==", "AQ=="]}, "yes": {"BOOL": true}, "binary": {"B": "AAEC/w=="}}}');
SELECT ddb.put_item(json_build_object('TableName', 'Music', 'Item', json_build_object(
		'artist', json_build_object('S', 'A' || n % 5), 'song', json_build_object('S', n::text),
		'year', json_build_object('N', (1990 + n % 7)::text), 'genre', json_build_object('S', 'G' || n % 3),
		'it''s', json_build_object('N', n::text), 'rest', json_build_object('S', repeat(md5(n::text), n)))))
	FROM generate_series(1, 200) n;
SELECT ddb.put_item(json_build_object('TableName', 'Counters-with.every_kind-of.letter-and-a.name-longer-than.PostgreSQLs-identifiers',
		'Item', json_build_object('id', json_build_object('N', (n / 7.0)::text))))
	FROM generate_series(-50, 50) n;
SELECT ddb.put_item(json_build_object('TableName', 'Sessions', 'Item', json_build_object(
		'id', json_build_object('B', encode(int4send(n), 'base64')), 'expires', json_build_object('N', (extract(epoch FROM now())::bigint + 1000000 + n)::text))))
	FROM generate_series(1, 20) n;
SQL
	# What the log is asked for comes into effect in transactions of its own.
	sql -o /dev/null -c 'SET ROLE keeper' \
		-c "SELECT ddb.update_table('{\"TableName\": \"Music\", \"StreamSpecification\": {\"StreamEnabled\": true, \"StreamViewType\": \"NEW_AND_OLD_IMAGES\"}}')" \
		-c "SELECT ddb.update_continuous_backups('{\"TableName\": \"Sessions\", \"PointInTimeRecoverySpecification\": {\"PointInTimeRecoveryEnabled\": true, \"RecoveryPeriodInDays\": 7}}')"
	wait_until "$all_enabled"
	sql -o /dev/null -c 'GRANT SELECT ON dynamodb."Music:stream" TO reader' -c 'SET ROLE keeper' \
		-c "SELECT ddb.create_event_source('Music', 'public.note')"
	change_music 1 20
	sql -o /dev/null <<'SQL'
SET ROLE keeper;
SELECT ddb.transact_write_items('{"ClientRequestToken": "once", "TransactItems": [{"Update": {"TableName": "Music",
	"Key": {"artist": {"S": "A1"}, "song": {"S": "21"}}, "UpdateExpression": "ADD plays :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}}]}');
SELECT ddb.delete_item('{"TableName": "Music", "Key": {"artist": {"S": "A0"}, "song": {"S": "200"}}}');
SQL
	sql -o /dev/null -c "SELECT ddb.change_log_wait('60 seconds')"
	wait_until "SELECT count(*) = 22 FROM calls"
}

# change_music FROM TO: so many changes of items, of which the stream tells.
change_music() {
	sql -o /dev/null <<SQL
SET ROLE keeper;
SELECT ddb.update_item(json_build_object('TableName', 'Music', 'Key', json_build_object('artist', json_build_object('S', 'A' || n % 5), 'song', json_build_object('S', n::text)),
		'UpdateExpression', 'SET genre = :g, plays = :n', 'ExpressionAttributeValues', json_build_object(':g', json_build_object('S', 'G' || n % 2), ':n', json_build_object('N', n::text))))
	FROM generate_series($1, $2) n;
SQL
}

# leave_job: one that is not done while this session lasts, or the server. A prepared transaction, as of hold_jobs, cannot be upgraded.
leave_job() {
	psql -X -q -c 'BEGIN' -c 'LOCK TABLE ddb.jobs IN SHARE UPDATE EXCLUSIVE MODE' -c 'SELECT pg_sleep(600)' >/dev/null 2>&1 &
	holder=$!
	wait_until "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'ddb.jobs'::regclass AND mode = 'ShareUpdateExclusiveLock' AND granted)"
	sql -o /dev/null -c 'SET ROLE keeper' \
		-c "SELECT ddb.restore_table_to_point_in_time('{\"SourceTableName\": \"Sessions\", \"TargetTableName\": \"Restored\", \"UseLatestRestorableTime\": true}')"
}

# catalogs DATABASE: what PostgreSQL's catalogs say of its extension.
catalogs() { psql -X -v ON_ERROR_STOP=1 -d "$1" -f "$top/test/extension_catalogs.sql"; }

# but_for_grants: the same of a database in which somebody may create tables.
but_for_grants() { grep -v '^schema dynamodb: nspacl = '; }

stream_records() { sql -c "SELECT * FROM ddb.stream_records('Music') ORDER BY sequence_number"; }

# Whether what is asked for is in effect.
all_enabled="SELECT bool_and(status = 'ENABLED') FROM (SELECT status FROM ddb.streams WHERE status <> 'DISABLED' UNION ALL SELECT status FROM ddb.continuous_backups) s"

# answers: what every operation says that reads, and what PostgreSQL says of privileges and settings.
answers() {
	sql <<'SQL'
SELECT name FROM json_array_elements_text(ddb.list_tables('{}') -> 'TableNames') name WHERE name <> 'Restored';
-- As in DynamoDB, sizes lag behind; a stream has another label where it is another one.
SELECT ddb.describe_table(json_build_object('TableName', name))::jsonb #- '{Table,ItemCount}' #- '{Table,TableSizeBytes}' #- '{Table,LatestStreamArn}' #- '{Table,LatestStreamLabel}'
		#- '{Table,LocalSecondaryIndexes,0,IndexSizeBytes}' #- '{Table,LocalSecondaryIndexes,0,ItemCount}' #- '{Table,GlobalSecondaryIndexes,0,IndexSizeBytes}' #- '{Table,GlobalSecondaryIndexes,0,ItemCount}'
	FROM json_array_elements_text(ddb.list_tables('{}') -> 'TableNames') name WHERE name <> 'Restored';
SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn', ddb.describe_table('{"TableName": "Music"}') #>> '{Table,TableArn}'));
-- Scan's order is that of the keys' hashes, so it stays too.
SELECT name, md5(ddb.scan(json_build_object('TableName', name))::text), ddb.scan(json_build_object('TableName', name, 'Select', 'COUNT'))
	FROM json_array_elements_text(ddb.list_tables('{}') -> 'TableNames') name WHERE name <> 'Restored';
SELECT ddb.get_item('{"TableName": "Music", "Key": {"artist": {"S": "Nina Simone"}, "song": {"S": "Sinnerman"}}}');
SELECT md5(ddb.query('{"TableName": "Music", "IndexName": "byGenre", "KeyConditionExpression": "genre = :g", "ScanIndexForward": false, "ExpressionAttributeValues": {":g": {"S": "G1"}}}')::text);
SELECT ddb.query('{"TableName": "Music", "IndexName": "byYear", "ConsistentRead": true, "KeyConditionExpression": "artist = :a AND #y < :y",
	"ExpressionAttributeNames": {"#y": "year"}, "ExpressionAttributeValues": {":a": {"S": "A1"}, ":y": {"N": "1992"}}}');
SELECT ddb.describe_time_to_live('{"TableName": "Sessions"}');
SELECT ddb.describe_continuous_backups('{"TableName": "Sessions"}')::jsonb #>> '{ContinuousBackupsDescription,PointInTimeRecoveryDescription,RecoveryPeriodInDays}';
SELECT table_name, view_type FROM ddb.streams WHERE status IN ('ENABLING', 'ENABLED');
SELECT table_name, role, function, options, enabled FROM ddb.event_source_list;
SELECT access_key_id, role, active, created, valid_until FROM ddb.access_key_list ORDER BY 1;
SELECT relname, pg_get_userbyid(relowner), relacl FROM pg_class WHERE relnamespace = 'dynamodb'::regnamespace AND relkind IN ('r', 'v') AND relname NOT LIKE 'Restored%' ORDER BY 1;
SELECT nspname, nspacl FROM pg_namespace WHERE nspname IN ('ddb', 'dynamodb') ORDER BY 1;
SELECT 'wrong index: ' || c FROM ddb.check_indexes() c;
SELECT 'wrong record: ' || c FROM ddb.check_catalog() c;
SELECT 'items by SQL: ' || count(*) || ' ' || md5(string_agg(item::text, ',' ORDER BY artist, song)) FROM dynamodb."Music";
SET ROLE reader;
SELECT ddb.scan('{"TableName": "Music", "Select": "COUNT"}');
SQL
}

# check_of_health PATH: what the endpoint says, which may be about to begin.
check_of_health() {
	local try
	for ((try = 0; try < 600; try++)); do
		curl -sS "http://127.0.0.1:$http_port$1" 2>/dev/null && return
		sleep 0.1
	done
}

# over_http OPERATION REQUEST: signed by the access key.
over_http() {
	check_of_health /health >/dev/null
	curl -sS -H "X-Amz-Target: DynamoDB_20120810.$1" -H 'Content-Type: application/x-amz-json-1.0' \
		--user "$key_id:$secret" --aws-sigv4 aws:amz:us-east-1:dynamodb --data "$2" "http://127.0.0.1:$http_port/"
}

# The keys' owner asks for the items that it may read.
http_answers() {
	over_http Scan '{"TableName": "Music", "Select": "COUNT", "ConsistentRead": true}'
	echo
	over_http GetItem '{"TableName": "Sessions", "Key": {"id": {"B": "AAAAAQ=="}}, "ProjectionExpression": "id"}'
	echo
}

# works_on WHAT: writes go on, also in what follows from them.
works_on() {
	is "$1: the key signs requests" "$(http_answers)" "$(printf '%s\n' '{"Count":200,"ScannedCount":200}' '{"Item":{"id":{"B":"AAAAAQ=="}}}')"
	is "$1: writes keep the indexes" "$(sql <<'SQL'
SET ROLE keeper;
SELECT ddb.put_item('{"TableName": "Music", "Item": {"artist": {"S": "New"}, "song": {"S": "1"}, "genre": {"S": "new"}, "year": {"N": "1"}}}');
SELECT ddb.query('{"TableName": "Music", "IndexName": "byGenre", "KeyConditionExpression": "genre = :g", "ExpressionAttributeValues": {":g": {"S": "new"}}, "Select": "COUNT"}');
SELECT ddb.delete_item('{"TableName": "Music", "Key": {"artist": {"S": "New"}, "song": {"S": "1"}}}');
RESET ROLE;
SELECT 'wrong index: ' || c FROM ddb.check_indexes() c;
SQL
)" $'{}\n{"Count":1,"ScannedCount":1}\n{}'
	like "$1: deletion protection is kept" "$(sql -c "SELECT ddb.delete_table('{\"TableName\": \"Music\"}')" 2>&1 || true)" 'protect'
	like "$1: who may not read does not" "$(sql -c 'SET ROLE guest' -c "SELECT ddb.scan('{\"TableName\": \"Music\"}')" 2>&1 || true)" 'AccessDeniedException'
	sql -o /dev/null -c "SELECT ddb.put_item('{\"TableName\": \"Sessions\", \"Item\": {\"id\": {\"B\": \"AA==\"}, \"expires\": {\"N\": \"' || extract(epoch FROM now())::bigint - 3000 || '\"}}}')"
	ok "$1: items expire" wait_until "SELECT count(*) = 20 FROM dynamodb.\"Sessions\""
}

# stream_goes_on WHAT FIRST: what is changed now comes to the stream, and from there to its event source, once.
# The items are those from number FIRST on, whose changes there have not been yet.
stream_goes_on() {
	local calls last=$(($2 + 9))
	ok "$1: the stream is on" wait_until "$all_enabled"
	sql -o /dev/null -c "SELECT ddb.change_log_wait('60 seconds')"
	calls=$(sql -c "SELECT count(*) FROM ddb.stream_records('Music')")
	change_music "$2" "$last"
	sql -o /dev/null -c "SELECT ddb.change_log_wait('60 seconds')"
	is "$1: it has the next changes" "$(sql -c "SELECT count(*) - $calls FROM ddb.stream_records('Music')")" 10
	ok "$1: the event source is given them" wait_until "SELECT count(*) = 10 FROM calls WHERE (record #>> '{NewImage,plays,N}')::int BETWEEN $2 AND $last"
	is "$1: and nothing twice" "$(sql -c "SELECT count(*) - count(DISTINCT record -> 'SequenceNumber') FROM calls")" 0
}
