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
