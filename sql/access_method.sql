-- What heap gives, a relation USING ddb has.
SELECT ddb.create_table('{"TableName": "Heap.Like", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}')
  ->> 'TableDescription' IS NOT NULL AS created;

SELECT a.amname, t.amname AS toast_amname
FROM pg_class c JOIN pg_am a ON a.oid = c.relam
  JOIN pg_class ct ON ct.oid = c.reltoastrelid JOIN pg_am t ON t.oid = ct.relam
WHERE c.oid = 'dynamodb."Heap.Like"'::regclass;

CREATE VIEW rows AS SELECT p, s, item FROM dynamodb."Heap.Like";
CREATE FUNCTION make_item(p text, s int, filler int DEFAULT 10) RETURNS ddb.item LANGUAGE sql AS
  $$ SELECT jsonb_build_object('p', p, 's', s, 'n', s % 7, 'filler', repeat('x', filler))::ddb.item $$;

INSERT INTO dynamodb."Heap.Like" (item)
SELECT make_item('p' || g % 50, g) FROM generate_series(1, 5000) g;

-- indexes beside the primary one, also concurrently, also after HOT updates
CREATE INDEX by_n ON dynamodb."Heap.Like" (((item -> 'n')::numeric));
UPDATE dynamodb."Heap.Like" SET item = (item::jsonb || '{"touched": true}')::ddb.item WHERE s <= 100;
CREATE INDEX CONCURRENTLY by_s ON dynamodb."Heap.Like" (s);
BEGIN;
UPDATE dynamodb."Heap.Like" SET item = (item::jsonb || '{"n": 70}')::ddb.item WHERE s = 70;
DELETE FROM dynamodb."Heap.Like" WHERE s = 71;
CREATE INDEX by_p ON dynamodb."Heap.Like" (p);
COMMIT;
SET enable_seqscan = off;
SELECT count(*) FROM dynamodb."Heap.Like" WHERE (item -> 'n')::numeric = 70;
SELECT count(*) FROM dynamodb."Heap.Like" WHERE s BETWEEN 60 AND 80;
SELECT count(*) FROM dynamodb."Heap.Like" WHERE p = 'p21';
RESET enable_seqscan;
REINDEX TABLE CONCURRENTLY dynamodb."Heap.Like";

-- a unique index that cannot be built, and one that can
CREATE UNIQUE INDEX unique_n ON dynamodb."Heap.Like" (((item -> 'n')::numeric));
CREATE UNIQUE INDEX unique_s ON dynamodb."Heap.Like" (s);

-- bitmap and parallel scans, parallel index build
ANALYZE dynamodb."Heap.Like";
SET enable_seqscan = off; SET enable_indexscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM dynamodb."Heap.Like" WHERE s < 50;
SELECT count(*) FROM dynamodb."Heap.Like" WHERE s < 50;
RESET enable_seqscan; RESET enable_indexscan;
SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
SET max_parallel_workers_per_gather = 2; SET max_parallel_maintenance_workers = 2;
EXPLAIN (COSTS OFF) SELECT count(*) FROM dynamodb."Heap.Like" WHERE item ->> 'filler' <> '';
SELECT count(*) FROM dynamodb."Heap.Like" WHERE item ->> 'filler' <> '';
CREATE INDEX parallel_built ON dynamodb."Heap.Like" (s DESC, p);
RESET min_parallel_table_scan_size; RESET parallel_setup_cost; RESET parallel_tuple_cost;
RESET max_parallel_workers_per_gather; RESET max_parallel_maintenance_workers;
DROP INDEX dynamodb.by_n, dynamodb.by_s, dynamodb.by_p, dynamodb.parallel_built, dynamodb.unique_s;

-- savepoints
BEGIN;
SAVEPOINT a;
INSERT INTO dynamodb."Heap.Like" (item) VALUES (make_item('save', 1));
SAVEPOINT b;
INSERT INTO dynamodb."Heap.Like" (item) VALUES (make_item('save', 2));
ROLLBACK TO b;
INSERT INTO dynamodb."Heap.Like" (item) VALUES (make_item('save', 3));
COMMIT;
SELECT p, s FROM rows WHERE p = 'save' ORDER BY s;

-- ON CONFLICT, by the index's expressions and by none
INSERT INTO dynamodb."Heap.Like" (item) VALUES (make_item('save', 1, 3)) ON CONFLICT DO NOTHING;
INSERT INTO dynamodb."Heap.Like" (item) VALUES (make_item('save', 1, 4))
  ON CONFLICT (ddb.hash(p), s) DO UPDATE SET item = excluded.item;
INSERT INTO dynamodb."Heap.Like" (item) VALUES (make_item('save', 1, 5));
SELECT length(item ->> 'filler') FROM rows WHERE p = 'save' AND s = 1;

-- row locks
BEGIN;
SELECT s FROM dynamodb."Heap.Like" WHERE p = 'save' ORDER BY s FOR UPDATE;
SELECT s FROM dynamodb."Heap.Like" WHERE p = 'save' ORDER BY s FOR KEY SHARE;
COMMIT;

-- long values are toasted
INSERT INTO dynamodb."Heap.Like" (item)
SELECT jsonb_build_object('p', 'long', 's', g, 'text', string_agg(md5(g::text || h), ''))::ddb.item
FROM generate_series(1, 3) g, generate_series(1, 5000) h GROUP BY g;
SELECT s, length(item ->> 'text') FROM rows WHERE p = 'long' ORDER BY s;
SELECT pg_relation_size(reltoastrelid) > 300000 AS toasted FROM pg_class
WHERE oid = 'dynamodb."Heap.Like"'::regclass;

