\echo Use "CREATE EXTENSION ddb" to load this file. \quit

-- Attribute values are UTF-8, and so must be the text that they are read from.
DO $$
BEGIN
	IF pg_catalog.getdatabaseencoding() <> 'UTF8' THEN
		RAISE EXCEPTION 'ddb needs a database with encoding UTF8, this one has %',
				pg_catalog.getdatabaseencoding()
			USING ERRCODE = 'feature_not_supported',
				HINT = 'Create the database with ENCODING UTF8 TEMPLATE template0.';
	END IF;
END
$$;

-- Whoever owns a schema, or may create in it, can put functions and operators in
-- the way of the extension's own.  A dump makes the schema before the extension,
-- as a superuser, so one that nobody else can touch and nothing is in will do.
DO $$
DECLARE
	place pg_catalog.pg_namespace;
BEGIN
	IF pg_catalog.to_regnamespace('dynamodb') IS NOT NULL THEN
		RAISE EXCEPTION 'schema "dynamodb" is there already'
			USING ERRCODE = 'duplicate_schema',
				DETAIL = 'ddb makes this schema itself, for the relations of its tables.',
				HINT = 'Rename or drop the schema.';
	END IF;
	SELECT * INTO STRICT place FROM pg_catalog.pg_namespace
		WHERE nspname OPERATOR(pg_catalog.=) '@extschema@';
	IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE oid OPERATOR(pg_catalog.=) place.nspowner) OR
		EXISTS (SELECT FROM pg_catalog.aclexplode(place.nspacl)
			WHERE grantee OPERATOR(pg_catalog.<>) place.nspowner AND privilege_type OPERATOR(pg_catalog.=) 'CREATE')
	THEN
		RAISE EXCEPTION 'schema "%" is open to others than superusers', place.nspname
			USING ERRCODE = 'invalid_schema_name',
				DETAIL = 'Whoever made it could replace what the extension puts there.',
				HINT = 'Rename or drop the schema; CREATE EXTENSION makes it itself.';
	END IF;
	IF EXISTS (SELECT FROM pg_catalog.pg_depend
		WHERE refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_namespace'::pg_catalog.regclass AND
			refobjid OPERATOR(pg_catalog.=) place.oid AND
			classid OPERATOR(pg_catalog.<>) 'pg_catalog.pg_extension'::pg_catalog.regclass)
	THEN
		RAISE EXCEPTION 'schema "%" is not empty', place.nspname
			USING ERRCODE = 'invalid_schema_name',
				DETAIL = 'What is there would get into the way of what the extension puts there.',
				HINT = 'Rename or drop the schema; CREATE EXTENSION makes it itself.';
	END IF;
END
$$;

-- Which script this is, for the library: a body of these very words, and the number of
-- SCRIPT_EDITION in src/script.c.
CREATE FUNCTION script_edition() RETURNS integer
	LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 3';
COMMENT ON FUNCTION script_edition() IS 'which SQL script the extension has in this database; the library goes with one of them';

CREATE FUNCTION extension_changed() RETURNS event_trigger
	AS 'MODULE_PATHNAME', 'ddb_extension_changed' LANGUAGE C;
REVOKE ALL ON FUNCTION extension_changed() FROM PUBLIC;
CREATE EVENT TRIGGER ddb_extension_changed ON ddl_command_end WHEN TAG IN ('ALTER EXTENSION')
	EXECUTE FUNCTION extension_changed();
ALTER EVENT TRIGGER ddb_extension_changed ENABLE ALWAYS;

-- ==========================================================================
-- Types
--
-- Operators are in pg_catalog, as those of PostgreSQL's own types are: SQL finds
-- an operator by search_path only, and "WHERE year = 2013" must find the index
-- whatever that says.  So are min and max, or else max(title) would be that of
-- text, by collation.  Everything else is in the extension's schema.
-- ==========================================================================

-- ---- attribute_value and item ----

CREATE TYPE attribute_value;
CREATE TYPE item;

CREATE FUNCTION attribute_value_in(cstring) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_in';
CREATE FUNCTION attribute_value_out(attribute_value) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_out';
CREATE FUNCTION attribute_value_recv(internal) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_recv';
CREATE FUNCTION attribute_value_send(attribute_value) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_send';
CREATE FUNCTION item_in(cstring) RETURNS item
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'item_in';
CREATE FUNCTION item_out(item) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'item_out';
CREATE FUNCTION item_recv(internal) RETURNS item
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'item_recv';
CREATE FUNCTION item_send(item) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_send';

CREATE TYPE attribute_value (
	INPUT = attribute_value_in, OUTPUT = attribute_value_out, RECEIVE = attribute_value_recv, SEND = attribute_value_send,
	INTERNALLENGTH = VARIABLE, STORAGE = extended
);
CREATE TYPE item (
	INPUT = item_in, OUTPUT = item_out, RECEIVE = item_recv, SEND = item_send,
	INTERNALLENGTH = VARIABLE, STORAGE = extended
);

COMMENT ON TYPE attribute_value IS 'DynamoDB attribute value of any type';
COMMENT ON TYPE item IS 'DynamoDB item: a map of attributes';

