#!/bin/bash
# Code of an owner's reaches nobody else's rights: eve, who may create tables, puts
# it wherever PostgreSQL takes it, and others and the server's own processes come by.
. "$(dirname "$0")/../lib.sh"

database=attacks_owner_code
sql -c "CREATE DATABASE $database"
export PGDATABASE=$database
log=$PGHOST/../server.log
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE ROLE eve LOGIN;
CREATE ROLE bob LOGIN;
CREATE SCHEMA eve AUTHORIZATION eve;
CREATE SCHEMA bob AUTHORIZATION bob;
GRANT CREATE ON SCHEMA dynamodb TO eve;
GRANT USAGE ON SCHEMA eve, bob TO PUBLIC;
CREATE TABLE secret AS SELECT 'treasure' AS text;
CREATE TABLE bob.secret AS SELECT 'bob''s' AS text;
ALTER TABLE bob.secret OWNER TO bob;

-- what ran as whom, and what it got hold of
CREATE TABLE eve.ran (attempt text, role text);
CREATE TABLE eve.loot (attempt text, role text, text text);
ALTER TABLE eve.ran OWNER TO eve;
ALTER TABLE eve.loot OWNER TO eve;
GRANT INSERT ON eve.ran, eve.loot TO PUBLIC;

SET ROLE eve;
CREATE FUNCTION eve.try(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
EXCEPTION WHEN OTHERS THEN
	NULL;
END
$$;
CREATE FUNCTION eve.attack(attempt text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO eve.ran VALUES (attempt, current_user);
	PERFORM eve.try('ALTER ROLE eve SUPERUSER');
	PERFORM eve.try(format('INSERT INTO eve.loot SELECT %L, current_user, text FROM public.secret', attempt));
	PERFORM eve.try(format('INSERT INTO eve.loot SELECT %L, current_user, text FROM bob.secret', attempt));
	PERFORM eve.try(format('INSERT INTO eve.loot SELECT %L, current_user, secret_access_key FROM ddb.access_keys', attempt));
	PERFORM eve.try('RESET ROLE; ALTER ROLE eve SUPERUSER');
	PERFORM eve.try('SET ROLE postgres; ALTER ROLE eve SUPERUSER');
	PERFORM eve.try('RESET SESSION AUTHORIZATION; ALTER ROLE eve SUPERUSER');
	PERFORM eve.try('SET SESSION AUTHORIZATION postgres; ALTER ROLE eve SUPERUSER');
	RETURN true;
END
$$;
-- what an index takes is called immutable, and does as it likes
CREATE FUNCTION eve.of(attempt text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN eve.attack(attempt); END';
CREATE FUNCTION eve.of(attempt text, item ddb.item) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN eve.attack(attempt); END';
RESET ROLE;

CREATE FUNCTION as_table(name text) RETURNS json LANGUAGE sql AS $$
	SELECT json_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "S"}]'::json,
		'KeySchema', '[{"AttributeName": "id", "KeyType": "HASH"}]'::json)
$$;
CREATE FUNCTION with_index(name text) RETURNS json LANGUAGE sql AS $$
	SELECT json_build_object('TableName', name,
		'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "color", "AttributeType": "S"}]'::json,
		'GlobalSecondaryIndexUpdates', '[{"Create": {"IndexName": "gsi", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}]}}]'::json)
$$;
CREATE FUNCTION put(name text, id text) RETURNS boolean LANGUAGE sql AS $$
	SELECT ddb.put_item(json_build_object('TableName', name, 'Item', json_build_object('id', json_build_object('S', id), 'color', '{"S": "red"}'::json))) IS NOT NULL
$$;
SELECT * FROM ddb.create_access_key('bob');
SQL

# as ROLE STATEMENT...: in one transaction of a session of the role's; prints what it is answered, or the error.
as() {
	local role=$1
	shift
	printf '%s;\n' BEGIN "$@" COMMIT | PGUSER=$role sql 2>&1 || true
}