-- VACUUM, VACUUM FULL, CLUSTER
DELETE FROM dynamodb."Heap.Like" WHERE s % 2 = 0;
VACUUM dynamodb."Heap.Like";
SELECT count(*) FROM rows;
VACUUM FULL dynamodb."Heap.Like";
SELECT count(*) FROM rows;
CLUSTER dynamodb."Heap.Like" USING "Heap.Like_hash_s_idx";
SELECT count(*) FROM rows;
SELECT count(DISTINCT (ctid::text::point)[0]) <= 2 AS collection_together FROM dynamodb."Heap.Like" WHERE p = 'p21';

-- COPY out and in, TRUNCATE
COPY (SELECT item FROM rows ORDER BY p, s) TO '/dev/null';
CREATE TEMP TABLE saved AS SELECT item FROM rows;
TRUNCATE dynamodb."Heap.Like";
SELECT count(*) FROM rows;
COPY dynamodb."Heap.Like" (item) FROM stdin;
{"p":{"S":"copied"},"s":{"N":"1"}}
{"p":{"S":"copied"},"s":{"N":"2.50"}}
\.
SELECT p, s FROM rows;
INSERT INTO dynamodb."Heap.Like" (item) SELECT item FROM saved;
SELECT count(*) FROM rows;

-- rewriting the relation, moving it to heap and back
ALTER TABLE dynamodb."Heap.Like" ADD COLUMN note text DEFAULT 'none', ADD CHECK (note <> 'bad');
SELECT ddb.put_item('{"TableName": "Heap.Like", "Item": {"p": {"S": "noted"}, "s": {"N": "1"}}}');
SELECT ddb.get_item('{"TableName": "Heap.Like", "Key": {"p": {"S": "noted"}, "s": {"N": "1"}}}');
ALTER TABLE dynamodb."Heap.Like" DROP COLUMN note;
ALTER TABLE dynamodb."Heap.Like" SET ACCESS METHOD heap;
BEGIN;
ALTER TABLE dynamodb."Heap.Like" SET ACCESS METHOD heap;
ALTER TABLE dynamodb."Heap.Like" SET ACCESS METHOD ddb;
COMMIT;
SELECT ddb.get_item('{"TableName": "Heap.Like", "Key": {"p": {"S": "noted"}, "s": {"N": "1"}}}');
SELECT count(*) FROM rows;

-- triggers of the user's fire for operations too
CREATE TABLE log (what text, old ddb.item, new ddb.item);
CREATE FUNCTION log_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log SELECT TG_OP, CASE WHEN TG_OP <> 'INSERT' THEN OLD.item END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.item END;
  RETURN NULL;
END $$;
CREATE TRIGGER log AFTER INSERT OR UPDATE OR DELETE ON dynamodb."Heap.Like" FOR EACH ROW EXECUTE FUNCTION log_change();
SELECT ddb.put_item('{"TableName": "Heap.Like", "Item": {"p": {"S": "t"}, "s": {"N": "1"}}}');
SELECT ddb.update_item('{"TableName": "Heap.Like", "Key": {"p": {"S": "t"}, "s": {"N": "1"}}, "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"BOOL": true}}}');
SELECT ddb.delete_item('{"TableName": "Heap.Like", "Key": {"p": {"S": "t"}, "s": {"N": "1"}}}');
SELECT * FROM log;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON dynamodb."Heap.Like" FOR EACH ROW EXECUTE FUNCTION refuse();
SELECT ddb.put_item('{"TableName": "Heap.Like", "Item": {"p": {"S": "t"}, "s": {"N": "2"}}}');
SELECT count(*) FROM rows WHERE p = 't';

-- a relation USING ddb that is no DynamoDB table is a heap
CREATE TABLE plain (a int PRIMARY KEY, b text) USING ddb;
INSERT INTO plain SELECT g, 'b' || g FROM generate_series(1, 1000) g;
UPDATE plain SET b = NULL WHERE a % 10 = 0;
SELECT count(*), count(b) FROM plain;

DROP TABLE plain, log;
SELECT ddb.delete_table('{"TableName": "Heap.Like"}') IS NOT NULL AS deleted;
DROP VIEW rows;
SELECT ddb.delete_table('{"TableName": "Heap.Like"}') IS NOT NULL AS deleted;
SELECT count(*) FROM ddb.tables WHERE name = 'Heap.Like';
SELECT amname FROM pg_am WHERE amname = 'ddb';
DROP FUNCTION make_item, log_change, refuse;

-- a publication without a replica identity refuses changes, as for SQL's own
SELECT ddb.create_table('{"TableName": "Published", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]}') IS NOT NULL AS created;
SET client_min_messages = error;
SELECT CASE WHEN current_setting('server_version_num')::int >= 180000 THEN 'WITH (publish_generated_columns = stored)' ELSE '' END AS options \gset
CREATE PUBLICATION published FOR TABLE dynamodb."Published" :options;
RESET client_min_messages;
SELECT ddb.put_item('{"TableName": "Published", "Item": {"p": {"S": "a"}}}');
SELECT ddb.put_item('{"TableName": "Published", "Item": {"p": {"S": "a"}, "b": {"N": "1"}}}');
SELECT ddb.delete_item('{"TableName": "Published", "Key": {"p": {"S": "a"}}}');
ALTER TABLE dynamodb."Published" REPLICA IDENTITY FULL;
SELECT ddb.put_item('{"TableName": "Published", "Item": {"p": {"S": "a"}, "b": {"N": "1"}}}');
SELECT ddb.delete_item('{"TableName": "Published", "Key": {"p": {"S": "a"}}}');
DROP PUBLICATION published;
SELECT ddb.delete_table('{"TableName": "Published"}') IS NOT NULL AS deleted;
