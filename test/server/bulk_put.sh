#!/bin/bash
# Bulk operations: items of a bucket's files put into a table in use, as the role that asked; conditions, reports, who may,
# cancelling, and that nothing is missing or doubled whoever is killed meanwhile. ROUNDS says how often a process is killed.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/bulk_functions.sh"

cluster=$DDB_WORK/cluster
rounds=${ROUNDS:-4}

new_cluster cluster <<'END'
max_worker_processes = 20
wal_level = logical
max_replication_slots = 4
END
sql -c 'CREATE DATABASE bulk'
PGDATABASE=bulk
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE SERVER "files" FOREIGN DATA WRAPPER ddb_bucket;
CREATE SERVER "reports" FOREIGN DATA WRAPPER ddb_bucket;
CREATE FUNCTION make(name text, more text DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
	SELECT ddb.create_table((jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "N"}, {"AttributeName": "color", "AttributeType": "S"}]'::jsonb,
		'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::jsonb,
		'GlobalSecondaryIndexes', '[{"IndexName": "ByColor", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}]'::jsonb)
		|| more::jsonb)::text)
$$;
CREATE FUNCTION start(name text, prefix text, input text DEFAULT '{}', more text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
	SELECT ddb.start_bulk_put_items((jsonb_build_object('TableName', name,
		'InputS3Configuration', jsonb_build_object('S3Bucket', 'files', 'S3KeyPrefix', prefix, 'InputFormat', 'DYNAMODB_JSON') || input::jsonb,
		'OutputS3Configuration', '{"S3Bucket": "reports", "S3KeyPrefix": "bulk", "OutputType": ["ERROR", "CONDITION_CHECK_FAILURE"]}'::jsonb)
		|| more::jsonb)::text)::jsonb->'BulkOperationDescription'->>'BulkOperationArn'
$$;
-- The lines of a report, and its manifest.
CREATE FUNCTION report(arn text, type text) RETURNS SETOF jsonb LANGUAGE sql AS $$
	SELECT line::jsonb FROM ddb.bucket_objects('reports', 'bulk/AWSDynamoDB/' || split_part(arn, '/bulk-operation/', 2) || '/' || type || '/') o,
		regexp_split_to_table(rtrim(convert_from(ddb.read_object('reports', o.key), 'UTF8'), E'\n'), E'\n') line
$$;
CREATE FUNCTION manifest(arn text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT convert_from(ddb.read_object('reports', 'bulk/AWSDynamoDB/' || split_part(arn, '/bulk-operation/', 2) || '/manifest-summary.json'), 'UTF8')::jsonb
$$;
SQL
create_bulk_functions
# put KEY: what comes from standard input becomes an object.
put() {
	sql -o /dev/null <<<"SELECT ddb.write_object('files', '$1', decode('$(base64 -w 0)', 'base64'))"
}
# started NAME PREFIX INPUT MORE: starts it, and gives its ARN.
started() {
	sql -c "SELECT start('$1', '$2', '${3:-{\}}', '${4:-{\}}')"
}
# done_put ARN: waits for its end, and shows what came of it.
done_put() {
	wait_until "SELECT status('$1') NOT IN ('IN_PROGRESS', 'CANCELLING')"
	sql -c "SELECT counts('$1')"
}
lines() {
	seq "$1" "$2" | awk '{printf "{\"Item\":{\"k\":{\"N\":\"%d\"},\"color\":{\"S\":\"c%d\"},\"text\":{\"S\":\"text %d\"}}}\n", $1, $1 % 7, $1}'
}

# ---- What it does ----
sql -c "SELECT make('Plain')" -c "SELECT ddb.put_item('{\"TableName\": \"Plain\", \"Item\": {\"k\": {\"N\": \"1\"}, \"color\": {\"S\": \"old\"}}}')" -c "SELECT ddb.put_item('{\"TableName\": \"Plain\", \"Item\": {\"k\": {\"N\": \"1000\"}}}')" >/dev/null
lines 1 100 | put plain/1.json
{ lines 101 200; lines 1 10; } | put plain/2.json
arn=$(started Plain plain/)
like "the ARN" "$arn" '^arn:aws:dynamodb:us-east-1:000000000000:table/Plain/bulk-operation/[0-9]{17}-[0-9a-f]{8}$'
is "two files" "$(done_put "$arn")" 'COMPLETED 210 0'
is "every item is there, with those from before" "$(sql -c 'SELECT count(*), sum(k), count(DISTINCT item->>'"'color'"') FROM dynamodb."Plain"')" '201|21100|7'
is "the index agrees" "$(sql -c "SELECT count(*) FROM ddb.check_indexes('Plain')")" 0
is "input bytes" "$(sql -c "SELECT d->>'ProcessedInputBytes' = d->>'TotalInputBytes', (d->>'TotalInputBytes')::bigint = sum(size) FROM description('$arn') d, ddb.bucket_objects('files', 'plain/') GROUP BY d")" 't|t'
is "usage: the index was changed by 200 items, and one more entry was moved" "$(sql -c "SELECT u->>'TableName', u#>>'{Table,BulkPutBytes}', u#>>'{GlobalSecondaryIndexes,ByColor,BulkPutBytes}', (u->>'BulkPutBytes')::bigint = (u#>>'{Table,BulkPutBytes}')::bigint + (u#>>'{GlobalSecondaryIndexes,ByColor,BulkPutBytes}')::bigint, u ? 'LocalSecondaryIndexes' FROM (SELECT description('$arn')->'BulkOperationUsage'->0 u) s")" \
	"$(sql -c "SELECT 'Plain', sum(size) + sum(size) FILTER (WHERE k <= 10), sum(size) + ddb.item_size('{\"k\": {\"N\": \"1\"}, \"color\": {\"S\": \"old\"}}'), true, false FROM (SELECT k, ddb.item_size(item) AS size FROM dynamodb.\"Plain\" WHERE k <= 200) s")"
is "a manifest without files" "$(sql -c "SELECT m->>'bulkOperationStatus', m->>'processedItemCount', m->'files' FROM manifest('$arn') m")" 'COMPLETED|210|[]'
is "no job is left" "$(sql -c 'SELECT count(*) FROM ddb.jobs' -c 'SELECT count(*) FROM ddb.bulk_reported')" $'0\n0'

lines 1 50 | gzip | put gzip/a
is "gzip" "$(done_put "$(started Plain gzip/a '{"InputCompressionType": "GZIP"}')")" 'COMPLETED 50 0'
printf '$ion_1_0 {Item:{k:1.,color:"ion"}}\n$ion_1_0 {Item:{k:2.,l:[1.,null]}}\n' | put ion/a.ion
is "Ion" "$(done_put "$(started Plain ion/ '{"InputFormat": "ION"}')")" 'COMPLETED 2 0'
is "takes the place of what was there" "$(sql -c 'SELECT string_agg(item::text, $$ $$ ORDER BY k) FROM dynamodb."Plain" WHERE k <= 2')" '{"color":{"S":"ion"},"k":{"N":"1"}} {"k":{"N":"2"},"l":{"L":[{"N":"1"},{"NULL":true}]}}'
is "no file at all" "$(done_put "$(started Plain nothing/)")" 'COMPLETED 0 0'

# ---- What is wrong with records and files ----
{
	lines 301 303
	echo '{"Item":{"color":{"S":"no key"}}}'
	echo '{"Item":{"k":{"N":"310"},"color":{"N":"1"}}}'
	echo 'nothing'
	printf '{"Item":{"k":{"N":"311"},"text":{"S":"%s"}}}\n' "$(head -c 410000 /dev/zero | tr '\0' x)"
	echo '{"Item":{"k":{"N":"312"}},"Other":1}'
	lines 304 305
} | put wrong/1.json
{ lines 306 900 | gzip | head -c 900; } | put wrong/2.json
lines 307 307 | put wrong/3.json
arn=$(started Plain wrong/)
is "what is none is left out" "$(done_put "$arn")" 'COMPLETED_WITH_ERRORS 12 6'
is "and the others are there" "$(sql -c 'SELECT string_agg(k::text, $$ $$ ORDER BY k) FROM dynamodb."Plain" WHERE k BETWEEN 301 AND 999')" '301 302 303 304 305 307'
is "why is reported" "$(sql -c "SELECT r#>>'{itemS3Pointer,bucket}', r#>>'{itemS3Pointer,key}', r#>>'{itemS3Pointer,itemIndex}', r->>'bulkOperationArn' = '$arn', r ? 'Item', left(r#>>'{errorMessages,0}', 60) FROM report('$arn', 'error') r")" \
'files|wrong/1.json|3|t|t|One or more parameter values were invalid: Missing the key k
files|wrong/1.json|4|t|t|One or more parameter values were invalid: Type mismatch for
files|wrong/1.json|5|t|f|Not valid JSON: unexpected word
files|wrong/1.json|6|t|f|Item size has exceeded the maximum allowed size
files|wrong/1.json|7|t|f|A record is to have Item and its condition only, and has Oth
files|wrong/2.json|0|t|f|The file is compressed, by gzip'
is "the manifest names the file" "$(sql -c "SELECT m->>'bulkOperationStatus', m->>'processedItemCount', m->>'failedItemCount', f->>'outputType', f->>'recordCount', (SELECT count(*) FROM ddb.bucket_objects('reports', f->>'key')) FROM manifest('$arn') m, jsonb_array_elements(m->'files') f")" 'COMPLETED_WITH_ERRORS|12|6|ERROR|6|1'
arn=$(started Plain wrong/1.json '{}' '{"OutputS3Configuration": {"S3Bucket": "reports", "S3KeyPrefix": "bulk", "OutputType": ["CONDITION_CHECK_FAILURE"]}}')
is "without ERROR" "$(done_put "$arn")" 'COMPLETED_WITH_ERRORS 10 5'
is "there is no such report" "$(sql -c "SELECT m->>'failedItemCount', m->'files' FROM manifest('$arn') m")" '5|[]'

# ---- Conditions ----
sql -o /dev/null -c "SELECT make('Conditions')" -c "SELECT ddb.put_item('{\"TableName\": \"Conditions\", \"Item\": {\"k\": {\"N\": \"1\"}, \"version\": {\"N\": \"5\"}}}')"
{
	echo '{"Item":{"k":{"N":"1"},"version":{"N":"6"}},"ConditionExpression":"attribute_not_exists(k)"}'
	echo '{"Item":{"k":{"N":"2"},"version":{"N":"6"}},"ConditionExpression":"attribute_not_exists(k)"}'
	echo '{"Item":{"k":{"N":"2"},"version":{"N":"7"}},"ConditionExpression":"#v < :v","ExpressionAttributeNames":{"#v":"version"},"ExpressionAttributeValues":{":v":{"N":"7"}}}'
	echo '{"Item":{"k":{"N":"3"}},"ConditionExpression":"attribute_exists(k)"}'
	echo '{"Item":{"k":{"N":"4"}},"ConditionExpression":"version <"}'
	echo '{"Item":{"k":{"N":"4"}},"ConditionExpression":"attribute_not_exists(#v)"}'
	echo '{"Item":{"k":{"N":"4"}},"ConditionExpression":"attribute_not_exists(v)","ExpressionAttributeNames":{"#v":"v"}}'
	echo '{"Item":{"k":{"N":"4"}},"ExpressionAttributeValues":{":v":{"N":"1"}}}'
	echo '{"Item":{"k":{"N":"4"}},"ConditionExpression":1}'
	echo '{"Item":{"k":{"N":"4"}},"ConditionExpression":"attribute_not_exists(k.x)"}'
	echo '{"Item":{"k":{"N":"5"}}}'
} | put conditions/1.json
arn=$(started Conditions conditions/)
is "conditions that do not hold are no failures, those that are none are" "$(done_put "$arn")" 'COMPLETED_WITH_ERRORS 11 6'
is "what passed is there" "$(sql -c 'SELECT string_agg(item::text, $$ $$ ORDER BY k) FROM dynamodb."Conditions"')" '{"k":{"N":"1"},"version":{"N":"5"}} {"k":{"N":"2"},"version":{"N":"7"}} {"k":{"N":"5"}}'
is "what did not is reported with what was there" "$(sql -c "SELECT r#>>'{itemS3Pointer,itemIndex}', r#>>'{Item,k,N}', r->'ExistingItem' FROM report('$arn', 'condition-check-failure') r")" \
'0|1|{"k": {"N": "1"}, "version": {"N": "5"}}
3|3|'
is "and the others in PutItem's words" "$(sql -c "SELECT string_agg(left(r#>>'{errorMessages,0}', 50), E'\\n') FROM report('$arn', 'error') r")" \
'Invalid ConditionExpression: Syntax error; token: 
Invalid ConditionExpression: An expression attribu
Value provided in ExpressionAttributeNames unused 
ExpressionAttributeValues can only be specified wh
ConditionExpression is to have strings
Key attributes must be scalars; list random access'
printf '{Item:{k:1.,version:6.},ConditionExpression:"version = :v",ExpressionAttributeValues:{'"':v'"':5.}} {ConditionExpression:"attribute_exists(#v)",Item:{k:2.},ExpressionAttributeNames:{'"'#v'"':"nothing"}} {Item:{k:3.},ExpressionAttributeNames:{'"'#v'"':1.},ConditionExpression:"x"} {Item:{k:6.}}' | put conditions.ion
is "conditions in Ion" "$(done_put "$(started Conditions conditions.ion '{"InputFormat": "ION"}')")" 'COMPLETED_WITH_ERRORS 4 1'
is "hold or not" "$(sql -c 'SELECT string_agg(item::text, $$ $$ ORDER BY k) FROM dynamodb."Conditions"')" '{"k":{"N":"1"},"version":{"N":"6"}} {"k":{"N":"2"},"version":{"N":"7"}} {"k":{"N":"5"}} {"k":{"N":"6"}}'
sql -o /dev/null -c "SELECT make('OnlyConditions')"
grep -v nothing <<<'{"Item":{"k":{"N":"1"}},"ConditionExpression":"attribute_exists(k)"}' | put one.json
is "conditions alone make it not with errors" "$(done_put "$(started OnlyConditions one.json)")" 'COMPLETED 1 0'

# ---- As whom ----
sql -o /dev/null <<'SQL'
CREATE ROLE loader LOGIN;
CREATE ROLE other;
GRANT USAGE ON FOREIGN SERVER files, reports TO loader, other;
SELECT make('Guarded');
GRANT USAGE ON SCHEMA dynamodb TO loader, other;
GRANT SELECT, INSERT, UPDATE ON dynamodb."Guarded" TO loader;
CREATE TABLE notes (k numeric, who name, session name, path text, problem text);
GRANT ALL ON notes TO PUBLIC;
-- A trigger of the table's: who is it, and what could it do?
CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	problem text;
BEGIN
	BEGIN
		UPDATE pg_catalog.pg_authid SET rolsuper = true WHERE rolname = 'loader';
	EXCEPTION WHEN OTHERS THEN
		problem := SQLSTATE;
	END;
	BEGIN
		SET SESSION AUTHORIZATION postgres;
		problem := problem || ' became postgres';
	EXCEPTION WHEN OTHERS THEN
		problem := problem || ' ' || SQLSTATE;
	END;
	BEGIN
		RESET ROLE;
		EXECUTE 'ALTER ROLE loader SUPERUSER';
	EXCEPTION WHEN OTHERS THEN
		problem := problem || ' ' || SQLSTATE;
	END;
	PERFORM pg_catalog.pg_advisory_lock(4711);
	EXECUTE 'PREPARE left_over AS SELECT 1';
	INSERT INTO public.notes VALUES (NEW.k, current_user, session_user, current_setting('search_path'), problem);
	IF NEW.k = 3 THEN
		RAISE 'not the third';
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER spy BEFORE INSERT OR UPDATE ON dynamodb."Guarded" FOR EACH ROW WHEN (current_user <> 'postgres') EXECUTE FUNCTION spy();
CREATE FUNCTION deferred() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.notes VALUES (NEW.k, current_user, NULL, 'deferred');
	IF NEW.k = 5 THEN
		RAISE 'not the fifth, at last';
	END IF;
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT OR UPDATE ON dynamodb."Guarded" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION deferred();
ALTER TABLE dynamodb."Guarded" ADD COLUMN by name NOT NULL DEFAULT current_user, ADD CHECK (k <> 4), ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON dynamodb."Guarded" TO loader USING (k < 100) WITH CHECK (k < 6 OR k = 8);
CREATE POLICY all_of_it ON dynamodb."Guarded" TO postgres USING (true);
SQL
lines 1 8 | put guarded.json
as_role() {
	sql -c "SET ROLE $1" -c "SELECT start('$2', '$3', '{}', '${4:-{\}}')"
}
arn=$(as_role loader Guarded guarded.json)
is "what table, constraint, trigger and policy refuse is a record's failure" "$(done_put "$arn")" 'COMPLETED_WITH_ERRORS 8 5'
is "the others are there, with the role's defaults" "$(sql -c 'SELECT k, by FROM dynamodb."Guarded" ORDER BY k')" $'1|loader\n2|loader\n8|loader'
is "each for its own reason" "$(sql -c "SELECT r#>>'{Item,k,N}', r#>>'{errorMessages,0}' FROM report('$arn', 'error') r")" \
'3|not the third
4|new row for relation "Guarded" violates check constraint "Guarded_k_check"
5|not the fifth, at last
6|User: loader is not authorized to perform this operation on resource: arn:aws:dynamodb:us-east-1:000000000000:table/Guarded because no row-level security policy allows it
7|User: loader is not authorized to perform this operation on resource: arn:aws:dynamodb:us-east-1:000000000000:table/Guarded because no row-level security policy allows it'
is "the trigger was the role and could become nobody else" "$(sql -c "SELECT DISTINCT who, path, problem FROM notes ORDER BY path")" \
'loader|"$user", public|42501 42501 42501
loader|deferred|'
is "nobody has become a superuser" "$(sql -c "SELECT count(*) FROM pg_roles WHERE rolsuper")" 1
is "nothing of it is left" "$(sql -c "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711")" 0
is "the index agrees with the guarded table" "$(sql -c "SELECT count(*) FROM ddb.check_indexes('Guarded')")" 0
is "who may not write may not start it" "$(as_role other Guarded guarded.json 2>&1 | grep -o 'AccessDeniedException: User: other' || true)" 'AccessDeniedException: User: other'
is "another role's start is the other role's" "$(sql -c 'GRANT SELECT, INSERT, UPDATE ON dynamodb."Guarded" TO other' -c 'CREATE POLICY a_few ON dynamodb."Guarded" TO other WITH CHECK (k = 7)' -c 'TRUNCATE notes'; done_put "$(as_role other Guarded guarded.json)"; sql -c 'SELECT DISTINCT who FROM notes')" $'COMPLETED_WITH_ERRORS 8 7\nother'

# What a trigger passes over is answered as if it had been put, here as there.
sql -o /dev/null <<'SQL'
SELECT make('Passed');
CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN (NEW.item->>'k')::int >= 3 THEN NEW END; END $$;
CREATE TRIGGER pass BEFORE INSERT ON dynamodb."Passed" FOR EACH ROW EXECUTE FUNCTION pass();
SQL
is "PutItem of an item that a trigger passes over" "$(sql -c "SELECT ddb.put_item('{\"TableName\": \"Passed\", \"Item\": {\"k\": {\"N\": \"1\"}}}')")" '{}'
is "a bulk operation counts it as put, too" "$(done_put "$(started Passed guarded.json)")" 'COMPLETED 8 0'
is "and the others are there" "$(sql -c 'SELECT count(*) FROM dynamodb."Passed"' -c "SELECT count(*) FROM ddb.check_indexes('Passed')")" $'6\n0'

# Conditions are read.
sql -o /dev/null -c "SELECT make('Blind')" -c 'GRANT INSERT, UPDATE ON dynamodb."Blind" TO loader' -c 'ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC'
{
	echo '{"Item":{"k":{"N":"1"}}}'
	echo '{"Item":{"k":{"N":"1"}},"ConditionExpression":"attribute_exists(k)"}'
} | put blind.json
is "who may not read learns nothing by a condition" "$(done_put "$(as_role loader Blind blind.json)")" 'COMPLETED_WITH_ERRORS 2 1'

# Code that does not end.
sql -o /dev/null <<'SQL'
SELECT make('Slow');
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.k = 2 THEN
		PERFORM pg_sleep(1000);
	END IF;
	WHILE NEW.k = 4 LOOP
		BEGIN
			PERFORM pg_sleep(1000);
		EXCEPTION WHEN query_canceled THEN
		END;
	END LOOP;
	RETURN NEW;
END $$;
CREATE TRIGGER slow BEFORE INSERT ON dynamodb."Slow" FOR EACH ROW EXECUTE FUNCTION slow();
GRANT INSERT, UPDATE ON dynamodb."Slow" TO loader;
SQL
lines 1 6 | put slow.json
arn=$(as_role loader Slow slow.json)
is "code that does not end is ended, even if it holds on" "$(WAIT=900 done_put "$arn")" 'COMPLETED_WITH_ERRORS 6 2'
is "and the others are there all the same" "$(sql -c 'SELECT string_agg(k::text, $$ $$ ORDER BY k) FROM dynamodb."Slow"')" '1 3 5 6'
is "which is told" "$(sql -c "SELECT r#>>'{Item,k,N}', r#>>'{errorMessages,0}' FROM report('$arn', 'error') r")" $'2|canceling statement due to user request\n4|The worker ended each time that it put the item'

# ---- What is gone, or not allowed any more, when it is the operation's turn ----
lines 1 20 | put few.json
# refused WHAT STATEMENT...: starts one and runs the statements, both in one transaction; tells what becomes of it.
after() {
	local statements=() statement
	for statement; do statements+=(-c "$statement"); done
	sql -c BEGIN -c 'SET LOCAL ROLE loader' -c "SELECT start('Plain', 'few.json')" -c 'RESET ROLE' "${statements[@]}" -c COMMIT
}
sql -c 'GRANT SELECT, INSERT, UPDATE ON dynamodb."Plain" TO loader'
failure() {
	wait_until "SELECT status('$1') <> 'IN_PROGRESS'"
	sql -c "SELECT counts('$1'), description('$1')->>'FailureMessage'"
}
is "a right on the table is asked again" "$(failure "$(after 'REVOKE UPDATE ON dynamodb."Plain" FROM loader')")" 'FAILED 0 0 AccessDenied|User: loader is not authorized to perform this operation on resource: arn:aws:dynamodb:us-east-1:000000000000:table/Plain'
sql -c 'GRANT UPDATE ON dynamodb."Plain" TO loader'
is "one on the input bucket" "$(failure "$(after 'REVOKE USAGE ON FOREIGN SERVER files FROM loader')")" 'FAILED 0 0 S3AccessDenied|Access is denied to the bucket: files'
sql -c 'GRANT USAGE ON FOREIGN SERVER files TO loader'
arn=$(after 'REVOKE USAGE ON FOREIGN SERVER reports FROM loader')
is "one on the output bucket" "$(failure "$arn")" 'FAILED 20 0 S3AccessDenied|Access is denied to the bucket: reports'
sql -c 'GRANT USAGE ON FOREIGN SERVER reports TO loader'
is "the role has another name" "$(failure "$(after 'ALTER ROLE loader RENAME TO another')")" 'COMPLETED 20 0|'
sql -c 'ALTER ROLE another RENAME TO loader'
is "the bucket" "$(failure "$(after 'ALTER SERVER files RENAME TO away')")" 'FAILED 0 0 S3NoSuchBucket|The specified bucket does not exist: files'
sql -c 'ALTER SERVER away RENAME TO files'
sql -o /dev/null -c "SELECT make('Dropped')"
arn=$(sql -c BEGIN -c "SELECT start('Dropped', 'few.json')" -c 'DROP TABLE dynamodb."Dropped"' -c COMMIT)
is "the table" "$(sql -c "SELECT counts('$arn')")" 'FAILED 0 0 TableNotFound'
like "which nobody can cancel" "$(sql -c 'SET ROLE other' -c "SELECT ddb.cancel_bulk_operation(json_build_object('BulkOperationArn', '$arn'))" 2>&1 || true)" 'ValidationException: The bulk operation is not in progress'

# ---- In the way of others, and others in its way ----
for ((i = 0; i < 4; i++)); do
	lines $((i * 5000 + 1)) $((i * 5000 + 5000)) | gzip | put "many/$i"
done
gzip='{"InputCompressionType": "GZIP"}'
sql -o /dev/null -c "SELECT make('Waits')" -c "SELECT make('Cancelled')" -c "SELECT make('Deleted')" -c "SELECT ddb.put_item('{\"TableName\": \"Waits\", \"Item\": {\"k\": {\"N\": \"10\"}}}')"
coproc holder { sql -o /dev/null; }
holder_process=$holder_PID
echo "BEGIN; SELECT ddb.put_item('{\"TableName\": \"Waits\", \"Item\": {\"k\": {\"N\": \"10\"}, \"by\": {\"S\": \"the holder\"}}}'); SELECT pg_advisory_lock(1);" >&"${holder[1]}"
wait_until "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 1"
arn=$(started Waits few.json)
sleep 2
is "who has an item locked is waited for" "$(sql -c "SELECT status('$arn')")" IN_PROGRESS
is "and can write what the operation has read by then" "$(psql -X -q -A -t -c "SET lock_timeout = '30s'" -c "SELECT ddb.put_item('{\"TableName\": \"Waits\", \"Item\": {\"k\": {\"N\": \"11\"}}}')" 2>&1)" '{}'
echo 'COMMIT;' >&"${holder[1]}"
eval "exec ${holder[1]}>&-"
wait "$holder_process"
is "as long as that takes" "$(done_put "$arn")" 'COMPLETED 20 0'
is "and then its item is put" "$(sql -c 'SELECT count(*), count(item->>'"'text'"') FROM dynamodb."Waits"')" '20|20'

arn=$(started Cancelled many/ "$gzip" '{"MaxWriteRequestUnits": 1024}')
wait_until "SELECT (description('$arn')->>'ProcessedItemCount')::bigint > 0"
is "who has not asked for it may not cancel it" "$(sql -c 'SET ROLE other' -c "SELECT ddb.cancel_bulk_operation(json_build_object('BulkOperationArn', '$arn'))" 2>&1 | grep -o 'AccessDeniedException: User: other' || true)" 'AccessDeniedException: User: other'
is "cancelling" "$(sql -c "SELECT ddb.cancel_bulk_operation(json_build_object('BulkOperationArn', '$arn'))::jsonb = jsonb_build_object('BulkOperationArn', '$arn', 'BulkOperationStatus', 'CANCELLING')")" t
like "is done before long" "$(done_put "$arn")" '^CANCELLED [0-9]+ 0 Cancelled$'
is "what has been put stays" "$(sql -c "SELECT count(*) = (description('$arn')->>'ProcessedItemCount')::bigint, count(*) BETWEEN 1 AND 19999, count(*) = (manifest('$arn')->>'processedItemCount')::bigint FROM dynamodb.\"Cancelled\"")" 't|t|t'
like "what has ended cannot be cancelled" "$(sql -c "SELECT ddb.cancel_bulk_operation(json_build_object('BulkOperationArn', '$arn'))" 2>&1 || true)" 'ValidationException: The bulk operation is not in progress: arn:'

arn=$(started Deleted many/ "$gzip" '{"MaxWriteRequestUnits": 1024}')
wait_until "SELECT (description('$arn')->>'ProcessedItemCount')::bigint > 0"
is "the table can be deleted meanwhile" "$(sql -c "SELECT ddb.delete_table('{\"TableName\": \"Deleted\"}')::jsonb#>>'{TableDescription,TableStatus}'")" DELETING
like "which ends the operation" "$(done_put "$arn")" '^FAILED [0-9]+ 0 TableNotFound$'
is "at a moment" "$(sql -c "SELECT description('$arn') ? 'EndTime'")" t
wait_until 'SELECT count(*) = 0 FROM ddb.jobs'

# A dump brings it along, as far as it is, and the copy goes on by itself.
sql -o /dev/null <<'SQL'
SELECT make('Dumped');
CREATE TABLE noted (k numeric);
CREATE FUNCTION note_put() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.noted VALUES (NEW.k); RETURN NEW; END $$;
CREATE TRIGGER note_put BEFORE INSERT ON dynamodb."Dumped" FOR EACH ROW EXECUTE FUNCTION note_put();
SQL
{ lines 1 100 && echo nothing; } | gzip | put dumped/a
lines 101 8000 | gzip | put dumped/b
arn=$(started Dumped dumped/ "$gzip" '{"MaxWriteRequestUnits": 3000}')
wait_until "SELECT (description('$arn')->>'ProcessedItemCount')::bigint > 500"
pg_dump >"$DDB_WORK/dump.sql"
createdb copied
# A worker that would begin before all of it is there does so in the pause.
sed -i 's/^CREATE TRIGGER note_put/SELECT pg_catalog.pg_sleep(7);\n&/' "$DDB_WORK/dump.sql"
psql -X -q -d copied -f "$DDB_WORK/dump.sql" >"$DDB_WORK/restored" 2>&1
is "what was dumped in between" "$(done_put "$arn"; PGDATABASE=copied; done_put "$arn"; sql -c 'SELECT count(*) FROM dynamodb."Dumped"' -c "SELECT count(*) FROM report('$arn', 'error')")" $'COMPLETED_WITH_ERRORS 8001 1\nCOMPLETED_WITH_ERRORS 8001 1\n8000\n1'
is "by the table's trigger, which the dump has behind its items" "$(PGDATABASE=copied sql -c 'SELECT count(*), count(DISTINCT k) FROM noted')" '8000|8000'
dropdb --force copied
sql -c 'DROP TRIGGER note_put ON dynamodb."Dumped"' -c 'DROP FUNCTION note_put' -c 'DROP TABLE noted'

# ---- Whoever is killed, and whoever writes meanwhile: nothing is missing, nothing doubled ----
for ((i = 0; i < 4; i++)); do
	seq $((i * 5000 + 1)) $((i * 5000 + 5000)) | awk '{printf "{\"Item\":{\"k\":{\"N\":\"%d\"},\"color\":{\"S\":\"c%d\"},\"from\":{\"S\":\"file\"}}}\n", $1, $1 % 7
		if ($1 % 1000 == 0) print "{}"
		if ($1 % 1000 == 1) printf "{\"Item\":{\"k\":{\"N\":\"%d\"}},\"ConditionExpression\":\"attribute_not_exists(k)\"}\n", $1}' | gzip | put "killed/$i"
done
sql -o /dev/null -c "SELECT make('Killed', '{\"StreamSpecification\": {\"StreamEnabled\": true, \"StreamViewType\": \"NEW_AND_OLD_IMAGES\"}}')"
wait_until "SELECT ddb.describe_table('{\"TableName\": \"Killed\"}')::jsonb#>>'{Table,TableStatus}' = 'ACTIVE'"
cat >"$DDB_WORK/writer.sql" <<'SQL'
\set k random(1, 20000)
SELECT ddb.put_item('{"TableName": "Killed", "Item": {"k": {"N": "' || (:k + 100000) || '"}, "color": {"S": "own"}}}');
SELECT ddb.transact_write_items(('{"TransactItems": [' || string_agg('{"Update": {"TableName": "Killed", "Key": {"k": {"N": "' || k || '"}}, "UpdateExpression": "ADD writes :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}}', ',') || ']}'))
	FROM (SELECT DISTINCT (:k * f) % 100 + 200000 AS k FROM generate_series(1, 3) f) s;
SQL
arn=$(started Killed killed/ "$gzip" '{"MaxWriteRequestUnits": 6000}')
(while [ ! -e "$DDB_WORK/enough" ]; do pgbench -n -c 2 -T 1 -f "$DDB_WORK/writer.sql" >/dev/null 2>&1 || sleep 0.2; done) &
writer=$!
for ((i = 1; i <= rounds; i++)); do
	sleep "0.$((RANDOM % 8 + 1))"
	if ((i % 2 == 0)); then
		kill_cluster "$cluster"
		start_cluster "$cluster"
		PGDATABASE=bulk
	else
		kill_one 'ddb job'
	fi
done
ok "an operation goes on after crashes" wait_until "SELECT status('$arn') <> 'IN_PROGRESS'"
touch "$DDB_WORK/enough"
wait "$writer"
is "with exact counts" "$(sql -c "SELECT counts('$arn')")" 'COMPLETED_WITH_ERRORS 20040 20'
is "and all items" "$(sql -c 'SELECT count(*), sum(k) FROM dynamodb."Killed" WHERE k <= 20000 AND item->>'"'from'"' = '"'file'")" '20000|200010000'
is "and exact reports" "$(sql -c "SELECT count(*), count(DISTINCT r->'itemS3Pointer') FROM report('$arn', 'error') r" -c "SELECT count(*), count(DISTINCT r->'itemS3Pointer'), count(r->'ExistingItem') FROM report('$arn', 'condition-check-failure') r")" $'20|20\n20|20|20'
is "and exact usage" "$(sql -c "SELECT (description('$arn')#>>'{BulkOperationUsage,0,Table,BulkPutBytes}')::bigint = sum(ddb.item_size(item)) FROM dynamodb.\"Killed\" WHERE k <= 20000")" t
is "the index agrees with all writers" "$(sql -c "SELECT count(*) FROM ddb.check_indexes('Killed')")" 0
sql -o /dev/null <<'SQL'
-- All records of the stream that are of the files' items.
CREATE TABLE streamed (event text, k numeric);
CREATE PROCEDURE read_stream() LANGUAGE plpgsql AS $$
DECLARE
	arn text := ddb.describe_table('{"TableName": "Killed"}')::jsonb#>>'{Table,LatestStreamArn}';
	shard text;
	iterator text;
	page jsonb;
BEGIN
	FOR shard IN SELECT s->>'ShardId' FROM jsonb_array_elements(ddb.describe_stream(json_build_object('StreamArn', arn))::jsonb#>'{StreamDescription,Shards}') s LOOP
		iterator := ddb.get_shard_iterator(json_build_object('StreamArn', arn, 'ShardId', shard, 'ShardIteratorType', 'TRIM_HORIZON'))::jsonb->>'ShardIterator';
		LOOP
			page := ddb.get_records(json_build_object('ShardIterator', iterator))::jsonb;
			INSERT INTO streamed SELECT r->>'eventName', (r#>>'{dynamodb,Keys,k,N}')::numeric FROM jsonb_array_elements(page->'Records') r;
			EXIT WHEN page->'Records' = '[]' OR page->>'NextShardIterator' IS NULL;
			iterator := page->>'NextShardIterator';
		END LOOP;
	END LOOP;
	DELETE FROM streamed WHERE k > 20000;
END $$;
SQL
for ((i = 0; i < 120; i++)); do
	sql -c 'TRUNCATE streamed' -c 'CALL read_stream()'
	[ "$(sql -c 'SELECT count(DISTINCT k) FROM streamed')" != 20000 ] || break
	sleep 0.5
done
is "each item once" "$(sql -c 'SELECT event, count(*), count(DISTINCT k) FROM streamed GROUP BY 1')" 'INSERT|20000|20000'

# The same items, again and again, and transactions and batches of others' on them.
for ((i = 0; i < 4000; i++)); do
	printf '{"Item":{"k":{"N":"%d"},"color":{"S":"c%d"},"turn":{"N":"%d"}}}\n' $((i * 7 % 60)) $((i % 5)) "$i"
done | put contended.json
sql -o /dev/null -c "SELECT make('Contended')"
cat >"$DDB_WORK/contender.sql" <<'SQL'
\set a random(0, 59)
\set b random(0, 29)
SELECT ddb.transact_write_items('{"TransactItems": [{"Update": {"TableName": "Contended", "Key": {"k": {"N": "' || :a || '"}}, "UpdateExpression": "ADD writes :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}},
	{"Update": {"TableName": "Contended", "Key": {"k": {"N": "' || (:a + :b + 1) % 60 || '"}}, "UpdateExpression": "SET color = :c", "ExpressionAttributeValues": {":c": {"S": "own"}}}}]}');
SELECT ddb.batch_write_item('{"RequestItems": {"Contended": [{"PutRequest": {"Item": {"k": {"N": "' || :b || '"}, "color": {"S": "own"}}}}, {"DeleteRequest": {"Key": {"k": {"N": "' || (:b + 30) || '"}}}}]}}');
SQL
arn=$(started Contended contended.json)
pgbench -n -c 4 -t 400 -f "$DDB_WORK/contender.sql" >"$DDB_WORK/contenders" 2>&1 &
contenders=$!
ok "an operation ends among writers of its items" wait_until "SELECT status('$arn') <> 'IN_PROGRESS'"
wait "$contenders" || true
is "each record was put" "$(sql -c "SELECT counts('$arn')")" 'COMPLETED 4000 0'
is "and none of the others' writes has failed" "$(grep -o 'number of transactions actually processed: .*' "$DDB_WORK/contenders")" 'number of transactions actually processed: 1600/1600'
is "nor met a deadlock" "$(grep -c 'deadlock detected' "$cluster/server.log" || true)" 0
is "the index agrees with all of them" "$(sql -c "SELECT count(*) FROM ddb.check_indexes('Contended')")" 0
sql -o /dev/null -c "SELECT make('Order')"
arn=$(started Order contended.json)
is "of records of one item the last one stays" "$(done_put "$arn"; sql -c 'SELECT count(*), min((item->>$$turn$$)::int), max((item->>$$turn$$)::int) FROM dynamodb."Order"')" $'COMPLETED 4000 0\n60|3940|3999'

# ---- Lists, tokens, and what is refused ----
is "the newest first" "$(sql -c "SELECT l#>>'{BulkOperationsSummaryList,0,BulkOperationArn}' = '$arn', l#>>'{BulkOperationsSummaryList,0,BulkOperationStatus}', l#>'{BulkOperationsSummaryList,0}' ? 'StartTime', l#>'{BulkOperationsSummaryList,0}' ? 'EndTime', jsonb_array_length(l->'BulkOperationsSummaryList'), l->>'NextToken' ~ '^([0-9a-f]{16})+\$' FROM (SELECT ddb.list_bulk_operations('{}')::jsonb l) s")" 't|COMPLETED|t|t|10|t'
sql -o /dev/null <<'SQL'
CREATE TABLE listed (n serial, arn text);
DO $$
DECLARE
	page jsonb := ddb.list_bulk_operations('{"MaxResults": 3}');
BEGIN
	LOOP
		INSERT INTO listed (arn) SELECT s->>'BulkOperationArn' FROM jsonb_array_elements(page->'BulkOperationsSummaryList') s;
		EXIT WHEN page->>'NextToken' IS NULL;
		page := ddb.list_bulk_operations(json_build_object('MaxResults', 3, 'NextToken', page->>'NextToken'));
	END LOOP;
END $$;
SQL
is "page by page all of them" "$(sql -c "SELECT count(*), count(DISTINCT l.arn), array_agg(split_part(l.arn, '/', 4) ORDER BY l.n) = array_agg(split_part(l.arn, '/', 4) ORDER BY split_part(l.arn, '/', 4) COLLATE \"C\" DESC), count(*) = (SELECT count(*) FROM ddb.bulk_operations) FROM listed l")" "$(sql -c "SELECT count(*), count(*), true, true FROM ddb.bulk_operations")"

token='{"ClientToken": "once"}'
arn=$(started Plain few.json '{}' "$token")
is "a token starts it once" "$(started Plain few.json '{}' "$token")" "$arn"
is "even when it has ended" "$(done_put "$arn"; started Plain few.json '{}' "$token")" $'COMPLETED 20 0\n'"$arn"
like "with other parameters it is refused" "$(started Plain plain/ '{}' "$token" 2>&1 || true)" 'IdempotentParameterMismatchException: '
like "with another table too" "$(started Waits few.json '{}' "$token" 2>&1 || true)" 'IdempotentParameterMismatchException: '
# refused INPUT MORE: what is said of the request.
refused() {
	started "${3:-Plain}" few.json "$1" "$2" 2>&1 | sed -n 's/^.*ERROR:  //p' | head -n 1
}
output() {
	printf '{"OutputS3Configuration": %s}' "$1"
}
is "what is refused" "$(refused '{"S3Bucket": "nowhere"}' '{}'
	refused '{}' "$(output '{"S3Bucket": "nowhere", "OutputType": ["ERROR"]}')"
	refused '{"InputFormat": "CSV"}' '{}'
	refused '{}' "$(output '{"S3Bucket": "reports"}')"
	refused '{}' "$(output '{"OutputType": ["ERROR"]}')"
	refused '{}' "$(output '{"S3Bucket": "reports", "OutputType": []}')"
	refused '{}' "$(output '{"S3Bucket": "reports", "OutputType": ["ALL"]}')"
	refused '{}' "$(output '{"S3Bucket": "reports", "OutputType": ["ERROR"], "S3SseAlgorithm": "AES256", "S3SseKmsKeyId": "k"}')"
	refused '{}' "$(output '{"S3Bucket": "reports", "S3KeyPrefix": "../up", "OutputType": ["ERROR"]}')"
	refused '{"S3KeyPrefix": "../up/"}' '{}'
	refused '{}' '{"MaxWriteRequestUnits": 1023}'
	refused '{}' '{"PerformanceTier": "FAST"}'
	refused '{}' '{"ClientToken": "a$b"}'
	refused '{}' '{}' Nowhere)" "ValidationException: The specified bucket does not exist: nowhere
ValidationException: The specified bucket does not exist: nowhere
ValidationException: 1 validation error detected: Value 'CSV' at 'inputS3Configuration.inputFormat' failed to satisfy constraint: Member must satisfy enum value set: [DYNAMODB_JSON, ION]
ValidationException: 1 validation error detected: Value null at 'outputS3Configuration.outputType' failed to satisfy constraint: Member must not be null
ValidationException: 1 validation error detected: Value null at 'outputS3Configuration.s3Bucket' failed to satisfy constraint: Member must not be null
ValidationException: 1 validation error detected: Value '[]' at 'outputS3Configuration.outputType' failed to satisfy constraint: Member must have length greater than or equal to 1
ValidationException: 1 validation error detected: Value 'ALL' at 'outputS3Configuration.outputType.1.member' failed to satisfy constraint: Member must satisfy enum value set: [ERROR, CONDITION_CHECK_FAILURE]
ValidationException: S3SseKmsKeyId can only be specified when S3SseAlgorithm is KMS
ValidationException: Invalid S3KeyPrefix: ../up
ValidationException: Invalid S3KeyPrefix: ../up/
ValidationException: 1 validation error detected: Value '1023' at 'maxWriteRequestUnits' failed to satisfy constraint: Member must have value greater than or equal to 1024
ValidationException: 1 validation error detected: Value 'FAST' at 'performanceTier' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, ACCELERATED]
ValidationException: 1 validation error detected: Value 'a\$b' at 'clientToken' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[^\\\$]+\$
ResourceNotFoundException: Requested resource not found"
like "a token that is none" "$(sql -c "SELECT ddb.list_bulk_operations('{\"NextToken\": \"xyz\"}')" 2>&1 || true)" "Value 'xyz' at 'nextToken' failed to satisfy constraint: Member must satisfy regular expression pattern: \(\[0-9a-f\]\{16\}\)\+"
like "26 are too many" "$(sql -c "SELECT ddb.list_bulk_operations('{\"MaxResults\": 26}')" 2>&1 || true)" "Value '26' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 25"
like "one that is not there" "$(sql -c "SELECT description('${arn%?}x')" 2>&1 || true)" 'ResourceNotFoundException: Requested resource not found: Bulk operation: arn:'
like "a table whose index is being created" "$(sql -c BEGIN -o /dev/null -c "SELECT ddb.update_table('{\"TableName\": \"Waits\", \"AttributeDefinitions\": [{\"AttributeName\": \"text\", \"AttributeType\": \"S\"}], \"GlobalSecondaryIndexUpdates\": [{\"Create\": {\"IndexName\": \"ByText\", \"KeySchema\": [{\"AttributeName\": \"text\", \"KeyType\": \"HASH\"}], \"Projection\": {\"ProjectionType\": \"ALL\"}}}]}')" -c "SELECT start('Waits', 'few.json')" 2>&1 || true)" 'ResourceInUseException: .*indexes are being created'
is "nothing has crashed by itself" "$(grep -c 'terminated by signal 11\|terminated by signal 6\|TRAP' "$cluster/server.log" || true)" 0
