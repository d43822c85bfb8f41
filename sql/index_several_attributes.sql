-- Query on a global secondary index whose key has several attributes
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Matches", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}, {"AttributeName": "country", "AttributeType": "S"}, {"AttributeName": "city", "AttributeType": "S"},
		{"AttributeName": "round", "AttributeType": "N"}, {"AttributeName": "court", "AttributeType": "B"}, {"AttributeName": "winner", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
	"GlobalSecondaryIndexes": [{"IndexName": "byPlace", "Projection": {"ProjectionType": "KEYS_ONLY"},
		"KeySchema": [{"AttributeName": "country", "KeyType": "HASH"}, {"AttributeName": "city", "KeyType": "HASH"},
			{"AttributeName": "round", "KeyType": "RANGE"}, {"AttributeName": "court", "KeyType": "RANGE"}, {"AttributeName": "winner", "KeyType": "RANGE"}]}]}')->'TableDescription'->>'TableName';
-- every combination of three places, three rounds, two courts and three winners or none, twice; those without a winner are not in the index
CREATE TEMP TABLE matches AS
SELECT row_number() OVER () AS id, country, city, round, court, winner
FROM generate_series(1, 2), (VALUES ('NO', 'Oslo'), ('FR', 'Nice'), ('FR', 'Oslo')) place (country, city), unnest('{-1,2,10}'::numeric[]) round,
	unnest('{"\\x00","\\xff"}'::bytea[]) court, unnest('{ann,"ann b",bob,NULL}'::text[]) winner;
SELECT count(ddb.put_item(json_build_object('TableName', 'Matches', 'Item', jsonb_strip_nulls(jsonb_build_object('id', jsonb_build_object('N', id::text), 'country', jsonb_build_object('S', country),
	'city', jsonb_build_object('S', city), 'round', jsonb_build_object('N', round::text), 'court', jsonb_build_object('B', encode(court, 'base64')),
	'winner', CASE WHEN winner IS NOT NULL THEN jsonb_build_object('S', winner) END))))) FROM matches;

