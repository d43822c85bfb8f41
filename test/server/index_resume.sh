#!/bin/bash
# An index that is half filled goes on where it was: after a restart, a crash,
# a promotion, a restored dump; and drops of its database are not held up.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster

# What holds an item through all of these is a prepared transaction that has
# its row locked. The primary index has the items in the order a k b i l d e h f.
setup=$(cat <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Filled", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}') IS NULL;
INSERT INTO dynamodb."Filled" (item) SELECT format('{"id": {"S": "%s"}, "color": {"S": "red"}, "size": {"N": "1"}}', id)::ddb.item
	FROM unnest(string_to_array('a k b i l d e h f', ' ')) id;
SQL
)
create=$(cat <<'SQL'
SELECT ddb.update_table('{"TableName": "Filled", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "color", "AttributeType": "S"}],
	"GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "ByColor", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}]}}]}') IS NULL;
SQL
)
query="SELECT ddb.query('{\"TableName\": \"Filled\", \"IndexName\": \"ByColor\", \"Select\": \"COUNT\", \"KeyConditionExpression\": \"color = :c\", \"ExpressionAttributeValues\": {\":c\": {\"S\": \"red\"}}}')::jsonb -> 'Count'"

# hold ID: locks the item until `release ID`, also in another life of the server.
hold() {
	sql -o /dev/null <<SQL
BEGIN;
SELECT FROM dynamodb."Filled" WHERE id = '$1' FOR UPDATE;
PREPARE TRANSACTION '$PGDATABASE $1';
SQL
}
release() {
	sql -c "COMMIT PREPARED '$PGDATABASE $1'"
}

PROGRESS=(ddb.index_progress)
is_active="SELECT count(*) = 1 FROM ddb.indexes WHERE status = 'ACTIVE'"
is_half="SELECT items_done = 4 FROM ddb.index_progress"

# half_filled: an index whose worker stands before l.
half_filled() {
	sql -o /dev/null -c "$setup"
	hold l
	sql -o /dev/null -c "$create"
	wait_until "$is_half"
}

complete() {
	wait_until "$is_active" && [ "$(sql -c 'SELECT count(*) FROM dynamodb."Filled/ByColor"' -c "SELECT count(*) FROM ddb.check_indexes()" \
		-c 'SELECT count(*) FROM ddb.backfills' -c "$query")" = $'9\n0\n0\n9' ]
}

kill_worker() {
	kill_one 'ddb backfill'
}
end_worker() {
	sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb backfill'"
}
restart() {
	stop_cluster "$cluster" "$1"
	start_cluster "$cluster"
	PGDATABASE=resumed
}
kill_server() {
	kill_cluster "$cluster" 2>/dev/null
	start_cluster "$cluster"
	PGDATABASE=resumed
}

new_primary cluster <<'END'
max_worker_processes = 12
END
for how in 'restart fast' 'restart immediate' kill_server kill_worker end_worker; do
	sql -c "CREATE DATABASE resumed"
	PGDATABASE=resumed
	half_filled
	# Who went back to the start would stand before this one.
	hold a
	$how
	release l
	ok "the index is filled from where it was: $how" complete
	release a
	PGDATABASE=postgres
	dropdb --force resumed
done

# A dump taken in the middle.
sql -c 'CREATE DATABASE dumped' -c 'CREATE DATABASE restored'
PGDATABASE=dumped half_filled
pg_dump dumped >"$DDB_WORK/dump.sql"
is "the dump holds a half filled index" "$(PGDATABASE=dumped sql -c "$is_half")" t
# The worker comes while the table is not known yet.
sed 's/^COPY ddb.tables /SELECT pg_sleep(1);\n&/' "$DDB_WORK/dump.sql" >"$DDB_WORK/slow_dump.sql"
PGDATABASE=restored ok "it is restored without an error" sql -o /dev/null -f "$DDB_WORK/slow_dump.sql"
PGDATABASE=restored ok "and the index filled" complete
PGDATABASE=dumped release l
PGDATABASE=dumped ok "as is the dumped one" complete
pg_dump dumped >"$DDB_WORK/dump.sql"
sql -c 'CREATE DATABASE "restored whole"'
PGDATABASE='restored whole' sql -o /dev/null -f "$DDB_WORK/dump.sql"
PGDATABASE='restored whole' ok "an index that is full is so after a restore" complete

# Databases come and go.
for what in 'DROP DATABASE busy' 'CREATE DATABASE copied TEMPLATE busy' 'ALTER DATABASE busy RENAME TO renamed'; do
	sql -c 'CREATE DATABASE busy'
	PGDATABASE=busy sql -o /dev/null -c "$setup" -c "INSERT INTO dynamodb.\"Filled\" (item)
		SELECT format('{\"id\": {\"S\": \"%s\"}, \"color\": {\"S\": \"red\"}}', i)::ddb.item FROM generate_series(1, 10000) i" -c "$create"
	ok "the worker leaves the database to: $what" sql -c "$what"
	for database in busy renamed; do dropdb --if-exists --force $database 2>/dev/null; done
done

# A standby taken in the middle, and promoted.
sql -c 'CREATE DATABASE promoted'
PGDATABASE=promoted
half_filled
standby=$DDB_WORK/standby
prepare_cluster "$standby"
as_server_user "$bindir/pg_basebackup" --dbname="host=$PGHOST port=$PGPORT user=$PGUSER" \
	--pgdata="$standby/data" --write-recovery-conf --checkpoint=fast --no-sync
configure_cluster "$standby" </dev/null
start_cluster "$standby"
PGDATABASE=promoted
is "the standby has it half filled" "$(sql -c "$is_half")" t
like "and does not read it" "$(sql -c "$query" 2>&1 || true)" 'Cannot read from backfilling global secondary index: ByColor'
is "no worker is on the standby" "$(sql -c "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'ddb %'")" 0
is "nothing is different on it" "$(sql -c 'SELECT count(*) FROM ddb.check_indexes()')" 0
use_cluster "$cluster"
PGDATABASE=promoted
release l
ok "the primary fills it" complete
lsn=$(sql -c 'SELECT pg_current_wal_lsn()')
use_cluster "$standby"
PGDATABASE=promoted
wait_until "SELECT pg_last_wal_replay_lsn() >= '$lsn'"
ok "the standby follows" complete
use_cluster "$cluster"
PGDATABASE=promoted
sql -o /dev/null -c 'DROP TABLE dynamodb."Filled"' -c 'DROP EXTENSION ddb'
half_filled
lsn=$(sql -c 'SELECT pg_current_wal_lsn()')
use_cluster "$standby"
PGDATABASE=promoted
wait_until "SELECT pg_last_wal_replay_lsn() >= '$lsn'"
as_server_user "$bindir/pg_ctl" --pgdata="$standby/data" --wait --silent promote
release l
ok "the promoted standby goes on" complete
stop_cluster "$standby"
stop_cluster "$cluster"

# Room for one worker only, which stands in another database.
new_cluster narrow <<'END'
max_worker_processes = 3
END
sql -c 'CREATE DATABASE first' -c 'CREATE DATABASE second'
PGDATABASE=first half_filled
PGDATABASE=second sql -o /dev/null -c "$setup" -c "$create"
PGDATABASE=second is "without room for a worker the index stays as it is" "$(PGDATABASE=second sql -c 'SELECT items_done FROM ddb.index_progress')" 0
PGDATABASE=first release l
PGDATABASE=second ok "and is filled when there is" complete
stop_cluster "$DDB_WORK/narrow"

# Without the launcher.
create_cluster "$DDB_WORK/plain" </dev/null
start_cluster "$DDB_WORK/plain"
sql -o /dev/null -c "$setup"
like "under REPEATABLE READ it is refused" "$(sql -c "BEGIN ISOLATION LEVEL REPEATABLE READ; $create" 2>&1 || true)" 'isolation level above READ COMMITTED'
sql -o /dev/null -c "$create"
is "UpdateTable fills it" "$(sql -c "$is_active")" t
ok "with all items" complete
sql -o /dev/null -c "BEGIN; DROP TABLE dynamodb.\"Filled\"; DROP EXTENSION ddb CASCADE; $setup
	INSERT INTO dynamodb.\"Filled\" (item) SELECT format('{\"id\": {\"S\": \"%s\"}, \"text\": {\"S\": \"%s\"}, \"color\": {\"S\": \"red\"}}', i, repeat('x', i))::ddb.item FROM generate_series(1, 3000) i;
	$create INSERT INTO dynamodb.\"Filled\" (item) VALUES ('{\"id\": {\"S\": \"last\"}, \"color\": {\"S\": \"red\"}}'); COMMIT"
is "among others of its transaction" "$(sql -c 'SELECT count(*) FROM dynamodb."Filled/ByColor"' -c 'SELECT count(*) FROM ddb.check_indexes()')" $'3010\n0'
sql -o /dev/null <<SQL
DROP TABLE dynamodb."Filled";
DROP EXTENSION ddb CASCADE;
$setup
CREATE ROLE keeper;
GRANT USAGE, CREATE ON SCHEMA ddb, dynamodb TO keeper;
ALTER TABLE dynamodb."Filled" OWNER TO keeper;
ALTER TABLE dynamodb."Filled" ENABLE ROW LEVEL SECURITY;
ALTER TABLE dynamodb."Filled" FORCE ROW LEVEL SECURITY;
SET ROLE keeper;
$create
SQL
ok "also with the items that policies hide from the role" complete
