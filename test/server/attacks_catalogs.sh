#!/bin/bash
# Roles try to get at others' tables through the extension's own catalogs, functions
# and schemas: each is refused, and nothing of others is changed.
. "$(dirname "$0")/../lib.sh"

new_cluster attacked </dev/null
sql -o /dev/null <<'SQL'
CREATE ROLE attacked_owner LOGIN;
CREATE DATABASE attacked OWNER attacked_owner;
SQL
export PGDATABASE=attacked
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE ROLE victim LOGIN;
CREATE ROLE writer LOGIN IN ROLE pg_write_all_data, pg_read_all_data;
CREATE ROLE bypass LOGIN BYPASSRLS IN ROLE pg_write_all_data, pg_read_all_data;
CREATE ROLE creator LOGIN IN ROLE pg_write_all_data;
CREATE ROLE reader LOGIN;
CREATE ROLE nobody_else LOGIN;
GRANT CREATE ON SCHEMA dynamodb TO victim, creator;
CREATE SCHEMA open;
GRANT ALL ON SCHEMA open TO PUBLIC;
CREATE FUNCTION create_with_index(name text) RETURNS json LANGUAGE sql AS $$
	SELECT ddb.create_table(json_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "S"}]'::json,
		'KeySchema', '[{"AttributeName": "id", "KeyType": "HASH"}]'::json,
		'GlobalSecondaryIndexes', '[{"IndexName": "byG", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}]'::json))
$$;
SET ROLE victim;
SELECT create_with_index('Music');
SELECT ddb.put_item('{"TableName": "Music", "Item": {"id": {"S": "a"}, "g": {"S": "secret"}}}');
GRANT SELECT ON dynamodb."Music" TO reader, creator;
CREATE TABLE open.precious AS SELECT 1 AS one;
SET ROLE creator;
SELECT create_with_index('Bait');
CREATE TABLE open.own (id ddb.string GENERATED ALWAYS AS (ddb.string_key(item, 'id', 2048)) STORED NOT NULL, item ddb.item NOT NULL) USING ddb;
CREATE UNIQUE INDEX ON open.own (ddb.hash(id));
RESET ROLE;
INSERT INTO ddb.access_keys (access_key_id, secret_access_key, role) VALUES ('AKIAVICTIM', 'secret', 'victim');
SQL

# What must stay as it is.
belongings() {
	sql <<'SQL'
SELECT name, relation, tags, settings FROM ddb.tables ORDER BY name;
SELECT table_relation, name, relation, status FROM ddb.indexes ORDER BY table_relation::oid, name;
SELECT * FROM ddb.backfills;
SELECT * FROM ddb.access_keys;
SELECT item FROM dynamodb."Music";
SELECT item FROM dynamodb."Music/byG";
SELECT * FROM open.precious;
SELECT oid::regclass, relowner::regrole FROM pg_class WHERE relkind = 'r' AND relnamespace IN ('ddb'::regnamespace, 'dynamodb'::regnamespace, 'open'::regnamespace) ORDER BY relname;
SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE tgrelid::regclass::text LIKE 'ddb.%' ORDER BY tgrelid, tgname;
SELECT evtname, evtenabled FROM pg_event_trigger ORDER BY 1;
SELECT rolname FROM pg_roles WHERE rolsuper;
SQL
}
before=$(belongings)

# attack WHAT ROLE ANSWER STATEMENT: the role is answered as the pattern says, and nothing has changed.
attack() {
	local answer
	answer=$(sql -U "$2" <<<"$4" 2>&1 || true)
	like "$1" "$answer" "$3"
	is "… and nothing has changed" "$(belongings)" "$before"
}

guarded='^ERROR:  permission denied for (relation|table) '
bait='dynamodb."Bait"'

# ---- Who may write all data ----
attack "INSERT of a relation as an index" creator "$guarded" \
	"INSERT INTO ddb.indexes VALUES ('$bait', 'x', 'open.precious', 'GLOBAL', 'ALL', '{\"L\": []}', 'ACTIVE', '{}')"
