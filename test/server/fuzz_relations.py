"""Random relations USING ddb, and random operations and SQL on them.

First one session goes its way, which its seed decides alone; then several do at
once. The server must neither crash nor hang, no error may betray a fault of the
code, and every so often each table is compared: the operations and plain SQL
must tell the same of it, its indexes must agree with it, and the pages of its
relations and B-trees must be sound.

The environment can say SEED, STATEMENTS (how many in all) and SESSIONS (of the
second part).
"""
import json
import os
import random
import re
import sys
import threading
import time

from libpq import Lost, Session

SEED = int(os.environ.get("SEED", random.randrange(10**9)))
STATEMENTS = int(os.environ.get("STATEMENTS", 2000))
SESSIONS = int(os.environ.get("SESSIONS", 3))
STATEMENTS_BETWEEN_CHECKS = 40
DATABASE = sys.argv[1]

# The statement timeout is there to find what hangs; waiting for locks ends long before.
SETTINGS = """SET statement_timeout = '120s'; SET lock_timeout = '200ms';
SET search_path = public, dynamodb; SET client_min_messages = warning"""

# Internal errors that are PostgreSQL's own: its commands do not lock what they look up in catalogs.
RACES_OF_POSTGRESQL = re.compile(
    "tuple concurrently (updated|deleted)|could not open relation with OID|cache lookup failed for"
    "|could not find tuple for|relation .* does not exist")
# And these read rows that are dead, but for their snapshot only, which a transaction in another database
# has made older than what VACUUM went by: what those rows had out of line may be gone.
READERS_OF_DEAD_ROWS = re.compile("CREATE (UNIQUE )?INDEX|REINDEX|CLUSTER|VACUUM|ALTER TABLE")

TABLES = {
    "fuzz0": (("p", "S"),),
    "fuzz1": (("p", "S"), ("s", "N")),
    "fuzz2": (("p", "B"), ("s", "S")),
    "fuzz3": (("p", "N"), ("s", "B")),
    "fuzz4": (("p", "S"), ("s", "S")),
}
INDEX_KEYS = [[("g", "S")], [("g", "S"), ("h", "N")], [("h", "N"), ("p", None)], [("g", "S"), ("s", None)],
              [("g", "S"), ("h", "N"), ("k", "B")]]
HAND_MADE = ["hand0", "hand1", "hand2", "hand3"]


class Finding(Exception):
    pass


# ---- the server's part ----

SETUP = r"""
CREATE EXTENSION ddb;
CREATE EXTENSION amcheck;
CREATE ROLE fuzz_user;
GRANT CREATE ON SCHEMA dynamodb, public TO fuzz_user;
CREATE DOMAIN short_item AS ddb.item CHECK (VALUE IS NULL OR ddb.item_size(VALUE) < 200000);
CREATE DOMAIN key_domain AS ddb.string;
CREATE TABLE log (what text, item ddb.item);

CREATE FUNCTION log_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.log VALUES (TG_OP, NULL);
	RETURN NULL;
END $$;
CREATE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION change_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW := jsonb_populate_record(NEW, to_jsonb(NEW));
	RETURN NEW;
EXCEPTION WHEN OTHERS THEN
	RETURN NEW;
END $$;
CREATE FUNCTION null_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW := NULL; RETURN NEW; END $$;

-- The item column's name, as the primary index's key columns have it.
CREATE FUNCTION item_column(relation regclass) RETURNS text LANGUAGE sql AS $$
	SELECT substring(pg_get_expr(adbin, adrelid) FROM '^ddb\.(?:string|number|binary)_key\((.*?), ''')
	FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
	WHERE adrelid = relation AND attgenerated = 's' ORDER BY adnum LIMIT 1
$$;

-- All items of a table, or of an index, in pages.
CREATE FUNCTION scan_all(request jsonb, page int) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	items text[] := '{}';
	answer jsonb;
	start jsonb;
BEGIN
	LOOP
		answer := ddb.scan((request || jsonb_build_object('Limit', page)
			|| coalesce(jsonb_build_object('ExclusiveStartKey', start), '{}'))::text::json)::jsonb;
		items := items || ARRAY(SELECT element::text::ddb.item::text FROM jsonb_array_elements(answer -> 'Items') element);
		start := answer -> 'LastEvaluatedKey';
		EXIT WHEN start IS NULL;
	END LOOP;
	RETURN items;
END $$;
CREATE FUNCTION sorted(text[]) RETURNS text[] LANGUAGE sql AS $$ SELECT coalesce(array_agg(x ORDER BY x COLLATE "C"), '{}') FROM unnest($1) x $$;

-- What is wrong with a table; NULL if all is well. As the superuser, who passes by policies.
CREATE FUNCTION complaint(table_name text, page int) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_catalog AS $$
DECLARE
	relation regclass := (SELECT t.relation FROM ddb.tables t WHERE name = table_name);
	request jsonb := jsonb_build_object('TableName', table_name);
	description jsonb;
	index jsonb;
	by_sql text[];
	by_operation text[];
	key_attributes text[];
	difference text;
	one text;
BEGIN
	IF relation IS NULL THEN
		RETURN NULL;
	END IF;
	description := ddb.describe_table(request::text::json)::jsonb -> 'Table';
	EXECUTE format('SELECT array_agg(%1$s::text) FROM ONLY %2$s', item_column(relation), relation) INTO by_sql;
	by_sql := sorted(by_sql);
	by_operation := sorted(scan_all(request, page));
	IF by_sql <> by_operation THEN
		RETURN format('%s: SQL reads %s items, Scan %s', table_name, cardinality(by_sql), cardinality(by_operation));
	END IF;

	key_attributes := ARRAY(SELECT k ->> 'AttributeName' FROM jsonb_array_elements(description -> 'KeySchema') k);
	FOR one IN SELECT x FROM unnest(by_sql) x ORDER BY random() LIMIT 3 LOOP
		IF (ddb.get_item((request || jsonb_build_object('Key', (SELECT jsonb_object_agg(a, one::jsonb -> a) FROM unnest(key_attributes) a)))::text::json)
				-> 'Item')::text::ddb.item::text IS DISTINCT FROM one THEN
			RETURN format('%s: GetItem does not find %s', table_name, left(one, 200));
		END IF;
		IF NOT one = ANY (ARRAY(SELECT element::text::ddb.item::text FROM jsonb_array_elements(ddb.query((request || jsonb_build_object(
				'KeyConditionExpression', '#p = :p', 'ExpressionAttributeNames', jsonb_build_object('#p', key_attributes[1]),
				'ExpressionAttributeValues', jsonb_build_object(':p', one::jsonb -> key_attributes[1])))::text::json)::jsonb -> 'Items') element))
				AND cardinality(by_sql) < 200 THEN
			RETURN format('%s: Query does not find %s', table_name, left(one, 200));
		END IF;
	END LOOP;

	SELECT c::text INTO difference FROM ddb.check_indexes(table_name) c LIMIT 1;
	IF difference IS NOT NULL THEN
		RETURN 'check_indexes: ' || left(difference, 300);
	END IF;

	FOR index IN SELECT jsonb_array_elements(coalesce(description -> 'GlobalSecondaryIndexes', '[]') || coalesce(description -> 'LocalSecondaryIndexes', '[]')) LOOP
		CONTINUE WHEN index ->> 'IndexStatus' <> 'ACTIVE' AND index ? 'IndexStatus';
		CONTINUE WHEN index -> 'Projection' ->> 'ProjectionType' <> 'ALL';
		-- what has all of the index's key attributes, of the right types and not too long
		SELECT sorted(array_agg(x)) INTO by_sql FROM unnest(by_operation) x
		WHERE (SELECT bool_and(coalesce(octet_length(x::jsonb -> (k ->> 'AttributeName') ->> (d ->> 'AttributeType'))
				BETWEEN 1 AND CASE k ->> 'KeyType' WHEN 'HASH' THEN 2048 ELSE 1024 END, false))
			FROM jsonb_array_elements(index -> 'KeySchema') k
			JOIN jsonb_array_elements(description -> 'AttributeDefinitions') d ON d ->> 'AttributeName' = k ->> 'AttributeName');
		IF by_sql <> sorted(scan_all(request || jsonb_build_object('IndexName', index ->> 'IndexName'), page)) THEN
			RETURN format('%s: index %s has not its %s items', table_name, index ->> 'IndexName', cardinality(by_sql));
		END IF;
	END LOOP;
	RETURN NULL;
END $$;

-- Raises an error where a B-tree does not agree with its relation.
CREATE FUNCTION check_btrees(relation regclass) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_catalog AS $$
	SELECT bt_index_check(indexrelid, true) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
	WHERE indrelid = relation AND indisvalid AND indisready AND relam = (SELECT oid FROM pg_am WHERE amname = 'btree') AND relkind = 'i'
$$;
"""


