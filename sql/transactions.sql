-- An operation belongs to the transaction that calls it.
SELECT ddb.create_table('{"TableName": "Stock", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "Product", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "Product", "KeyType": "HASH"}]}') IS NOT NULL AS created;
SELECT ddb.put_item('{"TableName": "Stock", "Item": {"Product": {"S": "guitar"}, "Quantity": {"N": "5"}}}');
CREATE TABLE orders (product text, quantity int);
CREATE FUNCTION take(product text, quantity int) RETURNS json LANGUAGE sql AS $$
  SELECT ddb.update_item(format('{"TableName": "Stock", "Key": {"Product": {"S": "%s"}},
    "UpdateExpression": "SET Quantity = Quantity - :n", "ConditionExpression": "Quantity >= :n",
    "ExpressionAttributeValues": {":n": {"N": "%s"}}, "ReturnValues": "UPDATED_NEW",
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}', product, quantity)::json) $$;

-- together
BEGIN;
INSERT INTO orders VALUES ('guitar', 2);
SELECT take('guitar', 2);
COMMIT;
SELECT o.product, o.quantity, s.item ->> 'Quantity' AS left FROM orders o JOIN dynamodb."Stock" s ON s."Product" = o.product;

-- not at all, for want of stock
BEGIN;
INSERT INTO orders VALUES ('guitar', 4);
SELECT take('guitar', 4);
COMMIT;
-- nor after a ROLLBACK
BEGIN;
INSERT INTO orders VALUES ('guitar', 1);
SELECT take('guitar', 1);
ROLLBACK;
SELECT o.product, o.quantity, s.item ->> 'Quantity' AS left FROM orders o JOIN dynamodb."Stock" s ON s."Product" = o.product;

-- an error leaves nothing behind: no lock, and the transaction can go on from a savepoint
BEGIN;
SAVEPOINT before;
SELECT take('guitar', 4);
ROLLBACK TO before;
SELECT count(*) AS locks FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'tuple';
SELECT take('guitar', 3);
COMMIT;

-- the exception, as PL/pgSQL sees it
DO $$
DECLARE
  state text; message text; detail text; exception_name text;
BEGIN
  PERFORM take('guitar', 1);
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    exception_name = PG_DATATYPE_NAME;
  RAISE NOTICE '% | % | % | %', state, exception_name, message, detail;
END $$;

-- many writes in one statement see each other
SELECT ddb.put_item('{"TableName": "Stock", "Item": {"Product": {"S": "guitar"}, "Quantity": {"N": "100"}}}');
SELECT count(take('guitar', 1)) FROM generate_series(1, 50);
SELECT ddb.get_item('{"TableName": "Stock", "Key": {"Product": {"S": "guitar"}}}');

-- in a table that the transaction itself created, and that goes with it
BEGIN;
SELECT ddb.create_table('{"TableName": "Passing", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "B"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]}') IS NOT NULL AS created;
SELECT ddb.put_item('{"TableName": "Passing", "Item": {"p": {"B": "AAE="}}}');
SELECT ddb.scan('{"TableName": "Passing"}');
ROLLBACK;
SELECT ddb.scan('{"TableName": "Passing"}');

-- read-only transactions write nothing
BEGIN READ ONLY;
SELECT ddb.get_item('{"TableName": "Stock", "Key": {"Product": {"S": "guitar"}}, "ProjectionExpression": "Quantity"}');
SELECT take('guitar', 1);
ROLLBACK;

SELECT ddb.delete_table('{"TableName": "Stock"}') IS NOT NULL AS deleted;
DROP TABLE orders;
DROP FUNCTION take;
