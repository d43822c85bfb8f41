-- Indexes of a table with other triggers, and their trigger where it does not belong.
SET search_path = dynamodb;
SET client_min_messages = warning;
\pset format unaligned

SELECT ddb.create_table('{
  "TableName": "Watched", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "state", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
  "GlobalSecondaryIndexes": [
    {"IndexName": "ByState", "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}') IS NOT NULL AS created;
CREATE FUNCTION packed(id text, state text) RETURNS ddb.item LANGUAGE sql AS
	$$ SELECT pg_catalog.json_build_object('id', pg_catalog.json_build_object('S', id), 'state', pg_catalog.json_build_object('S', state))::text::ddb.item $$;
CREATE PROCEDURE fill() LANGUAGE sql AS $$
	DELETE FROM "Watched";
	INSERT INTO "Watched" (item) SELECT packed('i' || i, 'new') FROM generate_series(1, 4) i $$;
-- what is in the index, after the differences
CREATE FUNCTION entries() RETURNS TABLE (problem text, entry ddb.item) LANGUAGE sql AS $$
	SELECT problem, entry FROM ddb.check_indexes('Watched')
	UNION ALL (SELECT '', item FROM "Watched/ByState" ORDER BY id) $$;

-- A trigger that changes the row again: before the index's trigger and behind it.
CREATE FUNCTION change_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF pg_trigger_depth() < 4 THEN
		UPDATE "Watched" SET item = packed(NEW.id, CASE pg_trigger_depth() WHEN 2 THEN 'new' ELSE 'changed' END) WHERE id = NEW.id;
	END IF;
	RETURN NULL;
END $$;
CALL fill();
CREATE TRIGGER a_trigger AFTER INSERT OR UPDATE ON "Watched" FOR EACH ROW EXECUTE FUNCTION change_again();
UPDATE "Watched" SET item = packed(id, 'updated') WHERE id <> 'i1';
SELECT ddb.put_item('{"TableName": "Watched", "Item": {"id": {"S": "put"}, "state": {"S": "new"}}}');
SELECT * FROM entries();
DROP TRIGGER a_trigger ON "Watched";
CALL fill();
CREATE TRIGGER z_trigger AFTER INSERT OR UPDATE ON "Watched" FOR EACH ROW EXECUTE FUNCTION change_again();
UPDATE "Watched" SET item = packed(id, 'updated') WHERE id <> 'i1';
SELECT ddb.put_item('{"TableName": "Watched", "Item": {"id": {"S": "put"}, "state": {"S": "new"}}}');
SELECT * FROM entries();
DROP TRIGGER z_trigger ON "Watched";

-- One that changes other rows of the same statement.
CREATE FUNCTION change_others() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF pg_trigger_depth() = 1 THEN
		UPDATE "Watched" SET item = packed(id, 'other') WHERE id > NEW.id;
	END IF;
	RETURN NULL;
END $$;
CALL fill();
CREATE TRIGGER z_trigger AFTER UPDATE ON "Watched" FOR EACH ROW EXECUTE FUNCTION change_others();
UPDATE "Watched" SET item = packed(id, 'updated');
SELECT * FROM entries();
DROP TRIGGER z_trigger ON "Watched";

-- One that deletes them, and one that brings back what was deleted.
CREATE FUNCTION delete_others() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM "Watched" WHERE id > NEW.id;
	RETURN NULL;
END $$;
CALL fill();
CREATE TRIGGER z_trigger AFTER UPDATE ON "Watched" FOR EACH ROW EXECUTE FUNCTION delete_others();
UPDATE "Watched" SET item = packed(id, 'updated') WHERE id >= 'i2';
SELECT * FROM entries();
DROP TRIGGER z_trigger ON "Watched";
CREATE FUNCTION bring_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO "Watched" (item) VALUES (OLD.item);
	RETURN NULL;
END $$;
CALL fill();
CREATE TRIGGER a_trigger AFTER DELETE ON "Watched" FOR EACH ROW EXECUTE FUNCTION bring_back();
DELETE FROM "Watched" WHERE id <= 'i2';
SELECT ddb.delete_item('{"TableName": "Watched", "Key": {"id": {"S": "i3"}}}');
SELECT * FROM entries();
UPDATE "Watched" SET item = packed('moved', 'moved') WHERE id = 'i1';
SELECT * FROM entries();
DROP TRIGGER a_trigger ON "Watched";

-- A function called by a statement that changes the same row.
CREATE FUNCTION change(text) RETURNS text LANGUAGE sql AS
	$$ UPDATE "Watched" SET item = packed(id, 'by function') WHERE id = $1 RETURNING 'changed' $$;
CALL fill();
UPDATE "Watched" SET item = packed(id, 'updated') WHERE id <= 'i2' RETURNING change(id);
UPDATE "Watched" SET item = packed('new ' || id, 'updated') WHERE id = 'i3' RETURNING change(id);
SELECT * FROM entries();


-- Keys that follow each other in one statement.
CALL fill();
CREATE FUNCTION shift() RETURNS void LANGUAGE sql AS $$
	WITH last AS MATERIALIZED (SELECT id AS old_id FROM "Watched" ORDER BY id DESC)
	UPDATE "Watched" SET item = packed('i' || 1 + substr(id, 2)::int, 'after ' || id) FROM last WHERE id = old_id $$;
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off;
SELECT shift();
RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_seqscan;
SELECT * FROM entries();

-- Triggers that cancel the change, or make another one of it.
CREATE FUNCTION judge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'DELETE' THEN
		RETURN NULL;
	ELSIF NEW.item ->> 'state' = 'refused' THEN
		RETURN NULL;
	END IF;
	NEW.item := packed(NEW.item ->> 'id', 'judged');
	RETURN NEW;
END $$;
CALL fill();
CREATE TRIGGER judge BEFORE INSERT OR UPDATE OR DELETE ON "Watched" FOR EACH ROW EXECUTE FUNCTION judge();
SELECT ddb.put_item('{"TableName": "Watched", "Item": {"id": {"S": "i1"}, "state": {"S": "refused"}}}');
SELECT ddb.put_item('{"TableName": "Watched", "Item": {"id": {"S": "i2"}, "state": {"S": "put"}}}');
SELECT ddb.delete_item('{"TableName": "Watched", "Key": {"id": {"S": "i3"}}}');
SELECT * FROM entries();
DROP TRIGGER judge ON "Watched";

-- A trigger that gives the row another key, which is free or not.
CREATE FUNCTION lower_key() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN NEW.item := packed(lower(NEW.item ->> 'id'), NEW.item ->> 'state'); RETURN NEW; END $$;
CALL fill();
CREATE TRIGGER lower_key BEFORE INSERT OR UPDATE ON "Watched" FOR EACH ROW EXECUTE FUNCTION lower_key();
SET statement_timeout = '1min';
SELECT ddb.put_item('{"TableName": "Watched", "Item": {"id": {"S": "I9"}, "state": {"S": "put"}}}');
SELECT ddb.put_item('{"TableName": "Watched", "Item": {"id": {"S": "I9"}, "state": {"S": "again"}}}');
SELECT ddb.put_item('{"TableName": "Watched", "Item": {"id": {"S": "i9"}, "state": {"S": "again"}}}');
SELECT ddb.transact_write_items('{"TransactItems": [{"Put": {"TableName": "Watched", "Item": {"id": {"S": "I8"}, "state": {"S": "put"}}}},
  {"Put": {"TableName": "Watched", "Item": {"id": {"S": "I1"}, "state": {"S": "put"}}}}]}');
SELECT * FROM entries();
DROP TRIGGER lower_key ON "Watched";

-- A trigger that writes the item before the item is written.
CREATE FUNCTION write_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.item ->> 'state' = 'second' THEN
		INSERT INTO "Watched" (item) VALUES (packed(NEW.item ->> 'id', 'first'));
	END IF;
	RETURN NEW;
END $$;
CALL fill();
CREATE TRIGGER write_first BEFORE INSERT ON "Watched" FOR EACH ROW EXECUTE FUNCTION write_first();
SELECT ddb.put_item('{"TableName": "Watched", "Item": {"id": {"S": "i9"}, "state": {"S": "second"}}}');
RESET statement_timeout;
SELECT * FROM entries();
DROP TRIGGER write_first ON "Watched";

-- The index's trigger a second time does no harm.
CALL fill();
CREATE TRIGGER twice AFTER INSERT OR UPDATE OR DELETE ON "Watched" FOR EACH ROW EXECUTE FUNCTION ddb.maintain_indexes();
INSERT INTO "Watched" (item) VALUES (packed('i5', 'new'));
UPDATE "Watched" SET item = packed(id, 'updated') WHERE id > 'i2';
DELETE FROM "Watched" WHERE id = 'i4';
SELECT * FROM entries();
DROP TRIGGER twice ON "Watched";

-- Anybody may have it as a trigger of any relation.
CREATE TABLE anything (item text);
CREATE TRIGGER rows AFTER INSERT OR UPDATE OR DELETE ON anything FOR EACH ROW EXECUTE FUNCTION ddb.maintain_indexes();
CREATE TRIGGER truncated AFTER TRUNCATE ON anything FOR EACH STATEMENT EXECUTE FUNCTION ddb.maintain_indexes();
INSERT INTO anything VALUES ('one'), (NULL);
UPDATE anything SET item = 'two';
DELETE FROM anything WHERE item = 'two';
TRUNCATE anything;
CREATE TRIGGER statements AFTER INSERT ON anything FOR EACH STATEMENT EXECUTE FUNCTION ddb.maintain_indexes();
INSERT INTO anything VALUES ('three');
DROP TABLE anything;
SELECT ddb.maintain_indexes();

-- A table that is none any more.
BEGIN;
ALTER TABLE "Watched" ALTER id DROP EXPRESSION;
INSERT INTO "Watched" (id, item) VALUES ('i9', packed('i9', 'new'));
ROLLBACK;

SELECT ddb.delete_table('{"TableName": "Watched"}') IS NOT NULL AS deleted;
DROP FUNCTION change_again, change_others, delete_others, bring_back, change, shift, judge, entries, packed;
DROP PROCEDURE fill;
