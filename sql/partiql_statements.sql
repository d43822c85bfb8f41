-- ExecuteStatement, BatchExecuteStatement and ExecuteTransaction
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "Artist", "AttributeType": "S"}, {"AttributeName": "Song", "AttributeType": "S"}, {"AttributeName": "Genre", "AttributeType": "S"}, {"AttributeName": "Year", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}, {"AttributeName": "Song", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "ByYear", "KeySchema": [{"AttributeName": "Artist", "KeyType": "HASH"}, {"AttributeName": "Year", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}],
	"GlobalSecondaryIndexes": [{"IndexName": "ByGenre", "KeySchema": [{"AttributeName": "Genre", "KeyType": "HASH"}, {"AttributeName": "Year", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}]}')->'TableDescription'->>'TableName';
SELECT ddb.create_table('{"TableName": "Counts", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "n", "AttributeType": "N"}],
	"KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}]}')->'TableDescription'->>'TableName';

-- A statement with parameters and further members, and what it answers or raises.
CREATE FUNCTION pg_temp.run(statement text, parameters json DEFAULT NULL, more jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	RETURN ddb.execute_statement((jsonb_build_object('Statement', statement) ||
		CASE WHEN parameters IS NULL THEN '{}' ELSE jsonb_build_object('Parameters', parameters) END || more)::json);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLERRM || CASE detail WHEN '' THEN '' ELSE ' ' || detail END;
END
$$;

-- ---- INSERT, and every kind of value ----

SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 'Sinnerman', 'Year': 1965, 'Genre': 'Jazz', 'Live': false, 'Cover': true, 'Nothing': NULL,
	'Length': {'minutes': 10, 'parts': [1, 'two', {'three': 3}]}, 'Tags': <<'a', 'b'>>, 'Takes': <<2, 1.5>>, 'Small': -1.5e-3, 'Dot': .5, 'Quote': 'it''s'}$$);
SELECT item FROM dynamodb."Music";
SELECT pg_temp.run($$insert into Music value {'Artist': ?, 'Song': ?, 'Data': ?, 'Set': <<?, ?>>, 'List': [?]}$$, '[{"S": "Nina"}, {"S": "Feeling Good"}, {"B": "AAE="}, {"B": "AQ=="}, {"B": "Ag=="}, {"M": {"x": {"N": "1"}}}]');
SELECT item FROM dynamodb."Music" WHERE "Song" = 'Feeling Good';
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 'Sinnerman'}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina'}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 1}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': ''}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 'x', 'Genre': 1}$$);
SELECT pg_temp.run($$INSERT INTO "Nothing" VALUE {'Artist': 'Nina', 'Song': 'x'}$$);
SELECT pg_temp.run($$INSERT INTO "Music"."ByYear" VALUE {'Artist': 'Nina', 'Song': 'x'}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE ['x']$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 'x', 's': <<>>}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 'x', 's': <<'x', 'x'>>}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 'x', 's': <<1, 'x'>>}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 'x', 'n': 1e400}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 'x', 'n': [0, {'m': 1e-400}]}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 'x', 'n': 123456789012345678901234567890123456789}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 'x', 'n': 1e99999999999}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': set_add(a, <<1>>)}$$);
-- what cannot be read at all; an INSERT takes no alias
SELECT pg_temp.run(statement) FROM unnest(ARRAY['SELECT * FROM "Counts" WHERE n = 1 # note', 'SELECT * FROM "Counts" WHERE n = 1 /* note', 'SELECT * FROM "Counts" WHERE n = 1.5e-2147483647', 'SELECT * FROM "Counts" WHERE n = 1.5e-2147483646',
	'SELECT * FROM "Counts" WHERE n = 1e2147483647', 'INSERT INTO "Counts" c VALUE {''n'': 1}', 'INSERT INTO "Counts" AS c VALUE {''n'': 1}', 'SELECT * FROM "Counts" WHERE EXISTS(n)', 'SELECT * FROM "Counts" WHERE Exists(n) = true']) statement;
SELECT count(*) FROM dynamodb."Music";

-- ---- SELECT ----

