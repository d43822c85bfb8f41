#!/bin/bash
# Expired items are deleted, and no others: beside indexes, rescuers, locks, triggers that hinder it,
# through the death of the worker and of the server.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
new_cluster cluster <<'END'
ddb.ttl_delay = 100
END
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
SET ddb.ttl_change_interval = 0;
CREATE FUNCTION create_table(name text, indexes int DEFAULT 0) RETURNS boolean LANGUAGE sql AS $$
	SELECT ddb.create_table(jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST', 'KeySchema', '[{"AttributeName": "id", "KeyType": "HASH"}]'::jsonb,
		'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "S"}]'::jsonb || CASE indexes WHEN 0 THEN '[]'
			ELSE '[{"AttributeName": "expires", "AttributeType": "N"}, {"AttributeName": "color", "AttributeType": "S"}]'::jsonb END)
		|| CASE indexes WHEN 0 THEN '{}' ELSE (SELECT jsonb_build_object('GlobalSecondaryIndexes', jsonb_agg(jsonb_build_object('IndexName', 'index' || n,
			'Projection', jsonb_build_object('ProjectionType', CASE n % 2 WHEN 0 THEN 'ALL' ELSE 'KEYS_ONLY' END),
			'KeySchema', '[{"AttributeName": "color", "KeyType": "HASH"}, {"AttributeName": "expires", "KeyType": "RANGE"}]'::jsonb))) FROM generate_series(1, indexes) n) END) IS NOT NULL
$$;
CREATE FUNCTION ttl(name text, enabled boolean DEFAULT true) RETURNS boolean LANGUAGE sql AS $$
	SELECT ddb.update_time_to_live(json_build_object('TableName', name, 'TimeToLiveSpecification', json_build_object('Enabled', enabled, 'AttributeName', 'expires'))) IS NOT NULL
$$;
CREATE FUNCTION item(id text, seconds int) RETURNS ddb.item LANGUAGE sql AS $$
	SELECT format('{"id": {"S": "%s"}, "color": {"S": "red"}, "expires": {"N": "%s"}, "text": {"S": "%s"}}', id, extract(epoch FROM now())::bigint + seconds, repeat('x', 200))::ddb.item
$$;
SQL

PROGRESS=(ddb.expiry_progress)
agree() {
	is "the indexes agree with the table: $1" "$(sql -c "SELECT index_name, problem, count(*) FROM ddb.check_indexes() GROUP BY 1, 2")" ""
}

# Beside five indexes; what comes by and by as well as what is due already.
sql -o /dev/null -c "SELECT create_table('Many', 5), create_table('Filled', 2), ttl('Many')" -c "SELECT pg_create_logical_replication_slot('expiry', 'test_decoding')"
sql -o /dev/null -c "INSERT INTO dynamodb.\"Many\" (item) SELECT item(i::text, CASE WHEN i % 10 = 0 THEN 3600 ELSE i % 5 - 2 END) FROM generate_series(1, 3000) i" \
	-c "INSERT INTO dynamodb.\"Filled\" (item) SELECT item(i::text, CASE WHEN i % 10 = 0 THEN 3600 ELSE -5 END) FROM generate_series(1, 1000) i" -c "SELECT ttl('Filled')"
ok "what is due is deleted" wait_until 'SELECT count(*) = 300 FROM dynamodb."Many"'
ok "also where TTL is switched on later" wait_until 'SELECT count(*) = 100 FROM dynamodb."Filled"'
agree "of many"
is "each index has what the table has" "$(sql -c 'SELECT count(*) FROM dynamodb."Many/index1"' -c 'SELECT count(*) FROM dynamodb."Many/(expiry)"')" $'300\n300'
sql -o /dev/null -c "DELETE FROM dynamodb.\"Many\" WHERE id = '10'"
# deletions ONLY_LOCAL: decoded of the table.
deletions() {
	sql -c "SELECT count(*) FROM pg_logical_slot_peek_changes('expiry', NULL, NULL, 'only-local', '$1') WHERE data LIKE 'table dynamodb.\"Many\": DELETE:%'"
}
is "all deletions are decoded" "$(deletions 0)" 2701
is "and the service's have an origin" "$(deletions 1)" 1
is "its name" "$(sql -c 'SELECT roname FROM pg_replication_origin')" 'ddb expiry'
ok "the view counts them" wait_until "SELECT deleted = 2700 AND failed = 0 AND overdue = 0 FROM ddb.expiry_progress WHERE table_name = 'Many'"
sql -o /dev/null -c "SELECT pg_drop_replication_slot('expiry')"

