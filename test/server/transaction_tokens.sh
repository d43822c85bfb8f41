#!/bin/bash
# Client request tokens: among many who send the same, over the turns of their relations, and through a crash.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
clients=6
tokens=150

new_cluster cluster </dev/null
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Counters", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}');

CREATE FUNCTION count_once(token text) RETURNS json LANGUAGE sql AS $$
	SELECT ddb.transact_write_items(json_build_object('ClientRequestToken', token, 'ReturnConsumedCapacity', 'TOTAL', 'TransactItems',
		format('[{"Update": {"TableName": "Counters", "Key": {"id": {"S": "%s"}}, "UpdateExpression": "ADD n :one",
			"ExpressionAttributeValues": {":one": {"N": "1"}}}}]', token)::json))
$$;
CREATE FUNCTION counted(token text) RETURNS text LANGUAGE sql AS $$ SELECT item ->> 'n' FROM dynamodb."Counters" WHERE id = token::ddb.string $$;

-- Each token's transaction by this client, as many times as it is told that another is at it.
CREATE TABLE told (outcome text);
CREATE PROCEDURE count_all(tokens int) LANGUAGE plpgsql AS $$
DECLARE
	token int := 1;
	outcome text;
BEGIN
	WHILE token <= tokens LOOP
		BEGIN
			outcome := CASE WHEN count_once('shared ' || token) ->> 'ConsumedCapacity' LIKE '%WriteCapacityUnits%' THEN 'done' ELSE 'done before' END;
			token := token + 1;
		EXCEPTION WHEN OTHERS THEN
			outcome := split_part(SQLERRM, ':', 1);
		END;
		INSERT INTO told VALUES (outcome);
		COMMIT;
	END LOOP;
END
$$;

-- The relation whose turn is so many periods from now.
CREATE FUNCTION of_turn(periods int) RETURNS text LANGUAGE sql AS $$
	SELECT format('ddb.transaction_tokens_%s', (floor(extract(epoch FROM now() - '2000-01-01 00:00+00') / 600)::int + periods) % 3)
$$;
CREATE FUNCTION move_token(token text, periods int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('WITH moved AS (DELETE FROM %s WHERE token = ddb.hash(%L::ddb.string) RETURNING *) INSERT INTO %s SELECT * FROM moved',
		of_turn(0), token, of_turn(periods));
END
$$;
SQL

# away_from_a_turn: for a while no relation's turn ends, and the last one began a while ago.
away_from_a_turn() {
	until sql -c "SELECT (extract(epoch FROM now() - '2000-01-01 00:00+00') % 600) BETWEEN 12 AND 560" | grep -q t; do sleep 0.5; done
}

# count_rows PERIODS
count_rows() {
	sql -c "SELECT count(*) FROM $(sql -c "SELECT of_turn($1)")"
}

echo "# many with the same token"
for ((client = 0; client < clients; client++)); do
	sql -c "CALL count_all($tokens)" &
done
wait
sql -c "SELECT '# ' || outcome || ': ' || count(*) FROM told GROUP BY outcome ORDER BY 1"
is "each transaction is done once" "$(sql -c "SELECT count(*), count(*) FILTER (WHERE item ->> 'n' = '1') FROM dynamodb.\"Counters\"")" "$tokens|$tokens"
is "and one client is told so" "$(sql -c "SELECT count(*) FROM told WHERE outcome = 'done'")" "$tokens"
is "the others are told nothing else" "$(sql -c "SELECT count(*) FROM told WHERE outcome NOT IN ('done', 'done before', 'TransactionInProgressException')")" 0

away_from_a_turn
echo "# turns"
for periods in -1 1; do
	# in one session, which empties the resting relation with its first token and not again
	sql -o /dev/null <<-SQL
		SELECT count_once('moved $periods');
		SELECT move_token('moved $periods', $periods);
		SELECT count_once('moved $periods');
	SQL
	is "a token is found in the relation of another turn ($periods)" "$(sql -c "SELECT counted('moved $periods')")" 1
	like "and one of a transaction that has not ended" "$(sql 2>&1 <<-SQL
		BEGIN;
		SELECT count_once('open $periods') IS NULL;
		SELECT move_token('open $periods', $periods);
		\! psql -X -q -c "SELECT count_once('open $periods')" 2>&1
		ROLLBACK;
		SQL
	)" 'TransactionInProgressException: The transaction with the given request token is already in progress\.'
done

like "nor is a session misled by an index that has taken another's place" "$(sql 2>&1 <<-SQL
	SELECT count_once('another index') IS NULL;
	SELECT move_token('another index', -1);
	\! psql -X -q -c "REINDEX TABLE CONCURRENTLY $(sql -c 'SELECT of_turn(-1)')" 2>&1
	SELECT count_once('another index') IS NULL;
	SELECT 'counted ' || counted('another index');
	SQL
)" '^counted 1$'

fill_resting() {
	sql -c "DELETE FROM $(sql -c 'SELECT of_turn(1)'); INSERT INTO $(sql -c 'SELECT of_turn(1)') SELECT gen_random_uuid(), 10, 'w', gen_random_uuid(), now() - interval '25 minutes', '' FROM generate_series(1, 1000)"
}
fill_resting
exec 3> >(sql -o /dev/null)
echo "BEGIN; SELECT count(*) FROM $(sql -c 'SELECT of_turn(1)');" >&3
until [ "$(sql -c "SELECT count(*) > 0 FROM pg_locks WHERE relation = '$(sql -c 'SELECT of_turn(1)')'::regclass")" = t ]; do sleep 0.1; done
sql -o /dev/null -c "SELECT count_once('beside a reader')"
is "who reads the resting relation keeps nobody waiting" "$(sql -c "SELECT counted('beside a reader')")" 1
is "nor is it emptied" "$(count_rows 1)" 1000
exec 3>&-
until [ "$(sql -c "SELECT count(*) FROM pg_locks WHERE relation = '$(sql -c 'SELECT of_turn(1)')'::regclass")" = 0 ]; do sleep 0.1; done
sql -o /dev/null -c "BEGIN; SELECT count_once('rolled back'); ROLLBACK"
is "a transaction that is rolled back does not empty it" "$(count_rows 1)" 1000
sql -o /dev/null -c "BEGIN; SELECT count_once('committed'); COMMIT"
is "one of several statements does" "$(count_rows 1)" 0
is "and the present ones are kept" "$(sql -c "SELECT count_once('committed') IS NOT NULL; SELECT counted('committed')" | tail -n 1)" 1

echo "# a crash"
sql -o /dev/null -c "SELECT count_once('acknowledged')"
kill_cluster "$cluster"
start_cluster "$cluster"
sql -o /dev/null -c "SELECT count_once('acknowledged')"
is "a token outlives it" "$(sql -c "SELECT counted('acknowledged')")" 1
is "the log has no deadlock" "$(grep -c 'deadlock detected' "$cluster/server.log")" 0