SELECT pg_temp.run(format($$INSERT INTO "Music" VALUE {'Artist': '%s', 'Song': 'song %s', 'Year': %s, 'Genre': '%s', 'Plays': %s, 'Info': {'label': 'L%s', 'takes': [1, 2]}}$$, a, n, 1960 + n, CASE WHEN n % 2 = 0 THEN 'Folk' ELSE 'Rock' END, n, n))
FROM unnest('{Bob,Joan}'::text[]) a, generate_series(1, 6) n;
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Bob'$$);
SELECT pg_temp.run($$SELECT Song, Info.label, Info.takes[1], Nowhere FROM Music WHERE Artist = 'Bob' AND Song = 'song 2'$$);
SELECT pg_temp.run($$SELECT * FROM "Music" WHERE "Artist" = ? AND "Song" = ?$$, '[{"S": "Joan"}, {"S": "song 1"}]', '{"ReturnConsumedCapacity": "TOTAL", "ConsistentRead": true}');
SELECT pg_temp.run($$SELECT * FROM "Music" WHERE Artist = 'Joan' AND Song = 'song 9'$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Bob' AND Song > 'song 2' AND Song <= 'song 5' ORDER BY Song DESC$$, NULL, '{"ReturnConsumedCapacity": "TOTAL"}');
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Bob' AND Song BETWEEN 'song 2' AND 'song 3'$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Bob' AND begins_with(Song, 'song') AND Plays IN [1, 4, 9]$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Bob' AND NOT (Plays < 5 OR Plays = 6)$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist IN ['Bob', 'Nina', 'Nobody'] AND Plays IS MISSING$$);
SELECT pg_temp.run($$SELECT Artist, Song FROM "Music" WHERE Artist = 'Joan' AND Plays = 1 OR Artist = 'Bob' AND Plays = 2$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND Nothing IS NULL$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND Live IS NOT MISSING AND Live IS BOOLEAN AND Tags IS STRING_SET AND contains(Tags, 'b') AND size(Tags) = 2$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND attribute_type(Data, 'B') AND attribute_exists("Set") AND attribute_not_exists(Year)$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Length.parts[2].three = 3 AND Length['minutes'] >= 10$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND attribute_exists(Year) = true$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND false = attribute_exists(Year)$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND size(Song) = true$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND Song IS TEXTUAL$$);
-- each item once, also where the parts of an OR overlap
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Bob' AND Plays < 3 OR Artist = 'Bob' AND Song = 'song 2' OR Artist = 'Bob' AND NOT Song > 'song 1'$$);
-- a NOT keeps what has no such attribute, <> does not
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND NOT Year = 1$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND Year <> 1$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND Year != 1$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND NOT Year <> 1$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 'Nina' AND size(Tags) <> 9$$);
-- what is no key of what is read need not be one
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist = 1 OR Song = 'Sinnerman'$$);
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Song = 'Sinnerman' OR Artist = ''$$);
SELECT pg_temp.run(format($$SELECT Song FROM "Music" WHERE Artist IN [%s] OR Song = 'Sinnerman'$$, string_agg(quote_literal(i), ','))) FROM generate_series(1, 51) i;
SELECT pg_temp.run(format($$SELECT Song FROM "Music" WHERE Artist IN [%s]$$, string_agg(quote_literal(i), ','))) FROM generate_series(1, 51) i;
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE (Artist = 1 OR Artist = 'Nina') AND Song = 'Sinnerman'$$);
-- one semicolon may stand at the end
SELECT pg_temp.run($$SELECT v FROM "Counts" WHERE n = 1; -- the end$$);
SELECT pg_temp.run($$SELECT v FROM "Counts" WHERE n = 1;;$$);
SELECT pg_temp.run($$SELECT v FROM "Counts" WHERE n = 1; SELECT v FROM "Counts"$$);
SELECT pg_temp.run($$SELECT v; FROM "Counts"$$);
-- comments are blanks
SELECT pg_temp.run(E'SELECT Song -- which\nFROM /* a * table */ "Music" WHERE Artist = \'Bob\' AND Plays = 1');
-- indexes
SELECT pg_temp.run($$SELECT * FROM "Music"."ByYear" WHERE Artist = 'Bob' AND Year > 1964 ORDER BY Year DESC$$, NULL, '{"ReturnConsumedCapacity": "INDEXES"}');
SELECT pg_temp.run($$SELECT * FROM "Music"."ByGenre" WHERE Genre = 'Jazz'$$);
SELECT pg_temp.run($$SELECT Plays FROM "Music"."ByGenre" WHERE Genre = 'Jazz'$$);
SELECT pg_temp.run($$SELECT * FROM "Music"."Other" WHERE Genre = 'Jazz'$$);
SELECT pg_temp.run($$SELECT * FROM "Music"."ByGenre" WHERE Genre = 'Jazz'$$, NULL, '{"ConsistentRead": true}');
-- what WHERE judges is fetched for a local index as well
SELECT pg_temp.run($$SELECT Song FROM "Music"."ByYear" WHERE Artist = 'Bob' AND Plays = 2$$);
-- order
SELECT pg_temp.run($$SELECT Artist FROM "Music" WHERE Artist IN ['Joan', 'Bob'] AND Plays = 1 ORDER BY Artist DESC$$);
SELECT pg_temp.run($$SELECT * FROM "Music" ORDER BY Song$$);
SELECT pg_temp.run($$SELECT * FROM "Music" WHERE Plays = 1 ORDER BY Song$$);
SELECT pg_temp.run($$SELECT * FROM "Music" WHERE Artist = 'Bob' ORDER BY Plays$$);

-- ---- Pages ----

CREATE FUNCTION pg_temp.pages(statement text, page int) RETURNS TABLE (songs text) LANGUAGE plpgsql AS $$
DECLARE
	token text;
	answer json;