# Whoever has been told that an item lives on finds it: it is judged under its lock. Some are due long before and some long behind the others.
sql -o /dev/null -c "SELECT create_table('Rescued', 2), ttl('Rescued')" -c "INSERT INTO dynamodb.\"Rescued\" (item) SELECT item(i::text, CASE i % 10 WHEN 0 THEN -10 WHEN 1 THEN 3600 ELSE 1 + i / 700 END) FROM generate_series(1, 2000) i"
sql -o /dev/null <<'SQL'
CREATE TABLE rescues (id text, told boolean);
CREATE PROCEDURE rescue(first int) LANGUAGE plpgsql AS $$
DECLARE
	told boolean;
BEGIN
	FOR i IN 0 .. 999 LOOP
		BEGIN
			told := ddb.update_item(json_build_object('TableName', 'Rescued', 'Key', json_build_object('id', json_build_object('S', (first + 2 * i)::text)), 'UpdateExpression', 'SET expires = :t',
				'ConditionExpression', 'attribute_exists(id)', 'ExpressionAttributeValues', '{":t": {"N": "4102444800"}}'::json)) IS NOT NULL;
		EXCEPTION WHEN OTHERS THEN
			told := false;
		END;
		INSERT INTO rescues VALUES (first + 2 * i, told);
		COMMIT;
		PERFORM pg_sleep(0.004);
	END LOOP;
END
$$;
SQL
# the worker is at it, however late it is
wait_until 'SELECT count(*) < 2000 FROM dynamodb."Rescued"'
sql -c 'CALL rescue(1)' &
sql -c 'CALL rescue(2)'
wait $!
ok "what was not rescued in time is gone" wait_until "SELECT overdue = 0 FROM ddb.expiry_progress WHERE table_name = 'Rescued'"
is "what was is there" "$(sql -c "SELECT count(*) FROM rescues r FULL JOIN dynamodb.\"Rescued\" i ON i.id = r.id WHERE r.told IS DISTINCT FROM (i.id IS NOT NULL)")" 0
like "of both kinds there are some" "$(sql -c 'SELECT count(*) FILTER (WHERE told), count(*) FILTER (WHERE NOT told) FROM rescues')" '^[1-9][0-9]*\|[1-9][0-9]*$'
agree "after a race"

# prepare ID STATEMENT: an item that is due soon, and a transaction with this statement, which gives its id, that is not over yet then.
prepare() {
	local seconds
	for seconds in 1 5 25; do
		sql -o /dev/null -c "INSERT INTO dynamodb.\"Many\" (item) VALUES (item('$1', $seconds))"
		[ "$(sql -c BEGIN -c "$2" -c "PREPARE TRANSACTION '$1'")" != "$1" ] || return 0
		# it was gone before
		sql -c "ROLLBACK PREPARED '$1'"
	done
	return 1
}