# prepare ROLE STATEMENT...: the same of what has to succeed.
prepare() {
	local answer
	answer=$(as "$@")
	! grep -q ERROR <<<"$answer" || is "what $1 prepares" "$answer" ""
}

# table NAME: a table of eve's with three items, anew.
table() {
	sql -o /dev/null -c 'SET client_min_messages = warning' -c "DROP TABLE IF EXISTS dynamodb.\"$1\" CASCADE"
	prepare eve "SELECT ddb.create_table(as_table('$1')) IS NULL" "SELECT bool_and(put('$1', i::text)) FROM generate_series(1, 3) i" \
		"GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON dynamodb.\"$1\" TO bob"
}

# indexed NAME STATEMENT...: the same with an index that is to be filled, and with what eve has put on its relation before.
indexed() {
	local name=$1
	shift
	table "$name"
	mark=$(wc -l <"$log")
	prepare eve "SELECT ddb.update_table(with_index('$name')) IS NULL" "$@"
}

# fails NAME: the worker has met an error of the table's index. What a machine that stalls has made too slow for the worker
# is none: it is tried again, and what it has done is taken back.
fails() {
	tail -n "+$((mark + 1))" "$log" | awk -v context="filling secondary index gsi of table $1" '
		/ (ERROR|FATAL):  / { late = /canceling statement due to user request|terminating background worker/ }
		substr($0, length($0) - length(context) + 1) == context && !late { found = 1 }
		END { exit !found }'
}

# filled NAME: waits until the worker has filled the table's index, or has met an error.
filled() {
	local i
	for ((i = 0; i < 600; i++)); do
		[ "$(sql -c "SELECT bool_and(status = 'ACTIVE') FROM ddb.indexes WHERE table_relation = 'dynamodb.\"$1\"'::regclass")" = f ] || return 0
		! fails "$1" || return 0
		sleep 0.1
	done
	return 1
}

# read_by ROLE NAME: all that reads a table or looks at it.
read_by() {
	as "$1" "SELECT ddb.describe_table('{\"TableName\": \"$2\"}')"
	as "$1" "SELECT ddb.get_item('{\"TableName\": \"$2\", \"Key\": {\"id\": {\"S\": \"1\"}}}')"
	as "$1" "SELECT ddb.query('{\"TableName\": \"$2\", \"KeyConditionExpression\": \"id = :i\", \"ExpressionAttributeValues\": {\":i\": {\"S\": \"1\"}}}')"
	as "$1" "SELECT ddb.scan('{\"TableName\": \"$2\"}')"
	as "$1" "SELECT ddb.scan('{\"TableName\": \"$2\", \"IndexName\": \"gsi\"}')"
	as "$1" "SELECT ddb.batch_get_item('{\"RequestItems\": {\"$2\": {\"Keys\": [{\"id\": {\"S\": \"1\"}}]}}}')"
	as "$1" "SELECT ddb.list_tags_of_resource(('{\"ResourceArn\": \"' || (ddb.describe_table('{\"TableName\": \"$2\"}') #>> '{Table,TableArn}') || '\"}')::json)"
	as "$1" "SELECT ddb.check_indexes('$2')"
	as "$1" "SELECT ddb.check_indexes()"
	as "$1" "SELECT ddb.update_table('{\"TableName\": \"$2\", \"DeletionProtectionEnabled\": false}')"
	as "$1" "SELECT ddb.tag_resource(('{\"Tags\": [{\"Key\": \"a\", \"Value\": \"b\"}], \"ResourceArn\": \"' || (ddb.describe_table('{\"TableName\": \"$2\"}') #>> '{Table,TableArn}') || '\"}')::json)"
} >/dev/null

# refused ATTEMPT [ROLE...]: whatever eve has tried ran as nobody but these roles, and got her nothing.
refused() {
	local attempt=$1 answer
	shift
	answer=$(sql -c "SELECT rolsuper FROM pg_roles WHERE rolname = 'eve'" \
		-c "SELECT format('%s had %s as %s', attempt, text, role) FROM eve.loot WHERE NOT (role = 'bob' AND text = 'bob''s' AND 'bob' = ANY (string_to_array('$*', ' ')))" \
		-c "SELECT DISTINCT format('%s ran as %s', attempt, role) FROM eve.ran WHERE role <> ALL (string_to_array('$*', ' '))" 2>&1) || true
	is "$attempt" "$answer" f
	sql -c 'ALTER ROLE eve NOSUPERUSER' -c 'TRUNCATE eve.ran, eve.loot'
}