BEGIN
	LOOP
		answer := ddb.execute_statement(json_strip_nulls(json_build_object('Statement', statement, 'Limit', page, 'NextToken', token)));
		token := answer->>'NextToken';
		songs := (SELECT string_agg(i->'Artist'->>'S' || ' ' || (i->'Song'->>'S'), ', ') FROM json_array_elements(answer->'Items') i);
		RETURN NEXT;
		EXIT WHEN token IS NULL;
	END LOOP;
END
$$;
SELECT * FROM pg_temp.pages($$SELECT * FROM "Music" WHERE Artist = 'Bob'$$, 4);
SELECT * FROM pg_temp.pages($$SELECT * FROM "Music" WHERE Artist = 'Bob' ORDER BY Song DESC$$, 4);
SELECT * FROM pg_temp.pages($$SELECT * FROM "Music" WHERE Artist IN ['Bob', 'Joan']$$, 4);
SELECT * FROM pg_temp.pages($$SELECT * FROM "Music" WHERE Artist IN ['Bob', 'Joan']$$, NULL);
SELECT count(*), sum(array_length(string_to_array(songs, ', '), 1)) FROM pg_temp.pages($$SELECT * FROM "Music"$$, 3);
SELECT ddb.execute_statement('{"Statement": "SELECT * FROM Music", "Limit": 1}')->>'NextToken' AS token \gset
SELECT pg_temp.run('SELECT * FROM Music ', NULL, jsonb_build_object('NextToken', :'token'));
SELECT pg_temp.run('SELECT * FROM Music WHERE Artist = ?', '[{"S": "Bob"}]', jsonb_build_object('NextToken', :'token'));
SELECT pg_temp.run('SELECT * FROM Music', NULL, '{"NextToken": "x"}');
SELECT pg_temp.run('SELECT * FROM Music', NULL, jsonb_build_object('NextToken', left(:'token', -8)));

-- ---- UPDATE ----

SELECT pg_temp.run($$UPDATE "Music" SET Plays = Plays + 10 SET Info.label = 'new', Rating = 5 REMOVE Info.takes[0] WHERE Artist = 'Bob' AND Song = 'song 1' RETURNING ALL NEW *$$);
SELECT pg_temp.run($$UPDATE "Music" SET Plays = Plays - ? WHERE Artist = 'Bob' AND Song = 'song 1' RETURNING MODIFIED OLD *$$, '[{"N": "1"}]');
SELECT pg_temp.run($$UPDATE "Music" SET Tags = set_add(Tags, <<'c'>>) SET Takes = SET_DELETE(Takes, <<2>>) SET List = list_append(Length.parts, ['x']) WHERE Artist = 'Nina' AND Song = 'Sinnerman' RETURNING MODIFIED NEW *$$);
SELECT pg_temp.run($$UPDATE "Music" REMOVE Tags, Takes WHERE Artist = 'Nina' AND Song = 'Sinnerman' AND Year = 1965 RETURNING ALL OLD *$$);
SELECT pg_temp.run($$UPDATE "Music" SET x = 1 WHERE Artist = 'Nina' AND Song = 'Sinnerman'$$, NULL, '{"ReturnConsumedCapacity": "TOTAL"}');
-- an item that is not there, or another one than the condition wants
SELECT pg_temp.run($$UPDATE "Music" SET x = 1 WHERE Artist = 'Nina' AND Song = 'none'$$);
SELECT pg_temp.run($$UPDATE "Music" SET x = 1 WHERE Artist = 'Nina' AND Song = 'Sinnerman' AND Year = 1$$, NULL, '{"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}');
SELECT pg_temp.run($$UPDATE "Music" SET x = 1 WHERE Artist = 'Nina'$$);
SELECT pg_temp.run($$UPDATE "Music" SET x = 1$$);
SELECT pg_temp.run($$UPDATE "Music" SET x = 1 WHERE Artist = 'Nina' AND Song > 'a'$$);
SELECT pg_temp.run($$UPDATE "Music" SET Song = 'y' WHERE Artist = 'Nina' AND Song = 'Sinnerman'$$);
SELECT pg_temp.run($$UPDATE "Music" SET x = x + 'a' WHERE Artist = 'Nina' AND Song = 'Sinnerman'$$);
SELECT pg_temp.run($$UPDATE "Music" SET x = Song + 1 WHERE Artist = 'Nina' AND Song = 'Sinnerman'$$);
SELECT pg_temp.run($$UPDATE "Music" SET x = set_add(y, <<1>>) WHERE Artist = 'Nina' AND Song = 'Sinnerman'$$);
SELECT pg_temp.run($$UPDATE "Music" SET x = set_add(x, 1) WHERE Artist = 'Nina' AND Song = 'Sinnerman'$$);
SELECT pg_temp.run($$UPDATE "Music" SET x = set_add(x) WHERE Artist = 'Nina' AND Song = 'Sinnerman'$$);
SELECT pg_temp.run($$UPDATE "Music" SET x = nonsense(x) WHERE Artist = 'Nina' AND Song = 'Sinnerman'$$);
-- the WHERE may stand first, and nowhere else
SELECT pg_temp.run($$FROM "Music" WHERE Artist = 'Nina' AND Song = 'Sinnerman' SET x = 2, y = 1 REMOVE y2 RETURNING MODIFIED NEW *$$);
SELECT pg_temp.run($$from Music where Artist = ? and Song = ? and x = ? set x = ? returning all new *$$, '[{"S": "Nina"}, {"S": "Sinnerman"}, {"N": "3"}, {"N": "4"}]');
SELECT pg_temp.run(statement) FROM unnest(ARRAY['FROM "Music" SET x = 1', 'FROM "Music" WHERE x = 1 REMOVE x', 'FROM "Music" SET x = 1 WHERE Artist = 1', 'FROM "Music" SET x = 1 WHERE Artist = 1 SET y = 1',
	'FROM "Nothing" WHERE Artist = 1 SET x = 1', 'FROM "Music" WHERE Artist = 1', 'FROM "Music"."ByYear" WHERE Artist = 1 SET x = 1', 'FROM "Music" m WHERE Artist = 1 SET x = 1']) statement;
