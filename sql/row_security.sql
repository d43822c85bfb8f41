-- Row-level security holds for operations as it does for SQL statements.
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
CREATE ROLE ddb_anna;
CREATE ROLE ddb_bert;
CREATE ROLE ddb_owner;
GRANT USAGE ON SCHEMA ddb, dynamodb TO ddb_anna, ddb_bert, ddb_owner;
GRANT CREATE ON SCHEMA dynamodb TO ddb_owner;
SELECT ddb.create_table('{"TableName": "Notes", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "Tenant", "AttributeType": "S"}, {"AttributeName": "Id", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "Tenant", "KeyType": "HASH"}, {"AttributeName": "Id", "KeyType": "RANGE"}]}') IS NOT NULL AS created;
INSERT INTO dynamodb."Notes" (item)
  SELECT jsonb_build_object('Tenant', 'ddb_' || tenant, 'Id', id::text, 'Text', tenant || id)::ddb.item
  FROM unnest('{anna,bert}'::text[]) tenant, generate_series(1, 3) id;
GRANT SELECT, INSERT, UPDATE, DELETE ON dynamodb."Notes" TO ddb_anna, ddb_bert;
CREATE VIEW notes AS SELECT item FROM dynamodb."Notes" ORDER BY "Tenant", "Id";

-- without any policy there is nothing to see and nothing to write
ALTER TABLE dynamodb."Notes" ENABLE ROW LEVEL SECURITY;
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes"}');
SELECT ddb.get_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "1"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "1"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "4"}}}');
SELECT ddb.delete_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "1"}}}');
RESET ROLE;
SELECT count(*) FROM notes;

---- Tenants: one policy for everything

CREATE POLICY tenants ON dynamodb."Notes" USING ("Tenant" = current_user);
SET ROLE ddb_anna;
-- reads: what is hidden is neither returned nor counted
SELECT ddb.get_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "1"}}}');
SELECT ddb.get_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}}, "ReturnConsumedCapacity": "TOTAL"}');
SELECT ddb.batch_get_item('{"RequestItems": {"Notes": {"Keys": [
  {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "2"}}, {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "2"}}]}}}');
SELECT ddb.query('{"TableName": "Notes", "KeyConditionExpression": "Tenant = :t", "ExpressionAttributeValues": {":t": {"S": "ddb_anna"}}, "ScanIndexForward": false, "Limit": 2}');
SELECT ddb.query('{"TableName": "Notes", "KeyConditionExpression": "Tenant = :t", "ExpressionAttributeValues": {":t": {"S": "ddb_bert"}}, "ReturnConsumedCapacity": "TOTAL"}');
SELECT ddb.scan('{"TableName": "Notes"}');
SELECT ddb.scan('{"TableName": "Notes", "FilterExpression": "Id > :i", "ExpressionAttributeValues": {":i": {"S": "1"}}, "Select": "COUNT"}');
-- a page ends behind visible items only
SELECT ddb.scan('{"TableName": "Notes", "Limit": 3, "Select": "COUNT"}');
SELECT ddb.scan('{"TableName": "Notes", "Limit": 4, "Select": "COUNT"}');
-- SQL gives the same rows
SELECT "Tenant", "Id" FROM dynamodb."Notes" ORDER BY "Id";
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT "Id" FROM dynamodb."Notes";
RESET enable_seqscan;
SELECT jsonb_array_length(ddb.scan('{"TableName": "Notes"}')::jsonb -> 'Items') = (SELECT count(*) FROM dynamodb."Notes");

