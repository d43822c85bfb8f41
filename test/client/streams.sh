#!/bin/bash
# A stream of movies' changes, read by AWS's own clients while it is written and the log's processes are killed:
# equal, record for record, to what was written.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"
. "$(dirname "$0")/endpoint.sh"

install_python
install_javascript
install_kcl

python=("$client_cache/python/bin/python" "$client_source/python/streams.py")

start_endpoint
export AWS_ENDPOINT_URL_DYNAMODB_STREAMS=$AWS_ENDPOINT_URL_DYNAMODB
configure ddb.stream_shards 4

arn=$("${python[@]}" create)
"${python[@]}" errors "$arn"
cp "$client_source/javascript/stream.js" "$client_cache/javascript"
timeout 240 "${python[@]}" read "$arn" >"$DDB_WORK/boto3" &
readers=($!)
timeout 240 node "$client_cache/javascript/stream.js" "$arn" >"$DDB_WORK/javascript" &
readers+=($!)
timeout 240 java -cp "$client_cache/kcl/target/classes:$client_cache/kcl/lib/*" ddb.StreamReader "$arn" >"$DDB_WORK/kcl" 2>"$DDB_WORK/kcl.log" &
readers+=($!)

"${python[@]}" write "$top/sample/movies.json" >"$DDB_WORK/written" &
writer=$!
# The processes of the log of changes are ended again and again.
while kill -0 "$writer" 2>/dev/null; do
	sql -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type LIKE 'ddb change%'" >>"$DDB_WORK/killed"
	sleep 1
done
ok "changes are written, and the stream is closed" wait "$writer"
for reader in "${readers[@]}"; do
	wait "$reader" || echo "not ok - a reader ended with an error"
done
grep -q t "$DDB_WORK/killed" || echo "not ok - no process of the log has been ended"
for reader in boto3 javascript kcl; do
	"${python[@]}" compare "$DDB_WORK/written" "$DDB_WORK/$reader"
done
