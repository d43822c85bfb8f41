#!/bin/bash
# The same scenario with AWS's own clients: boto3, the AWS CLI, and the SDKs for JavaScript, Go and Java.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"
. "$(dirname "$0")/endpoint.sh"

install_python
install_javascript
install_go
install_java

start_endpoint
sql -c 'CREATE SERVER "boto3-exports" FOREIGN DATA WRAPPER ddb_bucket'

scenario "$client_cache/python/bin/python" "$client_source/python/scenario.py"
scenario "$client_cache/python/bin/python" "$client_source/python/terraform.py"
cp "$client_source/javascript/scenario.js" "$client_cache/javascript"
scenario node "$client_cache/javascript/scenario.js"
scenario "$client_cache/go"
scenario java -cp "$client_cache/java/target/classes:$client_cache/java/lib/*" ddb.Scenario

aws() {
	"$client_cache/python/bin/aws" --output text dynamodb "$@" 2>&1
}

is "AWS CLI: a table is made" "$(aws create-table --table-name cli --billing-mode PAY_PER_REQUEST \
	--attribute-definitions AttributeName=pk,AttributeType=S AttributeName=sk,AttributeType=N \
	--key-schema AttributeName=pk,KeyType=HASH AttributeName=sk,KeyType=RANGE --query TableDescription.TableName)" cli
ok "AWS CLI: it exists" aws wait table-exists --table-name cli
item='{"pk": {"S": "every type"}, "sk": {"N": "1"}, "string": {"S": "h\u00e9 \ud83d\ude00"}, "binary": {"B": "abc"},
	"number": {"N": "-12345678901234567890.123456789"}, "true": {"BOOL": true}, "null": {"NULL": true},
	"map": {"M": {"list": {"L": [{"S": ""}, {"M": {}}, {"L": []}]}}}, "strings": {"SS": ["a", "b"]},
	"numbers": {"NS": ["1", "2.5"]}, "binaries": {"BS": ["a", "b"]}}'
key='{"pk": {"S": "every type"}, "sk": {"N": "1"}}'
is "AWS CLI: an item is put" "$(aws put-item --table-name cli --item "$item")" ""
# version 1 takes binary values as they are and gives them in base64
expected=$(sed 's/"abc"/"YWJj"/; s/\["a", "b"\]}}$/["YQ==", "Yg=="]}}/' <<<"$item")
is "AWS CLI: every type comes back" \
	"$(aws get-item --table-name cli --key "$key" --query Item --output json | python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin), sort_keys=True))')" \
	"$(python3 -c 'import json, sys; print(json.dumps(json.loads(sys.argv[1]), sort_keys=True))' "$expected")"
like "AWS CLI: a condition that fails" "$(aws delete-item --table-name cli --key "$key" --condition-expression 'attribute_exists(b)' || true)" \
	'\(ConditionalCheckFailedException\).*The conditional request failed'
like "AWS CLI: a missing table" "$(aws scan --table-name missing || true)" '\(ResourceNotFoundException\)'
requests=$(for number in {0..24}; do echo '{"PutRequest": {"Item": {"pk": {"S": "many"}, "sk": {"N": "'"$number"'"}}}}'; done | paste -sd,)
is "AWS CLI: a batch is written" "$(aws batch-write-item --request-items "{\"cli\": [$requests]}")" ""
is "AWS CLI: a query in pages" "$(aws query --table-name cli --page-size 10 --key-condition-expression 'pk = :p' \
	--expression-attribute-values '{":p": {"S": "many"}}' --query 'Items[].sk.N' --output json | tr -d ' \n"')" "[$(seq -s, 0 24)]"
is "AWS CLI: the table is deleted" "$(aws delete-table --table-name cli --query TableDescription.TableName)" cli
