#!/bin/bash
# What ddb exports keeps the rules that AWS documents for ImportTable, whatever is in the items; and who checks that finds
# files that break them.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"

install_python
leaving=("$client_cache/python/bin/python" "$client_source/python/leaving.py")

new_cluster cluster </dev/null
"${leaving[@]}" items >"$DDB_WORK/items.json"
sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE SERVER "exports" FOREIGN DATA WRAPPER ddb_bucket;
SELECT ddb.create_table('{"TableName": "Leaving", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}, {"AttributeName": "group", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
	"GlobalSecondaryIndexes": [{"IndexName": "byGroup", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}]}]}');
CREATE TABLE lines (line text);
SQL
sql -c "\\copy lines FROM '$DDB_WORK/items.json' WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
sql -c 'INSERT INTO dynamodb."Leaving" (item) SELECT ddb.item_from_line(line) FROM lines'

for format in DYNAMODB_JSON ION; do
	arn=$(sql -c "SELECT ddb.export_table_to_point_in_time(json_build_object('TableArn', ddb.describe_table('{\"TableName\": \"Leaving\"}') #>> '{Table,TableArn}',
		'S3Bucket', 'exports', 'ExportFormat', '$format'))::jsonb #>> '{ExportDescription,ExportArn}'")
	description="ddb.describe_export('{\"ExportArn\": \"$arn\"}')::jsonb -> 'ExportDescription'"
	wait_until "SELECT $description ->> 'ExportStatus' = 'COMPLETED'"
	manifest=$(sql -c "SELECT $description ->> 'ExportManifest'")
	"${leaving[@]}" check "$DDB_WORK/cluster/buckets/exports" "$manifest" "$format"
	"${leaving[@]}" break "$DDB_WORK/cluster/buckets/exports" "$manifest" "$format"
done
