# A table whose items all expire, in a database; sourced.

setup=$(cat <<'SQL'
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Fading", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}') IS NULL;
SELECT ddb.update_time_to_live('{"TableName": "Fading", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "expires"}}') IS NULL;
SQL
)
# put FIRST LAST SECONDS: items that are due in so many seconds.
put() {
	sql -o /dev/null -c "INSERT INTO dynamodb.\"Fading\" (item)
		SELECT format('{\"id\": {\"S\": \"%s\"}, \"expires\": {\"N\": \"%s\"}}', i, extract(epoch FROM now())::bigint + $3)::ddb.item FROM generate_series($1, $2) i"
}
PROGRESS=(ddb.expiry_progress)
all_gone='SELECT count(*) = 0 FROM dynamodb."Fading"'
gone() {
	wait_until "$all_gone" && [ "$(sql -c 'SELECT count(*) FROM ddb.check_indexes()' -c 'SELECT count(*) FROM dynamodb."Fading/(expiry)"')" = $'0\n0' ]
}