# ran ATTEMPT: eve's code has been reached at all.
ran() {
	is "$1: her code ran" "$(sql -c 'SELECT DISTINCT role FROM eve.ran')" eve
}

# ---- The worker that fills an index ----

indexed Aaa 'CREATE INDEX ON dynamodb."Aaa/gsi" (eve.of($$index$$, item))'
ok "an index that is filled with her function is filled" filled Aaa
ran "a function in an index of an index's relation"
refused "a function in an index of an index's relation, filled by the worker" eve
is "all items are in it" "$(sql -c 'SELECT count(*) FROM dynamodb."Aaa/gsi"')" 3
is "and nothing differs" "$(sql -c "SELECT count(*) FROM ddb.check_indexes('Aaa')")" 0

indexed Aaa 'CREATE INDEX ON dynamodb."Aaa/gsi" (color, (eve.of($$constant$$)))'
filled Aaa
refused "a constant function in an index, filled by the worker" eve

indexed Aaa 'CREATE INDEX ON dynamodb."Aaa/gsi" (color) WHERE eve.of($$predicate$$, item)'
filled Aaa
ran "an index's predicate"
refused "an index's predicate, filled by the worker" eve

indexed Aaa 'CREATE UNIQUE INDEX ON dynamodb."Aaa/gsi" (color, id) WHERE eve.of($$constant predicate$$)'
filled Aaa
refused "a constant predicate of a unique index, filled by the worker" eve

prepare eve 'CREATE DOMAIN eve.domain AS text CHECK (eve.of($$domain$$ || left(VALUE, 0)))'
prepare eve 'CREATE FUNCTION eve.as_domain(text) RETURNS eve.domain LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN $1; END$$'
indexed Aaa 'CREATE INDEX ON dynamodb."Aaa/gsi" ((eve.as_domain(item ->> $$id$$)::text))'
filled Aaa
ran "a domain's check"
refused "a domain's check in an index, filled by the worker" eve

prepare eve 'CREATE TYPE eve.wrapped AS (item ddb.item)' \
	'CREATE FUNCTION eve.unwrap(eve.wrapped) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM eve.of($x$cast$x$); RETURN $x$x$x$; END$$' \
	'CREATE CAST (eve.wrapped AS text) WITH FUNCTION eve.unwrap(eve.wrapped) AS ASSIGNMENT'
indexed Aaa 'CREATE INDEX ON dynamodb."Aaa/gsi" ((ROW(item)::eve.wrapped::text))'
filled Aaa
ran "a cast"
refused "a cast in an index, filled by the worker" eve

prepare eve 'CREATE FUNCTION eve.operator(ddb.item, ddb.item) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN eve.of($x$operator$x$); END$$' \
	'CREATE OPERATOR eve.=== (FUNCTION = eve.operator, LEFTARG = ddb.item, RIGHTARG = ddb.item)'
indexed Aaa 'CREATE INDEX ON dynamodb."Aaa/gsi" ((item OPERATOR(eve.===) item))'
filled Aaa
ran "an operator"
refused "an operator in an index, filled by the worker" eve

prepare eve 'CREATE FUNCTION eve.definer(text, ddb.item) RETURNS boolean LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = eve AS $$BEGIN RETURN eve.attack($1); END$$'
indexed Aaa 'CREATE INDEX ON dynamodb."Aaa/gsi" (eve.definer($$definer$$, item))'
filled Aaa
refused "a SECURITY DEFINER function in an index, filled by the worker" eve

