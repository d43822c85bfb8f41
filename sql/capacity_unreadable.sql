-- A role that may write and not read learns nothing of the items that are there.
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on
CREATE ROLE ddb_writer;
GRANT USAGE ON SCHEMA ddb, dynamodb TO ddb_writer;
SELECT ddb.create_table('{"TableName": "Unread", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}, {"AttributeName": "g", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}],
  "LocalSecondaryIndexes": [{"IndexName": "local", "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "g", "KeyType": "RANGE"}], "Projection": {"ProjectionType": "ALL"}}],
  "GlobalSecondaryIndexes": [{"IndexName": "global", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]}') IS NOT NULL;
GRANT INSERT, UPDATE, DELETE ON dynamodb."Unread" TO ddb_writer;
CREATE FUNCTION item(g text, size int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('p', '{"S": "p"}'::jsonb, 's', '{"N": "1"}'::jsonb, 'g', jsonb_build_object('S', g), 'v', jsonb_build_object('S', repeat('v', size)))
$$;
-- what was there before, and what is written over it
CREATE VIEW states AS SELECT * FROM (VALUES (1, 'nothing', NULL), (2, 'a small one', item('a', 10)), (3, 'a large one', item('a', 9000)), (4, 'the same', item('b', 2000))) AS state (number, was, item);
CREATE VIEW writes AS SELECT * FROM (VALUES
  ('put_item', jsonb_build_object('TableName', 'Unread', 'Item', item('b', 2000))),
  ('delete_item', jsonb_build_object('TableName', 'Unread', 'Key', item('b', 1) - 'g' - 'v')),
  ('batch_write_item', jsonb_build_object('RequestItems', jsonb_build_object('Unread', jsonb_build_array(jsonb_build_object('PutRequest', jsonb_build_object('Item', item('b', 2000))))))),
  ('batch_write_item', jsonb_build_object('RequestItems', jsonb_build_object('Unread', jsonb_build_array(jsonb_build_object('DeleteRequest', jsonb_build_object('Key', item('b', 1) - 'g' - 'v'))))))
  ) AS write (operation, request)
  UNION ALL VALUES
  ('transact_write_items', jsonb_build_object('TransactItems', jsonb_build_array(jsonb_build_object('Put', jsonb_build_object('TableName', 'Unread', 'Item', item('b', 2000)))))),
  ('transact_write_items', jsonb_build_object('TransactItems', jsonb_build_array(jsonb_build_object('Delete', jsonb_build_object('TableName', 'Unread', 'Key', item('b', 1) - 'g' - 'v')))));
GRANT SELECT ON states, writes TO ddb_writer;
CREATE FUNCTION answers(writer name) RETURNS TABLE (operation text, was text, answer text) LANGUAGE plpgsql AS $$
DECLARE
  write record;
  state record;
BEGIN
  FOR write IN SELECT * FROM writes LOOP
    FOR state IN SELECT * FROM states ORDER BY number LOOP
      DELETE FROM dynamodb."Unread";
      INSERT INTO dynamodb."Unread" (item) SELECT state.item::text::ddb.item WHERE state.item IS NOT NULL;
      EXECUTE format('SET LOCAL ROLE %I', writer);
      operation := write.operation;
      was := state.was;
      EXECUTE format('SELECT ddb.%s($1)', write.operation) INTO answer
        USING (write.request || '{"ReturnConsumedCapacity": "INDEXES", "ReturnItemCollectionMetrics": "SIZE"}')::json;
      RESET ROLE;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END
$$;
SELECT operation, string_agg(was, ', ' ORDER BY was), answer FROM answers('ddb_writer') GROUP BY operation, answer ORDER BY 1, 3;
-- who may read is told what it cost
SELECT operation, was, json_array_elements(CASE json_typeof(c) WHEN 'array' THEN c ELSE json_build_array(c) END) -> 'CapacityUnits' AS units
  FROM (SELECT *, answer::json -> 'ConsumedCapacity' AS c FROM answers(current_user)) x;

DROP TABLE dynamodb."Unread";
DROP FUNCTION answers;
DROP VIEW states, writes;
DROP FUNCTION item;
DROP OWNED BY ddb_writer;
DROP ROLE ddb_writer;
