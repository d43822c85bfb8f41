-- A key's item is found whatever its former versions have left in the index.
SELECT ddb.create_table('{"TableName": "Lookup", "BillingMode": "PAY_PER_REQUEST",
  "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "N"}],
  "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}') IS NOT NULL AS created;
CREATE FUNCTION put(s int, length int) RETURNS json LANGUAGE sql AS $$
  SELECT ddb.put_item(format('{"TableName": "Lookup", "Item": {"p": {"S": "a"}, "s": {"N": "%s"}, "text": {"S": "%s"}}}',
    s, repeat('x', length))::json) $$;
CREATE FUNCTION remove(s int) RETURNS json LANGUAGE sql AS $$
  SELECT ddb.delete_item(format('{"TableName": "Lookup", "Key": {"p": {"S": "a"}, "s": {"N": "%s"}}}', s)::json) $$;
-- the length of its text, or null
CREATE FUNCTION look(s int) RETURNS int LANGUAGE sql AS $$
  SELECT length(ddb.get_item(format('{"TableName": "Lookup", "Key": {"p": {"S": "a"}, "s": {"N": "%s"}}}', s)::json)
    #>> '{Item,text,S}') $$;

-- in an empty index, before its first entry and behind its last
SELECT look(1);
SELECT put(1, 1);
SELECT look(0) IS NULL AND look(2) IS NULL AS absent, look(1);

-- versions that are spread over pages each have an entry
DO $$
BEGIN
  FOR length IN 1..300 LOOP
    PERFORM put(1, 10 * length);
    ASSERT look(1) = 10 * length;
    IF length % 7 = 0 THEN
      COMMIT;
    END IF;
  END LOOP;
END $$;
SELECT look(1);

-- deleted and put again, seen by the transaction that does it and after it
DO $$
BEGIN
  FOR i IN 1..100 LOOP
    PERFORM remove(1);
    ASSERT look(1) IS NULL;
    PERFORM put(1, i);
    ASSERT look(1) = i;
    IF i % 10 = 0 THEN
      COMMIT;
    END IF;
  END LOOP;
END $$;
SELECT look(1);

-- what was rolled back was never there
BEGIN;
SELECT put(1, 5000), put(2, 5000), remove(1);
SELECT look(1), look(2);
ROLLBACK;
SELECT look(1), look(2);
SELECT put(2, 2);
SELECT look(1), look(2);

-- dead entries alone, and none after VACUUM
SELECT remove(1), remove(2);
SELECT look(1), look(2);
SELECT look(1), look(2);
VACUUM dynamodb."Lookup";
SELECT look(1), look(2);
SELECT put(1, 11);
SELECT look(1);

-- so many versions that the index has pages with dead entries only, before VACUUM and after it
SELECT put(0, 1);
BEGIN;
SELECT count(ddb.put_item(format('{"TableName": "Lookup", "Item": {"p": {"S": "a"}, "s": {"N": "1"}, "text": {"S": "%s"}}}',
    (SELECT string_agg(md5(concat(i, ' ', j)), '') FROM generate_series(1, 59) j))::json)) FROM generate_series(1, 8000) i;
COMMIT;
SELECT look(0), look(1);
SELECT look(0), look(1);
VACUUM dynamodb."Lookup";
SELECT look(0), look(1), look(2);
SELECT remove(0);

-- each of many, on all pages of the index; and none between them
SELECT count(put(2 * i, i)) FROM generate_series(1, 2000) i;
SELECT count(*) FILTER (WHERE look(2 * i) = i) AS found, count(look(2 * i + 1)) AS wrong FROM generate_series(1, 2000) i;
SELECT count(remove(2 * i)) FROM generate_series(1, 2000, 3) i;
SELECT count(look(2 * i)) AS left FROM generate_series(1, 2000) i;
SELECT count(put(2 * i, 1)) FROM generate_series(1, 2000, 3) i;
SELECT count(look(2 * i)) AS left, count(*) FILTER (WHERE look(2 * i) = 1) AS new FROM generate_series(1, 2000) i;

-- a lookup counts as a scan of the index does
SELECT pg_stat_force_next_flush();
SELECT idx_scan, idx_tup_read, idx_tup_fetch FROM pg_stat_user_indexes WHERE relname = 'Lookup' \gset
SELECT look(2), look(3);
SELECT pg_stat_force_next_flush();
SELECT idx_scan - :idx_scan AS scans, idx_tup_read - :idx_tup_read AS entries, idx_tup_fetch - :idx_tup_fetch AS rows
  FROM pg_stat_user_indexes WHERE relname = 'Lookup';

DROP FUNCTION put, remove, look;
SELECT ddb.delete_table('{"TableName": "Lookup"}') IS NOT NULL AS deleted;
