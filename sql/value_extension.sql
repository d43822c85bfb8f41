-- CREATE EXTENSION refuses other encodings, and DROP EXTENSION leaves nothing.
SELECT current_database() AS database \gset
CREATE DATABASE ddb_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C';
\c ddb_ascii
\set SHOW_CONTEXT never
CREATE EXTENSION ddb;
\set SHOW_CONTEXT errors
\c :database
DROP DATABASE ddb_ascii;
CREATE DATABASE ddb_again TEMPLATE template0 ENCODING 'UTF8';
\c ddb_again
CREATE EXTENSION ddb;
CREATE TABLE movies (year ddb.number, item ddb.item);
INSERT INTO movies VALUES (2013, '{"year":{"N":"2013"}}');
DROP EXTENSION ddb;
DROP TABLE movies;
DROP EXTENSION ddb;
SELECT (SELECT count(*) FROM pg_operator WHERE oid >= 16384) AS operators, (SELECT count(*) FROM pg_proc WHERE oid >= 16384) AS functions,
	(SELECT count(*) FROM pg_type WHERE oid >= 16384) AS types, (SELECT count(*) FROM pg_cast WHERE oid >= 16384) AS casts;
CREATE EXTENSION ddb;
SELECT 2013::ddb.number = '2013.0', '{"a":{"N":"1"}}'::ddb.item -> 'a';
\c :database
DROP DATABASE ddb_again;

-- Types, operators and operator classes as PostgreSQL itself judges them.  That
-- of strings has operators with text, but lacks text's own, which go by collation.
-- Neither of two values of different types is less, so those comparisons have no negator.
SELECT opcname, amname, amvalidate(o.oid) AS valid
FROM pg_opclass o JOIN pg_am a ON a.oid = opcmethod WHERE opcname IN ('item_ops', 'attribute_value_ops', 'number_ops', 'binary_ops') ORDER BY 1, 2;
SELECT oprname, oprleft::regtype, oprright::regtype FROM pg_operator o JOIN pg_depend d ON d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e'
WHERE oprcode = 0 OR (oprname IN ('=', '<>', '<', '<=', '>', '>=') AND (oprcom = 0 OR oprrest = 0 OR oprjoin = 0 OR
  (oprnegate = 0) <> (oprname NOT IN ('=', '<>') AND (oprleft = 'ddb.attribute_value'::regtype) <> (oprright = 'ddb.attribute_value'::regtype))));
SELECT proname FROM pg_proc p JOIN pg_type t ON p.oid IN (typinput, typoutput, typreceive, typsend) WHERE t.typnamespace = 'ddb'::regnamespace AND provolatile <> 'i' AND typtype = 'b' AND typelem = 0 AND typname NOT IN ('relation', 'role');
