#!/bin/bash
# The commands of the AWS CLI in the documentation, as they stand there, one page after the other, against a server with
# the sample table and the bucket that `make run` has. A line "# --> text" is what the command above it prints.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"
. "$(dirname "$0")/endpoint.sh"

install_python

# commands FILE: its examples with the AWS CLI.
commands() {
	awk '/^```sh$/ { inside = 1; text = ""; next } /^```$/ && inside { inside = 0; if (text ~ /aws dynamodb/) printf "%s", text } inside { text = text $0 "\n" }' "$top/$1"
}

start_endpoint
sql -c 'CREATE SERVER "my-bucket" FOREIGN DATA WRAPPER ddb_bucket'
(cd "$top" && psql -X -q -v ON_ERROR_STOP=1 -f sample/movies.sql >/dev/null)
PATH=$client_cache/python/bin:$PATH
describe_api

for page in recovery backup export import bulk_put; do
	text=$(commands "docs/$page.md")
	like "$page.md has commands" "$text" 'aws dynamodb'
	is "$page.md" "$(timeout 300 bash -euo pipefail -c "$text" 2>&1)" "$(sed -n 's/^# --> //p' <<<"$text")"
done
