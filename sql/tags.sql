-- TagResource, UntagResource, ListTagsOfResource
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

SELECT ddb.create_table('{"TableName": "Tagged", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "Tags": [{"Key": "a", "Value": "1"}]}')->'TableDescription'->>'TableArn' AS arn \gset

SELECT :'arn';
SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn', :'arn'));
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', '[{"Key": "b", "Value": ""}, {"Key": "a", "Value": "2 \"two\""}]'::json));
SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn', :'arn'));
SELECT ddb.untag_resource(json_build_object('ResourceArn', :'arn', 'TagKeys', '["a", "none"]'::json));
SELECT ddb.list_tags_of_resource(json_build_object('ResourceArn', :'arn'));

-- 50 tags, of 128 and 256 characters
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', (SELECT json_agg(json_build_object('Key', 'k' || n, 'Value', repeat('é', 256))) FROM generate_series(1, 49) n)));
SELECT json_array_length(ddb.list_tags_of_resource(json_build_object('ResourceArn', :'arn'))->'Tags');
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', '[{"Key": "c", "Value": "1"}]'::json));
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', '[{"Key": "b", "Value": "1"}]'::json));
SELECT ddb.tag_resource(json_build_object('ResourceArn', :'arn', 'Tags', json_build_array(json_build_object('Key', repeat('k', 129), 'Value', repeat('v', 257)), '{"Key": ""}'::json)));
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

-- only the relation's owner tags a table
CREATE ROLE regress_ddb_tagger;
SET ROLE regress_ddb_tagger;
SELECT ddb.untag_resource(json_build_object('ResourceArn', :'arn', 'TagKeys', '["b"]'::json));
SELECT ddb.delete_table('{"TableName": "Tagged"}');
SELECT ddb.update_table('{"TableName": "Tagged", "DeletionProtectionEnabled": true}');
RESET ROLE;
DROP ROLE regress_ddb_tagger;

SELECT ddb.delete_table('{"TableName": "Tagged"}')->'TableDescription'->>'TableStatus';
