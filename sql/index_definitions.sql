-- needs: preloading
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

-- maxima and warm throughput of an index
SELECT pg_temp.global('a:S', 'a:HASH', pg_temp.index('abc', 'a:HASH', '{"ProjectionType": "ALL"}', '{"OnDemandThroughput": {"MaxReadRequestUnits": 0}}'));
SELECT pg_temp.global('a:S', 'a:HASH', pg_temp.index('abc', 'a:HASH', '{"ProjectionType": "ALL"}', '{"OnDemandThroughput": {"MaxWriteRequestUnits": -1}}'));
SELECT pg_temp.global('a:S', 'a:HASH', pg_temp.index('abc', 'a:HASH', '{"ProjectionType": "ALL"}', '{"WarmThroughput": {"ReadUnitsPerSecond": 11999}}'));
SELECT pg_temp.global('a:S', 'a:HASH', pg_temp.index('abc', 'a:HASH', '{"ProjectionType": "ALL"}', '{"WarmThroughput": {"WriteUnitsPerSecond": 3999}}'));
SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S', 'a:HASH', NULL, jsonb_build_array(pg_temp.index('abc', 'a:HASH', '{"ProjectionType": "ALL"}',
	'{"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}, "OnDemandThroughput": {"MaxReadRequestUnits": 1}}')), '{"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}'));
SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S', 'a:HASH', NULL, jsonb_build_array(pg_temp.index('abc', 'a:HASH', '{"ProjectionType": "ALL"}',
	'{"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 3}, "WarmThroughput": {"WriteUnitsPerSecond": 2}}')), '{"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}'));

-- definitions that no key uses come before the rest, those that are there twice before all
SELECT pg_temp.global('a:S b:S c:S', 'a:HASH', pg_temp.index('abc', 'b:HASH', '{}'), pg_temp.index('abc', 'b:RANGE', '{}'));
SELECT pg_temp.global('a:S b:S a:S', 'a:HASH', pg_temp.index('abc', 'b:HASH', '{}'));
SELECT pg_temp.global('a:S b:S c:S', 'a:HASH', pg_temp.index('abc', 'b:HASH'));
SELECT pg_temp.local('a:S b:S c:S', 'a:HASH b:RANGE', pg_temp.index('abc', 'a:HASH b:RANGE'));
SELECT pg_temp.global('a:S b:S b:N', 'a:HASH', pg_temp.index('abc', 'b:HASH'));

-- no item can have such an attribute
SELECT ddb.create_table('{"TableName": "IndexDefinitions", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "a\u0000b", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "a\u0000b", "KeyType": "HASH"}]}');
SELECT ddb.create_table('{"TableName": "IndexDefinitions", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
	"GlobalSecondaryIndexes": [{"IndexName": "abc", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}], "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b\u0000"]}}]}');

-- 100 attributes that are no keys, over all indexes
CREATE FUNCTION pg_temp.including(name text, count int) RETURNS jsonb LANGUAGE sql AS $$
	SELECT pg_temp.index(name, 'a:HASH', jsonb_build_object('ProjectionType', 'INCLUDE', 'NonKeyAttributes', (SELECT jsonb_agg('n' || n) FROM generate_series(1, count) n)))
$$;
SELECT pg_temp.global('a:S', 'a:HASH', pg_temp.including('abc', 21));
SELECT pg_temp.global('a:S', 'a:HASH', pg_temp.including('ab1', 20), pg_temp.including('ab2', 20), pg_temp.including('ab3', 20), pg_temp.including('ab4', 20), pg_temp.including('ab5', 20), pg_temp.including('ab6', 1));

-- a failed CreateTable leaves nothing
SELECT ddb.describe_table('{"TableName": "IndexDefinitions"}');

-- ---- As many as may be ----

SELECT (SELECT string_agg(i->>'IndexName', ' ') FROM json_array_elements(d->'LocalSecondaryIndexes') i), (SELECT string_agg(i->>'IndexName', ' ') FROM json_array_elements(d->'GlobalSecondaryIndexes') i) FROM (SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S b:S', 'a:HASH b:RANGE',
	(SELECT jsonb_agg(pg_temp.index('local' || n, 'a:HASH b:RANGE')) FROM generate_series(5, 1, -1) n),
	(SELECT jsonb_agg(pg_temp.index('global' || n, 'b:HASH')) FROM generate_series(20, 1, -1) n)))->'TableDescription') t (d);
