-- needs: preloading, the log of changes
-- Event sources: filter patterns, options, and who may make one.
\set VERBOSITY terse
\pset format unaligned
SET client_min_messages = warning;

-- ---- Patterns: what they match ----

CREATE TABLE event (name text PRIMARY KEY, event json);
INSERT INTO event VALUES
('insert', '{"eventName": "INSERT", "dynamodb": {"SizeBytes": 26, "Keys": {"Id": {"N": "101"}}, "NewImage": {"Id": {"N": "101"}, "Message": {"S": "New item!"}, "Empty": {"S": ""}, "Gone": {"NULL": true}, "Tags": {"SS": ["red", "green"]}, "Place": {"M": {"City": {"S": "Z\u00fcrich"}, "Codes": {"L": [{"S": "a"}, {"N": "7"}]}}}}}}'),
('expiry', '{"eventName": "REMOVE", "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"}, "dynamodb": {"SizeBytes": 59, "Keys": {"Id": {"N": "7"}}, "OldImage": {"Id": {"N": "7"}, "Message": {"S": "OLD"}}}}'),
('plain', '{"a": null, "b": 1.5, "c": true, "d": [1, [2, 3]], "e": [], "f": [{"x": 1, "y": 2}, {"x": 3, "y": 4}], "g": {}, "h": "a\u0000b"}');

CREATE FUNCTION matching(pattern text) RETURNS text LANGUAGE sql AS
$$SELECT string_agg(name, ' ' ORDER BY name) FROM event WHERE ddb.event_matches(pattern, event)$$;

SELECT pattern, matching(pattern) FROM unnest(ARRAY[
	-- equals, and, or
	'{"eventName": ["INSERT"]}',
	'{"eventName": ["INSERT", "REMOVE"]}',
	'{"eventName": ["insert"]}',
	'{"eventName": [{"equals-ignore-case": "insert"}]}',
	'{"dynamodb": {"Keys": {"Id": {"N": ["101"]}}}}',
	'{"dynamodb": {"Keys": {"Id": {"N": [101]}}}}',
	'{"eventName": ["REMOVE"], "userIdentity": {"type": ["Service"]}}',
	'{"eventName": ["INSERT"], "userIdentity": {"type": ["Service"]}}',
	'{"$or": [{"eventName": ["INSERT"]}, {"userIdentity": {"type": ["Service"]}}]}',
	'{"$or": [{"eventName": ["MODIFY"]}, {"a": ["x"]}], "eventName": ["INSERT"]}',
	'{"dynamodb": {"$or": [{"SizeBytes": [59]}, {"NewImage": {"Message": {"S": [{"prefix": "New"}]}}}]}}',
	-- null, empty, booleans, numbers
	'{"a": [null]}', '{"b": [null]}', '{"missing": [null]}',
	'{"dynamodb": {"NewImage": {"Empty": {"S": [""]}}}}',
	'{"dynamodb": {"NewImage": {"Gone": {"NULL": [true]}}}}',
	'{"b": [1.5]}', '{"b": [1.50]}', '{"b": ["1.5"]}', '{"c": [true]}', '{"c": [false]}', '{"c": ["true"]}',
	-- prefix, suffix
	'{"dynamodb": {"NewImage": {"Message": {"S": [{"prefix": "New"}]}}}}',
	'{"dynamodb": {"NewImage": {"Message": {"S": [{"suffix": "item!"}]}}}}',
	'{"dynamodb": {"NewImage": {"Message": {"S": [{"prefix": "New item! and more"}]}}}}',
	'{"b": [{"prefix": "1"}]}',
	'{"h": [{"suffix": "b"}]}', '{"h": ["a"]}',
	-- numeric
	'{"dynamodb": {"SizeBytes": [{"numeric": ["=", 26]}]}}',
	'{"dynamodb": {"SizeBytes": [{"numeric": [">", 26]}]}}',
	'{"dynamodb": {"SizeBytes": [{"numeric": [">=", 26, "<", 59]}]}}',
	'{"dynamodb": {"SizeBytes": [{"numeric": ["<=", 59.0]}]}}',
	'{"dynamodb": {"Keys": {"Id": {"N": [{"numeric": ["=", 101]}]}}}}',
	-- anything-but
	'{"eventName": [{"anything-but": "INSERT"}]}',
	'{"eventName": [{"anything-but": ["INSERT", "REMOVE"]}]}',
	'{"eventName": [{"anything-but": {"prefix": "INS"}}]}',
	'{"eventName": [{"anything-but": {"suffix": "OVE"}}]}',
	'{"eventName": [{"anything-but": {"equals-ignore-case": "remove"}}]}',
	'{"b": [{"anything-but": 1.5}]}', '{"b": [{"anything-but": [1, 2]}]}',
	-- exists
	'{"userIdentity": {"type": [{"exists": true}]}}',
	'{"userIdentity": {"type": [{"exists": false}]}}',
	'{"userIdentity": [{"exists": true}]}',
	'{"dynamodb": {"OldImage": {"Message": {"S": [{"exists": false}, "OLD"]}}}}',
	'{"e": [{"exists": true}]}', '{"g": [{"exists": true}]}', '{"a": [{"exists": true}]}',
	-- arrays in the event
	'{"dynamodb": {"NewImage": {"Tags": {"SS": ["green"]}}}}',
	'{"dynamodb": {"NewImage": {"Tags": {"SS": ["blue"]}}}}',
	'{"dynamodb": {"NewImage": {"Tags": {"SS": [{"anything-but": ["red"]}]}}}}',
	'{"dynamodb": {"NewImage": {"Place": {"M": {"City": {"S": ["Z\u00fcrich"]}, "Codes": {"L": {"N": ["7"]}}}}}}}',
	'{"d": [3]}', '{"d": [4]}',
	'{"f": {"x": [3], "y": [4]}}', '{"f": {"x": [1], "y": [4]}}'
]) WITH ORDINALITY AS p (pattern, number) ORDER BY number;

