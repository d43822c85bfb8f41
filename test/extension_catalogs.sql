-- What PostgreSQL's catalogs say of the extension ddb in this database, one fact a line, with names
-- in the place of OIDs: so what two databases have can be compared. Every column of every row
-- that belongs to the extension is in it, but for what a relation's use changes and what is
-- another in each database. Of expressions and views it has what PostgreSQL prints of them.
\set QUIET on
\pset tuples_only on
\pset format unaligned
SET search_path = pg_catalog;
SET client_min_messages = warning;

-- Members, and what belongs to them: indexes, defaults, triggers, row types, members of operator families.
CREATE TEMPORARY TABLE member AS
	WITH RECURSIVE member (class, object) AS (
		SELECT d.classid, d.objid
		FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
		WHERE e.extname = 'ddb' AND d.deptype = 'e' AND
			-- the log of changes makes and drops these
			NOT EXISTS (SELECT FROM pg_class c WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relname ~ '^change_segment_[0-9]+$') AND
			NOT EXISTS (SELECT FROM pg_type t WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid AND t.typname ~ '^_?change_segment_[0-9]+$')
		UNION
		SELECT d.classid, d.objid FROM pg_depend d JOIN member m ON d.refclassid = m.class AND d.refobjid = m.object
		WHERE d.deptype IN ('a', 'i') AND d.classid <> 'pg_extension'::regclass
	)
	SELECT class, object FROM member
	UNION SELECT 'pg_extension'::regclass, oid FROM pg_extension WHERE extname = 'ddb';

-- Facts: of which object, of which part of it, what, and the value. Of what names other objects, OIDs.
CREATE TEMPORARY TABLE fact (number serial, class oid, object oid, part text, what text, value text, names regclass);

-- Which column holds OIDs of which catalog.
CREATE TEMPORARY TABLE reference AS
	SELECT fktable, fkcols[1] AS name, pktable FROM pg_get_catalog_foreign_keys() WHERE cardinality(fkcols) = 1 AND pkcols = '{oid}';

-- The catalogs whose rows belong to an object, and the column that says to which.
CREATE TEMPORARY TABLE holder (catalog regclass, class regclass, key text);
INSERT INTO holder
	SELECT DISTINCT class::regclass, class::regclass, 'oid' FROM member
	UNION VALUES ('pg_attribute'::regclass, 'pg_class'::regclass, 'attrelid'), ('pg_index', 'pg_class', 'indexrelid'), ('pg_aggregate', 'pg_proc', 'aggfnoid');

-- Where nothing has been granted or revoked, PostgreSQL may have what everybody has by default, or NULL.
CREATE FUNCTION pg_temp.privileges(given aclitem[], catalog regclass, owner oid) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(i::text, ' ' ORDER BY i::text)
	FROM unnest(coalesce(given, acldefault(CASE catalog WHEN 'pg_class'::regclass THEN 'r' WHEN 'pg_proc'::regclass THEN 'f' WHEN 'pg_type'::regclass THEN 'T' WHEN 'pg_namespace'::regclass THEN 'n' END::"char", owner))) i
$$;

DO $$
DECLARE
	c record;
BEGIN
	FOR c IN
		SELECT h.*, a.attname, a.atttypid, r.pktable::oid AS names
		FROM holder h JOIN pg_attribute a ON a.attrelid = h.catalog
			LEFT JOIN reference r ON r.fktable = h.catalog AND r.name = a.attname
		WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid <> 'pg_node_tree'::regtype AND
			a.attname NOT IN ('oid', 'relfilenode', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid', 'relminmxid', 'relhasindex',
				'attoptions', 'atthasmissing', 'attmissingval', 'extconfig', 'extcondition')
	LOOP
		EXECUTE format('INSERT INTO fact (class, object, part, what, value, names) SELECT m.class, m.object, %s, %L, %s, %L::oid FROM %s r JOIN member m ON m.class = %s AND m.object = r.%I::oid%s',
			CASE c.catalog WHEN 'pg_attribute'::regclass THEN 'r.attname' WHEN 'pg_index'::regclass THEN quote_literal('index') ELSE 'NULL' END, c.attname,
			CASE WHEN c.atttypid = 'aclitem[]'::regtype THEN format('pg_temp.privileges(r.%I, %L, %s)', c.attname, c.catalog,
					-- the owner of most of them, and a column that goes by its table
					coalesce('r.' || (SELECT o.attname FROM pg_attribute o WHERE o.attrelid = c.catalog AND o.attname ~ 'owner$'), '0'))
				-- printed as names these may be ambiguous
				WHEN c.atttypid = 'regproc'::regtype THEN format('r.%I::oid::text', c.attname)
				ELSE format('r.%I::text', c.attname) END,
			c.names, c.catalog, c.class::oid, c.key, CASE c.catalog WHEN 'pg_attribute'::regclass THEN ' WHERE r.attnum > 0' ELSE '' END);
	END LOOP;
