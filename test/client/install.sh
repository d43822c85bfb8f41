# Installs the clients that the tests use, and the benchmark's rival, each from its
# registry, once: what is in the cache already is kept. Sourced; sets client_cache.

client_cache=${DDB_CLIENT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ddb-clients}
client_source=$top/test/client
mkdir -p "$client_cache"

# need PROGRAM PACKAGE...: installs Debian's packages where the program is missing.
need() {
	local program=$1
	shift
	command -v "$program" >/dev/null || "$top/scripts/install-packages" "$@"
}

# cached NAME FILE...: whether $client_cache/NAME was made from these very files.
cached() {
	local name=$1
	shift
	cat "$@" | sha256sum | cmp -s - "$client_cache/$name.sum"
}

# keep NAME FILE...: notes what $client_cache/NAME was made from.
keep() {
	local name=$1
	shift
	cat "$@" | sha256sum >"$client_cache/$name.sum"
}

install_python() {
	local from=$client_source/python/requirements.txt
	cached python "$from" && return
	python3 -c 'import ensurepip' 2>/dev/null || need no-such-program python3-venv
	python3 -m venv "$client_cache/python"
	"$client_cache/python/bin/pip" install -q --disable-pip-version-check -r "$from"
	keep python "$from"
}

# install_npm NAME PACKAGE.JSON: what it asks for, in $client_cache/NAME/node_modules.
install_npm() {
	need npm nodejs npm
	cached "$1" "$2" && return
	mkdir -p "$client_cache/$1"
	cp "$2" "$client_cache/$1"
	npm install --prefix "$client_cache/$1" --no-audit --no-fund --loglevel=error
	keep "$1" "$2"
}

install_javascript() {
	install_npm javascript "$client_source/javascript/package.json"
}

# install_go_toolchain GO.MOD: sets go, to the one that is there if it is as new as that file wants it (Debian 12's
# is not), else to one from the Go proxy, whose archives have no file modes.
install_go_toolchain() {
	local wanted there toolchain
	wanted=$(sed -n 's/^go //p' "$1")
	there=$(cd / && go env GOVERSION 2>/dev/null) || true
	go=go
	[ -n "$there" ] && printf '%s\n' "$wanted" "${there#go}" | sort -CV && return
	toolchain=v0.0.1-go$wanted.linux-$(dpkg --print-architecture)
	go=$client_cache/golang.org/toolchain@$toolchain/bin/go
	[ -x "$go" ] && return
	curl -sSfL "https://proxy.golang.org/golang.org/toolchain/@v/$toolchain.zip" -o "$client_cache/toolchain.zip"
	python3 -m zipfile -e "$client_cache/toolchain.zip" "$client_cache"
	rm "$client_cache/toolchain.zip"
	chmod +x "${go%/*}"/../pkg/tool/*/* "${go%/*}"/*
}

# install_go_program NAME: the one whose source is in the folder of that name, as $client_cache/NAME.
install_go_program() {
	local go source=$client_source/$1 from
	from=("$source"/go.mod "$source"/go.sum "$source"/*.go)
	cached "$1" "${from[@]}" && return
	install_go_toolchain "$source/go.mod"
	(cd "$source" && "$go" build -o "$client_cache/$1" .)
	keep "$1" "${from[@]}"
}

install_go() {
	install_go_program go
}

install_history() {
	install_go_program history
}

install_guregu() {
	local go from=("$client_source"/go/go.{mod,sum} "$client_source"/go/guregu/*.go)
	cached guregu "${from[@]}" && return
	install_go_toolchain "$client_source/go/go.mod"
	(cd "$client_source/go" && "$go" build -o "$client_cache/guregu" ./guregu)
	keep guregu "${from[@]}"
}

# install_maven NAME: the Java program in the folder of that name, built and with what it depends on.
install_maven() {
	local source=$client_source/$1 from
	from=("$source/pom.xml" "$source"/src/main/java/ddb/*.java)
	need mvn maven default-jdk-headless
	cached "$1" "${from[@]}" && return
	rm -rf "${client_cache:?}/$1"
	cp -r "$source" "$client_cache/$1"
	# Maven 3.8 ends with escape sequences in any style, before what a test says next
	(cd "$client_cache/$1" && mvn -q -B dependency:copy-dependencies compile -DoutputDirectory=lib) 2>&1 | sed 's/\x1b\[0m//g'
	keep "$1" "${from[@]}"
}

install_java() {
	install_maven java
}

install_kcl() {
	install_maven kcl
}

install_onetable() {
	install_npm onetable "$client_source/onetable/package.json"
}

install_typedorm() {
	install_npm typedorm "$client_source/typedorm/package.json"
}

install_dynamodb_admin() {
	need chromium chromium
	install_npm dynamodb-admin "$client_source/dynamodb-admin/package.json"
}

install_dynalite() {
	install_npm dynalite "$top/bench/dynalite/package.json"
}