-- Counts the items that a condition of Query finds in pages of n, backward and forward, of those that one in SQL finds; says what is wrong with them.
CREATE FUNCTION pg_temp.places(key_condition text, condition text, n int DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	response json;
	start jsonb;
	vals jsonb := '{":fr": {"S": "FR"}, ":oslo": {"S": "Oslo"}, ":2": {"N": "2"}, ":ff": {"B": "/w=="}, ":ann": {"S": "ann"}, ":a": {"S": "a"}, ":x": {"S": "x"}}';
	found bigint[];
	expected bigint[];
	ordered boolean;
	pages int;
	result text;
BEGIN
	vals := (SELECT jsonb_object_agg(key, value) FROM jsonb_each(vals) WHERE key_condition ~ (key || '\M'));
	FOR ascending IN 0..1 LOOP
		start := '{}';
		found := '{}';
		pages := 0;
		LOOP
			response := ddb.query((jsonb_build_object('TableName', 'Matches', 'IndexName', 'byPlace', 'KeyConditionExpression', key_condition,
				'ExpressionAttributeValues', vals, 'Limit', n, 'ScanIndexForward', ascending = 1) || start)::json);
			found := found || ARRAY(SELECT (item->'id'->>'N')::bigint FROM json_array_elements(response->'Items') WITH ORDINALITY AS i (item, o) ORDER BY o);
			pages := pages + 1;
			EXIT WHEN response->'LastEvaluatedKey' IS NULL;
			start := jsonb_build_object('ExclusiveStartKey', response->'LastEvaluatedKey');
		END LOOP;
		EXECUTE format('SELECT array_agg(id ORDER BY id) FROM matches WHERE winner IS NOT NULL AND %s', condition) INTO expected;
		SELECT bool_and(CASE ascending WHEN 1 THEN key >= before ELSE key <= before END) INTO ordered
		FROM (SELECT key, lag(key) OVER (ORDER BY o) AS before
			FROM (SELECT ROW(round, court, winner COLLATE "C") AS key, o FROM unnest(found) WITH ORDINALITY AS f (id, o) JOIN matches USING (id)) k) b WHERE before IS NOT NULL;
		result := concat_ws('; ', result, format('%s of %s in %s pages%s', cardinality(found), coalesce(cardinality(expected), 0), pages,
			CASE WHEN ARRAY(SELECT unnest(found) ORDER BY 1) IS DISTINCT FROM coalesce(expected, '{}') THEN ', DIFFERENT' WHEN NOT ordered THEN ', OUT OF ORDER' END));
	END LOOP;
	RETURN result;
END $$;
SELECT pg_temp.places('country = :fr AND city = :oslo', $$country = 'FR' AND city = 'Oslo'$$);
SELECT pg_temp.places('country = :fr AND city = :oslo', $$country = 'FR' AND city = 'Oslo'$$, n) FROM unnest('{1,2,7,36}'::int[]) n;
SELECT pg_temp.places('city = :oslo AND round >= :2 AND country = :fr', $$country = 'FR' AND city = 'Oslo' AND round >= 2$$, n) FROM unnest('{1,5}'::int[]) n;
SELECT pg_temp.places('country = :fr AND city = :oslo AND round < :2', $$country = 'FR' AND city = 'Oslo' AND round < 2$$, n) FROM unnest('{1,5}'::int[]) n;
SELECT pg_temp.places('country = :fr AND city = :oslo AND round = :2 AND court < :ff', $$country = 'FR' AND city = 'Oslo' AND round = 2 AND court < '\xff'$$, n) FROM unnest('{1,5}'::int[]) n;
SELECT pg_temp.places('country = :fr AND city = :oslo AND round = :2 AND begins_with(court, :ff)', $$country = 'FR' AND city = 'Oslo' AND round = 2 AND court = '\xff'$$, n) FROM unnest('{1,5}'::int[]) n;
SELECT pg_temp.places('country = :fr AND city = :oslo AND round = :2 AND court = :ff AND begins_with(winner, :ann)', $$country = 'FR' AND city = 'Oslo' AND round = 2 AND court = '\xff' AND winner LIKE 'ann%'$$, n)
	FROM unnest('{1,3}'::int[]) n;
SELECT pg_temp.places('country = :fr AND city = :oslo AND round = :2 AND court = :ff AND winner BETWEEN :a AND :ann', $$country = 'FR' AND city = 'Oslo' AND round = 2 AND court = '\xff' AND winner = 'ann'$$, 1);
SELECT pg_temp.places('country = :fr AND city = :oslo AND round = :2 AND court = :ff AND winner = :ann', $$country = 'FR' AND city = 'Oslo' AND round = 2 AND court = '\xff' AND winner = 'ann'$$, 1);
SELECT pg_temp.places('country = :fr AND city = :x', 'false');
-- all of the partition, the sort attributes from the left, a range at the end
SELECT pg_temp.places('country = :fr', 'false');
SELECT pg_temp.places('country = :fr AND round = :2', 'false');
SELECT pg_temp.places('country = :fr AND city > :oslo', 'false');
SELECT pg_temp.places('country = :fr AND city = :oslo AND court = :ff', 'false');
SELECT pg_temp.places('country = :fr AND city = :oslo AND round = :2 AND winner = :ann', 'false');
SELECT pg_temp.places('country = :fr AND city = :oslo AND round > :2 AND court = :ff', 'false');
SELECT pg_temp.places('country = :fr AND city = :oslo AND round = :2 AND court = :ff AND winner = :ann AND id = :2', 'false');
SELECT pg_temp.places('country = :fr AND city = :oslo AND round = :2 AND court = :ff AND winner = :ann AND a = :2 AND b = :2 AND c = :2 AND d = :2', 'false');
SELECT pg_temp.places('country = :fr AND city = :oslo AND round = :x', 'false');
SELECT ddb.query('{"TableName": "Matches", "IndexName": "byPlace", "Limit": 1,
	"KeyConditions": {"country": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "NO"}]}, "city": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "Oslo"}]},
		"round": {"ComparisonOperator": "EQ", "AttributeValueList": [{"N": "2"}]}, "court": {"ComparisonOperator": "GE", "AttributeValueList": [{"B": "/w=="}]}}}')->'LastEvaluatedKey' IS NOT NULL;
SELECT ddb.query('{"TableName": "Matches", "IndexName": "byPlace", "KeyConditionExpression": "country = :c AND city = :c", "ExpressionAttributeValues": {":c": {"S": "FR"}},
	"ExclusiveStartKey": {"id": {"N": "1"}, "country": {"S": "FR"}, "city": {"N": "1"}, "round": {"N": "1"}, "court": {"B": "AA=="}, "winner": {"S": "ann"}}}');
SELECT ddb.query('{"TableName": "Matches", "IndexName": "byPlace", "KeyConditionExpression": "country = :c AND city = :c", "ExpressionAttributeValues": {":c": {"S": "FR"}},
	"ExclusiveStartKey": {"id": {"N": "1"}, "country": {"S": "FR"}, "city": {"S": "Nice"}, "round": {"N": "1"}, "court": {"B": "AA=="}, "winner": {"S": "ann"}}}');
SELECT ddb.query('{"TableName": "Matches", "IndexName": "byPlace", "KeyConditionExpression": "country = :c AND city = :c AND round = :r AND court > :b",
	"ExpressionAttributeValues": {":c": {"S": "FR"}, ":r": {"N": "1"}, ":b": {"B": "AA=="}},
	"ExclusiveStartKey": {"id": {"N": "1"}, "country": {"S": "FR"}, "city": {"S": "FR"}, "round": {"N": "2"}, "court": {"B": "AAA="}, "winner": {"S": "ann"}}}');

SELECT ddb.delete_table('{"TableName": "Matches"}')->'TableDescription'->>'TableStatus';
