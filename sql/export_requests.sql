-- What is refused of requests for exports: their types, moments and filters.
\pset format unaligned
\pset tuples_only on

CREATE SERVER "requested exports" FOREIGN DATA WRAPPER ddb_bucket;
SELECT ddb.create_table('{"TableName": "Requested", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}, {"AttributeName": "g", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
	"GlobalSecondaryIndexes": [{"IndexName": "ByG", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}') #>> '{TableDescription,TableName}';
-- The request's error.
CREATE FUNCTION refusal(more json) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM ddb.export_table_to_point_in_time('{"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Requested", "S3Bucket": "nowhere", ' || substr(more::text, 2));
	RETURN NULL;
EXCEPTION WHEN OTHERS THEN
	RETURN sqlerrm;
END
$$;

-- Types
SELECT refusal('{"ExportType": "PARTIAL_EXPORT"}');
SELECT refusal('{"ExportType": "INCREMENTAL_EXPORT"}');
SELECT refusal('{"IncrementalExportSpecification": {"ExportFromTime": 1}}');
SELECT refusal('{"ExportType": "FULL_EXPORT", "IncrementalExportSpecification": {"ExportFromTime": 1}}');
SELECT refusal('{"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": {}}');
SELECT refusal('{"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": {"ExportToTime": 1}}');
SELECT refusal('{"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": {"ExportFromTime": 1, "ExportViewType": "NEW_IMAGES"}}');
SELECT refusal('{"ExportType": "INCREMENTAL_EXPORT", "ExportTime": 1, "IncrementalExportSpecification": {"ExportFromTime": 1}}');
SELECT refusal('{"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": {"ExportFromTime": "yesterday"}}');
SELECT refusal('{"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": []}');

-- Windows; recovery is asked for only behind them
SELECT from_time, to_time, refusal(json_build_object('ExportType', 'INCREMENTAL_EXPORT',
	'IncrementalExportSpecification', json_build_object('ExportFromTime', from_time, 'ExportToTime', to_time)))
	FROM (VALUES (1000, 1000), (1001, 1000), (1000, 1899.999999), (1000, 87400.000001), (-1e30, 1e30), (1000, 1900), (1000, 87400)) AS windows (from_time, to_time);
SELECT refusal('{"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": {"ExportFromTime": 1}}');

-- Filters
SELECT filter, refusal(json_build_object('FilterSpecification', filter::json)) FROM unnest(ARRAY[
	'{}',
	'"a > :a"',
	'{"FilterExpression": ""}',
	'{"FilterExpression": "a >"}',
	'{"FilterExpression": "a > :a"}',
	'{"FilterExpression": "a > :a", "ExpressionAttributeValues": {":a": {"N": "one"}}}',
	'{"FilterExpression": "a > :a", "ExpressionAttributeValues": {":a": {"N": "1"}, ":b": {"N": "1"}}}',
	'{"FilterExpression": "#a > a", "ExpressionAttributeNames": {"#b": "a"}}',
	'{"FilterExpression": "name = a"}',
	'{"FilterExpression": "p.q = a"}',
	'{"FilterExpression": "g[0] = a"}',
	'{"FilterExpression": "a = \u0000"}',
	'{"ExpressionAttributeNames": {"#a": "a"}}',
	'{"ProjectionExpression": "a", "ExpressionAttributeValues": {":a": {"N": "1"}}}',
	'{"ProjectionExpression": "a, a"}',
	'{"ProjectionExpression": "p.q"}',
	'{"KeyConditionExpression": "p > :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}',
	'{"KeyConditionExpression": "p = :p OR p = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}',
	'{"KeyConditionExpression": "s = :s", "ExpressionAttributeValues": {":s": {"N": "1"}}}',
	'{"KeyConditionExpression": "p = :p", "ExpressionAttributeValues": {":p": {"N": "1"}}}',
	'{"KeyConditionExpression": "p = :p AND g = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}',
	'{"KeyConditionExpression": "p = :p AND s = :s AND g = :p", "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"N": "1"}}}',
	'{"KeyConditionExpression": "p = :p", "FilterExpression": "s > :s", "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"N": "1"}}}',
	'{"KeyConditionExpression": "p = :p", "FilterExpression": "p = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}',
	'{"KeyConditionExpression": "p = :p AND begins_with(s, :p)", "ExpressionAttributeValues": {":p": {"S": "a"}}}',
	-- nothing is wrong with these but the bucket
	'{"KeyConditionExpression": "p = :p AND s BETWEEN :s AND :s", "FilterExpression": "g = :p", "ProjectionExpression": "p, a[0].b", "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"N": "1"}}}',
	'{"FilterExpression": "p = :p AND s > :s", "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"N": "1"}}}']) AS filter;

-- Whose a bucket is, and how it encrypts: a folder is this account's, and has no keys
CREATE SERVER "requested-exports" FOREIGN DATA WRAPPER ddb_bucket;
CREATE FUNCTION refusal_of(operation text, request jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT ddb.%I($1)', operation) USING request;
	RETURN NULL;
EXCEPTION WHEN OTHERS THEN
	RETURN regexp_replace(sqlerrm, 'User: \S+', 'User: somebody');
END
$$;
SELECT more, refusal_of('export_table_to_point_in_time', '{"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Requested", "S3Bucket": "requested-exports"}' || more)
	FROM unnest(ARRAY[
	'{"S3SseAlgorithm": "KMS"}',
	'{"S3SseAlgorithm": "KMS", "S3SseKmsKeyId": "alias/mine"}',
	'{"S3SseAlgorithm": "KMS", "S3SseKmsKeyId": "a\nx-amz-acl: public-read"}',
	'{"S3SseAlgorithm": "KMS", "S3SseKmsKeyId": "a key"}',
	'{"S3SseAlgorithm": "KMS", "S3SseKmsKeyId": ""}',
	'{"S3SseAlgorithm": "AES256", "S3SseKmsKeyId": "alias/mine"}',
	'{"S3SseKmsKeyId": "alias/mine"}',
	'{"S3SseAlgorithm": "aws:kms"}',
	'{"S3BucketOwner": "999999999999"}',
	'{"S3BucketOwner": "999999999999", "S3SseAlgorithm": "AES256"}',
	-- the prefix is looked at behind the bucket
	'{"S3BucketOwner": "000000000000", "S3SseAlgorithm": "AES256", "S3Prefix": "../up"}']::jsonb[]) AS more;
SELECT refusal_of('import_table', '{"TableCreationParameters": {"TableName": "Imported", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]},
	"InputFormat": "ION", "S3BucketSource": {"S3Bucket": "requested-exports", "S3BucketOwner": "999999999999"}}');
SELECT input, output, refusal_of('start_bulk_put_items', jsonb_build_object('TableName', 'Requested',
	'InputS3Configuration', '{"S3Bucket": "requested-exports", "InputFormat": "ION"}' || input,
	'OutputS3Configuration', '{"S3Bucket": "requested-exports", "OutputType": ["ERROR"]}' || output))
	FROM (VALUES ('{"S3BucketOwner": "999999999999"}'::jsonb, '{}'::jsonb),
	('{"S3BucketOwner": "000000000000"}', '{"S3BucketOwner": "999999999999"}'),
	('{}', '{"S3SseAlgorithm": "KMS", "S3SseKmsKeyId": "alias/mine"}'),
	('{}', '{"S3SseKmsKeyId": "alias/mine"}')) AS configurations (input, output);
DROP FUNCTION refusal_of;
DROP SERVER "requested-exports";
-- The first one above is a server, but no bucket.
SELECT ddb.read_object('requested exports', 'a');

SELECT ddb.delete_table('{"TableName": "Requested"}') #>> '{TableDescription,TableName}';
DROP FUNCTION refusal(json);
DROP SERVER "requested exports";
