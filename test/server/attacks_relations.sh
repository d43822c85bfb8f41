#!/bin/bash
# What an ordinary role can do with relations to bring the server down, or to make
# a table corrupt itself: each attempt ends in an error or in something that works,
# and the server stands.
. "$(dirname "$0")/../lib.sh"

createdb attacks_relations
export PGDATABASE=attacks_relations
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE ROLE relation_eve LOGIN;
GRANT CREATE ON SCHEMA dynamodb, public TO relation_eve;
GRANT EXECUTE ON FUNCTION ddb.create_access_key TO relation_eve;
CREATE DOMAIN sort_domain AS ddb.string;
-- an order of strings that is not the usual one
CREATE FUNCTION backward(ddb.string, ddb.string) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT ddb.string_cmp($2, $1) $$;
CREATE OPERATOR CLASS backward FOR TYPE ddb.string USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <,
	FUNCTION 1 backward(ddb.string, ddb.string);

-- what all attempts have in common
CREATE FUNCTION good(first int, last int) RETURNS SETOF ddb.item LANGUAGE sql AS $$
	SELECT jsonb_build_object('p', 'p' || i % 3, 's', 's' || i, 'g', 'g' || i % 5)::ddb.item FROM generate_series(first, last) i
$$;
CREATE FUNCTION outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE statement;
	RETURN 'done';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || CASE WHEN hint LIKE 'It needs%' THEN ' with a hint' ELSE '' END;
END $$;
CREATE FUNCTION operations() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT 'SELECT ddb.' || call FROM unnest(ARRAY[
		$o$put_item('{"TableName": "Mallory", "Item": {"p": {"S": "p1"}, "s": {"S": "s1"}, "g": {"S": "g1"}}}')$o$,
		$o$update_item('{"TableName": "Mallory", "Key": {"p": {"S": "p1"}, "s": {"S": "s1"}}, "UpdateExpression": "SET g = p"}')$o$,
		$o$delete_item('{"TableName": "Mallory", "Key": {"p": {"S": "p1"}, "s": {"S": "s1"}}}')$o$,
		$o$get_item('{"TableName": "Mallory", "Key": {"p": {"S": "p1"}, "s": {"S": "s1"}}}')$o$,
		$o$query('{"TableName": "Mallory", "KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "p1"}}}')$o$,
		$o$scan('{"TableName": "Mallory"}')$o$,
		$o$batch_get_item('{"RequestItems": {"Mallory": {"Keys": [{"p": {"S": "p1"}, "s": {"S": "s1"}}]}}}')$o$,
		$o$batch_write_item('{"RequestItems": {"Mallory": [{"PutRequest": {"Item": {"p": {"S": "p1"}, "s": {"S": "s1"}}}}]}}')$o$,
		$o$transact_write_items('{"TransactItems": [{"ConditionCheck": {"TableName": "Mallory", "Key": {"p": {"S": "p1"}, "s": {"S": "s0"}}, "ConditionExpression": "attribute_not_exists(p)"}}]}')$o$,
		$o$transact_get_items('{"TransactItems": [{"Get": {"TableName": "Mallory", "Key": {"p": {"S": "p1"}, "s": {"S": "s0"}}}}]}')$o$,
		$o$execute_statement('{"Statement": "SELECT * FROM \"Mallory\""}')$o$,
		$o$describe_table('{"TableName": "Mallory"}')$o$,
		$o$check_indexes('Mallory')$o$]) call