# What is put off until the role is left.
prepare eve 'CREATE TABLE eve.queue (attempt text)' \
	'CREATE FUNCTION eve.later() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM eve.attack(new.attempt); RETURN NULL; END$$' \
	'CREATE CONSTRAINT TRIGGER later AFTER INSERT ON eve.queue DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION eve.later()' \
	'CREATE FUNCTION eve.put_off() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN INSERT INTO eve.queue VALUES ($x$deferred$x$); RETURN true; END$$' \
	'CREATE FUNCTION eve.defer(ddb.item) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN eve.put_off(); END$$'
indexed Aaa 'CREATE INDEX ON dynamodb."Aaa/gsi" (eve.defer(item))'
filled Aaa
refused "a deferred trigger, filled by the worker" eve

for statement in \
	"DECLARE held CURSOR WITH HOLD FOR SELECT eve.attack('cursor')" \
	"CREATE TEMPORARY TABLE attack (a) ON COMMIT DROP AS SELECT eve.attack('temporary table')" \
	"CREATE TEMPORARY TABLE IF NOT EXISTS pg_class (a int)" \
	"PREPARE attack AS SELECT eve.attack('prepared')" \
	"SET search_path = eve; SET session_replication_role = replica" \
	"LISTEN attack"; do
	prepare eve "CREATE OR REPLACE FUNCTION eve.leave() RETURNS boolean LANGUAGE plpgsql AS \$\$BEGIN PERFORM eve.try(\$x\$$statement\$x\$); RETURN eve.attack('leave'); END\$\$" \
		'CREATE OR REPLACE FUNCTION eve.leaves(ddb.item) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN eve.leave(); END$$'
	indexed Aaa 'CREATE INDEX ON dynamodb."Aaa/gsi" (eve.leaves(item))'
	filled Aaa
	indexed Bbb
	filled Bbb
	refused "left behind in the worker: ${statement%% (*}" eve
done

for change in 'ADD COLUMN x boolean DEFAULT eve.attack($$default$$)' \
	'ADD COLUMN x boolean GENERATED ALWAYS AS (eve.of($$generated$$, item)) STORED' \
	'ADD CHECK (eve.of($$check$$, item))'; do
	indexed Aaa
	like "an index's relation cannot have it: $change" "$(as eve "ALTER TABLE dynamodb.\"Aaa/gsi\" $change")" 'would no longer be that of a secondary index'
	refused "of an index's relation: $change" eve
done

indexed Aaa 'ALTER TABLE dynamodb."Aaa/gsi" ADD EXCLUDE USING btree ((eve.of($$exclusion$$, item)::text) WITH =)'
sql -c 'TRUNCATE eve.ran'
filled Aaa
read_by postgres Aaa
refused "an exclusion constraint of an index's relation" eve

for trigger in 'BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW' 'AFTER INSERT ON %s FOR EACH STATEMENT' \
	'AFTER TRUNCATE ON %s FOR EACH STATEMENT'; do
	# shellcheck disable=SC2059
	indexed Aaa 'CREATE OR REPLACE FUNCTION eve.fired() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM eve.attack($x$trigger$x$); RETURN new; END$$' \
		"CREATE TRIGGER attack $(printf "$trigger" 'dynamodb."Aaa/gsi"') EXECUTE FUNCTION eve.fired()"
	filled Aaa
	sql -o /dev/null -c "SELECT put('Aaa', '4')" -c 'DELETE FROM dynamodb."Aaa" WHERE id = '"'1'" -c 'TRUNCATE dynamodb."Aaa"'
	refused "a trigger of an index's relation, written and truncated by a superuser: ${trigger//%s/it}" eve
done

# Who may put triggers on a superuser's relation gets nobody else's rights by that.
sql -o /dev/null -c "SELECT ddb.create_table(as_table('Granted'))" -c "SELECT ddb.update_table(with_index('Granted'))" \
	-c 'GRANT ALL ON dynamodb."Granted", dynamodb."Granted/gsi" TO eve'