attack "COPY of a relation as an index" creator "$guarded" "COPY ddb.indexes FROM STDIN;
$bait	x	open.precious	GLOBAL	ALL	{\"L\": []}	ACTIVE	{}
\\."
attack "UPDATE of an index's relation" creator "$guarded" "UPDATE ddb.indexes SET relation = 'open.precious' WHERE table_relation = '$bait'::regclass"
attack "UPDATE of no row of ddb.indexes" writer "$guarded" "UPDATE ddb.indexes SET settings = '{}' WHERE false"
attack "DELETE of all indexes" writer "$guarded" 'DELETE FROM ddb.indexes'
attack "DELETE in WITH" writer "$guarded" 'WITH d AS (DELETE FROM ddb.tables RETURNING *) SELECT count(*) FROM d'
attack "MERGE that deletes" writer "$guarded" 'MERGE INTO ddb.indexes i USING ddb.tables t ON t.relation = i.table_relation WHEN MATCHED THEN DELETE'
attack "MERGE that inserts" writer "$guarded" "MERGE INTO ddb.backfills b USING (SELECT 'open.precious'::ddb.relation) s(r) ON b.relation = r
	WHEN NOT MATCHED THEN INSERT VALUES (r, '{}', 0, 0, now())"
attack "ON CONFLICT DO UPDATE of a table's relation" creator "^ERROR:  ON CONFLICT is not supported" "INSERT INTO ddb.tables VALUES ('Music', '$bait', gen_random_uuid(), now(), '{}', '{}')
	ON CONFLICT (name) DO UPDATE SET relation = excluded.relation"
attack "ON CONFLICT DO NOTHING" creator "^ERROR:  ON CONFLICT is not supported" "INSERT INTO ddb.tables VALUES ('Music', '$bait', gen_random_uuid(), now(), '{}', '{}') ON CONFLICT DO NOTHING"
attack "ON CONFLICT DO UPDATE of a backfill" writer "$guarded" "INSERT INTO ddb.backfills VALUES ('dynamodb.\"Music/byG\"', '{}', 0, 0, now())
	ON CONFLICT (relation) DO UPDATE SET items = 1"
attack "ON CONFLICT DO NOTHING of a backfill" writer "$guarded" "INSERT INTO ddb.backfills VALUES ('dynamodb.\"Music/byG\"', '{}', 0, 0, now()) ON CONFLICT DO NOTHING"
attack "UPDATE of a table's relation" creator "$guarded" "UPDATE ddb.tables SET relation = NULL WHERE name = 'Music'"
attack "DELETE of all tables" writer "$guarded" 'DELETE FROM ddb.tables'
attack "TRUNCATE of the tables" writer "$guarded" 'TRUNCATE ddb.tables'
attack "TRUNCATE of the access keys" bypass "$guarded" 'TRUNCATE ddb.access_keys'
attack "INSERT of a backfill" writer "$guarded" "INSERT INTO ddb.backfills VALUES ('dynamodb.\"Music/byG\"', '{}', 0, 0, now())"
attack "INSERT of a superuser's access key" writer "$guarded" "INSERT INTO ddb.access_keys VALUES ('AKIAX', 'x', 'postgres')"
attack "INSERT of a superuser's access key with BYPASSRLS" bypass "$guarded" "INSERT INTO ddb.access_keys VALUES ('AKIAX', 'x', 'postgres')"
attack "UPDATE of a key's role with BYPASSRLS" bypass "$guarded" "UPDATE ddb.access_keys SET role = 'postgres'"
attack "reading secrets" writer '^0$' 'SELECT count(*) FROM ddb.access_keys'
attack "a view of one's own over ddb.indexes" creator "$guarded" \
	"CREATE TEMPORARY VIEW v AS SELECT * FROM ddb.indexes; UPDATE v SET relation = 'open.precious'"
attack "switching the guard off" writer '^ERROR:  must be owner of table indexes' 'ALTER TABLE ddb.indexes DISABLE TRIGGER guard'
attack "switching triggers off" writer '^ERROR:  permission denied to set parameter "session_replication_role"' "SET session_replication_role = replica; DELETE FROM ddb.indexes"
attack "a rule" writer '^ERROR:  must be owner of' 'CREATE RULE r AS ON INSERT TO ddb.tables DO INSTEAD NOTHING'
attack "a trigger of one's own" writer '^ERROR:  permission denied for table tables' 'CREATE TRIGGER t BEFORE UPDATE ON ddb.tables EXECUTE FUNCTION suppress_redundant_updates_trigger()'
attack "a foreign key" nobody_else '^ERROR:  permission denied for table tables' 'CREATE TABLE open.f (name text COLLATE "C" REFERENCES ddb.tables)'
attack "a child of ddb.tables" nobody_else '^ERROR:  must be owner of table tables' 'CREATE TABLE open.c () INHERITS (ddb.tables)'

# ---- CREATE on the schema dynamodb ----
attack "registering another's table" creator '^ERROR:  must be owner of table Music' "SELECT ddb.register_table('dynamodb.\"Music\"', 'Mine')"
attack "registering under a name that is taken" creator '^ERROR:  ResourceInUseException' "SELECT ddb.register_table('open.own', 'Music')"
attack "registering an index's relation" creator 'is not that of a DynamoDB table' "SELECT ddb.register_table('dynamodb.\"Bait/byG\"', 'Other')"
attack "registering a table again" creator 'is that of table "Bait" already' "SELECT ddb.register_table('$bait', 'Other')"
attack "registering a catalog" creator '^ERROR:  must be owner of table tables' "SELECT ddb.register_table('ddb.tables', 'Other')"
attack "registering a heap" creator 'is not that of a DynamoDB table' "BEGIN; CREATE TABLE open.heap (item ddb.item); SELECT ddb.register_table('open.heap', 'Other')"
attack "a relation that says it is another's index" creator 'The table does not have the specified index: evil' "BEGIN;
	CREATE TABLE dynamodb.\"Music/evil\" (LIKE dynamodb.\"Bait/byG\" INCLUDING ALL) USING ddb;
	CREATE TRIGGER t BEFORE INSERT ON dynamodb.\"Music/evil\" EXECUTE FUNCTION ddb.refuse_index_write('Music', 'evil', 'GLOBAL', 'ALL');
	SELECT ddb.query('{\"TableName\": \"Music\", \"IndexName\": \"evil\", \"KeyConditionExpression\": \"g = :g\", \"ExpressionAttributeValues\": {\":g\": {\"S\": \"x\"}}}')"
attack "dropping another's table" creator '^ERROR:  must be owner of table Music' 'DROP TABLE dynamodb."Music" CASCADE'
attack "dropping another's index" creator 'AccessDeniedException' "SELECT ddb.update_table('{\"TableName\": \"Music\", \"GlobalSecondaryIndexUpdates\": [{\"Delete\": {\"IndexName\": \"byG\"}}]}')"
attack "deleting another's table" reader 'AccessDeniedException' "SELECT ddb.delete_table('{\"TableName\": \"Music\"}')"
attack "an ARN that ends in its middle" creator 'not a DynamoDB resource arn' \
	"SELECT ddb.tag_resource('{\"ResourceArn\": \"arn:aws:dynamodb:us-east-1:000000000000:table/Bait\\u0000/x\", \"Tags\": [{\"Key\": \"a\", \"Value\": \"b\"}]}')"
attack "a table's ARN that ends in its middle" creator 'ValidationException' \
	"SELECT ddb.delete_table('{\"TableName\": \"arn:aws:dynamodb:us-east-1:000000000000:table/Bait\\u0000/x\"}')"
attack "a tag that ends in its middle" creator 'Tag Key provided is invalid' \
	"SELECT ddb.tag_resource('{\"ResourceArn\": \"arn:aws:dynamodb:us-east-1:000000000000:table/Bait\", \"Tags\": [{\"Key\": \"a\\u0000\", \"Value\": \"b\"}]}')"

# ---- Without rights ----
for call in 'check_catalog()' 'clean_catalog()' "create_access_key('postgres')" "set_access_key_active('AKIAVICTIM', false)" "delete_access_key('AKIAVICTIM')" \
	'guard_catalog()' 'load_record()' 'record_changed()' 'backfill_wanted()' 'access_keys_changed()' 'forget_dropped_tables()' 'forget_dropped_indexes()'; do
	attack "calling $call" nobody_else '^ERROR:  (permission denied for function|trigger functions can only be called as triggers)' "SELECT ddb.$call"
done
attack "a catalog's trigger on one's own table" nobody_else '^ERROR:  permission denied for function ddb.record_changed' \
	'BEGIN; CREATE TABLE open.t (relation oid); CREATE TRIGGER t AFTER INSERT ON open.t FOR EACH ROW EXECUTE FUNCTION ddb.record_changed()'
attack "registering without CREATE on the schema" nobody_else 'AccessDeniedException' "BEGIN;
	CREATE TABLE open.mine (id ddb.string GENERATED ALWAYS AS (ddb.string_key(item, 'id', 2048)) STORED NOT NULL, item ddb.item NOT NULL) USING ddb;
	CREATE UNIQUE INDEX ON open.mine (ddb.hash(id));
	SELECT ddb.register_table('open.mine', 'Mine')"
attack "registering a temporary table" nobody_else 'is not that of a DynamoDB table' "
	CREATE TEMPORARY TABLE mine (id ddb.string GENERATED ALWAYS AS (ddb.string_key(item, 'id', 2048)) STORED NOT NULL, item ddb.item NOT NULL) USING ddb;
	CREATE UNIQUE INDEX ON mine (ddb.hash(id));
	SELECT ddb.register_table('mine', 'Mine')"

# ---- The database's owner ----
for statement in 'DROP EXTENSION ddb CASCADE' 'DROP SCHEMA dynamodb CASCADE' 'DROP SCHEMA ddb CASCADE' 'ALTER SCHEMA dynamodb RENAME TO d' \
	'DROP EVENT TRIGGER ddb_forget_dropped_tables' 'ALTER TABLE ddb.tables DISABLE TRIGGER ALL' 'ALTER EXTENSION ddb DROP TABLE ddb.access_keys' \
	'CREATE FUNCTION ddb.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$' 'DROP TABLE ddb.backfills' 'DELETE FROM ddb.tables'; do
	attack "$statement" attacked_owner '^ERROR:  (must be owner of|permission denied)' "$statement"
done

# ---- A record that got in all the same ----
# Whoever switches the guard off is a superuser; what he lets in is not acted on either.
forge() {
	sql -c "UPDATE ddb.indexes SET relation = '$1' WHERE table_relation = '$bait'::regclass" 2>&1
}
sql -o /dev/null <<'SQL'
SET ROLE victim;
SELECT create_with_index('Other');
RESET ROLE;
DELETE FROM ddb.indexes WHERE table_relation = 'dynamodb."Other"'::regclass;
SQL
for forged in open.precious 'dynamodb."Other/byG"' 'dynamodb."Other"' 'ddb.access_keys' 'pg_catalog.pg_class' '"dynamodb"."none"'; do
	forge "$forged" >/dev/null || true
	before=$(belongings)
	attack "a write behind a forged record of $forged" creator '^ERROR:  the record of secondary index "byG" of table "Bait" in ddb.indexes does not fit' \
		"SELECT ddb.put_item('{\"TableName\": \"Bait\", \"Item\": {\"id\": {\"S\": \"a\"}, \"g\": {\"S\": \"b\"}}}')"
	attack "a read behind it" creator 'does not fit' \
		"SELECT ddb.query('{\"TableName\": \"Bait\", \"IndexName\": \"byG\", \"KeyConditionExpression\": \"g = :g\", \"ExpressionAttributeValues\": {\":g\": {\"S\": \"secret\"}}}')"
	attack "dropping the index behind it" creator 'does not fit' \
		"SELECT ddb.update_table('{\"TableName\": \"Bait\", \"GlobalSecondaryIndexUpdates\": [{\"Delete\": {\"IndexName\": \"byG\"}}]}')"
	attack "TRUNCATE behind it" creator 'does not fit' "TRUNCATE $bait"
	attack "a change of the table, that its indexes might follow" creator '^$' "ALTER TABLE $bait SET (fillfactor = 90)"
done
forge open.precious
before=$(belongings)
attack "DROP TABLE behind a forged record drops no other relation" creator 'WARNING:  relation open.precious, recorded as that of secondary index "byG", is not dropped' \
	"BEGIN; DROP TABLE $bait; ROLLBACK"
like "the record is told" "$(sql -F ' ' -c 'SELECT table_name, index_name, relation, removable FROM ddb.check_catalog()')" '^Bait byG open.precious t'
is "and removed" "$(sql -F ' ' -c 'SELECT table_name, index_name, relation FROM ddb.clean_catalog()')" 'Bait byG open.precious'
is "and the table is written again" "$(sql -U creator -c "SELECT ddb.put_item('{\"TableName\": \"Bait\", \"Item\": {\"id\": {\"S\": \"a\"}, \"g\": {\"S\": \"b\"}}}')" 2>&1)" '{}'

# ---- Schemas that somebody made before ----
sql -c 'CREATE DATABASE before OWNER attacked_owner'
refused() {
	like "CREATE EXTENSION $1" "$(sql -d before -c 'CREATE EXTENSION ddb' 2>&1 || true)" "$2"
	is "… and nothing is there" "$(sql -d before -c "SELECT count(*) FROM pg_extension WHERE extname = 'ddb'")" 0
}
sql -d before -U attacked_owner -c 'CREATE SCHEMA ddb' -c 'CREATE FUNCTION ddb.hash(text) RETURNS uuid LANGUAGE sql AS $$ SELECT NULL::uuid $$'
refused "in another's schema with functions" 'ERROR:  schema "ddb" is open to others than superusers'
sql -d before -U attacked_owner -c 'DROP FUNCTION ddb.hash(text)'
refused "in another's empty schema" 'ERROR:  schema "ddb" is open to others than superusers'
sql -d before -c 'ALTER SCHEMA ddb OWNER TO postgres' -c 'GRANT CREATE ON SCHEMA ddb TO PUBLIC'
refused "in a schema where others may create" 'ERROR:  schema "ddb" is open to others than superusers'
sql -d before -c 'REVOKE CREATE ON SCHEMA ddb FROM PUBLIC' -c 'CREATE TYPE ddb.item AS (a int)'
refused "in a schema that is not empty" 'ERROR:  schema "ddb" is not empty'
sql -d before -c 'DROP TYPE ddb.item' -c 'CREATE SCHEMA dynamodb AUTHORIZATION attacked_owner'
refused "beside a schema dynamodb" 'ERROR:  schema "dynamodb" is there already'
sql -d before -c 'DROP SCHEMA dynamodb'
ok "CREATE EXTENSION in an empty schema of a superuser's, as a dump makes it" sql -d before -c 'CREATE EXTENSION ddb'
