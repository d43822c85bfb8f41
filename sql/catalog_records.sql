-- The extension's catalogs: how they name relations, what does not fit, what is
-- missing, and what goes with a dropped table.
CREATE FUNCTION create_kept(name text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.create_table(json_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "N"}]'::json,
		'KeySchema', '[{"AttributeName": "id", "KeyType": "HASH"}]'::json,
		'GlobalSecondaryIndexes', '[{"IndexName": "byG", "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "it''s"]}, "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}]}]'::json))
		#>> '{TableDescription,TableName}'
$$;
SELECT create_kept('Recorded');
SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'dynamodb."Recorded/byG"'::regclass;

-- a relation by its name, with its schema whatever the search path
SET search_path = dynamodb, public;
SELECT relation, relation::text, relation::regclass, relation::oid = '"Recorded"'::regclass::oid AS same FROM ddb.tables WHERE name = 'Recorded';
RESET search_path;
SELECT 'dynamodb."Recorded"'::ddb.relation, 'dynamodb.none'::ddb.relation, 'none.none'::ddb.relation, '-'::ddb.relation, '4294967295'::ddb.relation, '1259'::ddb.relation;
SELECT ''::ddb.relation;
SELECT 'a.b.c.d'::ddb.relation;
SELECT '4294967296'::ddb.relation;
SELECT 4294967295::oid::ddb.relation, 4294967295::oid::ddb.relation::text::ddb.relation;
SELECT 'pg_class'::ddb.relation;
SELECT ddb.relation_send('pg_class'::ddb.relation);
-- a role by its name, as it is
CREATE ROLE "-";
CREATE ROLE "10";
CREATE ROLE "a ""role""";
SELECT '-'::ddb.role, '10'::ddb.role, 'a "role"'::ddb.role, ''::ddb.role, 'ddb_role_that_is_not'::ddb.role, 4294967295::oid::ddb.role;
SELECT name, name::ddb.role::oid = (SELECT oid FROM pg_roles WHERE rolname = name) AS same FROM unnest('{-,10,"a \"role\"",ddb_role_that_is_not}'::text[]) AS name;
ALTER ROLE "10" RENAME TO ddb_renamed;
SELECT '10'::ddb.role::oid, 'ddb_renamed'::ddb.role;
DROP ROLE "-", ddb_renamed, "a ""role""";
SELECT count(*) FROM ddb.indexes i JOIN ddb.tables t ON t.relation = i.table_relation JOIN pg_class c ON c.oid = i.relation WHERE t.name = 'Recorded';

