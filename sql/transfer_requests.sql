-- needs: preloading, a bucket directory
-- What requests for exports, imports and bulk operations may hold, and the pages of their lists. Nothing of it is committed, so no job begins.
\pset format unaligned
\pset tuples_only on

CREATE SERVER "transfer-requests" FOREIGN DATA WRAPPER ddb_bucket;
CREATE FUNCTION table_parameters(name text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "S"}]'::jsonb, 'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::jsonb)
$$;
CREATE FUNCTION export(more jsonb DEFAULT '{}', name text DEFAULT 'Asked') RETURNS json LANGUAGE sql AS $$
	SELECT ddb.export_table_to_point_in_time((jsonb_build_object('TableArn', 'arn:aws:dynamodb:us-east-1:000000000000:table/' || name, 'S3Bucket', 'transfer-requests') || more)::json)
$$;
CREATE FUNCTION import(source jsonb DEFAULT '{}', more jsonb DEFAULT '{}', name text DEFAULT 'Made') RETURNS json LANGUAGE sql AS $$
	SELECT ddb.import_table((jsonb_build_object('S3BucketSource', '{"S3Bucket": "transfer-requests"}' || source, 'InputFormat', 'CSV', 'TableCreationParameters', table_parameters(name)) || more)::json)
$$;
CREATE FUNCTION csv(options jsonb) RETURNS json LANGUAGE sql AS $$ SELECT import('{}', jsonb_build_object('InputFormatOptions', jsonb_build_object('Csv', options))) $$;
CREATE FUNCTION put(input jsonb DEFAULT '{}', output jsonb DEFAULT '{}', more jsonb DEFAULT '{}', name text DEFAULT 'Asked') RETURNS json LANGUAGE sql AS $$
	SELECT ddb.start_bulk_put_items((jsonb_build_object('TableName', name, 'InputS3Configuration', '{"S3Bucket": "transfer-requests", "InputFormat": "ION"}' || input,
		'OutputS3Configuration', '{"S3Bucket": "transfer-requests", "OutputType": ["ERROR"]}' || output) || more)::json)