# ---- random words ----

class Fuzzer:
    def __init__(self, number, statements, alone):
        self.chance = random.Random(f"{SEED}/{number}")
        self.number, self.statements, self.alone = number, statements, alone
        self.session = None
        self.recent = []
        self.existing, self.savepoints = [], set()
        self.counts = {}

    def one_of(self, *choices):
        return self.chance.choice(choices)

    def rarely(self, times=10):
        return self.chance.randrange(times) == 0

    def some(self, choices, most):
        return self.chance.sample(choices, self.chance.randint(1, min(most, len(choices))))

    def quote(self, text):
        return "'" + text.replace("'", "''") + "'"

    def name(self, word):
        return '"' + word.replace('"', '""') + '"'

    # ---- values and items ----

    def value(self, kind):
        n = self.chance.randrange(6)
        if self.rarely(40):
            n = self.chance.randrange(100000)
        return {"S": {"S": self.one_of("a", "b", "ä", "\\", "") + str(n)},
                "N": {"N": self.one_of(str(n), str(-n), f"{n}.5", f"{n}e20")},
                "B": {"B": ["AA==", "AAE=", "/w==", "/////w==", "AQID", "AAAA"][n % 6]}}[kind]

    def other_value(self):
        return self.one_of({"S": ""}, {"S": "x" * self.one_of(1, 10, 500)}, {"N": "7"}, {"BOOL": True}, {"NULL": True},
                           {"L": [{"N": "1"}, {"S": "z"}]}, {"M": {"a": {"N": "1"}}}, {"SS": ["a", "b"]}, {"B": "AAAA"})

    def item(self, key):
        item = {}
        for name, kind in key:
            if not self.rarely(50):
                item[name] = self.value(kind if not self.rarely(50) else self.one_of("S", "N", "B"))
        for name, kind in [("g", "S"), ("h", "N"), ("k", "B")]:
            if not self.rarely(3):
                item[name] = self.value(kind) if not self.rarely(40) else self.other_value()
        if self.rarely(3):
            item["x"] = self.other_value()
        if self.rarely(30):
            item["long"] = {"S": "".join(self.chance.choices("abcdefghijklmnop", k=self.one_of(1500, 3000, 9000)))}
        if self.rarely(400):
            item["p"] = {"S": "long" * self.one_of(511, 512, 513)}
        return item

    def item_sql(self, key):
        if self.rarely(25):
            return self.one_of("NULL", "'{}'", "'x'", """'{"p": {"S": ""}, "s": {"S": ""}}'""", "DEFAULT")
        return self.quote(json.dumps(self.item(key)))

    # ---- names ----

    def table(self):
        name = self.one_of(*TABLES)
        return name, TABLES[name]

    def relation(self):
        """Some relation: of a table, of an index, or made by hand."""
        kind = self.chance.randrange(20)
        if self.existing and kind > 5:
            name = self.one_of(*self.existing)
            return self.name(name), TABLES.get(name.split("/")[0], (("p", "S"), ("s", "S")))
        kind %= 10
        if kind < 6:
            name, key = self.table()
            return self.name(name), key
        if kind < 7:
            name, key = self.table()
            return self.name(f"{name}/{self.one_of('idx0', 'idx1', 'loc0')}"), key
        name = self.one_of(*HAND_MADE, *[name + "_part" for name in HAND_MADE])
        return name, (("p", "S"), ("s", "S"))

    # ---- operations ----

    def operation(self, operation, request):
        return f"SELECT ddb.{operation}({self.quote(json.dumps(request))})"

    def key_map(self, key):
        return {name: self.value(kind) for name, kind in key}

    def key_schema(self, key, table_key):
        kinds = dict(table_key)
        schema, definitions = [], []
        for position, (name, kind) in enumerate(key):
            schema.append({"AttributeName": name, "KeyType": "HASH" if position == 0 else "RANGE"})
            definitions.append({"AttributeName": name, "AttributeType": kinds.get(name, kind or "S")})
        return schema, definitions

    def projection(self):
        return self.one_of({"ProjectionType": "ALL"}, {"ProjectionType": "ALL"}, {"ProjectionType": "KEYS_ONLY"},
                           {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]})

    def index(self, name, key, table_key):
        schema, definitions = self.key_schema(key, table_key)
        return {"IndexName": name, "KeySchema": schema, "Projection": self.projection()}, definitions

    def create_table(self, name=None):
        name = name or self.one_of(*TABLES)
        key = TABLES[name]
        schema, definitions = self.key_schema(key, key)
        request = {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema}
        for position in range(self.chance.randrange(3)):
            index, more = self.index(f"idx{position}", self.one_of(*INDEX_KEYS), key)
            request.setdefault("GlobalSecondaryIndexes", []).append(index)
            definitions += more
        if len(key) == 2 and self.rarely(3):
            index, more = self.index("loc0", [key[0], ("h", "N")], key)
            request["LocalSecondaryIndexes"] = [index]
            definitions += more
        request["AttributeDefinitions"] = [definition for position, definition in enumerate(definitions)
                                           if definition not in definitions[:position]]
        return self.operation("create_table", request)

    def update_table(self):
        name, key = self.table()
        request = {"TableName": name}
        if self.rarely(2):
            request["GlobalSecondaryIndexUpdates"] = [{"Delete": {"IndexName": self.one_of("idx0", "idx1")}}]
        elif self.rarely(6):
            request["DeletionProtectionEnabled"] = False
        else:
            index, definitions = self.index(self.one_of("idx0", "idx1"), self.one_of(*INDEX_KEYS), key)
            request["GlobalSecondaryIndexUpdates"] = [{"Create": index}]
            request["AttributeDefinitions"] = definitions
        return self.operation("update_table", request)

    def any_operation(self):
        name, key = self.table()
        request = {"TableName": name}
        choice = self.chance.randrange(25)
        if choice >= 20:
            return self.transaction_of_items() if choice < 23 else self.partiql()
        if choice < 6:
            request["Item"] = self.item(key)
            if self.rarely(4):
                request["ConditionExpression"] = self.one_of("attribute_not_exists(p)", "attribute_exists(p)", "size(x) > h")
            if self.rarely(4):
                request["ReturnValues"] = "ALL_OLD"
            return self.operation("put_item", request)
        if choice < 9:
            request["Key"] = self.key_map(key)
            request["UpdateExpression"] = self.one_of("SET g = :g", "SET h = :h, x = :g", "REMOVE g", "REMOVE h SET x = :h", "ADD h :h")
            request["ExpressionAttributeValues"] = {name: value for name, value in
                                                    [(":g", self.value("S")), (":h", {"N": str(self.chance.randrange(9))})]
                                                    if name in request["UpdateExpression"]}
            if not request["ExpressionAttributeValues"]:
                del request["ExpressionAttributeValues"]
            return self.operation("update_item", request)
        if choice < 11:
            request["Key"] = self.key_map(key)
            return self.operation("delete_item", request)
        if choice < 12:
            request["Key"] = self.key_map(key)
            return self.operation("get_item", request)
        if choice < 14:
            request["KeyConditionExpression"] = "p = :p"
            request["ExpressionAttributeValues"] = {":p": self.value(key[0][1])}
            request["ScanIndexForward"] = self.one_of(True, False)
            if self.rarely(3):
                request.update(IndexName=self.one_of("idx0", "idx1"), KeyConditionExpression="g = :p",
                               ExpressionAttributeValues={":p": self.value("S")})
            return self.operation("query", request)
        if choice < 16:
            if self.rarely(2):
                request["IndexName"] = self.one_of("idx0", "idx1", "loc0")
            if self.rarely(2):
                request.update(TotalSegments=3, Segment=self.chance.randrange(3))
            if self.rarely(2):
                request["Limit"] = self.chance.randint(1, 9)
            return self.operation("scan", request)
        if choice < 18:
            writes = [{"PutRequest": {"Item": self.item(key)}} if not self.rarely(3) else
                      {"DeleteRequest": {"Key": self.key_map(key)}} for _ in range(self.chance.randint(1, 8))]
            return self.operation("batch_write_item", {"RequestItems": {name: writes}})
        if choice < 19:
            return self.operation("batch_get_item", {"RequestItems": {name: {"Keys": [self.key_map(key), self.key_map(key)]}}})
        return self.one_of(self.operation("describe_table", request), self.operation("list_tables", {}),
                           f"SELECT * FROM ddb.check_indexes({self.one_of('NULL', self.quote(name))})",
                           "SELECT * FROM ddb.index_progress",
                           self.operation("tag_resource", {"ResourceArn": f"arn:aws:dynamodb:ddblocal:000000000000:table/{name}",
                                                           "Tags": [{"Key": "a", "Value": "b"}]}))

    def transaction_of_items(self):
        actions = []
        for _ in range(self.chance.randint(1, 6)):
            name, key = self.table()
            kind = self.one_of("Put", "Put", "Update", "Delete", "ConditionCheck", "ConditionCheck")
            action = {"TableName": name}
            if kind == "Put":
                action["Item"] = self.item(key)
            else:
                action["Key"] = self.key_map(key)
            if kind == "Update":
                action.update(UpdateExpression="SET g = :g", ExpressionAttributeValues={":g": self.value("S")})
            if kind == "ConditionCheck" or self.rarely(4):
                action["ConditionExpression"] = self.one_of("attribute_not_exists(p)", "attribute_not_exists(p)", "attribute_exists(p)")
            actions.append({kind: action})
        if self.rarely(4):
            return self.operation("transact_get_items", {"TransactItems": [
                {"Get": {"TableName": name, "Key": self.key_map(key)}} for name, key in [self.table(), self.table()]]})
        return self.operation("transact_write_items", {"TransactItems": actions})

    def partiql(self):
        name, key = self.table()
        where = " AND ".join(f"{attribute} = ?" for attribute, _ in key)
        values = list(self.key_map(key).values())
        statement, parameters = self.one_of(
            (f'SELECT * FROM "{name}"', []), (f'SELECT * FROM "{name}"."idx0"', []), (f'SELECT p, g FROM "{name}" WHERE p = ?', values[:1]),
            (f'SELECT * FROM "{name}" WHERE {where}', values), (f'INSERT INTO "{name}" VALUE ?', [{"M": self.item(key)}]),
            (f"INSERT INTO \"{name}\" VALUE {{'p': ?, 's': ?, 'g': 'partiql'}}", (values * 2)[:2]),
            (f"UPDATE \"{name}\" SET g = 'partiql' REMOVE x WHERE {where}", values), (f'DELETE FROM "{name}" WHERE {where}', values))
        request = {"Statement": statement, **({"Parameters": parameters} if parameters else {})}
        if self.rarely(3):
            return self.operation(self.one_of("batch_execute_statement", "execute_transaction"),
                                  self.one_of({"Statements": [request]}, {"TransactStatements": [request]}))
        return self.operation("execute_statement", request)

    # ---- plain statements ----

    def where(self, key):
        column, kind = self.one_of(*key)
        value = {"S": "'a1'", "N": "1", "B": r"'\x00'"}[kind]
        return self.one_of("true", f"{column} = {value}", f"{column} IS NULL", f"{column} > {value}", "item IS NULL",
                           "item ->> 'h' = '1'", f"ddb.hash({column}) IS NOT NULL", "ctid = '(0,1)'",
                           f"{column} = {value} OR {column} IS NULL", f"{column} IN ({value}, {value})")

    def insert(self):
        relation, key = self.relation()
        rows = ", ".join(f"({self.item_sql(key)})" for _ in range(self.one_of(1, 1, 1, 3, 20)))
        conflict = self.one_of("", "", "", " ON CONFLICT DO NOTHING", f" ON CONFLICT (ddb.hash(p){', s' if len(key) == 2 else ''}) DO UPDATE SET item = excluded.item")
        returning = self.one_of("", "", " RETURNING *")
        return f"INSERT INTO {relation} AS t (item) VALUES {rows}{conflict}{returning}"

    def insert_many(self):
        relation, key = self.relation()
        parts = [f"'{name}', " + ({"S": "'a' || i % 4", "N": "i", "B": "to_jsonb('AAAA'::text)"}[kind]) for name, kind in key]
        return (f"INSERT INTO {relation} (item) SELECT CASE WHEN i % {self.one_of(50, 1000)} > 0 THEN jsonb_build_object({', '.join(parts)}, 'g', 'x' || i % 3, 'h', i)"
                f"::ddb.item END FROM generate_series(1, {self.one_of(10, 60, 300)}) i ON CONFLICT DO NOTHING")

    def copy(self):
        relation, key = self.relation()
        if self.rarely(3):
            return self.one_of(f"COPY {relation} TO stdout", f"COPY (SELECT * FROM {relation}) TO stdout (FORMAT binary)")
        lines = [r"\N" if self.rarely(20) else json.dumps(self.item(key)).replace("\\", "\\\\") for _ in range(self.one_of(1, 5, 40))]
        return f"COPY {relation} (item) FROM stdin", "\n".join(lines) + "\n"

    def change(self):
        relation, key = self.relation()
        where = self.where(key)
        value = self.one_of(self.item_sql(key), self.item_sql(key), "NULL", "item", "item",
                            "(item::jsonb || '{\"g\": \"sql\"}')::ddb.item", "(item::jsonb - 'g')::ddb.item",
                            "(item::jsonb || jsonb_build_object('h', random() * 100))::ddb.item")
        return self.one_of(
            f"UPDATE {relation} SET item = {value} WHERE {where}",
            f"UPDATE {relation} SET item = {value} WHERE {where} RETURNING *",
            f"UPDATE ONLY {relation} SET item = {value} WHERE {where}",
            f"DELETE FROM {relation} WHERE {where}",
            f"DELETE FROM {relation} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {relation} LIMIT 5)) RETURNING item",
            f"MERGE INTO {relation} t USING (SELECT {self.one_of('NULL', self.quote(json.dumps(self.item(key))))}::ddb.item AS new) n ON t.item ->> 'p' = n.new ->> 'p'"
            f" WHEN MATCHED THEN {self.one_of('UPDATE SET item = n.new', 'DELETE', 'DO NOTHING')}"
            f" WHEN NOT MATCHED THEN {self.one_of('INSERT (item) VALUES (n.new)', 'DO NOTHING')}",
            f"WITH gone AS (DELETE FROM {relation} WHERE {where} RETURNING item) INSERT INTO {relation} (item) SELECT item FROM gone")

    def read(self):
        relation, key = self.relation()
        other, _ = self.relation()
        where = self.where(key)
        return self.one_of(
            f"SELECT * FROM {relation} WHERE {where}", f"SELECT count(*), count(item), max(p) FROM {relation} WHERE {where}",
            f"SELECT item FROM {relation} WHERE {where} FOR {self.one_of('UPDATE', 'NO KEY UPDATE', 'SHARE', 'KEY SHARE')}{self.one_of('', ' SKIP LOCKED', ' NOWAIT')}",
            f"SELECT a.item, b.p FROM {relation} a JOIN {other} b ON a.p = b.p WHERE a.{where if 'OR' not in where and where[0] in 'ps' else 'p IS NOT NULL'} LIMIT 50",
            f"SELECT * FROM {relation} TABLESAMPLE {self.one_of('bernoulli', 'system')} (50)",
            f"EXPLAIN (ANALYZE, COSTS OFF) SELECT * FROM {relation} WHERE {where}",
            f"SELECT p, count(*) FROM {relation} GROUP BY p ORDER BY 1 NULLS FIRST",
            f"DECLARE c{self.chance.randrange(3)} {self.one_of('', 'SCROLL ')}CURSOR {self.one_of('', 'WITH HOLD ')}FOR SELECT * FROM {relation} WHERE {where}{self.one_of('', ' FOR UPDATE')}",
            f"FETCH {self.one_of('1', '5', 'ALL', 'BACKWARD 2', 'LAST')} FROM c{self.chance.randrange(3)}",
            f"UPDATE {relation} SET item = item WHERE CURRENT OF c{self.chance.randrange(3)}",
            f"DELETE FROM {relation} WHERE CURRENT OF c{self.chance.randrange(3)}",
            f"CLOSE {self.one_of('ALL', 'c0')}")

    # ---- definitions ----

    def index_definition(self, key):
        has_sort = len(key) == 2
        full = "ddb.hash(p), s" if has_sort else "ddb.hash(p)"
        columns = self.one_of(full, full, full, "ddb.hash(p, s)", "ddb.hash(p, s), p", "ddb.hash(s), p", "ddb.hash(p), s, p", "ddb.hash(p), p",
                              "ddb.hash(p) DESC, s", "ddb.hash(p), s DESC NULLS LAST", "ddb.hash(p), s NULLS FIRST", "p, s", "s", "item",
                              "(item ->> 'g')", "ddb.hash(p), s, ddb.hash(p), s", "ddb.hash(p), s, ddb.hash(s), p", "ddb.hash(p), (item -> 'h')",
                              "((item -> 'h')::numeric)", "p text_pattern_ops", "ddb.item_size(item)")
        unique = self.one_of("", "UNIQUE ", "UNIQUE ")
        method = ""
        if not unique and self.rarely(3):
            method = self.one_of(" USING hash", " USING brin", " USING gist", " USING gin")
            columns = self.one_of("p", "s", "(item ->> 'g')", "((item -> 'h')::integer)", "(item::jsonb)", "ddb.hash(p)")
        return unique, method, columns, (
            self.one_of("", "", "", " INCLUDE (item)", " INCLUDE (s)") + self.one_of("", "", "", " NULLS NOT DISTINCT" if unique else "")
            + self.one_of("", "", "", " WITH (fillfactor = 50)" if not method else "") + self.one_of("", "", "", " WHERE item ? 'g'", " WHERE p IS NOT NULL"))

    def create_index(self):
        relation, key = self.relation()
        unique, method, columns, rest = self.index_definition(key)
        return f"CREATE {unique}INDEX {self.one_of('', '', 'CONCURRENTLY ')}{self.one_of('', f'x{self.chance.randrange(4)} ')}ON {self.one_of('', '', 'ONLY ')}{relation}{method} ({columns}){rest}"

    def hand_made(self):
        name = self.one_of(*HAND_MADE)
        not_null = self.one_of("", " NOT NULL", " NOT NULL", " NOT NULL")
        columns = [f"p ddb.string GENERATED ALWAYS AS (ddb.string_key(item, 'p', {self.one_of(2048, 2048, 2048, 1024, 1000000, -1)})) STORED{not_null}",
                   f"s {self.one_of('ddb.string', 'ddb.string', 'ddb.string', 'key_domain', 'text')} GENERATED ALWAYS AS (ddb.string_key({self.one_of('item', 'item', 'item', 'item', 'item2')}, 's', 1024)) STORED{not_null}",
                   f"item {self.one_of('ddb.item', 'ddb.item', 'ddb.item', 'short_item')}{not_null}"]
        columns += self.some(["item2 ddb.item", "n int DEFAULT 7", "id int GENERATED ALWAYS AS IDENTITY", "a text CHECK (a <> 'x')",
                              "m ddb.number GENERATED ALWAYS AS (ddb.number_key(item, 'h', 1024)) STORED"], 2) if self.rarely(2) else []
        if "item2" in columns[1] and not any(c.startswith("item2") for c in columns):
            columns.append("item2 ddb.item")
        self.chance.shuffle(columns)
        kind = self.one_of("", "", "", "TEMP ", "UNLOGGED ")
        rest = self.one_of(" USING ddb", " USING ddb", " USING ddb", " USING heap")
        if self.rarely(5):
            return f"CREATE TABLE {name} ({', '.join(columns)}) PARTITION BY {self.one_of('LIST (n)', 'RANGE (n)', 'HASH (n)')}"
        if self.rarely(8):
            parent, _ = self.relation()
            return f"CREATE TABLE {name} () INHERITS ({parent}){rest}"
        if self.rarely(8):
            parent, _ = self.relation()
            return f"CREATE TABLE {name} (LIKE {parent} INCLUDING ALL){rest}"
        if self.rarely(12):
            return f"CREATE {self.one_of('TABLE', 'MATERIALIZED VIEW')} {name} USING ddb AS SELECT * FROM {self.relation()[0]}"
        if self.rarely(12):
            return f"CREATE VIEW {name} AS SELECT * FROM {self.relation()[0]}"
        return f"CREATE {kind}TABLE {name} ({', '.join(columns)}){rest}"

    def partition(self):
        parent = self.one_of(*HAND_MADE)
        other, _ = self.relation()
        return self.one_of(
            f"CREATE TABLE {parent}_part PARTITION OF {parent} DEFAULT USING ddb",
            f"CREATE TABLE {parent}_part PARTITION OF {parent} FOR VALUES IN (7) USING ddb",
            f"CREATE TABLE {parent}_part PARTITION OF {parent} FOR VALUES WITH (MODULUS 1, REMAINDER 0) USING ddb",
            f"ALTER TABLE {parent} ATTACH PARTITION {other} DEFAULT",
            f"ALTER TABLE {parent} DETACH PARTITION {other}",
            f"ALTER TABLE {parent} DETACH PARTITION {parent}_part",
            f"ALTER TABLE {other} INHERIT {parent}",
            f"ALTER TABLE {other} NO INHERIT {parent}")

    def alter(self):
        relation, key = self.relation()
        column = self.one_of("p", "s", "item", "item2", "n", "a", "m", "extra")
        other, _ = self.relation()
        return self.one_of(
            f"ALTER TABLE {relation} " + self.one_of(
                f"ADD COLUMN extra {self.one_of('int', 'int DEFAULT 5', 'int NOT NULL DEFAULT 3', 'text DEFAULT clock_timestamp()::text', 'ddb.item')}",
                "ADD COLUMN extra integer GENERATED ALWAYS AS ((item -> 'h')::integer) STORED",
                f"DROP COLUMN {column}", f"DROP COLUMN {column} CASCADE", f"DROP COLUMN extra",
                f"ALTER {column} SET NOT NULL", f"ALTER {column} DROP NOT NULL", f"ALTER {column} DROP EXPRESSION",
                f"ALTER {column} SET DEFAULT NULL", f"ALTER {column} DROP DEFAULT", f"ALTER {column} SET STATISTICS 10",
                f"ALTER {column} SET STORAGE {self.one_of('PLAIN', 'EXTERNAL', 'MAIN', 'EXTENDED')}",
                f"ALTER {column} TYPE {self.one_of('text', 'ddb.string', 'bytea', 'ddb.attribute_value', 'jsonb', 'bigint')}",
                f"RENAME COLUMN {column} TO {self.one_of('p', 's', 'item', 'q')}",
                f"SET {self.one_of('LOGGED', 'UNLOGGED')}", f"SET ACCESS METHOD {self.one_of('heap', 'ddb', 'ddb')}",
                f"SET (fillfactor = {self.one_of(10, 50, 100)})", "SET (toast_tuple_target = 128)",
                f"REPLICA IDENTITY {self.one_of('FULL', 'FULL', 'NOTHING', 'DEFAULT')}",
                "ADD CHECK (item IS NOT NULL)", "ADD CONSTRAINT c CHECK (ddb.item_size(item) < 5000) NOT VALID", "DROP CONSTRAINT c",
                "ADD UNIQUE (p, s)", "ADD PRIMARY KEY (p, s)", f"ADD FOREIGN KEY (p, s) REFERENCES {other} (p, s)",
                "ADD EXCLUDE USING hash (item WITH =)",
                f"{self.one_of('ENABLE', 'DISABLE', 'FORCE', 'NO FORCE')} ROW LEVEL SECURITY",
                f"{self.one_of('ENABLE', 'ENABLE ALWAYS')} TRIGGER ddb_indexes", "ENABLE TRIGGER ALL",
                f"OWNER TO {self.one_of('fuzz_user', 'postgres')}", "CLUSTER ON x0", "SET WITHOUT CLUSTER",
                f"RENAME TO {self.one_of(*HAND_MADE)}", "SET SCHEMA public", "SET SCHEMA dynamodb"),
            f"ALTER TABLE IF EXISTS ONLY {relation} ALTER {column} DROP NOT NULL",
            f"ALTER INDEX x0 {self.one_of('RENAME TO x1', 'SET (fillfactor = 30)', 'SET TABLESPACE pg_default')}")

    def object_on(self):
        relation, key = self.relation()
        return self.one_of(
            f"CREATE TRIGGER t{self.chance.randrange(3)} {self.one_of('BEFORE', 'AFTER')} {self.one_of('INSERT', 'UPDATE', 'DELETE', 'INSERT OR UPDATE OR DELETE')} ON {relation}"
            f" FOR EACH ROW EXECUTE FUNCTION {self.one_of('log_row', 'log_row', 'change_row', 'null_row', 'refuse_row', 'ddb.maintain_indexes', 'ddb.refuse_index_write', 'ddb.backfill_wanted')}()",
            f"CREATE TRIGGER t{self.chance.randrange(3)} AFTER TRUNCATE ON {relation} FOR EACH STATEMENT EXECUTE FUNCTION ddb.maintain_indexes()",
            f"CREATE TRIGGER t{self.chance.randrange(3)} INSTEAD OF INSERT ON {relation} FOR EACH ROW EXECUTE FUNCTION ddb.maintain_indexes()",
            f"DROP TRIGGER {self.one_of('t0', 't1', 't2', 'ddb_indexes', 'ddb_indexes_truncate', 'ddb_index')} ON {relation}",
            f"DROP TRIGGER {self.one_of('t0', 't1', 't2')} ON {relation}",
            f"CREATE RULE r AS ON {self.one_of('INSERT', 'DELETE')} TO {relation} DO {self.one_of('INSTEAD NOTHING', 'ALSO INSERT INTO log VALUES (1)')}",
            f"DROP RULE r ON {relation}",
            f"CREATE POLICY y ON {relation} USING ({self.one_of('true', 'p IS NOT NULL', 'EXISTS (SELECT FROM log)')})", f"DROP POLICY y ON {relation}",
            f"CREATE STATISTICS ON p, s, (item -> 'h') FROM {relation}",
            f"CREATE {self.one_of('', 'MATERIALIZED ')}VIEW v{self.chance.randrange(2)} AS SELECT p, item FROM {relation}",
            f"DROP VIEW v{self.chance.randrange(2)}", f"DROP MATERIALIZED VIEW v{self.chance.randrange(2)}",
            f"REFRESH MATERIALIZED VIEW v{self.chance.randrange(2)}",
            f"INSERT INTO v{self.chance.randrange(2)} (item) VALUES ({self.item_sql(key)})",
            f"GRANT {self.one_of('SELECT', 'ALL')} ON {relation} TO fuzz_user", f"REVOKE ALL ON {relation} FROM fuzz_user",
            f"COMMENT ON TABLE {relation} IS 'fuzz'", f"LOCK TABLE {relation} IN {self.one_of('ACCESS SHARE', 'SHARE', 'ACCESS EXCLUSIVE')} MODE",
            f"INSERT INTO ddb.tables SELECT 'hand', {self.quote(self.one_of(*HAND_MADE))}, gen_random_uuid(), now(), '{{}}', '{{}}'",
            f"UPDATE ddb.tables SET relation = {self.quote(self.one_of(*HAND_MADE))} WHERE name = 'hand'",
            "DELETE FROM ddb.tables WHERE name = 'hand'",
            "CREATE PUBLICATION everything FOR ALL TABLES", "DROP PUBLICATION everything", "DROP PUBLICATION everything",
            f"CREATE PUBLICATION some FOR TABLE {relation} WHERE (p IS NOT NULL)", "DROP PUBLICATION some",
            self.operation(self.one_of("scan", "describe_table"), {"TableName": "hand"}),
            self.operation("put_item", {"TableName": "hand", "Item": self.item((("p", "S"), ("s", "S")))}))

    def upkeep(self):
        relation, key = self.relation()
        return self.one_of(
            f"VACUUM {self.one_of('', '(FREEZE) ', '(FULL) ', '(INDEX_CLEANUP ON) ')}{relation}", f"ANALYZE {relation}", f"VACUUM (ANALYZE) {relation}",
            f"REINDEX TABLE {self.one_of('', 'CONCURRENTLY ')}{relation}", f"CLUSTER {relation}",
            f"CLUSTER {relation} USING {self.one_of('x0', 'x1', self.primary_index(relation))}", f"TRUNCATE {self.one_of('', 'ONLY ')}{relation}",
            f"TRUNCATE {relation} CASCADE",
            f"DROP INDEX {self.one_of('', 'CONCURRENTLY ')}{self.one_of('x0', 'x1', 'x2', 'x3', self.primary_index(relation))}",
            f"DROP INDEX {self.one_of('x0', 'x1', 'x2', 'x3')}", "CHECKPOINT",
            f"SELECT count(*) FROM pg_logical_slot_get_changes('{self.one_of('fuzz', 'fuzz_ddb')}', NULL, 500)")

    def primary_index(self, relation):
        word = relation.strip('"')
        return self.name(f"{word}_hash{'_s' if word != 'fuzz0' else ''}_idx")

    def drop(self):
        name, key = self.table()
        return self.one_of(self.operation("delete_table", {"TableName": name}), f"DROP TABLE {self.name(name)}{self.one_of('', ' CASCADE')}",
                           f"DROP TABLE {self.one_of(*HAND_MADE)} CASCADE", f"DROP TABLE {self.one_of(*HAND_MADE)} CASCADE",
                           f"DROP VIEW {self.one_of(*HAND_MADE)} CASCADE", f"DROP MATERIALIZED VIEW {self.one_of(*HAND_MADE)}",
                           f"DROP TABLE {self.name(name + '/' + self.one_of('idx0', 'idx1'))}")

    def transaction(self):
        status = self.session.status()
        if status == 0:
            return "BEGIN" + self.one_of("", "", " ISOLATION LEVEL REPEATABLE READ", " ISOLATION LEVEL SERIALIZABLE", " READ ONLY")
        if status == 3:
            return self.one_of("ROLLBACK", *[f"ROLLBACK TO {name}" for name in sorted(self.savepoints)])
        return self.one_of("COMMIT", "COMMIT", "COMMIT", "ROLLBACK", "SAVEPOINT a", "SAVEPOINT a", "SAVEPOINT b",
                           *[self.one_of("ROLLBACK TO ", "RELEASE ") + name for name in sorted(self.savepoints)],
                           f"PREPARE TRANSACTION 'fuzz{self.number}'")

    def setting(self):
        if "PREPARE TRANSACTION" in "".join(self.recent[-6:]) and self.session.status() == 0:
            return self.one_of("COMMIT", "ROLLBACK") + f" PREPARED 'fuzz{self.number}'"
        return self.one_of(f"SET enable_seqscan = {self.one_of('on', 'off')}", f"SET enable_indexscan = {self.one_of('on', 'off')}",
                           "SET ROLE fuzz_user", "RESET ROLE", "RESET ROLE", "DISCARD TEMP",
                           "SET CONSTRAINTS ALL IMMEDIATE")

    def statement(self):
        """The next statement, and the data of a COPY."""
        if self.session.status() == 3 and not self.rarely(6):
            return self.transaction(), ""
        kinds = [(self.any_operation, 26), (self.insert, 10), (self.insert_many, 3), (self.copy, 4), (self.change, 12), (self.read, 9),
                 (self.create_table, 6), (self.update_table, 4), (self.hand_made, 5), (self.create_index, 7), (self.partition, 3), (self.alter, 9),
                 (self.object_on, 6), (self.upkeep, 5), (self.drop, 2), (self.transaction, 9), (self.setting, 3)]
        make = self.chance.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        made = make()
        return made if isinstance(made, tuple) else (made, "")

    # ---- running ----

    def connect(self):
        self.session = Session(DATABASE)
        self.session.execute(SETTINGS)

    def execute(self, statement, data=""):
        self.recent = (self.recent + [statement])[-60:]
        result = self.session.execute(statement, data)
        state = result.sqlstate
        self.counts[state] = self.counts.get(state, 0) + 1
        if self.session.status() == 0:
            self.savepoints = set()
        elif statement.startswith("SAVEPOINT ") and state is None:
            self.savepoints = {*self.savepoints, statement.split()[1]} - {"checking"}
        elif statement.startswith("RELEASE "):
            self.savepoints = self.savepoints - {statement.split()[1]}
        if state is not None and (state[:2] in ("XX", "58", "F0") or state in ("57014", "53200")):
            if not self.is_allowed(result.message, statement):
                raise Finding(f"{state} {result.message}")
        return result

    def is_allowed(self, message, statement):
        return ("missing chunk number" in message and READERS_OF_DEAD_ROWS.match(statement)
                or not self.alone and RACES_OF_POSTGRESQL.search(message))

    def run(self):
        self.connect()
        for name in TABLES:
            self.execute(self.create_table(name))
            self.execute(f"ALTER TABLE {self.name(name)} REPLICA IDENTITY FULL")
        for number in range(self.statements):
            self.execute(*self.statement())
            if number % STATEMENTS_BETWEEN_CHECKS == STATEMENTS_BETWEEN_CHECKS - 1:
                self.check()
        if self.session.status() != 0:
            self.execute("ROLLBACK")
        self.check()
        self.session.close()

    # ---- checking ----

    def check(self):
        own = self.session.status() == 0
        if self.session.status() == 3 or (not own and not self.alone):
            return
        if own and "PREPARE TRANSACTION" in "".join(self.recent):
            self.execute(f"COMMIT PREPARED 'fuzz{self.number}'")
        for name in [*TABLES, "hand"]:
            self.check_table(name, own)
        if own:
            self.check_pages()
        if own and self.alone:
            self.execute("SELECT count(*) FROM pg_logical_slot_get_changes('fuzz_ddb', NULL, NULL)")
        self.existing = [row[0] for row in self.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'm', 'v') AND relname ~ '^(fuzz|hand)' ORDER BY 1").rows]

    def check_table(self, name, own):
        """Alone at once; ALTER TABLE of others can hide a table's rows from a snapshot, but not from the next ones."""
        for attempt in range(1 if self.alone else 3):
            self.execute("BEGIN ISOLATION LEVEL REPEATABLE READ" if own else "SAVEPOINT checking")
            complaint = self.complaint(name)
            self.execute("ROLLBACK" if own else "ROLLBACK TO checking")
            if complaint is None:
                return
        raise Finding(complaint)

    def complaint(self, name):
        result = self.execute(f"SELECT complaint({self.quote(name)}, {self.chance.choice([3, 1000, 1000])})")
        # no table any more, or locked; an index that a snapshot does not see complete
        if not self.may_fail(name, result):
            return f"checking {name}: {result.sqlstate} {result.message}"
        return result.rows[0][0] if result.rows else None

    def may_fail(self, name, result):
        """Where there is no table any more, or it is locked, or a snapshot does not see an index complete."""
        state = result.sqlstate
        return (not self.alone and RACES_OF_POSTGRESQL.search(result.message or "")
                or state in (None, "55000", "55P03", "40P01", "40001", "42P01", "42501", "42704")
                or state == "ND002" and "backfilling" in result.message
                or state in ("ND004", "ND010") and not self.alone
                or name == "hand" and state in ("ND002", "ND004", "42703", "42809", "22P02"))

    def check_pages(self):
        """B-trees agree with their heaps, and, as nobody else is there, heap pages are sound."""
        self.execute("RESET ROLE")
        relations = [row[0] for row in self.execute(
            "SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'dynamodb'::regnamespace)"
            " ORDER BY 1").rows]
        for relation in self.chance.sample(relations, min(4, len(relations))):
            self.execute(f"SELECT check_btrees({self.quote(relation)})")
            if self.alone:
                # the pages are heap's, but verify_heapam() wants it said
                self.execute("BEGIN")
                self.execute(f"UPDATE pg_class SET relam = (SELECT oid FROM pg_am WHERE amname = 'heap') WHERE oid = {self.quote(relation)}::regclass")
                result = self.execute(f"SELECT * FROM verify_heapam({self.quote(relation)}) LIMIT 1")
                self.execute("ROLLBACK")
                if result.rows:
                    raise Finding(f"verify_heapam({relation}): {result.rows[0]}")