SELECT pg_temp.run($$UPDATE "Music" SET a = 1, a.b = 2 WHERE Artist = 'Nina' AND Song = 'Sinnerman'$$);

SELECT pg_temp.run($$UPDATE "Music" SET x = {'': 1} WHERE Artist = 'Nina' AND Song = 'Sinnerman'$$);
-- ---- DELETE ----

SELECT pg_temp.run($$DELETE FROM "Music" WHERE Artist = 'Joan' AND Song = 'song 1' AND Plays = 7$$);
SELECT pg_temp.run($$DELETE FROM "Music" WHERE Artist = 'Joan' AND Song = 'song 1' AND Plays = 1 RETURNING ALL OLD *$$);
SELECT pg_temp.run($$DELETE FROM "Music" WHERE Artist = 'Joan' AND Song = 'song 1' RETURNING ALL OLD *$$);
SELECT pg_temp.run($$DELETE FROM "Music" WHERE Artist = 'Joan' AND Song = 'song 2' RETURNING ALL NEW *$$);
SELECT pg_temp.run($$DELETE FROM "Music" WHERE Artist = 'Joan'$$);
SELECT count(*) FROM dynamodb."Music" WHERE "Artist" = 'Joan';
SELECT * FROM ddb.check_indexes('Music');

-- ---- What is no statement ----

