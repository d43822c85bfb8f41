#!/bin/bash
# Many sessions write the same items at once: nothing is lost, nothing deadlocks.
. "$(dirname "$0")/../lib.sh"

createdb concurrent_writers
export PGDATABASE=concurrent_writers
sql >/dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Counters", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}');
CREATE FUNCTION key(p text, s int) RETURNS jsonb LANGUAGE sql AS
  $$ SELECT format('{"p": {"S": "%s"}, "s": {"N": "%s"}}', p, s)::jsonb $$;

CREATE FUNCTION increment(s int) RETURNS json LANGUAGE sql AS $$
  SELECT ddb.update_item((jsonb_build_object('Key', key('count', s)) ||
    '{"TableName": "Counters", "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}')::json) $$;

CREATE FUNCTION take_ticket(s int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM ddb.put_item((jsonb_build_object('Item', key('ticket', s)) ||
    '{"TableName": "Counters", "ConditionExpression": "attribute_not_exists(p)"}')::json);
  INSERT INTO taken VALUES (s);
  RETURN true;
EXCEPTION WHEN SQLSTATE 'ND001' THEN
  RETURN false;
END $$;
CREATE TABLE taken (s int);

CREATE FUNCTION write_batch(a int, b int, c int) RETURNS json LANGUAGE sql AS $$
  SELECT ddb.batch_write_item(json_build_object('RequestItems', json_build_object('Counters',
    (SELECT json_agg(CASE WHEN s % 2 = 0 THEN json_build_object('PutRequest', json_build_object('Item', key('batch', s)))
                          ELSE json_build_object('DeleteRequest', json_build_object('Key', key('batch', s))) END ORDER BY random())
     FROM (SELECT DISTINCT unnest(ARRAY[a, b, c]) AS s) keys)))) $$;
SQL

# run CLIENTS TRANSACTIONS STATEMENT: prints what went wrong.
run() {
	printf '%s\n' '\set i random(0, 4)' '\set j random(0, 4)' '\set k random(0, 4)' "$3" >"$DDB_WORK/script.sql"
	pgbench -n -c "$1" -j 2 -t "$2" -f "$DDB_WORK/script.sql" 2>&1 | grep -E 'ERROR|FATAL|aborted' || true
}

is "sessions increment five items, new at first" "$(run 16 250 'SELECT increment(:i);')" ""
is "no increment is lost" "$(sql -c "SELECT count(*), sum((item -> 'n')::numeric) FROM dynamodb.\"Counters\" WHERE p = 'count'")" "5|4000"

is "sessions want the same new keys" "$(run 16 100 'SELECT take_ticket(:client_id * 7 % 5 + 5 * :i + 25 * :j + 125 * :k);')" ""
is "each new key is given once" "$(sql -c "SELECT count(*) = count(DISTINCT s) AND count(*) = (SELECT count(*) FROM dynamodb.\"Counters\" WHERE p = 'ticket') FROM taken")" t

is "sessions write overlapping batches" "$(run 16 100 'SELECT write_batch(:i, :j, :k);')" ""
is "the last word of each batch stands" "$(sql -c "SELECT bool_and(s::numeric % 2 = 0) FROM dynamodb.\"Counters\" WHERE p = 'batch'")" t

is "an index entry for each item, and none more" "$(sql -c "CREATE EXTENSION amcheck" -c "SELECT bt_index_parent_check(indexrelid, true) FROM pg_index WHERE indrelid = 'dynamodb.\"Counters\"'::regclass")" ""