$$;
CREATE FUNCTION create_mallory(indexes text DEFAULT '') RETURNS json LANGUAGE sql AS $$
	SELECT ddb.create_table(('{"TableName": "Mallory", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"},
		{"AttributeName": "s", "AttributeType": "S"}' || CASE WHEN indexes = '' THEN '' ELSE ', {"AttributeName": "g", "AttributeType": "S"}' END || '],
		"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]' || indexes || '}')::json)
$$;
CREATE FUNCTION gsi() RETURNS text LANGUAGE sql AS
	$$ SELECT ', "GlobalSecondaryIndexes": [{"IndexName": "gsi", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]' $$;
SQL

# The recovery from a crash empties unlogged relations.
sql -c "CREATE UNLOGGED TABLE witness AS SELECT 1"
stands() {
	local tries
	for tries in {1..300}; do
		if count=$(sql -c "SELECT count(*) FROM witness" 2>/dev/null); then
			[ "$count" -eq 1 ]
			return
		fi
		sleep 0.1
	done
	return 1
}

# attempt WHAT PATTERN STATEMENT...: as the role, in one session; what it is answered matches the pattern, and the server stands.
attempt() {
	local what=$1 pattern=$2 answer
	shift 2
	answer=$(printf '%s;\n' "$@" | psql -X -q -A -t -U relation_eve -v VERBOSITY=terse 2>&1 || true)
	if stands; then
		like "$what" "$(tail -n 1 <<<"$answer")" "$pattern"
	else
		echo "not ok - $what: the server crashed"
		exit 1
	fi
}

pk="p ddb.string GENERATED ALWAYS AS (ddb.string_key(item, 'p', 2048)) STORED"
sk="s ddb.string GENERATED ALWAYS AS (ddb.string_key(item, 's', 1024)) STORED"
nullable="$pk, $sk, item ddb.item"
not_null="$pk NOT NULL, $sk NOT NULL, item ddb.item NOT NULL"
key="ddb.hash(p), s"

# ---- items that are NULL ----

for kind in "" TEMP UNLOGGED; do
	attempt "NULL items in a nullable ${kind:-permanent} relation" '^902\|900$' \
		"CREATE $kind TABLE n ($nullable) USING ddb" "CREATE UNIQUE INDEX ON n ($key)" "INSERT INTO n (item) SELECT good(1, 300)" "INSERT INTO n (item) VALUES (NULL), (NULL)" \
		"INSERT INTO n (item) SELECT good(301, 600)" "CREATE INDEX ON n (p, s)" "INSERT INTO n (item) SELECT good(601, 900)" "SELECT count(*), count(item) FROM n" "DROP TABLE n" "SELECT '902|900'"
done
attempt "NULL items that were there before the index, and have gone before NOT NULL came" '^600$' \
	"CREATE TABLE n ($nullable) USING ddb" "CREATE UNIQUE INDEX ON n ($key)" "INSERT INTO n (item) SELECT CASE WHEN i % 2 = 0 THEN NULL ELSE (SELECT good(i, i)) END FROM generate_series(1, 600) i" \
	"DELETE FROM n WHERE item IS NULL" "ALTER TABLE n ALTER p SET NOT NULL, ALTER s SET NOT NULL, ALTER item SET NOT NULL" \
	"INSERT INTO n (item) SELECT good(1, 600) ON CONFLICT DO NOTHING" "SELECT count(*) FROM n"
attempt "INSERT of NULL" 'null value in column' "INSERT INTO n (item) VALUES (NULL)"
attempt "COPY of NULL" 'null value in column' "COPY n (item) FROM stdin;
\\N
\\.
--"
attempt "UPDATE to NULL" 'null value in column' "UPDATE n SET item = NULL WHERE p = 'p1'"
attempt "ON CONFLICT DO UPDATE to NULL" 'null value in column' "INSERT INTO n (item) SELECT good(1, 9) ON CONFLICT ($key) DO UPDATE SET item = NULL"
attempt "MERGE of NULL" 'null value in column' "MERGE INTO n USING good(1, 900) AS g ON n.item = g.g WHEN MATCHED THEN UPDATE SET item = NULL WHEN NOT MATCHED THEN INSERT (item) VALUES (NULL)"
attempt "a trigger that makes it NULL" 'null value in column' \
	"CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN NEW.item := NULL; RETURN NEW; END \$\$" \
	"CREATE TRIGGER nothing BEFORE INSERT OR UPDATE ON n FOR EACH ROW EXECUTE FUNCTION nothing()" "INSERT INTO n (item) SELECT good(9000, 9001)"
attempt "a trigger that makes the whole row NULL" '^done$' \
	"CREATE OR REPLACE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN NEW := NULL; RETURN NEW; END \$\$" "INSERT INTO n (item) SELECT good(9000, 9001)" "DROP TABLE n" "SELECT 'done'"
attempt "columns of NULL rows added by a rewrite" '^300\|300$' \
	"CREATE TABLE n (a int) USING ddb" "INSERT INTO n SELECT generate_series(1, 300)" "ALTER TABLE n ADD COLUMN item ddb.item, ADD COLUMN $pk, ADD COLUMN $sk" \
	"CREATE UNIQUE INDEX ON n ($key)" "INSERT INTO n (item) SELECT good(1, 300)" "VACUUM FULL n" "CLUSTER n USING n_hash_s_idx" "SELECT count(*) - count(a), count(item) FROM n"
attempt "a materialized view and a partition USING ddb" '^300$' "DROP TABLE n" \
	"CREATE TABLE n ($nullable, k int DEFAULT 1) PARTITION BY LIST (k)" "CREATE TABLE n1 PARTITION OF n DEFAULT USING ddb" "CREATE UNIQUE INDEX ON n1 ($key)" \
	"INSERT INTO n (item) SELECT good(1, 299)" "INSERT INTO n (item) VALUES (NULL)" "CREATE MATERIALIZED VIEW m USING ddb AS SELECT * FROM n" "REFRESH MATERIALIZED VIEW m" \
	"SELECT count(*) FROM m"
attempt "a child of a relation with other columns, and NULLs in it" '^601$' "DROP TABLE n CASCADE" \
	"CREATE TABLE n (item ddb.item)" "CREATE TABLE n1 (a int, $pk, $sk) INHERITS (n) USING ddb" "CREATE UNIQUE INDEX ON n1 ($key)" "INSERT INTO n1 (item) SELECT good(1, 300)" \
	"INSERT INTO n1 (item) VALUES (NULL)" "UPDATE n SET item = item" "INSERT INTO n1 (item) SELECT good(301, 600)" "SELECT count(*) FROM n"

# ---- indexes that are nearly a primary one ----

# strange WHAT COLUMNS [INDEX [REST]]: a relation with these columns and a unique index of this shape takes items as any heap.
strange() {
	attempt "a relation with $1" '^900\|900$' "DROP TABLE IF EXISTS n CASCADE" "CREATE TABLE n ($2) USING ddb" "CREATE UNIQUE INDEX ON n (${3:-$key}) ${4:-}" \
		"INSERT INTO n (item) SELECT good(1, 300)" "UPDATE n SET item = (item::jsonb || '{\"x\": 1}')::ddb.item WHERE p = 'p1'" "INSERT INTO n (item) SELECT good(301, 900)" "VACUUM n" \
		"SELECT count(*), sum((SELECT count(*) FROM n m WHERE m.p = n.p AND m.s = n.s)) FROM n"
}
strange "an index with INCLUDE" "$not_null" "$key" "INCLUDE (item)"
strange "an index with a further column" "$not_null" "$key, p"
strange "an index with the sort key twice" "$not_null" "$key, s"
strange "an index on a hash of two attributes" "$not_null" "ddb.hash(p, s)"
strange "an index on a hash of two attributes and one of them" "$not_null" "ddb.hash(p, s), p"
strange "an index on a hash of the sort key" "$not_null" "ddb.hash(s), p"
strange "an index of the shape of a secondary index's" "$not_null" "ddb.hash(p), s, ddb.hash(p), s"
strange "an index with a hash at the end" "$not_null" "$key, ddb.hash(s)"
strange "an index with an expression at the end" "$not_null" "$key, (item ->> 'x')"
strange "a partial index" "$not_null" "$key" "WHERE item ? 'g'"
strange "an index in descending order" "$not_null" "ddb.hash(p), s DESC"
strange "a hash in descending order" "$not_null" "ddb.hash(p) DESC, s"
strange "NULLs first" "$not_null" "ddb.hash(p), s NULLS FIRST"
strange "NULLS NOT DISTINCT" "$not_null" "$key" "NULLS NOT DISTINCT"
strange "an index by another operator class" "$not_null" "ddb.hash(p), s backward"
strange "keys of any length" "${not_null//1024/100000000}"
strange "keys of a negative length" "${not_null//2048/-1}"
strange "a key column of a domain" "${not_null/s ddb.string/s sort_domain}"
strange "keys of two items" "${pk/item,/other,} NOT NULL, $sk NOT NULL, item ddb.item NOT NULL, other ddb.item NOT NULL DEFAULT '{\"p\": {\"S\": \"p\"}}'"

# As a table such a relation is refused by every operation, and cannot stay one.
# broken WHAT STATEMENT...: what is done to the table Mallory within a transaction.
broken() {
	local what=$1
	shift
	attempt "every operation on $what" '^13 55000 with a hint$' "SELECT ddb.delete_table('{\"TableName\": \"Mallory\"}') FROM ddb.tables WHERE name = 'Mallory'" "SELECT create_mallory(gsi())" \
		"SET search_path = dynamodb, public" "INSERT INTO \"Mallory\" (item) SELECT good(1, 100)" BEGIN "$@" \
		"SELECT string_agg(count || ' ' || outcome, ', ') FROM (SELECT outcome(operation), count(*) FROM operations() operation GROUP BY 1) o"
	attempt "to leave $what" 'would no longer be a DynamoDB table' "SET search_path = dynamodb, public" BEGIN "$@" COMMIT
	attempt "to leave and mend $what" '^ok$' "SET search_path = dynamodb, public" BEGIN "SAVEPOINT a" "$@" "ROLLBACK TO a" COMMIT \
		"SELECT CASE WHEN outcome(operation) = 'done' THEN 'ok' ELSE operation END FROM operations() operation LIMIT 1 OFFSET 4"
}
index='"Mallory_hash_s_idx"'
for shape in "$key) INCLUDE (item" "$key, p" "ddb.hash(p, s)" "ddb.hash(p, s), p" "ddb.hash(s), p" "$key, ddb.hash(p), s" "$key) WHERE (item ? 'g'" "ddb.hash(p), s DESC" "ddb.hash(p), s backward" \
	"$key) NULLS NOT DISTINCT WHERE (true" "$key, (item ->> 'g')" "ddb.hash(p)) WHERE (s = 's1'"; do
	broken "a table with an index on ($shape)" "DROP INDEX $index" "CREATE UNIQUE INDEX ON \"Mallory\" ($shape)"
done
broken "a table with an index that is not unique" "DROP INDEX $index" "CREATE INDEX ON \"Mallory\" ($key)"
broken "a table without an index" "DROP INDEX $index"
broken "a table without a key column" 'ALTER TABLE "Mallory" DROP COLUMN s CASCADE'
broken "a table without its item" 'ALTER TABLE "Mallory" DROP COLUMN item CASCADE'
broken "a table with a key column that is not generated" 'ALTER TABLE "Mallory" ALTER p DROP EXPRESSION'
broken "a table with a key column that can be NULL" 'ALTER TABLE "Mallory" ALTER s DROP NOT NULL'
broken "a table with an item that can be NULL" 'ALTER TABLE "Mallory" ALTER item DROP NOT NULL'
# From PostgreSQL 18 on a table keeps its own constraint where its parent gives it up.
if [ "$(sql -c 'SHOW server_version_num')" -lt 180000 ]; then
	broken "a table whose parent lets items be NULL" 'CREATE TABLE parent (item ddb.item NOT NULL)' 'ALTER TABLE "Mallory" INHERIT parent' 'ALTER TABLE parent ALTER item DROP NOT NULL'
fi
attempt "DROP INDEX of a primary index" 'would no longer be a DynamoDB table' "DROP INDEX dynamodb.$index"
attempt "DROP INDEX CONCURRENTLY of a primary index" 'would no longer be a DynamoDB table' "DROP INDEX CONCURRENTLY dynamodb.$index"
attempt "DROP INDEX of a primary index in a transaction to be prepared" 'would no longer be a DynamoDB table' BEGIN "DROP INDEX dynamodb.$index" "PREPARE TRANSACTION 'mallory'"
attempt "DROP INDEX of a primary index and its table" '^gone$' BEGIN "DROP INDEX dynamodb.$index" 'DROP TABLE dynamodb."Mallory"' COMMIT "SELECT 'gone' WHERE NOT EXISTS (SELECT FROM ddb.tables WHERE name = 'Mallory')"
attempt "another primary index in the place of the first" '"Count":100' "SELECT create_mallory(gsi())" "INSERT INTO dynamodb.\"Mallory\" (item) SELECT good(1, 100)" \
	BEGIN "DROP INDEX dynamodb.$index" "CREATE UNIQUE INDEX ON dynamodb.\"Mallory\" ($key) WITH (fillfactor = 50)" COMMIT "SELECT ddb.scan('{\"TableName\": \"Mallory\", \"Select\": \"COUNT\"}')"
attempt "a key of another attribute" 'would no longer be a DynamoDB table' BEGIN "ALTER TABLE dynamodb.\"Mallory\" ADD COLUMN g ddb.string GENERATED ALWAYS AS (ddb.string_key(item, 'g', 2048)) STORED NOT NULL" \
	"DROP INDEX dynamodb.$index" 'CREATE UNIQUE INDEX ON dynamodb."Mallory" (ddb.hash(p), s, ddb.hash(g))' COMMIT

# ---- the relation of a secondary index ----

entry='dynamodb."Mallory/gsi"'
entry_index='dynamodb."Mallory/gsi_hash_hash1_s_idx"'
# broken_index WHAT STATEMENT...: what is done to the index's relation within a transaction.
broken_index() {
	local what=$1
	shift
	attempt "a read and a write of an index with $what" '^55000 with a hint, 55000 with a hint$' BEGIN "$@" \
		"SELECT outcome(\$\$SELECT ddb.scan('{\"TableName\": \"Mallory\", \"IndexName\": \"gsi\"}')\$\$) || ', ' || outcome(\$\$INSERT INTO dynamodb.\"Mallory\" (item) SELECT good(1000, 1001)\$\$)"
	attempt "to leave an index with $what" 'would no longer be that of a secondary index' BEGIN "$@" COMMIT
}
for shape in "ddb.hash(g), ddb.hash(p), s) INCLUDE (item" "ddb.hash(g), ddb.hash(p), s, g" "ddb.hash(g), ddb.hash(p, s)" "ddb.hash(g, s), ddb.hash(p)" "ddb.hash(g), ddb.hash(p), s) WHERE (g > 'a'" \
	"ddb.hash(g), ddb.hash(p), s DESC" "ddb.hash(g), s" "ddb.hash(p), s"; do
	broken_index "an index on ($shape)" "DROP INDEX $entry_index" "CREATE UNIQUE INDEX ON $entry ($shape)"
done
broken_index "no index" "DROP INDEX $entry_index"
broken_index "a further column" "ALTER TABLE $entry ADD COLUMN a int NOT NULL DEFAULT 1"
broken_index "a constraint" "ALTER TABLE $entry ADD CHECK (g <> 'nobody')"
broken_index "an item that can be NULL" "ALTER TABLE $entry ALTER item DROP NOT NULL"
broken_index "a parent" "CREATE TABLE parent (item ddb.item NOT NULL)" "ALTER TABLE $entry INHERIT parent"
attempt "to make an index's relation a partition" 'would no longer be that of a secondary index' \
	"CREATE TABLE parts (LIKE $entry INCLUDING GENERATED) PARTITION BY LIST ((item ->> 'g'))" "ALTER TABLE parts ATTACH PARTITION $entry DEFAULT"
attempt "an unlogged table with an index that is not" 'would be unlogged' 'ALTER TABLE dynamodb."Mallory" SET UNLOGGED'
attempt "to write an index's relation" 'cannot change relation' "INSERT INTO $entry (item) SELECT good(5, 6)"
attempt "to take the trigger from an index's relation" 'keeps secondary indexes' "DROP TRIGGER ddb_index ON $entry"
attempt "to take the trigger from a table" 'keeps secondary indexes' 'DROP TRIGGER ddb_indexes ON dynamodb."Mallory"'
attempt "to take the trigger of TRUNCATE from a table" 'keeps secondary indexes' 'DROP TRIGGER ddb_indexes_truncate ON dynamodb."Mallory"'
attempt "the index agrees with its table after all that" '^0 100$' "SELECT (SELECT count(*) FROM ddb.check_indexes('Mallory')) || ' ' || (SELECT count(*) FROM $entry)"

# ---- triggers where they do not belong, and functions called otherwise than they are ----

attempt "maintain_indexes() as a trigger of other rows" '^done$' "DROP TABLE IF EXISTS n CASCADE" "CREATE TABLE n (item text, p int)" \
	"CREATE TRIGGER a AFTER INSERT OR UPDATE OR DELETE ON n FOR EACH ROW EXECUTE FUNCTION ddb.maintain_indexes('a', 'b')" \
	"CREATE CONSTRAINT TRIGGER b AFTER INSERT ON n DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ddb.maintain_indexes()" \
	"CREATE TRIGGER c AFTER TRUNCATE ON n EXECUTE FUNCTION ddb.maintain_indexes()" "INSERT INTO n VALUES (NULL, NULL), ('x', 1)" "UPDATE n SET item = NULL" "DELETE FROM n" "TRUNCATE n" "SELECT 'done'"
for when in "BEFORE INSERT ON n FOR EACH ROW" "AFTER INSERT ON n FOR EACH STATEMENT" "BEFORE INSERT ON n FOR EACH STATEMENT" "AFTER INSERT ON n REFERENCING NEW TABLE AS r FOR EACH STATEMENT"; do
	attempt "maintain_indexes() $when" 'must be called as a trigger after the change of a row' BEGIN "CREATE TRIGGER d $when EXECUTE FUNCTION ddb.maintain_indexes()" "INSERT INTO n VALUES ('x', 1)"
done
attempt "maintain_indexes() instead of an insertion" 'must be called as a trigger after the change of a row' BEGIN "CREATE VIEW v AS SELECT * FROM n" \
	"CREATE TRIGGER d INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION ddb.maintain_indexes()" "INSERT INTO v VALUES ('x', 1)"
attempt "maintain_indexes() twice, and deferred, on a table" '^0 104$' \
	'CREATE TRIGGER again AFTER INSERT OR UPDATE OR DELETE ON dynamodb."Mallory" FOR EACH ROW EXECUTE FUNCTION ddb.maintain_indexes()' \
	'CREATE CONSTRAINT TRIGGER later AFTER INSERT OR UPDATE OR DELETE ON dynamodb."Mallory" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ddb.maintain_indexes()' \
	BEGIN 'INSERT INTO dynamodb."Mallory" (item) SELECT good(1001, 1005)' "UPDATE dynamodb.\"Mallory\" SET item = (item::jsonb || '{\"g\": \"other\"}')::ddb.item WHERE s > 's1002'" \
	"DELETE FROM dynamodb.\"Mallory\" WHERE s = 's1003'" COMMIT "SELECT (SELECT count(*) FROM ddb.check_indexes('Mallory')) || ' ' || (SELECT count(*) FROM $entry)"
attempt "refuse_index_write() as a trigger of other rows" 'cannot change relation' BEGIN "CREATE TRIGGER e BEFORE INSERT ON n FOR EACH ROW EXECUTE FUNCTION ddb.refuse_index_write()" "INSERT INTO n VALUES ('x', 1)"
for function in maintain_indexes refuse_index_write; do
	attempt "SELECT $function()" 'must be called as a trigger' "SELECT ddb.$function()"
done
for function in forget_dropped_tables forget_dropped_indexes guard_tables backfill_wanted access_keys_changed; do
	attempt "SELECT $function()" 'permission denied for function' "SELECT ddb.$function()"
done
for call in "table_handler(NULL)" "key_equality_support(NULL)" "key_eqsel(NULL, 1, NULL, 1)" "string_recv(NULL)" "string_sortsupport(NULL)"; do
	attempt "SELECT $call" 'does not exist' "SELECT ddb.$call"
done
attempt "an operator with the selectivity of key equality" 'must be superuser' "CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int, RESTRICT = ddb.key_eqsel, JOIN = ddb.key_eqjoinsel)"
attempt "an access key of nobody" 'cannot be null' "SELECT ddb.create_access_key(NULL)"
attempt "ddb.hash() of an array" 'a key attribute is of type' "SELECT ddb.hash(VARIADIC ARRAY['a']::ddb.string[])"
attempt "ddb.hash() of what is no key" 'a key attribute is of type' "SELECT ddb.hash(1, 'a'::ddb.string, NULL)"
attempt "ddb.hash() of a hundred keys" '^[0-9a-f]{8}-' "SELECT ddb.hash($(printf "'k'::ddb.string, %.0s" {1..99}) 'k'::ddb.string)"
attempt "keys of an item with NULL and absurd arguments" '^\|\|\|x$' \
	"SELECT ddb.string_key(NULL, 'p', 2048), ddb.string_key('{}', NULL, 2048), ddb.string_key('{}', 'p', NULL), ddb.string_key('{\"p\": {\"S\": \"x\"}}', 'p', -2147483648)"

# ---- definitions that leave a table that works ----

works() {
	local what=$1
	shift
	attempt "a table works after $what" '^0 3$' "$@" "SELECT ddb.put_item('{\"TableName\": \"Mallory\", \"Item\": {\"p\": {\"S\": \"works\"}, \"s\": {\"S\": \"s1\"}, \"g\": {\"S\": \"works\"}}}')" \
		"SELECT ddb.update_item('{\"TableName\": \"Mallory\", \"Key\": {\"p\": {\"S\": \"works\"}, \"s\": {\"S\": \"s2\"}}, \"UpdateExpression\": \"SET g = :g\", \"ExpressionAttributeValues\": {\":g\": {\"S\": \"works\"}}}')" \
		"INSERT INTO dynamodb.\"Mallory\" (item) VALUES ('{\"p\": {\"S\": \"works\"}, \"s\": {\"S\": \"s3\"}}') ON CONFLICT DO NOTHING" \
		"SELECT (SELECT count(*) FROM ddb.check_indexes('Mallory')) || ' ' || (ddb.query('{\"TableName\": \"Mallory\", \"KeyConditionExpression\": \"p = :p\", \"ExpressionAttributeValues\": {\":p\": {\"S\": \"works\"}}}') ->> 'Count')"
}
attempt "its move to heap" 'would no longer be a DynamoDB table' 'ALTER TABLE dynamodb."Mallory" SET ACCESS METHOD heap'
attempt "its index's move to heap" 'would no longer be that of a secondary index' "ALTER TABLE $entry SET ACCESS METHOD heap"
works "a move to heap and back" BEGIN 'ALTER TABLE dynamodb."Mallory" SET ACCESS METHOD heap' 'ALTER TABLE dynamodb."Mallory" SET ACCESS METHOD ddb' COMMIT
works "columns have other names" 'ALTER TABLE dynamodb."Mallory" RENAME item TO everything' 'ALTER TABLE dynamodb."Mallory" RENAME p TO s0' 'ALTER TABLE dynamodb."Mallory" RENAME s0 TO p' \
	'ALTER TABLE dynamodb."Mallory" RENAME everything TO item'
works "a rewrite with a further column" 'ALTER TABLE dynamodb."Mallory" ADD COLUMN since timestamptz NOT NULL DEFAULT clock_timestamp()'
works "VACUUM FULL and REINDEX CONCURRENTLY" 'VACUUM FULL dynamodb."Mallory"' "VACUUM FULL $entry" 'REINDEX TABLE CONCURRENTLY dynamodb."Mallory"' "REINDEX TABLE CONCURRENTLY $entry"
works "further indexes of all kinds" 'CREATE INDEX ON dynamodb."Mallory" USING hash (p)' 'CREATE INDEX ON dynamodb."Mallory" USING brin (s)' "CREATE INDEX ON dynamodb.\"Mallory\" USING gin ((item::jsonb))" \
	"CREATE UNIQUE INDEX ON dynamodb.\"Mallory\" ($key) INCLUDE (item)"
works "a policy, a rule and statistics" 'CREATE STATISTICS ON p, s FROM dynamodb."Mallory"' "CREATE RULE nothing AS ON DELETE TO dynamodb.\"Mallory\" DO INSTEAD NOTHING" 'ALTER TABLE dynamodb."Mallory" ENABLE ROW LEVEL SECURITY'
works "its index's relation was dropped" "DROP TABLE $entry"
attempt "an index whose relation was dropped is none" 'does not have the specified index' "SELECT ddb.scan('{\"TableName\": \"Mallory\", \"IndexName\": \"gsi\"}')"
attempt "operations on a partition do not break its bounds" 'violates partition constraint' 'DROP RULE nothing ON dynamodb."Mallory"' "DROP TABLE IF EXISTS parts CASCADE" \
	"DELETE FROM dynamodb.\"Mallory\" WHERE p >= 'q'" "CREATE TABLE parts (LIKE dynamodb.\"Mallory\" INCLUDING GENERATED) PARTITION BY RANGE ((item ->> 'p'))" \
	"ALTER TABLE parts ATTACH PARTITION dynamodb.\"Mallory\" FOR VALUES FROM ('p') TO ('q')" "SELECT ddb.put_item('{\"TableName\": \"Mallory\", \"Item\": {\"p\": {\"S\": \"zz\"}, \"s\": {\"S\": \"s\"}}}')"
attempt "the table is deleted with its partition's place" '^0$' "SELECT ddb.delete_table('{\"TableName\": \"Mallory\"}')" "SELECT count(*) FROM parts"

sql -c "DROP OWNED BY relation_eve CASCADE" -c "DROP ROLE relation_eve" 2>/dev/null
ok "the server stood all the time" stands
