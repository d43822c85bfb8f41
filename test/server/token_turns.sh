#!/bin/bash
# Client request tokens while the clock goes on: through the turns of their relations, the first ones after a start too.
. "$(dirname "$0")/../lib.sh"

. "$top/test/server/clock.sh"

# Relations take turns every ten minutes since 2000.
epoch=946684800
begin=$((($(date +%s) - epoch) / 600 * 600 + epoch))

# at PERIOD SECOND: what the server's clock shows from now on.
at() {
	clock_ahead $((begin + $1 * 600 + $2 - $(date +%s)))
}

new_cluster turns </dev/null
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Counters", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}');
CREATE FUNCTION count_once(token text) RETURNS json LANGUAGE sql AS $$
	SELECT ddb.transact_write_items(json_build_object('ClientRequestToken', token, 'TransactItems',
		format('[{"Update": {"TableName": "Counters", "Key": {"id": {"S": "%s"}}, "UpdateExpression": "ADD n :one",
			"ExpressionAttributeValues": {":one": {"N": "1"}}}}]', token)::json))
$$;
-- How often the transactions of these tokens were done.
CREATE FUNCTION counted(tokens text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(DISTINCT item ->> 'n', ' ') FROM dynamodb."Counters" WHERE id::text LIKE tokens || ' %'
$$;
-- The relation whose turn is so many periods from now.
CREATE FUNCTION of_turn(periods int) RETURNS text LANGUAGE sql AS $$
	SELECT format('ddb.transaction_tokens_%s', (floor(extract(epoch FROM clock_timestamp() - '2000-01-01 00:00+00') / 600)::int + periods) % 3)
$$;
SQL

# count_all NAME: 50 tokens, each in a transaction of its own.
count_all() {
	for ((i = 1; i <= 50; i++)); do echo "SELECT count_once('$1 $i');"; done | sql -o /dev/null
}

# try_all NAME: the same, among others who do so.
try_all() {
	for ((i = 1; i <= 50; i++)); do echo "SELECT count_once('$1 $i');"; done | psql -X -q -o /dev/null 2>&1 | grep -v TransactionInProgress || true
}

# looks: how many blocks of the former period's index were asked for.
looks() {
	sql -c "SELECT idx_blks_hit + idx_blks_read FROM pg_statio_all_tables WHERE relid = of_turn(-1)::regclass"
}

at 1 300
count_all "first"
for period in 1 2 3 4; do
	at $period 580
	count_all "$period late"
	count_all "$period late"
	is "period $period: what was kept is known" "$(sql -c "SELECT counted('$period late')")" 1
	for client in 1 2 3 4; do try_all "$period shared" & done
	for ((i = 0; i < 6; i++)); do
		at $((period + 1)) 5
		at $period 595
	done
	wait
	at $((period + 1)) 5
	is "also to many while the clock goes to and fro about a turn" "$(sql -c "SELECT counted('$period shared')")" 1
	count_all "$period late"
	is "and in the next period" "$(sql -c "SELECT counted('$period late')")" 1
	count_all "$period early"
	at $period 596
	count_all "$period early"
	is "as is what was kept by a clock that was ahead" "$(sql -c "SELECT counted('$period early')")" 1
	at $((period + 1)) 300
	# whose session ends later than it says so counts then
	wait_until "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'client backend'"
	before=$(looks)
	count_all "$period middle"
	echo "# $(($(looks) - before)) looks for 50 new tokens"
done
ok "in the end nobody looks for what is new" test "$(looks)" -lt $((before + 10))
kill_cluster "$DDB_WORK/turns"
start_cluster "$DDB_WORK/turns"
count_all "4 middle"
count_all "behind the crash"
at 6 5
count_all "4 middle"
is "what was kept before a crash is known in this period and in the next" "$(sql -c "SELECT counted('4 middle')")" 1
