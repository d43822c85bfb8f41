#!/bin/bash
# Indexes agree with their table whatever is done to it: many writers at once,
# indexes that come and go, statements of every kind, rewrites, other owners.
. "$(dirname "$0")/../lib.sh"

database=index_upkeep
sql -c "CREATE DATABASE $database"
PGDATABASE=$database
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE FUNCTION index(name text, hash text, range text, projection text) RETURNS json LANGUAGE sql AS $$
	SELECT json_build_object('IndexName', name, 'Projection', projection::json, 'KeySchema', json_build_array(
		json_build_object('AttributeName', hash, 'KeyType', 'HASH'), json_build_object('AttributeName', range, 'KeyType', 'RANGE')))
$$;
CREATE FUNCTION definitions(names text) RETURNS json LANGUAGE sql AS $$
	SELECT json_agg(json_build_object('AttributeName', name, 'AttributeType', CASE name WHEN 'kind' THEN 'S' ELSE 'N' END)) FROM unnest(string_to_array(names, ' ')) name
$$;
SELECT ddb.create_table(json_build_object('TableName', 'Kept', 'BillingMode', 'PAY_PER_REQUEST',
	'AttributeDefinitions', definitions('owner id kind rank'),
	'KeySchema', '[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}]'::json,
	'LocalSecondaryIndexes', json_build_array(index('ByRank', 'owner', 'rank', '{"ProjectionType": "ALL"}')),
	'GlobalSecondaryIndexes', json_build_array(
		index('ByKind', 'kind', 'rank', '{"ProjectionType": "KEYS_ONLY"}'),
		index('Ranks', 'rank', 'id', '{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["text"]}'),
		index('Kinds', 'kind', 'owner', '{"ProjectionType": "ALL"}'),
		index('Ids', 'id', 'kind', '{"ProjectionType": "KEYS_ONLY"}'))));

