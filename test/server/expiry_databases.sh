#!/bin/bash
# Items expire in all databases, which come and go, and over HTTP.
. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster
http_port=$(free_port)
new_cluster cluster <<END
ddb.ttl_delay = 100
max_worker_processes = 16
ddb.http_port = $http_port
ddb.http_workers = 1
ddb.http_auth = trust
ddb.http_trust_role = postgres
END

. "$top/test/server/expiry_table.sh"

# More databases than workers, each with a table that always has something due.
databases='first second third fourth fifth'
for database in $databases; do
	sql -c "CREATE DATABASE $database"
	PGDATABASE=$database sql -o /dev/null -c "$setup"
done
for seconds in 0 1 2 3 4; do
	for database in $databases; do
		PGDATABASE=$database put "${seconds}000" "${seconds}500" "$seconds"
	done
done
for database in $databases; do
	PGDATABASE=$database ok "what is due is deleted in database $database" gone
done

# Nothing is due for a while, and the worker goes; it is back in time, also for what comes earlier.
PGDATABASE=first
# earlier SECONDS: what is due then is there yet when the worker has gone, and come back for what is due before.
earlier() {
	put 1 10 "$1"
	wait_until "SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'ddb expiry' AND datname = 'first'"
	put 11 20 1
	wait_until "SELECT count(*) = 0 FROM dynamodb.\"Fading\" WHERE id::text::integer > 10"
	[ "$(sql -c "SELECT count(*) FROM dynamodb.\"Fading\"")" = 10 ]
}
# a machine may be too slow for seven seconds
ok "a worker that has nothing to do goes, and what is put later and due earlier is deleted" eval 'earlier 7 || { gone && earlier 50; }'
sql -o /dev/null -c "BEGIN; SELECT ddb.put_item(json_build_object('TableName', 'Fading', 'Item', json_build_object('id', '{\"S\": \"prepared\"}'::json,
	'expires', json_build_object('N', extract(epoch FROM now())::bigint::text)))); PREPARE TRANSACTION 'put'"
sql -c "COMMIT PREPARED 'put'"
WAIT=1200 ok "and the others, with one that a prepared transaction has put" gone

# Over HTTP.
http() {
	curl --silent --show-error --header "X-Amz-Target: DynamoDB_20120810.$1" --header 'Content-Type: application/x-amz-json-1.0' \
		--user x:y --aws-sigv4 aws:amz:us-east-1:dynamodb --data "$2" "http://127.0.0.1:$http_port/"
}
PGDATABASE=postgres
sql -o /dev/null -c 'CREATE EXTENSION ddb'
wait_until "SELECT true"
is "CreateTable" "$(http CreateTable '{"TableName": "Web", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}' | grep -o '"TableStatus":"[A-Z]*"')" '"TableStatus":"CREATING"'
specification='{"TableName": "Web", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "expires"}}'
is "UpdateTimeToLive" "$(http UpdateTimeToLive "$specification")" '{"TimeToLiveSpecification":{"Enabled":true,"AttributeName":"expires"}}'
is "DescribeTimeToLive" "$(http DescribeTimeToLive '{"TableName": "Web"}')" '{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"expires"}}'
like "once more" "$(http UpdateTimeToLive "$specification")" 'ValidationException.*TimeToLive is already enabled'
like "and back" "$(http UpdateTimeToLive "${specification/true/false}")" 'ValidationException.*Time to live has been modified multiple times within a fixed interval'
is "PutItem" "$(http PutItem "{\"TableName\": \"Web\", \"Item\": {\"id\": {\"S\": \"a\"}, \"expires\": {\"N\": \"$(($(date +%s) + 1))\"}}}")" '{}'
ok "expires" wait_until 'SELECT count(*) = 0 FROM dynamodb."Web"'
is "GetItem finds nothing" "$(http GetItem '{"TableName": "Web", "Key": {"id": {"S": "a"}}}')" '{}'
configure ddb.ttl_change_interval 0
http UpdateTimeToLive "${specification/true/false}" >"$DDB_WORK/out"
is "switched off where the interval is set to 0" "$(http DescribeTimeToLive '{"TableName": "Web"}')" '{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}'

# Databases come and go.
for what in 'DROP DATABASE busy' 'CREATE DATABASE copied TEMPLATE busy' 'ALTER DATABASE busy RENAME TO renamed'; do
	sql -c 'CREATE DATABASE busy'
	PGDATABASE=busy
	sql -o /dev/null -c "$setup"
	put 1 5000 0
	put 5001 5010 2
	PGDATABASE=postgres
	ok "the worker leaves the database to: $what" sql -c "$what"
	[[ $what != *renamed ]] || PGDATABASE=renamed ok "and comes back" gone
	[[ $what != *copied* ]] || PGDATABASE=copied ok "and into the copy" gone
	for database in busy renamed copied; do dropdb --if-exists --force $database 2>/dev/null; done
done

# In this database the extension never was.
is "workers leave a database without the extension alone" "$(grep -c 'schema "ddb" does not exist' "$DDB_WORK"/cluster/server.log)" 0
