-- needs: preloading, a bucket directory
\pset format unaligned
-- Bulk operations: what they are given, and what they tell. test/server/bulk_put.sh has all else.
CREATE SERVER bulk FOREIGN DATA WRAPPER ddb_bucket;
SELECT ddb.create_table('{"TableName": "Bulk", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}, {"AttributeName": "l", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
	"LocalSecondaryIndexes": [{"IndexName": "Local", "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}],
	"GlobalSecondaryIndexes": [{"IndexName": "Global", "KeySchema": [{"AttributeName": "l", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}')
	#>> '{TableDescription,TableStatus}';
SELECT FROM ddb.write_object('bulk', 'in/items.json', convert_to($$
{"Item":{"p":{"S":"a"},"s":{"N":"1"},"l":{"S":"x"}}}
{"Item":{"p":{"S":"a"},"s":{"N":"2"}}}
{"Item":{"p":{"S":"a"},"s":{"N":"2"},"l":{"S":"y"}},"ConditionExpression":"attribute_not_exists(#l)","ExpressionAttributeNames":{"#l":"l"}}
{"Item":{"p":{"S":"a"},"s":{"N":"1"}},"ConditionExpression":"l = :l","ExpressionAttributeValues":{":l":{"S":"z"}}}
{"Item":{"p":{"N":"1"},"s":{"N":"1"}}}
$$, 'UTF8'));
CREATE FUNCTION request(more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT '{"TableName": "Bulk", "ClientToken": "one", "InputS3Configuration": {"S3Bucket": "bulk", "S3KeyPrefix": "in/", "InputFormat": "DYNAMODB_JSON"},
		"OutputS3Configuration": {"S3Bucket": "bulk", "S3KeyPrefix": "out/", "OutputType": ["ERROR", "CONDITION_CHECK_FAILURE"], "S3SseAlgorithm": "AES256"},
		"MaxWriteRequestUnits": 5000}'::jsonb || more
$$;
-- What differs from run to run is left out.
CREATE FUNCTION shown(response json) RETURNS text LANGUAGE sql AS $$
	SELECT jsonb_pretty(d - '{BulkOperationArn,StartTime,EndTime,TableDetails}'::text[] || jsonb_build_object('members', (SELECT string_agg(m, ' ' ORDER BY m) FROM jsonb_object_keys(d) m)))
	FROM (SELECT response::jsonb->'BulkOperationDescription' d) s
$$;
SELECT shown(ddb.start_bulk_put_items(request()));
CREATE FUNCTION latest() RETURNS json LANGUAGE sql AS $$
	SELECT json_build_object('BulkOperationArn', ddb.list_bulk_operations('{"MaxResults": 1}')::jsonb #>> '{BulkOperationsSummaryList,0,BulkOperationArn}')
$$;
DO $$
BEGIN
	WHILE ddb.list_bulk_operations('{}')::jsonb #>> '{BulkOperationsSummaryList,0,BulkOperationStatus}' = 'IN_PROGRESS' LOOP
		COMMIT;
		PERFORM pg_sleep(0.1);
	END LOOP;
END $$;
SELECT shown(ddb.describe_bulk_operation(latest()));
SELECT item FROM dynamodb."Bulk" ORDER BY p, s;
SELECT * FROM ddb.check_indexes('Bulk');
SELECT regexp_replace(o.key, '[0-9]{17}-[0-9a-f]{8}', 'ID') AS key, line.number, regexp_replace(regexp_replace(line.text, '[0-9]{17}-[0-9a-f]{8}', 'ID', 'g'), '"(tableId|startTime|endTime)":"[^"]*"', '"\1":"…"', 'g') AS text
FROM ddb.bucket_objects('bulk', 'out/') o, regexp_split_to_table(rtrim(convert_from(ddb.read_object('bulk', o.key), 'UTF8'), E'\n'), E'\n') WITH ORDINALITY line (text, number);
SELECT ddb.start_bulk_put_items(request())::jsonb #>> '{BulkOperationDescription,BulkOperationArn}' = latest()->>'BulkOperationArn' AS same;
SELECT ddb.start_bulk_put_items(request('{"MaxWriteRequestUnits": 5001}'));
SELECT ddb.cancel_bulk_operation(json_build_object('BulkOperationArn', 'arn:aws:dynamodb:us-east-1:000000000000:table/Bulk/bulk-operation/01693685827463-2d8752fd'));
SELECT ddb.describe_bulk_operation('{}');
SELECT ddb.describe_bulk_operation('{"BulkOperationArn": "short"}');
SELECT ddb.describe_bulk_operation('{"BulkOperationArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Bulk/import/01693685827463-2d8752fd"}');
SELECT ddb.describe_bulk_operation('{"BulkOperationArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Bulk/bulk-operation/01693685827463-2d8752fd"}');
SELECT ddb.list_bulk_operations('{"MaxResults": 0}');
SELECT ddb.list_bulk_operations('{"NextToken": "0123456789abcdef"}');
SELECT ddb.list_bulk_operations('{"NextToken": "00000000000000000000000000000000"}');
SELECT FROM ddb.bucket_objects('bulk', '') o, ddb.delete_object('bulk', o.key);
DROP SERVER bulk;
SELECT ddb.delete_table('{"TableName": "Bulk"}') #>> '{TableDescription,TableStatus}';
DROP FUNCTION request, shown, latest;
