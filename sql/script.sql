-- What the library relies on of the extension's SQL script: the columns of the catalogs, which it
-- reads by their numbers. Where this has to change once a release has had it, SCRIPT_EDITION in
-- src/script.c and ddb.script_edition() are raised with it; CONTRIBUTING.md tells what else there is to do.
\pset format unaligned
SELECT ddb.script_edition();
SELECT c.relname AS catalog, string_agg(a.attname || ' ' || format_type(a.atttypid, NULL), ', ' ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = 'ddb'::regnamespace AND c.relkind = 'r' AND c.relname !~ '^change_segment_'
GROUP BY c.relname ORDER BY c.relname COLLATE "C";

-- pg_upgrade refuses a database with a column of one of these types, whose form or meaning another version may not have.
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'ddb'::regnamespace AND c.relkind IN ('r', 'm', 'i') AND
	format_type(a.atttypid, NULL) ~ '^(aclitem|reg(collation|config|dictionary|namespace|oper|operator|proc|procedure)|pg_[a-z]+_list)(\[\])?$';

-- The library goes by what the function says, at once.
\set VERBOSITY terse
BEGIN;
CREATE OR REPLACE FUNCTION ddb.script_edition() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 0';
SELECT ddb.list_tables('{}');
ROLLBACK;
BEGIN;
CREATE OR REPLACE FUNCTION ddb.script_edition() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 1000';
SELECT ddb.list_tables('{}');
ROLLBACK;
SELECT ddb.list_tables('{}') ->> 'TableNames' IS NOT NULL AS listed;
