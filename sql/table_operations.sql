-- CreateTable, DescribeTable, UpdateTable, ListTables, DeleteTable
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

-- A description without what differs from run to run.
CREATE FUNCTION pg_temp.stable(response json) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_object_agg(key, value
			- '{TableId,CreationDateTime,BillingModeSummary,TableClassSummary}'::text[]
			#- '{ProvisionedThroughput,LastIncreaseDateTime}' #- '{ProvisionedThroughput,LastDecreaseDateTime}' #- '{SSEDescription,KMSMasterKeyArn}')
	FROM jsonb_each(response::jsonb)
$$;

CREATE FUNCTION pg_temp.refused(name text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN ddb.describe_table(json_build_object('TableName', name));
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END
$$;

-- ---- CreateTable ----

SELECT pg_temp.stable(ddb.create_table('{"TableName": "table_operations.provisioned",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
	"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}'));
SELECT pg_temp.stable(ddb.create_table('{"TableName": "table_operations.on_demand",
	"AttributeDefinitions": [{"AttributeName": "when", "AttributeType": "N"}, {"AttributeName": "what", "AttributeType": "B"}],
	"KeySchema": [{"AttributeName": "what", "KeyType": "HASH"}, {"AttributeName": "when", "KeyType": "RANGE"}],
	"BillingMode": "PAY_PER_REQUEST", "TableClass": "STANDARD_INFREQUENT_ACCESS", "DeletionProtectionEnabled": true,
	"SSESpecification": {"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "alias/key"},
	"OnDemandThroughput": {"MaxReadRequestUnits": 100}, "WarmThroughput": {"ReadUnitsPerSecond": 13000},
	"Tags": [{"Key": "team", "Value": "red"}]}'));
-- what was left out above
SELECT t->>'TableId' ~ '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$',
		abs((t->>'CreationDateTime')::numeric - extract(epoch FROM now())) < 3600,
		t->'BillingModeSummary'->>'BillingMode', t->'TableClassSummary'->>'TableClass', t->'BillingModeSummary'->>'LastUpdateToPayPerRequestDateTime' = t->>'CreationDateTime'
	FROM (SELECT ddb.describe_table('{"TableName": "table_operations.on_demand"}')->'Table') AS d (t);
-- a name longer than PostgreSQL's identifiers, by ARN too
SELECT length(ddb.create_table(json_build_object('TableName', 'table_operations.' || repeat('n', 238),
	'AttributeDefinitions', '[{"AttributeName": "id", "AttributeType": "S"}]'::json,
	'KeySchema', '[{"AttributeName": "id", "KeyType": "HASH"}]'::json,
	'BillingMode', 'PAY_PER_REQUEST'))->'TableDescription'->>'TableName');
SELECT ddb.put_item(json_build_object('TableName', 'table_operations.' || repeat('n', 238), 'Item', '{"id": {"S": "1"}}'::json));
SELECT ddb.get_item(json_build_object('TableName', 'arn:aws:dynamodb:us-east-1:000000000000:table/table_operations.' || repeat('n', 238),
	'Key', '{"id": {"S": "1"}}'::json));

-- it exists already
SELECT ddb.create_table('{"TableName": "table_operations.provisioned",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}');

-- billing mode and throughput
SELECT ddb.create_table('{"TableName": "abc", "AttributeDefinitions": [], "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]}');
SELECT ddb.create_table('{"TableName": "abc", "AttributeDefinitions": [], "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
	"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}');
SELECT ddb.create_table('{"TableName": "abc", "AttributeDefinitions": [], "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
	"ProvisionedThroughput": {"ReadCapacityUnits": 1000000000001, "WriteCapacityUnits": 1000000000001}}');
SELECT ddb.create_table('{"TableName": "abc", "AttributeDefinitions": [], "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
	"ProvisionedThroughput": {"ReadCapacityUnits": 1000000000000, "WriteCapacityUnits": 1000000000001}}');

-- key schema and definitions
CREATE FUNCTION pg_temp.with_keys(definitions text, keys text) RETURNS json LANGUAGE sql AS $$
	SELECT ddb.create_table(json_build_object('TableName', 'abc', 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', (SELECT coalesce(json_agg(json_build_object('AttributeName', split_part(d, ':', 1), 'AttributeType', split_part(d, ':', 2))), '[]')
			FROM unnest(string_to_array(definitions, ' ')) d),
		'KeySchema', (SELECT json_agg(json_build_object('AttributeName', split_part(k, ':', 1), 'KeyType', split_part(k, ':', 2)))
			FROM unnest(string_to_array(keys, ' ')) k)))
$$;
SELECT pg_temp.with_keys('', 'a:HASH');
SELECT pg_temp.with_keys('b:S', 'a:HASH');
SELECT pg_temp.with_keys('b:S', 'a:HASH b:RANGE');
SELECT pg_temp.with_keys('a:S b:S', 'a:HASH c:RANGE');
SELECT pg_temp.with_keys('a:S b:S', 'a:HASH a:HASH');
SELECT pg_temp.with_keys('a:S', 'a:HASH a:RANGE');
SELECT pg_temp.with_keys('a:S a:N', 'a:HASH');
SELECT pg_temp.with_keys('a:S b:S b:S', 'a:HASH');
SELECT pg_temp.with_keys('a:S b:S', 'a:RANGE b:HASH');
SELECT pg_temp.with_keys('a:S b:S', 'a:HASH b:HASH');
SELECT pg_temp.with_keys('a:S b:S', 'a:HASH');
SELECT pg_temp.with_keys('a:SS', 'a:HASH');
SELECT pg_temp.with_keys('a:S b:S c:S', 'a:HASH b:RANGE c:RANGE');

-- what ddb does not have is refused, not ignored
SELECT ddb.create_table('{"TableName": "abc", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
	"GlobalSecondaryIndexes": []}');

-- a failed CreateTable leaves nothing
SELECT ddb.describe_table('{"TableName": "abc"}');

-- ---- DescribeTable ----

SELECT pg_temp.stable(ddb.describe_table('{"TableName": "table_operations.provisioned"}'));
SELECT ddb.describe_table('{"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/table_operations.provisioned"}')->'Table'->>'TableName';
SELECT ddb.describe_table('{"TableName": "arn:aws:dynamodb:eu-west-1:000000000000:table/table_operations.provisioned"}');
SELECT ddb.describe_table('{"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/table_operations.none"}');
SELECT ddb.describe_table('{}');
SELECT ddb.describe_table('{"TableName": "ab"}');
SELECT ddb.describe_table('{"TableName": "abc;"}');
SELECT ddb.describe_table('{"TableName": ""}');
SELECT ddb.create_table('{"TableName": "x!", "AttributeDefinitions": [], "KeySchema": []}');
SELECT ddb.update_table('{"TableName": "ab"}');
SELECT ddb.delete_table('{"TableName": ""}');
SELECT ddb.create_table('{"TableName": "abc", "AttributeDefinitions": [{}], "KeySchema": [{}]}');
-- ARNs that are not of a table here
SELECT arn, pg_temp.refused(arn) FROM unnest(ARRAY['arn:aws:dynamodb:us-east-1:123456789012:table/table_operations.provisioned', 'arn:aws-cn:dynamodb:us-east-1:000000000000:table/table_operations.provisioned',
	'arn:aws:s3:us-east-1:000000000000:table/table_operations.provisioned', 'arn:aws:dynamodb:us-east-1:000000000000:backup/abc', 'arn:aws:dynamodb:us-east-1:000000000000:table/table_operations.provisioned/index/abc',
	'arn:aws:dynamodb:us-east-1:000000000000:table/ab', 'arn:aws:dynamodb', 'arn:']) arn;

-- items and bytes are those that ANALYZE counted
SELECT count(ddb.put_item(json_build_object('TableName', 'table_operations.provisioned',
	'Item', json_build_object('id', json_build_object('S', n::text))))) FROM generate_series(1, 20) n;
ANALYZE dynamodb."table_operations.provisioned";
SELECT t->>'ItemCount', (t->>'TableSizeBytes')::int > 0
	FROM (SELECT ddb.describe_table('{"TableName": "table_operations.provisioned"}')->'Table') AS d (t);

-- ---- UpdateTable ----

SELECT ddb.update_table('{"TableName": "table_operations.provisioned"}');
SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}');
SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "ProvisionedThroughput": {"ReadCapacityUnits": 0}}');
SELECT ddb.update_table('{"TableName": "table_operations.none", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}');
SELECT ddb.update_table('{"TableName": "table_operations.on_demand", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}');
SELECT ddb.update_table('{"TableName": "table_operations.on_demand", "BillingMode": "PROVISIONED"}');
SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "BillingMode": "PROVISIONED"}');
SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}}');
SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}}');
SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "GlobalSecondaryIndexUpdates": [{}]}');
SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "abc"}}, {"Delete": {"IndexName": "abc"}}]}');
SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "abc"}}]}');

