# Private PostgreSQL installations and clusters, for the scripts that source this.
#
# PostgreSQL finds its files relative to its programs, so a copy of the
# programs with links to all else is an installation of its own. What is
# installed there leaves the system's PostgreSQL as it was, and needs no root.
#
# A cluster is a directory with data/, socket/, buckets/ and server.log.

umask 022
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PG_CONFIG=${PG_CONFIG:-pg_config}

# PostgreSQL refuses to run as root.
server_user=$(id -un)
if [ "$(id -u)" -eq 0 ]; then
	server_user=$(id -un postgres 2>/dev/null || echo nobody)
fi

# as_server_user COMMAND...: runs from /, as the server's user may not enter the current directory.
as_server_user() {
	if [ "$(id -u)" -eq 0 ]; then
		(cd / && HOME=/ exec setpriv --reuid="$server_user" --regid="$(id -g "$server_user")" --init-groups "$@")
	else
		(cd / && exec "$@")
	fi
}

# private_directory NAME: makes $top/NAME and prints its real path, one that
# the server's user can reach and that leaves room for a socket's name (its
# whole path has 107 bytes). Where the checkout offers no such path, as in
# root's home, NAME is a link to a directory in /var/tmp.
private_directory() {
	local name=$top/$1
	if [ ! -d "$name" ] || ! is_own_directory "$1"; then
		rm -f "$name"
		mkdir "$name"
		if [ ${#name} -gt 60 ] || ! as_server_user test -x "$name"; then
			rmdir "$name"
			ln -s "$(mktemp -d /var/tmp/ddb.XXXXXX)" "$name"
			chmod 755 "$name/"
		fi
	fi
	[ ! -L "$name" ] || echo "$top" >"$name/checkout"
	realpath "$name"
}

# is_own_directory NAME: $top/NAME is this checkout's, and not one in /var/tmp that a copied
# link shares with the checkout it was copied from. Of a checkout that has moved, it is.
is_own_directory() {
	local name=$top/$1 other
	[ -L "$name" ] && [ -f "$name/checkout" ] || return 0
	other=$(cat "$name/checkout")/$1
	[ "$other" -ef "$name" ] || return 0
	[ "$(dirname "$other")" -ef "$top" ]
}

# remove_private_directory NAME: removes it, and a directory of this checkout that it links to.
remove_private_directory() {
	case $(readlink "$top/$1" || true) in
		/var/tmp/ddb.*) ! is_own_directory "$1" || rm -rf "$(readlink "$top/$1")" ;;
	esac
	rm -rf "${top:?}/$1"
}

# build: the extension, as `make` builds it, without the bitcode that only
# the JIT compiler of an installed server wants.
build() {
	make --no-print-directory -C "$top" -s -j "$(nproc)" with_llvm=no "$@" all
}

# create_installation DIR [SOURCE]: copies the PostgreSQL that PG_CONFIG names
# to DIR, installs the extension built in SOURCE (by default this checkout)
# there, and sets bindir.
create_installation() {
	local tree=$1 source=${2:-$top} programs libraries shared headers
	programs=$("$PG_CONFIG" --bindir)
	libraries=$("$PG_CONFIG" --pkglibdir)
	shared=$("$PG_CONFIG" --sharedir)
	headers=$("$PG_CONFIG" --includedir-server)

	rm -rf "$tree"
	mkdir -p "$tree$programs" "$tree$libraries" "$tree$shared/extension" "$tree$(dirname "$headers")"
	# The programs look for their own place through links, so they must be copies.
	cp -L "$programs"/* "$tree$programs"
	ln -s "$libraries"/* "$tree$libraries"
	ln -s "$headers" "$tree$headers"
	find "$shared" -mindepth 1 -maxdepth 1 ! -name extension -exec ln -s -t "$tree$shared" {} +
	ln -s "$shared"/extension/* "$tree$shared/extension"
	# Nothing of a ddb that the system's PostgreSQL has.
	rm -rf "$tree$libraries"/{bitcode,ddb.so} "$tree$shared"/extension/ddb{.control,--*}

	bindir=$tree$programs
	if [ "$("$bindir/pg_config" --pkglibdir)" != "$tree$libraries" ]; then
		echo "$programs/pg_config cannot be relocated" >&2
		return 1
	fi
	make --no-print-directory -C "$source" -s with_llvm=no PG_CONFIG="$bindir/pg_config" install
}

# free_port: prints a TCP port that nobody listens on, from below the range of client ports; and that it has not given to this
# test before, which may not listen on it yet.
free_port() {
	local port given=${DDB_WORK:+$DDB_WORK/ports}
	while :; do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
		! port_is_free "$port" || grep -qsx "$port" "${given:-/dev/null}" || break
	done
	[ -z "$given" ] || echo "$port" >>"$given"
	echo "$port"
}

port_is_free() {
	! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# prepare_cluster DIR: the directory, with places in it that the server's user may write to.
prepare_cluster() {
	mkdir -p "$1/data" "$1/socket" "$1/buckets"
	touch "$1/server.log"
	chmod 700 "$1/data" "$1/buckets"
	if [ "$(id -u)" -eq 0 ]; then
		chown "$server_user:" "$1" "$1/data" "$1/socket" "$1/buckets" "$1/server.log"
	fi
}

# create_cluster DIR [INITDB OPTION...]: with a free port; settings are read from standard input.
create_cluster() {
	local dir=$1
	shift
	prepare_cluster "$dir"
	as_server_user "$bindir/initdb" --pgdata="$dir/data" --username=postgres --auth=trust \
		--encoding=UTF8 --no-locale --no-sync "$@" >/dev/null
	configure_cluster "$dir"
}

# knows_setting NAME: this PostgreSQL has it; minor releases differ in that too.
knows_setting() {
	"$bindir/postgres" --describe-config | cut -f 1 | grep -xF -- "$1" >/dev/null
}

# configure_cluster DIR: gives it a port and a socket, and the settings from standard input.
configure_cluster() {
	{
		echo "listen_addresses = '127.0.0.1'"
		echo "port = $(free_port)"
		echo "unix_socket_directories = '$1/socket'"
		echo "ddb.bucket_directory = '$1/buckets'"
		# a current server decodes changes by no other plugins than these
		knows_setting output_plugin_libraries && echo "output_plugin_libraries = 'pgoutput, test_decoding, ddb'"
		cat
	} >>"$1/data/postgresql.conf"
}

# start_cluster DIR: starts it, with the variables that DDB_SERVER_ENVIRONMENT sets, and makes it the one psql connects to.
start_cluster() {
	local dir=$1
	# shellcheck disable=SC2086
	if ! as_server_user env ${DDB_SERVER_ENVIRONMENT:-} "$bindir/pg_ctl" --pgdata="$dir/data" --log="$dir/server.log" \
		--wait --timeout=120 --silent start </dev/null; then
		tail -n 40 "$dir/server.log" >&2
		return 1
	fi
	use_cluster "$dir"
}

use_cluster() {
	export PGHOST=$1/socket PGUSER=postgres PGDATABASE=postgres
	PGPORT=$(sed -n 4p "$1/data/postmaster.pid")
	export PGPORT
}

# postmaster_of DIR: prints the process that serves DIR/data; fails where none does. The
# file with its number may have come with a copy of the directory and name the original's
# server, or a process that has got the number since.
postmaster_of() {
	local data=$1/data process
	process=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) && kill -0 "$process" 2>/dev/null || return 1
	if [ -e /proc/self/cwd ]; then
		[ "/proc/$process/cwd" -ef "$data" ] || return 1
	else
		[ "$(sed -n 2p "$data/postmaster.pid")" -ef "$data" ] || return 1
	fi
	echo "$process"
}

cluster_is_running() {
	postmaster_of "$1" >/dev/null
}

# stop_cluster DIR [MODE]
stop_cluster() {
	cluster_is_running "$1" || return 1
	as_server_user "$bindir/pg_ctl" --pgdata="$1/data" --mode="${2:-fast}" --wait --timeout=120 --silent stop
}

# kill_cluster DIR: kill -9 of every process at once, and waits until they are gone.
kill_cluster() {
	local postmaster processes process
	postmaster=$(head -n 1 "$1/data/postmaster.pid")
	[ -n "$postmaster" ] || return 1
	# A child that it starts meanwhile would live on.
	kill -STOP "$postmaster" 2>/dev/null || true
	until [[ $(ps -o state= -p "$postmaster") =~ ^[TZ]?$ ]]; do sleep 0.01; done
	processes="$postmaster $(ps -o pid= --ppid "$postmaster" || true)"
	# shellcheck disable=SC2086
	kill -9 $processes 2>/dev/null || true
	for process in $processes; do
		while ps -o stat= -p "$process" | grep -qv '^Z'; do sleep 0.05; done
	done
	# A container without an init process keeps the dead postmaster as a
	# zombie, which the next one would take for a running server by its lock files.
	rm -f "$1/data/postmaster.pid" "$1"/socket/.s.PGSQL.*
}

# stop_clusters_under DIR: for cleaning up after whatever happened there.
stop_clusters_under() {
	local pid_file
	find "$1/" -name postmaster.pid 2>/dev/null | while read -r pid_file; do
		stop_cluster "$(dirname "$(dirname "$pid_file")")" immediate >/dev/null 2>&1 || true
	done
}
