-- The relations of indexes belong to who owns their table, and nobody else reads them.
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
CREATE ROLE ddb_first;
CREATE ROLE ddb_second;
CREATE ROLE ddb_reader;
GRANT USAGE ON SCHEMA ddb, dynamodb TO ddb_first, ddb_second, ddb_reader;
GRANT CREATE ON SCHEMA dynamodb TO ddb_first, ddb_second;
CREATE FUNCTION create_owned(name text) RETURNS boolean LANGUAGE sql AS $$
  SELECT ddb.create_table(json_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
    'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "color", "AttributeType": "S"}]'::json,
    'KeySchema', '[{"AttributeName": "id", "KeyType": "HASH"}]'::json,
    'GlobalSecondaryIndexes', '[{"IndexName": "ByColor", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}},
      {"IndexName": "Ids", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}]'::json)) IS NOT NULL
$$;
CREATE FUNCTION put_owned(id text) RETURNS boolean LANGUAGE sql AS $$
  SELECT ddb.put_item(json_build_object('TableName', 'Owned', 'Item', json_build_object('id', json_build_object('S', id), 'color', '{"S": "red"}'::json))) IS NOT NULL
$$;
CREATE FUNCTION wait_for_owned() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..1500 LOOP
    EXIT WHEN NOT EXISTS (SELECT FROM ddb.index_progress);
    PERFORM pg_sleep(0.02);
  END LOOP;
  RETURN NOT EXISTS (SELECT FROM ddb.index_progress);
END
$$;
CREATE VIEW owners AS SELECT relname, relowner::regrole FROM pg_class WHERE relname LIKE 'Owned%' AND relkind = 'r' ORDER BY 1;

-- given to another role
SET ROLE ddb_first;
SELECT create_owned('Owned');
SELECT put_owned('1');
RESET ROLE;
ALTER TABLE dynamodb."Owned" OWNER TO ddb_second;
TABLE owners;
SET ROLE ddb_second;
SELECT put_owned('2');
SELECT count(*) FROM dynamodb."Owned/ByColor";
SET ROLE ddb_first;
SELECT count(*) FROM dynamodb."Owned/ByColor";
SELECT ddb.scan('{"TableName": "Owned", "IndexName": "ByColor"}');
RESET ROLE;

-- the index's relation stays with the table's owner, and other changes are left alone
ALTER TABLE dynamodb."Owned/Ids" OWNER TO ddb_first;
TABLE owners;
ALTER TABLE dynamodb."Owned/Ids" ALTER item SET STORAGE external;
TABLE owners;
REASSIGN OWNED BY ddb_second TO ddb_first;
TABLE owners;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) > 0 FROM pg_class;
ALTER TABLE dynamodb."Owned" OWNER TO ddb_second;
COMMIT;
TABLE owners;
BEGIN;
ALTER TABLE dynamodb."Owned" OWNER TO ddb_first;
TABLE owners;
ROLLBACK;
TABLE owners;
-- an index made by another role
SELECT ddb.update_table('{"TableName": "Owned", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "color", "AttributeType": "S"}],
  "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "New", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}]}') IS NOT NULL;
TABLE owners;
SELECT wait_for_owned();

-- what is granted on all tables, or by default, and what reads all data
GRANT SELECT ON ALL TABLES IN SCHEMA dynamodb TO ddb_reader;
REVOKE SELECT ON dynamodb."Owned" FROM ddb_reader;
SET ROLE ddb_reader;
SELECT count(*) FROM dynamodb."Owned";
SELECT count(*) FROM dynamodb."Owned/ByColor";
SELECT ddb.scan('{"TableName": "Owned", "IndexName": "ByColor"}');
RESET ROLE;
GRANT SELECT ON dynamodb."Owned" TO ddb_reader;
CREATE POLICY first_only ON dynamodb."Owned" USING (id = '1');
ALTER TABLE dynamodb."Owned" ENABLE ROW LEVEL SECURITY;
GRANT pg_read_all_data TO ddb_reader;
SET ROLE ddb_reader;
SELECT item FROM dynamodb."Owned";
SELECT item FROM dynamodb."Owned/ByColor";
SELECT ddb.scan('{"TableName": "Owned", "IndexName": "ByColor"}');
RESET ROLE;
SELECT count(*) FROM dynamodb."Owned/ByColor";
SELECT * FROM ddb.check_indexes('Owned');

-- a table that its owner has spoilt keeps nobody from checking the others
BEGIN;
ALTER INDEX dynamodb."Owned/ByColor_hash_hash1_idx" RENAME TO spoilt;
DROP INDEX dynamodb.spoilt;
SELECT table_name, index_name, problem LIKE 'relation "Owned/ByColor" %', entry FROM ddb.check_indexes();
ROLLBACK;
-- another error ends the statement, and nothing but that
SET ROLE ddb_reader;
SET row_security = off;
SELECT * FROM ddb.check_indexes();
RESET row_security;
RESET ROLE;

-- a view of an index's relation is in the way of a drop, and goes with one that cascades
CREATE VIEW owned_colors AS SELECT color FROM dynamodb."Owned/ByColor";
DROP TABLE dynamodb."Owned";
SELECT ddb.delete_table('{"TableName": "Owned"}');
SELECT count(*) FROM ddb.indexes WHERE table_relation = 'dynamodb."Owned"'::regclass;
DROP TABLE dynamodb."Owned" CASCADE;
SELECT to_regclass('owned_colors') IS NULL, (SELECT count(*) FROM owners), (SELECT count(*) FROM ddb.tables WHERE name = 'Owned');
SET ROLE ddb_first;
SELECT create_owned('Owned');
RESET ROLE;
CREATE VIEW owned_colors AS SELECT color FROM dynamodb."Owned/ByColor";
DROP OWNED BY ddb_first CASCADE;
SELECT to_regclass('owned_colors') IS NULL, (SELECT count(*) FROM owners), (SELECT count(*) FROM ddb.tables WHERE name = 'Owned');

DROP VIEW owners;
DROP FUNCTION create_owned, put_owned, wait_for_owned;
DROP OWNED BY ddb_first, ddb_second, ddb_reader;
DROP ROLE ddb_first, ddb_second, ddb_reader;
