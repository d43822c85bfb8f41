#!/bin/bash
# Whose a job is: roles that are renamed, dropped and followed by others of their names, also in dumps; and who may see
# why work has failed, by whichever door.
. "$(dirname "$0")/../lib.sh"

new_cluster cluster <<'END'
max_worker_processes = 20
END
sql -c 'CREATE DATABASE attacked'
PGDATABASE=attacked
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE SERVER bucket FOREIGN DATA WRAPPER ddb_bucket;
CREATE ROLE asker;
CREATE ROLE friend;
CREATE ROLE heir NOINHERIT;
CREATE ROLE reader;
CREATE ROLE half;
CREATE ROLE nosy;
CREATE ROLE auditor;
CREATE ROLE monitor;
GRANT asker TO friend, heir;
GRANT pg_read_all_data, pg_read_all_stats, pg_write_all_data TO auditor;
GRANT pg_monitor TO monitor;
GRANT CREATE ON SCHEMA dynamodb TO asker;
GRANT CREATE ON SCHEMA public TO nosy, auditor;
GRANT USAGE ON FOREIGN SERVER bucket TO asker;
CREATE FUNCTION make(name text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.create_table(jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
		'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "N"}]'::jsonb, 'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::jsonb))::text
$$;
CREATE FUNCTION export(token text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.export_table_to_point_in_time(jsonb_strip_nulls(jsonb_build_object('TableArn', 'arn:aws:dynamodb:us-east-1:000000000000:table/Mine',
		'S3Bucket', 'bucket', 'ClientToken', token)))::jsonb#>>'{ExportDescription,ExportArn}'
$$;
CREATE FUNCTION import(name text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.import_table(jsonb_build_object('S3BucketSource', '{"S3Bucket": "bucket", "S3KeyPrefix": "files/"}'::jsonb, 'InputFormat', 'DYNAMODB_JSON',
		'TableCreationParameters', jsonb_build_object('TableName', name, 'BillingMode', 'PAY_PER_REQUEST',
			'AttributeDefinitions', '[{"AttributeName": "k", "AttributeType": "N"}]'::jsonb, 'KeySchema', '[{"AttributeName": "k", "KeyType": "HASH"}]'::jsonb)))
		::jsonb#>>'{ImportTableDescription,ImportArn}'
$$;
CREATE FUNCTION put() RETURNS text LANGUAGE sql AS $$
	SELECT ddb.start_bulk_put_items('{"TableName": "Mine", "InputS3Configuration": {"S3Bucket": "bucket", "S3KeyPrefix": "files/", "InputFormat": "DYNAMODB_JSON"},
		"OutputS3Configuration": {"S3Bucket": "bucket", "S3KeyPrefix": "reports/", "OutputType": ["ERROR"]}}')::jsonb#>>'{BulkOperationDescription,BulkOperationArn}'
$$;
CREATE FUNCTION back_up() RETURNS text LANGUAGE sql AS $$
	SELECT ddb.create_backup('{"TableName": "Mine", "BackupName": "backup"}')::jsonb#>>'{BackupDetails,BackupArn}'
$$;
CREATE FUNCTION drop_backup(arn text) RETURNS text LANGUAGE sql AS $$ SELECT ddb.delete_backup(jsonb_build_object('BackupArn', arn))::text $$;
CREATE FUNCTION restore(arn text, target text) RETURNS text LANGUAGE sql AS $$
	SELECT ddb.restore_table_from_backup(jsonb_build_object('BackupArn', arn, 'TargetTableName', target))::text
$$;
CREATE FUNCTION described(arn text) RETURNS text LANGUAGE sql AS $$
	SELECT CASE split_part(arn, '/', 3)
		WHEN 'export' THEN ddb.describe_export(json_build_object('ExportArn', arn))
		WHEN 'import' THEN ddb.describe_import(json_build_object('ImportArn', arn))
		ELSE ddb.describe_bulk_operation(json_build_object('BulkOperationArn', arn)) END::text
$$;
CREATE FUNCTION status(arn text) RETURNS text LANGUAGE sql AS $$ SELECT substring(described(arn) FROM '"(?:Export|Import|BulkOperation)Status":"([A-Z_]+)"') $$;
-- Who has done what in the table.
CREATE TABLE writers (name text);
GRANT INSERT ON writers TO PUBLIC;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.writers VALUES (current_user); RETURN NEW; END $$;
SELECT make('Mine');
CREATE TRIGGER note BEFORE INSERT ON dynamodb."Mine" FOR EACH ROW EXECUTE FUNCTION note();
GRANT SELECT, INSERT, UPDATE ON dynamodb."Mine" TO asker;
GRANT SELECT ON dynamodb."Mine" TO reader;
GRANT SELECT (item) ON dynamodb."Mine" TO half;
SELECT ddb.write_object('bucket', 'files/1', '{"Item":{"k":{"N":"1"}}}');
SELECT ddb.write_object('bucket', 'files/2', '{"Item":{"k":{"N":"x"}}}');
SQL
# No job begins while ddb.jobs is locked.
# as ROLE STATEMENT...: what the role is told, errors too; each statement is one transaction.
as() {
	local role=$1 statements=() statement
	shift
	for statement; do statements+=(-c "$statement"); done
	psql -X -q -A -t -c "SET ROLE \"$role\"" -c 'SET ddb.backup_bucket = bucket' "${statements[@]}" 2>&1 || true
}
no_job_left='SELECT count(*) = 0 FROM ddb.jobs'
secret='the words of a trigger'

# ---- What is in the way of jobs that go on ----

backup=$(as asker 'SELECT back_up()')
ok "there is a backup in the bucket" wait_until "$no_job_left"
hold_jobs
export=$(as asker "SELECT export('once')")
import=$(as asker "SELECT import('New')")
put=$(as asker 'SELECT put()')
as asker 'SELECT back_up()' "SELECT drop_backup('$backup')" >/dev/null
sql -o /dev/null -c "UPDATE ddb.jobs SET error = '$secret'"
# told ROLE: of which jobs it sees the errors.
told() { as "$1" "SELECT string_agg(kind, ' ' ORDER BY kind) FROM ddb.job_progress WHERE error = '$secret'"; }
all='BUCKET_BACKUP BULK_PUT DELETE_BUCKET_BACKUP EXPORT IMPORT'
for role in postgres asker friend heir; do
	is "$role sees the errors of all jobs" "$(told $role)" "$all"
done
for role in reader auditor; do
	is "$role, who may read the table, those of jobs that read it and write elsewhere" "$(told $role)" 'BUCKET_BACKUP EXPORT'
done
for role in half nosy monitor; do
	is "$role sees none" "$(told $role)" ''
	is "$role sees that they are there" "$(as $role 'SELECT count(*) FROM ddb.job_progress')" 5
done
sql -c 'ALTER TABLE dynamodb."Mine" ENABLE ROW LEVEL SECURITY'
is "whom policies hide rows from sees none" "$(told reader)$(told auditor)" ''
sql -c 'ALTER TABLE dynamodb."Mine" DISABLE ROW LEVEL SECURITY' -c "UPDATE ddb.jobs SET error = NULL"

# ---- Another name ----

sql -c 'ALTER ROLE asker RENAME TO "-"' -c 'CREATE ROLE asker'
is "who has its name now is not told it has asked" "$(as asker "SELECT count(*) FROM ddb.job_progress WHERE role = current_user")" 0
is "who has another name is" "$(as - "SELECT count(*) FROM ddb.job_progress WHERE role = current_user")" 5
like "who has its name now cannot cancel what it has asked for" "$(as asker "SELECT ddb.cancel_bulk_operation(json_build_object('BulkOperationArn', '$put'))")" 'AccessDeniedException'
pg_dump attacked >"$DDB_WORK/dump.sql"
let_jobs_go
ok "its jobs are done" wait_until "$no_job_left"
is "all of them" "$(sql -c "SELECT status('$export'), status('$import'), status('$put')")" 'COMPLETED|FAILED|COMPLETED_WITH_ERRORS'
is "as the role that it is" "$(sql -c 'SELECT DISTINCT name FROM writers')" -
is "also what is done with backups" "$(sql -c 'SELECT count(*) FROM ddb.bucket_backups')$(as - "SELECT json_array_length(ddb.list_backups('{}')->'BackupSummaries')")" 01
is "its token is its own" "$(as - "SELECT export('once')")" "$export"
like "and nobody else's" "$(sql -c 'GRANT SELECT ON dynamodb."Mine" TO asker' -c 'GRANT USAGE ON FOREIGN SERVER bucket TO asker')$(as asker "SELECT export('once') <> '$export'")" '^t$'
is "what an import has left out is told to it" "$(as - 'SELECT key FROM ddb.import_failures')" files/2
is "and not to who has its name" "$(as asker 'SELECT key FROM ddb.import_failures')" ''
ok "all is done" wait_until "$no_job_left"


restore_dump() {
	sql -c "CREATE DATABASE $1"
	PGDATABASE=$1
	ok "a dump with such jobs is restored without an error" sql -o /dev/null -f "$DDB_WORK/dump.sql"
}
restore_dump renamed
is "they are the renamed role's there too" "$(sql -c 'SELECT DISTINCT role FROM ddb.exports')$(as - "SELECT count(*) FROM ddb.job_progress WHERE role <> current_user")" -0
ok "and done as it" wait_until "SELECT status('$export') = 'COMPLETED' AND status('$put') = 'COMPLETED_WITH_ERRORS' AND (SELECT array_agg(DISTINCT name) = '{-}' FROM writers)"
PGDATABASE=attacked
sql -c 'DROP DATABASE renamed WITH (FORCE)'

# ---- Another role of the name ----

remove='REVOKE ALL ON dynamodb."Mine" FROM asker; REVOKE ALL ON FOREIGN SERVER bucket FROM asker; REVOKE ALL ON SCHEMA dynamodb FROM asker; DROP ROLE asker'
sql -o /dev/null -c "$remove" -c 'DROP TABLE dynamodb."New"' -c 'ALTER ROLE "-" RENAME TO asker' -c 'TRUNCATE writers'
backup=$(as asker 'SELECT back_up()')
ok "there is a backup in the bucket again" wait_until "$no_job_left"
hold_jobs
export=$(as asker "SELECT export('twice')")
put=$(as asker 'SELECT put()')
as asker 'SELECT back_up()' "SELECT drop_backup('$backup')" >/dev/null
# The last two are of tables that it has made: it cannot be dropped before those are another's.
import=$(as asker "SELECT import('New')")
as asker "SET ddb.backup_bucket = ''" 'SELECT back_up()' >/dev/null
sql -o /dev/null -c 'REASSIGN OWNED BY asker TO CURRENT_USER' -c "$remove" -c 'CREATE ROLE asker' -c 'GRANT asker TO friend' -c 'GRANT CREATE ON SCHEMA dynamodb TO asker' \
	-c 'GRANT USAGE ON FOREIGN SERVER bucket TO asker' -c 'GRANT SELECT, INSERT, UPDATE ON dynamodb."Mine" TO asker'
is "nobody is told to have asked" "$(as asker 'SELECT count(*), count(role) FROM ddb.job_progress')" '6|0'
like "the new one cannot cancel" "$(as asker "SELECT ddb.cancel_bulk_operation(json_build_object('BulkOperationArn', '$put'))")" 'AccessDeniedException'
pg_dump attacked >"$DDB_WORK/dump.sql"
let_jobs_go
ok "no job is left but one, which says why" wait_until "SELECT array_agg(kind || ' ' || state) = '{BACKUP FAILED}' FROM ddb.jobs"
like "as the worker does" "$(sql -c 'SELECT error FROM ddb.job_progress')" 'may not read all of what it reads any more'
for arn in "$export" "$import" "$put"; do
	like "nothing is done for who is gone: ${arn##*:table/}" "$(sql -c "SELECT described('$arn')")" '"(Export|Import|BulkOperation)Status":"FAILED".*that has asked.* is not there any more'
	like "which the new one is not told" "$(as asker "SELECT described('$arn')" | sed 's/COMPLETED/FAILED/')" '^[^!]*"FAILED"[^!]*$'
done
is "nor put as anybody" "$(sql -c 'SELECT count(*) FROM writers')" 0
like "nor is a backup made" "$(sql -c 'SELECT error FROM ddb.bucket_backup_failures')" 'that has asked.* is not there any more'
is "or deleted" "$(as asker "SELECT ddb.describe_backup(json_build_object('BackupArn', '$backup'))#>>'{BackupDescription,BackupDetails,BackupStatus}'")" AVAILABLE
is "of which the new one is not told" "$(as asker 'SELECT count(*) FROM ddb.bucket_backup_failures')$(as friend 'SELECT count(*) FROM ddb.bucket_backup_failures')" 00
like "a token of the old one's is not the new one's" "$(as asker "SELECT export('twice') <> '$export'")" '^t$'


restore_dump dropped
ok "they are nobody's there, and wait" wait_until "SELECT count(*) = 3 FROM ddb.jobs WHERE kind IN ('EXPORT', 'BULK_PUT', 'BACKUP') AND error ~ 'that has asked'"
is "nor are the others the new one's" "$(sql -c "SELECT count(*), count(*) FILTER (WHERE e.role = 'asker'::ddb.role) FROM ddb.exports e JOIN ddb.jobs ON arguments->>'Export' = export")" '1|0'
is "what it was asked for is not put as the new one" "$(sql -c 'SELECT count(*) FROM writers')" 0
PGDATABASE=attacked

# ---- Why work has failed ----

sql -o /dev/null -v ON_ERROR_STOP=1 <<SQL
UPDATE ddb.jobs SET error = '$secret';
UPDATE ddb.exports SET role = 'asker', status = 'FAILED', failure_code = 'UNKNOWN', failure_message = '$secret' WHERE export = split_part('$export', '/', 4);
UPDATE ddb.imports SET role = 'asker', status = 'FAILED', failure_code = 'UNKNOWN', failure_message = '$secret' WHERE import = split_part('$import', '/', 4);
UPDATE ddb.bulk_operations SET role = 'asker', status = 'FAILED', failure_code = 'UNKNOWN', failure_message = '$secret' WHERE bulk_operation = split_part('$put', '/', 4);
UPDATE ddb.bucket_backups SET role = 'asker', error = '$secret';
ANALYZE ddb.jobs, ddb.exports, ddb.imports, ddb.bulk_operations, ddb.bucket_backups;
SQL
# seen ROLE: by which operations and views it sees why.
seen() {
	local arn
	for arn in "$export" "$import" "$put"; do
		as "$1" "SELECT split_part('$arn', '/', 3) FROM described('$arn') d WHERE d LIKE '%\"FailureMessage\":\"$secret\"%' AND d LIKE '%\"FailureCode\":\"UNKNOWN\"%'"
	done | tr '\n' ' '
	as "$1" "SELECT string_agg(DISTINCT 'backup', '') FROM ddb.bucket_backup_failures WHERE error = '$secret'"
}
for role in postgres asker friend; do
	is "$role sees why all has failed" "$(seen $role)" 'export import bulk-operation backup'
done
is "who inherits nothing and could become the role does" "$(sql -c 'GRANT asker TO heir')$(seen heir)" 'export import bulk-operation backup'
for role in reader auditor; do
	is "$role, who may read the table, sees why it was not exported" "$(seen $role)" 'export '
done
for role in half nosy monitor; do
	is "$role sees nothing" "$(seen $role)" ''
done
is "but that it has failed" "$(as nosy "SELECT status('$export'), status('$import'), status('$put')")" 'FAILED|FAILED|FAILED'
sql -c 'ALTER TABLE dynamodb."Mine" ENABLE ROW LEVEL SECURITY'
is "nor does whom policies hide rows from" "$(seen reader)$(seen auditor)" ''
sql -c 'ALTER TABLE dynamodb."Mine" DISABLE ROW LEVEL SECURITY'

# no role, one that is gone; no relation, one that is gone; no source
rule="SELECT string_agg(ddb.may_see_error(role::ddb.role, relation::ddb.relation, source::ddb.relation)::text, ' ') FROM (VALUES (NULL::oid), (0), (4294967295)) r (role),
	(VALUES (NULL::oid), (0), (4294967295), ('dynamodb.\"Mine\"'::regclass::oid)) t (relation), (VALUES (NULL::oid), (0), (4294967295)) s (source)"
answers() { as "$1" "$rule" | tr ' ' '\n' | sort | uniq -c | tr -s ' '; }
for role in nosy reader auditor; do
	is "$role: what is missing opens nothing" "$(answers $role)" ' 36 false'
done
is "but to superusers" "$(answers postgres)" ' 36 true'

sql -o /dev/null <<SQL
GRANT SELECT ON ALL TABLES IN SCHEMA ddb TO nosy;
CREATE FUNCTION leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS \$\$ BEGIN RAISE NOTICE '%', \$1; RETURN true; END \$\$;
SET ROLE nosy;
CREATE FUNCTION as_nosy(arn text) RETURNS text LANGUAGE sql SECURITY DEFINER AS \$\$ SELECT public.described(arn) \$\$;
CREATE VIEW nosy_view AS SELECT * FROM ddb.exports;
SQL
# A door that is open to superusers is one: each is tried as the role, and as one.
doors=(
	'COPY (SELECT e FROM CATALOG e) TO STDOUT'
	'COPY CATALOG TO STDOUT'
	'TABLE CATALOG'
	'SET row_security = off; TABLE CATALOG'
	'SELECT count(*) FROM CATALOG e WHERE leak(e::text)'
	'BEGIN; DECLARE c CURSOR FOR TABLE CATALOG; FETCH ALL FROM c; COMMIT'
	'SELECT row_to_json(e) FROM CATALOG e FOR SHARE'
	'EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM CATALOG e WHERE leak(e::text)'
	"UPDATE CATALOG e SET role = role WHERE leak(e::text)"
	"SELECT query_to_xml('TABLE CATALOG', true, false, '')"
)
statistics="SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE schemaname = 'ddb' AND tablename = 'CATALOG' AND attname IN ('failure_message', 'error')"
for catalog in jobs exports imports bulk_operations bucket_backups; do
	for door in "${doors[@]}"; do
		door=${door//CATALOG/ddb.$catalog}
		like "a superuser: $door" "$(as postgres "BEGIN; $door; ROLLBACK")" "$secret"
		for role in nosy auditor asker; do
			is "$role: $door" "$(as $role "$door" | grep -c "$secret")" 0
		done
	done
	for role in nosy auditor monitor; do
		is "$role: statistics of $catalog" "$(as $role "${statistics//CATALOG/$catalog}")" ''
	done
done
for door in 'SELECT * FROM nosy_view' "SELECT * FROM ddb.bucket_backup_failures WHERE leak(error)" "SELECT * FROM ddb.job_progress WHERE leak(error)" "SELECT query, state FROM pg_stat_activity"; do
	is "nosy: $door" "$(as nosy "$door" | grep -c "$secret")" 0
done
is "asker, by a function of nosy's" "$(as asker "SELECT as_nosy('$export')" | grep -c "$secret")" 0
is "asker, behind SET ROLE nosy in a function" "$(sql -c 'GRANT nosy TO asker' -c 'SET ROLE asker' -c 'BEGIN' -c 'SET LOCAL ROLE nosy' -c "SELECT described('$export')" -c COMMIT | grep -c "$secret")" 0

# A table that is gone is nobody's to read, also where another has its number in the database that a dump comes to.
number=$(sql -c "SELECT relation::oid FROM ddb.imports WHERE import = split_part('$import', '/', 4)" -c 'DROP TABLE dynamodb."Mine"')
is "who could read a table that is gone sees nothing" "$(seen reader)" ''
is "its number is not in dumps" "$(sql -c "SELECT '$number'::ddb.relation")" -

stop_cluster "$DDB_WORK/cluster"
