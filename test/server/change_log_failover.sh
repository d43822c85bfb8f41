#!/bin/bash
# A standby that takes over has the change log, and goes on with it: from PostgreSQL 17 on, where it has the slot as
# well, without a hole. Before, no standby has a slot, and there is always one.
. "$(dirname "$0")/../lib.sh"

primary=$DDB_WORK/primary
standby=$DDB_WORK/standby
failover=no
if knows_setting sync_replication_slots; then
	failover=yes
else
	echo "# skipped: what is asked of slots on standbys needs PostgreSQL 17"
fi

# put FIRST LAST: an item of each number, each in a transaction of its own.
put() {
	sql -c "DO \$\$ BEGIN FOR i IN $1..$2 LOOP
		INSERT INTO dynamodb.\"Music\" (item) VALUES (format('{\"id\": {\"S\": \"%s\"}}', i)::ddb.item); COMMIT;
	END LOOP; END \$\$"
}
on_primary() {
	sql -h "$primary/socket" -p "$primary_port" "$@"
}
# log: how many records, how many items they are of, how many items there are, and how many shards end with a hole.
log() {
	sql -c "SELECT 1 / ddb.change_log_wait('60 seconds')::integer" -o /dev/null
	sql -c "SELECT count(*), count(DISTINCT r -> 'dynamodb' -> 'Keys' -> 'id' ->> 'S'), (SELECT count(*) FROM dynamodb.\"Music\"),
		(SELECT count(*) FROM ddb.shards WHERE ended_by = 'hole') FROM ddb.shards, ddb.change_records(shard_id) r"
}
# replayed: the standby has all that the primary has committed.
replayed() {
	local lsn
	lsn=$(on_primary -c 'SELECT pg_current_wal_lsn()')
	use_cluster "$standby"
	wait_until "SELECT pg_last_wal_replay_lsn() >= '$lsn'"
}

# gets_slot: the standby has it; it comes once the primary's has gone on.
gets_slot() {
	local i
	for ((i = 0; i < 300; i++)); do
		on_primary -c 'SELECT pg_log_standby_snapshot()' -c "SELECT ddb.change_log_wait('10 seconds')" -o /dev/null
		[ "$(sql -c "SELECT count(*) FROM pg_replication_slots WHERE slot_name ~ '^ddb_' AND synced AND failover AND NOT temporary")" = 0 ] || return 0
		sleep 0.2
	done
	return 1
}

new_primary primary < <([ "$failover" = no ] || echo "synchronized_standby_slots = 'standby'")
primary_port=$PGPORT
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
	"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}}');
SQL
wait_until "SELECT count(*) = 1 FROM ddb.streams WHERE status = 'ENABLED'"
put 1 5
is "the primary has a log" "$(log)" '5|5|5|0'

prepare_cluster "$standby"
as_server_user "$bindir/pg_basebackup" --dbname="host=$PGHOST port=$PGPORT user=$PGUSER" --slot=standby --create-slot \
	--pgdata="$standby/data" --checkpoint=fast --no-sync
configure_cluster "$standby" <<END
primary_conninfo = 'host=$PGHOST port=$PGPORT user=$PGUSER dbname=postgres'
primary_slot_name = 'standby'
hot_standby_feedback = on
wal_retrieve_retry_interval = 100ms
$([ "$failover" = no ] || echo 'sync_replication_slots = on')
END
touch "$standby/data/standby.signal"
start_cluster "$standby"
if [ "$failover" = yes ]; then
	ok "the standby gets the slot" gets_slot

	stop_cluster "$standby"
	use_cluster "$primary"
	put 6 20
	is "without the standby the log goes on" "$(log)" '20|20|20|0'
	sleep 2
	is "and the slot does not get ahead of what the standby has" "$(sql -c "SELECT l.confirmed_flush_lsn <= p.restart_lsn
		FROM pg_replication_slots l, pg_replication_slots p WHERE l.slot_name ~ '^ddb_' AND p.slot_name = 'standby'")" t
	start_cluster "$standby"
else
	use_cluster "$primary"
	put 6 20
	is "the log goes on" "$(log)" '20|20|20|0'
fi

# What is committed now is not in the log yet when the primary is lost.
ok "the standby has what the primary has" replayed
use_cluster "$primary"
kill -STOP "$(sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb change decoder'")"
put 21 120
ok "with changes that are not in the log yet" replayed
kill_cluster "$primary"
is "the standby has the log that it has received" "$(sql -c 'SELECT count(*) FROM ddb.shards, ddb.change_records(shard_id)')" 20
sql -o /dev/null -c 'SELECT pg_promote()'
if [ "$failover" = yes ]; then
	is "once it is promoted, it brings in each of them once, and there is no hole" "$(log)" '120|120|120|0'
	put 121 125
	is "and goes on" "$(log)" '125|125|125|0'
	is "with a slot that is its own" "$(sql -c "SELECT state, holes FROM ddb.change_lag")" 'usable|0'
else
	ok "once it is promoted, there is a hole" wait_until "SELECT count(*) = 4 FROM ddb.shards WHERE ended_by = 'hole'"
	put 121 125
	is "and it goes on behind it" "$(log)" '25|25|125|4'
fi
stop_cluster "$standby"
