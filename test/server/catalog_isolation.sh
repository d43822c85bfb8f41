#!/bin/bash
# Sessions create and drop tables and indexes at once, by operations and by DDL, at
# every isolation level, with savepoints, rollbacks and prepared transactions:
# afterwards no record is without its relation, no relation without its record, and
# nobody hangs. TRANSACTIONS and ROUNDS make it longer.
. "$(dirname "$0")/../lib.sh"

new_cluster isolation <<'SETTINGS'
deadlock_timeout = 100ms
max_prepared_transactions = 20
SETTINGS
sql -o /dev/null -c 'CREATE EXTENSION ddb' -c 'CREATE SCHEMA side'
here=$(dirname "$0")

# What may be answered, and nothing else: the exceptions of DynamoDB's, what locks and
# isolation levels lead to, and names of relations that have come or gone.
expected='ND00[2457]|40001|40P01|55P03|42P01|42P07|42P06|3F000|3B001|2BP01|25P02|42704|23505|0A000|42809'

# run_session SEED: its messages go to a file of its own.
run_session() {
	python3 "$here/catalog_isolation.py" "$1" "${TRANSACTIONS:-60}" |
		PGOPTIONS='-c client_min_messages=error -c lock_timeout=3s' timeout --kill-after=5 240 \
			psql -X -q -A -t -o /dev/null -v VERBOSITY=verbose 2>"$DDB_WORK/session.$1"
}

for ((round = 1; round <= ${ROUNDS:-3}; round++)); do
	sessions=()
	for ((session = 1; session <= 6; session++)); do
		run_session "$((${SEED:-0} + round * 100 + session))" &
		sessions+=($!)
	done
	hung=0
	for session in "${sessions[@]}"; do
		wait "$session" || hung=$((hung + 1))
	done
	is "round $round: no session hangs or loses its connection" "$hung" 0
	sql -c "SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts" | sql
	is "round $round: every record fits, every relation has one" "$(sql -c 'SELECT * FROM ddb.check_catalog()')" ""
	is "round $round: the indexes agree with their tables" "$(sql -c 'SELECT * FROM ddb.check_indexes()')" ""
	ok "round $round: every table is written" sql -o /dev/null -c "SELECT ddb.put_item(json_build_object('TableName', name,
		'Item', '{\"id\": {\"S\": \"x\"}, \"A\": {\"S\": \"y\"}, \"B\": {\"S\": \"z\"}}'::json)) FROM ddb.tables"
done
is "no error but those that may be" "$(cat "$DDB_WORK"/session.* | grep -h ERROR: | grep -Ev "ERROR:  ($expected):" | sort | uniq -c | sort -rn | head -5)" ""
like "much was done" "$(cat "$DDB_WORK"/session.* | grep -c 'ND00')" '^[0-9]{2,}'
echo "# $(cat "$DDB_WORK"/session.* | grep -h ERROR: | sed 's/ERROR:  \(.....\):.*/\1/' | sort | uniq -c | tr -s ' \n' ' ')"