CREATE FUNCTION attribute_value_eq(attribute_value, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_eq';
CREATE FUNCTION attribute_value_ne(attribute_value, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_ne';
CREATE FUNCTION attribute_value_lt(attribute_value, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_lt';
CREATE FUNCTION attribute_value_le(attribute_value, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_le';
CREATE FUNCTION attribute_value_gt(attribute_value, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_gt';
CREATE FUNCTION attribute_value_ge(attribute_value, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = attribute_value_eq, LEFTARG = attribute_value, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR pg_catalog.<> (FUNCTION = attribute_value_ne, LEFTARG = attribute_value, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = attribute_value_lt, LEFTARG = attribute_value, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = attribute_value_le, LEFTARG = attribute_value, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = attribute_value_gt, LEFTARG = attribute_value, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = attribute_value_ge, LEFTARG = attribute_value, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION attribute_value_cmp(attribute_value, attribute_value) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_cmp';
CREATE FUNCTION attribute_value_hash(attribute_value) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash';
CREATE FUNCTION attribute_value_hash_extended(attribute_value, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash_extended';

CREATE OPERATOR CLASS attribute_value_ops DEFAULT FOR TYPE attribute_value USING btree AS
	OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=,
	OPERATOR 4 pg_catalog.>=, OPERATOR 5 pg_catalog.>,
	FUNCTION 1 attribute_value_cmp(attribute_value, attribute_value), FUNCTION 4 btequalimage(oid);

CREATE OPERATOR CLASS attribute_value_ops DEFAULT FOR TYPE attribute_value USING hash AS
	OPERATOR 1 pg_catalog.=,
	FUNCTION 1 attribute_value_hash(attribute_value), FUNCTION 2 attribute_value_hash_extended(attribute_value, bigint);

CREATE FUNCTION item_eq(item, item) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_eq';
CREATE FUNCTION item_ne(item, item) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_ne';
CREATE FUNCTION item_lt(item, item) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_lt';
CREATE FUNCTION item_le(item, item) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_le';
CREATE FUNCTION item_gt(item, item) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_gt';
CREATE FUNCTION item_ge(item, item) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = item_eq, LEFTARG = item, RIGHTARG = item,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR pg_catalog.<> (FUNCTION = item_ne, LEFTARG = item, RIGHTARG = item,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = item_lt, LEFTARG = item, RIGHTARG = item,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = item_le, LEFTARG = item, RIGHTARG = item,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = item_gt, LEFTARG = item, RIGHTARG = item,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = item_ge, LEFTARG = item, RIGHTARG = item,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION item_cmp(item, item) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_cmp';
CREATE FUNCTION item_hash(item) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash';
CREATE FUNCTION item_hash_extended(item, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash_extended';

CREATE OPERATOR CLASS item_ops DEFAULT FOR TYPE item USING btree AS
	OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=,
	OPERATOR 4 pg_catalog.>=, OPERATOR 5 pg_catalog.>,
	FUNCTION 1 item_cmp(item, item), FUNCTION 4 btequalimage(oid);

CREATE OPERATOR CLASS item_ops DEFAULT FOR TYPE item USING hash AS
	OPERATOR 1 pg_catalog.=,
	FUNCTION 1 item_hash(item), FUNCTION 2 item_hash_extended(item, bigint);

-- Reaching inside; what is not there is NULL.

CREATE FUNCTION attribute(item, text) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_get';
CREATE OPERATOR pg_catalog.-> (FUNCTION = attribute, LEFTARG = item, RIGHTARG = text);
CREATE FUNCTION attribute_text(item, text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_get_text';
CREATE OPERATOR pg_catalog.->> (FUNCTION = attribute_text, LEFTARG = item, RIGHTARG = text);
CREATE FUNCTION path(item, text) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'path_get';
CREATE OPERATOR pg_catalog.#> (FUNCTION = path, LEFTARG = item, RIGHTARG = text);
CREATE FUNCTION path_text(item, text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'path_get_text';
CREATE OPERATOR pg_catalog.#>> (FUNCTION = path_text, LEFTARG = item, RIGHTARG = text);
CREATE FUNCTION attribute_exists(item, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_exists';
CREATE OPERATOR pg_catalog.? (FUNCTION = attribute_exists, LEFTARG = item, RIGHTARG = text, RESTRICT = contsel, JOIN = contjoinsel);
CREATE FUNCTION attribute(attribute_value, text) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_get';
CREATE OPERATOR pg_catalog.-> (FUNCTION = attribute, LEFTARG = attribute_value, RIGHTARG = text);
CREATE FUNCTION attribute_text(attribute_value, text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_get_text';
CREATE OPERATOR pg_catalog.->> (FUNCTION = attribute_text, LEFTARG = attribute_value, RIGHTARG = text);
CREATE FUNCTION element(attribute_value, integer) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'element_get';
CREATE OPERATOR pg_catalog.-> (FUNCTION = element, LEFTARG = attribute_value, RIGHTARG = integer);
CREATE FUNCTION element_text(attribute_value, integer) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'element_get_text';
CREATE OPERATOR pg_catalog.->> (FUNCTION = element_text, LEFTARG = attribute_value, RIGHTARG = integer);
CREATE FUNCTION path(attribute_value, text) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'path_get';
CREATE OPERATOR pg_catalog.#> (FUNCTION = path, LEFTARG = attribute_value, RIGHTARG = text);
CREATE FUNCTION path_text(attribute_value, text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'path_get_text';
CREATE OPERATOR pg_catalog.#>> (FUNCTION = path_text, LEFTARG = attribute_value, RIGHTARG = text);
CREATE FUNCTION attribute_exists(attribute_value, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_exists';
CREATE OPERATOR pg_catalog.? (FUNCTION = attribute_exists, LEFTARG = attribute_value, RIGHTARG = text, RESTRICT = contsel, JOIN = contjoinsel);

CREATE FUNCTION item_size(item) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_item_size';
CREATE FUNCTION attribute_type(attribute_value) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_type';

COMMENT ON FUNCTION item_size(item) IS 'the item''s size by DynamoDB''s counting, in bytes';
COMMENT ON FUNCTION attribute_type(attribute_value) IS 'S, N, B, BOOL, NULL, M, L, SS, NS or BS';
COMMENT ON FUNCTION attribute(item, text) IS 'the value of the item''s attribute of that name, or NULL';
COMMENT ON OPERATOR pg_catalog.-> (item, text) IS 'attribute by name';
COMMENT ON FUNCTION attribute_text(item, text) IS 'the value of that name as plain text, or NULL';
COMMENT ON OPERATOR pg_catalog.->> (item, text) IS 'attribute by name, as plain text';
COMMENT ON FUNCTION path(item, text) IS 'the value at a document path (info.actors[0]), or NULL';
COMMENT ON OPERATOR pg_catalog.#> (item, text) IS 'value at a document path';
COMMENT ON FUNCTION path_text(item, text) IS 'the value at a document path as plain text, or NULL';
COMMENT ON OPERATOR pg_catalog.#>> (item, text) IS 'value at a document path, as plain text';
COMMENT ON FUNCTION attribute_exists(item, text) IS 'whether the item has an attribute of that name';
COMMENT ON OPERATOR pg_catalog.? (item, text) IS 'attribute exists';
COMMENT ON FUNCTION attribute(attribute_value, text) IS 'the value of the map''s member of that name, or NULL';
COMMENT ON OPERATOR pg_catalog.-> (attribute_value, text) IS 'attribute by name';
COMMENT ON FUNCTION attribute_text(attribute_value, text) IS 'the value of that name as plain text, or NULL';
COMMENT ON OPERATOR pg_catalog.->> (attribute_value, text) IS 'attribute by name, as plain text';
COMMENT ON FUNCTION path(attribute_value, text) IS 'the value at a document path (info.actors[0]), or NULL';
COMMENT ON OPERATOR pg_catalog.#> (attribute_value, text) IS 'value at a document path';
COMMENT ON FUNCTION path_text(attribute_value, text) IS 'the value at a document path as plain text, or NULL';
COMMENT ON OPERATOR pg_catalog.#>> (attribute_value, text) IS 'value at a document path, as plain text';
COMMENT ON FUNCTION attribute_exists(attribute_value, text) IS 'whether the map has an attribute of that name';
COMMENT ON OPERATOR pg_catalog.? (attribute_value, text) IS 'attribute exists';
COMMENT ON FUNCTION element(attribute_value, integer) IS 'the list''s element at that index, from 0 or, below 0, from the end; or NULL';
COMMENT ON OPERATOR pg_catalog.-> (attribute_value, integer) IS 'list element';
COMMENT ON FUNCTION element_text(attribute_value, integer) IS 'the list''s element at that index as plain text, or NULL';
COMMENT ON OPERATOR pg_catalog.->> (attribute_value, integer) IS 'list element, as plain text';

-- DynamoDB's file formats (src/transfer/item_file.h).

CREATE FUNCTION read_items(data bytea, format text DEFAULT 'DYNAMODB_JSON', compression text DEFAULT 'NONE',
		delimiter text DEFAULT ',', header text[] DEFAULT NULL, key_types jsonb DEFAULT NULL,
		OUT record bigint, OUT item item, OUT problem text) RETURNS SETOF record
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION read_items(bytea, text, text, text, text[], jsonb) IS
	'the items of a file in DynamoDB JSON, Ion or CSV, and what is wrong with records that are none';

CREATE FUNCTION write_items_step(internal, item) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION write_items_step(internal, item, text) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION write_items_step(internal, item, text, text) RETURNS internal
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION write_items_end(internal) RETURNS bytea
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE AGGREGATE write_items(item) (SFUNC = write_items_step, STYPE = internal,
	FINALFUNC = write_items_end, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE);
CREATE AGGREGATE write_items(item, format text) (SFUNC = write_items_step, STYPE = internal,
	FINALFUNC = write_items_end, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE);
CREATE AGGREGATE write_items(item, format text, compression text) (SFUNC = write_items_step, STYPE = internal,
	FINALFUNC = write_items_end, FINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE);
COMMENT ON AGGREGATE write_items(item) IS 'a file of the items in DynamoDB JSON';
COMMENT ON AGGREGATE write_items(item, text) IS 'a file of the items in DynamoDB JSON or Ion';
COMMENT ON AGGREGATE write_items(item, text, text) IS 'a compressed file of the items';

CREATE FUNCTION item_from_line(line text, format text DEFAULT 'DYNAMODB_JSON') RETURNS item
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
CREATE FUNCTION item_to_line(item, format text DEFAULT 'DYNAMODB_JSON') RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION item_from_line(text, text) IS 'the item in a line of a file in DynamoDB JSON or Ion';
COMMENT ON FUNCTION item_to_line(item, text) IS 'the line of an item in a file in DynamoDB JSON or Ion';

-- Casts: to and from plain JSON and SQL's own types.  An attribute value of
-- type NULL becomes SQL's NULL.  A text becomes an attribute value by being read
-- as DynamoDB JSON; attribute_value_from_text() makes a string of it.

CREATE FUNCTION item_to_jsonb(item) RETURNS jsonb
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_to_jsonb';
CREATE FUNCTION attribute_value_to_jsonb(attribute_value) RETURNS jsonb
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_to_jsonb';
CREATE FUNCTION item_to_json(item) RETURNS json
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_to_json_type';
CREATE FUNCTION attribute_value_to_json(attribute_value) RETURNS json
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_to_json_type';
CREATE FUNCTION item_from_jsonb(jsonb) RETURNS item
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'item_from_jsonb';
CREATE FUNCTION attribute_value_from_jsonb(jsonb) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_from_jsonb';
CREATE FUNCTION item_from_json(json) RETURNS item
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'item_from_json';
CREATE FUNCTION attribute_value_from_json(json) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_from_json';
CREATE FUNCTION attribute_value_to_item(attribute_value) RETURNS item
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_to_item';
CREATE FUNCTION attribute_value_to_text(attribute_value) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_to_text';
CREATE FUNCTION attribute_value_to_numeric(attribute_value) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_to_numeric';
CREATE FUNCTION attribute_value_to_int4(attribute_value) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_to_int4';
CREATE FUNCTION attribute_value_to_int8(attribute_value) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_to_int8';
CREATE FUNCTION attribute_value_to_float8(attribute_value) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_to_float8';
CREATE FUNCTION attribute_value_to_boolean(attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_to_boolean';
CREATE FUNCTION attribute_value_to_bytea(attribute_value) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_to_bytea';
CREATE FUNCTION attribute_value_from_text(text) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_from_text';
CREATE FUNCTION attribute_value_from_numeric(numeric) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_from_numeric';
CREATE FUNCTION attribute_value_from_int4(integer) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_from_int4';
CREATE FUNCTION attribute_value_from_int8(bigint) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_from_int8';
CREATE FUNCTION attribute_value_from_boolean(boolean) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_from_boolean';
CREATE FUNCTION attribute_value_from_bytea(bytea) RETURNS attribute_value
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'attribute_value_from_bytea';

COMMENT ON FUNCTION attribute_value_from_text(text) IS 'the text as an attribute value of type S';

CREATE CAST (item AS attribute_value) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (attribute_value AS item) WITH FUNCTION attribute_value_to_item(attribute_value);
CREATE CAST (item AS jsonb) WITH FUNCTION item_to_jsonb(item);
CREATE CAST (jsonb AS item) WITH FUNCTION item_from_jsonb(jsonb);
CREATE CAST (json AS item) WITH FUNCTION item_from_json(json);
-- to_json(), to_jsonb(), row_to_json() and their like look for a cast to json.
CREATE CAST (item AS json) WITH FUNCTION item_to_json(item);
CREATE CAST (attribute_value AS json) WITH FUNCTION attribute_value_to_json(attribute_value);
CREATE CAST (attribute_value AS jsonb) WITH FUNCTION attribute_value_to_jsonb(attribute_value);
CREATE CAST (jsonb AS attribute_value) WITH FUNCTION attribute_value_from_jsonb(jsonb);
CREATE CAST (json AS attribute_value) WITH FUNCTION attribute_value_from_json(json);
CREATE CAST (attribute_value AS text) WITH FUNCTION attribute_value_to_text(attribute_value);
CREATE CAST (attribute_value AS numeric) WITH FUNCTION attribute_value_to_numeric(attribute_value);
CREATE CAST (attribute_value AS integer) WITH FUNCTION attribute_value_to_int4(attribute_value);
CREATE CAST (attribute_value AS bigint) WITH FUNCTION attribute_value_to_int8(attribute_value);
CREATE CAST (attribute_value AS double precision) WITH FUNCTION attribute_value_to_float8(attribute_value);
CREATE CAST (attribute_value AS boolean) WITH FUNCTION attribute_value_to_boolean(attribute_value);
CREATE CAST (attribute_value AS bytea) WITH FUNCTION attribute_value_to_bytea(attribute_value);
CREATE CAST (numeric AS attribute_value) WITH FUNCTION attribute_value_from_numeric(numeric);
CREATE CAST (integer AS attribute_value) WITH FUNCTION attribute_value_from_int4(integer);
CREATE CAST (bigint AS attribute_value) WITH FUNCTION attribute_value_from_int8(bigint);
CREATE CAST (boolean AS attribute_value) WITH FUNCTION attribute_value_from_boolean(boolean);
CREATE CAST (bytea AS attribute_value) WITH FUNCTION attribute_value_from_bytea(bytea);

-- ---- The types of key attributes ----
--
-- Their bytes are ordered as DynamoDB orders keys: strings by UTF-8 bytes,
-- numbers by value, binaries by unsigned bytes.

CREATE TYPE string;
CREATE TYPE number;
CREATE TYPE "binary";

CREATE FUNCTION string_in(cstring) RETURNS string
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_in';
CREATE FUNCTION string_out(string) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_out';
CREATE FUNCTION string_recv(internal) RETURNS string
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_recv';
CREATE FUNCTION string_send(string) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_send';
CREATE FUNCTION number_in(cstring) RETURNS number
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_in';
CREATE FUNCTION number_out(number) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_out';
CREATE FUNCTION number_recv(internal) RETURNS number
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_recv';
CREATE FUNCTION number_send(number) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_send';
CREATE FUNCTION binary_in(cstring) RETURNS binary
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'binary_in';
CREATE FUNCTION binary_out(binary) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'binary_out';
CREATE FUNCTION binary_recv(internal) RETURNS binary
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'binary_recv';
CREATE FUNCTION binary_send(binary) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_send';

-- number is preferred in its category, so that "year = 2013" compares numbers.
CREATE TYPE string (
	INPUT = string_in, OUTPUT = string_out, RECEIVE = string_recv, SEND = string_send,
	INTERNALLENGTH = VARIABLE, STORAGE = extended, CATEGORY = 'S'
);
CREATE TYPE number (
	INPUT = number_in, OUTPUT = number_out, RECEIVE = number_recv, SEND = number_send,
	INTERNALLENGTH = VARIABLE, STORAGE = extended, CATEGORY = 'N', PREFERRED = true
);
CREATE TYPE "binary" (
	INPUT = binary_in, OUTPUT = binary_out, RECEIVE = binary_recv, SEND = binary_send,
	INTERNALLENGTH = VARIABLE, STORAGE = extended, CATEGORY = 'U'
);

COMMENT ON TYPE string IS 'key attribute of type S';
COMMENT ON TYPE number IS 'key attribute of type N';
COMMENT ON TYPE binary IS 'key attribute of type B';

CREATE FUNCTION string_eq(string, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_eq';
CREATE FUNCTION string_ne(string, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ne';
CREATE FUNCTION string_lt(string, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_lt';
CREATE FUNCTION string_le(string, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_le';
CREATE FUNCTION string_gt(string, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_gt';
CREATE FUNCTION string_ge(string, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = string_eq, LEFTARG = string, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR pg_catalog.<> (FUNCTION = string_ne, LEFTARG = string, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = string_lt, LEFTARG = string, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = string_le, LEFTARG = string, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = string_gt, LEFTARG = string, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = string_ge, LEFTARG = string, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION string_cmp(string, string) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_cmp';
CREATE FUNCTION string_hash(string) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash';
CREATE FUNCTION string_hash_extended(string, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash_extended';
CREATE FUNCTION string_larger(string, string) RETURNS string
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_larger';
CREATE FUNCTION string_smaller(string, string) RETURNS string
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_smaller';

-- string and text compare as they are, by bytes.
CREATE FUNCTION string_text_eq(string, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_eq';
CREATE FUNCTION string_text_ne(string, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ne';
CREATE FUNCTION string_text_lt(string, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_lt';
CREATE FUNCTION string_text_le(string, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_le';
CREATE FUNCTION string_text_gt(string, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_gt';
CREATE FUNCTION string_text_ge(string, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = string_text_eq, LEFTARG = string, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES);
CREATE OPERATOR pg_catalog.<> (FUNCTION = string_text_ne, LEFTARG = string, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = string_text_lt, LEFTARG = string, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = string_text_le, LEFTARG = string, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = string_text_gt, LEFTARG = string, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = string_text_ge, LEFTARG = string, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION text_string_eq(text, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_eq';
CREATE FUNCTION text_string_ne(text, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ne';
CREATE FUNCTION text_string_lt(text, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_lt';
CREATE FUNCTION text_string_le(text, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_le';
CREATE FUNCTION text_string_gt(text, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_gt';
CREATE FUNCTION text_string_ge(text, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = text_string_eq, LEFTARG = text, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES);
CREATE OPERATOR pg_catalog.<> (FUNCTION = text_string_ne, LEFTARG = text, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = text_string_lt, LEFTARG = text, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = text_string_le, LEFTARG = text, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = text_string_gt, LEFTARG = text, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = text_string_ge, LEFTARG = text, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);

-- A name, such as current_user, is compared as the text that it is.
CREATE FUNCTION string_name_eq(string, name) RETURNS boolean
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1 = $2::text;
CREATE FUNCTION string_name_ne(string, name) RETURNS boolean
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1 <> $2::text;
CREATE FUNCTION name_string_eq(name, string) RETURNS boolean
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1::text = $2;
CREATE FUNCTION name_string_ne(name, string) RETURNS boolean
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN $1::text <> $2;

CREATE OPERATOR pg_catalog.= (FUNCTION = string_name_eq, LEFTARG = string, RIGHTARG = name,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (FUNCTION = string_name_ne, LEFTARG = string, RIGHTARG = name,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.= (FUNCTION = name_string_eq, LEFTARG = name, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (FUNCTION = name_string_ne, LEFTARG = name, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);

-- What makes IN (SELECT text) hashable; text's own equality can go by collation.
CREATE FUNCTION same_text(text, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_eq';
CREATE OPERATOR === (FUNCTION = same_text, LEFTARG = text, RIGHTARG = text,
	COMMUTATOR = ===, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES);

CREATE FUNCTION string_text_cmp(string, text) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_cmp';
CREATE FUNCTION text_string_cmp(text, string) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_cmp';
CREATE FUNCTION string_text_hash(text) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash';
CREATE FUNCTION string_text_hash_extended(text, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash_extended';

CREATE FUNCTION string_sortsupport(internal) RETURNS void
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_sortsupport';

CREATE OPERATOR CLASS string_ops DEFAULT FOR TYPE string USING btree AS
	OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=,
	OPERATOR 4 pg_catalog.>=, OPERATOR 5 pg_catalog.>,
	FUNCTION 1 string_cmp(string, string), FUNCTION 2 string_sortsupport(internal),
	FUNCTION 4 btequalimage(oid);

CREATE OPERATOR CLASS string_ops DEFAULT FOR TYPE string USING hash AS
	OPERATOR 1 pg_catalog.=,
	FUNCTION 1 string_hash(string), FUNCTION 2 string_hash_extended(string, bigint);

-- text's own operators have no place in the family: they go by collation.
ALTER OPERATOR FAMILY string_ops USING btree ADD
	OPERATOR 1 pg_catalog.< (string, text), OPERATOR 2 pg_catalog.<= (string, text),
	OPERATOR 3 pg_catalog.= (string, text), OPERATOR 4 pg_catalog.>= (string, text),
	OPERATOR 5 pg_catalog.> (string, text),
	FUNCTION 1 (string, text) string_text_cmp(string, text),
	OPERATOR 1 pg_catalog.< (text, string), OPERATOR 2 pg_catalog.<= (text, string),
	OPERATOR 3 pg_catalog.= (text, string), OPERATOR 4 pg_catalog.>= (text, string),
	OPERATOR 5 pg_catalog.> (text, string),
	FUNCTION 1 (text, string) text_string_cmp(text, string);

ALTER OPERATOR FAMILY string_ops USING hash ADD
	OPERATOR 1 pg_catalog.= (string, text), OPERATOR 1 pg_catalog.= (text, string),
	OPERATOR 1 === (text, text),
	FUNCTION 1 (text, text) string_text_hash(text), FUNCTION 2 (text, text) string_text_hash_extended(text, bigint);

CREATE AGGREGATE pg_catalog.max(string) (
	SFUNC = string_larger, STYPE = string, COMBINEFUNC = string_larger, PARALLEL = safe,
	SORTOP = OPERATOR(pg_catalog.>)
);
CREATE AGGREGATE pg_catalog.min(string) (
	SFUNC = string_smaller, STYPE = string, COMBINEFUNC = string_smaller, PARALLEL = safe,
	SORTOP = OPERATOR(pg_catalog.<)
);

CREATE FUNCTION number_eq(number, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_eq';
CREATE FUNCTION number_ne(number, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ne';
CREATE FUNCTION number_lt(number, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_lt';
CREATE FUNCTION number_le(number, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_le';
CREATE FUNCTION number_gt(number, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_gt';
CREATE FUNCTION number_ge(number, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = number_eq, LEFTARG = number, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR pg_catalog.<> (FUNCTION = number_ne, LEFTARG = number, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = number_lt, LEFTARG = number, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = number_le, LEFTARG = number, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = number_gt, LEFTARG = number, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = number_ge, LEFTARG = number, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION number_cmp(number, number) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_cmp';
CREATE FUNCTION number_hash(number) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash';
CREATE FUNCTION number_hash_extended(number, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash_extended';
CREATE FUNCTION number_larger(number, number) RETURNS number
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_larger';
CREATE FUNCTION number_smaller(number, number) RETURNS number
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_smaller';

CREATE FUNCTION number_sortsupport(internal) RETURNS void
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_sortsupport';

CREATE OPERATOR CLASS number_ops DEFAULT FOR TYPE number USING btree AS
	OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=,
	OPERATOR 4 pg_catalog.>=, OPERATOR 5 pg_catalog.>,
	FUNCTION 1 number_cmp(number, number), FUNCTION 2 number_sortsupport(internal),
	FUNCTION 4 btequalimage(oid);

CREATE OPERATOR CLASS number_ops DEFAULT FOR TYPE number USING hash AS
	OPERATOR 1 pg_catalog.=,
	FUNCTION 1 number_hash(number), FUNCTION 2 number_hash_extended(number, bigint);

CREATE AGGREGATE pg_catalog.max(number) (
	SFUNC = number_larger, STYPE = number, COMBINEFUNC = number_larger, PARALLEL = safe,
	SORTOP = OPERATOR(pg_catalog.>)
);
CREATE AGGREGATE pg_catalog.min(number) (
	SFUNC = number_smaller, STYPE = number, COMBINEFUNC = number_smaller, PARALLEL = safe,
	SORTOP = OPERATOR(pg_catalog.<)
);

CREATE FUNCTION binary_eq(binary, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_eq';
CREATE FUNCTION binary_ne(binary, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ne';
CREATE FUNCTION binary_lt(binary, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_lt';
CREATE FUNCTION binary_le(binary, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_le';
CREATE FUNCTION binary_gt(binary, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_gt';
CREATE FUNCTION binary_ge(binary, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = binary_eq, LEFTARG = binary, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR pg_catalog.<> (FUNCTION = binary_ne, LEFTARG = binary, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = binary_lt, LEFTARG = binary, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = binary_le, LEFTARG = binary, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = binary_gt, LEFTARG = binary, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = binary_ge, LEFTARG = binary, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION binary_cmp(binary, binary) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_cmp';
CREATE FUNCTION binary_hash(binary) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash';
CREATE FUNCTION binary_hash_extended(binary, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash_extended';
CREATE FUNCTION binary_larger(binary, binary) RETURNS binary
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_larger';
CREATE FUNCTION binary_smaller(binary, binary) RETURNS binary
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_smaller';

-- binary and bytea compare as they are, by bytes.
CREATE FUNCTION binary_bytea_eq(binary, bytea) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_eq';
CREATE FUNCTION binary_bytea_ne(binary, bytea) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ne';
CREATE FUNCTION binary_bytea_lt(binary, bytea) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_lt';
CREATE FUNCTION binary_bytea_le(binary, bytea) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_le';
CREATE FUNCTION binary_bytea_gt(binary, bytea) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_gt';
CREATE FUNCTION binary_bytea_ge(binary, bytea) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = binary_bytea_eq, LEFTARG = binary, RIGHTARG = bytea,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES);
CREATE OPERATOR pg_catalog.<> (FUNCTION = binary_bytea_ne, LEFTARG = binary, RIGHTARG = bytea,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = binary_bytea_lt, LEFTARG = binary, RIGHTARG = bytea,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = binary_bytea_le, LEFTARG = binary, RIGHTARG = bytea,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = binary_bytea_gt, LEFTARG = binary, RIGHTARG = bytea,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = binary_bytea_ge, LEFTARG = binary, RIGHTARG = bytea,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION bytea_binary_eq(bytea, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_eq';
CREATE FUNCTION bytea_binary_ne(bytea, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ne';
CREATE FUNCTION bytea_binary_lt(bytea, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_lt';
CREATE FUNCTION bytea_binary_le(bytea, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_le';
CREATE FUNCTION bytea_binary_gt(bytea, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_gt';
CREATE FUNCTION bytea_binary_ge(bytea, binary) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = bytea_binary_eq, LEFTARG = bytea, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES);
CREATE OPERATOR pg_catalog.<> (FUNCTION = bytea_binary_ne, LEFTARG = bytea, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = bytea_binary_lt, LEFTARG = bytea, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = bytea_binary_le, LEFTARG = bytea, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = bytea_binary_gt, LEFTARG = bytea, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = bytea_binary_ge, LEFTARG = bytea, RIGHTARG = binary,
	COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION binary_bytea_cmp(binary, bytea) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_cmp';
CREATE FUNCTION bytea_binary_cmp(bytea, binary) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_cmp';
CREATE FUNCTION binary_bytea_hash(bytea) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash';
CREATE FUNCTION binary_bytea_hash_extended(bytea, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'bytes_hash_extended';

CREATE FUNCTION binary_sortsupport(internal) RETURNS void
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_sortsupport';

CREATE OPERATOR CLASS binary_ops DEFAULT FOR TYPE binary USING btree AS
	OPERATOR 1 pg_catalog.<, OPERATOR 2 pg_catalog.<=, OPERATOR 3 pg_catalog.=,
	OPERATOR 4 pg_catalog.>=, OPERATOR 5 pg_catalog.>,
	FUNCTION 1 binary_cmp(binary, binary), FUNCTION 2 binary_sortsupport(internal),
	FUNCTION 4 btequalimage(oid);

CREATE OPERATOR CLASS binary_ops DEFAULT FOR TYPE binary USING hash AS
	OPERATOR 1 pg_catalog.=,
	FUNCTION 1 binary_hash(binary), FUNCTION 2 binary_hash_extended(binary, bigint);

ALTER OPERATOR FAMILY binary_ops USING btree ADD
	OPERATOR 1 pg_catalog.< (binary, bytea), OPERATOR 2 pg_catalog.<= (binary, bytea),
	OPERATOR 3 pg_catalog.= (binary, bytea), OPERATOR 4 pg_catalog.>= (binary, bytea),
	OPERATOR 5 pg_catalog.> (binary, bytea),
	FUNCTION 1 (binary, bytea) binary_bytea_cmp(binary, bytea),
	OPERATOR 1 pg_catalog.< (bytea, binary), OPERATOR 2 pg_catalog.<= (bytea, binary),
	OPERATOR 3 pg_catalog.= (bytea, binary), OPERATOR 4 pg_catalog.>= (bytea, binary),
	OPERATOR 5 pg_catalog.> (bytea, binary),
	FUNCTION 1 (bytea, binary) bytea_binary_cmp(bytea, binary),
	OPERATOR 1 pg_catalog.< (bytea, bytea), OPERATOR 2 pg_catalog.<= (bytea, bytea),
	OPERATOR 3 pg_catalog.= (bytea, bytea), OPERATOR 4 pg_catalog.>= (bytea, bytea),
	OPERATOR 5 pg_catalog.> (bytea, bytea),
	FUNCTION 1 (bytea, bytea) byteacmp(bytea, bytea);

ALTER OPERATOR FAMILY binary_ops USING hash ADD
	OPERATOR 1 pg_catalog.= (binary, bytea), OPERATOR 1 pg_catalog.= (bytea, binary),
	OPERATOR 1 pg_catalog.= (bytea, bytea),
	FUNCTION 1 (bytea, bytea) binary_bytea_hash(bytea), FUNCTION 2 (bytea, bytea) binary_bytea_hash_extended(bytea, bigint);

CREATE AGGREGATE pg_catalog.max(binary) (
	SFUNC = binary_larger, STYPE = binary, COMBINEFUNC = binary_larger, PARALLEL = safe,
	SORTOP = OPERATOR(pg_catalog.>)
);
CREATE AGGREGATE pg_catalog.min(binary) (
	SFUNC = binary_smaller, STYPE = binary, COMBINEFUNC = binary_smaller, PARALLEL = safe,
	SORTOP = OPERATOR(pg_catalog.<)
);

CREATE FUNCTION string_to_text(string) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'key_string_to_text';
CREATE FUNCTION number_from_numeric(numeric) RETURNS number
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_from_numeric';
CREATE FUNCTION number_from_int2(smallint) RETURNS number
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_from_int2';
CREATE FUNCTION number_from_int4(integer) RETURNS number
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_from_int4';
CREATE FUNCTION number_from_int8(bigint) RETURNS number
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_from_int8';
CREATE FUNCTION number_from_float8(double precision) RETURNS number
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_from_float8';
CREATE FUNCTION number_to_numeric(number) RETURNS numeric
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_to_numeric';
CREATE FUNCTION number_to_int2(number) RETURNS smallint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_to_int2';
CREATE FUNCTION number_to_int4(number) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_to_int4';
CREATE FUNCTION number_to_int8(number) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_to_int8';
CREATE FUNCTION number_to_float8(number) RETURNS double precision
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_to_float8';

-- A text's bytes are a string's; the other way U+0000 is in the way.
CREATE CAST (string AS text) WITH FUNCTION string_to_text(string) AS IMPLICIT;
CREATE CAST (text AS string) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (binary AS bytea) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (bytea AS binary) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (numeric AS number) WITH FUNCTION number_from_numeric(numeric) AS IMPLICIT;
CREATE CAST (smallint AS number) WITH FUNCTION number_from_int2(smallint) AS IMPLICIT;
CREATE CAST (integer AS number) WITH FUNCTION number_from_int4(integer) AS IMPLICIT;
CREATE CAST (bigint AS number) WITH FUNCTION number_from_int8(bigint) AS IMPLICIT;
CREATE CAST (double precision AS number) WITH FUNCTION number_from_float8(double precision) AS ASSIGNMENT;
CREATE CAST (number AS numeric) WITH FUNCTION number_to_numeric(number) AS IMPLICIT;
CREATE CAST (number AS smallint) WITH FUNCTION number_to_int2(number) AS ASSIGNMENT;
CREATE CAST (number AS integer) WITH FUNCTION number_to_int4(number) AS ASSIGNMENT;
CREATE CAST (number AS bigint) WITH FUNCTION number_to_int8(number) AS ASSIGNMENT;
CREATE CAST (number AS double precision) WITH FUNCTION number_to_float8(number) AS ASSIGNMENT;

-- A key attribute of an item, or DynamoDB's exception where it is missing, of
-- another type, empty or longer than maximum bytes.

CREATE FUNCTION string_key(item, name text, maximum integer DEFAULT 2048) RETURNS string
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_key';
CREATE FUNCTION number_key(item, name text, maximum integer DEFAULT 2048) RETURNS number
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_key';
CREATE FUNCTION binary_key(item, name text, maximum integer DEFAULT 2048) RETURNS binary
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'binary_key';

-- SipHash-2-4 of a partition key's value, by which tables are indexed.
CREATE FUNCTION hash(string) RETURNS uuid
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_hash_string';
CREATE FUNCTION hash(number) RETURNS uuid
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_hash_number';
CREATE FUNCTION hash(binary) RETURNS uuid
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_hash_binary';
-- Of keys of several attributes, which secondary indexes may have.
CREATE FUNCTION hash(VARIADIC keys "any") RETURNS uuid
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_hash_of_several';

-- Of each element of the one array among keys, as a condition IN has it.
CREATE FUNCTION hashes(VARIADIC keys "any") RETURNS uuid[]
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_hashes';

COMMENT ON FUNCTION string_key(item, text, integer) IS 'the item''s key attribute of type S, of 1 to maximum bytes';
COMMENT ON FUNCTION number_key(item, text, integer) IS 'the item''s key attribute of type N';
COMMENT ON FUNCTION binary_key(item, text, integer) IS 'the item''s key attribute of type B, of 1 to maximum bytes';
COMMENT ON FUNCTION hash(string) IS 'SipHash-2-4 of the key, of 128 bits, as tables'' primary indexes have it';
COMMENT ON FUNCTION hash(number) IS 'SipHash-2-4 of the key, of 128 bits, as tables'' primary indexes have it';
COMMENT ON FUNCTION hash(binary) IS 'SipHash-2-4 of the key, of 128 bits, as tables'' primary indexes have it';
COMMENT ON FUNCTION hashes("any") IS 'hashes of keys of which one attribute stands there as an array: one for each element';
COMMENT ON FUNCTION hash("any") IS 'SipHash-2-4 of a key of several attributes, each of a key type';

-- ==========================================================================
-- Attribute values beside SQL's own: item -> 'price' > 995
--
-- As in DynamoDB's conditions, values of different types are unequal and neither
-- is less.  So < has no negator, and none is a member of an operator family.
-- ==========================================================================

CREATE FUNCTION attribute_value_number_eq(attribute_value, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_number_eq';
CREATE FUNCTION attribute_value_number_ne(attribute_value, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_number_ne';
CREATE FUNCTION attribute_value_number_lt(attribute_value, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_number_lt';
CREATE FUNCTION attribute_value_number_le(attribute_value, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_number_le';
CREATE FUNCTION attribute_value_number_gt(attribute_value, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_number_gt';
CREATE FUNCTION attribute_value_number_ge(attribute_value, number) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_number_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = attribute_value_number_eq, LEFTARG = attribute_value, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (FUNCTION = attribute_value_number_ne, LEFTARG = attribute_value, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = attribute_value_number_lt, LEFTARG = attribute_value, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = attribute_value_number_le, LEFTARG = attribute_value, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = attribute_value_number_gt, LEFTARG = attribute_value, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = attribute_value_number_ge, LEFTARG = attribute_value, RIGHTARG = number,
	COMMUTATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION number_attribute_value_eq(number, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_value_eq';
CREATE FUNCTION number_attribute_value_ne(number, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_value_ne';
CREATE FUNCTION number_attribute_value_lt(number, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_value_lt';
CREATE FUNCTION number_attribute_value_le(number, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_value_le';
CREATE FUNCTION number_attribute_value_gt(number, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_value_gt';
CREATE FUNCTION number_attribute_value_ge(number, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'number_value_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = number_attribute_value_eq, LEFTARG = number, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (FUNCTION = number_attribute_value_ne, LEFTARG = number, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = number_attribute_value_lt, LEFTARG = number, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = number_attribute_value_le, LEFTARG = number, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = number_attribute_value_gt, LEFTARG = number, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = number_attribute_value_ge, LEFTARG = number, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION attribute_value_string_eq(attribute_value, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_eq';
CREATE FUNCTION attribute_value_string_ne(attribute_value, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_ne';
CREATE FUNCTION attribute_value_string_lt(attribute_value, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_lt';
CREATE FUNCTION attribute_value_string_le(attribute_value, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_le';
CREATE FUNCTION attribute_value_string_gt(attribute_value, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_gt';
CREATE FUNCTION attribute_value_string_ge(attribute_value, string) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = attribute_value_string_eq, LEFTARG = attribute_value, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (FUNCTION = attribute_value_string_ne, LEFTARG = attribute_value, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = attribute_value_string_lt, LEFTARG = attribute_value, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = attribute_value_string_le, LEFTARG = attribute_value, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = attribute_value_string_gt, LEFTARG = attribute_value, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = attribute_value_string_ge, LEFTARG = attribute_value, RIGHTARG = string,
	COMMUTATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION string_attribute_value_eq(string, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_eq';
CREATE FUNCTION string_attribute_value_ne(string, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_ne';
CREATE FUNCTION string_attribute_value_lt(string, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_lt';
CREATE FUNCTION string_attribute_value_le(string, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_le';
CREATE FUNCTION string_attribute_value_gt(string, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_gt';
CREATE FUNCTION string_attribute_value_ge(string, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = string_attribute_value_eq, LEFTARG = string, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (FUNCTION = string_attribute_value_ne, LEFTARG = string, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = string_attribute_value_lt, LEFTARG = string, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = string_attribute_value_le, LEFTARG = string, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = string_attribute_value_gt, LEFTARG = string, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = string_attribute_value_ge, LEFTARG = string, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION attribute_value_text_eq(attribute_value, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_eq';
CREATE FUNCTION attribute_value_text_ne(attribute_value, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_ne';
CREATE FUNCTION attribute_value_text_lt(attribute_value, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_lt';
CREATE FUNCTION attribute_value_text_le(attribute_value, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_le';
CREATE FUNCTION attribute_value_text_gt(attribute_value, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_gt';
CREATE FUNCTION attribute_value_text_ge(attribute_value, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_string_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = attribute_value_text_eq, LEFTARG = attribute_value, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (FUNCTION = attribute_value_text_ne, LEFTARG = attribute_value, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = attribute_value_text_lt, LEFTARG = attribute_value, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = attribute_value_text_le, LEFTARG = attribute_value, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = attribute_value_text_gt, LEFTARG = attribute_value, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = attribute_value_text_ge, LEFTARG = attribute_value, RIGHTARG = text,
	COMMUTATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION text_attribute_value_eq(text, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_eq';
CREATE FUNCTION text_attribute_value_ne(text, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_ne';
CREATE FUNCTION text_attribute_value_lt(text, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_lt';
CREATE FUNCTION text_attribute_value_le(text, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_le';
CREATE FUNCTION text_attribute_value_gt(text, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_gt';
CREATE FUNCTION text_attribute_value_ge(text, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'string_value_ge';

CREATE OPERATOR pg_catalog.= (FUNCTION = text_attribute_value_eq, LEFTARG = text, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (FUNCTION = text_attribute_value_ne, LEFTARG = text, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR pg_catalog.< (FUNCTION = text_attribute_value_lt, LEFTARG = text, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.>), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE OPERATOR pg_catalog.<= (FUNCTION = text_attribute_value_le, LEFTARG = text, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.>=), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
CREATE OPERATOR pg_catalog.> (FUNCTION = text_attribute_value_gt, LEFTARG = text, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
CREATE OPERATOR pg_catalog.>= (FUNCTION = text_attribute_value_ge, LEFTARG = text, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<=), RESTRICT = scalargesel, JOIN = scalargejoinsel);

CREATE FUNCTION attribute_value_boolean_eq(attribute_value, boolean) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_boolean_eq';
CREATE FUNCTION attribute_value_boolean_ne(attribute_value, boolean) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_boolean_ne';

CREATE OPERATOR pg_catalog.= (FUNCTION = attribute_value_boolean_eq, LEFTARG = attribute_value, RIGHTARG = boolean,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (FUNCTION = attribute_value_boolean_ne, LEFTARG = attribute_value, RIGHTARG = boolean,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);

CREATE FUNCTION boolean_attribute_value_eq(boolean, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'boolean_value_eq';
CREATE FUNCTION boolean_attribute_value_ne(boolean, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'boolean_value_ne';

CREATE OPERATOR pg_catalog.= (FUNCTION = boolean_attribute_value_eq, LEFTARG = boolean, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>), RESTRICT = eqsel, JOIN = eqjoinsel);
CREATE OPERATOR pg_catalog.<> (FUNCTION = boolean_attribute_value_ne, LEFTARG = boolean, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=), RESTRICT = neqsel, JOIN = neqjoinsel);

CREATE FUNCTION item_contains(item, item) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_contains';
CREATE FUNCTION item_contained(item, item) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_contained';
CREATE OPERATOR pg_catalog.@> (FUNCTION = item_contains, LEFTARG = item, RIGHTARG = item,
	COMMUTATOR = OPERATOR(pg_catalog.<@), RESTRICT = contsel, JOIN = contjoinsel);
CREATE OPERATOR pg_catalog.<@ (FUNCTION = item_contained, LEFTARG = item, RIGHTARG = item,
	COMMUTATOR = OPERATOR(pg_catalog.@>), RESTRICT = contsel, JOIN = contjoinsel);
COMMENT ON OPERATOR pg_catalog.@> (item, item) IS 'contains';
COMMENT ON OPERATOR pg_catalog.<@ (item, item) IS 'is contained in';

CREATE FUNCTION attribute_value_contains(attribute_value, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_contains';
CREATE FUNCTION attribute_value_contained(attribute_value, attribute_value) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'value_contained';
CREATE OPERATOR pg_catalog.@> (FUNCTION = attribute_value_contains, LEFTARG = attribute_value, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.<@), RESTRICT = contsel, JOIN = contjoinsel);
CREATE OPERATOR pg_catalog.<@ (FUNCTION = attribute_value_contained, LEFTARG = attribute_value, RIGHTARG = attribute_value,
	COMMUTATOR = OPERATOR(pg_catalog.@>), RESTRICT = contsel, JOIN = contjoinsel);
COMMENT ON OPERATOR pg_catalog.@> (attribute_value, attribute_value) IS 'contains';
COMMENT ON OPERATOR pg_catalog.<@ (attribute_value, attribute_value) IS 'is contained in';

-- ==========================================================================
-- Tables: the access method, the catalog, the planner's support
-- ==========================================================================

CREATE FUNCTION table_handler(internal) RETURNS table_am_handler
	AS 'MODULE_PATHNAME', 'ddb_table_handler' LANGUAGE C;

CREATE ACCESS METHOD ddb TYPE TABLE HANDLER table_handler;

COMMENT ON ACCESS METHOD ddb IS 'heap whose item collections share pages';

CREATE SCHEMA dynamodb;
COMMENT ON SCHEMA dynamodb IS 'the relations of DynamoDB tables';
GRANT USAGE ON SCHEMA @extschema@, dynamodb TO PUBLIC;

-- A relation in the catalogs below: regclass, but for a name that leads nowhere,
-- which is read as 0.  So a dump loads though a relation was left out of it.
CREATE TYPE relation;
CREATE FUNCTION relation_in(cstring) RETURNS relation
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_relation_in';
CREATE FUNCTION relation_out(relation) RETURNS cstring
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_relation_out';
CREATE FUNCTION relation_recv(internal) RETURNS relation
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'oidrecv';
CREATE FUNCTION relation_send(relation) RETURNS bytea
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'oidsend';
CREATE TYPE relation (
	INPUT = relation_in, OUTPUT = relation_out, RECEIVE = relation_recv, SEND = relation_send,
	LIKE = pg_catalog.oid
);
COMMENT ON TYPE relation IS 'a relation by its name, always with its schema; 0 where there is none of that name';
CREATE CAST (relation AS oid) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (relation AS regclass) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (oid AS relation) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (regclass AS relation) WITHOUT FUNCTION AS ASSIGNMENT;

-- A role in the catalogs below: regrole, but for a name that leads nowhere, which is read
-- as 0, and is printed as it is.  So a role stays itself when it is renamed, and who is given its name when it is
-- gone is another one.
CREATE TYPE role;
CREATE FUNCTION role_in(cstring) RETURNS role
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_role_in';
CREATE FUNCTION role_out(role) RETURNS cstring
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_role_out';
CREATE FUNCTION role_recv(internal) RETURNS role
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'oidrecv';
CREATE FUNCTION role_send(role) RETURNS bytea
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'oidsend';
CREATE TYPE role (
	INPUT = role_in, OUTPUT = role_out, RECEIVE = role_recv, SEND = role_send,
	LIKE = pg_catalog.oid
);
COMMENT ON TYPE role IS 'a role by its name, empty where it is gone; 0 where there is none of that name';
CREATE CAST (role AS oid) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (oid AS role) WITHOUT FUNCTION AS ASSIGNMENT;

-- Whether the current role may see why work has failed, in words that may be of items, of what lies in a bucket, or of
-- somebody's code: where it could become the role that has asked, and where relations alone are read and filled,
-- also where it may read all of them.
CREATE FUNCTION may_see_error(role role, relation relation, source relation) RETURNS boolean
	LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_may_see_error';
COMMENT ON FUNCTION may_see_error(role, relation, relation) IS 'whether the current role may see why work failed that the role has asked for: it could become that role, or may read what is filled and what is read; no source: that is a bucket''s';

-- The guard of each of them (at the end, with the triggers): what they say is believed, so
-- nobody but the extension's owner changes them, whatever roles have been granted.
CREATE FUNCTION guard_catalog() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_guard_catalog' LANGUAGE C;
REVOKE ALL ON FUNCTION guard_catalog() FROM PUBLIC;
COMMENT ON FUNCTION guard_catalog() IS 'trigger of the extension''s catalogs: refuses changes by others than their owner';

-- Of a record that comes in from a dump: what it names may be missing, or recorded.
CREATE FUNCTION load_record() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_load_record' LANGUAGE C;
REVOKE ALL ON FUNCTION load_record() FROM PUBLIC;
COMMENT ON FUNCTION load_record() IS 'trigger of the extension''s catalogs: takes of a dump what can be taken';

CREATE FUNCTION record_changed() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_record_changed' LANGUAGE C;
REVOKE ALL ON FUNCTION record_changed() FROM PUBLIC;
COMMENT ON FUNCTION record_changed() IS 'trigger of the extension''s catalogs: tells all sessions that a table is to be read again';

CREATE TABLE tables (
	name text COLLATE "C" PRIMARY KEY,
	relation relation UNIQUE,
	id uuid NOT NULL,
	created timestamptz NOT NULL,
	settings json NOT NULL,
	tags json NOT NULL,
	status text NOT NULL DEFAULT 'ACTIVE'
)
-- logical decoding asks for the name that a relation's table had
WITH (user_catalog_table = true);
COMMENT ON TABLE tables IS 'what DynamoDB knows of a table besides its items';
COMMENT ON COLUMN tables.name IS 'the table''s name, as DynamoDB''s requests have it';
COMMENT ON COLUMN tables.relation IS 'the relation that holds its items; null where that is missing';
COMMENT ON COLUMN tables.id IS 'TableId';
COMMENT ON COLUMN tables.created IS 'CreationDateTime';
COMMENT ON COLUMN tables.settings IS 'billing mode, throughput and the like, named as in DynamoDB''s API; times in milliseconds since 1970';
COMMENT ON COLUMN tables.tags IS 'tags, key to value';
COMMENT ON COLUMN tables.status IS 'ACTIVE, or CREATING while a job fills it: then no operation on items sees it';
GRANT SELECT ON tables TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('tables', '');

CREATE FUNCTION forget_dropped_tables() RETURNS event_trigger
	AS 'MODULE_PATHNAME', 'ddb_forget_dropped_tables' LANGUAGE C;
REVOKE ALL ON FUNCTION forget_dropped_tables() FROM PUBLIC;

CREATE EVENT TRIGGER ddb_forget_dropped_tables ON sql_drop
	EXECUTE FUNCTION forget_dropped_tables();
-- also where session_replication_role is replica
ALTER EVENT TRIGGER ddb_forget_dropped_tables ENABLE ALWAYS;

-- ==========================================================================
-- Secondary indexes
-- ==========================================================================

CREATE TABLE indexes (
	table_relation relation NOT NULL,
	name text COLLATE "C" NOT NULL,
	relation relation NOT NULL UNIQUE,
	kind text NOT NULL,
	projection text NOT NULL,
	non_key_attributes attribute_value NOT NULL,
	status text NOT NULL,
	settings json NOT NULL,
	PRIMARY KEY (table_relation, name)
);
COMMENT ON TABLE indexes IS 'secondary indexes of DynamoDB tables, and what their expired items are found by';
COMMENT ON COLUMN indexes.table_relation IS 'the relation of its table';
COMMENT ON COLUMN indexes.name IS 'the index''s name, as DynamoDB''s requests have it';
COMMENT ON COLUMN indexes.relation IS 'the relation that holds what the index projects of the items';
COMMENT ON COLUMN indexes.kind IS 'GLOBAL, LOCAL, or EXPIRY: what expired items are found by';
COMMENT ON COLUMN indexes.projection IS 'ALL, KEYS_ONLY or INCLUDE';
COMMENT ON COLUMN indexes.non_key_attributes IS 'what INCLUDE projects besides the keys';
COMMENT ON COLUMN indexes.status IS 'CREATING or ACTIVE';
COMMENT ON COLUMN indexes.settings IS 'throughput and the like, named as in DynamoDB''s API';
GRANT SELECT ON indexes TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('indexes', '');

CREATE FUNCTION forget_dropped_indexes() RETURNS event_trigger
	AS 'MODULE_PATHNAME', 'ddb_forget_dropped_indexes' LANGUAGE C;
REVOKE ALL ON FUNCTION forget_dropped_indexes() FROM PUBLIC;

CREATE EVENT TRIGGER ddb_forget_dropped_indexes ON sql_drop
	EXECUTE FUNCTION forget_dropped_indexes();
ALTER EVENT TRIGGER ddb_forget_dropped_indexes ENABLE ALWAYS;

CREATE FUNCTION follow_table_owner() RETURNS event_trigger
	AS 'MODULE_PATHNAME', 'ddb_follow_table_owner' LANGUAGE C;
REVOKE ALL ON FUNCTION follow_table_owner() FROM PUBLIC;

CREATE EVENT TRIGGER ddb_follow_table_owner ON ddl_command_end WHEN TAG IN ('ALTER TABLE')
	EXECUTE FUNCTION follow_table_owner();
ALTER EVENT TRIGGER ddb_follow_table_owner ENABLE ALWAYS;

CREATE FUNCTION maintain_indexes() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_maintain_indexes' LANGUAGE C;
CREATE FUNCTION refuse_index_write() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_refuse_index_write' LANGUAGE C;

COMMENT ON FUNCTION maintain_indexes() IS 'trigger of a table with secondary indexes: keeps them in agreement with it';
COMMENT ON FUNCTION refuse_index_write() IS 'trigger of a secondary index''s relation: only its table''s items change it';

-- ==========================================================================
-- Guarding the definitions of tables
-- ==========================================================================

CREATE FUNCTION guard_tables() RETURNS event_trigger
	AS 'MODULE_PATHNAME', 'ddb_guard_tables' LANGUAGE C;
REVOKE ALL ON FUNCTION guard_tables() FROM PUBLIC;

CREATE EVENT TRIGGER ddb_guard_tables ON ddl_command_start
	WHEN TAG IN ('ALTER TABLE', 'CREATE TRIGGER', 'DROP INDEX', 'DROP TRIGGER')
	EXECUTE FUNCTION guard_tables();

-- ==========================================================================
-- Indexes: backfill, checking
-- ==========================================================================

CREATE TABLE backfills (
	relation relation PRIMARY KEY,
	position item NOT NULL,
	items bigint NOT NULL,
	invalid bigint NOT NULL,
	started timestamptz NOT NULL
);
COMMENT ON TABLE backfills IS 'secondary indexes that are being filled with the items from before';
COMMENT ON COLUMN backfills.relation IS 'the index''s relation';
COMMENT ON COLUMN backfills.position IS 'the key of the item that was done last';
COMMENT ON COLUMN backfills.items IS 'how many items are done';
COMMENT ON COLUMN backfills.invalid IS 'how many of them have an index key of another type or size, and are not in the index';
REVOKE ALL ON backfills FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('backfills', '');

CREATE VIEW index_progress AS
	SELECT t.name AS table_name, i.name AS index_name,
		coalesce(b.items, 0) AS items_done,
		greatest(c.reltuples, 0)::bigint AS items_about,
		coalesce(b.invalid, 0) AS items_invalid,
		b.started
	FROM @extschema@.indexes AS i
		JOIN @extschema@.tables AS t ON t.relation OPERATOR(pg_catalog.=) i.table_relation
		JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) i.table_relation
		LEFT JOIN @extschema@.backfills AS b ON b.relation OPERATOR(pg_catalog.=) i.relation
	WHERE i.status OPERATOR(pg_catalog.=) 'CREATING';
COMMENT ON VIEW index_progress IS 'secondary indexes that are being filled: items done, of about how many';
GRANT SELECT ON index_progress TO PUBLIC;

CREATE FUNCTION backfill_wanted() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_backfill_wanted' LANGUAGE C;
REVOKE ALL ON FUNCTION backfill_wanted() FROM PUBLIC;
CREATE TRIGGER backfill_wanted AFTER INSERT ON indexes
	FOR EACH ROW WHEN (new.status OPERATOR(pg_catalog.=) 'CREATING') EXECUTE FUNCTION backfill_wanted();
ALTER TABLE indexes ENABLE ALWAYS TRIGGER backfill_wanted;

-- ==========================================================================
-- Expiry
-- ==========================================================================

CREATE FUNCTION expiry_wanted() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_expiry_wanted' LANGUAGE C;
REVOKE ALL ON FUNCTION expiry_wanted() FROM PUBLIC;
CREATE TRIGGER expiry_wanted AFTER INSERT OR UPDATE ON indexes
	FOR EACH ROW WHEN (new.kind OPERATOR(pg_catalog.=) 'EXPIRY') EXECUTE FUNCTION expiry_wanted();
ALTER TABLE indexes ENABLE ALWAYS TRIGGER expiry_wanted;

-- Reads the tables' indexes for everybody, and tells no more than the view below shows.
CREATE FUNCTION expiry_state(OUT relation oid, OUT overdue bigint, OUT oldest timestamptz,
		OUT deleted bigint, OUT failed bigint, OUT deleted_per_second double precision) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'ddb_expiry_state';
COMMENT ON FUNCTION expiry_state() IS 'what the view expiry_progress shows of tables whose items expire';

CREATE VIEW expiry_progress AS
	SELECT t.name AS table_name, s.overdue, s.oldest, s.deleted, s.failed, s.deleted_per_second
	FROM @extschema@.expiry_state() AS s
		JOIN @extschema@.indexes AS i ON i.relation OPERATOR(pg_catalog.=) s.relation
		JOIN @extschema@.tables AS t ON t.relation OPERATOR(pg_catalog.=) i.table_relation;
COMMENT ON VIEW expiry_progress IS 'tables whose items expire: how many are overdue (100000 at most are counted), since when the oldest is, deletions since the server''s start and of late';
GRANT SELECT ON expiry_progress TO PUBLIC;

-- ==========================================================================
-- Registering and checking
-- ==========================================================================

CREATE FUNCTION register_table(relation regclass, name text DEFAULT NULL) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_register_table';
COMMENT ON FUNCTION register_table(regclass, text) IS 'makes a relation with the columns and the primary index of a table a table, and its indexes'' relations its indexes';

CREATE FUNCTION check_catalog(OUT problem text, OUT table_name text, OUT index_name text, OUT relation regclass,
		OUT removable boolean) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_check_catalog';
CREATE FUNCTION clean_catalog(OUT problem text, OUT table_name text, OUT index_name text, OUT relation regclass) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_clean_catalog';
REVOKE ALL ON FUNCTION check_catalog(), clean_catalog() FROM PUBLIC;
COMMENT ON FUNCTION check_catalog() IS 'records of tables and indexes that lead nowhere or do not fit, and relations without one';
COMMENT ON FUNCTION clean_catalog() IS 'removes the records that check_catalog() tells as removable, and tells them';

CREATE FUNCTION check_indexes("table" text DEFAULT NULL,
		OUT table_name text, OUT index_name text, OUT problem text, OUT entry item) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_check_indexes';
COMMENT ON FUNCTION check_indexes(text) IS 'differences between secondary indexes and their table (of all tables, if none is named): missing, stale, doubled or wrong entries';

-- ==========================================================================
-- The planner's support
-- ==========================================================================

-- WHERE year = 2013 finds the index on ddb.hash(year)
CREATE FUNCTION key_equality_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'ddb_key_equality_support' LANGUAGE C STRICT;
CREATE FUNCTION key_eqsel(internal, oid, internal, integer) RETURNS double precision
	AS 'MODULE_PATHNAME', 'ddb_key_eqsel' LANGUAGE C STRICT STABLE PARALLEL SAFE;
CREATE FUNCTION key_eqjoinsel(internal, oid, internal, smallint, internal) RETURNS double precision
	AS 'MODULE_PATHNAME', 'ddb_key_eqjoinsel' LANGUAGE C STRICT STABLE PARALLEL SAFE;

ALTER FUNCTION string_eq(string, string) SUPPORT key_equality_support;
ALTER FUNCTION string_text_eq(string, text) SUPPORT key_equality_support;
ALTER FUNCTION text_string_eq(text, string) SUPPORT key_equality_support;
ALTER FUNCTION number_eq(number, number) SUPPORT key_equality_support;
ALTER FUNCTION binary_eq("binary", "binary") SUPPORT key_equality_support;
ALTER FUNCTION binary_bytea_eq("binary", bytea) SUPPORT key_equality_support;
ALTER FUNCTION bytea_binary_eq(bytea, "binary") SUPPORT key_equality_support;

ALTER OPERATOR pg_catalog.= (string, string) SET (RESTRICT = key_eqsel, JOIN = key_eqjoinsel);
ALTER OPERATOR pg_catalog.= (string, text) SET (RESTRICT = key_eqsel, JOIN = key_eqjoinsel);
ALTER OPERATOR pg_catalog.= (text, string) SET (RESTRICT = key_eqsel, JOIN = key_eqjoinsel);
ALTER OPERATOR pg_catalog.= (number, number) SET (RESTRICT = key_eqsel, JOIN = key_eqjoinsel);
ALTER OPERATOR pg_catalog.= ("binary", "binary") SET (RESTRICT = key_eqsel, JOIN = key_eqjoinsel);
ALTER OPERATOR pg_catalog.= ("binary", bytea) SET (RESTRICT = key_eqsel, JOIN = key_eqjoinsel);
ALTER OPERATOR pg_catalog.= (bytea, "binary") SET (RESTRICT = key_eqsel, JOIN = key_eqjoinsel);

CREATE FUNCTION version() RETURNS text
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_version';
COMMENT ON FUNCTION version() IS 'the release of ddb that is loaded, such as 1.0.0';

-- ==========================================================================
-- Operations
--
-- Each takes DynamoDB's own request and gives its own response.  The C function
-- knows by its caller's name which operation is meant.
--
-- A request has a type of its own, so that json, jsonb, text and literals are
-- taken by one function: were there one for each, a literal could mean any.
-- Whether it is JSON is the operation's to see.
-- ==========================================================================

CREATE TYPE request;
CREATE FUNCTION request_in(cstring) RETURNS request
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION request_out(request) RETURNS cstring
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE FUNCTION request_recv(internal) RETURNS request
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textrecv';
CREATE FUNCTION request_send(request) RETURNS bytea
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textsend';
CREATE TYPE request (
	INPUT = request_in, OUTPUT = request_out, RECEIVE = request_recv, SEND = request_send,
	INTERNALLENGTH = VARIABLE, STORAGE = extended
);
COMMENT ON TYPE request IS 'request of an operation: JSON as DynamoDB''s API has it';

CREATE FUNCTION request_from_jsonb(jsonb) RETURNS request
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'request_from_jsonb';
CREATE CAST (json AS request) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (text AS request) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (jsonb AS request) WITH FUNCTION request_from_jsonb(jsonb) AS IMPLICIT;

CREATE FUNCTION batch_execute_statement(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION batch_get_item(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION batch_write_item(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION cancel_bulk_operation(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION create_backup(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION create_table(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION delete_backup(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION delete_item(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION delete_table(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION describe_backup(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION describe_bulk_operation(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION describe_continuous_backups(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION describe_endpoints(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION describe_export(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION describe_import(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION describe_limits(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION describe_stream(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION describe_table(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION describe_time_to_live(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION execute_statement(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION execute_transaction(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION export_table_to_point_in_time(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION get_item(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION get_records(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION get_shard_iterator(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION import_table(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION list_backups(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION list_bulk_operations(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION list_exports(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION list_imports(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION list_streams(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION list_tables(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION list_tags_of_resource(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION put_item(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION query(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION restore_table_from_backup(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION restore_table_to_point_in_time(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION scan(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION start_bulk_put_items(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION tag_resource(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION transact_get_items(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION transact_write_items(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION untag_resource(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION update_continuous_backups(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION update_item(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION update_table(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';
CREATE FUNCTION update_time_to_live(request request) RETURNS json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_operation';

COMMENT ON FUNCTION batch_execute_statement(request) IS 'BatchExecuteStatement: up to 25 PartiQL statements, each by itself';
COMMENT ON FUNCTION batch_get_item(request) IS 'BatchGetItem: up to 100 items of several tables by their keys';
COMMENT ON FUNCTION batch_write_item(request) IS 'BatchWriteItem: puts and deletes up to 25 items of several tables';
COMMENT ON FUNCTION cancel_bulk_operation(request) IS 'CancelBulkOperation: ends a bulk operation; what it has written stays';
COMMENT ON FUNCTION create_backup(request) IS 'CreateBackup: keeps what a table holds now, for later';
COMMENT ON FUNCTION create_table(request) IS 'CreateTable: creates a table with its relation';
COMMENT ON FUNCTION delete_backup(request) IS 'DeleteBackup: deletes a backup';
COMMENT ON FUNCTION delete_item(request) IS 'DeleteItem: deletes the item with a key';
COMMENT ON FUNCTION delete_table(request) IS 'DeleteTable: drops a table with all its items';
COMMENT ON FUNCTION describe_backup(request) IS 'DescribeBackup: a backup, and the table that it is of';
COMMENT ON FUNCTION describe_bulk_operation(request) IS 'DescribeBulkOperation: a bulk operation, and how far it is';
COMMENT ON FUNCTION describe_continuous_backups(request) IS 'DescribeContinuousBackups: whether a table can be restored, and to which moments';
COMMENT ON FUNCTION describe_endpoints(request) IS 'DescribeEndpoints: the service''s address';
COMMENT ON FUNCTION describe_export(request) IS 'DescribeExport: an export, and how far it is';
COMMENT ON FUNCTION describe_import(request) IS 'DescribeImport: an import, and how far it is';
COMMENT ON FUNCTION describe_limits(request) IS 'DescribeLimits: the account''s quotas';
COMMENT ON FUNCTION describe_stream(request) IS 'DescribeStream: a streams status, keys and shards';
COMMENT ON FUNCTION describe_table(request) IS 'DescribeTable: a table''s keys, settings and size';
COMMENT ON FUNCTION describe_time_to_live(request) IS 'DescribeTimeToLive: by which attribute a table''s items expire';
COMMENT ON FUNCTION execute_statement(request) IS 'ExecuteStatement: a PartiQL statement';
COMMENT ON FUNCTION execute_transaction(request) IS 'ExecuteTransaction: up to 100 PartiQL statements, all or nothing';
COMMENT ON FUNCTION export_table_to_point_in_time(request) IS 'ExportTableToPointInTime: writes what a table holds, or held, into a bucket';
COMMENT ON FUNCTION get_item(request) IS 'GetItem: the item with a key';
COMMENT ON FUNCTION get_records(request) IS 'GetRecords: changes behind a shard iterator, up to 1,000 or 1 MB a page';
COMMENT ON FUNCTION get_shard_iterator(request) IS 'GetShardIterator: where to read a shard from';
COMMENT ON FUNCTION import_table(request) IS 'ImportTable: a new table with the items of a bucket''s files';
COMMENT ON FUNCTION list_backups(request) IS 'ListBackups: backups of all tables, or of one';
COMMENT ON FUNCTION list_bulk_operations(request) IS 'ListBulkOperations: the bulk operations of the last 90 days';
COMMENT ON FUNCTION list_exports(request) IS 'ListExports: exports of all tables, or of one';
COMMENT ON FUNCTION list_imports(request) IS 'ListImports: imports of all tables, or of one';
COMMENT ON FUNCTION list_streams(request) IS 'ListStreams: streams of tables, up to 100 a page';
COMMENT ON FUNCTION list_tables(request) IS 'ListTables: names of tables, up to 100 a page';
COMMENT ON FUNCTION list_tags_of_resource(request) IS 'ListTagsOfResource: a table''s tags';
COMMENT ON FUNCTION put_item(request) IS 'PutItem: creates an item or replaces it as a whole';
COMMENT ON FUNCTION query(request) IS 'Query: items of one partition key in the order of their sort keys, up to 1 MB a page';
COMMENT ON FUNCTION restore_table_from_backup(request) IS 'RestoreTableFromBackup: a new table with what a backup holds';
COMMENT ON FUNCTION restore_table_to_point_in_time(request) IS 'RestoreTableToPointInTime: a new table with what another one held at a moment';
COMMENT ON FUNCTION scan(request) IS 'Scan: items of a whole table or of a segment of it, up to 1 MB a page';
COMMENT ON FUNCTION start_bulk_put_items(request) IS 'StartBulkPutItems: puts the items of a bucket''s files into a table';
COMMENT ON FUNCTION tag_resource(request) IS 'TagResource: adds tags to a table';
COMMENT ON FUNCTION transact_get_items(request) IS 'TransactGetItems: up to 100 items as they are at one moment';
COMMENT ON FUNCTION transact_write_items(request) IS 'TransactWriteItems: up to 100 writes and checks of items, all or nothing';
COMMENT ON FUNCTION untag_resource(request) IS 'UntagResource: removes tags from a table';
COMMENT ON FUNCTION update_continuous_backups(request) IS 'UpdateContinuousBackups: switches point-in-time recovery of a table on or off';
COMMENT ON FUNCTION update_item(request) IS 'UpdateItem: changes an item''s attributes, or creates it';
COMMENT ON FUNCTION update_table(request) IS 'UpdateTable: changes a table''s settings';
COMMENT ON FUNCTION update_time_to_live(request) IS 'UpdateTimeToLive: has a table''s items expire by an attribute, or no longer';

-- ==========================================================================
-- Transactions: the tokens of those of the last minutes
--
-- Three relations take turns, and nobody but the library reads or writes them.
-- ==========================================================================

CREATE TABLE transaction_tokens_0 (
	token uuid NOT NULL,
	role oid NOT NULL,
	operation "char" NOT NULL,
	request uuid NOT NULL,
	finished timestamptz NOT NULL,
	note text NOT NULL,
	CONSTRAINT transaction_tokens_0_pkey PRIMARY KEY (token, role, operation)
);
CREATE TABLE transaction_tokens_1 (
	LIKE transaction_tokens_0,
	CONSTRAINT transaction_tokens_1_pkey PRIMARY KEY (token, role, operation)
);
CREATE TABLE transaction_tokens_2 (
	LIKE transaction_tokens_0,
	CONSTRAINT transaction_tokens_2_pkey PRIMARY KEY (token, role, operation)
);
COMMENT ON TABLE transaction_tokens_0 IS 'client request tokens of transactions; takes turns with two others';
COMMENT ON TABLE transaction_tokens_1 IS 'client request tokens of transactions; takes turns with two others';
COMMENT ON TABLE transaction_tokens_2 IS 'client request tokens of transactions; takes turns with two others';
REVOKE ALL ON TABLE transaction_tokens_0, transaction_tokens_1, transaction_tokens_2 FROM PUBLIC;
-- pg_read_all_data and pg_write_all_data are not to reach them either.
ALTER TABLE transaction_tokens_0 ENABLE ROW LEVEL SECURITY;
ALTER TABLE transaction_tokens_1 ENABLE ROW LEVEL SECURITY;
ALTER TABLE transaction_tokens_2 ENABLE ROW LEVEL SECURITY;

-- ==========================================================================
-- Changes: streams, recovery, and the log that both read
--
-- streams and continuous_backups say what is asked for, the others what the log
-- has. Log and shards are not dumped: a restored table begins a new stream.
-- Times are microseconds since 1970, and with an ordinal a sequence number.
-- ==========================================================================

CREATE TABLE streams (
	relation relation NOT NULL,
	label text COLLATE "C" NOT NULL,
	table_name text COLLATE "C" NOT NULL,
	view_type text NOT NULL,
	status text NOT NULL,
	key_schema json NOT NULL,
	created timestamptz NOT NULL,
	ended timestamptz,
	view relation,
	owner oid,
	readers oid[],
	PRIMARY KEY (table_name, label)
);
COMMENT ON TABLE streams IS 'streams of tables: ENABLING, ENABLED, DISABLING, and for a while DISABLED';
COMMENT ON COLUMN streams.relation IS 'the table''s; of a table that has been dropped, what it was';
COMMENT ON COLUMN streams.key_schema IS 'the table''s KeySchema, which outlives it here';
COMMENT ON COLUMN streams.ended IS 'since when it is DISABLED; it can be read until its records are trimmed';
COMMENT ON COLUMN streams.view IS 'on which SELECT is the right to read it';
COMMENT ON COLUMN streams.owner IS 'of a table that has been dropped';
COMMENT ON COLUMN streams.readers IS 'who had SELECT on the view, 0 for everybody, likewise';
SELECT pg_catalog.pg_extension_config_dump('streams', $$WHERE status IN ('ENABLING', 'ENABLED')$$);
GRANT SELECT ON streams TO PUBLIC;

-- A row says what is asked for; which label that has, and since when, its trigger says,
-- and to those of a dump anew.
CREATE FUNCTION load_stream() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_load_stream' LANGUAGE C;
REVOKE ALL ON FUNCTION load_stream() FROM PUBLIC;
COMMENT ON FUNCTION load_stream() IS 'trigger of ddb.streams: begins a new stream';

CREATE FUNCTION drop_stream_views() RETURNS event_trigger
	AS 'MODULE_PATHNAME', 'ddb_drop_stream_views' LANGUAGE C;
REVOKE ALL ON FUNCTION drop_stream_views() FROM PUBLIC;
CREATE EVENT TRIGGER ddb_drop_stream_views ON sql_drop
	EXECUTE FUNCTION drop_stream_views();
ALTER EVENT TRIGGER ddb_drop_stream_views ENABLE ALWAYS;

CREATE FUNCTION follow_stream_owner() RETURNS event_trigger
	AS 'MODULE_PATHNAME', 'ddb_follow_stream_owner' LANGUAGE C;
REVOKE ALL ON FUNCTION follow_stream_owner() FROM PUBLIC;
CREATE EVENT TRIGGER ddb_follow_stream_owner ON ddl_command_end WHEN TAG IN ('ALTER TABLE', 'ALTER VIEW')
	EXECUTE FUNCTION follow_stream_owner();
ALTER EVENT TRIGGER ddb_follow_stream_owner ENABLE ALWAYS;

-- With which shard iterators are signed. It is not dumped: they end with the database.
CREATE TABLE stream_secret (secret bytea NOT NULL);
COMMENT ON TABLE stream_secret IS 'with which shard iterators are signed';
REVOKE ALL ON TABLE stream_secret FROM PUBLIC;
-- pg_read_all_data and pg_write_all_data are not to reach it either.
ALTER TABLE stream_secret ENABLE ROW LEVEL SECURITY;
INSERT INTO stream_secret VALUES (pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
	OPERATOR(pg_catalog.||) pg_catalog.uuid_send(pg_catalog.gen_random_uuid()));

CREATE FUNCTION stream_records(table_name text, label text DEFAULT NULL)
	RETURNS TABLE (sequence_number text, event_name text, keys item, new_image item, old_image item,
		created timestamptz, expired boolean, shard_id text)
	LANGUAGE C VOLATILE PARALLEL RESTRICTED ROWS 10000 AS 'MODULE_PATHNAME', 'ddb_stream_records';
COMMENT ON FUNCTION stream_records(text, text) IS 'records of a table''s stream (its newest, or that of the label), in order within each shard';

CREATE TABLE continuous_backups (
	relation relation PRIMARY KEY,
	status text NOT NULL,
	recovery_period_days integer NOT NULL,
	enabled timestamptz
);
COMMENT ON TABLE continuous_backups IS 'tables with point-in-time recovery: ENABLING, ENABLED, DISABLING';
COMMENT ON COLUMN continuous_backups.enabled IS 'since when the log has all their changes; NULL while it is ENABLING';
SELECT pg_catalog.pg_extension_config_dump('continuous_backups', $$WHERE status IN ('ENABLING', 'ENABLED')$$);
GRANT SELECT ON continuous_backups TO PUBLIC;

CREATE TABLE shards (
	shard bigint PRIMARY KEY,
	relation oid NOT NULL,
	label text COLLATE "C",
	shard_id text COLLATE "C" NOT NULL UNIQUE,
	parent_id text COLLATE "C",
	slice integer NOT NULL,
	slices integer NOT NULL,
	start_time bigint NOT NULL,
	start_ordinal bigint NOT NULL,
	end_time bigint,
	end_ordinal bigint,
	ended_by text,
	partition_key text COLLATE "C" NOT NULL,
	sort_key text COLLATE "C"
);
CREATE INDEX shards_relation ON shards (relation, label);
COMMENT ON TABLE shards IS 'parts of the change log: some of a table''s partition keys, for a while';
COMMENT ON COLUMN shards.label IS 'of the stream; NULL: it is for recovery alone';
COMMENT ON COLUMN shards.ended_by IS 'NULL: it is open; closed: nobody wants it any more; rolled: its child goes on; hole: changes are missing behind it';
GRANT SELECT ON shards TO PUBLIC;

CREATE TABLE change_segments (
	relation oid PRIMARY KEY,
	for_recovery boolean NOT NULL,
	first_time bigint NOT NULL,
	last_time bigint
);
COMMENT ON TABLE change_segments IS 'relations that hold the blocks of the change log; the newest of each kind has no last_time';
REVOKE ALL ON change_segments FROM PUBLIC;

CREATE TABLE change_position (
	slot name PRIMARY KEY,
	lsn pg_lsn NOT NULL,
	last_time bigint NOT NULL,
	last_ordinal bigint NOT NULL,
	reached timestamptz NOT NULL
);
COMMENT ON TABLE change_position IS 'how far the change log is: written in one transaction with its records';
GRANT SELECT ON change_position TO PUBLIC;

CREATE FUNCTION end_dropped_logs() RETURNS event_trigger
	AS 'MODULE_PATHNAME', 'ddb_end_dropped_logs' LANGUAGE C;
REVOKE ALL ON FUNCTION end_dropped_logs() FROM PUBLIC;

CREATE EVENT TRIGGER ddb_end_dropped_logs ON sql_drop
	EXECUTE FUNCTION end_dropped_logs();
ALTER EVENT TRIGGER ddb_end_dropped_logs ENABLE ALWAYS;

CREATE FUNCTION change_log_wanted() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_change_log_wanted' LANGUAGE C;
REVOKE ALL ON FUNCTION change_log_wanted() FROM PUBLIC;
CREATE TRIGGER change_log_wanted AFTER INSERT OR UPDATE OR DELETE ON streams
	FOR EACH ROW EXECUTE FUNCTION change_log_wanted();
CREATE TRIGGER change_log_wanted AFTER INSERT OR UPDATE OR DELETE ON continuous_backups
	FOR EACH ROW EXECUTE FUNCTION change_log_wanted();
ALTER TABLE streams ENABLE ALWAYS TRIGGER change_log_wanted;
ALTER TABLE continuous_backups ENABLE ALWAYS TRIGGER change_log_wanted;

CREATE FUNCTION change_log_wait(timeout interval DEFAULT '10 seconds') RETURNS boolean
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_change_log_wait';
COMMENT ON FUNCTION change_log_wait(interval) IS 'waits until the change log has all that is committed; false if it has not in time';

CREATE FUNCTION change_records(shard_id text, backward boolean DEFAULT false) RETURNS SETOF json
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_change_records';
REVOKE ALL ON FUNCTION change_records(text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION change_records(text, boolean) IS 'what a shard of the change log holds, with all images that are kept; for its owner';

CREATE FUNCTION change_log_state(OUT slot name, OUT state text, OUT bytes bigint, OUT reached_lsn pg_lsn,
		OUT reached timestamptz, OUT "limit" bigint, OUT holes bigint)
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_change_log_state';
COMMENT ON FUNCTION change_log_state() IS 'what change_lag shows';

CREATE VIEW change_lag AS
	SELECT slot, state, bytes, extract(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) reached) AS seconds,
		reached_lsn, "limit", holes
	FROM @extschema@.change_log_state();
COMMENT ON VIEW change_lag IS 'the slot of this database''s change log, how much WAL it keeps, and how far behind the log is';
GRANT SELECT ON change_lag TO PUBLIC;

-- ==========================================================================
-- Event sources: a table's changes, given to functions, addresses, channels
--
-- What is asked for is dumped, how far it has got is not: a restored table begins a
-- new stream. A source holds a secret, and failures hold items, so roles see them by
-- views that show each its own.
-- ==========================================================================

CREATE TABLE event_sources (
	id uuid PRIMARY KEY,
	relation relation NOT NULL,
	role role NOT NULL,
	function text,
	function_owner role,
	options jsonb NOT NULL,
	secret text,
	enabled boolean NOT NULL,
	start_time bigint NOT NULL,
	start_ordinal bigint NOT NULL,
	created timestamptz NOT NULL
);
COMMENT ON TABLE event_sources IS 'what is called with the changes of tables; holds secrets';
COMMENT ON COLUMN event_sources.relation IS 'the table''s';
COMMENT ON COLUMN event_sources.role IS 'as which it is called';
COMMENT ON COLUMN event_sources.function IS 'with its schema and argument; null where options have an address or a channel';
COMMENT ON COLUMN event_sources.function_owner IS 'whom it belonged to when it was named';
COMMENT ON COLUMN event_sources.start_time IS 'with start_ordinal, the sequence number of the first change that counts';
REVOKE ALL ON TABLE event_sources FROM PUBLIC;
-- pg_read_all_data and pg_write_all_data are not to reach it either.
ALTER TABLE event_sources ENABLE ROW LEVEL SECURITY;
SELECT pg_catalog.pg_extension_config_dump('event_sources', '');

CREATE TABLE event_source_positions (
	source uuid NOT NULL,
	shard_id text COLLATE "C" NOT NULL,
	lane integer NOT NULL,
	lanes integer NOT NULL,
	next_time bigint NOT NULL,
	next_ordinal bigint NOT NULL,
	finished boolean NOT NULL DEFAULT false,
	retries integer NOT NULL DEFAULT 0,
	bisect_size integer NOT NULL DEFAULT 0,
	bisect_time bigint NOT NULL DEFAULT 0,
	bisect_ordinal bigint NOT NULL DEFAULT 0,
	due timestamptz,
	slow boolean NOT NULL DEFAULT false,
	called timestamptz,
	result text,
	error text,
	interrupted integer NOT NULL DEFAULT 0,
	PRIMARY KEY (source, shard_id, lane)
) WITH (fillfactor = 50);
COMMENT ON TABLE event_source_positions IS 'how far event sources have got, by shard and lane of it';
COMMENT ON COLUMN event_source_positions.lane IS 'one of lanes: which of the items'' keys, by their hash';
COMMENT ON COLUMN event_source_positions.next_time IS 'with next_ordinal, the sequence number behind the last change that is done';
COMMENT ON COLUMN event_source_positions.bisect_size IS 'how many changes at most, while a batch that has failed is cut up; its last one is bisect_time and bisect_ordinal';
COMMENT ON COLUMN event_source_positions.due IS 'not before';
COMMENT ON COLUMN event_source_positions.slow IS 'its calls take long, so they are left to processes that others do not need';
COMMENT ON COLUMN event_source_positions.interrupted IS 'how many calls of the next batch, one after the other, have ended with their process';
REVOKE ALL ON TABLE event_source_positions FROM PUBLIC;
ALTER TABLE event_source_positions ENABLE ROW LEVEL SECURITY;

CREATE TABLE event_source_failed (
	source uuid NOT NULL,
	role role NOT NULL,
	table_name text COLLATE "C" NOT NULL,
	shard_id text COLLATE "C" NOT NULL,
	first_sequence_number text COLLATE "C" NOT NULL,
	last_sequence_number text COLLATE "C" NOT NULL,
	records integer NOT NULL,
	reason text NOT NULL,
	error text,
	attempts integer NOT NULL,
	event json NOT NULL,
	failed timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE INDEX event_source_failed_source ON event_source_failed (source, failed);
COMMENT ON TABLE event_source_failed IS 'batches that event sources have given up; holds items';
REVOKE ALL ON TABLE event_source_failed FROM PUBLIC;
ALTER TABLE event_source_failed ENABLE ROW LEVEL SECURITY;
SELECT pg_catalog.pg_extension_config_dump('event_source_failed', '');

CREATE FUNCTION event_source_behind(source uuid, shard_id text, lane integer) RETURNS double precision
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_event_source_behind';
COMMENT ON FUNCTION event_source_behind(uuid, text, integer) IS 'how many seconds ago the first change was made that an event source has not done yet; 0: there is none';

CREATE VIEW event_source_list AS
	SELECT s.id, t.name AS table_name,
		(SELECT r.rolname FROM pg_catalog.pg_roles AS r WHERE r.oid OPERATOR(pg_catalog.=) s.role) AS role, s.function, s.options,
		s.secret IS NOT NULL AS signs, s.enabled, s.created
	FROM @extschema@.event_sources AS s
		LEFT JOIN @extschema@.tables AS t ON t.relation OPERATOR(pg_catalog.=) s.relation
	WHERE @extschema@.may_see_error(s.role, NULL, NULL);
ALTER VIEW event_source_list SET (security_barrier = true);
GRANT SELECT ON event_source_list TO PUBLIC;
COMMENT ON VIEW event_source_list IS 'event sources of the roles that the current role could become, without their secrets';

CREATE VIEW event_source_progress AS
	SELECT p.source, t.name AS table_name, p.shard_id, p.lane,
		pg_catalog.lpad(p.next_time::text, 16, '0') OPERATOR(pg_catalog.||) pg_catalog.lpad(p.next_ordinal::text, 12, '0') AS position,
		p.finished, p.result AS last_result, p.error AS last_error, p.called AS last_called,
		p.retries, p.due AS next_try,
		CASE WHEN p.finished THEN 0 ELSE @extschema@.event_source_behind(p.source, p.shard_id, p.lane) END AS behind_seconds
	FROM @extschema@.event_source_positions AS p
		JOIN @extschema@.event_sources AS s ON s.id OPERATOR(pg_catalog.=) p.source
		LEFT JOIN @extschema@.tables AS t ON t.relation OPERATOR(pg_catalog.=) s.relation
	WHERE @extschema@.may_see_error(s.role, NULL, NULL);
ALTER VIEW event_source_progress SET (security_barrier = true);
GRANT SELECT ON event_source_progress TO PUBLIC;
COMMENT ON VIEW event_source_progress IS 'how far the event sources have got of the roles that the current role could become';

CREATE VIEW event_source_failures AS
	SELECT f.source, f.table_name, f.shard_id, f.first_sequence_number, f.last_sequence_number,
		f.records, f.reason, f.error, f.attempts, f.failed, f.event
	FROM @extschema@.event_source_failed AS f
	WHERE @extschema@.may_see_error(f.role, NULL, NULL);
ALTER VIEW event_source_failures SET (security_barrier = true);
GRANT SELECT ON event_source_failures TO PUBLIC;
COMMENT ON VIEW event_source_failures IS 'batches that have been given up by event sources of the roles that the current role could become';

CREATE FUNCTION create_event_source("table" text, function regproc DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS uuid
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_create_event_source';
CREATE FUNCTION update_event_source(id uuid, options jsonb DEFAULT '{}', function regproc DEFAULT NULL) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_update_event_source';
CREATE FUNCTION delete_event_source(id uuid) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_delete_event_source';
CREATE FUNCTION delete_event_source_failures(source uuid, until timestamptz DEFAULT pg_catalog.now()) RETURNS bigint
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_delete_event_source_failures';
CREATE FUNCTION event_matches(pattern text, event json) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_event_matches';
COMMENT ON FUNCTION create_event_source(text, regproc, jsonb) IS 'has a function, an address or a channel called with the changes of a table';
COMMENT ON FUNCTION update_event_source(uuid, jsonb, regproc) IS 'changes options or the target of an event source, disables or enables it';
COMMENT ON FUNCTION delete_event_source(uuid) IS 'deletes an event source';
COMMENT ON FUNCTION delete_event_source_failures(uuid, timestamptz) IS 'deletes what an event source has given up; returns how many batches';
COMMENT ON FUNCTION event_matches(text, json) IS 'whether a filter pattern of an event source matches a record';

CREATE FUNCTION event_sources_changed() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_event_sources_changed' LANGUAGE C;
CREATE FUNCTION load_event_source() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_load_event_source' LANGUAGE C;
CREATE FUNCTION forget_dropped_event_sources() RETURNS event_trigger
	AS 'MODULE_PATHNAME', 'ddb_forget_dropped_event_sources' LANGUAGE C;
REVOKE ALL ON FUNCTION event_sources_changed(), load_event_source(), forget_dropped_event_sources() FROM PUBLIC;
CREATE EVENT TRIGGER ddb_forget_dropped_event_sources ON sql_drop
	EXECUTE FUNCTION forget_dropped_event_sources();
ALTER EVENT TRIGGER ddb_forget_dropped_event_sources ENABLE ALWAYS;

-- ==========================================================================
-- Jobs: work that outlives the request that has asked for it
-- ==========================================================================

CREATE TABLE jobs (
	job uuid PRIMARY KEY,
	kind text NOT NULL,
	relation relation NOT NULL,
	source relation,
	arguments json NOT NULL,
	state text NOT NULL,
	error text,
	requested timestamptz NOT NULL,
	started timestamptz,
	role role,
	interrupted integer NOT NULL DEFAULT 0,
	errors integer NOT NULL DEFAULT 0,
	due timestamptz,
	loaded timestamptz
);
COMMENT ON TABLE jobs IS 'work that goes on in the background; what is done is not here any more';
COMMENT ON COLUMN jobs.kind IS 'RESTORE: a table is filled with what another one was at a moment; BACKUP: a backup with a table; RESTORE_BACKUP: a table with a backup; EXPORT: a table is written into a bucket; IMPORT: a table is filled from one; BULK_PUT: items from one are put into a table; BUCKET_BACKUP, DELETE_BUCKET_BACKUP, RESTORE_BUCKET_BACKUP: a backup in a bucket is made, deleted, restored';
COMMENT ON COLUMN jobs.relation IS 'the relation of the table or backup that it fills; ddb.bucket_backups where it deletes a backup';
COMMENT ON COLUMN jobs.source IS 'the relation that it reads';
COMMENT ON COLUMN jobs.arguments IS 'as the kind has them; of RESTORE, Moment: microseconds since 1970';
COMMENT ON COLUMN jobs.state IS 'WAITING, RUNNING, or FAILED for good';
COMMENT ON COLUMN jobs.error IS 'why it has failed, or what was in its way the last time';
COMMENT ON COLUMN jobs.role IS 'who asked for it';
COMMENT ON COLUMN jobs.interrupted IS 'how many attempts have come to no end, one after the other, as in crashes';
COMMENT ON COLUMN jobs.errors IS 'how many have ended in an error, one after the other';
COMMENT ON COLUMN jobs.due IS 'when it is tried again; null: now';
COMMENT ON COLUMN jobs.loaded IS 'when a dump has brought it';
REVOKE ALL ON jobs FROM PUBLIC;
-- pg_read_all_data and pg_write_all_data are not to reach it either.
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
SELECT pg_catalog.pg_extension_config_dump('jobs', '');

CREATE TABLE backups (
	backup text COLLATE "C" PRIMARY KEY,
	relation relation NOT NULL,
	name text COLLATE "C" NOT NULL,
	type text NOT NULL,
	status text NOT NULL,
	table_name text COLLATE "C" NOT NULL,
	table_id uuid NOT NULL,
	table_created timestamptz NOT NULL,
	settings json NOT NULL,
	definition json NOT NULL,
	created timestamptz NOT NULL,
	expires timestamptz,
	items bigint,
	bytes bigint
);
COMMENT ON TABLE backups IS 'backups of tables, also of tables that are not there any more';
COMMENT ON COLUMN backups.backup IS 'what its ARN ends with';
COMMENT ON COLUMN backups.relation IS 'that holds its items; who owns it owns the backup, and SELECT on it is the right to restore it';
COMMENT ON COLUMN backups.type IS 'USER: somebody asked for it; SYSTEM: what a table with point-in-time recovery was when it was deleted';
COMMENT ON COLUMN backups.status IS 'CREATING while a job makes it, or AVAILABLE';
COMMENT ON COLUMN backups.settings IS 'the table''s, as in ddb.tables';
COMMENT ON COLUMN backups.definition IS 'the table''s keys and indexes';
COMMENT ON COLUMN backups.expires IS 'when it is deleted; of SYSTEM';
GRANT SELECT ON backups TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('backups', '');

-- What bucket_backups, exports, imports and bulk_operations have of a failure is not for everybody; nor are
-- pg_read_all_data and pg_write_all_data to reach it. Operations and views tell what each role may see.

-- Not in dumps: a copy of the database is not to do the same work in the same bucket.
CREATE TABLE bucket_backups (
	backup text COLLATE "C" PRIMARY KEY,
	bucket text COLLATE "C" NOT NULL,
	table_name text COLLATE "C" NOT NULL,
	role role NOT NULL,
	status text NOT NULL,
	description json,
	error text
);
COMMENT ON TABLE bucket_backups IS 'backups in buckets that are being made or deleted, or could not be made; all others are in their bucket alone';
COMMENT ON COLUMN bucket_backups.backup IS 'what its ARN ends with';
COMMENT ON COLUMN bucket_backups.role IS 'who asked for it, or for its deletion';
COMMENT ON COLUMN bucket_backups.status IS 'CREATING, DELETING, FAILED';
COMMENT ON COLUMN bucket_backups.description IS 'of the table, as it will be in the bucket';
COMMENT ON COLUMN bucket_backups.error IS 'why it was not made';
REVOKE ALL ON TABLE bucket_backups FROM PUBLIC;
ALTER TABLE bucket_backups ENABLE ROW LEVEL SECURITY;

CREATE VIEW bucket_backup_failures AS
	SELECT b.backup, b.bucket, b.table_name, b.error
	FROM @extschema@.bucket_backups AS b
	WHERE b.status OPERATOR(pg_catalog.=) 'FAILED' AND @extschema@.may_see_error(b.role, NULL, NULL);
ALTER VIEW bucket_backup_failures SET (security_barrier = true);
GRANT SELECT ON bucket_backup_failures TO PUBLIC;
COMMENT ON VIEW bucket_backup_failures IS 'backups that could not be made in a bucket, of the roles that the current role could become';

CREATE TABLE exports (
	export text COLLATE "C" PRIMARY KEY,
	relation relation NOT NULL,
	table_name text COLLATE "C" NOT NULL,
	table_id uuid NOT NULL,
	role role NOT NULL,
	token text NOT NULL,
	request json NOT NULL,
	status text NOT NULL,
	moment bigint NOT NULL,
	of_the_past boolean NOT NULL,
	started timestamptz NOT NULL,
	ended timestamptz,
	items bigint,
	bytes bigint,
	manifest text,
	failure_code text,
	failure_message text
);
CREATE INDEX exports_ended ON exports (coalesce(ended, started));
COMMENT ON TABLE exports IS 'exports of tables to buckets';
COMMENT ON COLUMN exports.export IS 'what its ARN ends with';
COMMENT ON COLUMN exports.relation IS 'the table''s, which may not be there any more';
COMMENT ON COLUMN exports.role IS 'who asked for it';
COMMENT ON COLUMN exports.token IS 'ClientToken, or empty';
COMMENT ON COLUMN exports.status IS 'IN_PROGRESS, COMPLETED, FAILED';
COMMENT ON COLUMN exports.moment IS 'microseconds since 1970 of what is exported; of an incremental export, of the end of its window; 0: not known yet';
REVOKE ALL ON TABLE exports FROM PUBLIC;
ALTER TABLE exports ENABLE ROW LEVEL SECURITY;
SELECT pg_catalog.pg_extension_config_dump('exports', '');

CREATE TABLE imports (
	import text COLLATE "C" PRIMARY KEY,
	relation relation NOT NULL,
	table_name text COLLATE "C" NOT NULL,
	table_id uuid NOT NULL,
	role role NOT NULL,
	token text NOT NULL,
	request json NOT NULL,
	status text NOT NULL,
	started timestamptz NOT NULL,
	ended timestamptz,
	files bigint NOT NULL DEFAULT 0,
	records bigint NOT NULL DEFAULT 0,
	bytes bigint NOT NULL DEFAULT 0,
	processed bigint NOT NULL DEFAULT 0,
	imported bigint NOT NULL DEFAULT 0,
	errors bigint NOT NULL DEFAULT 0,
	failure_code text,
	failure_message text,
	file text
);
CREATE INDEX imports_ended ON imports (coalesce(ended, started));
COMMENT ON TABLE imports IS 'imports of tables from buckets';
COMMENT ON COLUMN imports.import IS 'what its ARN ends with';
COMMENT ON COLUMN imports.relation IS 'the new table''s, which may not be there any more';
COMMENT ON COLUMN imports.role IS 'who asked for it';
COMMENT ON COLUMN imports.status IS 'IN_PROGRESS, COMPLETED, FAILED';
COMMENT ON COLUMN imports.files IS 'that have been read to the end';
COMMENT ON COLUMN imports.file IS 'the key of the one that is read, in the order of keys';
COMMENT ON COLUMN imports.records IS 'of it, that have been read';
REVOKE ALL ON TABLE imports FROM PUBLIC;
ALTER TABLE imports ENABLE ROW LEVEL SECURITY;
SELECT pg_catalog.pg_extension_config_dump('imports', '');

CREATE TABLE import_failed (
	import text COLLATE "C" NOT NULL,
	key text NOT NULL,
	item_index bigint NOT NULL,
	message text NOT NULL
);
CREATE INDEX import_failed_import ON import_failed (import);
COMMENT ON TABLE import_failed IS 'records of files that an import could not take';
REVOKE ALL ON TABLE import_failed FROM PUBLIC;
-- pg_read_all_data and pg_write_all_data are not to reach it either.
ALTER TABLE import_failed ENABLE ROW LEVEL SECURITY;

CREATE VIEW import_failures AS
	SELECT f.import, i.table_name, f.key, f.item_index, f.message
	FROM @extschema@.import_failed AS f
		JOIN @extschema@.imports AS i ON i.import OPERATOR(pg_catalog.=) f.import
	WHERE @extschema@.may_see_error(i.role, NULL, NULL);
ALTER VIEW import_failures SET (security_barrier = true);
GRANT SELECT ON import_failures TO PUBLIC;
COMMENT ON VIEW import_failures IS 'what could not be taken by imports of the roles that the current role could become';

CREATE TABLE bulk_operations (
	bulk_operation text COLLATE "C" PRIMARY KEY,
	relation relation NOT NULL,
	table_name text COLLATE "C" NOT NULL,
	table_id uuid NOT NULL,
	role role NOT NULL,
	token text NOT NULL,
	request json NOT NULL,
	status text NOT NULL,
	started timestamptz NOT NULL,
	ended timestamptz,
	file text,
	records bigint NOT NULL DEFAULT 0,
	attempts integer NOT NULL DEFAULT 0,
	input_bytes bigint NOT NULL DEFAULT 0,
	total_bytes bigint,
	processed bigint NOT NULL DEFAULT 0,
	failed bigint NOT NULL DEFAULT 0,
	usage json NOT NULL DEFAULT '{}',
	failure_code text,
	failure_message text
);
CREATE INDEX bulk_operations_ended ON bulk_operations (coalesce(ended, started));
COMMENT ON TABLE bulk_operations IS 'bulk operations: items of a bucket''s files that are put into a table';
COMMENT ON COLUMN bulk_operations.bulk_operation IS 'what its ARN ends with';
COMMENT ON COLUMN bulk_operations.relation IS 'the table''s, which may not be there any more';
COMMENT ON COLUMN bulk_operations.role IS 'who asked for it, as whom the items are put';
COMMENT ON COLUMN bulk_operations.status IS 'IN_PROGRESS, CANCELLING, COMPLETED, COMPLETED_WITH_ERRORS, CANCELLED, FAILED';
COMMENT ON COLUMN bulk_operations.file IS 'the key of the one that is read, in the order of keys';
COMMENT ON COLUMN bulk_operations.records IS 'of it, that have been read';
COMMENT ON COLUMN bulk_operations.attempts IS 'to put the next record alone, after the worker has ended unexpectedly';
COMMENT ON COLUMN bulk_operations.usage IS 'bytes: Table, and Local and Global by the names of indexes';
REVOKE ALL ON TABLE bulk_operations FROM PUBLIC;
ALTER TABLE bulk_operations ENABLE ROW LEVEL SECURITY;
SELECT pg_catalog.pg_extension_config_dump('bulk_operations', '');

CREATE TABLE bulk_reported (
	bulk_operation text COLLATE "C" NOT NULL,
	type text COLLATE "C" NOT NULL,
	behind bigint NOT NULL,
	lines text NOT NULL,
	PRIMARY KEY (bulk_operation, type, behind)
);
COMMENT ON TABLE bulk_reported IS 'what bulk operations that go on will write into their output buckets';
COMMENT ON COLUMN bulk_reported.behind IS 'how many records had been processed before these';
REVOKE ALL ON TABLE bulk_reported FROM PUBLIC;
-- pg_read_all_data and pg_write_all_data are not to reach it either.
ALTER TABLE bulk_reported ENABLE ROW LEVEL SECURITY;
SELECT pg_catalog.pg_extension_config_dump('bulk_reported', '');

CREATE FUNCTION job_figures(OUT key bigint, OUT items bigint, OUT bytes bigint, OUT changes bigint, OUT done bigint, OUT parts bigint,
	OUT first_items bigint, OUT first_bytes bigint, OUT first_done bigint, OUT seconds float8)
	RETURNS SETOF record LANGUAGE C STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'ddb_job_figures';
COMMENT ON FUNCTION job_figures() IS 'what the view job_progress shows of jobs that are at work';

CREATE VIEW job_progress AS
	SELECT coalesce(t.name, b.table_name) AS table_name, j.kind, coalesce(s.name, o.table_name) AS source_name,
		j.state,
		CASE WHEN @extschema@.may_see_error(j.role, j.relation, j.source) THEN j.error END AS error,
		j.requested, j.started,
		f.items AS items_done,
		greatest(c.reltuples, 0)::bigint AS items_about,
		f.changes AS changes_read,
		(SELECT a.rolname FROM pg_catalog.pg_roles AS a WHERE a.oid OPERATOR(pg_catalog.=) j.role) AS role,
		f.bytes AS bytes_done,
		r.items_per_second, r.bytes_per_second,
		CASE WHEN f.parts OPERATOR(pg_catalog.>) 0
			THEN pg_catalog.make_interval(secs => f.seconds OPERATOR(pg_catalog.*) greatest(f.parts OPERATOR(pg_catalog.-) f.done, 0)::float8
				OPERATOR(pg_catalog./) nullif(f.done OPERATOR(pg_catalog.-) f.first_done, 0)::float8)
			WHEN c.reltuples OPERATOR(pg_catalog.>) 0
			THEN pg_catalog.make_interval(secs => greatest(c.reltuples::float8 OPERATOR(pg_catalog.-) f.items::float8, 0)
				OPERATOR(pg_catalog./) nullif(r.items_per_second, 0)) END AS time_left
	FROM @extschema@.jobs AS j
		LEFT JOIN @extschema@.tables AS t ON t.relation OPERATOR(pg_catalog.=) j.relation
		LEFT JOIN @extschema@.backups AS b ON b.relation OPERATOR(pg_catalog.=) j.relation
		LEFT JOIN @extschema@.tables AS s ON s.relation OPERATOR(pg_catalog.=) j.source
		LEFT JOIN @extschema@.backups AS o ON o.relation OPERATOR(pg_catalog.=) j.source
		LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) j.source
		LEFT JOIN @extschema@.job_figures() AS f
			ON f.key OPERATOR(pg_catalog.=) ('x' OPERATOR(pg_catalog.||)
				pg_catalog.left(pg_catalog.replace(j.job::text, '-', ''), 16))::bit(64)::bigint
		LEFT JOIN LATERAL (SELECT (f.items OPERATOR(pg_catalog.-) f.first_items)::float8 OPERATOR(pg_catalog./) nullif(f.seconds, 0) AS items_per_second,
			(f.bytes OPERATOR(pg_catalog.-) f.first_bytes)::float8 OPERATOR(pg_catalog./) nullif(f.seconds, 0) AS bytes_per_second) AS r ON true;
ALTER VIEW job_progress SET (security_barrier = true);
COMMENT ON VIEW job_progress IS 'work that goes on in the background: items done, of about how many, how fast, and for how long still; an error is for whoever could become the role that asked, or may read the relation that the job reads and the one that it fills';
GRANT SELECT ON job_progress TO PUBLIC;

CREATE FUNCTION job_wanted() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_job_wanted' LANGUAGE C;
REVOKE ALL ON FUNCTION job_wanted() FROM PUBLIC;
CREATE TRIGGER job_wanted AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION job_wanted();
ALTER TABLE jobs ENABLE ALWAYS TRIGGER job_wanted;
-- the same worker deletes backups that have expired
CREATE TRIGGER job_wanted AFTER INSERT OR UPDATE ON backups FOR EACH ROW EXECUTE FUNCTION job_wanted();
ALTER TABLE backups ENABLE ALWAYS TRIGGER job_wanted;

-- ==========================================================================
-- Buckets: where exports go, and what imports come from
--
-- A bucket is a foreign server, so that USAGE is the right to use it, and the
-- credentials of a store are where PostgreSQL keeps such. Who may make one is
-- who has USAGE on the wrapper: the administrator, since buckets reach files of
-- the server's.
-- ==========================================================================

CREATE FUNCTION bucket_validator(options text[], catalog oid) RETURNS void
	LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'ddb_bucket_validator';
CREATE FOREIGN DATA WRAPPER ddb_bucket VALIDATOR bucket_validator;
COMMENT ON FUNCTION bucket_validator(text[], oid) IS 'checks the options of a bucket, and of credentials for it';
COMMENT ON FOREIGN DATA WRAPPER ddb_bucket IS 'buckets: a foreign server of it is one';

CREATE FUNCTION bucket_objects(bucket text, prefix text DEFAULT '', OUT key text, OUT size bigint, OUT etag text)
	RETURNS SETOF record LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_bucket_objects';
CREATE FUNCTION read_object(bucket text, key text, first bigint DEFAULT 0, length integer DEFAULT 2147483647) RETURNS bytea
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_read_object';
CREATE FUNCTION write_object(bucket text, key text, content bytea) RETURNS text
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_write_object';
CREATE FUNCTION delete_object(bucket text, key text) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_delete_object';
CREATE FUNCTION clean_bucket(bucket text, prefix text) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_clean_bucket';
COMMENT ON FUNCTION bucket_objects(text, text) IS 'the objects in a bucket whose keys begin with the prefix';
COMMENT ON FUNCTION read_object(text, text, bigint, integer) IS 'an object in a bucket, or a part of it; NULL where there is none';
COMMENT ON FUNCTION write_object(text, text, bytea) IS 'writes an object in a bucket, at once and for good; returns its entity tag';
COMMENT ON FUNCTION delete_object(text, text) IS 'deletes an object in a bucket, at once and for good';
COMMENT ON FUNCTION clean_bucket(text, text) IS 'removes what writers that were killed have left unfinished below the prefix, where nobody else is writing';

-- ==========================================================================
-- Statistics
--
-- The functions tell what their views show: of tables no more than a role may see.
-- ==========================================================================

CREATE FUNCTION operation_counts(OUT source text, OUT operation text, OUT calls bigint, OUT errors bigint,
		OUT exceptions json, OUT seconds double precision, OUT durations bigint[],
		OUT request_bytes bigint, OUT response_bytes bigint) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL RESTRICTED ROWS 30 AS 'MODULE_PATHNAME', 'ddb_operation_counts';
CREATE FUNCTION table_counts(OUT relation oid, OUT requests bigint, OUT errors bigint,
		OUT conditional_failures bigint, OUT conflicts bigint,
		OUT read_units double precision, OUT write_units double precision,
		OUT items_read bigint, OUT items_written bigint) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL RESTRICTED ROWS 100 AS 'MODULE_PATHNAME', 'ddb_table_counts';
CREATE FUNCTION http_state(OUT workers integer, OUT workers_busy integer, OUT connections integer,
		OUT connections_accepted bigint, OUT busy_seconds double precision, OUT retries bigint,
		OUT slow_requests bigint, OUT commits bigint, OUT wal_flushes bigint, OUT stats_reset timestamptz)
	LANGUAGE C VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'ddb_http_state';
CREATE FUNCTION reset_stats() RETURNS void
	LANGUAGE C VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'ddb_reset_stats';
REVOKE ALL ON FUNCTION reset_stats() FROM PUBLIC;
COMMENT ON FUNCTION operation_counts() IS 'what the view operation_stats shows';
COMMENT ON FUNCTION table_counts() IS 'what the view table_stats shows';
COMMENT ON FUNCTION http_state() IS 'what the view http_stats shows';
COMMENT ON FUNCTION reset_stats() IS 'sets all that ddb has counted in the server to zero';

CREATE VIEW operation_stats AS
	SELECT source, operation, calls, errors, exceptions, seconds, durations, request_bytes, response_bytes
	FROM @extschema@.operation_counts();
COMMENT ON VIEW operation_stats IS 'how often operations were called in the whole server, how they ended, and how long those over HTTP took';
GRANT SELECT ON operation_stats TO PUBLIC;

CREATE VIEW table_stats AS
	SELECT t.name AS table_name, c.requests, c.errors, c.conditional_failures, c.conflicts,
		c.read_units, c.write_units, c.items_read, c.items_written
	FROM @extschema@.table_counts() AS c
		LEFT JOIN @extschema@.tables AS t ON t.relation OPERATOR(pg_catalog.=) c.relation
	WHERE c.relation IS NULL OR t.name IS NOT NULL;
COMMENT ON VIEW table_stats IS 'what operations have done with each table that the role may read, and the capacity that they have consumed; without a name: all tables beyond those that have a place';
GRANT SELECT ON table_stats TO PUBLIC;

CREATE VIEW http_stats AS
	SELECT workers, workers_busy, connections, connections_accepted, busy_seconds, retries, slow_requests,
		commits, wal_flushes, stats_reset
	FROM @extschema@.http_state();
COMMENT ON VIEW http_stats IS 'the workers of the HTTP endpoint and what they do';
GRANT SELECT ON http_stats TO PUBLIC;

-- ==========================================================================
-- HTTP: access keys
--
-- A key stands for a role: who signs a request with it is that role.
-- ==========================================================================

CREATE TABLE access_keys (
	access_key_id text COLLATE "C" PRIMARY KEY,
	secret_access_key text NOT NULL,
	role name NOT NULL,
	active boolean NOT NULL DEFAULT true,
	created timestamptz NOT NULL DEFAULT pg_catalog.now(),
	valid_until timestamptz
);
COMMENT ON TABLE access_keys IS 'with which requests to the HTTP endpoint are signed; holds secrets';
REVOKE ALL ON TABLE access_keys FROM PUBLIC;
-- pg_read_all_data and pg_write_all_data are not to reach them either.
ALTER TABLE access_keys ENABLE ROW LEVEL SECURITY;
SELECT pg_catalog.pg_extension_config_dump('access_keys', '');

CREATE FUNCTION access_keys_changed() RETURNS trigger
	AS 'MODULE_PATHNAME', 'ddb_access_keys_changed' LANGUAGE C;
REVOKE ALL ON FUNCTION access_keys_changed() FROM PUBLIC;
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON access_keys
	FOR EACH STATEMENT EXECUTE FUNCTION access_keys_changed();
ALTER TABLE access_keys ENABLE ALWAYS TRIGGER changed;

-- The keys of the roles that one could become, without their secrets.
CREATE VIEW access_key_list AS
	SELECT access_key_id, role, active, created, valid_until
	FROM @extschema@.access_keys AS key
	WHERE pg_catalog.pg_has_role(
		(SELECT oid FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) key.role), 'MEMBER');
ALTER VIEW access_key_list SET (security_barrier = true);
GRANT SELECT ON access_key_list TO PUBLIC;

CREATE FUNCTION create_access_key(role name, valid_until timestamptz DEFAULT NULL,
		INOUT access_key_id text DEFAULT NULL, INOUT secret_access_key text DEFAULT NULL,
		trust boolean DEFAULT false)
	LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_create_access_key';
CREATE FUNCTION set_access_key_active(access_key_id text, active boolean) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_set_access_key_active';
CREATE FUNCTION delete_access_key(access_key_id text) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ddb_delete_access_key';
REVOKE ALL ON FUNCTION create_access_key(name, timestamptz, text, text, boolean),
	set_access_key_active(text, boolean), delete_access_key(text) FROM PUBLIC;

COMMENT ON VIEW access_key_list IS 'access keys of the roles that the current role could become, without their secrets';
COMMENT ON FUNCTION create_access_key(name, timestamptz, text, text, boolean) IS 'makes a new access key of a role, at random or as chosen; its secret is told this once';
COMMENT ON FUNCTION set_access_key_active(text, boolean) IS 'disables an access key, or enables it again';
COMMENT ON FUNCTION delete_access_key(text) IS 'deletes an access key';

-- ==========================================================================
-- The catalogs' guards
--
-- INSERT, UPDATE and DELETE of pg_write_all_data, and a privilege that somebody
-- has granted, do not reach what the extension believes; nor does logical
-- replication, which fires row triggers only.
-- ==========================================================================

CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON tables
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON indexes
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON backfills
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON streams
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON stream_secret
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobs
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON backups
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON bucket_backups
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON exports
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON imports
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON import_failed
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON bulk_operations
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON bulk_reported
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON access_keys
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON continuous_backups
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON shards
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON change_segments
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON change_position
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON tables
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON indexes
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON backfills
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON streams
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON stream_secret
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON jobs
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON backups
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON bucket_backups
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON exports
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON imports
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON import_failed
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON bulk_operations
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON bulk_reported
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON access_keys
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON continuous_backups
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON shards
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON change_segments
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON change_position
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER load BEFORE INSERT ON tables FOR EACH ROW EXECUTE FUNCTION load_record();
CREATE TRIGGER load BEFORE INSERT ON indexes FOR EACH ROW EXECUTE FUNCTION load_record();
CREATE TRIGGER load BEFORE INSERT ON backfills FOR EACH ROW EXECUTE FUNCTION load_record();
CREATE TRIGGER load BEFORE INSERT ON streams FOR EACH ROW EXECUTE FUNCTION load_stream();
CREATE TRIGGER load BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION load_record();
CREATE TRIGGER load BEFORE INSERT ON backups FOR EACH ROW EXECUTE FUNCTION load_record();
CREATE TRIGGER load BEFORE INSERT ON continuous_backups FOR EACH ROW EXECUTE FUNCTION load_record();
CREATE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON tables
	FOR EACH ROW EXECUTE FUNCTION record_changed();
CREATE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON indexes
	FOR EACH ROW EXECUTE FUNCTION record_changed();

-- ENABLE ALWAYS: also where session_replication_role is replica
ALTER TABLE tables ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row,
	ENABLE ALWAYS TRIGGER load, ENABLE ALWAYS TRIGGER told;
ALTER TABLE indexes ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row,
	ENABLE ALWAYS TRIGGER load, ENABLE ALWAYS TRIGGER told;
ALTER TABLE backfills ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row,
	ENABLE ALWAYS TRIGGER load;
ALTER TABLE streams ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row,
	ENABLE ALWAYS TRIGGER load;
ALTER TABLE stream_secret ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE jobs ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row,
	ENABLE ALWAYS TRIGGER load;
ALTER TABLE backups ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row,
	ENABLE ALWAYS TRIGGER load;
ALTER TABLE bucket_backups ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE exports ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE imports ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE import_failed ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE bulk_operations ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE bulk_reported ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE access_keys ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE continuous_backups ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row,
	ENABLE ALWAYS TRIGGER load;
ALTER TABLE shards ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE change_segments ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE change_position ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;

CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON event_sources
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON event_source_positions
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON event_source_failed
	FOR EACH STATEMENT EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON event_sources
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON event_source_positions
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON event_source_failed
	FOR EACH ROW EXECUTE FUNCTION guard_catalog();
CREATE TRIGGER load BEFORE INSERT ON event_sources FOR EACH ROW EXECUTE FUNCTION load_event_source();
CREATE TRIGGER changed AFTER INSERT OR UPDATE OR DELETE ON event_sources
	FOR EACH ROW EXECUTE FUNCTION event_sources_changed();
ALTER TABLE event_sources ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row,
	ENABLE ALWAYS TRIGGER load, ENABLE ALWAYS TRIGGER changed;
ALTER TABLE event_source_positions ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE event_source_failed ENABLE ALWAYS TRIGGER guard, ENABLE ALWAYS TRIGGER guard_row;
