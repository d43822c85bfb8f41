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
	IFS='|' read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY <<<"$(sql -c "SELECT * FROM ddb.create_access_key('postgres')")"
	export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:$port
	export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null
	export NODE_NO_WARNINGS=1
}

# scenario COMMAND...
scenario() {
	"$@" || echo "not ok - $1 ended with an error"
}
