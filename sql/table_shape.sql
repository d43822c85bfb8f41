-- A table is one as long as its relation has the exact shape of one.
SELECT ddb.create_table('{"TableName": "Shape", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}, {"AttributeName": "g", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
  "GlobalSecondaryIndexes": [{"IndexName": "byG", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}]}')
  ->> 'TableDescription' IS NOT NULL AS created;
SELECT ddb.put_item('{"TableName": "Shape", "Item": {"p": {"S": "a"}, "s": {"N": "1"}, "g": {"S": "x"}}}');
SET search_path = dynamodb, public;

-- what would take it away is refused at the end of the transaction
DROP INDEX "Shape_hash_s_idx";
DROP INDEX CONCURRENTLY "Shape_hash_s_idx";
ALTER TABLE "Shape" ALTER p DROP EXPRESSION;
ALTER TABLE "Shape" ALTER s DROP NOT NULL;
ALTER TABLE "Shape" ALTER item DROP NOT NULL;
ALTER TABLE "Shape" DROP COLUMN s;
ALTER TABLE "Shape" SET ACCESS METHOD heap;
ALTER TABLE "Shape/byG" ADD COLUMN further int;
ALTER TABLE "Shape/byG" ADD CHECK (g <> '');
ALTER TABLE "Shape/byG" SET ACCESS METHOD heap;
DROP INDEX "Shape/byG_hash_hash1_s_idx";
DROP TRIGGER ddb_indexes ON "Shape";
DROP TRIGGER ddb_index ON "Shape/byG";
CREATE OR REPLACE TRIGGER ddb_indexes AFTER INSERT OR UPDATE OR DELETE ON "Shape"
	FOR EACH ROW WHEN (pg_trigger_depth() > 9) EXECUTE FUNCTION ddb.maintain_indexes();
CREATE OR REPLACE TRIGGER ddb_index BEFORE INSERT OR UPDATE OR DELETE ON "Shape/byG"
	FOR EACH STATEMENT EXECUTE FUNCTION suppress_redundant_updates_trigger();
-- one that takes no other's place
CREATE OR REPLACE TRIGGER of_the_owner BEFORE UPDATE ON "Shape"
	FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
DROP TRIGGER of_the_owner ON "Shape";
BEGIN;
DROP INDEX "Shape_hash_s_idx";
CREATE UNIQUE INDEX ON "Shape" (ddb.hash(p), s) INCLUDE (item);
COMMIT;

-- operations refuse what is none at once
BEGIN;
DROP INDEX "Shape_hash_s_idx";
CREATE UNIQUE INDEX ON "Shape" (ddb.hash(p), s DESC);
SAVEPOINT a;
SELECT ddb.get_item('{"TableName": "Shape", "Key": {"p": {"S": "a"}, "s": {"N": "1"}}}');
ROLLBACK TO a;
SELECT ddb.describe_table('{"TableName": "Shape"}');
ROLLBACK;
BEGIN;
DROP INDEX "Shape/byG_hash_hash1_s_idx";
SELECT ddb.scan('{"TableName": "Shape", "IndexName": "byG"}');
ROLLBACK;

-- it can be lost for a while, and what is dropped has lost nothing
BEGIN;
DROP INDEX "Shape_hash_s_idx";
CREATE UNIQUE INDEX ON "Shape" (ddb.hash(p), s) WITH (fillfactor = 70);
COMMIT;
BEGIN;
DROP INDEX "Shape_hash_s_idx";
DROP TABLE "Shape";
ROLLBACK;
BEGIN;
SAVEPOINT a;
ALTER TABLE "Shape" DROP COLUMN p CASCADE;
ROLLBACK TO a;
COMMIT;
SET session_replication_role = replica;
BEGIN;
DROP INDEX "Shape_hash_s_idx";
COMMIT;
SELECT ddb.scan('{"TableName": "Shape"}');
SELECT ddb.batch_execute_statement('{"Statements": [{"Statement": "SELECT * FROM \"Shape\" WHERE p = ''a'' AND s = 1"}]}');
ROLLBACK; -- of nothing: the error has left nothing open
CREATE UNIQUE INDEX ON "Shape" (ddb.hash(p), s);
RESET session_replication_role;
SELECT ddb.scan('{"TableName": "Shape"}');

