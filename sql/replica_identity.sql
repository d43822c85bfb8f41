-- Old items are in WAL while a stream or point-in-time recovery needs them.
SELECT ddb.create_table('{"TableName": "Identity", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}]}') IS NOT NULL AS created;
SELECT relreplident FROM pg_class WHERE oid = 'dynamodb."Identity"'::regclass;
ALTER TABLE dynamodb."Identity" REPLICA IDENTITY FULL;
SELECT relreplident FROM pg_class WHERE oid = 'dynamodb."Identity"'::regclass;

-- these records are for a table that has them already; they go with the transaction
BEGIN;
INSERT INTO ddb.streams VALUES ('dynamodb."Identity"', '2026-01-01T00:00:00.000', 'Identity', 'KEYS_ONLY', 'ENABLED',
  '[{"AttributeName": "p", "KeyType": "HASH"}]', now());
ALTER TABLE dynamodb."Identity" REPLICA IDENTITY NOTHING;
COMMIT;
BEGIN;
INSERT INTO ddb.streams VALUES ('dynamodb."Identity"', '2026-01-01T00:00:00.000', 'Identity', 'KEYS_ONLY', 'DISABLING',
  '[{"AttributeName": "p", "KeyType": "HASH"}]', now());
ALTER TABLE dynamodb."Identity" REPLICA IDENTITY DEFAULT;
COMMIT;
BEGIN;
INSERT INTO ddb.continuous_backups VALUES ('dynamodb."Identity"', 'ENABLED', 35, now());
ALTER TABLE dynamodb."Identity" SET UNLOGGED;
COMMIT;

-- also where a stream has only been asked for, and the identity is still to come
BEGIN;
ALTER TABLE dynamodb."Identity" REPLICA IDENTITY DEFAULT;
COMMIT;
BEGIN;
INSERT INTO ddb.streams VALUES ('dynamodb."Identity"', '2026-01-01T00:00:00.000', 'Identity', 'KEYS_ONLY', 'ENABLING',
  '[{"AttributeName": "p", "KeyType": "HASH"}]', now());
ALTER TABLE dynamodb."Identity" SET UNLOGGED;
COMMIT;
ALTER TABLE dynamodb."Identity" REPLICA IDENTITY FULL;

-- what nothing needs is the owner's to decide
BEGIN;
INSERT INTO ddb.streams VALUES ('dynamodb."Identity"', '2026-01-01T00:00:00.000', 'Identity', 'KEYS_ONLY', 'DISABLED',
  '[{"AttributeName": "p", "KeyType": "HASH"}]', now(), now());
ALTER TABLE dynamodb."Identity" REPLICA IDENTITY DEFAULT;
DELETE FROM ddb.streams;
COMMIT;
SELECT relreplident, relpersistence FROM pg_class WHERE oid = 'dynamodb."Identity"'::regclass;
SELECT ddb.delete_table('{"TableName": "Identity"}') IS NOT NULL AS deleted;