-- writes of one's own
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "1"}, "Text": {"S": "new"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "4"}}}');
SELECT ddb.update_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "2"}}, "UpdateExpression": "SET #t = :t", "ExpressionAttributeNames": {"#t": "Text"}, "ExpressionAttributeValues": {":t": {"S": "newer"}}, "ReturnValues": "ALL_NEW"}');
SELECT ddb.delete_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "3"}}, "ReturnValues": "ALL_OLD"}');
-- what is hidden is not written, and nothing of it is told
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}, "Text": {"S": "anna was here"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}, "Text": {"S": "bert1"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "4"}}}');
SELECT ddb.update_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}}, "UpdateExpression": "SET x = :x", "ExpressionAttributeValues": {":x": {"N": "1"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.update_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}}, "UpdateExpression": "REMOVE #t", "ExpressionAttributeNames": {"#t": "Text"}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.delete_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}}, "ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "TOTAL"}');
-- a condition is judged as if it were not there
\set VERBOSITY default
SELECT ddb.delete_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}}, "ConditionExpression": "attribute_exists(Id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}}, "ConditionExpression": "#t = :t", "ExpressionAttributeNames": {"#t": "Text"}, "ExpressionAttributeValues": {":t": {"S": "bert1"}}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(Id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}');
\set VERBOSITY terse
-- batches: all or nothing
SELECT ddb.batch_write_item('{"RequestItems": {"Notes": [{"PutRequest": {"Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "5"}}}},
  {"PutRequest": {"Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "5"}}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Notes": [{"PutRequest": {"Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "6"}}}},
  {"DeleteRequest": {"Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "2"}}}},
  {"DeleteRequest": {"Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "4"}}}}]}}');
SET ROLE ddb_bert;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
RESET ROLE;
TABLE notes;

---- Policies by command

DROP POLICY tenants ON dynamodb."Notes";
CREATE POLICY reading ON dynamodb."Notes" FOR SELECT USING (item ->> 'Text' IS DISTINCT FROM 'secret');
CREATE POLICY making ON dynamodb."Notes" FOR INSERT WITH CHECK ("Tenant" = current_user);
CREATE POLICY changing ON dynamodb."Notes" FOR UPDATE USING ("Tenant" = current_user)
  WITH CHECK ("Tenant" = current_user AND item ->> 'Text' IS DISTINCT FROM 'bad');
CREATE POLICY removing ON dynamodb."Notes" FOR DELETE USING ("Tenant" = current_user AND "Id" <> '1');
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
-- another's may be read, and not be changed
SELECT ddb.get_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}}}');
SELECT ddb.update_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}}, "UpdateExpression": "REMOVE #t", "ExpressionAttributeNames": {"#t": "Text"}}');
SELECT ddb.delete_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "9"}}}');
-- one's own by other rules for the old and the new
SELECT ddb.delete_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "1"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "7"}, "Text": {"S": "bad"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "6"}, "Text": {"S": "bad"}}}');
SELECT ddb.update_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "7"}}, "UpdateExpression": "SET x = :x", "ExpressionAttributeValues": {":x": {"N": "1"}}}');
SELECT ddb.update_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "7"}}, "UpdateExpression": "REMOVE #t", "ExpressionAttributeNames": {"#t": "Text"}}');
-- a new item needs to be visible where something of it is asked for, a changed one always
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "8"}, "Text": {"S": "secret"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "8"}, "Text": {"S": "secret"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "7"}, "Text": {"S": "secret"}}}');
-- and then it is hidden from its maker
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "8"}, "Text": {"S": "mine"}}}');
SELECT ddb.delete_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "8"}}}');
SELECT ddb.query('{"TableName": "Notes", "KeyConditionExpression": "Tenant = :t AND Id BETWEEN :a AND :b", "ExpressionAttributeValues": {":t": {"S": "ddb_anna"}, ":a": {"S": "6"}, ":b": {"S": "9"}}}');
RESET ROLE;
SELECT item FROM notes WHERE item ->> 'Id' > '3';

-- a restrictive policy holds besides, for the roles that it names
CREATE POLICY office ON dynamodb."Notes" AS RESTRICTIVE TO ddb_anna USING ("Id" <> '2');
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
SELECT ddb.get_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "2"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "2"}}}');
SET ROLE ddb_bert;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
RESET ROLE;
DROP POLICY reading ON dynamodb."Notes";
DROP POLICY making ON dynamodb."Notes";
DROP POLICY changing ON dynamodb."Notes";
DROP POLICY removing ON dynamodb."Notes";
DROP POLICY office ON dynamodb."Notes";

---- Subqueries and functions