def report(fuzzer, error):
    print(f"# {type(error).__name__} in session {fuzzer.number}: {error}")
    print("# after:")
    for statement in fuzzer.recent:
        print("#   " + statement[:600].replace("\n", " ") + ";")


def run(fuzzer, failures):
    try:
        fuzzer.run()
    except (Finding, Lost) as error:
        failures.append((fuzzer, error))


def show(fuzzers):
    counts = {}
    for fuzzer in fuzzers:
        for state, count in fuzzer.counts.items():
            counts[state] = counts.get(state, 0) + count
    good = counts.pop(None, 0)
    print(f"# {good} statements succeeded, {sum(counts.values())} were refused: "
          + ", ".join(f"{state} {count}" for state, count in sorted(counts.items(), key=lambda pair: -pair[1])))


def main():
    print(f"# SEED={SEED} STATEMENTS={STATEMENTS} SESSIONS={SESSIONS}", flush=True)
    session = Session(DATABASE)
    setup = session.execute(SETUP)
    if setup.sqlstate is not None:
        sys.exit(f"{setup.sqlstate} {setup.message}")
    session.execute("SELECT pg_create_logical_replication_slot('fuzz', 'test_decoding')")
    session.execute("SELECT pg_create_logical_replication_slot('fuzz_ddb', 'ddb')")
    failures = []
    start = time.time()

    alone = Fuzzer(0, STATEMENTS // 2 if SESSIONS else STATEMENTS, True)
    run(alone, failures)
    together = [Fuzzer(number, STATEMENTS // 2 // SESSIONS, False) for number in range(1, SESSIONS + 1)]
    if not failures:
        threads = [threading.Thread(target=run, args=(fuzzer, failures)) for fuzzer in together]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if not failures:
        last = Fuzzer(0, 0, True)
        run(last, failures)
    for fuzzer, error in failures:
        report(fuzzer, error)
    show([alone, *together])
    print(f"# {time.time() - start:.0f} s")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
