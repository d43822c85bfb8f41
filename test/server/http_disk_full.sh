#!/bin/bash
# The endpoint when the tables' disk gets full, and when WAL's does. The disks
# are small ones in memory, mounted where nobody but this test sees them. Where
# none can be mounted, the tables' files have a largest size instead.

# To mount takes root, or to be root in a user namespace of one's own; the
# server is to run as who called us.
case ${1:-} in
	'')
		[ "$(id -u)" -eq 0 ] && root= || root=--map-root-user
		mkdir "$DDB_WORK/tables" "$DDB_WORK/wal"
		# shellcheck disable=SC2086
		if why=$(unshare $root --mount mount -t tmpfs tmpfs "$DDB_WORK/tables" 2>&1); then
			exec unshare $root --mount "$0" mount "$(id -u)" "$(id -g)"
		fi
		echo "# no disk can be mounted: $why"
		chmod 777 "$DDB_WORK/tables" "$DDB_WORK/wal"
		disks=
		;;
	mount)
		mount -t tmpfs -o size=40M,mode=1777 tmpfs "$DDB_WORK/tables" || exit
		mount -t tmpfs -o size=40M,mode=1777 tmpfs "$DDB_WORK/wal" || exit
		[ "$2" -ne 0 ] || exec "$0" mounted
		exec unshare --user --map-user="$2" --map-group="$3" "$0" mounted
		;;
	mounted)
		disks=yes
		;;
	make-room)
		. "$(dirname "$0")/../lib.sh"
		postmaster=$(head -n 1 "$DDB_WORK/cluster/data/postmaster.pid")
		for process in $postmaster $(ps -o pid= --ppid "$postmaster"); do
			as_server_user prlimit --pid "$process" --fsize=unlimited:
		done
		exit
		;;
esac

. "$(dirname "$0")/../lib.sh"

cluster=$DDB_WORK/cluster

faults() {
	python3 "$top/test/http/faults.py" "$@" || echo "not ok - $1 ended with an error"
}

# fill FILE MEGABYTES: what is deleted later to make room.
fill() {
	head -c "$2M" /dev/zero >"$1"
}

DDB_HTTP_PORT=$(free_port)
export DDB_HTTP_PORT
[ "$disks" ] || export DDB_SERVER_ENVIRONMENT='prlimit --fsize=16777216:'
# WAL's files are so small that the limit is none for them.
new_cluster cluster --waldir="$DDB_WORK/wal/pg_wal" --wal-segsize=1 <<END
ddb.http_port = $DDB_HTTP_PORT
min_wal_size = 2MB
max_wal_size = 4MB
END
as_server_user mkdir "$DDB_WORK/tables/space"
sql -c "CREATE TABLESPACE small LOCATION '$DDB_WORK/tables/space'" -c 'CREATE EXTENSION ddb' \
	-c "ALTER SYSTEM SET default_tablespace = 'small'"
"$top/test/reload"
listens "$DDB_HTTP_PORT"

echo "# the tables' disk"
if [ -z "$disks" ]; then
	faults disk "$0" make-room
	stop_cluster "$cluster"
	exit
fi
fill "$DDB_WORK/tables/filler" 16
faults disk rm "$DDB_WORK/tables/filler"

echo "# WAL's disk"
sql -o "$DDB_WORK/out" -c 'DROP TABLE dynamodb."Faults"' -c "ALTER SYSTEM SET max_wal_size = '1GB'" -c 'SELECT pg_reload_conf()' -c 'CHECKPOINT'
fill "$DDB_WORK/wal/filler" $(($(df --output=avail -BM "$DDB_WORK/wal" | tr -dc 0-9) - 8))
faults crash "$DDB_WORK/acknowledged"
like "a server that cannot write WAL stops" "$(cat "$cluster/server.log")" 'PANIC: .*No space left on device'
rm "$DDB_WORK/wal/filler"
# It may have found room by itself to start again.
until sql -c 'SELECT 1' >"$DDB_WORK/out" 2>&1; do
	cluster_is_running "$cluster" || start_cluster "$cluster"
	sleep 0.2
done
faults verify "$DDB_WORK/acknowledged"
stop_cluster "$cluster"