sql -c 'TRUNCATE eve.ran'
prepare eve 'CREATE TRIGGER attack BEFORE TRUNCATE ON dynamodb."Granted/gsi" FOR EACH STATEMENT EXECUTE FUNCTION eve.fired()'
like "a trigger of another role's on a superuser's index is not run by TRUNCATE" "$(as eve 'TRUNCATE dynamodb."Granted"')" \
	'trigger "attack" of relation "Granted/gsi" would run a function of role "eve" as the relation.s owner'
refused "such a trigger" eve
sql -o /dev/null -c "SELECT ddb.update_time_to_live('{\"TableName\": \"Granted\", \"TimeToLiveSpecification\": {\"Enabled\": true, \"AttributeName\": \"expires\"}}')"
prepare eve 'CREATE TRIGGER attack AFTER DELETE ON dynamodb."Granted" FOR EACH ROW EXECUTE FUNCTION eve.fired()' \
	"SELECT ddb.put_item('{\"TableName\": \"Granted\", \"Item\": {\"id\": {\"S\": \"a\"}, \"expires\": {\"N\": \"$(date +%s)\"}}}')"
for ((i = 0; i < 600; i++)); do
	[ "$(sql -c "SELECT failed > 0 FROM ddb.expiry_progress WHERE table_name = 'Granted'")" != t ] || break
	sleep 0.1
done
refused "the same by an item that expires" eve
is "it stays" "$(sql -c 'SELECT count(*) FROM dynamodb."Granted"' -c "SELECT failed > 0 FROM ddb.expiry_progress WHERE table_name = 'Granted'")" $'1\nt'
sql -o /dev/null -c 'DROP TABLE dynamodb."Granted"'

# Nor by a trigger's condition.
prepare eve 'CREATE VIEW eve.trap AS SELECT eve.attack($$view$$)' \
	'CREATE DOMAIN eve.condition AS text CHECK (eve.of($$condition$$ || left(VALUE, 0)))' \
	'CREATE FUNCTION eve.is(ddb.item, ddb.item) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN eve.of($x$is$x$); END$$' \
	'CREATE OPERATOR eve.==== (FUNCTION = eve.is, LEFTARG = ddb.item, RIGHTARG = ddb.item)'
conditions=('eve.of($$function$$, old.item)' 'old.item OPERATOR(eve.====) old.item'
	'(old.item ->> $$id$$)::eve.condition IS NULL' 'query_to_xml($$SELECT eve.attack($x$query$x$)$$, true, true, $$$$) IS NULL'
	'table_to_xml($$eve.trap$$::regclass, true, true, $$$$) IS NULL'
	'(old.item ->> $$id$$) = $$b$$ OR pg_trigger_depth() > 5')