SELECT ddb.update_table('{"TableName": "IndexDefinitions", "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}], "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "global21", "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}]}');
SELECT ddb.delete_table('{"TableName": "IndexDefinitions"}')->'TableDescription'->>'TableStatus';
SELECT d->'AttributeDefinitions', d->'GlobalSecondaryIndexes'->0->'KeySchema' FROM (SELECT pg_temp.global('h:B g:S f:N e:S d:B c:N b:S a:S', 'a:HASH',
	pg_temp.index('several', 'h:HASH g:HASH b:HASH d:HASH a:RANGE f:RANGE e:RANGE c:RANGE'), pg_temp.including('ab1', 20), pg_temp.including('ab2', 20), pg_temp.including('ab3', 20), pg_temp.including('ab4', 20), pg_temp.including('ab5', 20))->'TableDescription') t (d);
SELECT ddb.describe_table('{"TableName": "IndexDefinitions"}')->'Table'->'GlobalSecondaryIndexes'->5->'KeySchema';
SELECT ddb.delete_table('{"TableName": "IndexDefinitions"}')->'TableDescription'->>'TableStatus';
-- attributes that are projected twice, or are keys too; names that SQL must quote
SELECT pg_temp.global('a:S b:S', 'a:HASH', pg_temp.index('abc', 'b:HASH', '{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "a", "x"]}'));
SELECT pg_temp.global('a"''\:S é:S', 'a"''\:HASH', pg_temp.index('a.b-c_d', 'é:HASH', '{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "é", "\"'' "]}'))->'TableDescription'->'GlobalSecondaryIndexes'->0->'Projection';
SELECT ddb.put_item('{"TableName": "IndexDefinitions", "Item": {"a\"''\\": {"S": "1"}, "é": {"S": "2"}, "x": {"N": "3"}, "\"'' ": {"N": "4"}, "z": {"N": "5"}}}');
SELECT item FROM dynamodb."IndexDefinitions/a.b-c_d";
SELECT ddb.delete_table('{"TableName": "IndexDefinitions"}')->'TableDescription'->>'TableStatus';

-- ---- UpdateTable ----

CREATE FUNCTION pg_temp.update(definitions text, VARIADIC updates jsonb[]) RETURNS jsonb LANGUAGE sql AS $$
	SELECT pg_temp.stable(ddb.update_table((jsonb_build_object('TableName', 'IndexDefinitions', 'GlobalSecondaryIndexUpdates', to_jsonb(updates))
		|| CASE WHEN definitions IS NULL THEN '{}' ELSE jsonb_build_object('AttributeDefinitions', pg_temp.definitions(definitions)) END)::json)->'TableDescription')
