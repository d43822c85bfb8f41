#!/bin/bash
# Throws made-up and damaged statements of PartiQL and transactions at the operations for some
# seconds: each is carried out, or refused with an exception of DynamoDB's. And what a SELECT gives,
# page by page, is what a Scan gives whose FilterExpression says the same. FUZZ_SECONDS and
# FUZZ_SEED change how long and what.
. "$(dirname "$0")/../lib.sh"

seconds=${FUZZ_SECONDS:-6}
seed=${FUZZ_SEED:-$RANDOM}
echo "# seed $seed"

createdb fuzz_statements
export PGDATABASE=fuzz_statements
sql <<'SQL' >/dev/null
CREATE EXTENSION ddb;

CREATE FUNCTION below(bound int) RETURNS int LANGUAGE sql AS $$ SELECT (random() * bound)::int % bound $$;
CREATE FUNCTION one_of(VARIADIC choices text[]) RETURNS text LANGUAGE sql AS $$ SELECT choices[1 + below(cardinality(choices))] $$;

-- ---- two tables: one for reading, one that anything may happen to ----
CREATE FUNCTION make(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.create_table(replace('{"TableName": "NAME", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "k", "AttributeType": "N"}, {"AttributeName": "g", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}, {"AttributeName": "t", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "k", "KeyType": "RANGE"}],
		"LocalSecondaryIndexes": [{"IndexName": "local", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}],
		"GlobalSecondaryIndexes": [{"IndexName": "global", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "t", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}]}', 'NAME', name)::json);
END $$;
SELECT make('Model'), make('Prey');
SELECT ddb.put_item(json_strip_nulls(json_build_object('TableName', 'Model', 'Item', json_build_object(
	'id', json_build_object('S', 'p' || p), 'k', json_build_object('N', a::text),
	'g', CASE WHEN (p + a) % 3 > 0 THEN json_build_object('S', 'p' || a % 3) END,
	'n', CASE WHEN a % 4 > 0 THEN json_build_object('N', (a % 5)::text) END,
	't', CASE WHEN a % 7 > 0 THEN json_build_object('S', ('{hel,hello,help,p1,p,q}'::text[])[a % 7]) END,
	's', CASE a % 3 WHEN 0 THEN '{"S": "hello"}'::json WHEN 1 THEN '{"S": "help"}' ELSE '{"N": "3"}' END,
	'm', CASE WHEN a % 2 = 0 THEN json_build_object('M', json_build_object('x', json_build_object('N', p::text), 'l', '{"L": [{"S": "hello"}, {"N": "1"}]}'::json)) END,
	'ss', CASE WHEN p > 1 THEN '{"SS": ["hello", "p1"]}'::json END))))
FROM generate_series(0, 3) p, generate_series(0, 9) a;

-- ---- conditions in both languages ----
-- A value is ⟦number⟧ in both, and becomes a literal or a parameter in one, :number in the other.
CREATE TABLE value (number int PRIMARY KEY, literal text, value jsonb);
INSERT INTO value VALUES (0, '''p0''', '{"S": "p0"}'), (1, '''p1''', '{"S": "p1"}'), (2, '''p2''', '{"S": "p2"}'), (3, '''none''', '{"S": "none"}'),
	(4, '0', '{"N": "0"}'), (5, '1', '{"N": "1"}'), (6, '3e0', '{"N": "3"}'), (7, '4.0', '{"N": "4"}'), (8, '.7e1', '{"N": "7"}'), (9, '-1', '{"N": "-1"}'),
	(10, '''hello''', '{"S": "hello"}'), (11, '''hel''', '{"S": "hel"}'), (12, '<<''p1'', ''hello''>>', '{"SS": ["hello", "p1"]}'),
	(13, '[''hello'', 1]', '{"L": [{"S": "hello"}, {"N": "1"}]}'), (14, 'true', '{"BOOL": true}'), (15, 'NULL', '{"NULL": true}');
CREATE TYPE pair AS (statement text, expression text);
CREATE FUNCTION alike(form text, VARIADIC arguments text[]) RETURNS pair LANGUAGE sql AS
	$$ SELECT (format(form, VARIADIC arguments), format(form, VARIADIC arguments))::pair $$;
CREATE FUNCTION number_value() RETURNS text LANGUAGE sql AS $$ SELECT format('⟦%s⟧', 4 + below(6)) $$;
CREATE FUNCTION string_value() RETURNS text LANGUAGE sql AS $$ SELECT format('⟦%s⟧', one_of('0', '1', '2', '3', '10', '11')) $$;
CREATE FUNCTION any_value() RETURNS text LANGUAGE sql AS $$ SELECT format('⟦%s⟧', below(16)) $$;
CREATE FUNCTION id_value() RETURNS text LANGUAGE sql AS $$ SELECT format('⟦%s⟧', below(4)) $$;
CREATE FUNCTION path() RETURNS text LANGUAGE sql AS
	$$ SELECT one_of('id', 'k', 'g', 'n', 's', 't', 'm.x', 'm.l', 'm.l[0]', 'm.l[1]', 'ss', 'gone', 'm.gone[2]') $$;
CREATE FUNCTION ordering() RETURNS text LANGUAGE sql AS $$ SELECT one_of('<', '<=', '>', '>=') $$;

CREATE FUNCTION simple() RETURNS pair LANGUAGE plpgsql AS $$
DECLARE
	p text := path();
	v text := any_value();
	number text := number_value();
	key text := one_of('k', 'n');
BEGIN
	CASE below(18)
		WHEN 0, 1 THEN RETURN alike('id = %s', id_value());
		WHEN 2 THEN RETURN alike('%s = id', id_value());
		WHEN 3 THEN RETURN alike('g = %s', id_value());
		WHEN 4 THEN RETURN alike('t %s %s', one_of('=', ordering()), string_value());
		WHEN 16 THEN RETURN alike('t BETWEEN %s AND %s', one_of('⟦10⟧', '⟦11⟧'), one_of('⟦10⟧', '⟦1⟧'));
		WHEN 17 THEN RETURN alike('begins_with(t, %s)', string_value());
		WHEN 5 THEN RETURN alike(key || ' %s %s', one_of('=', ordering()), number_value());
		WHEN 6 THEN RETURN alike(key || ' BETWEEN %s AND %s', one_of('⟦4⟧', '⟦9⟧', '⟦5⟧'), one_of('⟦5⟧', '⟦6⟧', '⟦8⟧'));
		WHEN 7 THEN RETURN (format(one_of('%s IN [%s, %s]', '%s IN (%s, %s)', '%s IN <<%s, %s>>'), p, v, number), format('%s IN (%s, %s)', p, v, number));
		WHEN 8 THEN RETURN alike('begins_with(%s, %s)', p, string_value());
		WHEN 9 THEN RETURN alike('contains(%s, %s)', p, any_value());
		WHEN 10 THEN RETURN (p || one_of(' IS MISSING', ' IS missing'), format('attribute_not_exists(%s)', p));
		WHEN 11 THEN RETURN (p || ' IS NOT MISSING', format('attribute_exists(%s)', p));
		WHEN 12 THEN RETURN (format('%s %s %s', p, one_of('<>', '!='), v), format('attribute_exists(%s) AND %s <> %s', p, p, v));
		WHEN 13 THEN RETURN alike('size(%s) %s %s', p, one_of('=', ordering()), number_value());
		WHEN 14 THEN RETURN alike('%s %s %s', p, ordering(), one_of(number_value(), string_value(), path()));
		ELSE RETURN alike('%s = %s', p, one_of(any_value(), path()));
	END CASE;
END $$;
CREATE FUNCTION condition(depth int) RETURNS pair LANGUAGE plpgsql AS $$
DECLARE
	a pair;
	b pair;
	form text := one_of('(%s) AND (%s)', '(%s) OR (%s)', '(%s) AND (%s)', 'NOT (%s)');
BEGIN
	IF depth = 0 OR below(4) = 0 THEN
		RETURN simple();
	END IF;
	a := condition(depth - 1);
	b := condition(depth - 1);
	RETURN (format(form, a.statement, b.statement), format(form, a.expression, b.expression));
END $$;
-- with what a key condition looks like in front; partition is the name of the key's first attribute
CREATE FUNCTION keyed(partition text, sort text) RETURNS pair LANGUAGE plpgsql AS $$
DECLARE
	rest pair := condition(1 + below(2));
	key pair := alike('%s = %s', partition, id_value());
BEGIN
	CASE below(5)
		WHEN 0 THEN key := (format('%s IN [⟦0⟧, ⟦2⟧, ⟦3⟧]', partition), format('%s IN (⟦0⟧, ⟦2⟧, ⟦3⟧)', partition));
		WHEN 1 THEN key := alike('(%1$s = ⟦0⟧ OR %1$s = %2$s)', partition, id_value());
		WHEN 2 THEN key := alike('%s = %s AND %s %s %s', partition, id_value(), sort, one_of('=', ordering()), CASE sort WHEN 't' THEN string_value() ELSE number_value() END);
		WHEN 3 THEN RETURN key;
		ELSE NULL;
	END CASE;
	RETURN (format('%s AND (%s)', key.statement, rest.statement), format('%s AND (%s)', key.expression, rest.expression));
END $$;

-- ---- a statement's pages against one Scan ----
CREATE FUNCTION filled(marked text, OUT statement text, OUT parameters jsonb) LANGUAGE plpgsql AS $$
DECLARE
	mark text;
	v value;
BEGIN
	parameters := '[]';
	statement := '';
	LOOP
		mark := substring(marked FROM '⟦\d+⟧');
		EXIT WHEN mark IS NULL;
		SELECT * INTO v FROM value WHERE number = trim(mark, '⟦⟧')::int;
		statement := statement || split_part(marked, mark, 1);
		marked := substr(marked, strpos(marked, mark) + length(mark));
		IF below(3) = 0 THEN
			statement := statement || '?';
			parameters := parameters || v.value;
		ELSE
			statement := statement || v.literal;
		END IF;
	END LOOP;
	statement := statement || marked;
	parameters := nullif(parameters, '[]');
END $$;
CREATE FUNCTION filter_of(marked text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('FilterExpression', regexp_replace(marked, '⟦(\d+)⟧', ':v\1', 'g'),
		'ExpressionAttributeValues', (SELECT jsonb_object_agg(':v' || number, value) FROM value WHERE strpos(marked, format('⟦%s⟧', number)) > 0))) $$;
CREATE FUNCTION pages(request jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	answer jsonb;
	items jsonb := '[]';
BEGIN
	LOOP
		answer := ddb.execute_statement((request || jsonb_strip_nulls(jsonb_build_object('NextToken', answer -> 'NextToken')))::json);
		items := items || (answer -> 'Items');
		EXIT WHEN answer -> 'NextToken' IS NULL;
	END LOOP;
	RETURN items;
END $$;
CREATE FUNCTION sorted(items jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_agg(i ORDER BY i) FROM jsonb_array_elements(items) i $$;

-- NULL if all is well
CREATE FUNCTION try_select(OUT complaint text, OUT text text, OUT finds boolean) LANGUAGE plpgsql AS $$
DECLARE
	source text := one_of('Model', 'Model', '"Model"."global"', '"Model"."local"');
	partition text := CASE source WHEN '"Model"."global"' THEN 'g' ELSE 'id' END;
	sort text := CASE source WHEN 'Model' THEN 'k' WHEN '"Model"."local"' THEN 'n' ELSE 't' END;
	conditions pair := CASE WHEN below(3) = 0 THEN condition(3) ELSE keyed(partition, sort) END;
	columns text := one_of('*', '*', 'id, k, n');
	ordered text := CASE WHEN conditions.statement LIKE partition || ' = %' AND conditions.statement NOT LIKE '% OR %' THEN one_of('', format(' ORDER BY %s', sort), format(' ORDER BY %s DESC', sort)) ELSE '' END;
	scan jsonb := '{"TableName": "Model"}';
	expected jsonb;
	found jsonb;
	statement text;
	parameters jsonb;
BEGIN
	SELECT f.statement, f.parameters INTO statement, parameters FROM filled(format('SELECT %s FROM %s WHERE %s%s', columns, source, conditions.statement, ordered)) f;
	text := statement || coalesce(' ' || parameters::text, '');
	IF source <> 'Model' THEN
		scan := scan || jsonb_build_object('IndexName', split_part(source, '"', 4));
	END IF;
	IF source LIKE '%local%' THEN
		scan := scan || '{"Select": "ALL_ATTRIBUTES"}';
	END IF;
	BEGIN
		expected := ddb.scan((scan || filter_of(conditions.expression))::json) -> 'Items';
	EXCEPTION WHEN SQLSTATE 'ND002' THEN
		NULL; -- of what Scan refuses, SELECT must refuse the same
	END;
	IF columns <> '*' THEN
		expected := (SELECT coalesce(jsonb_agg(i - '{g,t,s,m,ss}'::text[]), '[]') FROM jsonb_array_elements(expected) i);
	END IF;
	BEGIN
		found := pages(jsonb_strip_nulls(jsonb_build_object('Statement', statement, 'Parameters', parameters, 'Limit', CASE WHEN below(2) = 0 THEN 1 + below(12) END,
		'ConsistentRead', CASE WHEN source = 'Model' AND below(2) = 0 THEN true END)));
	EXCEPTION WHEN SQLSTATE 'ND002' THEN
		-- a key condition must fit the key, as Query's must
		IF SQLERRM LIKE '%key element does not match the schema' THEN
			RETURN;
		END IF;
	END;
	finds := found <> '[]';
	IF sorted(found) IS DISTINCT FROM sorted(expected) THEN
		complaint := format('a Scan finds %s, SELECT %s', expected, found);
	ELSIF ordered <> '' AND EXISTS (SELECT FROM (SELECT sort_value, lag(sort_value) OVER (ORDER BY o) AS before
			FROM jsonb_array_elements(found) WITH ORDINALITY f (i, o), coalesce(i -> sort -> 'S', to_jsonb((i -> sort ->> 'N')::numeric)) AS sort_value) t
			WHERE CASE WHEN ordered LIKE '% DESC' THEN before < sort_value ELSE before > sort_value END) THEN
		complaint := format('not in order: %s', found);
	END IF;
END $$;

-- ---- damaged statements ----
CREATE FUNCTION right_statement() RETURNS text LANGUAGE sql AS $$ SELECT one_of(
	$s$SELECT * FROM "Prey" WHERE id = 'a' AND k = 1$s$, $s$SELECT id, m.x, m.l[0], m['x'] FROM Prey WHERE id = ? AND k BETWEEN 1 AND ? ORDER BY k DESC$s$,
	$s$SELECT * FROM "Prey"."global" WHERE g IN ['a', 'b', ?] AND n > 1$s$, $s$SELECT k FROM "Prey"."local" WHERE id = 'a' ORDER BY n$s$, 'SELECT * FROM Prey',
	$s$SELECT s FROM Prey WHERE id = 'a' AND (begins_with(s, 'h') OR contains(ss, ?) OR NOT size(m) >= 2) AND n IS NOT MISSING AND m IS MAP$s$,
	$s$SELECT * FROM Prey WHERE attribute_exists(m.x) AND attribute_type(s, 'S') AND s IS NOT NULL -- which
	 AND n <> 1e1 /* why */ AND -2 < n$s$,
	$s$INSERT INTO "Prey" VALUE {'id': 'a', 'k': 3, 'n': 1.5e2, 'l': [1, 'two', {'three': 3, "four": null}], 'set': <<1, .5>>, 'p': ?}$s$, $s$INSERT INTO Prey VALUE {'id': ?, 'k': ?}$s$,
	$s$UPDATE Prey SET n = n + 1 SET m.l[1] = list_append(m.l, [?]), s = 'it''s' REMOVE m.x, gone WHERE id = 'a' AND k = 1 RETURNING ALL NEW *$s$,
	$s$UPDATE "Prey" SET ss = set_add(ss, <<'x', 'y'>>) SET ns = set_delete(ns, <<1>>) WHERE id = 'a' AND k = 1 AND n = ? RETURNING MODIFIED OLD *$s$,
	$s$UPDATE Prey REMOVE g WHERE id = 'b' AND k = 2$s$, $s$DELETE FROM Prey WHERE id = 'b' AND k = 2 RETURNING ALL OLD *$s$, $s$DELETE FROM "Prey" WHERE k = ? AND id = 'a' AND n >= 1$s$,
	$s$EXISTS(SELECT * FROM Prey WHERE id = 'a' AND k = 1 AND n = 5)$s$, $s$EXISTS(SELECT * FROM "Prey" WHERE id = 'c' AND k = 1 AND id IS MISSING)$s$) $$;
CREATE FUNCTION tokens(statement text) RETURNS text[] LANGUAGE sql AS
	$$ SELECT array_agg(t[1]) FROM regexp_matches(statement, '([A-Za-z_]+|''[^'']*''|"[^"]*"|[0-9.e]+|<<|>>|<=|>=|<>|--|/\*|\*/|\s|.)', 'g') t $$;
CREATE FUNCTION odd_token() RETURNS text LANGUAGE sql AS $$ SELECT one_of('(', ')', '((((', '[', ']', '{', '}', '<<', '>>', '<<>>', '[]', '{}', ',', '.', '.inner', ':', ';', '=', '<', '>=', '!=', '+', '-', '--', '/*', '*/', '*', '?', '??',
	'''', '''''', '"', '""', '`', '#', '@', '\', '%', '1e400', '1e-400', '1e99999999999', '12345678901234567890123456789012345678901', '0.', '.', '01', '[0]', '[99999999999]', '[-1]', '[''x'']', 'null', 'missing', 'true', ' AND ', ' OR ', ' NOT ', ' IN ', ' BETWEEN ', ' IS ',
	' SELECT ', ' FROM ', ' WHERE ', ' ORDER BY ', ' SET ', ' REMOVE ', ' VALUE ', ' RETURNING ', ' EXISTS(', ' AS ', 'count(*)', 'size(', 'set_add(', 'list_append(', 'attribute_exists(', 'é', '😀', E'\u0001', E'\n', E'\u00a0', E'\u2028', '⟦0000⟧', 'id', 'k', 'k = 1', 'id = ''a''') $$;
CREATE FUNCTION damaged(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	t text[] := tokens(statement);
	other text[];
	i int;
	j int;
	token text;
BEGIN
	FOR round IN 0 .. below(4) LOOP
		i := 1 + below(cardinality(t));
		j := 1 + below(cardinality(t));
		CASE below(11)
			WHEN 0 THEN token := t[i]; t[i] := t[j]; t[j] := token;
			WHEN 1 THEN t[i] := '';
			WHEN 2 THEN t := t[:i] || t[least(i, j):];
			WHEN 3, 4 THEN t[i] := odd_token();
			WHEN 5, 6 THEN t[i] := t[i] || odd_token();
			WHEN 7 THEN other := tokens(right_statement()); t := t[:i] || other[1 + below(cardinality(other)):];
			WHEN 8 THEN t[i] := repeat(t[i] || CASE below(2) WHEN 0 THEN '' ELSE ' ' END, below(CASE below(4) WHEN 0 THEN 4000 ELSE 20 END));
			WHEN 9 THEN j := below(CASE below(4) WHEN 0 THEN 4000 ELSE 40 END); token := one_of('()', '[]', '{''x'':}', 'NOT ');
				t[i] := repeat(CASE token WHEN '{''x'':}' THEN '{''x'':' WHEN 'NOT ' THEN token ELSE left(token, 1) END, j) || t[i] || repeat(right(token, 1), CASE token WHEN 'NOT ' THEN 0 ELSE j END);
			ELSE t[i] := format('''%s''', repeat(odd_token(), below(3000)));
		END CASE;
	END LOOP;
	RETURN array_to_string(t, '');
END $$;
-- One of those that read or that write, at least before it was damaged.
CREATE FUNCTION a_statement(reads boolean, sound int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	statement text;
BEGIN
	LOOP
		statement := right_statement();
		EXIT WHEN (statement LIKE 'SELECT%') = reads;
	END LOOP;
	RETURN CASE WHEN below(4) < sound THEN statement ELSE damaged(statement) END;
END $$;
CREATE FUNCTION a_value() RETURNS jsonb LANGUAGE sql AS $$ SELECT one_of('{"S": "a"}', '{"S": "a"}', '{"N": "1"}', '{"N": "1"}', '{"N": "2"}', '{"N": "1e400"}', '{"N": "x"}', '{"S": ""}', '{"B": "AQ=="}', '{"BOOL": true}', '{"NULL": true}', '{"L": [{"S": "x"}]}', '{"M": {"": {"S": "x"}}}',
	'{"M": {"x": {"N": "1"}}}', '{"SS": ["a", "b"]}', '{"SS": ["a", "a"]}', '{"NS": []}', '{}', '{"S": "a", "N": "1"}', '{"S": 1}', '"x"', 'null')::jsonb $$;
CREATE FUNCTION a_parameterized_statement(reads boolean, sound int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	statement text := a_statement(reads, sound);
	count int := CASE below(5) WHEN 0 THEN below(5) ELSE length(statement) - length(replace(statement, '?', '')) END;
BEGIN
	RETURN jsonb_strip_nulls(jsonb_build_object('Statement', statement, 'Parameters', (SELECT jsonb_agg(a_value()) FROM generate_series(1, least(count, 50))),
		'ConsistentRead', CASE below(4) WHEN 0 THEN true END, 'ReturnValuesOnConditionCheckFailure', CASE below(4) WHEN 0 THEN 'ALL_OLD' END));
END $$;

-- ---- damaged transactions ----
CREATE FUNCTION right_transaction() RETURNS text LANGUAGE sql AS $$ SELECT one_of(
	'{"TransactItems": [{"Put": {"TableName": "Prey", "Item": {"id": {"S": "a"}, "k": {"N": "4"}, "n": {"N": "1"}}, "ConditionExpression": "attribute_not_exists(id)"}}, {"Update": {"TableName": "Prey", "Key": {"id": {"S": "a"}, "k": {"N": "1"}}, "UpdateExpression": "SET n = n + :n REMOVE s", "ExpressionAttributeValues": {":n": {"N": "1"}}}}], "ClientRequestToken": "token", "ReturnConsumedCapacity": "INDEXES"}',
	'{"TransactItems": [{"Delete": {"TableName": "Prey", "Key": {"id": {"S": "b"}, "k": {"N": "2"}}}}, {"ConditionCheck": {"TableName": "Prey", "Key": {"id": {"S": "a"}, "k": {"N": "1"}}, "ConditionExpression": "#n >= :n OR size(m.l) < :n", "ExpressionAttributeNames": {"#n": "n"}, "ExpressionAttributeValues": {":n": {"N": "5"}}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}], "ReturnItemCollectionMetrics": "SIZE"}',
	'{"TransactItems": [{"Get": {"TableName": "Prey", "Key": {"id": {"S": "a"}, "k": {"N": "1"}}, "ProjectionExpression": "s, m.l[0], #x", "ExpressionAttributeNames": {"#x": "x"}}}, {"Get": {"TableName": "Model", "Key": {"id": {"S": "p1"}, "k": {"N": "1"}}}}], "ReturnConsumedCapacity": "TOTAL"}') $$;
-- The words in it changed places, or are others, so that it stays JSON.
CREATE FUNCTION damaged_transaction(request text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	t text[] := (SELECT array_agg(w[1]) FROM regexp_matches(request, '("[^"]*"|[^"]+)', 'g') w);
	i int;
	j int;
	word text;
BEGIN
	FOR round IN 0 .. below(3) LOOP
		i := 2 * (1 + below(cardinality(t) / 2));
		j := 2 * (1 + below(cardinality(t) / 2));
		CASE below(5)
			WHEN 0 THEN word := t[i]; t[i] := t[j]; t[j] := word;
			WHEN 1 THEN t[i] := t[j];
			WHEN 2 THEN t[i] := to_json(trim(t[i], '"') || odd_token())::text;
			WHEN 3 THEN t[i] := to_json(CASE below(3) WHEN 0 THEN '' ELSE left(trim(t[i], '"'), below(8)) || odd_token() || substr(trim(t[i], '"'), 1 + below(8)) END)::text;
			ELSE t[i] := to_json(repeat(one_of('x', '1', '(', 'a.', 'NOT '), below(3000)))::text;
		END CASE;
	END LOOP;
	RETURN array_to_string(t, '');
END $$;

CREATE FUNCTION prey() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.put_item('{"TableName": "Prey", "Item": {"id": {"S": "a"}, "k": {"N": "1"}, "g": {"S": "a"}, "t": {"S": "t"}, "n": {"N": "5"}, "s": {"S": "hello"}, "m": {"M": {"x": {"N": "7"}, "l": {"L": [{"S": "i"}, {"N": "1"}]}}}, "ss": {"SS": ["a", "c"]}, "ns": {"NS": ["1", "2"]}}}');
	PERFORM ddb.put_item('{"TableName": "Prey", "Item": {"id": {"S": "b"}, "k": {"N": "2"}, "g": {"S": "b"}, "t": {"S": "u"}, "n": {"N": "0"}}}');
END $$;

-- What is sent and to which operation; ⟦0000⟧ stands for U+0000, which jsonb does not have.
CREATE FUNCTION a_request(kind text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	reads boolean := below(2) = 0;
	sound int := CASE kind WHEN 'execute_statement' THEN 1 ELSE 3 END;
	statements jsonb := (SELECT jsonb_agg(a_parameterized_statement(reads, sound)) FROM generate_series(0, below(3)));
	request jsonb;
BEGIN
	CASE kind
		WHEN 'execute_statement' THEN
			request := (statements -> 0) || jsonb_strip_nulls(jsonb_build_object('Limit', CASE below(4) WHEN 0 THEN 1 END, 'ReturnConsumedCapacity', CASE below(4) WHEN 0 THEN 'INDEXES' END,
				'NextToken', CASE below(8) WHEN 0 THEN one_of('x', '', 'AAAA', encode(sha256('x') || '\x0000'::bytea, 'base64')) END));
		WHEN 'batch_execute_statement' THEN
			request := jsonb_build_object('Statements', statements, 'ReturnConsumedCapacity', 'TOTAL');
		WHEN 'execute_transaction' THEN
			request := jsonb_strip_nulls(jsonb_build_object('TransactStatements', (SELECT jsonb_agg(s - 'ConsistentRead') FROM jsonb_array_elements(statements) s),
				'ClientRequestToken', CASE below(4) WHEN 0 THEN 'token' || below(4) END));
		ELSE
			RETURN CASE WHEN below(5) = 0 THEN right_transaction() ELSE damaged_transaction(right_transaction()) END;
	END CASE;
	RETURN replace(request::text, '⟦0000⟧', '\u0000');
END $$;

CREATE TABLE tried (kind text, taken boolean, statements int);
CREATE PROCEDURE throw(kind text) LANGUAGE plpgsql AS $$
DECLARE
	request text := a_request(kind);
	answer json;
	complaint text;
	taken boolean := false;
BEGIN
	BEGIN
		IF kind = 'transact_items' THEN
			EXECUTE format('SELECT ddb.%s($1)', CASE WHEN request LIKE '%"Get"%' THEN 'transact_get_items' ELSE 'transact_write_items' END) USING request::json INTO answer;
		ELSE
			EXECUTE format('SELECT ddb.%s($1)', kind) USING request::json INTO answer;
		END IF;
		taken := true;
		complaint := (SELECT min(r -> 'Error' ->> 'Code') FROM json_array_elements(answer -> 'Responses') r
			WHERE r -> 'Error' ->> 'Code' NOT IN ('ConditionalCheckFailed', 'ValidationError', 'DuplicateItem', 'ResourceNotFound'));
	EXCEPTION WHEN OTHERS THEN
		IF SQLSTATE NOT LIKE 'ND%' OR SQLERRM LIKE 'Internal%' OR SQLERRM !~ '^[A-Za-z]+Exception: ' THEN
			complaint := format('%s %s', SQLSTATE, SQLERRM);
		END IF;
	END;
	IF complaint IS NOT NULL THEN
		RAISE EXCEPTION '% of %: %', complaint, kind, request;
	END IF;
	INSERT INTO tried VALUES (kind, taken, CASE WHEN kind = 'transact_items' THEN 0 ELSE greatest(1, (length(request) - length(replace(request, '"Statement":', ''))) / 12) END);
END $$;

CREATE PROCEDURE fuzz(seconds float) LANGUAGE plpgsql AS $$
DECLARE
	until timestamptz := clock_timestamp() + seconds * interval '1 second';
	complaint text;
	statement text;
	finds boolean;
BEGIN
	WHILE clock_timestamp() < until LOOP
		PERFORM prey();
		FOR i IN 1 .. 3 LOOP
			CALL throw(one_of('execute_statement', 'execute_statement', 'batch_execute_statement', 'execute_transaction', 'transact_items'));
		END LOOP;
		SELECT t.complaint, t.text, t.finds INTO complaint, statement, finds FROM try_select() t;
		IF complaint IS NOT NULL THEN
			RAISE EXCEPTION '%: %', complaint, statement;
		END IF;
		INSERT INTO tried VALUES ('select', coalesce(finds, false), 1);
		IF EXISTS (SELECT FROM dynamodb."Prey" WHERE ddb.item_in(ddb.item_out(item)) <> item) THEN
			RAISE EXCEPTION 'an unsound item';
		END IF;
		IF below(20) = 0 THEN
			IF EXISTS (SELECT FROM ddb.check_indexes('Prey')) THEN
				RAISE EXCEPTION 'an unsound index';
			END IF;
			DELETE FROM dynamodb."Prey";
		END IF;
		COMMIT;
	END LOOP;
END $$;
SQL

ok "statements and transactions of all kinds for $seconds seconds" sql -c "SELECT setseed($seed / 32768.0)" -c "CALL fuzz($seconds)" -o /dev/null
sql -c "SELECT format('# %s: %s tried, %s taken, %s statements', kind, count(*), count(*) FILTER (WHERE taken), sum(statements)) FROM tried GROUP BY kind ORDER BY kind"
is "every kind was tried and taken" "$(sql -c 'SELECT count(DISTINCT kind) FROM tried WHERE taken')" 5
