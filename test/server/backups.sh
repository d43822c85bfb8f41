#!/bin/bash
# Backups under load and crashes: each is of one moment, whoever is killed while it is made or
# restored, and a deleted table's backup survives a crash and a dump.
# ROUNDS says how often a process is killed.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
rounds=${ROUNDS:-6}

new_cluster cluster <<'END'
max_worker_processes = 20
END
sql -c 'CREATE DATABASE kept'
PGDATABASE=kept
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Accounts", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}, {"AttributeName": "owner", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
	"GlobalSecondaryIndexes": [{"IndexName": "ByOwner", "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}');
SELECT ddb.put_item(jsonb_build_object('TableName', 'Accounts', 'Item', jsonb_build_object('id', jsonb_build_object('N', i::text),
	'owner', jsonb_build_object('S', 'o' || i % 100), 'money', '{"N": "100"}'::jsonb,
	'text', jsonb_build_object('S', repeat(md5(i::text), CASE WHEN i % 500 = 0 THEN 1000 ELSE i % 7 END)))))
	FROM generate_series(1, 20000) i;
-- Moves money between two accounts: the sum is the same at every moment.
CREATE PROCEDURE move_on() LANGUAGE plpgsql AS $$
BEGIN
	WHILE to_regclass('going') IS NOT NULL LOOP
		BEGIN
			PERFORM ddb.transact_write_items(jsonb_build_object('TransactItems', (SELECT jsonb_agg(jsonb_build_object('Update', jsonb_build_object(
				'TableName', 'Accounts', 'Key', jsonb_build_object('id', jsonb_build_object('N', id::text)), 'UpdateExpression', 'ADD money :m',
				'ExpressionAttributeValues', jsonb_build_object(':m', jsonb_build_object('N', amount::text)))))
				FROM (VALUES (1 + floor(random() * 10000), 7), (10001 + floor(random() * 10000), -7)) v (id, amount))));
		EXCEPTION WHEN OTHERS THEN
			NULL;
		END;
		COMMIT;
	END LOOP;
END
$$;
CREATE FUNCTION arn(named text) RETURNS text LANGUAGE sql AS $$
	SELECT 'arn:aws:dynamodb:us-east-1:000000000000:table/' || table_name || '/backup/' || backup FROM ddb.backups b WHERE b.name = named
$$;
CREATE FUNCTION table_status(name text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.describe_table(json_build_object('TableName', name))::jsonb->'Table'->>'TableStatus'
$$;
CREATE FUNCTION total(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('SELECT count(*) || '' '' || sum((item->>''money'')::numeric) FROM dynamodb.%I', name) INTO result;
	RETURN result;
END
$$;
SQL

# kill_now_and_then: one of the workers, or all of the server.
kill_now_and_then() {
	local round
	for ((round = 1; round <= rounds; round++)); do
		sleep "0.$((RANDOM % 5))"
		if ((round % 3 == 0)); then
			kill_cluster "$cluster"
			start_cluster "$cluster"
			PGDATABASE=kept
		else
			kill_one 'ddb job'
		fi
		ok "the server is there again ($round)" wait_until 'SELECT true'
	done
}

# move: writers that begin again after each crash.
move() {
	until sql -c 'CALL move_on()' 2>/dev/null; do
		sleep 0.2
	done
}

was='20000 2000000'
is "what a table holds" "$(sql -c "SELECT total('Accounts')")" "$was"

# While others write, and processes are killed.
sql -c 'CREATE TABLE going ()'
move &
mover=$!
for ((i = 1; i <= 4; i++)); do
	sql -o /dev/null -c "SELECT ddb.create_backup('{\"TableName\": \"Accounts\", \"BackupName\": \"backup$i\"}')"
done
kill_now_and_then
ok "all backups are made" wait_until "SELECT count(*) = 4 FROM ddb.backups WHERE status = 'AVAILABLE'"
is "no job is left" "$(sql -c 'SELECT count(*) FROM ddb.jobs')" 0
for ((i = 1; i <= 4; i++)); do
	sql -o /dev/null -c "SELECT ddb.restore_table_from_backup(json_build_object('TargetTableName', 'Restored$i', 'BackupArn', arn('backup$i')))"
done
kill_now_and_then
sql -c 'DROP TABLE going'
wait "$mover"
for ((i = 1; i <= 4; i++)); do
	ok "backup $i is restored" wait_until "SELECT table_status('Restored$i') = 'ACTIVE'"
	is "it is of one moment" "$(sql -c "SELECT total('Restored$i')")" "$was"
	is "its indexes agree" "$(sql -c "SELECT count(*) FROM ddb.check_indexes('Restored$i')")" 0
done
is "counts are exact" "$(sql -c "SELECT DISTINCT items FROM ddb.backups")" 20000

# A backup that is asked for while somebody waits to delete the table is made.
sql -o /dev/null <<'SQL'
SELECT ddb.create_table('{"TableName": "Meanwhile", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}');
SQL
locks='FROM pg_locks WHERE relation = '"'dynamodb.\"Meanwhile\"'::regclass"
sql -o /dev/null <<SQL &
BEGIN;
SELECT ddb.create_backup('{"TableName": "Meanwhile", "BackupName": "meanwhile"}');
DO \$\$ BEGIN WHILE NOT EXISTS (SELECT $locks AND NOT granted) LOOP PERFORM pg_sleep(0.01); END LOOP; END \$\$;
COMMIT;
SQL
asking=$!
wait_until "SELECT count(*) > 0 $locks"
like "a deletion that waits for who asks for a backup" "$(sql -c "SELECT ddb.delete_table('{\"TableName\": \"Meanwhile\"}')" 2>&1 || true)" 'ResourceInUseException'
wait $asking
ok "leaves the table to be backed up" wait_until "SELECT status = 'AVAILABLE' FROM ddb.backups WHERE name = 'meanwhile'"
sql -o /dev/null -c "SELECT ddb.delete_backup(json_build_object('BackupArn', arn('meanwhile')))" -c "SELECT ddb.delete_table('{\"TableName\": \"Meanwhile\"}')"

# A table is deleted: nothing is copied, and nothing is lost.
sql -o /dev/null -c "SELECT ddb.update_continuous_backups('{\"TableName\": \"Accounts\", \"PointInTimeRecoverySpecification\": {\"PointInTimeRecoveryEnabled\": true}}')"
sql -c "CREATE TABLE was AS SELECT item::text AS item FROM dynamodb.\"Accounts\""
# an error after the exchange of files takes it back
sql -c "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not now''; END'" \
	-c "CREATE TABLE deferred (i integer)" \
	-c "CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON deferred DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()"
like "a deletion that fails at its commit" "$(sql -c "BEGIN; INSERT INTO deferred VALUES (1); SELECT ddb.delete_table('{\"TableName\": \"Accounts\"}') IS NULL; COMMIT" 2>&1 || true)" 'not now'
is "leaves the table as it is" "$(sql -c "SELECT total('Accounts'), (SELECT count(*) FROM dynamodb.\"Accounts\" WHERE item::text NOT IN (TABLE was))")" "$was|0"
sql -o /dev/null -c "SELECT ddb.delete_table('{\"TableName\": \"Accounts\"}')"
kill_cluster "$cluster"
start_cluster "$cluster"
PGDATABASE=kept
content() {
	psql -X -q -A -t <<-'END'
		SELECT format('SELECT count(*), count(*) FILTER (WHERE item::text IN (TABLE was)) FROM %s', relation) FROM ddb.backups WHERE type = 'SYSTEM' \gexec
	END
}
is "a deleted table's backup after a crash" "$(content)" '20000|20000'
is "and the table is gone" "$(sql -c "SELECT count(*) FROM ddb.tables WHERE name = 'Accounts'")" 0

# Dumps have backups.
sql -o /dev/null -c "SELECT ddb.create_backup('{\"TableName\": \"Restored1\", \"BackupName\": \"begun\"}')"
pg_dump -f "$DDB_WORK/dump.sql" kept
sql -c 'CREATE DATABASE elsewhere'
PGDATABASE=elsewhere
ok "a dump with backups is restored" sql -o /dev/null -f "$DDB_WORK/dump.sql"
is "with all of them" "$(sql -c "SELECT string_agg(name, ' ' ORDER BY name) FROM ddb.backups")" 'Accounts$DeletedTableBackup backup1 backup2 backup3 backup4 begun'
is "and what they hold" "$(content)" '20000|20000'
sql -o /dev/null -c "SELECT ddb.restore_table_from_backup(json_build_object('TargetTableName', 'Accounts', 'BackupArn', arn('Accounts\$DeletedTableBackup')))"
ok "which is restored there" wait_until "SELECT table_status('Accounts') = 'ACTIVE'"
is "exactly" "$(sql -c "SELECT count(*), count(*) FILTER (WHERE item::text IN (TABLE was)) FROM dynamodb.\"Accounts\"")" '20000|20000'
ok "a backup that was being made is made there" wait_until "SELECT status = 'AVAILABLE' FROM ddb.backups WHERE name = 'begun'"

# Whose tables and backups are dropped.
sql -c 'CREATE ROLE owner_of_backups' -c 'GRANT CREATE ON SCHEMA dynamodb TO owner_of_backups' -c 'GRANT SELECT ON dynamodb."Accounts" TO owner_of_backups' \
	-c 'SET ROLE owner_of_backups' -c "SELECT ddb.create_backup('{\"TableName\": \"Accounts\", \"BackupName\": \"owned\"}')" -o /dev/null
ok "a role's backup is made" wait_until "SELECT status = 'AVAILABLE' FROM ddb.backups WHERE name = 'owned'"
sql -c 'DROP OWNED BY owner_of_backups' -c 'DROP ROLE owner_of_backups'
is "it goes with what the role owns" "$(sql -c "SELECT count(*) FROM ddb.backups WHERE name = 'owned'")" 0
