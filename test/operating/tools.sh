# Programs of Debian's that stand beside the server, run as its user; sourced after lib.sh and install.sh.

tools=$DDB_WORK/tools
daemons=()

# use_tools NAME: makes what install_debian has unpacked the programs and libraries that are found first. It is
# copied, as the server's user may not enter the cache.
use_tools() {
	local libraries
	[ -d "$client_cache/$1" ] || return 0
	mkdir -p "$tools"
	cp -r "$client_cache/$1/." "$tools"
	libraries=$(find "$tools/usr/" -name '*.so*' -path '*-linux-gnu*' -printf '%h\n' | sort -u | paste -sd:)
	PATH=$tools/usr/bin:$tools/usr/sbin:$PATH
	export PATH PYTHONPATH=$tools/usr/lib/python3/dist-packages LD_LIBRARY_PATH=$libraries
}

# own_directory DIR: makes one that is the server's user's.
own_directory() {
	mkdir -p "$1"
	[ "$(id -u)" -ne 0 ] || chown "$server_user:" "$1"
}

# start_daemon DIR COMMAND...: as the server's user, with its number in DIR/pid and what it says in a log there.
start_daemon() {
	local dir=$1
	shift
	rm -f "$dir/pid"
	as_server_user env HOME="$dir" sh -c 'echo $$ >"$0" && exec "$@"' "$dir/pid" "$@" >>"$dir/${dir##*/}.log" 2>&1 </dev/null &
	disown
	until [ -s "$dir/pid" ]; do sleep 0.05; done
	daemons+=("$dir")
}

# end_daemon DIR [SIGNAL]: and waits until it is gone.
end_daemon() {
	local process
	process=$(cat "$1/pid" 2>/dev/null) || return 0
	kill "-${2:-TERM}" "$process" 2>/dev/null || true
	while ps -o stat= -p "$process" | grep -qv '^Z'; do sleep 0.1; done
	rm -f "$1/pid"
}

end_daemons() {
	local dir
	jobs -p | xargs -r kill 2>/dev/null || true
	for dir in "${daemons[@]}"; do
		end_daemon "$dir" KILL
	done
	stop_clusters_under "$DDB_WORK"
}
trap end_daemons EXIT

# example FILE SED-SCRIPT: prints the file of examples/ with other addresses, ports and places; fails where one is left.
example() {
	local text
	text=$(sed -E "$2" "$top/examples/$1")
	if grep -v '^ *#' <<<"${text//"$top"/}" | grep -E '10\.0\.|[ =]/(var|usr|etc)/' >&2; then
		echo "not ok - $1 names places that are not the test's"
		return 1
	fi
	printf '%s\n' "$text"
}
