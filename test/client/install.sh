# Installs the clients that the tests use, and the benchmark's rival, each from its
# registry, once: what is in the cache already is kept. Sourced; sets client_cache, the
# one folder that gets what is downloaded, the registries' own caches included.

client_cache=${DDB_CLIENT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ddb-clients}
client_source=$top/test/client

# What each takes there, in MB, with what its registry's client keeps.
declare -A client_megabytes=([python]=325 [javascript]=40 [go]=200 [guregu]=25 [history]=10 [java]=45
	[onetable]=25 [typedorm]=160 [dynamodb-admin]=220 [dynalite]=15 [kcl]=110 [prometheus]=95 [rclone]=115 [exporters]=3 [go-toolchain]=250
	[patroni]=40 [pgbackrest]=2)

# Where registries' clients keep what they have downloaded; their settings stay the user's.
client_downloads=$client_cache/downloads
export npm_config_cache=$client_downloads/npm npm_config_update_notifier=false PIP_NO_CACHE_DIR=1
# Go's modules are kept without write bits, which rm -r could not delete.
export GOMODCACHE=$client_downloads/go-modules GOCACHE=$client_downloads/go-build GOFLAGS="${GOFLAGS:-} -modcacherw"

# In announce_clients: nothing is installed, only told.
announcing=

# announce_clients PROGRAM...: says what these tests are going to download, and where it goes.
announce_clients() {
	local function missing total=0 name
	announcing=yes
	missing=$(for function in $(cat /dev/null "$@" | grep -oE '^install_[a-z_]+' | sort -u); do "$function"; done | sort -u)
	announcing=
	[ -n "$missing" ] || return 0
	echo "The tests of clients want what is not here yet:"
	for name in $(sed -n 's/^client //p' <<<"$missing"); do
		echo "    $name, about ${client_megabytes[$name]:-?} MB, from its registry into $client_cache"
		total=$((total + ${client_megabytes[$name]:-0}))
	done
	sed -n 's/^package /    the package &/; s/package package/package/p' <<<"$missing"
	echo "Together that is about $total MB in $client_cache (DDB_CLIENT_CACHE names another folder)." \
		"Everything else stays in the checkout. ONLY='^test/server' leaves the clients out."
}

# need PROGRAM PACKAGE...: installs Debian's packages where the program is missing.
need() {
	local program=$1
	shift
	! command -v "$program" >/dev/null || return 0
	if [ -n "$announcing" ]; then
		printf 'package %s of Debian, into the system\n' "$@"
	else
		"$top/scripts/install-packages" "$@"
	fi
}

# cached NAME FILE...: whether $client_cache/NAME was made from these very files; announces it where it was not.
# Of Go's programs, the one that compiles them is announced as well.
cached() {
	local name=$1
	shift
	! cat "$@" | sha256sum | cmp -s - "$client_cache/$name.sum" || return 0
	if [ -z "$announcing" ]; then
		mkdir -p "$client_cache"
		return 1
	fi
	echo "client $name"
	[ "${1##*/}" != go.mod ]
}

# install_debian NAME: Debian's packages that $top/test/operating/NAME.packages lists, and those that they want and the
# system has not got, unpacked in $client_cache/NAME. Nothing is installed, so that no service of theirs is started.
install_debian() {
	local list=$top/test/operating/$1.packages
	local from=("$list" /etc/debian_version) packages
	# Not Debian: whoever tests here brings the programs.
	command -v dpkg-deb >/dev/null || return 0
	cached "$1" "${from[@]}" && return
	packages=$(cat "$list")
	rm -rf "${client_cache:?}/$1"
	mkdir -p "$client_cache/$1"
	# shellcheck disable=SC2086
	download_debian $packages || { "$top/scripts/install-packages" --update && download_debian $packages; }
	find "$client_downloads/debian" -name '*.deb' -exec dpkg-deb --extract {} "$client_cache/$1" ';'
	rm -rf "$client_downloads/debian"
	keep "$1" "${from[@]}"
}

# download_debian PACKAGE...: these and what they want and the system has not got, into $client_downloads/debian; fails
# where the lists of packages are missing or too old.
download_debian() {
	local missing
	rm -rf "$client_downloads/debian"
	mkdir -p "$client_downloads/debian"
	missing=$(LC_ALL=C apt-get install --simulate --no-install-recommends "$@") || return 1
	missing=$(sed -n 's/^Inst \([^ ]*\) .*/\1/p' <<<"$missing")
	# shellcheck disable=SC2086
	[ -z "$missing" ] || (cd "$client_downloads/debian" && apt-get download -qq -o APT::Sandbox::User="$(id -un)" $missing)
}