-- the response has the old throughput, the next description the new one
SELECT d->>'TableStatus', d->'ProvisionedThroughput'->>'ReadCapacityUnits', d->'ProvisionedThroughput'->>'WriteCapacityUnits',
		d->'ProvisionedThroughput'->'LastIncreaseDateTime' IS NOT NULL, d->'ProvisionedThroughput'->'LastDecreaseDateTime' IS NOT NULL
	FROM (SELECT ddb.update_table('{"TableName": "table_operations.provisioned",
		"ProvisionedThroughput": {"ReadCapacityUnits": 50, "WriteCapacityUnits": 6}}')->'TableDescription') AS u (d);
SELECT pg_temp.stable(ddb.describe_table('{"TableName": "table_operations.provisioned"}'))->'Table'->'ProvisionedThroughput';
SELECT ddb.update_table('{"TableName": "table_operations.provisioned",
	"ProvisionedThroughput": {"ReadCapacityUnits": 50, "WriteCapacityUnits": 1}}')->'TableDescription'->'ProvisionedThroughput'->>'NumberOfDecreasesToday';
SELECT pg_temp.stable(ddb.describe_table('{"TableName": "table_operations.provisioned"}'))->'Table'->'ProvisionedThroughput';

-- from provisioned to on-demand and back
SELECT d->'BillingModeSummary',
		d->'ProvisionedThroughput'->>'ReadCapacityUnits', d->'WarmThroughput'
	FROM (SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "BillingMode": "PAY_PER_REQUEST"}')->'TableDescription') AS u (d);
SELECT d->'BillingModeSummary'->'LastUpdateToPayPerRequestDateTime' IS NOT NULL, d->'ProvisionedThroughput'->>'ReadCapacityUnits', d->'ProvisionedThroughput'->>'NumberOfDecreasesToday', d->'WarmThroughput'
	FROM (SELECT ddb.describe_table('{"TableName": "table_operations.provisioned"}')->'Table') AS u (d);
SELECT d->'BillingModeSummary'->>'BillingMode', d->'ProvisionedThroughput'->>'ReadCapacityUnits'
	FROM (SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "BillingMode": "PROVISIONED",
		"ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 8}}')->'TableDescription') AS u (d);
-- a class of its own from the first change on; the response has the old one
SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "TableClass": "STANDARD"}')->'TableDescription'->>'TableStatus';
SELECT ddb.describe_table('{"TableName": "table_operations.provisioned"}')->'Table'->'TableClassSummary';
SELECT ddb.update_table('{"TableName": "table_operations.provisioned", "TableClass": "STANDARD_INFREQUENT_ACCESS"}')->'TableDescription'->'TableClassSummary';
SELECT d->'TableClassSummary'->>'TableClass', d->'TableClassSummary'->'LastUpdateDateTime' IS NOT NULL
	FROM (SELECT ddb.describe_table('{"TableName": "table_operations.provisioned"}')->'Table') AS u (d);

-- ---- ListTables ----

SELECT ddb.list_tables('{"ExclusiveStartTableName": "table_operations", "Limit": 2}');
SELECT ddb.list_tables('{"ExclusiveStartTableName": "table_operations.on_demand", "Limit": 1}');
SELECT ddb.list_tables('{"Limit": 0}');
SELECT ddb.list_tables('{"ExclusiveStartTableName": "a;", "Limit": 101}');

-- ---- DeleteTable ----

SELECT ddb.delete_table('{"TableName": "table_operations.on_demand"}');
SELECT ddb.update_table('{"TableName": "table_operations.on_demand", "DeletionProtectionEnabled": false}')->'TableDescription'->'DeletionProtectionEnabled';
SELECT pg_temp.stable(ddb.delete_table('{"TableName": "table_operations.on_demand"}'));
SELECT ddb.delete_table('{"TableName": "table_operations.on_demand"}');
SELECT ddb.get_item('{"TableName": "table_operations.on_demand", "Key": {}}');

-- CreateTable and DeleteTable belong to the caller's transaction
BEGIN;
SELECT ddb.delete_table('{"TableName": "table_operations.provisioned"}')->'TableDescription'->>'TableStatus';
SELECT ddb.create_table('{"TableName": "table_operations.rolled_back", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]}')->'TableDescription'->>'TableStatus';
SELECT ddb.put_item('{"TableName": "table_operations.rolled_back", "Item": {"a": {"S": "1"}}}');
ROLLBACK;
SELECT ddb.describe_table('{"TableName": "table_operations.rolled_back"}');
SELECT ddb.delete_table('{"TableName": "table_operations.provisioned"}')->'TableDescription'->>'TableStatus';
SELECT ddb.delete_table(json_build_object('TableName', 'table_operations.' || repeat('n', 238)))->'TableDescription'->>'TableStatus';

-- ---- DescribeLimits, DescribeEndpoints ----

SELECT ddb.describe_limits('{}');
SELECT ddb.describe_endpoints('{}');
SET ddb.region = 'eu-central-1';
SELECT ddb.describe_endpoints('{}');
RESET ddb.region;

-- what ddb lacks is refused by name, not passed over as a member that nobody knows is
SELECT ddb.create_table('{"TableName": "Lacking", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
  "VectorIndexes": [{"IndexName": "v"}]}');
SELECT ddb.update_table('{"TableName": "Lacking", "ReplicaUpdates": [{"Create": {"RegionName": "eu-west-1"}}]}');
SELECT ddb.update_table('{"TableName": "Lacking", "VectorIndexUpdates": [{"Delete": {"IndexName": "vectors"}}]}');
SELECT ddb.update_table('{"TableName": "Lacking", "VectorIndexUpdates": {}}');
-- but nothing of it may be asked for
SELECT ddb.create_table('{"TableName": "Lacking", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
  "VectorIndexes": []}') #>> '{TableDescription,TableStatus}';
SELECT ddb.update_table('{"TableName": "Lacking", "VectorIndexUpdates": []}');
SELECT ddb.update_table('{"TableName": "Lacking", "VectorIndexUpdates": [], "TableClass": "STANDARD_INFREQUENT_ACCESS"}') IS NOT NULL AS updated;
SELECT ddb.delete_table('{"TableName": "Lacking"}') IS NOT NULL AS deleted;
SELECT ddb.update_table('{"TableName": "Lacking", "MultiRegionConsistency": "STRONG"}');
SELECT ddb.update_table('{"TableName": "Lacking", "NoSuchMember": true}');