CREATE TABLE member (role name, tenant text, level integer);
INSERT INTO member VALUES ('ddb_anna', 'ddb_anna', 1), ('ddb_anna', 'ddb_bert', 0), ('ddb_bert', 'ddb_bert', 1);
CREATE POLICY members ON dynamodb."Notes" USING ("Tenant" IN (SELECT tenant FROM member WHERE role = current_user))
  WITH CHECK (EXISTS (SELECT FROM member m WHERE m.role = current_user AND m.tenant = "Notes"."Tenant" AND m.level >= length("Notes".item ->> 'Text') / 10));
SET ROLE ddb_anna;
-- whoever asks needs to be allowed to read what the policy reads
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
RESET ROLE;
GRANT SELECT ON member TO ddb_anna, ddb_bert;
SET ROLE ddb_bert;
SELECT ddb.scan('{"TableName": "Notes"}');
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
SELECT count(*) FROM dynamodb."Notes";
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}, "Text": {"S": "short"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "1"}, "Text": {"S": "much longer"}}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Notes": [{"PutRequest": {"Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "a"}, "Text": {"S": "much longer"}}}},
  {"PutRequest": {"Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "b"}, "Text": {"S": "short"}}}},
  {"PutRequest": {"Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "c"}}}}]}}');
SELECT ddb.batch_write_item('{"RequestItems": {"Notes": [{"PutRequest": {"Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "a"}, "Text": {"S": "much longer"}}}},
  {"PutRequest": {"Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "b"}, "Text": {"S": "short"}}}},
  {"DeleteRequest": {"Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "3"}}}}]}}');
SELECT ddb.batch_get_item('{"RequestItems": {"Notes": {"Keys": [{"Tenant": {"S": "ddb_anna"}, "Id": {"S": "a"}}, {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "b"}}]}}}');
SELECT ddb.put_item(json_build_object('TableName', 'Notes', 'Item', json_build_object('Tenant', '{"S": "ddb_bert"}'::json, 'Id', '{"S": "long"}'::json, 'Text', '{"S": "x"}'::json, 'x', json_build_object('S', repeat('x', 300000)))));
SELECT length(ddb.get_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "long"}}}')::jsonb #>> '{Item,x,S}');
-- the table that the policy reads has policies too
RESET ROLE;
ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY low ON member USING (level < 1);
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes", "ProjectionExpression": "Id"}');
SET ROLE ddb_bert;
SELECT ddb.scan('{"TableName": "Notes", "ProjectionExpression": "Id"}');
RESET ROLE;
ALTER TABLE member DISABLE ROW LEVEL SECURITY;
-- whole rows, the table's OID; other system columns and subqueries do not go together
ALTER POLICY members ON dynamodb."Notes" USING (
  tableoid = 'dynamodb."Notes"'::regclass AND "Notes" IS NOT NULL AND
  EXISTS (SELECT FROM member m WHERE (m.tenant, "Notes".tableoid) = (("Notes"."Tenant"), (SELECT c.oid FROM pg_class c WHERE c.relname = 'Notes')) AND m.role = current_user));
SET ROLE ddb_bert;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
SELECT count(*) FROM dynamodb."Notes";
RESET ROLE;
ALTER POLICY members ON dynamodb."Notes" USING (ctid IS NOT NULL AND "Tenant" IN (SELECT tenant FROM member));
SET ROLE ddb_bert;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
RESET ROLE;
ALTER POLICY members ON dynamodb."Notes" USING (ctid IS NOT NULL AND "Tenant" = current_user);
SET ROLE ddb_bert;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
RESET ROLE;
-- a policy that leads back to its own table
ALTER POLICY members ON dynamodb."Notes" USING ("Id" IN (SELECT n."Id" FROM dynamodb."Notes" n));
SET ROLE ddb_bert;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
RESET ROLE;
-- functions see what the operation sees, and run in the role's rights
CREATE FUNCTION members_of(tenant text) RETURNS bigint LANGUAGE sql STABLE AS
  $$ SELECT count(*) FROM member m WHERE m.tenant = $1 $$;
CREATE FUNCTION may_see(id text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER AS
  $$ BEGIN RETURN id < (SELECT max(level)::text || '9' FROM member); END $$;
ALTER POLICY members ON dynamodb."Notes" USING (members_of("Tenant") = 1 AND may_see("Id")) WITH CHECK (members_of("Tenant") > 0);
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes", "ProjectionExpression": "Id"}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "nobody"}, "Id": {"S": "1"}}}');
RESET ROLE;
REVOKE SELECT ON member FROM ddb_anna;
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes", "ProjectionExpression": "Id"}');
RESET ROLE;
DROP POLICY members ON dynamodb."Notes";

---- Secondary indexes: the table's policies decide on their items too

SELECT ddb.create_table('{"TableName": "Songs", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "Band", "AttributeType": "S"}, {"AttributeName": "Title", "AttributeType": "S"}, {"AttributeName": "Year", "AttributeType": "N"}],
  "KeySchema": [{"AttributeName": "Band", "KeyType": "HASH"}, {"AttributeName": "Title", "KeyType": "RANGE"}],
  "GlobalSecondaryIndexes": [{"IndexName": "Years", "KeySchema": [{"AttributeName": "Year", "KeyType": "HASH"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}],
  "LocalSecondaryIndexes": [{"IndexName": "ByYear", "KeySchema": [{"AttributeName": "Band", "KeyType": "HASH"}, {"AttributeName": "Year", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}]}') IS NOT NULL AS created;
INSERT INTO dynamodb."Songs" (item)
  SELECT jsonb_build_object('Band', 'x', 'Title', 'song ' || i, 'Year', 1990 + i % 2, 'For', CASE WHEN i < 3 THEN 'ddb_anna' ELSE 'ddb_bert' END)::ddb.item
  FROM generate_series(1, 6) i;
GRANT SELECT, INSERT, UPDATE, DELETE ON dynamodb."Songs" TO ddb_anna;
ALTER TABLE dynamodb."Songs" ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON dynamodb."Songs" USING (item ->> 'For' = current_user);
SELECT ddb.query('{"TableName": "Songs", "IndexName": "Years", "KeyConditionExpression": "#y = :y", "ExpressionAttributeNames": {"#y": "Year"}, "ExpressionAttributeValues": {":y": {"N": "1990"}}, "Select": "COUNT"}');
SET ROLE ddb_anna;
SELECT ddb.query('{"TableName": "Songs", "IndexName": "Years", "KeyConditionExpression": "#y = :y", "ExpressionAttributeNames": {"#y": "Year"}, "ExpressionAttributeValues": {":y": {"N": "1990"}}, "ReturnConsumedCapacity": "TOTAL"}');
SELECT ddb.scan('{"TableName": "Songs", "IndexName": "Years", "Select": "COUNT"}');
SELECT ddb.query('{"TableName": "Songs", "IndexName": "ByYear", "KeyConditionExpression": "Band = :b", "ExpressionAttributeValues": {":b": {"S": "x"}}, "Select": "ALL_ATTRIBUTES", "ReturnConsumedCapacity": "TOTAL"}');
SELECT ddb.put_item('{"TableName": "Songs", "Item": {"Band": {"S": "x"}, "Title": {"S": "song 1"}, "Year": {"N": "1990"}, "For": {"S": "ddb_anna"}}}');
SELECT ddb.put_item('{"TableName": "Songs", "Item": {"Band": {"S": "x"}, "Title": {"S": "song 4"}, "Year": {"N": "1990"}, "For": {"S": "ddb_anna"}}}');
SELECT ddb.delete_item('{"TableName": "Songs", "Key": {"Band": {"S": "x"}, "Title": {"S": "song 4"}}, "ReturnConsumedCapacity": "INDEXES", "ReturnItemCollectionMetrics": "SIZE"}');
SELECT ddb.query('{"TableName": "Songs", "IndexName": "Years", "KeyConditionExpression": "#y = :y", "ExpressionAttributeNames": {"#y": "Year"}, "ExpressionAttributeValues": {":y": {"N": "1990"}}}');
SELECT ddb.scan('{"TableName": "Songs", "IndexName": "ByYear", "Limit": 1, "ProjectionExpression": "Title"}');
RESET ROLE;
-- and the relations of indexes are nobody's but the table's owner's
SET ROLE ddb_anna;
SELECT count(*) FROM dynamodb."Songs/Years";
RESET ROLE;
SELECT ddb.delete_table('{"TableName": "Songs"}') IS NOT NULL AS deleted;

---- Columns, triggers, constraints: rows that the executor writes

ALTER TABLE dynamodb."Notes"
  ADD COLUMN owner name NOT NULL DEFAULT current_user,
  ADD COLUMN text text GENERATED ALWAYS AS (item ->> 'Text') STORED;
CREATE POLICY owners ON dynamodb."Notes" USING (owner = current_user AND text IS DISTINCT FROM 'bad');
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "anna"}, "Text": {"S": "by anna"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "bad"}, "Text": {"S": "bad"}}}');
SELECT ddb.update_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "anna"}}, "UpdateExpression": "SET #t = :t", "ExpressionAttributeNames": {"#t": "Text"}, "ExpressionAttributeValues": {":t": {"S": "bad"}}}');
SELECT ddb.update_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "anna"}}, "UpdateExpression": "SET #t = :t", "ExpressionAttributeNames": {"#t": "Text"}, "ExpressionAttributeValues": {":t": {"S": "good"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "1"}}}');
SELECT ddb.delete_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "1"}}, "ReturnValues": "ALL_OLD"}');
SELECT ddb.scan('{"TableName": "Notes"}');
RESET ROLE;
-- what a trigger made of the row is checked
CREATE FUNCTION give_away() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN IF NEW.item ->> 'Text' = 'for bert' THEN NEW.owner := 'ddb_bert'; END IF; RETURN NEW; END $$;
CREATE TRIGGER give_away BEFORE INSERT OR UPDATE ON dynamodb."Notes" FOR EACH ROW EXECUTE FUNCTION give_away();
SET ROLE ddb_anna;
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "x"}, "Id": {"S": "1"}, "Text": {"S": "for bert"}}}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "anna"}, "Text": {"S": "for bert"}}}');
SELECT ddb.delete_item('{"TableName": "Notes", "Key": {"Tenant": {"S": "ddb_bert"}, "Id": {"S": "anna"}}, "ReturnValues": "ALL_OLD"}');
RESET ROLE;
SELECT "Tenant", "Id", owner = 'ddb_anna' AS anna FROM dynamodb."Notes" ORDER BY 1, 2;

