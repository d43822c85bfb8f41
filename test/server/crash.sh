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

CREATE FUNCTION log_key(writer int, at int) RETURNS json LANGUAGE sql AS $$
	SELECT json_build_object('writer', json_build_object('N', writer::text), 'at', json_build_object('N', at::text))
$$;

-- What each returns is the client's proof that it was acknowledged.
CREATE FUNCTION put(writer int, at int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.put_item(json_build_object('TableName', 'Log',
		'Item', log_key(writer, at)::jsonb || '{"whole": {"BOOL": true}}' || jsonb_build_object('text', jsonb_build_object('S', repeat('x', at % 3000)))));
	RETURN format('%s,put,%s', writer, at);
END
$$;
CREATE FUNCTION increment(writer int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.update_item(json_build_object('TableName', 'Log', 'Key', log_key(writer, 0),
		'UpdateExpression', 'ADD written :one SET whole = :true',
		'ExpressionAttributeValues', '{":one": {"N": "1"}, ":true": {"BOOL": true}}'::json));
	RETURN format('%s,increment,0', writer);
END
$$;
CREATE FUNCTION delete(writer int, at int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.delete_item(json_build_object('TableName', 'Log', 'Key', log_key(writer, at)));
	RETURN format('%s,delete,%s', writer, at);
END
$$;
CREATE TABLE acknowledged (writer int, operation text, at int);
SQL

# write WRITER ROUND: until the connection breaks.
write() {
	local at
	for ((at = $2 * 1000000 + 1; ; at++)); do
		echo "SELECT put($1, $at);"
		echo "SELECT increment($1);"
		((at % 10)) || echo "SELECT delete($1, $at);"
	done | sql >>"$DDB_WORK/acknowledged" 2>/dev/null || true
}

for ((round = 1; round <= rounds; round++)); do
	for ((writer = 1; writer <= writers; writer++)); do
		write "$writer" "$round" 2>/dev/null &
	done
	sleep "1.$((RANDOM % 10))"
	kill_cluster "$cluster"
	wait
	start_cluster "$cluster"
done

sql -c "\\copy acknowledged FROM '$DDB_WORK/acknowledged' CSV"
echo "# $(wc -l <"$DDB_WORK/acknowledged") operations were acknowledged"
is "every writer wrote in every round" "$(sql -c "SELECT count(DISTINCT (writer, at / 1000000)) FROM acknowledged WHERE operation = 'put'")" $((writers * rounds))

# Every tenth item was deleted, acknowledged or not.
is "all acknowledged items are there" "$(sql -c "
	SELECT count(*) FROM acknowledged WHERE operation = 'put' AND at % 10 <> 0
		AND ddb.get_item(json_build_object('TableName', 'Log', 'Key', log_key(writer, at)))::jsonb -> 'Item' IS NULL")" 0
is "all acknowledged deletes are done" "$(sql -c "
	SELECT count(*) FROM acknowledged WHERE operation = 'delete'
		AND ddb.get_item(json_build_object('TableName', 'Log', 'Key', log_key(writer, at)))::jsonb -> 'Item' IS NOT NULL")" 0
is "no increment is lost, and none beyond those in flight is there" "$(sql -c "
	SELECT count(*) FROM (SELECT writer, count(*) AS increments FROM acknowledged WHERE operation = 'increment' GROUP BY writer) a
	WHERE (ddb.get_item(json_build_object('TableName', 'Log', 'Key', log_key(writer, 0)))::jsonb #>> '{Item,written,N}')::int
		BETWEEN increments AND increments + $rounds")" "$writers"
is "no items beyond those in flight are there" "$(sql -c "
	SELECT count(*) <= $((writers * rounds)) FROM dynamodb.\"Log\" l
	WHERE (item ->> 'at')::int <> 0
		AND NOT EXISTS (SELECT FROM acknowledged a WHERE a.writer = (item ->> 'writer')::int AND a.at = (item ->> 'at')::int)")" t
is "all items are whole" "$(sql -c "
	SELECT count(*) FROM dynamodb.\"Log\" WHERE item ->> 'whole' <> 'true' OR length(item ->> 'text') <> (item ->> 'at')::int % 3000")" 0
is "the index has all items" "$(sql -c "
	SELECT bt_index_parent_check(indexrelid, true) FROM pg_index WHERE indrelid = 'dynamodb.\"Log\"'::regclass")" ""
