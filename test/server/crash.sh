#!/bin/bash
# Every process of the server is killed amid writers, again and again: what was
# acknowledged is there after recovery, and what was not is there whole or not at all.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
writers=4
rounds=3

new_cluster cluster </dev/null
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE EXTENSION amcheck;
SELECT ddb.create_table('{"TableName": "Log", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "writer", "AttributeType": "N"}, {"AttributeName": "at", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "writer", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}]}');

CREATE FUNCTION put(writer int, at int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.put_item(json_build_object('TableName', 'Log',
		'Item', log_key(writer, at) || '{"whole": {"BOOL": true}}' || jsonb_build_object('text', jsonb_build_object('S', repeat('x', at % 3000)))));
	RETURN format('%s,put,%s', writer, at);
END
$$;
CREATE FUNCTION change(writer int, at int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.update_item(json_build_object('TableName', 'Log', 'Key', log_key(writer, 0),
		'UpdateExpression', 'ADD written :one SET whole = :true',
		'ExpressionAttributeValues', '{":one": {"N": "1"}, ":true": {"BOOL": true}}'::json));
	RETURN format('%s,change,%s', writer, at);
END
$$;
SQL
create_log_functions

for ((round = 1; round <= rounds; round++)); do
	start_log_writers "$writers" "$round"
	sleep "1.$((RANDOM % 10))"
	kill_cluster "$cluster"
	wait
	start_cluster "$cluster"
done

load_acknowledged "$writers" "$rounds"

# Every tenth item was deleted, acknowledged or not.
is "all acknowledged items are there" "$(sql -c "
	SELECT count(*) FROM acknowledged WHERE operation = 'put' AND at % 10 <> 0
		AND ddb.get_item(json_build_object('TableName', 'Log', 'Key', log_key(writer, at)))::jsonb -> 'Item' IS NULL")" 0
is "all acknowledged deletes are done" "$(sql -c "
	SELECT count(*) FROM acknowledged WHERE operation = 'delete'
		AND ddb.get_item(json_build_object('TableName', 'Log', 'Key', log_key(writer, at)))::jsonb -> 'Item' IS NOT NULL")" 0
is "no increment is lost, and none beyond those in flight is there" "$(sql -c "
	SELECT count(*) FROM (SELECT writer, count(*) AS increments FROM acknowledged WHERE operation = 'change' GROUP BY writer) a
	WHERE (ddb.get_item(json_build_object('TableName', 'Log', 'Key', log_key(writer, 0)))::jsonb #>> '{Item,written,N}')::int
		BETWEEN increments AND increments + $rounds")" "$writers"
is "no items beyond those in flight are there" "$(sql -c "
	SELECT count(*) <= $((writers * rounds)) FROM dynamodb.\"Log\" l
	WHERE (item ->> 'at')::int <> 0
		AND NOT EXISTS (SELECT FROM acknowledged a WHERE a.writer = (item ->> 'writer')::int AND a.at = (item ->> 'at')::int AND a.operation = 'put')")" t
is "all items are whole" "$(sql -c "
	SELECT count(*) FROM dynamodb.\"Log\" WHERE item ->> 'whole' <> 'true' OR length(item ->> 'text') <> (item ->> 'at')::int % 3000")" 0
is "the index has all items" "$(sql -c "
	SELECT bt_index_parent_check(indexrelid, true) FROM pg_index WHERE indrelid = 'dynamodb.\"Log\"'::regclass")" ""
