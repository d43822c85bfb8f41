#!/bin/bash
# Clients read and change the same items in all ways, transactions among them, while the server is killed and started
# again, and then killed for good and its synchronous standby promoted. Porcupine judges what they were told.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"

install_history

standby=$DDB_WORK/standby
seconds=${HISTORY_SECONDS:-4}

# endpoint PORT: where clients go from now on.
endpoint() {
	echo "http://127.0.0.1:$1/" >"$DDB_WORK/address.new"
	mv "$DDB_WORK/address.new" "$DDB_WORK/address"
}

# endpoint_settings PORT
endpoint_settings() {
	cat <<-END
		ddb.http_port = $1
		ddb.http_auth = trust
		ddb.http_trust_role = postgres
		wal_retrieve_retry_interval = 100ms
	END
}

first_port=$(free_port)
new_primary primary < <(endpoint_settings "$first_port")
# The trigger makes transactions last, with what else they have locked.
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table(format('{"TableName": "%s", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]}', name)::json)
FROM unnest('{Items,Slow}'::text[]) name;
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.002); RETURN NULL; END $$;
CREATE TRIGGER linger AFTER INSERT OR UPDATE OR DELETE ON dynamodb."Slow" FOR EACH ROW EXECUTE FUNCTION linger();
SQL

second_port=$(free_port)
prepare_cluster "$standby"
as_server_user "$bindir/pg_basebackup" --dbname="host=$PGHOST port=$PGPORT user=$PGUSER application_name=standby" \
	--pgdata="$standby/data" --write-recovery-conf --checkpoint=fast --no-sync
configure_cluster "$standby" < <(endpoint_settings "$second_port")
start_cluster "$standby"
use_cluster "$DDB_WORK/primary"
configure synchronous_standby_names standby
until [ "$(sql -c 'SELECT sync_state FROM pg_stat_replication')" = sync ]; do sleep 0.1; done

endpoint "$first_port"
"$client_cache/history" "$DDB_WORK/address" "$DDB_WORK/stop" &
history=$!
sleep "$seconds"
kill_cluster "$DDB_WORK/primary"
start_cluster "$DDB_WORK/primary"
sleep "$seconds"
rm "$DDB_WORK/address"
kill_cluster "$DDB_WORK/primary"
use_cluster "$standby"
sql -o /dev/null -c 'SELECT pg_promote()'
endpoint "$second_port"
sleep "$seconds"
touch "$DDB_WORK/stop"
wait "$history" || echo "not ok - the program ended with an error"
is "no server has had a deadlock" "$(cat "$DDB_WORK"/*/server.log | grep -c 'deadlock detected')" 0
is "no server has crashed by itself" "$(cat "$DDB_WORK"/*/server.log | grep -c 'PANIC\|TRAP\|signal 11\|signal 6')" 0
