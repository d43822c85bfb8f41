#!/bin/bash
# Calls that fail, of every kind, leave no memory behind in the backend.
. "$(dirname "$0")/../lib.sh"

CALLS=${CALLS:-200000}

createdb failed_calls
export PGDATABASE=failed_calls
result=$(sql -v calls="$CALLS" <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Failures", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]}') IS NOT NULL;
SELECT ddb.put_item('{"TableName": "Failures", "Item": {"p": {"S": "here"}}}');
CREATE FUNCTION resident_kilobytes() RETURNS bigint LANGUAGE sql AS
  $$ SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'VmRSS:\s*(\d+)'))[1]::bigint $$;
CREATE FUNCTION fail(calls int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  bad CONSTANT text[] := ARRAY[
    '{"TableName": "Failures", "Item"', repeat('[', 1000), repeat('{"a":', 500) || '1' || repeat('}', 500),
    '{"TableName": "Failures", "Item": {"p": {"S": "a"}, "x": {"L": [{"N": "1"}, {"X": "2"}]}}}',
    '{"TableName": "Failures", "Item": {"p": {"S": "a"}}, "ConditionExpression": "attribute_exists(p) AND (a = "}',
    '{"TableName": "Failures", "Item": {"p": {"S": "a"}}, "ConditionExpression": "attribute_exists(p)"}',
    '{"TableName": "Failures", "Item": {"p": {"S": "here"}}, "ConditionExpression": "attribute_not_exists(p)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}',
    '{"TableName": "Failures", "TableName": "Failures"}', '{"TableName": "Missing", "Item": {"p": {"S": "a"}}}',
    '{"TableName": "Failures", "Item": {"p": {"NS": ["1", "1.0"]}}}', '{"TableName": "Failures", "Item": {"p": {"S": ""}}}',
    '{"TableName": "Failures", "Item": {"p": {"S": "a"}, "b": {"S": "' || repeat('b', 410000) || '"}}}'];
  failures int := 0;
BEGIN
  FOR i IN 1..calls LOOP
    BEGIN
      -- the long one is a hundredth of the calls
      PERFORM ddb.put_item(bad[CASE WHEN i % 100 = 0 THEN array_length(bad, 1) ELSE 1 + i % (array_length(bad, 1) - 1) END]::json);
    EXCEPTION WHEN OTHERS THEN
      failures := failures + 1;
    END;
  END LOOP;
  RETURN failures;
END $$;
SELECT fail(5000);
SELECT resident_kilobytes() AS before \gset
SELECT fail(:'calls') = :'calls';
SELECT resident_kilobytes() - :before;
SQL
) || true
growth=$(tail -n 1 <<<"$result")
echo "# after $CALLS failed calls the backend has grown by $growth kB"
is "every call fails" "$(tail -n 2 <<<"$result" | head -n 1)" t
ok "memory does not grow" [ "$growth" -lt 2048 ]
is "the next call works" "$(sql -c "SELECT ddb.get_item('{\"TableName\": \"Failures\", \"Key\": {\"p\": {\"S\": \"here\"}}}')")" '{"Item":{"p":{"S":"here"}}}'