-- records that come from elsewhere
\set VERBOSITY terse
INSERT INTO ddb.tables VALUES ('Recorded', 'pg_catalog.pg_class', gen_random_uuid(), now(), '{}', '{}');
INSERT INTO ddb.tables VALUES ('Recorded.too', 'dynamodb."Recorded"', gen_random_uuid(), now(), '{}', '{}');
INSERT INTO ddb.tables VALUES ('Absent', 'dynamodb."Absent"', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', now(), '{"BillingMode":"PAY_PER_REQUEST"}', '{"a":"b"}');
INSERT INTO ddb.indexes VALUES ('dynamodb."Recorded"', 'byX', 'dynamodb."Recorded/byX"', 'GLOBAL', 'ALL', '{"L": []}', 'ACTIVE', '{}');
INSERT INTO ddb.indexes VALUES ('dynamodb."Recorded"', 'byG', 'pg_catalog.pg_class', 'GLOBAL', 'ALL', '{"L": []}', 'ACTIVE', '{}');
INSERT INTO ddb.backfills VALUES ('dynamodb."Absent/byG"', '{}', 0, 0, now());
INSERT INTO ddb.backfills VALUES ('dynamodb."Recorded/byG"', '{}', 0, 0, now());
INSERT INTO ddb.access_keys (access_key_id, secret_access_key, role) VALUES ('AKIAGONE', 'secret', 'ddb_role_that_is_not');
\set VERBOSITY default
SELECT name, relation FROM ddb.tables ORDER BY name;
SELECT ddb.list_tables('{}');
SELECT ddb.describe_table('{"TableName": "Absent"}');
SELECT ddb.delete_table('{"TableName": "Absent"}');
SELECT ddb.tag_resource('{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Absent", "Tags": []}');
SELECT * FROM ddb.check_catalog() ORDER BY 1;
BEGIN;
SELECT create_kept('Absent');
SELECT tags, relation FROM ddb.tables WHERE name = 'Absent';
ROLLBACK;
SELECT * FROM ddb.clean_catalog() ORDER BY 1;
SELECT * FROM ddb.clean_catalog();
SELECT * FROM ddb.check_catalog();
BEGIN READ ONLY;
SELECT * FROM ddb.check_catalog();
SELECT * FROM ddb.clean_catalog();
ROLLBACK;

-- a record that does not fit is named, whatever is wrong with it
CREATE FUNCTION misfit(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	message text;
BEGIN
	EXECUTE change;
	PERFORM ddb.put_item('{"TableName": "Recorded", "Item": {"id": {"S": "a"}, "g": {"N": "1"}}}');
	RAISE EXCEPTION 'it fits';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
	RETURN regexp_replace(message || ': ' || detail, '\d{5,}', '(number)', 'g');
END
$$;
SELECT misfit($$UPDATE ddb.indexes SET status = status$$);
SELECT misfit($$UPDATE ddb.indexes SET relation = 0::oid$$);
SELECT misfit($$UPDATE ddb.indexes SET relation = 4294967295::oid$$);
SELECT misfit($$UPDATE ddb.indexes SET relation = 'pg_catalog.pg_class'$$);
SELECT misfit($$UPDATE ddb.indexes SET relation = 'ddb.index_progress'$$);
SELECT misfit($$UPDATE ddb.indexes SET relation = 'ddb.tables_pkey'$$);
SELECT misfit($$UPDATE ddb.indexes SET relation = table_relation$$);
SELECT misfit($$UPDATE ddb.indexes SET name = 'other'$$);
SELECT misfit($$UPDATE ddb.indexes SET kind = 'NATIONAL'$$);
SELECT misfit($$UPDATE ddb.indexes SET projection = ''$$);
SELECT misfit($$UPDATE ddb.indexes SET status = 'DELETING'$$);
SELECT misfit($$UPDATE ddb.indexes SET non_key_attributes = '{"S": "x"}'$$);
SELECT misfit($$UPDATE ddb.indexes SET non_key_attributes = '{"L": [{"N": "1"}]}'$$);
SELECT misfit($$DROP TRIGGER ddb_index ON dynamodb."Recorded/byG"$$);
SELECT misfit($$DROP INDEX dynamodb."Recorded/byG_hash_hash1_idx"$$);
SELECT misfit($$UPDATE ddb.tables SET name = 'Renamed'; UPDATE ddb.tables SET name = 'Recorded' WHERE false$$);
SELECT misfit($$UPDATE ddb.indexes i SET table_relation = 'pg_catalog.pg_class'$$);

-- nor do they keep the check from the others
BEGIN;
DROP INDEX dynamodb."Recorded/byG_hash_hash1_idx";
SELECT problem, table_name, index_name, relation, removable FROM ddb.check_catalog();
UPDATE ddb.tables SET relation = 'ddb.tables_pkey';
SELECT problem, table_name, index_name, relation, removable FROM ddb.check_catalog() ORDER BY relation::text;
UPDATE ddb.tables SET relation = 'ddb.index_progress';
UPDATE ddb.indexes SET table_relation = 'ddb.tables_pkey', relation = 'ddb.indexes_pkey';
SELECT problem, table_name, index_name, relation, removable FROM ddb.check_catalog() ORDER BY relation::text;
ROLLBACK;

-- a guard that is not always up
BEGIN;
ALTER TABLE ddb.backfills DISABLE TRIGGER ALL;
ALTER TABLE ddb.backfills ENABLE TRIGGER ALL;
ALTER EVENT TRIGGER ddb_forget_dropped_tables DISABLE;
SELECT problem, relation, removable FROM ddb.check_catalog() ORDER BY problem COLLATE "C";
SELECT substring(problem from 'ALTER .*') COLLATE "C" FROM ddb.check_catalog() ORDER BY 1 \gexec
SELECT problem, relation, removable FROM ddb.check_catalog();
ROLLBACK;

-- a relation that has lost its record, and gets it back
SELECT ddb.put_item(json_build_object('TableName', 'Recorded', 'Item', json_build_object('id', json_build_object('S', n::text), 'g', json_build_object('N', (n % 3)::text), 'x', json_build_object('N', n::text))))
	FROM generate_series(1, 10) n;
DELETE FROM ddb.indexes;
DELETE FROM ddb.tables;
SELECT * FROM ddb.check_catalog() ORDER BY relation::text;
-- not kept by the indexes now
UPDATE dynamodb."Recorded" SET item = '{"id": {"S": "1"}, "g": {"N": "2"}}' WHERE id = '1';
DELETE FROM dynamodb."Recorded" WHERE id = '2';
SELECT ddb.register_table('dynamodb."Recorded"', 'no name');
SELECT ddb.register_table('dynamodb."Recorded"', 'x');
SELECT ddb.register_table(NULL);
SELECT ddb.register_table('dynamodb."Recorded/byG"');
SELECT ddb.register_table('ddb.tables');
SELECT ddb.register_table(4294967295::oid::regclass);
SELECT ddb.register_table('dynamodb."Recorded"');
DO $$
BEGIN
	FOR i IN 1..600 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM ddb.indexes WHERE status = 'CREATING');
		COMMIT;
		PERFORM pg_sleep(0.05);
	END LOOP;
END
$$;
SELECT name, relation, settings, tags FROM ddb.tables;
SELECT name, relation, kind, projection, non_key_attributes, status FROM ddb.indexes;
SELECT item FROM dynamodb."Recorded/byG" ORDER BY g, id;
SELECT * FROM ddb.check_indexes();
SELECT * FROM ddb.check_catalog();

-- what depends on an index's relation goes with the table, if the command says so
CREATE VIEW on_index AS SELECT item FROM dynamodb."Recorded/byG";
DROP TABLE dynamodb."Recorded";
DROP TABLE dynamodb."Recorded" CASCADE;
SELECT to_regclass('on_index'), to_regclass('dynamodb."Recorded/byG"');
SELECT count(*) FROM ddb.indexes;

-- nor does a relation stay that lacks something
SELECT create_kept('Recorded');
BEGIN;
DROP INDEX dynamodb."Recorded/byG_hash_hash1_idx";
DROP TABLE dynamodb."Recorded";
COMMIT;
SELECT to_regclass('dynamodb."Recorded/byG"');

-- U+0000 ends no name
SELECT create_kept('Marked');
SELECT ddb.list_tags_of_resource('{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Marked\u0000/x"}');
SELECT ddb.tag_resource('{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Marked\u0000/x", "Tags": [{"Key": "a", "Value": "b"}]}');
SELECT ddb.untag_resource('{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Marked\u0000/x", "TagKeys": ["a"]}');
SELECT ddb.tag_resource('{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Marked", "Tags": [{"Key": "a\u0000b", "Value": "b"}]}');
SELECT ddb.tag_resource('{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Marked", "Tags": [{"Key": "a", "Value": "b\u0000"}]}');
SELECT ddb.untag_resource('{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Marked", "TagKeys": ["a\u0000b"]}');
SELECT ddb.describe_table('{"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/Marked\u0000"}');
SELECT ddb.update_table('{"TableName": "Marked", "TableClass": "STANDARD\u0000"}');
DROP TABLE dynamodb."Marked";
DROP FUNCTION create_kept, misfit;
