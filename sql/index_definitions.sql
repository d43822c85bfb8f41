-- Secondary indexes in CreateTable, UpdateTable, DescribeTable and DeleteTable
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

-- A list of attribute definitions ("a:S b:N") or of a key schema ("a:HASH b:RANGE").
CREATE FUNCTION pg_temp.pairs(list text, kind text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('AttributeName', split_part(p, ':', 1), kind, split_part(p, ':', 2))), '[]')
	FROM unnest(string_to_array(list, ' ')) p
$$;
CREATE FUNCTION pg_temp.definitions(list text) RETURNS jsonb LANGUAGE sql AS $$ SELECT pg_temp.pairs(list, 'AttributeType') $$;
CREATE FUNCTION pg_temp.keys(list text) RETURNS jsonb LANGUAGE sql AS $$ SELECT pg_temp.pairs(list, 'KeyType') $$;
CREATE FUNCTION pg_temp.index(name text, keys text, projection jsonb DEFAULT '{"ProjectionType": "ALL"}', more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('IndexName', name, 'KeySchema', pg_temp.keys(keys), 'Projection', projection) || more
$$;
CREATE FUNCTION pg_temp.request(name text, definitions text, keys text, local jsonb, global jsonb, more jsonb DEFAULT '{"BillingMode": "PAY_PER_REQUEST"}') RETURNS json LANGUAGE sql AS $$
	SELECT (jsonb_strip_nulls(jsonb_build_object('TableName', name, 'AttributeDefinitions', pg_temp.definitions(definitions), 'KeySchema', pg_temp.keys(keys),
		'LocalSecondaryIndexes', local, 'GlobalSecondaryIndexes', global)) || more)::json
$$;
-- A description without what differs from run to run.
CREATE FUNCTION pg_temp.stable(description json) RETURNS jsonb LANGUAGE sql AS $$
	SELECT description::jsonb - '{TableId,CreationDateTime,BillingModeSummary,DeletionProtectionEnabled,TableArn}'::text[]
$$;

-- ---- Indexes of a new table ----

SELECT pg_temp.stable(ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S b:S d:B c:N', 'a:HASH b:RANGE',
	jsonb_build_array(pg_temp.index('local', 'a:HASH c:RANGE', '{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["z", "y"]}')),
	jsonb_build_array(pg_temp.index('global', 'c:HASH d:RANGE', '{"ProjectionType": "KEYS_ONLY"}', '{"ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}}')),
	'{"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}'))->'TableDescription');
SELECT pg_temp.stable(ddb.describe_table('{"TableName": "IndexDefinitions"}')->'Table');
SELECT ddb.put_item('{"TableName": "IndexDefinitions", "Item": {"a": {"S": "1"}, "b": {"S": "2"}, "c": {"N": "3"}, "d": {"B": "BA=="}, "y": {"N": "5"}, "x": {"N": "6"}}}');
SELECT item FROM dynamodb."IndexDefinitions/local";
SELECT item FROM dynamodb."IndexDefinitions/global";
SELECT pg_temp.stable(ddb.delete_table('{"TableName": "IndexDefinitions"}')->'TableDescription');
SELECT count(*) FROM ddb.indexes;

-- ---- What CreateTable refuses, in AWS's order ----

CREATE FUNCTION pg_temp.local(definitions text, keys text, VARIADIC indexes jsonb[]) RETURNS json LANGUAGE sql AS $$
	SELECT ddb.create_table(pg_temp.request('IndexDefinitions', definitions, keys, to_jsonb(indexes), NULL))
$$;
CREATE FUNCTION pg_temp.global(definitions text, keys text, VARIADIC indexes jsonb[]) RETURNS json LANGUAGE sql AS $$
	SELECT ddb.create_table(pg_temp.request('IndexDefinitions', definitions, keys, NULL, to_jsonb(indexes)))
$$;

