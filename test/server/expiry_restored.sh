#!/bin/bash
# Items expire in a restored dump and on a promoted standby; and nowhere where nobody
# is there to delete them.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
new_primary cluster <<'END'
ddb.ttl_delay = 100
END
sql -c 'CREATE DATABASE first' -c 'CREATE DATABASE second'

. "$top/test/server/expiry_table.sh"

for PGDATABASE in first second; do
	sql -o /dev/null -c "$setup"
done

# A dump.
PGDATABASE=first
put 1 100 3
put 101 200 4000000
sql <<'SQL'
CREATE TABLE deleted (id text);
CREATE FUNCTION note_deletion() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.deleted VALUES (OLD.id); RETURN OLD; END $$;
CREATE TRIGGER note_deletion BEFORE DELETE ON dynamodb."Fading" FOR EACH ROW EXECUTE FUNCTION note_deletion();
SQL
pg_dump first >"$DDB_WORK/dump.sql"
sql -c 'DROP TRIGGER note_deletion ON dynamodb."Fading"'
# A worker that would begin before all of it is there does so in the pause.
sed -i 's/^CREATE TRIGGER note_deletion/SELECT pg_catalog.pg_sleep(4);\n&/' "$DDB_WORK/dump.sql"
sql -c 'CREATE DATABASE restored'
PGDATABASE=restored ok "a dump is restored without an error" sql -o /dev/null -f "$DDB_WORK/dump.sql"
PGDATABASE=restored
is "TTL is on" "$(sql -c "SELECT ddb.describe_time_to_live('{\"TableName\": \"Fading\"}')")" '{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"expires"}}'
ok "what is due expires there" wait_until 'SELECT count(*) = 100 FROM dynamodb."Fading"'
is "before the eyes of the table's trigger, which the dump has behind its items" "$(sql -c 'SELECT count(DISTINCT id) FROM deleted')" 100
put 1001 1010 0
ok "and what comes" wait_until 'SELECT count(*) = 100 FROM dynamodb."Fading"'
is "the index agrees" "$(sql -c 'SELECT * FROM ddb.check_indexes()' -c 'SELECT * FROM ddb.check_catalog()')" ""
# Of the relations without the records, the table is registered.
sql -c 'CREATE DATABASE registered'
PGDATABASE=registered
sql -c 'CREATE EXTENSION ddb'
pg_dump first --table='dynamodb.*' | sql -o /dev/null
sql -o /dev/null -c "SELECT ddb.register_table('dynamodb.\"Fading\"')"
ok "so it is of a table that is registered anew" wait_until "SELECT ddb.describe_time_to_live('{\"TableName\": \"Fading\"}')::text = '{\"TimeToLiveDescription\":{\"TimeToLiveStatus\":\"ENABLED\",\"AttributeName\":\"expires\"}}'"
put 1001 1010 0
ok "whose items expire" wait_until 'SELECT count(*) = 100 FROM dynamodb."Fading"'
is "and whose index agrees" "$(sql -c 'SELECT * FROM ddb.check_indexes()' -c 'SELECT * FROM ddb.check_catalog()')" ""

# A standby, and its promotion.
PGDATABASE=second
standby=$DDB_WORK/standby
prepare_cluster "$standby"
as_server_user "$bindir/pg_basebackup" --dbname="host=$PGHOST port=$PGPORT user=$PGUSER dbname=postgres" \
	--pgdata="$standby/data" --write-recovery-conf --checkpoint=fast --no-sync
configure_cluster "$standby" </dev/null
start_cluster "$standby"
use_cluster "$cluster"
PGDATABASE=second
# it deletes nothing before it is stopped
configure ddb.ttl_delay 1h
put 1 500 0
lsn=$(sql -c 'SELECT pg_current_wal_lsn()')
stop_cluster "$cluster"
use_cluster "$standby"
PGDATABASE=second
wait_until "SELECT pg_last_wal_replay_lsn() >= '$lsn'"
wait_until "SELECT overdue = 500 FROM ddb.expiry_progress"
is "on a standby they are due, and stay" "$(sql -c 'SELECT count(*) FROM dynamodb."Fading"' -c "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'ddb %'")" $'500\n0'
as_server_user "$bindir/pg_ctl" --pgdata="$standby/data" --wait --silent promote
ok "until it is promoted" gone
stop_cluster "$standby"

# Without the launcher.
create_cluster "$DDB_WORK/plain" </dev/null
start_cluster "$DDB_WORK/plain"
PGDATABASE=postgres
like "without the library preloaded one is warned" "$(sql -c "$setup" 2>&1)" 'WARNING:  no item will expire'
put 1 10 -5
is "the view shows what is overdue" "$(sql -c 'SELECT overdue, deleted FROM ddb.expiry_progress')" '10|'
is "and the index is kept" "$(sql -c 'SELECT count(*) FROM ddb.check_indexes()' -c 'SELECT count(*) FROM dynamodb."Fading/(expiry)"')" $'0\n10'
