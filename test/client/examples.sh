#!/bin/bash
# The examples of the README and of the way from DynamoDB Local in the languages of AWS's clients,
# as they stand there, against a server with the sample table.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"
. "$(dirname "$0")/endpoint.sh"

install_python
install_javascript
install_java

# example FILE LANGUAGE: the first of that language.
example() {
	awk -v opening="\`\`\`$2" '$0 == "```" && inside { exit } inside { print } $0 == opening && !done { inside = done = 1 }' "$top/$1"
}

# The program is made by what the README has as well as by its modules.
mkdir -p "$DDB_WORK/go"
cp "$client_source"/go/go.{mod,sum} "$DDB_WORK/go"
example README.md go >"$DDB_WORK/go/main.go"
if ! cached example "$DDB_WORK"/go/{go.mod,go.sum,main.go}; then
	install_go_toolchain "$DDB_WORK/go/go.mod"
	(cd "$DDB_WORK/go" && in_go build -o "$client_cache/example" .)
	keep example "$DDB_WORK"/go/{go.mod,go.sum,main.go}
fi

start_endpoint
(cd "$top" && psql -X -q -v ON_ERROR_STOP=1 -f sample/movies.sql >/dev/null)

is "Python" "$("$client_cache/python/bin/python" - <<<"$(example README.md python)" 2>&1)" "Ron Howard"
example README.md javascript >"$client_cache/javascript/example.mjs"
is "JavaScript" "$(node "$client_cache/javascript/example.mjs" 2>&1)" "Ron Howard"
example README.md java >"$DDB_WORK/Example.java"
is "Java" "$(java -cp "$client_cache/java/lib/*" "$DDB_WORK/Example.java" 2>&1)" "Ron Howard"
is "Go" "$("$client_cache/example" 2>&1)" "Ron Howard"
# what stands behind the line that reads .run/env
commands=$(awk '/^```sh$/ { inside = 1; text = ""; next } /^```$/ && inside { inside = 0; if (text ~ /aws dynamodb/) print text } inside { text = text $0 "\n" }' "$top/README.md" |
	grep -v '^\. \.run/env$')
is "the command line" "$(PATH=$client_cache/python/bin:$PATH bash -euc "$commands" 2>&1)" "Ron Howard"
is "and each has written its own" "$(sql -c "SELECT title FROM dynamodb.\"Movies\" WHERE year = 2026 ORDER BY title")" \
	$'From Go\nFrom Java\nFrom JavaScript\nFrom Python\nFrom the Shell'

# From one server to another, which stands where the page has DynamoDB Local.
source_port=$DDB_HTTP_PORT_OF_CLIENTS
aws() {
	"$client_cache/python/bin/aws" --output text dynamodb "$@"
}
aws create-table --table-name Orders --billing-mode PAY_PER_REQUEST --attribute-definitions AttributeName=id,AttributeType=S \
	AttributeName=day,AttributeType=N --key-schema AttributeName=id,KeyType=HASH --global-secondary-indexes \
	'IndexName=byDay,KeySchema=[{AttributeName=day,KeyType=HASH}],Projection={ProjectionType=ALL}' >/dev/null
aws put-item --table-name Orders --item '{"id": {"S": "a"}, "day": {"N": "1"}, "data": {"B": "AQID"}}'
items='SELECT item FROM dynamodb."Orders"; SELECT item FROM dynamodb."Orders/byDay"; SELECT count(*), sum(ddb.item_size(item)) FROM dynamodb."Movies"'
expected=$(sql -c "$items")
(
	trust='ddb.http_auth = trust
ddb.http_trust_role = postgres'
	port=$(free_port)
	new_cluster target <<<"ddb.http_port = $port
$trust"
	sql -c 'CREATE EXTENSION ddb'
	listens "$port"
	example docs/from-dynamodb-local.md python | sed "s/localhost:8001/127.0.0.1:$source_port/; s/localhost:8000/127.0.0.1:$port/" |
		"$client_cache/python/bin/python" - 2>&1 | sed 's/^/#   /'
	is "tables and items move to another server" "$(sql -c "$items")" "$expected"
)