$$;
-- What comes of it: the error, or that there is none.
CREATE FUNCTION outcome(expression text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE 'SELECT ' || expression;
	RAISE EXCEPTION 'taken' USING ERRCODE = 'ZZ000';
EXCEPTION WHEN OTHERS THEN
	RETURN sqlerrm;
END
$$;
SELECT ddb.create_table(table_parameters('Asked')::json) #>> '{TableDescription,TableStatus}';

-- Patterns
SELECT jsonb_build_object('token', token), outcome(format('export(jsonb_build_object($$ClientToken$$, %L::text))', token)), outcome(format('import($${}$$, jsonb_build_object($$ClientToken$$, %L::text))', token)),
	outcome(format('put($${}$$, $${}$$, jsonb_build_object($$ClientToken$$, %L::text))', token)) FROM unnest(ARRAY['', 'a$', '$', E'a\nb', 'ä b']) AS token;
-- U+0000, which jsonb does not take
SELECT ddb.export_table_to_point_in_time('{"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Asked", "S3Bucket": "transfer-requests", "ClientToken": "a\u0000"}');
SELECT ddb.export_table_to_point_in_time('{"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Asked", "S3Bucket": "transfer-requests", "S3Prefix": "a\u0000"}');
SELECT ddb.export_table_to_point_in_time('{"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Asked", "S3Bucket": "transfer-requests", "S3SseAlgorithm": "KMS", "S3SseKmsKeyId": "a\u0000"}');
SELECT ddb.export_table_to_point_in_time('{"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Asked", "S3Bucket": "transfer-requests\u0000"}');
SELECT ddb.import_table('{"S3BucketSource": {"S3Bucket": "transfer-requests", "S3KeyPrefix": "a\u0000"}, "InputFormat": "ION", "TableCreationParameters": {}}');
SELECT ddb.import_table('{"S3BucketSource": {"S3Bucket": "transfer-requests"}, "InputFormat": "CSV", "InputFormatOptions": {"Csv": {"HeaderList": ["a\u0000"]}}, "TableCreationParameters": {}}');
SELECT owner, outcome(format('export(jsonb_build_object($$S3BucketOwner$$, %L::text))', owner)), outcome(format('import(jsonb_build_object($$S3BucketOwner$$, %L::text))', owner)),
	outcome(format('put(jsonb_build_object($$S3BucketOwner$$, %L::text))', owner)), outcome(format('put($${}$$, jsonb_build_object($$S3BucketOwner$$, %L::text))', owner))
	FROM unnest(ARRAY['', '12345678901', '1234567890123', '12345678901a', '000000000000']) AS owner;
SELECT bucket, outcome(format('export(jsonb_build_object($$S3Bucket$$, %L::text))', bucket)), outcome(format('import(jsonb_build_object($$S3Bucket$$, %L::text))', bucket)),
	outcome(format('put(jsonb_build_object($$S3Bucket$$, %L::text))', bucket)), outcome(format('put($${}$$, jsonb_build_object($$S3Bucket$$, %L::text))', bucket))
	FROM unnest(ARRAY['', 'b', '-ab', 'ab.', 'a b', 'a/b', 'a_.-b']) AS bucket;
SELECT options, outcome(format('csv(%L)', options)) FROM unnest(ARRAY[
	'{"Delimiter": ""}', '{"Delimiter": ";;"}', '{"Delimiter": "x"}', '{"Delimiter": "\t", "HeaderList": ["k", " !#+-~"]}',
	'{"HeaderList": []}', '{"HeaderList": ["k", ""]}', '{"HeaderList": ["a,b"]}', '{"HeaderList": ["k", "a\"b"]}', '{"HeaderList": ["ä"]}', '{"HeaderList": ["a\tb"]}', '{"HeaderList": ["k", null]}',
	'{"HeaderList": ["k", "a", "k"]}']::jsonb[]) AS options;
SELECT outcome(format('csv(jsonb_build_object($$HeaderList$$, ARRAY[repeat(%L, %s)]))', 'a', length)) FROM unnest(ARRAY[65535, 65536]) AS length;
SELECT right(outcome('csv(jsonb_build_object($$HeaderList$$, ARRAY[repeat($$a$$, 65537)]))'), 120);

-- Prefixes
SELECT prefix, outcome(format('export(jsonb_build_object($$S3Prefix$$, %L::text))', prefix)), outcome(format('import(jsonb_build_object($$S3KeyPrefix$$, %L::text))', prefix)),
	outcome(format('put(jsonb_build_object($$S3KeyPrefix$$, %L::text))', prefix)), outcome(format('put($${}$$, jsonb_build_object($$S3KeyPrefix$$, %L::text))', prefix))
	FROM unnest(ARRAY['', '../', '..', 'a/../b', 'a//b', '/a', './', E'a\nb', 'a/', 'a/b']) AS prefix;

-- A table that is being created
BEGIN;
SELECT import() #>> '{ImportTableDescription,ImportStatus}';
SELECT outcome('export($${}$$, $$Made$$)');
SELECT outcome('ddb.restore_table_to_point_in_time($${"SourceTableName": "Made", "TargetTableName": "Restored", "UseLatestRestorableTime": true}$$)');
SELECT outcome('ddb.create_backup($${"TableName": "Made", "BackupName": "early"}$$)');
SELECT outcome('put($${}$$, $${}$$, $${}$$, $$Made$$)'), outcome('put($${}$$, $${}$$, $${}$$, $$arn:aws:dynamodb:us-east-1:000000000000:table/Made$$)');
ROLLBACK;
SELECT outcome('export($${}$$, $$Made$$)'), outcome('put($${}$$, $${}$$, $${}$$, $$Made$$)');

-- Lists. Pages of what has been asked for here, each behind whether the token that it was asked for with is as the API's model has it.
CREATE FUNCTION pages(list text, size_member text, size int, more jsonb DEFAULT '{}') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	request jsonb := more || jsonb_build_object(size_member, size);
	page jsonb;
BEGIN
	LOOP
		EXECUTE format('SELECT ddb.%I($1)', list) INTO page USING request::json;
		RETURN QUERY SELECT concat_ws(': ', request->>'NextToken' ~ '^([0-9a-f]{16}){7,64}$', string_agg(substr(split_part(coalesce(s->>'ExportArn', s->>'ImportArn', s->>'BulkOperationArn'), '/', 2), 1, 9) ||
			' ' || (SELECT n FROM asked WHERE arn = coalesce(s->>'ExportArn', s->>'ImportArn', s->>'BulkOperationArn')), ', ' ORDER BY position)) FROM jsonb_array_elements(page->(SELECT k FROM jsonb_object_keys(page) k WHERE k <> 'NextToken')) WITH ORDINALITY s (s, position)
			HAVING count((SELECT n FROM asked WHERE arn = coalesce(s->>'ExportArn', s->>'ImportArn', s->>'BulkOperationArn'))) > 0;
		EXIT WHEN page->>'NextToken' IS NULL;
		request := request || jsonb_build_object('NextToken', page->>'NextToken');
	END LOOP;
END
$$;
BEGIN;
CREATE TABLE asked (n int, arn text);
SELECT count(ddb.create_table(table_parameters(name)::json)) FROM unnest(ARRAY['Asked.b', 'Asked-b', 'Asked_b', 'Zoo', rpad('Long', 255, 'x')]) AS name;
-- each at a millisecond of its own
INSERT INTO asked SELECT n, export('{}', name) #>> '{ExportDescription,ExportArn}' FROM unnest(ARRAY['Zoo', 'Asked', 'Asked.b', 'Asked_b', 'Asked-b', rpad('Long', 255, 'x'), 'Asked', 'Zoo']) WITH ORDINALITY a (name, n), pg_sleep(0.003 * (n * 0 + 1)) WHERE name IS NOT NULL;
SELECT pages('list_exports', 'MaxResults', 3);
SELECT pages('list_exports', 'MaxResults', 1, '{"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Asked"}');
SELECT array_agg(p ORDER BY n) = array_agg(p ORDER BY p COLLATE "C" DESC) FROM (SELECT s #>> '{ExportArn}' AS p, n FROM jsonb_array_elements(ddb.list_exports('{}')::jsonb->'ExportSummaries') WITH ORDINALITY s (s, n)) l;
TRUNCATE asked;
INSERT INTO asked SELECT n, import('{}', '{}', name) #>> '{ImportTableDescription,ImportArn}' FROM unnest(ARRAY['Made', 'Other', 'Another', rpad('Longer', 255, 'x')]) WITH ORDINALITY a (name, n), pg_sleep(0.003 * (n * 0 + 1)) WHERE name IS NOT NULL;
SELECT pages('list_imports', 'PageSize', 1);
SELECT pages('list_imports', 'PageSize', 25, '{"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Other"}');
TRUNCATE asked;
INSERT INTO asked SELECT n, put('{}', '{}', '{}', name) #>> '{BulkOperationDescription,BulkOperationArn}' FROM unnest(ARRAY['Zoo', 'Asked', 'Zoo', rpad('Long', 255, 'x')]) WITH ORDINALITY a (name, n), pg_sleep(0.003 * (n * 0 + 1)) WHERE name IS NOT NULL;
SELECT pages('list_bulk_operations', 'MaxResults', 2);
-- a token is the list's own
SELECT outcome(format('ddb.%I(json_build_object($$NextToken$$, %L))', list, ddb.list_exports('{"MaxResults": 1}')->>'NextToken')) FROM unnest(ARRAY['list_exports', 'list_imports', 'list_bulk_operations']) AS list;
SELECT outcome(format('ddb.%I(json_build_object($$NextToken$$, %L))', list, (ddb.list_imports('{"PageSize": 1}')->>'NextToken') || repeat('0', 16))) FROM unnest(ARRAY['list_exports', 'list_imports', 'list_bulk_operations']) AS list;
ROLLBACK;
SELECT left(token, 10), regexp_replace(outcome(format('ddb.%I(json_build_object($$NextToken$$, %L))', list, token)), '0{32,}|a{32,}', '…', 'g')
	FROM unnest(ARRAY['list_exports', 'list_imports', 'list_bulk_operations']) AS list, unnest(ARRAY['', 'x', '01693685827463-2d8752fd', '0123456789abcdef', '0123456789ABCDEF', repeat('0', 112), repeat('0', 111), repeat('a', 1040)]) AS token;

SELECT ddb.delete_table('{"TableName": "Asked"}') #>> '{TableDescription,TableStatus}';
DROP FUNCTION pages, outcome, put, csv, import, export, table_parameters;
DROP SERVER "transfer-requests";
