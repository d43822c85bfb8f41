#!/bin/bash
# A function that its owner has put on the relation of an index, and that does not
# return, keeps neither the worker from other indexes nor the table from being dropped.
. "$(dirname "$0")/../lib.sh"

database=attacks_backfill
sql -c "CREATE DATABASE $database"
export PGDATABASE=$database
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE ROLE eve LOGIN;
CREATE SCHEMA eve AUTHORIZATION eve;
GRANT CREATE ON SCHEMA dynamodb TO eve;
CREATE FUNCTION as_table(name text) RETURNS json LANGUAGE sql AS $$
	SELECT json_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "S"}]'::json,
		'KeySchema', '[{"AttributeName": "id", "KeyType": "HASH"}]'::json)
$$;
CREATE FUNCTION with_index(name text, change text) RETURNS json LANGUAGE sql AS $$
	SELECT json_build_object('TableName', name,
		'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "color", "AttributeType": "S"}]'::json,
		'GlobalSecondaryIndexUpdates', json_build_array(change::json))
$$;
CREATE FUNCTION put(name text, id text) RETURNS boolean LANGUAGE sql AS $$
	SELECT ddb.put_item(json_build_object('TableName', name, 'Item', json_build_object('id', json_build_object('S', id), 'color', '{"S": "red"}'::json))) IS NOT NULL
$$;
SQL
create='{"Create": {"IndexName": "gsi", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}]}}'
delete='{"Delete": {"IndexName": "gsi"}}'

# eve STATEMENT...: in one transaction of hers; prints what she is answered, or the error.
eve() {
	printf '%s;\n' BEGIN "$@" COMMIT | PGUSER=eve sql 2>&1 || true
}

# indexed NAME [FUNCTION]: a table with an index that is to be filled, and the function on its relation.
indexed() {
	local answer
	answer=$(eve "SELECT ddb.create_table(as_table('$1')) IS NULL" "SELECT bool_and(put('$1', i::text)) FROM generate_series(1, 20) i" \
		"SELECT ddb.update_table(with_index('$1', '$create')) IS NULL" "${@:2}")
	is "$1 is there" "$(grep ERROR <<<"$answer")" ""
}

status() {
	sql -c "SELECT i.status FROM ddb.indexes i JOIN ddb.tables t ON t.relation = i.table_relation WHERE t.name = '$1'"
}

for body in 'pg_sleep(600)' 'pg_sleep(0.45)' 'a loop' 'a loop around cancellations' 'a lock and a signal' 'an error'; do
	echo "# $body"
	case $body in
		pg_sleep*) code="PERFORM $body" ;;
		'a loop') code='LOOP END LOOP' ;;
		'a loop around cancellations') code='LOOP BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP' ;;
		'a lock and a signal') code='PERFORM pg_advisory_lock(7); PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type LIKE $x$ddb%$x$; PERFORM pg_sleep(600)' ;;
		*) code="RAISE 'an error of hers'" ;;
	esac
	eve "CREATE OR REPLACE FUNCTION eve.stay(ddb.item) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS \$\$BEGIN $code; RETURN true; END\$\$" >/dev/null
	for name in First Other; do
		indexed $name "CREATE INDEX ON dynamodb.\"$name/gsi\" (eve.stay(item))"
	done
	indexed Good
	for ((i = 0; i < 600; i++)); do
		[ "$(status Good)" != ACTIVE ] || break
		sleep 0.05
	done
	is "another index is filled beside $body" "$(status Good)" ACTIVE
	is "these are not" "$(status First) $(status Other)" "CREATING CREATING"
	like "their index can be deleted" "$(eve "SELECT ddb.update_table(with_index('First', '$delete'))")" DELETING
	like "and the table" "$(eve "SELECT ddb.delete_table('{\"TableName\": \"First\"}')")" DELETING
	is "or both dropped" "$(eve 'DROP TABLE dynamodb."Other"')" ""
	like "as another table is deleted" "$(eve "SELECT ddb.delete_table('{\"TableName\": \"Good\"}')")" DELETING
done
for ((i = 0; i < 200; i++)); do
	[ "$(sql -c "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" != 0 ] || break
	sleep 0.05
done
is "the worker holds none of her locks" "$(sql -c "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")" 0
like "the log tells which index it was" "$(cat "$PGHOST/../server.log")" 'filling secondary index gsi of table (First|Other)'

sql -o /dev/null -c 'SET client_min_messages = warning' -c 'DROP OWNED BY eve CASCADE'
PGDATABASE=postgres
sql -c "DROP DATABASE $database WITH (FORCE)" -c 'DROP ROLE eve'
