# A server with an endpoint for clients, and how their scenarios are run; sourced.

# start_endpoint: creates a cluster with ddb, and tells clients where it is and who they are; its port is DDB_HTTP_PORT_OF_CLIENTS.
start_endpoint() {
	local port
	port=$(free_port)
	DDB_HTTP_PORT_OF_CLIENTS=$port
	new_cluster cluster <<END
ddb.http_port = $port
ddb.ttl_change_interval = 0
max_worker_processes = 16
END
	sql -c 'CREATE EXTENSION ddb'
	listens "$port"
	IFS='|' read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY <<<"$(sql -c "SELECT * FROM ddb.create_access_key('postgres')")"
	export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$port
	export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null
	export NODE_NO_WARNINGS=1
}

# describe_api: gives the AWS CLI boto3's description of the API, which is newer and knows bulk operations, with waiters that
# look every half second for as long as AWS's do.
describe_api() {
	AWS_DATA_PATH=$DDB_WORK/api:$("$client_cache/python/bin/python" - "$DDB_WORK/api/dynamodb/2012-08-10" <<-'END'
		import json, os, sys
		import botocore

		data = os.path.join(os.path.dirname(botocore.__file__), "data")
		with open(os.path.join(data, "dynamodb", "2012-08-10", "waiters-2.json")) as file:
		    waiters = json.load(file)
		for waiter in waiters["waiters"].values():
		    waiter["maxAttempts"] *= 2 * waiter["delay"]
		    waiter["delay"] = 0.5
		os.makedirs(sys.argv[1])
		with open(os.path.join(sys.argv[1], "waiters-2.json"), "w") as file:
		    json.dump(waiters, file)
		print(data)
	END
	)
	export AWS_DATA_PATH
}

# scenario COMMAND...
scenario() {
	"$@" || echo "not ok - $1 ended with an error"
}
