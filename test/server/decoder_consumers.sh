#!/bin/bash
# pg_recvlogical with the output plugin ddb: killed again and again while writers
# run, it skips nothing; a large transaction takes no more memory than a small one.
. "$(dirname "$0")/../lib.sh"

createdb decoder_consumers
export PGDATABASE=decoder_consumers
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table(jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
	'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "N"}]'::jsonb,
	'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::jsonb))
	FROM unnest(ARRAY['Large', 'Hot', 'Unread']) AS name;
SELECT format('ALTER TABLE %s REPLICA IDENTITY FULL', oid::regclass) FROM pg_class
	WHERE relnamespace = 'dynamodb'::regnamespace AND relkind = 'r' \gexec
CREATE SEQUENCE writes;
SELECT pg_create_logical_replication_slot('consumers', 'ddb');
SQL

# receive FILE [OPTION...]: pg_recvlogical in the background; its process is $receiver.
receive() {
	local file=$1
	shift
	# what spills to disk does so early
	PGOPTIONS='-c logical_decoding_work_mem=1MB' pg_recvlogical --dbname="$PGDATABASE" --slot=consumers --start \
		--file="$file" --no-loop --status-interval=1 --fsync-interval=1 "$@" 2>>"$file.err" &
	receiver=$!
}

# stop_receiver SIGNAL: and waits until the server has seen that it is gone.
stop_receiver() {
	kill -"$1" "$receiver"
	wait "$receiver" 2>/dev/null || true
	# also one that has not come to the slot yet
	wait_until "SELECT NOT active AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pg_recvlogical') FROM pg_replication_slots WHERE slot_name = 'consumers'"
}

lines() {
	cat "$1" 2>/dev/null | wc -l
}

# ---- Killed while writers run ----

cat >"$DDB_WORK/write.sql" <<'SQL'
\set k random(1, 30)
SELECT ddb.put_item(format('{"TableName": "Hot", "Item": {"k": {"N": "%s"}, "n": {"N": "%s"}}}', :k, nextval('writes'))::jsonb);
SQL
pgbench --no-vacuum --client=4 --transactions=1500 --rate=1000 --file="$DDB_WORK/write.sql" >"$DDB_WORK/pgbench.log" 2>&1 &
writers=$!
run=0
while kill -0 "$writers" 2>/dev/null; do
	run=$((run + 1))
	receive "$DDB_WORK/hot.$run" --option=tables=Hot
	sleep "0.$((RANDOM % 5 + 3))"
	stop_receiver KILL
done
wait "$writers"
run=$((run + 1))
receive "$DDB_WORK/hot.$run" --option=tables=Hot
end=$(sql -c "SELECT pg_current_wal_flush_lsn()")
until [ "$(sql -c "SELECT confirmed_flush_lsn >= '$end' FROM pg_replication_slots WHERE slot_name = 'consumers'")" = t ]; do
	kill -0 "$receiver" || break
	sleep 0.1
done
stop_receiver INT
echo "# $run runs of pg_recvlogical"
ok "it was killed several times" test "$run" -gt 3

ok "nothing is skipped, repeated records are the same, and each item's changes are in order" python3 - "$run" "$DDB_WORK/hot." <<'PY'
import json
import sys

records = {}
repeated = 0
for run in range(1, int(sys.argv[1]) + 1):
    numbers = []
    with open(sys.argv[2] + str(run)) as file:
        for line in file:
            # what it was killed amid
            if not line.endswith("\n") or not line.strip():
                continue
            record = json.loads(line)
            number = record["dynamodb"]["SequenceNumber"]
            numbers.append(number)
            if record["eventID"] in records:
                repeated += 1
                assert records[record["eventID"]] == record, (records[record["eventID"]], record)
            records[record["eventID"]] = record
    assert numbers == sorted(numbers), f"run {run} is not in order"
ordered = sorted(records.values(), key=lambda record: record["dynamodb"]["SequenceNumber"])
assert len({record["dynamodb"]["SequenceNumber"] for record in ordered}) == len(ordered)
items = {}
for record in ordered:
    change = record["dynamodb"]
    key = change["Keys"]["k"]["N"]
    assert change.get("OldImage") == items.get(key), (items.get(key), record)
    assert record["eventName"] == ("MODIFY" if key in items else "INSERT"), record
    items[key] = change["NewImage"]
written = sorted(int(record["dynamodb"]["NewImage"]["n"]["N"]) for record in ordered)
print(f"# {len(ordered)} records, {repeated} repeated")
assert written == list(range(1, 6001)), f"{len(written)} of 6000 writes"
PY

# ---- A large transaction ----

changes=${DECODER_CHANGES:-200000}
sql -o /dev/null <<SQL
BEGIN;
INSERT INTO dynamodb."Large" (item) SELECT format('{"k": {"N": "%s"}, "text": {"S": "%s"}}', g, repeat('x', 300))::ddb.item FROM generate_series(1, $changes / 2) g;
INSERT INTO dynamodb."Unread" (item) SELECT format('{"k": {"N": "%s"}}', g)::ddb.item FROM generate_series(1, 1000) g;
UPDATE dynamodb."Large" SET item = format('{"k": {"N": "%s"}, "text": {"S": "%s"}}', k, repeat('y', 300))::ddb.item;
COMMIT;
SQL
file=$DDB_WORK/large
receive "$file" --option=tables=Large
until sender=$(sql -c "SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'consumers'") && [ -n "$sender" ]; do
	kill -0 "$receiver"
	sleep 0.02
done
most=0
# once at least, as it may all have come by now
while :; do
	now=$(awk '/^RssAnon/ { print $2 }' "/proc/$sender/status" 2>/dev/null || true)
	[ "${now:-0}" -le "$most" ] || most=$now
	[ "$(lines "$file")" -lt "$changes" ] && kill -0 "$receiver" || break
	sleep 0.05
done
stop_receiver INT
echo "# $changes changes in one transaction: the walsender had at most $most kB of its own"
ok "memory stays flat" test "$most" -gt 0 -a "$most" -lt 50000
is "each change is told of once" "$(wc -l <"$file") $(grep -o '"eventID":"[0-9a-f]*"' "$file" | sort -u | wc -l)" "$changes $changes"
is "in order" "$(grep -o '"SequenceNumber":"[0-9]*"' "$file" | sort -C && echo yes)" yes
is "insertions before updates" "$(grep -o '"eventName":"[A-Z]*"' "$file" | uniq -c | tr -s ' ')" \
	" $((changes / 2)) \"eventName\":\"INSERT\"
 $((changes / 2)) \"eventName\":\"MODIFY\""

sql -o /dev/null -c "SELECT pg_drop_replication_slot('consumers')"