# keep NAME FILE...: notes what $client_cache/NAME was made from.
keep() {
	local name=$1
	shift
	cat "$@" | sha256sum >"$client_cache/$name.sum"
}

# install_pip NAME: what the requirements in the folder of that name ask for, as an environment $client_cache/NAME.
install_pip() {
	local from=$client_source/$1/requirements.txt
	python3 -c 'import ensurepip' 2>/dev/null || need no-such-program python3-venv
	cached "$1" "$from" && return
	python3 -m venv "$client_cache/$1"
	"$client_cache/$1/bin/pip" install -q --disable-pip-version-check -r "$from"
	keep "$1" "$from"
}

install_python() {
	install_pip python
}

# A store of buckets, which PyPI has as a program.
install_rclone() {
	install_pip rclone
}

# Programs that write tables into files, with what they want beside the packages of install_python's environment, in which
# they run: so without those that they ask for themselves, of which boto3 alone is ten times as large.
install_exporters() {
	local list=$client_source/exporters/requirements.txt
	local from=("$list" "$client_source/python/requirements.txt")
	install_python
	cached exporters "${from[@]}" && return
	rm -rf "${client_cache:?}/exporters"
	"$client_cache/python/bin/pip" install -q --disable-pip-version-check --no-deps --target "$client_cache/exporters" -r "$list"
	keep exporters "${from[@]}"
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

# in_go ARGUMENT...: go, which would keep counters of its use in the user's folder of settings.
in_go() {
	GOENV=${XDG_CONFIG_HOME:-$HOME/.config}/go/env XDG_CONFIG_HOME=$client_downloads/go-settings "${go:-go}" "$@"
}

# install_go_toolchain GO.MOD: sets go, to the one that is there if it is as new as that file wants it (Debian 12's
# is not), else to one from the Go proxy, whose archives have no file modes.
install_go_toolchain() {
	local wanted there toolchain
	wanted=$(sed -n 's/^go //p' "$1")
	go=go
	there=$(cd / && in_go env GOVERSION 2>/dev/null) || true
	[ -n "$there" ] && printf '%s\n' "$wanted" "${there#go}" | sort -CV && return
	toolchain=v0.0.1-go$wanted.linux-$(dpkg --print-architecture)
	go=$client_cache/golang.org/toolchain@$toolchain/bin/go
	[ -x "$go" ] && return
	if [ -n "$announcing" ]; then
		echo "client go-toolchain"
		return
	fi
	mkdir -p "$client_cache"
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
	[ -z "$announcing" ] || return 0
	(cd "$source" && in_go build -o "$client_cache/$1" .)
	keep "$1" "${from[@]}"
}

install_go() {
	install_go_program go
}

install_history() {
	install_go_program history
}

install_guregu() {
	local go from=("$client_source"/go/go.mod "$client_source"/go/go.sum "$client_source"/go/guregu/*.go)
	cached guregu "${from[@]}" && return
	install_go_toolchain "$client_source/go/go.mod"
	[ -z "$announcing" ] || return 0
	(cd "$client_source/go" && in_go build -o "$client_cache/guregu" ./guregu)
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
	(cd "$client_cache/$1" && mvn -q -B -Dmaven.repo.local="$client_downloads/maven" dependency:copy-dependencies compile -DoutputDirectory=lib) 2>&1 | sed 's/\x1b\[0m//g'
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

# Sets prometheus, to the folder of its programs. Debian's package is unpacked and not installed, for that would start a server.
install_prometheus() {
	local from=$client_source/prometheus/package
	prometheus=$(dirname "$(command -v promtool || echo "$client_cache/prometheus/usr/bin/promtool")")
	[ "$prometheus" = "$client_cache/prometheus/usr/bin" ] || return 0
	cached prometheus "$from" && return
	rm -rf "${client_cache:?}/prometheus"
	mkdir -p "$client_cache/prometheus" "$client_downloads"
	(cd "$client_downloads" && apt-get -qq -o APT::Sandbox::User= download "$(cat "$from")")
	dpkg-deb -x "$client_downloads"/prometheus_*.deb "$client_cache/prometheus"
	rm "$client_downloads"/prometheus_*.deb
	keep prometheus "$from"
}

install_dynalite() {
	install_npm dynalite "$top/bench/dynalite/package.json"
}

install_patroni() {
	install_debian patroni
}

install_pgbackrest() {
	install_debian pgbackrest
}
