#!/bin/bash
# Writers, new indexes and kill -9 of the server or of its worker meet, again and
# again: what was acknowledged is there, and the indexes agree with it.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
writers=3
rounds=4

new_cluster cluster </dev/null
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE EXTENSION amcheck;
SELECT ddb.create_table('{"TableName": "Log", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "writer", "AttributeType": "N"}, {"AttributeName": "at", "AttributeType": "N"}, {"AttributeName": "digit", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "writer", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "ByDigit", "Projection": {"ProjectionType": "ALL"},
		"KeySchema": [{"AttributeName": "writer", "KeyType": "HASH"}, {"AttributeName": "digit", "KeyType": "RANGE"}]}]}');
-- what is there before the writers: writer 0's
INSERT INTO dynamodb."Log" (item)
	SELECT format('{"writer": {"N": "0"}, "at": {"N": "%s"}, "digit": {"N": "%s"}, "counted": {"N": "0"}}', at, at % 10)::ddb.item FROM generate_series(0, 29999) at;

CREATE FUNCTION put(writer int, at int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.put_item(json_build_object('TableName', 'Log', 'Item', log_key(writer, at) || jsonb_build_object('digit', jsonb_build_object('N', (at % 10)::text))));
	RETURN format('%s,put,%s', writer, at);
END
$$;
-- changes an item from before: its index key, or what is beside it
CREATE FUNCTION change(writer int, at int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.update_item(json_build_object('TableName', 'Log', 'Key', log_key(0, at % 9999 / 3 * 3 + writer - 1),
		'UpdateExpression', CASE at % 2 WHEN 0 THEN 'ADD counted :one' ELSE 'ADD counted :one, digit :one' END,
		'ExpressionAttributeValues', '{":one": {"N": "1"}}'::json));
	RETURN format('%s,change,%s', writer, at);
END
$$;
SQL
create_log_functions

create_index() {
	sql -o /dev/null -c "SELECT ddb.update_table('{\"TableName\": \"Log\",
		\"AttributeDefinitions\": [{\"AttributeName\": \"writer\", \"AttributeType\": \"N\"}, {\"AttributeName\": \"at\", \"AttributeType\": \"N\"}, {\"AttributeName\": \"digit\", \"AttributeType\": \"N\"}],
		\"GlobalSecondaryIndexUpdates\": [{\"Create\": {\"IndexName\": \"$1\", \"Projection\": $2,
			\"KeySchema\": [{\"AttributeName\": \"digit\", \"KeyType\": \"HASH\"}, {\"AttributeName\": \"at\", \"KeyType\": \"RANGE\"}]}}]}')"
}
# kill_worker: kill -9 of the worker, if there is one and it is not ending just now.
kill_worker() {
	local worker
	worker=$(sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb backfill'")
	[ -n "$worker" ] && as_server_user kill -STOP "$worker" 2>/dev/null || return 1
	until [[ $(ps -o state= -p "$worker") =~ ^[TZ]?$ ]]; do sleep 0.01; done
	[ "$(ps -o state= -p "$worker")" = T ] && as_server_user kill -9 "$worker"
}
# crash ROUND: in every other one the worker is killed, if there is one, and the server restarts by itself.
crash() {
	if (($1 % 2)) && kill_worker; then
		echo "# the worker is killed"
		wait
		until sql -o /dev/null -c 'SELECT' 2>/dev/null; do sleep 0.1; done
	else
		kill_cluster "$cluster" 2>/dev/null
		wait
		start_cluster "$cluster"
	fi
}
wait_until_active() {
	local i
	for ((i = 0; i < 600; i++)); do
		[ "$(sql -c "SELECT count(*) FROM ddb.indexes WHERE status = 'CREATING'")" != 0 ] || return 0
		sleep 0.1
	done
	return 1
}

projections=('{"ProjectionType": "KEYS_ONLY"}' '{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["counted"]}' '{"ProjectionType": "ALL"}')
for ((round = 1; round <= rounds; round++)); do
	start_log_writers "$writers" "$round"
	sleep 0.2
	create_index "Round$round" "${projections[round % 3]}"
	sleep "0.$((RANDOM % 7))"
	echo "# $(sql -c "SELECT coalesce((SELECT items_done || ' items are done' FROM ddb.index_progress), 'the index is full')")"
	crash "$round"
	ok "the index is filled after the crash" wait_until_active
	is "the indexes agree with the table" "$(sql -c "SELECT index_name, problem, count(*) FROM ddb.check_indexes('Log') GROUP BY 1, 2")" ""
done

load_acknowledged "$writers" "$rounds"
is "all acknowledged items are in the table and in each index" "$(sql <<'SQL'
SELECT count(*) FROM acknowledged a WHERE operation = 'put' AND at % 10 <> 0 AND (
	NOT EXISTS (SELECT FROM dynamodb."Log" t WHERE t.writer = a.writer AND t.at = a.at)
	OR NOT EXISTS (SELECT FROM dynamodb."Log/Round1" t WHERE t.digit = a.at % 10 AND t.at = a.at AND t.writer = a.writer)
	OR NOT EXISTS (SELECT FROM dynamodb."Log/Round4" t WHERE t.digit = a.at % 10 AND t.at = a.at AND t.writer = a.writer));
SQL
)" 0
is "all acknowledged deletes are done" "$(sql <<'SQL'
SELECT count(*) FROM acknowledged a JOIN dynamodb."Log/ByDigit" t ON t.writer = a.writer AND t.at = a.at WHERE operation = 'delete';
SQL
)" 0
is "no change of an item from before is lost, and none beyond those in flight is there" "$(sql -c "
	SELECT (SELECT sum((item ->> 'counted')::int) FROM dynamodb.\"Log/Round2\" WHERE writer = 0) - count(*) BETWEEN 0 AND $((writers * rounds)) FROM acknowledged WHERE operation = 'change'")" t
is "the B-trees have all entries" "$(sql -c "
	SELECT bt_index_parent_check(indexrelid, true) FROM pg_index WHERE indrelid IN (SELECT relation FROM ddb.indexes UNION SELECT relation FROM ddb.tables)" | sort -u)" ""