---- Who is exempt, and who is not

ALTER TABLE dynamodb."Notes" OWNER TO ddb_owner;
SET ROLE ddb_owner;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
ALTER TABLE dynamodb."Notes" FORCE ROW LEVEL SECURITY;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "1"}}}');
RESET ROLE;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
RESET ROLE;
ALTER ROLE ddb_anna BYPASSRLS;
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
RESET ROLE;
ALTER ROLE ddb_anna NOBYPASSRLS;
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
-- not applying policies is an error, unless there are none to apply
SET row_security = off;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
SELECT ddb.put_item('{"TableName": "Notes", "Item": {"Tenant": {"S": "ddb_anna"}, "Id": {"S": "1"}}}');
RESET ROLE;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
RESET row_security;
-- the rights are those of the role that the operation runs as
CREATE FUNCTION count_notes() RETURNS text LANGUAGE sql SECURITY DEFINER AS
  $$ SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}') $$;
SET ROLE ddb_anna;
SELECT count_notes();
RESET ROLE;
ALTER TABLE dynamodb."Notes" DISABLE ROW LEVEL SECURITY;
SET ROLE ddb_anna;
SELECT ddb.scan('{"TableName": "Notes", "Select": "COUNT"}');
RESET ROLE;

DROP VIEW notes;
SELECT ddb.delete_table('{"TableName": "Notes"}') IS NOT NULL AS deleted;
DROP FUNCTION give_away, count_notes, members_of, may_see;
DROP TABLE member;
DROP OWNED BY ddb_anna, ddb_bert, ddb_owner;
DROP ROLE ddb_anna, ddb_bert, ddb_owner;
