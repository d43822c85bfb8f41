#!/bin/bash
# Libraries over AWS's clients that cannot do without transactions: OneTable and TypeDORM, which keep
# unique attributes by them, and guregu/dynamo.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"
. "$(dirname "$0")/endpoint.sh"

install_onetable
install_typedorm
install_guregu
start_endpoint

for name in onetable typedorm; do
	cp "$client_source/$name/scenario.js" "$client_cache/$name"
	scenario node "$client_cache/$name/scenario.js"
done
scenario "$client_cache/guregu"
