#!/bin/bash
# Throws made-up and damaged expressions at the operations for some seconds:
# each is refused with an exception of DynamoDB's, or taken and then true to
# the rules that hold for all of its kind. FUZZ_SECONDS and FUZZ_SEED change
# how long and what.
. "$(dirname "$0")/../lib.sh"

seconds=${FUZZ_SECONDS:-6}
seed=${FUZZ_SEED:-$RANDOM}
echo "# seed $seed"

createdb fuzz_expressions
export PGDATABASE=fuzz_expressions
sql <<'SQL' >/dev/null
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Fuzz", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "Id", "AttributeType": "S"}, {"AttributeName": "Sort", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "Id", "KeyType": "HASH"}, {"AttributeName": "Sort", "KeyType": "RANGE"}]}');

CREATE FUNCTION below(bound int) RETURNS int LANGUAGE sql AS $$ SELECT (random() * bound)::int % bound $$;
CREATE FUNCTION one_of(VARIADIC choices text[]) RETURNS text LANGUAGE sql AS $$ SELECT choices[1 + below(cardinality(choices))] $$;

-- ---- expressions that are right, or nearly so ----
CREATE FUNCTION path() RETURNS text LANGUAGE sql AS
	$$ SELECT one_of('s', 'n', '#n', 'l', 'l[0]', 'l[1]', 'l[9]', 'm', 'm.x', 'm.#n', 'm.l[1].z', 'm.l', 'ss', 'ns', 'gone', 'gone.x', 's.x', '#odd') $$;
CREATE FUNCTION value() RETURNS text LANGUAGE sql AS
	$$ SELECT one_of(':s', ':n', ':b', ':true', ':null', ':m', ':l', ':ss', ':ns') $$;
CREATE FUNCTION operand() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	CASE below(6)
		WHEN 0 THEN RETURN format('size(%s)', path());
		WHEN 1, 2 THEN RETURN value();
		WHEN 3 THEN RETURN format('(%s)', path());
		ELSE RETURN path();
	END CASE;
