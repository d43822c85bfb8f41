#!/bin/bash
# What "make run" can be told: the endpoint's port, a key that is configured already, and trust.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../checkout.sh"

# run [VARIABLE=VALUE...]: "make run" with the words on its command line, in an environment without keys.
run() {
	in_checkout run env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY -u AWS_SESSION_TOKEN -u AWS_PROFILE \
		HOME="$DDB_WORK/home" "${environment[@]}" make run "$@"
}
# env_of VARIABLE: what .run/env sets it to.
env_of() {
	(. "$checkouts/run/.run/env" && echo "${!1}")
}
# answers WHAT ID SECRET EXPECTED: what ListTables answers to a request that is signed with them, once the
# workers listen and have read their configuration.
answers() {
	is "$1" "$(DDB_HTTP_PORT=$(env_of AWS_ENDPOINT_URL_DYNAMODB | sed 's/.*://') PYTHONPATH=$top/test/http python3 - "${@:2}" <<-'END'
		import sys
		from time import sleep
		from endpoint import call

		for _ in range(600):
		    try:
		        answer = call(tuple(sys.argv[1:3]), "ListTables", {})
		        answer = str(answer.json) if answer.status == 200 else answer.error[0]
		    except OSError as error:
		        answer = str(error)
		    if answer == sys.argv[3]:
		        break
		    sleep(0.1)
		print(answer)
	END
	)" "$4"
}
served="{'TableNames': ['Movies']}"
unknown=UnrecognizedClientException
environment=(X=)

mkdir -p "$DDB_WORK/home/.aws"
cat >"$DDB_WORK/home/.aws/credentials" <<'END'
[default]
aws_access_key_id = AKIAABCDEFGHIJKLMNOP
aws_secret_access_key = a+b/c==

[other]
aws_access_key_id=local-id
aws_secret_access_key=local-secret
END

new_checkout run
ok "make run" run
id=$(env_of AWS_ACCESS_KEY_ID)
secret=$(env_of AWS_SECRET_ACCESS_KEY)
like "gives a key of its own" "$id" '^AKIA[A-Z2-7]{16}$'
answers "which signs" "$id" "$secret" "$served"
answers "no other does" dummy dummy "$unknown"
is "there is a bucket" "$(. "$checkouts/run/.run/env" && sql -c "SELECT ddb.write_object('my-bucket', 'a', 'x') IS NOT NULL" &&
	ls "$checkouts/run/.run/buckets/my-bucket")" $'t\na'

environment=(AWS_ACCESS_KEY_ID=dummy AWS_SECRET_ACCESS_KEY=dummy)
run
answers "a short key of the environment is the server's, too" dummy dummy "$served"
is "and the one that .run/env has" "$(env_of AWS_ACCESS_KEY_ID) $(env_of AWS_SECRET_ACCESS_KEY)" "dummy dummy"
answers "beside the first" "$id" "$secret" "$served"
environment=(X=)
run AWS_ACCESS_KEY_ID=dummy "AWS_SECRET_ACCESS_KEY=another"
answers "on the command line, too, and another secret takes the place of the first" dummy dummy InvalidSignatureException
environment=(AWS_ACCESS_KEY_ID=AKIAABCDEFGHIJKLMNOP AWS_SECRET_ACCESS_KEY=secret)
run
answers "a key of AWS's is not taken without being asked for" AKIAABCDEFGHIJKLMNOP secret "$unknown"
is "and .run/env has the first" "$(env_of AWS_ACCESS_KEY_ID)" "$id"
environment=(X=)
run KEYS=configured
answers "KEYS=configured takes that of the file of credentials" AKIAABCDEFGHIJKLMNOP a+b/c== "$served"
environment=(AWS_PROFILE=other)
run KEYS=configured
answers "or of a profile" local-id local-secret "$served"

environment=(X=)
port=$(free_port)
run AUTH=trust HTTP_PORT="$port"
answers "with AUTH=trust any key will do" anything at-all "$served"
is "at the port that was named" "$(env_of AWS_ENDPOINT_URL_DYNAMODB)" "http://127.0.0.1:$port"
run
answers "until it is run without" anything at-all "$unknown"
is "the port stays" "$(env_of AWS_ENDPOINT_URL_DYNAMODB)" "http://127.0.0.1:$port"

(. "$checkouts/run/.run/env" && sql -o /dev/null -c "SELECT ddb.create_table(json_build_object('TableName', 'A.' || i, 'BillingMode', 'PAY_PER_REQUEST',
	'AttributeDefinitions', '[{\"AttributeName\": \"k\", \"AttributeType\": \"S\"}]'::json, 'KeySchema', '[{\"AttributeName\": \"k\", \"KeyType\": \"HASH\"}]'::json))
	FROM generate_series(1, 100) i")
ok "a page of other tables before the sample's is no matter" run
like "the sample is as it was" "$(cat "$DDB_WORK/log")" 'Movies has 4609 items'

in_checkout run make stop
coproc other { exec python3 -uc 'import socket, sys; s = socket.create_server(("127.0.0.1", int(sys.argv[1]))); print("listens"); sys.stdin.read()' "$port"; }
read -r -u "${other[0]}"
run
like "another port is said to be taken for one that is not free" "$(cat "$DDB_WORK/log")" "Port $port is taken by another program, so the endpoint's is "
now=$(env_of AWS_ENDPOINT_URL_DYNAMODB)
kill "$other_PID"
run
is "once" "$(grep -c 'is taken' "$DDB_WORK/log")" 0
is "as it stays" "$(env_of AWS_ENDPOINT_URL_DYNAMODB)" "$now"
