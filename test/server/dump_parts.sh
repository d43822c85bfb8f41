#!/bin/bash
# Dumps of a part of the tables, and restores into what is there already: the tables
# that come work, what is missing is told, and ddb.register_table() brings back
# relations without their records.
. "$(dirname "$0")/../lib.sh"

new_cluster original </dev/null
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE ROLE keeper;
GRANT CREATE, USAGE ON SCHEMA dynamodb TO keeper;
SET ROLE keeper;
SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST", "Tags": [{"Key": "team", "Value": "sound"}],
	"AttributeDefinitions": [{"AttributeName": "artist", "AttributeType": "S"}, {"AttributeName": "song", "AttributeType": "S"},
		{"AttributeName": "year", "AttributeType": "N"}, {"AttributeName": "genre", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "byYear", "Projection": {"ProjectionType": "KEYS_ONLY"},
		"KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "year", "KeyType": "RANGE"}]}],
	"GlobalSecondaryIndexes": [{"IndexName": "byGenre", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["it''s"]},
		"KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}]}]}');
SELECT ddb.put_item(json_build_object('TableName', 'Music', 'Item', json_build_object(
		'artist', json_build_object('S', 'A' || n % 5), 'song', json_build_object('S', n::text),
		'year', json_build_object('N', (1990 + n % 7)::text), 'genre', json_build_object('S', 'G' || n % 3),
		'it''s', json_build_object('N', n::text), 'rest', json_build_object('N', n::text))))
	FROM generate_series(1, 100) n;
SELECT ddb.create_table(json_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
	'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "S"}]'::json, 'KeySchema', '[{"AttributeName": "id", "KeyType": "HASH"}]'::json))
	FROM unnest(ARRAY['Films', 'Books', 'A.name-longer-than.PostgreSQLs-identifiers-which-end-at-63-bytes-each']) name;
SELECT ddb.put_item('{"TableName": "Films", "Item": {"id": {"S": "Rush"}}}');
SELECT ddb.put_item('{"TableName": "Books", "Item": {"id": {"S": "Emma"}}}');
RESET ROLE;
ALTER TABLE dynamodb."Books" RENAME TO renamed;
CREATE SCHEMA elsewhere;
ALTER TABLE dynamodb.renamed SET SCHEMA elsewhere;
SQL

# new NAME: an empty database, to which the statements that follow are sent.
new() {
	createdb -T template0 "$1"
	export PGDATABASE=$1
}

ddb() { sql -c "SELECT ddb.$1(\$\$$2\$\$)" 2>&1 | sed 's/^\(ERROR:  [A-Za-z]*\): .*/\1/' || true; }
films='{"TableName": "Films", "Key": {"id": {"S": "Rush"}}}'
books='{"TableName": "Books", "Key": {"id": {"S": "Emma"}}}'
problems() { sql -F ': ' -c "SELECT coalesce(table_name, relation::text), index_name, problem FROM ddb.check_catalog() ORDER BY 1, 2, 3"; }

music() {
	sql <<'SQL'
SELECT count(*) FROM dynamodb."Music";
SELECT (ddb.query('{"TableName": "Music", "IndexName": "byGenre", "KeyConditionExpression": "genre = :g", "ExpressionAttributeValues": {":g": {"S": "G1"}}}')) -> 'Count';
SELECT (ddb.query('{"TableName": "Music", "IndexName": "byYear", "ConsistentRead": true, "KeyConditionExpression": "artist = :a AND #y < :y",
	"ExpressionAttributeNames": {"#y": "year"}, "ExpressionAttributeValues": {":a": {"S": "A1"}, ":y": {"N": "1993"}}}')) -> 'Count';
SELECT count(*) FROM ddb.check_indexes();
SELECT name, kind, projection, non_key_attributes FROM ddb.indexes ORDER BY name;
SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'dynamodb."Music/byGenre"'::regclass;
SQL
}
before=$(music)
is "there is something to compare" "$(wc -l <<<"$before")" 7
is "nothing is wrong with the catalogs" "$(problems)" ""

wait_for_indexes() {
	for ((i = 0; i < 600; i++)); do
		[ "$(sql -c "SELECT count(*) FROM ddb.indexes WHERE status = 'CREATING'")" != 0 ] || return 0
		sleep 0.1
	done
	return 1
}

pg_dump >"$DDB_WORK/all.sql"
pg_dump -Fc >"$DDB_WORK/all.dump"
pg_dump -T 'dynamodb."Music"' >"$DDB_WORK/without.sql"
pg_dump -T 'dynamodb."Music"' -T 'dynamodb."Music/"*' >"$DDB_WORK/without_indexes.sql"
pg_dump -t 'dynamodb."Music"' -t 'dynamodb."Music/"*' >"$DDB_WORK/music.sql"
pg_dump -t 'dynamodb."Music"' >"$DDB_WORK/music_alone.sql"
pg_dump -n dynamodb >"$DDB_WORK/schema.sql"

for without in without without_indexes; do
	new $without
	ok "a dump $without a table is restored without an error" sql -o /dev/null -f "$DDB_WORK/$without.sql"
	is "$without: the other tables are there" "$(ddb get_item "$films")$(ddb get_item "$books")" '{"Item":{"id":{"S":"Rush"}}}{"Item":{"id":{"S":"Emma"}}}'
	is "$without: the table is not" "$(ddb describe_table '{"TableName": "Music"}')" "ERROR:  ResourceNotFoundException"
	is "$without: nor is it listed" "$(ddb list_tables '{}')" '{"TableNames":["A.name-longer-than.PostgreSQLs-identifiers-which-end-at-63-bytes-each","Books","Films"]}'
	like "$without: what is missing is told" "$(problems)" "^Music: : the table's relation is missing"
done
like "an index without its table is told" "$(sql -d without -F ': ' -c 'SELECT relation, problem FROM ddb.check_catalog()')" \
	'^dynamodb."Music/byYear": the relation is that of a secondary index'

# The table comes later, and meets its record.
ok "the table is restored by itself" sql -o /dev/null -f "$DDB_WORK/music.sql"
ok "and registered" sql -c "SELECT ddb.register_table('dynamodb.\"Music\"')" -o /dev/null
ok "its indexes are filled" wait_for_indexes
is "everything is there again" "$(music)" "$before"
is "its tags too" "$(sql -c "SELECT tags FROM ddb.tables WHERE name = 'Music'")" '{"team":"sound"}'
is "nothing is wrong any more" "$(problems)" ""
like "it is not registered twice" "$(sql -c "SELECT ddb.register_table('dynamodb.\"Music\"', 'Other')" 2>&1 || true)" 'is that of table "Music" already'

# In the place of a missing one another may be made, or its record removed.
export PGDATABASE=without
is "a missing table's record is removed" "$(sql -c 'SELECT table_name FROM ddb.clean_catalog()')" Music
is "and only that" "$(sql -c 'SELECT name FROM ddb.tables WHERE name IN ($$Films$$, $$Music$$)')" Films
new again
sql -q -o /dev/null -f "$DDB_WORK/without_indexes.sql" 2>/dev/null
like "a missing table's name can be used" "$(ddb create_table '{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}')" '"TableName":"Music"'
is "nothing is wrong then" "$(problems)" ""

# Only relations, into a database with ddb.
for part in music schema; do
	new "$part"
	sql -c 'CREATE EXTENSION ddb' -c 'GRANT CREATE ON SCHEMA dynamodb TO keeper'
	ok "a dump of $part is restored without an error" sql -o /dev/null -f "$DDB_WORK/$part.sql"
	like "$part: the relation without a record is told" "$(problems)" 'dynamodb."Music": : the relation is that of a table by its shape'
	ok "$part: its owner registers it" sql -o /dev/null -c 'SET ROLE keeper' -c "SELECT ddb.register_table('dynamodb.\"Music\"')"
	ok "$part: its indexes are filled" wait_for_indexes
	is "$part: everything is there" "$(music)" "$before"
done
is "schema: all relations are registered by name" "$(sql -c "
	SELECT ddb.register_table(relation, CASE WHEN relation::text ~ 'longer' THEN 'Long.name' END) FROM ddb.check_catalog()" | wc -l)" 2
is "schema: nothing is wrong any more" "$(problems)" ""

# A table alone has its trigger, but no relations of indexes.
new alone
sql -c 'CREATE EXTENSION ddb' -c 'GRANT CREATE ON SCHEMA dynamodb TO keeper'
ok "a table without its indexes is restored" sql -o /dev/null -f "$DDB_WORK/music_alone.sql"
ok "and registered by a superuser" sql -o /dev/null -c "SELECT ddb.register_table('dynamodb.\"Music\"')"
is "it has no indexes" "$(ddb describe_table '{"TableName": "Music"}' | grep -c SecondaryIndexes || true)" 0
is "and is written" "$(ddb put_item '{"TableName": "Music", "Item": {"artist": {"S": "A"}, "song": {"S": "B"}, "genre": {"S": "C"}}}')" '{}'

# All of it: in parallel, once more over itself, and into a database with tables of its own.
new parallel
ok "a restore with several jobs" pg_restore -j 3 --exit-on-error -d parallel "$DDB_WORK/all.dump"
is "parallel: everything is there" "$(music)" "$before"
ok "a restore that drops first" pg_restore --clean --if-exists --exit-on-error -d parallel "$DDB_WORK/all.dump"
is "dropped first: everything is there" "$(music)$(ddb get_item "$books")" "$before"'{"Item":{"id":{"S":"Emma"}}}'
is "dropped first: nothing is wrong" "$(problems)" ""

# With a stream and recovery, which begin while other jobs fill the tables.
new logged
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table(json_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "S"}]'::json, 'KeySchema', '[{"AttributeName": "id", "KeyType": "HASH"}]'::json)),
	ddb.put_item(json_build_object('TableName', name, 'Item', '{"id": {"S": "kept"}}'::json))
	FROM unnest(ARRAY['Streamed', 'Recovered']) name;
SELECT ddb.update_table('{"TableName": "Streamed", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}}');
SELECT ddb.update_continuous_backups('{"TableName": "Recovered", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}');
SQL
pg_dump -Fc >"$DDB_WORK/logged.dump"
kept() {
	wait_until "SELECT (SELECT status FROM ddb.streams) = 'ENABLED' AND (SELECT status FROM ddb.continuous_backups) = 'ENABLED' AND ddb.change_log_wait('1 second')"
	sql -c 'SELECT (SELECT id FROM dynamodb."Streamed"), (SELECT id FROM dynamodb."Recovered"), (SELECT count(*) FROM dynamodb."Streamed:stream")' \
		-c "SELECT count(*) FROM ddb.shards WHERE ended_by = 'hole'"
}
new logged_parallel
dropdb logged
ok "logged: a restore with several jobs" pg_restore -j 3 --exit-on-error -d logged_parallel "$DDB_WORK/logged.dump"
is "logged: everything is there, and is no change" "$(kept)" $'kept|kept|0\n0'
# The same in the order in which the log has all the time to begin.
new logged_first
dropdb logged_parallel
pg_restore --section=pre-data -d logged_first "$DDB_WORK/logged.dump"
pg_restore --data-only -t streams -t continuous_backups -d logged_first "$DDB_WORK/logged.dump"
ok "its processes are there" wait_until "SELECT count(*) = 2 FROM pg_stat_activity WHERE backend_type LIKE 'ddb change%' AND datname = current_database()"
for table in Streamed Recovered; do
	ok "$table is filled by another job" sql -c "BEGIN; TRUNCATE ONLY dynamodb.\"$table\"; INSERT INTO dynamodb.\"$table\" (item) VALUES ('{\"id\": {\"S\": \"kept\"}}'); COMMIT"
done
pg_restore --section=post-data -d logged_first "$DDB_WORK/logged.dump"
pg_restore --data-only -n ddb -t tables -d logged_first "$DDB_WORK/logged.dump"
is "the log begins behind it" "$(kept)" $'kept|kept|0\n0'
# The extension goes with what the log has not decoded, and another one comes.
ok "logged: a restore over itself, in one transaction" pg_restore -1 --clean --if-exists --exit-on-error -d logged_first "$DDB_WORK/logged.dump"
is "the log begins once more" "$(kept)" $'kept|kept|0\n0'

new shared
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Films", "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true,
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}');
SELECT ddb.put_item('{"TableName": "Films", "Item": {"id": {"S": "Alien"}}}');
SQL
psql -X -q -o /dev/null -f "$DDB_WORK/all.sql" 2>"$DDB_WORK/shared.log" || true
like "a restore over a table of the same name tells of it" "$(cat "$DDB_WORK/shared.log")" 'record of table "Films" is left out'
is "the other tables come all the same" "$(music)$(ddb get_item "$books")" "$before"'{"Item":{"id":{"S":"Emma"}}}'
is "the one that was there is as it was" "$(sql -c "SELECT settings ->> 'DeletionProtectionEnabled' FROM ddb.tables WHERE name = 'Films'")" true
is "nothing is wrong" "$(problems)" ""

# Files are taken over with the numbers of relations in them.
export PGDATABASE=postgres
for database in without without_indexes again music schema alone parallel logged_first shared; do dropdb --force $database; done
stop_cluster "$DDB_WORK/original"
{
	cat "$top/test/settings.conf"
	echo "ddb.http_port = $(free_port)"
} | create_cluster "$DDB_WORK/upgraded"
ok "pg_upgrade" upgrade_cluster "$DDB_WORK/original" "$DDB_WORK/upgraded"
start_cluster "$DDB_WORK/upgraded"
is "upgraded: everything is there" "$(music)$(ddb get_item "$books")" "$before"'{"Item":{"id":{"S":"Emma"}}}'
is "upgraded: nothing is wrong" "$(problems)" ""
