#!/bin/bash
# The commands of docs/migration.md, in order and as they stand there, from one server to another, which stand where the
# page has AWS and ddb.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"
. "$(dirname "$0")/endpoint.sh"

install_python
export AWS_CONFIG_FILE=$DDB_WORK/config AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
describe_api

# server NAME: its profile is of that name; all reach the same buckets.
server() {
	local port
	port=$(free_port)
	new_cluster "$1" <<END
ddb.http_port = $port
ddb.http_auth = trust
ddb.http_trust_role = postgres
ddb.bucket_directory = '$DDB_WORK/aws/buckets'
max_worker_processes = 16
END
	sql -c 'CREATE EXTENSION ddb' -c 'CREATE SERVER "my-exports" FOREIGN DATA WRAPPER ddb_bucket'
	printf '[profile %s]\nregion = eu-central-1\nendpoint_url = http://127.0.0.1:%s\naws_access_key_id = a\naws_secret_access_key = b\n' "$1" "$port" >>"$AWS_CONFIG_FILE"
}
server aws
sql -o /dev/null <<'SQL'
SELECT ddb.create_table('{"TableName": "Music", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
	"AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}]}');
INSERT INTO dynamodb."Music" (item) SELECT jsonb_build_object('k', jsonb_build_object('S', 'k' || i))::text::ddb.item FROM generate_series(1, 500) i;
SQL
server ddb

# section TITLE: its commands, in which what goes on until it is stopped ends when there is no more, and soon.
section() {
	awk -v title="## $1" '/^## / { inside = $0 == title } inside && /^```$/ { block = 0 } inside && block { print } inside && $0 == "```sh" { block = 1 }' "$top/docs/migration.md" |
		sed -E 's/^(ddb-migrate (copy|follow) .*[^d])$/\1 --until-drained/; s/--until-drained/& --quiet 1/'
}
# run TITLE [SED]: what the section's commands say, edited so.
run() {
	section "$1" | sed "${2:-}" >"$DDB_WORK/commands"
	cat "$DDB_WORK/commands" >>"$DDB_WORK/all"
	(cd "$DDB_WORK" && PATH=$client_cache/python/bin:$bindir:$PATH timeout 300 bash -euo pipefail commands) 2>&1 || echo "status $?"
}
items() {
	psql -X -A -t -h "$DDB_WORK/$1/socket" -p "$(sed -n 4p "$DDB_WORK/$1/data/postmaster.pid")" -c 'SELECT item FROM dynamodb."Music" ORDER BY item::text COLLATE "C"' | sha256sum
}
# change NAME NUMBER: the stream has it then.
change() {
	(use_cluster "$DDB_WORK/$1" && sql -c "DELETE FROM dynamodb.\"Music\" WHERE k = 'k$2'" -c "INSERT INTO dynamodb.\"Music\" (item) VALUES ('{\"k\": {\"S\": \"new $2\"}}')" -c "SELECT ddb.change_log_wait('1 minute')" -o /dev/null)
}

like "live" "$(run Live)" 'drained'
is "there are 500 items" "$(use_cluster "$DDB_WORK/ddb" && sql -c 'SELECT count(*) FROM dynamodb."Music"')" 500
is "all items are there" "$(items ddb)" "$(items aws)"
like "the comparison" "$(run 'The comparison')" '500 items compared: the tables are equal'
change aws 1
like "the switch" "$(run 'The switch')" '500 items compared: the tables are equal'
is "with what has changed" "$(items ddb)" "$(items aws)"
change ddb 2
like "back again" "$(run 'Back again')" 'drained'
is "with what has changed there" "$(items aws)" "$(items ddb)"

# anew: the target has no table, and the source no stream.
anew() {
	sql -o /dev/null -c "SELECT ddb.delete_table('{\"TableName\": \"Music\"}')"
	(use_cluster "$DDB_WORK/aws" && sql -o /dev/null -c "SELECT ddb.update_table('{\"TableName\": \"Music\", \"StreamSpecification\": {\"StreamEnabled\": false}}')" &&
		wait_until "SELECT ddb.describe_table('{\"TableName\": \"Music\"}') #>> '{Table,TableStatus}' = 'ACTIVE'")
	rm "$DDB_WORK"/Music.ddb-migrate
}
anew
like "by an export" "$(run 'By an export')" 'drained'
is "all items are there again" "$(items ddb)" "$(items aws)"

anew
broken="$DDB_WORK/aws/buckets/my-exports/\${manifest%manifest-summary.json}data/z.json.gz"
like "an import that fails is waited for no longer" "$(run 'By an export' "/^since=/a echo 'no gzip' >\"$broken\"")" 'Waiter ImportCompleted failed.*"FAILED"'
is "and is the one that was meant" "$(sql -c "SELECT ddb.list_imports('{}') #>> '{ImportSummaryList,0,ImportStatus}', ddb.list_imports('{}') #>> '{ImportSummaryList,1,ImportStatus}'")" 'FAILED|COMPLETED'
ok "every command of the way has been tried" test "$(grep -c '^ddb-migrate\|^aws' "$DDB_WORK/all")" -gt 10