# What another transaction has locked is in nobody's way.
sql -o /dev/null -c "INSERT INTO dynamodb.\"Many\" (item) VALUES (item('kept', 3600))"
prepare locked "SELECT id FROM dynamodb.\"Many\" WHERE id = 'locked' FOR UPDATE"
sql -o /dev/null -c "INSERT INTO dynamodb.\"Many\" (item) SELECT item('behind ' || i, 2) FROM generate_series(1, 250) i"
ok "those behind it are deleted" wait_until "SELECT count(*) = 0 FROM dynamodb.\"Many\" WHERE id LIKE 'behind%'"
is "it is not" "$(sql -c "SELECT count(*) FROM dynamodb.\"Many\" WHERE id = 'locked'")" 1
sql -c "COMMIT PREPARED 'locked'"
ok "it is when it is free" wait_until "SELECT count(*) = 0 FROM dynamodb.\"Many\" WHERE id = 'locked'"
# One that is being rescued is passed by as well, and lives on.
prepare rescued "UPDATE dynamodb.\"Many\" SET item = item('rescued', 3600) WHERE id = 'rescued' RETURNING id"
sql -o /dev/null -c "INSERT INTO dynamodb.\"Many\" (item) SELECT item('behind ' || i, 2) FROM generate_series(1, 250) i"
ok "those behind one that is being rescued are deleted" wait_until "SELECT count(*) = 0 FROM dynamodb.\"Many\" WHERE id LIKE 'behind%'"
sql -c "COMMIT PREPARED 'rescued'" -c "INSERT INTO dynamodb.\"Many\" (item) VALUES (item('later', 0))"
ok "and what comes later" wait_until "SELECT count(*) = 0 FROM dynamodb.\"Many\" WHERE id = 'later'"
is "it is not" "$(sql -c "SELECT count(*) FROM dynamodb.\"Many\" WHERE id = 'rescued'")" 1
sql -o /dev/null -c "BEGIN; LOCK TABLE dynamodb.\"Filled\"; PREPARE TRANSACTION 'locked'" -c "INSERT INTO dynamodb.\"Many\" (item) VALUES (item('beside', 0))"
ok "a locked table keeps no other waiting" wait_until "SELECT count(*) = 0 FROM dynamodb.\"Many\" WHERE id = 'beside'"
sql -c "COMMIT PREPARED 'locked'"

# Through deaths.
due() {
	sql -o /dev/null -c "INSERT INTO dynamodb.\"Many\" (item) SELECT item('$1 ' || i, i % 3) FROM generate_series(1, 2000) i"
}
kill_worker() {
	local again
	# where all has been deleted, and the worker has gone
	for again in 1 2 3 4 5; do
		! WAIT=30 wait_until "SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type = 'ddb expiry'" || break
		due "kill_worker $again"
	done
	kill_one 'ddb expiry'
}
end_worker() {
	sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb expiry'"
}
end_launcher() {
	sql -o /dev/null -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb launcher'"
}
restart() {
	stop_cluster "$cluster" fast
	start_cluster "$cluster"
}
kill_server() {
	kill_cluster "$cluster" 2>/dev/null
	start_cluster "$cluster"
}
for how in kill_worker end_worker end_launcher restart kill_server; do
	due "$how"
	sleep 0.3
	$how
	ok "it goes on after: $how" wait_until "SELECT count(*) = 0 FROM dynamodb.\"Many\" WHERE id LIKE '$how%'"
	agree "after $how"
done
is "what is not due is there" "$(sql -c "SELECT count(*) FROM dynamodb.\"Many\" WHERE id = 'kept'")" 1

# A hostile owner's triggers run as the owner, for so long, and hold up nobody else.
sql -o /dev/null -c 'CREATE ROLE eve LOGIN' -c 'GRANT USAGE, CREATE ON SCHEMA ddb, dynamodb, public TO eve' -c 'CREATE TABLE trophies (what text, role text)' -c 'GRANT INSERT ON trophies TO eve'
# eve STATEMENT...: each by itself, in one session of hers.
eve() {
	printf '%s;\n' "$@" | PGUSER=eve sql -o /dev/null
}
attacks=("ALTER ROLE eve SUPERUSER" "SET ROLE postgres" "RESET ROLE" "RESET SESSION AUTHORIZATION" "SET SESSION AUTHORIZATION postgres" "COPY public.trophies FROM PROGRAM 'echo x'"
	"INSERT INTO public.trophies VALUES ('a role', current_user)" "SET session_replication_role = replica" "CREATE TEMPORARY TABLE t (a int)" "UPDATE ddb.indexes SET status = 'CREATING'"
	"PERFORM pg_sleep(600)" "PERFORM pg_sleep(0.3)" "PERFORM pg_advisory_lock(7)" "PERFORM pg_terminate_backend(pg_backend_pid())" "EXECUTE format('DELETE FROM %s', tg_relid::regclass)"
	"PERFORM ddb.put_item(json_build_object('TableName', tg_argv[0], 'Item', json_build_object('id', json_build_object('S', old.id::text))))"
	"PERFORM pg_notify('hers', 'x'); RAISE 'an error of hers'")
