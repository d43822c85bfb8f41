#!/bin/bash
# dynamodb-admin, unmodified, in headless Chromium, and with it the JavaScript SDK v2.
# Version 5 creates tables with throughput as strings, which AWS refuses as ddb does. Keeps .test/dynamodb-admin.png.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"

install_dynamodb_admin

port=$(free_port)
new_cluster cluster <<END
ddb.http_port = $port
END
psql -X -q -v ON_ERROR_STOP=1 -f "$top/sample/movies.sql" >"$DDB_WORK/movies.log" 2>&1
IFS='|' read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY <<<"$(sql -c "SELECT * FROM ddb.create_access_key('postgres')")"
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION=us-east-1 DYNAMO_ENDPOINT=http://127.0.0.1:$port

admin_port=$(free_port)
cd "$client_cache/dynamodb-admin"
cp "$client_source/dynamodb-admin/scenario.js" .
node node_modules/dynamodb-admin/bin/dynamodb-admin.js --host 127.0.0.1 --port "$admin_port" >"$DDB_WORK/admin.log" 2>&1 &
admin=$!
trap 'kill "$admin" 2>/dev/null || true' EXIT
listens "$admin_port"
CHROMIUM=$(command -v chromium) node scenario.js "http://127.0.0.1:$admin_port" "$top/.test/dynamodb-admin.png" ||
	{
		echo "not ok - dynamodb-admin ended with an error"
		tail -n 20 "$DDB_WORK/admin.log"
	}
ok "dynamodb-admin: a screenshot is kept" test -s "$top/.test/dynamodb-admin.png"