SELECT pg_temp.run('SELECTT * FROMM "Music"');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE Artist = ''Bob'' Song');
SELECT pg_temp.run('SELECT * FROM "Music" ORDER BY Song WHERE Artist = ''Bob''');
SELECT pg_temp.run('DELETE FROM "Music" ORDER BY Song WHERE Artist = ''Bob''');
SELECT pg_temp.run('SELECT * FROM "Music" m WHERE Artist = ''Bob''');
SELECT pg_temp.run('SELECT * FROM "Music" AS m');
SELECT pg_temp.run('SELECT * FROM "Music", "Counts"');
SELECT pg_temp.run('SELECT * FROM "a"."b"."c"');
SELECT pg_temp.run('SELECT * FROM ""');
-- no name is empty, and none holds U+0000, with which it could not be read back
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Nina', 'Song': 'x', '': 1}$$);
SELECT ddb.execute_statement('{"Statement": "INSERT INTO Music VALUE {''Artist'': ''Nina'', ''Song'': ''x'', ''a\u0000b'': 1}"}');
SELECT ddb.execute_statement('{"Statement": "SELECT \"a\u0000b\" FROM Music"}');
SELECT ddb.execute_statement('{"Statement": "SELECT a[''b\u0000c''] FROM Music"}');
SELECT ddb.execute_statement('{"Statement": "SELECT * FROM \"Music\u0000b\""}');
SELECT pg_temp.run('SELECT a.inner FROM "Music"');
SELECT pg_temp.run('SELECT a."inner" FROM "Music" WHERE Artist = ''nobody''');
SELECT pg_temp.run(E'SELECT\n  COUNT(*) FROM "Nothing"');
SELECT pg_temp.run('SELECT size(Song) FROM "Music"');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE exists(Song)');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE attribute_exists(''a'')');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE attribute_exists()');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE Info < {''a'': 1}');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE Artist');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE (Artist = ''a'') = true');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE #a = 1');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE a = `x`');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE a = ''unfinished');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE a = 1 #');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE a = 1 /* unfinished');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE a = ?');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE a = 1', '[{"N": "1"}]');
SELECT pg_temp.run('EXISTS(SELECT * FROM "Music" WHERE Artist = ''a'' AND Song = ''b'' AND c = 1)');
SELECT pg_temp.run('');
SELECT left(pg_temp.run('SELECT * FROM "Music" WHERE a = ''' || repeat('x', 9000) || ''''), 60);
SELECT pg_temp.run('SELECT * FROM "Music" WHERE Artist = 1');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE Artist = ''' || repeat('x', 2049) || '''');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE Artist = ''a'' AND Song = ''' || repeat('x', 1025) || '''');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE ' || repeat('(', 3000) || 'a = 1' || repeat(')', 3000) || ' AND Artist = ''nobody''');
SELECT pg_temp.run('SELECT * FROM "Music" WHERE ' || repeat('NOT ', 2000) || 'a = 1 AND Artist = ''nobody''');
SET max_stack_depth = '100kB';
SELECT pg_temp.run('INSERT INTO "Music" VALUE ' || repeat('[', 4000) || repeat(']', 4000));
RESET max_stack_depth;

-- ---- Batches ----

CREATE FUNCTION pg_temp.batch(VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN ddb.batch_execute_statement(json_build_object('ReturnConsumedCapacity', 'TOTAL', 'Statements',
		(SELECT json_agg(json_build_object('Statement', s, 'ReturnValuesOnConditionCheckFailure', 'ALL_OLD') ORDER BY n) FROM unnest(statements) WITH ORDINALITY u (s, n))));
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END
$$;
SELECT pg_temp.batch($$INSERT INTO "Counts" VALUE {'n': 1, 'v': 'a'}$$, $$INSERT INTO "Counts" VALUE {'n': 2}$$, $$DELETE FROM "Counts" WHERE n = 3$$,
	$$UPDATE "Music" SET x = 1 WHERE Artist = 'Bob' AND Song = 'song 3'$$, $$UPDATE "Counts" SET x = 1 WHERE n = 9$$, $$INSERT INTO "Music" VALUE {'Artist': 'Bob', 'Song': 'song 4'}$$);
SELECT pg_temp.batch($$INSERT INTO "Counts" VALUE {'n': 1, 'v': 'b'}$$, $$UPDATE "Counts" SET v = 'c' WHERE n = 2 AND v = 'x'$$, $$nonsense$$, $$INSERT INTO "Nothing" VALUE {'n': 1}$$, $$INSERT INTO "Counts" VALUE {'n': 3}$$);
SELECT item FROM dynamodb."Counts" ORDER BY n;
SELECT pg_temp.batch($$SELECT v FROM "Counts" WHERE n = 1$$, $$SELECT * FROM "Counts" WHERE n = 8$$, $$SELECT * FROM "Music" WHERE Artist = 'Bob'$$, $$SELECT * FROM "Music"."ByYear" WHERE Artist = 'Bob' AND Year = 1$$);
SELECT pg_temp.batch($$SELECT v FROM "Counts" WHERE n = 1$$, $$INSERT INTO "Counts" VALUE {'n': 4}$$);
SELECT pg_temp.batch($$INSERT INTO "Counts" VALUE {'n': 4}$$, $$UPDATE "Counts" SET v = 1 WHERE n = 4$$);
-- one that reads asks for the key and for nothing else
SELECT pg_temp.batch($$SELECT v FROM "Counts" WHERE n = 1 AND attribute_exists(v)$$, $$SELECT v FROM "Counts" WHERE n = 2$$);
SELECT ddb.batch_execute_statement('{"Statements": []}');

-- an error that is no statement's own ends the batch, and nothing but the batch
CREATE FUNCTION divide_by_zero() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 / 0; END $$;
CREATE TRIGGER divide_by_zero BEFORE DELETE ON dynamodb."Counts" FOR EACH ROW EXECUTE FUNCTION divide_by_zero();
SELECT ddb.batch_execute_statement('{"Statements": [{"Statement": "UPDATE \"Counts\" SET v = ''q'' WHERE n = 1"}, {"Statement": "DELETE FROM \"Counts\" WHERE n = 2"}]}');
SELECT item FROM dynamodb."Counts" WHERE n = 1;
DROP TRIGGER divide_by_zero ON dynamodb."Counts";
DROP FUNCTION divide_by_zero();

-- ---- Transactions ----

CREATE FUNCTION pg_temp.transaction(statements text[], more jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	RETURN ddb.execute_transaction((jsonb_build_object('TransactStatements',
		(SELECT jsonb_agg(jsonb_build_object('Statement', s) ORDER BY n) FROM unnest(statements) WITH ORDINALITY u (s, n))) || more)::json);
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLERRM || CASE detail WHEN '' THEN '' ELSE ' ' || detail END;
END
$$;
SELECT pg_temp.transaction(ARRAY[$$INSERT INTO "Counts" VALUE {'n': 10}$$, $$UPDATE "Counts" SET v = 'z' WHERE n = 1$$, $$DELETE FROM "Counts" WHERE n = 2$$, $$DELETE FROM "Counts" WHERE n = 99$$,
	$$EXISTS(SELECT * FROM "Music" WHERE Artist = 'Bob' AND Song = 'song 3' AND x = 1)$$], '{"ReturnConsumedCapacity": "TOTAL", "ClientRequestToken": "t"}');
SELECT pg_temp.transaction(ARRAY[$$INSERT INTO "Counts" VALUE {'n': 10}$$, $$UPDATE "Counts" SET v = 'z' WHERE n = 1$$, $$DELETE FROM "Counts" WHERE n = 2$$, $$DELETE FROM "Counts" WHERE n = 99$$,
	$$EXISTS(SELECT * FROM "Music" WHERE Artist = 'Bob' AND Song = 'song 3' AND x = 1)$$], '{"ReturnConsumedCapacity": "TOTAL", "ClientRequestToken": "t"}');
SELECT item FROM dynamodb."Counts" ORDER BY n;
SELECT pg_temp.transaction(ARRAY[$$INSERT INTO "Counts" VALUE {'n': 10}$$, $$INSERT INTO "Counts" VALUE {'n': 11}$$, $$UPDATE "Counts" SET v = 1 WHERE n = 12$$,
	$$EXISTS(SELECT * FROM "Music" WHERE Artist = 'Bob' AND Song = 'song 3' AND x = 2)$$, $$UPDATE "Counts" SET v = v + 1 WHERE n = 1$$]);
SELECT count(*) FROM dynamodb."Counts" WHERE n = 11;
SELECT pg_temp.transaction(ARRAY[$$SELECT v FROM "Counts" WHERE n = 1$$, $$SELECT * FROM "Counts" WHERE n = 8$$, $$SELECT w FROM "Counts" WHERE n = 10$$], '{"ReturnConsumedCapacity": "TOTAL"}');
SELECT pg_temp.transaction(ARRAY[$$SELECT v FROM "Counts" WHERE n = 1$$, $$INSERT INTO "Counts" VALUE {'n': 8}$$]);
SELECT pg_temp.transaction(ARRAY[$$UPDATE "Counts" SET v = 1 WHERE n = 1 RETURNING ALL OLD *$$]);
SELECT pg_temp.transaction(ARRAY[$$SELECT * FROM "Counts" WHERE n = 1$$, $$SELECT * FROM "Music"."ByYear" WHERE Artist = 'Bob' AND Year = 1$$]);
SELECT pg_temp.transaction(ARRAY[$$SELECT * FROM "Counts" WHERE n = 1$$, $$SELECT * FROM "Music" WHERE Artist = 'Bob'$$]);
SELECT pg_temp.transaction(ARRAY[$$SELECT * FROM "Counts" WHERE n = 1 AND attribute_exists(v)$$]);
SELECT pg_temp.transaction(ARRAY[$$FROM "Counts" WHERE n = 10 SET v = 'y'$$]);
SELECT pg_temp.transaction(ARRAY[$$SELECT * FROM "Counts" WHERE n = 1$$, $$SELECT * FROM "Counts" WHERE$$]);
SELECT pg_temp.transaction(ARRAY[$$UPDATE "Counts" SET v = 1e126 WHERE n = 1$$]);
SELECT pg_temp.transaction(ARRAY[$$EXISTS(SELECT * FROM "Counts" WHERE n = 1)$$]);
-- items of 4 MB in all are too many, also to read
INSERT INTO dynamodb."Counts" (item) SELECT jsonb_build_object('n', 1000 + i, 'v', repeat('v', 390000))::ddb.item FROM generate_series(1, 11) i;
SELECT length(pg_temp.transaction(array_agg(format($$SELECT n FROM "Counts" WHERE n = %s$$, 1000 + i)))) FROM generate_series(1, 10) i;
SELECT pg_temp.transaction(array_agg(format($$SELECT n FROM "Counts" WHERE n = %s$$, 1000 + i))) FROM generate_series(1, 11) i;
DELETE FROM dynamodb."Counts" WHERE n > 1000;
-- however it is put in parentheses
SELECT pg_temp.transaction(ARRAY[$$EXISTS(SELECT * FROM "Music" WHERE Artist = 'Bob' AND (Song = 'song 3' AND x = 1))$$, $$EXISTS(SELECT * FROM "Counts" WHERE n = 1 AND v = 'z' OR n = 1 AND v = 'y')$$]);
SELECT pg_temp.transaction(ARRAY[$$EXISTS(SELECT * FROM "Music" WHERE (Artist = 'Bob' AND (Song = 'song 3')))$$]);
SELECT pg_temp.transaction(ARRAY[$$EXISTS(SELECT * FROM "Music"."ByYear" WHERE Artist = 'Bob' AND Year = 1 AND x = 1)$$]);
SELECT pg_temp.transaction(ARRAY[$$INSERT INTO "Counts" VALUE {'n': 20}$$, $$DELETE FROM "Counts" WHERE n = 20$$]);
SELECT ddb.execute_transaction('{"TransactStatements": []}');

-- ---- Privileges: those of the operations ----

CREATE ROLE partiql_reader;
GRANT USAGE ON SCHEMA dynamodb TO partiql_reader;
GRANT SELECT ON dynamodb."Counts" TO partiql_reader;
SET ROLE partiql_reader;
SELECT pg_temp.run($$SELECT v FROM "Counts" WHERE n = 1$$);
SELECT pg_temp.run($$SELECT v FROM "Music" WHERE n = 1$$);
SELECT pg_temp.run($$INSERT INTO "Counts" VALUE {'n': 30}$$);
SELECT pg_temp.run($$UPDATE "Counts" SET v = 1 WHERE n = 1$$);
SELECT pg_temp.run($$DELETE FROM "Counts" WHERE n = 1$$);
SELECT pg_temp.batch($$DELETE FROM "Counts" WHERE n = 1$$);
SELECT pg_temp.transaction(ARRAY[$$EXISTS(SELECT * FROM "Counts" WHERE n = 1 AND v = 'z')$$]);
-- who may delete an item learns nothing of it
RESET ROLE;
CREATE ROLE partiql_deleter;
GRANT USAGE ON SCHEMA dynamodb TO partiql_deleter;
GRANT DELETE ON dynamodb."Counts" TO partiql_deleter;
SET ROLE partiql_deleter;
SELECT pg_temp.run($$DELETE FROM "Counts" WHERE n = 1 AND v = 'a'$$, NULL, '{"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}');
SELECT pg_temp.run($$DELETE FROM "Counts" WHERE n = 1 AND (n = 1 OR v = 'a')$$);
SELECT pg_temp.run($$DELETE FROM "Counts" WHERE n = 1 AND v = 'a' OR n = 1 AND v = 'b'$$);
SELECT pg_temp.run($$DELETE FROM "Counts" WHERE n = 1 AND n = 2$$, NULL, '{"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}');
SELECT pg_temp.batch($$DELETE FROM "Counts" WHERE n = 1 AND v = 'a'$$);
SELECT pg_temp.transaction(ARRAY[$$DELETE FROM "Counts" WHERE n = 1 AND v = 'a'$$]);
SELECT pg_temp.run($$DELETE FROM "Counts" WHERE n = 1 RETURNING ALL OLD *$$);
SELECT pg_temp.run($$DELETE FROM "Counts" WHERE n = 3$$, NULL, '{"ReturnConsumedCapacity": "TOTAL"}');
RESET ROLE;
REVOKE ALL ON dynamodb."Counts" FROM partiql_deleter;
REVOKE ALL ON SCHEMA dynamodb FROM partiql_deleter;
DROP ROLE partiql_deleter;
RESET ROLE;
REVOKE ALL ON dynamodb."Counts" FROM partiql_reader;
REVOKE ALL ON SCHEMA dynamodb FROM partiql_reader;
DROP ROLE partiql_reader;

-- ---- An error that is no statement's own ends the batch, and leaves nothing behind ----

CREATE FUNCTION partiql_divide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1 / 0; RETURN NEW; END $$;
CREATE TRIGGER partiql_divide BEFORE INSERT OR UPDATE ON dynamodb."Counts" FOR EACH ROW EXECUTE FUNCTION partiql_divide();
SELECT ddb.batch_execute_statement('{"Statements": [{"Statement": "UPDATE Counts SET w = 77 WHERE n = 1"}]}');
DO $$
BEGIN
	PERFORM ddb.batch_execute_statement('{"Statements": [{"Statement": "UPDATE Counts SET w = 77 WHERE n = 1"}]}');
EXCEPTION WHEN division_by_zero THEN
	RAISE NOTICE 'caught';
END
$$;
SELECT count(*) FROM dynamodb."Counts" WHERE n = 1;
DROP FUNCTION partiql_divide CASCADE;

-- ---- Statements that come again ----

-- more of them at once than are kept, each with a text of its own; the second time some have been kept
SELECT pg_temp.run($$DELETE FROM Counts WHERE n = ? RETURNING ALL OLD *$$, format('[{"N": "%s"}]', n)::json) FROM generate_series(1, 2) n;
SELECT ddb.execute_transaction(json_build_object('TransactStatements',
	(SELECT json_agg(json_build_object('Statement', format('INSERT INTO Counts VALUE {''n'': ?, ''name %s'': ?}', n),
		'Parameters', json_build_array(json_build_object('N', (n + 1000)::text), json_build_object('S', 'value ' || n)))) FROM generate_series(1, 100) n))) IS NOT NULL;
SELECT count(*) FROM generate_series(1, 100) n JOIN dynamodb."Counts" c ON c.n = (n.n + 1000)::ddb.number WHERE c.item ->> ('name ' || n.n) = 'value ' || n.n;
SELECT count(*) FILTER (WHERE answer = format('{"Items":[{"name %s":{"S":"%s"}}]}', n, round))
FROM generate_series(1, 5) round, generate_series(1, 40) n,
	pg_temp.run(format('UPDATE Counts SET "name %s" = ? WHERE n = ? RETURNING MODIFIED NEW *', n),
		json_build_array(json_build_object('S', round::text), json_build_object('N', (n + 1000)::text))) answer;
SELECT ddb.execute_transaction(json_build_object('TransactStatements',
	(SELECT json_agg(json_build_object('Statement', format('SELECT "name %s" FROM Counts WHERE n = ?', n),
		'Parameters', json_build_array(json_build_object('N', (n + 1000)::text)))) FROM generate_series(1, 100) n)))::jsonb #> '{Responses,98}';
-- what is wrong is told each time, and what it is depends on the parameters
SELECT pg_temp.run($$SELECT * FROM Counts WHERE n = ? AND$$, '[{"N": "1"}]') FROM generate_series(1, 2);
SELECT pg_temp.run($$SELECT n FROM Counts WHERE n = ?$$, parameters::json)
FROM unnest(ARRAY['[{"N": "1001"}]', '[{"S": "1001"}]', '[]', '[{"N": "1002"}, {"N": "1"}]', '[{"N": "1003"}]']) parameters;
-- a trigger's statement of the same text, while the first one is carried out
CREATE FUNCTION pg_temp.within() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.n::text::numeric < 1100 THEN
		PERFORM pg_temp.run('UPDATE Counts SET w = ? WHERE n = ?', format('[{"N": "0"}, {"N": "%s"}]', NEW.n::text::numeric + 1)::json);
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER within AFTER UPDATE ON dynamodb."Counts" FOR EACH ROW EXECUTE FUNCTION pg_temp.within();
SELECT pg_temp.run($$UPDATE Counts SET w = ? WHERE n = ?$$, '[{"N": "5"}, {"N": "1098"}]');
SELECT n, item ->> 'w' FROM dynamodb."Counts" WHERE n >= 1098 AND item ->> 'w' IS NOT NULL ORDER BY n;
DROP TRIGGER within ON dynamodb."Counts";

-- ---- Row-level security: what it hides is not there, through every statement ----

CREATE ROLE partiql_rock;
GRANT USAGE ON SCHEMA dynamodb TO partiql_rock;
GRANT SELECT, INSERT, UPDATE, DELETE ON dynamodb."Music" TO partiql_rock;
ALTER TABLE dynamodb."Music" ENABLE ROW LEVEL SECURITY;
CREATE POLICY rock ON dynamodb."Music" USING (item ->> 'Genre' = 'Rock');
SET ROLE partiql_rock;
SELECT pg_temp.run($$SELECT Song FROM "Music" WHERE Artist IN ['Bob', 'Joan']$$);
SELECT pg_temp.run($$SELECT Song, Plays FROM "Music"."ByYear" WHERE Artist = 'Joan' AND Plays > 1$$);
SELECT pg_temp.run($$SELECT Song FROM "Music"."ByGenre" WHERE Genre = 'Folk'$$);
SELECT pg_temp.run($$SELECT * FROM "Music" WHERE Artist = 'Bob' AND Song = 'song 2'$$);
SELECT pg_temp.batch($$SELECT Song FROM "Music" WHERE Artist = 'Bob' AND Song = 'song 2'$$, $$SELECT Song FROM "Music" WHERE Artist = 'Bob' AND Song = 'song 5'$$);
SELECT pg_temp.transaction(ARRAY[$$SELECT Song FROM "Music" WHERE Artist = 'Bob' AND Song = 'song 2'$$, $$SELECT Song FROM "Music" WHERE Artist = 'Bob' AND Song = 'song 5'$$]);
SELECT pg_temp.transaction(ARRAY[$$EXISTS(SELECT * FROM "Music" WHERE Artist = 'Bob' AND Song = 'song 2' AND Plays = 2)$$]);
SELECT pg_temp.run($$UPDATE "Music" SET x = 1 WHERE Artist = 'Bob' AND Song = 'song 2' RETURNING ALL NEW *$$);
SELECT pg_temp.run($$UPDATE "Music" SET Genre = 'Folk' WHERE Artist = 'Bob' AND Song = 'song 5'$$);
SELECT pg_temp.run($$DELETE FROM "Music" WHERE Artist = 'Bob' AND Song = 'song 2' RETURNING ALL OLD *$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Bob', 'Song': 'song 2', 'Genre': 'Rock'}$$);
SELECT pg_temp.run($$INSERT INTO "Music" VALUE {'Artist': 'Bob', 'Song': 'song 7', 'Genre': 'Folk'}$$);
SELECT pg_temp.batch($$INSERT INTO "Music" VALUE {'Artist': 'Bob', 'Song': 'song 7', 'Genre': 'Folk'}$$, $$INSERT INTO "Music" VALUE {'Artist': 'Bob', 'Song': 'song 7.5', 'Genre': 'Rock'}$$);
RESET ROLE;
SELECT count(*), count(*) FILTER (WHERE "Song" = 'song 2') FROM dynamodb."Music" WHERE "Artist" = 'Bob';
REVOKE ALL ON dynamodb."Music" FROM partiql_rock;
REVOKE ALL ON SCHEMA dynamodb FROM partiql_rock;
DROP ROLE partiql_rock;

SELECT ddb.delete_table('{"TableName": "Music"}')->'TableDescription'->>'TableStatus';
SELECT ddb.delete_table('{"TableName": "Counts"}')->'TableDescription'->>'TableStatus';
