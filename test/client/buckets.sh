#!/bin/bash
# Buckets in an S3-compatible store that others wrote, which checks signatures, and the same on a folder; then
# with faults between the two servers.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"

install_rclone

cluster=$DDB_WORK/cluster
new_cluster cluster </dev/null
sql -c 'CREATE EXTENSION ddb' -c 'CREATE ROLE reader' -c 'CREATE ROLE stranger'

# A certificate for the store, and the file that vouches for it.
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$DDB_WORK/key.pem" -out "$DDB_WORK/certificate.pem" 2>"$DDB_WORK/openssl.log"
chmod 644 "$DDB_WORK/certificate.pem"

python3 "$(dirname "$0")/buckets.py" "$client_cache/rclone/bin/rclone" "$cluster" || echo "not ok - buckets.py ended with an error"

is "no credential is in the server's log" "$(grep -cE 'top-secret|a-token|the-file-secret' "$cluster/server.log")" 0
stop_cluster "$cluster"