hostile() {
	eve "SELECT create_table('Hostile_$1')" "SELECT ttl('Hostile_$1')" "CREATE FUNCTION public.attack_$1() RETURNS trigger LANGUAGE plpgsql AS \$\$BEGIN $3; RETURN old; END\$\$" \
		"CREATE TRIGGER attack $2 DELETE ON dynamodb.\"Hostile_$1\" FOR EACH ROW EXECUTE FUNCTION public.attack_$1('Hostile_$1')" \
		"INSERT INTO dynamodb.\"Hostile_$1\" (item) SELECT public.item(i::text, -10) FROM generate_series(1, 3) i"
}
beside() {
	sql -o /dev/null -c "INSERT INTO dynamodb.\"Many\" (item) SELECT item('beside ' || i, 0) FROM generate_series(1, 100) i"
	ok "others' items expire beside $1" wait_until "SELECT count(*) = 0 FROM dynamodb.\"Many\" WHERE id LIKE 'beside%'"
}
for i in "${!attacks[@]}"; do
	hostile "$((2 * i))" BEFORE "${attacks[i]}"
	hostile "$((2 * i + 1))" AFTER "${attacks[i]}"
done
beside "hostile triggers"
WAIT=1800 ok "all of them have been tried" wait_until "SELECT count(*) = $((2 * ${#attacks[@]})) FROM ddb.expiry_progress WHERE table_name LIKE 'Hostile%' AND deleted + failed > 0"
beside "those that go on failing"
ends() {
	grep -c 'terminating background worker "ddb expiry' "$cluster/server.log" || true
}
before=$(ends)
hostile loop BEFORE 'LOOP BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP'
for ((n = 0; n < 600 && $(ends) < before + 2; n++)); do
	sleep 0.1
done
ok "what catches its cancellation ends the worker, again and again" [ "$(ends)" -ge $((before + 2)) ]
ok "which counts as a failure" wait_until "SELECT failed >= 2 AND deleted = 0 FROM ddb.expiry_progress WHERE table_name = 'Hostile_loop'"
beside "it"
is "she is no more than she was" "$(sql -c "SELECT rolsuper FROM pg_roles WHERE rolname = 'eve'" -c "SELECT count(*) FROM ddb.indexes WHERE status = 'CREATING'")" $'f\n0'
is "nobody but she has run it" "$(sql -c "SELECT DISTINCT role FROM trophies WHERE role <> 'eve'")" ""
is "and she has" "$(sql -c "SELECT DISTINCT what, role FROM trophies")" 'a role|eve'
eve "DROP TRIGGER attack ON dynamodb.\"Hostile_loop\""
ok "her own expire when nothing hinders it" wait_until 'SELECT count(*) = 0 FROM dynamodb."Hostile_loop"'
ok "no lock of hers is left" wait_until "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'"
like "the log tells which table it was" "$(cat "$cluster/server.log")" 'deleting expired items of table Hostile_'
agree "at last"
is "the catalog is in order" "$(sql -c 'SELECT * FROM ddb.check_catalog()')" ""
is "no process has crashed but the one that was killed" "$(grep -c 'was terminated by signal' "$cluster/server.log")" "$(grep -c 'was terminated by signal 9' "$cluster/server.log")"
