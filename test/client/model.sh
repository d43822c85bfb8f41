#!/bin/bash
# What requests may hold, compared with the API model of AWS's own client.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"

install_python

sql <<'END' | "$client_cache/python/bin/python" "$client_source/python/model.py"
CREATE FUNCTION pg_temp.request_shapes() RETURNS json LANGUAGE C AS '$libdir/ddb', 'ddb_request_shapes';
SELECT pg_temp.request_shapes();
END
