#!/bin/bash
# Bulk operations with boto3, in a folder.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"
. "$(dirname "$0")/endpoint.sh"

install_python
start_endpoint
sql -o /dev/null -c 'CREATE SERVER files FOREIGN DATA WRAPPER ddb_bucket' \
	-c "SELECT ddb.write_object('files', 'in/items.json', convert_to(string_agg(format('{\"Item\":{\"pk\":{\"S\":\"%s\"},\"sk\":{\"N\":\"1\"}}}', n), E'\n'), 'UTF8')) FROM generate_series(1, 3000) n" \
	-c "SELECT ddb.write_object('files', 'in/condition.json', '{\"Item\":{\"pk\":{\"S\":\"1\"},\"sk\":{\"N\":\"1\"}},\"ConditionExpression\":\"attribute_not_exists(pk)\"}')"
scenario "$client_cache/python/bin/python" "$client_source/python/bulk_put.py"