-- the rest of ALTER TABLE is the owner's
ALTER TABLE "Shape" RENAME COLUMN item TO everything;
ALTER TABLE "Shape" RENAME COLUMN s TO "order";
ALTER TABLE "Shape" ADD COLUMN further int NOT NULL DEFAULT 7;
ALTER INDEX "Shape_hash_s_idx" RENAME TO shape;
SELECT ddb.put_item('{"TableName": "Shape", "Item": {"p": {"S": "a"}, "s": {"N": "2"}, "g": {"S": "x"}}}');
SELECT ddb.scan('{"TableName": "Shape", "IndexName": "byG"}');
SELECT p, "order", further, everything FROM "Shape" ORDER BY 2;

-- an error in the check of all tables ends the statement and leaves nothing open
CREATE ROLE shape_reader;
GRANT SELECT ON "Shape" TO shape_reader;
CREATE POLICY failing ON "Shape" USING (1 / (length(p::text) - length(p::text)) = 0);
ALTER TABLE "Shape" ENABLE ROW LEVEL SECURITY;
SET ROLE shape_reader;
SELECT * FROM ddb.check_indexes();
ROLLBACK;
RESET ROLE;
DROP POLICY failing ON "Shape";
REVOKE ALL ON "Shape" FROM shape_reader;
DROP ROLE shape_reader;

-- a crash empties a table and its index, or neither
ALTER TABLE "Shape" SET UNLOGGED;
BEGIN;
ALTER TABLE "Shape" SET UNLOGGED;
ALTER TABLE "Shape/byG" SET UNLOGGED;
COMMIT;
ALTER TABLE "Shape/byG" SET LOGGED;
DROP TABLE "Shape/byG";
BEGIN;
SELECT ddb.update_table('{"TableName": "Shape", "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}, {"AttributeName": "g", "AttributeType": "S"}],
  "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "byG", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}}]}')
  ->> 'TableDescription' IS NOT NULL AS updated;
SELECT relpersistence FROM pg_class WHERE relname = 'Shape/byG';
COMMIT;

-- an index can be dropped by its relation
DROP TABLE "Shape/byG";
SELECT ddb.put_item('{"TableName": "Shape", "Item": {"p": {"S": "a"}, "s": {"N": "3"}, "g": {"S": "x"}}}');
SELECT ddb.scan('{"TableName": "Shape", "IndexName": "byG"}');
DROP TRIGGER ddb_indexes ON "Shape";
DROP TRIGGER ddb_indexes_truncate ON "Shape";

-- a trigger of the owner's own that keeps some of an index is not enough
CREATE TRIGGER mine AFTER INSERT ON "Shape" FOR EACH ROW EXECUTE FUNCTION ddb.maintain_indexes();
CREATE TRIGGER never AFTER UPDATE OR DELETE ON "Shape" FOR EACH ROW WHEN (false) EXECUTE FUNCTION ddb.maintain_indexes();
BEGIN;
SELECT ddb.update_table('{"TableName": "Shape", "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}, {"AttributeName": "g", "AttributeType": "S"}],
  "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "byG", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}}]}')
  ->> 'TableDescription' IS NOT NULL AS updated;
SELECT tgname FROM pg_trigger WHERE tgrelid = '"Shape"'::regclass ORDER BY tgname;
DROP TABLE "Shape/byG";
COMMIT;
DROP TRIGGER ddb_indexes ON "Shape";
DROP TRIGGER ddb_indexes_truncate ON "Shape";
DROP TRIGGER mine ON "Shape";
DROP TRIGGER never ON "Shape";

-- a partition keeps its bounds, whoever writes
CREATE TABLE shapes (LIKE "Shape" INCLUDING GENERATED) PARTITION BY RANGE (further);
ALTER TABLE shapes ATTACH PARTITION "Shape" FOR VALUES FROM (1) TO (10);
SELECT ddb.put_item('{"TableName": "Shape", "Item": {"p": {"S": "a"}, "s": {"N": "4"}}}');
ALTER TABLE "Shape" ALTER further SET DEFAULT 10;
SELECT ddb.put_item('{"TableName": "Shape", "Item": {"p": {"S": "a"}, "s": {"N": "5"}}}');
DROP TABLE shapes;
SELECT count(*) FROM ddb.tables WHERE name = 'Shape';

-- a relation by hand that is nearly one is a heap
CREATE TABLE nearly (p ddb.string GENERATED ALWAYS AS (ddb.string_key(item, 'p', 2048)) STORED, item ddb.item) USING ddb;
CREATE UNIQUE INDEX ON nearly (ddb.hash(p));
INSERT INTO nearly (item) VALUES (NULL), ('{"p": {"S": "a"}}'), (NULL);
SELECT p, item FROM nearly ORDER BY p;
DROP TABLE nearly;
RESET search_path;