$$;
CREATE FUNCTION pg_temp.create(name text, keys text, projection jsonb DEFAULT '{"ProjectionType": "ALL"}', more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('Create', pg_temp.index(name, keys, projection, more))
$$;
CREATE FUNCTION pg_temp.change(name text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('Update', jsonb_build_object('IndexName', name) || more)
$$;
CREATE FUNCTION pg_temp.delete(name text) RETURNS jsonb LANGUAGE sql AS $$ SELECT jsonb_build_object('Delete', jsonb_build_object('IndexName', name)) $$;
CREATE FUNCTION pg_temp.units(read bigint, write bigint) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('ProvisionedThroughput', jsonb_build_object('ReadCapacityUnits', read, 'WriteCapacityUnits', write))
$$;
-- Of each index the status, whether it is being filled, and the throughput.
CREATE FUNCTION pg_temp.short(description jsonb) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', i->>'IndexName', i->>'IndexStatus', i->>'Backfilling', i->'ProvisionedThroughput'->>'ReadCapacityUnits', i->'ProvisionedThroughput'->>'WriteCapacityUnits',
		i->'ProvisionedThroughput'->>'NumberOfDecreasesToday', i->>'OnDemandThroughput', i->>'WarmThroughput')
	FROM jsonb_array_elements(description->'GlobalSecondaryIndexes') i
$$;
CREATE FUNCTION pg_temp.described() RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1..3000 LOOP
		EXIT WHEN NOT EXISTS (SELECT FROM ddb.indexes WHERE status = 'CREATING');
		PERFORM pg_sleep(0.02);
	END LOOP;
	RETURN pg_temp.stable(ddb.describe_table('{"TableName": "IndexDefinitions"}')->'Table');
END
$$;

-- without the table
SELECT pg_temp.update(NULL, '{}', '{}', '{}', '{}', '{}', '{}');
SELECT pg_temp.update(NULL, pg_temp.delete('abc'), '{}');
SELECT pg_temp.update(NULL, pg_temp.create('abc', 'a:HASH') || pg_temp.delete('abd'));
SELECT pg_temp.update(NULL, pg_temp.change('abc', pg_temp.units(1, 1)) || pg_temp.delete('abc'));
SELECT pg_temp.update(NULL, pg_temp.change('abc', '{"WarmThroughput": {}}'));
SELECT ddb.update_table('{"TableName": "IndexDefinitions", "GlobalSecondaryIndexUpdates": []}');
SELECT ddb.update_table('{"TableName": "IndexDefinitions", "AttributeDefinitions": [], "GlobalSecondaryIndexUpdates": []}');
SELECT ddb.update_table('{"TableName": "IndexDefinitions", "BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexUpdates": []}');
SELECT pg_temp.update(NULL, '{"Update": {}}', '{"Create": {}}', '{"Delete": {}}');
SELECT pg_temp.update(NULL, pg_temp.change('a', '{"ProvisionedThroughput": {}}'), pg_temp.change('abc;', pg_temp.units(1000000000001, 0)));
SELECT pg_temp.update(NULL, pg_temp.delete('abc'), pg_temp.delete('abc'));
SELECT pg_temp.update(NULL, pg_temp.delete('abc'), pg_temp.change('abc', pg_temp.units(1, 1)));
SELECT pg_temp.update(NULL, pg_temp.change('abc', pg_temp.units(1000000000001, 1)));

-- a table without indexes
SELECT ddb.create_table(pg_temp.request('IndexDefinitions', 'a:S b:N', 'a:HASH b:RANGE', NULL, NULL, pg_temp.units(5, 5)))->'TableDescription'->'GlobalSecondaryIndexes';
SELECT pg_temp.update(NULL, pg_temp.change('abc', pg_temp.units(1000000000001, 1)));
SELECT pg_temp.update(NULL, pg_temp.delete('abc'));
SELECT pg_temp.update(NULL, pg_temp.delete('ab1'), pg_temp.delete('ab2'), pg_temp.delete('ab3'));
SELECT pg_temp.update(NULL, pg_temp.create('ab1', 'a:HASH'), pg_temp.delete('ab2'));

-- what a new index must be
SELECT pg_temp.update(NULL, pg_temp.create('abc', 'c:HASH'));
SELECT pg_temp.update(NULL, pg_temp.create('abc', 'a:HASH'));
SELECT pg_temp.update('d:S', pg_temp.create('abc', 'c:HASH'));
SELECT pg_temp.update('c:S', pg_temp.create('abc', 'c:RANGE'));
SELECT pg_temp.update('c:S', pg_temp.create('abc', 'c:HASH', '{}'));
SELECT pg_temp.update('c:S', pg_temp.create('abc', 'c:HASH', '{"ProjectionType": "INCLUDE"}'));
SELECT pg_temp.update('c:S', pg_temp.create('abc', 'c:HASH'));
SELECT pg_temp.update('c:S', pg_temp.create('abc', 'c:HASH', '{"ProjectionType": "ALL"}', pg_temp.units(1000000000001, 1)));
SELECT pg_temp.update('c:S', pg_temp.create('abc', 'c:HASH', '{"ProjectionType": "ALL"}', pg_temp.units(2, 2) || '{"WarmThroughput": {"ReadUnitsPerSecond": 1}}'));
SELECT pg_temp.update('c:S', pg_temp.create('abc', 'c:HASH', '{"ProjectionType": "ALL"}', pg_temp.units(2, 2) || '{"OnDemandThroughput": {"MaxReadRequestUnits": 1}}'));
-- more definitions than it needs are not looked at, nor those of attributes that are keys already
BEGIN;
SELECT pg_temp.update('c:S d:S a:N', pg_temp.create('abc', 'c:HASH', '{"ProjectionType": "ALL"}', pg_temp.units(1, 1)))->'AttributeDefinitions';
ROLLBACK;
SELECT pg_temp.update('c:S b:S', pg_temp.create('abc', 'c:HASH b:RANGE', '{"ProjectionType": "ALL"}', pg_temp.units(1, 1)));
SELECT pg_temp.update('c:S c:S', pg_temp.create('abc', 'c:HASH', '{"ProjectionType": "ALL"}', pg_temp.units(1, 1)));

-- create, of an attribute that items have; definitions of the table's key may be left out
SELECT ddb.put_item('{"TableName": "IndexDefinitions", "Item": {"a": {"S": "1"}, "b": {"N": "2"}, "c": {"S": "3"}, "x": {"N": "4"}}}');
SELECT pg_temp.update('c:S', pg_temp.create('first', 'c:HASH b:RANGE', '{"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]}',
	pg_temp.units(1, 2) || '{"WarmThroughput": {"WriteUnitsPerSecond": 6}}'));
SELECT pg_temp.described();
SELECT item FROM dynamodb."IndexDefinitions/first";
SELECT pg_temp.update('c:S', pg_temp.create('first', 'c:HASH', '{"ProjectionType": "ALL"}', pg_temp.units(1, 1)));
SELECT pg_temp.short(pg_temp.update('a:S b:N c:S d:B', pg_temp.create('second', 'd:HASH', '{"ProjectionType": "ALL"}', pg_temp.units(3, 3))));
SELECT pg_temp.short(pg_temp.described());

-- change: the response has the old throughput
SELECT pg_temp.update(NULL, pg_temp.change('first'));
SELECT pg_temp.update(NULL, pg_temp.change('third', pg_temp.units(1, 1)));
SELECT pg_temp.update(NULL, pg_temp.change('first', pg_temp.units(1, 2)));
SELECT pg_temp.update(NULL, pg_temp.change('first', pg_temp.units(1000000000001, 2)));
SELECT pg_temp.update(NULL, pg_temp.change('second', '{"OnDemandThroughput": {"MaxWriteRequestUnits": 7}}'));
SELECT pg_temp.update(NULL, pg_temp.change('second', '{"WarmThroughput": {"ReadUnitsPerSecond": 2}}'));
SELECT pg_temp.short(pg_temp.update(NULL, pg_temp.change('first', pg_temp.units(2, 1)), pg_temp.change('second', '{"WarmThroughput": {"ReadUnitsPerSecond": 9}}')));
SELECT pg_temp.short(pg_temp.described());
SELECT i->'LastIncreaseDateTime' IS NOT NULL, i->'LastDecreaseDateTime' IS NOT NULL FROM (SELECT pg_temp.described()->'GlobalSecondaryIndexes'->0->'ProvisionedThroughput') AS d (i);

-- the table's billing mode holds for its indexes
SELECT pg_temp.short(pg_temp.stable(ddb.update_table('{"TableName": "IndexDefinitions", "BillingMode": "PAY_PER_REQUEST"}')->'TableDescription'));
SELECT pg_temp.short(pg_temp.described());
SELECT pg_temp.update(NULL, pg_temp.change('first', pg_temp.units(1, 1)));
SELECT pg_temp.update(NULL, pg_temp.change('first'));
SELECT pg_temp.update(NULL, pg_temp.change('first', '{"OnDemandThroughput": {}}'));
SELECT pg_temp.update(NULL, pg_temp.change('first', '{"OnDemandThroughput": {"MaxWriteRequestUnits": -2}}'));
SELECT pg_temp.short(pg_temp.update(NULL, pg_temp.change('first', '{"OnDemandThroughput": {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6}}'), pg_temp.change('second', '{"WarmThroughput": {"WriteUnitsPerSecond": 5000}}')));
SELECT pg_temp.short(pg_temp.described());
SELECT pg_temp.short(pg_temp.update(NULL, pg_temp.change('first', '{"OnDemandThroughput": {"MaxReadRequestUnits": -1}}')));
SELECT pg_temp.short(pg_temp.described());
SELECT pg_temp.update('e:S', pg_temp.create('third', 'e:HASH', '{"ProjectionType": "ALL"}', pg_temp.units(1, 1)));
SELECT ddb.update_table(('{"TableName": "IndexDefinitions", "BillingMode": "PROVISIONED"}'::jsonb || pg_temp.units(1, 1))::json);
SELECT ddb.update_table(('{"TableName": "IndexDefinitions", "BillingMode": "PROVISIONED"}'::jsonb || pg_temp.units(1, 1)
	|| jsonb_build_object('GlobalSecondaryIndexUpdates', jsonb_build_array(pg_temp.change('second', pg_temp.units(1, 1)))))::json);
SELECT pg_temp.short(pg_temp.stable(ddb.update_table(('{"TableName": "IndexDefinitions", "BillingMode": "PROVISIONED"}'::jsonb || pg_temp.units(1, 1)
	|| jsonb_build_object('GlobalSecondaryIndexUpdates', jsonb_build_array(pg_temp.change('second', pg_temp.units(1, 1)), pg_temp.change('first', pg_temp.units(2, 2)))))::json)->'TableDescription'));

SELECT pg_temp.short(pg_temp.described());

-- a local index is none that can be changed or deleted
SELECT ddb.create_table(pg_temp.request('IndexDefinitionsLocal', 'a:S b:S', 'a:HASH b:RANGE', jsonb_build_array(pg_temp.index('local', 'a:HASH b:RANGE')), NULL)) IS NOT NULL;
SELECT ddb.update_table('{"TableName": "IndexDefinitionsLocal", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "local"}}]}');
SELECT ddb.update_table('{"TableName": "IndexDefinitionsLocal", "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "local", "WarmThroughput": {"ReadUnitsPerSecond": 20000}}}]}');
SELECT ddb.delete_table('{"TableName": "IndexDefinitionsLocal"}') IS NOT NULL;

-- settings of before the warm throughput and the order were kept
BEGIN;
UPDATE ddb.indexes SET settings = '{"ReadCapacityUnits": 2, "WriteCapacityUnits": 2, "ReadUnitsPerSecond": 3}' WHERE name = 'second';
SELECT pg_temp.short(pg_temp.update(NULL, pg_temp.change('first', pg_temp.units(4, 4))));
ROLLBACK;

-- delete, with the definitions of its attributes
SELECT pg_temp.short(pg_temp.update(NULL, pg_temp.delete('first')));
SELECT pg_temp.described()->'AttributeDefinitions';
SELECT pg_temp.short(pg_temp.described());
SELECT pg_temp.update(NULL, pg_temp.delete('first'));
SELECT pg_temp.update(NULL, pg_temp.delete('second')) IS NOT NULL;
SELECT pg_temp.described() - 'ProvisionedThroughput';
SELECT to_regclass('dynamodb."IndexDefinitions/first"');

-- one at a time; a table is not deleted while an index of it is being filled
BEGIN;
SELECT pg_temp.update('c:S', pg_temp.create('third', 'c:HASH', '{"ProjectionType": "ALL"}', pg_temp.units(1, 1))) IS NOT NULL;
UPDATE ddb.indexes SET status = 'CREATING';
SELECT pg_temp.short(pg_temp.stable(ddb.describe_table('{"TableName": "IndexDefinitions"}')->'Table'));
SAVEPOINT s;
SELECT pg_temp.update('d:S', pg_temp.create('fourth', 'd:HASH', '{"ProjectionType": "ALL"}', pg_temp.units(1, 1)));
ROLLBACK TO s;
SELECT ddb.delete_table('{"TableName": "IndexDefinitions"}');
ROLLBACK TO s;
SELECT pg_temp.short(pg_temp.update(NULL, pg_temp.change('third', pg_temp.units(3, 3))));
SELECT pg_temp.short(pg_temp.update(NULL, pg_temp.delete('third')));
ROLLBACK;
SELECT ddb.delete_table('{"TableName": "IndexDefinitions"}')->'TableDescription'->>'TableStatus';
SELECT count(*) FROM ddb.indexes;

-- ---- Privileges ----

CREATE ROLE regress_ddb_indexer;
GRANT USAGE, CREATE ON SCHEMA dynamodb TO regress_ddb_indexer;
SET ROLE regress_ddb_indexer;
SELECT json_array_length(pg_temp.global('a:S b:S', 'a:HASH', pg_temp.index('first', 'b:HASH'))->'TableDescription'->'GlobalSecondaryIndexes');
SELECT ddb.put_item('{"TableName": "IndexDefinitions", "Item": {"a": {"S": "1"}, "b": {"S": "2"}}}');
RESET ROLE;
-- the table's owner also owns what another has created
SELECT pg_temp.short(pg_temp.update('b:S', pg_temp.create('second', 'b:HASH a:RANGE')));
SELECT pg_temp.short(pg_temp.described());
SELECT relname, relowner::regrole FROM pg_class WHERE relname LIKE 'IndexDefinitions/%' AND relkind = 'r' ORDER BY 1;
REVOKE CREATE ON SCHEMA dynamodb FROM regress_ddb_indexer;
SET ROLE regress_ddb_indexer;
SELECT pg_temp.update('c:S', pg_temp.create('third', 'c:HASH'));
SELECT pg_temp.short(pg_temp.update(NULL, pg_temp.delete('second')));
SELECT ddb.delete_table('{"TableName": "IndexDefinitions"}')->'TableDescription'->>'TableStatus';
RESET ROLE;
REVOKE USAGE ON SCHEMA dynamodb FROM regress_ddb_indexer;
DROP ROLE regress_ddb_indexer;
