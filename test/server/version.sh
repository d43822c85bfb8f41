#!/bin/bash
# What names a release agrees: the library, the endpoint, META.json and the changelogs.
. "$(dirname "$0")/../lib.sh"

port=$(free_port)
new_cluster cluster <<<"ddb.http_port = $port"
sql -c 'CREATE EXTENSION ddb'
version=$(sql -c 'SELECT ddb.version()')

# of_meta EXPRESSION: what META.json has there.
of_meta() {
	python3 -c "import json, sys; print(json.load(open(sys.argv[1]))$1)" "$top/META.json"
}

like "the version is one of Semantic Versioning" "$version" '^[0-9]+\.[0-9]+\.[0-9]+(-[a-z]+\.[0-9]+)?$'
header=$(curl -sS -o /dev/null -D - --retry 20 --retry-connrefused --retry-delay 1 "http://127.0.0.1:$port/health" |
	tr -d '\r' | sed -n 's/^Server: //p')
is "the endpoint's header names it" "$header" "ddb/$version"
is "META.json has it" "$(of_meta '["version"]')" "$version"
is "and of the extension" "$(of_meta '["provides"]["ddb"]["version"]')" "$version"
is "the changelog begins with it" "$(sed -n 's/^## \([^ ]*\).*/\1/p' "$top/CHANGELOG.md" | head -n 1)" "$version"
is "so does Debian's" "$(sed -n '1s/.*(\(.*\)).*/\1/p' "$top/debian/changelog")" "${version/-/\~}"
like "the extension's version is its release's" "$version" "^$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$top/ddb.control" | sed 's/\./\\./g')\."

# And what it is built with stands in Debian's own form, too.
is "Debian's package is built with what scripts/build-packages names" \
	"$(sed -n '/^Build-Depends:/,/^[^ ]*:/s/^ \([a-z0-9-]*\).*/\1/p' "$top/debian/control.in" | grep -vE '^(debhelper-compat|postgresql-server-dev-all)$')" \
	"$(cat "$top/scripts/build-packages")"