END $$;
CREATE FUNCTION condition(depth int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	CASE below(CASE WHEN depth = 0 THEN 7 ELSE 11 END)
		WHEN 0, 1 THEN RETURN format('%s %s %s', operand(), one_of('=', '<>', '<', '<=', '>', '>='), operand());
		WHEN 2 THEN RETURN format('%s BETWEEN %s AND %s', operand(), operand(), operand());
		WHEN 3 THEN RETURN format('%s IN (%s, %s, %s)', operand(), operand(), operand(), operand());
		WHEN 4 THEN RETURN format('%s(%s)', one_of('attribute_exists', 'attribute_not_exists'), path());
		WHEN 5 THEN RETURN format('attribute_type(%s, %s)', path(), one_of(':S', ':L', ':SS'));
		WHEN 6 THEN RETURN format('%s(%s, %s)', one_of('begins_with', 'contains'), operand(), operand());
		WHEN 7, 8 THEN RETURN format('%s %s %s', condition(depth - 1), one_of('AND', 'OR'), condition(depth - 1));
		WHEN 9 THEN RETURN format('NOT %s', condition(depth - 1));
		ELSE RETURN format('(%s)', condition(depth - 1));
	END CASE;
END $$;
CREATE FUNCTION update_operand(depth int) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	CASE below(CASE WHEN depth = 0 THEN 2 ELSE 4 END)
		WHEN 0 THEN RETURN path();
		WHEN 1 THEN RETURN value();
		WHEN 2 THEN RETURN format('if_not_exists(%s, %s)', path(), update_operand(depth - 1));
		ELSE RETURN format('list_append(%s, %s)', update_operand(depth - 1), update_operand(depth - 1));
	END CASE;
END $$;
CREATE FUNCTION update_expression() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	clauses text[];
	set_value text;
BEGIN
	FOR i IN 0 .. below(3) LOOP
		set_value := update_operand(2);
		IF below(2) = 0 THEN
			set_value := format('%s %s %s', set_value, one_of('+', '-'), update_operand(1));
		END IF;
		clauses := clauses || one_of(format('SET %s = %s', path(), set_value), format('SET %s = %s, %s = %s', path(), value(), path(), update_operand(1)),
			format('REMOVE %s', path()), format('REMOVE %s, %s', path(), path()), format('ADD %s %s', path(), one_of(':n', ':ss', ':ns')), format('DELETE %s %s', path(), one_of(':ss', ':ns')));
	END LOOP;
	RETURN array_to_string(clauses, ' ');
END $$;
CREATE FUNCTION projection() RETURNS text LANGUAGE sql AS
	$$ SELECT string_agg(path(), ', ') FROM generate_series(0, below(4)) $$;
CREATE FUNCTION key_condition() RETURNS text LANGUAGE sql AS
	$$ SELECT one_of('Id = :s', 'Id = :s AND ' || one_of(format('Sort %s :n', one_of('=', '<', '<=', '>', '>=')), 'Sort BETWEEN :n AND :n', 'begins_with(Sort, :s)', condition(1)), condition(1)) $$;

-- ---- and damaged ones ----
CREATE FUNCTION damaged(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text := expression;
	place int;
BEGIN
	FOR i IN 0 .. below(3) LOOP
		place := 1 + below(length(result) + 1);
		CASE below(6)
			WHEN 0 THEN result := overlay(result PLACING '' FROM place FOR 1 + below(5));
			WHEN 1, 2 THEN result := overlay(result PLACING one_of('(', ')', '((', '[', ']', '[0]', '.', ',', '=', '<', '>', '<>', '+', '-', ' AND ', ' OR ', ' NOT ', ' IN ', ' BETWEEN ', ' SET ', ' REMOVE ',
				'#', ':', '#u', ':u', 'size(', 'contains(', '"', '''', 'é', '😀', E'\u0001', E'\n', '4', '99999999999', 'abort', '*', ';', 'x') FROM place FOR below(2));
			WHEN 3 THEN result := overlay(result PLACING substr(result, 1 + below(length(result) + 1), 1 + below(20)) FROM place FOR 0);
			WHEN 4 THEN result := left(result, place);
			ELSE result := CASE WHEN below(8) = 0 THEN repeat(substr(result, place, 1 + below(3)), below(2000)) ELSE upper(result) END;
		END CASE;
	END LOOP;
	RETURN result;
END $$;

CREATE FUNCTION request(parameter text, expression text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_strip_nulls(jsonb_build_object('TableName', 'Fuzz', parameter, expression,
		'ExpressionAttributeNames', (SELECT jsonb_object_agg(key, value) FROM jsonb_each('{"#n": "n", "#odd": "odd.name"}') WHERE expression ~ (key || '\M')),
		'ExpressionAttributeValues', (SELECT jsonb_object_agg(key, value) FROM jsonb_each('{":s": {"S": "h"}, ":n": {"N": "1"}, ":b": {"B": "AQ=="}, ":true": {"BOOL": true}, ":null": {"NULL": true},
			":m": {"M": {"x": {"N": "1"}}}, ":l": {"L": [{"S": "p"}]}, ":ss": {"SS": ["a", "b"]}, ":ns": {"NS": ["1"]}, ":S": {"S": "S"}, ":L": {"S": "L"}, ":SS": {"S": "SS"}}') WHERE parameter <> 'ProjectionExpression' AND expression ~ (key || '\M')))) $$;
CREATE FUNCTION put() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.put_item('{"TableName": "Fuzz", "Item": {"Id": {"S": "h"}, "Sort": {"N": "1"}, "s": {"S": "hello"}, "n": {"N": "5"}, "l": {"L": [{"N": "0"}, {"S": "p"}, {"L": []}]},
		"m": {"M": {"x": {"N": "7"}, "n": {"S": "in"}, "l": {"L": [{"S": "i"}, {"M": {"z": {"S": "j"}}}]}}}, "ss": {"SS": ["a", "c"]}, "ns": {"NS": ["1", "2"]}, "odd.name": {"BOOL": true}}}');
END $$;

-- ---- what holds for each kind; NULL if all is well ----
CREATE TABLE tried (kind text, taken boolean);

-- a condition is true or false, and NOT turns one into the other
CREATE FUNCTION try_condition(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	true_count int := ddb.scan(request('FilterExpression', expression)::json) ->> 'Count';
BEGIN
	BEGIN
		IF true_count + (ddb.scan(request('FilterExpression', format('NOT (%s)', expression))::json) ->> 'Count')::int <> 1 THEN
			RETURN 'NOT';
		END IF;
	EXCEPTION WHEN SQLSTATE 'ND002' THEN
		NULL; -- its parentheses are redundant, or it is too long
	END;
	RETURN NULL;
END $$;

-- a projection holds nothing but the item's own
CREATE FUNCTION try_projection(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	part jsonb := ddb.get_item((request('ProjectionExpression', expression) || '{"Key": {"Id": {"S": "h"}, "Sort": {"N": "1"}}}')::json) -> 'Item';
	whole jsonb := ddb.get_item('{"TableName": "Fuzz", "Key": {"Id": {"S": "h"}, "Sort": {"N": "1"}}}') -> 'Item';
BEGIN
	RETURN CASE WHEN NOT whole @> part THEN 'projection' END;
END $$;

-- an update leaves the key alone, makes a sound item, and tells what it changed
CREATE FUNCTION try_update(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	key jsonb := '{"Id": {"S": "h"}, "Sort": {"N": "1"}}';
	updated jsonb;
	item ddb.item;
BEGIN
	PERFORM put();
	updated := ddb.update_item((request('UpdateExpression', expression) || jsonb_build_object('Key', key, 'ReturnValues', 'UPDATED_NEW'))::json) -> 'Attributes';
	SELECT f.item INTO STRICT item FROM dynamodb."Fuzz" f;
	IF ddb.item_in(ddb.item_out(item)) <> item THEN
		RETURN 'unsound item';
	END IF;
	IF NOT ddb.item_out(item)::text::jsonb @> key THEN
		RETURN 'key';
	END IF;
	IF NOT ddb.item_out(item)::text::jsonb @> coalesce(updated, '{}') THEN
		RETURN 'UPDATED_NEW';
	END IF;
	RETURN NULL;
END $$;

-- what Query finds, a condition finds too
CREATE FUNCTION try_key_condition(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	query_count int := ddb.query(request('KeyConditionExpression', expression)::json) ->> 'Count';
	scan_count int := ddb.scan(request('FilterExpression', expression)::json) ->> 'Count';
BEGIN
	RETURN CASE WHEN query_count <> scan_count THEN format('Query %s, Scan %s', query_count, scan_count) END;
END $$;

CREATE PROCEDURE fuzz(seconds float) LANGUAGE plpgsql AS $$
DECLARE
	until timestamptz := clock_timestamp() + seconds * interval '1 second';
	kind text;
	expression text;
	complaint text;
BEGIN
	WHILE clock_timestamp() < until LOOP
		kind := one_of('condition', 'projection', 'update', 'key_condition');
		expression := CASE kind WHEN 'condition' THEN condition(3) WHEN 'projection' THEN projection() WHEN 'update' THEN update_expression() ELSE key_condition() END;
		IF below(3) = 0 THEN
			expression := damaged(expression);
		END IF;
		BEGIN
			EXECUTE format('SELECT try_%s($1)', kind) USING expression INTO complaint;
			INSERT INTO tried VALUES (kind, true);
		EXCEPTION WHEN SQLSTATE 'ND002' THEN
			complaint := CASE WHEN SQLERRM NOT LIKE 'ValidationException: %' THEN SQLERRM END;
			INSERT INTO tried VALUES (kind, false);
		WHEN OTHERS THEN
			complaint := format('%s %s', SQLSTATE, SQLERRM);
		END;
		IF complaint IS NOT NULL THEN
			RAISE EXCEPTION '% of %: %', complaint, kind, expression;
		END IF;
		COMMIT;
	END LOOP;
END $$;
SQL

sql -c "SELECT put()" >/dev/null
ok "expressions of all kinds for $seconds seconds" sql -c "SELECT setseed($seed / 32768.0)" -c "CALL fuzz($seconds)" -o /dev/null
sql -c "SELECT format('# %s: %s tried, %s taken', kind, count(*), count(*) FILTER (WHERE taken)) FROM tried GROUP BY kind ORDER BY kind"
is "every kind was tried and taken" "$(sql -c 'SELECT count(DISTINCT kind) FROM tried WHERE taken')" 4