harmless=$((${#conditions[@]} - 1))
for i in "${!conditions[@]}"; do
	sql -o /dev/null -c "SELECT ddb.create_table(as_table('Condition$i'))" -c "GRANT TRIGGER ON dynamodb.\"Condition$i\" TO eve" \
		-c "SELECT ddb.update_time_to_live('{\"TableName\": \"Condition$i\", \"TimeToLiveSpecification\": {\"Enabled\": true, \"AttributeName\": \"expires\"}}')"
	prepare eve "CREATE TRIGGER condition BEFORE DELETE ON dynamodb.\"Condition$i\" FOR EACH ROW WHEN (${conditions[i]}) EXECUTE FUNCTION suppress_redundant_updates_trigger()"
	sql -o /dev/null -c "SELECT ddb.put_item('{\"TableName\": \"Condition$i\", \"Item\": {\"id\": {\"S\": \"a\"}, \"expires\": {\"N\": \"$(date +%s)\"}}}')"
done

# Nor by a foreign key, though PostgreSQL fires triggers behind its action as who deletes.
for action in CASCADE "SET NULL" "SET DEFAULT"; do
	name=Referred${action// /}
	sql -o /dev/null -c "SELECT ddb.create_table(as_table('$name'))" -c "ALTER TABLE dynamodb.\"$name\" ADD UNIQUE (id)" \
		-c "GRANT REFERENCES ON dynamodb.\"$name\" TO eve" -c "SELECT ddb.put_item('{\"TableName\": \"$name\", \"Item\": {\"id\": {\"S\": \"a\"}, \"expires\": {\"N\": \"$(date +%s)\"}}}')"
	prepare eve "CREATE TABLE eve.\"$name\" (id ddb.string REFERENCES dynamodb.\"$name\" (id) ON DELETE $action)" \
		"INSERT INTO eve.\"$name\" VALUES ('a')" \
		"CREATE TRIGGER attack AFTER UPDATE OR DELETE ON eve.\"$name\" FOR EACH ROW EXECUTE FUNCTION eve.fired()"
	sql -o /dev/null -c "SELECT ddb.update_time_to_live('{\"TableName\": \"$name\", \"TimeToLiveSpecification\": {\"Enabled\": true, \"AttributeName\": \"expires\"}}')"
done
for ((i = 0; i < 600; i++)); do
	[ "$(sql -c "SELECT count(*) FILTER (WHERE deleted > 0 OR failed > 0 AND table_name <> 'Condition$harmless') = $((${#conditions[@]} + 3)) FROM ddb.expiry_progress WHERE table_name ~ '^(Condition|Referred)'")" != t ] || break
	sleep 0.1
done
refused "conditions of triggers, and triggers behind foreign keys, of items that expire" eve
is "no item goes that somebody else's relation refers to with an action" \
	"$(sql -c "SELECT count(*), sum(deleted) FROM ddb.expiry_progress WHERE table_name LIKE 'Referred%' AND failed > 0")" '3|0'
is "but for the one that runs nobody's code, nothing expires" \
	"$(sql -c "SELECT string_agg(table_name, ' ') FROM ddb.expiry_progress WHERE table_name LIKE 'Condition%' AND deleted > 0")" "Condition$harmless"
sql -o /dev/null -c 'SET client_min_messages = warning' -c 'DROP TABLE dynamodb."ReferredCASCADE", dynamodb."ReferredSETNULL", dynamodb."ReferredSETDEFAULT" CASCADE'
for i in "${!conditions[@]}"; do
	sql -o /dev/null -c "DROP TABLE dynamodb.\"Condition$i\""
done

# ---- Whoever looks at a table ----

table Aaa
name=$(sql -c "SELECT quote_ident(relname) FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = 'dynamodb.\"Aaa\"'::regclass")
prepare eve "ALTER INDEX dynamodb.$name RENAME TO old" 'CREATE UNIQUE INDEX ON dynamodb."Aaa" (eve.of($$first$$), id)' \
	'CREATE UNIQUE INDEX ON dynamodb."Aaa" (id) WHERE eve.of($$first predicate$$)' \
	'CREATE UNIQUE INDEX ON dynamodb."Aaa" (ddb.hash(id)) ' 'DROP INDEX dynamodb.old'
sql -c 'TRUNCATE eve.ran'
read_by postgres Aaa
refused "functions in the table's first unique indexes, looked at by a superuser"
read_by bob Aaa
refused "the same, looked at by another role"
is "the table is read" "$(sql -c "SELECT ddb.scan('{\"TableName\": \"Aaa\", \"Select\": \"COUNT\"}') ->> 'Count'")" 3

indexed Aaa 'CREATE UNIQUE INDEX first ON dynamodb."Aaa/gsi" (eve.of($$first$$), color, id)'
filled Aaa
sql -c 'TRUNCATE eve.ran'
read_by postgres Aaa
read_by bob Aaa
refused "functions in unique indexes of an index's relation, looked at by others" eve
prepare eve 'ALTER INDEX dynamodb.first RENAME TO second'
as bob "SELECT put('Aaa', '7')" >/dev/null
refused "the same, written by another role" eve

table Aaa
prepare eve 'CREATE POLICY attack ON dynamodb."Aaa" USING (eve.of($$policy$$))' 'ALTER TABLE dynamodb."Aaa" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY'
read_by postgres Aaa
refused "a policy, looked at by a superuser"
sql -o /dev/null -c "SELECT put('Aaa', '9')"
refused "a policy, written by a superuser"
as bob "SELECT ddb.scan('{\"TableName\": \"Aaa\"}')" >/dev/null
refused "a policy, which another role has asked for" bob

# ---- Others who write ----

indexed Aaa 'CREATE INDEX ON dynamodb."Aaa/gsi" (eve.of($$written$$, item))'
filled Aaa
sql -c 'TRUNCATE eve.ran'
as bob "SELECT put('Aaa', '5')" >/dev/null
ran "an index of an index's relation, written by another role"
refused "an index of an index's relation, written by another role" eve
as bob "INSERT INTO dynamodb.\"Aaa\" (item) VALUES ('{\"id\": {\"S\": \"6\"}, \"color\": {\"S\": \"blue\"}}')" >/dev/null
ran "an index of an index's relation, written by another role's INSERT"
refused "an index of an index's relation, written by another role's INSERT" eve
sql -o /dev/null -c "SELECT put('Aaa', '7')"
refused "an index of an index's relation, written by a superuser" eve
is "all items are in it" "$(sql -c 'SELECT count(*) FROM dynamodb."Aaa/gsi"')" 6

# Bob sets a trap for eve's code, which runs as eve when bob writes.
prepare bob 'CREATE FUNCTION bob.helper(ddb.item) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN PERFORM eve.attack($x$trap$x$); RETURN true; END$$'
prepare eve 'CREATE FUNCTION eve.helper(ddb.item) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT true$$' \
	'CREATE FUNCTION eve.calls(item ddb.item) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN true; END$$'
indexed Aaa
filled Aaa
# From PostgreSQL 17 on CREATE INDEX calls functions with a search path of its own; a write does not.
prepare eve 'CREATE INDEX ON dynamodb."Aaa/gsi" (eve.calls(item))' \
	'CREATE OR REPLACE FUNCTION eve.calls(item ddb.item) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN helper(item); END$$'
as bob 'SET LOCAL search_path = bob, public' "SELECT put('Aaa', '8')" >/dev/null
refused "a function of the writer's in the way of the owner's, by the search path"
as bob 'CREATE TEMPORARY TABLE pg_class (a int)' 'SET LOCAL search_path = pg_temp, public' "SELECT put('Aaa', '8')" >/dev/null
refused "a temporary table of the writer's in its way"

# ---- What only a superuser may put there ----

like "an event trigger" "$(as eve 'CREATE FUNCTION eve.event() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$' 'CREATE EVENT TRIGGER attack ON ddl_command_end EXECUTE FUNCTION eve.event()')" 'Must be superuser|permission denied'
like "an operator class" "$(as eve 'CREATE OPERATOR CLASS eve.class FOR TYPE ddb.string USING btree AS OPERATOR 1 <')" 'must be superuser'
like "a cast of a type of the extension's" "$(as eve 'CREATE FUNCTION eve.to_string(integer) RETURNS ddb.string LANGUAGE sql AS $$SELECT NULL::ddb.string$$' 'CREATE CAST (integer AS ddb.string) WITH FUNCTION eve.to_string(integer)')" 'must be owner'
like "a function beside the extension's" "$(as eve 'CREATE FUNCTION ddb.hash(text) RETURNS uuid LANGUAGE sql AS $$SELECT NULL::uuid$$')" 'permission denied'
for function in forget_dropped_tables forget_dropped_indexes follow_table_owner access_keys_changed backfill_wanted; do
	like "the extension's own $function()" "$(as eve "SELECT ddb.$function()")" 'permission denied|must be called as'
	like "the same of a superuser" "$(as postgres "SELECT ddb.$function()")" 'ERROR'
done
like "the extension's function as a trigger elsewhere" "$(as eve 'CREATE TABLE eve.other (a int)' 'CREATE TRIGGER t AFTER INSERT ON eve.other FOR EACH ROW EXECUTE FUNCTION ddb.access_keys_changed()')" 'permission denied'

sql -o /dev/null -c 'SET client_min_messages = warning' -c 'DROP OWNED BY eve, bob CASCADE'
PGDATABASE=postgres
sql -c "DROP DATABASE $database WITH (FORCE)" -c 'DROP ROLE eve, bob'
