#!/bin/bash
# Transactions, batches, both of PartiQL too, plain SQL that locks in their order, and an index that is made and dropped
# again and again, all on the same few items of two tables: whatever the order in which they name them, there is no deadlock.
. "$(dirname "$0")/../lib.sh"

# A cycle that the server undoes by another order of its queues is reported, too.
new_cluster cluster <<'END'
deadlock_timeout = 20ms
log_lock_waits = on
END
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table(format('{"TableName": "%s", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
	"GlobalSecondaryIndexes": [{"IndexName": "kept", "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}',
	name)::json)
FROM unnest('{First,Second}'::text[]) name;

-- Some of all items in any order, each with a random number.
CREATE FUNCTION some_items() RETURNS TABLE (tab text, id text, n int) LANGUAGE sql AS $$
	SELECT tab, 'item ' || i, (random() * 9)::int FROM unnest('{First,Second}'::text[]) tab, generate_series(1, 6) i
	ORDER BY random() LIMIT 2 + (random() * 8)::int
$$;
CREATE FUNCTION put_of(id text, n int) RETURNS json LANGUAGE sql AS $$ SELECT format('{"id": {"S": "%s"}, "n": {"N": "%s"}}', id, n)::json $$;
CREATE FUNCTION key_of(id text) RETURNS json LANGUAGE sql AS $$ SELECT format('{"id": {"S": "%s"}}', id)::json $$;

CREATE FUNCTION transaction() RETURNS json LANGUAGE sql AS $$
	SELECT ddb.transact_write_items(json_build_object('ClientRequestToken', gen_random_uuid(), 'TransactItems', json_agg(CASE
		WHEN n < 3 THEN jsonb_build_object('Put', jsonb_build_object('TableName', tab, 'Item', put_of(id, n)))
		WHEN n < 5 THEN jsonb_build_object('Delete', jsonb_build_object('TableName', tab, 'Key', key_of(id)))
		WHEN n < 7 THEN jsonb_build_object('Update', jsonb_build_object('TableName', tab, 'Key', key_of(id),
			'UpdateExpression', 'ADD n :one', 'ExpressionAttributeValues', '{":one": {"N": "1"}}'::json))
		ELSE jsonb_build_object('ConditionCheck', jsonb_build_object('TableName', tab, 'Key', key_of(id),
			'ConditionExpression', CASE WHEN n = 7 THEN 'attribute_exists(id)' ELSE 'attribute_not_exists(id) OR n < :most' END)
			|| CASE WHEN n = 7 THEN '{}' ELSE '{"ExpressionAttributeValues": {":most": {"N": "90"}}}' END::jsonb)
		END)))
	FROM some_items()
$$;
CREATE FUNCTION batch() RETURNS json LANGUAGE sql AS $$
	SELECT ddb.batch_write_item(json_build_object('RequestItems', json_object_agg(tab, requests))) FROM (
		SELECT tab, json_agg(CASE WHEN n < 6 THEN json_build_object('PutRequest', json_build_object('Item', put_of(id, n)))
			ELSE json_build_object('DeleteRequest', json_build_object('Key', key_of(id))) END) AS requests
		FROM some_items() GROUP BY tab ORDER BY random()) tables
$$;
CREATE FUNCTION statements() RETURNS json LANGUAGE sql AS $$
	SELECT json_agg(json_build_object('Statement', format(CASE
		WHEN n < 4 THEN 'INSERT INTO "%1$s" VALUE {''id'': ''%2$s'', ''n'': %3$s}'
		WHEN n < 8 THEN 'UPDATE "%1$s" SET n = %3$s WHERE id = ''%2$s'''
		ELSE 'DELETE FROM "%1$s" WHERE id = ''%2$s''' END, tab, id, n)))
	FROM some_items()
$$;
CREATE FUNCTION plain() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	tables text[] := '{First,Second}';
	locked text[];
BEGIN
	SELECT array_agg(t ORDER BY format('dynamodb.%I', t)::regclass::oid) INTO tables FROM unnest(tables) t;
	-- a stronger lock than FOR UPDATE takes, before any row is locked
	LOCK dynamodb."First", dynamodb."Second" IN ROW EXCLUSIVE MODE;
	FOR i IN 1..2 LOOP
		EXECUTE format('SELECT array_agg(id) FROM (SELECT id::text FROM dynamodb.%I WHERE id IN (''item 1'', ''item 4'', ''item 5'')
			ORDER BY ddb.hash(id) FOR UPDATE) x', tables[i]) INTO locked;
		EXECUTE format('UPDATE dynamodb.%I SET item = (item::jsonb || ''{"n": 5}'')::ddb.item WHERE id::text = ANY ($1)', tables[i]) USING locked;
	END LOOP;
END
$$;

-- What fails for its conditions is as good as what does not.
CREATE FUNCTION try(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
	IF SQLERRM LIKE '%Conflict%' OR SQLERRM NOT LIKE 'TransactionCanceledException%' THEN
		RAISE;
	END IF;
END
$$;
CREATE FUNCTION index_change(change text) RETURNS json LANGUAGE sql AS $$
	SELECT ddb.update_table(format('{"TableName": "First", "AttributeDefinitions": [{"AttributeName": "n", "AttributeType": "N"}],
		"GlobalSecondaryIndexUpdates": [{%s}]}', change)::json)
$$;
SQL

echo "SELECT try('SELECT transaction()');" >"$DDB_WORK/transaction.sql"
echo "SELECT try('SELECT batch()');" >"$DDB_WORK/batch.sql"
echo "SELECT try('SELECT ddb.batch_execute_statement(json_build_object(''Statements'', statements()))');" >"$DDB_WORK/statements.sql"
echo "SELECT try('SELECT ddb.execute_transaction(json_build_object(''TransactStatements'', statements()))');" >"$DDB_WORK/execute.sql"
echo "SELECT plain();" >"$DDB_WORK/plain.sql"

pgbench -n -c 16 -j 2 -T "${ORDER_SECONDS:-12}" -f "$DDB_WORK/transaction.sql" -f "$DDB_WORK/batch.sql" -f "$DDB_WORK/statements.sql" \
	-f "$DDB_WORK/execute.sql" -f "$DDB_WORK/plain.sql" >"$DDB_WORK/pgbench" 2>&1 &
load=$!
indexes=0
while kill -0 "$load" 2>/dev/null; do
	sql -o /dev/null -c "SELECT index_change('\"Create\": {\"IndexName\": \"made\", \"KeySchema\": [{\"AttributeName\": \"n\", \"KeyType\": \"HASH\"}], \"Projection\": {\"ProjectionType\": \"ALL\"}}')"
	until [ "$(sql -c "SELECT bool_and(i ->> 'IndexStatus' = 'ACTIVE') FROM json_array_elements(ddb.describe_table('{\"TableName\": \"First\"}') #> '{Table,GlobalSecondaryIndexes}') i")" = t ]; do sleep 0.05; done
	sql -o /dev/null -c "SELECT index_change('\"Delete\": {\"IndexName\": \"made\"}')"
	indexes=$((indexes + 1))
done
wait "$load" || true
grep -E 'actually processed' "$DDB_WORK/pgbench" | head -n 1 | sed 's/^/# /'
echo "# $indexes indexes were filled and dropped meanwhile"
is "nothing failed but conditions" "$(grep -E 'ERROR|FATAL|aborted' "$DDB_WORK/pgbench" || true)" ""
ok "there were such indexes" test "$indexes" -gt 0
is "there was no deadlock" "$(sql -c "SELECT pg_stat_force_next_flush(); SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()" | tail -n 1)" 0
is "nor one that was avoided" "$(grep -h 'deadlock for' "$DDB_WORK/cluster/server.log" || true)" ""
is "indexes agree with their tables" "$(sql -c 'SELECT * FROM ddb.check_indexes()')" ""