-- ---- Patterns: what is none ----

CREATE FUNCTION try(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || regexp_replace(SQLERRM, 'stream/.*|must be .* "event_reader"|"[0-9a-f-]{36}"', '...');
END $$;

SELECT pattern, try(format('SELECT ddb.event_matches(%L, %L)', pattern, '{}')) FROM unnest(ARRAY[
	'', '{', '[]', '{}', '1', '{"a": "b"}', '{"a": null}', '{"a": []}', '{"a": {}}', '{"a": [[1]]}',
	'{"a": [{}]}', '{"a": [{"wildcard": "x"}]}', '{"a": [{"prefix": 1}]}', '{"a": [{"prefix": "x", "suffix": "y"}]}',
	'{"a": [{"numeric": []}]}', '{"a": [{"numeric": ["=="]}]}', '{"a": [{"numeric": ["~", 1]}]}',
	'{"a": [{"numeric": ["=", "1"]}]}', '{"a": [{"numeric": ["=", 1, "<"]}]}', '{"a": [{"exists": 1}]}',
	'{"a": [{"anything-but": null}]}', '{"a": [{"anything-but": []}]}', '{"a": [{"anything-but": [true]}]}',
	'{"a": [{"anything-but": {"exists": true}}]}', '{"a": [1], "a": [2]}',
	'{"$or": {"a": [1]}}', '{"$or": [{"a": [1]}]}', '{"$or": [{"a": [1]}, 2]}'
]) WITH ORDINALITY AS p (pattern, number) ORDER BY number;
SELECT try(format('SELECT ddb.event_matches(%L, %L)', '{"a": ["' || repeat('x', 4096) || '"]}', '{}'));
SELECT try(format('SELECT ddb.event_matches(%L, %L)', repeat('{"a": ', 300) || '["x"]' || repeat('}', 300), '{}'));

-- ---- Options ----

CREATE FUNCTION take(event jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
SELECT options, try(format('SELECT ddb.create_event_source(%L, %L, %L)', 'None', 'take', options)) FROM unnest(ARRAY[
	'[]', '{"Unknown": 1}', '{"BatchSize": 0}', '{"BatchSize": 10001}', '{"BatchSize": "10"}', '{"BatchSize": 1.5}',
	'{"BatchSize": 1e30}', '{"MaximumBatchingWindowInSeconds": 301}', '{"ParallelizationFactor": 11}',
	'{"MaximumRecordAgeInSeconds": -2}', '{"MaximumRetryAttempts": 10001}', '{"TimeoutInSeconds": 0}',
	'{"StartingPosition": "AT_TIMESTAMP"}', '{"BisectBatchOnFunctionError": "true"}',
	'{"FunctionResponseTypes": ["Other"]}', '{"FunctionResponseTypes": "ReportBatchItemFailures"}',
	'{"FilterCriteria": {"Filters": [{"Pattern": "{}"}]}}', '{"FilterCriteria": {"Filters": [{}]}}', '{"FilterCriteria": []}',
	'{"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:1:q"}}}', '{"DestinationConfig": {"OnSuccess": {}}}',
	'{"Url": "http://example.com/"}', '{"Channel": ""}', '{"SigningSecret": "short"}', '{"Enabled": 1}',
	'{"TumblingWindowInSeconds": 1}',
	'{"BatchSize": 10000, "MaximumBatchingWindowInSeconds": 300, "ParallelizationFactor": 10, "MaximumRecordAgeInSeconds": 604800, "MaximumRetryAttempts": 10000, "TimeoutInSeconds": 900, "StartingPosition": "LATEST", "BisectBatchOnFunctionError": true, "FunctionResponseTypes": ["ReportBatchItemFailures"], "FilterCriteria": {"Filters": [{"Pattern": "{\"eventName\": [\"INSERT\"]}"}]}, "DestinationConfig": {"OnFailure": {"Destination": "ddb.event_source_failures"}}, "SigningSecret": "0123456789abcdef", "Enabled": false}'
]) WITH ORDINALITY AS o (options, number) ORDER BY number;
SELECT try(format('SELECT ddb.create_event_source(%L, %L, %L)', 'None', 'take',
	jsonb_build_object('FilterCriteria', jsonb_build_object('Filters', (SELECT jsonb_agg('{"Pattern": "{\"a\": [1]}"}'::jsonb) FROM generate_series(1, 11))))));
SELECT try($$SELECT ddb.create_event_source('None')$$);
SELECT try($$SELECT ddb.create_event_source(NULL, 'take')$$);
SELECT try($$SELECT ddb.create_event_source('None', 'take', NULL)$$);

-- ---- Addresses: none is allowed here ----

SELECT url, try(format('SELECT ddb.create_event_source(%L, options => jsonb_build_object(%L, %L))', 'None', 'Url', url)) FROM unnest(ARRAY[
	'http://127.0.0.1/', 'ftp://127.0.0.1/', 'file:///etc/passwd', '127.0.0.1', 'http://user@127.0.0.1/', 'http://:p@127.0.0.1/',
	'http://127.0.0.1/#a', 'http://127.0.0.1/a b', 'http://b\c/', 'http://bücher.example/', 'http://example.com./', 'http://exam%70le.com/%2e%2e/',
	'http://[::1%25lo]/', 'http://', 'HTTPS://EXAMPLE.COM:443/a/../b'
]) WITH ORDINALITY AS u (url, number) ORDER BY number;

-- ---- Functions ----

SELECT (ddb.create_table('{"TableName": "Sourced", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}')::jsonb #>> '{TableDescription,TableName}');
SELECT try($$SELECT ddb.create_event_source('Sourced', 'take')$$);
SELECT (ddb.update_table('{"TableName": "Sourced", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}}')::jsonb #>> '{TableDescription,TableName}');
CREATE FUNCTION takes_text(text) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
CREATE FUNCTION gives_text(jsonb) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';
CREATE FUNCTION gives_set(jsonb) RETURNS SETOF jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
CREATE FUNCTION takes_two(jsonb, jsonb DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb';
CREATE PROCEDURE proceeds(jsonb) LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION takes_json(json) RETURNS json LANGUAGE sql AS 'SELECT NULL::json';
CREATE FUNCTION gives_nothing(jsonb) RETURNS void LANGUAGE sql AS 'SELECT NULL';
SELECT function, try(format('SELECT ddb.create_event_source(%L, %L, %L)', 'Sourced', function, '{"Enabled": false}'))
	FROM unnest('{takes_text,gives_text,gives_set,takes_two,proceeds,none,takes_json,gives_nothing}'::text[]) AS function;
SELECT try($$SELECT ddb.create_event_source('Sourced', 'take', '{"Channel": "c"}')$$);

-- ---- Roles ----

CREATE ROLE event_reader;
CREATE ROLE event_stranger;
GRANT CREATE ON SCHEMA public TO event_reader;
SET ROLE event_reader;
SELECT try($$SELECT ddb.create_event_source('Sourced', 'take')$$);
RESET ROLE;
GRANT SELECT ON dynamodb."Sourced:stream" TO event_reader;
REVOKE EXECUTE ON FUNCTION take(jsonb) FROM PUBLIC;
SET ROLE event_reader;
SELECT try($$SELECT ddb.create_event_source('Sourced', 'take')$$);
RESET ROLE;
GRANT EXECUTE ON FUNCTION take(jsonb) TO event_reader;
SET ROLE event_reader;
SELECT ddb.create_event_source('Sourced', 'take', '{"Enabled": false, "SigningSecret": "0123456789abcdef", "StartingPosition": "LATEST", "BatchSize": 7}') AS id \gset
SELECT table_name, role, function, options, signs, enabled FROM ddb.event_source_list;
SELECT try('SELECT * FROM ddb.event_sources');
SELECT try('SELECT * FROM ddb.event_source_positions');
SELECT try('SELECT * FROM ddb.event_source_failed');
SELECT try('DELETE FROM ddb.event_source_list');
SET ROLE event_stranger;
SELECT count(*) FROM ddb.event_source_list;
SELECT try(format('SELECT ddb.update_event_source(%L, %L)', :'id', '{"Enabled": true}'));
SELECT try(format('SELECT ddb.delete_event_source(%L)', :'id'));
SET ROLE event_reader;

-- changes: members that are named, null takes one back
SELECT ddb.update_event_source(:'id', '{"BatchSize": null, "MaximumRetryAttempts": 3, "SigningSecret": null}');
SELECT function, options, signs, enabled FROM ddb.event_source_list;
SELECT ddb.update_event_source(:'id', '{"Channel": "changes"}');
SELECT function, options FROM ddb.event_source_list;
SELECT try(format('SELECT ddb.update_event_source(%L, %L)', :'id', '{"Channel": null}'));
SELECT ddb.update_event_source(:'id', '{"Channel": null}', 'take');
SELECT function, options FROM ddb.event_source_list;
SELECT try(format('SELECT ddb.update_event_source(%L, %L)', :'id', '{"StartingPosition": "LATEST"}'));
SELECT try(format('SELECT ddb.update_event_source(%L, %L)', :'id', '{"BatchSize": -1}'));
SELECT try(format('SELECT ddb.update_event_source(%L, %L, %L)', :'id', '{}', 'gives_text'));
SELECT try('SELECT ddb.update_event_source(''00000000-0000-0000-0000-000000000000'')');
SELECT try('SELECT ddb.update_event_source(NULL)');
SELECT ddb.delete_event_source(:'id');
SELECT try(format('SELECT ddb.delete_event_source(%L)', :'id'));
SELECT count(*) FROM ddb.event_source_list;
SELECT ddb.create_event_source('Sourced', 'take') IS NOT NULL AS made;
RESET ROLE;

-- the catalogs are nobody's to write, and sources go with their table
GRANT pg_write_all_data TO event_stranger;
SET ROLE event_stranger;
SELECT try('UPDATE ddb.event_sources SET role = ''postgres''');
SELECT try('DELETE FROM ddb.event_source_positions');
SELECT try('DELETE FROM ddb.event_source_failed');
RESET ROLE;

-- records that come from elsewhere
INSERT INTO ddb.event_sources VALUES ('00000000-0000-0000-0000-000000000001', 'dynamodb."Absent"', 'event_reader', 'public.take(jsonb)', 'event_reader', '{}', NULL, false, 0, 0, now());
INSERT INTO ddb.event_sources VALUES ('00000000-0000-0000-0000-000000000002', 'dynamodb."Sourced"', 'ddb_role_that_is_not', 'public.take(jsonb)', 'event_reader', '{}', NULL, false, 0, 0, now());
ALTER TABLE ddb.event_source_positions ENABLE TRIGGER guard_row;
SELECT problem, table_name, relation, removable FROM ddb.check_catalog() ORDER BY 1;
ALTER TABLE ddb.event_source_positions ENABLE ALWAYS TRIGGER guard_row;
SELECT problem FROM ddb.clean_catalog();
SELECT problem FROM ddb.check_catalog();

DROP TABLE dynamodb."Sourced";
SELECT count(*) FROM ddb.event_sources;
-- what was in its stream could be read for a day
DELETE FROM ddb.streams WHERE table_name = 'Sourced';

DROP FUNCTION take(jsonb), takes_text(text), gives_text(jsonb), gives_set(jsonb), takes_two(jsonb, jsonb), takes_json(json), gives_nothing(jsonb), matching(text), try(text);
DROP PROCEDURE proceeds(jsonb);
DROP TABLE event;
REVOKE CREATE ON SCHEMA public FROM event_reader;
DROP ROLE event_reader, event_stranger;
