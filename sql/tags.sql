-- TagResource, UntagResource, ListTagsOfResource
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Tagged", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "Tags": [{"Key": "a", "Value": "1"}]}')->'TableDescription'->>'TableArn' AS arn \gset

SELECT :'arn';
CREATE FUNCTION pg_temp.answer(operation text, member text, value jsonb, arn text DEFAULT 'arn:aws:dynamodb:us-east-1:000000000000:table/Tagged') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	response text;
BEGIN
	EXECUTE format('SELECT ddb.%I(%L)', operation, jsonb_build_object('ResourceArn', arn) || jsonb_build_object(member, value)) INTO response;
	RETURN response;
EXCEPTION WHEN OTHERS THEN
	RETURN regexp_replace(SQLERRM, '^ValidationException: ', '');
END
$$;
SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn', :'arn'));
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', '[{"Key": "b", "Value": ""}, {"Key": "a", "Value": "2 = two/_.:+-@"}]'::json));
SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn', :'arn'));
SELECT ddb.untag_resource(json_build_object('ResourceArn', :'arn', 'TagKeys', '["a", "none"]'::json));
SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn', :'arn'));

-- 50 tags, of 128 and 256 characters
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', (SELECT json_agg(json_build_object('Key', 'k' || n, 'Value', repeat('é', 256))) FROM generate_series(1, 49) n)));
SELECT json_array_length(ddb.list_tags_of_resource(json_build_object('ResourceArn', :'arn'))->'Tags');
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', '[{"Key": "c", "Value": "1"}]'::json));
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', '[{"Key": "b", "Value": "1"}]'::json));
-- what tags may be: letters, numbers and spaces of every script, and some marks
CREATE FUNCTION pg_temp.tag(VARIADIC tags text[]) RETURNS json LANGUAGE sql AS $$
	SELECT ddb.tag_resource(json_build_object('ResourceArn', 'arn:aws:dynamodb:us-east-1:000000000000:table/Tagged',
		'Tags', (SELECT coalesce(json_agg(json_strip_nulls(json_build_object('Key', tags[n], 'Value', tags[n + 1]))), '[]') FROM generate_series(1, cardinality(tags), 2) n)))
$$;
SELECT pg_temp.tag(repeat('k', 129), repeat('v', 257));
SELECT pg_temp.tag('k1', repeat('v', 257));
SELECT pg_temp.tag('', '');
SELECT pg_temp.tag(NULL, 'v');
SELECT pg_temp.tag('k1', NULL);
SELECT pg_temp.tag(repeat(U&'\+020000', 65), '');
SELECT pg_temp.tag('k1', 'a,b');
SELECT t, k, v FROM unnest(string_to_array(E'# % , & * ? | \\ ~ < ( [ { \' " ! ; ^ ` $ 🔑 § \u0301', ' ')) t,
	LATERAL (SELECT pg_temp.answer('tag_resource', 'Tags', jsonb_build_array(jsonb_build_object('Key', 'k1' || t, 'Value', '')))) k (k),
	LATERAL (SELECT pg_temp.answer('tag_resource', 'Tags', jsonb_build_array(jsonb_build_object('Key', 'k1', 'Value', t)))) v (v);
