-- The catalog is written as the extension's owner, whatever the caller's
-- search_path finds first.
CREATE ROLE regress_search_path;
CREATE SCHEMA regress_search_path AUTHORIZATION regress_search_path;
GRANT CREATE ON SCHEMA dynamodb TO regress_search_path;
SET ROLE regress_search_path;

CREATE FUNCTION regress_search_path.compare(oid, oid) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN RAISE NOTICE 'compare as %', current_user; RETURN true; END $$;
CREATE OPERATOR regress_search_path.= (FUNCTION = regress_search_path.compare, LEFTARG = oid, RIGHTARG = oid);
CREATE FUNCTION regress_search_path.compare(text, text) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN RAISE NOTICE 'compare as %', current_user; RETURN true; END $$;
CREATE OPERATOR regress_search_path.= (FUNCTION = regress_search_path.compare, LEFTARG = text, RIGHTARG = text);
SET search_path = regress_search_path, pg_catalog;

SELECT ddb.create_table('{"TableName": "Paths", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}') -> 'TableDescription' ->> 'TableName' AS created;
SELECT ddb.update_table('{"TableName": "Paths", "DeletionProtectionEnabled": true}')
  -> 'TableDescription' ->> 'DeletionProtectionEnabled' AS protected;
CREATE TEMPORARY TABLE other ();
DROP TABLE other;
SELECT name FROM ddb.tables WHERE name OPERATOR(pg_catalog.=) 'Paths';
DROP TABLE dynamodb."Paths";
SELECT name FROM ddb.tables WHERE name OPERATOR(pg_catalog.=) 'Paths';
-- the caller's own path is left as it was
SHOW search_path;

RESET search_path;
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA regress_search_path CASCADE;
REVOKE CREATE ON SCHEMA dynamodb FROM regress_search_path;
DROP ROLE regress_search_path;