END $$;

INSERT INTO fact (class, object, what, value)
	SELECT class, object, 'definition', CASE class
		WHEN 'pg_proc'::regclass THEN (SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.oid = object AND prokind IN ('f', 'p'))
		WHEN 'pg_class'::regclass THEN (SELECT CASE relkind WHEN 'v' THEN pg_get_viewdef(c.oid) WHEN 'i' THEN pg_get_indexdef(c.oid) END FROM pg_class c WHERE c.oid = object)
		WHEN 'pg_trigger'::regclass THEN pg_get_triggerdef(object)
		WHEN 'pg_constraint'::regclass THEN pg_get_constraintdef(object)
		WHEN 'pg_attrdef'::regclass THEN (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE oid = object)
		WHEN 'pg_policy'::regclass THEN (SELECT concat_ws(' / ', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy WHERE oid = object)
	END FROM member;
INSERT INTO fact (class, object, part, what, value)
	SELECT d.classoid, d.objoid, nullif(d.objsubid, 0)::text, 'comment', d.description
	FROM pg_description d JOIN member m ON m.class = d.classoid AND m.object = d.objoid
	UNION ALL
	SELECT p.classoid, p.objoid, nullif(p.objsubid, 0)::text, 'privileges from the script', pg_temp.privileges(p.initprivs, NULL, NULL)
	FROM pg_init_privs p JOIN member m ON m.class = p.classoid AND m.object = p.objoid LEFT JOIN pg_class c ON p.classoid = 'pg_class'::regclass AND c.oid = p.objoid
	WHERE pg_temp.privileges(p.initprivs, NULL, NULL) IS DISTINCT FROM pg_temp.privileges(NULL, 'pg_class', c.relowner)
	UNION ALL
	-- in whatever order
	SELECT 'pg_class'::regclass, c.relation, NULL, 'rows that are dumped', coalesce(nullif(c.condition, ''), 'all')
	FROM pg_extension e, unnest(e.extconfig, e.extcondition) c (relation, condition) WHERE e.extname = 'ddb';
INSERT INTO fact (class, object, what, value, names)
	SELECT d.classid, d.objid, 'depends (' || d.deptype::text || ') on', d.refobjid::text, d.refclassid
	FROM pg_depend d JOIN member m ON m.class = d.classid AND m.object = d.objid;
DELETE FROM fact WHERE what = 'definition' AND value IS NULL;

CREATE TEMPORARY TABLE named AS
	SELECT f.number, n.place, f.names AS class, n.object::oid
	FROM fact f, regexp_split_to_table(btrim(f.value, '{}'), '[ ,]') WITH ORDINALITY n (object, place)
	WHERE f.names IS NOT NULL AND f.value ~ '[0-9]';
ANALYZE fact, named, member;

CREATE TEMPORARY TABLE identity AS
	SELECT o.class, o.object, CASE o.object WHEN 0 THEN '-' ELSE i.type || ' ' || regexp_replace(i.identity, 'pg_toast_\d+', 'pg_toast_n', 'g') END AS text
	FROM (SELECT class, object FROM named UNION SELECT class, object FROM member) o
		LEFT JOIN LATERAL pg_identify_object(o.class, o.object, 0) i ON o.object <> 0;
ANALYZE identity;

SELECT DISTINCT replace(i.text || coalesce(' ' || f.part, '') || ': ' || f.what || ' = ' || coalesce(n.texts, f.value, 'null'), E'\n', ' ') COLLATE "C" AS line
	FROM fact f JOIN identity i USING (class, object)
		LEFT JOIN (SELECT number, string_agg(t.text, ', ' ORDER BY place) AS texts FROM named JOIN identity t USING (class, object) GROUP BY number) n ON n.number = f.number
	WHERE i.text !~ '^(toast table|index) pg_toast\.' ORDER BY line;