SELECT ddb.tag_resource('{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Tagged", "Tags": [{"Key": "k1\u0000", "Value": ""}]}');
BEGIN;
SELECT ddb.untag_resource(json_build_object('ResourceArn', :'arn', 'TagKeys', (SELECT json_agg('k' || n) FROM generate_series(1, 49) n)));
SELECT pg_temp.tag('ключ', 'café', '表', U&'\00A0\3000', 'sp ace ', 'a+b-c=d.e_f:g/h@i', 'Env', '', 'env', 'x', 'myaws:foo', '१²Ⅷ');
SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn', :'arn'));
ROLLBACK;
-- one that is bad, and none is written
SELECT pg_temp.tag('b', 'changed', 'AWS:c', '');
SELECT ddb.untag_resource(json_build_object('ResourceArn', :'arn', 'TagKeys', '["b", "aws:c"]'::json));
SELECT ddb.untag_resource(json_build_object('ResourceArn', :'arn', 'TagKeys', '["b", ""]'::json));
SELECT ddb.untag_resource(json_build_object('ResourceArn', :'arn', 'TagKeys', (SELECT json_agg('k' || n) FROM generate_series(1, 51) n)));
SELECT t FROM json_array_elements(ddb.list_tags_of_resource(json_build_object('ResourceArn', :'arn'))->'Tags') t WHERE t->>'Key' = 'b';
-- CreateTable's are the same
SELECT ddb.create_table('{"TableName": "TaggedBadly", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "Tags": [{"Key": "aws:a", "Value": ""}]}');
SELECT ddb.create_table('{"TableName": "TaggedBadly", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "Tags": [{"Key": "a#", "Value": ""}]}');
SELECT ddb.create_table('{"TableName": "TaggedBadly", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "Tags": [{"Key": "a", "Value": ""}, {"Key": "a", "Value": "2"}]}');
SELECT ddb.describe_table('{"TableName": "TaggedBadly"}');
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', '[{"Key": "b", "Value": "1"}, {"Key": "b", "Value": "2"}]'::json));
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', '[{"Key": "aws:b", "Value": "1"}]'::json));
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', '[]'::json));
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn'));
SELECT ddb.untag_resource(json_build_object('ResourceArn', :'arn', 'TagKeys', '[]'::json));

-- the ARN
SELECT ddb.tag_resource('{}');
SELECT ddb.untag_resource('{"ResourceArn": ""}');
SELECT ddb.list_tags_of_resource('{"ResourceArn": "a:b:c:d:e:f"}');
SELECT ddb.list_tags_of_resource('{"ResourceArn": "a:b:c:d:e:f/g"}');
SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn', :'arn' || 'More'));
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn' || 'More', 'Tags', '[{"Key": "b", "Value": "1"}]'::json));
SELECT ddb.untag_resource(json_build_object('ResourceArn', :'arn' || 'More', 'TagKeys', '["b"]'::json));
SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn', replace(:'arn', 'Tagged', 'ab')));
SELECT arn, pg_temp.answer('list_tags_of_resource', 'NextToken', 'null', arn) FROM unnest(ARRAY['', 'Tagged', 'arn', 'arn:aws', 'arn:aws:dynamodb', 'arn:aws:dynamodb:us-east-1', 'arn:aws:dynamodb:us-east-1:000000000000',
	'arn:aws:dynamodb:us-east-1:000000000000:table', 'arn:aws:dynamodb:us-east-1:000000000000:table/', 'arn:aws:s3:us-east-1:000000000000:table/Tagged', 'arn:aws:dynamodb:us-east-1:000000000000:global-table/Tagged',
	:'arn' || '/index/abc', :'arn' || '/stream/2015-05-11T21:21:33.291', :'arn' || '/backup/01693685827463-2d8752fd', :'arn' || '/',
	'arn:aws:dynamodb:eu-west-1:000000000000:table/Tagged', 'arn:aws-cn:dynamodb:us-east-1:000000000000:table/Tagged', 'arn:aws:dynamodb:us-east-1:123456789012:table/Tagged', :'arn' || '!']) arn;
-- U+0000 is no end of it
SELECT ddb.list_tags_of_resource('{"ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/Tagged\u0000More"}');
SELECT ddb.delete_table('{"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/Tagged\u0000More"}');
SELECT ddb.put_item('{"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/Tagged\u0000More", "Item": {"id": {"S": "1"}}}');

-- only the relation's owner tags a table
CREATE ROLE regress_ddb_tagger;
SET ROLE regress_ddb_tagger;
SELECT ddb.untag_resource(json_build_object('ResourceArn', :'arn', 'TagKeys', '["b"]'::json));
SELECT ddb.delete_table('{"TableName": "Tagged"}');
SELECT ddb.update_table('{"TableName": "Tagged", "DeletionProtectionEnabled": true}');
RESET ROLE;
DROP ROLE regress_ddb_tagger;

SELECT ddb.delete_table('{"TableName": "Tagged"}')->'TableDescription'->>'TableStatus';