CREATE FUNCTION kept_key(id int) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('owner', jsonb_build_object('N', (id % 7)::text), 'id', jsonb_build_object('N', id::text))
$$;
CREATE FUNCTION put(id int, n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	-- some items lack the attributes of some indexes
	PERFORM ddb.put_item(json_build_object('TableName', 'Kept', 'Item', kept_key(id)
		|| CASE WHEN n % 5 = 0 THEN '{}' ELSE jsonb_build_object('kind', jsonb_build_object('S', 'kind ' || n % 20)) END
		|| CASE WHEN n % 3 = 0 THEN '{}' ELSE jsonb_build_object('rank', jsonb_build_object('N', (n % 50)::text)) END
		|| jsonb_build_object('text', jsonb_build_object('S', repeat('x', n % 4000)))));
END
$$;
CREATE FUNCTION change(id int, attribute text, n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.update_item(json_build_object('TableName', 'Kept', 'Key', kept_key(id),
		'UpdateExpression', 'SET #attribute = :value', 'ExpressionAttributeNames', json_build_object('#attribute', attribute),
		'ExpressionAttributeValues', json_build_object(':value', json_build_object(CASE WHEN attribute = 'rank' THEN 'N' ELSE 'S' END, n::text))));
END
$$;
CREATE FUNCTION delete(id int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.delete_item(json_build_object('TableName', 'Kept', 'Key', kept_key(id)));
END
$$;
SELECT put(id, id) FROM generate_series(1, 600) id;
SQL

differences() {
	sql -c "SELECT index_name, problem, count(*) FROM ddb.check_indexes() GROUP BY 1, 2"
}
agree() {
	is "the indexes agree with the table: $1" "$(differences)" ""
}

# Writers of few items, some in transactions that are rolled back in part or whole.
cat >"$DDB_WORK/items.sql" <<'SQL'
\set id random(1, 600)
\set n random(1, 100000)
\set what random(1, 10)
\if :what <= 3
SELECT put(:id, :n);
\elif :what <= 5
SELECT change(:id, 'other', :n);
SELECT change(:id, 'rank', :n % 50);
\elif :what <= 6
SELECT change(:id, 'kind', :n);
\elif :what <= 7
SELECT delete(:id);
\elif :what <= 8
BEGIN;
SELECT put(:id, :n);
SAVEPOINT s;
SELECT delete(:id);
ROLLBACK TO s;
SELECT change(:id, 'text', :n);
COMMIT;
\elif :what <= 9
BEGIN;
SELECT delete(:id);
SELECT put(:id, :n);
ROLLBACK;
\else
UPDATE dynamodb."Kept" SET item = replace(item::text, 'kind 1', 'kind one ')::ddb.item WHERE owner = :id % 7 AND id = :id;
\endif
SQL
create='{"TableName": "Kept", "AttributeDefinitions": %s, "GlobalSecondaryIndexUpdates": [{"Create": %s}]}'
cat >"$DDB_WORK/indexes.sql" <<SQL
SELECT ddb.update_table(format('$create', definitions('owner id kind rank'), index('New', 'kind', 'id', '{"ProjectionType": "ALL"}'))::json) IS NULL
	WHERE NOT EXISTS (SELECT FROM ddb.indexes WHERE name = 'New');
SELECT ddb.update_table('{"TableName": "Kept", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "New"}}]}') IS NULL
	FROM ddb.indexes WHERE name = 'New' AND status = 'ACTIVE' AND relation::oid::bigint % 2 = 0;
SELECT pg_sleep(0.03);
SQL
pgbench --no-vacuum --client=4 --jobs=2 --time=4 --file="$DDB_WORK/items.sql" >"$DDB_WORK/items.log" 2>&1 &
items=$!
pgbench --no-vacuum --client=1 --time=3 --file="$DDB_WORK/indexes.sql" >"$DDB_WORK/indexes.log" 2>&1 || true
wait "$items" || true
like "writers wrote" "$(cat "$DDB_WORK/items.log")" 'transactions actually processed: [1-9]'
like "indexes came and went" "$(cat "$DDB_WORK/indexes.log")" 'transactions actually processed: [1-9]'
is "nobody had an error" "$(grep -hE 'ERROR|aborted' "$DDB_WORK"/*.log | sort | uniq -c)" ""
for ((i = 0; i < 600; i++)); do
	[ "$(sql -c "SELECT count(*) FROM ddb.indexes WHERE status = 'CREATING'")" != 0 ] || break
	sleep 0.1
done
is "all that there are have been filled" "$(sql -c "SELECT count(*) FROM ddb.indexes WHERE status = 'CREATING'")" 0
agree "many writers"

pgbench --no-vacuum --client=4 --jobs=2 --time=3 --file="$DDB_WORK/items.sql" >"$DDB_WORK/reindexed.log" 2>&1 &
items=$!
while kill -0 "$items" 2>/dev/null; do
	for relation in Kept Kept/ByKind Kept/ByRank; do
		sql -c "REINDEX TABLE CONCURRENTLY dynamodb.\"$relation\"" >>"$DDB_WORK/reindexed.log" 2>&1
	done
done
like "writers wrote while indexes were built anew" "$(cat "$DDB_WORK/reindexed.log")" 'transactions actually processed: [1-9]'
is "nobody had an error of that" "$(grep -E 'ERROR|aborted' "$DDB_WORK/reindexed.log")" ""
agree "many writers while indexes are built anew"

statement() {
	sql -o /dev/null -c "$1"
	sql -o /dev/null -c "SELECT put(id, id + 1) FROM generate_series(590, 610) id"
	agree "$1"
}
statement 'UPDATE dynamodb."Kept" SET item = replace(item::text, '"'kind', 'sort'"')::ddb.item WHERE owner < 4'
statement 'DELETE FROM dynamodb."Kept" WHERE id % 3 = 0'
statement 'VACUUM FULL dynamodb."Kept"'
statement 'VACUUM FULL dynamodb."Kept/ByKind"'
statement "CLUSTER dynamodb.\"Kept\" USING $(sql -c "SELECT quote_ident(relname) FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = 'dynamodb.\"Kept\"'::regclass")"
statement 'REINDEX SCHEMA dynamodb'
statement 'ALTER TABLE dynamodb."Kept" ADD COLUMN more text DEFAULT random()'
sql -c "\\copy dynamodb.\"Kept\" (item) TO '$DDB_WORK/items.copy'"
statement 'TRUNCATE dynamodb."Kept"'
is "nothing is left of them" "$(sql -c 'SELECT count(*) FROM dynamodb."Kept/ByKind"')" "$(sql -c 'SELECT count(*) FROM dynamodb."Kept" WHERE item -> '"'kind' IS NOT NULL AND item -> 'rank' IS NOT NULL")"
sql -c 'TRUNCATE dynamodb."Kept"' -c "\\copy dynamodb.\"Kept\" (item) FROM '$DDB_WORK/items.copy'"
agree "COPY"

sql -o /dev/null -c 'CREATE ROLE index_keeper' -c 'GRANT USAGE ON SCHEMA ddb, dynamodb TO index_keeper'
statement 'ALTER TABLE dynamodb."Kept" OWNER TO index_keeper'
statement 'ALTER ROLE index_keeper RENAME TO index_owner'
statement "SET ROLE index_owner; SELECT put(id, id) FROM generate_series(1, 20) id"
statement "SET ROLE index_owner; SELECT ddb.update_table('{\"TableName\": \"Kept\", \"GlobalSecondaryIndexUpdates\": [{\"Delete\": {\"IndexName\": \"Ids\"}}]}')"
statement 'SET ROLE index_owner; TRUNCATE dynamodb."Kept"; SELECT put(id, id) FROM generate_series(1, 20) id'
statement 'ALTER TABLE dynamodb."Kept" RENAME TO "Renamed"'
statement 'ALTER TABLE dynamodb."Renamed" SET SCHEMA public'

sql -o /dev/null -c "SELECT ddb.delete_table('{\"TableName\": \"Kept\"}')"
is "nothing is left of a deleted table" "$(sql -c "SELECT (SELECT count(*) FROM ddb.indexes), (SELECT count(*) FROM pg_class WHERE relname LIKE 'Kept%')")" '0|0'
PGDATABASE=postgres
sql -c "DROP DATABASE $database WITH (FORCE)" -c 'DROP ROLE index_owner'