-- members
SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S b:S', 'a:HASH', '[{}, {}, {}, {}, {}]', NULL));
SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S b:S', 'a:HASH', NULL, '[{}, {}, {}, {}, {}]'));
SELECT pg_temp.local('a:S b:S', 'a:HASH', pg_temp.index('h;', NULL, '{}'), pg_temp.index(repeat('a', 256), 'a:HASH', '{}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH', pg_temp.index('h;', NULL, '{}', '{"ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}}'),
	pg_temp.index(repeat('a', 256), 'a:HASH', '{}', '{"ProvisionedThroughput": {}}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE', '{"NonKeyAttributes": [], "ProjectionType": "abc"}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE', '{"NonKeyAttributes": ["", "b"], "ProjectionType": "abc"}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE b:RANGE'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:HASH c:HASH d:HASH e:HASH f:HASH g:HASH h:HASH i:HASH'));

-- local indexes
SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S b:S', 'a:HASH', '[]', NULL));
SELECT pg_temp.local('a:S b:S', 'a:HASH', pg_temp.index('abc', 'c:RANGE', '{}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'c:RANGE d:RANGE', '{}'), pg_temp.index('abc', 'e:RANGE', '{}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:RANGE', '{}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH a:HASH', '{}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:HASH', '{}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'b:HASH', '{}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'b:HASH a:RANGE', '{}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH a:RANGE', '{}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH c:RANGE', '{}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE', '{}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE', '{"NonKeyAttributes": ["a"]}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE', '{"ProjectionType": "ALL", "NonKeyAttributes": ["a"]}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE', '{"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["a"]}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE', '{"ProjectionType": "INCLUDE"}'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE'), pg_temp.index('abc', 'a:HASH b:RANGE'));
SELECT pg_temp.local('a:S b:S', 'a:HASH b:RANGE', VARIADIC (SELECT array_agg(pg_temp.index('ab' || n, 'a:HASH b:RANGE')) FROM generate_series(1, 6) n));

-- global indexes
SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S b:S', 'a:HASH', NULL, '[]'));
SELECT pg_temp.global('a:S b:S', 'a:HASH', pg_temp.index('abc', 'c:RANGE', '{}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'c:RANGE d:RANGE', '{}'), pg_temp.index('abc', 'e:RANGE', '{}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:RANGE', '{}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH a:HASH', '{}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'b:HASH', '{}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'b:HASH a:RANGE', '{}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH a:RANGE', '{}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH c:RANGE', '{}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE', '{"ProjectionType": "ALL", "NonKeyAttributes": ["a"]}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE', '{"ProjectionType": "INCLUDE"}'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE'), pg_temp.index('abc', 'a:HASH b:RANGE'));
SELECT pg_temp.global('a:S b:S', 'a:HASH b:RANGE', VARIADIC (SELECT array_agg(pg_temp.index('abc' || n, 'a:HASH b:RANGE')) FROM generate_series(1, 21) n));
SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S b:S', 'a:HASH b:RANGE', jsonb_build_array(pg_temp.index('abc', 'a:HASH b:RANGE')), jsonb_build_array(pg_temp.index('abc', 'a:HASH b:RANGE'))));
-- several attributes of a kind
SELECT pg_temp.global('a:S b:S c:S', 'a:HASH', pg_temp.index('abc', 'a:HASH b:RANGE c:HASH'));
SELECT pg_temp.global('a:S b:S c:S d:S e:S', 'a:HASH', pg_temp.index('abc', 'a:HASH b:HASH c:HASH d:HASH e:HASH'));
SELECT pg_temp.global('a:S b:S c:S d:S e:S f:S', 'a:HASH', pg_temp.index('abc', 'a:HASH b:RANGE c:RANGE d:RANGE e:RANGE f:RANGE'));
SELECT pg_temp.global('a:S b:S c:S', 'a:HASH', pg_temp.index('abc', 'a:HASH b:HASH c:RANGE a:RANGE'));

-- throughput
SELECT pg_temp.global('a:S b:S', 'a:HASH', pg_temp.index('abc', 'a:HASH b:RANGE'),
	pg_temp.index('abd', 'a:HASH b:RANGE', '{"ProjectionType": "KEYS_ONLY"}', '{"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}'));
SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S', 'a:HASH', NULL, jsonb_build_array(pg_temp.index('abc', 'a:HASH')),
	'{"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}'));
SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S', 'a:HASH', NULL, jsonb_build_array(pg_temp.index('abc', 'a:HASH', '{"ProjectionType": "ALL"}',
	'{"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1000000000001}}')), '{"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}'));

