-- needs: preloading
-- What tables are set to: throughput, encryption, streams, and what of it a request may change at once
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

CREATE FUNCTION pg_temp.create(name text, more text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.create_table(('{"AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]}'::jsonb
		|| jsonb_build_object('TableName', name) || more::jsonb)::json)::jsonb->'TableDescription'
$$;
CREATE FUNCTION pg_temp.update(name text, changes text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.update_table((jsonb_build_object('TableName', name) || changes::jsonb)::json)::jsonb->'TableDescription'
$$;
CREATE FUNCTION pg_temp.describe(name text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.describe_table(json_build_object('TableName', name))::jsonb->'Table'
$$;
-- The status, the provisioned units, the maxima and the warm throughput.
CREATE FUNCTION pg_temp.throughput(d jsonb) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', d->>'TableStatus', d->'ProvisionedThroughput'->>'ReadCapacityUnits', d->'ProvisionedThroughput'->>'WriteCapacityUnits', d->'OnDemandThroughput',
		d->'WarmThroughput'->>'ReadUnitsPerSecond', d->'WarmThroughput'->>'WriteUnitsPerSecond', d->'WarmThroughput'->>'Status')
$$;

-- ---- Warm throughput ----

-- every table has it, but the response of its creation only if it was asked for
SELECT pg_temp.throughput(pg_temp.create('OnDemand', '{"BillingMode": "PAY_PER_REQUEST"}'));
SELECT pg_temp.throughput(pg_temp.describe('OnDemand'));
SELECT pg_temp.throughput(pg_temp.create('Provisioned', '{"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}}'));
SELECT pg_temp.throughput(pg_temp.describe('Provisioned'));
SELECT pg_temp.throughput(pg_temp.create('Warm', '{"BillingMode": "PAY_PER_REQUEST", "WarmThroughput": {"ReadUnitsPerSecond": 12001}}'));
SELECT pg_temp.throughput(pg_temp.describe('Warm'));
SELECT ddb.delete_table('{"TableName": "Warm"}') IS NOT NULL;
SELECT pg_temp.throughput(pg_temp.create('Warm', '{"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}, "WarmThroughput": {"WriteUnitsPerSecond": 100}}'));
SELECT pg_temp.throughput(pg_temp.describe('Warm'));
SELECT ddb.delete_table('{"TableName": "Warm"}') IS NOT NULL;
SELECT pg_temp.create('Warm', '{"BillingMode": "PAY_PER_REQUEST", "WarmThroughput": {"ReadUnitsPerSecond": 11999, "WriteUnitsPerSecond": 4000}}');
SELECT pg_temp.create('Warm', '{"BillingMode": "PAY_PER_REQUEST", "WarmThroughput": {"WriteUnitsPerSecond": 0}}');
SELECT pg_temp.create('Warm', '{"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}, "WarmThroughput": {"ReadUnitsPerSecond": 4}}');
SELECT pg_temp.create('Warm', '{"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 7}, "WarmThroughput": {"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 6}}');
-- it grows; the response has the old one
SELECT pg_temp.throughput(pg_temp.update('OnDemand', '{"WarmThroughput": {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5000}}'));
SELECT pg_temp.throughput(pg_temp.describe('OnDemand'));
SELECT pg_temp.throughput(pg_temp.update('OnDemand', '{"WarmThroughput": {"WriteUnitsPerSecond": 5001}}'));
SELECT pg_temp.throughput(pg_temp.describe('OnDemand'));
SELECT pg_temp.throughput(pg_temp.update('OnDemand', '{"WarmThroughput": {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 5001}}'));
SELECT pg_temp.update('OnDemand', '{"WarmThroughput": {"ReadUnitsPerSecond": 12999}}');
SELECT pg_temp.update('OnDemand', '{"WarmThroughput": {"WriteUnitsPerSecond": -1}}');
SELECT pg_temp.update('OnDemand', '{"WarmThroughput": {}}');
-- with what is provisioned, and never falls
SELECT pg_temp.update('Provisioned', '{"ProvisionedThroughput": {"ReadCapacityUnits": 50, "WriteCapacityUnits": 2}}') IS NOT NULL;
SELECT pg_temp.throughput(pg_temp.describe('Provisioned'));
SELECT pg_temp.update('Provisioned', '{"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}}') IS NOT NULL;
SELECT pg_temp.throughput(pg_temp.describe('Provisioned'));
SELECT pg_temp.update('Provisioned', '{"WarmThroughput": {"ReadUnitsPerSecond": 1}}');
SELECT pg_temp.throughput(pg_temp.update('Provisioned', '{"BillingMode": "PAY_PER_REQUEST"}'));
SELECT pg_temp.throughput(pg_temp.describe('Provisioned'));
SELECT pg_temp.throughput(pg_temp.update('Provisioned', '{"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}}'));
SELECT pg_temp.throughput(pg_temp.describe('Provisioned'));
-- settings of before it was kept
BEGIN;
UPDATE ddb.tables SET settings = '{"BillingMode": "PAY_PER_REQUEST", "TableClass": "STANDARD"}' WHERE name = 'OnDemand';
SELECT pg_temp.throughput(d), d->'BillingModeSummary'->'LastUpdateToPayPerRequestDateTime' = d->'CreationDateTime' FROM pg_temp.describe('OnDemand') d;
UPDATE ddb.tables SET settings = '{"ReadCapacityUnits": 5, "WriteCapacityUnits": 6, "BillingMode": "PROVISIONED", "SSEType": "KMS", "WriteUnitsPerSecond": 7}' WHERE name = 'OnDemand';
SELECT pg_temp.throughput(d), d->'SSEDescription'->>'Status' FROM pg_temp.describe('OnDemand') d;
ROLLBACK;

-- ---- Maxima of what is paid by request ----

SELECT pg_temp.create('Maxima', '{"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxReadRequestUnits": 0, "MaxWriteRequestUnits": 1}}');
SELECT pg_temp.create('Maxima', '{"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxReadRequestUnits": -1}}');
SELECT pg_temp.create('Maxima', '{"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxWriteRequestUnits": -2}}');
SELECT pg_temp.create('Maxima', '{"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}, "OnDemandThroughput": {"MaxWriteRequestUnits": 1}}');
SELECT pg_temp.throughput(pg_temp.create('Maxima', '{"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": {"MaxReadRequestUnits": 100}, "WarmThroughput": {}}'));
-- each by itself; -1 takes it away, and only the response still shows it
SELECT pg_temp.throughput(pg_temp.update('Maxima', '{"OnDemandThroughput": {"MaxWriteRequestUnits": 200}}'));
SELECT pg_temp.throughput(pg_temp.describe('Maxima'));
SELECT pg_temp.update('Maxima', '{"OnDemandThroughput": {"MaxWriteRequestUnits": 0}}');
SELECT pg_temp.update('Maxima', '{"OnDemandThroughput": {"MaxReadRequestUnits": -2}}');
SELECT pg_temp.throughput(pg_temp.update('Maxima', '{"OnDemandThroughput": {"MaxReadRequestUnits": -1}}'));
SELECT pg_temp.throughput(pg_temp.describe('Maxima'));
SELECT pg_temp.throughput(pg_temp.update('Maxima', '{"OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}}'));
SELECT pg_temp.throughput(pg_temp.describe('Maxima'));
SELECT pg_temp.update('Maxima', '{"OnDemandThroughput": {}}');
SELECT pg_temp.throughput(pg_temp.update('Maxima', '{"OnDemandThroughput": {"MaxReadRequestUnits": 5}, "BillingMode": "PAY_PER_REQUEST"}'));
-- they end where throughput is provisioned
SELECT pg_temp.throughput(pg_temp.update('Maxima', '{"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}'));
SELECT pg_temp.update('Maxima', '{"OnDemandThroughput": {"MaxReadRequestUnits": 5}}');
SELECT pg_temp.throughput(pg_temp.update('Maxima', '{"OnDemandThroughput": {"MaxReadRequestUnits": 6}, "BillingMode": "PAY_PER_REQUEST"}'));
SELECT pg_temp.throughput(pg_temp.describe('Maxima'));
SELECT ddb.delete_table('{"TableName": "Maxima"}') IS NOT NULL;

-- ---- Encryption ----

SELECT pg_temp.create('Encrypted', '{"BillingMode": "PAY_PER_REQUEST", "SSESpecification": {"Enabled": false, "SSEType": "KMS"}}');
SELECT pg_temp.create('Encrypted', '{"BillingMode": "PAY_PER_REQUEST", "SSESpecification": {"Enabled": false, "KMSMasterKeyId": "key"}}');
SELECT pg_temp.create('Encrypted', '{"BillingMode": "PAY_PER_REQUEST", "SSESpecification": {"Enabled": true, "SSEType": "AES256"}}');
SELECT pg_temp.create('Encrypted', '{"BillingMode": "PAY_PER_REQUEST", "SSESpecification": {"Enabled": true, "KMSMasterKeyId": "key"}}');
SELECT pg_temp.create('Encrypted', '{"BillingMode": "PAY_PER_REQUEST", "SSESpecification": {"KMSMasterKeyId": ""}}');
SELECT pg_temp.create('Encrypted', '{"BillingMode": "PAY_PER_REQUEST", "SSESpecification": {}}')->'SSEDescription';
SELECT ddb.delete_table('{"TableName": "Encrypted"}') IS NOT NULL;
-- the key's ARN, whatever names it: the one that every account has, an identifier, an ARN, an alias
SELECT pg_temp.create('Encrypted', '{"BillingMode": "PAY_PER_REQUEST", "SSESpecification": {"Enabled": true}}')->'SSEDescription' AS own \gset
SELECT :'own'::jsonb - 'KMSMasterKeyArn', :'own'::jsonb->>'KMSMasterKeyArn' ~ '^arn:aws:kms:us-east-1:000000000000:key/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';
SELECT pg_temp.describe('Encrypted')->'SSEDescription' = :'own';
CREATE FUNCTION pg_temp.encrypt(specification text) RETURNS TABLE (answer jsonb, description jsonb) LANGUAGE plpgsql AS $$
BEGIN
	answer := pg_temp.update('Encrypted', jsonb_build_object('SSESpecification', specification::jsonb)::text);
	answer := answer->'SSEDescription' || jsonb_build_object('TableStatus', answer->'TableStatus');
	description := pg_temp.describe('Encrypted')->'SSEDescription';
	RETURN NEXT;
END
$$;
SELECT answer->>'KMSMasterKeyArn' = :'own'::jsonb->>'KMSMasterKeyArn', answer - 'KMSMasterKeyArn', description
	FROM pg_temp.encrypt('{"SSEType": "KMS", "KMSMasterKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}');
SELECT * FROM pg_temp.encrypt('{"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"}');
SELECT * FROM pg_temp.encrypt('{"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:eu-west-1:123456789012:key/mrk-1"}');
SELECT description = :'own' FROM pg_temp.encrypt('{"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "alias/aws/dynamodb"}');
SELECT description->>'KMSMasterKeyArn' AS alias FROM pg_temp.encrypt('{"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "alias/own"}') \gset
SELECT :'alias' <> :'own'::jsonb->>'KMSMasterKeyArn', description->>'KMSMasterKeyArn' = :'alias'
	FROM pg_temp.encrypt('{"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:us-east-1:000000000000:alias/own"}');
SELECT answer->>'KMSMasterKeyArn' = :'alias', description FROM pg_temp.encrypt('{"Enabled": false}');
SELECT * FROM pg_temp.encrypt('{"Enabled": false}');
SELECT * FROM pg_temp.encrypt('{}');
SELECT answer, description = :'own' FROM pg_temp.encrypt('{"Enabled": true}');
SELECT ddb.delete_table('{"TableName": "Encrypted"}') IS NOT NULL;

-- ---- Streams ----

SELECT pg_temp.create('Streamed', '{"BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {"StreamEnabled": false, "StreamViewType": "NEW_IMAGE"}}');
SELECT pg_temp.create('Streamed', '{"BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {"StreamEnabled": true}}');
SELECT pg_temp.create('Streamed', '{"BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": ""}}');
SELECT pg_temp.create('Streamed', '{"BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {"StreamEnabled": false}}') ? 'StreamSpecification';
SELECT pg_temp.update('Streamed', '{"StreamSpecification": {"StreamEnabled": false}}');
SELECT pg_temp.update('Streamed', '{"StreamSpecification": {"StreamEnabled": false, "StreamViewType": "NEW_IMAGE"}}');
SELECT pg_temp.update('Streamed', '{"StreamSpecification": {"StreamEnabled": true}}');
SELECT ddb.delete_table('{"TableName": "Streamed"}') IS NOT NULL;

-- ---- What a request may change at once ----

CREATE FUNCTION pg_temp.answer(changes jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN pg_temp.update('Provisioned', changes::text)->>'TableStatus';
EXCEPTION WHEN OTHERS THEN
	RETURN regexp_replace(SQLERRM, '^ValidationException: (One or more parameter values were invalid: )?', '');
END
$$;
CREATE TEMP TABLE change (number serial, name text, change jsonb);
INSERT INTO change (name, change) VALUES
	('encryption', '{"SSESpecification": {"Enabled": true}}'),
	('class', '{"TableClass": "STANDARD"}'),
	('protection', '{"DeletionProtectionEnabled": false}'),
	('warm', '{"WarmThroughput": {"ReadUnitsPerSecond": 20000}}'),
	('maxima', '{"OnDemandThroughput": {"MaxReadRequestUnits": 5}}'),
	('stream', '{"StreamSpecification": {"StreamEnabled": false}}'),
	('throughput', '{"ProvisionedThroughput": {"ReadCapacityUnits": 9, "WriteCapacityUnits": 9}}'),
	('on demand', '{"BillingMode": "PAY_PER_REQUEST"}'),
	('provisioned', '{"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 8, "WriteCapacityUnits": 8}}'),
	('new index', '{"GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "new", "KeySchema": [{"AttributeName": "b", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}], "AttributeDefinitions": [{"AttributeName": "b", "AttributeType": "S"}]}'),
	('old index', '{"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "old"}}]}'),
	('no index', '{"GlobalSecondaryIndexUpdates": []}');
-- (left out: what is no pair, or what AWS takes)
SELECT a.name, b.name, pg_temp.answer(a.change || b.change)
	FROM change a, change b WHERE a.number < b.number AND (a.name, b.name) NOT IN (('on demand', 'provisioned'), ('throughput', 'provisioned'), ('throughput', 'on demand'),
		('on demand', 'new index'), ('new index', 'old index'), ('new index', 'no index'), ('old index', 'no index'), ('maxima', 'on demand'), ('on demand', 'old index')) ORDER BY a.number, b.number;
BEGIN;
SELECT pg_temp.throughput(pg_temp.update('Provisioned', (SELECT jsonb_object_agg(c.key, c.value)::text FROM change, jsonb_each(change) c WHERE name IN ('maxima', 'on demand'))));
ROLLBACK;
BEGIN;
SELECT pg_temp.update('Provisioned', (SELECT jsonb_object_agg(c.key, c.value)::text FROM change, jsonb_each(change) c WHERE name IN ('new index', 'on demand')))->'GlobalSecondaryIndexes'->0->'WarmThroughput';
ROLLBACK;
-- an empty structure changes nothing, and is in nobody's way
SELECT pg_temp.answer('{"WarmThroughput": {}, "OnDemandThroughput": {}, "DeletionProtectionEnabled": true}');
SELECT pg_temp.answer('{"DeletionProtectionEnabled": false, "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "N"}, {"AttributeName": "x", "AttributeType": "N"}]}');
SELECT pg_temp.describe('Provisioned')->'AttributeDefinitions';
SELECT pg_temp.answer('{"AttributeDefinitions": []}');

SELECT ddb.delete_table('{"TableName": "Provisioned"}')->'TableDescription'->>'TableStatus', ddb.delete_table('{"TableName": "OnDemand"}')->'TableDescription'->>'TableStatus';
