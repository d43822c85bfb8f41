-- The sample: creates the table Movies and puts movies.json into it, unless
-- the table is there, and shows one Query.

SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS ddb;

SELECT to_regclass('dynamodb."Movies"') IS NULL AS is_new \gset
\if :is_new
\set movies `cat sample/movies.json`
\o /dev/null
BEGIN;
SELECT ddb.create_table('{
  "TableName": "Movies",
  "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "year", "AttributeType": "N"},
                           {"AttributeName": "title", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "year", "KeyType": "HASH"},
                {"AttributeName": "title", "KeyType": "RANGE"}]}');
SELECT ddb.put_item(json_build_object('TableName', 'Movies', 'Item', movie::ddb.item::text::json))
  FROM jsonb_array_elements(:'movies'::jsonb) AS movie;
COMMIT;
\o
\endif

\pset format unaligned
\pset tuples_only on
SELECT 'Movies has ' || count(*) || ' items.' FROM dynamodb."Movies";

\echo
\echo 'Those of 2013 whose title begins with "The H":'
\set ECHO queries
SELECT ddb.query('{"TableName": "Movies",
  "KeyConditionExpression": "#y = :y AND begins_with(title, :t)",
  "ExpressionAttributeNames": {"#y": "year"},
  "ExpressionAttributeValues": {":y": {"N": "2013"}, ":t": {"S": "The H"}},
  "ProjectionExpression": "title, info.rating"}');