-- definitions that no key uses, or that are there twice
SELECT pg_temp.global('a:S b:S c:S', 'a:HASH', pg_temp.index('abc', 'b:HASH'));
SELECT pg_temp.local('a:S b:S c:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE'));
SELECT pg_temp.global('a:S b:S b:N', 'a:HASH', pg_temp.index('abc', 'b:HASH'));

-- no item can have such an attribute
SELECT ddb.create_table('{"TableName": "IndexDefinitions", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "a\u0000b", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "a\u0000b", "KeyType": "HASH"}]}');

-- 100 attributes that are no keys, over all indexes
CREATE FUNCTION pg_temp.including(name text, count int) RETURNS jsonb LANGUAGE sql AS $$
	SELECT pg_temp.index(name, 'a:HASH', jsonb_build_object('ProjectionType', 'INCLUDE', 'NonKeyAttributes', (SELECT jsonb_agg('n' || n) FROM generate_series(1, count) n)))
$$;
SELECT pg_temp.global('a:S', 'a:HASH', pg_temp.including('abc', 21));
SELECT pg_temp.global('a:S', 'a:HASH', pg_temp.including('ab1', 20), pg_temp.including('ab2', 20), pg_temp.including('ab3', 20), pg_temp.including('ab4', 20), pg_temp.including('ab5', 20), pg_temp.including('ab6', 1));

-- a failed CreateTable leaves nothing
SELECT ddb.describe_table('{"TableName": "IndexDefinitions"}');

-- ---- As many as may be ----

SELECT json_array_length(d->'LocalSecondaryIndexes'), json_array_length(d->'GlobalSecondaryIndexes') FROM (SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S b:S', 'a:HASH b:RANGE',
	(SELECT jsonb_agg(pg_temp.index('local' || n, 'a:HASH b:RANGE')) FROM generate_series(1, 5) n),
	(SELECT jsonb_agg(pg_temp.index('global' || n, 'b:HASH')) FROM generate_series(1, 20) n)))->'TableDescription') t (d);
SELECT ddb.update_table('{"TableName": "IndexDefinitions", "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "global21", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}]}');
SELECT ddb.delete_table('{"TableName": "IndexDefinitions"}')->'TableDescription'->>'TableStatus';
SELECT d->'AttributeDefinitions', d->'GlobalSecondaryIndexes'->0->'KeySchema' FROM (SELECT pg_temp.global('h:B g:S f:N e:S d:B c:N b:S a:S', 'a:HASH',
	pg_temp.index('several', 'h:HASH g:HASH b:HASH d:HASH a:RANGE f:RANGE e:RANGE c:RANGE'), pg_temp.including('ab1', 20), pg_temp.including('ab2', 20), pg_temp.including('ab3', 20), pg_temp.including('ab4', 20), pg_temp.including('ab5', 20))->'TableDescription') t (d);
SELECT ddb.describe_table('{"TableName": "IndexDefinitions"}')->'Table'->'GlobalSecondaryIndexes'->5->'KeySchema';
SELECT ddb.delete_table('{"TableName": "IndexDefinitions"}')->'TableDescription'->>'TableStatus';
-- attributes that are projected twice, or are keys too; names that SQL must quote
SELECT pg_temp.global('a"''\:S é:S', 'a"''\:HASH', pg_temp.index('a.b-c_d', 'é:HASH', '{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "x", "é", "\"'' "]}'))->'TableDescription'->'GlobalSecondaryIndexes'->0->'Projection';
SELECT ddb.put_item('{"TableName": "IndexDefinitions", "Item": {"a\"''\\": {"S": "1"}, "é": {"S": "2"}, "x": {"N": "3"}, "\"'' ": {"N": "4"}, "z": {"N": "5"}}}');
SELECT item FROM dynamodb."IndexDefinitions/a.b-c_d";
SELECT ddb.delete_table('{"TableName": "IndexDefinitions"}')->'TableDescription'->>'TableStatus';
